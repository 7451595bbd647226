//! Why an Identify has to wait, and until when.

use core::fmt;

use super::UnixTime;

/// Why no Identify may go out now, and when to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Why.
    pub why: RefusalCause,
    /// When to ask again; asked then, and nothing else having happened, it is allowed.
    pub until: UnixTime,
}

/// Why no Identify may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalCause {
    /// Process after process began and was soon gone.
    CrashLoop,
    /// Half of what may be spent is gone, and the rest is spread over the day.
    Paced,
    /// All that may be spent is gone.
    Spent,
}

impl fmt::Display for RefusalCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CrashLoop => "process after process began and was soon gone",
            Self::Paced => "half of the day's Identifies is gone, the rest is spread over the day",
            Self::Spent => "the day's Identifies are spent but for the reserve for a start by hand",
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no Identify before {}: {}", self.until, self.why)
    }
}

impl core::error::Error for Refusal {}
