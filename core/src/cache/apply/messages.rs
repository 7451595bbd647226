//! Messages and their reactions.

use super::super::family::Memory;
use super::super::kind::{Kind, NONE, Place};
use super::super::reader::{Reacted, Reader};
use super::super::rows::Witness;
use super::enter;
use crate::decode::Cursor;
use crate::decode::packed::Broken;
use crate::model::{
    MessageDelete, MessageDeleteBulk, MessageReactionAdd, MessageReactionRemove,
    MessageReactionRemoveAll, MessageReactionRemoveEmoji,
};
use crate::{Dispatch, GuildId, MessageId};

/// A message, and what became of its reactions.
type ReactedTo<'e> = (MessageId, Reacted<'e>);

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
        let gone: MessageDelete = event.decode()?;
        self.delete(Kind::Message, gone.id.0);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn message_delete_bulk(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let gone: MessageDeleteBulk<'_> = event.decode()?;
        for id in gone.ids.iter().flatten() {
            self.delete(Kind::Message, id.0);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn reaction_add(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        if let Some((message, reacted)) = self.added(event)? {
            self.reacted(message, reacted);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn reaction_remove(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        if let Some((message, reacted)) = self.taken(event)? {
            self.reacted(message, reacted);
        }
        Ok(())
    }

    /// Reads what somebody gave; nothing if there is no emoji.
    #[inline(never)]
    fn added<'e>(&self, event: &Dispatch<'e>) -> Result<Option<ReactedTo<'e>>, Broken> {
        let added: MessageReactionAdd<'_> = event.decode()?;
        let (mut emoji, mut colors) = (event.cursor(), event.cursor());
        if !enter(&mut emoji, "emoji")? {
            return Ok(None);
        }
        let me = self.own == Some(added.user_id.0);
        let burst = added.burst == Some(true);
        let colors = enter(&mut colors, "burst_colors")?.then_some(colors);
        Ok(Some((added.message_id, Reacted::By { emoji, given: true, me, burst, colors })))
    }

    /// Reads what somebody took back; nothing if there is no emoji.
    #[inline(never)]
    fn taken<'e>(&self, event: &Dispatch<'e>) -> Result<Option<ReactedTo<'e>>, Broken> {
        let gone: MessageReactionRemove<'_> = event.decode()?;
        let mut emoji = event.cursor();
        if !enter(&mut emoji, "emoji")? {
            return Ok(None);
        }
        let me = self.own == Some(gone.user_id.0);
        let burst = gone.burst == Some(true);
        Ok(Some((gone.message_id, Reacted::By { emoji, given: false, me, burst, colors: None })))
    }

    #[inline(never)]
    pub(super) fn reaction_remove_all(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let gone: MessageReactionRemoveAll = event.decode()?;
        self.reacted(gone.message_id, Reacted::None);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn reaction_remove_emoji(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let gone: MessageReactionRemoveEmoji<'_> = event.decode()?;
        let mut emoji = event.cursor();
        if enter(&mut emoji, "emoji")? {
            self.reacted(gone.message_id, Reacted::Without(emoji));
        }
        Ok(())
    }

    fn reacted(&mut self, message: MessageId, reacted: Reacted<'_>) {
        if let Some(row) = self.records.find(Kind::Message, NONE, message.0) {
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
