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
#[derive(Debug, Default)]
pub(super) struct Tally {
    hits: AtomicU32,
    misses: AtomicU32,
    /// Whether rows were missing before anything was counted.
    pub(super) partial: bool,
    /// How many rows were lost before all of them were told anew.
    forgiven: u64,
    /// How often rows were taken out that no event took.
    pub(super) taken: u32,
    pub(super) added: u32,
    pub(super) changed: u32,
    pub(super) removed: u32,
    /// Rows that made room in a full table or channel.
    pub(super) evicted: u32,
    /// Those of them that made room in a channel.
    pub(super) evicted_in_channel: u32,
    pub(super) swept: u32,
    pub(super) refused: u32,
    pub(super) broken: u32,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self {
            hits: AtomicU32::new(0),
            misses: AtomicU32::new(0),
            partial: false,
            forgiven: 0,
            taken: 0,
            added: 0,
            changed: 0,
            removed: 0,
            evicted: 0,
            evicted_in_channel: 0,
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

    /// Tells whether every row that was told of is there, or was removed because that was told.
    pub(super) fn is_whole(&self) -> bool {
        !self.partial && self.lost() == self.forgiven
    }

    /// Begins anew: a READY came, and all rows will be told again.
    pub(super) fn forgive(&mut self) {
        self.partial = false;
        self.forgiven = self.lost();
    }

    fn lost(&self) -> u64 {
        let lost = [self.evicted, self.refused, self.broken, self.taken];
        lost.into_iter().map(u64::from).sum()
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
        let empty = Tally::new();
        let tally = self.records.tally(kind).unwrap_or(&empty);
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
                by_limit: tally.evicted.saturating_sub(tally.evicted_in_channel),
                by_channel_limit: tally.evicted_in_channel,
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
