//! Gathers the fields of a row from a payload and merges them with those it had.

use core::ops::Range;

use super::kept::{MEANT, Names};
use crate::decode::packed::{self, Name, Unpacked, Writer};
use crate::decode::{Cursor, Members};

/// How many fields a row may have.
const MOST: usize = 64;

/// A field, packed: its name and where that and its value were written; nowhere if it is null.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: Name,
    start: u32,
    end: u32,
}

impl Field {
    fn range(&self) -> Range<usize> {
        to_usize(self.start)..to_usize(self.end)
    }
}

/// The fields of one row sorted by name, the last that came of each.
#[derive(Debug, Default)]
pub(super) struct Gathered(heapless::Vec<Field, MOST>);

impl Gathered {
    pub(super) const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// Packs the value a cursor stands before.
    #[inline]
    pub(super) fn keep(
        &mut self,
        out: &mut Writer<'_>,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        self.put(out, name, |out| out.value(cursor, name, None))
    }

    /// Adds a field whose value `write` writes.
    #[inline]
    pub(super) fn put(
        &mut self,
        out: &mut Writer<'_>,
        name: Name,
        write: impl FnOnce(&mut Writer<'_>) -> Result<(), Unpacked>,
    ) -> Result<(), Unpacked> {
        let start = out.len();
        out.name(name)?;
        let value = out.len();
        write(out)?;
        if out.byte(value) == packed::NULL {
            out.cut(start);
        }
        self.add(name, start..out.len())
    }

    /// Packs the members of an object that are `kept`, up to one of which more is made, or that does not stand as usual.
    ///
    /// Returns the name of one whose key it passed, and not its value.
    #[inline(never)]
    pub(super) fn keep_known(
        &mut self,
        out: &mut Writer<'_>,
        cursor: &mut Cursor<'_>,
        members: &mut Members,
        kept: &Names,
    ) -> Option<Option<Name>> {
        // Of what is kept as it comes nothing more is made.
        self.keep_usual(out, cursor, members, |name| {
            let is_kept = kept.has(name);
            (is_kept || !MEANT.has(name)).then_some(is_kept)
        })
    }

    /// Packs members of an object as long as they stand as usual and it is known whether they are wanted.
    ///
    /// Returns the name of one whose key it passed, and not its value.
    #[inline(always)]
    fn keep_usual(
        &mut self,
        out: &mut Writer<'_>,
        cursor: &mut Cursor<'_>,
        members: &mut Members,
        wanted: impl Fn(Name) -> Option<bool>,
    ) -> Option<Option<Name>> {
        out.usual_members(cursor, members, wanted, |name, range| self.add(name, range).is_ok())
    }

    #[inline]
    fn add(&mut self, name: Name, range: Range<usize>) -> Result<(), Unpacked> {
        let place = |at| u32::try_from(at).map_err(|_| Unpacked::Full);
        let field = Field { name, start: place(range.start)?, end: place(range.end)? };
        // Names come in much the same order as they are kept.
        if self.0.last().is_none_or(|last| last.name < name) {
            return self.0.push(field).map_err(|_| Unpacked::Full);
        }
        self.insert(field)
    }

    #[inline(never)]
    fn insert(&mut self, field: Field) -> Result<(), Unpacked> {
        let name = field.name;
        if self.0.first().is_none_or(|first| name < first.name) {
            // In ETF they come against the order in which they are kept.
            return self.0.insert(0, field).map_err(|_| Unpacked::Full);
        }
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

    /// Returns the value of a field that came, packed.
    pub(super) fn bytes<'o>(&self, out: &'o Writer<'_>, name: Name) -> Option<&'o [u8]> {
        let field = self.0.iter().find(|field| field.name == name)?;
        let member = out.slice(field.range());
        Some(
            packed::member(member, 0)
                .map_or(&[packed::NULL], |(_, value)| member.get(value..).unwrap_or_default()),
        )
    }

    /// Reads the value of a field that came.
    pub(super) fn value<'o>(&self, out: &'o Writer<'_>, name: Name) -> Option<packed::Value<'o>> {
        packed::value(self.bytes(out, name)?, 0)
    }

    /// Tells whether a field came.
    pub(super) fn came(&self, name: Name) -> bool {
        self.0.iter().any(|field| field.name == name)
    }

    /// Returns the row a field refers to.
    pub(super) fn row(&self, out: &Writer<'_>, name: Name) -> Option<u32> {
        self.value(out, name)?.row()
    }

    /// Returns where the fields stand sorted by name, with those of `old` that did not come; what is null is left
    /// out.
    ///
    /// They are written again unless they stand so already.
    pub(super) fn merge(&self, out: &mut Writer<'_>, old: &[u8]) -> Result<Range<usize>, Unpacked> {
        if let Some(piece) = self.in_one_piece()
            && (old.is_empty() || out.slice(piece.clone()) == old)
        {
            return Ok(piece);
        }
        // What stands together is written in one go.
        let (start, mut at, mut piece) = (out.len(), 0, 0..0);
        for field in &self.0 {
            let (end, next) = if at == old.len() { (at, at) } else { before(old, at, field.name) };
            let range = field.range();
            if range.is_empty() && end == at {
                // There is nothing to take away.
            } else if end > at || range.start != piece.end {
                out.repeat(piece)?;
                out.extend(old.get(at..end).unwrap_or_default())?;
                piece = range;
            } else {
                piece.end = range.end;
            }
            at = next;
        }
        out.repeat(piece)?;
        out.extend(old.get(at..).unwrap_or_default())?;
        Ok(start..out.len())
    }

    /// Returns where all fields stand one behind the other, if they do.
    fn in_one_piece(&self) -> Option<Range<usize>> {
        let mut ranges = self.0.iter().map(Field::range).filter(|range| !range.is_empty());
        let mut piece = ranges.next()?;
        for range in ranges {
            if range.start != piece.end {
                return None;
            }
            piece.end = range.end;
        }
        Some(piece)
    }
}

/// Passes members of lower names from a place on: returns where they end, and where one of the same name does.
fn before(old: &[u8], mut at: usize, name: Name) -> (usize, usize) {
    while let Some((other, value)) = packed::member(old, at) {
        let end = packed::pass(old, value).map_or(old.len(), |(_, _, end)| end);
        if other >= name {
            return (at, if other == name { end } else { at });
        }
        at = end;
    }
    (old.len(), old.len())
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
    use crate::term::build::{Term, a, document, map, text};

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

    /// Gathers some fields of an object, as they stand or one by one, and merges them with what was there.
    fn gather_some(usual: bool, json: &str, old: &[u8], room: usize) -> Option<Vec<u8>> {
        gather_from(usual, Cursor::new(Encoding::Json, json.as_bytes()).unwrap(), old, room)
    }

    fn gather_from(
        usual: bool,
        mut cursor: Cursor<'_>,
        old: &[u8],
        room: usize,
    ) -> Option<Vec<u8>> {
        let wanted = |name: Name| (name != Name::of("id")).then_some(name != Name::of("topic"));
        let mut scratch = std::vec![0; room];
        let mut out = Writer::new(&mut scratch);
        let (mut members, mut fields) = (cursor.object().unwrap(), Gathered::new());
        loop {
            let mut name = None;
            if usual {
                name = fields.keep_usual(&mut out, &mut cursor, &mut members, wanted);
            }
            if name.is_none() {
                let key = cursor.key(&mut members).unwrap();
                name = key.map(|key| Name::of_key(&key));
            }
            let Some(name) = name else { break };
            match name {
                Some(name) if wanted(name) == Some(true) => {
                    fields.keep(&mut out, &mut cursor, name).ok()?;
                }
                _ => cursor.skip().unwrap(),
            }
        }
        cursor.end().unwrap();
        let range = fields.merge(&mut out, old).ok()?;
        Some(out.slice(range).to_vec())
    }

    #[test]
    fn fields_are_gathered_the_same_one_by_one() {
        let old = gather(r#"{"width": 5, "username": "old", "nick": "n", "flags": 1}"#, b"");
        for json in [
            r#"{"width":1,"username":"u","width":null,"nick":null,"width":2}"#,
            r#"{"width":null,"nick":null,"username":null,"flags":null}"#,
            r#"{"username":"old","width":5,"nick":"n","flags":1}"#,
            r#"{"width":5,"username":"old","nick":"n","flags":1,"id":"7","topic":"t","none":[1,{}]}"#,
            r#"{"id":"7","topic":null,"unknown":null,"width":5,"username":"old","flags":1}"#,
            r#"{"username":"a\u0062","width":-5, "nick":0.5,"flags":[1,2],"member_count":null}"#,
            r#"{"n\u0069ck":"x","width":7,"nick":"a text of more than thirty-two characters, all told"}"#,
            "{}",
        ] {
            for (room, old) in (0..200).flat_map(|room| [(room, &b""[..]), (room, &old)]) {
                let usual = gather_some(true, json, old, room);
                let one_by_one = gather_some(false, json, old, room);
                // What is null takes no room where it is not written first.
                assert!(usual == one_by_one || one_by_one.is_none(), "{json} {room}");
                assert!(one_by_one.is_some() || room < 150, "{json} {room}");
            }
        }
    }

    #[test]
    fn terms_are_gathered_the_same_one_by_one() {
        let id = || text("1212269235441107118");
        let values = [
            id(),
            Term::Big(1_212_269_235_441_107_118),
            Term::Huge(vec![1, 2, 3]),
            Term::Int(7),
            Term::Int(-300),
            Term::Float(0.5),
            Term::OldFloat,
            text("online"),
            text("a_ae301e430dd9512ccbf524416d77d9fd"),
            text("2024-01-25T08:51:57.671000+00:00"),
            text("a text of more than thirty-two characters: é"),
            a("true"),
            a("nil"),
            a("word"),
            Term::Nil,
            Term::Bytes(vec![1, 2]),
            Term::List(vec![id(), Term::Big(5)]),
            Term::List(vec![id(), a("nil"), text("x"), Term::List(vec![id()])]),
            Term::List(vec![map([("id", id()), ("none", Term::Nil), ("name", a("false"))])]),
            Term::Tuple(crate::term::SMALL_TUPLE, vec![id()]),
            map([("id", id()), ("roles", map([("5", map([("id", id())]))]))]),
            Term::Map(vec![(Term::Int(5), id()), (text("name"), text("x"))]),
        ];
        let names = ["width", "avatar", "joined_at", "owner_id", "party", "roles", "status", "x"];
        for (value, name) in values.iter().flat_map(|value| names.map(|name| (value, name))) {
            let members = [("banner", text("b")), (name, value.clone()), ("username", text("u"))];
            let document = document(&map(members));
            let cursor = Cursor::etf(&document).unwrap();
            for room in [0, 20, 40, 4_096] {
                let one_by_one = gather_from(false, cursor, b"", room);
                let usual = gather_from(true, cursor, b"", room);
                assert_eq!(usual, one_by_one, "{name} {value:?} {room}");
            }
        }
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
