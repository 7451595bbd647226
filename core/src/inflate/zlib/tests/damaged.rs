//! Streams that are none.

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::write::Writer;
use super::*;

/// The verdict on a stream, which is the same however it is cut, and that of `miniz_oxide`.
fn verdict(stream: &[u8]) -> Damage {
    let damage = decode(stream, 40_960).unwrap_err();
    assert_eq!(decode_by_miniz(stream, 40_960), Err(()), "{damage:?}");
    for (piece, room) in [(1, 1), (1, 40_960), (stream.len(), 1), (5, 300)] {
        let made = decode_in_pieces(stream, 40_960, || piece, || room);
        assert_eq!(made, Err(damage), "{piece} {room}");
    }
    damage
}

#[test]
fn a_header_that_is_not_of_deflate_is_refused() {
    for header in [[0x79, 0x9C], [0x77, 0x85], [0x88, 0x1C], [0x78, 0x9D], [0, 0], [0xFF, 0xFF]] {
        assert_eq!(decode(&header, 10).unwrap_err(), Damage::Header, "{header:?}");
        assert!(decode_by_miniz(&[header[0], header[1], 3, 0], 10).is_err());
    }
    for window in 0..8_u8 {
        let method = window << 4 | 8;
        let flags = (31 - u16::from(method) * 256 % 31) % 31;
        let header = [method, u8::try_from(flags).unwrap()];
        assert_eq!(decode(&header, 10).unwrap().0, Then::NeedsInput, "{header:?}");
    }
}

#[test]
fn a_stream_with_a_dictionary_is_refused() {
    assert_eq!(verdict(&[0x78, 0xBB, 0, 0, 0, 1, 3, 0]), Damage::Dictionary);
}

#[test]
fn a_block_of_the_reserved_kind_is_refused() {
    assert_eq!(verdict(&Writer::new().bits(0b110, 3).bytes), Damage::BlockKind);
    let later = Writer::new().stored(false, b"good").bits(0b111, 3).bytes;
    assert_eq!(verdict(&later), Damage::BlockKind);
}

#[test]
fn a_stored_block_whose_lengths_differ_is_refused() {
    let mut stream = Writer::new().stored(true, b"good").bytes;
    stream[5] ^= 1;
    assert_eq!(verdict(&stream), Damage::StoredLength);
}

/// A code for lengths in which 0, 1, 2 and 18 take two bits each.
const SHORT: [(usize, u32); 4] = [(0, 2), (1, 2), (2, 2), (18, 2)];

#[test]
fn a_block_with_more_codes_than_symbols_is_refused() {
    assert_eq!(verdict(&Writer::new().dynamic(&SHORT, 287, 1).bytes), Damage::TooManyCodes);
    assert_eq!(verdict(&Writer::new().dynamic(&SHORT, 257, 31).bytes), Damage::TooManyCodes);
}

#[test]
fn a_code_for_lengths_that_leaves_gaps_or_overflows_is_refused() {
    for lengths in [&[(0, 1), (1, 2)][..], &[(0, 1), (1, 1), (2, 1)], &[(0, 1)], &[]] {
        let stream = Writer::new().dynamic(lengths, 257, 1).bytes;
        assert_eq!(verdict(&stream), Damage::Lengths, "{lengths:?}");
    }
    let all: Vec<_> = (0..19).map(|symbol| (symbol, 1)).collect();
    assert_eq!(verdict(&Writer::new().dynamic(&all, 257, 1).bytes), Damage::Lengths);
}

#[test]
fn a_length_that_repeats_none_or_too_often_is_refused() {
    let again = [(0, 1), (16, 1)];
    let first = Writer::new().dynamic(&again, 257, 1).code(1, 1).bits(0, 60);
    assert_eq!(verdict(&first.bytes), Damage::Repeat);
    // Zeroes for 138, 119 and then 2 to 12 codes, of which one was left.
    let zeroes = Writer::new().dynamic(&SHORT, 257, 1).code(3, 2).bits(127, 7).code(3, 2);
    assert_eq!(verdict(&zeroes.bits(119, 7).bits(0, 60).bytes), Damage::Repeat);
}

/// Tells lengths by [`SHORT`]: codes for the symbols 0, 256 and, if not 0, a distance.
fn codes(first: u32, end: u32, distance: u32) -> Writer {
    let writer = Writer::new().dynamic(&SHORT, 257, 1).code(first, 2);
    let writer = writer.code(3, 2).bits(127, 7).code(3, 2).bits(106, 7);
    writer.code(end, 2).code(distance, 2)
}

#[test]
fn codes_that_leave_gaps_or_overflow_are_refused() {
    assert_eq!(verdict(&codes(1, 2, 0).bytes), Damage::Lengths);
    assert_eq!(verdict(&codes(0, 2, 0).bytes), Damage::Lengths);
    assert_eq!(verdict(&codes(1, 1, 2).bytes), Damage::Lengths);
    let over = Writer::new().dynamic(&SHORT, 257, 2).code(1, 2).code(1, 2);
    let over = over.code(3, 2).bits(127, 7).code(3, 2).bits(105, 7).code(1, 2).bits(0, 20);
    assert_eq!(verdict(&over.bytes), Damage::Lengths);
}

#[test]
fn a_block_that_cannot_end_is_refused() {
    let damage = decode(&codes(1, 0, 1).bits(0, 20).bytes, 100).unwrap_err();
    assert_eq!(damage, Damage::NoEnd);
}

#[test]
fn a_single_code_of_one_bit_is_taken_and_its_other_bit_refused() {
    let only_end = codes(0, 1, 0).code(0, 1).end(b"");
    assert_eq!(decode(&only_end, 10), Ok((Then::Ended, only_end.len(), Vec::new())));
    assert_eq!(verdict(&codes(0, 1, 0).code(1, 1).bits(0, 40).bytes), Damage::Symbol);
    // A length of 3 with the only distance there is, and with none.
    let matched = |distance| {
        let writer = Writer::new().dynamic(&SHORT, 258, 1).code(2, 2);
        let writer = writer.code(3, 2).bits(127, 7).code(3, 2).bits(106, 7).code(2, 2).code(1, 2);
        writer.code(distance, 2).code(2, 2).code(0, 1)
    };
    let good = matched(1).code(0, 1).code(3, 2).end(&[0; 4]);
    assert_eq!(decode(&good, 10), Ok((Then::Ended, good.len(), std::vec![0; 4])));
    assert_eq!(verdict(&matched(1).code(1, 1).bits(0, 40).bytes), Damage::Symbol);
    assert_eq!(verdict(&matched(0).bits(0, 40).bytes), Damage::Symbol);
}

#[test]
fn symbols_that_stand_for_nothing_are_refused() {
    for before in [b"".to_vec(), text(2, 600)] {
        let writer = || Writer::new().stored(false, &before).fixed(true).symbol(65);
        for symbol in [286, 287] {
            assert_eq!(verdict(&writer().symbol(symbol).bits(0, 200).bytes), Damage::Symbol);
        }
        for distance in [30, 31] {
            let stream = writer().symbol(257).code(distance, 5).bits(0, 200).bytes;
            assert_eq!(verdict(&stream), Damage::Symbol);
        }
    }
}

#[test]
fn a_match_from_before_the_stream_is_refused() {
    for len in [0, 1, 300, 700] {
        let before = text(2, len);
        let distance = u32::try_from(len).unwrap();
        let writer = || Writer::new().stored(false, &before).fixed(true);
        let stream = writer().copied(3, distance + 1).bits(0, 200).bytes;
        assert_eq!(verdict(&stream), Damage::Distance, "{len}");
        if len > 0 {
            let good = writer().copied(3, distance).symbol(256).bytes;
            assert!(decode(&good, 1_000).is_ok());
        }
    }
}

#[test]
fn a_wrong_checksum_is_refused_if_it_is_compared() {
    let text = text(5, 3_000);
    let mut stream = compress_to_vec_zlib(&text, 6);
    let last = stream.len() - 1;
    for (byte, bit) in [(last, 1), (last - 3, 0x80)] {
        stream[byte] ^= bit;
        assert_eq!(verdict(&stream), Damage::Checksum);
        let mut out = std::vec![0; 4_000];
        let unchecked = Stream::new().inflate(&stream, &mut out, 0, false).unwrap();
        assert_eq!((unchecked.then, unchecked.written), (Then::Ended, 3_000));
        stream[byte] ^= bit;
    }
}

#[test]
fn damage_stays_until_a_new_stream_begins() {
    let good = compress_to_vec_zlib(b"good", 6);
    let (mut stream, mut out) = (Stream::new(), [0; 100]);
    assert_eq!(stream.inflate(&[0, 0], &mut out, 0, true), Err(Damage::Header));
    assert_eq!(stream.inflate(&good, &mut out, 0, true), Err(Damage::Header));
    stream.restart();
    let progress = stream.inflate(&good, &mut out, 0, true).unwrap();
    assert_eq!((progress.then, &out[..4]), (Then::Ended, &b"good"[..]));
}

#[test]
fn each_kind_of_damage_says_what_was_expected() {
    let kinds = [
        Damage::Header,
        Damage::Dictionary,
        Damage::BlockKind,
        Damage::StoredLength,
        Damage::TooManyCodes,
        Damage::Repeat,
        Damage::Lengths,
        Damage::NoEnd,
        Damage::Symbol,
        Damage::Distance,
        Damage::Checksum,
    ];
    let mut said: Vec<_> = kinds.iter().map(std::string::ToString::to_string).collect();
    assert!(said.iter().all(|said| said.starts_with("expected ")));
    said.sort();
    said.dedup();
    assert_eq!(said.len(), kinds.len());
}

/// Compares what both decoders make of a stream.
fn compare(stream: &[u8], room: usize) {
    let (ours, theirs) = (decode(stream, room), decode_by_miniz(stream, room));
    match (&ours, &theirs) {
        // They go on behind codes of which none ends the block.
        (Err(Damage::NoEnd), _) | (Err(_), Err(())) => {}
        (Ok((then, read, out)), Ok((their_then, their_read, their_out))) => {
            assert_eq!((then, out), (their_then, their_out), "{}", stream.escape_ascii());
            assert!(then != &Then::Ended || read == their_read);
        }
        _ => panic!("{ours:?}\n{theirs:?}\n{}", stream.escape_ascii()),
    }
}

#[test]
fn damaged_streams_come_to_the_same_as_elsewhere() {
    for level in [0, 1, 6, 9] {
        let good = compress_to_vec_zlib(&text(u64::from(level), 900), level);
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut stream = good.clone();
                stream[at] ^= 1 << bit;
                compare(&stream, 4_000);
            }
        }
        let mut chance = Chance(u64::from(level));
        for _ in 0..3_000 {
            let mut stream = good.clone();
            for _ in 0..=chance.below(3) {
                let at = chance.below(stream.len());
                stream[at] = chance.next().to_le_bytes()[0];
            }
            stream.truncate(1 + chance.below(2 * good.len()));
            compare(&stream, 1 + chance.below(4_000));
        }
    }
}

#[test]
fn any_bits_come_to_the_same_as_elsewhere() {
    let mut chance = Chance(21);
    for turn in 0..30_000_u64 {
        let mut writer = Writer::new().stored(false, &text(turn % 5, 400));
        writer = writer.bits(u32::try_from(2 + turn % 2 * 2).unwrap(), 3);
        for _ in 0..chance.below(60) {
            writer = writer.bits(u32::from(chance.next().to_le_bytes()[0]), 8);
        }
        compare(&writer.bytes, 4_000);
    }
}
