//! What stands where in a record.

use super::super::kind::{Kind, NONE};

/// The longest header: that of a guild.
pub(super) const LONGEST_HEADER: usize = Kind::Guild.members_at() + 2 + 8;

#[inline]
pub(super) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// Returns the number of a record's kind.
#[inline]
pub(super) fn number_of(record: &[u8]) -> u8 {
    record.first().map_or(0, |byte| byte & 31)
}

#[inline]
pub(super) fn owner_of(record: &[u8]) -> u32 {
    let owner = record.get(4..).and_then(<[u8]>::first_chunk);
    owner.map_or(NONE, |owner| u32::from_le_bytes(*owner))
}

#[inline]
pub(super) fn kind_of(record: &[u8]) -> Kind {
    Kind::ALL.get(usize::from(number_of(record))).copied().unwrap_or(Kind::User)
}

#[inline]
pub(super) fn key_of(record: &[u8]) -> u64 {
    let key = record.get(kind_of(record).key_at()..).and_then(<[u8]>::first_chunk);
    key.map_or(0, |key| u64::from_le_bytes(*key))
}

pub(super) fn hash_of_record(record: &[u8]) -> u64 {
    let kind = kind_of(record);
    let owner = if kind.is_of_owner() { owner_of(record) } else { 0 };
    hash(kind, owner, key_of(record))
}

/// Mixes what names a row; the same on every platform.
#[inline]
pub(super) const fn hash(kind: Kind, owner: u32, key: u64) -> u64 {
    let word = key ^ (owner as u64) << 32 ^ (kind as u64) << 56;
    let wide = (word ^ 0x9E37_79B9_7F4A_7C15) as u128 * 0xD6E8_FEB8_6659_FD93_u128;
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    let mixed = (wide >> 64) as u64 ^ wide as u64;
    mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ mixed >> 32
}
