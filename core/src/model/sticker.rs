//! Stickers.
//!
//! Source: Discord documentation, *Sticker Resource*.

use crate::decode::macros::{numbers, object};
use crate::decode::{Lazy, Text};
use crate::model::User;
use crate::{GuildId, StickerId, StickerPackId};

object! {
    /// A sticker.
    pub struct Sticker<'e> {
        /// The id.
        id: StickerId,
        /// The pack of a standard sticker.
        pack_id: Option<StickerPackId>,
        /// The name.
        name: Option<Text<'e>>,
        /// The description.
        description: Option<Text<'e>>,
        /// What it is found by, with commas between.
        tags: Option<Text<'e>>,
        /// Where it comes from.
        kind: Option<StickerType> = "type",
        /// The format of its file.
        format_type: Option<StickerFormat>,
        /// Whether it can be used.
        available: Option<bool>,
        /// The guild it belongs to.
        guild_id: Option<GuildId>,
        /// Who uploaded it.
        user: Option<Lazy<'e, User<'e>>>,
        /// The place in its pack.
        sort_value: Option<i32>,
    }
}

object! {
    /// A sticker in a message.
    pub struct StickerItem<'e> {
        /// The id.
        id: StickerId,
        /// The name.
        name: Option<Text<'e>>,
        /// The format of its file.
        format_type: Option<StickerFormat>,
    }
}

numbers! {
    /// Where a sticker comes from.
    pub enum StickerType {
        /// A pack of the service.
        Standard = 1,
        /// A guild.
        Guild = 2,
    }

    /// The format of a sticker's file.
    pub enum StickerFormat {
        /// PNG.
        Png = 1,
        /// Animated PNG.
        Apng = 2,
        /// Lottie.
        Lottie = 3,
        /// GIF.
        Gif = 4,
    }
}
