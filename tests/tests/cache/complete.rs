//! What a view proves, table by table.

use gatewright_core::cache::{
    Cache, Components, InGuild, Kind, Limit, MemberPolicy, Memory, Settings,
};
use gatewright_core::{ChannelId, GuildId, Intents, RoleId};

use crate::support::{apply, in_both, object};

const ONE: GuildId = GuildId(1);
const TWO: GuildId = GuildId(2);
const READY: &str = r#"{"user": {"id": "9"}, "guilds": [{"id": "1", "unavailable": true}, {"id": "2", "unavailable": true}]}"#;

/// A guild with nothing in it, or with a member.
fn guild(id: GuildId, members: u32) -> String {
    let list = if members > 0 { r#"{"user": {"id": "9"}}"# } else { "" };
    format!(
        r#"{{"id": "{id}", "member_count": {members}, "large": false, "members": [{list}],
        "channels": [{{"id": "{id}0", "type": 0}}]}}"#
    )
}

/// The tables that are proven guild by guild, by their names.
const OF_GUILDS: [&str; 11] = [
    "channels",
    "emojis",
    "members",
    "presences",
    "roles",
    "scheduled_events",
    "sounds",
    "stages",
    "stickers",
    "threads",
    "voice_states",
];

/// Tells of each of them whether a view of a guild, or of all, is complete.
fn complete<M: Memory>(cache: &Cache<M>, guild: Option<GuildId>) -> Vec<&'static str> {
    macro_rules! all {
        ($($table:ident)*) => {
            [$((stringify!($table), match guild {
                Some(guild) => cache.$table().in_guild(guild).is_complete(),
                None => cache.$table().is_complete(),
            })),*]
        };
    }
    let all = all! {
        channels emojis members presences roles scheduled_events sounds stages stickers threads voice_states
    };
    all.into_iter().filter(|(_, complete)| *complete).map(|(name, _)| name).collect()
}

fn without(name: &str) -> Vec<&'static str> {
    OF_GUILDS.into_iter().filter(|other| *other != name).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn nothing_is_proven_before_a_guild_is_here() {
    in_both!(Settings::default(), |cache| {
        for step in [None, Some(READY)] {
            step.map(|ready| apply(&mut cache, "READY", ready));
            assert_eq!(complete(&cache, None), NOTHING);
            assert_eq!(complete(&cache, Some(ONE)), NOTHING);
            assert!(!cache.guilds().is_complete() && !cache.guilds().available().is_complete());
        }
        assert!(cache.guilds().unavailable().is_complete(), "READY named them");
        apply(&mut cache, "GUILD_CREATE", &guild(ONE, 0));
        assert_eq!(complete(&cache, Some(ONE)), OF_GUILDS);
        assert_eq!(complete(&cache, Some(TWO)), NOTHING);
        assert_eq!(complete(&cache, None), NOTHING, "one is awaited");
        apply(&mut cache, "GUILD_CREATE", &guild(TWO, 1));
        assert_eq!(complete(&cache, None), OF_GUILDS);
        assert!(cache.guilds().is_complete() && cache.guilds().available().is_complete());
        assert!(cache.roles().get(RoleId(5)).is_none(), "and so it is nowhere");
    });
}

#[test]
fn without_a_ready_a_guild_is_proven_and_the_whole_is_not() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
        assert_eq!(complete(&cache, Some(ONE)), OF_GUILDS);
        assert_eq!(complete(&cache, None), NOTHING);
        assert!(!cache.guilds().is_complete());
    });
}

#[test]
fn what_never_comes_whole_is_never_proven() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "READY", READY);
        apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
        apply(&mut cache, "GUILD_CREATE", &guild(TWO, 0));
        let messages = cache.messages();
        assert!(!messages.is_complete() && !messages.in_guild(ONE).is_complete());
        assert!(!messages.in_channel(ChannelId(10)).is_complete(), "of before the session");
        assert!(!cache.invites().is_complete() && !cache.invites().in_guild(ONE).is_complete());
        assert!(!cache.users().is_complete() && !cache.dm_channels().is_complete());
        assert!(!cache.members().kept().is_complete());
        assert!(!cache.roles().in_guild(GuildId(3)).is_complete(), "it is not here");
        assert!(!cache.roles().in_guild(ONE).in_guild(TWO).is_complete(), "nothing is in both");
        assert!(cache.threads().in_channel(ChannelId(10)).is_complete());
    });
}

#[test]
fn an_outage_ends_the_proof_until_the_guild_is_back() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "READY", READY);
        apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
        apply(&mut cache, "GUILD_CREATE", &guild(TWO, 1));
        for (name, json) in [
            ("GUILD_DELETE", r#"{"id": "1", "unavailable": true}"#),
            ("GUILD_CREATE", r#"{"id": "1", "unavailable": true}"#),
        ] {
            apply(&mut cache, name, json);
            assert_eq!(complete(&cache, Some(ONE)), NOTHING, "{name}");
            assert_eq!(complete(&cache, Some(TWO)), OF_GUILDS, "{name}");
            assert_eq!(complete(&cache, None), NOTHING, "{name}");
            assert!(cache.guilds().is_complete(), "it is known");
            apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
            assert_eq!(complete(&cache, None), OF_GUILDS, "{name}");
        }
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "3", "unavailable": true}"#);
        assert!(!cache.guilds().is_complete(), "one that nobody told of before");
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "3"}"#);
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "1"}"#);
        assert!(cache.guilds().is_complete());
        assert_eq!(complete(&cache, None), OF_GUILDS);
        apply(&mut cache, "READY", READY);
        assert_eq!(complete(&cache, Some(TWO)), NOTHING, "a session began");
    });
}

#[test]
fn members_are_proven_by_their_count_and_presences_by_the_size_of_the_guild() {
    in_both!(Settings::default(), |cache| {
        let large =
            r#"{"id": "1", "member_count": 3, "large": true, "members": [{"user": {"id": "9"}}]}"#;
        apply(&mut cache, "GUILD_CREATE", large);
        let lacking = |lacking: &[&str]| {
            OF_GUILDS.into_iter().filter(|name| !lacking.contains(name)).collect::<Vec<_>>()
        };
        assert_eq!(complete(&cache, Some(ONE)), lacking(&["members", "presences"]));
        let chunk =
            r#"{"guild_id": "1", "members": [{"user": {"id": "10"}}, {"user": {"id": "11"}}]}"#;
        apply(&mut cache, "GUILD_MEMBERS_CHUNK", chunk);
        assert_eq!(complete(&cache, Some(ONE)), without("presences"), "all are here");
        apply(&mut cache, "GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "12"}}"#);
        apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "10"}}"#);
        assert_eq!(complete(&cache, Some(ONE)), without("presences"), "and the count follows");
        apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "99"}}"#);
        assert!(!cache.members().in_guild(ONE).is_complete(), "one left who was not here");
    });
}

#[test]
fn what_is_kept_or_heard_in_part_is_not_proven() {
    let default = Settings::default();
    for (settings, missing) in [
        (default.with_components(Components::all() - Components::ROLES), &["roles"][..]),
        (
            default.with_components(Components::all() - Components::GUILDS),
            &["members", "presences"],
        ),
        (default.with_members(MemberPolicy::Own), &["members"]),
        (default.with_members(MemberPolicy::If(|_, _| true)), &["members"]),
        (default.with_intents(Intents::all() - Intents::GUILDS), &OF_GUILDS),
        (
            default.with_intents(Intents::unprivileged() - Intents::GUILD_EXPRESSIONS),
            &["members", "presences", "emojis", "stickers", "sounds"],
        ),
        (default.with_intents(Intents::all() - Intents::GUILD_VOICE_STATES), &["voice_states"]),
        (
            default.with_intents(Intents::all() - Intents::GUILD_SCHEDULED_EVENTS),
            &["scheduled_events"],
        ),
    ] {
        in_both!(settings, |cache| {
            apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
            let all = OF_GUILDS.into_iter().filter(|name| !missing.contains(name));
            assert_eq!(complete(&cache, Some(ONE)), all.collect::<Vec<_>>(), "{settings:?}");
        });
    }
}

#[test]
fn what_was_lost_is_told_anew_after_a_ready() {
    in_both!(default_with_roles(1), |cache| {
        for _ in 0..2 {
            apply(&mut cache, "READY", READY);
            apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
            apply(&mut cache, "GUILD_CREATE", &guild(TWO, 1));
            assert_eq!(complete(&cache, None), OF_GUILDS);
            apply(&mut cache, "GUILD_ROLE_CREATE", r#"{"guild_id": "1", "role": {"id": "1"}}"#);
            assert_eq!(complete(&cache, None), OF_GUILDS);
            apply(&mut cache, "GUILD_ROLE_CREATE", r#"{"guild_id": "1", "role": {"id": "3"}}"#);
            assert_eq!(complete(&cache, Some(ONE)), without("roles"), "it was refused");
            apply(&mut cache, "GUILD_EMOJIS_UPDATE", r#"{"guild_id": "2", "emojis": [{}]}"#);
            let complete = complete(&cache, None);
            assert!(!complete.contains(&"roles") && !complete.contains(&"emojis"));
            assert_eq!(complete.len(), 9, "{complete:?}");
        }
    });
}

fn default_with_roles(rows: u32) -> Settings {
    Settings::default().with_limit(Kind::Role, Limit::refuse(rows))
}

#[test]
fn a_guild_that_was_evicted_is_missing_in_the_whole() {
    let settings = Settings::default().with_limit(Kind::Guild, Limit::oldest(1));
    in_both!(settings, |cache| {
        apply(&mut cache, "READY", READY);
        apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
        apply(&mut cache, "GUILD_CREATE", &guild(TWO, 1));
        assert_eq!(complete(&cache, None), NOTHING);
        assert_eq!(complete(&cache, Some(ONE)), NOTHING);
        assert_eq!(complete(&cache, Some(TWO)), OF_GUILDS);
        assert!(!cache.guilds().is_complete());
    });
}

#[test]
fn what_was_taken_out_by_hand_is_missing() {
    let rows = r#"{"id": "2", "member_count": 1, "members": [{"user": {"id": "9"}}], "roles": [{"id": "2"}],
        "channels": [{"id": "20"}], "threads": [{"id": "21", "parent_id": "20"}]}"#;
    fn check<T: InGuild>(
        rows: &str,
        take: fn(&mut Cache<gatewright_core::cache::Heap>),
        name: &str,
    ) {
        let mut cache = Cache::new(Settings::default());
        apply(&mut cache, "READY", READY);
        apply(&mut cache, "GUILD_CREATE", &guild(ONE, 1));
        apply(&mut cache, "GUILD_CREATE", rows);
        assert!(cache.tables().table::<T>().in_guild(TWO).is_complete(), "{name}");
        take(&mut cache);
        assert!(!cache.tables().table::<T>().in_guild(TWO).is_complete(), "{name}");
        assert!(!cache.tables().table::<T>().is_complete(), "{name}");
    }
    use gatewright_core::cache::{Channels, Members, Roles, Threads};
    check::<Members>(
        rows,
        |cache| _ = cache.members_mut().clear_in_guild(TWO, &mut ()),
        "clear_in_guild",
    );
    check::<Roles>(rows, |cache| _ = cache.roles_mut().clear(&mut ()), "clear");
    check::<Channels>(
        rows,
        |cache| _ = cache.channels_mut().remove(ChannelId(20), &mut ()),
        "remove",
    );
    check::<Channels>(
        rows,
        |cache| _ = cache.channels_mut().remove_alone(ChannelId(20), &mut ()),
        "remove_alone",
    );
    check::<Threads>(
        rows,
        |cache| _ = cache.threads_mut().clear_in_channel(ChannelId(20), &mut ()),
        "clear_in_channel",
    );
    check::<Roles>(rows, |cache| _ = cache.guilds_mut().remove(TWO, &mut ()), "a guild");
    check::<Roles>(rows, |cache| _ = cache.clear(&mut ()), "all");
    check::<Roles>(rows, |cache| cache.mark_cold(), "events that were lost");
}

#[test]
fn the_bots_own_user_and_rows_put_in_by_hand_prove_nothing_more() {
    in_both!(Settings::default(), |cache| {
        cache.guilds_mut().insert(object(r#"{"id": "1", "roles": []}"#), &mut ());
        assert_eq!(complete(&cache, Some(ONE)), NOTHING, "nobody says that it is all");
        assert!(!cache.tables().table::<gatewright_core::cache::Me>().is_complete());
        apply(&mut cache, "READY", READY);
        assert!(cache.tables().table::<gatewright_core::cache::Me>().is_complete());
    });
}
