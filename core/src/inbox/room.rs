//! Room in the payload buffer: what stays as history, when bytes slide to the front, when the buffer grows and shrinks.
//!
//! A stream refers to its latest 32 KiB. To slide them to the front wins what room there is besides, so a buffer with
//! little room is cheap for a shard that hears little, and dear for one that hears much. A heap buffer below
//! [`AMPLE`] slides at first, grows once it slid much, and shrinks to what suits what came since it last shrank.

use super::Inbox;
use crate::inflate::WINDOW;

/// How much room must be won before documents that wait are moved for the sake of one that is dropped.
const WORTH_SLIDING: usize = 4 * 1024;
/// The least room a heap buffer is to have besides what it needs.
const LEAST_ROOM: usize = 1024;
/// The size a heap buffer begins with and shrinks back to.
pub(crate) const SMALLEST: usize = 4 * 1024;
/// The size of a heap buffer in which the history of a busy stream slides seldom.
const AMPLE: usize = 64 * 1024;
/// The sizes of a heap buffer up to [`AMPLE`]: among them the history with little room, and with some. Then it doubles.
const SIZES: [usize; 6] =
    [SMALLEST, 8 * 1024, 16 * 1024, WINDOW + LEAST_ROOM, WINDOW + 8 * 1024, AMPLE];
/// How many bytes slide in a smaller buffer, until it shrinks, before it grows instead.
const MOST_SLID: usize = 1024 * 1024;
/// How often the history of a stream may slide until the buffer shrinks again, if as much comes as before.
const SLIDES: u64 = 16;

/// What happened since the buffer last shrank, or stayed as it was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Since {
    /// The most bytes needed at the end of a message.
    pub(super) needed: usize,
    /// How many bytes slid.
    slid: usize,
    /// What had been inflated before.
    inflated: u64,
}

/// Returns the size of a heap buffer for so many bytes.
fn size_for(bytes: usize) -> usize {
    let size = SIZES.into_iter().find(|size| *size >= bytes);
    size.or_else(|| bytes.checked_next_power_of_two()).unwrap_or(bytes)
}

impl Inbox<'_> {
    /// Makes room behind what was taken; `false` if that would cost a document.
    pub(crate) fn make_room(&mut self) -> bool {
        if self.dropping && self.scanned < self.end {
            return false;
        }
        let slides = self.slides_gladly();
        if !slides && self.store.grows() && self.store.len() < AMPLE && self.grow() {
            return true;
        }
        if self.dropping {
            self.close_gap();
        }
        let keep = self.keep_from();
        let room = self.room_without(keep);
        let plenty = slides || room >= self.store.len() / 4;
        if (plenty && keep > 0) || (!self.dropping && self.grow()) {
            self.slide(keep);
            return true;
        }
        let least = if self.dropping { WORTH_SLIDING } else { 1 };
        self.slide(keep);
        room >= least
    }

    /// Shrinks a heap buffer to what was needed since the last call, on a drained buffer.
    pub(crate) fn shrink(&mut self) {
        let inflated = self.inflated;
        let since = core::mem::replace(&mut self.since, Since { inflated, ..Since::default() });
        let keep = self.keep_from();
        let mut room = LEAST_ROOM;
        if self.has_markers() {
            let came = inflated.saturating_sub(since.inflated) / SLIDES;
            room = usize::try_from(came).unwrap_or(AMPLE).clamp(LEAST_ROOM, AMPLE - WINDOW);
        }
        let size = size_for(since.needed.max(self.end - keep).saturating_add(room));
        if self.store.grows() && size < self.store.len() {
            self.slide(keep);
            self.store.resize(size);
        }
    }

    fn grow(&mut self) -> bool {
        self.store.resize(size_for(self.store.len() + 1))
    }

    /// Tells whether a heap buffer slides its bytes although it could do with more room.
    fn slides_gladly(&self) -> bool {
        let keep = self.keep_from();
        let slid = self.since.slid.saturating_add(self.end - keep);
        let cheap = keep > 0 && slid <= MOST_SLID && self.room_without(keep) >= LEAST_ROOM;
        cheap && !self.dropping && self.store.grows() && self.store.len() < AMPLE
    }

    /// Returns how much room there is without what stands before `keep`.
    fn room_without(&self, keep: usize) -> usize {
        self.store.len() - (self.end - keep)
    }

    /// Returns where the history begins that the stream may still refer to.
    fn history_from(&self) -> usize {
        if !self.has_markers() && (self.message.plain || self.is_stream()) {
            self.end
        } else {
            self.base.max(self.end.saturating_sub(WINDOW))
        }
    }

    /// Takes out what a dropped document left between documents that wait and the history.
    fn close_gap(&mut self) {
        let from = self.history_from();
        if !self.has_waiting() || from <= self.ready {
            return;
        }
        self.store.copy_within(from..self.end, self.ready);
        self.end -= from - self.ready;
        self.base = self.ready;
        self.doc = self.end;
        self.scanned = self.end;
    }

    /// Returns where the bytes begin that are still needed.
    pub(super) fn keep_from(&self) -> usize {
        let history = self.history_from();
        let waiting = if self.start < self.ready { self.start } else { self.end };
        let progress = if self.dropping { self.end } else { self.doc };
        history.min(waiting).min(progress)
    }

    /// Moves everything from `from` on to the front.
    pub(super) fn slide(&mut self, from: usize) {
        if from == 0 {
            return;
        }
        self.store.copy_within(from..self.end, 0);
        self.since.slid = self.since.slid.saturating_add(self.end - from);
        for place in [
            &mut self.base,
            &mut self.start,
            &mut self.ready,
            &mut self.doc,
            &mut self.scanned,
            &mut self.end,
        ] {
            *place = place.saturating_sub(from);
        }
        if let Some(document) = &mut self.ahead {
            document.place = document.place.back_by(from);
        }
    }
}
