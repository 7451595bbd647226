//! Changes that no event tells: rows are put in, changed and removed table by table.

use core::marker::PhantomData;
use core::time::Duration;

use super::Cache;
use super::change::{Applied, Observer, Told};
use super::family::Memory;
use super::kind::{Kind, NONE};
use super::reader::{Absent, Reader};
use super::table::sealed::Sealed;
use super::table::{
    Channels, DmChannels, Emojis, Guilds, InChannel, InGuild, Invites, Me, Members, Messages,
    Presences, Roles, ScheduledEvents, Sounds, Stages, Stickers, Table, Threads, VoiceStates,
};
use crate::decode::Cursor;
use crate::decode::packed::Broken;
use crate::model::UnixMillis;
use crate::{ChannelId, GuildId, UserId};

/// A table to be changed.
///
/// Every change tells the observer of each row it touches, as an event would, returns what it did, and obeys the
/// settings: what is switched off is not stored, limits hold. A table that rows were taken out of by hand is not
/// [complete](super::View::is_complete) until the next READY.
///
/// * [`insert`](Edit::insert) puts a row in, in place of the one there may be; [`patch`](Edit::patch) changes what
///   came of it; `update` (feature `alloc`) is `patch` that returns copies of the row before and after.
/// * [`remove`](Self::remove) takes a row and what is in it: a guild goes with all it has, a channel with its threads
///   and messages. [`remove_alone`](Edit::remove_alone) takes the row alone; `take` (feature `alloc`) is `remove`
///   that returns a copy of the row.
/// * [`clear`](Self::clear), [`clear_in_guild`](Self::clear_in_guild) and
///   [`clear_in_channel`](Self::clear_in_channel) empty the table, and no other.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use gatewright_core::cache::{Cache, Settings};
/// use gatewright_core::decode::Cursor;
/// use gatewright_core::{Encoding, GuildId, RoleId};
///
/// let mut cache = Cache::new(Settings::default());
/// let object = |json: &'static str| Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
/// let (guild, role) = (GuildId(1), RoleId(2));
/// let applied = cache.roles_mut().insert(guild, object(r#"{"id": "2", "name": "mods"}"#), &mut ());
/// assert_eq!(applied.added, 1);
///
/// let (old, new) = cache.roles_mut().update(guild, object(r#"{"id": "2", "name": "staff"}"#), &mut ());
/// assert_eq!(old.unwrap().read()?.name.unwrap(), "mods");
/// assert_eq!(new.unwrap().read()?.name.unwrap(), "staff");
///
/// assert!(cache.roles_mut().take(role, &mut ()).is_some());
/// assert_eq!(cache.roles_mut().remove(role, &mut ()).removed, 0, "it is gone");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Edit<'c, T, M: Memory> {
    pub(super) cache: &'c mut Cache<M>,
    table: PhantomData<T>,
}

impl<'c, T: Table, M: Memory> Edit<'c, T, M> {
    pub(super) const fn of(cache: &'c mut Cache<M>) -> Self {
        Self { cache, table: PhantomData }
    }

    /// Removes a row and what is in it: all that belongs to a guild, the threads, messages, invites, voice states and
    /// stages of a channel, the messages of a thread.
    ///
    /// A row that others refer to is kept for them.
    pub fn remove(&mut self, key: T::Key<'_>, observer: &mut impl Observer<M>) -> Applied {
        let row = T::find(&self.cache.records, key);
        // Of a guild that is not known there may be rows all the same.
        let is = |row: &u32| T::KIND == Kind::Guild || self.cache.records.is_shown(*row);
        let Some(row) = row.filter(is) else { return Applied::default() };
        self.take_out(observer, |reader| reader.remove_with_content(row))
    }

    /// Removes all rows of the table and no others: what is in a guild or a channel stays. Rows that others refer to
    /// are kept for them.
    pub fn clear(&mut self, observer: &mut impl Observer<M>) -> Applied {
        self.take_out(observer, |reader| reader.clear_table(T::KIND))
    }

    /// Takes rows out, and notes that the tables they were in lack them.
    fn take_out<'o, O: Observer<M>>(
        &'o mut self,
        observer: &'o mut O,
        act: impl FnOnce(&mut Reader<'_, M, Told<'o, O>>),
    ) -> Applied {
        self.cache.change(observer, |reader| {
            let before = Kind::ALL.map(|kind| reader.records.listed(kind));
            act(reader);
            for (kind, before) in Kind::ALL.into_iter().zip(before) {
                // The place of a guild may stay.
                let guild = matches!((kind, T::KIND), (Kind::Guild, Kind::Guild));
                if guild || reader.records.listed(kind) < before {
                    reader.records.tallies.lack(kind);
                }
            }
            Ok(())
        })
    }
}

macro_rules! removes_alone {
    ($($table:ident)*) => {$(
        impl<M: Memory> Edit<'_, $table, M> {
            /// Removes a row and nothing that is in it.
            pub fn remove_alone(
                &mut self,
                key: <$table as Table>::Key<'_>,
                observer: &mut impl Observer<M>,
            ) -> Applied {
                let row = $table::find(&self.cache.records, key);
                let row = row.filter(|row| self.cache.records.is_shown(*row));
                let Some(row) = row else { return Applied::default() };
                self.take_out(observer, |reader| reader.remove_alone(row))
            }
        }
    )*};
}

removes_alone! { Channels Guilds Threads }

macro_rules! of_guild {
    ($($table:ident)*) => {$(
        impl<M: Memory> Edit<'_, $table, M> {
            /// Puts a row of a guild in, in place of the one there may be.
            ///
            /// `row` stands before an object as the gateway sends it, in any encoding.
            pub fn insert(
                &mut self,
                guild: GuildId,
                row: Cursor<'_>,
                observer: &mut impl Observer<M>,
            ) -> Applied {
                self.store(guild, row, Absent::Goes, observer)
            }

            /// Changes what an object has of a row of a guild, or puts it in; what the object lacks stays.
            pub fn patch(
                &mut self,
                guild: GuildId,
                row: Cursor<'_>,
                observer: &mut impl Observer<M>,
            ) -> Applied {
                self.store(guild, row, Absent::Stays, observer)
            }

            fn store(
                &mut self,
                guild: GuildId,
                mut row: Cursor<'_>,
                absent: Absent,
                observer: &mut impl Observer<M>,
            ) -> Applied {
                self.cache.change(observer, |reader| {
                    reader.of_guild(guild.0, |reader, guild| {
                        reader.row(Kind::of::<$table>(), guild, &mut row, absent).map(drop)
                    })
                })
            }
        }
    )*};
}

of_guild! {
    Channels Emojis Invites Members Presences Roles ScheduledEvents Sounds Stages Stickers Threads VoiceStates
}

impl<T: InGuild, M: Memory> Edit<'_, T, M> {
    /// Removes the rows of a guild.
    pub fn clear_in_guild(&mut self, guild: GuildId, observer: &mut impl Observer<M>) -> Applied {
        self.take_out(observer, |reader| reader.clear_in_guild(T::KIND, guild.0))
    }
}

impl<T: InChannel, M: Memory> Edit<'_, T, M> {
    /// Removes the rows of a channel.
    pub fn clear_in_channel(
        &mut self,
        channel: ChannelId,
        observer: &mut impl Observer<M>,
    ) -> Applied {
        self.take_out(observer, |reader| reader.clear_in_channel(T::KIND, channel.0))
    }
}

impl<M: Memory> Edit<'_, Messages, M> {
    /// Puts a message in, in place of the one there may be.
    ///
    /// `message` stands before an object as the gateway sends it; the channel is in it, the guild may be.
    pub fn insert(
        &mut self,
        guild: Option<GuildId>,
        message: Cursor<'_>,
        observer: &mut impl Observer<M>,
    ) -> Applied {
        self.cache.change(observer, |reader| reader.insert_message(guild, message))
    }

    /// Changes what an object has of a message; one that is not there is not put in.
    pub fn patch(&mut self, message: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
        self.cache.change(observer, |reader| reader.update_message(message))
    }
}

impl<M: Memory> Edit<'_, Guilds, M> {
    /// Puts a guild in, in place of the one there may be, and makes it available.
    ///
    /// Of lists that are tables of their own, such as `roles`, those in the object replace the rows of the guild.
    pub fn insert(&mut self, guild: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
        self.cache.change(observer, |reader| reader.guild_object(guild, Absent::Goes))
    }

    /// Changes what an object has of a guild, or puts it in, and makes it available.
    pub fn patch(&mut self, guild: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
        self.cache.change(observer, |reader| reader.guild_object(guild, Absent::Stays))
    }

    /// Sets whether a guild is available; returns whether it is there.
    pub fn set_available(&mut self, guild: GuildId, available: bool) -> bool {
        let row = self.cache.records.find_listed(Kind::Guild, NONE, guild.0);
        if let Some(row) = row {
            self.cache.records.mark(row, super::kind::Mark::Unavailable, !available);
        }
        row.is_some()
    }
}

impl<M: Memory> Edit<'_, Me, M> {
    /// Puts the bot's own user in, in place of the one there may be.
    pub fn insert(&mut self, user: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
        self.cache.change(observer, |reader| reader.own_user(user, Absent::Goes))
    }

    /// Changes what an object has of the bot's own user, or puts it in; what the object lacks stays.
    pub fn patch(&mut self, user: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
        self.cache.change(observer, |reader| reader.own_user(user, Absent::Stays))
    }
}

impl<M: Memory> Edit<'_, DmChannels, M> {
    /// Puts the channel of direct messages with a user in; the oldest makes room if there are too many.
    pub fn insert(
        &mut self,
        user: UserId,
        channel: ChannelId,
        observer: &mut impl Observer<M>,
    ) -> Applied {
        self.cache.change(observer, |reader| {
            reader.dm(user, channel);
            Ok(())
        })
    }
}

impl<M: Memory> Cache<M> {
    /// Removes what is out of date at `now`: messages that were sent, and threads that were archived, more than
    /// `max_age` ago, and invites that do not hold any more.
    ///
    /// A message's id tells when it was sent. The threads' messages go with them.
    pub fn sweep(
        &mut self,
        now: UnixMillis,
        max_age: Duration,
        observer: &mut impl Observer<M>,
    ) -> Applied {
        let max_age = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        self.change(observer, |reader| {
            reader.sweep(now.0, now.0.saturating_sub(max_age));
            Ok(())
        })
    }

    /// Says that events were lost, which [`hear`](Self::hear) does by itself: nothing is
    /// [complete](super::View::is_complete) until the next READY.
    pub const fn mark_cold(&mut self) {
        self.records.session.cold = true;
        // What was applied last may be of a session that is over.
        self.records.session.seq = 0;
    }

    /// Removes everything, whatever is switched on; the observer hears of every row that goes.
    pub fn clear(&mut self, observer: &mut impl Observer<M>) -> Applied {
        let applied = self.change(observer, |reader| {
            reader.clear_all();
            Ok(())
        });
        debug_assert!(Kind::ALL.iter().all(|kind| self.records.len(*kind) == 0));
        self.records.clear();
        applied
    }

    /// Does something to the rows and tells what it did.
    pub(super) fn change<'o, O: Observer<M>>(
        &'o mut self,
        observer: &'o mut O,
        act: impl FnOnce(&mut Reader<'_, M, Told<'o, O>>) -> Result<(), Broken>,
    ) -> Applied {
        let Self { records, scratch, settings } = self;
        let mut told = Told { observer, settings, applied: Applied::default() };
        let mut reader = Reader::new(records, scratch.as_mut(), settings, &mut told);
        let broken = act(&mut reader).is_err();
        let losses = reader.losses;
        Applied {
            refused: losses.refused,
            broken: losses.broken.saturating_add(broken.into()),
            evicted: losses.evicted,
            ..told.applied
        }
    }
}

impl Kind {
    const fn of<T: Table>() -> Self {
        T::KIND
    }
}
