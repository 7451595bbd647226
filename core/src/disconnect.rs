//! The disconnect table: what each cause does to the connection, the session and the next dial.
//!
//! It is data, so that one test walks all of it. Sources: Discord documentation, *Gateway Close Event
//! Codes* and *Disconnecting*; what other clients learnt about the rest.

use core::fmt;

use crate::{CloseCode, Stop};

/// Why a connection, or the attempt at one, is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The dial failed or took too long.
    DialFailed,
    /// The host to resume at failed twice in a row before it said Hello.
    ResumeHostFailed,
    /// No Hello came in time.
    HelloTimeout,
    /// No READY came in time.
    ReadyTimeout,
    /// No RESUMED came in time.
    ResumedTimeout,
    /// A heartbeat was due, the last one has no ACK, and no frame came since it.
    Zombie,
    /// Frames came, but two heartbeats in a row have no ACK.
    MissedAcks,
    /// The transport did not take a frame for 20 s.
    WriteStalled,
    /// Opcode 7 on a live connection.
    ReconnectRequested,
    /// Opcode 7 before the connection was live.
    ReconnectRequestedEarly,
    /// Opcode 9 with `true`.
    SessionInvalidResumable,
    /// Opcode 9 with `false`.
    SessionInvalid,
    /// Compressed data that does not inflate.
    CorruptStream,
    /// A document whose envelope is broken, or that is not UTF-8; or a sequence number that jumped ahead of those
    /// that came behind it.
    BrokenEnvelope,
    /// One message inflated to more than the configured limit.
    InflatedTooLarge,
    /// A message was over the WebSocket limit.
    MessageTooLong,
    /// A message was over the WebSocket limit again, or on the connection that began the session.
    MessageTooLongAgain,
    /// The peer closed with a code after which a Resume may work.
    PeerClosed,
    /// The peer closed without a code, or the transport failed.
    TransportLost,
    /// The peer closed with 4008.
    RateLimited,
    /// The peer closed with 4003.
    NotAuthenticated,
    /// The peer closed with 4003 again.
    NotAuthenticatedAgain,
    /// The peer closed with 4006, 4007 or 4009.
    SessionRefused,
    /// The peer closed with 4004.
    AuthenticationFailed,
    /// The peer closed with 4010.
    InvalidShard,
    /// The peer closed with 4011.
    ShardingRequired,
    /// The peer closed with 4012.
    InvalidApiVersion,
    /// The peer closed with 4013.
    InvalidIntents,
    /// The peer closed with 4014.
    DisallowedIntents,
    /// Three Resumes in a row ended without RESUMED.
    ResumesExhausted,
    /// The user ended the session.
    Ended,
    /// The user parked the session.
    Parked,
}

/// How long to wait before the next dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pause {
    /// Not at all.
    None,
    /// A random 0.25 to 1 s.
    Short,
    /// 60 s.
    Long,
    /// A random 1 to 5 s.
    Invalid,
    /// A random 1 to 5 s, doubling when it repeats.
    InvalidDoubling,
    /// Exponential from 1 s with full jitter.
    Backoff,
}

/// What a cause means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The code to close with, if the connection is still open.
    pub(crate) close: Option<CloseCode>,
    pub(crate) keeps_session: bool,
    pub(crate) keeps_url: bool,
    pub(crate) pause: Pause,
    pub(crate) stop: Option<Stop>,
}

const KEPT: Verdict = Verdict {
    close: None,
    keeps_session: true,
    keeps_url: true,
    pause: Pause::Backoff,
    stop: None,
};
const CLOSED: Verdict = Verdict { close: Some(CloseCode::UNKNOWN_ERROR), ..KEPT };
const LOST: Verdict = Verdict { keeps_session: false, keeps_url: false, ..KEPT };

const fn fatal(stop: Stop) -> Verdict {
    Verdict { stop: Some(stop), ..LOST }
}

/// Every cause with what it means.
pub(crate) const TABLE: [(Cause, Verdict); 32] = [
    (Cause::DialFailed, KEPT),
    (Cause::ResumeHostFailed, Verdict { keeps_url: false, pause: Pause::Short, ..KEPT }),
    (Cause::HelloTimeout, CLOSED),
    (Cause::ReadyTimeout, CLOSED),
    (Cause::ResumedTimeout, CLOSED),
    (Cause::Zombie, Verdict { pause: Pause::Short, ..CLOSED }),
    (Cause::MissedAcks, Verdict { pause: Pause::Short, ..CLOSED }),
    (Cause::WriteStalled, Verdict { pause: Pause::Short, ..CLOSED }),
    (Cause::ReconnectRequested, Verdict { pause: Pause::None, ..CLOSED }),
    (Cause::ReconnectRequestedEarly, CLOSED),
    (Cause::SessionInvalidResumable, Verdict { pause: Pause::Invalid, ..CLOSED }),
    (
        Cause::SessionInvalid,
        Verdict { close: Some(CloseCode::NORMAL), pause: Pause::InvalidDoubling, ..LOST },
    ),
    (Cause::CorruptStream, CLOSED),
    (Cause::BrokenEnvelope, CLOSED),
    (Cause::InflatedTooLarge, CLOSED),
    (Cause::MessageTooLong, KEPT),
    (
        Cause::MessageTooLongAgain,
        Verdict { keeps_session: true, keeps_url: true, ..fatal(Stop::MessageTooLong) },
    ),
    (Cause::PeerClosed, KEPT),
    (Cause::TransportLost, KEPT),
    (Cause::RateLimited, Verdict { pause: Pause::Long, ..KEPT }),
    (Cause::NotAuthenticated, KEPT),
    (Cause::NotAuthenticatedAgain, Verdict { keeps_session: false, ..KEPT }),
    (Cause::SessionRefused, LOST),
    (Cause::AuthenticationFailed, fatal(Stop::AuthenticationFailed)),
    (Cause::InvalidShard, fatal(Stop::InvalidShard)),
    (Cause::ShardingRequired, fatal(Stop::ShardingRequired)),
    (Cause::InvalidApiVersion, fatal(Stop::InvalidApiVersion)),
    (Cause::InvalidIntents, fatal(Stop::InvalidIntents)),
    (Cause::DisallowedIntents, fatal(Stop::DisallowedIntents)),
    (Cause::ResumesExhausted, LOST),
    (Cause::Ended, Verdict { close: Some(CloseCode::NORMAL), ..fatal(Stop::Ended) }),
    (Cause::Parked, Verdict { stop: Some(Stop::Parked), ..CLOSED }),
];

impl Cause {
    /// All causes, in the order of the disconnect table.
    pub const ALL: [Self; 32] = [
        Self::DialFailed,
        Self::ResumeHostFailed,
        Self::HelloTimeout,
        Self::ReadyTimeout,
        Self::ResumedTimeout,
        Self::Zombie,
        Self::MissedAcks,
        Self::WriteStalled,
        Self::ReconnectRequested,
        Self::ReconnectRequestedEarly,
        Self::SessionInvalidResumable,
        Self::SessionInvalid,
        Self::CorruptStream,
        Self::BrokenEnvelope,
        Self::InflatedTooLarge,
        Self::MessageTooLong,
        Self::MessageTooLongAgain,
        Self::PeerClosed,
        Self::TransportLost,
        Self::RateLimited,
        Self::NotAuthenticated,
        Self::NotAuthenticatedAgain,
        Self::SessionRefused,
        Self::AuthenticationFailed,
        Self::InvalidShard,
        Self::ShardingRequired,
        Self::InvalidApiVersion,
        Self::InvalidIntents,
        Self::DisallowedIntents,
        Self::ResumesExhausted,
        Self::Ended,
        Self::Parked,
    ];

    /// Returns the name in lower case, for labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DialFailed => "dial_failed",
            Self::ResumeHostFailed => "resume_host_failed",
            Self::HelloTimeout => "hello_timeout",
            Self::ReadyTimeout => "ready_timeout",
            Self::ResumedTimeout => "resumed_timeout",
            Self::Zombie => "zombie",
            Self::MissedAcks => "missed_acks",
            Self::WriteStalled => "write_stalled",
            Self::ReconnectRequested => "reconnect_requested",
            Self::ReconnectRequestedEarly => "reconnect_requested_early",
            Self::SessionInvalidResumable => "session_invalid_resumable",
            Self::SessionInvalid => "session_invalid",
            Self::CorruptStream => "corrupt_stream",
            Self::BrokenEnvelope => "broken_envelope",
            Self::InflatedTooLarge => "inflated_too_large",
            Self::MessageTooLong => "message_too_long",
            Self::MessageTooLongAgain => "message_too_long_again",
            Self::PeerClosed => "peer_closed",
            Self::TransportLost => "transport_lost",
            Self::RateLimited => "rate_limited",
            Self::NotAuthenticated => "not_authenticated",
            Self::NotAuthenticatedAgain => "not_authenticated_again",
            Self::SessionRefused => "session_refused",
            Self::AuthenticationFailed => "authentication_failed",
            Self::InvalidShard => "invalid_shard",
            Self::ShardingRequired => "sharding_required",
            Self::InvalidApiVersion => "invalid_api_version",
            Self::InvalidIntents => "invalid_intents",
            Self::DisallowedIntents => "disallowed_intents",
            Self::ResumesExhausted => "resumes_exhausted",
            Self::Ended => "ended",
            Self::Parked => "parked",
        }
    }

    /// Classifies a close code of the peer.
    pub(crate) const fn of_close_code(code: CloseCode) -> Self {
        match code {
            CloseCode::NOT_AUTHENTICATED => Self::NotAuthenticated,
            CloseCode::AUTHENTICATION_FAILED => Self::AuthenticationFailed,
            CloseCode::SESSION_NO_LONGER_VALID
            | CloseCode::INVALID_SEQ
            | CloseCode::SESSION_TIMED_OUT => Self::SessionRefused,
            CloseCode::RATE_LIMITED => Self::RateLimited,
            CloseCode::INVALID_SHARD => Self::InvalidShard,
            CloseCode::SHARDING_REQUIRED => Self::ShardingRequired,
            CloseCode::INVALID_API_VERSION => Self::InvalidApiVersion,
            CloseCode::INVALID_INTENTS => Self::InvalidIntents,
            CloseCode::DISALLOWED_INTENTS => Self::DisallowedIntents,
            _ => Self::PeerClosed,
        }
    }

    /// Looks the cause up in the table.
    pub(crate) fn verdict(self) -> Verdict {
        let row = TABLE.iter().find(|(cause, _)| *cause == self);
        row.map_or(KEPT, |&(_, verdict)| verdict)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DialFailed => "could not connect",
            Self::ResumeHostFailed => "could not connect to the host to resume at",
            Self::HelloTimeout => "no Hello in time",
            Self::ReadyTimeout => "no READY in time",
            Self::ResumedTimeout => "no RESUMED in time",
            Self::Zombie => "no heartbeat ACK and no other frame",
            Self::MissedAcks => "two heartbeats without ACK",
            Self::WriteStalled => "a frame was not sent within 20 s",
            Self::ReconnectRequested | Self::ReconnectRequestedEarly => {
                "the gateway asked to reconnect"
            }
            Self::SessionInvalidResumable => "invalid session, resumable",
            Self::SessionInvalid => "invalid session",
            Self::CorruptStream => "corrupt compressed data",
            Self::BrokenEnvelope => "broken envelope",
            Self::InflatedTooLarge => "a message inflated beyond the limit",
            Self::MessageTooLong | Self::MessageTooLongAgain => {
                "a message over the WebSocket message limit"
            }
            Self::PeerClosed => "closed by the gateway",
            Self::TransportLost => "connection lost",
            Self::RateLimited => "rate limited by the gateway",
            Self::NotAuthenticated | Self::NotAuthenticatedAgain => "not authenticated",
            Self::SessionRefused => "session refused by the gateway",
            Self::AuthenticationFailed => "authentication failed",
            Self::InvalidShard => "invalid shard",
            Self::ShardingRequired => "sharding required",
            Self::InvalidApiVersion => "invalid API version",
            Self::InvalidIntents => "invalid intents",
            Self::DisallowedIntents => "disallowed intents",
            Self::ResumesExhausted => "three Resumes in a row failed",
            Self::Ended => "ended",
            Self::Parked => "parked",
        })
    }
}

#[cfg(test)]
mod tests;
