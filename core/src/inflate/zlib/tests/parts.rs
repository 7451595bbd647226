//! The checksum and the tables by themselves.

use std::collections::BTreeMap;

use super::super::adler::Adler;
use super::super::entry::Entry;
use super::super::symbols::{DISTANCE, LITERAL, reversed};
use super::super::tables::{BEHIND, DISTANCES_BEHIND, First, Item, LONGEST, Table};
use super::*;

#[test]
fn the_checksum_is_that_of_the_definition() {
    let bytes: Vec<u8> = text(9, 20_000).into_iter().chain([0xFF; 12_000]).collect();
    for len in [0, 1, 15, 16, 17, 5_551, 5_552, 5_553, 32_000] {
        let (mut sum, mut sums) = (1_u32, 0_u32);
        for byte in &bytes[bytes.len() - len..] {
            sum = (sum + u32::from(*byte)) % 65_521;
            sums = (sums + sum) % 65_521;
        }
        for cut in [0, len / 3, len] {
            let (before, behind) = bytes[bytes.len() - len..].split_at(cut);
            let mut adler = Adler::new();
            adler.add(before);
            adler.add(behind);
            assert_eq!(adler.value(), sums << 16 | sum, "{len} {cut}");
        }
    }
}

/// Returns the lengths of a complete code of some symbols, by chance.
fn complete(chance: &mut Chance, symbols: usize) -> Vec<u16> {
    let mut lengths = std::vec![1, 1];
    while lengths.len() < symbols {
        let split = chance.below(lengths.len());
        // Deep ones are preferred now and then, so that codes get long.
        let split = if chance.below(3) == 0 { lengths.len() - 1 } else { split };
        if lengths[split] < 15 {
            lengths[split] += 1;
            lengths.push(lengths[split]);
        }
    }
    lengths
}

/// Looks each code up that the lengths make, in the tables that are made of them.
fn looks_up<const ROOT: u32, const FIRST: usize>(
    first: &mut [Entry; FIRST],
    behind: &mut [Entry; BEHIND],
    start: usize,
    symbols: &'static [Entry],
    lengths: &[u16],
) {
    let items: Vec<Item> =
        (0..).zip(lengths).map(|(symbol, length)| symbol << 4 | length).collect();
    let mut counts = [0; LONGEST + 1];
    lengths.iter().for_each(|length| counts[usize::from(*length)] += 1);
    Table::<ROOT, FIRST> { first, behind, start, symbols, base: 0 }.make(&items, &counts).unwrap();
    let mut next = 0_u32;
    for length in 1..=15 {
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, known)| **known == length) {
            let length = u32::from(length);
            // Bits that follow the code make no difference.
            for rest in [0, u64::MAX << length] {
                let buffer = u64::from(reversed(next, length)) | rest;
                let mut entry = first[usize::try_from(buffer & ((1 << ROOT) - 1)).unwrap()];
                if entry.is_table() {
                    entry = behind[entry.place(buffer, ROOT)];
                }
                assert_eq!(entry, symbols[symbol].with_code(length), "{symbol} {lengths:?}");
            }
            next += 1;
        }
        next *= 2;
    }
}

#[test]
fn every_code_of_complete_ones_is_found_in_its_table() {
    let mut chance = Chance(11);
    let (mut first, mut behind) = (First::new(), [Entry::EMPTY; BEHIND]);
    for turn in 0..600 {
        let lengths = complete(&mut chance, 2 + turn % 285);
        looks_up::<9, 513>(&mut first.literals, &mut behind, 0, &LITERAL, &lengths);
        let lengths = complete(&mut chance, 2 + turn % 29);
        let start = DISTANCES_BEHIND;
        looks_up::<7, 129>(&mut first.distances, &mut behind, start, &DISTANCE, &lengths);
    }
}

/// What is known of codes behind a table: their length, how many are to be given at it, how many of them go
/// into the table at hand, and how many symbols are left.
type Open = (u32, u32, u32, u32);

/// Returns the most entries that what is open can need behind a table of `root` bits, if it can be completed.
fn most_entries(known: &mut BTreeMap<Open, Option<u32>>, root: u32, open: Open) -> Option<u32> {
    let (length, codes, mut free, symbols) = open;
    if codes == 0 || length > 15 || symbols < codes {
        return (codes == 0).then_some(0);
    }
    if let Some(most) = known.get(&open) {
        return *most;
    }
    let (mut most, mut made) = (None, 0);
    for used in 0..=codes {
        if used > 0 && free == 0 {
            free = 1 << (length - root);
            made += free;
        }
        free -= u32::from(used > 0);
        // A table that is not full is twice as large at the next length.
        let doubled = if free > 0 && used < codes { 1 << (length - root) } else { 0 };
        let rest = (length + 1, 2 * (codes - used), 2 * free, symbols - used);
        let rest = most_entries(known, root, rest);
        most = most.max(rest.map(|rest| rest + made + doubled));
    }
    known.insert(open, most);
    most
}

/// Returns the most entries that any code of so many symbols needs behind a table of `root` bits.
fn most_behind(symbols: u32, root: u32) -> Option<u32> {
    let (mut known, roots) = (BTreeMap::new(), 1_u32 << root);
    let of = |tables: u32| {
        // The fewest symbols that fill what is left of the first table.
        let left = symbols.checked_sub((roots - tables).count_ones())?;
        most_entries(&mut known, root, (root + 1, 2 * tables, 0, left))
    };
    (1..=roots).filter_map(of).max()
}

#[test]
fn there_is_as_much_room_as_the_tables_of_any_code_need() {
    assert_eq!(most_behind(286, 9), Some(340));
    assert_eq!(most_behind(30, 7), Some(272));
    assert_eq!((DISTANCES_BEHIND, BEHIND), (340, 340 + 272));
}
