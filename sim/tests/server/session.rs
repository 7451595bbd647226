//! Heartbeats, limits, Resume and the life of sessions.

use crate::rig::*;
use gatewright_core::CloseCode;
use gatewright_sim::{Conn, Input, Options, Output, What};
use serde_json::{Value, json};

fn busy() -> Rig {
    Rig::new(Options { guilds: 3, members: 10, rate: 50, ..Options::default() })
}

#[test]
fn a_heartbeat_is_acknowledged_at_once() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    let got = rig.say(ONE, &beat(None));
    assert_eq!(got.len(), 1);
    assert_eq!(*json_of(&got[0]), json!({"t": null, "s": null, "op": 11, "d": null}));
    assert!(rig.whats().contains(&What::Heartbeat { seq: None }));
}

#[test]
fn an_acknowledgement_goes_ahead_of_events_that_are_due() {
    let mut rig = busy();
    rig.live(ONE);
    rig.now = rig.now.saturating_add(secs(20));
    let got = rig.say(ONE, &beat(Some(4)));
    assert_eq!(op(&got[0]), 11);
    assert!(got.len() > 900, "{}", got.len());
}

#[test]
fn a_heartbeat_that_carries_no_sequence_is_closed_with_4001() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    assert_eq!(rig.say(ONE, &json!({"op": 1, "d": "5"})), [Got::Close(ONE, 4001)]);
}

#[test]
fn a_heartbeat_with_a_sequence_never_sent_is_complained_of() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.say(ONE, &beat(Some(3)));
    assert!(rig.complaints().is_empty(), "{:?}", rig.complaints());
    rig.after(secs(41));
    rig.say(ONE, &beat(Some(4)));
    assert_eq!(rig.complaints(), ["a heartbeat with a sequence that was never sent"]);
}

#[test]
fn heartbeats_that_come_early_or_go_back_are_complained_of() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.say(ONE, &beat(Some(3)));
    rig.after(secs(20));
    rig.say(ONE, &beat(Some(2)));
    assert_eq!(rig.complaints().len(), 2);
}

#[test]
fn a_client_that_stops_beating_is_closed_with_4000_and_can_resume() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.after(secs(40));
    rig.say(ONE, &beat(Some(3)));
    assert_eq!(rig.after(millis(66_874)), [], "1.5 intervals and 5 s are not over");
    assert_eq!(rig.after(millis(1)), [Got::Close(ONE, 4000)]);
    assert!(rig.whats().contains(&What::MissedHeartbeat));
    rig.open(TWO, PLAIN);
    assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 3))), ["RESUMED"]);
}

#[test]
fn the_121st_payload_of_a_minute_is_closed_with_4008() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    for _ in 0..120 {
        assert_eq!(op(&rig.say(ONE, &beat(None))[0]), 11);
        rig.after(millis(490));
    }
    assert_eq!(rig.say(ONE, &beat(None)), [Got::Close(ONE, 4008)]);
}

#[test]
fn the_limit_of_payloads_slides() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    for _ in 0..400 {
        assert_eq!(op(&rig.say(ONE, &beat(None))[0]), 11);
        rig.after(millis(500));
    }
}

#[test]
fn a_sixth_presence_in_20_s_is_complained_of() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    let presence =
        json!({"op": 3, "d": {"since": null, "activities": [], "status": "dnd", "afk": false}});
    for _ in 0..5 {
        assert_eq!(rig.say(ONE, &presence), []);
    }
    assert!(rig.complaints().is_empty());
    rig.say(ONE, &presence);
    assert_eq!(rig.complaints(), ["more than 5 presence updates in 20 s"]);
}

#[test]
fn an_unknown_opcode_is_closed_with_4001() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    assert_eq!(rig.say(ONE, &json!({"op": 12, "d": null})), [Got::Close(ONE, 4001)]);
}

#[test]
fn a_payload_with_keys_of_the_server_is_complained_of() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    rig.raw(ONE, true, br#"{"op":1,"d":null,"s":null,"t":null}"#);
    assert_eq!(rig.complaints(), ["a payload with other keys than op and d"]);
}

#[test]
fn a_resume_replays_what_was_missed_in_order_and_resumed_comes_last() {
    let mut rig = busy();
    let ready = rig.live(ONE);
    let mut got = rig.run(secs(3));
    let last = *seqs(&got, ONE).last().unwrap();
    rig.close(ONE, Some(4000));
    assert_eq!(rig.run(secs(10)), [], "nothing is sent without a connection");
    rig.open(TWO, PLAIN);
    // The client lost the last ten on the way.
    got = rig.say(TWO, &resume(&ready, last - 10));
    let kinds = kinds(&got);
    assert_eq!(kinds.iter().position(|kind| kind == "RESUMED"), Some(kinds.len() - 1));
    let replay = seqs(&got, TWO);
    assert_eq!(replay[0], last - 9);
    assert!(replay.windows(2).all(|pair| pair[1] == pair[0] + 1));
    assert!(replay.len() > 500, "{}", replay.len());
    assert!(json_of(got.last().unwrap())["d"]["_trace"].is_array());
    let replayed = replay.len() as u64 - 1;
    assert!(rig.whats().contains(&What::Resumed { from_seq: last - 10, replayed }));
    let more = rig.run(secs(1));
    assert_eq!(seqs(&more, TWO)[0], replay.last().unwrap() + 1);
}

#[test]
fn replayed_events_are_the_very_ones_that_were_sent() {
    let mut rig = busy();
    let ready = rig.live(ONE);
    let sent = rig.run(secs(5));
    rig.close(ONE, None);
    rig.open(TWO, PLAIN);
    let again = rig.say(TWO, &resume(&ready, 4));
    let of = |got: &[Got]| got.iter().map(|got| json_of(got).clone()).collect::<Vec<_>>();
    assert_eq!(of(&sent), of(&again)[..sent.len()]);
}

#[test]
fn a_resume_with_a_seq_never_sent_is_closed_with_4007() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.close(ONE, Some(4000));
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &resume(&ready, 4)), [Got::Close(TWO, 4007)]);
    rig.open(Conn(3), PLAIN);
    let got = rig.say(Conn(3), &resume(&ready, 3));
    assert_eq!((op(&got[0]), &json_of(&got[0])["d"]), (9, &json!(false)), "the session is dead");
}

#[test]
fn a_seq_that_was_only_kept_but_never_sent_is_4007_too() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.close(ONE, Some(4000));
    rig.dispatch("NEWS", "{}");
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &resume(&ready, 4)), [Got::Close(TWO, 4007)]);
}

#[test]
fn a_resume_of_an_unknown_session_gets_op_9_false() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    let got =
        rig.say(ONE, &json!({"op": 6, "d": {"token": "t0k3n", "session_id": "nobody", "seq": 1}}));
    assert_eq!((op(&got[0]), &json_of(&got[0])["d"]), (9, &json!(false)));
    assert_eq!(kinds(&rig.say(ONE, &identify()))[0], "READY", "the socket can still be used");
}

#[test]
fn a_resume_of_a_session_that_timed_out_is_closed_with_4009() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.close(ONE, Some(4000));
    rig.run(secs(90));
    assert!(rig.whats().contains(&What::SessionExpired));
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &resume(&ready, 3)), [Got::Close(TWO, 4009)]);
}

#[test]
fn a_resume_just_before_the_timeout_works() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.close(ONE, Some(4000));
    rig.run(millis(89_999));
    rig.open(TWO, PLAIN);
    assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 3))), ["RESUMED"]);
}

#[test]
fn a_resume_from_before_the_replay_buffer_gets_op_9_false() {
    for (seq, expected) in [(3, 9), (4, 0)] {
        let mut rig = Rig::new(Options {
            rate: 0,
            guilds: 2,
            members: 2,
            replay_capacity: 5,
            ..Options::default()
        });
        let ready = rig.live(ONE);
        for _ in 0..6 {
            rig.dispatch("NEWS", "{}");
        }
        rig.close(ONE, Some(4000));
        rig.open(TWO, PLAIN);
        let got = rig.say(TWO, &resume(&ready, seq));
        assert_eq!(op(&got[0]), expected, "{seq}: {got:?}");
    }
}

#[test]
fn a_resume_with_a_wrong_token_is_closed_with_4004() {
    let mut rig =
        Rig::new(Options { token: Some("t0k3n".to_owned()), rate: 0, ..Options::default() });
    let ready = rig.live(ONE);
    rig.close(ONE, Some(4000));
    rig.open(TWO, PLAIN);
    let mut payload = resume(&ready, 3);
    payload["d"]["token"] = json!("other");
    assert_eq!(rig.say(TWO, &payload), [Got::Close(TWO, 4004)]);
}

#[test]
fn a_resume_of_the_wrong_shape_is_closed_with_4001() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    let payload = json!({"op": 6, "d": {"token": "t", "session_id": "x", "s": 1}});
    assert_eq!(rig.say(ONE, &payload), [Got::Close(ONE, 4001)]);
}

#[test]
fn a_resume_takes_a_session_over_from_a_connection_that_still_holds_it() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.open(TWO, PLAIN);
    let got = rig.say(TWO, &resume(&ready, 3));
    assert!(got.contains(&Got::Drop(ONE)), "{got:?}");
    assert_eq!(kinds(&got), ["RESUMED"]);
    rig.close(ONE, None);
    assert_eq!(
        seqs(&rig.dispatch("NEWS", "{}"), TWO),
        [5],
        "the late end of the first does no harm"
    );
}

#[test]
fn closing_with_1000_or_1001_ends_the_session() {
    for code in [1000, 1001] {
        let mut rig = Rig::quiet();
        let ready = rig.live(ONE);
        rig.close(ONE, Some(code));
        let expected = What::ClosedByClient { code: Some(CloseCode(code)), session_kept: false };
        assert!(rig.whats().contains(&expected));
        rig.open(TWO, PLAIN);
        assert_eq!(op(&rig.say(TWO, &resume(&ready, 3))[0]), 9);
    }
}

#[test]
fn any_other_code_or_a_cut_keeps_the_session() {
    for code in [None, Some(4000), Some(1006), Some(4999)] {
        let mut rig = Rig::quiet();
        let ready = rig.live(ONE);
        rig.close(ONE, code);
        assert_eq!(rig.server.stats().sessions, 1);
        rig.open(TWO, PLAIN);
        assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 3))), ["RESUMED"], "{code:?}");
    }
}

/// Identifies, reads READY and loses the connection before the first guild.
fn lose_after_ready(rig: &mut Rig) -> Value {
    rig.open(ONE, PLAIN);
    let payload = identify().to_string();
    let input = Input::Message { conn: ONE, text: true, data: payload.as_bytes() };
    rig.server.handle_input(rig.now, input);
    let Output::Send { data, .. } = rig.server.poll_output() else { panic!("no READY") };
    rig.close(ONE, None);
    serde_json::from_slice::<Value>(&data).unwrap()["d"].clone()
}

#[test]
fn a_session_resumed_before_its_guilds_came_gets_them_afterwards() {
    let mut rig = Rig::new(Options { guilds: 5, members: 3, rate: 0, ..Options::default() });
    let ready = lose_after_ready(&mut rig);
    rig.open(TWO, PLAIN);
    let kinds = kinds(&rig.say(TWO, &resume(&ready, 1)));
    assert_eq!(kinds[0], "RESUMED");
    assert_eq!(kinds.iter().filter(|kind| *kind == "GUILD_CREATE").count(), 5);
}

#[test]
fn no_event_of_a_guild_comes_before_its_guild_create() {
    let mut rig = Rig::new(Options { guilds: 5, members: 3, rate: 50, ..Options::default() });
    let ready = lose_after_ready(&mut rig);
    rig.run(secs(6));
    rig.live(TWO);
    let other = rig.run(secs(6));
    assert!(other.len() > 250, "the guilds live: {}", other.len());
    rig.open(Conn(3), PLAIN);
    let kinds = kinds(&rig.say(Conn(3), &resume(&ready, 1)));
    assert_eq!(kinds[..2], ["RESUMED", "GUILD_CREATE"]);
    assert_eq!(kinds.len(), 6);
}

#[test]
fn the_same_seed_and_inputs_give_the_same_outputs() {
    let story = || {
        let mut rig = busy();
        let ready = rig.live(ONE);
        rig.run(secs(5));
        rig.close(ONE, None);
        rig.run(secs(5));
        rig.open(TWO, STREAM);
        rig.say(TWO, &resume(&ready, 4));
        rig.run(secs(5));
        (rig.frames, rig.server.journal().to_vec())
    };
    assert_eq!(story(), story());
}

#[test]
fn a_caller_that_comes_back_far_too_late_is_told_what_was_left_out() {
    let mut rig =
        Rig::new(Options { rate: 1_000_000, guilds: 1, members: 3, ..Options::default() });
    rig.live(ONE);
    let got = rig.after(secs(1));
    assert!(got.len() <= 20_000);
    assert!(rig.whats().contains(&What::FellBehind));
}
