//! Messages, and what they refer to.

use super::super::family::Memory;
use super::super::kind::{Kind, NONE};
use super::super::rows::Witness;
use super::{Absent, CHANNEL_ID, Frame, ID, MEMBER, Reader, refer};
use crate::decode::packed::{Broken, Name, Unpacked};
use crate::decode::{Cursor, Spot};

pub(super) const AUTHOR: Name = Name::of("author");
pub(super) const MENTIONS: Name = Name::of("mentions");
pub(super) const REFERENCED_MESSAGE: Name = Name::of("referenced_message");

/// What of a message is read once the channel is known, which may have to be emptied first.
#[derive(Clone, Copy, Default)]
struct Later {
    /// Where the member of the author stands.
    member: Option<Spot>,
    /// Where the message that is answered stands.
    answered: Option<Spot>,
}

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Reads a message and stores it in the channel it names, with its author, its member and those it mentions.
    ///
    /// Where it ends up is known only once it was read; until then nobody owns it.
    pub(in super::super) fn new_message(&mut self, guild: u32, cursor: &mut Cursor<'_>) {
        let mut frame = self.begin(Kind::Message, NONE);
        let read = self.read_message(&mut frame, cursor);
        let stored = read.and_then(|later| {
            let Some(room) = self.room_of(&frame, guild)? else { return Ok(None) };
            frame.owner = room;
            self.holding(room, |reader| {
                reader.finish_message(&mut frame, cursor, later, Absent::Goes)
            })
        });
        self.end(&frame, stored);
    }

    /// Finds the room of the channel that a message names; nothing if that has no room.
    #[inline(never)]
    fn room_of(&mut self, message: &Frame, guild: u32) -> Result<Option<u32>, Unpacked> {
        let channel = message.fields.value(&self.out, CHANNEL_ID).and_then(|id| id.id());
        match channel {
            Some(channel) => {
                if guild != NONE {
                    self.look_for_channel(channel);
                }
                Ok(self.room(guild, channel))
            }
            // There was no room for the id of the channel: the message, if it is there, is where it is.
            None if message.full => {
                let row = message.key.and_then(|key| self.records.find(Kind::Message, NONE, key));
                row.map(|row| Some(self.records.owner(row))).ok_or(Unpacked::Full)
            }
            None => Err(Unpacked::Broken),
        }
    }

    /// Stores a message that was read, and what came with it.
    fn finish_message(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        Later { member, answered }: Later,
        absent: Absent,
    ) -> Result<Option<u32>, Unpacked> {
        let packed = self.out.len();
        if let Some(answered) = answered {
            cursor.go_back(answered);
            match self.referenced(frame, cursor) {
                Err(Unpacked::Full) => {
                    self.out.cut(packed);
                    frame.full = true;
                }
                read => read?,
            }
        }
        if let Some(member) = member {
            cursor.go_back(member);
            match self.member_of_author(frame, cursor) {
                Err(Unpacked::Full) => frame.full = true,
                read => read?,
            }
        }
        self.finish(frame, absent)
    }

    /// Reads the members of a message; returns where those stand that are read after it.
    fn read_message(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
    ) -> Result<Later, Unpacked> {
        let (mut members, mut later) = (cursor.object()?, Later::default());
        while let Some(name) = self.next(frame, cursor, &mut members)? {
            if name == Some(REFERENCED_MESSAGE) {
                later.answered = spot_of(cursor)?;
                cursor.skip()?;
                continue;
            }
            if name == Some(MEMBER) {
                later.member = spot_of(cursor)?.or(later.member);
            }
            match self.part(frame, cursor, name)? {
                Err(Unpacked::Full) => frame.full = true,
                read => read?,
            }
        }
        Ok(later)
    }

    /// Reads the member of a message, whose user is the author.
    ///
    /// Its frame is not to be on the stack while the message that is answered is read.
    #[inline(never)]
    fn member_of_author(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), Unpacked> {
        let author = frame.fields.row(&self.out, AUTHOR);
        let guild = self.records.owner(frame.owner);
        let Some(author) = author.filter(|_| guild != NONE) else { return Ok(()) };
        let mut member =
            Frame { listed: false, key: Some(author.into()), ..self.begin(Kind::Member, guild) };
        let member = self.row_of(&mut member, cursor, Absent::Stays)?;
        let member = self.hold(frame, member)?;
        refer(&frame.fields, &mut self.out, MEMBER, member)
    }

    /// Reads a list of users, each of which is referred to.
    #[inline(never)]
    pub(super) fn users(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        if cursor.null()? {
            return frame.fields.put(&mut self.out, name, |out| out.null());
        }
        let (mut items, held) = (cursor.list()?, frame.fields.held());
        while cursor.item(&mut items)? {
            self.user(frame, cursor)?;
        }
        let users = frame.fields.held().start..held.start;
        frame.fields.put(&mut self.out, name, |out| out.rows(&users))
    }

    /// Refers to the message that is answered, if it is there, and brings it up to date.
    pub(super) fn referenced(
        &mut self,
        frame: &mut Frame,
        message: &mut Cursor<'_>,
    ) -> Result<(), Unpacked> {
        if self.answered {
            return Ok(());
        }
        let id = id_of(*message)?;
        let row = id.and_then(|id| self.records.find(Kind::Message, NONE, id));
        if let Some(row) = row {
            self.hold(frame, Some(row))?;
            self.answered = true;
            self.revise(row, message);
            self.answered = false;
        }
        refer(&frame.fields, &mut self.out, REFERENCED_MESSAGE, row)
    }

    /// Brings a message up to date by what came of it.
    pub(in super::super) fn revise(&mut self, row: u32, cursor: &mut Cursor<'_>) {
        // Hold it, so that nothing that happens on the way takes it.
        self.records.retain(row);
        let mut frame = self.begin_patch(row);
        let read = self.read_message(&mut frame, cursor);
        let stored =
            read.and_then(|later| self.finish_message(&mut frame, cursor, later, Absent::Stays));
        self.end(&frame, stored);
        self.records.let_go_of_row(row, self.witness);
    }
}

/// Returns where a value stands, unless it is null.
fn spot_of(cursor: &Cursor<'_>) -> Result<Option<Spot>, Broken> {
    let null = { *cursor }.null()?;
    Ok((!null).then(|| cursor.spot()))
}

/// Reads an object for its id.
#[inline(never)]
fn id_of(mut object: Cursor<'_>) -> Result<Option<u64>, Broken> {
    let mut members = object.object()?;
    while let Some(key) = object.key(&mut members)? {
        if Name::of_key(&key) == Some(ID) {
            return Ok(Some(object.snowflake()?));
        }
        object.skip()?;
    }
    Ok(None)
}
