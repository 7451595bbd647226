//! Days with few Identifies, and processes that spend them: they begin, crash, and begin again.

use std::fmt;
use std::time::Duration;

use crate::rng::Rng;
use crate::simulation::Crash;

/// How many of 1,000 seeds have such a day.
const SHARE: u64 = 40;

/// A day with few Identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scarce {
    /// How many there are.
    pub(super) total: u32,
    /// When the day is over, from the beginning.
    pub(super) ends: Duration,
    /// When all shards crash, from the beginning.
    pub(super) crashes: Vec<(Duration, Crash)>,
}

impl Scarce {
    /// Draws whether a seed has such a day, apart from all else that it decides.
    pub(super) fn draw(seed: u64, shards: u32, span: Duration) -> Option<Self> {
        let mut rng = Rng::new(seed ^ 0x7363_6172_6365_2121);
        if !rng.chance(SHARE) {
            return None;
        }
        let starts = rng.pick(&[4, 8, 16]);
        let total = shards * starts + u32::try_from(rng.below(8)).unwrap_or(0);
        let millis = millis(span);
        let ends = match rng.below(4) {
            0 | 1 => rng.range(5_000, millis.max(5_001)),
            2 => millis + rng.below(1_800_000),
            _ => rng.range(7_200_000, 21_600_000),
        };
        let crashes = crashes(&mut rng, millis);
        Some(Self { total, ends: Duration::from_millis(ends), crashes })
    }
}

/// Draws a few crashes far apart, or many in a row.
fn crashes(rng: &mut Rng, millis: u64) -> Vec<(Duration, Crash)> {
    let in_a_row = rng.chance(700);
    let times = if in_a_row { rng.range(5, 13) } else { rng.below(4) };
    let most = if in_a_row { rng.pick(&[15_000, 60_000]) } else { (millis / 3).max(30_000) };
    let mut at = rng.range(5_000, (millis / 2).max(5_001));
    let mut crashes = Vec::new();
    for _ in 0..times {
        let longest = rng.pick(&[1, 2_000, 20_000]);
        let pause = Duration::from_millis(rng.below(longest));
        let lost = rng.chance(200);
        // Who has lost what it counted asks how much is left.
        let told = lost || rng.chance(800);
        crashes.push((Duration::from_millis(at), Crash { pause, lost, told }));
        at += rng.range(2_000, most) + self::millis(pause);
    }
    crashes.retain(|(at, _)| self::millis(*at) < millis);
    crashes
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for Scarce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ", {} Identifies until {:?}", self.total, self.ends)?;
        for (at, Crash { pause, lost, told }) in &self.crashes {
            write!(f, ", a crash at {at:?} and back after {pause:?}")?;
            f.write_str(if *lost { " without its latest record" } else { "" })?;
            f.write_str(if *told { "" } else { " untold" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_days_are_scarce_and_some_of_them_have_crashes_of_every_kind() {
        let span = Duration::from_secs(3_600);
        let days: Vec<_> = (0..10_000).filter_map(|seed| Scarce::draw(seed, 2, span)).collect();
        assert!((300..500).contains(&days.len()), "{}", days.len());
        let crashes: Vec<_> = days.iter().flat_map(|day| &day.crashes).collect();
        for (lost, told) in [(false, false), (false, true), (true, true)] {
            let times = crashes.iter().filter(|(_, how)| (how.lost, how.told) == (lost, told));
            assert!(times.count() > 100, "{lost} {told}");
        }
        assert!(crashes.iter().all(|(at, how)| *at < span && (how.told || !how.lost)));
    }
}
