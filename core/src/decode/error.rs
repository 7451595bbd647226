//! What went wrong while decoding: where, and what was expected there.

use core::fmt;

/// A value that does not decode.
///
/// It is as large as two registers of a board, so that what may fail returns in them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecodeError {
    pub(super) offset: u32,
    pub(super) wanted: &'static Wanted,
}

const _: () = assert!(size_of::<Result<(), DecodeError>>() == 2 * size_of::<usize>());

/// What was expected, and of a field its name.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    expected: Expected,
    field: Option<&'static str>,
}

impl Wanted {
    const fn of(expected: Expected) -> Self {
        Self { expected, field: None }
    }

    /// Expects a field of an object.
    pub(crate) const fn field(name: &'static str) -> Self {
        Self { expected: Expected::Field, field: Some(name) }
    }
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
        Self::at(u32::try_from(at).unwrap_or(u32::MAX), expected)
    }

    #[cold]
    pub(crate) const fn at(offset: u32, expected: Expected) -> Self {
        Self { offset, wanted: expected.wanted() }
    }

    #[cold]
    pub(crate) const fn missing(offset: u32, wanted: &'static Wanted) -> Self {
        Self { offset, wanted }
    }

    /// Returns where it was expected, in bytes from the beginning of what was decoded.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns what was expected.
    #[must_use]
    pub const fn expected(&self) -> Expected {
        self.wanted.expected
    }

    /// Returns the name of the field that is missing, if one is.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        self.wanted.field
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("field", &self.field())
            .field("offset", &self.offset)
            .field("expected", &self.expected())
            .finish()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field() {
            Some(field) => write!(f, "expected the field {field:?}")?,
            None => write!(f, "expected {}", self.expected())?,
        }
        write!(f, " at byte {}", self.offset)
    }
}

impl core::error::Error for DecodeError {}

impl Expected {
    const fn wanted(self) -> &'static Wanted {
        match self {
            Self::Bool => const { &Wanted::of(Self::Bool) },
            Self::Dispatch => const { &Wanted::of(Self::Dispatch) },
            Self::End => const { &Wanted::of(Self::End) },
            Self::Field => const { &Wanted::of(Self::Field) },
            Self::Integer => const { &Wanted::of(Self::Integer) },
            Self::List => const { &Wanted::of(Self::List) },
            Self::Number => const { &Wanted::of(Self::Number) },
            Self::Object => const { &Wanted::of(Self::Object) },
            Self::Room => const { &Wanted::of(Self::Room) },
            Self::Shallow => const { &Wanted::of(Self::Shallow) },
            Self::Snowflake => const { &Wanted::of(Self::Snowflake) },
            Self::Text => const { &Wanted::of(Self::Text) },
            Self::Uncompressed => const { &Wanted::of(Self::Uncompressed) },
            Self::Utf8 => const { &Wanted::of(Self::Utf8) },
            Self::Value => const { &Wanted::of(Self::Value) },
        }
    }
}

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
