mod etf;

use super::*;

/// Feeds a document in pieces of `size` bytes and returns the scanner with where it ended.
fn feed(document: &[u8], size: usize) -> Result<(Scanner, Option<usize>), Broken> {
    let mut scanner = Scanner::new(crate::Encoding::Json);
    let mut at = 0;
    for piece in document.chunks(size) {
        match scanner.feed(piece)? {
            Fed::More => at += piece.len(),
            Fed::Done(taken) => return Ok((scanner, Some(at + taken))),
        }
    }
    Ok((scanner, None))
}

fn scan(document: &str) -> Envelope {
    let (scanner, end) = feed(document.as_bytes(), document.len()).unwrap();
    assert_eq!(end, Some(document.len()));
    scanner.envelope().unwrap()
}

const MESSAGE: &str =
    r#"{"t":"MESSAGE_CREATE","s":42,"op":0,"d":{"id":"1","content":"a \"b\" {[","x":[{},[]]}}"#;

#[test]
fn both_scanners_agree_on_a_dispatch() {
    let envelope = fast(MESSAGE.as_bytes()).unwrap();
    assert_eq!(envelope, scan(MESSAGE));
    assert_eq!((envelope.op, envelope.seq), (0, NonZeroU64::new(42)));
    assert_eq!(envelope.kind, EventKind::MessageCreate);
    assert_eq!(envelope.name.of(MESSAGE.as_bytes()), b"MESSAGE_CREATE");
    let data = envelope.data.of(MESSAGE.as_bytes());
    assert!(data.starts_with(b"{\"id\"") && data.ends_with(b"[]]}"));
}

#[test]
fn any_split_gives_the_same_envelope() {
    let expected = scan(MESSAGE);
    for size in 1..MESSAGE.len() {
        let (scanner, end) = feed(MESSAGE.as_bytes(), size).unwrap();
        assert_eq!(end, Some(MESSAGE.len()), "{size}");
        assert_eq!(scanner.envelope(), Ok(expected), "{size}");
        assert_eq!(scanner.details().id, Some(1), "{size}");
    }
}

/// Trap 11: an envelope scan that depends on the key order.
#[test]
fn keys_come_in_any_order_with_unknown_ones_between() {
    let parts = [
        r#""op":0"#,
        r#""s":7"#,
        r#""t":"GUILD_CREATE""#,
        r#""d":{"id":"5","n":[1,{"id":"6"}]}"#,
        r#""future":{"op":3}"#,
    ];
    for first in 0..parts.len() {
        for second in 0..parts.len() {
            let mut order = parts.to_vec();
            order.swap(0, first);
            order.swap(1, second);
            let document = format!("{{{}}}", order.join(" , "));
            let envelope = scan(&document);
            assert_eq!((envelope.op, envelope.seq), (0, NonZeroU64::new(7)), "{document}");
            assert_eq!(envelope.kind, EventKind::GuildCreate, "{document}");
            let data = envelope.data.of(document.as_bytes());
            assert_eq!(data, br#"{"id":"5","n":[1,{"id":"6"}]}"#, "{document}");
        }
    }
}

#[test]
fn nulls_and_absent_keys_mean_the_same() {
    for document in
        [r#"{"t":null,"s":null,"op":11,"d":null}"#, r#"{"op":11}"#, r#" { "op" : 11 } "#]
    {
        let end = document.trim_end().len();
        let (scanner, ended) = feed(document.as_bytes(), 3).unwrap();
        assert_eq!(ended, Some(end), "{document}");
        let envelope = scanner.envelope().unwrap();
        assert_eq!((envelope.op, envelope.seq), (11, None));
        assert_eq!(envelope.kind, EventKind::Unknown);
    }
}

#[test]
fn the_last_of_several_equal_keys_wins() {
    let document = r#"{"op":0,"op":9,"d":{"id":"1"},"d":true}"#;
    let (scanner, _) = feed(document.as_bytes(), 100).unwrap();
    assert_eq!(scanner.envelope().unwrap().op, 9);
    assert!(scanner.details().is_true);
    assert_eq!(scanner.details().id, None);
}

#[test]
fn details_of_ready_are_found_wherever_they_stand() {
    let document = r#"{"d":{"guilds":[{"id":"9"}],"session_id":"abc","resume_gateway_url":"wss:\/\/x.gg","v":10},"s":1,"op":0,"t":"READY"}"#;
    for size in [1, 7, 500] {
        let (scanner, _) = feed(document.as_bytes(), size).unwrap();
        let details = scanner.details();
        assert_eq!(details.session_id.plain().unwrap(), "abc");
        assert_eq!(details.resume_url.plain().unwrap(), "wss://x.gg");
        assert_eq!(details.id, None);
    }
}

#[test]
fn details_of_a_wrong_type_or_size_count_as_absent() {
    let long = "x".repeat(129);
    let document = format!(r#"{{"op":0,"d":{{"session_id":5,"resume_gateway_url":"{long}"}}}}"#);
    let (scanner, _) = feed(document.as_bytes(), 64).unwrap();
    assert_eq!(scanner.details().session_id.plain(), None);
    assert_eq!(scanner.details().resume_url.plain(), None);
}

#[test]
fn ids_come_as_text_or_as_numbers() {
    for (document, id, guild) in [
        (
            r#"{"op":0,"d":{"id":"175928847299117063","guild_id":5}}"#,
            Some(175_928_847_299_117_063),
            Some(5),
        ),
        (r#"{"op":0,"d":{"id":-1,"guild_id":"x"}}"#, None, None),
        (r#"{"op":0,"d":{"id":{"id":"3"},"guild_id":99999999999999999999}}"#, None, None),
    ] {
        let (scanner, _) = feed(document.as_bytes(), 1).unwrap();
        assert_eq!((scanner.details().id, scanner.details().guild_id), (id, guild), "{document}");
    }
}

#[test]
fn several_documents_follow_each_other() {
    let stream = format!("{MESSAGE}\n{MESSAGE}");
    let (_, end) = feed(stream.as_bytes(), stream.len()).unwrap();
    assert_eq!(end, Some(MESSAGE.len()));
}

#[test]
fn broken_documents_are_refused() {
    let deep = format!(r#"{{"op":0,"d":{{"x":{}"#, "[".repeat(65));
    for document in [
        "[]",
        "null",
        "x",
        "{]",
        r#"{"op" 1}"#,
        r#"{"op":1,}"#,
        r#"{"op":tru}"#,
        r#"{"op":1]"#,
        r#"{,}"#,
        r#"{"op":01}"#,
        r#"{"op":1.}"#,
        r#"{"op":1e}"#,
        r#"{"op":-}"#,
        r#"{"op":1abc}"#,
        "{\"op\":1,\"a\":\"\n\"}",
        r#"{"op":0,"d":[}]}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12g4"}"#,
        r#"{"op":0,"d":?}"#,
        &deep,
    ] {
        let fed = feed(document.as_bytes(), 5).and_then(|(scanner, _)| scanner.envelope());
        assert_eq!(fed, Err(Broken), "{document}");
    }
    for without_op in ["{}", r#"{"op":"0"}"#, r#"{"op":-1}"#, r#"{"op":1.5}"#] {
        let (scanner, end) = feed(without_op.as_bytes(), 5).unwrap();
        assert_eq!(end, Some(without_op.len()));
        assert_eq!(scanner.envelope(), Err(Broken), "{without_op}");
    }
}

#[test]
fn the_fast_scanner_leaves_what_it_does_not_know_to_the_other() {
    for document in [
        r#"{"t":null,"s":null,"op":11,"d":null}"#,
        r#"{"t":"READY","s":1,"op":0,"d":{}}"#,
        r#"{"d":{},"t":"RESUMED","s":1,"op":0}"#,
        r#"{"t":"RESUMED","s":1,"op":0,"d":{}"#,
        r#"{"t":"RESUMED","s":1,"op":0,"d":{},"x":1}"#,
        r#"{"t":"RESUMED","s":1,"s":2,"op":0,"d":{}}"#,
        r#"{"t":"lower","s":1,"op":0,"d":{}}"#,
        r#"{"t":"A\"B","s":1,"op":0,"d":{}}"#,
        r#"{"t":"RESUMED","s":-1,"op":0,"d":{}}"#,
        r#"{"t":"RESUMED","s":99999999999999999999,"op":0,"d":{}}"#,
        r#"{ "t":"RESUMED","s":1,"op":0,"d":{}}"#,
        "{",
        "",
    ] {
        assert_eq!(fast(document.as_bytes()), None, "{document}");
    }
}

/// G30: a sequence behind `d` is not seen.
#[test]
fn a_dispatch_whose_sequence_may_stand_behind_d_is_left_to_the_other_scanner() {
    let document = r#"{"op":0,"t":"RESUMED","d":{},"s":217,"later":{}}"#;
    assert_eq!(fast(document.as_bytes()), None);
    assert_eq!(scan(document).seq.map(NonZeroU64::get), Some(217));
}

#[test]
fn unknown_names_keep_their_text() {
    for document in [
        r#"{"t":"SOMETHING_NEW","s":3,"op":0,"d":[]}"#,
        r#"{"s":3,"op":0,"d":[],"t":"SOMETHING_NEW"}"#,
    ] {
        let envelope = fast(document.as_bytes()).unwrap_or_else(|| scan(document));
        assert_eq!(envelope.kind, EventKind::Unknown);
        assert_eq!(envelope.name.of(document.as_bytes()), b"SOMETHING_NEW");
    }
}

#[test]
fn every_number_of_the_grammar_is_taken() {
    for number in ["0", "-0", "10", "1.0", "-1.25", "1e5", "1E+5", "0.1e-10"] {
        let document = format!(r#"{{"op":9,"x":{number},"d":{number}}}"#);
        assert_eq!(scan(&document).op, 9, "{number}");
    }
    let long = format!(r#"{{"op":9,"x":{},"d":null}}"#, "9".repeat(2_000));
    assert_eq!(scan(&long).op, 9);
    let word = format!(r#"{{"op":9,"x":{}}}"#, "t".repeat(65));
    assert_eq!(feed(word.as_bytes(), 7).err(), Some(Broken));
}

#[test]
fn no_bytes_make_a_scanner_panic() {
    let alphabet = b"{}[]\":,\\u0tnfd opst1-.\n\xff";
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut bytes = vec![b'{'];
        for _ in 0..24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bytes.push(alphabet[usize::try_from(state >> 33).unwrap() % alphabet.len()]);
        }
        let whole =
            feed(&bytes, bytes.len()).and_then(|(scanner, end)| Ok((scanner.envelope()?, end)));
        let split = feed(&bytes, 1).and_then(|(scanner, end)| Ok((scanner.envelope()?, end)));
        assert_eq!(whole, split, "{}", bytes.escape_ascii());
        fast(&bytes);
    }
}

#[test]
fn a_sequence_of_too_many_digits_is_left_to_the_other_scanner() {
    let document = |seq: &str| format!(r#"{{"t":"RESUMED","s":{seq},"op":0,"d":{{}}}}"#);
    let most = document("9999999999999999999");
    let seq = fast(most.as_bytes()).and_then(|envelope| envelope.seq);
    assert_eq!(seq.map(NonZeroU64::get), Some(9_999_999_999_999_999_999));
    assert_eq!(fast(document("18446744073709551616").as_bytes()), None);
    assert_eq!(fast(document(&"9".repeat(100)).as_bytes()), None);
}
