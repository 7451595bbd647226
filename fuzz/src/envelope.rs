//! Any bytes as a message.

use gatewright_core::{Cause, Compression, Encoding, EventKind, Memory};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::rig::{Rig, Room, Told};
use crate::source::{Cuts, Source};

/// The longest message: it fits into the least memory.
const LONGEST: usize = 8 * 1024;
/// The white space of JSON.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Any bytes said to a live shard come to the same, however they are cut.
///
/// The first byte chooses the encoding (lowest bit) and lent memory (next), four more the cuts; the rest is the
/// message. In pieces it brings the same outputs as whole; cut into messages it brings the same events, but for
/// limits that were hit, which are told before what waits.
///
/// A JSON object that `serde_json` takes is a document with the same `op`, `s`, `t` and `d`, where the last of
/// equal keys counts. Exceptions: it is refused if its `op` is no integer from 0 on, or if more than 64
/// levels stand in a member of the object or of its `d`; and a name of over 64 bytes is no documented one.
pub fn envelope(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let cuts = Cuts::draw(&mut source);
    let message = source.take(LONGEST);
    let (encoding, lent) = (encoding(setup), setup & 2 != 0);
    let whole = run(encoding, lent, |rig| rig.message(&[message]));
    let pieces = run(encoding, lent, |rig| rig.message(&cuts.of(message)));
    assert_eq!(whole.told, pieces.told, "{cuts:?}");
    let messages = run(encoding, lent, |rig| {
        cuts.of(message).into_iter().for_each(|part| rig.message(&[part]));
    });
    assert_eq!(events(&whole.told), events(&messages.told), "{cuts:?}");
    assert_eq!(whole.error, messages.error, "{cuts:?}");
    if encoding == Encoding::Json {
        against_serde_json(message, &whole);
    }
}

pub(crate) const fn encoding(setup: u8) -> Encoding {
    if setup & 1 == 0 { Encoding::Json } else { Encoding::Etf }
}

/// What came of a message.
struct Outcome {
    told: Vec<Told>,
    error: Option<Cause>,
}

fn run(encoding: Encoding, lent: bool, say: impl FnOnce(&mut Rig<'_>)) -> Outcome {
    let mut room = Room::new();
    let none = Compression::None;
    let memory = if lent { room.lend(none) } else { Memory::heap(none) };
    let mut rig = Rig::new(encoding, memory, u64::MAX, 6);
    rig.go_live();
    rig.told.clear();
    say(&mut rig);
    Outcome { told: rig.told, error: rig.shard.status().last_error }
}

/// Leaves the events that are told in order: a limit is told once it is hit, before what waits.
fn events(told: &[Told]) -> Vec<&Told> {
    let counts = |told: &&Told| match told {
        Told::Dispatch { .. } => true,
        Told::Note(note) => !note.starts_with("Limit("),
        Told::Wire(_) => false,
    };
    told.iter().filter(counts).collect()
}

fn against_serde_json(message: &[u8], outcome: &Outcome) {
    let Some(members) = std::str::from_utf8(message).ok().and_then(members) else {
        return;
    };
    let last = |name: &str| members.iter().rfind(|(key, _)| key == name).map(|(_, value)| *value);
    let number = |name| last(name).and_then(|text| serde_json::from_str::<u64>(text).ok());
    let told: Vec<_> =
        outcome.told.iter().filter(|told| matches!(told, Told::Dispatch { .. })).collect();
    let Some(op) = number("op") else {
        return assert_eq!((outcome.error, told.len()), (Some(Cause::BrokenEnvelope), 0));
    };
    if members.iter().any(|(_, value)| depth(value) > 64) {
        return;
    }
    if op != 0 {
        assert_eq!(told.len(), 0, "{told:?}");
        return assert_eq!(outcome.error, cause_of(op, last("d")), "{op}");
    }
    let name = last("t").and_then(|text| serde_json::from_str::<String>(text).ok());
    let name = name.unwrap_or_default();
    let [Told::Dispatch { kind, name: shown, seq, data }] = told[..] else {
        panic!("expected one dispatch: {:?}", outcome.told);
    };
    assert_eq!(kind, EventKind::of_dispatch(name.as_bytes()).name());
    assert_eq!(serde_json::from_str(&format!("\"{shown}\"")).ok(), Some(name));
    assert_eq!(*seq, number("s").filter(|seq| *seq > 0));
    assert_eq!(data, last("d").unwrap_or_default().as_bytes());
}

/// Tells why a live shard parts after an opcode, if it does.
fn cause_of(op: u64, d: Option<&str>) -> Option<Cause> {
    match op {
        7 => Some(Cause::ReconnectRequested),
        9 if d == Some("true") => Some(Cause::SessionInvalidResumable),
        9 => Some(Cause::SessionInvalid),
        _ => None,
    }
}

/// Counts the levels of brackets outside of strings, at most.
pub(crate) fn depth(value: &str) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(of).max().unwrap_or(0),
            Value::Object(members) => 1 + members.values().map(of).max().unwrap_or(0),
            _ => 0,
        }
    }
    serde_json::from_str(value).map_or(usize::MAX, |value| of(&value))
}

/// Reads a document that is one object: its keys, and its values as they stand.
pub(crate) fn members(document: &str) -> Option<Vec<(String, &str)>> {
    serde_json::from_str::<Value>(document).ok()?;
    let mut rest = document.trim_matches(SPACE).strip_prefix('{')?.trim_start_matches(SPACE);
    let mut members = Vec::new();
    while !rest.starts_with('}') {
        let (name, behind) = one::<String>(rest)?;
        let value = behind.trim_start_matches(SPACE).strip_prefix(':')?.trim_start_matches(SPACE);
        let (_, behind) = one::<IgnoredAny>(value)?;
        members.push((name, &value[..value.len() - behind.len()]));
        let next = behind.trim_start_matches(SPACE);
        rest = next.strip_prefix(',').unwrap_or(next).trim_start_matches(SPACE);
    }
    Some(members)
}

/// Reads one value and returns what follows it.
fn one<T: DeserializeOwned>(text: &str) -> Option<(T, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let value = stream.next()?.ok()?;
    Some((value, &text[stream.byte_offset()..]))
}
