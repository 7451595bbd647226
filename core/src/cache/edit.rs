//! Changes that no event tells: rows are put in, changed and removed table by table.

use core::marker::PhantomData;
use core::time::Duration;

use super::Cache;
use super::change::{Applied, Observer, Told};
use super::family::Memory;
use super::kind::{Kind, NONE};
use super::reader::{Absent, Reader};
use super::table::{
    Channels, DmChannels, Emojis, Guilds, InChannel, InGuild, Invites, Me, Members, Messages,
    Presences, Roles, ScheduledEvents, Sounds, Stages, Stickers, Table, Threads, VoiceStates,
};
use crate::decode::{Cursor, DecodeError};
use crate::model::UnixMillis;
use crate::{ChannelId, GuildId, UserId};

/// A table to be changed.
///
/// Every change tells the observer of each row it touches, as an event would, and obeys the settings: what is
/// switched off is not stored, limits hold.
#[derive(Debug)]
pub struct Edit<'c, T, M: Memory> {
    cache: &'c mut Cache<M>,
    table: PhantomData<T>,
}

impl<'c, T: Table, M: Memory> Edit<'c, T, M> {
    pub(super) const fn of(cache: &'c mut Cache<M>) -> Self {
        Self { cache, table: PhantomData }
    }

    /// Removes a row; returns whether it was there.
    pub fn remove(&mut self, key: T::Key<'_>, observer: &mut impl Observer<M>) -> bool {
        let row = T::find(&self.cache.records, key);
        let Some(row) = row.filter(|row| self.cache.records.is_shown(*row)) else { return false };
        self.cache.change(observer, |reader| {
            reader.remove_alone(row);
            Ok(())
        });
        true
    }

    /// Removes all rows of the table; those that others refer to are kept for them.
    pub fn clear(&mut self, observer: &mut impl Observer<M>) -> Applied {
        self.cache.change(observer, |reader| {
            reader.clear_table(T::KIND);
            Ok(())
        })
    }
}

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
            pub fn update(
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
        self.cache.change(observer, |reader| {
            reader.clear_in_guild(T::KIND, guild.0);
            Ok(())
        })
    }
}

impl<T: InChannel, M: Memory> Edit<'_, T, M> {
    /// Removes the rows of a channel.
    pub fn clear_in_channel(
        &mut self,
        channel: ChannelId,
        observer: &mut impl Observer<M>,
    ) -> Applied {
        self.cache.change(observer, |reader| {
            reader.clear_in_channel(T::KIND, channel.0);
            Ok(())
        })
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
    pub fn update(&mut self, message: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
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
    pub fn update(&mut self, guild: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
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

    /// Removes a guild with all that belongs to it; returns whether it was there.
    ///
    /// [`remove`](Self::remove) removes the guild alone.
    pub fn remove_whole(&mut self, guild: GuildId, observer: &mut impl Observer<M>) -> bool {
        let row = self.cache.records.find(Kind::Guild, NONE, guild.0);
        let Some(row) = row else { return false };
        self.cache.change(observer, |reader| {
            reader.holding(row, |reader| reader.forget(row));
            Ok(())
        });
        true
    }
}

impl<M: Memory> Edit<'_, Me, M> {
    /// Puts the bot's own user in, in place of the one there may be.
    pub fn insert(&mut self, user: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
        self.cache.change(observer, |reader| reader.own_user(user, Absent::Goes))
    }

    /// Changes what an object has of the bot's own user, or puts it in; what the object lacks stays.
    pub fn update(&mut self, user: Cursor<'_>, observer: &mut impl Observer<M>) -> Applied {
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
        act: impl FnOnce(&mut Reader<'_, M, Told<'o, O>>) -> Result<(), DecodeError>,
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
