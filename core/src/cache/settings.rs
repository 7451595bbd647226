//! What a cache keeps.

use bitflags::bitflags;

use super::kind::Kind as RowKind;
use super::table::Kind;
use crate::{GuildId, Intents, UserId};

bitflags! {
    /// What a cache keeps; what is off is not there.
    ///
    /// There is none for users: they are there as long as something refers to them. What others refer to is kept
    /// for them all the same: a voice state keeps its member with `MEMBERS` off, seen only through it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Components: u32 {
        /// Guilds.
        const GUILDS = 1 << 0;
        /// Channels of guilds.
        const GUILD_CHANNELS = 1 << 1;
        /// Members of guilds.
        const MEMBERS = 1 << 2;
        /// Roles.
        const ROLES = 1 << 3;
        /// Invites.
        const INVITES = 1 << 4;
        /// Emojis of guilds.
        const EMOJIS = 1 << 5;
        /// Presences.
        const PRESENCES = 1 << 6;
        /// Voice states.
        const VOICE_STATES = 1 << 7;
        /// Messages, with their reactions.
        const MESSAGES = 1 << 8;
        /// The bot's own user.
        const ME = 1 << 9;
        /// The channels of direct messages.
        const DM_CHANNELS = 1 << 10;
        /// Stickers of guilds.
        const STICKERS = 1 << 11;
        /// Threads.
        const THREADS = 1 << 12;
        /// Stages.
        const STAGES = 1 << 13;
        /// Scheduled events.
        const SCHEDULED_EVENTS = 1 << 14;
        /// Soundboard sounds.
        const SOUNDS = 1 << 15;
    }
}

impl Components {
    /// Returns what switches a kind of row on; all are on that nothing switches off.
    pub(super) const fn of(kind: RowKind) -> Self {
        match kind {
            RowKind::Channel => Self::GUILD_CHANNELS,
            RowKind::DmChannel => Self::DM_CHANNELS,
            RowKind::Emoji => Self::EMOJIS,
            RowKind::Guild => Self::GUILDS,
            RowKind::Invite => Self::INVITES,
            RowKind::Me => Self::ME,
            RowKind::Member => Self::MEMBERS,
            RowKind::Message | RowKind::Room => Self::MESSAGES,
            RowKind::Presence => Self::PRESENCES,
            RowKind::Role => Self::ROLES,
            RowKind::ScheduledEvent => Self::SCHEDULED_EVENTS,
            RowKind::Sound => Self::SOUNDS,
            RowKind::Stage => Self::STAGES,
            RowKind::Sticker => Self::STICKERS,
            RowKind::Thread => Self::THREADS,
            RowKind::User => Self::empty(),
            RowKind::VoiceState => Self::VOICE_STATES,
        }
    }
}

/// Which members a cache keeps; those that others refer to are kept for them, whatever it says.
#[derive(Clone, Copy, Debug, Default)]
pub enum MemberPolicy {
    /// All.
    #[default]
    All,
    /// Those whose guild and user it says yes to.
    If(fn(GuildId, UserId) -> bool),
    /// Those in voice.
    InVoice,
    /// The bot's own. Who the bot is, READY tells; before that no member is kept.
    Own,
}

/// What is done about a row that comes to a full table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eviction {
    /// It is refused.
    #[default]
    Refuse,
    /// The oldest goes: of guilds, messages and channels of direct messages the oldest of all, of other rows the one
    /// that came first in the guild of the new one, or in the first guild that has one. So a full table leaves a guild
    /// that comes late little room, whatever becomes of the rows of others; where many guilds share a table,
    /// [`LeastRecentlyUsed`](Self::LeastRecentlyUsed) is fair.
    Oldest,
    /// One goes that was not looked up for long, as a clock with a second chance finds it: from the oldest on, rows
    /// that were looked up since it last came by are passed over, and moved to the end of their order. Its hand goes
    /// from guild to guild, whichever the new row is of.
    LeastRecentlyUsed,
}

/// How many rows a table may have, and what is done about more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many there may be.
    pub rows: u32,
    /// What is done about more.
    pub eviction: Eviction,
}

impl Limit {
    /// No limit but those of all tables together.
    pub const NONE: Self = Self { rows: u32::MAX, eviction: Eviction::Refuse };

    /// So many rows, and no more.
    #[must_use]
    pub const fn refuse(rows: u32) -> Self {
        Self { rows, eviction: Eviction::Refuse }
    }

    /// So many rows, of which the oldest make room.
    #[must_use]
    pub const fn oldest(rows: u32) -> Self {
        Self { rows, eviction: Eviction::Oldest }
    }

    /// So many rows, of which those make room that were not looked up for long.
    #[must_use]
    pub const fn least_recently_used(rows: u32) -> Self {
        Self { rows, eviction: Eviction::LeastRecentlyUsed }
    }
}

/// The limits of all tables.
///
/// Users have none of their own: there are as many as rows refer to. Of guilds, a limit is on those that are known,
/// and eviction takes one away with all that belongs to it.
///
/// ```
/// use gatewright_core::cache::{Eviction, Kind, Limit, Limits};
///
/// let mut limits = Limits::default();
/// limits.set(Kind::Member, 100_000, Eviction::LeastRecentlyUsed);
/// assert_eq!(limits.get(Kind::Member), Limit::least_recently_used(100_000));
/// assert_eq!(limits.get(Kind::Message), Limit::oldest(300));
/// assert_eq!(limits.get(Kind::Role), Limit::NONE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits([Limit; RowKind::ALL.len()]);

impl Limits {
    /// Returns the limit of a table.
    #[must_use]
    pub fn get(&self, kind: Kind) -> Limit {
        self.of(kind.into())
    }

    /// Sets the limit of a table.
    pub fn set(&mut self, kind: Kind, rows: u32, eviction: Eviction) {
        if let Some(limit) = self.0.get_mut(RowKind::from(kind) as usize) {
            *limit = Limit { rows, eviction };
        }
    }
}

impl Limits {
    /// Returns the limit on rows of a kind.
    pub(super) fn of(&self, kind: RowKind) -> Limit {
        self.0.get(kind as usize).copied().unwrap_or(Limit::NONE)
    }
}

impl Default for Limits {
    /// 300 messages and 50 channels of direct messages, of which the oldest make room, and no other limits.
    fn default() -> Self {
        let mut limits = Self([Limit::NONE; RowKind::ALL.len()]);
        limits.set(Kind::Message, 300, Eviction::Oldest);
        limits.set(Kind::DmChannel, 50, Eviction::Oldest);
        limits
    }
}

/// What a cache keeps, and how much of it.
///
/// ```
/// use gatewright_core::cache::{Components, Kind, Limit, MemberPolicy, Settings};
/// use gatewright_core::Intents;
///
/// let intents = Intents::GUILDS | Intents::GUILD_MESSAGES;
/// let settings = Settings::default()
///     .with_components(Components::all() - Components::PRESENCES)
///     .with_members(MemberPolicy::InVoice)
///     .with_limit(Kind::Message, Limit::oldest(10_000))
///     .with_max_messages_per_channel(50)
///     .with_max_bytes(64 << 20)
///     .with_intents(intents);
/// assert_eq!(settings.limits.get(Kind::Message), Limit::oldest(10_000));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// What is kept.
    pub components: Components,
    /// Which members are kept.
    pub members: MemberPolicy,
    /// How many rows each table may have.
    pub limits: Limits,
    /// How many messages are kept of one channel; the oldest make room.
    pub max_messages_per_channel: u32,
    /// How many rows there may be on the heap, users and places included; lent memory is its own limit.
    pub max_rows: u32,
    /// How many bytes the rows may take on the heap; lent memory is its own limit.
    pub max_bytes: usize,
    /// With which intents the shard identifies. Tables of which it hears too little are never
    /// [complete](super::View::is_complete); nothing else depends on it.
    pub intents: Intents,
}

impl Settings {
    /// Sets what is kept.
    #[must_use]
    pub const fn with_components(mut self, components: Components) -> Self {
        self.components = components;
        self
    }

    /// Sets which members are kept.
    #[must_use]
    pub const fn with_members(mut self, members: MemberPolicy) -> Self {
        self.members = members;
        self
    }

    /// Sets how many rows a table may have, and what is done about more.
    #[must_use]
    pub fn with_limit(mut self, kind: Kind, limit: Limit) -> Self {
        self.limits.set(kind, limit.rows, limit.eviction);
        self
    }

    /// Sets how many messages are kept of one channel.
    #[must_use]
    pub const fn with_max_messages_per_channel(mut self, messages: u32) -> Self {
        self.max_messages_per_channel = messages;
        self
    }

    /// Sets how many rows there may be on the heap.
    #[must_use]
    pub const fn with_max_rows(mut self, rows: u32) -> Self {
        self.max_rows = rows;
        self
    }

    /// Sets how many bytes the rows may take on the heap.
    #[must_use]
    pub const fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets with which intents the shard identifies.
    #[must_use]
    pub const fn with_intents(mut self, intents: Intents) -> Self {
        self.intents = intents;
        self
    }

    /// Tells whether all rows of a kind that are told are kept, and the shard hears of each.
    pub(super) const fn hears_all(&self, kind: RowKind) -> bool {
        let kept = self.components.contains(Components::of(kind));
        let whoever = !matches!(kind, RowKind::Member) || matches!(self.members, MemberPolicy::All);
        kept && whoever && self.intents.contains(intents_of(kind))
    }
}

/// Returns the intents without which nobody hears of all rows of a kind.
///
/// Source: Discord documentation, *Gateway*, list of intents.
const fn intents_of(kind: RowKind) -> Intents {
    let own = match kind {
        RowKind::Emoji | RowKind::Sound | RowKind::Sticker => Intents::GUILD_EXPRESSIONS,
        RowKind::Invite => Intents::GUILD_INVITES,
        RowKind::Me => return Intents::empty(),
        RowKind::Member => Intents::GUILD_MEMBERS,
        RowKind::Presence => Intents::GUILD_PRESENCES,
        RowKind::ScheduledEvent => Intents::GUILD_SCHEDULED_EVENTS,
        RowKind::VoiceState => Intents::GUILD_VOICE_STATES,
        RowKind::Channel
        | RowKind::DmChannel
        | RowKind::Guild
        | RowKind::Message
        | RowKind::Role
        | RowKind::Room
        | RowKind::Stage
        | RowKind::Thread
        | RowKind::User => Intents::GUILDS,
    };
    own.union(Intents::GUILDS)
}

impl Default for Settings {
    /// All components and members, [`Limits::default`], up to 16,777,216 rows in 4 GiB, all intents.
    fn default() -> Self {
        Self {
            components: Components::all(),
            members: MemberPolicy::All,
            limits: Limits::default(),
            max_messages_per_channel: u32::MAX,
            max_rows: 1 << 24,
            max_bytes: u32::MAX as usize,
            intents: Intents::all(),
        }
    }
}
