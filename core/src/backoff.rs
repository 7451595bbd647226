//! How long to wait before the next dial, from the pauses of the disconnect table.

use core::time::Duration;

use crate::Instant;
use crate::disconnect::Pause;
use crate::rng::Rng;

const SECOND: Duration = Duration::from_secs(1);
const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(60);
/// The longest back-off while a connection can be had without an Identify.
const CAP: Duration = Duration::from_secs(60);
/// The longest back-off for Identifies that never reach READY.
const IDENTIFY_CAP: Duration = Duration::from_secs(600);
/// How long a connection must have been live to count as a success.
const PROVEN: Duration = Duration::from_secs(60);
/// The least time between two dials when the second would not wait at all.
const REDIAL: Duration = Duration::from_secs(5);

/// Counts what went wrong in a row and turns pauses into spans.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff {
    /// Connections in a row that were not live for a minute.
    pub(crate) attempts: u32,
    /// Identifies in a row without READY.
    pub(crate) identifies: u32,
    /// Invalid sessions in a row.
    invalid: u32,
    last_dial: Instant,
}

impl Backoff {
    pub(crate) fn dialed(&mut self, now: Instant) {
        self.last_dial = now;
    }

    pub(crate) fn ready(&mut self) {
        self.identifies = 0;
        self.invalid = 0;
    }

    /// Forgets earlier failures if the connection was live for a minute; tells whether it did.
    pub(crate) fn lived(&mut self, span: Duration) -> bool {
        let proven = span >= PROVEN;
        if proven {
            self.attempts = 0;
        }
        proven
    }

    /// Draws the wait before the next dial and counts the attempt.
    pub(crate) fn draw(&mut self, pause: Pause, now: Instant, rng: &mut Rng) -> Duration {
        let wait = match pause {
            Pause::None if now.saturating_since(self.last_dial) >= REDIAL => Duration::ZERO,
            Pause::None | Pause::Short => rng.between(SHORT, SECOND),
            Pause::Long => LONG,
            Pause::Invalid => rng.between(SECOND, SECOND * 5),
            Pause::InvalidDoubling => {
                let least = rng.between(SECOND, SECOND * 5);
                let doubled = least.saturating_mul(1 << self.invalid.min(9));
                self.invalid = self.invalid.saturating_add(1);
                doubled.min(IDENTIFY_CAP)
            }
            Pause::Backoff => rng.below(self.ceiling()),
        };
        self.attempts = self.attempts.saturating_add(1);
        wait
    }

    fn ceiling(&self) -> Duration {
        let cap = if self.identifies > 0 { IDENTIFY_CAP } else { CAP };
        Duration::from_secs(1 << self.attempts.min(10)).min(cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_millis(1_000_000);

    /// The longest of many draws after `attempts` failures.
    fn longest(pause: Pause, attempts: u32, identifies: u32) -> Duration {
        let mut rng = Rng::new(1);
        let draw = |_| {
            let mut backoff = Backoff { attempts, identifies, ..Backoff::default() };
            backoff.draw(pause, NOW, &mut rng)
        };
        (0..2_000).map(draw).max().unwrap()
    }

    fn near(span: Duration, seconds: u64) -> bool {
        span <= SECOND * u32::try_from(seconds).unwrap()
            && span * 100 >= Duration::from_secs(95 * seconds)
    }

    #[test]
    fn back_off_doubles_from_one_second_up_to_its_cap() {
        for (attempts, seconds) in [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (500, 60)] {
            assert!(near(longest(Pause::Backoff, attempts, 0), seconds), "{attempts}");
        }
        assert!(near(longest(Pause::Backoff, 500, 1), 600));
    }

    #[test]
    fn only_a_minute_of_being_live_forgets_the_failures() {
        let mut backoff = Backoff { attempts: 4, ..Backoff::default() };
        assert!(!backoff.lived(Duration::from_millis(59_999)));
        assert_eq!(backoff.attempts, 4);
        assert!(backoff.lived(PROVEN));
        assert_eq!(backoff.attempts, 0);
    }

    #[test]
    fn invalid_sessions_in_a_row_wait_ever_longer() {
        let mut rng = Rng::new(3);
        let mut backoff = Backoff::default();
        for doubled in [1, 2, 4, 8] {
            let wait = backoff.draw(Pause::InvalidDoubling, NOW, &mut rng);
            assert!(wait >= SECOND * doubled && wait < SECOND * 5 * doubled, "{wait:?}");
        }
        backoff.ready();
        assert!(backoff.draw(Pause::InvalidDoubling, NOW, &mut rng) < SECOND * 5);
        backoff.invalid = u32::MAX;
        assert!(backoff.draw(Pause::InvalidDoubling, NOW, &mut rng) <= IDENTIFY_CAP);
    }

    #[test]
    fn a_redial_without_a_pause_never_follows_a_dial_at_once() {
        let mut rng = Rng::new(5);
        let mut backoff = Backoff::default();
        backoff.dialed(NOW);
        assert!(backoff.draw(Pause::None, NOW, &mut rng) >= SHORT);
        let later = NOW.saturating_add(REDIAL);
        assert_eq!(backoff.draw(Pause::None, later, &mut rng), Duration::ZERO);
    }
}
