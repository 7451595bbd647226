//! No state outlives its deadline, no rest the wait of its row, and nobody holds on to a dead connection.

use std::time::Duration;

use gatewright_core::{Cause, EventKind, Instant, Limit, Link, Phase};

use super::Verdict;
use super::track::{Facts, Track};
use crate::simulation::{Ending, Seen};

/// How late a call for time alone may find a deadline.
const SLACK: Duration = Duration::from_millis(25);
/// How long the transport may take for a frame.
const WRITE: Duration = Duration::from_secs(20);
/// How long a connection must have been live for earlier failures to be forgotten.
const PROVEN: Duration = Duration::from_secs(60);
/// The longest waits: while there is a session, and without.
const CAP: Duration = Duration::from_secs(60);
const IDENTIFY_CAP: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(super) struct Deadlines {
    /// Whether there is a session to resume, and whether the one that begins has no id.
    session: bool,
    unnamed: bool,
    /// Connections in a row that were not live for a minute, and invalid sessions in a row.
    attempts: u32,
    invalid: u32,
    /// The longest that the rest at hand may be.
    rest: Duration,
    /// Whether a session was lost since the last dial.
    lost: bool,
}

impl Deadlines {
    pub(super) const NAME: &'static str = "deadlines";

    pub(super) fn see(&mut self, at: Instant, seen: &Seen, track: &Track) -> Verdict {
        match seen {
            Seen::Dispatch { kind: EventKind::Ready, .. }
            | Seen::Skipped { kind: EventKind::Ready, .. } => {
                (self.session, self.invalid) = (!self.unnamed, 0);
            }
            Seen::Lost { .. } => (self.session, self.lost) = (false, true),
            Seen::Connect { .. } => self.unnamed = false,
            Seen::Limit(Limit::SessionId) => (self.session, self.unnamed) = (false, true),
            Seen::Disconnected { link, cause } => self.part(*link, *cause, track),
            Seen::Wait { phase, in_phase, heard, .. } if !track.held => {
                return self.check(at, *phase, *in_phase, *heard, track);
            }
            _ => {}
        }
        Ok(())
    }

    /// Finds how long the rest after a connection may be.
    fn part(&mut self, link: Link, cause: Cause, track: &Track) {
        let Some(facts) = track.of(link) else { return };
        let over = facts.over.unwrap_or(Instant::ZERO);
        if facts.live.is_some_and(|live| over.saturating_since(live) >= PROVEN) {
            self.attempts = 0;
        }
        let crossed = facts.closed.is_some() && matches!(facts.ending, Some(Ending::Code(_)));
        let backoff = self.backoff();
        self.rest = match cause {
            _ if crossed => IDENTIFY_CAP,
            Cause::RateLimited => CAP,
            Cause::SessionInvalidResumable => Duration::from_secs(5),
            Cause::SessionInvalid => {
                self.invalid = (self.invalid + 1).min(10);
                (Duration::from_secs(5) * (1 << (self.invalid - 1))).min(IDENTIFY_CAP)
            }
            Cause::MissedAcks
            | Cause::ReconnectRequested
            | Cause::ResumeHostFailed
            | Cause::WriteStalled
            | Cause::Zombie => Duration::from_secs(1),
            _ => backoff,
        };
        // Resumes may be exhausted by it, and then the wait is that of a new session.
        if core::mem::take(&mut self.lost) {
            self.rest = self.rest.max(backoff);
        }
        self.attempts = (self.attempts + 1).min(10);
    }

    fn backoff(&self) -> Duration {
        let cap = if self.session { CAP } else { IDENTIFY_CAP };
        Duration::from_secs(1 << self.attempts.min(10)).min(cap)
    }

    fn check(
        &self,
        at: Instant,
        phase: Phase,
        in_phase: Duration,
        heard: Instant,
        track: &Track,
    ) -> Verdict {
        let facts = &track.now;
        // A consumer that was busy and a frame that was stuck keep the shard from looking.
        let looked = facts.unstuck.max(track.released);
        let spent = match phase {
            Phase::Asking => in_phase.min(at.saturating_since(looked)),
            Phase::Resuming => in_phase.min(at.saturating_since(facts.told)),
            _ => in_phase,
        };
        let most = self.most(phase);
        let busy = at.saturating_since(track.released) <= SLACK;
        if busy {
            return Ok(());
        }
        if let Some(most) = most.filter(|most| spent > *most + SLACK) {
            return Err(format!("{phase} for {spent:?}, more than {most:?}"));
        }
        match phase {
            Phase::Asking | Phase::Identifying | Phase::Resuming | Phase::Live => {
                dead(at, heard.max(looked), facts)
            }
            _ => Ok(()),
        }
    }

    /// The longest a shard with the usual settings may be in a state.
    const fn most(&self, phase: Phase) -> Option<Duration> {
        Some(Duration::from_secs(match phase {
            Phase::Resting => return Some(self.rest),
            Phase::Dialing => 10,
            Phase::Greeting => 20,
            // Four shards of one bucket, 5.04 s each, and a second for each that loses its turn.
            Phase::Asking => 30,
            Phase::Identifying => 120,
            Phase::Resuming => 60,
            Phase::Closing => 2,
            Phase::Live | Phase::Stopped => return None,
        }))
    }
}

/// A connection on which nothing comes is left within two heartbeats; one that hears events but no ACKs is not judged.
fn dead(at: Instant, heard: Instant, facts: &Facts) -> Verdict {
    let (Some(interval), Some(greeted)) = (facts.interval(), facts.greeted) else { return Ok(()) };
    if facts.damaged.is_some() {
        return Ok(());
    }
    if facts.flying.is_some_and(|since| at.saturating_since(since) > WRITE + SLACK) {
        return Err("a frame is not taken for over 20 s".to_owned());
    }
    let silent = at.saturating_since(heard.max(greeted));
    if facts.flying.is_none() && silent > interval * 2 + SLACK {
        return Err(format!("it heard nothing for {silent:?}, and holds on to the connection"));
    }
    Ok(())
}
