use super::*;

#[test]
fn before_the_first_input_the_shard_asks_to_be_called_at_once() {
    let mut rig = Rig::new();
    assert!(matches!(rig.shard.poll_output(), Output::Wait(Instant::ZERO)));
}

#[test]
fn a_new_session_goes_from_connect_to_ready() {
    let mut rig = Rig::new();
    let url = "wss://gateway.discord.gg:443/?v=10&encoding=json";
    assert_eq!(rig.give(Input::Tick), [format!("connect Identify {url}")]);
    assert_eq!(rig.phase(), Phase::Dialing);
    let link = rig.link();
    assert_eq!(rig.give(Input::Opened(link)), [""; 0]);
    assert_eq!(rig.say(HELLO), ["ask", "connected Identify"]);
    let sent = rig.give(Input::MayIdentify(link));
    assert_eq!(sent.len(), 1);
    assert!(sent[0].starts_with(r#"send {"op":2,"d":{"token":"secret","#), "{sent:?}");
    assert_eq!(rig.sent(), [""; 0]);
    assert_eq!(rig.say(READY), ["event READY s=1"]);
    assert_eq!(rig.phase(), Phase::Live);
    let session = rig.shard.session().unwrap();
    assert_eq!((session.id.as_str(), session.processed), ("abc", 1));
    assert_eq!(session.resume_url, "wss://resume.example");
}

#[test]
fn a_drop_is_resumed_at_the_resume_host_with_the_same_query() {
    let mut rig = Rig::live();
    rig.say(&dispatch(2, "GUILD_CREATE"));
    assert_eq!(rig.closed(Gone::Dropped), ["disconnected TransportLost - resumes=true"]);
    assert_eq!(rig.open(), ["connect Resume wss://resume.example:443/?v=10&encoding=json"]);
    let resume = r#"send {"op":6,"d":{"token":"secret","session_id":"abc","seq":2}}"#;
    assert_eq!(rig.say(HELLO), [resume, "connected Resume"]);
    rig.sent();
    assert_eq!(rig.say(&dispatch(3, "GUILD_CREATE")), ["event GUILD_CREATE s=3"]);
    assert_eq!(rig.phase(), Phase::Resuming);
    assert_eq!(rig.say(&RESUMED.replace('9', "4")), ["event RESUMED s=4"]);
    assert_eq!(rig.phase(), Phase::Live);
}

#[test]
fn a_stored_session_is_resumed_by_a_later_process() {
    let mut rig = Rig::live();
    rig.say(&dispatch(2, "GUILD_CREATE"));
    rig.shard.leave(rig.now, Leave::Park);
    assert_eq!(rig.drain(), ["close 4000"]);
    assert_eq!(
        rig.closed(Gone::Dropped),
        ["disconnected Parked 4000 resumes=false", "stop Parked"]
    );
    let session = rig.shard.session().unwrap();
    let stored = Shard::resume(config(), session, 2, memory(Compression::None)).unwrap();
    let mut later = Rig::of(stored);
    assert_eq!(later.open(), ["connect Resume wss://resume.example:443/?v=10&encoding=json"]);
    let resume = r#"send {"op":6,"d":{"token":"secret","session_id":"abc","seq":2}}"#;
    assert_eq!(later.say(HELLO)[0], resume);
}

/// Trap 29: a stored session resumed with another shard count or other intents.
#[test]
fn a_stored_session_of_other_settings_is_refused() {
    use crate::session::SessionError;
    let session = Rig::live().shard.session().unwrap();
    let refused = |config, compression, session: &Session| {
        let shard = Shard::resume(config, session.clone(), 1, memory(compression));
        shard.err()
    };
    let none = Compression::None;
    let of = |error| Some(SetupError::Session(error));
    assert_eq!(refused(config(), none, &session), None);
    let sharded = config().shard(ShardId::new(0, 2));
    assert_eq!(refused(sharded, none, &session), of(SessionError::Shard));
    let other = Config::new("secret", Intents::GUILD_MESSAGES);
    assert_eq!(refused(other, none, &session), of(SessionError::Intents));
    assert_eq!(refused(config(), Compression::Zlib, &session), of(SessionError::Compression));
    let newer = Session { version: 2, ..session.clone() };
    assert_eq!(refused(config(), none, &newer), of(SessionError::Version));
    let empty = Session { id: String::new().as_str().try_into().unwrap(), ..session.clone() };
    assert_eq!(refused(config(), none, &empty), of(SessionError::Id));
    let ahead = Session { processed: session.received + 1, ..session };
    assert_eq!(refused(config(), none, &ahead), of(SessionError::Sequence));
}

#[test]
fn an_event_counts_as_processed_once_the_next_output_is_asked_for() {
    let mut rig = Rig::live();
    let (link, text) = (rig.link(), dispatch(2, "GUILD_CREATE"));
    let part = text.as_bytes();
    rig.shard.handle_input(rig.now, Input::Message { link, text: true, part, last: true });
    assert!(matches!(rig.shard.poll_output(), Output::Event(_)));
    let session = rig.shard.session().unwrap();
    assert_eq!((session.received, session.processed), (2, 1));
    rig.drain();
    assert_eq!(rig.shard.session().unwrap().processed, 2);
}

#[test]
fn ending_closes_with_1000_and_drops_the_session() {
    let mut rig = Rig::live();
    rig.shard.leave(rig.now, Leave::End);
    assert_eq!(rig.drain(), ["close 1000"]);
    assert_eq!(rig.closed(Gone::Dropped), ["disconnected Ended 1000 resumes=false", "stop Ended"]);
    assert!(rig.shard.session().is_none());
}

#[test]
fn leaving_works_in_every_phase_and_twice() {
    let steps: [fn(&mut Rig); 7] = [
        |_| {},
        |rig| drop(rig.give(Input::Tick)),
        |rig| drop(rig.open()),
        |rig| drop(rig.greet()),
        |rig| {
            rig.greet();
            let link = rig.link();
            rig.give(Input::MayIdentify(link));
        },
        Rig::go_live,
        |rig| {
            rig.go_live();
            rig.say(&op(7, "null"));
        },
    ];
    for (number, step) in steps.into_iter().enumerate() {
        let mut rig = Rig::new();
        step(&mut rig);
        for _ in 0..2 {
            rig.shard.leave(rig.now, Leave::End);
        }
        let mut lines = rig.drain();
        while !matches!(rig.phase(), Phase::Stopped) {
            lines.extend(rig.wait_and_tick());
        }
        assert_eq!(lines.last().unwrap(), "stop Ended", "step {number}");
        assert!(rig.shard.session().is_none());
        assert_eq!(rig.give(Input::Tick), ["stop Ended"]);
    }
}

#[test]
fn a_permit_that_is_not_needed_any_more_is_forgone() {
    let mut rig = Rig::new();
    rig.greet();
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["forgo", "disconnected TransportLost - resumes=false"]);
    rig.greet();
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    assert!(!rig.closed(Gone::Dropped).contains(&"forgo".to_string()));
}

#[test]
fn a_permit_that_never_comes_is_asked_for_again_after_five_minutes() {
    let mut rig = Rig::new();
    rig.greet();
    let asked = rig.now;
    let mut lines = Vec::new();
    while !lines.contains(&"ask".to_string()) {
        rig.sent();
        rig.say(ACK);
        lines = rig.wait_and_tick();
    }
    assert_eq!(rig.now.saturating_since(asked), ASK_AGAIN);
}

#[test]
fn a_transport_that_does_not_answer_a_close_is_given_up_after_two_seconds() {
    let mut rig = Rig::live();
    rig.say(&op(7, "null"));
    let closing = rig.now;
    let lines = rig.wait_and_tick();
    assert_eq!(rig.now.saturating_since(closing), CLOSE_TIMEOUT);
    assert_eq!(lines[0], "disconnected ReconnectRequested 4000 resumes=true");
    assert_eq!(rig.closed(Gone::Dropped), [""; 0]);
}

#[test]
fn a_socket_that_opens_after_its_dial_was_given_up_is_closed() {
    let mut rig = Rig::new();
    rig.give(Input::Tick);
    let link = rig.link();
    assert_eq!(rig.wait_and_tick(), ["disconnected DialFailed - resumes=false"]);
    assert_eq!(rig.give(Input::Opened(link)), ["close 4000"]);
    assert_eq!(rig.closed(Gone::Dropped), [""; 0]);
}

#[test]
fn a_dial_that_waits_for_its_turn_has_its_time_before_it() {
    let mut rig = Rig::new();
    rig.give(Input::Tick);
    let link = rig.link();
    for _ in 0..5 {
        rig.advance(Duration::from_secs(9));
        assert_eq!(rig.give(Input::DialWaits(link)), [""; 0]);
    }
    rig.advance(Duration::from_secs(9));
    assert_eq!(rig.give(Input::DialWaits(Link(link.0 + 1))), [""; 0], "another link's");
    let begun = rig.now;
    assert_eq!(rig.wait_and_tick(), ["disconnected DialFailed - resumes=false"]);
    assert_eq!(rig.now.saturating_since(begun), Duration::from_secs(1));
}

/// Trap 35: two sockets alive after a reconnect, every event twice.
#[test]
fn news_of_an_older_link_changes_nothing() {
    let mut rig = Rig::live();
    let old = rig.link();
    rig.closed(Gone::Dropped);
    rig.resume();
    let text = dispatch(10, "GUILD_CREATE");
    let late = [
        Input::Message { link: old, text: true, part: text.as_bytes(), last: true },
        Input::Closed(old, Gone::Dropped),
        Input::Opened(old),
        Input::Sent(old),
        Input::MayIdentify(old),
    ];
    for input in late {
        assert_eq!(rig.give(input), [""; 0], "{input:?}");
        assert_eq!(rig.phase(), Phase::Live);
    }
}

#[test]
#[should_panic(expected = "a message came before")]
fn a_message_on_an_undrained_shard_is_a_bug_of_the_loop() {
    let mut rig = Rig::live();
    rig.shard.handle_input(rig.now, Input::Tick);
    let input = Input::Message { link: rig.link(), text: true, part: b"{}", last: true };
    rig.shard.handle_input(rig.now, input);
}

#[test]
#[should_panic(expected = "no event was announced")]
fn an_event_that_was_not_announced_cannot_be_lent() {
    let _ = Rig::new().shard.event();
}

#[test]
fn time_never_goes_back_and_never_ends() {
    let mut rig = Rig::live();
    rig.shard.handle_input(Instant::ZERO, Input::Busy);
    rig.drain();
    assert_eq!(rig.shard.status().in_phase, Duration::ZERO);
    rig.now = Instant::from_micros(u64::MAX);
    rig.shard.handle_input(rig.now, Input::Busy);
    loop {
        if let Output::Wait(at) = rig.shard.poll_output() {
            assert!(at > Instant::MAX && at < rig.now);
            return;
        }
    }
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    let run = |seed| {
        let shard = Shard::new(config(), seed, memory(Compression::None)).unwrap();
        let mut rig = Rig::of(shard);
        let mut lines = rig.open();
        for _ in 0..20 {
            lines.extend(rig.closed(Gone::Dropped));
            lines.push(rig.wait.to_string());
            lines.extend(rig.open());
        }
        lines
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// Trap 32: a token in a log line or Debug output.
#[test]
fn the_token_never_shows() {
    let rig = Rig::live();
    let shown = format!("{:?}", rig.shard);
    assert!(shown.contains("<token>"));
    assert!(!shown.contains("secret"));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let refused = |config: Config<'static>| Shard::new(config, 1, memory(Compression::None)).err();
    for token in ["", "Bot x", "to ken", "é"] {
        let config = Config::new(token, Intents::GUILDS);
        assert_eq!(refused(config), Some(SetupError::Token), "{token}");
    }
    assert_eq!(refused(config().large_threshold(49)), Some(SetupError::LargeThreshold));
    assert_eq!(refused(config().shard(ShardId::new(4, 4))), Some(SetupError::Shard));
    assert!(matches!(refused(config().gateway("http://x")), Some(SetupError::Gateway(_))));
    let long = vec![b'x'; MAX_PAYLOAD].leak();
    let long = core::str::from_utf8(long).unwrap();
    assert_eq!(refused(Config::new(long, Intents::GUILDS)), Some(SetupError::IdentifyTooLong));
    let mut small = memory(Compression::None);
    small.payload = crate::store::Store::Lent(vec![0; Memory::MIN_PAYLOAD - 1].leak());
    assert_eq!(Shard::new(config(), 1, small).err(), Some(SetupError::PayloadTooSmall));
    let mut small = memory(Compression::None);
    small.commands = crate::store::Store::Lent(vec![0; Memory::MIN_COMMANDS - 1].leak());
    assert_eq!(Shard::new(config(), 1, small).err(), Some(SetupError::CommandsTooSmall));
}

#[cfg(all(feature = "alloc", not(feature = "zstd")))]
#[test]
fn a_compression_that_is_not_built_in_is_refused() {
    let refused = Shard::new(config(), 1, Memory::heap(Compression::ZstdStream)).err();
    assert_eq!(refused, Some(SetupError::CompressionNotBuiltIn));
}

#[test]
fn the_shard_is_small() {
    // What tests look at is no part of what users get.
    let instruments = if cfg!(feature = "internals") { 8 } else { 0 };
    let shard = size_of::<Shard<'_>>() - instruments;
    let memory = Memory::MIN_PAYLOAD + Memory::MIN_COMMANDS + size_of::<SendLog>();
    std::println!("Shard {shard} B, smallest Memory {memory} B + Zlib {} B", size_of::<Zlib>());
    assert!(shard <= 2_112, "{shard}");
}

#[test]
fn a_session_that_begins_and_ends_in_one_message_is_told_in_order() {
    let mut rig = Rig::live();
    let over = op(9, "false");
    let lines = rig.say(&(READY.replace("abc", "def") + &over));
    let lost = "session lost SessionInvalid";
    assert_eq!(lines, ["close 1000", lost, "event READY s=1", lost]);
    let mut rig = Rig::live();
    let lines = rig.say(&(READY.replace(r#""s":1"#, r#""s":9"#) + &over));
    assert_eq!(lines, ["close 1000", "gap 2..9", "event READY s=9", lost]);
}

#[test]
fn a_heartbeat_before_ready_carries_no_sequence_of_an_earlier_session() {
    let mut rig = Rig::new();
    rig.greet();
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    rig.sent();
    rig.say(r#"{"t":"READY","s":1,"op":0,"d":{}}"#);
    rig.closed(Gone::Dropped);
    rig.greet();
    assert_eq!(rig.say(&op(1, "null")), [r#"send {"op":1,"d":null}"#]);
}
