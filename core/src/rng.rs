//! The one source of chance: a small generator started by the caller's seed, for jitter only.

use core::time::Duration;

use crate::time::micros;

/// SplitMix64 (Steele, Lea, Flood: *Fast Splittable Pseudorandom Number Generators*, 2014).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the seed, as long as nothing was drawn.
    pub(crate) const fn seed(&self) -> u64 {
        self.0
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Draws a span from zero up to, not including, `limit`, in microseconds.
    #[inline(never)]
    pub(crate) fn below(&mut self, limit: Duration) -> Duration {
        let wide = u128::from(micros(limit)) * u128::from(self.next());
        Duration::from_micros(u64::try_from(wide >> 64).unwrap_or(u64::MAX))
    }

    /// Draws a span from `low` up to, not including, `high`.
    pub(crate) fn between(&mut self, low: Duration, high: Duration) -> Duration {
        low.saturating_add(self.below(high.saturating_sub(low)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_stay_below_the_limit_and_reach_both_halves() {
        let mut rng = Rng::new(7);
        let limit = Duration::from_secs(41);
        let mut upper = 0;
        for _ in 0..1_000 {
            let drawn = rng.below(limit);
            assert!(drawn < limit);
            upper += u32::from(drawn > limit / 2);
        }
        assert!((400..600).contains(&upper), "{upper}");
        assert_eq!(rng.below(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed| Rng::new(seed).below(Duration::from_secs(1));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
