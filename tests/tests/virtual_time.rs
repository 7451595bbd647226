//! A client and a simulated gateway, both sans-I/O, in virtual time.

use std::time::Duration;

use gatewright_core::transcript::Recorded;
use gatewright_core::{
    CloseCode, Compression, Config, Encoding, GateOutput, IdentifyGate, Inflater, Instant, Intents,
    Leave, Link, Memory, Phase, SendLog, Shard, Stop, Zlib,
};
use gatewright_sim::{Conn, Fault, Input as ServerInput, Options, Server, What};
use gatewright_tests::{Pair, Told, pairs};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

fn shard(config: Config<'static>, compression: Compression) -> Shard<'static> {
    Shard::new(config, 1, Memory::heap(compression)).unwrap()
}

fn live(compression: Compression, options: Options) -> Pair {
    live_in(Encoding::Json, compression, options)
}

fn live_in(encoding: Encoding, compression: Compression, options: Options) -> Pair {
    let config = Pair::config(Intents::DOCUMENTED).encoding(encoding);
    let mut pair = Pair::new(shard(config, compression), options);
    pair.run_until(is_live);
    pair
}

fn is_live(pair: &Pair) -> bool {
    pair.shard.status().phase == Phase::Live
}

/// Checks that every event came exactly once and in order, in one session.
fn check_sequence(pair: &Pair) {
    let seqs = pair.seqs();
    let expected: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
    assert_eq!(seqs, expected);
}

/// Checks that the gateway has nothing to say against the client.
fn check_manners(pair: &Pair) {
    let stats = pair.server.stats();
    let bad: Vec<_> = pair
        .server
        .journal()
        .iter()
        .filter(|entry| matches!(entry.what, What::Complaint(_) | What::Refused { .. }))
        .collect();
    assert_eq!((stats.complaints, stats.refused), (0, 0), "{bad:?}");
}

fn close_codes(pair: &Pair) -> Vec<CloseCode> {
    let code = |what: &What| match what {
        What::ClosedByClient { code, .. } => *code,
        _ => None,
    };
    pair.server.journal().iter().filter_map(|entry| code(&entry.what)).collect()
}

#[test]
fn an_hour_with_drops_and_reconnects_loses_and_doubles_nothing() {
    std::thread::scope(|scope| {
        for (encoding, compression) in pairs() {
            scope.spawn(move || an_hour(encoding, compression));
        }
    });
}

fn an_hour(encoding: Encoding, compression: Compression) {
    let options = Options { rate: 5, guilds: 3, members: 50, ..Options::default() };
    let mut pair = live_in(encoding, compression, options);
    let faults = [Fault::Drop, Fault::Reconnect, Fault::Close(CloseCode(4000)), Fault::Split];
    for round in 0..20 {
        pair.run_for(HOUR / 20);
        pair.run_until(is_live);
        assert_eq!(pair.inject(faults[round % faults.len()]), 1);
    }
    pair.run_until(is_live);
    check_sequence(&pair);
    check_manners(&pair);
    let (stats, what) = (pair.server.stats(), (encoding, compression));
    assert_eq!(stats.identifies, 1, "{what:?}");
    assert!(stats.resumes >= 14, "{what:?} {stats:?}");
    assert!(pair.seqs().len() > 15_000, "{what:?}");
    assert!(stats.heartbeats > 80, "{what:?} {stats:?}");
    assert_eq!(pair.shard.status().counters.undecoded, 0, "{what:?}");
}

#[test]
fn the_gateway_sees_1000_after_an_end_and_4000_after_parking_op_7_and_a_missed_ack() {
    let quiet = || Options { rate: 0, guilds: 1, members: 5, ..Options::default() };
    let mut ended = live(Compression::ZlibStream, quiet());
    ended.leave(Leave::End);
    assert_eq!(close_codes(&ended), [CloseCode(1000)]);
    assert_eq!((ended.stopped, ended.server.stats().sessions), (Some(Stop::Ended), 0));
    let mut parked = live(Compression::ZlibStream, quiet());
    parked.leave(Leave::Park);
    assert_eq!(close_codes(&parked), [CloseCode(4000)]);
    assert_eq!(parked.server.stats().sessions, 1);
    let mut asked = live(Compression::ZlibStream, quiet());
    asked.inject(Fault::Reconnect);
    asked.run_for(MINUTE);
    assert_eq!(close_codes(&asked), [CloseCode(4000)]);
    assert!(is_live(&asked));
    let mut unheard = live(Compression::ZlibStream, quiet());
    unheard.inject(Fault::SwallowAcks);
    unheard.run_for(MINUTE * 3);
    assert_eq!(close_codes(&unheard), [CloseCode(4000)]);
    assert!(unheard.has_told("Zombie"));
    assert!(is_live(&unheard));
    for pair in [ended, parked, asked, unheard] {
        check_sequence(&pair);
        check_manners(&pair);
    }
}

#[test]
fn a_parked_session_is_resumed_by_a_later_process_without_loss() {
    for (encoding, compression) in pairs() {
        let options = Options { rate: 20, members: 10, ..Options::default() };
        let mut pair = live_in(encoding, compression, options);
        pair.run_for(MINUTE);
        pair.leave(Leave::Park);
        let stored = serde_json::to_string(&pair.shard.session().unwrap()).unwrap();
        let session = serde_json::from_str(&stored).unwrap();
        let config = Pair::config(Intents::DOCUMENTED).encoding(encoding);
        let shard = Shard::resume(config, session, 2, Memory::heap(compression)).unwrap();
        pair.shard = Recorded::new(shard);
        pair.stopped = None;
        pair.run_for(MINUTE);
        assert!(is_live(&pair));
        assert_eq!(pair.server.stats().identifies, 1, "{encoding} {compression}");
        check_sequence(&pair);
    }
}

#[test]
fn a_consumer_busy_for_minutes_keeps_its_link_and_a_real_zombie_is_found() {
    let patience = Some(HOUR);
    let options = Options { rate: 5, heartbeat_patience: patience, ..Options::default() };
    let mut pair = live(Compression::ZlibStream, options);
    for _ in 0..5 {
        pair.hold_for(MINUTE * 5);
        pair.run_for(MINUTE * 2);
    }
    assert_eq!(pair.shard.status().counters.dials, 1);
    check_sequence(&pair);
    check_manners(&pair);
    pair.hold_for(MINUTE * 5);
    pair.inject(Fault::Silence);
    pair.run_for(MINUTE * 3);
    assert!(pair.has_told("Zombie"));
    assert!(is_live(&pair));
    check_sequence(&pair);
}

#[test]
fn a_gateway_that_closes_on_a_busy_consumer_costs_a_resume_and_no_event() {
    let mut pair = live(Compression::ZlibStream, Options { rate: 5, ..Options::default() });
    pair.hold_for(MINUTE * 2);
    pair.run_for(MINUTE);
    assert!(is_live(&pair));
    let stats = pair.server.stats();
    assert_eq!((stats.identifies, stats.resumes), (1, 1));
    check_sequence(&pair);
}

#[test]
fn silent_hosts_and_sessions_that_never_come_are_left_and_tried_again() {
    for (fault, cause) in [
        (Fault::NoHello, "HelloTimeout"),
        (Fault::NoReady, "ReadyTimeout"),
        (Fault::ReconnectBeforeHello, "ReconnectRequestedEarly"),
    ] {
        let options = Options { faults: vec![fault], rate: 0, ..Options::default() };
        let pair = live(Compression::ZlibStream, options);
        assert!(pair.has_told(cause), "{fault} {:?}", pair.told);
    }
}

#[test]
fn an_invalid_session_begins_anew_and_says_so() {
    let options = Options { rate: 10, ..Options::default() };
    let mut pair = live(Compression::ZlibStream, options);
    pair.run_for(MINUTE);
    pair.inject(Fault::InvalidSessionResumable);
    pair.run_for(MINUTE);
    check_sequence(&pair);
    pair.inject(Fault::InvalidSession);
    pair.run_for(MINUTE);
    assert!(pair.has_told("SessionInvalid"));
    let readies =
        pair.told.iter().filter(|told| matches!(told, Told::Dispatch(name, _) if name == "READY"));
    assert_eq!(readies.count(), 2);
    assert_eq!(pair.server.stats().identifies, 2);
}

#[test]
fn a_corrupted_stream_is_closed_resumed_and_live_again() {
    for (encoding, compression) in
        pairs().filter(|(_, compression)| *compression != Compression::None)
    {
        let options = Options { rate: 20, members: 20, ..Options::default() };
        let mut pair = live_in(encoding, compression, options);
        for _ in 0..20 {
            pair.inject(Fault::Corrupt);
            pair.run_for(MINUTE / 4);
        }
        pair.run_until(is_live);
        let noticed = pair.has_told("CorruptStream") || pair.has_told("BrokenEnvelope");
        assert!(noticed, "{encoding} {compression}");
        assert!(pair.server.stats().resumes > 0, "{encoding} {compression}");
    }
}

#[test]
fn a_payload_buffer_of_40_kib_goes_live_on_a_ready_of_2500_guilds() {
    let payload = vec![0; Memory::MIN_PAYLOAD].leak();
    let commands = vec![0; Memory::MIN_COMMANDS].leak();
    let log = Box::leak(Box::new(SendLog::new()));
    let inflater = Inflater::zlib_stream(Box::leak(Box::new(Zlib::new())));
    let memory = Memory::lent(payload, commands, log, inflater);
    let shard = Shard::new(Pair::config(Intents::DOCUMENTED), 1, memory).unwrap();
    let options = Options { guilds: 2_500, members: 1, rate: 5, ..Options::default() };
    let mut pair = Pair::new(shard, options);
    let ready = pair.server.world().ready("0123456789abcdef", "ws://sim.example", None);
    assert!(ready.len() >= 118_000, "{}", ready.len());
    assert!(ready.find("session_id") > ready.rfind("unavailable"));
    pair.run_for(MINUTE);
    assert!(is_live(&pair));
    assert!(pair.shard.session().is_some());
    let Told::Note(first) = &pair.told[1] else { panic!("{:?}", pair.told[1]) };
    assert!(first.contains("kind: Ready"), "{first}");
    let guilds =
        pair.told.iter().filter(|told| format!("{told:?}").contains("GUILD_CREATE")).count();
    let small = pair
        .told
        .iter()
        .filter(|told| matches!(told, Told::Dispatch(name, _) if name == "GUILD_CREATE"));
    assert!(small.count() > 0 && guilds > 0);
    pair.inject(Fault::Drop);
    pair.run_for(MINUTE);
    assert_eq!(pair.server.stats().identifies, 1);
    assert!(is_live(&pair));
    check_manners(&pair);
}

#[test]
fn refusals_stop_the_client_with_a_sentence_that_says_what_to_change() {
    let tried = |config: Config<'static>, options: Options| {
        let mut pair = Pair::new(shard(config, Compression::None), options);
        pair.run_for(MINUTE);
        pair.stopped
    };
    let plain = || Pair::config(Intents::GUILDS);
    let token = Options { token: Some("other".to_owned()), ..Options::default() };
    assert_eq!(tried(plain(), token), Some(Stop::AuthenticationFailed));
    let unknown = Pair::config(Intents::from_bits_retain(1 << 40));
    assert_eq!(tried(unknown, Options::default()), Some(Stop::InvalidIntents));
    let privileged = Options { privileged: Intents::empty(), ..Options::default() };
    assert_eq!(
        tried(Pair::config(Intents::GUILD_MEMBERS), privileged),
        Some(Stop::DisallowedIntents)
    );
    let small = Options { guilds: 10, members: 1, max_guilds_per_shard: 3, ..Options::default() };
    assert_eq!(tried(plain(), small), Some(Stop::ShardingRequired));
}

/// Trap 28: all shards identify at once after an outage.
#[test]
fn shards_that_pass_the_gate_are_never_refused_by_the_gateway() {
    let (shards, at_once) = (12, 3);
    let options = Options { max_concurrency: at_once, rate: 0, guilds: 1, ..Options::default() };
    let mut server = Server::new(options);
    let mut gate = IdentifyGate::heap(3, 12);
    let mut now = Instant::from_millis(1_000);
    for id in 0..shards {
        let target = "/?v=10&encoding=json";
        server.handle_input(now, ServerInput::Opened { conn: Conn(id), target });
        gate.ask(now, id, Link(1)).unwrap();
    }
    let begun = now;
    while server.stats().identifies < u64::from(shards) {
        match gate.poll_output() {
            GateOutput::Grant { shard, link } => {
                assert!(gate.delivered(now, shard, link));
                let identify = format!(
                    r#"{{"op":2,"d":{{"token":"t","intents":1,"shard":[{shard},{shards}],"properties":{{"os":"o","browser":"b","device":"d"}}}}}}"#
                );
                let data = identify.as_bytes();
                server.handle_input(
                    now,
                    ServerInput::Message { conn: Conn(shard), text: true, data },
                );
            }
            GateOutput::Wait(at) => {
                assert!(at > now && at < now.saturating_add(MINUTE));
                now = at;
                gate.tick(now);
            }
        }
        assert_eq!(server.stats().identifies_refused, 0);
    }
    let least = Duration::from_secs(5) * (shards / at_once - 1);
    let spent = now.saturating_since(begun);
    assert!(spent >= least && spent <= least + least / 100, "{spent:?}");
}
