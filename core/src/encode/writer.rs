//! A writer of JSON and of Erlang's external term format for what serde can describe: one for both, as what is
//! written is in the program once for each.
//!
//! Source: RFC 8259; Erlang/OTP documentation, *External Term Format*. Keys are always texts: the gateway
//! closes with 4002 on others.

use core::fmt::{self, Display, Write};

use serde::ser::{
    self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
};

use crate::{Encoding, term};

/// Encodes a document; `None` if it does not fit or cannot be said.
pub(crate) fn to_slice(
    encoding: Encoding,
    value: &impl Serialize,
    out: &mut [u8],
) -> Option<usize> {
    let mut writer = Writer { encoding, out, len: 0 };
    if encoding == Encoding::Etf {
        writer.push(&[term::VERSION]).ok()?;
    }
    value.serialize(&mut writer).ok()?;
    Some(writer.len)
}

/// A value that is encoded already, and is written as it stands.
pub(crate) struct Encoded<'e>(pub(crate) &'e [u8]);

impl Serialize for Encoded<'_> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Bytes that fill up.
struct Writer<'o> {
    encoding: Encoding,
    out: &'o mut [u8],
    len: usize,
}

/// The document does not fit, or it holds what the encoding or this writer cannot say.
#[derive(Clone, Copy, Debug)]
struct Unwritten;

impl Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not fit or cannot be said")
    }
}

impl core::error::Error for Unwritten {}

impl ser::Error for Unwritten {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl Writer<'_> {
    fn push(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        let room = self.out.get_mut(self.len..).and_then(|room| room.get_mut(..bytes.len()));
        room.ok_or(Unwritten)?.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }

    /// Writes a tag and a length of four bytes.
    fn head(&mut self, tag: u8, len: usize) -> Result<(), Unwritten> {
        let len = u32::try_from(len).map_err(|_| Unwritten)?;
        self.push(&[tag])?;
        self.push(&len.to_be_bytes())
    }

    /// Sets the length that stands at `at` right, once it is known.
    fn set_length(&mut self, at: usize, len: usize) -> Result<(), Unwritten> {
        let len = u32::try_from(len).map_err(|_| Unwritten)?.to_be_bytes();
        let room = self.out.get_mut(at..).and_then(|room| room.first_chunk_mut());
        *room.ok_or(Unwritten)? = len;
        Ok(())
    }

    fn is_json(&self) -> bool {
        self.encoding == Encoding::Json
    }

    fn text(&mut self, text: &str) -> Result<(), Unwritten> {
        if self.is_json() {
            self.push(b"\"")?;
            self.escaped(text)?;
            return self.push(b"\"");
        }
        self.head(term::BINARY, text.len())?;
        self.push(text.as_bytes())
    }

    /// Writes what stands between quotes.
    fn escaped(&mut self, text: &str) -> Result<(), Unwritten> {
        let digit = |digit: u8| if digit < 10 { b'0' + digit } else { b'A' - 10 + digit };
        text.bytes().try_for_each(|byte| match byte {
            b'"' | b'\\' => self.push(&[b'\\', byte]),
            0x08 => self.push(b"\\b"),
            b'\t' => self.push(b"\\t"),
            b'\n' => self.push(b"\\n"),
            0x0C => self.push(b"\\f"),
            b'\r' => self.push(b"\\r"),
            ..0x20 => self.push(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]),
            _ => self.push(&[byte]),
        })
    }

    /// Writes a word of JSON, or an atom.
    fn word(&mut self, json: &str, atom: &str) -> Result<(), Unwritten> {
        if self.is_json() {
            return self.push(json.as_bytes());
        }
        let len = u8::try_from(atom.len()).map_err(|_| Unwritten)?;
        self.push(&[term::SMALL_ATOM, len])?;
        self.push(atom.as_bytes())
    }

    fn integer(&mut self, magnitude: u64, negative: bool) -> Result<(), Unwritten> {
        if self.is_json() {
            let sign = if negative { "-" } else { "" };
            return write!(self, "{sign}{magnitude}").map_err(|fmt::Error| Unwritten);
        }
        let signed = i128::from(magnitude) * if negative { -1 } else { 1 };
        if let Ok(small) = u8::try_from(signed) {
            return self.push(&[term::SMALL_INTEGER, small]);
        }
        if let Ok(medium) = i32::try_from(signed) {
            self.push(&[term::INTEGER])?;
            return self.push(&medium.to_be_bytes());
        }
        let bytes = magnitude.to_le_bytes();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        let len = u8::try_from(used).map_err(|_| Unwritten)?;
        self.push(&[term::SMALL_BIG, len, u8::from(negative)])?;
        self.push(bytes.get(..used).unwrap_or_default())
    }
}

impl Write for Writer<'_> {
    /// Writes a part of a text.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let written = if self.is_json() { self.escaped(text) } else { self.push(text.as_bytes()) };
        written.map_err(|Unwritten| fmt::Error)
    }
}

impl<'w, 'o> ser::Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = Unwritten;
    type SerializeSeq = Terms<'w, 'o>;
    type SerializeTuple = Terms<'w, 'o>;
    type SerializeTupleStruct = Impossible<(), Unwritten>;
    type SerializeTupleVariant = Impossible<(), Unwritten>;
    type SerializeMap = Terms<'w, 'o>;
    type SerializeStruct = Terms<'w, 'o>;
    type SerializeStructVariant = Impossible<(), Unwritten>;

    fn serialize_bool(self, value: bool) -> Result<(), Unwritten> {
        let word = if value { "true" } else { "false" };
        self.word(word, word)
    }

    fn serialize_i8(self, value: i8) -> Result<(), Unwritten> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Unwritten> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Unwritten> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Unwritten> {
        self.integer(value.unsigned_abs(), value < 0)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Unwritten> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Unwritten> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Unwritten> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Unwritten> {
        self.integer(value, false)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unwritten> {
        self.serialize_f64(value.into())
    }

    /// Writes a float as eight bytes; in JSON none, for what may have one there is [`Encoded`].
    fn serialize_f64(self, value: f64) -> Result<(), Unwritten> {
        if self.is_json() {
            return Err(Unwritten);
        }
        self.push(&[term::NEW_FLOAT])?;
        self.push(&value.to_be_bytes())
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritten> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Unwritten> {
        self.text(text)
    }

    /// Writes what is [`Encoded`], and nothing else: bytes go out as they stand.
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unwritten> {
        self.push(bytes)
    }

    fn serialize_none(self) -> Result<(), Unwritten> {
        self.word("null", "nil")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritten> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritten> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unwritten> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unwritten> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unwritten> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unwritten> {
        Err(Unwritten)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Terms<'w, 'o>, Unwritten> {
        Terms::list(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Terms<'w, 'o>, Unwritten> {
        Terms::list(self)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unwritten> {
        Err(Unwritten)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritten> {
        Err(Unwritten)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Terms<'w, 'o>, Unwritten> {
        Terms::map(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Terms<'w, 'o>, Unwritten> {
        Terms::map(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unwritten> {
        Err(Unwritten)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Unwritten> {
        self.text("")?;
        // In JSON the quote at the end makes room.
        self.len -= usize::from(self.is_json());
        let start = self.len;
        write!(self, "{value}").map_err(|fmt::Error| Unwritten)?;
        if self.is_json() {
            return self.push(b"\"");
        }
        self.set_length(start - 4, self.len - start)
    }
}

/// A list or a map. In ETF its length is set right at its end, since fields may be skipped.
struct Terms<'w, 'o> {
    writer: &'w mut Writer<'o>,
    /// Where its tag stands.
    at: usize,
    count: usize,
}

impl<'w, 'o> Terms<'w, 'o> {
    /// Begins a list, whose tag comes with its first item in ETF: an empty one is a single byte.
    fn list(writer: &'w mut Writer<'o>) -> Result<Self, Unwritten> {
        let at = writer.len;
        if writer.is_json() {
            writer.push(b"[")?;
        }
        Ok(Self { writer, at, count: 0 })
    }

    fn map(writer: &'w mut Writer<'o>) -> Result<Self, Unwritten> {
        let at = writer.len;
        if writer.is_json() {
            writer.push(b"{")?;
        } else {
            writer.head(term::MAP, 0)?;
        }
        Ok(Self { writer, at, count: 0 })
    }

    /// Begins an item or an entry.
    fn next(&mut self) -> Result<(), Unwritten> {
        if self.writer.is_json() && self.count > 0 {
            self.writer.push(b",")?;
        }
        self.count += 1;
        Ok(())
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        self.begin_item()?;
        value.serialize(&mut *self.writer)
    }

    fn begin_item(&mut self) -> Result<(), Unwritten> {
        if self.count == 0 && !self.writer.is_json() {
            self.writer.head(term::LIST, 0)?;
        }
        self.next()
    }

    fn entry(&mut self, key: &str) -> Result<(), Unwritten> {
        self.next()?;
        self.writer.text(key)?;
        self.colon()
    }

    fn colon(&mut self) -> Result<(), Unwritten> {
        if self.writer.is_json() { self.writer.push(b":") } else { Ok(()) }
    }

    fn end_list(self) -> Result<(), Unwritten> {
        if self.writer.is_json() {
            return self.writer.push(b"]");
        }
        if self.count > 0 {
            self.writer.set_length(self.at + 1, self.count)?;
        }
        self.writer.push(&[term::NIL])
    }

    fn end_map(self) -> Result<(), Unwritten> {
        if self.writer.is_json() {
            return self.writer.push(b"}");
        }
        self.writer.set_length(self.at + 1, self.count)
    }
}

impl SerializeSeq for Terms<'_, '_> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        self.item(value)
    }

    fn end(self) -> Result<(), Unwritten> {
        self.end_list()
    }
}

impl SerializeTuple for Terms<'_, '_> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        self.item(value)
    }

    fn end(self) -> Result<(), Unwritten> {
        self.end_list()
    }
}

impl SerializeMap for Terms<'_, '_> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritten> {
        self.next()?;
        let at = self.writer.len;
        key.serialize(&mut *self.writer)?;
        let text = if self.writer.is_json() { b'"' } else { term::BINARY };
        if self.writer.out.get(at) == Some(&text) { self.colon() } else { Err(Unwritten) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritten> {
        self.end_map()
    }
}

impl SerializeStruct for Terms<'_, '_> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unwritten> {
        self.entry(key)?;
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritten> {
        self.end_map()
    }
}

#[cfg(test)]
mod tests;
