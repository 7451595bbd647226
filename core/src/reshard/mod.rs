//! From one number of shards to another while all of them run, without a gap and without a double: sans-I/O.
//!
//! A second set of shards starts beside the first, and every guild is heard on both for a while. Discord tells each
//! of them the same, in the same order, so what the one side has brought is passed over when the other brings it: the
//! consumer hears the one that is ahead. Nothing depends on clocks or on which side is faster.
//!
//! What a new session says first is how things are: its READY and the guilds listed there are passed over, since the
//! consumer knows them by the old shards. Where in what these bring a guild's first event belongs, no number says. So
//! the consumer hears the old shards alone at first, and what both sides bring is written down. Once both have answered
//! heartbeats that were sent later, and the new shard has waited for the old ones so that it is behind them,
//! its latest events say where it is: from there on it is known exactly what the one side has brought and the other has
//! not. Only where events that read alike leave that open, it brings more before it is looked at again. When every new shard
//! has got so far, the old ones are closed.
//!
//! It is taken as given that what Discord tells a shard comes at most [5 s](MARGIN) behind the answer to a heartbeat
//! that was sent after it happened.

mod lane;
mod log;
#[cfg(test)]
mod tests;
mod trail;

use alloc::vec::Vec;
use core::time::Duration;

use self::lane::{Lane, Stage};
use self::trail::Print;
use crate::{Dispatch, Event, EventKind, GuildId, Instant};

/// How far what happened may come behind the answer to a heartbeat.
const MARGIN: Duration = Duration::from_secs(5);
/// How long a new shard without a session keeps the next one from starting.
const PATIENCE: Duration = Duration::from_secs(30);

/// One of two sets of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The set there was.
    Old,
    /// The set that takes its place.
    New,
}

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Verdict {
    /// It is for the consumer.
    Pass,
    /// The consumer has it, or will have it from the other side, or has no use for it.
    Drop,
}

/// What a [`Reshard`] wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReshardOutput {
    /// The new shard with this id is to be started.
    Start(u32),
    /// READY of this new shard was [skipped](Event::Skipped), so that nobody knows its guilds: the reshard was given up, as
    /// by [`Reshard::cancel`], and the new set is to be closed.
    CloseNew(u32),
    /// The new set has everything: the old one is to be closed.
    CloseOld,
    /// The other set is gone, and nothing that it brought can come again: every event passes from now on. That is the
    /// old set, or after [`Reshard::cancel`] the new one.
    Done,
    /// Nothing until then, or until something is heard.
    Wait(Instant),
}

/// The way of a bot from one number of shards to another; all shards of both sets are in this process.
///
/// ```
/// use gatewright_core::{Instant, Reshard, ReshardOutput, Side};
///
/// // From 2 shards to 3, one Identify at a time.
/// let mut reshard = Reshard::new(2, 3, 1);
/// assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
/// // Then every event of both sets is heard, and `beat` says how far.
/// let sent = Instant::from_millis(59_900);
/// reshard.beat(Instant::from_millis(60_000), Side::Old, 1, sent);
/// ```
#[derive(Debug)]
pub struct Reshard {
    now: Instant,
    /// How many new shards may be without a session at once.
    at_once: usize,
    olds: Vec<Old>,
    /// Of all old shards everything is heard that they were told until then.
    heard_through: Instant,
    /// Whether no old shard is left.
    is_alone: bool,
    lanes: Vec<Lane>,
    course: Course,
    /// The new shard whose READY was skipped, until that is told.
    unread: Option<u32>,
}

/// Which set the consumer is to live by in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// That is open.
    Merging,
    /// The new one; the old one is to be closed.
    New,
    /// The old one: a new shard is over, or nobody wants the new ones any more.
    Old,
}

/// A shard of the old set.
#[derive(Clone, Copy, Debug, Default)]
struct Old {
    /// Everything is heard that it was told until then.
    heard_through: Instant,
    is_over: bool,
}

impl Reshard {
    /// Begins to go over from `old` shards to `new`, of which `at_once` may identify at a time.
    #[must_use]
    pub fn new(old: u32, new: u32, at_once: usize) -> Self {
        Self {
            now: Instant::ZERO,
            at_once: at_once.max(1),
            olds: (0..old.max(1)).map(|_| Old::default()).collect(),
            heard_through: Instant::ZERO,
            is_alone: false,
            lanes: (0..new.max(1)).map(|_| Lane::new()).collect(),
            course: Course::Merging,
            unread: None,
        }
    }

    /// Hears an event of a shard; every one of both sets is to be heard, in its order.
    ///
    /// That takes as long however many shards there are.
    pub fn hear(&mut self, now: Instant, side: Side, shard: u32, event: &Event<'_>) -> Verdict {
        self.now = self.now.max(now);
        let drops = match side {
            Side::Old => self.drops_old(shard, event),
            Side::New => {
                let drops = self.drops_new(shard, event);
                self.look_at(shard);
                drops
            }
        };
        if drops { Verdict::Drop } else { Verdict::Pass }
    }

    /// Hears that a shard has answered a heartbeat that was sent at that instant, and that everything is heard that came
    /// before the answer. The shard's [`Status`](crate::Status) tells `last_ack` and `latency`.
    pub fn beat(&mut self, now: Instant, side: Side, shard: u32, sent: Instant) {
        self.tick(now);
        let through = sent.saturating_sub(MARGIN);
        match side {
            Side::Old => self.hear_old_through(shard, through),
            Side::New => {
                if let Some(lane) = at_mut(&mut self.lanes, shard) {
                    lane.hear_new_through(self.now, through);
                }
            }
        }
        self.tick(now);
    }

    /// Hears that a shard of the old set is over, and that all its events are heard.
    pub fn old_is_over(&mut self, now: Instant, shard: u32) {
        self.tick(now);
        if let Some(old) = at_mut(&mut self.olds, shard) {
            old.is_over = true;
        }
        self.is_alone = self.olds.iter().all(|old| old.is_over);
        self.hear_old_through(shard, Instant::MAX);
        self.tick(now);
    }

    /// Hears that a shard of the new set is over for good, and that all its events are heard.
    ///
    /// Before [`ReshardOutput::CloseOld`] the old set stays, as it does after [`cancel`](Self::cancel).
    pub fn new_is_over(&mut self, now: Instant, shard: u32) {
        self.cancel(now);
        if let Some(lane) = at_mut(&mut self.lanes, shard) {
            lane.stage = Stage::Done;
        }
    }

    /// Gives it up: the new set is to be closed, and all it brings from now on is dropped. After
    /// [`ReshardOutput::CloseOld`] it is too late.
    ///
    /// What the consumer has by the new shards is passed over when the old ones bring it; after that it is
    /// [`ReshardOutput::Done`]. Tells whether it was in time.
    pub fn cancel(&mut self, now: Instant) -> bool {
        if self.course == Course::Merging {
            self.course = Course::Old;
        }
        self.tick(now);
        self.course == Course::Old
    }

    /// Hears that time passed.
    pub fn tick(&mut self, now: Instant) {
        self.now = self.now.max(now);
        for lane in &mut self.lanes {
            lane.look(self.now, self.heard_through, self.is_alone);
        }
    }

    /// Tells whether the next event of a new shard is not to be taken yet.
    ///
    /// It changes with [`beat`](Self::beat) and [`old_is_over`](Self::old_is_over).
    #[must_use]
    pub fn is_held(&self, shard: u32) -> bool {
        let lane = usize::try_from(shard).ok().and_then(|at| self.lanes.get(at));
        let lane = lane.filter(|_| self.course != Course::Old);
        lane.is_some_and(|lane| matches!(lane.stage, Stage::Held(_)))
    }

    /// Takes the next thing that is wanted; after calls of other methods, until [`ReshardOutput::Wait`] or
    /// [`ReshardOutput::Done`].
    ///
    /// It looks at every shard, so that a loop asks a few times a second and not with each event.
    pub fn poll_output(&mut self) -> ReshardOutput {
        if let Some(shard) = self.unread.take() {
            return ReshardOutput::CloseNew(shard);
        }
        if self.course == Course::Old {
            let is_heard = self.is_alone || self.lanes.iter().all(|lane| lane.new.is_empty());
            return if is_heard { ReshardOutput::Done } else { ReshardOutput::Wait(Instant::MAX) };
        }
        let now = self.now;
        let starts = |lane: &Lane| {
            let Stage::Starting(since) = lane.stage else { return None };
            Some(since.saturating_add(PATIENCE)).filter(|at| *at > now)
        };
        let starting = self.lanes.iter().filter_map(starts);
        let idle = self.lanes.iter().position(|lane| lane.stage == Stage::Idle);
        if let Some(at) = idle
            && starting.clone().count() < self.at_once
        {
            if let Some(lane) = self.lanes.get_mut(at) {
                lane.stage = Stage::Starting(now);
            }
            return ReshardOutput::Start(u32::try_from(at).unwrap_or(u32::MAX));
        }
        if self.course == Course::Merging
            && self.all(|stage| matches!(stage, Stage::Settled | Stage::Alone(_) | Stage::Done))
        {
            self.course = Course::New;
            return ReshardOutput::CloseOld;
        }
        if self.is_alone && self.all(|stage| stage == Stage::Done) {
            return ReshardOutput::Done;
        }
        let next = starting.filter(|_| idle.is_some());
        ReshardOutput::Wait(next.min().unwrap_or(Instant::MAX))
    }

    /// Returns how many events may come twice, since one side was too far ahead of the other, or since it was never known by
    /// how much.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        let of = |lane: &Lane| {
            let left_out = lane.old.left_out().saturating_add(lane.new.left_out());
            left_out.saturating_add(lane.unsure)
        };
        self.lanes.iter().map(of).fold(0, u64::saturating_add)
    }

    fn drops_old(&mut self, shard: u32, event: &Event<'_>) -> bool {
        let Event::Dispatch(dispatch) = event else { return false };
        let Some(guild) = guild_of(dispatch, shard) else { return false };
        if is_answer(dispatch.kind()) {
            return false;
        }
        let (now, at) = (self.now, shard_of(guild, self.lanes.len()));
        let print = Print::of(guild, dispatch);
        let stays = self.course == Course::Old;
        let repeats = |lane: &mut Lane| match stays {
            true => lane.new.take(print),
            false => lane.repeats_new(print, now),
        };
        at_mut(&mut self.lanes, at).is_some_and(repeats)
    }

    fn drops_new(&mut self, shard: u32, event: &Event<'_>) -> bool {
        if self.course == Course::Old {
            return true;
        }
        let now = self.now;
        // From then on the consumer lives by this side, with what happens to its connections.
        let leads = self.course == Course::New || self.is_alone;
        let Some(lane) = at_mut(&mut self.lanes, shard) else { return false };
        let dispatch = match event {
            Event::Dispatch(dispatch) => dispatch,
            Event::SessionLost { .. } => {
                lane.lose(now);
                return !leads;
            }
            Event::Skipped(skipped) if skipped.kind == EventKind::Ready => {
                if leads {
                    lane.begin(now, None);
                } else {
                    (self.course, self.unread) = (Course::Old, Some(shard));
                }
                return !leads;
            }
            Event::Command { .. }
            | Event::Connected(_)
            | Event::Disconnected(_)
            | Event::Duplicate(_)
            | Event::Gap { .. }
            | Event::Limit(_)
            | Event::Skipped(_) => return !leads,
        };
        if dispatch.kind() == EventKind::Ready {
            lane.begin(now, Some(dispatch));
        }
        let kind = dispatch.kind();
        let is_of_session =
            matches!(kind, EventKind::Ready | EventKind::Resumed) || is_answer(kind);
        let Some(guild) = guild_of(dispatch, shard).filter(|_| !is_of_session) else {
            return !leads;
        };
        let at = shard_of(guild, self.olds.len());
        let is_over = at_mut(&mut self.olds, at).is_none_or(|old| old.is_over);
        if lane.is_listing(now, guild, dispatch.kind()) {
            return !leads && !is_over;
        }
        lane.repeats_old(Print::of(guild, dispatch), now, is_over)
    }

    /// Hears that everything is heard that an old shard was told until an instant.
    fn hear_old_through(&mut self, shard: u32, through: Instant) {
        let Some(old) = at_mut(&mut self.olds, shard) else { return };
        old.heard_through = old.heard_through.max(through);
        self.heard_through =
            self.olds.iter().map(|old| old.heard_through).min().unwrap_or_default();
        let count = self.olds.len();
        for lane in &mut self.lanes {
            let is_of = |guild| shard_of(guild, count) == shard;
            lane.new.forget(through, is_of);
        }
    }

    fn all(&self, is: impl Fn(Stage) -> bool) -> bool {
        self.lanes.iter().all(|lane| is(lane.stage))
    }

    /// Looks how far a new shard has come with what it brought.
    fn look_at(&mut self, shard: u32) {
        let (through, is_alone) = (self.heard_through, self.is_alone);
        if let Some(lane) = at_mut(&mut self.lanes, shard) {
            lane.look(self.now, through, is_alone);
        }
    }
}

/// Tells whether a dispatch answers one session, so that the other set does not bring it.
const fn is_answer(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::ChannelInfo
            | EventKind::GuildMembersChunk
            | EventKind::RateLimited
            | EventKind::SoundboardSounds
            | EventKind::VoiceServerUpdate
    )
}

/// Returns the guild of a dispatch; what happens in none is that of shard 0, and of no use from another.
fn guild_of(dispatch: &Dispatch<'_>, shard: u32) -> Option<u64> {
    dispatch.guild_id().map(|guild| guild.0).or((shard == 0).then_some(0))
}

fn shard_of(guild: u64, count: usize) -> u32 {
    GuildId(guild).shard(u32::try_from(count).unwrap_or(u32::MAX))
}

fn at_mut<T>(shards: &mut [T], shard: u32) -> Option<&mut T> {
    shards.get_mut(usize::try_from(shard).ok()?)
}
