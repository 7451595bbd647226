//! ETF blanked in place, term by term, without recursion.
//!
//! Where the bytes are no term of the core's scanner, it gives the connection up, and all that follows becomes zeros.

use std::ops::Range;

use super::texts::{self, At, BLANK, Fate, Place, Sessions};

/// The first byte of a document.
pub(super) const VERSION: u8 = 131;
/// No tag of a term, nor a version.
const BROKEN: u8 = 0;
/// The most bytes of an integer that is a number to the core.
const MOST_DIGITS: usize = 8;

/// How many bytes an old float has.
pub(super) const DIGITS: u64 = 31;
/// From how many letters on a number is taken for a word.
const LETTERS: usize = 4;

/// What a tag says of the bytes behind it.
///
/// Source: Erlang/OTP documentation, *External Term Format*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A number, or no bytes.
    Plain(u64),
    /// A float in digits; old.
    Digits,
    Text,
    /// A list of bytes.
    Bytes,
    /// A sign and digits.
    Big,
    List,
    Map,
    Tuple,
}

/// Returns what a tag says, and how many bytes of length follow it.
pub(super) const fn shape(tag: u8) -> Option<(Shape, usize)> {
    Some(match tag {
        70 => (Shape::Plain(8), 0),
        97 => (Shape::Plain(1), 0),
        98 => (Shape::Plain(4), 0),
        99 => (Shape::Digits, 0),
        106 => (Shape::Plain(0), 0),
        115 | 119 => (Shape::Text, 1),
        100 | 118 => (Shape::Text, 2),
        109 => (Shape::Text, 4),
        107 => (Shape::Bytes, 2),
        110 => (Shape::Big, 1),
        111 => (Shape::Big, 4),
        104 => (Shape::Tuple, 1),
        105 => (Shape::Tuple, 4),
        108 => (Shape::List, 4),
        116 => (Shape::Map, 4),
        _ => return None,
    })
}

/// Blanks documents, in a stream that was `sound` before; tells whether it still is.
pub(super) fn blank(bytes: &mut [u8], sound: bool, sessions: Sessions) -> bool {
    let (stack, names) = (Vec::new(), Vec::new());
    let mut blanker = Blanker { bytes, at: 0, stack, sessions, names, dispatches: false };
    while sound && blanker.document().is_some() {}
    let rest = blanker.bytes.get_mut(blanker.at..).unwrap_or_default();
    rest.fill(BROKEN);
    sound && rest.is_empty()
}

/// A map, list or tuple with terms to come.
#[derive(Debug)]
struct Level {
    left: u64,
    map: bool,
    /// Where the key of the value at hand stands.
    key: Range<usize>,
}

impl Level {
    /// Tells whether a key comes next.
    const fn at_key(&self) -> bool {
        self.map && self.left.is_multiple_of(2)
    }
}

struct Blanker<'b> {
    bytes: &'b mut [u8],
    /// Behind the latest byte that is understood.
    at: usize,
    stack: Vec<Level>,
    sessions: Sessions,
    /// Where the document at hand has names of events.
    names: Vec<Range<usize>>,
    /// Whether it is a dispatch, as its opcode says; no other has a name.
    dispatches: bool,
}

impl Blanker<'_> {
    /// Blanks a document; nothing at the end, or where there is none.
    fn document(&mut self) -> Option<()> {
        if *self.bytes.get(self.at)? != VERSION {
            return None;
        }
        self.at += 1;
        let ended = self.terms();
        let dispatches = std::mem::take(&mut self.dispatches);
        for name in self.names.drain(..).filter(|_| !dispatches) {
            texts::blank(self.bytes.get_mut(name).unwrap_or_default());
        }
        ended
    }

    fn terms(&mut self) -> Option<()> {
        self.term()?;
        while !self.stack.is_empty() {
            self.term()?;
        }
        Some(())
    }

    /// Blanks a term, or begins one that holds others.
    fn term(&mut self) -> Option<()> {
        let (tag, behind) = self.bytes.get(self.at..)?.split_first()?;
        let (shape, head) = shape(*tag)?;
        // A length that is cut ends the stream; its bytes tell nothing.
        let Some(head) = behind.get(..head) else {
            self.at = self.bytes.len();
            return None;
        };
        let len = head.iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
        let head_at = self.at + 1;
        self.at = head_at + head.len();
        // No term is as long as letters say; they are what a term was that lost its beginning.
        blank_letters(self.bytes.get_mut(head_at..self.at).unwrap_or_default());
        self.dispatches |= self.is_opcode() && self.is_zero(shape, len);
        match shape {
            Shape::List => self.open(len + 1, false),
            Shape::Map => self.open(len * 2, true),
            Shape::Tuple => self.open(len, false),
            Shape::Plain(len) => self.change(len, blank_letters),
            Shape::Digits => self.change(DIGITS, blank_digits),
            Shape::Bytes => self.change(len, blank_bytes),
            Shape::Big => self.change(len + 1, blank_big),
            Shape::Text => self.text(len),
        }
        self.end_terms();
        Some(())
    }

    /// Tells whether the value at hand is the document's opcode.
    fn is_opcode(&self) -> bool {
        let [top] = self.stack.as_slice() else { return false };
        top.map && !top.at_key() && self.bytes.get(top.key.clone()) == Some(b"op")
    }

    /// Tells whether a term is the integer 0.
    fn is_zero(&self, shape: Shape, len: u64) -> bool {
        let len = match shape {
            Shape::Plain(len @ (1 | 4)) => len,
            Shape::Big => len + 1,
            _ => return false,
        };
        let body = usize::try_from(len).ok().and_then(|len| self.bytes.get(self.at..)?.get(..len));
        body.is_some_and(|body| body.iter().all(|byte| *byte == 0))
    }

    fn open(&mut self, left: u64, map: bool) {
        self.forget_key();
        let key = self.stack.last().map_or(0..0, |level| level.key.clone());
        // It counts for the one around it when it ends.
        self.stack.push(Level { left, map, key });
    }

    /// Counts the terms that ended.
    fn end_terms(&mut self) {
        while let Some(level) = self.stack.last_mut() {
            if level.left > 0 {
                return;
            }
            self.stack.pop();
            if let Some(around) = self.stack.last_mut() {
                around.left = around.left.saturating_sub(1);
            }
        }
    }

    /// Takes the bytes of a term that holds no others.
    fn body(&mut self, len: u64) -> Range<usize> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let start = self.at;
        self.at = start.saturating_add(len).min(self.bytes.len());
        if let Some(level) = self.stack.last_mut() {
            level.left = level.left.saturating_sub(1);
        }
        start..self.at
    }

    fn change(&mut self, len: u64, change: fn(&mut [u8])) {
        self.forget_key();
        let body = self.body(len);
        change(self.bytes.get_mut(body).unwrap_or_default());
    }

    /// A key that is a number, or none at all, says nothing of its value.
    fn forget_key(&mut self) {
        if let Some(level) = self.stack.last_mut().filter(|level| level.at_key()) {
            level.key = 0..0;
        }
    }

    fn text(&mut self, len: u64) {
        let key = self.stack.last().is_some_and(Level::at_key);
        let at = self.place();
        let body = self.body(len);
        let whole = u64::try_from(body.len()) == Ok(len);
        let fate = match self.bytes.get(body.clone()) {
            Some(text) if key && whole && texts::is_key(text) => Fate::Kept,
            Some(text) if !key && whole => self.fate(text, at),
            _ => Fate::Blanked,
        };
        if fate == Fate::Named {
            self.names.push(body.clone());
        }
        let text = self.bytes.get_mut(body.clone()).unwrap_or_default();
        match fate {
            Fate::Blanked => texts::blank(text),
            Fate::Kept | Fate::Named => {}
            Fate::Located => texts::blank_query(text),
            Fate::Renamed => texts::rename(text),
            Fate::Spaced => text.fill(b' '),
        }
        if let Some(level) = self.stack.last_mut().filter(|_| key) {
            level.key = body;
        }
    }

    /// Tells which object the next term is in.
    fn place(&self) -> At {
        match self.stack.as_slice() {
            [_] => At::Top,
            [top, data] if data.map && self.bytes.get(top.key.clone()) == Some(b"d") => At::Data,
            _ => At::Deeper,
        }
    }

    /// Decides about a text that is a value.
    fn fate(&self, text: &[u8], at: At) -> Fate {
        if matches!(text, b"nil" | b"null" | b"undefined" | b"true" | b"false") {
            return Fate::Kept;
        }
        let key = self.stack.last().map_or(0..0, |level| level.key.clone());
        let key = self.bytes.get(key).unwrap_or_default();
        texts::fate(Place { key, at }, text, self.sessions)
    }
}

/// Writes over a float that is none.
fn blank_digits(digits: &mut [u8]) {
    let plain = |byte: &u8| byte.is_ascii_digit() || b"+-.e \0".contains(byte);
    if !digits.iter().all(plain) {
        texts::blank(digits);
    }
}

/// Writes over what may be letters in a list of small integers.
fn blank_bytes(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|byte| **byte >= b' ').for_each(|byte| *byte = BLANK);
}

/// Writes over the digits of an integer that is too large to be a number.
fn blank_big(big: &mut [u8]) {
    let Some((sign, digits)) = big.split_first_mut() else { return };
    *sign = u8::from(*sign != 0);
    if digits.len() > MOST_DIGITS {
        texts::blank(digits);
    } else {
        blank_letters(digits);
    }
}

/// Writes over a number whose bytes are letters, as of a text that lost its beginning.
fn blank_letters(number: &mut [u8]) {
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b' ';
    if number.len() >= LETTERS && number.iter().all(letter) {
        texts::blank(number);
    }
}

#[cfg(test)]
#[path = "tests/etf.rs"]
mod tests;
