//! What caches hold and what was done with them, as numbers.

use super::sample::{Kind, Sample, Series, Unit, Value};
use crate::cache::{Cache, Kind as Table, Memory, Tables};

/// How many rows each table has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerTable([u64; Table::ALL.len()]);

impl PerTable {
    const NONE: Self = Self([0; Table::ALL.len()]);

    /// Returns that of a table.
    #[must_use]
    pub fn get(&self, table: Table) -> u64 {
        self.0.get(table as usize).copied().unwrap_or_default()
    }

    /// Returns each table with its own, in the order of [`Kind::ALL`](Table::ALL).
    pub fn iter(&self) -> impl Iterator<Item = (Table, u64)> + '_ {
        Table::ALL.into_iter().zip(self.0)
    }
}

macro_rules! cache_metrics {
    ($($counter:ident: $counted:literal,)*) => {
        /// What a cache holds and what was done with it, or several together.
        ///
        /// Counters are those of all tables together; [`Cache::statistics`] has them of each.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct CacheMetrics {
            $(#[doc = $counted] pub $counter: u64,)*
            /// Rows of each table.
            pub rows: PerTable,
            /// Bytes of memory the cache has, in use or not.
            pub bytes: u64,
            /// Bytes of the records' memory that are in use.
            pub used_bytes: u64,
        }

        impl CacheMetrics {
            pub(super) const NONE: Self =
                Self { $($counter: 0,)* rows: PerTable::NONE, bytes: 0, used_bytes: 0 };

            pub(super) fn add(&mut self, other: &Self) {
                $(self.$counter = self.$counter.saturating_add(other.$counter);)*
                let rows = self.rows.0.iter_mut().zip(other.rows.0);
                rows.for_each(|(own, more)| *own = own.saturating_add(more));
                self.bytes = self.bytes.saturating_add(other.bytes);
                self.used_bytes = self.used_bytes.saturating_add(other.used_bytes);
            }

            fn visit_counters(&self, take: &mut impl FnMut(Sample)) {
                $(take(Sample::counter(
                    concat!("gatewright_cache_", stringify!($counter), "_total"), $counted, self.$counter,
                ));)*
            }
        }
    };
}

cache_metrics! {
    hits: "Rows of a cache that were looked up and found.",
    misses: "Rows of a cache that were looked up and not found.",
    added: "Rows added to a cache.",
    changed: "Times that a row of a cache changed.",
    removed: "Rows removed from a cache.",
    evicted: "Rows removed from a cache although no event took them: for a limit, or by a sweep.",
    refused: "Rows not stored in a cache because there was no room.",
    broken: "Objects not stored in a cache, or not whole, because they were not what the documentation says.",
}

impl CacheMetrics {
    pub(super) fn visit(&self, take: &mut impl FnMut(Sample)) {
        const ROWS: Series = Series::gauge("gatewright_cache_rows", "Rows of a cache, by table.");
        const BYTES: Series = Series {
            name: "gatewright_cache_bytes",
            help: "Memory a cache has, in use or not.",
            kind: Kind::Gauge,
            unit: Unit::Bytes,
        };
        const USED: Series = Series {
            name: "gatewright_cache_used_bytes",
            help: "Memory of a cache's records that is in use.",
            ..BYTES
        };

        self.visit_counters(take);
        for (table, rows) in self.rows.iter() {
            take(ROWS.labelled("table", name(table), Value::Count(rows)));
        }
        take(BYTES.sample(Value::Count(self.bytes)));
        take(USED.sample(Value::Count(self.used_bytes)));
    }
}

impl<M: Memory> Cache<M> {
    /// Returns what the cache holds and what was done with it, in a time that does not depend on how much it holds.
    #[must_use]
    pub fn metrics(&self) -> CacheMetrics {
        let memory = self.memory();
        let mut metrics = self.tables().metrics();
        metrics.bytes = u64::try_from(memory.bytes).unwrap_or(u64::MAX);
        metrics.used_bytes = u64::try_from(memory.used).unwrap_or(u64::MAX);
        metrics
    }
}

impl<M: Memory> Tables<'_, M> {
    /// Adds the tables up; of memory it knows nothing.
    fn metrics(self) -> CacheMetrics {
        let mut metrics = CacheMetrics::NONE;
        for (table, rows) in Table::ALL.into_iter().zip(&mut metrics.rows.0) {
            let of = self.counts(table);
            *rows = of.rows.into();
            for (sum, more) in [
                (&mut metrics.hits, of.hits),
                (&mut metrics.misses, of.misses),
                (&mut metrics.added, of.added),
                (&mut metrics.changed, of.changed),
                (&mut metrics.removed, of.removed),
                (&mut metrics.evicted, of.evicted.total()),
                (&mut metrics.refused, of.refused),
                (&mut metrics.broken, of.broken),
            ] {
                *sum = sum.saturating_add(more.into());
            }
        }
        metrics
    }
}

/// Returns the name of a table as Prometheus has it.
const fn name(table: Table) -> &'static str {
    match table {
        Table::Channel => "channel",
        Table::DmChannel => "dm_channel",
        Table::Emoji => "emoji",
        Table::Guild => "guild",
        Table::Invite => "invite",
        Table::Me => "me",
        Table::Member => "member",
        Table::Message => "message",
        Table::Presence => "presence",
        Table::Role => "role",
        Table::ScheduledEvent => "scheduled_event",
        Table::Sound => "sound",
        Table::Stage => "stage",
        Table::Sticker => "sticker",
        Table::Thread => "thread",
        Table::User => "user",
        Table::VoiceState => "voice_state",
    }
}
