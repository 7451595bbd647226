//! How much and how often a client may send, and how much memory it may take.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{Instant, MAX_PAYLOAD};

use super::{Terms, Verdict};
use crate::journal::What;
use crate::simulation::Seen;

/// The opcode of Identify.
const IDENTIFY: u8 = 2;

/// Never more than 120 sends in any 60 s on a connection.
#[derive(Debug, Default)]
pub(super) struct SendLimit {
    sent: VecDeque<Instant>,
}

impl SendLimit {
    pub(super) const NAME: &'static str = "send-limit";
    const MOST: usize = 120;
    const SPAN: Duration = Duration::from_secs(60);

    pub(super) fn see(&mut self, at: Instant, seen: &Seen) -> Verdict {
        match seen {
            Seen::Connect { .. } => self.sent.clear(),
            Seen::Send { .. } => {
                if self.sent.len() == Self::MOST
                    && let Some(first) = self.sent.pop_front()
                    && at.saturating_since(first) < Self::SPAN
                {
                    return Err(format!("121 sends since {first}, within 60 s"));
                }
                self.sent.push_back(at);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Never two Identifies of one bucket within 5 s.
#[derive(Debug)]
pub(super) struct IdentifyPace {
    latest: Vec<Sent>,
    /// Until when a network kept an Identify back, of whichever shard.
    withheld: Option<Instant>,
}

/// The latest Identify of a bucket, and how long after the one before it was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    at: Option<Instant>,
    apart: Option<Duration>,
}

impl IdentifyPace {
    pub(super) const NAME: &'static str = "identify-pace";
    const SPAN: Duration = Duration::from_secs(5);

    pub(super) fn new(at_once: u32) -> Self {
        let latest = (0..at_once.max(1)).map(|_| Sent::default()).collect();
        Self { latest, withheld: None }
    }

    pub(super) fn see(&mut self, shard: u32, at: Instant, seen: &Seen, terms: &Terms) -> Verdict {
        match seen {
            Seen::Send { op: IDENTIFY, .. } => self.send(shard, at),
            Seen::Withheld { until, .. } if *until < Instant::MAX => {
                self.withheld = self.withheld.max(Some(*until));
                Ok(())
            }
            Seen::Gateway { what: What::IdentifyRefused(why), .. }
                if *why == "a second Identify of one bucket within 5 s"
                    && !self.is_excused(shard, at, terms) =>
            {
                Err(format!("the gateway refuses an Identify: {why}"))
            }
            _ => Ok(()),
        }
    }

    /// Tells whether the network brought two Identifies of a bucket closer together than they were sent.
    fn is_excused(&self, shard: u32, at: Instant, terms: &Terms) -> bool {
        let withheld = |until: Instant| until.saturating_add(Self::SPAN * 2) >= at;
        let near = self.latest.get(self.bucket(shard)).and_then(|sent| sent.apart);
        let near = near.is_some_and(|apart| apart < Self::SPAN + terms.noise);
        near || self.withheld.is_some_and(withheld)
    }

    fn bucket(&self, shard: u32) -> usize {
        usize::try_from(shard).unwrap_or(0) % self.latest.len().max(1)
    }

    fn send(&mut self, shard: u32, at: Instant) -> Verdict {
        let bucket = self.bucket(shard);
        let Some(latest) = self.latest.get_mut(bucket) else { return Ok(()) };
        latest.apart = latest.at.map(|before| at.saturating_since(before));
        match latest.at.replace(at) {
            Some(before) if at.saturating_since(before) < Self::SPAN => {
                Err(format!("an Identify of bucket {bucket} follows the one at {before}"))
            }
            _ => Ok(()),
        }
    }
}

/// Nothing over 4096 bytes.
#[derive(Debug)]
pub(super) struct PayloadSize;

impl PayloadSize {
    pub(super) const NAME: &'static str = "payload-size";

    pub(super) fn see(seen: &Seen) -> Verdict {
        match seen {
            Seen::Send { bytes, .. } if *bytes > MAX_PAYLOAD => {
                Err(format!("a frame of {bytes} bytes"))
            }
            _ => Ok(()),
        }
    }
}

/// Nothing is kept that does not fit into the memory given.
#[derive(Debug)]
pub(super) struct Room;

impl Room {
    pub(super) const NAME: &'static str = "memory";

    pub(super) fn see(seen: &Seen, terms: &Terms) -> Verdict {
        match seen {
            Seen::Dispatch { bytes, .. } if *bytes > terms.room => {
                Err(format!("an event of {bytes} bytes was kept in {}", terms.room))
            }
            _ => Ok(()),
        }
    }
}
