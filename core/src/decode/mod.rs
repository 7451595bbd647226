//! Decoding, on demand and in place: JSON and ETF, without an allocator.
//!
//! Three floors. [`Cursor`] reads either encoding value by value. On it stand the types that implement
//! [`Decode`]: those of [`model`](crate::model), and yours. Beside them a [`Deserializer`] serves types that know
//! serde.
//!
//! What is lent stays as it came until it is looked at: [`Text`] resolves escapes while it is read,
//! [`Number`] stays text, [`Seq`], [`IdMap`] and [`Lazy`] hold bytes and fail element by element.
//!
//! * An unknown key is skipped, the last of equal keys wins, the order of keys does not matter. Equal keys are
//!   an error to types derived with serde, and an [`IdMap`] iterates over all of them.
//! * An id is a text of digits or an integer, wherever one is read.
//! * Nothing recurses deeper than [`MAX_DEPTH`] lists and objects; JSON that is skipped may not nest
//!   deeper either, ETF may.
//! * In ETF atoms and binaries are both text; the atoms `nil`, `null` and `undefined` are null; tuples are
//!   lists; integers over eight bytes are refused. Erlang's identifiers read as objects, but a shard takes a
//!   document that holds one for a broken one, as it does a compressed term.

mod check;
mod cursor;
mod deserialize;
mod error;
mod etf;
mod field;
mod find;
mod json;
mod key;
pub(crate) mod macros;
mod number;
pub(crate) mod packed;
mod scan;
mod seq;
mod serialize;
mod text;
mod timestamp;
mod uncompress;
mod value;

pub use check::check;
pub(crate) use cursor::Spot;
pub use cursor::{Cursor, Items, Members};
pub use deserialize::{DeserializeError, Deserializer};
pub(crate) use error::Wanted;
pub use error::{DecodeError, Expected};
pub use field::Field;
pub use key::Key;
pub use number::Number;
pub use seq::{IdMap, IdMapIter, Lazy, Raw, Seq, SeqIter};
pub use text::{Text, TextChars};
pub use timestamp::Timestamp;
pub use uncompress::uncompress;

pub(crate) use check::has_a_term;
pub(crate) use find::{find, member};
pub(crate) use json::{is_number, text_end};
pub(crate) use key::{word, word_from};
pub(crate) use number::parse_u64;

use crate::EventKind;

/// How deep lists and objects may nest.
pub const MAX_DEPTH: u8 = 64;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A list.
    List,
    /// Null.
    Null,
    /// A number.
    Number,
    /// An object.
    Object,
    /// Text.
    Text,
}

/// A type that can be read from a [`Cursor`].
pub trait Decode<'e>: Sized {
    /// Reads a value and stands behind it.
    ///
    /// # Errors
    /// [`DecodeError`] tells where something else stands than was expected.
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError>;

    /// Tells whether dispatches of a kind hold this; a type that is no event leaves it to the caller.
    #[must_use]
    fn is_of(_: EventKind) -> bool {
        true
    }

    /// Returns what a field of this type is when it is absent; nothing if it must be there.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

impl Decode<'_> for bool {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        cursor.bool()
    }
}

impl<'e> Decode<'e> for Text<'e> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        cursor.text()
    }
}

impl<'e> Decode<'e> for Number<'e> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        cursor.number()
    }
}

impl Decode<'_> for u64 {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        cursor.u64()
    }
}

impl Decode<'_> for i64 {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        cursor.i64()
    }
}

macro_rules! narrow {
    ($($narrow:ty, $read:ident;)*) => {$(
        impl Decode<'_> for $narrow {
            fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
                let start = *cursor;
                let value = cursor.$read()?;
                Self::try_from(value).map_err(|_| start.error(Expected::Integer))
            }
        }
    )*};
}

narrow! {
    u8, u64;
    u16, u64;
    u32, u64;
    i32, i64;
}

/// Absent and null are both nothing.
impl<'e, T: Decode<'e>> Decode<'e> for Option<T> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        if cursor.null()? { Ok(None) } else { T::decode(cursor).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[cfg(test)]
mod tests;
