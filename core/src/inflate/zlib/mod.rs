//! Our own decoder of zlib streams (RFC 1950) and of the deflate in them (RFC 1951).
//!
//! It is made for many small messages in one stream, each of which tells its codes anew: small tables that are
//! filled quickly, and one loop without branches for literals and matches. It writes straight behind the earlier
//! output, which is its window, may stop at any byte of input or output, and holds no more than the bits of
//! one symbol in between.
//!
//! ```text
//! stream: header, blocks, checksum
//!   blocks: stored bytes, or codes (lengths ► tables) and symbols (fast; one by one near an edge)
//! ```

mod adler;
mod bits;
mod blocks;
mod cursor;
mod damage;
mod entry;
mod fast;
mod header;
mod lengths;
mod slow;
mod stream;
mod symbols;
mod tables;

pub(crate) use damage::Damage;
pub(crate) use stream::Stream;

/// Whether there is code of its own for what is usual. Where registers are small it took longer than what it saved, as
/// more bytes are copied than are wanted, and flash may be scarce.
const FAST: bool = cfg!(any(target_pointer_width = "64", target_family = "wasm"));

#[cfg(test)]
mod tests;
