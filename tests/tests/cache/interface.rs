//! One call for every member of the interface others have, as `core/CACHE.md` maps them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gatewright_core::cache::{
    Applied, Cache, Collected, Components, Memory, MemoryStatistics, OwnedChange, OwnedRow,
    Settings, Table,
};
use gatewright_core::model::GuildCreate;
use gatewright_core::{ChannelId, EmojiId, GuildId, MessageId, RoleId, StickerId, UserId};

use crate::support::{apply, fill, in_both, keys, message, object};

const GUILD: GuildId = GuildId(1);
const OTHER: GuildId = GuildId(2);
const ANN: UserId = UserId(10);
const BOT: UserId = UserId(9);
const TEXT: ChannelId = ChannelId(21);
const VOICE: ChannelId = ChannelId(22);

/// Asserts what a row of the table says.
#[track_caller]
fn row(name: &str, holds: bool) {
    assert!(holds, "{name}");
}

/// Tells whether rows were removed, and no others touched.
fn removes(applied: Applied, rows: u32) -> bool {
    (applied.added, applied.changed) == (0, 0) && applied.removed >= rows
}

/// Gives a test a cache that has something in every table.
macro_rules! with_all {
    (|$cache:ident| $body:block) => {
        in_both!(Settings::default(), |$cache| {
            fill(&mut $cache);
            $body
        })
    };
}

#[test]
fn every_row_of_the_table_has_a_call_here() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("core/CACHE.md");
    let page = fs::read_to_string(page).unwrap();
    let text = include_str!("interface.rs");
    let names: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| {
            ["Cache.", "CacheView.", "MutableCache."].iter().any(|class| name.starts_with(class))
        })
        .collect();
    assert_eq!(names.len(), 108);
    for name in names {
        assert!(
            text.contains(&format!("row(\"{name}\"")) || text.contains(&format!("\"{name}\",\n")),
            "{name}"
        );
    }
}

#[test]
fn every_fault_that_is_told_names_a_test() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("core/CACHE.md");
    let page = fs::read_to_string(page).unwrap();
    let texts = [include_str!("settings.rs"), include_str!("traps.rs")];
    let faults: Vec<&str> = page.lines().filter(|line| line.starts_with("| C-F")).collect();
    assert_eq!(faults.len(), 19);
    for fault in faults {
        let tests = fault.rsplit('|').nth(1).unwrap_or_default();
        for test in tests.split('`').skip(1).step_by(2) {
            assert!(texts.iter().any(|text| text.contains(&format!("fn {test}()"))), "{test}");
        }
    }
}

#[test]
fn guilds_channels_and_threads_are_read() {
    with_all!(|cache| {
        row("Cache.settings", cache.settings().components == Components::all());
        let guild = cache.guilds().available().get(GUILD).unwrap();
        row("Cache.get_available_guild", guild.read().unwrap().name.unwrap() == "guild");
        row("Cache.get_available_guilds_view", keys(cache.guilds().available()) == [GUILD]);
        let missing = cache.guilds().available().get(OTHER);
        row("Cache.get_guild", cache.guilds().contains(GUILD) && missing.is_none());
        row("Cache.get_guilds_view", keys(cache.guilds()) == [GUILD]);
        let announced = cache.guilds().unavailable().get(OTHER).unwrap();
        row("Cache.get_unavailable_guild", !announced.is_known() && !announced.is_available());
        row("Cache.get_unavailable_guilds_view", keys(cache.guilds().unavailable()) == [OTHER]);

        let channel = cache.channels().get(TEXT).unwrap().read().unwrap();
        let parent = channel.parent_id.value();
        row(
            "Cache.get_guild_channel",
            parent == Some(ChannelId(20)) && !cache.channels().contains(ChannelId(25)),
        );
        let all = [ChannelId(20), TEXT, VOICE];
        row("Cache.get_guild_channels_view", keys(cache.channels()) == all);
        row(
            "Cache.get_guild_channels_view_for_guild",
            keys(cache.channels().in_guild(GUILD)) == all,
        );
        assert!(cache.channels().in_guild(OTHER).is_empty());

        let thread = cache.threads().get(ChannelId(25)).unwrap().read().unwrap();
        row("Cache.get_thread", thread.name.value().unwrap() == "thread");
        let all = [ChannelId(25), ChannelId(26)];
        row("Cache.get_threads_view", keys(cache.threads()) == all);
        row(
            "Cache.get_threads_view_for_channel",
            keys(cache.threads().in_channel(TEXT)) == [ChannelId(25)],
        );
        row("Cache.get_threads_view_for_guild", keys(cache.threads().in_guild(GUILD)) == all);

        row(
            "Cache.get_dm_channel_id",
            cache.dm_channels().get(UserId(16)).unwrap().read().unwrap().channel_id
                == ChannelId(60),
        );
        row("Cache.get_dm_channel_ids_view", keys(cache.dm_channels()) == [UserId(16)]);
    });
}

#[test]
fn what_belongs_to_a_guild_is_read() {
    with_all!(|cache| {
        let emoji = cache.emojis().get(EmojiId(30)).unwrap();
        let creator = emoji.user().unwrap().read().unwrap();
        row("Cache.get_emoji", creator.username.unwrap() == "eve");
        let all = [EmojiId(31), EmojiId(30)];
        row("Cache.get_emojis_view", keys(cache.emojis()) == all);
        row("Cache.get_emojis_view_for_guild", keys(cache.emojis().in_guild(GUILD)) == all);

        let invite = cache.invites().get("abc").unwrap();
        let target = invite.target_user().unwrap().key();
        row("Cache.get_invite", (invite.inviter().unwrap().key(), target) == (ANN, UserId(15)));
        row("Cache.get_invites_view", keys(cache.invites()) == ["abc"]);
        row(
            "Cache.get_invites_view_for_channel",
            keys(cache.invites().in_channel(TEXT)) == ["abc"]
                && cache.invites().in_channel(VOICE).is_empty(),
        );
        row("Cache.get_invites_view_for_guild", keys(cache.invites().in_guild(GUILD)) == ["abc"]);

        let role = cache.roles().get(RoleId(3)).unwrap();
        row(
            "Cache.get_role",
            role.read().unwrap().name.unwrap() == "mod" && role.guild_id() == Some(GUILD),
        );
        row("Cache.get_roles_view", keys(cache.roles()) == [RoleId(1), RoleId(3)]);
        row(
            "Cache.get_roles_view_for_guild",
            keys(cache.roles().in_guild(GUILD)) == [RoleId(1), RoleId(3)],
        );

        let sticker = cache.stickers().get(StickerId(35)).unwrap();
        row("Cache.get_sticker", sticker.user().unwrap().key() == UserId(13));
        row("Cache.get_stickers_view", keys(cache.stickers()) == [StickerId(35)]);
        row(
            "Cache.get_stickers_view_for_guild",
            keys(cache.stickers().in_guild(GUILD)) == [StickerId(35)],
        );
    });
}

#[test]
fn people_are_read() {
    with_all!(|cache| {
        row(
            "Cache.get_me",
            cache.me().unwrap().read().unwrap().username.unwrap() == "bot"
                && cache.my_id() == Some(BOT),
        );
        let member = cache.members().get((GUILD, ANN)).unwrap();
        row(
            "Cache.get_member",
            member.read().unwrap().nick.value().unwrap() == "A" && member.user_id() == ANN,
        );
        row("Cache.get_members_view", keys(cache.members()) == [(GUILD, ANN), (GUILD, BOT)]);
        row(
            "Cache.get_members_view_for_guild",
            keys(cache.members().in_guild(GUILD)).len() == 2
                && cache.members().in_guild(OTHER).is_empty(),
        );

        let presence = cache.presences().get((GUILD, ANN)).unwrap();
        row("Cache.get_presence", presence.emojis().next().unwrap().key() == EmojiId(30));
        row("Cache.get_presences_view", keys(cache.presences()) == [(GUILD, ANN)]);
        row(
            "Cache.get_presences_view_for_guild",
            keys(cache.presences().in_guild(GUILD)) == [(GUILD, ANN)],
        );

        row(
            "Cache.get_user",
            cache.users().get(UserId(17)).unwrap().read().unwrap().username.unwrap() == "amy",
        );
        let users: BTreeSet<UserId> = keys(cache.users()).into_iter().collect();
        row(
            "Cache.get_users_view",
            users == [9, 10, 12, 13, 14, 15, 17].map(UserId).into()
                && users.len() == cache.users().len(),
        );

        let state = cache.voice_states().get((GUILD, ANN)).unwrap();
        row(
            "Cache.get_voice_state",
            state.member().unwrap().user_id() == ANN && state.user_id() == ANN,
        );
        row("Cache.get_voice_states_view", keys(cache.voice_states()) == [(GUILD, ANN)]);
        row(
            "Cache.get_voice_states_view_for_channel",
            cache.voice_states().in_channel(VOICE).len() == 1
                && cache.voice_states().in_channel(TEXT).is_empty(),
        );
        row(
            "Cache.get_voice_states_view_for_guild",
            keys(cache.voice_states().in_guild(GUILD)) == [(GUILD, ANN)],
        );

        let answer = cache.messages().get(MessageId(51)).unwrap();
        let answered = answer.referenced_message().unwrap();
        row(
            "Cache.get_message",
            answered.key() == MessageId(50) && answer.author().unwrap().key() == ANN,
        );
        row("Cache.get_messages_view", keys(cache.messages()) == [MessageId(50), MessageId(51)]);
        assert_eq!(keys(cache.messages().in_channel(TEXT)), keys(cache.messages().in_guild(GUILD)));

        let members = cache.members();
        let slice: Vec<UserId> = members.slice(1..9).map(|member| member.user_id()).collect();
        row(
            "CacheView.get_item_at",
            members.at(1).unwrap().user_id() == BOT && members.at(2).is_none() && slice == [BOT],
        );
    });
}

#[test]
fn tables_are_cleared() {
    with_all!(|cache| {
        row(
            "MutableCache.clear_dm_channel_ids",
            removes(cache.dm_channels_mut().clear(&mut ()), 1) && cache.dm_channels().is_empty(),
        );
        row(
            "MutableCache.clear_invites",
            removes(cache.invites_mut().clear(&mut ()), 1)
                && cache.invites().is_empty()
                && !cache.users().contains(UserId(15)),
        );
        row(
            "MutableCache.clear_presences",
            removes(cache.presences_mut().clear(&mut ()), 1) && cache.presences().is_empty(),
        );
        row(
            "MutableCache.clear_emojis",
            removes(cache.emojis_mut().clear(&mut ()), 3)
                && cache.emojis().is_empty()
                && !cache.users().contains(UserId(12)),
        );
        row(
            "MutableCache.clear_stickers",
            removes(cache.stickers_mut().clear(&mut ()), 1) && cache.stickers().is_empty(),
        );
        row(
            "MutableCache.clear_threads",
            removes(cache.threads_mut().clear(&mut ()), 2) && cache.threads().is_empty(),
        );
        row(
            "MutableCache.clear_guild_channels",
            removes(cache.channels_mut().clear(&mut ()), 3) && cache.channels().is_empty(),
        );
        row(
            "MutableCache.clear_roles",
            removes(cache.roles_mut().clear(&mut ()), 2) && cache.roles().is_empty(),
        );
        row(
            "MutableCache.clear_members",
            removes(cache.members_mut().clear(&mut ()), 2)
                && cache.members().is_empty()
                && cache.members().kept().len() == 1,
        );
        row(
            "MutableCache.clear_voice_states",
            removes(cache.voice_states_mut().clear(&mut ()), 1) && cache.voice_states().is_empty(),
        );
        row(
            "MutableCache.clear_messages",
            removes(cache.messages_mut().clear(&mut ()), 2)
                && cache.messages().is_empty()
                && cache.members().kept().is_empty(),
        );
        row(
            "MutableCache.clear_guilds",
            removes(cache.guilds_mut().clear(&mut ()), 1)
                && cache.guilds().is_empty()
                && cache.stages().len() == 1,
        );
        row(
            "MutableCache.clear",
            removes(cache.clear(&mut ()), 1)
                && cache.stages().is_empty()
                && cache.me().is_none()
                && cache.memory().used == 0,
        );
        let _: MemoryStatistics = cache.memory();
    });
}

#[test]
fn tables_are_cleared_guild_by_guild_and_channel_by_channel() {
    with_all!(|cache| {
        apply(
            &mut cache,
            "GUILD_CREATE",
            r#"{"id": "2", "roles": [{"id": "2"}], "channels": [{"id": "70"}],
            "emojis": [{"id": "71"}], "stickers": [{"id": "72"}], "members": [{"user": {"id": "10"}}], "threads": [{"id": "75"}],
            "presences": [{"user": {"id": "10"}, "status": "dnd"}], "voice_states": [{"user_id": "10", "channel_id": "70"}]}"#,
        );
        apply(
            &mut cache,
            "INVITE_CREATE",
            r#"{"guild_id": "2", "channel_id": "70", "code": "two"}"#,
        );
        row(
            "MutableCache.clear_emojis_for_guild",
            removes(cache.emojis_mut().clear_in_guild(GUILD, &mut ()), 2)
                && keys(cache.emojis()) == [EmojiId(71)],
        );
        row(
            "MutableCache.clear_guild_channels_for_guild",
            removes(cache.channels_mut().clear_in_guild(GUILD, &mut ()), 3)
                && keys(cache.channels()) == [ChannelId(70)],
        );
        row(
            "MutableCache.clear_presences_for_guild",
            removes(cache.presences_mut().clear_in_guild(GUILD, &mut ()), 1)
                && keys(cache.presences()) == [(OTHER, ANN)],
        );
        row(
            "MutableCache.clear_roles_for_guild",
            removes(cache.roles_mut().clear_in_guild(GUILD, &mut ()), 2)
                && keys(cache.roles()) == [RoleId(2)],
        );
        row(
            "MutableCache.clear_stickers_for_guild",
            removes(cache.stickers_mut().clear_in_guild(GUILD, &mut ()), 1)
                && keys(cache.stickers()) == [StickerId(72)],
        );
        row(
            "MutableCache.clear_members_for_guild",
            removes(cache.members_mut().clear_in_guild(GUILD, &mut ()), 2)
                && keys(cache.members()) == [(OTHER, ANN)],
        );

        row(
            "MutableCache.clear_threads_for_channel",
            removes(cache.threads_mut().clear_in_channel(TEXT, &mut ()), 1)
                && keys(cache.threads()) == [ChannelId(26), ChannelId(75)],
        );
        row(
            "MutableCache.clear_threads_for_guild",
            removes(cache.threads_mut().clear_in_guild(GUILD, &mut ()), 1)
                && keys(cache.threads()) == [ChannelId(75)],
        );
        row(
            "MutableCache.clear_invites_for_channel",
            removes(cache.invites_mut().clear_in_channel(TEXT, &mut ()), 1)
                && keys(cache.invites()) == ["two"],
        );
        row(
            "MutableCache.clear_invites_for_guild",
            removes(cache.invites_mut().clear_in_guild(OTHER, &mut ()), 1)
                && cache.invites().is_empty(),
        );
        row(
            "MutableCache.clear_voice_states_for_channel",
            removes(cache.voice_states_mut().clear_in_channel(VOICE, &mut ()), 1)
                && keys(cache.voice_states()) == [(OTHER, ANN)],
        );
        row(
            "MutableCache.clear_voice_states_for_guild",
            removes(cache.voice_states_mut().clear_in_guild(OTHER, &mut ()), 1)
                && cache.voice_states().is_empty(),
        );
    });
}

#[test]
fn rows_are_removed_one_by_one() {
    with_all!(|cache| {
        row(
            "MutableCache.delete_dm_channel_id",
            cache.dm_channels_mut().take(UserId(16), &mut ()).is_some()
                && cache.dm_channels().is_empty(),
        );
        row(
            "MutableCache.delete_emoji",
            cache.emojis_mut().take(EmojiId(30), &mut ()).is_some()
                && keys(cache.emojis()) == [EmojiId(31)]
                && cache.emojis().kept().len() == 1,
        );
        row(
            "MutableCache.delete_presence",
            cache.presences_mut().take((GUILD, ANN), &mut ()).is_some()
                && cache.presences().is_empty()
                && cache.emojis().kept().is_empty(),
        );
        row(
            "MutableCache.delete_guild_channel",
            removes(cache.channels_mut().remove_alone(TEXT, &mut ()), 1)
                && !cache.channels().contains(TEXT)
                && cache.threads().len() == 2,
        );
        row(
            "MutableCache.delete_invite",
            cache.invites_mut().take("abc", &mut ()).is_some()
                && !cache.users().contains(UserId(15)),
        );
        row(
            "MutableCache.delete_me",
            cache.me_mut().take(BOT, &mut ()).is_some() && cache.me().is_none(),
        );
        row(
            "MutableCache.delete_member",
            cache.members_mut().take((GUILD, ANN), &mut ()).is_some()
                && cache.members_mut().remove((GUILD, ANN), &mut ()) == Applied::default(),
        );
        row(
            "MutableCache.delete_voice_state",
            cache.voice_states_mut().take((GUILD, ANN), &mut ()).is_some()
                && cache.voice_states().is_empty(),
        );
        row(
            "MutableCache.delete_message",
            removes(cache.messages_mut().remove(MessageId(50), &mut ()), 1)
                && cache.messages().kept().len() == 1,
        );
        let mut collected = Collected::default();
        let gone = cache.roles_mut().remove(RoleId(3), &mut collected);
        let [OwnedChange::Role { before: Some(role), after: None }] = &collected.0[..] else {
            panic!("{collected:?}")
        };
        row(
            "MutableCache.delete_role",
            removes(gone, 1) && role.read().unwrap().name.unwrap() == "mod",
        );
        row(
            "MutableCache.delete_sticker",
            cache.stickers_mut().take(StickerId(35), &mut ()).is_some()
                && cache.stickers().is_empty(),
        );
        row(
            "MutableCache.delete_thread",
            removes(cache.threads_mut().remove_alone(ChannelId(25), &mut ()), 1)
                && keys(cache.threads()) == [ChannelId(26)],
        );
        row(
            "MutableCache.delete_guild",
            removes(cache.guilds_mut().remove_alone(GUILD, &mut ()), 1)
                && cache.guilds().is_empty()
                && !cache.threads().is_empty(),
        );
        assert!(
            removes(cache.guilds_mut().remove(GUILD, &mut ()), 3) && cache.threads().is_empty()
        );
    });
}

#[test]
fn rows_are_put_in() {
    in_both!(Settings::default(), |cache| {
        put_guilds(&mut cache);
        put_people(&mut cache);
    });
}

fn added(applied: Applied, rows: u32) -> bool {
    applied.added == rows && (applied.refused, applied.broken) == (0, 0)
}

fn put_guilds<M: Memory>(cache: &mut Cache<M>) {
    row(
        "MutableCache.set_guild",
        added(cache.guilds_mut().insert(object(r#"{"id": "1", "name": "g"}"#), &mut ()), 1)
            && cache.guilds().available().contains(GUILD),
    );
    row(
        "MutableCache.set_guild_availability",
        cache.guilds_mut().set_available(GUILD, false)
            && cache.guilds().unavailable().contains(GUILD)
            && !cache.guilds_mut().set_available(OTHER, false),
    );
    row(
        "MutableCache.set_guild_channel",
        added(
            cache.channels_mut().insert(GUILD, object(r#"{"id": "21", "topic": "t"}"#), &mut ()),
            1,
        ),
    );
    row(
        "MutableCache.set_thread",
        added(
            cache.threads_mut().insert(
                GUILD,
                object(r#"{"id": "25", "parent_id": "21"}"#),
                &mut (),
            ),
            1,
        ) && cache.threads().in_channel(TEXT).len() == 1,
    );
    row(
        "MutableCache.set_role",
        added(cache.roles_mut().insert(GUILD, object(r#"{"id": "3"}"#), &mut ()), 1),
    );
    row(
        "MutableCache.set_emoji",
        added(
            cache.emojis_mut().insert(
                GUILD,
                object(r#"{"id": "30", "user": {"id": "12"}}"#),
                &mut (),
            ),
            2,
        ),
    );
    row(
        "MutableCache.set_sticker",
        added(
            cache.stickers_mut().insert(
                GUILD,
                object(r#"{"id": "35", "user": {"id": "12"}}"#),
                &mut (),
            ),
            1,
        ),
    );
    row(
        "MutableCache.set_invite",
        added(
            cache.invites_mut().insert(
                GUILD,
                object(r#"{"code": "c", "channel_id": "21"}"#),
                &mut (),
            ),
            1,
        ),
    );
    row(
        "MutableCache.set_dm_channel_id",
        added(cache.dm_channels_mut().insert(UserId(16), ChannelId(60), &mut ()), 1),
    );
}

fn put_people<M: Memory>(cache: &mut Cache<M>) {
    row(
        "MutableCache.set_me",
        added(cache.me_mut().insert(object(r#"{"id": "9"}"#), &mut ()), 1)
            && cache.my_id() == Some(BOT),
    );
    row(
        "MutableCache.set_member",
        added(
            cache.members_mut().insert(
                GUILD,
                object(r#"{"user": {"id": "10"}, "nick": "n"}"#),
                &mut (),
            ),
            2,
        ),
    );
    row(
        "MutableCache.set_message",
        added(cache.messages_mut().insert(Some(GUILD), object(&message(50, "")), &mut ()), 1),
    );
    row(
        "MutableCache.set_presence",
        added(
            cache.presences_mut().insert(
                GUILD,
                object(r#"{"user": {"id": "10"}, "status": "dnd"}"#),
                &mut (),
            ),
            1,
        ),
    );
    row(
        "MutableCache.set_voice_state",
        added(
            cache.voice_states_mut().insert(
                GUILD,
                object(r#"{"user_id": "10", "channel_id": "22"}"#),
                &mut (),
            ),
            1,
        ) && cache.voice_states().at(0).unwrap().member().is_some(),
    );
}

/// Tells whether a row was there before and after, and changed.
fn changed<T: Table>((old, new): (Option<OwnedRow<T>>, Option<OwnedRow<T>>)) -> bool {
    old.is_some() && new.is_some() && old != new
}

#[test]
fn rows_are_changed() {
    with_all!(|cache| {
        row(
            "MutableCache.update_guild",
            changed(
                cache.guilds_mut().update(object(r#"{"id": "1", "member_count": 7}"#), &mut ()),
            ),
        );
        let guild: GuildCreate<'_> = cache.guilds().get(GUILD).unwrap().decode().unwrap();
        assert!(guild.member_count == Some(7) && guild.name.unwrap() == "guild");
        row(
            "MutableCache.update_guild_channel",
            changed(cache.channels_mut().update(
                GUILD,
                object(r#"{"id": "21", "name": "new"}"#),
                &mut (),
            )) && cache.channels().get(TEXT).unwrap().read().unwrap().parent_id.value().is_some(),
        );
        row(
            "MutableCache.update_thread",
            changed(cache.threads_mut().update(
                GUILD,
                object(r#"{"id": "25", "name": "new"}"#),
                &mut (),
            )) && cache.threads().get(ChannelId(25)).unwrap().read().unwrap().member.is_some(),
        );
        row(
            "MutableCache.update_role",
            changed(cache.roles_mut().update(
                GUILD,
                object(r#"{"id": "3", "name": "new"}"#),
                &mut (),
            )),
        );
        row(
            "MutableCache.update_emoji",
            changed(cache.emojis_mut().update(
                GUILD,
                object(r#"{"id": "30", "name": "new"}"#),
                &mut (),
            )) && cache.emojis().get(EmojiId(30)).unwrap().user().is_some(),
        );
        row(
            "MutableCache.update_invite",
            changed(cache.invites_mut().update(
                GUILD,
                object(r#"{"code": "abc", "uses": 1}"#),
                &mut (),
            )) && cache.invites().get("abc").unwrap().inviter().is_some(),
        );
        row(
            "MutableCache.update_me",
            changed(cache.me_mut().update(object(r#"{"id": "9", "username": "new"}"#), &mut ())),
        );
        let me = cache.me().unwrap().read().unwrap();
        assert!(me.username.unwrap() == "new" && me.avatar.value().unwrap() == "x");
        row(
            "MutableCache.update_member",
            changed(cache.members_mut().update(
                GUILD,
                object(r#"{"user": {"id": "10"}, "nick": "new"}"#),
                &mut (),
            )),
        );
        row(
            "MutableCache.update_message",
            changed(
                cache.messages_mut().update(object(r#"{"id": "51", "content": "new"}"#), &mut ()),
            ) && cache.messages().get(MessageId(51)).unwrap().referenced_message().is_some(),
        );
        row(
            "MutableCache.update_presence",
            changed(cache.presences_mut().update(
                GUILD,
                object(r#"{"user": {"id": "10"}, "status": "dnd"}"#),
                &mut (),
            )) && cache.presences().at(0).unwrap().emojis().count() == 1,
        );
        row(
            "MutableCache.update_voice_state",
            changed(cache.voice_states_mut().update(
                GUILD,
                object(r#"{"user_id": "10", "channel_id": "20"}"#),
                &mut (),
            )) && cache.voice_states().at(0).unwrap().member().is_some(),
        );
    });
}
