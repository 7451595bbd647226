//! What is stored of a shard across processes: taken up at its first start, written as it changes.
//!
//! A disk may take long to say that something is written, so a task of its own has that done where it holds up nobody.
//! Only the last word, when the shard is over, is written where the task of the shard ends, so that whoever waits for
//! that finds it done.

use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::task::{Poll, ready};
use std::time::Duration;

use gatewright_core::{Config, Session, SetupError};
use gatewright_std::{Keeper, Repeat, StateError};

use crate::clock::{self, Timer};
use crate::driver::Shared;
use crate::handle::{Inner, State};
use crate::task::{spawn, unblock};
use crate::{Events, Gateway, Options, ShardHandle};

/// How long nothing is written after a write: what happens in between is what comes twice.
const PAUSE: Duration = Duration::from_secs(1);
/// The same after one that failed: what is full or read-only stays so for a while.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What is stored of a shard, between its runs.
#[derive(Default)]
pub(crate) struct Stored {
    is_open: bool,
    keeper: Option<Keeper>,
    /// Up to where an earlier process was done, and how far it had received, if its session is the one to be resumed.
    earlier: Option<(u64, u64)>,
}

impl Stored {
    /// Opens what an earlier process stored, once; returns its session.
    fn open(&mut self, config: &Config<'_>, options: &Options) -> Option<Session> {
        let folder = options.state.as_ref().filter(|_| !self.is_open)?;
        self.is_open = true;
        let shard = config.shard_id();
        let state = folder.open(config.bot_id(), shard);
        let refused = |error| tracing::warn!(shard = shard.id, "no session is stored: {error}");
        let state = state.map_err(refused).ok()?;
        if let Some(count) = state.other_count() {
            tracing::warn!(
                shard = shard.id,
                "a new session begins: what is stored is of {count} shards, not {}",
                shard.count
            );
        }
        let session = state.session().cloned();
        self.keeper = Some(Keeper::new(state));
        session
    }

    /// Takes back what a run had that is over.
    pub(crate) fn take(&mut self, from: &Shared) {
        self.keeper = from.keeper().take();
    }

    /// Gives a run what it stores its session with.
    pub(crate) fn give(&mut self, to: &Arc<Shared>) {
        let session = to.session();
        if let Some(session) = &session {
            let (done, heard) =
                self.earlier.take().unwrap_or((session.processed, session.received));
            to.queue.begin_replay(done, heard);
        }
        if let Some(mut keeper) = self.keeper.take() {
            keeper.begin(session.is_some());
            *to.keeper() = Some(keeper);
            spawn(store_as_it_changes(Arc::downgrade(to)));
        }
    }
}

impl State {
    /// Makes the gateway of the next run, which resumes the session there is.
    pub(crate) fn begin(&mut self, shard: &Inner) -> Result<Gateway, SetupError> {
        self.open(shard);
        let Inner { config, options, .. } = shard;
        let connect = || Gateway::connect(config.clone(), options.clone());
        let Some(session) = self.next_session() else { return connect() };
        match Gateway::resume(config.clone(), session, options.clone()) {
            Err(SetupError::Session(error)) if self.stored.earlier.is_some() => {
                let shard = config.shard_id().id;
                tracing::warn!(shard, "a new session begins: {error}");
                (self.session, self.stored.earlier) = (None, None);
                connect()
            }
            gateway => gateway,
        }
    }

    /// Takes up the session of an earlier process, unless there is one already.
    fn open(&mut self, shard: &Inner) {
        let stored = self.stored.open(&shard.config, &shard.options);
        if let Some(session) = stored.filter(|_| self.session.is_none()) {
            self.stored.earlier = Some((session.processed, session.received));
            self.session = Some(session);
        }
    }

    fn take_snapshot(&mut self, shard: &Inner) -> Option<Vec<u8>> {
        let (done, heard) = self.stored.earlier?;
        let snapshot = self.stored.keeper.as_mut()?.state().snapshot();
        let id = shard.config.shard_id().id;
        let refused = |error| tracing::warn!(shard = id, "the snapshot is passed over: {error}");
        let snapshot = snapshot.map_err(refused).ok()??;
        self.stored.earlier = Some((done.max(snapshot.session.processed), heard));
        self.session = Some(snapshot.session);
        Some(snapshot.bytes)
    }

    fn forget(&mut self, shard: &Inner) {
        if self.is_running() {
            return;
        }
        self.open(shard);
        self.next_session();
        (self.session, self.stored.earlier) = (None, None);
        if let Some(keeper) = &mut self.stored.keeper {
            keeper.begin(true);
            keeper.keep(None);
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
            *self.keeper() = None;
        }
    }

    fn keeper(&self) -> MutexGuard<'_, Option<Keeper>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the session as far as the consumer is done; says whether all is well. It blocks as long as a disk takes.
    pub(crate) fn store(&self) -> bool {
        let mut keeper = self.keeper();
        // It is looked at under the lock, so that what is written last is the latest.
        keeper.as_mut().is_none_or(|keeper| keeper.keep(self.session().as_ref()))
    }

    /// Stores a snapshot of what the consumer made of the events of a session.
    fn store_snapshot(&self, session: &Session, bytes: &[u8]) -> Result<(), StateError> {
        let mut keeper = self.keeper();
        let keeper = keeper.as_mut().ok_or_else(StateError::not_kept)?;
        // Of a session that ended meanwhile nothing is to be restored.
        let goes_on = self.session().is_some_and(|latest| latest.id == session.id);
        if goes_on { keeper.state().save_with_snapshot(session, bytes) } else { Ok(()) }
    }
}

/// Stores the session of a shard again and again, until it is over.
async fn store_as_it_changes(shared: Weak<Shared>) {
    let (mut timer, mut stored) = (Timer::default(), None);
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
        let until = clock::now().saturating_add(pause);
        poll_fn(|cx| {
            while clock::now() < until {
                ready!(timer.poll(cx, until));
            }
            Poll::Ready(())
        })
        .await;
    }
}

impl ShardHandle {
    /// Returns the snapshot an earlier process [stored](Events::store_snapshot), and lets the first start go on from it.
    ///
    /// Then come all events behind the snapshot, among them those the process was done with, which
    /// [`Events::repeat`] tells. Without this call the session goes on behind those. There is none once the shard was
    /// started, and none if it does not belong to the session or was damaged, which is logged.
    pub async fn stored_snapshot(&self) -> Option<Vec<u8>> {
        let shard = Arc::clone(&self.0);
        shard.state().open(&shard);
        unblock(move || shard.state().take_snapshot(&shard)).await
    }

    /// Forgets the session, stored or not, so that the next start begins a new one; a shard that runs keeps its own.
    ///
    /// It is for a consumer that has lost what it made of the events before, and needs a READY to begin anew.
    pub fn forget_session(&self) {
        self.0.state().forget(&self.0);
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
    /// few times a minute is often enough. Of a session that is over nothing is stored.
    ///
    /// # Errors
    /// [`StateError`] if it cannot be written, is too long, or if [no state is kept](Options::state).
    pub async fn store_snapshot(&mut self, bytes: Vec<u8>) -> Result<(), StateError> {
        let shared = Arc::clone(&self.run.shared);
        let taken = shared.queue.finish().unwrap_or(0);
        let Some(mut session) = shared.session() else { return Ok(()) };
        // The shard may not have heard yet that the event is done.
        session.processed = session.processed.max(taken);
        session.received = session.received.max(taken);
        unblock(move || shared.store_snapshot(&session, &bytes)).await
    }
}
