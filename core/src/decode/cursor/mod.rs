//! The pull cursor: one way to read both encodings, value by value, without an allocator.

mod over_etf;
mod over_json;
mod over_packed;
mod spot;

pub(crate) use self::spot::Spot;
use super::error::{DecodeError, Expected};
use super::key::Key;
use super::number::{Number, signed};
use super::seq::Raw;
use super::text::Text;
use super::{Decode, Kind, MAX_DEPTH, json};
use crate::{Encoding, term};

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
    source: Source,
    depth: u8,
    /// How the next value stands there.
    form: Form,
    /// How many numbers a [`Form::Words`] has.
    words: u16,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// ETF.
    Etf,
    /// JSON.
    Json,
    /// What a cache keeps.
    Packed,
}

impl Source {
    pub(super) const fn of(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Etf => Self::Etf,
            Encoding::Json => Self::Json,
        }
    }

    pub(super) const fn encoding(self) -> Option<Encoding> {
        match self {
            Self::Etf => Some(Encoding::Etf),
            Self::Json => Some(Encoding::Json),
            Self::Packed => None,
        }
    }
}

/// How a value stands in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As its first byte says.
    Tagged,
    /// As a byte without a tag: an item of an ETF string.
    Byte,
    /// As eight bytes without a tag: an item of packed ids.
    Id,
    /// As packed members without a header, to the end of the document.
    Members,
    /// As four bytes without a tag: a number of an ETF identifier.
    Word,
    /// As a list of such numbers.
    Words,
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
    /// Values without a tag.
    Bare { left: u32, form: Form },
    /// The parts of an identifier, by its tag and the number of the next one.
    Parts { of: u8, next: u8 },
    /// What is packed up to a place; and whether the keys are values, not names.
    Packed { end: u32, keyed: bool },
    /// Nothing: its end was passed.
    Done,
}

impl Left {
    const fn terms(left: u32) -> Self {
        Self::Terms { left, tail: false }
    }

    fn packed(end: usize) -> Self {
        Self::Packed { end: u32::try_from(end).unwrap_or(u32::MAX), keyed: false }
    }
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
        // Most documents are ASCII, which is told sooner.
        if encoding == Encoding::Json
            && !bytes.is_ascii()
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
        let Some((&term::VERSION, term)) = document.split_first() else {
            return Err(DecodeError::new(0, Expected::Value));
        };
        Self::new(Encoding::Etf, term)
    }

    /// Creates one over bytes whose UTF-8 was checked.
    pub(crate) const fn trusted(encoding: Encoding, bytes: &'e [u8]) -> Self {
        Self {
            doc: bytes,
            at: 0,
            base: 0,
            source: Source::of(encoding),
            depth: 0,
            form: Form::Tagged,
            words: 0,
        }
    }

    pub(super) fn of(raw: &Raw<'e>) -> Self {
        let Raw { bytes, base, source, depth, form } = *raw;
        let words = u16::try_from(bytes.len() / 4).unwrap_or(u16::MAX);
        Self { doc: bytes, at: 0, base, source, depth, form, words }
    }

    /// Returns the encoding; nothing for what a cache keeps, in a form of its own.
    #[must_use]
    pub const fn encoding(&self) -> Option<Encoding> {
        self.source.encoding()
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
        let kind = match self.source {
            Source::Json => {
                self.json_space();
                json::kind(self.doc, self.at)
            }
            Source::Etf => self.etf_kind(),
            Source::Packed => return self.packed_kind(),
        };
        kind.map_err(|error| self.based(error))
    }

    /// Passes null and returns `true`, or stays where it is.
    ///
    /// # Errors
    /// [`Expected::Value`] if no value follows.
    pub fn null(&mut self) -> Result<bool, DecodeError> {
        match self.source {
            Source::Json => self.json_null(),
            Source::Etf => self.etf_null(),
            Source::Packed => self.packed_null(),
        }
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// [`Expected::Bool`].
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        let value = match self.source {
            Source::Json => self.json_bool(),
            Source::Etf => self.etf_bool()?,
            Source::Packed => self.packed_bool(),
        };
        value.ok_or_else(|| self.error(Expected::Bool))
    }

    /// Reads text.
    ///
    /// # Errors
    /// [`Expected::Text`], and for ETF [`Expected::Utf8`].
    pub fn text(&mut self) -> Result<Text<'e>, DecodeError> {
        match self.source {
            Source::Json => self.json_text(),
            Source::Etf => self.etf_text(),
            Source::Packed => self.packed_text(),
        }
    }

    /// Reads a number, as it stands.
    ///
    /// # Errors
    /// [`Expected::Number`].
    pub fn number(&mut self) -> Result<Number<'e>, DecodeError> {
        match self.source {
            Source::Json => self.json_number(),
            Source::Etf => self.etf_number(Expected::Number).map(Number::etf),
            Source::Packed => self.packed_number(),
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
        let start = self.here();
        let value = match self.source {
            Source::Json => self.json_signed(),
            Source::Etf => {
                let integer = self.etf_integer(Expected::Integer)?;
                integer.and_then(|(negative, magnitude)| signed(negative, magnitude))
            }
            Source::Packed => self.packed_signed(),
        };
        value.ok_or_else(|| DecodeError::at(start, Expected::Integer))
    }

    fn unsigned(&mut self, expected: Expected) -> Result<u64, DecodeError> {
        let start = self.here();
        let value = match self.source {
            Source::Json => self.json_unsigned(),
            Source::Etf => {
                let positive = |(negative, magnitude): &(bool, u64)| !negative || *magnitude == 0;
                self.etf_integer(expected)?.filter(positive).map(|(_, magnitude)| magnitude)
            }
            Source::Packed => self.packed_unsigned(),
        };
        value.ok_or_else(|| DecodeError::at(start, expected))
    }

    /// Goes into an object.
    ///
    /// # Errors
    /// [`Expected::Object`] or [`Expected::Shallow`].
    pub fn object(&mut self) -> Result<Members, DecodeError> {
        let left = match self.source {
            Source::Json => self.json_open(b'{'),
            Source::Etf => self.etf_map()?,
            Source::Packed => self.packed_object(),
        };
        self.enter(left, Expected::Object).map(Members)
    }

    /// Goes into a list.
    ///
    /// # Errors
    /// [`Expected::List`] or [`Expected::Shallow`].
    pub fn list(&mut self) -> Result<Items, DecodeError> {
        let left = match self.source {
            Source::Json => self.json_open(b'['),
            Source::Etf => self.etf_list()?,
            Source::Packed => self.packed_list(),
        };
        self.enter(left, Expected::List).map(Items)
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
        let key = match &mut members.0 {
            Left::Json { fresh } => {
                let fresh = core::mem::take(fresh);
                self.json_key(fresh)
            }
            left @ (Left::Bare { .. } | Left::Parts { .. } | Left::Terms { .. }) => {
                self.etf_member(left)
            }
            Left::Packed { end, keyed } => {
                let (end, keyed) = (*end, *keyed);
                self.packed_key(end, keyed)
            }
            Left::Done => Ok(None),
        };
        if matches!(key, Ok(None)) {
            members.0 = Left::Done;
        }
        key
    }

    /// Stands before the next item of a list and returns `true`, or `false` at the list's end.
    ///
    /// # Errors
    /// [`Expected::Value`] if the list is not well-formed.
    pub fn item(&mut self, items: &mut Items) -> Result<bool, DecodeError> {
        let more = match &mut items.0 {
            Left::Json { fresh } => {
                let fresh = core::mem::take(fresh);
                self.json_next(fresh, b']')
            }
            left @ (Left::Bare { .. } | Left::Parts { .. } | Left::Terms { .. }) => {
                self.etf_next(left)
            }
            Left::Packed { end, .. } => {
                let end = *end;
                Ok(self.packed_next(end))
            }
            Left::Done => Ok(false),
        };
        if more == Ok(false) {
            items.0 = Left::Done;
        }
        more
    }

    /// Skips a value, and looks at as little of it as can be.
    ///
    /// Lengths are checked, that texts end, and that as many brackets of each kind close as open; [`check`](super::check) checks all of a document.
    ///
    /// # Errors
    /// [`Expected::Value`], [`Expected::Text`] or [`Expected::Shallow`].
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        let end = match self.source {
            Source::Json => {
                self.json_space();
                json::skip(self.doc, self.at, self.depth)
            }
            Source::Etf => self.etf_end(),
            Source::Packed => self.packed_end(),
        };
        match end {
            Ok(end) => self.at = end,
            Err(error) => return Err(self.based(error)),
        }
        Ok(())
    }

    /// Skips a value and returns it, undecoded.
    ///
    /// # Errors
    /// As [`skip`](Self::skip).
    pub fn raw(&mut self) -> Result<Raw<'e>, DecodeError> {
        if self.source == Source::Json {
            self.json_space();
        }
        let start = *self;
        self.skip()?;
        Ok(Raw {
            bytes: self.doc.get(start.at..self.at).unwrap_or_default(),
            base: start.offset(),
            source: start.source,
            depth: start.depth,
            form: start.form,
        })
    }

    /// Makes sure that nothing follows.
    ///
    /// # Errors
    /// [`Expected::End`].
    pub fn end(&mut self) -> Result<(), DecodeError> {
        if self.source == Source::Json {
            self.json_space();
        }
        if self.at == self.doc.len() { Ok(()) } else { Err(self.error(Expected::End)) }
    }

    /// Returns where the next value begins.
    pub(crate) fn here(&mut self) -> u32 {
        if self.source == Source::Json {
            self.json_space();
        }
        self.offset()
    }

    #[cold]
    pub(crate) fn error(&self, expected: Expected) -> DecodeError {
        DecodeError::at(self.offset(), expected)
    }

    /// Moves the offset of an error to where the document stands.
    #[cold]
    fn based(&self, error: DecodeError) -> DecodeError {
        DecodeError { offset: self.base.saturating_add(error.offset), ..error }
    }
}

impl core::fmt::Debug for Cursor<'_> {
    /// Leaves the document out: it may be large, and it is private.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cursor")
            .field("source", &self.source)
            .field("offset", &self.offset())
            .field("length", &self.doc.len())
            .finish()
    }
}
