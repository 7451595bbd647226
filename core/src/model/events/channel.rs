//! Events of channels and threads.
//!
//! Source: Discord documentation, *Gateway Events*, *Channels*.

use crate::decode::macros::{events, object};
use crate::decode::{Field, Lazy, Seq, Timestamp};
use crate::model::channel::channel;
use crate::model::thread::thread_member;
use crate::model::{Channel, ChannelType, Presence, ThreadMember, VoiceChannelInfo};
use crate::{ChannelId, GuildId, UserId};

events! {
    /// CHANNEL_CREATE: a channel was made, or the bot can see it now.
    pub struct ChannelCreate<'e>(Channel<'e>);

    /// CHANNEL_UPDATE: a channel was changed.
    pub struct ChannelUpdate<'e>(Channel<'e>);

    /// CHANNEL_DELETE: a channel was deleted.
    pub struct ChannelDelete<'e>(Channel<'e>);

    /// THREAD_UPDATE: a thread was changed.
    pub struct ThreadUpdate<'e>(Channel<'e>);
}

object! {
    /// CHANNEL_PINS_UPDATE: a message was pinned, or no longer is.
    event pub struct ChannelPinsUpdate<'e> {
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// The channel.
        channel_id: ChannelId,
        /// When a message was last pinned; absent or null if none is.
        last_pin_timestamp: Field<Timestamp<'e>>,
    }
}

object! {
    /// CHANNEL_INFO: what was asked for about the voice channels.
    event pub struct ChannelInfo<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The channels.
        channels: Seq<'e, VoiceChannelInfo<'e>>,
    }
}

channel! {
    [
        /// THREAD_CREATE: a thread began, or the bot was added to it.
        event pub struct ThreadCreate<'e>
    ]
    /// Whether it began just now.
    newly_created: Option<bool>,
}

object! {
    /// THREAD_DELETE: a thread was deleted.
    event pub struct ThreadDelete {
        /// The thread.
        id: ChannelId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The channel it was in.
        parent_id: Option<ChannelId>,
        /// What kind of thread it was.
        kind: Option<ChannelType> = "type",
    }
}

object! {
    /// THREAD_LIST_SYNC: the threads of channels the bot can see now.
    event pub struct ThreadListSync<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The channels; absent means all of the guild.
        channel_ids: Seq<'e, ChannelId>,
        /// Their threads that are not archived.
        threads: Seq<'e, Channel<'e>>,
        /// What the bot is in those it joined.
        members: Seq<'e, ThreadMember<'e>>,
    }
}

thread_member! {
    [
        /// THREAD_MEMBER_UPDATE: what the bot is in a thread was changed.
        event pub struct ThreadMemberUpdate<'e>
    ]
    /// The guild.
    guild_id: Option<GuildId>,
}

thread_member! {
    [
        /// A user who joined a thread.
        pub struct AddedThreadMember<'e>
    ]
    /// What the user is doing.
    presence: Field<Lazy<'e, Presence<'e>>>,
}

object! {
    /// THREAD_MEMBERS_UPDATE: users joined or left a thread.
    event pub struct ThreadMembersUpdate<'e> {
        /// The thread.
        id: ChannelId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// How many members it has; it stops at 50.
        member_count: Option<u32>,
        /// Who joined.
        added_members: Seq<'e, AddedThreadMember<'e>>,
        /// Who left.
        removed_member_ids: Seq<'e, UserId>,
    }
}
