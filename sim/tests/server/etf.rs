//! Clients that speak ETF, and zstd-stream under either encoding.

use crate::rig::*;
use gatewright_sim::{Compression, Dialect, Fault, Options, What};
use serde_json::{Value, json};

const TARGETS: [&str; 3] = [ETF, ETF_STREAM, ETF_ZSTD];
const NEW: Dialect = Dialect::New { seed: 3 };

fn quiet(dialect: Dialect) -> Rig {
    let dialect = Some(dialect);
    Rig::new(Options { rate: 0, guilds: 2, members: 8, dialect, ..Options::default() })
}

/// Identifies on a connection and returns READY's payload.
fn live(rig: &mut Rig, target: &str) -> Value {
    rig.open(ONE, target);
    let got = rig.say(ONE, &identify());
    assert_eq!(kinds(&got), ["READY", "GUILD_CREATE", "GUILD_CREATE"]);
    json_of(&got[0])["d"].clone()
}

fn client_of(dialect: Dialect, target: &str) {
    let mut rig = quiet(dialect);
    let hello = rig.open(ONE, target);
    assert_eq!(op(&hello[0]), 10);
    assert_eq!(json_of(&hello[0])["d"]["heartbeat_interval"], 41_250);
    let got = rig.say(ONE, &identify_with("shard", json!([0, 1])));
    assert_eq!(kinds(&got), ["READY", "GUILD_CREATE", "GUILD_CREATE"]);
    let ready = json_of(&got[0])["d"].clone();
    assert_eq!(
        (ready["shard"].clone(), ready["session_type"].clone()),
        (json!([0, 1]), json!("normal"))
    );
    assert_eq!(ready["user"]["id"].is_u64(), dialect == Dialect::Old, "{}", ready["user"]);
    assert_eq!(op(&rig.say(ONE, &beat(Some(3)))[0]), 11);
    let news = rig.dispatch("NEWS", r#"{"guild_id":"41771983444115456","of":[1.5,null,true]}"#);
    assert_eq!(json_of(&news[0])["d"]["of"], json!([1.5, null, true]));
    rig.close(ONE, Some(4000));
    rig.dispatch("MISSED", "{}");
    rig.open(TWO, target);
    let got = rig.say(TWO, &resume(&ready, 4));
    assert_eq!(
        (kinds(&got), seqs(&got, TWO)),
        (vec!["MISSED".into(), "RESUMED".into()], vec![5, 6])
    );
    assert!(rig.frames.iter().all(|(text, _)| !text));
    let stats = rig.server.stats();
    assert_eq!((stats.refused, stats.complaints, stats.resumes), (0, 0, 1), "{:?}", rig.whats());
}

#[test]
fn a_client_lives_and_resumes_without_compression() {
    client_of(Dialect::Old, ETF);
    client_of(NEW, ETF);
}

#[test]
fn a_client_lives_and_resumes_on_a_zlib_stream() {
    client_of(Dialect::Old, ETF_STREAM);
    client_of(NEW, ETF_STREAM);
}

#[test]
fn a_client_lives_and_resumes_on_a_zstd_stream() {
    client_of(Dialect::Old, ETF_ZSTD);
    client_of(NEW, ETF_ZSTD);
}

fn story(dialect: Dialect, target: &str) -> (Vec<Got>, Vec<(bool, Vec<u8>)>) {
    let dialect = Some(dialect);
    let options = Options {
        guilds: 2,
        members: 50,
        rate: 100,
        large_guilds: 1,
        dialect,
        ..Options::default()
    };
    let mut rig = Rig::new(options);
    let mut got = rig.open(ONE, target);
    got.extend(rig.say(ONE, &identify()));
    got.extend(rig.run(secs(10)));
    (got, rig.frames)
}

#[test]
fn every_encoding_and_compression_carries_the_same() {
    let (plain, texts) = story(NEW, PLAIN);
    assert!(plain.len() > 900 && texts.iter().any(|(_, data)| data.len() > 900_000));
    for target in [ZSTD, ETF, ETF_STREAM, ETF_ZSTD] {
        let (got, frames) = story(NEW, target);
        assert!(got == plain, "{target}");
        assert!(frames.len() == texts.len() && frames.iter().all(|(text, _)| !text), "{target}");
    }
}

#[test]
fn a_zstd_stream_has_one_header_and_is_small() {
    let size =
        |frames: &[(bool, Vec<u8>)]| frames.iter().map(|(_, data)| data.len()).sum::<usize>();
    let ((_, texts), (_, frames)) = (story(NEW, PLAIN), story(NEW, ZSTD));
    let header = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x40];
    let headers = frames.iter().map(|(_, data)| data.starts_with(&header));
    assert_eq!(headers.filter(|starts| *starts).count(), 1);
    assert!(frames[0].1.starts_with(&header));
    assert!(size(&frames) * 3 < size(&texts));
}

#[test]
fn the_journal_names_the_compression() {
    for (target, compression) in [
        (ETF, Compression::None),
        (ETF_STREAM, Compression::ZlibStream),
        (ETF_ZSTD, Compression::ZstdStream),
        (ZSTD, Compression::ZstdStream),
    ] {
        let mut rig = Rig::quiet();
        rig.open(ONE, target);
        assert_eq!(rig.whats(), [What::Opened { compression }, HELLO], "{target}");
    }
}

#[test]
fn a_dialect_is_drawn_for_each_connection_unless_it_is_set() {
    let hellos = |dialect| {
        let mut rig = Rig::new(Options { dialect, ..Options::default() });
        (0..40).for_each(|conn| drop(rig.open(gatewright_sim::Conn(conn), ETF)));
        rig.frames.into_iter().map(|(_, hello)| hello).collect::<Vec<_>>()
    };
    let old = |hello: &[u8]| hello[6] == 100;
    let drawn = hellos(None);
    let count = drawn.iter().filter(|hello| old(hello)).count();
    assert!((8..=32).contains(&count), "{count} of 40 are old");
    assert!(hellos(Some(Dialect::Old)).iter().all(|hello| old(hello)));
    let new = hellos(Some(NEW));
    assert!(new.iter().all(|hello| !old(hello) && *hello == new[0]));
}

#[test]
fn what_cannot_be_decoded_is_closed_with_4002() {
    let beat = b"\x83t\0\0\0\x02m\0\0\0\x02opa\x01m\0\0\0\x01ds\x03nil";
    let with = |from: &[u8], to: &[u8]| {
        let at = beat.windows(from.len()).position(|part| part == from).unwrap();
        [&beat[..at], to, &beat[at + from.len()..]].concat()
    };
    let long = json!({"op": 3, "d": "x".repeat(4_100)});
    for target in TARGETS {
        for (text, data) in [
            (true, br#"{"op":1,"d":null}"#.to_vec()),
            (true, beat.to_vec()),
            (false, br#"{"op":1,"d":null}"#.to_vec()),
            (false, Vec::new()),
            (false, vec![131]),
            (false, vec![131, 106]),
            (false, beat[..beat.len() - 1].to_vec()),
            (false, [&beat[..], b"\0"].concat()),
            (false, with(b"m\0\0\0\x02op", b"s\x02op")),
            (false, with(b"m\0\0\0\x02op", b"d\0\x02op")),
            (false, with(b"m\0\0\0\x02op", b"w\x02op")),
            (false, with(b"m\0\0\0\x02op", b"a\x02")),
            (false, with(b"s\x03nil", b"s\x03yes")),
            (false, with(b"s\x03nil", b"m\0\0\0\x01\xFF")),
            (false, with(b"s\x03nil", b"h\0")),
            (false, etf_of(&long)),
        ] {
            let mut rig = Rig::quiet();
            rig.open(ONE, target);
            assert_eq!(rig.raw(ONE, text, &data), [Got::Close(ONE, 4002)], "{data:?}");
        }
    }
}

#[test]
fn all_forms_of_a_client_s_values_are_taken() {
    let mut rig = quiet(Dialect::Old);
    rig.open(ONE, ETF);
    for nil in [&b"d\0\x03nil"[..], b"s\x03nil", b"v\0\x03nil", b"w\x03nil"] {
        let beat = [&b"\x83t\0\0\0\x02m\0\0\0\x02opa\x01m\0\0\0\x01d"[..], nil].concat();
        assert_eq!(op(&rig.raw(ONE, false, &beat)[0]), 11);
    }
    let shard = etf_of(&identify_with("shard", json!([0, 1])));
    let list = b"l\0\0\0\x02a\0a\x01j";
    let at = shard.windows(list.len()).position(|part| part == list).unwrap();
    let shard = [&shard[..at], b"k\0\x02\0\x01", &shard[at + list.len()..]].concat();
    let ready = rig.raw(ONE, false, &shard);
    assert_eq!(json_of(&ready[0])["d"]["shard"], json!([0, 1]));
    let guild = json_of(&ready[0])["d"]["guilds"][0]["id"].clone();
    for id in [guild.clone(), json!(guild.to_string())] {
        let wanted = json!({"op": 8, "d": {"guild_id": id, "query": "", "limit": 3}});
        assert_eq!(kinds(&rig.say(ONE, &wanted)), ["GUILD_MEMBERS_CHUNK"]);
    }
    let away =
        json!({"op": 3, "d": {"since": 1.5, "activities": [], "status": "idle", "afk": true}});
    assert_eq!(rig.say(ONE, &away), []);
    assert_eq!(rig.server.stats().commands, 3);
}

#[test]
fn the_rules_of_opcodes_and_fields_are_those_of_json() {
    for (payload, code) in [
        (json!({"op": 99}), 4003),
        (json!({"d": null}), 4001),
        (json!({"op": 1, "d": "1"}), 4001),
        (json!({"op": 1.0, "d": 1}), 4001),
        (identify_with("token", json!("")), 4004),
        (identify_with("shard", json!([1, 1])), 4010),
        (identify_with("intents", json!(1_u64 << 40)), 4013),
    ] {
        let mut rig = Rig::quiet();
        rig.open(ONE, ETF);
        assert_eq!(rig.say(ONE, &payload), [Got::Close(ONE, code)], "{payload}");
        let mut rig = Rig::quiet();
        rig.open(ONE, PLAIN);
        assert_eq!(rig.say(ONE, &payload), [Got::Close(ONE, code)], "{payload}");
    }
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

/// Sends every command there is and returns the answers.
fn answers(dialect: Dialect, target: &str) -> Vec<Value> {
    let mut rig = quiet(dialect);
    live(&mut rig, target);
    let guild = &rig.server.world().guilds()[0];
    let voice = guild.channels.iter().find(|channel| channel.kind == 2).unwrap();
    let (id, channel, user) = (guild.id, voice.id, guild.members[1].user);
    let mut got = Vec::new();
    for (op, d) in [
        (4, json!({"channel_id": channel.to_string(), "self_mute": true, "self_deaf": false})),
        (8, json!({"query": "", "limit": 0, "presences": true, "nonce": "12"})),
        (8, json!({"query": "", "limit": 0, "nonce": "12"})),
        (8, json!({"user_ids": [user.to_string(), "5", "77"]})),
        (31, json!({"guild_ids": [id.to_string()]})),
        (43, json!({"fields": ["status", "voice_start_time"]})),
    ] {
        let mut d = d;
        d["guild_id"] = json!(id.to_string());
        got.extend(rig.say(ONE, &json!({"op": op, "d": d})));
    }
    assert_eq!(rig.complaints(), [""; 0]);
    got.iter().map(json_of).cloned().collect()
}

#[test]
fn answers_to_commands_are_the_same_in_both_dialects() {
    let plain = answers(NEW, PLAIN);
    let kinds = plain.iter().map(|value| value["t"].as_str().unwrap()).collect::<Vec<_>>();
    let expected = [
        "VOICE_STATE_UPDATE",
        "VOICE_SERVER_UPDATE",
        "GUILD_MEMBERS_CHUNK",
        "RATE_LIMITED",
        "GUILD_MEMBERS_CHUNK",
        "SOUNDBOARD_SOUNDS",
        "CHANNEL_INFO",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(answers(NEW, ETF), plain);
    let old = answers(Dialect::Old, ETF_ZSTD);
    assert_eq!(old[4]["d"]["not_found"], json!([5, 77]));
    assert!(old.len() == plain.len() && plain.iter().zip(&old).all(|(one, two)| same(one, two)));
}

#[test]
fn payload_compression_is_complained_of_and_not_done() {
    for target in TARGETS.into_iter().chain([ZSTD]) {
        let mut rig = Rig::quiet();
        rig.open(ONE, target);
        let got = rig.say(ONE, &identify_with("compress", json!(true)));
        assert_eq!(rig.complaints().len(), 1, "{target}");
        let ready = json_of(&got[0])["d"].clone();
        rig.close(ONE, None);
        rig.open(TWO, target);
        assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 1))).len(), 3, "still readable");
    }
}

#[test]
fn split_messages_of_zstd_stay_whole_and_others_do_not() {
    for target in [ZSTD, ETF, ETF_STREAM, ETF_ZSTD] {
        let mut rig = quiet(NEW);
        rig.open(ONE, target);
        rig.inject(Fault::Split);
        let from = rig.frames.len();
        let mut got = rig.say(ONE, &identify());
        (0..20).for_each(|_| got.extend(rig.dispatch("NEWS", r#"{"text":"nothing new"}"#)));
        assert_eq!(got.len(), 23);
        let frames = rig.frames.len() - from;
        assert_eq!(frames == 23, target.contains("zstd"), "{frames} on {target}");
    }
}

#[test]
fn one_bit_of_one_compressed_message_is_flipped() {
    for target in [ZSTD, ETF, ETF_STREAM, ETF_ZSTD] {
        let text = r#"{"text":"the quick brown fox jumps over the lazy dog"}"#;
        let sent = |corrupt| {
            let mut rig = quiet(NEW);
            live(&mut rig, target);
            if corrupt {
                rig.server.inject(rig.now, Fault::Corrupt);
            }
            rig.server.dispatch(rig.now, "NEWS", text);
            let gatewright_sim::Output::Send { data, .. } = rig.server.poll_output() else {
                panic!("nothing sent")
            };
            data
        };
        let (good, bad) = (sent(false), sent(true));
        let flipped = good.iter().zip(&bad).map(|(good, bad)| (good ^ bad).count_ones());
        assert_eq!((flipped.sum::<u32>(), good.len()), (1, bad.len()), "{target}");
    }
}

#[test]
fn a_broken_dispatch_is_a_term_that_breaks_off() {
    let mut rig = quiet(NEW);
    live(&mut rig, ETF);
    assert_eq!(rig.dispatch("NEWS", "{nope"), []);
    let (text, data) = rig.frames.last().unwrap();
    assert!(!text && data.starts_with(b"\x83m"));
}

#[test]
fn the_same_seed_and_inputs_give_the_same_bytes() {
    let story = |target| {
        let options = Options { rate: 50, seed: 8, guilds: 2, ..Options::default() };
        let mut rig = Rig::new(options);
        let ready = live(&mut rig, target);
        rig.run(secs(5));
        rig.close(ONE, None);
        rig.run(secs(5));
        rig.open(TWO, target);
        rig.say(TWO, &resume(&ready, 4));
        rig.inject(Fault::Split);
        rig.run(secs(5));
        (rig.frames, rig.server.journal().to_vec())
    };
    for target in [ZSTD, ETF, ETF_STREAM, ETF_ZSTD] {
        assert!(story(target) == story(target), "{target}");
    }
}
