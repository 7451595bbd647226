//! What a row refers to that its payload only names.

use super::super::family::Memory;
use super::super::kind::{Kind, NONE};
use super::super::rows::{Witness, user_of};
use super::super::settings::MemberPolicy;
use super::message::REFERENCED_MESSAGE;
use super::{Absent, CHANNEL_ID, Frame, ID, MEMBER, Reader, refer};
use crate::decode::packed::{self, Name, Unpacked, Writer};

const ACTIVITIES: Name = Name::of("activities");
const EMOJI: Name = Name::of("emoji");
const EMOJIS: Name = Name::of("emojis");
const STICKERS: Name = Name::of("stickers");
const STICKER_ITEMS: Name = Name::of("sticker_items");

const STATUS: Name = Name::of("status");

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Stores a row that was read with what it refers to; or removes it, if it says that it is gone.
    pub(super) fn finish(
        &mut self,
        frame: &mut Frame,
        absent: Absent,
    ) -> Result<Option<u32>, Unpacked> {
        if !self.says_gone(frame, absent) {
            match self.complete(frame) {
                Err(Unpacked::Full) => frame.full = true,
                completed => completed?,
            }
            if absent == Absent::Carries {
                self.carry(frame)?;
            }
            let row = self.store(frame, absent)?;
            if frame.kind == Kind::VoiceState {
                self.show_member_in_voice(row);
            }
            return Ok(Some(row));
        }
        let row = frame.key.and_then(|key| self.records.find_listed(frame.kind, frame.owner, key));
        if let Some(row) = row {
            self.remove(row);
        }
        Ok(None)
    }

    /// Shows the member of a voice state, where those in voice are kept.
    #[inline(never)]
    fn show_member_in_voice(&mut self, state: u32) {
        let wanted =
            self.keeps(Kind::Member) && matches!(self.settings.members, MemberPolicy::InVoice);
        let member = packed::find(self.records.fields(state), MEMBER).filter(|_| wanted);
        let Some(member) = member.and_then(|member| member.row()) else { return };
        let user = self.records.key(user_of(self.records.key(member)));
        if user == self.records.key(state) && !self.records.is_shown(member) {
            self.show_again(member, Kind::Member, self.records.owner(member));
        }
    }

    /// Takes over what a row has from events of their own, and no object of its kind carries.
    #[inline(never)]
    fn carry(&mut self, frame: &Frame) -> Result<(), Unpacked> {
        const CHANNEL: [Name; 4] = [
            Name::of("last_message_id"),
            Name::of("last_pin_timestamp"),
            Name::of("status"),
            Name::of("voice_start_time"),
        ];
        const THREAD: [Name; 1] = [MEMBER];
        const EVENT: [Name; 1] = [Name::of("user_count")];
        #[expect(clippy::wildcard_enum_match_arm, reason = "most rows have nothing else")]
        let names = match frame.kind {
            Kind::Channel => &CHANNEL[..],
            Kind::ScheduledEvent => &EVENT,
            Kind::Thread => &THREAD,
            _ => &[],
        };
        let row = frame.key.and_then(|key| self.records.find(frame.kind, frame.owner, key));
        let row = row.filter(|row| self.records.owner(*row) == frame.owner);
        let fields = row.map_or(&[][..], |row| self.records.fields(row));
        for name in names.iter().copied() {
            let came = frame.fields.came(&self.out, name);
            if let Some([_, start, end]) = packed::find_member(fields, name).filter(|_| !came) {
                let value = fields.get(start..end).unwrap_or_default();
                frame.fields.put(&mut self.out, name, |out| out.extend(value))?;
            }
        }
        Ok(())
    }

    /// Tells whether a row says that it is gone: somebody is offline, or in no voice channel.
    #[inline(never)]
    fn says_gone(&self, frame: &Frame, absent: Absent) -> bool {
        let value = |name| frame.fields.value(&self.out, name);
        #[expect(clippy::wildcard_enum_match_arm, reason = "others are removed by events")]
        match frame.kind {
            Kind::Presence => value(STATUS).is_some_and(|status| status.bytes == b"offline"),
            Kind::VoiceState => match value(CHANNEL_ID) {
                Some(id) => id.tag == packed::NULL,
                None if absent == Absent::Stays && !frame.fields.came(&self.out, CHANNEL_ID) => {
                    let key = frame.key.unwrap_or(0);
                    self.records.find_listed(frame.kind, frame.owner, key).is_none()
                }
                None => true,
            },
            _ => false,
        }
    }

    /// Adds the references that a row's fields imply.
    #[inline(never)]
    pub(super) fn complete(&mut self, frame: &mut Frame) -> Result<(), Unpacked> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "most rows refer to what is in them")]
        match frame.kind {
            Kind::Presence => self.refer_by_id(frame, ACTIVITIES, Some(EMOJI), Kind::Emoji, EMOJIS),
            Kind::Message => {
                self.refer_to_older(frame)?;
                self.refer_by_id(frame, STICKER_ITEMS, None, Kind::Sticker, STICKERS)
            }
            Kind::VoiceState => self.refer_to_member(frame),
            _ => Ok(()),
        }
    }

    /// Lets a message answer none that is not older, so that none answers itself in the end.
    fn refer_to_older(&mut self, frame: &Frame) -> Result<(), Unpacked> {
        let answered = frame.fields.row(&self.out, REFERENCED_MESSAGE);
        let kept = frame.key.and_then(|key| self.records.find(Kind::Message, NONE, key));
        let kept = kept.is_some_and(|row| !frame.listed && !self.records.is_shown(row));
        match answered.filter(|row| kept || Some(self.records.key(*row)) >= frame.key) {
            Some(_) => refer(&frame.fields, &mut self.out, REFERENCED_MESSAGE, None),
            None => Ok(()),
        }
    }

    /// Lets a row refer to the rows whose ids stand in the objects of a list, or in an object of each.
    fn refer_by_id(
        &mut self,
        frame: &mut Frame,
        list: Name,
        within: Option<Name>,
        kind: Kind,
        name: Name,
    ) -> Result<(), Unpacked> {
        let Some(list) = frame.fields.items(&self.out, list) else { return Ok(()) };
        let (mut at, held) = (list.start, frame.fields.held());
        let bytes = self.out.slice(list.clone());
        if within.is_some_and(|within| !packed::may_have(bytes, within)) {
            at = list.end;
        }
        while let Some(item) = packed::value(self.out.slice(at..list.end), 0) {
            at += item.end;
            let object = within.map_or(Some(item), |within| item.member(within));
            let id = object.and_then(|object| object.member(ID)?.id());
            if let Some(row) = id.and_then(|id| self.records.find(kind, NONE, id)) {
                // What goes to make room for this row may be the last that refers to it.
                self.hold(frame, Some(row))?;
            }
        }
        let rows = frame.fields.held().start..held.start;
        // Where there are none, those that were there are taken away.
        let write =
            |out: &mut Writer<'_>| if rows.is_empty() { out.null() } else { out.rows(&rows) };
        frame.fields.put(&mut self.out, name, write)
    }
}
