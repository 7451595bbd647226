//! How a connection ends: the cause, its row of the disconnect table, and what follows.

use core::time::Duration;

use super::{CLOSE_TIMEOUT, REASON_BYTES, Sequences, Shard, Tally, told};
use crate::disconnect::{Cause, Pause, Verdict};
use crate::lifecycle::{After, Phase, State, Trigger};
use crate::ports::{Gone, Link, Purpose, Stop};
use crate::{CloseCode, Instant};

/// Resumes in a row without RESUMED after which the session is given up.
const RESUMES: u8 = 3;
/// Connections in a row to the resume host without Hello after which it is given up.
const SILENT_HOSTS: u8 = 2;

impl Shard<'_> {
    /// Hears that the transport is gone.
    #[inline(never)]
    pub(super) fn on_closed(&mut self, link: Link, gone: Gone<'_>) {
        if link != self.link {
            return;
        }
        if let State::Closing { then, .. } = self.state {
            let then = self.heed_last_word(gone, then);
            self.gone(then);
        } else if !matches!(self.phase(), Phase::Resting | Phase::Stopped) {
            let cause = self.cause_of(gone);
            self.keep_last_words(gone);
            self.lost(cause);
        }
    }

    /// Lets a close code of the peer that crossed ours count, if it forbids what was to follow.
    fn heed_last_word(&mut self, gone: Gone<'_>, then: After) -> After {
        let Gone::Code(code, _) = gone else { return then };
        let cause = Cause::of_close_code(code);
        let verdict = cause.verdict();
        let heeded =
            verdict.stop.is_some() || !verdict.keeps_session || verdict.pause == Pause::Long;
        if then.stop.is_some() || !heeded {
            return then;
        }
        self.keep_last_words(gone);
        self.last_error = Some(cause);
        self.keep_or_lose(cause, verdict);
        // One disconnect is one attempt, though its wait is drawn anew.
        self.backoff.attempts = self.backoff.attempts.saturating_sub(1);
        let rest = then.rest.max(self.backoff.draw(verdict.pause, self.now, &mut self.rng));
        After { cause, code: self.peer_code.take(), rest, stop: verdict.stop }
    }

    /// Keeps what the peer said last, until it is told.
    fn keep_last_words(&mut self, gone: Gone<'_>) {
        match gone {
            Gone::Code(code, reason) => {
                self.peer_code = Some(code);
                self.reason = cut(reason);
            }
            Gone::Refused(status) => self.last_status = Some(status),
            Gone::Dropped | Gone::TooLong | Gone::Unreachable => {}
        }
    }

    /// Finds the cause, and so the row of the table.
    fn cause_of(&mut self, gone: Gone<'_>) -> Cause {
        let dialing = self.phase() == Phase::Dialing;
        match gone {
            Gone::Refused(_) | Gone::Unreachable => Cause::DialFailed,
            Gone::Dropped if dialing => Cause::DialFailed,
            Gone::Dropped => Cause::TransportLost,
            Gone::TooLong => {
                self.tally.too_long = self.tally.too_long.saturating_add(1);
                let first = self.tally.too_long == 1 && self.purpose == Purpose::Resume;
                if first { Cause::MessageTooLong } else { Cause::MessageTooLongAgain }
            }
            Gone::Code(code, _) => self.cause_of_code(code),
        }
    }

    fn cause_of_code(&mut self, code: CloseCode) -> Cause {
        self.forgive();
        let cause = Cause::of_close_code(code);
        if cause != Cause::NotAuthenticated {
            return cause;
        }
        self.tally.unauthenticated = self.tally.unauthenticated.saturating_add(1);
        if self.tally.unauthenticated == 1 { cause } else { Cause::NotAuthenticatedAgain }
    }

    /// Closes the connection at hand, or ends the rest there is instead.
    #[inline(never)]
    pub(super) fn part(&mut self, cause: Cause) {
        if self.wanted.connect || self.phase() == Phase::Resting {
            return self.lost(cause);
        }
        if let State::Closing { until, then } = self.state {
            self.part_for_good(cause, until, then);
        } else if self.phase() != Phase::Stopped {
            let then = self.weigh(cause);
            let code = then.code.unwrap_or(CloseCode::UNKNOWN_ERROR);
            self.wanted.close = Some(code);
            let until = self.after(CLOSE_TIMEOUT);
            let then = After { code: Some(code), ..then };
            self.enter(Trigger::Part, State::Closing { until, then });
        }
    }

    /// Lets nothing follow the connection that is closing, if the cause says so.
    fn part_for_good(&mut self, cause: Cause, until: Instant, then: After) {
        let verdict = cause.verdict();
        if verdict.stop.is_some() {
            self.last_error = Some(cause);
            self.keep_or_lose(cause, verdict);
            let mut then = After { stop: verdict.stop, cause, ..then };
            if self.wanted.close.is_some() {
                self.wanted.close = verdict.close;
                then.code = verdict.close;
            }
            self.enter(Trigger::Part, State::Closing { until, then });
        }
    }

    /// Takes it that the transport is gone without having been closed from here.
    pub(super) fn lost(&mut self, cause: Cause) {
        let then = self.weigh(cause);
        let then = After { code: self.peer_code.take(), ..then };
        self.gone(then);
    }

    /// Looks the cause up and does what its row says to session, URL and wait.
    fn weigh(&mut self, cause: Cause) -> After {
        self.note_wait(false);
        let cause = self.count_failure(cause);
        let verdict = cause.verdict();
        self.last_error = Some(cause);
        let pause = self.keep_or_lose(cause, verdict);
        let rest = self.backoff.draw(pause, self.now, &mut self.rng);
        let unused = self.phase() == Phase::Asking
            || (self.phase() == Phase::Identifying && self.wanted.handshake);
        if unused && self.wanted.asked {
            self.wanted.forgo = Some(self.link);
        }
        self.wanted.ask = false;
        self.wanted.handshake = false;
        After { code: verdict.close, rest, stop: verdict.stop, cause }
    }

    /// Forgets earlier failures if the connection at hand was live for a minute.
    fn forgive(&mut self) {
        if let State::Live { since } = self.state
            && self.backoff.lived(self.now.saturating_since(since))
        {
            self.tally = Tally { too_long: self.tally.too_long, ..Tally::default() };
        }
    }

    /// Counts the failure, which may turn it into a row of its own.
    fn count_failure(&mut self, cause: Cause) -> Cause {
        self.forgive();
        let before_hello = matches!(self.phase(), Phase::Dialing | Phase::Greeting);
        let has_host = self.keys.as_ref().is_some_and(|keys| !keys.url.is_empty());
        if before_hello && has_host && self.purpose == Purpose::Resume {
            self.tally.silent_hosts = self.tally.silent_hosts.saturating_add(1);
        }
        if self.tally.silent_hosts < SILENT_HOSTS {
            return cause;
        }
        self.tally.silent_hosts = 0;
        self.forget_url();
        if cause == Cause::DialFailed { Cause::ResumeHostFailed } else { cause }
    }

    /// Does to session and URL what the row says, and returns the wait.
    fn keep_or_lose(&mut self, cause: Cause, verdict: Verdict) -> Pause {
        if !verdict.keeps_url {
            self.forget_url();
        }
        if !verdict.keeps_session {
            self.lose_session(cause, verdict.stop);
        } else if self.tally.resumes >= RESUMES && verdict.stop.is_none() {
            self.lose_session(Cause::ResumesExhausted, None);
            // A wait for the gateway's sake stands: it matters even more before an Identify.
            let stands = matches!(verdict.pause, Pause::Long | Pause::Invalid);
            return if stands { verdict.pause } else { Cause::ResumesExhausted.verdict().pause };
        }
        verdict.pause
    }

    fn forget_url(&mut self) {
        if let Some(keys) = &mut self.keys {
            keys.url.clear();
        }
    }

    fn lose_session(&mut self, cause: Cause, stop: Option<Stop>) {
        self.tally = Tally::default();
        self.seqs = Sequences { received: 0, stale: true, ..self.seqs };
        let had_one = self.keys.take().is_some();
        if had_one && stop.is_none_or(|stop| !stop.is_requested()) {
            self.tell(told::Notice::SessionLost { cause });
        }
    }

    /// Goes on after the transport is gone.
    pub(super) fn gone(&mut self, then: After) {
        let unheard = core::mem::take(&mut self.wanted.connect);
        let attempted = self.phase() != Phase::Resting && !unheard;
        self.in_flight = None;
        self.outbox.disconnected();
        self.wanted.close = None;
        let status = self.last_status.take();
        if attempted {
            self.tell(told::Notice::Disconnected(told::Parted {
                link: self.link,
                cause: then.cause,
                code: then.code,
                status,
                resumes: self.keys.is_some() && then.stop.is_none(),
                redial_after: then.stop.is_none().then_some(then.rest),
            }));
        }
        match then.stop {
            Some(stop) => {
                self.outbox.drop_all();
                self.enter(Trigger::Over, State::Stopped(stop));
            }
            None => self.rest(then.rest),
        }
    }

    fn rest(&mut self, span: Duration) {
        let until = self.after(span);
        self.enter(Trigger::Lost, State::Resting { until });
        if until <= self.now {
            self.on_time(false);
        }
    }
}

/// Keeps as much of a reason as a close frame can hold.
fn cut(reason: &str) -> heapless::String<REASON_BYTES, u8> {
    let fits = |end: &usize| reason.is_char_boundary(*end);
    let end = (0..=reason.len().min(REASON_BYTES)).rev().find(fits).unwrap_or(0);
    heapless::String::try_from(reason.get(..end).unwrap_or_default()).unwrap_or_default()
}
