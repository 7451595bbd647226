//! Compression and what goes wrong on purpose.

use crate::rig::*;
use gatewright_core::CloseCode;
use gatewright_sim::{Conn, Fault, Options, What};
use serde_json::json;

#[test]
fn a_compressed_stream_carries_the_same_as_a_plain_one() {
    let story = |target| {
        let mut rig = Rig::new(Options { guilds: 2, members: 50, rate: 100, ..Options::default() });
        let mut got = rig.open(ONE, target);
        got.extend(rig.say(ONE, &identify()));
        got.extend(rig.run(secs(20)));
        (got, rig.frames)
    };
    let ((plain, texts), (stream, frames)) = (story(PLAIN), story(STREAM));
    assert_eq!(plain, stream);
    assert!(texts.iter().all(|(text, _)| *text));
    assert!(frames.iter().all(|(text, data)| !text && data.ends_with(&[0, 0, 0xFF, 0xFF])));
    assert_eq!(frames[0].1[0], 0x78, "the zlib header comes first");
    assert_ne!(frames[1].1[0], 0x78, "and only once");
    let size =
        |frames: &[(bool, Vec<u8>)]| frames.iter().map(|(_, data)| data.len()).sum::<usize>();
    assert!(size(&frames) * 3 < size(&texts));
}

#[test]
fn each_connection_starts_a_fresh_stream() {
    let mut rig = Rig::quiet();
    rig.open(ONE, STREAM);
    let ready = json_of(&rig.say(ONE, &identify())[0])["d"].clone();
    rig.close(ONE, None);
    let from = rig.frames.len();
    rig.open(TWO, STREAM);
    assert_eq!(rig.frames[from].1[0], 0x78);
    assert_eq!(
        kinds(&rig.say(TWO, &resume(&ready, 1))),
        ["GUILD_CREATE", "GUILD_CREATE", "RESUMED"]
    );
}

#[test]
fn payload_compression_starts_after_identify_and_leaves_small_messages_plain() {
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    let got = rig.say(ONE, &identify_with("compress", json!(true)));
    assert_eq!(kinds(&got), ["READY", "GUILD_CREATE", "GUILD_CREATE"]);
    rig.dispatch("SMALL", "{}");
    let texts = rig.frames.iter().map(|(text, _)| *text).collect::<Vec<_>>();
    assert_eq!(texts, [true, false, false, false, true]);
}

#[test]
fn a_compressed_transport_ignores_payload_compression() {
    let mut rig = Rig::quiet();
    rig.open(ONE, STREAM);
    let got = rig.say(ONE, &identify_with("compress", json!(true)));
    assert_eq!(kinds(&got)[0], "READY");
    assert_eq!(rig.complaints().len(), 1);
}

#[test]
fn a_dropped_client_can_resume() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    assert_eq!(rig.inject(Fault::Drop), [Got::Drop(ONE)]);
    assert!(
        rig.whats().contains(&What::Faulted(Fault::Drop)) && rig.whats().contains(&What::Dropped)
    );
    rig.open(TWO, PLAIN);
    assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 3))), ["RESUMED"]);
}

#[test]
fn a_close_ends_the_session_only_if_its_code_says_so() {
    for (code, answer) in
        [(4000, 0), (1001, 0), (4008, 0), (4003, 9), (4007, 9), (4009, 9), (4014, 9)]
    {
        let mut rig = Rig::quiet();
        let ready = rig.live(ONE);
        assert_eq!(rig.inject(Fault::Close(CloseCode(code))), [Got::Close(ONE, code)]);
        rig.open(TWO, PLAIN);
        assert_eq!(op(&rig.say(TWO, &resume(&ready, 3))[0]), answer, "{code}");
    }
}

#[test]
fn a_silent_server_keeps_what_it_does_not_send() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.inject(Fault::Silence);
    assert_eq!(rig.say(ONE, &beat(Some(3))), []);
    assert_eq!(rig.dispatch("NEWS", "{}"), []);
    rig.close(ONE, Some(4000));
    rig.open(TWO, PLAIN);
    assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 3))), ["NEWS", "RESUMED"]);
}

#[test]
fn swallowed_acknowledgements_do_not_stop_events() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.inject(Fault::SwallowAcks);
    assert_eq!(rig.say(ONE, &beat(Some(3))), []);
    assert!(rig.whats().contains(&What::AckSwallowed));
    assert_eq!(kinds(&rig.dispatch("NEWS", "{}")), ["NEWS"]);
}

#[test]
fn a_client_that_ignores_op_7_is_closed_after_5_s() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    let got = rig.inject(Fault::Reconnect);
    assert_eq!(*json_of(&got[0]), json!({"t": null, "s": null, "op": 7, "d": null}));
    assert_eq!(rig.run(millis(4_999)), []);
    assert_eq!(rig.run(millis(1)), [Got::Close(ONE, 4000)]);
    assert_eq!(rig.complaints(), ["no reconnect within 5 s of being asked to"]);
    rig.open(TWO, PLAIN);
    assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 3))), ["RESUMED"]);
}

#[test]
fn an_invalid_session_is_gone_but_the_socket_is_not() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    let got = rig.inject(Fault::InvalidSession);
    assert_eq!((op(&got[0]), &json_of(&got[0])["d"]), (9, &json!(false)));
    assert_eq!(op(&rig.say(ONE, &resume(&ready, 3))[0]), 9);
    rig.after(secs(5));
    assert_eq!(kinds(&rig.say(ONE, &identify()))[0], "READY");
}

#[test]
fn after_an_invalid_session_heartbeats_may_start_again_from_nothing() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.say(ONE, &beat(Some(3)));
    rig.inject(Fault::InvalidSession);
    rig.after(secs(41));
    rig.say(ONE, &beat(None));
    rig.say(ONE, &identify());
    rig.after(secs(41));
    rig.say(ONE, &beat(Some(1)));
    assert!(rig.complaints().is_empty(), "{:?}", rig.complaints());
}

#[test]
fn a_resumable_invalid_session_can_be_resumed_on_the_same_socket() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    let got = rig.inject(Fault::InvalidSessionResumable);
    assert_eq!((op(&got[0]), &json_of(&got[0])["d"]), (9, &json!(true)));
    assert_eq!(kinds(&rig.say(ONE, &resume(&ready, 3))), ["RESUMED"]);
}

#[test]
fn faults_of_opening_strike_the_next_connection_once() {
    let mut rig = Rig::quiet();
    rig.inject(Fault::NoHello);
    rig.inject(Fault::ReconnectBeforeHello);
    assert_eq!(rig.open(ONE, PLAIN), []);
    assert_eq!(op(&rig.open(TWO, PLAIN)[0]), 7);
    assert_eq!(op(&rig.open(Conn(3), PLAIN)[0]), 10);
    rig.say(ONE, &beat(None));
    assert_eq!(rig.complaints(), ["a payload before Hello"]);
}

#[test]
fn without_ready_heartbeats_are_still_answered() {
    let mut rig = Rig::quiet();
    rig.inject(Fault::NoReady);
    rig.open(ONE, PLAIN);
    assert_eq!(rig.say(ONE, &identify()), []);
    assert_eq!(op(&rig.say(ONE, &beat(None))[0]), 11);
    assert_eq!(rig.say(ONE, &json!({"op": 3, "d": {}})), [Got::Close(ONE, 4003)]);
}

#[test]
fn without_resumed_the_session_stays_resumable() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.close(ONE, None);
    rig.inject(Fault::NoReady);
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &resume(&ready, 3)), []);
    rig.open(Conn(3), PLAIN);
    assert_eq!(kinds(&rig.say(Conn(3), &resume(&ready, 3))), ["RESUMED"]);
}

#[test]
fn a_heartbeat_that_was_asked_for_is_welcome_at_any_time() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.say(ONE, &beat(Some(3)));
    let got = rig.inject(Fault::HeartbeatRequest);
    assert_eq!(op(&got[0]), 1);
    assert_eq!(op(&rig.say(ONE, &beat(Some(3)))[0]), 11);
    assert!(rig.complaints().is_empty());
}

#[test]
fn delayed_messages_come_later_and_in_order() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.inject("delay-300".parse().unwrap());
    assert_eq!(rig.dispatch("FIRST", "{}"), []);
    rig.inject("delay-100".parse().unwrap());
    assert_eq!(rig.dispatch("SECOND", "{}"), []);
    assert_eq!(rig.run(millis(299)), []);
    assert_eq!(kinds(&rig.run(millis(1))), ["FIRST", "SECOND"]);
}

#[test]
fn split_messages_add_up_to_the_whole() {
    let mut rig = Rig::new(Options { guilds: 2, members: 20, rate: 50, ..Options::default() });
    rig.open(ONE, STREAM);
    rig.inject(Fault::Split);
    let from = rig.frames.len();
    let mut got = rig.say(ONE, &identify());
    got.extend(rig.run(secs(5)));
    assert_eq!(kinds(&got)[0], "READY");
    assert!(got.len() > 200);
    assert!(rig.frames.len() - from > 2 * got.len());
    let within = rig.frames[from..].iter().filter(|(_, data)| data.len() < 4);
    assert!(within.count() > 100, "many end within the marker");
}

#[test]
fn one_bit_of_one_message_is_flipped() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.server.inject(rig.now, Fault::Corrupt);
    rig.server.dispatch(rig.now, "NEWS", r#"{"text":"nothing to see here"}"#);
    let gatewright_sim::Output::Send { data, .. } = rig.server.poll_output() else {
        panic!("nothing sent")
    };
    let whole = gatewright_sim::envelope("NEWS", 4, r#"{"text":"nothing to see here"}"#);
    let bits = data.iter().zip(whole.as_bytes()).map(|(bad, good)| (bad ^ good).count_ones());
    assert_eq!((data.len(), bits.sum::<u32>()), (whole.len(), 1));
    assert_eq!(kinds(&rig.dispatch("NEWS", r#"{"text":"nothing to see here"}"#)), ["NEWS"]);
}

#[test]
fn listed_faults_strike_one_after_the_other_once_each() {
    let faults =
        ["no-hello", "heartbeat-request", "reconnect", "drop"].map(|name| name.parse().unwrap());
    let mut rig = Rig::new(Options {
        rate: 0,
        guilds: 1,
        members: 3,
        faults: faults.to_vec(),
        ..Options::default()
    });
    assert_eq!(rig.open(ONE, PLAIN), []);
    let ready = rig.live(TWO);
    let mut got = rig.run(secs(5));
    assert_eq!(op(&got[0]), 1);
    got.extend(rig.run(secs(10)));
    assert_eq!(op(&got[1]), 7);
    rig.open(Conn(3), PLAIN);
    rig.say(Conn(3), &resume(&ready, 1));
    rig.run(secs(30));
    rig.open(Conn(4), PLAIN);
    rig.say(Conn(4), &resume(&ready, 1));
    rig.run(secs(30));
    let struck = rig
        .whats()
        .into_iter()
        .filter_map(|what| if let What::Faulted(fault) = what { Some(fault) } else { None });
    assert_eq!(struck.collect::<Vec<_>>(), faults);
}
