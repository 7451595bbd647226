//! What each event does to the rows.

use super::family::Memory;
use super::kind::{Kind, Mark, NONE};
use super::reader::{Absent, Reader};
use super::rows::Witness;
use crate::decode::packed::Name;
use crate::decode::{Cursor, DecodeError, Expected, Key};
use crate::{Dispatch, EventKind};

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Does what an event tells.
    ///
    /// # Errors
    /// If the payload is not well-formed; what came before the fault is done.
    pub(super) fn apply(&mut self, event: &Dispatch<'_>) -> Result<(), DecodeError> {
        let mut cursor = event.cursor();
        #[expect(clippy::wildcard_enum_match_arm, reason = "most events change no row")]
        match event.kind() {
            EventKind::GuildCreate => self.guild_create(cursor),
            EventKind::GuildUpdate => self.guild_update(cursor),
            EventKind::GuildDelete => self.guild_delete(cursor),
            EventKind::ChannelCreate | EventKind::ChannelUpdate => {
                self.in_guild(event, |reader, guild| {
                    reader.row(Kind::Channel, guild, &mut cursor, Absent::Goes).map(drop)
                })
            }
            EventKind::GuildEmojisUpdate => self.replace(event, "emojis", Kind::Emoji),
            EventKind::GuildStickersUpdate => self.replace(event, "stickers", Kind::Sticker),
            EventKind::GuildRoleCreate | EventKind::GuildRoleUpdate => {
                self.in_guild(event, |reader, guild| {
                    let found = enter(&mut cursor, "role")?;
                    if found {
                        reader.row(Kind::Role, guild, &mut cursor, Absent::Goes)?;
                    }
                    Ok(())
                })
            }
            EventKind::GuildMemberAdd => self.in_guild(event, |reader, guild| {
                reader.row(Kind::Member, guild, &mut cursor, Absent::Goes).map(drop)
            }),
            EventKind::GuildMemberUpdate => self.in_guild(event, |reader, guild| {
                reader.row(Kind::Member, guild, &mut cursor, Absent::Stays).map(drop)
            }),
            _ => Ok(()),
        }
    }

    /// Does something in the guild an event names; nothing if it names none.
    fn in_guild(
        &mut self,
        event: &Dispatch<'_>,
        act: impl FnOnce(&mut Self, u32) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let Some(guild) = event.guild_id().and_then(|id| self.guild(id.0)) else { return Ok(()) };
        let done = act(self, guild);
        self.records.drop_if_empty(guild);
        done
    }

    /// Replaces all rows of a kind by those in a list.
    fn replace(&mut self, event: &Dispatch<'_>, list: &str, kind: Kind) -> Result<(), DecodeError> {
        let mut cursor = event.cursor();
        self.in_guild(event, |reader, guild| {
            if !enter(&mut cursor, list)? {
                return Ok(());
            }
            reader.doubt(kind, guild);
            reader.rows(kind, guild, &mut cursor)?;
            reader.clear(kind, guild, true);
            Ok(())
        })
    }

    /// Replaces a guild and all that belongs to it.
    fn guild_create(&mut self, mut cursor: Cursor<'_>) -> Result<(), DecodeError> {
        let start = cursor;
        if !enter(&mut cursor, "id")? {
            return Err(start.error(Expected::Snowflake));
        }
        let id = cursor.snowflake()?;
        let mut cursor = start;
        let Some(guild) = self.guild(id) else { return Ok(()) };
        SUBTREE.iter().for_each(|(_, kind)| self.doubt(*kind, guild));
        let read = self.guild_fields(guild, &mut cursor, Absent::Goes);
        if read.is_ok() {
            SUBTREE.iter().for_each(|(_, kind)| self.clear(*kind, guild, true));
        }
        self.records.drop_if_empty(guild);
        read
    }

    /// Patches a guild by what came.
    fn guild_update(&mut self, cursor: Cursor<'_>) -> Result<(), DecodeError> {
        let (start, mut cursor) = (cursor, cursor);
        if !enter(&mut cursor, "id")? {
            return Err(start.error(Expected::Snowflake));
        }
        let id = cursor.snowflake()?;
        let mut cursor = start;
        let Some(guild) = self.guild(id) else { return Ok(()) };
        let read = self.guild_fields(guild, &mut cursor, Absent::Stays);
        self.records.drop_if_empty(guild);
        read
    }

    /// Reads a guild, of which lists are rows.
    fn guild_fields(
        &mut self,
        guild: u32,
        cursor: &mut Cursor<'_>,
        absent: Absent,
    ) -> Result<(), DecodeError> {
        let mut frame = self.begin(Kind::Guild, NONE);
        let mut members = cursor.object()?;
        while let Some(key) = cursor.key(&mut members)? {
            if let Some(kind) = listed(&key) {
                if absent == Absent::Stays {
                    self.doubt(kind, guild);
                }
                self.rows(kind, guild, cursor)?;
                if absent == Absent::Stays {
                    self.clear(kind, guild, true);
                }
                continue;
            }
            let place = *cursor;
            let read = match Name::of_key(&key) {
                Some(name) => self.field(&mut frame, cursor, name),
                None => cursor.skip().map_err(Into::into),
            };
            if read.is_err() {
                self.losses.broken += 1;
                *cursor = place;
                cursor.skip()?;
            }
        }
        let stored = self.store(&frame, absent);
        self.end(&frame, stored);
        self.records.mark(guild, Mark::Known, true);
        self.records.mark(guild, Mark::Unavailable, false);
        Ok(())
    }

    /// Marks a guild as not available, or removes it with all that belongs to it.
    fn guild_delete(&mut self, cursor: Cursor<'_>) -> Result<(), DecodeError> {
        let gone: crate::model::UnavailableGuild = { cursor }.decode()?;
        let Some(guild) = self.records.find(Kind::Guild, NONE, gone.id.0) else { return Ok(()) };
        if gone.unavailable == Some(true) {
            self.records.mark(guild, Mark::Unavailable, true);
            return Ok(());
        }
        SUBTREE.iter().for_each(|(_, kind)| self.clear(*kind, guild, false));
        self.clear(Kind::Invite, guild, false);
        self.records.mark(guild, Mark::Known, false);
        self.records.drop_if_empty(guild);
        Ok(())
    }
}

/// The lists of a guild, by their names.
const SUBTREE: [(&str, Kind); 11] = [
    ("channels", Kind::Channel),
    ("emojis", Kind::Emoji),
    ("guild_scheduled_events", Kind::ScheduledEvent),
    ("members", Kind::Member),
    ("presences", Kind::Presence),
    ("roles", Kind::Role),
    ("soundboard_sounds", Kind::Sound),
    ("stage_instances", Kind::Stage),
    ("stickers", Kind::Sticker),
    ("threads", Kind::Thread),
    ("voice_states", Kind::VoiceState),
];

fn listed(key: &Key<'_>) -> Option<Kind> {
    SUBTREE.iter().find(|(name, _)| key.is(name)).map(|(_, kind)| *kind)
}

/// Stands before the value of a name in the object a cursor stands before; returns whether there is one.
fn enter(cursor: &mut Cursor<'_>, name: &str) -> Result<bool, DecodeError> {
    let mut members = cursor.object()?;
    while let Some(key) = cursor.key(&mut members)? {
        if key.is(name) {
            return Ok(true);
        }
        cursor.skip()?;
    }
    Ok(false)
}
