//! What the decoder makes of streams, whole and in pieces, beside `miniz_oxide`.

mod damaged;
mod parts;
mod pieces;
mod write;

use std::vec::Vec;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::{Damage, Stream};
use crate::inflate::{Progress, Then};

/// Numbers by chance, the same in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Text as a gateway sends it, more or less: much is repeated, near and far.
fn text(seed: u64, len: usize) -> Vec<u8> {
    let mut chance = Chance(seed);
    let mut text = Vec::new();
    while text.len() < len {
        let id = chance.next();
        match chance.below(8) {
            0 => text.extend(std::vec![b'a'; chance.below(300)]),
            1 => text.extend(id.to_le_bytes()),
            2 if text.len() > 40_000 => {
                let from = text.len() - 32_768 + chance.below(40);
                text.extend_from_within(from..from + 200);
            }
            _ => text.extend(
                std::format!("{{\"t\":\"PRESENCE_UPDATE\",\"id\":\"{id}\",\"bot\":null}},")
                    .into_bytes(),
            ),
        }
    }
    text.truncate(len);
    text
}

/// What a decoder made of all bytes: how it ended, how many it read, and what came out.
type Made = Result<(Then, usize, Vec<u8>), ()>;

/// Decodes all at once.
fn decode(input: &[u8], room: usize) -> Result<(Then, usize, Vec<u8>), Damage> {
    let mut out = std::vec![0; room];
    let Progress { read, written, then } = Stream::new().inflate(input, &mut out, 0, true)?;
    out.truncate(written);
    Ok((then, read, out))
}

/// Decodes all at once, by `miniz_oxide`.
fn decode_by_miniz(input: &[u8], room: usize) -> Made {
    let mut out = std::vec![0; room];
    let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = DecompressorOxide::new();
    let (status, read, written) = decompress(&mut state, input, &mut out, 0, flags);
    out.truncate(written);
    match status {
        TINFLStatus::Done => Ok((Then::Ended, read, out)),
        TINFLStatus::NeedsMoreInput => Ok((Then::NeedsInput, read, out)),
        TINFLStatus::HasMoreOutput => Ok((Then::OutputFull, read, out)),
        _ => Err(()),
    }
}

/// Decodes pieces of the input into pieces of room, in a buffer that slides once it is full.
///
/// What stands behind the output is spoilt before each call, as what is written there may be anything.
fn decode_in_pieces(
    input: &[u8],
    buffer: usize,
    mut piece: impl FnMut() -> usize,
    mut room: impl FnMut() -> usize,
) -> Result<(Then, usize, Vec<u8>), Damage> {
    let (mut stream, mut out, mut all) = (Stream::new(), std::vec![0; buffer], Vec::new());
    let (mut at, mut read) = (0, 0);
    let mut given = piece().min(input.len());
    loop {
        if at == buffer {
            out.copy_within(at - 32 * 1024.., 0);
            at = 32 * 1024;
        }
        let end = at + room().min(buffer - at);
        out[at..].fill(0xA5);
        let progress = stream.inflate(&input[read..given], &mut out[..end], at, true)?;
        assert!(out[end..].iter().all(|byte| *byte == 0xA5), "room that was not given");
        all.extend_from_slice(&out[at..at + progress.written]);
        (read, at) = (read + progress.read, at + progress.written);
        match progress.then {
            Then::Ended => return Ok((Then::Ended, read, all)),
            Then::OutputFull => assert_eq!(at, end, "room was left"),
            Then::NeedsInput => {
                assert_eq!(read, given, "input was left");
                if given == input.len() {
                    return Ok((Then::NeedsInput, read, all));
                }
                given = (given + piece()).min(input.len());
            }
        }
    }
}
