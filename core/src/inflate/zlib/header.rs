//! The two bytes a zlib stream begins with.

use super::damage::Damage;

/// The method that is deflate.
const DEFLATE: u32 = 8;
/// The largest window, 32 KiB, as the header tells it.
const LARGEST: u32 = 7;
/// The flag of a stream that needs a dictionary.
const DICTIONARY: u32 = 0x20;

/// Checks the header, whose first byte is the lower one.
///
/// Source: RFC 1950 section 2.2.
pub(super) const fn check(header: u32) -> Result<(), Damage> {
    let (method, flags) = (header & 0xFF, header >> 8);
    let is_whole = (method << 8 | flags).is_multiple_of(31);
    if method & 15 != DEFLATE || method >> 4 > LARGEST || !is_whole {
        return Err(Damage::Header);
    }
    if flags & DICTIONARY == 0 { Ok(()) } else { Err(Damage::Dictionary) }
}
