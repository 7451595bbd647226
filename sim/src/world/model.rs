//! The truth about the made-up world: plain structs with the current state of everything.

use std::collections::{BTreeMap, VecDeque};

use gatewright_core::{ChannelId, GuildId, UserId};

/// A user account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The account name.
    pub username: String,
    /// The four digits of bots, zero for everybody else.
    pub discriminator: u16,
    /// The display name.
    pub global_name: Option<String>,
    /// The hash of the avatar.
    pub avatar: Option<String>,
    /// Whether the account is a bot's.
    pub bot: bool,
    /// The public flags.
    pub public_flags: u32,
    /// The server tag: text, guild and badge.
    pub primary_guild: Option<(String, u64, String)>,
    /// The avatar decoration: asset and SKU.
    pub decoration: Option<(String, u64)>,
}

/// A role of a guild.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// The id; that of `@everyone` is the guild's.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The first colour, 24 bits.
    pub color: u32,
    /// Whether members are shown apart.
    pub hoist: bool,
    /// The hash of the icon.
    pub icon: Option<String>,
    /// The bot that owns the role.
    pub managed_by: Option<u64>,
    /// Whether anyone may mention it.
    pub mentionable: bool,
    /// The permission bits.
    pub permissions: u64,
    /// The position, zero for `@everyone`.
    pub position: u32,
}

/// A permission overwrite for a role in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overwrite {
    /// The role's id.
    pub id: u64,
    /// The bits it grants.
    pub allow: u64,
    /// The bits it denies.
    pub deny: u64,
}

/// A channel of a guild that is not a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Channel {
    /// The id.
    pub id: ChannelId,
    /// The type: 0 text, 2 voice, 4 category, 5 announcement.
    pub kind: u8,
    /// The name.
    pub name: String,
    /// The category.
    pub parent: Option<ChannelId>,
    /// The position.
    pub position: u32,
    /// The topic.
    pub topic: Option<String>,
    /// The permission overwrites.
    pub overwrites: Vec<Overwrite>,
    /// The slow mode in seconds.
    pub rate_limit: u32,
    /// The emoji beside the name.
    pub icon_emoji: Option<&'static str>,
    /// The newest message, which may be deleted.
    pub last_message_id: Option<u64>,
    /// The moment of the newest pin.
    pub last_pin_timestamp: Option<String>,
    /// The most people in a voice channel, zero for no limit.
    pub user_limit: u32,
    /// The status of a voice channel.
    pub status: Option<String>,
}

impl Channel {
    /// Says whether people write messages here.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self.kind, 0 | 5)
    }

    /// Says whether people talk here.
    #[must_use]
    pub const fn is_voice(&self) -> bool {
        self.kind == 2
    }
}

/// An active public thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thread {
    /// The id.
    pub id: ChannelId,
    /// The channel it hangs on.
    pub parent: ChannelId,
    /// The member who started it.
    pub owner: UserId,
    /// The name.
    pub name: String,
    /// The moment it was made.
    pub created_at: String,
    /// The messages in it.
    pub message_count: u64,
    /// The messages ever sent to it.
    pub total_message_sent: u64,
    /// The members in it.
    pub member_count: u64,
    /// The newest message.
    pub last_message_id: Option<u64>,
}

/// A custom emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Emoji {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// Whether it moves.
    pub animated: bool,
    /// The roles that may use it; all if empty.
    pub roles: Vec<u64>,
}

/// A sticker of a guild.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sticker {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The format: 1 PNG, 2 APNG, 4 GIF.
    pub format: u8,
}

/// A soundboard sound.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sound {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The emoji beside it.
    pub emoji: &'static str,
    /// The volume in hundredths.
    pub volume_percent: u8,
}

/// A member of a guild.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// The user's id.
    pub user: UserId,
    pub(crate) slot: usize,
    /// The nickname.
    pub nick: Option<String>,
    /// The roles without `@everyone`.
    pub roles: Vec<u64>,
    /// The moment of joining.
    pub joined_at: String,
    /// The moment of the first boost.
    pub premium_since: Option<String>,
    /// The hash of the avatar in this guild.
    pub avatar: Option<String>,
    /// The flags.
    pub flags: u32,
}

/// One thing a user is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// The type: 0 playing, 2 listening, 4 custom status.
    pub kind: u8,
    /// The name.
    pub name: String,
    /// The state.
    pub state: Option<String>,
    pub(crate) json: String,
}

/// The presence of a user who is not offline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Presence {
    /// The status: `online`, `idle` or `dnd`.
    pub status: &'static str,
    /// The kind of device: `desktop`, `mobile` or `web`.
    pub client: &'static str,
    /// What the user is doing.
    pub activities: Vec<Activity>,
}

/// A member in a voice channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VoiceState {
    /// The user's id.
    pub user: UserId,
    /// The voice channel.
    pub channel: ChannelId,
    /// The voice session, which is not a gateway session.
    pub session_id: String,
    /// Whether the user muted the own microphone.
    pub self_mute: bool,
    /// Whether the user muted everybody else.
    pub self_deaf: bool,
    /// Whether the camera is on.
    pub self_video: bool,
}

/// How often an emoji stands under a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reaction {
    /// The id of a custom emoji.
    pub emoji_id: Option<u64>,
    /// The name, or the emoji itself if it has no id.
    pub emoji: String,
    /// The number of people.
    pub count: u64,
}

/// A message in a guild.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The id.
    pub id: u64,
    /// The channel or thread.
    pub channel: ChannelId,
    pub(crate) channel_kind: u8,
    /// The author.
    pub author: UserId,
    pub(crate) slot: usize,
    /// The text.
    pub content: String,
    /// The moment it was sent.
    pub timestamp: String,
    /// The moment of the last edit.
    pub edited_timestamp: Option<String>,
    /// The message it answers.
    pub reply_to: Option<u64>,
    /// The reactions.
    pub reactions: Vec<Reaction>,
}

/// An invite to a guild.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invite {
    /// The code.
    pub code: String,
    /// The channel it leads to.
    pub channel: ChannelId,
    /// The member who made it.
    pub inviter: UserId,
}

/// A guild and all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guild {
    /// The id.
    pub id: GuildId,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The hash of the icon.
    pub icon: String,
    /// The owner, a member.
    pub owner: UserId,
    /// The moment the bot joined.
    pub joined_at: String,
    /// The features.
    pub features: Vec<&'static str>,
    /// The verification level, 0 to 3.
    pub verification_level: u8,
    /// The boost level, 0 to 3.
    pub premium_tier: u8,
    /// The boosts.
    pub premium_subscription_count: u32,
    /// All members; the first is the bot itself.
    pub members: Vec<Member>,
    /// All channels but threads.
    pub channels: Vec<Channel>,
    /// The active threads.
    pub threads: Vec<Thread>,
    /// All roles; the first is `@everyone`.
    pub roles: Vec<Role>,
    /// The custom emojis.
    pub emojis: Vec<Emoji>,
    /// The stickers.
    pub stickers: Vec<Sticker>,
    /// The soundboard sounds.
    pub sounds: Vec<Sound>,
    /// The presences of users who are not offline.
    pub presences: BTreeMap<UserId, Presence>,
    /// Who is in a voice channel.
    pub voice_states: BTreeMap<UserId, VoiceState>,
    /// The newest messages, oldest first, at most 400.
    pub messages: VecDeque<Message>,
    /// The newest invites, oldest first, at most 50.
    pub invites: VecDeque<Invite>,
    /// How much of the traffic is about this guild.
    pub(crate) weight: u64,
}

impl Guild {
    /// Returns the exact number of members.
    #[must_use]
    pub const fn member_count(&self) -> usize {
        self.members.len()
    }

    /// Returns a member.
    #[must_use]
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }

    /// Returns a channel that is not a thread.
    #[must_use]
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }
}
