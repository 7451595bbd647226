use gatewright_sim::{Dialect, to_etf};

use super::super::tests::Dice;
use super::*;

const TEXT: &str = r#"{"t":"A","s":1,"op":0,"d":{"k":{"l":["QWZJ",1,{"m":"QWZJé"}],"n":null},"o":"QWZJ","session_id":"QWZJ","id":"12","i":[1,2,300],"f":1.5,"g":true}}"#;

fn documents() -> [Vec<u8>; 3] {
    [
        to_etf(TEXT, Dialect::New { seed: 1 }),
        to_etf(TEXT, Dialect::New { seed: 2 }),
        to_etf(TEXT, Dialect::Old),
    ]
}

fn has(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn texts_are_blanked_at_equal_length_and_all_else_stays() {
    let json = TEXT.replace("QWZJé", "xxxxxx").replace("QWZJ", "xxxx");
    for (document, expected) in documents().into_iter().zip([
        to_etf(&json, Dialect::New { seed: 1 }),
        to_etf(&json, Dialect::New { seed: 2 }),
        to_etf(&json, Dialect::Old),
    ]) {
        let mut bytes = document.clone();
        blank(&mut bytes, true, Sessions::Kept);
        assert!(has(&bytes, "QWZJ"));
        let mut bytes = document.repeat(2);
        blank(&mut bytes, true, Sessions::Renamed);
        let mut id = *b"QWZJ";
        texts::rename(&mut id);
        let mut expected = expected.repeat(2);
        let mut at = 0;
        while let Some(found) = expected.get(at..).and_then(|rest| {
            rest.windows(19).position(|window| window.starts_with(b"session_idm\0\0\0\x04xxxx"))
        }) {
            at += found + 15;
            expected[at..at + 4].copy_from_slice(&id);
        }
        assert_eq!(bytes, expected);
        assert!(has(&bytes, str::from_utf8(&id).unwrap()));
    }
}

#[test]
fn what_is_no_term_becomes_zeros_to_the_end() {
    for broken in
        [&b"\x83P\0\0\0\x07secret"[..], b"\x83t\0\0\0\x01m\0\0\0\x01ag\x01secret", b"secret"]
    {
        let mut bytes = broken.to_vec();
        blank(&mut bytes, true, Sessions::Renamed);
        assert!(!has(&bytes, "secret"));
        assert_eq!((bytes.len(), bytes.last()), (broken.len(), Some(&0)));
    }
}

#[test]
fn letters_in_lists_of_bytes_and_in_huge_integers_go() {
    let mut bytes =
        b"\x83t\0\0\0\x02m\0\0\0\x01ak\0\x04abc\x01m\0\0\0\x01bn\x09\0digits123".to_vec();
    blank(&mut bytes, true, Sessions::Renamed);
    assert_eq!(bytes, b"\x83t\0\0\0\x02m\0\0\0\x01ak\0\x04xxx\x01m\0\0\0\x01bn\x09\0xxxxxxxxx");
}

#[test]
fn a_text_whose_length_is_wrong_does_not_become_numbers() {
    for text in
        ["bank note", "Fine weather", "team meeting at noon", "l list", "n\x04\0name", "many more"]
    {
        let mut bytes = b"\x83t\0\0\0\x01m\0\0\0\x01al\0\0\0\x09m\0\0\0\x01.".to_vec();
        bytes.extend(text.as_bytes());
        bytes.extend([0; 9]);
        let len = bytes.len();
        blank(&mut bytes, true, Sessions::Renamed);
        let rest = text.as_bytes().windows(4);
        assert!(
            !rest.into_iter().any(|four| bytes.windows(4).any(|seen| seen == four)),
            "{text} {bytes:?}"
        );
        assert_eq!(bytes.len(), len);
    }
}

#[test]
fn documents_cut_and_changed_anywhere_keep_their_length_and_are_no_panic() {
    let mut dice = Dice(1);
    for _ in 0..2_000 {
        for document in documents() {
            let mut bytes = document;
            bytes.truncate(dice.below(bytes.len() + 1));
            let mut cut = bytes.clone();
            blank(&mut cut, true, Sessions::Renamed);
            assert!(!has(&cut, "QWZJ") && cut.len() == bytes.len());
            for _ in 0..dice.below(4).min(bytes.len()) {
                let at = dice.below(bytes.len());
                bytes[at] = dice.below(256) as u8;
            }
            let len = bytes.len();
            blank(&mut bytes, true, Sessions::Renamed);
            assert_eq!(bytes.len(), len);
        }
    }
}
