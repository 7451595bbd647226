//! Which members are kept, and for whom.

use super::super::family::Memory;
use super::super::kind::{Kind, Mark, NONE};
use super::super::rows::Witness;
use super::super::settings::MemberPolicy;
use super::{Absent, Frame, MEMBER, Reader, refer};
use crate::decode::Cursor;
use crate::decode::packed::{self, Broken, Unpacked};
use crate::{GuildId, UserId};

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Tells whether every member is kept, whoever it is.
    pub(in super::super) const fn keeps_all_members(&self) -> bool {
        self.keeps(Kind::Member) && matches!(self.settings.members, MemberPolicy::All)
    }

    /// Reads a member where not all are kept; one that is not, but is in voice, is kept for its voice state.
    #[inline(never)]
    pub(super) fn some_member(
        &mut self,
        guild: u32,
        cursor: &mut Cursor<'_>,
        absent: Absent,
    ) -> Result<Option<u32>, Broken> {
        let start = *cursor;
        cursor.skip()?;
        let Ok(Some(user)) = id_in(&mut { start }, Some("user")) else {
            self.breaks(Kind::Member);
            return Ok(None);
        };
        let listed = self.wants_member(guild, user);
        let state = self.voice_state_of(guild, user);
        if !listed && state.is_none() {
            return Ok(None);
        }
        let mut frame = Frame { listed, ..self.begin(Kind::Member, guild) };
        let member = self.row_of(&mut frame, &mut { start }, absent)?;
        if let (Some(member), Some(state)) = (member, state) {
            self.records.retain(member);
            self.let_refer(state, member);
            self.records.let_go_of_row(member, self.witness);
        }
        Ok(member)
    }

    /// Tells whether a member is kept for itself.
    fn wants_member(&self, guild: u32, user: u64) -> bool {
        self.keeps(Kind::Member)
            && match self.settings.members {
                MemberPolicy::All => true,
                MemberPolicy::If(wanted) => wanted(GuildId(self.records.key(guild)), UserId(user)),
                MemberPolicy::InVoice => self.voice_state_of(guild, user).is_some(),
                MemberPolicy::Own => self.own == Some(user),
            }
    }

    /// Finds the voice state of a user, unless the guild came again without it, so that it is about to go.
    fn voice_state_of(&self, guild: u32, user: u64) -> Option<u32> {
        let state = self.records.find_listed(Kind::VoiceState, guild, user);
        state.filter(|state| !self.records.is(*state, Mark::Stale))
    }

    /// Lets a voice state refer to its member, if it does not yet.
    fn let_refer(&mut self, state: u32, member: u32) {
        if packed::find(self.records.fields(state), MEMBER).is_none() {
            self.patch(state, |reader, frame| {
                refer(&frame.fields, &mut reader.out, MEMBER, Some(member))
            });
        }
    }

    /// Lets a voice state that came without its member refer to the one that is there.
    pub(in super::super) fn refer_to_member(&mut self, frame: &mut Frame) -> Result<(), Unpacked> {
        if frame.fields.came(&self.out, MEMBER) {
            return Ok(());
        }
        let user = frame.key.and_then(|key| self.records.find(Kind::User, NONE, key));
        let member =
            user.and_then(|user| self.records.find(Kind::Member, frame.owner, user.into()));
        // What goes to make room for the state may be the last that refers to it.
        match self.hold(frame, member)? {
            Some(_) => refer(&frame.fields, &mut self.out, MEMBER, member),
            None => Ok(()),
        }
    }
}

/// Reads the id of an object, or of an object in it, and passes it.
pub(super) fn id_in(cursor: &mut Cursor<'_>, within: Option<&str>) -> Result<Option<u64>, Broken> {
    let (mut inside, mut found) = (*cursor, None);
    cursor.skip()?;
    if inside.null()? {
        return Ok(None);
    }
    let mut members = inside.object()?;
    while let Some(key) = inside.key(&mut members)? {
        match within {
            Some(name) if key.is(name) => return id_in(&mut inside, None),
            None if key.is("id") => {
                found = if inside.null()? { None } else { Some(inside.snowflake()?) };
            }
            _ => inside.skip()?,
        }
    }
    Ok(found)
}
