//! A budget that is written down as it changes, and goes on in memory where that fails.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatewright_core::{
    BotId, BudgetSettings, IdentifyBudget, Refusal, SessionStartLimit, ShardId, UnixTime,
};

use crate::error::{BudgetFault, BudgetFileError};
use crate::files;
use crate::store::Store;

/// The least time between two writes: a large bot may identify many times a second.
const PAUSE: Duration = Duration::from_millis(100);
/// The least time from a failed write to the next: what is full or read-only stays so for a while.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// An [`IdentifyBudget`] that is kept in a file from one process of a bot to the next; one at a time has it.
///
/// The first change is written at once, those that follow within 100 ms together: call [`tick`](Self::tick) at
/// [`deadline`](Self::deadline). Dropping it writes what is left. Where writing fails, it goes on counting in
/// memory, tells so once by `tracing::warn!`, and tries again.
///
/// Beside the file lie `.lock`, which a second process on one record stumbles over at once, and for moments `.tmp`.
///
/// # Examples
///
/// ```
/// use gatewright_core::{BotId, BudgetSettings};
/// use gatewright_std::{BudgetFile, unix_now};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("identify-budget");
/// let bot = BotId::of_token("MTIz.abc.secret");
/// let mut budget = BudgetFile::open(unix_now(), path, bot, BudgetSettings::default())?;
/// budget.started(unix_now());
/// match budget.ask(unix_now()) {
///     Ok(()) => budget.spent(unix_now()), // and then the Identify goes out
///     Err(refusal) => println!("{refusal}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BudgetFile {
    budget: IdentifyBudget,
    /// The file, unless it counts in memory only.
    store: Option<Store>,
    /// Whether there is something to write.
    changed: bool,
    /// The time of the latest write, and how long none may follow.
    written: Option<(UnixTime, Duration)>,
    error: Option<BudgetFileError>,
}

impl BudgetFile {
    /// Opens a file, which need not exist yet, and takes up the budget in it.
    ///
    /// # Errors
    /// If another process holds the file, or it cannot be read, or holds no whole record of this bot. It is not changed
    /// then: what it says about the crash loop or the day may be true.
    pub fn open(
        now: UnixTime,
        path: impl Into<PathBuf>,
        bot: BotId,
        settings: BudgetSettings,
    ) -> Result<Self, BudgetFileError> {
        let path = path.into();
        let fail = |fault| BudgetFileError::new(&path, fault);
        let owner = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
        let (store, record) = Store::open(path.clone()).map_err(fail)?;
        let budget = match record {
            None => IdentifyBudget::new(now, bot, owner, settings),
            Some(record) => IdentifyBudget::restore(now, bot, owner, settings, &record)
                .map_err(|error| fail(BudgetFault::Record(error)))?,
        };
        Ok(Self { budget, store: Some(store), changed: false, written: None, error: None })
    }

    /// Opens the file of a bot in the folder for the state of this user's programs, which is created if it is not there.
    ///
    /// That is `gatewright` in `$XDG_STATE_HOME`, else in `~/.local/state`; on Windows in `%LOCALAPPDATA%`. The file is named
    /// `identify-budget-` and the [`BotId`].
    ///
    /// # Errors
    /// As [`open`](Self::open), and if there is no such folder.
    pub fn open_default(
        now: UnixTime,
        bot: BotId,
        settings: BudgetSettings,
    ) -> Result<Self, BudgetFileError> {
        Self::open_named(now, format!("identify-budget-{bot}"), bot, settings)
    }

    /// Opens the file of a process that has a part of the bot's shards, of which this is the first: each process has a file
    /// of its own, beside that of [`open_default`](Self::open_default).
    ///
    /// [`BudgetSettings::processes`] is to say how many there are. With another number of them, or of shards, another file
    /// begins: then the server is to say what the day has left.
    ///
    /// # Errors
    /// As [`open_default`](Self::open_default).
    pub fn open_default_of(
        now: UnixTime,
        bot: BotId,
        first: ShardId,
        settings: BudgetSettings,
    ) -> Result<Self, BudgetFileError> {
        let (ShardId { id, count }, processes) = (first, settings.processes);
        let name = format!("identify-budget-{bot}-{id}-of-{count}-by-{processes}");
        Self::open_named(now, name, bot, settings)
    }

    fn open_named(
        now: UnixTime,
        name: String,
        bot: BotId,
        settings: BudgetSettings,
    ) -> Result<Self, BudgetFileError> {
        let fail = |fault| BudgetFileError::new(name.as_ref(), fault);
        let folder = files::state_folder().map_err(|error| fail(BudgetFault::Read(error)))?;
        files::create_folder(&folder).map_err(|error| fail(BudgetFault::Write(error)))?;
        Self::open(now, folder.join(name), bot, settings)
    }

    /// Counts in memory only: the next process knows nothing of it.
    #[must_use]
    pub fn in_memory(now: UnixTime, bot: BotId, settings: BudgetSettings) -> Self {
        let budget = IdentifyBudget::new(now, bot, 0, settings);
        Self { budget, store: None, changed: false, written: None, error: None }
    }

    /// Hears that a process began; see [`IdentifyBudget::started`].
    pub fn started(&mut self, now: UnixTime) {
        self.budget.started(now);
        self.change(now);
    }

    /// Hears the server's word; see [`IdentifyBudget::hear_limit`].
    pub fn hear_limit(&mut self, now: UnixTime, limit: SessionStartLimit) {
        self.budget.hear_limit(now, limit);
        self.change(now);
    }

    /// Hears the server's word of a window that is over; see [`IdentifyBudget::hear_total`].
    pub fn hear_total(&mut self, now: UnixTime, total: u32) {
        self.budget.hear_total(now, total);
        self.change(now);
    }

    /// Tells whether an Identify may go out now.
    ///
    /// # Errors
    /// [`Refusal`] says why not, and when to ask again.
    pub fn ask(&mut self, now: UnixTime) -> Result<(), Refusal> {
        self.budget.ask(now)
    }

    /// Hears that an Identify goes out; to be said before it does.
    ///
    /// Within 100 ms of another write it is counted in memory only; [`flush`](Self::flush) has it on disk at once.
    pub fn spent(&mut self, now: UnixTime) {
        self.budget.spent(now);
        self.change(now);
    }

    /// Hears that a session was live for [`IdentifyBudget::HEALTHY_AFTER`].
    pub fn lived(&mut self, now: UnixTime) {
        self.budget.lived(now);
        self.change(now);
    }

    /// Hears that time passed, and writes what is due.
    pub fn tick(&mut self, now: UnixTime) {
        if self.deadline().is_some_and(|at| at <= now) || self.clock_went_back(now) {
            self.flush(now);
        }
    }

    /// Writes what is left to write, however soon after the write before.
    pub fn flush(&mut self, now: UnixTime) {
        let Some(store) = self.store.as_mut().filter(|_| self.changed) else { return };
        let result = store.write(&self.budget.record());
        let path = store.path().to_owned();
        self.changed = result.is_err();
        let pause = if result.is_err() { PAUSE_AFTER_FAILURE } else { PAUSE };
        self.written = Some((now, pause));
        self.settle(&path, result);
    }

    /// Returns when to call [`tick`](Self::tick), if anything is left to write.
    #[must_use]
    pub fn deadline(&self) -> Option<UnixTime> {
        let due = self.written.map_or(UnixTime::EPOCH, |(at, pause)| at.saturating_add(pause));
        self.changed.then_some(due)
    }

    /// Returns why the latest write failed, if it did.
    #[must_use]
    pub const fn last_error(&self) -> Option<&BudgetFileError> {
        self.error.as_ref()
    }

    /// Returns the budget.
    #[must_use]
    pub const fn budget(&self) -> &IdentifyBudget {
        &self.budget
    }

    fn change(&mut self, now: UnixTime) {
        self.changed = self.store.is_some();
        self.tick(now);
    }

    fn clock_went_back(&self, now: UnixTime) -> bool {
        self.written.is_some_and(|(at, _)| now < at)
    }

    /// Keeps what came of a write, and tells when that changed.
    fn settle(&mut self, path: &Path, result: Result<(), BudgetFault>) {
        let error = result.err().map(|fault| BudgetFileError::new(path, fault));
        match (&self.error, &error) {
            (None, Some(error)) => tracing::warn!("{error}"),
            (Some(_), None) => tracing::info!("{} is written again", path.display()),
            (None, None) | (Some(_), Some(_)) => {}
        }
        self.error = error;
    }
}

impl Drop for BudgetFile {
    fn drop(&mut self) {
        let latest = self.written.map_or(UnixTime::EPOCH, |(at, _)| at);
        self.flush(latest);
    }
}
