//! The kinds of events: every documented dispatch, and what the shard itself tells.

use core::fmt;

macro_rules! kinds {
    ($($variant:ident = $name:literal,)*) => {
        /// The kind of an event: a dispatch by its name, or what the shard itself tells.
        ///
        /// Source of the dispatches: Discord documentation, *Gateway Events*.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $(#[doc = concat!("The dispatch `", $name, "`.")] $variant,)*
            /// A dispatch this version has no name for; [`Dispatch::name`](crate::Dispatch::name) tells its own.
            Unknown,
            /// What became of a command.
            Command,
            /// A connection is up and the gateway said Hello.
            Connected,
            /// A connection, or the attempt at one, is over.
            Disconnected,
            /// A dispatch whose sequence number is not above the latest one delivered.
            Duplicate,
            /// The gateway left out sequence numbers.
            Gap,
            /// A limit was hit.
            Limit,
            /// The session is lost; the next one begins with Identify.
            SessionLost,
            /// A document did not fit into the payload buffer and was dropped.
            Skipped,
        }

        /// Every documented dispatch by name, sorted.
        static DISPATCHES: [(&str, EventKind); 79] = [$(($name, EventKind::$variant),)*];

        impl EventKind {
            /// Returns the kind of the dispatch called `name`.
            #[cfg(target_pointer_width = "64")]
            #[must_use]
            pub fn of_dispatch(name: &[u8]) -> Self {
                #[expect(non_upper_case_globals, reason = "named after the kinds")]
                mod word {
                    $(pub(super) const $variant: u64 = crate::decode::word($name.as_bytes());)*
                }
                match crate::decode::word(name) {
                    $(word::$variant if name == $name.as_bytes() => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }

            /// Returns the kind of the dispatch called `name`, in less code than comparing it as a number takes.
            #[cfg(not(target_pointer_width = "64"))]
            #[must_use]
            pub fn of_dispatch(name: &[u8]) -> Self {
                let found = DISPATCHES.binary_search_by(|(other, _)| other.as_bytes().cmp(name));
                let kind = found.ok().and_then(|at| DISPATCHES.get(at)).map(|(_, kind)| *kind);
                kind.unwrap_or(Self::Unknown)
            }

            /// Returns the name of a dispatch as on the wire, of anything else in lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown => "unknown",
                    Self::Command => "command",
                    Self::Connected => "connected",
                    Self::Disconnected => "disconnected",
                    Self::Duplicate => "duplicate",
                    Self::Gap => "gap",
                    Self::Limit => "limit",
                    Self::SessionLost => "session lost",
                    Self::Skipped => "skipped",
                }
            }
        }
    };
}

kinds! {
    ApplicationCommandPermissionsUpdate = "APPLICATION_COMMAND_PERMISSIONS_UPDATE",
    AutoModerationActionExecution = "AUTO_MODERATION_ACTION_EXECUTION",
    AutoModerationRuleCreate = "AUTO_MODERATION_RULE_CREATE",
    AutoModerationRuleDelete = "AUTO_MODERATION_RULE_DELETE",
    AutoModerationRuleUpdate = "AUTO_MODERATION_RULE_UPDATE",
    ChannelCreate = "CHANNEL_CREATE",
    ChannelDelete = "CHANNEL_DELETE",
    ChannelInfo = "CHANNEL_INFO",
    ChannelPinsUpdate = "CHANNEL_PINS_UPDATE",
    ChannelUpdate = "CHANNEL_UPDATE",
    EntitlementCreate = "ENTITLEMENT_CREATE",
    EntitlementDelete = "ENTITLEMENT_DELETE",
    EntitlementUpdate = "ENTITLEMENT_UPDATE",
    GuildAuditLogEntryCreate = "GUILD_AUDIT_LOG_ENTRY_CREATE",
    GuildBanAdd = "GUILD_BAN_ADD",
    GuildBanRemove = "GUILD_BAN_REMOVE",
    GuildCreate = "GUILD_CREATE",
    GuildDelete = "GUILD_DELETE",
    GuildEmojisUpdate = "GUILD_EMOJIS_UPDATE",
    GuildIntegrationsUpdate = "GUILD_INTEGRATIONS_UPDATE",
    GuildMembersChunk = "GUILD_MEMBERS_CHUNK",
    GuildMemberAdd = "GUILD_MEMBER_ADD",
    GuildMemberRemove = "GUILD_MEMBER_REMOVE",
    GuildMemberUpdate = "GUILD_MEMBER_UPDATE",
    GuildRoleCreate = "GUILD_ROLE_CREATE",
    GuildRoleDelete = "GUILD_ROLE_DELETE",
    GuildRoleUpdate = "GUILD_ROLE_UPDATE",
    GuildScheduledEventCreate = "GUILD_SCHEDULED_EVENT_CREATE",
    GuildScheduledEventDelete = "GUILD_SCHEDULED_EVENT_DELETE",
    GuildScheduledEventUpdate = "GUILD_SCHEDULED_EVENT_UPDATE",
    GuildScheduledEventUserAdd = "GUILD_SCHEDULED_EVENT_USER_ADD",
    GuildScheduledEventUserRemove = "GUILD_SCHEDULED_EVENT_USER_REMOVE",
    GuildSoundboardSoundsUpdate = "GUILD_SOUNDBOARD_SOUNDS_UPDATE",
    GuildSoundboardSoundCreate = "GUILD_SOUNDBOARD_SOUND_CREATE",
    GuildSoundboardSoundDelete = "GUILD_SOUNDBOARD_SOUND_DELETE",
    GuildSoundboardSoundUpdate = "GUILD_SOUNDBOARD_SOUND_UPDATE",
    GuildStickersUpdate = "GUILD_STICKERS_UPDATE",
    GuildUpdate = "GUILD_UPDATE",
    IntegrationCreate = "INTEGRATION_CREATE",
    IntegrationDelete = "INTEGRATION_DELETE",
    IntegrationUpdate = "INTEGRATION_UPDATE",
    InteractionCreate = "INTERACTION_CREATE",
    InviteCreate = "INVITE_CREATE",
    InviteDelete = "INVITE_DELETE",
    MessageCreate = "MESSAGE_CREATE",
    MessageDelete = "MESSAGE_DELETE",
    MessageDeleteBulk = "MESSAGE_DELETE_BULK",
    MessagePollVoteAdd = "MESSAGE_POLL_VOTE_ADD",
    MessagePollVoteRemove = "MESSAGE_POLL_VOTE_REMOVE",
    MessageReactionAdd = "MESSAGE_REACTION_ADD",
    MessageReactionRemove = "MESSAGE_REACTION_REMOVE",
    MessageReactionRemoveAll = "MESSAGE_REACTION_REMOVE_ALL",
    MessageReactionRemoveEmoji = "MESSAGE_REACTION_REMOVE_EMOJI",
    MessageUpdate = "MESSAGE_UPDATE",
    PresenceUpdate = "PRESENCE_UPDATE",
    RateLimited = "RATE_LIMITED",
    Ready = "READY",
    Resumed = "RESUMED",
    SoundboardSounds = "SOUNDBOARD_SOUNDS",
    StageInstanceCreate = "STAGE_INSTANCE_CREATE",
    StageInstanceDelete = "STAGE_INSTANCE_DELETE",
    StageInstanceUpdate = "STAGE_INSTANCE_UPDATE",
    SubscriptionCreate = "SUBSCRIPTION_CREATE",
    SubscriptionDelete = "SUBSCRIPTION_DELETE",
    SubscriptionUpdate = "SUBSCRIPTION_UPDATE",
    ThreadCreate = "THREAD_CREATE",
    ThreadDelete = "THREAD_DELETE",
    ThreadListSync = "THREAD_LIST_SYNC",
    ThreadMembersUpdate = "THREAD_MEMBERS_UPDATE",
    ThreadMemberUpdate = "THREAD_MEMBER_UPDATE",
    ThreadUpdate = "THREAD_UPDATE",
    TypingStart = "TYPING_START",
    UserUpdate = "USER_UPDATE",
    VoiceChannelEffectSend = "VOICE_CHANNEL_EFFECT_SEND",
    VoiceChannelStartTimeUpdate = "VOICE_CHANNEL_START_TIME_UPDATE",
    VoiceChannelStatusUpdate = "VOICE_CHANNEL_STATUS_UPDATE",
    VoiceServerUpdate = "VOICE_SERVER_UPDATE",
    VoiceStateUpdate = "VOICE_STATE_UPDATE",
    WebhooksUpdate = "WEBHOOKS_UPDATE",
}

impl EventKind {
    /// Every documented dispatch, in the order of their names.
    pub fn documented() -> impl Iterator<Item = Self> {
        DISPATCHES.iter().map(|(_, kind)| *kind)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dispatch_is_found_by_its_name() {
        assert!(DISPATCHES.is_sorted_by(|(left, _), (right, _)| left < right));
        for kind in EventKind::documented() {
            assert_eq!(EventKind::of_dispatch(kind.name().as_bytes()), kind);
        }
        assert_eq!(EventKind::of_dispatch(b"READY_SUPPLEMENTAL"), EventKind::Unknown);
        assert_eq!(EventKind::of_dispatch(b"connected"), EventKind::Unknown);
    }
}
