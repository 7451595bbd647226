//! Where a call stands: the bits and the input, the output and how much of it is written.

use super::bits::Bits;
use super::damage::Damage;

#[derive(Debug)]
pub(super) struct Cursor<'i, 'o> {
    pub(super) bits: Bits,
    pub(super) input: &'i [u8],
    pub(super) out: &'o mut [u8],
    pub(super) at: usize,
}

impl Cursor<'_, '_> {
    pub(super) fn refill(&mut self) {
        self.bits.refill(&mut self.input);
    }

    /// Tells whether there is no room.
    pub(super) const fn is_full(&self) -> bool {
        self.at >= self.out.len()
    }

    /// Writes a byte, if there is room.
    pub(super) fn write(&mut self, byte: u8) -> bool {
        let slot = self.out.get_mut(self.at);
        let fits = slot.is_some();
        if let Some(slot) = slot {
            *slot = byte;
            self.at += 1;
        }
        fits
    }

    /// Writes a match as far as there is room, and returns how much of it is left.
    pub(super) fn copy_match(&mut self, length: u16, distance: u16) -> Result<u16, Damage> {
        let mut from = self.at.checked_sub(usize::from(distance)).ok_or(Damage::Distance)?;
        let mut left = length;
        while left > 0
            && let Some(byte) = self.out.get(from).copied()
            && self.write(byte)
        {
            from += 1;
            left -= 1;
        }
        Ok(left)
    }

    /// Writes bytes as they stand in the input, at most so many, and returns how many are left.
    pub(super) fn copy_stored(&mut self, length: u16) -> u16 {
        let mut left = length;
        while left > 0
            && !self.is_full()
            && let Some(byte) = self.bits.take_byte()
        {
            self.write(byte);
            left -= 1;
        }
        if left == 0 || self.is_full() {
            return left;
        }
        // No whole byte is left among the bits, so they are none.
        self.bits.forget_unread();
        let room = self.out.get_mut(self.at..).unwrap_or_default();
        let now = usize::from(left).min(room.len()).min(self.input.len());
        if let (Some(to), Some((from, rest))) =
            (room.get_mut(..now), self.input.split_at_checked(now))
        {
            to.copy_from_slice(from);
            self.input = rest;
            self.at += now;
        }
        left - u16::try_from(now).unwrap_or(left)
    }
}
