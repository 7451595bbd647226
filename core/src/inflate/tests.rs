use super::*;
use miniz_oxide::deflate::compress_to_vec_zlib;
use std::vec::Vec;

fn text() -> Vec<u8> {
    (0..400_u32).flat_map(|number| std::format!("{} ", number * number).into_bytes()).collect()
}

/// Gives all input at once, but room for one byte of output at a time, and none before.
fn decode_by_the_byte(mut inflater: Inflater<'_>, mut input: &[u8], len: usize) -> Vec<u8> {
    let (mut out, mut at) = (vec![0; len], 0);
    while at < len {
        for room in [0, 1] {
            let progress = inflater.inflate(input, &mut out[..at + room], at).unwrap();
            assert_eq!(progress.written, room, "{at}");
            input = &input[progress.read..];
            at += progress.written;
            assert!(progress.then == Then::OutputFull || at == len, "{at} {progress:?}");
        }
    }
    out
}

#[test]
fn a_zlib_decoder_without_room_waits_for_some() {
    let text = text();
    let bytes = compress_to_vec_zlib(&text, 6);
    let (mut one, mut other) = (Zlib::new(), Zlib::new());
    for inflater in [Inflater::zlib(&mut one), Inflater::zlib_stream(&mut other)] {
        assert_eq!(decode_by_the_byte(inflater, &bytes, text.len()), text);
    }
}

#[cfg(feature = "miniz")]
#[test]
fn the_decoder_of_miniz_oxide_makes_the_same_for_the_same_compression() {
    let text = text();
    let bytes = compress_to_vec_zlib(&text, 6);
    let (mut one, mut other) = (Miniz::new(), Miniz::new());
    let inflaters = [Inflater::miniz(&mut one), Inflater::miniz_stream(&mut other)];
    let compressions = [Compression::Zlib, Compression::ZlibStream];
    for (mut inflater, compression) in inflaters.into_iter().zip(compressions) {
        assert_eq!(inflater.compression(), compression);
        assert_eq!(inflater.inflate(b"no stream", &mut [0; 9], 0), Err(Corrupt));
        inflater.restart();
        assert_eq!(decode_by_the_byte(inflater, &bytes, text.len()), text);
    }
}

#[cfg(feature = "zstd")]
#[test]
fn a_zstd_decoder_without_room_waits_for_some() {
    let text = text();
    let mut bytes = vec![0; zstd_safe::compress_bound(text.len())];
    let len = zstd_safe::compress(&mut bytes[..], &text, 3).unwrap();
    let out = decode_by_the_byte(Inflater::zstd_stream(), &bytes[..len], text.len());
    assert_eq!(out, text);
}

#[test]
fn a_zlib_decoder_shows_its_name_and_none_of_what_it_decoded() {
    assert_eq!(std::format!("{:?}", Zlib::new()), "Zlib { .. }");
}

#[cfg(feature = "miniz")]
#[test]
fn the_decoder_of_miniz_oxide_shows_its_name_and_none_of_what_it_decoded() {
    assert_eq!(std::format!("{:?}", Miniz::new()), "Miniz { .. }");
}

#[cfg(feature = "zstd")]
#[test]
fn a_zstd_decoder_shows_its_name_and_none_of_what_it_decoded() {
    let shown = std::format!("{:?}", Inflater::zstd_stream());
    assert_eq!(shown, "Inflater(ZstdStream(Zstd { .. }))");
}
