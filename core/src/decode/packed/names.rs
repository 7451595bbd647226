//! The names of fields as the packed form numbers them.

use crate::decode::{Key, word};

/// Every name, by its number; the more often one is kept, the lower its number.
///
/// The numbers are part of what a snapshot holds: names are only ever added, at the end.
#[rustfmt::skip]
const NAMES: [&str; 336] = [
    "id", "username", "global_name", "discriminator", "avatar", "public_flags", "bot", "flags", "nick",
    "roles", "joined_at", "deaf", "mute", "pending", "premium_since", "communication_disabled_until",
    "avatar_decoration_data", "banner", "accent_color", "collectibles", "primary_guild", "system", "status",
    "client_status", "desktop", "mobile", "web", "vr", "activities", "name", "type", "created_at", "state",
    "details", "emoji", "application_id", "timestamps", "start", "end", "assets", "large", "large_image",
    "large_text", "small_image", "small_text", "party", "size", "url", "buttons", "animated", "session_id",
    "channel_id", "self_deaf", "self_mute", "self_video", "suppress", "self_stream",
    "request_to_speak_timestamp", "content", "timestamp", "edited_timestamp", "tts", "mention_everyone",
    "mentions", "mention_roles", "attachments", "embeds", "components", "pinned", "nonce", "webhook_id",
    "message_reference", "message_id", "referenced_message", "reactions", "sticker_items", "count",
    "count_details", "burst", "normal", "me", "me_burst", "burst_colors", "author", "member", "user",
    "guild_id", "filename", "content_type", "proxy_url", "height", "width", "title", "description", "color",
    "footer", "text", "icon_url", "proxy_icon_url", "image", "thumbnail", "video", "provider", "fields",
    "value", "inline", "topic", "position", "permission_overwrites", "allow", "deny", "nsfw",
    "last_message_id", "bitrate", "user_limit", "rate_limit_per_user", "parent_id", "last_pin_timestamp",
    "rtc_region", "owner_id", "thread_metadata", "archived", "auto_archive_duration", "archive_timestamp",
    "locked", "message_count", "total_message_sent", "member_count", "permissions", "colors", "primary_color",
    "secondary_color", "tertiary_color", "hoist", "managed", "mentionable", "icon", "unicode_emoji", "tags",
    "bot_id", "integration_id", "premium_subscriber", "require_colons", "available", "format_type", "asset",
    "sku_id", "accessory", "activity", "afk_channel_id", "afk_timeout", "allow_multiselect", "answer_counts",
    "answer_id", "answers", "app_permissions", "application", "applied_tags", "attachment_id",
    "authorizing_integration_owners", "available_for_purchase", "available_tags", "badge", "base_mix",
    "base_theme", "by_month", "by_month_day", "by_n_weekday", "by_weekday", "by_year_day", "call",
    "channel_type", "channel_types", "clip_created_at", "clip_participants", "code", "component",
    "create_timestamp", "creator", "creator_id", "custom_id", "day", "default",
    "default_auto_archive_duration", "default_forum_layout", "default_message_notifications",
    "default_reaction_emoji", "default_sort_order", "default_thread_rate_limit_per_user", "default_values",
    "details_url", "disabled", "discoverable_disabled", "discovery_splash", "divider", "dm_spam_detected_at",
    "dms_disabled_until", "duration_secs", "email", "embedded", "emoji_id", "emoji_name", "emojis",
    "ended_timestamp", "entity_id", "entity_metadata", "entity_type", "ephemeral", "expires_at", "expiry",
    "explicit_content_filter", "features", "file", "frequency", "gradient_angle", "guild_connections",
    "guild_scheduled_event_id", "identity_enabled", "identity_guild_id", "incidents_data", "instance",
    "interacted_message_id", "interaction", "interaction_metadata", "interval", "invitable",
    "invite_cover_image", "inviter", "invites_disabled_until", "is_finalized", "is_renewal", "items", "join",
    "join_timestamp", "label", "large_url", "layout_type", "locale", "location", "match", "max_age",
    "max_length", "max_members", "max_presences", "max_stage_video_channel_users", "max_uses", "max_values",
    "max_video_channel_users", "me_voted", "media", "mention_channels", "message", "message_snapshots",
    "mfa_enabled", "mfa_level", "min_length", "min_values", "moderated", "n", "nameplate", "nsfw_level",
    "options", "original_response_message_id", "pack_id", "palette", "participants", "party_id",
    "placeholder", "placeholder_version", "poll", "poll_media", "preferred_locale",
    "premium_progress_bar_enabled", "premium_subscription_count", "premium_tier", "premium_type",
    "privacy_level", "public_updates_channel_id", "question", "raid_detected_at", "recipients",
    "recurrence_rule", "region", "required", "resolved", "results", "role_subscription_data",
    "role_subscription_listing_id", "rules_channel_id", "safety_alerts_channel_id", "scheduled_end_time",
    "scheduled_start_time", "secrets", "shared_client_theme", "small_url", "sort_value", "sound_id",
    "spacing", "spectate", "splash", "spoiler", "state_url", "status_display_type", "stickers", "style",
    "subscription_listing_id", "system_channel_flags", "system_channel_id", "tag", "target_application",
    "target_message_id", "target_type", "target_user", "temporary", "thread", "tier_name",
    "total_months_subscribed", "triggering_interaction_metadata", "unavailable", "user_count", "user_id",
    "uses", "values", "vanity_url_code", "verification_level", "verified", "video_quality_mode",
    "voice_start_time", "volume", "waveform", "widget_channel_id", "widget_enabled",
    "users", "members", "channels", "messages",
];

/// How a value of a field is packed where it comes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// The hash of an image.
    Hash,
    /// An id, or bits, in digits; or a list of such.
    Id,
    /// Words.
    Text,
    /// A time.
    Time,
}

/// A name, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) u16);

impl Name {
    /// Finds a name, which must be one.
    ///
    /// # Panics
    /// If it is none; it is meant for constants.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "evaluated by the compiler"
    )]
    pub(crate) const fn of(name: &str) -> Self {
        let mut at = 0;
        while at < NAMES.len() {
            if is_same(NAMES[at].as_bytes(), name.as_bytes()) {
                return Self(at as u16);
            }
            at += 1;
        }
        panic!("no such name");
    }

    /// Finds the name of a key.
    pub(crate) fn of_key(key: &Key<'_>) -> Option<Self> {
        let mut slot = slot_of(key.word());
        loop {
            let at = *SLOTS.get(slot)?;
            let name = NAMES.get(usize::from(at))?;
            if key.is(name) {
                return Some(Self(at));
            }
            slot = (slot + 1) % SLOTS.len();
        }
    }

    /// How many names there are.
    pub(crate) const COUNT: usize = NAMES.len();

    pub(crate) fn text(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// Tells whether an object in the field of this name has ids for keys.
    pub(crate) fn is_keyed(self) -> bool {
        KEYED.contains(&self)
    }

    /// Returns what text stands for in the field of this name, within that of another.
    pub(crate) fn means(self, within: Option<Self>) -> Means {
        const WORDS_INSIDE: [Name; 2] = [Name::of("activities"), Name::of("party")];

        let means = MEANS.get(usize::from(self.0)).copied().unwrap_or(Means::Text);
        let named = self == const { Self::of("id") };
        if named && within.is_some_and(|within| WORDS_INSIDE.contains(&within)) {
            return Means::Text;
        }
        means
    }
}

/// The fields whose objects have ids for keys; where the value is no object, the name is as any other.
const KEYED: [Name; 7] = [
    Name::of("attachments"),
    Name::of("authorizing_integration_owners"),
    Name::of("channels"),
    Name::of("members"),
    Name::of("messages"),
    Name::of("roles"),
    Name::of("users"),
];

/// Says for each name what text stands for in its field.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const MEANS: [Means; NAMES.len()] = {
    let mut means = [Means::Text; NAMES.len()];
    let mut at = 0;
    while at < NAMES.len() {
        means[at] = means_of(NAMES[at].as_bytes());
        at += 1;
    }
    means
};

const fn means_of(name: &[u8]) -> Means {
    const HASHES: [&str; 9] = [
        "asset",
        "avatar",
        "badge",
        "banner",
        "discovery_splash",
        "icon",
        "image",
        "large_image",
        "splash",
    ];
    const IDS: [&str; 11] = [
        "allow",
        "app_permissions",
        "applied_tags",
        "authorizing_integration_owners",
        "deny",
        "id",
        "mention_roles",
        "participants",
        "permissions",
        "roles",
        "sku_id",
    ];
    const TEXTS: [&str; 3] = ["custom_id", "party_id", "session_id"];
    const TIMES: [&str; 5] =
        ["communication_disabled_until", "expiry", "premium_since", "start", "end"];

    if is_one_of(name, &TEXTS) {
        Means::Text
    } else if is_one_of(name, &HASHES) {
        Means::Hash
    } else if is_one_of(name, &IDS) || ends_with(name, b"_id") {
        Means::Id
    } else if is_one_of(name, &TIMES)
        || ends_with(name, b"timestamp")
        || ends_with(name, b"_at")
        || ends_with(name, b"_until")
        || ends_with(name, b"_time")
    {
        Means::Time
    } else {
        Means::Text
    }
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if is_same(names[at].as_bytes(), name) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && ends_with(left, right)
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn ends_with(name: &[u8], end: &[u8]) -> bool {
    if name.len() < end.len() {
        return false;
    }
    let mut at = 0;
    while at < end.len() {
        if name[name.len() - end.len() + at] != end[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Stands for a place that no name has.
const NOBODY: u16 = u16::MAX;

/// The names by a mix of their words; a name stands in the first free place from its own on.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
const SLOTS: [u16; 1024] = {
    let mut slots = [NOBODY; 1024];
    let mut at = 0;
    while at < NAMES.len() {
        let mut slot = slot_of(word(NAMES[at].as_bytes()));
        while slots[slot] != NOBODY {
            slot = (slot + 1) % slots.len();
        }
        slots[slot] = at as u16;
        at += 1;
    }
    slots
};

const fn slot_of(word: u64) -> usize {
    (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_by_its_key_and_no_other() {
        for (at, name) in (0..).zip(NAMES) {
            assert_eq!(Name::of_key(&Key::of_bytes(name.as_bytes())), Some(Name(at)), "{name}");
            assert_eq!(Name::of(name).text(), name);
        }
        for name in ["", "i", "idd", "user_idx", "a name that is longer than any other is"] {
            assert_eq!(Name::of_key(&Key::of_bytes(name.as_bytes())), None, "{name}");
        }
    }

    #[test]
    fn a_key_is_found_after_few_looks() {
        let looks = NAMES.iter().map(|name| {
            let own = slot_of(word(name.as_bytes()));
            let at = SLOTS.iter().position(|at| NAMES.get(usize::from(*at)) == Some(name)).unwrap();
            (at + SLOTS.len() - own) % SLOTS.len() + 1
        });
        let (sum, most) = looks.fold((0, 0), |(sum, most), looks| (sum + looks, looks.max(most)));
        assert!(most < 10 && sum < 2 * NAMES.len(), "{most} {sum}");
    }

    #[test]
    fn what_text_stands_for_follows_from_the_name() {
        let means = |name: &str| Name::of(name).means(None);
        assert_eq!(means("owner_id"), Means::Id);
        assert_eq!(means("session_id"), Means::Text);
        assert_eq!(means("avatar"), Means::Hash);
        assert_eq!(means("joined_at"), Means::Time);
        assert_eq!(means("content"), Means::Text);
        assert_eq!(Name::of("id").means(Some(Name::of("party"))), Means::Text);
        assert_eq!(Name::of("id").means(Some(Name::of("emoji"))), Means::Id);
    }
}
