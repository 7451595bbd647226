//! Packs JSON straight from its bytes where it stands as the service writes it.
//!
//! That is: no white space, keys without escapes, ids in digits. What stands in any other way is
//! left to the cursor, which reads everything and tells what is wrong; where both read something, both pack it
//! the same.

use core::ops::Range;

use super::names::{Means, Name};
use super::write::Writer;
use super::{FALSE, IDS, LIST, NULL, OBJECT, SHORT, TRUE};
use crate::decode::json::{self, byte};
use crate::decode::number::Number;
use crate::decode::text::Text;
use crate::decode::{Cursor, MAX_DEPTH, Members};

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
    pub(crate) fn usual_members(
        &mut self,
        cursor: &mut Cursor<'_>,
        members: &mut Members,
        wanted: impl Fn(Name) -> Option<bool>,
        mut wrote: impl FnMut(Name, Range<usize>) -> bool,
    ) {
        cursor.pass_members(members, |doc, key, at, depth| {
            let Some(name) = Name::of_key(key) else { return json::skip(doc, at, depth).ok() };
            if !wanted(name)? {
                return json::skip(doc, at, depth).ok();
            }
            let start = self.len();
            let null = json::literal(doc, at, b"null");
            let end = null.or_else(|| {
                self.name(name).ok()?;
                self.usual(doc, at, Field { name, within: None }, depth)
            });
            let end = end.filter(|_| wrote(name, start..self.len()));
            if end.is_none() {
                self.cut(start);
            }
            end
        });
    }

    /// Writes the value at a place and returns the place behind it; nothing if it does not stand as usual, or has no
    /// room: then what was written counts for nothing.
    pub(super) fn usual(
        &mut self,
        doc: &[u8],
        at: usize,
        field: Field,
        depth: u8,
    ) -> Option<usize> {
        match byte(doc, at) {
            b'"' => self.usual_text(doc, at + 1, field),
            b'{' if !field.name.is_keyed() => self.usual_object(doc, at + 1, field.name, depth),
            b'[' => self.usual_list(doc, at + 1, field, depth),
            b'-' | b'0'..=b'9' => self.usual_number(doc, at),
            b'n' => self.one(NULL, json::literal(doc, at, b"null")),
            b't' => self.one(TRUE, json::literal(doc, at, b"true")),
            b'f' => self.one(FALSE, json::literal(doc, at, b"false")),
            _ => None,
        }
    }

    #[inline]
    fn one(&mut self, tag: u8, end: Option<usize>) -> Option<usize> {
        let end = end?;
        self.push(tag).ok()?;
        Some(end)
    }

    #[inline]
    fn usual_number(&mut self, doc: &[u8], at: usize) -> Option<usize> {
        let (value, end) = json::digits(doc, at);
        let whole = matches!(byte(doc, end), b',' | b'}' | b']');
        let zeros = byte(doc, at) == b'0' && end > at + 1;
        if let Some(value) = value.filter(|_| whole && !zeros) {
            self.unsigned(value).ok()?;
            return Some(end);
        }
        let end = json::number_end(doc, at).ok()?;
        self.number(&Number::json(doc.get(at..end)?)).ok()?;
        Some(end)
    }

    #[inline]
    fn usual_text(&mut self, doc: &[u8], at: usize, field: Field) -> Option<usize> {
        let (end, escaped) = json::text_end(doc, at).ok()?;
        let means = field.name.means(field.within);
        if escaped || means != Means::Text || !self.short_text(doc, at, end - at) {
            self.text_as(Text::new(doc.get(at..end)?, escaped), means).ok()?;
        }
        Some(end + 1)
    }

    /// Writes a short text that stands in a document, as one block with what stands behind it there; returns whether
    /// it did.
    #[inline]
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
                    _ => self.usual(doc, at, field, depth + 1)?,
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
        let mut fresh = true;
        while let Some((key, value)) = json::usual_key(doc, at, fresh) {
            fresh = false;
            at = match Name::of_key(&key) {
                Some(name) => {
                    self.name(name).ok()?;
                    self.usual(doc, value, Field { name, within: Some(within) }, depth + 1)?
                }
                None => json::skip(doc, value, depth + 1).ok()?,
            };
        }
        self.end(start).ok()?;
        (byte(doc, at) == b'}').then_some(at + 1)
    }
}

/// Reads an id that is written again just so, and returns the place behind it.
#[inline]
fn plain_id(doc: &[u8], at: usize) -> Option<(u64, usize)> {
    let (id, end) = json::digits(doc, at);
    let exact = byte(doc, at) != b'0' || end == at + 1;
    Some((id.filter(|_| exact)?, end))
}
