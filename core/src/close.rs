//! WebSocket close codes, those of RFC 6455 and those the gateway adds.

use core::fmt;

/// A WebSocket close code.
///
/// Source: RFC 6455 section 7.4; Discord documentation, *Gateway Close Event Codes*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Normal closure; sent by a client it destroys the session.
    pub const NORMAL: Self = Self(1000);
    /// Going away; sent by a client it destroys the session.
    pub const GOING_AWAY: Self = Self(1001);
    /// Unknown error; sent by a client it keeps the session resumable.
    pub const UNKNOWN_ERROR: Self = Self(4000);
    /// An opcode the gateway does not know, or a bad payload for it.
    pub const UNKNOWN_OPCODE: Self = Self(4001);
    /// A payload the gateway cannot decode, or one over 4096 bytes.
    pub const DECODE_ERROR: Self = Self(4002);
    /// A payload sent before Identify, or an invalidated session.
    pub const NOT_AUTHENTICATED: Self = Self(4003);
    /// A wrong token.
    pub const AUTHENTICATION_FAILED: Self = Self(4004);
    /// A second Identify.
    pub const ALREADY_AUTHENTICATED: Self = Self(4005);
    /// The session is not valid any more (no longer documented).
    pub const SESSION_NO_LONGER_VALID: Self = Self(4006);
    /// A Resume with a sequence the gateway never sent.
    pub const INVALID_SEQ: Self = Self(4007);
    /// More than 120 payloads in 60 s.
    pub const RATE_LIMITED: Self = Self(4008);
    /// The session timed out.
    pub const SESSION_TIMED_OUT: Self = Self(4009);
    /// A shard id and count that do not fit.
    pub const INVALID_SHARD: Self = Self(4010);
    /// Too many guilds for the number of shards.
    pub const SHARDING_REQUIRED: Self = Self(4011);
    /// An API version the gateway does not serve.
    pub const INVALID_API_VERSION: Self = Self(4012);
    /// Intents with an undefined bit.
    pub const INVALID_INTENTS: Self = Self(4013);
    /// An intent that is not enabled or not approved.
    pub const DISALLOWED_INTENTS: Self = Self(4014);
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
