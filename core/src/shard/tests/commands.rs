use super::*;
use crate::{CommandError, Presence, PresenceStatus};

fn raw(d: &str) -> Command<'_> {
    Command::Raw { op: 43, d }
}

impl Rig {
    fn command(&mut self, command: &Command<'_>) -> (CommandId, Vec<String>) {
        let id = self.shard.command(self.now, command).unwrap();
        (id, self.drain())
    }
}

#[test]
fn a_live_shard_sends_at_once_and_tells_the_fate() {
    let mut rig = Rig::live();
    let (_, lines) = rig.command(&raw("[1]"));
    assert_eq!(lines, [r#"send {"op":43,"d":[1]}"#]);
    assert_eq!(rig.sent(), ["command 0 Sent"]);
    assert_eq!(rig.shard.status().counters.commands, 1);
}

/// Trap 22: a user command sent before RESUMED or READY.
#[test]
fn commands_wait_until_the_shard_is_live() {
    let mut rig = Rig::new();
    assert_eq!(rig.command(&raw("1")).1, [""; 0]);
    rig.greet();
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    assert_eq!(rig.sent(), [""; 0]);
    assert_eq!(rig.say(READY), [r#"send {"op":43,"d":1}"#, "event READY s=1"]);
    rig.sent();
    rig.closed(Gone::Dropped);
    rig.greet();
    rig.command(&raw("2"));
    assert_eq!(rig.sent(), [""; 0]);
    assert_eq!(rig.say(RESUMED)[0], r#"send {"op":43,"d":2}"#);
}

/// Trap 23: commands lost or doubled when a send fails in the middle.
#[test]
fn a_command_not_sent_whole_is_sent_again_and_a_sent_one_is_not() {
    let mut rig = Rig::live();
    rig.command(&raw("1"));
    rig.command(&raw("2"));
    assert_eq!(rig.sent(), [r#"send {"op":43,"d":2}"#, "command 0 Sent"]);
    rig.closed(Gone::Dropped);
    rig.greet();
    rig.sent();
    let lines = rig.say(RESUMED);
    assert_eq!(lines[0], r#"send {"op":43,"d":2}"#);
    assert_eq!(rig.sent(), ["command 1 Sent"]);
}

#[test]
fn one_frame_is_on_its_way_at_a_time_and_beats_go_first() {
    let mut rig = Rig::live();
    rig.command(&raw("1"));
    assert_eq!(rig.command(&raw("2")).1, [""; 0]);
    rig.say(&op(1, "null"));
    assert_eq!(rig.sent(), [r#"send {"op":1,"d":1}"#, "command 0 Sent"]);
    assert_eq!(rig.sent(), [r#"send {"op":43,"d":2}"#]);
}

#[test]
fn commands_that_are_late_expire() {
    let mut rig = Rig::new();
    let until = rig.now.saturating_add(Duration::from_secs(3));
    rig.shard.command_until(rig.now, &raw("1"), until).unwrap();
    rig.drain();
    assert_eq!(rig.give(Input::Tick).len(), 1);
    assert_eq!(rig.wait_and_tick(), ["command 0 Expired"]);
    assert_eq!(rig.now, until);
}

#[test]
fn a_later_presence_replaces_one_that_waits() {
    let mut rig = Rig::new();
    let presence =
        |status| Command::UpdatePresence(Presence { status, ..Presence::default() }.into());
    rig.command(&presence(PresenceStatus::Idle));
    let (_, lines) = rig.command(&presence(PresenceStatus::Dnd));
    assert_eq!(lines, ["command 0 Replaced"]);
    rig.go_live_with_commands();
    assert_eq!(rig.sent(), ["command 1 Sent"]);
}

impl Rig {
    fn go_live_with_commands(&mut self) {
        self.greet();
        let link = self.link();
        self.give(Input::MayIdentify(link));
        self.sent();
        let lines = self.say(READY);
        assert!(lines[0].contains(r#""status":"dnd""#), "{lines:?}");
    }
}

#[test]
fn what_still_waits_at_the_end_is_dropped_and_told() {
    let mut rig = Rig::new();
    rig.command(&raw("1"));
    rig.command(&raw("2"));
    rig.shard.leave(rig.now, Leave::End);
    assert_eq!(rig.drain(), ["command 0 Dropped", "command 1 Dropped", "stop Ended"]);
    assert_eq!(rig.shard.command(rig.now, &raw("3")), Err(CommandError::Over));
}

/// Traps 24 and 25: a queue without bound, a command over 4096 bytes.
#[test]
fn a_full_queue_and_a_long_command_are_refused() {
    let mut rig = Rig::new();
    let long = "1".repeat(5_000);
    let refused = rig.shard.command(rig.now, &raw(&long));
    assert_eq!(refused, Err(CommandError::TooLong));
    let half = "1".repeat(2_000);
    let mut queued = 0;
    while rig.shard.command(rig.now, &raw(&half)).is_ok() {
        queued += 1;
        assert!(queued < 100);
    }
    assert_eq!(rig.shard.command(rig.now, &raw(&half)), Err(CommandError::QueueFull));
    assert_eq!(rig.shard.status().queued_commands, queued);
    rig.go_live_behind_a_full_queue();
}

impl Rig {
    fn go_live_behind_a_full_queue(&mut self) {
        self.greet();
        let link = self.link();
        let lines = self.give(Input::MayIdentify(link));
        assert!(lines[0].starts_with(r#"send {"op":2"#), "{lines:?}");
        self.sent();
        assert!(self.say(READY)[0].starts_with(r#"send {"op":43"#));
    }
}

#[test]
fn a_command_that_is_late_already_is_not_sent() {
    let mut rig = Rig::live();
    let command = raw("1");
    rig.shard.command_until(rig.now, &command, rig.now).unwrap();
    assert_eq!(rig.drain(), ["command 0 Expired"]);
}

#[test]
fn a_command_that_expires_on_its_way_causes_no_spin() {
    let mut rig = Rig::live();
    let until = rig.now.saturating_add(Duration::from_secs(1));
    rig.shard.command_until(rig.now, &raw("1"), until).unwrap();
    rig.drain();
    rig.advance(Duration::from_secs(2));
    rig.give(Input::Tick);
    assert!(rig.wait.saturating_since(rig.now) > Duration::from_secs(1));
    assert_eq!(rig.sent(), ["command 0 Sent"]);
}
