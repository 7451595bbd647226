//! Events of members and their presences.
//!
//! Source: Discord documentation, *Gateway Events*, *Guilds* and *Presence*.

use crate::decode::macros::{events, object};
use crate::decode::{Lazy, Seq, Text};
use crate::model::member::member;
use crate::model::{Member, Presence, User};
use crate::{ChannelId, GuildId, UserId};

member! {
    [
        /// GUILD_MEMBER_ADD: a user joined a guild.
        event pub struct GuildMemberAdd<'e>
    ]
    /// The guild.
    guild_id: GuildId,
    /// The user.
    user: User<'e>,
}

member! {
    [
        /// GUILD_MEMBER_UPDATE: a member was changed; what is absent stayed as it was.
        event pub struct GuildMemberUpdate<'e>
    ]
    /// The guild.
    guild_id: GuildId,
    /// The user.
    user: User<'e>,
}

object! {
    /// GUILD_MEMBER_REMOVE: a user left a guild, or was removed.
    event pub struct GuildMemberRemove<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The user.
        user: User<'e>,
    }
}

object! {
    /// GUILD_MEMBERS_CHUNK: some of the members that were asked for.
    event pub struct GuildMembersChunk<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The members.
        members: Seq<'e, Member<'e>>,
        /// Which part of the answer it is, from 0.
        chunk_index: Option<u32>,
        /// How many parts the answer has.
        chunk_count: Option<u32>,
        /// The ids for which there is no member.
        not_found: Seq<'e, UserId>,
        /// The presences, if they were asked for.
        presences: Seq<'e, Presence<'e>>,
        /// The nonce of the request.
        nonce: Option<Text<'e>>,
    }
}

events! {
    /// PRESENCE_UPDATE: a user does something else, or is there or not.
    pub struct PresenceUpdate<'e>(Presence<'e>);
}

object! {
    /// TYPING_START: somebody began to write.
    event pub struct TypingStart<'e> {
        /// The channel.
        channel_id: ChannelId,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// The user.
        user_id: UserId,
        /// When it was, in seconds since the Unix epoch.
        timestamp: Option<i64>,
        /// The member; absent in direct messages.
        member: Option<Lazy<'e, Member<'e>>>,
    }
}
