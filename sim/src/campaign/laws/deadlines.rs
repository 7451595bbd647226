//! No state outlives its deadline.

use std::time::Duration;

use gatewright_core::{Instant, Phase};

use super::Verdict;
use crate::simulation::Seen;

/// How late a call for time alone may find a deadline.
const SLACK: Duration = Duration::from_millis(2);

#[derive(Debug, Default)]
pub(super) struct Deadlines {
    /// When the last dispatch came, which a Resume may wait on from.
    heard: Instant,
    /// While the consumer is busy the adapter does not judge, nor at its first call after.
    held: bool,
    released: Instant,
}

impl Deadlines {
    pub(super) const NAME: &'static str = "deadlines";

    pub(super) fn see(&mut self, at: Instant, seen: &Seen) -> Verdict {
        match seen {
            Seen::Dispatch { .. } | Seen::Duplicate { .. } | Seen::Skipped { .. } => {
                self.heard = at;
            }
            Seen::Held { .. } => self.held = true,
            Seen::Released => {
                self.held = false;
                self.released = at;
            }
            Seen::Wait { phase, in_phase, .. } if !self.held => {
                return self.check(at, *phase, *in_phase);
            }
            _ => {}
        }
        Ok(())
    }

    fn check(&self, at: Instant, phase: Phase, in_phase: Duration) -> Verdict {
        let Some(most) = most(phase) else { return Ok(()) };
        let busy = at.saturating_since(self.released) <= SLACK;
        let spent = match phase {
            Phase::Resuming => in_phase.min(at.saturating_since(self.heard)),
            _ => in_phase,
        };
        if busy || spent <= most + SLACK {
            return Ok(());
        }
        Err(format!("{phase} for {spent:?}, more than {most:?}"))
    }
}

/// The longest a shard with the usual settings may be in a state.
const fn most(phase: Phase) -> Option<Duration> {
    Some(Duration::from_secs(match phase {
        // The longest back-off there is, for Identifies that never reach READY.
        Phase::Resting => 600,
        Phase::Dialing => 10,
        Phase::Greeting => 20,
        // Four shards of one bucket, each of which may lose its turn to a busy consumer of another.
        Phase::Asking => 120,
        Phase::Identifying => 120,
        Phase::Resuming => 60,
        Phase::Closing => 2,
        Phase::Live | Phase::Stopped => return None,
    }))
}
