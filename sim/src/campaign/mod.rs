//! Seeded hours of a simulated world in which much goes wrong, judged by laws after every step.
//!
//! A seed decides everything: the encoding and compression, the shards, the network, the traffic and what
//! goes wrong when. After an hour nothing goes wrong any more, and then everything has to be well again
//! within a stated bound. A seed that breaks a law is run again with fewer faults, as long as it still
//! breaks the same law.
#![cfg_attr(
    not(test),
    expect(
        clippy::wildcard_enum_match_arm,
        reason = "a law looks at what concerns it, and a plan names what is special"
    )
)]

mod caches;
mod laws;
mod minimise;
mod plan;
mod run;
mod scarce;
mod traffic;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

pub use self::laws::Breach;
use self::plan::Plan;
pub use self::plan::{Blow, Strike};
use self::run::{Arena, Run};
use crate::fault::{Fault, FaultInfo};
use crate::simulation::{Defect, Sight, Trouble};

/// The law that a world does not panic.
const PANIC: &str = "panic";

/// What is done to sights before they are judged, to see that a law can be broken.
#[doc(hidden)]
pub type Tap<'t> = dyn FnMut(&mut Vec<Sight>) + 't;

/// What a campaign can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long things go wrong.
    pub span: Duration,
    /// How many runs may be spent on finding fewer faults that break the same law.
    pub most_runs: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { span: Duration::from_secs(3_600), most_runs: 200 }
    }
}

/// What happened in one or more seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Seeds that were run.
    pub seeds: u64,
    /// The virtual time they took.
    pub time: Duration,
    /// Dispatches delivered.
    pub events: u64,
    /// Identifies the gateway took.
    pub identifies: u64,
    /// Resumes the gateway took.
    pub resumes: u64,
    /// The same time for each shard, added up.
    pub shard_time: Duration,
    /// How much of that a law was waived at most, since bytes had been damaged.
    pub waived: Duration,
    /// How many transports had to be cut after all, for bytes whose damage nobody could see.
    pub resets: u64,
    /// How many caches were compared with the world at the end.
    pub caches: u64,
    /// How many that were restored from a snapshot in between were.
    pub restored: u64,
    /// Processes of bots that keep a budget of Identifies.
    pub processes: u64,
    /// Identifies that such a budget put off.
    pub refusals: u64,
    /// The longest it took until all was well again, where no Identify was put off.
    pub recovery: Duration,
    /// Faults by name, with how often they struck.
    pub struck: BTreeMap<String, u64>,
}

impl Figures {
    /// Adds those of other seeds.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.time += other.time;
        self.shard_time += other.shard_time;
        self.waived += other.waived;
        self.resets += other.resets;
        self.caches += other.caches;
        self.restored += other.restored;
        self.processes += other.processes;
        self.refusals += other.refusals;
        self.recovery = self.recovery.max(other.recovery);
        self.events += other.events;
        self.identifies += other.identifies;
        self.resumes += other.resumes;
        for (name, times) in &other.struck {
            *self.struck.entry(name.clone()).or_default() += times;
        }
    }

    /// Names the faults and the trouble that struck less than `least` times.
    ///
    /// ```
    /// let figures = gatewright_sim::Figures::default();
    /// assert!(figures.seldom(1).contains(&"net-reset".to_owned()));
    /// assert!(figures.seldom(0).is_empty());
    /// ```
    #[must_use]
    pub fn seldom(&self, least: u64) -> Vec<String> {
        let faults = Fault::all().iter().map(FaultInfo::name);
        let all = faults.chain(Trouble::examples().map(|trouble| trouble.name().to_owned()));
        all.filter(|name| self.struck.get(name).copied().unwrap_or(0) < least).collect()
    }

    /// Returns the share of shard time in which a law was waived for damaged bytes, at most.
    #[must_use]
    pub fn waived_share(&self) -> f64 {
        let all = self.shard_time.as_secs_f64();
        if all > 0.0 { self.waived.as_secs_f64() / all } else { 0.0 }
    }

    /// Counts a fault that struck.
    fn count(&mut self, name: &str) {
        match self.struck.get_mut(name) {
            Some(times) => *times += 1,
            None => drop(self.struck.insert(name.to_owned(), 1)),
        }
    }
}

/// What became of one seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What its world is like, in a line.
    pub world: String,
    /// What happened, up to the law that was broken if one was.
    pub figures: Figures,
    /// The law that was broken.
    pub violation: Option<Violation>,
}

/// A law that was broken, and what led to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violation {
    /// The law, and how it was broken.
    pub breach: Breach,
    /// The fewest faults found that break it.
    pub schedule: Vec<Strike>,
    /// What was seen in the run with these faults, a line each.
    pub transcript: String,
    /// The transcript of each shard in that run, which plays again.
    pub recordings: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.breach)?;
        self.schedule.iter().try_for_each(|strike| write!(f, "\n  {strike}"))
    }
}

/// Runs the world of one seed.
///
/// ```
/// use gatewright_sim::{Settings, run_seed};
/// use std::time::Duration;
///
/// let outcome = run_seed(1, &Settings { span: Duration::from_secs(60), ..Settings::default() });
/// assert_eq!(outcome.violation, None);
/// ```
#[must_use]
pub fn run_seed(seed: u64, settings: &Settings) -> Outcome {
    let begun = caught(seed, || {
        let plan = Plan::draw(seed, settings.span);
        let world = plan.to_string();
        (plan, world)
    });
    let (plan, world) = match begun {
        Ok(begun) => begun,
        Err(breach) => {
            let violation = Violation { breach, ..Violation::default() };
            return Outcome { seed, violation: Some(violation), ..Outcome::default() };
        }
    };
    let (figures, breach) = attempt(&plan, settings.span, |_| {});
    let violation = breach.map(|breach| minimise::violation(plan, breach, settings));
    Outcome { seed, world, figures, violation }
}

/// Runs the world of one seed, with a tap between what is seen and the laws; nothing is minimised.
///
/// # Errors
/// The law that was broken.
#[doc(hidden)]
pub fn run_tapped<'t>(
    seed: u64,
    settings: &Settings,
    tap: &'t mut Tap<'t>,
) -> Result<Figures, Breach> {
    let plan = Plan::draw(seed, settings.span);
    let (figures, breach) = attempt(&plan, settings.span, |run| run.tap(tap));
    breach.map_or(Ok(figures), Err)
}

/// Runs the world of one seed with clients that have a defect; nothing is minimised.
///
/// # Errors
/// The law that was broken.
#[doc(hidden)]
pub fn run_defective(seed: u64, settings: &Settings, defect: Defect) -> Result<Figures, Breach> {
    let plan = Plan::draw(seed, settings.span);
    let (figures, breach) = attempt(&plan, settings.span, |run| run.sabotage(defect));
    breach.map_or(Ok(figures), Err)
}

fn attempt<'t>(
    plan: &Plan,
    span: Duration,
    prepare: impl FnOnce(&mut Run<'_, '_, 't>),
) -> (Figures, Option<Breach>) {
    let whole = || {
        let mut arenas = arenas(plan);
        let mut run = Run::new(plan, &mut arenas);
        prepare(&mut run);
        let breach = guarded(&mut run, span).err();
        (run.sum_up(), breach)
    };
    caught(plan.seed, whole).unwrap_or_else(|breach| (Figures::default(), Some(breach)))
}

/// Runs a world; one that panics breaks a law.
fn guarded(run: &mut Run<'_, '_, '_>, span: Duration) -> Result<(), Breach> {
    let done = caught(run.seed(), || run.run(span));
    done.unwrap_or_else(|breach| Err(Breach { at: run.now(), ..breach }))
}

/// Does something for a seed; a panic breaks a law.
fn caught<T>(seed: u64, does: impl FnOnce() -> T) -> Result<T, Breach> {
    panic::catch_unwind(AssertUnwindSafe(does)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let how = format!("the world of seed {seed}: {}", text.unwrap_or("without a word"));
        Breach { law: PANIC, how, ..Breach::default() }
    })
}

fn arenas(plan: &Plan) -> Vec<Arena> {
    let crashes = plan.scarce.as_ref().map_or(0, |scarce| scarce.crashes.len());
    let restarts = u32::from(plan.restart.is_some())
        + plan.shards * u32::try_from(crashes).unwrap_or(u32::MAX);
    (0..if plan.lent { plan.shards + restarts } else { 0 }).map(|_| Arena::new()).collect()
}
