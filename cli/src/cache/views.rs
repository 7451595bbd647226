//! The parts of the dump that show orders: the views of each guild, and those of the whole cache.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use gatewright_core::cache::{Cache, Channels, Heap, Table, View};
use gatewright_core::{ChannelId, GuildId, UserId};

use super::fields::{Fields, sorted};
use super::guilds::{CATEGORY, VOICE};
use super::json::{Json, object};

/// Makes the views of each guild; of several channels, those of each that has rows.
pub(super) fn index(cache: &Cache<Heap>) -> anyhow::Result<Json> {
    let guilds = guilds(cache).into_iter();
    let views = guilds.map(|id| Ok((id.to_string(), of_guild(cache, GuildId(id))?)));
    views.collect::<anyhow::Result<_>>().map(Json::Object)
}

/// Returns the guilds of which there is anything, known or not.
fn guilds(cache: &Cache<Heap>) -> BTreeSet<u64> {
    fn of<'c, T: Table>(view: View<'c, T, Heap>) -> impl Iterator<Item = u64> + use<'c, T> {
        view.into_iter().filter_map(|row| row.guild_id()).map(|id| id.0)
    }
    let known = cache.guilds().iter().map(|guild| guild.key().0);
    let people = of(cache.members()).chain(of(cache.members().kept()));
    let people = people.chain(of(cache.presences())).chain(of(cache.voice_states()));
    let places = of(cache.channels()).chain(of(cache.threads())).chain(of(cache.invites()));
    let others = of(cache.roles()).chain(of(cache.emojis())).chain(of(cache.stickers()));
    known.chain(people).chain(places).chain(others).collect()
}

fn of_guild(cache: &Cache<Heap>, id: GuildId) -> anyhow::Result<Json> {
    let threads = cache.threads().in_guild(id);
    let (voice, invites) = (cache.voice_states().in_guild(id), cache.invites().in_guild(id));
    Ok(object! {
        "channels": as_displayed(cache.channels().in_guild(id))?,
        "threads": sorted(threads.iter().map(|row| row.key().0)),
        "roles": sorted(cache.roles().in_guild(id).iter().map(|row| row.key().0)),
        "emojis": sorted(cache.emojis().in_guild(id).iter().map(|row| row.key().0)),
        "stickers": sorted(cache.stickers().in_guild(id).iter().map(|row| row.key().0)),
        "members": users(cache.members().in_guild(id)),
        "presences": users(cache.presences().in_guild(id)),
        "voice_states": users(voice),
        "invites": invites.iter().map(|row| row.key()).collect::<Json>(),
        "threads_by_channel": by_channel(threads, "parent_id", |channel| {
            sorted(threads.in_channel(channel).iter().map(|row| row.key().0))
        })?,
        "voice_states_by_channel": by_channel(voice, "channel_id", |channel| {
            users(voice.in_channel(channel))
        })?,
        "invites_by_channel": by_channel(invites, "channel_id", |channel| {
            invites.in_channel(channel).iter().map(|row| row.key()).collect()
        })?,
    })
}

/// Makes a view of each channel that a field of some rows names.
fn by_channel<T: Table>(
    rows: View<'_, T, Heap>,
    field: &str,
    view: impl Fn(ChannelId) -> Json,
) -> anyhow::Result<Json> {
    let mut channels = BTreeSet::new();
    for row in rows {
        channels.extend(Fields::of(&row)?.number(field));
    }
    let views = channels.into_iter().map(|id| (id.to_string(), view(ChannelId(id))));
    Ok(Json::Object(views.collect()))
}

fn users<T: for<'k> Table<Key<'k> = (GuildId, UserId)>>(view: View<'_, T, Heap>) -> Json {
    view.iter().map(|row| row.key().1.0.to_string()).collect()
}

/// Makes users guild by guild, in the order of a view.
fn users_by_guild<T: for<'k> Table<Key<'k> = (GuildId, UserId)>>(view: View<'_, T, Heap>) -> Json {
    let mut guilds: Vec<(String, Json)> = Vec::new();
    for row in view {
        let (guild, user) = row.key();
        let (guild, user) = (guild.0.to_string(), Json::from(user.0.to_string()));
        match guilds.last_mut() {
            Some((last, Json::List(users))) if *last == guild => users.push(user),
            _ => guilds.push((guild, Json::List(vec![user]))),
        }
    }
    Json::Object(guilds)
}

/// Where a channel is shown: its category's place or its own, then what it is, then its own place.
type Place = (i64, i64, i64);

/// Orders channels as clients show them: those without a category, then each category and what is in it, voice
/// below text.
fn as_displayed(view: View<'_, Channels, Heap>) -> anyhow::Result<Json> {
    let mut places: Vec<(Place, u64)> = Vec::new();
    for row in view {
        let fields = Fields::of(&row)?;
        let own = position(&fields);
        let parent = fields.number("parent_id").and_then(|id| view.get(ChannelId(id)));
        let place = match (fields.number("type"), parent) {
            (Some(CATEGORY), _) => (own, -1, 0),
            (kind, Some(parent)) => {
                (position(&Fields::of(&parent)?), (kind == Some(VOICE)).into(), own)
            }
            (kind, None) => (-1, (kind == Some(VOICE)).into(), own),
        };
        places.push((place, row.key().0));
    }
    places.sort_unstable();
    Ok(places.into_iter().map(|(_, id)| id.to_string()).collect())
}

fn position(fields: &Fields) -> i64 {
    fields.get("position").as_i64().unwrap_or(0)
}

/// Makes the keys of each table in the order of its view.
pub(super) fn order(cache: &Cache<Heap>) -> Json {
    macro_rules! ids {
        ($table:ident) => {
            cache.$table().iter().map(|row| row.key().0.to_string()).collect::<Json>()
        };
    }
    object! {
        "guilds": ids!(guilds),
        "channels": ids!(channels),
        "threads": ids!(threads),
        "roles": ids!(roles),
        "emojis": ids!(emojis),
        "stickers": ids!(stickers),
        "users": ids!(users),
        "invites": cache.invites().iter().map(|row| row.key()).collect::<Json>(),
        "messages": ids!(messages),
        "dm_channel_ids": ids!(dm_channels),
        "members": users_by_guild(cache.members()),
        "presences": users_by_guild(cache.presences()),
        "voice_states": users_by_guild(cache.voice_states()),
    }
}

/// Orders texts of digits as numbers, before all others.
pub(super) fn by_number(left: &str, right: &str) -> Ordering {
    let key = |text: &str| text.parse::<u64>().map_or((1, 0), |number| (0, number));
    key(left).cmp(&key(right)).then_with(|| left.cmp(right))
}
