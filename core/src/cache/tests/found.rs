//! Faults that random events found, each as short as it could be made.

use super::super::kind::Root;
use super::super::settings::{Components, Eviction, MemberPolicy};
use super::*;

/// A message of a channel, with what stands behind its id.
fn message(id: u64, channel: u64, more: &str) -> String {
    std::format!(r#"{{"id": "{id}", "channel_id": "{channel}", "author": {{"id": "10"}}{more}}}"#)
}

#[test]
fn a_channel_with_kept_messages_moves_to_another_guild() {
    let mut bench = Bench::heap();
    let in_guild = |guild| std::format!(r#", "guild_id": "{guild}""#);
    bench.apply("MESSAGE_CREATE", &message(1, 5, &in_guild(1)));
    bench.apply("MESSAGE_CREATE", &message(2, 6, r#", "referenced_message": {"id": "1"}"#));
    bench.apply("MESSAGE_DELETE", r#"{"id": "1", "channel_id": "5"}"#);
    bench.apply("MESSAGE_CREATE", &message(3, 5, &in_guild(2)));
    assert_eq!(bench.records.len(Kind::Room), 2);
    assert_eq!((bench.guild(1), bench.guild(2).is_some()), (None, true));
    bench.apply("MESSAGE_DELETE", r#"{"id": "2", "channel_id": "6"}"#);
    bench.apply("GUILD_DELETE", r#"{"id": "2"}"#);
    assert_eq!(bench.records.bytes().1, 0);
}

#[test]
fn only_members_whose_voice_state_is_there_are_shown_as_in_voice() {
    let state = |user: u64, channel: &str| {
        std::format!(
            r#"{{"guild_id": "1", "user_id": "{user}", "channel_id": {channel}, "member": {{"user": {{"id": "10"}}}}}}"#
        )
    };
    for (json, limit, lines) in [
        (state(10, "null"), 9, &["+User 10", "-User 10"][..]),
        (state(11, "2"), 9, &["+User 10", "+VoiceState 11"]),
        (state(10, "2"), 0, &["+User 10", "-User 10"]),
        (state(10, "2"), 9, &["+User 10", "+VoiceState 10", "+Member 10"]),
    ] {
        let mut bench = Bench::heap();
        bench.settings.members = MemberPolicy::InVoice;
        bench.settings.limits.set(crate::cache::Kind::VoiceState, limit, Eviction::Refuse);
        let (heard, losses) = bench.apply_lossy("VOICE_STATE_UPDATE", &json);
        assert_eq!(heard, lines, "{json}");
        assert_eq!(losses.refused, u32::from(limit == 0));
    }
}

#[test]
fn a_kept_message_that_comes_again_outlives_the_answer_that_makes_room_for_it() {
    let mut bench = Bench::heap();
    bench.settings.limits.set(crate::cache::Kind::Message, 1, Eviction::Oldest);
    bench.apply("MESSAGE_CREATE", &message(1, 5, ""));
    let answer = message(2, 5, r#", "referenced_message": {"id": "1"}"#);
    bench.apply_lossy("MESSAGE_CREATE", &answer);
    let (lines, losses) = bench.apply_lossy("MESSAGE_CREATE", &message(1, 5, ""));
    assert_eq!(lines, ["-Message 2", "+Message 1"]);
    assert_eq!(losses, Losses { evicted: 1, ..Losses::default() });
}

#[test]
fn messages_that_answer_each_other_do_not_keep_each_other() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 5, ""));
    let answers = |id: u64| std::format!(r#", "referenced_message": {{"id": "{id}"}}"#);
    bench.apply("MESSAGE_UPDATE", &message(1, 5, &answers(1)));
    bench.apply("MESSAGE_CREATE", &message(2, 5, &answers(1)));
    bench.apply("MESSAGE_UPDATE", &message(1, 5, &answers(2)));
    bench.apply("MESSAGE_DELETE_BULK", r#"{"ids": ["1", "2"], "channel_id": "5"}"#);
    assert_eq!(bench.records.len(Kind::Message), 0);
    assert_eq!(bench.records.bytes().1, 0);
}

#[test]
fn a_guild_is_awaited_until_it_comes_or_is_left() {
    let mut bench = Bench::heap();
    bench.settings.components = Components::all() - Components::GUILDS;
    bench.apply("READY", r#"{"user": {"id": "9"}, "guilds": [{"id": "1", "unavailable": true}]}"#);
    bench.apply("GUILD_UPDATE", r#"{"id": "1", "name": "g"}"#);
    assert_eq!(bench.records.session.awaited, 1);
    assert!(bench.guild(1).is_some());
    bench.apply("GUILD_CREATE", r#"{"id": "1", "name": "g"}"#);
    let place = bench.guild(1);
    assert!(bench.records.session.awaited == 0 && place.is_some(), "that it came stays known");
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    assert_eq!(bench.guild(1), None);
    assert_eq!(bench.records.list(Place::Root(Root::Guilds)).len, 0);
}

#[test]
fn a_guild_that_was_left_is_not_in_doubt_for_ever() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 5, r#", "guild_id": "1""#));
    bench.apply("MESSAGE_CREATE", &message(2, 6, r#", "referenced_message": {"id": "1"}"#));
    bench.apply("READY", r#"{"user": {"id": "9"}, "guilds": []}"#);
    assert!(!bench.records.is(bench.guild(1).unwrap(), Mark::Stale), "it keeps a message");
}

#[test]
fn a_guild_stays_while_a_channel_moves_there_that_kept_the_last_of_it() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_STICKERS_UPDATE", r#"{"guild_id": "1", "stickers": [{"id": "3"}]}"#);
    let in_guild = |guild| std::format!(r#", "guild_id": "{guild}""#);
    let sticker = r#", "sticker_items": [{"id": "3"}]"#;
    bench.apply("MESSAGE_CREATE", &message(1, 5, &(in_guild(2) + sticker)));
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    assert!(bench.guild(1).is_some(), "it keeps a sticker");
    bench.apply("MESSAGE_CREATE", &message(2, 5, &in_guild(1)));
    assert_eq!((bench.records.len(Kind::Sticker), bench.guild(2)), (0, None));
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    assert_eq!(bench.records.bytes().1, 0);
}

#[test]
fn what_a_row_only_names_outlives_the_row_that_makes_room_for_it() {
    let mut bench = Bench::heap();
    bench.settings.limits.set(crate::cache::Kind::Message, 1, Eviction::Oldest);
    bench.apply("GUILD_STICKERS_UPDATE", r#"{"guild_id": "1", "stickers": [{"id": "3"}]}"#);
    let sticker = r#", "sticker_items": [{"id": "3"}]"#;
    bench.apply("MESSAGE_CREATE", &message(1, 5, sticker));
    bench.apply("GUILD_STICKERS_UPDATE", r#"{"guild_id": "1", "stickers": []}"#);
    bench.apply_lossy("MESSAGE_CREATE", &message(2, 5, sticker));
    assert_eq!(bench.records.len(Kind::Sticker), 1, "the second message shows it");
    bench.apply("MESSAGE_DELETE", r#"{"id": "2", "channel_id": "5"}"#);
    assert_eq!(bench.records.bytes().1, 0);
}

#[test]
fn a_member_that_comes_keeps_no_voice_state_that_goes() {
    for policy in [MemberPolicy::InVoice, MemberPolicy::Own] {
        let mut bench = Bench::heap();
        bench.settings.members = policy;
        let states = r#"[{"user_id": "10", "channel_id": "2"}]"#;
        bench.apply("GUILD_CREATE", &std::format!(r#"{{"id": "1", "voice_states": {states}}}"#));
        assert_eq!(bench.records.len(Kind::VoiceState), 1);
        bench.apply("GUILD_CREATE", r#"{"id": "1", "members": [{"user": {"id": "10"}}]}"#);
        let left = [Kind::VoiceState, Kind::Member, Kind::User].map(|kind| bench.records.len(kind));
        assert_eq!(left, [0; 3]);
    }
}
