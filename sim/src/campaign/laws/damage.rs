//! When a law of delivery is waived: bytes were damaged, and what is numbered may be hidden by that.
//!
//! Where each message stands for itself the waiver is over with the first two dispatches that follow one
//! another in both their numbers; in a compressed stream it lasts as long as the transport.

use std::time::Duration;

use gatewright_core::{EventKind, Instant, Link};

use super::Terms;
use crate::simulation::Seen;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Damage {
    /// Since when it is waived.
    since: Option<Instant>,
    /// The transport whose news is told, and the latest one that was damaged.
    link: Link,
    damaged: Option<Link>,
    /// Whether the numbers of the session may be wrong, and whether its id may.
    session: bool,
    id: bool,
    /// The numbers of the latest dispatch.
    latest: Option<(u64, u64)>,
    /// Until when another law may be waived for the latest damage, at most.
    until: Instant,
    /// For how long one was waived before.
    spent: Duration,
}

impl Damage {
    /// Tells whether what is delivered now may suffer from damage.
    pub(super) const fn waives(&self) -> bool {
        self.since.is_some()
    }

    /// Tells whether the id of the session may suffer from damage.
    pub(super) const fn reaches_id(&self) -> bool {
        self.id || self.session
    }

    /// Tells whether the numbers of the session may suffer from damage.
    pub(super) const fn reaches_session(&self) -> bool {
        self.session
    }

    /// Returns for how long a law of delivery was waived.
    pub(super) fn waived(&self, now: Instant) -> Duration {
        self.spent + self.since.map_or(Duration::ZERO, |since| now.saturating_since(since))
    }

    pub(super) fn see(&mut self, at: Instant, seen: &Seen, terms: &Terms) {
        match seen {
            Seen::Spoiled { link } => {
                self.since.get_or_insert(at);
                self.until = at.saturating_add(terms.heartbeat);
                self.damaged = Some(*link);
                self.session = true;
                self.latest = None;
            }
            Seen::Connected { link, .. } => {
                self.link = *link;
                if self.damaged != Some(*link) {
                    self.end(at);
                }
            }
            Seen::Disconnected { link, .. } if self.damaged == Some(*link) => self.end(at),
            Seen::Dispatch { kind: EventKind::Ready, .. } => {
                self.id = self.since.is_some();
                self.session &= self.damaged == Some(self.link);
            }
            Seen::Dispatch { seq: Some(seq), serial: Some(serial), .. } if self.session => {
                let follows = self.latest == Some((seq - 1, serial.wrapping_sub(1)));
                if follows && (!terms.stream || self.damaged != Some(self.link)) {
                    self.session = false;
                    self.end(at);
                }
                self.latest = Some((*seq, *serial));
            }
            _ => {}
        }
    }

    /// Hears of a process that knows nothing of what was damaged before.
    pub(super) fn forget(&mut self, at: Instant) {
        self.end(at);
        *self = Self { until: self.until, spent: self.spent, ..Self::default() };
    }

    fn end(&mut self, at: Instant) {
        self.latest = None;
        if let Some(since) = self.since.take() {
            self.spent += at.max(self.until).saturating_since(since);
        }
    }
}
