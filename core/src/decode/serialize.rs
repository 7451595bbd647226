//! Values written on, in whatever format they came: from one encoding to the other, or to one's own.

use core::cell::Cell;

use serde::ser::{Error, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::cursor::Cursor;
use super::{Kind, Number, Raw, Text};

impl Serialize for Raw<'_> {
    /// Writes the value; members and items in the order they came, floats and integers as such.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Next(Cell::new(self.cursor())).serialize(serializer)
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(value) = self.as_u64() {
            return serializer.serialize_u64(value);
        }
        if let Some(value) = self.as_i64() {
            return serializer.serialize_i64(value);
        }
        let value = self.as_f64();
        serializer.serialize_f64(value.ok_or_else(|| S::Error::custom("the number is no float"))?)
    }
}

/// The next value of a cursor, which stands behind it once it is written.
struct Next<'e>(Cell<Cursor<'e>>);

impl Serialize for Next<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cursor = self.0.get();
        let written = match cursor.kind().map_err(S::Error::custom)? {
            Kind::Null => {
                cursor.null().map_err(S::Error::custom)?;
                serializer.serialize_unit()
            }
            Kind::Bool => serializer.serialize_bool(cursor.bool().map_err(S::Error::custom)?),
            Kind::Number => cursor.number().map_err(S::Error::custom)?.serialize(serializer),
            Kind::Text => cursor.text().map_err(S::Error::custom)?.serialize(serializer),
            Kind::List => list(&mut cursor, serializer),
            Kind::Object => object(&mut cursor, serializer),
        };
        self.0.set(cursor);
        written
    }
}

fn list<S: Serializer>(cursor: &mut Cursor<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut items = cursor.list().map_err(Error::custom)?;
    let mut list = serializer.serialize_seq(None)?;
    while cursor.item(&mut items).map_err(Error::custom)? {
        let next = Next(Cell::new(*cursor));
        list.serialize_element(&next)?;
        *cursor = next.0.get();
    }
    list.end()
}

fn object<S: Serializer>(cursor: &mut Cursor<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut members = cursor.object().map_err(Error::custom)?;
    let mut object = serializer.serialize_map(None)?;
    while let Some(key) = cursor.key(&mut members).map_err(Error::custom)? {
        match key.text() {
            Some(text) => object.serialize_key(&text)?,
            None => object.serialize_key(&format_args!("{key}"))?,
        }
        let next = Next(Cell::new(*cursor));
        object.serialize_value(&next)?;
        *cursor = next.0.get();
    }
    object.end()
}
