//! What is asked for, and what the shard makes of it.

use super::*;

#[test]
fn each_kind_of_request_is_sent_with_a_nonce_of_its_own() {
    let mut rig = Rig::new();
    let users = [UserId(1), UserId(2)];
    rig.ask(GUILD, Members::Users(&users)).unwrap();
    rig.ask(GUILD, Members::Named { prefix: "a", limit: 5 }).unwrap();
    let request = rig.requests.ask(rig.now, GUILD, Members::All, true);
    assert_eq!(request, Ok(MemberRequestId(2)));
    assert_eq!(
        rig.drain(),
        [
            "send 0 guild=7 Users([UserId(1), UserId(2)]) presences=false",
            r#"send 1 guild=7 Named { prefix: "a", limit: 5 } presences=false"#,
            "send 2 guild=7 All presences=true",
        ]
    );
    let nonces: Vec<_> = rig.sent.values().map(|(nonce, _)| &**nonce).collect();
    assert_eq!(
        nonces,
        [
            "00000000000000000000000500000000",
            "00000000000000000000000500000001",
            "00000000000000000000000500000002",
        ]
    );
    assert_eq!((rig.requests.open(), rig.wait), (3, Instant::MAX));
}

#[test]
fn a_request_that_the_shard_would_refuse_is_not_taken() {
    let intents = Intents::GUILDS;
    let mut rig = Rig::of(MembersSettings::new(ShardId::ONE, intents), 1, 0);
    let refused = |error| Err(AskError::Invalid(error));
    assert_eq!(rig.ask(GUILD, Members::All), refused(CommandError::MissingGuildMembers));
    let users = [UserId(1); 101];
    assert_eq!(rig.ask(GUILD, Members::Users(&users)), refused(CommandError::UserIds));
    assert_eq!(rig.ask(GUILD, Members::Users(&[])), refused(CommandError::UserIds));
    let named = |prefix| Members::Named { prefix, limit: 1 };
    let (fits, long) = ("é".repeat(64), "é".repeat(65));
    assert_eq!(rig.ask(GUILD, named(&long)), Err(AskError::PrefixTooLong));
    assert_eq!(rig.requests.open(), 0);
    assert_eq!(rig.ask(GUILD, named(&fits)), Ok(MemberRequestId(0)));
    assert_eq!(AskError::Full.to_string(), "no place for one more request for members");
}

#[test]
fn there_are_as_many_requests_as_places() {
    let mut rig = Rig::new();
    for request in 0..4 {
        assert_eq!(rig.ask(GUILD, Members::All), Ok(MemberRequestId(request)));
    }
    assert_eq!(rig.ask(GUILD, Members::All), Err(AskError::Full));
    assert!(rig.requests.cancel(MemberRequestId(2)));
    assert!(!rig.requests.cancel(MemberRequestId(2)));
    assert_eq!(rig.ask(GUILD, Members::All), Ok(MemberRequestId(4)));
    assert_eq!(rig.drain().len(), 4);
}

#[test]
fn nothing_is_told_of_a_request_that_was_cancelled() {
    let mut rig = Rig::asked();
    assert!(rig.requests.cancel(MemberRequestId(0)));
    assert_eq!(rig.chunk(0, 0, 1), [""; 0]);
    assert_eq!(rig.pass(60), [""; 0]);
}

#[test]
fn a_full_queue_is_tried_again_a_second_later() {
    let mut rig = Rig::new();
    rig.refusal = Some(CommandError::QueueFull);
    rig.ask(GUILD, Members::All).unwrap();
    assert_eq!(rig.drain(), ["send 0 guild=7 All presences=false"]);
    assert_eq!(rig.left(), 1);
    assert_eq!(rig.pass(1).len(), 1);
    rig.refusal = None;
    assert_eq!(rig.pass(1), ["send 0 guild=7 All presences=false"]);
    assert_eq!(rig.wait, Instant::MAX);
    assert_eq!(rig.chunk(0, 0, 1).len(), 2);
}

#[test]
fn a_command_that_is_refused_ends_its_request() {
    for (error, failure) in [
        (CommandError::Over, "failed 0 Over received=0"),
        (CommandError::TooLong, "failed 0 Refused(TooLong) received=0"),
    ] {
        let mut rig = Rig::new();
        rig.refusal = Some(error);
        rig.ask(GUILD, Members::All).unwrap();
        assert_eq!(rig.drain()[1..], [failure]);
        assert_eq!(rig.requests.open(), 0);
    }
}

#[test]
fn a_command_that_is_not_sent_ends_its_request() {
    for (fate, failure) in [
        (Fate::Dropped, "failed 0 Over received=0"),
        (Fate::Expired, "failed 0 Unsent(Expired) received=0"),
        (Fate::Replaced, "failed 0 Unsent(Replaced) received=0"),
    ] {
        let mut rig = Rig::new();
        rig.ask(GUILD, Members::All).unwrap();
        rig.drain();
        let other = Event::Command { id: CommandId(9), fate };
        assert_eq!(rig.hear(&other), [""; 0], "of another command");
        assert_eq!(rig.fate(0, fate), [failure]);
    }
}

#[test]
fn a_request_is_awaited_from_when_it_is_sent() {
    let mut rig = Rig::new();
    rig.ask(GUILD, Members::All).unwrap();
    rig.drain();
    assert_eq!(rig.pass(86_400), [""; 0]);
    rig.fate(0, Fate::Sent);
    assert_eq!(rig.left(), 15);
    assert_eq!(rig.pass(14), [""; 0]);
    assert_eq!(rig.pass(1), ["failed 0 NoAnswer received=0"]);
    assert_eq!(rig.wait, Instant::MAX);
}

#[test]
fn a_shard_that_is_over_ends_every_request() {
    let mut rig = Rig::asked();
    rig.ask(GUILD, Members::All).unwrap();
    rig.drain();
    let over = rig.disconnected(None);
    assert_eq!(over, ["failed 0 Over received=0", "failed 1 Over received=0"]);
    assert_eq!(rig.fate(1, Fate::Dropped), [""; 0], "it is told once");
}

#[cfg(feature = "alloc")]
#[test]
fn on_the_heap_there_are_as_many_places_as_were_asked_for() {
    let mut requests = MemberRequests::heap(settings(), 5, 2, 0);
    for _ in 0..2 {
        requests.ask(Instant::ZERO, GUILD, Members::All, false).unwrap();
    }
    let full = requests.ask(Instant::ZERO, GUILD, Members::All, false);
    assert_eq!(full, Err(AskError::Full));
}

#[test]
fn a_place_is_about_a_kibibyte() {
    let size = size_of::<MembersPlace>();
    assert!(size <= 1_100, "{size}");
}

#[test]
fn failures_say_what_happened() {
    let refused = MembersFailure::Refused(CommandError::TooLong);
    let text = "the shard refused the command: the payload is over 4096 bytes";
    assert_eq!(refused.to_string(), text);
    assert_eq!(MembersFailure::NoAnswer.to_string(), "no chunk came in time");
}
