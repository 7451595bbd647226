//! Rows and changes that outlive the cache's.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::change::{Change, Observer};
use super::family::Memory;
use super::kind::{Kind as RowKind, NONE};
use super::records::Records;
use super::row::{Row, show};
use super::rows::user_of;
use super::table::{CODE, Kind, Names, Table};
use super::view::View;
use crate::GuildId;
use crate::decode::packed::{self, Name};
use crate::decode::{Cursor, Decode, DecodeError, DeserializeError, Deserializer, Raw};

const GUILD_ID: Name = Name::of("guild_id");
const USER: Name = Name::of("user");

/// How many rows deep a copy goes: a message with the member of the one it answers, and that member's user.
const DEPTH: u32 = 3;

/// A row on the heap, with the rows it refers to in it: a member with its user, a message with its author and what
/// it answers.
pub struct OwnedRow<T> {
    guild: Option<GuildId>,
    /// What names it among the rows of its kind; of a member the user.
    number: u64,
    members: Vec<u8>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> OwnedRow<T> {
    /// Returns what names it.
    #[must_use]
    pub fn key(&self) -> T::Key<'_> {
        let code = if T::KIND == RowKind::Invite { self.code() } else { "" };
        T::key(Names { guild: self.guild, number: self.number, code })
    }

    /// Returns the guild it belongs to; nothing where it belongs to none.
    #[must_use]
    pub const fn guild_id(&self) -> Option<GuildId> {
        self.guild
    }

    /// Returns the code of an invite.
    fn code(&self) -> &str {
        let mut at = 0;
        while let Some((name, start)) = packed::member(&self.members, at) {
            let Some(value) = packed::value(&self.members, start) else { break };
            if name == CODE {
                return core::str::from_utf8(value.bytes).unwrap_or_default();
            }
            at = value.end;
        }
        ""
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the service sent something else than its documentation says, which is kept all the same.
    pub fn read(&self) -> Result<T::Model<'_>, DecodeError> {
        self.decode()
    }

    /// Reads it as another type than the table's.
    ///
    /// # Errors
    /// [`DecodeError`] tells what was expected.
    pub fn decode<'c, V: Decode<'c>>(&'c self) -> Result<V, DecodeError> {
        self.cursor().decode()
    }

    /// Reads it as a type that knows serde.
    ///
    /// # Errors
    /// [`DeserializeError`] tells what was expected, or what the type itself says.
    pub fn deserialize<'c, V: serde::Deserialize<'c>>(&'c self) -> Result<V, DeserializeError> {
        V::deserialize(&mut Deserializer::new(self.cursor(), &mut []))
    }

    /// Returns a cursor that stands before it.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor::packed_members(&self.members)
    }
}

impl<T> Clone for OwnedRow<T> {
    fn clone(&self) -> Self {
        Self { members: self.members.clone(), ..*self }
    }
}

impl<T: Table> fmt::Debug for OwnedRow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.cursor(), f)
    }
}

impl<T: Table> PartialEq for OwnedRow<T> {
    /// Compares values, in whatever order the members of objects came.
    fn eq(&self, other: &Self) -> bool {
        let names = |row: &Self| (row.guild, row.number);
        names(self) == names(other) && self.has_same_fields(other)
    }
}

impl<T: Table> OwnedRow<T> {
    fn has_same_fields(&self, other: &Self) -> bool {
        self.members == other.members
            || matches!((self.decode::<Raw<'_>>(), other.decode::<Raw<'_>>()), (Ok(own), Ok(other)) if own == other)
    }
}

impl<T: Table, M: Memory> Row<'_, T, M> {
    /// Copies it to the heap with the rows it refers to, to be sent to another task or kept.
    #[must_use]
    pub fn into_owned(self) -> OwnedRow<T> {
        let (records, row, members) = self.parts();
        let mut out = Vec::with_capacity(members.len() + 64);
        copy(&mut out, records, row, members, DEPTH);
        let (guild, number) = (self.guild_id(), self.number());
        OwnedRow { guild, number, members: out, table: PhantomData }
    }
}

impl<T: Table, M: Memory> View<'_, T, M> {
    /// Copies the rows to the heap in their order, each with the rows it refers to.
    #[must_use]
    pub fn to_vec(&self) -> Vec<OwnedRow<T>> {
        self.iter().map(Row::into_owned).collect()
    }
}

/// Writes the members of a row, with the members of those it refers to.
fn copy<M: Memory>(out: &mut Vec<u8>, records: &Records<M>, row: u32, members: &[u8], depth: u32) {
    let kind = records.kind(row);
    let owner = records.guild_of(row);
    if owner != NONE {
        name(out, GUILD_ID);
        out.push(packed::INTEGER_8);
        out.extend_from_slice(&records.key(owner).to_le_bytes());
    }
    if kind == RowKind::Member && depth > 0 {
        name(out, USER);
        object(out, records, user_of(records.key(row)), depth - 1);
    }
    let mut at = 0;
    while let Some((found, start)) = packed::member(members, at) {
        let Some(value) = packed::value(members, start) else { return };
        let (rows, _) = value.bytes.as_chunks();
        match value.tag {
            packed::ROW | packed::ROWS if depth == 0 => {}
            packed::ROW => {
                name(out, found);
                rows.iter()
                    .for_each(|row| object(out, records, u32::from_le_bytes(*row), depth - 1));
            }
            packed::ROWS => {
                name(out, found);
                let mut list = Vec::new();
                rows.iter().for_each(|row| {
                    object(&mut list, records, u32::from_le_bytes(*row), depth - 1);
                });
                sized(out, packed::LIST, &list);
            }
            _ => out.extend_from_slice(members.get(at..value.end).unwrap_or_default()),
        }
        at = value.end;
    }
}

fn object<M: Memory>(out: &mut Vec<u8>, records: &Records<M>, row: u32, depth: u32) {
    let mut members = Vec::new();
    copy(&mut members, records, row, records.members(row), depth);
    sized(out, packed::OBJECT, &members);
}

fn sized(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    count(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn name(out: &mut Vec<u8>, name: Name) {
    count(out, name.0.into());
}

/// Writes a length or the number of a name.
fn count(out: &mut Vec<u8>, count: usize) {
    let low = |count: usize| u8::try_from(count & 0x7F).unwrap_or(0);
    if count < 1 << 7 {
        return out.push(low(count));
    }
    out.push(low(count) | 0x80);
    if count < 1 << 14 {
        return out.push(low(count >> 7));
    }
    out.push(low(count >> 7) | 0x80);
    out.push(u8::try_from(count >> 14).unwrap_or(u8::MAX));
}

macro_rules! changes {
    ($($kind:ident: $table:ident,)*) => {
        /// A change on the heap, as [`Collected`] hears it: what a row was, and what it is.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum OwnedChange {
            $(#[doc = concat!("Of [`", stringify!($table), "`](super::", stringify!($table), ").")]
            $kind {
                /// What it was; nothing if it is new.
                before: Option<OwnedRow<super::$table>>,
                /// What it is; nothing if it is gone.
                after: Option<OwnedRow<super::$table>>,
            },)*
        }

        impl OwnedChange {
            fn of<M: Memory>(change: &Change<'_, M>) -> Self {
                match change.kind() {
                    $(Kind::$kind => Self::$kind {
                        before: change.before().map(Row::into_owned),
                        after: change.after().map(Row::into_owned),
                    },)*
                }
            }
        }
    };
}

changes! {
    Channel: Channels,
    DmChannel: DmChannels,
    Emoji: Emojis,
    Guild: Guilds,
    Invite: Invites,
    Me: Me,
    Member: Members,
    Message: Messages,
    Presence: Presences,
    Role: Roles,
    ScheduledEvent: ScheduledEvents,
    Sound: Sounds,
    Stage: Stages,
    Sticker: Stickers,
    Thread: Threads,
    User: Users,
    VoiceState: VoiceStates,
}

/// An observer that collects what it hears: what an event changed, or what was cleared.
///
/// ```
/// use gatewright_core::cache::{Cache, Collected, OwnedChange, Settings};
/// use gatewright_core::decode::Cursor;
/// use gatewright_core::{Encoding, GuildId};
///
/// let mut cache = Cache::new(Settings::default());
/// let role = Cursor::new(Encoding::Json, br#"{"id": "2", "name": "mods"}"#)?;
/// cache.roles_mut().insert(GuildId(1), role, &mut ());
///
/// let mut collected = Collected::default();
/// cache.roles_mut().clear_in_guild(GuildId(1), &mut collected);
/// let [OwnedChange::Role { before: Some(role), after: None }] = &collected.0[..] else { panic!() };
/// assert_eq!(role.read()?.name.ok_or("no name")?, "mods");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Collected(
    /// The changes, in the order in which they happened.
    pub Vec<OwnedChange>,
);

impl<M: Memory> Observer<M> for Collected {
    fn changed(&mut self, change: &Change<'_, M>) {
        self.0.push(OwnedChange::of(change));
    }
}
