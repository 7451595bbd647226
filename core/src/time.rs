//! Points in time as the core sees them: microseconds since an epoch the caller chose.

use core::fmt;
use core::time::Duration;

/// A point in time, in microseconds since an epoch the caller chose.
///
/// The core never reads a clock: instants enter as the first argument of
/// [`Shard::handle_input`](crate::Shard::handle_input) and of the few other doors that take one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The epoch itself.
    pub const ZERO: Self = Self(0);
    /// The latest instant a shard accepts: 2^62 µs; anything later counts as this.
    pub const MAX: Self = Self(1 << 62);

    /// Creates an instant from microseconds since the caller's epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Creates an instant from milliseconds since the caller's epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Creates an instant from the time that passed since the caller's epoch.
    #[must_use]
    pub fn since_epoch(elapsed: Duration) -> Self {
        Self(micros(elapsed))
    }

    /// Returns the microseconds since the caller's epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Returns the time from `earlier` to this instant, zero if it is later.
    #[must_use]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// Returns this instant moved by `span`, at most to the end of time.
    #[must_use]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// Returns this instant moved back by `span`, at most to the beginning.
    #[must_use]
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }
}

impl fmt::Display for Instant {
    /// Writes seconds and microseconds, as in `12.000345`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Returns the microseconds of a span, at most all there are.
pub(crate) fn micros(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000).saturating_add(span.subsec_micros().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_and_subtracting_saturates() {
        let late = Instant::from_micros(u64::MAX);
        assert_eq!(late.saturating_add(Duration::MAX), late);
        assert_eq!(Instant::ZERO.saturating_since(late), Duration::ZERO);
        assert_eq!(late.saturating_since(Instant::ZERO), Duration::from_micros(u64::MAX));
    }
}
