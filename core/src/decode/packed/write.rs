//! Packs values, from whatever they came as.

use super::made::read_hash;
use super::names::{Means, Name};
use super::usual::Field;
use super::{
    ANIMATED, DIGITS, FALSE, FLOAT, HASH, IDS, INTEGER, KEYED, LIST, LONGEST_SHORT, NEGATIVE, NULL,
    OBJECT, ROW, SHORT, TEXT, TIME, TRUE, word_of,
};
use crate::decode::cursor::Cursor;
use crate::decode::number::{Number, parse_u64};
use crate::decode::text::Text;
use crate::decode::{DecodeError, Kind, timestamp};

/// A value that is not well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl From<DecodeError> for Broken {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

/// Why a value was not packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// It is not well-formed.
    Broken,
    /// There is no room for it.
    Full,
}

impl From<DecodeError> for Unpacked {
    fn from(_: DecodeError) -> Self {
        Self::Broken
    }
}

impl From<Broken> for Unpacked {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

pub(super) type Result<T = ()> = core::result::Result<T, Unpacked>;

/// Where values are packed one after the other.
#[derive(Debug)]
pub(crate) struct Writer<'b> {
    pub(super) out: &'b mut [u8],
    len: usize,
    /// Where the room for values ends, and notes begin.
    pub(super) limit: usize,
}

impl<'b> Writer<'b> {
    pub(crate) const fn new(out: &'b mut [u8]) -> Self {
        let limit = out.len();
        Self { out, len: 0, limit }
    }

    /// Returns how many bytes were written.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Returns the room that is left.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn free(&mut self) -> &mut [u8] {
        self.out.get_mut(self.len..self.limit).unwrap_or_default()
    }

    /// Counts what was written to the room that was left.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) const fn advance(&mut self, len: usize) {
        self.len += len;
    }

    /// Forgets what was written behind a place.
    pub(crate) const fn cut(&mut self, len: usize) {
        self.len = len;
    }

    /// Writes the value a cursor stands before, and stands behind it: the field of a name within another's.
    pub(crate) fn value(
        &mut self,
        cursor: &mut Cursor<'_>,
        name: Name,
        within: Option<Name>,
    ) -> Result {
        let start = self.len;
        if cursor.pass_json(|doc, at, depth| self.usual(doc, at, Field { name, within }, depth)) {
            return Ok(());
        }
        self.len = start;
        self.value_by_cursor(cursor, name, within)
    }

    /// Writes the value a cursor stands before, however it stands.
    pub(super) fn value_by_cursor(
        &mut self,
        cursor: &mut Cursor<'_>,
        name: Name,
        within: Option<Name>,
    ) -> Result {
        match cursor.kind()? {
            Kind::Bool | Kind::Null | Kind::Number | Kind::Text => {
                self.plain_by_cursor(cursor, name, within)
            }
            Kind::List => self.list(cursor, name, within),
            Kind::Object if name.is_keyed() => self.keyed(cursor, name),
            Kind::Object => self.object(cursor, name),
        }
    }

    /// Writes a value that has no others in it.
    ///
    /// Like those of lists, its frame is not to be on the stack for each object in another.
    #[inline(never)]
    fn plain_by_cursor(
        &mut self,
        cursor: &mut Cursor<'_>,
        name: Name,
        within: Option<Name>,
    ) -> Result {
        match cursor.kind()? {
            Kind::Bool => {
                let value = cursor.bool()?;
                self.bool(value)
            }
            Kind::Null => {
                cursor.null()?;
                self.null()
            }
            Kind::Number => self.number(&cursor.number()?),
            Kind::List | Kind::Object | Kind::Text => {
                let text = cursor.text()?;
                self.text_as(text, name.means(within))
            }
        }
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(crate) fn name(&mut self, name: Name) -> Result {
        match u8::try_from(name.0).ok().filter(|short| *short < 1 << 7) {
            Some(short) => self.push(short),
            None => self.count(name.0.into()),
        }
    }

    pub(crate) fn null(&mut self) -> Result {
        self.push(NULL)
    }

    pub(crate) fn bool(&mut self, value: bool) -> Result {
        self.push(if value { TRUE } else { FALSE })
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(crate) fn unsigned(&mut self, value: u64) -> Result {
        if let Some(small) = u8::try_from(value).ok().filter(|small| *small < FALSE) {
            return self.push(small);
        }
        let width = 8 - value.leading_zeros() / 8;
        let tag = INTEGER - 1 + u8::try_from(width).unwrap_or(8);
        let bytes = value.to_le_bytes();
        // What stands behind it counts for nothing.
        if self.block(tag, bytes).is_some() {
            self.len -= 8 - width as usize;
            return Ok(());
        }
        self.push(tag)?;
        self.extend(bytes.get(..width as usize).unwrap_or_default())
    }

    /// Writes a first byte and some behind it, if there is room.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn block<const LEN: usize>(&mut self, tag: u8, bytes: [u8; LEN]) -> Option<()> {
        let (first, rest) = self.free().split_first_mut()?;
        *rest.first_chunk_mut()? = bytes;
        *first = tag;
        self.len += 1 + LEN;
        Some(())
    }

    /// Writes text as it is.
    pub(crate) fn text(&mut self, text: Text<'_>) -> Result {
        if text.is_escaped() {
            return self.made_text(text);
        }
        let bytes = text.raw();
        match u8::try_from(bytes.len()).ok().filter(|len| usize::from(*len) <= LONGEST_SHORT) {
            Some(short) => self.push(SHORT + short)?,
            None => return self.long(TEXT, bytes),
        }
        self.extend(bytes)
    }

    /// Writes text that is made while it is read, so that its length is known only then.
    fn made_text(&mut self, text: Text<'_>) -> Result {
        let start = self.begin(SHORT)?;
        let len = text.copy_to(self.free()).ok_or(Unpacked::Full)?.len();
        self.advance(len);
        match u8::try_from(len).ok().filter(|_| len <= LONGEST_SHORT) {
            Some(short) => {
                self.out.copy_within(start..self.len, start - 1);
                self.len -= 1;
                self.put(start - 2, SHORT + short)
            }
            None => {
                self.put(start - 2, TEXT)?;
                self.end(start)
            }
        }
    }

    /// Writes a row of the cache.
    pub(crate) fn row(&mut self, row: u32) -> Result {
        self.push(ROW)?;
        self.extend(&row.to_le_bytes())
    }

    /// Begins a value of many: writes its first byte and leaves one for its length; [`end`](Self::end) ends it.
    pub(crate) fn begin(&mut self, tag: u8) -> Result<usize> {
        self.push(tag)?;
        self.push(0)?;
        Ok(self.len)
    }

    /// Ends what began at a place: puts before it how long it is.
    pub(crate) fn end(&mut self, start: usize) -> Result {
        let (at, len) = (start - 1, self.len - start);
        if let Some(short) = u8::try_from(len).ok().filter(|short| *short < 1 << 7) {
            return self.put(at, short);
        }
        let more = if len < 1 << 14 { 1 } else { 2 };
        let end = self.len + more;
        if len >= 1 << 22 || end > self.limit {
            return Err(Unpacked::Full);
        }
        self.out.copy_within(start..self.len, start + more);
        self.len = at;
        self.count(len)?;
        self.len = end;
        Ok(())
    }

    /// Writes bytes that were packed before.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> Result {
        let room = self.free().get_mut(..bytes.len()).ok_or(Unpacked::Full)?;
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }

    /// Writes what was written before, again.
    pub(crate) fn repeat(&mut self, range: core::ops::Range<usize>) -> Result {
        let end = self.len + range.len();
        if range.end > self.len || end > self.limit {
            return Err(Unpacked::Full);
        }
        self.out.copy_within(range, self.len);
        self.len = end;
        Ok(())
    }

    /// Returns the byte that was written at a place.
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.out.get(at).copied().unwrap_or(NULL)
    }

    /// Returns what was written from one place to another.
    pub(crate) fn slice(&self, range: core::ops::Range<usize>) -> &[u8] {
        self.out.get(range).unwrap_or_default()
    }

    /// Returns what was written from a place on.
    pub(crate) fn since(&self, start: usize) -> &[u8] {
        self.out.get(start..self.len).unwrap_or_default()
    }

    pub(super) fn number(&mut self, number: &Number<'_>) -> Result {
        if let Some(value) = number.as_u64() {
            return self.unsigned(value);
        }
        let (tag, bytes) = match (number.as_i64(), number.float_bits(), number.digits()) {
            (Some(value), ..) => (NEGATIVE, value.to_le_bytes()),
            (None, Some(bits), _) => (FLOAT, bits.to_le_bytes()),
            // To read a float out of text takes much stack, and many a float is longer than its text.
            (None, None, Some(digits)) => return self.long(DIGITS, digits),
            // An integer below all that fit is kept as JSON has it.
            (None, None, None) => return self.long(DIGITS, number.integer_text().as_bytes()),
        };
        self.push(tag)?;
        self.extend(&bytes)
    }

    /// Writes a first byte, how many bytes follow, and those.
    fn long(&mut self, tag: u8, bytes: &[u8]) -> Result {
        self.push(tag)?;
        self.count(bytes.len())?;
        self.extend(bytes)
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn text_as(&mut self, text: Text<'_>, means: Means) -> Result {
        match means {
            Means::Id => {
                if let Some(id) = exact_id(text) {
                    return self.unsigned(id);
                }
            }
            Means::Hash => {
                if let Some(written) = plain(text).and_then(|text| self.hash(text)) {
                    return written;
                }
            }
            Means::Time => {
                if let Some(written) = plain(text).and_then(|text| self.time(text)) {
                    return written;
                }
            }
            Means::Status => {
                if let Some(word) = plain(text).and_then(word_of) {
                    return self.push(word);
                }
            }
            Means::Text => {}
        }
        self.text(text)
    }

    /// Writes a text as a hash, if it is one.
    #[inline(never)]
    fn hash(&mut self, text: &[u8]) -> Option<Result> {
        let (animated, hash) = read_hash(text)?;
        let tag = if animated { ANIMATED } else { HASH };
        Some(self.push(tag).and_then(|()| self.extend(&hash)))
    }

    /// Writes a text as a time, if it is one.
    #[inline(never)]
    fn time(&mut self, text: &[u8]) -> Option<Result> {
        let micros = timestamp::read_exactly(text)?;
        Some(self.push(TIME).and_then(|()| self.extend(&micros.to_le_bytes())))
    }

    #[inline(never)]
    fn list(&mut self, cursor: &mut Cursor<'_>, name: Name, within: Option<Name>) -> Result {
        let start = (*cursor, self.len);
        if name.means(within) == Means::Id {
            if self.ids(cursor)? {
                return Ok(());
            }
            (*cursor, self.len) = start;
        }
        let mut items = cursor.list()?;
        let start = self.begin(LIST)?;
        while cursor.item(&mut items)? {
            // Only the object itself is keyed, not those of a list of its name.
            if cursor.kind()? == Kind::Object {
                self.object(cursor, name)?;
            } else {
                self.value_by_cursor(cursor, name, within)?;
            }
        }
        self.end(start)
    }

    /// Writes a list of ids; returns whether it is one.
    #[inline(never)]
    fn ids(&mut self, cursor: &mut Cursor<'_>) -> Result<bool> {
        let mut items = cursor.list()?;
        let start = self.begin(IDS)?;
        while cursor.item(&mut items)? {
            let id = match cursor.kind()? {
                Kind::Number => cursor.number()?.as_u64(),
                Kind::Text => exact_id(cursor.text()?),
                Kind::Bool | Kind::List | Kind::Null | Kind::Object => None,
            };
            let Some(id) = id else { return Ok(false) };
            self.extend(&id.to_le_bytes())?;
        }
        self.end(start)?;
        Ok(true)
    }

    /// Writes the members whose names are known.
    fn object(&mut self, cursor: &mut Cursor<'_>, within: Name) -> Result {
        let mut members = cursor.object()?;
        let start = self.begin(OBJECT)?;
        while let Some(key) = cursor.key(&mut members)? {
            match Name::of_key(&key) {
                Some(name) => {
                    self.name(name)?;
                    self.value_by_cursor(cursor, name, Some(within))?;
                }
                None => cursor.skip()?,
            }
        }
        self.end(start)
    }

    /// Writes the members of an object whose keys are ids, or any others.
    #[inline(never)]
    fn keyed(&mut self, cursor: &mut Cursor<'_>, name: Name) -> Result {
        let mut members = cursor.object()?;
        let start = self.begin(KEYED)?;
        while let Some(key) = cursor.key(&mut members)? {
            let id = key.text().map_or_else(|| key.as_u64(), exact_id);
            match (id, key.text()) {
                (Some(id), _) => self.unsigned(id)?,
                (None, Some(text)) => self.text(text)?,
                // An integer below zero: no key of anything.
                (None, None) => {
                    cursor.skip()?;
                    continue;
                }
            }
            match cursor.kind()? {
                Kind::Object => self.object(cursor, name)?,
                Kind::Bool | Kind::List | Kind::Null | Kind::Number | Kind::Text => {
                    self.value_by_cursor(cursor, name, Some(name))?;
                }
            }
        }
        self.end(start)
    }

    /// Writes a length or the number of a name.
    fn count(&mut self, count: usize) -> Result {
        let low = |count: usize| u8::try_from(count & 0x7F).unwrap_or(0);
        if count < 1 << 7 {
            return self.push(low(count));
        }
        self.push(low(count) | 0x80)?;
        if count < 1 << 14 {
            return self.push(low(count >> 7));
        }
        self.push(low(count >> 7) | 0x80)?;
        self.push(u8::try_from(count >> 14).map_err(|_| Unpacked::Full)?)
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn push(&mut self, byte: u8) -> Result {
        self.put(self.len, byte)?;
        self.len += 1;
        Ok(())
    }

    fn put(&mut self, at: usize, byte: u8) -> Result {
        let place = self.out.get_mut(at).filter(|_| at < self.limit);
        *place.ok_or(Unpacked::Full)? = byte;
        Ok(())
    }
}

/// Reads an id that is written again just so, but for escapes.
#[inline(never)]
pub(super) fn exact_id(text: Text<'_>) -> Option<u64> {
    let mut room = [0; 20];
    let digits =
        if text.is_escaped() { text.copy_from_document(&mut room)?.as_bytes() } else { text.raw() };
    let exact = digits == b"0" || digits.first() != Some(&b'0');
    parse_u64(digits).filter(|_| exact)
}

/// Returns the bytes of a text that stands as it reads.
fn plain(text: Text<'_>) -> Option<&[u8]> {
    if text.is_escaped() { None } else { Some(text.raw()) }
}
