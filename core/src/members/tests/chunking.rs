//! Guilds whose members are asked for by themselves.

use super::*;

/// A GUILD_CREATE that lists one member.
fn created(guild: u64, large: bool, members: u32) -> String {
    let listed = r#"[{"user":{"id":"1"}}]"#;
    format!(r#"{{"id":"{guild}","large":{large},"member_count":{members},"members":{listed}}}"#)
}

impl Rig {
    fn create(&mut self, guild: u64) -> Vec<String> {
        self.dispatch("GUILD_CREATE", &created(guild, true, 2))
    }
}

fn send(request: u32, guild: u64) -> String {
    format!("send {request} guild={guild} All presences=true")
}

#[test]
fn guilds_are_chunked_as_the_settings_say() {
    let guilds = [
        created(7, false, 1),
        created(7, false, 2),
        created(7, true, 2),
        created(7, true, 1),
        r#"{"id":"7","large":true}"#.to_string(),
        r#"{"id":"7"}"#.to_string(),
        r#"{"id":"7","large":"x","member_count":-1,"members":{}}"#.to_string(),
        r#"{"id":"7","large":true,"unavailable":true}"#.to_string(),
        r#"{"large":true}"#.to_string(),
    ];
    for (chunking, expected) in [
        (Chunking::Off, [false; 9]),
        (Chunking::Large, [false, false, true, false, true, false, false, false, false]),
        (Chunking::All, [false, true, true, false, true, true, true, false, false]),
    ] {
        for (guild, expected) in guilds.iter().zip(expected) {
            let lines = Rig::chunking(chunking).dispatch("GUILD_CREATE", guild);
            let sends = if expected { vec![send(0, 7)] } else { vec![] };
            assert_eq!(lines, sends, "{chunking:?} {guild}");
        }
    }
}

#[test]
fn without_the_intent_no_guild_is_chunked() {
    let settings = MembersSettings::new(ShardId::ONE, Intents::all() - Intents::GUILD_MEMBERS);
    let mut rig = Rig::of(settings.with_chunking(Chunking::All), 4, 3);
    assert_eq!(rig.create(7), [""; 0]);
    assert_eq!(rig.skipped(EventKind::GuildCreate, Some(GUILD), 0), [""; 0]);
}

#[test]
fn presences_are_asked_for_with_the_intent_only() {
    let settings = MembersSettings::new(ShardId::ONE, Intents::GUILD_MEMBERS);
    let mut rig = Rig::of(settings.with_chunking(Chunking::All), 4, 3);
    assert_eq!(rig.create(7), ["send 0 guild=7 All presences=false"]);
}

#[test]
fn a_duplicate_is_no_arrival() {
    let mut rig = Rig::chunking(Chunking::All);
    let d = created(7, true, 2);
    let dispatch = Dispatch::new("GUILD_CREATE", None, Encoding::Json, d.as_bytes()).unwrap();
    assert_eq!(rig.hear(&Event::Duplicate(dispatch)), [""; 0]);
    assert_eq!(rig.hear(&Event::Dispatch(dispatch)), [send(0, 7)]);
}

#[test]
fn so_many_at_once_and_the_others_in_order() {
    let mut rig = Rig::chunking(Chunking::Large);
    assert_eq!(rig.create(7), [send(0, 7)]);
    assert_eq!(rig.create(8), [send(1, 8)]);
    for guild in [9, 10, 9] {
        assert_eq!(rig.create(guild), [""; 0]);
    }
    assert_eq!((rig.requests.open(), rig.requests.waiting()), (2, 2));
    let lines = rig.chunk(0, 0, 1);
    assert_eq!(lines[1..], ["complete 0 of 1 not_found=0".to_string(), send(2, 9)]);
    rig.fate(1, Fate::Sent);
    assert_eq!(rig.pass(15), [send(1, 8)], "it is there: it is asked once more");
    rig.fate(1, Fate::Sent);
    let lines = rig.pass(15);
    assert_eq!(lines, ["failed 1 NoAnswer received=0".to_string(), send(3, 10)]);
    assert_eq!(rig.requests.waiting(), 0);
}

#[test]
fn how_many_at_once_is_a_setting_of_at_least_one() {
    for (at_once, expected) in [(0, 1), (1, 1), (3, 3), (9, 4)] {
        let settings = settings().with_chunking(Chunking::All).with_at_once(at_once);
        let mut rig = Rig::of(settings, 4, 9);
        for guild in 1..9 {
            rig.create(guild);
        }
        assert_eq!((rig.requests.open(), rig.requests.waiting()), (expected, 8 - expected));
    }
}

#[test]
fn a_guild_without_a_place_in_line_is_told() {
    let mut rig = Rig::chunking(Chunking::All);
    for guild in 1..=5 {
        rig.create(guild);
    }
    assert_eq!(rig.create(6), ["overflow 6 more=0"]);
    for guild in [6, 7, 8] {
        let d = created(guild, true, 2);
        let dispatch = Dispatch::new("GUILD_CREATE", None, Encoding::Json, d.as_bytes()).unwrap();
        rig.requests.hear(rig.now, &Event::Dispatch(dispatch));
    }
    assert_eq!(rig.drain(), ["overflow 8 more=2"]);
    assert_eq!(rig.requests.waiting(), 3);
}

#[test]
fn requests_of_the_caller_go_on_beside_those_by_itself() {
    let mut rig = Rig::chunking(Chunking::All);
    rig.ask(GUILD, Members::All).unwrap();
    rig.drain();
    assert_eq!(rig.create(7), [send(1, 7)]);
    assert_eq!(rig.chunk(0, 0, 1)[1], "complete 0 of 1 not_found=0");
    assert_eq!(rig.chunk(1, 0, 1)[1], "complete 1 of 1 not_found=0");
}

#[test]
fn after_an_outage_a_guild_is_asked_again_if_its_list_is_short_again() {
    let mut rig = Rig::chunking(Chunking::All);
    rig.create(7);
    rig.chunk(0, 0, 1);
    let outage = r#"{"id":"7","unavailable":true}"#;
    assert_eq!(rig.dispatch("GUILD_DELETE", outage), [""; 0]);
    assert_eq!(rig.dispatch("GUILD_CREATE", &created(7, false, 1)), [""; 0]);
    assert_eq!(rig.dispatch("GUILD_DELETE", outage), [""; 0]);
    assert_eq!(rig.create(7), [send(1, 7)]);
}

#[test]
fn a_guild_that_comes_again_amid_its_answer_is_asked_from_the_beginning() {
    let mut rig = Rig::chunking(Chunking::All);
    rig.create(7);
    assert_eq!(rig.create(7), [""; 0], "no chunk has come");
    rig.chunk(0, 0, 2);
    let old = rig.chunk_text(0, 1, 2);
    assert_eq!(rig.create(7), [send(0, 7)]);
    assert_eq!(rig.dispatch("GUILD_MEMBERS_CHUNK", &old), [""; 0]);
    rig.chunk(0, 1, 2);
    assert_eq!(rig.chunk(0, 0, 2)[1], "complete 0 of 2 not_found=0");
}

#[test]
fn a_guild_that_goes_leaves_the_line() {
    let mut rig = Rig::chunking(Chunking::All);
    for guild in 7..=10 {
        rig.create(guild);
    }
    rig.dispatch("GUILD_DELETE", r#"{"id":"9"}"#);
    assert_eq!(rig.requests.waiting(), 1);
    let left = rig.dispatch("GUILD_DELETE", r#"{"id":"7"}"#);
    assert_eq!(left, ["failed 0 GuildGone received=0".to_string(), send(2, 10)]);
    rig.create(11);
    rig.dispatch("GUILD_CREATE", &created(11, false, 1));
    assert_eq!(rig.requests.waiting(), 0, "it lists everybody now");
}

#[test]
fn a_new_session_begins_with_an_empty_line() {
    let mut rig = Rig::chunking(Chunking::All);
    for guild in 7..=9 {
        rig.create(guild);
    }
    let lines = rig.begins_anew();
    assert_eq!(lines, ["failed 0 SessionLost received=0", "failed 1 SessionLost received=0"]);
    assert_eq!((rig.requests.open(), rig.requests.waiting()), (0, 0));
    assert_eq!(rig.create(7), [send(2, 7)]);
}

#[test]
fn a_guild_too_large_for_the_payload_buffer_is_chunked() {
    for chunking in [Chunking::All, Chunking::Large] {
        let mut rig = Rig::chunking(chunking);
        assert_eq!(rig.skipped(EventKind::GuildCreate, Some(GUILD), 0), [send(0, 7)]);
        assert_eq!(rig.skipped(EventKind::GuildUpdate, Some(GuildId(8)), 0), [""; 0]);
    }
}
