//! Snapshots: the cache as bytes, for a later process that resumes the session.
//!
//! # Format
//!
//! Integers are little-endian. A snapshot is the same for the same rows, whatever became of others before: rows
//! stand in the order of their views, and where those follow the places of rows, by what names them.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `gwcache` and a line feed |
//! | 4 | the version, 2 |
//! | 1 | bits: 0 the session's beginning was seen, 1 it was resumed without that, 2 a session follows, 3 an id follows |
//! | 4 | a bit for each kind of row, of which some may be missing or none was kept |
//! | 8 | the id of the bot's own user, if it is known |
//! | | the session, if there is one |
//! | | runs of rows, each of one kind |
//! | 1 | 255 |
//! | 8 | the FNV-1a hash of all before it |
//!
//! Kinds are numbered in the order in which their runs stand: the bot's own user, users, guilds, channels of
//! direct messages, emojis, stickers, members, channels, invites, presences, roles, scheduled events, sounds,
//! stages, threads, voice states, channels as places of messages, messages. Those that are kept only because
//! others refer to them stand behind the others of their kind, but members, emojis and stickers behind all three.
//!
//! | bytes of a run | what |
//! |---|---|
//! | 1 | bits: 0 to 4 the kind, 5 an owner follows, 6 the rows are kept only because others refer to them |
//! | 8 | the id of the guild the rows belong to, if they do |
//! | 4 | how many rows follow, at least one |
//! | | the rows |
//!
//! | bytes of a row | what |
//! |---|---|
//! | 8 | its id; of a member, a presence, a voice state and direct messages the user's, of an invite the hash of its code |
//! | 1 | only of guilds, bits: 0 it is known, 1 it is awaited, 2 it is not available, 3 all of it was told |
//! | 8 | only of messages: the id of the channel |
//! | 4 | the length of the fields |
//! | | the fields, packed as the cache keeps them |
//!
//! A field that refers to a row has, behind the byte that says so, the id of the row, or of a member those of
//! its guild and its user; one that refers to several has four bytes that count them before. A message refers to
//! none whose id is not below its own.
//!
//! | bytes of a session | what |
//! |---|---|
//! | 1 | the version of the record |
//! | 4, 4 | the shard and how many there are |
//! | 8, 8, 8 | intents, the sequence number received, that processed |
//! | 1, 1 | encoding and compression, by their places among all |
//! | 1 | the length of the id, and behind that the id |
//! | 1 | the length of the resume URL, and behind that the URL |

use core::fmt;

use super::family::Memory;
use super::kind::Kind;
use super::settings::{Components, MemberPolicy, Settings};
use super::{Cache, Tables};
use crate::Session;
use crate::decode::packed::Name;

mod limit;
mod order;
mod read;
mod session;
mod write;

/// What a snapshot begins with.
const MAGIC: &[u8; 8] = b"gwcache\n";

/// The version that is written and read.
const VERSION: u32 = 2;

/// What ends the runs.
const END: u8 = 0xFF;

const HAS_OWNER: u8 = 1 << 5;
const IS_KEPT: u8 = 1 << 6;

const BEGAN: u8 = 1 << 0;
const COLD: u8 = 1 << 1;
const WITH_SESSION: u8 = 1 << 2;
const WITH_OWN: u8 = 1 << 3;

const KNOWN: u8 = 1 << 0;
const AWAITED: u8 = 1 << 1;
const UNAVAILABLE: u8 = 1 << 2;
const TOLD: u8 = 1 << 3;

/// The kinds by their numbers: what is referred to stands before what refers to it.
const KINDS: [Kind; Kind::ALL.len()] = [
    Kind::Me,
    Kind::User,
    Kind::Guild,
    Kind::DmChannel,
    Kind::Emoji,
    Kind::Sticker,
    Kind::Member,
    Kind::Channel,
    Kind::Invite,
    Kind::Presence,
    Kind::Role,
    Kind::ScheduledEvent,
    Kind::Sound,
    Kind::Stage,
    Kind::Thread,
    Kind::VoiceState,
    Kind::Room,
    Kind::Message,
];

/// Returns the number of a kind.
fn number(kind: Kind) -> u8 {
    let at = KINDS.iter().position(|other| *other == kind);
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(END)
}

/// Tells whether all rows of a kind are kept.
const fn keeps_all(settings: &Settings, kind: Kind) -> bool {
    let on = settings.components.contains(Components::of(kind));
    on && (!matches!(kind, Kind::Member) || matches!(settings.members, MemberPolicy::All))
}

/// Returns what the field of a name refers to, in rows of a kind.
fn target(kind: Kind, name: Name) -> Option<Kind> {
    const USERS: [Name; 6] = [
        Name::of("author"),
        Name::of("creator"),
        Name::of("inviter"),
        Name::of("mentions"),
        Name::of("target_user"),
        Name::of("user"),
    ];
    const MEMBER: Name = Name::of("member");
    const REFERENCED_MESSAGE: Name = Name::of("referenced_message");
    const EMOJIS: Name = Name::of("emojis");
    const STICKERS: Name = Name::of("stickers");

    Some(match (kind, name) {
        (Kind::Message | Kind::VoiceState, MEMBER) => Kind::Member,
        (Kind::Message, REFERENCED_MESSAGE) => Kind::Message,
        (Kind::Message, STICKERS) => Kind::Sticker,
        (Kind::Presence, EMOJIS) => Kind::Emoji,
        // Nobody counts what rows of other kinds refer to.
        _ if kind.refers() && USERS.contains(&name) => Kind::User,
        _ => return None,
    })
}

/// Why a snapshot was not restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It was cut or changed.
    Damaged,
    /// There is no room for a row of this kind.
    Full(super::Kind),
    /// It contradicts itself at this offset, although nothing was changed since it was written.
    Invalid(usize),
    /// It is no snapshot.
    NoSnapshot,
    /// It was written by another version.
    Version(u32),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged => f.write_str("the snapshot was cut or changed"),
            Self::Full(kind) => write!(f, "no room for all of the snapshot: {kind:?}"),
            Self::Invalid(at) => write!(f, "the snapshot contradicts itself at byte {at}"),
            Self::NoSnapshot => f.write_str("these bytes are no snapshot"),
            Self::Version(found) => {
                write!(f, "expected a snapshot of version {VERSION}, found {found}")
            }
        }
    }
}

impl core::error::Error for SnapshotError {}

impl<M: Memory> Tables<'_, M> {
    /// Writes all rows, and a session to resume, piece by piece.
    ///
    /// The rows are as of the latest event that was applied, and so is the session that is written: one that still
    /// counts this event as not processed, because nobody asked for the next, is written as if it did. So
    /// `cache.snapshot(gateway.session().as_ref(), ..)` is right at any time, as long as every event of the session is
    /// applied. The same rows give the same bytes. With a session it is as secret as the session.
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use gatewright_core::cache::{Cache, Settings};
    /// use gatewright_core::{Dispatch, Encoding, RoleId};
    ///
    /// let mut cache = Cache::new(Settings::default());
    /// let d = br#"{"guild_id": "1", "role": {"id": "2", "name": "mods"}}"#;
    /// cache.apply(&Dispatch::new("GUILD_ROLE_CREATE", None, Encoding::Json, d)?, &mut ());
    /// let mut bytes = Vec::new();
    /// cache.snapshot(None, &mut |part| bytes.extend_from_slice(part));
    ///
    /// let mut later = Cache::new(Settings::default());
    /// assert_eq!(later.restore(&bytes)?, None);
    /// assert!(later.roles().contains(RoleId(2)));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn snapshot(self, session: Option<&Session>, out: &mut impl FnMut(&[u8])) {
        write::write(self, session, out);
    }
}

impl<M: Memory> Cache<M> {
    /// Writes all rows, and a session to resume, piece by piece; see [`Tables::snapshot`].
    pub fn snapshot(&self, session: Option<&Session>, out: &mut impl FnMut(&[u8])) {
        self.tables().snapshot(session, out);
    }

    /// Replaces all rows by those of a snapshot, and returns the session in it.
    ///
    /// The settings of this cache hold: what they switch off is dropped, and of tables with too many rows the oldest
    /// make room, or the last are refused. Which rows were looked up last is not in it. Nobody hears of the rows, and statistics begin anew. Where the snapshot
    /// lacks rows, because they were lost or not kept, [`View::is_complete`](super::View::is_complete) says so.
    ///
    /// # Errors
    /// [`SnapshotError`] tells what is wrong; the cache is empty then.
    pub fn restore(&mut self, snapshot: &[u8]) -> Result<Option<Session>, SnapshotError> {
        self.records.clear();
        let own = self.records.session.own;
        self.records.session.seq = 0;
        let restored = read::read(self, snapshot);
        if restored.is_err() {
            self.records.clear();
            self.records.session.own = own;
        }
        if self.records.session.awaited > 0 {
            // Who looks at the arrivals waits for the rest.
            self.records.session.readies = self.records.session.readies.wrapping_add(1);
        }
        restored
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
