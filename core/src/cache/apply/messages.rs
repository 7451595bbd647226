//! Messages and their reactions.

use super::super::family::Memory;
use super::super::kind::{Kind, NONE, Place};
use super::super::reader::{Reacted, Reader};
use super::super::rows::Witness;
use super::{as_id, each_id, is_true, last_of};
use crate::decode::packed::Broken;
use crate::decode::{Cursor, Seq, Text};
use crate::model::PartialEmoji;
use crate::{Dispatch, GuildId};

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    #[inline(never)]
    pub(super) fn message_create(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        self.insert_message(event.guild_id(), event.cursor())
    }

    /// Stores a message of the channel it names.
    pub(in super::super) fn insert_message(
        &mut self,
        guild: Option<GuildId>,
        mut message: Cursor<'_>,
    ) -> Result<(), Broken> {
        let most = self.settings.limits.of(Kind::Message).rows;
        if !self.keeps(Kind::Message) || most.min(self.settings.max_messages_per_channel) == 0 {
            return Ok(message.skip()?);
        }
        let Some(id) = guild else {
            self.new_message(NONE, &mut message);
            return Ok(());
        };
        self.of_guild(id.0, |reader, guild| {
            reader.new_message(guild, &mut message);
            Ok(())
        })
    }

    /// Finds a channel as the place of messages, or makes it.
    pub(in super::super) fn room(&mut self, guild: u32, channel: u64) -> Option<u32> {
        if let Some(room) = self.records.find(Kind::Room, NONE, channel) {
            let owner = self.records.owner(room);
            // What only the user sees comes without the guild.
            if guild == NONE || owner == guild {
                return Some(room);
            }
            if owner != NONE {
                self.clear_room(channel);
            }
            if let Some(room) = self.records.find(Kind::Room, NONE, channel) {
                // It was in none, or messages that others answer are still in it.
                self.records.move_to(room, guild);
                return Some(room);
            }
        }
        let room = self.records.admit(Kind::Room, guild, channel, b"");
        if room.is_none() {
            self.refuse(Kind::Message);
        }
        room
    }

    /// Brings a message up to date; one that is not there is not made.
    #[inline(never)]
    pub(super) fn message_update(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        self.update_message(event.cursor())
    }

    #[inline(never)]
    pub(super) fn message_delete(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let [id] = last_of(event.cursor(), ["id"])?;
        self.delete(Kind::Message, as_id(id)?);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn message_delete_bulk(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let [ids] = last_of(event.cursor(), ["ids"])?;
        each_id(ids, |id| self.delete(Kind::Message, id))
    }

    /// Counts an emoji that somebody gave or took back.
    #[inline(never)]
    pub(super) fn reaction(&mut self, event: &Dispatch<'_>, given: bool) -> Result<(), Broken> {
        let (message, reacted) = self.read_reaction(event, given)?;
        self.reacted(message, reacted);
        Ok(())
    }

    /// Reads what somebody gave or took back.
    ///
    /// Its frame is not to be on the stack while the message changes.
    #[inline(never)]
    fn read_reaction<'e>(
        &self,
        event: &Dispatch<'e>,
        given: bool,
    ) -> Result<(u64, Reacted<'e>), Broken> {
        let names = ["message_id", "user_id", "emoji", "burst", "burst_colors"];
        let [message, user, emoji, burst, colors] = last_of(event.cursor(), names)?;
        let (message, me) = (as_id(message)?, self.own == Some(as_id(user)?));
        let (emoji, burst) = (as_emoji(emoji)?, is_true(burst)?);
        if let Some(mut colors) = colors {
            colors.decode::<Seq<'_, Text<'_>>>()?;
        }
        let colors = colors.filter(|_| given);
        Ok((message, Reacted::By { emoji, given, me, burst, colors }))
    }

    #[inline(never)]
    pub(super) fn reaction_remove_all(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let [message] = last_of(event.cursor(), ["message_id"])?;
        self.reacted(as_id(message)?, Reacted::None);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn reaction_remove_emoji(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let (message, emoji) = read_emoji(event)?;
        self.reacted(message, Reacted::Without(emoji));
        Ok(())
    }

    fn reacted(&mut self, message: u64, reacted: Reacted<'_>) {
        if let Some(row) = self.records.find(Kind::Message, NONE, message) {
            self.react(row, reacted);
        }
    }

    /// Removes the messages of all channels of a guild.
    pub(super) fn clear_rooms(&mut self, guild: u32) {
        let Some(number) = Kind::Room.list() else { return };
        let mut room = self.records.list(Place::In(guild, number)).head;
        while room != NONE {
            room = self.holding_for_next(room, &mut |reader, room| {
                reader.clear_list(Place::In(room, 0));
            });
        }
    }
}

/// Reads which message and emoji an event names.
#[inline(never)]
fn read_emoji<'e>(event: &Dispatch<'e>) -> Result<(u64, Cursor<'e>), Broken> {
    let [message, emoji] = last_of(event.cursor(), ["message_id", "emoji"])?;
    Ok((as_id(message)?, as_emoji(emoji)?))
}

/// Makes sure that a value is an emoji.
#[inline(never)]
fn as_emoji(value: Option<Cursor<'_>>) -> Result<Cursor<'_>, Broken> {
    let emoji = value.ok_or(Broken)?;
    { emoji }.decode::<PartialEmoji<'_>>()?;
    Ok(emoji)
}
