//! Embeds.
//!
//! Source: Discord documentation, *Messages Resource*, *Embed Object*.

use crate::decode::macros::{bits, object, texts};
use crate::decode::{Seq, Text, Timestamp};

object! {
    /// An embed of a message.
    pub struct Embed<'e> {
        /// The title.
        title: Option<Text<'e>>,
        /// What it shows.
        kind: Option<EmbedType<'e>> = "type",
        /// The text.
        description: Option<Text<'e>>,
        /// The address behind the title.
        url: Option<Text<'e>>,
        /// The time it shows.
        timestamp: Option<Timestamp<'e>>,
        /// The color of the edge, as RGB.
        color: Option<u32>,
        /// The line below.
        footer: Option<EmbedFooter<'e>>,
        /// The image.
        image: Option<EmbedMedia<'e>>,
        /// The small image.
        thumbnail: Option<EmbedMedia<'e>>,
        /// The video.
        video: Option<EmbedMedia<'e>>,
        /// The site it comes from.
        provider: Option<EmbedProvider<'e>>,
        /// The line above.
        author: Option<EmbedAuthor<'e>>,
        /// The fields.
        fields: Seq<'e, EmbedField<'e>>,
        /// The flags.
        flags: Option<EmbedFlags>,
    }
}

object! {
    /// The line below an embed.
    pub struct EmbedFooter<'e> {
        /// The text.
        text: Option<Text<'e>>,
        /// The address of the icon.
        icon_url: Option<Text<'e>>,
        /// The address of the icon at the service.
        proxy_icon_url: Option<Text<'e>>,
    }
}

object! {
    /// An image or video of an embed.
    pub struct EmbedMedia<'e> {
        /// The address.
        url: Option<Text<'e>>,
        /// The address at the service.
        proxy_url: Option<Text<'e>>,
        /// The height in pixels.
        height: Option<u32>,
        /// The width in pixels.
        width: Option<u32>,
        /// The media type.
        content_type: Option<Text<'e>>,
        /// A blurred image to show at first.
        placeholder: Option<Text<'e>>,
        /// The version of the blurred image's format.
        placeholder_version: Option<u32>,
        /// The description for those who cannot see it.
        description: Option<Text<'e>>,
        /// The flags.
        flags: Option<EmbedMediaFlags>,
    }
}

object! {
    /// The site an embed comes from.
    pub struct EmbedProvider<'e> {
        /// The name.
        name: Option<Text<'e>>,
        /// The address.
        url: Option<Text<'e>>,
    }
}

object! {
    /// The line above an embed.
    pub struct EmbedAuthor<'e> {
        /// The name.
        name: Option<Text<'e>>,
        /// The address behind the name.
        url: Option<Text<'e>>,
        /// The address of the icon.
        icon_url: Option<Text<'e>>,
        /// The address of the icon at the service.
        proxy_icon_url: Option<Text<'e>>,
    }
}

object! {
    /// A field of an embed.
    pub struct EmbedField<'e> {
        /// The name.
        name: Option<Text<'e>>,
        /// The text.
        value: Option<Text<'e>>,
        /// Whether others may stand beside it.
        inline: Option<bool>,
    }
}

texts! {
    /// What an embed shows.
    pub enum EmbedType {
        /// An article.
        Article = "article",
        /// An image that moves, shown as a video.
        Gifv = "gifv",
        /// An image.
        Image = "image",
        /// A link.
        Link = "link",
        /// The result of a poll.
        PollResult = "poll_result",
        /// What its sender made.
        Rich = "rich",
        /// A video.
        Video = "video",
    }
}

bits! {
    /// Flags of an embed.
    pub struct EmbedFlags {
        /// It comes from content that can be bought.
        const IS_CONTENT_INVENTORY_ENTRY = 1 << 5;
    }

    /// Flags of an embed's image or video.
    pub struct EmbedMediaFlags {
        /// It moves.
        const IS_ANIMATED = 1 << 5;
    }
}
