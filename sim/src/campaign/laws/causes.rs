//! No connection ends without a cause that was really seen on it, nor by another code than the table's.

use std::time::Duration;

use gatewright_core::{Cause, CloseCode, Instant};

use super::Verdict;
use super::track::{Facts, Track};
use crate::simulation::{Ending, Seen};

/// The deadlines of the usual settings.
const DIAL: Duration = Duration::from_secs(10);
const HELLO: Duration = Duration::from_secs(20);
const READY: Duration = Duration::from_secs(120);
const RESUMED: Duration = Duration::from_secs(60);
const WRITE: Duration = Duration::from_secs(20);
/// How long a consumer may hold an event that arrived before.
const HOLD: Duration = Duration::from_secs(20);

pub(super) struct Causes;

impl Causes {
    pub(super) const NAME: &'static str = "causes";

    pub(super) fn see(at: Instant, seen: &Seen, track: &Track) -> Verdict {
        match seen {
            Seen::Connect { .. } if !is_over(at, &track.before) => {
                Err("it dials, and the connection before is not over".to_owned())
            }
            Seen::Disconnected { link, cause } => {
                let Some(facts) = track.of(*link) else {
                    return Err(format!("connection {} ends long after it was replaced", link.0));
                };
                if !is_seen(at, *cause, facts) {
                    return Err(format!("it reconnects ({cause}), and nothing like that was seen"));
                }
                check_code(*cause, facts)
            }
            Seen::Stopped(stop) => Err(format!("it stops ({stop}), and nothing was fatal")),
            _ => Ok(()),
        }
    }
}

fn is_over(at: Instant, facts: &Facts) -> bool {
    let hung = facts.opened.is_none() && at.saturating_since(facts.dialed) >= DIAL;
    facts.over.is_some() || hung || facts.dialed == Instant::ZERO
}

/// Tells whether what was seen on a connection is a reason to leave it.
fn is_seen(at: Instant, cause: Cause, facts: &Facts) -> bool {
    let damaged = facts.is_damaged(facts.over.unwrap_or(at));
    let since = |moment: Option<Instant>, span| {
        moment.is_some_and(|moment| at.saturating_since(moment) >= span)
    };
    match cause {
        Cause::DialFailed | Cause::ResumeHostFailed => match facts.ending {
            Some(Ending::Refused(_) | Ending::Unreachable) => true,
            Some(Ending::Dropped) => facts.opened.is_none(),
            _ => facts.opened.is_none() && since(Some(facts.dialed), DIAL),
        },
        Cause::HelloTimeout => facts.greeted.is_none() && since(facts.opened, HELLO),
        // A frame that was stuck may have kept Identify back.
        Cause::ReadyTimeout => facts.live.is_none() && since(facts.greeted, READY),
        Cause::ResumedTimeout => {
            since(facts.greeted, RESUMED) && since(Some(facts.told), RESUMED - HOLD)
        }
        // The law of zombies judges these.
        Cause::MissedAcks | Cause::Zombie => true,
        Cause::WriteStalled => since(facts.flying, WRITE),
        Cause::ReconnectRequested | Cause::ReconnectRequestedEarly => facts.asked_away || damaged,
        Cause::SessionInvalidResumable => facts.detached || damaged,
        Cause::SessionInvalid => facts.invalid || damaged,
        Cause::BrokenEnvelope | Cause::CorruptStream => facts.undecodable || damaged,
        Cause::InflatedTooLarge => damaged,
        Cause::TransportLost => facts.ending == Some(Ending::Dropped),
        other => matches!(facts.ending, Some(Ending::Code(code)) if fits(other, code)),
    }
}

/// Tells whether a close code of the gateway is this cause.
const fn fits(cause: Cause, code: CloseCode) -> bool {
    match code {
        CloseCode::NOT_AUTHENTICATED => {
            matches!(cause, Cause::NotAuthenticated | Cause::NotAuthenticatedAgain)
        }
        CloseCode::RATE_LIMITED => matches!(cause, Cause::RateLimited),
        CloseCode::SESSION_NO_LONGER_VALID
        | CloseCode::INVALID_SEQ
        | CloseCode::SESSION_TIMED_OUT => matches!(cause, Cause::SessionRefused),
        _ => matches!(cause, Cause::PeerClosed),
    }
}

/// A shard closes with 4000, which keeps the session, unless there is none any more.
fn check_code(cause: Cause, facts: &Facts) -> Verdict {
    let Some(code) = facts.closed.filter(|_| !matches!(facts.ending, Some(Ending::Code(_)))) else {
        return Ok(());
    };
    let right = match cause {
        Cause::SessionInvalid => CloseCode::NORMAL,
        _ => CloseCode::UNKNOWN_ERROR,
    };
    if code == right { Ok(()) } else { Err(format!("it closes with {code} ({cause})")) }
}
