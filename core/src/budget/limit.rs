//! What the server grants, and what of it the settings let a bot spend.

use core::time::Duration;

/// How many Identifies are granted when the server has never said.
pub(super) const USUAL_TOTAL: u32 = 1_000;
/// The part of the total that is kept for a start by hand, in percent.
const USUAL_RESERVE: u8 = 5;
/// The most that may be kept; with more, hardly anything would be left to live on.
const MOST_RESERVE: u8 = 50;

/// How many Identifies the server grants; `session_start_limit` of `GET /gateway/bot`.
///
/// Source: Discord documentation, *Session Start Limit Object*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionStartLimit {
    /// The Identifies granted in a window of 24 hours.
    pub total: u32,
    /// The Identifies left in this window.
    pub remaining: u32,
    /// The time until the next window.
    pub reset_after: Duration,
    /// The Identifies allowed in 5 seconds, each of another bucket; see [`IdentifyGate`](crate::IdentifyGate).
    pub max_concurrency: u32,
}

/// How an [`IdentifyBudget`](crate::IdentifyBudget) is to be spent.
///
/// ```
/// let mut settings = gatewright_core::BudgetSettings::default();
/// settings.reserve_percent = 10;
/// assert!(!settings.by_hand);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetSettings {
    /// The part of the total that only a start by hand may spend: 5, at most 50; it is one Identify at least, unless there is but one.
    pub reserve_percent: u8,
    /// Whether a human starts this process by hand, who is let in while anything at all is left.
    ///
    /// It lifts the wait of a crash loop and may spend the reserve. Nobody but a human may set it, never a supervisor.
    pub by_hand: bool,
    /// How many processes share what the server grants, each with a budget of its own: 1, unless the bot's shards are spread
    /// over several. This one may spend as much as each of the others; less than 1 counts as 1.
    pub processes: u32,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self { reserve_percent: USUAL_RESERVE, by_hand: false, processes: 1 }
    }
}

impl BudgetSettings {
    /// Returns the part of a number of Identifies that is this process's.
    pub(super) const fn part(self, of: u32) -> u32 {
        if self.processes > 1 { of / self.processes } else { of }
    }
}

/// How a total is dealt out over a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    /// Kept for a start by hand.
    pub(super) reserve: u32,
    /// May be spent as fast as the gate allows: a bot of many shards has to start.
    pub(super) at_once: u32,
    /// Becomes free evenly over 24 hours: the budget lasts the day.
    pub(super) spread: u32,
}

impl Shares {
    pub(super) fn of(total: u32, settings: BudgetSettings) -> Self {
        let percent = settings.reserve_percent.min(MOST_RESERVE);
        let reserve =
            (total / 100).saturating_mul(percent.into()) + total % 100 * u32::from(percent) / 100;
        let reserve = reserve.max(1).min(total.saturating_sub(1));
        let spread = (total - reserve) / 2;
        Self { reserve, at_once: total - reserve - spread, spread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_total_and_keep_one_if_there_are_two() {
        for (total, percent, shares) in [
            (1_000, 5, [50, 475, 475]),
            (2_000, 5, [100, 950, 950]),
            (150, 5, [7, 72, 71]),
            (1_000, 0, [1, 500, 499]),
            (1_000, 255, [500, 250, 250]),
            (3, 5, [1, 1, 1]),
            (2, 5, [1, 1, 0]),
            (1, 5, [0, 1, 0]),
            (0, 5, [0, 0, 0]),
        ] {
            let settings = BudgetSettings { reserve_percent: percent, ..BudgetSettings::default() };
            let dealt = Shares::of(total, settings);
            assert_eq!([dealt.reserve, dealt.at_once, dealt.spread], shares, "{total} {percent}");
        }
        let dealt = Shares::of(u32::MAX, BudgetSettings::default());
        assert_eq!(dealt.reserve + dealt.at_once + dealt.spread, u32::MAX);
    }
}
