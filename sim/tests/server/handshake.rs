//! Opening, Hello, Identify: what the referee takes and what it refuses.

use crate::rig::*;
use gatewright_core::{CloseCode, GuildId, Intents, ShardId};
use gatewright_sim::{Compression, Options, What};
use serde_json::{Value, json};

#[test]
fn hello_comes_at_once_with_all_four_keys_in_order() {
    let mut rig = Rig::quiet();
    let got = rig.open(ONE, PLAIN);
    assert_eq!(got.len(), 1);
    let text = String::from_utf8(rig.frames[0].1.clone()).unwrap();
    assert!(
        text.starts_with(r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250,"#),
        "{text}"
    );
    assert_eq!(rig.whats(), [What::Opened { compression: Compression::None }, HELLO]);
}

#[test]
fn another_version_or_encoding_is_closed_with_4012_without_hello() {
    for target in ["/?v=9&encoding=json", "/?encoding=json", "/?v=10&encoding=xml"] {
        let mut rig = Rig::quiet();
        assert_eq!(rig.open(ONE, target), [Got::Close(ONE, 4012)], "{target}");
    }
}

#[test]
fn a_compression_nobody_speaks_counts_as_none_and_is_complained_of() {
    let mut rig = Rig::quiet();
    let got = rig.open(ONE, "/?v=10&encoding=json&compress=lzma");
    assert_eq!(op(&got[0]), 10);
    assert_eq!(rig.complaints().len(), 1);
}

#[test]
fn ready_is_the_first_dispatch_and_names_every_guild_of_the_shard() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    let got = rig.say(ONE, &identify_with("shard", json!([0, 1])));
    let ready = json_of(&got[0]);
    assert_eq!((ready["t"].as_str(), ready["s"].as_u64()), (Some("READY"), Some(1)));
    let d = &ready["d"];
    assert_eq!(d["v"], 10);
    assert_eq!(d["shard"], json!([0, 1]));
    assert_eq!(d["guilds"].as_array().unwrap().len(), 2);
    assert!(d["guilds"].as_array().unwrap().iter().all(|guild| guild["unavailable"] == true));
    let id = d["session_id"].as_str().unwrap();
    assert!(
        id.len() == 32
            && id.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    );
    assert!(d["resume_gateway_url"].as_str().unwrap().starts_with("wss://"));
    assert!(d["application"]["id"].is_string() && d["application"]["flags"].is_u64());
    assert_eq!(d["user"]["bot"], true);
    assert_eq!(d["session_type"], "normal");
    assert!(rig.whats().contains(&What::Identified {
        shard: ShardId::ONE,
        intents: Intents::from_bits_retain(ALL)
    }));
}

#[test]
fn ready_echoes_no_shard_that_was_not_sent() {
    let mut rig = Rig::quiet();
    assert_eq!(rig.live(ONE).get("shard"), None);
}

#[test]
fn a_guild_create_follows_for_each_guild_and_sequences_rise_by_one() {
    let mut rig = Rig::new(Options { rate: 50, guilds: 4, members: 10, ..Options::default() });
    rig.open(ONE, PLAIN);
    let mut got = rig.say(ONE, &identify());
    assert_eq!(
        kinds(&got),
        ["READY", "GUILD_CREATE", "GUILD_CREATE", "GUILD_CREATE", "GUILD_CREATE"]
    );
    got.extend(rig.run(secs(10)));
    let seqs = seqs(&got, ONE);
    assert!(seqs.len() > 400, "only {}", seqs.len());
    assert!(seqs.iter().copied().eq(1..=seqs.len() as u64));
}

#[test]
fn without_the_guilds_intent_no_guild_comes() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    let got = rig.say(ONE, &identify_with("intents", json!(512)));
    assert_eq!(kinds(&got), ["READY"]);
}

#[test]
fn only_events_of_the_intents_asked_for_come() {
    let mut rig = Rig::new(Options { guilds: 3, members: 20, rate: 200, ..Options::default() });
    rig.open(ONE, PLAIN);
    rig.say(ONE, &identify_with("intents", json!(Intents::GUILD_MESSAGES.bits())));
    let got = rig.run(secs(20));
    let kinds = kinds(&got);
    assert!(kinds.iter().any(|kind| kind == "MESSAGE_CREATE") && kinds.len() > 300);
    let wanted = |kind: &String| {
        kind.starts_with("MESSAGE_") && !kind.contains("REACTION")
            || kind == "INTERACTION_CREATE"
            || kind == "GUILD_APPLICATION_COMMAND_INDEX_UPDATE"
    };
    assert!(kinds.iter().all(wanted), "{kinds:?}");
    let messages = got.iter().map(json_of).filter(|value| value["t"] == "MESSAGE_CREATE");
    assert!(messages.into_iter().all(|message| message["d"]["content"] == ""));
}

#[test]
fn each_shard_gets_its_own_guilds() {
    let options =
        Options { guilds: 30, members: 3, rate: 100, max_concurrency: 16, ..Options::default() };
    let mut rig = Rig::new(options);
    let mut seen = 0;
    for (conn, id) in [(ONE, 0), (TWO, 1)] {
        rig.open(conn, PLAIN);
        let got = rig.say(conn, &identify_with("shard", json!([id, 2])));
        for guild in json_of(&got[0])["d"]["guilds"].as_array().unwrap() {
            let guild = guild["id"].as_str().unwrap().parse().unwrap();
            assert_eq!(GuildId(guild).shard(2), id);
            seen += 1;
        }
    }
    assert_eq!(seen, 30);
    for got in rig.run(secs(5)) {
        let Got::Json(conn, value) = got else { panic!("{got:?}") };
        let guild = value["d"]["guild_id"].as_str().or(value["d"]["id"].as_str()).unwrap();
        assert_eq!(GuildId(guild.parse().unwrap()).shard(2), conn.0 - 1);
    }
}

#[test]
fn two_sessions_of_one_shard_get_the_same_events_at_the_same_rate() {
    let mut rig = Rig::new(Options {
        guilds: 3,
        members: 5,
        rate: 100,
        max_concurrency: 1,
        ..Options::default()
    });
    rig.live(ONE);
    rig.run(secs(6));
    rig.live(TWO);
    let got = rig.run(secs(10));
    let of = |wanted| {
        let here = got.iter().filter(|got| matches!(got, Got::Json(conn, _) if *conn == wanted));
        here.map(|got| json_of(got)["d"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(ONE), of(TWO));
    assert!((950..=1_050).contains(&of(ONE).len()), "{}", of(ONE).len());
}

/// Says a payload first on a fresh connection and returns the close code.
fn refused(options: Options, payload: &Value) -> Option<u16> {
    let mut rig = Rig::new(Options { guilds: 2, members: 5, rate: 0, ..options });
    rig.open(ONE, PLAIN);
    match rig.say(ONE, payload).last() {
        Some(Got::Close(_, code)) => {
            assert!(rig.whats().iter().any(|what| matches!(what, What::Refused { .. })));
            Some(*code)
        }
        _ => None,
    }
}

#[test]
fn a_wrong_token_is_closed_with_4004() {
    let options = Options { token: Some("right".to_owned()), ..Options::default() };
    assert_eq!(refused(options.clone(), &identify_with("token", json!("wrong"))), Some(4004));
    assert_eq!(refused(options, &identify_with("token", json!("right"))), None);
}

#[test]
fn a_token_is_taken_with_and_without_its_http_prefix() {
    let known = || Options { token: Some("t0k3n".to_owned()), ..Options::default() };
    for (token, code) in
        [("t0k3n", None), ("Bot t0k3n", None), ("Bot x", Some(4004)), ("", Some(4004))]
    {
        assert_eq!(refused(known(), &identify_with("token", json!(token))), code, "{token}");
    }
    assert_eq!(refused(Options::default(), &identify_with("token", json!("Bot "))), Some(4004));
}

#[test]
fn presences_that_libraries_send_are_taken() {
    let old = json!({"status": "online", "game": null, "since": 0, "afk": false});
    let float = json!({"status": "online", "activities": [], "since": 0.0, "afk": false});
    for presence in [json!(null), old, float] {
        assert_eq!(refused(Options::default(), &identify_with("presence", presence)), None);
    }
}

#[test]
fn an_identify_of_the_wrong_shape_is_closed_with_4001() {
    for (key, value) in [
        ("token", json!(null)),
        ("token", json!(5)),
        ("properties", json!(null)),
        ("properties", json!({"$os": "x", "$browser": "x", "$device": "x"})),
        ("compress", json!("yes")),
        ("large_threshold", json!(49)),
        ("large_threshold", json!(251)),
        ("presence", json!({"status": "online", "activities": []})),
    ] {
        assert_eq!(
            refused(Options::default(), &identify_with(key, value.clone())),
            Some(4001),
            "{key}: {value}"
        );
    }
}

#[test]
fn an_impossible_shard_is_closed_with_4010() {
    for shard in
        [json!([1, 1]), json!([-1, 2]), json!([0, 0]), json!([0]), json!("0,1"), json!([0, 1, 2])]
    {
        assert_eq!(
            refused(Options::default(), &identify_with("shard", shard.clone())),
            Some(4010),
            "{shard}"
        );
    }
    let options = Options { max_shards: 4, ..Options::default() };
    assert_eq!(refused(options.clone(), &identify_with("shard", json!([0, 5]))), Some(4010));
    assert_eq!(refused(options, &identify_with("shard", json!([0, 4]))), None);
}

#[test]
fn too_many_guilds_for_one_shard_are_closed_with_4011() {
    let options = Options { max_guilds_per_shard: 1, ..Options::default() };
    assert_eq!(refused(options, &identify()), Some(4011));
    let options = Options { max_guilds_per_shard: 2, ..Options::default() };
    assert_eq!(refused(options, &identify()), None);
}

#[test]
fn missing_or_undefined_intents_are_closed_with_4013() {
    for intents in
        [json!(null), json!("513"), json!(-1), json!(1.5), json!(1 << 17), json!(1_u64 << 40)]
    {
        assert_eq!(
            refused(Options::default(), &identify_with("intents", intents.clone())),
            Some(4013),
            "{intents}"
        );
    }
}

#[test]
fn a_privileged_intent_that_is_not_granted_is_closed_with_4014() {
    let options = Options { privileged: Intents::GUILD_MEMBERS, ..Options::default() };
    assert_eq!(refused(options.clone(), &identify_with("intents", json!(1 << 8))), Some(4014));
    assert_eq!(refused(options, &identify_with("intents", json!(1 << 1))), None);
}

#[test]
fn anything_but_a_heartbeat_before_identify_is_closed_with_4003() {
    assert_eq!(refused(Options::default(), &json!({"op": 3, "d": {}})), Some(4003));
    assert_eq!(refused(Options::default(), &json!({"op": 99, "d": {}})), Some(4003));
    assert_eq!(refused(Options::default(), &json!({"op": 1, "d": null})), None);
}

#[test]
fn a_second_identify_or_resume_is_closed_with_4005() {
    for second in
        [identify(), json!({"op": 6, "d": {"token": "t0k3n", "session_id": "x", "seq": 1}})]
    {
        let mut rig = Rig::quiet();
        rig.live(ONE);
        assert_eq!(rig.say(ONE, &second), [Got::Close(ONE, 4005)]);
    }
}

#[test]
fn a_second_identify_of_a_bucket_within_5_s_gets_op_9_false() {
    let mut rig = Rig::new(Options {
        rate: 0,
        guilds: 1,
        members: 2,
        max_concurrency: 2,
        ..Options::default()
    });
    let mut start = |conn, id: u32| {
        rig.open(conn, PLAIN);
        let got = rig.say(conn, &identify_with("shard", json!([id, 4])));
        let refused = op(&got[0]) == 9;
        assert!(!refused || json_of(&got[0])["d"] == json!(false));
        rig.after(millis(2_400));
        refused
    };
    let conns = [1, 2, 3, 4].map(gatewright_sim::Conn);
    assert!(!start(conns[0], 0));
    assert!(!start(conns[1], 1));
    assert!(start(conns[2], 2), "the bucket of shard 0 is busy for 200 ms more");
    assert!(!start(conns[3], 2));
    assert_eq!(rig.server.stats().identifies_refused, 1);
}

/// A gateway that grants so many Identifies, the first of them until an hour after its beginning.
fn granting(session_starts: u32) -> Rig {
    let (first_reset, max_concurrency) = (secs(3_600), 16);
    let quiet = Options { rate: 0, guilds: 1, members: 2, ..Options::default() };
    Rig::new(Options { session_starts, first_reset, max_concurrency, ..quiet })
}

fn identify_shard(id: u32) -> Value {
    identify_with("shard", json!([id, 16]))
}

#[test]
fn an_identify_beyond_the_days_starts_ends_all_sessions_and_resets_the_token() {
    let mut rig = granting(2);
    let conns = [1, 2, 3, 4].map(gatewright_sim::Conn);
    for (conn, id) in conns.into_iter().zip(0..2) {
        rig.open(conn, PLAIN);
        assert_eq!(kinds(&rig.say(conn, &identify_shard(id))), ["READY"], "{conn:?}");
    }
    rig.open(conns[2], PLAIN);
    let got = rig.say(conns[2], &identify_shard(2));
    assert_eq!(got.len(), 3, "{got:?}");
    for conn in &conns[..3] {
        assert!(got.contains(&Got::Close(*conn, 4004)), "{got:?}");
    }
    let stats = rig.server.stats();
    assert_eq!((stats.token_resets, stats.session_starts, stats.sessions), (1, 3, 0));
    assert!(rig.whats().contains(&What::TokenReset));
    // Neither a Resume nor an Identify of another day brings the token back.
    rig.open(ONE, PLAIN);
    let resume = json!({"op": 6, "d": {"token": "t0k3n", "session_id": "x", "seq": 1}});
    assert_eq!(rig.say(ONE, &resume), [Got::Close(ONE, 4004)]);
    rig.after(secs(86_400));
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &identify_shard(3)), [Got::Close(TWO, 4004)]);
    assert_eq!(rig.server.stats().token_resets, 1, "a wrong token is not counted");
    rig.open(conns[3], PLAIN);
    let renewed = json!({"op": 2, "d": {"token": "renewed", "intents": 1, "properties": {"os": "", "browser": "", "device": ""}}});
    assert_eq!(kinds(&rig.say(conns[3], &renewed)).first().map(String::as_str), Some("READY"));
}

#[test]
fn the_days_starts_begin_anew_when_their_time_is_over() {
    let mut rig = granting(1);
    rig.open(ONE, PLAIN);
    rig.say(ONE, &identify_shard(0));
    rig.after(secs(3_599));
    rig.open(TWO, PLAIN);
    assert_eq!(kinds(&rig.say(TWO, &identify_shard(1))), ["READY"]);
    assert_eq!((rig.server.stats().token_resets, rig.server.stats().session_starts), (0, 2));
}

#[test]
fn a_resume_is_no_start_of_the_day() {
    let mut rig = granting(1);
    rig.open(ONE, PLAIN);
    let got = rig.say(ONE, &identify_shard(0));
    let id = json_of(&got[0])["d"]["session_id"].clone();
    for seq in 1..20_u32 {
        rig.close(ONE, Some(4000));
        rig.open(ONE, PLAIN);
        let resume = json!({"token": "t0k3n", "session_id": id, "seq": seq});
        assert_eq!(kinds(&rig.say(ONE, &json!({"op": 6, "d": resume}))), ["RESUMED"]);
    }
    assert_eq!((rig.server.stats().session_starts, rig.server.stats().resumes), (1, 19));
}

#[test]
fn what_cannot_be_decoded_is_closed_with_4002() {
    for data in [&b"{\"op\":"[..], b"\xFF", b"[]"] {
        let mut rig = Rig::quiet();
        rig.open(ONE, PLAIN);
        assert_eq!(rig.raw(ONE, true, data), [Got::Close(ONE, 4002)]);
    }
}

#[test]
fn what_some_clients_send_in_the_manner_of_old_is_complained_of() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    rig.raw(ONE, false, br#"{"op":1,"d":null}"#);
    rig.say(ONE, &identify_shard(0));
    let d = json!({"since": null, "afk": false, "status": "idle", "game": null});
    assert_eq!(rig.say(ONE, &json!({"op": 3, "d": d})), []);
    let complaints = ["JSON in a binary message", "a presence without activities"];
    assert_eq!(rig.complaints(), complaints);
}

#[test]
fn a_payload_over_4096_bytes_is_closed_with_4002() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    let long = identify_with("filler", json!("x".repeat(4_096)));
    assert_eq!(rig.say(ONE, &long), [Got::Close(ONE, 4002)]);
    assert!(rig.whats().contains(&What::ClosedByServer { code: CloseCode::DECODE_ERROR }));
}
