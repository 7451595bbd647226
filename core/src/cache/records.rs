//! Records: what every row is kept as, whatever its table.
//!
//! A row is a slot, and the slot knows the block of the pool its record is in: a row can grow and move while
//! others name it by its slot. A record is a header of fixed size and then its fields, packed and sorted by name.
//! Rows stand in lists, doubly linked through their headers, in the order they came; the lists stand in the
//! header of their owner or beside the records.

use core::fmt;
use core::ops::Range;

use super::family::{Index, Memory, Slots};
use super::kind::{Kind, Links, List, Mark, NONE, Place, REFERENCE};
use super::pool::{Block, Pool};
use super::statistics::{Tallies, Tally, count};

mod layout;
mod state;

pub(super) use state::{Hand, Session};

use layout::{LONGEST_HEADER, hash, hash_of_record, key_of, kind_of, number_of, owner_of, put};

/// A slot without a row holds the next such slot, marked by this bit.
const VACANT: u32 = 1 << 31;

/// A row was looked up since it was last passed over by eviction.
const USED: u32 = 1 << 30;

/// All rows.
pub struct Records<M: Memory> {
    slots: M::Slots,
    index: M::Index,
    pool: Pool<M::Segments>,
    /// The first slot without a row.
    vacant: u32,
    roots: [List; 5],
    pub(super) session: Session,
    /// How many guilds are more than their ids.
    pub(super) known_guilds: u32,
    pub(super) hands: [Hand; Kind::ALL.len()],
    pub(super) tallies: Tallies,
    /// How many rows there are of each kind.
    counts: [u32; Kind::ALL.len()],
    /// How many of them stand in their lists.
    listed: [u32; Kind::ALL.len()],
}

impl<M: Memory> Records<M> {
    pub(super) const fn new(slots: M::Slots, index: M::Index, segments: M::Segments) -> Self {
        Self {
            slots,
            index,
            pool: Pool::new(segments),
            vacant: NONE,
            roots: [List::EMPTY; 5],
            session: Session::NEW,
            known_guilds: 0,
            hands: [Hand::START; Kind::ALL.len()],
            tallies: Tallies::new(),
            counts: [0; Kind::ALL.len()],
            listed: [0; Kind::ALL.len()],
        }
    }

    /// Finds a row by its key, and its owner if that is part of it.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn find(&self, kind: Kind, owner: u32, key: u64) -> Option<u32> {
        let of_owner = kind.is_of_owner();
        let (at, bytes) = (kind.key_at(), key.to_le_bytes());
        self.index.find(hash(kind, if of_owner { owner } else { 0 }, key), |row| {
            let record = self.bytes_of(row);
            number_of(record) == kind as u8
                && record.get(at..at + 8) == Some(&bytes)
                && (!of_owner || owner_of(record) == owner)
        })
    }

    /// Adds a row that is not there, which stands in no list; nothing if there is no room.
    pub(super) fn add(&mut self, kind: Kind, owner: u32, key: u64, fields: &[u8]) -> Option<u32> {
        let block = self.pool.take(kind.header() + fields.len())?;
        let Some(row) = self.take_slot(block) else {
            self.pool.give(block);
            return None;
        };
        self.write_header(block, kind, owner, key, fields);
        let (slots, pool) = (&self.slots, &self.pool);
        let record = |row| hash_of_record(pool.bytes(block_in(slots, row)));
        let hash = hash_of_record(pool.bytes(block));
        if !self.index.insert(hash, row, record) {
            self.give_slot(row);
            self.pool.give(block);
            return None;
        }
        self.count(kind, 1);
        Some(row)
    }

    /// Replaces the fields of a row; returns whether there was room, else nothing changes.
    pub(super) fn replace(&mut self, row: u32, fields: &[u8]) -> bool {
        let (block, header) = (self.block(row), self.kind(row).header());
        let len = header + fields.len();
        if self.pool.resize(block, len) {
            self.fields_mut(block, header).copy_from_slice(fields);
            return true;
        }
        let Some(new) = self.pool.take(len) else { return false };
        let mut old = [0; LONGEST_HEADER];
        if let (Some(old), Some(from)) =
            (old.get_mut(..header), self.pool.bytes(block).get(..header))
        {
            old.copy_from_slice(from);
            put(self.pool.bytes_mut(new), 0, old);
        }
        self.fields_mut(new, header).copy_from_slice(fields);
        self.pool.give(block);
        let used = self.slots.get(row) & USED;
        self.slots.set(row, new.0 | used);
        true
    }

    /// Takes a part of a row's fields out, which refers to nothing any more.
    pub(super) fn cut_fields(&mut self, row: u32, part: Range<usize>) {
        let (block, header) = (self.block(row), self.kind(row).header());
        let bytes = self.pool.bytes_mut(block);
        let len = bytes.len();
        let (start, end) = (header + part.start, header + part.end);
        if start <= end && end <= len {
            bytes.copy_within(end.., start);
            // To make a block smaller always succeeds.
            self.pool.resize(block, len - (end - start));
        }
    }

    /// Removes a row that stands in no list.
    pub(super) fn remove(&mut self, row: u32) {
        let (block, kind) = (self.block(row), self.kind(row));
        let (slots, pool) = (&self.slots, &self.pool);
        let record = |row| hash_of_record(pool.bytes(block_in(slots, row)));
        let hash = hash_of_record(pool.bytes(block));
        self.index.remove(hash, row, record);
        self.pool.give(block);
        self.give_slot(row);
        self.count(kind, -1);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.index.clear();
        self.pool.clear();
        self.vacant = NONE;
        self.roots = [List::EMPTY; 5];
        // A session that went on told what is not there any more.
        let Session { own, began, readies, cold, seq, .. } = self.session;
        self.session = Session { own, readies, cold: cold || began, seq, ..Session::NEW };
        self.known_guilds = 0;
        self.hands = [Hand::START; Kind::ALL.len()];
        self.tallies = Tallies::new();
        self.counts = [0; Kind::ALL.len()];
        self.listed = [0; Kind::ALL.len()];
    }

    /// Returns how many slots there are, with a row or without.
    pub(super) fn slots(&self) -> u32 {
        self.slots.len()
    }

    /// Tells whether a slot has a row.
    pub(super) fn is_row(&self, slot: u32) -> bool {
        self.slots.get(slot) & VACANT == 0
    }

    /// Returns how many rows of a kind there are, whatever their marks.
    pub(super) fn len(&self, kind: Kind) -> u32 {
        self.counts.get(kind as usize).copied().unwrap_or(0)
    }

    /// Notes that a row was looked up.
    pub(super) fn touch(&self, row: u32) {
        self.slots.mark(row, USED);
    }

    /// Tells whether a row was looked up, and forgets it.
    pub(super) fn take_touched(&mut self, row: u32) -> bool {
        let place = self.slots.get(row);
        self.slots.set(row, place & !USED);
        place & USED != 0
    }

    /// Counts something of a kind.
    pub(super) fn count_of(&mut self, kind: Kind, which: impl FnOnce(&mut Tally) -> &mut u32) {
        if let Some(tally) = self.tallies.of_mut(kind) {
            count(which(tally));
        }
    }

    /// Counts a row of a kind that was told of and is not there.
    pub(super) fn count_lost(&mut self, kind: Kind, which: impl FnOnce(&mut Tally) -> &mut u32) {
        self.tallies.lack(kind);
        self.count_of(kind, which);
    }

    /// Counts rows of a kind there was no place for.
    pub(super) fn count_refused(&mut self, kind: Kind, rows: u32) {
        if rows > 0
            && let Some(tally) = self.tallies.of_mut(kind)
        {
            tally.refused = tally.refused.saturating_add(rows);
            self.tallies.lack(kind);
        }
    }

    /// Returns the bytes a row takes, with its place.
    pub(super) fn size(&self, row: u32) -> usize {
        self.pool.size_of(self.block(row)) + size_of::<u32>()
    }

    /// Returns the bytes of memory it takes, and how many of those of the pool are in use.
    pub(super) fn bytes(&self) -> (usize, usize) {
        (self.slots.bytes() + self.index.bytes() + self.pool.size(), self.pool.used())
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn kind(&self, row: u32) -> Kind {
        kind_of(&self.word(row, 0).to_le_bytes())
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn owner(&self, row: u32) -> u32 {
        if self.kind(row) == Kind::User { NONE } else { self.word(row, 4) }
    }

    /// Gives a row that stands in no list another owner.
    pub(super) fn set_owner(&mut self, row: u32, owner: u32) {
        debug_assert!(!matches!(self.kind(row), Kind::Member | Kind::Presence | Kind::User));
        debug_assert!(self.kind(row) != Kind::VoiceState, "the owner is part of what names it");
        self.set_word(row, 4, owner);
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn key(&self, row: u32) -> u64 {
        key_of(self.bytes_of(row))
    }

    /// Returns all packed members: the key, if it is one, and the fields.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn members(&self, row: u32) -> &[u8] {
        let bytes = self.bytes_of(row);
        let kind = kind_of(bytes);
        let at = if kind.key_member().is_empty() { kind.header() } else { kind.members_at() };
        bytes.get(at..).unwrap_or_default()
    }

    /// Returns the packed fields: members but for the key, sorted by name.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn fields(&self, row: u32) -> &[u8] {
        let bytes = self.bytes_of(row);
        bytes.get(kind_of(bytes).header()..).unwrap_or_default()
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn is(&self, row: u32, mark: Mark) -> bool {
        self.word(row, 0) & (mark as u32) != 0
    }

    /// Tells whether a row is marked as one of several.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn is_any(&self, row: u32, marks: &[Mark]) -> bool {
        let all = marks.iter().fold(0, |all, mark| all | *mark as u32);
        self.word(row, 0) & all != 0
    }

    /// Tells whether a row is there for all: a user always, a guild if it is known, any other in its list.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn is_shown(&self, row: u32) -> bool {
        let word = self.word(row, 0);
        let is = |kind: Kind| word & 31 == kind as u32;
        let place = is(Kind::Room) || is(Kind::Guild) && word & Mark::Known as u32 == 0;
        !place && word & Mark::Kept as u32 == 0
    }

    pub(super) fn mark(&mut self, row: u32, mark: Mark, on: bool) {
        let word = self.word(row, 0);
        let word = if on { word | mark as u32 } else { word & !(mark as u32) };
        self.set_word(row, 0, word);
    }

    /// Returns how many others refer to a row.
    pub(super) fn references(&self, row: u32) -> u32 {
        self.word(row, 0) / REFERENCE
    }

    /// Adds a reference; returns whether it could be counted.
    ///
    /// A count that is full stays so: nobody knows any more how many refer to the row, which lives until all is
    /// cleared.
    pub(super) fn retain(&mut self, row: u32) -> bool {
        let word = self.word(row, 0).checked_add(REFERENCE);
        word.map(|word| self.set_word(row, 0, word)).is_some()
    }

    /// Takes a reference away and returns how many are left.
    pub(super) fn release(&mut self, row: u32) -> u32 {
        let word = self.word(row, 0);
        let count = word / REFERENCE;
        if matches!(count, 0 | MOST_REFERENCES) {
            return count;
        }
        self.set_word(row, 0, word - REFERENCE);
        count - 1
    }

    pub(super) fn list(&self, place: Place) -> List {
        match place {
            Place::Root(root) => self.roots.get(root as usize).copied().unwrap_or(List::EMPTY),
            Place::In(owner, number) => {
                let at = Kind::OWN + usize::from(number) * List::LEN;
                let list = self.bytes_of(owner).get(at..).and_then(<[u8]>::first_chunk);
                list.map_or(List::EMPTY, List::of_bytes)
            }
        }
    }

    /// Returns the row behind another in its list.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn next(&self, row: u32, links: Links) -> u32 {
        self.word(row, links.0 + 4)
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn before(&self, row: u32, links: Links) -> u32 {
        self.word(row, links.0)
    }

    /// Puts a row at the end of a list.
    pub(super) fn link(&mut self, place: Place, row: u32, links: Links) {
        let mut list = self.list(place);
        self.set_word(row, links.0, list.tail);
        self.set_word(row, links.0 + 4, NONE);
        if list.tail == NONE {
            list.head = row;
        } else {
            self.set_word(list.tail, links.0 + 4, row);
        }
        list.tail = row;
        list.len += 1;
        self.set_list(place, list);
    }

    /// Lets a row that stands in no list name another; not a user, which has no links.
    pub(super) fn chain(&mut self, row: u32, next: u32) {
        debug_assert!(self.kind(row) != Kind::User);
        self.set_word(row, Links::OWNED.0 + 4, next);
    }

    /// Takes a row out of a list.
    pub(super) fn unlink(&mut self, place: Place, row: u32, links: Links) {
        let mut list = self.list(place);
        let (before, next) = (self.before(row, links), self.next(row, links));
        if before == NONE {
            list.head = next;
        } else {
            self.set_word(before, links.0 + 4, next);
        }
        if next == NONE {
            list.tail = before;
        } else {
            self.set_word(next, links.0, before);
        }
        list.len -= 1;
        self.set_list(place, list);
    }

    fn set_list(&mut self, place: Place, list: List) {
        match place {
            Place::Root(root) => {
                if let Some(root) = self.roots.get_mut(root as usize) {
                    *root = list;
                }
            }
            Place::In(owner, number) => {
                let at = Kind::OWN + usize::from(number) * List::LEN;
                let block = self.block(owner);
                let rest = self.pool.bytes_mut(block).get_mut(at..);
                let (words, _) = rest.unwrap_or_default().as_chunks_mut();
                for (room, word) in words.iter_mut().zip([list.head, list.tail, list.len]) {
                    *room = word.to_le_bytes();
                }
            }
        }
    }

    fn write_header(&mut self, block: Block, kind: Kind, owner: u32, key: u64, fields: &[u8]) {
        let (header, members) = (kind.header(), kind.members_at());
        let bytes = self.pool.bytes_mut(block);
        // Links and lists that name nobody, of no length.
        bytes.iter_mut().take(members).for_each(|byte| *byte = 0xFF);
        if matches!(kind, Kind::Guild | Kind::Room) {
            for at in (Kind::OWN..members).step_by(List::LEN) {
                put(bytes, at + 8, &0_u32.to_le_bytes());
            }
        }
        put(bytes, members, kind.key_member());
        put(bytes, 0, &(kind as u32).to_le_bytes());
        if kind != Kind::User {
            put(bytes, 4, &owner.to_le_bytes());
        }
        put(bytes, kind.key_at(), &key.to_le_bytes());
        self.fields_mut(block, header).copy_from_slice(fields);
    }

    fn fields_mut(&mut self, block: Block, header: usize) -> &mut [u8] {
        self.pool.bytes_mut(block).get_mut(header..).unwrap_or_default()
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn block(&self, row: u32) -> Block {
        block_in(&self.slots, row)
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn bytes_of(&self, row: u32) -> &[u8] {
        self.pool.bytes(self.block(row))
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn word(&self, row: u32, at: usize) -> u32 {
        self.pool.word(self.block(row), at).unwrap_or(NONE)
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn set_word(&mut self, row: u32, at: usize, value: u32) {
        let block = self.block(row);
        self.pool.set_word(block, at, value);
    }

    fn take_slot(&mut self, block: Block) -> Option<u32> {
        if self.vacant == NONE {
            let more = self.slots.len() < NONE & !VACANT;
            return if more { self.slots.push(block.0) } else { None };
        }
        let row = self.vacant;
        let next = self.slots.get(row) & !VACANT;
        self.vacant = if next == NONE & !VACANT { NONE } else { next };
        self.slots.set(row, block.0);
        Some(row)
    }

    fn give_slot(&mut self, row: u32) {
        self.slots.set(row, self.vacant | VACANT);
        self.vacant = row;
    }

    /// Returns how many rows of a kind stand in their lists; guilds of which only the id is known among them.
    pub(super) fn listed(&self, kind: Kind) -> u32 {
        self.listed.get(kind as usize).copied().unwrap_or(0)
    }

    /// Counts a row that is put in its list or taken out.
    pub(super) fn count_listed(&mut self, kind: Kind, change: i32) {
        if let Some(count) = self.listed.get_mut(kind as usize) {
            *count = count.saturating_add_signed(change);
        }
    }

    fn count(&mut self, kind: Kind, change: i32) {
        if let Some(count) = self.counts.get_mut(kind as usize) {
            *count = count.saturating_add_signed(change);
        }
    }
}

impl<M: Memory> fmt::Debug for Records<M> {
    /// Shows how many rows there are of each kind, not what they hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = Kind::ALL.into_iter().map(|kind| (kind, self.len(kind)));
        f.debug_map().entries(rows.filter(|(_, rows)| *rows > 0)).finish()
    }
}

/// A full count of references.
const MOST_REFERENCES: u32 = u32::MAX / REFERENCE;

/// Returns the block of a slot with a row.
#[cfg_attr(not(target_os = "none"), inline)]
fn block_in(slots: &impl Slots, row: u32) -> Block {
    Block(slots.get(row) & !USED)
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
#[cfg(all(test, feature = "alloc"))]
pub(super) mod walk;
