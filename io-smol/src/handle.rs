//! A shard in a task of its own, and what other tasks have of it.

use std::fmt;
use std::future::poll_fn;
use std::io::Write;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_channel::Sender;
use gatewright_core::{
    Command, CommandError, CommandId, Config, EncodedCommand, Instant, Intents, Leave, Metrics,
    Phase, RequestGuildMembers, Session, SetupError, ShardId, Status, Stop, UpdatePresence,
    UpdateVoiceState, UserId,
};
use gatewright_std::{EventQueue, Watch};

use crate::driver::{Driver, Order, Restart};
use crate::shared::Shared;
use crate::stored::{Lent, Stored, Users};
use crate::task::spawn;
use crate::{Events, Options};

/// How many orders may wait for the task of a shard.
const MOST_ORDERS: usize = 64;

/// A shard that runs in a task of its own, to be used from any other; clones are the same shard.
///
/// [`start`](Self::start) gives the events to one task, commands and questions may come from all. A consumer that is
/// too slow keeps the gateway from being read, not the heartbeats from going out: nothing is lost and nothing
/// grows. When all clones and the [`Events`] are dropped, the task ends without a word to the gateway.
#[derive(Clone)]
pub struct ShardHandle(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Config<'static>,
    pub(crate) options: Options,
    state: Mutex<State>,
    /// What is stored of the shard, between runs; it is not there while somebody opens or reads it.
    pub(crate) stored: Watch<Option<Stored>>,
}

/// What a handle keeps between runs.
#[derive(Default)]
pub(crate) struct State {
    run: Option<Run>,
    /// The session to resume with the next run, if it is not that of the latest run.
    pub(crate) session: Option<Session>,
    user: Option<UserId>,
    recorder: Option<Box<dyn Write + Send>>,
}

/// A task that was started, whether it is still there or not.
#[derive(Clone)]
pub(crate) struct Run {
    orders: Sender<Order>,
    pub(crate) shared: Arc<Shared>,
    _users: Arc<Users>,
}

impl ShardHandle {
    /// Creates a shard that will begin a new session; no I/O is done yet.
    #[must_use]
    pub fn new(config: Config<'static>, options: Options) -> Self {
        let stored = Watch::new(Some(Stored::default()));
        Self(Arc::new(Inner { config, options, state: Mutex::default(), stored }))
    }

    /// Creates a shard that will resume a stored session; no I/O is done yet.
    #[must_use]
    pub fn resuming(config: Config<'static>, session: Session, options: Options) -> Self {
        let handle = Self::new(config, options);
        handle.state().session = Some(session);
        handle
    }

    /// Records the next run as a transcript, as [`Gateway::record`](crate::Gateway::record) does.
    pub fn record(&self, to: impl Write + Send + 'static) {
        self.state().recorder = Some(Box::new(to));
    }

    /// Starts the shard and waits for READY, or for the first thing a Resume brings; gives its events to be taken.
    ///
    /// It tries as long as it takes; of events about attempts in vain, as many are kept as the queue takes. Dropped
    /// before, it ends what it began. A shard that was closed or parked, or is over, may be started again: one that was
    /// parked goes on with its session. The first start goes on with that of an earlier process, if it
    /// [is stored](Options::state) and fits; while that process still has it, it waits up to five seconds.
    ///
    /// # Errors
    /// [`StartError`] if it runs already, if a setting does not fit, or if the gateway refused it for good.
    pub async fn start(&self) -> Result<Events, StartError> {
        if self.is_alive() {
            return Err(StartError::Running);
        }
        let run = self.launch(Some(Lent::open(&self.0).await), &self.0.options)?;
        let mut starting = Starting { run: run.clone(), is_over: false };
        let over = run.shared.begun_or_over().await;
        starting.is_over = true;
        match over {
            None => Ok(Events::of(run)),
            Some(stop) => Err(StartError::Stopped(stop)),
        }
    }

    /// Opens what an earlier process stored, before the shard is begun; waits until then for a process that has it.
    pub(crate) async fn open_until(&self, until: Instant) {
        if !self.is_alive() {
            drop(Lent::open_until(&self.0, until).await);
        }
    }

    /// The same of a shard that was never begun, and forgets it.
    pub(crate) async fn open_anew_until(&self, until: Instant) {
        self.0.stored.change(|stored| stored.iter_mut().for_each(Stored::begin_anew));
        self.open_until(until).await;
    }

    /// Starts the shard without waiting for anything but the disk.
    pub(crate) fn begin(&self) -> Result<Events, StartError> {
        Ok(Events::of(self.launch(Lent::open_now(&self.0), &self.0.options)?))
    }

    /// Starts the shard with what is open, without any I/O, and tells READY too.
    pub(crate) fn begin_opened(&self) -> Result<Events, StartError> {
        let mut options = self.0.options.clone();
        options.filter = options.filter.with_ready();
        Ok(Events::of(self.launch(Lent::take(&self.0), &options)?))
    }

    /// Begins a run, unless there is one.
    fn launch(&self, mut lent: Option<Lent>, options: &Options) -> Result<Run, StartError> {
        let mut state = self.state();
        if state.is_running() {
            return Err(StartError::Running);
        }
        let mut gateway = state.begin(&self.0, lent.as_deref_mut()).map_err(StartError::Setup)?;
        if let Some(to) = state.recorder.take() {
            gateway.record(to).map_err(StartError::Record)?;
        }
        let queue = EventQueue::new(options.most_events, options.most_event_bytes);
        let shared = Arc::new(Shared::new(queue, &gateway, state.user, self.0.config.token_user()));
        lent.as_deref_mut().into_iter().for_each(|stored| stored.give(&shared));
        state.session = None;
        let (orders, received) = async_channel::bounded(MOST_ORDERS);
        spawn(Box::new(Driver::new(gateway, Arc::clone(&shared), received, options)).run());
        let run = Run { orders, _users: Users::of(&shared), shared };
        state.run = Some(run.clone());
        Ok(run)
    }

    /// Waits until the shard is over, and returns why; nothing if it was never started.
    ///
    /// Dropped early, it changes nothing.
    pub async fn join(&self) -> Option<Stop> {
        let run = self.run()?;
        Some(run.shared.wait_over().await)
    }

    /// Ends the session and waits until the connection is closed; it may be called at any time, and again.
    pub async fn close(&self) {
        let _ = self.leave(Leave::End).await;
    }

    /// Leaves the session for the next start, or for another process, and waits until the connection is closed.
    ///
    /// Returns it, with the events counted as processed that the consumer is done with; those it is not come again.
    pub async fn park(&self) -> Option<Session> {
        match self.leave(Leave::Park).await {
            Some(run) => run.shared.session(),
            None => self.session(),
        }
    }

    /// Closes the connection and goes on with the session on a new one, or begins one if there is none to resume.
    ///
    /// It waits until the old connection is closed. The events go on in the same [`Events`], of which none is lost and none
    /// comes twice. Commands that wait are dropped, metrics begin at zero, and a recording ends. Discord keeps the presence with
    /// the session; should a new one be needed later, it begins with that of the configuration. Guilds whose members were
    /// still to be asked for by [`Options::chunking`] are not.
    ///
    /// # Errors
    /// [`CommandError::Over`] if the shard does not run, and [`CommandError::QueueFull`].
    pub async fn restart(&self) -> Result<(), CommandError> {
        let run = self.run().ok_or(CommandError::Over)?;
        let before = run.shared.restarts();
        let Inner { config, options, .. } = &*self.0;
        let restart = Restart { config: config.clone(), options: options.clone() };
        run.orders.try_send(Order::Restart(Box::new(restart))).map_err(|error| {
            if error.is_full() { CommandError::QueueFull } else { CommandError::Over }
        })?;
        run.shared.restarted(before).await.ok_or(CommandError::Over)
    }

    /// Asks a shard that runs to leave its session, and does not wait for it.
    pub(crate) fn give_up(&self, how: Leave) {
        self.run().into_iter().for_each(|run| run.leave(how));
    }

    /// Leaves, and returns the run that is over with it.
    async fn leave(&self, how: Leave) -> Option<Run> {
        let run = self.run()?;
        run.leave(how);
        run.shared.wait_over().await;
        Some(run)
    }

    /// Returns which shard this is.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.shard_id().id
    }

    /// Returns how many shards there are.
    #[must_use]
    pub fn shard_count(&self) -> u32 {
        self.shard_id().count
    }

    /// Returns which shard this is, of how many.
    #[must_use]
    pub fn shard_id(&self) -> ShardId {
        self.0.config.shard_id()
    }

    /// Returns the intents.
    #[must_use]
    pub fn intents(&self) -> Intents {
        self.0.config.intents()
    }

    /// Tells whether the shard was started and is not over; it may be reconnecting.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.run().is_some_and(|run| run.shared.over().is_none())
    }

    /// Tells whether the shard is live: connected, and its session begun or resumed.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.is_alive() && self.status().is_some_and(|status| status.phase == Phase::Live)
    }

    /// Returns the id of the bot's user, once READY told it; nothing if the shard is over before or was never started.
    ///
    /// No READY comes for a session an earlier process began: once that is resumed, it is the id that the token tells.
    pub async fn user_id(&self) -> Option<UserId> {
        let run = self.run()?;
        let user = run.shared.user().await?;
        self.state().user = Some(user);
        Some(user)
    }

    /// Returns the time from the latest acknowledged heartbeat to its ACK.
    #[must_use]
    pub fn heartbeat_latency(&self) -> Option<Duration> {
        self.status()?.latency
    }

    /// Returns the state and the counters, as of the latest event; nothing if the shard was never started.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.run().map(|run| run.shared.status())
    }

    /// Returns what was counted since the latest start; nothing if the shard was never started.
    #[must_use]
    pub fn metrics(&self) -> Option<Metrics> {
        self.run().map(|run| run.shared.metrics())
    }

    /// Returns the session as plain data, if there is one to resume, as far as the consumer is done with its events.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.state().session()
    }

    /// Changes the bot's presence; what is left out stays as it was.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn update_presence<'c>(
        &self,
        presence: impl Into<UpdatePresence<'c>>,
    ) -> Result<CommandId, CommandError> {
        let command = self.encode(&Command::UpdatePresence(presence.into()));
        self.give(command, None).await
    }

    /// Joins, moves to or leaves a voice channel.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn update_voice_state(
        &self,
        voice: UpdateVoiceState,
    ) -> Result<CommandId, CommandError> {
        self.command(&Command::UpdateVoiceState(voice)).await
    }

    /// Asks for members of a guild, which come as `GUILD_MEMBERS_CHUNK`.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn request_guild_members(
        &self,
        request: RequestGuildMembers<'_>,
    ) -> Result<CommandId, CommandError> {
        let command = self.encode(&Command::RequestGuildMembers(request));
        self.give(command, None).await
    }

    /// Queues a command; [`Event::Command`](gatewright_core::Event::Command) tells what became of it.
    ///
    /// It may be given while the shard is not live, and leaves once it is.
    ///
    /// # Errors
    /// [`CommandError`] says why it was not queued; [`CommandError::Over`] if the shard does not run.
    pub async fn command(&self, command: &Command<'_>) -> Result<CommandId, CommandError> {
        let command = self.encode(command);
        self.give(command, None).await
    }

    /// Queues a command that is dropped unless it can be sent before that much time has passed.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn command_within(
        &self,
        command: &Command<'_>,
        time: Duration,
    ) -> Result<CommandId, CommandError> {
        let command = self.encode(command);
        self.give(command, Some(time)).await
    }

    fn encode(&self, command: &Command<'_>) -> Result<EncodedCommand<'static>, CommandError> {
        let config = &self.0.config;
        EncodedCommand::new(command, config.wire_encoding(), config.intents())
    }

    async fn give(
        &self,
        command: Result<EncodedCommand<'static>, CommandError>,
        within: Option<Duration>,
    ) -> Result<CommandId, CommandError> {
        let run = self.run().ok_or(CommandError::Over)?;
        let (reply, answer) = async_channel::bounded(1);
        let refused = |error| run.shared.refused(error);
        let order = Order::Command(Box::new((command.map_err(refused)?, within, reply)));
        run.orders.try_send(order).map_err(|error| {
            refused(if error.is_full() { CommandError::QueueFull } else { CommandError::Over })
        })?;
        // An order that came too late is never looked at.
        let (mut answer, mut over) = (pin!(answer.recv()), pin!(run.shared.wait_over()));
        poll_fn(|cx| match (answer.as_mut().poll(cx), over.as_mut().poll(cx)) {
            (Poll::Ready(answer), _) => {
                Poll::Ready(answer.unwrap_or_else(|_| Err(refused(CommandError::Over))))
            }
            (_, Poll::Ready(_)) => Poll::Ready(Err(refused(CommandError::Over))),
            (Poll::Pending, Poll::Pending) => Poll::Pending,
        })
        .await
    }

    fn run(&self) -> Option<Run> {
        self.state().run.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ShardHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardHandle")
            .field("config", &self.0.config)
            .field("options", &self.0.options)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl State {
    /// Returns the session of the latest run, or the one to begin with.
    pub(crate) fn session(&self) -> Option<Session> {
        match &self.run {
            Some(run) => run.shared.session(),
            None => self.session.clone(),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.shared.over().is_none())
    }

    /// Tells whether the shard was ever started since its session was forgotten.
    pub(crate) const fn was_started(&self) -> bool {
        self.run.is_some()
    }

    /// Returns the latest run, if it is over.
    pub(crate) fn over(&self) -> Option<Arc<Shared>> {
        let run = self.run.as_ref().filter(|run| run.shared.over().is_some())?;
        Some(Arc::clone(&run.shared))
    }

    /// Returns the session the next run resumes.
    pub(crate) fn next_session(&mut self) -> Option<Session> {
        if let Some(run) = self.run.take() {
            self.user = run.shared.known_user().or(self.user);
            self.session = run.shared.session().or_else(|| self.session.take());
        }
        self.session.clone()
    }
}

impl Run {
    fn leave(&self, how: Leave) {
        self.shared.leave(how);
        // If it is over, or as many orders wait as can, it looks by itself.
        let _ = self.orders.try_send(Order::Look);
    }
}

/// Ends a run whose start nobody waits for any more.
struct Starting {
    run: Run,
    is_over: bool,
}

impl Drop for Starting {
    fn drop(&mut self) {
        if !self.is_over {
            self.run.leave(Leave::End);
        }
    }
}

/// Why a shard did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// The recording does not begin.
    Record(gatewright_core::transcript::RecordError),
    /// It runs already.
    Running,
    /// A setting or the session does not fit.
    Setup(SetupError),
    /// It was closed meanwhile, or the gateway refused it for good.
    Stopped(Stop),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(error) => error.fmt(f),
            Self::Running => f.write_str("the shard runs already"),
            Self::Setup(error) => error.fmt(f),
            Self::Stopped(stop) => stop.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}
