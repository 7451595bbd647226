//! Seeded randomness: `SplitMix64`, so that a seed means the same bytes on every platform.

/// A small seeded generator of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Starts a second generator whose numbers do not depend on how many this one draws later.
    pub(crate) const fn fork(&mut self) -> Self {
        Self(self.next())
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below `end`; zero if `end` is zero.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        match self.next().checked_rem(end) {
            Some(drawn) => drawn,
            None => 0,
        }
    }

    /// Draws a number from `low` up to and without `high`.
    pub(crate) const fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low))
    }

    /// Draws a position in a list of `len` items; zero if it is empty.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// Says yes in `per_mille` of 1,000 cases.
    pub(crate) const fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// Draws one item; the default value if there is none.
    pub(crate) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.index(from.len());
        from.get(at).copied().unwrap_or_default()
    }

    /// Writes `len` random lowercase hexadecimal digits.
    pub(crate) fn hex(&mut self, len: usize) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(len);
        let mut bits = 0;
        for at in 0..len {
            if at % 16 == 0 {
                bits = self.next();
            }
            let digit = usize::try_from(bits & 15).unwrap_or(0);
            text.push(DIGITS.get(digit).copied().map_or('0', char::from));
            bits >>= 4;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn an_empty_range_draws_its_start() {
        let mut rng = Rng::new(1);
        assert_eq!((rng.below(0), rng.range(7, 7)), (0, 7));
        assert_eq!(rng.pick::<u8>(&[]), 0);
        assert_eq!(rng.hex(20).len(), 20);
    }
}
