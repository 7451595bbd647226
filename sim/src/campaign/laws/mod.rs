//! The laws a client keeps whatever happens, each judged by what is seen of it and nothing else.

mod answers;
mod beats;
mod commands;
mod deadlines;
mod delivery;
mod limits;
mod manners;
mod zombies;

use std::fmt;
use std::time::Duration;

use gatewright_core::Instant;

use self::answers::Answers;
use self::beats::Beats;
use self::commands::Commands;
use self::deadlines::Deadlines;
use self::delivery::Delivery;
use self::limits::{IdentifyPace, PayloadSize, SendLimit};
use self::manners::Manners;
use self::zombies::Zombies;
use crate::simulation::{Seen, Sight};

/// A law that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The name of the law.
    pub law: &'static str,
    /// By which shard.
    pub shard: u32,
    /// When.
    pub at: Instant,
    /// How.
    pub how: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: shard {} at {}: {}", self.law, self.shard, self.at, self.how)
    }
}

/// What a law says about a sight.
type Verdict = Result<(), String>;

/// All laws that are judged while the world runs.
#[derive(Debug)]
pub(super) struct Laws {
    shards: Vec<OfShard>,
    identify_pace: IdentifyPace,
}

/// The laws that look at one shard alone.
#[derive(Debug, Default)]
struct OfShard {
    answers: Answers,
    beats: Beats,
    commands: Commands,
    deadlines: Deadlines,
    delivery: Delivery,
    manners: Manners,
    send_limit: SendLimit,
    zombies: Zombies,
}

impl Laws {
    pub(super) fn new(shards: u32, at_once: u32) -> Self {
        let shards = (0..shards).map(|_| OfShard::default()).collect();
        Self { shards, identify_pace: IdentifyPace::new(at_once) }
    }

    /// Judges what was seen.
    pub(super) fn see(&mut self, sights: &[Sight]) -> Result<(), Breach> {
        sights.iter().try_for_each(|sight| self.judge(sight))
    }

    fn judge(&mut self, sight: &Sight) -> Result<(), Breach> {
        let (at, seen) = (sight.at, &sight.seen);
        let breach = |law, verdict: Verdict| {
            verdict.map_err(|how| Breach { law, shard: sight.shard, at, how })
        };
        let shard = usize::try_from(sight.shard).ok().and_then(|at| self.shards.get_mut(at));
        let Some(shard) = shard else { return Ok(()) };
        breach(Answers::NAME, shard.answers.see(at, seen))?;
        breach(Beats::NAME, shard.beats.see(at, seen))?;
        breach(Commands::NAME, shard.commands.see(at, seen))?;
        breach(Deadlines::NAME, shard.deadlines.see(at, seen))?;
        breach(Delivery::NAME, shard.delivery.see(seen))?;
        breach(Manners::NAME, shard.manners.see(at, seen))?;
        breach(SendLimit::NAME, shard.send_limit.see(at, seen))?;
        breach(Zombies::NAME, shard.zombies.see(seen))?;
        breach(PayloadSize::NAME, PayloadSize::see(seen))?;
        breach(IdentifyPace::NAME, self.identify_pace.see(sight.shard, at, seen))?;
        breach("waits", wait(at, seen))
    }

    /// Tells whether a shard has commands whose fate is open.
    pub(super) fn awaits_fates(&self) -> bool {
        self.shards.iter().any(|shard| shard.commands.open() > 0)
    }

    /// Tells whether every shard delivered this serial number, or may have lost it to damage.
    pub(super) fn delivered(&self, serial: u64) -> bool {
        self.shards.iter().all(|shard| shard.delivery.has(serial))
    }

    /// Says what every shard still owes.
    pub(super) fn owed(&self, serial: u64) -> String {
        let of = |(id, shard): (usize, &OfShard)| {
            let delivered = if shard.delivery.has(serial) { "" } else { " and the last event" };
            format!("shard {id} owes {} fates{delivered}", shard.commands.open())
        };
        self.shards.iter().enumerate().map(of).collect::<Vec<_>>().join(", ")
    }
}

/// A shard never wants to be called at once: a mistake costs wake-ups, not a spin.
fn wait(at: Instant, seen: &Seen) -> Verdict {
    const LEAST: Duration = Duration::from_millis(1);
    match seen {
        Seen::Wait { until, .. } if *until < at.saturating_add(LEAST) => {
            Err(format!("it wants to be called at {until}, less than 1 ms from now"))
        }
        _ => Ok(()),
    }
}
