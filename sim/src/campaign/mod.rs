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

mod laws;
mod minimise;
mod plan;
mod run;
mod traffic;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use self::laws::Breach;
use self::plan::Plan;
pub use self::plan::{Blow, Strike};
use self::run::{Arena, Run};
use crate::simulation::Sight;

/// What is done to sights before they are judged, to see that a law can be broken.
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
    /// Faults by name, with how often they struck.
    pub struck: BTreeMap<String, u64>,
}

impl Figures {
    /// Adds those of other seeds.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.time += other.time;
        self.events += other.events;
        self.identifies += other.identifies;
        self.resumes += other.resumes;
        for (name, times) in &other.struck {
            *self.struck.entry(name.clone()).or_default() += times;
        }
    }
}

/// What became of one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    let plan = Plan::draw(seed, settings.span);
    let (figures, breach) = attempt(&plan, settings.span, None);
    let world = plan.to_string();
    let violation = breach.map(|breach| minimise::violation(plan, breach, settings));
    Outcome { seed, world, figures, violation }
}

/// Runs the world of one seed, with a tap between what is seen and the laws; nothing is minimised.
///
/// # Errors
/// The law that was broken.
pub fn run_tapped<'t>(
    seed: u64,
    settings: &Settings,
    tap: &'t mut Tap<'t>,
) -> Result<Figures, Breach> {
    let plan = Plan::draw(seed, settings.span);
    let (figures, breach) = attempt(&plan, settings.span, Some(tap));
    breach.map_or(Ok(figures), Err)
}

fn attempt<'t>(
    plan: &Plan,
    span: Duration,
    tap: Option<&'t mut Tap<'t>>,
) -> (Figures, Option<Breach>) {
    let mut arenas = arenas(plan);
    let mut run = Run::new(plan, &mut arenas);
    run.tap(tap);
    let breach = run.run(span).err();
    (core::mem::take(&mut run.figures), breach)
}

fn arenas(plan: &Plan) -> Vec<Arena> {
    (0..if plan.lent { plan.shards } else { 0 }).map(|_| Arena::new()).collect()
}
