//! The events of several shards in one stream, one of each in turn.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use gatewright_core::{OwnedEvent, ShardId, Shards, Stop};
use gatewright_std::{Repeat, StateError, Turns};

use crate::Events;

/// What happened to a shard of a fleet.
#[derive(Clone, Debug)]
pub enum FleetEvent {
    /// An event.
    Event(ShardId, OwnedEvent),
    /// The shard is over, and all its events were taken; the others go on.
    Over(ShardId, Stop),
}

impl FleetEvent {
    /// Returns the shard.
    #[must_use]
    pub const fn shard(&self) -> ShardId {
        match self {
            Self::Event(shard, _) | Self::Over(shard, _) => *shard,
        }
    }
}

/// The events of the shards of a fleet, to be taken by one task; the next is taken once the one before is done.
///
/// Of shards that have some, each gets its turn. What [`Events`] says holds for each shard: while a task is slow, the
/// queue of each fills up by itself, and then that shard is not read. Dropped, they are passed over, and the fleet goes
/// on.
pub struct FleetEvents {
    line: Arc<Line>,
    lanes: Vec<Lane>,
    /// Runs whose events were not all taken.
    runs: usize,
    /// The lane of the event that was taken last.
    at_hand: Option<usize>,
}

/// Where the shards come that have something.
pub(super) struct Line {
    turns: Arc<Turns>,
    /// Runs that began meanwhile.
    begun: Mutex<Vec<(usize, Events)>>,
}

/// The events of one shard.
struct Lane {
    shard: ShardId,
    waker: Waker,
    /// Those of its runs, one after the other.
    runs: VecDeque<Events>,
}

impl Line {
    /// Adds the events of another run of a shard.
    pub(super) fn add(&self, at: usize, events: Events) {
        self.begun().push((at, events));
        self.turns.join(at);
    }

    fn begun(&self) -> MutexGuard<'_, Vec<(usize, Events)>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FleetEvents {
    pub(super) fn new(shards: &Shards, begun: Vec<Events>) -> Self {
        let line = Arc::new(Line { turns: Turns::new(), begun: Mutex::default() });
        let lane = |(at, shard)| Lane { shard, waker: line.turns.waker(at), runs: VecDeque::new() };
        let lanes = shards.iter().enumerate().map(lane).collect();
        begun.into_iter().enumerate().for_each(|(at, events)| line.add(at, events));
        Self { line, lanes, runs: 0, at_hand: None }
    }

    pub(super) fn line(&self) -> Weak<Line> {
        Arc::downgrade(&self.line)
    }

    /// Waits for the next event of any shard; nothing once all are over and all was taken.
    pub async fn next(&mut self) -> Option<FleetEvent> {
        poll_fn(|cx| self.poll_take(cx)).await
    }

    /// Tells whether an earlier process may have had the event that was taken last, as [`Events::repeat`] does.
    #[must_use]
    pub fn repeat(&self) -> Repeat {
        let lane = self.at_hand.and_then(|at| self.lanes.get(at));
        lane.and_then(|lane| lane.runs.front()).map_or(Repeat::No, Events::repeat)
    }

    /// Stores what the consumer made of all the events it took of a shard, as [`Events::store_snapshot`] does.
    ///
    /// # Errors
    /// As [`Events::store_snapshot`]; of a shard that is over, or is not of this fleet, no state is kept.
    pub async fn store_snapshot(
        &mut self,
        shard: ShardId,
        bytes: Vec<u8>,
    ) -> Result<(), StateError> {
        let lane = self.lanes.iter_mut().find(|lane| lane.shard == shard);
        let events =
            lane.and_then(|lane| lane.runs.front_mut()).ok_or_else(StateError::not_kept)?;
        events.store_snapshot(bytes).await
    }

    fn poll_take(&mut self, cx: &Context<'_>) -> Poll<Option<FleetEvent>> {
        self.finish();
        loop {
            let turn = self.line.turns.poll(cx);
            self.admit();
            let Poll::Ready(at) = turn else {
                return if self.runs == 0 { Poll::Ready(None) } else { Poll::Pending };
            };
            let Some(lane) = self.lanes.get_mut(at) else { continue };
            let Poll::Ready(event) = lane.poll_take() else { continue };
            match event {
                FleetEvent::Event(..) => self.at_hand = Some(at),
                FleetEvent::Over(..) => self.runs -= 1,
            }
            self.line.turns.join(at);
            return Poll::Ready(Some(event));
        }
    }

    /// Says that the event that was taken last is done, whosever turn it is.
    fn finish(&mut self) {
        let lane = self.at_hand.take().and_then(|at| self.lanes.get(at));
        if let Some(events) = lane.and_then(|lane| lane.runs.front()) {
            events.run.shared.queue.finish();
        }
    }

    /// Takes in the runs that began.
    fn admit(&mut self) {
        for (at, events) in self.line.begun().drain(..) {
            if let Some(lane) = self.lanes.get_mut(at) {
                lane.runs.push_back(events);
                self.runs += 1;
            }
        }
    }
}

impl Lane {
    fn poll_take(&mut self) -> Poll<FleetEvent> {
        let Some(run) = self.runs.front_mut() else { return Poll::Pending };
        let mut cx = Context::from_waker(&self.waker);
        let Poll::Ready(event) = Pin::new(&mut *run).poll_next(&mut cx) else {
            return Poll::Pending;
        };
        if let Some(event) = event {
            return Poll::Ready(FleetEvent::Event(self.shard, event));
        }
        // The queue is closed behind the word that the shard is over.
        let stop = run.stop().unwrap_or(Stop::Parked);
        self.runs.pop_front();
        Poll::Ready(FleetEvent::Over(self.shard, stop))
    }
}

impl Stream for FleetEvents {
    type Item = FleetEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<FleetEvent>> {
        self.poll_take(cx)
    }
}

impl fmt::Debug for FleetEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetEvents").field("runs", &self.runs).finish_non_exhaustive()
    }
}
