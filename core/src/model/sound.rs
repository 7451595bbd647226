//! Sounds of the soundboard.
//!
//! Source: Discord documentation, *Soundboard Resource*.

use crate::decode::macros::object;
use crate::decode::{Lazy, Number, Text};
use crate::model::User;
use crate::{EmojiId, GuildId, SoundId};

object! {
    /// A sound of a soundboard.
    pub struct SoundboardSound<'e> {
        /// The id; a small number for a sound everybody has.
        sound_id: SoundId,
        /// The name.
        name: Option<Text<'e>>,
        /// The volume, from 0 to 1.
        volume: Option<Number<'e>>,
        /// The custom emoji shown with it.
        emoji_id: Option<EmojiId>,
        /// The Unicode emoji shown with it.
        emoji_name: Option<Text<'e>>,
        /// The guild it belongs to.
        guild_id: Option<GuildId>,
        /// Whether it can be used.
        available: Option<bool>,
        /// Who uploaded it.
        user: Option<Lazy<'e, User<'e>>>,
    }
}
