//! The External Term Format, term by term, as Discord speaks it.
//!
//! Every function takes the document and a place in it, and returns the place behind what it read.
//!
//! Source: Erlang/OTP documentation, *External Term Format*.

use super::Kind;
use super::error::{DecodeError, Expected};
use super::json::is_number;
use crate::term as tag;

/// A number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number<'e> {
    Float(f64),
    /// A float as [text](float_text).
    Text(&'e [u8; OLD_FLOAT]),
    Integer {
        negative: bool,
        magnitude: u64,
    },
}

/// Bytes of an atom or a binary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'e> {
    pub(super) bytes: &'e [u8],
    pub(super) is_atom: bool,
    pub(super) end: usize,
}

impl Word<'_> {
    /// Tells whether this is an atom that stands for null.
    pub(super) fn is_null(&self) -> bool {
        self.is_atom && matches!(self.bytes, b"nil" | b"null" | b"undefined")
    }
}

fn value_error(at: usize) -> DecodeError {
    DecodeError::new(at, Expected::Value)
}

/// Returns the bytes at a place, which must all be there.
fn take<const N: usize>(doc: &[u8], at: usize) -> Result<[u8; N], DecodeError> {
    let chunk = doc.get(at..).and_then(<[u8]>::first_chunk::<N>);
    chunk.copied().ok_or_else(|| value_error(doc.len()))
}

/// Returns the tag at a place.
pub(super) fn tag_at(doc: &[u8], at: usize) -> Result<u8, DecodeError> {
    doc.get(at).copied().ok_or_else(|| value_error(doc.len()))
}

/// Reads a length of 1, 2 or 4 bytes.
fn length<const N: usize>(doc: &[u8], at: usize) -> Result<usize, DecodeError> {
    let bytes = take::<N>(doc, at)?;
    Ok(bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)))
}

/// Reads the 32-bit length behind a tag at `at`.
pub(super) fn count(doc: &[u8], at: usize) -> Result<u32, DecodeError> {
    Ok(u32::from_be_bytes(take(doc, at + 1)?))
}

/// Reads the 16-bit length behind a tag at `at`.
pub(super) fn short_count(doc: &[u8], at: usize) -> Result<u16, DecodeError> {
    Ok(u16::from_be_bytes(take(doc, at + 1)?))
}

/// Reads an atom or a binary; nothing if another term stands there.
pub(super) fn word(doc: &[u8], at: usize) -> Result<Option<Word<'_>>, DecodeError> {
    let tag = tag_at(doc, at)?;
    let (len, start) = match tag {
        tag::BINARY => (length::<4>(doc, at + 1)?, at + 5),
        tag::ATOM | tag::ATOM_UTF8 => (length::<2>(doc, at + 1)?, at + 3),
        tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => (length::<1>(doc, at + 1)?, at + 2),
        _ => return Ok(None),
    };
    let end = start.saturating_add(len);
    let bytes = doc.get(start..end).ok_or_else(|| value_error(at))?;
    Ok(Some(Word { bytes, is_atom: tag != tag::BINARY, end }))
}

/// Tells what kind of value begins at a place.
pub(super) fn kind(doc: &[u8], at: usize) -> Result<Kind, DecodeError> {
    Ok(match tag_at(doc, at)? {
        tag::MAP | tag::EXPORT | tag::NEW_REFERENCE | tag::PID | tag::PORT | tag::REFERENCE => {
            Kind::Object
        }
        tag::LIST | tag::NIL | tag::STRING | tag::SMALL_TUPLE | tag::LARGE_TUPLE => Kind::List,
        tag::BINARY => Kind::Text,
        tag::ATOM | tag::ATOM_UTF8 | tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => {
            match word(doc, at)? {
                Some(word) if word.is_null() => Kind::Null,
                Some(word) if matches!(word.bytes, b"true" | b"false") => Kind::Bool,
                _ => Kind::Text,
            }
        }
        tag::SMALL_INTEGER
        | tag::INTEGER
        | tag::SMALL_BIG
        | tag::LARGE_BIG
        | tag::NEW_FLOAT
        | tag::FLOAT => Kind::Number,
        tag::COMPRESSED => return Err(DecodeError::new(at, Expected::Uncompressed)),
        _ => return Err(value_error(at)),
    })
}

/// Reads a number and the place behind it; nothing if another term stands there.
pub(super) fn number(doc: &[u8], at: usize) -> Result<Option<(Number<'_>, usize)>, DecodeError> {
    let unsigned = |magnitude| Number::Integer { negative: false, magnitude };
    Ok(Some(match tag_at(doc, at)? {
        tag::SMALL_INTEGER => {
            let [byte] = take(doc, at + 1)?;
            (unsigned(byte.into()), at + 2)
        }
        tag::INTEGER => {
            let value = i32::from_be_bytes(take(doc, at + 1)?);
            let magnitude = value.unsigned_abs().into();
            (Number::Integer { negative: value < 0, magnitude }, at + 5)
        }
        tag::SMALL_BIG => big(doc, at + 2, length::<1>(doc, at + 1)?)?,
        tag::LARGE_BIG => big(doc, at + 5, length::<4>(doc, at + 1)?)?,
        tag::NEW_FLOAT => (Number::Float(f64::from_be_bytes(take(doc, at + 1)?)), at + 9),
        tag::FLOAT => (Number::Text(old_float(doc, at + 1)?), at + 1 + OLD_FLOAT),
        _ => return Ok(None),
    }))
}

/// Reads a big integer's sign and its bytes, the lowest first; over eight of them are refused.
fn big(doc: &[u8], at: usize, len: usize) -> Result<(Number<'_>, usize), DecodeError> {
    let [sign] = take(doc, at)?;
    let end = (at + 1).saturating_add(len);
    let bytes = doc.get(at + 1..end).ok_or_else(|| value_error(at))?;
    let (low, high) = bytes.split_at(len.min(8));
    if high.iter().any(|byte| *byte != 0) || sign > 1 {
        return Err(DecodeError::new(at, Expected::Integer));
    }
    let magnitude = low.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
    Ok((Number::Integer { negative: sign == 1, magnitude }, end))
}

/// The bytes of a float as text.
const OLD_FLOAT: usize = 31;

/// Reads a float as text, which Erlang writes with a point and an exponent; it is parsed when somebody asks for a value.
#[cold]
fn old_float(doc: &[u8], at: usize) -> Result<&[u8; OLD_FLOAT], DecodeError> {
    let bytes =
        doc.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(|| value_error(doc.len()))?;
    let text = float_text(bytes);
    let is_float = text.contains(&b'.') && is_number(text);
    if is_float { Ok(bytes) } else { Err(DecodeError::new(at, Expected::Number)) }
}

/// Returns a float as JSON writes one.
pub(super) fn float_text(bytes: &[u8; OLD_FLOAT]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii()
}

/// Skips one term, however deep, without a stack: it counts the terms still to come.
pub(super) fn skip(doc: &[u8], start: usize) -> Result<usize, DecodeError> {
    let (mut at, mut open) = (start, 1_u64);
    while open > 0 {
        open -= 1;
        // Most terms are texts.
        if let Some([tag::BINARY, length @ ..]) = doc.get(at..).and_then(<[u8]>::first_chunk::<5>) {
            let len = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            at = (at + 5).saturating_add(len);
            continue;
        }
        let (inner, end) = head(doc, at)?;
        open += inner;
        at = end;
    }
    if at > doc.len() { Err(value_error(doc.len())) } else { Ok(at) }
}

/// Returns how many terms follow as parts of the one at `at`, and the place behind its own bytes.
fn head(doc: &[u8], at: usize) -> Result<(u64, usize), DecodeError> {
    let tag = tag_at(doc, at)?;
    let leaf = |end: usize| Ok((0, end));
    match tag {
        tag::SMALL_INTEGER => leaf(at + 2),
        tag::INTEGER => leaf(at + 5),
        tag::NEW_FLOAT => leaf(at + 9),
        tag::FLOAT => leaf(at + 1 + OLD_FLOAT),
        tag::NIL => leaf(at + 1),
        tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => leaf(at + 2 + length::<1>(doc, at + 1)?),
        tag::ATOM | tag::ATOM_UTF8 | tag::STRING => leaf(at + 3 + length::<2>(doc, at + 1)?),
        tag::SMALL_BIG => leaf(at + 3 + length::<1>(doc, at + 1)?),
        tag::BINARY => leaf((at + 5).saturating_add(length::<4>(doc, at + 1)?)),
        tag::LARGE_BIG => leaf((at + 6).saturating_add(length::<4>(doc, at + 1)?)),
        tag::MAP => Ok((u64::from(count(doc, at)?) * 2, at + 5)),
        // The tail of a list is one more term.
        tag::LIST => Ok((u64::from(count(doc, at)?) + 1, at + 5)),
        tag::LARGE_TUPLE => Ok((count(doc, at)?.into(), at + 5)),
        tag::SMALL_TUPLE => {
            let [len] = take(doc, at + 1)?;
            Ok((len.into(), at + 2))
        }
        tag::EXPORT => Ok((3, at + 1)),
        tag::REFERENCE | tag::PORT => leaf(node_end(doc, at + 1)? + 5),
        tag::PID => leaf(node_end(doc, at + 1)? + 9),
        tag::NEW_REFERENCE => {
            let words = length::<2>(doc, at + 1)?;
            leaf(node_end(doc, at + 3)? + 1 + 4 * words)
        }
        tag::COMPRESSED => Err(DecodeError::new(at, Expected::Uncompressed)),
        _ => Err(value_error(at)),
    }
}

/// Returns the place behind the name of a node: an atom or a binary, so that identifiers do not nest.
pub(super) fn node_end(doc: &[u8], at: usize) -> Result<usize, DecodeError> {
    word(doc, at)?.map(|word| word.end).ok_or_else(|| value_error(at.min(doc.len())))
}

/// A part of an identifier: its name, and how it stands there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Byte(&'static str),
    Term(&'static str),
    Word(&'static str),
    Words(&'static str),
}

/// Returns the parts of an identifier, of which none comes from Discord, in their order.
pub(super) const fn parts(tag: u8) -> &'static [Part] {
    use Part::{Byte, Term, Word, Words};
    match tag {
        tag::EXPORT => &[Term("mod"), Term("fun"), Term("arity")],
        tag::NEW_REFERENCE => &[Term("node"), Byte("creation"), Words("id")],
        tag::PID => &[Term("node"), Word("id"), Word("serial"), Byte("creation")],
        tag::PORT => &[Term("node"), Word("id"), Byte("creation")],
        tag::REFERENCE => &[Term("node"), Words("id"), Byte("creation")],
        _ => &[],
    }
}
