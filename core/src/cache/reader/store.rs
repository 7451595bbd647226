//! Stores rows that were read.

use core::ops::Range;

use super::super::family::Memory;
use super::super::kind::{Kind, Mark};
use super::super::rows::{Changed, Witness};
use super::{Absent, Frame, Reader};
use crate::decode::packed::Unpacked;

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Stores a row that was read.
    pub(in super::super) fn store(
        &mut self,
        frame: &Frame,
        absent: Absent,
    ) -> Result<u32, Unpacked> {
        let Some(key) = frame.key else {
            return Err(if frame.full { Unpacked::Full } else { Unpacked::Broken });
        };
        if let Some(row) = self.found(frame, key) {
            self.renew(row, frame, absent);
            return Ok(row);
        }
        if frame.full {
            return Err(Unpacked::Full);
        }
        if frame.listed {
            self.make_room(frame.kind, frame.owner)?;
        }
        self.admit(frame, key)
    }

    /// Finds a row; one of another owner is taken from it, and is found only if something refers to it.
    fn found(&mut self, frame: &Frame, key: u64) -> Option<u32> {
        let Frame { kind, owner, .. } = *frame;
        let row = self.records.find(kind, owner, key)?;
        if self.records.owner(row) == owner {
            return Some(row);
        }
        if self.records.is_shown(row) {
            self.remove(row);
        }
        let kept = self.records.find(kind, owner, key)?;
        self.records.rehome(kept, owner);
        Some(kept)
    }

    /// Stores a row that is not there; if it is to be shown, its table has room for it.
    #[inline(never)]
    fn admit(&mut self, frame: &Frame, key: u64) -> Result<u32, Unpacked> {
        let Frame { kind, owner, listed, .. } = *frame;
        let range = frame.fields.merge(&mut self.out, b"")?;
        if !listed {
            let fields = self.out.slice(range);
            return self.records.shelter(kind, owner, key, fields).ok_or(Unpacked::Full);
        }
        let row = loop {
            let fields = self.out.slice(range.clone());
            match self.records.admit(kind, owner, key, fields) {
                Some(row) => break row,
                None if self.remove_stale(kind, owner) => {}
                None => return Err(Unpacked::Full),
            }
        };
        self.tell_new(row);
        Ok(row)
    }

    /// Stores a row that is there.
    ///
    /// What it was is not true any more: where what it is has no room, it stays without fields.
    #[inline(never)]
    fn renew(&mut self, row: u32, frame: &Frame, absent: Absent) {
        let shown = self.records.is_shown(row);
        if self.records.is(row, Mark::Stale) {
            self.records.mark(row, Mark::Stale, false);
            self.records.move_to_end(row);
        }
        match self.merge(row, frame, absent) {
            Ok(fields) if self.out.slice(fields.clone()) == self.records.fields(row) => {}
            Ok(fields) => self.change(row, frame, fields),
            Err(_) => self.hollow(row, frame),
        }
        if frame.listed && !shown {
            self.show_again(row, frame.kind, frame.owner);
        }
    }

    /// Shows a row that was kept for others, if there is room.
    pub(super) fn show_again(&mut self, row: u32, kind: Kind, owner: u32) {
        // What makes room may be all that refers to it.
        self.records.retain(row);
        let room = self.make_room(kind, owner);
        if room.is_ok() {
            self.records.show(row);
            self.tell_new(row);
        } else {
            self.refuse(kind);
        }
        self.records.let_go_of_row(row, self.witness);
    }

    /// Packs the fields a row gets.
    fn merge(&mut self, row: u32, frame: &Frame, absent: Absent) -> Result<Range<usize>, Unpacked> {
        let old = match absent {
            Absent::Carries | Absent::Goes => &[],
            Absent::Stays => self.records.fields(row),
        };
        if frame.full { Err(Unpacked::Full) } else { frame.fields.merge(&mut self.out, old) }
    }

    /// Changes the fields of a row, and releases what it referred to.
    fn change(&mut self, row: u32, frame: &Frame, fields: Range<usize>) {
        let (old, was) = (self.out.len(), self.records.fields(row).len());
        let copied = self.out.extend(self.records.members(row)).is_ok();
        if !copied || !self.records.renew(row, self.out.slice(fields)) {
            return self.hollow(row, frame);
        }
        self.tell_changed(row, old, was);
    }

    /// Takes away all fields of a row, for there is no room for others.
    ///
    /// An invite goes: its code is one of them, and by nothing else it is named.
    fn hollow(&mut self, row: u32, frame: &Frame) {
        self.refuse(frame.kind);
        self.out.cut(frame.start);
        if frame.kind == Kind::Invite {
            return self.remove(row);
        }
        let was = self.records.fields(row).len();
        if was == 0 {
            return;
        }
        let members = self.records.members(row);
        if self.out.extend(members).is_ok() {
            self.records.renew(row, b"");
            return self.tell_changed(row, frame.start, was);
        }
        let mut key = [0; 16];
        let key_len = members.len() - was;
        let key = key.get_mut(..key_len).unwrap_or_default();
        key.copy_from_slice(members.get(..key.len()).unwrap_or_default());
        self.records.let_go_of_fields(row, self.witness);
        self.records.renew(row, b"");
        if self.records.is_shown(row) {
            let kind = self.records.kind(row);
            self.records.count_of(kind, |tally| &mut tally.changed);
            self.witness.hear(self.records, Changed { kind, row, old: Some(key), stays: true });
        }
    }

    /// Tells that a row changed whose members were packed before, and releases what they referred to.
    fn tell_changed(&mut self, row: u32, old: usize, was: usize) {
        let (members, kind) = (self.out.since(old), self.records.kind(row));
        if self.records.is_shown(row) {
            self.records.count_of(kind, |tally| &mut tally.changed);
            let old = Some(members);
            self.witness.hear(self.records, Changed { kind, row, old, stays: true });
        }
        if kind.refers() {
            let before = members.get(members.len().saturating_sub(was)..).unwrap_or_default();
            self.records.let_go(before, self.witness);
        }
    }
}
