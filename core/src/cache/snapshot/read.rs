//! Reads a snapshot.
//!
//! Rows come in the order in which nothing refers to what comes later, but for messages, which may refer to each
//! other: they are all made first, and get their fields in a second reading.

use super::super::Cache;
use super::super::family::Memory;
use super::super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::super::records::Records;
use super::super::settings::{Components, Eviction, Limit, MemberPolicy, Settings};
use super::super::statistics::Tallies;
use super::super::table::hash_of_code;
use super::{
    AWAITED, BEGAN, COLD, END, HAS_OWNER, IS_KEPT, KINDS, KNOWN, MAGIC, SnapshotError, TOLD,
    UNAVAILABLE, VERSION, WITH_OWN, WITH_SESSION, keeps_all, limit, number, session, target,
};
use crate::decode::packed::{self, Name, Writer};
use crate::{GuildId, Session, UserId, fnv};

type Result<T = ()> = core::result::Result<T, SnapshotError>;

/// The bytes of a snapshot and how far they were read.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    all: &'s [u8],
    at: usize,
}

impl<'s> Source<'s> {
    pub(super) fn bytes(&mut self, len: usize) -> Option<&'s [u8]> {
        let bytes = self.all.get(self.at..)?.get(..len)?;
        self.at += len;
        Some(bytes)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    pub(super) fn word(&mut self) -> Option<u32> {
        self.bytes(4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(super) fn long(&mut self) -> Option<u64> {
        self.bytes(8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    const fn invalid(&self) -> SnapshotError {
        SnapshotError::Invalid(self.at)
    }
}

/// Reads a snapshot into a cache that is empty; after an error it is to be cleared.
pub(super) fn read<M: Memory>(cache: &mut Cache<M>, snapshot: &[u8]) -> Result<Option<Session>> {
    let mut source = open(snapshot)?;
    let (flags, lacking, own, session) = header(&mut source).ok_or(source.invalid())??;
    let Cache { records, scratch, settings } = cache;
    records.session.own = own;
    let (scratch, refused) = (scratch.as_mut(), [0; KINDS.len()]);
    let mut reader = Reader { records, scratch, settings, refused };
    let runs = source;
    reader.runs(source, Pass::Make)?;
    reader.runs(runs, Pass::Complete)?;
    reader.sweep();
    reader.begin(flags, lacking);
    limit::limit(reader.records, reader.scratch, settings);
    Ok(session)
}

/// Checks that bytes are a snapshot as it was written.
fn open(snapshot: &[u8]) -> Result<Source<'_>> {
    let magic = snapshot.strip_prefix(MAGIC).ok_or(SnapshotError::NoSnapshot)?;
    let version = magic.first_chunk().ok_or(SnapshotError::Damaged)?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(SnapshotError::Version(version));
    }
    let (all, hash) = snapshot.split_last_chunk().ok_or(SnapshotError::Damaged)?;
    if fnv::steps(fnv::BASIS, all) != u64::from_le_bytes(*hash) {
        return Err(SnapshotError::Damaged);
    }
    Ok(Source { all, at: MAGIC.len() + size_of::<u32>() })
}

/// What stands before the rows: bits, kinds that lack rows, the id of the bot's own user, the session.
type Header = (u8, u32, Option<u64>, Option<Session>);

/// Reads what stands before the rows; nothing if it is cut.
fn header(source: &mut Source<'_>) -> Option<Result<Header>> {
    let (flags, lacking) = (source.byte()?, source.word()?);
    let known = BEGAN | COLD | WITH_SESSION | WITH_OWN;
    let right = flags & !known == 0 && lacking >> KINDS.len() == 0;
    if !right {
        return Some(Err(source.invalid()));
    }
    let own = if flags & WITH_OWN == 0 { None } else { Some(source.long()?) };
    let has_session = flags & WITH_SESSION != 0;
    let session = if has_session { Some(session::read(source)?) } else { None };
    Some(Ok((flags, lacking, own, session)))
}

/// What a reading of the runs does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// It makes the rows, but for the fields of messages.
    Make,
    /// It gives messages their fields, and lists the members that are in voice where only those are kept.
    Complete,
}

/// What the rows of a run have in common.
#[derive(Clone, Copy)]
struct Run {
    kind: Kind,
    owner: Option<u64>,
    kept: bool,
    rows: u32,
}

impl Run {
    /// Reads one; nothing if it is none.
    fn read(tag: u8, source: &mut Source<'_>) -> Option<Self> {
        let kind = *KINDS.get(usize::from(tag & 0x1F))?;
        let kept = tag & IS_KEPT != 0;
        let owner = if tag & HAS_OWNER == 0 { None } else { Some(source.long()?) };
        let rows = source.word()?;
        let in_guild = kind.list().is_some();
        let has_its_owner = in_guild == owner.is_some() || kind == Kind::Room;
        let right = tag >> 7 == 0 && (!kept || kind.is_kept()) && has_its_owner && rows > 0;
        right.then_some(Self { kind, owner, kept, rows })
    }
}

/// A row as it stands in a snapshot.
struct Read<'s> {
    key: u64,
    marks: u8,
    room: u64,
    fields: &'s [u8],
}

impl<'s> Read<'s> {
    fn of(kind: Kind, source: &mut Source<'s>) -> Option<Self> {
        let key = source.long()?;
        let marks = if kind == Kind::Guild { source.byte()? } else { 0 };
        let room = if kind == Kind::Message { source.long()? } else { 0 };
        let len = usize::try_from(source.word()?).ok()?;
        let right = marks & !(KNOWN | AWAITED | UNAVAILABLE | TOLD) == 0;
        Some(Self { key, marks, room, fields: source.bytes(len)? }).filter(|_| right)
    }
}

/// Why fields were not read.
enum Fault {
    Invalid,
    Full,
}

impl From<packed::Unpacked> for Fault {
    fn from(_: packed::Unpacked) -> Self {
        Self::Full
    }
}

/// Makes rows.
struct Reader<'r, M: Memory> {
    records: &'r mut Records<M>,
    scratch: &'r mut [u8],
    settings: &'r Settings,
    /// How many rows of each kind are too many, by their numbers.
    refused: [u32; KINDS.len()],
}

impl<M: Memory> Reader<'_, M> {
    fn runs(&mut self, mut source: Source<'_>, pass: Pass) -> Result {
        loop {
            let tag = source.byte().ok_or(source.invalid())?;
            if tag == END {
                let whole = source.at == source.all.len();
                return whole.then_some(()).ok_or(source.invalid());
            }
            let run = Run::read(tag, &mut source).ok_or(source.invalid())?;
            for _ in 0..run.rows {
                let start = source;
                let row = Read::of(run.kind, &mut source).ok_or(source.invalid())?;
                let done = match pass {
                    Pass::Make => self.make(run, &row),
                    Pass::Complete => self.complete(run, &row),
                };
                done.map_err(|fault| match fault {
                    Fault::Invalid => start.invalid(),
                    Fault::Full => SnapshotError::Full(run.kind.into()),
                })?;
            }
        }
    }

    /// Makes a row, unless the settings say that there is none.
    fn make(&mut self, run: Run, read: &Read<'_>) -> core::result::Result<(), Fault> {
        let (kind, wants) = (run.kind, self.wants(run, read.key));
        let known = kind == Kind::Guild && read.marks & KNOWN != 0 && self.keeps(kind);
        let wants = if kind == Kind::Guild { known } else { wants };
        let wants = wants && !self.refuses(kind);
        // There may be rows that refer to it, or that it is the place of; only messages refer to messages.
        let kept = kind == Kind::Guild
            || kind.is_kept() && kind != Kind::Message
            || kind == Kind::Message && self.keeps(kind);
        if !wants && !kept {
            return Ok(());
        }
        let owner = self.owner(run, read).ok_or(Fault::Invalid)?;
        let key = self.key(kind, read).ok_or(Fault::Invalid)?;
        let twice = self.records.find(kind, owner, key).is_some();
        let second = kind == Kind::Me && self.records.len(kind) > 0;
        if twice || second {
            return Err(Fault::Invalid);
        }
        let without = kind == Kind::Message || kind == Kind::Guild && !wants;
        let fields = if without { b"" } else { read.fields };
        let len = translate(self.records, (kind, read.key), fields, self.scratch)?;
        let fields = self.scratch.get(..len).unwrap_or_default();
        let row = if wants || kind == Kind::Guild {
            self.records.admit(kind, owner, key, fields)
        } else {
            self.records.shelter(kind, owner, key, fields)
        };
        let row = row.ok_or(Fault::Full)?;
        if kind == Kind::Guild {
            if known && wants {
                self.records.show(row);
            }
            self.records.mark(row, Mark::Awaited, read.marks & AWAITED != 0);
            self.records.mark(row, Mark::Unavailable, read.marks & UNAVAILABLE != 0);
            self.records.mark(row, Mark::Told, read.marks & TOLD != 0);
        }
        Ok(())
    }

    /// Does what needs all rows to be there.
    fn complete(&mut self, run: Run, read: &Read<'_>) -> core::result::Result<(), Fault> {
        if run.kind == Kind::Message && self.keeps(Kind::Message) {
            return self.fill(read);
        }
        if run.kind == Kind::Member && !run.kept {
            return self.list_in_voice(run, read);
        }
        Ok(())
    }

    /// Gives a message its fields.
    fn fill(&mut self, read: &Read<'_>) -> core::result::Result<(), Fault> {
        let row = self.records.find(Kind::Message, NONE, read.key).ok_or(Fault::Invalid)?;
        let len = translate(self.records, (Kind::Message, read.key), read.fields, self.scratch)?;
        let fields = self.scratch.get(..len).unwrap_or_default();
        self.records.renew(row, fields).then_some(()).ok_or(Fault::Full)
    }

    /// Lists a member where those are kept that are in voice, and it is.
    fn list_in_voice(&mut self, run: Run, read: &Read<'_>) -> core::result::Result<(), Fault> {
        if !self.keeps(Kind::Member) || !matches!(self.settings.members, MemberPolicy::InVoice) {
            return Ok(());
        }
        let guild = self.owner(run, read).ok_or(Fault::Invalid)?;
        let user = self.key(Kind::Member, read).ok_or(Fault::Invalid)?;
        let member = self.records.find(Kind::Member, guild, user).ok_or(Fault::Invalid)?;
        let in_voice = self.records.find_listed(Kind::VoiceState, guild, read.key).is_some();
        if in_voice && !self.refuses(Kind::Member) {
            self.records.show(member);
        }
        Ok(())
    }

    /// Finds the row that a row belongs to, which is nobody for some.
    fn owner(&self, run: Run, read: &Read<'_>) -> Option<u32> {
        match run.owner {
            Some(guild) => self.records.find(Kind::Guild, NONE, guild),
            None if run.kind == Kind::Message => self.records.find(Kind::Room, NONE, read.room),
            None => Some(NONE),
        }
    }

    /// Finds what names a row among those of its kind.
    fn key(&self, kind: Kind, read: &Read<'_>) -> Option<u64> {
        if kind == Kind::Member {
            return self.records.find(Kind::User, NONE, read.key).map(u64::from);
        }
        if kind == Kind::Invite {
            let code = code_of(read.fields)?;
            return Some(read.key).filter(|key| *key == hash_of_code(code.bytes));
        }
        Some(read.key)
    }

    /// Tells whether a row is one that is kept for itself.
    fn wants(&self, run: Run, key: u64) -> bool {
        let wanted = self.keeps(run.kind)
            && (run.kind != Kind::Member
                || match self.settings.members {
                    MemberPolicy::All => true,
                    MemberPolicy::If(wanted) => {
                        wanted(GuildId(run.owner.unwrap_or(0)), UserId(key))
                    }
                    // That is known when all are there.
                    MemberPolicy::InVoice => false,
                    MemberPolicy::Own => self.records.own() == Some(key),
                });
        wanted && !run.kept
    }

    /// Tells whether a table is full and takes no more rows, and counts one that it would have got.
    fn refuses(&mut self, kind: Kind) -> bool {
        let Limit { rows, eviction } = self.settings.limits.of(kind);
        let refuses = eviction == Eviction::Refuse && limit::shown(self.records, kind) >= rows;
        if refuses && !matches!(kind, Kind::Room | Kind::User) {
            if let Some(count) = self.refused.get_mut(usize::from(number(kind))) {
                *count = count.saturating_add(1);
            }
            return true;
        }
        false
    }

    const fn keeps(&self, kind: Kind) -> bool {
        self.settings.components.contains(Components::of(kind))
    }

    /// Removes what nothing refers to, and places of which nothing is left.
    fn sweep(&mut self) {
        for row in 0..self.records.slots() {
            if self.is_idle(row) {
                self.records.retain(row);
                self.records.let_go_of_row(row, &mut limit::Silent);
            }
        }
        for row in 0..self.records.slots() {
            if self.records.is_row(row) {
                self.records.drop_if_empty(row);
            }
        }
    }

    fn is_idle(&self, row: u32) -> bool {
        let records = &self.records;
        let held = || records.kind(row) == Kind::User || records.is(row, Mark::Kept);
        records.is_row(row) && held() && records.references(row) == 0
    }

    /// Takes up the session, and begins to count.
    fn begin(&mut self, flags: u8, lacking: u32) {
        let mut guild = self.records.list(Place::Root(Root::Guilds)).head;
        while guild != NONE {
            let awaited = self.records.is(guild, Mark::Awaited);
            self.records.session.awaited += u32::from(awaited);
            guild = self.records.next(guild, Links::OWNED);
        }
        self.records.session.began = flags & BEGAN != 0;
        self.records.session.cold = flags & COLD != 0;
        let settings = *self.settings;
        // Of what is not kept nobody asks whether all of it is there.
        let partial = |kind| keeps_all(&settings, kind) && lacking >> number(kind) & 1 != 0;
        self.records.tallies = Tallies::anew(partial);
        for (kind, refused) in KINDS.into_iter().zip(self.refused) {
            self.records.count_refused(kind, refused);
        }
    }
}

/// Packs the fields of a row, with places of rows in place of their names; returns how long they are.
fn translate<M: Memory>(
    records: &Records<M>,
    (kind, key): (Kind, u64),
    fields: &[u8],
    out: &mut [u8],
) -> core::result::Result<usize, Fault> {
    let (mut out, mut at, mut before) = (Writer::new(out), 0, None);
    while at < fields.len() {
        let (name, start) = packed::named(fields, at).ok_or(Fault::Invalid)?;
        let tag = *fields.get(start).ok_or(Fault::Invalid)?;
        let ascends = before.is_none_or(|before| before < name);
        if !ascends || tag == packed::NULL {
            return Err(Fault::Invalid);
        }
        before = Some(name);
        if matches!(tag, packed::ROW | packed::ROWS) {
            let to = target(kind, name).ok_or(Fault::Invalid)?;
            out.name(name)?;
            let mut names = Source { all: fields, at: start + 1 };
            refer(records, to, tag, &mut names, &mut out)?;
            at = names.at;
            let named = fields.get(at.saturating_sub(8)..).unwrap_or_default();
            // An answer is newer than what it answers, so that none answers itself in the end.
            if to == Kind::Message && packed::little(named.get(..8).unwrap_or_default()) >= key {
                return Err(Fault::Invalid);
            }
        } else {
            let end = packed::well_formed(fields, start).ok_or(Fault::Invalid)?;
            out.extend(fields.get(at..end).unwrap_or_default())?;
            at = end;
        }
    }
    Ok(out.len())
}

/// Finds the code among the fields of an invite, whose rows are users, told by their ids.
fn code_of(invite: &[u8]) -> Option<packed::Value<'_>> {
    const CODE: Name = Name::of("code");

    let mut at = 0;
    loop {
        let (name, start) = packed::named(invite, at)?;
        if name == CODE {
            return packed::value(invite, start);
        }
        let is_row = invite.get(start) == Some(&packed::ROW);
        at =
            if is_row { start + 1 + size_of::<u64>() } else { packed::well_formed(invite, start)? };
    }
}

/// Packs what a field refers to.
fn refer<M: Memory>(
    records: &Records<M>,
    to: Kind,
    tag: u8,
    names: &mut Source<'_>,
    out: &mut Writer<'_>,
) -> core::result::Result<(), Fault> {
    if tag == packed::ROW {
        return Ok(out.row(find(records, to, names).ok_or(Fault::Invalid)?)?);
    }
    let count = names.word().ok_or(Fault::Invalid)?;
    let rows = out.begin(packed::ROWS)?;
    for _ in 0..count {
        let row = find(records, to, names).ok_or(Fault::Invalid)?;
        out.extend(&row.to_le_bytes())?;
    }
    Ok(out.end(rows)?)
}

/// Finds a row by its name.
fn find<M: Memory>(records: &Records<M>, kind: Kind, names: &mut Source<'_>) -> Option<u32> {
    if kind != Kind::Member {
        return records.find(kind, NONE, names.long()?);
    }
    let guild = records.find(Kind::Guild, NONE, names.long()?)?;
    let user = records.find(Kind::User, NONE, names.long()?)?;
    records.find(kind, guild, user.into())
}
