//! Packs JSON straight from its bytes where it stands as the service writes it.
//!
//! That is: no white space, keys without escapes, ids in digits. What stands in any other way is
//! left to the cursor, which reads everything and tells what is wrong; where both read something, both pack it
//! the same.

use core::ops::Range;

use super::made::read_hash;
use super::names::{Means, Name};
use super::write::Writer;
use super::{
    ANIMATED, FALSE, HASH, IDS, LAST_WORD, LIST, NULL, OBJECT, SHORT, TIME, TRUE, WORD, text_of,
};
use crate::Encoding;
use crate::decode::json::{self, byte};
use crate::decode::number::Number;
use crate::decode::text::Text;
use crate::decode::{Cursor, MAX_DEPTH, Members, timestamp, word_from};

/// A field whose value is packed: its name, and that of the field it stands within.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) within: Option<Name>,
}

impl Writer<'_> {
    /// Passes members of an object as long as they stand as usual and `wanted` says of their names whether they are:
    /// those that are, it writes one after the other, without a value that is null, and tells `wrote` where; that
    /// says whether to go on.
    ///
    /// Returns the name of one whose key it passed, and not its value.
    #[inline(always)]
    pub(crate) fn usual_members(
        &mut self,
        cursor: &mut Cursor<'_>,
        members: &mut Members,
        wanted: impl Fn(Name) -> Option<bool>,
        mut wrote: impl FnMut(&mut Self, Name, Range<usize>) -> bool,
    ) -> Option<Option<Name>> {
        if cursor.encoding() == Some(Encoding::Etf) {
            return self.usual_terms(cursor, members, wanted, wrote);
        }
        cursor.pass_members(members, |doc, name, at, depth| {
            let Some(name) = name else { return json::skip(doc, at, depth).ok() };
            if !wanted(name)? {
                return json::skip(doc, at, depth).ok();
            }
            let start = self.len();
            let end = match byte(doc, at) {
                b'n' => json::usual_literal(doc, at, b"null"),
                _ => self.usual_member(doc, at, Field { name, within: None }, depth),
            };
            let range = start..self.len();
            let end = end.filter(|_| wrote(self, name, range));
            if end.is_none() {
                self.cut(start);
            }
            end
        })
    }

    /// Writes a name and the value at a place; returns the place behind it.
    #[inline(always)]
    fn usual_member(&mut self, doc: &[u8], at: usize, field: Field, depth: u8) -> Option<usize> {
        self.name(field.name).ok()?;
        self.usual(doc, at, field, depth)
    }

    /// Writes the value at a place and returns the place behind it; nothing if it does not stand as usual, or has no
    /// room: then what was written counts for nothing.
    #[inline(always)]
    pub(super) fn usual(
        &mut self,
        doc: &[u8],
        at: usize,
        field: Field,
        depth: u8,
    ) -> Option<usize> {
        match byte(doc, at) {
            b'"' => self.usual_text(doc, at + 1, field),
            b'f' => self.one(FALSE, json::usual_literal(doc, at, b"false")),
            b't' => self.one(TRUE, json::usual_literal(doc, at, b"true")),
            digit @ b'0'..=b'9' if json::ends_usually(byte(doc, at + 1)) => {
                self.one(digit - b'0', Some(at + 1))
            }
            first => self.usual_other(doc, at, field, (first, depth)),
        }
    }

    /// Writes a value that is neither a text nor true or false.
    ///
    /// It stands on the stack for each value in another, and the frames of what it calls only once.
    #[inline(never)]
    fn usual_other(
        &mut self,
        doc: &[u8],
        at: usize,
        field: Field,
        (first, depth): (u8, u8),
    ) -> Option<usize> {
        match first {
            b'{' if !field.name.is_keyed() => self.usual_object(doc, at + 1, field.name, depth),
            b'[' => self.usual_list(doc, at + 1, field, depth),
            b'-' | b'0'..=b'9' => self.usual_number(doc, at),
            b'n' => self.one(NULL, json::usual_literal(doc, at, b"null")),
            _ => None,
        }
    }

    #[inline]
    fn one(&mut self, tag: u8, end: Option<usize>) -> Option<usize> {
        let end = end?;
        self.push(tag).ok()?;
        Some(end)
    }

    #[inline(never)]
    fn usual_number(&mut self, doc: &[u8], at: usize) -> Option<usize> {
        let (value, end) = json::digits(doc, at);
        let zeros = byte(doc, at) == b'0' && end > at + 1;
        if let Some(value) = value.filter(|_| json::ends_usually(byte(doc, end)) && !zeros) {
            self.unsigned(value).ok()?;
            return Some(end);
        }
        let end = json::number_end(doc, at).ok()?;
        self.number(&Number::json(doc.get(at..end)?)).ok()?;
        Some(end)
    }

    #[inline(always)]
    fn usual_text(&mut self, doc: &[u8], at: usize, field: Field) -> Option<usize> {
        let means = field.name.means(field.within);
        if means != Means::Text {
            return self.exact_text(doc, at, means).or_else(|| self.any_text(doc, at, means));
        }
        let (end, escaped) = json::text_end(doc, at).ok()?;
        if escaped || !self.short_text(doc, at, end - at) {
            return self.any_text(doc, at, means);
        }
        Some(end + 1)
    }

    /// Writes a text as it may stand.
    #[inline(never)]
    fn any_text(&mut self, doc: &[u8], at: usize, means: Means) -> Option<usize> {
        let (end, escaped) = json::text_end(doc, at).ok()?;
        self.text_as(Text::new(doc.get(at..end)?, escaped), means).ok()?;
        Some(end + 1)
    }

    /// Writes a text that is no words, of a length that such usually have; returns the place behind it.
    ///
    /// What it reads has no quotes and no escapes, so that a quote behind it ends the text.
    #[inline(never)]
    fn exact_text(&mut self, doc: &[u8], at: usize, means: Means) -> Option<usize> {
        let quoted = |end: usize| (byte(doc, end) == b'"').then_some(end + 1);
        match means {
            Means::Id => {
                let (id, end) = plain_id(doc, at)?;
                let end = quoted(end)?;
                self.unsigned(id).ok()?;
                Some(end)
            }
            Means::Hash => {
                let long = byte(doc, at) == b'a' && byte(doc, at + 1) == b'_';
                let end = at + if long { 34 } else { 32 };
                let (animated, hash) = read_hash(doc.get(at..end)?)?;
                let end = quoted(end)?;
                self.block(if animated { ANIMATED } else { HASH }, hash)?;
                Some(end)
            }
            Means::Status => {
                let rest = doc.get(at..)?;
                let word = (WORD..=LAST_WORD).find(|word| rest.starts_with(text_of(*word)))?;
                let end = quoted(at + text_of(word).len())?;
                self.push(word).ok()?;
                Some(end)
            }
            Means::Time => {
                let text = doc.get(at..).and_then(<[u8]>::first_chunk)?;
                let end = quoted(at + text.len())?;
                self.block(TIME, timestamp::read_usual(text)?.to_le_bytes())?;
                Some(end)
            }
            Means::Text => None,
        }
    }

    /// Writes a short text that stands in a document, as one block with what stands behind it there; returns whether
    /// it did.
    #[inline(always)]
    fn short_text(&mut self, doc: &[u8], at: usize, len: usize) -> bool {
        const BLOCK: usize = 32;

        let block = doc.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>);
        let tag = u8::try_from(len).ok().filter(|_| len <= BLOCK).map(|len| SHORT + len);
        let (Some(block), Some(tag)) = (block, tag) else { return false };
        let room = self.free().split_first_chunk_mut::<1>();
        let Some(([first], Some(rest))) = room.map(|(first, rest)| (first, rest.first_chunk_mut()))
        else {
            return false;
        };
        (*first, *rest) = (tag, *block);
        self.advance(1 + len);
        true
    }

    #[inline(never)]
    fn usual_list(&mut self, doc: &[u8], mut at: usize, field: Field, depth: u8) -> Option<usize> {
        if depth == MAX_DEPTH {
            return None;
        }
        if field.name.means(field.within) == Means::Id {
            return self.usual_ids(doc, at);
        }
        let start = self.begin(LIST).ok()?;
        if byte(doc, at) != b']' {
            loop {
                at = match byte(doc, at) {
                    b'{' => self.usual_object(doc, at + 1, field.name, depth + 1)?,
                    b'"' => self.any_text(doc, at + 1, field.name.means(field.within))?,
                    first => self.usual_other(doc, at, field, (first, depth + 1))?,
                };
                match byte(doc, at) {
                    b',' => at += 1,
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.end(start).ok()?;
        Some(at + 1)
    }

    #[inline(never)]
    fn usual_ids(&mut self, doc: &[u8], mut at: usize) -> Option<usize> {
        let start = self.begin(IDS).ok()?;
        let mut fresh = true;
        while byte(doc, at) != b']' {
            let quote = at + usize::from(!fresh);
            if !fresh && byte(doc, at) != b',' || byte(doc, quote) != b'"' {
                return None;
            }
            let (id, end) = plain_id(doc, quote + 1)?;
            self.extend(&id.to_le_bytes()).ok()?;
            (at, fresh) = ((byte(doc, end) == b'"').then_some(end + 1)?, false);
        }
        self.end(start).ok()?;
        Some(at + 1)
    }

    fn usual_object(
        &mut self,
        doc: &[u8],
        mut at: usize,
        within: Name,
        depth: u8,
    ) -> Option<usize> {
        if depth == MAX_DEPTH {
            return None;
        }
        let start = self.begin(OBJECT).ok()?;
        let mut quote = at;
        while let Some((name, value)) = Name::usual(doc, quote) {
            at = match name {
                Some(name) => {
                    let field = Field { name, within: Some(within) };
                    self.usual_member(doc, value, field, depth + 1)?
                }
                None => json::skip(doc, value, depth + 1).ok()?,
            };
            if byte(doc, at) != b',' {
                break;
            }
            quote = at + 1;
        }
        self.end(start).ok()?;
        (byte(doc, at) == b'}').then_some(at + 1)
    }
}

impl Name {
    /// Reads the key of an object from its quote on, if it stands as usual: its name, if it is one, and the place of the
    /// value.
    #[inline(always)]
    pub(in super::super) fn usual(doc: &[u8], at: usize) -> Option<(Option<Self>, usize)> {
        let Some((rest, len)) = json::usual_key_at(doc, at) else { return unusual(doc, at) };
        let (first, bytes) = (u64::from_le_bytes(*rest.first_chunk()?), rest.get(..len)?);
        let name = Self::of_plain(bytes, word_from(bytes, first));
        // What is a name has no escapes and no control characters in it.
        (name.is_some() || json::is_plain(rest, len)).then_some((name, at + len + 3))
    }
}

/// Reads a key that does not stand as names usually do: it is long, among the last bytes of a document, or has escapes.
#[inline(never)]
fn unusual(doc: &[u8], at: usize) -> Option<(Option<Name>, usize)> {
    let (key, value) = json::usual_key(doc, at, true)?;
    Some((Name::of_key(&key), value))
}

/// Reads an id that is written again just so, and returns the place behind it.
#[inline]
fn plain_id(doc: &[u8], at: usize) -> Option<(u64, usize)> {
    let (id, end) = json::digits(doc, at);
    let exact = byte(doc, at) != b'0' || end == at + 1;
    Some((id.filter(|_| exact)?, end))
}
