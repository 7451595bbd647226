//! JSON blanked in place, byte for byte, whether it is sound or not.
//!
//! What is sound keeps its structure, keys, numbers and words; its texts are [judged](texts::fate). Where
//! the grammar is broken, only brackets, quotes, commas, colons and white space stay, as deep as that reaches, for
//! what follows may be anything. A byte that broke the grammar of the core's scanner is replaced by one that does.

use std::ops::Range;

use super::texts::{self, At, BLANK, Fate, Place, Sessions};

/// How documents of the gateway begin.
const BEGINNINGS: [&[u8]; 4] = [br#"{"t":"#, br#"{"s":"#, br#"{"op":"#, br#"{"d":"#];
/// Stands for a byte that no scalar holds.
const BROKEN: u8 = b'X';
/// Stands for bytes that are no UTF-8.
const NO_UTF_8: u8 = 0xFF;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Document,
    FirstKey,
    Key,
    Colon,
    FirstItem,
    Value,
    Next,
}

/// How sound what came before was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Yes,
    /// Not within that many levels.
    Within(usize),
    No,
}

/// An object or a list that is open.
#[derive(Debug)]
struct Level {
    brace: bool,
    /// Where the key of the value at hand stands.
    key: Range<usize>,
}

/// Blanks documents, in a stream that was `sound` before; tells whether it still is.
pub(super) fn blank(bytes: &mut [u8], sound: bool, sessions: Sessions) -> bool {
    let broken = broken_utf8(bytes);
    let mut blanker = Blanker::new(bytes, Expected::Document, sessions);
    blanker.sound = if sound { Sound::Yes } else { Sound::No };
    let sound = blanker.run() == Sound::Yes;
    for range in broken {
        bytes.get_mut(range).unwrap_or_default().fill(NO_UTF_8);
    }
    sound
}

/// Tells whether the core takes a message that promises to be one document as that, without looking into its `d`.
pub(super) fn promises_one(message: &[u8]) -> bool {
    let begins = BEGINNINGS.iter().any(|beginning| message.starts_with(beginning));
    begins && (message.ends_with(b"}}") || message.ends_with(b"]}"))
}

/// Blanks a message that is one document to the core.
pub(super) fn blank_alone(message: &mut [u8], sessions: Sessions) {
    // Its last brackets are all the core looks at, even where a text is open.
    let end = message.len().saturating_sub(2);
    blank(message.get_mut(..end).unwrap_or_default(), true, sessions);
}

/// Blanks a value as it stands within `d`.
pub(super) fn blank_value(bytes: &mut [u8], sessions: Sessions) {
    Blanker::new(bytes, Expected::Value, sessions).run();
}

/// Finds what is no UTF-8.
fn broken_utf8(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut at = 0;
    let chunks = bytes.utf8_chunks().map(|chunk| {
        let start = at + chunk.valid().len();
        at = start + chunk.invalid().len();
        start..at
    });
    chunks.filter(|range| !range.is_empty()).collect()
}

struct Blanker<'b> {
    bytes: &'b mut [u8],
    at: usize,
    stack: Vec<Level>,
    expected: Expected,
    sound: Sound,
    sessions: Sessions,
    /// Whether all of it stands within `d`.
    within: bool,
    /// Where the document at hand has names of events.
    names: Vec<Range<usize>>,
    /// Whether it is a dispatch, as its opcode says; no other has a name.
    dispatches: bool,
}

impl<'b> Blanker<'b> {
    const fn new(bytes: &'b mut [u8], expected: Expected, sessions: Sessions) -> Self {
        let within = matches!(expected, Expected::Value);
        Self {
            bytes,
            at: 0,
            stack: Vec::new(),
            expected,
            sound: Sound::Yes,
            sessions,
            within,
            names: Vec::new(),
            dispatches: false,
        }
    }

    /// Blanks all; tells how sound it is at the end.
    fn run(mut self) -> Sound {
        while self.step().is_some() {}
        self.end_document();
        self.sound
    }

    /// Blanks the name of what is no dispatch.
    fn end_document(&mut self) {
        let dispatches = std::mem::take(&mut self.dispatches);
        for name in self.names.drain(..).filter(|_| !dispatches) {
            blank_text(self.bytes.get_mut(name).unwrap_or_default());
        }
    }

    /// Goes on behind the next text, scalar or byte; nothing at the end.
    fn step(&mut self) -> Option<()> {
        let byte = *self.bytes.get(self.at)?;
        match byte {
            b'"' => self.text(),
            b'{' | b'[' => self.open(byte == b'{'),
            b'}' | b']' => self.close(byte == b'}'),
            b',' => self.comma(),
            b':' => self.colon(),
            _ if is_space(byte) => self.at += 1,
            _ => self.scalar(),
        }
        Some(())
    }

    fn open(&mut self, brace: bool) {
        let fits = match self.expected {
            Expected::Value | Expected::FirstItem => true,
            Expected::Document => brace,
            _ => false,
        };
        if !fits {
            self.lose();
        }
        let key = self.stack.last().map_or(0..0, |level| level.key.clone());
        self.stack.push(Level { brace, key });
        self.expected = if brace { Expected::FirstKey } else { Expected::FirstItem };
        self.at += 1;
    }

    fn close(&mut self, brace: bool) {
        let first = if brace { Expected::FirstKey } else { Expected::FirstItem };
        let fits = self.expected == Expected::Next || self.expected == first;
        if !fits {
            self.lose();
        }
        if self.stack.pop().is_none_or(|level| level.brace != brace) {
            self.sound = Sound::No;
        }
        if let Sound::Within(levels) = self.sound
            && self.stack.len() < levels
        {
            self.sound = Sound::Yes;
        }
        let ended = self.stack.is_empty() && !self.within;
        self.expected = if ended { Expected::Document } else { Expected::Next };
        if ended {
            self.end_document();
        }
        self.at += 1;
    }

    fn comma(&mut self) {
        let in_object = self.stack.last().map(|level| level.brace);
        match in_object {
            Some(brace) if self.expected == Expected::Next => {
                self.expected = if brace { Expected::Key } else { Expected::Value };
            }
            _ => self.lose(),
        }
        self.at += 1;
    }

    fn colon(&mut self) {
        if self.expected == Expected::Colon {
            self.expected = Expected::Value;
        } else {
            self.lose();
        }
        self.at += 1;
    }

    /// Tells whether a value may stand here, and goes on behind it.
    fn takes_value(&mut self) -> bool {
        let fits = matches!(self.expected, Expected::Value | Expected::FirstItem);
        if fits {
            self.expected = Expected::Next;
        } else {
            self.lose();
        }
        fits && self.sound == Sound::Yes
    }

    /// Gives up on what follows; where the core is strict it has given up too.
    fn lose(&mut self) {
        if self.expected == Expected::Colon
            && let Some(level) = self.stack.last_mut()
        {
            // What no colon follows was no key; it is blanked once, however much follows.
            let key = std::mem::take(&mut level.key);
            blank_text(self.bytes.get_mut(key).unwrap_or_default());
        }
        let deep = match self.stack.as_slice() {
            [] | [_] => false,
            [top, level] => !level.brace || self.bytes.get(top.key.clone()) != Some(b"d"),
            _ => true,
        };
        self.sound = match self.sound {
            Sound::Yes if deep => Sound::Within(self.stack.len()),
            Sound::Yes => Sound::No,
            lost => lost,
        };
    }

    fn text(&mut self) {
        let start = self.at + 1;
        let behind = self.bytes.get(start..).unwrap_or_default();
        let (len, whole) = text_length(behind);
        let inner = start..start + len;
        self.at = (inner.end + usize::from(whole)).min(self.bytes.len());
        let is_key = matches!(self.expected, Expected::FirstKey | Expected::Key);
        if is_key && self.sound == Sound::Yes {
            self.expected = Expected::Colon;
            self.key(inner, whole);
            return;
        }
        let judged = self.takes_value() && whole;
        let fate = if judged { self.fate(inner.clone()) } else { Fate::Blanked };
        if fate == Fate::Named {
            self.names.push(inner.clone());
        }
        let text = self.bytes.get_mut(inner).unwrap_or_default();
        match fate {
            Fate::Blanked => blank_text(text),
            Fate::Kept | Fate::Named => {}
            Fate::Located => texts::blank_query(text),
            Fate::Renamed => texts::rename(text),
            Fate::Spaced => text.fill(b' '),
        }
    }

    /// Decides about the text that is the value at hand.
    fn fate(&self, inner: Range<usize>) -> Fate {
        let get = |range| self.bytes.get(range).unwrap_or_default();
        let key = self.stack.last().map_or(0..0, |level| level.key.clone());
        let at = match self.stack.as_slice() {
            _ if self.within => At::Deeper,
            [_] => At::Top,
            [top, data] if data.brace && get(top.key.clone()) == b"d" => At::Data,
            _ => At::Deeper,
        };
        texts::fate(Place { key: get(key), at }, get(inner), self.sessions)
    }

    /// Tells whether the value at hand is the document's opcode.
    fn is_opcode(&self) -> bool {
        let [top] = self.stack.as_slice() else { return false };
        !self.within && self.bytes.get(top.key.clone()) == Some(b"op")
    }

    fn key(&mut self, inner: Range<usize>, whole: bool) {
        let key = self.bytes.get_mut(inner.clone()).unwrap_or_default();
        if !whole || !texts::is_key(key) {
            blank_text(key);
        }
        if let Some(level) = self.stack.last_mut() {
            level.key = inner;
        }
    }

    fn scalar(&mut self) {
        let keeps = self.takes_value();
        let is_opcode = keeps && self.is_opcode();
        let rest = self.bytes.get_mut(self.at..).unwrap_or_default();
        let inside = |byte: &u8| !is_space(*byte) && !b"\"{}[],:".contains(byte);
        let len = rest.iter().take_while(|byte| inside(byte)).count();
        self.at += len;
        let scalar = rest.get_mut(..len).unwrap_or_default();
        self.dispatches |= is_opcode && *scalar == *b"0";
        if !keeps {
            blank_word(scalar);
        } else if !matches!(&*scalar, b"true" | b"false" | b"null") && !is_number(scalar) {
            blank_scalar(scalar);
        }
    }
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns the length of a text behind its opening quote, and whether there is a closing one.
fn text_length(bytes: &[u8]) -> (usize, bool) {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return (at, true),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    (bytes.len(), false)
}

/// Writes over a text; escapes that are none and control characters stay what they are.
fn blank_text(text: &mut [u8]) {
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first_mut() {
        let mut taken = 0;
        match *first {
            b'\\' => {
                taken = escape_length(behind);
                if taken == 0 {
                    // The backslash stays, and what it escapes is no escape.
                    taken = usize::from(!behind.is_empty());
                } else {
                    *first = BLANK;
                }
            }
            0..b' ' => {}
            _ => *first = BLANK,
        }
        let (escaped, others) = behind.split_at_mut(taken);
        escaped.fill(BLANK);
        rest = others;
    }
}

/// Returns how many bytes behind a backslash are an escape; 0 if they are none.
fn escape_length(behind: &[u8]) -> usize {
    match behind {
        [b'u', digits @ ..] => {
            let digits = digits.iter().take(4).take_while(|digit| digit.is_ascii_hexdigit());
            if digits.count() == 4 { 5 } else { 0 }
        }
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 1,
        _ => 0,
    }
}

/// Writes over a word that begins like a scalar or not, and goes on like one or not.
fn blank_scalar(word: &mut [u8]) {
    let first = word.first().copied();
    blank_word(word);
    if let (Some(to), Some(first)) = (word.first_mut(), first) {
        match first {
            b'-' | b'f' | b'n' | b't' => *to = first,
            b'0'..=b'9' => *to = b'0',
            _ => {}
        }
    }
}

/// Writes over a word; what no scalar holds stays such a byte.
fn blank_word(word: &mut [u8]) {
    for byte in word {
        *byte = match *byte {
            b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.' => BLANK,
            _ => BROKEN,
        };
    }
}

fn is_number(word: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = word.strip_prefix(b"-").unwrap_or(word);
    let whole = digits(rest);
    rest = rest.get(whole..).unwrap_or_default();
    let mut sound = whole > 0;
    if let Some(behind) = rest.strip_prefix(b".") {
        let count = digits(behind);
        sound &= count > 0;
        rest = behind.get(count..).unwrap_or_default();
    }
    if let [b'e' | b'E', behind @ ..] = rest {
        let behind = match behind {
            [b'+' | b'-', behind @ ..] => behind,
            _ => behind,
        };
        sound &= digits(behind) > 0;
        rest = behind.get(digits(behind)..).unwrap_or_default();
    }
    sound && rest.is_empty()
}

#[cfg(test)]
#[path = "tests/json.rs"]
mod tests;
