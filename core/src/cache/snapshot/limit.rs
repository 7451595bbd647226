//! Removes rows of which a snapshot has more than there may be.

use super::super::family::Memory;
use super::super::kind::{Kind, Links, NONE, Place, Root};
use super::super::reader::Reader;
use super::super::records::Records;
use super::super::rows::{Changed, Witness};
use super::super::settings::Settings;
use super::super::statistics::count;

/// The lists of kinds that are in no guild.
const ROOTS: [(Kind, Root, Links); 4] = [
    (Kind::DmChannel, Root::DmChannels, Links::OWNED),
    (Kind::Guild, Root::Guilds, Links::OWNED),
    (Kind::Me, Root::Me, Links::OWNED),
    (Kind::Message, Root::Messages, Links::AGE),
];

/// Removes the oldest rows of tables that have too many.
pub(super) fn limit<M: Memory>(records: &mut Records<M>, scratch: &mut [u8], settings: &Settings) {
    let mut silent = Silent;
    let mut reader = Reader::new(records, scratch, settings, &mut silent);
    let messages = Place::Root(Root::Messages);
    let most = settings.max_messages_per_channel;
    let before = reader.records.listed(Kind::Message);
    evict(&mut reader, messages, Links::AGE, |records, row| {
        records.list(Place::In(records.owner(row), 0)).len > most
    });
    for _ in reader.records.listed(Kind::Message)..before {
        count(&mut reader.records.tallies.evicted_in_channel);
    }
    for kind in Kind::ALL {
        let most = settings.limits.of(kind).rows;
        let too_many = |records: &Records<M>, _: u32| shown(records, kind) > most;
        if let Some(list) = kind.list().filter(|_| kind != Kind::Room) {
            let mut guild = reader.records.list(Place::Root(Root::Guilds)).head;
            while guild != NONE {
                reader.records.retain(guild);
                evict(&mut reader, Place::In(guild, list), Links::OWNED, too_many);
                guild = next_of_held(reader.records, guild);
            }
        }
        if let Some((_, root, links)) = ROOTS.iter().find(|(of, ..)| *of == kind) {
            evict(&mut reader, Place::Root(*root), *links, too_many);
        }
    }
}

/// Returns how many rows of a kind views show.
pub(super) fn shown<M: Memory>(records: &Records<M>, kind: Kind) -> u32 {
    if kind == Kind::Guild { records.known_guilds } else { records.listed(kind) }
}

/// Removes those rows of a list that are too many when their turn comes.
fn evict<M: Memory>(
    reader: &mut Reader<'_, M, Silent>,
    place: Place,
    links: Links,
    too_many: impl Fn(&Records<M>, u32) -> bool,
) {
    let mut row = reader.records.list(place).head;
    while row != NONE {
        let (kind, here) = (reader.records.kind(row), row);
        if !reader.records.is_shown(here) || !too_many(reader.records, here) {
            row = reader.records.next(here, links);
            continue;
        }
        reader.records.count_lost(kind, |tally| &mut tally.evicted);
        if kind == Kind::Guild {
            reader.records.retain(here);
            reader.forget(here);
            row = next_of_held(reader.records, here);
        } else {
            // What goes with a row stands in other lists.
            row = reader.records.next(here, links);
            reader.remove(here);
        }
    }
}

/// Releases a guild that was held, and returns the one behind it.
fn next_of_held<M: Memory>(records: &mut Records<M>, guild: u32) -> u32 {
    let next = records.next(guild, Links::OWNED);
    records.release(guild);
    records.drop_if_empty(guild);
    next
}

/// Hears nothing.
pub(super) struct Silent;

impl<M: Memory> Witness<M> for Silent {
    fn hear(&mut self, _: &Records<M>, _: Changed<'_>) {}
}
