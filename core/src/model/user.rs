//! Users, and the bot's own.
//!
//! Source: Discord documentation, *User Resource*.

use crate::decode::macros::{bits, numbers, object};
use crate::decode::{Field, Lazy, Text};
use crate::model::Member;
use crate::{GuildId, SkuId};

/// Makes a type with the fields of a user, and more.
macro_rules! user {
    ([$($head:tt)*] $($more:tt)*) => {
        $crate::decode::macros::object! {
            $($head)* {
                /// The id.
                id: $crate::UserId,
                /// The name, unique unless it is a bot's.
                username: Option<$crate::decode::Text<'e>>,
                /// The four digits behind an old name; `0` behind a unique one.
                discriminator: Option<$crate::decode::Text<'e>>,
                /// The name that is shown.
                global_name: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The hash of the avatar.
                avatar: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// Whether it is a bot.
                bot: Option<bool>,
                /// Whether it belongs to the service itself.
                system: Option<bool>,
                /// The hash of the banner.
                banner: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The color of the profile, as RGB.
                accent_color: $crate::decode::Field<u32>,
                /// All flags.
                flags: Option<$crate::model::UserFlags>,
                /// The flags everybody sees.
                public_flags: Option<$crate::model::UserFlags>,
                /// The plan the user pays for.
                premium_type: Option<$crate::model::PremiumType>,
                /// The frame around the avatar.
                avatar_decoration_data: $crate::decode::Field<$crate::model::AvatarDecoration<'e>>,
                /// What the user collected and shows.
                collectibles: $crate::decode::Field<$crate::model::Collectibles<'e>>,
                /// The guild whose tag the user wears.
                primary_guild: $crate::decode::Field<$crate::model::PrimaryGuild<'e>>,
                $($more)*
            }
        }
    };
}

pub(crate) use user;

user! {
    [
        /// A user.
        pub struct User<'e>
    ]
}

user! {
    [
        /// The bot's own user.
        pub struct OwnUser<'e>
    ]
    /// Whether the email address is verified.
    verified: Option<bool>,
    /// The email address; null for a bot.
    email: Field<Text<'e>>,
    /// Whether a second factor is needed to log in.
    mfa_enabled: Option<bool>,
    /// The language, as in `en-US`.
    locale: Option<Text<'e>>,
}

user! {
    [
        /// A user that is mentioned in a message.
        pub struct MentionedUser<'e>
    ]
    /// What the user is in the guild; it lacks the user.
    member: Option<Lazy<'e, Member<'e>>>,
}

object! {
    /// The frame around an avatar.
    lenient pub struct AvatarDecoration<'e> {
        /// The hash of the image.
        asset: Option<Text<'e>>,
        /// What was bought.
        sku_id: Option<SkuId>,
    }
}

object! {
    /// What a user collected and shows.
    lenient pub struct Collectibles<'e> {
        /// The plate behind the name.
        nameplate: Option<Lazy<'e, Nameplate<'e>>>,
    }
}

object! {
    /// The plate behind a name.
    lenient pub struct Nameplate<'e> {
        /// What was bought.
        sku_id: Option<SkuId>,
        /// The path of the image.
        asset: Option<Text<'e>>,
        /// The key of its description.
        label: Option<Text<'e>>,
        /// The word for its color.
        palette: Option<Text<'e>>,
    }
}

object! {
    /// The guild whose tag a user wears.
    lenient pub struct PrimaryGuild<'e> {
        /// The guild.
        identity_guild_id: Option<GuildId>,
        /// Whether the tag is shown; null if the service took it back.
        identity_enabled: Option<bool>,
        /// The tag: up to four characters.
        tag: Option<Text<'e>>,
        /// The hash of the badge.
        badge: Option<Text<'e>>,
    }
}

numbers! {
    /// The plan a user pays for.
    pub enum PremiumType {
        /// None.
        None = 0,
        /// Nitro Classic.
        NitroClassic = 1,
        /// Nitro.
        Nitro = 2,
        /// Nitro Basic.
        NitroBasic = 3,
    }
}

bits! {
    /// Flags of a user.
    pub struct UserFlags {
        /// Works at Discord.
        const STAFF = 1 << 0;
        /// Owns a partnered guild.
        const PARTNER = 1 << 1;
        /// Took part in HypeSquad events.
        const HYPESQUAD = 1 << 2;
        /// Hunts bugs, on the first level.
        const BUG_HUNTER_LEVEL_1 = 1 << 3;
        /// Belongs to the House of Bravery.
        const HYPESQUAD_HOUSE_1 = 1 << 6;
        /// Belongs to the House of Brilliance.
        const HYPESQUAD_HOUSE_2 = 1 << 7;
        /// Belongs to the House of Balance.
        const HYPESQUAD_HOUSE_3 = 1 << 8;
        /// Paid before the plans of today.
        const PREMIUM_EARLY_SUPPORTER = 1 << 9;
        /// Is a team.
        const TEAM_PSEUDO_USER = 1 << 10;
        /// Hunts bugs, on the second level.
        const BUG_HUNTER_LEVEL_2 = 1 << 14;
        /// Is a verified bot.
        const VERIFIED_BOT = 1 << 16;
        /// Owned a verified bot early.
        const VERIFIED_DEVELOPER = 1 << 17;
        /// Was a certified moderator.
        const CERTIFIED_MODERATOR = 1 << 18;
        /// Is a bot that is told of interactions by HTTP.
        const BOT_HTTP_INTERACTIONS = 1 << 19;
    }
}
