//! Members of guilds.
//!
//! Source: Discord documentation, *Guild Resource*, *Guild Member Object*.

use crate::decode::macros::bits;
use crate::model::User;

/// Makes a type with the fields of a member but for the user, and more.
macro_rules! member {
    ([$($head:tt)*] $($more:tt)*) => {
        $crate::decode::macros::object! {
            $($head)* {
                $($more)*
                /// The name in this guild.
                nick: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The hash of the avatar in this guild.
                avatar: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The hash of the banner in this guild.
                banner: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The roles, without that of everyone.
                roles: $crate::decode::Seq<'e, $crate::RoleId>,
                /// When the user joined; null for a guest.
                joined_at: $crate::decode::Field<$crate::decode::Timestamp<'e>>,
                /// Since when the user boosts the guild.
                premium_since: $crate::decode::Field<$crate::decode::Timestamp<'e>>,
                /// Whether the member is deafened in voice channels.
                deaf: Option<bool>,
                /// Whether the member is muted in voice channels.
                mute: Option<bool>,
                /// The flags.
                flags: Option<$crate::model::MemberFlags>,
                /// Whether the member has yet to pass the guild's screening.
                pending: Option<bool>,
                /// Until when the member is timed out; a time in the past means it is not.
                communication_disabled_until: $crate::decode::Field<$crate::decode::Timestamp<'e>>,
                /// The frame around the avatar in this guild.
                avatar_decoration_data: $crate::decode::Field<$crate::model::AvatarDecoration<'e>>,
                /// What the user collected and shows in this guild.
                collectibles: $crate::decode::Field<$crate::model::Collectibles<'e>>,
                /// The permissions in the channel of an interaction.
                permissions: Option<$crate::model::Permissions>,
            }
        }
    };
}

pub(crate) use member;

member! {
    [
        /// A member of a guild.
        pub struct Member<'e>
    ]
    /// The user; absent where it stands beside the member.
    user: Option<User<'e>>,
}

bits! {
    /// Flags of a member.
    pub struct MemberFlags {
        /// Left the guild and came back.
        const DID_REJOIN = 1 << 0;
        /// Completed onboarding.
        const COMPLETED_ONBOARDING = 1 << 1;
        /// Need not be verified.
        const BYPASSES_VERIFICATION = 1 << 2;
        /// Started onboarding.
        const STARTED_ONBOARDING = 1 << 3;
        /// Is a guest who sees only the voice channel of the invite.
        const IS_GUEST = 1 << 4;
        /// Started the actions for new members.
        const STARTED_HOME_ACTIONS = 1 << 5;
        /// Completed the actions for new members.
        const COMPLETED_HOME_ACTIONS = 1 << 6;
        /// Has a name that AutoMod blocks.
        const AUTOMOD_QUARANTINED_USERNAME = 1 << 7;
        /// Dismissed the hint about direct messages.
        const DM_SETTINGS_UPSELL_ACKNOWLEDGED = 1 << 9;
        /// Wears a guild tag that AutoMod blocks.
        const AUTOMOD_QUARANTINED_GUILD_TAG = 1 << 10;
    }
}
