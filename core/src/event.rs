//! Events: what a shard tells, lent from its buffers.

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use crate::decode::{Cursor, Decode, DecodeError, DeserializeError, Deserializer, Expected};
use crate::{Cause, CloseCode, CommandId, Encoding, EventKind, Fate, GuildId, Link, Purpose};

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
    /// A dispatch whose sequence number is not above the latest one delivered: it came before, or was told as missing.
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

    /// Copies the event to the heap, to be sent to another task or kept.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn into_owned(self) -> crate::OwnedEvent {
        self.into()
    }
}

/// A dispatch: its kind and sequence number, and its `d` as it came, decoded when it is asked for.
///
/// A `d` that does not decode costs nothing but itself: the sequence number counts, the connection stays, and
/// [`Counters::undecoded`](crate::Counters::undecoded) rises.
#[derive(Clone, Copy)]
pub struct Dispatch<'e> {
    pub(crate) encoding: Encoding,
    pub(crate) kind: EventKind,
    pub(crate) seq: Option<u64>,
    pub(crate) name: &'e [u8],
    pub(crate) data: &'e [u8],
    /// Counts what does not decode, for the shard.
    pub(crate) undecoded: Option<&'e AtomicU32>,
}

impl<'e> Dispatch<'e> {
    /// Creates one by its name, from `d` as it was kept; for ETF without the version byte.
    ///
    /// ```
    /// use gatewright_core::model::MessageDelete;
    /// use gatewright_core::{ChannelId, Dispatch, Encoding};
    ///
    /// let d = br#"{"id": "1", "channel_id": "2"}"#;
    /// let dispatch = Dispatch::new("MESSAGE_DELETE", None, Encoding::Json, d)?;
    /// assert_eq!(dispatch.channel_id(), Some(ChannelId(2)));
    /// assert_eq!(dispatch.decode::<MessageDelete>()?.id.0, 1);
    /// # Ok::<(), gatewright_core::decode::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Cursor::new`].
    pub fn new(
        name: &'e str,
        seq: Option<u64>,
        encoding: Encoding,
        data: &'e [u8],
    ) -> Result<Self, DecodeError> {
        Cursor::new(encoding, data)?;
        let name = name.as_bytes();
        Ok(Self { encoding, kind: EventKind::of_dispatch(name), seq, name, data, undecoded: None })
    }

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

    /// Returns how [`data`](Self::data) is encoded.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the name as on the wire, escapes included; empty if it is not UTF-8.
    #[must_use]
    pub fn name(&self) -> &'e str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    /// Returns `d` as it came; of its grammar only what it takes to find its end is checked.
    ///
    /// In JSON it is text, whose UTF-8 is checked; in ETF it is one term, without the version byte 131,
    /// and the UTF-8 of its texts is not checked.
    #[must_use]
    pub const fn data(&self) -> &'e [u8] {
        self.data
    }

    /// Returns a cursor that stands before `d`.
    #[must_use]
    pub const fn cursor(&self) -> Cursor<'e> {
        Cursor::trusted(self.encoding, self.data)
    }

    /// Decodes `d` as `T`: an event or an object of [`model`](crate::model), or a type of one's own.
    ///
    /// # Errors
    /// [`DecodeError`] tells the offset in `d` and what was expected there; it is
    /// [`Expected::Dispatch`] if `T` is an event of another kind.
    pub fn decode<T: Decode<'e>>(&self) -> Result<T, DecodeError> {
        if !T::is_of(self.kind) {
            return Err(self.cursor().error(Expected::Dispatch));
        }
        let mut cursor = self.cursor();
        let value = cursor.decode().and_then(|value| cursor.end().map(|()| value));
        self.counted(value)
    }

    /// Deserializes `d` as a type that knows serde.
    ///
    /// `scratch` takes texts with escapes, one at a time; with the feature `alloc` it may be empty.
    ///
    /// # Errors
    /// [`DeserializeError`] tells the offset in `d` and what was expected there, or what the type itself says.
    pub fn deserialize<T: serde::Deserialize<'e>>(
        &self,
        scratch: &mut [u8],
    ) -> Result<T, DeserializeError> {
        let mut deserializer = Deserializer::new(self.cursor(), scratch);
        let value = T::deserialize(&mut deserializer);
        self.counted(value.and_then(|value| deserializer.end().map(|()| value)))
    }

    /// Copies the dispatch to the heap, to be sent to another task or kept.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn into_owned(self) -> crate::OwnedDispatch {
        self.into()
    }

    /// Counts a failure in the shard's status.
    fn counted<T, E>(&self, result: Result<T, E>) -> Result<T, E> {
        if let (Err(_), Some(undecoded)) = (&result, self.undecoded) {
            // A shard is in one place at a time; a count lost to a race would do no harm.
            let count = undecoded.load(Ordering::Relaxed).saturating_add(1);
            undecoded.store(count, Ordering::Relaxed);
        }
        result
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
