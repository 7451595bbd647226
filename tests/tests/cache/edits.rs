//! Changes by hand, and ways through views and between rows.

use gatewright_core::cache::{
    Applied, Cache, Change, Components, Heap, Kind, Limit, Members, Memory, OwnedRow, Settings,
};
use gatewright_core::model::UnixMillis;
use gatewright_core::{ChannelId, GuildId, MessageId, RoleId, UserId};

use crate::support::{apply, fill, in_both, keys, message, message_in, object};

const GUILD: GuildId = GuildId(1);
const ANN: (GuildId, UserId) = (GUILD, UserId(10));

#[test]
fn what_is_removed_goes_with_what_is_in_it() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(&mut cache, "MESSAGE_CREATE", &message_in(25, 55, ""));
        let applied = cache.threads_mut().remove(ChannelId(25), &mut ());
        assert_eq!((applied.removed, cache.messages().len()), (2, 2), "the messages of a thread");
        apply(&mut cache, "THREAD_CREATE", r#"{"guild_id": "1", "id": "25", "parent_id": "21"}"#);
        apply(&mut cache, "MESSAGE_CREATE", &message_in(25, 55, ""));
        cache.channels_mut().remove(ChannelId(21), &mut ());
        assert!(cache.messages().is_empty() && cache.invites().is_empty());
        assert_eq!(keys(cache.threads()), [ChannelId(26)], "and the threads of a channel");
        cache.channels_mut().remove(ChannelId(22), &mut ());
        assert!(cache.voice_states().is_empty() && cache.stages().is_empty());
        cache.members_mut().remove(ANN, &mut ());
        assert!(cache.presences().contains(ANN), "which is in no member");
        cache.guilds_mut().remove(GUILD, &mut ());
        assert!(
            cache.roles().is_empty() && cache.presences().is_empty() && cache.guilds().is_empty()
        );
        assert_eq!(cache.guilds_mut().remove(GUILD, &mut ()), Applied::default());
        apply(&mut cache, "GUILD_ROLE_CREATE", r#"{"guild_id": "5", "role": {"id": "7"}}"#);
        assert_eq!(cache.guilds_mut().remove(GuildId(5), &mut ()).removed, 1, "known or not");
    });
}

#[test]
fn an_update_returns_what_was_and_what_is() {
    in_both!(Settings::default(), |cache| {
        let role = |name: &str| format!(r#"{{"id": "3", "name": "{name}"}}"#);
        for (name, was) in [("a", None), ("b", Some("a")), ("b", Some("b"))] {
            let json = role(name);
            let (old, new) = cache.roles_mut().update(GUILD, object(&json), &mut ());
            let old = old.map(|old| old.read().unwrap().name.unwrap().to_string());
            assert_eq!(old.as_deref(), was);
            assert_eq!(new.unwrap().read().unwrap().name.unwrap(), name);
        }
        let (old, new) = cache.roles_mut().update(GUILD, object("{}"), &mut ());
        assert!(old.is_none() && new.is_none(), "no row is named");

        fill(&mut cache);
        let offline = r#"{"user": {"id": "10"}, "status": "offline"}"#;
        let (old, new) = cache.presences_mut().update(GUILD, object(offline), &mut ());
        assert!(old.is_some() && new.is_none());
        let left = r#"{"user_id": "10", "channel_id": null}"#;
        let (old, new) = cache.voice_states_mut().update(GUILD, object(left), &mut ());
        assert!(old.is_some() && new.is_none());
        let nick = r#"{"user": {"username": "x", "id": "10"}, "nick": "new"}"#;
        let (old, new) = cache.members_mut().update(GUILD, object(nick), &mut ());
        let nick = |row: Option<_>| -> String {
            let row: OwnedRow<Members> = row.unwrap();
            row.read().unwrap().nick.value().unwrap().to_string()
        };
        assert_eq!((nick(old), nick(new)), ("A".into(), "new".into()));
        let (old, new) = cache.invites_mut().update(
            GUILD,
            object(r#"{"code": "a\u0062c", "uses": 7}"#),
            &mut (),
        );
        assert_eq!(old.unwrap().read().unwrap().uses, Some(0));
        assert_eq!(new.unwrap().read().unwrap().uses, Some(7));
        let sound = r#"{"sound_id": "40", "name": "new"}"#;
        let (old, new) = cache.sounds_mut().update(GUILD, object(sound), &mut ());
        assert!(old.is_some() && old != new);
        let unknown = r#"{"id": "999", "content": "x"}"#;
        let (old, new) = cache.messages_mut().update(object(unknown), &mut ());
        assert!(old.is_none() && new.is_none(), "one that is not there is not made");
    });
    let settings = Settings::default().with_components(Components::all() - Components::ROLES);
    in_both!(settings, |cache| {
        let (old, new) = cache.roles_mut().update(GUILD, object(r#"{"id": "3"}"#), &mut ());
        assert!(old.is_none() && new.is_none(), "it is off");
    });
}

/// Fills every table, with several guilds and channels, some of them empty again, and rows that are kept.
fn fill_more<M: Memory>(cache: &mut Cache<M>) {
    fill(cache);
    for id in 60..70 {
        apply(cache, "MESSAGE_CREATE", &message_in(20 + id % 3, id, ""));
    }
    for guild in [3, 4, 5] {
        let json = format!(
            r#"{{"id": "{guild}", "roles": [{{"id": "{guild}00"}}, {{"id": "{guild}01"}}],
            "members": [{{"user": {{"id": "10"}}}}, {{"user": {{"id": "77"}}}}]}}"#
        );
        apply(cache, "GUILD_CREATE", &json);
    }
    apply(cache, "GUILD_ROLE_DELETE", r#"{"guild_id": "4", "role_id": "400"}"#);
    apply(cache, "GUILD_ROLE_DELETE", r#"{"guild_id": "4", "role_id": "401"}"#);
    apply(cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "10"}}"#);
    apply(cache, "MESSAGE_DELETE", r#"{"id": "50", "channel_id": "21"}"#);
}

#[test]
fn views_go_backwards_as_they_go_forwards() {
    in_both!(Settings::default(), |cache| {
        macro_rules! check {
            ($($view:expr;)*) => {$({
                let view = $view;
                let mut forwards: Vec<String> = view.iter().map(|row| format!("{:?}", row.key())).collect();
                let mut rows = view.iter();
                let (mut ends, mut front) = (Vec::new(), true);
                while let Some(row) = if front { rows.next() } else { rows.next_back() } {
                    ends.push(format!("{:?}", row.key()));
                    front = !front;
                }
                assert!(rows.next().is_none() && rows.next_back().is_none());
                ends.sort();
                let mut sorted = forwards.clone();
                sorted.sort();
                assert_eq!(ends, sorted, stringify!($view));
                forwards.reverse();
                let backwards: Vec<String> =
                    view.iter().rev().map(|row| format!("{:?}", row.key())).collect();
                assert_eq!(backwards, forwards, stringify!($view));
                assert_eq!(view.len(), forwards.len(), stringify!($view));
                assert_eq!(view.is_empty(), forwards.is_empty());
            })*};
        }
        for full in [false, true] {
            if full {
                fill_more(&mut cache);
            }
            check! {
                cache.channels(); cache.channels().visible(); cache.roles(); cache.members();
                cache.roles().in_guild(GuildId(3)); cache.roles().in_guild(GuildId(4));
                cache.guilds(); cache.guilds().available(); cache.guilds().unavailable();
                cache.guilds().available().unavailable();
                cache.messages(); cache.messages().in_guild(GUILD);
                cache.messages().in_channel(ChannelId(21)); cache.messages().kept();
                cache.members().kept(); cache.members().kept().in_guild(GUILD);
                cache.members().in_guild(GuildId(3)).kept(); cache.users(); cache.dm_channels();
                cache.threads().in_channel(ChannelId(21)); cache.invites(); cache.emojis().kept();
                cache.presences(); cache.voice_states().in_channel(ChannelId(22)); cache.stages();
            }
        }
        let newest = cache.messages().in_channel(ChannelId(21)).iter().next_back().unwrap();
        assert_eq!(newest.key(), MessageId(67));
    });
}

#[test]
fn what_narrows_a_view_narrows_what_it_was() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(
            &mut cache,
            "GUILD_CREATE",
            r#"{"id": "3", "roles": [{"id": "30"}], "members": [{"user": {"id": "10"}}]}"#,
        );
        assert!(cache.roles().in_guild(GUILD).in_guild(GuildId(3)).is_empty());
        assert!(!cache.roles().in_guild(GUILD).contains(RoleId(30)));
        let messages = cache.messages();
        let channel = ChannelId(21);
        assert_eq!(messages.in_guild(GUILD).in_channel(channel).len(), 2);
        assert_eq!(messages.in_channel(channel).in_guild(GUILD).len(), 2);
        assert!(messages.in_guild(GuildId(3)).in_channel(channel).is_empty());
        assert!(messages.in_channel(channel).in_guild(GuildId(3)).is_empty());
        assert!(messages.in_channel(channel).in_channel(ChannelId(22)).is_empty());
        let threads = cache.threads();
        assert!(threads.in_channel(channel).in_channel(ChannelId(20)).is_empty());
        assert_eq!(threads.in_channel(channel).in_channel(channel).len(), 1);
        assert_eq!(cache.stages().in_channel(ChannelId(22)).len(), 1);

        apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "10"}}"#);
        assert_eq!(keys(cache.members().in_guild(GUILD).kept()), [ANN]);
        assert_eq!(keys(cache.members().kept().in_guild(GUILD)), [ANN]);
        assert!(cache.members().kept().in_guild(GuildId(3)).is_empty());
        assert!(cache.members().kept().contains(ANN) && !cache.members().contains(ANN));
    });
}

#[test]
fn rows_lead_to_those_they_name() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        apply(&mut cache, "GUILD_UPDATE", r#"{"id": "1", "owner_id": "10"}"#);
        let guild = cache.guilds().get(GUILD).unwrap();
        assert_eq!(guild.owner().unwrap().key(), ANN);
        assert_eq!(guild.my_member().unwrap().user_id(), UserId(9));
        assert_eq!(guild.guild().unwrap().key(), GUILD);
        let ann = cache.members().get(ANN).unwrap();
        assert_eq!(ann.presence().unwrap().key(), ANN);
        assert_eq!(ann.roles().map(|role| role.key()).collect::<Vec<_>>(), [RoleId(3)]);
        let state = ann.voice_state().unwrap();
        assert_eq!(state.channel().unwrap().key(), ChannelId(22));
        assert_eq!((state.user().unwrap().key(), state.member().unwrap().key()), (ANN.1, ANN));
        let presence = cache.presences().get(ANN).unwrap();
        assert_eq!(
            (presence.user().unwrap().key(), presence.member().unwrap().key()),
            (ANN.1, ANN)
        );
        let bot = cache.members().get((GUILD, UserId(9))).unwrap();
        assert!(bot.presence().is_none() && bot.voice_state().is_none());

        let channel = cache.channels().get(ChannelId(21)).unwrap();
        assert_eq!(channel.parent().unwrap().key(), ChannelId(20));
        assert!(channel.parent().unwrap().parent().is_none());
        assert_eq!(channel.guild().unwrap().key(), GUILD);
        assert_eq!(cache.threads().at(0).unwrap().parent().unwrap().key(), ChannelId(21));
        assert_eq!(cache.stages().at(0).unwrap().channel().unwrap().key(), ChannelId(22));
        assert_eq!(cache.invites().at(0).unwrap().channel().unwrap().key(), ChannelId(21));

        let answer = cache.messages().get(MessageId(51)).unwrap();
        assert_eq!(answer.channel().unwrap().key(), answer.channel_id());
        assert_eq!((answer.channel_id(), answer.thread().is_none()), (ChannelId(21), true));
        apply(&mut cache, "MESSAGE_CREATE", &message_in(25, 56, ""));
        let in_thread = cache.messages().get(MessageId(56)).unwrap();
        assert_eq!(in_thread.thread().unwrap().key(), ChannelId(25));
        assert!(in_thread.channel().is_none());
    });
}

fn evicted<M: Memory>(cache: &Cache<M>) -> [u32; 4] {
    let evicted = cache.statistics(Kind::Message).evicted;
    [evicted.by_limit, evicted.by_channel_limit, evicted.by_sweep, evicted.total()]
}

#[test]
fn evictions_are_counted_by_what_took_the_rows() {
    let settings = Settings::default()
        .with_limit(Kind::Message, Limit::oldest(4))
        .with_max_messages_per_channel(3);
    in_both!(settings, |cache| {
        (1..=3).for_each(|id| _ = apply(&mut cache, "MESSAGE_CREATE", &message(id, "")));
        assert_eq!(evicted(&cache), [0; 4]);
        apply(&mut cache, "MESSAGE_CREATE", &message(4, ""));
        assert_eq!(evicted(&cache), [0, 1, 0, 1]);
        apply(&mut cache, "MESSAGE_CREATE", &message_in(22, 5, ""));
        apply(&mut cache, "MESSAGE_CREATE", &message_in(22, 6, ""));
        assert_eq!(evicted(&cache), [1, 1, 0, 2]);
        let applied =
            cache.sweep(UnixMillis(2_000_000_000_000), core::time::Duration::ZERO, &mut ());
        assert_eq!((applied.removed - 1, applied.evicted), (4, 0), "with the author");
        assert_eq!(evicted(&cache), [1, 1, 4, 6]);
    });
}

#[test]
fn observers_see_the_session() {
    let mut cache = Cache::new(Settings::default());
    let ready = r#"{"user": {"id": "9"}, "guilds": [{"id": "1"}, {"id": "2"}]}"#;
    apply(&mut cache, "READY", ready);
    let mut seen = Vec::new();
    let event = crate::support::event("GUILD_CREATE", r#"{"id": "1", "name": "g"}"#);
    cache.apply(&event, &mut |change: &Change<'_, Heap>| {
        let tables = change.tables();
        seen.push((tables.my_id(), tables.is_cold(), tables.awaited()));
    });
    assert_eq!(seen, [(Some(UserId(9)), false, 2)], "the guild itself comes after its rows");
    assert_eq!((cache.tables().awaited(), cache.tables().settings().max_rows), (1, 1 << 24));
}
