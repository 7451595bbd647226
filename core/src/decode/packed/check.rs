//! Checks values that were not packed here.

use super::{
    DIGITS, HASH, IDS, KEYED, LAST_WORD, LIST, Name, OBJECT, ROW, ROWS, SHORT, TEXT, Value, WORD,
    member, value,
};
use crate::decode::{MAX_DEPTH, json};

/// Checks the value at a place with all that is in it, and returns where it ends; nothing if it is not
/// well-formed, refers to a row, or nests too deep.
pub(crate) fn well_formed(doc: &[u8], at: usize) -> Option<usize> {
    nested(doc, at, MAX_DEPTH)
}

fn nested(doc: &[u8], at: usize, depth: u8) -> Option<usize> {
    let found = value(doc, at)?;
    let inside = depth.checked_sub(1);
    match found.tag {
        ROW | ROWS => return None,
        TEXT | WORD..=LAST_WORD | SHORT.. => drop(core::str::from_utf8(found.bytes).ok()?),
        DIGITS if json::number_end(found.bytes, 0).ok()? != found.bytes.len() => return None,
        IDS if !found.bytes.len().is_multiple_of(8) => return None,
        LIST => all(doc, &found, |at| nested(doc, at, inside?))?,
        OBJECT => all(doc, &found, |at| {
            let (_, value) = named(doc, at)?;
            nested(doc, value, inside?)
        })?,
        KEYED => all(doc, &found, |at| {
            let key = value(doc, at)?;
            let is_text = matches!(key.tag, TEXT | SHORT..);
            let is_key = is_text && core::str::from_utf8(key.bytes).is_ok();
            (is_key || key.unsigned().is_some()).then_some(())?;
            nested(doc, key.end, inside?)
        })?,
        _ => {}
    }
    Some(found.end)
}

/// Checks what is in a value, one after the other, by what returns where each ends.
fn all(doc: &[u8], found: &Value<'_>, one: impl Fn(usize) -> Option<usize>) -> Option<()> {
    let mut at = found.end.checked_sub(found.bytes.len())?;
    debug_assert!(found.tag > HASH && found.end <= doc.len());
    while at < found.end {
        at = one(at)?;
    }
    (at == found.end).then_some(())
}

/// Reads a member whose name is one.
pub(crate) fn named(doc: &[u8], at: usize) -> Option<(Name, usize)> {
    member(doc, at).filter(|(name, _)| usize::from(name.0) < Name::COUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_well_formed_is_told_from_what_is_not() {
        for (doc, end) in [
            (&b"\x05"[..], Some(1)),
            (b"\x82", Some(1)),
            (b"\x84\x01", Some(2)),
            (b"\x84", None),
            (b"\xA2ab", Some(3)),
            (b"\xA2a\xFF", None),
            (b"\x90\x01a", Some(3)),
            (b"\x90\x02a", None),
            (b"\x91\x02\x01\xA0", Some(4)),
            (b"\x91\x01\x84\x01", None),
            (b"\x92\x02\x00\x05", Some(4)),
            (b"\x92\x03\x00\x05\x01", None),
            (b"\x92\x04\xFF\xFF\x01\x05", None),
            (b"\x93\x00", Some(2)),
            (b"\x93\x04\0\0\0\0", None),
            (b"\x94\0\0\0\0", None),
            (b"\x91\x05\x94\0\0\0\0", None),
            (b"\x95\x00", None),
            (b"\x96\x02\x07\x05", Some(4)),
            (b"\x96\x03\xA1a\x05", Some(5)),
            (b"\x96\x02\x80\x05", None),
            (b"\x96\x02\x97\x05", None),
            (b"\x97", Some(1)),
            (b"\x9B\x031.5", Some(5)),
            (b"\x9B\x05-1e+9x", Some(7)),
            (b"\x9B\x041.5", None),
            (b"\x9B\x031.x", None),
            (b"\x9B\x00", None),
            (b"\x9B", None),
            (b"\x9C", None),
            (b"", None),
        ] {
            assert_eq!(well_formed(doc, 0), end, "{doc:02x?}");
        }
    }

    #[test]
    fn what_nests_too_deep_is_not_well_formed() {
        let nest = |levels: usize| {
            let mut doc = vec![0x91, 0x00];
            for _ in 1..levels {
                let len = doc.len();
                let (low, high) =
                    (u8::try_from(len & 0x7F).unwrap(), u8::try_from(len >> 7).unwrap());
                let len: &[u8] = if high == 0 { &[low] } else { &[low | 0x80, high] };
                doc.splice(0..0, [0x91].into_iter().chain(len.iter().copied()));
            }
            well_formed(&doc, 0)
        };
        assert!(nest(64).is_some());
        assert!(nest(65).is_some());
        assert_eq!(nest(70), None);
    }
}
