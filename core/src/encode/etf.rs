//! A writer of Erlang's external term format for what serde can describe.
//!
//! Source: Erlang/OTP documentation, *External Term Format*. Keys are always binaries: the gateway
//! closes with 4002 on others.

use core::fmt::{self, Display, Write};

use serde::ser::{
    self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
};

use crate::term;

/// Encodes a document, the version byte first; `None` if it does not fit or ETF cannot say it.
pub(super) fn to_slice(value: &impl Serialize, out: &mut [u8]) -> Option<usize> {
    let mut writer = Writer { out, len: 0 };
    writer.push(&[term::VERSION]).ok()?;
    value.serialize(&mut writer).ok()?;
    Some(writer.len)
}

/// Bytes that fill up.
struct Writer<'o> {
    out: &'o mut [u8],
    len: usize,
}

/// The document does not fit, or it holds what ETF or this writer cannot say.
#[derive(Clone, Copy, Debug)]
struct Unwritten;

impl Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not fit or cannot be said in ETF")
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

    fn binary(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        self.head(term::BINARY, bytes.len())?;
        self.push(bytes)
    }

    fn atom(&mut self, name: &str) -> Result<(), Unwritten> {
        let len = u8::try_from(name.len()).map_err(|_| Unwritten)?;
        self.push(&[term::SMALL_ATOM, len])?;
        self.push(name.as_bytes())
    }

    fn integer(&mut self, magnitude: u64, negative: bool) -> Result<(), Unwritten> {
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
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes()).map_err(|Unwritten| fmt::Error)
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
        self.atom(if value { "true" } else { "false" })
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

    fn serialize_f64(self, value: f64) -> Result<(), Unwritten> {
        self.push(&[term::NEW_FLOAT])?;
        self.push(&value.to_be_bytes())
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritten> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Unwritten> {
        self.binary(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unwritten> {
        self.binary(bytes)
    }

    fn serialize_none(self) -> Result<(), Unwritten> {
        self.atom("nil")
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
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unwritten> {
        self.head(term::MAP, 1)?;
        self.binary(variant.as_bytes())?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Terms<'w, 'o>, Unwritten> {
        Ok(Terms::list(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Terms<'w, 'o>, Unwritten> {
        Ok(Terms::list(self))
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
        self.head(term::BINARY, 0)?;
        let start = self.len;
        write!(self, "{value}").map_err(|fmt::Error| Unwritten)?;
        self.set_length(start - 4, self.len - start)
    }
}

/// A list or a map whose length is set right at its end, since fields may be skipped.
struct Terms<'w, 'o> {
    writer: &'w mut Writer<'o>,
    /// Where its tag stands.
    at: usize,
    count: usize,
}

impl<'w, 'o> Terms<'w, 'o> {
    /// Begins a list, whose tag comes with its first item: an empty one is a single byte.
    const fn list(writer: &'w mut Writer<'o>) -> Self {
        let at = writer.len;
        Self { writer, at, count: 0 }
    }

    fn map(writer: &'w mut Writer<'o>) -> Result<Self, Unwritten> {
        let at = writer.len;
        writer.head(term::MAP, 0)?;
        Ok(Self { writer, at, count: 0 })
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        if self.count == 0 {
            self.writer.head(term::LIST, 0)?;
        }
        self.push(value)
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        self.count += 1;
        value.serialize(&mut *self.writer)
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Unwritten> {
        self.writer.binary(key.as_bytes())?;
        self.push(value)
    }

    fn end_list(self) -> Result<(), Unwritten> {
        if self.count > 0 {
            self.writer.set_length(self.at + 1, self.count)?;
        }
        self.writer.push(&[term::NIL])
    }

    fn end_map(self) -> Result<(), Unwritten> {
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
        let at = self.writer.len;
        key.serialize(&mut *self.writer)?;
        let is_binary = self.writer.out.get(at) == Some(&term::BINARY);
        if is_binary { Ok(()) } else { Err(Unwritten) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        self.push(value)
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
        self.entry(key, value)
    }

    fn end(self) -> Result<(), Unwritten> {
        self.end_map()
    }
}

#[cfg(test)]
mod tests {
    use heapless::LinearMap;
    use std::vec::Vec;

    use super::*;

    fn encoded(value: impl Serialize) -> Vec<u8> {
        let mut out = [0xEE; 200];
        let len = to_slice(&value, &mut out).unwrap();
        assert_eq!(out[0], 131);
        out[1..len].to_vec()
    }

    #[test]
    fn integers_take_the_smallest_tag() {
        assert_eq!(encoded(0_u64), [97, 0]);
        assert_eq!(encoded(255_i64), [97, 255]);
        assert_eq!(encoded(256_u16), [98, 0, 0, 1, 0]);
        assert_eq!(encoded(-1_i8), [98, 255, 255, 255, 255]);
        assert_eq!(encoded(i32::MIN), [98, 128, 0, 0, 0]);
        assert_eq!(encoded(i32::MAX), [98, 127, 255, 255, 255]);
        assert_eq!(encoded(1_u64 << 31), [110, 4, 0, 0, 0, 0, 128]);
        assert_eq!(encoded(i64::MIN), [110, 8, 1, 0, 0, 0, 0, 0, 0, 0, 128]);
        assert_eq!(encoded(u64::MAX), [110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(encoded(1_u64 << 48), [110, 7, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn words_are_atoms_and_text_is_binary() {
        assert_eq!(encoded(true), b"s\x04true");
        assert_eq!(encoded(false), b"s\x05false");
        assert_eq!(encoded(None::<u8>), b"s\x03nil");
        assert_eq!(encoded(()), b"s\x03nil");
        assert_eq!(encoded(Some("é")), b"m\0\0\0\x02\xC3\xA9");
        assert_eq!(encoded('x'), b"m\0\0\0\x01x");
        assert_eq!(encoded(format_args!("{}-{}", 1, 2)), b"m\0\0\0\x031-2");
    }

    #[test]
    fn floats_are_doubles() {
        assert_eq!(encoded(1.5_f32), [70, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn lists_end_with_nil_and_empty_ones_are_nothing_else() {
        assert_eq!(encoded([0_u8; 0]), [106]);
        assert_eq!(encoded([1_u8, 2]), [108, 0, 0, 0, 2, 97, 1, 97, 2, 106]);
        assert_eq!(encoded([&[][..], &[7_u8]]), *b"l\0\0\0\x02jl\0\0\0\x01a\x07jj");
    }

    #[test]
    fn maps_count_the_fields_that_are_there() {
        #[derive(serde::Serialize)]
        struct Partial {
            a: u8,
            #[serde(skip_serializing_if = "Option::is_none")]
            b: Option<u8>,
        }
        assert_eq!(encoded(Partial { a: 1, b: None }), b"t\0\0\0\x01m\0\0\0\x01aa\x01");
        let both = encoded(Partial { a: 1, b: Some(2) });
        assert_eq!(both, b"t\0\0\0\x02m\0\0\0\x01aa\x01m\0\0\0\x01ba\x02");
        let map = LinearMap::<_, _, 1>::from_iter([("k", 1)]);
        assert_eq!(encoded(map), b"t\0\0\0\x01m\0\0\0\x01ka\x01");
    }

    #[test]
    fn keys_that_are_no_text_are_refused() {
        let map = LinearMap::<_, _, 1>::from_iter([(1, 1)]);
        assert_eq!(to_slice(&map, &mut [0; 100]), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_at_every_length() {
        let value = (Some("text"), [1_u64 << 40, 300, 3], 2.5, None::<u8>);
        let whole = 1 + encoded(value).len();
        for room in 0..whole {
            assert_eq!(to_slice(&value, &mut vec![0; room]), None, "{room}");
        }
        assert_eq!(to_slice(&value, &mut vec![0; whole]), Some(whole));
    }
}
