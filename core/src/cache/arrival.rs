//! When all guilds that READY announced are here.

use core::time::Duration;

use crate::Instant;

/// Tells when the guilds that READY announced are all here, or when there is no use in waiting on.
///
/// Guilds come one by one after READY, and one in an outage may never come. So it is over when none is awaited
/// any more, or when none came for a time: 15 s, unless another is given.
///
/// ```
/// use gatewright_core::Instant;
/// use gatewright_core::cache::{Arrivals, Arrived};
///
/// let mut arrivals = Arrivals::default();
/// let at = Instant::from_millis;
/// // Call it after every event with `Cache::awaited`, and when `deadline` is there.
/// assert_eq!(arrivals.observe(at(0), 0), None, "no READY yet");
/// assert_eq!(arrivals.observe(at(100), 2), None);
/// assert_eq!(arrivals.observe(at(9_000), 1), None);
/// assert_eq!(arrivals.deadline(), Some(at(24_000)));
/// assert_eq!(arrivals.observe(at(24_000), 1), Some(Arrived { missing: 1 }));
/// assert_eq!(arrivals.observe(at(60_000), 1), None, "it is said once");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Arrivals {
    idle: Duration,
    /// How many are awaited, and since when nothing changed about it; nothing once it was said.
    waiting: Option<(u32, Instant)>,
    /// How many were awaited when it was last said.
    said: u32,
}

/// The guilds that READY announced are here, as far as they will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// How many did not come.
    pub missing: u32,
}

impl Arrivals {
    /// Waits as long as there are no more than so many seconds between two guilds.
    #[must_use]
    pub const fn new(idle: Duration) -> Self {
        Self { idle, waiting: None, said: 0 }
    }

    /// Takes how many guilds are awaited, as [`Cache::awaited`](super::Cache::awaited) tells after an event or when
    /// the [`deadline`](Self::deadline) is there.
    pub fn observe(&mut self, now: Instant, awaited: u32) -> Option<Arrived> {
        let since = match self.waiting {
            Some((before, since)) if before == awaited => since,
            Some(_) => now,
            // More are awaited than were given up: there was a READY.
            None if awaited > self.said => now,
            None => {
                self.said = awaited;
                return None;
            }
        };
        self.waiting = Some((awaited, since));
        if awaited > 0 && now < since.saturating_add(self.idle) {
            return None;
        }
        (self.waiting, self.said) = (None, awaited);
        Some(Arrived { missing: awaited })
    }

    /// Returns when to call again at the latest; nothing if nothing is awaited.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.waiting.map(|(_, since)| since.saturating_add(self.idle))
    }
}

impl Default for Arrivals {
    fn default() -> Self {
        Self::new(Duration::from_secs(15))
    }
}
