//! Erlang's external term format, term for term.
//!
//! It is strict about the document's own map and the first level of `d`; of deeper values it only
//! counts the terms that are still to come, so that neither depth nor a promised count costs anything.

use super::Broken;
use super::draft::{Draft, Slot};
use crate::term;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Version,
    Tag,
    /// Bytes of a term's length, most significant first.
    Head {
        tag: u8,
        left: u8,
        len: u32,
    },
    /// Bytes of a term that holds no others.
    Body {
        tag: u8,
        left: u32,
    },
    Done,
}

/// What the term at hand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Document,
    Key,
    Value,
    /// Part of a value that is skipped.
    Deep,
}

/// The place in an ETF document.
#[derive(Debug)]
pub(super) struct Etf {
    stage: Stage,
    role: Role,
    /// Whether the value that is skipped is a list, whose last term is its tail.
    list: bool,
    /// Entries to come in the document's own map, and in `d`.
    entries: u32,
    inner: u32,
    /// Terms to come in the value that is skipped.
    open: u64,
}

impl Etf {
    pub(super) const fn new() -> Self {
        let (stage, role) = (Stage::Version, Role::Document);
        Self { stage, role, list: false, entries: 0, inner: 0, open: 0 }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.stage == Stage::Version
    }

    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Reads on and returns how many bytes that took.
    pub(super) fn step(&mut self, draft: &mut Draft, rest: &[u8]) -> Result<usize, Broken> {
        let Some(&byte) = rest.first() else {
            return Ok(0);
        };
        match self.stage {
            Stage::Version if byte == term::VERSION => self.stage = Stage::Tag,
            Stage::Version | Stage::Done => return Err(Broken),
            Stage::Tag if self.role == Role::Deep => return self.skip(draft, rest),
            Stage::Tag => match self.whole(draft, rest) {
                Some(taken) => return Ok(taken),
                None => self.begin(draft, byte)?,
            },
            Stage::Head { tag, left, len } => {
                let (left, len) = (left - 1, len << 8 | u32::from(byte));
                self.stage = Stage::Head { tag, left, len };
                if left == 0 {
                    self.measured(draft, tag, len, draft.offset + 1)?;
                }
            }
            Stage::Body { tag, left } => return self.body(draft, tag, left, rest),
        }
        Ok(1)
    }

    /// Takes a key that is text, or a value that holds no others, if all of it is in the piece.
    fn whole(&mut self, draft: &mut Draft, rest: &[u8]) -> Option<usize> {
        let (&tag, behind) = rest.split_first()?;
        let (len, behind) = behind.split_at_checked(head(tag)?.into())?;
        let Size::Bytes(size) = size(tag, number(len))? else { return None };
        let body = behind.get(..usize::try_from(size).ok()?)?;
        let start = 1 + len.len();
        match self.role {
            Role::Key if is_text(tag) => {
                draft.take_key(body);
                self.role = Role::Value;
            }
            Role::Value => {
                draft.begin_value();
                if is_text(tag) {
                    draft.begin_text(draft.offset + start);
                }
                self.collect(draft, tag, body);
                self.end_scalar(draft, tag, draft.offset + start + body.len());
            }
            Role::Deep | Role::Document | Role::Key => return None,
        }
        Some(start + body.len())
    }

    /// Skips terms whose tag and length are in the piece.
    fn skip(&mut self, draft: &mut Draft, rest: &[u8]) -> Result<usize, Broken> {
        let mut at = 0;
        while let Some((&tag, behind)) = rest.get(at..).and_then(<[u8]>::split_first) {
            let head = head(tag).ok_or(Broken)?;
            let Some(bytes) = behind.get(..usize::from(head)) else {
                break;
            };
            self.admit(tag)?;
            at += 1 + bytes.len();
            match size(tag, number(bytes)).ok_or(Broken)? {
                Size::Terms(terms) => {
                    self.open = (self.open - 1).checked_add(terms).ok_or(Broken)?;
                }
                Size::Bytes(left) => {
                    let held = usize::try_from(left).unwrap_or(usize::MAX);
                    if held > rest.len() - at {
                        self.stage = Stage::Body { tag, left };
                        return Ok(at);
                    }
                    at += held;
                    self.open -= 1;
                }
            }
            if self.open == 0 {
                self.end_value(draft, draft.offset + at);
                return Ok(at);
            }
        }
        if at == 0 {
            self.begin(draft, rest.first().copied().unwrap_or_default())?;
            at = 1;
        }
        Ok(at)
    }

    /// Tells whether a term that is skipped may stand where it stands.
    fn admit(&self, tag: u8) -> Result<(), Broken> {
        let tail = self.list && self.open == 1;
        if tail && tag != term::NIL { Err(Broken) } else { Ok(()) }
    }

    /// Takes the tag of a term.
    fn begin(&mut self, draft: &mut Draft, tag: u8) -> Result<(), Broken> {
        match self.role {
            Role::Document if tag == term::MAP => {}
            Role::Key if is_text(tag) || is_integer(tag) => draft.token.clear(),
            Role::Document | Role::Key => return Err(Broken),
            Role::Value => draft.begin_value(),
            Role::Deep => self.admit(tag)?,
        }
        let left = head(tag).ok_or(Broken)?;
        self.stage = Stage::Head { tag, left, len: 0 };
        if left == 0 { self.measured(draft, tag, 0, draft.offset + 1) } else { Ok(()) }
    }

    /// Goes on behind a term's tag and length.
    fn measured(&mut self, draft: &mut Draft, tag: u8, len: u32, at: usize) -> Result<(), Broken> {
        match size(tag, len).ok_or(Broken)? {
            Size::Terms(terms) => self.open_terms(draft, tag, len, terms, at),
            Size::Bytes(left) => {
                if self.role == Role::Value && is_text(tag) {
                    draft.begin_text(at);
                }
                self.stage = Stage::Body { tag, left };
                if left == 0 {
                    self.end_scalar(draft, tag, at);
                }
                Ok(())
            }
        }
    }

    /// Goes into a list, a map or a tuple.
    fn open_terms(
        &mut self,
        draft: &mut Draft,
        tag: u8,
        len: u32,
        terms: u64,
        at: usize,
    ) -> Result<(), Broken> {
        self.stage = Stage::Tag;
        match self.role {
            Role::Document => {
                self.entries = len;
                self.next_entry(draft, at);
                return Ok(());
            }
            Role::Key => return Err(Broken),
            Role::Value if draft.slot == Slot::Data && tag == term::MAP => {
                draft.inside = true;
                self.inner = len;
                self.next_entry(draft, at);
                return Ok(());
            }
            Role::Value => {
                self.role = Role::Deep;
                self.list = tag == term::LIST;
                self.open = terms;
            }
            Role::Deep => self.open = (self.open - 1).checked_add(terms).ok_or(Broken)?,
        }
        if self.open == 0 {
            self.end_value(draft, at);
        }
        Ok(())
    }

    /// Takes bytes of a term that holds no others.
    fn body(
        &mut self,
        draft: &mut Draft,
        tag: u8,
        left: u32,
        rest: &[u8],
    ) -> Result<usize, Broken> {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
        let left = left - u32::try_from(wanted).map_err(|_| Broken)?;
        self.stage = Stage::Body { tag, left };
        self.collect(draft, tag, rest.get(..wanted).unwrap_or_default());
        if left == 0 {
            self.end_scalar(draft, tag, draft.offset + wanted);
        }
        Ok(wanted)
    }

    /// Keeps what keys are named, what wanted texts say, and integers and atoms, which are short.
    fn collect(&self, draft: &mut Draft, tag: u8, bytes: &[u8]) {
        match self.role {
            Role::Value if tag == term::BINARY => draft.collect(bytes),
            Role::Key | Role::Value => draft.token.push(bytes),
            Role::Deep | Role::Document => {}
        }
    }

    fn end_scalar(&mut self, draft: &mut Draft, tag: u8, end: usize) {
        self.stage = Stage::Tag;
        match self.role {
            Role::Key => {
                if is_integer(tag) {
                    draft.token.clear();
                }
                draft.end_key();
                self.role = Role::Value;
            }
            Role::Value => {
                take(draft, tag, end);
                self.end_value(draft, end);
            }
            Role::Deep => {
                self.open -= 1;
                if self.open == 0 {
                    self.end_value(draft, end);
                }
            }
            Role::Document => {}
        }
    }

    fn end_value(&mut self, draft: &mut Draft, end: usize) {
        draft.end_value(end);
        self.next_entry(draft, end);
    }

    /// Goes on with the next key of the map at hand, or behind the map.
    fn next_entry(&mut self, draft: &mut Draft, end: usize) {
        if draft.inside {
            if let Some(left) = self.inner.checked_sub(1) {
                self.inner = left;
                self.role = Role::Key;
                return;
            }
            draft.end_data(end);
        }
        match self.entries.checked_sub(1) {
            Some(left) => {
                self.entries = left;
                self.role = Role::Key;
            }
            None => self.stage = Stage::Done,
        }
    }
}

/// Takes a value that holds no others.
fn take(draft: &mut Draft, tag: u8, end: usize) {
    if is_integer(tag) {
        let number = draft.token.get().and_then(|bytes| unsigned(tag, bytes));
        draft.take_number(number);
    } else if tag == term::BINARY {
        draft.end_text(end);
    } else if is_text(tag) {
        match draft.token.get() {
            Some(b"nil" | b"null" | b"undefined") => {}
            Some(word @ (b"true" | b"false")) => {
                let value = word == b"true";
                draft.take_bool(value);
            }
            _ => draft.take_atom(end),
        }
    }
}

/// Tells whether a tag is one of texts: atoms and binaries.
const fn is_text(tag: u8) -> bool {
    matches!(
        tag,
        term::ATOM | term::ATOM_UTF8 | term::BINARY | term::SMALL_ATOM | term::SMALL_ATOM_UTF8
    )
}

const fn is_integer(tag: u8) -> bool {
    matches!(tag, term::INTEGER | term::LARGE_BIG | term::SMALL_BIG | term::SMALL_INTEGER)
}

/// Reads an integer that is not negative and fits.
fn unsigned(tag: u8, bytes: &[u8]) -> Option<u64> {
    match (tag, bytes) {
        (term::SMALL_INTEGER, &[byte]) => Some(byte.into()),
        (term::INTEGER, bytes) => u64::try_from(i32::from_be_bytes(bytes.try_into().ok()?)).ok(),
        // A sign, and up to eight bytes, the least significant one first.
        (_, [0, digits @ ..]) if digits.len() <= 8 => {
            Some(digits.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
        }
        _ => None,
    }
}

/// Reads a length of at most four bytes, the most significant one first.
fn number(bytes: &[u8]) -> u32 {
    match *bytes {
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
        _ => bytes.iter().fold(0, |len, byte| len << 8 | u32::from(*byte)),
    }
}

/// Returns how many bytes of length follow a tag.
const fn head(tag: u8) -> Option<u8> {
    Some(match tag {
        term::FLOAT | term::INTEGER | term::NEW_FLOAT | term::NIL | term::SMALL_INTEGER => 0,
        term::SMALL_ATOM | term::SMALL_ATOM_UTF8 | term::SMALL_BIG | term::SMALL_TUPLE => 1,
        term::ATOM | term::ATOM_UTF8 | term::STRING => 2,
        term::BINARY | term::LARGE_BIG | term::LARGE_TUPLE | term::LIST | term::MAP => 4,
        _ => return None,
    })
}

/// How much a term holds.
enum Size {
    Bytes(u32),
    Terms(u64),
}

/// Returns how much a term of that length holds.
fn size(tag: u8, len: u32) -> Option<Size> {
    Some(match tag {
        term::LARGE_TUPLE | term::SMALL_TUPLE => Size::Terms(len.into()),
        // Its elements and its tail.
        term::LIST => Size::Terms(u64::from(len) + 1),
        term::MAP => Size::Terms(u64::from(len) * 2),
        term::NIL => Size::Bytes(0),
        term::SMALL_INTEGER => Size::Bytes(1),
        term::INTEGER => Size::Bytes(4),
        term::NEW_FLOAT => Size::Bytes(8),
        term::FLOAT => Size::Bytes(31),
        // Its sign and its digits.
        term::LARGE_BIG | term::SMALL_BIG => Size::Bytes(len.checked_add(1)?),
        _ => Size::Bytes(len),
    })
}
