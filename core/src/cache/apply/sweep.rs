//! Rows that are out of date.

use super::super::family::Memory;
use super::super::kind::{Kind, Links, NONE, Place, Root};
use super::super::reader::Reader;
use super::super::rows::Witness;
use crate::MessageId;
use crate::decode::Cursor;
use crate::model::{Channel, InviteCreate};

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Removes messages and archived threads from before a time, and invites that do not hold any more; times are
    /// milliseconds since 1970.
    pub(in super::super) fn sweep(&mut self, now: i64, before: i64) {
        self.sweep_messages(before);
        self.each_guild(|reader, guild| {
            reader.each(Kind::Thread, guild, |reader, row| {
                if reader.archived_at(row).is_some_and(|time| time < before) {
                    let channel = reader.records.key(row);
                    reader.sweep_out(row);
                    reader.clear_room(channel);
                }
            });
            reader.each(Kind::Invite, guild, |reader, row| {
                if reader.expires_at(row).is_some_and(|time| time <= now) {
                    reader.sweep_out(row);
                }
            });
        });
    }

    fn sweep_messages(&mut self, before: i64) {
        let mut row = self.records.list(Place::Root(Root::Messages)).head;
        while row != NONE {
            let next = self.records.next(row, Links::AGE);
            let sent = i64::try_from(MessageId(self.records.key(row)).created_at_ms());
            if sent.is_ok_and(|sent| sent < before) {
                self.sweep_out(row);
            }
            row = next;
        }
    }

    /// Removes a row that is out of date, and counts it.
    fn sweep_out(&mut self, row: u32) {
        let kind = self.records.kind(row);
        self.records.count_of(kind, |tally| &mut tally.swept);
        self.remove(row);
    }

    fn archived_at(&self, thread: u32) -> Option<i64> {
        let members = self.records.members(thread);
        let thread: Channel<'_> = Cursor::packed_members(members).decode().ok()?;
        let metadata = thread.thread_metadata.filter(|metadata| metadata.archived == Some(true))?;
        Some(metadata.archive_timestamp?.unix_micros()? / 1_000)
    }

    fn expires_at(&self, invite: u32) -> Option<i64> {
        let members = self.records.members(invite);
        let invite: InviteCreate<'_> = Cursor::packed_members(members).decode().ok()?;
        let millis = invite.expires_at.and_then(|time| Some(time.unix_micros()? / 1_000));
        let span = i64::from(invite.max_age.unwrap_or(0)) * 1_000;
        let made = invite.created_at.and_then(|time| Some(time.unix_micros()? / 1_000));
        millis.or_else(|| Some(made?.saturating_add(span)).filter(|_| span > 0))
    }
}
