//! The lifecycle: one enum of states that hold their deadlines, one table of edges, one pure function.

use core::fmt;

use crate::{Cause, CloseCode, Instant, Stop};

/// Where a shard is in its life; the states without their data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Waiting before the next dial.
    Resting,
    /// Opening a WebSocket.
    Dialing,
    /// Waiting for Hello.
    Greeting,
    /// Waiting for a permit to identify.
    Asking,
    /// Identify is sent or about to be; waiting for READY.
    Identifying,
    /// Resume is sent or about to be; missed events are replayed until RESUMED.
    Resuming,
    /// The session runs.
    Live,
    /// Closing the WebSocket.
    Closing,
    /// Over.
    Stopped,
}

impl Phase {
    /// All states, in the order of a life.
    pub const ALL: [Self; 9] = [
        Self::Resting,
        Self::Dialing,
        Self::Greeting,
        Self::Asking,
        Self::Identifying,
        Self::Resuming,
        Self::Live,
        Self::Closing,
        Self::Stopped,
    ];

    /// Returns the name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resting => "resting",
            Self::Dialing => "dialing",
            Self::Greeting => "greeting",
            Self::Asking => "asking",
            Self::Identifying => "identifying",
            Self::Resuming => "resuming",
            Self::Live => "live",
            Self::Closing => "closing",
            Self::Stopped => "stopped",
        }
    }

    /// Tells whether Hello came and the connection is not closing.
    pub(crate) const fn is_greeted(self) -> bool {
        matches!(self, Self::Asking | Self::Identifying | Self::Resuming | Self::Live)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What moves a shard from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Trigger {
    /// The rest is over.
    Rested,
    /// The WebSocket is up.
    Opened,
    /// Hello, and there is no session.
    HelloFresh,
    /// Hello, and there is a session to resume.
    HelloAgain,
    /// The permit to identify.
    Permit,
    /// READY.
    Ready,
    /// RESUMED.
    Resumed,
    /// This side closes.
    Part,
    /// The transport is gone, or was never there; another try follows.
    Lost,
    /// The transport is gone, and no other try follows.
    Over,
}

#[cfg(feature = "internals")]
impl Trigger {
    /// Returns the words a diagram has for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rested => "rested",
            Self::Opened => "opened",
            Self::HelloFresh => "Hello",
            Self::HelloAgain => "Hello, with a session",
            Self::Permit => "permit",
            Self::Ready => "READY",
            Self::Resumed => "RESUMED",
            Self::Part => "closes",
            Self::Lost => "lost",
            Self::Over => "over",
        }
    }
}

/// Every edge of the lifecycle.
pub(crate) const EDGES: [(Phase, Trigger, Phase); 31] = [
    (Phase::Resting, Trigger::Rested, Phase::Dialing),
    (Phase::Resting, Trigger::Over, Phase::Stopped),
    (Phase::Dialing, Trigger::Opened, Phase::Greeting),
    (Phase::Dialing, Trigger::Part, Phase::Closing),
    (Phase::Dialing, Trigger::Lost, Phase::Resting),
    (Phase::Dialing, Trigger::Over, Phase::Stopped),
    (Phase::Greeting, Trigger::HelloFresh, Phase::Asking),
    (Phase::Greeting, Trigger::HelloAgain, Phase::Resuming),
    (Phase::Greeting, Trigger::Part, Phase::Closing),
    (Phase::Greeting, Trigger::Lost, Phase::Resting),
    (Phase::Greeting, Trigger::Over, Phase::Stopped),
    (Phase::Asking, Trigger::Permit, Phase::Identifying),
    (Phase::Asking, Trigger::Part, Phase::Closing),
    (Phase::Asking, Trigger::Lost, Phase::Resting),
    (Phase::Asking, Trigger::Over, Phase::Stopped),
    (Phase::Identifying, Trigger::Ready, Phase::Live),
    (Phase::Identifying, Trigger::Part, Phase::Closing),
    (Phase::Identifying, Trigger::Lost, Phase::Resting),
    (Phase::Identifying, Trigger::Over, Phase::Stopped),
    (Phase::Resuming, Trigger::Ready, Phase::Live),
    (Phase::Resuming, Trigger::Resumed, Phase::Live),
    (Phase::Resuming, Trigger::Part, Phase::Closing),
    (Phase::Resuming, Trigger::Lost, Phase::Resting),
    (Phase::Resuming, Trigger::Over, Phase::Stopped),
    (Phase::Live, Trigger::Ready, Phase::Live),
    (Phase::Live, Trigger::Part, Phase::Closing),
    (Phase::Live, Trigger::Lost, Phase::Resting),
    (Phase::Live, Trigger::Over, Phase::Stopped),
    (Phase::Closing, Trigger::Part, Phase::Closing),
    (Phase::Closing, Trigger::Lost, Phase::Resting),
    (Phase::Closing, Trigger::Over, Phase::Stopped),
];

/// Returns where `trigger` leads from `phase`, if anywhere.
pub(crate) fn next(phase: Phase, trigger: Trigger) -> Option<Phase> {
    let edge = EDGES.iter().find(|(from, by, _)| (*from, *by) == (phase, trigger));
    edge.map(|&(_, _, to)| to)
}

/// The state of a shard, with its deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State {
    Resting { until: Instant },
    Dialing { until: Instant },
    Greeting { until: Instant },
    Asking { again: Instant },
    Identifying { until: Instant },
    Resuming { until: Instant },
    Live { since: Instant },
    Closing { until: Instant, then: After },
    Stopped(Stop),
}

/// What comes after the transport is closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct After {
    /// Why the connection ends.
    pub(crate) cause: Cause,
    /// The code of whoever closed.
    pub(crate) code: Option<CloseCode>,
    /// The rest that follows, counted from the moment the transport is gone.
    pub(crate) rest: core::time::Duration,
    /// Why the shard is over then, if it is.
    pub(crate) stop: Option<Stop>,
}

impl State {
    pub(crate) const fn phase(self) -> Phase {
        match self {
            Self::Resting { .. } => Phase::Resting,
            Self::Dialing { .. } => Phase::Dialing,
            Self::Greeting { .. } => Phase::Greeting,
            Self::Asking { .. } => Phase::Asking,
            Self::Identifying { .. } => Phase::Identifying,
            Self::Resuming { .. } => Phase::Resuming,
            Self::Live { .. } => Phase::Live,
            Self::Closing { .. } => Phase::Closing,
            Self::Stopped(_) => Phase::Stopped,
        }
    }

    /// Returns the state's own deadline; a live state lives by its heartbeats.
    pub(crate) const fn deadline(self) -> Option<Instant> {
        match self {
            Self::Resting { until }
            | Self::Dialing { until }
            | Self::Greeting { until }
            | Self::Asking { again: until }
            | Self::Identifying { until }
            | Self::Resuming { until }
            | Self::Closing { until, .. } => Some(until),
            Self::Live { .. } | Self::Stopped(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_edge_stands_twice() {
        for (at, (from, by, _)) in EDGES.iter().enumerate() {
            let again = EDGES[at + 1..].iter().any(|(f, b, _)| (f, b) == (from, by));
            assert!(!again, "{from:?} {by:?}");
        }
    }

    #[test]
    fn every_phase_but_the_last_can_be_left_for_good_and_the_last_cannot_be_left() {
        for phase in Phase::ALL {
            let over = next(phase, Trigger::Over);
            assert_eq!(over.is_some(), phase != Phase::Stopped, "{phase}");
        }
        assert!(EDGES.iter().all(|(from, _, _)| *from != Phase::Stopped));
    }

    #[test]
    fn every_phase_with_a_link_leaves_by_its_loss_and_by_closing() {
        for phase in Phase::ALL {
            let linked = !matches!(phase, Phase::Resting | Phase::Stopped);
            let lost = linked.then_some(Phase::Resting);
            let part = linked.then_some(Phase::Closing);
            assert_eq!(next(phase, Trigger::Lost), lost, "{phase}");
            assert_eq!(next(phase, Trigger::Part), part, "{phase}");
        }
    }

    #[test]
    fn only_hello_ready_and_resumed_lead_towards_live() {
        assert_eq!(next(Phase::Dialing, Trigger::Ready), None);
        assert_eq!(next(Phase::Greeting, Trigger::Ready), None);
        assert_eq!(next(Phase::Asking, Trigger::Ready), None);
        assert_eq!(next(Phase::Identifying, Trigger::Resumed), None);
        assert_eq!(next(Phase::Live, Trigger::Resumed), None);
        assert_eq!(next(Phase::Live, Trigger::HelloAgain), None);
    }
}
