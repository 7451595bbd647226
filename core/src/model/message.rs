//! Messages.
//!
//! Source: Discord documentation, *Messages Resource*.

use crate::decode::macros::{bits, numbers, object};
use crate::decode::{Field, IdMap, Lazy, Seq, Text, Timestamp};
use crate::model::{
    Attachment, Channel, ChannelMention, ChannelType, Component, Embed, InteractionType, Member,
    MentionedUser, PartialApplication, PartialEmoji, Poll, Resolved, Scalar, Sticker, StickerItem,
    User,
};
use crate::{
    ApplicationId, ChannelId, GuildId, InteractionId, MessageId, RoleId, SkuId, UserId, WebhookId,
};

object! {
    /// A message.
    pub struct Message<'e> {
        /// The id.
        id: MessageId,
        /// The channel.
        channel_id: ChannelId,
        /// The guild; absent in direct messages and where only one user sees the message.
        guild_id: Option<GuildId>,
        /// What kind of channel it is in.
        channel_type: Option<ChannelType>,
        /// Who wrote it: a user, or a webhook if there is a `webhook_id`.
        author: Option<User<'e>>,
        /// What the author is in the guild; it lacks the user.
        member: Option<Lazy<'e, Member<'e>>>,
        /// The text; empty without the intent to read it.
        content: Option<Text<'e>>,
        /// When it was sent.
        timestamp: Option<Timestamp<'e>>,
        /// When it was last edited.
        edited_timestamp: Field<Timestamp<'e>>,
        /// Whether it was read aloud.
        tts: Option<bool>,
        /// Whether it mentions everyone.
        mention_everyone: Option<bool>,
        /// The users it mentions.
        mentions: Seq<'e, MentionedUser<'e>>,
        /// The roles it mentions.
        mention_roles: Seq<'e, RoleId>,
        /// The channels of other guilds it mentions.
        mention_channels: Seq<'e, ChannelMention<'e>>,
        /// The files.
        attachments: Seq<'e, Attachment<'e>>,
        /// The embeds.
        embeds: Seq<'e, Embed<'e>>,
        /// The reactions.
        reactions: Seq<'e, Reaction<'e>>,
        /// What the sender gave to recognize it by.
        nonce: Option<Scalar<'e>>,
        /// Whether it is pinned.
        pinned: Option<bool>,
        /// The webhook that sent it.
        webhook_id: Option<WebhookId>,
        /// What kind of message it is.
        kind: Option<MessageType> = "type",
        /// What it invites to do.
        activity: Option<MessageActivity<'e>>,
        /// The application it invites to.
        application: Option<Lazy<'e, PartialApplication<'e>>>,
        /// The application that sent it.
        application_id: Option<ApplicationId>,
        /// The flags.
        flags: Option<MessageFlags>,
        /// What it answers, forwards or follows.
        message_reference: Option<MessageReference>,
        /// What it forwards.
        message_snapshots: Seq<'e, MessageSnapshot<'e>>,
        /// The message it answers; null if that was deleted.
        referenced_message: Field<Lazy<'e, Message<'e>>>,
        /// The interaction it comes from.
        interaction_metadata: Option<Lazy<'e, InteractionMetadata<'e>>>,
        /// The interaction it comes from, in an older form.
        interaction: Option<Lazy<'e, MessageInteraction<'e>>>,
        /// The thread that began with it.
        thread: Option<Lazy<'e, Channel<'e>>>,
        /// The components.
        components: Seq<'e, Component<'e>>,
        /// The stickers.
        sticker_items: Seq<'e, StickerItem<'e>>,
        /// The stickers, in an older form.
        stickers: Seq<'e, Sticker<'e>>,
        /// The place in a thread, about.
        position: Option<i64>,
        /// What role was bought.
        role_subscription_data: Option<RoleSubscriptionData<'e>>,
        /// The objects its components name.
        resolved: Option<Lazy<'e, Resolved<'e>>>,
        /// The poll.
        poll: Option<Lazy<'e, Poll<'e>>>,
        /// The call.
        call: Option<MessageCall<'e>>,
        /// The look of a client that is shared.
        shared_client_theme: Option<SharedClientTheme<'e>>,
    }
}

object! {
    /// A message as it was when it was forwarded.
    pub struct MessageSnapshot<'e> {
        /// The message, without its author.
        message: Option<SnapshotMessage<'e>>,
    }
}

object! {
    /// What a forwarded message tells.
    pub struct SnapshotMessage<'e> {
        /// The text.
        content: Option<Text<'e>>,
        /// When it was sent.
        timestamp: Option<Timestamp<'e>>,
        /// When it was last edited.
        edited_timestamp: Field<Timestamp<'e>>,
        /// The users it mentions.
        mentions: Seq<'e, MentionedUser<'e>>,
        /// The roles it mentions.
        mention_roles: Seq<'e, RoleId>,
        /// The files.
        attachments: Seq<'e, Attachment<'e>>,
        /// The embeds.
        embeds: Seq<'e, Embed<'e>>,
        /// What kind of message it is.
        kind: Option<MessageType> = "type",
        /// The flags.
        flags: Option<MessageFlags>,
        /// The components.
        components: Seq<'e, Component<'e>>,
        /// The stickers.
        sticker_items: Seq<'e, StickerItem<'e>>,
        /// The stickers, in an older form.
        stickers: Seq<'e, Sticker<'e>>,
    }
}

object! {
    /// How often an emoji was given to a message.
    pub struct Reaction<'e> {
        /// How often, in all.
        count: Option<u32>,
        /// How often, by kind.
        count_details: Option<ReactionCount>,
        /// Whether the bot gave it.
        me: Option<bool>,
        /// Whether the bot gave it as a burst.
        me_burst: Option<bool>,
        /// The emoji.
        emoji: PartialEmoji<'e>,
        /// The colors of the burst, as in `#1a6fd0`.
        burst_colors: Seq<'e, Text<'e>>,
    }
}

object! {
    /// How often an emoji was given, by kind.
    pub struct ReactionCount {
        /// As a burst.
        burst: Option<u32>,
        /// As usual.
        normal: Option<u32>,
    }
}

object! {
    /// What a message invites to do.
    lenient pub struct MessageActivity<'e> {
        /// What to do.
        kind: Option<MessageActivityType> = "type",
        /// The party.
        party_id: Option<Text<'e>>,
    }
}

object! {
    /// What a message answers, forwards or follows.
    pub struct MessageReference {
        /// Which of these it does.
        kind: Option<MessageReferenceType> = "type",
        /// The message.
        message_id: Option<MessageId>,
        /// Its channel.
        channel_id: Option<ChannelId>,
        /// Its guild.
        guild_id: Option<GuildId>,
    }
}

object! {
    /// The interaction a message comes from.
    pub struct InteractionMetadata<'e> {
        /// The interaction.
        id: InteractionId,
        /// What kind it was.
        kind: Option<InteractionType> = "type",
        /// Who caused it.
        user: Option<User<'e>>,
        /// Who installed the application: by 0 the guild, by 1 the user.
        authorizing_integration_owners: IdMap<'e, u64>,
        /// The first answer, in a message that follows it.
        original_response_message_id: Option<MessageId>,
        /// The user a command was run on.
        target_user: Option<Lazy<'e, User<'e>>>,
        /// The message a command was run on.
        target_message_id: Option<MessageId>,
        /// The message that holds the component.
        interacted_message_id: Option<MessageId>,
        /// The interaction that opened the form.
        triggering_interaction_metadata: Option<Lazy<'e, InteractionMetadata<'e>>>,
    }
}

object! {
    /// The interaction a message comes from, in an older form.
    pub struct MessageInteraction<'e> {
        /// The interaction.
        id: InteractionId,
        /// What kind it was.
        kind: Option<InteractionType> = "type",
        /// The name of the command.
        name: Option<Text<'e>>,
        /// Who caused it.
        user: Option<User<'e>>,
        /// What the user is in the guild; it lacks the user.
        member: Option<Lazy<'e, Member<'e>>>,
    }
}

object! {
    /// What role was bought.
    lenient pub struct RoleSubscriptionData<'e> {
        /// What is sold.
        role_subscription_listing_id: Option<SkuId>,
        /// The name of the tier.
        tier_name: Option<Text<'e>>,
        /// For how many months it was bought.
        total_months_subscribed: Option<u32>,
        /// Whether it went on.
        is_renewal: Option<bool>,
    }
}

object! {
    /// The call of a message.
    lenient pub struct MessageCall<'e> {
        /// Who took part.
        participants: Seq<'e, UserId>,
        /// When it ended.
        ended_timestamp: Field<Timestamp<'e>>,
    }
}

object! {
    /// The look of a client that is shared.
    lenient pub struct SharedClientTheme<'e> {
        /// The colors, as in `1a6fd0`.
        colors: Seq<'e, Text<'e>>,
        /// The direction of the gradient, in degrees.
        gradient_angle: Option<i32>,
        /// How strong the colors are, from 0 to 100.
        base_mix: Option<i32>,
        /// The theme below.
        base_theme: Field<BaseTheme>,
    }
}

numbers! {
    /// What kind of message it is.
    pub enum MessageType {
        /// Written by somebody.
        Default = 0,
        /// Somebody was added to a group.
        RecipientAdd = 1,
        /// Somebody was removed from a group.
        RecipientRemove = 2,
        /// A call.
        Call = 3,
        /// The channel has another name.
        ChannelNameChange = 4,
        /// The channel has another icon.
        ChannelIconChange = 5,
        /// A message was pinned.
        ChannelPinnedMessage = 6,
        /// Somebody joined the guild.
        UserJoin = 7,
        /// Somebody boosts the guild.
        GuildBoost = 8,
        /// A boost brought the first level.
        GuildBoostTier1 = 9,
        /// A boost brought the second level.
        GuildBoostTier2 = 10,
        /// A boost brought the third level.
        GuildBoostTier3 = 11,
        /// The channel follows another.
        ChannelFollowAdd = 12,
        /// The guild is no longer in the discovery.
        GuildDiscoveryDisqualified = 14,
        /// The guild is in the discovery again.
        GuildDiscoveryRequalified = 15,
        /// The guild is warned that it may leave the discovery.
        GuildDiscoveryGracePeriodInitialWarning = 16,
        /// The guild is warned a last time.
        GuildDiscoveryGracePeriodFinalWarning = 17,
        /// A thread began.
        ThreadCreated = 18,
        /// Answers another message.
        Reply = 19,
        /// Comes from a command.
        ChatInputCommand = 20,
        /// The message a thread began with.
        ThreadStarterMessage = 21,
        /// Reminds to invite others.
        GuildInviteReminder = 22,
        /// Comes from a command of a menu.
        ContextMenuCommand = 23,
        /// AutoMod did something.
        AutoModerationAction = 24,
        /// Somebody bought a role.
        RoleSubscriptionPurchase = 25,
        /// Somebody has to pay for an interaction.
        InteractionPremiumUpsell = 26,
        /// A stage began.
        StageStart = 27,
        /// A stage ended.
        StageEnd = 28,
        /// Somebody speaks on the stage.
        StageSpeaker = 29,
        /// The stage has another topic.
        StageTopic = 31,
        /// Somebody subscribed to an application for the guild.
        GuildApplicationPremiumSubscription = 32,
        /// Measures against a raid began.
        GuildIncidentAlertModeEnabled = 36,
        /// Measures against a raid ended.
        GuildIncidentAlertModeDisabled = 37,
        /// A raid was reported.
        GuildIncidentReportRaid = 38,
        /// A report of a raid was wrong.
        GuildIncidentReportFalseAlarm = 39,
        /// Somebody bought something.
        PurchaseNotification = 44,
        /// A poll is over.
        PollResult = 46,
    }

    /// What a message invites to do.
    pub enum MessageActivityType {
        /// To join.
        Join = 1,
        /// To watch.
        Spectate = 2,
        /// To listen.
        Listen = 3,
        /// To ask to join.
        JoinRequest = 5,
        /// To ask to stream.
        StreamRequest = 6,
    }

    /// How a message refers to another.
    pub enum MessageReferenceType {
        /// Answers it, or follows from it.
        Default = 0,
        /// Forwards it.
        Forward = 1,
    }

    /// The theme below a shared one.
    pub enum BaseTheme {
        /// None.
        Unset = 0,
        /// Dark.
        Dark = 1,
        /// Light.
        Light = 2,
        /// Darker.
        Darker = 3,
        /// Darkest.
        Midnight = 4,
    }
}

bits! {
    /// Flags of a message.
    pub struct MessageFlags {
        /// Was published to channels that follow.
        const CROSSPOSTED = 1 << 0;
        /// Comes from a channel that is followed.
        const IS_CROSSPOST = 1 << 1;
        /// Shows no embeds.
        const SUPPRESS_EMBEDS = 1 << 2;
        /// Comes from a message that was deleted.
        const SOURCE_MESSAGE_DELETED = 1 << 3;
        /// Comes from the service, and is urgent.
        const URGENT = 1 << 4;
        /// Has a thread.
        const HAS_THREAD = 1 << 5;
        /// Is seen only by who caused the interaction.
        const EPHEMERAL = 1 << 6;
        /// Stands for an answer to come.
        const LOADING = 1 << 7;
        /// Could not add some roles it mentions to the thread.
        const FAILED_TO_MENTION_SOME_ROLES_IN_THREAD = 1 << 8;
        /// Does not notify.
        const SUPPRESS_NOTIFICATIONS = 1 << 12;
        /// Is spoken.
        const IS_VOICE_MESSAGE = 1 << 13;
        /// Forwards a message.
        const HAS_SNAPSHOT = 1 << 14;
        /// Is made of components alone.
        const IS_COMPONENTS_V2 = 1 << 15;
    }
}
