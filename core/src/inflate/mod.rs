//! The seam behind which compressed bytes become documents.
//!
//! Output is written straight behind earlier output, which is the history matches of zlib refer to:
//! there is no second window. A stream's own output begins at the start of the slice it is given, so
//! that a damaged one cannot read bytes of another. zstd keeps a history of its own.

#[cfg(feature = "miniz")]
mod miniz;
#[cfg(not(feature = "miniz"))]
#[path = "no_miniz.rs"]
mod miniz;
pub(crate) mod zlib;
#[cfg(not(feature = "zstd"))]
#[path = "no_zstd.rs"]
mod zstd;
#[cfg(feature = "zstd")]
mod zstd;

#[cfg(feature = "miniz")]
pub use miniz::Miniz;
#[cfg(not(feature = "miniz"))]
use miniz::Miniz;
pub(crate) use zstd::AVAILABLE as ZSTD_IS_AVAILABLE;

use core::fmt;

use crate::Compression;
use crate::lease::Lease;

/// How far back a match may reach.
///
/// Source: RFC 1951 section 2.
pub(crate) const WINDOW: usize = 32 * 1024;

/// The state of a zlib decoder, about 6 KiB, lent to a shard.
pub struct Zlib(zlib::Stream);

impl Zlib {
    /// Creates the state of a stream that has not begun.
    #[must_use]
    pub const fn new() -> Self {
        Self(zlib::Stream::new())
    }

    /// Decodes; a full output is told as such, even if nothing is held back, as every decoder behind the seam does.
    fn inflate(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        at: usize,
        checked: bool,
    ) -> Result<Progress, Corrupt> {
        let progress = self.0.inflate(input, out, at, checked)?;
        let is_full = at + progress.written >= out.len();
        let waits = progress.then == Then::NeedsInput;
        let then = if waits && is_full { Then::OutputFull } else { progress.then };
        Ok(Progress { then, ..progress })
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
    #[cfg_attr(not(feature = "miniz"), expect(dead_code, reason = "made with miniz only"))]
    Miniz(&'m mut Miniz),
    #[cfg_attr(not(feature = "miniz"), expect(dead_code, reason = "made with miniz only"))]
    MinizStream(&'m mut Miniz),
    #[cfg_attr(
        not(any(feature = "alloc", feature = "zstd")),
        expect(dead_code, reason = "made by the heap or with zstd only")
    )]
    ZstdStream(zstd::Zstd),
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

    /// Creates one as [`Inflater::zlib`] does, which decodes by `miniz_oxide`.
    #[cfg(feature = "miniz")]
    #[must_use]
    pub const fn miniz(state: &'m mut Miniz) -> Self {
        Self(Kind::Miniz(state))
    }

    /// Creates one as [`Inflater::zlib_stream`] does, which decodes by `miniz_oxide`.
    #[cfg(feature = "miniz")]
    #[must_use]
    pub const fn miniz_stream(state: &'m mut Miniz) -> Self {
        Self(Kind::MinizStream(state))
    }

    /// Creates one for transport compression: one zstd frame for the connection.
    ///
    /// Its state and its window, up to 8 MiB and with the gateway so far 256 KiB, are on the heap of the C
    /// library; the payload buffer keeps no history for it.
    ///
    /// # Panics
    /// If that heap is exhausted.
    #[cfg(feature = "zstd")]
    #[must_use]
    pub fn zstd_stream() -> Self {
        Self(Kind::ZstdStream(zstd::Zstd::new()))
    }

    /// Creates one on the heap; a shard refuses it unless the compression
    /// [is available](Compression::is_available).
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn heap(compression: Compression) -> Self {
        let state = || Lease::Owned(alloc::boxed::Box::new(Zlib::new()));
        Self(match compression {
            Compression::None => Kind::None,
            Compression::Zlib => Kind::Zlib(state()),
            Compression::ZlibStream => Kind::ZlibStream(state()),
            Compression::ZstdStream => Kind::ZstdStream(zstd::Zstd::new()),
        })
    }

    /// Returns the compression this decodes.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        match self.0 {
            Kind::None => Compression::None,
            Kind::Zlib(_) | Kind::Miniz(_) => Compression::Zlib,
            Kind::ZlibStream(_) | Kind::MinizStream(_) => Compression::ZlibStream,
            Kind::ZstdStream(_) => Compression::ZstdStream,
        }
    }

    /// Begins a new stream.
    pub(crate) fn restart(&mut self) {
        match &mut self.0 {
            Kind::None => {}
            Kind::Zlib(state) | Kind::ZlibStream(state) => state.0.restart(),
            Kind::Miniz(state) | Kind::MinizStream(state) => state.restart(),
            Kind::ZstdStream(state) => state.restart(),
        }
    }

    /// Decodes as much of `input` as fits into `out[at..]`, where `out[..at]` is the stream's earlier output.
    ///
    /// What stands behind the output it writes is overwritten with anything.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        at: usize,
    ) -> Result<Progress, Corrupt> {
        match &mut self.0 {
            Kind::None => Ok(copy(input, out, at)),
            Kind::Zlib(state) => state.inflate(input, out, at, true),
            // The checksum stands at the end of a stream, and this one has none.
            Kind::ZlibStream(state) => state.inflate(input, out, at, false),
            Kind::Miniz(state) => state.inflate(input, out, at, true),
            Kind::MinizStream(state) => state.inflate(input, out, at, false),
            Kind::ZstdStream(state) => state.inflate(input, out.get_mut(at..).unwrap_or_default()),
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
    /// The output is full, and more may be held back.
    OutputFull,
    /// The stream ended.
    Ended,
}

/// The bytes are no such stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

impl From<zlib::Damage> for Corrupt {
    fn from(_: zlib::Damage) -> Self {
        Self
    }
}

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

#[cfg(test)]
mod tests;
