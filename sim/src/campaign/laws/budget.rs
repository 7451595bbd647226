//! The Identifies of a day are not all spent, a crash loop slows down, and who is refused is told when it goes on, and does.

use std::time::Duration;

use gatewright_core::{Instant, Phase, RefusalCause};

use super::track::IDENTIFY;
use super::{Terms, Verdict};
use crate::journal::What;
use crate::options::DAY;
use crate::simulation::Seen;

/// How long a session has to be live for its process to count as healthy.
const HEALTHY: Duration = Duration::from_secs(600);
/// How many quick starts cost no wait, and the waits of those after them.
const FREE: u32 = 4;
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(900);
/// How much earlier the budget's clock of milliseconds may have a moment.
const TICK: Duration = Duration::from_millis(2);
/// How much later than the gateway a client may believe that a window ends.
const DRIFT: Duration = Duration::from_secs(60);

/// What is seen of all shards together, where a budget is kept.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// Processes that began, and those of them in a row that did not live, at least.
    processes: u32,
    quick: u32,
    /// When the latest two Identifies went out, the last one first, and how many did.
    spent: [Option<Instant>; 2],
    sent: u32,
    /// When it goes on, as the latest refusal had it, and whether nothing came between.
    until: Instant,
    holds: bool,
}

impl Budget {
    pub(super) const NAME: &'static str = "budget";

    /// Returns when it goes on after the latest refusal.
    pub(super) const fn until(&self) -> Instant {
        self.until
    }

    pub(super) fn see(&mut self, at: Instant, seen: &Seen, terms: &Terms) -> Verdict {
        match seen {
            Seen::Gateway { what: What::TokenReset, .. } => {
                Err("the gateway resets the token: an Identify too many".to_owned())
            }
            Seen::Began { lost, .. } => {
                self.begin(at, *lost);
                Ok(())
            }
            Seen::Wait { phase: Phase::Live, in_phase, .. } if *in_phase >= HEALTHY => {
                self.quick = 0;
                Ok(())
            }
            Seen::Send { op: IDENTIFY, .. } if self.processes > 0 => self.spend(at),
            Seen::Refused { why, until } => self.refuse(at, *why, *until, terms),
            Seen::Started { left } if *left < reserve(terms.day_total) => {
                let kept = reserve(terms.day_total);
                Err(format!("{left} Identifies are left of the day, and {kept} are to be kept"))
            }
            _ => Ok(()),
        }
    }

    /// Hears of another process; one whose record lost its latest write may know of a start or an Identify less.
    fn begin(&mut self, at: Instant, lost: bool) {
        let [latest, before] = self.spent;
        let quick_until = latest.map(|latest| latest.saturating_add(self.wait() + HEALTHY));
        let quick = quick_until.is_some_and(|until| at.saturating_add(TICK) < until);
        self.processes += 1;
        self.quick = if quick { self.quick + 1 } else { 1 };
        self.holds = false;
        if lost {
            self.quick -= 1;
            self.spent = [before, before];
        }
    }

    fn spend(&mut self, at: Instant) -> Verdict {
        self.holds = false;
        self.sent += 1;
        let [latest, _] = self.spent;
        self.spent = [Some(at), latest];
        let Some(latest) = latest else { return Ok(()) };
        let (rested, least) = (at.saturating_since(latest), self.wait());
        if rested.saturating_add(TICK) < least {
            let quick = self.quick;
            return Err(format!(
                "an Identify {rested:?} after the one before, though the last {quick} processes did not live: {least:?}"
            ));
        }
        Ok(())
    }

    /// Returns how long a process at least waits since the latest Identify.
    fn wait(&self) -> Duration {
        match self.quick.checked_sub(FREE + 1) {
            None => Duration::ZERO,
            Some(doublings) => (FIRST * (1 << doublings.min(9))).min(LONGEST),
        }
    }

    fn refuse(&mut self, at: Instant, why: RefusalCause, until: Instant, terms: &Terms) -> Verdict {
        let told = self.until;
        if core::mem::replace(&mut self.holds, true) && at >= told {
            return Err(format!("it was to go on at {told}, and is refused until {until}: {why}"));
        }
        self.until = until;
        let most = if why == RefusalCause::CrashLoop { LONGEST } else { DAY + DRIFT + TICK };
        if until <= at || until > at.saturating_add(most) {
            return Err(format!("it is refused until {until}: {why}"));
        }
        if self.has_reason(at, why, terms) {
            return Ok(());
        }
        let Self { processes, sent, .. } = self;
        Err(format!("refused after {sent} Identifies of {processes} processes: {why}"))
    }

    /// Tells whether a reason may be true; of the day's Identifies that is known before they begin anew.
    fn has_reason(&self, at: Instant, why: RefusalCause, terms: &Terms) -> bool {
        let free = terms.day_total.saturating_sub(reserve(terms.day_total));
        // A permit that came too late counts as well, one for each shard and process at most.
        let sent = self.sent.saturating_add(terms.shards * self.processes);
        match why {
            RefusalCause::CrashLoop => self.processes > FREE,
            _ if at >= terms.day_ends => true,
            RefusalCause::Spent => sent >= free,
            _ => sent >= free / 2,
        }
    }
}

/// How many Identifies of a day are kept for a human.
fn reserve(total: u32) -> u32 {
    (total / 20).max(1).min(total.saturating_sub(1))
}
