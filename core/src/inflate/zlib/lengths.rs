//! The lengths of the codes of a block, told in a code of their own.

#![cfg_attr(
    not(test),
    expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "parts of a number; by masks, and lengths below 16"
    )
)]

use core::hint::select_unpredictable;

use super::bits::Bits;
use super::damage::Damage;
use super::entry::Entry;
use super::symbols::{DISTANCE, END, LITERAL};
use super::tables::{
    Behind, ByLength, DISTANCES_BEHIND, First, Item, LONGEST, Table, fill_gaps, reversed7,
};

/// The symbols of the code for lengths.
const SYMBOLS: usize = 19;

/// Where the length of each symbol of that code stands, three bits for each, in the order they are told.
///
/// Source: RFC 1951 section 3.2.7, turned round.
static SHIFTS: [u8; SYMBOLS] = {
    let order: [u8; SYMBOLS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let mut shifts = [0; SYMBOLS];
    let mut at = 0;
    while at < SYMBOLS {
        shifts[order[at] as usize] = 3 * at as u8;
        at += 1;
    }
    shifts
};

/// What a symbol of that code stands for, as an [`Entry`] whose base tells how often, and in bits 24 to 27 a length.
static STEPS: [Entry; SYMBOLS] = {
    let mut steps = [Entry::step(0, 1, 0); SYMBOLS];
    let mut length = 0;
    while length < 16 {
        steps[length as usize] = Entry::step(length, 1, 0);
        length += 1;
    }
    steps[16] = Entry::again(3, 2);
    steps[17] = Entry::step(0, 3, 3);
    steps[18] = Entry::step(0, 11, 7);
    steps
};

/// How many codes are written at once: at least as many as repeat a length, zeroes excepted.
const RUN: usize = 8;
/// Room for 286 + 30 codes and one [`RUN`].
const ROOM: usize = 324;

/// The table of that code by the next 7 bits, which stands where that of distances will be: none is in use by then.
type Steps = [Entry; 129];

/// What is known of the lengths so far.
#[derive(Clone, Debug)]
pub(super) struct Lengths {
    literals: u16,
    distances: u16,
    /// How many lengths of the code for lengths are told, and how many of them are known.
    steps_told: u32,
    steps_known: u32,
    packed: u64,
    told: Told,
    counts: ByLength,
    /// What has a code.
    codes: [Item; ROOM],
}

/// How far it is told.
#[derive(Clone, Copy, Debug)]
struct Told {
    /// How many lengths are known, and the latest.
    have: u32,
    last: u32,
    /// How many of them are those of codes.
    found: usize,
}

impl Lengths {
    pub(super) const fn new() -> Self {
        Self {
            literals: 0,
            distances: 0,
            steps_told: 0,
            steps_known: 0,
            packed: 0,
            told: Told::NONE,
            counts: [0; LONGEST + 1],
            codes: [0; ROOM],
        }
    }

    /// Begins with how many lengths there are.
    pub(super) fn begin(&mut self, sizes: u32) -> Result<(), Damage> {
        self.literals = 257 + (sizes as u16 & 31);
        self.distances = 1 + (sizes as u16 >> 5 & 31);
        self.steps_told = 4 + (sizes >> 10 & 15);
        if self.literals > 286 || self.distances > 30 {
            return Err(Damage::TooManyCodes);
        }
        (self.steps_known, self.packed) = (0, 0);
        Ok(())
    }

    /// Reads the code for lengths; tells whether it is whole.
    pub(super) fn read_code(
        &mut self,
        bits: &mut Bits,
        input: &mut &[u8],
        steps: &mut Steps,
    ) -> Result<bool, Damage> {
        while self.steps_known < self.steps_told {
            bits.refill(input);
            let more = (bits.count / 3).min(self.steps_told - self.steps_known);
            if more == 0 {
                return Ok(false);
            }
            let told = bits.buffer & !(u64::MAX << (3 * more));
            self.packed |= told << (3 * self.steps_known);
            bits.skip(3 * more);
            self.steps_known += more;
        }
        self.make_steps(steps)?;
        self.told = Told::NONE;
        self.counts = [0; LONGEST + 1];
        Ok(true)
    }

    /// Makes the table of the code for lengths, which must be complete.
    ///
    /// Counts and codes are kept in bytes of one number, by length: there are seven of them.
    fn make_steps(&self, table: &mut Steps) -> Result<(), Damage> {
        let length_of = |shift: &u8| (self.packed >> shift & 7) as u32;
        let mut counts = 0_u64;
        for shift in &SHIFTS {
            counts += 1 << (8 * length_of(shift));
        }
        let (mut codes, mut next) = (0, 0);
        for bits in 1..8 {
            codes |= next << (8 * bits);
            next += (counts >> (8 * bits) & 0xFF) << (7 - bits);
        }
        if next != 128 {
            return Err(Damage::Lengths);
        }
        *table = [Entry::EMPTY; 129];
        for (shift, step) in SHIFTS.iter().zip(&STEPS) {
            let bits = length_of(shift);
            let code = (codes >> (8 * bits)) as usize & 0xFF;
            codes += STRIDES[bits as usize];
            let place = select_unpredictable(bits == 0, 128, reversed7(code));
            table[place] = step.with_code(bits);
        }
        fill_gaps::<7>(table);
        Ok(())
    }

    /// Reads lengths; tells whether they are all known.
    pub(super) fn read(
        &mut self,
        bits: &mut Bits,
        input: &mut &[u8],
        steps: &Steps,
    ) -> Result<bool, Damage> {
        if super::FAST {
            self.read_fast(bits, input, steps)?;
        }
        let all = self.all();
        while self.told.have < all {
            bits.refill(input);
            let step = steps[bits.buffer as usize & 127];
            if step.bits() > bits.count {
                return Ok(false);
            }
            self.told.add(step, bits.buffer, &mut self.codes, &mut self.counts)?;
            bits.skip(step.bits());
        }
        if self.told.have > all { Err(Damage::Repeat) } else { Ok(true) }
    }

    /// Reads lengths while there is input for four of them, which take 14 bits each at most.
    fn read_fast(
        &mut self,
        bits: &mut Bits,
        input: &mut &[u8],
        steps: &Steps,
    ) -> Result<(), Damage> {
        let all = self.all();
        let (mut local, mut told) = (*bits, self.told);
        'all: while told.have < all
            && let Some(next) = input.first_chunk()
        {
            *input = &input[local.refill_from(*next)..];
            for _ in 0..4 {
                let step = steps[local.buffer as usize & 127];
                told.add(step, local.buffer, &mut self.codes, &mut self.counts)?;
                local.skip_by(step.raw());
                if told.have >= all {
                    break 'all;
                }
            }
        }
        local.settle();
        (*bits, self.told) = (local, told);
        Ok(())
    }

    const fn all(&self) -> u32 {
        self.literals as u32 + self.distances as u32
    }

    /// Makes the tables of the codes.
    pub(super) fn make(&mut self, first: &mut First, behind: &mut Behind) -> Result<(), Damage> {
        let codes = self.codes.get(..self.told.found).ok_or(Damage::Lengths)?;
        let split = codes.iter().filter(|code| **code < self.literals << 4).count();
        let (literals, distances) = codes.split_at(split);
        if !literals.iter().any(|code| usize::from(code >> 4) == END) {
            return Err(Damage::NoEnd);
        }
        let mut counts = [0; LONGEST + 1];
        for code in distances {
            counts[usize::from(code & 15)] += 1;
        }
        for (all, counts) in self.counts.iter_mut().zip(&counts) {
            *all -= *counts;
        }
        let (symbols, base) = (&LITERAL, 0);
        Table::<9, 513> { first: &mut first.literals, behind, start: 0, symbols, base }
            .make(literals, &self.counts)?;
        let (symbols, base, start) = (&DISTANCE, self.literals, DISTANCES_BEHIND);
        Table::<7, 129> { first: &mut first.distances, behind, start, symbols, base }
            .make(distances, &counts)
    }
}

impl Told {
    const NONE: Self = Self { have: 0, last: 0, found: 0 };

    /// Adds a length, or some of the same.
    #[inline(always)]
    fn add(
        &mut self,
        step: Entry,
        buffer: u64,
        codes: &mut [Item; ROOM],
        counts: &mut ByLength,
    ) -> Result<(), Damage> {
        let again = step.is_again();
        if again & (self.have == 0) {
            return Err(Damage::Repeat);
        }
        self.last = select_unpredictable(again, self.last, step.length());
        let run = step.value(buffer) & 0xFF;
        write_run(codes, self.found, self.have << 4 | self.last);
        counts[self.last as usize & 15] += run as u16;
        self.found += select_unpredictable(self.last == 0, 0, run) as usize;
        self.have += run;
        Ok(())
    }
}

/// Writes an item and those that follow it in a run.
#[inline(always)]
fn write_run(codes: &mut [Item; ROOM], at: usize, item: u32) {
    if let Some(run) = codes.get_mut(at..).and_then(<[Item]>::first_chunk_mut::<RUN>) {
        let four = u64::from(item) * 0x0001_0001_0001_0001 + 0x0030_0020_0010_0000;
        let more = four + 0x0040_0040_0040_0040;
        let [a, b, c, d, e, f, g, h] = run;
        [*a, *b, *c, *d] = parts(four);
        [*e, *f, *g, *h] = parts(more);
    }
}

const fn parts(four: u64) -> [Item; 4] {
    [four as Item, (four >> 16) as Item, (four >> 32) as Item, (four >> 48) as Item]
}

/// How far codes of each length are apart, in the byte of that length.
static STRIDES: [u64; 8] = [0, 64 << 8, 32 << 16, 16 << 24, 8 << 32, 4 << 40, 2 << 48, 1 << 56];
