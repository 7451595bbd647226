//! Events of messages, their reactions and polls.
//!
//! Source: Discord documentation, *Gateway Events*, *Messages* and *Polls*.

use crate::decode::macros::{events, numbers, object};
use crate::decode::{Lazy, Seq, Text};
use crate::model::{Member, Message, PartialEmoji};
use crate::{ChannelId, GuildId, MessageId, UserId};

events! {
    /// MESSAGE_CREATE: a message was sent.
    pub struct MessageCreate<'e>(Message<'e>);

    /// MESSAGE_UPDATE: a message was changed.
    pub struct MessageUpdate<'e>(Message<'e>);
}

object! {
    /// MESSAGE_DELETE: a message was deleted.
    event pub struct MessageDelete {
        /// The message.
        id: MessageId,
        /// The channel.
        channel_id: ChannelId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
    }
}

object! {
    /// MESSAGE_DELETE_BULK: several messages were deleted at once.
    event pub struct MessageDeleteBulk<'e> {
        /// The messages.
        ids: Seq<'e, MessageId>,
        /// The channel.
        channel_id: ChannelId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
    }
}

object! {
    /// MESSAGE_REACTION_ADD: somebody gave an emoji to a message.
    event pub struct MessageReactionAdd<'e> {
        /// Who gave it.
        user_id: UserId,
        /// The channel.
        channel_id: ChannelId,
        /// The message.
        message_id: MessageId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// What the user is in the guild.
        member: Option<Lazy<'e, Member<'e>>>,
        /// The emoji.
        emoji: PartialEmoji<'e>,
        /// Who wrote the message.
        message_author_id: Option<UserId>,
        /// Whether it was given as a burst.
        burst: Option<bool>,
        /// The colors of the burst, as in `#1a6fd0`.
        burst_colors: Seq<'e, Text<'e>>,
        /// How it was given.
        kind: Option<ReactionType> = "type",
    }
}

object! {
    /// MESSAGE_REACTION_REMOVE: somebody took back an emoji.
    event pub struct MessageReactionRemove<'e> {
        /// Who had given it.
        user_id: UserId,
        /// The channel.
        channel_id: ChannelId,
        /// The message.
        message_id: MessageId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// The emoji.
        emoji: PartialEmoji<'e>,
        /// Whether it was given as a burst.
        burst: Option<bool>,
        /// How it was given.
        kind: Option<ReactionType> = "type",
    }
}

object! {
    /// MESSAGE_REACTION_REMOVE_ALL: all emojis were taken from a message.
    event pub struct MessageReactionRemoveAll {
        /// The channel.
        channel_id: ChannelId,
        /// The message.
        message_id: MessageId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
    }
}

object! {
    /// MESSAGE_REACTION_REMOVE_EMOJI: an emoji was taken from a message, whoever gave it.
    event pub struct MessageReactionRemoveEmoji<'e> {
        /// The channel.
        channel_id: ChannelId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// The message.
        message_id: MessageId,
        /// The emoji.
        emoji: PartialEmoji<'e>,
    }
}

object! {
    /// MESSAGE_POLL_VOTE_ADD: somebody chose an answer.
    event pub struct MessagePollVoteAdd {
        /// The user.
        user_id: UserId,
        /// The channel.
        channel_id: ChannelId,
        /// The message.
        message_id: MessageId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// The number of the answer.
        answer_id: u32,
    }
}

object! {
    /// MESSAGE_POLL_VOTE_REMOVE: somebody took back an answer.
    event pub struct MessagePollVoteRemove {
        /// The user.
        user_id: UserId,
        /// The channel.
        channel_id: ChannelId,
        /// The message.
        message_id: MessageId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// The number of the answer.
        answer_id: u32,
    }
}

numbers! {
    /// How an emoji was given to a message.
    pub enum ReactionType {
        /// As usual.
        Normal = 0,
        /// As a burst.
        Burst = 1,
    }
}
