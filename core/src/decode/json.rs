//! JSON, token by token: where a text, a number or a nested value ends.
//!
//! Every function takes the document and a place in it, and returns the place behind what it read.
//! Skipping checks that brackets balance, that texts end and that nothing nests too deep; what is
//! read is checked in full.

use super::error::{DecodeError, Expected};
use super::key::Key;
use super::number::{first_digits, parse_eight, parse_u64};
use super::scan::{self, Marks};
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
#[inline]
pub(super) fn literal<const LEN: usize>(doc: &[u8], at: usize, word: &[u8; LEN]) -> Option<usize> {
    let end = at + LEN;
    let stands = block(doc, at) == Some(word) && !is_wordlike(byte(doc, end));
    stands.then_some(end)
}

/// Passes a literal, if it stands there and a member or an item ends behind it.
#[inline]
pub(super) fn usual_literal<const LEN: usize>(
    doc: &[u8],
    at: usize,
    word: &[u8; LEN],
) -> Option<usize> {
    let stands = block(doc, at) == Some(word) && ends_usually(byte(doc, at + LEN));
    stands.then_some(at + LEN)
}

/// Tells whether a byte stands behind a value, as it usually does.
#[inline]
pub(super) const fn ends_usually(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']')
}

fn is_wordlike(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

/// Returns as many bytes as a block has.
#[inline]
fn block<const N: usize>(doc: &[u8], at: usize) -> Option<&[u8; N]> {
    doc.get(at..)?.first_chunk()
}

/// Finds the end of a text whose opening quote is before `at`: the place of the closing quote, and
/// whether an escape stands before it.
#[inline]
pub(crate) fn text_end(doc: &[u8], at: usize) -> Result<(usize, bool), DecodeError> {
    if let Some(block) = block(doc, at) {
        let stops = scan::stops(block);
        let stop = at + first(stops.into());
        if stops != 0 && byte(doc, stop) == b'"' {
            return Ok((stop, false));
        }
    }
    long_text_end(doc, at)
}

/// Reads a plain key of up to 31 bytes with its comma, quotes and colon, if all of it stands there as it
/// usually does.
#[inline]
pub(super) fn usual_key(doc: &[u8], at: usize, fresh: bool) -> Option<(Key<'_>, usize)> {
    let comma = usize::from(!fresh);
    let start = at + comma + 1;
    if !fresh && byte(doc, at) != b',' || byte(doc, start - 1) != b'"' {
        return None;
    }
    let rest = doc.get(start..)?;
    let Some(block) = rest.first_chunk::<{ scan::SHORT }>() else {
        return last_key(rest, start);
    };
    let stops = scan::stops(block);
    if stops == 0 {
        return None;
    }
    let len = first(stops.into());
    let usual = byte(rest, len) == b'"' && byte(rest, len + 1) == b':';
    let key = Key::of_short(block.get(..len)?, u64::from_le_bytes(*block.first_chunk()?));
    usual.then_some((key, start + len + 2))
}

/// Finds the end of a key of up to 31 bytes that stands with its quotes and colon as it usually does: returns what follows
/// the opening quote, which stands at `at`, and how long the key is.
///
/// Of what is in it, nothing is checked but that it has no quote.
#[inline(always)]
pub(super) fn usual_key_at(doc: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (b'"', rest) = doc.get(at..)?.split_first()? else { return None };
    let mut quotes = scan::quotes(rest.first_chunk()?);
    if quotes == 0 {
        quotes = scan::quotes(block(rest, scan::HALF)?) << scan::HALF;
        if quotes == 0 {
            return None;
        }
    }
    let len = first(quotes.into());
    (byte(rest, len + 1) == b':').then_some((rest, len))
}

/// Tells whether a key that ends with a quote has no escapes and no control characters.
#[inline(never)]
pub(super) fn is_plain(key: &[u8], len: usize) -> bool {
    let stops = match block(key, 0) {
        Some(block) => scan::stops(block),
        None => scan::stops_in_rest(key),
    };
    first(stops.into()) == len
}

/// Reads a plain key among the last bytes of a document.
#[inline(never)]
fn last_key(rest: &[u8], at: usize) -> Option<(Key<'_>, usize)> {
    let len = first(scan::stops_in_rest(rest).into());
    let usual = rest.get(len..)?.starts_with(b"\":");
    usual.then_some((Key::of_bytes(rest.get(..len)?), at + len + 2))
}

#[inline(never)]
fn long_text_end(doc: &[u8], at: usize) -> Result<(usize, bool), DecodeError> {
    let stop = stop(doc, at)?;
    if byte(doc, stop) == b'"' { Ok((stop, false)) } else { escaped_end(doc, stop) }
}

/// Passes characters up to a quote or a backslash.
fn stop(doc: &[u8], mut at: usize) -> Result<usize, DecodeError> {
    while let Some(block) = block(doc, at) {
        let stops = scan::stops(block);
        if stops != 0 {
            at += first(stops.into());
            break;
        }
        at += scan::SHORT;
    }
    if doc.len() - at < scan::SHORT {
        let stops = scan::stops_in_rest(doc.get(at..).unwrap_or_default());
        at += first(stops.into());
    }
    if byte(doc, at) < b' ' {
        Err(DecodeError::new(at.min(doc.len()), Expected::Text))
    } else {
        Ok(at)
    }
}

/// Returns the index of the first marked byte.
const fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize
}

/// Finds the end of a text from a backslash in it on, and checks its escapes.
#[inline(never)]
fn escaped_end(doc: &[u8], mut at: usize) -> Result<(usize, bool), DecodeError> {
    loop {
        at = stop(doc, escape_end(doc, at)?)?;
        if byte(doc, at) == b'"' {
            return Ok((at, true));
        }
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

/// Reads digits: their value, unless it is beyond 64 bits or there are none, and the place behind them.
#[inline]
pub(super) fn digits(doc: &[u8], start: usize) -> (Option<u64>, usize) {
    let (mut at, mut value) = (start, 0_u64);
    while let Some(eight) = block(doc, at) {
        if let Some(digits) = parse_eight(*eight) {
            value = value.wrapping_mul(100_000_000).wrapping_add(digits);
            at += 8;
            continue;
        }
        let (count, digits) = first_digits(*eight);
        let power = POWERS.get(count).copied().unwrap_or(1);
        value = value.wrapping_mul(power).wrapping_add(digits);
        at += count;
        return (value_of(doc, start, at, value), at);
    }
    while byte(doc, at).is_ascii_digit() {
        value = value.wrapping_mul(10).wrapping_add(u64::from(byte(doc, at) - b'0'));
        at += 1;
    }
    (value_of(doc, start, at, value), at)
}

/// Returns the value of digits, which is known if there is no more than fits for certain.
#[inline]
fn value_of(doc: &[u8], start: usize, end: usize, value: u64) -> Option<u64> {
    // No number of up to 19 digits is beyond 64 bits.
    match end - start {
        1..=19 => Some(value),
        _ => parse_u64(doc.get(start..end).unwrap_or_default()),
    }
}

/// The powers of ten up to seven digits.
const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

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

/// Tells whether the bytes are a number and nothing else.
pub(crate) fn is_number(bytes: &[u8]) -> bool {
    number_end(bytes, 0) == Ok(bytes.len())
}

/// Skips a value that begins at `at`, at a depth of `depth` open brackets.
pub(super) fn skip(doc: &[u8], at: usize, depth: u8) -> Result<usize, DecodeError> {
    match byte(doc, at) {
        b'"' => skip_text(doc, at + 1),
        // Many lists are empty.
        b'[' if byte(doc, at + 1) == b']' && depth < MAX_DEPTH => Ok(at + 2),
        b'{' | b'[' => skip_nested(doc, at, depth),
        b'-' | b'0'..=b'9' => skip_number(doc, at),
        b'n' => literal(doc, at, b"null").ok_or(DecodeError::new(at, Expected::Value)),
        b't' => literal(doc, at, b"true").ok_or(DecodeError::new(at, Expected::Value)),
        b'f' => literal(doc, at, b"false").ok_or(DecodeError::new(at, Expected::Value)),
        _ => Err(DecodeError::new(at, Expected::Value)),
    }
}

fn skip_number(doc: &[u8], at: usize) -> Result<usize, DecodeError> {
    let (_, end) = digits(doc, at);
    if is_wordlike(byte(doc, end)) || byte(doc, at) == b'-' { number_end(doc, at) } else { Ok(end) }
}

/// Skips a text whose opening quote is before `at`.
#[inline]
fn skip_text(doc: &[u8], at: usize) -> Result<usize, DecodeError> {
    text_end(doc, at).map(|(end, _)| end + 1)
}

/// How many brackets are open, of each kind.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    braces: u32,
    brackets: u32,
}

/// What a block of values begins within.
#[derive(Clone, Copy, Debug, Default)]
struct Carry {
    /// All ones within a text.
    text: u64,
    /// Whether the first byte is escaped.
    escaped: bool,
}

/// Skips a list or an object, a block at a time; brackets are counted by their kind.
fn skip_nested(doc: &[u8], start: usize, depth: u8) -> Result<usize, DecodeError> {
    let most = u32::from(MAX_DEPTH.saturating_sub(depth));
    let (mut at, mut open, mut carry) = (start, Open::default(), Carry::default());
    loop {
        let marks = match block(doc, at) {
            Some(block) => scan::marks(block),
            None => scan::marks_in_rest(doc.get(at..).unwrap_or_default()),
        };
        let marks = outside_texts(marks, &mut carry);
        if let Some(end) = open.step(doc, at, &marks, most)? {
            return Ok(end);
        }
        at += scan::LONG;
        if at >= doc.len() {
            let expected = if carry.text == 0 { Expected::Value } else { Expected::Text };
            return Err(DecodeError::new(doc.len(), expected));
        }
    }
}

/// Leaves only the brackets that stand outside texts.
fn outside_texts(marks: Marks, carry: &mut Carry) -> Marks {
    let escaped = escaped_bytes(marks.backslashes, carry);
    let texts = scan::parity_up_to(marks.quotes & !escaped) ^ carry.text;
    carry.text = 0_u64.wrapping_sub(texts >> 63);
    Marks { opening: marks.opening & !texts, closing: marks.closing & !texts, ..marks }
}

/// Marks the bytes behind a backslash that is not escaped itself.
fn escaped_bytes(backslashes: u64, carry: &mut Carry) -> u64 {
    let mut escaped = u64::from(core::mem::take(&mut carry.escaped));
    let mut left = backslashes & !escaped;
    while left != 0 {
        let backslash = left & left.wrapping_neg();
        carry.escaped = backslash >> 63 == 1;
        escaped |= backslash << 1;
        left &= !(backslash | backslash << 1);
    }
    escaped
}

impl Open {
    const fn total(&self) -> u32 {
        self.braces + self.brackets
    }

    /// Takes a block bracket by bracket, up to the one that ends the value.
    fn step(
        &mut self,
        doc: &[u8],
        at: usize,
        marks: &Marks,
        most: u32,
    ) -> Result<Option<usize>, DecodeError> {
        let mut left = marks.opening | marks.closing;
        while left != 0 {
            let place = at + first(left);
            let bracket = left & left.wrapping_neg();
            left ^= bracket;
            let is_brace = matches!(byte(doc, place), b'{' | b'}');
            let count = if is_brace { &mut self.braces } else { &mut self.brackets };
            if marks.opening & bracket != 0 {
                *count += 1;
                if self.total() > most {
                    return Err(DecodeError::new(place, Expected::Shallow));
                }
                continue;
            }
            *count = count.checked_sub(1).ok_or(DecodeError::new(place, Expected::Value))?;
            if self.total() == 0 {
                return Ok(Some(place + 1));
            }
        }
        Ok(None)
    }
}
