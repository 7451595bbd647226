//! The bits of the input, taken from the lowest one on.

#![cfg_attr(
    not(test),
    expect(clippy::cast_possible_truncation, reason = "only the lowest bits are wanted")
)]

/// Bits that were read and not yet used; those above `count` are zero or those that follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits {
    pub(super) buffer: u64,
    pub(super) count: u32,
}

impl Bits {
    pub(super) const fn new() -> Self {
        Self { buffer: 0, count: 0 }
    }

    /// Reads on until there are 56 bits or more, or no input is left.
    #[inline(always)]
    pub(super) fn refill(&mut self, input: &mut &[u8]) {
        if let Some(next) = input.first_chunk() {
            let taken = self.refill_from(*next);
            *input = input.get(taken..).unwrap_or_default();
        } else {
            self.refill_bytewise(input);
        }
    }

    /// Takes what there is room for, and returns how many bytes that were, at most 7.
    #[inline(always)]
    pub(super) fn refill_from(&mut self, next: [u8; 8]) -> usize {
        self.buffer |= u64::from_le_bytes(next) << (self.count & 63);
        let taken = !self.count >> 3 & 7;
        self.count |= 56;
        taken as usize
    }

    fn refill_bytewise(&mut self, input: &mut &[u8]) {
        while self.count < 56
            && let Some((byte, rest)) = input.split_first()
        {
            self.buffer |= u64::from(*byte) << self.count;
            self.count += 8;
            *input = rest;
        }
    }

    /// Uses up as many bits as the lowest six of a number say; above its own six, the count is then wrong.
    #[inline(always)]
    pub(super) const fn skip_by(&mut self, number: u32) {
        self.buffer >>= number & 63;
        self.count = self.count.wrapping_sub(number);
    }

    /// Makes the count right again.
    #[inline(always)]
    pub(super) const fn settle(&mut self) {
        self.count &= 63;
    }

    /// Uses up that many bits, of which there are as many.
    pub(super) const fn skip(&mut self, bits: u32) {
        self.skip_by(bits);
    }

    /// Takes bits, less than 32, if there are as many.
    pub(super) const fn take(&mut self, bits: u32) -> Option<u32> {
        if bits > self.count {
            return None;
        }
        let taken = low(self.buffer, bits);
        self.skip(bits);
        Some(taken)
    }

    /// Takes four bytes, if there are as many.
    pub(super) const fn take_four(&mut self) -> Option<[u8; 4]> {
        if self.count < 32 {
            return None;
        }
        let taken = self.buffer as u32;
        self.skip(32);
        Some(taken.to_le_bytes())
    }

    /// Takes a byte, if there is one.
    pub(super) const fn take_byte(&mut self) -> Option<u8> {
        if self.count < 8 {
            return None;
        }
        let taken = self.buffer as u8;
        self.skip(8);
        Some(taken)
    }

    /// Uses up what is left of a byte.
    pub(super) const fn align(&mut self) {
        self.skip(self.count & 7);
    }

    /// Gives whole bytes back, at most so many, and returns how many these are.
    pub(super) fn give_back(&mut self, most: usize) -> usize {
        let bytes = (self.count as usize >> 3).min(most);
        self.count -= bytes as u32 * 8;
        self.forget_unread();
        bytes
    }

    /// Forgets the bits above the count, as what follows may be read in another way.
    pub(super) const fn forget_unread(&mut self) {
        self.buffer &= !(u64::MAX << (self.count & 63));
    }
}

/// Returns the lowest bits, less than 32.
#[inline(always)]
pub(super) const fn low(buffer: u64, bits: u32) -> u32 {
    buffer as u32 & !(u32::MAX << (bits & 31))
}
