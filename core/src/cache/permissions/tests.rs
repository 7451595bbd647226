use core::time::Duration;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::cache::{Components, Heap, Settings};
use crate::rng::Rng;
use crate::{Dispatch, Encoding};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const BEFORE: &str = "2023-11-14T22:13:19+00:00";
const AFTER: &str = "2023-11-14T22:13:20.001000+00:00";

type P = Permissions;

fn apply(cache: &mut Cache<Heap>, name: &str, json: &str) {
    let event = Dispatch::new(name, None, Encoding::Json, json.as_bytes()).unwrap();
    assert_eq!(cache.apply(&event, &mut ()).broken, 0, "{json}");
}

/// The guild 1 of owner 9: role 1 of everyone may view and send, member 5 has the roles 2 and 3.
fn guild_with(member: &str, more: &str) -> Cache<Heap> {
    let mut cache = Cache::new(Settings::default());
    apply(&mut cache, "READY", r#"{"user": {"id": "7"}, "guilds": [{"id": "1"}]}"#);
    let (all, roles) = (P::VIEW_CHANNEL | P::SEND_MESSAGES, [P::KICK_MEMBERS, P::EMBED_LINKS]);
    let json = std::format!(
        r#"{{"id": "1", "owner_id": "9", "members": [{{"user": {{"id": "5"}}, {member}}},
            {{"user": {{"id": "7"}}, "roles": []}}],
        "roles": [{{"id": "1", "permissions": "{}"}}, {{"id": "2", "permissions": "{}"}},
            {{"id": "3", "permissions": "{}"}}, {{"id": "4", "permissions": "8"}}], {more}}}"#,
        all.bits(),
        roles[0].bits(),
        roles[1].bits(),
    );
    apply(&mut cache, "GUILD_CREATE", &json);
    cache
}

const BASE: P =
    P::VIEW_CHANNEL.union(P::SEND_MESSAGES).union(P::KICK_MEMBERS).union(P::EMBED_LINKS);

fn in_guild(cache: &Cache<Heap>, user: u64) -> Result<P> {
    cache.permissions_in_guild(GuildId(1), UserId(user), NOW)
}

fn in_channel(cache: &Cache<Heap>, channel: u64, user: u64) -> Result<P> {
    cache.permissions_in_channel(ChannelId(channel), UserId(user), NOW)
}

/// The channel 20 with overwrites, each an id, a type, what is denied and what is allowed; thread 30 is of it.
fn channel(overwrites: &[(u64, u8, P, P)]) -> String {
    let overwrites: Vec<String> = overwrites
        .iter()
        .map(|(id, kind, deny, allow)| {
            let (allow, deny) = (allow.bits(), deny.bits());
            std::format!(
                r#"{{"id": "{id}", "type": {kind}, "allow": "{allow}", "deny": "{deny}"}}"#
            )
        })
        .collect();
    std::format!(
        r#""channels": [{{"id": "20", "type": 0, "permission_overwrites": [{}]}}],
        "threads": [{{"id": "30", "type": 11, "parent_id": "20"}}]"#,
        overwrites.join(", ")
    )
}

const ROLES_2_3: &str = r#""roles": ["2", "3"]"#;

#[test]
fn a_member_may_do_what_everyone_and_the_roles_may() {
    let cache = guild_with(ROLES_2_3, &channel(&[]));
    assert_eq!(in_guild(&cache, 5), Ok(BASE));
    assert_eq!(in_guild(&cache, 7), Ok(P::VIEW_CHANNEL | P::SEND_MESSAGES));
    assert_eq!(in_channel(&cache, 20, 5), Ok(BASE));
}

#[test]
fn the_owner_and_administrators_may_do_everything_everywhere() {
    let denied = [(1, 0, P::all(), P::empty()), (5, 1, P::all(), P::empty())];
    let timed_out = std::format!(r#""roles": ["4"], "communication_disabled_until": "{AFTER}""#);
    let cache = guild_with(&timed_out, &channel(&denied));
    for user in [5, 9] {
        assert_eq!(in_guild(&cache, user), Ok(P::all()), "{user}");
        assert_eq!(in_channel(&cache, 20, user), Ok(P::all()), "{user}");
        assert_eq!(in_channel(&cache, 30, user), Ok(P::all()), "{user}");
    }
}

#[test]
fn overwrites_count_from_everyone_over_roles_to_the_member() {
    let view = P::VIEW_CHANNEL;
    for (overwrites, expected) in [
        (vec![(1, 0, view, P::empty())], P::empty()),
        (vec![(1, 0, view, P::empty()), (2, 0, P::empty(), view)], BASE),
        // Of roles all that allow count before those that deny, in whatever order they stand.
        (vec![(2, 0, P::empty(), view), (3, 0, view, P::empty())], BASE),
        (vec![(3, 0, view, P::empty()), (2, 0, P::empty(), view)], BASE),
        (vec![(5, 1, view, P::empty()), (2, 0, P::empty(), view)], P::empty()),
        (vec![(5, 1, P::empty(), view), (2, 0, view, P::empty())], BASE),
        // Nothing of this is about the member: another's, a role it has not, a type nobody knows.
        (vec![(6, 1, view, P::empty()), (4, 0, view, P::empty()), (5, 0, view, P::empty())], BASE),
        (vec![(2, 1, view, P::empty()), (5, 2, view, P::empty())], BASE),
        (vec![(5, 1, P::empty(), P::CONNECT)], BASE | P::CONNECT),
        // One that denies and allows the same allows it.
        (vec![(1, 0, view, view)], BASE),
    ] {
        let cache = guild_with(ROLES_2_3, &channel(&overwrites));
        assert_eq!(in_channel(&cache, 20, 5), Ok(expected), "{overwrites:?}");
    }
}

#[test]
fn what_cannot_be_done_without_another_permission_is_not_granted() {
    let more = P::MENTION_EVERYONE | P::ATTACH_FILES | P::SEND_TTS_MESSAGES | P::ADD_REACTIONS;
    let more = more | P::SEND_MESSAGES_IN_THREADS;
    let cache = guild_with(ROLES_2_3, &channel(&[(1, 0, P::SEND_MESSAGES, more)]));
    let left = P::VIEW_CHANNEL | P::KICK_MEMBERS | P::ADD_REACTIONS | P::SEND_MESSAGES_IN_THREADS;
    assert_eq!(in_channel(&cache, 20, 5), Ok(left));
    // In a thread it is the other permission that counts.
    let all = more | P::VIEW_CHANNEL | P::KICK_MEMBERS | P::EMBED_LINKS;
    assert_eq!(in_channel(&cache, 30, 5), Ok(all));
    let cache = guild_with(ROLES_2_3, &channel(&[]));
    assert_eq!(in_channel(&cache, 30, 5), Ok(P::VIEW_CHANNEL | P::KICK_MEMBERS));
    let cache = guild_with(ROLES_2_3, &channel(&[(1, 0, P::VIEW_CHANNEL, more)]));
    assert_eq!(
        (in_channel(&cache, 20, 5), in_channel(&cache, 30, 5)),
        (Ok(P::empty()), Ok(P::empty()))
    );
}

#[test]
fn a_timeout_counts_until_the_time_that_is_told() {
    let more = channel(&[(1, 0, P::empty(), P::READ_MESSAGE_HISTORY)]);
    for (until, timed_out) in [(BEFORE, false), (AFTER, true)] {
        let member = std::format!(r#""roles": ["2"], "communication_disabled_until": "{until}""#);
        let cache = guild_with(&member, &more);
        let both = P::VIEW_CHANNEL | P::READ_MESSAGE_HISTORY;
        let [guild, place] = match timed_out {
            true => [P::VIEW_CHANNEL, both],
            false => [
                P::VIEW_CHANNEL | P::SEND_MESSAGES | P::KICK_MEMBERS,
                both | P::SEND_MESSAGES | P::KICK_MEMBERS,
            ],
        };
        assert_eq!((in_guild(&cache, 5), in_channel(&cache, 20, 5)), (Ok(guild), Ok(place)));
    }
    let member = std::format!(r#""roles": [], "communication_disabled_until": "{AFTER}""#);
    let cache = guild_with(&member, "\"channels\": []");
    let at = |now| cache.permissions_in_guild(GuildId(1), UserId(5), UnixMillis(now)).unwrap();
    assert_eq!(at(NOW.0), P::VIEW_CHANNEL);
    assert_eq!(at(NOW.0 + 1), P::VIEW_CHANNEL | P::SEND_MESSAGES, "it is over at its end");
    assert_eq!((at(i64::MIN), at(i64::MAX)), (P::VIEW_CHANNEL, at(NOW.0 + 1)));
    let cache = guild_with(r#""roles": [], "communication_disabled_until": "soon""#, &more);
    assert_eq!(in_guild(&cache, 5), Err(PermissionsError::Incomplete(crate::cache::Kind::Member)));
}

#[test]
fn a_deleted_role_grants_nothing_unless_roles_may_be_missing() {
    let ghost = [(8, 0, P::VIEW_CHANNEL, P::ADMINISTRATOR)];
    let mut cache = guild_with(r#""roles": ["2", "8", "3"]"#, &channel(&ghost));
    assert_eq!((in_guild(&cache, 5), in_channel(&cache, 20, 5)), (Ok(BASE), Ok(BASE)));
    // A role of another guild is none of this one.
    apply(
        &mut cache,
        "GUILD_CREATE",
        r#"{"id": "50", "roles": [{"id": "8", "permissions": "8"}]}"#,
    );
    assert_eq!((in_guild(&cache, 5), in_channel(&cache, 20, 5)), (Ok(BASE), Ok(BASE)));

    let lost = br#"{"guild_id": "50", "role": {"name": "no id"}}"#;
    let lost = Dispatch::new("GUILD_ROLE_CREATE", None, Encoding::Json, lost).unwrap();
    assert_eq!(cache.apply(&lost, &mut ()).broken, 1);
    let unknown = Err(PermissionsError::UnknownRole(RoleId(8)));
    assert_eq!((in_guild(&cache, 5), in_channel(&cache, 20, 5)), (unknown, unknown));
    assert_eq!(in_guild(&cache, 7), Ok(P::VIEW_CHANNEL | P::SEND_MESSAGES));
}

#[test]
fn where_something_is_missing_there_is_no_answer() {
    use PermissionsError as E;
    let mut cache = guild_with(ROLES_2_3, &channel(&[]));
    assert_eq!(in_guild(&cache, 6), Err(E::UnknownMember));
    assert_eq!(in_channel(&cache, 20, 6), Err(E::UnknownMember));
    assert_eq!(in_channel(&cache, 21, 5), Err(E::UnknownChannel));
    let elsewhere = cache.permissions_in_guild(GuildId(2), UserId(5), NOW);
    assert_eq!(elsewhere, Err(E::UnknownGuild));
    apply(&mut cache, "GUILD_ROLE_DELETE", r#"{"guild_id": "1", "role_id": "1"}"#);
    assert_eq!(in_guild(&cache, 5), Err(E::UnknownRole(RoleId(1))));
    apply(&mut cache, "CHANNEL_DELETE", r#"{"guild_id": "1", "id": "20"}"#);
    assert_eq!(in_channel(&cache, 20, 9), Err(E::UnknownChannel));
    apply(&mut cache, "GUILD_DELETE", r#"{"id": "1", "unavailable": true}"#);
    assert_eq!(in_guild(&cache, 9), Err(E::GuildUnavailable));
    apply(&mut cache, "GUILD_DELETE", r#"{"id": "1"}"#);
    assert_eq!(in_guild(&cache, 9), Err(E::UnknownGuild));

    let cache = guild_with(r#""nick": "no roles""#, &channel(&[]));
    assert_eq!(in_guild(&cache, 5), Err(E::Incomplete(crate::cache::Kind::Member)));
    for (channels, error) in [
        (r#"{"id": "20", "type": 0}"#, E::Incomplete(crate::cache::Kind::Channel)),
        (
            r#"{"id": "20", "permission_overwrites": [{"id": "1", "type": 0}]}"#,
            E::Incomplete(crate::cache::Kind::Channel),
        ),
        (
            r#"{"id": "20", "permission_overwrites": [7]}"#,
            E::Incomplete(crate::cache::Kind::Channel),
        ),
        (r#"{"id": "21", "permission_overwrites": []}"#, E::UnknownChannel),
    ] {
        let cache = guild_with(ROLES_2_3, &std::format!(r#""channels": [{channels}]"#));
        assert_eq!(in_channel(&cache, 20, 5), Err(error), "{channels}");
    }
    for (thread, error) in [
        (r#""parent_id": "29""#, E::UnknownParent),
        (r#""type": 11"#, E::Incomplete(crate::cache::Kind::Thread)),
    ] {
        let threads = std::format!(r#""threads": [{{"id": "30", {thread}}}]"#);
        assert_eq!(in_channel(&guild_with(ROLES_2_3, &threads), 30, 5), Err(error), "{thread}");
    }
}

#[test]
fn what_is_not_kept_gives_no_answer() {
    use PermissionsError as E;
    let expected = [
        (Components::ROLES, E::UnknownRole(RoleId(1))),
        (Components::MEMBERS, E::UnknownMember),
        (Components::GUILD_CHANNELS, E::UnknownChannel),
        (Components::GUILDS, E::UnknownGuild),
    ];
    for (off, error) in expected {
        let settings = Settings { components: Components::all() - off, ..Settings::default() };
        let mut cache = Cache::new(settings);
        let json = std::format!(
            r#"{{"id": "1", "owner_id": "9", "members": [{{"user": {{"id": "5"}}, "roles": []}}],
            "roles": [{{"id": "1", "permissions": "1024"}}], {}}}"#,
            channel(&[])
        );
        apply(&mut cache, "GUILD_CREATE", &json);
        assert_eq!(in_channel(&cache, 20, 5), Err(error), "{off:?}");
    }
}

#[test]
fn of_a_hidden_channel_only_what_is_sure_is_told() {
    let hidden = r#""channels": [{"id": "20", "type": 0, "flags": 131072,
            "permission_overwrites": [{"id": "1", "type": 0, "allow": "0", "deny": "1024"}]}],
        "threads": [{"id": "30", "type": 11, "parent_id": "20"}]"#;
    let cache = guild_with(ROLES_2_3, hidden);
    for place in [20, 30] {
        assert_eq!(in_channel(&cache, place, 5), Err(PermissionsError::HiddenChannel));
        assert_eq!(in_channel(&cache, place, 7), Ok(P::empty()), "the bot itself");
        assert_eq!(in_channel(&cache, place, 9), Ok(P::all()));
    }
    let cache = guild_with(r#""roles": ["4"]"#, hidden);
    assert_eq!(in_channel(&cache, 20, 5), Ok(P::all()));
}

#[test]
fn the_roles_of_a_member_are_those_that_exist() {
    let cache = guild_with(r#""roles": ["3", "8", "2"]"#, "\"channels\": []");
    let member = cache.members().get((GuildId(1), UserId(5))).unwrap();
    let roles: Vec<u64> = member.roles().map(|role| role.key().0).collect();
    assert_eq!(roles, [3, 2]);
    let cache = guild_with(r#""nick": "no roles""#, "\"channels\": []");
    let member = cache.members().get((GuildId(1), UserId(5))).unwrap();
    assert_eq!(member.roles().count(), 0);
}

/// The rules once more, bit by bit.
fn naive(roles: &[(u64, u64)], has: &[u64], over: &[(u64, u8, u64, u64)], thread: bool) -> u64 {
    let mut granted = [false; 64];
    let own = |id: u64| id == 1 || (has.contains(&id) && roles.iter().any(|role| role.0 == id));
    let all = |id: u64| roles.iter().find(|role| role.0 == id).map_or(0, |role| role.1);
    if (1..8).any(|id| own(id) && all(id) >> 3 & 1 == 1) {
        return u64::MAX;
    }
    for (bit, granted) in granted.iter_mut().enumerate() {
        *granted = (1..8).any(|id| own(id) && all(id) >> bit & 1 == 1);
        let phase_of = |o: &(u64, u8, u64, u64)| match (o.1, o.0) {
            (0, 1) => 0,
            (0, id) if own(id) => 1,
            (1, 5) => 2,
            _ => 3,
        };
        for phase in 0..3 {
            let over = || over.iter().filter(|o| phase_of(o) == phase);
            if over().any(|o| o.2 >> bit & 1 == 1) {
                *granted = false;
            }
            if over().any(|o| o.3 >> bit & 1 == 1) {
                *granted = true;
            }
        }
    }
    if !granted[10] {
        return 0;
    }
    if thread {
        granted[11] = false;
    }
    if !granted[if thread { 38 } else { 11 }] {
        [12, 14, 15, 17].into_iter().for_each(|bit| granted[bit] = false);
    }
    (0..64).filter(|bit| granted[*bit]).fold(0, |bits, bit| bits | 1 << bit)
}

#[test]
fn random_roles_and_overwrites_come_to_what_the_rules_say() {
    let mut rng = Rng::new(50);
    let mut draw =
        |limit: u64| u64::try_from(rng.below(Duration::from_micros(limit)).as_micros()).unwrap();
    let (mut some, mut everything, mut nothing) = (0, 0, 0);
    for _ in 0..400 {
        let mut bits = |admin: bool| {
            let mut bits =
                (draw(1 << 32) << 32 | draw(1 << 32)) & (draw(1 << 32) << 32 | draw(1 << 32));
            if !admin || draw(8) > 0 {
                bits &= !8;
            }
            if draw(2) == 0 { bits | 1 << 10 } else { bits }
        };
        let roles: Vec<(u64, u64)> = (1..6).map(|id| (id, bits(true))).collect();
        let masks: Vec<[u64; 2]> = (0..6).map(|_| [bits(false), bits(false)]).collect();
        let over: Vec<(u64, u8, u64, u64)> = masks
            .into_iter()
            .map(|[deny, allow]| (1 + draw(7), u8::from(draw(4) == 0), deny, allow))
            .collect();
        let has: Vec<u64> = (2..8).filter(|_| draw(2) == 0).collect();
        let cache = random_guild(&roles, &has, &over);
        for (place, thread) in [(20, false), (30, true)] {
            let expected = naive(&roles, &has, &over, thread);
            let found = in_channel(&cache, place, 5).unwrap().bits();
            assert_eq!(found, expected, "{roles:?} {has:?} {over:?} {thread}");
            match found {
                0 => nothing += 1,
                u64::MAX => everything += 1,
                _ => some += 1,
            }
        }
    }
    assert!(some > 200 && everything > 20 && nothing > 20, "{some} {everything} {nothing}");
}

fn random_guild(roles: &[(u64, u64)], has: &[u64], over: &[(u64, u8, u64, u64)]) -> Cache<Heap> {
    let mut cache = Cache::new(Settings::default());
    let of_role =
        |(id, bits): &(u64, u64)| std::format!(r#"{{"id": "{id}", "permissions": "{bits}"}}"#);
    let roles: Vec<String> = roles.iter().map(of_role).collect();
    let has: Vec<String> = has.iter().map(u64::to_string).collect();
    let set = P::from_bits_retain;
    let over: Vec<_> = over.iter().map(|o| (o.0, o.1, set(o.2), set(o.3))).collect();
    let json = std::format!(
        r#"{{"id": "1", "owner_id": "9", "roles": [{}], "members": [{{"user": {{"id": "5"}}, "roles": [{}]}}], {}}}"#,
        roles.join(", "),
        has.join(", "),
        channel(&over),
    );
    apply(&mut cache, "GUILD_CREATE", &json);
    cache
}
