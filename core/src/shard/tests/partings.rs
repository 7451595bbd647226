use super::*;

/// The rest after the transport is gone.
fn rest(rig: &Rig) -> Duration {
    rig.wait.saturating_since(rig.now)
}

#[test]
fn every_close_code_of_the_peer_does_what_the_table_says() {
    for code in [1000, 1001, 1006, 4000, 4001, 4002, 4005, 4099] {
        let mut rig = Rig::live();
        let lines = rig.closed_with(code);
        assert_eq!(lines, [format!("disconnected PeerClosed {code} resumes=true")]);
        assert!(rest(&rig) <= Duration::from_secs(1));
    }
    for code in [4006, 4007, 4009] {
        let mut rig = Rig::live();
        let lines = rig.closed_with(code);
        let over = format!("disconnected SessionRefused {code} resumes=false");
        assert_eq!(lines, ["session lost SessionRefused".to_string(), over]);
        assert!(rig.open()[0].starts_with("connect Identify wss://gateway.discord.gg"));
    }
    let mut rig = Rig::live();
    assert_eq!(rig.closed_with(4008), ["disconnected RateLimited 4008 resumes=true"]);
    assert_eq!(rest(&rig), Duration::from_secs(60));
}

/// Trap 20: fatal close codes retried for ever.
#[test]
fn fatal_close_codes_stop_the_shard() {
    for (code, stop) in [
        (4004, "AuthenticationFailed"),
        (4010, "InvalidShard"),
        (4011, "ShardingRequired"),
        (4012, "InvalidApiVersion"),
        (4013, "InvalidIntents"),
        (4014, "DisallowedIntents"),
    ] {
        let mut rig = Rig::new();
        rig.open();
        let over = format!("disconnected {stop} {code} resumes=false");
        assert_eq!(rig.closed_with(code), [over, format!("stop {stop}")]);
        assert_eq!(rig.give(Input::Tick), [format!("stop {stop}")]);
    }
}

#[test]
fn a_reason_is_told_and_cut_to_what_a_close_frame_holds() {
    let mut rig = Rig::live();
    let link = rig.link();
    let long = "é".repeat(100);
    rig.shard.handle_input(rig.now, Input::Closed(link, Gone::Code(CloseCode(4000), &long)));
    assert!(matches!(rig.shard.poll_output(), Output::Event(_)));
    let Event::Disconnected(over) = rig.shard.event() else { panic!("another event") };
    assert_eq!(over.reason, "é".repeat(61));
}

#[test]
fn a_status_is_not_told_of_another_dial() {
    let mut rig = Rig::new();
    rig.shard.handle_input(rig.now, Input::Tick);
    assert!(rig.give(Input::Closed(Link(1), Gone::Refused(502))).is_empty());
    rig.wait_and_tick();
    rig.shard.handle_input(rig.now, Input::Closed(Link(2), Gone::Unreachable));
    assert!(matches!(rig.shard.poll_output(), Output::Event(_)));
    let Event::Disconnected(over) = rig.shard.event() else { panic!("another event") };
    assert_eq!((over.cause, over.status), (Cause::DialFailed, None));
}

#[test]
fn a_session_is_kept_through_one_4003_and_dropped_by_the_second() {
    let mut rig = Rig::live();
    assert_eq!(rig.closed_with(4003), ["disconnected NotAuthenticated 4003 resumes=true"]);
    rig.resume();
    let lines = rig.closed_with(4003);
    assert_eq!(lines[0], "session lost NotAuthenticatedAgain");
    assert_eq!(lines[1], "disconnected NotAuthenticatedAgain 4003 resumes=false");
}

/// Trap 31: a dead resume host redialled for ever, or the session is given up for it.
#[test]
fn a_dead_resume_host_is_left_for_the_normal_one_and_the_session_is_kept() {
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    let host = |lines: &[String]| lines[0].split("//").nth(1).unwrap()[..10].to_string();
    for gone in [Gone::Unreachable, Gone::Refused(502)] {
        while rig.phase() == Phase::Resting {
            let lines = rig.wait_and_tick();
            assert_eq!(host(&lines), "resume.exa");
        }
        rig.closed(gone);
    }
    assert_eq!(rig.shard.status().last_error, Some(Cause::ResumeHostFailed));
    assert!(rest(&rig) < Duration::from_secs(1));
    let lines = rig.wait_and_tick();
    assert_eq!(host(&lines), "gateway.di");
    assert!(lines[0].starts_with("connect Resume"));
}

/// Trap 9: a host accepts the socket and stays silent.
#[test]
fn a_silent_host_is_left_after_the_hello_limit() {
    let mut rig = Rig::new();
    rig.open();
    let opened = rig.now;
    assert_eq!(rig.wait_and_tick(), ["close 4000"]);
    assert_eq!(rig.now.saturating_since(opened), Duration::from_secs(20));
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected HelloTimeout 4000 resumes=false"]);
}

#[test]
fn a_silent_resume_host_is_left_for_the_normal_one() {
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    for _ in 0..2 {
        assert!(rig.open()[0].contains("resume.example"));
        rig.wait_and_tick();
        rig.closed(Gone::Dropped);
    }
    assert!(rig.open()[0].starts_with("connect Resume wss://gateway.discord.gg"));
}

/// Trap 10: READY or RESUMED never comes.
#[test]
fn a_session_that_is_never_confirmed_is_left() {
    let beats = |rig: &mut Rig| {
        let begun = rig.now;
        loop {
            rig.sent();
            rig.say(ACK);
            if rig.wait_and_tick() == ["close 4000"] {
                return rig.now.saturating_since(begun);
            }
        }
    };
    let mut rig = Rig::new();
    rig.greet();
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    assert_eq!(beats(&mut rig), Duration::from_secs(120));
    assert_eq!(rig.shard.status().last_error, Some(Cause::ReadyTimeout));
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    rig.greet();
    assert_eq!(beats(&mut rig), Duration::from_secs(60));
    assert_eq!(rig.shard.status().last_error, Some(Cause::ResumedTimeout));
}

#[test]
fn a_replay_may_take_as_long_as_it_brings_something() {
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    rig.greet();
    for seq in 2..20 {
        rig.sent();
        rig.advance(Duration::from_secs(30));
        rig.say(ACK);
        rig.say(&dispatch(seq, "GUILD_CREATE"));
        rig.give(Input::Tick);
    }
    assert_eq!(rig.phase(), Phase::Resuming);
}

#[test]
fn a_session_is_given_up_after_three_resumes_without_resumed() {
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    for resumes in [true, true, false] {
        rig.greet();
        rig.sent();
        let lines = rig.closed(Gone::Dropped);
        let over = format!("disconnected TransportLost - resumes={resumes}");
        assert_eq!(lines.last().unwrap(), &over);
        let lost = lines.contains(&"session lost ResumesExhausted".to_string());
        assert_eq!(lost, !resumes);
    }
}

#[test]
fn a_wait_the_gateway_asks_for_stands_when_the_session_is_given_up() {
    for (last, least) in [(Some(4008), 60), (None, 1)] {
        let mut rig = Rig::live();
        rig.closed(Gone::Dropped);
        for _ in 0..2 {
            rig.greet();
            rig.sent();
            rig.closed(Gone::Dropped);
        }
        rig.greet();
        rig.sent();
        if let Some(code) = last {
            rig.closed_with(code);
        } else {
            rig.say(&op(9, "true"));
            rig.closed(Gone::Dropped);
        }
        assert!(rig.shard.session().is_none());
        assert!(rest(&rig) >= Duration::from_secs(least), "{last:?} {:?}", rest(&rig));
    }
}

/// Traps 14, 15: op 9 while opening, and its `d`.
#[test]
fn an_invalid_session_is_resumed_or_begun_anew_by_its_d() {
    let wait = |rig: &Rig| rest(rig).as_secs_f64();
    let mut rig = Rig::live();
    assert_eq!(rig.say(&op(9, "true")), ["close 4000"]);
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected SessionInvalidResumable 4000 resumes=true"]);
    assert!((1.0..5.0).contains(&wait(&rig)));
    rig.greet();
    assert_eq!(rig.say(&op(9, "false")), ["close 1000", "session lost SessionInvalid"]);
    assert!(rig.shard.session().is_none());
    rig.closed(Gone::Dropped);
    assert!((1.0..5.0).contains(&wait(&rig)));
    assert!(rig.open()[0].starts_with("connect Identify wss://gateway.discord.gg"));
    assert_eq!(rig.say(&op(9, "false")), ["close 1000"]);
    rig.closed(Gone::Dropped);
    assert!((2.0..10.0).contains(&wait(&rig)));
}

#[test]
fn a_request_to_reconnect_is_followed_at_once_when_live_and_with_a_rest_before() {
    let mut rig = Rig::live();
    rig.advance(Duration::from_secs(10));
    assert_eq!(rig.say(&op(7, "null")), ["close 4000"]);
    let lines = rig.closed(Gone::Dropped);
    assert!(lines[0].starts_with("connect Resume"), "{lines:?}");
    assert_eq!(lines[1], "disconnected ReconnectRequested 4000 resumes=true");
    let link = rig.link();
    rig.give(Input::Opened(link));
    assert_eq!(rig.say(&op(7, "{}")), ["close 4000"]);
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected ReconnectRequestedEarly 4000 resumes=true"]);
}

/// Trap 8: a server that accepts and closes at once.
#[test]
fn a_peer_that_closes_at_once_is_not_redialled_in_a_tight_loop() {
    let mut rig = Rig::new();
    let begun = rig.now;
    for _ in 0..100 {
        rig.open();
        rig.closed_with(1000);
    }
    assert!(rig.now.saturating_since(begun) > Duration::from_secs(20 * 60));
}

#[test]
fn a_peer_that_asks_to_reconnect_again_and_again_is_not_redialled_in_a_tight_loop() {
    let mut rig = Rig::live();
    let begun = rig.now;
    for _ in 0..100 {
        rig.say(&op(7, "null"));
        let lines = rig.closed(Gone::Dropped);
        if rig.phase() == Phase::Resting {
            assert!(!lines[0].starts_with("connect"));
        }
        if rig.phase() == Phase::Dialing {
            let link = rig.link();
            rig.give(Input::Opened(link));
            rig.say(HELLO);
        } else {
            rig.greet();
        }
        rig.sent();
        rig.say(RESUMED);
    }
    assert!(rig.now.saturating_since(begun) > Duration::from_secs(20));
}

/// Trap 21: back-off reset by every successful connect.
#[test]
fn only_a_minute_of_being_live_resets_the_back_off() {
    let mut rig = Rig::live();
    for attempts in 1..6 {
        rig.closed(Gone::Dropped);
        assert_eq!(rig.shard.status().attempts, attempts);
        rig.resume();
    }
    rig.advance(Duration::from_secs(60));
    rig.closed(Gone::Dropped);
    assert_eq!(rig.shard.status().attempts, 1);
}

#[test]
fn a_transport_that_does_not_take_a_frame_for_twenty_seconds_is_dead() {
    let mut rig = Rig::live();
    rig.say(&op(1, "null"));
    let sent = rig.now;
    rig.advance(Duration::from_secs(21));
    assert_eq!(rig.give(Input::Busy), [""; 0]);
    assert_eq!(rig.give(Input::Tick), ["close 4000"]);
    assert!(rig.now.saturating_since(sent) >= Duration::from_secs(20));
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected WriteStalled 4000 resumes=true"]);
}

#[test]
fn a_message_over_the_websocket_limit_stops_only_when_resuming_does_not_help() {
    let mut rig = Rig::live();
    let lines = rig.closed(Gone::TooLong);
    assert_eq!(lines.last().unwrap(), "stop MessageTooLong");
    assert!(crate::Stop::MessageTooLong.to_string().contains("max_message"));
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    rig.resume();
    assert_eq!(rig.closed(Gone::TooLong), ["disconnected MessageTooLong - resumes=true"]);
    rig.resume();
    assert_eq!(rig.closed(Gone::TooLong).last().unwrap(), "stop MessageTooLong");
}

#[test]
fn a_dial_that_takes_too_long_is_given_up() {
    let mut rig = Rig::new();
    rig.give(Input::Tick);
    let begun = rig.now;
    assert_eq!(rig.wait_and_tick(), ["disconnected DialFailed - resumes=false"]);
    assert_eq!(rig.now.saturating_since(begun), Duration::from_secs(10));
}

#[test]
fn identifies_that_never_reach_ready_wait_longer_than_a_minute() {
    let mut rig = Rig::new();
    let mut longest = Duration::ZERO;
    for _ in 0..40 {
        rig.greet();
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        rig.closed_with(1000);
        longest = longest.max(rest(&rig));
    }
    assert!(longest > Duration::from_secs(60) && longest <= Duration::from_secs(600));
}

#[test]
fn a_reason_is_told_once() {
    let mut rig = Rig::live();
    rig.closed_with(4000);
    rig.resume();
    let link = rig.link();
    rig.shard.handle_input(rig.now, Input::Closed(link, Gone::Dropped));
    assert!(matches!(rig.shard.poll_output(), Output::Event(_)));
    let Event::Disconnected(over) = rig.shard.event() else { panic!("another event") };
    assert_eq!((over.reason, over.code), ("", None));
}

#[test]
fn failures_of_an_earlier_session_do_not_count_against_a_new_one() {
    let mut rig = Rig::live();
    for _ in 0..2 {
        rig.closed_with(4003);
        if rig.shard.session().is_some() {
            rig.resume();
        }
    }
    rig.go_live();
    assert_eq!(rig.closed_with(4003), ["disconnected NotAuthenticated 4003 resumes=true"]);
    rig.resume();
    rig.closed(Gone::TooLong);
    rig.resume();
    assert_eq!(rig.closed_with(4009)[0], "session lost SessionRefused");
    rig.go_live();
    rig.closed(Gone::Dropped);
    rig.resume();
    assert_eq!(rig.closed(Gone::TooLong), ["disconnected MessageTooLong - resumes=true"]);
}

#[test]
fn a_minute_of_being_live_forgives_4003_and_the_resume_host() {
    let mut rig = Rig::live();
    rig.closed_with(4003);
    rig.resume();
    rig.advance(Duration::from_secs(61));
    assert_eq!(rig.closed_with(4003), ["disconnected NotAuthenticated 4003 resumes=true"]);
}

#[test]
fn a_hello_from_the_resume_host_forgives_an_earlier_failure() {
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    rig.open();
    rig.closed(Gone::Dropped);
    rig.resume();
    rig.closed(Gone::Dropped);
    rig.open();
    rig.closed(Gone::Dropped);
    assert!(rig.open()[0].contains("resume.example"));
}

#[test]
fn ready_ends_the_long_waits_for_identifies() {
    let mut rig = Rig::new();
    rig.shard.inside().backoff.identifies = 9;
    rig.go_live();
    rig.shard.inside().backoff.attempts = 30;
    for _ in 0..30 {
        rig.closed(Gone::Dropped);
        assert!(rest(&rig) <= Duration::from_secs(60));
        rig.resume();
    }
}

#[test]
fn leaving_for_good_while_a_close_is_still_to_go_out_closes_with_1000() {
    let mut rig = Rig::live();
    let (link, text) = (rig.link(), op(7, "null"));
    let part = text.as_bytes();
    rig.shard.handle_input(rig.now, Input::Message { link, text: true, part, last: true });
    rig.shard.leave(rig.now, Leave::End);
    assert_eq!(rig.drain(), ["close 1000"]);
}

#[test]
fn nothing_counts_as_processed_of_a_session_that_ended_before_its_ready_was_taken() {
    let mut rig = Rig::new();
    rig.greet();
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    rig.sent();
    let part = READY.as_bytes();
    rig.shard.handle_input(rig.now, Input::Message { link, text: true, part, last: true });
    rig.shard.leave(rig.now, Leave::End);
    rig.drain();
    let status = rig.shard.status();
    assert_eq!((status.received_seq, status.processed_seq), (0, 0));
}

#[test]
fn a_fatal_code_that_crosses_our_close_counts() {
    let mut rig = Rig::live();
    rig.say(&op(7, "null"));
    let lines = rig.closed_with(4014);
    assert_eq!(lines.last().unwrap(), "stop DisallowedIntents");
    let mut rig = Rig::live();
    rig.say(&op(7, "null"));
    assert_eq!(rig.closed_with(4008), ["disconnected RateLimited 4008 resumes=true"]);
    assert_eq!(rest(&rig), Duration::from_secs(60));
    let status = rig.shard.status();
    assert_eq!((status.last_error, status.attempts), (Some(Cause::RateLimited), 1));
}

#[test]
fn a_session_lost_behind_waiting_events_leaves_no_false_gap() {
    let mut rig = Rig::live();
    let both = format!("{}{}", dispatch(2, "GUILD_CREATE"), dispatch(3, "GUILD_CREATE"));
    let (link, part) = (rig.link(), both.as_bytes());
    rig.shard.handle_input(rig.now, Input::Message { link, text: true, part, last: true });
    let lines = rig.closed_with(4009);
    let expected = [
        "event GUILD_CREATE s=2",
        "event GUILD_CREATE s=3",
        "session lost SessionRefused",
        "disconnected SessionRefused 4009 resumes=false",
    ];
    assert_eq!(lines, expected);
    assert_eq!(rig.shard.status().processed_seq, 0);
    rig.go_live();
    assert_eq!(rig.say(&dispatch(2, "GUILD_CREATE")), ["event GUILD_CREATE s=2"]);
}

#[test]
fn a_code_that_crosses_our_close_never_shortens_the_wait() {
    let mut rig = Rig::new();
    for least in [1, 2, 4, 8, 16] {
        rig.greet();
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        rig.say(&op(9, "false"));
        rig.closed_with(4009);
        assert!(rest(&rig) >= Duration::from_secs(least), "{:?}", rest(&rig));
    }
}
