//! The only place that reads a clock.

use std::time::SystemTime;

use gatewright_core::UnixTime;

/// Returns the wall-clock time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "time enters here and nowhere else")]
pub fn unix_now() -> UnixTime {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // A clock before 1970 was never set; the budget takes its record back with it.
    UnixTime::since_epoch(elapsed.unwrap_or_default())
}
