//! The cursor over JSON.

use super::super::error::{DecodeError, Expected};
use super::super::json;
use super::super::key::Key;
use super::super::number::{Number, signed};
use super::super::text::Text;
use super::{Cursor, Left, Members, Source};
use crate::decode::MAX_DEPTH;
use crate::decode::packed::Name;

impl<'e> Cursor<'e> {
    /// Skips white space, of which there usually is none.
    #[inline]
    pub(super) fn json_space(&mut self) {
        if json::byte(self.doc, self.at) <= b' ' {
            self.at = json::space(self.doc, self.at);
        }
    }

    #[inline]
    pub(super) fn json_null(&mut self) -> Result<bool, DecodeError> {
        self.json_space();
        if json::byte(self.doc, self.at) != b'n' {
            return Ok(false);
        }
        match json::literal(self.doc, self.at, b"null") {
            Some(end) => self.at = end,
            None => return Err(self.error(Expected::Value)),
        }
        Ok(true)
    }

    pub(super) fn json_bool(&mut self) -> Option<bool> {
        self.json_space();
        let value = json::byte(self.doc, self.at) == b't';
        let (doc, at) = (self.doc, self.at);
        let end =
            if value { json::literal(doc, at, b"true") } else { json::literal(doc, at, b"false") };
        self.at = end?;
        Some(value)
    }

    #[inline]
    pub(super) fn json_text(&mut self) -> Result<Text<'e>, DecodeError> {
        self.json_space();
        if json::byte(self.doc, self.at) != b'"' {
            return Err(self.error(Expected::Text));
        }
        let start = self.at + 1;
        match json::text_end(self.doc, start) {
            Ok((end, escaped)) => {
                self.at = end + 1;
                Ok(Text::new(self.doc.get(start..end).unwrap_or_default(), escaped))
            }
            Err(error) => Err(self.based(error)),
        }
    }

    pub(super) fn json_number(&mut self) -> Result<Number<'e>, DecodeError> {
        self.json_space();
        let start = self.at;
        self.at = json::number_end(self.doc, start).map_err(|error| self.based(error))?;
        Ok(Number::json(self.doc.get(start..self.at).unwrap_or_default()))
    }

    #[inline]
    pub(super) fn json_unsigned(&mut self) -> Option<u64> {
        self.json_space();
        let quote = usize::from(json::byte(self.doc, self.at) == b'"');
        self.json_digits(quote, 0)
    }

    pub(super) fn json_signed(&mut self) -> Option<i64> {
        self.json_space();
        let quote = usize::from(json::byte(self.doc, self.at) == b'"');
        let minus = json::byte(self.doc, self.at + quote) == b'-';
        signed(minus, self.json_digits(quote, usize::from(minus))?)
    }

    /// Reads digits behind an optional quote and minus, and nothing else up to the value's end.
    #[inline]
    fn json_digits(&mut self, quote: usize, minus: usize) -> Option<u64> {
        let start = self.at + quote + minus;
        let (value, end) = json::digits(self.doc, start);
        let next = json::byte(self.doc, end);
        if quote == 1 {
            if next != b'"' {
                return self.json_text().ok()?.digits();
            }
            self.at = end + 1;
            return value;
        }
        let zeros = end > start + 1 && json::byte(self.doc, start) == b'0';
        let ends = matches!(next, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        self.at = end;
        value.filter(|_| !zeros && (ends || end == self.doc.len()))
    }

    /// Passes the bracket that opens a list or an object.
    #[inline]
    pub(super) fn json_open(&mut self, bracket: u8) -> Option<(Left, usize)> {
        self.json_space();
        let fresh = json::byte(self.doc, self.at) == bracket;
        fresh.then_some((Left::Json { fresh }, self.at + 1))
    }

    /// Passes what separates members or items; `false` at the end.
    #[inline]
    pub(super) fn json_next(&mut self, fresh: bool, close: u8) -> Result<bool, DecodeError> {
        self.json_space();
        let byte = json::byte(self.doc, self.at);
        if byte == close {
            self.at += 1;
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if !fresh {
            if byte != b',' {
                return Err(self.error(Expected::Value));
            }
            self.at += 1;
        }
        Ok(true)
    }

    #[inline]
    pub(super) fn json_key(&mut self, fresh: bool) -> Result<Option<Key<'e>>, DecodeError> {
        if let Some((key, end)) = json::usual_key(self.doc, self.at, fresh) {
            self.at = end;
            return Ok(Some(key));
        }
        if json::byte(self.doc, self.at) == b'}' {
            self.at += 1;
            self.depth = self.depth.saturating_sub(1);
            return Ok(None);
        }
        self.unusual_key(fresh)
    }

    #[inline(never)]
    fn unusual_key(&mut self, fresh: bool) -> Result<Option<Key<'e>>, DecodeError> {
        if !self.json_next(fresh, b'}')? {
            return Ok(None);
        }
        self.json_space();
        if json::byte(self.doc, self.at) != b'"' {
            return Err(self.error(Expected::Value));
        }
        let text = self.json_text()?;
        self.json_space();
        if json::byte(self.doc, self.at) != b':' {
            return Err(self.error(Expected::Value));
        }
        self.at += 1;
        Ok(Some(Key::of_text(text)))
    }

    /// Passes a value of JSON by a function that gets the document, its place there and how many brackets are open
    /// around it, and returns the place behind it; returns whether it did.
    #[inline]
    pub(in super::super) fn pass_json(
        &mut self,
        pass: impl FnOnce(&[u8], usize, u8) -> Option<usize>,
    ) -> bool {
        let json = self.source == Source::Json;
        let end = if json { pass(self.doc, self.at, self.depth) } else { None };
        self.at = end.unwrap_or(self.at);
        end.is_some()
    }

    /// Passes an object of JSON that is an id and nothing else, if it stands as usual; returns the id.
    #[inline]
    pub(crate) fn usual_id(&mut self) -> Option<u64> {
        const BEFORE: &[u8; 7] = br#"{"id":""#;

        let start = self.at + BEFORE.len();
        if self.source != Source::Json || self.doc.get(self.at..start) != Some(BEFORE) {
            return None;
        }
        let (id, end) = json::digits(self.doc, start);
        let ends = self.doc.get(end..end + 2) == Some(br#""}"#);
        let id = id.filter(|_| ends && self.depth < MAX_DEPTH)?;
        self.at = end + 2;
        Some(id)
    }

    /// Passes members of an object of JSON by a function that gets the document, the key's name, the place of the value
    /// and how many brackets are open around it, and returns the place behind it.
    ///
    /// At one that it does not pass it stands before the value, and returns the key's name; where a key does not stand
    /// as usual, or none does, it stands before that.
    #[inline(always)]
    pub(in super::super) fn pass_members(
        &mut self,
        members: &mut Members,
        mut pass: impl FnMut(&[u8], Option<Name>, usize, u8) -> Option<usize>,
    ) -> Option<Option<Name>> {
        let Left::Json { fresh } = &mut members.0 else { return None };
        let (doc, mut at) = (self.doc, self.at);
        let found = loop {
            let quote = at + usize::from(!*fresh);
            if !*fresh && json::byte(doc, at) != b',' {
                break None;
            }
            let Some((name, value)) = Name::usual(doc, quote) else { break None };
            *fresh = false;
            let Some(end) = pass(doc, name, value, self.depth) else {
                at = value;
                break Some(name);
            };
            at = end;
        };
        self.at = at;
        found
    }
}
