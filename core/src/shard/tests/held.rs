//! A shard whose consumer is slow.

use super::*;

impl Rig {
    /// Hears dispatches and takes the first event, no more.
    fn announce(&mut self, dispatches: &[String]) {
        let (link, text) = (self.link(), dispatches.concat());
        let message = Input::Message { link, text: true, part: text.as_bytes(), last: true };
        self.shard.handle_input(self.now, message);
        assert!(matches!(self.shard.poll_output(), Output::Event(_)));
    }
}

#[test]
fn a_held_shard_beats_and_tells_nothing() {
    let mut rig = Rig::live();
    rig.announce(&[dispatch(2, "A"), dispatch(3, "B")]);
    assert_eq!(rig.give(Input::Held), [""; 0]);
    let (begin, mut beats) = (rig.now, 0);
    while rig.now.saturating_since(begin) < Duration::from_secs(600) {
        rig.now = rig.wait;
        beats += rig.give(Input::Held).len();
        assert_eq!(rig.sent(), [""; 0]);
    }
    assert!((15..=16).contains(&beats), "one in 40 s, the first one earlier: {beats}");
    assert_eq!(render(&rig.shard.event()), "event A s=2", "it is still at hand");
    assert_eq!(rig.shard.status().processed_seq, 1);
    assert_eq!(rig.give(Input::Busy), ["event B s=3"]);
    assert_eq!(rig.shard.status().processed_seq, 3);
}

#[test]
fn a_held_shard_that_loses_its_connection_waits_with_the_next() {
    let mut rig = Rig::live();
    rig.announce(&[dispatch(2, "A"), dispatch(3, "B")]);
    rig.give(Input::Held);
    assert_eq!(rig.closed_with(4000), [""; 0]);
    assert_eq!(rig.wait, Instant::MAX, "nothing would be read");
    rig.advance(Duration::from_secs(600));
    assert_eq!(rig.give(Input::Held), [""; 0]);
    assert_eq!(render(&rig.shard.event()), "event A s=2");
    assert_eq!(rig.give(Input::Busy), ["event B s=3", "disconnected PeerClosed 4000 resumes=true"]);
    let Event::Disconnected(lost) = rig.shard.event() else { panic!("it was told last") };
    assert_eq!(lost.reason, "why");
    assert!(rig.wait_and_tick()[0].starts_with("connect Resume"));
}

#[test]
fn commands_go_out_while_events_are_held_and_answers_wait_to_be_read() {
    let config = Config::new("secret", Intents::GUILD_MEMBERS);
    let mut rig = Rig::of(Shard::new(config, 1, memory(Compression::None)).unwrap());
    rig.go_live();
    rig.give(Input::Held);
    let all = crate::RequestGuildMembers {
        guild_id: crate::GuildId(5),
        members: crate::Members::All,
        presences: false,
        nonce: None,
    };
    rig.shard.command(rig.now, &Command::RequestGuildMembers(all)).unwrap();
    assert!(rig.drain()[0].starts_with(r#"send {"op":8"#));
    rig.sent();
    rig.advance(Duration::from_secs(35));
    rig.give(Input::Held);
    rig.sent();
    rig.give(Input::Busy);
    // The answer was there all the time: nobody had looked.
    let limited = r#"{"t":"RATE_LIMITED","s":2,"op":0,"d":{"opcode":8,"retry_after":1.0,"meta":{"guild_id":"5"}}}"#;
    assert_eq!(rig.say(limited), ["event RATE_LIMITED s=2"]);
    assert_eq!(rig.shard.status().queued_commands, 1);
}

#[test]
fn a_held_shard_that_is_over_says_so_afterwards() {
    let mut rig = Rig::live();
    rig.announce(&[dispatch(2, "A"), dispatch(3, "B")]);
    rig.give(Input::Held);
    assert_eq!(rig.closed_with(4004), [""; 0]);
    assert_eq!(rig.wait, Instant::MAX);
    let lines = rig.give(Input::Busy);
    assert_eq!(lines.first().map(String::as_str), Some("event B s=3"));
    assert_eq!(lines.last().map(String::as_str), Some("stop AuthenticationFailed"));
}

#[test]
#[should_panic(expected = "a message came before")]
fn no_message_may_come_while_events_are_held() {
    let mut rig = Rig::live();
    rig.give(Input::Held);
    rig.say(ACK);
}
