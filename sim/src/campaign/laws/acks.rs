//! A connection whose heartbeats are not acknowledged is left, however much else comes on it.

use std::time::Duration;

use gatewright_core::{Instant, Phase};

use super::track::Track;
use super::{Terms, Verdict};
use crate::simulation::Seen;

/// How late a call for time alone may find that.
const SLACK: Duration = Duration::from_millis(25);
/// How many intervals after the first heartbeat without ACK it is left at the latest: one made on request
/// leaves too little time to judge at the next, and two in a row have to lack theirs.
const MOST: u32 = 3;

pub(super) struct Acks;

impl Acks {
    pub(super) const NAME: &'static str = "acks";

    pub(super) fn see(at: Instant, seen: &Seen, track: &Track, terms: &Terms) -> Verdict {
        let Seen::Wait { phase, .. } = seen else { return Ok(()) };
        let facts = &track.now;
        let (Some(first), Some(interval)) = (facts.swallowed, facts.interval()) else {
            return Ok(());
        };
        // ACKs of before may still be on their way; who is kept from looking finds out later.
        let looked = [track.released, Some(facts.unstuck), facts.withheld];
        let from = looked.into_iter().flatten().fold(first, Instant::max);
        let most = interval * MOST + terms.round_trip() + SLACK;
        let up =
            matches!(phase, Phase::Asking | Phase::Identifying | Phase::Resuming | Phase::Live);
        let spent = at.saturating_since(from);
        if up && !track.held && facts.flying.is_none() && spent > most {
            return Err(format!("no heartbeat is acknowledged for {spent:?}, and it goes on"));
        }
        Ok(())
    }
}
