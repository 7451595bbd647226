//! A dispatch of any kind, with its type chosen by its kind.

use crate::decode::{DecodeError, Raw};
use crate::{Dispatch, EventKind, model};

macro_rules! payloads {
    ($($kind:ident $(<$life:lifetime>)?,)*) => {
        /// What a dispatch holds, by its kind.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Payload<'e> {
            $(#[doc = concat!("What [`", stringify!($kind), "`](model::", stringify!($kind), ") holds.")]
            $kind(model::$kind $(<$life>)?),)*
            /// What a dispatch of a kind without a name holds.
            Unknown(Raw<'e>),
        }

        impl Payload<'_> {
            /// Returns the kind of the dispatch.
            #[must_use]
            pub const fn kind(&self) -> EventKind {
                match self {
                    $(Self::$kind(_) => EventKind::$kind,)*
                    Self::Unknown(_) => EventKind::Unknown,
                }
            }
        }

        impl<'e> Dispatch<'e> {
            /// Decodes `d` as the type of its kind; of a kind without a name it stays undecoded.
            ///
            /// # Errors
            /// As [`decode`](Self::decode).
            pub fn payload(&self) -> Result<Payload<'e>, DecodeError> {
                match self.kind {
                    $(EventKind::$kind => self.decode().map(Payload::$kind),)*
                    EventKind::Unknown
                    | EventKind::Command
                    | EventKind::Connected
                    | EventKind::Disconnected
                    | EventKind::Duplicate
                    | EventKind::Gap
                    | EventKind::Limit
                    | EventKind::SessionLost
                    | EventKind::Skipped => self.decode().map(Payload::Unknown),
                }
            }
        }
    };
}

payloads! {
    ApplicationCommandPermissionsUpdate<'e>,
    AutoModerationActionExecution<'e>,
    AutoModerationRuleCreate<'e>,
    AutoModerationRuleDelete<'e>,
    AutoModerationRuleUpdate<'e>,
    ChannelCreate<'e>,
    ChannelDelete<'e>,
    ChannelInfo<'e>,
    ChannelPinsUpdate<'e>,
    ChannelUpdate<'e>,
    EntitlementCreate<'e>,
    EntitlementDelete<'e>,
    EntitlementUpdate<'e>,
    GuildAuditLogEntryCreate<'e>,
    GuildBanAdd<'e>,
    GuildBanRemove<'e>,
    GuildCreate<'e>,
    GuildDelete,
    GuildEmojisUpdate<'e>,
    GuildIntegrationsUpdate,
    GuildMembersChunk<'e>,
    GuildMemberAdd<'e>,
    GuildMemberRemove<'e>,
    GuildMemberUpdate<'e>,
    GuildRoleCreate<'e>,
    GuildRoleDelete,
    GuildRoleUpdate<'e>,
    GuildScheduledEventCreate<'e>,
    GuildScheduledEventDelete<'e>,
    GuildScheduledEventUpdate<'e>,
    GuildScheduledEventUserAdd,
    GuildScheduledEventUserRemove,
    GuildSoundboardSoundsUpdate<'e>,
    GuildSoundboardSoundCreate<'e>,
    GuildSoundboardSoundDelete,
    GuildSoundboardSoundUpdate<'e>,
    GuildStickersUpdate<'e>,
    GuildUpdate<'e>,
    IntegrationCreate<'e>,
    IntegrationDelete,
    IntegrationUpdate<'e>,
    InteractionCreate<'e>,
    InviteCreate<'e>,
    InviteDelete<'e>,
    MessageCreate<'e>,
    MessageDelete,
    MessageDeleteBulk<'e>,
    MessagePollVoteAdd,
    MessagePollVoteRemove,
    MessageReactionAdd<'e>,
    MessageReactionRemove<'e>,
    MessageReactionRemoveAll,
    MessageReactionRemoveEmoji<'e>,
    MessageUpdate<'e>,
    PresenceUpdate<'e>,
    RateLimited<'e>,
    Ready<'e>,
    Resumed<'e>,
    SoundboardSounds<'e>,
    StageInstanceCreate<'e>,
    StageInstanceDelete<'e>,
    StageInstanceUpdate<'e>,
    SubscriptionCreate<'e>,
    SubscriptionDelete<'e>,
    SubscriptionUpdate<'e>,
    ThreadCreate<'e>,
    ThreadDelete,
    ThreadListSync<'e>,
    ThreadMembersUpdate<'e>,
    ThreadMemberUpdate<'e>,
    ThreadUpdate<'e>,
    TypingStart<'e>,
    UserUpdate<'e>,
    VoiceChannelEffectSend<'e>,
    VoiceChannelStartTimeUpdate,
    VoiceChannelStatusUpdate<'e>,
    VoiceServerUpdate<'e>,
    VoiceStateUpdate<'e>,
    WebhooksUpdate,
}
