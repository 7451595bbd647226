//! The resumable scanner: a few hundred bytes of state, fed pieces of any size.
//!
//! It is strict about the document's own object and the first level of `d`; deeper values are skipped
//! with a check of brackets, string ends and depth.

use core::num::NonZeroU64;

use super::details::{Collected, Details};
use super::number::{is_number, parse_u64};
use super::{Envelope, Span};
use crate::EventKind;

/// How deep values may nest below the first level of `d`.
const DEPTH: u32 = u64::BITS;
/// The longest key, name or number kept; the longest documented name has 38 bytes.
const TOKEN_BYTES: usize = 64;

/// The document is no object with an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// How far a piece came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    /// The piece is used up and the document goes on.
    More,
    /// The document ended after this many bytes of the piece.
    Done(usize),
}

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

/// Which value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Data,
    GuildId,
    Id,
    Interval,
    Other,
    Op,
    ResumeUrl,
    Seq,
    SessionId,
    Type,
}

/// How far an escape in a string came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Unicode { left: u8, code: u32 },
}

#[derive(Debug)]
pub(crate) struct Scanner {
    mode: Mode,
    slot: Slot,
    escape: Escape,
    /// Whether the place is inside `d`.
    inside: bool,
    /// Bytes of the document so far.
    offset: usize,
    /// Open brackets below the first level of `d`: how many, and for each whether it is a brace.
    depth: u32,
    braces: u64,
    token: Collected<TOKEN_BYTES>,
    op: Option<u64>,
    seq: Option<u64>,
    kind: EventKind,
    name: Span,
    data: Span,
    details: Details,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self {
            mode: Mode::Before,
            slot: Slot::Other,
            escape: Escape::None,
            inside: false,
            offset: 0,
            depth: 0,
            braces: 0,
            token: Collected::default(),
            op: None,
            seq: None,
            kind: EventKind::Unknown,
            name: Span::default(),
            data: Span::default(),
            details: Details::default(),
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Tells whether no document has begun.
    pub(crate) fn is_idle(&self) -> bool {
        self.mode == Mode::Before
    }

    /// Returns the length of the document so far, in bytes.
    pub(crate) const fn length(&self) -> usize {
        self.offset
    }

    /// Returns what `d` says.
    pub(crate) const fn details(&self) -> &Details {
        &self.details
    }

    /// Returns the envelope of a document that has ended.
    pub(crate) fn envelope(&self) -> Result<Envelope, Broken> {
        let Self { seq, kind, name, data, .. } = *self;
        let op = self.op.filter(|_| self.mode == Mode::Done).ok_or(Broken)?;
        let seq = seq.and_then(NonZeroU64::new);
        Ok(Envelope { op, seq, kind, name, data })
    }

    /// Reads on, at most to the end of the document.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<Fed, Broken> {
        let mut rest = piece;
        while let Some((&byte, _)) = rest.split_first() {
            let taken = match self.mode {
                Mode::Deep => self.skip_deep(rest)?,
                Mode::DeepText => self.skip_text(rest),
                Mode::KeyText | Mode::Text => self.text(rest)?,
                Mode::Scalar => self.scalar(byte)?,
                Mode::Before
                | Mode::FirstKey
                | Mode::Key
                | Mode::Colon
                | Mode::Value
                | Mode::Next
                | Mode::Done => {
                    self.structure(byte)?;
                    1
                }
            };
            self.offset += taken;
            rest = rest.get(taken..).unwrap_or_default();
            if self.mode == Mode::Done {
                return Ok(Fed::Done(piece.len() - rest.len()));
            }
        }
        Ok(Fed::More)
    }

    /// Takes one byte between values.
    fn structure(&mut self, byte: u8) -> Result<(), Broken> {
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            return Ok(());
        }
        match (self.mode, byte) {
            (Mode::Before, b'{') => self.mode = Mode::FirstKey,
            (Mode::FirstKey | Mode::Key, b'"') => {
                self.token.clear();
                self.mode = Mode::KeyText;
            }
            (Mode::FirstKey | Mode::Next, b'}') => self.close(),
            (Mode::Colon, b':') => self.mode = Mode::Value,
            (Mode::Next, b',') => self.mode = Mode::Key,
            (Mode::Value, _) => self.begin_value(byte)?,
            _ => return Err(Broken),
        }
        Ok(())
    }

    /// Ends the object at hand: `d`, or the document.
    fn close(&mut self) {
        if self.inside {
            self.inside = false;
            self.slot = Slot::Data;
            self.end_value(self.offset + 1);
        } else {
            self.mode = Mode::Done;
        }
    }

    fn begin_value(&mut self, byte: u8) -> Result<(), Broken> {
        self.token.clear();
        self.forget_earlier();
        match byte {
            b'{' if self.slot == Slot::Data => {
                self.inside = true;
                self.mode = Mode::FirstKey;
            }
            b'{' | b'[' => {
                self.mode = Mode::Deep;
                self.open(byte)?;
            }
            b'"' => self.mode = Mode::Text,
            b'-' | b'0'..=b'9' | b'f' | b'n' | b't' => {
                self.token.push(&[byte]);
                self.mode = Mode::Scalar;
            }
            _ => return Err(Broken),
        }
        Ok(())
    }

    /// Forgets what an earlier value of the same key said: the last one wins.
    fn forget_earlier(&mut self) {
        match self.slot {
            Slot::Data => {
                self.details = Details::default();
                self.data = Span::new(self.offset, self.offset);
            }
            Slot::GuildId => self.details.guild_id = None,
            Slot::Id => self.details.id = None,
            Slot::Interval => self.details.heartbeat_interval_ms = None,
            Slot::Op => self.op = None,
            Slot::ResumeUrl => self.details.resume_url.clear(),
            Slot::Seq => self.seq = None,
            Slot::SessionId => self.details.session_id.clear(),
            Slot::Type => {
                self.kind = EventKind::Unknown;
                self.name = Span::new(self.offset + 1, self.offset + 1);
            }
            Slot::Other => {}
        }
    }

    /// Ends the value at hand, which reaches up to `end`.
    fn end_value(&mut self, end: usize) {
        if self.slot == Slot::Data {
            self.data = self.data.up_to(end);
        }
        self.slot = Slot::Other;
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
    fn skip_deep(&mut self, rest: &[u8]) -> Result<usize, Broken> {
        for (at, &byte) in rest.iter().enumerate() {
            match byte {
                b'"' => {
                    self.mode = Mode::DeepText;
                    return Ok(at + 1);
                }
                b'{' | b'[' => self.open(byte)?,
                b'}' | b']' => {
                    if (self.braces & 1 == 1) != (byte == b'}') {
                        return Err(Broken);
                    }
                    self.depth -= 1;
                    self.braces >>= 1;
                    if self.depth == 0 {
                        self.end_value(self.offset + at + 1);
                        return Ok(at + 1);
                    }
                }
                _ => {}
            }
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
    fn text(&mut self, rest: &[u8]) -> Result<usize, Broken> {
        let Some(&byte) = rest.first() else {
            return Ok(0);
        };
        match (self.escape, byte) {
            (Escape::None, b'"') => self.end_text()?,
            (Escape::None, b'\\') => self.escape = Escape::Begun,
            (Escape::None, _) => {
                let run = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                let plain = rest.get(..run).unwrap_or_default();
                if plain.iter().any(|byte| *byte < b' ') {
                    return Err(Broken);
                }
                self.collect(plain);
                return Ok(run);
            }
            (Escape::Begun, b'u') => self.escape = Escape::Unicode { left: 4, code: 0 },
            (Escape::Begun, _) => {
                self.escape = Escape::None;
                self.collect(&[unescape(byte).ok_or(Broken)?]);
            }
            (Escape::Unicode { left, code }, _) => {
                let digit = char::from(byte).to_digit(16).ok_or(Broken)?;
                self.escape = Escape::Unicode { left: left - 1, code: code << 4 | digit };
                if left == 1 {
                    self.escape = Escape::None;
                    self.collect_char(code << 4 | digit);
                }
            }
        }
        Ok(1)
    }

    /// Keeps text of keys and of the values somebody wants.
    fn collect(&mut self, bytes: &[u8]) {
        match (self.mode, self.slot) {
            (Mode::KeyText, _) => self.token.push(bytes),
            (_, Slot::Data | Slot::Other) => {}
            (_, Slot::ResumeUrl) => self.details.resume_url.push(bytes),
            (_, Slot::SessionId) => self.details.session_id.push(bytes),
            _ => self.token.push(bytes),
        }
    }

    /// Keeps a character; of surrogates, which no wanted text holds, only that there was one.
    fn collect_char(&mut self, code: u32) {
        let mut utf8 = [0; 4];
        let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.collect(char.encode_utf8(&mut utf8).as_bytes());
    }

    fn end_text(&mut self) -> Result<(), Broken> {
        if self.mode == Mode::KeyText {
            self.slot = self.key_slot();
            self.mode = Mode::Colon;
            return Ok(());
        }
        match self.slot {
            Slot::GuildId => self.details.guild_id = self.token.get().and_then(parse_u64),
            Slot::Id => self.details.id = self.token.get().and_then(parse_u64),
            Slot::Type => {
                self.kind = EventKind::of_dispatch(self.token.get().unwrap_or_default());
                self.name = self.name.up_to(self.offset);
            }
            Slot::Data
            | Slot::Interval
            | Slot::Op
            | Slot::Other
            | Slot::ResumeUrl
            | Slot::Seq
            | Slot::SessionId => {}
        }
        self.end_value(self.offset + 1);
        Ok(())
    }

    fn key_slot(&self) -> Slot {
        match (self.inside, self.token.get().unwrap_or_default()) {
            (false, b"d") => Slot::Data,
            (false, b"op") => Slot::Op,
            (false, b"s") => Slot::Seq,
            (false, b"t") => Slot::Type,
            (true, b"guild_id") => Slot::GuildId,
            (true, b"heartbeat_interval") => Slot::Interval,
            (true, b"id") => Slot::Id,
            (true, b"resume_gateway_url") => Slot::ResumeUrl,
            (true, b"session_id") => Slot::SessionId,
            _ => Slot::Other,
        }
    }

    /// Collects a number, `true`, `false` or `null`; returns how many bytes it took.
    fn scalar(&mut self, byte: u8) -> Result<usize, Broken> {
        match byte {
            b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r' => {
                self.end_scalar()?;
                Ok(0)
            }
            b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.' => {
                self.token.push(&[byte]);
                Ok(1)
            }
            _ => Err(Broken),
        }
    }

    fn end_scalar(&mut self) -> Result<(), Broken> {
        let token = self.token.get().unwrap_or_default();
        // Of a number too long to be kept only the beginning is known.
        let long = self.token.overflowed
            && self.token.bytes.first().is_some_and(|byte| !byte.is_ascii_lowercase());
        let word = matches!(token, b"true" | b"false" | b"null");
        if !word && !long && !is_number(token) {
            return Err(Broken);
        }
        let number = parse_u64(token);
        match self.slot {
            Slot::Data => self.details.is_true = token == b"true",
            Slot::GuildId => self.details.guild_id = number,
            Slot::Id => self.details.id = number,
            Slot::Interval => self.details.heartbeat_interval_ms = number,
            Slot::Op => self.op = number,
            Slot::Seq => self.seq = number,
            Slot::Other | Slot::ResumeUrl | Slot::SessionId | Slot::Type => {}
        }
        self.end_value(self.offset);
        Ok(())
    }
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
