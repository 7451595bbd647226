//! Changes that return copies of what they changed.

use super::change::{Applied, Observer};
use super::edit::Edit;
use super::family::Memory;
use super::kind::{Kind, NONE};
use super::owned::OwnedRow;
use super::row::Row;
use super::table::{
    Channels, Emojis, Guilds, Invites, Me, Members, Messages, Presences, Roles, ScheduledEvents,
    Sounds, Stages, Stickers, Table, Threads, VoiceStates, hash_of_code,
};
use crate::GuildId;
use crate::decode::{Cursor, Text};

/// What a row was before a change, and what it is after it.
type OldAndNew<T> = (Option<OwnedRow<T>>, Option<OwnedRow<T>>);

impl<T: Table, M: Memory> Edit<'_, T, M> {
    /// [Removes](Self::remove) a row and what is in it, and returns a copy of the row; nothing if it was not there.
    pub fn take(
        &mut self,
        key: T::Key<'_>,
        observer: &mut impl Observer<M>,
    ) -> Option<OwnedRow<T>> {
        let row = T::find(&self.cache.records, key);
        let row = row.filter(|row| self.cache.records.is_shown(*row));
        let taken = row.map(|row| Row::of(&self.cache.records, row).into_owned());
        self.remove(key, observer);
        taken
    }

    /// Changes the row that an object names, and copies it before and after.
    fn updated(
        &mut self,
        guild: Option<GuildId>,
        object: Cursor<'_>,
        change: impl FnOnce(&mut Self) -> Applied,
    ) -> OldAndNew<T> {
        let key = key_in(T::KIND, object);
        let old = key.and_then(|key| self.copy(guild, key));
        change(self);
        (old, key.and_then(|key| self.copy(guild, key)))
    }

    fn copy(&self, guild: Option<GuildId>, mut key: u64) -> Option<OwnedRow<T>> {
        let records = &self.cache.records;
        let owner = match guild {
            Some(guild) => records.find(Kind::Guild, NONE, guild.0)?,
            None => NONE,
        };
        if T::KIND == Kind::Member {
            key = records.find(Kind::User, NONE, key)?.into();
        }
        let row = records.find_listed(T::KIND, owner, key)?;
        Some(Row::of(records, row).into_owned())
    }
}

/// Reads what names the row that an object is.
fn key_in(kind: Kind, object: Cursor<'_>) -> Option<u64> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "most rows have an id")]
    let (mut value, name) = match kind {
        Kind::Member | Kind::Presence => (member(object, "user")?, "id"),
        Kind::Sound => (object, "sound_id"),
        Kind::VoiceState => (object, "user_id"),
        Kind::Invite => {
            let code: Text<'_> = member(object, "code")?.decode().ok()?;
            let mut unescaped = [0; 128];
            let code = code.as_str().or_else(|| code.copy_to(&mut unescaped))?;
            return Some(hash_of_code(code.as_bytes()));
        }
        _ => (object, "id"),
    };
    value = member(value, name)?;
    value.snowflake().ok()
}

/// Returns a cursor before the value of a name in an object.
fn member<'c>(mut object: Cursor<'c>, name: &str) -> Option<Cursor<'c>> {
    let mut members = object.object().ok()?;
    while let Some(key) = object.key(&mut members).ok()? {
        if key.is(name) {
            return Some(object);
        }
        object.skip().ok()?;
    }
    None
}

macro_rules! of_guild {
    ($($table:ident)*) => {$(
        impl<M: Memory> Edit<'_, $table, M> {
            /// [Patches](Self::patch) a row of a guild, and returns copies of it before and after.
            pub fn update(
                &mut self,
                guild: GuildId,
                row: Cursor<'_>,
                observer: &mut impl Observer<M>,
            ) -> OldAndNew<$table> {
                self.updated(Some(guild), row, |edit| edit.patch(guild, row, observer))
            }
        }
    )*};
}

of_guild! {
    Channels Emojis Invites Members Presences Roles ScheduledEvents Sounds Stages Stickers Threads VoiceStates
}

macro_rules! of_none {
    ($($table:ident)*) => {$(
        impl<M: Memory> Edit<'_, $table, M> {
            /// [Patches](Self::patch) a row, and returns copies of it before and after.
            pub fn update(
                &mut self,
                row: Cursor<'_>,
                observer: &mut impl Observer<M>,
            ) -> OldAndNew<$table> {
                self.updated(None, row, |edit| edit.patch(row, observer))
            }
        }
    )*};
}

of_none! { Guilds Me Messages }
