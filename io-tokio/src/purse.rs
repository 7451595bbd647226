//! What Identifies are paid from: the budget of the day, whose file is read and written where that holds up nobody.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gatewright_core::{BotId, BudgetSettings, Instant, Link, Refusal, SessionStartLimit, UnixTime};
use gatewright_std::{BudgetFile, unix_now};

use crate::clock::{self, Timer};
use crate::task::unblock;

/// How long a refusal holds at least, and how long a purse is left alone that another shard pays from.
const LEAST_REFUSAL: Duration = Duration::from_millis(100);

/// How long a disk may take when a shard is over.
const MOST_LAST_WORD: Duration = Duration::from_secs(2);

/// The budget of the shards that pass one gate; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Purse(Arc<Mutex<Content>>);

#[derive(Debug)]
struct Content {
    budget: BudgetFile,
    /// The bot whose file is to be taken in place of the budget, once it can be opened.
    unopened: Option<BotId>,
    /// Identifies that are to be told to that file.
    untold: u32,
    /// Whether a warning said that it could not be opened.
    warned: bool,
    /// What the server said of the day, and when, until the budget hears it.
    limit: Option<(SessionStartLimit, UnixTime)>,
    has_started: bool,
    has_lived: bool,
    /// The refusal that was told last.
    refusal: Option<Refusal>,
}

impl Purse {
    /// Creates one with a budget, and with what the server said of the day.
    pub(crate) fn new(budget: BudgetFile, limit: Option<SessionStartLimit>) -> Self {
        Self::of(budget, None, limit)
    }

    /// Creates one whose budget is the file of a bot in the folder for state, opened when it is needed.
    pub(crate) fn unopened(bot: BotId) -> Self {
        Self::of(BudgetFile::in_memory(unix_now(), bot, BudgetSettings::default()), Some(bot), None)
    }

    fn of(budget: BudgetFile, unopened: Option<BotId>, limit: Option<SessionStartLimit>) -> Self {
        let limit = limit.map(|limit| (limit, unix_now()));
        Self(Arc::new(Mutex::new(Content {
            budget,
            unopened,
            untold: 0,
            warned: false,
            limit,
            has_started: false,
            has_lived: false,
            refusal: None,
        })))
    }

    /// Hears that a session was live for long, or left after it was live.
    pub(crate) fn lived(&self) -> impl Future<Output = ()> + Send + use<> {
        let purse = self.clone();
        unblock(move || purse.lock().lived())
    }

    /// Pays for one Identify; returns for how long there is nothing to be had. It blocks as long as a disk takes.
    fn pay(&self) -> Result<(), Duration> {
        let mut content = match self.0.try_lock() {
            Ok(content) => content,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // A disk that hangs is to hold up one thread, not one for each shard.
            Err(TryLockError::WouldBlock) => return Err(LEAST_REFUSAL),
        };
        let wait = |refusal: Refusal| refusal.until.saturating_since(unix_now()).max(LEAST_REFUSAL);
        content.pay().map_err(wait)
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// Counts an Identify, on disk before it goes out.
    fn pay(&mut self) -> Result<(), Refusal> {
        let now = unix_now();
        self.open();
        // A process that only resumes burns no Identify, so it does not begin here.
        if !self.has_started {
            self.has_started = true;
            self.budget.started(now);
        }
        self.hear_limit(now);
        if let Err(refusal) = self.budget.ask(now) {
            if self.refusal.replace(refusal) != Some(refusal) {
                tracing::warn!("{refusal}");
            }
            return Err(refusal);
        }
        self.budget.spent(now);
        self.budget.flush(now);
        self.untold = self.untold.saturating_add(u32::from(self.unopened.is_some()));
        Ok(())
    }

    /// Hears what the server said, unless that was of a window that is over.
    fn hear_limit(&mut self, now: UnixTime) {
        let Some((mut limit, at)) = self.limit.take() else { return };
        limit.reset_after = limit.reset_after.saturating_sub(now.saturating_since(at));
        if !limit.reset_after.is_zero() {
            self.budget.hear_limit(now, limit);
        }
    }

    fn lived(&mut self) {
        if self.has_started && !self.has_lived {
            self.has_lived = true;
            let now = unix_now();
            self.budget.lived(now);
            // The process may end with this.
            self.budget.flush(now);
        }
    }

    /// Opens the file, unless that was done or cannot be: another process that holds it may go.
    fn open(&mut self) {
        let Some(bot) = self.unopened else { return };
        let now = unix_now();
        match BudgetFile::open_default(now, bot, BudgetSettings::default()) {
            Ok(budget) => {
                (self.budget, self.unopened) = (budget, None);
                self.tell(now);
            }
            Err(error) if !self.warned => {
                self.warned = true;
                tracing::warn!("a restart will forget what is spent of the day: {error}");
            }
            Err(_) => {}
        }
    }

    /// Tells a file that was just opened what was counted in memory until now.
    fn tell(&mut self, now: UnixTime) {
        if self.has_started {
            self.budget.started(now);
        }
        for _ in 0..std::mem::take(&mut self.untold) {
            self.budget.spent(now);
        }
        if self.has_lived {
            self.budget.lived(now);
        }
    }
}

/// What the budget is told when a shard is over: that it has not crashed.
pub(crate) struct LastWord {
    word: Pin<Box<dyn Future<Output = ()> + Send>>,
    until: Instant,
}

impl LastWord {
    /// Has it written.
    pub(crate) fn to(purse: &Purse) -> Self {
        let until = clock::now().saturating_add(MOST_LAST_WORD);
        Self { word: Box::pin(purse.lived()), until }
    }

    /// Waits until it is written, unless the disk takes too long.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, timer: &mut Timer) -> Poll<()> {
        if self.word.as_mut().poll(cx).is_ready() || clock::now() >= self.until {
            return Poll::Ready(());
        }
        timer.poll(cx, self.until)
    }
}

/// A permit to identify that is asked for.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) link: Link,
    payment: Payment,
}

/// What is paid for a permit.
enum Payment {
    Due,
    Runs(Pin<Box<dyn Future<Output = Result<(), Duration>> + Send>>),
    /// It is to be tried again at that instant.
    Refused(Instant),
    Done,
}

impl Asking {
    pub(crate) const fn new(link: Link) -> Self {
        Self { link, payment: Payment::Due }
    }

    /// Pays once, if there is something to pay from.
    ///
    /// # Errors
    /// There is nothing to be had before that instant.
    pub(crate) fn pay(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        purse: Option<&Purse>,
    ) -> Poll<Result<(), Instant>> {
        let Some(purse) = purse else { return Poll::Ready(Ok(())) };
        loop {
            self.payment = match &mut self.payment {
                Payment::Done => return Poll::Ready(Ok(())),
                Payment::Refused(until) if now < *until => return Poll::Ready(Err(*until)),
                Payment::Due | Payment::Refused(_) => {
                    let purse = purse.clone();
                    Payment::Runs(Box::pin(unblock(move || purse.pay())))
                }
                Payment::Runs(paying) => match ready!(paying.as_mut().poll(cx)) {
                    Ok(()) => Payment::Done,
                    Err(wait) => Payment::Refused(now.saturating_add(wait)),
                },
            };
        }
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Due => "Due",
            Self::Runs(_) => "Runs",
            Self::Refused(_) => "Refused",
            Self::Done => "Done",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::block_on;

    const DAY: Duration = Duration::from_secs(86_400);

    /// A purse that heard so long ago that nothing is left of a day that ends in 20 hours.
    fn spent(ago: Duration) -> Purse {
        let (now, bot) = (unix_now(), BotId::of_token("MTIz.abc.secret"));
        let earlier = now.saturating_sub(ago);
        let budget = BudgetFile::in_memory(earlier, bot, BudgetSettings::default());
        let reset_after = Duration::from_secs(20 * 3_600);
        let limit =
            SessionStartLimit { total: 1_000, remaining: 0, reset_after, max_concurrency: 1 };
        let purse = Purse::new(budget, Some(limit));
        purse.lock().limit = Some((limit, earlier));
        purse
    }

    #[test]
    fn what_the_server_said_of_a_window_counts_as_long_as_the_window_is() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let wait = spent(hours(19)).pay().unwrap_err();
        assert!(wait <= hours(2), "{wait:?} of the hour that is left");
        assert_eq!(spent(hours(21)).pay(), Ok(()));
        assert!(spent(Duration::ZERO).pay().unwrap_err() < DAY);
    }

    #[test]
    fn while_the_disk_hangs_for_one_shard_no_other_waits_for_it() {
        let purse = spent(DAY);
        let busy = purse.lock();
        assert_eq!(purse.pay(), Err(LEAST_REFUSAL));
        drop(busy);
        assert_eq!(purse.pay(), Ok(()));
    }

    #[test]
    fn an_identify_is_paid_once() {
        let purse = spent(DAY);
        let mut asking = Asking::new(Link(1));
        let now = clock::now();
        for _ in 0..3 {
            block_on(std::future::poll_fn(|cx| asking.pay(cx, now, Some(&purse)))).unwrap();
        }
        let spent = purse.lock().budget.budget().clone().record().to_string();
        let once = {
            let purse = self::spent(DAY);
            purse.pay().unwrap();
            purse.lock().budget.budget().clone().record().to_string()
        };
        let clear = |record: &str| {
            let field = |name| {
                let (_, rest) = record.split_once(name)?;
                rest.split_whitespace().next()?.parse::<u64>().ok()
            };
            field("clear=").zip(field("seen=")).map(|(clear, seen)| (clear - seen) / 10_000)
        };
        assert_eq!(clear(&spent), clear(&once));
        assert!(clear(&once).is_some_and(|clear| clear > 0), "{once}");
    }
}
