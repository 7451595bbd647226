//! The presence that is kept: the payload of opcode 3, whole, in front of the records.

use super::Outbox;
use crate::command::{CommandError, MAX_PAYLOAD, Parts};
use crate::{Encoding, decode, encode};

impl Outbox<'_> {
    /// Returns the presence that is kept, and the room to encode one of the shard's own frames.
    pub(crate) fn presence_and_scratch(&mut self) -> (Option<Parts<'_>>, &mut [u8]) {
        let len = self.kept();
        let (before, scratch) = self.bytes.split_at_mut_checked(self.used).unwrap_or_default();
        let kept = before.get(..len).filter(|kept| !kept.is_empty());
        (kept.and_then(|kept| Parts::read(self.encoding, kept).ok()), scratch)
    }

    /// Keeps what the payload at `at` makes of the presence kept so far, and room for `more` bytes.
    ///
    /// The payload stands behind the records, and so does what is made of it until it takes its place.
    ///
    /// # Errors
    /// [`CommandError`] if it is none, does not fit, or would not fit into an Identify; nothing changed.
    pub(super) fn keep_presence(
        &mut self,
        at: usize,
        len: usize,
        more: usize,
    ) -> Result<(), CommandError> {
        let (behind, encoding, earlier) = (at + len, self.encoding, self.kept());
        let (before, room) =
            self.bytes.split_at_mut_checked(behind).ok_or(CommandError::QueueFull)?;
        let read = |payload| Parts::read(encoding, payload);
        let payload = before.get(at..).unwrap_or_default();
        // One of a recording that was changed may be anything, and is written on as it stands: in JSON only what is none is refused.
        if encoding == Encoding::Json && decode::check(payload).is_err() {
            return Err(CommandError::NotJson);
        }
        let given = read(payload).map_err(|_| CommandError::NotJson)?;
        let whole = match before.get(..earlier).filter(|kept| !kept.is_empty()) {
            Some(kept) => given.over(read(kept).unwrap_or_default()),
            None => given,
        };
        let len = encode::payload(self.encoding, 3, whole, room).ok_or(CommandError::QueueFull)?;
        if self.identify_with(len) > MAX_PAYLOAD {
            return Err(CommandError::TooLong);
        }
        let records = self.used - earlier;
        if len + records + more + self.reserved(len) > self.capacity() {
            return Err(CommandError::QueueFull);
        }
        // Records, then the presence; turned round, the presence is in front.
        self.bytes.copy_within(earlier..self.used, 0);
        self.bytes.copy_within(behind..behind + len, records);
        if let Some(bytes) = self.bytes.get_mut(..records + len) {
            bytes.rotate_right(len);
        }
        self.keep(len);
        self.used = records + len;
        Ok(())
    }
}
