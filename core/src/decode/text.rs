//! Text as it stands in a document: borrowed, and unescaped only when it is looked at.

use core::fmt;
use core::str::Chars;

use super::number::parse_u64;
use super::packed::{self, Made};

/// Text lent from a document; its escapes are resolved while it is read.
///
/// The bytes are valid UTF-8. A surrogate without its other half reads as U+FFFD and is counted by
/// [`lone_surrogates`](Self::lone_surrogates).
///
/// ```
/// use gatewright_core::decode::{Cursor, Text};
/// use gatewright_core::Encoding;
///
/// let text: Text<'_> = Cursor::new(Encoding::Json, br#""na\u00efve""#)?.decode()?;
/// assert_eq!(text, "naïve");
/// assert_eq!(text.as_str(), None);
/// assert_eq!(text.copy_to(&mut [0; 16]), Some("naïve"));
/// # Ok::<(), gatewright_core::decode::DecodeError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Text<'e> {
    bytes: &'e [u8],
    form: Form,
}

/// How a text stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// As it is.
    #[default]
    Plain,
    /// With escapes.
    Escaped,
    /// Packed: as a hash, which may stand for an animation.
    Hash { animated: bool },
    /// Packed: as an integer, in digits.
    Integer,
    /// Packed: as a time.
    Time,
}

impl<'e> Text<'e> {
    /// Wraps text without escapes.
    #[must_use]
    pub const fn plain(text: &'e str) -> Self {
        Self { bytes: text.as_bytes(), form: Form::Plain }
    }

    pub(super) const fn new(bytes: &'e [u8], escaped: bool) -> Self {
        Self { bytes, form: if escaped { Form::Escaped } else { Form::Plain } }
    }

    /// Wraps a packed text; nothing if the value is none.
    pub(super) const fn of_packed(value: &packed::Value<'e>) -> Option<Self> {
        let form = match value.tag {
            packed::TEXT | packed::WORD..=packed::LAST_WORD | packed::SHORT.. => Form::Plain,
            packed::HASH => Form::Hash { animated: false },
            packed::ANIMATED => Form::Hash { animated: true },
            packed::TIME => Form::Time,
            0..packed::FALSE | packed::INTEGER..=packed::INTEGER_8 => Form::Integer,
            _ => return None,
        };
        Some(Self { bytes: value.bytes, form })
    }

    /// Wraps the bytes of a packed integer, read as its digits.
    pub(super) const fn of_packed_integer(bytes: &'e [u8]) -> Self {
        Self { bytes, form: Form::Integer }
    }

    /// Returns the time, if it is kept as one.
    pub(super) fn packed_time(&self) -> Option<i64> {
        (self.form == Form::Time).then(|| packed::little(self.bytes).cast_signed())
    }

    #[inline(never)]
    fn made(&self) -> Option<Made> {
        let mut made = Made::EMPTY;
        match self.form {
            Form::Escaped | Form::Plain => return None,
            Form::Hash { animated } => made.hash(animated, self.bytes),
            Form::Integer => made.integer(packed::little(self.bytes)),
            Form::Time => made.time(packed::little(self.bytes).cast_signed()),
        }
        Some(made)
    }

    /// Returns the bytes as they stand in the document, escapes included; a hash, a time or an id that a cache
    /// keeps is not text there.
    #[must_use]
    pub const fn raw(&self) -> &'e [u8] {
        self.bytes
    }

    /// Tells whether it has to be made while it is read, so that [`as_str`](Self::as_str) cannot lend it.
    ///
    /// So it is if there is an escape in it, and where a cache keeps a hash, a time or an id.
    #[must_use]
    pub const fn is_escaped(&self) -> bool {
        !matches!(self.form, Form::Plain)
    }

    /// Tells whether it has no characters.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Lends the text, unless it [has to be made](Self::is_escaped).
    #[must_use]
    pub fn as_str(&self) -> Option<&'e str> {
        if self.is_escaped() { None } else { core::str::from_utf8(self.bytes).ok() }
    }

    /// Iterates over the characters.
    #[must_use]
    pub fn chars(&self) -> TextChars<'e> {
        TextChars { text: self.unescaped(), made: self.made().map(|made| (made, 0)) }
    }

    /// Iterates over the characters of one that stands in a document; over none if it is made.
    fn unescaped(&self) -> Unescaped<'e> {
        let escaped = self.form == Form::Escaped;
        let bytes = if escaped || self.form == Form::Plain { self.bytes } else { &[] };
        let text = core::str::from_utf8(bytes).unwrap_or_default();
        Unescaped { rest: text.chars(), escaped, lone: 0 }
    }

    /// Counts the surrogates without their other half.
    #[must_use]
    pub fn lone_surrogates(&self) -> usize {
        let mut chars = self.unescaped();
        chars.by_ref().for_each(drop);
        chars.lone
    }

    /// Copies the text, escapes resolved, and lends the copy; nothing if it does not fit.
    pub fn copy_to<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b str> {
        match self.form {
            Form::Escaped | Form::Plain => self.copy_from_document(buffer),
            Form::Hash { .. } | Form::Integer | Form::Time => {
                copy(self.made()?.text().as_bytes(), buffer)
            }
        }
    }

    /// Copies one that stands in a document, as [`copy_to`](Self::copy_to) does; nothing if it is made.
    pub(super) fn copy_from_document<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b str> {
        match self.form {
            Form::Plain => return copy(self.bytes, buffer),
            Form::Escaped => {}
            Form::Hash { .. } | Form::Integer | Form::Time => return None,
        }
        let mut len = 0;
        for char in self.unescaped() {
            let room = buffer.get_mut(len..len + char.len_utf8())?;
            len += char.encode_utf8(room).len();
        }
        core::str::from_utf8(buffer.get(..len)?).ok()
    }

    /// Lends the text, or copies it to the heap if it holds an escape.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_cow(&self) -> alloc::borrow::Cow<'e, str> {
        match self.as_str() {
            Some(text) => text.into(),
            None => self.chars().collect::<alloc::string::String>().into(),
        }
    }

    /// Reads decimal digits as a number; one that is made has none.
    pub(super) fn digits(&self) -> Option<u64> {
        let digit =
            |sum: u64, char: char| sum.checked_mul(10)?.checked_add(char.to_digit(10)?.into());
        match self.form {
            Form::Plain => parse_u64(self.bytes),
            Form::Escaped => self.unescaped().try_fold(0, digit).filter(|_| !self.bytes.is_empty()),
            Form::Hash { .. } | Form::Integer | Form::Time => None,
        }
    }
}

impl<'e> From<&'e str> for Text<'e> {
    fn from(text: &'e str) -> Self {
        Self::plain(text)
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        match (self.form, other.form) {
            (Form::Plain, Form::Plain) => self.bytes == other.bytes,
            (Form::Escaped | Form::Plain, Form::Escaped | Form::Plain) => self.is_alike(other),
            _ => self.reads_as(other),
        }
    }
}

impl Text<'_> {
    /// Tells whether both, which stand in documents, read the same.
    pub(super) fn is_alike(&self, other: &Text<'_>) -> bool {
        debug_assert!([self, other].iter().all(|text| text.made().is_none()));
        self.unescaped().eq(other.unescaped())
    }

    #[inline(never)]
    fn reads_as(&self, other: &Text<'_>) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self == Text::plain(other)
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => f.pad(text),
            None => self.chars().try_for_each(|char| fmt::Write::write_char(f, char)),
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_char(f, '"')?;
        for char in self.chars() {
            for escaped in char.escape_debug() {
                fmt::Write::write_char(f, escaped)?;
            }
        }
        fmt::Write::write_char(f, '"')
    }
}

/// Copies text to the front of a buffer.
fn copy<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b str> {
    let room = buffer.get_mut(..text.len())?;
    room.copy_from_slice(text);
    core::str::from_utf8(room).ok()
}

/// The characters of a [`Text`].
#[derive(Clone, Debug)]
pub struct TextChars<'e> {
    text: Unescaped<'e>,
    /// A text that was made, and how many of its characters were given.
    made: Option<(Made, u8)>,
}

impl Iterator for TextChars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if let Some((made, at)) = &mut self.made {
            let byte = made.byte(*at)?;
            *at += 1;
            return Some(byte.into());
        }
        self.text.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if let Some((made, at)) = &self.made {
            let left = made.text().len() - usize::from(*at);
            return (left, Some(left));
        }
        self.text.size_hint()
    }
}

/// The characters of a text that stands in a document.
#[derive(Clone, Debug)]
struct Unescaped<'e> {
    rest: Chars<'e>,
    escaped: bool,
    lone: usize,
}

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let char = self.rest.next()?;
        if char == '\\' && self.escaped { Some(self.escape()) } else { Some(char) }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.rest.size_hint();
        (if self.escaped { least / 6 } else { least }, most)
    }
}

impl Unescaped<'_> {
    /// Resolves what follows a backslash.
    fn escape(&mut self) -> char {
        match self.rest.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => self.unicode(),
            Some(char) => char,
            None => char::REPLACEMENT_CHARACTER,
        }
    }

    fn unicode(&mut self) -> char {
        let first = self.hex();
        if let Some(char) = char::from_u32(first) {
            return char;
        }
        if first < 0xDC00
            && let Some(char) = self.low_half(first)
        {
            return char;
        }
        self.lone += 1;
        char::REPLACEMENT_CHARACTER
    }

    /// Takes the other half of a surrogate pair, if it follows.
    fn low_half(&mut self, first: u32) -> Option<char> {
        let mut ahead = self.clone();
        if ahead.rest.next() != Some('\\') || ahead.rest.next() != Some('u') {
            return None;
        }
        let second = ahead.hex().checked_sub(0xDC00).filter(|low| *low < 0x400)?;
        self.rest = ahead.rest;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + second)
    }

    fn hex(&mut self) -> u32 {
        let digits = self.rest.by_ref().take(4);
        digits.fold(0, |code, char| code << 4 | char.to_digit(16).unwrap_or(0))
    }
}
