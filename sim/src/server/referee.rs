//! The rules a client's payloads must keep: pure functions from bytes to requests or refusals.

use gatewright_core::{ChannelId, CloseCode, GuildId, ShardId};
use serde_json::Value;

use super::target::Encoding;
use crate::etf::{self, EtfError};

/// The longest payload a client may send, in bytes.
///
/// Source: Discord documentation, *Sending Events*.
const MOST_BYTES: usize = 4_096;

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: CloseCode,
    pub(super) why: &'static str,
}

/// Refuses a payload whose shape does not fit its opcode.
const fn bad(why: &'static str) -> Refusal {
    Refusal { code: CloseCode::UNKNOWN_OPCODE, why }
}

const fn garbled(why: &'static str) -> Refusal {
    Refusal { code: CloseCode::DECODE_ERROR, why }
}

/// An opened envelope.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Payload {
    pub(super) op: u64,
    pub(super) d: Value,
    /// Whether it has keys that only servers send.
    pub(super) extra: bool,
    /// Whether it is JSON in a binary message.
    pub(super) binary: bool,
}

pub(super) fn open(encoding: Encoding, text: bool, data: &[u8]) -> Result<Payload, Refusal> {
    if encoding == Encoding::Etf && text {
        return Err(garbled("a text message though the encoding is etf"));
    }
    let binary = encoding == Encoding::Json && !text;
    if data.len() > MOST_BYTES {
        return Err(garbled("a payload over 4096 bytes"));
    }
    let value = match encoding {
        Encoding::Etf => etf::from_client(data).map_err(|error| garbled(no_term(error)))?,
        Encoding::Json => {
            serde_json::from_slice(data).map_err(|_| garbled("a payload that is not JSON"))?
        }
    };
    let Value::Object(mut object) = value else {
        return Err(garbled("a payload that is not an object"));
    };
    let op = object.get("op").and_then(Value::as_u64).ok_or(bad("a payload without an opcode"))?;
    let d = object.remove("d").unwrap_or(Value::Null);
    Ok(Payload { op, d, extra: object.len() > 1, binary })
}

const fn no_term(error: EtfError) -> &'static str {
    match error {
        EtfError::BadAtom => "a payload with an atom that is neither true nor false nor nil",
        EtfError::BadKey => "a payload with a key that is no binary",
        EtfError::Trailing => "a payload with bytes after its term",
        EtfError::BadList
        | EtfError::BadNumber
        | EtfError::BadText
        | EtfError::Incomplete
        | EtfError::TooDeep
        | EtfError::UnknownTag(_)
        | EtfError::Version => "a payload that is not ETF",
    }
}

/// Reads op 1: the sequence, if there is one.
pub(super) fn heartbeat(d: &Value) -> Result<Option<u64>, Refusal> {
    if d.is_null() {
        return Ok(None);
    }
    d.as_u64().map(Some).ok_or(bad("a heartbeat whose d is neither a sequence nor null"))
}

/// Op 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identify {
    pub(super) token: String,
    pub(super) compress: bool,
    pub(super) large_threshold: u32,
    pub(super) shard: Option<ShardId>,
    pub(super) intents: Option<u64>,
    /// Whether its presence has the shape of older API versions.
    pub(super) old_presence: bool,
}

pub(super) fn identify(d: &Value) -> Result<Identify, Refusal> {
    let token = token(d).ok_or(bad("an Identify without a token"))?;
    let properties = d.get("properties").ok_or(bad("an Identify without properties"))?;
    for key in ["os", "browser", "device"] {
        string(properties, key)
            .ok_or(bad("an Identify whose properties lack os, browser or device"))?;
    }
    let compress = match d.get("compress") {
        None => false,
        Some(value) => value.as_bool().ok_or(bad("an Identify whose compress is not a boolean"))?,
    };
    let presence = d.get("presence").filter(|presence| !presence.is_null());
    let old_presence = presence.is_some_and(is_old);
    presence.map_or(Ok(()), self::presence)?;
    let (large_threshold, shard) = (threshold(d)?, shard(d)?);
    let intents = d.get("intents").and_then(Value::as_u64);
    Ok(Identify { token, compress, large_threshold, shard, intents, old_presence })
}

fn threshold(d: &Value) -> Result<u32, Refusal> {
    let Some(value) = d.get("large_threshold") else {
        return Ok(50);
    };
    let value = value.as_u64().filter(|value| (50..=250).contains(value));
    let value = value.and_then(|value| u32::try_from(value).ok());
    value.ok_or(bad("an Identify whose large_threshold is not from 50 to 250"))
}

fn shard(d: &Value) -> Result<Option<ShardId>, Refusal> {
    let Some(value) = d.get("shard") else {
        return Ok(None);
    };
    let number = |value: &Value| value.as_u64().and_then(|value| u32::try_from(value).ok());
    let pair = match value.as_array().map(Vec::as_slice) {
        Some([id, count]) => number(id).zip(number(count)),
        _ => None,
    };
    let pair = pair.filter(|(id, count)| id < count).map(|(id, count)| ShardId::new(id, count));
    let refusal = Refusal {
        code: CloseCode::INVALID_SHARD,
        why: "an Identify whose shard is not a valid pair",
    };
    pair.map(Some).ok_or(refusal)
}

/// Op 6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resume {
    pub(super) token: String,
    pub(super) session_id: String,
    pub(super) seq: u64,
}

pub(super) fn resume(d: &Value) -> Result<Resume, Refusal> {
    let refusal = bad("a Resume without token, session_id and seq");
    Ok(Resume {
        token: token(d).ok_or(refusal)?,
        session_id: string(d, "session_id").ok_or(refusal)?,
        seq: d.get("seq").and_then(Value::as_u64).ok_or(refusal)?,
    })
}

/// Tells whether a presence is one of old, with one activity in `game`.
pub(super) fn is_old(presence: &Value) -> bool {
    presence.get("activities").is_none()
}

/// Checks op 3, and the presence of an Identify.
pub(super) fn presence(d: &Value) -> Result<(), Refusal> {
    let since = d
        .get("since")
        .is_some_and(|since| since.is_null() || since.as_f64().is_some_and(|since| since >= 0.0));
    let is_named = |activity: &Value| {
        string(activity, "name").is_some() && activity.get("type").is_some_and(Value::is_u64)
    };
    let named = match (d.get("activities"), d.get("game")) {
        (Some(Value::Array(list)), _) => list.iter().all(is_named),
        (None, Some(game)) => game.is_null() || is_named(game),
        (Some(_) | None, _) => false,
    };
    let status = d.get("status").and_then(Value::as_str);
    let status = status
        .is_some_and(|status| ["online", "dnd", "idle", "invisible", "offline"].contains(&status));
    let afk = d.get("afk").is_some_and(Value::is_boolean);
    let good = since && named && status && afk;
    if good {
        Ok(())
    } else {
        Err(bad("a presence without valid since, activities, status and afk"))
    }
}

/// Op 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Voice {
    pub(super) guild: GuildId,
    pub(super) channel: Option<ChannelId>,
    /// As it was where it does not say.
    pub(super) self_mute: Option<bool>,
    pub(super) self_deaf: Option<bool>,
}

pub(super) fn voice(d: &Value) -> Result<Voice, Refusal> {
    let refusal =
        bad("a voice state update without valid guild_id, channel_id, self_mute and self_deaf");
    let flag = |key: &str| d.get(key).map(|flag| flag.as_bool().ok_or(refusal)).transpose();
    let channel = d.get("channel_id").ok_or(refusal)?;
    let channel = match snowflake(channel).map(ChannelId) {
        None if !channel.is_null() => return Err(refusal),
        channel => channel,
    };
    let guild = GuildId(d.get("guild_id").and_then(snowflake).ok_or(refusal)?);
    Ok(Voice { guild, channel, self_mute: flag("self_mute")?, self_deaf: flag("self_deaf")? })
}

/// Which members op 8 asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Prefix { query: String, limit: u64 },
    Users(Vec<u64>),
}

/// Op 8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) guild: GuildId,
    pub(super) wanted: Wanted,
    pub(super) presences: bool,
    pub(super) nonce: Option<String>,
}

pub(super) fn members(d: &Value) -> Result<Members, Refusal> {
    let guild = d.get("guild_id").and_then(snowflake).map(GuildId);
    let guild = guild.ok_or(bad("a member request without one guild_id"))?;
    let wanted = match (d.get("query"), d.get("user_ids")) {
        (Some(_), None) => prefix(d).ok_or(bad("a member request whose query has no limit"))?,
        (None, Some(ids)) => users(ids).ok_or(bad("a member request whose user_ids are no ids"))?,
        _ => {
            return Err(bad("a member request without exactly one of query and user_ids"));
        }
    };
    let presences = match d.get("presences") {
        None => false,
        Some(value) => {
            value.as_bool().ok_or(bad("a member request whose presences is not a boolean"))?
        }
    };
    let nonce = match d.get("nonce") {
        None | Some(Value::Null) => None,
        Some(_) => {
            Some(string(d, "nonce").ok_or(bad("a member request whose nonce is not a string"))?)
        }
    };
    Ok(Members { guild, wanted, presences, nonce })
}

fn prefix(d: &Value) -> Option<Wanted> {
    Some(Wanted::Prefix { query: string(d, "query")?, limit: d.get("limit")?.as_u64()? })
}

fn users(ids: &Value) -> Option<Wanted> {
    let one = snowflake(ids).map(|id| vec![id]);
    one.or_else(|| ids.as_array()?.iter().map(snowflake).collect()).map(Wanted::Users)
}

/// Reads op 31.
pub(super) fn sounds(d: &Value) -> Result<Vec<GuildId>, Refusal> {
    let ids = d.get("guild_ids").and_then(Value::as_array);
    let ids = ids.and_then(|ids| ids.iter().map(|id| snowflake(id).map(GuildId)).collect());
    ids.ok_or(bad("a soundboard request without guild_ids"))
}

/// Op 43.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChannelInfo {
    pub(super) guild: GuildId,
    pub(super) status: bool,
    pub(super) start: bool,
    /// Whether it asks for a field nobody knows.
    pub(super) unknown: bool,
}

pub(super) fn channel_info(d: &Value) -> Result<ChannelInfo, Refusal> {
    let refusal = bad("a channel info request without guild_id and fields");
    let guild = GuildId(d.get("guild_id").and_then(snowflake).ok_or(refusal)?);
    let fields = d.get("fields").and_then(Value::as_array).ok_or(refusal)?;
    let fields =
        fields.iter().map(|field| field.as_str().ok_or(refusal)).collect::<Result<Vec<_>, _>>()?;
    let unknown = fields.iter().any(|field| !["status", "voice_start_time"].contains(field));
    Ok(ChannelInfo {
        guild,
        status: fields.contains(&"status"),
        start: fields.contains(&"voice_start_time"),
        unknown,
    })
}

/// Reads a token; the gateway takes it with and without the prefix that HTTP wants.
fn token(d: &Value) -> Option<String> {
    let token = d.get("token")?.as_str()?;
    Some(token.strip_prefix("Bot ").unwrap_or(token).to_owned())
}

fn string(object: &Value, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

fn snowflake(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> u16 {
        result.unwrap_err().code.0
    }

    #[test]
    fn what_cannot_be_decoded_is_4002_and_what_does_not_fit_is_4001() {
        for data in [&b"\xFF"[..], b"", b"{", b"[]", b"3", br#"{"op":1,"d":nope}"#] {
            assert_eq!(code(open(Encoding::Json, true, data)), 4002);
        }
        assert_eq!(code(open(Encoding::Etf, true, b"\x83t\0\0\0\0")), 4002);
        assert!(open(Encoding::Json, false, br#"{"op":1,"d":1}"#).unwrap().binary);
        assert!(!open(Encoding::Json, true, br#"{"op":1,"d":1}"#).unwrap().binary);
        for data in [r"{}", r#"{"op":"1"}"#, r#"{"op":-1}"#, r#"{"op":1.5}"#] {
            assert_eq!(code(open(Encoding::Json, true, data.as_bytes())), 4001, "{data}");
        }
    }

    #[test]
    fn exactly_4096_bytes_are_taken() {
        let fill = "x".repeat(4_096 - r#"{"op":3,"d":""}"#.len());
        let fits = json!({"op": 3, "d": fill}).to_string();
        assert_eq!(fits.len(), 4_096);
        assert!(open(Encoding::Json, true, fits.as_bytes()).is_ok());
        assert_eq!(code(open(Encoding::Json, true, format!("{fits} ").as_bytes())), 4002);
    }

    #[test]
    fn keys_that_only_servers_send_are_noticed() {
        assert!(
            open(Encoding::Json, true, br#"{"op":1,"d":null,"s":null,"t":null}"#).unwrap().extra
        );
        assert!(!open(Encoding::Json, true, br#"{"op":1,"d":null}"#).unwrap().extra);
    }

    #[test]
    fn heartbeats_carry_a_sequence_or_null() {
        assert_eq!(heartbeat(&json!(null)), Ok(None));
        assert_eq!(heartbeat(&json!(7)), Ok(Some(7)));
        for d in [json!(-1), json!(1.5), json!("7"), json!({}), json!(true)] {
            assert_eq!(code(heartbeat(&d)), 4001, "{d}");
        }
    }

    #[test]
    fn presences_need_all_four_keys() {
        let good = json!({"since": null, "activities": [{"name": "x", "type": 0}], "status": "idle", "afk": false});
        assert_eq!(presence(&good), Ok(()));
        for key in ["since", "activities", "status", "afk"] {
            let mut lacking = good.clone();
            lacking.as_object_mut().unwrap().remove(key);
            assert_eq!(code(presence(&lacking)), 4001, "{key}");
        }
        for (game, taken) in [
            (json!(null), true),
            (json!({"name": "x", "type": 0}), true),
            (json!({"name": "x"}), false),
            (json!([]), false),
        ] {
            let old = json!({"since": null, "game": game, "status": "idle", "afk": false});
            assert_eq!((presence(&old).is_ok(), is_old(&old)), (taken, true), "{game}");
        }
    }

    #[test]
    fn member_requests_name_one_guild_and_query_or_users() {
        let request = |d| members(&d);
        assert!(request(json!({"guild_id": "1", "query": "", "limit": 0})).is_ok());
        let one = request(json!({"guild_id": "1", "user_ids": "5"})).unwrap();
        assert_eq!(one.wanted, Wanted::Users(vec![5]));
        for d in [
            json!({"guild_id": ["1"], "query": "", "limit": 0}),
            json!({"guild_id": "1", "query": ""}),
            json!({"guild_id": "1"}),
            json!({"guild_id": "1", "query": "", "limit": 0, "user_ids": ["5"]}),
            json!({"guild_id": "1", "user_ids": ["x"]}),
            json!({"guild_id": "1", "query": "", "limit": 0, "nonce": 5}),
        ] {
            assert_eq!(code(members(&d)), 4001, "{d}");
        }
    }

    #[test]
    fn other_commands_need_their_fields() {
        assert!(
            voice(
                &json!({"guild_id": "1", "channel_id": null, "self_mute": false, "self_deaf": true})
            )
            .is_ok()
        );
        let unsaid = voice(&json!({"guild_id": "1", "channel_id": "2"})).unwrap();
        assert_eq!((unsaid.self_mute, unsaid.self_deaf), (None, None));
        for d in [
            json!({"guild_id": "1", "self_mute": false, "self_deaf": true}),
            json!({"guild_id": "1", "channel_id": null, "self_mute": null}),
        ] {
            assert_eq!(code(voice(&d)), 4001);
        }
        assert_eq!(sounds(&json!({"guild_ids": ["1", 2]})).unwrap(), [GuildId(1), GuildId(2)]);
        assert_eq!(code(sounds(&json!({"guild_ids": "1"}))), 4001);
        assert!(channel_info(&json!({"guild_id": "1", "fields": ["x"]})).unwrap().unknown);
        assert_eq!(code(channel_info(&json!({"guild_id": "1"}))), 4001);
    }
}
