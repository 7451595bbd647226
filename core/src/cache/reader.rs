//! Reads payloads into rows: what a field is, and which rows it names.
//!
//! A payload is read once, front to back. Its fields are packed one after the other, then merged in the order of
//! their names and stored. An object inside that is a row of its own is read and stored where it stands, above
//! what was packed of the one around it.

use core::ops::Range;

use super::family::Memory;
use super::gather::Gathered;
use super::kept::kept;
use super::kind::{Kind, Links, Mark, NONE, Place};
use super::records::Records;
use super::rows::{Changed, Witness};
use crate::decode::packed::{Name, Unpacked, Writer};
use crate::decode::{Cursor, DecodeError, Expected};

const CREATOR: Name = Name::of("creator");
const ID: Name = Name::of("id");
const INVITER: Name = Name::of("inviter");
const MEMBER: Name = Name::of("member");
const SOUND_ID: Name = Name::of("sound_id");
const TARGET_USER: Name = Name::of("target_user");
const USER: Name = Name::of("user");
const USER_ID: Name = Name::of("user_id");

/// How many rows that are read may wait to be referred to.
const MOST_HELD: usize = 160;

/// What could not be stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// Rows there was no room for.
    pub(super) refused: u32,
    /// Rows that were not well-formed, or lacked what names them.
    pub(super) broken: u32,
}

/// What becomes of fields that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// They go.
    Goes,
    /// They stay.
    Stays,
}

/// A row that is read.
#[derive(Debug)]
pub(super) struct Frame {
    kind: Kind,
    owner: u32,
    pub(super) key: Option<u64>,
    fields: Gathered,
    /// What was packed before it began.
    start: usize,
    /// How many rows were held before it began.
    held: usize,
}

/// Reads payloads into rows.
#[derive(Debug)]
pub(super) struct Reader<'a, M: Memory, W> {
    pub(super) records: &'a mut Records<M>,
    out: Writer<'a>,
    witness: &'a mut W,
    /// Rows that were read and that nothing refers to yet.
    held: heapless::Vec<u32, MOST_HELD>,
    pub(super) losses: Losses,
}

impl<'a, M: Memory, W: Witness<M>> Reader<'a, M, W> {
    pub(super) const fn new(
        records: &'a mut Records<M>,
        scratch: &'a mut [u8],
        witness: &'a mut W,
    ) -> Self {
        let losses = Losses { refused: 0, broken: 0 };
        Self { records, out: Writer::new(scratch), witness, held: heapless::Vec::new(), losses }
    }

    /// Reads an object and stores it as a row; returns the row unless it is lost.
    ///
    /// # Errors
    /// If the object is not well-formed, so that the cursor does not stand behind it.
    pub(super) fn row(
        &mut self,
        kind: Kind,
        owner: u32,
        cursor: &mut Cursor<'_>,
        absent: Absent,
    ) -> Result<Option<u32>, DecodeError> {
        let mut frame = self.begin(kind, owner);
        let start = *cursor;
        let stored = match self.read(&mut frame, cursor) {
            Ok(()) => self.store(&frame, absent),
            Err(error) => {
                *cursor = start;
                cursor.skip()?;
                Err(error)
            }
        };
        Ok(self.end(&frame, stored))
    }

    /// Reads a list of objects as rows of a guild; one that does not decode costs itself.
    ///
    /// # Errors
    /// If the list is not well-formed.
    pub(super) fn rows(
        &mut self,
        kind: Kind,
        owner: u32,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), DecodeError> {
        if cursor.null()? {
            return Ok(());
        }
        let mut items = cursor.list()?;
        while cursor.item(&mut items)? {
            self.row(kind, owner, cursor, Absent::Goes)?;
        }
        Ok(())
    }

    /// Removes a row, and tells of it.
    pub(super) fn remove(&mut self, row: u32) {
        let (kind, old) = (self.records.kind(row), Some(self.records.members(row)));
        self.witness.hear(self.records, Changed { kind, row, old, stays: false });
        self.records.dismiss(row, self.witness);
    }

    /// Removes all rows of a kind that a guild has, or those among them that are stale.
    pub(super) fn clear(&mut self, kind: Kind, guild: u32, stale_only: bool) {
        let Some(number) = kind.list() else { return };
        let mut row = self.records.list(Place::In(guild, number)).head;
        while row != NONE {
            let next = self.records.next(row, Links::OWNED);
            if !stale_only || self.records.is(row, Mark::Stale) {
                self.remove(row);
            }
            row = next;
        }
    }

    /// Marks all rows of a kind that a guild has: those that do not come again will go.
    pub(super) fn doubt(&mut self, kind: Kind, guild: u32) {
        let Some(number) = kind.list() else { return };
        let mut row = self.records.list(Place::In(guild, number)).head;
        while row != NONE {
            self.records.mark(row, Mark::Stale, true);
            row = self.records.next(row, Links::OWNED);
        }
    }

    /// Finds a guild, or makes a place for what belongs to it.
    pub(super) fn guild(&mut self, id: u64) -> Option<u32> {
        let found = self.records.find(Kind::Guild, NONE, id);
        let row = found.or_else(|| self.records.admit(Kind::Guild, NONE, id, b""));
        self.losses.refused += u32::from(row.is_none());
        row
    }

    /// Begins a row.
    pub(super) fn begin(&self, kind: Kind, owner: u32) -> Frame {
        let (start, held) = (self.out.len(), self.held.len());
        Frame { kind, owner, key: None, fields: Gathered::new(), start, held }
    }

    /// Ends a row: what was packed for it is forgotten, and what nothing came to refer to goes.
    pub(super) fn end(&mut self, frame: &Frame, stored: Result<u32, Unpacked>) -> Option<u32> {
        self.out.cut(frame.start);
        while self.held.len() > frame.held {
            if let Some(row) = self.held.pop() {
                self.records.let_go_of_row(row, self.witness);
            }
        }
        match stored {
            Ok(row) => Some(row),
            Err(Unpacked::Broken(_)) => {
                self.losses.broken += 1;
                None
            }
            Err(Unpacked::Full) => {
                self.losses.refused += 1;
                None
            }
        }
    }

    /// Reads the members of an object.
    fn read(&mut self, frame: &mut Frame, cursor: &mut Cursor<'_>) -> Result<(), Unpacked> {
        let mut members = cursor.object()?;
        while let Some(key) = cursor.key(&mut members)? {
            match Name::of_key(&key) {
                Some(name) => self.field(frame, cursor, name)?,
                None => cursor.skip()?,
            }
        }
        Ok(())
    }

    /// Reads the field of a name.
    pub(super) fn field(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        if kept(frame.kind).has(name) {
            return frame.fields.keep(&mut self.out, cursor, name);
        }
        match (frame.kind, name) {
            (Kind::Member | Kind::Presence, ID) | (Kind::VoiceState | Kind::Sound, ID) => {
                cursor.skip()?;
            }
            (Kind::VoiceState, USER_ID) | (Kind::Sound, SOUND_ID) | (_, ID) => {
                frame.key = Some(cursor.snowflake()?);
            }
            (Kind::Presence, USER) => frame.key = Some(id_of(cursor)?),
            (Kind::Member, USER) => frame.key = self.user(cursor)?.map(u64::from),
            (Kind::Emoji | Kind::Sound | Kind::Sticker, USER)
            | (Kind::Invite, INVITER | TARGET_USER)
            | (Kind::ScheduledEvent, CREATOR) => {
                let user = self.user(cursor)?;
                refer(&mut frame.fields, &mut self.out, name, user)?;
            }
            (Kind::VoiceState, MEMBER) => {
                let member = self.member(frame.owner, cursor)?;
                refer(&mut frame.fields, &mut self.out, name, member)?;
            }
            _ => cursor.skip()?,
        }
        Ok(())
    }

    /// Reads a user and holds it; nothing if it is null or lost.
    fn user(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<u32>, Unpacked> {
        if cursor.null()? {
            return Ok(None);
        }
        let user = self.row(Kind::User, NONE, cursor, Absent::Stays)?;
        self.hold(user)
    }

    /// Reads a member that something refers to, and holds it; one that was not there is not listed.
    fn member(&mut self, guild: u32, cursor: &mut Cursor<'_>) -> Result<Option<u32>, Unpacked> {
        if cursor.null()? || guild == NONE {
            return Ok(None);
        }
        let listed = |records: &Records<M>| records.list(Place::In(guild, 3)).len;
        let before = listed(self.records);
        let member = self.row(Kind::Member, guild, cursor, Absent::Goes)?;
        let held = self.hold(member)?;
        if let Some(row) = member.filter(|_| listed(self.records) > before) {
            self.records.dismiss(row, self.witness);
        }
        Ok(held)
    }

    fn hold(&mut self, row: Option<u32>) -> Result<Option<u32>, Unpacked> {
        let Some(row) = row else { return Ok(None) };
        self.held.push(row).map_err(|_| Unpacked::Full)?;
        self.records.retain(row);
        Ok(Some(row))
    }

    /// Stores a row that was read.
    pub(super) fn store(&mut self, frame: &Frame, absent: Absent) -> Result<u32, Unpacked> {
        let Frame { kind, owner, .. } = *frame;
        let key = frame.key.ok_or(Unpacked::Broken(DecodeError::at(0, Expected::Snowflake)))?;
        let found = self.records.find(kind, owner, key);
        let old = match (found, absent) {
            (Some(row), Absent::Stays) => self.records.fields(row),
            _ => &[],
        };
        let fields = frame.fields.merge(&mut self.out, old)?;
        match found {
            None => self.admit(kind, owner, key, fields),
            Some(row) => self.renew(row, fields),
        }
    }

    fn admit(
        &mut self,
        kind: Kind,
        owner: u32,
        key: u64,
        fields: Range<usize>,
    ) -> Result<u32, Unpacked> {
        let row = self.records.admit(kind, owner, key, self.out.since(fields.start));
        let row = row.ok_or(Unpacked::Full)?;
        self.witness.hear(self.records, Changed { kind, row, old: None, stays: true });
        Ok(row)
    }

    fn renew(&mut self, row: u32, fields: Range<usize>) -> Result<u32, Unpacked> {
        let anew = self.records.is(row, Mark::Kept);
        self.records.readmit(row);
        self.records.mark(row, Mark::Stale, false);
        let kind = self.records.kind(row);
        let (was, old) = (self.records.fields(row).len(), self.records.members(row));
        if !anew && self.records.fields(row) == self.out.slice(fields.clone()) {
            return Ok(row);
        }
        self.out.extend(old)?;
        // What it was is not true any more: where what it is has no room, it stays without fields.
        let renewed = self.records.renew(row, self.out.slice(fields.clone()));
        if !renewed {
            self.records.renew(row, b"");
        }
        let members = self.out.since(fields.end);
        let old = Some(members).filter(|_| !anew);
        self.witness.hear(self.records, Changed { kind, row, old, stays: true });
        let before = members.get(members.len() - was..).unwrap_or_default();
        self.records.let_go(before, self.witness);
        if renewed { Ok(row) } else { Err(Unpacked::Full) }
    }
}

/// Adds a field that refers to a row, or that refers to none.
fn refer(
    fields: &mut Gathered,
    out: &mut Writer<'_>,
    name: Name,
    row: Option<u32>,
) -> Result<(), Unpacked> {
    fields.put(out, name, |out| match row {
        Some(row) => out.row(row),
        None => out.null(),
    })
}

/// Reads an object for its id.
fn id_of(cursor: &mut Cursor<'_>) -> Result<u64, DecodeError> {
    let (start, mut id) = (*cursor, None);
    let mut members = cursor.object()?;
    while let Some(key) = cursor.key(&mut members)? {
        if key == "id" {
            id = Some(cursor.snowflake()?);
        } else {
            cursor.skip()?;
        }
    }
    id.ok_or_else(|| start.error(Expected::Snowflake))
}
