//! The task behind a handle: it drives the gateway, takes orders, and fills the queue of events.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use gatewright_core::model::Ready;
use gatewright_core::{
    CommandError, CommandId, Config, Dispatch, EncodedCommand, Event, EventKind, Instant, Leave,
    Meter, Metrics, OwnedEvent, Session, Status, Stop, UserId,
};
use gatewright_std::{EventQueue, Filter, SharedKeeper, Watch};

use crate::clock;
use crate::stall::{Stall, warn_of_disk};
use crate::stored::{PATIENCE, store_within};
use crate::{Gateway, Options};

/// What a handle wants of the task.
pub(crate) enum Order {
    Command {
        command: EncodedCommand,
        within: Option<Duration>,
        reply: Sender<Result<CommandId, CommandError>>,
    },
    /// To look at what is shared.
    Look,
    Restart(Box<Restart>),
}

/// What the gateway after a restart is made of.
pub(crate) struct Restart {
    pub(crate) config: Config<'static>,
    pub(crate) options: Options,
}

/// What the task and the handles share.
pub(crate) struct Shared {
    pub(crate) queue: EventQueue,
    /// Where the session is stored, if it is, until the next run takes it.
    pub(crate) keeper: SharedKeeper,
    /// Whether nobody uses the run any more.
    pub(crate) forsaken: AtomicBool,
    /// The id of the session the run began with.
    resumes: Option<String>,
    /// Whether RESUMED came, or the READY of a new session, and that is not stored yet.
    begins: AtomicBool,
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
    pub(crate) fn new(queue: EventQueue, gateway: &Gateway, user: Option<UserId>) -> Self {
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

    /// Waits for the id of the bot's user; nothing if the shard is over before.
    pub(crate) async fn user(&self) -> Option<UserId> {
        let look = |state: &mut State| match (state.user, state.over) {
            (None, None) => None,
            (user, _) => Some(user),
        };
        self.state.wait(look).await
    }

    fn has_begun(&self) -> bool {
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
    fn note(&self, dispatch: &Dispatch<'_>, again: bool) {
        if dispatch.kind() == EventKind::Resumed {
            self.queue.end_replay(dispatch.seq());
            self.begins.store(true, Ordering::Relaxed);
        }
        let is_ready = dispatch.kind() == EventKind::Ready;
        if !is_ready && self.has_begun() {
            return;
        }
        let ready = dispatch.decode::<Ready<'_>>().ok();
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
            state.user = ready.map(|ready| ready.user.id).or(state.user);
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
}

/// The task behind a handle.
pub(crate) struct Driver {
    /// It is there until the task ends.
    gateway: Option<Gateway>,
    shared: Arc<Shared>,
    orders: Receiver<Order>,
    filter: Filter,
    stall: Stall,
    leaving: bool,
    /// What it begins anew with, once it has left.
    restart: Option<Box<Restart>>,
    /// How often it waited for an event: by turns, orders and the gateway are looked at first.
    turns: u32,
    /// Why the gateway is over.
    stop: Option<Stop>,
    /// Whether the last word is stored, or was waited for.
    has_parted: bool,
}

/// What woke the task up.
enum Turn {
    /// What was heard, if it is wanted.
    Event(Result<Option<OwnedEvent>, Stop>),
    /// Nobody is left to give orders.
    Forsaken,
    Order(Order),
    /// The queue has room.
    Room,
    /// The consumer took nothing for a while.
    Stalled,
}

impl Driver {
    pub(crate) fn new(
        mut gateway: Gateway,
        shared: Arc<Shared>,
        orders: Receiver<Order>,
        options: &Options,
    ) -> Self {
        gateway.show_to(Arc::clone(&shared));
        let (filter, stall) = (options.filter.clone(), Stall::new(options.warn_after));
        Self {
            gateway: Some(gateway),
            shared,
            orders,
            filter,
            stall,
            leaving: false,
            restart: None,
            turns: 0,
            stop: None,
            has_parted: false,
        }
    }

    /// Drives the gateway until it is over, or nobody is left who could want something of it.
    pub(crate) async fn run(mut self) {
        self.drive().await;
        self.show_last();
        // Who waits for the end finds it stored; where a disk hangs, nobody waits for good.
        store_within(&self.shared, PATIENCE).await;
        self.has_parted = true;
    }

    async fn drive(&mut self) {
        loop {
            // Until the session has begun, nobody can take anything.
            let held = self.shared.queue.is_full() && self.shared.has_begun() && !self.leaving;
            if !held {
                self.stall.is_over();
            }
            let turn = if held { self.hold().await } else { self.next().await };
            let mut told = None;
            match turn {
                Turn::Event(Ok(event)) => {
                    self.store_beginning().await;
                    told = event;
                }
                Turn::Event(Err(stop)) => {
                    if !self.begin_anew(stop) {
                        self.stop = Some(stop);
                        return;
                    }
                }
                Turn::Forsaken => return,
                Turn::Order(order) => self.obey(order),
                Turn::Room => {}
                Turn::Stalled => {
                    let waiting = self.shared.queue.len();
                    if let Some(gateway) = &self.gateway {
                        self.stall.warn(gateway.teller(), waiting);
                    }
                }
            }
            // Who is given an event finds what it changed.
            self.show();
            told.into_iter().for_each(|event| self.shared.queue.push(event));
        }
    }

    /// Waits for the next event, or an order.
    async fn next(&mut self) -> Turn {
        let Self { gateway: Some(gateway), shared, orders, filter, leaving, turns, .. } = self
        else {
            return Turn::Forsaken;
        };
        let mut order = pin!(next_order(orders, *leaving));
        let heard = async { gateway.next().await.map(|event| take(shared, filter, event)) };
        let mut heard = pin!(heard);
        *turns = turns.wrapping_add(1);
        let gateway_first = *turns % 2 == 0;
        poll_fn(|cx| {
            if gateway_first && let Poll::Ready(event) = heard.as_mut().poll(cx) {
                return Poll::Ready(Turn::Event(event));
            }
            if let Poll::Ready(order) = order.as_mut().poll(cx) {
                return Poll::Ready(order);
            }
            heard.as_mut().poll(cx).map(Turn::Event)
        })
        .await
    }

    /// Keeps the connection alive while the queue is full.
    async fn hold(&mut self) -> Turn {
        let Self { gateway: Some(gateway), shared, orders, stall, .. } = self else {
            return Turn::Forsaken;
        };
        let mut order = pin!(next_order(orders, false));
        let mut room = pin!(shared.queue.room());
        let mut hold = pin!(gateway.hold());
        poll_fn(|cx| {
            // Orders that keep coming must not keep heartbeats back.
            if let Poll::Ready(never) = hold.as_mut().poll(cx) {
                match never {}
            }
            if let Poll::Ready(order) = order.as_mut().poll(cx) {
                return Poll::Ready(order);
            }
            if room.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Turn::Room);
            }
            stall.poll(cx).map(|()| Turn::Stalled)
        })
        .await
    }

    /// Stores that RESUMED or READY came, before it is handed out, while the connection is kept alive.
    ///
    /// A later process, to which RESUMED comes again, then knows it for an old one, behind which is what this process may
    /// have had; and it does not resume the session before a READY.
    async fn store_beginning(&mut self) {
        if !self.shared.begins.swap(false, Ordering::Relaxed) {
            return;
        }
        self.show();
        let shared = Arc::clone(&self.shared);
        let mut stored = pin!(store_within(&shared, PATIENCE));
        while !self.leaving {
            match self.hold_until(stored.as_mut()).await {
                Ok(Turn::Order(order)) => self.obey(order),
                Ok(_) | Err(true) => return,
                Err(false) => {
                    return self.gateway.iter().for_each(|gateway| warn_of_disk(gateway.teller()));
                }
            }
            self.show();
        }
    }

    /// Keeps the connection alive until there is an order, or the session is stored or will not be for now.
    async fn hold_until(
        &mut self,
        mut stored: Pin<&mut impl Future<Output = bool>>,
    ) -> Result<Turn, bool> {
        let Self { gateway: Some(gateway), orders, .. } = self else { return Ok(Turn::Forsaken) };
        let mut order = pin!(next_order(orders, false));
        let mut hold = pin!(gateway.hold());
        poll_fn(|cx| {
            if let Poll::Ready(never) = hold.as_mut().poll(cx) {
                match never {}
            }
            if let Poll::Ready(order) = order.as_mut().poll(cx) {
                return Poll::Ready(Ok(order));
            }
            stored.as_mut().poll(cx).map(Err)
        })
        .await
    }

    fn obey(&mut self, order: Order) {
        let Some(gateway) = &mut self.gateway else { return };
        match order {
            Order::Command { command, within, reply } => {
                // Whoever asked may be gone.
                let _ = reply.try_send(gateway.encoded_command(&command, within));
            }
            Order::Look => {}
            // One that leaves is over, or begins anew, all the same.
            Order::Restart(restart) if !self.leaving => {
                (self.restart, self.leaving) = (Some(restart), true);
                gateway.leave(Leave::Park);
            }
            Order::Restart(_) => {}
        }
    }

    /// Goes on with the session on a new connection, if that is why the gateway is over; says whether it does.
    ///
    /// What waits for the consumer stays, and the gateway sends what comes behind it.
    fn begin_anew(&mut self, stop: Stop) -> bool {
        let parks = self.shared.state.read(|state| state.leave == Some(Leave::Park));
        let Some(restart) = self.restart.take().filter(|_| stop == Stop::Parked && !parks) else {
            return false;
        };
        let Restart { config, options } = *restart;
        let gateway = match self.gateway.as_ref().and_then(Gateway::session) {
            Some(session) => Gateway::resume(config, session, options),
            None => Gateway::connect(config, options),
        };
        // What fitted once fits again.
        let Ok(mut gateway) = gateway else { return false };
        gateway.show_to(Arc::clone(&self.shared));
        (self.gateway, self.leaving) = (Some(gateway), false);
        self.shared.state.change(|state| state.restarts += 1);
        true
    }

    /// Shows how things stand, and looks whether the shard is to leave.
    fn show(&mut self) {
        let Some(gateway) = &mut self.gateway else { return };
        self.shared.show(gateway.status(), gateway.session());
        let leave = self.shared.state.read(|state| state.leave);
        if let Some(how) = leave.filter(|_| !self.leaving) {
            self.leaving = true;
            gateway.leave(how);
        }
    }
}

impl Driver {
    /// Shows how things stand in the end, and lets the connection go.
    fn show_last(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            self.shared.show(gateway.status(), gateway.session());
        }
    }
}

impl Drop for Driver {
    /// Lets nobody wait for a task that is gone, whether the gateway is over or the runtime.
    fn drop(&mut self) {
        self.show_last();
        if !self.has_parted {
            self.shared.store_at_once();
        }
        // The recording is written now. Without a word to the gateway the session stays.
        let stop = self.stop.unwrap_or(Stop::Parked);
        self.shared.state.change(|state| state.over = Some(stop));
        self.shared.release();
        self.shared.queue.close();
    }
}

/// Waits for an order; a shard that leaves goes on without anybody who could give one.
async fn next_order(orders: &Receiver<Order>, leaving: bool) -> Turn {
    match orders.recv().await {
        Ok(order) => Turn::Order(order),
        Err(_) if leaving => pending().await,
        Err(_) => Turn::Forsaken,
    }
}

/// Notes what the handles want to know of an event, and copies it if it is wanted.
///
/// Of attempts in vain, before the session has begun, as many are told as the queue takes.
fn take(shared: &Shared, filter: &Filter, event: Event<'_>) -> Option<OwnedEvent> {
    let mut kind = event.kind();
    if let Event::Dispatch(dispatch) | Event::Duplicate(dispatch) = event {
        shared.note(&dispatch, matches!(event, Event::Duplicate(_)));
        // One that comes again is of the kind it was the first time.
        kind = dispatch.kind();
    }
    let wanted = filter.wants(kind) && (shared.has_begun() || !shared.queue.is_full());
    wanted.then(|| event.into_owned())
}
