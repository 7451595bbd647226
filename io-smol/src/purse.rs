//! What Identifies are paid from: the budget of the day, whose file is read and written where that holds up nobody.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gatewright_core::{
    BotId, BudgetSettings, Instant, Link, Refusal, SessionStartLimit, ShardId, UnixTime,
};
use gatewright_std::{BudgetFile, BudgetFileError, Watch, unix_now};

use crate::clock::{self, Timer, sleep_until};
use crate::task::{spawn, unblock};

/// How long a refusal holds at least.
const LEAST_REFUSAL: Duration = Duration::from_millis(100);
/// How long a disk may take when a shard is over.
const MOST_LAST_WORD: Duration = Duration::from_secs(2);
/// How long a disk may take before somebody is told why no Identify goes out.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to wait until what could not be written, or opened, is tried again.
const AGAIN_AFTER: Duration =
    if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(10) };
/// How long what the server said holds if it named no end.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The budget of the shards that pass one gate; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Purse(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Whether somebody has the content, perhaps for as long as a disk takes. The others wait, and hold up no thread.
    taken: Watch<bool>,
    content: Mutex<Content>,
    /// What the server said of the day, and when, until the budget hears it.
    heard: Mutex<Option<Heard>>,
    /// Whether a task tries again to write, or open, what could not be.
    retries: AtomicBool,
}

type Heard = (SessionStartLimit, UnixTime);

/// Whose budget is to be opened, once it is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) bot: BotId,
    /// The first shard of the process, if it has a part of the bot's.
    pub(crate) first: Option<ShardId>,
    /// How many such processes there are.
    pub(crate) processes: u32,
}

impl Owner {
    fn settings(self) -> BudgetSettings {
        let mut settings = BudgetSettings::default();
        settings.processes = self.processes;
        settings
    }

    fn open(self, now: UnixTime) -> Result<BudgetFile, BudgetFileError> {
        match self.first {
            None => BudgetFile::open_default(now, self.bot, self.settings()),
            Some(first) => BudgetFile::open_default_of(now, self.bot, first, self.settings()),
        }
    }
}

#[derive(Debug)]
struct Content {
    budget: BudgetFile,
    /// Whose file is to be taken in place of the budget, once it can be opened.
    unopened: Option<Owner>,
    /// Identifies that are to be told to that file.
    untold: u32,
    /// Whether a warning said that it could not be opened.
    warned: bool,
    /// What the budget heard last, to be told to that file.
    heard: Option<Heard>,
    has_started: bool,
    has_lived: bool,
    /// The refusal that was told last.
    refusal: Option<Refusal>,
}

impl Purse {
    /// Creates one with a budget, and with what the server said of the day.
    pub(crate) fn new(budget: BudgetFile, limit: Option<SessionStartLimit>) -> Self {
        let purse = Self::of(budget, None);
        purse.hear(limit);
        purse
    }

    /// Creates one whose budget is a file in the folder for state, opened when it is needed.
    pub(crate) fn unopened(owner: Owner) -> Self {
        let budget = BudgetFile::in_memory(unix_now(), owner.bot, owner.settings());
        Self::of(budget, Some(owner))
    }

    fn of(budget: BudgetFile, unopened: Option<Owner>) -> Self {
        let content = Mutex::new(Content {
            budget,
            unopened,
            untold: 0,
            warned: false,
            heard: None,
            has_started: false,
            has_lived: false,
            refusal: None,
        });
        let (taken, heard, retries) = (Watch::new(false), Mutex::new(None), AtomicBool::new(false));
        Self(Arc::new(Inner { taken, content, heard, retries }))
    }

    /// Hears what the server said of the day.
    pub(crate) fn hear(&self, limit: Option<SessionStartLimit>) {
        if let Some(limit) = limit {
            *self.0.heard() = Some((limit, unix_now()));
        }
    }

    /// Hears that a session was live for long, or left after it was live.
    pub(crate) fn lived(&self) -> impl Future<Output = ()> + Send + use<> {
        let purse = self.clone();
        let inner = Arc::clone(&self.0);
        let lived = move |content: &mut Content| {
            content.lived();
            inner.retry_if(content.is_behind());
        };
        async move { purse.with(lived).await }
    }

    /// Pays for one Identify; returns for how long there is nothing to be had.
    pub(crate) async fn pay(self) -> Result<(), Duration> {
        let inner = Arc::clone(&self.0);
        let pay = move |content: &mut Content| {
            let paid = content.pay(&inner);
            // Here, since who asked may be gone by now.
            inner.retry_if(content.is_behind());
            paid
        };
        let paid = self.with(pay).await;
        let wait = |refusal: Refusal| refusal.until.saturating_since(unix_now()).max(LEAST_REFUSAL);
        paid.map_err(wait)
    }

    /// Tries again to write what could not be written; tells whether all is.
    async fn catch_up(&self) -> bool {
        self.with(Content::retry).await
    }

    /// Does something that takes as long as a disk does, once nobody else does.
    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Content) -> T + Send + 'static,
    ) -> T {
        self.0.taken.wait(|taken| (!mem::replace(taken, true)).then_some(())).await;
        let turn = Turn(self.clone());
        unblock(move || act(&mut turn.0.0.content())).await
    }
}

impl Inner {
    /// Has what is on no disk tried again, unless a task does so already.
    fn retry_if(self: &Arc<Self>, is_behind: bool) {
        if is_behind && !self.retries.swap(true, Ordering::Relaxed) {
            spawn(retry_later(Retrying(Arc::downgrade(self))));
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self) -> MutexGuard<'_, Option<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to do something with the content.
struct Turn(Purse);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.taken.change(|taken| *taken = false);
    }
}

/// That a task tries again to write; also where that ends with its runtime.
struct Retrying(Weak<Inner>);

impl Drop for Retrying {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.retries.store(false, Ordering::Relaxed);
        }
    }
}

/// Tries again to write what could not be written, until it is or nobody needs it.
async fn retry_later(retrying: Retrying) {
    loop {
        sleep_until(clock::now().saturating_add(AGAIN_AFTER)).await;
        let Some(inner) = retrying.0.upgrade() else { return };
        if Purse(inner).catch_up().await {
            return;
        }
    }
}

impl Content {
    /// Counts an Identify, on disk before it goes out.
    fn pay(&mut self, purse: &Inner) -> Result<(), Refusal> {
        let now = unix_now();
        self.open();
        // A process that only resumes burns no Identify, so it does not begin here.
        if !self.has_started {
            self.has_started = true;
            self.budget.started(now);
        }
        let heard = purse.heard().take();
        self.hear(now, heard);
        self.heard = heard.or(self.heard);
        if let Err(refusal) = self.budget.ask(now) {
            if self.refusal.replace(refusal) != Some(refusal) {
                tracing::warn!(bot = %self.budget.budget().bot_id(), "{refusal}");
            }
            return Err(refusal);
        }
        self.budget.spent(now);
        self.budget.flush(now);
        self.untold = self.untold.saturating_add(u32::from(self.unopened.is_some()));
        Ok(())
    }

    /// Hears what the server said; of a window that is over, how many Identifies a window has.
    fn hear(&mut self, now: UnixTime, heard: Option<Heard>) {
        let Some((mut limit, at)) = heard else { return };
        let age = now.saturating_since(at);
        // A window nobody has spent of may not have begun.
        let window = if limit.reset_after.is_zero() { DAY } else { limit.reset_after };
        if age >= window {
            return self.budget.hear_total(now, limit.total);
        }
        limit.reset_after = limit.reset_after.saturating_sub(age);
        self.budget.hear_limit(now, limit);
    }

    fn lived(&mut self) {
        if !self.has_started {
            return;
        }
        let now = unix_now();
        if !self.has_lived {
            self.open();
            self.has_lived = true;
            self.budget.lived(now);
        }
        // The process may end with this.
        self.budget.flush(now);
    }

    /// Opens the file, unless that was done or cannot be: another process that holds it may go.
    fn open(&mut self) {
        let Some(owner) = self.unopened else { return };
        let now = unix_now();
        match owner.open(now) {
            Ok(budget) => {
                (self.budget, self.unopened) = (budget, None);
                self.tell(now);
            }
            Err(error) if !self.warned => {
                self.warned = true;
                tracing::warn!(bot = %owner.bot, "a restart will forget what is spent of the day: {error}");
            }
            Err(_) => {}
        }
    }

    /// Tells a file that was just opened what was counted in memory until now.
    fn tell(&mut self, now: UnixTime) {
        if self.has_started {
            self.budget.started(now);
        }
        self.hear(now, self.heard);
        for _ in 0..mem::take(&mut self.untold) {
            self.budget.spent(now);
        }
        if self.has_lived {
            self.budget.lived(now);
        }
        self.budget.flush(now);
    }

    /// Tells whether something is on no disk.
    fn is_behind(&self) -> bool {
        self.unopened.is_some() || self.budget.deadline().is_some()
    }

    /// Tries again; tells whether all is written.
    fn retry(&mut self) -> bool {
        self.open();
        self.budget.flush(unix_now());
        !self.is_behind()
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
        if self.word.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        timer.reach(cx, self.until)
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
    Runs {
        paying: Pin<Box<dyn Future<Output = Result<(), Duration>> + Send>>,
        /// When somebody is to be told that it takes long, until that was done.
        late_at: Instant,
    },
    /// It is to be tried again at that instant.
    Refused(Instant),
    Done,
}

impl Asking {
    pub(crate) const fn new(link: Link) -> Self {
        Self { link, payment: Payment::Due }
    }

    /// Returns when it is to be looked at, should nothing happen.
    pub(crate) const fn late_at(&self) -> Instant {
        match self.payment {
            Payment::Runs { late_at, .. } => late_at,
            Payment::Due | Payment::Refused(_) | Payment::Done => Instant::MAX,
        }
    }

    /// Tells, once, whether a payment takes long.
    pub(crate) fn is_late(&mut self, now: Instant) -> bool {
        match &mut self.payment {
            Payment::Runs { late_at, .. } if *late_at <= now => {
                *late_at = Instant::MAX;
                true
            }
            Payment::Due | Payment::Runs { .. } | Payment::Refused(_) | Payment::Done => false,
        }
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
                    let (paying, late_at) = (purse.clone().pay(), now.saturating_add(PATIENCE));
                    Payment::Runs { paying: Box::pin(paying), late_at }
                }
                Payment::Runs { paying, .. } => match ready!(paying.as_mut().poll(cx)) {
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
            Self::Runs { .. } => "Runs",
            Self::Refused(_) => "Refused",
            Self::Done => "Done",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::task::block_on;

    const USUAL: SessionStartLimit = SessionStartLimit {
        total: 1_000,
        remaining: 0,
        reset_after: hours(20),
        max_concurrency: 1,
    };

    const fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 3_600)
    }

    /// A purse that heard so long ago.
    fn told(limit: SessionStartLimit, ago: Duration) -> Purse {
        let (earlier, bot) = (unix_now().saturating_sub(ago), BotId::of_token("MTIz.abc.secret"));
        let budget = BudgetFile::in_memory(earlier, bot, BudgetSettings::default());
        let purse = Purse::new(budget, None);
        *purse.0.heard() = Some((limit, earlier));
        purse
    }

    /// Pays for so many Identifies at once; returns for how long there is nothing to be had then.
    fn pay(purse: &Purse, identifies: u32) -> Result<(), Duration> {
        (0..identifies).try_for_each(|_| block_on(purse.clone().pay()))
    }

    fn asking(purse: &Purse, now: Instant, asking: &mut Asking) -> Result<(), Instant> {
        block_on(poll_fn(|cx| asking.pay(cx, now, Some(purse))))
    }

    fn record(purse: &Purse) -> String {
        purse.0.content().budget.budget().clone().record().to_string()
    }

    #[test]
    fn what_the_server_said_of_a_window_counts_as_long_as_the_window_is() {
        let wait = pay(&told(USUAL, hours(19)), 1).unwrap_err();
        assert!(wait <= hours(2), "{wait:?} of the hour that is left");
        assert_eq!(pay(&told(USUAL, hours(21)), 1), Ok(()));
        assert!(pay(&told(USUAL, Duration::ZERO), 1).unwrap_err() < DAY);
    }

    #[test]
    fn how_many_a_day_has_is_known_also_when_its_window_has_not_begun_or_is_over() {
        let large = SessionStartLimit { total: 4_000, remaining: 4_000, ..USUAL };
        for (reset_after, ago) in [(0, 0), (0, 23), (0, 25), (2, 3), (2, 50)] {
            let limit = SessionStartLimit { reset_after: hours(reset_after), ..large };
            assert_eq!(pay(&told(limit, hours(ago)), 1_500), Ok(()), "{reset_after} {ago}");
        }
        assert!(
            pay(&told(SessionStartLimit { reset_after: hours(1), ..USUAL }, hours(2)), 1_500)
                .is_err()
        );
    }

    #[test]
    fn while_the_disk_hangs_for_one_shard_the_others_wait_and_say_so() {
        let purse = told(USUAL, DAY);
        let turn = Turn(purse.clone());
        purse.0.taken.change(|taken| *taken = true);
        let (now, mut waits) = (clock::now(), Asking::new(Link(1)));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(waits.pay(&mut cx, now, Some(&purse)).is_pending());
        assert!(!waits.is_late(now));
        assert_eq!(waits.late_at(), now.saturating_add(PATIENCE));
        assert!(waits.is_late(waits.late_at()));
        assert!(!waits.is_late(now.saturating_add(PATIENCE * 2)), "once is enough");
        drop(turn);
        assert_eq!(asking(&purse, now, &mut waits), Ok(()));
    }

    #[test]
    fn an_identify_is_paid_once() {
        let (purse, once) = (told(USUAL, DAY), told(USUAL, DAY));
        let (now, mut asked) = (clock::now(), Asking::new(Link(1)));
        for _ in 0..3 {
            asking(&purse, now, &mut asked).unwrap();
        }
        pay(&once, 1).unwrap();
        let clear = |purse: &Purse| {
            let record = record(purse);
            let field = |name| {
                let (_, rest) = record.split_once(name)?;
                rest.split_whitespace().next()?.parse::<u64>().ok()
            };
            field("clear=").zip(field("seen=")).map(|(clear, seen)| (clear - seen) / 10_000)
        };
        assert_eq!(clear(&purse), clear(&once));
        assert!(clear(&once).is_some_and(|clear| clear > 0), "{}", record(&once));
    }
}
