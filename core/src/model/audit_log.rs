//! Entries of the audit log.
//!
//! Source: Discord documentation, *Audit Logs Resource*.

use crate::decode::macros::{numbers, object};
use crate::decode::{Raw, Seq, Text};
use crate::model::{AutoModerationTriggerType, IntegrationType, OverwriteType, Scalar};
use crate::{ApplicationId, AuditLogEntryId, ChannelId, GuildId, MessageId, UserId};

object! {
    /// An entry of the audit log.
    pub struct AuditLogEntry<'e> {
        /// The id.
        id: AuditLogEntryId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// What it was done to: a user, role, channel or something else.
        target_id: Option<Scalar<'e>>,
        /// What was changed.
        changes: Seq<'e, AuditLogChange<'e>>,
        /// Who did it.
        user_id: Option<UserId>,
        /// What was done.
        action_type: Option<AuditLogEvent>,
        /// More on what was done.
        options: Option<AuditLogOptions<'e>>,
        /// Why it was done.
        reason: Option<Text<'e>>,
    }
}

object! {
    /// Something that was changed.
    pub struct AuditLogChange<'e> {
        /// The name of the field, or `$add` and `$remove` for roles.
        key: Option<Text<'e>>,
        /// The value it has now, of whatever type the field is.
        new_value: Option<Raw<'e>>,
        /// The value it had.
        old_value: Option<Raw<'e>>,
    }
}

object! {
    /// More on what was done: which fields there are follows from the action.
    lenient pub struct AuditLogOptions<'e> {
        /// The application of the command.
        application_id: Option<ApplicationId>,
        /// The name of the rule.
        auto_moderation_rule_name: Option<Text<'e>>,
        /// What the rule looks for.
        auto_moderation_rule_trigger_type: Option<AutoModerationTriggerType>,
        /// The channel.
        channel_id: Option<ChannelId>,
        /// How many there were.
        count: Option<u64>,
        /// After how many days without activity members were kicked.
        delete_member_days: Option<u64>,
        /// The id of the role or user.
        id: Option<u64>,
        /// How many members were kicked.
        members_removed: Option<u64>,
        /// The message.
        message_id: Option<MessageId>,
        /// The name of the role.
        role_name: Option<Text<'e>>,
        /// Whom the overwrite is for: `0` for a role, `1` for a member.
        kind: Option<OverwriteType> = "type",
        /// Where the integration comes from.
        integration_type: Option<IntegrationType<'e>>,
        /// The status of the voice channel.
        status: Option<Text<'e>>,
    }
}

numbers! {
    /// What was done.
    pub enum AuditLogEvent {
        /// The guild was changed.
        GuildUpdate = 1,
        /// A channel was made.
        ChannelCreate = 10,
        /// A channel was changed.
        ChannelUpdate = 11,
        /// A channel was deleted.
        ChannelDelete = 12,
        /// A channel got an overwrite.
        ChannelOverwriteCreate = 13,
        /// A channel's overwrite was changed.
        ChannelOverwriteUpdate = 14,
        /// A channel lost an overwrite.
        ChannelOverwriteDelete = 15,
        /// A member was kicked.
        MemberKick = 20,
        /// Members without activity were kicked.
        MemberPrune = 21,
        /// A user was banned.
        MemberBanAdd = 22,
        /// A user is no longer banned.
        MemberBanRemove = 23,
        /// A member was changed.
        MemberUpdate = 24,
        /// A member got or lost roles.
        MemberRoleUpdate = 25,
        /// A member was moved to another voice channel.
        MemberMove = 26,
        /// A member was removed from voice.
        MemberDisconnect = 27,
        /// A bot was added.
        BotAdd = 28,
        /// A role was made.
        RoleCreate = 30,
        /// A role was changed.
        RoleUpdate = 31,
        /// A role was deleted.
        RoleDelete = 32,
        /// An invite was made.
        InviteCreate = 40,
        /// An invite was changed.
        InviteUpdate = 41,
        /// An invite was deleted.
        InviteDelete = 42,
        /// A webhook was made.
        WebhookCreate = 50,
        /// A webhook was changed.
        WebhookUpdate = 51,
        /// A webhook was deleted.
        WebhookDelete = 52,
        /// An emoji was made.
        EmojiCreate = 60,
        /// An emoji was changed.
        EmojiUpdate = 61,
        /// An emoji was deleted.
        EmojiDelete = 62,
        /// A message was deleted.
        MessageDelete = 72,
        /// Several messages were deleted.
        MessageBulkDelete = 73,
        /// A message was pinned.
        MessagePin = 74,
        /// A message is no longer pinned.
        MessageUnpin = 75,
        /// An integration was added.
        IntegrationCreate = 80,
        /// An integration was changed.
        IntegrationUpdate = 81,
        /// An integration was removed.
        IntegrationDelete = 82,
        /// A stage began.
        StageInstanceCreate = 83,
        /// A stage was changed.
        StageInstanceUpdate = 84,
        /// A stage ended.
        StageInstanceDelete = 85,
        /// A sticker was made.
        StickerCreate = 90,
        /// A sticker was changed.
        StickerUpdate = 91,
        /// A sticker was deleted.
        StickerDelete = 92,
        /// A scheduled event was made.
        GuildScheduledEventCreate = 100,
        /// A scheduled event was changed.
        GuildScheduledEventUpdate = 101,
        /// A scheduled event was called off.
        GuildScheduledEventDelete = 102,
        /// A thread began.
        ThreadCreate = 110,
        /// A thread was changed.
        ThreadUpdate = 111,
        /// A thread was deleted.
        ThreadDelete = 112,
        /// Others may use a command.
        ApplicationCommandPermissionUpdate = 121,
        /// A sound was made.
        SoundboardSoundCreate = 130,
        /// A sound was changed.
        SoundboardSoundUpdate = 131,
        /// A sound was deleted.
        SoundboardSoundDelete = 132,
        /// A rule of AutoMod was made.
        AutoModerationRuleCreate = 140,
        /// A rule of AutoMod was changed.
        AutoModerationRuleUpdate = 141,
        /// A rule of AutoMod was deleted.
        AutoModerationRuleDelete = 142,
        /// AutoMod blocked a message.
        AutoModerationBlockMessage = 143,
        /// AutoMod told a channel.
        AutoModerationFlagToChannel = 144,
        /// AutoMod timed a member out.
        AutoModerationUserCommunicationDisabled = 145,
        /// AutoMod kept a member from interacting.
        AutoModerationQuarantineUser = 146,
        /// The guild asked to earn money.
        CreatorMonetizationRequestCreated = 150,
        /// The guild accepted the terms for that.
        CreatorMonetizationTermsAccepted = 151,
        /// A question of the onboarding was made.
        OnboardingPromptCreate = 163,
        /// A question of the onboarding was changed.
        OnboardingPromptUpdate = 164,
        /// A question of the onboarding was deleted.
        OnboardingPromptDelete = 165,
        /// The onboarding was made.
        OnboardingCreate = 166,
        /// The onboarding was changed.
        OnboardingUpdate = 167,
        /// The guide for new members was made.
        HomeSettingsCreate = 190,
        /// The guide for new members was changed.
        HomeSettingsUpdate = 191,
        /// A voice channel's status was set.
        VoiceChannelStatusUpdate = 192,
        /// A voice channel's status was taken away.
        VoiceChannelStatusDelete = 193,
    }
}
