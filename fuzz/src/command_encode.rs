//! Any commands, encoded.

use gatewright_core::decode::check;
use gatewright_core::{
    Activity, ChannelId, ChannelInfoFields, Command, CommandError, Encoding, GuildId, MAX_PAYLOAD,
    Members, PresenceStatus, RequestChannelInfo, RequestGuildMembers, RequestSoundboardSounds,
    UpdatePresence, UpdateVoiceState, UserId,
};
use gatewright_sim::from_etf;
use serde_json::{Map, Value, json};

use crate::source::Source;
use crate::value::{same, whole_zeros};

/// What a raw payload has beside its `d`, at most.
const AROUND_RAW: usize = r#"{"op":255,"d":}"#.len();

/// Any command is encoded as what it holds, in at most 4096 bytes, or refused for the reason that is documented.
///
/// The first byte chooses the encoding (lowest bit) and the command (three bits more); what it holds follows. What is
/// encoded reads back, by `serde_json` or the simulator's reader of ETF, as the value it was made from; it
/// fits into a buffer of its length and into none that is shorter; it is too long only if it is. A raw `d` is
/// taken if and only if `check` accepts it, and in ETF if its numbers are floats. Exceptions: a raw `-0` is an integer; in ETF a raw `d` may be too long for the sake of a member
/// that stands in it twice, which is sent twice.
pub fn command_encode(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let encoding = crate::envelope::encoding(setup);
    match setup >> 1 & 7 {
        0 | 4 => presence(&mut source, encoding),
        1 => voice(&mut source, encoding),
        2 | 6 => members(&mut source, encoding),
        5 => asked(&mut source, encoding),
        _ => raw(&mut source, encoding),
    }
}

fn presence(source: &mut Source<'_>, encoding: Encoding) {
    const STATUS: [(PresenceStatus, &str); 5] = [
        (PresenceStatus::Dnd, "dnd"),
        (PresenceStatus::Idle, "idle"),
        (PresenceStatus::Invisible, "invisible"),
        (PresenceStatus::Offline, "offline"),
        (PresenceStatus::Online, "online"),
    ];
    let (status, status_name) = source.pick(&STATUS);
    let since = source.chance().then(|| source.chance().then(|| source.number()));
    let afk = source.chance().then(|| source.chance());
    let count = source.below(5);
    let drawn: Vec<Doing> = (0..count).map(|_| Doing::draw(source)).collect();
    let activities: Vec<Activity<'_>> = drawn.iter().map(Doing::activity).collect();
    let acts = source.chance();
    let status = source.chance().then_some(status);
    let command = Command::UpdatePresence(UpdatePresence {
        since,
        activities: acts.then_some(&activities),
        status,
        afk,
    });
    let mut d = json!({});
    let activities: Vec<Value> = drawn.iter().map(Doing::value).collect();
    for (key, value) in [
        ("since", since.map(|since| json!(since))),
        ("activities", acts.then(|| json!(activities))),
        ("status", status.map(|_| json!(status_name))),
        ("afk", afk.map(|afk| json!(afk))),
    ] {
        if let Some(value) = value {
            d[key] = value;
        }
    }
    encodes(&command, encoding, &json!({"op": 3, "d": d}));
}

/// What an activity is made from.
struct Doing {
    name: String,
    kind: u8,
    state: Option<String>,
    url: Option<String>,
}

impl Doing {
    fn draw(source: &mut Source<'_>) -> Self {
        Self {
            name: long(source),
            kind: source.byte(),
            state: source.chance().then(|| long(source)),
            url: source.chance().then(|| long(source)),
        }
    }

    fn activity(&self) -> Activity<'_> {
        let Self { name, kind, state, url } = self;
        Activity { name, kind: *kind, state: state.as_deref(), url: url.as_deref() }
    }

    fn value(&self) -> Value {
        let mut value = Map::new();
        value.insert("name".to_owned(), self.name.clone().into());
        value.insert("type".to_owned(), self.kind.into());
        let optional = [("state", &self.state), ("url", &self.url)];
        for (name, text) in optional {
            text.iter().for_each(|text| drop(value.insert(name.to_owned(), text.clone().into())));
        }
        value.into()
    }
}

/// Draws a text, now and then one of some thousand bytes.
fn long(source: &mut Source<'_>) -> String {
    let times = match source.byte() {
        0..224 => 1,
        more @ 224.. => usize::from(more - 224),
    };
    source.text(255).repeat(times)
}

fn voice(source: &mut Source<'_>, encoding: Encoding) {
    let guild = source.number();
    let channel = source.chance().then(|| source.number());
    let flags: [Option<bool>; 2] = [(); 2].map(|()| source.pick(&[Some(false), Some(true), None]));
    let [self_mute, self_deaf] = flags;
    let command = Command::UpdateVoiceState(UpdateVoiceState {
        guild_id: GuildId(guild),
        channel_id: channel.map(ChannelId),
        self_mute,
        self_deaf,
    });
    let channel = channel.map(|id| id.to_string());
    let mut d = json!({"guild_id": guild.to_string(), "channel_id": channel});
    for (name, flag) in ["self_mute", "self_deaf"].into_iter().zip(flags) {
        flag.iter().for_each(|flag| d[name] = (*flag).into());
    }
    encodes(&command, encoding, &json!({"op": 4, "d": d}));
}

/// A request for sounds or for channel info.
fn asked(source: &mut Source<'_>, encoding: Encoding) {
    if source.chance() {
        let count = source.below(300);
        let guilds: Vec<GuildId> = (0..count).map(|_| GuildId(source.number())).collect();
        let ids: Vec<String> = guilds.iter().map(|id| id.0.to_string()).collect();
        let request = RequestSoundboardSounds { guild_ids: &guilds };
        let command = Command::RequestSoundboardSounds(request);
        return encodes(&command, encoding, &json!({"op": 31, "d": {"guild_ids": ids}}));
    }
    let (guild, fields) = (source.number(), ChannelInfoFields::from_bits_truncate(source.byte()));
    let command =
        Command::RequestChannelInfo(RequestChannelInfo { guild_id: GuildId(guild), fields });
    let named = [
        (ChannelInfoFields::STATUS, "status"),
        (ChannelInfoFields::VOICE_START_TIME, "voice_start_time"),
    ];
    let named = named.iter().filter(|(field, _)| fields.contains(*field));
    let names: Vec<&str> = named.map(|(_, name)| *name).collect();
    let d = json!({"guild_id": guild.to_string(), "fields": names});
    encodes(&command, encoding, &json!({"op": 43, "d": d}));
}

fn members(source: &mut Source<'_>, encoding: Encoding) {
    let (guild, presences) = (source.number(), source.chance());
    let (which, prefix, limit) = (source.byte(), long(source), source.number());
    let nonce = source.chance().then(|| long(source));
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let count = source.below(300);
    let users: Vec<UserId> = (0..count).map(|_| UserId(source.number())).collect();
    let mut d = json!({"guild_id": guild.to_string(), "presences": presences});
    let members = match which % 3 {
        0 => {
            (d["query"], d["limit"]) = ("".into(), 0.into());
            Members::All
        }
        1 => {
            (d["query"], d["limit"]) = (prefix.clone().into(), limit.into());
            Members::Named { prefix: &prefix, limit }
        }
        _ => {
            d["user_ids"] = users.iter().map(|id| id.0.to_string()).collect();
            Members::Users(&users)
        }
    };
    nonce.iter().for_each(|nonce| d["nonce"] = nonce.clone().into());
    let nonce = nonce.as_deref();
    let request = RequestGuildMembers { guild_id: GuildId(guild), members, presences, nonce };
    encodes(&Command::RequestGuildMembers(request), encoding, &json!({"op": 8, "d": d}));
}

/// A command of the documented kinds is encoded, unless it is too long.
fn encodes(command: &Command<'_>, encoding: Encoding, expected: &Value) {
    let mut out = [0; 2 * MAX_PAYLOAD];
    let len = match command.encode(encoding, &mut out) {
        Ok(len) => len,
        Err(error) => {
            assert_eq!(error, CommandError::TooLong);
            return assert!(most_bytes(expected, encoding) > MAX_PAYLOAD, "{expected}");
        }
    };
    assert!(len <= MAX_PAYLOAD, "{len} bytes");
    let read = read(encoding, &out[..len]).expect("what is encoded can be read");
    assert!(same(&read, expected), "{read} {expected}");
    let mut exact = vec![0; len];
    assert_eq!(command.encode(encoding, &mut exact), Ok(len));
    assert_eq!(exact, out[..len]);
    assert_eq!(command.encode(encoding, &mut exact[1..]), Err(CommandError::TooLong));
}

fn read(encoding: Encoding, bytes: &[u8]) -> Option<Value> {
    match encoding {
        Encoding::Json => serde_json::from_slice(bytes).ok(),
        _ => from_etf(bytes).ok(),
    }
}

/// Returns how many bytes a value takes at most.
fn most_bytes(value: &Value, encoding: Encoding) -> usize {
    let text = |text: &str| match encoding {
        // Quotes, and up to six bytes for a character below the space.
        Encoding::Json => {
            2 + text
                .chars()
                .map(|char| {
                    if char < ' ' {
                        6
                    } else if matches!(char, '"' | '\\' | '\u{7f}') {
                        2
                    } else {
                        char.len_utf8()
                    }
                })
                .sum::<usize>()
        }
        _ => 5 + text.len(),
    };
    match value {
        Value::Null | Value::Bool(_) => 7,
        Value::Number(number) => number.to_string().len().max(11),
        Value::String(string) => text(string),
        Value::Array(items) => {
            6 + items.iter().map(|item| 1 + most_bytes(item, encoding)).sum::<usize>()
        }
        Value::Object(members) => {
            let members = members.iter();
            5 + members
                .map(|(name, value)| 2 + text(name) + most_bytes(value, encoding))
                .sum::<usize>()
        }
    }
}

fn raw(source: &mut Source<'_>, encoding: Encoding) {
    let op = source.byte();
    let d = String::from_utf8_lossy(source.rest());
    let mut out = [0; 2 * MAX_PAYLOAD];
    let encoded = Command::Raw { op, d: &d }.encode(encoding, &mut out);
    let reserved = matches!(op, 1 | 2 | 6);
    assert_eq!(encoded == Err(CommandError::ReservedOp), reserved, "{op}");
    assert_eq!(encoded == Err(CommandError::NotJson), check(d.as_bytes()).is_err() && !reserved);
    let theirs = serde_json::from_str::<Value>(&d).ok().map(|d| json!({"op": op, "d": d}));
    match encoded {
        Ok(len) => {
            assert!(len <= MAX_PAYLOAD);
            if let Some(theirs) = theirs {
                let ours = read(encoding, &out[..len]).expect("what is encoded can be read");
                assert!(same(&whole_zeros(ours), &whole_zeros(theirs)), "{d}");
            }
        }
        // A key that stands twice, half a character, or a number of more digits than ETF has.
        Err(CommandError::NotEtf) => {
            let odd = theirs.is_none() || d.contains('"') || d.len() > 18;
            assert!(encoding == Encoding::Etf && odd, "{d}");
        }
        Err(CommandError::TooLong) if encoding == Encoding::Json => {
            assert!(d.len() + AROUND_RAW > MAX_PAYLOAD, "{d}");
        }
        Err(CommandError::TooLong) => {
            let most = theirs.map_or(usize::MAX, |value| most_bytes(&value, encoding));
            assert!(most > MAX_PAYLOAD || d.contains('"'), "{d}");
        }
        Err(CommandError::NotJson | CommandError::ReservedOp) => {}
        Err(error) => panic!("{error}"),
    }
}
