//! The gateway has nothing to say against the client, but for what the network brought about.

use std::time::Duration;

use gatewright_core::{CloseCode, Instant, Link};

use super::damage::Damage;
use super::track::{Facts, Track};
use super::{Terms, Verdict};
use crate::journal::What;
use crate::simulation::Seen;

/// How long after a busy consumer is free the gateway may still hear of it.
const AFTERMATH: Duration = Duration::from_secs(5);
/// The window of presences.
const PRESENCES: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);

pub(super) struct Manners;

impl Manners {
    pub(super) const NAME: &'static str = "manners";

    pub(super) fn see(
        at: Instant,
        seen: &Seen,
        track: &Track,
        damage: &Damage,
        terms: &Terms,
    ) -> Verdict {
        let Seen::Gateway { link, what } = seen else { return Ok(()) };
        match what {
            What::Complaint(why) if !is_excused(at, *link, why, track, damage, terms) => {
                Err(format!("the gateway complains of {why}"))
            }
            What::Refused { code, why }
                if *code != CloseCode::SESSION_TIMED_OUT
                    && !is_excused(at, *link, why, track, damage, terms) =>
            {
                Err(format!("the gateway closes with {code} for {why}"))
            }
            _ => Ok(()),
        }
    }
}

/// Tells whether something else than the client is to blame.
fn is_excused(
    at: Instant,
    link: Link,
    why: &str,
    track: &Track,
    damage: &Damage,
    terms: &Terms,
) -> bool {
    let Some(facts) = track.of(link) else { return true };
    let stalled = |span: Duration| {
        facts.withheld.is_some_and(|until| until.saturating_add(span + AFTERMATH) >= at)
    };
    match why {
        // What was kept back arrives at once.
        "more than 5 presence updates in 20 s" => stalled(PRESENCES),
        "a heartbeat with a lower sequence than the last one"
        | "a heartbeat with a sequence that was never sent"
        | "a Resume with a sequence that was never sent" => damage.reaches_session(),
        // The one before may have been kept back; a shard keeps the half to the microsecond.
        "a heartbeat within half an interval of the last one" => {
            let half = facts.interval().unwrap_or_default() / 2;
            let late = stalled(half);
            // An answer that is late counts as the heartbeat that came in its stead.
            let busy = track.was_busy(at, half * 2);
            // A damaged message may have asked for a heartbeat, and the next one in turn comes early.
            let damaged = facts.is_damaged(at) || facts.was_damaged(at, half * 2);
            late || busy || were_apart(facts, half) || damaged
        }
        // What was kept back arrives at once, and counts for a minute.
        "more than 120 payloads in 60 s" => stalled(MINUTE),
        "no reconnect within 5 s of being asked to" => {
            let late = AFTERMATH.saturating_sub(terms.round_trip());
            facts.delays(at, late)
                || track.was_busy(at, AFTERMATH)
                || facts.is_damaged(at)
                || is_deaf(link, track)
        }
        // It was sent before the shard could hear that the session is over.
        "a command before READY or RESUMED" => facts.invalid || facts.detached,
        _ => false,
    }
}

/// Tells whether the latest two heartbeats were handed out so far apart: the network brought them together.
fn were_apart(facts: &Facts, span: Duration) -> bool {
    let [latest, before] = facts.beats;
    latest.zip(before).is_some_and(|(latest, before)| latest.saturating_since(before) >= span)
}

/// Tells whether the shard can hear nothing any more on a connection the gateway believes in.
fn is_deaf(link: Link, track: &Track) -> bool {
    track.of(link).is_none_or(|facts| facts.over.is_some())
}
