//! JSON, byte for byte.
//!
//! It is strict about the document's own object and the first level of `d`; deeper values are skipped
//! with a check of brackets, string ends and depth.

use super::Broken;
use super::draft::{Draft, Slot};
use crate::decode::{is_number, parse_u64, text_end};

/// How deep values may nest below the first level of `d`.
const DEPTH: u32 = u64::BITS;

/// What stands at the current place of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Before,
    FirstKey,
    Key,
    KeyText,
    Colon,
    Value,
    Text,
    Scalar,
    Deep,
    DeepText,
    Next,
    Done,
}

/// How far an escape in a string came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Unicode { left: u8, code: u32 },
}

/// The place in a JSON document.
#[derive(Debug)]
pub(super) struct Json {
    mode: Mode,
    escape: Escape,
    /// Open brackets below the first level of `d`: how many, and for each whether it is a brace.
    depth: u32,
    braces: u64,
}

impl Json {
    pub(super) const fn new() -> Self {
        Self { mode: Mode::Before, escape: Escape::None, depth: 0, braces: 0 }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.mode == Mode::Before
    }

    pub(super) fn is_done(&self) -> bool {
        self.mode == Mode::Done
    }

    /// Reads on and returns how many bytes that took.
    pub(super) fn step(&mut self, draft: &mut Draft, rest: &[u8]) -> Result<usize, Broken> {
        let Some(&byte) = rest.first() else {
            return Ok(0);
        };
        match self.mode {
            Mode::Deep => self.skip_deep(draft, rest),
            Mode::DeepText => Ok(self.skip_text(rest)),
            Mode::KeyText | Mode::Text => self.text(draft, byte, rest),
            Mode::Scalar => self.scalar(draft, byte, rest),
            Mode::FirstKey | Mode::Next => match self.whole_key(draft, rest) {
                Some(taken) => Ok(taken),
                None => self.structure(draft, byte, rest),
            },
            Mode::Before | Mode::Key | Mode::Colon | Mode::Value | Mode::Done => {
                self.structure(draft, byte, rest)
            }
        }
    }

    /// Takes a key without escapes, with the comma before it and the colon behind it, if all is in the piece.
    fn whole_key(&mut self, draft: &mut Draft, rest: &[u8]) -> Option<usize> {
        let start = match (self.mode, rest) {
            (Mode::FirstKey, [b'"', ..]) => 1,
            (Mode::Next, [b',', b'"', ..]) => 2,
            _ => return None,
        };
        let (end, escaped) = text_end(rest, start).ok()?;
        if escaped || rest.get(end + 1) != Some(&b':') {
            return None;
        }
        draft.take_key(rest.get(start..end)?);
        self.mode = Mode::Value;
        Some(end + 2)
    }

    /// Takes one byte between values, or more of a value that begins.
    fn structure(&mut self, draft: &mut Draft, byte: u8, rest: &[u8]) -> Result<usize, Broken> {
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            return Ok(1);
        }
        match (self.mode, byte) {
            (Mode::Before, b'{') => self.mode = Mode::FirstKey,
            (Mode::FirstKey | Mode::Key, b'"') => {
                draft.token.clear();
                self.mode = Mode::KeyText;
            }
            (Mode::FirstKey | Mode::Next, b'}') => self.close(draft),
            (Mode::Colon, b':') => self.mode = Mode::Value,
            (Mode::Next, b',') => self.mode = Mode::Key,
            (Mode::Value, _) => return self.begin_value(draft, byte, rest),
            _ => return Err(Broken),
        }
        Ok(1)
    }

    /// Ends the object at hand: `d`, or the document.
    fn close(&mut self, draft: &mut Draft) {
        if draft.inside {
            draft.end_data(draft.offset + 1);
            self.mode = Mode::Next;
        } else {
            self.mode = Mode::Done;
        }
    }

    /// Begins a value, and takes all of a text without escapes if it is in the piece.
    fn begin_value(&mut self, draft: &mut Draft, byte: u8, rest: &[u8]) -> Result<usize, Broken> {
        draft.begin_value();
        match byte {
            b'{' if draft.slot == Slot::Data => {
                draft.inside = true;
                self.mode = Mode::FirstKey;
            }
            b'{' | b'[' => {
                self.mode = Mode::Deep;
                self.open(byte)?;
            }
            b'"' => {
                draft.begin_text(draft.offset + 1);
                if let Ok((end, false)) = text_end(rest, 1) {
                    draft.collect(rest.get(1..end).unwrap_or_default());
                    draft.end_text(draft.offset + end);
                    self.end_value(draft, draft.offset + end + 1);
                    return Ok(end + 1);
                }
                self.mode = Mode::Text;
            }
            b'-' | b'0'..=b'9' | b'f' | b'n' | b't' => {
                draft.token.push(&[byte]);
                self.mode = Mode::Scalar;
            }
            _ => return Err(Broken),
        }
        Ok(1)
    }

    fn end_value(&mut self, draft: &mut Draft, end: usize) {
        draft.end_value(end);
        self.mode = Mode::Next;
    }

    fn open(&mut self, bracket: u8) -> Result<(), Broken> {
        if self.depth == DEPTH {
            return Err(Broken);
        }
        self.depth += 1;
        self.braces = self.braces << 1 | u64::from(bracket == b'{');
        Ok(())
    }

    /// Skips brackets and scalars below the first level of `d`.
    fn skip_deep(&mut self, draft: &mut Draft, rest: &[u8]) -> Result<usize, Broken> {
        let mut at = 0;
        while let Some(&byte) = rest.get(at) {
            match byte {
                b'"' => {
                    let Ok((end, _)) = text_end(rest, at + 1) else {
                        self.mode = Mode::DeepText;
                        return Ok(at + 1);
                    };
                    at = end;
                }
                b'{' | b'[' => self.open(byte)?,
                b'}' | b']' => {
                    if (self.braces & 1 == 1) != (byte == b'}') {
                        return Err(Broken);
                    }
                    self.depth -= 1;
                    self.braces >>= 1;
                    if self.depth == 0 {
                        self.end_value(draft, draft.offset + at + 1);
                        return Ok(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Ok(rest.len())
    }

    /// Skips a string below the first level of `d`.
    fn skip_text(&mut self, rest: &[u8]) -> usize {
        if self.escape == Escape::Begun {
            self.escape = Escape::None;
            return 1;
        }
        let Some(at) = memchr::memchr2(b'"', b'\\', rest) else {
            return rest.len();
        };
        if rest.get(at) == Some(&b'"') {
            self.mode = Mode::Deep;
        } else {
            self.escape = Escape::Begun;
        }
        at + 1
    }

    /// Collects a string of the document's own object or of the first level of `d`.
    fn text(&mut self, draft: &mut Draft, byte: u8, rest: &[u8]) -> Result<usize, Broken> {
        match (self.escape, byte) {
            (Escape::None, b'"') => self.end_text(draft),
            (Escape::None, b'\\') => self.escape = Escape::Begun,
            (Escape::None, _) => {
                let run = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                let plain = rest.get(..run).unwrap_or_default();
                if plain.iter().any(|byte| *byte < b' ') {
                    return Err(Broken);
                }
                self.collect(draft, plain);
                return Ok(run);
            }
            (Escape::Begun, b'u') => self.escape = Escape::Unicode { left: 4, code: 0 },
            (Escape::Begun, _) => {
                self.escape = Escape::None;
                self.collect(draft, &[unescape(byte).ok_or(Broken)?]);
            }
            (Escape::Unicode { left, code }, _) => {
                let digit = char::from(byte).to_digit(16).ok_or(Broken)?;
                self.escape = Escape::Unicode { left: left - 1, code: code << 4 | digit };
                if left == 1 {
                    self.escape = Escape::None;
                    self.collect_char(draft, code << 4 | digit);
                }
            }
        }
        Ok(1)
    }

    /// Keeps text of keys and of the values somebody wants.
    fn collect(&self, draft: &mut Draft, bytes: &[u8]) {
        if self.mode == Mode::KeyText { draft.token.push(bytes) } else { draft.collect(bytes) }
    }

    /// Keeps a character; of surrogates, which no wanted text holds, only that there was one.
    fn collect_char(&self, draft: &mut Draft, code: u32) {
        let mut utf8 = [0; 4];
        let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.collect(draft, char.encode_utf8(&mut utf8).as_bytes());
    }

    fn end_text(&mut self, draft: &mut Draft) {
        if self.mode == Mode::KeyText {
            draft.end_key();
            self.mode = Mode::Colon;
        } else {
            draft.end_text(draft.offset);
            self.end_value(draft, draft.offset + 1);
        }
    }

    /// Collects a number, `true`, `false` or `null`; returns how many bytes it took.
    fn scalar(&mut self, draft: &mut Draft, byte: u8, rest: &[u8]) -> Result<usize, Broken> {
        match byte {
            b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r' => {
                self.end_scalar(draft)?;
                Ok(0)
            }
            _ if is_part(byte) => {
                let run = rest.iter().position(|byte| !is_part(*byte)).unwrap_or(rest.len());
                draft.token.push(rest.get(..run).unwrap_or_default());
                Ok(run)
            }
            _ => Err(Broken),
        }
    }

    fn end_scalar(&mut self, draft: &mut Draft) -> Result<(), Broken> {
        let token = draft.token.get().unwrap_or_default();
        // Of a number too long to be kept only the beginning is known.
        let long = draft.token.overflowed
            && draft.token.bytes.first().is_some_and(|byte| !byte.is_ascii_lowercase());
        match token {
            b"true" | b"false" => {
                let value = token == b"true";
                draft.take_bool(value);
            }
            b"null" => {}
            _ if long || is_number(token) => {
                let number = parse_u64(token);
                draft.take_number(number);
            }
            // Within `d` it costs the event, not the connection.
            _ if draft.inside => {}
            _ => return Err(Broken),
        }
        self.end_value(draft, draft.offset);
        Ok(())
    }
}

/// Tells whether a byte may be part of a number or a word.
const fn is_part(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.')
}

fn unescape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' | b'/' => byte,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}
