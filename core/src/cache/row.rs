//! A row: what it reads as, and the rows it refers to.

use core::fmt;
use core::marker::PhantomData;

use super::family::Memory;
use super::kind::{Kind, Mark, NONE};
use super::records::Records;
use super::rows::user_of;
use super::table::{
    Channels, Emojis, Guilds, Invites, Members, Messages, Presences, ScheduledEvents, Sounds,
    Stickers, Table, Users, VoiceStates,
};
use crate::decode::packed::{self, Name};
use crate::decode::{Cursor, Decode, DecodeError, DeserializeError, Deserializer, Raw, Text};
use crate::model::ChannelFlags;
use crate::{GuildId, UserId};

/// A row of a table, as it is; or as it was, where a change tells of it.
///
/// It borrows the cache, and reads its fields where they are kept. Rows it refers to are not among its fields:
/// a member reads as one without a user, which [`user`](Self::user) returns.
pub struct Row<'c, T, M: Memory> {
    records: &'c Records<M>,
    row: u32,
    members: &'c [u8],
    table: PhantomData<T>,
}

impl<'c, T: Table, M: Memory> Row<'c, T, M> {
    pub(super) fn of(records: &'c Records<M>, row: u32) -> Self {
        Self::with(records, row, records.members(row))
    }

    /// Makes one that reads other members than it has now.
    pub(super) const fn with(records: &'c Records<M>, row: u32, members: &'c [u8]) -> Self {
        Self { records, row, members, table: PhantomData }
    }

    /// Returns what names it.
    #[must_use]
    pub fn key(&self) -> T::Key<'c> {
        T::key(self)
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the service sent something else than its documentation says, which is kept all the same.
    pub fn read(&self) -> Result<T::Model<'c>, DecodeError> {
        self.decode()
    }

    /// Reads it as another type than the table's.
    ///
    /// # Errors
    /// [`DecodeError`] tells what was expected.
    pub fn decode<V: Decode<'c>>(&self) -> Result<V, DecodeError> {
        self.cursor().decode()
    }

    /// Reads it as a type that knows serde.
    ///
    /// `scratch` takes what is not text in memory but reads as such, one at a time; with the feature `alloc` it
    /// may be empty.
    ///
    /// # Errors
    /// [`DeserializeError`] tells what was expected, or what the type itself says.
    pub fn deserialize<V: serde::Deserialize<'c>>(
        &self,
        scratch: &mut [u8],
    ) -> Result<V, DeserializeError> {
        V::deserialize(&mut Deserializer::new(self.cursor(), scratch))
    }

    /// Returns a cursor that stands before it.
    #[must_use]
    pub const fn cursor(&self) -> Cursor<'c> {
        Cursor::packed_members(self.members)
    }

    /// Returns the guild it belongs to; nothing where it belongs to none.
    #[must_use]
    pub fn guild_id(&self) -> Option<GuildId> {
        if T::KIND == Kind::Guild {
            return Some(GuildId(self.number()));
        }
        self.guild_row().map(|guild| GuildId(self.records.key(guild)))
    }

    /// Returns the row of that guild; nothing if no more than its id is known.
    #[must_use]
    pub fn guild(&self) -> Option<Row<'c, Guilds, M>> {
        let guild = self.guild_row().filter(|guild| self.records.is(*guild, Mark::Known))?;
        Some(Row::of(self.records, guild))
    }

    /// Tells whether it was removed, and is there only because others refer to it.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.records.is(self.row, Mark::Kept)
    }

    /// Returns the number that names it among the rows of its kind.
    pub(super) fn number(&self) -> u64 {
        self.records.key(self.row)
    }

    /// Returns the records, its row there, and the members it reads.
    pub(super) const fn parts(&self) -> (&'c Records<M>, u32, &'c [u8]) {
        (self.records, self.row, self.members)
    }

    /// Returns its fields, without the key.
    pub(super) fn fields(&self) -> &'c [u8] {
        let key = T::KIND.key_member().len();
        let start = if key == 0 { 0 } else { key + 8 };
        self.members.get(start..).unwrap_or_default()
    }

    fn guild_row(&self) -> Option<u32> {
        let owner = self.records.guild_of(self.row);
        (owner != NONE).then_some(owner)
    }

    /// Returns the row that a field refers to.
    fn related<U: Table>(&self, name: Name) -> Option<Row<'c, U, M>> {
        self.related_in(name).next()
    }

    /// Returns the rows that a field refers to.
    fn related_in<U: Table>(
        &self,
        name: Name,
    ) -> impl Iterator<Item = Row<'c, U, M>> + use<'c, T, U, M> {
        let records = self.records;
        let value = packed::find(self.fields(), name);
        let rows = value.filter(|value| matches!(value.tag, packed::ROW | packed::ROWS));
        let (rows, _) = rows.map_or(&[][..], |value| value.bytes).as_chunks();
        rows.iter().map(move |row| Row::of(records, u32::from_le_bytes(*row)))
    }
}

macro_rules! relations {
    ($($table:ident { $($(#[$doc:meta])* $relation:ident: $to:ident;)* })*) => {$(
        impl<'c, M: Memory> Row<'c, $table, M> {$(
            $(#[$doc])*
            #[must_use]
            pub fn $relation(&self) -> Option<Row<'c, $to, M>> {
                self.related(const { Name::of(stringify!($relation)) })
            }
        )*}
    )*};
}

relations! {
    Emojis {
        /// Returns who uploaded it.
        user: Users;
    }
    Invites {
        /// Returns who made it.
        inviter: Users;
        /// Returns whose stream it is for.
        target_user: Users;
    }
    Messages {
        /// Returns who wrote it, or the webhook as a user.
        author: Users;
        /// Returns the member who wrote it.
        member: Members;
        /// Returns the message it answers.
        referenced_message: Messages;
    }
    ScheduledEvents {
        /// Returns who made it.
        creator: Users;
    }
    Sounds {
        /// Returns who uploaded it.
        user: Users;
    }
    Stickers {
        /// Returns who uploaded it.
        user: Users;
    }
    VoiceStates {
        /// Returns the member.
        member: Members;
    }
}

impl<'c, M: Memory> Row<'c, Messages, M> {
    /// Returns the users it mentions.
    pub fn mentions(&self) -> impl Iterator<Item = Row<'c, Users, M>> + use<'c, M> {
        self.related_in(const { Name::of("mentions") })
    }

    /// Returns those of its stickers that were cached when it came.
    pub fn stickers(&self) -> impl Iterator<Item = Row<'c, Stickers, M>> + use<'c, M> {
        self.related_in(const { Name::of("stickers") })
    }
}

impl<'c, M: Memory> Row<'c, Members, M> {
    /// Returns the user.
    #[must_use]
    pub fn user(&self) -> Row<'c, Users, M> {
        Row::of(self.records, user_of(self.number()))
    }

    /// Returns the id of the user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        UserId(self.user().number())
    }
}

impl<'c, M: Memory> Row<'c, Presences, M> {
    /// Returns the id of the user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        UserId(self.number())
    }

    /// Returns the custom emojis its activities show, as far as they were cached when it came.
    pub fn emojis(&self) -> impl Iterator<Item = Row<'c, Emojis, M>> + use<'c, M> {
        self.related_in(const { Name::of("emojis") })
    }
}

impl<'c, M: Memory> Row<'c, Channels, M> {
    /// Tells whether the bot may view it; of others, names and most fields are hidden.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        let flags = packed::find(self.fields(), const { Name::of("flags") });
        let flags = flags.and_then(|flags| flags.unsigned()).unwrap_or(0);
        flags & ChannelFlags::CHANNEL_OBFUSCATED.bits() == 0
    }

    /// Returns the status of a voice channel, which no channel object carries.
    #[must_use]
    pub fn status(&self) -> Option<Text<'c>> {
        self.value(const { Name::of("status") })?.text().ok()
    }

    /// Returns since when somebody is in a voice channel, in seconds since 1970, which no channel object carries.
    #[must_use]
    pub fn voice_start_time(&self) -> Option<i64> {
        self.value(const { Name::of("voice_start_time") })?.i64().ok()
    }

    /// Returns a cursor that stands before a field.
    fn value(&self, name: Name) -> Option<Cursor<'c>> {
        let [_, start, _] = packed::find_member(self.fields(), name)?;
        self.fields().get(start..).map(Cursor::packed)
    }
}

impl<M: Memory> Row<'_, VoiceStates, M> {
    /// Returns the id of the user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        UserId(self.number())
    }
}

impl<M: Memory> Row<'_, Guilds, M> {
    /// Tells whether more is known of it than its id.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.records.is(self.row, Mark::Known)
    }

    /// Tells whether it is available: not in an outage, and here.
    #[must_use]
    pub fn is_available(&self) -> bool {
        !self.records.is(self.row, Mark::Unavailable)
    }
}

impl<T, M: Memory> Clone for Row<'_, T, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, M: Memory> Copy for Row<'_, T, M> {}

impl<T: Table, M: Memory> fmt::Debug for Row<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.cursor(), f)
    }
}

/// Shows what stands behind a cursor.
pub(super) fn show(mut cursor: Cursor<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match cursor.decode::<Raw<'_>>() {
        Ok(value) => fmt::Debug::fmt(&value, f),
        Err(error) => write!(f, "<{error}>"),
    }
}
