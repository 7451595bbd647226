//! What each event does to the rows.
//!
//! What reads an event of one kind is never inlined: each has a frame of its own then, and none of them one of the
//! size of all.

use super::change::Parent;
use super::family::Memory;
use super::kind::{Kind, NONE};
use super::reader::{Absent, Reader};
use super::rows::{News, Witness};
use crate::decode::Cursor;
use crate::decode::packed::{Broken, Name};
use crate::{Dispatch, EventKind, GuildId};

mod channels;
mod clear;
mod community;
pub(super) mod guild;
mod messages;
mod people;
mod sweep;

const MEMBER: Name = Name::of("member");

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Does what an event tells.
    ///
    /// # Errors
    /// If the payload is not well-formed; what came before the fault is done.
    pub(super) fn apply(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        self.apply_to_guild(event)
    }

    /// Does what an event tells of a guild, its roles, emojis, stickers and members; any other is handed on.
    #[inline(never)]
    fn apply_to_guild(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
        match event.kind() {
            EventKind::GuildCreate => self.guild_create(event),
            EventKind::GuildUpdate => self.guild_update(event),
            EventKind::GuildDelete => self.guild_delete(event),
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
            _ => self.apply_to_channel(event),
        }
    }

    /// Does what an event tells of channels and threads; any other is handed on.
    #[inline(never)]
    fn apply_to_channel(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
        match event.kind() {
            EventKind::ChannelCreate | EventKind::ChannelUpdate => self.channel(event),
            EventKind::ChannelDelete => self.channel_delete(event),
            EventKind::ChannelInfo => self.channel_info(event),
            EventKind::ChannelPinsUpdate => {
                self.channel_field(event, "channel_id", channels::LAST_PIN_TIMESTAMP)
            }
            EventKind::ThreadCreate | EventKind::ThreadUpdate => self.thread(event),
            EventKind::ThreadDelete => self.thread_delete(event),
            EventKind::ThreadListSync => self.thread_list_sync(event),
            EventKind::ThreadMemberUpdate => self.thread_member(event.cursor()),
            EventKind::ThreadMembersUpdate => self.thread_members_update(event),
            EventKind::VoiceChannelStartTimeUpdate => {
                self.channel_field(event, "id", channels::VOICE_START_TIME)
            }
            EventKind::VoiceChannelStatusUpdate => {
                self.channel_field(event, "id", channels::STATUS)
            }
            _ => self.apply_to_message(event),
        }
    }

    /// Does what an event tells of messages; any other is handed on.
    #[inline(never)]
    fn apply_to_message(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
        match event.kind() {
            EventKind::MessageCreate => self.message_create(event),
            EventKind::MessageUpdate => self.message_update(event),
            EventKind::MessageDelete => self.message_delete(event),
            EventKind::MessageDeleteBulk => self.message_delete_bulk(event),
            EventKind::MessageReactionAdd => self.reaction(event, true),
            EventKind::MessageReactionRemove => self.reaction(event, false),
            EventKind::MessageReactionRemoveAll => self.reaction_remove_all(event),
            EventKind::MessageReactionRemoveEmoji => self.reaction_remove_emoji(event),
            _ => self.apply_to_community(event),
        }
    }

    /// Does what an event tells of the session, invites, stages, scheduled events and sounds.
    #[inline(never)]
    fn apply_to_community(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "most events change no row")]
        match event.kind() {
            EventKind::Ready => self.ready(event),
            EventKind::Resumed => {
                self.resumed();
                Ok(())
            }
            EventKind::UserUpdate => self.own_user(event.cursor(), Absent::Stays),
            EventKind::InviteCreate => self.one(event, Kind::Invite, Absent::Goes),
            EventKind::InviteDelete => self.invite_delete(event),
            EventKind::StageInstanceCreate | EventKind::StageInstanceUpdate => {
                self.one(event, Kind::Stage, Absent::Goes)
            }
            EventKind::StageInstanceDelete => self.delete_by(event, "id", Kind::Stage),
            EventKind::GuildScheduledEventCreate | EventKind::GuildScheduledEventUpdate => {
                self.one(event, Kind::ScheduledEvent, Absent::Carries)
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
            _ => Ok(()),
        }
    }

    /// Reads an event that is a row of a guild.
    #[inline(never)]
    fn one(&mut self, event: &Dispatch<'_>, kind: Kind, absent: Absent) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        self.in_guild(event, kind, |reader, guild| {
            reader.row(kind, guild, &mut cursor, absent).map(drop)
        })
    }

    #[inline(never)]
    fn role(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        self.in_guild(event, Kind::Role, |reader, guild| {
            if enter(&mut cursor, "role")? {
                reader.row(Kind::Role, guild, &mut cursor, Absent::Goes)?;
            } else {
                reader.breaks(Kind::Role);
            }
            Ok(())
        })
    }

    /// Removes the row that an event names by an id.
    #[inline(never)]
    fn delete_by(&mut self, event: &Dispatch<'_>, name: &str, kind: Kind) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        if enter(&mut cursor, name)? {
            let id = cursor.snowflake()?;
            self.delete(kind, id);
        } else {
            self.breaks(kind);
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
    pub(super) fn holding<T>(&mut self, row: u32, act: impl FnOnce(&mut Self) -> T) -> T {
        self.records.retain(row);
        let done = act(self);
        self.records.release(row);
        self.records.drop_if_empty(row);
        done
    }

    /// Does something in the guild an event names; one that names none is lost for rows of a kind.
    fn in_guild(
        &mut self,
        event: &Dispatch<'_>,
        kind: Kind,
        act: impl FnOnce(&mut Self, u32) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        if let Some(id) = event.guild_id() {
            return self.of_guild(id.0, act);
        }
        // Invites to groups and calls in direct messages are in no guild.
        if !matches!(kind, Kind::Invite | Kind::VoiceState) {
            self.breaks(kind);
        }
        Ok(event.cursor().skip()?)
    }

    /// Does something in a guild, and tells if there are rows of it and it is not known.
    pub(super) fn of_guild(
        &mut self,
        id: u64,
        act: impl FnOnce(&mut Self, u32) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        self.within(id, |reader, guild| {
            let done = act(reader, guild);
            if reader.records.has_unannounced(guild) {
                reader.witness.tell(News::Unknown(Parent::Guild(GuildId(id))));
            }
            done
        })
    }

    /// Does something in a guild, which stays as long.
    pub(super) fn within(
        &mut self,
        id: u64,
        act: impl FnOnce(&mut Self, u32) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let Some(guild) = self.guild(id) else { return Ok(()) };
        self.holding(guild, |reader| act(reader, guild))
    }

    /// Replaces all rows of a kind by those in a list.
    #[inline(never)]
    fn replace(&mut self, event: &Dispatch<'_>, list: &str, kind: Kind) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        self.in_guild(event, kind, |reader, guild| {
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
    ) -> Result<(), Broken> {
        self.doubt(kind, guild);
        let read = self.rows(kind, guild, cursor);
        self.settle(kind, guild, read.is_ok());
        read
    }
}

/// Reads the id of an object, the first if there are several.
fn id_of(mut cursor: Cursor<'_>) -> Result<u64, Broken> {
    if enter(&mut cursor, "id")? { Ok(cursor.snowflake()?) } else { Err(Broken) }
}

/// Finds the values of some names in an object, of equal ones the last.
fn last_of<'e, const N: usize>(
    object: Cursor<'e>,
    names: [&str; N],
) -> Result<[Option<Cursor<'e>>; N], Broken> {
    let mut values = [None; N];
    find_last(object, &names, &mut values)?;
    Ok(values)
}

/// Finds the values as [`last_of`], for any number of names.
#[inline(never)]
fn find_last<'e>(
    mut object: Cursor<'e>,
    names: &[&str],
    values: &mut [Option<Cursor<'e>>],
) -> Result<(), Broken> {
    let mut members = object.object()?;
    while let Some(key) = object.key(&mut members)? {
        for (name, value) in names.iter().zip(&mut *values) {
            if key.is(name) {
                *value = Some(object);
            }
        }
        object.skip()?;
    }
    Ok(())
}

/// Reads a value that must be an id.
fn as_id(value: Option<Cursor<'_>>) -> Result<u64, Broken> {
    Ok(value.ok_or(Broken)?.snowflake()?)
}

/// Reads whether a value is true; one that is not there, or null, is not.
fn is_true(value: Option<Cursor<'_>>) -> Result<bool, Broken> {
    let Some(mut value) = value else { return Ok(false) };
    Ok(!value.null()? && value.bool()?)
}

/// Does something with each id of a list, and passes over what is none; a list that is not there, or null, has none.
fn each_id(list: Option<Cursor<'_>>, mut act: impl FnMut(u64)) -> Result<(), Broken> {
    let Some(mut list) = list else { return Ok(()) };
    if list.null()? {
        return Ok(());
    }
    let mut items = list.list()?;
    while list.item(&mut items)? {
        if let Some(id) = list.lenient()? {
            act(id);
        }
    }
    Ok(())
}

/// Stands before the value of a name in the object a cursor stands before; returns whether there is one.
fn enter(cursor: &mut Cursor<'_>, name: &str) -> Result<bool, Broken> {
    let mut members = cursor.object()?;
    while let Some(key) = cursor.key(&mut members)? {
        if key.is(name) {
            return Ok(true);
        }
        cursor.skip()?;
    }
    Ok(false)
}
