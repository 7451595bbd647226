//! Components of messages and forms.
//!
//! Source: Discord documentation, *Component Reference*.

use crate::decode::macros::{numbers, object, texts};
use crate::decode::{Field, Lazy, Seq, Text};
use crate::model::{ChannelType, PartialEmoji, Resolved, Scalar};
use crate::{AttachmentId, SkuId};

object! {
    /// A component of a message or form: which fields there are follows from its kind.
    pub struct Component<'e> {
        /// What it is.
        kind: ComponentType = "type",
        /// The number within its message.
        id: Option<i32>,
        /// The components in it.
        components: Seq<'e, Component<'e>>,
        /// The component a label belongs to.
        component: Option<Lazy<'e, Component<'e>>>,
        /// The component beside a section.
        accessory: Option<Lazy<'e, Component<'e>>>,
        /// What its application calls it.
        custom_id: Option<Text<'e>>,
        /// How a button or a text input looks.
        style: Option<i32>,
        /// The text on a button or above a field.
        label: Option<Text<'e>>,
        /// The emoji on a button.
        emoji: Option<PartialEmoji<'e>>,
        /// The address behind a button.
        url: Option<Text<'e>>,
        /// What a button sells.
        sku_id: Option<SkuId>,
        /// Whether it cannot be used.
        disabled: Option<bool>,
        /// What can be chosen.
        options: Seq<'e, SelectOption<'e>>,
        /// Which kinds of channels can be chosen.
        channel_types: Seq<'e, ChannelType>,
        /// What is shown before something is chosen or written.
        placeholder: Option<Text<'e>>,
        /// What is chosen at first.
        default_values: Seq<'e, DefaultValue<'e>>,
        /// How many must be chosen.
        min_values: Option<u32>,
        /// How many can be chosen.
        max_values: Option<u32>,
        /// How many characters must be written.
        min_length: Option<u32>,
        /// How many characters can be written.
        max_length: Option<u32>,
        /// Whether something must be chosen or written.
        required: Option<bool>,
        /// What was written, chosen or ticked.
        value: Option<Scalar<'e>>,
        /// What was chosen: ids, or values of options.
        values: Seq<'e, Scalar<'e>>,
        /// The objects behind what was chosen.
        resolved: Option<Lazy<'e, Resolved<'e>>>,
        /// The text.
        content: Option<Text<'e>>,
        /// The image.
        media: Option<Lazy<'e, UnfurledMedia<'e>>>,
        /// The description for those who cannot see it.
        description: Field<Text<'e>>,
        /// Whether it is hidden until it is clicked.
        spoiler: Option<bool>,
        /// The images of a gallery.
        items: Seq<'e, GalleryItem<'e>>,
        /// The file.
        file: Option<Lazy<'e, UnfurledMedia<'e>>>,
        /// The name of the file.
        name: Option<Text<'e>>,
        /// The size of the file in bytes.
        size: Option<u64>,
        /// Whether a line is drawn.
        divider: Option<bool>,
        /// How much room is left.
        spacing: Option<SeparatorSpacing>,
        /// The color of a container's edge, as RGB.
        accent_color: Field<u32>,
        /// Whether a checkbox or an option is ticked at first.
        default: Option<bool>,
    }
}

object! {
    /// Something that can be chosen.
    pub struct SelectOption<'e> {
        /// The text that is shown.
        label: Option<Text<'e>>,
        /// The value that is sent.
        value: Option<Text<'e>>,
        /// The description.
        description: Option<Text<'e>>,
        /// The emoji.
        emoji: Option<PartialEmoji<'e>>,
        /// Whether it is chosen at first.
        default: Option<bool>,
    }
}

object! {
    /// Something that is chosen at first.
    pub struct DefaultValue<'e> {
        /// The id of the user, role or channel.
        id: u64,
        /// Which of these it is.
        kind: Option<DefaultValueType<'e>> = "type",
    }
}

object! {
    /// An image of a gallery.
    pub struct GalleryItem<'e> {
        /// The image.
        media: Option<UnfurledMedia<'e>>,
        /// The description for those who cannot see it.
        description: Field<Text<'e>>,
        /// Whether it is hidden until it is clicked.
        spoiler: Option<bool>,
    }
}

object! {
    /// An image or file of a component.
    pub struct UnfurledMedia<'e> {
        /// The address.
        url: Option<Text<'e>>,
        /// The address at the service.
        proxy_url: Option<Text<'e>>,
        /// The height in pixels.
        height: Field<u32>,
        /// The width in pixels.
        width: Field<u32>,
        /// A blurred image to show at first.
        placeholder: Option<Text<'e>>,
        /// The version of the blurred image's format.
        placeholder_version: Option<u32>,
        /// The media type.
        content_type: Option<Text<'e>>,
        /// The flags.
        flags: Option<u64>,
        /// The file, if it was uploaded.
        attachment_id: Option<AttachmentId>,
    }
}

numbers! {
    /// What a component is.
    pub enum ComponentType {
        /// A row of buttons, or one select.
        ActionRow = 1,
        /// A button.
        Button = 2,
        /// A choice among texts.
        StringSelect = 3,
        /// A field for text.
        TextInput = 4,
        /// A choice among users.
        UserSelect = 5,
        /// A choice among roles.
        RoleSelect = 6,
        /// A choice among users and roles.
        MentionableSelect = 7,
        /// A choice among channels.
        ChannelSelect = 8,
        /// Texts with something beside them.
        Section = 9,
        /// A text.
        TextDisplay = 10,
        /// A small image.
        Thumbnail = 11,
        /// Images.
        MediaGallery = 12,
        /// A file.
        File = 13,
        /// Room between others.
        Separator = 14,
        /// A frame around others.
        Container = 17,
        /// A text above another component.
        Label = 18,
        /// A field for files.
        FileUpload = 19,
        /// A choice of one among texts.
        RadioGroup = 21,
        /// A choice of several among texts.
        CheckboxGroup = 22,
        /// A box to tick.
        Checkbox = 23,
    }

    /// How a button looks.
    pub enum ButtonStyle {
        /// As the one to press.
        Primary = 1,
        /// As another one.
        Secondary = 2,
        /// As one that is safe.
        Success = 3,
        /// As one that is not.
        Danger = 4,
        /// As a link.
        Link = 5,
        /// As something to buy.
        Premium = 6,
    }

    /// How large a field for text is.
    pub enum TextInputStyle {
        /// A line.
        Short = 1,
        /// Several lines.
        Paragraph = 2,
    }

    /// How much room a separator leaves.
    pub enum SeparatorSpacing {
        /// Little.
        Small = 1,
        /// Much.
        Large = 2,
    }
}

texts! {
    /// What is chosen at first.
    pub enum DefaultValueType {
        /// A channel.
        Channel = "channel",
        /// A role.
        Role = "role",
        /// A user.
        User = "user",
    }
}

impl Component<'_> {
    /// Returns how it looks, if it is a button.
    #[must_use]
    pub fn button_style(&self) -> Option<ButtonStyle> {
        self.style.filter(|_| self.kind == ComponentType::Button).map(ButtonStyle::from)
    }

    /// Returns how large it is, if it is a field for text.
    #[must_use]
    pub fn text_input_style(&self) -> Option<TextInputStyle> {
        self.style.filter(|_| self.kind == ComponentType::TextInput).map(TextInputStyle::from)
    }
}
