//! Gathers the fields of a row from a payload and merges them with those it had.

use core::ops::Range;

use crate::decode::Cursor;
use crate::decode::packed::{self, Name, Unpacked, Writer};

/// How many fields a row may have.
const MOST: usize = 64;

/// A field, packed: its name and where its value was written.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: Name,
    start: u32,
    end: u32,
}

/// The fields of one row, in the order they came, the last one of a name.
#[derive(Debug, Default)]
pub(super) struct Gathered(heapless::Vec<Field, MOST>);

impl Gathered {
    pub(super) const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// Packs the value a cursor stands before.
    pub(super) fn keep(
        &mut self,
        out: &mut Writer<'_>,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        self.put(out, name, |out| out.value(cursor, name, None))
    }

    /// Adds a field whose value `write` writes.
    pub(super) fn put(
        &mut self,
        out: &mut Writer<'_>,
        name: Name,
        write: impl FnOnce(&mut Writer<'_>) -> Result<(), Unpacked>,
    ) -> Result<(), Unpacked> {
        let start = out.len();
        write(out)?;
        self.wrote(name, start..out.len())
    }

    /// Adds a field whose value was written.
    pub(super) fn wrote(&mut self, name: Name, range: Range<usize>) -> Result<(), Unpacked> {
        let place = |at| u32::try_from(at).map_err(|_| Unpacked::Full);
        let field = Field { name, start: place(range.start)?, end: place(range.end)? };
        // Names come in much the same order as they are kept.
        let at = self.0.iter().rposition(|other| other.name <= name);
        match at.and_then(|at| self.0.get_mut(at)) {
            Some(same) if same.name == name => *same = field,
            _ => {
                let at = at.map_or(0, |at| at + 1);
                self.0.insert(at, field).map_err(|_| Unpacked::Full)?;
            }
        }
        Ok(())
    }

    /// Returns where the value of a field was written.
    pub(super) fn range(&self, name: Name) -> Option<Range<usize>> {
        let field = self.0.iter().find(|field| field.name == name)?;
        Some(to_usize(field.start)..to_usize(field.end))
    }

    /// Returns the row a field refers to.
    pub(super) fn row(&self, out: &Writer<'_>, name: Name) -> Option<u32> {
        packed::value(out.slice(self.range(name)?), 0)?.row()
    }

    /// Writes the fields sorted by name, and those of `old` that did not come; what is null is left out.
    ///
    /// Returns where they were written.
    pub(super) fn merge(&self, out: &mut Writer<'_>, old: &[u8]) -> Result<Range<usize>, Unpacked> {
        let (start, mut at) = (out.len(), 0);
        for field in &self.0 {
            at = copy_before(out, old, at, field.name)?;
            let range = to_usize(field.start)..to_usize(field.end);
            if out.byte(range.start) != packed::NULL {
                out.name(field.name)?;
                out.repeat(range)?;
            }
        }
        out.extend(old.get(at..).unwrap_or_default())?;
        Ok(start..out.len())
    }
}

/// Copies members of lower names from a place on, passes one of the same, and returns the place behind.
fn copy_before(
    out: &mut Writer<'_>,
    old: &[u8],
    mut at: usize,
    name: Name,
) -> Result<usize, Unpacked> {
    let start = at;
    while let Some((other, value)) = packed::member(old, at) {
        let end = packed::value(old, value).map_or(old.len(), |value| value.end);
        if other >= name {
            out.extend(old.get(start..at).unwrap_or_default())?;
            return Ok(if other == name { end } else { at });
        }
        at = end;
    }
    out.extend(old.get(start..).unwrap_or_default())?;
    Ok(old.len())
}

fn to_usize(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::Encoding;
    use crate::decode::Raw;

    /// Gathers all known fields of an object and merges them with what was there.
    fn gather(json: &str, old: &[u8]) -> Vec<u8> {
        let mut scratch = [0; 4_096];
        let mut out = Writer::new(&mut scratch);
        let mut cursor = Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
        let (mut members, mut fields) = (cursor.object().unwrap(), Gathered::new());
        while let Some(key) = cursor.key(&mut members).unwrap() {
            let name = Name::of_key(&key).unwrap();
            fields.keep(&mut out, &mut cursor, name).unwrap();
        }
        let range = fields.merge(&mut out, old).unwrap();
        out.since(range.start).to_vec()
    }

    fn assert_holds(fields: &[u8], json: &str) {
        let ours: Raw<'_> = Cursor::packed_members(fields).decode().unwrap();
        let theirs: Raw<'_> =
            Cursor::new(Encoding::Json, json.as_bytes()).unwrap().decode().unwrap();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn fields_are_sorted_and_the_last_of_a_name_counts() {
        let sorted = gather(r#"{"username": "u", "avatar": "x", "bot": true, "flags": 1}"#, b"");
        for json in [
            r#"{"flags": 1, "bot": true, "avatar": "x", "username": "u"}"#,
            r#"{"bot": 1, "username": 3, "flags": 1, "bot": true, "avatar": "x", "username": "u"}"#,
        ] {
            assert_eq!(gather(json, b""), sorted);
        }
        assert_holds(&sorted, r#"{"username": "u", "avatar": "x", "bot": true, "flags": 1}"#);
        assert_eq!(gather("{}", b""), b"");
    }

    #[test]
    fn what_did_not_come_stays_and_null_takes_away() {
        let old = gather(r#"{"username": "u", "avatar": "x", "nick": "n", "width": 7}"#, b"");
        let merged = gather(r#"{"global_name": "g", "nick": null, "width": 8}"#, &old);
        assert_holds(
            &merged,
            r#"{"username": "u", "global_name": "g", "avatar": "x", "width": 8}"#,
        );
        assert_eq!(gather("{}", &old), old);
        assert_eq!(
            gather(r#"{"username": null, "avatar": null, "nick": null, "width": null}"#, &old),
            b""
        );
        assert_eq!(gather(r#"{"nick": null}"#, b""), b"");
    }

    #[test]
    fn more_fields_than_a_row_has_are_refused() {
        let mut scratch = [0; 4_096];
        let (mut out, mut fields) = (Writer::new(&mut scratch), Gathered::new());
        for name in (0..64).rev() {
            fields.put(&mut out, Name(name), |out| out.bool(true)).unwrap();
        }
        let more = fields.put(&mut out, Name(100), |out| out.bool(true));
        assert_eq!(more, Err(Unpacked::Full));
        let range = fields.merge(&mut out, b"").unwrap();
        assert_eq!(range.len(), 128, "{fields:?}");
    }
}
