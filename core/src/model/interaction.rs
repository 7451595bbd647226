//! Interactions: what users do with commands, components and forms.
//!
//! Source: Discord documentation, *Receiving and Responding to Interactions*.

use crate::decode::macros::{numbers, object};
use crate::decode::{IdMap, Lazy, Seq, Text};
use crate::model::{
    Attachment, Channel, Component, ComponentType, Entitlement, Member, Message, PartialGuild,
    Permissions, Role, Scalar, SecretToken, User,
};
use crate::{ApplicationCommandId, ApplicationId, ChannelId, GuildId, InteractionId};

object! {
    /// What a user does with a command, component or form.
    pub struct Interaction<'e> {
        /// The id.
        id: InteractionId,
        /// The application.
        application_id: Option<ApplicationId>,
        /// What is done.
        kind: Option<InteractionType> = "type",
        /// What it is done with.
        data: Option<InteractionData<'e>>,
        /// What is told of the guild.
        guild: Option<PartialGuild<'e>>,
        /// The guild; absent in direct messages.
        guild_id: Option<GuildId>,
        /// What is told of the channel.
        channel: Option<Lazy<'e, Channel<'e>>>,
        /// The channel.
        channel_id: Option<ChannelId>,
        /// Who does it, in a guild.
        member: Option<Member<'e>>,
        /// Who does it, in direct messages.
        user: Option<Lazy<'e, User<'e>>>,
        /// What it is answered with.
        token: Option<SecretToken<'e>>,
        /// Always 1.
        version: Option<u32>,
        /// The message that holds the component.
        message: Option<Lazy<'e, Message<'e>>>,
        /// What the application may do where it happens.
        app_permissions: Option<Permissions>,
        /// The user's language, as in `en-US`.
        locale: Option<Text<'e>>,
        /// The guild's language, as in `en-US`.
        guild_locale: Option<Text<'e>>,
        /// What the user and the guild paid for.
        entitlements: Seq<'e, Entitlement<'e>>,
        /// Who installed the application: by 0 the guild, by 1 the user.
        authorizing_integration_owners: IdMap<'e, u64>,
        /// Where it happens.
        context: Option<InteractionContext>,
        /// How large a file of an answer can be, in bytes.
        attachment_size_limit: Option<u64>,
    }
}

object! {
    /// What an interaction is done with: which fields there are follows from its kind.
    pub struct InteractionData<'e> {
        /// The command.
        id: Option<ApplicationCommandId>,
        /// The name of the command.
        name: Option<Text<'e>>,
        /// What kind of command it is.
        kind: Option<ApplicationCommandType> = "type",
        /// The objects that are named by id.
        resolved: Option<Lazy<'e, Resolved<'e>>>,
        /// The options of the command.
        options: Seq<'e, CommandOption<'e>>,
        /// The guild the command belongs to.
        guild_id: Option<GuildId>,
        /// The user or message the command is run on.
        target_id: Option<u64>,
        /// What the application calls the component or form.
        custom_id: Option<Text<'e>>,
        /// What kind of component it is.
        component_type: Option<ComponentType>,
        /// What was chosen: ids, or values of options.
        values: Seq<'e, Scalar<'e>>,
        /// The components of the form, as they were filled in.
        components: Seq<'e, Component<'e>>,
    }
}

object! {
    /// An option of a command, as it was filled in.
    pub struct CommandOption<'e> {
        /// The name.
        name: Option<Text<'e>>,
        /// What kind of value it takes.
        kind: Option<CommandOptionType> = "type",
        /// The value.
        value: Option<Scalar<'e>>,
        /// The options of a command within the command.
        options: Seq<'e, CommandOption<'e>>,
        /// Whether the user is filling it in.
        focused: Option<bool>,
    }
}

object! {
    /// The objects that are named by id.
    pub struct Resolved<'e> {
        /// The users.
        users: IdMap<'e, User<'e>>,
        /// The members, who lack the user and whether they are deaf or mute.
        members: IdMap<'e, Member<'e>>,
        /// The roles.
        roles: IdMap<'e, Role<'e>>,
        /// The channels, which lack much.
        channels: IdMap<'e, Channel<'e>>,
        /// The messages.
        messages: IdMap<'e, Message<'e>>,
        /// The files.
        attachments: IdMap<'e, Attachment<'e>>,
    }
}

object! {
    /// Who may use a command.
    pub struct CommandPermission {
        /// The id of the role, user or channel.
        id: u64,
        /// Which of these it is.
        kind: Option<CommandPermissionType> = "type",
        /// Whether it may be used.
        permission: Option<bool>,
    }
}

numbers! {
    /// What is done.
    pub enum InteractionType {
        /// Nothing: the service asks whether the application is there.
        Ping = 1,
        /// A command is run.
        ApplicationCommand = 2,
        /// A component is used.
        MessageComponent = 3,
        /// An option is being filled in.
        ApplicationCommandAutocomplete = 4,
        /// A form is sent.
        ModalSubmit = 5,
    }

    /// Where an interaction happens.
    pub enum InteractionContext {
        /// In a guild.
        Guild = 0,
        /// In direct messages with the bot.
        BotDm = 1,
        /// In other direct messages.
        PrivateChannel = 2,
    }

    /// What kind of command it is.
    pub enum ApplicationCommandType {
        /// One that is written.
        ChatInput = 1,
        /// One in the menu of a user.
        User = 2,
        /// One in the menu of a message.
        Message = 3,
        /// One that starts an activity.
        PrimaryEntryPoint = 4,
    }

    /// What kind of value an option takes.
    pub enum CommandOptionType {
        /// A command within the command.
        SubCommand = 1,
        /// A group of commands within the command.
        SubCommandGroup = 2,
        /// A text.
        String = 3,
        /// An integer.
        Integer = 4,
        /// True or false.
        Boolean = 5,
        /// The id of a user.
        User = 6,
        /// The id of a channel.
        Channel = 7,
        /// The id of a role.
        Role = 8,
        /// The id of a user or role.
        Mentionable = 9,
        /// A number.
        Number = 10,
        /// The id of a file.
        Attachment = 11,
    }

    /// Whom a command's permission is for.
    pub enum CommandPermissionType {
        /// A role.
        Role = 1,
        /// A user.
        User = 2,
        /// A channel.
        Channel = 3,
    }
}
