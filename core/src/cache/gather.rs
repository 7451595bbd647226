//! Gathers the fields of a row from a payload and merges them with those it had.

use core::ops::Range;

use super::kept::{MEANT, Names};
use crate::decode::packed::{self, NOTE, Name, Unpacked, Writer};
use crate::decode::{Cursor, Members};

/// A field, packed, as a note: its name and where that and its value were written; nowhere if it is null.
///
/// Notes of names that come later are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field(u64);

/// How many bits of a field tell its name, where it begins and where it ends.
const BITS: [u32; 3] = [12, 26, 26];

const _: () = assert!(Name::COUNT <= 1 << BITS[0] && BITS[0] + BITS[1] + BITS[2] == u64::BITS);

impl Field {
    /// Makes one, unless it stands too far behind the beginning.
    #[cfg_attr(not(target_os = "none"), inline)]
    fn new(name: Name, range: &Range<usize>) -> Option<Self> {
        let [_, _, low] = BITS;
        let (start, end) = (range.start as u64, range.end as u64);
        let note = u64::from(name.0) << (u64::BITS - BITS[0]) | start << low | end;
        (range.end < 1 << low).then_some(Self(note))
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn name(self) -> Name {
        Name(u16::try_from(self.0 >> (u64::BITS - BITS[0])).unwrap_or(u16::MAX))
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn range(self) -> Range<usize> {
        let [_, _, low] = BITS;
        let place = |note: u64| usize::try_from(note & ((1 << low) - 1)).unwrap_or(usize::MAX);
        place(self.0 >> low)..place(self.0)
    }
}

/// The fields of one row sorted by name, the last that came of each; and rows that are held until it ends.
///
/// They stand as notes at the end of the scratch: first what is held, then the fields. Those of a row that is read
/// within another stand behind, and are forgotten before the other goes on.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Where the first note stands, and behind that.
    base: usize,
    /// Where the first field stands, and behind that.
    first: usize,
}

impl Gathered {
    /// Begins behind the notes there are.
    pub(super) const fn new(out: &Writer<'_>) -> Self {
        Self { base: out.noted(), first: out.noted() }
    }

    /// Holds a row.
    pub(super) fn hold(&mut self, out: &mut Writer<'_>, row: u32) -> Result<(), Unpacked> {
        out.note_behind(self.first, row.into())?;
        self.first -= NOTE;
        Ok(())
    }

    /// Returns where the rows are noted that are held, the last one first.
    pub(super) const fn held(&self) -> Range<usize> {
        self.first..self.base
    }

    /// Returns the rows that are held, the last one first.
    pub(super) fn rows(&self, out: &Writer<'_>) -> impl Iterator<Item = u32> {
        let places = self.held().step_by(NOTE);
        places.map(|place| u32::try_from(out.note_at(place)).unwrap_or(super::kind::NONE))
    }

    /// Forgets the notes.
    pub(super) const fn end(&self, out: &mut Writer<'_>) {
        out.forget_notes(self.base);
    }

    /// Returns the fields, by name.
    fn fields(&self, out: &Writer<'_>) -> impl Iterator<Item = Field> {
        out.notes(self.first).iter().rev().map(|note| Field(u64::from_le_bytes(*note)))
    }

    /// Packs the value a cursor stands before.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn keep(
        &self,
        out: &mut Writer<'_>,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        self.put(out, name, |out| out.value(cursor, name, None))
    }

    /// Adds a field whose value `write` writes.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn put(
        &self,
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
        let range = start..out.len();
        self.add(out, name, &range)
    }

    /// Packs the members of an object that are `kept`, up to one of which more is made, or that does not stand as usual.
    ///
    /// Returns the name of one whose key it passed, and not its value.
    #[inline(never)]
    pub(super) fn keep_known(
        &self,
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
        &self,
        out: &mut Writer<'_>,
        cursor: &mut Cursor<'_>,
        members: &mut Members,
        wanted: impl Fn(Name) -> Option<bool>,
    ) -> Option<Option<Name>> {
        out.usual_members(cursor, members, wanted, |out, name, range| {
            self.add(out, name, &range).is_ok()
        })
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn add(&self, out: &mut Writer<'_>, name: Name, range: &Range<usize>) -> Result<(), Unpacked> {
        let field = Field::new(name, range).ok_or(Unpacked::Full)?;
        let last = out.noted();
        // Names come in much the same order as they are kept.
        if last == self.first || Field(out.note_at(last)).name() < name {
            return out.note(field.0);
        }
        self.insert(out, field)
    }

    #[inline(never)]
    fn insert(&self, out: &mut Writer<'_>, field: Field) -> Result<(), Unpacked> {
        let (name, mut at) = (field.name(), self.first);
        // In ETF they come against the order in which they are kept.
        if Field(out.note_at(at - NOTE)).name() <= name {
            at = out.noted();
            while Field(out.note_at(at)).name() > name {
                at += NOTE;
            }
            if Field(out.note_at(at)).name() == name {
                out.set_note(at, field.0);
                return Ok(());
            }
        }
        out.note_behind(at, field.0)
    }

    /// Returns the value of a field that came, packed.
    pub(super) fn bytes<'o>(&self, out: &'o Writer<'_>, name: Name) -> Option<&'o [u8]> {
        let member = out.slice(self.place(out, name)?);
        Some(
            packed::member(member, 0)
                .map_or(&[packed::NULL], |(_, value)| member.get(value..).unwrap_or_default()),
        )
    }

    /// Reads the value of a field that came.
    pub(super) fn value<'o>(&self, out: &'o Writer<'_>, name: Name) -> Option<packed::Value<'o>> {
        packed::value(self.bytes(out, name)?, 0)
    }

    /// Returns where a field that came stands, with its name.
    fn place(&self, out: &Writer<'_>, name: Name) -> Option<Range<usize>> {
        self.fields(out).find(|field| field.name() == name).map(Field::range)
    }

    /// Tells whether a field came.
    pub(super) fn came(&self, out: &Writer<'_>, name: Name) -> bool {
        self.place(out, name).is_some()
    }

    /// Returns where the items of a field stand that came, one behind the other; nowhere if it is no list.
    pub(super) fn items(&self, out: &Writer<'_>, name: Name) -> Option<Range<usize>> {
        let place = self.place(out, name)?;
        let member = out.slice(place.clone());
        let value = packed::member(member, 0).and_then(|(_, value)| packed::pass(member, value));
        let list = value.filter(|(tag, ..)| *tag == packed::LIST);
        Some(list.map_or(0..0, |(_, start, end)| place.start + start..place.start + end))
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
        if let Some(piece) = self.in_one_piece(out)
            && (old.is_empty() || out.slice(piece.clone()) == old)
        {
            return Ok(piece);
        }
        // What stands together is written in one go.
        let (start, mut at, mut piece) = (out.len(), 0, 0..0);
        let mut place = self.first;
        while place > out.noted() {
            place -= NOTE;
            let field = Field(out.note_at(place));
            let (name, range) = (field.name(), field.range());
            let (end, next) = if at == old.len() { (at, at) } else { before(old, at, name) };
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
    fn in_one_piece(&self, out: &Writer<'_>) -> Option<Range<usize>> {
        let mut ranges = self.fields(out).map(Field::range).filter(|range| !range.is_empty());
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
        let (mut members, fields) = (cursor.object().unwrap(), Gathered::new(&out));
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
        let (mut members, fields) = (cursor.object().unwrap(), Gathered::new(&out));
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
    fn rows_that_are_held_stand_before_the_fields() {
        let mut scratch = [0; 256];
        let mut out = Writer::new(&mut scratch);
        let mut outer = Gathered::new(&out);
        let put = |fields: &mut Gathered, out: &mut Writer<'_>, name| {
            fields.put(out, Name(name), |out| out.unsigned(name.into()))
        };
        outer.hold(&mut out, 1).unwrap();
        put(&mut outer, &mut out, 5).unwrap();
        put(&mut outer, &mut out, 7).unwrap();
        outer.hold(&mut out, 2).unwrap();
        let (noted, written) = (out.noted(), out.len());
        let mut inner = Gathered::new(&out);
        put(&mut inner, &mut out, 5).unwrap();
        inner.hold(&mut out, 3).unwrap();
        assert_eq!(inner.rows(&out).collect::<Vec<_>>(), [3]);
        assert_eq!(inner.value(&out, Name(7)).map(|value| value.unsigned()), None);
        out.cut(written);
        inner.end(&mut out);
        assert_eq!(out.noted(), noted);
        put(&mut outer, &mut out, 6).unwrap();
        outer.hold(&mut out, 4).unwrap();
        put(&mut outer, &mut out, 3).unwrap();
        assert_eq!(outer.rows(&out).collect::<Vec<_>>(), [4, 2, 1]);
        let names = outer.fields(&out).map(|field| field.name().0).collect::<Vec<_>>();
        assert_eq!(names, [3, 5, 6, 7]);
        let start = out.len();
        out.rows(&outer.held()).unwrap();
        assert_eq!(out.since(start), b"\x95\x0C\x01\0\0\0\x02\0\0\0\x04\0\0\0");
        outer.end(&mut out);
        assert_eq!(out.noted(), 256);
    }

    #[test]
    fn what_has_no_room_beside_what_is_packed_is_refused() {
        let mut scratch = [0; 20];
        let mut out = Writer::new(&mut scratch);
        let mut fields = Gathered::new(&out);
        let one = |out: &mut Writer<'_>| out.bool(true);
        fields.put(&mut out, Name(9), one).unwrap();
        fields.put(&mut out, Name(5), one).unwrap();
        assert_eq!(fields.put(&mut out, Name(7), one), Err(Unpacked::Full));
        assert_eq!(fields.hold(&mut out, 1), Err(Unpacked::Full));
        assert_eq!((out.noted(), fields.held()), (4, 20..20));
        let names = fields.fields(&out).map(|field| field.name().0).collect::<Vec<_>>();
        assert_eq!(names, [5, 9]);
    }

    #[test]
    fn a_field_that_stands_too_far_behind_is_refused() {
        let (name, last) = (Name(4_095), (1 << 26) - 1);
        let field = Field::new(name, &(last - 1..last)).unwrap();
        assert_eq!((field.name(), field.range()), (name, last - 1..last));
        assert_eq!(Field::new(name, &(last..last + 1)), None);
    }
}
