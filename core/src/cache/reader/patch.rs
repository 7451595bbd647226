//! Changes of single fields of a row that is there.

use super::super::family::Memory;
use super::super::rows::Witness;
use super::{Absent, Frame, Reader};
use crate::decode::Cursor;
use crate::decode::packed::{self, Name, Unpacked, Writer};

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Changes fields of a row; the others stay.
    #[inline(never)]
    pub(in super::super) fn patch(
        &mut self,
        row: u32,
        write: impl FnOnce(&mut Self, &mut Frame) -> Result<(), Unpacked>,
    ) {
        let mut frame = self.begin_patch(row);
        let written = write(self, &mut frame);
        self.end_patch(&frame, written);
    }

    /// Begins to change a row that is there.
    #[inline(never)]
    pub(super) fn begin_patch(&self, row: u32) -> Frame {
        let key = Some(self.records.key(row));
        let begun = self.begin(self.records.kind(row), self.records.owner(row));
        Frame { listed: false, key, ..begun }
    }

    /// Stores what was written of a row; what was not stays.
    #[inline(never)]
    fn end_patch(&mut self, frame: &Frame, written: Result<(), Unpacked>) {
        let stored = written.and_then(|()| self.store(frame, Absent::Stays));
        self.end(frame, stored.map(Some));
    }

    /// Writes a field of a row.
    pub(in super::super) fn put(
        &mut self,
        frame: &Frame,
        name: Name,
        write: impl FnOnce(&mut Writer<'_>) -> Result<(), Unpacked>,
    ) -> Result<(), Unpacked> {
        frame.fields.put(&mut self.out, name, write)
    }

    /// Sets a field to the value a cursor stands before.
    pub(in super::super) fn patch_value(&mut self, row: u32, name: Name, cursor: &mut Cursor<'_>) {
        self.patch(row, |reader, frame| frame.fields.keep(&mut reader.out, cursor, name));
    }

    /// Sets a field to an integer.
    pub(in super::super) fn patch_number(&mut self, row: u32, name: Name, value: u64) {
        self.patch(row, |reader, frame| reader.put(frame, name, |out| out.unsigned(value)));
    }

    /// Adds to a field that is an integer, if there is one.
    pub(in super::super) fn count(&mut self, row: u32, name: Name, change: i64) {
        let value = packed::find(self.records.fields(row), name);
        if let Some(value) = value.and_then(|value| value.unsigned()) {
            self.patch_number(row, name, value.saturating_add_signed(change));
        }
    }
}
