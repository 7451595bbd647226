//! Applications, as far as events tell of them.
//!
//! Source: Discord documentation, *Application Resource*.

use crate::ApplicationId;
use crate::decode::Text;
use crate::decode::macros::{bits, object};

object! {
    /// What messages and invites tell of an application.
    pub struct PartialApplication<'e> {
        /// The id.
        id: ApplicationId,
        /// The name.
        name: Option<Text<'e>>,
        /// The hash of the icon.
        icon: Option<Text<'e>>,
        /// The description.
        description: Option<Text<'e>>,
        /// The hash of the cover.
        cover_image: Option<Text<'e>>,
        /// The flags.
        flags: Option<ApplicationFlags>,
    }
}

bits! {
    /// Flags of an application.
    pub struct ApplicationFlags {
        /// Makes AutoMod rules.
        const APPLICATION_AUTO_MODERATION_RULE_CREATE_BADGE = 1 << 6;
        /// Receives presences in a hundred guilds or more.
        const GATEWAY_PRESENCE = 1 << 12;
        /// Receives presences in fewer guilds.
        const GATEWAY_PRESENCE_LIMITED = 1 << 13;
        /// Receives members in a hundred guilds or more.
        const GATEWAY_GUILD_MEMBERS = 1 << 14;
        /// Receives members in fewer guilds.
        const GATEWAY_GUILD_MEMBERS_LIMITED = 1 << 15;
        /// Grows in an unusual way, and is not verified.
        const VERIFICATION_PENDING_GUILD_LIMIT = 1 << 16;
        /// Runs inside the client.
        const EMBEDDED = 1 << 17;
        /// Receives the content of messages in a hundred guilds or more.
        const GATEWAY_MESSAGE_CONTENT = 1 << 18;
        /// Receives the content of messages in fewer guilds.
        const GATEWAY_MESSAGE_CONTENT_LIMITED = 1 << 19;
        /// Has commands.
        const APPLICATION_COMMAND_BADGE = 1 << 23;
    }
}
