//! Rows as they live and die: what refers to what, and in which lists they stand.
//!
//! A row counts those that refer to it. A user lives as long as something does. A member, an emoji, a sticker or
//! a message that is taken out while something refers to it is kept: it is in no list and found by nobody but
//! those that refer to it, and goes with the last of them.

use super::change::{GuildNews, Parent};
use super::family::Memory;
use super::kind::{GUILD_LISTS, Kind, Links, Mark, NONE, Place, Root};
use super::records::Records;
use crate::GuildId;
use crate::decode::packed::{self, Name};

/// What is told of each row that is shown and changes: the row, with what it was and what it is.
///
/// A row is new when it comes to be shown, changes while it is, and is gone when it is shown no more.
pub(super) trait Witness<M: Memory> {
    /// Hears of a row that changed; of one that is gone as long as it can still be read.
    fn hear(&mut self, records: &Records<M>, change: Changed<'_>);

    /// Hears what else an event tells.
    fn tell(&mut self, news: News) {
        _ = news;
    }
}

/// What an event tells besides rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    /// What became of a guild.
    Guild(GuildId, GuildNews),
    /// That rows belong to what is not known.
    Unknown(Parent),
}

/// A row that changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed<'c> {
    pub(super) kind: Kind,
    pub(super) row: u32,
    /// The members it had; nothing if it is new. Only its key where there was no room for more.
    pub(super) old: Option<&'c [u8]>,
    /// Whether it is still there.
    pub(super) stays: bool,
}

impl<M: Memory> Records<M> {
    /// Finds a row that is shown; a guild of which only the place is known is not.
    #[inline]
    pub(super) fn find_listed(&self, kind: Kind, owner: u32, key: u64) -> Option<u32> {
        self.find(kind, owner, key).filter(|row| self.is_shown(*row))
    }

    /// Returns the id of the bot's own user, if it was told or put in.
    pub(super) fn own(&self) -> Option<u64> {
        let row = self.list(Place::Root(Root::Me)).head;
        self.session.own.or_else(|| (row != NONE).then(|| self.key(row)))
    }

    /// Returns the guild that a row is in; nobody for one that is in none.
    pub(super) fn guild_of(&self, row: u32) -> u32 {
        let owner = self.owner(row);
        if owner == NONE || self.kind(row) != Kind::Message { owner } else { self.owner(owner) }
    }

    /// Makes a row one that is shown.
    pub(super) fn show(&mut self, row: u32) {
        if self.kind(row) == Kind::Guild && !self.is(row, Mark::Known) {
            self.mark(row, Mark::Known, true);
            self.known_guilds += 1;
        }
        self.readmit(row);
    }

    /// Adds a row at the end of its lists, with what it refers to; nothing if there is no room.
    pub(super) fn admit(&mut self, kind: Kind, owner: u32, key: u64, fields: &[u8]) -> Option<u32> {
        let row = self.add_with_references(kind, owner, key, fields)?;
        self.enlist(row);
        Some(row)
    }

    /// Adds a row that is kept: it stands in no list, and something must come to refer to it.
    pub(super) fn shelter(
        &mut self,
        kind: Kind,
        owner: u32,
        key: u64,
        fields: &[u8],
    ) -> Option<u32> {
        let row = self.add_with_references(kind, owner, key, fields)?;
        self.keep(row);
        Some(row)
    }

    fn add_with_references(
        &mut self,
        kind: Kind,
        owner: u32,
        key: u64,
        fields: &[u8],
    ) -> Option<u32> {
        let row = self.add(kind, owner, key, fields)?;
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
    ///
    /// A user stands in no list: it goes with the last that refers to it.
    pub(super) fn dismiss(&mut self, row: u32, witness: &mut impl Witness<M>) {
        let kind = self.kind(row);
        let listed = kind != Kind::User && !self.is(row, Mark::Kept);
        debug_assert!(listed, "{kind:?}");
        if !listed {
            return;
        }
        self.delist(row);
        self.mark(row, Mark::Stale, false);
        if kind.is_kept() && self.references(row) > 0 {
            self.keep(row);
            return self.forget_answered(row, witness);
        }
        self.chain(row, NONE);
        self.bury(row, witness);
    }

    /// Lets a message that is kept go of what it answers: one that is shown keeps one other, and no chain of them.
    fn forget_answered(&mut self, row: u32, witness: &mut impl Witness<M>) {
        const ANSWERED: Name = Name::of("referenced_message");
        let message = self.kind(row) == Kind::Message;
        let place = packed::find_member(self.fields(row), ANSWERED).filter(|_| message);
        let Some([at, start, end]) = place else { return };
        let answered = packed::value(self.fields(row), start).and_then(|value| value.row());
        self.cut_fields(row, at..end);
        if let Some(answered) = answered {
            self.let_go_of_row(answered, witness);
        }
    }

    /// Makes a row that stands in no list one that is kept, and so its owner.
    fn keep(&mut self, row: u32) {
        self.mark(row, Mark::Kept, true);
        let owner = self.owner(row);
        if owner != NONE {
            self.retain(owner);
        }
    }

    /// Moves a row to the end of its lists, as if it had come just now.
    pub(super) fn move_to_end(&mut self, row: u32) {
        self.delist(row);
        self.enlist(row);
    }

    /// Moves a row to the end of the lists of another owner.
    pub(super) fn move_to(&mut self, row: u32, owner: u32) {
        self.delist(row);
        let old = self.owner(row);
        self.set_owner(row, owner);
        self.enlist(row);
        self.drop_if_empty(old);
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

    /// Gives a row that is kept another owner.
    pub(super) fn rehome(&mut self, row: u32, owner: u32) {
        let old = self.owner(row);
        self.set_owner(row, owner);
        if owner != NONE {
            self.retain(owner);
        }
        if old != NONE {
            self.release(old);
            self.drop_if_empty(old);
        }
    }

    /// Releases what a row refers to, which then must get other fields.
    pub(super) fn let_go_of_fields(&mut self, row: u32, witness: &mut impl Witness<M>) {
        self.let_go_of_all(witness, |records, references| references.next(records.fields(row)));
    }

    /// Releases what some fields refer to, and removes what nothing else does.
    pub(super) fn let_go(&mut self, fields: &[u8], witness: &mut impl Witness<M>) {
        self.let_go_of_all(witness, |_, references| references.next(fields));
    }

    fn let_go_of_all(
        &mut self,
        witness: &mut impl Witness<M>,
        next: impl Fn(&Self, &mut References) -> Option<u32>,
    ) {
        let (mut references, mut dying) = (References::default(), NONE);
        while let Some(row) = next(self, &mut references) {
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

    /// Tells whether a guild is one that the bot was told it is in.
    pub(super) fn is_announced(&self, guild: u32) -> bool {
        self.is_any(guild, &[Mark::Awaited, Mark::Known, Mark::Told, Mark::Unavailable])
    }

    /// Tells whether there are rows of a guild that nobody told of.
    pub(super) fn has_unannounced(&self, guild: u32) -> bool {
        !self.is_announced(guild) && !self.is_empty(guild)
    }

    fn is_empty(&self, owner: u32) -> bool {
        let is_empty = |number| self.list(Place::In(owner, number)).len == 0;
        let kind = self.kind(owner);
        if kind == Kind::Guild {
            return !self.is_announced(owner) && (0..GUILD_LISTS).all(is_empty);
        }
        kind == Kind::Room && is_empty(0)
    }

    fn enlist(&mut self, row: u32) {
        self.count_listed(self.kind(row), 1);
        if let Some(place) = self.place(row) {
            self.link(place, row, Links::OWNED);
        }
        if self.kind(row) == Kind::Message {
            self.link(Place::Root(Root::Messages), row, Links::AGE);
        }
    }

    fn delist(&mut self, row: u32) {
        self.count_listed(self.kind(row), -1);
        if let Some(place) = self.place(row) {
            self.unlink(place, row, Links::OWNED);
        }
        if self.kind(row) == Kind::Message {
            self.unlink(Place::Root(Root::Messages), row, Links::AGE);
        }
    }

    /// Holds what a row refers to.
    fn retain_all(&mut self, row: u32) {
        if !self.kind(row).refers() {
            return;
        }
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
            self.count_of(Kind::User, |tally| &mut tally.removed);
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
            while kind.refers()
                && let Some(other) = references.next(self.fields(row))
            {
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
            let (tag, start, end) = packed::pass(fields, start)?;
            self.at = end;
            if matches!(tag, packed::ROW | packed::ROWS) {
                self.left = (end - start) / 4;
                self.at = start;
            }
        }
        let bytes = fields.get(self.at..).and_then(<[u8]>::first_chunk)?;
        self.at += 4;
        self.left -= 1;
        Some(u32::from_le_bytes(*bytes))
    }
}
