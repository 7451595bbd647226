//! Input that is unexpected, wrong or as large as it may be.

use gatewright_core::cache::{Applied, Cache, Kind, Memory, Settings};
use gatewright_core::{ChannelId, GuildId, MessageId, RoleId, UserId};

use crate::support::{GUILD, apply, fill, hear, in_both, keys, message};

#[test]
fn events_of_what_is_not_there_do_nothing() {
    let events = [
        ("CHANNEL_DELETE", r#"{"id": "77", "guild_id": "7", "type": 0}"#),
        (
            "CHANNEL_PINS_UPDATE",
            r#"{"channel_id": "77", "guild_id": "7", "last_pin_timestamp": null}"#,
        ),
        ("GUILD_DELETE", r#"{"id": "7"}"#),
        ("GUILD_EMOJIS_UPDATE", r#"{"guild_id": "7", "emojis": []}"#),
        ("GUILD_MEMBERS_CHUNK", r#"{"guild_id": "7", "members": []}"#),
        ("GUILD_MEMBER_REMOVE", r#"{"guild_id": "7", "user": {"id": "77"}}"#),
        ("GUILD_ROLE_DELETE", r#"{"guild_id": "7", "role_id": "77"}"#),
        ("GUILD_SCHEDULED_EVENT_DELETE", r#"{"id": "77", "guild_id": "7"}"#),
        (
            "GUILD_SCHEDULED_EVENT_USER_ADD",
            r#"{"guild_scheduled_event_id": "77", "user_id": "7", "guild_id": "7"}"#,
        ),
        ("GUILD_SOUNDBOARD_SOUND_DELETE", r#"{"sound_id": "77", "guild_id": "7"}"#),
        ("INVITE_DELETE", r#"{"channel_id": "77", "guild_id": "7", "code": "none"}"#),
        ("MESSAGE_DELETE", r#"{"id": "77", "channel_id": "7", "guild_id": "7"}"#),
        ("MESSAGE_DELETE_BULK", r#"{"ids": ["77", "78"], "channel_id": "7", "guild_id": "7"}"#),
        (
            "MESSAGE_REACTION_ADD",
            r#"{"user_id": "7", "channel_id": "7", "message_id": "77", "emoji": {"id": null, "name": "x"}, "type": 0, "burst": false}"#,
        ),
        ("MESSAGE_UPDATE", r#"{"id": "77", "channel_id": "7", "guild_id": "7", "content": "x"}"#),
        ("PRESENCE_UPDATE", r#"{"guild_id": "7", "user": {"id": "77"}, "status": "offline"}"#),
        ("STAGE_INSTANCE_DELETE", r#"{"id": "77", "guild_id": "7", "channel_id": "7"}"#),
        ("THREAD_DELETE", r#"{"id": "77", "guild_id": "7", "parent_id": "7", "type": 11}"#),
        ("THREAD_LIST_SYNC", r#"{"guild_id": "7", "threads": [], "members": []}"#),
        ("THREAD_MEMBER_UPDATE", r#"{"id": "77", "user_id": "9", "guild_id": "7", "flags": 0}"#),
        ("THREAD_MEMBERS_UPDATE", r#"{"id": "77", "guild_id": "7", "member_count": 3}"#),
        ("VOICE_STATE_UPDATE", r#"{"guild_id": "7", "user_id": "77", "channel_id": null}"#),
        ("TYPING_START", r#"{"channel_id": "7", "user_id": "77", "timestamp": 1}"#),
        ("NOT_AN_EVENT", r#"[1, 2]"#),
    ];
    in_both!(Settings::default(), |cache| {
        for (name, json) in events {
            assert_eq!(apply(&mut cache, name, json), Applied::default(), "{name}");
            assert_eq!(cache.memory().used, 0, "{name}");
        }
        fill(&mut cache);
        let used = cache.memory().used;
        for (name, json) in events {
            assert_eq!(apply(&mut cache, name, json), Applied::default(), "{name}");
        }
        assert_eq!((cache.memory().used, cache.guilds().len()), (used, 1));
    });
}

#[test]
fn what_belongs_to_a_guild_nobody_told_of_is_kept_for_it() {
    in_both!(Settings::default(), |cache| {
        for (name, json) in [
            ("CHANNEL_CREATE", r#"{"id": "20", "guild_id": "1", "type": 0}"#),
            ("GUILD_MEMBER_UPDATE", r#"{"guild_id": "1", "user": {"id": "10"}, "roles": []}"#),
            ("GUILD_ROLE_UPDATE", r#"{"guild_id": "1", "role": {"id": "3"}}"#),
            ("MESSAGE_CREATE", &message(50, "")),
        ] {
            assert!(apply(&mut cache, name, json).added > 0, "{name}");
        }
        assert!(cache.guilds().is_empty() && cache.guilds().unavailable().is_empty());
        assert_eq!(cache.channels().in_guild(GuildId(1)).len(), 1);
        assert_eq!(cache.messages().get(MessageId(50)).unwrap().guild_id(), Some(GuildId(1)));
        assert!(apply(&mut cache, "GUILD_UPDATE", r#"{"id": "1", "name": "g"}"#).added == 1);
        assert_eq!(
            cache.channels().at(0).unwrap().guild().unwrap().read().unwrap().name.unwrap(),
            "g"
        );
    });
}

#[test]
fn ids_of_any_size_are_kept() {
    in_both!(Settings::default(), |cache| {
        for id in [0, 1, u64::from(u32::MAX), 1 << 63, u64::MAX - 1, u64::MAX] {
            let guild = format!(
                r#"{{"id": "{id}", "channels": [{{"id": "{id}"}}], "roles": [{{"id": "{id}"}}], "members": [{{"user": {{"id": "{id}"}}, "roles": ["{id}"]}}],
                "voice_states": [{{"user_id": "{id}", "channel_id": "{id}"}}], "threads": [{{"id": "{id}", "parent_id": "{id}"}}]}}"#
            );
            assert_eq!(apply(&mut cache, "GUILD_CREATE", &guild).broken, 0, "{id}");
            let text = format!(
                r#"{{"id": "{id}", "channel_id": "{id}", "guild_id": "{id}", "author": {{"id": "{id}"}}}}"#
            );
            apply(&mut cache, "MESSAGE_CREATE", &text);
            cache.dm_channels_mut().insert(UserId(id), ChannelId(id), &mut ());
            let key = (GuildId(id), UserId(id));
            assert_eq!(cache.guilds().get(GuildId(id)).unwrap().key(), GuildId(id));
            assert_eq!(cache.members().get(key).unwrap().key(), key);
            assert_eq!(
                cache.voice_states().get(key).unwrap().read().unwrap().channel_id.value(),
                Some(ChannelId(id))
            );
            assert_eq!(cache.threads().in_channel(ChannelId(id)).len(), 1);
            assert_eq!(
                cache.messages().in_channel(ChannelId(id)).at(0).unwrap().key(),
                MessageId(id)
            );
            assert_eq!(
                cache.dm_channels().get(UserId(id)).unwrap().read().unwrap().channel_id,
                ChannelId(id)
            );
            let member = cache.members().get(key).unwrap().read().unwrap();
            assert_eq!(
                member.roles.iter().map(|role| role.unwrap()).collect::<Vec<_>>(),
                [RoleId(id)]
            );
        }
        assert_eq!((cache.guilds().len(), cache.users().len()), (6, 6));
        for id in [0, 1, u64::from(u32::MAX), 1 << 63, u64::MAX - 1, u64::MAX] {
            assert!(
                apply(&mut cache, "GUILD_DELETE", &format!(r#"{{"id": "{id}"}}"#)).removed > 5,
                "{id}"
            );
        }
        assert!(cache.users().is_empty());
    });
}

#[test]
fn ids_beyond_64_bits_and_below_zero_break_their_row_alone() {
    in_both!(Settings::default(), |cache| {
        let applied = apply(
            &mut cache,
            "GUILD_CREATE",
            r#"{"id": "1", "roles": [{"id": "18446744073709551616"}, {"id": "-1"}, {"id": ""},
            {"id": null}, {"id": 4}, {"id": "3"}, {}, null, 7, "x"], "name": "g"}"#,
        );
        assert_eq!(applied.broken, 8);
        assert_eq!(keys(cache.roles()).len() + cache.guilds().len(), 3);
        let guild = GuildId(1);
        assert!(!cache.roles().in_guild(guild).is_complete());
        assert!(cache.channels().in_guild(guild).is_complete());
        assert_eq!(cache.statistics(Kind::Role).broken, 8);
    });
}

fn message_of<M: Memory>(cache: &mut Cache<M>, length: usize) -> Applied {
    let content = "x".repeat(length);
    apply(cache, "MESSAGE_CREATE", &message(50, &format!(r#", "content": "{content}""#)))
}

#[test]
fn texts_are_kept_up_to_what_a_row_holds() {
    let mut cache = Cache::new(Settings::default());
    for length in [0, 1, 127, 128, 2_000, 4_000, 16_383, 16_384, 40_000] {
        let applied = message_of(&mut cache, length);
        assert_eq!((applied.refused, applied.broken), (0, 0), "{length}");
        let row = cache.messages().at(0).unwrap();
        assert_eq!(row.read().unwrap().content.unwrap().raw().len(), length);
        assert_eq!(row.into_owned().read().unwrap().content.unwrap().raw().len(), length);
    }
    for length in [200_000, 3_000_000] {
        assert!(message_of(&mut cache, length).refused > 0);
        let row = cache.messages().at(0).unwrap();
        let read = row.read().map(|message| message.content);
        assert!(!matches!(read, Ok(Some(_))), "nothing that is out of date");
    }
    assert_eq!(message_of(&mut cache, 10).refused, 0);
    let escaped = apply(
        &mut cache,
        "MESSAGE_CREATE",
        &message(51, r#", "content": "\ud83d\ude00 \u0000 \"q\" \ud800""#),
    );
    assert_eq!(escaped.broken, 0);
    let text =
        cache.messages().get(MessageId(51)).unwrap().read().unwrap().content.unwrap().to_string();
    assert!(text.starts_with("\u{1f600} \0 \"q\" "), "{text:?}");
}

#[test]
fn payloads_that_break_off_anywhere_cost_no_more_than_themselves() {
    in_both!(Settings::default(), |cache| {
        for end in (0..GUILD.len()).step_by(7) {
            let Some(part) = GUILD.get(..end) else { continue };
            if let Ok(event) = gatewright_core::Dispatch::new(
                "GUILD_CREATE",
                None,
                gatewright_core::Encoding::Json,
                part.as_bytes(),
            ) {
                assert!(cache.apply(&event, &mut ()).broken > 0, "{part}");
            }
        }
        fill(&mut cache);
        let roles = keys(cache.roles());
        assert_eq!(apply(&mut cache, "GUILD_CREATE", GUILD).broken, 0);
        assert_eq!(keys(cache.roles()), roles);
        cache.clear(&mut ());
        assert_eq!(cache.memory().used, 0);
    });
}

#[test]
fn a_field_of_a_wrong_type_does_no_harm() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let told = hear(
            &mut cache,
            "GUILD_ROLE_UPDATE",
            r#"{"guild_id": "1", "role": {"id": "3", "name": 5, "permissions": [], "position": {}}}"#,
        );
        assert_eq!(told, ["~Role"]);
        let role = cache.roles().get(RoleId(3)).unwrap();
        assert!(role.read().is_err(), "it is told when it is read: {role:?}");
        assert!(cache.roles().get(RoleId(1)).unwrap().read().is_ok());
        let mend = r#"{"guild_id": "1", "role": {"id": "3", "name": "mod"}}"#;
        assert_eq!(hear(&mut cache, "GUILD_ROLE_UPDATE", mend), ["~Role"]);
        assert_eq!(cache.roles().get(RoleId(3)).unwrap().read().unwrap().name.unwrap(), "mod");
    });
}
