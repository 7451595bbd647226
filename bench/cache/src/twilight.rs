//! twilight's side.

use gatewright_bench_harness::traffic::Document;
pub use gatewright_bench_twilight::Twilight;
use serde_json::Value;

use crate::side::{Kept, Key, MESSAGES_PER_CHANNEL, Side, Table};

impl Side for Twilight {
    fn new(kept: Kept) -> Self {
        Self::new(kept.twilight, MESSAGES_PER_CHANNEL.into())
    }

    fn take(&mut self, document: &Document) {
        Self::take(self, document.text());
    }

    fn len(&self, table: Table) -> usize {
        self.len(table)
    }

    fn get(&self, table: Table, key: Key) -> bool {
        self.get(table, key)
    }

    /// A row is the type already.
    fn read(&self, table: Table, key: Key) -> bool {
        self.get(table, key)
    }

    fn each(&self, table: Table, visit: impl FnMut(Key)) {
        self.each(table, visit);
    }

    fn row(&self, table: Table, key: Key) -> Option<Value> {
        self.row(table, key)
    }

    fn memory(&self) -> Option<(usize, usize)> {
        None
    }

    fn bytes(&self, _: Table) -> Option<usize> {
        None
    }
}
