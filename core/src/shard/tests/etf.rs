use super::wire::*;
use super::*;
use crate::term::build::{Term, a, document, map, text};
use crate::{Encoding, SetupError};

const COMPRESSIONS: [Compression; 3] =
    [Compression::None, Compression::ZlibStream, Compression::ZstdStream];

fn available_in_etf() -> impl Iterator<Item = Compression> {
    COMPRESSIONS.into_iter().filter(|compression| compression.is_available())
}

fn etf() -> Config<'static> {
    config().encoding(Encoding::Etf)
}

/// A document as the gateway sends it: `d` first.
fn envelope(op: i64, d: Term, s: Term, t: Term) -> Vec<u8> {
    document(&map([("d", d), ("op", Term::Int(op)), ("s", s), ("t", t)]))
}

fn control(op: i64, d: Term) -> Vec<u8> {
    envelope(op, d, a("nil"), a("nil"))
}

fn dispatch(seq: i64, name: &'static str, d: Term) -> Vec<u8> {
    envelope(0, d, Term::Int(seq), a(name))
}

fn hello() -> Vec<u8> {
    control(10, map([("heartbeat_interval", Term::Int(40_000))]))
}

fn ready() -> Vec<u8> {
    let d = map([
        ("session_id", text("abc")),
        ("resume_gateway_url", text("wss://resume.example")),
        ("shard", Term::Bytes(vec![0, 1])),
        ("session_type", a("normal")),
    ]);
    dispatch(1, "READY", d)
}

fn guild(seq: i64) -> Vec<u8> {
    dispatch(seq, "GUILD_CREATE", map([("id", Term::Big(1 << 60)), ("name", text("\"{[é"))]))
}

/// A rig that heard Hello.
fn greeted(compression: Compression) -> (Rig, Wire) {
    let mut rig = Rig::of(Shard::new(etf(), 1, memory(compression)).unwrap());
    let mut wire = Wire::new(compression);
    let connect = rig.open();
    let query = match compression {
        Compression::ZlibStream | Compression::ZstdStream => format!("&compress={compression}"),
        Compression::None | Compression::Zlib => String::new(),
    };
    assert!(connect[0].ends_with(&format!("/?v=10&encoding=etf{query}")), "{connect:?}");
    assert_eq!(wire.say(&mut rig, hello()), ["ask", "connected Identify"]);
    (rig, wire)
}

/// A rig that went live with a READY.
fn live_with(compression: Compression, ready: &[u8], told: &str) -> (Rig, Wire) {
    let (mut rig, mut wire) = greeted(compression);
    let link = rig.link();
    let identify = rig.give(Input::MayIdentify(link));
    assert!(identify[0].starts_with(r"send \x83t\x00\x00\x00\x02m\x00\x00\x00\x02opa\x02"));
    assert!(identify[0].contains(r"compresss\x05false"), "{identify:?}");
    rig.sent();
    assert_eq!(wire.say(&mut rig, ready), [told], "{compression}");
    assert_eq!(rig.phase(), Phase::Live);
    (rig, wire)
}

fn live(compression: Compression) -> (Rig, Wire) {
    live_with(compression, &ready(), "event READY s=1")
}

#[test]
fn a_session_in_etf_goes_live_is_lost_and_resumes() {
    for compression in available_in_etf() {
        let (mut rig, mut wire) = live(compression);
        assert_eq!(wire.say(&mut rig, guild(2)), ["event GUILD_CREATE s=2"]);
        rig.closed(Gone::Dropped);
        let session = rig.shard.session().unwrap();
        assert_eq!((session.id.as_str(), session.encoding), ("abc", Encoding::Etf));
        rig.open();
        let mut wire = Wire::new(compression);
        let resume = wire.say(&mut rig, hello());
        assert!(resume[0].starts_with(r"send \x83t\x00\x00\x00\x02m\x00\x00\x00\x02opa\x06"));
        assert!(resume[0].ends_with(r"m\x00\x00\x00\x03seqa\x02"), "{resume:?}");
        rig.sent();
        assert_eq!(wire.say(&mut rig, guild(3)), ["event GUILD_CREATE s=3"]);
        let resumed = dispatch(4, "RESUMED", map([]));
        assert_eq!(wire.say(&mut rig, resumed), ["event RESUMED s=4"]);
        assert_eq!(rig.phase(), Phase::Live);
    }
}

#[test]
fn a_dispatch_in_etf_lends_its_name_and_one_term() {
    let (mut rig, mut wire) = live(Compression::ZlibStream);
    wire.say(&mut rig, guild(2));
    let Event::Dispatch(dispatch) = rig.shard.event() else { panic!("another event") };
    assert_eq!((dispatch.name(), dispatch.encoding()), ("GUILD_CREATE", Encoding::Etf));
    let d = document(&map([("id", Term::Big(1 << 60)), ("name", text("\"{[é"))]));
    assert_eq!(dispatch.data(), &d[1..]);
}

#[test]
fn heartbeats_in_etf_carry_the_sequence() {
    let (mut rig, mut wire) = live(Compression::None);
    let beat = |d: &str| {
        format!(r"send \x83t\x00\x00\x00\x02m\x00\x00\x00\x02opa\x01m\x00\x00\x00\x01d{d}")
    };
    assert_eq!(wire.say(&mut rig, control(1, a("nil"))), [beat(r"a\x01")]);
    rig.sent();
    assert_eq!(wire.say(&mut rig, control(11, a("nil"))), [""; 0]);
    assert!(rig.shard.status().last_ack.is_some());
    let (mut rig, mut wire) = greeted(Compression::None);
    assert_eq!(wire.say(&mut rig, control(1, a("nil"))), [beat(r"s\x03nil")]);
}

#[test]
fn a_refused_session_in_etf_is_kept_or_lost_as_its_word_says() {
    for (word, close, expected) in [
        ("true", "close 4000", "disconnected SessionInvalidResumable 4000 resumes=true"),
        ("false", "close 1000", "disconnected SessionInvalid 1000 resumes=false"),
    ] {
        let (mut rig, mut wire) = live(Compression::None);
        let lines = wire.say(&mut rig, control(9, a(word)));
        assert_eq!(lines.first().map(String::as_str), Some(close), "{word}");
        let lines = rig.closed(Gone::Dropped);
        assert!(lines.contains(&expected.to_string()), "{lines:?}");
    }
}

#[test]
fn a_reconnect_in_etf_is_obeyed() {
    let (mut rig, mut wire) = live(Compression::ZlibStream);
    assert_eq!(wire.say(&mut rig, control(7, a("nil"))), ["close 4000"]);
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected ReconnectRequested 4000 resumes=true"]);
}

#[test]
fn a_small_buffer_goes_live_on_a_huge_ready_in_etf_wherever_the_session_id_stands() {
    let guilds = (0..2_500)
        .map(|n| map([("id", Term::Big((1 << 60) + n)), ("unavailable", a("true"))]))
        .collect();
    let guilds = ("guilds", Term::List(guilds));
    let (id, url) =
        (("session_id", text("abc")), ("resume_gateway_url", text("wss://resume.example")));
    for entries in [[guilds.clone(), url.clone(), id.clone()], [id, guilds, url]] {
        let ready = dispatch(1, "READY", map(entries));
        assert!(ready.len() > 2 * Memory::MIN_PAYLOAD, "{}", ready.len());
        for compression in available_in_etf() {
            let (mut rig, mut wire) = live_with(compression, &ready, "skipped READY s=1 more=0");
            let session = rig.shard.session().unwrap();
            assert_eq!((session.id.as_str(), session.processed), ("abc", 1));
            assert_eq!(session.resume_url, "wss://resume.example");
            assert_eq!(wire.say(&mut rig, guild(2)), ["event GUILD_CREATE s=2"]);
        }
    }
}

#[test]
fn messages_in_etf_hold_parts_of_documents_or_several() {
    let (mut rig, _) = live(Compression::None);
    let three = [guild(2), control(11, a("nil")), guild(3)].concat();
    let events = ["event GUILD_CREATE s=2", "event GUILD_CREATE s=3"];
    assert_eq!(rig.say_bytes(&three), events);
    let whole = guild(4);
    for at in 0..whole.len() {
        let (mut rig, _) = live(Compression::None);
        let mut lines = rig.say_bytes(&whole[..at]);
        lines.extend(rig.say_bytes(&whole[at..]));
        assert_eq!(lines, ["gap 2..4", "event GUILD_CREATE s=4"], "{at}");
    }
}

#[test]
fn what_is_no_etf_closes_with_4000_and_resumes() {
    let json = br#"{"op":11}"#;
    let compressed = b"\x83P\0\0\0\x10\x78\x9C";
    let no_op = document(&map([("s", Term::Int(5))]));
    for bad in [&json[..], compressed, &no_op, b"\x83t\0\0\0\x01\0"] {
        let (mut rig, _) = live(Compression::None);
        assert_eq!(rig.say_bytes(bad), ["close 4000"], "{}", bad.escape_ascii());
        let lines = rig.closed(Gone::Dropped);
        assert_eq!(lines, ["disconnected BrokenEnvelope 4000 resumes=true"]);
    }
    let (mut rig, _) = live(Compression::None);
    assert_eq!(rig.say(r#"{"op":11}"#), ["close 4000"]);
}

#[test]
fn texts_in_etf_that_are_no_utf8_are_the_readers_to_judge() {
    let (mut rig, mut wire) = live(Compression::None);
    let d = map([("content", Term::Text(vec![0xFF, 0xFE]))]);
    let lines = wire.say(&mut rig, dispatch(2, "MESSAGE_CREATE", d));
    assert_eq!(lines, ["event MESSAGE_CREATE s=2"]);
    let name = Term::Text(vec![0xFF]);
    let lines = wire.say(&mut rig, envelope(0, map([]), Term::Int(3), name));
    assert_eq!(lines, ["event  s=3"]);
}

#[test]
fn commands_in_etf_leave_as_binary_frames() {
    let (mut rig, _) = live(Compression::None);
    let command = Command::UpdatePresence(crate::Presence::default().into());
    rig.shard.command(rig.now, &command).unwrap();
    let lines = rig.drain();
    assert!(lines[0].starts_with(r"send \x83t\x00\x00\x00\x02m\x00\x00\x00\x02opa\x03"));
    let raw = Command::Raw { op: 43, d: "{}" };
    rig.shard.command(rig.now, &raw).unwrap();
    assert!(rig.drain().iter().all(|line| !line.starts_with("send {")));
}

#[test]
fn payload_zlib_is_refused_with_etf() {
    let refused = Shard::new(etf(), 1, memory(Compression::Zlib)).err();
    assert_eq!(refused, Some(SetupError::EtfWithZlib));
    for compression in available_in_etf() {
        assert!(Shard::new(etf(), 1, memory(compression)).is_ok(), "{compression}");
    }
}

#[test]
fn a_session_of_another_encoding_is_not_resumed() {
    let (rig, _) = live(Compression::None);
    let session = rig.shard.session().unwrap();
    let resumed = Shard::resume(config(), session, 1, memory(Compression::None));
    let expected = SetupError::Session(crate::SessionError::Encoding);
    assert_eq!(resumed.err(), Some(expected));
}
