//! The sending half of one connection: compression, and the faults that touch bytes.

use std::time::Duration;

use flate2::write::ZlibEncoder;
use flate2::{Compress, Compression as Level, FlushCompress};
use gatewright_core::Instant;

use crate::journal::Compression;
use crate::rng::Rng;

/// Payload compression leaves shorter messages as they are.
const SMALLEST_COMPRESSED: usize = 512;
/// A shorter message is not worth a flipped bit.
const SMALLEST_CORRUPTED: usize = 32;

/// One WebSocket message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) text: bool,
    pub(super) data: Vec<u8>,
}

/// Turns JSON into WebSocket messages.
#[derive(Debug)]
pub(super) struct Wire {
    encoder: Encoder,
    rng: Rng,
    pub(super) corrupt: bool,
    pub(super) delay: Option<Duration>,
    pub(super) due: Instant,
    pub(super) silent: bool,
    pub(super) split: bool,
}

#[derive(Debug)]
enum Encoder {
    Payload,
    Plain,
    Stream(Compress),
}

impl Wire {
    pub(super) fn new(compression: Compression, rng: Rng) -> Self {
        let encoder = match compression {
            Compression::None => Encoder::Plain,
            Compression::Payload => Encoder::Payload,
            Compression::ZlibStream => Encoder::Stream(Compress::new(Level::new(6), true)),
        };
        Self {
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
    pub(super) fn encode(&mut self, json: &[u8]) -> Vec<Frame> {
        let mut frame = self.compress(json);
        if self.corrupt && frame.data.len() >= SMALLEST_CORRUPTED {
            self.corrupt = false;
            self.flip_a_bit(&mut frame.data);
        }
        // A payload compressed on its own is whole by definition.
        if self.split && (frame.text || matches!(self.encoder, Encoder::Stream(_))) {
            return self.cut(frame);
        }
        vec![frame]
    }

    fn compress(&mut self, json: &[u8]) -> Frame {
        match &mut self.encoder {
            Encoder::Payload if json.len() > SMALLEST_COMPRESSED => {
                Frame { text: false, data: zlib(json) }
            }
            Encoder::Payload | Encoder::Plain => Frame { text: true, data: json.to_vec() },
            Encoder::Stream(stream) => Frame { text: false, data: flush(stream, json) },
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
fn flush(stream: &mut Compress, json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() / 2 + 64);
    let start = stream.total_in();
    loop {
        let done = usize::try_from(stream.total_in() - start).unwrap_or(usize::MAX);
        let rest = json.get(done..).unwrap_or_default();
        // Deflate has no error but being called wrongly, and then it makes no progress.
        let before = out.len();
        let _ = stream.compress_vec(rest, &mut out, FlushCompress::Sync);
        let full = out.len() == out.capacity();
        if !full || (rest.is_empty() && out.len() == before) {
            return out;
        }
        out.reserve(json.len() / 4 + 64);
    }
}

fn zlib(json: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(json.len() / 2), Level::new(6));
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(json);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

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
        let mut wire = Wire::new(Compression::ZlibStream, Rng::new(1));
        let mut inflater = Decompress::new(true);
        for len in [0, 1, 60, 61, 62, 63, 64, 65, 66, 200, 1_000, 65_536, 1_000_000, 5] {
            let message = noise(len);
            let frames = wire.encode(message.as_bytes());
            assert_eq!(frames.len(), 1);
            assert!(!frames[0].text && frames[0].data.ends_with(&[0, 0, 0xFF, 0xFF]), "{len}");
            assert_eq!(inflate(&mut inflater, &frames[0].data), message.as_bytes(), "{len}");
        }
    }

    #[test]
    fn payload_compression_leaves_small_messages_as_text() {
        let mut wire = Wire::new(Compression::Payload, Rng::new(1));
        assert_eq!(wire.encode(b"{}"), [Frame { text: true, data: b"{}".to_vec() }]);
        for _ in 0..2 {
            let message = noise(5_000);
            let frame = wire.encode(message.as_bytes()).remove(0);
            assert!(!frame.text);
            assert_eq!(inflate(&mut Decompress::new(true), &frame.data), message.as_bytes());
        }
    }

    #[test]
    fn a_split_stream_is_cut_within_the_marker() {
        let mut wire = Wire::new(Compression::ZlibStream, Rng::new(3));
        wire.split = true;
        let mut inflater = Decompress::new(true);
        for _ in 0..50 {
            let message = noise(300);
            let frames = wire.encode(message.as_bytes());
            assert!(frames.len() > 1);
            assert!((1..4).contains(&frames.last().unwrap().data.len()));
            let joined = frames.into_iter().flat_map(|frame| frame.data).collect::<Vec<_>>();
            assert_eq!(inflate(&mut inflater, &joined), message.as_bytes());
        }
    }

    #[test]
    fn split_text_stays_text() {
        let mut wire = Wire::new(Compression::None, Rng::new(3));
        wire.split = true;
        for _ in 0..50 {
            let frames = wire.encode("{\"😀\":\"おはよう\"}".as_bytes());
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
        let mut wire = Wire::new(Compression::None, Rng::new(9));
        wire.corrupt = true;
        assert_eq!(wire.encode(b"short")[0].data, b"short");
        let message = noise(100);
        let bad = wire.encode(message.as_bytes()).remove(0).data;
        let flipped =
            bad.iter().zip(message.as_bytes()).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
        assert_eq!((bad.len(), flipped), (message.len(), 1));
        assert_eq!(wire.encode(message.as_bytes())[0].data, message.as_bytes());
    }
}
