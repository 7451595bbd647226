//! Connections and sessions that are lost, guilds that are left, and requests that are turned down.

use super::*;

const AGAIN: &str = "send 0 guild=7 All presences=false";

#[test]
fn what_a_lost_session_owes_is_asked_for_again_in_the_next() {
    let mut rig = Rig::asked();
    rig.chunk(0, 0, 2);
    let old = rig.chunk_text(0, 1, 2);
    assert_eq!(rig.begins_anew(), [""; 0]);
    assert_eq!(rig.left(), 5);
    assert_eq!(rig.dispatch("GUILD_MEMBERS_CHUNK", &old), [""; 0]);
    assert_eq!(rig.pass(5), [AGAIN]);
    assert_eq!(rig.dispatch("GUILD_MEMBERS_CHUNK", &old), [""; 0], "of the earlier answer");
    assert_eq!(rig.chunk(0, 1, 2), ["progress 0 1 of 2 received=1"]);
    assert_eq!(rig.chunk(0, 0, 2)[1], "complete 0 of 2 not_found=0");
}

#[test]
fn a_guild_that_arrives_is_asked_at_once() {
    let mut rig = Rig::asked();
    rig.begins_anew();
    assert_eq!(rig.dispatch("GUILD_CREATE", r#"{"id":"8"}"#), [""; 0]);
    assert_eq!(rig.dispatch("GUILD_CREATE", r#"{"id":"7","unavailable":true}"#), [""; 0]);
    assert_eq!(rig.dispatch("GUILD_CREATE", r#"{"id":"7"}"#), [AGAIN]);
}

#[test]
fn a_ready_that_did_not_fit_begins_a_session_all_the_same() {
    let mut rig = Rig::asked();
    rig.drops();
    rig.connected(Purpose::Identify);
    rig.skipped(EventKind::Ready, None, 0);
    assert_eq!(rig.pass(5), [AGAIN]);
}

#[test]
fn after_three_more_sessions_it_is_given_up() {
    let mut rig = Rig::asked();
    for _ in 0..3 {
        assert_eq!(rig.begins_anew(), [""; 0]);
        assert_eq!(rig.pass(5), [AGAIN]);
        rig.fate(0, Fate::Sent);
    }
    assert_eq!(rig.begins_anew(), ["failed 0 SessionLost received=0"]);
}

#[test]
fn a_request_that_waits_in_the_shard_outlives_the_session() {
    let mut rig = Rig::new();
    rig.ask(GUILD, Members::All).unwrap();
    rig.drain();
    assert_eq!(rig.begins_anew(), [""; 0]);
    assert_eq!(rig.pass(60), [""; 0]);
    rig.fate(0, Fate::Sent);
    assert_eq!(rig.pass(15), [AGAIN], "the guild may not have been there yet");
    rig.fate(0, Fate::Sent);
    assert_eq!(rig.pass(15), ["failed 0 NoAnswer received=0"]);
}

#[test]
fn while_there_is_no_connection_no_time_runs() {
    let mut rig = Rig::asked();
    rig.drops();
    assert_eq!(rig.wait, Instant::MAX);
    assert_eq!(rig.pass(3_600), [""; 0]);
    rig.resumes();
    assert_eq!(rig.left(), 15);
}

#[test]
fn a_session_that_goes_on_brings_the_chunks_it_owes() {
    let mut rig = Rig::asked();
    rig.chunk(0, 0, 3);
    rig.drops();
    rig.connected(Purpose::Resume);
    assert_eq!(rig.chunk(0, 1, 3), ["progress 0 1 of 3 received=2"]);
    assert_eq!(rig.dispatch("RESUMED", "{}"), [""; 0]);
    assert_eq!(rig.chunk(0, 2, 3)[1], "complete 0 of 3 not_found=0");
}

#[test]
fn a_session_that_goes_on_in_silence_is_asked_again() {
    let mut rig = Rig::asked();
    rig.drops();
    rig.resumes();
    assert_eq!(rig.pass(15), [AGAIN]);
    rig.fate(0, Fate::Sent);
    assert_eq!(rig.pass(15), ["failed 0 NoAnswer received=0"]);
}

#[test]
fn a_session_that_goes_on_and_answers_is_taken_at_its_word() {
    let mut rig = Rig::asked();
    rig.drops();
    rig.resumes();
    rig.chunk(0, 0, 2);
    assert_eq!(rig.pass(15), ["failed 0 Incomplete received=1"]);
}

#[test]
fn what_was_sent_on_a_lost_connection_is_not_awaited_before_the_next() {
    let mut rig = Rig::new();
    rig.ask(GUILD, Members::All).unwrap();
    rig.drain();
    rig.drops();
    assert_eq!(rig.fate(0, Fate::Sent), [""; 0]);
    assert_eq!(rig.pass(3_600), [""; 0]);
    rig.resumes();
    assert_eq!(rig.pass(15), [AGAIN]);
}

#[test]
fn a_guild_that_is_left_ends_its_requests() {
    let mut rig = Rig::asked();
    rig.chunk(0, 0, 2);
    assert_eq!(rig.dispatch("GUILD_DELETE", r#"{"id":"8"}"#), [""; 0]);
    assert_eq!(rig.dispatch("GUILD_DELETE", r#"{"id":"7","unavailable":true}"#), [""; 0]);
    let left = rig.dispatch("GUILD_DELETE", r#"{"id":"7"}"#);
    assert_eq!(left, ["failed 0 GuildGone received=1"]);
    assert_eq!(rig.chunk(0, 1, 2), [""; 0]);
}

fn limited(seconds: &str, meta: &str) -> String {
    format!(r#"{{"opcode":8,"retry_after":{seconds},"meta":{meta}}}"#)
}

#[test]
fn a_request_that_the_shard_sends_again_is_left_to_it() {
    let mut rig = Rig::new();
    rig.ask(GUILD, Members::All).unwrap();
    rig.drain();
    let d = limited("20.5", r#"{"guild_id":"7"}"#);
    assert_eq!(rig.dispatch("RATE_LIMITED", &d), [""; 0]);
    assert_eq!(rig.pass(60), [""; 0]);
    assert_eq!(rig.chunk(0, 0, 1).len(), 2);
}

#[test]
fn a_request_that_is_turned_down_late_is_asked_again_when_it_may_be() {
    let mut rig = Rig::asked();
    let nonce = rig.sent[&0].0.clone();
    for meta in [
        r#"{"guild_id":"8"}"#.to_string(),
        r#"{"guild_id":"7","nonce":"other"}"#.to_string(),
        r#"{"guild_id":"7","nonce":"a nonce that has more than thirty-two bytes"}"#.to_string(),
    ] {
        assert_eq!(rig.dispatch("RATE_LIMITED", &limited("9", &meta)), [""; 0]);
        assert_eq!(rig.left(), 15, "{meta}");
    }
    let meta = format!(r#"{{"guild_id":"7","nonce":"{nonce}"}}"#);
    rig.dispatch("RATE_LIMITED", &limited("20", &meta));
    assert_eq!(rig.pass(19), [""; 0]);
    assert_eq!(rig.pass(1), [AGAIN]);
}

#[test]
fn a_request_that_is_turned_down_again_and_again_is_given_up() {
    let mut rig = Rig::asked();
    for (seconds, waits) in [("-1", 0), ("1e300", 600), ("null", 0)] {
        let lines = rig.dispatch("RATE_LIMITED", &limited(seconds, r#"{"guild_id":"7"}"#));
        let again = if waits > 0 { rig.pass(waits) } else { lines };
        assert_eq!(again, [AGAIN], "{seconds}");
        rig.fate(0, Fate::Sent);
    }
    let last = rig.dispatch("RATE_LIMITED", &limited("1", r#"{"guild_id":"7"}"#));
    assert_eq!(last, ["failed 0 RateLimited received=0"]);
}

#[test]
fn rate_limits_of_others_and_of_answers_that_began_change_nothing() {
    let mut rig = Rig::asked();
    let other = r#"{"opcode":43,"retry_after":9,"meta":{"guild_id":"7"}}"#;
    assert_eq!(rig.dispatch("RATE_LIMITED", other), [""; 0]);
    assert_eq!(rig.dispatch("RATE_LIMITED", r#"{"opcode":8}"#), [""; 0]);
    rig.chunk(0, 0, 2);
    rig.dispatch("RATE_LIMITED", &limited("1", r#"{"guild_id":"7"}"#));
    assert_eq!(rig.chunk(0, 1, 2)[1], "complete 0 of 2 not_found=0");
    rig.ask(GUILD, Members::Users(&[UserId(1)])).unwrap();
    rig.drain();
    rig.fate(1, Fate::Sent);
    rig.dispatch("RATE_LIMITED", &limited("1", r#"{"guild_id":"7"}"#));
    assert_eq!(rig.left(), 15, "without a nonce it is one for all members");
}

#[test]
fn after_a_stall_what_lies_in_the_socket_is_heard_before_anything_counts_as_late() {
    let (mut rig, other) = (Rig::asked(), GuildId(8));
    rig.ask(other, Members::All).unwrap();
    rig.drain();
    rig.fate(1, Fate::Sent);
    // Nobody looked for longer than an answer may take: both are there, behind another event.
    rig.now = rig.now.saturating_add(Duration::from_secs(20));
    let event = Dispatch::new("TYPING_START", None, Encoding::Json, b"{}").unwrap();
    rig.requests.hear(rig.now, &Event::Dispatch(event));
    let wait = rig.requests.poll_output();
    assert!(matches!(wait, MembersOutput::Wait(at) if at <= rig.now), "{wait:?}");
    rig.now = rig.now.saturating_add(Duration::from_millis(10));
    let answer = rig.chunk_text(0, 0, 1);
    let answer = Dispatch::new("GUILD_MEMBERS_CHUNK", None, Encoding::Json, answer.as_bytes());
    rig.requests.hear(rig.now, &Event::Dispatch(answer.unwrap()));
    let told: Vec<String> = (0..2).map(|_| render(&rig.requests.poll_output())).collect();
    assert_eq!(told, ["progress 0 0 of 1 received=1", "complete 0 of 1 not_found=0"]);
    // The other one is late once nothing more is there.
    assert_eq!(rig.pass(0), ["failed 1 NoAnswer received=0"]);
}

#[test]
fn while_a_slow_consumer_holds_the_shard_again_and_again_no_answer_is_late() {
    let mut rig = Rig::asked();
    let typing = |rig: &mut Rig| {
        rig.now = rig.now.saturating_add(Duration::from_millis(200));
        let event = Dispatch::new("TYPING_START", None, Encoding::Json, b"{}").unwrap();
        rig.requests.hear(rig.now, &Event::Dispatch(event));
        let told = rig.requests.poll_output();
        matches!(told, MembersOutput::Failed { .. })
    };
    for _ in 0..500 {
        rig.requests.held(rig.now);
        assert!(!typing(&mut rig), "it lies behind what waits");
    }
    assert!((0..73).all(|_| !typing(&mut rig)), "as long as an answer may take is granted");
    assert!((0..2).any(|_| typing(&mut rig)));
}

#[test]
fn a_second_stall_is_one_too() {
    let mut rig = Rig::asked();
    for silence in [20_000, 100, 18_000, 2_000] {
        rig.now = rig.now.saturating_add(Duration::from_millis(silence));
        let event = Dispatch::new("TYPING_START", None, Encoding::Json, b"{}").unwrap();
        rig.requests.hear(rig.now, &Event::Dispatch(event));
        let told = rig.requests.poll_output();
        assert!(matches!(told, MembersOutput::Wait(_)), "{silence}: {told:?}");
    }
}

#[test]
fn under_events_without_end_an_answer_is_late_after_all() {
    let mut rig = Rig::asked();
    let typing = |rig: &mut Rig, millis: u64| {
        rig.now = rig.now.saturating_add(Duration::from_millis(millis));
        let event = Dispatch::new("TYPING_START", None, Encoding::Json, b"{}").unwrap();
        rig.requests.hear(rig.now, &Event::Dispatch(event));
        let told = rig.requests.poll_output();
        matches!(told, MembersOutput::Failed { .. })
    };
    assert!(!typing(&mut rig, 20_000), "nobody listened");
    // As long again is granted, while events come and come.
    assert!((0..199).all(|_| !typing(&mut rig, 100)));
    assert!(typing(&mut rig, 100));
}
