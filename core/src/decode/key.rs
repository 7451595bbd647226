//! Keys of objects, compared by their text whatever term or escape they stand as.

use core::fmt;

use super::number::{Number, signed};
use super::text::Text;

/// A key of an object; it is compared with `==`.
#[derive(Clone, Copy, Debug)]
pub struct Key<'e> {
    /// A mix of the name; the magnitude of an integer.
    word: u64,
    bytes: &'e [u8],
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Escaped,
    Negative,
    Plain,
    Positive,
}

impl<'e> Key<'e> {
    pub(super) fn of_text(text: Text<'e>) -> Self {
        if text.is_escaped() {
            Self { word: escaped_word(text), bytes: text.raw(), form: Form::Escaped }
        } else {
            Self::of_bytes(text.raw())
        }
    }

    pub(super) const fn of_bytes(bytes: &'e [u8]) -> Self {
        Self { word: word(bytes), bytes, form: Form::Plain }
    }

    /// Wraps a plain name of at most 32 bytes whose first eight bytes, or more than it has, are known.
    pub(super) fn of_short(bytes: &'e [u8], first: u64) -> Self {
        Self { word: word_from(bytes, first), bytes, form: Form::Plain }
    }

    pub(super) const fn of_integer(negative: bool, magnitude: u64) -> Self {
        let form = if negative { Form::Negative } else { Form::Positive };
        Self { word: magnitude, bytes: &[], form }
    }

    /// Returns the text; nothing if the key is an integer, as in ETF it may be.
    #[must_use]
    pub const fn text(&self) -> Option<Text<'e>> {
        match self.form {
            Form::Escaped => Some(Text::new(self.bytes, true)),
            Form::Plain => Some(Text::new(self.bytes, false)),
            Form::Negative | Form::Positive => None,
        }
    }

    /// Returns the key as an id, if it is an integer or a text of its digits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self.text() {
            Some(text) => text.digits(),
            None => Some(self.word).filter(|word| self.form == Form::Positive || *word == 0),
        }
    }

    /// Returns the key as an integer, if it is one or a text of its digits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.text() {
            Some(text) => Number::json(text.raw()).as_i64(),
            None => signed(self.form == Form::Negative, self.word),
        }
    }

    /// Tells whether this is the same key; an integer is the same as a text of its digits.
    pub(super) fn same(&self, other: &Key<'_>) -> bool {
        match (self.text(), other.text()) {
            (Some(left), Some(right)) => left.is_alike(&right),
            (None, None) => (self.form, self.word) == (other.form, other.word),
            _ => self.as_u64().is_some() && self.as_u64() == other.as_u64(),
        }
    }

    /// Returns a number that tells most keys apart.
    pub(crate) const fn word(&self) -> u64 {
        self.word
    }

    /// Returns the name as it stands there, unless there are escapes in it or it is an integer.
    pub(crate) const fn plain(&self) -> Option<&'e [u8]> {
        match self.form {
            Form::Plain => Some(self.bytes),
            Form::Escaped | Form::Negative | Form::Positive => None,
        }
    }

    /// Tells whether this is the key `name`, which has no escapes.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        (self.form == Form::Plain && self.bytes == name.as_bytes())
            || (self.form == Form::Escaped
                && Text::new(self.bytes, true).is_alike(&Text::plain(name)))
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => text.fmt(f),
            None => {
                f.write_str(if self.form == Form::Negative { "-" } else { "" })?;
                self.word.fmt(f)
            }
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
pub(crate) const fn word(name: &[u8]) -> u64 {
    let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) else {
        return short_word(name);
    };
    mix(u64::from_le_bytes(*first), u64::from_le_bytes(*last), name.len())
}

/// Packs fewer than eight bytes.
const fn short_word(mut name: &[u8]) -> u64 {
    let mut word = 0;
    while let Some((last, rest)) = name.split_last() {
        word = word << 8 | *last as u64;
        name = rest;
    }
    word
}

/// Mixes a name of which the first eight bytes, or more than it has, are known.
pub(crate) fn word_from(name: &[u8], first: u64) -> u64 {
    match name.last_chunk() {
        Some(last) => mix(first, u64::from_le_bytes(*last), name.len()),
        None => first & ((1 << (8 * name.len())) - 1),
    }
}

const fn mix(first: u64, last: u64, len: usize) -> u64 {
    first ^ last.rotate_left(29) ^ len as u64
}

/// Names longer than this are no field's; an escaped one is not looked at further.
const LONGEST_NAME: usize = 64;

#[cold]
fn escaped_word(text: Text<'_>) -> u64 {
    text.copy_from_document(&mut [0; LONGEST_NAME]).map_or(u64::MAX, |name| word(name.as_bytes()))
}
