//! What others got wrong.

use std::collections::BTreeSet;
use std::thread;

use gatewright_core::cache::{
    Cache, CacheMemory, Collected, Eviction, Kind, Memory, OwnedChange, Settings,
};
use gatewright_core::model::GuildCreate;
use gatewright_core::{ChannelId, EmojiId, GuildId, MessageId, UserId};

use crate::support::{
    GUILD, INVITE, READY, apply, fill, hear, in_both, keys, message, message_in, numbers,
};

const TABLES: [Kind; 17] = [
    Kind::Channel,
    Kind::DmChannel,
    Kind::Emoji,
    Kind::Guild,
    Kind::Invite,
    Kind::Me,
    Kind::Member,
    Kind::Message,
    Kind::Presence,
    Kind::Role,
    Kind::ScheduledEvent,
    Kind::Sound,
    Kind::Stage,
    Kind::Sticker,
    Kind::Thread,
    Kind::User,
    Kind::VoiceState,
];

fn member_count<M: Memory>(cache: &Cache<M>) -> Option<u64> {
    let guild = cache.guilds().get(GuildId(1)).unwrap();
    guild.decode::<GuildCreate<'_>>().unwrap().member_count
}

#[test]
fn clearing_forgets_every_table() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        for kind in TABLES {
            assert!(cache.statistics(kind).rows > 0, "{kind:?}");
        }
        let removed = cache.clear(&mut ()).removed;
        assert!(removed > 20, "{removed}");
        for kind in TABLES {
            assert_eq!(cache.statistics(kind).rows, 0, "{kind:?}");
        }
        assert_eq!((cache.memory().used, cache.awaited(), cache.me().is_none()), (0, 0, true));
        fill(&mut cache);
        assert_eq!(cache.members().len(), 2, "and may be filled anew");
    });
}

#[test]
fn leaving_a_guild_leaves_nothing_behind() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "2"}"#);
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "1"}"#);
        for kind in TABLES.into_iter().filter(|kind| !matches!(kind, Kind::Me | Kind::DmChannel)) {
            assert_eq!(cache.statistics(kind).rows, 0, "{kind:?}");
        }
        assert_eq!((cache.dm_channels().len(), cache.me().is_some()), (1, true));
    });
}

#[test]
fn an_outage_is_not_leaving() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let before = TABLES.map(|kind| cache.statistics(kind).rows);
        let told = hear(&mut cache, "GUILD_DELETE", r#"{"id": "1", "unavailable": true}"#);
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(TABLES.map(|kind| cache.statistics(kind).rows), before);
        assert!(cache.guilds().contains(GuildId(1)));
        assert!(cache.guilds().unavailable().contains(GuildId(1)));
        assert_eq!(
            hear(&mut cache, "GUILD_CREATE", GUILD),
            Vec::<String>::new(),
            "nothing changed"
        );
        assert!(cache.guilds().available().contains(GuildId(1)));
    });
}

#[test]
fn a_user_in_several_guilds_stays_until_the_last_whatever_comes_between() {
    in_both!(Settings::default(), |cache| {
        for guild in 1..=3 {
            let add =
                format!(r#"{{"guild_id": "{guild}", "user": {{"id": "10", "username": "u"}}}}"#);
            apply(&mut cache, "GUILD_MEMBER_ADD", &add);
        }
        let update = r#"{"guild_id": "2", "user": {"id": "10", "username": "new"}}"#;
        assert_eq!(hear(&mut cache, "GUILD_MEMBER_UPDATE", update), ["~User"]);
        for (guild, left) in [(2, true), (1, true), (3, false)] {
            apply(&mut cache, "GUILD_DELETE", &format!(r#"{{"id": "{guild}"}}"#));
            assert_eq!(cache.users().contains(UserId(10)), left, "{guild}");
        }
    });
}

#[test]
fn a_user_stays_until_the_last_row_that_refers_to_it() {
    let remove = r#"{"guild_id": "1", "user": {"id": "10"}}"#;
    let delete = |id| format!(r#"{{"id": "{id}", "channel_id": "21", "guild_id": "1"}}"#);
    in_both!(Settings::default(), |cache| {
        apply(
            &mut cache,
            "GUILD_MEMBER_ADD",
            r#"{"guild_id": "1", "user": {"id": "10", "username": "ann"}}"#,
        );
        apply(
            &mut cache,
            "CHANNEL_CREATE",
            r#"{"id": "60", "type": 1, "recipients": [{"id": "10"}]}"#,
        );
        for id in 50..60 {
            apply(&mut cache, "MESSAGE_CREATE", &message(id, ""));
        }
        (50..60).for_each(|id| _ = apply(&mut cache, "MESSAGE_DELETE", &delete(id)));
        assert!(cache.users().contains(UserId(10)), "still a member");
        apply(&mut cache, "MESSAGE_CREATE", &message(60, ""));
        apply(&mut cache, "GUILD_MEMBER_REMOVE", remove);
        assert!(cache.users().contains(UserId(10)), "still the author");
        apply(&mut cache, "MESSAGE_DELETE", &delete(60));
        assert!(cache.users().is_empty());
        assert!(cache.dm_channels().contains(UserId(10)), "the channel is known all the same");
    });
}

#[test]
fn clearing_messages_releases_what_they_referred_to() {
    in_both!(Settings::default(), |cache| {
        let more = r#", "mentions": [{"id": "11"}, {"id": "12"}]"#;
        apply(&mut cache, "MESSAGE_CREATE", &message(50, more));
        assert_eq!((cache.users().len(), cache.members().kept().len()), (3, 1));
        cache.messages_mut().clear(&mut ());
        assert_eq!((cache.users().len(), cache.members().kept().len()), (0, 0));
    });
}

#[test]
fn users_that_an_edit_mentions_are_counted() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "11"}}"#);
        apply(&mut cache, "MESSAGE_CREATE", &message(50, ""));
        for mentions in [r#"[{"id": "11"}]"#, r#"[{"id": "12"}]"#, "[]"] {
            apply(
                &mut cache,
                "MESSAGE_UPDATE",
                &message(50, &format!(r#", "mentions": {mentions}"#)),
            );
        }
        assert!(!cache.users().contains(UserId(12)));
        apply(&mut cache, "MESSAGE_DELETE", r#"{"id": "50", "channel_id": "21"}"#);
        assert_eq!(numbers(keys(cache.users()), |user| user.0), [11]);
    });
}

#[test]
fn an_invite_told_twice_is_there_once() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        assert_eq!(hear(&mut cache, "INVITE_CREATE", INVITE), Vec::<String>::new());
        assert_eq!(
            hear(&mut cache, "INVITE_CREATE", &INVITE.replace("\"uses\": 0", "\"uses\": 1")),
            ["~Invite"]
        );
        assert_eq!(keys(cache.invites().in_guild(GuildId(1))), ["abc"]);
        let delete = r#"{"guild_id": "1", "channel_id": "21", "code": "abc"}"#;
        assert_eq!(hear(&mut cache, "INVITE_DELETE", delete), ["-Invite", "-User"]);
        assert_eq!(hear(&mut cache, "INVITE_DELETE", delete), Vec::<String>::new());
        assert!(cache.invites().in_guild(GuildId(1)).is_empty());
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "1"}"#);
        assert!(cache.channels().is_empty() && cache.roles().is_empty());
    });
}

#[test]
fn an_offline_presence_is_gone_and_so_are_its_emojis() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(&mut cache, "GUILD_EMOJIS_UPDATE", r#"{"guild_id": "1", "emojis": []}"#);
        assert_eq!(
            numbers(keys(cache.emojis().kept()), |emoji| emoji.0),
            [30],
            "shown by a presence"
        );
        let presence = |status| {
            format!(
                r#"{{"guild_id": "1", "user": {{"id": "10"}}, "status": "{status}", "activities": []}}"#
            )
        };
        assert_eq!(
            hear(&mut cache, "PRESENCE_UPDATE", &presence("offline")),
            ["-Presence", "-User"]
        );
        assert!(cache.emojis().kept().is_empty());
        assert_eq!(hear(&mut cache, "PRESENCE_UPDATE", &presence("offline")), Vec::<String>::new());
        assert_eq!(hear(&mut cache, "PRESENCE_UPDATE", &presence("dnd")), ["+Presence"]);
    });
}

#[test]
fn emojis_of_an_old_presence_are_released() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(
            &mut cache,
            "PRESENCE_UPDATE",
            r#"{"guild_id": "1", "user": {"id": "10"}, "status": "idle",
            "activities": [{"name": "n", "type": 4, "emoji": {"id": "31", "name": "wave"}}]}"#,
        );
        apply(&mut cache, "GUILD_EMOJIS_UPDATE", r#"{"guild_id": "1", "emojis": []}"#);
        assert_eq!(numbers(keys(cache.emojis().kept()), |emoji| emoji.0), [31]);
    });
}

#[test]
fn a_creator_who_changes_is_released() {
    in_both!(Settings::default(), |cache| {
        let emojis = |user| {
            format!(
                r#"{{"guild_id": "1", "emojis": [{{"id": "30", "user": {{"id": "{user}"}}}}]}}"#
            )
        };
        apply(&mut cache, "GUILD_EMOJIS_UPDATE", &emojis(12));
        apply(&mut cache, "GUILD_EMOJIS_UPDATE", &emojis(13));
        assert_eq!(numbers(keys(cache.users()), |user| user.0), [13]);
        // A voice state that came before its member.
        let state = r#"{"guild_id": "1", "user_id": "10", "channel_id": "22""#;
        apply(&mut cache, "VOICE_STATE_UPDATE", &format!("{state}}}"));
        apply(
            &mut cache,
            "VOICE_STATE_UPDATE",
            &format!(r#"{state}, "member": {{"user": {{"id": "10"}}}}}}"#),
        );
        apply(
            &mut cache,
            "VOICE_STATE_UPDATE",
            r#"{"guild_id": "1", "user_id": "10", "channel_id": null}"#,
        );
        assert_eq!(numbers(keys(cache.users()), |user| user.0), [13]);
        assert!(cache.members().kept().is_empty());
    });
}

#[test]
fn views_go_on_behind_what_went() {
    in_both!(Settings::default(), |cache| {
        for user in 10..20 {
            let state = format!(r#"{{"guild_id": "1", "user_id": "{user}", "channel_id": "22"}}"#);
            apply(&mut cache, "VOICE_STATE_UPDATE", &state);
        }
        for user in [10, 14, 15, 19] {
            let state = format!(r#"{{"guild_id": "1", "user_id": "{user}", "channel_id": null}}"#);
            apply(&mut cache, "VOICE_STATE_UPDATE", &state);
        }
        let left = [11, 12, 13, 16, 17, 18];
        assert_eq!(numbers(keys(cache.voice_states()), |(_, user)| user.0), left);
        assert_eq!(
            numbers(keys(cache.voice_states().in_channel(ChannelId(22))), |(_, user)| user.0),
            left
        );
        assert_eq!(cache.voice_states().len(), left.len());
    });
}

#[test]
fn an_update_of_a_guild_keeps_its_members_and_channels() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let before = TABLES.map(|kind| cache.statistics(kind).rows);
        let update = r#"{"id": "1", "name": "new", "roles": [{"id": "1", "name": "everyone", "permissions": "8"}, {"id": "3", "name": "mod", "position": 1}]}"#;
        assert_eq!(hear(&mut cache, "GUILD_UPDATE", update), ["~Guild"]);
        assert_eq!(TABLES.map(|kind| cache.statistics(kind).rows), before);
        assert_eq!(member_count(&cache), Some(2));
    });
}

#[test]
fn an_empty_list_empties_the_table() {
    for name in ["GUILD_CREATE", "GUILD_UPDATE"] {
        in_both!(Settings::default(), |cache| {
            fill(&mut cache);
            apply(&mut cache, name, r#"{"id": "1", "roles": [], "emojis": [], "stickers": []}"#);
            assert!(
                cache.roles().is_empty()
                    && cache.emojis().is_empty()
                    && cache.stickers().is_empty()
            );
            assert_eq!(cache.channels().is_empty(), name == "GUILD_CREATE", "what did not come");
        });
    }
}

#[test]
fn readers_hold_no_lock_and_what_was_copied_stays_as_it_was() {
    let mut cache = Cache::new(Settings::default());
    fill(&mut cache);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(
                        cache.members().iter().filter(|member| member.read().is_ok()).count(),
                        2
                    );
                    assert!(cache.messages().contains(MessageId(50)));
                }
            });
        }
    });
    let copied = cache.members().get((GuildId(1), UserId(10))).unwrap().into_owned();
    let update = r#"{"guild_id": "1", "user": {"id": "10"}, "nick": "new"}"#;
    apply(&mut cache, "GUILD_MEMBER_UPDATE", update);
    cache.clear(&mut ());
    let nick = thread::spawn(move || copied.read().unwrap().nick.value().unwrap().to_string());
    assert_eq!(nick.join().unwrap(), "A");
}

#[test]
fn a_category_that_goes_first_is_no_error() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let told =
            hear(&mut cache, "CHANNEL_DELETE", r#"{"id": "20", "guild_id": "1", "type": 4}"#);
        assert_eq!(told, ["-Channel", "-Thread"]);
        let view = cache.channels().in_guild(GuildId(1));
        assert_eq!(numbers(keys(view), |channel| channel.0), [21, 22]);
        let orphan = view.at(0).unwrap().read().unwrap();
        assert_eq!(orphan.parent_id.value(), Some(ChannelId(20)), "as it was told");
        apply(&mut cache, "CHANNEL_DELETE", r#"{"id": "21", "guild_id": "1", "type": 0}"#);
        assert_eq!(cache.channels().len(), 1);
    });
}

#[test]
fn what_is_in_a_channel_goes_with_it() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let told =
            hear(&mut cache, "CHANNEL_DELETE", r#"{"id": "21", "guild_id": "1", "type": 0}"#);
        assert_eq!(told.iter().filter(|line| *line == "-Message").count(), 2, "{told:?}");
        assert!(
            cache.invites().is_empty()
                && cache.messages().is_empty()
                && cache.messages().kept().is_empty()
        );
        assert_eq!(numbers(keys(cache.threads()), |thread| thread.0), [26]);
        let told =
            hear(&mut cache, "CHANNEL_DELETE", r#"{"id": "22", "guild_id": "1", "type": 2}"#);
        assert_eq!(told, ["-Channel", "-VoiceState", "-Stage"]);
        let told =
            hear(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "10"}}"#);
        assert_eq!(told, ["~Guild", "-Presence", "-Member", "-User"]);
    });
}

#[test]
fn the_oldest_row_is_evicted_whatever_went_before() {
    let mut settings = Settings::default();
    settings.limits.set(Kind::Role, 5, Eviction::Oldest);
    settings.limits.set(Kind::Message, 5, Eviction::Oldest);
    in_both!(settings, |cache| {
        let role = |id| format!(r#"{{"guild_id": "1", "role": {{"id": "{id}"}}}}"#);
        (1..=5).for_each(|id| _ = apply(&mut cache, "GUILD_ROLE_CREATE", &role(id)));
        apply(&mut cache, "GUILD_ROLE_DELETE", r#"{"guild_id": "1", "role_id": "1"}"#);
        apply(&mut cache, "GUILD_ROLE_DELETE", r#"{"guild_id": "1", "role_id": "3"}"#);
        (6..=9).for_each(|id| _ = apply(&mut cache, "GUILD_ROLE_CREATE", &role(id)));
        assert_eq!(numbers(keys(cache.roles()), |role| role.0), [5, 6, 7, 8, 9]);

        (1..=5).for_each(|id| {
            _ = apply(&mut cache, "MESSAGE_CREATE", &message_in(20 + id % 2, id, ""))
        });
        apply(&mut cache, "MESSAGE_DELETE", r#"{"id": "1", "channel_id": "21"}"#);
        apply(&mut cache, "MESSAGE_DELETE", r#"{"id": "3", "channel_id": "21"}"#);
        (6..=9).for_each(|id| {
            _ = apply(&mut cache, "MESSAGE_CREATE", &message_in(20 + id % 2, id, ""))
        });
        assert_eq!(numbers(keys(cache.messages()), |message| message.0), [5, 6, 7, 8, 9]);
    });
}

#[test]
fn memory_that_is_full_takes_new_rows_for_old_ones_for_ever() {
    let mut memory = Box::new(CacheMemory::<33, 4_096, 1_024>::new());
    let mut cache = Cache::lent(Settings::default(), &mut memory);
    let role =
        |id: u64| format!(r#"{{"guild_id": "1", "role": {{"id": "{id}", "name": "role"}}}}"#);
    let first = |at: u64| at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 1 | 1;
    (0..32).for_each(|at| {
        assert_eq!(apply(&mut cache, "GUILD_ROLE_CREATE", &role(first(at))).added, 1)
    });
    for at in 32..4_000 {
        assert_eq!(apply(&mut cache, "GUILD_ROLE_CREATE", &role(first(at))).refused, 1, "{at}");
        let delete = format!(r#"{{"guild_id": "1", "role_id": "{}"}}"#, first(at - 32));
        assert_eq!(apply(&mut cache, "GUILD_ROLE_DELETE", &delete).removed, 1, "{at}");
        assert_eq!(apply(&mut cache, "GUILD_ROLE_CREATE", &role(first(at))).added, 1, "{at}");
        let there: BTreeSet<u64> =
            numbers(keys(cache.roles()), |role| role.0).into_iter().collect();
        assert!(
            (at - 31..=at)
                .all(|at| there.contains(&first(at)) && cache.roles().contains(first(at).into()))
        );
        assert!(!cache.roles().contains(first(at - 32).into()));
    }
}

#[test]
fn counts_of_members_follow() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(&mut cache, "GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "18"}}"#);
        assert_eq!(member_count(&cache), Some(3));
        apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "18"}}"#);
        apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "99"}}"#);
        assert_eq!(member_count(&cache), Some(1), "whether it was cached or not");
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "1", "member_count": 9, "large": true}"#);
        assert_eq!(member_count(&cache), Some(9));
    });
}

#[test]
fn clearing_a_channel_tells_of_each_row() {
    let mut cache = Cache::new(Settings::default());
    fill(&mut cache);
    let mut collected = Collected::default();
    assert_eq!(cache.threads_mut().clear_in_channel(ChannelId(21), &mut collected).removed, 1);
    let [OwnedChange::Thread { before: Some(thread), after: None }] = &collected.0[..] else {
        panic!("{collected:?}")
    };
    assert_eq!(thread.read().unwrap().id, ChannelId(25));
    for (removed, states) in [(1, 0), (0, 0)] {
        let mut collected = Collected::default();
        let applied = cache.voice_states_mut().clear_in_channel(ChannelId(22), &mut collected);
        assert_eq!(
            (applied.removed, collected.0.len(), cache.voice_states().len()),
            (removed, removed as usize, states)
        );
    }
    assert!(cache.members().contains((GuildId(1), UserId(10))), "and releases its member once");
}

#[test]
fn what_an_edit_empties_is_empty() {
    in_both!(Settings::default(), |cache| {
        let more = r#", "mentions": [{"id": "11"}], "mention_roles": ["3"], "components": [{"type": 1, "components": []}],
            "embeds": [{"title": "t"}], "attachments": [{"id": "1"}], "flags": 4, "sticker_items": [{"id": "35", "name": "cat"}]"#;
        apply(&mut cache, "MESSAGE_CREATE", &message(50, more));
        let row = cache.messages().at(0).unwrap();
        let read = row.read().unwrap();
        assert_eq!(
            (row.mentions().count(), read.mention_roles.count(), read.components.count()),
            (1, 1, 1)
        );
        assert_eq!(
            (read.embeds.count(), read.attachments.count(), read.sticker_items.count()),
            (1, 1, 1)
        );
        let less = r#", "mentions": [], "mention_roles": [], "components": [], "embeds": [], "attachments": [], "flags": 0, "sticker_items": []"#;
        apply(&mut cache, "MESSAGE_UPDATE", &message(50, less));
        let row = cache.messages().at(0).unwrap();
        let read = row.read().unwrap();
        assert_eq!(
            (row.mentions().count(), read.mention_roles.count(), read.components.count()),
            (0, 0, 0)
        );
        assert_eq!(
            (read.embeds.count(), read.attachments.count(), read.sticker_items.count()),
            (0, 0, 0)
        );
        assert_eq!(read.flags.unwrap().bits(), 0);
        assert!(cache.users().get(UserId(11)).is_none());
    });
}

#[test]
fn a_voice_state_of_nobody_costs_nothing() {
    in_both!(Settings::default(), |cache| {
        let applied = apply(
            &mut cache,
            "GUILD_CREATE",
            r#"{"id": "1", "members": [],
            "voice_states": [{"user_id": "10", "channel_id": "22"}, {"user_id": "11", "channel_id": "22"}], "roles": [{"id": "3"}]}"#,
        );
        assert_eq!((applied.broken, cache.voice_states().len(), cache.roles().len()), (0, 2, 1));
        assert!(cache.voice_states().iter().all(|state| state.member().is_none()));
        assert!(cache.guilds().contains(GuildId(1)));
    });
}

#[test]
fn who_left_is_no_member_but_kept() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "10"}}"#);
        let key = (GuildId(1), UserId(10));
        assert!(!cache.members().contains(key));
        assert_eq!(numbers(keys(cache.members()), |(_, user)| user.0), [9]);
        assert_eq!(keys(cache.members().kept()), [key]);
        let author = cache.messages().get(MessageId(50)).unwrap().member().unwrap();
        assert!(author.is_kept() && author.read().unwrap().nick.value().unwrap() == "A");
        assert!(!cache.voice_states().contains(key) && !cache.presences().contains(key));
        apply(
            &mut cache,
            "GUILD_MEMBER_ADD",
            r#"{"guild_id": "1", "user": {"id": "10"}, "nick": "back"}"#,
        );
        assert!(cache.members().contains(key) && cache.members().kept().is_empty());
    });
}

#[test]
fn a_guest_is_read() {
    in_both!(Settings::default(), |cache| {
        apply(
            &mut cache,
            "GUILD_MEMBER_ADD",
            r#"{"guild_id": "1", "user": {"id": "10"}, "joined_at": null, "roles": []}"#,
        );
        let guest = cache.members().at(0).unwrap().read().unwrap();
        assert_eq!(guest.joined_at.value(), None);
    });
}

#[test]
fn what_is_beyond_the_end_of_a_view_is_not_there() {
    in_both!(Settings::default(), |cache| {
        assert!(cache.roles().at(0).is_none() && cache.roles().slice(3..9).next().is_none());
        fill(&mut cache);
        let emojis = cache.emojis();
        let slice = |from, to| {
            numbers(emojis.slice(from..to).map(|emoji| emoji.key()).collect(), |emoji: EmojiId| {
                emoji.0
            })
        };
        assert_eq!((slice(0, 1), slice(1, 9), slice(2, 9)), (vec![31], vec![30], vec![]));
        #[expect(clippy::reversed_empty_ranges, reason = "it is what is tested")]
        let backwards = emojis.slice(2..1).count();
        assert_eq!(
            (backwards, emojis.slice(..).count(), emojis.slice(1..=usize::MAX).count()),
            (0, 2, 1)
        );
        assert!(emojis.at(2).is_none() && emojis.at(usize::MAX).is_none());
    });
}

#[test]
fn a_second_ready_leaves_what_is_gone_and_waits_for_the_rest() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        assert_eq!(cache.awaited(), 1);
        apply(&mut cache, "READY", &READY.replace(r#"{"id": "1", "unavailable": true}, "#, ""));
        assert_eq!((cache.guilds().len(), cache.members().len(), cache.awaited()), (0, 0, 1));
        apply(&mut cache, "READY", READY);
        assert_eq!(cache.awaited(), 2);
    });
}
