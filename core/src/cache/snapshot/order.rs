//! Goes through rows that stand in no list by what names them.

use super::super::family::Memory;
use super::super::kind::{Kind, Mark, NONE};
use super::super::records::Records;
use super::super::rows::user_of;

/// How many names are sorted at once without an allocator.
const FEW: usize = 128;

/// Does something with each row of a kind that is kept or not, in the order of their ids; of members in that
/// of their guilds' ids first.
pub(super) fn each<M: Memory>(
    records: &Records<M>,
    kind: Kind,
    kept: bool,
    mut act: impl FnMut(u32),
) {
    let most = usize::try_from(records.len(kind)).unwrap_or(usize::MAX);
    with_buffer(if M::GROWS { most } else { FEW }, |buffer| {
        let mut after = None;
        loop {
            let (names, all) = lowest(records, (kind, kept), after, buffer);
            names.iter().filter_map(|name| find(records, kind, *name)).for_each(&mut act);
            after = names.last().copied();
            if all || after.is_none() {
                return;
            }
        }
    });
}

/// Returns the lowest names above one, sorted, and whether there are no others.
fn lowest<'b, M: Memory>(
    records: &Records<M>,
    (kind, kept): (Kind, bool),
    after: Option<u128>,
    buffer: &'b mut [u128],
) -> (&'b [u128], bool) {
    let (mut len, mut bound) = (0, None);
    let rows = (0..records.slots()).filter(|slot| records.is_row(*slot));
    for row in rows.filter(|row| records.kind(*row) == kind && records.is(*row, Mark::Kept) == kept)
    {
        let name = name(records, row);
        if after.is_some_and(|after| name <= after) || bound.is_some_and(|bound| name >= bound) {
            continue;
        }
        if len == buffer.len() {
            // The upper half is left for later.
            len /= 2;
            let (_, middle, _) = buffer.select_nth_unstable(len);
            bound = Some(*middle);
            if name >= *middle {
                continue;
            }
        }
        if let Some(place) = buffer.get_mut(len) {
            *place = name;
            len += 1;
        }
    }
    let names = buffer.get_mut(..len).unwrap_or_default();
    names.sort_unstable();
    (names, bound.is_none())
}

fn name<M: Memory>(records: &Records<M>, row: u32) -> u128 {
    let key = records.key(row);
    if records.kind(row) != Kind::Member {
        return key.into();
    }
    let guild = records.key(records.owner(row));
    u128::from(guild) << 64 | u128::from(records.key(user_of(key)))
}

fn find<M: Memory>(records: &Records<M>, kind: Kind, name: u128) -> Option<u32> {
    let (high, low) = (u64::try_from(name >> 64).ok()?, name & u128::from(u64::MAX));
    let low = u64::try_from(low).ok()?;
    if kind != Kind::Member {
        return records.find(kind, NONE, low);
    }
    let guild = records.find(Kind::Guild, NONE, high)?;
    let user = records.find(Kind::User, NONE, low)?;
    records.find(kind, guild, user.into())
}

/// Lends room for so many names, or for a few.
#[cfg(feature = "alloc")]
fn with_buffer(most: usize, act: impl FnOnce(&mut [u128])) {
    let mut buffer = alloc::vec::Vec::new();
    if most <= FEW || buffer.try_reserve_exact(most).is_err() {
        return act(&mut [0; FEW]);
    }
    buffer.resize(most, 0);
    act(&mut buffer);
}

/// Lends room for a few names.
#[cfg(not(feature = "alloc"))]
fn with_buffer(_: usize, act: impl FnOnce(&mut [u128])) {
    act(&mut [0; FEW]);
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::cache::{Cache, Settings};

    #[test]
    fn rows_come_in_the_order_of_their_names_however_little_room_there_is() {
        let mut cache = Cache::new(Settings::default());
        let records = &mut cache.records;
        for at in 0..300_u64 {
            assert!(records.add(Kind::User, NONE, at * 7_919 % 1_009, b"").is_some());
        }
        for room in [2, 3, 10, 299, 300, 301] {
            let (mut found, mut after, mut buffer) = (Vec::new(), None, vec![0; room]);
            loop {
                let (names, all) = lowest(records, (Kind::User, false), after, &mut buffer);
                assert!(all || names.len() >= room / 2);
                found.extend_from_slice(names);
                after = names.last().copied();
                if all {
                    break;
                }
            }
            assert!(found.is_sorted() && found.len() == 300, "{room} {found:?}");
        }
    }
}
