//! Messages inflated as the core inflates them, piece by piece, up to where they break.

use std::fmt;

use gatewright_core::Compression;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_IGNORE_ADLER32, TINFL_FLAG_PARSE_ZLIB_HEADER,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

/// How much room there is at least for the output of a call.
const ROOM: usize = 64 * 1024;
/// The largest window the core takes, as a power of two.
const WINDOW_LOG_MAX: u32 = 23;

/// What a piece of a stream came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It goes on.
    More,
    /// It ended, and so many bytes of the piece are behind the end.
    Ended(usize),
    /// It is broken.
    Broke,
    /// It came to more than is allowed.
    TooLarge,
}

/// What inflates the pieces of a connection.
pub(super) enum Inflater {
    Zlib {
        state: Box<DecompressorOxide>,
        /// Whether the checksum at its end counts.
        checked: bool,
        /// Where the output of the stream at hand begins.
        base: usize,
    },
    Zstd(DCtx<'static>),
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zlib { .. } => "Zlib",
            Self::Zstd(_) => "Zstd",
        })
    }
}

impl Inflater {
    /// Creates one; nothing if there is nothing to inflate.
    pub(super) fn new(compression: Compression) -> Option<Self> {
        let state = || Box::new(DecompressorOxide::new());
        match compression {
            Compression::Zlib => Some(Self::Zlib { state: state(), checked: true, base: 0 }),
            Compression::ZlibStream => Some(Self::Zlib { state: state(), checked: false, base: 0 }),
            Compression::ZstdStream => {
                let mut context = DCtx::create();
                // Only a limit outside of what the library supports is refused.
                let _ = context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX));
                Some(Self::Zstd(context))
            }
            _ => None,
        }
    }

    /// Begins a new stream, whose output goes behind `base`.
    pub(super) fn restart(&mut self, at: usize) {
        match self {
            Self::Zlib { state, base, .. } => {
                state.init();
                *base = at;
            }
            Self::Zstd(context) => {
                // Only the other directives can fail.
                let _ = context.reset(ResetDirective::SessionOnly);
            }
        }
    }

    /// Inflates a piece behind `plain`, to `most` bytes and a few more.
    pub(super) fn inflate(&mut self, mut piece: &[u8], plain: &mut Vec<u8>, most: u64) -> Then {
        let before = plain.len();
        loop {
            let len = plain.len();
            plain.resize(len + ROOM, 0);
            let (read, written, step) = self.step(piece, plain, len);
            plain.truncate(len + written);
            piece = piece.get(read..).unwrap_or_default();
            if u64::try_from(plain.len() - before).is_ok_and(|inflated| inflated > most) {
                return Then::TooLarge;
            }
            match step {
                Step::Broke => return Then::Broke,
                Step::Ended => return Then::Ended(piece.len()),
                Step::NeedsInput if piece.is_empty() => return Then::More,
                _ if read == 0 && written == 0 => return Then::Broke,
                Step::NeedsInput | Step::NeedsRoom => {}
            }
        }
    }

    fn step(&mut self, piece: &[u8], plain: &mut [u8], at: usize) -> (usize, usize, Step) {
        match self {
            Self::Zlib { state, checked, base } => {
                let out = plain.get_mut(*base..).unwrap_or_default();
                let flags = if *checked { 0 } else { TINFL_FLAG_IGNORE_ADLER32 };
                step_zlib(state, piece, out, at - *base, flags)
            }
            Self::Zstd(context) => {
                step_zstd(context, piece, plain.get_mut(at..).unwrap_or_default())
            }
        }
    }
}

/// Why a step came no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    NeedsInput,
    NeedsRoom,
    Ended,
    Broke,
}

fn step_zlib(
    state: &mut DecompressorOxide,
    piece: &[u8],
    out: &mut [u8],
    at: usize,
    flags: u32,
) -> (usize, usize, Step) {
    const FLAGS: u32 = TINFL_FLAG_PARSE_ZLIB_HEADER
        | TINFL_FLAG_HAS_MORE_INPUT
        | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(state, piece, out, at, FLAGS | flags);
    let step = match status {
        TINFLStatus::NeedsMoreInput => Step::NeedsInput,
        TINFLStatus::HasMoreOutput => Step::NeedsRoom,
        TINFLStatus::Done => Step::Ended,
        _ => Step::Broke,
    };
    (read, written, step)
}

fn step_zstd(context: &mut DCtx<'_>, piece: &[u8], out: &mut [u8]) -> (usize, usize, Step) {
    let room = out.len();
    let mut from = InBuffer::around(piece);
    let mut to = OutBuffer::around(out);
    let hint = context.decompress_stream(&mut to, &mut from);
    let (read, written) = (from.pos(), to.pos());
    let step = match hint {
        Err(_) => Step::Broke,
        Ok(0) => Step::Ended,
        Ok(_) if written == room => Step::NeedsRoom,
        Ok(_) => Step::NeedsInput,
    };
    (read, written, step)
}
