//! A bot that keeps a cache and reads nothing from it: what a cache takes.

use gatewright_board::report::Report;
use gatewright_core::cache::{Cache, Fixed};
use gatewright_core::{EventKind, Instant};

use crate::board::Board;

/// Keeps the cache.
pub(crate) struct Bot {
    cache: Cache<Fixed<'static>>,
}

impl Bot {
    pub(crate) fn new(cache: Cache<Fixed<'static>>) -> Self {
        Self { cache }
    }

    #[inline(never)]
    pub(crate) fn hear(&mut self, _: EventKind, _: Instant, shard: &mut Board) {
        self.cache.hear(&shard.event(), &mut ());
    }

    #[inline(never)]
    pub(crate) fn tell(&self, report: &mut Report) {
        report.line("cache.users", self.cache.users().len() as u64);
    }
}
