//! The events of a guild's structure: channels, threads, roles.

use gatewright_core::ChannelId;

use super::cast::Cast;
use super::guild::list;
use super::model::{Channel, Guild};
use super::render::{self, Place};
use super::steady::{member, someone};
use super::{build, names};
use crate::json::{Id, Json, Null};

/// The most threads that are active in a guild of this world.
const MOST_THREADS: usize = 50;

/// Draws a channel that `fits`.
pub(super) fn some_channel(
    guild: &Guild,
    cast: &mut Cast,
    fits: fn(&Channel) -> bool,
) -> Option<usize> {
    let count = guild.channels.iter().filter(|channel| fits(channel)).count();
    let wanted = cast.rng.index(count);
    let mut fitting = guild.channels.iter().enumerate().filter(|(_, channel)| fits(channel));
    fitting.nth(wanted).map(|(at, _)| at)
}

pub(super) fn some_text(guild: &Guild, cast: &mut Cast) -> Option<ChannelId> {
    let at = some_channel(guild, cast, Channel::is_text)?;
    guild.channels.get(at).map(|channel| channel.id)
}

pub(super) fn channel_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = some_channel(guild, cast, |_| true)?;
    let wanted = cast.rng.index(5);
    let overwrites = build::overwrites(cast, &guild.roles, wanted);
    let channel = guild.channels.get_mut(at)?;
    channel.overwrites = overwrites;
    if channel.is_text() {
        channel.topic = Some(names::text(&mut cast.rng, 4, 20));
    }
    render::channel(json, channel, Some(guild.id));
    Some(())
}

pub(super) fn channel_create(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let position = guild.channels.iter().map(|channel| channel.position).max()?;
    let parent = guild.channels.iter().find(|channel| channel.kind == 4).map(|channel| channel.id);
    let channel = build::channel(cast, &guild.roles, 0, position + 1, parent);
    render::channel(json, &channel, Some(guild.id));
    guild.channels.push(channel);
    Some(())
}

/// Only a channel without threads and people goes, and never the last few.
pub(super) fn channel_delete(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = some_channel(guild, cast, Channel::is_text)?;
    let id = guild.channels.get(at)?.id;
    let threads = guild.threads.iter().any(|thread| thread.parent == id);
    if threads || guild.channels.len() < 8 {
        return None;
    }
    let gone = guild.channels.remove(at);
    guild.messages.retain(|message| message.channel != id);
    guild.invites.retain(|invite| invite.channel != id);
    render::channel(json, &gone, Some(guild.id));
    Some(())
}

pub(super) fn thread_create(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let id = guild.id;
    if guild.threads.len() >= MOST_THREADS {
        return None;
    }
    render::thread(json, build::add_thread(cast, guild)?, id, true);
    Some(())
}

pub(super) fn thread_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = cast.rng.index(guild.threads.len());
    let thread = guild.threads.get_mut(at)?;
    thread.name = names::text(&mut cast.rng, 2, 5).chars().take(90).collect();
    render::thread(json, thread, guild.id, false);
    Some(())
}

pub(super) fn thread_delete(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = cast.rng.index(guild.threads.len());
    guild.threads.get(at)?;
    let gone = guild.threads.remove(at);
    guild.messages.retain(|message| message.channel != gone.id);
    json.object().put("type", 11).put("parent_id", Id(gone.parent.0)).put("id", Id(gone.id.0));
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn thread_members_update(
    guild: &mut Guild,
    cast: &mut Cast,
    json: &mut Json,
) -> Option<()> {
    let at = cast.rng.index(guild.threads.len());
    let who = guild.members.get(someone(guild, cast)?)?;
    let thread = guild.threads.get_mut(at)?;
    thread.member_count = (thread.member_count + 1).min(50);
    json.object().put("member_count", thread.member_count).put("id", Id(thread.id.0));
    json.key("added_members").array().object().put("user_id", Id(who.user.0)).put("presence", Null);
    json.put("muted", false).put("mute_config", Null).key("member");
    member(json, cast, who, Place::List);
    json.put("join_timestamp", &names::timestamp(&mut cast.rng)).put("id", Id(thread.id.0));
    json.put("flags", 1).end_object().end_array().put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn thread_list_sync(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let parent = some_text(guild, cast)?;
    let threads = guild.threads.iter().filter(|thread| thread.parent == parent);
    json.object();
    list(json, "threads", threads, |json, thread| render::thread(json, thread, guild.id, false));
    json.key("members").array().end_array().key("channel_ids").array().id(parent.0).end_array();
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn voice_channel_status(
    guild: &mut Guild,
    cast: &mut Cast,
    json: &mut Json,
) -> Option<()> {
    let at = some_channel(guild, cast, Channel::is_voice)?;
    let channel = guild.channels.get_mut(at)?;
    channel.status = cast.rng.chance(800).then(|| names::text(&mut cast.rng, 1, 4));
    json.object().put("status", channel.status.as_deref()).put("id", Id(channel.id.0));
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn pins_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = some_channel(guild, cast, Channel::is_text)?;
    let channel = guild.channels.get_mut(at)?;
    channel.last_pin_timestamp = Some(names::timestamp(&mut cast.rng));
    json.object().put("last_pin_timestamp", channel.last_pin_timestamp.as_deref());
    json.put("channel_id", Id(channel.id.0)).put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn role_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = cast.rng.index(guild.roles.len());
    let role = guild.roles.get_mut(at)?;
    role.permissions = cast.rng.below(1 << 47);
    json.object().key("role");
    render::role(json, role);
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn role_create(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let position = guild.roles.iter().map(|role| role.position).max()?;
    let role = build::role(cast, guild.id.0, position + 1);
    json.object().key("role");
    render::role(json, &role);
    json.put("guild_id", Id(guild.id.0)).end_object();
    guild.roles.push(role);
    Some(())
}

/// A deleted role also leaves the members, overwrites and emojis that name it, without a word.
pub(super) fn role_delete(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = 1 + cast.rng.index(guild.roles.len().checked_sub(4)?);
    guild.roles.get(at)?;
    let id = guild.roles.remove(at).id;
    guild.members.iter_mut().for_each(|member| member.roles.retain(|role| *role != id));
    guild
        .channels
        .iter_mut()
        .for_each(|channel| channel.overwrites.retain(|overwrite| overwrite.id != id));
    guild.emojis.iter_mut().for_each(|emoji| emoji.roles.retain(|role| *role != id));
    json.object().put("role_id", Id(id)).put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}
