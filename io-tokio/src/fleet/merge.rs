//! The events of two sets of shards as if they were of one, while the second takes the place of the first.

use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use gatewright_core::{
    Event, EventKind, Instant, Leave, OwnedEvent, Reshard, ReshardOutput, ShardId, Side, Stop,
    Verdict,
};

use super::events::{FleetEvent, FleetEvents, Lane};
use super::reshard::{Passage, ReshardError};
use crate::clock::{self, Timer};
use crate::shared::Shared;

/// How often it is looked whether heartbeats were answered.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How many new shards are without a session at once, at most.
const MOST_AT_ONCE: usize = 16;

/// A reshard under way.
pub(super) struct Merge {
    machine: Reshard,
    pub(super) passage: Arc<Passage>,
    /// What was seen of the answers to heartbeats, by bank and position.
    answers: [Vec<Answers>; 2],
    timer: Timer,
    look_at: Instant,
    /// Whether the fleet has the new set.
    took_place: bool,
    /// Why it is given up.
    fault: Option<ReshardError>,
}

/// The answers to the heartbeats of a shard.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    /// When the latest came that was seen.
    seen: Option<Instant>,
    /// When the heartbeat of one was sent that counts once so many events were taken.
    due: Option<(Instant, u64)>,
}

impl Answers {
    /// Notes an answer. What came before it is in the queue.
    fn look(&mut self, run: &Shared) {
        let status = run.status();
        if self.due.is_some() || status.last_ack == self.seen {
            return;
        }
        self.seen = status.last_ack;
        if let (Some(ack), Some(latency)) = (status.last_ack, status.latency) {
            let waiting = u64::try_from(run.queue.len()).unwrap_or(u64::MAX);
            let through = run.queue.taken().saturating_add(waiting);
            self.due = Some((ack.saturating_sub(latency), through));
        }
    }

    /// Returns when the heartbeat was sent, once everything was taken that came before its answer.
    fn settle(&mut self, run: &Shared) -> Option<Instant> {
        let (sent, _) = self.due.filter(|(_, through)| run.queue.taken() >= *through)?;
        self.due = None;
        Some(sent)
    }
}

impl Merge {
    fn new(passage: Arc<Passage>) -> Self {
        let (old, new) = (&passage.old.shards, &passage.new.shards);
        let mut answers = [Vec::new(), Vec::new()];
        for set in [&passage.old, &passage.new] {
            let of = vec![Answers::default(); set.shards.size()];
            answers.get_mut(set.bank).into_iter().for_each(|bank| bank.clone_from(&of));
        }
        Self {
            // The gate has places for as many as there were.
            machine: Reshard::new(old.count(), new.count(), old.size().min(MOST_AT_ONCE)),
            passage,
            answers,
            timer: Timer::default(),
            look_at: Instant::ZERO,
            took_place: false,
            fault: None,
        }
    }

    fn side(&self, bank: usize) -> Side {
        if bank == self.passage.old.bank { Side::Old } else { Side::New }
    }

    /// Looks whether a shard has answered, and whether an answer counts.
    fn look(&mut self, bank: usize, at: usize, lane: &Lane, looks: bool) {
        let side = self.side(bank);
        let answers = self.answers.get_mut(bank).and_then(|answers| answers.get_mut(at));
        let (Some(answers), Some(run)) = (answers, lane.only_run()) else { return };
        if looks {
            answers.look(run);
        }
        if let Some(sent) = answers.settle(run) {
            self.machine.beat(clock::now(), side, lane.shard.id, sent);
        }
    }

    /// Gives it up, if it is in time.
    fn give_up(&mut self, fault: ReshardError) {
        if !self.took_place && self.fault.is_none() {
            self.fault = Some(fault);
            self.machine.cancel(clock::now());
            self.passage.new.give_up(Leave::End);
            self.look_soon();
        }
    }

    /// Lets it be looked with the next event what is to be done.
    const fn look_soon(&mut self) {
        self.look_at = Instant::ZERO;
    }

    fn is_held(&self, bank: usize, at: usize) -> bool {
        self.side(bank) == Side::New && u32::try_from(at).is_ok_and(|at| self.machine.is_held(at))
    }
}

impl FleetEvents {
    /// Begins to merge the events of another set with those of the one there is.
    pub(super) fn begin_merge(&mut self, passage: Arc<Passage>) {
        let (old, new) = (Arc::clone(&passage.old), Arc::clone(&passage.new));
        self.add_lanes(&new);
        let mut merge = Merge::new(passage);
        for (at, lane) in self.lanes(old.bank).iter().enumerate() {
            if lane.runs.is_empty() {
                merge.machine.old_is_over(clock::now(), u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        self.merge = Some(merge);
    }

    /// Looks how far the shards are, now and then, and does what is next.
    pub(super) fn guide(&mut self) {
        let Some(merge) = &mut self.merge else { return };
        let now = clock::now();
        if merge.passage.is_left() {
            merge.give_up(ReshardError::Left);
        }
        // What an event changes may wait as long, so that none takes longer the more shards there are.
        if merge.look_at > now {
            return;
        }
        merge.look_at = now.saturating_add(LOOK_EVERY);
        for (bank, lanes) in self.banks.iter().enumerate() {
            let lanes = lanes.iter().enumerate();
            lanes.for_each(|(at, lane)| merge.look(bank, at, lane, true));
        }
        merge.machine.tick(now);
        self.obey();
    }

    /// Wakes the task that takes the events when it is to look again.
    pub(super) fn wait(&mut self, cx: &mut Context<'_>) {
        if let Some(merge) = &mut self.merge
            && merge.timer.poll(cx, merge.look_at).is_ready()
        {
            cx.waker().wake_by_ref();
        }
    }

    /// Tells whether the events of a lane are not to be taken yet.
    pub(super) fn is_held(&self, bank: usize, at: usize) -> bool {
        self.merge.as_ref().is_some_and(|merge| merge.is_held(bank, at))
    }

    /// Hears what came of a lane; tells whether it is for the consumer.
    pub(super) fn hears(&mut self, bank: usize, at: usize, told: &FleetEvent) -> bool {
        match told {
            FleetEvent::Event(_, event) => self.hears_event(bank, at, event),
            FleetEvent::Over(_, stop) => self.hears_end(bank, at, *stop),
        }
    }

    fn hears_event(&mut self, bank: usize, at: usize, event: &OwnedEvent) -> bool {
        let Some(lane) = self.banks.get(bank).and_then(|lanes| lanes.get(at)) else { return true };
        let is_wanted = lane.wants(&event.event());
        let Some(merge) = &mut self.merge else { return is_wanted };
        let side = merge.side(bank);
        let verdict = merge.machine.hear(clock::now(), side, lane.shard.id, &event.event());
        merge.look(bank, at, lane, false);
        verdict == Verdict::Pass && is_wanted
    }

    /// Hears that a run of a shard is over.
    fn hears_end(&mut self, bank: usize, at: usize, stop: Stop) -> bool {
        let Some(lane) = self.banks.get(bank).and_then(|lanes| lanes.get(at)) else { return true };
        let (Some(merge), true) = (&mut self.merge, lane.runs.is_empty()) else { return true };
        let (now, shard) = (clock::now(), lane.shard);
        merge.look_soon();
        if merge.side(bank) == Side::Old {
            merge.machine.old_is_over(now, shard.id);
            return true;
        }
        // One that was closed with the fleet was not refused.
        let stopped = ReshardError::Stopped(shard, stop);
        merge.give_up(if merge.passage.is_left() { ReshardError::Left } else { stopped });
        merge.machine.new_is_over(now, shard.id);
        merge.took_place
    }

    /// Does what the reshard wants.
    fn obey(&mut self) {
        while let Some(merge) = &mut self.merge {
            match merge.machine.poll_output() {
                ReshardOutput::Start(shard) => self.begin_new(shard),
                ReshardOutput::CloseNew(shard) => {
                    let shard = ShardId::new(shard, merge.passage.new.shards.count());
                    merge.give_up(ReshardError::ReadyTooLarge(shard));
                }
                ReshardOutput::CloseOld => {
                    merge.took_place = self.fleet.take_place(&merge.passage);
                }
                ReshardOutput::Done => return self.end_merge(),
                ReshardOutput::Wait(_) => return self.release(),
                _ => return,
            }
        }
    }

    fn begin_new(&mut self, shard: u32) {
        let Some(merge) = &mut self.merge else { return };
        match self.fleet.begin_new(&merge.passage, shard) {
            Some(Ok(events)) => {
                let set = &merge.passage.new;
                if let Some(at) = set.shards.position(shard) {
                    let number = set.number(at);
                    self.add_run(number, events);
                }
            }
            Some(Err(error)) => merge.give_up(ReshardError::Start(error)),
            None => merge.give_up(ReshardError::Left),
        }
    }

    /// Lets those have their turn that were held and are not any more.
    fn release(&mut self) {
        let Some(merge) = &self.merge else { return };
        let new = &merge.passage.new;
        for (at, lane) in self.banks.get_mut(new.bank).into_iter().flatten().enumerate() {
            if lane.waits && !merge.is_held(new.bank, at) {
                lane.waits = false;
                self.line.join(new.number(at));
            }
        }
    }

    fn end_merge(&mut self) {
        let Some(merge) = self.merge.take() else { return };
        let Merge { machine, passage, took_place, fault, .. } = merge;
        let left_out = machine.left_out();
        if left_out > 0 {
            tracing::warn!("{left_out} events may have come twice on the way to other shards");
        }
        self.remove_lanes(if took_place { passage.old.bank } else { passage.new.bank });
        let came = if took_place { Ok(()) } else { Err(fault.unwrap_or(ReshardError::Left)) };
        self.fleet.end(&passage, came);
    }

    /// Ends what nobody goes on with, as nobody takes the events any more.
    pub(super) fn abandon_merge(&mut self) {
        if let Some(passage) = self.line.leave() {
            self.fleet.end(&passage, Err(ReshardError::NoEvents));
        }
        if let Some(Merge { passage, took_place, .. }) = self.merge.take() {
            let came = if took_place { Ok(()) } else { Err(ReshardError::NoEvents) };
            self.fleet.end(&passage, came);
        }
    }
}

impl Lane {
    /// Tells whether the consumer wants an event: that a session begins is heard for the reshard alone.
    fn wants(&self, event: &Event<'_>) -> bool {
        let (Event::Dispatch(dispatch) | Event::Duplicate(dispatch)) = event else { return true };
        self.wants_ready || dispatch.kind() != EventKind::Ready
    }
}
