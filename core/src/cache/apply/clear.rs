//! Rows that are removed although no event says so.

use super::super::family::Memory;
use super::super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::super::reader::{Absent, Reader};
use super::super::rows::Witness;
use super::channels::{CHANNEL_ID, PARENT_ID};
use super::guild::{Extent, Lists, lists_in};
use super::id_of;
use crate::decode::Cursor;
use crate::decode::packed::Broken;

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Removes a row that is shown, or a guild, and what is in it.
    pub(in super::super) fn remove_with_content(&mut self, row: u32) {
        let (kind, guild, id) =
            (self.records.kind(row), self.records.owner(row), self.records.key(row));
        if kind == Kind::Guild {
            return self.holding(row, |reader| reader.forget(row));
        }
        if kind == Kind::DmChannel {
            return self.remove_dm(row);
        }
        if !matches!(kind, Kind::Channel | Kind::Thread) {
            return self.remove(row);
        }
        self.holding(guild, |reader| {
            reader.remove(row);
            if kind == Kind::Channel {
                reader.clear_channel(guild, id);
            } else {
                reader.clear_room(id);
            }
        });
    }

    /// Removes a row that is shown; of a guild nothing that belongs to it.
    pub(in super::super) fn remove_alone(&mut self, row: u32) {
        if self.records.kind(row) != Kind::Guild {
            return self.remove(row);
        }
        self.holding(row, |reader| reader.hide_guild(row));
    }

    /// Removes all rows of a kind.
    pub(in super::super) fn clear_table(&mut self, kind: Kind) {
        match kind {
            Kind::DmChannel => self.clear_list(Place::Root(Root::DmChannels)),
            Kind::Me => self.clear_list(Place::Root(Root::Me)),
            Kind::Message => self.clear_list(Place::Root(Root::Messages)),
            // Users stay as long as others refer to them.
            Kind::User | Kind::Room => {}
            Kind::Guild => self.each_guild(Self::hide_guild),
            Kind::Channel
            | Kind::Emoji
            | Kind::Invite
            | Kind::Member
            | Kind::Presence
            | Kind::Role
            | Kind::ScheduledEvent
            | Kind::Sound
            | Kind::Stage
            | Kind::Sticker
            | Kind::Thread
            | Kind::VoiceState => self.each_guild(|reader, guild| reader.clear(kind, guild, false)),
        }
    }

    /// Removes all rows of a kind that a guild has.
    pub(in super::super) fn clear_in_guild(&mut self, kind: Kind, guild: u64) {
        let Some(guild) = self.records.find(Kind::Guild, NONE, guild) else { return };
        self.holding(guild, |reader| {
            if kind == Kind::Message {
                reader.clear_rooms(guild);
            } else {
                reader.clear(kind, guild, false);
            }
        });
    }

    /// Removes all rows of a kind that are in a channel.
    pub(in super::super) fn clear_in_channel(&mut self, kind: Kind, channel: u64) {
        if kind == Kind::Message {
            return self.clear_room(channel);
        }
        let name = if kind == Kind::Thread { PARENT_ID } else { CHANNEL_ID };
        self.each_guild(|reader, guild| reader.clear_where(kind, guild, name, channel));
    }

    /// Removes everything.
    pub(in super::super) fn clear_all(&mut self) {
        for place in [Root::Messages, Root::DmChannels, Root::Me] {
            self.clear_list(Place::Root(place));
        }
        self.each_guild(Self::forget);
    }

    /// Stores a guild that stands before a cursor.
    pub(in super::super) fn guild_object(
        &mut self,
        cursor: Cursor<'_>,
        absent: Absent,
    ) -> Result<(), Broken> {
        let id = id_of(cursor)?;
        self.within(id, |reader, guild| {
            let whole = (absent == Absent::Goes).then_some(cursor);
            if !reader.admits(guild, whole)? {
                return Ok(());
            }
            let lists = if absent == Absent::Goes { lists_in(cursor)? } else { Lists::new() };
            lists.iter().for_each(|kind| reader.doubt(*kind, guild));
            let read = reader.guild_row(guild, id, cursor, absent);
            let whole = read == Ok(Extent::All);
            lists.iter().for_each(|kind| reader.settle(*kind, guild, whole));
            read.map(drop)
        })
    }

    pub(in super::super) fn update_message(
        &mut self,
        mut message: Cursor<'_>,
    ) -> Result<(), Broken> {
        let id = id_of(message)?;
        match self.records.find(Kind::Message, NONE, id) {
            Some(row) => {
                self.revise(row, &mut message);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn clear_list(&mut self, place: Place) {
        while let Some(row) = self.first(place) {
            self.remove(row);
        }
    }

    /// Takes what is known of a guild away, but nothing that belongs to it.
    pub(super) fn hide_guild(&mut self, guild: u32) {
        if self.records.is_shown(guild) {
            self.records.known_guilds -= 1;
            self.tell_gone(guild);
        }
        for mark in [Mark::Known, Mark::Told, Mark::Unavailable] {
            self.records.mark(guild, mark, false);
        }
        self.records.replace(guild, b"");
    }

    /// Does something with every guild, known or not.
    pub(super) fn each_guild(&mut self, mut act: impl FnMut(&mut Self, u32)) {
        let mut guild = self.records.list(Place::Root(Root::Guilds)).head;
        while guild != NONE {
            guild = self.holding_for_next(guild, &mut act);
        }
    }

    /// Does something with a row that cannot go meanwhile, and returns the one behind it in its list.
    pub(super) fn holding_for_next(
        &mut self,
        row: u32,
        act: &mut impl FnMut(&mut Self, u32),
    ) -> u32 {
        self.records.retain(row);
        act(self, row);
        // What it did may have taken others away, but not this one.
        let next = self.records.next(row, Links::OWNED);
        self.records.release(row);
        self.records.drop_if_empty(row);
        next
    }
}
