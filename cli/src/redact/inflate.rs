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
/// How far back zlib looks.
///
/// Source: RFC 1951 section 3.2.5.
const WINDOW: usize = 32 * 1024;
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
        /// The latest output, which a stream refers to, and what that is copied from may be changed.
        latest: Vec<u8>,
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
        let zlib = |checked| {
            let state = Box::new(DecompressorOxide::new());
            Some(Self::Zlib { state, checked, latest: Vec::new() })
        };
        match compression {
            Compression::Zlib => zlib(true),
            Compression::ZlibStream => zlib(false),
            Compression::ZstdStream => {
                let mut context = DCtx::create();
                // Only a limit outside of what the library supports is refused.
                let _ = context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX));
                Some(Self::Zstd(context))
            }
            _ => None,
        }
    }

    /// Begins a new stream.
    pub(super) fn restart(&mut self) {
        match self {
            Self::Zlib { state, latest, .. } => {
                state.init();
                latest.clear();
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
            let (read, step) = self.step(piece, plain);
            piece = piece.get(read..).unwrap_or_default();
            if u64::try_from(plain.len() - before).is_ok_and(|inflated| inflated > most) {
                return Then::TooLarge;
            }
            match step {
                Step::Broke => return Then::Broke,
                Step::Ended => return Then::Ended(piece.len()),
                Step::NeedsInput if piece.is_empty() => return Then::More,
                _ if read == 0 && plain.len() == len => return Then::Broke,
                Step::NeedsInput | Step::NeedsRoom => {}
            }
        }
    }

    /// Inflates some; tells how much was read, and why it came no further.
    fn step(&mut self, piece: &[u8], plain: &mut Vec<u8>) -> (usize, Step) {
        match self {
            Self::Zlib { state, checked, latest } => {
                if latest.len() > 2 * WINDOW {
                    latest.drain(..latest.len() - WINDOW);
                }
                let at = latest.len();
                latest.resize(at + ROOM, 0);
                let flags = if *checked { 0 } else { TINFL_FLAG_IGNORE_ADLER32 };
                let (read, written, step) = step_zlib(state, piece, latest, at, flags);
                latest.truncate(at + written);
                plain.extend_from_slice(latest.get(at..).unwrap_or_default());
                (read, step)
            }
            Self::Zstd(context) => {
                let at = plain.len();
                plain.resize(at + ROOM, 0);
                let out = plain.get_mut(at..).unwrap_or_default();
                let (read, written, step) = step_zstd(context, piece, out);
                plain.truncate(at + written);
                (read, step)
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
