//! Rows that are in doubt: those of a list that comes again, until they come.

use super::super::family::Memory;
use super::super::kind::{Kind, Links, Mark, NONE, Place};
use super::super::rows::Witness;
use super::Reader;

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Removes all rows of a kind that a guild has, or those among them that are stale.
    pub(in super::super) fn clear(&mut self, kind: Kind, guild: u32, stale_only: bool) {
        let Some(number) = kind.list() else { return };
        let mut row = self.records.list(Place::In(guild, number)).head;
        while row != NONE {
            let next = self.records.next(row, Links::OWNED);
            if !stale_only || self.records.is(row, Mark::Stale) {
                self.remove(row);
            }
            row = next;
        }
    }

    /// Ends the doubt in all rows of a kind: those that did not come again go if all that are left came.
    pub(in super::super) fn settle(&mut self, kind: Kind, guild: u32, whole: bool) {
        if whole && kind == Kind::Channel {
            self.each(kind, guild, |reader, row| {
                if reader.records.is(row, Mark::Stale) {
                    reader.remove_channel(row);
                }
            });
        } else if whole {
            self.clear(kind, guild, true);
        } else {
            self.mark_stale(kind, guild, false);
        }
    }

    /// Marks all rows of a kind that a guild has: those that do not come again will go.
    pub(in super::super) fn doubt(&mut self, kind: Kind, guild: u32) {
        self.mark_stale(kind, guild, true);
    }

    fn mark_stale(&mut self, kind: Kind, guild: u32, on: bool) {
        let Some(number) = kind.list() else { return };
        let mut row = self.records.list(Place::In(guild, number)).head;
        while row != NONE {
            self.records.mark(row, Mark::Stale, on);
            row = self.records.next(row, Links::OWNED);
        }
    }
}
