//! Many bytes at once: where the few that matter to JSON stand in a block.
//!
//! One meaning, two ways: vector registers where the target has them, else byte by byte.

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use scalar as way;
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
use vector as way;

/// The bytes of a block of a text.
pub(super) const SHORT: usize = 32;
/// The bytes of a block of a key.
pub(super) const HALF: usize = SHORT / 2;
/// The bytes of a block of values.
pub(super) const LONG: usize = 64;

/// Where each structural byte stands in a block; the first byte has the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) quotes: u64,
    pub(super) backslashes: u64,
    /// Braces and brackets.
    pub(super) opening: u64,
    pub(super) closing: u64,
}

/// Marks the first of quotes, backslashes and control characters, and perhaps others behind it.
#[inline]
pub(super) fn stops(block: &[u8; SHORT]) -> u32 {
    way::stops(block)
}

/// Marks them as [`stops`], in fewer bytes than a block.
#[inline]
pub(super) fn stops_in_rest(rest: &[u8]) -> u32 {
    way::stops_in_rest(rest)
}

/// Marks the first quote, and perhaps others behind it.
#[inline]
pub(super) fn quotes(block: &[u8; HALF]) -> u32 {
    way::quotes(block)
}

/// Marks structural bytes.
#[inline]
pub(super) fn marks(block: &[u8; LONG]) -> Marks {
    way::marks(block)
}

/// Marks structural bytes of fewer than a block.
#[inline]
pub(super) fn marks_in_rest(rest: &[u8]) -> Marks {
    way::marks_in_rest(rest)
}

/// Sets each bit to the parity of all bits up to it: from quotes to what is within them.
pub(super) const fn parity_up_to(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}

#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
mod vector {
    use wide::{u8x16, u8x32};

    use super::{HALF, LONG, Marks, SHORT};

    const fn every(byte: u8) -> u8x32 {
        u8x32::new([byte; SHORT])
    }

    #[inline]
    pub(super) fn stops(block: &[u8; SHORT]) -> u32 {
        let bytes = u8x32::new(*block);
        let control = bytes.min(every(b' ' - 1)).simd_eq(bytes);
        (bytes.simd_eq(every(b'"')) | bytes.simd_eq(every(b'\\')) | control).to_bitmask()
    }

    #[inline]
    pub(super) fn stops_in_rest(rest: &[u8]) -> u32 {
        stops(&padded(rest))
    }

    #[inline]
    pub(super) fn marks_in_rest(rest: &[u8]) -> Marks {
        marks(&padded(rest))
    }

    /// Fills bytes up to a block, with spaces.
    fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
        let mut block = [b' '; N];
        let bytes = bytes.get(..N).unwrap_or(bytes);
        if let Some(room) = block.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        block
    }

    #[inline]
    pub(super) fn quotes(block: &[u8; HALF]) -> u32 {
        u8x16::new(*block).simd_eq(u8x16::new([b'"'; HALF])).to_bitmask()
    }

    #[inline]
    pub(super) fn marks(block: &[u8; LONG]) -> Marks {
        let (halves, _) = block.as_chunks::<SHORT>();
        let [low, high] = halves else {
            return Marks::default();
        };
        let bytes = [u8x32::new(*low), u8x32::new(*high)];
        let find = |[low, high]: [u8x32; 2], byte| {
            let mark = |half: u8x32| u64::from(half.simd_eq(every(byte)).to_bitmask());
            mark(low) | mark(high) << SHORT
        };
        // A brace is the bracket but for one bit.
        let braces = bytes.map(|half| half | every(b'{' ^ b'['));
        Marks {
            quotes: find(bytes, b'"'),
            backslashes: find(bytes, b'\\'),
            opening: find(braces, b'{'),
            closing: find(braces, b'}'),
        }
    }
}

#[cfg(any(test, not(any(target_arch = "aarch64", target_arch = "x86_64"))))]
mod scalar {
    use super::{HALF, LONG, Marks, SHORT};

    pub(super) fn stops(block: &[u8; SHORT]) -> u32 {
        stops_in_rest(block)
    }

    pub(super) fn stops_in_rest(rest: &[u8]) -> u32 {
        let is_stop = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        let block = rest.get(..SHORT).unwrap_or(rest);
        block.iter().position(is_stop).map_or(0, |at| 1 << at)
    }

    pub(super) fn quotes(block: &[u8; HALF]) -> u32 {
        block.iter().position(|byte| *byte == b'"').map_or(0, |at| 1 << at)
    }

    pub(super) fn marks(block: &[u8; LONG]) -> Marks {
        marks_in_rest(block)
    }

    pub(super) fn marks_in_rest(rest: &[u8]) -> Marks {
        let mut marks = Marks::default();
        let mut bit = 1;
        for byte in rest.get(..LONG).unwrap_or(rest) {
            match byte {
                b'"' => marks.quotes |= bit,
                b'\\' => marks.backslashes |= bit,
                b'{' | b'[' => marks.opening |= bit,
                b'}' | b']' => marks.closing |= bit,
                _ => {}
            }
            bit <<= 1;
        }
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_mark_the_same_bytes() {
        for byte in 0..=u8::MAX {
            for at in 0..LONG {
                let mut block = [b'a'; LONG];
                block[at] = byte;
                block[(at + 7) % LONG] = b'"';
                assert_eq!(way::marks(&block), scalar::marks(&block), "{byte} at {at}");
                let short = *block.first_chunk().unwrap();
                assert_eq!(first(way::stops(&short)), scalar::stops(&short), "{byte} at {at}");
                let half = *block.first_chunk().unwrap();
                assert_eq!(first(way::quotes(&half)), scalar::quotes(&half), "{byte} at {at}");
            }
        }
        assert_eq!(scalar::stops(&[b'a'; SHORT]) | way::stops(&[b'a'; SHORT]), 0);
    }

    #[test]
    fn both_ways_mark_the_same_bytes_of_a_rest() {
        let text = b"a [\"b\\\"\", {\"c\": \x01}] and more of it, longer than one block of a text";
        for end in 0..LONG {
            let rest = &text[..end];
            assert_eq!(way::marks_in_rest(rest), scalar::marks_in_rest(rest), "{end}");
            let short = &text[end.saturating_sub(SHORT - 1)..end];
            let stops = first(way::stops_in_rest(short));
            assert_eq!(stops, scalar::stops_in_rest(short), "{end}");
        }
    }

    /// Returns the lowest mark alone.
    const fn first(marks: u32) -> u32 {
        marks & marks.wrapping_neg()
    }

    #[test]
    fn parity_marks_what_is_between_quotes() {
        assert_eq!(parity_up_to(0b0100_0100), 0b0011_1100);
        assert_eq!(parity_up_to(1), u64::MAX);
        assert_eq!(parity_up_to(1 | 1 << 63), u64::MAX >> 1);
    }
}
