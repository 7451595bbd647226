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

pub use recorded::{Recorded, TooLate};

#[cfg(feature = "alloc")]
pub use act::{Act, Ended};
#[cfg(feature = "alloc")]
pub use error::{Problem, ReplayError};
#[cfg(feature = "alloc")]
pub use made::{Header, MAX_MEMORY, MAX_MESSAGE};
#[cfg(feature = "alloc")]
pub use replay::{MAX_LINE, Played, Replay, Summary, replay};
#[cfg(feature = "alloc")]
pub use rewrite::{Item, Rewriter, bless, rewrite};

/// The first line, with the version.
const MAGIC: &str = "gatewright transcript 1";

#[cfg(all(test, feature = "alloc"))]
mod tests;
