//! The seam behind which compressed bytes become documents.
//!
//! Output is written straight behind earlier output, which is the history matches refer to: there is
//! no second window. A stream's own output begins at the start of the slice it is given, so that a
//! damaged one cannot read bytes of another.

use core::fmt;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use crate::Compression;
use crate::lease::Lease;

/// How far back a match may reach.
///
/// Source: RFC 1951 section 2.
pub(crate) const WINDOW: usize = 32 * 1024;

/// The state of a zlib decoder, about 10 KiB, lent to a shard.
pub struct Zlib(DecompressorOxide);

impl Zlib {
    /// Creates the state of a stream that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self(DecompressorOxide::new())
    }
}

impl Default for Zlib {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Zlib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zlib").finish_non_exhaustive()
    }
}

/// What decodes the messages of a connection; the choice decides its compression.
#[derive(Debug)]
pub struct Inflater<'m>(Kind<'m>);

#[derive(Debug)]
enum Kind<'m> {
    None,
    Zlib(Lease<'m, Zlib>),
    ZlibStream(Lease<'m, Zlib>),
}

impl<'m> Inflater<'m> {
    /// Creates one for messages that are not compressed.
    #[must_use]
    pub const fn none() -> Self {
        Self(Kind::None)
    }

    /// Creates one for payload compression: single messages, each a zlib stream.
    #[must_use]
    pub const fn zlib(state: &'m mut Zlib) -> Self {
        Self(Kind::Zlib(Lease::Lent(state)))
    }

    /// Creates one for transport compression: one zlib stream for the connection.
    #[must_use]
    pub const fn zlib_stream(state: &'m mut Zlib) -> Self {
        Self(Kind::ZlibStream(Lease::Lent(state)))
    }

    /// Creates one on the heap.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn heap(compression: Compression) -> Self {
        let state = || Lease::Owned(alloc::boxed::Box::new(Zlib::new()));
        Self(match compression {
            Compression::None => Kind::None,
            Compression::Zlib => Kind::Zlib(state()),
            Compression::ZlibStream => Kind::ZlibStream(state()),
        })
    }

    /// Returns the compression this decodes.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        match self.0 {
            Kind::None => Compression::None,
            Kind::Zlib(_) => Compression::Zlib,
            Kind::ZlibStream(_) => Compression::ZlibStream,
        }
    }

    /// Begins a new stream.
    pub(crate) fn restart(&mut self) {
        if let Kind::Zlib(state) | Kind::ZlibStream(state) = &mut self.0 {
            state.0.init();
        }
    }

    /// Decodes as much of `input` as fits into `out[at..]`, where `out[..at]` is the stream's earlier output.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        at: usize,
    ) -> Result<Progress, Corrupt> {
        match &mut self.0 {
            Kind::None => Ok(copy(input, out, at)),
            Kind::Zlib(state) => inflate(&mut state.0, input, out, at, 0),
            // The checksum stands at the end of a stream, and this one has none.
            Kind::ZlibStream(state) => {
                inflate(&mut state.0, input, out, at, inflate_flags::TINFL_FLAG_IGNORE_ADLER32)
            }
        }
    }
}

/// How far a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) read: usize,
    pub(crate) written: usize,
    pub(crate) then: Then,
}

/// Why a call came no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// All input is used up and nothing is held back.
    NeedsInput,
    /// The output is full.
    OutputFull,
    /// The stream ended.
    Ended,
}

/// The bytes are no such stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

/// Moves bytes that are not compressed.
pub(crate) fn copy(input: &[u8], out: &mut [u8], at: usize) -> Progress {
    let room = out.get_mut(at..).unwrap_or_default();
    let moved = room.len().min(input.len());
    for (to, from) in room.iter_mut().zip(input) {
        *to = *from;
    }
    let then = if moved < input.len() { Then::OutputFull } else { Then::NeedsInput };
    Progress { read: moved, written: moved, then }
}

fn inflate(
    state: &mut DecompressorOxide,
    input: &[u8],
    out: &mut [u8],
    at: usize,
    extra: u32,
) -> Result<Progress, Corrupt> {
    const FLAGS: u32 = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(state, input, out, at, FLAGS | extra);
    let then = match status {
        TINFLStatus::NeedsMoreInput => Then::NeedsInput,
        TINFLStatus::HasMoreOutput => Then::OutputFull,
        TINFLStatus::Done => Then::Ended,
        TINFLStatus::Adler32Mismatch
        | TINFLStatus::BadParam
        | TINFLStatus::Failed
        | TINFLStatus::FailedCannotMakeProgress
        | _ => return Err(Corrupt),
    };
    let stuck = read == 0 && written == 0 && then == Then::NeedsInput && !input.is_empty();
    if stuck { Err(Corrupt) } else { Ok(Progress { read, written, then }) }
}
