//! Fields of rows in the form of a dump, made of what the payloads of a stream say.

use serde_json::{Map, Value, json};

use crate::plain::{Plain, Row, list, text};

/// Returns what a field of a row is to be; nothing if it is not made here.
pub(crate) fn field(plain: &Plain, path: &[&str]) -> Option<Value> {
    match *path {
        ["me", name] => own(plain.me.as_ref()?, name),
        ["members", guild, user, name] => {
            member(plain, plain.table("members").any(guild, user)?, name)
        }
        ["voice_states", guild, user, name] => {
            voice_state(plain, plain.table("voice_states").row(guild, user)?, name)
        }
        ["presences", guild, user, "activities"] => {
            let row = plain.table("presences").row(guild, user)?;
            Some(list(row.get("activities")).map(|one| emoji(&one["emoji"])).collect())
        }
        ["users", id, name] => user(&plain.table("users").row("", id)?.fields, name),
        ["guilds", id, name] => guild(plain, plain.table("guilds").row("", id)?, name),
        ["threads", id, name] => thread(plain, plain.table("threads").row("", id)?, name),
        ["messages", id, name] => message(plain, plain.table("messages").any("", id)?, name),
        _ => None,
    }
}

fn own(me: &Map<String, Value>, name: &str) -> Option<Value> {
    Some(match name {
        "locale" | "premium_type" | "verified" | "email" => or(me.get(name), Value::Null),
        "mfa_enabled" => or(me.get(name), false),
        "flags" => or(me.get(name), 0),
        _ => return user(me, name),
    })
}

fn user(user: &Map<String, Value>, name: &str) -> Option<Value> {
    let decoration = user.get("avatar_decoration_data");
    Some(match name {
        "id" | "username" | "global_name" | "avatar" | "banner" | "accent_color" => {
            or(user.get(name), Value::Null)
        }
        "discriminator" => or(user.get(name), "0"),
        "is_bot" => or(user.get("bot"), false),
        "is_system" => or(user.get("system"), false),
        "flags" => or(user.get("public_flags"), 0),
        "avatar_decoration" => match decoration.filter(|it| it.is_object()) {
            Some(it) => json!([it["asset"], it["sku_id"]]),
            None => Value::Null,
        },
        _ => return None,
    })
}

fn member(plain: &Plain, row: &Row, name: &str) -> Option<Value> {
    let known = |name| or(row.fields.get(name), "undefined");
    Some(match name {
        "username" => plain.table("users").row("", &row.key)?.get(name).clone(),
        "nick" | "avatar" | "banner" => row.get(name).clone(),
        "roles" => {
            let guild = Value::from(row.guild.as_str());
            sorted(list(row.get(name)).chain([&guild]))
        }
        "joined_at" | "premium_since" | "communication_disabled_until" => time(row.get(name)),
        "is_deaf" | "is_mute" | "is_pending" => known(&name[3..]),
        "flags" => or(row.fields.get(name), 0),
        "listed" => plain.table("members").row(&row.guild, &row.key).is_some().into(),
        _ => return None,
    })
}

fn nick(plain: &Plain, guild: &str, user: &str, is_there: bool) -> Value {
    let member = plain.table("members").any(guild, user).filter(|_| is_there);
    member.map_or(Value::Null, |member| member.get("nick").clone())
}

fn voice_state(plain: &Plain, row: &Row, name: &str) -> Option<Value> {
    let has_member = row.get("member") == true;
    Some(match name {
        "channel_id" | "session_id" => row.get(name).clone(),
        "has_member" => has_member.into(),
        "member_nick" => nick(plain, &row.guild, &row.key, has_member),
        _ => return None,
    })
}

fn guild(plain: &Plain, row: &Row, name: &str) -> Option<Value> {
    Some(match name {
        "joined_at" => time(row.get(name)),
        "available" => (!plain.unavailable.contains(&row.key)).into(),
        "afk_timeout"
        | "description"
        | "features"
        | "icon"
        | "large"
        | "member_count"
        | "name"
        | "premium_subscription_count"
        | "widget_enabled" => row.get(name).clone(),
        _ => return None,
    })
}

fn thread(plain: &Plain, row: &Row, name: &str) -> Option<Value> {
    let own = row.get("member");
    Some(match name {
        "member_count" | "message_count" | "name" => row.get(name).clone(),
        "own_member" if own.is_object() => {
            let user = or(own.get("user_id"), plain.my_id.as_str());
            json!([user, time(&own["join_timestamp"]), or(own.get("flags"), 0)])
        }
        "own_member" => Value::Null,
        _ => return None,
    })
}

fn message(plain: &Plain, row: &Row, name: &str) -> Option<Value> {
    let author = text(row.get("author"));
    let has_member = row.get("member") == true;
    let answered = plain.table("messages").any("", &text(row.get("referenced_message")));
    Some(match name {
        "author_username" => plain.table("users").row("", &author)?.get("username").clone(),
        "author_id" => row.get("author").clone(),
        "member_nick" => nick(plain, &row.guild, &author, has_member),
        "has_member" => has_member.into(),
        "content" => content(row),
        "timestamp" | "edited_timestamp" => time(row.get(name)),
        "tts" | "pinned" | "mention_everyone" => or(row.fields.get(name), false),
        "type" | "flags" => or(row.fields.get(name), 0),
        "nonce" => row.get(name).clone(),
        "mentions" | "mention_roles" => sorted(list(row.get(name))),
        "attachments" => {
            list(row.get(name)).map(|it| json!([it["id"], it["filename"], it["size"]])).collect()
        }
        "embeds" => list(row.get(name))
            .map(|it| json!([it["title"], it["description"], it["url"]]))
            .collect(),
        "reactions" => list(row.get(name))
            .map(|it| json!([emoji(&it["emoji"]), it["count"], or(it.get("me"), false)]))
            .collect(),
        "components" => list(row.get(name)).count().into(),
        "referenced_message_id" => answered.map_or(Value::Null, |it| it.key.clone().into()),
        "referenced_content" => answered.map_or(Value::Null, content),
        _ => return None,
    })
}

fn content(row: &Row) -> Value {
    if row.get("content") == "" { Value::Null } else { row.get("content").clone() }
}

fn emoji(emoji: &Value) -> Value {
    match emoji.get("id").filter(|id| !id.is_null()) {
        _ if !emoji.is_object() => Value::Null,
        None => json!({ "name": emoji["name"] }),
        Some(id) => {
            json!({ "id": id, "name": emoji["name"], "animated": or(emoji.get("animated"), false) })
        }
    }
}

/// Returns a value, or another one if it is absent or null.
fn or(value: Option<&Value>, default: impl Into<Value>) -> Value {
    value.filter(|value| !value.is_null()).cloned().unwrap_or_else(|| default.into())
}

/// Returns ids in their order.
fn sorted<'v>(ids: impl Iterator<Item = &'v Value>) -> Value {
    let mut ids: Vec<u64> = ids.map(|id| text(id).parse().unwrap()).collect();
    ids.sort_unstable();
    ids.iter().map(u64::to_string).collect()
}

/// Reads a time such as `2024-03-01T00:00:00.123000+00:00`, always of Greenwich, in microseconds since 1970.
fn time(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return Value::Null };
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    // Days since the first of March of the year 0, so that a leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let seconds = number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);
    let micros = if text.as_bytes()[19] == b'.' { number(20, 26) } else { 0 };
    (((days - 719_468) * 86_400 + seconds) * 1_000_000 + micros).into()
}

#[test]
fn a_time_is_read_in_microseconds() {
    assert_eq!(time(&"1970-01-01T00:00:00+00:00".into()), 0);
    assert_eq!(time(&"2024-03-01T00:00:01.000002+00:00".into()), 1_709_251_201_000_002_i64);
}
