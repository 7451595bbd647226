//! Compares a cache with the model, table by table.

use std::collections::BTreeSet;

use gatewright_core::ChannelId;
use gatewright_core::cache::{
    Cache, Channels, DmChannels, Emojis, Invites, Kind, Members, Memory, Messages, Presences,
    Roles, Row, ScheduledEvents, Sounds, Stages, Stickers, Table as Rows, Threads, Users,
    VoiceStates,
};
use serde_json::Value;

use super::model::{Id, Model, Table};

/// What is compared of a row: its name, its fields, and what it refers to.
type Seen = (Id, Value, Vec<(&'static str, Vec<Id>)>);

/// A cache, the model, and what tells where they differ.
type Both<'b, M> = (&'b Cache<M>, &'b Model, &'b dyn Fn(&str) -> String);

/// Compares a table, by how a row is named and what it refers to.
macro_rules! table {
    ($in:expr; $view:ident, $of:ident, $table:ident, $kind:ident, $id:expr, $references:expr) => {{
        let (cache, model, told) = $in;
        let see = |row| -> Seen {
            let id: Id = $id(&row);
            (id, fields(&row, Table::$table), sorted($references(&row)))
        };
        let ours: Vec<Seen> = cache.$view().iter().map(see).collect();
        let theirs = shown(model, Table::$table);
        assert_eq!(ours, theirs, "{}", told(stringify!($view)));
        assert_eq!(cache.$view().len(), theirs.len(), "{}", told("the count"));
        let ours: BTreeSet<Id> = cache.$view().kept().iter().map(|row| $id(&row)).collect();
        assert_eq!(ours, kept(model, Table::$table), "{}", told("what is kept"));
        let statistics = cache.statistics(Kind::$kind);
        assert_eq!(statistics.rows as usize, ours.len() + theirs.len());
        assert_eq!(statistics.kept as usize, ours.len());
    }};
    ($in:expr; $view:ident, $of:ident, $table:ident, $kind:ident) => {
        table!($in; $view, $of, $table, $kind, |row: &Row<'_, $of, M>| (Table::$table, 0, row.key().0), |_: &_| Vec::new())
    };
    ($in:expr; $view:ident, $of:ident, $table:ident, $kind:ident, { $($relation:ident),* }) => {
        table!($in; $view, $of, $table, $kind, |row: &Row<'_, $of, M>| (Table::$table, 0, row.key().0), |row: &Row<'_, $of, M>| {
            vec![$((stringify!($relation), row.$relation().map(|user| (Table::User, 0, user.key().0)).into_iter().collect())),*]
        })
    };
}

/// Checks that a cache holds what the model holds.
pub(super) fn compare<M: Memory>(cache: &Cache<M>, model: &Model, name: &str, json: &str) {
    let told = |what: &str| format!("{what} after {name} {json}");
    let all: Both<'_, M> = (cache, model, &told);
    plain(all);
    of_members(all);
    told_of(all);
    rooms(cache, model);
    guilds(cache, model, &told(""));
    users(cache, model, &told(""));
    let me = cache.me().map(|me| (me.key().0, fields(&me, Table::Me)));
    let own = model.listed(Table::Me, None);
    let own = own.first().map(|id| (id.2, canonical(model.rows[id].fields.clone().into())));
    assert_eq!(me, own, "{}", told("me"));
    let awaited = model.guilds.values().filter(|guild| guild.awaited).count();
    assert_eq!(
        (cache.awaited() as usize, cache.is_cold()),
        (awaited, model.cold),
        "{}",
        told("awaited")
    );
}

fn plain<M: Memory>(all: Both<'_, M>) {
    table!(all; channels, Channels, Channel, Channel);
    table!(all; emojis, Emojis, Emoji, Emoji, { user });
    table!(all; scheduled_events, ScheduledEvents, Event, ScheduledEvent, { creator });
    table!(all; members, Members, Member, Member, |row: &Row<'_, Members, M>| member(row), |_: &_| Vec::new());
    table!(all; roles, Roles, Role, Role);
    table!(all; sounds, Sounds, Sound, Sound, { user });
    table!(all; stages, Stages, Stage, Stage);
    table!(all; stickers, Stickers, Sticker, Sticker, { user });
    table!(all; threads, Threads, Thread, Thread);
    table!(all; dm_channels, DmChannels, Dm, DmChannel);
}

fn of_members<M: Memory>(all: Both<'_, M>) {
    table!(all; presences, Presences,
        Presence,
        Presence,
        |row: &Row<'_, Presences, M>| (
            Table::Presence,
            row.key().0.0,
            row.key().1.0
        ),
        |row: &Row<'_, Presences, M>| {
            vec![("emojis", row.emojis().map(|emoji| (Table::Emoji, 0, emoji.key().0)).collect())]
        }
    );
    table!(all; voice_states, VoiceStates,
        Voice,
        VoiceState,
        |row: &Row<'_, VoiceStates, M>| (
            Table::Voice,
            row.key().0.0,
            row.key().1.0
        ),
        |row: &Row<'_, VoiceStates, M>| {
            vec![("member", row.member().map(|row| member(&row)).into_iter().collect())]
        }
    );
}

fn told_of<M: Memory>(all: Both<'_, M>) {
    table!(all; invites, Invites,
        Invite,
        Invite,
        |row: &Row<'_, Invites, M>| (
            Table::Invite,
            0,
            row.key().as_bytes()[0].into()
        ),
        |row: &Row<'_, Invites, M>| {
            let user = |user: Row<'_, Users, M>| (Table::User, 0, user.key().0);
            vec![
                ("inviter", row.inviter().map(user).into_iter().collect()),
                ("target_user", row.target_user().map(user).into_iter().collect()),
            ]
        }
    );
    table!(all; messages, Messages,
        Message,
        Message,
        |row: &Row<'_, Messages, M>| (Table::Message, 0, row.key().0),
        message
    );
}

fn member<M: Memory>(row: &Row<'_, Members, M>) -> Id {
    (Table::Member, row.key().0.0, row.key().1.0)
}

fn message<M: Memory>(row: &Row<'_, Messages, M>) -> Vec<(&'static str, Vec<Id>)> {
    let user = |user: Row<'_, Users, M>| (Table::User, 0, user.key().0);
    let answered = row.referenced_message().map(|row| (Table::Message, 0, row.key().0));
    vec![
        ("author", row.author().map(user).into_iter().collect()),
        ("member", row.member().map(|row| member(&row)).into_iter().collect()),
        ("mentions", row.mentions().map(user).collect()),
        ("referenced_message", answered.into_iter().collect()),
        ("stickers", row.stickers().map(|row| (Table::Sticker, 0, row.key().0)).collect()),
    ]
}

/// Returns the rows of a table of the model, as they are to be seen.
fn shown(model: &Model, table: Table) -> Vec<Seen> {
    let mut ids = model.listed(table, None);
    if !matches!(table, Table::Message | Table::Dm | Table::Me) {
        let guilds = model.guilds_in_order();
        ids.sort_by_key(|id| guilds.iter().position(|guild| *guild == model.guild_of(*id)));
    }
    let see = |id: Id| {
        let row = &model.rows[&id];
        let references = row.references.iter().map(|(name, ids)| (*name, ids.clone()));
        let mut references: Vec<_> = references.collect();
        // A voice state that came without its member leads to the one that is shown.
        let member = (Table::Member, id.1, id.2);
        let named = references.iter().any(|(name, ids)| *name == "member" && !ids.is_empty());
        if table == Table::Voice && !named && model.is_shown(member) {
            references.push(("member", vec![member]));
        }
        (id, canonical(row.fields.clone().into()), sorted(references))
    };
    ids.into_iter().map(see).collect()
}

fn kept(model: &Model, table: Table) -> BTreeSet<Id> {
    let kept = model.rows.iter().filter(|(id, row)| id.0 == table && !row.shown);
    kept.map(|(id, _)| *id).collect()
}

/// Leaves out what refers to nothing, and sorts the rest by name.
fn sorted(mut references: Vec<(&'static str, Vec<Id>)>) -> Vec<(&'static str, Vec<Id>)> {
    references.retain(|(_, ids)| !ids.is_empty());
    references.sort_unstable_by_key(|(name, _)| *name);
    references
}

/// Reads the fields of a row, but for what names it.
fn fields<T: Rows, M: Memory>(row: &Row<'_, T, M>, table: Table) -> Value {
    let mut read: Value = row.deserialize(&mut []).expect("it can be read");
    let members = read.as_object_mut().expect("a row is an object");
    for name in match table {
        Table::Presence => &["user"][..],
        Table::Voice => &["user_id"],
        Table::Sound => &["sound_id"],
        _ => &["id"],
    } {
        members.remove(*name);
    }
    // What refers to rows reads as nothing.
    members.retain(|_, value| !value.is_null());
    canonical(read)
}

/// Makes numbers texts: an id may be either.
fn canonical(value: Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, canonical(value)));
            Value::Object(members.collect())
        }
        plain => plain,
    }
}

fn rooms<M: Memory>(cache: &Cache<M>, model: &Model) {
    for room in 1..=4 {
        let ours = cache.messages().in_channel(ChannelId(room));
        let ours: Vec<u64> = ours.iter().map(|row| row.key().0).collect();
        let theirs = model.listed(Table::Message, Some(room));
        assert_eq!(ours, theirs.into_iter().map(|id| id.2).collect::<Vec<_>>(), "in {room}");
    }
    for row in cache.messages() {
        let guild = model.guild_of((Table::Message, 0, row.key().0));
        assert_eq!(row.guild_id().map_or(0, |guild| guild.0), guild);
    }
}

fn guilds<M: Memory>(cache: &Cache<M>, model: &Model, told: &str) {
    let ours = cache
        .guilds()
        .iter()
        .map(|row| (row.key().0, row.is_available(), fields(&row, Table::Guild)));
    let order = model.guilds_in_order();
    let known = order.iter().filter(|id| model.guilds[id].known);
    let theirs = known.map(|id| {
        let guild = &model.guilds[id];
        (*id, !guild.unavailable, canonical(guild.fields.clone().into()))
    });
    assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>(), "guilds{told}");
    let ours: Vec<u64> = cache.guilds().unavailable().iter().map(|row| row.key().0).collect();
    // With guilds switched off none is shown.
    let away = |id: &u64| model.keeps(Table::Guild) && model.guilds[id].unavailable;
    let theirs: Vec<u64> = order.iter().copied().filter(away).collect();
    assert_eq!(ours, theirs, "guilds that are not available{told}");
    assert_eq!(cache.statistics(Kind::Guild).rows as usize, order.len(), "places of guilds{told}");
}

fn users<M: Memory>(cache: &Cache<M>, model: &Model, told: &str) {
    let mut ours: Vec<_> =
        cache.users().iter().map(|row| (row.key().0, fields(&row, Table::User))).collect();
    ours.sort_unstable_by_key(|(id, _)| *id);
    let theirs = model.users.iter().map(|(id, fields)| (*id, canonical(fields.clone().into())));
    assert_eq!(ours, theirs.collect::<Vec<_>>(), "users{told}");
}
