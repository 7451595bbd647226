//! Keys of objects, compared by their text whatever term or escape they stand as.

use core::fmt;

use super::number::{Number, signed};
use super::text::Text;

/// A key of an object; it is compared with `==`.
#[derive(Clone, Copy, Debug)]
pub struct Key<'e> {
    word: u64,
    form: Form<'e>,
}

#[derive(Clone, Copy, Debug)]
enum Form<'e> {
    Integer(bool, u64),
    Text(Text<'e>),
}

impl<'e> Key<'e> {
    pub(super) fn of_text(text: Text<'e>) -> Self {
        let word = if text.is_escaped() { escaped_word(text) } else { word(text.raw()) };
        Self { word, form: Form::Text(text) }
    }

    pub(super) const fn of_bytes(bytes: &'e [u8]) -> Self {
        Self { word: word(bytes), form: Form::Text(Text::new(bytes, false)) }
    }

    pub(super) const fn of_integer(negative: bool, magnitude: u64) -> Self {
        Self { word: u64::MAX, form: Form::Integer(negative, magnitude) }
    }

    /// Returns the text; nothing if the key is an integer, as in ETF it may be.
    #[must_use]
    pub const fn text(&self) -> Option<Text<'e>> {
        match self.form {
            Form::Text(text) => Some(text),
            Form::Integer(..) => None,
        }
    }

    /// Returns the key as an id, if it is an integer or a text of its digits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self.form {
            Form::Text(text) => text.digits(),
            Form::Integer(negative, magnitude) => {
                (!negative || magnitude == 0).then_some(magnitude)
            }
        }
    }

    /// Returns the key as an integer, if it is one or a text of its digits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.form {
            Form::Text(text) => Number::json(text.raw()).as_i64(),
            Form::Integer(negative, magnitude) => signed(negative, magnitude),
        }
    }

    /// Tells whether this is the same key; an integer is the same as a text of its digits.
    pub(super) fn same(&self, other: &Key<'_>) -> bool {
        match (self.form, other.form) {
            (Form::Text(left), Form::Text(right)) => left == right,
            _ => self.as_u64().is_some() && self.as_u64() == other.as_u64(),
        }
    }

    /// Returns a number that tells most keys apart.
    pub(crate) const fn word(&self) -> u64 {
        self.word
    }

    /// Tells whether this is the key `name`, which has no escapes.
    #[inline]
    pub(crate) fn is(&self, name: &str) -> bool {
        match self.form {
            Form::Text(text) if !text.is_escaped() => text.raw() == name.as_bytes(),
            Form::Text(text) => text == *name,
            Form::Integer(..) => false,
        }
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Integer(negative, magnitude) => {
                f.write_str(if negative { "-" } else { "" })?;
                magnitude.fmt(f)
            }
            Form::Text(text) => text.fmt(f),
        }
    }
}

impl PartialEq<str> for Key<'_> {
    fn eq(&self, name: &str) -> bool {
        self.is(name)
    }
}

impl PartialEq<&str> for Key<'_> {
    fn eq(&self, name: &&str) -> bool {
        self.is(name)
    }
}

/// Mixes the first and the last eight bytes of a name, and its length, into one number.
#[expect(
    clippy::indexing_slicing,
    reason = "also evaluated at compile time; all within the length"
)]
pub(crate) const fn word(name: &[u8]) -> u64 {
    let len = name.len();
    if len < 8 {
        let (mut word, mut at) = (0, len);
        while at > 0 {
            at -= 1;
            word = word << 8 | name[at] as u64;
        }
        return word;
    }
    eight(name, 0) ^ eight(name, len - 8).rotate_left(29) ^ len as u64
}

#[expect(
    clippy::indexing_slicing,
    reason = "also evaluated at compile time; the caller has eight bytes"
)]
const fn eight(name: &[u8], at: usize) -> u64 {
    u64::from_le_bytes([
        name[at],
        name[at + 1],
        name[at + 2],
        name[at + 3],
        name[at + 4],
        name[at + 5],
        name[at + 6],
        name[at + 7],
    ])
}

/// Names longer than this are no field's; an escaped one is not looked at further.
const LONGEST_NAME: usize = 64;

#[cold]
fn escaped_word(text: Text<'_>) -> u64 {
    text.copy_to(&mut [0; LONGEST_NAME]).map_or(u64::MAX, |name| word(name.as_bytes()))
}
