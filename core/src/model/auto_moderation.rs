//! AutoMod.
//!
//! Source: Discord documentation, *Auto Moderation*.

use crate::decode::macros::{numbers, object};
use crate::decode::{Seq, Text};
use crate::{ChannelId, GuildId, RoleId, RuleId, UserId};

object! {
    /// A rule of AutoMod.
    pub struct AutoModerationRule<'e> {
        /// The id.
        id: RuleId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The name.
        name: Option<Text<'e>>,
        /// Who made it.
        creator_id: Option<UserId>,
        /// When it is looked at.
        event_type: Option<AutoModerationEventType>,
        /// What it looks for.
        trigger_type: Option<AutoModerationTriggerType>,
        /// What it looks for, in detail.
        trigger_metadata: Option<AutoModerationTrigger<'e>>,
        /// What is done.
        actions: Seq<'e, AutoModerationAction<'e>>,
        /// Whether it is on.
        enabled: Option<bool>,
        /// The roles it does not hold for.
        exempt_roles: Seq<'e, RoleId>,
        /// The channels it does not hold in.
        exempt_channels: Seq<'e, ChannelId>,
    }
}

object! {
    /// What a rule looks for, in detail.
    pub struct AutoModerationTrigger<'e> {
        /// The words, with `*` for any letters.
        keyword_filter: Seq<'e, Text<'e>>,
        /// The regular expressions.
        regex_patterns: Seq<'e, Text<'e>>,
        /// The lists of words.
        presets: Seq<'e, KeywordPreset>,
        /// The words that are allowed.
        allow_list: Seq<'e, Text<'e>>,
        /// How many mentions a message may have.
        mention_total_limit: Option<u32>,
        /// Whether raids by mentions are looked for.
        mention_raid_protection_enabled: Option<bool>,
    }
}

object! {
    /// What AutoMod does.
    pub struct AutoModerationAction<'e> {
        /// What is done.
        kind: Option<AutoModerationActionType> = "type",
        /// How it is done.
        metadata: Option<AutoModerationActionMetadata<'e>>,
    }
}

object! {
    /// How AutoMod does something.
    pub struct AutoModerationActionMetadata<'e> {
        /// The channel that is told.
        channel_id: Option<ChannelId>,
        /// How long the member is timed out, in seconds.
        duration_seconds: Option<u32>,
        /// What the member is told.
        custom_message: Option<Text<'e>>,
    }
}

numbers! {
    /// When a rule is looked at.
    pub enum AutoModerationEventType {
        /// When a message is sent or edited.
        MessageSend = 1,
        /// When a member changes.
        MemberUpdate = 2,
    }

    /// What a rule looks for.
    pub enum AutoModerationTriggerType {
        /// Words of its own.
        Keyword = 1,
        /// Spam.
        Spam = 3,
        /// Words of lists.
        KeywordPreset = 4,
        /// Too many mentions.
        MentionSpam = 5,
        /// Words in a member's profile.
        MemberProfile = 6,
    }

    /// A list of words.
    pub enum KeywordPreset {
        /// Swearing.
        Profanity = 1,
        /// Sexual words.
        SexualContent = 2,
        /// Insults and hate.
        Slurs = 3,
    }

    /// What AutoMod does.
    pub enum AutoModerationActionType {
        /// Blocks the message.
        BlockMessage = 1,
        /// Tells a channel.
        SendAlertMessage = 2,
        /// Times the member out.
        Timeout = 3,
        /// Keeps the member from interacting.
        BlockMemberInteraction = 4,
    }
}
