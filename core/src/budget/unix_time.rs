//! Points in time that outlive a process: milliseconds since the Unix epoch.

use core::fmt;
use core::time::Duration;

const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// A point in wall-clock time, in milliseconds since the Unix epoch.
///
/// An [`Instant`](crate::Instant) begins where its process begins; what is stored needs an epoch all processes share.
/// It displays as in `2026-08-06T12:00:00Z`, rounded up to a second: whoever comes then does not come too early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The Unix epoch, which stands for a time that never was.
    pub const EPOCH: Self = Self(0);

    /// Creates a time from milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Creates a time from what `SystemTime::duration_since(UNIX_EPOCH)` tells.
    #[must_use]
    pub fn since_epoch(elapsed: Duration) -> Self {
        Self(millis(elapsed))
    }

    /// Returns the milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the time from `earlier` to this one, zero if it is later.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Returns this time moved on by `span`, at most to the end of time.
    #[must_use]
    pub fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// Returns this time moved back by `span`, at most to the epoch.
    #[must_use]
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }
}

/// Returns the whole milliseconds of a span.
pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_ceil(1_000);
        let (year, month, day) = date(seconds / SECONDS_A_DAY);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Returns the date so many days after the Unix epoch.
///
/// Source: Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `civil_from_days`.
const fn date(days: u64) -> (u64, u64, u64) {
    /// The days of 400 years, after which the calendar repeats itself.
    const ERA: u64 = 146_097;
    // From the first of March of the year 0 on: the leap day is the last of its year.
    let days = days + 719_468;
    let (era, of_era) = (days / ERA, days % ERA);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_based = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_based + 2) / 5 + 1;
    let month = if march_based < 10 { march_based + 3 } else { march_based - 9 };
    let year = year + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_time_displays_as_a_date_rounded_up_to_the_second() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:01Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_078_099_199_000, "2004-02-29T23:59:59Z"),
            (1_786_017_599_001, "2026-08-06T12:00:00Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(UnixTime::from_millis(millis).to_string(), text);
        }
        assert!(UnixTime::from_millis(u64::MAX).to_string().ends_with('Z'));
    }

    #[test]
    fn adding_and_subtracting_saturates() {
        let late = UnixTime::from_millis(u64::MAX);
        assert_eq!(late.saturating_add(Duration::MAX), late);
        assert_eq!(late.saturating_sub(Duration::MAX), UnixTime::EPOCH);
        assert_eq!(UnixTime::EPOCH.saturating_since(late), Duration::ZERO);
    }
}
