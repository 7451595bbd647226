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
fn a_held_shard_reconnects_and_sends_commands() {
    let mut rig = Rig::live();
    rig.announce(&[dispatch(2, "A"), dispatch(3, "B")]);
    rig.give(Input::Held);
    assert_eq!(rig.closed(Gone::Dropped), [""; 0]);
    rig.now = rig.wait;
    let lines = rig.give(Input::Held);
    assert!(lines[0].starts_with("connect Resume"), "{lines:?}");
    rig.shard.command(rig.now, &Command::Raw { op: 43, d: "1" }).unwrap();
    assert_eq!(rig.drain(), [""; 0], "it is not live");
    assert_eq!(render(&rig.shard.event()), "event A s=2");
    let lines = rig.give(Input::Busy);
    assert_eq!(lines, ["event B s=3", "disconnected TransportLost - resumes=true"]);
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
