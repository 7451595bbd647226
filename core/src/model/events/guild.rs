//! Events of guilds, their roles, emojis and bans.
//!
//! Source: Discord documentation, *Gateway Events*, *Guilds*.

use crate::decode::macros::{events, object};
use crate::decode::{Seq, Timestamp};
use crate::model::guild::guild;
use crate::model::{
    AuditLogEntry, Channel, Emoji, Guild, Member, Presence, Role, ScheduledEvent, SoundboardSound,
    StageInstance, Sticker, UnavailableGuild, User, VoiceState,
};
use crate::{GuildId, RoleId};

guild! {
    [
        /// GUILD_CREATE: a guild became available, or the bot joined it; only the id is sure.
        event pub struct GuildCreate<'e>
    ]
    /// When the bot joined.
    joined_at: Option<Timestamp<'e>>,
    /// Whether only some of its members are listed.
    large: Option<bool>,
    /// Whether it is not available; then only the id is there.
    unavailable: Option<bool>,
    /// How many members it has.
    member_count: Option<u64>,
    /// Who is in voice; the guild and the members are left out.
    voice_states: Seq<'e, VoiceState<'e>>,
    /// The members, or some of them.
    members: Seq<'e, Member<'e>>,
    /// The channels, even those the bot may not see.
    channels: Seq<'e, Channel<'e>>,
    /// The threads that are not archived.
    threads: Seq<'e, Channel<'e>>,
    /// The presences of members who are there.
    presences: Seq<'e, Presence<'e>>,
    /// The stages that are going on.
    stage_instances: Seq<'e, StageInstance<'e>>,
    /// The scheduled events.
    guild_scheduled_events: Seq<'e, ScheduledEvent<'e>>,
    /// The sounds.
    soundboard_sounds: Seq<'e, SoundboardSound<'e>>,
}

events! {
    /// GUILD_UPDATE: a guild was changed.
    pub struct GuildUpdate<'e>(Guild<'e>);

    /// GUILD_DELETE: a guild is not available, or unless it says so, the bot is no longer in it.
    pub struct GuildDelete(UnavailableGuild);

    /// GUILD_AUDIT_LOG_ENTRY_CREATE: somebody did something that is written down.
    pub struct GuildAuditLogEntryCreate<'e>(AuditLogEntry<'e>);
}

object! {
    /// GUILD_BAN_ADD: a user was banned.
    event pub struct GuildBanAdd<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The user.
        user: User<'e>,
    }
}

object! {
    /// GUILD_BAN_REMOVE: a user is no longer banned.
    event pub struct GuildBanRemove<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The user.
        user: User<'e>,
    }
}

object! {
    /// GUILD_EMOJIS_UPDATE: the emojis were changed.
    event pub struct GuildEmojisUpdate<'e> {
        /// The guild.
        guild_id: GuildId,
        /// All emojis.
        emojis: Seq<'e, Emoji<'e>>,
    }
}

object! {
    /// GUILD_STICKERS_UPDATE: the stickers were changed.
    event pub struct GuildStickersUpdate<'e> {
        /// The guild.
        guild_id: GuildId,
        /// All stickers.
        stickers: Seq<'e, Sticker<'e>>,
    }
}

object! {
    /// GUILD_INTEGRATIONS_UPDATE: something about the integrations was changed.
    event pub struct GuildIntegrationsUpdate {
        /// The guild.
        guild_id: GuildId,
    }
}

object! {
    /// GUILD_ROLE_CREATE: a role was made.
    event pub struct GuildRoleCreate<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The role.
        role: Role<'e>,
    }
}

object! {
    /// GUILD_ROLE_UPDATE: a role was changed.
    event pub struct GuildRoleUpdate<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The role.
        role: Role<'e>,
    }
}

object! {
    /// GUILD_ROLE_DELETE: a role was deleted.
    event pub struct GuildRoleDelete {
        /// The guild.
        guild_id: GuildId,
        /// The role.
        role_id: RoleId,
    }
}
