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
    pub(super) fn put_old(&mut self, digest: u64, now: Instant) {
        if self.old.len() == MOST {
            self.old.pop_front();
        }
        self.old.push_back((digest, now));
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
        let settled = self.old.partition_point(|(_, at)| *at <= through);
        self.old.drain(..settled.saturating_sub(COMPARED));
    }

    /// Returns what the old side brought and the new one has not, if that can be told.
    ///
    /// The old side has brought everything the new one has, in the same order, and the new one all that was heard of the
    /// old one up to an instant. So the new side ends somewhere behind that, and where, its latest dispatches say.
    pub(super) fn ahead(&self, through: Instant) -> Ahead {
        let settled = self.old.partition_point(|(_, at)| *at <= through);
        let mut ends = (settled..=self.old.len()).filter(|end| self.new_ends_at(*end));
        let (first, second) = (ends.next(), ends.next());
        let latest = ends.next_back().or(second).or(first).unwrap_or(self.old.len());
        let ahead = self.old.range(latest..).copied().collect();
        if first.is_none() || second.is_some() {
            Ahead::Perhaps(ahead)
        } else {
            Ahead::Known(ahead)
        }
    }

    fn new_ends_at(&self, end: usize) -> bool {
        let old = self.old.iter().take(end).rev().map(|(digest, _)| digest);
        old.zip(self.new.iter().rev()).all(|(old, new)| old == new)
    }
}

/// By how much the old side is ahead.
#[derive(Debug)]
pub(super) enum Ahead {
    Known(Vec<(u64, Instant)>),
    /// Dispatches read alike, so that it may be more.
    Perhaps(Vec<(u64, Instant)>),
}
