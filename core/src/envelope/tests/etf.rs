use std::vec::Vec;

use super::*;
use crate::term::build::{ATOMS, Term, a, atom, document, map, text, write};
use crate::{Encoding, term};

/// Feeds a document in pieces of `size` bytes and returns the scanner with where it ended.
fn feed(document: &[u8], size: usize) -> Result<(Scanner, Option<usize>), Broken> {
    let mut scanner = Scanner::new(Encoding::Etf);
    let mut at = 0;
    for piece in document.chunks(size) {
        match scanner.feed(piece)? {
            Fed::More => at += piece.len(),
            Fed::Done(taken) => return Ok((scanner, Some(at + taken))),
        }
    }
    Ok((scanner, None))
}

fn scan(bytes: &[u8]) -> Scanner {
    let (scanner, end) = feed(bytes, bytes.len()).unwrap();
    assert_eq!(end, Some(bytes.len()));
    scanner
}

/// All that a scanner found, to be compared.
fn findings(scanner: &Scanner) -> impl PartialEq + std::fmt::Debug {
    let details = scanner.details();
    (
        scanner.envelope(),
        scanner.length(),
        details.session_id.plain(),
        details.resume_url.plain(),
        (details.heartbeat_interval_ms, details.id, details.guild_id, details.is_true),
    )
}

fn message() -> Term {
    map([
        (
            "d",
            map([
                ("id", Term::Big(175_928_847_299_117_063)),
                ("content", text("not { a [ JSON \" text \\")),
                ("mentions", Term::List(vec![map([("id", Term::Int(9))]), Term::Nil])),
                ("shard", Term::Bytes(vec![0, 1])),
                ("x", Term::Tuple(term::SMALL_TUPLE, vec![a("id"), Term::Int(3)])),
                ("guild_id", text("41771983444115456")),
            ]),
        ),
        ("op", Term::Int(0)),
        ("s", Term::Int(70_000)),
        ("t", a("MESSAGE_CREATE")),
    ])
}

#[test]
fn a_dispatch_with_d_first_is_read() {
    let bytes = document(&message());
    let scanner = scan(&bytes);
    let envelope = scanner.envelope().unwrap();
    assert_eq!((envelope.op, envelope.seq), (0, NonZeroU64::new(70_000)));
    assert_eq!(envelope.kind, EventKind::MessageCreate);
    assert_eq!(envelope.name.of(&bytes), b"MESSAGE_CREATE");
    let data = envelope.data.of(&bytes);
    assert_eq!(data.first(), Some(&term::MAP));
    assert_eq!(bytes.windows(data.len()).position(|window| window == data), Some(9));
    assert!(bytes[9 + data.len()..].starts_with(b"w\x02op"));
    let details = scanner.details();
    assert_eq!(details.id, Some(175_928_847_299_117_063));
    assert_eq!(details.guild_id, Some(41_771_983_444_115_456));
}

#[test]
fn hello_is_read_with_every_atom_tag() {
    for tag in ATOMS {
        let key = |name| Term::Atom(tag, name);
        let hello = Term::Map(vec![
            (
                key("d"),
                Term::Map(vec![
                    (key("_trace"), Term::List(vec![text("[]")])),
                    (key("heartbeat_interval"), Term::Int(41_250)),
                ]),
            ),
            (key("op"), Term::Int(10)),
            (key("s"), key("nil")),
            (key("t"), key("nil")),
        ]);
        let bytes = document(&hello);
        let scanner = scan(&bytes);
        let envelope = scanner.envelope().unwrap();
        assert_eq!((envelope.op, envelope.seq), (10, None), "{tag}");
        assert_eq!((envelope.kind, envelope.name.len), (EventKind::Unknown, 0));
        assert_eq!(scanner.details().heartbeat_interval_ms, Some(41_250));
    }
}

#[test]
fn keys_may_be_binaries_and_integers_and_come_in_any_order() {
    let parts = [
        (text("op"), Term::Int(0)),
        (a("s"), Term::Big(7)),
        (text("t"), text("GUILD_CREATE")),
        (a("d"), Term::Map(vec![(Term::Int(100), Term::Int(1)), (text("id"), Term::Int(5))])),
        (Term::Int(115), Term::Int(99)),
        (Term::Big(1 << 40), Term::OldFloat),
    ];
    for first in 0..parts.len() {
        for second in 0..parts.len() {
            let mut order = parts.to_vec();
            order.swap(0, first);
            order.swap(1, second);
            let bytes = document(&Term::Map(order));
            let scanner = scan(&bytes);
            let envelope = scanner.envelope().unwrap();
            assert_eq!((envelope.op, envelope.seq), (0, NonZeroU64::new(7)), "{first} {second}");
            assert_eq!(envelope.kind, EventKind::GuildCreate, "{first} {second}");
            assert_eq!(envelope.name.of(&bytes), b"GUILD_CREATE");
            assert_eq!(scanner.details().id, Some(5));
        }
    }
}

#[test]
fn ids_come_as_integers_and_as_text() {
    let max = [vec![0xFF; 8], vec![0]].concat();
    for (term, id) in [
        (Term::Int(0), Some(0)),
        (Term::Int(255), Some(255)),
        (Term::Int(256), Some(256)),
        (Term::Int(-1), None),
        (Term::Big(u64::MAX), Some(u64::MAX)),
        (Term::Big(0), Some(0)),
        (Term::Huge(vec![1, 2]), Some(513)),
        (Term::Huge(max), None),
        (Term::Huge(vec![1; 300]), None),
        (text("18446744073709551615"), Some(u64::MAX)),
        (text("18446744073709551616"), None),
        (text("x"), None),
        (Term::Atom(term::ATOM, "17"), Some(17)),
        (a("nil"), None),
        (a("true"), None),
        (Term::Float(5.0), None),
        (Term::Bytes(vec![49]), None),
        (Term::Nil, None),
        (Term::List(vec![Term::Int(1)]), None),
        (map([("id", Term::Int(1))]), None),
    ] {
        let fields = map([("id", term.clone()), ("guild_id", term.clone())]);
        let bytes = document(&map([("op", Term::Int(0)), ("d", fields)]));
        let scanner = scan(&bytes);
        let details = scanner.details();
        assert_eq!((details.id, details.guild_id), (id, id), "{term:?}");
    }
    let negative = *b"\x83t\0\0\0\x02w\x02opa\0w\x01dt\0\0\0\x01w\x02idn\x01\x01\x05";
    assert_eq!(scan(&negative).details().id, None);
}

#[test]
fn d_may_be_a_word_a_number_or_absent() {
    for (d, is_true) in [
        (a("true"), true),
        (a("false"), false),
        (a("nil"), false),
        (a("null"), false),
        (a("undefined"), false),
        (text("true"), false),
        (Term::Int(251), false),
        (Term::Nil, false),
        (Term::Bytes(vec![1]), false),
        (map([]), false),
    ] {
        let bytes = document(&map([("d", d.clone()), ("op", Term::Int(9))]));
        let scanner = scan(&bytes);
        assert_eq!(scanner.details().is_true, is_true, "{d:?}");
        let mut term = Vec::new();
        write(&d, &mut term);
        assert_eq!(scanner.envelope().unwrap().data.of(&bytes), term, "{d:?}");
    }
    let bytes = document(&map([("op", Term::Int(11))]));
    assert_eq!(scan(&bytes).envelope().unwrap().data.len, 0);
}

#[test]
fn details_of_ready_are_found_wherever_they_stand() {
    let guild = |id| map([("id", Term::Big(id)), ("session_id", text("no"))]);
    let ready = map([
        (
            "d",
            map([
                ("guilds", Term::List(vec![guild(1 << 60), guild(2 << 60)])),
                ("session_type", a("normal")),
                ("session_id", text("abc")),
                ("resume_gateway_url", text("wss://x.gg")),
            ]),
        ),
        ("op", Term::Int(0)),
        ("s", Term::Int(1)),
        ("t", a("READY")),
    ]);
    let bytes = document(&ready);
    for size in [1, 7, 500] {
        let (scanner, _) = feed(&bytes, size).unwrap();
        let details = scanner.details();
        assert_eq!(details.session_id.plain().unwrap(), "abc");
        assert_eq!(details.resume_url.plain().unwrap(), "wss://x.gg");
        assert_eq!(details.id, None);
    }
}

#[test]
fn a_session_id_that_is_a_word_or_too_long_counts_as_absent() {
    let long = "x".repeat(65);
    for (term, expected) in [
        (a("nil"), None),
        (a("undefined"), None),
        (a("true"), None),
        (Term::Int(5), None),
        (text(&long), None),
        (text(""), None),
        (a("normal"), Some("normal")),
        (text("nil"), Some("nil")),
    ] {
        let d = map([("session_id", term.clone()), ("resume_gateway_url", term.clone())]);
        let bytes = document(&map([("op", Term::Int(0)), ("d", d)]));
        let scanner = scan(&bytes);
        let id = scanner.details().session_id.plain();
        assert_eq!(id.as_deref(), expected, "{term:?}");
    }
}

#[test]
fn the_last_of_several_equal_keys_wins() {
    let first = map([("id", Term::Int(1)), ("session_id", text("a"))]);
    let last = map([("guild_id", Term::Int(3)), ("guild_id", Term::Int(4))]);
    let bytes = document(&map([
        ("op", Term::Int(9)),
        ("t", a("READY")),
        ("d", first),
        ("op", Term::Int(0)),
        ("t", a("nil")),
        ("d", last),
    ]));
    let scanner = scan(&bytes);
    let (envelope, details) = (scanner.envelope().unwrap(), scanner.details());
    assert_eq!((envelope.op, envelope.kind, envelope.name.len), (0, EventKind::Unknown, 0));
    assert_eq!((details.id, details.guild_id), (None, Some(4)));
    assert_eq!(details.session_id.plain(), None);
}

#[test]
fn a_name_that_is_no_utf8_is_kept_as_it_came() {
    let mut bytes = b"\x83t\0\0\0\x02w\x02opa\0w\x01t".to_vec();
    atom(term::ATOM, b"\xFFoo", &mut bytes);
    let envelope = scan(&bytes).envelope().unwrap();
    assert_eq!((envelope.kind, envelope.name.of(&bytes)), (EventKind::Unknown, &b"\xFFoo"[..]));
}

#[test]
fn documents_follow_each_other_without_anything_between() {
    let one = document(&message());
    let two = [one.clone(), one.clone()].concat();
    let (_, end) = feed(&two, two.len()).unwrap();
    assert_eq!(end, Some(one.len()));
}

#[test]
fn a_document_cut_anywhere_goes_on() {
    let bytes = document(&message());
    for end in 0..bytes.len() {
        let mut scanner = Scanner::new(Encoding::Etf);
        assert_eq!(scanner.feed(&bytes[..end]), Ok(Fed::More), "{end}");
        assert_eq!(scanner.envelope(), Err(Broken), "{end}");
        assert_eq!(scanner.is_idle(), end == 0);
        let rest = bytes.len() - end;
        assert_eq!(scanner.feed(&bytes[end..]), Ok(Fed::Done(rest)), "{end}");
    }
}

#[test]
fn broken_documents_are_refused() {
    let cases: [&[u8]; 14] = [
        b"{\"op\":1}",
        b"\x82t\0\0\0\0",
        b"\x83P\0\0\0\x05x",
        b"\x83a\x01",
        b"\x83l\0\0\0\x01a\x01j",
        b"\x83t\0\0\0\x01F",
        b"\x83t\0\0\0\x01k\0\x01x",
        b"\x83t\0\0\0\x01j",
        b"\x83t\0\0\0\x01t\0\0\0\0",
        b"\x83t\0\0\0\x01w\x01d\x00",
        b"\x83t\0\0\0\x01w\x01dP",
        b"\x83t\0\0\0\x01w\x01dl\0\0\0\x01a\x01a\x01",
        b"\x83t\0\0\0\x01w\x01dl\0\0\0\x01g",
        b"\x83t\0\0\0\x01w\x01xo\xFF\xFF\xFF\xFF",
    ];
    for bytes in cases {
        for size in [1, bytes.len()] {
            assert_eq!(feed(bytes, size).err(), Some(Broken), "{}", bytes.escape_ascii());
        }
    }
    for without_op in [
        map([]),
        map([("op", text("0"))]),
        map([("op", Term::Int(-1))]),
        map([("op", Term::Float(0.0))]),
        map([("op", a("nil"))]),
    ] {
        assert_eq!(scan(&document(&without_op)).envelope(), Err(Broken), "{without_op:?}");
    }
}

#[test]
fn depth_and_promised_counts_cost_nothing() {
    let mut deep = b"\x83t\0\0\0\x02w\x02opa\0w\x01d".to_vec();
    for _ in 0..200_000 {
        deep.extend(b"l\0\0\0\x01");
    }
    deep.push(term::NIL);
    deep.extend(std::iter::repeat_n(term::NIL, 200_000));
    let (scanner, end) = feed(&deep, 4_096).unwrap();
    assert_eq!(end, Some(deep.len()));
    assert_eq!(scanner.envelope().unwrap().op, 0);
    for (outer, inner) in [("", "t"), ("t", ""), ("l", "l"), ("i", "t"), ("t", "t")] {
        let mut hostile = b"\x83t\xFF\xFF\xFF\xFFw\x01d".to_vec();
        for _ in 0..1_000 {
            for tag in outer.bytes().chain(inner.bytes()) {
                hostile.push(tag);
                hostile.extend([0xFF; 4]);
                if tag == term::MAP {
                    hostile.extend(b"a\x01");
                }
            }
        }
        let (scanner, end) = feed(&hostile, 1_000).unwrap();
        assert_eq!((scanner.envelope(), end), (Err(Broken), None), "{outer}{inner}");
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let len = self.below(most);
        (0..len).map(|_| u8::try_from(self.below(256)).unwrap()).collect()
    }

    fn terms(&mut self, depth: u64) -> Vec<Term> {
        let len = self.below(4);
        (0..len).map(|_| self.term(depth)).collect()
    }

    fn term(&mut self, depth: u64) -> Term {
        const WORDS: [&str; 6] = ["nil", "true", "false", "null", "READY", "GUILD_CREATE"];
        let tag = ATOMS[usize::try_from(self.below(4)).unwrap()];
        let shapes = if depth == 0 { 10 } else { 14 };
        match self.below(shapes) {
            0 => Term::Int(i64::try_from(self.below(300)).unwrap() - 20),
            1 => Term::Big(self.below(1 << 31) << self.below(33)),
            2 => Term::Huge(self.bytes(80)),
            3 => Term::Float(1.5),
            4 => Term::OldFloat,
            5 | 6 => Term::Atom(tag, WORDS[usize::try_from(self.below(6)).unwrap()]),
            7 => Term::Text(self.bytes(200)),
            8 => Term::Bytes(self.bytes(50)),
            9 => Term::Nil,
            10 => Term::List(self.terms(depth - 1)),
            11 => Term::Tuple(term::SMALL_TUPLE, self.terms(depth - 1)),
            12 => Term::Tuple(term::LARGE_TUPLE, self.terms(depth - 1)),
            _ => self.map(depth - 1),
        }
    }

    fn map(&mut self, depth: u64) -> Term {
        const KEYS: [&str; 11] = [
            "d",
            "op",
            "s",
            "t",
            "id",
            "guild_id",
            "session_id",
            "resume_gateway_url",
            "heartbeat_interval",
            "x",
            "content",
        ];
        let len = self.below(7);
        let mut entries = Vec::new();
        for _ in 0..len {
            let name = KEYS[usize::try_from(self.below(11)).unwrap()];
            let tag = ATOMS[usize::try_from(self.below(4)).unwrap()];
            let key = match self.below(4) {
                0 => text(name),
                1 => Term::Int(i64::try_from(self.below(200)).unwrap()),
                _ => Term::Atom(tag, name),
            };
            entries.push((key, self.term(depth)));
        }
        Term::Map(entries)
    }
}

#[test]
fn any_split_gives_the_same_as_the_whole() {
    let mut random = Random(7);
    for round in 0..2_000 {
        let mut document_map = random.map(4);
        if let Term::Map(entries) = &mut document_map {
            entries.push((a("op"), Term::Int(0)));
        }
        let bytes = document(&document_map);
        let whole = scan(&bytes);
        assert!(whole.envelope().is_ok(), "{document_map:?}");
        for size in [1, 2, 3, 5, 1 + usize::try_from(random.below(64)).unwrap()] {
            let (split, end) = feed(&bytes, size).unwrap();
            assert_eq!(end, Some(bytes.len()), "{round} {size}");
            assert_eq!(findings(&split), findings(&whole), "{round} {size} {document_map:?}");
        }
    }
}

#[test]
fn no_bytes_make_the_scanner_panic() {
    const ALPHABET: &[u8] = b"atlmkjnhiowsvdF\x83\0\0\0\0\x01\x02\x03opdstid\xFF";
    let mut random = Random(11);
    for _ in 0..50_000 {
        let mut bytes = b"\x83t\0\0\0".to_vec();
        for _ in 0..40 {
            let at = random.below(u64::try_from(ALPHABET.len()).unwrap());
            bytes.push(ALPHABET[usize::try_from(at).unwrap()]);
        }
        let scanned = |size| {
            feed(&bytes, size).map(|(scanner, end)| (format!("{:?}", findings(&scanner)), end))
        };
        assert_eq!(scanned(bytes.len()), scanned(1), "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_flipped_byte_is_refused_or_changes_what_was_read_and_nothing_else() {
    let whole = document(&message());
    for at in 0..whole.len() {
        for flip in [0x01, 0x10, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            let scanned = |size| {
                feed(&bytes, size).map(|(scanner, end)| (format!("{:?}", findings(&scanner)), end))
            };
            assert_eq!(scanned(bytes.len()), scanned(1), "{at} {flip}");
        }
    }
}
