//! What a shard can tell about itself at any time.

use core::time::Duration;

use crate::heartbeat::HISTORY;
use crate::{Cause, Instant, Link, Phase};

/// A shard's state and counters.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The state.
    pub phase: Phase,
    /// The time in this state, up to the latest instant the shard heard of.
    pub in_phase: Duration,
    /// The transport at hand, or the latest one.
    pub link: Link,
    /// When the latest piece of a message came.
    pub last_frame: Option<Instant>,
    /// When the latest heartbeat ACK came.
    pub last_ack: Option<Instant>,
    /// The time from the latest acknowledged heartbeat to its ACK.
    pub latency: Option<Duration>,
    /// The latest latencies, newest first.
    pub latencies: [Option<Duration>; HISTORY],
    /// Connections in a row that were not live for a minute.
    pub attempts: u32,
    /// Why the latest connection ended.
    pub last_error: Option<Cause>,
    /// Commands that wait to be sent.
    pub queued_commands: u32,
    /// Commands the send limit lets go now: up to 120 in 60 s, but for what is kept free for heartbeats.
    pub free_commands: usize,
    /// Presences their limit of 5 in 20 s lets go now.
    pub free_presences: usize,
    /// The latest sequence number received.
    pub received_seq: u64,
    /// The latest sequence number whose event the caller has finished with.
    pub processed_seq: u64,
    /// The next deadline, and what it is for.
    pub next_timer: Option<(Instant, Timer)>,
    /// Counters since the shard was made.
    pub counters: Counters,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// The next dial.
    Rest,
    /// The dial takes too long.
    Dial,
    /// Hello takes too long.
    Hello,
    /// The permit to identify is asked for again.
    Permit,
    /// READY takes too long.
    Ready,
    /// RESUMED takes too long.
    Resumed,
    /// Closing takes too long.
    Close,
    /// The next heartbeat.
    Heartbeat,
    /// The frame on its way takes too long.
    Write,
    /// The send limit lets the next command go.
    Throttle,
    /// A command expires.
    Expiry,
}

/// Counters of a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections asked for.
    pub dials: u32,
    /// Identifies sent.
    pub identifies: u32,
    /// Resumes sent.
    pub resumes: u32,
    /// READY dispatches.
    pub readies: u32,
    /// RESUMED dispatches.
    pub resumed: u32,
    /// Heartbeats sent.
    pub heartbeats: u32,
    /// Messages received.
    pub messages: u64,
    /// Bytes received, as they came.
    pub wire_bytes: u64,
    /// Bytes received, inflated.
    pub inflated_bytes: u64,
    /// Dispatches taken.
    pub dispatches: u64,
    /// Dispatches too large to be kept.
    pub skipped: u32,
    /// Dispatches whose sequence number was not above the latest one delivered.
    pub duplicates: u32,
    /// Sequence numbers left out.
    pub gaps: u32,
    /// Documents that fit nothing: unknown opcodes, and dispatches outside a session.
    pub unexpected: u32,
    /// Dispatches whose `d` did not decode as what it was asked for as; each attempt counts.
    pub undecoded: u32,
    /// Heartbeat requests beyond the limit.
    pub unanswered: u32,
    /// Commands sent.
    pub commands: u32,
    /// Times that the next command had to wait for a send limit.
    pub limiter_waits: u32,
    /// The time commands waited for a send limit, up to the latest instant the shard heard of.
    pub limiter_wait: Duration,
    /// Requests for all members that were turned down by RATE_LIMITED, to be sent again.
    pub rate_limited: u32,
}
