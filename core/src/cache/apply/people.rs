//! Members, presences and voice states.

use super::super::family::Memory;
use super::super::kind::Kind;
use super::super::reader::{Absent, Reader};
use super::super::rows::Witness;
use super::{MEMBER, enter, id_of};
use crate::Dispatch;
use crate::decode::packed::{self, Broken, Name};

const MEMBER_COUNT: Name = Name::of("member_count");

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    #[inline(never)]
    pub(super) fn member_add(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let (mut cursor, mut user) = (event.cursor(), event.cursor());
        let id = if enter(&mut user, "user")? { Some(id_of(user)?) } else { None };
        self.in_guild(event, Kind::Member, |reader, guild| {
            // One that is there already was counted.
            if !id.is_some_and(|id| reader.has_member(guild, id)) {
                reader.count(guild, MEMBER_COUNT, 1);
            }
            reader.row(Kind::Member, guild, &mut cursor, Absent::Goes).map(drop)
        })
    }

    #[inline(never)]
    pub(super) fn member_update(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        self.in_guild(event, Kind::Member, |reader, guild| {
            reader.row(Kind::Member, guild, &mut cursor, Absent::Stays).map(drop)
        })
    }

    /// Removes a member, its presence and its voice state: who left is neither there nor in voice.
    #[inline(never)]
    pub(super) fn member_remove(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        let mut user = event.cursor();
        if !enter(&mut user, "user")? {
            self.breaks(Kind::Member);
            return Ok(());
        }
        let id = id_of(user)?;
        self.in_guild(event, Kind::Member, |reader, guild| {
            reader.count(guild, MEMBER_COUNT, -1);
            for kind in [Kind::Presence, Kind::VoiceState] {
                if let Some(row) = reader.records.find_listed(kind, guild, id) {
                    reader.remove(row);
                }
            }
            reader.remove_member(guild, id);
            Ok(())
        })
    }

    /// Reads members that were asked for, and their presences.
    #[inline(never)]
    pub(super) fn members_chunk(&mut self, event: &Dispatch<'_>) -> Result<(), Broken> {
        self.in_guild(event, Kind::Member, |reader, guild| {
            for (list, kind) in [("members", Kind::Member), ("presences", Kind::Presence)] {
                let mut cursor = event.cursor();
                if enter(&mut cursor, list)? {
                    reader.rows(kind, guild, &mut cursor)?;
                }
            }
            Ok(())
        })
    }

    /// Lets voice states that came before their members refer to them.
    pub(super) fn link_voice_states(&mut self, guild: u32) {
        self.each(Kind::VoiceState, guild, |reader, row| {
            if packed::find(reader.records.fields(row), MEMBER).is_none() {
                reader.patch(row, Reader::refer_to_member);
            }
        });
    }

    /// Reads a presence or a voice state, which is gone if it says so.
    #[inline(never)]
    pub(super) fn state(&mut self, kind: Kind, event: &Dispatch<'_>) -> Result<(), Broken> {
        let mut cursor = event.cursor();
        self.in_guild(event, kind, |reader, guild| {
            reader.row(kind, guild, &mut cursor, Absent::Goes).map(drop)
        })
    }
}
