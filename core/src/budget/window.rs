//! What is left of a window of 24 hours, as the server told or as counted without its word.
//!
//! With the server's word the end of the window is known: half of what may be spent is free at once, the
//! other half becomes free in a straight line to the end. Without it a window of the server may begin at any moment,
//! so that no moment may be the end of ours: each Identify is paid back over time, half of the total in 24
//! hours, and at most the other half may be owed. Any 24 hours then hold at most the two halves. Either way the
//! state is one number and no list of when Identifies went out.

use core::time::Duration;

use super::limit::Shares;
use super::refusal::RefusalCause;
use super::unix_time::millis;
use super::{BudgetSettings, Refusal, SessionStartLimit, UnixTime};

/// How long a window is.
///
/// Source: Discord documentation, *Session Start Limit*.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How far the server's clock and ours may drift apart in a day; the end of a window counts as so much later.
const DRIFT: Duration = Duration::from_secs(60);
/// More than can be owed with any settings; what is beyond is damage, and must not lock a bot out.
const MOST_OWED: Duration = Duration::from_secs(3 * 24 * 60 * 60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// No word of the server holds.
    Counted {
        /// When all Identifies will be paid back.
        clear_at: UnixTime,
    },
    /// The server told of the window that ends at `resets_at`; `late` went out when its next one may have begun.
    Told { left: u32, resets_at: UnixTime, late: u32 },
}

/// What a window has to know to tell whether an Identify may go out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) now: UnixTime,
    pub(super) settings: BudgetSettings,
    pub(super) total: u32,
    /// The latest Identify, or the start of this process if that is later.
    pub(super) since: UnixTime,
}

impl Window {
    pub(super) const FRESH: Self = Self::Counted { clear_at: UnixTime::EPOCH };

    /// Hears the server: of the same window the smaller number counts, of another its own.
    pub(super) fn hear(&mut self, now: UnixTime, limit: SessionStartLimit) {
        let left = limit.remaining.min(limit.total);
        // A window nobody has spent of may not have begun.
        let span = if limit.reset_after.is_zero() { DAY } else { limit.reset_after.min(DAY) };
        let resets_at = now.saturating_add(span + DRIFT);
        let apart = |other: UnixTime| {
            other.saturating_since(resets_at).max(resets_at.saturating_since(other))
        };
        *self = match *self {
            Self::Told { left: ours, resets_at: known, late } if apart(known) <= DRIFT => {
                Self::Told { left: left.min(ours), resets_at: resets_at.max(known), late }
            }
            Self::Told { .. } | Self::Counted { .. } => Self::Told { left, resets_at, late: 0 },
        };
    }

    /// Ends the server's window when its time is over; what went out late is owed in the next one.
    pub(super) fn pass(&mut self, asked: Asked) {
        if let Self::Told { resets_at, late, .. } = *self
            && resets_at <= asked.now
        {
            let owed = payback(Shares::of(asked.total, asked.settings)).saturating_mul(late);
            *self = Self::Counted { clear_at: resets_at.saturating_add(owed.min(MOST_OWED)) };
        }
    }

    /// Moves all times back, as the clock was.
    pub(super) fn turn_back(&mut self, span: Duration) {
        let (Self::Counted { clear_at: time } | Self::Told { resets_at: time, .. }) = self;
        *time = time.saturating_sub(span);
    }

    /// Brings times that cannot be down to the latest that can.
    pub(super) fn bound(&mut self, now: UnixTime) {
        let (time, most) = match self {
            Self::Counted { clear_at } => (clear_at, MOST_OWED),
            Self::Told { resets_at, .. } => (resets_at, DAY + DRIFT),
        };
        *time = (*time).min(now.saturating_add(most));
    }

    pub(super) fn spend(&mut self, asked: Asked) {
        match self {
            Self::Counted { clear_at } => {
                let shares = Shares::of(asked.total, asked.settings);
                *clear_at = (*clear_at).max(asked.now).saturating_add(payback(shares));
                self.bound(asked.now);
            }
            Self::Told { left, resets_at, late } => {
                *left = left.saturating_sub(1);
                let may_be_over = resets_at.saturating_sub(DRIFT * 2) <= asked.now;
                *late = late.saturating_add(may_be_over.into());
            }
        }
    }

    pub(super) fn ask(&self, asked: Asked) -> Result<(), Refusal> {
        let shares = Shares::of(asked.total, asked.settings);
        let refusal = match *self {
            Self::Counted { clear_at } => {
                let extra = if asked.settings.by_hand { shares.reserve } else { 0 };
                let most = payback(shares) * (shares.at_once + extra);
                let owed = clear_at.max(asked.now).saturating_add(payback(shares));
                Refusal { why: RefusalCause::Paced, until: owed.saturating_sub(most) }
            }
            Self::Told { left, resets_at, .. } => {
                let kept = if asked.settings.by_hand { 0 } else { shares.reserve };
                match left.saturating_sub(kept) {
                    0 => self.not_before(resets_at, RefusalCause::Spent, asked),
                    _ if asked.settings.by_hand => return Ok(()),
                    left => match paced(left, shares.spread, resets_at, asked.since) {
                        until if until >= resets_at => {
                            self.not_before(resets_at, RefusalCause::Paced, asked)
                        }
                        until => Refusal { why: RefusalCause::Paced, until },
                    },
                }
            }
        };
        if refusal.until <= asked.now { Ok(()) } else { Err(refusal) }
    }

    /// Refuses until the server's window ends, or until what went out late leaves room in the next one.
    fn not_before(mut self, resets_at: UnixTime, why: RefusalCause, asked: Asked) -> Refusal {
        let then = Asked { now: resets_at.max(asked.now), ..asked };
        self.pass(then);
        self.ask(then).err().unwrap_or(Refusal { why, until: resets_at })
    }
}

/// How long it takes to pay an Identify back; rounded up, so that no day holds one too many.
fn payback(shares: Shares) -> Duration {
    Duration::from_millis(millis(DAY).div_ceil(u64::from(shares.spread.max(1))))
}

/// When the next Identify is free, with so many left that may be spent.
///
/// Usually that is when the line to the end of the window comes down to what is left. Far below the line, where others
/// have spent of the same window, that would be hours: then what is left is spread evenly instead.
fn paced(left: u32, spread: u32, resets_at: UnixTime, since: UnixTime) -> UnixTime {
    let left = u64::from(left);
    let Some(line) = ((left - 1) * millis(DAY)).checked_div(spread.into()) else {
        return UnixTime::EPOCH;
    };
    let even = resets_at.saturating_since(since).as_millis() / u128::from(left);
    let even = Duration::from_millis(u64::try_from(even).unwrap_or(u64::MAX));
    resets_at.saturating_sub(Duration::from_millis(line)).min(since.saturating_add(even))
}
