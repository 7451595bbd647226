//! Rows as they live and die: what refers to what, and in which lists they stand.
//!
//! A row counts those that refer to it. A user lives as long as something does. A member, an emoji, a sticker or
//! a message that is taken out while something refers to it is kept: it is in no list and found by nobody but
//! those that refer to it, and goes with the last of them.

use super::family::Memory;
use super::kind::{GUILD_LISTS, Kind, Links, Mark, NONE, Place, Root};
use super::records::Records;
use crate::decode::packed;

/// What is told of each row that changes: the row, with what it was and what it is.
pub(super) trait Witness<M: Memory> {
    /// Hears of a row that changed; of one that is gone as long as it can still be read.
    fn hear(&mut self, records: &Records<M>, change: Changed<'_>);
}

/// A row that changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed<'c> {
    pub(super) kind: Kind,
    pub(super) row: u32,
    /// The members it had; nothing if it is new.
    pub(super) old: Option<&'c [u8]>,
    /// Whether it is still there.
    pub(super) stays: bool,
}

impl<M: Memory> Records<M> {
    /// Adds a row at the end of its lists, with what it refers to; nothing if there is no room.
    pub(super) fn admit(&mut self, kind: Kind, owner: u32, key: u64, fields: &[u8]) -> Option<u32> {
        let row = self.add(kind, owner, key, fields)?;
        self.enlist(row);
        self.retain_all(row);
        if kind == Kind::Member {
            self.retain(user_of(key));
        }
        Some(row)
    }

    /// Replaces the fields of a row and what it refers to; returns whether there was room.
    ///
    /// What it referred to before is held until [`let_go`](Self::let_go) of it.
    pub(super) fn renew(&mut self, row: u32, fields: &[u8]) -> bool {
        let renewed = self.replace(row, fields);
        if renewed {
            self.retain_all(row);
        }
        renewed
    }

    /// Takes a row out of its lists: it is gone, or kept if something refers to it.
    pub(super) fn dismiss(&mut self, row: u32, witness: &mut impl Witness<M>) {
        let (kind, owner) = (self.kind(row), self.owner(row));
        self.delist(row);
        if kind.is_kept() && self.references(row) > 0 {
            self.mark(row, Mark::Kept, true);
            if owner != NONE {
                self.retain(owner);
            }
            return;
        }
        self.chain(row, NONE);
        self.bury(row, witness);
    }

    /// Puts a row that was kept back into its lists.
    pub(super) fn readmit(&mut self, row: u32) {
        if !self.is(row, Mark::Kept) {
            return;
        }
        self.mark(row, Mark::Kept, false);
        self.enlist(row);
        let owner = self.owner(row);
        if owner != NONE {
            self.release(owner);
        }
    }

    /// Releases what some fields refer to, and removes what nothing else does.
    pub(super) fn let_go(&mut self, fields: &[u8], witness: &mut impl Witness<M>) {
        let (mut references, mut dying) = (References::default(), NONE);
        while let Some(row) = references.next(fields) {
            dying = self.let_go_of(row, dying, witness);
        }
        self.bury(dying, witness);
    }

    /// Takes one reference to a row away, and removes it if nothing else holds it.
    pub(super) fn let_go_of_row(&mut self, row: u32, witness: &mut impl Witness<M>) {
        let dying = self.let_go_of(row, NONE, witness);
        self.bury(dying, witness);
    }

    /// Removes a guild or a room of which nothing is left.
    pub(super) fn drop_if_empty(&mut self, mut owner: u32) {
        while owner != NONE && self.references(owner) == 0 && self.is_empty(owner) {
            let above = self.owner(owner);
            self.delist(owner);
            self.remove(owner);
            owner = above;
        }
    }

    /// Returns the list a row stands in.
    pub(super) fn place(&self, row: u32) -> Option<Place> {
        let (kind, owner) = (self.kind(row), self.owner(row));
        if kind == Kind::Room && owner == NONE {
            return Some(Place::Root(Root::Rooms));
        }
        match kind.list() {
            Some(number) => Some(Place::In(owner, number)),
            None if kind == Kind::DmChannel => Some(Place::Root(Root::DmChannels)),
            None if kind == Kind::Me => Some(Place::Root(Root::Me)),
            None if kind == Kind::Guild => Some(Place::Root(Root::Guilds)),
            None if kind == Kind::Message => Some(Place::In(owner, 0)),
            None => None,
        }
    }

    fn is_empty(&self, owner: u32) -> bool {
        let is_empty = |number| self.list(Place::In(owner, number)).len == 0;
        let kind = self.kind(owner);
        if kind == Kind::Guild {
            return (0..GUILD_LISTS).all(is_empty) && !self.is(owner, Mark::Known);
        }
        kind == Kind::Room && is_empty(0)
    }

    fn enlist(&mut self, row: u32) {
        if let Some(place) = self.place(row) {
            self.link(place, row, Links::OWNED);
        }
        if self.kind(row) == Kind::Message {
            self.link(Place::Root(Root::Messages), row, Links::AGE);
        }
    }

    fn delist(&mut self, row: u32) {
        if let Some(place) = self.place(row) {
            self.unlink(place, row, Links::OWNED);
        }
        if self.kind(row) == Kind::Message {
            self.unlink(Place::Root(Root::Messages), row, Links::AGE);
        }
    }

    /// Holds what a row refers to.
    fn retain_all(&mut self, row: u32) {
        let mut references = References::default();
        while let Some(other) = references.next(self.fields(row)) {
            self.retain(other);
        }
    }

    /// Takes one reference away; returns the chain of rows to be removed, of which it may now be the first.
    fn let_go_of(&mut self, row: u32, dying: u32, witness: &mut impl Witness<M>) -> u32 {
        if self.release(row) > 0 {
            return dying;
        }
        if self.kind(row) == Kind::User {
            let old = Some(self.members(row));
            witness.hear(self, Changed { kind: Kind::User, row, old, stays: false });
            self.remove(row);
            return dying;
        }
        if !self.is(row, Mark::Kept) {
            return dying;
        }
        self.chain(row, dying);
        row
    }

    /// Removes a chain of rows that stand in no list, and what nothing but they referred to.
    fn bury(&mut self, mut dying: u32, witness: &mut impl Witness<M>) {
        while dying != NONE {
            let (row, kind, owner) = (dying, self.kind(dying), self.owner(dying));
            dying = self.next(row, Links::OWNED);
            let mut references = References::default();
            while let Some(other) = references.next(self.fields(row)) {
                dying = self.let_go_of(other, dying, witness);
            }
            if kind == Kind::Member {
                dying = self.let_go_of(user_of(self.key(row)), dying, witness);
            }
            if self.is(row, Mark::Kept) && owner != NONE {
                self.release(owner);
            }
            self.remove(row);
            self.drop_if_empty(owner);
        }
    }
}

/// Returns the row of the user that the key of a member names.
pub(super) fn user_of(key: u64) -> u32 {
    u32::try_from(key).unwrap_or(NONE)
}

/// How far the rows that fields refer to were read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct References {
    at: usize,
    /// How many are left of the list at hand.
    left: usize,
}

impl References {
    /// Returns the next one.
    pub(super) fn next(&mut self, fields: &[u8]) -> Option<u32> {
        while self.left == 0 {
            let (_, start) = packed::member(fields, self.at)?;
            let value = packed::value(fields, start)?;
            self.at = value.end;
            if matches!(value.tag, packed::ROW | packed::ROWS) {
                self.left = value.bytes.len() / 4;
                self.at -= value.bytes.len();
            }
        }
        let bytes = fields.get(self.at..).and_then(<[u8]>::first_chunk)?;
        self.at += 4;
        self.left -= 1;
        Some(u32::from_le_bytes(*bytes))
    }
}
