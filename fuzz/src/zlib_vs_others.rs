//! Our zlib decoder beside two that others wrote.

use flate2::FlushCompress;
use gatewright_core::Compression;
use gatewright_core::internals::{Inflate, Inflated};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use zlib_rs::{InflateFlush, Status};

use crate::source::{Cuts, Source};
use crate::wire::Wire;

/// The most that is decoded of one input.
const MOST: usize = 160 * 1024;
/// How far back a match may reach.
const WINDOW: usize = 32 * 1024;

/// What a decoder made of all bytes: whether the stream ended, and what came out; nothing if it is damaged.
type Made = Option<(bool, Vec<u8>)>;

/// Any bytes come to the same in our decoder of zlib, whole or cut anywhere, as in `zlib-rs` and `miniz_oxide`.
///
/// The first byte says what the stream is made of: blocks as they follow behind a header (lowest bit), or texts, each
/// flushed, compressed at a level (the rest, modulo 10) and then changed at places that follow. Four bytes each cut the
/// input and the output. Blocks stand behind 100 bytes that matches may reach. What we refuse, one of the others
/// refuses too, and none takes it to an end: of blocks that can only fail each lets some go on for a while.
pub fn zlib_vs_others(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let (pieces, rooms) = (Cuts::draw(&mut source), Cuts::draw(&mut source));
    let stream = if setup & 1 == 0 {
        compressed(&mut source, u32::from(setup >> 1) % 10)
    } else {
        blocks(&mut source)
    };
    let (ours, theirs) = (whole(&stream), [by_zlib_rs(&stream), by_miniz(&stream)]);
    if ours.is_some() {
        assert!(theirs.iter().all(|theirs| *theirs == ours), "{}", stream.escape_ascii());
    } else {
        let ends = theirs.iter().flatten().any(|(ended, _)| *ended);
        assert!(!ends && theirs.contains(&None), "{}", stream.escape_ascii());
    }
    if ours.as_ref().is_none_or(|(_, out)| out.len() < MOST) {
        assert_eq!(ours, cut(&stream, pieces, rooms), "in pieces: {}", stream.escape_ascii());
    }
}

fn compressed(source: &mut Source<'_>, level: u32) -> Vec<u8> {
    let mut wire = Wire::new(Compression::ZlibStream, level);
    let mut stream = Vec::new();
    for _ in 0..1 + source.byte() % 4 {
        let text = source.text(255).repeat(1 + usize::from(source.byte()) % 40);
        stream.extend(wire.pack_flushed(text.as_bytes(), FlushCompress::Sync));
    }
    if source.chance() {
        stream.extend(wire.pack_flushed(b"the end", FlushCompress::Finish));
    }
    while !source.is_empty() {
        let (at, byte) = (source.below(stream.len().max(1)), source.byte());
        match source.byte() {
            0..192 => stream.get_mut(at).into_iter().for_each(|old| *old = byte),
            192..224 => stream.truncate(at),
            224.. => stream.insert(at.min(stream.len()), byte),
        }
    }
    stream
}

fn blocks(source: &mut Source<'_>) -> Vec<u8> {
    let mut stream = vec![0x78, 0x9C, 0, 100, 0, !100, 0xFF];
    stream.extend(0..100);
    stream.extend(source.take(usize::MAX));
    stream
}

fn whole(stream: &[u8]) -> Made {
    let mut out = vec![0; MOST];
    let made = Inflate::new().inflate(stream, &mut out, 0, true).ok()?;
    out.truncate(made.written);
    assert!(made.ended || out.len() == MOST || made.read == stream.len());
    Some((made.ended, out))
}

/// Decodes in pieces, in a buffer that slides as that of a shard does; what is behind the output is spoilt each time.
fn cut(stream: &[u8], pieces: Cuts, rooms: Cuts) -> Made {
    let (mut inflate, mut all) = (Inflate::new(), Vec::new());
    let (mut out, mut at) = (vec![0; WINDOW + 9_000], 0);
    // As many pieces as there may be bytes: each room is the length of one.
    let endless = vec![0; MOST];
    let mut rooms = rooms.of(&endless).into_iter().map(<[u8]>::len);
    for piece in pieces.of(stream) {
        let mut rest = piece;
        loop {
            if at == out.len() {
                out.copy_within(at - WINDOW.., 0);
                at = WINDOW;
            }
            let end = out.len().min(at + rooms.next().unwrap_or(usize::MAX / 2));
            out[at..].fill(0xA5);
            let Inflated { read, written, ended } =
                inflate.inflate(rest, &mut out[..end], at, true).ok()?;
            all.extend_from_slice(&out[at..at + written]);
            (rest, at) = (&rest[read..], at + written);
            if ended {
                return Some((true, all));
            }
            if at < end {
                assert!(rest.is_empty(), "input was left");
                break;
            }
        }
    }
    Some((false, all))
}

fn by_miniz(stream: &[u8]) -> Made {
    let mut out = vec![0; MOST];
    let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = DecompressorOxide::new();
    let (status, read, written) = decompress(&mut state, stream, &mut out, 0, flags);
    out.truncate(written);
    match status {
        // Built for a fuzzer it does not compare the checksum.
        TINFLStatus::Done => stream[..read].ends_with(&adler(&out)).then_some((true, out)),
        TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => Some((false, out)),
        _ => None,
    }
}

fn by_zlib_rs(stream: &[u8]) -> Made {
    let mut out = vec![0; MOST];
    let mut state = zlib_rs::Inflate::new(true, 15);
    let status = state.decompress(stream, &mut out, InflateFlush::SyncFlush).ok()?;
    out.truncate(usize::try_from(state.total_out()).expect("what fits into memory"));
    Some((status == Status::StreamEnd, out))
}

/// The checksum as it stands at the end of a stream, by its definition.
fn adler(bytes: &[u8]) -> [u8; 4] {
    let (sum, sums) = bytes.iter().fold((1, 0), |(sum, sums), byte| {
        let sum = (sum + u32::from(*byte)) % 65_521;
        (sum, (sums + sum) % 65_521)
    });
    (sums << 16 | sum).to_be_bytes()
}
