//! Views: the rows of a table, or some of them, in an order that is the same on every platform and run.

use core::fmt;
use core::iter::{FusedIterator, Skip, Take};
use core::marker::PhantomData;
use core::ops::{Bound, RangeBounds};

use super::family::Memory;
use super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::records::Records;
use super::row::Row;
use super::statistics::Tally;
use super::table::{Channels, Guilds, Invites, Messages, Table, Threads, VoiceStates};
use crate::decode::packed::{self, Name};
use crate::model::ChannelFlags;
use crate::{ChannelId, GuildId};

const CHANNEL_ID: Name = Name::of("channel_id");
const FLAGS: Name = Name::of("flags");
const PARENT_ID: Name = Name::of("parent_id");

/// The rows of a table, or those of a guild or a channel.
///
/// It borrows the cache and copies nothing. The order is stable: rows of a guild stand in the order in which
/// they came, rows of several guilds guild by guild in the order in which the guilds came, messages in the order
/// in which they came, users in the order of their places.
pub struct View<'c, T, M: Memory> {
    records: &'c Records<M>,
    range: Range,
    filter: Filter,
    table: PhantomData<T>,
}

/// Which rows a view goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    All,
    /// Those of a guild, which is a row or nobody.
    Guild(u32),
    /// Messages of a channel, which is a row or nobody.
    Room(u32),
    /// Those that are kept because others refer to them.
    Kept,
}

/// Which of them it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    All,
    Available(bool),
    /// Those whose field of a name is an id.
    Of(Name, u64),
    /// Channels the bot may view.
    Visible,
}

impl<'c, T: Table, M: Memory> View<'c, T, M> {
    pub(super) const fn all(records: &'c Records<M>) -> Self {
        Self { records, range: Range::All, filter: Filter::All, table: PhantomData }
    }

    /// Returns the rows of a guild; none if the cache knows nothing of it.
    #[must_use]
    pub fn in_guild(self, guild: GuildId) -> Self {
        let guild = self.records.find(Kind::Guild, NONE, guild.0).unwrap_or(NONE);
        Self { range: Range::Guild(guild), ..self }
    }

    /// Returns the rows that were removed and are there only because others refer to them: the member of a
    /// voice state, the message that is replied to.
    ///
    /// They are in no other view, and [`get`](Self::get) does not find them.
    #[must_use]
    pub const fn kept(self) -> Self {
        Self { range: Range::Kept, ..self }
    }

    /// Returns a row.
    #[must_use]
    pub fn get(&self, key: T::Key<'_>) -> Option<Row<'c, T, M>> {
        let row = T::find(self.records, key).filter(|row| self.has(*row));
        if let Some(tally) = self.records.tally(T::KIND) {
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

    /// Tells whether a row that is not there is nowhere: nothing of the table was refused, broken or evicted, and the
    /// session did not begin before the cache.
    ///
    /// What is switched off by the settings is not there and not counted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.records.tally(T::KIND).is_some_and(Tally::is_whole) && !self.records.session.cold
    }

    /// Returns how many rows there are.
    ///
    /// It is counted for views of a channel or by a property, and known for all others up to one step a guild.
    #[must_use]
    pub fn len(&self) -> usize {
        match (self.filter, self.walk()) {
            (Filter::All, Walk::Flat { place: Some(place), .. }) => {
                usize::try_from(self.records.list(place).len).unwrap_or(usize::MAX)
            }
            _ => self.iter().count(),
        }
    }

    /// Tells whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Goes through the rows in their order.
    #[must_use]
    pub fn iter(&self) -> Iter<'c, T, M> {
        Iter { view: *self, walk: self.walk() }
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
        let records = self.records;
        let owner = || records.owner(row);
        let in_range = match self.range {
            Range::All => true,
            Range::Guild(NONE) | Range::Room(NONE) => false,
            Range::Guild(guild) if T::KIND == Kind::Message => records.owner(owner()) == guild,
            Range::Guild(place) | Range::Room(place) => owner() == place,
            Range::Kept => return records.is(row, Mark::Kept),
        };
        in_range && self.shows(row) && self.lets(row)
    }

    /// Tells whether a row is one that the view shows: of guilds those that are known, and where those are asked
    /// for that are not available, those too of which only the id is.
    fn shows(&self, row: u32) -> bool {
        let unavailable = self.filter == Filter::Available(false);
        self.records.is_shown(row) || (T::KIND == Kind::Guild && unavailable)
    }

    /// Tells whether the filter lets a row through.
    fn lets(&self, row: u32) -> bool {
        match self.filter {
            Filter::All => true,
            Filter::Available(available) => self.records.is(row, Mark::Unavailable) != available,
            Filter::Of(name, id) => self.number(row, name) == Some(id),
            Filter::Visible => {
                let flags = self.number(row, FLAGS).unwrap_or(0);
                flags & ChannelFlags::CHANNEL_OBFUSCATED.bits() == 0
            }
        }
    }

    fn number(&self, row: u32, name: Name) -> Option<u64> {
        packed::find(self.records.fields(row), name)?.unsigned()
    }

    fn walk(&self) -> Walk {
        let records = self.records;
        let flat = |place| Walk::Flat {
            row: records.list(place).head,
            links: Links::OWNED,
            place: Some(place),
        };
        match (self.range, T::KIND) {
            (Range::Kept, _) => Walk::Slots { slot: 0, kept: true },
            (Range::All, Kind::User) => Walk::Slots { slot: 0, kept: false },
            (Range::All, Kind::Message) => {
                let place = Place::Root(Root::Messages);
                let row = records.list(place).head;
                Walk::Flat { row, links: Links::AGE, place: Some(place) }
            }
            (Range::All, Kind::Guild) => Walk::Flat {
                row: records.list(Place::Root(Root::Guilds)).head,
                links: Links::OWNED,
                place: None,
            },
            (Range::All, Kind::DmChannel) => flat(Place::Root(Root::DmChannels)),
            (Range::All, Kind::Me) => flat(Place::Root(Root::Me)),
            (Range::All, kind) => Walk::Nested {
                owner: records.list(Place::Root(Root::Guilds)).head,
                row: NONE,
                list: kind.list().unwrap_or(0),
                began: false,
            },
            (Range::Guild(NONE) | Range::Room(NONE), _) => Walk::EMPTY,
            (Range::Guild(guild), Kind::Message) => Walk::Nested {
                owner: records.list(Place::In(guild, ROOMS)).head,
                row: NONE,
                list: 0,
                began: false,
            },
            (Range::Guild(guild), kind) => match kind.list() {
                Some(list) => flat(Place::In(guild, list)),
                None => Walk::EMPTY,
            },
            (Range::Room(room), _) => flat(Place::In(room, 0)),
        }
    }
}

const ROOMS: u8 = match Kind::Room.list() {
    Some(number) => number,
    None => 0,
};

impl<M: Memory> View<'_, Guilds, M> {
    /// Returns those that are available.
    #[must_use]
    pub const fn available(self) -> Self {
        Self { filter: Filter::Available(true), ..self }
    }

    /// Returns those that are not: in an outage, or announced and not here yet.
    ///
    /// What is known of them is as old as the outage; of one that was only announced it is no more than the id.
    #[must_use]
    pub const fn unavailable(self) -> Self {
        Self { filter: Filter::Available(false), ..self }
    }
}

impl<M: Memory> View<'_, Channels, M> {
    /// Returns those the bot may view.
    ///
    /// The gateway tells of the others too, with names and most fields hidden and
    /// [`ChannelFlags::CHANNEL_OBFUSCATED`] set.
    #[must_use]
    pub const fn visible(self) -> Self {
        Self { filter: Filter::Visible, ..self }
    }
}

impl<M: Memory> View<'_, Messages, M> {
    /// Returns those in a channel or thread.
    #[must_use]
    pub fn in_channel(self, channel: ChannelId) -> Self {
        let room = self.records.find(Kind::Room, NONE, channel.0).unwrap_or(NONE);
        Self { range: Range::Room(room), ..self }
    }
}

macro_rules! in_channel {
    ($($(#[$doc:meta])* $table:ident: $name:ident;)*) => {$(
        impl<M: Memory> View<'_, $table, M> {
            $(#[$doc])*
            #[must_use]
            pub fn in_channel(self, channel: ChannelId) -> Self {
                let filter = Filter::Of($name, channel.0);
                // Where the channel is cached it tells the guild, and only that is gone through.
                let guild = self.records.find(Kind::Channel, NONE, channel.0);
                let range = match guild.filter(|_| self.range == Range::All) {
                    Some(row) => Range::Guild(self.records.owner(row)),
                    None => self.range,
                };
                Self { range, filter, ..self }
            }
        }
    )*};
}

in_channel! {
    /// Returns those to a channel.
    Invites: CHANNEL_ID;
    /// Returns those of a channel.
    Threads: PARENT_ID;
    /// Returns those in a channel.
    VoiceStates: CHANNEL_ID;
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

/// Goes through the rows of a view.
pub struct Iter<'c, T, M: Memory> {
    view: View<'c, T, M>,
    walk: Walk,
}

/// A way through rows.
#[derive(Clone, Copy, Debug)]
enum Walk {
    /// Along one list.
    Flat { row: u32, links: Links, place: Option<Place> },
    /// Along a list of owners, and along a list of each.
    Nested { owner: u32, row: u32, list: u8, began: bool },
    /// By slot, for rows that stand in no list.
    Slots { slot: u32, kept: bool },
}

impl Walk {
    const EMPTY: Self = Self::Flat { row: NONE, links: Links::OWNED, place: None };

    /// Returns the next row.
    fn next<M: Memory>(&mut self, records: &Records<M>, kind: Kind) -> Option<u32> {
        match self {
            Self::Flat { row, links, .. } => {
                let here = Some(*row).filter(|row| *row != NONE)?;
                *row = records.next(here, *links);
                Some(here)
            }
            Self::Nested { owner, row, list, began } => loop {
                if *row != NONE {
                    let here = *row;
                    *row = records.next(here, Links::OWNED);
                    return Some(here);
                }
                if *began {
                    *owner = records.next(*owner, Links::OWNED);
                }
                *began = *owner != NONE;
                if !*began {
                    return None;
                }
                *row = records.list(Place::In(*owner, *list)).head;
            },
            Self::Slots { slot, kept } => loop {
                let here = *slot;
                if here >= records.slots() {
                    return None;
                }
                *slot += 1;
                let is_one = records.is_row(here) && records.kind(here) == kind;
                if is_one && records.is(here, Mark::Kept) == *kept {
                    return Some(here);
                }
            },
        }
    }
}

impl<'c, T: Table, M: Memory> Iterator for Iter<'c, T, M> {
    type Item = Row<'c, T, M>;

    fn next(&mut self) -> Option<Row<'c, T, M>> {
        let records = self.view.records;
        loop {
            let row = self.walk.next(records, T::KIND)?;
            let shown = self.view.range == Range::Kept || self.view.shows(row);
            if shown && self.view.lets(row) {
                return Some(Row::of(records, row));
            }
        }
    }
}

impl<T: Table, M: Memory> FusedIterator for Iter<'_, T, M> {}

impl<T, M: Memory> Clone for Iter<'_, T, M> {
    fn clone(&self) -> Self {
        Self { view: self.view, walk: self.walk }
    }
}

impl<T, M: Memory> fmt::Debug for Iter<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("walk", &self.walk).finish_non_exhaustive()
    }
}
