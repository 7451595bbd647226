use gatewright_core::Compression;

use super::super::inflate::{Inflater, Then};
use super::super::tests::Dice;
use super::*;

fn text(dice: &mut Dice) -> Vec<u8> {
    let len = match dice.below(4) {
        0 => 0,
        1 => dice.below(20),
        2 => dice.below(3_000),
        _ => dice.below(300_000),
    };
    vec![b'x'; len]
}

#[test]
fn what_goes_in_with_a_piece_comes_out_of_it() {
    let mut dice = Dice(3);
    for _ in 0..60 {
        let (mut zlib, mut zstd) = (Zlib::new(), Zstd::new());
        let mut of_zlib = Inflater::new(Compression::ZlibStream).unwrap();
        let mut of_zstd = Inflater::new(Compression::ZstdStream).unwrap();
        let (mut out, mut other) = (Vec::new(), Vec::new());
        for _ in 0..dice.below(12) {
            let text = text(&mut dice);
            let trim = Trim {
                marked_inside: dice.below(4) == 0,
                marked: dice.below(2) == 0,
                ..Trim::default()
            };
            let before = out.len();
            let piece = zlib.wrap(&text, trim);
            assert_eq!(of_zlib.inflate(&piece, &mut out, u64::MAX), Then::More);
            assert_eq!(out.len() - before, text.len());
            assert_eq!(piece.ends_with(&[0, 0, 0xFF, 0xFF]), trim.marked);
            let end = piece.len() - 1;
            let inside = piece[..end].windows(4).any(|four| four == [0, 0, 0xFF, 0xFF]);
            assert_eq!(inside, trim.marked_inside);
            let piece = zstd.wrap(&text, trim);
            assert_eq!(of_zstd.inflate(&piece, &mut other, u64::MAX), Then::More);
            assert_eq!(other.len(), out.len());
        }
        let text = text(&mut dice);
        let (trim, then) = match dice.below(3) {
            0 => (Trim { broke: true, ..Trim::default() }, Then::Broke),
            1 => (Trim { ended: Some(0), ..Trim::default() }, Then::Ended(0)),
            _ => (Trim { ended: Some(7), ..Trim::default() }, Then::Ended(1)),
        };
        let before = out.len();
        assert_eq!(of_zlib.inflate(&zlib.wrap(&text, trim), &mut out, u64::MAX), then);
        assert_eq!(of_zstd.inflate(&zstd.wrap(&text, trim), &mut other, u64::MAX), then);
        assert_eq!(out.len() - before, text.len());
        // Where a frame of zstd breaks, a call gives nothing.
        let lost = before + text.len() - other.len();
        assert!(lost == 0 || trim.broke && lost <= 64 * 1024);
    }
}

#[test]
fn a_zlib_stream_of_its_own_has_its_checksum() {
    let mut dice = Dice(5);
    for _ in 0..20 {
        let (mut zlib, mut out) = (Zlib::new(), Vec::new());
        let mut inflater = Inflater::new(Compression::Zlib).unwrap();
        for _ in 0..dice.below(5) {
            let piece = zlib.wrap(&text(&mut dice), Trim::default());
            assert_eq!(inflater.inflate(&piece, &mut out, u64::MAX), Then::More);
        }
        let piece = zlib.wrap(b"end", Trim { ended: Some(0), ..Trim::default() });
        assert_eq!(inflater.inflate(&piece, &mut out, u64::MAX), Then::Ended(0));
        assert!(out.ends_with(b"end"));
    }
}

#[test]
fn no_more_is_inflated_than_is_allowed() {
    let piece = Zlib::new().wrap(&[b'x'; 300_000], Trim::default());
    let mut out = Vec::new();
    let then = Inflater::new(Compression::ZlibStream).unwrap().inflate(&piece, &mut out, 100_000);
    assert_eq!(then, Then::TooLarge);
    assert!(out.len() > 100_000 && out.len() < 200_000);
}
