//! Why a transcript does not replay: at which line, and what is wrong there.

use alloc::string::String;
use core::fmt;

use crate::SetupError;

/// Why a transcript does not replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// The number of the line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The core does something else than was recorded.
    Differs {
        /// What the transcript says.
        recorded: String,
        /// What the core does.
        replayed: String,
    },
    /// The line is not what it should be.
    Expected(&'static str),
    /// The line has no end: the transcript was cut off here.
    CutOff,
    /// A message comes before all output of the input before it was taken.
    Early,
    /// The file is no transcript, or no UTF-8.
    NotATranscript,
    /// The header describes a shard that cannot be made.
    Setup(SetupError),
    /// The line is longer than [`MAX_LINE`](super::MAX_LINE).
    TooLong,
    /// The transcript is of another version of the format.
    Version,
}

impl Problem {
    /// A line that is none of a transcript.
    pub(super) const NO_MARK: Self = Self::Expected("a line that begins with <, >, = or #");
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs { recorded, replayed } => {
                write!(f, "the replay differs\n  recorded: {recorded}\n  replayed: {replayed}")
            }
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::CutOff => f.write_str("the transcript was cut off here: the line has no end"),
            Self::Early => f.write_str("a message before the outputs ended with wait or stop"),
            Self::NotATranscript => {
                f.write_str("expected \"gatewright transcript 1\", as UTF-8: no transcript")
            }
            Self::Setup(error) => write!(f, "the header makes no shard: {error}"),
            Self::TooLong => f.write_str("the line is longer than 256 MiB"),
            Self::Version => f.write_str("expected version 1: it was written by another version"),
        }
    }
}

impl core::error::Error for ReplayError {}
