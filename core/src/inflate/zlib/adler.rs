//! Adler-32, the checksum of a zlib stream.

/// The largest prime below 2^16.
///
/// Source: RFC 1950 section 8.2.
const BASE: u32 = 65_521;
/// How many bytes are summed side by side.
const LANES: usize = 16;
/// After so many bytes the sums must be reduced, lest they overflow.
const MOST: usize = 5_552 / LANES * LANES;

/// The checksum of what came so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adler {
    sum: u32,
    sums: u32,
}

impl Adler {
    /// Of a stream that has not begun.
    pub(super) const NONE: Self = Self { sum: 0, sums: 0 };

    pub(super) const fn new() -> Self {
        Self { sum: 1, sums: 0 }
    }

    pub(super) const fn value(self) -> u32 {
        self.sums << 16 | self.sum
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks(MOST) {
            let (groups, rest) = bytes.as_chunks::<LANES>();
            self.add_groups(groups);
            for byte in rest {
                self.sum += u32::from(*byte);
                self.sums += self.sum;
            }
            self.sum %= BASE;
            self.sums %= BASE;
        }
    }

    /// Sums each place of the groups by itself; what a byte adds to the sum of sums depends on its place and group.
    ///
    /// It is kept apart, as the compiler finds no vectors in it within a large function.
    #[inline(never)]
    fn add_groups(&mut self, groups: &[[u8; LANES]]) {
        let (mut lanes, mut sums) = ([0_u32; LANES], [0_u32; LANES]);
        for group in groups {
            for ((lane, sum), byte) in lanes.iter_mut().zip(&mut sums).zip(group) {
                *sum += *lane;
                *lane += u32::from(*byte);
            }
        }
        let bytes = u32::try_from(groups.len() * LANES).unwrap_or_default();
        self.sums += self.sum * bytes;
        let mut later = 16;
        for (lane, sum) in lanes.into_iter().zip(sums) {
            self.sums += sum * 16 + lane * later;
            self.sum += lane;
            later -= 1;
        }
        self.sums %= BASE;
    }
}
