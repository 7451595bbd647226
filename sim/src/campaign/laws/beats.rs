//! A heartbeat is never later than its interval while the adapter calls in time.

use std::time::Duration;

use gatewright_core::Instant;

use super::Verdict;
use crate::simulation::Seen;

/// The opcode of a heartbeat.
const HEARTBEAT: u8 = 1;

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
    /// Whether a frame is with the transport, and whether the consumer holds an event.
    flying: bool,
    held: bool,
}

#[derive(Debug)]
struct Beat {
    interval: Duration,
    due: Instant,
}

impl Beats {
    pub(super) const NAME: &'static str = "heartbeats";

    pub(super) fn see(&mut self, at: Instant, seen: &Seen) -> Verdict {
        match seen {
            Seen::Connected { interval, .. } => {
                let due = at.saturating_add(*interval);
                self.up = Some(Beat { interval: *interval, due });
            }
            Seen::Connect { .. } | Seen::Close { .. } | Seen::Disconnected { .. } => {
                self.up = None;
                self.flying = false;
            }
            Seen::Held { .. } => self.held = true,
            Seen::Released => {
                self.held = false;
                self.put_off(at);
            }
            Seen::Taken { .. } => {
                self.flying = false;
                self.put_off(at);
            }
            Seen::Send { op, .. } => {
                self.flying = true;
                if *op == HEARTBEAT {
                    return self.beat(at);
                }
            }
            Seen::Wait { .. } if !self.flying => return self.check(at),
            _ => {}
        }
        Ok(())
    }

    fn beat(&mut self, at: Instant) -> Verdict {
        let checked = self.check(at);
        if let Some(beat) = &mut self.up {
            beat.due = at.saturating_add(beat.interval);
        }
        checked
    }

    fn check(&self, at: Instant) -> Verdict {
        let slack = if self.held { HELD_WAIT } else { LEAST_WAIT };
        match &self.up {
            Some(beat) if beat.due.saturating_add(slack) < at => {
                Err(format!("a heartbeat was due at {}", beat.due))
            }
            _ => Ok(()),
        }
    }

    fn put_off(&mut self, at: Instant) {
        if let Some(beat) = &mut self.up {
            beat.due = beat.due.max(at);
        }
    }
}
