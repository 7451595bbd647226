//! No state outlives its deadline, and nobody holds on to a dead connection.

use std::time::Duration;

use gatewright_core::{Instant, Phase};

use super::Verdict;
use super::track::{Facts, Track};
use crate::simulation::Seen;

/// How late a call for time alone may find a deadline.
const SLACK: Duration = Duration::from_millis(25);
/// How long the transport may take for a frame.
const WRITE: Duration = Duration::from_secs(20);
pub(super) struct Deadlines;

impl Deadlines {
    pub(super) const NAME: &'static str = "deadlines";

    /// Judges a shard; all wait `until` then for an Identify that the day cannot spare.
    pub(super) fn see(at: Instant, seen: &Seen, track: &Track, until: Instant) -> Verdict {
        match seen {
            Seen::Wait { phase, in_phase, heard, .. } if !track.held => {
                // What a refusal takes is no time of waiting for the gate.
                let spared = at.saturating_since(until);
                let in_phase = match phase {
                    Phase::Asking => spared.min(*in_phase),
                    _ => *in_phase,
                };
                Self::check(at, *phase, in_phase, *heard, track)
            }
            _ => Ok(()),
        }
    }

    fn check(
        at: Instant,
        phase: Phase,
        in_phase: Duration,
        heard: Instant,
        track: &Track,
    ) -> Verdict {
        let facts = &track.now;
        // A consumer that was busy and a frame that was stuck keep the shard from looking.
        let looked = facts.unstuck.max(track.released.unwrap_or(Instant::ZERO));
        let spent = match phase {
            Phase::Asking => in_phase.min(at.saturating_since(looked)),
            Phase::Resuming => in_phase.min(at.saturating_since(facts.told)),
            _ => in_phase,
        };
        let most = Self::most(phase);
        if track.was_busy(at, SLACK) {
            return Ok(());
        }
        if let Some(most) = most.filter(|most| spent > *most + SLACK) {
            return Err(format!("{phase} for {spent:?}, more than {most:?}"));
        }
        match phase {
            Phase::Asking | Phase::Identifying | Phase::Resuming | Phase::Live => {
                dead(at, heard.max(looked), facts)
            }
            _ => Ok(()),
        }
    }

    /// The longest a shard with the usual settings may be in a state.
    const fn most(phase: Phase) -> Option<Duration> {
        Some(Duration::from_secs(match phase {
            Phase::Dialing => 10,
            Phase::Greeting => 20,
            // Four shards of one bucket, 5.04 s each, and a second for each that loses its turn.
            Phase::Asking => 30,
            Phase::Identifying => 120,
            Phase::Resuming => 60,
            Phase::Closing => 2,
            Phase::Live | Phase::Resting | Phase::Stopped => return None,
        }))
    }
}

/// A connection on which nothing comes is left within two heartbeats; one that hears events but no ACKs is not judged.
fn dead(at: Instant, heard: Instant, facts: &Facts) -> Verdict {
    let (Some(interval), Some(greeted)) = (facts.interval(), facts.greeted) else { return Ok(()) };
    if facts.flying.is_some_and(|since| at.saturating_since(since) > WRITE + SLACK) {
        return Err("a frame is not taken for over 20 s".to_owned());
    }
    let silent = at.saturating_since(heard.max(greeted));
    if facts.flying.is_none() && silent > interval * 2 + SLACK {
        return Err(format!("it heard nothing for {silent:?}, and holds on to the connection"));
    }
    Ok(())
}
