//! What time alone brings: deadlines that pass, and the next one to come.

use core::time::Duration;

use super::{ASK_AGAIN, Sequences, Shard, Wanted};
use crate::disconnect::Cause;
use crate::heartbeat::Due;
use crate::lifecycle::{Phase, State, Trigger};
use crate::ports::{Link, Purpose};
use crate::{Instant, Timer};

/// How long the transport may take for a frame.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// The least time a caller is told to wait.
const LEAST_WAIT: Duration = Duration::from_millis(1);

impl Shard<'_> {
    /// Looks at all deadlines; only a caller that saw a silent transport may `judge` the peer.
    pub(super) fn on_time(&mut self, judge: bool) {
        let in_flight = self.command_in_flight();
        self.outbox.expire(self.now, in_flight);
        if judge {
            // What nobody looked at may hold an answer.
            let (throttle, now) = (&self.throttle, self.now);
            self.outbox.settle(|request| throttle.members_free_at(request.guild) <= now);
        }
        let stalled = self.in_flight.is_some_and(|frame| {
            self.phase().is_greeted() && frame.since.saturating_add(WRITE_TIMEOUT) <= self.now
        });
        if judge && stalled {
            self.part(Cause::WriteStalled);
        }
        if self.phase().is_greeted()
            && let Due::Dead(cause) = self.heartbeat.step(self.now, judge)
        {
            self.part(cause);
        }
        if self.state.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.on_deadline(judge);
        }
    }

    fn on_deadline(&mut self, judge: bool) {
        match self.state {
            // Nothing would be read: events go first.
            State::Resting { .. } if self.held => {}
            State::Resting { .. } => self.dial(),
            State::Dialing { .. } if judge => self.lost(Cause::DialFailed),
            State::Greeting { .. } if judge => self.part(Cause::HelloTimeout),
            State::Identifying { .. } if judge => self.part(Cause::ReadyTimeout),
            State::Resuming { .. } if judge => self.part(Cause::ResumedTimeout),
            State::Asking { .. } => {
                self.wanted.ask = true;
                self.state = State::Asking { again: self.after(ASK_AGAIN) };
            }
            State::Closing { then, .. } => self.gone(then),
            State::Dialing { .. }
            | State::Greeting { .. }
            | State::Identifying { .. }
            | State::Resuming { .. }
            | State::Live { .. }
            | State::Stopped(_) => {}
        }
    }

    fn dial(&mut self) {
        self.link = Link(self.link.0.wrapping_add(1));
        self.purpose = if self.keys.is_some() { Purpose::Resume } else { Purpose::Identify };
        if self.keys.is_none() {
            self.seqs = Sequences { received: 0, stale: true, ..self.seqs };
        }
        let forgo = self.wanted.forgo;
        self.wanted = Wanted { connect: true, forgo, ..Wanted::default() };
        self.reason.clear();
        self.backoff.dialed(self.now);
        self.counters.dials = self.counters.dials.saturating_add(1);
        let until = self.after(self.config.dial_timeout.span());
        self.enter(Trigger::Rested, State::Dialing { until });
    }

    /// Returns when to come back at the latest.
    pub(super) fn wake_up(&self) -> Instant {
        if !self.started {
            return Instant::ZERO;
        }
        if self.phase() == Phase::Stopped {
            return Instant::MAX;
        }
        let least = self.after(LEAST_WAIT);
        if self.held && self.phase() == Phase::Resting && self.next_timer().is_none() {
            return Instant::MAX;
        }
        self.next_timer().map_or(least, |(at, _)| at.max(least))
    }

    /// Returns the next deadline.
    pub(super) fn next_timer(&self) -> Option<(Instant, Timer)> {
        let greeted = self.phase().is_greeted();
        let idle = self.in_flight.is_none();
        let waits = self.held && self.phase() == Phase::Resting;
        let throttled = (self.phase() == Phase::Live && idle).then(|| {
            let free_at = self.throttle.free_at(self.now);
            self.outbox.earliest(|class| self.throttle.class_free_at(class).max(free_at))
        });
        let write = self.in_flight.filter(|_| greeted);
        [
            self.state.deadline().filter(|_| !waits).map(|at| (at, self.state_timer())),
            greeted.then(|| (self.heartbeat.next_due(), Timer::Heartbeat)),
            write.map(|frame| (frame.since.saturating_add(WRITE_TIMEOUT), Timer::Write)),
            throttled.flatten().map(|at| (at, Timer::Throttle)),
            self.outbox.next_expiry(self.command_in_flight()).map(|at| (at, Timer::Expiry)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }

    /// Returns what chance decided: when the next heartbeat is due and, while resting, until when.
    #[cfg(feature = "internals")]
    pub(crate) fn drawn(&self) -> (Instant, Option<Instant>) {
        let rest = self.state.deadline().filter(|_| self.phase() == Phase::Resting);
        (self.heartbeat.next_due(), rest)
    }

    const fn state_timer(&self) -> Timer {
        match self.state {
            State::Resting { .. } => Timer::Rest,
            State::Dialing { .. } => Timer::Dial,
            State::Greeting { .. } => Timer::Hello,
            State::Asking { .. } => Timer::Permit,
            State::Identifying { .. } => Timer::Ready,
            State::Resuming { .. } => Timer::Resumed,
            State::Closing { .. } | State::Stopped(_) => Timer::Close,
            State::Live { .. } => Timer::Heartbeat,
        }
    }
}
