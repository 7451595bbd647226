//! Which fields are kept of each kind of row.

use super::kind::Kind;
use crate::decode::packed::Name;

/// A set of names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names([u64; Name::COUNT.div_ceil(64)]);

impl Names {
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    const fn of(names: &[&str]) -> Self {
        let (mut set, mut at) = ([0; Name::COUNT.div_ceil(64)], 0);
        while at < names.len() {
            let name = Name::of(names[at]).0;
            set[(name / 64) as usize] |= 1 << (name % 64);
            at += 1;
        }
        Self(set)
    }

    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    const fn and(self, other: Self) -> Self {
        let (mut set, mut at) = (self.0, 0);
        while at < set.len() {
            set[at] |= other.0[at];
            at += 1;
        }
        Self(set)
    }

    #[inline]
    pub(super) fn has(&self, name: Name) -> bool {
        let word = self.0.get(usize::from(name.0 / 64)).copied().unwrap_or(0);
        word >> (name.0 % 64) & 1 != 0
    }
}

/// Returns the fields that are packed as they come; those that name rows of their own are not among them.
pub(super) const fn kept(kind: Kind) -> &'static Names {
    match kind {
        Kind::Channel => &CHANNEL,
        Kind::DmChannel | Kind::Room => &NONE,
        Kind::Emoji => &EMOJI,
        Kind::Guild => &GUILD,
        Kind::Invite => &INVITE,
        Kind::Me => &ME,
        Kind::Member => &MEMBER,
        Kind::Message => &MESSAGE,
        Kind::Presence => &PRESENCE,
        Kind::Role => &ROLE,
        Kind::ScheduledEvent => &SCHEDULED_EVENT,
        Kind::Sound => &SOUND,
        Kind::Stage => &STAGE,
        Kind::Sticker => &STICKER,
        Kind::Thread => &THREAD,
        Kind::User => &USER,
        Kind::VoiceState => &VOICE_STATE,
    }
}

/// Fields of which more is made than that they are kept: they name the row, or other rows stand in them.
pub(super) const MEANT: Names = Names::of(&[
    "author",
    "code",
    "creator",
    "id",
    "inviter",
    "member",
    "mentions",
    "referenced_message",
    "sound_id",
    "target_user",
    "user",
    "user_id",
]);

const NONE: Names = Names::of(&[]);

const CHANNEL: Names = Names::of(&[
    "application_id",
    "available_tags",
    "bitrate",
    "default_auto_archive_duration",
    "default_forum_layout",
    "default_reaction_emoji",
    "default_sort_order",
    "default_thread_rate_limit_per_user",
    "flags",
    "icon",
    "last_message_id",
    "last_pin_timestamp",
    "managed",
    "name",
    "nsfw",
    "owner_id",
    "parent_id",
    "permission_overwrites",
    "position",
    "rate_limit_per_user",
    "rtc_region",
    "status",
    "topic",
    "type",
    "user_limit",
    "video_quality_mode",
    "voice_start_time",
]);

const EMOJI: Names =
    Names::of(&["animated", "available", "managed", "name", "require_colons", "roles"]);

const GUILD: Names = Names::of(&[
    "afk_channel_id",
    "afk_timeout",
    "application_id",
    "banner",
    "default_message_notifications",
    "description",
    "discovery_splash",
    "explicit_content_filter",
    "features",
    "icon",
    "incidents_data",
    "joined_at",
    "large",
    "max_members",
    "max_presences",
    "max_stage_video_channel_users",
    "max_video_channel_users",
    "member_count",
    "mfa_level",
    "name",
    "nsfw_level",
    "owner_id",
    "preferred_locale",
    "premium_progress_bar_enabled",
    "premium_subscription_count",
    "premium_tier",
    "public_updates_channel_id",
    "region",
    "rules_channel_id",
    "safety_alerts_channel_id",
    "splash",
    "system_channel_flags",
    "system_channel_id",
    "vanity_url_code",
    "verification_level",
    "widget_channel_id",
    "widget_enabled",
]);

const INVITE: Names = Names::of(&[
    "channel_id",
    "created_at",
    "expires_at",
    "flags",
    "max_age",
    "max_uses",
    "target_application",
    "target_type",
    "temporary",
    "uses",
]);

const ME: Names =
    USER.and(Names::of(&["email", "flags", "locale", "mfa_enabled", "premium_type", "verified"]));

const MEMBER: Names = Names::of(&[
    "avatar",
    "avatar_decoration_data",
    "banner",
    "collectibles",
    "communication_disabled_until",
    "deaf",
    "flags",
    "joined_at",
    "mute",
    "nick",
    "pending",
    "premium_since",
    "roles",
]);

const MESSAGE: Names = Names::of(&[
    "activity",
    "application",
    "application_id",
    "attachments",
    "call",
    "channel_id",
    "channel_type",
    "components",
    "content",
    "edited_timestamp",
    "embeds",
    "flags",
    "interaction_metadata",
    "mention_channels",
    "mention_everyone",
    "mention_roles",
    "message_reference",
    "message_snapshots",
    "nonce",
    "pinned",
    "poll",
    "position",
    "reactions",
    "role_subscription_data",
    "shared_client_theme",
    "sticker_items",
    "timestamp",
    "tts",
    "type",
    "webhook_id",
]);

const PRESENCE: Names = Names::of(&["activities", "client_status", "status"]);

const ROLE: Names = Names::of(&[
    "color",
    "colors",
    "flags",
    "hoist",
    "icon",
    "managed",
    "mentionable",
    "name",
    "permissions",
    "position",
    "tags",
    "unicode_emoji",
]);

const SCHEDULED_EVENT: Names = Names::of(&[
    "channel_id",
    "creator_id",
    "description",
    "entity_id",
    "entity_metadata",
    "entity_type",
    "image",
    "name",
    "privacy_level",
    "recurrence_rule",
    "scheduled_end_time",
    "scheduled_start_time",
    "status",
    "user_count",
]);

const SOUND: Names = Names::of(&["available", "emoji_id", "emoji_name", "name", "volume"]);

const STAGE: Names = Names::of(&[
    "channel_id",
    "discoverable_disabled",
    "guild_scheduled_event_id",
    "privacy_level",
    "topic",
]);

const STICKER: Names = Names::of(&[
    "available",
    "description",
    "format_type",
    "name",
    "pack_id",
    "sort_value",
    "tags",
    "type",
]);

const THREAD: Names = Names::of(&[
    "applied_tags",
    "flags",
    "last_message_id",
    "last_pin_timestamp",
    "member_count",
    "message_count",
    "name",
    "nsfw",
    "owner_id",
    "parent_id",
    "rate_limit_per_user",
    "thread_metadata",
    "total_message_sent",
    "type",
]);

const USER: Names = Names::of(&[
    "accent_color",
    "avatar",
    "avatar_decoration_data",
    "banner",
    "bot",
    "collectibles",
    "discriminator",
    "global_name",
    "primary_guild",
    "public_flags",
    "system",
    "username",
]);

const VOICE_STATE: Names = Names::of(&[
    "channel_id",
    "deaf",
    "mute",
    "request_to_speak_timestamp",
    "self_deaf",
    "self_mute",
    "self_stream",
    "self_video",
    "session_id",
    "suppress",
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_kept_as_it_comes_nothing_more_is_made() {
        for kind in Kind::ALL {
            let both = kept(kind).0.iter().zip(MEANT.0).any(|(kept, meant)| kept & meant != 0);
            assert!(!both, "{kind:?}");
        }
    }
}
