//! Sessions that are stored, resumed by a later process, or replaced.

use super::*;

fn resumed(session: Session) -> Rig {
    Rig::of(Shard::resume(config(), session, 2, memory(Compression::None)).unwrap())
}

#[test]
fn what_is_printed_of_a_shard_or_session_holds_no_secret_and_no_content() {
    let rig = Rig::live();
    let session = rig.shard.session().unwrap();
    assert_eq!(session.id, "abc");
    let printed = format!("{:?} {session:?}", *rig.shard);
    for secret in ["secret\"", "abc", "115, 101, 99, 114, 101, 116", "97, 98, 99"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
}

#[test]
fn a_stored_session_goes_on_behind_the_last_event_that_was_finished() {
    let mut rig = Rig::live();
    rig.say(&dispatch(2, "GUILD_CREATE"));
    let mut later = resumed(rig.shard.session().unwrap());
    later.greet();
    later.sent();
    assert_eq!(later.say(&dispatch(2, "GUILD_CREATE")), ["duplicate s=2"]);
    assert_eq!(later.say(&dispatch(3, "GUILD_CREATE")), ["event GUILD_CREATE s=3"]);
    assert_eq!(later.shard.status().counters.gaps, 0);
}

#[test]
fn a_stored_session_is_resumed_at_the_configured_host_if_its_url_is_unusable() {
    let session = Rig::live().shard.session().unwrap();
    for url in ["ws://plain.example", "http://x", "x"] {
        let resume_url = url.try_into().unwrap();
        let mut later = resumed(Session { resume_url, ..session.clone() });
        assert!(later.open()[0].starts_with("connect Resume wss://gateway.discord.gg:443/"));
        assert_eq!(later.shard.session().unwrap().resume_url, "", "{url}");
    }
}

#[test]
fn sequence_numbers_of_a_session_that_ready_replaces_do_not_count_in_the_new_one() {
    let mut rig = Rig::live();
    for seq in 2..8 {
        rig.say(&dispatch(seq, "GUILD_CREATE"));
    }
    let ready = READY.replace("abc", "def").replace(r#""s":1"#, r#""s":5"#);
    let (link, part) = (rig.link(), ready.as_bytes());
    rig.shard.handle_input(rig.now, Input::Message { link, text: true, part, last: true });
    let session = rig.shard.session().unwrap();
    assert_eq!((session.id.as_str(), session.received, session.processed), ("def", 5, 0));
    assert_eq!(rig.drain(), ["session lost SessionInvalid", "event READY s=5"]);
    assert_eq!(rig.shard.session().unwrap().processed, 5);
    assert_eq!(rig.say(&op(1, "null")), [r#"send {"op":1,"d":5}"#]);
}

#[test]
#[should_panic(expected = "a message came before")]
fn a_message_before_the_last_event_of_another_was_taken_is_a_bug_of_the_loop() {
    let mut rig = Rig::live();
    let both = format!("{}{}", dispatch(2, "GUILD_CREATE"), dispatch(3, "GUILD_CREATE"));
    let message =
        Input::Message { link: rig.link(), text: true, part: both.as_bytes(), last: true };
    rig.shard.handle_input(rig.now, message);
    assert!(matches!(rig.shard.poll_output(), Output::Event(_)));
    rig.shard.handle_input(rig.now, message);
}
