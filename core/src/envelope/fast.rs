//! The fast scanner: whole dispatches with `d` last, which is how JSON comes from the gateway.
//!
//! It reads no byte of `d`, so what stands behind `d` counts as part of it if it ends like it: a key
//! this version does not know, or a second document the stream did not mark off. Of such a second
//! document the sequence number is told as a gap by the next one.

use core::num::NonZeroU64;

use super::{Envelope, Span};
use crate::EventKind;
use crate::decode::parse_u64;

/// The longest event name it takes; the longest documented one has 38 bytes.
const NAME_BYTES: usize = 64;

/// Scans one whole document without looking into `d`, or leaves it to the other scanner.
///
/// It takes dispatches only: of anything else, and of READY, the lifecycle needs what stands in `d`.
pub(crate) fn scan(document: &[u8]) -> Option<Envelope> {
    let (mut op, mut seq, mut name) = (None, None, None);
    let mut rest = document.strip_prefix(b"{")?;
    let data = loop {
        let (key, value) = split_key(rest)?;
        let at = document.len() - value.len();
        let taken = match key {
            b"d" => break Span::new(at, document.len() - 1),
            b"op" if op.is_none() => number(value, &mut op)?,
            b"s" if seq.is_none() => number(value, &mut seq)?,
            b"t" if name.is_none() => {
                let len = name_len(value)?;
                name = Some(Span::new(at + 1, at + 1 + len));
                len + 2
            }
            _ => return None,
        };
        rest = value.get(taken..)?.strip_prefix(b",")?;
    };
    let name = name?;
    let kind = EventKind::of_dispatch(name.of(document));
    let ordinary = op? == 0 && kind != EventKind::Ready;
    let whole = document.ends_with(b"}") && is_enclosed(data.of(document));
    let seq = seq.and_then(NonZeroU64::new);
    (ordinary && whole).then_some(Envelope { op: 0, seq, kind, name, data })
}

/// Splits `"key":value` after a key of at most two bytes.
fn split_key(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let bytes = bytes.strip_prefix(b"\"")?;
    let len = bytes.iter().take(3).position(|byte| *byte == b'"')?;
    let (key, rest) = bytes.split_at_checked(len)?;
    Some((key, rest.strip_prefix(b"\":")?))
}

/// Reads a number and returns its length in bytes.
fn number(bytes: &[u8], into: &mut Option<u64>) -> Option<usize> {
    let len = bytes.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    *into = Some(parse_u64(bytes.get(..len)?)?);
    Some(len)
}

/// Returns the length of a plain upper-case name in quotes.
fn name_len(bytes: &[u8]) -> Option<usize> {
    let bytes = bytes.strip_prefix(b"\"")?;
    let plain = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_';
    let len = bytes.iter().take(NAME_BYTES).take_while(plain).count();
    (bytes.get(len) == Some(&b'"')).then_some(len)
}

/// Tells whether the bytes begin and end like one object or array.
fn is_enclosed(data: &[u8]) -> bool {
    matches!((data.first(), data.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
        && data.len() > 1
}
