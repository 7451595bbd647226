//! JSON, token by token: where a text, a number or a nested value ends.
//!
//! Every function takes the document and a place in it, and returns the place behind what it read.
//! Skipping checks that brackets balance, that texts end and that nothing nests too deep; what is
//! read is checked in full.

use super::error::{DecodeError, Expected};
use super::{Kind, MAX_DEPTH};

/// Returns the byte at a place, or what cannot stand anywhere between values.
pub(super) fn byte(doc: &[u8], at: usize) -> u8 {
    doc.get(at).copied().unwrap_or(0)
}

/// Skips white space.
pub(super) fn space(doc: &[u8], mut at: usize) -> usize {
    while matches!(byte(doc, at), b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    at
}

/// Tells what kind of value begins at a place.
pub(super) fn kind(doc: &[u8], at: usize) -> Result<Kind, DecodeError> {
    Ok(match byte(doc, at) {
        b'{' => Kind::Object,
        b'[' => Kind::List,
        b'"' => Kind::Text,
        b'n' => Kind::Null,
        b't' | b'f' => Kind::Bool,
        b'-' | b'0'..=b'9' => Kind::Number,
        _ => return Err(DecodeError::new(at, Expected::Value)),
    })
}

/// Passes a literal, if it stands there and ends there.
pub(super) fn literal(doc: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let end = at + word.len();
    let stands = doc.get(at..end) == Some(word) && !is_wordlike(byte(doc, end));
    stands.then_some(end)
}

fn is_wordlike(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Loads eight bytes, the first one lowest.
fn load(doc: &[u8], at: usize) -> Option<u64> {
    let eight = doc.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*eight))
}

/// Marks the bytes of a word that are `byte` with their highest bit; exact up to the first mark.
const fn marks(word: u64, byte: u8) -> u64 {
    let different = word ^ (ONES * byte as u64);
    different.wrapping_sub(ONES) & !different & HIGHS
}

/// Marks control characters; exact up to the first mark.
const fn control_marks(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word & HIGHS
}

/// Returns the index of the first marked byte.
const fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Short texts end within this many words; longer ones are worth a call of `memchr`.
const SHORT_WORDS: usize = 4;

/// Finds the end of a text whose opening quote is before `at`: the place of the closing quote, and
/// whether an escape stands before it.
pub(super) fn text_end(doc: &[u8], start: usize) -> Result<(usize, bool), DecodeError> {
    let mut at = start;
    for _ in 0..SHORT_WORDS {
        let Some(word) = load(doc, at) else {
            break;
        };
        let found = marks(word, b'"') | marks(word, b'\\') | control_marks(word);
        if found != 0 {
            at += first(found);
            return match byte(doc, at) {
                b'"' => Ok((at, false)),
                b'\\' => escaped_end(doc, at),
                _ => Err(DecodeError::new(at, Expected::Text)),
            };
        }
        at += 8;
    }
    long_text_end(doc, at)
}

#[inline(never)]
fn long_text_end(doc: &[u8], at: usize) -> Result<(usize, bool), DecodeError> {
    let (end, quote) = plain_run(doc, at)?;
    if quote { Ok((end, false)) } else { escaped_end(doc, end) }
}

/// Passes characters up to a quote or backslash; tells whether it is a quote.
fn plain_run(doc: &[u8], at: usize) -> Result<(usize, bool), DecodeError> {
    let rest = doc.get(at..).unwrap_or_default();
    let Some(len) = memchr::memchr2(b'"', b'\\', rest) else {
        return Err(DecodeError::new(doc.len(), Expected::Text));
    };
    let plain = rest.get(..len).unwrap_or_default();
    if plain.iter().fold(false, |any, byte| any | (*byte < b' ')) {
        let control = plain.iter().position(|byte| *byte < b' ').unwrap_or(0);
        return Err(DecodeError::new(at + control, Expected::Text));
    }
    Ok((at + len, rest.get(len) == Some(&b'"')))
}

/// Finds the end of a text from a backslash in it on, and checks its escapes.
#[inline(never)]
fn escaped_end(doc: &[u8], mut at: usize) -> Result<(usize, bool), DecodeError> {
    loop {
        at = escape_end(doc, at)?;
        let (end, quote) = plain_run(doc, at)?;
        if quote {
            return Ok((end, true));
        }
        at = end;
    }
}

/// Passes one escape, from its backslash on.
fn escape_end(doc: &[u8], at: usize) -> Result<usize, DecodeError> {
    match byte(doc, at + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 2),
        b'u' => {
            let digits = doc.get(at + 2..at + 6).unwrap_or_default();
            let hex = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
            hex.then_some(at + 6).ok_or(DecodeError::new(at, Expected::Text))
        }
        _ => Err(DecodeError::new(at, Expected::Text)),
    }
}

/// Finds the end of a number and checks its grammar.
///
/// Source: RFC 8259 section 6.
pub(super) fn number_end(doc: &[u8], at: usize) -> Result<usize, DecodeError> {
    let digits = |mut at| {
        while byte(doc, at).is_ascii_digit() {
            at += 1;
        }
        at
    };
    let whole = at + usize::from(byte(doc, at) == b'-');
    let mut end = digits(whole);
    let mut right = end == whole + 1 || (end > whole && byte(doc, whole) != b'0');
    if byte(doc, end) == b'.' {
        let fraction = end + 1;
        end = digits(fraction);
        right &= end > fraction;
    }
    if matches!(byte(doc, end), b'e' | b'E') {
        let sign = usize::from(matches!(byte(doc, end + 1), b'+' | b'-'));
        let exponent = end + 1 + sign;
        end = digits(exponent);
        right &= end > exponent;
    }
    if right && !is_wordlike(byte(doc, end)) {
        Ok(end)
    } else {
        Err(DecodeError::new(at, Expected::Number))
    }
}

/// Skips a value that begins at `at`, at a depth of `depth` open brackets.
pub(super) fn skip(doc: &[u8], at: usize, depth: u8) -> Result<usize, DecodeError> {
    match byte(doc, at) {
        b'"' => skip_text(doc, at + 1),
        b'{' | b'[' => skip_nested(doc, at, depth),
        b'-' | b'0'..=b'9' => skip_number(doc, at),
        b'n' => literal(doc, at, b"null").ok_or(DecodeError::new(at, Expected::Value)),
        b't' => literal(doc, at, b"true").ok_or(DecodeError::new(at, Expected::Value)),
        b'f' => literal(doc, at, b"false").ok_or(DecodeError::new(at, Expected::Value)),
        _ => Err(DecodeError::new(at, Expected::Value)),
    }
}

fn skip_number(doc: &[u8], at: usize) -> Result<usize, DecodeError> {
    let mut end = at + 1;
    while byte(doc, end).is_ascii_digit() {
        end += 1;
    }
    if is_wordlike(byte(doc, end)) || byte(doc, at) == b'-' { number_end(doc, at) } else { Ok(end) }
}

/// Skips a text whose opening quote is before `at`, its escapes unchecked.
pub(super) fn skip_text(doc: &[u8], start: usize) -> Result<usize, DecodeError> {
    let mut at = start;
    for _ in 0..SHORT_WORDS {
        let Some(word) = load(doc, at) else {
            break;
        };
        let found = marks(word, b'"') | marks(word, b'\\');
        if found != 0 {
            at += first(found);
            if byte(doc, at) == b'"' {
                return Ok(at + 1);
            }
            at += 2;
        } else {
            at += 8;
        }
    }
    skip_long_text(doc, at)
}

#[inline(never)]
fn skip_long_text(doc: &[u8], mut at: usize) -> Result<usize, DecodeError> {
    loop {
        let rest = doc.get(at..).unwrap_or_default();
        let Some(len) = memchr::memchr2(b'"', b'\\', rest) else {
            return Err(DecodeError::new(doc.len(), Expected::Text));
        };
        at += len;
        if byte(doc, at) == b'"' {
            return Ok(at + 1);
        }
        at += 2;
    }
}

/// Skips a list or an object.
fn skip_nested(doc: &[u8], start: usize, depth: u8) -> Result<usize, DecodeError> {
    let most = u32::from(MAX_DEPTH.saturating_sub(depth));
    let (mut at, mut open, mut braces) = (start, 0, 0_u64);
    loop {
        let byte = byte(doc, at);
        at += 1;
        match byte {
            b'"' => at = skip_text(doc, at)?,
            b'{' | b'[' => {
                if open == most {
                    return Err(DecodeError::new(at - 1, Expected::Shallow));
                }
                open += 1;
                braces = braces << 1 | u64::from(byte == b'{');
            }
            b'}' | b']' => {
                if (braces & 1 == 1) != (byte == b'}') {
                    return Err(DecodeError::new(at - 1, Expected::Value));
                }
                braces >>= 1;
                open -= 1;
                if open == 0 {
                    return Ok(at);
                }
            }
            0 if at > doc.len() => return Err(DecodeError::new(doc.len(), Expected::Value)),
            _ => {}
        }
    }
}
