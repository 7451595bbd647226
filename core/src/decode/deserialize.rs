//! The same cursor for types that know serde.

use core::fmt;

use heapless::String;
use serde::de::{self, DeserializeSeed, Visitor};

use super::cursor::{Cursor, Items, Members};
use super::error::{DecodeError, Expected};
use super::{Key, Kind, Number, Text};
use crate::Encoding;

/// The longest message kept of what a type says went wrong.
const MESSAGE_BYTES: usize = 96;

/// Why a value did not deserialize.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeserializeError {
    /// The document is not as expected.
    Decode(DecodeError),
    /// What the type itself found wrong, cut to 96 bytes.
    Message(String<MESSAGE_BYTES, u8>),
    /// A text with escapes is longer than the scratch buffer.
    Scratch,
}

impl fmt::Display for DeserializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Message(message) => f.write_str(message),
            Self::Scratch => {
                f.write_str("expected a text with escapes to fit into the scratch buffer")
            }
        }
    }
}

impl core::error::Error for DeserializeError {}

impl From<DecodeError> for DeserializeError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl de::Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let mut kept = Cut::default();
        // What does not fit is cut off.
        let _ = fmt::write(&mut kept, format_args!("{message}"));
        Self::Message(kept.0)
    }
}

/// Keeps the beginning of what is written to it.
#[derive(Default)]
struct Cut(String<MESSAGE_BYTES, u8>);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            self.0.push(char).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}

/// Deserializes a value of either encoding, for types that implement [`serde::Deserialize`].
///
/// Texts without escapes are lent. Those with escapes are resolved in the scratch buffer; with the
/// feature `alloc`, ones that do not fit into it on the heap. Integers are given as such, but in ETF and in
/// what a cache keeps, where ids are integers, as digits to a type that asks for text; map keys are read from their digits by a type that
/// asks for integers.
#[derive(Debug)]
pub struct Deserializer<'e, 's> {
    cursor: Cursor<'e>,
    scratch: &'s mut [u8],
}

impl<'e, 's> Deserializer<'e, 's> {
    /// Creates one that deserializes what comes next at a cursor.
    pub const fn new(cursor: Cursor<'e>, scratch: &'s mut [u8]) -> Self {
        Self { cursor, scratch }
    }

    /// Makes sure that nothing follows the value.
    ///
    /// # Errors
    /// [`Expected::End`].
    pub fn end(&mut self) -> Result<(), DeserializeError> {
        Ok(self.cursor.end()?)
    }

    fn visit_text<V: Visitor<'e>>(
        &mut self,
        text: Text<'e>,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        if let Some(text) = text.as_str() {
            return visitor.visit_borrowed_str(text);
        }
        match text.copy_to(self.scratch) {
            Some(text) => visitor.visit_str(text),
            None => visit_long(text, visitor),
        }
    }
}

#[cfg(feature = "alloc")]
fn visit_long<'e, V: Visitor<'e>>(
    text: Text<'e>,
    visitor: V,
) -> Result<V::Value, DeserializeError> {
    visitor.visit_str(&text.to_cow())
}

#[cfg(not(feature = "alloc"))]
fn visit_long<'e, V: Visitor<'e>>(_: Text<'e>, _: V) -> Result<V::Value, DeserializeError> {
    Err(DeserializeError::Scratch)
}

/// Gives an integer as a text of its digits, as which ids come in JSON.
fn visit_digits<'e, V: Visitor<'e>>(
    integer: impl fmt::Display,
    visitor: V,
) -> Result<V::Value, DeserializeError> {
    let mut digits = Cut::default();
    // A sign and at most twenty digits.
    let _ = fmt::write(&mut digits, format_args!("{integer}"));
    visitor.visit_str(&digits.0)
}

fn visit_number<'e, V: Visitor<'e>>(
    number: Number<'e>,
    visitor: V,
) -> Result<V::Value, DeserializeError> {
    if let Some(value) = number.as_u64() {
        return visitor.visit_u64(value);
    }
    if let Some(value) = number.as_i64() {
        return visitor.visit_i64(value);
    }
    match number.as_f64() {
        Some(value) => visitor.visit_f64(value),
        None => Err(de::Error::custom("expected a number within the range of a float")),
    }
}

impl<'de> de::Deserializer<'de> for &mut Deserializer<'de, '_> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match self.cursor.kind()? {
            Kind::Bool => visitor.visit_bool(self.cursor.bool()?),
            Kind::Number => visit_number(self.cursor.number()?, visitor),
            Kind::Text => {
                let text = self.cursor.text()?;
                self.visit_text(text, visitor)
            }
            Kind::Null if self.cursor.null()? => visitor.visit_unit(),
            Kind::Null => Err(self.cursor.error(Expected::Value).into()),
            Kind::List => {
                let items = self.cursor.list()?;
                let mut list = List { of: self, items, ended: false };
                let value = visitor.visit_seq(&mut list)?;
                list.finish()?;
                Ok(value)
            }
            Kind::Object => {
                let members = self.cursor.object()?;
                let mut object = Object { of: self, members, ended: false };
                let value = visitor.visit_map(&mut object)?;
                object.finish()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        if self.cursor.null()? { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        match self.cursor.kind()? {
            Kind::Object => {}
            Kind::Text => return visitor.visit_enum(Variant { of: self }),
            Kind::Bool | Kind::List | Kind::Null | Kind::Number => {
                return Err(de::Error::custom("expected a variant: a text or an object"));
            }
        }
        let mut members = self.cursor.object()?;
        let value = match self.cursor.key(&mut members)? {
            Some(key) => visitor.visit_enum(Tagged { of: self, key })?,
            None => return Err(de::Error::custom("expected an object with one variant")),
        };
        match self.cursor.key(&mut members)? {
            None => Ok(value),
            Some(_) => Err(de::Error::custom("expected an object with one variant")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        self.cursor.skip()?;
        visitor.visit_unit()
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        if self.cursor.encoding() != Some(Encoding::Json) && self.cursor.kind()? == Kind::Number {
            return visit_digits(self.cursor.number()?, visitor);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.deserialize_str(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
    }
}

struct List<'d, 'e, 's> {
    of: &'d mut Deserializer<'e, 's>,
    items: Items,
    /// Whether the end was reached.
    ended: bool,
}

impl List<'_, '_, '_> {
    /// Makes sure that the type took all items.
    fn finish(&mut self) -> Result<(), DeserializeError> {
        if !self.ended && self.of.cursor.item(&mut self.items)? {
            return Err(de::Error::custom("expected a shorter list"));
        }
        Ok(())
    }
}

impl<'e> de::SeqAccess<'e> for &mut List<'_, 'e, '_> {
    type Error = DeserializeError;

    fn next_element_seed<T: DeserializeSeed<'e>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DeserializeError> {
        if !self.ended && self.of.cursor.item(&mut self.items)? {
            seed.deserialize(&mut *self.of).map(Some)
        } else {
            self.ended = true;
            Ok(None)
        }
    }
}

struct Object<'d, 'e, 's> {
    of: &'d mut Deserializer<'e, 's>,
    members: Members,
    /// Whether the end was reached.
    ended: bool,
}

impl Object<'_, '_, '_> {
    /// Makes sure that the type took all members.
    fn finish(&mut self) -> Result<(), DeserializeError> {
        if !self.ended && self.of.cursor.key(&mut self.members)?.is_some() {
            return Err(de::Error::custom("expected a smaller object"));
        }
        Ok(())
    }
}

impl<'e> de::MapAccess<'e> for &mut Object<'_, 'e, '_> {
    type Error = DeserializeError;

    fn next_key_seed<K: DeserializeSeed<'e>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DeserializeError> {
        if self.ended {
            return Ok(None);
        }
        match self.of.cursor.key(&mut self.members)? {
            Some(key) => seed.deserialize(MapKey { of: self.of, key }).map(Some),
            None => {
                self.ended = true;
                Ok(None)
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'e>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DeserializeError> {
        seed.deserialize(&mut *self.of)
    }
}

/// A key: text, or an integer for those who ask for one.
struct MapKey<'d, 'e, 's> {
    of: &'d mut Deserializer<'e, 's>,
    key: Key<'e>,
}

macro_rules! integer_keys {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
            match (self.key.as_u64(), self.key.as_i64()) {
                (Some(key), _) => visitor.visit_u64(key),
                (None, Some(key)) => visitor.visit_i64(key),
                (None, None) => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for MapKey<'_, 'de, '_> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let Some(text) = self.key.text() else {
            return visit_digits(self.key, visitor);
        };
        self.of.visit_text(text, visitor)
    }

    integer_keys! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        visitor.visit_enum(KeyVariant(self))
    }

    serde::forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

/// A key that is the name of a variant without data.
struct KeyVariant<'d, 'e, 's>(MapKey<'d, 'e, 's>);

impl<'e> de::EnumAccess<'e> for KeyVariant<'_, 'e, '_> {
    type Error = DeserializeError;
    type Variant = UnitOnly;

    fn variant_seed<T: DeserializeSeed<'e>>(
        self,
        seed: T,
    ) -> Result<(T::Value, UnitOnly), DeserializeError> {
        Ok((seed.deserialize(self.0)?, UnitOnly))
    }
}

/// A text that is the name of a variant without data.
struct Variant<'d, 'e, 's> {
    of: &'d mut Deserializer<'e, 's>,
}

impl<'e> de::EnumAccess<'e> for Variant<'_, 'e, '_> {
    type Error = DeserializeError;
    type Variant = UnitOnly;

    fn variant_seed<T: DeserializeSeed<'e>>(
        self,
        seed: T,
    ) -> Result<(T::Value, UnitOnly), DeserializeError> {
        Ok((seed.deserialize(self.of)?, UnitOnly))
    }
}

/// A variant without data.
struct UnitOnly;

impl<'e> de::VariantAccess<'e> for UnitOnly {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<(), DeserializeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'e>>(
        self,
        _: T,
    ) -> Result<T::Value, DeserializeError> {
        Err(de::Error::custom("expected a variant with data"))
    }

    fn tuple_variant<V: Visitor<'e>>(self, _: usize, _: V) -> Result<V::Value, DeserializeError> {
        Err(de::Error::custom("expected a variant with data"))
    }

    fn struct_variant<V: Visitor<'e>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, DeserializeError> {
        Err(de::Error::custom("expected a variant with data"))
    }
}

/// An object of one member: the name of a variant, and its data.
struct Tagged<'d, 'e, 's> {
    of: &'d mut Deserializer<'e, 's>,
    key: Key<'e>,
}

impl<'d, 'e, 's> de::EnumAccess<'e> for Tagged<'d, 'e, 's> {
    type Error = DeserializeError;
    type Variant = &'d mut Deserializer<'e, 's>;

    fn variant_seed<T: DeserializeSeed<'e>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Self::Variant), DeserializeError> {
        let name = seed.deserialize(MapKey { of: &mut *self.of, key: self.key })?;
        Ok((name, self.of))
    }
}

impl<'e> de::VariantAccess<'e> for &mut Deserializer<'e, '_> {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<(), DeserializeError> {
        if self.cursor.null()? { Ok(()) } else { Err(de::Error::custom("expected null")) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'e>>(
        self,
        seed: T,
    ) -> Result<T::Value, DeserializeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'e>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        de::Deserializer::deserialize_any(self, visitor)
    }

    fn struct_variant<V: Visitor<'e>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        de::Deserializer::deserialize_any(self, visitor)
    }
}
