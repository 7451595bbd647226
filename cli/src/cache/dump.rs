//! The dump: all that a cache holds, as one object.

use gatewright_core::cache::{Cache, Heap, Row, Table};
use gatewright_core::{GuildId, UserId};

use super::json::Json;
use super::{guilds, messages, people, views};

/// What the dump holds besides the rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The views of each guild.
    pub(super) index: bool,
    /// The order of each table.
    pub(super) order: bool,
}

/// The sections that are counted guild by guild.
const NESTED: [&str; 3] = ["members", "presences", "voice_states"];

/// Makes the dump.
///
/// Members and messages that are kept only for others are among those of their tables.
pub(super) fn dump(cache: &Cache<Heap>, parts: Parts) -> anyhow::Result<Json> {
    let me = cache.me().map(|me| people::me(&me)).transpose()?;
    let mut all = vec![("me".to_owned(), me.unwrap_or(Json::NULL))];
    let mut counts = Vec::new();
    for (name, section) in sections(cache)? {
        let len = match NESTED.contains(&name) {
            true => section.values().map(Json::len).sum(),
            false => section.len(),
        };
        counts.push((name.to_owned(), len.into()));
        all.push((name.to_owned(), section));
    }
    all.push(("counts".to_owned(), Json::Object(counts)));
    if parts.index {
        all.push(("index".to_owned(), views::index(cache)?));
    }
    if parts.order {
        all.push(("order".to_owned(), views::order(cache)));
    }
    Ok(Json::Object(all))
}

fn sections(cache: &Cache<Heap>) -> anyhow::Result<Vec<(&'static str, Json)>> {
    let me = cache.my_id();
    let members = cache.members().iter().chain(cache.members().kept());
    let said = cache.messages().iter().chain(cache.messages().kept());
    Ok(vec![
        ("guilds", by_id(cache.guilds(), |row| row.key().0, guilds::guild)?),
        ("channels", by_id(cache.channels(), |row| row.key().0, guilds::channel)?),
        ("threads", by_id(cache.threads(), |row| row.key().0, |row| guilds::thread(row, me))?),
        ("roles", by_id(cache.roles(), |row| row.key().0, guilds::role)?),
        ("emojis", by_id(cache.emojis(), |row| row.key().0, guilds::emoji)?),
        ("stickers", by_id(cache.stickers(), |row| row.key().0, guilds::sticker)?),
        ("members", by_guild(members, |row| row.key(), people::member)?),
        ("users", by_id(cache.users(), |row| row.key().0, people::user)?),
        ("presences", by_guild(cache.presences(), |row| row.key(), people::presence)?),
        ("voice_states", by_guild(cache.voice_states(), |row| row.key(), people::voice_state)?),
        ("invites", by_code(cache)?),
        ("messages", by_id(said, |row| row.key().0, messages::message)?),
        ("dm_channel_ids", dm_channels(cache)?),
    ])
}

/// Makes rows by their ids, in the order of these.
fn by_id<'c, T: Table>(
    rows: impl IntoIterator<Item = Row<'c, T, Heap>>,
    id: impl Fn(&Row<'c, T, Heap>) -> u64,
    make: impl Fn(&Row<'c, T, Heap>) -> anyhow::Result<Json>,
) -> anyhow::Result<Json> {
    let mut rows: Vec<_> = rows.into_iter().map(|row| (id(&row), row)).collect();
    rows.sort_by_key(|(id, _)| *id);
    let made = rows.into_iter().map(|(id, row)| Ok((id.to_string(), make(&row)?)));
    made.collect::<anyhow::Result<_>>().map(Json::Object)
}

/// Makes rows by their guilds, and by their users in each.
fn by_guild<'c, T: Table>(
    rows: impl IntoIterator<Item = Row<'c, T, Heap>>,
    key: impl Fn(&Row<'c, T, Heap>) -> (GuildId, UserId),
    make: impl Fn(&Row<'c, T, Heap>) -> anyhow::Result<Json>,
) -> anyhow::Result<Json> {
    let mut rows: Vec<_> = rows.into_iter().map(|row| (key(&row), row)).collect();
    rows.sort_by_key(|((guild, user), _)| (guild.0, user.0));
    let mut guilds = Vec::new();
    for of_guild in rows.chunk_by(|(left, _), (right, _)| left.0 == right.0) {
        let made = of_guild.iter().map(|((_, user), row)| Ok((user.0.to_string(), make(row)?)));
        let made = made.collect::<anyhow::Result<_>>().map(Json::Object)?;
        guilds.extend(of_guild.first().map(|((guild, _), _)| (guild.0.to_string(), made)));
    }
    Ok(Json::Object(guilds))
}

fn by_code(cache: &Cache<Heap>) -> anyhow::Result<Json> {
    let invites = cache.invites();
    let made = invites.iter().map(|row| Ok((row.key().to_owned(), guilds::invite(&row)?)));
    let mut made = made.collect::<anyhow::Result<Vec<_>>>()?;
    made.sort_by(|(left, _), (right, _)| views::by_number(left, right));
    Ok(Json::Object(made))
}

fn dm_channels(cache: &Cache<Heap>) -> anyhow::Result<Json> {
    by_id(
        cache.dm_channels(),
        |row| row.key().0,
        |row| Ok(row.read().map(|dm| dm.channel_id.0.to_string().into())?),
    )
}
