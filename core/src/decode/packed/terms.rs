//! Packs ETF straight from its terms where they are such as the service writes.
//!
//! That is: keys, texts, literals, numbers, lists and maps. What stands in any other way is left to the cursor, which reads
//! everything and tells what is wrong; where both read something, both pack it the same.

use core::ops::Range;

use super::names::{Means, Name};
use super::usual::Field;
use super::write::{Writer, exact_id};
use super::{IDS, LIST, NULL, OBJECT};
use crate::decode::etf;
use crate::decode::number::Number;
use crate::decode::text::Text;
use crate::decode::{Cursor, MAX_DEPTH, Members, word};
use crate::term as tag;

impl Writer<'_> {
    /// Passes members of a map as [`usual_members`](Self::usual_members) those of an object.
    pub(super) fn usual_terms(
        &mut self,
        cursor: &mut Cursor<'_>,
        members: &mut Members,
        wanted: impl Fn(Name) -> Option<bool>,
        mut wrote: impl FnMut(&mut Self, Name, Range<usize>) -> bool,
    ) -> Option<Option<Name>> {
        cursor.pass_terms(members, |doc, name, at, depth| {
            let Some(name) = name else { return etf::skip(doc, at).ok() };
            if !wanted(name)? {
                return etf::skip(doc, at).ok();
            }
            let start = self.len();
            let end = self.term_of_name(doc, at, Field { name, within: None }, depth);
            let range = start..self.len();
            let end = end.filter(|_| wrote(self, name, range));
            if end.is_none() {
                self.cut(start);
            }
            end
        })
    }

    /// Writes a name and the term at a place, but nothing if that is null; returns the place behind it.
    fn term_of_name(&mut self, doc: &[u8], at: usize, field: Field, depth: u8) -> Option<usize> {
        let start = self.len();
        self.name(field.name).ok()?;
        let value = self.len();
        let end = self.term(doc, at, field, depth)?;
        if self.byte(value) == NULL {
            self.cut(start);
        }
        Some(end)
    }

    /// Writes the term at a place and returns the place behind it; nothing if it is not usual, or has no room: then what
    /// was written counts for nothing.
    fn term(&mut self, doc: &[u8], at: usize, field: Field, depth: u8) -> Option<usize> {
        match etf::tag_at(doc, at).ok()? {
            tag::BINARY => {
                let word = etf::word(doc, at).ok()??;
                if !is_utf8(word.bytes) {
                    return None;
                }
                let means = field.name.means(field.within);
                self.text_as(Text::new(word.bytes, false), means).ok()?;
                Some(word.end)
            }
            tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 | tag::ATOM | tag::ATOM_UTF8 => {
                self.literal(&etf::word(doc, at).ok()??)
            }
            tag::SMALL_INTEGER | tag::INTEGER | tag::SMALL_BIG | tag::NEW_FLOAT => {
                let (number, end) = etf::number(doc, at).ok()??;
                self.number(&Number::etf(number)).ok()?;
                Some(end)
            }
            tag::LIST | tag::NIL => self.term_list(doc, at, field, depth),
            tag::MAP if !field.name.is_keyed() => self.map(doc, at, field.name, depth),
            _ => None,
        }
    }

    fn literal(&mut self, word: &etf::Word<'_>) -> Option<usize> {
        match word.bytes {
            b"true" => self.bool(true).ok()?,
            b"false" => self.bool(false).ok()?,
            _ if word.is_null() => self.null().ok()?,
            _ => return None,
        }
        Some(word.end)
    }

    fn term_list(&mut self, doc: &[u8], at: usize, field: Field, depth: u8) -> Option<usize> {
        if depth == MAX_DEPTH {
            return None;
        }
        let ids = field.name.means(field.within) == Means::Id;
        let start = self.begin(if ids { IDS } else { LIST }).ok()?;
        let (mut at, left) = match etf::tag_at(doc, at).ok()? {
            tag::NIL => (at, 0),
            _ => (at + 5, etf::count(doc, at).ok()?),
        };
        for _ in 0..left {
            at = match etf::tag_at(doc, at).ok()? {
                _ if ids => self.id_term(doc, at)?,
                tag::MAP => self.map(doc, at, field.name, depth + 1)?,
                _ => self.term(doc, at, field, depth + 1)?,
            };
        }
        self.end(start).ok()?;
        (etf::tag_at(doc, at).ok()? == tag::NIL).then_some(at + 1)
    }

    /// Writes an id without what tells that it is an integer.
    fn id_term(&mut self, doc: &[u8], at: usize) -> Option<usize> {
        let (id, end) = match etf::word(doc, at).ok()? {
            Some(word) if !word.is_atom => (exact_id(Text::new(word.bytes, false)), word.end),
            Some(_) => return None,
            None => {
                let (number, end) = etf::number(doc, at).ok()??;
                (Number::etf(number).as_u64(), end)
            }
        };
        self.extend(&id?.to_le_bytes()).ok()?;
        Some(end)
    }

    fn map(&mut self, doc: &[u8], at: usize, within: Name, depth: u8) -> Option<usize> {
        if depth == MAX_DEPTH {
            return None;
        }
        let start = self.begin(OBJECT).ok()?;
        let (left, mut at) = (etf::count(doc, at).ok()?, at + 5);
        for _ in 0..left {
            let (name, value) = Name::of_term(doc, at)?;
            at = match name {
                Some(name) => {
                    self.name(name).ok()?;
                    self.term(doc, value, Field { name, within: Some(within) }, depth + 1)?
                }
                None => etf::skip(doc, value).ok()?,
            };
        }
        self.end(start).ok()?;
        Some(at)
    }
}

impl Name {
    /// Reads the key of a map, if it is a text: its name, if it is one, and the place of the value.
    #[inline]
    pub(in super::super) fn of_term(doc: &[u8], at: usize) -> Option<(Option<Self>, usize)> {
        let key = etf::word(doc, at).ok()??;
        let name = Self::of_plain(key.bytes, word(key.bytes));
        (name.is_some() || is_utf8(key.bytes)).then_some((name, key.end))
    }
}

/// Tells whether bytes are UTF-8; most are ASCII, which is told sooner.
fn is_utf8(bytes: &[u8]) -> bool {
    bytes.is_ascii() || core::str::from_utf8(bytes).is_ok()
}
