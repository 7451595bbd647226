//! When all guilds that READY announced are here.

use core::time::Duration;

use super::Tables;
use super::family::Memory;
use super::records::Session;
use crate::Instant;

/// Tells when the guilds that READY announced are all here, or when there is no use in waiting on.
///
/// Guilds come one by one after READY, and one in an outage may never come. So it is over when none is awaited
/// any more, or when none came for a time: 15 s, unless another is given.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use gatewright_core::cache::{Arrivals, Arrived, Cache, Settings};
/// use gatewright_core::{Dispatch, Encoding, Instant};
///
/// let mut cache = Cache::new(Settings::default());
/// let mut arrivals = Arrivals::default();
/// let at = Instant::from_millis;
/// // Call it after every event, and when `deadline` is there.
/// assert_eq!(arrivals.observe(at(0), cache.tables()), None, "no READY yet");
/// for (now, name, d) in [
///     (100, "READY", r#"{"user": {"id": "9"}, "guilds": [{"id": "1"}, {"id": "2"}]}"#),
///     (9_000, "GUILD_CREATE", r#"{"id": "1"}"#),
/// ] {
///     cache.apply(&Dispatch::new(name, None, Encoding::Json, d.as_bytes())?, &mut ());
///     assert_eq!(arrivals.observe(at(now), cache.tables()), None);
/// }
/// assert_eq!(arrivals.deadline(), Some(at(24_000)));
/// assert_eq!(arrivals.observe(at(24_000), cache.tables()), Some(Arrived { missing: 1 }));
/// assert_eq!(arrivals.observe(at(60_000), cache.tables()), None, "it is said once");
/// # }
/// # Ok::<(), gatewright_core::decode::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Arrivals {
    idle: Duration,
    /// How many are awaited, and since when nothing changed about it; nothing before a READY and once it was said.
    waiting: Option<(u32, Instant)>,
    /// How many READYs there were when it was last looked.
    readies: u32,
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
        Self { idle, waiting: None, readies: 0 }
    }

    /// Looks at what the cache awaits, after an event or when the [`deadline`](Self::deadline) is there; says once
    /// for each READY that its guilds are here.
    pub fn observe<M: Memory>(&mut self, now: Instant, tables: Tables<'_, M>) -> Option<Arrived> {
        let Session { awaited, readies, .. } = tables.records.session;
        if self.readies != readies {
            (self.readies, self.waiting) = (readies, Some((awaited, now)));
        }
        let (before, since) = self.waiting?;
        let since = if before == awaited { since } else { now };
        if awaited > 0 && now < since.saturating_add(self.idle) {
            self.waiting = Some((awaited, since));
            return None;
        }
        self.waiting = None;
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
