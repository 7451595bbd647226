//! One open connection as the referee sees it.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::Instant;

use super::target::Encoding;
use crate::journal::Compression;

/// How far a connection has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not identified; also after op 9.
    Fresh,
    /// Attached to the session of this number.
    Live(u32),
    /// Its session is resumed elsewhere, and it still hears of everything in it.
    Shadow,
    /// Identified, but no READY or RESUMED will ever come.
    Stalled,
}

/// How the first Identify or Resume of a connection is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// With op 9 `false`.
    Invalid,
    /// Not at all.
    None,
    Usual,
}

/// What a heartbeat is to be complained of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BeatFaults {
    pub(super) early: bool,
    pub(super) lower: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) phase: Phase,
    pub(super) encoding: Encoding,
    pub(super) compression: Compression,
    pub(super) hello_sent: bool,
    pub(super) answer: Answer,
    pub(super) swallow_acks: bool,
    /// How much later heartbeats are acknowledged.
    pub(super) late_acks: Option<Duration>,
    /// The heartbeat interval that Hello told, as far as it makes sense.
    pub(super) interval: Duration,
    /// How long no heartbeat may come.
    pub(super) patience: Duration,
    pub(super) beat_by: Instant,
    pub(super) reconnect_by: Option<Instant>,
    /// Whether it is to go on when its session is resumed elsewhere.
    pub(super) lingers: bool,
    /// When it is cut, once that has happened.
    pub(super) cut_at: Option<Instant>,
    /// Heartbeats this server asked for that have not come yet.
    pub(super) asked_beats: u32,
    /// When the last heartbeat came that was not asked for.
    last_beat: Option<Instant>,
    /// What the last heartbeat carried.
    last_seq: Option<u64>,
    payloads: Window,
    presences: Window,
}

impl Link {
    pub(super) fn new(
        encoding: Encoding,
        compression: Compression,
        interval: Duration,
        patience: Duration,
        now: Instant,
    ) -> Self {
        Self {
            phase: Phase::Fresh,
            encoding,
            compression,
            hello_sent: false,
            answer: Answer::Usual,
            swallow_acks: false,
            late_acks: None,
            interval,
            patience,
            beat_by: now.saturating_add(patience),
            reconnect_by: None,
            lingers: false,
            cut_at: None,
            asked_beats: 0,
            last_beat: None,
            last_seq: None,
            payloads: Window::new(120, Duration::from_secs(60)),
            presences: Window::new(5, Duration::from_secs(20)),
        }
    }

    /// Counts a payload; says whether the limit of 120 in 60 s allows it.
    pub(super) fn allows_payload(&mut self, now: Instant) -> bool {
        self.payloads.allows(now)
    }

    /// Counts a presence update; says whether the limit of 5 in 20 s allows it.
    pub(super) fn allows_presence(&mut self, now: Instant) -> bool {
        self.presences.allows(now)
    }

    /// Notes a heartbeat; one the server asked for may come at any time.
    pub(super) fn beat(&mut self, now: Instant, seq: Option<u64>) -> BeatFaults {
        let asked = self.asked_beats > 0;
        self.asked_beats = self.asked_beats.saturating_sub(1);
        let soon = |last: Instant| now.saturating_since(last) < self.interval / 2;
        let faults = BeatFaults {
            early: !asked && self.last_beat.is_some_and(soon),
            lower: seq < self.last_seq,
        };
        if !asked {
            self.last_beat = Some(now);
        }
        self.last_seq = seq;
        faults
    }

    /// Forgets which sequence the last heartbeat carried, since the session is gone.
    pub(super) const fn forget_seq(&mut self) {
        self.last_seq = None;
    }

    /// Says why Identify's `compress` has no effect here, if it has none.
    pub(super) const fn refuses_compress(&self) -> Option<&'static str> {
        match (self.encoding, self.compression) {
            (Encoding::Etf, _) => Some("an Identify asks for payload compression of ETF"),
            (Encoding::Json, Compression::None | Compression::Payload) => None,
            (Encoding::Json, Compression::ZlibStream | Compression::ZstdStream) => {
                Some("an Identify asks for payload compression on a compressed transport")
            }
        }
    }

    /// Returns the next moment something is due on this connection by itself.
    pub(super) fn deadline(&self) -> Instant {
        let others = self.reconnect_by.into_iter().chain(self.cut_at);
        others.fold(self.beat_by, Instant::min)
    }
}

/// A true sliding window over the last few moments.
#[derive(Clone, Debug)]
struct Window {
    moments: VecDeque<Instant>,
    limit: usize,
    span: Duration,
}

impl Window {
    const fn new(limit: usize, span: Duration) -> Self {
        Self { moments: VecDeque::new(), limit, span }
    }

    fn allows(&mut self, now: Instant) -> bool {
        while self.moments.front().is_some_and(|first| now.saturating_since(*first) >= self.span) {
            self.moments.pop_front();
        }
        let allowed = self.moments.len() < self.limit;
        if allowed {
            self.moments.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut window = Window::new(2, Duration::from_secs(10));
        let taken = [0, 6_000, 9_999, 10_000, 15_999, 16_000]
            .map(|at| window.allows(Instant::from_millis(at)));
        assert_eq!(taken, [true, true, false, true, false, true]);
    }

    #[test]
    fn a_beat_that_was_asked_for_is_never_early() {
        let interval = Duration::from_secs(40);
        let mut link =
            Link::new(Encoding::Json, Compression::None, interval, interval, Instant::ZERO);
        let mut beat = |at: u64, asked, seq| {
            link.asked_beats = asked;
            link.beat(Instant::from_millis(at * 1_000), seq)
        };
        assert_eq!(beat(30, 0, Some(5)), BeatFaults::default());
        assert_eq!(beat(31, 1, Some(5)), BeatFaults::default());
        assert_eq!(beat(70, 0, Some(6)), BeatFaults::default());
        assert_eq!(beat(71, 0, Some(4)), BeatFaults { early: true, lower: true });
    }

    #[test]
    fn a_beat_that_was_asked_for_makes_the_next_one_no_earlier() {
        let interval = Duration::from_secs(40);
        let mut link =
            Link::new(Encoding::Json, Compression::None, interval, interval, Instant::ZERO);
        link.asked_beats = 1;
        assert_eq!(link.beat(Instant::from_millis(20_000), Some(5)), BeatFaults::default());
        assert_eq!(link.beat(Instant::from_millis(23_000), Some(5)), BeatFaults::default());
        let early = BeatFaults { early: true, lower: false };
        assert_eq!(link.beat(Instant::from_millis(26_000), Some(5)), early);
    }
}
