//! An entry of a table: what to do for the code at hand, in 32 bits.
//!
//! ```text
//!    31    30 ................. 16   15    14   13   12 ..... 8  7 .............. 0
//!  literal  byte, base or offset    table  end  odd  bits of code  bits to be used up
//! ```

#![cfg_attr(
    not(test),
    expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "parts of a number, and signs as masks"
    )
)]

use super::bits::low;

/// An entry; one that is all zeroes is empty, and no other says that no bits are to be used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u32);

/// The entry is no literal, length or distance: it points to a table, ends the block, or stands for nothing.
const ODD: u32 = 1 << 13;
const END: u32 = 1 << 14;
const TABLE: u32 = 1 << 15;
const LITERAL: u32 = 1 << 31;
/// The length of the code, once for itself and once to be used up.
const CODE: u32 = 0x0101;

impl Entry {
    pub(super) const EMPTY: Self = Self(0);
    /// What a code without a symbol stands for.
    pub(super) const NOTHING: Self = Self(ODD);
    pub(super) const END: Self = Self(ODD | END);

    pub(super) const fn literal(byte: u8) -> Self {
        Self(LITERAL | (byte as u32) << 16)
    }

    /// Makes one of a base of 15 bits, to which so many bits of the stream are added.
    pub(super) const fn base(base: u16, extra: u8) -> Self {
        Self((base as u32) << 16 | extra as u32)
    }

    /// Makes one that points to a table of `1 << bits` entries; the one bit to be used up is none.
    pub(super) const fn table(offset: u32, bits: u32) -> Self {
        Self(ODD | TABLE | offset << 16 | bits << 8 | 1)
    }

    /// Makes one for the code of lengths: a length, and how often it is told, to which so many bits are added.
    pub(super) const fn step(length: u32, times: u32, extra: u32) -> Self {
        Self(length << 24 | times << 16 | extra)
    }

    /// Makes one for the code of lengths that repeats the length before.
    pub(super) const fn again(times: u32, extra: u32) -> Self {
        Self(LITERAL | times << 16 | extra)
    }

    /// Adds the length of its code.
    #[inline(always)]
    pub(super) const fn with_code(self, bits: u32) -> Self {
        Self(self.0 + bits * CODE)
    }

    /// Returns itself, or the other one if this one is empty.
    ///
    /// A choice would be made a masked store, which takes very long on some processors.
    #[inline(always)]
    pub(super) const fn or(self, other: Self) -> Self {
        let if_empty = ((self.bits() as i32 - 1) >> 31) as u32;
        Self(self.0 | other.0 & if_empty)
    }

    /// Returns itself if it is a literal, otherwise what uses no bits up.
    #[inline(always)]
    pub(super) const fn if_literal(self) -> Self {
        Self(self.0 & (self.0 as i32 >> 31) as u32)
    }

    /// Returns all of it; the lowest six bits say how many bits it uses up.
    #[inline(always)]
    pub(super) const fn raw(self) -> u32 {
        self.0
    }

    /// Returns how many bits it uses up, at most 28.
    #[inline(always)]
    pub(super) const fn bits(self) -> u32 {
        self.0 & 63
    }

    #[inline(always)]
    pub(super) const fn is_odd(self) -> bool {
        self.0 & ODD != 0
    }

    #[inline(always)]
    pub(super) const fn is_literal(self) -> bool {
        self.0 & LITERAL != 0
    }

    pub(super) const fn is_end(self) -> bool {
        self.0 & END != 0
    }

    pub(super) const fn is_table(self) -> bool {
        self.0 & TABLE != 0
    }

    /// Returns the byte of a literal.
    #[inline(always)]
    pub(super) const fn byte(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Returns the base and what the bits behind its code add.
    #[inline(always)]
    pub(super) const fn value(self, buffer: u64) -> u32 {
        (self.0 >> 16) + (low(buffer, self.bits()) >> (self.0 >> 8 & 31))
    }

    /// Returns the length that one of the code of lengths tells.
    #[inline(always)]
    pub(super) const fn length(self) -> u32 {
        self.0 >> 24 & 15
    }

    /// Tells whether one of the code of lengths repeats the length before.
    #[inline(always)]
    pub(super) const fn is_again(self) -> bool {
        self.0 & LITERAL != 0
    }

    /// Returns which entry is meant behind a table of `root` bits.
    pub(super) const fn place(self, buffer: u64, root: u32) -> usize {
        let within = low(buffer >> (root & 63), self.0 >> 8 & 31);
        (self.0 >> 16) as usize + within as usize
    }
}
