//! A row: what it reads as, and the rows it refers to.

use core::fmt;
use core::marker::PhantomData;

use super::family::Memory;
use super::kind::{Kind, Mark, NONE};
use super::records::Records;
use super::rows::user_of;
use super::table::{
    Channels, Emojis, Guilds, Invites, Members, Messages, Names, Presences, ScheduledEvents,
    Sounds, Stages, Stickers, Table, Threads, Users, VoiceStates, code_in,
};
use crate::decode::packed::{self, Name};
use crate::decode::{Cursor, Decode, DecodeError, DeserializeError, Deserializer, Raw, Text};
use crate::model::ChannelFlags;
use crate::{ChannelId, GuildId, UserId};

/// A row of a table, as it is; or as it was, where a change tells of it.
///
/// It borrows the cache, and reads its fields where they are kept. Rows it refers to are not among its fields:
/// a member reads as one without a user, which [`user`](Self::user) returns. Rows that it names by an id, such as the
/// [`presence`](Self::presence) of a member or the [`parent`](Self::parent) of a channel, are those that are in the
/// cache now, also where the row tells what it was.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use gatewright_core::cache::{Cache, Settings};
/// use gatewright_core::{Dispatch, Encoding, GuildId, UserId};
///
/// let mut cache = Cache::new(Settings::default());
/// let d = br#"{"id": "1", "owner_id": "5", "roles": [{"id": "3", "name": "mods"}],
///     "members": [{"user": {"id": "5", "username": "ann"}, "roles": ["3"]}],
///     "channels": [{"id": "20", "name": "talk", "type": 2}],
///     "voice_states": [{"user_id": "5", "channel_id": "20"}]}"#;
/// cache.apply(&Dispatch::new("GUILD_CREATE", None, Encoding::Json, d)?, &mut ());
///
/// let owner = cache.guilds().get(GuildId(1)).and_then(|guild| guild.owner()).ok_or("no owner")?;
/// assert_eq!(owner.user().read()?.username.ok_or("no name")?, "ann");
/// assert_eq!(owner.roles().count(), 1);
/// let channel = owner.voice_state().and_then(|state| state.channel()).ok_or("not in voice")?;
/// assert_eq!(channel.read()?.name.value().ok_or("no name")?, "talk");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
        let code = if T::KIND == Kind::Invite { code_in(self.fields()) } else { "" };
        T::key(Names { guild: self.guild_id(), number: self.number(), code })
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

    /// Returns the number that names it among the rows of its kind; of a member the user.
    pub(super) fn number(&self) -> u64 {
        let number = self.records.key(self.row);
        if T::KIND == Kind::Member { self.records.key(user_of(number)) } else { number }
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
        if T::KIND == Kind::Guild {
            return Some(self.row);
        }
        let owner = self.records.guild_of(self.row);
        (owner != NONE).then_some(owner)
    }

    /// Finds a row of another table that is there for all.
    fn find<U: Table>(&self, owner: u32, key: u64) -> Option<Row<'c, U, M>> {
        let row = self.records.find_listed(U::KIND, owner, key)?;
        Some(Row::of(self.records, row))
    }

    /// Finds the row that a field names by its id.
    fn named<U: Table>(&self, name: Name) -> Option<Row<'c, U, M>> {
        self.find(NONE, packed::find(self.fields(), name)?.unsigned()?)
    }

    /// Finds the member of a guild who is a user.
    fn member_in(&self, guild: u32, user: u64) -> Option<Row<'c, Members, M>> {
        let user = self.records.find(Kind::User, NONE, user)?;
        self.find(guild, user.into())
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
}

macro_rules! named {
    ($($table:ident { $(#[$doc:meta])* $relation:ident: $to:ident by $name:literal; })*) => {$(
        impl<'c, M: Memory> Row<'c, $table, M> {
            $(#[$doc])*
            #[must_use]
            pub fn $relation(&self) -> Option<Row<'c, $to, M>> {
                self.named(const { Name::of($name) })
            }
        }
    )*};
}

named! {
    Channels {
        /// Returns the category it is in.
        parent: Channels by "parent_id";
    }
    Invites {
        /// Returns the channel it is to.
        channel: Channels by "channel_id";
    }
    ScheduledEvents {
        /// Returns the channel it will be in.
        channel: Channels by "channel_id";
    }
    Stages {
        /// Returns the channel it is in.
        channel: Channels by "channel_id";
    }
    Threads {
        /// Returns the channel it is of.
        parent: Channels by "parent_id";
    }
    VoiceStates {
        /// Returns the channel they are in.
        channel: Channels by "channel_id";
    }
}

impl<'c, M: Memory> Row<'c, Messages, M> {
    /// Returns the id of the channel or thread it is in.
    #[must_use]
    pub fn channel_id(&self) -> ChannelId {
        ChannelId(self.records.key(self.records.owner(self.row)))
    }

    /// Returns the channel of a guild it is in; nothing if it is in a thread.
    #[must_use]
    pub fn channel(&self) -> Option<Row<'c, Channels, M>> {
        self.find(NONE, self.channel_id().0)
    }

    /// Returns the thread it is in.
    #[must_use]
    pub fn thread(&self) -> Option<Row<'c, Threads, M>> {
        self.find(NONE, self.channel_id().0)
    }

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
        Row::of(self.records, user_of(self.records.key(self.row)))
    }

    /// Returns the id of the user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        UserId(self.number())
    }

    /// Returns the presence.
    #[must_use]
    pub fn presence(&self) -> Option<Row<'c, Presences, M>> {
        self.find(self.records.owner(self.row), self.user_id().0)
    }

    /// Returns the voice state, if the member is in voice.
    #[must_use]
    pub fn voice_state(&self) -> Option<Row<'c, VoiceStates, M>> {
        self.find(self.records.owner(self.row), self.user_id().0)
    }
}

impl<'c, M: Memory> Row<'c, Presences, M> {
    /// Returns the id of the user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        UserId(self.number())
    }

    /// Returns the user, if something in the cache refers to it; a presence does not.
    #[must_use]
    pub fn user(&self) -> Option<Row<'c, Users, M>> {
        self.find(NONE, self.number())
    }

    /// Returns the member.
    #[must_use]
    pub fn member(&self) -> Option<Row<'c, Members, M>> {
        self.member_in(self.records.owner(self.row), self.number())
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

impl<'c, M: Memory> Row<'c, VoiceStates, M> {
    /// Returns the member; nothing if it came neither with the voice state nor in any other way.
    #[must_use]
    pub fn member(&self) -> Option<Row<'c, Members, M>> {
        let told = self.related(const { Name::of("member") });
        told.or_else(|| self.member_in(self.records.owner(self.row), self.number()))
    }

    /// Returns the id of the user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        UserId(self.number())
    }

    /// Returns the user, if something in the cache refers to it.
    #[must_use]
    pub fn user(&self) -> Option<Row<'c, Users, M>> {
        self.find(NONE, self.number())
    }
}

impl<'c, M: Memory> Row<'c, Guilds, M> {
    /// Returns the member who owns it.
    #[must_use]
    pub fn owner(&self) -> Option<Row<'c, Members, M>> {
        let owner = packed::find(self.fields(), const { Name::of("owner_id") })?;
        self.member_in(self.row, owner.unsigned()?)
    }

    /// Returns the bot's own member.
    #[must_use]
    pub fn my_member(&self) -> Option<Row<'c, Members, M>> {
        self.member_in(self.row, self.records.own()?)
    }

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
