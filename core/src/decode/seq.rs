//! Values that stay undecoded until somebody looks at them: lists, maps, and single ones.

use core::fmt;
use core::marker::PhantomData;

use super::cursor::{Cursor, Form, Items, Members, Source};
use super::error::DecodeError;
use super::{Decode, Kind};
use crate::Encoding;

/// A value as it stands in the document, whole and undecoded.
#[derive(Clone, Copy)]
pub struct Raw<'e> {
    pub(super) bytes: &'e [u8],
    pub(super) base: u32,
    pub(super) source: Source,
    pub(super) depth: u8,
    pub(super) form: Form,
}

impl<'e> Raw<'e> {
    /// Stands for a value that is absent.
    const ABSENT: Self =
        Self { bytes: &[], base: 0, source: Source::Json, depth: 0, form: Form::Tagged };

    /// Returns the bytes: JSON text or an ETF term; in an ETF string a byte without a tag; for what a cache
    /// keeps, its own form.
    #[must_use]
    pub const fn bytes(&self) -> &'e [u8] {
        self.bytes
    }

    /// Returns the encoding; nothing for what a cache keeps, in a form of its own.
    #[must_use]
    pub const fn encoding(&self) -> Option<Encoding> {
        self.source.encoding()
    }

    /// Returns a cursor that stands before the value.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'e> {
        Cursor::of(self)
    }

    /// Tells what kind of value it is.
    ///
    /// # Errors
    /// If it is none.
    pub fn kind(&self) -> Result<Kind, DecodeError> {
        self.cursor().kind()
    }

    /// Decodes the value.
    ///
    /// # Errors
    /// The type's own.
    pub fn decode<T: Decode<'e>>(&self) -> Result<T, DecodeError> {
        self.cursor().decode()
    }

    const fn is_absent(&self) -> bool {
        self.bytes.is_empty()
    }

    fn is_same_bytes(&self, other: &Self) -> bool {
        let alike = (self.source, self.form) == (other.source, other.form);
        alike && self.bytes == other.bytes
    }
}

impl<'e> Decode<'e> for Raw<'e> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        cursor.raw()
    }
}

impl PartialEq for Raw<'_> {
    /// Compares values, whatever encoding they stand in; values that are not well-formed differ unless their
    /// bytes are the same.
    ///
    /// The time it takes grows with the square of the members of an object.
    fn eq(&self, other: &Self) -> bool {
        self.is_same_bytes(other) || super::value::equal(self.cursor(), other.cursor())
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::value::Shown(*self).fmt(f)
    }
}

/// An object that is decoded when it is asked for, so that a type can hold its own kind.
///
/// Comparing and showing decode it, and what is nested in it: both take stack for each level, of which there
/// are at most [`MAX_DEPTH`](super::MAX_DEPTH).
pub struct Lazy<'e, T> {
    raw: Raw<'e>,
    of: PhantomData<fn() -> T>,
}

impl<'e, T: Decode<'e>> Lazy<'e, T> {
    /// Decodes it.
    ///
    /// # Errors
    /// The type's own.
    pub fn get(&self) -> Result<T, DecodeError> {
        self.raw.decode()
    }

    /// Returns it undecoded.
    #[must_use]
    pub const fn raw(&self) -> Raw<'e> {
        self.raw
    }
}

impl<T> Clone for Lazy<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lazy<'_, T> {}

impl<'e, T> Decode<'e> for Lazy<'e, T> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        Ok(Self { raw: cursor.raw()?, of: PhantomData })
    }
}

impl<'e, T: Decode<'e> + PartialEq> PartialEq for Lazy<'e, T> {
    fn eq(&self, other: &Self) -> bool {
        self.get().ok() == other.get().ok()
    }
}

impl<'e, T: Decode<'e> + fmt::Debug> fmt::Debug for Lazy<'e, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Ok(value) => value.fmt(f),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}

/// A list whose elements are decoded one by one while it is iterated over.
///
/// There is no limit on its length, and an element that does not decode costs only itself; one that is not
/// well-formed ends the list. A list that is absent or null is empty, and [`is_absent`](Self::is_absent).
pub struct Seq<'e, T> {
    raw: Raw<'e>,
    of: PhantomData<fn() -> T>,
}

impl<'e, T: Decode<'e>> Seq<'e, T> {
    /// Iterates over the elements; one that does not decode is an error in its place.
    #[must_use]
    pub fn iter(&self) -> SeqIter<'e, T> {
        let mut cursor = self.raw.cursor();
        let items = if self.raw.is_absent() { None } else { cursor.list().ok() };
        SeqIter { cursor, items, of: PhantomData }
    }

    /// Counts the elements, which reads over all of them.
    #[must_use]
    pub fn count(&self) -> usize {
        let skipped = Seq::<Skipped> { raw: self.raw, of: PhantomData };
        skipped.iter().count()
    }

    /// Tells whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let skipped = Seq::<Skipped> { raw: self.raw, of: PhantomData };
        skipped.iter().next().is_none()
    }

    /// Tells whether there was no list at all.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        self.raw.is_absent()
    }

    /// Returns the list undecoded; nothing if there was none.
    #[must_use]
    pub fn raw(&self) -> Option<Raw<'e>> {
        Some(self.raw).filter(|raw| !raw.is_absent())
    }
}

/// An element nobody looks at.
struct Skipped;

impl<'e> Decode<'e> for Skipped {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        cursor.skip().map(|()| Self)
    }
}

impl<T> Clone for Seq<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seq<'_, T> {}

impl<T> Default for Seq<'_, T> {
    fn default() -> Self {
        Self { raw: Raw::ABSENT, of: PhantomData }
    }
}

impl<'e, T> Decode<'e> for Seq<'e, T> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        if cursor.null()? {
            return Ok(Self::default());
        }
        // A list, or the error that says so.
        { *cursor }.list()?;
        Ok(Self { raw: cursor.raw()?, of: PhantomData })
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl<'e, T: Decode<'e>> IntoIterator for &Seq<'e, T> {
    type Item = Result<T, DecodeError>;
    type IntoIter = SeqIter<'e, T>;

    fn into_iter(self) -> SeqIter<'e, T> {
        self.iter()
    }
}

impl<'e, T: Decode<'e>> IntoIterator for Seq<'e, T> {
    type Item = Result<T, DecodeError>;
    type IntoIter = SeqIter<'e, T>;

    fn into_iter(self) -> SeqIter<'e, T> {
        self.iter()
    }
}

impl<'e, T: Decode<'e> + PartialEq> PartialEq for Seq<'e, T> {
    /// Compares element by element; elements that do not decode are equal.
    fn eq(&self, other: &Self) -> bool {
        let ours = self.iter().map(Result::ok);
        self.is_absent() == other.is_absent() && ours.eq(other.iter().map(Result::ok))
    }
}

impl<'e, T: Decode<'e> + fmt::Debug> fmt::Debug for Seq<'e, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_absent() {
            return f.write_str("absent");
        }
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The elements of a [`Seq`].
#[derive(Clone, Debug)]
pub struct SeqIter<'e, T> {
    cursor: Cursor<'e>,
    /// Nothing once the list ended, or broke.
    items: Option<Items>,
    of: PhantomData<fn() -> T>,
}

impl<'e, T: Decode<'e>> Iterator for SeqIter<'e, T> {
    type Item = Result<T, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let items = self.items.as_mut()?;
        let value = match self.cursor.item(items) {
            Ok(true) => one(&mut self.cursor),
            Ok(false) => {
                self.items = None;
                return None;
            }
            Err(error) => Err(One { error, broken: true }),
        };
        Some(value.map_err(|One { error, broken }| {
            if broken {
                self.items = None;
            }
            error
        }))
    }
}

/// Why an element did not decode, and whether that ends the list.
struct One {
    error: DecodeError,
    broken: bool,
}

/// Decodes a value, or passes it.
fn one<'e, T: Decode<'e>>(cursor: &mut Cursor<'e>) -> Result<T, One> {
    let start = *cursor;
    T::decode(cursor).map_err(|error| {
        *cursor = start;
        One { error, broken: cursor.skip().is_err() }
    })
}

/// An object whose keys are ids, decoded one by one while it is iterated over.
///
/// An object that is absent or null is empty, and [`is_absent`](Self::is_absent).
pub struct IdMap<'e, T> {
    raw: Raw<'e>,
    of: PhantomData<fn() -> T>,
}

impl<'e, T: Decode<'e>> IdMap<'e, T> {
    /// Iterates over the ids and their values, those of repeated ids too; members whose key is no id are left out.
    ///
    /// It ends where the object is not well-formed.
    #[must_use]
    pub fn iter(&self) -> IdMapIter<'e, T> {
        let mut cursor = self.raw.cursor();
        let members = if self.raw.is_absent() { None } else { cursor.object().ok() };
        IdMapIter { cursor, members, of: PhantomData }
    }

    /// Returns the value of an id; the last one if there are several. Only that one is decoded.
    #[must_use]
    pub fn find(&self, id: u64) -> Option<Result<T, DecodeError>> {
        self.find_raw(id).map(|raw| raw.decode())
    }

    fn find_raw(&self, id: u64) -> Option<Raw<'e>> {
        let members = self.undecoded().iter().filter(|(key, _)| *key == id);
        members.last().and_then(|(_, value)| value.ok())
    }

    const fn undecoded(&self) -> IdMap<'e, Raw<'e>> {
        IdMap { raw: self.raw, of: PhantomData }
    }

    /// Tells whether there was no object at all.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        self.raw.is_absent()
    }
}

impl<T> Clone for IdMap<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for IdMap<'_, T> {}

impl<T> Default for IdMap<'_, T> {
    fn default() -> Self {
        Self { raw: Raw::ABSENT, of: PhantomData }
    }
}

impl<'e, T> Decode<'e> for IdMap<'e, T> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        if cursor.null()? {
            return Ok(Self::default());
        }
        // An object, or the error that says so.
        { *cursor }.object()?;
        Ok(Self { raw: cursor.raw()?, of: PhantomData })
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl<'e, T: Decode<'e> + PartialEq> PartialEq for IdMap<'e, T> {
    /// Compares values by their ids; values that do not decode are equal.
    ///
    /// The time it takes grows with the square of the members.
    fn eq(&self, other: &Self) -> bool {
        if self.raw.is_same_bytes(&other.raw) || self.is_absent() != other.is_absent() {
            return self.is_absent() == other.is_absent();
        }
        // Each value is compared once, or deep maps would take exponential time.
        let same = |(id, value): (u64, Result<Raw<'e>, DecodeError>)| {
            let (Ok(value), Some(last)) = (value, self.find_raw(id)) else {
                return false;
            };
            let Some(there) = other.find_raw(id) else {
                return false;
            };
            last.base != value.base || last.decode::<T>().ok() == there.decode::<T>().ok()
        };
        let mut theirs = other.undecoded().iter();
        self.undecoded().iter().all(same) && theirs.all(|(id, _)| self.find_raw(id).is_some())
    }
}

impl<'e, T: Decode<'e> + fmt::Debug> fmt::Debug for IdMap<'e, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_absent() {
            return f.write_str("absent");
        }
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The ids and values of an [`IdMap`].
#[derive(Clone, Debug)]
pub struct IdMapIter<'e, T> {
    cursor: Cursor<'e>,
    members: Option<Members>,
    of: PhantomData<fn() -> T>,
}

impl<'e, T: Decode<'e>> Iterator for IdMapIter<'e, T> {
    type Item = (u64, Result<T, DecodeError>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let members = self.members.as_mut()?;
            let Ok(Some(key)) = self.cursor.key(members) else {
                self.members = None;
                return None;
            };
            let Some(id) = key.as_u64() else {
                if self.cursor.skip().is_err() {
                    self.members = None;
                }
                continue;
            };
            return Some((
                id,
                one(&mut self.cursor).map_err(|One { error, broken }| {
                    if broken {
                        self.members = None;
                    }
                    error
                }),
            ));
        }
    }
}
