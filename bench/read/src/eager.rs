//! Every field of an event: the typed model, with every list and every nested object gone through.

use std::hint::black_box;

use gatewright_core::decode::{Decode, DecodeError, Field, IdMap, Lazy, Seq, Text};
use gatewright_core::model::{self, Payload};
use gatewright_core::{ChannelId, Dispatch, MessageId, RoleId, TagId, UserId};

/// Decodes an event whole.
pub fn read(dispatch: &Dispatch<'_>) -> Result<(), DecodeError> {
    dispatch.payload()?.walk();
    Ok(())
}

/// Something that can be gone through.
trait Walk {
    fn walk(&self);
}

macro_rules! walk {
    ($($type:ty { $($field:ident)* })*) => {$(
        impl Walk for $type {
            fn walk(&self) {
                black_box(self);
                $(self.$field.walk();)*
            }
        }
    )*};
}

walk! {
    ChannelId {}
    MessageId {}
    RoleId {}
    TagId {}
    Text<'_> {}
    UserId {}
    u64 {}
    model::Scalar<'_> {}
    model::PermissionOverwrite {}
    model::ForumTag<'_> {}
    model::ChannelMention<'_> {}
    model::EmbedField<'_> {}
    model::StickerItem<'_> {}
    model::Nameplate<'_> {}
    model::PartialApplication<'_> {}
    model::DefaultValue<'_> {}
    model::AuditLogChange<'_> {}
    model::UnavailableGuild {}
    model::StageInstance<'_> {}
    model::UnfurledMedia<'_> {}
    model::Entitlement<'_> {}
    model::SelectOption<'_> {}
    model::Collectibles<'_> { nameplate }
    model::User<'_> { collectibles }
    model::MentionedUser<'_> { collectibles member }
    model::PresenceUser<'_> { collectibles }
    model::Member<'_> { user roles collectibles }
    model::Role<'_> {}
    model::Emoji<'_> { roles user }
    model::Sticker<'_> { user }
    model::SoundboardSound<'_> { user }
    model::Activity<'_> { buttons }
    model::Presence<'_> { user activities }
    model::VoiceState<'_> { member }
    model::ThreadMember<'_> { member }
    model::Channel<'_> { permission_overwrites recipients member available_tags applied_tags }
    model::Attachment<'_> { clip_participants application }
    model::Embed<'_> { fields }
    model::Reaction<'_> { burst_colors }
    model::Component<'_> { components component accessory options values media file }
    model::InteractionMetadata<'_> { target_user triggering_interaction_metadata }
    model::MessageInteraction<'_> { user member }
    model::MessageSnapshot<'_> {}
    model::Message<'_> {
        author member mentions mention_roles mention_channels attachments embeds reactions application
        message_snapshots referenced_message interaction_metadata interaction thread components
        sticker_items stickers
    }
    model::CommandOption<'_> { options }
    model::InteractionData<'_> { options values components }
    model::Interaction<'_> { data guild channel member user message entitlements }
    model::PartialGuild<'_> { features }
    model::ScheduledEvent<'_> { creator }
    model::AuditLogEntry<'_> { changes }
    model::AutoModerationActionExecution<'_> {}
    model::Guild<'_> { roles emojis stickers features }
    model::GuildCreate<'_> {
        roles emojis stickers features voice_states members channels threads presences stage_instances
        guild_scheduled_events soundboard_sounds
    }
    model::GuildMemberUpdate<'_> { user roles }
    model::GuildMemberAdd<'_> { user roles }
    model::GuildMemberRemove<'_> { user }
    model::TypingStart<'_> { member }
    model::MessageDelete {}
    model::MessageDeleteBulk<'_> { ids }
    model::MessageReactionAdd<'_> { member burst_colors }
    model::MessageReactionRemove<'_> {}
    model::ThreadListSync<'_> { channel_ids threads members }
    model::AddedThreadMember<'_> { member presence }
    model::ThreadMembersUpdate<'_> { added_members removed_member_ids }
    model::InviteCreate<'_> { inviter target_user target_application role_ids }
    model::InviteDelete<'_> {}
    model::GuildEmojisUpdate<'_> { emojis }
    model::GuildRoleCreate<'_> { role }
    model::GuildRoleUpdate<'_> { role }
    model::GuildRoleDelete {}
    model::ChannelPinsUpdate<'_> {}
    model::VoiceChannelStatusUpdate<'_> {}
    model::ThreadDelete {}
    model::WebhooksUpdate {}
    model::ThreadCreate<'_> { permission_overwrites recipients member available_tags applied_tags }
}

impl<'e, T: Decode<'e> + Walk> Walk for Seq<'e, T> {
    fn walk(&self) {
        for element in self {
            element.expect("the world makes no broken element").walk();
        }
    }
}

impl<'e, T: Decode<'e> + Walk> Walk for IdMap<'e, T> {
    fn walk(&self) {
        for (id, value) in self.iter() {
            black_box(id);
            value.expect("the world makes no broken value").walk();
        }
    }
}

impl<'e, T: Decode<'e> + Walk> Walk for Lazy<'e, T> {
    fn walk(&self) {
        self.get().expect("the world makes no broken object").walk();
    }
}

impl<T: Walk> Walk for Option<T> {
    fn walk(&self) {
        if let Some(value) = self {
            value.walk();
        }
    }
}

impl<T: Walk> Walk for Field<T> {
    fn walk(&self) {
        if let Field::Value(value) = self {
            value.walk();
        }
    }
}

macro_rules! payloads {
    ($($kind:ident)*) => {
        impl Walk for Payload<'_> {
            fn walk(&self) {
                match self {
                    $(Self::$kind(event) => event.walk(),)*
                    Self::Unknown(raw) => { black_box(raw); }
                    other => panic!("{} is not walked", other.kind()),
                }
            }
        }
    };
}

payloads! {
    AutoModerationActionExecution ChannelCreate ChannelDelete ChannelPinsUpdate ChannelUpdate
    GuildAuditLogEntryCreate GuildCreate GuildEmojisUpdate GuildMemberAdd GuildMemberRemove
    GuildMemberUpdate GuildRoleCreate GuildRoleDelete GuildRoleUpdate GuildUpdate InteractionCreate
    InviteCreate InviteDelete MessageCreate MessageDelete MessageDeleteBulk MessageReactionAdd
    MessageReactionRemove MessageUpdate PresenceUpdate ThreadCreate ThreadDelete ThreadListSync
    ThreadMembersUpdate ThreadUpdate TypingStart VoiceChannelStatusUpdate VoiceStateUpdate WebhooksUpdate
}
