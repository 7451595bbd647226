//! The sending half of one connection: encoding, compression, and the faults that touch bytes.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use flate2::write::ZlibEncoder;
use flate2::{Compress, Compression as Level, FlushCompress};
use gatewright_core::Instant;
use zstd::zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd::zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer};

use crate::etf::{Dialect, to_etf};
use crate::journal::Compression;
use crate::rng::Rng;

/// Payload compression leaves shorter messages as they are.
const SMALLEST_COMPRESSED: usize = 512;
/// A shorter message is not worth a flipped bit.
const SMALLEST_CORRUPTED: usize = 32;
/// The window of a zstd stream: 256 KiB, as in the frames of the real gateway.
const WINDOW_LOG: u32 = 18;

/// One WebSocket message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) text: bool,
    pub(super) data: Vec<u8>,
}

/// Turns JSON into WebSocket messages.
#[derive(Debug)]
pub(super) struct Wire {
    coding: Coding,
    encoder: Encoder,
    rng: Rng,
    pub(super) corrupt: bool,
    pub(super) delay: Option<Duration>,
    pub(super) due: Instant,
    pub(super) silent: bool,
    pub(super) split: bool,
}

/// What JSON is turned into before it is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Etf(Dialect),
    Json,
}

enum Encoder {
    Payload,
    Plain,
    Zlib(Compress),
    Zstd(CCtx<'static>),
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

impl Wire {
    pub(super) fn new(coding: Coding, compression: Compression, rng: Rng) -> Self {
        let encoder = match compression {
            Compression::None => Encoder::Plain,
            Compression::Payload => Encoder::Payload,
            Compression::ZlibStream => Encoder::Zlib(Compress::new(Level::new(6), true)),
            Compression::ZstdStream => Encoder::Zstd(endless_frame()),
        };
        Self {
            coding,
            encoder,
            rng,
            corrupt: false,
            delay: None,
            due: Instant::ZERO,
            silent: false,
            split: false,
        }
    }

    /// Turns on payload compression, unless the transport compresses already.
    pub(super) fn compress_payloads(&mut self) {
        if matches!(self.encoder, Encoder::Plain) {
            self.encoder = Encoder::Payload;
        }
    }

    /// Turns one gateway message into WebSocket messages, usually one.
    pub(super) fn encode(&mut self, json: &str) -> Vec<Frame> {
        let mut frame = match self.coding {
            Coding::Etf(dialect) => self.compress(Cow::Owned(to_etf(json, dialect))),
            Coding::Json => self.compress(Cow::Borrowed(json.as_bytes())),
        };
        if self.corrupt && frame.data.len() >= SMALLEST_CORRUPTED {
            self.corrupt = false;
            self.flip_a_bit(&mut frame.data);
        }
        if self.split && self.may_cut(&frame) { self.cut(frame) } else { vec![frame] }
    }

    /// A payload compressed on its own is whole by definition, and so is a message of zstd.
    const fn may_cut(&self, frame: &Frame) -> bool {
        match self.encoder {
            Encoder::Payload => frame.text,
            Encoder::Plain | Encoder::Zlib(_) => true,
            Encoder::Zstd(_) => false,
        }
    }

    fn compress(&mut self, payload: Cow<'_, [u8]>) -> Frame {
        let text = self.coding == Coding::Json;
        match &mut self.encoder {
            Encoder::Payload if payload.len() > SMALLEST_COMPRESSED => {
                Frame { text: false, data: zlib(&payload) }
            }
            Encoder::Payload | Encoder::Plain => Frame { text, data: payload.into_owned() },
            Encoder::Zlib(stream) => Frame { text: false, data: flush(stream, &payload) },
            Encoder::Zstd(frame) => Frame { text: false, data: flush_block(frame, &payload) },
        }
    }

    fn flip_a_bit(&mut self, data: &mut [u8]) {
        let at = self.rng.index(data.len());
        let bit = 1 << self.rng.below(8);
        if let Some(byte) = data.get_mut(at) {
            *byte ^= bit;
        }
    }

    /// Cuts at one random place and, in binary, once more within the last four bytes.
    fn cut(&mut self, frame: Frame) -> Vec<Frame> {
        let Frame { text, mut data } = frame;
        let marker = data.len().saturating_sub(1 + self.rng.index(3));
        let mut first = self.rng.index(marker);
        while text && !starts_letter(&data, first) {
            first -= 1;
        }
        let last = (!text).then(|| data.split_off(marker));
        let middle = data.split_off(first);
        let pieces = [data, middle].into_iter().chain(last);
        pieces.filter(|piece| !piece.is_empty()).map(|data| Frame { text, data }).collect()
    }
}

/// Says whether a UTF-8 letter starts at a place, so that text may be cut there.
fn starts_letter(data: &[u8], at: usize) -> bool {
    at == 0 || data.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}

/// Compresses on into one endless stream, up to a sync marker.
fn flush(stream: &mut Compress, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() / 2 + 64);
    let start = stream.total_in();
    loop {
        let done = usize::try_from(stream.total_in() - start).unwrap_or(usize::MAX);
        let rest = payload.get(done..).unwrap_or_default();
        // Deflate has no error but being called wrongly, and then it makes no progress.
        let before = out.len();
        let _ = stream.compress_vec(rest, &mut out, FlushCompress::Sync);
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
    let mut out = Vec::with_capacity(payload.len() / 2 + 64);
    let mut input = InBuffer::around(payload);
    loop {
        let written = out.len();
        let mut output = OutBuffer::around_pos(&mut out, written);
        let left = frame.compress_stream2(&mut output, &mut input, ZSTD_EndDirective::ZSTD_e_flush);
        match left {
            Ok(0) => return out,
            Ok(left) => out.reserve(left.max(payload.len() / 4)),
            // Zstd has no error but being called wrongly; the client will miss this message.
            Err(_) => return out,
        }
    }
}

fn zlib(payload: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(payload.len() / 2), Level::new(6));
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(payload);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};
    use zstd::stream::raw::Operation as _;

    use super::*;

    fn inflate(inflater: &mut Decompress, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(4_000_000);
        inflater.decompress_vec(data, &mut out, FlushDecompress::Sync).unwrap();
        out
    }

    /// JSON that does not compress well, so that buffers fill up.
    fn noise(len: usize) -> String {
        format!("{{\"d\":\"{}\"}}", Rng::new(len as u64).hex(len))
    }

    #[test]
    fn each_message_of_a_stream_ends_with_the_sync_marker() {
        let mut wire = Wire::new(Coding::Json, Compression::ZlibStream, Rng::new(1));
        let mut inflater = Decompress::new(true);
        for len in [0, 1, 60, 61, 62, 63, 64, 65, 66, 200, 1_000, 65_536, 1_000_000, 5] {
            let message = noise(len);
            let frames = wire.encode(&message);
            assert_eq!(frames.len(), 1);
            assert!(!frames[0].text && frames[0].data.ends_with(&[0, 0, 0xFF, 0xFF]), "{len}");
            assert_eq!(inflate(&mut inflater, &frames[0].data), message.as_bytes(), "{len}");
        }
    }

    #[test]
    fn a_zstd_stream_is_one_frame_whose_blocks_end_with_each_message() {
        let mut wire = Wire::new(Coding::Json, Compression::ZstdStream, Rng::new(1));
        wire.split = true;
        let mut decoder = zstd::stream::raw::Decoder::new().unwrap();
        for (at, len) in [0, 1, 60, 200, 1_000, 131_072, 1_000_000, 5].into_iter().enumerate() {
            let message = noise(len);
            let frames = wire.encode(&message);
            assert_eq!(frames.len(), 1, "a message of zstd is never cut");
            let header = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x40];
            assert_eq!(frames[0].data.starts_with(&header), at == 0);
            let mut plain = vec![0; message.len() + 1];
            let status = decoder.run_on_buffers(&frames[0].data, &mut plain).unwrap();
            assert_eq!(status.bytes_read, frames[0].data.len());
            assert_ne!(status.remaining, 0, "the frame never ends");
            assert_eq!(plain[..status.bytes_written], *message.as_bytes(), "{len}");
        }
    }

    #[test]
    fn payload_compression_leaves_small_messages_as_text() {
        let mut wire = Wire::new(Coding::Json, Compression::Payload, Rng::new(1));
        assert_eq!(wire.encode("{}"), [Frame { text: true, data: b"{}".to_vec() }]);
        for _ in 0..2 {
            let message = noise(5_000);
            let frame = wire.encode(&message).remove(0);
            assert!(!frame.text);
            assert_eq!(inflate(&mut Decompress::new(true), &frame.data), message.as_bytes());
        }
    }

    #[test]
    fn a_split_stream_is_cut_within_the_marker() {
        let mut wire = Wire::new(Coding::Json, Compression::ZlibStream, Rng::new(3));
        wire.split = true;
        let mut inflater = Decompress::new(true);
        for _ in 0..50 {
            let message = noise(300);
            let frames = wire.encode(&message);
            assert!(frames.len() > 1);
            assert!((1..4).contains(&frames.last().unwrap().data.len()));
            let joined = frames.into_iter().flat_map(|frame| frame.data).collect::<Vec<_>>();
            assert_eq!(inflate(&mut inflater, &joined), message.as_bytes());
        }
    }

    #[test]
    fn split_text_stays_text() {
        let mut wire = Wire::new(Coding::Json, Compression::None, Rng::new(3));
        wire.split = true;
        for _ in 0..50 {
            let frames = wire.encode("{\"😀\":\"おはよう\"}");
            assert!(frames.iter().all(|frame| std::str::from_utf8(&frame.data).is_ok()));
            assert_eq!(frames.concat_data(), "{\"😀\":\"おはよう\"}".as_bytes());
        }
    }

    trait ConcatData {
        fn concat_data(&self) -> Vec<u8>;
    }

    impl ConcatData for Vec<Frame> {
        fn concat_data(&self) -> Vec<u8> {
            self.iter().flat_map(|frame| frame.data.clone()).collect()
        }
    }

    #[test]
    fn a_corrupt_message_differs_in_one_bit_and_only_once() {
        let mut wire = Wire::new(Coding::Json, Compression::None, Rng::new(9));
        wire.corrupt = true;
        assert_eq!(wire.encode("short")[0].data, b"short");
        let message = noise(100);
        let bad = wire.encode(&message).remove(0).data;
        let flipped =
            bad.iter().zip(message.as_bytes()).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
        assert_eq!((bad.len(), flipped), (message.len(), 1));
        assert_eq!(wire.encode(&message)[0].data, message.as_bytes());
    }
}
