//! What both sides brought of one guild, in order, until it is known how far one is behind the other.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::Instant;

/// How many of the latest dispatches are compared: enough for them to be somewhere once.
const COMPARED: usize = 64;
/// The most that are kept of the old side, in 16 bytes each.
const MOST: usize = 8_192;

/// Digests of dispatches, the latest last.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Those of the old side, with when they were heard.
    old: VecDeque<(u64, Instant)>,
    /// Those of the new side, since its session began.
    new: VecDeque<u64>,
}

impl Log {
    /// Adds one of the old side; of what the new one may not have been told, no more is kept than will be compared.
    pub(super) fn put_old(&mut self, digest: u64, now: Instant, is_told: bool) {
        let most = if is_told { MOST } else { COMPARED };
        while self.old.len() >= most {
            self.old.pop_front();
        }
        self.old.push_back((digest, now));
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.old.len()
    }

    pub(super) fn put_new(&mut self, digest: u64) {
        if self.new.len() == COMPARED {
            self.new.pop_front();
        }
        self.new.push_back(digest);
    }

    /// Forgets what the new side brought: its session is lost.
    pub(super) fn lose_new(&mut self) {
        self.new.clear();
    }

    /// Forgets what is older than anything that will be compared: the new side brought all that was heard up to then.
    pub(super) fn trim(&mut self, through: Instant) {
        let settled = self.heard_through(through);
        self.old.drain(..settled.saturating_sub(COMPARED));
    }

    /// Returns what the old side brought and the new one has not, if that can be told.
    ///
    /// The old side has brought everything the new one has, in the same order, and the new one all that was heard of the
    /// old one up to an instant. So the new side ends somewhere behind that, and where, its latest dispatches say; and how
    /// many there are, since it was told all that was heard of the old one after another instant.
    pub(super) fn ahead(&self, through: Instant, told_after: Instant) -> Ahead {
        let (settled, untold) = (self.heard_through(through), self.heard_through(told_after));
        let may_end = |end: &usize| self.new_ends_at(*end, end.saturating_sub(untold));
        let mut ends = (settled..=self.old.len()).filter(may_end);
        let (first, second) = (ends.next(), ends.next());
        let latest = ends.next_back().or(second).or(first).unwrap_or(self.old.len());
        let ahead = self.old.range(latest..).copied().collect();
        if first.is_some() && second.is_none() {
            return Ahead::Known(ahead);
        }
        let unsure = latest.saturating_sub(first.unwrap_or(settled));
        Ahead::Perhaps { ahead, unsure: u64::try_from(unsure).unwrap_or(u64::MAX) }
    }

    /// Returns how much was heard of the old side up to an instant.
    fn heard_through(&self, through: Instant) -> usize {
        self.old.partition_point(|(_, at)| *at <= through)
    }

    /// Tells whether the new side may have brought what the old one has up to there, among that so many that it was told.
    fn new_ends_at(&self, end: usize, told: usize) -> bool {
        let brought = self.new.len();
        // What is more than that is not kept.
        let is_all = brought < COMPARED;
        if end < brought || is_all && brought < told {
            return false;
        }
        let old = self.old.iter().take(end).rev().map(|(digest, _)| digest);
        old.zip(self.new.iter().rev()).all(|(old, new)| old == new)
    }
}

/// By how much the old side is ahead.
#[derive(Debug)]
pub(super) enum Ahead {
    Known(Vec<(u64, Instant)>),
    /// Dispatches read alike, so that it may be more, by so many.
    Perhaps {
        ahead: Vec<(u64, Instant)>,
        unsure: u64,
    },
}
