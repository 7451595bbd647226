//! Fields of which absent, null and a value mean three things.

use super::{Cursor, Decode, DecodeError};

/// A field that may be absent, null, or have a value.
///
/// In events that tell of a change, absent means unchanged and null means taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// The field is absent.
    #[default]
    Absent,
    /// The field is there, and null.
    Null,
    /// The field has a value.
    Value(T),
}

impl<T> Field<T> {
    /// Returns the value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Lends the value, if there is one.
    pub const fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(value),
        }
    }

    /// Returns the new value, where nothing means taken away, unless the field is absent.
    pub fn change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }

    /// Tells whether the field is absent.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Tells whether the field is there, and null.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl<'e, T: Decode<'e>> Decode<'e> for Field<T> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        if cursor.null()? { Ok(Self::Null) } else { T::decode(cursor).map(Self::Value) }
    }

    fn absent() -> Option<Self> {
        Some(Self::Absent)
    }
}
