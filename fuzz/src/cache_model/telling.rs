//! Draws events: well-formed ones of few ids, so that much meets.

use serde_json::{Map, Value, json};

use super::model::LISTS;
use crate::source::Source;

/// An event: its name and `d`.
pub(crate) type Event = (&'static str, Value);

const SIMPLE: [&str; 29] = [
    "GUILD_MEMBER_ADD",
    "GUILD_MEMBER_UPDATE",
    "PRESENCE_UPDATE",
    "VOICE_STATE_UPDATE",
    "CHANNEL_CREATE",
    "CHANNEL_UPDATE",
    "THREAD_CREATE",
    "THREAD_UPDATE",
    "INVITE_CREATE",
    "INVITE_DELETE",
    "STAGE_INSTANCE_CREATE",
    "STAGE_INSTANCE_UPDATE",
    "STAGE_INSTANCE_DELETE",
    "GUILD_SCHEDULED_EVENT_CREATE",
    "GUILD_SCHEDULED_EVENT_UPDATE",
    "GUILD_SCHEDULED_EVENT_DELETE",
    "GUILD_SOUNDBOARD_SOUND_CREATE",
    "GUILD_SOUNDBOARD_SOUND_UPDATE",
    "GUILD_SOUNDBOARD_SOUND_DELETE",
    "GUILD_ROLE_CREATE",
    "GUILD_ROLE_UPDATE",
    "GUILD_ROLE_DELETE",
    "GUILD_EMOJIS_UPDATE",
    "GUILD_STICKERS_UPDATE",
    "GUILD_SOUNDBOARD_SOUNDS_UPDATE",
    "SOUNDBOARD_SOUNDS",
    "CHANNEL_DELETE",
    "THREAD_DELETE",
    "GUILD_MEMBER_REMOVE",
];

const OTHERS: [&str; 14] = [
    "GUILD_MEMBERS_CHUNK",
    "GUILD_SCHEDULED_EVENT_USER_ADD",
    "GUILD_SCHEDULED_EVENT_USER_REMOVE",
    "CHANNEL_PINS_UPDATE",
    "VOICE_CHANNEL_STATUS_UPDATE",
    "VOICE_CHANNEL_START_TIME_UPDATE",
    "CHANNEL_INFO",
    "THREAD_LIST_SYNC",
    "THREAD_MEMBER_UPDATE",
    "THREAD_MEMBERS_UPDATE",
    "USER_UPDATE",
    "RESUMED",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
];

const REACTIONS: [&str; 6] = [
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "MESSAGE_REACTION_REMOVE_ALL",
    "MESSAGE_REACTION_REMOVE_EMOJI",
];

/// Draws an event.
pub(crate) fn event(source: &mut Source<'_>) -> Event {
    match source.byte() & 15 {
        0..2 => ("GUILD_CREATE", guild(source)),
        2 => ("GUILD_UPDATE", guild(source)),
        3 => (
            "GUILD_DELETE",
            with(json!({"id": id(source)}), source, "unavailable", |source| source.chance().into()),
        ),
        4 => {
            let guilds = some(source, |source| json!({"id": id(source), "unavailable": true}));
            ("READY", json!({"user": user(source), "guilds": guilds}))
        }
        5..8 => ("MESSAGE_CREATE", in_guild(message(source, 2), source)),
        8 => ("MESSAGE_UPDATE", message(source, 1)),
        9 => reaction(source),
        10..14 => {
            let name = source.pick(&SIMPLE);
            (name, in_guild(simple(name, source), source))
        }
        _ => {
            let name = source.pick(&OTHERS);
            (name, in_guild(other(name, source), source))
        }
    }
}

fn id(source: &mut Source<'_>) -> Value {
    (1 + source.below(4)).to_string().into()
}

fn text(source: &mut Source<'_>) -> Value {
    match source.byte() & 7 {
        0 => Value::Null,
        many => "x".repeat(usize::from(many) * 3).into(),
    }
}

/// Adds a member, or not.
fn with(
    mut object: Value,
    source: &mut Source<'_>,
    name: &str,
    draw: impl FnOnce(&mut Source<'_>) -> Value,
) -> Value {
    if source.chance() {
        object[name] = draw(source);
    }
    object
}

fn some(source: &mut Source<'_>, draw: impl Fn(&mut Source<'_>) -> Value) -> Value {
    (0..source.below(4)).map(|_| draw(source)).collect()
}

/// Adds the guild, which most events have.
fn in_guild(mut object: Value, source: &mut Source<'_>) -> Value {
    if source.byte() & 3 != 0 {
        object["guild_id"] = id(source);
    }
    object
}

fn user(source: &mut Source<'_>) -> Value {
    with(json!({"id": id(source)}), source, "username", text)
}

fn member(source: &mut Source<'_>) -> Value {
    let member = with(json!({"user": user(source)}), source, "nick", text);
    with(member, source, "roles", |source| some(source, id))
}

fn emoji(source: &mut Source<'_>) -> Value {
    match source.byte() & 1 {
        0 => json!({"id": id(source), "name": "e"}),
        _ => json!({"id": null, "name": source.pick(&["x", "y"])}),
    }
}

/// Draws an item of a list of a guild.
fn item(list: &str, source: &mut Source<'_>) -> Value {
    let of = |mut object: Value, source: &mut Source<'_>| {
        object["name"] = text(source);
        object
    };
    match list {
        "members" => member(source),
        "presences" => {
            let status = source.pick(&["idle", "online", "offline"]);
            let presence = json!({"user": {"id": id(source)}, "status": status});
            with(presence, source, "activities", |source| {
                some(source, |source| with(json!({"name": "a"}), source, "emoji", emoji))
            })
        }
        "voice_states" => {
            let mut state = with(json!({"user_id": id(source)}), source, "deaf", |source| {
                source.chance().into()
            });
            state["channel_id"] = if source.byte() & 3 == 0 { Value::Null } else { id(source) };
            with(state, source, "member", member)
        }
        "soundboard_sounds" => {
            with(of(json!({"sound_id": id(source)}), source), source, "user", user)
        }
        "emojis" | "stickers" => with(of(json!({"id": id(source)}), source), source, "user", user),
        "guild_scheduled_events" => {
            let event = with(of(json!({"id": id(source)}), source), source, "creator", user);
            with(event, source, "user_count", |source| source.below(3).into())
        }
        "stage_instances" => {
            json!({"id": id(source), "channel_id": id(source), "topic": text(source)})
        }
        "threads" => {
            let thread = with(of(json!({"id": id(source)}), source), source, "parent_id", id);
            with(thread, source, "member", |source| json!({"flags": source.below(3)}))
        }
        "channels" => with(of(json!({"id": id(source)}), source), source, "parent_id", id),
        _ => with(of(json!({"id": id(source)}), source), source, "position", |source| {
            source.below(3).into()
        }),
    }
}

fn guild(source: &mut Source<'_>) -> Value {
    let mut guild = Map::new();
    guild.insert("id".to_owned(), id(source));
    let mut lists = usize::from(source.byte()) << 8 | usize::from(source.byte());
    for (list, _) in LISTS {
        if lists & 1 == 1 {
            let items = some(source, |source| item(list, source));
            guild.insert(list.to_owned(), items);
        }
        lists >>= 1;
    }
    if lists & 1 == 1 {
        guild.insert("name".to_owned(), text(source));
    }
    if lists & 2 == 2 {
        guild.insert("member_count".to_owned(), source.below(3).into());
    }
    if lists & 12 == 12 {
        guild.insert("unavailable".to_owned(), source.chance().into());
    }
    guild.into()
}

/// Draws a message, which may answer others that deep.
fn message(source: &mut Source<'_>, depth: u32) -> Value {
    let mut message = json!({"id": id(source), "channel_id": id(source)});
    let has = usize::from(source.byte());
    if has & 1 == 0 {
        message["author"] = user(source);
    }
    if has & 2 == 2 {
        message["member"] = with(json!({"roles": []}), source, "nick", text);
    }
    if has & 4 == 4 {
        message["mentions"] = some(source, user);
    }
    if has & 8 == 8 {
        message["sticker_items"] = some(source, |source| json!({"id": id(source), "name": "s"}));
    }
    if has & 16 == 16 {
        message["content"] = text(source);
    }
    if has & 32 == 32 && depth > 0 {
        let answers = |source: &mut Source<'_>| self::message(source, depth - 1);
        message["referenced_message"] =
            if source.byte() & 7 == 0 { Value::Null } else { answers(source) };
    }
    if has & 64 == 64 {
        message["webhook_id"] = id(source);
    }
    if has & 128 == 128 {
        message["reactions"] = some(source, |source| {
            let (burst, normal) = (source.below(3), 1 + source.below(2));
            json!({"count": burst + normal, "count_details": {"burst": burst, "normal": normal},
                "me": source.chance(), "me_burst": false, "emoji": emoji(source)})
        });
    }
    message
}

fn reaction(source: &mut Source<'_>) -> Event {
    let name = source.pick(&REACTIONS);
    let (user, message, channel) = (id(source), id(source), id(source));
    let event = json!({"user_id": user, "message_id": message, "channel_id": channel, "emoji": emoji(source)});
    (name, with(event, source, "burst", |source| source.chance().into()))
}

fn simple(name: &str, source: &mut Source<'_>) -> Value {
    match name {
        "PRESENCE_UPDATE" => item("presences", source),
        "VOICE_STATE_UPDATE" => item("voice_states", source),
        "CHANNEL_CREATE" | "CHANNEL_UPDATE" => {
            with(item("channels", source), source, "recipients", |source| some(source, user))
        }
        "THREAD_CREATE" | "THREAD_UPDATE" => item("threads", source),
        "INVITE_CREATE" => {
            let code = source.pick(&["a", "b", "c"]);
            let invite =
                with(json!({"code": code, "channel_id": id(source)}), source, "inviter", user);
            with(invite, source, "target_user", user)
        }
        "INVITE_DELETE" => json!({"code": source.pick(&["a", "b", "c"])}),
        "STAGE_INSTANCE_CREATE" | "STAGE_INSTANCE_UPDATE" => item("stage_instances", source),
        "GUILD_SCHEDULED_EVENT_CREATE" | "GUILD_SCHEDULED_EVENT_UPDATE" => {
            item("guild_scheduled_events", source)
        }
        "GUILD_SOUNDBOARD_SOUND_CREATE" | "GUILD_SOUNDBOARD_SOUND_UPDATE" => {
            item("soundboard_sounds", source)
        }
        "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE" => json!({"role": item("roles", source)}),
        "GUILD_ROLE_DELETE" => json!({"role_id": id(source)}),
        "GUILD_SOUNDBOARD_SOUND_DELETE" => json!({"sound_id": id(source)}),
        "GUILD_EMOJIS_UPDATE" => json!({"emojis": some(source, |source| item("emojis", source))}),
        "GUILD_STICKERS_UPDATE" => {
            json!({"stickers": some(source, |source| item("stickers", source))})
        }
        "GUILD_SOUNDBOARD_SOUNDS_UPDATE" | "SOUNDBOARD_SOUNDS" => {
            json!({"soundboard_sounds": some(source, |source| item("soundboard_sounds", source))})
        }
        _ if name.ends_with("_DELETE") => json!({"id": id(source)}),
        _ => member(source),
    }
}

fn other(name: &str, source: &mut Source<'_>) -> Value {
    let time = |source: &mut Source<'_>| if source.chance() { json!(170) } else { Value::Null };
    match name {
        "GUILD_MEMBERS_CHUNK" => {
            let chunk = json!({"members": some(source, member)});
            with(chunk, source, "presences", |source| {
                some(source, |source| item("presences", source))
            })
        }
        "GUILD_SCHEDULED_EVENT_USER_ADD" | "GUILD_SCHEDULED_EVENT_USER_REMOVE" => {
            json!({"guild_scheduled_event_id": id(source), "user_id": id(source)})
        }
        "CHANNEL_PINS_UPDATE" => {
            with(json!({"channel_id": id(source)}), source, "last_pin_timestamp", |source| {
                if source.chance() { "2024-03-01T00:00:03+00:00".into() } else { Value::Null }
            })
        }
        "VOICE_CHANNEL_STATUS_UPDATE" => json!({"id": id(source), "status": text(source)}),
        "VOICE_CHANNEL_START_TIME_UPDATE" => {
            json!({"id": id(source), "voice_start_time": time(source)})
        }
        "CHANNEL_INFO" => json!({"guild_id": id(source), "channels": some(source, |source| {
            with(json!({"id": id(source), "status": text(source)}), source, "voice_start_time", time)
        })}),
        "THREAD_LIST_SYNC" => {
            let sync = json!({"threads": some(source, |source| item("threads", source))});
            let sync = with(sync, source, "channel_ids", |source| some(source, id));
            with(sync, source, "members", |source| {
                some(source, |source| json!({"id": id(source), "flags": source.below(3)}))
            })
        }
        "THREAD_MEMBER_UPDATE" => json!({"id": id(source), "flags": source.below(3)}),
        "THREAD_MEMBERS_UPDATE" => {
            let update = with(json!({"id": id(source)}), source, "member_count", |source| {
                source.below(50).into()
            });
            let update = with(update, source, "removed_member_ids", |source| some(source, id));
            with(update, source, "added_members", |source| {
                some(source, |source| json!({"id": id(source), "user_id": id(source), "flags": 1}))
            })
        }
        "USER_UPDATE" => user(source),
        "MESSAGE_DELETE" => json!({"id": id(source), "channel_id": id(source)}),
        "MESSAGE_DELETE_BULK" => json!({"ids": some(source, id), "channel_id": id(source)}),
        _ => json!({}),
    }
}

/// Writes a value as JSON, the members of objects from the first name on or from the last.
pub(crate) fn write(value: &Value, reversed: bool, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write(item, reversed, out);
            }
            out.push(']');
        }
        Value::Object(_) => {
            out.push('{');
            for (at, (name, value)) in
                super::reading::members(value, reversed).into_iter().enumerate()
            {
                out.push_str(if at > 0 { "," } else { "" });
                out.push_str(&Value::from(name).to_string());
                out.push(':');
                write(value, reversed, out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}
