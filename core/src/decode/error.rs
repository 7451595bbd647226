//! What went wrong while decoding: where, and what was expected there.

use core::fmt;

/// A value that does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecodeError {
    pub(super) field: Option<&'static &'static str>,
    pub(super) offset: u32,
    pub(super) expected: Expected,
}

/// What stands at an offset was not this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// `true` or `false`.
    Bool,
    /// A dispatch of the kind asked for.
    Dispatch,
    /// The end of the document: one value, and nothing behind it.
    End,
    /// An object with the field [`DecodeError::field`] names.
    Field,
    /// An integer within the range of its type.
    Integer,
    /// A list.
    List,
    /// A number.
    Number,
    /// An object.
    Object,
    /// A buffer with room for all of it.
    Room,
    /// No more than [`MAX_DEPTH`](crate::decode::MAX_DEPTH) levels of lists and objects.
    Shallow,
    /// A snowflake: an integer, or decimal digits in a text.
    Snowflake,
    /// Text.
    Text,
    /// A term that is not compressed.
    Uncompressed,
    /// Valid UTF-8.
    Utf8,
    /// A value that is well-formed and complete.
    Value,
}

impl DecodeError {
    #[cold]
    pub(super) fn new(at: usize, expected: Expected) -> Self {
        let offset = u32::try_from(at).unwrap_or(u32::MAX);
        Self { field: None, offset, expected }
    }

    #[cold]
    pub(crate) const fn at(offset: u32, expected: Expected) -> Self {
        Self { field: None, offset, expected }
    }

    #[cold]
    pub(crate) fn missing(at: u32, field: &'static &'static str) -> Self {
        Self { field: Some(field), offset: at, expected: Expected::Field }
    }

    /// Returns where it was expected, in bytes from the beginning of what was decoded.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns what was expected.
    #[must_use]
    pub const fn expected(&self) -> Expected {
        self.expected
    }

    /// Returns the name of the field that is missing, if one is.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self.field {
            Some(field) => Some(*field),
            None => None,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "expected the field {field:?}")?,
            None => write!(f, "expected {}", self.expected)?,
        }
        write!(f, " at byte {}", self.offset)
    }
}

impl core::error::Error for DecodeError {}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "true or false",
            Self::Dispatch => "a dispatch of another kind",
            Self::End => "the end",
            Self::Field => "a required field",
            Self::Integer => "an integer within range",
            Self::List => "a list",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::Room => "a buffer with room for all of it",
            Self::Shallow => "at most 64 levels of lists and objects",
            Self::Snowflake => "a snowflake",
            Self::Text => "text",
            Self::Uncompressed => "a term that is not compressed",
            Self::Utf8 => "valid UTF-8",
            Self::Value => "a value",
        })
    }
}
