//! Events of applications: interactions, commands and what is paid for.
//!
//! Source: Discord documentation, *Gateway Events*.

use crate::decode::Seq;
use crate::decode::macros::{events, object};
use crate::model::{CommandPermission, Entitlement, Interaction, Subscription};
use crate::{ApplicationId, GuildId};

events! {
    /// INTERACTION_CREATE: a user did something with a command, component or form.
    pub struct InteractionCreate<'e>(Interaction<'e>);

    /// ENTITLEMENT_CREATE: somebody may use something.
    pub struct EntitlementCreate<'e>(Entitlement<'e>);

    /// ENTITLEMENT_UPDATE: until when somebody may use something was changed.
    pub struct EntitlementUpdate<'e>(Entitlement<'e>);

    /// ENTITLEMENT_DELETE: somebody may no longer use something.
    pub struct EntitlementDelete<'e>(Entitlement<'e>);

    /// SUBSCRIPTION_CREATE: somebody subscribed.
    pub struct SubscriptionCreate<'e>(Subscription<'e>);

    /// SUBSCRIPTION_UPDATE: a subscription was changed.
    pub struct SubscriptionUpdate<'e>(Subscription<'e>);

    /// SUBSCRIPTION_DELETE: a subscription is gone.
    pub struct SubscriptionDelete<'e>(Subscription<'e>);
}

object! {
    /// APPLICATION_COMMAND_PERMISSIONS_UPDATE: others may use a command.
    event pub struct ApplicationCommandPermissionsUpdate<'e> {
        /// The command, or the application if it is about all of its commands.
        id: u64,
        /// The application.
        application_id: Option<ApplicationId>,
        /// The guild.
        guild_id: GuildId,
        /// Who may use it.
        permissions: Seq<'e, CommandPermission>,
    }
}
