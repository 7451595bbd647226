//! Messages, and what they refer to.

use super::super::family::Memory;
use super::super::kind::{Kind, NONE};
use super::super::rows::Witness;
use super::{Absent, Frame, ID, MEMBER, Reader, refer};
use crate::decode::packed::{Name, Unpacked};
use crate::decode::{Cursor, DecodeError};

pub(super) const AUTHOR: Name = Name::of("author");
pub(super) const MENTIONS: Name = Name::of("mentions");
pub(super) const REFERENCED_MESSAGE: Name = Name::of("referenced_message");

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Reads a message of a channel and stores it, with its author, its member and those it mentions.
    ///
    /// # Errors
    /// If it is not well-formed.
    pub(in super::super) fn message(
        &mut self,
        room: u32,
        mut cursor: Cursor<'_>,
        absent: Absent,
        revised: Option<u32>,
    ) -> Result<Option<u32>, DecodeError> {
        let (key, listed) = (revised.map(|row| self.records.key(row)), revised.is_none());
        let mut frame = Frame { listed, key, ..self.begin(Kind::Message, room) };
        let read = self.read_message(&mut frame, &mut cursor).and_then(|member| {
            match self.member_of_author(&mut frame, member) {
                Err(Unpacked::Full) => {
                    frame.full = true;
                    Ok(())
                }
                read => read,
            }
        });
        let stored = read.and_then(|()| self.finish(&mut frame, absent));
        Ok(self.end(&frame, stored))
    }

    /// Reads the members of a message; returns where that of the author stands, which is read after it.
    fn read_message<'e>(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'e>,
    ) -> Result<Option<Cursor<'e>>, Unpacked> {
        let (mut members, mut member) = (cursor.object()?, None);
        while let Some(key) = cursor.key(&mut members)? {
            if key.is("member") && !{ *cursor }.null()? {
                member = Some(*cursor);
            }
            match self.part(frame, cursor, &key)? {
                Err(Unpacked::Full) => frame.full = true,
                read => read?,
            }
        }
        Ok(member)
    }

    /// Reads the member of a message, whose user is the author.
    fn member_of_author(
        &mut self,
        frame: &mut Frame,
        member: Option<Cursor<'_>>,
    ) -> Result<(), Unpacked> {
        let author = frame.fields.row(&self.out, AUTHOR);
        let guild = self.records.owner(frame.owner);
        let Some(author) = author.filter(|_| guild != NONE) else { return Ok(()) };
        let Some(mut cursor) = member else { return Ok(()) };
        let member =
            Frame { listed: false, key: Some(author.into()), ..self.begin(Kind::Member, guild) };
        let member = self.row_of(member, &mut cursor, Absent::Stays)?;
        let member = self.hold(member)?;
        refer(&mut frame.fields, &mut self.out, MEMBER, member)
    }

    /// Reads a list of users, each of which is referred to.
    pub(super) fn users(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        if cursor.null()? {
            return frame.fields.put(&mut self.out, name, |out| out.null());
        }
        let mut items = cursor.list()?;
        let start = self.out.len();
        let rows = self.out.begin_rows()?;
        while cursor.item(&mut items)? {
            if let Some(user) = self.user(cursor)? {
                self.out.add_row(user)?;
            }
        }
        self.out.end(rows)?;
        frame.fields.wrote(name, start..self.out.len())
    }

    /// Refers to the message that is answered, if it is there, and brings it up to date.
    pub(super) fn referenced(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), Unpacked> {
        let start = *cursor;
        cursor.skip()?;
        if self.answered || { start }.null()? {
            return Ok(());
        }
        let id = id_of(start)?;
        let row = id.and_then(|id| self.records.find(Kind::Message, NONE, id));
        if let Some(row) = row {
            self.hold(Some(row))?;
            self.answered = true;
            let revised = self.revise(row, start);
            self.answered = false;
            revised?;
        }
        refer(&mut frame.fields, &mut self.out, REFERENCED_MESSAGE, row)
    }

    /// Brings a message up to date by what came of it.
    ///
    /// # Errors
    /// If that is not well-formed.
    pub(in super::super) fn revise(
        &mut self,
        row: u32,
        cursor: Cursor<'_>,
    ) -> Result<(), DecodeError> {
        // Hold it, so that nothing that happens on the way takes it.
        self.records.retain(row);
        let revised = self.message(self.records.owner(row), cursor, Absent::Stays, Some(row));
        self.records.let_go_of_row(row, self.witness);
        revised.map(drop)
    }
}

/// Reads an object for its id.
fn id_of(mut object: Cursor<'_>) -> Result<Option<u64>, DecodeError> {
    let mut members = object.object()?;
    while let Some(key) = object.key(&mut members)? {
        if Name::of_key(&key) == Some(ID) {
            return object.snowflake().map(Some);
        }
        object.skip()?;
    }
    Ok(None)
}
