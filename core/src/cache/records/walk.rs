//! Looks at all rows between two events: whatever one of them tells of another must be so.

use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use super::super::kind::{GUILD_LISTS, Root};
use super::super::pool::walk::walk as walk_pool;
use super::super::rows::{References, user_of};
use super::*;

/// Checks all rows and returns those that are shown; they must be at rest: nothing is held, nothing in doubt.
pub(in super::super) fn walk<M: Memory>(records: &Records<M>) -> Vec<u32> {
    let rows = rows(records);
    let (blocks, _) = walk_pool(&records.pool);
    let taken: BTreeSet<u32> = rows.iter().map(|row| records.block(*row).0).collect();
    assert_eq!(taken, blocks.iter().map(|block| block.0).collect(), "a block for each row");
    assert_eq!(taken.len(), rows.len());
    for kind in Kind::ALL {
        let count = rows.iter().filter(|row| records.kind(**row) == kind).count();
        assert_eq!(records.len(kind) as usize, count, "{kind:?}");
    }
    assert_eq!(records.index.len(), rows.len());
    let listed = walk_lists(records, &rows);
    let references = count_references(records, &rows);
    for row in rows.iter().copied() {
        let (kind, owner) = (records.kind(row), records.owner(row));
        let told = std::format!("{kind:?} {row} {}", records.key(row));
        assert_eq!(records.find(kind, owner, records.key(row)), Some(row), "{told}");
        let counted = references.get(&row).copied().unwrap_or(0);
        assert_eq!(records.references(row), counted, "{told}");
        assert!(!records.is(row, Mark::Stale), "{told}");
        let kept = records.is(row, Mark::Kept);
        assert!(counted > 0 || !(kept || kind == Kind::User), "{told}");
        assert!(!kept || kind.is_kept(), "{told}");
        let wanted = match kind {
            _ if kept => 0,
            Kind::Message => 2,
            Kind::User => 0,
            _ => 1,
        };
        assert_eq!(listed.get(&row).copied().unwrap_or(0), wanted, "{told}");
        let found = records.find_listed(kind, owner, records.key(row)).is_some();
        assert_eq!(found, records.is_shown(row), "{told}");
    }
    rows.into_iter().filter(|row| records.is_shown(*row)).collect()
}

/// Returns the rows in their order; the other slots are all vacant.
fn rows<M: Memory>(records: &Records<M>) -> Vec<u32> {
    let (mut vacant, mut slot) = (BTreeSet::new(), records.vacant);
    while slot != NONE {
        assert!(vacant.insert(slot), "a slot is vacant twice");
        let next = records.slots.get(slot);
        assert!(next & VACANT != 0);
        slot = if next == NONE { NONE } else { next & !VACANT };
    }
    let rows = (0..records.slots.len()).filter(|slot| !vacant.contains(slot));
    rows.inspect(|row| assert!(records.slots.get(*row) & VACANT == 0)).collect()
}

/// Checks every list, and counts in how many a row stands.
fn walk_lists<M: Memory>(records: &Records<M>, rows: &[u32]) -> BTreeMap<u32, u32> {
    let roots = [Root::DmChannels, Root::Guilds, Root::Me, Root::Messages, Root::Rooms];
    let mut places: Vec<Place> = roots.map(Place::Root).to_vec();
    for row in rows {
        let lists = match records.kind(*row) {
            Kind::Guild => GUILD_LISTS,
            Kind::Room => 1,
            _ => 0,
        };
        places.extend((0..lists).map(|number| Place::In(*row, number)));
    }
    let mut listed = BTreeMap::new();
    for place in places {
        walk_list(records, place, rows).into_iter().for_each(|row| {
            *listed.entry(row).or_default() += 1;
        });
    }
    listed
}

fn walk_list<M: Memory>(records: &Records<M>, place: Place, rows: &[u32]) -> Vec<u32> {
    let by_age = place == Place::Root(Root::Messages);
    let links = if by_age { Links::AGE } else { Links::OWNED };
    let list = records.list(place);
    let (mut before, mut row, mut found) = (NONE, list.head, Vec::new());
    while row != NONE {
        assert!(rows.binary_search(&row).is_ok(), "{place:?}: {row} is no row");
        assert_eq!(records.before(row, links), before, "{place:?}");
        assert!(by_age || records.place(row) == Some(place), "{place:?}: {row} is another's");
        assert!(!found.contains(&row), "{place:?}: {row} stands there twice");
        found.push(row);
        (before, row) = (row, records.next(row, links));
    }
    assert_eq!((list.tail, list.len as usize), (before, found.len()), "{place:?}");
    found
}

/// Counts for each row how often others name it.
fn count_references<M: Memory>(records: &Records<M>, rows: &[u32]) -> BTreeMap<u32, u32> {
    let mut counts = BTreeMap::<u32, u32>::new();
    for row in rows {
        let (kind, owner) = (records.kind(*row), records.owner(*row));
        let mut named = Vec::new();
        let mut references = References::default();
        named.extend(core::iter::from_fn(|| references.next(records.fields(*row))));
        if kind == Kind::Member {
            let user = user_of(records.key(*row));
            assert_eq!(records.kind(user), Kind::User);
            named.push(user);
        }
        if records.is(*row, Mark::Kept) && owner != NONE {
            named.push(owner);
        }
        for other in named {
            assert!(rows.binary_search(&other).is_ok(), "{kind:?} {row} names {other}");
            *counts.entry(other).or_default() += 1;
        }
    }
    counts
}
