//! The session itself, invites, stages, scheduled events and sounds.

use super::super::family::Memory;
use super::super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::super::reader::{Absent, Reader};
use super::super::rows::Witness;
use super::super::table::hash_of_code;
use super::{as_id, enter, id_of, last_of};
use crate::Dispatch;
use crate::decode::Cursor;
use crate::decode::packed::{Broken, Name};

const USER_COUNT: Name = Name::of("user_count");

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Begins a session: who the bot is, and which guilds there will be; it is in no others.
    #[inline(never)]
    pub(super) fn ready(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let (mut user, mut guilds) = (event.cursor(), event.cursor());
        (self.records.session.began, self.records.session.cold) = (true, false);
        self.records.session.readies = self.records.session.readies.wrapping_add(1);
        self.records.tallies.forgive();
        if enter(&mut user, "user")? {
            self.own_user(user, Absent::Stays)?;
        }
        if !enter(&mut guilds, "guilds")? || guilds.null()? {
            return Ok(());
        }
        self.mark_guilds(true);
        let read = self.announced(guilds);
        if read.is_ok() {
            self.leave_stale_guilds();
        } else {
            self.mark_guilds(false);
        }
        read
    }

    /// Goes on with a session, of which the beginning was seen or not.
    pub(super) fn resumed(&mut self) {
        self.records.session.cold |= !self.records.session.began;
    }

    /// Reads the bot's own user, of which there is one.
    pub(in super::super) fn own_user(
        &mut self,
        mut cursor: Cursor<'_>,
        absent: Absent,
    ) -> Result<(), Broken> {
        let id = id_of(cursor)?;
        let other = self.first(Place::Root(Root::Me));
        if let Some(other) = other.filter(|row| self.records.key(*row) != id) {
            self.remove(other);
        }
        (self.own, self.records.session.own) = (Some(id), Some(id));
        self.row(Kind::Me, NONE, &mut cursor, absent).map(drop)
    }

    /// Makes places for guilds that are announced.
    fn announced(&mut self, mut guilds: Cursor<'_>) -> Result<(), Broken> {
        let mut items = guilds.list()?;
        while guilds.item(&mut items)? {
            let id = id_of(guilds)?;
            guilds.skip()?;
            if let Some(guild) = self.guild(id) {
                self.records.mark(guild, Mark::Stale, false);
                self.records.mark(guild, Mark::Told, false);
                self.records.mark(guild, Mark::Unavailable, true);
                self.await_guild(guild, true);
            }
        }
        Ok(())
    }

    fn mark_guilds(&mut self, stale: bool) {
        let mut guild = self.records.list(Place::Root(Root::Guilds)).head;
        while guild != NONE {
            self.records.mark(guild, Mark::Stale, stale);
            guild = self.records.next(guild, Links::OWNED);
        }
    }

    fn leave_stale_guilds(&mut self) {
        self.each_guild(|reader, guild| {
            if reader.records.is(guild, Mark::Stale) {
                let known = reader.records.is_announced(guild);
                reader.forget(guild);
                if known {
                    reader.leave(guild);
                }
                // It stays as a place if what is kept of it is referred to from elsewhere.
                reader.records.mark(guild, Mark::Stale, false);
            }
        });
    }

    #[inline(never)]
    pub(super) fn invite_delete(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let [code] = last_of(event.cursor(), ["code"])?;
        let (code, mut unescaped) = (code.ok_or(Broken)?.text()?, [0; 128]);
        let code = code.as_str().or_else(|| code.copy_to(&mut unescaped));
        if let Some(code) = code {
            self.delete(Kind::Invite, hash_of_code(code.as_bytes()));
        }
        Ok(())
    }

    /// Counts who wants to come to a scheduled event.
    #[inline(never)]
    pub(super) fn event_user(&mut self, event: &Dispatch<'_>, change: i64) -> Result<(), Broken> {
        let [id] = last_of(event.cursor(), ["guild_scheduled_event_id"])?;
        if let Some(row) = self.records.find_listed(Kind::ScheduledEvent, NONE, as_id(id)?) {
            self.count(row, USER_COUNT, change);
        }
        Ok(())
    }
}
