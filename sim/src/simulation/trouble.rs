//! What a network and a consumer can do to a shard.

use std::fmt;
use std::time::Duration;

/// Something that goes wrong between a shard and its gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Nothing passes for a time, and then all of it.
    Blackhole(Duration),
    /// The consumer holds an event for a time, and nobody calls the shard.
    Busy(Duration),
    /// One bit of the next message of some length flips on its way to the shard.
    Corrupt,
    /// The next dial fails.
    DialFails,
    /// The next dial is never answered.
    DialHangs,
    /// The next dial is answered only when the shard has given it up.
    DialLate,
    /// The next dial is refused with an HTTP status.
    DialRefused(u16),
    /// The consumer takes nothing for a time, though the adapter calls the shard in time.
    Full(Duration),
    /// The shard's side is gone; the gateway believes that it is open.
    HalfOpenAtGateway,
    /// The gateway's side is gone; the shard believes that it is open.
    HalfOpenAtShard,
    /// News of the transport before comes late, now.
    LateNews,
    /// Messages of the transport come in pieces from now on.
    Pieces,
    /// Both sides hear that the transport is gone.
    Reset,
    /// The transport takes no frame for a time.
    Stall(Duration),
}

impl Trouble {
    /// One of each kind.
    #[must_use]
    pub const fn examples() -> [Self; 14] {
        const SPAN: Duration = Duration::from_secs(15);
        [
            Self::Blackhole(SPAN),
            Self::Busy(SPAN),
            Self::Corrupt,
            Self::DialFails,
            Self::DialHangs,
            Self::DialLate,
            Self::DialRefused(503),
            Self::Full(SPAN),
            Self::HalfOpenAtGateway,
            Self::HalfOpenAtShard,
            Self::LateNews,
            Self::Pieces,
            Self::Reset,
            Self::Stall(SPAN),
        ]
    }

    /// Returns the name of its kind.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blackhole(_) => "net-blackhole",
            Self::Busy(_) => "consumer-busy",
            Self::Corrupt => "net-corrupt",
            Self::DialFails => "dial-fails",
            Self::DialHangs => "dial-hangs",
            Self::DialLate => "dial-late",
            Self::DialRefused(_) => "dial-refused",
            Self::Full(_) => "consumer-full",
            Self::HalfOpenAtGateway => "half-open-at-gateway",
            Self::HalfOpenAtShard => "half-open-at-shard",
            Self::LateNews => "late-news",
            Self::Pieces => "net-pieces",
            Self::Reset => "net-reset",
            Self::Stall(_) => "net-stall",
        }
    }

    /// Returns the same trouble for another span, if it has one.
    #[must_use]
    pub const fn lasting(self, span: Duration) -> Self {
        match self {
            Self::Blackhole(_) => Self::Blackhole(span),
            Self::Busy(_) => Self::Busy(span),
            Self::Full(_) => Self::Full(span),
            Self::Stall(_) => Self::Stall(span),
            other => other,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Blackhole(span) | Self::Busy(span) | Self::Full(span) | Self::Stall(span) => {
                write!(f, " for {span:?}")
            }
            Self::DialRefused(status) => write!(f, " with {status}"),
            _ => Ok(()),
        }
    }
}
