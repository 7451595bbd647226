//! Who is taken for dead kept something back: a busy consumer never makes a zombie, nor does a slow one.

use std::time::Duration;

use gatewright_core::{Cause, Instant};

use super::track::{Facts, Track};
use super::{Terms, Verdict};
use crate::journal::What;
use crate::simulation::Seen;

/// The longest a consumer keeps everybody from calling the shard.
const HOLD: Duration = Duration::from_secs(60);

pub(super) struct Zombies;

impl Zombies {
    pub(super) const NAME: &'static str = "no-false-zombie";

    pub(super) fn see(at: Instant, seen: &Seen, track: &Track, terms: &Terms) -> Verdict {
        match seen {
            Seen::Disconnected { link, cause: cause @ (Cause::Zombie | Cause::MissedAcks) } => {
                let dead = track.of(*link).is_some_and(|facts| {
                    facts.over.is_some_and(|over| is_late(facts, over, terms))
                });
                if dead { Ok(()) } else { Err(format!("{cause}, though nothing was withheld")) }
            }
            // The gateway's own verdict over the shard.
            Seen::Gateway { link, what: What::MissedHeartbeat } if track.now.link == *link => {
                missed(at, track, terms)
            }
            _ => Ok(()),
        }
    }
}

/// Tells whether an ACK can have missed the moment it was looked for, half an interval after its heartbeat.
fn is_late(facts: &Facts, over: Instant, terms: &Terms) -> bool {
    let patience = facts.interval().unwrap_or_default() / 2;
    facts.delays(over, patience.saturating_sub(terms.round_trip())) || lacks_ack(facts, over)
}

/// A damaged message may have been the ACK of the latest heartbeat, or seem to go on in the next ones.
fn lacks_ack(facts: &Facts, over: Instant) -> bool {
    let interval = facts.interval().unwrap_or_default();
    let lately = |hurt| over.saturating_since(hurt) <= interval;
    facts.is_damaged(over) || facts.hurt.is_some_and(lately)
}

/// A heartbeat that never came is the client's fault, unless it could not know or not send.
fn missed(at: Instant, track: &Track, terms: &Terms) -> Verdict {
    let facts = &track.now;
    let slower = facts.interval().is_none_or(|told| told > terms.heartbeat);
    let over = facts.over.is_some() || facts.greeted.is_none();
    // The first one counts from a Hello that was late, at the gateway from when it was said.
    let none = facts.beats.iter().all(Option::is_none);
    let lately = |hello| at.saturating_since(hello) <= terms.heartbeat;
    let fresh = none && facts.greeted.is_some_and(lately);
    let late = terms.heartbeat / 4;
    let dead = facts.delays(at, late) || facts.is_damaged(at);
    if slower || over || fresh || dead || track.was_busy(at, HOLD) {
        Ok(())
    } else {
        Err("the gateway missed a heartbeat".to_owned())
    }
}
