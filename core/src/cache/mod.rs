//! The cache: what the events of a shard tell of guilds, kept in memory of known size.
//!
//! [`Cache::apply`] takes an event and tells an [`Observer`] of each row that changes. The rows are read table by
//! table through [`View`]s, which borrow the cache:
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use gatewright_core::cache::{Cache, Settings};
//! use gatewright_core::{Dispatch, Encoding, GuildId, RoleId};
//!
//! let mut cache = Cache::new(Settings::default());
//! let d = br#"{"guild_id": "1", "role": {"id": "2", "name": "mods", "permissions": "8"}}"#;
//! let event = Dispatch::new("GUILD_ROLE_CREATE", None, Encoding::Json, d)?;
//! let applied = cache.apply(&event, &mut ());
//! assert_eq!(applied.added, 1);
//!
//! let role = cache.roles().get(RoleId(2)).ok_or("no role")?;
//! assert_eq!(role.read()?.name.ok_or("no name")?, "mods");
//! assert_eq!(cache.roles().in_guild(GuildId(1)).len(), 1);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Memory
//!
//! A cache stands on the heap ([`Heap`]), up to limits in rows and bytes, or in memory that is lent ([`Fixed`])
//! and never asks for more. What does not fit is refused and reported, and the row that was to change is not
//! there rather than old. A row is a header and its fields in a packed form; texts take their length, ids and
//! times eight bytes, hashes of images sixteen.
//!
//! # What refers to what
//!
//! A user is there as long as something refers to it: a member, an emoji, a message. A member, an emoji, a
//! sticker or a message that is removed while another row refers to it is kept for that row, and in no view but
//! [`View::kept`].
//!
//! `CACHE.md` beside this crate has the whole of it at a glance: the tables, what each event does, and the calls that
//! stand for those of hikari.

mod apply;
mod arrival;
mod change;
mod complete;
#[cfg(feature = "alloc")]
mod display;
mod edit;
#[expect(unnameable_types, reason = "nobody else makes a family")]
mod family;
mod gather;
mod kept;
#[expect(unnameable_types, reason = "what the records are of")]
mod kind;
mod memory;
#[cfg(feature = "alloc")]
mod owned;
mod permissions;
#[expect(unnameable_types, reason = "parts of a family")]
mod pool;
mod reader;
#[expect(unnameable_types, reason = "what views read")]
mod records;
mod row;
mod rows;
mod settings;
#[cfg(feature = "std")]
mod shared;
mod snapshot;
mod statistics;
mod table;
#[cfg(feature = "alloc")]
mod update;
mod view;

pub use arrival::{Arrivals, Arrived};
pub use change::{Applied, Change, GuildNews, Observer, Parent, Sight};
pub use edit::Edit;
#[cfg(feature = "alloc")]
pub use family::Heap;
pub use family::{Fixed, Memory};
pub use memory::CacheMemory;
#[cfg(feature = "alloc")]
pub use owned::{Collected, OwnedChange, OwnedRow};
pub use permissions::PermissionsError;
pub use row::Row;
pub use settings::{Components, Eviction, Limit, Limits, MemberPolicy, Settings};
#[cfg(feature = "std")]
pub use shared::SharedCache;
pub use snapshot::SnapshotError;
pub use statistics::{Evictions, MemoryStatistics, TableStatistics};
pub use table::{
    Channels, DmChannel, DmChannels, Emojis, Guilds, InChannel, InGuild, Invites, Kind, Me,
    Members, Messages, Presences, Roles, ScheduledEvents, Sounds, Stages, Stickers, Table, Threads,
    Users, VoiceStates,
};
pub use view::{Iter, View};

use core::fmt;

use records::Records;

use crate::{Dispatch, Event, UserId};

/// What events tell, row by row.
pub struct Cache<M: Memory> {
    records: Records<M>,
    scratch: M::Scratch,
    settings: Settings,
}

impl<M: Memory> Cache<M> {
    /// Hears an event of a shard: does what a dispatch tells, and where events were lost, knows that what is not in
    /// the cache may be there all the same.
    ///
    /// Lost are those of a [gap](Event::Gap), those that were [skipped](Event::Skipped), and what happens between
    /// the [loss of a session](Event::SessionLost) and the next READY. A [duplicate](Event::Duplicate) was applied
    /// before.
    pub fn hear(&mut self, event: &Event<'_>, observer: &mut impl Observer<M>) -> Applied {
        match event {
            Event::Dispatch(dispatch) => return self.apply(dispatch, observer),
            Event::Gap { .. } | Event::SessionLost { .. } | Event::Skipped(_) => self.mark_cold(),
            Event::Command { .. }
            | Event::Connected(_)
            | Event::Disconnected(_)
            | Event::Duplicate(_)
            | Event::Limit(_) => {}
        }
        Applied::default()
    }

    /// Does what a dispatch tells, as [`hear`](Self::hear) does.
    ///
    /// An event that is not well-formed is counted in [`Applied::broken`]; what came before the fault is done.
    pub fn apply(&mut self, event: &Dispatch<'_>, observer: &mut impl Observer<M>) -> Applied {
        if let Some(seq) = event.seq() {
            self.records.session.seq = seq;
        }
        self.change(observer, |reader| reader.apply(event))
    }

    /// Returns all tables to be read, as an observer gets them.
    #[must_use]
    pub const fn tables(&self) -> Tables<'_, M> {
        Tables::of(&self.records, &self.settings)
    }

    /// Returns how many guilds READY announced that are not here yet; [`Arrivals`] makes an event of it.
    #[must_use]
    pub const fn awaited(&self) -> u32 {
        self.records.session.awaited
    }

    /// Tells whether the session was resumed with nothing of what it told before: what is not in the cache may be
    /// there all the same. A READY ends it.
    #[must_use]
    pub const fn is_cold(&self) -> bool {
        self.records.session.cold
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl<M: Memory> fmt::Debug for Cache<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, settings, .. } = self;
        f.debug_struct("Cache")
            .field("rows", records)
            .field("settings", settings)
            .finish_non_exhaustive()
    }
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident, $edit:ident: $table:ident;)*) => {
        impl<M: Memory> Cache<M> {
            $($(#[$doc])*
            #[must_use]
            pub const fn $name(&self) -> View<'_, $table, M> {
                self.tables().table()
            }

            #[doc = concat!("Returns the table of [`", stringify!($name), "`](Self::", stringify!($name), ") to be changed.")]
            #[must_use]
            pub const fn $edit(&mut self) -> Edit<'_, $table, M> {
                Edit::of(self)
            })*
        }

        impl<'c, M: Memory> Tables<'c, M> {
            $($(#[$doc])*
            #[must_use]
            pub const fn $name(self) -> View<'c, $table, M> {
                self.table()
            })*
        }
    };
}

tables! {
    /// Returns the channels of guilds.
    channels, channels_mut: Channels;
    /// Returns the channels of direct messages.
    dm_channels, dm_channels_mut: DmChannels;
    /// Returns the emojis of guilds.
    emojis, emojis_mut: Emojis;
    /// Returns the guilds.
    guilds, guilds_mut: Guilds;
    /// Returns the invites.
    invites, invites_mut: Invites;
    /// Returns the members of guilds.
    members, members_mut: Members;
    /// Returns the messages.
    messages, messages_mut: Messages;
    /// Returns the presences.
    presences, presences_mut: Presences;
    /// Returns the roles.
    roles, roles_mut: Roles;
    /// Returns the scheduled events.
    scheduled_events, scheduled_events_mut: ScheduledEvents;
    /// Returns the soundboard sounds of guilds.
    sounds, sounds_mut: Sounds;
    /// Returns the stages.
    stages, stages_mut: Stages;
    /// Returns the stickers of guilds.
    stickers, stickers_mut: Stickers;
    /// Returns the threads.
    threads, threads_mut: Threads;
    /// Returns the voice states.
    voice_states, voice_states_mut: VoiceStates;
}

/// The tables of a cache, to be read: by an observer while it is changed, by a function that is lent them.
#[derive(Debug)]
pub struct Tables<'c, M: Memory> {
    records: &'c Records<M>,
    settings: &'c Settings,
}

impl<'c, M: Memory> Tables<'c, M> {
    const fn of(records: &'c Records<M>, settings: &'c Settings) -> Self {
        Self { records, settings }
    }

    /// Returns the users.
    #[must_use]
    pub const fn users(self) -> View<'c, Users, M> {
        self.table()
    }

    /// Returns a table by its type.
    #[must_use]
    pub const fn table<T: Table>(self) -> View<'c, T, M> {
        View::all(self.records, self.settings)
    }

    /// Returns the bot's own user.
    #[must_use]
    pub fn me(self) -> Option<Row<'c, Me, M>> {
        self.table().at(0)
    }

    /// Returns the id of the bot's own user, as READY told it, whether the user is kept or not.
    #[must_use]
    pub fn my_id(self) -> Option<UserId> {
        self.records.own().map(UserId)
    }

    /// Returns how many guilds READY announced that are not here yet; [`Arrivals`] makes an event of it.
    #[must_use]
    pub const fn awaited(self) -> u32 {
        self.records.session.awaited
    }

    /// Tells whether the session was resumed with nothing of what it told before: what is not in the cache may be
    /// there all the same. A READY ends it.
    #[must_use]
    pub const fn is_cold(self) -> bool {
        self.records.session.cold
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(self) -> &'c Settings {
        self.settings
    }
}

impl<M: Memory> Clone for Tables<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Memory> Copy for Tables<'_, M> {}

impl<M: Memory> Cache<M> {
    /// Returns the users.
    #[must_use]
    pub const fn users(&self) -> View<'_, Users, M> {
        self.tables().users()
    }

    /// Returns the bot's own user to be changed.
    #[must_use]
    pub const fn me_mut(&mut self) -> Edit<'_, Me, M> {
        Edit::of(self)
    }

    /// Returns the bot's own user.
    #[must_use]
    pub fn me(&self) -> Option<Row<'_, Me, M>> {
        self.tables().me()
    }

    /// Returns the id of the bot's own user, as READY told it, whether the user is kept or not.
    #[must_use]
    pub fn my_id(&self) -> Option<UserId> {
        self.tables().my_id()
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
