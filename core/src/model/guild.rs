//! Guilds.
//!
//! Source: Discord documentation, *Guild Resource*.

use crate::GuildId;
use crate::decode::macros::{bits, numbers, object};
use crate::decode::{Seq, Text, Timestamp};

/// Makes a type with the fields of a guild, and more.
macro_rules! guild {
    ([$($head:tt)*] $($more:tt)*) => {
        $crate::decode::macros::object! {
            $($head)* {
                /// The id.
                id: $crate::GuildId,
                /// The name.
                name: Option<$crate::decode::Text<'e>>,
                /// The hash of the icon.
                icon: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The hash of the image behind invites.
                splash: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The hash of the image in the discovery.
                discovery_splash: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The hash of the banner.
                banner: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The owner.
                owner_id: Option<$crate::UserId>,
                /// The voice region, which is not used any more.
                region: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The channel members without activity are moved to.
                afk_channel_id: $crate::decode::Field<$crate::ChannelId>,
                /// How long a member may be without activity, in seconds.
                afk_timeout: Option<u32>,
                /// Whether the widget is on.
                widget_enabled: Option<bool>,
                /// The channel the widget invites to.
                widget_channel_id: $crate::decode::Field<$crate::ChannelId>,
                /// What a member must have before it may write.
                verification_level: Option<$crate::model::VerificationLevel>,
                /// Which messages notify members who chose nothing.
                default_message_notifications: Option<$crate::model::NotificationLevel>,
                /// Whose media is scanned.
                explicit_content_filter: Option<$crate::model::ExplicitContentFilter>,
                /// Whether moderators need a second factor.
                mfa_level: Option<$crate::model::MfaLevel>,
                /// For whom the guild is.
                nsfw_level: Option<$crate::model::NsfwLevel>,
                /// The roles.
                roles: $crate::decode::Seq<'e, $crate::model::Role<'e>>,
                /// The custom emojis.
                emojis: $crate::decode::Seq<'e, $crate::model::Emoji<'e>>,
                /// The custom stickers.
                stickers: $crate::decode::Seq<'e, $crate::model::Sticker<'e>>,
                /// What it can do, in words such as `COMMUNITY`.
                features: $crate::decode::Seq<'e, $crate::decode::Text<'e>>,
                /// The application that made it.
                application_id: $crate::decode::Field<$crate::ApplicationId>,
                /// The channel of notices.
                system_channel_id: $crate::decode::Field<$crate::ChannelId>,
                /// Which notices are left out.
                system_channel_flags: Option<$crate::model::SystemChannelFlags>,
                /// The channel of the rules.
                rules_channel_id: $crate::decode::Field<$crate::ChannelId>,
                /// The channel where moderators read news of the service.
                public_updates_channel_id: $crate::decode::Field<$crate::ChannelId>,
                /// The channel where moderators read warnings of the service.
                safety_alerts_channel_id: $crate::decode::Field<$crate::ChannelId>,
                /// How many presences there can be; null but for the largest guilds.
                max_presences: $crate::decode::Field<u64>,
                /// How many members there can be.
                max_members: Option<u64>,
                /// The code of its own invite.
                vanity_url_code: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The description.
                description: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The level reached by boosts.
                premium_tier: Option<$crate::model::PremiumTier>,
                /// How many boosts it has.
                premium_subscription_count: Option<u32>,
                /// The language, as in `en-US`.
                preferred_locale: Option<$crate::decode::Text<'e>>,
                /// How many users a voice channel with video takes.
                max_video_channel_users: Option<u32>,
                /// How many users a stage with video takes.
                max_stage_video_channel_users: Option<u32>,
                /// Whether the boosts' progress is shown.
                premium_progress_bar_enabled: Option<bool>,
                /// What was switched off against raids.
                incidents_data: $crate::decode::Field<$crate::model::IncidentsData<'e>>,
                $($more)*
            }
        }
    };
}

pub(crate) use guild;

guild! {
    [
        /// A guild.
        pub struct Guild<'e>
    ]
}

object! {
    /// A guild that is not available, or of which nothing else is known yet.
    pub struct UnavailableGuild {
        /// The guild.
        id: GuildId,
        /// Whether it is not available.
        unavailable: Option<bool>,
    }
}

object! {
    /// What an interaction tells of its guild.
    pub struct PartialGuild<'e> {
        /// The guild.
        id: GuildId,
        /// What it can do, in words such as `COMMUNITY`.
        features: Seq<'e, Text<'e>>,
        /// The language, as in `en-US`.
        preferred_locale: Option<Text<'e>>,
    }
}

object! {
    /// What a guild switched off against raids.
    lenient pub struct IncidentsData<'e> {
        /// Until when there are no invites.
        invites_disabled_until: Option<Timestamp<'e>>,
        /// Until when there are no direct messages.
        dms_disabled_until: Option<Timestamp<'e>>,
        /// When spam in direct messages was found.
        dm_spam_detected_at: Option<Timestamp<'e>>,
        /// When a raid was found.
        raid_detected_at: Option<Timestamp<'e>>,
    }
}

numbers! {
    /// What a member must have before it may write.
    pub enum VerificationLevel {
        /// Nothing.
        None = 0,
        /// A verified address.
        Low = 1,
        /// An account for five minutes.
        Medium = 2,
        /// A membership for ten minutes.
        High = 3,
        /// A verified telephone.
        VeryHigh = 4,
    }

    /// Which messages notify members who chose nothing.
    pub enum NotificationLevel {
        /// All.
        AllMessages = 0,
        /// Those that mention them.
        OnlyMentions = 1,
    }

    /// Whose media is scanned.
    pub enum ExplicitContentFilter {
        /// Nobody's.
        Disabled = 0,
        /// That of members without roles.
        MembersWithoutRoles = 1,
        /// Everybody's.
        AllMembers = 2,
    }

    /// Whether moderators need a second factor.
    pub enum MfaLevel {
        /// They do not.
        None = 0,
        /// They do.
        Elevated = 1,
    }

    /// For whom a guild is.
    pub enum NsfwLevel {
        /// Not decided.
        Default = 0,
        /// Not for the young.
        Explicit = 1,
        /// For all.
        Safe = 2,
        /// For adults.
        AgeRestricted = 3,
    }

    /// The level a guild reached by boosts.
    pub enum PremiumTier {
        /// None.
        None = 0,
        /// The first.
        Tier1 = 1,
        /// The second.
        Tier2 = 2,
        /// The third.
        Tier3 = 3,
    }
}

bits! {
    /// Which notices of a guild are left out.
    pub struct SystemChannelFlags {
        /// That somebody joined.
        const SUPPRESS_JOIN_NOTIFICATIONS = 1 << 0;
        /// That somebody boosts.
        const SUPPRESS_PREMIUM_SUBSCRIPTIONS = 1 << 1;
        /// Hints on how to set up the guild.
        const SUPPRESS_GUILD_REMINDER_NOTIFICATIONS = 1 << 2;
        /// The button to answer who joined with a sticker.
        const SUPPRESS_JOIN_NOTIFICATION_REPLIES = 1 << 3;
        /// That somebody bought a role, or went on with it.
        const SUPPRESS_ROLE_SUBSCRIPTION_PURCHASE_NOTIFICATIONS = 1 << 4;
        /// The button to answer who bought a role with a sticker.
        const SUPPRESS_ROLE_SUBSCRIPTION_PURCHASE_NOTIFICATION_REPLIES = 1 << 5;
    }
}
