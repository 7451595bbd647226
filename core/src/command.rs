//! Commands: what a bot sends to the gateway, checked and encoded by a pure function.

use bitflags::bitflags;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::encode;
use crate::{ChannelId, Encoding, GuildId, UserId};

mod check;
mod class;
mod encoded;
mod error;
mod presence;

pub use class::CommandClass;
pub use encoded::EncodedCommand;
pub use error::CommandError;
pub use presence::{Activity, Presence, PresenceStatus, UpdatePresence};
pub(crate) use presence::{Parts, nonce};

/// The most bytes a payload may have.
///
/// Source: Discord documentation, *Gateway: Sending Events*; beyond it, close code 4002.
pub const MAX_PAYLOAD: usize = 4096;

/// Something to send to the gateway once the shard is live.
///
/// A presence for the beginning of the first session belongs into [`Config::presence`](crate::Config::presence).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Command<'c> {
    /// Any other payload: an opcode and its `d` as JSON text.
    Raw {
        /// The opcode; those the shard itself sends (1, 2, 6) are refused.
        op: u8,
        /// One JSON value; on a connection that speaks ETF it is sent as the term of the same value.
        d: &'c str,
    },
    /// Asks what is known of the voice channels of a guild beside their objects (opcode 43).
    RequestChannelInfo(RequestChannelInfo),
    /// Asks for members of a guild (opcode 8).
    RequestGuildMembers(RequestGuildMembers<'c>),
    /// Asks for the soundboard sounds of guilds (opcode 31).
    RequestSoundboardSounds(RequestSoundboardSounds<'c>),
    /// Changes the bot's presence (opcode 3).
    ///
    /// A shard keeps the presence: what is left out stays, and an Identify to come carries all of it, even if the
    /// command itself expired.
    UpdatePresence(UpdatePresence<'c>),
    /// Joins, moves to or leaves a voice channel (opcode 4).
    UpdateVoiceState(UpdateVoiceState),
}

impl Command<'_> {
    /// Encodes the payload into `out` and returns its length, whatever [`check`](Self::check) says of it.
    ///
    /// A presence has the parts that are given; the shard that sends it adds the others.
    ///
    /// # Errors
    /// [`CommandError::ReservedOp`] for raw payloads of the shard's own opcodes, [`CommandError::NotJson`] for
    /// those that are not one JSON value, [`CommandError::NotEtf`] for those ETF cannot say,
    /// [`CommandError::TooLong`] if the payload has over [`MAX_PAYLOAD`] bytes or does not fit into `out`.
    pub fn encode(&self, encoding: Encoding, out: &mut [u8]) -> Result<usize, CommandError> {
        let room = out.len().min(MAX_PAYLOAD);
        let out = out.get_mut(..room).unwrap_or_default();
        let written = match self {
            Self::Raw { op, d } => return encode::raw(encoding, *op, d, out),
            Self::RequestChannelInfo(d) => encode::payload(encoding, 43, d, out),
            Self::RequestGuildMembers(d) => encode::payload(encoding, 8, d, out),
            Self::RequestSoundboardSounds(d) => encode::payload(encoding, 31, d, out),
            Self::UpdatePresence(d) => encode::payload(encoding, 3, d, out),
            Self::UpdateVoiceState(d) => encode::payload(encoding, 4, d, out),
        };
        written.ok_or(CommandError::TooLong)
    }
}

/// The number of a command, counted from 0 for each shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u32);

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// It was dropped: the shard is over.
    Dropped,
    /// Its time ran out before it could be sent.
    Expired,
    /// A later one took its place.
    Replaced,
    /// It is with the transport, whole.
    ///
    /// A request for all members of a guild was not turned down either: its answer has begun, or none came within
    /// 30 s or as long as the connection was there. One that is turned down by RATE_LIMITED is sent again.
    Sent,
}

/// A voice state of the bot itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct UpdateVoiceState {
    /// The guild.
    #[serde(serialize_with = "encode::id")]
    pub guild_id: GuildId,
    /// The channel to be in, or nothing to leave.
    #[serde(serialize_with = "encode::optional_id")]
    pub channel_id: Option<ChannelId>,
    /// Whether the bot is muted; nothing leaves the field out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_mute: Option<bool>,
    /// Whether the bot is deaf; nothing leaves the field out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_deaf: Option<bool>,
}

/// A request for the soundboard sounds of guilds; one SOUNDBOARD_SOUNDS comes back for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestSoundboardSounds<'c> {
    /// The guilds, at least one; about 175 fit into a payload.
    pub guild_ids: &'c [GuildId],
}

impl Serialize for RequestSoundboardSounds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut d = serializer.serialize_struct("RequestSoundboardSounds", 1)?;
        d.serialize_field("guild_ids", &encode::Ids(self.guild_ids.iter().map(|id| id.0)))?;
        d.end()
    }
}

/// A request for what is told of voice channels only when asked; one CHANNEL_INFO comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestChannelInfo {
    /// The guild.
    pub guild_id: GuildId,
    /// What is wanted of its channels, at least one.
    pub fields: ChannelInfoFields,
}

impl Serialize for RequestChannelInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut d = serializer.serialize_struct("RequestChannelInfo", 2)?;
        d.serialize_field("guild_id", &encode::Text(self.guild_id.0))?;
        d.serialize_field("fields", &self.fields)?;
        d.end()
    }
}

bitflags! {
    /// What there is to be asked of channels.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct ChannelInfoFields: u8 {
        /// The status of the voice channel.
        const STATUS = 1;
        /// Since when somebody is in it.
        const VOICE_START_TIME = 2;
    }
}

impl Serialize for ChannelInfoFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAMES: [(ChannelInfoFields, &str); 2] = [
            (ChannelInfoFields::STATUS, "status"),
            (ChannelInfoFields::VOICE_START_TIME, "voice_start_time"),
        ];
        let named = NAMES.iter().filter(|(field, _)| self.contains(*field));
        serializer.collect_seq(named.map(|(_, name)| name))
    }
}

/// A request for members of a guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestGuildMembers<'c> {
    /// The guild.
    pub guild_id: GuildId,
    /// Which members.
    pub members: Members<'c>,
    /// Whether their presences are wanted.
    pub presences: bool,
    /// A text that comes back with the answer; at most 32 bytes.
    pub nonce: Option<&'c str>,
}

impl RequestGuildMembers<'_> {
    /// Asks for all members of a guild, without their presences.
    #[must_use]
    pub const fn all(guild_id: GuildId) -> Self {
        Self { guild_id, members: Members::All, presences: false, nonce: None }
    }
}

/// Which members of a guild are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Members<'c> {
    /// All of them.
    All,
    /// Those whose name begins with a text.
    Named {
        /// The beginning of the name.
        prefix: &'c str,
        /// The most members to return, 0 to 100; with an empty prefix 0 means all.
        limit: u32,
    },
    /// These users; at most 100.
    Users(&'c [UserId]),
}

impl Serialize for RequestGuildMembers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut d = serializer.serialize_struct("RequestGuildMembers", 5)?;
        d.serialize_field("guild_id", &encode::Text(self.guild_id.0))?;
        match self.members {
            Members::All => {
                d.serialize_field("query", "")?;
                d.serialize_field("limit", &0)?;
            }
            Members::Named { prefix, limit } => {
                d.serialize_field("query", prefix)?;
                d.serialize_field("limit", &limit)?;
            }
            Members::Users(users) => {
                d.serialize_field("user_ids", &encode::Ids(users.iter().map(|id| id.0)))?;
            }
        }
        d.serialize_field("presences", &self.presences)?;
        if let Some(nonce) = self.nonce {
            d.serialize_field("nonce", nonce)?;
        }
        d.end()
    }
}
