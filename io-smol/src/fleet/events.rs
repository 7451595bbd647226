//! The events of several shards in one stream, one of each in turn.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use gatewright_core::{EventKind, OwnedEvent, ShardId, Stop};
use gatewright_std::{Repeat, StateError, Turns};

use super::merge::Merge;
use super::reshard::Passage;
use super::{Inner, Set};
use crate::Events;
use crate::shared::Shared;

/// How many events in a row are passed over before other tasks get their turn.
const STREAK: u32 = 64;

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
///
/// While the fleet [goes over](crate::Fleet::reshard) to another number of shards, each event is of whichever set brings it
/// first, and its [`ShardId`] says which. The old shards are told to be over, and the new ones go on in the same stream.
pub struct FleetEvents {
    pub(super) fleet: Arc<Inner>,
    pub(super) line: Arc<Line>,
    /// The lanes of the set there is, and those of another while the one takes the place of the other.
    pub(super) banks: [Vec<Lane>; 2],
    /// Runs whose events were not all taken.
    runs: usize,
    /// The lane of the event that was taken last.
    at_hand: Option<usize>,
    pub(super) merge: Option<Merge>,
}

/// Where the shards come that have something.
pub(super) struct Line {
    turns: Arc<Turns>,
    news: Mutex<News>,
}

/// What is to be taken in.
#[derive(Default)]
struct News {
    /// Runs that began meanwhile, by the number of their lane.
    begun: Vec<(usize, Events)>,
    /// The way to another set.
    passage: Option<Arc<Passage>>,
    /// Whether nobody takes it in any more.
    is_over: bool,
}

/// The events of one shard.
pub(super) struct Lane {
    pub(super) shard: ShardId,
    waker: Waker,
    /// Those of its runs, one after the other.
    pub(super) runs: VecDeque<Events>,
    /// Whether it had its turn while it was held.
    pub(super) waits: bool,
    /// Whether the consumer wants to know of sessions that begin.
    pub(super) wants_ready: bool,
}

impl Line {
    /// Adds the events of another run of a shard; says whether somebody takes them.
    pub(super) fn add(&self, number: usize, events: Events) -> bool {
        let mut news = self.news();
        let is_open = !news.is_over;
        if is_open {
            news.begun.push((number, events));
        }
        drop(news);
        self.turns.join(number);
        is_open
    }

    /// Adds the way to another set; says whether somebody goes it.
    pub(super) fn go_over(&self, passage: Arc<Passage>) -> bool {
        let mut news = self.news();
        let is_open = !news.is_over;
        if is_open {
            news.passage = Some(passage);
        }
        drop(news);
        self.wake();
        is_open
    }

    /// Lets the one who takes events look what is new.
    pub(super) fn wake(&self) {
        self.turns.join(0);
    }

    pub(super) fn join(&self, number: usize) {
        self.turns.join(number);
    }

    /// Takes nothing in any more; returns what was to be.
    pub(super) fn leave(&self) -> Option<Arc<Passage>> {
        let mut news = self.news();
        news.is_over = true;
        news.passage.take()
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FleetEvents {
    pub(super) fn new(fleet: Arc<Inner>, set: &Set, begun: Vec<Events>) -> Self {
        let line = Arc::new(Line { turns: Turns::new(), news: Mutex::default() });
        let banks = [Vec::new(), Vec::new()];
        let mut all = Self { fleet, line, banks, runs: 0, at_hand: None, merge: None };
        all.add_lanes(set);
        let begun = begun.into_iter().enumerate();
        begun.for_each(|(at, events)| all.add_run(set.number(at), events));
        all
    }

    pub(super) fn line(&self) -> Weak<Line> {
        Arc::downgrade(&self.line)
    }

    /// Makes lanes for the shards of a set.
    pub(super) fn add_lanes(&mut self, set: &Set) {
        let (turns, wants_ready) =
            (&self.line.turns, self.fleet.options.filter.wants(EventKind::Ready));
        let lane = |(at, shard)| {
            let (waker, runs) = (turns.waker(set.number(at)), VecDeque::new());
            Lane { shard, waker, runs, waits: false, wants_ready }
        };
        let lanes = set.shards.iter().enumerate().map(lane).collect();
        if let Some(bank) = self.banks.get_mut(set.bank) {
            *bank = lanes;
        }
    }

    /// Removes the lanes of a set that is closed.
    pub(super) fn remove_lanes(&mut self, bank: usize) {
        let lanes = self.banks.get_mut(bank).map(std::mem::take).unwrap_or_default();
        self.runs -= lanes.iter().map(|lane| lane.runs.len()).sum::<usize>();
    }

    pub(super) fn lanes(&self, bank: usize) -> &[Lane] {
        self.banks.get(bank).map_or(&[], Vec::as_slice)
    }

    /// Adds the events of a run to a lane.
    pub(super) fn add_run(&mut self, number: usize, events: Events) {
        if let Some(lane) = self.lane_mut(number) {
            lane.runs.push_back(events);
            self.runs += 1;
            self.line.join(number);
        }
    }

    fn lane(&self, number: usize) -> Option<&Lane> {
        self.lanes(number % 2).get(number / 2)
    }

    fn lane_mut(&mut self, number: usize) -> Option<&mut Lane> {
        self.banks.get_mut(number % 2)?.get_mut(number / 2)
    }

    /// Waits for the next event of any shard; nothing once all are over and all was taken.
    pub async fn next(&mut self) -> Option<FleetEvent> {
        poll_fn(|cx| self.poll_take(cx)).await
    }

    /// Tells whether an earlier process may have had the event that was taken last, as [`Events::repeat`] does.
    #[must_use]
    pub fn repeat(&self) -> Repeat {
        let lane = self.at_hand.and_then(|number| self.lane(number));
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
        let lane = self.banks.iter_mut().flatten().find(|lane| lane.shard == shard);
        let events =
            lane.and_then(|lane| lane.runs.front_mut()).ok_or_else(StateError::not_kept)?;
        events.store_snapshot(bytes).await
    }

    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<FleetEvent>> {
        self.finish();
        for _ in 0..STREAK {
            let turn = self.line.turns.poll(cx);
            self.admit();
            self.guide();
            let Poll::Ready(number) = turn else {
                self.wait(cx);
                let is_over = self.runs == 0 && self.merge.is_none();
                return if is_over { Poll::Ready(None) } else { Poll::Pending };
            };
            if let Some(told) = self.take_of(number) {
                return Poll::Ready(Some(told));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes what a lane has for the consumer.
    fn take_of(&mut self, number: usize) -> Option<FleetEvent> {
        let (bank, at) = (number % 2, number / 2);
        let is_held = self.is_held(bank, at);
        let lane = self.lane_mut(number)?;
        if is_held {
            lane.waits = true;
            return None;
        }
        let Poll::Ready(told) = lane.poll_take() else { return None };
        self.line.join(number);
        match told {
            FleetEvent::Event(..) => self.at_hand = Some(number),
            FleetEvent::Over(..) => self.runs -= 1,
        }
        if self.hears(bank, at, &told) {
            return Some(told);
        }
        self.finish();
        None
    }

    /// Says that the event that was taken last is done, whosever turn it is.
    fn finish(&mut self) {
        let lane = self.at_hand.take().and_then(|number| self.lane(number));
        if let Some(events) = lane.and_then(|lane| lane.runs.front()) {
            events.run.shared.queue.finish();
        }
    }

    /// Takes in the runs that began, and the way to another set.
    fn admit(&mut self) {
        let mut news = self.line.news();
        let (begun, passage) = (std::mem::take(&mut news.begun), news.passage.take());
        drop(news);
        begun.into_iter().for_each(|(number, events)| self.add_run(number, events));
        passage.into_iter().for_each(|passage| self.begin_merge(passage));
    }
}

impl Lane {
    /// Returns the run at hand, unless another waits behind it, or it is over.
    pub(super) fn only_run(&self) -> Option<&Shared> {
        let run =
            self.runs.front().filter(|events| self.runs.len() == 1 && events.stop().is_none());
        run.map(|events| &*events.run.shared)
    }

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

impl Drop for FleetEvents {
    fn drop(&mut self) {
        self.abandon_merge();
    }
}

impl fmt::Debug for FleetEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetEvents").field("runs", &self.runs).finish_non_exhaustive()
    }
}
