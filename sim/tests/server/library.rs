//! The library of faults: what each does on the wire, and that the session outlives it.

use crate::rig::*;
use flate2::{Decompress, FlushDecompress, Status};
use gatewright_sim::{Conn, Fault, Input, Options, Output, Strikes, What, from_etf};
use serde_json::{Value, json};
use zstd::stream::raw::{Decoder, Operation as _};

const THREE: Conn = Conn(3);

fn fault(name: &str) -> Fault {
    name.parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Opens and identifies on a connection of any kind and returns READY's payload.
fn live_on(rig: &mut Rig, target: &str) -> Value {
    rig.open(ONE, target);
    json_of(&rig.say(ONE, &identify())[0])["d"].clone()
}

/// Resumes on another connection and returns the names of the dispatches.
fn resumed(rig: &mut Rig, ready: &Value, seq: u64) -> Vec<String> {
    rig.open(TWO, PLAIN);
    kinds(&rig.say(TWO, &resume(ready, seq)))
}

/// Inflates and counts, without keeping what comes out.
fn inflated_len(inflater: &mut Decompress, data: &[u8]) -> u64 {
    let (begun, start) = (inflater.total_out(), inflater.total_in());
    let mut out = vec![0; 1 << 20];
    loop {
        let done = usize::try_from(inflater.total_in() - start).unwrap();
        let before = inflater.total_out();
        let status = inflater.decompress(&data[done..], &mut out, FlushDecompress::Sync);
        let ended = matches!(status, Ok(Status::StreamEnd) | Err(_));
        if ended || (done == data.len() && inflater.total_out() == before) {
            return inflater.total_out() - begun;
        }
    }
}

#[test]
fn a_bomb_inflates_to_what_its_name_says_and_the_stream_goes_on() {
    const MIB: u64 = 1 << 20;
    let mut rig = Rig::quiet();
    rig.open(ONE, STREAM);
    let mut inflater = Decompress::new(true);
    let before: Vec<_> = rig.frames.iter().map(|(_, data)| data.clone()).collect();
    before.iter().for_each(|data| assert!(inflated_len(&mut inflater, data) > 0));
    let bomb = rig.inject_raw(fault("bomb-40"));
    assert_eq!((bomb.len(), bomb[0].0), (1, false));
    assert!(bomb[0].1.len() < 100_000 && bomb[0].1.ends_with(&[0, 0, 0xFF, 0xFF]));
    let inflated = inflated_len(&mut inflater, &bomb[0].1);
    assert!((40 * MIB..40 * MIB + 100).contains(&inflated), "{inflated}");
    let beat = beat(None).to_string();
    let input = Input::Message { conn: ONE, text: true, data: beat.as_bytes() };
    rig.server.handle_input(rig.now, input);
    let ack = rig.messages();
    let mut plain = Vec::with_capacity(1_000);
    inflater.decompress_vec(&ack[0].1, &mut plain, FlushDecompress::Sync).unwrap();
    assert!(plain.starts_with(br#"{"t":null,"s":null,"op":11"#), "the stream goes on behind it");
}

#[test]
fn bombs_come_in_every_compression_and_are_whole_messages() {
    for (target, etf) in [(ZSTD, false), (ETF_ZSTD, true)] {
        let mut rig = Rig::quiet();
        rig.open(ONE, target);
        let mut decoder = Decoder::new().unwrap();
        let mut out = vec![0; 3 << 20];
        decoder.run_on_buffers(&rig.frames[0].1, &mut out).unwrap();
        let bomb = rig.inject_raw(fault("bomb-2")).remove(0).1;
        assert!(bomb.len() < 10_000);
        let (mut read, mut length) = (0, 0);
        while read < bomb.len() {
            let status = decoder.run_on_buffers(&bomb[read..], &mut out[length..]).unwrap();
            (read, length) = (read + status.bytes_read, length + status.bytes_written);
        }
        let status = decoder.run_on_buffers(&[], &mut out[length..]).unwrap();
        out.truncate(length + status.bytes_written);
        let value =
            if etf { from_etf(&out).unwrap() } else { serde_json::from_slice(&out).unwrap() };
        assert_eq!(
            (&value["op"], &value["s"], &value["t"]),
            (&json!(0), &json!(null), &json!("BOMB"))
        );
        assert_eq!(value["d"].as_str().map(str::len), Some(2 << 20));
    }
    let mut rig = Rig::quiet();
    rig.open(ONE, PLAIN);
    rig.say(ONE, &identify_with("compress", json!(true)));
    let bomb = rig.inject_raw(fault("bomb-2")).remove(0).1;
    assert!(inflated_len(&mut Decompress::new(true), &bomb) > 2 << 20);
    let mut plain = Rig::quiet();
    plain.live(ONE);
    assert_eq!(plain.inject_raw(fault("bomb-2")), [], "nothing is compressed");
}

#[test]
fn a_broken_ready_has_no_session_id_to_resume_with() {
    for (kind, d) in [("empty", json!({})), ("text", json!("ready"))] {
        let mut rig = Rig::quiet();
        rig.inject(fault(&format!("broken-ready-{kind}")));
        assert_eq!(rig.live(ONE), d);
        assert_eq!(seqs(&rig.dispatch("NEWS", "{}"), ONE), [4], "the session goes on");
    }
    for (kind, id) in [("missing", json!(null)), ("number", json!(5))] {
        let mut rig = Rig::quiet();
        rig.inject(fault(&format!("broken-ready-{kind}")));
        let ready = rig.live(ONE);
        assert_eq!(ready["session_id"], id);
        assert_eq!(ready["v"], 10, "the rest is there");
    }
}

#[test]
fn a_message_is_broken_off_by_a_close_frame_or_a_cut() {
    for (name, end) in
        [("close-in-message", Got::Close(ONE, 4000)), ("cut-message", Got::Drop(ONE))]
    {
        for target in [PLAIN, STREAM, ZSTD] {
            let mut rig = Rig::quiet();
            let ready = live_on(&mut rig, target);
            assert_eq!(rig.inject(fault(name)), [], "it waits for a message");
            let got =
                rig.dispatch("NEWS", r#"{"text":"nothing to see here, really nothing 12345"}"#);
            let [Got::Part(ONE, length), last] = &got[..] else { panic!("{got:?}") };
            assert!((16..60).contains(length), "{length}");
            assert_eq!(*last, end);
            assert_eq!(rig.server.stats().open, 0);
            assert_eq!(resumed(&mut rig, &ready, 3), ["NEWS", "RESUMED"]);
            assert!(rig.complaints().is_empty());
        }
    }
}

#[test]
fn connections_are_accepted_and_ended_at_once() {
    for (name, end) in [
        ("close-on-open-2", Got::Close as fn(Conn, u16) -> Got),
        ("drop-on-open-2", |conn, _| Got::Drop(conn)),
    ] {
        let mut rig = Rig::quiet();
        rig.inject(fault(name));
        assert_eq!(rig.open(ONE, PLAIN), [end(ONE, 4000)]);
        assert_eq!(rig.open(TWO, STREAM), [end(TWO, 4000)]);
        assert_eq!(op(&rig.open(THREE, PLAIN)[0]), 10);
        let struck = rig.whats().into_iter().filter(|what| matches!(what, What::Faulted(_)));
        assert_eq!(struck.count(), 2);
    }
}

#[test]
fn a_close_without_a_code_keeps_the_session() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    assert_eq!(rig.inject(fault("close-without-code")), [Got::Close(ONE, 1005)]);
    assert_eq!(resumed(&mut rig, &ready, 3), ["RESUMED"]);
}

#[test]
fn ready_names_a_url_that_is_of_no_use_once() {
    for (name, begin) in [
        ("dead-resume-host", Some("wss://127.0.0.1:1")),
        ("resume-url-empty", Some("")),
        ("resume-url-long", Some("wss://longlong")),
        ("resume-url-malformed", Some("wss://[")),
        ("resume-url-missing", None),
        ("resume-url-plain", Some("ws://")),
        ("resume-url-unsafe", Some("wss://gateway-sim.invalid/\r\n")),
    ] {
        let mut rig = Rig::quiet();
        rig.inject(fault(name));
        let ready = rig.live(ONE);
        let url = ready["resume_gateway_url"].as_str();
        assert!(
            begin.map_or(url.is_none(), |begin| url.unwrap().starts_with(begin)),
            "{name} {url:?}"
        );
        rig.close(ONE, None);
        assert_eq!(resumed(&mut rig, &ready, 3), ["RESUMED"], "{name}");
        rig.after(secs(5));
        rig.open(THREE, PLAIN);
        let ready = json_of(&rig.say(THREE, &identify())[0])["d"].clone();
        assert_eq!(ready["resume_gateway_url"], "wss://gateway-sim.invalid", "{name}");
    }
}

#[test]
fn an_empty_message_and_one_of_the_other_type_come_between() {
    for (target, usual) in [(PLAIN, true), (STREAM, false), (ETF, false), (ETF_ZSTD, false)] {
        let mut rig = Rig::quiet();
        live_on(&mut rig, target);
        assert_eq!(rig.inject_raw(fault("empty-message")), [(usual, Vec::new())]);
        let odd = rig.inject_raw(fault("odd-message"));
        assert_eq!((odd.len(), odd[0].0), (1, !usual));
        assert_eq!(serde_json::from_slice::<Value>(&odd[0].1).unwrap()["op"], 11);
        assert_eq!(kinds(&rig.dispatch("NEWS", "{}")), ["NEWS"], "{target}: the rest is whole");
    }
}

#[test]
fn a_flood_of_requests_may_be_answered() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    let got = rig.inject(fault("heartbeat-request-flood-7"));
    assert_eq!(got.iter().map(op).collect::<Vec<_>>(), [1; 7]);
    for _ in 0..7 {
        assert_eq!(op(&rig.say(ONE, &beat(Some(3)))[0]), 11);
    }
    assert!(rig.complaints().is_empty());
}

#[test]
fn hello_tells_the_interval_that_was_asked_for() {
    for (value, expected) in [
        ("0", json!(0)),
        ("1", json!(1)),
        ("fraction", json!(41250.5)),
        ("huge", json!(1e20)),
        ("missing", json!(null)),
        ("negative", json!(-41250)),
        ("text", json!("41250")),
        ("15000", json!(15000)),
    ] {
        for target in [PLAIN, ETF] {
            let mut rig = Rig::quiet();
            rig.inject(fault(&format!("hello-interval-{value}")));
            let hello = rig.open(ONE, target);
            assert_eq!(json_of(&hello[0])["d"]["heartbeat_interval"], expected, "{value}");
            assert_eq!(json_of(&rig.open(TWO, PLAIN)[0])["d"]["heartbeat_interval"], 41_250);
        }
    }
}

#[test]
fn a_client_is_held_to_the_interval_it_was_told() {
    let mut rig = Rig::quiet();
    rig.inject(fault("hello-interval-10000"));
    rig.live(ONE);
    for _ in 0..5 {
        rig.after(secs(10));
        rig.say(ONE, &beat(Some(3)));
    }
    assert!(rig.complaints().is_empty(), "ten seconds are not early");
    rig.say(ONE, &beat(Some(3)));
    assert_eq!(rig.complaints().len(), 1);
}

#[test]
fn a_long_interval_is_waited_for() {
    let mut rig = Rig::quiet();
    rig.inject(fault("hello-interval-600000"));
    rig.live(ONE);
    assert_eq!(rig.after(secs(600)), []);
    assert_eq!(rig.run(secs(301)), [Got::Close(ONE, 4000)]);
}

#[test]
fn op_9_comes_in_place_of_hello() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.close(ONE, None);
    rig.inject(Fault::InvalidSessionBeforeHello);
    let got = rig.open(TWO, PLAIN);
    assert_eq!((got.len(), op(&got[0]), &json_of(&got[0])["d"]), (1, 9, &json!(true)));
    rig.open(THREE, PLAIN);
    assert_eq!(kinds(&rig.say(THREE, &resume(&ready, 3))), ["RESUMED"]);
}

#[test]
fn op_9_answers_an_identify_or_ends_the_session_of_a_resume() {
    let mut rig = Rig::quiet();
    rig.inject(Fault::InvalidSessionInAnswer);
    rig.open(ONE, PLAIN);
    let invalid = |got: &[Got]| op(&got[0]) == 9 && json_of(&got[0])["d"] == json!(false);
    assert!(invalid(&rig.say(ONE, &identify())));
    let ready = json_of(&rig.say(ONE, &identify())[0])["d"].clone();
    rig.close(ONE, None);
    rig.inject(Fault::InvalidSessionInAnswer);
    rig.open(TWO, PLAIN);
    assert!(invalid(&rig.say(TWO, &resume(&ready, 1))));
    assert!(invalid(&rig.say(TWO, &resume(&ready, 1))), "the session is over");
    assert_eq!(rig.server.stats().sessions, 0);
}

#[test]
fn messages_within_100_ms_come_as_one() {
    let mut rig = Rig::quiet();
    live_on(&mut rig, STREAM);
    rig.inject(Fault::Join);
    let from = rig.frames.len();
    rig.server.dispatch(rig.now, "FIRST", "{}");
    rig.server.dispatch(rig.now, "SECOND", r#"{"n":2}"#);
    assert_eq!(rig.messages(), []);
    rig.now = rig.now.saturating_add(millis(60));
    rig.server.dispatch(rig.now, "THIRD", "{}");
    assert_eq!(rig.messages(), []);
    rig.now = rig.now.saturating_add(millis(40));
    rig.server.handle_input(rig.now, Input::Tick);
    let joined = rig.messages();
    assert_eq!(joined.len(), 1);
    let mut inflater = Decompress::new(true);
    for (_, data) in &rig.frames[..from] {
        assert!(inflated_len(&mut inflater, data) > 0);
    }
    let mut plain = Vec::with_capacity(1_000);
    inflater.decompress_vec(&joined[0].1, &mut plain, FlushDecompress::Sync).unwrap();
    let documents = serde_json::Deserializer::from_slice(&plain).into_iter::<Value>();
    let seqs = documents.map(|document| document.unwrap()["s"].as_u64().unwrap());
    assert_eq!(seqs.collect::<Vec<_>>(), [4, 5, 6]);
}

#[test]
fn plain_and_zstd_connections_join_nothing() {
    for target in [PLAIN, ZSTD, ETF] {
        let mut rig = Rig::quiet();
        live_on(&mut rig, target);
        rig.inject(Fault::Join);
        assert_eq!(kinds(&rig.dispatch("NEWS", "{}")), ["NEWS"]);
    }
}

#[test]
fn a_large_event_is_as_large_as_its_name_says_and_can_be_replayed() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    let got = rig.inject(fault("large-event-300"));
    assert_eq!((kinds(&got), seqs(&got, ONE)), (vec!["LARGE_EVENT".to_owned()], vec![4]));
    assert!(rig.frames.last().unwrap().1.len() > 300 * 1_024);
    rig.close(ONE, None);
    assert_eq!(resumed(&mut rig, &ready, 3), ["LARGE_EVENT", "RESUMED"]);
}

#[test]
fn late_acknowledgements_come_while_events_go_on() {
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.inject(fault("late-acks-20000"));
    assert_eq!(rig.say(ONE, &beat(Some(3))), []);
    assert_eq!(kinds(&rig.dispatch("NEWS", "{}")), ["NEWS"]);
    assert_eq!(rig.run(millis(19_999)), []);
    assert_eq!(rig.run(millis(1)).iter().map(op).collect::<Vec<_>>(), [11]);
}

#[test]
fn the_last_events_come_again_with_their_own_sequences() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.dispatch("NEWS", "{}");
    assert_eq!(seqs(&rig.inject(Fault::LowSeq), ONE), [2, 3, 4]);
    assert_eq!(seqs(&rig.dispatch("NEWS", "{}"), ONE), [5]);
    rig.close(ONE, None);
    assert_eq!(resumed(&mut rig, &ready, 5), ["RESUMED"]);
}

#[test]
fn what_nobody_knows_comes_and_only_events_with_a_sequence_count() {
    for target in [PLAIN, STREAM, ETF] {
        let mut rig = Rig::quiet();
        live_on(&mut rig, target);
        let null = rig.inject(Fault::NullSeq);
        assert_eq!((kinds(&null), seqs(&null, ONE)), (vec!["NO_SEQUENCE".to_owned()], vec![]));
        assert_eq!(op(&rig.inject(Fault::UnknownOpcode)[0]), 99);
        let unknown = rig.inject(Fault::UnknownEvent);
        assert_eq!((&*kinds(&unknown)[0], seqs(&unknown, ONE)), ("UNKNOWN_EVENT", vec![4]));
        let values = rig.inject(Fault::UnknownValues);
        assert_eq!((&*kinds(&values)[0], seqs(&values, ONE)), ("MESSAGE_CREATE", vec![5]));
        assert_eq!(json_of(&values[0])["d"]["type"], 250);
    }
}

#[test]
fn an_old_connection_goes_on_beside_the_new_one() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    assert_eq!(op(&rig.inject(Fault::OldConnectionGoesOn)[0]), 7);
    assert_eq!(rig.run(secs(10)), [], "it is not closed for being slow");
    assert_eq!(resumed(&mut rig, &ready, 3), ["RESUMED"]);
    let got = rig.dispatch("NEWS", "{}");
    assert_eq!((seqs(&got, ONE), seqs(&got, TWO)), (vec![5], vec![5]));
    assert_eq!(op(&rig.say(ONE, &beat(Some(5)))[0]), 11);
    assert_eq!(rig.run(secs(30)), [Got::Drop(ONE)]);
    let got = rig.dispatch("NEWS", "{}");
    assert_eq!((seqs(&got, ONE), seqs(&got, TWO)), (vec![], vec![6]));
    assert!(rig.complaints().is_empty());
}

#[test]
fn an_old_connection_that_the_client_closes_is_over() {
    let mut rig = Rig::quiet();
    let ready = rig.live(ONE);
    rig.inject(Fault::OldConnectionGoesOn);
    assert_eq!(resumed(&mut rig, &ready, 3), ["RESUMED"]);
    rig.close(ONE, Some(4000));
    assert_eq!(seqs(&rig.dispatch("NEWS", "{}"), TWO), [5]);
    assert_eq!(rig.server.stats().open, 1);
}

#[test]
fn an_outage_cuts_all_and_refuses_until_it_is_over() {
    let mut rig =
        Rig::new(Options { max_concurrency: 1, rate: 0, guilds: 1, ..Options::default() });
    let ready = rig.live(ONE);
    rig.open(TWO, PLAIN);
    assert_eq!(rig.inject(fault("outage-2000")), [Got::Drop(ONE), Got::Drop(TWO)]);
    assert_eq!(rig.run(millis(1_999)), []);
    assert_eq!(rig.open(TWO, PLAIN), [Got::Refuse(TWO, 503)]);
    rig.after(millis(1));
    assert_eq!(resumed(&mut rig, &ready, 2), ["RESUMED"]);
    assert_eq!(rig.server.stats().connections, 3);
    assert!(rig.whats().contains(&What::UpgradeRefused { status: 503 }));
}

#[test]
fn an_outage_strikes_a_server_without_connections_too() {
    let mut rig = Rig::quiet();
    assert_eq!(rig.server.inject(rig.now, fault("outage-500")), 0);
    assert_eq!(rig.open(ONE, PLAIN), [Got::Refuse(ONE, 503)]);
}

#[test]
fn an_identify_or_a_resume_is_closed_with_the_code_that_was_asked_for() {
    let mut rig = Rig::quiet();
    rig.inject(fault("refuse-identify-4011"));
    rig.open(ONE, PLAIN);
    assert_eq!(rig.say(ONE, &identify()), [Got::Close(ONE, 4011)]);
    let ready = rig.live(ONE);
    rig.close(ONE, None);
    rig.inject(fault("refuse-resume-4000"));
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &resume(&ready, 3)), [Got::Close(TWO, 4000)]);
    assert_eq!(resumed(&mut rig, &ready, 3), ["RESUMED"]);
    rig.close(TWO, None);
    rig.inject(fault("refuse-resume-4009"));
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &resume(&ready, 4)), [Got::Close(TWO, 4009)]);
    assert_eq!(rig.server.stats().sessions, 0);
}

#[test]
fn an_upgrade_is_refused_with_any_status_once() {
    let mut rig = Rig::quiet();
    rig.inject(fault("refuse-upgrade-429"));
    assert_eq!(rig.open(ONE, PLAIN), [Got::Refuse(ONE, 429)]);
    assert_eq!(op(&rig.open(ONE, PLAIN)[0]), 10);
}

#[test]
fn shuffled_keys_say_the_same() {
    for target in [PLAIN, STREAM, ETF] {
        let mut rig = Rig::quiet();
        live_on(&mut rig, target);
        rig.inject(Fault::ShuffleKeys);
        for seq in 4..40 {
            let got = rig.dispatch("NEWS", r#"{"s":1,"op":7}"#);
            let value = json_of(&got[0]);
            assert_eq!(
                (&value["s"], &value["op"], &value["t"]),
                (&json!(seq), &json!(0), &json!("NEWS"))
            );
            assert_eq!(value["d"], json!({"s": 1, "op": 7}));
            assert!(value.as_object().unwrap().len() > 4);
        }
    }
    let mut rig = Rig::quiet();
    rig.live(ONE);
    rig.inject(Fault::ShuffleKeys);
    rig.dispatch("NEWS", "{}");
    let from = rig.frames.len();
    (0..40).for_each(|_| drop(rig.dispatch("NEWS", "{}")));
    let begins =
        |text: &[u8]| rig.frames[from..].iter().filter(|(_, data)| data.starts_with(text)).count();
    assert!(begins(b"{\"d\":") > 0 && begins(b"{\"t\":") > 0 && begins(b"{\"s\":") < 40);
}

#[test]
fn a_stream_ends_and_another_begins_behind_it() {
    let mut rig = Rig::quiet();
    let ready = live_on(&mut rig, STREAM);
    let mut inflater = Decompress::new(true);
    for (_, data) in &rig.frames {
        assert!(inflated_len(&mut inflater, data) > 0);
    }
    rig.inject(Fault::StreamEnd);
    rig.server.dispatch(rig.now, "NEWS", "{}");
    let last = rig.messages().remove(0).1;
    let mut plain = Vec::with_capacity(1_000);
    let status = inflater.decompress_vec(&last, &mut plain, FlushDecompress::Sync).unwrap();
    assert_eq!(status, Status::StreamEnd, "{plain:?}");
    assert!(plain.ends_with(b"}") && !last.ends_with(&[0, 0, 0xFF, 0xFF]));
    rig.server.dispatch(rig.now, "NEWS", "{}");
    let next = rig.messages().remove(0).1;
    assert_eq!(next[0], 0x78);
    assert!(next.ends_with(&[0, 0, 0xFF, 0xFF]));
    rig.close(ONE, None);
    assert_eq!(resumed(&mut rig, &ready, 3), ["NEWS", "NEWS", "RESUMED"]);
}

#[test]
fn a_frame_of_zstd_ends_and_a_connection_without_a_stream_is_cut() {
    let mut rig = Rig::quiet();
    live_on(&mut rig, ZSTD);
    rig.inject(Fault::StreamEnd);
    rig.server.dispatch(rig.now, "NEWS", "{}");
    let last = rig.messages().remove(0).1;
    assert!(last.ends_with(&[1, 0, 0]), "the last block is empty");
    rig.server.dispatch(rig.now, "NEWS", "{}");
    assert!(rig.messages()[0].1.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]));
    let mut plain = Rig::quiet();
    let ready = plain.live(ONE);
    assert_eq!(plain.inject(Fault::StreamEnd), [Got::Drop(ONE)]);
    assert_eq!(resumed(&mut plain, &ready, 3), ["RESUMED"]);
}

#[test]
fn listed_faults_wait_for_their_own_moment() {
    let faults =
        ["refuse-identify-4000", "resume-url-empty", "drop", "refuse-resume-4000", "close-4999"];
    let faults = faults.map(fault).to_vec();
    let mut rig =
        Rig::new(Options { rate: 0, guilds: 1, faults: faults.clone(), ..Options::default() });
    rig.open(ONE, PLAIN);
    assert_eq!(rig.say(ONE, &identify()), [Got::Close(ONE, 4000)]);
    let ready = rig.live(ONE);
    assert_eq!(ready["resume_gateway_url"], "");
    assert_eq!(rig.run(secs(5)), [Got::Drop(ONE)]);
    rig.open(TWO, PLAIN);
    assert_eq!(rig.say(TWO, &resume(&ready, 2)), [Got::Close(TWO, 4000)]);
    rig.open(TWO, PLAIN);
    assert_eq!(kinds(&rig.say(TWO, &resume(&ready, 2))), ["RESUMED"]);
    assert_eq!(rig.run(secs(5)), [Got::Close(TWO, 4999)]);
    let struck = rig.whats().into_iter().filter_map(|what| match what {
        What::Faulted(fault) => Some(fault),
        _ => None,
    });
    assert_eq!(struck.collect::<Vec<_>>(), faults);
}

/// Takes an input and reads nothing of what comes of it.
fn blindly(rig: &mut Rig, input: Input<'_>) {
    rig.server.handle_input(rig.now, input);
    while !matches!(rig.server.poll_output(), Output::Wait(_)) {}
}

#[test]
fn every_fault_strikes_is_told_and_leaves_a_server_that_serves() {
    let bombs = |fault: &Fault| matches!(fault, Fault::Bomb(_));
    for fault in Fault::examples().filter(|fault| !bombs(fault)) {
        let mut rig = Rig::quiet();
        rig.live(ONE);
        rig.server.inject(rig.now, fault);
        blindly(&mut rig, Input::Tick);
        rig.server.dispatch(rig.now, "NEWS", r#"{"text":"long enough to be broken"}"#);
        blindly(&mut rig, Input::Tick);
        blindly(&mut rig, Input::Closed { conn: ONE, code: None });
        for conn in (2..9).map(Conn) {
            rig.now = rig.now.saturating_add(secs(30));
            blindly(&mut rig, Input::Opened { conn, target: PLAIN });
            let data = identify().to_string();
            blindly(&mut rig, Input::Message { conn, text: true, data: data.as_bytes() });
        }
        let resumes = fault.info().strikes == Strikes::Resume;
        assert!(rig.whats().contains(&What::Faulted(fault)) || resumes, "{fault}");
        rig.now = rig.now.saturating_add(secs(5));
        let ready = rig.live(Conn(9));
        assert!(ready["session_id"].is_string(), "{fault}");
    }
}
