//! What the shard has to tell about itself: a short queue of notices, in order with the dispatches.

use core::num::NonZeroU64;
use core::time::Duration;

use heapless::Deque;

use crate::event::{Connected, Disconnected, Event, Limit, Skipped};
use crate::ports::Link;
use crate::{Cause, CloseCode, CommandId, EventKind, Fate, GuildId};

const NOTICES: usize = 6;

/// Something to tell, without what it borrows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Notice {
    Command { id: CommandId, fate: Fate },
    Connected(Connected),
    Disconnected(Parted),
    Gap { expected: u64, found: u64 },
    Limit(Limit),
    SessionLost { cause: Cause },
    Skipped(Unkept),
}

/// A [`Disconnected`] without its reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parted {
    pub(super) link: Link,
    pub(super) cause: Cause,
    pub(super) code: Option<CloseCode>,
    pub(super) status: Option<u16>,
    pub(super) resumes: bool,
    pub(super) redial_after: Option<Duration>,
}

impl Notice {
    pub(super) fn lend<'e>(&self, reason: &'e str) -> Event<'e> {
        match *self {
            Self::Command { id, fate } => Event::Command { id, fate },
            Self::Connected(connected) => Event::Connected(connected),
            Self::Disconnected(parted) => Event::Disconnected(parted.lend(reason)),
            Self::Gap { expected, found } => Event::Gap { expected, found },
            Self::Limit(limit) => Event::Limit(limit),
            Self::SessionLost { cause } => Event::SessionLost { cause },
            Self::Skipped(unkept) => Event::Skipped(unkept.lend()),
        }
    }
}

impl Parted {
    const fn lend<'e>(&self, reason: &'e str) -> Disconnected<'e> {
        let Self { link, cause, code, status, resumes, redial_after } = *self;
        Disconnected { link, cause, code, reason, status, resumes, redial_after }
    }
}

/// A [`Skipped`] in less room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unkept {
    pub(super) kind: EventKind,
    pub(super) seq: Option<NonZeroU64>,
    pub(super) guild: Option<NonZeroU64>,
    pub(super) id: Option<NonZeroU64>,
    pub(super) length: u64,
    pub(super) more: u32,
    pub(super) through: Option<NonZeroU64>,
}

impl Unkept {
    pub(super) const fn new(kind: EventKind, seq: Option<NonZeroU64>, length: u64) -> Self {
        Self { kind, seq, guild: None, id: None, length, more: 0, through: seq }
    }

    /// Adds one that came after it and is not told by itself.
    pub(super) fn merge(&mut self, later: &Self) {
        self.more = self.more.saturating_add(1).saturating_add(later.more);
        if later.kind == EventKind::Ready {
            // A session begins among them, which must not be overlooked.
            self.kind = later.kind;
        }
        self.through = later.through.or(self.through);
    }

    fn lend(self) -> Skipped {
        let Self { kind, length, more, .. } = self;
        let [seq, guild, id, through] =
            [self.seq, self.guild, self.id, self.through].map(|number| number.map(NonZeroU64::get));
        Skipped { kind, seq, guild: guild.map(GuildId), id, length, more, through }
    }
}

/// Notices in order, and the limits that were hit.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Each with whether dispatches waited when it came: those go first.
    queue: Deque<(Notice, bool), NOTICES>,
    limits: u8,
}

impl Told {
    pub(super) fn push(&mut self, notice: Notice, behind: bool) {
        if self.queue.push_back((notice, behind)).is_err() {
            self.limit(Limit::Events);
        }
    }

    /// Tells of a dropped document; when many came at once, as a number.
    pub(super) fn push_skipped(&mut self, skipped: Unkept, behind: bool) {
        let crowded = self.queue.len() >= NOTICES / 2;
        match self.queue.back_mut() {
            Some((Notice::Skipped(earlier), same)) if crowded && *same == behind => {
                earlier.merge(&skipped);
            }
            _ => self.push(Notice::Skipped(skipped), behind),
        }
    }

    /// Tells of documents that waited and were given up, before what was to come behind them.
    ///
    /// Nothing waits any more, so all of it goes before what comes next.
    pub(super) fn push_given_up(&mut self, given_up: Unkept) {
        let mut given_up = Some(given_up);
        for (notice, behind) in core::mem::take(&mut self.queue) {
            if behind && let Some(given_up) = given_up.take() {
                self.push(Notice::Skipped(given_up), false);
            }
            self.push(notice, false);
        }
        if let Some(given_up) = given_up {
            self.push(Notice::Skipped(given_up), false);
        }
    }

    pub(super) fn limit(&mut self, limit: Limit) {
        self.limits |= limit.bit();
    }

    /// Returns the next notice; `waiting` tells whether dispatches wait.
    pub(super) fn front(&self, waiting: bool) -> Option<Notice> {
        let (notice, behind) = self.queue.front()?;
        (!(*behind && waiting)).then_some(*notice)
    }

    /// Takes the next notice off.
    pub(super) fn pop(&mut self) {
        self.queue.pop_front();
    }

    pub(super) fn next_limit(&mut self) -> Option<Notice> {
        let limit = Limit::ALL.into_iter().find(|limit| self.limits & limit.bit() != 0)?;
        self.limits &= !limit.bit();
        Some(Notice::Limit(limit))
    }
}
