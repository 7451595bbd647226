//! The cursor over ETF.

use super::super::error::{DecodeError, Expected};
use super::super::etf::{self, tag};
use super::super::key::Key;
use super::super::number::parse_u64;
use super::super::text::Text;
use super::{Cursor, Left};

impl<'e> Cursor<'e> {
    pub(super) fn etf_null(&mut self) -> Result<bool, DecodeError> {
        let Some(word) = self.etf_word()?.filter(etf::Word::is_null) else {
            return Ok(false);
        };
        self.at = word.end;
        Ok(true)
    }

    pub(super) fn etf_bool(&mut self) -> Result<Option<bool>, DecodeError> {
        let Some(word) = self.etf_word()?.filter(|word| word.is_atom) else {
            return Ok(None);
        };
        let value = word.bytes == b"true";
        if value || word.bytes == b"false" {
            self.at = word.end;
            return Ok(Some(value));
        }
        Ok(None)
    }

    pub(super) fn etf_text(&mut self) -> Result<Text<'e>, DecodeError> {
        let word = self.etf_word()?.filter(|word| !word.is_null());
        let word = word.ok_or_else(|| self.error(Expected::Text))?;
        if core::str::from_utf8(word.bytes).is_err() {
            return Err(self.error(Expected::Utf8));
        }
        self.at = word.end;
        Ok(Text::new(word.bytes, false))
    }

    /// Reads an integer or a text of its digits, as sign and magnitude.
    pub(super) fn etf_integer(&mut self) -> Result<Option<(bool, u64)>, DecodeError> {
        if let Some(word) = self.etf_word()? {
            self.at = word.end;
            let (negative, digits) = match word.bytes.strip_prefix(b"-") {
                Some(digits) => (true, digits),
                None => (false, word.bytes),
            };
            return Ok(parse_u64(digits).map(|magnitude| (negative, magnitude)));
        }
        Ok(match self.etf_number(Expected::Integer)? {
            etf::Number::Integer { negative, magnitude } => Some((negative, magnitude)),
            etf::Number::Float(_) => None,
        })
    }

    pub(super) fn etf_number(&mut self, expected: Expected) -> Result<etf::Number, DecodeError> {
        if self.bare {
            let byte = etf::tag_at(self.doc, self.at).map_err(|error| self.based(error))?;
            self.at += 1;
            self.bare = false;
            return Ok(etf::Number::Integer { negative: false, magnitude: byte.into() });
        }
        let number = etf::number(self.doc, self.at).map_err(|error| self.based(error))?;
        let (number, end) = number.ok_or_else(|| self.error(expected))?;
        self.at = end;
        Ok(number)
    }

    /// Reads an atom or a binary, without passing it.
    pub(super) fn etf_word(&self) -> Result<Option<etf::Word<'e>>, DecodeError> {
        if self.bare {
            return Ok(None);
        }
        etf::word(self.doc, self.at).map_err(|error| self.based(error))
    }

    pub(super) fn etf_map(&self) -> Result<Option<(Left, usize)>, DecodeError> {
        if self.etf_tag()? != Some(tag::MAP) {
            return Ok(None);
        }
        let left = etf::count(self.doc, self.at).map_err(|error| self.based(error))?;
        Ok(Some((Left::Terms { left, tail: false }, self.at + 5)))
    }

    pub(super) fn etf_list(&mut self) -> Result<Option<(Left, usize)>, DecodeError> {
        let (doc, at) = (self.doc, self.at);
        Ok(Some(match self.etf_tag()? {
            Some(tag::NIL) => (Left::Terms { left: 0, tail: false }, at + 1),
            Some(tag::LIST) => {
                let left = etf::count(doc, at).map_err(|error| self.based(error))?;
                (Left::Terms { left, tail: true }, at + 5)
            }
            Some(tag::LARGE_TUPLE) => {
                let left = etf::count(doc, at).map_err(|error| self.based(error))?;
                (Left::Terms { left, tail: false }, at + 5)
            }
            Some(tag::SMALL_TUPLE) => {
                let left = etf::tag_at(doc, at + 1).map_err(|error| self.based(error))?.into();
                (Left::Terms { left, tail: false }, at + 2)
            }
            Some(tag::STRING) => {
                let left = etf::short_count(doc, at).map_err(|error| self.based(error))?;
                (Left::Bytes { left }, at + 3)
            }
            _ => return Ok(None),
        }))
    }

    pub(super) fn etf_tag(&self) -> Result<Option<u8>, DecodeError> {
        if self.bare {
            Ok(None)
        } else {
            etf::tag_at(self.doc, self.at).map_err(|error| self.based(error)).map(Some)
        }
    }

    pub(super) fn etf_next(&mut self, left: &mut Left) -> Result<bool, DecodeError> {
        let more = match left {
            Left::Terms { left: 0, tail } => {
                if core::mem::take(tail) {
                    if etf::tag_at(self.doc, self.at).map_err(|error| self.based(error))?
                        != tag::NIL
                    {
                        return Err(self.error(Expected::Value));
                    }
                    self.at += 1;
                }
                false
            }
            Left::Terms { left, .. } => {
                *left -= 1;
                true
            }
            Left::Bytes { left } => {
                self.bare = *left > 0;
                *left = left.saturating_sub(1);
                self.bare
            }
            Left::Json { .. } => false,
        };
        if !more {
            self.depth = self.depth.saturating_sub(1);
        }
        Ok(more)
    }

    #[inline(never)]
    pub(super) fn etf_member(&mut self, left: &mut Left) -> Result<Option<Key<'e>>, DecodeError> {
        if self.etf_next(left)? { self.etf_key().map(Some) } else { Ok(None) }
    }

    fn etf_key(&mut self) -> Result<Key<'e>, DecodeError> {
        if let Some(word) = self.etf_word()? {
            if core::str::from_utf8(word.bytes).is_err() {
                return Err(self.error(Expected::Utf8));
            }
            self.at = word.end;
            return Ok(Key::of_bytes(word.bytes));
        }
        match self.etf_number(Expected::Value)? {
            etf::Number::Integer { negative, magnitude } => {
                Ok(Key::of_integer(negative, magnitude))
            }
            etf::Number::Float(_) => Err(self.error(Expected::Value)),
        }
    }
}
