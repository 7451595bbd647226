//! What one side has brought and the other has not.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::fnv::{BASIS, steps};
use crate::{Dispatch, EventKind, Instant};

/// What makes two dispatches the same, on whatever connection they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Print {
    /// The guild, or 0 for what happens in none.
    pub(super) guild: u64,
    pub(super) digest: u64,
}

impl Print {
    /// A guild is described as it is at the moment, and in any order: that it came has to do.
    pub(super) fn of(guild: u64, dispatch: &Dispatch<'_>) -> Self {
        let name = steps(BASIS, dispatch.name().as_bytes());
        let digest = match dispatch.kind() == EventKind::GuildCreate {
            true => name,
            false => steps(name, dispatch.data()),
        };
        Self { guild, digest }
    }
}

/// The most that are kept of one side of a shard, in 40 bytes each.
const MOST: usize = 65_536;

/// The dispatches of one side that the other has not brought yet, with when they were heard.
#[derive(Debug, Default)]
pub(super) struct Trail {
    prints: BTreeSet<(Print, Instant, u64)>,
    serial: u64,
    /// How many had no room.
    left_out: u64,
}

impl Trail {
    /// Adds one. When the other side is too far behind it is left out, so that it may come twice.
    pub(super) fn put(&mut self, print: Print, now: Instant) {
        if self.prints.len() < MOST {
            self.serial = self.serial.wrapping_add(1);
            self.prints.insert((print, now, self.serial));
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Adds several of a guild.
    pub(super) fn put_all(&mut self, guild: u64, digests: Vec<(u64, Instant)>) {
        for (digest, at) in digests {
            self.put(Print { guild, digest }, at);
        }
    }

    /// Takes the oldest that is the same, if there is one.
    pub(super) fn take(&mut self, print: Print) -> bool {
        let first = self.prints.range((print, Instant::ZERO, 0)..).next().copied();
        first.filter(|(first, ..)| *first == print).is_some_and(|first| self.prints.remove(&first))
    }

    /// Forgets those of some guilds that were heard up to an instant.
    pub(super) fn forget(&mut self, through: Instant, of: impl Fn(u64) -> bool) {
        self.prints.retain(|(print, at, _)| *at > through || !of(print.guild));
    }

    /// Takes all, in the order they were heard in.
    pub(super) fn drain(&mut self) -> Vec<(Print, Instant)> {
        let mut all: Vec<_> = core::mem::take(&mut self.prints).into_iter().collect();
        all.sort_unstable_by_key(|(_, _, serial)| *serial);
        all.into_iter().map(|(print, at, _)| (print, at)).collect()
    }

    pub(super) fn clear(&mut self) {
        self.prints.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}
