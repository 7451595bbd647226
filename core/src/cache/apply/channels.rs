//! Channels, threads, and what is in them.

use super::super::change::Parent;
use super::super::family::Memory;
use super::super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::super::reader::{Absent, Reader};
use super::super::rows::{News, Witness};
use super::{MEMBER, as_id, each_id, enter, id_of, last_of};
use crate::decode::Cursor;
use crate::decode::packed::{self, Broken, Name};
use crate::{ChannelId, Dispatch, UserId};

pub(super) const CHANNEL_ID: Name = Name::of("channel_id");
pub(super) const LAST_PIN_TIMESTAMP: Name = Name::of("last_pin_timestamp");
const MEMBER_COUNT: Name = Name::of("member_count");
/// How many channels are looked for in one walk through the threads of a guild.
const AT_ONCE: usize = 64;
pub(super) const PARENT_ID: Name = Name::of("parent_id");
pub(super) const STATUS: Name = Name::of("status");
const USER_ID: Name = Name::of("user_id");
pub(super) const VOICE_START_TIME: Name = Name::of("voice_start_time");

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Reads a channel of a guild, or one of direct messages.
    #[inline(never)]
    pub(super) fn channel(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        if event.guild_id().is_none() {
            return self.dm_channel(cursor);
        }
        self.in_guild(event, Kind::Channel, |reader, guild| {
            reader.row(Kind::Channel, guild, &mut cursor, Absent::Carries).map(drop)
        })
    }

    /// Reads a thread.
    #[inline(never)]
    pub(super) fn thread(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        self.in_guild(event, Kind::Thread, |reader, guild| {
            let row = reader.row(Kind::Thread, guild, &mut cursor, Absent::Carries)?;
            let parent = row.map(|row| packed::find(reader.records.fields(row), PARENT_ID));
            if let Some(parent) = parent.flatten().and_then(|parent| parent.unsigned()) {
                reader.look_for_channel(parent);
            }
            Ok(())
        })
    }

    /// Tells if a channel of a guild is not known, neither as one nor as a thread.
    pub(in super::super) fn look_for_channel(&mut self, id: u64) {
        let kinds = [Kind::Channel, Kind::Thread];
        let is = |kind: &Kind| self.records.find_listed(*kind, NONE, id).is_some();
        if kinds.iter().all(|kind| self.keeps(*kind)) && !kinds.iter().any(is) {
            self.witness.tell(News::Unknown(Parent::Channel(ChannelId(id))));
        }
    }

    /// Reads a channel of direct messages, which is known by the user at the other end.
    fn dm_channel(&mut self, cursor: Cursor<'_>) -> Result<(), Broken> {
        let mut recipients = cursor;
        if !enter(&mut recipients, "recipients")? {
            return Ok(());
        }
        let mut items = recipients.list()?;
        if recipients.item(&mut items)? {
            let (user, channel) = (id_of(recipients)?, id_of(cursor)?);
            // More than one makes a group.
            recipients.skip()?;
            if !recipients.item(&mut items)? {
                self.dm(UserId(user), ChannelId(channel));
            }
        }
        Ok(())
    }

    /// Stores the channel of direct messages with a user.
    pub(in super::super) fn dm(&mut self, user: UserId, channel: ChannelId) {
        if !self.keeps(Kind::DmChannel) || self.settings.limits.of(Kind::DmChannel).rows == 0 {
            return;
        }
        let mut frame = self.begin(Kind::DmChannel, NONE);
        frame.key = Some(user.0);
        let written = self
            .put(&frame, CHANNEL_ID, |out| out.unsigned(channel.0))
            .and_then(|()| self.put(&frame, USER_ID, |out| out.unsigned(user.0)));
        let stored = written.and_then(|()| self.store(&frame, Absent::Goes));
        self.end(&frame, stored.map(Some));
    }

    /// Removes a channel and what is in it.
    #[inline(never)]
    pub(super) fn channel_delete(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let id = id_of(event.cursor())?;
        if event.guild_id().is_none() {
            self.dm_delete(id);
            return Ok(());
        }
        self.in_guild(event, Kind::Channel, |reader, guild| {
            reader.delete(Kind::Channel, id);
            reader.clear_channel(guild, id);
            Ok(())
        })
    }

    /// Removes a channel of direct messages, and its messages.
    pub(super) fn remove_dm(&mut self, row: u32) {
        let channel = packed::find(self.records.fields(row), CHANNEL_ID);
        let channel = channel.and_then(|channel| channel.unsigned());
        self.remove(row);
        if let Some(channel) = channel {
            self.clear_room(channel);
        }
    }

    /// Removes a channel of direct messages that an event names, and its messages.
    fn dm_delete(&mut self, channel: u64) {
        let mut row = self.first(Place::Root(Root::DmChannels));
        while let Some(here) = row {
            row = Some(self.records.next(here, Links::OWNED)).filter(|next| *next != NONE);
            if self.is_of(here, CHANNEL_ID, channel) {
                self.remove(here);
            }
        }
        self.clear_room(channel);
    }

    /// Removes a channel of a guild that did not come again, and what is in it but for rows that did.
    pub(in super::super) fn remove_channel(&mut self, row: u32) {
        let (guild, id) = (self.records.owner(row), self.records.key(row));
        self.remove(row);
        self.clear_threads_of(guild, id, true);
        self.clear_where(Kind::Invite, guild, CHANNEL_ID, id);
        self.clear_room(id);
    }

    /// Removes what is in a channel.
    pub(super) fn clear_channel(&mut self, guild: u32, id: u64) {
        self.clear_threads_of(guild, id, false);
        self.clear_where(Kind::Invite, guild, CHANNEL_ID, id);
        self.clear_where(Kind::VoiceState, guild, CHANNEL_ID, id);
        self.clear_where(Kind::Stage, guild, CHANNEL_ID, id);
        self.clear_room(id);
    }

    /// Removes the threads of a channel and what is in them, or those among them that are stale.
    fn clear_threads_of(&mut self, guild: u32, channel: u64, stale_only: bool) {
        self.each(Kind::Thread, guild, |reader, row| {
            let goes = !stale_only || reader.records.is(row, Mark::Stale);
            if goes && reader.is_of(row, PARENT_ID, channel) {
                let thread = reader.records.key(row);
                reader.remove(row);
                reader.clear_room(thread);
            }
        });
    }

    /// Removes a thread and what is in it.
    #[inline(never)]
    pub(super) fn thread_delete(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let id = id_of(event.cursor())?;
        self.delete(Kind::Thread, id);
        self.clear_room(id);
        Ok(())
    }

    /// Replaces the threads of some channels of a guild, or all of it.
    #[inline(never)]
    pub(super) fn thread_list_sync(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        self.in_guild(event, Kind::Thread, |reader, guild| {
            let mut threads = event.cursor();
            let read = reader
                .doubt_threads(guild, threads)
                .and_then(|()| enter(&mut threads, "threads"))
                .and_then(|there| match there {
                    true => reader.rows(Kind::Thread, guild, &mut threads),
                    false => Ok(()),
                });
            reader.settle(Kind::Thread, guild, read.is_ok());
            read?;
            reader.thread_members(event.cursor())
        })
    }

    /// Doubts the threads of the channels a list names, or all if there is none.
    ///
    /// Its frame is not to be on the stack while the threads are read.
    #[inline(never)]
    fn doubt_threads(&mut self, guild: u32, mut cursor: Cursor<'_>) -> Result<(), Broken> {
        let mut some = false;
        if enter(&mut cursor, "channel_ids")? && !cursor.null()? {
            let mut channels = heapless::Vec::<u64, AT_ONCE>::new();
            let mut items = cursor.list()?;
            while cursor.item(&mut items)? {
                some = true;
                let channel = cursor.snowflake()?;
                if channels.push(channel).is_ok() && channels.is_full() {
                    self.doubt_threads_of(guild, &channels);
                    channels.clear();
                }
            }
            self.doubt_threads_of(guild, &channels);
        }
        if !some {
            self.doubt(Kind::Thread, guild);
        }
        Ok(())
    }

    /// Doubts the threads of some channels.
    fn doubt_threads_of(&mut self, guild: u32, channels: &[u64]) {
        if channels.is_empty() {
            return;
        }
        self.each(Kind::Thread, guild, |reader, row| {
            let parent = packed::find(reader.records.fields(row), PARENT_ID);
            let parent = parent.and_then(|parent| parent.unsigned());
            if parent.is_some_and(|parent| channels.contains(&parent)) {
                reader.records.mark(row, Mark::Stale, true);
            }
        });
    }

    /// Sets what the bot is in the threads it is in.
    fn thread_members(&mut self, mut cursor: Cursor<'_>) -> Result<(), Broken> {
        if !enter(&mut cursor, "members")? || cursor.null()? {
            return Ok(());
        }
        let mut items = cursor.list()?;
        while cursor.item(&mut items)? {
            let member = cursor;
            cursor.skip()?;
            self.thread_member(member)?;
        }
        Ok(())
    }

    /// Sets what the bot is in a thread.
    pub(super) fn thread_member(&mut self, mut member: Cursor<'_>) -> Result<(), Broken> {
        let id = id_of(member)?;
        if let Some(thread) = self.records.find_listed(Kind::Thread, NONE, id) {
            self.patch_value(thread, MEMBER, &mut member);
        }
        Ok(())
    }

    /// Counts the members of a thread; one that the bot left is removed.
    #[inline(never)]
    pub(super) fn thread_members_update(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let names = ["id", "removed_member_ids", "member_count", "added_members"];
        let [id, removed, count, added] = last_of(event.cursor(), names)?;
        let Some(thread) = self.records.find_listed(Kind::Thread, NONE, as_id(id)?) else {
            return Ok(());
        };
        let (own, mut left) = (self.own, false);
        each_id(removed, |id| left |= Some(id) == own)?;
        if left {
            // A public one can still be seen, and a private one by who manages threads: a miss does not prove that it
            // is gone.
            self.records.tallies.lack(Kind::Thread);
            return self.thread_delete(event);
        }
        if let Some(mut count) = count
            && !count.null()?
        {
            let count = u32::try_from(count.u64()?).map_err(|_| Broken)?;
            self.patch_number(thread, MEMBER_COUNT, count.into());
        }
        added.map_or(Ok(()), |added| self.added_to_thread(thread, added))
    }

    /// Sets what the bot is in a thread it was added to.
    fn added_to_thread(&mut self, thread: u32, mut cursor: Cursor<'_>) -> Result<(), Broken> {
        if cursor.null()? {
            return Ok(());
        }
        let mut items = cursor.list()?;
        while cursor.item(&mut items)? {
            let (mut member, mut user) = (cursor, cursor);
            cursor.skip()?;
            if enter(&mut user, "user_id")? && Some(user.snowflake()?) == self.own {
                self.patch_value(thread, MEMBER, &mut member);
            }
        }
        Ok(())
    }

    /// Sets a field of the channel or thread that an event names in `channel`.
    #[inline(never)]
    pub(super) fn channel_field(
        &mut self,
        event: &Dispatch<'_>,
        channel: &str,
        name: Name,
    ) -> Result<(), Broken> {
        let [id, value] = last_of(event.cursor(), [channel, name.text()])?;
        let id = as_id(id)?;
        value.map_or(Ok(()), |value| self.patch_channel(id, name, value))
    }

    /// Sets what was asked of channels.
    #[inline(never)]
    pub(super) fn channel_info(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let mut channels = event.cursor();
        if !enter(&mut channels, "channels")? || channels.null()? {
            return Ok(());
        }
        let mut items = channels.list()?;
        while channels.item(&mut items)? {
            let channel = channels;
            channels.skip()?;
            let id = id_of(channel)?;
            for name in [STATUS, VOICE_START_TIME] {
                let mut value = channel;
                if enter(&mut value, name.text())? && self.patch_channel(id, name, value).is_err() {
                    self.breaks(Kind::Channel);
                }
            }
        }
        Ok(())
    }

    /// Sets a field of a channel or thread to null, text, or an integer if it is a time since when.
    fn patch_channel(&mut self, id: u64, name: Name, mut value: Cursor<'_>) -> Result<(), Broken> {
        let mut read = value;
        if !read.null()? {
            if name == VOICE_START_TIME { read.i64().map(drop) } else { read.text().map(drop) }?;
        }
        let channel = self.records.find_listed(Kind::Channel, NONE, id);
        let row = channel.or_else(|| self.records.find_listed(Kind::Thread, NONE, id));
        if let Some(row) = row {
            self.patch_value(row, name, &mut value);
        }
        Ok(())
    }

    /// Removes the messages of a channel or thread.
    pub(super) fn clear_room(&mut self, channel: u64) {
        let Some(room) = self.records.find(Kind::Room, NONE, channel) else { return };
        let guild = self.records.owner(room);
        self.holding(room, |reader| reader.clear_list(Place::In(room, 0)));
        if guild != NONE {
            self.records.drop_if_empty(guild);
        }
    }

    /// Removes the rows of a guild whose field of a name is an id.
    pub(super) fn clear_where(&mut self, kind: Kind, guild: u32, name: Name, id: u64) {
        self.each(kind, guild, |reader, row| {
            if reader.is_of(row, name, id) {
                reader.remove(row);
            }
        });
    }

    fn is_of(&self, row: u32, name: Name, id: u64) -> bool {
        let value = packed::find(self.records.fields(row), name);
        value.and_then(|value| value.unsigned()) == Some(id)
    }

    /// Does something with each row of a guild, which may take it away.
    pub(in super::super) fn each(
        &mut self,
        kind: Kind,
        guild: u32,
        mut act: impl FnMut(&mut Self, u32),
    ) {
        let Some(number) = kind.list() else { return };
        let mut row = self.records.list(Place::In(guild, number)).head;
        while row != NONE {
            let next = self.records.next(row, Links::OWNED);
            act(self, row);
            row = next;
        }
    }

    pub(in super::super) fn first(&self, place: Place) -> Option<u32> {
        Some(self.records.list(place).head).filter(|row| *row != NONE)
    }
}
