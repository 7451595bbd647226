//! Heartbeats of one connection: when one is due, whether the last one was acknowledged, how long that took.

use core::time::Duration;

use crate::disconnect::Cause;
use crate::rng::Rng;
use crate::{Instant, Limit};

const MIN_INTERVAL: Duration = Duration::from_secs(5);
const MAX_INTERVAL: Duration = Duration::from_secs(600);
/// The interval seen in the field, taken when Hello's cannot be used.
const USUAL_INTERVAL: Duration = Duration::from_millis(41_250);
/// Latencies kept.
pub(crate) const HISTORY: usize = 5;
/// No latency.
const NONE: u32 = u32::MAX;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing yet.
    Nothing,
    /// A heartbeat was put on order.
    Beat,
    /// The peer is not there any more.
    Dead(Cause),
}

#[derive(Debug)]
pub(crate) struct Heartbeat {
    interval: Duration,
    next: Instant,
    /// A beat is on order and not yet handed out.
    owed: bool,
    /// When the beat that waits for its ACK was handed out.
    awaiting: Option<Instant>,
    /// Whether a frame came since the last beat.
    frame_since: bool,
    /// Whether a beat was already sent in spite of a missing ACK.
    late: bool,
    /// The latest latencies, newest first, in microseconds; the largest number for none.
    history: [u32; HISTORY],
    pub(crate) last_ack: Option<Instant>,
}

/// Turns Hello's interval into a usable one, and tells if it was not.
pub(crate) fn usable(interval_ms: Option<u64>) -> (Duration, Option<Limit>) {
    let given = interval_ms.map(Duration::from_millis);
    match given {
        Some(given) if given < MIN_INTERVAL => (MIN_INTERVAL, Some(Limit::HelloInterval)),
        Some(given) if given <= MAX_INTERVAL => (given, None),
        _ => (USUAL_INTERVAL, Some(Limit::HelloInterval)),
    }
}

impl Heartbeat {
    pub(crate) const fn new() -> Self {
        Self {
            interval: Duration::ZERO,
            next: Instant::ZERO,
            owed: false,
            awaiting: None,
            frame_since: false,
            late: false,
            history: [NONE; HISTORY],
            last_ack: None,
        }
    }

    /// Returns the latest latencies, newest first.
    pub(crate) fn latencies(&self) -> [Option<Duration>; HISTORY] {
        let known = |micros| Some(micros).filter(|micros| *micros != NONE);
        self.history.map(|micros| known(micros).map(|micros| Duration::from_micros(micros.into())))
    }

    /// Begins anew for a connection; the first beat comes after a random part of the interval.
    pub(crate) fn start(&mut self, now: Instant, interval: Duration, rng: &mut Rng) {
        let first = now.saturating_add(rng.below(interval));
        let Self { history, last_ack, .. } = *self;
        *self = Self { interval, next: first, history, last_ack, ..Self::new() };
    }

    pub(crate) const fn next_due(&self) -> Instant {
        self.next
    }

    pub(crate) const fn is_owed(&self) -> bool {
        self.owed
    }

    /// Hears that any frame came: proof of life.
    pub(crate) fn heard_frame(&mut self) {
        self.frame_since = true;
    }

    pub(crate) fn heard_ack(&mut self, now: Instant) {
        self.late = false;
        let Some(sent) = self.awaiting.take() else {
            return;
        };
        self.last_ack = Some(now);
        self.history.rotate_right(1);
        if let Some(newest) = self.history.first_mut() {
            let micros = now.as_micros().saturating_sub(sent.as_micros());
            *newest = u32::try_from(micros).unwrap_or(NONE - 1).min(NONE - 1);
        }
    }

    /// Puts a beat on order outside the schedule.
    pub(crate) fn order(&mut self) {
        self.owed = true;
    }

    /// Looks at the schedule; only a caller that saw a silent transport may `judge`.
    pub(crate) fn step(&mut self, now: Instant, judge: bool) -> Due {
        if now < self.next {
            return Due::Nothing;
        }
        let patience = self.interval / 2;
        let overdue = |sent: Instant| now.saturating_since(sent) >= patience;
        if judge && self.awaiting.is_some_and(overdue) {
            if !self.frame_since {
                return Due::Dead(Cause::Zombie);
            }
            if self.late {
                return Due::Dead(Cause::MissedAcks);
            }
            self.late = true;
        }
        self.owed = true;
        let kept = self.next.saturating_add(self.interval);
        let anew = now.saturating_add(self.interval);
        self.next = if kept.saturating_since(now) >= patience { kept } else { anew };
        Due::Beat
    }

    /// Hears that the beat on order is being handed out.
    pub(crate) fn handed_out(&mut self, now: Instant) {
        self.owed = false;
        self.frame_since = false;
        self.awaiting.get_or_insert(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    fn started() -> Heartbeat {
        let mut beat = Heartbeat::new();
        beat.start(Instant::ZERO, TEN, &mut Rng::new(1));
        beat
    }

    /// Lets the next beat fall due and hands it out.
    fn beat_once(beat: &mut Heartbeat, judge: bool) -> Instant {
        let now = beat.next_due();
        assert_eq!(beat.step(now, judge), Due::Beat);
        beat.handed_out(now);
        now
    }

    #[test]
    fn hello_intervals_out_of_bounds_are_replaced_and_reported() {
        let odd = |ms| usable(ms).1.is_some().then_some(usable(ms).0);
        assert_eq!(odd(Some(41_250)), None);
        assert_eq!(odd(Some(5_000)), None);
        assert_eq!(odd(Some(600_000)), None);
        assert_eq!(odd(Some(0)), Some(MIN_INTERVAL));
        assert_eq!(odd(Some(4_999)), Some(MIN_INTERVAL));
        assert_eq!(odd(Some(600_001)), Some(USUAL_INTERVAL));
        assert_eq!(odd(Some(u64::MAX)), Some(USUAL_INTERVAL));
        assert_eq!(odd(None), Some(USUAL_INTERVAL));
    }

    #[test]
    fn beats_keep_their_schedule_and_skip_what_was_slept_through() {
        let mut beat = started();
        let first = beat_once(&mut beat, true);
        assert_eq!(beat.next_due(), first.saturating_add(TEN));
        let late = first.saturating_add(TEN * 7);
        beat.heard_ack(late);
        assert_eq!(beat.step(late, true), Due::Beat);
        assert_eq!(beat.next_due(), late.saturating_add(TEN));
    }

    #[test]
    fn silence_after_a_beat_is_a_zombie_only_for_one_who_looked() {
        let mut beat = started();
        beat_once(&mut beat, true);
        beat_once(&mut beat, false);
        beat_once(&mut beat, false);
        assert_eq!(beat.step(beat.next_due(), true), Due::Dead(Cause::Zombie));
    }

    #[test]
    fn frames_without_an_ack_buy_one_more_beat() {
        let mut beat = started();
        beat_once(&mut beat, true);
        beat.heard_frame();
        beat_once(&mut beat, true);
        beat.heard_frame();
        assert_eq!(beat.step(beat.next_due(), true), Due::Dead(Cause::MissedAcks));
        beat.heard_ack(beat.next_due());
        assert_eq!(beat.step(beat.next_due(), true), Due::Beat);
    }

    #[test]
    fn latency_runs_from_the_beat_to_its_ack_and_survives_a_reconnect() {
        let mut beat = started();
        for ms in [30, 40, 50, 60, 70, 80] {
            let sent = beat_once(&mut beat, true);
            beat.heard_ack(sent.saturating_add(Duration::from_millis(ms)));
        }
        beat.heard_ack(Instant::MAX);
        beat.start(Instant::ZERO, TEN, &mut Rng::new(2));
        let history = [80, 70, 60, 50, 40].map(|ms| Some(Duration::from_millis(ms)));
        assert_eq!(beat.latencies(), history);
    }
}
