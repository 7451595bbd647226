//! What the task behind a handle and the handles share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gatewright_core::model::Ready;
use gatewright_core::{
    CommandError, Dispatch, EventKind, Instant, Leave, Meter, Metrics, Session, Status, Stop,
    UserId,
};
use gatewright_std::{EventQueue, SharedKeeper, Watch};

use crate::{Gateway, clock};

/// What the task and the handles share.
pub(crate) struct Shared {
    pub(crate) queue: EventQueue,
    /// Where the session is stored, if it is, until the next run takes it.
    pub(crate) keeper: SharedKeeper,
    /// Whether nobody uses the run any more.
    pub(crate) forsaken: AtomicBool,
    /// The id of the session the run began with.
    resumes: Option<String>,
    /// The bot's user as the token tells, for a session whose READY came to an earlier process.
    token_user: Option<UserId>,
    /// Whether RESUMED came, or the READY of a new session, and that is not stored yet.
    pub(crate) begins: AtomicBool,
    state: Watch<State>,
    /// Commands that were refused before the task saw them.
    refused: AtomicU64,
}

struct State {
    status: Status,
    meter: Meter,
    user: Option<UserId>,
    session: Option<Session>,
    /// Whether a dispatch came: READY, or what a Resume brings.
    begun: bool,
    leave: Option<Leave>,
    /// How often it was restarted.
    restarts: u64,
    over: Option<Stop>,
}

impl Shared {
    pub(crate) fn new(
        queue: EventQueue,
        gateway: &Gateway,
        user: Option<UserId>,
        token_user: Option<UserId>,
    ) -> Self {
        let (status, session) = (gateway.status(), gateway.session());
        let meter = Meter::new();
        let resumes = session.as_ref().map(|session| session.id.as_str().to_owned());
        let (begun, leave, restarts, over) = (false, None, 0, None);
        let state = State { status, meter, user, session, begun, leave, restarts, over };
        Self {
            queue,
            keeper: SharedKeeper::default(),
            forsaken: AtomicBool::new(false),
            resumes,
            token_user,
            begins: AtomicBool::new(false),
            state: Watch::new(state),
            refused: AtomicU64::new(0),
        }
    }

    /// Waits until the session has begun or goes on, or the shard is over: then returns why.
    pub(crate) async fn begun_or_over(&self) -> Option<Stop> {
        let look = |state: &mut State| match state.over {
            Some(stop) => Some(Some(stop)),
            None => state.begun.then_some(None),
        };
        self.state.wait(look).await
    }

    pub(crate) async fn wait_over(&self) -> Stop {
        self.state.wait(|state| state.over).await
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.state.read(|state| state.restarts)
    }

    /// Waits until it was restarted more often than that; nothing if the shard is over before.
    pub(crate) async fn restarted(&self, before: u64) -> Option<()> {
        let look = |state: &mut State| match state.over {
            Some(_) => Some(None),
            None => (state.restarts > before).then_some(Some(())),
        };
        self.state.wait(look).await
    }

    /// Waits until the session is not as it was; says whether the shard is over.
    pub(crate) async fn moved(&self, from: Option<&Session>) -> bool {
        let look = |state: &mut State| match state.over {
            Some(_) => Some(true),
            None => (state.session.as_ref() != from).then_some(false),
        };
        self.state.wait(look).await
    }

    /// Waits for the id of the bot's user; nothing if the shard is over before, or nobody tells it.
    pub(crate) async fn user(&self) -> Option<UserId> {
        let look = |state: &mut State| {
            let settled = state.user.is_some() || state.begun || state.over.is_some();
            settled.then_some(state.user)
        };
        self.state.wait(look).await
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.state.read(|state| state.begun)
    }

    pub(crate) fn known_user(&self) -> Option<UserId> {
        self.state.read(|state| state.user)
    }

    pub(crate) fn over(&self) -> Option<Stop> {
        self.state.read(|state| state.over)
    }

    pub(crate) fn status(&self) -> Status {
        self.state.read(|state| state.status)
    }

    /// Returns what was counted since the start.
    pub(crate) fn metrics(&self) -> Metrics {
        let look = |state: &State| (state.meter, state.status, state.over.is_some());
        let (mut meter, status, is_over) = self.state.read(look);
        // Of a task that is gone, nothing passes.
        let now = if is_over { Instant::ZERO } else { clock::now() };
        let mut metrics = meter.look(now, &status);
        metrics.queued_events = u64::try_from(self.queue.len()).unwrap_or(u64::MAX);
        let refused = self.refused.load(Ordering::Relaxed);
        metrics.commands_refused = metrics.commands_refused.saturating_add(refused);
        metrics
    }

    /// Counts a command that was refused before the task saw it.
    pub(crate) fn refused(&self, error: CommandError) -> CommandError {
        self.refused.fetch_add(1, Ordering::Relaxed);
        error
    }

    pub(crate) fn show_meter(&self, meter: Meter) {
        self.state.change(|state| state.meter = meter);
    }

    /// Returns the session as far as the consumer is done with its events.
    pub(crate) fn session(&self) -> Option<Session> {
        let mut session = self.state.read(|state| state.session.clone())?;
        session.processed = self.queue.done_through(session.processed);
        Some(session)
    }

    /// Notes that the session has begun, and what READY tells.
    pub(crate) fn note(&self, dispatch: &Dispatch<'_>, again: bool) {
        if dispatch.kind() == EventKind::Resumed {
            self.queue.end_replay(dispatch.seq());
            self.begins.store(true, Ordering::Relaxed);
        }
        let is_ready = dispatch.kind() == EventKind::Ready;
        if !is_ready && self.has_begun() {
            return;
        }
        let ready = is_ready.then(|| dispatch.decode::<Ready<'_>>().ok()).flatten();
        // That of the session the run began with comes again, as all that was not done with.
        let id = ready.and_then(|ready| ready.session_id).map(|id| id.reveal());
        let resumes = self.resumes.as_deref();
        let begins = resumes.is_none_or(|resumes| id.is_none_or(|id| id != resumes));
        if is_ready && begins && !again {
            self.queue.begin_session();
            self.begins.store(true, Ordering::Relaxed);
        }
        self.state.change(|state| {
            state.begun = true;
            state.user = ready.map(|ready| ready.user.id).or(state.user).or(self.token_user);
        });
    }

    /// Shows how things stand.
    pub(crate) fn show(&self, status: Status, session: Option<Session>) {
        self.state.change(|state| (state.status, state.session) = (status, session));
    }

    /// Notes that the shard is to leave; the first word counts.
    pub(crate) fn leave(&self, how: Leave) {
        self.state.change(|state| state.leave = state.leave.or(Some(how)));
    }
    /// Returns how the shard was asked to leave, if it was.
    pub(crate) fn leaves(&self) -> Option<Leave> {
        self.state.read(|state| state.leave)
    }

    /// Notes that the gateway was made anew.
    pub(crate) fn note_restart(&self) {
        self.state.change(|state| state.restarts += 1);
    }

    /// Notes that the shard is over.
    pub(crate) fn end(&self, stop: Stop) {
        self.state.change(|state| state.over = Some(stop));
    }
}
