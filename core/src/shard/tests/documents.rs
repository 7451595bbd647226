use super::wire::*;
use super::*;
use miniz_oxide::deflate::core::TDEFLFlush;
/// A rig on a zlib stream, greeted and live.
fn streaming() -> (Rig, Deflate) {
    let mut rig = Rig::of(Shard::new(config(), 1, memory(Compression::ZlibStream)).unwrap());
    let mut deflate = Deflate::new();
    let connect = rig.open();
    assert!(connect[0].ends_with("/?v=10&encoding=json&compress=zlib-stream"), "{connect:?}");
    assert_eq!(rig.say_bytes(&deflate.message(HELLO)), ["ask", "connected Identify"]);
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    rig.sent();
    assert_eq!(rig.say_bytes(&deflate.message(READY)), ["event READY s=1"]);
    (rig, deflate)
}

/// Text that hardly compresses.
pub(super) fn noise(len: usize) -> String {
    let mut state = 5_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b' ' + u8::try_from((state >> 40) % 90).unwrap())
    };
    (0..len).map(|_| next()).filter(|c| !matches!(c, '"' | '\\')).collect()
}

fn big(seq: u64, len: usize) -> String {
    let noise = noise(len);
    format!(r#"{{"t":"GUILD_CREATE","s":{seq},"op":0,"d":{{"name":"{noise}","id":"5"}}}}"#)
}

#[test]
fn payload_zlib_takes_texts_and_compressed_binaries() {
    let mut rig = Rig::of(Shard::new(config(), 1, memory(Compression::Zlib)).unwrap());
    rig.greet();
    let link = rig.link();
    let identify = rig.give(Input::MayIdentify(link));
    assert!(identify[0].contains(r#""compress":true"#));
    rig.sent();
    assert_eq!(rig.say_bytes(&zlib(READY)), ["event READY s=1"]);
    assert_eq!(rig.say(&dispatch(2, "GUILD_CREATE")), ["event GUILD_CREATE s=2"]);
    for seq in 3..40 {
        let lines = rig.say_bytes(&zlib(&big(seq, 20_000)));
        assert_eq!(lines, [format!("event GUILD_CREATE s={seq}")]);
    }
}

#[test]
fn payload_zlib_that_is_cut_or_too_long_is_corrupt() {
    let whole = zlib(&dispatch(2, "GUILD_CREATE"));
    let mut longer = whole.clone();
    longer.push(0);
    let mut wrong_sum = whole.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    for bad in [&whole[..whole.len() - 1], &whole[..1], &longer, &wrong_sum, b"{}"] {
        let mut rig = Rig::of(Shard::new(config(), 1, memory(Compression::Zlib)).unwrap());
        rig.go_live();
        assert_eq!(rig.say_bytes(bad), ["close 4000"], "{}", bad.escape_ascii());
        assert_eq!(rig.shard.status().last_error, Some(Cause::CorruptStream));
    }
}

#[test]
fn a_zlib_stream_carries_one_document_a_message() {
    let (mut rig, mut deflate) = streaming();
    for seq in 2..500 {
        let lines = rig.say_bytes(&deflate.message(&big(seq, 1_000)));
        assert_eq!(lines, [format!("event GUILD_CREATE s={seq}")]);
    }
}

/// Trap 4: the sync marker split over two messages.
#[test]
fn a_message_may_be_split_anywhere() {
    let (mut rig, mut deflate) = streaming();
    for seq in 2..200 {
        let bytes = deflate.message(&big(seq, 300));
        let at = usize::try_from(seq).unwrap() * bytes.len() / 200;
        let at = if seq > 190 { bytes.len() + seq as usize - 200 } else { at };
        let mut lines = rig.say_bytes(&bytes[..at]);
        lines.extend(rig.say_bytes(&bytes[at..]));
        assert_eq!(lines, [format!("event GUILD_CREATE s={seq}")], "{at} of {}", bytes.len());
    }
}

#[test]
fn a_message_may_come_in_pieces() {
    let (mut rig, mut deflate) = streaming();
    for (seq, size) in [(2, 1), (3, 2), (4, 7), (5, 100)] {
        let bytes = deflate.message(&big(seq, 300));
        let link = rig.link();
        let mut lines = Vec::new();
        let count = bytes.chunks(size).count();
        for (at, part) in bytes.chunks(size).enumerate() {
            let last = at + 1 == count;
            lines.extend(rig.give(Input::Message { link, text: false, part, last }));
        }
        assert_eq!(lines, [format!("event GUILD_CREATE s={seq}")], "{size}");
    }
}

#[test]
fn a_message_may_hold_several_documents_and_lack_its_marker() {
    let (mut rig, mut deflate) = streaming();
    let mut several = deflate.message(&dispatch(2, "GUILD_CREATE"));
    several.extend(deflate.message(&dispatch(3, "GUILD_CREATE")));
    several.extend(deflate.message(&op(1, "null")));
    several.extend(deflate.message(&dispatch(4, "GUILD_CREATE")));
    let lines = rig.say_bytes(&several);
    let events = ["event GUILD_CREATE s=2", "event GUILD_CREATE s=3", "event GUILD_CREATE s=4"];
    assert_eq!(lines[1..], events);
    assert_eq!(lines[0], r#"send {"op":1,"d":4}"#);
    let bytes = deflate.message(&dispatch(5, "GUILD_CREATE"));
    let lines = rig.say_bytes(&bytes[..bytes.len() - 4]);
    assert_eq!(lines, ["event GUILD_CREATE s=5"]);
    assert_eq!(rig.say_bytes(&bytes[bytes.len() - 4..]), [""; 0]);
}

/// Trap 3: a zlib stream that ends in mid-session.
#[test]
fn a_stream_that_ends_is_corrupt() {
    let (mut rig, mut deflate) = streaming();
    let last = deflate.flushed(&dispatch(2, "GUILD_CREATE"), TDEFLFlush::Finish);
    assert_eq!(rig.say_bytes(&last), ["close 4000"]);
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected CorruptStream 4000 resumes=true"]);
}

/// Trap 5: inflate state kept after a reconnect.
#[test]
fn each_connection_begins_with_a_fresh_stream() {
    let (mut rig, mut deflate) = streaming();
    let bytes = deflate.message(&big(2, 5_000));
    rig.say_bytes(&bytes[..bytes.len() / 2]);
    rig.closed(Gone::Dropped);
    rig.open();
    let mut deflate = Deflate::new();
    let lines = rig.say_bytes(&deflate.message(HELLO));
    assert!(lines[0].starts_with(r#"send {"op":6"#), "{lines:?}");
}

/// Trap 51: a crafted block that reaches back into the previous connection's window.
#[test]
fn a_stream_cannot_read_what_an_earlier_connection_left() {
    let (mut rig, _) = streaming();
    rig.closed(Gone::Dropped);
    rig.open();
    // A zlib header, then a block with fixed codes whose first symbol is a match, then a sync marker.
    let crafted = [0x78, 0x9C, 0x02, 0xDA, 0x01, 0x00, 0x00, 0x00, 0xFF, 0xFF];
    assert_eq!(rig.say_bytes(&crafted), ["close 4000"]);
    assert_eq!(rig.shard.status().last_error, Some(Cause::CorruptStream));
}

/// Trap 53: a bit that flips in a stream is noticed by what comes out, or changes nothing but data.
#[test]
fn a_flipped_bit_never_breaks_the_shard() {
    let mut noticed = 0;
    for bit in 0..400 {
        let (mut rig, mut deflate) = streaming();
        let mut bytes = deflate.message(&dispatch(2, "GUILD_CREATE"));
        let at = bit % (bytes.len() * 8);
        bytes[at / 8] ^= 1 << (at % 8);
        let mut lines = rig.say_bytes(&bytes);
        lines.extend(rig.say_bytes(&deflate.message(&dispatch(3, "GUILD_CREATE"))));
        noticed += u32::from(lines.iter().any(|line| line.starts_with("close 4000")));
    }
    assert!(noticed > 100, "{noticed}");
}

/// Trap 6: one message larger than the output buffer.
#[test]
fn a_document_larger_than_the_buffer_is_skipped_and_its_sequence_kept() {
    for compression in available() {
        let mut rig = Rig::of(Shard::new(config(), 1, memory(compression)).unwrap());
        let mut wire = Wire::new(compression);
        let mut say = |rig: &mut Rig, text: &str| wire.say(rig, text);
        rig.open();
        say(&mut rig, HELLO);
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        say(&mut rig, READY);
        let fits = big(2, 38_000);
        assert_eq!(say(&mut rig, &fits), ["event GUILD_CREATE s=2"], "{compression}");
        let huge = big(3, 500_000);
        assert_eq!(say(&mut rig, &huge), ["skipped GUILD_CREATE s=3 more=0"], "{compression}");
        let Event::Skipped(skipped) = rig.shard.event() else { panic!("another event") };
        assert_eq!(skipped.guild, Some(crate::GuildId(5)));
        assert_eq!((skipped.id, skipped.seq), (Some(5), Some(3)));
        assert_eq!(skipped.length, u64::try_from(huge.len()).unwrap());
        assert_eq!(rig.shard.session().unwrap().processed, 3);
        let next = say(&mut rig, &dispatch(4, "GUILD_CREATE"));
        assert_eq!(next, ["event GUILD_CREATE s=4"], "{compression}");
    }
}

/// A decoder may hold the last bytes back when the room ends with its input.
#[test]
fn documents_around_the_size_of_the_buffer_come_whole_with_their_own_message() {
    let text = |seq: u64, len: usize| {
        let name = "abcdefg ".repeat(len / 8 + 1);
        let name = &name[..len];
        format!(r#"{{"t":"GUILD_CREATE","s":{seq},"op":0,"d":{{"id":"5","name":"{name}"}}}}"#)
    };
    let around = text(2, 0).len();
    for compression in available() {
        for len in Memory::MIN_PAYLOAD - 300..Memory::MIN_PAYLOAD + 20 {
            let mut rig = Rig::of(Shard::new(config(), 1, memory(compression)).unwrap());
            if len % 20 != 0 {
                rig.shard.inside();
            }
            let mut wire = Wire::new(compression);
            rig.open();
            wire.say(&mut rig, HELLO);
            let link = rig.link();
            rig.give(Input::MayIdentify(link));
            rig.sent();
            wire.say(&mut rig, READY);
            let lines = wire.say(&mut rig, text(2, len - around));
            // At the end of a full buffer it is not known whether a stream holds more.
            let room = Memory::MIN_PAYLOAD - usize::from(compression.is_stream());
            let fits = "event GUILD_CREATE s=2";
            let expected = if len <= room { fits } else { "skipped GUILD_CREATE s=2 more=0" };
            assert_eq!(lines, [expected], "{compression} {len}");
            let next = wire.say(&mut rig, dispatch(3, "GUILD_CREATE"));
            assert_eq!(next, ["event GUILD_CREATE s=3"], "{compression} {len}");
        }
    }
}

#[test]
fn a_small_buffer_goes_live_on_a_huge_ready_with_the_session_id_last() {
    let guilds: Vec<String> = (0..2_500_u64)
        .map(|n| format!(r#"{{"unavailable":true,"id":"{}"}}"#, (1 << 60) + n))
        .collect();
    let ready = format!(
        r#"{{"t":"READY","s":1,"op":0,"d":{{"v":10,"guilds":[{}],"resume_gateway_url":"wss://resume.example","session_id":"abc"}}}}"#,
        guilds.join(",")
    );
    assert!(ready.len() > 110_000, "{}", ready.len());
    for compression in available() {
        let mut rig = Rig::of(Shard::new(config(), 1, memory(compression)).unwrap());
        let mut wire = Wire::new(compression);
        let mut say = |rig: &mut Rig, text: &str| wire.say(rig, text);
        rig.open();
        say(&mut rig, HELLO);
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        assert_eq!(say(&mut rig, &ready), ["skipped READY s=1 more=0"]);
        assert_eq!(rig.phase(), Phase::Live);
        let session = rig.shard.session().unwrap();
        assert_eq!((session.id.as_str(), session.processed), ("abc", 1));
        assert_eq!(session.resume_url, "wss://resume.example");
        assert_eq!(say(&mut rig, &dispatch(2, "GUILD_CREATE")), ["event GUILD_CREATE s=2"]);
    }
}

#[test]
fn documents_that_wait_stand_before_one_that_is_skipped_and_after_it_nothing_is_lost_silently() {
    let mut rig = Rig::live();
    let stream = format!(
        "{}{}{}{}",
        dispatch(2, "GUILD_CREATE"),
        big(3, 60_000),
        dispatch(4, "GUILD_CREATE"),
        big(5, 60_000)
    );
    let lines = rig.say(&stream);
    let expected = [
        "event GUILD_CREATE s=2",
        "skipped GUILD_CREATE s=3 more=0",
        "skipped GUILD_CREATE s=4 more=0",
        "skipped GUILD_CREATE s=5 more=0",
    ];
    assert_eq!(lines, expected);
    assert_eq!(rig.shard.session().unwrap().processed, 5);
    assert_eq!(rig.say(&dispatch(6, "GUILD_CREATE")), ["event GUILD_CREATE s=6"]);
}

#[test]
fn documents_that_wait_are_given_up_when_the_history_of_the_stream_needs_their_room() {
    let (mut rig, mut deflate) = streaming();
    let mut several = Vec::new();
    for seq in 2..12 {
        several.extend(deflate.message(&big(seq, 2_000)));
    }
    several.extend(deflate.message(&big(12, 200_000)));
    let lines = rig.say_bytes(&several);
    assert!(lines.iter().all(|line| line.starts_with("skipped")), "{lines:?}");
    let more = |line: &String| line.rsplit('=').next().unwrap().parse::<u32>().unwrap();
    assert_eq!(lines.iter().map(|line| 1 + more(line)).sum::<u32>(), 11);
    assert_eq!(rig.shard.session().unwrap().processed, 12);
    let lines = rig.say_bytes(&deflate.message(&dispatch(13, "GUILD_CREATE")));
    assert_eq!(lines, ["event GUILD_CREATE s=13"]);
}

/// Trap 7: a decompression bomb.
#[test]
fn a_message_that_inflates_beyond_the_limit_is_refused() {
    let config = config().max_inflated(1_000_000);
    let mut rig = Rig::of(Shard::new(config, 1, memory(Compression::ZlibStream)).unwrap());
    rig.open();
    let bomb = Deflate::new().message(&" ".repeat(2_000_000));
    assert!(bomb.len() < 10_000);
    assert_eq!(rig.say_bytes(&bomb), ["close 4000"]);
    assert_eq!(rig.shard.status().last_error, Some(Cause::InflatedTooLarge));
}

/// Trap 36: text and binary mixed, empty messages.
#[test]
fn empty_messages_and_other_message_types_are_survived() {
    let mut rig = Rig::live();
    assert_eq!(rig.say(""), [""; 0]);
    assert_eq!(rig.say(" \n "), [""; 0]);
    assert_eq!(rig.say_bytes(dispatch(2, "GUILD_CREATE").as_bytes()), ["event GUILD_CREATE s=2"]);
    let (mut rig, mut deflate) = streaming();
    assert_eq!(rig.say_bytes(b""), [""; 0]);
    assert_eq!(rig.say_bytes(&deflate.message(" ")), [""; 0]);
    assert_eq!(rig.say(&dispatch(2, "GUILD_CREATE")), ["close 4000"]);
    let mut rig = Rig::of(Shard::new(config(), 1, memory(Compression::Zlib)).unwrap());
    rig.go_live();
    assert_eq!(rig.say_bytes(b""), [""; 0]);
    assert_eq!(rig.say_bytes(&zlib("")), [""; 0]);
}

/// Trap 36: a close frame while a message is half read.
#[test]
fn a_message_cut_off_by_a_close_leaves_nothing_behind() {
    let mut rig = Rig::live();
    let link = rig.link();
    let text = dispatch(2, "GUILD_CREATE");
    let part = &text.as_bytes()[..20];
    rig.give(Input::Message { link, text: true, part, last: false });
    rig.closed(Gone::Code(CloseCode(1000), ""));
    rig.resume();
    assert_eq!(rig.say(&dispatch(10, "GUILD_CREATE")), ["event GUILD_CREATE s=10"]);
}

#[test]
fn documents_split_over_plain_messages_are_joined() {
    let mut rig = Rig::live();
    let text = dispatch(2, "GUILD_CREATE");
    for at in 1..text.len() - 2 {
        let text = dispatch(at as u64 + 1, "GUILD_CREATE");
        assert_eq!(rig.say(&text[..at]), [""; 0], "{at}");
        let expected = format!("event GUILD_CREATE s={}", at + 1);
        assert_eq!(rig.say(&text[at..]), [expected], "{at}");
    }
}

#[test]
fn broken_envelopes_and_invalid_utf8_close_with_4000_and_resume() {
    for bad in ["[]", "{]", r#"{"op":tru}"#, r#"{"t":null}"#, r#"{"op":"0"}"#, "nonsense"] {
        let mut rig = Rig::live();
        assert_eq!(rig.say(bad), ["close 4000"], "{bad}");
        let lines = rig.closed(Gone::Dropped);
        assert_eq!(lines, ["disconnected BrokenEnvelope 4000 resumes=true"]);
    }
    let mut rig = Rig::live();
    let mut bytes = dispatch(2, "GUILD_CREATE").into_bytes();
    let at = bytes.len() - 4;
    bytes[at] = 0xFF;
    assert_eq!(rig.say_bytes(&bytes), ["close 4000"]);
    assert_eq!(rig.shard.session().unwrap().received, 1);
}

/// Trap 33: unknown opcodes and events end the connection.
#[test]
fn unknown_opcodes_are_counted_and_unknown_events_are_delivered_by_name() {
    let mut rig = Rig::live();
    assert_eq!(rig.say(&op(99, "{}")), [""; 0]);
    assert_eq!(rig.say(r#"{"op":18446744073709551615,"d":[1]}"#), [""; 0]);
    assert_eq!(rig.say(&dispatch(2, "SOMETHING_NEW")), ["event SOMETHING_NEW s=2"]);
    assert_eq!(rig.say(r#"{"op":0,"s":3,"t":null,"d":null}"#), ["event  s=3"]);
    assert_eq!(rig.shard.status().counters.unexpected, 2);
}

/// Trap 34: the sequence lowered by a replay or advanced by a null.
#[test]
fn the_sequence_only_rises() {
    let mut rig = Rig::live();
    (2..=5).for_each(|seq| drop(rig.say(&dispatch(seq, "GUILD_CREATE"))));
    assert_eq!(
        rig.say(r#"{"t":"GUILD_CREATE","s":null,"op":0,"d":{}}"#),
        ["event GUILD_CREATE s=0"]
    );
    assert_eq!(rig.say(&dispatch(3, "GUILD_CREATE")), ["duplicate s=3"]);
    let session = rig.shard.session().unwrap();
    assert_eq!((session.received, session.processed), (5, 5));
}

#[test]
fn gaps_and_duplicates_are_told() {
    let mut rig = Rig::live();
    assert_eq!(rig.say(&dispatch(4, "GUILD_CREATE")), ["gap 2..4", "event GUILD_CREATE s=4"]);
    assert_eq!(rig.say(&dispatch(4, "GUILD_CREATE")), ["duplicate s=4"]);
    let both = format!("{}{}", dispatch(7, "GUILD_CREATE"), dispatch(8, "GUILD_CREATE"));
    let lines = rig.say(&both);
    assert_eq!(lines, ["gap 5..7", "event GUILD_CREATE s=7", "event GUILD_CREATE s=8"]);
    let counters = rig.shard.status().counters;
    assert_eq!((counters.gaps, counters.duplicates), (2, 1));
}

/// Trap 12: an unparsable READY leaves the shard identifying.
#[test]
fn a_ready_without_a_usable_session_still_goes_live() {
    for d in ["{}", "null", "[]", r#"{"session_id":""}"#, r#"{"session_id":5}"#] {
        let mut rig = Rig::new();
        rig.greet();
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        let ready = format!(r#"{{"t":"READY","s":1,"op":0,"d":{d}}}"#);
        assert_eq!(rig.say(&ready), ["limit SessionId", "event READY s=1"], "{d}");
        assert_eq!(rig.phase(), Phase::Live);
        assert!(rig.shard.session().is_none());
        rig.closed(Gone::Dropped);
        assert!(rig.open()[0].starts_with("connect Identify"));
    }
}

/// Trap 2: a malformed, empty, unsafe or very long resume URL.
#[test]
fn an_unusable_resume_url_falls_back_to_the_configured_one() {
    let long = format!("wss://{}", "x".repeat(200));
    for url in ["", "x", "http://x", "ws://plain.example", "wss://", "wss://a b", &long] {
        let mut rig = Rig::new();
        rig.greet();
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        let ready = READY.replace("wss://resume.example", url);
        assert_eq!(rig.say(&ready), ["limit ResumeUrl", "event READY s=1"], "{url}");
        rig.closed(Gone::Dropped);
        assert!(rig.open()[0].starts_with("connect Resume wss://gateway.discord.gg:443/"));
    }
}

#[test]
fn dispatches_outside_a_session_are_counted_and_dropped() {
    let mut rig = Rig::new();
    rig.open();
    assert_eq!(rig.say(&dispatch(u64::MAX, "GUILD_CREATE")), [""; 0]);
    rig.say(HELLO);
    assert_eq!(rig.say(READY), [""; 0]);
    assert_eq!(rig.shard.status().counters.unexpected, 2);
    assert_eq!(rig.phase(), Phase::Asking);
}

#[test]
fn documents_that_come_while_closing_are_dropped_and_not_counted() {
    let mut rig = Rig::live();
    let both = format!("{}{}{}", dispatch(2, "GUILD_CREATE"), op(7, "null"), dispatch(3, "X"));
    assert_eq!(rig.say(&both), ["close 4000", "event GUILD_CREATE s=2"]);
    assert_eq!(rig.say(&dispatch(3, "X")), [""; 0]);
    assert_eq!(rig.shard.session().unwrap().received, 2);
}

/// Whatever is in a message, every sequence number is told once and in order.
#[test]
fn random_messages_of_many_documents_are_told_in_order_and_whole() {
    for seed in 0..150_u64 {
        let mut rng = Rng::new(seed);
        let mut pick = |limit: u64| {
            usize::try_from(rng.below(Duration::from_micros(limit)).as_micros()).unwrap()
        };
        let stream = seed % 2 == 0;
        let (mut rig, mut deflate) =
            if stream { streaming() } else { (Rig::live(), Deflate::new()) };
        if seed > 5 {
            // A replay of all would take most of the time the tests take.
            rig.shard.inside();
        }
        let mut encode = |text: &str| if stream { deflate.message(text) } else { text.into() };
        let (mut sent, mut told) = (1, 1);
        for _ in 0..12 {
            let mut bytes = Vec::new();
            for _ in 0..=pick(6) {
                if pick(8) == 0 {
                    bytes.extend(encode(ACK));
                } else {
                    sent += 1;
                    let len = [10, 300, 3_000, 9_000, 20_000, 36_000, 60_000][pick(7)];
                    bytes.extend(encode(&big(sent, len + pick(3_000))));
                }
            }
            let size = [bytes.len(), 1_000, 4_096, 17_000][pick(4)];
            let (link, count) = (rig.link(), bytes.chunks(size).count());
            for (at, part) in bytes.chunks(size).enumerate() {
                let last = at + 1 == count;
                let lines = rig.give(Input::Message { link, text: !stream, part, last });
                for line in lines {
                    let number = |tag: &str| {
                        let rest = line.split(tag).nth(1)?;
                        rest.split(' ').next()?.parse::<u64>().ok()
                    };
                    assert_eq!(number("s="), Some(told + 1), "seed {seed}: {line}");
                    told += 1 + number("more=").unwrap_or(0);
                }
            }
            assert_eq!(told, sent, "seed {seed}");
            assert_eq!(rig.shard.session().unwrap().processed, sent, "seed {seed}");
        }
    }
}

#[test]
fn what_a_message_brings_about_is_told_in_the_same_drain() {
    let mut rig = Rig::live();
    let both = format!("{}{}", dispatch(2, "GUILD_CREATE"), op(9, "false"));
    let expected = ["close 1000", "event GUILD_CREATE s=2", "session lost SessionInvalid"];
    assert_eq!(rig.say(&both), expected);
    let mut rig = Rig::live();
    let both = format!("{}{ACK}", dispatch(2, "GUILD_CREATE"));
    let (link, part) = (rig.link(), both.as_bytes());
    rig.shard.handle_input(rig.now, Input::Message { link, text: true, part, last: true });
    let lines = rig.closed_with(4004);
    let expected = [
        "event GUILD_CREATE s=2",
        "session lost AuthenticationFailed",
        "disconnected AuthenticationFailed 4004 resumes=false",
        "stop AuthenticationFailed",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_gap_before_a_document_that_is_skipped_is_told() {
    let mut rig = Rig::live();
    let lines = rig.say(&big(9, 60_000));
    assert_eq!(lines, ["gap 2..9", "skipped GUILD_CREATE s=9 more=0"]);
}

#[test]
fn plain_documents_are_told_apart_whatever_stands_between_them() {
    let mut rig = Rig::live();
    let two = format!("{}\n {}", dispatch(2, "GUILD_CREATE"), dispatch(3, "GUILD_CREATE"));
    assert_eq!(rig.say(&two), ["event GUILD_CREATE s=2", "event GUILD_CREATE s=3"]);
    let nested = r#"{"t":"X","s":4,"op":0,"d":{"a":{"b":{}}}}"#;
    for cut in 1..4 {
        let mut rig = Rig::live();
        let (head, tail) = nested.split_at(nested.len() - cut);
        assert_eq!(rig.say(head), [""; 0], "{cut}");
        assert_eq!(rig.say(tail), ["gap 2..4", "event X s=4"], "{cut}");
    }
}

#[test]
fn a_plain_document_that_seems_to_end_early_or_late_is_told_whole() {
    let whole = r#"{"t":"A","s":2,"op":0,"d":{"a":{"b":{}}}}"#;
    for cut in 1..whole.len() {
        let mut rig = Rig::live();
        let (first, second) = whole.split_at(cut);
        let mut told = rig.say(first);
        told.extend(rig.say(second));
        assert_eq!(told, ["event A s=2"], "{cut}");
    }
    let mut rig = Rig::live();
    for odd in [
        r#"{"t":"A","s":2,"op":0,"d":{"a":1},"x":{}}"#,
        r#"{"t":"A","s":3,"op":0,"d":{}} "#,
        r#"{"t":"A","s":4,"op":0,"d":{}}{"t":"A","s":5,"op":0,"d":[]}"#,
    ] {
        let told = rig.say(odd).join(" ");
        assert!(told.starts_with("event A") && !told.contains("gap"), "{odd}: {told}");
    }
    assert_eq!(rig.shard.session().unwrap().received, 5);
    assert_eq!(rig.shard.status().counters.undecoded, 0);
}

#[test]
fn what_comes_before_identify_or_resume_went_out_is_no_answer() {
    let mut rig = Rig::new();
    rig.greet();
    rig.say(&op(1, "null"));
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    assert_eq!(rig.say(READY), [""; 0]);
    assert_eq!(rig.phase(), Phase::Identifying);
    assert!(rig.sent()[0].starts_with(r#"send {"op":2"#));
}

#[test]
fn a_ready_that_is_replayed_begins_no_new_session() {
    let rig = Rig::live();
    let session = Session { processed: 0, ..rig.shard.session().unwrap() };
    let shard = Shard::resume(config(), session, 2, memory(Compression::None)).unwrap();
    let mut rig = Rig::of(shard);
    rig.greet();
    rig.sent();
    assert_eq!(rig.say(READY), ["event READY s=1"]);
    assert_eq!(rig.phase(), Phase::Resuming);
    assert_eq!(rig.say(&RESUMED.replace('9', "2")), ["event RESUMED s=2"]);
    assert_eq!(rig.shard.session().unwrap().processed, 2);
    rig.closed(Gone::Dropped);
    rig.greet();
    rig.sent();
    assert_eq!(rig.say(READY), ["duplicate s=1"]);
    assert_eq!(rig.say(&dispatch(3, "GUILD_CREATE")), ["event GUILD_CREATE s=3"]);
    assert_eq!(rig.shard.session().unwrap().processed, 3);
    rig.say(&RESUMED.replace('9', "4"));
    assert_eq!(rig.say(READY), ["duplicate s=1"]);
    assert_eq!(rig.shard.session().unwrap().received, 4);
}

#[test]
fn a_session_that_ready_replaces_is_told_as_lost() {
    let mut rig = Rig::live();
    let lines = rig.say(&READY.replace("abc", "def"));
    assert_eq!(lines, ["session lost SessionInvalid", "event READY s=1"]);
    let session = rig.shard.session().unwrap();
    assert_eq!((session.id.as_str(), session.received, session.processed), ("def", 1, 1));
    let both = format!("{}{}", dispatch(2, "GUILD_CREATE"), READY.replace("abc", "ghi"));
    let expected = ["event GUILD_CREATE s=2", "session lost SessionInvalid", "event READY s=1"];
    assert_eq!(rig.say(&both), expected);
}

#[cfg(feature = "alloc")]
#[test]
fn heap_memory_grows_with_a_document_and_shrinks_again() {
    for compression in available() {
        let mut rig = Rig::of(Shard::new(config(), 1, Memory::heap(compression)).unwrap());
        let mut wire = Wire::new(compression);
        let mut say = |rig: &mut Rig, text: &str| wire.say(rig, text);
        rig.open();
        say(&mut rig, HELLO);
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        say(&mut rig, READY);
        assert_eq!(say(&mut rig, &big(2, 3_000_000)), ["event GUILD_CREATE s=2"]);
        assert!(rig.shard.inbox.capacity() >= 3_000_000);
        for seq in 3..8 {
            rig.advance(Duration::from_secs(35));
            say(&mut rig, &dispatch(seq, "GUILD_CREATE"));
        }
        let capacity = rig.shard.inbox.capacity();
        assert!(capacity <= 64 * 1024, "{compression} {capacity}");
    }
}

#[cfg(feature = "alloc")]
#[test]
fn heap_memory_has_a_limit() {
    let memory = Memory::heap_limited(Compression::ZlibStream, 100_000);
    let mut rig = Rig::of(Shard::new(config(), 1, memory).unwrap());
    rig.open();
    let mut deflate = Deflate::new();
    rig.say_bytes(&deflate.message(HELLO));
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    rig.sent();
    rig.say_bytes(&deflate.message(READY));
    let lines = rig.say_bytes(&deflate.message(&big(2, 300_000)));
    assert_eq!(lines, ["skipped GUILD_CREATE s=2 more=0"]);
    assert!(rig.shard.inbox.capacity() <= 100_000);
    let lines = rig.say_bytes(&deflate.message(&big(3, 80_000)));
    assert_eq!(lines, ["event GUILD_CREATE s=3"]);
}
