//! What a row is, how its record is laid out, and where it stands.

use crate::decode::packed::{self, Name};

/// Nobody, where a row could be named.
pub(super) const NONE: u32 = u32::MAX;

/// What a row is: a row of a table, or a place of messages, which is in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    Channel,
    DmChannel,
    Emoji,
    Guild,
    Invite,
    Me,
    Member,
    Message,
    Presence,
    Role,
    /// A channel as the place of messages, cached or not.
    Room,
    ScheduledEvent,
    Sound,
    Stage,
    Sticker,
    Thread,
    User,
    VoiceState,
}

impl Kind {
    pub(super) const ALL: [Self; 18] = [
        Self::Channel,
        Self::DmChannel,
        Self::Emoji,
        Self::Guild,
        Self::Invite,
        Self::Me,
        Self::Member,
        Self::Message,
        Self::Presence,
        Self::Role,
        Self::Room,
        Self::ScheduledEvent,
        Self::Sound,
        Self::Stage,
        Self::Sticker,
        Self::Thread,
        Self::User,
        Self::VoiceState,
    ];

    /// Tells whether a key names a row only together with its owner.
    pub(super) const fn is_of_owner(self) -> bool {
        matches!(self, Self::Member | Self::Presence | Self::VoiceState)
    }

    /// Where the lists of an owner begin, and the links of a message to older and newer ones.
    pub(super) const OWN: usize = 16;

    /// Where the members begin that the key is one of, or the key if it is none.
    pub(super) const fn members_at(self) -> usize {
        match self {
            Self::Guild => Self::OWN + GUILD_LISTS as usize * List::LEN,
            Self::Message => Self::OWN + Links::LEN,
            Self::Room => Self::OWN + List::LEN,
            Self::User => 4,
            Self::Channel
            | Self::DmChannel
            | Self::Emoji
            | Self::Invite
            | Self::Me
            | Self::Member
            | Self::Presence
            | Self::Role
            | Self::ScheduledEvent
            | Self::Sound
            | Self::Stage
            | Self::Sticker
            | Self::Thread
            | Self::VoiceState => Self::OWN,
        }
    }

    /// What makes the key a member, packed: the name, and that an integer of eight bytes follows.
    pub(super) const fn key_member(self) -> &'static [u8] {
        const ID: &[u8] = &packed::id_member::<2>(Name::of("id"));
        const USER: &[u8] = &packed::id_within::<5>(Name::of("user"), Name::of("id"));
        const USER_ID: &[u8] = &packed::id_member::<3>(Name::of("user_id"));
        const SOUND_ID: &[u8] = &packed::id_member::<3>(Name::of("sound_id"));

        match self {
            Self::DmChannel | Self::Invite | Self::Member | Self::Room => &[],
            Self::Presence => USER,
            Self::Sound => SOUND_ID,
            Self::VoiceState => USER_ID,
            Self::Channel
            | Self::Emoji
            | Self::Guild
            | Self::Me
            | Self::Message
            | Self::Role
            | Self::ScheduledEvent
            | Self::Stage
            | Self::Sticker
            | Self::Thread
            | Self::User => ID,
        }
    }

    /// Where the key stands.
    #[inline]
    pub(super) fn key_at(self) -> usize {
        self.header() - 8
    }

    /// Where the fields begin.
    #[inline]
    pub(super) fn header(self) -> usize {
        HEADERS.get(self as usize).copied().unwrap_or(0).into()
    }
}

/// Where the fields of a row of each kind begin.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
static HEADERS: [u8; Kind::ALL.len()] = {
    let (mut headers, mut at) = ([0; Kind::ALL.len()], 0);
    while at < headers.len() {
        let kind = Kind::ALL[at];
        let header = kind.members_at() + kind.key_member().len() + 8;
        assert!(kind as usize == at && header <= u8::MAX as usize);
        headers[at] = header as u8;
        at += 1;
    }
    headers
};

/// The lists of a guild, one for each kind of row it owns.
pub(super) const GUILD_LISTS: u8 = 13;

/// A place of two links in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Links(pub(super) usize);

impl Links {
    /// To the neighbours among the rows of the owner.
    pub(super) const OWNED: Self = Self(8);
    /// To older and newer messages.
    pub(super) const AGE: Self = Self(Kind::OWN);

    pub(super) const LEN: usize = 8;
}

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Beside the records.
    Root(Root),
    /// In the header of its owner, by its number.
    In(u32, u8),
}

/// The lists beside the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Root {
    DmChannels,
    Guilds,
    /// The bot's own user.
    Me,
    /// Messages, the oldest first.
    Messages,
    /// Rooms that are in no guild.
    Rooms,
}

/// Rows in the order they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) len: u32,
}

impl List {
    pub(super) const EMPTY: Self = Self { head: NONE, tail: NONE, len: 0 };
    pub(super) const LEN: usize = 12;

    pub(super) const fn of_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *bytes;
        let word = u32::from_le_bytes;
        Self { head: word([a, b, c, d]), tail: word([e, f, g, h]), len: word([i, j, k, l]) }
    }
}

/// What a record is marked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It has fields of its own: it is more than what others need to refer to.
    Known = 1 << 5,
    /// It was deleted and lives on only because others refer to it.
    Kept = 1 << 6,
    /// It was there before its guild came anew, and did not come again yet.
    Stale = 1 << 7,
    /// It was announced, and did not come yet.
    Awaited = 1 << 8,
    /// Its guild is not available.
    Unavailable = 1 << 9,
    /// All of the guild was told, and no outage and no session began since.
    Told = 1 << 10,
}

/// A reference, in the first word of a header.
pub(super) const REFERENCE: u32 = 1 << 11;

impl Kind {
    /// Returns the number of the list of a guild that rows of this kind stand in.
    pub(super) const fn list(self) -> Option<u8> {
        Some(match self {
            Self::Channel => 0,
            Self::Emoji => 1,
            Self::Invite => 2,
            Self::Member => 3,
            Self::Presence => 4,
            Self::Role => 5,
            Self::Room => 6,
            Self::ScheduledEvent => 7,
            Self::Sound => 8,
            Self::Stage => 9,
            Self::Sticker => 10,
            Self::Thread => 11,
            Self::VoiceState => 12,
            Self::DmChannel | Self::Guild | Self::Me | Self::Message | Self::User => return None,
        })
    }

    /// Tells whether fields of a row of this kind may refer to other rows.
    pub(super) const fn refers(self) -> bool {
        match self {
            Self::Emoji
            | Self::Invite
            | Self::Message
            | Self::Presence
            | Self::ScheduledEvent
            | Self::Sound
            | Self::Sticker
            | Self::VoiceState => true,
            Self::Channel
            | Self::DmChannel
            | Self::Guild
            | Self::Me
            | Self::Member
            | Self::Role
            | Self::Room
            | Self::Stage
            | Self::Thread
            | Self::User => false,
        }
    }

    /// Tells whether a row outlives its removal while something refers to it.
    pub(super) const fn is_kept(self) -> bool {
        matches!(self, Self::Emoji | Self::Member | Self::Message | Self::Sticker)
    }
}
