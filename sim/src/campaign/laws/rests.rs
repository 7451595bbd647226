//! The wait between two connections is that of the row of what ended the first: no longer and no shorter.
//!
//! A back-off has full jitter and may be next to nothing, but not time after time.

use std::time::Duration;

use gatewright_core::{Cause, EventKind, Instant, Limit, Link, Phase};

use super::Verdict;
use super::track::Track;
use crate::simulation::{Ending, Seen};

/// How late a call for time alone may find that it is over.
const SLACK: Duration = Duration::from_millis(25);
/// How long a connection must have been live for earlier failures to be forgotten.
const PROVEN: Duration = Duration::from_secs(60);
/// The longest waits: while there is a session, and without.
const CAP: Duration = Duration::from_secs(60);
const IDENTIFY_CAP: Duration = Duration::from_secs(600);
/// A wait of no length is for a connection that was not dialled just now.
const REDIAL: Duration = Duration::from_secs(5);
/// The short wait.
const SHORT: Duration = Duration::from_millis(250);
const SECOND: Duration = Duration::from_secs(1);
/// A back-off is shorter once in a hundred times, and so many times in a row never.
const HASTE: Duration = Duration::from_millis(10);
const HASTY: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Rests {
    /// Whether there is a session to resume, and whether the one that begins has no id.
    session: bool,
    unnamed: bool,
    /// Connections in a row that were not live for a minute, and invalid sessions in a row.
    attempts: u32,
    invalid: u32,
    /// Whether a session was lost since the last dial.
    lost: bool,
    /// The rest at hand, and since when it is at the latest.
    rest: Rest,
    since: Option<Instant>,
    /// Back-offs in a row that were next to nothing.
    hasty: u32,
}

/// How long a rest may be.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    least: Duration,
    most: Duration,
    backoff: bool,
}

impl Rest {
    const fn between(least: Duration, most: Duration) -> Self {
        Self { least, most, backoff: false }
    }
}

impl Rests {
    pub(super) const NAME: &'static str = "rests";

    pub(super) fn see(&mut self, at: Instant, seen: &Seen, track: &Track) -> Verdict {
        match seen {
            Seen::Dispatch { kind: EventKind::Ready, .. }
            | Seen::Skipped { kind: EventKind::Ready, .. } => {
                (self.session, self.invalid) = (!self.unnamed, 0);
            }
            Seen::Lost { .. } => (self.session, self.lost) = (false, true),
            Seen::Limit(Limit::SessionId) => (self.session, self.unnamed) = (false, true),
            Seen::Disconnected { link, cause } => self.part(at, *link, *cause, track),
            Seen::Connect { .. } => return self.dial(at),
            Seen::Wait { phase: Phase::Resting, in_phase, .. }
                if !track.held && !track.was_busy(at, SLACK) =>
            {
                let most = self.rest.most;
                if *in_phase > most + SLACK {
                    return Err(format!("it rests for {in_phase:?}, more than {most:?}"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Finds how long the rest after a connection may be.
    fn part(&mut self, at: Instant, link: Link, cause: Cause, track: &Track) {
        let Some(facts) = track.of(link) else { return };
        let over = facts.over.unwrap_or(at).min(at);
        self.since = Some(over);
        if facts.live.is_some_and(|live| over.saturating_since(live) >= PROVEN) {
            self.attempts = 0;
        }
        let crossed = facts.closed.is_some() && matches!(facts.ending, Some(Ending::Code(_)));
        let backoff = self.backoff();
        self.rest = self.row(cause, over.saturating_since(facts.dialed), backoff);
        if crossed {
            self.rest = Rest::between(Duration::ZERO, IDENTIFY_CAP);
        }
        // Resumes may be exhausted by it, and then the wait is that of a new session.
        let stands = matches!(
            cause,
            Cause::RateLimited | Cause::SessionInvalid | Cause::SessionInvalidResumable
        );
        if core::mem::take(&mut self.lost) && !stands {
            self.rest =
                Rest { least: Duration::ZERO, most: self.rest.most.max(backoff), ..self.rest };
        }
        self.attempts = (self.attempts + 1).min(10);
    }

    /// The wait of the row of a cause, `after` the dial of the connection.
    fn row(&mut self, cause: Cause, after: Duration, backoff: Duration) -> Rest {
        match cause {
            Cause::RateLimited => Rest::between(CAP, CAP),
            Cause::SessionInvalidResumable => Rest::between(SECOND, SECOND * 5),
            Cause::SessionInvalid => {
                self.invalid = (self.invalid + 1).min(10);
                let times = 1 << (self.invalid - 1);
                let doubled = |span: Duration| (span * times).min(IDENTIFY_CAP);
                Rest::between(doubled(SECOND), doubled(SECOND * 5))
            }
            Cause::ReconnectRequested if after >= REDIAL => Rest::between(Duration::ZERO, SECOND),
            Cause::MissedAcks
            | Cause::ReconnectRequested
            | Cause::ResumeHostFailed
            | Cause::WriteStalled
            | Cause::Zombie => Rest::between(SHORT, SECOND),
            _ => Rest { least: Duration::ZERO, most: backoff, backoff: true },
        }
    }

    fn backoff(&self) -> Duration {
        let cap = if self.session { CAP } else { IDENTIFY_CAP };
        Duration::from_secs(1 << self.attempts.min(10)).min(cap)
    }

    /// Judges the rest that ends with a dial.
    fn dial(&mut self, at: Instant) -> Verdict {
        self.unnamed = false;
        let Rest { least, backoff, .. } = core::mem::take(&mut self.rest);
        let Some(since) = self.since.take() else { return Ok(()) };
        let rested = at.saturating_since(since);
        if rested < least {
            return Err(format!("it dials again after {rested:?}, less than {least:?}"));
        }
        if backoff {
            self.hasty = if rested < HASTE { self.hasty + 1 } else { 0 };
        }
        if self.hasty >= HASTY {
            return Err(format!("{HASTY} back-offs in a row are shorter than {HASTE:?}"));
        }
        Ok(())
    }
}
