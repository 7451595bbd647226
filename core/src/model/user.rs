//! Users.

use crate::UserId;
use crate::decode::macros::{bits, object};
use crate::decode::{Field, Text};

object! {
    /// A user.
    pub struct User<'e> {
        /// Its id.
        id: UserId,
        /// The name, unique but for bots with an old one.
        username: Option<Text<'e>>,
        /// The hash of the avatar.
        avatar: Field<Text<'e>>,
        /// The flags everybody sees.
        public_flags: Option<UserFlags>,
        /// Whether it is a bot.
        is_bot: Option<bool> = "bot",
    }
}

bits! {
    /// Flags of a user.
    pub struct UserFlags {
        /// Works at Discord.
        const STAFF = 1 << 0;
    }
}
