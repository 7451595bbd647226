//! What a cache holds and what was done with it.

use core::sync::atomic::{AtomicU32, Ordering};

use super::family::Memory;
use super::kind::{Kind as RowKind, Mark};
use super::table::Kind;
use super::{Cache, Tables};

/// What one table holds, and what was done with it since the cache was made or cleared.
///
/// Counters stop at their largest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableStatistics {
    /// How many rows there are; of guilds those too of which only the id is known.
    pub rows: u32,
    /// How many of them are there only because others refer to them.
    pub kept: u32,
    /// How many bytes they take, without what the index and unused memory take; messages with the places of their
    /// channels.
    pub bytes: usize,
    /// How often a row was looked up and found. Where several threads look at once, some may not be counted.
    pub hits: u32,
    /// How often a row was looked up and not found.
    pub misses: u32,
    /// How many rows were added.
    pub added: u32,
    /// How often a row changed.
    pub changed: u32,
    /// How many rows were removed.
    pub removed: u32,
    /// How many of the removed ones went although no event took them.
    pub evicted: Evictions,
    /// How many rows were not stored because there was no room: no memory, or a limit at which nothing is evicted.
    pub refused: u32,
    /// How many objects were not what the documentation says, so that they were not stored or not whole.
    pub broken: u32,
}

/// How many rows went although no event took them, by what took them.
///
/// Memory that is full evicts nothing: what has no room in it is refused. Rows that went with a guild or channel that
/// was evicted are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evictions {
    /// Those that made room in a table that was full.
    pub by_limit: u32,
    /// Messages that made room in a channel that was full.
    pub by_channel_limit: u32,
    /// Those that were out of date when [`Cache::sweep`] came by.
    pub by_sweep: u32,
}

impl Evictions {
    /// Returns how many there are together.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.by_limit.saturating_add(self.by_channel_limit).saturating_add(self.by_sweep)
    }
}

/// What a cache takes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStatistics {
    /// How many bytes it has: places of rows, the index, and the records' memory, in use or not.
    pub bytes: usize,
    /// How many bytes of the records' memory are in use.
    pub used: usize,
}

/// Counts what happens to the rows of a table.
#[derive(Debug)]
pub(super) struct Tally {
    hits: AtomicU32,
    misses: AtomicU32,
    pub(super) added: u32,
    pub(super) changed: u32,
    pub(super) removed: u32,
    /// Rows that made room in a full table or channel.
    pub(super) evicted: u32,
    pub(super) swept: u32,
    pub(super) refused: u32,
    pub(super) broken: u32,
}

impl Tally {
    const fn new() -> Self {
        Self {
            hits: AtomicU32::new(0),
            misses: AtomicU32::new(0),
            added: 0,
            changed: 0,
            removed: 0,
            evicted: 0,
            swept: 0,
            refused: 0,
            broken: 0,
        }
    }

    /// Counts a row that was looked up.
    pub(super) fn look_up(&self, found: bool) {
        let count = if found { &self.hits } else { &self.misses };
        // Not every target can add in one step; a count that is lost to another reader does no harm.
        count.store(count.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
    }
}

/// Counts what happens to all rows.
#[derive(Debug)]
pub(super) struct Tallies {
    of: [Tally; RowKind::ALL.len()],
    /// The kinds of which rows are missing that were told of, a bit each.
    lacking: u32,
    /// Messages that made room in a full channel.
    pub(super) evicted_in_channel: u32,
}

impl Tallies {
    pub(super) const fn new() -> Self {
        let of = [const { Tally::new() }; RowKind::ALL.len()];
        Self { of, lacking: 0, evicted_in_channel: 0 }
    }

    /// Begins to count anew, for kinds of which rows are missing or not.
    pub(super) fn anew(partial: impl Fn(RowKind) -> bool) -> Self {
        let mut tallies = Self::new();
        RowKind::ALL.into_iter().filter(|kind| partial(*kind)).for_each(|kind| tallies.lack(kind));
        tallies
    }

    pub(super) fn of(&self, kind: RowKind) -> Option<&Tally> {
        self.of.get(kind as usize)
    }

    pub(super) fn of_mut(&mut self, kind: RowKind) -> Option<&mut Tally> {
        self.of.get_mut(kind as usize)
    }

    /// Tells whether every row that was told of is there, or was removed because that was told.
    pub(super) const fn is_whole(&self, kind: RowKind) -> bool {
        self.lacking & (1 << kind as u32) == 0
    }

    /// Notes that a row is missing that was told of.
    pub(super) const fn lack(&mut self, kind: RowKind) {
        self.lacking |= 1 << kind as u32;
    }

    /// Begins anew: a READY came, and all rows will be told again.
    pub(super) const fn forgive(&mut self) {
        self.lacking = 0;
    }
}

/// Adds one to a counter.
pub(super) const fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

impl<M: Memory> Tables<'_, M> {
    /// Returns what a table holds and what was done with it; it goes through all rows of the cache.
    #[must_use]
    pub fn statistics(self, kind: Kind) -> TableStatistics {
        let (mut kept, mut bytes) = (0, 0);
        for row in (0..self.records.slots()).filter(|slot| self.records.is_row(*slot)) {
            // Places of messages count for them.
            if Kind::from(self.records.kind(row)) == kind {
                bytes += self.records.size(row);
                kept += u32::from(self.records.is(row, Mark::Kept));
            }
        }
        TableStatistics { kept, bytes, ..self.counts(kind) }
    }

    /// Returns what does not take going through the rows.
    pub(crate) fn counts(self, kind: Kind) -> TableStatistics {
        let kind = RowKind::from(kind);
        let none = Tally::new();
        let tally = self.records.tallies.of(kind).unwrap_or(&none);
        let in_channel =
            if kind == RowKind::Message { self.records.tallies.evicted_in_channel } else { 0 };
        TableStatistics {
            rows: self.records.len(kind),
            kept: 0,
            bytes: 0,
            hits: tally.hits.load(Ordering::Relaxed),
            misses: tally.misses.load(Ordering::Relaxed),
            added: tally.added,
            changed: tally.changed,
            removed: tally.removed,
            evicted: Evictions {
                by_limit: tally.evicted.saturating_sub(in_channel),
                by_channel_limit: in_channel,
                by_sweep: tally.swept,
            },
            refused: tally.refused,
            broken: tally.broken,
        }
    }
}

impl<M: Memory> Cache<M> {
    /// Returns what a table holds and what was done with it; it goes through all rows of the cache.
    #[must_use]
    pub fn statistics(&self, kind: Kind) -> TableStatistics {
        self.tables().statistics(kind)
    }

    /// Returns what the cache takes of memory.
    #[must_use]
    pub fn memory(&self) -> MemoryStatistics {
        let (bytes, used) = self.records.bytes();
        MemoryStatistics { bytes: bytes + size_of_val(self.scratch.as_ref()), used }
    }
}
