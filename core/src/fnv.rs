//! FNV-1a, 64 bits: a hash that is the same everywhere, and tells of any one byte that changed.
//!
//! Source: Fowler, Noll, Vo, *FNV-1a*.

/// The hash of nothing.
pub(crate) const BASIS: u64 = 0xCBF2_9CE4_8422_2325;

/// Returns the hash with one more byte.
pub(crate) const fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01B3)
}

/// Returns a hash with more bytes.
pub(crate) fn steps(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| step(hash, *byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_source() {
        assert_eq!(steps(BASIS, b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(steps(BASIS, b"a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(steps(BASIS, b"foobar"), 0x8594_4171_F739_67E8);
    }
}
