//! JSON of the objects that others contain: users, members, roles, channels and the like.
//!
//! Keys stand in reverse alphabetical order with `guild_id` last, as on the live gateway.

use gatewright_core::GuildId;

use super::model::{Channel, Emoji, Member, Role, Sticker, Thread, User, VoiceState};
use crate::json::{Id, Json, Null};

/// The version of every object that has one, a moment in milliseconds.
pub(super) const VERSION: u64 = 1_782_000_000_000;
/// The permission bits of somebody who may do nearly everything.
pub(super) const PERMISSIONS: &str = "2248473465835073";

/// Where a member object stands, which decides what else is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a list of members, or beside a user id.
    List,
    /// It is the whole event.
    Event(GuildId),
    /// In an interaction.
    Interaction,
}

pub(super) fn user(json: &mut Json, user: &User) {
    json.object();
    user_fields(json, user);
    json.end_object();
}

/// Writes a user with the member inside, as in the mentions of a message.
pub(super) fn mentioned(json: &mut Json, user: &User, member: &Member) {
    json.object();
    json.put("username", &user.username).put("public_flags", user.public_flags);
    primary_guild(json, "primary_guild", user);
    json.key("member");
    self::member(json, member, None, Place::List);
    user_tail(json, user);
    json.end_object();
}

fn user_fields(json: &mut Json, user: &User) {
    json.put("username", &user.username).put("public_flags", user.public_flags);
    primary_guild(json, "primary_guild", user);
    user_tail(json, user);
}

fn user_tail(json: &mut Json, user: &User) {
    json.put("id", Id(user.id.0)).put("global_name", user.global_name.as_deref());
    json.put("display_name_styles", Null);
    json.put("discriminator", &discriminator(user)).put("collectibles", Null);
    primary_guild(json, "clan", user);
    if user.bot {
        json.put("bot", true);
    }
    json.key("avatar_decoration_data");
    match &user.decoration {
        Some((asset, sku)) => {
            json.object().put("sku_id", Id(*sku)).put("expires_at", Null);
            json.put("asset", asset).end_object();
        }
        None => {
            json.null();
        }
    }
    json.put("avatar", user.avatar.as_deref());
}

fn primary_guild(json: &mut Json, key: &str, user: &User) {
    json.key(key);
    if let Some((tag, guild, badge)) = &user.primary_guild {
        json.object().put("tag", tag).put("identity_guild_id", Id(*guild));
        json.put("identity_enabled", true).put("badge", badge).end_object();
    } else {
        json.null();
    }
}

fn discriminator(user: &User) -> String {
    if user.bot { format!("{:04}", user.discriminator) } else { "0".to_owned() }
}

pub(super) fn member(json: &mut Json, member: &Member, user: Option<&User>, place: Place) {
    json.object();
    if let Some(user) = user {
        json.key("user");
        self::user(json, user);
    }
    if place != Place::List {
        json.put("unusual_dm_activity_until", Null);
    }
    json.key("roles").array();
    member.roles.iter().for_each(|role| {
        json.id(*role);
    });
    json.end_array().put("premium_since", member.premium_since.as_deref());
    if place == Place::Interaction {
        json.put("permissions", PERMISSIONS);
    }
    json.put("pending", false).put("nick", member.nick.as_deref());
    json.put("mute", false).put("joined_at", &member.joined_at);
    json.put("flags", member.flags).put("deaf", false);
    json.put("communication_disabled_until", Null).put("banner", Null);
    json.put("avatar", member.avatar.as_deref());
    if let Place::Event(guild) = place {
        json.put("guild_id", Id(guild.0));
    }
    json.end_object();
}

pub(super) fn role(json: &mut Json, role: &Role) {
    json.object().put("version", VERSION).put("unicode_emoji", Null);
    json.key("tags").object();
    if let Some(bot) = role.managed_by {
        json.put("bot_id", Id(bot));
    }
    json.end_object().put("position", role.position).put("permissions", Id(role.permissions));
    json.put("name", &role.name).put("mentionable", role.mentionable);
    json.put("managed", role.managed_by.is_some()).put("id", Id(role.id));
    json.put("icon", role.icon.as_deref()).put("hoist", role.hoist).put("flags", 0);
    json.key("colors").object().put("tertiary_color", Null).put("secondary_color", Null);
    json.put("primary_color", role.color).end_object();
    json.put("color", role.color).end_object();
}

pub(super) fn channel(json: &mut Json, channel: &Channel, guild: Option<GuildId>) {
    let (text, voice) = (channel.is_text(), channel.is_voice());
    json.object();
    if voice {
        json.put("voice_background_display", Null);
    }
    json.put("version", VERSION);
    if voice {
        json.put("user_limit", channel.user_limit);
    }
    json.put("type", channel.kind);
    if text {
        json.put("topic", channel.topic.as_deref());
    }
    if text || voice {
        json.put("theme_color", Null);
    }
    if voice {
        json.put("status", channel.status.as_deref()).put("rtc_region", Null);
    }
    if text || voice {
        json.put("rate_limit_per_user", channel.rate_limit);
    }
    json.put("position", channel.position);
    overwrites(json, channel);
    channel_tail(json, channel);
    if let Some(guild) = guild {
        json.put("guild_id", Id(guild.0));
    }
    json.end_object();
}

fn overwrites(json: &mut Json, channel: &Channel) {
    json.key("permission_overwrites").array();
    for overwrite in &channel.overwrites {
        json.object().put("type", 0).put("id", Id(overwrite.id));
        json.put("deny", Id(overwrite.deny)).put("allow", Id(overwrite.allow)).end_object();
    }
    json.end_array();
}

fn channel_tail(json: &mut Json, channel: &Channel) {
    let (text, voice) = (channel.is_text(), channel.is_voice());
    if channel.kind != 4 {
        json.put("parent_id", (channel.parent.map(|parent| parent.0)).map(Id));
        json.put("nsfw", false);
    }
    json.put("name", &channel.name);
    if text {
        json.put("last_pin_timestamp", channel.last_pin_timestamp.as_deref());
    }
    if text || voice {
        json.put("last_message_id", (channel.last_message_id).map(Id));
    }
    json.put("id", Id(channel.id.0));
    if text || voice {
        json.key("icon_emoji");
        match channel.icon_emoji {
            Some(name) => json.object().put("name", name).put("id", Null).end_object(),
            None => json.null(),
        };
    }
    json.put("flags", 0);
    if voice {
        json.put("bitrate", 64_000);
    }
}

pub(super) fn thread(json: &mut Json, thread: &Thread, guild: GuildId, new: bool) {
    json.object().put("type", 11);
    json.put("total_message_sent", thread.total_message_sent);
    json.key("thread_metadata").object().put("locked", false);
    json.put("create_timestamp", &thread.created_at);
    json.put("auto_archive_duration", 4_320).put("archived", false);
    json.put("archive_timestamp", &thread.created_at).end_object();
    json.put("rate_limit_per_user", 0).put("parent_id", Id(thread.parent.0));
    json.put("owner_id", Id(thread.owner.0));
    if new {
        json.put("newly_created", true);
    }
    json.put("name", &thread.name).put("message_count", thread.message_count);
    json.put("member_count", thread.member_count);
    json.put("last_message_id", (thread.last_message_id).map(Id));
    json.put("id", Id(thread.id.0)).put("flags", 0).put("guild_id", Id(guild.0)).end_object();
}

pub(super) fn emoji(json: &mut Json, emoji: &Emoji) {
    json.object().put("version", VERSION).key("roles").array();
    emoji.roles.iter().for_each(|role| {
        json.id(*role);
    });
    json.end_array().put("require_colons", true).put("name", &emoji.name);
    json.put("managed", false).put("id", Id(emoji.id));
    json.put("available", true).put("animated", emoji.animated).end_object();
}

pub(super) fn sticker(json: &mut Json, sticker: &Sticker, guild: GuildId) {
    json.object().put("version", VERSION).put("type", 2);
    json.put("tags", "smile").put("name", &sticker.name).put("id", Id(sticker.id));
    json.put("format_type", sticker.format).put("description", &sticker.description);
    json.put("available", true).put("asset", "").put("guild_id", Id(guild.0)).end_object();
}

pub(super) fn voice_state(
    json: &mut Json,
    state: &VoiceState,
    left: bool,
    member: Option<(&Member, &User)>,
    guild: Option<GuildId>,
) {
    json.object().put("user_id", Id(state.user.0)).put("suppress", false);
    json.put("session_id", &state.session_id).put("self_video", state.self_video);
    json.put("self_mute", state.self_mute).put("self_deaf", state.self_deaf);
    json.put("request_to_speak_timestamp", Null).put("mute", false);
    if let Some((member, user)) = member {
        json.key("member");
        self::member(json, member, Some(user), Place::List);
    }
    json.put("deaf", false).put("channel_id", ((!left).then_some(state.channel.0)).map(Id));
    if let Some(guild) = guild {
        json.put("guild_id", Id(guild.0));
    }
    json.end_object();
}
