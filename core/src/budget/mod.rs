//! The budget of Identifies, over all processes of a bot: sans-I/O, and one line of text between two of them.
//!
//! Discord resets the token of a bot that identifies too often in a day, and nothing starts as often as a process that
//! crashes and is restarted at once. Three layers stand between the two: a process that begins after others that soon
//! were gone waits, ever longer; once half of what may be spent is gone, the rest is spread over the day;
//! and a reserve is left for a human. [`IdentifyGate`](crate::IdentifyGate) knows when the
//! next Identify may go out, this knows whether the day can spare it.
//!
//! It trusts the wall clock to go forward at about its own pace. A clock that goes back makes it wait no longer, and
//! forget nothing. One that leaps a day ahead makes it forget what it counted itself, until the server's
//! word is heard again.

mod crash_loop;
mod limit;
mod record;
mod refusal;
#[cfg(test)]
mod tests;
mod unix_time;
mod window;

use core::fmt;
use core::time::Duration;

use self::crash_loop::CrashLoop;
use self::limit::USUAL_TOTAL;
use self::window::{Asked, DAY, Window};
use crate::fnv;

pub use self::limit::{BudgetSettings, SessionStartLimit};
pub use self::record::{BudgetError, BudgetRecord};
pub use self::refusal::{Refusal, RefusalCause};
pub use self::unix_time::UnixTime;

/// How far a clock may go back and count as the latest time seen; beyond, all times go back with it.
const CORRECTION: Duration = Duration::from_secs(600);

/// Tells bots apart: a hash of the public first segment of a token, which holds the bot's id.
///
/// ```
/// use gatewright_core::BotId;
///
/// assert_eq!(BotId::of_token("MTIz.abc.secret"), BotId::of_token("Bot MTIz.def.renewed"));
/// assert_ne!(BotId::of_token("MTIz.abc.secret"), BotId::of_token("NDU2.abc.secret"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BotId(u64);

impl fmt::Display for BotId {
    /// Writes 16 digits of hexadecimal, fit for the name of a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl BotId {
    /// Hashes what stands before the first dot; nothing of a token without one, which may be secret as a whole.
    #[must_use]
    pub fn of_token(token: &str) -> Self {
        let token = token.strip_prefix("Bot ").unwrap_or(token);
        let id = token.split_once('.').map_or("", |(id, _)| id);
        Self(fnv::steps(fnv::BASIS, id.as_bytes()))
    }
}

/// Tells whether the day can spare an Identify, for all shards of a bot.
///
/// Time enters as the first argument. A time that goes back by minutes counts as the latest one seen; if it goes back
/// further, everything known goes back with it, as if no time had passed.
///
/// Until the server [tells](Self::hear_limit), 1000 Identifies in any 24 hours are assumed.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use gatewright_core::{
///     BotId, BudgetRecord, BudgetSettings, IdentifyBudget, RefusalCause, SessionStartLimit, UnixTime,
/// };
///
/// let bot = BotId::of_token("MTIz.abc.secret");
/// let settings = BudgetSettings::default();
/// let mut now = UnixTime::from_millis(1_786_017_600_000);
/// let mut stored = IdentifyBudget::new(now, bot, 1, settings).record().to_string();
///
/// for crash in 0..4 {
///     let record = BudgetRecord::parse(stored.as_bytes())?;
///     let mut budget = IdentifyBudget::restore(now, bot, crash, settings, &record)?;
///     budget.started(now);
///     let remaining = 1_000 - u32::try_from(crash)?;
///     let reset_after = Duration::from_secs(72_000);
///     budget.hear_limit(now, SessionStartLimit { total: 1_000, remaining, reset_after, max_concurrency: 1 });
///     budget.ask(now)?;
///     budget.spent(now);
///     stored = budget.record().to_string(); // to be written before the Identify goes out
///     now = now.saturating_add(Duration::from_millis(500));
/// }
/// let mut budget = IdentifyBudget::restore(now, bot, 5, settings, &BudgetRecord::parse(stored.as_bytes())?)?;
/// budget.started(now);
/// let refusal = budget.ask(now).unwrap_err();
/// assert_eq!(refusal.why, RefusalCause::CrashLoop);
/// assert!(budget.ask(refusal.until).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct IdentifyBudget {
    settings: BudgetSettings,
    bot: BotId,
    owner: u64,
    writes: u64,
    /// The latest time seen.
    now: UnixTime,
    /// When this process began.
    began: UnixTime,
    total: u32,
    window: Window,
    crash_loop: CrashLoop,
}

impl IdentifyBudget {
    /// How long a session has to be live before [`lived`](Self::lived) may be said.
    pub const HEALTHY_AFTER: Duration = crash_loop::HEALTHY_AFTER;

    /// Creates a budget nothing was spent of; `owner` is a random number each process draws for itself.
    #[must_use]
    pub const fn new(now: UnixTime, bot: BotId, owner: u64, settings: BudgetSettings) -> Self {
        Self {
            settings,
            bot,
            owner,
            writes: 0,
            now,
            began: now,
            total: at_least_one(settings.part(USUAL_TOTAL)),
            window: Window::FRESH,
            crash_loop: CrashLoop::NONE,
        }
    }

    /// Takes up the budget of an earlier process; a record older than a day counts as a fresh window.
    ///
    /// # Errors
    /// [`BudgetError::OtherBot`] if the record belongs to another bot.
    pub fn restore(
        now: UnixTime,
        bot: BotId,
        owner: u64,
        settings: BudgetSettings,
        record: &BudgetRecord,
    ) -> Result<Self, BudgetError> {
        if record.bot != bot {
            return Err(BudgetError::OtherBot);
        }
        let mut budget = Self {
            writes: record.writes,
            now: record.seen,
            total: record.total.max(1),
            window: record.window,
            crash_loop: record.crash_loop,
            ..Self::new(now, bot, owner, settings)
        };
        budget.window.bound(record.seen);
        let last_spent = &mut budget.crash_loop.last_spent;
        *last_spent = (*last_spent).min(record.seen);
        if now.saturating_since(record.seen) >= DAY {
            budget.window = Window::FRESH;
        }
        budget.hear(now);
        Ok(budget)
    }

    /// Hears that a process began; once, before it asks.
    pub fn started(&mut self, now: UnixTime) {
        self.hear(now);
        self.began = self.now;
        self.crash_loop.started(self.now);
    }

    /// Hears the server's word: `session_start_limit` of `GET /gateway/bot`.
    ///
    /// Of the window that was told before, the smaller number left counts: the server may not have counted yet
    /// what was spent. Of another window, the server's does.
    pub fn hear_limit(&mut self, now: UnixTime, limit: SessionStartLimit) {
        self.hear_total(now, limit.total);
        let remaining = self.settings.part(limit.remaining);
        self.window.hear(self.now, SessionStartLimit { total: self.total, remaining, ..limit });
    }

    /// Hears how many Identifies the server grants in a window, of a window that is over.
    pub fn hear_total(&mut self, now: UnixTime, total: u32) {
        self.hear(now);
        self.total = self.settings.part(total).max(1);
    }

    /// Tells whether an Identify may go out now; asking changes nothing.
    ///
    /// # Errors
    /// [`Refusal`] says why not, and when to ask again.
    pub fn ask(&mut self, now: UnixTime) -> Result<(), Refusal> {
        self.hear(now);
        let until = if self.settings.by_hand { UnixTime::EPOCH } else { self.crash_loop.until() };
        // What the day can spare is asked of the moment at which the crash loop lets it through.
        let asked = Asked { now: until.max(self.now), ..self.asked() };
        let mut window = self.window;
        window.pass(asked);
        window.ask(asked)?;
        let crash_loop = Refusal { why: RefusalCause::CrashLoop, until };
        if until > self.now { Err(crash_loop) } else { Ok(()) }
    }

    /// Hears that an Identify goes out; to be said, and [recorded](Self::record), before it does.
    pub fn spent(&mut self, now: UnixTime) {
        self.hear(now);
        self.window.spend(self.asked());
        self.crash_loop.last_spent = self.now;
    }

    /// Hears that a session was live for [`HEALTHY_AFTER`](Self::HEALTHY_AFTER): no crash loop, or it is over.
    pub fn lived(&mut self, now: UnixTime) {
        self.hear(now);
        self.crash_loop.starts = 0;
    }

    /// Returns what the next process has to know, and counts that it is written.
    #[must_use]
    pub fn record(&mut self) -> BudgetRecord {
        self.writes = self.writes.saturating_add(1);
        BudgetRecord {
            bot: self.bot,
            owner: self.owner,
            writes: self.writes,
            seen: self.now,
            total: self.total,
            window: self.window,
            crash_loop: self.crash_loop,
        }
    }

    /// Returns whose budget it is.
    #[must_use]
    pub const fn bot_id(&self) -> BotId {
        self.bot
    }

    /// Returns how many processes in a row began and did not live, this one included.
    #[must_use]
    pub const fn quick_starts(&self) -> u32 {
        self.crash_loop.starts
    }

    fn asked(&self) -> Asked {
        Asked {
            now: self.now,
            settings: self.settings,
            total: self.total,
            since: self.began.max(self.crash_loop.last_spent),
        }
    }

    fn hear(&mut self, now: UnixTime) {
        let back = self.now.saturating_since(now);
        if back > CORRECTION {
            self.turn_back(back);
        }
        self.now = self.now.max(now);
        self.window.pass(self.asked());
    }

    /// Moves all times back with the clock, which was wrong before or is wrong now.
    fn turn_back(&mut self, span: Duration) {
        self.now = self.now.saturating_sub(span);
        self.began = self.began.min(self.now);
        self.window.turn_back(span);
        let last_spent = &mut self.crash_loop.last_spent;
        if *last_spent != UnixTime::EPOCH {
            *last_spent = (*last_spent).saturating_sub(span);
        }
    }
}

const fn at_least_one(count: u32) -> u32 {
    if count == 0 { 1 } else { count }
}
