//! Integrations of guilds.
//!
//! Source: Discord documentation, *Guild Resource*, *Integration Object*.

use crate::decode::macros::{numbers, object, texts};
use crate::decode::{Lazy, Seq, Text, Timestamp};
use crate::model::User;
use crate::{ApplicationId, GuildId, IntegrationId, RoleId};

object! {
    /// An integration of a guild.
    pub struct Integration<'e> {
        /// The id.
        id: IntegrationId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The name.
        name: Option<Text<'e>>,
        /// Where it comes from.
        kind: Option<IntegrationType<'e>> = "type",
        /// Whether it is on.
        enabled: Option<bool>,
        /// Whether it is being brought up to date.
        syncing: Option<bool>,
        /// The role of those who subscribe.
        role_id: Option<RoleId>,
        /// Whether its emojis can be used.
        enable_emoticons: Option<bool>,
        /// What happens to those who no longer subscribe.
        expire_behavior: Option<ExpireBehavior>,
        /// How long that is put off, in days.
        expire_grace_period: Option<u32>,
        /// The user behind it.
        user: Option<Lazy<'e, User<'e>>>,
        /// The account behind it.
        account: Option<IntegrationAccount<'e>>,
        /// When it was last brought up to date.
        synced_at: Option<Timestamp<'e>>,
        /// How many subscribe.
        subscriber_count: Option<u64>,
        /// Whether it was revoked.
        revoked: Option<bool>,
        /// The application.
        application: Option<IntegrationApplication<'e>>,
        /// What the application was granted.
        scopes: Seq<'e, Text<'e>>,
    }
}

object! {
    /// The account behind an integration.
    pub struct IntegrationAccount<'e> {
        /// The id, which need not be a number.
        id: Option<Text<'e>>,
        /// The name.
        name: Option<Text<'e>>,
    }
}

object! {
    /// The application of an integration.
    pub struct IntegrationApplication<'e> {
        /// The id.
        id: ApplicationId,
        /// The name.
        name: Option<Text<'e>>,
        /// The hash of the icon.
        icon: Option<Text<'e>>,
        /// The description.
        description: Option<Text<'e>>,
        /// The bot.
        bot: Option<Lazy<'e, User<'e>>>,
    }
}

texts! {
    /// Where an integration comes from.
    pub enum IntegrationType {
        /// A bot or another application.
        Discord = "discord",
        /// Subscriptions to the guild itself.
        GuildSubscription = "guild_subscription",
        /// Twitch.
        Twitch = "twitch",
        /// YouTube.
        YouTube = "youtube",
    }
}

numbers! {
    /// What happens to those who no longer subscribe.
    pub enum ExpireBehavior {
        /// They lose the role.
        RemoveRole = 0,
        /// They are kicked.
        Kick = 1,
    }
}
