//! The pull cursor: one way to read both encodings, value by value, without an allocator.

use super::error::{DecodeError, Expected};
use super::etf::{self, tag};
use super::key::Key;
use super::number::{Number, parse_u64, signed};
use super::seq::Raw;
use super::text::Text;
use super::{Decode, Kind, MAX_DEPTH, json};
use crate::Encoding;

/// Reads a document from front to back, one value at a time.
///
/// It stands before a value. Each method reads one and goes on behind it; where the value is of
/// another kind, it fails and tells the offset and what was expected. After an error the place is
/// not defined: copy a cursor to be able to go back.
///
/// ```
/// use gatewright_core::decode::Cursor;
/// use gatewright_core::Encoding;
///
/// let mut cursor = Cursor::new(Encoding::Json, br#"{"ids": ["1", 2], "x": {}}"#)?;
/// let (mut sum, mut members) = (0, cursor.object()?);
/// while let Some(key) = cursor.key(&mut members)? {
///     if key == "ids" {
///         let mut items = cursor.list()?;
///         while cursor.item(&mut items)? {
///             sum += cursor.snowflake()?;
///         }
///     } else {
///         cursor.skip()?;
///     }
/// }
/// cursor.end()?;
/// assert_eq!(sum, 3);
/// # Ok::<(), gatewright_core::decode::DecodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Cursor<'e> {
    doc: &'e [u8],
    at: usize,
    /// Where `doc` begins in what is decoded.
    base: u32,
    encoding: Encoding,
    depth: u8,
    /// Whether the next value is a byte of an ETF string, which has no tag.
    bare: bool,
}

/// How far an object was read.
#[derive(Clone, Copy, Debug)]
pub struct Members(Left);

/// How far a list was read.
#[derive(Clone, Copy, Debug)]
pub struct Items(Left);

/// What is left of a list or an object.
#[derive(Clone, Copy, Debug)]
enum Left {
    /// JSON: whether nothing of it was read yet.
    Json { fresh: bool },
    /// Terms with a tag; and whether a tail follows them.
    Terms { left: u32, tail: bool },
    /// Bytes without a tag.
    Bytes { left: u16 },
}

impl<'e> Cursor<'e> {
    /// Creates one that stands before the value `bytes` hold; for ETF without the version byte.
    ///
    /// # Errors
    /// [`Expected::Utf8`] if JSON is not UTF-8 throughout, [`Expected::Value`] if it is over 2 GiB.
    pub fn new(encoding: Encoding, bytes: &'e [u8]) -> Result<Self, DecodeError> {
        if i32::try_from(bytes.len()).is_err() {
            return Err(DecodeError::new(0, Expected::Value));
        }
        if encoding == Encoding::Json
            && let Err(error) = core::str::from_utf8(bytes)
        {
            return Err(DecodeError::new(error.valid_up_to(), Expected::Utf8));
        }
        Ok(Self::trusted(encoding, bytes))
    }

    /// Creates one that stands before the term of a whole ETF document, behind its version byte.
    ///
    /// # Errors
    /// As [`Cursor::new`], and [`Expected::Value`] if the version byte 131 is missing.
    pub fn etf(document: &'e [u8]) -> Result<Self, DecodeError> {
        let Some((&etf::VERSION, term)) = document.split_first() else {
            return Err(DecodeError::new(0, Expected::Value));
        };
        Self::new(Encoding::Etf, term)
    }

    /// Creates one over bytes whose UTF-8 was checked.
    pub(crate) const fn trusted(encoding: Encoding, bytes: &'e [u8]) -> Self {
        Self { doc: bytes, at: 0, base: 0, encoding, depth: 0, bare: false }
    }

    pub(super) const fn of(raw: &Raw<'e>) -> Self {
        let Raw { bytes, base, encoding, depth, bare } = *raw;
        Self { doc: bytes, at: 0, base, encoding, depth, bare }
    }

    /// Returns the encoding.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the place, in bytes from the beginning of what is decoded.
    #[must_use]
    pub fn offset(&self) -> u32 {
        self.base.saturating_add(u32::try_from(self.at).unwrap_or(u32::MAX))
    }

    /// Decodes a value of any type.
    ///
    /// # Errors
    /// The type's own.
    pub fn decode<T: Decode<'e>>(&mut self) -> Result<T, DecodeError> {
        T::decode(self)
    }

    /// Tells what kind of value comes next.
    ///
    /// # Errors
    /// [`Expected::Value`] if none does.
    pub fn kind(&mut self) -> Result<Kind, DecodeError> {
        let kind = match self.encoding {
            Encoding::Json => {
                self.space();
                json::kind(self.doc, self.at)
            }
            Encoding::Etf if self.bare => Ok(Kind::Number),
            Encoding::Etf => etf::kind(self.doc, self.at),
        };
        self.based(kind)
    }

    /// Passes null and returns `true`, or stays where it is.
    ///
    /// # Errors
    /// [`Expected::Value`] if no value follows.
    pub fn null(&mut self) -> Result<bool, DecodeError> {
        match self.encoding {
            Encoding::Json => {
                self.space();
                if json::byte(self.doc, self.at) != b'n' {
                    return Ok(false);
                }
                let end = json::literal(self.doc, self.at, b"null");
                self.at = end.ok_or_else(|| self.error(Expected::Value))?;
                Ok(true)
            }
            Encoding::Etf => {
                let word = self.etf_word()?.filter(etf::Word::is_null);
                let Some(word) = word else {
                    return Ok(false);
                };
                self.at = word.end;
                Ok(true)
            }
        }
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// [`Expected::Bool`].
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        let (value, end) = match self.encoding {
            Encoding::Json => {
                self.space();
                let value = json::byte(self.doc, self.at) == b't';
                let word: &[u8] = if value { b"true" } else { b"false" };
                (value, json::literal(self.doc, self.at, word))
            }
            Encoding::Etf => match self.etf_word()?.filter(|word| word.is_atom) {
                Some(word) if word.bytes == b"true" => (true, Some(word.end)),
                Some(word) if word.bytes == b"false" => (false, Some(word.end)),
                _ => (false, None),
            },
        };
        self.at = end.ok_or_else(|| self.error(Expected::Bool))?;
        Ok(value)
    }

    /// Reads text.
    ///
    /// # Errors
    /// [`Expected::Text`], and for ETF [`Expected::Utf8`].
    pub fn text(&mut self) -> Result<Text<'e>, DecodeError> {
        match self.encoding {
            Encoding::Json => {
                self.space();
                if json::byte(self.doc, self.at) != b'"' {
                    return Err(self.error(Expected::Text));
                }
                self.json_text()
            }
            Encoding::Etf => {
                let word = self.etf_word()?.filter(|word| !word.is_null());
                let word = word.ok_or_else(|| self.error(Expected::Text))?;
                if core::str::from_utf8(word.bytes).is_err() {
                    return Err(self.error(Expected::Utf8));
                }
                self.at = word.end;
                Ok(Text::new(word.bytes, false))
            }
        }
    }

    /// Reads a text from its opening quote on.
    fn json_text(&mut self) -> Result<Text<'e>, DecodeError> {
        let start = self.at + 1;
        let (end, escaped) = self.based(json::text_end(self.doc, start))?;
        self.at = end + 1;
        Ok(Text::new(self.doc.get(start..end).unwrap_or_default(), escaped))
    }

    /// Reads a number, as it stands.
    ///
    /// # Errors
    /// [`Expected::Number`].
    pub fn number(&mut self) -> Result<Number<'e>, DecodeError> {
        match self.encoding {
            Encoding::Json => {
                self.space();
                let start = self.at;
                self.at = self.based(json::number_end(self.doc, start))?;
                Ok(Number::json(self.doc.get(start..self.at).unwrap_or_default()))
            }
            Encoding::Etf => self.etf_number(Expected::Number).map(Number::etf),
        }
    }

    /// Reads an integer from 0 on, or a text of its digits.
    ///
    /// # Errors
    /// [`Expected::Integer`].
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.unsigned(Expected::Integer)
    }

    /// Reads an id: an integer, or a text of its digits.
    ///
    /// # Errors
    /// [`Expected::Snowflake`].
    pub fn snowflake(&mut self) -> Result<u64, DecodeError> {
        self.unsigned(Expected::Snowflake)
    }

    /// Reads an integer, or a text of its digits.
    ///
    /// # Errors
    /// [`Expected::Integer`].
    pub fn i64(&mut self) -> Result<i64, DecodeError> {
        let start = *self;
        let value = match self.encoding {
            Encoding::Json => {
                self.space();
                let quote = usize::from(json::byte(self.doc, self.at) == b'"');
                let negative = json::byte(self.doc, self.at + quote) == b'-';
                let digits = self.json_digits(quote, negative);
                digits.and_then(|magnitude| signed(negative, magnitude))
            }
            Encoding::Etf => match self.etf_integer()? {
                Some((negative, magnitude)) => signed(negative, magnitude),
                None => None,
            },
        };
        value.ok_or_else(|| start.error(Expected::Integer))
    }

    fn unsigned(&mut self, expected: Expected) -> Result<u64, DecodeError> {
        let start = *self;
        let value = match self.encoding {
            Encoding::Json => {
                self.space();
                let quote = usize::from(json::byte(self.doc, self.at) == b'"');
                self.json_digits(quote, false)
            }
            Encoding::Etf => match self.etf_integer()? {
                Some((negative, magnitude)) if !negative || magnitude == 0 => Some(magnitude),
                _ => None,
            },
        };
        value.ok_or_else(|| start.error(expected))
    }

    /// Reads digits behind an optional quote and minus, and nothing else up to the value's end.
    #[inline]
    fn json_digits(&mut self, quote: usize, negative: bool) -> Option<u64> {
        let start = self.at + quote + usize::from(negative);
        let (value, end) = json::digits(self.doc, start);
        let next = json::byte(self.doc, end);
        if quote == 1 {
            if next != b'"' {
                return self.json_text().ok().and_then(|text| text.digits());
            }
            self.at = end + 1;
            return value;
        }
        let zeros = end > start + 1 && json::byte(self.doc, start) == b'0';
        let ends = matches!(next, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        self.at = end;
        value.filter(|_| !zeros && (ends || end == self.doc.len()))
    }

    /// Reads an integer or a text of its digits, as sign and magnitude.
    fn etf_integer(&mut self) -> Result<Option<(bool, u64)>, DecodeError> {
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

    fn etf_number(&mut self, expected: Expected) -> Result<etf::Number, DecodeError> {
        if self.bare {
            let byte = self.based(etf::tag_at(self.doc, self.at))?;
            self.at += 1;
            self.bare = false;
            return Ok(etf::Number::Integer { negative: false, magnitude: byte.into() });
        }
        let number = self.based(etf::number(self.doc, self.at))?;
        let (number, end) = number.ok_or_else(|| self.error(expected))?;
        self.at = end;
        Ok(number)
    }

    /// Reads an atom or a binary, without passing it.
    fn etf_word(&self) -> Result<Option<etf::Word<'e>>, DecodeError> {
        if self.bare {
            return Ok(None);
        }
        self.based(etf::word(self.doc, self.at))
    }

    /// Goes into an object.
    ///
    /// # Errors
    /// [`Expected::Object`] or [`Expected::Shallow`].
    pub fn object(&mut self) -> Result<Members, DecodeError> {
        let left = match self.encoding {
            Encoding::Json => {
                self.space();
                let fresh = json::byte(self.doc, self.at) == b'{';
                fresh.then_some((Left::Json { fresh }, self.at + 1))
            }
            Encoding::Etf => match self.etf_tag()? {
                Some(tag::MAP) => {
                    let left = self.based(etf::count(self.doc, self.at))?;
                    Some((Left::Terms { left, tail: false }, self.at + 5))
                }
                _ => None,
            },
        };
        self.enter(left, Expected::Object).map(Members)
    }

    /// Goes into a list.
    ///
    /// # Errors
    /// [`Expected::List`] or [`Expected::Shallow`].
    pub fn list(&mut self) -> Result<Items, DecodeError> {
        let left = match self.encoding {
            Encoding::Json => {
                self.space();
                let fresh = json::byte(self.doc, self.at) == b'[';
                fresh.then_some((Left::Json { fresh }, self.at + 1))
            }
            Encoding::Etf => self.etf_list()?,
        };
        self.enter(left, Expected::List).map(Items)
    }

    fn etf_list(&mut self) -> Result<Option<(Left, usize)>, DecodeError> {
        let (doc, at) = (self.doc, self.at);
        Ok(Some(match self.etf_tag()? {
            Some(tag::NIL) => (Left::Terms { left: 0, tail: false }, at + 1),
            Some(tag::LIST) => {
                let left = self.based(etf::count(doc, at))?;
                (Left::Terms { left, tail: true }, at + 5)
            }
            Some(tag::LARGE_TUPLE) => {
                let left = self.based(etf::count(doc, at))?;
                (Left::Terms { left, tail: false }, at + 5)
            }
            Some(tag::SMALL_TUPLE) => {
                let left = self.based(etf::tag_at(doc, at + 1))?.into();
                (Left::Terms { left, tail: false }, at + 2)
            }
            Some(tag::STRING) => {
                let left = self.based(etf::short_count(doc, at))?;
                (Left::Bytes { left }, at + 3)
            }
            _ => return Ok(None),
        }))
    }

    fn etf_tag(&self) -> Result<Option<u8>, DecodeError> {
        if self.bare { Ok(None) } else { self.based(etf::tag_at(self.doc, self.at)).map(Some) }
    }

    fn enter(
        &mut self,
        left: Option<(Left, usize)>,
        expected: Expected,
    ) -> Result<Left, DecodeError> {
        let (left, at) = left.ok_or_else(|| self.error(expected))?;
        if self.depth == MAX_DEPTH {
            return Err(self.error(Expected::Shallow));
        }
        self.depth += 1;
        self.at = at;
        Ok(left)
    }

    /// Reads the next key of an object and stands before its value; nothing at the object's end.
    ///
    /// # Errors
    /// [`Expected::Value`] if the object is not well-formed.
    pub fn key(&mut self, members: &mut Members) -> Result<Option<Key<'e>>, DecodeError> {
        match &mut members.0 {
            Left::Json { fresh } => {
                let fresh = core::mem::take(fresh);
                if !self.json_next(fresh, b'}')? {
                    return Ok(None);
                }
                self.json_key().map(Some)
            }
            left => {
                if !self.etf_next(left)? {
                    return Ok(None);
                }
                self.etf_key().map(Some)
            }
        }
    }

    /// Stands before the next item of a list and returns `true`, or `false` at the list's end.
    ///
    /// # Errors
    /// [`Expected::Value`] if the list is not well-formed.
    pub fn item(&mut self, items: &mut Items) -> Result<bool, DecodeError> {
        match &mut items.0 {
            Left::Json { fresh } => {
                let fresh = core::mem::take(fresh);
                self.json_next(fresh, b']')
            }
            left => self.etf_next(left),
        }
    }

    /// Passes what separates members or items; `false` at the end.
    fn json_next(&mut self, fresh: bool, close: u8) -> Result<bool, DecodeError> {
        self.space();
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
    fn json_key(&mut self) -> Result<Key<'e>, DecodeError> {
        match json::short_key(self.doc, self.at) {
            Some((key, end)) => {
                self.at = end;
                Ok(key)
            }
            None => self.long_json_key(),
        }
    }

    #[inline(never)]
    fn long_json_key(&mut self) -> Result<Key<'e>, DecodeError> {
        self.space();
        if json::byte(self.doc, self.at) != b'"' {
            return Err(self.error(Expected::Value));
        }
        let text = self.json_text()?;
        self.space();
        if json::byte(self.doc, self.at) != b':' {
            return Err(self.error(Expected::Value));
        }
        self.at += 1;
        Ok(Key::of_text(text))
    }

    fn etf_next(&mut self, left: &mut Left) -> Result<bool, DecodeError> {
        let more = match left {
            Left::Terms { left: 0, tail } => {
                if core::mem::take(tail) {
                    if self.based(etf::tag_at(self.doc, self.at))? != tag::NIL {
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

    fn etf_key(&mut self) -> Result<Key<'e>, DecodeError> {
        if let Some(word) = self.etf_word()? {
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

    /// Skips a value, and looks at as little of it as can be.
    ///
    /// Brackets and lengths are checked, and that texts end; [`check`](super::check) checks all of a document.
    ///
    /// # Errors
    /// [`Expected::Value`], [`Expected::Text`] or [`Expected::Shallow`].
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        let end = match self.encoding {
            Encoding::Json => {
                self.space();
                json::skip(self.doc, self.at, self.depth)
            }
            Encoding::Etf if self.bare => {
                self.bare = false;
                Ok(self.at + 1)
            }
            Encoding::Etf => etf::skip(self.doc, self.at),
        };
        self.at = self.based(end)?;
        Ok(())
    }

    /// Skips a value and returns it, undecoded.
    ///
    /// # Errors
    /// As [`skip`](Self::skip).
    pub fn raw(&mut self) -> Result<Raw<'e>, DecodeError> {
        if self.encoding == Encoding::Json {
            self.space();
        }
        let start = *self;
        self.skip()?;
        Ok(Raw {
            bytes: self.doc.get(start.at..self.at).unwrap_or_default(),
            base: start.offset(),
            encoding: start.encoding,
            depth: start.depth,
            bare: start.bare,
        })
    }

    /// Makes sure that nothing follows.
    ///
    /// # Errors
    /// [`Expected::End`].
    pub fn end(&mut self) -> Result<(), DecodeError> {
        if self.encoding == Encoding::Json {
            self.space();
        }
        if self.at == self.doc.len() { Ok(()) } else { Err(self.error(Expected::End)) }
    }

    /// Decodes a value that may be of a wrong type: then it is skipped.
    pub(crate) fn lenient<T: Decode<'e>>(&mut self) -> Result<Option<T>, DecodeError> {
        let start = *self;
        if let Ok(value) = T::decode(self) {
            return Ok(Some(value));
        }
        *self = start;
        self.skip()?;
        Ok(None)
    }

    /// Returns where the next value begins.
    pub(crate) fn here(&mut self) -> u32 {
        if self.encoding == Encoding::Json {
            self.space();
        }
        self.offset()
    }

    fn space(&mut self) {
        if json::byte(self.doc, self.at) <= b' ' {
            self.at = json::space(self.doc, self.at);
        }
    }

    #[cold]
    pub(crate) fn error(&self, expected: Expected) -> DecodeError {
        DecodeError { field: None, offset: self.offset(), expected }
    }

    /// Moves the offset of an error to where the document stands.
    fn based<T>(&self, result: Result<T, DecodeError>) -> Result<T, DecodeError> {
        result.map_err(|error| DecodeError {
            offset: self.base.saturating_add(error.offset),
            ..error
        })
    }
}

impl core::fmt::Debug for Cursor<'_> {
    /// Leaves the document out: it may be large, and it is private.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cursor")
            .field("encoding", &self.encoding)
            .field("offset", &self.offset())
            .field("length", &self.doc.len())
            .finish()
    }
}
