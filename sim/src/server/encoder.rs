//! Compression of one connection, also where it is to go wrong.

use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compress, Compression as Level, FlushCompress};
use zstd::zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd::zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer};

use super::wire::Frame;
use crate::journal::Compression;

/// Payload compression leaves shorter messages as they are.
const SMALLEST_COMPRESSED: usize = 512;
/// The window of a zstd stream: 256 KiB, as in the frames of the real gateway.
const WINDOW_LOG: u32 = 18;
/// What a bomb is filled with, piece by piece.
static FILLER: [u8; 1 << 16] = [b' '; 1 << 16];
/// The pieces in one MiB.
const PIECES: u32 = 16;

pub(super) enum Encoder {
    Payload,
    Plain,
    Zlib(Compress),
    Zstd(CCtx<'static>),
}

impl Encoder {
    pub(super) fn new(compression: Compression) -> Self {
        match compression {
            Compression::None => Self::Plain,
            Compression::Payload => Self::Payload,
            Compression::ZlibStream => Self::Zlib(Compress::new(Level::new(6), true)),
            Compression::ZstdStream => Self::Zstd(endless_frame()),
        }
    }

    /// Says whether the whole connection is one compressed stream.
    pub(super) const fn is_stream(&self) -> bool {
        matches!(self, Self::Zlib(_) | Self::Zstd(_))
    }

    /// Compresses one message, which is text if it is not compressed and `text` says so.
    pub(super) fn compress(&mut self, text: bool, payload: Cow<'_, [u8]>) -> Frame {
        match self {
            Self::Payload if payload.len() > SMALLEST_COMPRESSED => {
                Frame { text: false, data: zlib(&payload) }
            }
            Self::Payload | Self::Plain => Frame { text, data: payload.into_owned() },
            Self::Zlib(stream) => Frame { text: false, data: flush(stream, &payload) },
            Self::Zstd(frame) => Frame { text: false, data: flush_block(frame, &payload) },
        }
    }

    /// Ends the stream, if there is one, so that the next message begins another.
    pub(super) fn end(&mut self) -> Vec<u8> {
        match self {
            Self::Payload | Self::Plain => Vec::new(),
            Self::Zlib(stream) => {
                let data = deflate(stream, &[], FlushCompress::Finish);
                stream.reset();
                data
            }
            Self::Zstd(frame) => write_frame(frame, &[], ZSTD_EndDirective::ZSTD_e_end),
        }
    }

    /// Compresses a message with so many MiB of spaces in it, without holding them.
    pub(super) fn bomb(&mut self, head: &[u8], mib: u32, tail: &[u8]) -> Option<Vec<u8>> {
        let pieces = mib.saturating_mul(PIECES);
        match self {
            Self::Plain => None,
            Self::Payload => Some(zlib_bomb(head, pieces, tail)),
            Self::Zlib(stream) => {
                // Behind a full flush nothing refers back, so the same bytes do for each piece.
                let mut data = deflate(stream, head, FlushCompress::Full);
                let mut alone = Compress::new(Level::new(6), false);
                let piece = deflate(&mut alone, &FILLER, FlushCompress::Full);
                (0..pieces).for_each(|_| data.extend_from_slice(&piece));
                data.extend(flush(stream, tail));
                Some(data)
            }
            Self::Zstd(frame) => {
                let more = ZSTD_EndDirective::ZSTD_e_continue;
                let mut data = write_frame(frame, head, more);
                for _ in 0..pieces {
                    data.extend(write_frame(frame, &FILLER, more));
                }
                data.extend(flush_block(frame, tail));
                Some(data)
            }
        }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Payload => "Payload",
            Self::Plain => "Plain",
            Self::Zlib(_) => "Zlib",
            Self::Zstd(_) => "Zstd",
        })
    }
}

/// Compresses on into one endless stream, up to a sync marker.
fn flush(stream: &mut Compress, payload: &[u8]) -> Vec<u8> {
    deflate(stream, payload, FlushCompress::Sync)
}

fn deflate(stream: &mut Compress, payload: &[u8], how: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() / 2 + 64);
    let start = stream.total_in();
    loop {
        let done = usize::try_from(stream.total_in() - start).unwrap_or(usize::MAX);
        let rest = payload.get(done..).unwrap_or_default();
        // Deflate has no error but being called wrongly, and then it makes no progress.
        let before = out.len();
        let _ = stream.compress_vec(rest, &mut out, how);
        let full = out.len() == out.capacity();
        if !full || (rest.is_empty() && out.len() == before) {
            return out;
        }
        out.reserve(payload.len() / 4 + 64);
    }
}

/// Starts the one zstd frame of a connection, whose header tells nothing but the window.
fn endless_frame() -> CCtx<'static> {
    let mut frame = CCtx::create();
    // No parameter is out of its bounds, so none is refused.
    for parameter in [
        CParameter::CompressionLevel(3),
        CParameter::WindowLog(WINDOW_LOG),
        CParameter::ContentSizeFlag(false),
        CParameter::ChecksumFlag(false),
    ] {
        let _ = frame.set_parameter(parameter);
    }
    frame
}

/// Compresses on into an endless frame, up to the end of a block.
fn flush_block(frame: &mut CCtx<'_>, payload: &[u8]) -> Vec<u8> {
    write_frame(frame, payload, ZSTD_EndDirective::ZSTD_e_flush)
}

fn write_frame(frame: &mut CCtx<'_>, payload: &[u8], how: ZSTD_EndDirective) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() / 2 + 64);
    let mut input = InBuffer::around(payload);
    loop {
        let written = out.len();
        let mut output = OutBuffer::around_pos(&mut out, written);
        let left = frame.compress_stream2(&mut output, &mut input, how);
        let taken = input.pos == payload.len();
        match left {
            Ok(_) if taken && how == ZSTD_EndDirective::ZSTD_e_continue => return out,
            Ok(0) => return out,
            Ok(left) => out.reserve(left.max(payload.len() / 4)),
            // Zstd has no error but being called wrongly; the client will miss this message.
            Err(_) => return out,
        }
    }
}

fn zlib(payload: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(payload.len() / 2), Level::new(6));
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(payload);
    encoder.finish().unwrap_or_default()
}

fn zlib_bomb(head: &[u8], pieces: u32, tail: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Level::new(6));
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(head);
    for _ in 0..pieces {
        let _ = encoder.write_all(&FILLER);
    }
    let _ = encoder.write_all(tail);
    encoder.finish().unwrap_or_default()
}
