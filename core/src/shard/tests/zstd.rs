use super::wire::*;
use super::*;

fn big(seq: u64, len: usize) -> String {
    let mut state = seq;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + u8::try_from((state >> 40) % 26).unwrap())
    };
    let noise: String = (0..len).map(|_| next()).collect();
    format!(r#"{{"t":"GUILD_CREATE","s":{seq},"op":0,"d":{{"name":"{noise}","id":"5"}}}}"#)
}

/// A rig on a zstd stream, greeted and live.
fn streaming_with(config: Config<'static>) -> (Rig, Zstd) {
    let mut rig = Rig::of(Shard::new(config, 1, memory(Compression::ZstdStream)).unwrap());
    let mut zstd = Zstd::new();
    let connect = rig.open();
    assert!(connect[0].ends_with("/?v=10&encoding=json&compress=zstd-stream"), "{connect:?}");
    assert_eq!(rig.say_bytes(&zstd.message(HELLO)), ["ask", "connected Identify"]);
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    rig.sent();
    assert_eq!(rig.say_bytes(&zstd.message(READY)), ["event READY s=1"]);
    (rig, zstd)
}

fn streaming() -> (Rig, Zstd) {
    streaming_with(config())
}

#[test]
fn a_zstd_stream_carries_one_document_a_message() {
    let (mut rig, mut zstd) = streaming();
    for seq in 2..500 {
        let lines = rig.say_bytes(&zstd.message(big(seq, 1_000)));
        assert_eq!(lines, [format!("event GUILD_CREATE s={seq}")]);
    }
}

#[test]
fn a_zstd_message_may_come_in_pieces_or_be_split() {
    let (mut rig, mut zstd) = streaming();
    for (seq, size) in [(2, 1), (3, 2), (4, 7), (5, 100)] {
        let bytes = zstd.message(big(seq, 300));
        let link = rig.link();
        let mut lines = Vec::new();
        let count = bytes.chunks(size).count();
        for (at, part) in bytes.chunks(size).enumerate() {
            let last = at + 1 == count;
            lines.extend(rig.give(Input::Message { link, text: false, part, last }));
        }
        assert_eq!(lines, [format!("event GUILD_CREATE s={seq}")], "{size}");
    }
    for seq in 6..100 {
        let bytes = zstd.message(big(seq, 300));
        let at = usize::try_from(seq).unwrap() * bytes.len() / 100;
        let mut lines = rig.say_bytes(&bytes[..at]);
        lines.extend(rig.say_bytes(&bytes[at..]));
        assert_eq!(lines, [format!("event GUILD_CREATE s={seq}")], "{at}");
    }
}

/// Text that compresses well comes out of few bytes, long after all of them were read.
#[test]
fn what_a_few_bytes_hold_comes_out_with_their_message() {
    for len in [1_000, 40_000, 200_000, 3_000_000] {
        let (mut rig, mut zstd) = streaming();
        let name = "x".repeat(len);
        let text =
            format!(r#"{{"t":"GUILD_CREATE","s":2,"op":0,"d":{{"name":"{name}","id":"5"}}}}"#);
        let lines = rig.say_bytes(&zstd.message(&text));
        let fits = text.len() < Memory::MIN_PAYLOAD;
        let expected =
            if fits { "event GUILD_CREATE s=2" } else { "skipped GUILD_CREATE s=2 more=0" };
        assert_eq!(lines, [expected], "{len}");
    }
}

#[test]
fn corrupt_zstd_closes_with_4000_and_resumes() {
    let mut noticed = 0;
    for bit in 0..400 {
        let (mut rig, mut zstd) = streaming();
        let mut bytes = zstd.message(dispatch(2, "GUILD_CREATE"));
        let at = bit % (bytes.len() * 8);
        bytes[at / 8] ^= 1 << (at % 8);
        let mut lines = rig.say_bytes(&bytes);
        lines.extend(rig.say_bytes(&zstd.message(dispatch(3, "GUILD_CREATE"))));
        if lines.iter().any(|line| line.starts_with("close 4000")) {
            noticed += 1;
            let lines = rig.closed(Gone::Dropped);
            assert!(lines.last().unwrap().ends_with("4000 resumes=true"), "{lines:?}");
            rig.open();
            let resume = rig.say_bytes(&Zstd::new().message(HELLO));
            assert!(resume[0].starts_with(r#"send {"op":6"#), "{resume:?}");
        }
    }
    assert!(noticed > 100, "{noticed}");
}

#[test]
fn a_zstd_frame_that_ends_is_corrupt() {
    let (mut rig, mut zstd) = streaming();
    assert_eq!(rig.say_bytes(&zstd.end(dispatch(2, "GUILD_CREATE"))), ["close 4000"]);
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected CorruptStream 4000 resumes=true"]);
}

#[test]
fn a_text_message_on_a_zstd_stream_is_corrupt() {
    let (mut rig, _) = streaming();
    assert_eq!(rig.say(&dispatch(2, "GUILD_CREATE")), ["close 4000"]);
    assert_eq!(rig.shard.status().last_error, Some(Cause::CorruptStream));
}

#[test]
fn a_window_over_8_mib_is_refused_on_every_connection() {
    let mut rig = Rig::of(Shard::new(config(), 1, memory(Compression::ZstdStream)).unwrap());
    for (log, accepted) in [(24, false), (23, true), (27, false)] {
        rig.open();
        let lines = rig.say_bytes(&Zstd::with_window(log).message(HELLO));
        assert_eq!(lines.contains(&"ask".to_string()), accepted, "{log} {lines:?}");
        assert_eq!(lines.contains(&"close 4000".to_string()), !accepted, "{log} {lines:?}");
        rig.closed(Gone::Dropped);
    }
}

/// Trap 7: a decompression bomb.
#[test]
fn a_zstd_message_that_inflates_beyond_the_limit_is_refused() {
    let (mut rig, mut zstd) = streaming_with(config().max_inflated(1_000_000));
    let name = "x".repeat(20_000_000);
    let bomb = zstd.message(format!(r#"{{"t":"GUILD_CREATE","s":2,"op":0,"d":"{name}"}}"#));
    assert!(bomb.len() < 20_000, "{}", bomb.len());
    let before = rig.shard.status().counters.inflated_bytes;
    assert_eq!(rig.say_bytes(&bomb), ["close 4000"]);
    let inflated = rig.shard.status().counters.inflated_bytes - before;
    assert!(inflated < 1_100_000, "{inflated}");
    let lines = rig.closed(Gone::Dropped);
    assert!(lines[0].starts_with("disconnected InflatedTooLarge 4000"), "{lines:?}");
}

#[test]
fn random_bytes_on_a_zstd_stream_never_break_the_shard() {
    let mut state = 3_u64;
    for _ in 0..300 {
        let (mut rig, mut zstd) = streaming();
        let mut bytes = zstd.message(big(2, 500));
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = usize::try_from(state >> 33).unwrap() % bytes.len();
            bytes[at] = u8::try_from(state >> 56).unwrap();
        }
        rig.say_bytes(&bytes);
        rig.say_bytes(&zstd.message(big(3, 100)));
    }
}
