//! The fast scanner: whole dispatches with `d` last, which is how JSON comes from the gateway.
//!
//! It reads no byte of `d`, so what stands behind `d` counts as part of it if it ends like it: an unknown key
//! whose value is an object, or a second document the stream did not mark off. Then `d` does not decode,
//! which is counted; the sequence number of a second document is told as a gap by the next one.

use core::num::NonZeroU64;

use super::{Envelope, Span};
use crate::EventKind;
use crate::decode::text_end;

/// The longest event name it takes; the longest documented one has 38 bytes.
const NAME_BYTES: usize = 64;
/// No number of so many digits is beyond 64 bits.
const MOST_DIGITS: usize = 19;

/// Scans one whole document without looking into `d`, or leaves it to the other scanner.
///
/// It takes dispatches only: of anything else, and of READY, the lifecycle needs what stands in `d`.
pub(crate) fn scan(document: &[u8]) -> Option<Envelope> {
    let (mut op, mut seq, mut name) = (None, None, None);
    let mut rest = document.strip_prefix(b"{")?;
    let value = loop {
        rest = match rest {
            [b'"', b'd', b'"', b':', value @ ..] => break value,
            [b'"', b'o', b'p', b'"', b':', value @ ..] if op.is_none() => number(value, &mut op)?,
            [b'"', b's', b'"', b':', value @ ..] if seq.is_none() => number(value, &mut seq)?,
            [b'"', b't', b'"', b':', b'"', value @ ..] if name.is_none() => {
                let (len, behind) = text(value)?;
                let at = document.len() - value.len();
                name = Some(Span::new(at, at + len));
                behind
            }
            _ => return None,
        };
        rest = rest.strip_prefix(b",")?;
    };
    let name = name?;
    let kind = EventKind::of_dispatch(name.of(document));
    if kind == EventKind::Unknown && !is_plain(name.of(document)) {
        return None;
    }
    let ordinary = op? == 0 && kind != EventKind::Ready;
    let data = Span::new(document.len() - value.len(), document.len() - 1);
    // Without one it may stand behind `d`.
    let seq = NonZeroU64::new(seq?);
    (ordinary && is_enclosed(value)).then_some(Envelope { op: 0, seq, kind, name, data })
}

/// Reads a number of at most 19 digits, which always fits, and returns what stands behind it.
fn number<'d>(bytes: &'d [u8], into: &mut Option<u64>) -> Option<&'d [u8]> {
    let (mut value, mut rest) = (0, bytes);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        if bytes.len() - rest.len() == MOST_DIGITS {
            return None;
        }
        value = value * 10 + u64::from(digit - b'0');
        rest = behind;
    }
    *into = Some(value);
    (rest.len() < bytes.len()).then_some(rest)
}

/// Finds the end of a text without escapes behind its opening quote: its length, and what stands behind it.
fn text(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (len, escaped) = text_end(bytes, 0).ok()?;
    if escaped { None } else { Some((len, bytes.get(len + 1..)?)) }
}

/// Tells whether the bytes are a name as the gateway's events have one.
fn is_plain(name: &[u8]) -> bool {
    let plain = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_');
    name.len() <= NAME_BYTES && name.iter().all(plain)
}

/// Tells whether the bytes begin and end like one object or array, with the document's brace behind it.
fn is_enclosed(value: &[u8]) -> bool {
    matches!(value, [b'{', .., b'}', b'}'] | [b'[', .., b']', b'}'])
}
