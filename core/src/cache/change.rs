//! What a change tells, and who hears it.

use core::fmt;

use super::Tables;
use super::family::Memory;
use super::records::Records;
use super::row::Row;
use super::rows::{Changed, News, Witness};
use super::settings::Settings;
use super::table::{Channels, Kind, Table};
use crate::{ChannelId, GuildId};

/// Hears of every row that changes.
///
/// It is called while an event is read, for each row once it is as it will be, and for a row that goes while it
/// can still be read. `()` hears nothing, and a closure is an observer too.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use gatewright_core::cache::{Cache, Change, Heap, Roles, Settings};
///
/// let mut cache = Cache::new(Settings::default());
/// # let d = br#"{"guild_id": "1", "role": {"id": "2", "name": "mods"}}"#;
/// # let event = gatewright_core::Dispatch::new("GUILD_ROLE_CREATE", None, gatewright_core::Encoding::Json, d).unwrap();
/// let mut names = Vec::new();
/// cache.apply(&event, &mut |change: &Change<'_, Heap>| {
///     if let Some(role) = change.after::<Roles>() {
///         names.push(role.read().unwrap().name.unwrap().to_string());
///     }
/// });
/// assert_eq!(names, ["mods"]);
/// # }
/// ```
pub trait Observer<M: Memory> {
    /// Hears of a row that changed.
    fn changed(&mut self, change: &Change<'_, M>);

    /// Hears what became of a guild; of several after a READY, one after the other.
    fn guild(&mut self, guild: GuildId, news: GuildNews) {
        _ = (guild, news);
    }

    /// Hears that the bot sees a channel that was hidden, or does not see it any more.
    fn channel(&mut self, channel: ChannelId, sight: Sight) {
        _ = (channel, sight);
    }
}

impl<M: Memory> Observer<M> for () {
    fn changed(&mut self, _: &Change<'_, M>) {}
}

impl<M: Memory, F: FnMut(&Change<'_, M>)> Observer<M> for F {
    fn changed(&mut self, change: &Change<'_, M>) {
        self(change);
    }
}

/// A row that changed, with what it was and what it is.
pub struct Change<'c, M: Memory> {
    records: &'c Records<M>,
    settings: &'c Settings,
    changed: Changed<'c>,
}

impl<'c, M: Memory> Change<'c, M> {
    /// Returns which table the row is in.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.changed.kind.into()
    }

    /// Returns the row as it was; nothing if it is new, or not of this table.
    #[must_use]
    pub fn before<T: Table>(&self) -> Option<Row<'c, T, M>> {
        let old = self.changed.old.filter(|_| T::KIND == self.changed.kind)?;
        Some(Row::with(self.records, self.changed.row, old))
    }

    /// Returns the row as it is; nothing if it is gone, or not of this table.
    #[must_use]
    pub fn after<T: Table>(&self) -> Option<Row<'c, T, M>> {
        let is = self.changed.stays && T::KIND == self.changed.kind;
        is.then(|| Row::of(self.records, self.changed.row))
    }

    /// Returns the tables of the cache as they are in the middle of the event.
    #[must_use]
    pub const fn tables(&self) -> Tables<'c, M> {
        Tables::of(self.records, self.settings)
    }
}

impl<M: Memory> fmt::Debug for Change<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

/// What applying an event, or another change of many rows, did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// How many rows are new.
    pub added: u32,
    /// How many rows changed.
    pub changed: u32,
    /// How many rows are gone.
    pub removed: u32,
    /// How many rows had to go to make room for others; they are counted in `removed` too.
    pub evicted: u32,
    /// How many rows were not stored because there was no room.
    pub refused: u32,
    /// How many objects were not what the documentation says, so that they were not stored or not whole.
    pub broken: u32,
    /// What became of a guild; of several the last, while the [`Observer`] hears of each.
    pub guild: Option<(GuildId, GuildNews)>,
    /// How what the bot sees of a channel changed; of several the last, while the [`Observer`] hears of each.
    pub channel: Option<(ChannelId, Sight)>,
    /// What rows belong to that nobody told of: an unknown channel or guild. They are stored all the same.
    pub unknown_parent: Option<Parent>,
}

/// What rows belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// A channel or thread: of a message, or of a thread.
    Channel(ChannelId),
    /// A guild, which no READY and no GUILD_CREATE told of.
    Guild(GuildId),
}

/// What became of a guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GuildNews {
    /// It is here, and was not known: the bot joined it.
    Joined,
    /// It is here, and was announced before or in an outage.
    Available,
    /// It is in an outage.
    Unavailable,
    /// The bot is not in it any more.
    Left,
}

/// How what the bot sees of a channel changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It may view a channel that was hidden.
    Visible,
    /// It may not view a channel any more.
    Hidden,
}

/// Counts what an observer hears.
#[derive(Debug)]
pub(super) struct Told<'o, O> {
    pub(super) observer: &'o mut O,
    pub(super) settings: &'o Settings,
    pub(super) applied: Applied,
}

impl<M: Memory, O: Observer<M>> Witness<M> for Told<'_, O> {
    fn hear(&mut self, records: &Records<M>, changed: Changed<'_>) {
        let count = match (changed.old, changed.stays) {
            (_, false) => &mut self.applied.removed,
            (None, true) => &mut self.applied.added,
            (Some(_), true) => &mut self.applied.changed,
        };
        *count = count.saturating_add(1);
        let change = Change { records, settings: self.settings, changed };
        self.observer.changed(&change);
        if let (Some(before), Some(after)) = (change.before::<Channels>(), change.after()) {
            self.see(&before, &after);
        }
    }

    fn tell(&mut self, news: News) {
        match news {
            News::Guild(guild, news) => {
                self.applied.guild = Some((guild, news));
                Observer::<M>::guild(self.observer, guild, news);
            }
            News::Unknown(parent) => {
                let unknown = &mut self.applied.unknown_parent;
                let guild = matches!(unknown, Some(Parent::Guild(_)));
                *unknown = if guild { *unknown } else { Some(parent) };
            }
        }
    }
}

impl<O> Told<'_, O> {
    /// Tells if a channel is seen that was not, or the other way round.
    fn see<M: Memory>(&mut self, before: &Row<'_, Channels, M>, after: &Row<'_, Channels, M>)
    where
        O: Observer<M>,
    {
        let sight = match (before.is_visible(), after.is_visible()) {
            (false, true) => Sight::Visible,
            (true, false) => Sight::Hidden,
            (false, false) | (true, true) => return,
        };
        self.applied.channel = Some((after.key(), sight));
        Observer::<M>::channel(self.observer, after.key(), sight);
    }
}
