//! Events decoded as they come through every encoding and compression: as typed events, as types of
//! one's own, and as another library's.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use gatewright_core::decode::{DeserializeError, Deserializer, Expected, check};
use gatewright_core::model;
use gatewright_core::{
    ChannelInfoFields, Command, Compression, Dispatch, Encoding, Event, EventKind, GuildId,
    Intents, Members, Memory, OwnedEvent, Phase, Presence, PresenceStatus, RequestChannelInfo,
    RequestGuildMembers, RequestSoundboardSounds, Shard, UpdateVoiceState,
};
use gatewright_sim::{Dialect, Options, World, WorldSize, to_etf};
use gatewright_tests::{Pair, pairs};
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, de};
use serde_json::Value;
use twilight_model::gateway::event::{DispatchEvent, DispatchEventWithTypeDeserializer};
use twilight_model::gateway::payload::incoming;

const DIALECTS: [Dialect; 2] = [Dialect::Old, Dialect::New { seed: 1 }];

/// A client and a gateway of a small world, live.
fn live(encoding: Encoding, compression: Compression, dialect: Dialect, rate: u32) -> Pair {
    let config = Pair::config(Intents::DOCUMENTED).encoding(encoding);
    let shard = Shard::new(config, 1, Memory::heap(compression)).unwrap();
    let dialect = Some(dialect);
    let options = Options { seed: 5, rate, guilds: 3, members: 40, dialect, ..Options::default() };
    let mut pair = Pair::new(shard, options);
    pair.keep = true;
    pair.run_until(|pair| pair.shard.status().phase == Phase::Live);
    pair
}

/// Collects the dispatches of a session in which everything is asked for that can be.
fn session(encoding: Encoding, compression: Compression, dialect: Dialect) -> Vec<OwnedEvent> {
    let mut pair = live(encoding, compression, dialect, 40);
    let guild = &pair.server.world().guilds()[0];
    let voice = guild.channels.iter().find(|channel| channel.is_voice()).map(|channel| channel.id);
    let guild_id = guild.id;
    pair.run_for(Duration::from_secs(5));
    let guild_ids = [guild_id];
    let sounds = RequestSoundboardSounds { guild_ids: &guild_ids };
    let channels = RequestChannelInfo { guild_id, fields: ChannelInfoFields::all() };
    let members = RequestGuildMembers {
        guild_id,
        members: Members::All,
        presences: true,
        nonce: Some("nonce"),
    };
    let again = format!(r#"{{"guild_id":"{guild_id}","query":"","limit":0,"nonce":"nonce"}}"#);
    let named = Members::Named { prefix: "a", limit: 5 };
    let join =
        UpdateVoiceState { guild_id, channel_id: voice, self_mute: Some(true), self_deaf: None };
    let presence =
        Presence { since: None, activities: &[], status: PresenceStatus::Idle, afk: false };
    for command in [
        Command::RequestGuildMembers(members),
        // Too soon, and the shard would wait: the answer is RATE_LIMITED.
        Command::Raw { op: 8, d: &again },
        Command::RequestGuildMembers(RequestGuildMembers { members: named, ..members }),
        Command::UpdateVoiceState(join),
        Command::UpdatePresence(presence.into()),
        Command::RequestSoundboardSounds(sounds),
        Command::RequestChannelInfo(channels),
    ] {
        pair.command(&command).unwrap();
    }
    pair.run_for(Duration::from_secs(15));
    let complaints = pair.server.stats().complaints;
    assert_eq!(complaints, 0, "{encoding} {compression} {:?}", pair.server.journal());
    assert_eq!(pair.shard.status().counters.undecoded, 0, "{encoding} {compression}");
    pair.kept
}

fn dispatch(event: &OwnedEvent) -> Dispatch<'_> {
    match event.event() {
        Event::Dispatch(dispatch) => dispatch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_encoding_compression_and_dialect_tells_the_same_typed_events() {
    let plain = session(Encoding::Json, Compression::None, Dialect::Old);
    let kinds: BTreeSet<_> = plain.iter().map(|event| dispatch(event).name().to_owned()).collect();
    assert!(plain.len() > 600, "{}", plain.len());
    for kind in [
        "READY",
        "GUILD_CREATE",
        "MESSAGE_CREATE",
        "PRESENCE_UPDATE",
        "INTERACTION_CREATE",
        "GUILD_MEMBERS_CHUNK",
        "RATE_LIMITED",
        "VOICE_STATE_UPDATE",
        "VOICE_SERVER_UPDATE",
        "SOUNDBOARD_SOUNDS",
        "CHANNEL_INFO",
    ] {
        assert!(kinds.contains(kind), "{kind} in {kinds:?}");
    }
    let plain = &plain;
    thread::scope(|scope| {
        for (encoding, compression) in pairs().skip(1) {
            scope.spawn(move || {
                let dialects = if encoding == Encoding::Json { &DIALECTS[..1] } else { &DIALECTS };
                for dialect in dialects {
                    let twins = session(encoding, compression, *dialect);
                    assert_eq!(twins.len(), plain.len(), "{encoding} {compression} {dialect:?}");
                    for (one, twin) in plain.iter().zip(&twins) {
                        assert_same(&dispatch(one), &dispatch(twin));
                    }
                }
            });
        }
    });
}

/// Makes sure that two dispatches tell the same, and that all of it decodes.
fn assert_same(one: &Dispatch<'_>, twin: &Dispatch<'_>) {
    let what = format!("{} {:?} {}", one.name(), one.seq(), twin.encoding());
    assert_eq!((one.name(), one.seq()), (twin.name(), twin.seq()), "{what}");
    let (payload, other) = (one.payload().unwrap(), twin.payload().unwrap());
    assert!(payload == other, "{what}\n{payload:#?}\n{other:#?}");
    let ids =
        |dispatch: &Dispatch<'_>| (dispatch.guild_id(), dispatch.channel_id(), dispatch.user_id());
    assert_eq!(ids(one), ids(twin), "{what}");
    if twin.encoding() == Encoding::Json {
        check(twin.data()).unwrap();
    }
}

/// Lists events of a world as JSON, some of each kind it makes.
fn world() -> Vec<(&'static str, String)> {
    let mut world = World::new(9, WorldSize { guilds: 4, members: 60, large_guilds: 0 });
    let mut events = vec![("READY", world.ready("0123456789abcdef", "ws://sim.example", None))];
    let guilds: Vec<GuildId> = world.guilds().iter().map(|guild| guild.id).collect();
    events.extend(guilds.iter().map(|id| ("GUILD_CREATE", world.guild_create(*id).unwrap())));
    let mut counts = std::collections::BTreeMap::<_, usize>::new();
    for _ in 0..30_000 {
        let event = world.next_event().unwrap();
        let count = counts.entry(event.kind).or_default();
        *count += 1;
        if *count <= 25 {
            events.push((event.kind, event.d));
        }
    }
    assert!(counts.len() >= 33, "{counts:?}");
    events
}

/// Makes the dispatches of an event: in JSON, and in each dialect of ETF.
fn dispatches(name: &str, json: &str, mut take: impl FnMut(&Dispatch<'_>)) {
    take(&Dispatch::new(name, Some(1), Encoding::Json, json.as_bytes()).unwrap());
    for dialect in DIALECTS {
        let etf = to_etf(json, dialect);
        take(&Dispatch::new(name, Some(1), Encoding::Etf, &etf[1..]).unwrap());
    }
}

#[test]
fn every_kind_the_world_makes_is_the_same_event_in_both_encodings() {
    for (name, json) in world() {
        let plain = Dispatch::new(name, Some(1), Encoding::Json, json.as_bytes()).unwrap();
        dispatches(name, &json, |twin| assert_same(&plain, twin));
        let shown = format!("{:?}", plain.payload().unwrap());
        for sign in ["Err(", "<expected "] {
            assert!(!shown.contains(sign), "{name} {shown}");
        }
    }
}

/// Deserializes what a library types by the name of the event.
fn by_name<'e>(dispatch: &Dispatch<'e>) -> Result<DispatchEvent, DeserializeError> {
    let mut scratch = [0; 256];
    let mut deserializer = Deserializer::new(dispatch.cursor(), &mut scratch);
    let event =
        DispatchEventWithTypeDeserializer::new(dispatch.name()).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(event)
}

/// Takes the ids of activities' emojis out: twilight-model holds them as texts, and in one dialect they are
/// integers.
fn without_emoji_ids(json: &str) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(members) => {
                let activities = members.get_mut("activities").and_then(Value::as_array_mut);
                for activity in activities.into_iter().flatten() {
                    if let Some(emoji) = activity["emoji"].as_object_mut() {
                        emoji.remove("id");
                    }
                }
                members.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut value = serde_json::from_str(json).unwrap();
    strip(&mut value);
    value.to_string()
}

/// The types of twilight-model, which read the JSON of the gateway elsewhere.
#[test]
fn another_librarys_types_read_both_encodings_as_they_read_json() {
    let (mut read, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for (name, json) in world() {
        let json = without_emoji_ids(&json);
        let mut reader = serde_json::Deserializer::from_str(&json);
        let seed = DispatchEventWithTypeDeserializer::new(name);
        let Ok(expected) = seed.deserialize(&mut reader) else {
            refused.insert(name);
            continue;
        };
        read.insert(name);
        dispatches(name, &json, |dispatch| match by_name(dispatch) {
            Ok(event) => assert_eq!(event, expected, "{name} {}", dispatch.encoding()),
            Err(error) => panic!("{name} {} {error}\n{json}", dispatch.encoding()),
        });
    }
    let unknown = ["GUILD_APPLICATION_COMMAND_INDEX_UPDATE", "VOICE_CHANNEL_STATUS_UPDATE"];
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), unknown);
    assert!(read.len() > 30, "{read:?}");
}

/// Makes sure that a type reads a dispatch as serde_json reads its twin in JSON.
fn assert_reads<T>(json: &Dispatch<'_>, twin: &Dispatch<'_>)
where
    T: DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let expected: T = serde_json::from_slice(json.data()).unwrap();
    // Without and with room for texts with escapes.
    for room in [0, 4_096] {
        let read = twin.deserialize::<T>(&mut vec![0; room]);
        let read = read.unwrap_or_else(|error| panic!("{error} {} {twin:?}", twin.encoding()));
        assert_eq!(read, expected, "{twin:?}");
    }
}

type Reader = fn(&Dispatch<'_>, &Dispatch<'_>);

const READERS: [(EventKind, Reader); 6] = [
    (EventKind::Ready, assert_reads::<incoming::Ready>),
    (EventKind::GuildCreate, assert_reads::<incoming::GuildCreate>),
    (EventKind::MessageCreate, assert_reads::<incoming::MessageCreate>),
    (EventKind::PresenceUpdate, assert_reads::<incoming::PresenceUpdate>),
    (EventKind::InteractionCreate, assert_reads::<incoming::InteractionCreate>),
    (EventKind::GuildMembersChunk, assert_reads::<incoming::MemberChunk>),
];

#[test]
fn a_session_is_read_by_another_librarys_types() {
    let plain = session(Encoding::Json, Compression::ZlibStream, Dialect::Old);
    let twins = session(Encoding::Etf, Compression::ZstdStream, Dialect::New { seed: 8 });
    for (kind, assert_reads) in READERS {
        let mut count = 0;
        for (one, twin) in plain.iter().zip(&twins).filter(|(one, _)| one.kind() == kind) {
            let (json, twin) = (dispatch(one), dispatch(twin));
            assert_reads(&json, &json);
            assert_reads(&json, &twin);
            let stripped = without_emoji_ids(str::from_utf8(json.data()).unwrap());
            let etf = to_etf(&stripped, Dialect::Old);
            let of = |encoding, data| Dispatch::new(json.name(), None, encoding, data).unwrap();
            assert_reads(&of(Encoding::Json, stripped.as_bytes()), &of(Encoding::Etf, &etf[1..]));
            count += 1;
        }
        assert!(count > 0, "{kind:?}");
    }
}

/// A type of a user's own, which borrows what it can.
#[derive(Debug, PartialEq, Deserialize)]
struct Message<'e> {
    #[serde(deserialize_with = "id")]
    id: u64,
    #[serde(borrow)]
    content: std::borrow::Cow<'e, str>,
    author: Author,
    #[serde(default)]
    embeds: Vec<Value>,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Author {
    username: String,
    #[serde(default)]
    bot: bool,
}

/// Reads an id, which is a number in one dialect of ETF.
fn id<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    match Id::deserialize(deserializer)? {
        Id::Number(id) => Ok(id),
        Id::Text(id) => id.parse().map_err(de::Error::custom),
    }
}

#[test]
fn types_of_ones_own_read_both_encodings() {
    let messages = world().into_iter().filter(|(name, _)| *name == "MESSAGE_CREATE");
    let mut seen = 0;
    for (name, json) in messages {
        let expected: Message<'_> = serde_json::from_str(&json).unwrap();
        dispatches(name, &json, |dispatch| {
            let mut message: Message<'_> = dispatch.deserialize(&mut []).unwrap();
            if dispatch.encoding() == Encoding::Etf {
                let typed: model::MessageCreate<'_> = dispatch.decode().unwrap();
                assert_eq!(typed.id.0, expected.id);
                // Ids within may be numbers.
                message.rest.clone_from(&expected.rest);
                message.embeds.clone_from(&expected.embeds);
            }
            assert_eq!(message, expected);
            seen += 1;
        });
    }
    assert_eq!(seen, 75);
}

/// What is wrong with the `d` of a dispatch: its name, `d`, what is expected, and where in JSON.
const BAD: [(&str, &str, Expected, u32); 6] = [
    ("MESSAGE_DELETE", r#"{"id":true,"channel_id":"1"}"#, Expected::Snowflake, 6),
    ("MESSAGE_DELETE", r#"{"id":"12"}"#, Expected::Field, 0),
    ("GUILD_CREATE", r#""text""#, Expected::Object, 0),
    ("READY", r#"{"user":{"id":"x"}}"#, Expected::Snowflake, 14),
    ("STAGE_INSTANCE_CREATE", "null", Expected::Object, 0),
    ("RESUMED", "7", Expected::Object, 0),
];

#[test]
fn a_bad_d_is_delivered_raw_and_costs_nothing_but_itself() {
    for (encoding, compression) in pairs() {
        let mut pair = live(encoding, compression, Dialect::New { seed: 4 }, 20);
        for (name, d, expected, at) in BAD {
            let (before, from) = (pair.shard.status().counters.undecoded, pair.told.len());
            pair.dispatch(name, d);
            pair.run_for(Duration::from_secs(1));
            let what = format!("{encoding} {compression} {name} {d}");
            let found = pair.kept.iter().map(dispatch).rfind(|dispatch| dispatch.name() == name);
            let bad = found.unwrap();
            let error = bad.payload().unwrap_err();
            assert_eq!(error.expected(), expected, "{what} {error}");
            if encoding == Encoding::Json {
                assert_eq!((bad.data(), error.offset()), (d.as_bytes(), at), "{what}");
            }
            assert!(bad.deserialize::<Value>(&mut []).is_ok(), "{what}");
            let status = pair.shard.status();
            assert_eq!(status.counters.undecoded, before + 1, "{what}");
            assert_eq!((status.phase, status.counters.dials), (Phase::Live, 1), "{what}");
            assert!(bad.seq() > Some(0) && pair.told.len() > from + 10, "{what}");
        }
        let seqs = pair.seqs();
        assert!(seqs.is_sorted_by(|one, next| one + 1 == *next), "{seqs:?}");
        assert!(pair.told.iter().all(|told| !format!("{told:?}").contains("gap")));
    }
}

#[test]
fn a_broken_scalar_in_a_d_costs_the_event_alike_in_every_compression() {
    for (encoding, compression) in pairs().filter(|(encoding, _)| *encoding == Encoding::Json) {
        let mut pair = live(encoding, compression, Dialect::Old, 20);
        pair.dispatch("STAGE_INSTANCE_CREATE", r#"{"id":"1","x":tru}"#);
        pair.run_for(Duration::from_secs(1));
        let mut found = pair.kept.iter().map(dispatch);
        let bad = found.rfind(|dispatch| dispatch.name() == "STAGE_INSTANCE_CREATE").unwrap();
        assert_eq!(bad.payload().unwrap_err().expected(), Expected::Value, "{compression}");
        let status = pair.shard.status();
        assert_eq!((status.phase, status.counters.dials), (Phase::Live, 1), "{compression}");
    }
}

#[test]
fn a_dispatch_that_breaks_its_envelope_costs_the_session_at_most() {
    for (encoding, compression) in pairs() {
        let mut pair = live(encoding, compression, Dialect::New { seed: 4 }, 2);
        pair.dispatch("STAGE_INSTANCE_CREATE", r#"{"id":"#);
        pair.run_for(Duration::from_secs(120));
        let status = pair.shard.status();
        // It is replayed with each Resume, until the session is given up.
        assert!(pair.has_told("BrokenEnvelope") && pair.has_told("ResumesExhausted"));
        assert_eq!((status.phase, status.counters.identifies), (Phase::Live, 2));
        assert!(status.counters.dials < 10, "{encoding} {compression} {status:?}");
    }
}
