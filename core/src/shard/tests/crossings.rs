//! Endings that meet one another: a close that crosses a close, a user who leaves behind one.

use super::*;

#[test]
fn a_code_that_crosses_our_close_counts_only_if_it_forbids_what_was_to_follow() {
    for code in [1000, 1001, 4000, 4099] {
        let mut rig = Rig::live();
        rig.say(&op(7, "null"));
        let lines = rig.closed_with(code);
        assert_eq!(lines, ["disconnected ReconnectRequested 4000 resumes=true"], "{code}");
        assert_eq!(rig.shard.status().last_error, Some(Cause::ReconnectRequested));
    }
    for code in [4006, 4007, 4009] {
        let mut rig = Rig::live();
        rig.say(&op(7, "null"));
        let over = format!("disconnected SessionRefused {code} resumes=false");
        assert_eq!(rig.closed_with(code), ["session lost SessionRefused".to_string(), over]);
        assert!(rig.open()[0].starts_with("connect Identify wss://gateway.discord.gg"));
    }
}

#[test]
fn a_code_that_crosses_the_close_of_a_user_who_leaves_changes_nothing() {
    for code in [1000, 4008, 4009, 4014] {
        let mut rig = Rig::live();
        rig.shard.leave(rig.now, Leave::Park);
        assert_eq!(rig.drain(), ["close 4000"]);
        let lines = rig.closed_with(code);
        assert_eq!(lines, ["disconnected Parked 4000 resumes=false", "stop Parked"], "{code}");
    }
}

#[test]
fn leaving_while_the_transport_closes_is_told_as_leaving() {
    for (how, name) in [(Leave::End, "Ended"), (Leave::Park, "Parked")] {
        let mut rig = Rig::live();
        assert_eq!(rig.say(&op(7, "null")), ["close 4000"]);
        rig.shard.leave(rig.now, how);
        assert_eq!(rig.drain(), [""; 0]);
        let over = format!("disconnected {name} 4000 resumes=false");
        assert_eq!(rig.closed(Gone::Dropped), [over, format!("stop {name}")]);
    }
}

#[test]
fn a_socket_that_drops_before_it_is_up_is_a_dial_that_failed() {
    let mut rig = Rig::new();
    rig.give(Input::Tick);
    assert_eq!(rig.closed(Gone::Dropped), ["disconnected DialFailed - resumes=false"]);
    rig.open();
    assert_eq!(rig.closed(Gone::Dropped), ["disconnected TransportLost - resumes=false"]);
}

#[test]
fn a_reconnect_that_was_asked_for_is_not_put_off_by_a_close_nobody_answers() {
    let mut rig = Rig::live();
    rig.advance(Duration::from_secs(10));
    assert_eq!(rig.say(&op(7, "null")), ["close 4000"]);
    let lines = rig.wait_and_tick();
    assert!(lines[0].starts_with("connect Resume"), "{lines:?}");
    assert_eq!(lines[1], "disconnected ReconnectRequested 4000 resumes=true");
}

#[test]
fn a_minute_of_being_live_does_not_forgive_a_message_over_the_websocket_limit() {
    let mut rig = Rig::live();
    rig.closed(Gone::Dropped);
    rig.resume();
    assert_eq!(rig.closed(Gone::TooLong), ["disconnected MessageTooLong - resumes=true"]);
    rig.resume();
    rig.advance(Duration::from_secs(61));
    rig.closed(Gone::Dropped);
    rig.resume();
    assert_eq!(rig.closed(Gone::TooLong).last().unwrap(), "stop MessageTooLong");
}

#[test]
fn only_a_look_at_the_transport_lets_a_deadline_of_the_peer_pass() {
    let waits = [
        (Phase::Dialing, 11, Cause::DialFailed),
        (Phase::Greeting, 21, Cause::HelloTimeout),
        (Phase::Identifying, 121, Cause::ReadyTimeout),
        (Phase::Resuming, 61, Cause::ResumedTimeout),
    ];
    for (phase, seconds, cause) in waits {
        let mut rig = Rig::new();
        rig.wait_in(phase);
        rig.advance(Duration::from_secs(seconds));
        rig.give(Input::Busy);
        assert_eq!(rig.phase(), phase, "{cause}");
        rig.give(Input::Tick);
        assert_eq!(rig.shard.status().last_error, Some(cause));
        assert_ne!(rig.phase(), phase);
    }
}

impl Rig {
    /// Comes as far as to wait for the peer in one of its phases.
    fn wait_in(&mut self, phase: Phase) {
        if phase == Phase::Resuming {
            self.go_live();
            self.closed(Gone::Dropped);
        }
        match phase {
            Phase::Dialing => drop(self.give(Input::Tick)),
            Phase::Greeting => drop(self.open()),
            _ => drop(self.greet()),
        }
        let link = self.link();
        if phase == Phase::Identifying {
            self.give(Input::MayIdentify(link));
        }
        self.sent();
        assert_eq!(self.phase(), phase);
    }
}
