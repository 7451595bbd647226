//! Terms that are not well-formed, or nest deep.

use super::*;

/// Packs a term both ways, which come to the same; tells whether it was one.
fn is_term(term: &[u8]) -> bool {
    let (value, name) = ((Encoding::Etf, term), Name::of("message"));
    let usual = packed_by(true, value, name, 1_024);
    assert_eq!(usual, packed_by(false, value, name, 1_024), "{term:02X?}");
    usual.0.is_ok()
}

#[test]
fn terms_that_are_not_well_formed_are_refused_as_the_cursor_refuses_them() {
    const TEXT: [u8; 6] = [b'm', 0, 0, 0, 1, 0xFF];
    let broken: [&[u8]; 12] = [
        &TEXT,
        &TEXT[..4],
        &[b'm', 0, 0, 0, 9, b'x'],
        &[b'm', 0xFF, 0xFF, 0xFF, 0xFF, b'x'],
        &[b'b', 0, 0, 0],
        &[b'n', 8, 0, 1],
        &[b'n', 9],
        &[b'F', 0, 0, 0, 0],
        b"a",
        &[b'l', 0xFF, 0xFF, 0xFF, 0xFF, b'j', b'j'],
        &[b't', 0xFF, 0xFF, 0xFF, 0xFF],
        &[b'l', 0, 0, 0, 1, b'a', 1, b'a', 5],
    ];
    let in_list = |term: &[u8]| [b"l\0\0\0\x01", term, b"j"].concat();
    let in_map = |key: &[u8], term: &[u8]| [b"t\0\0\0\x01", key, term].concat();
    let name = b"m\0\0\0\x04name";
    for term in broken {
        let listed = in_list(term);
        let mapped = in_map(name, term);
        let below = in_map(name, &in_list(&mapped));
        for document in [term, &listed, &mapped, &below] {
            assert!(!is_term(document), "{document:02X?}");
        }
    }
    assert!(!is_term(&in_map(&TEXT, b"a\x01")));
    assert!(!is_term(&in_map(name, &in_map(&TEXT, b"a\x01"))));
    assert!(!is_term(&in_map(b"j", b"a\x01")));
}

#[test]
fn terms_nest_as_deep_as_the_cursor_lets_them() {
    let mut deepest = 0;
    for depth in 1..80 {
        let lists = [b"l\0\0\0\x01".repeat(depth), b"a\x01".to_vec(), b"j".repeat(depth)].concat();
        let maps = [b"t\0\0\0\x01m\0\0\0\x04name".repeat(depth), b"a\x01".to_vec()].concat();
        assert_eq!(is_term(&lists), is_term(&maps), "{depth}");
        if is_term(&lists) {
            deepest = depth;
        }
    }
    assert_eq!(deepest, usize::from(crate::decode::MAX_DEPTH));
}
