//! Views: the rows of a table, or some of them, in an order that is the same on every platform and run.

use core::fmt;
use core::iter::{FusedIterator, Skip, Take};
use core::marker::PhantomData;
use core::ops::{Bound, RangeBounds};

use super::family::Memory;
use super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::records::Records;
use super::row::Row;
use super::settings::{Components, Settings};
use super::table::{Channels, Guilds, InChannel, InGuild, Table};
use crate::decode::packed::{self, Name};
use crate::{ChannelId, GuildId};

const CHANNEL_ID: Name = Name::of("channel_id");
const PARENT_ID: Name = Name::of("parent_id");

/// The rows of a table, or those of a guild or a channel.
///
/// It borrows the cache and copies nothing. The order is stable: rows of a guild stand in the order in which
/// they came, rows of several guilds guild by guild in the order in which the guilds came, messages in the order
/// in which they came, users in the order of their places. Backwards goes as well as forwards:
/// `messages().in_channel(id).iter().rev()` begins with the newest.
///
/// What narrows a view narrows what it was: `in_guild(a).in_guild(b)` is empty.
pub struct View<'c, T, M: Memory> {
    pub(super) records: &'c Records<M>,
    pub(super) settings: &'c Settings,
    pub(super) range: Range,
    pub(super) filter: Filter,
    /// Whether it gives those that are kept because others refer to them, and no others.
    pub(super) kept: bool,
    table: PhantomData<T>,
}

/// Which rows a view goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    All,
    /// Those of a guild, which is a row or nobody.
    Guild(u32),
    /// Messages of a channel, which is a row or nobody.
    Room(u32),
}

impl Range {
    const NOTHING: Self = Self::Guild(NONE);
}

/// Which of them it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    All,
    Available(bool),
    /// Those whose field of a name is an id.
    Of(Name, u64),
    /// Channels the bot may view.
    Visible,
}

impl<'c, T: Table, M: Memory> View<'c, T, M> {
    pub(super) const fn all(records: &'c Records<M>, settings: &'c Settings) -> Self {
        let (range, filter) = (Range::All, Filter::All);
        Self { records, settings, range, filter, kept: false, table: PhantomData }
    }

    /// Returns those rows that were removed and are there only because others refer to them: the member of a
    /// voice state, the message that is replied to. Of emojis, members, messages and stickers there may be some.
    ///
    /// They are in no other view.
    #[must_use]
    pub const fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// Returns a row.
    #[must_use]
    pub fn get(&self, key: T::Key<'_>) -> Option<Row<'c, T, M>> {
        let row = T::find(self.records, key).filter(|row| self.has(*row));
        if let Some(tally) = self.records.tallies.of(T::KIND) {
            tally.look_up(row.is_some());
        }
        if let Some(row) = row {
            self.records.touch(row);
        }
        row.map(|row| Row::of(self.records, row))
    }

    /// Tells whether a row is there.
    #[must_use]
    pub fn contains(&self, key: T::Key<'_>) -> bool {
        self.get(key).is_some()
    }

    /// Returns how many rows there are.
    ///
    /// It is known for a whole table, a guild and the messages of a channel; what else there is is counted row by
    /// row.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.known_len() {
            Some(len) => usize::try_from(len).unwrap_or(usize::MAX),
            None => self.iter().count(),
        }
    }

    /// Returns how many rows there are, if that is known without counting them.
    fn known_len(&self) -> Option<u32> {
        let records = self.records;
        #[expect(clippy::wildcard_enum_match_arm, reason = "of all others it is counted alike")]
        let shown = match T::KIND {
            Kind::Guild => records.known_guilds,
            Kind::User => records.len(Kind::User),
            kind => records.listed(kind),
        };
        match (self.filter, self.range, self.path()) {
            (Filter::All, Range::All, _) if !self.kept => Some(shown),
            (Filter::All, Range::All, _) if T::KIND.is_kept() => {
                Some(records.len(T::KIND).saturating_sub(shown))
            }
            (Filter::All, _, Path::Flat(place, _)) => Some(records.list(place).len),
            (_, _, Path::Nothing) => Some(0),
            _ => None,
        }
    }

    /// Tells whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.known_len() {
            Some(len) => len == 0,
            None => self.iter().next().is_none(),
        }
    }

    /// Goes through the rows in their order, or with [`rev`](Iterator::rev) against it.
    #[must_use]
    pub fn iter(&self) -> Iter<'c, T, M> {
        let path = self.path();
        Iter { view: *self, path, front: path.first(self.records), back: None }
    }

    /// Returns the row at a place in the order; it is counted from the first.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<Row<'c, T, M>> {
        self.iter().nth(index)
    }

    /// Returns the rows from one place in the order to another; what is beyond the end is not there.
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Take<Skip<Iter<'c, T, M>>> {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => end.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => usize::MAX,
        };
        self.iter().skip(start).take(end.saturating_sub(start))
    }

    /// Tells whether a row of the table is in the view.
    fn has(&self, row: u32) -> bool {
        self.is_in_range(row) && self.shows(row) && self.lets(row)
    }

    fn is_in_range(&self, row: u32) -> bool {
        match self.range {
            Range::All => true,
            Range::Guild(NONE) | Range::Room(NONE) => false,
            Range::Guild(guild) => self.records.guild_of(row) == guild,
            Range::Room(room) => self.records.owner(row) == room,
        }
    }

    /// Tells whether a row is one that the view shows: of guilds those that are known, and where those are asked
    /// for that are not available, those too of which only the id is.
    fn shows(&self, row: u32) -> bool {
        if self.kept {
            return self.records.is(row, Mark::Kept);
        }
        let announced = T::KIND == Kind::Guild
            && self.filter == Filter::Available(false)
            && self.settings.components.contains(Components::GUILDS);
        self.records.is_shown(row) || announced
    }

    /// Tells whether the filter lets a row through.
    fn lets(&self, row: u32) -> bool {
        match self.filter {
            Filter::All => true,
            Filter::Available(available) => self.records.is(row, Mark::Unavailable) != available,
            Filter::Of(name, id) => self.number(row, name) == Some(id),
            Filter::Visible => Row::<Channels, M>::of(self.records, row).is_visible(),
        }
    }

    fn number(&self, row: u32, name: Name) -> Option<u64> {
        packed::find(self.records.fields(row), name)?.unsigned()
    }

    /// Returns the way through all rows of the view and perhaps some others.
    fn path(&self) -> Path {
        let list = T::KIND.list();
        match (self.range, T::KIND) {
            (Range::Guild(NONE) | Range::Room(NONE), _) => Path::Nothing,
            // They stand in no list.
            _ if self.kept => Path::Slots(T::KIND),
            (Range::All, Kind::User) => Path::Slots(Kind::User),
            (Range::All, Kind::Message) => Path::Flat(Place::Root(Root::Messages), Links::AGE),
            (Range::All, Kind::Guild) => Path::Flat(Place::Root(Root::Guilds), Links::OWNED),
            (Range::All, Kind::DmChannel) => {
                Path::Flat(Place::Root(Root::DmChannels), Links::OWNED)
            }
            (Range::All, Kind::Me) => Path::Flat(Place::Root(Root::Me), Links::OWNED),
            (Range::All, _) => Path::Nested(Place::Root(Root::Guilds), list.unwrap_or(0)),
            (Range::Guild(guild), Kind::Message) => Path::Nested(Place::In(guild, ROOMS), 0),
            (Range::Guild(guild), _) => {
                list.map_or(Path::Nothing, |list| Path::Flat(Place::In(guild, list), Links::OWNED))
            }
            (Range::Room(room), _) => Path::Flat(Place::In(room, 0), Links::OWNED),
        }
    }

    /// Returns those of a guild, which is a row or nobody.
    fn within(self, guild: u32) -> Self {
        let range = match self.range {
            Range::All => Range::Guild(guild),
            Range::Guild(other) if other == guild => self.range,
            Range::Room(room) if room != NONE && self.records.owner(room) == guild => self.range,
            Range::Guild(_) | Range::Room(_) => Range::NOTHING,
        };
        Self { range, ..self }
    }

    /// Returns those that a filter lets through.
    fn filtered(self, filter: Filter) -> Self {
        if self.filter == Filter::All || self.filter == filter {
            return Self { filter, ..self };
        }
        Self { range: Range::NOTHING, ..self }
    }
}

const ROOMS: u8 = match Kind::Room.list() {
    Some(number) => number,
    None => 0,
};

impl<T: InGuild, M: Memory> View<'_, T, M> {
    /// Returns the rows of a guild; none if the cache knows nothing of it.
    #[must_use]
    pub fn in_guild(self, guild: GuildId) -> Self {
        self.within(self.records.find(Kind::Guild, NONE, guild.0).unwrap_or(NONE))
    }
}

impl<T: InChannel, M: Memory> View<'_, T, M> {
    /// Returns the rows of a channel: messages in it or in the thread of that id, threads of it, invites to it,
    /// those who are in voice there, stages and scheduled events in it.
    #[must_use]
    pub fn in_channel(self, channel: ChannelId) -> Self {
        let records = self.records;
        if T::KIND == Kind::Message {
            let room = records.find(Kind::Room, NONE, channel.0);
            let range = match (self.range, room) {
                (Range::All, room) => Range::Room(room.unwrap_or(NONE)),
                (Range::Guild(guild), Some(room)) if records.owner(room) == guild => {
                    Range::Room(room)
                }
                (Range::Room(other), Some(room)) if room == other => self.range,
                _ => Range::NOTHING,
            };
            return Self { range, ..self };
        }
        let name = if T::KIND == Kind::Thread { PARENT_ID } else { CHANNEL_ID };
        let rows = self.filtered(Filter::Of(name, channel.0));
        // Where the channel is cached it tells the guild, and only that is gone through.
        match records.find(Kind::Channel, NONE, channel.0) {
            Some(row) if rows.range == Range::All => rows.within(records.owner(row)),
            _ => rows,
        }
    }
}

impl<M: Memory> View<'_, Guilds, M> {
    /// Returns those that are available.
    #[must_use]
    pub fn available(self) -> Self {
        self.filtered(Filter::Available(true))
    }

    /// Returns those that are not: in an outage, or announced and not here yet.
    ///
    /// What is known of them is as old as the outage; of one that was only announced it is no more than the id.
    #[must_use]
    pub fn unavailable(self) -> Self {
        self.filtered(Filter::Available(false))
    }
}

impl<M: Memory> View<'_, Channels, M> {
    /// Returns those the bot may view.
    ///
    /// The gateway tells of the others too, with names and most fields hidden and
    /// [`ChannelFlags::CHANNEL_OBFUSCATED`](crate::model::ChannelFlags::CHANNEL_OBFUSCATED) set.
    #[must_use]
    pub fn visible(self) -> Self {
        self.filtered(Filter::Visible)
    }
}

impl<T, M: Memory> Clone for View<'_, T, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, M: Memory> Copy for View<'_, T, M> {}

impl<T: Table, M: Memory> fmt::Debug for View<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'c, T: Table, M: Memory> IntoIterator for View<'c, T, M> {
    type Item = Row<'c, T, M>;
    type IntoIter = Iter<'c, T, M>;

    fn into_iter(self) -> Iter<'c, T, M> {
        self.iter()
    }
}

impl<'c, T: Table, M: Memory> IntoIterator for &View<'c, T, M> {
    type Item = Row<'c, T, M>;
    type IntoIter = Iter<'c, T, M>;

    fn into_iter(self) -> Iter<'c, T, M> {
        self.iter()
    }
}

/// Goes through the rows of a view, from both ends.
pub struct Iter<'c, T, M: Memory> {
    view: View<'c, T, M>,
    path: Path,
    /// The next row from the front; nothing once the ends have met.
    front: Option<u32>,
    /// The next row from the back, once that was asked for.
    back: Option<u32>,
}

/// A way through rows.
#[derive(Clone, Copy, Debug)]
enum Path {
    Nothing,
    /// Along one list.
    Flat(Place, Links),
    /// Along a list of owners, and along a list of each.
    Nested(Place, u8),
    /// By place, for rows of a kind that stand in no list.
    Slots(Kind),
}

fn some(row: u32) -> Option<u32> {
    Some(row).filter(|row| *row != NONE)
}

impl Path {
    fn first<M: Memory>(self, records: &Records<M>) -> Option<u32> {
        match self {
            Self::Nothing => None,
            Self::Flat(place, _) => some(records.list(place).head),
            Self::Nested(owners, list) => first_of(records, list, records.list(owners).head),
            Self::Slots(kind) => (0..records.slots()).find(|slot| is_of(records, *slot, kind)),
        }
    }

    fn last<M: Memory>(self, records: &Records<M>) -> Option<u32> {
        match self {
            Self::Nothing => None,
            Self::Flat(place, _) => some(records.list(place).tail),
            Self::Nested(owners, list) => last_of(records, list, records.list(owners).tail),
            Self::Slots(kind) => {
                (0..records.slots()).rev().find(|slot| is_of(records, *slot, kind))
            }
        }
    }

    fn next<M: Memory>(self, records: &Records<M>, row: u32) -> Option<u32> {
        match self {
            Self::Nothing => None,
            Self::Flat(_, links) => some(records.next(row, links)),
            Self::Nested(_, list) => some(records.next(row, Links::OWNED)).or_else(|| {
                first_of(records, list, records.next(records.owner(row), Links::OWNED))
            }),
            Self::Slots(kind) => {
                (row + 1..records.slots()).find(|slot| is_of(records, *slot, kind))
            }
        }
    }

    fn before<M: Memory>(self, records: &Records<M>, row: u32) -> Option<u32> {
        match self {
            Self::Nothing => None,
            Self::Flat(_, links) => some(records.before(row, links)),
            Self::Nested(_, list) => some(records.before(row, Links::OWNED)).or_else(|| {
                last_of(records, list, records.before(records.owner(row), Links::OWNED))
            }),
            Self::Slots(kind) => (0..row).rev().find(|slot| is_of(records, *slot, kind)),
        }
    }
}

/// Returns the first row in a list of an owner, or of the first one behind it that has any.
fn first_of<M: Memory>(records: &Records<M>, list: u8, mut owner: u32) -> Option<u32> {
    while owner != NONE {
        let row = some(records.list(Place::In(owner, list)).head);
        if row.is_some() {
            return row;
        }
        owner = records.next(owner, Links::OWNED);
    }
    None
}

/// Returns the last row in a list of an owner, or of the last one before it that has any.
fn last_of<M: Memory>(records: &Records<M>, list: u8, mut owner: u32) -> Option<u32> {
    while owner != NONE {
        let row = some(records.list(Place::In(owner, list)).tail);
        if row.is_some() {
            return row;
        }
        owner = records.before(owner, Links::OWNED);
    }
    None
}

fn is_of<M: Memory>(records: &Records<M>, slot: u32, kind: Kind) -> bool {
    records.is_row(slot) && records.kind(slot) == kind
}

impl<'c, T: Table, M: Memory> Iterator for Iter<'c, T, M> {
    type Item = Row<'c, T, M>;

    fn next(&mut self) -> Option<Row<'c, T, M>> {
        let records = self.view.records;
        loop {
            let row = self.front?;
            let met = self.back == Some(row);
            self.front = if met { None } else { self.path.next(records, row) };
            if self.view.has(row) {
                return Some(Row::of(records, row));
            }
        }
    }
}

impl<T: Table, M: Memory> DoubleEndedIterator for Iter<'_, T, M> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let records = self.view.records;
        loop {
            let front = self.front?;
            let row = self.back.or_else(|| self.path.last(records))?;
            self.back = self.path.before(records, row);
            if row == front {
                self.front = None;
            }
            if self.view.has(row) {
                return Some(Row::of(records, row));
            }
        }
    }
}

impl<T: Table, M: Memory> FusedIterator for Iter<'_, T, M> {}

impl<T, M: Memory> Clone for Iter<'_, T, M> {
    fn clone(&self) -> Self {
        Self { view: self.view, ..*self }
    }
}

impl<T, M: Memory> fmt::Debug for Iter<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("path", &self.path).finish_non_exhaustive()
    }
}
