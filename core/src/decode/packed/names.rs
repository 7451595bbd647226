//! The names of fields as the packed form numbers them.

use crate::decode::{Key, word};

/// Every name, by its number: `id`, then those that are kept often, whose numbers take one byte, then the others;
/// both against the alphabet at first, as the service sends them, so that a row is packed in the order it comes.
///
/// The numbers are part of what a snapshot holds: names are only ever added, at the end.
#[rustfmt::skip]
const NAMES: [&str; 336] = [
    "id", "width", "webhook_id", "web", "vr", "video", "value", "username", "user_limit", "user", "url", "type",
    "tts", "total_message_sent", "topic", "title", "timestamps", "timestamp", "thumbnail", "thread_metadata",
    "text", "system", "suppress", "sticker_items", "status", "state", "start", "small_text", "small_image",
    "size", "session_id", "self_video", "self_stream", "self_mute", "self_deaf", "rtc_region", "roles",
    "request_to_speak_timestamp", "referenced_message", "reactions", "rate_limit_per_user", "public_flags",
    "proxy_url", "proxy_icon_url", "provider", "primary_guild", "premium_since", "position", "pinned",
    "permission_overwrites", "pending", "party", "parent_id", "owner_id", "nsfw", "normal", "nonce", "nick",
    "name", "mute", "mobile", "message_reference", "message_id", "message_count", "mentions", "mention_roles",
    "mention_everyone", "member_count", "member", "me_burst", "me", "locked", "last_pin_timestamp",
    "last_message_id", "large_text", "large_image", "large", "joined_at", "inline", "image", "icon_url",
    "height", "guild_id", "global_name", "footer", "flags", "filename", "fields", "end", "emoji", "embeds",
    "edited_timestamp", "discriminator", "details", "desktop", "description", "deny", "deaf", "created_at",
    "count_details", "count", "content_type", "content", "components", "communication_disabled_until", "color",
    "collectibles", "client_status", "channel_id", "buttons", "burst_colors", "burst", "bot", "bitrate",
    "banner", "avatar_decoration_data", "avatar", "auto_archive_duration", "author", "attachments", "assets",
    "archived", "archive_timestamp", "application_id", "animated", "allow", "activities", "accent_color",
    "widget_enabled", "widget_channel_id", "waveform", "volume", "voice_start_time", "video_quality_mode",
    "verified", "verification_level", "vanity_url_code", "values", "uses", "users", "user_id", "user_count",
    "unicode_emoji", "unavailable", "triggering_interaction_metadata", "total_months_subscribed", "tier_name",
    "thread", "tertiary_color", "temporary", "target_user", "target_type", "target_message_id",
    "target_application", "tags", "tag", "system_channel_id", "system_channel_flags", "subscription_listing_id",
    "style", "stickers", "status_display_type", "state_url", "spoiler", "splash", "spectate", "spacing",
    "sound_id", "sort_value", "small_url", "sku_id", "shared_client_theme", "secrets", "secondary_color",
    "scheduled_start_time", "scheduled_end_time", "safety_alerts_channel_id", "rules_channel_id",
    "role_subscription_listing_id", "role_subscription_data", "results", "resolved", "required",
    "require_colons", "region", "recurrence_rule", "recipients", "raid_detected_at", "question",
    "public_updates_channel_id", "privacy_level", "primary_color", "premium_type", "premium_tier",
    "premium_subscription_count", "premium_subscriber", "premium_progress_bar_enabled", "preferred_locale",
    "poll_media", "poll", "placeholder_version", "placeholder", "permissions", "party_id", "participants",
    "palette", "pack_id", "original_response_message_id", "options", "nsfw_level", "nameplate", "n",
    "moderated", "min_values", "min_length", "mfa_level", "mfa_enabled", "messages", "message_snapshots",
    "message", "mentionable", "mention_channels", "members", "media", "me_voted", "max_video_channel_users",
    "max_values", "max_uses", "max_stage_video_channel_users", "max_presences", "max_members", "max_length",
    "max_age", "match", "managed", "location", "locale", "layout_type", "large_url", "label", "join_timestamp",
    "join", "items", "is_renewal", "is_finalized", "invites_disabled_until", "inviter", "invite_cover_image",
    "invitable", "interval", "interaction_metadata", "interaction", "interacted_message_id", "integration_id",
    "instance", "incidents_data", "identity_guild_id", "identity_enabled", "icon", "hoist",
    "guild_scheduled_event_id", "guild_connections", "gradient_angle", "frequency", "format_type", "file",
    "features", "explicit_content_filter", "expiry", "expires_at", "ephemeral", "entity_type",
    "entity_metadata", "entity_id", "ended_timestamp", "emojis", "emoji_name", "emoji_id", "embedded", "email",
    "duration_secs", "dms_disabled_until", "dm_spam_detected_at", "divider", "discovery_splash",
    "discoverable_disabled", "disabled", "details_url", "default_values", "default_thread_rate_limit_per_user",
    "default_sort_order", "default_reaction_emoji", "default_message_notifications", "default_forum_layout",
    "default_auto_archive_duration", "default", "day", "custom_id", "creator_id", "creator", "create_timestamp",
    "component", "colors", "code", "clip_participants", "clip_created_at", "channels", "channel_types",
    "channel_type", "call", "by_year_day", "by_weekday", "by_n_weekday", "by_month_day", "by_month", "bot_id",
    "base_theme", "base_mix", "badge", "available_tags", "available_for_purchase", "available",
    "authorizing_integration_owners", "attachment_id", "asset", "applied_tags", "application",
    "app_permissions", "answers", "answer_id", "answer_counts", "allow_multiselect", "afk_timeout",
    "afk_channel_id", "activity", "accessory",
];

/// How a value of a field is packed where it comes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// The hash of an image.
    Hash,
    /// An id, or bits, in digits; or a list of such.
    Id,
    /// Whether somebody is there.
    Status,
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
        match key.plain() {
            Some(bytes) => Self::of_plain(bytes, key.word()),
            None => Self::of_made(key),
        }
    }

    /// Finds a name by its bytes and their word.
    #[inline(always)]
    pub(crate) fn of_plain(bytes: &[u8], word: u64) -> Option<Self> {
        Self::of_word(word, |name| is_of_word(bytes, name.as_bytes()))
    }

    /// Finds the name of a key that does not stand as it reads.
    #[cold]
    #[inline(never)]
    fn of_made(key: &Key<'_>) -> Option<Self> {
        Self::of_word(key.word(), |name| key.is(name))
    }

    #[inline(always)]
    fn of_word(word: u64, is: impl Fn(&str) -> bool) -> Option<Self> {
        let mut slot = slot_of(word);
        loop {
            let at = *SLOTS.get(slot)?;
            if *WORDS.get(usize::from(at))? == word && is(NAMES.get(usize::from(at))?) {
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
        IS_KEYED.get(usize::from(self.0 / 64)).is_some_and(|word| word >> (self.0 % 64) & 1 != 0)
    }

    /// Returns what text stands for in the field of this name, within that of another.
    #[inline]
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

/// Has a bit for each name, which tells whether it is one of those.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static IS_KEYED: [u64; NAMES.len().div_ceil(64)] = {
    let (mut set, mut at) = ([0; NAMES.len().div_ceil(64)], 0);
    while at < KEYED.len() {
        set[(KEYED[at].0 / 64) as usize] |= 1 << (KEYED[at].0 % 64);
        at += 1;
    }
    set
};

/// Says for each name what text stands for in its field.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static MEANS: [Means; NAMES.len()] = {
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
    const STATUSES: [&str; 4] = ["desktop", "mobile", "status", "web"];
    const TEXTS: [&str; 3] = ["custom_id", "party_id", "session_id"];
    const TIMES: [&str; 5] =
        ["communication_disabled_until", "expiry", "premium_since", "start", "end"];

    if is_one_of(name, &TEXTS) {
        Means::Text
    } else if is_one_of(name, &STATUSES) {
        Means::Status
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

/// Tells whether two names are the same, whose words are.
#[inline]
fn is_of_word(left: &[u8], right: &[u8]) -> bool {
    // The word is the whole of a short name; with its first eight bytes, of one of up to sixteen.
    left.len() == right.len()
        && match (left.first_chunk::<8>(), right.first_chunk()) {
            (Some(first), Some(other)) => first == other && (left.len() <= 16 || left == right),
            _ => true,
        }
}

/// Stands for a place that no name has.
const NOBODY: u16 = u16::MAX;

/// The names by a mix of their words; a name stands in the first free place from its own on.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
static SLOTS: [u16; 1024] = {
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

/// The word of each name.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static WORDS: [u64; NAMES.len()] = {
    let mut words = [0; NAMES.len()];
    let mut at = 0;
    while at < NAMES.len() {
        words[at] = word(NAMES[at].as_bytes());
        at += 1;
    }
    words
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
    fn names_stand_as_the_service_sends_them() {
        // Those that were added since stand at the end, in any order.
        let (often, others) = (&NAMES[1..128], &NAMES[128..336]);
        assert!(often.is_sorted_by(|left, right| left > right));
        assert!(others.is_sorted_by(|left, right| left > right));
        assert_eq!(NAMES[0], "id");
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
