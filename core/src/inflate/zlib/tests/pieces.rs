//! Good streams, cut anywhere.

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::super::tables::LONGEST;
use super::write::Writer;
use super::*;

/// Small streams with blocks of every kind.
fn small() -> Vec<(Vec<u8>, Vec<u8>)> {
    let text = text(1, 700);
    let mut streams: Vec<_> = [0, 1, 6]
        .into_iter()
        .map(|level| (compress_to_vec_zlib(&text, level), text.clone()))
        .collect();
    let short = b"{\"op\":11} {\"op\":11}";
    streams.push((compress_to_vec_zlib(short, 6), short.to_vec()));
    let mixed = Writer::new().stored(false, b"").stored(false, b"stored").fixed(false).symbol(65);
    let mixed =
        mixed.copied(5, 6).symbol(256).stored(false, b"").fixed(true).copied(9, 1).symbol(256);
    let output = b"storedAtoredddddddddd".to_vec();
    streams.push((mixed.end(&output), output));
    streams.push((Writer::new().stored(true, b"").end(b""), Vec::new()));
    streams
}

#[test]
fn the_input_may_be_cut_anywhere() {
    for (stream, output) in small() {
        for cut in 0..=stream.len() {
            let mut pieces = [cut, stream.len()].into_iter();
            let made = decode_in_pieces(&stream, 40_960, || pieces.next().unwrap(), || 40_960);
            assert_eq!(made, Ok((Then::Ended, stream.len(), output.clone())), "{cut}");
        }
    }
}

#[test]
fn the_output_may_be_cut_anywhere() {
    for (stream, output) in small() {
        for cut in 0..=output.len() {
            let mut rooms = [cut].into_iter();
            let room = || rooms.next().unwrap_or(40_960);
            let made = decode_in_pieces(&stream, 40_960, || stream.len(), room);
            assert_eq!(made, Ok((Then::Ended, stream.len(), output.clone())), "{cut}");
        }
    }
}

#[test]
fn input_and_output_may_be_cut_into_the_smallest_pieces() {
    for (stream, output) in small() {
        for (piece, room) in [(1, 1), (1, 40_960), (usize::MAX, 1), (3, 7), (17, 400), (40, 331)] {
            let made = decode_in_pieces(&stream, 40_960, || piece, || room);
            assert_eq!(made, Ok((Then::Ended, stream.len(), output.clone())), "{piece} {room}");
        }
    }
}

#[test]
fn a_cut_stream_waits_for_the_rest_of_it() {
    for (stream, output) in small() {
        for cut in 0..stream.len() {
            let (then, read, out) = decode(&stream[..cut], 2_000).unwrap();
            assert_eq!((then, read), (Then::NeedsInput, cut));
            assert_eq!(out, output[..out.len()], "{cut}");
            let theirs = decode_by_miniz(&stream[..cut], 2_000).unwrap();
            assert_eq!(out.len(), theirs.2.len(), "{cut}");
        }
    }
}

#[test]
fn what_follows_a_stream_is_not_read() {
    for (stream, output) in small() {
        let mut bytes = stream.clone();
        bytes.extend([0xFF; 20]);
        for room in [1, 100, 40_960] {
            let made = decode_in_pieces(&bytes, 40_960, || bytes.len(), || room);
            assert_eq!(made, Ok((Then::Ended, stream.len(), output.clone())), "{room}");
        }
    }
}

#[test]
fn large_streams_come_out_whole_however_they_are_cut() {
    let mut chance = Chance(7);
    for level in [0, 1, 3, 6, 9] {
        let text = text(u64::from(level), 300_000);
        let stream = compress_to_vec_zlib(&text, level);
        for (piece, room) in [(1 << 20, 1 << 20), (2_000, 5_000), (50, 600), (1 << 20, 400)] {
            let (mut pieces, mut rooms) = (Chance(chance.next()), Chance(chance.next()));
            let made = decode_in_pieces(
                &stream,
                41_000 + chance.below(60_000),
                || 1 + pieces.below(piece),
                || 1 + rooms.below(room),
            );
            let (then, read, out) = made.unwrap();
            assert_eq!((then, read), (Then::Ended, stream.len()));
            assert!(out == text, "level {level}, pieces of {piece}, room of {room}");
        }
    }
}

#[test]
fn matches_of_every_distance_near_and_far_are_copied() {
    let before = text(3, 32_768);
    let far: Vec<u32> = (32_700..=32_768).chain([300, 1_000, 16_385, 24_577]).collect();
    for distance in (1..=140).chain(far) {
        let mut writer = Writer::new().stored(false, &before).fixed(true);
        let mut output = before.clone();
        for length in [3, 4, 5, 6, 7, 8, 9, 10, 258] {
            writer = writer.copied(length, distance).symbol(66);
            for _ in 0..length {
                output.push(output[output.len() - usize::try_from(distance).unwrap()]);
            }
            output.push(66);
        }
        let stream = writer.symbol(256).end(&output);
        assert_eq!(
            decode_by_miniz(&stream, 50_000),
            Ok((Then::Ended, stream.len(), output.clone()))
        );
        for room in [34_000, 50_000] {
            let made = decode_in_pieces(&stream, 50_000, || stream.len(), || room);
            assert_eq!(made, Ok((Then::Ended, stream.len(), output.clone())), "{distance}");
        }
    }
}

/// Returns the lengths of a code as lopsided as can be, so that the longest code is needed.
fn lopsided(symbols: usize) -> Vec<u32> {
    let mut lengths: Vec<u32> = (1..15).collect();
    lengths.extend([15, 15]);
    while lengths.len() < symbols {
        let split = lengths.iter().rposition(|length| *length < 15).unwrap();
        lengths[split] += 1;
        lengths.push(lengths[split]);
    }
    lengths
}

/// Returns the codes of symbols by their lengths.
fn codes(lengths: &[u32]) -> Vec<(u32, u32)> {
    let (mut codes, mut next) = (std::vec![(0, 0); lengths.len()], 0);
    for length in 1..=u32::try_from(LONGEST).unwrap() {
        for (code, _) in codes.iter_mut().zip(lengths).filter(|(_, known)| **known == length) {
            *code = (next, length);
            next += 1;
        }
        next *= 2;
    }
    codes
}

#[test]
fn codes_of_every_length_are_read() {
    let (lengths, distances) = (lopsided(258), lopsided(30));
    let before = text(4, 32_000);
    // Each length from 0 to 15 is told in 4 bits.
    let plain: Vec<_> = (0..16).map(|symbol| (symbol, 4)).collect();
    let mut writer = Writer::new().stored(false, &before).dynamic(&plain, 258, 30);
    let mut output = before;
    for length in lengths.iter().chain(&distances) {
        writer = writer.code(*length, 4);
    }
    let (of_literals, of_distances) = (codes(&lengths), codes(&distances));
    for turn in 0..256_usize {
        let (code, bits) = of_literals[turn];
        writer = writer.code(code, bits);
        output.push(u8::try_from(turn).unwrap());
        let symbol = turn % 30;
        let (length, distance) = (of_literals[257], of_distances[symbol]);
        let extra = if symbol < 4 { 0 } else { u32::try_from(symbol / 2 - 1).unwrap() };
        let base = if symbol < 4 { 1 + symbol } else { 1 + ((2 + symbol % 2) << extra) };
        writer = writer.code(length.0, length.1).code(distance.0, distance.1).bits(0, extra);
        for _ in 0..3 {
            output.push(output[output.len() - base]);
        }
    }
    let stream = writer.code(of_literals[256].0, of_literals[256].1).end(&output);
    assert_eq!(decode_by_miniz(&stream, 50_000), Ok((Then::Ended, stream.len(), output.clone())));
    for (piece, room) in [(1 << 20, 50_000), (1, 50_000), (1 << 20, 3), (33, 500)] {
        let made = decode_in_pieces(&stream, 50_000, || piece, || room);
        assert_eq!(made, Ok((Then::Ended, stream.len(), output.clone())), "{piece} {room}");
    }
}
