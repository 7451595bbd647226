//! How connections end: the cause, its row of the table, and what follows.

use gatewright_core::{Cause, CloseCode, Fate, Gone, Leave, Phase, Stop};

use super::chronicle::Deed::{
    Dropped, Ended, Greeted, HostLeft, Identify, Invalidated, Proven, Ready, Resume, Resumed,
    Silent, TooLong, Unauthenticated,
};
use super::chronicle::{Micros, SECOND};
use super::client::{Client, Session};
use super::table::{LONG, ONE_TO_FIVE, Pause, Row, SHORT, Span, of_code, row};
use super::telling::{News, Over};

/// How long closing may take.
const CLOSE: Micros = 2 * SECOND;
/// How long a connection must have been live to prove itself.
const PROOF: Micros = 60 * SECOND;
/// The longest wait for Identifies without READY, and after opcode 9.
const IDENTIFY_CAP: Micros = 600 * SECOND;

/// What is to follow when a transport is gone.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    cause: Cause,
    code: Option<u16>,
    reason: String,
    status: Option<u16>,
    rest: Span,
    stop: Option<Stop>,
}

/// A connection that this side closes.
#[derive(Clone, Debug)]
pub(super) struct Parting {
    pub(super) until: Micros,
    /// Whether the close code was handed out.
    pub(super) handed: bool,
    pub(super) code: u16,
    plan: Plan,
}

impl Client {
    /// Leaves the gateway.
    pub(super) fn leave(&mut self, now: Micros, how: Leave) {
        self.now = self.now.max(now);
        if !self.is_leaving() {
            self.part(if how == Leave::End { Cause::Ended } else { Cause::Parked });
        }
    }

    /// Tells whether nothing follows what is going on.
    pub(super) fn is_leaving(&self) -> bool {
        let parting = self.line.parting.as_ref();
        self.stop.is_some() || parting.is_some_and(|parting| parting.plan.stop.is_some())
    }

    /// Closes the connection at hand.
    pub(super) fn part(&mut self, cause: Cause) {
        if self.phase() == Phase::Resting || !self.line.handed {
            return self.lose(cause);
        }
        if self.line.parting.is_some() {
            return self.part_for_good(cause);
        }
        let plan = self.weigh(cause);
        let zombie = matches!(cause, Cause::Zombie);
        let code = if zombie { self.rules.zombie_code } else { row(cause).close.unwrap_or(4_000) };
        let plan = Plan { code: Some(code), ..plan };
        self.line.parting = Some(Parting { until: self.now + CLOSE, handed: false, code, plan });
    }

    /// Leaves while the connection closes for another reason: what was said is said.
    fn part_for_good(&mut self, cause: Cause) {
        let row = row(cause);
        self.drop_by(cause, row);
        if let Some(parting) = &mut self.line.parting {
            (parting.plan.cause, parting.plan.stop) = (cause, row.stop);
            if let Some(code) = row.close.filter(|_| !parting.handed) {
                (parting.code, parting.plan.code) = (code, Some(code));
            }
        }
    }

    /// Hears that the transport is gone.
    pub(super) fn closed(&mut self, gone: Gone<'_>) {
        match self.phase() {
            Phase::Resting | Phase::Stopped => {}
            Phase::Closing => {
                if let Gone::Code(code, reason) = gone {
                    self.cross(code, reason);
                }
                self.finish_parting();
            }
            _ => {
                let plan = self.plan_after(gone);
                self.finish(plan);
            }
        }
    }

    /// Finds out why the transport is gone, and what follows.
    fn plan_after(&mut self, gone: Gone<'_>) -> Plan {
        let cause = match gone {
            Gone::Refused(_) | Gone::Unreachable => Cause::DialFailed,
            Gone::Dropped if self.phase() == Phase::Dialing => Cause::DialFailed,
            Gone::Dropped => Cause::TransportLost,
            Gone::TooLong => {
                self.past.note(self.now, TooLong);
                let again = self.past.count(TooLong, &[Ready, Dropped]) > 1;
                let fresh = !self.line.resumes;
                if again || fresh { Cause::MessageTooLongAgain } else { Cause::MessageTooLong }
            }
            Gone::Code(code, _) => of_code(code),
        };
        let cause = if cause == Cause::NotAuthenticated { self.unauthenticated() } else { cause };
        let plan = self.weigh(cause);
        match gone {
            Gone::Code(code, reason) => {
                Plan { code: Some(code.0), reason: reason.to_owned(), ..plan }
            }
            Gone::Refused(status) => Plan { code: None, status: Some(status), ..plan },
            _ => Plan { code: None, ..plan },
        }
    }

    /// A session survives one 4003, and another one once a connection has proven itself.
    fn unauthenticated(&mut self) -> Cause {
        self.note_proof();
        self.past.note(self.now, Unauthenticated);
        match self.past.count(Unauthenticated, &[Proven, Ready, Dropped]) {
            1 => Cause::NotAuthenticated,
            _ => Cause::NotAuthenticatedAgain,
        }
    }

    /// Lets a code of the peer count that crossed ours, if it forbids what was to follow.
    ///
    /// The requirements are silent on such codes but for this: they never make the wait shorter.
    fn cross(&mut self, code: CloseCode, reason: &str) {
        let Some(Parting { plan, .. }) = self.line.parting.clone() else { return };
        let cause = of_code(code);
        let row = row(cause);
        let forbids = row.stop.is_some() || !row.keeps_session || row.pause == Pause::Long;
        if plan.stop.is_some() || !forbids {
            return;
        }
        self.drop_by(cause, row);
        // It is one disconnect, so its own end does not count among the failures before it.
        let failures = self.past.count(Ended, &[Proven]) - 1;
        let rest = plan.rest.longer(self.span(row.pause, failures));
        let (code, reason) = (Some(code.0), reason.to_owned());
        let plan = Plan { cause, code, reason, rest, stop: row.stop, ..plan };
        if let Some(parting) = &mut self.line.parting {
            parting.plan = plan;
        }
    }

    /// Takes it that there is no transport any more, though nobody closed it.
    pub(super) fn lose(&mut self, cause: Cause) {
        let plan = Plan { code: None, ..self.weigh(cause) };
        self.finish(plan);
    }

    fn note_proof(&mut self) {
        let live = self.line.live.filter(|_| self.phase() == Phase::Live);
        if live.is_some_and(|live| live + PROOF <= self.now) {
            self.past.note(self.now, Proven);
        }
    }

    /// Decides what a cause does, and does to the session what it says.
    fn weigh(&mut self, cause: Cause) -> Plan {
        self.note_proof();
        let cause = self.weigh_host(cause);
        let row = row(cause);
        let pause = self.drop_by(cause, row);
        let failures = self.past.count(Ended, &[Proven]);
        let rest = self.span(pause, failures);
        if cause == Cause::SessionInvalid {
            self.past.note(self.now, Invalidated);
        }
        self.past.note(self.now, Ended);
        let asking = matches!(self.phase(), Phase::Asking | Phase::Identifying);
        if asking && self.line.asked && !self.line.introduced {
            self.forgoes = Some(self.line.link);
        }
        let (reason, status) = (String::new(), None);
        Plan { cause, code: row.close, reason, status, rest, stop: row.stop }
    }

    /// Gives the host to resume at up when it failed twice in a row before it said Hello.
    fn weigh_host(&mut self, cause: Cause) -> Cause {
        let before_hello = matches!(self.phase(), Phase::Dialing | Phase::Greeting);
        if !before_hello || self.line.resume_host.is_none() {
            return cause;
        }
        self.past.note(self.now, Silent);
        if self.past.count(Silent, &[Greeted, HostLeft, Ready, Dropped]) < 2 {
            return cause;
        }
        self.past.note(self.now, HostLeft);
        self.session().url = None;
        if cause == Cause::DialFailed { Cause::ResumeHostFailed } else { cause }
    }

    /// Drops what a row says, or what three Resumes in vain say, and returns the wait.
    fn drop_by(&mut self, cause: Cause, row: Row) -> Pause {
        if !row.keeps_url {
            self.session().url = None;
        }
        let resumes = self.past.count(Resume, &[Resumed, Ready, Dropped]);
        if !row.keeps_session {
            self.drop_session(cause, row.stop);
        } else if resumes >= 3 && row.stop.is_none() {
            self.drop_session(Cause::ResumesExhausted, None);
            return match row.pause {
                // Two rows hold at once: a wait that the gateway asked for is kept.
                Pause::Long | Pause::OneToFive => row.pause,
                _ => Pause::BackOff,
            };
        }
        row.pause
    }

    fn drop_session(&mut self, cause: Cause, stop: Option<Stop>) {
        self.past.note(self.now, Dropped);
        let had = self.session().id.is_some();
        self.sessions.push(Session::default());
        if had && stop.is_none_or(|stop| !stop.is_requested()) {
            self.news.push(News::SessionLost(cause));
        }
    }

    /// Returns the bounds of a wait behind so many failures in a row.
    fn span(&self, pause: Pause, failures: usize) -> Span {
        match pause {
            // A peer that asks for it at once and again must not make a tight loop; the requirements give no
            // numbers: like the client, a dial within the last 5 s makes the wait a short one.
            Pause::None if self.line.dialed + 5 * SECOND <= self.now => Span::exactly(0),
            Pause::None | Pause::Short => SHORT,
            Pause::Long => LONG,
            Pause::OneToFive => ONE_TO_FIVE,
            Pause::OneToFiveDoubling => {
                // The requirements give no cap: like the client, nine doublings and the cap of Identifies.
                let before = self.past.count(Invalidated, &[Ready]).min(9);
                let span = ONE_TO_FIVE.times(doubled(before));
                Span::new(span.least.min(IDENTIFY_CAP), span.below.min(IDENTIFY_CAP + 1))
            }
            Pause::BackOff => {
                let identifies = self.past.count(Identify, &[Ready]) > 0;
                let cap = if identifies { IDENTIFY_CAP } else { self.rules.back_off_cap };
                Span::new(0, cap.min(SECOND * doubled(failures)))
            }
        }
    }

    /// Goes on where a connection that was closed from here is gone.
    pub(super) fn finish_parting(&mut self) {
        if let Some(parting) = self.line.parting.take() {
            self.finish(parting.plan);
        }
    }

    fn finish(&mut self, plan: Plan) {
        let rests = self.line.rests.is_some();
        self.lose_flight();
        self.closes_late = false;
        let wait = plan.stop.is_none().then(|| self.rest(plan.rest));
        if self.line.handed && !rests {
            self.news.push(News::Disconnected(Over {
                link: self.line.link,
                cause: plan.cause,
                code: plan.code,
                reason: plan.reason,
                status: plan.status,
                resumes: self.sessions.last().is_some_and(|session| session.id.is_some())
                    && plan.stop.is_none(),
                redial_after: wait,
            }));
        }
        self.stop = plan.stop;
        match wait {
            Some(wait) => self.line.rests = Some(self.now + wait),
            None => self.drop_orders(),
        }
        if wait == Some(0) {
            self.look_at_the_clock(false);
        }
    }

    /// Returns the wait that was seen, which must lie in its bounds.
    fn rest(&mut self, span: Span) -> Micros {
        self.drew = true;
        let wait = self.seen.rest.map_or(0, |until| until.saturating_sub(self.now));
        if !span.holds(wait) {
            self.complaints.push(format!("a wait of {wait} is not within {span:?}"));
        }
        wait
    }

    fn drop_orders(&mut self) {
        for order in self.orders.iter_mut().filter(|order| order.fate.is_none()) {
            order.fate = Some(Fate::Dropped);
        }
    }
}

/// Returns two to the power of `times`; more than any cap needs is cut off.
fn doubled(times: usize) -> u64 {
    1 << times.min(20)
}
