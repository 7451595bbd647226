//! Notes of whoever packs: numbers at the end of the room, the last one first, which what is packed does not reach.

use core::ops::Range;

use super::write::{Result, Unpacked, Writer};

/// How many bytes a note takes.
pub(crate) const NOTE: usize = 8;

impl Writer<'_> {
    /// Tells whether nothing is written or noted.
    #[cfg(all(test, feature = "alloc"))]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0 && self.limit == self.out.len()
    }

    /// Returns where the last note stands; those before it stand behind it.
    pub(crate) const fn noted(&self) -> usize {
        self.limit
    }

    /// Adds a note.
    #[inline]
    pub(crate) fn note(&mut self, note: u64) -> Result {
        let place = self.free().last_chunk_mut().ok_or(Unpacked::Full)?;
        *place = note.to_le_bytes();
        self.limit -= NOTE;
        Ok(())
    }

    /// Adds a note behind the one at a place; those that came later move.
    pub(crate) fn note_behind(&mut self, at: usize, note: u64) -> Result {
        let last = self.limit;
        self.note(note)?;
        if at > last {
            self.out.copy_within(last..at, last - NOTE);
            self.set_note(at - NOTE, note);
        }
        Ok(())
    }

    /// Returns the note at a place.
    #[inline]
    pub(crate) fn note_at(&self, at: usize) -> u64 {
        let note = self.out.get(at..).and_then(<[u8]>::first_chunk);
        u64::from_le_bytes(note.copied().unwrap_or_default())
    }

    /// Replaces the note at a place.
    #[inline]
    pub(crate) fn set_note(&mut self, at: usize, note: u64) {
        if let Some(place) = self.out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *place = note.to_le_bytes();
        }
    }

    /// Forgets the notes that stand before a place.
    pub(crate) const fn forget_notes(&mut self, at: usize) {
        self.limit = at;
    }

    /// Returns the notes up to a place, the last one first.
    #[inline]
    pub(crate) fn notes(&self, to: usize) -> &[[u8; NOTE]] {
        self.slice(self.limit..to).as_chunks().0
    }

    /// Writes the rows of the cache that are noted in some places, the first note first.
    pub(crate) fn rows(&mut self, noted: &Range<usize>) -> Result {
        let start = self.begin(super::ROWS)?;
        let mut at = noted.end;
        while at > noted.start {
            at -= NOTE;
            let row = self.note_at(at).to_le_bytes();
            self.extend(row.first_chunk::<4>().unwrap_or(&[0; 4]))?;
        }
        self.end(start)
    }
}
