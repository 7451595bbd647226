//! Guilds, with all that belongs to them.

use super::super::change::GuildNews;
use super::super::family::Memory;
use super::super::kind::{Kind, Mark, NONE};
use super::super::reader::{Absent, Frame, Reader};
use super::super::rows::{News, Witness};
use super::{as_id, enter, id_of, is_true, last_of};
use crate::decode::packed::{Broken, Name, Unpacked};
use crate::decode::{Cursor, Key};
use crate::{Dispatch, GuildId};

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Replaces a guild and all that belongs to it, or marks it as not available.
    #[inline(never)]
    pub(super) fn guild_create(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let cursor = event.cursor();
        let id = id_of(cursor)?;
        self.within(id, |reader, guild| {
            let was = [Mark::Known, Mark::Told, Mark::Unavailable]
                .map(|mark| reader.records.is(guild, mark));
            if !reader.admits(guild, Some(cursor))? {
                reader.await_guild(guild, false);
                for mark in [Mark::Told, Mark::Unavailable] {
                    reader.records.mark(guild, mark, false);
                }
                return Ok(());
            }
            SUBTREE.iter().for_each(|(_, kind)| reader.doubt(*kind, guild));
            let read = reader
                .voice_states_first(guild, cursor)
                .and_then(|()| reader.guild_row(guild, id, cursor, Absent::Goes));
            let whole = read == Ok(Extent::All);
            reader.tell_arrival(guild, was, whole);
            SUBTREE.iter().for_each(|(_, kind)| reader.settle(*kind, guild, whole));
            reader.link_voice_states(guild);
            read.map(drop)
        })
    }

    /// Tells whether there is room for a guild, which is made before anything of it is read; one that comes only as
    /// not available takes none.
    pub(super) fn admits(&mut self, guild: u32, whole: Option<Cursor<'_>>) -> Result<bool, Broken> {
        let most = self.settings.limits.of(Kind::Guild).rows;
        let has_room = self.records.is_shown(guild) || self.records.known_guilds < most;
        if !self.keeps(Kind::Guild) || has_room {
            return Ok(true);
        }
        if let Some(mut away) = whole
            && enter(&mut away, "unavailable")?
            && away.bool() == Ok(true)
        {
            return Ok(true);
        }
        let room = self.make_room(Kind::Guild, NONE);
        if room.is_err() {
            self.refuse(Kind::Guild);
        }
        Ok(room.is_ok())
    }

    /// Reads who is in voice before all else, where it decides which members are kept.
    fn voice_states_first(&mut self, guild: u32, cursor: Cursor<'_>) -> Result<(), Broken> {
        let mut states = cursor;
        let first = self.keeps(Kind::VoiceState) && !self.keeps_all_members();
        if first && enter(&mut states, "voice_states")? {
            self.rows(Kind::VoiceState, guild, &mut states)?;
        }
        Ok(())
    }

    /// Patches a guild by what came.
    #[inline(never)]
    pub(super) fn guild_update(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let cursor = event.cursor();
        let id = id_of(cursor)?;
        self.within(id, |reader, guild| {
            if reader.admits(guild, None)? {
                reader.guild_row(guild, id, cursor, Absent::Stays)?;
            }
            Ok(())
        })
    }

    /// Reads a guild, of which lists are rows, and stores it.
    pub(super) fn guild_row(
        &mut self,
        guild: u32,
        id: u64,
        mut cursor: Cursor<'_>,
        absent: Absent,
    ) -> Result<Extent, Broken> {
        let mut frame = self.begin(Kind::Guild, NONE);
        frame.key = Some(id);
        let read = self.guild_fields(guild, &mut frame, &mut cursor, absent);
        let stored = match read {
            Ok(Extent::All) => {
                self.records.mark(guild, Mark::Unavailable, false);
                if self.keeps(Kind::Guild) {
                    self.store(&frame, absent).map(Some)
                } else {
                    Ok(None)
                }
            }
            Ok(Extent::Unavailable) => {
                self.lose_sight(guild);
                Ok(None)
            }
            Err(error) => {
                // Which lists would have come, nobody knows.
                SUBTREE.iter().for_each(|(_, kind)| self.breaks_off(*kind));
                Err(error.into())
            }
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
    ) -> Result<Extent, Broken> {
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
                    return Ok(Extent::Unavailable);
                }
                cursor.skip()?;
            } else {
                self.guild_field(frame, cursor, &key)?;
            }
        }
        Ok(Extent::All)
    }

    #[inline(never)]
    fn guild_field(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        key: &Key<'_>,
    ) -> Result<(), Broken> {
        let name = Name::of_key(key);
        match self.part(frame, cursor, name)? {
            Ok(()) => {}
            Err(Unpacked::Broken) => self.breaks(Kind::Guild),
            Err(Unpacked::Full) => self.lose(frame, name),
        }
        Ok(())
    }

    /// Marks a guild as not available, or removes it with all that belongs to it.
    #[inline(never)]
    pub(super) fn guild_delete(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let [id, away] = last_of(event.cursor(), ["id", "unavailable"])?;
        let (id, away) = (as_id(id)?, is_true(away)?);
        if !away && self.records.find(Kind::Guild, NONE, id).is_none() {
            return Ok(());
        }
        self.within(id, |reader, guild| {
            if away {
                reader.lose_sight(guild);
            } else {
                reader.forget(guild);
                reader.leave(guild);
            }
            Ok(())
        })
    }

    /// Marks a guild as not available.
    fn lose_sight(&mut self, guild: u32) {
        self.records.mark(guild, Mark::Unavailable, true);
        self.records.mark(guild, Mark::Told, false);
        self.tell_of(guild, GuildNews::Unavailable);
    }

    /// Tells that the bot left a guild.
    pub(super) fn leave(&mut self, guild: u32) {
        self.tell_of(guild, GuildNews::Left);
    }

    /// Tells what it is that a guild came, which was known, told or not available before.
    fn tell_arrival(&mut self, guild: u32, [known, told, unavailable]: [bool; 3], whole: bool) {
        if !whole {
            return;
        }
        self.await_guild(guild, false);
        self.records.mark(guild, Mark::Told, true);
        if unavailable || known && !told {
            // An update may have said before that it is not in an outage any more.
            self.tell_of(guild, GuildNews::Available);
        } else if !told {
            self.tell_of(guild, GuildNews::Joined);
        }
    }

    fn tell_of(&mut self, guild: u32, news: GuildNews) {
        self.witness.tell(News::Guild(GuildId(self.records.key(guild)), news));
    }

    /// Counts a guild among those that are awaited, or not any more.
    pub(super) fn await_guild(&mut self, guild: u32, on: bool) {
        let awaited = &mut self.records.session.awaited;
        *awaited = awaited.saturating_add(on.into());
        if self.records.is(guild, Mark::Awaited) {
            self.records.session.awaited -= 1;
        }
        self.records.mark(guild, Mark::Awaited, on);
    }

    /// Forgets a guild and all that belongs to it.
    pub(in super::super) fn forget(&mut self, guild: u32) {
        SUBTREE.iter().for_each(|(_, kind)| self.clear(*kind, guild, false));
        self.clear(Kind::Invite, guild, false);
        self.clear_rooms(guild);
        self.await_guild(guild, false);
        self.hide_guild(guild);
    }
}

/// What an event told of a guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    /// That it is not available, and no more.
    Unavailable,
}

/// The lists of a guild, by their names.
pub(in super::super) const SUBTREE: [(&str, Kind); 11] = [
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

/// Lists of a guild.
pub(super) type Lists = heapless::Vec<Kind, { SUBTREE.len() }>;

/// Returns the lists that an object of a guild has.
pub(super) fn lists_in(mut guild: Cursor<'_>) -> Result<Lists, Broken> {
    let mut lists = Lists::new();
    let mut members = guild.object()?;
    while let Some(key) = guild.key(&mut members)? {
        // One that comes twice is there already.
        if let Some(kind) = listed(&key).filter(|kind| !lists.contains(kind)) {
            lists.push(kind).unwrap_or_default();
        }
        guild.skip()?;
    }
    Ok(lists)
}

fn listed(key: &Key<'_>) -> Option<Kind> {
    SUBTREE.iter().find(|(name, _)| key.is(name)).map(|(_, kind)| *kind)
}
