//! What is stored of a shard across processes: taken up at its first start, written as it changes.
//!
//! A disk may take long to say that something is written, so a task of its own has that done where it holds up nobody.
//! Only the last word, when the shard is over, is written where the task of the shard ends, so that whoever waits for
//! that finds it done.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak, mpsc};
use std::task::Poll;
use std::time::Duration;
use std::{mem, thread};

use gatewright_core::{Instant, Session, SetupError};
use gatewright_std::{Keeper, Repeat, ShardState, StateError, StateFault};

use crate::clock::{self, sleep_until};
use crate::handle::{Inner, State};
use crate::shared::Shared;
use crate::task::{spawn, unblock};
use crate::{Events, Gateway, ShardHandle};

/// How long nothing is written after a write: what happens in between is what comes twice.
const PAUSE: Duration = Duration::from_secs(1);
/// The same after one that failed: what is full or read-only stays so for a while.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long to wait for a disk before going on without it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// The same where waiting blocks.
const PATIENCE_OF_DROP: Duration = Duration::from_secs(2);
/// How long to wait for another process to let go of what is stored: one that is replaced is parking.
const PATIENCE_FOR_OTHERS: Duration = Duration::from_secs(5);
/// How often to look whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often to look at a session that changes meanwhile.
const MOST_LOOKS: u32 = 4;

/// What is stored of a shard, between its runs.
#[derive(Default)]
pub(crate) struct Stored {
    keeper: Option<Keeper>,
    /// Up to where an earlier process was done, and how far it had received, if its session is the one to be resumed.
    earlier: Option<(u64, u64)>,
    /// Whether the next run begins a new session, whatever is found.
    forgotten: bool,
    /// Until when to wait for another process, before the next run.
    until: Option<Instant>,
    /// What was told of why there is none.
    told: Option<String>,
}

impl Stored {
    /// Gives a run what it stores its session with.
    pub(crate) fn give(&mut self, to: &Arc<Shared>) {
        let (session, earlier) = (to.session(), self.earlier.take());
        if let Some(session) = &session {
            let (done, heard) = earlier.unwrap_or((session.processed, session.received));
            to.queue.begin_replay(done, heard);
        }
        if let Some(mut keeper) = self.keeper.take() {
            keeper.begin(session.is_some());
            to.keeper.put(keeper);
            spawn(store_as_it_changes(Arc::downgrade(to)));
        }
        (self.forgotten, self.until) = (false, None);
    }

    fn tell(&mut self, shard: u32, error: &StateError) {
        let text = error.to_string();
        if self.told.as_ref() != Some(&text) {
            tracing::warn!(shard, "no session is stored: {text}");
            self.told = Some(text);
        }
    }

    /// Makes the first run begin a new session, before anything is open.
    pub(crate) const fn begin_anew(&mut self) {
        self.forgotten = true;
    }

    fn forget(&mut self) {
        (self.earlier, self.forgotten) = (None, true);
        if let Some(keeper) = &mut self.keeper {
            keeper.begin(true);
            keeper.keep(None);
        }
    }
}

/// What is stored of a shard, with one who opens or reads it where that holds up nobody; others wait until it is back.
pub(crate) struct Lent {
    of: Arc<Inner>,
    stored: Stored,
}

impl Lent {
    /// Opens what an earlier process stored, unless it is open; waits a while for a process that has it.
    pub(crate) async fn open(of: &Arc<Inner>) -> Self {
        Self::open_until(of, Self::patience()).await
    }

    /// Returns until when to wait for another process from now on.
    pub(crate) fn patience() -> Instant {
        clock::now().saturating_add(PATIENCE_FOR_OTHERS)
    }

    /// The same, which waits until then, or as an attempt before.
    pub(crate) async fn open_until(of: &Arc<Inner>, until: Instant) -> Self {
        let stored = of.stored.wait(Option::take).await;
        let mut lent = Self { of: Arc::clone(of), stored };
        if of.options.state.is_none() {
            return lent;
        }
        let until = *lent.until.get_or_insert(until);
        loop {
            let result;
            (lent, result) = unblock(move || {
                let result = lent.try_open();
                (lent, result)
            })
            .await;
            let Err(error) = result else { return lent };
            let now = clock::now();
            if !matches!(error.fault(), StateFault::Locked) || now >= until {
                lent.stored.tell(of.config.shard_id().id, &error);
                return lent;
            }
            sleep_until(until.min(now.saturating_add(LOOK_EVERY))).await;
        }
    }

    /// The same without waiting for others.
    pub(crate) fn open_now(of: &Arc<Inner>) -> Option<Self> {
        let mut lent = Self::take(of)?;
        if let Err(error) = lent.try_open() {
            lent.stored.tell(of.config.shard_id().id, &error);
        }
        Some(lent)
    }

    /// Takes what is open.
    pub(crate) fn take(of: &Arc<Inner>) -> Option<Self> {
        let Some(stored) = of.stored.change(Option::take) else {
            let shard = of.config.shard_id().id;
            tracing::warn!(shard, "no session is stored: what there is of it is being read");
            return None;
        };
        Some(Self { of: Arc::clone(of), stored })
    }

    /// Takes back what the latest run had, or opens what is stored.
    fn try_open(&mut self) -> Result<(), StateError> {
        let of = Arc::clone(&self.of);
        let Some(folder) = &of.options.state else { return Ok(()) };
        let (is_running, over) = {
            let state = of.state();
            (state.is_running(), state.over())
        };
        if let Some(run) = over.filter(|_| self.keeper.is_none()) {
            self.keeper = run.keeper.take_within(PATIENCE);
        }
        if !is_running && self.keeper.is_none() {
            self.adopt(folder.open(of.config.bot_id(), of.config.shard_id())?);
        }
        Ok(())
    }

    /// Takes up the session of an earlier process, unless there is one already.
    fn adopt(&mut self, opened: ShardState) {
        let shard = self.of.config.shard_id();
        if let Some(count) = opened.other_count().filter(|_| !self.forgotten) {
            tracing::warn!(
                shard = shard.id,
                "a new session begins: what is stored is of {count} shards, not {}",
                shard.count
            );
        }
        let stored = opened.session().cloned();
        self.keeper = Some(Keeper::new(opened));
        self.told = None;
        if self.forgotten {
            return self.stored.forget();
        }
        let of = Arc::clone(&self.of);
        let mut state = of.state();
        if let Some(session) = stored.filter(|_| state.session().is_none()) {
            self.earlier = Some((session.processed, session.received));
            state.session = Some(session);
        }
    }

    fn take_snapshot(mut self) -> Option<Vec<u8>> {
        let (done, heard) = self.earlier?;
        let snapshot = self.keeper.as_mut()?.state().snapshot();
        let id = self.of.config.shard_id().id;
        let refused = |error| tracing::warn!(shard = id, "the snapshot is passed over: {error}");
        let snapshot = snapshot.map_err(refused).ok()??;
        self.earlier = Some((done.max(snapshot.session.processed), heard));
        self.of.state().session = Some(snapshot.session);
        Some(snapshot.bytes)
    }

    fn forget(mut self) {
        let of = Arc::clone(&self.of);
        {
            let mut state = of.state();
            if state.is_running() {
                return;
            }
            state.next_session();
            state.session = None;
        }
        self.stored.forget();
    }
}

impl Deref for Lent {
    type Target = Stored;

    fn deref(&self) -> &Stored {
        &self.stored
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Stored {
        &mut self.stored
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let stored = mem::take(&mut self.stored);
        self.of.stored.change(|place| *place = Some(stored));
    }
}

impl State {
    /// Makes the gateway of the next run, which resumes the session there is.
    pub(crate) fn begin(
        &mut self,
        shard: &Inner,
        mut stored: Option<&mut Stored>,
    ) -> Result<Gateway, SetupError> {
        let Inner { config, options, .. } = shard;
        let connect = || Gateway::connect(config.clone(), options.clone());
        let Some(session) = self.next_session() else { return connect() };
        let earlier = stored.as_mut().and_then(|stored| stored.earlier.as_mut());
        match Gateway::resume(config.clone(), session, options.clone()) {
            Err(SetupError::Session(error)) if earlier.is_some() => {
                let shard = config.shard_id().id;
                tracing::warn!(shard, "a new session begins: {error}");
                self.session = None;
                stored.into_iter().for_each(|stored| stored.earlier = None);
                connect()
            }
            gateway => gateway,
        }
    }
}

/// Those who use a run, but its own tasks: with the last of them goes the lock, so that another may take the state up.
pub(crate) struct Users(Arc<Shared>);

impl Users {
    pub(crate) fn of(run: &Arc<Shared>) -> Arc<Self> {
        Arc::new(Self(Arc::clone(run)))
    }
}

impl Drop for Users {
    fn drop(&mut self) {
        self.0.forsaken.store(true, Ordering::SeqCst);
        // If it is not over yet, its task does this at its end.
        if self.0.over().is_some() {
            self.0.release();
        }
    }
}

impl Shared {
    /// Lets the lock go of a run that is over and used by nobody.
    pub(crate) fn release(&self) {
        if self.forsaken.load(Ordering::SeqCst) {
            self.keeper.release();
        }
    }

    /// Stores the session as far as the consumer is done; says whether all is well. It blocks as long as a disk takes.
    fn store(&self) -> bool {
        // It is looked at by who has the keeper, so that what is written last is the latest.
        self.keeper.with(|keeper| keeper.keep(self.session().as_ref())).unwrap_or(true)
    }

    /// Stores the session where nobody can wait for it but by blocking, and not for good.
    pub(crate) fn store_at_once(self: &Arc<Self>) {
        if self.keeper.has_stored(self.session().as_ref()) {
            return;
        }
        let (shared, (done, is_done)) = (Arc::clone(self), mpsc::channel());
        let store = move || {
            shared.store();
            drop(shared);
            // Who waits may have gone on.
            let _ = done.send(());
        };
        if thread::Builder::new().spawn(store).is_ok() {
            let _ = is_done.recv_timeout(PATIENCE_OF_DROP);
        }
    }

    /// Returns the session with all that was taken of it as done; nothing if there is none, or another each time.
    fn finished(&self) -> Option<Session> {
        (0..MOST_LOOKS).find_map(|_| {
            let before = self.session()?;
            let taken = self.queue.finish().unwrap_or(0);
            // A session may begin in between, and its numbers with it.
            let mut session = self.session().filter(|session| session.id == before.id)?;
            // The shard may not have heard yet that the event is done.
            session.processed = session.processed.max(taken);
            session.received = session.received.max(taken);
            Some(session)
        })
    }

    /// Stores a snapshot of what the consumer made of the events of a session.
    fn store_snapshot(&self, session: &Session, bytes: &[u8]) -> Result<(), StateError> {
        // Of a session that ended meanwhile nothing is to be restored.
        let goes_on = || self.session().filter(|latest| latest.id == session.id);
        let file = self.keeper.with(|keeper| keeper.state().snapshot_file());
        let file = file.ok_or_else(StateError::not_kept)?;
        if goes_on().is_none() {
            return Ok(());
        }
        file.store(session, bytes, || {
            let keep = |keeper: &mut Keeper| {
                let Some(mut latest) = goes_on() else { return Ok(false) };
                latest.processed = latest.processed.max(session.processed);
                latest.received = latest.received.max(session.received);
                keeper.state().save(&latest).map(|()| true)
            };
            self.keeper.with(keep).unwrap_or_else(|| Err(StateError::not_kept()))
        })
    }
}

/// Stores the session where that holds up nobody; says whether it came to an end in that time.
pub(crate) async fn store_within(shared: &Arc<Shared>, time: Duration) -> bool {
    if shared.keeper.has_stored(shared.session().as_ref()) {
        return true;
    }
    let (shared, until) = (Arc::clone(shared), clock::now().saturating_add(time));
    let mut stored = pin!(unblock(move || shared.store()));
    let mut late = pin!(sleep_until(until));
    poll_fn(|cx| match stored.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending => late.as_mut().poll(cx).map(|()| false),
    })
    .await
}

/// Stores the session of a shard again and again, until it is over.
async fn store_as_it_changes(shared: Weak<Shared>) {
    let mut stored = None;
    // A pause keeps nothing of the shard, so that its lock goes with it.
    while let Some(shared) = shared.upgrade() {
        if shared.moved(stored.as_ref()).await {
            return;
        }
        stored = shared.session();
        let is_well = unblock(move || shared.store()).await;
        let pause = if is_well { PAUSE } else { PAUSE_AFTER_FAILURE };
        if !is_well {
            stored = None;
        }
        sleep_until(clock::now().saturating_add(pause)).await;
    }
}

impl ShardHandle {
    /// Returns the snapshot an earlier process [stored](Events::store_snapshot), and lets the first start go on from it.
    ///
    /// Then come all events behind the snapshot, among them those the process was done with, which
    /// [`Events::repeat`] tells. Without this call the session goes on behind those. There is none once the shard was
    /// started, and none if it does not belong to the session or was damaged, which is logged.
    ///
    /// That there is none does not mean that there is no session: the process before may have ended ahead of its first
    /// snapshot. A consumer that then begins with nothing calls [`forget_session`](Self::forget_session), or it goes
    /// on in the midst of a session of whose beginning it knows nothing.
    pub async fn stored_snapshot(&self) -> Option<Vec<u8>> {
        if self.0.state().was_started() {
            return None;
        }
        let lent = Lent::open(&self.0).await;
        unblock(move || lent.take_snapshot()).await
    }

    /// Forgets the session, stored or not, so that the next start begins a new one; a shard that runs keeps its own.
    ///
    /// It is for a consumer that has lost what it made of the events before, and needs a READY to begin anew.
    pub async fn forget_session(&self) {
        if self.0.state().is_running() {
            return;
        }
        let lent = Lent::open(&self.0).await;
        unblock(move || lent.forget()).await;
    }
}

impl Events {
    /// Tells whether an earlier process may have had the event that was taken last.
    ///
    /// What it was not done with when it ended comes again, as does what it did not say it was done with: the last second
    /// if it was killed.
    #[must_use]
    pub fn repeat(&self) -> Repeat {
        self.run.shared.queue.repeat()
    }

    /// Stores what the consumer made of all the events it took, to be had by a later process.
    ///
    /// It says that the event taken last is done, as asking for the next one does: so make the snapshot once it is, and
    /// hand it over before. A session goes on from it as long as the gateway keeps what came since, some minutes: a
    /// few times a minute is often enough, and once more at the end: when [`next`](Self::next) returned nothing since the
    /// shard was parked, the session waits for the next process. Of a session that ended nothing is stored.
    ///
    /// # Errors
    /// [`StateError`] if it cannot be written, is too long, or if [no state is kept](crate::Options::state). It is no
    /// reason to end: the snapshot before stays, and the next may be stored.
    pub async fn store_snapshot(&mut self, bytes: Vec<u8>) -> Result<(), StateError> {
        let shared = Arc::clone(&self.run.shared);
        let Some(session) = shared.finished() else { return Ok(()) };
        unblock(move || shared.store_snapshot(&session, &bytes)).await
    }
}

#[cfg(test)]
mod tests;
