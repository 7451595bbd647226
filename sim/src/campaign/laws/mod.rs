//! The laws a client keeps whatever happens, each judged by what is seen of it and nothing else.

mod acks;
mod answers;
mod beats;
mod budget;
mod causes;
mod commands;
mod damage;
mod deadlines;
mod delivery;
mod frames;
mod limits;
mod manners;
mod rests;
mod track;
mod zombies;

use std::fmt;
use std::time::Duration;

use gatewright_core::{Instant, Phase};

use self::acks::Acks;
use self::answers::Answers;
use self::beats::Beats;
use self::budget::Budget;
use self::causes::Causes;
use self::commands::Commands;
use self::damage::Damage;
use self::deadlines::Deadlines;
use self::delivery::Delivery;
use self::frames::Frames;
use self::limits::{IdentifyPace, PayloadSize, Room, SendLimit};
use self::manners::Manners;
use self::rests::Rests;
use self::track::Track;
use self::zombies::Zombies;
use crate::simulation::{Seen, Sight};

/// A law that was broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// What the laws know of a world.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) shards: u32,
    pub(super) at_once: u32,
    /// The interval that the gateway usually tells.
    pub(super) heartbeat: Duration,
    /// The payload memory of a shard in bytes.
    pub(super) room: usize,
    /// Whether a whole connection is one compressed stream.
    pub(super) stream: bool,
    /// Whether it is compressed at all.
    pub(super) compressed: bool,
    /// How many Identifies the gateway grants in its first 24 hours, and when these are over.
    pub(super) day_total: u32,
    pub(super) day_ends: Instant,
    /// How long a message takes at least when nothing is wrong, and how much longer it may take.
    pub(super) latency: Duration,
    pub(super) noise: Duration,
}

impl Terms {
    /// The longest that there and back takes when nothing is wrong.
    fn round_trip(&self) -> Duration {
        (self.latency + self.noise) * 2
    }
}

/// All laws that are judged while the world runs.
#[derive(Debug)]
pub(super) struct Laws {
    terms: Terms,
    shards: Vec<OfShard>,
    identify_pace: IdentifyPace,
    budget: Budget,
}

/// The laws that look at one shard alone, and what they share.
#[derive(Debug, Default)]
struct OfShard {
    track: Track,
    damage: Damage,
    answers: Answers,
    beats: Beats,
    commands: Commands,
    delivery: Delivery,
    frames: Frames,
    rests: Rests,
    send_limit: SendLimit,
}

impl Laws {
    pub(super) fn new(terms: Terms) -> Self {
        let shards = (0..terms.shards).map(|_| OfShard::default()).collect();
        let identify_pace = IdentifyPace::new(terms.at_once);
        Self { terms, shards, identify_pace, budget: Budget::default() }
    }

    /// Judges what was seen.
    pub(super) fn see(&mut self, sights: &[Sight]) -> Result<(), Breach> {
        sights.iter().try_for_each(|sight| self.judge(sight))
    }

    fn judge(&mut self, sight: &Sight) -> Result<(), Breach> {
        let (at, seen, terms) = (sight.at, &sight.seen, &self.terms);
        let breach = |law, verdict: Verdict| {
            verdict.map_err(|how| Breach { law, shard: sight.shard, at, how })
        };
        let shard = usize::try_from(sight.shard).ok().and_then(|at| self.shards.get_mut(at));
        let Some(shard) = shard else { return Ok(()) };
        if let Seen::Restarted { goes_on } = seen {
            // Of another process nothing is known but what it took up.
            let OfShard { mut damage, delivery, .. } = core::mem::take(shard);
            if !goes_on {
                damage.forget(at);
            }
            *shard = OfShard { damage, delivery: delivery.restart(*goes_on), ..OfShard::default() };
        }
        // What ends it is still judged as it was.
        let lasted = shard.damage.waives();
        shard.damage.see(at, seen, terms);
        shard.track.see(at, seen, lasted || shard.damage.waives());
        let (track, damage) = (&shard.track, &shard.damage);
        breach(Budget::NAME, self.budget.see(at, seen, terms))?;
        breach(Acks::NAME, Acks::see(at, seen, track, terms))?;
        breach(Answers::NAME, shard.answers.see(at, seen, &track.now))?;
        breach(Beats::NAME, shard.beats.see(at, seen, track))?;
        breach(Causes::NAME, Causes::see(at, seen, track))?;
        breach(Commands::NAME, shard.commands.see(at, seen))?;
        breach(Deadlines::NAME, Deadlines::see(at, seen, track, self.budget.until()))?;
        breach(Delivery::NAME, shard.delivery.see(seen, damage, terms))?;
        breach(Frames::NAME, shard.frames.see(seen))?;
        breach(Manners::NAME, Manners::see(at, seen, track, damage, terms))?;
        breach(Rests::NAME, shard.rests.see(at, seen, track))?;
        breach(SendLimit::NAME, shard.send_limit.see(at, seen))?;
        breach(Zombies::NAME, Zombies::see(at, seen, track, terms))?;
        breach(PayloadSize::NAME, PayloadSize::see(seen))?;
        breach(Room::NAME, Room::see(seen, terms))?;
        breach(IdentifyPace::NAME, self.identify_pace.see(sight.shard, at, seen, terms))?;
        breach("waits", wait(at, seen, track))
    }

    /// Judges what has to be so once the last event was delivered.
    pub(super) fn settle(&self, at: Instant) -> Result<(), Breach> {
        (0..).zip(&self.shards).try_for_each(|(shard, of)| {
            of.delivery.is_settled().map_err(|how| Breach { law: Delivery::NAME, shard, at, how })
        })
    }

    /// Returns for how long, over all shards, a law of delivery was waived.
    pub(super) fn waived(&self, now: Instant) -> Duration {
        self.shards.iter().map(|shard| shard.damage.waived(now)).sum()
    }

    /// Tells whether a shard has commands whose fate is open.
    pub(super) fn awaits_fates(&self) -> bool {
        self.shards.iter().any(|shard| shard.commands.open() > 0)
    }

    /// Tells whether every shard delivered this serial number.
    pub(super) fn delivered(&self, serial: u64) -> bool {
        self.shards.iter().all(|shard| shard.delivery.has(serial))
    }

    /// Returns when Identifies go on that the day cannot spare; a time that is over if there are none.
    pub(super) const fn refused_until(&self) -> Instant {
        self.budget.until()
    }

    /// Returns the shards whose news may still be damaged.
    pub(super) fn damaged(&self) -> Vec<u32> {
        let damaged = (0..).zip(&self.shards).filter(|(_, shard)| shard.damage.waives());
        damaged.map(|(id, _)| id).collect()
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

/// A shard never wants to be called at once: a mistake costs wake-ups, not a spin. It always wants to be
/// called again, at the latest after the longest wait there is.
fn wait(at: Instant, seen: &Seen, track: &Track) -> Verdict {
    const LEAST: Duration = Duration::from_millis(1);
    const MOST: Duration = Duration::from_secs(600);
    match seen {
        // Without a connection and with a consumer that takes nothing, there is nothing to do.
        Seen::Wait { phase: Phase::Resting | Phase::Stopped, .. } if track.held => Ok(()),
        Seen::Wait { until, .. } if *until > at.saturating_add(MOST) => {
            Err(format!("it wants to be called at {until}, more than 600 s from now"))
        }
        Seen::Wait { until, .. } if *until < at.saturating_add(LEAST) => {
            Err(format!("it wants to be called at {until}, less than 1 ms from now"))
        }
        _ => Ok(()),
    }
}
