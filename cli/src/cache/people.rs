//! Users, members, and how they are.

use gatewright_core::cache::{Heap, Me, Members, Presences, Row, Users, VoiceStates};

use super::fields::{Fields, optional};
use super::json::{Json, object};

pub(super) fn user(row: &Row<'_, Users, Heap>) -> anyhow::Result<Json> {
    Ok(Json::Object(profile(&Fields::of(row)?, "public_flags")))
}

/// Makes the bot's own user.
pub(super) fn me(row: &Row<'_, Me, Heap>) -> anyhow::Result<Json> {
    let fields = Fields::of(row)?;
    let own = [
        ("mfa_enabled", fields.flag("mfa_enabled").into()),
        ("locale", fields.or("locale", ())),
        ("verified", fields.or("verified", ())),
        ("email", fields.or("email", ())),
        ("premium_type", fields.or("premium_type", ())),
    ];
    let mut all = profile(&fields, "flags");
    all.extend(own.map(|(key, value)| (key.to_owned(), value)));
    Ok(Json::Object(all))
}

fn profile(fields: &Fields, flags: &str) -> Vec<(String, Json)> {
    let decoration = fields.within("avatar_decoration_data");
    let is_decorated = fields.get("avatar_decoration_data").is_object();
    let decoration = [decoration.or("asset", ()), decoration.id("sku_id")];
    let decoration = is_decorated.then(|| decoration.into_iter().collect());
    let shown = [
        ("id", fields.id("id")),
        ("username", fields.or("username", ())),
        ("discriminator", fields.or("discriminator", "0")),
        ("global_name", fields.or("global_name", ())),
        ("is_bot", fields.flag("bot").into()),
        ("is_system", fields.flag("system").into()),
        ("avatar", fields.or("avatar", ())),
        ("banner", fields.or("banner", ())),
        ("accent_color", fields.or("accent_color", ())),
        ("flags", fields.or(flags, 0)),
        ("avatar_decoration", decoration.unwrap_or(Json::NULL)),
    ];
    shown.map(|(key, value)| (key.to_owned(), value)).into()
}

/// Makes a member; the role that everybody has is among its roles.
pub(super) fn member(row: &Row<'_, Members, Heap>) -> anyhow::Result<Json> {
    let (fields, (guild, user)) = (Fields::of(row)?, row.key());
    let known = |name| fields.or(name, "undefined");
    Ok(object! {
        "guild_id": guild.0.to_string(),
        "user_id": user.0.to_string(),
        "username": Fields::of(&row.user())?.or("username", ()),
        "nick": fields.or("nick", ()),
        "roles": fields.ids_and("roles", Some(guild.0)),
        "joined_at": fields.time("joined_at"),
        "premium_since": fields.time("premium_since"),
        "is_deaf": known("deaf"),
        "is_mute": known("mute"),
        "is_pending": known("pending"),
        "avatar": fields.or("avatar", ()),
        "banner": fields.or("banner", ()),
        "flags": fields.or("flags", 0),
        "communication_disabled_until": fields.time("communication_disabled_until"),
        "listed": !row.is_kept(),
    })
}

pub(super) fn presence(row: &Row<'_, Presences, Heap>) -> anyhow::Result<Json> {
    let (fields, (guild, user)) = (Fields::of(row)?, row.key());
    let client = fields.within("client_status");
    let of = |name| client.or(name, "offline");
    Ok(object! {
        "guild_id": guild.0.to_string(),
        "user_id": user.0.to_string(),
        "status": fields.or("status", ()),
        "client_status": object! {
            "desktop": of("desktop"), "mobile": of("mobile"), "web": of("web"),
        },
        "activities": fields.objects("activities").map(|one| activity(&one)).collect::<Json>(),
    })
}

fn activity(fields: &Fields) -> Json {
    let (party, times) = (fields.within("party"), fields.within("timestamps"));
    let size = |at: usize| party.list("size").get(at).map_or(Json::NULL, Json::from);
    let shown = [party.or("id", ()), size(0), size(1)];
    let party = fields.get("party").is_object().then(|| shown.into_iter().collect());
    object! {
        "name": fields.or("name", ()),
        "type": fields.or("type", 0),
        "url": fields.or("url", ()),
        "state": fields.or("state", ()),
        "details": fields.or("details", ()),
        "created_at": fields.millis("created_at"),
        "application_id": fields.id("application_id"),
        "flags": fields.or("flags", ()),
        "emoji": emoji(fields),
        "party": party.unwrap_or(Json::NULL),
        "start": times.millis("start"),
        "end": times.millis("end"),
        "buttons": fields.list("buttons").iter().collect::<Json>(),
    }
}

/// Makes the emoji of an activity or a reaction.
pub(super) fn emoji(around: &Fields) -> Json {
    let emoji = around.within("emoji");
    match emoji.number("id") {
        _ if !around.get("emoji").is_object() => Json::NULL,
        None => object! { "name": emoji.or("name", ()) },
        Some(id) => object! {
            "id": id.to_string(),
            "name": emoji.or("name", ()),
            "animated": emoji.flag("animated"),
        },
    }
}

pub(super) fn voice_state(row: &Row<'_, VoiceStates, Heap>) -> anyhow::Result<Json> {
    let (fields, (guild, user)) = (Fields::of(row)?, row.key());
    let member = row.member().map(|member| Fields::of(&member)).transpose()?;
    let flag = |name| fields.flag(name);
    Ok(object! {
        "guild_id": guild.0.to_string(),
        "user_id": user.0.to_string(),
        "channel_id": optional(fields.number("channel_id")),
        "session_id": fields.or("session_id", ()),
        "deaf": flag("deaf"),
        "mute": flag("mute"),
        "self_deaf": flag("self_deaf"),
        "self_mute": flag("self_mute"),
        "self_stream": flag("self_stream"),
        "self_video": flag("self_video"),
        "suppress": flag("suppress"),
        "request_to_speak": fields.time("request_to_speak_timestamp"),
        "has_member": member.is_some(),
        "member_nick": member.map_or(Json::NULL, |member| member.or("nick", ())),
    })
}
