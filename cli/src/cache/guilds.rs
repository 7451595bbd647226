//! Guilds, and what belongs to them but people.

use gatewright_core::UserId;
use gatewright_core::cache::{
    Channels, Emojis, Guilds, Heap, Invites, Roles, Row, Stickers, Threads,
};

use super::fields::{Fields, id, optional};
use super::json::{Json, object};

const TEXT: u64 = 0;
pub(super) const VOICE: u64 = 2;
pub(super) const CATEGORY: u64 = 4;
const NEWS: u64 = 5;
const PUBLIC_THREAD: u64 = 11;
const STAGE: u64 = 13;
const FORUM: u64 = 15;
const MEDIA: u64 = 16;

pub(super) fn guild(row: &Row<'_, Guilds, Heap>) -> anyhow::Result<Json> {
    let fields = Fields::of(row)?;
    let as_is = |name| fields.or(name, ());
    Ok(object! {
        "id": fields.id("id"),
        "name": as_is("name"),
        "owner_id": fields.id("owner_id"),
        "icon": as_is("icon"),
        "splash": as_is("splash"),
        "discovery_splash": as_is("discovery_splash"),
        "banner": as_is("banner"),
        "description": as_is("description"),
        "features": fields.list("features").iter().collect::<Json>(),
        "afk_channel_id": fields.id("afk_channel_id"),
        "afk_timeout": as_is("afk_timeout"),
        "application_id": fields.id("application_id"),
        "verification_level": as_is("verification_level"),
        "default_message_notifications": as_is("default_message_notifications"),
        "explicit_content_filter": as_is("explicit_content_filter"),
        "mfa_level": as_is("mfa_level"),
        "nsfw_level": as_is("nsfw_level"),
        "preferred_locale": as_is("preferred_locale"),
        "premium_tier": as_is("premium_tier"),
        "premium_subscription_count": as_is("premium_subscription_count"),
        "public_updates_channel_id": fields.id("public_updates_channel_id"),
        "rules_channel_id": fields.id("rules_channel_id"),
        "system_channel_id": fields.id("system_channel_id"),
        "system_channel_flags": as_is("system_channel_flags"),
        "vanity_url_code": as_is("vanity_url_code"),
        "widget_enabled": as_is("widget_enabled"),
        "widget_channel_id": fields.id("widget_channel_id"),
        "max_video_channel_users": as_is("max_video_channel_users"),
        "joined_at": fields.time("joined_at"),
        "large": as_is("large"),
        "member_count": as_is("member_count"),
        "available": row.is_available(),
    })
}

/// Makes a channel; of its fields those that channels of its type have.
pub(super) fn channel(row: &Row<'_, Channels, Heap>) -> anyhow::Result<Json> {
    let fields = Fields::of(row)?;
    let kind = fields.number("type").unwrap_or(TEXT);
    let of = |kinds: &[u64], json: Json| if kinds.contains(&kind) { json } else { Json::NULL };
    Ok(object! {
        "id": fields.id("id"),
        "guild_id": optional(row.guild_id().map(|id| id.0)),
        "type": kind,
        "name": fields.or("name", ()),
        "parent_id": fields.id("parent_id"),
        "position": fields.or("position", 0),
        "nsfw": fields.flag("nsfw"),
        "flags": fields.or("flags", 0),
        "application_id": fields.id("application_id"),
        "topic": of(&[TEXT, NEWS, FORUM, MEDIA], fields.or("topic", ())),
        "rate_limit_per_user": of(&[TEXT, FORUM, MEDIA], fields.or("rate_limit_per_user", 0)),
        "bitrate": of(&[VOICE, STAGE], fields.or("bitrate", ())),
        "user_limit": of(&[VOICE, STAGE], fields.or("user_limit", 0)),
        "rtc_region": of(&[VOICE, STAGE], fields.or("rtc_region", ())),
        "last_message_id": fields.id("last_message_id"),
        "tag_ids": of(&[FORUM, MEDIA], fields.ids_within("available_tags")),
        "overwrites": overwrites(&fields),
    })
}

/// Makes the overwrites of a channel, by their ids.
fn overwrites(fields: &Fields) -> Json {
    let mut all: Vec<_> = fields
        .objects("permission_overwrites")
        .filter_map(|one| {
            let shown = [one.or("type", 0), one.id("allow"), one.id("deny")];
            Some((one.number("id")?, shown.into_iter().collect::<Json>()))
        })
        .collect();
    all.sort_by_key(|(id, _)| *id);
    Json::Object(all.into_iter().map(|(id, one)| (id.to_string(), one)).collect())
}

/// Makes a thread; the bot is named where it is not told whose membership it is.
pub(super) fn thread(row: &Row<'_, Threads, Heap>, me: Option<UserId>) -> anyhow::Result<Json> {
    const MINUTE: u64 = 60;
    let fields = Fields::of(row)?;
    let about = fields.within("thread_metadata");
    let own = fields.within("member");
    let user = own.number("user_id").or(me.map(|me| me.0));
    let own_member = fields.get("member").is_object().then(|| {
        let shown = [optional(user), own.time("join_timestamp").into(), own.or("flags", 0)];
        shown.into_iter().collect()
    });
    let archives = about.number("auto_archive_duration").map(|minutes| minutes * MINUTE);
    let has_tags = fields.number("type") == Some(PUBLIC_THREAD);
    Ok(object! {
        "id": fields.id("id"),
        "guild_id": optional(row.guild_id().map(|id| id.0)),
        "type": fields.or("type", ()),
        "name": fields.or("name", ()),
        "parent_id": fields.id("parent_id"),
        "owner_id": fields.id("owner_id"),
        "last_message_id": fields.id("last_message_id"),
        "message_count": fields.or("message_count", ()),
        "member_count": fields.or("member_count", ()),
        "rate_limit_per_user": fields.or("rate_limit_per_user", 0),
        "archived": about.flag("archived"),
        "locked": about.flag("locked"),
        "invitable": about.or("invitable", true),
        "auto_archive_duration": archives.map_or(Json::NULL, Json::from),
        "archive_timestamp": about.time("archive_timestamp"),
        "create_timestamp": about.time("create_timestamp"),
        "applied_tags": if has_tags { tags(&fields) } else { Json::NULL },
        "own_member": own_member.unwrap_or(Json::NULL),
    })
}

fn tags(fields: &Fields) -> Json {
    fields.list("applied_tags").iter().map(id).collect()
}

pub(super) fn role(row: &Row<'_, Roles, Heap>) -> anyhow::Result<Json> {
    let fields = Fields::of(row)?;
    let tags = fields.within("tags");
    Ok(object! {
        "id": fields.id("id"),
        "guild_id": optional(row.guild_id().map(|id| id.0)),
        "name": fields.or("name", ()),
        "permissions": fields.id("permissions"),
        "position": fields.or("position", ()),
        "color": fields.or("color", 0),
        "hoist": fields.flag("hoist"),
        "managed": fields.flag("managed"),
        "mentionable": fields.flag("mentionable"),
        "icon": fields.or("icon", ()),
        "unicode_emoji": fields.or("unicode_emoji", ()),
        "bot_id": tags.id("bot_id"),
        "integration_id": tags.id("integration_id"),
        "premium_subscriber": tags.has("premium_subscriber"),
        "subscription_listing_id": tags.id("subscription_listing_id"),
        "available_for_purchase": tags.has("available_for_purchase"),
        "guild_connections": tags.has("guild_connections"),
    })
}

pub(super) fn emoji(row: &Row<'_, Emojis, Heap>) -> anyhow::Result<Json> {
    let fields = Fields::of(row)?;
    Ok(object! {
        "id": fields.id("id"),
        "guild_id": optional(row.guild_id().map(|id| id.0)),
        "name": fields.or("name", ()),
        "animated": fields.flag("animated"),
        "managed": fields.flag("managed"),
        "available": fields.or("available", true),
        "require_colons": fields.flag("require_colons"),
        "roles": fields.ids_and("roles", None),
        "user_id": optional(row.user().map(|user| user.key().0)),
    })
}

pub(super) fn sticker(row: &Row<'_, Stickers, Heap>) -> anyhow::Result<Json> {
    let fields = Fields::of(row)?;
    Ok(object! {
        "id": fields.id("id"),
        "guild_id": optional(row.guild_id().map(|id| id.0)),
        "name": fields.or("name", ()),
        "description": fields.or("description", ()),
        "tags": fields.or("tags", ()),
        "format_type": fields.or("format_type", ()),
        "available": fields.or("available", true),
        "user_id": optional(row.user().map(|user| user.key().0)),
    })
}

/// Makes an invite; when it ends is reckoned from its age.
pub(super) fn invite(row: &Row<'_, Invites, Heap>) -> anyhow::Result<Json> {
    const MICROS: u64 = 1_000_000;
    let fields = Fields::of(row)?;
    let (created, age) = (fields.time("created_at"), fields.positive("max_age"));
    let ends = created.zip(age).and_then(|(at, age)| at.checked_add_unsigned(age * MICROS));
    Ok(object! {
        "code": fields.or("code", ()),
        "guild_id": optional(row.guild_id().map(|id| id.0)),
        "channel_id": fields.id("channel_id"),
        "inviter_id": optional(row.inviter().map(|user| user.key().0)),
        "target_user_id": optional(row.target_user().map(|user| user.key().0)),
        "target_type": fields.or("target_type", ()),
        "target_application_id": fields.within("target_application").id("id"),
        "uses": fields.or("uses", 0),
        "max_uses": fields.positive("max_uses").map_or(Json::NULL, Json::from),
        "max_age": age.map_or(Json::NULL, Json::from),
        "temporary": fields.flag("temporary"),
        "created_at": created,
        "expires_at": ends,
    })
}
