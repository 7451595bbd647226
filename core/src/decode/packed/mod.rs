//! The packed form: values as the cache keeps them, small and quick to find.
//!
//! A value begins with a byte that tells what it is. Names are numbers, ids and times are integers, hashes of
//! images are bytes, and text has no escapes. Everything tells its length, so what is not wanted is passed in a
//! step. Integers are little-endian, lengths and numbers of names have seven bits a byte, the lowest first.
//!
//! | first byte | what follows |
//! |---|---|
//! | `00` to `7F` | nothing: it is the integer |
//! | `80`, `81`, `82` | nothing: false, true, null |
//! | `83` | eight bytes of an integer below zero |
//! | `84` to `8B` | one to eight bytes of an integer |
//! | `8C` | eight bytes of a float |
//! | `8D`, `8E` | sixteen bytes of a hash; after `8E` of one that stands for an animation |
//! | `8F` | eight bytes of a time, in microseconds since 1970 |
//! | `90` | length, text |
//! | `91` | length, values: a list |
//! | `92` | length, numbers of names and values: an object |
//! | `93` | length, eight bytes for each id: a list |
//! | `94` | four bytes: a row of the cache |
//! | `95` | length, four bytes for each: rows of the cache |
//! | `96` | length, keys and values: an object whose keys are no names; each key is an integer or text |
//! | `97` to `9A` | nothing: the text `online`, `idle`, `dnd` or `offline` |
//! | `9B` | length, text: a number that is none of the others, in JSON's grammar |
//! | `A0` to `FF` | 0 to 95 bytes of text |

mod check;
mod made;
mod names;
mod notes;
mod terms;
mod usual;
mod write;

pub(crate) use self::check::{named, well_formed};
pub(crate) use self::made::Made;
pub(crate) use self::names::Name;
pub(crate) use self::notes::NOTE;
pub(crate) use self::write::{Broken, Unpacked, Writer};

use crate::decode::number::parse_u64;

pub(super) const FALSE: u8 = 0x80;
pub(super) const TRUE: u8 = 0x81;
pub(crate) const NULL: u8 = 0x82;
pub(super) const NEGATIVE: u8 = 0x83;
pub(super) const INTEGER: u8 = 0x84;
pub(crate) const INTEGER_8: u8 = 0x8B;
pub(super) const FLOAT: u8 = 0x8C;
pub(super) const HASH: u8 = 0x8D;
pub(super) const ANIMATED: u8 = 0x8E;
pub(super) const TIME: u8 = 0x8F;
pub(super) const TEXT: u8 = 0x90;
pub(crate) const LIST: u8 = 0x91;
pub(crate) const OBJECT: u8 = 0x92;
pub(super) const IDS: u8 = 0x93;
pub(crate) const ROW: u8 = 0x94;
pub(crate) const ROWS: u8 = 0x95;
pub(super) const KEYED: u8 = 0x96;
pub(super) const WORD: u8 = 0x97;
pub(super) const LAST_WORD: u8 = 0x9A;
pub(super) const DIGITS: u8 = 0x9B;
pub(super) const SHORT: u8 = 0xA0;

/// Returns the text of a first byte that stands for one.
const fn text_of(word: u8) -> &'static [u8] {
    match word {
        WORD => b"online",
        0x98 => b"idle",
        0x99 => b"dnd",
        _ => b"offline",
    }
}

/// Returns the first byte that stands for a text.
#[cfg_attr(not(target_os = "none"), inline)]
pub(super) fn word_of(text: &[u8]) -> Option<u8> {
    match text {
        b"online" => Some(WORD),
        b"idle" => Some(0x98),
        b"dnd" => Some(0x99),
        b"offline" => Some(LAST_WORD),
        _ => None,
    }
}

/// The longest text whose length stands in its first byte.
pub(super) const LONGEST_SHORT: usize = 0x5F;

/// A value: its first byte and where the rest of it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'e> {
    pub(crate) tag: u8,
    pub(crate) bytes: &'e [u8],
    /// Where it ends.
    pub(crate) end: usize,
}

/// Reads the value at a place; nothing if there is none.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn value(doc: &[u8], at: usize) -> Option<Value<'_>> {
    let tag = *doc.get(at)?;
    // A small integer is its own only byte.
    let behind = at + usize::from(tag >= FALSE);
    let (len, start) = match LENGTHS.get(usize::from(tag))? {
        &TOLD => number(doc, behind)?,
        &ALONE => return Some(Value { tag, bytes: text_of(tag), end: behind }),
        &NONE => return None,
        len => (usize::from(*len), behind),
    };
    Some(Value { tag, bytes: doc.get(start..start + len)?, end: start + len })
}

/// Passes the value at a place: returns its first byte, and where the rest of it begins and ends; nothing if there is none.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn pass(doc: &[u8], at: usize) -> Option<(u8, usize, usize)> {
    let tag = *doc.get(at)?;
    let behind = at + usize::from(tag >= FALSE);
    let (start, end) = match *LENGTHS.get(usize::from(tag))? {
        len @ 0..ALONE => (behind, behind + usize::from(len)),
        ALONE => (behind, behind),
        TOLD => number(doc, behind).map(|(len, start)| (start, start + len))?,
        NONE => return None,
    };
    (end <= doc.len()).then_some((tag, start, end))
}

/// Tells whether an object may stand in packed bytes that has a member of a name; often it is certain that none does.
pub(crate) fn may_have(bytes: &[u8], name: Name) -> bool {
    let short = u8::try_from(name.0).ok().filter(|short| *short < FALSE);
    short.is_none_or(|short| memchr::memchr(short, bytes).is_some())
}

/// It is a text for which its first byte stands.
const ALONE: u8 = 0xFD;
/// The length is told by what follows.
const TOLD: u8 = 0xFE;
/// No value begins so.
const NONE: u8 = 0xFF;

/// How many bytes belong to a value, by its first byte.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static LENGTHS: [u8; 256] = {
    let mut lengths = [NONE; 256];
    let mut tag = 0;
    while tag <= u8::MAX as usize {
        #[expect(clippy::cast_possible_truncation, reason = "it counts to 255")]
        let first = tag as u8;
        lengths[tag] = match first {
            0..FALSE => 1,
            FALSE..=NULL => 0,
            NEGATIVE | FLOAT | TIME => 8,
            INTEGER..=INTEGER_8 => first - NEGATIVE,
            HASH | ANIMATED => 16,
            ROW => 4,
            TEXT | LIST | OBJECT | IDS | ROWS | KEYED | DIGITS => TOLD,
            WORD..=LAST_WORD => ALONE,
            SHORT.. => first - SHORT,
            _ => NONE,
        };
        tag += 1;
    }
    lengths
};

/// Reads a length or the number of a name, and where it ends.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn number(doc: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(*doc.get(at)?);
    if first < 0x80 {
        return Some((first, at + 1));
    }
    let second = usize::from(*doc.get(at + 1)?);
    if second < 0x80 {
        return Some((first & 0x7F | second << 7, at + 2));
    }
    let third = usize::from(*doc.get(at + 2)?);
    Some((first & 0x7F | (second & 0x7F) << 7 | third << 14, at + 3))
}

/// Reads a member of an object without its header: its name, and where its value begins.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn member(doc: &[u8], at: usize) -> Option<(Name, usize)> {
    let (name, at) = number(doc, at)?;
    Some((Name(u16::try_from(name).ok()?), at))
}

/// Finds the value of a name among members sorted by it.
pub(crate) fn find(members: &[u8], name: Name) -> Option<Value<'_>> {
    let [_, start, _] = find_member(members, name)?;
    value(members, start)
}

/// Finds a member of a name among members sorted by it: where its name begins, its value, and where that ends.
pub(crate) fn find_member(members: &[u8], name: Name) -> Option<[usize; 3]> {
    let mut at = 0;
    loop {
        let (found, start) = member(members, at)?;
        let (_, _, end) = pass(members, start)?;
        if found >= name {
            return (found == name).then_some([at, start, end]);
        }
        at = end;
    }
}

/// Returns what stands before the eight bytes of an id to make it a member.
pub(crate) const fn id_member<const LEN: usize>(name: Name) -> [u8; LEN] {
    let mut bytes = [INTEGER_8; LEN];
    put_name(&mut bytes, 0, name);
    bytes
}

/// Returns what stands before the eight bytes of an id to make it a member of an object that is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
pub(crate) const fn id_within<const LEN: usize>(object: Name, name: Name) -> [u8; LEN] {
    let mut bytes = [INTEGER_8; LEN];
    let at = put_name(&mut bytes, 0, object);
    bytes[at] = OBJECT;
    put_name(&mut bytes, at + 2, name);
    // The name, what says that it is an integer, and that.
    bytes[at + 1] = (LEN - at - 2 + 8) as u8;
    bytes
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
const fn put_name(bytes: &mut [u8], at: usize, name: Name) -> usize {
    if name.0 < 0x80 {
        bytes[at] = name.0 as u8;
        return at + 1;
    }
    bytes[at] = (name.0 & 0x7F) as u8 | 0x80;
    bytes[at + 1] = (name.0 >> 7) as u8;
    at + 2
}

impl<'e> Value<'e> {
    /// Returns the value of a name in an object, whose members stand in any order; of equal names the last.
    pub(crate) fn member(&self, name: Name) -> Option<Self> {
        let members = if self.tag == OBJECT { self.bytes } else { &[] };
        let (mut at, mut found) = (0, None);
        while let Some((other, start)) = member(members, at) {
            (_, _, at) = pass(members, start)?;
            if other == name {
                found = Some(start);
            }
        }
        value(members, found?)
    }

    /// Returns the id, if it is one, or a text of its digits.
    pub(crate) fn id(&self) -> Option<u64> {
        match self.tag {
            TEXT | SHORT.. => parse_u64(self.bytes),
            _ => self.unsigned(),
        }
    }

    /// Returns the integer, if it is one from 0 on.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(crate) fn unsigned(&self) -> Option<u64> {
        match self.tag {
            0..FALSE | INTEGER..=INTEGER_8 => Some(little(self.bytes)),
            _ => None,
        }
    }

    /// Returns the row of the cache, if it is one.
    pub(crate) fn row(&self) -> Option<u32> {
        let row = self.bytes.first_chunk().filter(|_| self.tag == ROW)?;
        Some(u32::from_le_bytes(*row))
    }

    /// Returns the integer, if it is one.
    pub(crate) fn signed(&self) -> Option<i64> {
        match self.tag {
            NEGATIVE => Some(little(self.bytes).cast_signed()),
            _ => i64::try_from(self.unsigned()?).ok(),
        }
    }

    pub(crate) fn float(&self) -> Option<f64> {
        (self.tag == FLOAT).then(|| f64::from_bits(little(self.bytes)))
    }

    /// Returns the text of a number that is kept as such.
    pub(crate) fn digits(&self) -> Option<&'e [u8]> {
        (self.tag == DIGITS).then_some(self.bytes)
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        match self.tag {
            FALSE => Some(false),
            TRUE => Some(true),
            _ => None,
        }
    }
}

/// Reads up to eight bytes as an integer.
#[cfg_attr(not(target_os = "none"), inline)]
pub(crate) fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
