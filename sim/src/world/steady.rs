//! The events of a guild's daily life but messages: each changes the truth, then tells of it.

use super::cast::Cast;
use super::guild::list;
use super::model::{Channel, Guild, Invite, Member};
use super::render::{self, Place};
use super::structure::{some_channel, some_text};
use super::{APPLICATION, activity, build, names};
use crate::json::{Id, Json};

/// The most invites a guild of this world keeps.
const MOST_INVITES: usize = 50;
/// The most emojis a guild of this world gets.
const MOST_EMOJIS: usize = 250;

/// Draws a member who is not the bot, if there is one.
pub(super) fn someone(guild: &Guild, cast: &mut Cast) -> Option<usize> {
    let others = guild.members.len().checked_sub(1).filter(|others| *others > 0)?;
    Some(1 + cast.rng.index(others))
}

/// Writes a member with the user inside.
pub(super) fn member(json: &mut Json, cast: &Cast, member: &Member, place: Place) {
    render::member(json, member, cast.users.get(member.slot), place);
}

pub(super) fn presence_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let user = guild.members.get(someone(guild, cast)?)?.user;
    let presence = cast.presence(true);
    let now_ms = names::moment_ms(&mut cast.rng);
    activity::presence(json, user.0, presence.as_ref(), Some(guild.id), now_ms);
    match presence {
        Some(presence) => guild.presences.insert(user, presence),
        None => guild.presences.remove(&user),
    };
    Some(())
}

pub(super) fn typing(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let channel = some_text(guild, cast)?;
    let at = someone(guild, cast).unwrap_or(0);
    let who = guild.members.get(at)?;
    json.object().put("user_id", Id(who.user.0));
    json.put("timestamp", names::moment_ms(&mut cast.rng) / 1_000).key("member");
    member(json, cast, who, Place::List);
    json.put("channel_id", Id(channel.0)).put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn voice_state_update(
    guild: &mut Guild,
    cast: &mut Cast,
    json: &mut Json,
) -> Option<()> {
    let who = guild.members.get(someone(guild, cast)?)?;
    let joins = cast.rng.chance(600) || !guild.voice_states.contains_key(&who.user);
    let to = some_channel(guild, cast, Channel::is_voice).and_then(|at| guild.channels.get(at));
    let mut state = build::voice_state(cast, who.user, to?.id);
    if let Some(old) = guild.voice_states.get(&who.user) {
        state.session_id.clone_from(&old.session_id);
    }
    let user = cast.users.get(who.slot)?;
    render::voice_state(json, &state, !joins, Some((who, user)), Some(guild.id));
    let id = who.user;
    if joins {
        guild.voice_states.insert(id, state)
    } else {
        guild.voice_states.remove(&id)
    };
    Some(())
}

pub(super) fn member_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = someone(guild, cast)?;
    let roles = &guild.roles;
    let old = guild.members.get_mut(at)?;
    let fresh = build::member(cast, old.slot, roles);
    *old = Member { joined_at: old.joined_at.clone(), ..fresh };
    member(json, cast, old, Place::Event(guild.id));
    Some(())
}

pub(super) fn member_add(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let slot = 1 + cast.rng.index(cast.users.len().checked_sub(1)?);
    let id = cast.users.get(slot)?.id;
    if guild.member(id).is_some() {
        return None;
    }
    let joined =
        Member { roles: Vec::new(), nick: None, ..build::member(cast, slot, &guild.roles) };
    member(json, cast, &joined, Place::Event(guild.id));
    guild.members.push(joined);
    Some(())
}

/// The bot, the owner and the last few never leave.
pub(super) fn member_remove(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = someone(guild, cast)?;
    let id = guild.members.get(at)?.user;
    if id == guild.owner || guild.members.len() < 5 {
        return None;
    }
    let gone = guild.members.swap_remove(at);
    guild.presences.remove(&id);
    guild.voice_states.remove(&id);
    json.object().key("user");
    render::user(json, cast.users.get(gone.slot)?);
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn audit_log(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let by = guild.members.get(someone(guild, cast)?)?.user;
    let target = guild.members.get(someone(guild, cast)?)?.user;
    let role = guild.roles.get(cast.rng.index(guild.roles.len()))?;
    json.object()
        .put("user_id", Id(by.0))
        .put("target_id", Id(target.0))
        .put("id", Id(cast.new_id()));
    json.key("changes").array().object().key("new_value").array().object();
    json.put("name", &role.name).put("id", Id(role.id)).end_object().end_array();
    json.put("key", "$add").end_object().end_array().put("action_type", 25);
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn invite_create(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let channel = some_text(guild, cast)?;
    let by = guild.members.get(someone(guild, cast)?)?;
    let invite = Invite { code: cast.rng.hex(8), channel, inviter: by.user };
    json.object().put("uses", 0).put("type", 0).put("temporary", false);
    json.put("max_uses", 0).put("max_age", 604_800).key("inviter");
    render::user(json, cast.users.get(by.slot)?);
    json.put("expires_at", &names::timestamp(&mut cast.rng));
    json.put("created_at", &names::timestamp(&mut cast.rng)).put("code", &invite.code);
    json.put("channel_id", Id(channel.0)).put("guild_id", Id(guild.id.0)).end_object();
    guild.invites.push_back(invite);
    if guild.invites.len() > MOST_INVITES {
        guild.invites.pop_front();
    }
    Some(())
}

pub(super) fn invite_delete(guild: &mut Guild, _: &mut Cast, json: &mut Json) -> Option<()> {
    let gone = guild.invites.pop_front()?;
    json.object().put("code", &gone.code).put("channel_id", Id(gone.channel.0));
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn guild_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    guild.description = names::text(&mut cast.rng, 5, 15);
    guild.icon = names::hash(&mut cast.rng);
    guild.premium_subscription_count = cast.rng.pick(&[0, 2, 7, 14, 31]);
    super::guild::update(json, guild);
    Some(())
}

pub(super) fn automod(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let who = guild.members.get(someone(guild, cast)?)?.user;
    let channel = some_text(guild, cast)?;
    let word = names::word(&mut cast.rng);
    json.object().put("user_id", Id(who.0)).put("rule_trigger_type", 1);
    json.put("rule_id", Id(names::old_id(&mut cast.rng))).put("message_id", Id(cast.new_id()));
    json.put("matched_keyword", word).key("matched_content");
    let start = json.mark();
    json.str(word).blank_since(start);
    json.key("content");
    let start = json.mark();
    json.str(&names::text(&mut cast.rng, 3, 12)).blank_since(start);
    json.put("channel_id", Id(channel.0)).put("alert_system_message_id", Id(cast.new_id()));
    json.key("action").object().put("type", 1).key("metadata").object().end_object().end_object();
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

/// The list grows by one emoji or loses one; the whole list is sent.
pub(super) fn emojis_update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let shrinks =
        guild.emojis.len() >= MOST_EMOJIS || (guild.emojis.len() > 3 && cast.rng.chance(500));
    if shrinks {
        let at = cast.rng.index(guild.emojis.len());
        guild.emojis.remove(at);
    } else {
        guild.emojis.push(build::emoji(cast, &guild.roles));
    }
    json.object();
    list(json, "emojis", guild.emojis.iter(), render::emoji);
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

/// An event no documentation names: clients must skip it and still count its sequence.
pub(super) fn command_index(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    json.object().put("version", Id(cast.new_id())).key("bot_users").array();
    json.object().put("id", Id(APPLICATION)).put("bot", true).end_object().end_array();
    json.key("application_commands")
        .array()
        .end_array()
        .put("guild_id", Id(guild.id.0))
        .end_object();
    Some(())
}
