//! Values that come as one type or another.

use core::fmt;

use crate::decode::{Cursor, Decode, DecodeError, Expected, Kind, Number, Text};

/// A value that is a truth, a number or a text.
#[derive(Clone, Copy)]
pub enum Scalar<'e> {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number<'e>),
    /// A text.
    Text(Text<'e>),
}

impl<'e> Scalar<'e> {
    /// Returns the text, if it is one.
    #[must_use]
    pub const fn text(&self) -> Option<Text<'e>> {
        match self {
            Self::Text(text) => Some(*text),
            Self::Bool(_) | Self::Number(_) => None,
        }
    }

    /// Returns the number, if it is one.
    #[must_use]
    pub const fn number(&self) -> Option<Number<'e>> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// Returns the truth, if it is one.
    #[must_use]
    pub const fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            Self::Number(_) | Self::Text(_) => None,
        }
    }

    /// Returns the id, if it is an integer from 0 on or a text of its digits.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        match self {
            Self::Bool(_) => None,
            Self::Number(number) => number.as_u64(),
            Self::Text(text) => text.copy_to(&mut [0; 20]).and_then(digits),
        }
    }
}

/// Reads digits, and nothing but digits.
fn digits(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

impl<'e> Decode<'e> for Scalar<'e> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        match cursor.kind()? {
            Kind::Bool => cursor.bool().map(Self::Bool),
            Kind::Number => cursor.number().map(Self::Number),
            Kind::Text => cursor.text().map(Self::Text),
            Kind::List | Kind::Null | Kind::Object => Err(cursor.error(Expected::Text)),
        }
    }
}

impl PartialEq for Scalar<'_> {
    /// Compares values; an id may be a text in one and an integer in the other.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Number(_), Self::Text(_)) | (Self::Text(_), Self::Number(_)) => {
                self.id().is_some() && self.id() == other.id()
            }
            (Self::Bool(_), _) | (_, Self::Bool(_)) => false,
        }
    }
}

impl fmt::Debug for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(bool) => bool.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// A time in milliseconds since the Unix epoch, from a number or a text of its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

impl Decode<'_> for UnixMillis {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let start = *cursor;
        if cursor.kind()? != Kind::Number {
            return cursor.i64().map(Self);
        }
        let number = cursor.number()?;
        let millis = number.as_i64().or_else(|| number.as_f64().and_then(whole));
        millis.map(Self).ok_or_else(|| start.error(Expected::Integer))
    }
}

/// Returns a float as an integer, if it is one and exact.
fn whole(float: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within 2^53")]
    let integer = (-EXACT..=EXACT).contains(&float).then_some(float as i64)?;
    (float % 1.0 == 0.0).then_some(integer)
}

/// Reads a list of two, and passes further items.
pub(crate) fn pair<'e, T: Decode<'e>>(cursor: &mut Cursor<'e>) -> Result<(T, T), DecodeError> {
    let mut items = cursor.list()?;
    let mut one = |cursor: &mut Cursor<'e>| {
        if cursor.item(&mut items)? { cursor.decode() } else { Err(cursor.error(Expected::Value)) }
    };
    let both = (one(cursor)?, one(cursor)?);
    while cursor.item(&mut items)? {
        cursor.skip()?;
    }
    Ok(both)
}
