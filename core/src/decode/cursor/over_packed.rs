//! The cursor over the packed form.

use super::super::error::Expected;
use super::super::key::Key;
use super::super::number::Number;
use super::super::packed::{self, Value};
use super::super::text::Text;
use super::super::{DecodeError, Kind};
use super::{Cursor, Form, Left};

impl<'e> Cursor<'e> {
    /// Creates one over the members of an object, without its header.
    pub(crate) const fn packed_members(members: &'e [u8]) -> Self {
        Self { form: Form::Members, ..Self::packed(members) }
    }

    /// Creates one that stands before a packed value.
    pub(crate) const fn packed(value: &'e [u8]) -> Self {
        Self {
            doc: value,
            at: 0,
            base: 0,
            source: super::Source::Packed,
            depth: 0,
            form: Form::Tagged,
            words: 0,
        }
    }

    fn packed_value(&self) -> Option<Value<'e>> {
        if self.form == Form::Tagged { packed::value(self.doc, self.at) } else { None }
    }

    pub(super) fn packed_kind(&self) -> Result<Kind, DecodeError> {
        let tag = match self.form {
            Form::Members => return Ok(Kind::Object),
            Form::Id => return Ok(Kind::Number),
            Form::Byte | Form::Tagged | Form::Word | Form::Words => {
                self.packed_value().map(|value| value.tag)
            }
        };
        match tag {
            Some(packed::FALSE | packed::TRUE) => Ok(Kind::Bool),
            Some(packed::NULL | packed::ROW | packed::ROWS) => Ok(Kind::Null),
            Some(
                packed::HASH..=packed::TEXT | packed::WORD..=packed::LAST_WORD | packed::SHORT..,
            ) => Ok(Kind::Text),
            Some(packed::LIST | packed::IDS) => Ok(Kind::List),
            Some(packed::OBJECT | packed::KEYED) => Ok(Kind::Object),
            Some(_) => Ok(Kind::Number),
            None => Err(self.error(Expected::Value)),
        }
    }

    pub(super) fn packed_null(&mut self) -> Result<bool, DecodeError> {
        let null = self.packed_kind()? == Kind::Null;
        if null {
            self.at = self.packed_end()?;
        }
        Ok(null)
    }

    pub(super) fn packed_bool(&mut self) -> Option<bool> {
        let value = self.packed_value()?;
        let bool = value.bool()?;
        self.at = value.end;
        Some(bool)
    }

    /// Reads text; an integer from 0 on is one of its digits, for so ids may have come.
    pub(super) fn packed_text(&mut self) -> Result<Text<'e>, DecodeError> {
        if self.form == Form::Id {
            let start = self.at;
            self.packed_id()?;
            let bytes = self.doc.get(start..self.at).unwrap_or_default();
            return Ok(Text::of_packed_integer(bytes));
        }
        let value = self.packed_value().ok_or_else(|| self.error(Expected::Text))?;
        let text = Text::of_packed(&value).ok_or_else(|| self.error(Expected::Text))?;
        self.at = value.end;
        Ok(text)
    }

    pub(super) fn packed_number(&mut self) -> Result<Number<'e>, DecodeError> {
        if self.form == Form::Id {
            return self.packed_id().map(|id| Number::integer(false, id));
        }
        let value = self.packed_value().ok_or_else(|| self.error(Expected::Number))?;
        let number = match (value.unsigned(), value.signed(), value.float(), value.digits()) {
            (Some(number), ..) => Number::integer(false, number),
            (_, Some(number), ..) => Number::integer(true, number.unsigned_abs()),
            (_, _, Some(float), _) => Number::float(float),
            (_, _, _, Some(digits)) => Number::json(digits),
            _ => return Err(self.error(Expected::Number)),
        };
        self.at = value.end;
        Ok(number)
    }

    /// Reads an integer from 0 on, or a text of its digits.
    pub(super) fn packed_unsigned(&mut self) -> Option<u64> {
        if self.form == Form::Id {
            return self.packed_id().ok();
        }
        let value = self.packed_value()?;
        self.at = value.end;
        value.unsigned().or_else(|| Text::of_packed(&value)?.digits())
    }

    /// Reads an integer, or a text of its digits.
    pub(super) fn packed_signed(&mut self) -> Option<i64> {
        if self.form == Form::Id {
            return i64::try_from(self.packed_id().ok()?).ok();
        }
        let value = self.packed_value()?;
        self.at = value.end;
        value.signed().or_else(|| {
            let text = Text::of_packed(&value)?;
            match text.as_str() {
                Some(text) => Number::json(text.as_bytes()).as_i64(),
                None => i64::try_from(text.digits()?).ok(),
            }
        })
    }

    fn packed_id(&mut self) -> Result<u64, DecodeError> {
        let bytes = self.doc.get(self.at..self.at + 8);
        let id = bytes.map(packed::little).ok_or_else(|| self.error(Expected::Value))?;
        (self.at, self.form) = (self.at + 8, Form::Tagged);
        Ok(id)
    }

    pub(super) fn packed_object(&mut self) -> Option<(Left, usize)> {
        if self.form == Form::Members {
            self.form = Form::Tagged;
            return Some((Left::packed(self.doc.len()), self.at));
        }
        let value = self.packed_value()?;
        let left = match value.tag {
            packed::KEYED => Left::Packed { end: u32::try_from(value.end).ok()?, keyed: true },
            packed::OBJECT => Left::packed(value.end),
            _ => return None,
        };
        Some((left, value.end - value.bytes.len()))
    }

    pub(super) fn packed_list(&self) -> Option<(Left, usize)> {
        let value = self.packed_value()?;
        let start = value.end - value.bytes.len();
        match value.tag {
            packed::LIST => Some((Left::packed(value.end), start)),
            packed::IDS => {
                let left = u32::try_from(value.bytes.len() / 8).ok()?;
                Some((Left::Bare { left, form: Form::Id }, start))
            }
            _ => None,
        }
    }

    /// Returns the place behind the next value.
    pub(super) fn packed_end(&mut self) -> Result<usize, DecodeError> {
        match core::mem::replace(&mut self.form, Form::Tagged) {
            Form::Id => Ok(self.at + 8),
            Form::Members => Ok(self.doc.len()),
            Form::Byte | Form::Tagged | Form::Word | Form::Words => {
                let value = self.packed_value().ok_or_else(|| self.error(Expected::Value))?;
                Ok(value.end)
            }
        }
    }

    pub(super) fn packed_next(&mut self, end: u32) -> bool {
        let more = self.at < usize::try_from(end).unwrap_or(0);
        if !more {
            self.depth = self.depth.saturating_sub(1);
        }
        more
    }

    pub(super) fn packed_key(
        &mut self,
        end: u32,
        keyed: bool,
    ) -> Result<Option<Key<'e>>, DecodeError> {
        if !self.packed_next(end) {
            return Ok(None);
        }
        if keyed {
            return self.packed_value_key().map(Some);
        }
        let member = packed::member(self.doc, self.at);
        let (name, at) = member.ok_or_else(|| self.error(Expected::Value))?;
        self.at = at;
        Ok(Some(Key::of_bytes(name.text().as_bytes())))
    }

    /// Reads a key that is a value: an id, or text.
    fn packed_value_key(&mut self) -> Result<Key<'e>, DecodeError> {
        let value = self.packed_value().ok_or_else(|| self.error(Expected::Value))?;
        let key = match (value.unsigned(), value.tag) {
            (Some(id), _) => Key::of_integer(false, id),
            (None, packed::TEXT | packed::SHORT..) => Key::of_bytes(value.bytes),
            _ => return Err(self.error(Expected::Value)),
        };
        self.at = value.end;
        Ok(key)
    }
}
