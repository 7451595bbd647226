//! What an onlooker of a simulation sees, for checks to judge.

use std::time::Duration;

use gatewright_core::{
    Cause, CloseCode, CommandClass, CommandId, EventKind, Fate, Instant, Limit, Link, Phase,
    Purpose, RefusalCause, Stop,
};

use super::Trouble;
use crate::journal::What;

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// When.
    pub at: Instant,
    /// The shard it is about.
    pub shard: u32,
    /// What.
    pub seen: Seen,
}

/// How a transport ended, as the shard hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The gateway closed with this code.
    Code(CloseCode),
    /// It was cut, or closed without a code.
    Dropped,
    /// The upgrade was refused with this HTTP status.
    Refused(u16),
    /// Nobody is there.
    Unreachable,
}

/// What was seen of a shard, its adapter, its network or its gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// A message asking for a heartbeat was handed to the shard, whole.
    Asked {
        /// The transport.
        link: Link,
    },
    /// A process of all shards began, which keeps a budget; seen of the first of them.
    Began {
        /// Whether the latest write of the budget's record was lost.
        lost: bool,
        /// Whether it was told what is left of the day.
        told: bool,
    },
    /// The shard closed.
    Close {
        /// The transport.
        link: Link,
        /// The close code.
        code: CloseCode,
    },
    /// The shard dialled.
    Connect {
        /// The new transport.
        link: Link,
        /// What it is for.
        purpose: Purpose,
    },
    /// The shard told that a connection is up.
    Connected {
        /// The transport.
        link: Link,
        /// The time between heartbeats.
        interval: Duration,
    },
    /// The shard told that a connection is over.
    Disconnected {
        /// The transport.
        link: Link,
        /// Why.
        cause: Cause,
    },
    /// The shard delivered a dispatch.
    Dispatch {
        /// Its kind.
        kind: EventKind,
        /// Its sequence number.
        seq: Option<u64>,
        /// The [serial number](super::serial) in it.
        serial: Option<u64>,
        /// The length of its `d`.
        bytes: usize,
    },
    /// The shard told of a dispatch that came again.
    Duplicate {
        /// Its sequence number.
        seq: Option<u64>,
    },
    /// The shard told what became of a command.
    Fate {
        /// The command.
        id: CommandId,
        /// What became of it.
        fate: Fate,
    },
    /// The shard told that sequence numbers are missing.
    Gap {
        /// The number that should have come.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// Something entered the journal of the gateway about a connection of the shard.
    Gateway {
        /// The transport whose other end it is.
        link: Link,
        /// What.
        what: What,
    },
    /// The shard heard that a transport is gone.
    Gone {
        /// The transport.
        link: Link,
        /// How it ended.
        how: Ending,
    },
    /// The consumer got busy until then.
    Held {
        /// When it is free again.
        until: Instant,
    },
    /// The shard told that a limit was hit.
    Limit(Limit),
    /// The shard told that the session is lost.
    Lost {
        /// Why.
        cause: Cause,
    },
    /// The shard heard that a transport is up.
    Opened {
        /// The transport.
        link: Link,
    },
    /// A command was given to the shard.
    Queued {
        /// Its number.
        id: CommandId,
        /// The [digest](super::digest) of its payload, of a presence with the parts that were left out.
        digest: u64,
        /// Until when it may be sent.
        expires: Instant,
        /// What it is to later ones, and to the limits.
        class: CommandClass,
    },
    /// The budget lets no Identify through.
    Refused {
        /// Why.
        why: RefusalCause,
        /// When it goes on.
        until: Instant,
    },
    /// The consumer is free again.
    Released,
    /// The process of the shard ended without a word, and another took up what was saved last.
    Restarted {
        /// Whether the session that was saved is still the latest one.
        goes_on: bool,
    },
    /// What was kept of the shard was saved, with its session.
    Saved,
    /// The shard handed out a frame.
    Send {
        /// The transport.
        link: Link,
        /// The opcode.
        op: u8,
        /// The [digest](super::digest) of the payload.
        digest: u64,
        /// The length of the payload.
        bytes: usize,
        /// The state of the shard.
        phase: Phase,
    },
    /// The shard told of documents it had no room for.
    Skipped {
        /// The kind of the first one.
        kind: EventKind,
        /// Its sequence number.
        seq: Option<u64>,
        /// The sequence number of the last one.
        through: Option<u64>,
        /// The length of the first one.
        length: u64,
        /// How many more there are.
        more: u32,
    },
    /// A message that was damaged on its way was handed to the shard.
    Spoiled {
        /// The transport.
        link: Link,
    },
    /// The gateway counted an Identify of the shard, while a budget is kept.
    Started {
        /// How many are left of its 24 hours.
        left: u32,
    },
    /// The shard is over.
    Stopped(Stop),
    /// Trouble that was asked for struck.
    Struck(Trouble),
    /// The transport took the frame, whole.
    Taken {
        /// The transport.
        link: Link,
    },
    /// The shard wants nothing more until then.
    Wait {
        /// When to come back.
        until: Instant,
        /// The state of the shard.
        phase: Phase,
        /// The time in this state.
        in_phase: Duration,
        /// When the latest message was handed to it.
        heard: Instant,
    },
    /// From now on a transport comes late with what it carries, or the gateway with what it says.
    Withheld {
        /// The transport.
        link: Link,
        /// Until when; the end of time for what lasts as long as the transport.
        until: Instant,
        /// By how much at most; the most there is for what never comes.
        by: Duration,
    },
}
