//! What is known of a shard's transport at hand, and of the one before: all that happened to it.

use std::time::Duration;

use gatewright_core::{CloseCode, EventKind, Instant, Link};

use crate::fault::{Fault, HelloInterval};
use crate::journal::What;
use crate::simulation::{Ending, Seen};

/// The opcodes of a heartbeat, Identify and Resume.
pub(super) const HEARTBEAT: u8 = 1;
pub(super) const IDENTIFY: u8 = 2;
pub(super) const RESUME: u8 = 6;
/// How long what a network held back may still be on its way.
const AFTERMATH: Duration = Duration::from_secs(5);
/// How long a message that was damaged may matter at least: it may have been no dispatch.
const DAMAGE: Duration = Duration::from_secs(5);
/// A frame that is not taken for so long keeps others back.
const STUCK: Duration = Duration::from_millis(500);

/// One transport.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    pub(super) link: Link,
    pub(super) dialed: Instant,
    pub(super) opened: Option<Instant>,
    /// What Hello said, as the gateway knows it, and when the shard told of it.
    pub(super) hello: Option<HelloInterval>,
    pub(super) greeted: Option<Instant>,
    /// When Identify or Resume went out.
    pub(super) shook: Option<Instant>,
    /// When READY or RESUMED was delivered.
    pub(super) live: Option<Instant>,
    /// When the latest dispatch was told.
    pub(super) told: Instant,
    /// How it ended for the shard, how the shard closed it, and when either happened first.
    pub(super) ending: Option<Ending>,
    pub(super) closed: Option<CloseCode>,
    pub(super) over: Option<Instant>,
    /// What the gateway said: op 7, op 9 `true`, op 9 `false`.
    pub(super) asked_away: bool,
    pub(super) detached: bool,
    pub(super) invalid: bool,
    /// Whether something came, or may have, that cannot be read.
    pub(super) undecodable: bool,
    /// Whether its messages come later, in pieces or joined, so that nobody knows which is which.
    pub(super) regrouped: bool,
    /// When a message was damaged, and until when that may matter.
    pub(super) hurt: Option<Instant>,
    damaged: Option<Instant>,
    /// The interval the shard told after a message was damaged, which may have been Hello.
    said: Option<Duration>,
    /// When the latest heartbeats were handed out, the last one first.
    pub(super) beats: [Option<Instant>; 2],
    /// Since when the gateway swallows ACKs.
    pub(super) swallowed: Option<Instant>,
    /// Until when the network holds back what it carries, and by how much.
    pub(super) withheld: Option<Instant>,
    span: Duration,
    /// By how much the gateway's word comes later for good; the most there is if it never comes.
    lag: Duration,
    /// Since when a frame is with the transport, and when the latest one was taken that was stuck.
    pub(super) flying: Option<Instant>,
    pub(super) unstuck: Instant,
}

impl Facts {
    /// Tells whether the network holds something back, or did so just now.
    pub(super) fn stalls(&self, at: Instant) -> bool {
        self.withheld.is_some_and(|until| at <= until.saturating_add(AFTERMATH))
    }

    /// Tells whether what the gateway says may come later by so much, or did just now.
    pub(super) fn delays(&self, at: Instant, least: Duration) -> bool {
        let span = if self.stalls(at) { self.span } else { Duration::ZERO };
        let most = self.lag.saturating_add(span);
        !most.is_zero() && most >= least
    }

    /// Tells whether damage to a message may matter.
    pub(super) fn is_damaged(&self, at: Instant) -> bool {
        self.damaged.is_some_and(|until| at <= until)
    }

    /// Tells whether a message was damaged at most so long ago.
    pub(super) fn was_damaged(&self, at: Instant, span: Duration) -> bool {
        self.hurt.is_some_and(|hurt| hurt.saturating_add(span) >= at)
    }

    /// Hears that what is delivered cannot suffer from damage any more.
    fn heal(&mut self) {
        self.damaged = self.hurt.map(|hurt| hurt.saturating_add(DAMAGE));
    }

    fn withhold(&mut self, at: Instant, until: Instant, by: Duration) {
        if until == Instant::MAX {
            self.lag = self.lag.saturating_add(by);
            return;
        }
        self.span = if self.stalls(at) { self.span.saturating_add(by) } else { by };
        self.withheld = self.withheld.max(Some(until));
    }

    /// Returns the interval that Hello stands for, as the documented table has it.
    ///
    /// Below 5 s counts as 5 s; above 10 min or unreadable as 41.25 s.
    pub(super) const fn interval(&self) -> Option<Duration> {
        if self.said.is_some() {
            return self.said;
        }
        Some(Duration::from_millis(match self.hello {
            None => return None,
            Some(HelloInterval::Millis(0..5_000)) => 5_000,
            Some(HelloInterval::Millis(millis @ 5_000..=600_000)) => millis,
            Some(_) => 41_250,
        }))
    }

    fn see(&mut self, at: Instant, seen: &Seen) {
        match seen {
            Seen::Opened { .. } => self.opened = Some(at),
            Seen::Connected { interval, .. } => {
                self.greeted = Some(at);
                self.said = self.hurt.map(|_| *interval);
            }
            Seen::Close { code, .. } => {
                self.closed.get_or_insert(*code);
                self.over.get_or_insert(at);
            }
            Seen::Gone { how, .. } => {
                self.ending.get_or_insert(*how);
                self.over.get_or_insert(at);
            }
            Seen::Spoiled { .. } => {
                self.hurt = Some(at);
                self.damaged = Some(Instant::MAX);
            }
            Seen::Withheld { until, by, .. } => self.withhold(at, *until, *by),
            Seen::Send { op, .. } => {
                self.flying = Some(at);
                if *op == HEARTBEAT {
                    let [latest, _] = self.beats;
                    self.beats = [Some(at), latest];
                }
                if matches!(*op, IDENTIFY | RESUME) {
                    self.shook = Some(at);
                }
            }
            Seen::Taken { .. } => {
                let since = self.flying.take().unwrap_or(at);
                if at.saturating_since(since) >= STUCK {
                    self.unstuck = at;
                }
            }
            Seen::Gateway { what, .. } => self.hear(at, what),
            _ => {}
        }
    }

    fn hear(&mut self, at: Instant, what: &What) {
        match what {
            What::AckSwallowed => drop(self.swallowed.get_or_insert(at)),
            What::HelloSent { interval } => self.hello = Some(*interval),
            What::ReconnectAsked => self.asked_away = true,
            What::InvalidSession { resumable: true } => self.detached = true,
            What::InvalidSession { resumable: false } => self.invalid = true,
            What::Faulted(Fault::Delay(_) | Fault::Join | Fault::Split) => self.regrouped = true,
            What::Faulted(
                Fault::CloseInMessage
                | Fault::CutMessage
                | Fault::EmptyMessage
                | Fault::OddMessage
                | Fault::StreamEnd,
            ) => self.undecodable = true,
            _ => {}
        }
    }
}

/// What is known of a shard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Track {
    /// The transport at hand, which the shard dialled last, and the one before.
    pub(super) now: Facts,
    pub(super) before: Facts,
    /// While the consumer is busy the adapter does not judge, nor at its first call after.
    pub(super) held: bool,
    pub(super) released: Option<Instant>,
}

impl Track {
    /// Returns what is known of a transport, if it is one of the latest two.
    pub(super) fn of(&self, link: Link) -> Option<&Facts> {
        [&self.now, &self.before].into_iter().find(|facts| facts.link == link)
    }

    /// Tells whether the consumer kept the shard from looking, now or within this span.
    pub(super) fn was_busy(&self, at: Instant, span: Duration) -> bool {
        self.held || self.released.is_some_and(|then| at.saturating_since(then) <= span)
    }

    /// Sees something, while [damage](super::damage) to what is delivered `lasts` or not.
    pub(super) fn see(&mut self, at: Instant, seen: &Seen, lasts: bool) {
        if !lasts {
            self.now.heal();
        }
        match seen {
            Seen::Connect { link, .. } => {
                self.before = self.now;
                self.now = Facts { link: *link, dialed: at, ..Facts::default() };
            }
            Seen::Held { .. } => self.held = true,
            Seen::Released => (self.held, self.released) = (false, Some(at)),
            Seen::Dispatch { kind, .. } => {
                self.now.told = at;
                if matches!(kind, EventKind::Ready | EventKind::Resumed) {
                    self.now.live = Some(at);
                }
            }
            Seen::Duplicate { .. } | Seen::Skipped { .. } => self.now.told = at,
            Seen::Close { link, .. }
            | Seen::Connected { link, .. }
            | Seen::Gateway { link, .. }
            | Seen::Gone { link, .. }
            | Seen::Opened { link }
            | Seen::Send { link, .. }
            | Seen::Spoiled { link }
            | Seen::Taken { link }
            | Seen::Withheld { link, .. } => {
                let latest = [&mut self.now, &mut self.before];
                if let Some(facts) = latest.into_iter().find(|facts| facts.link == *link) {
                    facts.see(at, seen);
                }
            }
            _ => {}
        }
    }
}
