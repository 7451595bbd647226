use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::rng::Rng;
use crate::world::{World, WorldSize, envelope};

const HELLO: &str = r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}"#;
const OLD_HELLO: &str = "8374000000046400016474000000016400126865617274626561745f696e74657276616c620000a1226400026f70610a640001736400036e696c640001746400036e696c";
const NEW_HELLO: &str = "837400000004770164740000000177126865617274626561745f696e74657276616c620000a12277026f70610a77017377036e696c77017477036e696c";

const NEW: Dialect = Dialect::New { seed: 5 };

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(&pair[0]) << 4 | digit(&pair[1])).collect()
}

/// Compares as a client does, to which an id is the same as text and as a number.
fn same(json: &Value, etf: &Value) -> bool {
    match (json, etf) {
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(key, one)| two.get(key).is_some_and(|two| same(one, two)))
        }
        _ => json == etf,
    }
}

fn check(text: &str) {
    let json = serde_json::from_str::<Value>(text).unwrap();
    for dialect in [Dialect::Old, NEW] {
        let etf = from_etf(&to_etf(text, dialect)).unwrap();
        assert!(same(&json, &etf), "{dialect:?}\n{json}\n{etf}");
    }
    assert_eq!(from_etf(&to_etf(text, NEW)).unwrap(), json, "ids stay text");
}

#[test]
fn hello_is_written_byte_for_byte_as_the_service_writes_it() {
    assert_eq!(to_etf(HELLO, Dialect::Old), bytes(OLD_HELLO));
    let written = |seed| to_etf(HELLO, Dialect::New { seed });
    assert!((0..500).any(|seed| written(seed) == bytes(NEW_HELLO)), "one order of many");
}

#[test]
fn hello_is_read_in_both_dialects() {
    let hello = serde_json::from_str::<Value>(HELLO).unwrap();
    for vector in [OLD_HELLO, NEW_HELLO] {
        assert_eq!(from_etf(&bytes(vector)).unwrap(), hello);
    }
}

#[test]
fn numbers_take_the_shortest_form() {
    for (json, hex) in [
        ("0", "6100"),
        ("255", "61ff"),
        ("256", "6200000100"),
        ("-1", "62ffffffff"),
        ("2147483647", "627fffffff"),
        ("2147483648", "6e040000000080"),
        ("-2147483649", "6e040101000080"),
        ("41771983444115456", "6e07000000c0ca656794"),
        ("18446744073709551615", "6e0800ffffffffffffffff"),
        ("-9223372036854775808", "6e08010000000000000080"),
        ("0.5", "463fe0000000000000"),
        ("1.0", "463ff0000000000000"),
        ("null", "6400036e696c"),
        ("true", "64000474727565"),
        (r#""é""#, "6d00000002c3a9"),
    ] {
        assert_eq!(to_etf(json, Dialect::Old)[1..], bytes(hex), "{json}");
        assert_eq!(from_etf(&to_etf(json, NEW)), Ok(serde_json::from_str(json).unwrap()));
    }
}

#[test]
fn lists_of_bytes_are_strings_and_others_end_with_nil() {
    for (json, hex) in [
        ("[]", "6a"),
        ("[0,1]", "6b00020001"),
        ("[0,256]", "6c00000002610062000001006a"),
        ("[0,1.0]", "6c000000026100463ff00000000000006a"),
        (r#"["1"]"#, "6c000000016d00000001316a"),
    ] {
        assert_eq!(to_etf(json, Dialect::Old)[1..], bytes(hex), "{json}");
        assert_eq!(from_etf(&to_etf(json, Dialect::Old)), Ok(serde_json::from_str(json).unwrap()));
    }
    let long = Value::from(vec![7; 65_536]).to_string();
    assert_eq!(to_etf(&long, Dialect::Old)[1], tag::LIST);
    check(&long);
}

#[test]
fn ids_are_integers_in_the_old_dialect_and_binaries_in_the_new_one() {
    let text = json!({
        "id": "41771983444115456", "guild_id": "7", "parent_id": null, "roles": ["1", "300"],
        "mention_roles": ["1", "2"], "user_ids": ["5"], "name": "7", "permissions": "8",
        "session_id": "77", "custom_id": "5", "applied_tags": ["9000000000"],
        "activities": [{"id": "5", "application_id": "6"}], "emoji": {"id": "007"},
        "resolved": {"users": {"12": {"id": "12"}}}, "member_id": "18446744073709551616",
    });
    let old = json!({
        "id": 41_771_983_444_115_456_u64, "guild_id": 7, "parent_id": null, "roles": [1, 300],
        "mention_roles": [1, 2], "user_ids": [5], "name": "7", "permissions": "8",
        "session_id": "77", "custom_id": "5", "applied_tags": [9_000_000_000_u64],
        "activities": [{"id": "5", "application_id": 6}], "emoji": {"id": "007"},
        "resolved": {"users": {"12": {"id": 12}}}, "member_id": "18446744073709551616",
    });
    let text = text.to_string();
    assert_eq!(from_etf(&to_etf(&text, Dialect::Old)), Ok(old));
    assert_eq!(from_etf(&to_etf(&text, NEW)), Ok(serde_json::from_str(&text).unwrap()));
}

#[test]
fn keys_are_atoms_unless_they_are_ids_or_too_long() {
    let long = "é".repeat(200);
    let endless = "x".repeat(256);
    let text = json!({ "12": 0, &long: 0, &endless: 0, "short": 0, "猫": 0 }).to_string();
    check(&text);
    let has = |etf: &[u8], start: &[u8]| etf.windows(start.len()).any(|part| part == start);
    let (old, new) = (to_etf(&text, Dialect::Old), to_etf(&text, NEW));
    for etf in [&old, &new] {
        assert!(has(etf, b"m\0\0\0\x0212a") && has(etf, b"m\0\0\x01\0xxx"));
    }
    assert!(has(&old, b"d\0\xc8\xe9\xe9") && has(&old, "m\0\0\0\x03猫".as_bytes()));
    assert!(has(&new, b"v\x01\x90\xc3\xa9") && has(&new, "\x03猫".as_bytes()));
}

#[test]
fn the_name_of_a_dispatch_is_an_atom_and_only_that() {
    let etf = to_etf(r#"{"t":"X","s":1,"op":0,"d":{"t":"X"}}"#, Dialect::Old);
    let hex = "83740000000464000164740000000164000174"
        .to_owned()
        + "6d0000000158" // the inner one
        + "6400026f706100640001736101640001746400" + "0158";
    assert_eq!(etf, bytes(&hex));
}

#[test]
fn the_new_dialect_orders_keys_by_its_seed_alone() {
    let orders = (0..40).map(|seed| to_etf(HELLO, Dialect::New { seed })).collect::<Vec<_>>();
    let distinct = orders.iter().collect::<BTreeSet<_>>();
    assert!(distinct.len() > 15, "{}", distinct.len());
    assert!(orders.iter().flatten().any(|byte| *byte == tag::ATOM_UTF8));
    assert_eq!(to_etf(HELLO, NEW), to_etf(HELLO, NEW));
}

#[test]
fn what_is_not_json_breaks_off() {
    for text in ["", "j", "{", r#"{"t":"X","d":nope}"#] {
        assert_eq!(from_etf(&to_etf(text, Dialect::Old)), Err(EtfError::Incomplete), "{text}");
    }
}

#[test]
fn a_term_cut_anywhere_is_incomplete_and_one_with_more_is_trailing() {
    let whole = bytes(OLD_HELLO);
    for len in 1..whole.len() {
        assert_eq!(from_etf(&whole[..len]), Err(EtfError::Incomplete), "{len}");
    }
    assert_eq!(from_etf(&[whole, vec![0]].concat()), Err(EtfError::Trailing));
}

#[test]
fn what_stands_for_no_json_value_is_an_error() {
    for (hex, error) in [
        ("", EtfError::Version),
        ("826100", EtfError::Version),
        ("836800", EtfError::UnknownTag(104)),
        ("8350000000ff", EtfError::UnknownTag(80)),
        ("836c0000000161006100", EtfError::BadList),
        ("836d00000001ff", EtfError::BadText),
        ("837701ff", EtfError::BadText),
        ("83467ff8000000000000", EtfError::BadNumber),
        ("836e0900000000000000000001", EtfError::BadNumber),
        ("836e08010100000000000080", EtfError::BadNumber),
        ("8374000000016a6100", EtfError::BadKey),
        ("836cffffffff6100", EtfError::Incomplete),
    ] {
        assert_eq!(from_etf(&bytes(hex)), Err(error), "{hex}");
    }
    let nested = |depth| [vec![131], bytes("6c00000001").repeat(depth), vec![106]].concat();
    assert_eq!(from_etf(&nested(128)), Err(EtfError::TooDeep));
    assert_eq!(from_etf(&nested(127)), Err(EtfError::Incomplete));
}

#[test]
fn a_client_has_binary_keys_and_three_atoms() {
    let good = "8374000000026d000000026f7061016d0000000164";
    for null in ["77036e696c", "73036e696c", "6400036e696c", "7600036e696c"] {
        let beat = from_client(&bytes(&format!("{good}{null}")));
        assert_eq!(beat, Ok(json!({"op": 1, "d": null})));
    }
    assert_eq!(from_client(&bytes(&format!("{good}73046e756c6c"))), Err(EtfError::BadAtom));
    assert_eq!(from_etf(&bytes(&format!("{good}73046e756c6c"))), Ok(json!({"op": 1, "d": null})));
    for vector in [OLD_HELLO, "8374000000016101" /* an integer */] {
        assert_eq!(from_client(&bytes(vector)), Err(EtfError::BadKey));
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut rng = Rng::new(4);
    let hello = bytes(OLD_HELLO);
    for _ in 0..20_000 {
        let mut data = hello.clone();
        for _ in 0..=rng.below(4) {
            let at = rng.index(data.len());
            data[at] = u8::try_from(rng.below(256)).unwrap();
        }
        let _ = (from_etf(&data), from_client(&data));
    }
}

/// Collects texts that look like ids though the old dialect keeps them text.
fn texts_like_ids(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts_like_ids(item, key, found)),
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| texts_like_ids(value, key, found));
        }
        Value::String(text) if text.len() >= 17 && text.parse::<u64>().is_ok() => {
            found.insert(key.to_owned());
        }
        _ => {}
    }
}

#[test]
fn every_kind_of_event_survives_as_it_was() {
    let mut world = World::new(3, WorldSize { guilds: 8, members: 20, large_guilds: 0 });
    let mut kinds = BTreeMap::<_, u32>::new();
    let mut all = vec![world.ready("5e", "wss://x", Some(gatewright_core::ShardId::ONE))];
    all.extend(world.guilds().iter().filter_map(|guild| world.guild_create(guild.id)));
    for seq in 0..20_000 {
        let event = world.next_event().unwrap();
        let count = kinds.entry(event.kind).or_default();
        *count += 1;
        if *count <= 20 {
            all.push(envelope(event.kind, seq, &event.d));
        }
    }
    assert!(kinds.len() > 30, "only {kinds:?}");
    let mut texts = BTreeSet::new();
    for text in &all {
        check(text);
        texts_like_ids(&from_etf(&to_etf(text, Dialect::Old)).unwrap(), "", &mut texts);
    }
    assert!(texts.iter().eq(["nonce", "small_image", "value"].iter()), "{texts:?}");
}
