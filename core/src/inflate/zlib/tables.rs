//! Tables made of the codes of a block.
//!
//! A code that is no longer than the bits of the first table is written once, at the place of its own bits; then
//! each half of the table fills the gaps of the next one. Longer codes share tables behind it.

#![cfg_attr(
    not(test),
    expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "lengths are below 16 and codes below 2^15, by their masks and counts"
    )
)]

use super::damage::Damage;
use super::entry::Entry;
use super::symbols::reversed;

/// The longest code.
///
/// Source: RFC 1951 section 3.2.7.
pub(super) const LONGEST: usize = 15;

/// A symbol that has a code: its number, and in the lowest four bits the length of its code.
pub(super) type Item = u16;

/// How many codes there are of each length, or the first of each.
pub(super) type ByLength = [u16; LONGEST + 1];

/// The first tables of a block; the last entry of each is written in vain.
#[derive(Clone, Debug)]
pub(super) struct First {
    /// By the next 9 bits.
    pub(super) literals: [Entry; 513],
    /// By the next 7 bits.
    pub(super) distances: [Entry; 129],
}

impl First {
    pub(super) const fn new() -> Self {
        Self { literals: [Entry::EMPTY; 513], distances: [Entry::EMPTY; 129] }
    }
}

/// Where the longer codes of distances begin: those of 286 symbols take no more entries behind 9 bits.
pub(super) const DISTANCES_BEHIND: usize = 340;
/// The longer codes of 30 symbols take no more than 272 entries behind 7 bits.
pub(super) const BEHIND: usize = DISTANCES_BEHIND + 272;
/// The tables of longer codes.
pub(super) type Behind = [Entry; BEHIND];

/// A table by `ROOT` bits that is to be made.
#[derive(Debug)]
pub(super) struct Table<'t, const ROOT: u32, const FIRST: usize> {
    pub(super) first: &'t mut [Entry; FIRST],
    /// Where longer codes go, and where there.
    pub(super) behind: &'t mut [Entry],
    pub(super) start: usize,
    /// What the symbols stand for, and the number of the first.
    pub(super) symbols: &'static [Entry],
    pub(super) base: u16,
}

impl<const ROOT: u32, const FIRST: usize> Table<'_, ROOT, FIRST> {
    /// Makes the table of codes, of whose lengths there are `counts`.
    ///
    /// Gaps may be left by no code at all, and by a single one of one bit; all else is refused.
    pub(super) fn make(&mut self, items: &[Item], counts: &ByLength) -> Result<(), Damage> {
        let (codes, complete) = first_codes(counts)?;
        *self.first = [Entry::EMPTY; FIRST];
        if !complete {
            self.first[0] = Entry::NOTHING.with_code(1);
            self.first[1] = Entry::NOTHING.with_code(1);
        }
        self.write(items, codes);
        if complete && codes[ROOT as usize + 1] < END {
            self.write_longer(items, *counts, codes)?;
        }
        fill_gaps::<ROOT>(self.first);
        Ok(())
    }

    /// Writes an entry for each code; that of a longer one goes where the entry of its table will be.
    #[inline(always)]
    fn write(&mut self, items: &[Item], mut codes: ByLength) {
        for item in items {
            let length = usize::from(item & 15);
            let code = codes[length];
            codes[length] = code.wrapping_add(END >> length);
            let place = first_bits::<ROOT>(code).min(FIRST - 1);
            self.first[place] = self.symbol(*item).with_code(length as u32);
        }
    }

    #[inline(always)]
    fn symbol(&self, item: Item) -> Entry {
        symbol(self.symbols, self.base, item)
    }

    /// Writes tables for the codes that are longer than `ROOT`.
    #[inline(always)]
    fn write_longer(
        &mut self,
        items: &[Item],
        left: ByLength,
        codes: ByLength,
    ) -> Result<(), Damage> {
        let Self { first, behind, start, symbols, base } = self;
        let (start, symbols, base) = (*start, *symbols, *base);
        Longer { first: *first, behind, start, symbols, base, root: ROOT }.write(items, left, codes)
    }
}

/// A table whose longer codes are to be written.
struct Longer<'t> {
    first: &'t mut [Entry],
    behind: &'t mut [Entry],
    start: usize,
    symbols: &'static [Entry],
    base: u16,
    root: u32,
}

impl Longer<'_> {
    /// Writes tables for the codes that are longer than the root, in their order.
    #[cold]
    fn write(&mut self, items: &[Item], mut left: ByLength, codes: ByLength) -> Result<(), Damage> {
        let root = self.root;
        let mut code = u32::from(codes[(root as usize + 1) & 15]);
        let (mut prefix, mut table) = (u32::MAX, self.start..self.start);
        for length in root + 1..=LONGEST as u32 {
            for item in items.iter().filter(|item| u32::from(**item & 15) == length) {
                if code >> (15 - root) != prefix {
                    prefix = code >> (15 - root);
                    let bits = table_bits(length, root, &left);
                    table = table.end..table.end + (1 << bits);
                    if let Some(first) = self.first.get_mut(reversed(prefix, root) as usize) {
                        *first = Entry::table(table.start as u32, bits);
                    }
                }
                left[length as usize] -= 1;
                let entry = symbol(self.symbols, self.base, *item).with_code(length);
                let slots = self.behind.get_mut(table.clone()).ok_or(Damage::Lengths)?;
                let from = (reversed(code, 15) >> root) as usize;
                for slot in slots.iter_mut().skip(from).step_by(1 << (length - root)) {
                    *slot = entry;
                }
                code += u32::from(END) >> length;
            }
        }
        Ok(())
    }
}

#[inline(always)]
fn symbol(symbols: &[Entry], base: u16, item: Item) -> Entry {
    let at = usize::from((item >> 4).wrapping_sub(base));
    symbols.get(at).copied().unwrap_or(Entry::NOTHING)
}

/// Behind the last code: codes are counted in as many bits as the longest one has.
const END: u16 = 1 << LONGEST;

/// Returns the first code of each length, and whether there are no gaps.
fn first_codes(counts: &ByLength) -> Result<(ByLength, bool), Damage> {
    const WHOLE: u32 = END as u32;
    const HALF: u32 = WHOLE / 2;
    let (mut codes, mut next) = ([0; LONGEST + 1], 0);
    for length in 1..=LONGEST {
        codes[length] = next as u16;
        next += u32::from(counts[length]) << (LONGEST - length);
    }
    match next {
        WHOLE => Ok((codes, true)),
        HALF if counts[1] == 1 => Ok((codes, false)),
        0 => Ok((codes, false)),
        _ => Err(Damage::Lengths),
    }
}

/// Returns the bits of a table that begins with a code of this length, by how many codes are left of each.
fn table_bits(length: u32, root: u32, left: &ByLength) -> u32 {
    let mut bits = length - root;
    let mut room = 1_u32 << bits;
    for left in left.iter().skip(length as usize) {
        let Some(rest) = room.checked_sub(u32::from(*left)).filter(|rest| *rest > 0) else {
            break;
        };
        room = rest * 2;
        bits += 1;
    }
    bits.min(LONGEST as u32 - root)
}

/// Returns the first bits of a code, up to 9, in the order they are read.
#[inline(always)]
fn first_bits<const ROOT: u32>(code: u16) -> usize {
    let first = usize::from(code >> (15 - 9)) & !((1 << (9 - ROOT)) - 1);
    reversed9(first)
}

/// Returns 7 bits in reverse order.
#[inline(always)]
pub(super) fn reversed7(code: usize) -> usize {
    reversed9(code << 2 & 511) & 127
}

/// Returns 9 bits in reverse order: by an instruction where there is one and flash is scarce.
#[inline(always)]
fn reversed9(code: usize) -> usize {
    if cfg!(target_arch = "arm") {
        reversed(code as u32, 9) as usize
    } else {
        usize::from(REVERSED.get(code).copied().unwrap_or_default())
    }
}

/// Numbers of 9 bits in reverse order.
static REVERSED: [u16; 512] = {
    let mut all = [0; 512];
    let mut at = 0;
    while at < all.len() {
        all[at] = reversed(at as u32, 9) as u16;
        at += 1;
    }
    all
};

/// Fills the gaps of each half with what stands at the same places of the half before.
#[inline(always)]
pub(super) fn fill_gaps<const ROOT: u32>(table: &mut [Entry]) {
    if !super::FAST {
        return fill_halves(table, ROOT);
    }
    fill_half::<1>(table);
    fill_half::<2>(table);
    fill_half::<4>(table);
    fill_half::<8>(table);
    fill_half::<16>(table);
    fill_half::<32>(table);
    fill_half::<64>(table);
    if ROOT > 7 {
        fill_half::<128>(table);
        fill_half::<256>(table);
    }
}

/// The same in one loop, as the halves grow.
fn fill_halves(table: &mut [Entry], root: u32) {
    for half in (0..root).map(|bits| 1 << bits) {
        if let Some((before, behind)) = table.split_at_mut_checked(half) {
            for (gap, entry) in behind.iter_mut().zip(before) {
                *gap = gap.or(*entry);
            }
        }
    }
}

#[inline(always)]
fn fill_half<const HALF: usize>(table: &mut [Entry]) {
    if let Some((before, behind)) = table.split_first_chunk_mut::<HALF>()
        && let Some(gaps) = behind.first_chunk_mut::<HALF>()
    {
        for (gap, entry) in gaps.iter_mut().zip(before) {
            *gap = gap.or(*entry);
        }
    }
}
