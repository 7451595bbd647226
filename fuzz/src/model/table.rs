//! What a disconnect does, written out from the table of requirements and not from the client's own.

use gatewright_core::{Cause, CloseCode, Stop};

use super::chronicle::{MILLI, Micros, SECOND};

/// A wait that chance decides, from `least` up to but not including `below`; exactly `least` if they are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) least: Micros,
    pub(super) below: Micros,
}

impl Span {
    pub(super) const fn new(least: Micros, below: Micros) -> Self {
        Self { least, below }
    }

    pub(super) const fn exactly(wait: Micros) -> Self {
        Self::new(wait, wait)
    }

    pub(super) fn holds(self, wait: Micros) -> bool {
        self.least <= wait && (wait < self.below || wait == self.least)
    }

    /// Returns the longer of two waits that are drawn apart.
    pub(super) fn longer(self, other: Self) -> Self {
        Self::new(self.least.max(other.least), self.below.max(other.below))
    }

    pub(super) const fn times(self, factor: u64) -> Self {
        Self::new(self.least * factor, self.below * factor)
    }
}

/// Which wait follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    None,
    Short,
    Long,
    OneToFive,
    OneToFiveDoubling,
    BackOff,
}

pub(super) const SHORT: Span = Span::new(250 * MILLI, SECOND);
pub(super) const LONG: Span = Span::exactly(60 * SECOND);
pub(super) const ONE_TO_FIVE: Span = Span::new(SECOND, 5 * SECOND);

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The code to close with, if the connection is still open.
    pub(super) close: Option<u16>,
    pub(super) keeps_session: bool,
    pub(super) keeps_url: bool,
    pub(super) pause: Pause,
    pub(super) stop: Option<Stop>,
}

const fn kept(close: Option<u16>, pause: Pause) -> Row {
    Row { close, keeps_session: true, keeps_url: true, pause, stop: None }
}

const fn dropped(close: Option<u16>, pause: Pause) -> Row {
    Row { close, keeps_session: false, keeps_url: false, pause, stop: None }
}

const fn fatal(stop: Stop) -> Row {
    Row { stop: Some(stop), ..dropped(None, Pause::None) }
}

/// Looks a cause up.
pub(super) fn row(cause: Cause) -> Row {
    let closed = Some(4_000);
    match cause {
        Cause::HelloTimeout
        | Cause::ReadyTimeout
        | Cause::ResumedTimeout
        | Cause::CorruptStream
        | Cause::BrokenEnvelope
        | Cause::InflatedTooLarge
        | Cause::ReconnectRequestedEarly => kept(closed, Pause::BackOff),
        Cause::Zombie | Cause::MissedAcks | Cause::WriteStalled => kept(closed, Pause::Short),
        Cause::ReconnectRequested => kept(closed, Pause::None),
        Cause::SessionInvalidResumable => kept(closed, Pause::OneToFive),
        Cause::SessionInvalid => dropped(Some(1_000), Pause::OneToFiveDoubling),
        Cause::ResumeHostFailed => Row { keeps_url: false, ..kept(None, Pause::Short) },
        Cause::RateLimited => kept(None, Pause::Long),
        Cause::NotAuthenticatedAgain => Row { keeps_url: true, ..dropped(None, Pause::BackOff) },
        Cause::SessionRefused | Cause::ResumesExhausted => dropped(None, Pause::BackOff),
        Cause::MessageTooLongAgain => {
            Row { stop: Some(Stop::MessageTooLong), ..kept(None, Pause::BackOff) }
        }
        Cause::AuthenticationFailed => fatal(Stop::AuthenticationFailed),
        Cause::InvalidShard => fatal(Stop::InvalidShard),
        Cause::ShardingRequired => fatal(Stop::ShardingRequired),
        Cause::InvalidApiVersion => fatal(Stop::InvalidApiVersion),
        Cause::InvalidIntents => fatal(Stop::InvalidIntents),
        Cause::DisallowedIntents => fatal(Stop::DisallowedIntents),
        Cause::Ended => Row { close: Some(1_000), ..fatal(Stop::Ended) },
        Cause::Parked => Row { stop: Some(Stop::Parked), ..kept(closed, Pause::None) },
        // A dial that failed, a peer that closed, a transport that broke, one message that was too long.
        _ => kept(None, Pause::BackOff),
    }
}

/// Returns what a close code of the peer means.
pub(super) fn of_code(code: CloseCode) -> Cause {
    match code.0 {
        4_003 => Cause::NotAuthenticated,
        4_004 => Cause::AuthenticationFailed,
        4_006 | 4_007 | 4_009 => Cause::SessionRefused,
        4_008 => Cause::RateLimited,
        4_010 => Cause::InvalidShard,
        4_011 => Cause::ShardingRequired,
        4_012 => Cause::InvalidApiVersion,
        4_013 => Cause::InvalidIntents,
        4_014 => Cause::DisallowedIntents,
        _ => Cause::PeerClosed,
    }
}
