//! Files of messages.
//!
//! Source: Discord documentation, *Messages Resource*, *Attachment Object*.

use crate::AttachmentId;
use crate::decode::macros::{bits, object};
use crate::decode::{Field, Lazy, Number, Seq, Text, Timestamp};
use crate::model::{PartialApplication, User};

object! {
    /// A file of a message.
    pub struct Attachment<'e> {
        /// The id.
        id: AttachmentId,
        /// The name of the file.
        filename: Option<Text<'e>>,
        /// The title.
        title: Option<Text<'e>>,
        /// The description for those who cannot see it.
        description: Option<Text<'e>>,
        /// The media type.
        content_type: Option<Text<'e>>,
        /// The size in bytes.
        size: Option<u64>,
        /// The address, which expires.
        url: Option<Text<'e>>,
        /// The address at the proxy, which expires.
        proxy_url: Option<Text<'e>>,
        /// The height in pixels.
        height: Field<u32>,
        /// The width in pixels.
        width: Field<u32>,
        /// A blurred image to show at first.
        placeholder: Option<Text<'e>>,
        /// The version of the blurred image's format.
        placeholder_version: Option<u32>,
        /// Whether it is removed after a time.
        ephemeral: Option<bool>,
        /// How long it plays, in seconds.
        duration_secs: Option<Number<'e>>,
        /// The loudness over time: bytes in Base64.
        waveform: Option<Text<'e>>,
        /// The flags.
        flags: Option<AttachmentFlags>,
        /// Who took part in the clip.
        clip_participants: Seq<'e, User<'e>>,
        /// When the clip was made.
        clip_created_at: Option<Timestamp<'e>>,
        /// The application in the clip.
        application: Field<Lazy<'e, PartialApplication<'e>>>,
    }
}

bits! {
    /// Flags of a file.
    pub struct AttachmentFlags {
        /// A clip of a stream.
        const IS_CLIP = 1 << 0;
        /// The thumbnail of a thread.
        const IS_THUMBNAIL = 1 << 1;
        /// Changed from another.
        const IS_REMIX = 1 << 2;
        /// Hidden until it is clicked.
        const IS_SPOILER = 1 << 3;
        /// An image that moves.
        const IS_ANIMATED = 1 << 5;
    }
}
