//! Roles.
//!
//! Source: Discord documentation, *Permissions*, *Role Object*.

use crate::decode::macros::{bits, object};
use crate::decode::{Cursor, Decode, DecodeError, Field, Kind, Text};
use crate::model::Permissions;
use crate::{IntegrationId, RoleId, SkuId, UserId};

object! {
    /// A role of a guild.
    pub struct Role<'e> {
        /// The id; the guild's own for the role of everyone.
        id: RoleId,
        /// The name.
        name: Option<Text<'e>>,
        /// The first color, as RGB; 0 means none.
        color: Option<u32>,
        /// The colors.
        colors: Option<RoleColors>,
        /// Whether its members are listed apart.
        hoist: Option<bool>,
        /// The hash of the icon.
        icon: Field<Text<'e>>,
        /// The emoji in place of an icon.
        unicode_emoji: Field<Text<'e>>,
        /// The place among the roles; where equal, the lower id ranks higher.
        position: Option<i32>,
        /// The permissions.
        permissions: Option<Permissions>,
        /// Whether an integration manages it.
        managed: Option<bool>,
        /// Whether everybody may mention it.
        mentionable: Option<bool>,
        /// What it belongs to.
        tags: Option<RoleTags>,
        /// The flags.
        flags: Option<RoleFlags>,
    }
}

object! {
    /// The colors of a role, each as RGB.
    lenient pub struct RoleColors {
        /// The first color; 0 means none.
        primary_color: Option<u32>,
        /// The second color, which makes a gradient.
        secondary_color: Option<u32>,
        /// The third color, which makes it holographic.
        tertiary_color: Option<u32>,
    }
}

object! {
    /// What a role belongs to.
    pub struct RoleTags {
        /// The bot.
        bot_id: Option<UserId>,
        /// The integration.
        integration_id: Option<IntegrationId>,
        /// Whether it is the role of those who boost the guild.
        premium_subscriber: Marker,
        /// What is sold as a subscription to the role.
        subscription_listing_id: Option<SkuId>,
        /// Whether it can be bought.
        available_for_purchase: Marker,
        /// Whether it is given for linked accounts.
        guild_connections: Marker,
    }
}

/// A field that says yes by being there, as null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marker(
    /// Whether it is there.
    pub bool,
);

impl Decode<'_> for Marker {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        if cursor.kind()? == Kind::Bool {
            return cursor.bool().map(Self);
        }
        cursor.skip().map(|()| Self(true))
    }

    fn absent() -> Option<Self> {
        Some(Self(false))
    }
}

bits! {
    /// Flags of a role.
    pub struct RoleFlags {
        /// Can be chosen in onboarding.
        const IN_PROMPT = 1 << 0;
    }
}
