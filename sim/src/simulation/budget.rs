//! The budget of Identifies in front of the gate, and its record over processes that begin and end.

use std::time::Duration;

use gatewright_core::{
    BotId, BudgetRecord, BudgetSettings, IdentifyBudget, Instant, Phase, Refusal,
    SessionStartLimit, Shard, Status, UnixTime,
};

use super::client::Client;
use super::restart::Kept;
use super::sabotage::Defect;
use super::{Seen, Simulation};

/// What the wall clock shows at the beginning of virtual time, in milliseconds since the Unix epoch.
const EPOCH_MS: u64 = 1_786_017_600_000;
/// What stands for the token of the bot, of which a record keeps who it is.
const TOKEN: &str = "MTIz.simulated";
/// The shard that stands for all in what is seen of their process.
const ALL: u32 = 0;

/// How the process of all shards ends without a word, and how another one begins.
///
/// ```
/// let crash = gatewright_sim::Crash::default();
/// assert!(crash.told && !crash.lost);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// How long after that the other one begins.
    pub pause: Duration,
    /// Whether the latest write of the budget's record is lost with it.
    pub lost: bool,
    /// Whether the other one is told by the gateway what is left of the day.
    pub told: bool,
}

impl Default for Crash {
    fn default() -> Self {
        Self { pause: Duration::from_millis(500), lost: false, told: true }
    }
}

/// What counts the Identifies of all processes.
#[derive(Debug)]
pub(super) struct Ledger {
    settings: BudgetSettings,
    budget: IdentifyBudget,
    /// The latest record that was written, and the one before.
    stored: Option<String>,
    before: Option<String>,
    /// The refusal that was told last, while it holds.
    refusal: Option<Refusal>,
    /// When another process begins, and how.
    begins: Option<(Instant, Crash)>,
    processes: u64,
}

impl Ledger {
    fn new(now: Instant, settings: BudgetSettings) -> Self {
        let bot = BotId::of_token(TOKEN);
        Self {
            settings,
            budget: IdentifyBudget::new(unix(now), bot, 0, settings),
            stored: None,
            before: None,
            refusal: None,
            begins: None,
            processes: 0,
        }
    }

    /// Returns when another process begins, if one is to.
    pub(super) fn begins_at(&self) -> Option<Instant> {
        self.begins.map(|(at, _)| at)
    }

    /// Takes up what was stored, as a new process does.
    fn open(&mut self, now: Instant, crash: Crash, limit: SessionStartLimit) {
        let (unix, bot, settings) = (unix(now), BotId::of_token(TOKEN), self.settings);
        if crash.lost {
            self.stored = self.before.take();
        }
        self.processes += 1;
        let record = self.stored.as_ref().map(|line| BudgetRecord::parse(line.as_bytes()));
        let restored = record.and_then(Result::ok).and_then(|record| {
            IdentifyBudget::restore(unix, bot, self.processes, settings, &record).ok()
        });
        let fresh = || IdentifyBudget::new(unix, bot, self.processes, settings);
        self.budget = restored.unwrap_or_else(fresh);
        self.refusal = None;
        self.budget.started(unix);
        if crash.told {
            self.budget.hear_limit(unix, limit);
        }
        self.write();
    }

    fn spend(&mut self, now: Instant) {
        self.budget.spent(unix(now));
        self.write();
    }

    /// Hears the state of a shard: one whose session has lived long does not crash.
    fn look(&mut self, now: Instant, status: &Status) {
        let lived = status.phase == Phase::Live && status.in_phase >= IdentifyBudget::HEALTHY_AFTER;
        if lived && self.budget.quick_starts() > 0 {
            self.budget.lived(unix(now));
            self.write();
        }
    }

    fn write(&mut self) {
        let line = self.budget.record().to_string();
        self.before = self.stored.replace(line);
    }
}

impl<'m> Simulation<'m> {
    /// Lets no more Identifies through than the day has left, over all processes.
    ///
    /// Its record is kept as text, as in a file. The first process begins now, and is told by the gateway what is left.
    pub fn budget(&mut self, settings: BudgetSettings) {
        self.ledger = Some(Ledger::new(self.now, settings));
        self.begin(Crash::default());
    }

    /// Returns the record of the budget as it was written last, if one is kept.
    #[must_use]
    pub fn budget_record(&self) -> Option<&str> {
        self.ledger.as_ref()?.stored.as_deref()
    }

    /// Ends the process of all shards without a word; another one begins after that, for which `make` makes each
    /// shard by its id. A shard that is not made stays as it is.
    pub fn crash(&mut self, crash: Crash, mut make: impl FnMut(u32) -> Option<Shard<'m>>) {
        let at = self.now.saturating_add(crash.pause);
        for id in 0..self.shards() {
            if let Some(shard) = make(id) {
                self.replace(id, shard, at);
                let kept = self.client(id).and_then(|client| client.kept.as_mut());
                kept.into_iter().for_each(Kept::empty);
                self.see(id, Seen::Restarted { goes_on: false });
            }
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.begins = Some((at, crash));
        }
    }

    /// Lets a process begin: it reads the record, asks what is left of the day, and writes down that it began.
    pub(super) fn begin(&mut self, crash: Crash) {
        let (now, forgets) = (self.now, self.is_sabotaged(Defect::ForgetsBudget));
        self.server.handle_input(now, crate::server::Input::Tick);
        self.drain_server(false);
        let limit = self.server.start_limit();
        let Some(ledger) = &mut self.ledger else { return };
        ledger.begins = None;
        if forgets {
            (ledger.stored, ledger.before) = (None, None);
        }
        ledger.open(now, crash, limit);
        self.gate_wait = now;
        self.see(ALL, Seen::Began { lost: crash.lost, told: crash.told });
    }

    /// Lets the process begin that is due.
    pub(super) fn begin_due(&mut self) {
        let due = self.ledger.as_ref().and_then(|ledger| ledger.begins);
        if let Some((_, crash)) = due {
            self.begin(crash);
        }
    }

    /// Tells whether the day can spare an Identify of a shard; it is seen once why not.
    pub(super) fn may_spend(&mut self, shard: u32) -> bool {
        let (ignores, stays) = (Defect::IgnoresBudget, Defect::StaysRefused);
        let [ignores, stays] = [ignores, stays].map(|defect| self.is_sabotaged(defect));
        let now = self.now;
        let Some(ledger) = self.ledger.as_mut().filter(|_| !ignores) else { return true };
        if stays && ledger.refusal.is_some() {
            return false;
        }
        let Err(refusal) = ledger.budget.ask(unix(now)) else {
            ledger.refusal = None;
            return true;
        };
        if ledger.refusal.replace(refusal) != Some(refusal) {
            let until = instant(refusal.until);
            self.see(shard, Seen::Refused { why: refusal.why, until });
        }
        false
    }

    /// Counts an Identify that goes out.
    pub(super) fn spend(&mut self) {
        if let Some(ledger) = &mut self.ledger {
            ledger.spend(self.now);
        }
    }

    /// Returns when the gate is to be looked at, which wants that at `at`: not before a refusal is over.
    pub(super) fn gate_wait(&self, at: Instant) -> Instant {
        let refusal = self.ledger.as_ref().and_then(|ledger| ledger.refusal);
        match refusal {
            Some(_) if self.is_sabotaged(Defect::StaysRefused) => Instant::MAX,
            Some(refusal) => at.max(instant(refusal.until)),
            None => at,
        }
    }

    /// Shows the state of a shard to the budget.
    pub(super) fn look_at(&mut self, at: usize) {
        if let Some(ledger) = &mut self.ledger
            && let Some(client) = self.clients.get(at)
        {
            ledger.look(self.now, &client.shard.status());
        }
    }

    fn is_sabotaged(&self, defect: Defect) -> bool {
        self.clients.first().is_some_and(|client: &Client<'_>| client.sabotage.is(defect))
    }
}

fn unix(now: Instant) -> UnixTime {
    UnixTime::from_millis(EPOCH_MS.saturating_add(now.as_micros() / 1_000))
}

fn instant(time: UnixTime) -> Instant {
    Instant::from_millis(time.as_millis().saturating_sub(EPOCH_MS))
}
