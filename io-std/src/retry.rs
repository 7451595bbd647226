//! When to ask again after a request that failed.

use std::time::Duration;

use crate::DiscoverError;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// The longest wait a server may ask for; what is longer is asked again all the same.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// Counts failed requests and says how long to wait before the next; the caller waits.
///
/// ```
/// use std::time::Duration;
/// use gatewright_std::{DiscoverError, Retry};
///
/// let mut retry = Retry::new(7);
/// assert!(retry.after(&DiscoverError::Status(502)).is_some_and(|wait| wait <= Duration::from_secs(1)));
/// assert_eq!(retry.after(&DiscoverError::Unauthorized), None);
/// ```
#[derive(Clone, Debug)]
pub struct Retry {
    chance: u64,
    attempts: u32,
}

impl Retry {
    /// Creates a policy whose jitter comes from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { chance: seed, attempts: 0 }
    }

    /// Returns how long to wait before the next request; `None` if it would fail the same way.
    ///
    /// The wait doubles from 1 to 60 seconds, less up to half of it by chance: bots that failed together do not come
    /// back together. What the server asks for is granted.
    pub fn after(&mut self, error: &DiscoverError) -> Option<Duration> {
        let wait = match error {
            DiscoverError::RateLimited { retry_after } => {
                (*retry_after).clamp(FIRST, LONGEST_ASKED) + self.jitter(FIRST)
            }
            DiscoverError::Malformed(_)
            | DiscoverError::Status(_)
            | DiscoverError::TooLong
            | DiscoverError::Transport(_) => {
                let doubled = (FIRST * (1 << self.attempts.min(10))).min(LONGEST);
                doubled - self.jitter(doubled / 2)
            }
            DiscoverError::Settings(_) | DiscoverError::Unauthorized => return None,
        };
        self.attempts = self.attempts.saturating_add(1);
        Some(wait)
    }

    /// Returns how many requests failed so far.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Draws a span below `limit`: xorshift64* (Vigna, *An experimental exploration of Marsaglia's xorshift generators*).
    fn jitter(&mut self, limit: Duration) -> Duration {
        let mut x = self.chance.max(1);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.chance = x;
        let drawn = x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        let nanos = (limit.as_nanos() * u128::from(drawn)) >> 32;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_doubles_from_one_second_to_a_minute() {
        for seed in [0, 1, u64::MAX] {
            let mut retry = Retry::new(seed);
            for most in [1, 2, 4, 8, 16, 32, 60, 60] {
                let wait = retry.after(&DiscoverError::Status(503)).unwrap();
                assert!(wait <= SECOND * most && wait * 2 >= SECOND * most, "{wait:?} of {most}");
            }
        }
    }

    #[test]
    fn two_seeds_wait_differently_long() {
        let wait = |seed| Retry::new(seed).after(&DiscoverError::Status(500));
        assert_ne!(wait(1), wait(2));
    }

    #[test]
    fn what_the_server_asks_for_is_granted_within_an_hour() {
        let wait = |secs| {
            let retry_after = Duration::from_secs(secs);
            Retry::new(1).after(&DiscoverError::RateLimited { retry_after }).unwrap()
        };
        assert!((7 * SECOND..8 * SECOND).contains(&wait(7)));
        assert!(wait(0) >= SECOND);
        assert!(wait(u64::MAX) <= Duration::from_secs(3_601));
    }

    #[test]
    fn what_would_fail_the_same_way_is_not_tried_again() {
        for error in [DiscoverError::Unauthorized, DiscoverError::Settings("the API is no URL")] {
            assert_eq!(Retry::new(1).after(&error), None, "{error}");
        }
        // What a proxy in between or a server in trouble says, may be another thing the next time.
        let malformed = DiscoverError::Malformed("a page for people".to_owned());
        for error in [malformed, DiscoverError::Status(404), DiscoverError::TooLong] {
            assert!(Retry::new(1).after(&error).is_some(), "{error}");
        }
    }
}
