//! The fields of a row, in the forms that the dump has them in.

use anyhow::Context;
use gatewright_core::Encoding;
use gatewright_core::cache::{Heap, Row, Table};
use gatewright_core::decode::{Cursor, Timestamp};
use serde_json::{Map, Value};

use super::json::Json;

/// The fields of a row, or of an object in one.
#[derive(Debug)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a row.
    pub(super) fn of<T: Table>(row: &Row<'_, T, Heap>) -> anyhow::Result<Self> {
        Ok(Self(row.deserialize(&mut []).context("a row of the cache is not well-formed")?))
    }

    /// Returns the object in a field; it is empty if there is none.
    pub(super) fn within(&self, name: &str) -> Self {
        Self::from(self.get(name))
    }

    /// Tells whether there is a field; it may be null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns a field, or null.
    pub(super) fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// Returns a field, or what it is if it is absent or null.
    pub(super) fn or(&self, name: &str, default: impl Into<Value>) -> Json {
        match self.get(name) {
            Value::Null => Json::Plain(default.into()),
            value => value.into(),
        }
    }

    /// Returns an id, or a set of bits, as its digits.
    pub(super) fn id(&self, name: &str) -> Json {
        id(self.get(name))
    }

    /// Returns ids in their order, and another one if given.
    pub(super) fn ids_and(&self, name: &str, other: Option<u64>) -> Json {
        sorted(self.list(name).iter().filter_map(number).chain(other))
    }

    /// Returns the ids of objects.
    pub(super) fn ids_within(&self, name: &str) -> Json {
        self.objects(name).map(|object| object.id("id")).collect()
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        number(self.get(name))
    }

    /// Returns a number but for zero.
    pub(super) fn positive(&self, name: &str) -> Option<u64> {
        self.number(name).filter(|number| *number > 0)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).as_bool().unwrap_or(false)
    }

    /// Returns a text but for the empty one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Returns a time in microseconds since 1970.
    pub(super) fn time(&self, name: &str) -> Option<i64> {
        let quoted = self.get(name).as_str().map(|text| format!("\"{text}\""))?;
        let mut cursor = Cursor::new(Encoding::Json, quoted.as_bytes()).ok()?;
        cursor.decode::<Timestamp<'_>>().ok()?.unix_micros()
    }

    /// Returns a time that came in milliseconds.
    pub(super) fn millis(&self, name: &str) -> Option<i64> {
        self.get(name).as_i64().and_then(|millis| millis.checked_mul(1_000))
    }

    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.get(name).as_array().map_or(&[], Vec::as_slice)
    }

    pub(super) fn objects(&self, name: &str) -> impl Iterator<Item = Self> {
        self.list(name).iter().map(Self::from)
    }
}

impl From<&Value> for Fields {
    fn from(value: &Value) -> Self {
        Self(value.as_object().cloned().unwrap_or_default())
    }
}

/// Returns ids in their order.
pub(super) fn sorted(ids: impl IntoIterator<Item = u64>) -> Json {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.into_iter().map(|id| id.to_string()).collect()
}

/// Writes an id that may be none.
pub(super) fn optional(id: Option<u64>) -> Json {
    id.map(|id| id.to_string()).into()
}

/// Writes an id.
pub(super) fn id(value: &Value) -> Json {
    optional(number(value))
}

/// Reads a number, which may stand in a text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
