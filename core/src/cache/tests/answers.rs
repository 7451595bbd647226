//! Messages that answer each other, and the channels they are in.

use super::super::Cache;
use super::super::kind::Root;
use super::super::rows::References;
use super::super::settings::Eviction;
use super::*;
use crate::ChannelId;

/// A message of an id in a channel of a guild, which answers another.
fn message(id: u64, channel: u64, guild: u64, answers: u64) -> String {
    std::format!(
        r#"{{"id": "{id}", "channel_id": "{channel}", "guild_id": "{guild}", "author": {{"id": "5"}},
        "referenced_message": {{"id": "{answers}", "channel_id": "{channel}", "author": {{"id": "5"}}}}}}"#
    )
}

#[test]
fn messages_that_say_they_answer_each_other_do_not_stay_for_ever() {
    let mut bench = Bench::heap();
    for (name, id, answers) in [
        ("MESSAGE_CREATE", 1, 9),
        ("MESSAGE_CREATE", 2, 1),
        ("MESSAGE_UPDATE", 1, 2),
        ("MESSAGE_UPDATE", 1, 1),
    ] {
        bench.apply(name, &message(id, 20, 1, answers));
    }
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    for kind in Kind::ALL {
        assert_eq!(bench.records.len(kind), 0, "{kind:?}");
    }
}

#[test]
fn a_channel_that_moves_to_another_guild_takes_along_what_is_answered_there() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 20, 1, 9));
    bench.apply("MESSAGE_CREATE", &message(2, 20, 1, 1));
    // One of another channel answers it as well, so that it is kept.
    bench.apply("MESSAGE_CREATE", &message(3, 21, 1, 1));
    bench.apply("MESSAGE_CREATE", &message(4, 20, 2, 1));
    assert_eq!(bench.records.len(Kind::Room), 2);
    assert_eq!(bench.records.list(Place::Root(Root::Rooms)).len, 0);
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    bench.apply("GUILD_DELETE", r#"{"id": "2"}"#);
    for kind in Kind::ALL {
        assert_eq!(bench.records.len(kind), 0, "{kind:?}");
    }
}

#[test]
fn a_channel_that_moves_to_a_guild_of_which_it_held_the_last_message_finds_it() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 30, 2, 9));
    bench.apply("MESSAGE_CREATE", &message(2, 20, 1, 1));
    bench.apply("MESSAGE_DELETE", r#"{"id": "1", "channel_id": "30", "guild_id": "2"}"#);
    bench.apply("MESSAGE_CREATE", &message(3, 20, 2, 9));
    assert_eq!((bench.guild(1), bench.records.len(Kind::Room)), (None, 1));
    assert_eq!(bench.keys(2, Kind::Room), [20]);
}

#[test]
fn what_a_message_shows_stays_when_the_last_that_showed_it_makes_room() {
    let mut bench = Bench::heap();
    bench.settings.limits.set(crate::cache::Kind::Message, 1, Eviction::Oldest);
    bench.apply("GUILD_CREATE", r#"{"id": "1", "stickers": [{"id": "35", "name": "s"}]}"#);
    let shows = |id: u64| {
        std::format!(
            r#"{{"id": "{id}", "channel_id": "20", "guild_id": "1", "sticker_items": [{{"id": "35"}}]}}"#
        )
    };
    bench.apply("MESSAGE_CREATE", &shows(1));
    bench.apply("GUILD_STICKERS_UPDATE", r#"{"guild_id": "1", "stickers": []}"#);
    let (_, losses) = bench.apply_lossy("MESSAGE_CREATE", &shows(2));
    assert_eq!((losses.evicted, losses.refused), (1, 0));
    assert_eq!((bench.records.len(Kind::Message), bench.records.len(Kind::Sticker)), (1, 1));
}

#[test]
fn a_message_that_comes_without_the_guild_stays_with_its_channel() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 20, 1, 9));
    // As one that only the user of an interaction sees.
    let alone = r#"{"id": "2", "channel_id": "20", "author": {"id": "5"}}"#;
    assert_eq!(bench.apply("MESSAGE_CREATE", alone), ["+Message 2"]);
    assert_eq!(bench.keys(1, Kind::Room), [20]);
    assert_eq!(bench.apply("MESSAGE_CREATE", &message(3, 20, 1, 9)).len(), 1);
    assert_eq!(bench.records.len(Kind::Message), 3);
    // One that was in no guild goes with what is in it to the one that is told.
    let alone = r#"{"id": "4", "channel_id": "30", "author": {"id": "5"}}"#;
    bench.apply("MESSAGE_CREATE", alone);
    bench.apply("MESSAGE_CREATE", &message(5, 30, 1, 9));
    assert_eq!((bench.keys(1, Kind::Room), bench.records.len(Kind::Message)), (vec![20, 30], 5));
}

#[test]
fn the_first_id_of_a_message_counts() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 20, 1, 9));
    bench.apply("MESSAGE_UPDATE", r#"{"id": "1", "content": "a", "id": "99"}"#);
    bench.apply("MESSAGE_CREATE", r#"{"id": "2", "channel_id": "20", "guild_id": "1", "referenced_message": {"id": "1", "id": "98"}}"#);
    bench.apply("USER_UPDATE", r#"{"id": "7", "username": "u", "id": "8"}"#);
    bench.apply("USER_UPDATE", r#"{"id": "7", "username": "u", "id": "9"}"#);
    assert_eq!((bench.records.len(Kind::Message), bench.records.len(Kind::Me)), (2, 1));
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    assert_eq!((bench.records.len(Kind::Message), bench.records.len(Kind::Room)), (0, 0));
}

#[test]
fn a_chain_of_answers_keeps_no_more_than_one_message_each() {
    let mut bench = Bench::heap();
    bench.settings.limits.set(crate::cache::Kind::Message, 2, Eviction::Oldest);
    for id in 1..40 {
        bench.apply_lossy("MESSAGE_CREATE", &message(id, 20, 1, id - 1));
        assert!(bench.records.len(Kind::Message) <= 3, "{id}");
    }
    let last = bench.records.find(Kind::Message, NONE, 37).unwrap();
    assert!(bench.records.is(last, Mark::Kept));
    // An update of one that is kept does not make it answer again.
    bench.apply(
        "MESSAGE_UPDATE",
        r#"{"id": "37", "content": "new", "referenced_message": {"id": "38"}}"#,
    );
    bench.apply(
        "MESSAGE_UPDATE",
        r#"{"id": "37", "content": "newer", "referenced_message": {"id": "36"}}"#,
    );
    assert_eq!(bench.records.len(Kind::Message), 3);
}

#[test]
fn reactions_beyond_counting_are_no_fault() {
    let mut bench = Bench::heap();
    let emoji = r#"{"id": null, "name": "x"}"#;
    bench.apply("MESSAGE_CREATE", &std::format!(
        r#"{{"id": "1", "channel_id": "20", "reactions": [{{"emoji": {emoji}, "count": 18446744073709551615, "count_details": {{"burst": 1}}}}]}}"#
    ));
    for _ in 0..3 {
        bench.apply("MESSAGE_REACTION_ADD", &std::format!(
            r#"{{"message_id": "1", "channel_id": "20", "user_id": "5", "burst": true, "emoji": {emoji}}}"#
        ));
    }
}

#[test]
fn threads_are_in_no_doubt_after_a_sync_that_breaks_off() {
    let mut bench = Bench::heap();
    let thread = r#"{"id": "50", "guild_id": "1", "type": 11, "parent_id": "10"}"#;
    bench.apply("THREAD_CREATE", thread);
    let broken = r#"{"guild_id": "1", "channel_ids": ["10", "x"], "threads": []}"#;
    assert!(bench.try_apply("THREAD_LIST_SYNC", broken).2.is_err());
    bench.apply("THREAD_LIST_SYNC", r#"{"guild_id": "1", "channel_ids": ["11"], "threads": []}"#);
    assert_eq!(bench.keys(1, Kind::Thread), [50]);
}

#[test]
fn threads_of_many_channels_are_synchronised() {
    let mut bench = Bench::heap();
    for thread in 1_000..1_200 {
        let (id, parent) = (thread, thread - 900);
        bench.apply(
            "THREAD_CREATE",
            &std::format!(
                r#"{{"id": "{id}", "guild_id": "1", "type": 11, "parent_id": "{parent}"}}"#
            ),
        );
    }
    // Against the order in which they came, and more than are looked for at once.
    let channels: Vec<String> = (150..300).rev().map(|id| std::format!("\"{id}\"")).collect();
    bench.apply("THREAD_LIST_SYNC", &std::format!(
        r#"{{"guild_id": "1", "channel_ids": [{}], "threads": [{{"id": "1199", "guild_id": "1", "type": 11, "parent_id": "299"}}]}}"#,
        channels.join(",")
    ));
    let left: Vec<u64> = (1_000..1_050).chain([1_199]).collect();
    assert_eq!(bench.keys(1, Kind::Thread), left);
}

#[test]
fn a_voice_state_refers_to_no_member_that_goes_as_it_comes() {
    let mut bench = Bench::heap();
    bench.settings.limits.set(crate::cache::Kind::VoiceState, 1, Eviction::Oldest);
    let state = |user: u64, member: &str| {
        std::format!(r#"{{"guild_id": "1", "user_id": "{user}", "channel_id": "5"{member}}}"#)
    };
    bench.apply("VOICE_STATE_UPDATE", &state(1, r#", "member": {"user": {"id": "2"}}"#));
    bench.apply_lossy("VOICE_STATE_UPDATE", &state(2, ""));
    let row = bench.records.find(Kind::VoiceState, bench.guild(1).unwrap(), 2).unwrap();
    let mut references = References::default();
    let member = references.next(bench.records.fields(row)).unwrap();
    assert_eq!(bench.records.kind(member), Kind::Member);
}

#[test]
fn a_channel_keeps_what_no_object_of_it_carries() {
    let mut cache = Cache::new(Settings::default());
    for (name, json) in [
        ("CHANNEL_CREATE", r#"{"id": "5", "guild_id": "1", "type": 2, "name": "v"}"#),
        ("VOICE_CHANNEL_STATUS_UPDATE", r#"{"id": "5", "guild_id": "1", "status": "busy"}"#),
        (
            "VOICE_CHANNEL_START_TIME_UPDATE",
            r#"{"id": "5", "guild_id": "1", "voice_start_time": 7}"#,
        ),
        ("CHANNEL_UPDATE", r#"{"id": "5", "guild_id": "1", "type": 2, "name": "w"}"#),
    ] {
        let event = Dispatch::new(name, None, Encoding::Json, json.as_bytes()).unwrap();
        cache.apply(&event, &mut ());
    }
    let channel = cache.channels().get(ChannelId(5)).unwrap();
    assert_eq!(channel.read().unwrap().name.value().unwrap(), "w");
    assert_eq!((channel.status().unwrap(), channel.voice_start_time()), ("busy".into(), Some(7)));
}

#[test]
fn what_is_in_a_channel_that_did_not_come_again_goes_with_it() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_CREATE", r#"{"id": "1", "channels": [{"id": "20"}, {"id": "21"}]}"#);
    bench.apply("MESSAGE_CREATE", &message(1, 20, 1, 9));
    bench.apply("MESSAGE_CREATE", &message(2, 21, 1, 9));
    bench.apply("INVITE_CREATE", r#"{"code": "a", "guild_id": "1", "channel_id": "20"}"#);
    bench.apply("GUILD_CREATE", r#"{"id": "1", "channels": [{"id": "21"}]}"#);
    assert_eq!(bench.keys(1, Kind::Room), [21]);
    assert_eq!((bench.records.len(Kind::Message), bench.records.len(Kind::Invite)), (1, 0));
}
