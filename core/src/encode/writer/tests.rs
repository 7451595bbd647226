//! What is written, byte for byte.

use heapless::LinearMap;
use std::vec::Vec;

use super::*;
use crate::encode::Text;

fn encoded(value: impl Serialize) -> Vec<u8> {
    let mut out = [0xEE; 200];
    let len = to_slice(Encoding::Etf, &value, &mut out).unwrap();
    assert_eq!(out[0], 131);
    out[1..len].to_vec()
}

fn json(value: impl Serialize) -> std::string::String {
    let mut out = [0xEE; 300];
    let len = to_slice(Encoding::Json, &value, &mut out).unwrap();
    std::string::String::from_utf8(out[..len].to_vec()).unwrap()
}

#[test]
fn json_is_what_serde_json_writes() {
    #[derive(serde::Serialize)]
    struct Partial {
        a: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<u8>,
        c: (i64, u64, bool, char),
        d: std::collections::BTreeMap<&'static str, Vec<u32>>,
    }
    let value = |b| Partial {
        a: None,
        b,
        c: (i64::MIN, u64::MAX, true, '"'),
        d: [("", vec![]), ("one", vec![1]), ("two\n", vec![1, 2])].into(),
    };
    for b in [None, Some(7)] {
        assert_eq!(json(value(b)), serde_json::to_string(&value(b)).unwrap());
    }
    let text = (0..=0x7F).map(char::from).chain(['é', '😀']).collect::<std::string::String>();
    assert_eq!(serde_json::from_str::<std::string::String>(&json(&text)).unwrap(), text);
    assert_eq!(json(format_args!("{}\"{}", 1, 2)), r#""1\"2""#);
    assert_eq!(json("\x1F"), r#""\u001F""#);
    assert_eq!(json([(); 2]), "[null,null]");
}

#[test]
fn what_is_encoded_stays_as_it_is() {
    assert_eq!(json([Encoded(b"{ }"), Encoded(b"1.50")]), "[{ },1.50]");
    assert_eq!(encoded([Encoded(b"a\x07")]), b"l\0\0\0\x01a\x07j");
}

#[test]
fn integers_take_the_smallest_tag() {
    assert_eq!(encoded(0_u64), [97, 0]);
    assert_eq!(encoded(255_i64), [97, 255]);
    assert_eq!(encoded(256_u16), [98, 0, 0, 1, 0]);
    assert_eq!(encoded(-1_i8), [98, 255, 255, 255, 255]);
    assert_eq!(encoded(i32::MIN), [98, 128, 0, 0, 0]);
    assert_eq!(encoded(i32::MAX), [98, 127, 255, 255, 255]);
    assert_eq!(encoded(1_u64 << 31), [110, 4, 0, 0, 0, 0, 128]);
    assert_eq!(encoded(i64::MIN), [110, 8, 1, 0, 0, 0, 0, 0, 0, 0, 128]);
    assert_eq!(encoded(u64::MAX), [110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
    assert_eq!(encoded(1_u64 << 48), [110, 7, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn words_are_atoms_and_text_is_binary() {
    assert_eq!(encoded(true), b"s\x04true");
    assert_eq!(encoded(false), b"s\x05false");
    assert_eq!(encoded(None::<u8>), b"s\x03nil");
    assert_eq!(encoded(()), b"s\x03nil");
    assert_eq!(encoded(Some("é")), b"m\0\0\0\x02\xC3\xA9");
    assert_eq!(encoded('x'), b"m\0\0\0\x01x");
    assert_eq!(encoded(format_args!("{}-{}", 1, 2)), b"m\0\0\0\x031-2");
}

#[test]
fn floats_are_doubles() {
    assert_eq!(encoded(1.5_f32), [70, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn lists_end_with_nil_and_empty_ones_are_nothing_else() {
    assert_eq!(encoded([0_u8; 0]), [106]);
    assert_eq!(encoded([1_u8, 2]), [108, 0, 0, 0, 2, 97, 1, 97, 2, 106]);
    assert_eq!(encoded([&[][..], &[7_u8]]), *b"l\0\0\0\x02jl\0\0\0\x01a\x07jj");
}

#[test]
fn maps_count_the_fields_that_are_there() {
    #[derive(serde::Serialize)]
    struct Partial {
        a: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<u8>,
    }
    assert_eq!(encoded(Partial { a: 1, b: None }), b"t\0\0\0\x01m\0\0\0\x01aa\x01");
    let both = encoded(Partial { a: 1, b: Some(2) });
    assert_eq!(both, b"t\0\0\0\x02m\0\0\0\x01aa\x01m\0\0\0\x01ba\x02");
    let map = LinearMap::<_, _, 1>::from_iter([("k", 1)]);
    assert_eq!(encoded(map), b"t\0\0\0\x01m\0\0\0\x01ka\x01");
}

#[test]
fn keys_that_are_no_text_are_refused() {
    let map = LinearMap::<_, _, 1>::from_iter([(1, 1)]);
    for encoding in [Encoding::Json, Encoding::Etf] {
        assert_eq!(to_slice(encoding, &map, &mut [0; 100]), None);
    }
}

#[test]
fn what_does_not_fit_is_refused_at_every_length() {
    let value = (Some("te\"xt"), [1_u64 << 40, 300, 3], [Encoded(b"a")], None::<u8>, Text(7));
    let lengths =
        [(Encoding::Json, json(&value).len()), (Encoding::Etf, 1 + encoded(&value).len())];
    for (encoding, whole) in lengths {
        for room in 0..whole {
            assert_eq!(to_slice(encoding, &value, &mut vec![0; room]), None, "{room}");
        }
        assert_eq!(to_slice(encoding, &value, &mut vec![0; whole]), Some(whole));
    }
    assert_eq!(to_slice(Encoding::Json, &2.5, &mut [0; 99]), None, "a float");
}
