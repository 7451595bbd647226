//! A bot that does nothing with events: what a shard alone takes.

use gatewright_board::report::Report;
use gatewright_core::cache::{Cache, Fixed};
use gatewright_core::{EventKind, Instant};

use crate::board::Board;

/// Counts events.
pub(crate) struct Bot {
    events: u64,
}

impl Bot {
    pub(crate) fn new(_: Cache<Fixed<'static>>) -> Self {
        Self { events: 0 }
    }

    pub(crate) fn hear(&mut self, _: EventKind, _: Instant, _: &mut Board) {
        self.events += 1;
    }

    #[inline(never)]
    pub(crate) fn tell(&self, report: &mut Report) {
        report.line("events", self.events);
    }
}
