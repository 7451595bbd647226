//! The sending half of one connection: encoding, compression, and the faults that touch bytes.

use std::borrow::Cow;
use std::time::Duration;

use gatewright_core::Instant;

use super::encoder::Encoder;
use super::shuffle::shuffle;
use crate::etf::{Dialect, to_etf};
use crate::journal::Compression;
use crate::rng::Rng;

/// A shorter message is not worth a flipped bit or being broken off.
const SMALLEST_SPOILT: usize = 32;
/// What stands before the spaces of a bomb, and behind them.
const BOMB: (&[u8], &[u8]) = (br#"{"t":"BOMB","s":null,"op":0,"d":""#, br#""}"#);
/// The same in ETF, up to the length of the binary.
const ETF_BOMB: &[u8] =
    b"\x83t\0\0\0\x04d\0\x01td\0\x04BOMBd\0\x01sd\0\x03nild\0\x02opa\0d\0\x01dm";

/// One WebSocket message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) text: bool,
    pub(super) data: Vec<u8>,
}

/// What comes where a message is broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    Close,
    Drop,
}

/// Turns JSON into WebSocket messages.
#[derive(Debug)]
pub(super) struct Wire {
    coding: Coding,
    encoder: Encoder,
    rng: Rng,
    pub(super) breaks: Option<Break>,
    pub(super) corrupt: bool,
    pub(super) delay: Option<Duration>,
    pub(super) due: Instant,
    pub(super) ends: bool,
    /// Whether a bit was flipped in the message packed last.
    pub(super) flipped: bool,
    pub(super) joins: bool,
    pub(super) shuffles: bool,
    pub(super) silent: bool,
    pub(super) split: bool,
}

/// What JSON is turned into before it is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Etf(Dialect),
    Json,
}

impl Wire {
    pub(super) fn new(coding: Coding, compression: Compression, rng: Rng) -> Self {
        Self {
            coding,
            encoder: Encoder::new(compression),
            rng,
            breaks: None,
            corrupt: false,
            delay: None,
            due: Instant::ZERO,
            ends: false,
            flipped: false,
            joins: false,
            shuffles: false,
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

    /// Says whether the whole connection is one compressed stream.
    pub(super) const fn is_stream(&self) -> bool {
        self.encoder.is_stream()
    }

    /// Says whether several gateway messages may come in one WebSocket message.
    pub(super) const fn may_join(&self) -> bool {
        matches!(self.encoder, Encoder::Zlib(_))
    }

    /// Says whether messages are text unless they are compressed.
    pub(super) fn is_text(&self) -> bool {
        self.coding == Coding::Json && !self.is_stream()
    }

    /// Turns one gateway message into WebSocket messages, usually one.
    #[cfg(test)]
    fn encode(&mut self, json: &str) -> Vec<Frame> {
        self.pack(&[json])
    }

    /// Turns gateway messages into WebSocket messages, usually one.
    pub(super) fn pack(&mut self, messages: &[impl AsRef<str>]) -> Vec<Frame> {
        let mut frame = Frame { text: false, data: Vec::new() };
        for json in messages {
            let one = self.compress(json.as_ref());
            frame.text = one.text;
            frame.data =
                if frame.data.is_empty() { one.data } else { [frame.data, one.data].concat() };
        }
        if self.ends {
            self.ends = false;
            frame.data.extend(self.encoder.end());
        }
        if self.corrupt && frame.data.len() >= SMALLEST_SPOILT {
            self.corrupt = false;
            self.flipped = true;
            self.flip_a_bit(&mut frame.data);
        }
        if self.split && self.may_cut(&frame) { self.cut(frame) } else { vec![frame] }
    }

    /// Returns the first half of a message that is to be broken off, and how.
    pub(super) fn break_off(&mut self, frame: &Frame) -> Option<(Frame, Break)> {
        let long = frame.data.len() >= SMALLEST_SPOILT;
        let half = frame.data.get(..frame.data.len() / 2).filter(|_| long)?;
        let how = self.breaks.take()?;
        Some((Frame { text: frame.text, data: half.to_vec() }, how))
    }

    /// Returns a message that inflates to so many MiB; `None` if nothing is compressed.
    pub(super) fn bomb(&mut self, mib: u32) -> Option<Frame> {
        let data = match self.coding {
            Coding::Json => self.encoder.bomb(BOMB.0, mib, BOMB.1),
            Coding::Etf(_) => {
                let length = mib.saturating_mul(1 << 20).to_be_bytes();
                self.encoder.bomb(&[ETF_BOMB, &length].concat(), mib, &[])
            }
        };
        data.map(|data| Frame { text: false, data })
    }

    /// A payload compressed on its own is whole by definition, and so is a message of zstd.
    const fn may_cut(&self, frame: &Frame) -> bool {
        match self.encoder {
            Encoder::Payload => frame.text,
            Encoder::Plain | Encoder::Zlib(_) => true,
            Encoder::Zstd(_) => false,
        }
    }

    fn compress(&mut self, json: &str) -> Frame {
        let shuffled = if self.shuffles { shuffle(json, &mut self.rng) } else { None };
        let json = shuffled.as_deref().unwrap_or(json);
        let text = self.coding == Coding::Json;
        let payload = match self.coding {
            Coding::Etf(dialect) => Cow::Owned(to_etf(json, dialect)),
            Coding::Json => Cow::Borrowed(json.as_bytes()),
        };
        self.encoder.compress(text, payload)
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
