//! Symbols one by one, where input or output may end at any place.

use super::cursor::Cursor;
use super::damage::Damage;
use super::entry::Entry;
use super::tables::{Behind, First};

/// Why symbols came no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// As much output as was asked for.
    Enough,
    /// The end of the block.
    End,
    /// The end of the input, within a symbol.
    InputEnd,
    /// The end of the output, before a symbol.
    OutputEnd,
    /// The end of the output, within a match.
    OutputEndIn { length: u16, distance: u16 },
}

/// Decodes symbols until so much output is written.
pub(super) fn run(
    cursor: &mut Cursor<'_, '_>,
    first: &First,
    behind: &Behind,
    enough: usize,
) -> Result<Met, Damage> {
    while cursor.at < enough {
        cursor.refill();
        let bits = cursor.bits;
        let entry = find(&first.literals, 9, behind, bits.buffer);
        let used = entry.bits();
        if used > bits.count {
            return Ok(Met::InputEnd);
        }
        if entry.is_literal() {
            if !cursor.write(entry.byte()) {
                return Ok(Met::OutputEnd);
            }
            cursor.bits.skip(used);
            continue;
        }
        if entry.is_odd() {
            cursor.bits.skip(used);
            return if entry.is_end() { Ok(Met::End) } else { Err(Damage::Symbol) };
        }
        let buffer = bits.buffer >> used;
        let distance = find(&first.distances, 7, behind, buffer);
        let used = used + distance.bits();
        if used > bits.count {
            return Ok(Met::InputEnd);
        }
        if distance.is_odd() {
            return Err(Damage::Symbol);
        }
        cursor.bits.skip(used);
        let length = u16::try_from(entry.value(bits.buffer)).unwrap_or_default();
        let distance = u16::try_from(distance.value(buffer)).unwrap_or(u16::MAX);
        let length = cursor.copy_match(length, distance)?;
        if length > 0 {
            return Ok(Met::OutputEndIn { length, distance });
        }
    }
    Ok(Met::Enough)
}

/// Finds the entry of the code at hand, in a table by `root` bits.
fn find(first: &[Entry], root: u32, behind: &Behind, buffer: u64) -> Entry {
    let place = super::bits::low(buffer, root) as usize;
    let entry = first.get(place).copied().unwrap_or(Entry::NOTHING);
    if entry.is_table() { further(behind, entry, buffer, root) } else { entry }
}

/// Finds the entry of a longer code.
pub(super) fn further(behind: &Behind, entry: Entry, buffer: u64, root: u32) -> Entry {
    behind.get(entry.place(buffer, root)).copied().unwrap_or(Entry::NOTHING)
}
