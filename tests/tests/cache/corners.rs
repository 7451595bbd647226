//! Corners of the interface: what is lost, what a limit lets in, what a row is named by.

use gatewright_core::cache::{
    Applied, Arrivals, Arrived, Cache, Collected, Components, GuildNews, Heap, Kind, Limit,
    OwnedChange, PermissionsError, Settings,
};
use gatewright_core::model::{Permissions, UnixMillis};
use gatewright_core::{
    Cause, ChannelId, Compression, Dispatch, Encoding, Event, GuildId, Instant, Intents, MessageId,
    RoleId, Session, ShardId, UserId,
};

use crate::support::{apply, fill, in_both, keys, message, message_in, numbers, object};

/// A session of which `processed` events were finished with.
fn session(received: u64, processed: u64) -> Session {
    Session {
        version: Session::VERSION,
        id: "s".try_into().unwrap(),
        resume_url: "wss://sim.example".try_into().unwrap(),
        received,
        processed,
        shard: ShardId::ONE,
        intents: 1,
        encoding: Encoding::Json,
        compression: Compression::ZlibStream,
    }
}

/// Applies an event of a number and returns up to which event a snapshot goes that is taken then.
fn taken_at(cache: &mut Cache<Heap>, seq: u64, d: &str, session: &Session) -> u64 {
    let event =
        Dispatch::new("GUILD_MEMBER_REMOVE", Some(seq), Encoding::Json, d.as_bytes()).unwrap();
    cache.hear(&Event::Dispatch(event), &mut ());
    let mut bytes = Vec::new();
    cache.snapshot(Some(session), &mut |part| bytes.extend_from_slice(part));
    Cache::new(Settings::default()).restore(&bytes).unwrap().unwrap().processed
}

#[test]
fn a_snapshot_goes_as_far_as_what_was_applied() {
    let mut cache = Cache::new(Settings::default());
    let gone = r#"{"guild_id": "1", "user": {"id": "10"}}"#;
    assert_eq!(taken_at(&mut cache, 5, gone, &session(9, 4)), 5, "in the hands of the bot");
    assert_eq!(taken_at(&mut cache, 6, gone, &session(9, 6)), 6);
    assert_eq!(taken_at(&mut cache, 7, gone, &session(9, 8)), 8, "one the cache does not hear of");
    assert_eq!(taken_at(&mut cache, 12, gone, &session(3, 2)), 2, "of an earlier session");
    cache.hear(&Event::SessionLost { cause: Cause::SessionInvalid }, &mut ());
    let mut bytes = Vec::new();
    cache.snapshot(Some(&session(3, 1)), &mut |part| bytes.extend_from_slice(part));
    assert_eq!(Cache::new(Settings::default()).restore(&bytes).unwrap(), Some(session(3, 1)));

    // What was applied before a snapshot is taken up is of no account.
    taken_at(&mut cache, 130, gone, &session(200, 100));
    cache.restore(&bytes).unwrap();
    let mut bytes = Vec::new();
    cache.snapshot(Some(&session(200, 100)), &mut |part| bytes.extend_from_slice(part));
    assert_eq!(cache.restore(&bytes).unwrap().unwrap().processed, 100);
}

#[test]
fn after_events_that_are_lost_a_miss_proves_nothing() {
    for lost in
        [Event::Gap { expected: 5, found: 7 }, Event::SessionLost { cause: Cause::SessionInvalid }]
    {
        in_both!(Settings::default(), |cache| {
            fill(&mut cache);
            assert!(cache.roles().in_guild(GuildId(1)).is_complete());
            assert_eq!(cache.hear(&lost, &mut ()), Applied::default());
            assert!(cache.is_cold() && !cache.roles().in_guild(GuildId(1)).is_complete());
            fill(&mut cache);
            assert!(cache.roles().in_guild(GuildId(1)).is_complete(), "READY ends it");
        });
    }
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let d = br#"{"guild_id": "1", "role_id": "3"}"#;
        let again = Dispatch::new("GUILD_ROLE_DELETE", Some(1), Encoding::Json, d).unwrap();
        assert_eq!(cache.hear(&Event::Duplicate(again), &mut ()), Applied::default());
        assert!(!cache.is_cold() && cache.roles().contains(RoleId(3)));
        assert_eq!(cache.hear(&Event::Dispatch(again), &mut ()).removed, 1);
    });
}

#[test]
fn a_guild_beyond_the_limit_leaves_nothing_behind() {
    let settings = Settings::default().with_limit(Kind::Guild, Limit::refuse(1));
    in_both!(settings, |cache| {
        let guild = |id: u64| {
            format!(
                r#"{{"id": "{id}", "name": "g", "roles": [{{"id": "{id}0"}}], "channels": [{{"id": "{id}1", "type": 0}}]}}"#
            )
        };
        apply(
            &mut cache,
            "READY",
            r#"{"user": {"id": "9"}, "guilds": [{"id": "1"}, {"id": "2"}]}"#,
        );
        assert_eq!(apply(&mut cache, "GUILD_CREATE", &guild(1)).refused, 0);
        let applied = apply(&mut cache, "GUILD_CREATE", &guild(2));
        assert_eq!((applied.added, applied.refused, applied.guild), (0, 1, None));
        assert_eq!((cache.roles().len(), cache.channels().len(), cache.awaited()), (1, 1, 0));
        assert!(cache.guilds().unavailable().is_empty());
        let unknown = cache.permissions_in_guild(GuildId(2), UserId(9), UnixMillis(0));
        assert_eq!(unknown, Err(PermissionsError::UnknownGuild));
        for name in ["GUILD_UPDATE", "GUILD_CREATE"] {
            assert_eq!(apply(&mut cache, name, &guild(3)).added, 0, "{name}");
        }
        assert!(cache.roles().in_guild(GuildId(1)).is_complete(), "nothing of it was lost");
        assert_eq!(cache.guilds_mut().insert(object(&guild(4)), &mut ()).added, 0);
        assert!(!cache.roles().in_guild(GuildId(2)).is_complete());
        assert!(!cache.guilds().is_complete() && !cache.roles().is_complete());
        // What was let in goes on.
        assert_eq!(apply(&mut cache, "GUILD_UPDATE", r#"{"id": "1", "name": "h"}"#).changed, 1);
    });
}

#[test]
fn the_guild_that_goes_for_another_makes_room_for_all_of_it() {
    let settings = Settings::default().with_limit(Kind::Guild, Limit::oldest(1));
    let mut memory = Box::new(gatewright_core::cache::CacheMemory::<2_000, 4_096, 4_096>::new());
    let mut cache = Cache::lent(settings, &mut memory);
    for guild in [1, 2] {
        let roles: Vec<String> = (0..30)
            .map(|id| format!(r#"{{"id": "{guild}{id:02}", "name": "a role of some name {id}"}}"#))
            .collect();
        let d = format!(r#"{{"id": "{guild}", "roles": [{}]}}"#, roles.join(","));
        let applied = apply(&mut cache, "GUILD_CREATE", &d);
        assert_eq!(applied.refused, 0, "{guild}");
        assert_eq!(cache.roles().in_guild(GuildId(guild)).len(), 30);
    }
}

#[test]
fn a_guild_that_is_not_available_takes_no_room() {
    for limit in [Limit::oldest(1), Limit::refuse(1)] {
        in_both!(Settings::default().with_limit(Kind::Guild, limit), |cache| {
            let ready = r#"{"user": {"id": "9"}, "guilds": [{"id": "1"}, {"id": "2"}]}"#;
            apply(&mut cache, "READY", ready);
            apply(&mut cache, "GUILD_CREATE", r#"{"id": "1", "roles": [{"id": "3"}]}"#);
            let away = apply(&mut cache, "GUILD_CREATE", r#"{"id": "2", "unavailable": true}"#);
            assert_eq!((away.refused, away.evicted), (0, 0));
            assert_eq!(away.guild, Some((GuildId(2), GuildNews::Unavailable)));
            assert_eq!((keys(cache.guilds()), cache.awaited()), (vec![GuildId(1)], 1));
            assert_eq!(
                (cache.roles().len(), keys(cache.guilds().unavailable())),
                (1, vec![GuildId(2)])
            );
        });
    }
}

#[test]
fn those_that_only_read_know_permissions_and_statistics() {
    let mut cache = Cache::new(Settings::default());
    fill(&mut cache);
    let (now, tables) = (UnixMillis(1_700_000_000_000), cache.tables());
    assert_eq!(
        tables.permissions_in_guild(GuildId(1), UserId(10), now),
        cache.permissions_in_guild(GuildId(1), UserId(10), now),
    );
    assert_eq!(
        tables.permissions_in_channel(ChannelId(21), UserId(10), now),
        cache.permissions_in_channel(ChannelId(21), UserId(10), now),
    );
    assert_eq!(tables.statistics(Kind::Role), cache.statistics(Kind::Role));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    tables.snapshot(None, &mut |part| ours.extend_from_slice(part));
    cache.snapshot(None, &mut |part| theirs.extend_from_slice(part));
    assert_eq!(ours, theirs);
}

#[test]
fn an_administrator_is_one_whatever_else_is_missing() {
    in_both!(Settings::default(), |cache| {
        let guild = |roles: &str| {
            format!(
                r#"{{"id": "1", "owner_id": "5", "roles": [{{"id": "1", "permissions": "0"}}, {{"id": "2", "permissions": "8"}}],
                "members": [{{"user": {{"id": "10"}}, "roles": [{roles}]}}]}}"#
            )
        };
        let now = UnixMillis(0);
        let without = r#"{"id": "1", "owner_id": "5", "roles": [{"id": "2", "permissions": "8"}],
            "members": [{"user": {"id": "10"}, "roles": ["2"]}]}"#;
        apply(&mut cache, "GUILD_CREATE", without);
        let all = cache.permissions_in_guild(GuildId(1), UserId(10), now);
        assert_eq!(all, Ok(Permissions::all()), "without a row for everyone");
        for (roles, expected) in [
            (r#""77", "2""#, Ok(Permissions::all())),
            (r#""77""#, Err(PermissionsError::UnknownRole(RoleId(77)))),
        ] {
            apply(&mut cache, "GUILD_CREATE", &guild(roles));
            cache.mark_cold();
            assert_eq!(cache.permissions_in_guild(GuildId(1), UserId(10), now), expected);
        }
    });
}

#[test]
fn arrivals_begin_anew_with_every_ready() {
    let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
    in_both!(Settings::default(), |cache| {
        let mut arrivals = Arrivals::default();
        apply(&mut cache, "READY", r#"{"user": {"id": "9"}, "guilds": []}"#);
        assert_eq!(arrivals.observe(at(0), cache.tables()), Some(Arrived { missing: 0 }));
        assert_eq!(arrivals.observe(at(1), cache.tables()), None);
        let ready = r#"{"user": {"id": "9"}, "guilds": [{"id": "1"}]}"#;
        for (missing, comes) in [(1, false), (0, true)] {
            apply(&mut cache, "READY", ready);
            assert_eq!(arrivals.observe(at(100), cache.tables()), None);
            if comes {
                apply(&mut cache, "GUILD_CREATE", r#"{"id": "1"}"#);
            }
            assert_eq!(arrivals.observe(at(200), cache.tables()), Some(Arrived { missing }));
            assert_eq!(arrivals.deadline(), None);
        }
        // A snapshot taken while some are awaited.
        apply(&mut cache, "READY", ready);
        let mut bytes = Vec::new();
        cache.snapshot(None, &mut |part| bytes.extend_from_slice(part));
        let mut arrivals = Arrivals::default();
        cache.restore(&bytes).unwrap();
        assert_eq!(arrivals.observe(at(300), cache.tables()), None);
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "1"}"#);
        assert_eq!(arrivals.observe(at(301), cache.tables()), Some(Arrived { missing: 0 }));
    });
}

#[test]
fn a_clock_goes_from_guild_to_guild() {
    let settings = Settings::default().with_limit(Kind::Role, Limit::least_recently_used(6));
    in_both!(settings, |cache| {
        let role =
            |guild: u64, id: u64| format!(r#"{{"guild_id": "{guild}", "role": {{"id": "{id}"}}}}"#);
        for id in 1..=6 {
            apply(&mut cache, "GUILD_ROLE_CREATE", &role(1, id));
        }
        // Nobody looks at those of the first guild: in the end they are gone.
        for id in 11..=40 {
            apply(&mut cache, "GUILD_ROLE_CREATE", &role(2, id));
            assert!(cache.roles().contains(RoleId(11)), "{id}");
        }
        assert_eq!(cache.roles().in_guild(GuildId(1)).len(), 0);
        assert_eq!(cache.roles().in_guild(GuildId(2)).len(), 6);
        // What was looked up stays although its guild has less left than the hand knows of.
        for id in 13..=39 {
            let d = format!(r#"{{"guild_id": "2", "role_id": "{id}"}}"#);
            apply(&mut cache, "GUILD_ROLE_DELETE", &d);
        }
        for id in 41..=44 {
            apply(&mut cache, "GUILD_ROLE_CREATE", &role(4, id));
        }
        assert!(cache.roles().contains(RoleId(11)));
        apply(&mut cache, "GUILD_ROLE_CREATE", &role(4, 45));
        assert!(cache.roles().contains(RoleId(11)));
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "4"}"#);
        // A guild that goes while the hand is at it.
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "2"}"#);
        for id in 51..=60 {
            assert_eq!(apply(&mut cache, "GUILD_ROLE_CREATE", &role(3, id)).added, 1, "{id}");
        }
        assert_eq!(numbers(keys(cache.roles()), |id| id.0), [55, 56, 57, 58, 59, 60]);
    });
}

#[test]
fn a_voice_state_that_is_patched_stays() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let mut patch =
            |json: &str| cache.voice_states_mut().patch(GuildId(1), object(json), &mut ());
        assert_eq!(patch(r#"{"user_id": "10", "mute": true}"#).changed, 1);
        assert_eq!(patch(r#"{"user_id": "10", "channel_id": null}"#).removed, 1);
        assert!(cache.voice_states().is_empty());
        let mut patch =
            |json: &str| cache.voice_states_mut().patch(GuildId(1), object(json), &mut ());
        assert_eq!(
            patch(r#"{"user_id": "10", "mute": true}"#),
            Applied::default(),
            "in no channel"
        );
    });
}

#[test]
fn a_guild_that_an_update_came_ahead_of_is_available_again() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "READY", r#"{"user": {"id": "9"}, "guilds": [{"id": "1"}]}"#);
        apply(&mut cache, "GUILD_UPDATE", r#"{"id": "1", "name": "g"}"#);
        let told = |applied: Applied| applied.guild;
        let create = r#"{"id": "1", "name": "g"}"#;
        let available = Some((GuildId(1), GuildNews::Available));
        assert_eq!(told(apply(&mut cache, "GUILD_CREATE", create)), available);
        assert_eq!(told(apply(&mut cache, "GUILD_CREATE", create)), None);
    });
}

#[test]
fn a_voice_state_leads_to_a_member_that_came_later() {
    in_both!(Settings::default(), |cache| {
        let guild = r#"{"id": "1", "voice_states": [{"user_id": "5", "channel_id": "2"}]}"#;
        apply(&mut cache, "GUILD_CREATE", guild);
        let chunk = r#"{"guild_id": "1", "members": [{"user": {"id": "5"}, "nick": "n"}]}"#;
        apply(&mut cache, "GUILD_MEMBERS_CHUNK", chunk);
        let state = cache.voice_states().get((GuildId(1), UserId(5))).unwrap();
        assert_eq!(state.member().unwrap().user_id(), UserId(5));
    });
}

#[test]
fn a_channel_that_goes_to_make_room_takes_along_what_is_in_it() {
    in_both!(Settings::default().with_limit(Kind::Channel, Limit::oldest(1)), |cache| {
        for (name, d) in [
            ("CHANNEL_CREATE", r#"{"id": "21", "guild_id": "1", "type": 0}"#),
            ("THREAD_CREATE", r#"{"id": "25", "guild_id": "1", "parent_id": "21", "type": 11}"#),
            ("INVITE_CREATE", r#"{"guild_id": "1", "channel_id": "21", "code": "abc"}"#),
            ("MESSAGE_CREATE", &message(50, "")),
            ("CHANNEL_CREATE", r#"{"id": "22", "guild_id": "1", "type": 0}"#),
        ] {
            apply(&mut cache, name, d);
        }
        assert_eq!(keys(cache.channels()), [ChannelId(22)]);
        assert!(cache.messages().is_empty() && cache.invites().is_empty());
        assert!(cache.threads().is_empty());
    });
    // One that may come again keeps what is in it.
    in_both!(Settings::default().with_limit(Kind::Channel, Limit::refuse(1)), |cache| {
        let guild = |id: u64| format!(r#"{{"id": "1", "channels": [{{"id": "{id}"}}]}}"#);
        apply(&mut cache, "GUILD_CREATE", &guild(21));
        apply(&mut cache, "MESSAGE_CREATE", &message(50, ""));
        apply(&mut cache, "GUILD_CREATE", &guild(22));
        assert_eq!((keys(cache.channels()), cache.messages().len()), (vec![ChannelId(22)], 1));
    });
}

#[test]
fn a_thread_the_bot_left_is_no_proof_that_it_is_gone() {
    for kind in [11, 12] {
        in_both!(Settings::default(), |cache| {
            fill(&mut cache);
            let thread =
                format!(r#"{{"id": "27", "guild_id": "1", "parent_id": "21", "type": {kind}}}"#);
            apply(&mut cache, "THREAD_CREATE", &thread);
            let left = r#"{"id": "27", "guild_id": "1", "removed_member_ids": ["9"]}"#;
            assert_eq!(apply(&mut cache, "THREAD_MEMBERS_UPDATE", left).removed, 1);
            assert!(!cache.threads().contains(ChannelId(27)));
            assert!(!cache.threads().in_guild(GuildId(1)).is_complete(), "{kind}");
        });
    }
}

#[test]
fn direct_messages_go_with_their_channel() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let direct = r#"{"id": "70", "channel_id": "60", "author": {"id": "16"}}"#;
        apply(&mut cache, "MESSAGE_CREATE", direct);
        assert!(cache.messages().contains(MessageId(70)));
        cache.dm_channels_mut().remove(UserId(16), &mut ());
        assert!(!cache.messages().contains(MessageId(70)));
    });
}

#[test]
fn with_guilds_off_none_is_shown_as_unavailable() {
    in_both!(
        Settings::default().with_components(Components::all() - Components::GUILDS),
        |cache| {
            fill(&mut cache);
            assert_eq!((cache.guilds().len(), cache.guilds().unavailable().len()), (0, 0));
        }
    );
}

#[test]
fn a_long_answer_leaves_what_it_answers_as_it_is() {
    let users = |ids: core::ops::Range<u64>| {
        let users: Vec<_> = ids.map(|id| format!(r#"{{"id": "{id}"}}"#)).collect();
        format!("[{}]", users.join(","))
    };
    in_both!(Settings::default(), |cache| {
        let first = message_in(21, 50, &format!(r#", "mentions": {}"#, users(1_000..1_100)));
        apply(&mut cache, "MESSAGE_CREATE", &first);
        let answer =
            format!(r#", "mentions": {}, "referenced_message": {first}"#, users(2_000..2_100));
        assert_eq!(apply(&mut cache, "MESSAGE_CREATE", &message(51, &answer)).refused, 0);
        let row = cache.messages().get(MessageId(51)).unwrap();
        assert_eq!(row.mentions().count(), 100);
        let answered = row.referenced_message().unwrap();
        assert_eq!(answered.mentions().count(), 100);
        assert_eq!(answered.read().unwrap().content.unwrap(), "hello 50");
    });
}

#[test]
fn a_copy_knows_what_names_it() {
    let mut cache = Cache::new(Settings::default());
    fill(&mut cache);
    let member = &cache.members().in_guild(GuildId(1)).to_vec()[0];
    assert_eq!((member.key(), member.guild_id()), ((GuildId(1), UserId(10)), Some(GuildId(1))));
    assert_eq!(cache.invites().to_vec()[0].key(), "abc");
    assert_eq!(cache.roles().to_vec()[1].clone().key(), RoleId(3));
    let state = cache.voice_states().to_vec().remove(0);
    assert_eq!(state.key(), (GuildId(1), UserId(10)));
    let user = cache.users().to_vec();
    assert!(user.iter().all(|user| user.guild_id().is_none()));
    assert_eq!(user.len(), cache.users().len());

    let mut collected = Collected::default();
    cache.members_mut().clear_in_guild(GuildId(1), &mut collected);
    let gone = collected.0.iter().find_map(|change| match change {
        OwnedChange::Member { before: Some(member), .. } => Some(member.key()),
        _ => None,
    });
    assert_eq!(gone, Some((GuildId(1), UserId(10))));
}

#[test]
fn nobody_prints_what_is_in_a_cache_by_accident() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        for shown in [format!("{cache:?}"), format!("{:?}", cache.tables())] {
            assert!(shown.contains("Role: 2") && shown.len() < 4_000, "{shown}");
        }
    });
    let memory = gatewright_core::cache::CacheMemory::<2, 64, 64>::new();
    assert_eq!(format!("{memory:?}"), "CacheMemory<2, 64, 64>");
}

#[test]
fn a_snapshot_of_who_hears_less_proves_no_more() {
    let mut deaf = Cache::new(Settings::default().with_intents(Intents::GUILDS));
    fill(&mut deaf);
    let mut bytes = Vec::new();
    deaf.snapshot(None, &mut |part| bytes.extend_from_slice(part));
    let mut cache = Cache::new(Settings::default());
    cache.restore(&bytes).unwrap();
    assert!(cache.roles().in_guild(GuildId(1)).is_complete());
    assert!(!cache.presences().in_guild(GuildId(1)).is_complete());
    fill(&mut cache);
    assert!(cache.presences().in_guild(GuildId(1)).is_complete(), "READY ends it");
}
