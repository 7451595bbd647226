#![doc = include_str!("../../TRANSCRIPT.md")]

mod header;
mod mask;
mod recorded;
mod write;

#[cfg(feature = "alloc")]
mod act;
#[cfg(feature = "alloc")]
mod error;
#[cfg(feature = "alloc")]
mod made;
#[cfg(feature = "alloc")]
mod replay;
#[cfg(feature = "alloc")]
mod rewrite;
#[cfg(feature = "alloc")]
mod words;

pub use header::{MAX_COMMANDS, MAX_MEMORY, MAX_MESSAGE};
pub use recorded::{RecordError, Recorded};

#[cfg(feature = "alloc")]
pub use act::{Act, Ended};
#[cfg(feature = "alloc")]
pub use error::{Problem, ReplayError};
#[cfg(feature = "alloc")]
pub use made::Header;
#[cfg(feature = "alloc")]
pub use replay::{Played, Replay, Summary, replay};
#[cfg(feature = "alloc")]
pub use rewrite::{Item, Rewriter, bless, rewrite};

/// The longest line, in bytes.
pub const MAX_LINE: usize = 256 * 1024 * 1024;

/// The first line, with the version.
const MAGIC: &str = "gatewright transcript 1";

#[cfg(all(test, feature = "alloc"))]
mod tests;
