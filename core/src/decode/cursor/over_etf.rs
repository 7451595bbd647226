//! The cursor over ETF.

use super::super::Kind;
use super::super::error::{DecodeError, Expected};
use super::super::etf;
use super::super::key::Key;
use super::super::number::parse_u64;
use super::super::text::Text;
use super::{Cursor, Form, Left, Members, Source};
use crate::decode::packed::Name;
use crate::term as tag;

impl<'e> Cursor<'e> {
    pub(super) fn etf_kind(&self) -> Result<Kind, DecodeError> {
        match self.form {
            Form::Tagged => etf::kind(self.doc, self.at),
            Form::Byte | Form::Id | Form::Word => Ok(Kind::Number),
            Form::Members => Ok(Kind::Object),
            Form::Words => Ok(Kind::List),
        }
    }

    /// Returns the place behind the next value.
    pub(super) fn etf_end(&mut self) -> Result<usize, DecodeError> {
        let end = match core::mem::replace(&mut self.form, Form::Tagged) {
            Form::Tagged => return etf::skip(self.doc, self.at),
            Form::Byte => self.at + 1,
            Form::Id => self.at + 8,
            Form::Members => self.doc.len(),
            Form::Word => self.at + 4,
            Form::Words => self.at + 4 * usize::from(self.words),
        };
        if end > self.doc.len() { Err(DecodeError::new(self.at, Expected::Value)) } else { Ok(end) }
    }

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
        if !word.bytes.is_ascii() && core::str::from_utf8(word.bytes).is_err() {
            return Err(self.error(Expected::Utf8));
        }
        self.at = word.end;
        Ok(Text::new(word.bytes, false))
    }

    /// Reads an integer or a text of its digits, as sign and magnitude.
    pub(super) fn etf_integer(
        &mut self,
        expected: Expected,
    ) -> Result<Option<(bool, u64)>, DecodeError> {
        if let Some(word) = self.etf_word()? {
            self.at = word.end;
            let (negative, digits) = match word.bytes.strip_prefix(b"-") {
                Some(digits) => (true, digits),
                None => (false, word.bytes),
            };
            return Ok(parse_u64(digits).map(|magnitude| (negative, magnitude)));
        }
        Ok(match self.etf_number(expected)? {
            etf::Number::Integer { negative, magnitude } => Some((negative, magnitude)),
            etf::Number::Float(_) | etf::Number::Text(_) => None,
        })
    }

    pub(super) fn etf_number(
        &mut self,
        expected: Expected,
    ) -> Result<etf::Number<'e>, DecodeError> {
        let width = match self.form {
            Form::Tagged => 0,
            Form::Byte => 1,
            Form::Word => 4,
            Form::Id | Form::Members | Form::Words => return Err(self.error(expected)),
        };
        if width > 0 {
            let bytes = self.doc.get(self.at..self.at + width);
            let bytes = bytes.ok_or_else(|| self.error(Expected::Value))?;
            let magnitude = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
            self.at += width;
            self.form = Form::Tagged;
            return Ok(etf::Number::Integer { negative: false, magnitude });
        }
        let number = etf::number(self.doc, self.at).map_err(|error| self.based(error))?;
        let (number, end) = number.ok_or_else(|| self.error(expected))?;
        self.at = end;
        Ok(number)
    }

    /// Reads an atom or a binary, without passing it.
    pub(super) fn etf_word(&self) -> Result<Option<etf::Word<'e>>, DecodeError> {
        if self.form != Form::Tagged {
            return Ok(None);
        }
        etf::word(self.doc, self.at).map_err(|error| self.based(error))
    }

    pub(super) fn etf_map(&mut self) -> Result<Option<(Left, usize)>, DecodeError> {
        let (doc, at) = (self.doc, self.at);
        let map = match self.etf_tag()? {
            Some(tag::MAP) => etf::count(doc, at).map(|left| (Left::terms(left), at + 5)),
            Some(of @ tag::NEW_REFERENCE) => etf::short_count(doc, at).and_then(|words| {
                self.words = words;
                etf::node_end(doc, at + 3).map(|_| (Left::Parts { of, next: 0 }, at + 3))
            }),
            Some(of @ (tag::PID | tag::PORT | tag::REFERENCE)) => {
                self.words = 1;
                etf::node_end(doc, at + 1).map(|_| (Left::Parts { of, next: 0 }, at + 1))
            }
            Some(of @ tag::EXPORT) => Ok((Left::Parts { of, next: 0 }, at + 1)),
            _ => return Ok(None),
        };
        map.map(Some).map_err(|error| self.based(error))
    }

    pub(super) fn etf_list(&mut self) -> Result<Option<(Left, usize)>, DecodeError> {
        let (doc, at) = (self.doc, self.at);
        if self.form == Form::Words {
            self.form = Form::Tagged;
            return Ok(Some((Left::Bare { left: self.words.into(), form: Form::Word }, at)));
        }
        let bytes = |left: u16| (Left::Bare { left: left.into(), form: Form::Byte }, at + 3);
        let list = match self.etf_tag()? {
            Some(tag::NIL) => Ok((Left::terms(0), at + 1)),
            Some(tag::LIST) => {
                etf::count(doc, at).map(|left| (Left::Terms { left, tail: true }, at + 5))
            }
            Some(tag::LARGE_TUPLE) => etf::count(doc, at).map(|left| (Left::terms(left), at + 5)),
            Some(tag::SMALL_TUPLE) => {
                etf::tag_at(doc, at + 1).map(|left| (Left::terms(left.into()), at + 2))
            }
            Some(tag::STRING) => etf::short_count(doc, at).map(bytes),
            _ => return Ok(None),
        };
        list.map(Some).map_err(|error| self.based(error))
    }

    pub(super) fn etf_tag(&self) -> Result<Option<u8>, DecodeError> {
        if self.form != Form::Tagged {
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
            Left::Bare { left: 0, .. } | Left::Done | Left::Json { .. } | Left::Packed { .. } => {
                false
            }
            Left::Bare { left, form } => {
                *left -= 1;
                self.form = *form;
                true
            }
            Left::Parts { of, next } => usize::from(*next) < etf::parts(*of).len(),
        };
        if !more {
            self.depth = self.depth.saturating_sub(1);
        }
        Ok(more)
    }

    #[inline(never)]
    pub(super) fn etf_member(&mut self, left: &mut Left) -> Result<Option<Key<'e>>, DecodeError> {
        if !self.etf_next(left)? {
            return Ok(None);
        }
        match left {
            Left::Parts { of, next } => {
                let part = etf::parts(*of).get(usize::from(*next));
                *next += 1;
                Ok(part.map(|part| self.etf_part(*part)))
            }
            Left::Bare { .. }
            | Left::Done
            | Left::Json { .. }
            | Left::Packed { .. }
            | Left::Terms { .. } => self.etf_key().map(Some),
        }
    }

    /// Stands before a part of an identifier.
    fn etf_part(&mut self, part: etf::Part) -> Key<'e> {
        let (name, form) = match part {
            etf::Part::Byte(name) => (name, Form::Byte),
            etf::Part::Term(name) => (name, Form::Tagged),
            etf::Part::Word(name) => (name, Form::Word),
            etf::Part::Words(name) => (name, Form::Words),
        };
        self.form = form;
        Key::of_bytes(name.as_bytes())
    }

    /// Finds the last value of a name in a map whose keys are ASCII; returns nothing of what is none such, or is not
    /// well-formed.
    pub(crate) fn last_in_map(mut self, name: &str) -> Option<Option<Self>> {
        if self.source != Source::Etf {
            return None;
        }
        let (mut found, members) = (None, self.object().ok()?);
        let Left::Terms { left, tail: false } = members.0 else { return None };
        for _ in 0..left {
            let key = etf::word(self.doc, self.at).ok()??;
            self.at = Some(key.end).filter(|_| key.bytes.is_ascii())?;
            if key.bytes == name.as_bytes() {
                found = Some(self);
            }
            self.at = etf::skip(self.doc, self.at).ok()?;
        }
        Some(found)
    }

    /// Passes members of a map by a function that gets the document, the key's name, the place of the value and how many
    /// brackets are open around it, and returns the place behind it.
    ///
    /// At one that it does not pass it stands before the value, and returns the key's name; where a key is no text, or
    /// none follows, it stands before that.
    #[inline]
    pub(in super::super) fn pass_terms(
        &mut self,
        members: &mut Members,
        mut pass: impl FnMut(&[u8], Option<Name>, usize, u8) -> Option<usize>,
    ) -> Option<Option<Name>> {
        let Left::Terms { left, tail: false } = &mut members.0 else { return None };
        while *left > 0 {
            let (name, value) = Name::of_term(self.doc, self.at)?;
            *left -= 1;
            let Some(end) = pass(self.doc, name, value, self.depth) else {
                self.at = value;
                return Some(name);
            };
            self.at = end;
        }
        None
    }

    fn etf_key(&mut self) -> Result<Key<'e>, DecodeError> {
        if let Some(word) = self.etf_word()? {
            // Most keys are ASCII, which is told sooner.
            if !word.bytes.is_ascii() && core::str::from_utf8(word.bytes).is_err() {
                return Err(self.error(Expected::Utf8));
            }
            self.at = word.end;
            return Ok(Key::of_bytes(word.bytes));
        }
        match self.etf_number(Expected::Value)? {
            etf::Number::Integer { negative, magnitude } => {
                Ok(Key::of_integer(negative, magnitude))
            }
            etf::Number::Float(_) | etf::Number::Text(_) => Err(self.error(Expected::Value)),
        }
    }
}
