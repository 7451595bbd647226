//! Room in the command buffer: what commands may not take, and how much of it a heap buffer has.
//!
//! Whether a command fits depends on the capacity alone. On the heap the buffer is smaller than that: it grows before
//! something is encoded, and shrinks to what is used and reserved.

use super::Outbox;
use crate::command::MAX_PAYLOAD;

impl Outbox<'_> {
    /// Returns how many bytes the buffer may have.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.limit()
    }

    /// Returns how many bytes it has.
    #[cfg(all(test, feature = "alloc"))]
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Keeps room at any time for an Identify of this length, with the presence, and for a Resume.
    pub(crate) fn reserve(&mut self, identify: usize, resume: usize) {
        let short = |bytes| u16::try_from(bytes).unwrap_or(u16::MAX);
        (self.identify, self.resume) = (short(identify), short(resume));
    }

    /// Returns how many bytes behind the records commands may not take, with a presence of this length.
    pub(super) fn reserved(&self, presence: usize) -> usize {
        usize::from(self.resume).max(self.identify_with(presence))
    }

    /// Returns how many bytes Identify takes with a presence of this length, or up to eight more.
    ///
    /// The frame around opcode 3 is as long as the key of the presence in Identify, and a comma.
    pub(super) fn identify_with(&self, presence: usize) -> usize {
        usize::from(self.identify) + presence
    }

    /// Returns the length of the presence that is kept.
    pub(super) fn kept(&self) -> usize {
        self.kept.into()
    }

    pub(super) fn keep(&mut self, len: usize) {
        // No payload is longer.
        self.kept = u16::try_from(len).unwrap_or(u16::MAX);
    }

    /// Returns the room to encode one of the shard's own frames.
    pub(crate) fn scratch(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.used..).unwrap_or_default()
    }

    /// Returns the first `len` bytes of a frame encoded into [`scratch`](Self::scratch).
    pub(crate) fn scratched(&self, len: usize) -> &[u8] {
        self.bytes.get(self.used..self.used + len).unwrap_or_default()
    }

    /// Lets a heap buffer have all room there may be.
    pub(crate) fn grow(&mut self) {
        self.bytes.resize(self.capacity());
    }

    /// Lets a heap buffer have room to encode a command at `start`, and what is reserved behind it.
    pub(super) fn grow_for(&mut self, start: usize, presence: bool) {
        self.came = true;
        // Behind a presence stands what it makes of the one that is kept: no longer than both.
        let payloads = if presence { 3 } else { 1 };
        let size = start + payloads * MAX_PAYLOAD + self.reserved(self.kept());
        let size = size.min(self.capacity());
        if size > self.bytes.len() {
            self.bytes.resize(size);
        }
    }

    /// Shrinks a heap buffer to what is used and reserved, unless a command came since the last call.
    pub(crate) fn shrink(&mut self) {
        let size = self.used + self.reserved(self.kept());
        if !core::mem::take(&mut self.came) && size < self.bytes.len() {
            self.bytes.resize(size);
        }
    }
}
