use core::sync::atomic::AtomicU32;
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

use super::super::records::walk::walk;
use super::*;
use crate::cache::{
    Applied, CacheMemory, Components, Eviction, Fixed, Heap, MemberPolicy, Settings,
};
use crate::{
    ChannelId, Compression, Dispatch, EmojiId, Encoding, GuildId, MessageId, ShardId, UserId,
};

mod broken;
mod random;

fn apply<M: Memory>(cache: &mut Cache<M>, name: &str, json: &str) -> Applied {
    let event = Dispatch::new(name, None, Encoding::Json, json.as_bytes()).unwrap();
    let applied = cache.apply(&event, &mut ());
    walk(&cache.records);
    applied
}

fn write<M: Memory>(cache: &Cache<M>, session: Option<&Session>) -> Vec<u8> {
    let mut bytes = Vec::new();
    cache.snapshot(session, &mut |part| bytes.extend_from_slice(part));
    bytes
}

fn bytes<M: Memory>(cache: &Cache<M>) -> Vec<u8> {
    write(cache, None)
}

fn restore(settings: Settings, snapshot: &[u8]) -> Cache<Heap> {
    let mut cache = Cache::new(settings);
    assert_eq!(cache.restore(snapshot), Ok(None));
    walk(&cache.records);
    cache
}

fn lent(rows: usize, bytes: usize, scratch: usize) -> Cache<Fixed<'static>> {
    lent_with(Settings::default(), rows, bytes, scratch)
}

fn lent_with(
    settings: Settings,
    rows: usize,
    bytes: usize,
    scratch: usize,
) -> Cache<Fixed<'static>> {
    let slots: Vec<_> = (0..rows).map(|_| AtomicU32::new(7)).collect();
    let (index, bytes, scratch) = (vec![7; 2 * rows], vec![7; bytes], vec![7; scratch]);
    Cache::lent_slices(settings, slots.leak(), index.leak(), bytes.leak(), scratch.leak())
}

fn keys<M: Memory>(cache: &Cache<M>) -> Vec<u64> {
    cache.messages().iter().map(|row| row.key().0).collect()
}

const READY: &str = r#"{"user": {"id": "9", "username": "bot", "email": null},
    "guilds": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}"#;

const GUILD: &str = r#"{"id": "1", "name": "guild", "owner_id": "10", "member_count": 3,
    "members": [{"user": {"id": "12", "username": "eve"}, "roles": []},
        {"user": {"id": "10", "username": "ann", "avatar": "0123456789abcdef0123456789abcdef"}, "roles": ["3"]},
        {"user": {"id": "9"}, "roles": [], "joined_at": "2024-03-01T00:00:03+00:00"}],
    "roles": [{"id": "3", "permissions": "8"}, {"id": "1", "name": "everyone"}],
    "channels": [{"id": "21", "type": 2}, {"id": "20", "type": 0, "permission_overwrites": [
        {"id": "1", "type": 0, "allow": "0", "deny": "1024"}]}],
    "threads": [{"id": "25", "parent_id": "20", "type": 11}],
    "emojis": [{"id": "31", "name": "f", "user": {"id": "13", "username": "dan"}}, {"id": "30", "name": "e"}],
    "stickers": [{"id": "35", "name": "s", "user": {"id": "13"}}],
    "presences": [{"user": {"id": "10"}, "status": "idle", "activities": [
        {"name": "x", "type": 4, "emoji": {"id": "30", "name": "e"}}, {"name": "y", "type": 4, "emoji": {"id": "31"}}]}],
    "voice_states": [{"user_id": "12", "channel_id": "21", "session_id": "s"}],
    "guild_scheduled_events": [{"id": "50", "name": "p", "creator": {"id": "14", "username": "kim"}}],
    "stage_instances": [{"id": "55", "channel_id": "21"}],
    "soundboard_sounds": [{"sound_id": "40", "name": "quack", "volume": 0.5, "user": {"id": "10"}}]}"#;

const MESSAGES: [(&str, &str); 9] = [
    (
        "INVITE_CREATE",
        r#"{"guild_id": "1", "channel_id": "20", "code": "abc", "inviter": {"id": "10"}}"#,
    ),
    (
        "MESSAGE_CREATE",
        r#"{"id": "100", "channel_id": "20", "guild_id": "1", "content": "hi", "author": {"id": "10"},
        "member": {"roles": []}, "mentions": [{"id": "12"}, {"id": "15", "username": "lee"}]}"#,
    ),
    (
        "MESSAGE_CREATE",
        r#"{"id": "101", "channel_id": "21", "guild_id": "1", "author": {"id": "16", "username": "gone"},
        "member": {"nick": "n", "roles": ["3"]}, "sticker_items": [{"id": "35", "name": "s", "format_type": 1}]}"#,
    ),
    (
        "MESSAGE_CREATE",
        r#"{"id": "102", "channel_id": "20", "guild_id": "1", "author": {"id": "12"},
        "referenced_message": {"id": "100", "channel_id": "20", "author": {"id": "10"}}}"#,
    ),
    ("MESSAGE_CREATE", r#"{"id": "103", "channel_id": "70", "author": {"id": "12"}}"#),
    ("MESSAGE_DELETE", r#"{"id": "100", "channel_id": "20", "guild_id": "1"}"#),
    ("GUILD_EMOJIS_UPDATE", r#"{"guild_id": "1", "emojis": [{"id": "30", "name": "e"}]}"#),
    ("GUILD_STICKERS_UPDATE", r#"{"guild_id": "1", "stickers": []}"#),
    (
        "CHANNEL_CREATE",
        r#"{"id": "70", "type": 1, "recipients": [{"id": "12", "username": "eve"}]}"#,
    ),
];

/// Rows of every kind, some of them kept, a guild that is awaited and one that is not available.
fn full<M: Memory>(mut cache: Cache<M>) -> Cache<M> {
    apply(&mut cache, "READY", READY);
    apply(&mut cache, "GUILD_CREATE", GUILD);
    apply(&mut cache, "GUILD_CREATE", r#"{"id": "2", "name": "two"}"#);
    apply(&mut cache, "GUILD_DELETE", r#"{"id": "2", "unavailable": true}"#);
    for (name, json) in MESSAGES {
        apply(&mut cache, name, json);
    }
    apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "12"}}"#);
    // Of somebody who is no member that was told of.
    apply(
        &mut cache,
        "VOICE_STATE_UPDATE",
        r#"{"guild_id": "1", "user_id": "12", "channel_id": "21", "session_id": "s",
        "member": {"user": {"id": "12", "username": "eve"}, "roles": []}}"#,
    );
    cache
}

fn heap() -> Cache<Heap> {
    Cache::new(Settings::default())
}

#[test]
fn what_is_restored_is_what_was_written() {
    let cache = full(heap());
    for kind in crate::cache::Kind::ALL {
        assert!(cache.statistics(kind).rows > 0, "{kind:?}");
        assert_eq!(Kind::from(kind).is_kept(), cache.statistics(kind).kept > 0, "{kind:?}");
    }
    let snapshot = bytes(&cache);
    let again = restore(Settings::default(), &snapshot);
    assert_eq!(bytes(&again), snapshot);
    for kind in crate::cache::Kind::ALL {
        let (before, after) = (cache.statistics(kind), again.statistics(kind));
        assert_eq!((before.rows, before.kept), (after.rows, after.kept), "{kind:?}");
        assert_eq!((after.added, after.removed), (0, 0), "{kind:?}");
    }
    assert_eq!(again.awaited(), 1);
    assert_eq!(keys(&again), [101, 102, 103]);
    let roles: Vec<u64> = again.roles().iter().map(|role| role.key().0).collect();
    assert_eq!(roles, [3, 1], "in the order in which they came");
    let answered = again.messages().get(MessageId(102)).unwrap().referenced_message().unwrap();
    assert!(answered.is_kept() && answered.key() == MessageId(100));
    assert_eq!(answered.mentions().count(), 2);
    let member = again.voice_states().get((GuildId(1), UserId(12))).unwrap().member().unwrap();
    assert!(member.is_kept() && member.user().read().unwrap().username.unwrap() == "eve");
    let presence = again.presences().get((GuildId(1), UserId(10))).unwrap();
    assert_eq!(presence.emojis().map(|row| row.key().0).collect::<Vec<_>>(), [30, 31]);
    assert!(!again.emojis().contains(EmojiId(31)) && again.invites().contains("abc"));
    assert_eq!(again.guilds().unavailable().iter().count(), 2);
    assert_eq!(again.my_id(), Some(UserId(9)));
    assert_eq!(
        again.dm_channels().get(UserId(12)).unwrap().read().unwrap().channel_id,
        ChannelId(70)
    );
}

#[test]
fn a_restored_cache_goes_on_with_the_session() {
    let cache = full(heap());
    let mut again = restore(Settings::default(), &bytes(&cache));
    apply(&mut again, "RESUMED", "{}");
    assert!(!again.is_cold() && again.members().in_guild(GuildId(1)).is_complete());

    // Of a session whose beginning nobody saw that stays so.
    let mut cold = heap();
    apply(&mut cold, "RESUMED", "{}");
    let mut cold = restore(Settings::default(), &bytes(&cold));
    assert!(cold.is_cold());
    apply(&mut cold, "READY", READY);
    assert!(!cold.is_cold());
    let mut never = restore(Settings::default(), &bytes(&heap()));
    assert!(!never.is_cold());
    apply(&mut never, "RESUMED", "{}");
    assert!(never.is_cold());
}

#[test]
fn the_same_rows_are_the_same_bytes_whatever_became_of_others() {
    let snapshot = bytes(&full(heap()));
    let mut other = heap();
    for id in 500..560 {
        let member =
            std::format!(r#"{{"guild_id": "77", "user": {{"id": "{id}", "username": "u{id}"}}}}"#);
        apply(&mut other, "GUILD_MEMBER_ADD", &member);
    }
    let low = r#"{"guild_id": "77", "user": {"id": "16", "username": "gone"}}"#;
    apply(&mut other, "GUILD_MEMBER_ADD", low);
    let mut other = full(other);
    assert_eq!(bytes(&other), snapshot, "READY leaves guilds that it does not announce");
    apply(
        &mut other,
        "GUILD_ROLE_UPDATE",
        r#"{"guild_id": "1", "role": {"id": "3", "name": "x"}}"#,
    );
    assert_ne!(bytes(&other), snapshot);

    let lent = lent(200, 20_000, 8_000);
    assert_eq!(bytes(&full(lent)), snapshot, "in lent memory too");
}

#[test]
fn a_snapshot_of_the_heap_is_restored_in_lent_memory() {
    let snapshot = bytes(&full(heap()));
    let memory = Box::leak(Box::new(CacheMemory::<200, 20_000, 4_000>::new()));
    let mut lent: Cache<Fixed<'_>> = Cache::lent(Settings::default(), memory);
    apply(&mut lent, "GUILD_CREATE", r#"{"id": "8", "roles": [{"id": "8"}]}"#);
    assert_eq!(lent.restore(&snapshot), Ok(None));
    walk(&lent.records);
    assert_eq!(bytes(&lent), snapshot);
}

#[test]
fn a_snapshot_there_is_no_room_for_leaves_the_cache_empty() {
    let snapshot = bytes(&full(heap()));
    let needed = full(heap()).memory().used;
    for (rows, pool, scratch) in [
        (200, needed / 2, 4_000),
        (20, 40_000, 4_000),
        (1, 40_000, 4_000),
        (200, 40_000, 20),
        (0, 0, 0),
    ] {
        let mut lent = lent(rows, pool, scratch);
        assert!(matches!(lent.restore(&snapshot), Err(SnapshotError::Full(_))), "{rows} {pool}");
        assert!(walk(&lent.records).is_empty() && lent.memory().used == 0);
        let max_rows = u32::try_from(rows).unwrap();
        let settings = Settings { max_rows, max_bytes: pool, ..Settings::default() };
        let mut heap = Cache::new(settings);
        assert_eq!(matches!(heap.restore(&snapshot), Err(SnapshotError::Full(_))), scratch != 20);
        walk(&heap.records);
    }
}

#[test]
fn what_is_switched_off_is_dropped() {
    let cache = full(heap());
    let snapshot = bytes(&cache);
    for (component, kind) in [
        (Components::GUILDS, Kind::Guild),
        (Components::GUILD_CHANNELS, Kind::Channel),
        (Components::MEMBERS, Kind::Member),
        (Components::ROLES, Kind::Role),
        (Components::INVITES, Kind::Invite),
        (Components::EMOJIS, Kind::Emoji),
        (Components::PRESENCES, Kind::Presence),
        (Components::VOICE_STATES, Kind::VoiceState),
        (Components::MESSAGES, Kind::Message),
        (Components::ME, Kind::Me),
        (Components::DM_CHANNELS, Kind::DmChannel),
        (Components::STICKERS, Kind::Sticker),
        (Components::THREADS, Kind::Thread),
        (Components::STAGES, Kind::Stage),
        (Components::SCHEDULED_EVENTS, Kind::ScheduledEvent),
        (Components::SOUNDS, Kind::Sound),
    ] {
        let settings =
            Settings { components: Components::all() - component, ..Settings::default() };
        let again = restore(settings, &snapshot);
        let shown = walk(&again.records);
        assert!(shown.iter().all(|row| again.records.kind(*row) != kind), "{kind:?}");
        let (is, was) = (shown.len(), walk(&cache.records).len());
        assert!(is <= was && is + 12 > was, "{kind:?} {is} {was}");
        assert_eq!(bytes(&restore(settings, &bytes(&again))), bytes(&again), "{kind:?}");
        // What was not kept is missing to those who keep it.
        let all = restore(Settings::default(), &bytes(&again));
        let (roles, emojis) = (all.roles(), all.emojis());
        let complete =
            [roles.in_guild(GuildId(1)).is_complete(), emojis.in_guild(GuildId(1)).is_complete()];
        assert_eq!(complete, [kind != Kind::Role, kind != Kind::Emoji], "{kind:?}");
    }
    let none = Settings { components: Components::empty(), ..Settings::default() };
    let again = restore(none, &snapshot);
    // Places of guilds that are announced and not here are not rows that are kept.
    assert_eq!(walk(&again.records).len(), 0);
    assert_eq!(again.awaited(), 1);
}

#[test]
fn a_presence_keeps_its_emoji_and_a_voice_state_its_member() {
    let components = Components::PRESENCES | Components::VOICE_STATES;
    let again = restore(Settings { components, ..Settings::default() }, &bytes(&full(heap())));
    let presence = again.presences().get((GuildId(1), UserId(10))).unwrap();
    assert!(presence.emojis().all(|row| row.is_kept()) && presence.emojis().count() == 2);
    let state = again.voice_states().get((GuildId(1), UserId(12))).unwrap();
    assert!(state.member().unwrap().is_kept());
    assert_eq!((again.emojis().len(), again.members().len(), again.users().len()), (0, 0, 2));
}

#[test]
fn an_invite_is_found_by_its_code_whoever_it_names() {
    let mut cache = heap();
    for (code, users) in [
        ("one", r#", "inviter": {"id": "5"}, "target_user": {"id": "6"}"#),
        ("two", r#", "inviter": {"id": "2155905152"}"#),
        ("three", ""),
    ] {
        apply(
            &mut cache,
            "INVITE_CREATE",
            &std::format!(
                r#"{{"guild_id": "1", "channel_id": "2", "code": "{code}", "max_age": 60{users}}}"#
            ),
        );
    }
    let again = restore(Settings::default(), &bytes(&cache));
    for code in ["one", "two", "three"] {
        assert!(again.invites().contains(code), "{code}");
    }
    assert_eq!(bytes(&again), bytes(&cache));
}

fn limited(kind: Kind, rows: u32, eviction: Eviction) -> Settings {
    let mut settings = Settings::default();
    settings.limits.set(kind.into(), rows, eviction);
    settings
}

#[test]
fn the_oldest_messages_make_room() {
    let snapshot = bytes(&full(heap()));
    for (most, expected) in [(3, &[101, 102, 103][..]), (2, &[102, 103]), (0, &[])] {
        let again = restore(limited(Kind::Message, most, Eviction::Oldest), &snapshot);
        assert_eq!(keys(&again), expected);
        assert_eq!(
            again.statistics(crate::cache::Kind::Message).evicted.total() as usize,
            3 - expected.len()
        );
        let again = restore(limited(Kind::Message, most, Eviction::Refuse), &snapshot);
        assert_eq!(keys(&again), [101, 102, 103][..most as usize]);
        assert_eq!(again.statistics(crate::cache::Kind::Message).refused, 3 - most);
    }
    let mut cache = full(heap());
    apply(
        &mut cache,
        "MESSAGE_CREATE",
        r#"{"id": "104", "channel_id": "20", "guild_id": "1", "author": {"id": "10"},
        "referenced_message": {"id": "102", "channel_id": "20", "author": {"id": "12"}}}"#,
    );
    let settings = Settings { max_messages_per_channel: 1, ..Settings::default() };
    let again = restore(settings, &bytes(&cache));
    assert_eq!(keys(&again), [101, 103, 104]);
    assert_eq!(again.messages().kept().iter().count(), 1, "what is answered");
}

#[test]
fn limits_of_all_tables_hold() {
    let cache = full(heap());
    let snapshot = bytes(&cache);
    for kind in Kind::ALL {
        for eviction in [Eviction::Refuse, Eviction::Oldest, Eviction::LeastRecentlyUsed] {
            for rows in [0, 1] {
                let settings = limited(kind, rows, eviction);
                let again = restore(settings, &snapshot);
                let shown = walk(&again.records);
                let count = shown.iter().filter(|row| again.records.kind(**row) == kind).count();
                let free = matches!(kind, Kind::Room | Kind::User);
                assert!(free || count <= rows as usize, "{kind:?} {rows} {eviction:?}");
                let once = bytes(&again);
                assert_eq!(bytes(&restore(settings, &once)), once, "{kind:?} {rows} {eviction:?}");
            }
        }
    }
    let roles = |eviction| {
        let again = restore(limited(Kind::Role, 1, eviction), &snapshot);
        again.roles().iter().map(|row| row.key().0).collect::<Vec<_>>()
    };
    assert_eq!((roles(Eviction::Refuse), roles(Eviction::Oldest)), (vec![3], vec![1]));
}

#[test]
fn only_the_members_that_are_wanted_are_listed() {
    let mut cache = full(heap());
    let voice = r#"{"guild_id": "1", "user_id": "10", "channel_id": "21", "session_id": "t"}"#;
    apply(&mut cache, "VOICE_STATE_UPDATE", voice);
    let snapshot = bytes(&cache);
    for (members, expected) in [
        (MemberPolicy::All, &[10, 9][..]),
        (MemberPolicy::Own, &[9]),
        (MemberPolicy::InVoice, &[10]),
        (MemberPolicy::If(|guild, user| guild.0 == 1 && user.0 == 10), &[10]),
        (MemberPolicy::If(|guild, _| guild.0 == 2), &[]),
    ] {
        let settings = Settings { members, ..Settings::default() };
        let again = restore(settings, &snapshot);
        let found: Vec<u64> = again.members().iter().map(|row| row.user_id().0).collect();
        assert_eq!(found, expected, "{members:?}");
        let once = bytes(&again);
        assert_eq!(bytes(&restore(settings, &once)), once, "{members:?}");
        let all = restore(Settings::default(), &once);
        let complete = all.members().in_guild(GuildId(1)).is_complete();
        assert_eq!(complete, matches!(members, MemberPolicy::All), "{members:?}");
    }
}

#[test]
fn who_the_bot_is_is_restored_without_its_row() {
    let components = Components::all() - Components::ME;
    let settings = Settings { components, members: MemberPolicy::Own, ..Settings::default() };
    let cache = full(Cache::new(settings));
    let again = restore(settings, &bytes(&cache));
    assert!(again.me().is_none());
    assert_eq!((again.my_id(), again.members().len()), (Some(UserId(9)), 1));
    assert_eq!(bytes(&again), bytes(&cache));
    assert_eq!(restore(Settings::default(), &bytes(&heap())).my_id(), None);
}

#[test]
fn what_was_lost_is_still_missing() {
    let mut cache = full(heap());
    assert_eq!(
        apply(&mut cache, "GUILD_ROLE_CREATE", r#"{"guild_id": "1", "role": {}}"#).broken,
        1
    );
    let again = restore(Settings::default(), &bytes(&cache));
    let complete = [
        again.roles().in_guild(GuildId(1)).is_complete(),
        again.members().in_guild(GuildId(1)).is_complete(),
    ];
    assert_eq!(complete, [false, true]);
    assert_eq!(again.statistics(crate::cache::Kind::Role).broken, 0);
    assert_eq!(bytes(&again), bytes(&cache));
}

fn session() -> Session {
    Session {
        version: Session::VERSION,
        id: "0123456789abcdef".parse().unwrap(),
        resume_url: "wss://gateway-us-east1-b.discord.gg".parse().unwrap(),
        received: 1_234,
        processed: 1_230,
        shard: ShardId::new(3, 16),
        intents: 0x1_0000_0203,
        encoding: Encoding::Etf,
        compression: Compression::ZlibStream,
    }
}

#[test]
fn the_session_is_kept_with_the_rows() {
    let cache = full(heap());
    for encoding in Encoding::ALL {
        for compression in Compression::ALL {
            let session = Session { encoding, compression, ..session() };
            let snapshot = write(&cache, Some(&session));
            let mut again = heap();
            assert_eq!(again.restore(&snapshot), Ok(Some(session.clone())));
            assert_eq!(write(&again, Some(&session)), snapshot);
            assert_eq!(bytes(&again), bytes(&cache));
        }
    }
    let empty = Session { id: String::new().parse().unwrap(), ..session() };
    assert_eq!(heap().restore(&write(&cache, Some(&empty))), Ok(Some(empty)));
}
