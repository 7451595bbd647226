//! The collector: hears the events of a shard and looks at its status.

use core::time::Duration;

use super::{Metrics, PerPhase};
use crate::{
    Cause, CommandError, CommandId, Counters, Event, EventKind, Fate, Instant, Phase, Purpose,
    Status,
};

/// Counts what a shard does, beside it.
///
/// It is to hear every event, and to look whenever the state changed: after each input, once all output of the shard
/// was taken, [`is_behind`](Self::is_behind) tells whether it should. It takes another look once in each time between
/// two heartbeats, for their latency, and before anybody reads it. Looking more often changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    metrics: Metrics,
    /// The latest instant heard of.
    at: Instant,
    /// The state at the latest look.
    phase: Option<Phase>,
    last_ack: Option<Instant>,
    /// Whether a Resume has not been confirmed: what comes is replayed.
    replaying: bool,
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

impl Meter {
    /// Creates one for a shard that has done nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        let metrics = Metrics { shards: 1, ..Metrics::NONE };
        Self { metrics, at: Instant::ZERO, phase: None, last_ack: None, replaying: false }
    }

    /// Tells whether an event of this kind has anything to count, so that others need not be lent.
    #[must_use]
    pub const fn hears(&self, kind: EventKind) -> bool {
        self.replaying
            || matches!(
                kind,
                EventKind::Command
                    | EventKind::Connected
                    | EventKind::Disconnected
                    | EventKind::Gap
                    | EventKind::Limit
                    | EventKind::SessionLost
            )
    }

    /// Hears an event of the shard.
    ///
    /// An event the shard had no room to tell ([`Limit::Events`](crate::Limit::Events)) is not counted here either.
    pub fn hear(&mut self, event: &Event<'_>) {
        let metrics = &mut self.metrics;
        match event {
            Event::Command { fate, .. } => match fate {
                Fate::Dropped => bump(&mut metrics.commands_dropped),
                Fate::Expired => bump(&mut metrics.commands_expired),
                Fate::Replaced => bump(&mut metrics.commands_replaced),
                Fate::Sent => {}
            },
            Event::Connected(connected) => {
                bump(&mut metrics.greeted);
                self.replaying = connected.purpose == Purpose::Resume;
            }
            Event::Disconnected(over) => {
                metrics.disconnects.count(over.cause);
                if matches!(over.cause, Cause::Zombie | Cause::MissedAcks) {
                    bump(&mut metrics.zombies);
                }
                self.replaying = false;
            }
            Event::Dispatch(dispatch) => {
                if self.replaying {
                    self.hear_replayed(dispatch.kind());
                }
            }
            Event::Gap { expected, found } => {
                let missing = found.saturating_sub(*expected);
                metrics.missing_events = metrics.missing_events.saturating_add(missing);
            }
            Event::Limit(_) => bump(&mut metrics.limits),
            Event::SessionLost { .. } => bump(&mut metrics.sessions_lost),
            Event::Duplicate(_) | Event::Skipped(_) => {}
        }
    }

    /// Hears a dispatch that is replayed, or ends the replay.
    fn hear_replayed(&mut self, kind: EventKind) {
        if matches!(kind, EventKind::Ready | EventKind::Resumed) {
            self.replaying = false;
        } else {
            bump(&mut self.metrics.replayed_events);
        }
    }

    /// Hears what was said of a command when it was given, to count refusals.
    pub const fn queued(&mut self, queued: &Result<CommandId, CommandError>) {
        if queued.is_err() {
            bump(&mut self.metrics.commands_refused);
        }
    }

    /// Tells whether the state is another one than at the latest look.
    #[must_use]
    pub fn is_behind(&self, phase: Phase) -> bool {
        self.phase != Some(phase)
    }

    /// Looks at the status of the shard, and returns all that was counted.
    ///
    /// A `now` that goes back counts as the latest one.
    pub fn look(&mut self, now: Instant, status: &Status) -> Metrics {
        self.look_at_time(now, status);
        if status.last_ack != self.last_ack {
            self.last_ack = status.last_ack;
            status.latency.into_iter().for_each(|latency| self.metrics.latency.record(latency));
        }
        self.look_at_counters(&status.counters, status.phase);
        self.metrics.queued_commands = status.queued_commands.into();
        self.metrics
    }

    /// Returns all that was counted up to the latest look, and heard since.
    #[must_use]
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Gives the time since the latest look to the state then, but for what was spent in the present one.
    fn look_at_time(&mut self, now: Instant, status: &Status) {
        let now = now.max(self.at);
        let passed = match self.phase {
            Some(_) => now.saturating_since(self.at),
            None => status.in_phase,
        };
        let present =
            if self.is_behind(status.phase) { status.in_phase.min(passed) } else { passed };
        let before = self.phase.unwrap_or(status.phase);
        let time = &mut self.metrics.time;
        time.change(before, |time| time.saturating_add(passed.saturating_sub(present)));
        time.change(status.phase, |time: Duration| time.saturating_add(present));
        (self.at, self.phase) = (now, Some(status.phase));
        self.metrics.phases = PerPhase::default();
        self.metrics.phases.change(status.phase, |_| 1);
    }

    fn look_at_counters(&mut self, counters: &Counters, phase: Phase) {
        let metrics = &mut self.metrics;
        let sent = [counters.identifies, counters.resumes, counters.heartbeats, counters.commands];
        metrics.connects = counters.dials.into();
        metrics.identifies = counters.identifies.into();
        metrics.readies = counters.readies.into();
        metrics.resumes = counters.resumes.into();
        metrics.resumed = counters.resumed.into();
        let open = u32::from(phase == Phase::Resuming);
        let failed = counters.resumes.saturating_sub(counters.resumed).saturating_sub(open);
        // One that is not sent yet is not open either.
        metrics.resumes_failed = metrics.resumes_failed.max(failed.into());
        metrics.dispatches = counters.dispatches;
        metrics.duplicates = counters.duplicates.into();
        metrics.gaps = counters.gaps.into();
        metrics.skipped = counters.skipped.into();
        metrics.undecoded = counters.undecoded.into();
        metrics.unexpected = counters.unexpected.into();
        metrics.heartbeats = counters.heartbeats.into();
        metrics.unanswered = counters.unanswered.into();
        metrics.frames_received = counters.messages;
        metrics.frames_sent = sent.into_iter().map(u64::from).sum();
        metrics.wire_bytes = counters.wire_bytes;
        metrics.inflated_bytes = counters.inflated_bytes;
        metrics.commands_sent = counters.commands.into();
        metrics.limiter_waits = counters.limiter_waits.into();
        metrics.limiter_wait = counters.limiter_wait;
        metrics.rate_limited = counters.rate_limited.into();
    }
}

const fn bump(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
