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
                    facts
                        .over
                        .is_some_and(|over| facts.withholds(over) || lacks_ack(facts, over, terms))
                });
                if dead { Ok(()) } else { Err(format!("{cause}, though nothing was withheld")) }
            }
            // The gateway's own verdict over the shard.
            Seen::Gateway { link, what: What::MissedHeartbeat } if track.now.link == *link => {
                missed(at, track, terms.heartbeat)
            }
            _ => Ok(()),
        }
    }
}

/// A damaged message may have been an ACK, or claim to be so long that what follows seems part of it.
fn lacks_ack(facts: &Facts, at: Instant, terms: &Terms) -> bool {
    let within = facts.interval().unwrap_or_default() * 4;
    facts.damaged.is_some_and(|moment| terms.stream || at.saturating_since(moment) <= within)
}

/// A heartbeat that never came is the client's fault, unless it could not know or not send.
fn missed(at: Instant, track: &Track, usual: Duration) -> Verdict {
    let facts = &track.now;
    let slower = facts.interval().is_none_or(|told| told > usual);
    let over = facts.over.is_some() || facts.greeted.is_none();
    let dead = facts.withholds(at) || facts.damaged.is_some();
    if slower || over || dead || track.was_busy(at, HOLD) {
        Ok(())
    } else {
        Err("the gateway missed a heartbeat".to_owned())
    }
}
