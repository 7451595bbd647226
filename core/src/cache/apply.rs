//! What each event does to the rows.

use super::family::Memory;
use super::kind::{Kind, Mark, NONE};
use super::reader::{Absent, Frame, Reader};
use super::rows::Witness;
use crate::decode::packed::{Name, Unpacked};
use crate::decode::{Cursor, DecodeError, Expected, Key};
use crate::{Dispatch, EventKind};

mod channels;
mod community;
mod messages;
mod people;

const MEMBER: Name = Name::of("member");

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Does what an event tells.
    ///
    /// # Errors
    /// If the payload is not well-formed; what came before the fault is done.
    pub(super) fn apply(&mut self, event: &Dispatch<'_>) -> Result<(), DecodeError> {
        let applied = self
            .apply_to_guild(event)
            .or_else(|| self.apply_to_channel(event))
            .or_else(|| self.apply_to_message(event))
            .or_else(|| self.apply_to_community(event));
        applied.unwrap_or(Ok(()))
    }

    /// Does what an event tells of a guild, its roles, emojis, stickers and members.
    fn apply_to_guild(&mut self, event: &Dispatch<'_>) -> Option<Result<(), DecodeError>> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
        Some(match event.kind() {
            EventKind::GuildCreate => self.guild_create(event.cursor()),
            EventKind::GuildUpdate => self.guild_update(event.cursor()),
            EventKind::GuildDelete => self.guild_delete(event.cursor()),
            EventKind::GuildRoleCreate | EventKind::GuildRoleUpdate => self.role(event),
            EventKind::GuildRoleDelete => self.delete_by(event, "role_id", Kind::Role),
            EventKind::GuildEmojisUpdate => self.replace(event, "emojis", Kind::Emoji),
            EventKind::GuildStickersUpdate => self.replace(event, "stickers", Kind::Sticker),
            EventKind::GuildMemberAdd => self.member_add(event),
            EventKind::GuildMemberUpdate => self.member_update(event),
            EventKind::GuildMemberRemove => self.member_remove(event),
            EventKind::GuildMembersChunk => self.members_chunk(event),
            EventKind::PresenceUpdate => self.state(Kind::Presence, event),
            EventKind::VoiceStateUpdate => self.state(Kind::VoiceState, event),
            _ => return None,
        })
    }

    /// Does what an event tells of channels and threads.
    fn apply_to_channel(&mut self, event: &Dispatch<'_>) -> Option<Result<(), DecodeError>> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
        Some(match event.kind() {
            EventKind::ChannelCreate | EventKind::ChannelUpdate => self.channel(event),
            EventKind::ChannelDelete => self.channel_delete(event),
            EventKind::ChannelInfo => self.channel_info(event),
            EventKind::ChannelPinsUpdate => self.pins(event),
            EventKind::ThreadCreate | EventKind::ThreadUpdate => {
                self.one(event, Kind::Thread, Absent::GoBut(MEMBER))
            }
            EventKind::ThreadDelete => self.thread_delete(event),
            EventKind::ThreadListSync => self.thread_list_sync(event),
            EventKind::ThreadMemberUpdate => self.thread_member(event.cursor()),
            EventKind::ThreadMembersUpdate => self.thread_members_update(event),
            EventKind::VoiceChannelStartTimeUpdate => self.voice_start(event),
            EventKind::VoiceChannelStatusUpdate => self.voice_status(event),
            _ => return None,
        })
    }

    /// Does what an event tells of messages.
    fn apply_to_message(&mut self, event: &Dispatch<'_>) -> Option<Result<(), DecodeError>> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
        Some(match event.kind() {
            EventKind::MessageCreate => self.message_create(event),
            EventKind::MessageUpdate => self.message_update(event),
            EventKind::MessageDelete => self.message_delete(event),
            EventKind::MessageDeleteBulk => self.message_delete_bulk(event),
            EventKind::MessageReactionAdd => self.reaction_add(event),
            EventKind::MessageReactionRemove => self.reaction_remove(event),
            EventKind::MessageReactionRemoveAll => self.reaction_remove_all(event),
            EventKind::MessageReactionRemoveEmoji => self.reaction_remove_emoji(event),
            _ => return None,
        })
    }

    /// Does what an event tells of the session, invites, stages, scheduled events and sounds.
    fn apply_to_community(&mut self, event: &Dispatch<'_>) -> Option<Result<(), DecodeError>> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "most events change no row")]
        Some(match event.kind() {
            EventKind::Ready => self.ready(event),
            EventKind::UserUpdate => self.own_user(event.cursor()),
            EventKind::InviteCreate => self.one(event, Kind::Invite, Absent::Goes),
            EventKind::InviteDelete => self.invite_delete(event),
            EventKind::StageInstanceCreate | EventKind::StageInstanceUpdate => {
                self.one(event, Kind::Stage, Absent::Goes)
            }
            EventKind::StageInstanceDelete => self.delete_by(event, "id", Kind::Stage),
            EventKind::GuildScheduledEventCreate | EventKind::GuildScheduledEventUpdate => {
                self.one(event, Kind::ScheduledEvent, Absent::Goes)
            }
            EventKind::GuildScheduledEventDelete => {
                self.delete_by(event, "id", Kind::ScheduledEvent)
            }
            EventKind::GuildScheduledEventUserAdd => self.event_user(event, 1),
            EventKind::GuildScheduledEventUserRemove => self.event_user(event, -1),
            EventKind::GuildSoundboardSoundCreate | EventKind::GuildSoundboardSoundUpdate => {
                self.one(event, Kind::Sound, Absent::Goes)
            }
            EventKind::GuildSoundboardSoundDelete => self.delete_by(event, "sound_id", Kind::Sound),
            EventKind::GuildSoundboardSoundsUpdate | EventKind::SoundboardSounds => {
                self.replace(event, "soundboard_sounds", Kind::Sound)
            }
            _ => return None,
        })
    }

    /// Reads an event that is a row of a guild.
    fn one(&mut self, event: &Dispatch<'_>, kind: Kind, absent: Absent) -> Result<(), DecodeError> {
        let mut cursor = event.cursor();
        self.in_guild(event, |reader, guild| reader.row(kind, guild, &mut cursor, absent).map(drop))
    }

    fn role(&mut self, event: &Dispatch<'_>) -> Result<(), DecodeError> {
        let mut cursor = event.cursor();
        self.in_guild(event, |reader, guild| {
            if enter(&mut cursor, "role")? {
                reader.row(Kind::Role, guild, &mut cursor, Absent::Goes)?;
            }
            Ok(())
        })
    }

    /// Removes the row that an event names by an id.
    fn delete_by(
        &mut self,
        event: &Dispatch<'_>,
        name: &str,
        kind: Kind,
    ) -> Result<(), DecodeError> {
        let mut cursor = event.cursor();
        if enter(&mut cursor, name)? {
            let id = cursor.snowflake()?;
            self.delete(kind, id);
        }
        Ok(())
    }

    /// Removes a row.
    fn delete(&mut self, kind: Kind, key: u64) {
        if let Some(row) = self.records.find_listed(kind, NONE, key) {
            self.remove(row);
        }
    }

    /// Does something while a row cannot go.
    fn holding<T>(&mut self, row: u32, act: impl FnOnce(&mut Self) -> T) -> T {
        self.records.retain(row);
        let done = act(self);
        self.records.release(row);
        self.records.drop_if_empty(row);
        done
    }

    /// Does something in the guild an event names; nothing if it names none.
    fn in_guild(
        &mut self,
        event: &Dispatch<'_>,
        act: impl FnOnce(&mut Self, u32) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        match event.guild_id() {
            Some(id) => self.within(id.0, act),
            None => event.cursor().skip(),
        }
    }

    /// Does something in a guild, which stays as long.
    fn within(
        &mut self,
        id: u64,
        act: impl FnOnce(&mut Self, u32) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let Some(guild) = self.guild(id) else { return Ok(()) };
        self.holding(guild, |reader| act(reader, guild))
    }

    /// Replaces all rows of a kind by those in a list.
    fn replace(&mut self, event: &Dispatch<'_>, list: &str, kind: Kind) -> Result<(), DecodeError> {
        let mut cursor = event.cursor();
        self.in_guild(event, |reader, guild| {
            if enter(&mut cursor, list)? {
                reader.replace_by(kind, guild, &mut cursor)?;
            }
            Ok(())
        })
    }

    fn replace_by(
        &mut self,
        kind: Kind,
        guild: u32,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), DecodeError> {
        self.doubt(kind, guild);
        let read = self.rows(kind, guild, cursor);
        self.settle(kind, guild, read.is_ok());
        read
    }

    /// Replaces a guild and all that belongs to it, or marks it as not available.
    fn guild_create(&mut self, cursor: Cursor<'_>) -> Result<(), DecodeError> {
        let id = id_of(cursor)?;
        self.within(id, |reader, guild| {
            SUBTREE.iter().for_each(|(_, kind)| reader.doubt(*kind, guild));
            let read = reader.guild_row(guild, id, cursor, Absent::Goes);
            let whole = read == Ok(Told::All);
            SUBTREE.iter().for_each(|(_, kind)| reader.settle(*kind, guild, whole));
            reader.link_voice_states(guild);
            read.map(drop)
        })
    }

    /// Patches a guild by what came.
    fn guild_update(&mut self, cursor: Cursor<'_>) -> Result<(), DecodeError> {
        let id = id_of(cursor)?;
        self.within(id, |reader, guild| {
            reader.guild_row(guild, id, cursor, Absent::Stays).map(drop)
        })
    }

    /// Reads a guild, of which lists are rows, and stores it.
    fn guild_row(
        &mut self,
        guild: u32,
        id: u64,
        mut cursor: Cursor<'_>,
        absent: Absent,
    ) -> Result<Told, DecodeError> {
        let mut frame = self.begin(Kind::Guild, NONE);
        frame.key = Some(id);
        let read = self.guild_fields(guild, &mut frame, &mut cursor, absent);
        let stored = match read {
            Ok(Told::All) => {
                self.records.mark(guild, Mark::Unavailable, false);
                if self.keeps(Kind::Guild) {
                    self.store(&frame, absent).map(Some)
                } else {
                    Ok(None)
                }
            }
            Ok(Told::Unavailable) => {
                self.records.mark(guild, Mark::Unavailable, true);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        };
        self.end(&frame, stored);
        read
    }

    fn guild_fields(
        &mut self,
        guild: u32,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        absent: Absent,
    ) -> Result<Told, DecodeError> {
        let mut members = cursor.object()?;
        while let Some(key) = cursor.key(&mut members)? {
            if let Some(kind) = listed(&key) {
                if absent == Absent::Goes {
                    self.rows(kind, guild, cursor)?;
                } else {
                    self.replace_by(kind, guild, cursor)?;
                }
            } else if key.is("id") {
                // The first one counts, which is known.
                cursor.skip()?;
            } else if key.is("unavailable") {
                if absent == Absent::Goes && { *cursor }.bool() == Ok(true) {
                    return Ok(Told::Unavailable);
                }
                cursor.skip()?;
            } else {
                match self.part(frame, cursor, &key)? {
                    Ok(()) => {}
                    Err(Unpacked::Broken(_)) => self.losses.broken += 1,
                    Err(Unpacked::Full) => self.lose(frame, &key),
                }
            }
        }
        Ok(Told::All)
    }

    /// Marks a guild as not available, or removes it with all that belongs to it.
    fn guild_delete(&mut self, cursor: Cursor<'_>) -> Result<(), DecodeError> {
        let gone: crate::model::UnavailableGuild = { cursor }.decode()?;
        let (id, away) = (gone.id.0, gone.unavailable == Some(true));
        if !away && self.records.find(Kind::Guild, NONE, id).is_none() {
            return Ok(());
        }
        self.within(id, |reader, guild| {
            if away {
                reader.records.mark(guild, Mark::Unavailable, true);
            } else {
                reader.forget(guild);
            }
            Ok(())
        })
    }

    /// Forgets a guild and all that belongs to it.
    fn forget(&mut self, guild: u32) {
        SUBTREE.iter().for_each(|(_, kind)| self.clear(*kind, guild, false));
        self.clear(Kind::Invite, guild, false);
        self.clear_rooms(guild);
        if self.records.is_shown(guild) {
            self.tell_gone(guild);
        }
        self.records.mark(guild, Mark::Known, false);
        self.records.mark(guild, Mark::Unavailable, false);
        self.records.replace(guild, b"");
    }
}

/// What an event told of a guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    All,
    /// That it is not available, and no more.
    Unavailable,
}

/// The lists of a guild, by their names.
pub(super) const SUBTREE: [(&str, Kind); 11] = [
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

/// Reads the id of an object, the first if there are several.
fn id_of(mut cursor: Cursor<'_>) -> Result<u64, DecodeError> {
    let start = cursor;
    if !enter(&mut cursor, "id")? {
        return Err(start.error(Expected::Snowflake));
    }
    cursor.snowflake()
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
