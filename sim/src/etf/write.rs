//! JSON to terms, in the ways the real service writes them.

use serde_json::{Map, Number, Value};

use super::tag;
use crate::rng::Rng;

/// The longest name of an atom, in characters.
const MOST_ATOM: usize = 255;

/// How a gateway writes what ETF leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Atoms in UTF-8, keys in an order the seed decides, ids as binaries.
    ///
    /// The seed also decides which atoms have a length of two bytes, which one in 16 has.
    New {
        /// Decides the order of keys, the same for the same keys.
        seed: u64,
    },
    /// Atoms in Latin-1, keys sorted, ids as integers.
    Old,
}

impl Dialect {
    /// Draws a dialect; the new one with an order of its own.
    pub(crate) const fn draw(rng: &mut Rng) -> Self {
        let (new, seed) = (rng.chance(500), rng.next());
        if new { Self::New { seed } } else { Self::Old }
    }
}

/// Writes a JSON text as one term with its version byte.
///
/// Keys are atoms unless they are ids; the `t` of an envelope and `session_type` are atoms too.
/// A text that is not JSON gives a term that breaks off.
///
/// ```
/// use gatewright_sim::{Dialect, to_etf};
///
/// assert_eq!(to_etf(r#"{"id":"7"}"#, Dialect::Old), b"\x83t\0\0\0\x01d\0\x02ida\x07");
/// assert_eq!(to_etf("[0,1]", Dialect::Old), b"\x83k\0\x02\0\x01");
/// ```
#[must_use]
pub fn to_etf(json: &str, dialect: Dialect) -> Vec<u8> {
    let mut writer = Writer { out: Vec::with_capacity(json.len() * 5 / 4 + 16), dialect };
    writer.out.push(tag::VERSION);
    match serde_json::from_str::<Value>(json) {
        Ok(value) => writer.value(&value, Place::TOP),
        Err(_) => writer.break_off(json),
    }
    writer.out
}

/// What the strings in one place of a document are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Atom,
    Id,
    Text,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
struct Place<'j> {
    /// The key of the value, or of the list it is in; empty for the whole document.
    key: &'j str,
    kind: Kind,
}

impl<'j> Place<'j> {
    const TOP: Place<'static> = Place { key: "", kind: Kind::Text };

    /// Returns the place of a member of the object that stands here.
    fn member(self, key: &'j str) -> Self {
        let kind = match (self.key, key) {
            ("", "t") | (_, "session_type") => Kind::Atom,
            _ if carries_ids(self.key, key) => Kind::Id,
            _ => Kind::Text,
        };
        Self { key, kind }
    }
}

/// Says whether the strings of a member are ids, as far as they are numbers.
///
/// Some names look like an id's though the service gives any text there.
fn carries_ids(holder: &str, key: &str) -> bool {
    match key {
        "id" => !matches!(holder, "activities" | "activity" | "game" | "party"),
        "custom_id" | "session_id" | "sync_id" => false,
        "applied_tags" | "exempt_channels" | "exempt_roles" | "ids" | "mention_roles"
        | "not_found" | "roles" | "version" => true,
        _ => {
            holder == "authorizing_integration_owners"
                || key.ends_with("_id")
                || key.ends_with("_ids")
        }
    }
}

/// Reads the number of an id, if a string is one as it is written everywhere.
fn number_of(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

struct Writer {
    out: Vec<u8>,
    dialect: Dialect,
}

impl Writer {
    fn value(&mut self, value: &Value, place: Place<'_>) {
        match value {
            Value::Array(items) => self.list(items, place),
            Value::Bool(true) => self.atom("true"),
            Value::Bool(false) => self.atom("false"),
            Value::Null => self.atom("nil"),
            Value::Number(number) => self.number(number),
            Value::Object(members) => self.map(members, place),
            Value::String(text) => self.string(text, place.kind),
        }
    }

    fn map(&mut self, members: &Map<String, Value>, place: Place<'_>) {
        let rank = |key: &str| match self.dialect {
            Dialect::New { seed } => draw(seed, key),
            Dialect::Old => 0,
        };
        let mut sorted = Vec::with_capacity(members.len());
        sorted.extend(members.iter().map(|(key, value)| (rank(key), key.as_str(), value)));
        sorted.sort_unstable_by_key(|(rank, key, _)| (*rank, *key));
        self.out.push(tag::MAP);
        self.count(sorted.len());
        for (_, key, value) in sorted {
            if number_of(key).is_some() {
                self.binary(key);
            } else {
                self.atom(key);
            }
            self.value(value, place.member(key));
        }
    }

    fn list(&mut self, items: &[Value], place: Place<'_>) {
        if items.is_empty() {
            return self.out.push(tag::NIL);
        }
        let bytes = items.iter().map(|item| self.byte_of(item, place.kind));
        let bytes = bytes.collect::<Option<Vec<_>>>().unwrap_or_default();
        if let Some(len) = u16::try_from(bytes.len()).ok().filter(|len| *len > 0) {
            self.out.push(tag::STRING);
            self.out.extend_from_slice(&len.to_be_bytes());
            self.out.extend_from_slice(&bytes);
            return;
        }
        self.out.push(tag::LIST);
        self.count(items.len());
        items.iter().for_each(|item| self.value(item, place));
        self.out.push(tag::NIL);
    }

    /// Returns the number of an item that fits in a list of bytes.
    fn byte_of(&self, item: &Value, kind: Kind) -> Option<u8> {
        let number = match item.as_str() {
            Some(text) => self.id_of(text, kind)?,
            None => item.as_u64()?,
        };
        u8::try_from(number).ok()
    }

    fn string(&mut self, text: &str, kind: Kind) {
        match self.id_of(text, kind) {
            Some(id) => self.integer(id, false),
            None if kind == Kind::Atom => self.atom(text),
            None => self.binary(text),
        }
    }

    /// Returns the number of a string that goes out as an integer.
    fn id_of(&self, text: &str, kind: Kind) -> Option<u64> {
        let integer = kind == Kind::Id && self.dialect == Dialect::Old;
        if integer { number_of(text) } else { None }
    }

    fn number(&mut self, number: &Number) {
        if let Some(number) = number.as_u64() {
            self.integer(number, false);
        } else if let Some(number) = number.as_i64() {
            self.integer(number.unsigned_abs(), true);
        } else if let Some(number) = number.as_f64() {
            self.out.push(tag::NEW_FLOAT);
            self.out.extend_from_slice(&number.to_be_bytes());
        }
    }

    fn integer(&mut self, magnitude: u64, negative: bool) {
        let signed = i32::try_from(magnitude).ok();
        let signed = signed.map(|number| if negative { -number } else { number });
        match (signed, u8::try_from(magnitude)) {
            (_, Ok(small)) if !negative => self.out.extend_from_slice(&[tag::SMALL_INTEGER, small]),
            (Some(number), _) => {
                self.out.push(tag::INTEGER);
                self.out.extend_from_slice(&number.to_be_bytes());
            }
            (None, _) => {
                let bytes = magnitude.to_le_bytes();
                let len = (8..=64)
                    .step_by(8)
                    .zip(1_u8..)
                    .find(|(bits, _)| magnitude.checked_shr(*bits).unwrap_or(0) == 0);
                let len = len.map_or(8, |(_, len)| len);
                self.out.extend_from_slice(&[tag::SMALL_BIG, len, u8::from(negative)]);
                self.out.extend(bytes.iter().take(usize::from(len)));
            }
        }
    }

    fn binary(&mut self, text: &str) {
        self.out.push(tag::BINARY);
        self.count(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes an atom, or a binary of what no atom can hold.
    fn atom(&mut self, name: &str) {
        if name.chars().nth(MOST_ATOM).is_some() {
            return self.binary(name);
        }
        match self.dialect {
            Dialect::New { seed } => self.utf8_atom(name, draw(seed, name) % 16 == 15),
            Dialect::Old => self.latin1_atom(name),
        }
    }

    fn utf8_atom(&mut self, name: &str, long: bool) {
        match (u8::try_from(name.len()), u16::try_from(name.len())) {
            (Ok(len), _) if !long => self.out.extend_from_slice(&[tag::SMALL_ATOM_UTF8, len]),
            (_, Ok(len)) => {
                self.out.push(tag::ATOM_UTF8);
                self.out.extend_from_slice(&len.to_be_bytes());
            }
            (_, Err(_)) => return self.binary(name),
        }
        self.out.extend_from_slice(name.as_bytes());
    }

    fn latin1_atom(&mut self, name: &str) {
        let letters = name.chars().map(|letter| u8::try_from(letter).ok());
        let letters = letters.collect::<Option<Vec<_>>>();
        let sized = letters.and_then(|name| Some((u16::try_from(name.len()).ok()?, name)));
        let Some((len, letters)) = sized else {
            return self.binary(name);
        };
        self.out.push(tag::ATOM);
        self.out.extend_from_slice(&len.to_be_bytes());
        self.out.extend_from_slice(&letters);
    }

    fn count(&mut self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.out.extend_from_slice(&count.to_be_bytes());
    }

    /// Writes a binary that lacks its last byte.
    fn break_off(&mut self, text: &str) {
        self.out.push(tag::BINARY);
        self.count(text.len() + 1);
        self.out.extend_from_slice(text.as_bytes());
    }
}

/// Draws a number for a name, the same for the same seed and name (FNV-1a, then mixed).
fn draw(seed: u64, name: &str) -> u64 {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    Rng::new(seed ^ hash).next()
}
