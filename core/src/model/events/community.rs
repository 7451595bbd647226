//! Events of what else guilds have: scheduled events, sounds, rules, integrations, invites.
//!
//! Source: Discord documentation, *Gateway Events*.

use crate::decode::macros::{events, object};
use crate::decode::{Lazy, Seq, Text, Timestamp};
use crate::model::{
    AutoModerationAction, AutoModerationRule, AutoModerationTriggerType, Integration,
    InviteTargetType, InviteType, PartialApplication, ScheduledEvent, SoundboardSound, User,
};
use crate::{
    ApplicationId, ChannelId, GuildId, IntegrationId, MessageId, RoleId, RuleId, ScheduledEventId,
    SoundId, UserId,
};

events! {
    /// GUILD_SCHEDULED_EVENT_CREATE: a scheduled event was made.
    pub struct GuildScheduledEventCreate<'e>(ScheduledEvent<'e>);

    /// GUILD_SCHEDULED_EVENT_UPDATE: a scheduled event was changed.
    pub struct GuildScheduledEventUpdate<'e>(ScheduledEvent<'e>);

    /// GUILD_SCHEDULED_EVENT_DELETE: a scheduled event was deleted.
    pub struct GuildScheduledEventDelete<'e>(ScheduledEvent<'e>);

    /// GUILD_SOUNDBOARD_SOUND_CREATE: a sound was made.
    pub struct GuildSoundboardSoundCreate<'e>(SoundboardSound<'e>);

    /// GUILD_SOUNDBOARD_SOUND_UPDATE: a sound was changed.
    pub struct GuildSoundboardSoundUpdate<'e>(SoundboardSound<'e>);

    /// AUTO_MODERATION_RULE_CREATE: a rule was made.
    pub struct AutoModerationRuleCreate<'e>(AutoModerationRule<'e>);

    /// AUTO_MODERATION_RULE_UPDATE: a rule was changed.
    pub struct AutoModerationRuleUpdate<'e>(AutoModerationRule<'e>);

    /// AUTO_MODERATION_RULE_DELETE: a rule was deleted.
    pub struct AutoModerationRuleDelete<'e>(AutoModerationRule<'e>);

    /// INTEGRATION_CREATE: an integration was added.
    pub struct IntegrationCreate<'e>(Integration<'e>);

    /// INTEGRATION_UPDATE: an integration was changed.
    pub struct IntegrationUpdate<'e>(Integration<'e>);
}

object! {
    /// GUILD_SCHEDULED_EVENT_USER_ADD: a user is interested.
    event pub struct GuildScheduledEventUserAdd {
        /// The scheduled event.
        guild_scheduled_event_id: ScheduledEventId,
        /// The user.
        user_id: UserId,
        /// The guild.
        guild_id: Option<GuildId>,
    }
}

object! {
    /// GUILD_SCHEDULED_EVENT_USER_REMOVE: a user is no longer interested.
    event pub struct GuildScheduledEventUserRemove {
        /// The scheduled event.
        guild_scheduled_event_id: ScheduledEventId,
        /// The user.
        user_id: UserId,
        /// The guild.
        guild_id: Option<GuildId>,
    }
}

object! {
    /// GUILD_SOUNDBOARD_SOUND_DELETE: a sound was deleted.
    event pub struct GuildSoundboardSoundDelete {
        /// The sound.
        sound_id: SoundId,
        /// The guild.
        guild_id: Option<GuildId>,
    }
}

object! {
    /// GUILD_SOUNDBOARD_SOUNDS_UPDATE: several sounds were changed.
    event pub struct GuildSoundboardSoundsUpdate<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The sounds.
        soundboard_sounds: Seq<'e, SoundboardSound<'e>>,
    }
}

object! {
    /// SOUNDBOARD_SOUNDS: the sounds that were asked for.
    event pub struct SoundboardSounds<'e> {
        /// The guild.
        guild_id: GuildId,
        /// The sounds.
        soundboard_sounds: Seq<'e, SoundboardSound<'e>>,
    }
}

object! {
    /// AUTO_MODERATION_ACTION_EXECUTION: AutoMod did something.
    event pub struct AutoModerationActionExecution<'e> {
        /// The guild.
        guild_id: GuildId,
        /// What was done.
        action: Option<AutoModerationAction<'e>>,
        /// The rule.
        rule_id: RuleId,
        /// What the rule looks for.
        rule_trigger_type: Option<AutoModerationTriggerType>,
        /// To whom it was done.
        user_id: UserId,
        /// Where the message was sent.
        channel_id: Option<ChannelId>,
        /// The message, unless it was blocked.
        message_id: Option<MessageId>,
        /// The message that tells a channel of it.
        alert_system_message_id: Option<MessageId>,
        /// The text; empty without the intent to read it.
        content: Option<Text<'e>>,
        /// The word of the rule.
        matched_keyword: Option<Text<'e>>,
        /// What of the text is that word; empty without the intent to read it.
        matched_content: Option<Text<'e>>,
    }
}

object! {
    /// INTEGRATION_DELETE: an integration was removed.
    event pub struct IntegrationDelete {
        /// The integration.
        id: IntegrationId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The application.
        application_id: Option<ApplicationId>,
    }
}

object! {
    /// INVITE_CREATE: an invite was made.
    event pub struct InviteCreate<'e> {
        /// The channel.
        channel_id: Option<ChannelId>,
        /// The code.
        code: Text<'e>,
        /// What it leads to.
        kind: Option<InviteType> = "type",
        /// When it was made.
        created_at: Option<Timestamp<'e>>,
        /// The guild.
        guild_id: Option<GuildId>,
        /// Who made it.
        inviter: Option<User<'e>>,
        /// How long it holds, in seconds; 0 means for ever.
        max_age: Option<u32>,
        /// How often it can be used; 0 means without end.
        max_uses: Option<u32>,
        /// What it is for.
        target_type: Option<InviteTargetType>,
        /// Whose stream it is for.
        target_user: Option<User<'e>>,
        /// Which application it is for.
        target_application: Option<Lazy<'e, PartialApplication<'e>>>,
        /// Whether members without a role lose their place when they go.
        temporary: Option<bool>,
        /// How often it was used.
        uses: Option<u32>,
        /// Until when it holds.
        expires_at: Option<Timestamp<'e>>,
        /// The roles it gives.
        role_ids: Seq<'e, RoleId>,
    }
}

object! {
    /// INVITE_DELETE: an invite was deleted.
    event pub struct InviteDelete<'e> {
        /// The channel.
        channel_id: Option<ChannelId>,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The code.
        code: Text<'e>,
    }
}

object! {
    /// WEBHOOKS_UPDATE: a webhook of a channel was made, changed or deleted.
    event pub struct WebhooksUpdate {
        /// The guild.
        guild_id: GuildId,
        /// The channel.
        channel_id: ChannelId,
    }
}
