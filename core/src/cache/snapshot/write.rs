//! Writes a snapshot.

use super::super::Tables;
use super::super::family::Memory;
use super::super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::super::records::Records;
use super::super::rows::user_of;
use super::{
    AWAITED, BEGAN, COLD, END, HAS_OWNER, IS_KEPT, KINDS, KNOWN, MAGIC, TOLD, UNAVAILABLE, VERSION,
    WITH_OWN, WITH_SESSION, number, order, session,
};
use crate::decode::packed;
use crate::{Session, fnv};

/// Takes bytes, and hashes them.
pub(super) struct Sink<'o, F> {
    out: &'o mut F,
    hash: u64,
}

impl<F: FnMut(&[u8])> Sink<'_, F> {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.hash = fnv::steps(self.hash, bytes);
        (self.out)(bytes);
    }
}

pub(super) fn write<M: Memory>(
    tables: Tables<'_, M>,
    session: Option<&Session>,
    out: &mut impl FnMut(&[u8]),
) {
    let mut writer = Writer { tables, sink: Sink { out, hash: fnv::BASIS } };
    writer.header(session);
    writer.runs();
    writer.sink.bytes(&[END]);
    let hash = writer.sink.hash;
    writer.sink.bytes(&hash.to_le_bytes());
}

struct Writer<'w, M: Memory, F> {
    tables: Tables<'w, M>,
    sink: Sink<'w, F>,
}

impl<'w, M: Memory, F: FnMut(&[u8])> Writer<'w, M, F> {
    fn header(&mut self, session: Option<&Session>) {
        let state = self.records().session;
        let bits = [
            if state.began { BEGAN } else { 0 },
            if state.cold { COLD } else { 0 },
            if session.is_some() { WITH_SESSION } else { 0 },
            if self.records().own().is_some() { WITH_OWN } else { 0 },
        ];
        self.sink.bytes(MAGIC);
        self.sink.bytes(&VERSION.to_le_bytes());
        self.sink.bytes(&[bits.iter().fold(0, |all, bit| all | bit)]);
        let lacking = KINDS.iter().filter(|kind| self.lacks(**kind));
        let lacking = lacking.fold(0_u32, |bits, kind| bits | 1 << number(*kind));
        self.sink.bytes(&lacking.to_le_bytes());
        if let Some(own) = self.records().own() {
            self.sink.bytes(&own.to_le_bytes());
        }
        if let Some(session) = session {
            // A number beyond what was received is of another session.
            let applied = self.records().session.seq;
            let applied = if applied <= session.received { applied } else { 0 };
            session::write(session, session.processed.max(applied), &mut self.sink);
        }
    }

    /// Tells whether there may be rows of a kind that are not here.
    fn lacks(&self, kind: Kind) -> bool {
        let whole = self.records().tallies.is_whole(kind);
        !whole || !self.tables.settings.hears_all(kind)
    }

    fn runs(&mut self) {
        self.list(Place::Root(Root::Me), Kind::Me, None);
        self.run(Kind::User, None, false, self.records().len(Kind::User));
        order::each(self.records(), Kind::User, false, |row| self.row(row));
        self.list(Place::Root(Root::Guilds), Kind::Guild, None);
        self.list(Place::Root(Root::DmChannels), Kind::DmChannel, None);
        for kind in KINDS {
            if kind == Kind::Room {
                self.list(Place::Root(Root::Rooms), kind, None);
            }
            if let Some(list) = kind.list() {
                self.each_guild(|writer, guild| {
                    let id = writer.records().key(guild);
                    writer.list(Place::In(guild, list), kind, Some(id));
                });
            }
            if kind == Kind::Member {
                [Kind::Emoji, Kind::Sticker, kind].into_iter().for_each(|kind| self.kept(kind));
            }
        }
        let messages = self.records().list(Place::Root(Root::Messages));
        self.run(Kind::Message, None, false, messages.len);
        self.along(messages.head, Links::AGE, Self::row);
        self.kept(Kind::Message);
    }

    /// Writes the rows of a list.
    fn list(&mut self, place: Place, kind: Kind, owner: Option<u64>) {
        let list = self.records().list(place);
        self.run(kind, owner, false, list.len);
        self.along(list.head, Links::OWNED, Self::row);
    }

    /// Writes rows that are kept only because others refer to them, each as a run.
    fn kept(&mut self, kind: Kind) {
        let records = self.records();
        order::each(records, kind, true, |row| {
            let owner = Some(records.owner(row)).filter(|_| kind != Kind::Message);
            let owner = owner.filter(|owner| *owner != NONE).map(|owner| records.key(owner));
            self.run(kind, owner, true, 1);
            self.row(row);
        });
    }

    /// Begins a run, unless it is empty.
    fn run(&mut self, kind: Kind, owner: Option<u64>, kept: bool, rows: u32) {
        if rows == 0 {
            return;
        }
        let bits = if owner.is_some() { HAS_OWNER } else { 0 } | if kept { IS_KEPT } else { 0 };
        self.sink.bytes(&[number(kind) | bits]);
        if let Some(owner) = owner {
            self.sink.bytes(&owner.to_le_bytes());
        }
        self.sink.bytes(&rows.to_le_bytes());
    }

    fn row(&mut self, row: u32) {
        let records = self.records();
        let kind = records.kind(row);
        let key = records.key(row);
        let key = if kind == Kind::Member { records.key(user_of(key)) } else { key };
        self.sink.bytes(&key.to_le_bytes());
        if kind == Kind::Guild {
            self.sink.bytes(&[marks(records, row)]);
        }
        if kind == Kind::Message {
            self.sink.bytes(&records.key(records.owner(row)).to_le_bytes());
        }
        let mut len = 0;
        fields(records, row, &mut |part| len += part.len());
        self.sink.bytes(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        fields(records, row, &mut |part| self.sink.bytes(part));
    }

    fn each_guild(&mut self, act: impl FnMut(&mut Self, u32)) {
        self.along(self.records().list(Place::Root(Root::Guilds)).head, Links::OWNED, act);
    }

    /// Does something with each row from one on.
    fn along(&mut self, mut row: u32, links: Links, mut act: impl FnMut(&mut Self, u32)) {
        while row != NONE {
            act(self, row);
            row = self.records().next(row, links);
        }
    }

    const fn records(&self) -> &'w Records<M> {
        self.tables.records
    }
}

fn marks<M: Memory>(records: &Records<M>, guild: u32) -> u8 {
    let marks = [
        (Mark::Known, KNOWN),
        (Mark::Awaited, AWAITED),
        (Mark::Unavailable, UNAVAILABLE),
        (Mark::Told, TOLD),
    ];
    let set = marks.iter().filter(|(mark, _)| records.is(guild, *mark));
    set.fold(0, |bits, (_, bit)| bits | bit)
}

/// Gives the fields of a row piece by piece, with names of rows in place of their places.
fn fields<M: Memory>(records: &Records<M>, row: u32, out: &mut impl FnMut(&[u8])) {
    let fields = records.fields(row);
    let (mut at, mut from) = (0, 0);
    while let Some((_, start)) = packed::member(fields, at) {
        let Some(value) = packed::value(fields, start) else { break };
        at = value.end;
        if !matches!(value.tag, packed::ROW | packed::ROWS) {
            continue;
        }
        out(fields.get(from..=start).unwrap_or_default());
        from = at;
        let (rows, _) = value.bytes.as_chunks();
        if value.tag == packed::ROWS {
            out(&u32::try_from(rows.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        for row in rows {
            reference(records, u32::from_le_bytes(*row), out);
        }
    }
    out(fields.get(from..).unwrap_or_default());
}

/// Gives what names a row that is referred to.
fn reference<M: Memory>(records: &Records<M>, row: u32, out: &mut impl FnMut(&[u8])) {
    let mut key = records.key(row);
    if records.kind(row) == Kind::Member {
        out(&records.key(records.owner(row)).to_le_bytes());
        key = records.key(user_of(key));
    }
    out(&key.to_le_bytes());
}
