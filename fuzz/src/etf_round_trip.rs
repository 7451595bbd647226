//! JSON turned into ETF means the same.

use gatewright_core::Encoding;
use gatewright_core::decode::{Cursor, Deserializer, Raw};
use gatewright_sim::{Dialect, to_etf};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::chunked_vs_whole::payload_of_world;
use crate::source::Source;
use crate::value::{self, same};
use crate::walk::{end_of, walk};

/// Words that an atom cannot say: they mean no text.
const NO_TEXTS: [&str; 5] = ["false", "nil", "null", "true", "undefined"];

/// A JSON value that the simulator turns into ETF, in either dialect, reads as the same value.
///
/// The first byte chooses the dialect (two lowest bits) and whether an event of the simulator's world (the
/// next bit) or a drawn value follows. Reading, deserializing and comparing undecoded all agree.
///
/// Exceptions: an id that is a text in JSON may be an integer in ETF; and, kept out of the drawn values, what
/// no gateway writes: texts such as `nil`, which as an atom mean null, and in the old
/// dialect characters from U+0080 to U+00FF, which its atoms hold in Latin-1.
pub fn etf_round_trip(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let dialect = match setup & 3 {
        0 | 1 => Dialect::Old,
        _ => Dialect::New { seed: source.number() },
    };
    let json = if setup & 4 == 0 {
        plain(value::draw(&mut source, 6), dialect).to_string()
    } else {
        let (kind, d) = payload_of_world(source.below(512));
        gatewright_sim::envelope(kind, source.number(), d)
    };
    let term = to_etf(&json, dialect);
    let ours = Cursor::etf(&term).expect("a document begins with its version");
    let theirs = Cursor::new(Encoding::Json, json.as_bytes()).expect("it is UTF-8");
    assert_eq!(end_of(ours, walk).ok(), u32::try_from(term.len() - 1).ok(), "{json}");
    let (left, right) = (raw(ours), raw(theirs));
    assert_eq!(left, right, "{json}");
    assert_eq!(right, left, "{json}");
    let read = Value::deserialize(&mut Deserializer::new(ours, &mut [])).expect("it can be read");
    let value = serde_json::from_str(&json).expect("it is JSON");
    assert!(equal(&read, &value), "{read} {value}");
}

fn raw(mut cursor: Cursor<'_>) -> Raw<'_> {
    cursor.raw().expect("what can be read can be skipped")
}

/// Takes out of a value what no gateway writes.
fn plain(value: Value, dialect: Dialect) -> Value {
    match value {
        Value::String(text) => plain_text(text, dialect).into(),
        Value::Array(items) => items.into_iter().map(|item| plain(item, dialect)).collect(),
        Value::Object(members) => {
            let member = |(name, value)| (plain_text(name, dialect), plain(value, dialect));
            Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
        }
        value => value,
    }
}

fn plain_text(text: String, dialect: Dialect) -> String {
    if NO_TEXTS.contains(&text.as_str()) {
        return format!("{text}?");
    }
    let latin1 = |char: char| ('\u{80}'..='\u{FF}').contains(&char);
    match dialect {
        Dialect::Old => text.replace(latin1, "?"),
        Dialect::New { .. } => text,
    }
}

/// Tells whether two values are the same, where an integer may stand for the text of its digits.
fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(id), Value::String(text)) => id.to_string() == *text,
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(ours, theirs)| equal(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|((name, ours), (other, theirs))| name == other && equal(ours, theirs))
        }
        _ => same(ours, theirs),
    }
}
