//! What Identifies are paid from: the budget of the day, whose file is read and written where that holds up nobody.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use gatewright_core::{BotId, BudgetSettings, Instant, Link, Refusal, SessionStartLimit, UnixTime};
use gatewright_std::{BudgetFile, unix_now};

use crate::task::{spawn, unblock};

/// How long a refusal holds at least.
const LEAST_REFUSAL: Duration = Duration::from_millis(100);

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
    /// What the server said of the day, until the budget hears it.
    limit: Option<SessionStartLimit>,
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

    /// Hears that a session was live for long, or left after it was live; it blocks as long as a disk takes.
    pub(crate) fn lived(&self) {
        self.lock().lived();
    }

    /// The same, without blocking.
    pub(crate) fn lives(&self) {
        let purse = self.clone();
        spawn(unblock(move || purse.lived()));
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
        if let Some(limit) = self.limit.take() {
            self.budget.hear_limit(now, limit);
        }
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

    fn lived(&mut self) {
        if self.has_started {
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

/// A permit to identify that is asked for.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) link: Link,
    payment: Payment,
}

/// What is paid for a permit.
enum Payment {
    Due,
    Runs(Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>),
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
    /// It is not paid before that instant, or before the task is woken.
    pub(crate) fn pay(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        purse: Option<&Purse>,
    ) -> Result<(), Instant> {
        let Some(purse) = purse else { return Ok(()) };
        loop {
            self.payment = match &mut self.payment {
                Payment::Done => return Ok(()),
                Payment::Refused(until) if now < *until => return Err(*until),
                Payment::Due | Payment::Refused(_) => {
                    let purse = purse.clone();
                    Payment::Runs(Box::pin(unblock(move || purse.lock().pay())))
                }
                Payment::Runs(paying) => match paying.as_mut().poll(cx) {
                    Poll::Pending => return Err(Instant::MAX),
                    Poll::Ready(Ok(())) => Payment::Done,
                    Poll::Ready(Err(refusal)) => {
                        let wait = refusal.until.saturating_since(unix_now());
                        Payment::Refused(now.saturating_add(wait.max(LEAST_REFUSAL)))
                    }
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
