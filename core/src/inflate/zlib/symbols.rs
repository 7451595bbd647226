//! What the symbols of deflate stand for, and the tables of the fixed codes.

use super::entry::Entry;
use super::tables::First;

/// The symbols of literals and lengths, of which the last two stand for nothing.
pub(super) const LITERALS: usize = 288;
/// The symbols of distances, of which the last two stand for nothing.
pub(super) const DISTANCES: usize = 32;
/// The symbol that ends a block.
pub(super) const END: usize = 256;

/// The length a symbol from 257 on stands for, and how many bits add to it.
///
/// Source: RFC 1951 section 3.2.5.
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// What each symbol of literals and lengths stands for.
pub(super) static LITERAL: [Entry; LITERALS] = LITERAL_SYMBOLS;
/// What each symbol of distances stands for.
pub(super) static DISTANCE: [Entry; DISTANCES] = DISTANCE_SYMBOLS;

/// The tables of the fixed codes.
pub(super) static FIXED: First = First { literals: fixed_literals(), distances: fixed_distances() };

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
const fn literals() -> [Entry; LITERALS] {
    let mut symbols = [Entry::NOTHING; LITERALS];
    let mut byte = 0;
    while byte < END {
        symbols[byte] = Entry::literal(byte as u8);
        byte += 1;
    }
    symbols[END] = Entry::END;
    let mut at = 0;
    while at < LENGTHS.len() {
        let (base, extra) = LENGTHS[at];
        symbols[END + 1 + at] = Entry::base(base, extra);
        at += 1;
    }
    symbols
}

/// The distances of RFC 1951 section 3.2.5: two of a kind, then twice as far apart.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn distances() -> [Entry; DISTANCES] {
    let mut symbols = [Entry::NOTHING; DISTANCES];
    let (mut at, mut base, mut extra) = (0, 1, 0);
    while at < 30 {
        symbols[at] = Entry::base(base, extra);
        base += 1 << extra;
        at += 1;
        if at > 2 && at % 2 == 0 {
            extra += 1;
        }
    }
    symbols
}

/// Returns bits in reverse order.
pub(super) const fn reversed(code: u32, bits: u32) -> u32 {
    code.reverse_bits() >> (32 - bits)
}

/// The fixed code has 8 bits up to 143, 9 up to 255, 7 up to 279, then 8 again.
///
/// Source: RFC 1951 section 3.2.6.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
const fn fixed_literals() -> [Entry; 513] {
    let mut table = [Entry::EMPTY; 513];
    let mut symbol = 0;
    while symbol < LITERALS {
        let at = symbol as u32;
        let (code, bits) = match symbol {
            0..144 => (0x30 + at, 8),
            144..256 => (0x190 + at - 144, 9),
            256..280 => (at - 256, 7),
            _ => (0xC0 + at - 280, 8),
        };
        let mut place = reversed(code, bits) as usize;
        while place < table.len() - 1 {
            table[place] = LITERAL_SYMBOLS[symbol].with_code(bits);
            place += 1 << bits;
        }
        symbol += 1;
    }
    table
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
const fn fixed_distances() -> [Entry; 129] {
    let mut table = [Entry::EMPTY; 129];
    let mut place = 0;
    while place < table.len() - 1 {
        let symbol = reversed(place as u32 & 31, 5) as usize;
        table[place] = DISTANCE_SYMBOLS[symbol].with_code(5);
        place += 1;
    }
    table
}

const LITERAL_SYMBOLS: [Entry; LITERALS] = literals();
const DISTANCE_SYMBOLS: [Entry; DISTANCES] = distances();
