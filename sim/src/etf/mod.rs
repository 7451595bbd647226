//! Erlang's external term format, as far as gateways and their clients use it.
//!
//! This part knows terms, the two dialects of the real service and which JSON strings are ids. It
//! knows nothing of opcodes, limits and connections.

mod read;
mod tag;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use self::read::from_client;
pub use self::read::{EtfError, from_etf};
pub use self::write::{Dialect, to_etf};

/// The deepest nesting that is read; JSON is read no deeper either.
const MOST_DEPTH: usize = 128;
