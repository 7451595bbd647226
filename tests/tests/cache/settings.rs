//! What is kept and how much of it: components, member policies, limits, memory.

use gatewright_core::cache::{
    Applied, Cache, CacheMemory, Components, Eviction, Fixed, Kind, Limit, MemberPolicy, Memory,
    Settings,
};
use gatewright_core::{ChannelId, GuildId, MessageId, RoleId, UserId};

use crate::support::{apply, fill, in_both, keys, message, message_in, numbers, object};

fn roles<M: Memory>(cache: &Cache<M>) -> Vec<u64> {
    numbers(keys(cache.roles()), |role| role.0)
}

fn members<M: Memory>(cache: &Cache<M>) -> Vec<u64> {
    numbers(keys(cache.members()), |(_, user)| user.0)
}

fn messages<M: Memory>(cache: &Cache<M>) -> Vec<u64> {
    numbers(keys(cache.messages()), |message| message.0)
}

/// Returns how many rows each view that can be switched off shows, with what switches it off.
fn shown<M: Memory>(cache: &Cache<M>) -> [(Components, usize); 16] {
    [
        (Components::GUILDS, cache.guilds().len()),
        (Components::GUILD_CHANNELS, cache.channels().len()),
        (Components::MEMBERS, cache.members().len()),
        (Components::ROLES, cache.roles().len()),
        (Components::INVITES, cache.invites().len()),
        (Components::EMOJIS, cache.emojis().len()),
        (Components::PRESENCES, cache.presences().len()),
        (Components::VOICE_STATES, cache.voice_states().len()),
        (Components::MESSAGES, cache.messages().len()),
        (Components::ME, cache.me().is_some().into()),
        (Components::DM_CHANNELS, cache.dm_channels().len()),
        (Components::STICKERS, cache.stickers().len()),
        (Components::THREADS, cache.threads().len()),
        (Components::STAGES, cache.stages().len()),
        (Components::SCHEDULED_EVENTS, cache.scheduled_events().len()),
        (Components::SOUNDS, cache.sounds().len()),
    ]
}

#[test]
fn each_component_switches_off_its_table_and_no_other() {
    let mut all = Cache::new(Settings::default());
    fill(&mut all);
    let all = shown(&all);
    assert!(all.iter().all(|(_, rows)| *rows > 0), "{all:?}");
    for (off, _) in all {
        let mut settings = Settings::default();
        settings.components = Components::all() - off;
        in_both!(settings, |cache| {
            fill(&mut cache);
            for ((component, rows), (_, before)) in shown(&cache).into_iter().zip(all) {
                assert_eq!(
                    rows,
                    if component == off { 0 } else { before },
                    "{component:?} without {off:?}"
                );
            }
            apply(&mut cache, "GUILD_DELETE", r#"{"id": "1"}"#);
            assert!(cache.users().is_empty(), "{off:?}");
        });
    }
}

#[test]
fn with_nothing_switched_on_nothing_is_kept() {
    let mut settings = Settings::default();
    settings.components = Components::empty();
    in_both!(settings, |cache| {
        fill(&mut cache);
        assert!(shown(&cache).iter().all(|(_, rows)| *rows == 0));
        assert!(cache.users().is_empty() && cache.members().kept().is_empty());
        assert!(
            cache.roles_mut().insert(GuildId(1), object(r#"{"id": "3"}"#), &mut ())
                == Applied::default()
        );
    });
}

#[test]
fn own_members_alone_are_kept_whatever_event_brings_others() {
    let mut settings = Settings::default();
    settings.members = MemberPolicy::Own;
    in_both!(settings, |cache| {
        fill(&mut cache);
        assert_eq!(members(&cache), [9]);
        for (name, json) in [
            ("GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "18"}}"#),
            ("GUILD_MEMBER_UPDATE", r#"{"guild_id": "1", "user": {"id": "10"}, "nick": "b"}"#),
            (
                "GUILD_MEMBERS_CHUNK",
                r#"{"guild_id": "1", "members": [{"user": {"id": "10"}}, {"user": {"id": "19"}}, {"user": {"id": "9"}}]}"#,
            ),
            (
                "VOICE_STATE_UPDATE",
                r#"{"guild_id": "1", "user_id": "19", "channel_id": "22", "member": {"user": {"id": "19"}}}"#,
            ),
            ("MESSAGE_CREATE", &message(55, "")),
            ("GUILD_MEMBER_ADD", r#"{"guild_id": "2", "user": {"id": "10"}}"#),
        ] {
            apply(&mut cache, name, json);
            assert_eq!(members(&cache), [9], "{name}");
        }
        assert_eq!(
            cache.voice_states().get((GuildId(1), UserId(19))).unwrap().member().unwrap().user_id(),
            UserId(19)
        );
        apply(
            &mut cache,
            "GUILD_MEMBER_UPDATE",
            r#"{"guild_id": "1", "user": {"id": "9"}, "nick": "me"}"#,
        );
        assert_eq!(cache.members().at(0).unwrap().read().unwrap().nick.value().unwrap(), "me");
        assert!(
            cache.members_mut().insert(GuildId(1), object(r#"{"user": {"id": "18"}}"#), &mut ())
                == Applied::default()
        );
    });
}

#[test]
fn members_in_voice_are_kept_as_long_as_they_are_there() {
    let mut settings = Settings::default();
    settings.members = MemberPolicy::InVoice;
    in_both!(settings, |cache| {
        fill(&mut cache);
        assert_eq!(members(&cache), [10]);
        let state = |user, channel| {
            format!(
                r#"{{"guild_id": "1", "user_id": "{user}", "channel_id": {channel}, "member": {{"user": {{"id": "{user}"}}, "nick": "v"}}}}"#
            )
        };
        apply(&mut cache, "VOICE_STATE_UPDATE", &state(18, "\"22\""));
        assert_eq!(members(&cache), [10, 18]);
        apply(&mut cache, "VOICE_STATE_UPDATE", &state(18, "\"20\""));
        apply(&mut cache, "GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "19"}}"#);
        assert_eq!(members(&cache), [10, 18]);
        apply(&mut cache, "VOICE_STATE_UPDATE", &state(10, "null"));
        assert_eq!(members(&cache), [18]);
        apply(&mut cache, "CHANNEL_DELETE", r#"{"guild_id": "1", "id": "20", "type": 2}"#);
        assert_eq!(members(&cache), [0; 0]);
        apply(
            &mut cache,
            "GUILD_CREATE",
            r#"{"id": "1", "members": [{"user": {"id": "10"}}, {"user": {"id": "11"}}],
            "voice_states": [{"user_id": "11", "channel_id": "22"}]}"#,
        );
        assert_eq!(members(&cache), [11], "whichever list comes first");
    });
}

#[test]
fn a_function_may_choose_the_members() {
    let mut settings = Settings::default();
    settings.members = MemberPolicy::If(|guild, user| guild == GuildId(1) && user.0 % 2 == 0);
    in_both!(settings, |cache| {
        fill(&mut cache);
        apply(
            &mut cache,
            "GUILD_MEMBERS_CHUNK",
            r#"{"guild_id": "1", "members": [{"user": {"id": "20"}}, {"user": {"id": "21"}}]}"#,
        );
        apply(&mut cache, "GUILD_MEMBER_ADD", r#"{"guild_id": "2", "user": {"id": "22"}}"#);
        assert_eq!(members(&cache), [10, 20]);
    });
}

fn limited(kind: Kind, rows: u32, eviction: Eviction) -> Settings {
    let mut settings = Settings::default();
    settings.limits.set(kind, rows, eviction);
    assert_eq!(settings.limits.get(kind), Limit { rows, eviction });
    settings
}

fn role<M: Memory>(cache: &mut Cache<M>, guild: u64, id: u64) -> Applied {
    apply(
        cache,
        "GUILD_ROLE_CREATE",
        &format!(r#"{{"guild_id": "{guild}", "role": {{"id": "{id}"}}}}"#),
    )
}

#[test]
fn a_full_table_refuses() {
    in_both!(limited(Kind::Role, 3, Eviction::Refuse), |cache| {
        let guild = GuildId(1);
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "1"}"#);
        (1..=3).for_each(|id| assert_eq!(role(&mut cache, 1, id).added, 1));
        assert!(cache.roles().in_guild(guild).is_complete());
        let applied = role(&mut cache, 1, 4);
        assert_eq!((applied.added, applied.refused, applied.evicted), (0, 1, 0));
        assert_eq!(role(&mut cache, 1, 2), Applied::default(), "what is there may come again");
        assert_eq!(roles(&cache), [1, 2, 3]);
        assert!(!cache.roles().in_guild(guild).is_complete());
        assert!(cache.emojis().in_guild(guild).is_complete(), "of others nothing was refused");
        assert_eq!(cache.statistics(Kind::Role).refused, 1);
    });
}

#[test]
fn the_oldest_of_the_guild_makes_room_or_that_of_the_first_guild_that_has_one() {
    in_both!(limited(Kind::Role, 4, Eviction::Oldest), |cache| {
        for (guild, id) in [(1, 1), (2, 2), (1, 3), (2, 4)] {
            role(&mut cache, guild, id);
        }
        let applied = role(&mut cache, 2, 5);
        assert_eq!(
            (applied.added, applied.removed, applied.evicted, applied.refused),
            (1, 1, 1, 0)
        );
        assert_eq!(roles(&cache), [1, 3, 4, 5]);
        role(&mut cache, 3, 6);
        assert_eq!(roles(&cache), [3, 4, 5, 6]);
        assert_eq!(cache.statistics(Kind::Role).evicted.by_limit, 2);
    });
}

#[test]
fn what_was_looked_up_gets_a_second_chance() {
    in_both!(limited(Kind::Role, 4, Eviction::LeastRecentlyUsed), |cache| {
        (1..=4).for_each(|id| _ = role(&mut cache, 1, id));
        assert!(cache.roles().contains(RoleId(1)) && cache.roles().get(RoleId(3)).is_some());
        role(&mut cache, 1, 5);
        assert_eq!(roles(&cache), [3, 4, 1, 5], "2 went, for 1 was looked up");
        role(&mut cache, 1, 6);
        assert_eq!(roles(&cache), [1, 5, 3, 6], "4 went, for 3 was looked up");
        (0..9).for_each(|id| _ = cache.roles().get(RoleId(id)));
        role(&mut cache, 1, 7);
        assert_eq!(roles(&cache), [5, 3, 6, 7], "all were looked up: the oldest");
    });
    in_both!(limited(Kind::Message, 3, Eviction::LeastRecentlyUsed), |cache| {
        (1..=3)
            .for_each(|id| _ = apply(&mut cache, "MESSAGE_CREATE", &message_in(20 + id, id, "")));
        assert!(cache.messages().contains(MessageId(1)));
        apply(&mut cache, "MESSAGE_CREATE", &message_in(21, 4, ""));
        assert_eq!(messages(&cache), [3, 1, 4]);
    });
}

#[test]
fn a_guild_that_is_evicted_takes_all_it_has_along() {
    let create = |id| {
        format!(
            r#"{{"id": "{id}", "roles": [{{"id": "{id}"}}], "members": [{{"user": {{"id": "10"}}}}]}}"#
        )
    };
    for (eviction, left) in [
        (Eviction::Refuse, vec![1, 2]),
        (Eviction::Oldest, vec![2, 3]),
        (Eviction::LeastRecentlyUsed, vec![1, 3]),
    ] {
        in_both!(limited(Kind::Guild, 2, eviction), |cache| {
            apply(&mut cache, "GUILD_CREATE", &create(1));
            apply(&mut cache, "GUILD_CREATE", &create(2));
            assert!(cache.guilds().contains(GuildId(1)));
            apply(&mut cache, "GUILD_CREATE", &create(3));
            let mut guilds = numbers(keys(cache.guilds()), |guild| guild.0);
            guilds.sort_unstable();
            assert_eq!(guilds, left, "{eviction:?}");
            for guild in left.iter().copied().map(GuildId) {
                assert_eq!(
                    (cache.roles().in_guild(guild).len(), cache.members().in_guild(guild).len()),
                    (1, 1)
                );
            }
        });
    }
}

#[test]
fn a_limit_of_nothing_keeps_nothing() {
    for eviction in [Eviction::Refuse, Eviction::Oldest, Eviction::LeastRecentlyUsed] {
        let mut settings = Settings::default();
        let kinds = [
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
            Kind::VoiceState,
        ];
        kinds.iter().for_each(|kind| settings.limits.set(*kind, 0, eviction));
        in_both!(settings, |cache| {
            fill(&mut cache);
            assert!(shown(&cache).iter().all(|(_, rows)| *rows == 0), "{:?}", shown(&cache));
            assert!(cache.users().is_empty());
            let applied = apply(&mut cache, "MESSAGE_CREATE", &message(70, ""));
            assert_eq!(applied, Applied::default(), "no event is lost");
        });
    }
    let mut settings = Settings::default();
    settings.max_messages_per_channel = 0;
    in_both!(settings, |cache| {
        assert_eq!(apply(&mut cache, "MESSAGE_CREATE", &message(70, "")), Applied::default());
        assert!(cache.messages().is_empty());
    });
}

#[test]
fn messages_and_direct_messages_are_limited_unless_said_otherwise() {
    in_both!(Settings::default(), |cache| {
        for id in 1..=310 {
            apply(&mut cache, "MESSAGE_CREATE", &message(id, ""));
            cache.dm_channels_mut().insert(UserId(id), ChannelId(id), &mut ());
        }
        assert_eq!(messages(&cache), (11..=310).collect::<Vec<_>>());
        assert_eq!(
            numbers(keys(cache.dm_channels()), |user| user.0),
            (261..=310).collect::<Vec<_>>()
        );
    });
}

#[test]
fn a_channel_has_its_own_limit_of_messages() {
    let mut settings = Settings::default();
    settings.max_messages_per_channel = 2;
    in_both!(settings, |cache| {
        (1..=8).for_each(|id| {
            _ = apply(&mut cache, "MESSAGE_CREATE", &message_in(20 + id % 2, id, ""))
        });
        assert_eq!(messages(&cache), [5, 6, 7, 8]);
        assert_eq!(numbers(keys(cache.messages().in_channel(ChannelId(21))), |id| id.0), [5, 7]);
        assert_eq!(numbers(keys(cache.messages().in_guild(GuildId(1))), |id| id.0).len(), 4);
        let applied = apply(&mut cache, "MESSAGE_CREATE", &message_in(21, 9, ""));
        assert_eq!((applied.evicted, applied.added), (1, 1));
    });
}

/// Five thousand members of a guild.
fn many(from: u64, to: u64) -> String {
    let members: Vec<String> = (from..to)
        .map(|id| {
            format!(r#"{{"user": {{"id": "{id}", "username": "user{id}"}}, "nick": "n{id}"}}"#)
        })
        .collect();
    members.join(", ")
}

#[test]
fn a_guild_of_five_thousand_members_meets_a_table_of_five_hundred() {
    for (eviction, left) in [
        (Eviction::Refuse, 1_000..1_500),
        (Eviction::Oldest, 5_500..6_000),
        (Eviction::LeastRecentlyUsed, 5_500..6_000),
    ] {
        in_both!(limited(Kind::Member, 500, eviction), |cache| {
            let guild = format!(
                r#"{{"id": "1", "member_count": 5000, "members": [{}]}}"#,
                many(1_000, 6_000)
            );
            let applied = apply(&mut cache, "GUILD_CREATE", &guild);
            let (refused, evicted) =
                if eviction == Eviction::Refuse { (4_500, 0) } else { (0, 4_500) };
            assert_eq!((applied.refused, applied.evicted), (refused, evicted));
            assert_eq!(members(&cache), left.clone().collect::<Vec<_>>());
            assert_eq!(cache.users().len(), 500);
            assert!(!cache.members().in_guild(GuildId(1)).is_complete());
            assert!(apply(&mut cache, "GUILD_CREATE", &guild).broken == 0);
            assert_eq!((cache.members().len(), cache.users().len()), (500, 500), "{eviction:?}");
            apply(&mut cache, "GUILD_DELETE", r#"{"id": "1"}"#);
            assert!(cache.users().is_empty());
        });
    }
}

#[test]
fn a_heap_has_limits_too() {
    let mut settings = Settings::default();
    (settings.max_rows, settings.max_bytes) = (100, 16 * 1024);
    let mut cache = Cache::new(settings);
    let guild = format!(r#"{{"id": "1", "members": [{}]}}"#, many(1_000, 2_000));
    let applied = apply(&mut cache, "GUILD_CREATE", &guild);
    assert!(applied.refused > 900 && cache.members().len() < 50);
    assert!(cache.memory().used <= 16 * 1024);
    settings.max_rows = 10_000;
    let mut cache = Cache::new(settings);
    apply(&mut cache, "GUILD_CREATE", &guild);
    assert!(cache.memory().used <= 16 * 1024 && (50..900).contains(&cache.members().len()));
}

type Small = CacheMemory<1_300, 100_352, 8_192>;

/// A guild with as much of everything as its share is, texts and times of usual length.
fn typical(guild: u64) -> String {
    let id = |kind: u64, at: u64| (1_100_000_000 + guild * 10_000 + kind * 1_000 + at) << 22 | at;
    let list =
        |rows: u64, row: &dyn Fn(u64) -> String| (0..rows).map(row).collect::<Vec<_>>().join(", ");
    let channel = |at| {
        format!(
            r#"{{"id": "{}", "type": 0, "name": "general-talk-{at}", "position": {at}, "parent_id": "{}", "flags": 0, "nsfw": false,
            "last_message_id": "{}", "rate_limit_per_user": 0, "topic": null,
            "permission_overwrites": [{{"id": "{guild}", "type": 0, "allow": "1024", "deny": "2048"}}]}}"#,
            id(1, at),
            id(1, 0),
            id(9, at)
        )
    };
    let role = |at| {
        format!(
            r#"{{"id": "{}", "name": "role {at}", "permissions": "1071698660929", "position": {at}, "color": 3447003, "hoist": false,
            "managed": false, "mentionable": true, "flags": 0}}"#,
            id(2, at)
        )
    };
    let member = |at| {
        format!(
            r#"{{"user": {{"id": "{}", "username": "somebody{at}", "global_name": "Some Body", "discriminator": "0", "bot": false,
            "avatar": "0123456789abcdef0123456789abcde{}", "public_flags": 0}}, "nick": null, "roles": ["{}", "{}"],
            "joined_at": "2024-03-01T12:34:56.789000+00:00", "premium_since": null, "deaf": false, "mute": false, "flags": 0, "pending": false}}"#,
            id(3, at),
            at % 10,
            id(2, at % 5),
            id(2, at % 4)
        )
    };
    format!(
        r#"{{"id": "{guild}", "name": "A guild of people", "icon": "0123456789abcdef0123456789abcdef", "owner_id": "{}", "member_count": 63,
        "features": ["COMMUNITY", "NEWS"], "preferred_locale": "en-US", "roles": [{}], "channels": [{}], "members": [{}]}}"#,
        id(3, 0),
        list(5, &role),
        list(25, &channel),
        list(63, &member)
    )
}

#[test]
fn eight_guilds_with_two_hundred_channels_and_five_hundred_members_fit_into_128_kib() {
    const { assert!(size_of::<Small>() + size_of::<Cache<Fixed<'_>>>() <= 128 * 1024) };
    let mut memory = Box::new(Small::new());
    let mut small = Cache::lent(Settings::default(), &mut memory);
    let mut heap = Cache::new(Settings::default());
    for guild in 1..=8 {
        let applied = apply(&mut small, "GUILD_CREATE", &typical(guild));
        assert_eq!((applied.refused, applied.broken), (0, 0), "{guild} {:?}", small.memory());
        assert_eq!(apply(&mut heap, "GUILD_CREATE", &typical(guild)), applied);
    }
    assert_eq!(
        (small.guilds().len(), small.channels().len(), small.members().len()),
        (8, 200, 504)
    );
    assert_eq!(small.users().len(), 504);
    let members = |cache: &dyn Fn(usize) -> String| (0..504).map(cache).collect::<Vec<_>>();
    let small_members = members(&|at| format!("{:?}", small.members().at(at).unwrap()));
    assert_eq!(
        small_members,
        members(&|at| format!("{:?}", heap.members().at(at).unwrap())),
        "both families hold the same"
    );
    assert!(small.members().in_guild(GuildId(8)).is_complete());
    assert!(small.memory().bytes <= 128 * 1024);

    let refused: u32 =
        (9..=12).map(|guild| apply(&mut small, "GUILD_CREATE", &typical(guild)).refused).sum();
    assert!(refused > 0 && !small.members().in_guild(GuildId(8)).is_complete());
    assert_eq!(small.memory().bytes, cache_bytes(), "no more than that");
    let first = small.members().at(0).unwrap().user().read().unwrap();
    assert_eq!(first.username.unwrap(), "somebody0", "what was there is there");
    for guild in 1..=12 {
        apply(&mut small, "GUILD_DELETE", &format!(r#"{{"id": "{guild}"}}"#));
    }
    assert_eq!((small.memory().used, small.users().len()), (0, 0));
    assert_eq!(apply(&mut small, "GUILD_CREATE", &typical(1)).refused, 0, "and is used again");
}

const fn cache_bytes() -> usize {
    size_of::<Small>()
}
