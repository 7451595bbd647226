//! A heartbeat is never later than the interval Hello stands for, while the adapter calls in time.

use std::time::Duration;

use gatewright_core::Instant;

use super::Verdict;
use super::track::{Facts, HEARTBEAT, Track};
use crate::simulation::Seen;

/// The least time a shard tells its caller to wait, by which a heartbeat may come late.
const LEAST_WAIT: Duration = Duration::from_millis(1);
/// As much for an adapter whose consumer takes nothing.
const HELD_WAIT: Duration = Duration::from_millis(21);

/// The heartbeats of the connection at hand, if it is up.
///
/// A consumer that holds an event, and a frame the transport does not take, put the heartbeat off until
/// the moment they are over.
#[derive(Debug, Default)]
pub(super) struct Beats {
    up: Option<Beat>,
}

#[derive(Debug)]
struct Beat {
    interval: Duration,
    due: Instant,
}

impl Beats {
    pub(super) const NAME: &'static str = "heartbeats";

    /// Judges before the frame that is seen counts as flying.
    pub(super) fn see(&mut self, at: Instant, seen: &Seen, track: &Track) -> Verdict {
        match seen {
            Seen::Connected { link, interval } if track.now.link == *link => {
                return self.begin(at, *interval, &track.now);
            }
            Seen::Connect { .. } | Seen::Close { .. } | Seen::Gone { .. } => self.up = None,
            Seen::Disconnected { link, .. } if track.now.link == *link => self.up = None,
            Seen::Released | Seen::Taken { .. } => {
                if let Some(beat) = &mut self.up {
                    beat.due = beat.due.max(at);
                }
            }
            Seen::Send { op: HEARTBEAT, .. } => {
                let checked = self.check(at, track);
                if let Some(beat) = &mut self.up {
                    beat.due = at.saturating_add(beat.interval);
                }
                return checked;
            }
            Seen::Wait { .. } if track.now.flying.is_none() => return self.check(at, track),
            _ => {}
        }
        Ok(())
    }

    /// Takes the interval the gateway told, which the shard has to tell as well.
    fn begin(&mut self, at: Instant, said: Duration, facts: &Facts) -> Verdict {
        let told = facts.interval().unwrap_or(said);
        self.up = Some(Beat { interval: told, due: at.saturating_add(told) });
        if told == said {
            return Ok(());
        }
        Err(format!("it takes an interval of {said:?} for the {told:?} of {:?}", facts.hello))
    }

    fn check(&self, at: Instant, track: &Track) -> Verdict {
        let slack = if track.held { HELD_WAIT } else { LEAST_WAIT };
        match &self.up {
            Some(beat) if beat.due.saturating_add(slack) < at => {
                Err(format!("a heartbeat was due at {}", beat.due))
            }
            _ => Ok(()),
        }
    }
}
