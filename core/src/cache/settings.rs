//! What a cache keeps.

use bitflags::bitflags;

use super::kind::Kind;

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
    pub(super) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Channel => Self::GUILD_CHANNELS,
            Kind::DmChannel => Self::DM_CHANNELS,
            Kind::Emoji => Self::EMOJIS,
            Kind::Guild => Self::GUILDS,
            Kind::Invite => Self::INVITES,
            Kind::Me => Self::ME,
            Kind::Member => Self::MEMBERS,
            Kind::Message | Kind::Room => Self::MESSAGES,
            Kind::Presence => Self::PRESENCES,
            Kind::Role => Self::ROLES,
            Kind::ScheduledEvent => Self::SCHEDULED_EVENTS,
            Kind::Sound => Self::SOUNDS,
            Kind::Stage => Self::STAGES,
            Kind::Sticker => Self::STICKERS,
            Kind::Thread => Self::THREADS,
            Kind::User => Self::empty(),
            Kind::VoiceState => Self::VOICE_STATES,
        }
    }
}

/// What a cache keeps, and how much of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// What is kept.
    pub components: Components,
    /// Whether of all members only the bot's own are kept.
    ///
    /// Who the bot is, READY tells; before that no member is kept.
    pub only_my_member: bool,
    /// How many messages are kept in total; the oldest make room.
    pub max_messages: u32,
    /// How many messages are kept of one channel; the oldest make room.
    pub max_messages_per_channel: u32,
    /// How many channels of direct messages are kept; the oldest make room.
    pub max_dm_channels: u32,
    /// How many rows there may be, users and places included.
    pub max_rows: u32,
    /// How many bytes the rows may take on the heap; lent memory is its own limit.
    pub max_bytes: usize,
}

impl Default for Settings {
    /// All components, 300 messages, 50 channels of direct messages, up to 16,777,216 rows in 4 GiB.
    fn default() -> Self {
        Self {
            components: Components::all(),
            only_my_member: false,
            max_messages: 300,
            max_messages_per_channel: u32::MAX,
            max_dm_channels: 50,
            max_rows: 1 << 24,
            max_bytes: u32::MAX as usize,
        }
    }
}
