//! Emojis.
//!
//! Source: Discord documentation, *Emoji Resource*.

use crate::decode::macros::object;
use crate::decode::{Lazy, Seq, Text};
use crate::model::User;
use crate::{EmojiId, RoleId};

object! {
    /// An emoji: custom if it has an id, else Unicode.
    pub struct Emoji<'e> {
        /// The id; nothing for a Unicode emoji.
        id: Option<EmojiId>,
        /// The name, or the Unicode emoji itself; nothing for a custom one that was deleted.
        name: Option<Text<'e>>,
        /// The roles that may use it; all if there are none.
        roles: Seq<'e, RoleId>,
        /// Who made it.
        user: Option<Lazy<'e, User<'e>>>,
        /// Whether it is written between colons.
        require_colons: Option<bool>,
        /// Whether an integration manages it.
        managed: Option<bool>,
        /// Whether it moves.
        animated: Option<bool>,
        /// Whether it can be used.
        available: Option<bool>,
    }
}

object! {
    /// What an emoji is told by in reactions, buttons and polls.
    pub struct PartialEmoji<'e> {
        /// The id; nothing for a Unicode emoji.
        id: Option<EmojiId>,
        /// The name, or the Unicode emoji itself; nothing for a custom one that was deleted.
        name: Option<Text<'e>>,
        /// Whether it moves.
        animated: Option<bool>,
    }
}
