//! Processes that begin again and again: each waits longer than the one before, until one lives.

use core::time::Duration;

use super::UnixTime;

/// How long a session has to be live for its process to count as healthy.
///
/// Most crash loops die on the first events; ten minutes are beyond the largest burst of GUILD_CREATEs.
pub(super) const HEALTHY_AFTER: Duration = Duration::from_secs(600);
/// How many quick starts cost no wait: a deployment, its rollback and two slips of a human.
const FREE_STARTS: u32 = 4;
/// The wait of the first start that costs one; below the 5 s of the gate, so the first doublings hardly show.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait: about 100 Identifies a day, and a bot that recovers is back within a quarter of an hour.
const LONGEST_WAIT: Duration = Duration::from_secs(900);

/// The starts in a row that did not live, and the latest Identify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CrashLoop {
    pub(super) starts: u32,
    /// [`UnixTime::EPOCH`] if there never was one.
    pub(super) last_spent: UnixTime,
}

impl CrashLoop {
    pub(super) const NONE: Self = Self { starts: 0, last_spent: UnixTime::EPOCH };

    /// Counts a start, or begins anew if the one before lived long, or nobody ran for long.
    ///
    /// The wait counts as part of the life before it: a process that is killed while it waits is no healthy one.
    pub(super) fn started(&mut self, now: UnixTime) {
        let quick_until = self.until().saturating_add(HEALTHY_AFTER);
        let quick = self.last_spent != UnixTime::EPOCH && now < quick_until;
        self.starts = if quick { self.starts.saturating_add(1) } else { 1 };
    }

    /// Returns when the next Identify may go out.
    pub(super) fn until(&self) -> UnixTime {
        let wait = match self.starts.checked_sub(FREE_STARTS + 1) {
            None => Duration::ZERO,
            Some(doublings) => (FIRST_WAIT * (1 << doublings.min(10))).min(LONGEST_WAIT),
        };
        self.last_spent.saturating_add(wait)
    }
}
