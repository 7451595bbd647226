//! Defects that were found here.

use gatewright_core::cache::{Components, Eviction, Kind, MemberPolicy, Settings};
use gatewright_core::{ChannelId, GuildId};

use crate::support::{apply, hear, in_both, keys, object};

fn message(id: u64, channel: u64, answers: Option<u64>) -> String {
    let answers = answers.map_or(String::new(), |id| {
        format!(r#", "referenced_message": {{"id": "{id}", "channel_id": "{channel}"}}"#)
    });
    format!(
        r#"{{"id": "{id}", "channel_id": "{channel}", "guild_id": "1", "content": "c", "author": {{"id": "10"}}{answers}}}"#
    )
}

#[test]
fn a_message_that_comes_again_is_not_evicted_with_its_answer() {
    let mut settings = Settings::default();
    settings.limits.set(Kind::Message, 1, Eviction::Oldest);
    in_both!(settings, |cache| {
        apply(&mut cache, "MESSAGE_CREATE", &message(1, 20, None));
        apply(&mut cache, "MESSAGE_CREATE", &message(2, 20, Some(1)));
        assert_eq!(keys(cache.messages().kept()).len(), 1);
        apply(&mut cache, "MESSAGE_CREATE", &message(1, 20, None));
        assert_eq!(keys(cache.messages()).iter().map(|id| id.0).collect::<Vec<_>>(), [1]);
        assert!(cache.messages().kept().is_empty());
        cache.clear(&mut ());
        assert_eq!(cache.memory().used, 0);
    });
}

#[test]
fn a_full_channel_makes_room_before_the_table_does() {
    let mut settings = Settings::default();
    settings.limits.set(Kind::Message, 3, Eviction::Oldest);
    settings.max_messages_per_channel = 1;
    in_both!(settings, |cache| {
        for (id, channel) in [(1, 20), (2, 21), (3, 22)] {
            apply(&mut cache, "MESSAGE_CREATE", &message(id, channel, None));
        }
        let applied = apply(&mut cache, "MESSAGE_CREATE", &message(4, 22, None));
        assert_eq!(applied.evicted, 1);
        assert_eq!(keys(cache.messages()).iter().map(|id| id.0).collect::<Vec<_>>(), [1, 2, 4]);
    });
}

#[test]
fn a_guild_that_is_put_in_replaces_the_rows_it_lists() {
    in_both!(Settings::default(), |cache| {
        cache.guilds_mut().insert(
            object(r#"{"id": "1", "roles": [{"id": "2"}, {"id": "3"}], "emojis": [{"id": "4"}]}"#),
            &mut (),
        );
        cache.guilds_mut().insert(object(r#"{"id": "1", "roles": [{"id": "3"}]}"#), &mut ());
        assert_eq!(keys(cache.roles()).iter().map(|id| id.0).collect::<Vec<_>>(), [3]);
        assert_eq!(cache.emojis().len(), 1, "what is not listed stays");
    });
}

#[test]
fn the_bots_own_user_is_replaced_when_it_is_put_in() {
    in_both!(Settings::default(), |cache| {
        cache.me_mut().insert(object(r#"{"id": "9", "username": "a", "avatar": "x"}"#), &mut ());
        cache.me_mut().insert(object(r#"{"id": "9", "username": "b"}"#), &mut ());
        let me = cache.me().unwrap().read().unwrap();
        assert!(me.avatar.is_absent(), "{me:?}");
    });
}

#[test]
fn the_messages_of_the_threads_of_a_channel_go_with_it() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "CHANNEL_CREATE", r#"{"id": "20", "guild_id": "1", "type": 0}"#);
        apply(
            &mut cache,
            "THREAD_CREATE",
            r#"{"id": "21", "guild_id": "1", "parent_id": "20", "type": 11}"#,
        );
        apply(&mut cache, "MESSAGE_CREATE", &message(5, 21, None));
        apply(&mut cache, "CHANNEL_DELETE", r#"{"id": "20", "guild_id": "1", "type": 0}"#);
        assert_eq!((cache.threads().len(), cache.messages().len()), (0, 0));
    });
}

#[test]
fn who_the_bot_is_is_known_without_its_row() {
    let mut settings = Settings::default();
    settings.components = Components::all() - Components::ME;
    settings.members = MemberPolicy::Own;
    in_both!(settings, |cache| {
        apply(
            &mut cache,
            "READY",
            r#"{"v": 10, "user": {"id": "9"}, "guilds": [{"id": "1", "unavailable": true}]}"#,
        );
        apply(
            &mut cache,
            "GUILD_CREATE",
            r#"{"id": "1", "members": [{"user": {"id": "9"}}, {"user": {"id": "8"}}]}"#,
        );
        assert_eq!(keys(cache.members()).iter().map(|(_, user)| user.0).collect::<Vec<_>>(), [9]);
        assert!(cache.me().is_none());
    });
}

#[test]
fn a_member_who_is_not_in_voice_is_not_kept_as_one_who_is() {
    let mut settings = Settings::default();
    settings.members = MemberPolicy::InVoice;
    let left = r#"{"guild_id": "1", "user_id": "10", "channel_id": null, "member": {"user": {"id": "10"}, "nick": "n"}}"#;
    let joined = left.replace("null", "\"20\"");
    in_both!(settings, |cache| {
        let told = hear(&mut cache, "VOICE_STATE_UPDATE", left);
        assert!(told.iter().all(|line| !line.contains("Member")), "{told:?}");
        assert_eq!((cache.members().len(), cache.users().len()), (0, 0));
        apply(&mut cache, "VOICE_STATE_UPDATE", &joined);
        assert_eq!(cache.members().len(), 1);
        apply(&mut cache, "VOICE_STATE_UPDATE", left);
        assert_eq!((cache.members().len(), cache.users().len()), (0, 0));
    });
    settings.limits.set(Kind::VoiceState, 0, Eviction::Refuse);
    in_both!(settings, |cache| {
        apply(&mut cache, "VOICE_STATE_UPDATE", &joined);
        assert_eq!((cache.voice_states().len(), cache.members().len()), (0, 0));
    });
}

#[test]
fn a_channel_of_another_guild_has_nothing_in_a_guild() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "CHANNEL_CREATE", r#"{"id": "20", "guild_id": "1", "type": 0}"#);
        apply(
            &mut cache,
            "THREAD_CREATE",
            r#"{"id": "21", "guild_id": "1", "parent_id": "20", "type": 11}"#,
        );
        assert_eq!(cache.threads().in_channel(ChannelId(20)).len(), 1);
        assert_eq!(cache.threads().in_guild(GuildId(1)).in_channel(ChannelId(20)).len(), 1);
        assert_eq!(cache.threads().in_guild(GuildId(2)).in_channel(ChannelId(20)).len(), 0);
    });
}

#[test]
fn an_event_that_breaks_off_leaves_no_table_complete_that_it_lists() {
    in_both!(Settings::default(), |cache| {
        let applied = apply(
            &mut cache,
            "GUILD_CREATE",
            r#"{"id": "1", "roles": [{"id": "3"}], "emojis": [{"id": "4"}, "#,
        );
        assert!(applied.broken > 0);
        let guild = GuildId(1);
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "1", "member_count": 0, "large": false}"#);
        assert!(!cache.emojis().in_guild(guild).is_complete());
        assert!(!cache.members().in_guild(guild).is_complete());
    });
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "1", "member_count": 1}"#);
        apply(
            &mut cache,
            "GUILD_MEMBERS_CHUNK",
            r#"{"guild_id": "1", "members": [{"user": {"id": "4"}}, tru]}"#,
        );
        assert_eq!(cache.members().len(), 1);
        assert!(!cache.members().in_guild(GuildId(1)).is_complete());
    });
}

#[test]
fn an_invite_whose_code_is_escaped_is_deleted() {
    let invite = r#"{"guild_id": "1", "channel_id": "20", "code": "a\u0062c"}"#;
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "INVITE_CREATE", invite);
        assert!(cache.invites().contains("abc"));
        apply(&mut cache, "INVITE_DELETE", invite);
        assert!(cache.invites().is_empty());
    });
}
