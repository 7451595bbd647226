//! Commands and their answers.

use crate::rig::*;
use gatewright_core::Intents;
use gatewright_sim::{Options, Server, What};
use serde_json::{Value, json};

fn guild(server: &Server) -> String {
    server.world().guilds()[0].id.to_string()
}

fn ask(rig: &mut Rig, d: Value) -> Vec<Value> {
    let got = rig.say(ONE, &json!({"op": 8, "d": d}));
    got.iter().map(|got| json_of(got).clone()).collect()
}

fn live(members: u32, intents: Intents) -> Rig {
    let mut rig = Rig::new(Options { rate: 0, guilds: 2, members, ..Options::default() });
    rig.open(ONE, PLAIN);
    rig.say(ONE, &identify_with("intents", json!(intents.bits())));
    rig
}

#[test]
fn all_members_come_in_chunks_of_a_thousand() {
    let mut rig = live(2_300, Intents::DOCUMENTED);
    let guild = guild(&rig.server);
    let chunks = ask(&mut rig, json!({"guild_id": guild, "query": "", "limit": 0, "nonce": "abc"}));
    let sizes = chunks.iter().map(|chunk| chunk["d"]["members"].as_array().unwrap().len());
    assert_eq!(sizes.collect::<Vec<_>>(), [1_000, 1_000, 300]);
    for (index, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk["t"], "GUILD_MEMBERS_CHUNK");
        assert_eq!(chunk["d"]["chunk_index"], index);
        assert_eq!((&chunk["d"]["chunk_count"], &chunk["d"]["nonce"]), (&json!(3), &json!("abc")));
        assert_eq!(chunk["d"].get("presences"), None);
    }
    assert!(rig.complaints().is_empty());
}

#[test]
fn asking_for_all_members_twice_in_30_s_is_rate_limited() {
    let mut rig = live(5, Intents::DOCUMENTED);
    let guild = guild(&rig.server);
    let request = json!({"guild_id": guild, "query": "", "limit": 0, "nonce": "n\"1"});
    assert_eq!(ask(&mut rig, request.clone())[0]["t"], "GUILD_MEMBERS_CHUNK");
    rig.after(secs(10));
    let limited = ask(&mut rig, request.clone());
    assert_eq!(limited[0]["t"], "RATE_LIMITED");
    assert_eq!(limited[0]["d"]["opcode"], 8);
    assert_eq!(limited[0]["d"]["retry_after"], 20.0);
    assert_eq!(limited[0]["d"]["meta"], json!({"guild_id": guild, "nonce": "n\"1"}));
    rig.after(secs(20));
    assert_eq!(ask(&mut rig, request)[0]["t"], "GUILD_MEMBERS_CHUNK");
}

#[test]
fn users_who_are_no_members_are_named() {
    let mut rig = live(5, Intents::DOCUMENTED);
    let member = rig.server.world().guilds()[0].members[2].user.to_string();
    let guild = guild(&rig.server);
    let chunks =
        ask(&mut rig, json!({"guild_id": guild, "user_ids": [member, "7"], "presences": true}));
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0]["d"]["members"][0]["user"]["id"], member);
    assert_eq!(chunks[0]["d"]["not_found"], json!(["7"]));
    assert!(chunks[0]["d"]["presences"].is_array());
}

#[test]
fn a_prefix_finds_members_by_name() {
    let mut rig = live(50, Intents::DOCUMENTED);
    let world = rig.server.world();
    let name = world.user(world.guilds()[0].members[3].user).unwrap().username.clone();
    let guild = guild(&rig.server);
    let chunks =
        ask(&mut rig, json!({"guild_id": guild, "query": name.to_uppercase(), "limit": 10}));
    let found = chunks[0]["d"]["members"].as_array().unwrap();
    assert!(found.iter().any(|member| member["user"]["username"] == name));
    assert!(found.len() <= 10);
}

#[test]
fn a_nonce_over_32_bytes_vanishes() {
    let mut rig = live(5, Intents::DOCUMENTED);
    let guild = guild(&rig.server);
    let chunks =
        ask(&mut rig, json!({"guild_id": guild, "query": "", "limit": 1, "nonce": "x".repeat(33)}));
    assert_eq!(chunks[0]["d"].get("nonce"), None);
    assert_eq!(rig.complaints(), ["a member request with a nonce over 32 bytes"]);
    let chunks =
        ask(&mut rig, json!({"guild_id": guild, "query": "", "limit": 1, "nonce": "x".repeat(32)}));
    assert_eq!(chunks[0]["d"]["nonce"], "x".repeat(32));
}

#[test]
fn without_the_intent_a_request_for_all_members_gets_no_answer() {
    let mut rig = live(5, Intents::unprivileged());
    let guild = guild(&rig.server);
    assert_eq!(
        ask(&mut rig, json!({"guild_id": guild, "query": "", "limit": 0})),
        Vec::<Value>::new()
    );
    assert_eq!(rig.complaints(), ["a request for all members without the intent"]);
}

#[test]
fn a_request_for_a_foreign_guild_gets_no_answer() {
    let mut rig = live(5, Intents::DOCUMENTED);
    assert_eq!(
        ask(&mut rig, json!({"guild_id": "5", "query": "", "limit": 0})),
        Vec::<Value>::new()
    );
    assert_eq!(rig.complaints(), ["a command for a guild that is not on this shard"]);
}

#[test]
fn a_member_request_of_the_wrong_shape_is_closed_with_4001() {
    let mut rig = live(5, Intents::DOCUMENTED);
    let got = rig.say(ONE, &json!({"op": 8, "d": {"guild_id": "5"}}));
    assert_eq!(got, [Got::Close(ONE, 4001)]);
}

#[test]
fn joining_voice_tells_the_state_and_the_server() {
    let mut rig = live(5, Intents::DOCUMENTED);
    let (guild, own) = (guild(&rig.server), rig.server.world().own_id());
    let voice = rig.server.world().guilds()[0]
        .channels
        .iter()
        .find(|channel| channel.is_voice())
        .unwrap()
        .id;
    let mut join = |channel: Value| {
        let d = json!({"guild_id": guild, "channel_id": channel, "self_mute": true, "self_deaf": false});
        let got = rig.say(ONE, &json!({"op": 4, "d": d}));
        let states =
            rig.server.world().guilds()[0].voice_states.get(&own).map(|state| state.channel);
        (got.iter().map(|got| json_of(got).clone()).collect::<Vec<_>>(), states)
    };
    let (answers, state) = join(json!(voice.to_string()));
    assert_eq!(answers[0]["t"], "VOICE_STATE_UPDATE");
    assert_eq!(answers[0]["d"]["user_id"], own.to_string());
    assert_eq!(answers[0]["d"]["self_mute"], true);
    assert_eq!(answers[1]["t"], "VOICE_SERVER_UPDATE");
    assert_eq!(state, Some(voice));
    let (answers, state) = join(json!(null));
    assert_eq!(answers.len(), 1);
    assert_eq!((&answers[0]["d"]["channel_id"], state), (&Value::Null, None));
    let (answers, _) = join(json!("5"));
    assert!(answers.is_empty(), "a channel that does not exist is not answered");
}

#[test]
fn sounds_and_channel_info_are_answered() {
    let mut rig = live(5, Intents::DOCUMENTED);
    let guild = guild(&rig.server);
    let got = rig.say(ONE, &json!({"op": 31, "d": {"guild_ids": [guild]}}));
    assert_eq!(kinds(&got), ["SOUNDBOARD_SOUNDS"]);
    assert!(json_of(&got[0])["d"]["soundboard_sounds"].is_array());
    let got = rig.say(ONE, &json!({"op": 43, "d": {"guild_id": guild, "fields": ["status"]}}));
    assert_eq!(kinds(&got), ["CHANNEL_INFO"]);
    let channels = json_of(&got[0])["d"]["channels"].as_array().unwrap();
    assert!(!channels.is_empty() && channels.iter().all(|channel| channel.get("status").is_some()));
    let ops = rig
        .whats()
        .into_iter()
        .filter_map(|what| if let What::Command { op, .. } = what { Some(op) } else { None });
    assert_eq!(ops.collect::<Vec<_>>(), [31, 43]);
}

#[test]
fn an_event_of_the_callers_goes_to_every_session() {
    let mut rig = live(5, Intents::DOCUMENTED);
    rig.after(secs(6));
    rig.live(TWO);
    let got = rig.dispatch("MADE_UP", r#"{"a":[1]}"#);
    assert_eq!(kinds(&got), ["MADE_UP", "MADE_UP"]);
    assert_eq!(json_of(&got[0])["d"], json!({"a": [1]}));
}
