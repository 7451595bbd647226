//! What is told: what became of a guild and a channel, arrivals, cold sessions, changes, and copies of rows.

use gatewright_core::cache::{
    Applied, Arrivals, Arrived, Cache, Change, Collected, Components, GuildNews, Heap, Kind,
    Members, Memory, Messages, Observer, OwnedChange, Parent, Roles, Settings, Sight, Users,
};
use gatewright_core::model::{ChannelFlags, UnavailableGuild};
use gatewright_core::{ChannelId, GuildId, Instant, MessageId, RoleId, UserId};
use serde::Deserialize;

use crate::support::{
    GUILD, READY, apply, event, fill, hear, in_both, keys, message, message_in, object,
};

#[test]
fn what_became_of_a_guild_is_told() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "READY", READY);
        for (name, json, news) in [
            ("GUILD_CREATE", GUILD, Some(GuildNews::Available)),
            ("GUILD_CREATE", r#"{"id": "7", "name": "new"}"#, Some(GuildNews::Joined)),
            ("GUILD_CREATE", r#"{"id": "7", "name": "again"}"#, None),
            ("GUILD_UPDATE", r#"{"id": "7", "name": "other"}"#, None),
            ("GUILD_DELETE", r#"{"id": "7", "unavailable": true}"#, Some(GuildNews::Unavailable)),
            (
                "GUILD_CREATE",
                r#"{"id": "7", "name": "back", "unavailable": false}"#,
                Some(GuildNews::Available),
            ),
            ("GUILD_CREATE", r#"{"id": "7", "unavailable": true}"#, Some(GuildNews::Unavailable)),
            ("GUILD_DELETE", r#"{"id": "7"}"#, Some(GuildNews::Left)),
            ("GUILD_DELETE", r#"{"id": "7"}"#, None),
            ("GUILD_DELETE", r#"{"id": "8", "unavailable": true}"#, Some(GuildNews::Unavailable)),
            ("GUILD_DELETE", r#"{"id": "2", "unavailable": false}"#, Some(GuildNews::Left)),
            ("GUILD_ROLE_DELETE", r#"{"guild_id": "1", "role_id": "3"}"#, None),
        ] {
            let told = apply(&mut cache, name, json).guild;
            assert_eq!(told.map(|(_, news)| news), news, "{name} {json}");
            let id = object(json).decode::<UnavailableGuild>().ok().map(|guild| guild.id);
            assert!(told.is_none_or(|(guild, _)| Some(guild) == id), "{name} {json}");
        }
    });
}

/// Hears news alone.
#[derive(Default)]
struct News(Vec<String>);

impl<M: Memory> Observer<M> for News {
    fn changed(&mut self, _: &Change<'_, M>) {}

    fn guild(&mut self, guild: GuildId, news: GuildNews) {
        self.0.push(format!("{news:?} {guild}"));
    }

    fn channel(&mut self, channel: ChannelId, sight: Sight) {
        self.0.push(format!("{sight:?} {channel}"));
    }
}

#[test]
fn an_observer_hears_of_each_guild_and_each_channel() {
    in_both!(Settings::default(), |cache| {
        for id in 1..=4 {
            apply(&mut cache, "GUILD_CREATE", &format!(r#"{{"id": "{id}"}}"#));
        }
        let hidden = ChannelFlags::CHANNEL_OBFUSCATED.bits();
        let channels = |first: u64, second: u64| {
            format!(
                r#"{{"id": "3", "channels": [{{"id": "30", "flags": {first}}}, {{"id": "31", "flags": {second}}},
                {{"id": "32"}}]}}"#
            )
        };
        apply(&mut cache, "GUILD_CREATE", &channels(0, hidden));
        let mut news = News::default();
        let applied = cache.apply(&event("GUILD_CREATE", &channels(hidden, 0)), &mut news);
        assert_eq!(news.0, ["Hidden 30", "Visible 31"]);
        assert_eq!(applied.channel, Some((ChannelId(31), Sight::Visible)));

        let mut news = News::default();
        let ready = r#"{"user": {"id": "9"}, "guilds": [{"id": "2"}, {"id": "5"}]}"#;
        let applied = cache.apply(&event("READY", ready), &mut news);
        assert_eq!(news.0, ["Left 1", "Left 3", "Left 4"]);
        assert_eq!(applied.guild, Some((GuildId(4), GuildNews::Left)));
    });
}

#[test]
fn with_guilds_off_it_is_told_all_the_same_what_became_of_them() {
    let settings = Settings::default().with_components(Components::all() - Components::GUILDS);
    in_both!(settings, |cache| {
        apply(&mut cache, "READY", READY);
        for (name, news) in [
            ("GUILD_CREATE", Some(GuildNews::Available)),
            ("GUILD_CREATE", None),
            ("GUILD_DELETE", Some(GuildNews::Left)),
            ("GUILD_CREATE", Some(GuildNews::Joined)),
            ("GUILD_CREATE", None),
        ] {
            let news = news.map(|news| (GuildId(1), news));
            assert_eq!(apply(&mut cache, name, r#"{"id": "1"}"#).guild, news, "{name}");
        }
        assert!(cache.guilds().is_empty());
    });
}

#[test]
fn rows_of_what_is_not_known_are_told_with_it() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "READY", READY);
        apply(&mut cache, "GUILD_CREATE", GUILD);
        let (guild, channel) = (Parent::Guild(GuildId(7)), Parent::Channel(ChannelId(99)));
        for (name, json, unknown) in [
            ("GUILD_ROLE_CREATE", r#"{"guild_id": "7", "role": {"id": "70"}}"#, Some(guild)),
            ("GUILD_ROLE_CREATE", r#"{"guild_id": "1", "role": {"id": "71"}}"#, None),
            ("GUILD_MEMBER_ADD", r#"{"guild_id": "2", "user": {"id": "72"}}"#, None),
            ("GUILD_MEMBER_ADD", r#"{"guild_id": "7", "user": {"id": "72"}}"#, Some(guild)),
            ("THREAD_CREATE", r#"{"guild_id": "1", "id": "73", "parent_id": "99"}"#, Some(channel)),
            ("THREAD_CREATE", r#"{"guild_id": "1", "id": "73", "parent_id": "21"}"#, None),
            ("MESSAGE_CREATE", &message_in(99, 74, ""), Some(channel)),
            ("MESSAGE_CREATE", &message_in(73, 75, ""), None),
            ("MESSAGE_CREATE", r#"{"id": "76", "channel_id": "99"}"#, None),
        ] {
            let applied = apply(&mut cache, name, json);
            assert_eq!(applied.unknown_parent, unknown, "{name} {json}");
            assert_eq!((applied.broken, applied.refused), (0, 0), "{name} {json}");
        }
        assert!(cache.roles().contains(RoleId(70)), "and stored all the same");
        let applied = cache.roles_mut().insert(GuildId(8), object(r#"{"id": "80"}"#), &mut ());
        assert_eq!(applied.unknown_parent, Some(Parent::Guild(GuildId(8))));
    });
    let settings = Settings::default().with_components(Components::MESSAGES);
    in_both!(settings, |cache| {
        apply(&mut cache, "GUILD_CREATE", GUILD);
        let applied = apply(&mut cache, "MESSAGE_CREATE", &message(50, ""));
        assert_eq!(applied.unknown_parent, None, "no channel is known");
    });
}

#[test]
fn an_event_that_lacks_an_id_is_counted() {
    in_both!(Settings::default(), |cache| {
        for (name, json, kind) in [
            ("GUILD_ROLE_CREATE", r#"{"role": {"id": "3"}}"#, Kind::Role),
            ("GUILD_ROLE_CREATE", r#"{"guild_id": "1"}"#, Kind::Role),
            ("GUILD_ROLE_DELETE", r#"{"guild_id": "1"}"#, Kind::Role),
            ("GUILD_EMOJIS_UPDATE", r#"{"emojis": []}"#, Kind::Emoji),
            ("GUILD_MEMBER_ADD", r#"{"user": {"id": "10"}}"#, Kind::Member),
            ("GUILD_MEMBER_REMOVE", r#"{"guild_id": "1"}"#, Kind::Member),
            ("PRESENCE_UPDATE", r#"{"user": {"id": "10"}, "status": "idle"}"#, Kind::Presence),
            ("THREAD_CREATE", r#"{"id": "25"}"#, Kind::Thread),
            ("MESSAGE_CREATE", r#"{"id": "50"}"#, Kind::Message),
        ] {
            let before = cache.statistics(kind).broken;
            assert_eq!(apply(&mut cache, name, json).broken, 1, "{name} {json}");
            assert_eq!(cache.statistics(kind).broken, before + 1, "{name} {json}");
        }
        for (name, json) in [
            ("INVITE_CREATE", r#"{"channel_id": "60", "code": "group"}"#),
            ("VOICE_STATE_UPDATE", r#"{"user_id": "10", "channel_id": "60"}"#),
        ] {
            assert_eq!(apply(&mut cache, name, json), Applied::default(), "in no guild: {name}");
        }
    });
}

#[test]
fn a_channel_that_is_hidden_or_shown_is_told() {
    in_both!(Settings::default(), |cache| {
        let channel =
            |flags: u64| format!(r#"{{"id": "20", "guild_id": "1", "type": 0, "flags": {flags}}}"#);
        let hidden = ChannelFlags::CHANNEL_OBFUSCATED.bits();
        for (flags, sight, visible) in [
            (0, None, 1),
            (16, None, 1),
            (hidden | 16, Some(Sight::Hidden), 0),
            (hidden, None, 0),
            (0, Some(Sight::Visible), 1),
        ] {
            assert_eq!(
                apply(&mut cache, "CHANNEL_UPDATE", &channel(flags)).channel,
                sight.map(|sight| (ChannelId(20), sight)),
                "{flags}"
            );
            assert_eq!((cache.channels().visible().len(), cache.channels().len()), (visible, 1));
            assert_eq!(cache.channels().visible().contains(ChannelId(20)), visible == 1);
        }
        apply(&mut cache, "CHANNEL_DELETE", &channel(0));
        assert_eq!(
            apply(&mut cache, "CHANNEL_CREATE", &channel(hidden)).channel,
            None,
            "it was never seen"
        );
        assert_eq!(cache.channels().in_guild(GuildId(1)).visible().iter().count(), 0);
    });
}

#[test]
fn arrivals_are_over_when_all_came_or_nobody_comes_any_more() {
    let ready = r#"{"v": 10, "user": {"id": "9"}, "guilds": [{"id": "1", "unavailable": true}, {"id": "2", "unavailable": true}, {"id": "3", "unavailable": true}]}"#;
    let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
    in_both!(Settings::default(), |cache| {
        let mut arrivals = Arrivals::default();
        assert_eq!((arrivals.observe(at(0), cache.tables()), arrivals.deadline()), (None, None));
        apply(&mut cache, "READY", ready);
        assert_eq!((arrivals.observe(at(1), cache.tables()), cache.awaited()), (None, 3));
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "1"}"#);
        assert_eq!((arrivals.observe(at(10), cache.tables()), cache.awaited()), (None, 2));
        apply(&mut cache, "MESSAGE_CREATE", &message(50, ""));
        assert_eq!(arrivals.observe(at(20), cache.tables()), None, "which is no guild");
        assert_eq!(arrivals.deadline(), Some(at(25)));
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "3"}"#);
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "3"}"#);
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "2", "unavailable": true}"#);
        assert_eq!((arrivals.observe(at(24), cache.tables()), cache.awaited()), (None, 1));
        assert_eq!(arrivals.observe(at(39), cache.tables()), Some(Arrived { missing: 1 }));
        assert_eq!(keys(cache.guilds().unavailable()), [GuildId(2)]);
        assert_eq!((arrivals.observe(at(99), cache.tables()), arrivals.deadline()), (None, None));
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "2"}"#);
        assert_eq!((arrivals.observe(at(100), cache.tables()), cache.awaited()), (None, 0));

        apply(&mut cache, "READY", ready);
        assert_eq!(arrivals.observe(at(200), cache.tables()), None);
        for id in [1, 2] {
            apply(&mut cache, "GUILD_CREATE", &format!(r#"{{"id": "{id}"}}"#));
        }
        assert_eq!(arrivals.observe(at(201), cache.tables()), None);
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "3"}"#);
        assert_eq!(
            arrivals.observe(at(202), cache.tables()),
            Some(Arrived { missing: 0 }),
            "one was left meanwhile"
        );
    });
}

#[test]
fn a_session_that_is_resumed_with_an_empty_cache_is_cold_until_a_ready() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "GUILD_CREATE", r#"{"id": "3"}"#);
        assert!(!cache.is_cold() && cache.roles().in_guild(GuildId(3)).is_complete());
        apply(&mut cache, "RESUMED", "{}");
        assert!(cache.is_cold() && !cache.roles().in_guild(GuildId(3)).is_complete());
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "3"}"#);
        apply(&mut cache, "GUILD_ROLE_CREATE", r#"{"guild_id": "1", "role": {"id": "3"}}"#);
        assert!(cache.guilds().is_empty(), "an event of a guild nobody told of makes none");
        assert_eq!(
            (
                cache.roles().in_guild(GuildId(1)).len(),
                cache.roles().at(0).unwrap().guild().is_none()
            ),
            (1, true)
        );
        apply(&mut cache, "READY", READY);
        apply(&mut cache, "GUILD_CREATE", GUILD);
        assert!(!cache.is_cold() && cache.roles().in_guild(GuildId(1)).is_complete());
        apply(&mut cache, "RESUMED", "{}");
        assert!(!cache.is_cold(), "what was told is here");
        cache.clear(&mut ());
        apply(&mut cache, "RESUMED", "{}");
        assert!(cache.is_cold());
    });
}

#[test]
fn guilds_are_available_or_not() {
    in_both!(Settings::default(), |cache| {
        apply(&mut cache, "READY", READY);
        assert_eq!(
            (
                cache.guilds().len(),
                cache.guilds().available().len(),
                cache.guilds().unavailable().len()
            ),
            (0, 0, 2)
        );
        assert!(cache.guilds().get(GuildId(1)).is_none());
        apply(&mut cache, "GUILD_CREATE", GUILD);
        assert_eq!(keys(cache.guilds().available()), [GuildId(1)]);
        let announced = cache.guilds().unavailable().at(0).unwrap();
        assert_eq!(
            (announced.key(), announced.is_known(), announced.is_available()),
            (GuildId(2), false, false)
        );
        apply(&mut cache, "GUILD_DELETE", r#"{"id": "1", "unavailable": true}"#);
        assert_eq!(keys(cache.guilds().unavailable()), [GuildId(1), GuildId(2)]);
        assert_eq!((cache.guilds().len(), cache.guilds().available().is_empty()), (1, true));
        assert_eq!(
            cache.guilds().get(GuildId(1)).unwrap().read().unwrap().name.unwrap(),
            "guild",
            "as old as the outage"
        );
    });
}

/// Hears what it is told in every way there is.
#[derive(Default)]
struct Ears {
    nicks: Vec<(Option<String>, Option<String>)>,
    tables: usize,
}

impl Observer<Heap> for Ears {
    fn changed(&mut self, change: &Change<'_, Heap>) {
        let nick = |row: gatewright_core::cache::Row<'_, Members, Heap>| {
            row.read().unwrap().nick.value().map(|nick| nick.to_string()).unwrap_or_default()
        };
        assert!(change.before::<Roles>().is_none() && change.after::<Messages>().is_none());
        if change.kind() == Kind::Member {
            self.nicks.push((change.before().map(nick), change.after().map(nick)));
        }
        self.tables = change.tables().users().len();
    }
}

#[test]
fn only_what_changed_is_told() {
    let mut cache = Cache::new(Settings::default());
    fill(&mut cache);
    let update = |nick| format!(r#"{{"guild_id": "1", "user": {{"id": "10"}}, "nick": "{nick}"}}"#);
    let mut ears = Ears::default();
    for nick in ["A", "B", "B", "C"] {
        cache.apply(&event("GUILD_MEMBER_UPDATE", &update(nick)), &mut ears);
    }
    let change = |old: &str, new: &str| (Some(old.to_owned()), Some(new.to_owned()));
    assert_eq!(ears.nicks, [change("A", "B"), change("B", "C")]);
    assert_eq!(ears.tables, cache.users().len());
    cache.apply(
        &event("GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "10"}}"#),
        &mut ears,
    );
    assert_eq!(ears.nicks.last().unwrap(), &(Some("C".to_owned()), None));

    let mut kinds = Vec::new();
    cache.apply(&event("GUILD_CREATE", GUILD), &mut |change: &Change<'_, Heap>| {
        kinds.push(change.kind())
    });
    assert_eq!(
        kinds,
        [Kind::Member, Kind::Presence, Kind::VoiceState, Kind::Guild],
        "of all that came"
    );
    assert_eq!(apply(&mut cache, "GUILD_CREATE", GUILD), Applied::default());

    let mut collected = Collected::default();
    cache.apply(
        &event("GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "18", "username": "new"}}"#),
        &mut collected,
    );
    let [
        OwnedChange::Guild { before: Some(_), after: Some(_) },
        OwnedChange::User { before: None, after: Some(user) },
        OwnedChange::Member { before: None, after: Some(member) },
    ] = &collected.0[..]
    else {
        panic!("{collected:?}")
    };
    assert_eq!(user.read().unwrap().id, UserId(18));
    assert_eq!(member.read().unwrap().user.unwrap().username.unwrap(), "new");
}

#[test]
fn copies_of_rows_have_in_them_what_they_refer_to() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let answer = cache.messages().get(MessageId(51)).unwrap();
        assert_eq!(
            answer.read().unwrap().referenced_message.value(),
            None,
            "which is a row of its own"
        );
        let answer = answer.into_owned();
        let read = answer.read().unwrap();
        assert_eq!(read.author.unwrap().username.unwrap(), "ann");
        assert_eq!(read.content.unwrap(), "hello 51");
        let member = read.member.unwrap().get().unwrap();
        assert_eq!(
            (member.nick.value().unwrap().to_string(), member.roles.count()),
            ("A".to_owned(), 1)
        );
        let answered = read.referenced_message.value().unwrap().get().unwrap();
        assert_eq!(answered.content.unwrap(), "hello 50");
        let mentioned = answered.mentions.iter().next().unwrap().unwrap();
        assert_eq!(mentioned.username.unwrap(), "amy");

        let member = cache.members().at(0).unwrap().into_owned();
        let read = member.read().unwrap();
        assert_eq!(
            (
                read.user.unwrap().username.unwrap().to_string(),
                read.nick.value().unwrap().to_string()
            ),
            ("ann".into(), "A".into())
        );
        let state = cache.voice_states().at(0).unwrap().into_owned();
        assert_eq!(
            state.read().unwrap().member.unwrap().get().unwrap().user.unwrap().id,
            UserId(10)
        );
        let invite = cache.invites().at(0).unwrap().into_owned();
        assert_eq!(invite.read().unwrap().inviter.unwrap().username.unwrap(), "ann");
        let emoji = cache.emojis().at(0).unwrap().into_owned();
        assert_eq!(emoji.read().unwrap().user.unwrap().get().unwrap().username.unwrap(), "eve");
        assert_eq!(emoji, emoji.clone());
        let event = cache.scheduled_events().at(0).unwrap().into_owned();
        assert_eq!(event.read().unwrap().creator.unwrap().get().unwrap().username.unwrap(), "joe");
    });
}

#[test]
fn rows_are_read_as_types_of_ones_own() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Own {
        id: String,
        name: String,
        position: Option<u8>,
    }
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let role = cache.roles().at(1).unwrap();
        let own: Own = role.deserialize(&mut [0; 32]).unwrap();
        assert_eq!(own, Own { id: "3".into(), name: "mod".into(), position: Some(1) });
        assert_eq!(role.into_owned().deserialize::<Own>().unwrap(), own);
        assert!(
            role.decode::<gatewright_core::cache::DmChannel>().is_ok(),
            "of which nothing is there"
        );
        assert!(role.decode::<u32>().is_err());
    });
}

#[test]
fn a_message_and_its_answer_are_linked_however_they_came() {
    in_both!(Settings::default(), |cache| {
        let answer = message(
            51,
            r#", "referenced_message": {"id": "50", "channel_id": "21", "content": "edited"}"#,
        );
        apply(&mut cache, "MESSAGE_CREATE", &answer);
        assert!(
            cache.messages().at(0).unwrap().referenced_message().is_none(),
            "which was not there"
        );
        assert!(!cache.messages().contains(MessageId(50)));
        apply(&mut cache, "MESSAGE_CREATE", &message(50, ""));
        assert_eq!(hear(&mut cache, "MESSAGE_CREATE", &answer), ["~Message", "~Message"]);
        let linked = cache.messages().get(MessageId(51)).unwrap().referenced_message().unwrap();
        assert_eq!(
            linked.read().unwrap().content.unwrap(),
            "edited",
            "an answer tells of what it answers"
        );
        let delete = |id| format!(r#"{{"id": "{id}", "channel_id": "21", "guild_id": "1"}}"#);
        assert_eq!(hear(&mut cache, "MESSAGE_DELETE", &delete(50)), ["-Message"]);
        assert_eq!(hear(&mut cache, "MESSAGE_DELETE", &delete(50)), Vec::<String>::new());
        assert!(
            cache.messages().get(MessageId(51)).unwrap().referenced_message().unwrap().is_kept()
        );
        assert_eq!(hear(&mut cache, "MESSAGE_DELETE", &delete(51)), ["-Message", "-User"]);
        assert!(cache.messages().kept().is_empty() && cache.users().is_empty());
    });
}

#[test]
fn channels_of_direct_messages_are_known_by_who_is_at_the_other_end() {
    in_both!(Settings::default(), |cache| {
        for json in [
            r#"{"id": "60", "type": 1, "recipients": [{"id": "16"}]}"#,
            r#"{"id": "61", "type": 3, "recipients": [{"id": "16"}, {"id": "17"}]}"#,
            r#"{"id": "62", "type": 1, "recipients": []}"#,
            r#"{"id": "63", "type": 1}"#,
        ] {
            assert_eq!(apply(&mut cache, "CHANNEL_CREATE", json).broken, 0, "{json}");
        }
        assert_eq!(keys(cache.dm_channels()), [UserId(16)]);
        assert_eq!(cache.dm_channels().at(0).unwrap().read().unwrap().channel_id, ChannelId(60));
        assert!(cache.channels().is_empty() && cache.users().is_empty());
        cache.dm_channels_mut().insert(UserId(16), ChannelId(70), &mut ());
        assert_eq!(
            cache.dm_channels().get(UserId(16)).unwrap().read().unwrap().channel_id,
            ChannelId(70)
        );
        let direct =
            r#"{"id": "50", "channel_id": "70", "content": "psst", "author": {"id": "16"}}"#;
        apply(&mut cache, "MESSAGE_CREATE", direct);
        let row = cache.messages().in_channel(ChannelId(70)).at(0).unwrap();
        assert!(row.guild_id().is_none() && row.guild().is_none() && row.member().is_none());
        assert!(cache.messages_mut().insert(None, object(direct), &mut ()) == Applied::default());
    });
}

#[test]
fn what_was_looked_up_and_done_is_counted() {
    in_both!(Settings::default(), |cache| {
        fill(&mut cache);
        let roles = cache.statistics(Kind::Role);
        assert_eq!(
            (roles.rows, roles.kept, roles.added, roles.hits, roles.misses),
            (2, 0, 2, 0, 0)
        );
        assert!(roles.bytes > 20 && cache.memory().used >= roles.bytes);
        assert!(cache.users().contains(UserId(10)) && !cache.users().contains(UserId(99)));
        assert_eq!(
            (cache.statistics(Kind::User).hits, cache.statistics(Kind::User).misses),
            (1, 1)
        );
        apply(&mut cache, "GUILD_MEMBER_REMOVE", r#"{"guild_id": "1", "user": {"id": "10"}}"#);
        let members = cache.statistics(Kind::Member);
        assert_eq!((members.rows, members.kept, members.removed), (2, 1, 1), "{members:?}");
        let users: Vec<_> = cache.users().iter().map(|user| user.key()).collect();
        assert_eq!(users.len(), cache.statistics(Kind::User).rows as usize);
        let _ = gatewright_core::cache::View::<Users, _>::clone(&cache.users());
    });
}
