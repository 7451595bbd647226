//! The task behind a handle: it drives the gateway, takes orders, and fills the queue of events.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use gatewright_core::{
    CommandError, CommandId, Config, EncodedCommand, Event, Leave, OwnedEvent, Stop,
};
use gatewright_std::Filter;

use crate::shared::Shared;
use crate::stall::{Stall, warn_of_disk};
use crate::stored::{PATIENCE, store_within};
use crate::{Gateway, Options};

/// What a handle wants of the task.
pub(crate) enum Order {
    /// A command, how long it may wait, and who is told what became of it; small, since many orders have a place.
    Command(Box<(EncodedCommand<'static>, Option<Duration>, Reply)>),
    /// To look at what is shared.
    Look,
    Restart(Box<Restart>),
}

pub(crate) type Reply = Sender<Result<CommandId, CommandError>>;

/// What the gateway after a restart is made of.
pub(crate) struct Restart {
    pub(crate) config: Config<'static>,
    pub(crate) options: Options,
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
    pub(crate) async fn run(mut self: Box<Self>) {
        // In a box, since the task would have room for it twice.
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
            Order::Command(order) => {
                let (command, within, reply) = *order;
                // Whoever asked may be gone.
                let _ = reply.try_send(gateway.encoded_command(&command, within));
            }
            Order::Look => {}
            // One that leaves is over, or begins anew, all the same.
            Order::Restart(restart) if !self.leaving => {
                (self.restart, self.leaving) = (Some(restart), true);
                gateway.park_to_return();
            }
            Order::Restart(_) => {}
        }
    }

    /// Goes on with the session on a new connection, if that is why the gateway is over; says whether it does.
    ///
    /// What waits for the consumer stays, and the gateway sends what comes behind it.
    fn begin_anew(&mut self, stop: Stop) -> bool {
        let parks = self.shared.leaves() == Some(Leave::Park);
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
        self.shared.note_restart();
        true
    }

    /// Shows how things stand, and looks whether the shard is to leave.
    fn show(&mut self) {
        let Some(gateway) = &mut self.gateway else { return };
        self.shared.show(gateway.status(), gateway.session());
        let leave = self.shared.leaves();
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
        self.shared.end(stop);
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
