//! Reads all there is in a cache, in every way there is.

use gatewright_core::cache::{Cache, Memory, Row, Table, View};
use gatewright_core::decode::Raw;
use gatewright_core::model::UnixMillis;
use serde::de::IgnoredAny;

/// Reads every row of every table.
///
/// A row may hold what the documentation does not say, so reading it as a model may fail; as a value it never does.
pub(super) fn walk<M: Memory>(cache: &Cache<M>) {
    read(cache.users());
    read(cache.guilds());
    read(cache.guilds().available());
    read(cache.guilds().unavailable());
    read(cache.channels());
    read(cache.channels().visible());
    read(cache.dm_channels());
    read(cache.emojis());
    read(cache.invites());
    read(cache.members());
    read(cache.messages());
    read(cache.presences());
    read(cache.roles());
    read(cache.scheduled_events());
    read(cache.sounds());
    read(cache.stages());
    read(cache.stickers());
    read(cache.threads());
    read(cache.voice_states());
    cache.me().iter().for_each(read_row);
    follow(cache);
    by_place(cache);
    permissions(cache);
}

fn read<T: Table, M: Memory>(view: View<'_, T, M>) {
    let rows = view.iter().inspect(read_row).count();
    assert_eq!(rows, view.len());
    assert_eq!(view.at(rows).map(|row| row.is_kept()), None);
    for row in view.iter() {
        assert!(view.get(row.key()).is_some());
    }
    view.kept().iter().for_each(|row| {
        assert!(row.is_kept());
        read_row(&row);
    });
}

fn read_row<T: Table, M: Memory>(row: &Row<'_, T, M>) {
    let _ = (row.read(), row.guild_id(), row.guild());
    let value = row.decode::<Raw<'_>>();
    assert!(value.is_ok(), "{value:?}");
    row.deserialize::<IgnoredAny>(&mut [0; 64]).expect("a value");
    let owned = row.into_owned();
    let value = owned.decode::<Raw<'_>>();
    assert!(value.is_ok(), "{value:?}");
    let _ = (owned.read(), format!("{owned:?}"));
}

/// Follows references.
fn follow<M: Memory>(cache: &Cache<M>) {
    for row in cache.messages().iter().chain(cache.messages().kept()) {
        row.author().iter().for_each(read_row);
        row.member().iter().for_each(read_row);
        row.referenced_message().iter().for_each(read_row);
        row.mentions().for_each(|row| read_row(&row));
        row.stickers().for_each(|row| read_row(&row));
    }
    cache.members().iter().chain(cache.members().kept()).for_each(|row| read_row(&row.user()));
    cache.presences().iter().flat_map(|row| row.emojis()).for_each(|row| read_row(&row));
    cache.voice_states().iter().filter_map(|row| row.member()).for_each(|row| read_row(&row));
    for row in &cache.invites() {
        row.inviter().iter().chain(&row.target_user()).for_each(read_row);
    }
    cache.scheduled_events().iter().filter_map(|row| row.creator()).for_each(|row| read_row(&row));
    cache.emojis().iter().filter_map(|row| row.user()).for_each(|row| read_row(&row));
    cache.sounds().iter().filter_map(|row| row.user()).for_each(|row| read_row(&row));
    cache.stickers().iter().filter_map(|row| row.user()).for_each(|row| read_row(&row));
}

/// Reads guild by guild and channel by channel.
fn by_place<M: Memory>(cache: &Cache<M>) {
    for guild in cache.guilds().iter().chain(&cache.guilds().unavailable()).map(|row| row.key()) {
        read(cache.channels().in_guild(guild));
        read(cache.members().in_guild(guild));
        read(cache.messages().in_guild(guild));
        read(cache.voice_states().in_guild(guild));
        let _ = cache.channels().in_guild(guild).in_display_order();
    }
    let channels = cache.channels();
    for channel in channels.iter().map(|row| row.key()) {
        read(cache.invites().in_channel(channel));
        read(cache.messages().in_channel(channel));
        read(cache.threads().in_channel(channel));
        read(cache.voice_states().in_channel(channel));
    }
    for row in &channels {
        let _ = (row.status(), row.voice_start_time());
    }
}

fn permissions<M: Memory>(cache: &Cache<M>) {
    let now = UnixMillis(1_700_000_000_000);
    for member in &cache.members() {
        let (guild, user) = member.key();
        let _ = cache.permissions_in_guild(guild, user, now);
        for channel in &cache.channels().in_guild(guild) {
            let _ = cache.permissions_in_channel(channel.key(), user, now);
        }
    }
}
