//! Reads payloads into rows: what a field is, and which rows it names.
//!
//! A payload is read once, front to back. Its fields are packed one after the other, merged in the order of
//! their names unless they stand so already, and stored. An object inside that is a row of its own is read and stored where it stands, above
//! what was packed of the one around it.

use super::family::Memory;
use super::gather::Gathered;
use super::kept::kept;
use super::kind::{Kind, NONE, Place, Root};
use super::records::Records;
use super::rows::{Changed, Witness};
use super::settings::{Components, MemberPolicy, Settings};
use super::table::hash_of_code;
use crate::decode::packed::{Broken, Name, Unpacked, Writer};
use crate::decode::{Cursor, Members};

mod complete;
mod members;
mod message;
mod patch;
mod reactions;
mod room;
mod stale;
mod store;

pub(super) use reactions::Reacted;

const CHANNEL_ID: Name = Name::of("channel_id");
const CODE: Name = Name::of("code");
const CREATOR: Name = Name::of("creator");
const ID: Name = Name::of("id");
const INVITER: Name = Name::of("inviter");
const MEMBER: Name = Name::of("member");
const SOUND_ID: Name = Name::of("sound_id");
const TARGET_USER: Name = Name::of("target_user");
const USER: Name = Name::of("user");
const USER_ID: Name = Name::of("user_id");

/// What could not be stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// Rows there was no room for.
    pub(super) refused: u32,
    /// Rows that were not well-formed, or lacked what names them.
    pub(super) broken: u32,
    /// Rows that had to go to make room for others.
    pub(super) evicted: u32,
}

/// What becomes of fields that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// They go.
    Goes,
    /// They stay.
    Stays,
    /// They go, but for those that the objects of this kind never carry.
    Carries,
}

/// A row that is read.
#[derive(Debug)]
pub(super) struct Frame {
    kind: Kind,
    owner: u32,
    pub(super) key: Option<u64>,
    fields: Gathered,
    /// Whether it is to be shown, not only referred to.
    listed: bool,
    /// Whether there was no room for all of it.
    pub(super) full: bool,
    /// What was packed before it began.
    start: usize,
}

/// Reads payloads into rows.
#[derive(Debug)]
pub(super) struct Reader<'a, M: Memory, W> {
    pub(super) records: &'a mut Records<M>,
    out: Writer<'a>,
    pub(super) witness: &'a mut W,
    pub(super) losses: Losses,
    pub(super) settings: &'a Settings,
    /// The id of the bot's own user.
    pub(super) own: Option<u64>,
    /// Whether a message is read that another one answers.
    answered: bool,
}

impl<'a, M: Memory, W: Witness<M>> Reader<'a, M, W> {
    pub(super) fn new(
        records: &'a mut Records<M>,
        scratch: &'a mut [u8],
        settings: &'a Settings,
        witness: &'a mut W,
    ) -> Self {
        let own = records.list(Place::Root(Root::Me)).head;
        let own = (own != NONE).then(|| records.key(own));
        let own = records.session.own.or(own);
        let (out, losses) = (Writer::new(scratch), Losses::default());
        Self { records, out, witness, losses, settings, own, answered: false }
    }

    /// Tells whether rows of a kind are kept.
    pub(super) const fn keeps(&self, kind: Kind) -> bool {
        self.settings.components.contains(Components::of(kind))
    }

    /// Tells whether it holds nothing: no row, and nothing that was packed.
    #[cfg(all(test, feature = "alloc"))]
    pub(super) fn is_at_rest(&self) -> bool {
        self.out.is_empty()
    }

    /// Reads an object and stores it as a row; returns the row unless it is lost.
    ///
    /// # Errors
    /// If the object is not well-formed, so that the cursor does not stand behind it.
    // Inlined, it takes no frame of its own for each row within another.
    #[inline(always)]
    pub(super) fn row(
        &mut self,
        kind: Kind,
        owner: u32,
        cursor: &mut Cursor<'_>,
        absent: Absent,
    ) -> Result<Option<u32>, Broken> {
        if kind == Kind::Member && !self.keeps_all_members() {
            return self.some_member(owner, cursor, absent);
        }
        if !self.keeps(kind) {
            cursor.skip()?;
            return Ok(None);
        }
        let mut frame = self.begin(kind, owner);
        self.row_of(&mut frame, cursor, absent)
    }

    fn row_of(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        absent: Absent,
    ) -> Result<Option<u32>, Broken> {
        let start = cursor.spot();
        let read = self.read(frame, cursor);
        let mut passed = Ok(());
        if read.is_err() {
            cursor.go_back(start);
            passed = cursor.skip();
        }
        let stored = read.and_then(|()| self.finish(frame, absent));
        let row = self.end(frame, stored);
        passed?;
        Ok(row)
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
    ) -> Result<(), Broken> {
        let read = self.list(kind, owner, cursor);
        if read.is_err() {
            self.breaks_off(kind);
        }
        read
    }

    fn list(&mut self, kind: Kind, owner: u32, cursor: &mut Cursor<'_>) -> Result<(), Broken> {
        if cursor.null()? {
            return Ok(());
        }
        let mut items = cursor.list()?;
        while cursor.item(&mut items)? {
            self.row(kind, owner, cursor, Absent::Goes)?;
        }
        Ok(())
    }

    /// Removes a row that is shown, and tells of it.
    pub(super) fn remove(&mut self, row: u32) {
        let (kind, owner, key) =
            (self.records.kind(row), self.records.owner(row), self.records.key(row));
        self.tell_gone(row);
        self.records.dismiss(row, self.witness);
        if kind == Kind::VoiceState && matches!(self.settings.members, MemberPolicy::InVoice) {
            self.remove_member(owner, key);
        }
    }

    /// Removes a member of a guild, if it is there.
    pub(super) fn remove_member(&mut self, guild: u32, user: u64) {
        if let Some(member) = self.listed_member(guild, user) {
            self.remove(member);
        }
    }

    /// Tells whether a member of a guild is there.
    pub(super) fn has_member(&self, guild: u32, user: u64) -> bool {
        self.listed_member(guild, user).is_some()
    }

    fn listed_member(&self, guild: u32, user: u64) -> Option<u32> {
        let user = self.records.find(Kind::User, NONE, user)?;
        self.records.find_listed(Kind::Member, guild, user.into())
    }

    /// Tells that a row is shown no more.
    pub(super) fn tell_gone(&mut self, row: u32) {
        let kind = self.records.kind(row);
        self.records.count_of(kind, |tally| &mut tally.removed);
        let old = Some(self.records.members(row));
        self.witness.hear(self.records, Changed { kind, row, old, stays: false });
    }

    fn tell_new(&mut self, row: u32) {
        let kind = self.records.kind(row);
        self.records.count_of(kind, |tally| &mut tally.added);
        self.witness.hear(self.records, Changed { kind, row, old: None, stays: true });
    }

    /// Finds a guild, or makes a place for what belongs to it.
    pub(super) fn guild(&mut self, id: u64) -> Option<u32> {
        let found = self.records.find(Kind::Guild, NONE, id);
        let row = found.or_else(|| self.records.admit(Kind::Guild, NONE, id, b""));
        if row.is_none() {
            self.refuse(Kind::Guild);
            // What was to come in it is lost as well, whatever it is.
            for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Guild) {
                self.records.count_lost(kind, |tally| &mut tally.refused);
            }
        }
        row
    }

    /// Begins a row.
    pub(super) fn begin(&self, kind: Kind, owner: u32) -> Frame {
        let (start, fields) = (self.out.len(), Gathered::new(&self.out));
        Frame { kind, owner, key: None, fields, listed: true, full: false, start }
    }

    /// Ends a row: what was packed for it is forgotten, and what nothing came to refer to goes.
    pub(super) fn end(
        &mut self,
        frame: &Frame,
        stored: Result<Option<u32>, Unpacked>,
    ) -> Option<u32> {
        self.out.cut(frame.start);
        for row in frame.fields.rows(&self.out) {
            self.records.let_go_of_row(row, self.witness);
        }
        frame.fields.end(&mut self.out);
        match stored {
            Ok(row) => row,
            Err(Unpacked::Broken) => {
                self.breaks(frame.kind);
                None
            }
            Err(Unpacked::Full) => {
                self.refuse(frame.kind);
                None
            }
        }
    }

    /// Counts a row there was no room for, or not for all of it.
    pub(super) fn refuse(&mut self, kind: Kind) {
        self.losses.refused += 1;
        self.records.count_lost(kind, |tally| &mut tally.refused);
    }

    /// Counts a row that was not well-formed, or not all of it.
    pub(super) fn breaks(&mut self, kind: Kind) {
        self.losses.broken += 1;
        self.records.count_lost(kind, |tally| &mut tally.broken);
    }

    /// Counts that something of a table was lost in an event that breaks off.
    pub(super) fn breaks_off(&mut self, kind: Kind) {
        self.records.count_lost(kind, |tally| &mut tally.broken);
    }

    /// Reads the members of an object.
    fn read(&mut self, frame: &mut Frame, cursor: &mut Cursor<'_>) -> Result<(), Unpacked> {
        let mut members = cursor.object()?;
        while let Some(name) = self.next(frame, cursor, &mut members)? {
            match self.part(frame, cursor, name)? {
                Err(Unpacked::Full) => frame.full = true,
                read => read?,
            }
        }
        Ok(())
    }

    /// Keeps members as they come, up to one of which more is made, or that does not stand as usual; passes its key and
    /// returns its name, if that is one.
    fn next(
        &mut self,
        frame: &Frame,
        cursor: &mut Cursor<'_>,
        members: &mut Members,
    ) -> Result<Option<Option<Name>>, Broken> {
        let kept = kept(frame.kind);
        let name = frame.fields.keep_known(&mut self.out, cursor, members, kept);
        if name.is_some() {
            return Ok(name);
        }
        Ok(cursor.key(members)?.map(|key| Name::of_key(&key)))
    }

    /// Reads a member of an object and passes it; one that cannot be kept leaves nothing behind.
    ///
    /// # Errors
    /// If it is not well-formed, so that the cursor does not stand behind it.
    // Inlined, it takes no frame of its own for each row within another.
    #[inline(always)]
    pub(super) fn part(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        name: Option<Name>,
    ) -> Result<Result<(), Unpacked>, Broken> {
        let (spot, packed) = (cursor.spot(), self.out.len());
        let read = match name {
            Some(name) if kept(frame.kind).has(name) => {
                frame.fields.keep(&mut self.out, cursor, name)
            }
            Some(name) if is_row(frame.kind, name) => self.inner(frame, cursor, name),
            Some(name) => self.field(frame, cursor, name),
            None => return Ok(Ok(cursor.skip()?)),
        };
        if read.is_err() {
            self.out.cut(packed);
            cursor.go_back(spot);
            cursor.skip()?;
        }
        Ok(read)
    }

    /// Takes away what a field was, of which it is not known what it is.
    pub(super) fn lose(&mut self, frame: &mut Frame, name: Option<Name>) {
        self.refuse(frame.kind);
        let lost = name.map(|name| refer(&frame.fields, &mut self.out, name, None));
        frame.full |= matches!(lost, Some(Err(_)));
    }

    /// Reads a field that is no row: it names the one that is read, is kept besides, or is passed.
    #[inline(never)]
    fn field(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        match (frame.kind, name) {
            (Kind::Member | Kind::Presence, ID) | (Kind::VoiceState | Kind::Sound, ID) => {
                cursor.skip()?;
            }
            (Kind::Invite, CODE) => return self.code(frame, cursor),
            (Kind::Thread, MEMBER) => return frame.fields.keep(&mut self.out, cursor, name),
            (Kind::VoiceState, USER_ID) | (Kind::Sound, SOUND_ID) | (_, ID) => {
                // The first one counts, which may be known.
                let id = cursor.snowflake()?;
                frame.key = frame.key.or(Some(id));
            }
            (Kind::Presence, USER) => frame.key = Some(id_of(cursor)?),
            _ => cursor.skip()?,
        }
        Ok(())
    }

    /// Reads the code of an invite, which is all that names it.
    #[inline(never)]
    fn code(&mut self, frame: &mut Frame, cursor: &mut Cursor<'_>) -> Result<(), Unpacked> {
        let start = cursor.spot();
        cursor.text()?;
        cursor.go_back(start);
        frame.fields.keep(&mut self.out, cursor, CODE)?;
        let code = frame.fields.value(&self.out, CODE);
        frame.key = code.map(|code| hash_of_code(code.bytes));
        Ok(())
    }

    /// Reads a field that [is a row](is_row), and refers to it; that of a member is its key.
    #[inline(never)]
    fn inner(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
        name: Name,
    ) -> Result<(), Unpacked> {
        let refused = self.losses.refused;
        let row = match (frame.kind, name) {
            (Kind::Message, message::MENTIONS) => return self.users(frame, cursor, name),
            (Kind::VoiceState, _) => self.member(frame, cursor)?,
            _ => self.user(frame, cursor)?,
        };
        if frame.kind != Kind::Member {
            return refer(&frame.fields, &mut self.out, name, row);
        }
        frame.key = row.map(u64::from);
        // Where its user has no room, a member has none.
        if row.is_none() && self.losses.refused > refused { Err(Unpacked::Full) } else { Ok(()) }
    }

    /// Reads a user and holds it; nothing if it is null or lost.
    #[inline(always)]
    pub(super) fn user(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
    ) -> Result<Option<u32>, Unpacked> {
        if cursor.null()? {
            return Ok(None);
        }
        let user = self.row(Kind::User, NONE, cursor, Absent::Stays)?;
        self.hold(frame, user)
    }

    /// Reads a member that something refers to, and holds it; one that was not there is not listed.
    #[inline(never)]
    fn member(
        &mut self,
        frame: &mut Frame,
        cursor: &mut Cursor<'_>,
    ) -> Result<Option<u32>, Unpacked> {
        if cursor.null()? || frame.owner == NONE {
            return Ok(None);
        }
        // Where those in voice are kept, it is shown once the voice state is there.
        let mut member = Frame { listed: false, ..self.begin(Kind::Member, frame.owner) };
        let member = self.row_of(&mut member, cursor, Absent::Stays)?;
        self.hold(frame, member)
    }

    /// Holds a row until the end of the one around it.
    fn hold(&mut self, frame: &mut Frame, row: Option<u32>) -> Result<Option<u32>, Unpacked> {
        let Some(row) = row else { return Ok(None) };
        self.records.retain(row);
        if frame.fields.hold(&mut self.out, row).is_err() {
            self.records.let_go_of_row(row, self.witness);
            return Err(Unpacked::Full);
        }
        Ok(Some(row))
    }
}

/// Tells whether a field is a row of its own, or a list of such.
const fn is_row(kind: Kind, name: Name) -> bool {
    matches!(
        (kind, name),
        (Kind::Emoji | Kind::Member | Kind::Sound | Kind::Sticker, USER)
            | (Kind::Invite, INVITER | TARGET_USER)
            | (Kind::Message, message::AUTHOR | message::MENTIONS)
            | (Kind::ScheduledEvent, CREATOR)
            | (Kind::VoiceState, MEMBER)
    )
}

/// Adds a field that refers to a row, or that refers to none.
fn refer(
    fields: &Gathered,
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
#[inline(never)]
fn id_of(cursor: &mut Cursor<'_>) -> Result<u64, Broken> {
    if let Some(id) = cursor.usual_id() {
        return Ok(id);
    }
    let mut id = None;
    let mut members = cursor.object()?;
    while let Some(key) = cursor.key(&mut members)? {
        if key == "id" {
            id = Some(cursor.snowflake()?);
        } else {
            cursor.skip()?;
        }
    }
    id.ok_or(Broken)
}
