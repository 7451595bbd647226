//! Payloads to JSON or ETF: pure functions from values to bytes, `None` where they do not fit.

mod writer;

use serde::{Serialize, Serializer};

use crate::command::{CommandError, MAX_PAYLOAD, Parts};
use crate::config::Config;
use crate::decode::{self, Cursor};
use crate::{ChannelId, Compression, Encoding, GuildId};

pub(crate) use writer::{Encoded, to_slice};

/// An envelope as a client sends it: `op` and `d` only.
#[derive(Serialize)]
struct Payload<D> {
    op: u8,
    d: D,
}

/// Encodes `{"op":…,"d":…}`.
pub(crate) fn payload(
    encoding: Encoding,
    op: u8,
    d: impl Serialize,
    out: &mut [u8],
) -> Option<usize> {
    to_slice(encoding, &Payload { op, d }, out)
}

/// Encodes opcode 1: `d` is the latest sequence number, or null.
pub(crate) fn heartbeat(encoding: Encoding, seq: Option<u64>, out: &mut [u8]) -> Option<usize> {
    payload(encoding, 1, seq, out)
}

/// Encodes opcode 6.
pub(crate) fn resume(
    config: &Config<'_>,
    session_id: &str,
    seq: u64,
    out: &mut [u8],
) -> Option<usize> {
    #[derive(Serialize)]
    struct Resume<'r> {
        token: &'r str,
        session_id: &'r str,
        seq: u64,
    }
    let token = config.token.reveal();
    payload(config.encoding, 6, Resume { token, session_id, seq }, out)
}

/// Encodes opcode 2, in at most 4096 bytes.
pub(crate) fn identify(
    config: &Config<'_>,
    presence: Option<Parts<'_>>,
    compression: Compression,
    out: &mut [u8],
) -> Option<usize> {
    #[derive(Serialize)]
    struct Properties<'i> {
        os: &'i str,
        browser: &'i str,
        device: &'i str,
    }
    #[derive(Serialize)]
    struct Identify<'i> {
        token: &'i str,
        properties: Properties<'i>,
        compress: bool,
        large_threshold: u8,
        shard: [u32; 2],
        #[serde(skip_serializing_if = "Option::is_none")]
        presence: Option<Parts<'i>>,
        intents: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        capabilities: Option<u64>,
    }
    let properties = Properties {
        os: &config.properties.os,
        browser: &config.properties.browser,
        device: &config.properties.device,
    };
    let identify = Identify {
        token: config.token.reveal(),
        properties,
        compress: compression == Compression::Zlib,
        large_threshold: config.large_threshold,
        shard: [config.shard.id, config.shard.count],
        presence,
        intents: config.intents.bits(),
        capabilities: config.capabilities,
    };
    let room = out.len().min(MAX_PAYLOAD);
    payload(config.encoding, 2, identify, out.get_mut(..room)?)
}

/// Encodes a raw payload whose `d` is JSON text already.
pub(crate) fn raw(
    encoding: Encoding,
    op: u8,
    d: &str,
    out: &mut [u8],
) -> Result<usize, CommandError> {
    if matches!(op, 1 | 2 | 6) {
        return Err(CommandError::ReservedOp);
    }
    decode::check(d.as_bytes()).map_err(|_| CommandError::NotJson)?;
    let cursor = Cursor::trusted(Encoding::Json, d.as_bytes());
    if encoding == Encoding::Etf {
        if !decode::has_a_term(cursor) {
            return Err(CommandError::NotEtf);
        }
        let value = { cursor }.raw().map_err(|_| CommandError::NotJson)?;
        return payload(encoding, op, value, out).ok_or(CommandError::TooLong);
    }
    payload(encoding, op, Encoded(d.as_bytes()), out).ok_or(CommandError::TooLong)
}

/// Writes a snowflake as text, which is how ids are sent.
pub(crate) struct Text(pub(crate) u64);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Writes a list of snowflakes.
pub(crate) struct Ids<I>(pub(crate) I);

impl<I: ExactSizeIterator<Item = u64> + Clone> Serialize for Ids<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone().map(Text))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn id<S: Serializer>(id: &GuildId, serializer: S) -> Result<S::Ok, S::Error> {
    Text(id.0).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde's signature")]
pub(crate) fn optional_id<S: Serializer>(
    id: &Option<ChannelId>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    id.map(|id| Text(id.0)).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use heapless::String;

    use super::*;
    use crate::command::{
        Activity, ChannelInfoFields, Command, Members, Presence, RequestChannelInfo,
        RequestGuildMembers, RequestSoundboardSounds, UpdateVoiceState,
    };
    use crate::{Intents, PresenceStatus, ShardId, UserId};

    fn text(encode: impl FnOnce(&mut [u8]) -> Option<usize>) -> String<MAX_PAYLOAD> {
        let mut out = [0; MAX_PAYLOAD];
        let len = encode(&mut out).unwrap();
        core::str::from_utf8(&out[..len]).unwrap().try_into().unwrap()
    }

    fn command(command: Command<'_>) -> String<MAX_PAYLOAD> {
        text(|out| command.encode(Encoding::Json, out).ok())
    }

    #[test]
    fn heartbeats_carry_a_bare_sequence_or_null() {
        assert_eq!(text(|out| heartbeat(Encoding::Json, Some(251), out)), r#"{"op":1,"d":251}"#);
        assert_eq!(text(|out| heartbeat(Encoding::Json, None, out)), r#"{"op":1,"d":null}"#);
    }

    #[test]
    fn resume_names_its_sequence_seq() {
        let config = Config::new("t", Intents::GUILDS);
        let expected = r#"{"op":6,"d":{"token":"t","session_id":"s","seq":7}}"#;
        assert_eq!(text(|out| resume(&config, "s", 7, out)), expected);
    }

    #[test]
    fn identify_holds_every_documented_field() {
        let mut config = Config::new("t", Intents::GUILDS).shard(ShardId::new(1, 4));
        let bare = text(|out| identify(&config, None, Compression::ZlibStream, out));
        assert!(
            bare.contains(r#""compress":false,"large_threshold":250,"shard":[1,4],"intents":1}"#)
        );
        config = config.capabilities(1 << 15);
        let presence = Some(Parts::default());
        let full = text(|out| identify(&config, presence, Compression::Zlib, out));
        for part in [
            r#""token":"t""#,
            r#""properties":{"os":"#,
            r#""compress":true"#,
            r#""presence":{"since":null,"activities":[],"status":"online","afk":false}"#,
            r#""capabilities":32768"#,
        ] {
            assert!(full.contains(part), "{part} in {full}");
        }
    }

    #[test]
    fn commands_are_encoded_as_documented() {
        let activity = Activity { name: "a \"b\"\n", kind: 4, state: Some("é"), url: None };
        let activities = [activity];
        let presence = Presence {
            activities: &activities,
            status: PresenceStatus::Dnd,
            ..Presence::default()
        };
        assert_eq!(
            command(Command::UpdatePresence(presence.into())),
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[{\"name\":\"a \\\"b\\\"\\n\",\"type\":4,\"state\":\"é\"}],\"status\":\"dnd\",\"afk\":false}}"
        );
        let voice = UpdateVoiceState {
            guild_id: GuildId(5),
            channel_id: None,
            self_mute: Some(false),
            self_deaf: Some(true),
        };
        assert_eq!(
            command(Command::UpdateVoiceState(voice)),
            r#"{"op":4,"d":{"guild_id":"5","channel_id":null,"self_mute":false,"self_deaf":true}}"#
        );
        let unsaid = UpdateVoiceState { self_mute: None, self_deaf: None, ..voice };
        assert_eq!(
            command(Command::UpdateVoiceState(unsaid)),
            r#"{"op":4,"d":{"guild_id":"5","channel_id":null}}"#
        );
        let guild_ids = [GuildId(1), GuildId(2)];
        let sounds = RequestSoundboardSounds { guild_ids: &guild_ids };
        assert_eq!(
            command(Command::RequestSoundboardSounds(sounds)),
            r#"{"op":31,"d":{"guild_ids":["1","2"]}}"#
        );
        for (fields, expected) in [
            (ChannelInfoFields::all(), r#"["status","voice_start_time"]"#),
            (ChannelInfoFields::VOICE_START_TIME, r#"["voice_start_time"]"#),
        ] {
            let info = RequestChannelInfo { guild_id: GuildId(3), fields };
            assert_eq!(
                command(Command::RequestChannelInfo(info)),
                format!(r#"{{"op":43,"d":{{"guild_id":"3","fields":{expected}}}}}"#).as_str()
            );
        }
    }

    #[test]
    fn member_requests_have_a_query_or_users() {
        let users = [UserId(1), UserId(u64::MAX)];
        for (members, nonce, expected) in [
            (Members::All, None, r#""query":"","limit":0,"presences":true"#),
            (
                Members::Named { prefix: "a", limit: 3 },
                None,
                r#""query":"a","limit":3,"presences":true"#,
            ),
            (
                Members::Users(&users),
                Some("n"),
                r#""user_ids":["1","18446744073709551615"],"presences":true,"nonce":"n""#,
            ),
        ] {
            let request =
                RequestGuildMembers { guild_id: GuildId(9), members, presences: true, nonce };
            let encoded = command(Command::RequestGuildMembers(request));
            assert!(encoded.starts_with(r#"{"op":8,"d":{"guild_id":"9","#), "{encoded}");
            assert!(encoded.contains(expected), "{encoded}");
        }
    }

    #[test]
    fn raw_payloads_that_are_not_one_value_are_refused() {
        let encode = |op, d| Command::Raw { op, d }.encode(Encoding::Json, &mut [0; MAX_PAYLOAD]);
        assert_eq!(
            command(Command::Raw { op: 43, d: "{\"a\":[1]}" }),
            r#"{"op":43,"d":{"a":[1]}}"#
        );
        assert!(encode(3, " null ").is_ok());
        for op in [1, 2, 6] {
            assert_eq!(encode(op, "null"), Err(CommandError::ReservedOp));
        }
        for d in ["", "{", "}", "1,\"op\":2", "{}},{", "nul", "{}x"] {
            assert_eq!(encode(3, d), Err(CommandError::NotJson), "{d}");
        }
    }

    fn etf(encode: impl FnOnce(&mut [u8]) -> Option<usize>) -> std::vec::Vec<u8> {
        let mut out = [0; MAX_PAYLOAD];
        let len = encode(&mut out).unwrap();
        out[..len].to_vec()
    }

    #[test]
    fn heartbeats_in_etf_are_these_bytes() {
        let beat = |seq| etf(|out| heartbeat(Encoding::Etf, seq, out));
        assert_eq!(beat(Some(251)), b"\x83t\0\0\0\x02m\0\0\0\x02opa\x01m\0\0\0\x01da\xFB");
        assert_eq!(beat(None), b"\x83t\0\0\0\x02m\0\0\0\x02opa\x01m\0\0\0\x01ds\x03nil");
    }

    #[test]
    fn identify_in_etf_counts_the_fields_that_are_there() {
        let config = Config::new("t", Intents::GUILDS).encoding(Encoding::Etf);
        let bare = etf(|out| identify(&config, None, Compression::ZlibStream, out));
        assert!(bare.starts_with(b"\x83t\0\0\0\x02m\0\0\0\x02opa\x02m\0\0\0\x01dt\0\0\0\x06"));
        let holds = |part: &[u8]| bare.windows(part.len()).any(|window| window == part);
        assert!(holds(b"m\0\0\0\x08compresss\x05false"));
        assert!(holds(b"m\0\0\0\x05shardl\0\0\0\x02a\0a\x01j"));
        let config = config.capabilities(1 << 40);
        let full = etf(|out| identify(&config, None, Compression::None, out));
        assert!(full.ends_with(b"m\0\0\0\x0Ccapabilitiesn\x06\0\0\0\0\0\0\x01"));
    }

    #[test]
    fn commands_in_etf_name_snowflakes_as_text() {
        let users = [UserId(7)];
        let request = RequestGuildMembers {
            guild_id: GuildId(9),
            members: Members::Users(&users),
            presences: false,
            nonce: None,
        };
        let request = Command::RequestGuildMembers(request);
        let encoded = etf(|out| request.encode(Encoding::Etf, out).ok());
        let expected = b"\x83t\0\0\0\x02m\0\0\0\x02opa\x08m\0\0\0\x01dt\0\0\0\x03\
            m\0\0\0\x08guild_idm\0\0\0\x019\
            m\0\0\0\x08user_idsl\0\0\0\x01m\0\0\0\x017j\
            m\0\0\0\x09presencess\x05false";
        assert_eq!(encoded, expected);
    }

    #[test]
    fn raw_payloads_are_sent_as_the_term_of_the_same_value() {
        let raw = Command::Raw { op: 43, d: r#" {"a":[1,-300,1.5,[]],"b":"\u00e9","c":null} "# };
        let encoded = etf(|out| raw.encode(Encoding::Etf, out).ok());
        let expected = b"\x83t\0\0\0\x02m\0\0\0\x02opa\x2bm\0\0\0\x01dt\0\0\0\x03\
            m\0\0\0\x01al\0\0\0\x04a\x01b\xff\xff\xfe\xd4F\x3f\xf8\0\0\0\0\0\0jj\
            m\0\0\0\x01bm\0\0\0\x02\xc3\xa9m\0\0\0\x01cs\x03nil";
        assert_eq!(encoded, expected);
        let mut out = [0; 99];
        for d in ["1e999", "18446744073709551616", r#"{"a":1,"b":{},"\u0061":2}"#, r#"["\ud800"]"#]
        {
            let beyond = Command::Raw { op: 43, d };
            assert_eq!(beyond.encode(Encoding::Etf, &mut out), Err(CommandError::NotEtf), "{d}");
            assert!(beyond.encode(Encoding::Json, &mut out).is_ok());
        }
    }

    #[test]
    fn nothing_over_4096_bytes_is_encoded_in_etf() {
        let state = "x".repeat(MAX_PAYLOAD);
        let encode = |len: usize| {
            let activity = Activity { name: "n", kind: 4, state: Some(&state[..len]), url: None };
            let presence = Presence { activities: &[activity], ..Presence::default() };
            Command::UpdatePresence(presence.into())
                .encode(Encoding::Etf, &mut [0; 2 * MAX_PAYLOAD])
        };
        let around = encode(0).unwrap();
        assert_eq!(encode(MAX_PAYLOAD - around), Ok(MAX_PAYLOAD));
        assert_eq!(encode(MAX_PAYLOAD - around + 1), Err(CommandError::TooLong));
    }

    /// Trap 25: a command over 4096 bytes.
    #[test]
    fn nothing_over_4096_bytes_is_encoded() {
        let fits = format!("\"{}\"", "x".repeat(MAX_PAYLOAD - 16));
        let encode =
            |d: &str| Command::Raw { op: 99, d }.encode(Encoding::Json, &mut [0; 2 * MAX_PAYLOAD]);
        assert_eq!(encode(&fits), Ok(MAX_PAYLOAD));
        assert_eq!(encode(&format!(" {fits}")), Err(CommandError::TooLong));
        let state = "x".repeat(MAX_PAYLOAD);
        let activities = [Activity { name: "n", kind: 4, state: Some(&state), url: None }];
        let presence = Presence { activities: &activities, ..Presence::default() };
        let refused = Command::UpdatePresence(presence.into())
            .encode(Encoding::Json, &mut [0; 2 * MAX_PAYLOAD]);
        assert_eq!(refused, Err(CommandError::TooLong));
    }
}
