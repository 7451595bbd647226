//! Events: what a shard tells, lent from its buffers.

use core::fmt;
use core::time::Duration;

use crate::{Cause, CloseCode, CommandId, EventKind, Fate, GuildId, Link, Purpose};

/// An event, lent by [`Shard::event`](crate::Shard::event).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// What became of a command.
    Command {
        /// The command.
        id: CommandId,
        /// What became of it.
        fate: Fate,
    },
    /// A connection is up and the gateway said Hello.
    Connected(Connected),
    /// A connection, or the attempt at one, is over: exactly once for each attempt.
    Disconnected(Disconnected<'e>),
    /// A dispatch from the gateway.
    Dispatch(Dispatch<'e>),
    /// A dispatch whose sequence number was delivered before.
    Duplicate(Dispatch<'e>),
    /// The gateway left out sequence numbers: events are missing.
    Gap {
        /// The sequence number that should have come.
        expected: u64,
        /// The one that came, with the next dispatch.
        found: u64,
    },
    /// A limit was hit.
    Limit(Limit),
    /// The session is lost, and with it what happened since the last event; the next one begins with Identify.
    SessionLost {
        /// Why.
        cause: Cause,
    },
    /// A document did not fit into the payload buffer and was dropped; its sequence number counts.
    Skipped(Skipped),
}

impl Event<'_> {
    /// Returns the kind, as announced by [`Output::Event`](crate::Output::Event).
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Command { .. } => EventKind::Command,
            Self::Connected(_) => EventKind::Connected,
            Self::Disconnected(_) => EventKind::Disconnected,
            Self::Dispatch(dispatch) => dispatch.kind,
            Self::Duplicate(_) => EventKind::Duplicate,
            Self::Gap { .. } => EventKind::Gap,
            Self::Limit(_) => EventKind::Limit,
            Self::SessionLost { .. } => EventKind::SessionLost,
            Self::Skipped(_) => EventKind::Skipped,
        }
    }
}

/// A dispatch: its kind and sequence number, and its `d` as it came.
#[derive(Clone, Copy)]
pub struct Dispatch<'e> {
    pub(crate) kind: EventKind,
    pub(crate) seq: Option<u64>,
    pub(crate) name: &'e [u8],
    pub(crate) data: &'e [u8],
}

impl<'e> Dispatch<'e> {
    /// Returns the kind; [`EventKind::Unknown`] if the documentation does not name it.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// Returns the sequence number, if the gateway gave one.
    #[must_use]
    pub const fn seq(&self) -> Option<u64> {
        self.seq
    }

    /// Returns the name as on the wire, escapes included.
    #[must_use]
    pub fn name(&self) -> &'e str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    /// Returns `d` as it came: JSON text, whose UTF-8 is checked and whose grammar is not.
    #[must_use]
    pub const fn data(&self) -> &'e [u8] {
        self.data
    }
}

impl fmt::Debug for Dispatch<'_> {
    /// Leaves the data out: it may be large, and it is private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch")
            .field("name", &self.name())
            .field("seq", &self.seq)
            .field("bytes", &self.data.len())
            .finish()
    }
}

/// A connection that is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connected {
    /// The transport.
    pub link: Link,
    /// What the connection is for.
    pub purpose: Purpose,
    /// The time between heartbeats.
    pub heartbeat_interval: Duration,
}

/// A connection, or an attempt at one, that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disconnected<'e> {
    /// The transport.
    pub link: Link,
    /// Why.
    pub cause: Cause,
    /// The close code: the peer's if it closed, else the one sent.
    pub code: Option<CloseCode>,
    /// The reason the peer gave, cut to 123 bytes; empty if it gave none.
    pub reason: &'e str,
    /// The HTTP status, if the upgrade was refused.
    pub status: Option<u16>,
    /// Whether the next connection will resume the session.
    pub resumes: bool,
    /// The time until the next dial, or nothing if there is none.
    pub redial_after: Option<Duration>,
}

/// A document that was too large for the payload buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The kind of the dispatch.
    pub kind: EventKind,
    /// Its sequence number.
    pub seq: Option<u64>,
    /// The `guild_id` of its `d`, or for guild events its `id`.
    pub guild: Option<GuildId>,
    /// The `id` of its `d`.
    pub id: Option<u64>,
    /// Its length in bytes.
    pub length: u64,
    /// How many more documents were dropped after it and are not told one by one.
    pub more: u32,
    /// The latest sequence number of all of them.
    pub through: Option<u64>,
}

/// A limit that was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Events about the shard itself were dropped: too many came without being polled.
    Events,
    /// Hello's interval is below 5 s, above 10 min or unreadable; another one is used.
    HelloInterval,
    /// More than ten heartbeats were asked for in a minute; the rest is not answered.
    HeartbeatRequests,
    /// READY's resume URL is malformed, too long or unsafe; the configured one is used.
    ResumeUrl,
    /// READY's session id is missing or too long; the session cannot be resumed.
    SessionId,
}

impl Limit {
    pub(crate) const ALL: [Self; 5] = [
        Self::Events,
        Self::HelloInterval,
        Self::HeartbeatRequests,
        Self::ResumeUrl,
        Self::SessionId,
    ];

    /// Returns the bit of this limit in a set of limits.
    pub(crate) const fn bit(self) -> u8 {
        match self {
            Self::Events => 1,
            Self::HelloInterval => 2,
            Self::HeartbeatRequests => 4,
            Self::ResumeUrl => 8,
            Self::SessionId => 16,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Events => "events about the shard were dropped: it was not polled",
            Self::HelloInterval => "the heartbeat interval in Hello is unusable",
            Self::HeartbeatRequests => "more than ten heartbeats were asked for in a minute",
            Self::ResumeUrl => "the resume URL in READY is unusable",
            Self::SessionId => "the session id in READY is unusable",
        })
    }
}
