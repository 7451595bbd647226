//! Reads values to their ends in every way there is, and compares what the ways say.

use std::fmt::Write as _;

use gatewright_core::decode::{Cursor, DecodeError, Deserializer, Key, Kind, Number, Raw, Text};
use gatewright_core::{Dispatch, Encoding, EventKind};
use serde::Deserialize as _;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::value::same;

/// How large a value may be to be compared with itself, which takes the square of its members.
const COMPARED: usize = 1_024;
/// How many steps of a program are taken.
const STEPS: usize = 64;

/// What must hold of the value at a cursor, whatever the `len` bytes are.
pub(crate) fn laws(start: Cursor<'_>, bytes: &[u8]) {
    let within = |error: DecodeError| {
        let place = usize::try_from(error.offset()).unwrap_or(usize::MAX);
        assert!(place <= bytes.len(), "{error} lies beyond {} bytes", bytes.len());
    };
    let skipped = end_of(start, Cursor::skip);
    let walked = end_of(start, walk);
    if let Ok(end) = walked {
        assert_eq!(skipped, Ok(end), "a value that can be read can be skipped");
    }
    skipped.err().into_iter().chain(walked.err()).for_each(within);
    if let Ok(raw) = { start }.raw() {
        of_raw(&raw, walked.is_ok());
    }
    with_serde(start, walked.is_ok());
    program(start, bytes);
}

/// Reads a value and returns where it ends.
pub(crate) fn end_of<'e>(
    mut cursor: Cursor<'e>,
    read: impl FnOnce(&mut Cursor<'e>) -> Result<(), DecodeError>,
) -> Result<u32, DecodeError> {
    read(&mut cursor).map(|()| cursor.offset())
}

/// Reads a value with all that is in it.
pub(crate) fn walk(cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
    match cursor.kind()? {
        Kind::Null => assert!(cursor.null()?, "null is null"),
        Kind::Bool => drop(cursor.bool()?),
        Kind::Number => of_number(cursor.number()?, cursor.encoding()),
        Kind::Text => of_text(cursor.text()?),
        Kind::List => {
            let mut items = cursor.list()?;
            while cursor.item(&mut items)? {
                walk(cursor)?;
            }
        }
        Kind::Object => {
            let mut members = cursor.object()?;
            while let Some(key) = cursor.key(&mut members)? {
                of_key(&key);
                walk(cursor)?;
            }
        }
    }
    Ok(())
}

/// All ways to look at a text agree.
fn of_text(text: Text<'_>) {
    let chars: String = text.chars().collect();
    let (least, most) = text.chars().size_hint();
    let count = chars.chars().count();
    assert!(least <= count && most.is_none_or(|most| count <= most), "{chars:?}");
    match text.as_str() {
        Some(plain) => assert!(plain == chars && !text.is_escaped(), "{chars:?}"),
        None => assert!(text.is_escaped(), "{chars:?}"),
    }
    let mut buffer = vec![0; chars.len()];
    assert_eq!(text.copy_to(&mut buffer), Some(chars.as_str()));
    if let Some((_, short)) = buffer.split_first_mut() {
        assert_eq!(text.copy_to(short), None);
    }
    let copy = text;
    assert!(text == *chars && text == copy && text.to_cow() == chars && text.to_string() == chars);
    assert_eq!(text.is_empty(), chars.is_empty());
    let replaced = chars.chars().filter(|char| *char == char::REPLACEMENT_CHARACTER).count();
    assert!(text.lone_surrogates() <= replaced, "{chars:?}");
    assert!(format!("{text:?}").len() >= 2);
}

/// All ways to look at a number agree.
fn of_number(number: Number<'_>, encoding: Option<Encoding>) {
    let shown = number.to_string();
    let copy = number;
    assert_eq!(number, copy, "{shown}");
    if let Some(value) = number.as_u64() {
        assert_eq!(number.as_i64(), i64::try_from(value).ok(), "{shown}");
    }
    if let (Some(float), Some(value)) = (number.as_f64(), number.as_i64()) {
        let nearest: f64 = value.to_string().parse().expect("digits are a float");
        assert!(float == nearest, "{shown}");
    }
    if encoding == Some(Encoding::Json) {
        let float = shown.parse::<f64>().expect("JSON's numbers are floats");
        assert_eq!(number.as_f64(), Some(float).filter(|float| float.is_finite()), "{shown}");
        let zero = Some(0).filter(|_| shown == "-0");
        assert_eq!(number.as_u64(), shown.parse().ok().or(zero), "{shown}");
    }
}

/// All ways to look at a key agree.
pub(crate) fn of_key(key: &Key<'_>) {
    let shown = key.to_string();
    match key.text() {
        Some(text) => {
            of_text(text);
            assert!(*key == *shown, "{shown}");
        }
        None => {
            assert_eq!(key.as_u64(), shown.parse().ok().or(Some(0).filter(|_| shown == "-0")));
        }
    }
    let _ = (key.as_i64(), format!("{key:?}"));
}

/// A value that lies undecoded can be shown, read and compared.
fn of_raw(raw: &Raw<'_>, is_sound: bool) {
    let _ = raw.kind();
    assert!(!format!("{raw:?}").is_empty());
    if is_sound && raw.bytes().len() <= COMPARED {
        let copy = *raw;
        assert_eq!(*raw, copy, "a value equals itself");
    }
}

/// Types that know serde get the same, whatever the size of the scratch buffer.
fn with_serde(start: Cursor<'_>, is_sound: bool) {
    let read = |scratch: &mut [u8]| Value::deserialize(&mut Deserializer::new(start, scratch));
    let (without, with) = (read(&mut []), read(&mut [0; 64]));
    match (&without, &with) {
        (Ok(without), Ok(with)) => assert!(same(without, with), "{without} {with}"),
        (without, with) => assert_eq!(without.is_err(), with.is_err()),
    }
    let ignored = IgnoredAny::deserialize(&mut Deserializer::new(start, &mut []));
    assert!(ignored.is_ok() || !is_sound, "{ignored:?}");
    if let (Ok(value), true) = (without, is_sound) {
        written(start, &value);
    }
}

/// What is written on as it came is what a type that knows serde reads.
fn written(mut start: Cursor<'_>, value: &Value) {
    let raw = start.raw().expect("a value that can be read can be skipped");
    if let Ok(again) = serde_json::to_value(raw) {
        assert!(same(&again, value), "{again} {value}");
    }
}

/// Calls the methods of a cursor in an order the bytes decide; what comes of it is not defined.
fn program(mut cursor: Cursor<'_>, bytes: &[u8]) {
    let (mut members, mut items, mut shown) = (None, None, String::new());
    for step in bytes.iter().rev().take(STEPS) {
        match step % 14 {
            0 => drop(cursor.kind()),
            1 => drop(cursor.null()),
            2 => drop(cursor.bool()),
            3 => drop(cursor.text()),
            4 => drop(cursor.number()),
            5 => drop(cursor.u64()),
            6 => drop(cursor.i64()),
            7 => drop(cursor.snowflake()),
            8 => members = cursor.object().ok().or(members),
            9 => items = cursor.list().ok().or(items),
            10 => drop(members.as_mut().map(|members| cursor.key(members).map(|_| ()))),
            11 => drop(items.as_mut().map(|items| cursor.item(items))),
            12 => drop(cursor.skip()),
            _ => drop(cursor.raw().map(|raw| write!(shown, "{raw:?}"))),
        }
        let _ = (cursor.offset(), { cursor }.end(), write!(shown, "{cursor:?}"));
    }
}

/// A dispatch of any kind is decoded and shown without a panic.
pub(crate) fn events(kind: u8, encoding: Encoding, d: &[u8]) {
    let kind = EventKind::documented().nth(kind.into()).unwrap_or(EventKind::Unknown);
    let Ok(dispatch) = Dispatch::new(kind.name(), Some(1), encoding, d) else {
        return;
    };
    assert_eq!(dispatch.kind(), kind);
    let _ = (dispatch.channel_id(), dispatch.guild_id(), dispatch.user_id());
    match dispatch.payload() {
        Ok(payload) => {
            assert_eq!(payload.kind(), kind);
            assert!(!format!("{payload:?}").is_empty());
        }
        Err(error) => {
            let place = usize::try_from(error.offset()).unwrap_or(usize::MAX);
            assert!(place <= d.len(), "{error} lies beyond {} bytes", d.len());
        }
    }
}
