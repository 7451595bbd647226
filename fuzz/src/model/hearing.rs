//! What the words of the gateway and the passing of time do.

use gatewright_core::{Cause, Phase};

use super::chronicle::Deed::{
    Ack, Answer, Beat, Excused, Frame, Greeted, Opened, Presence, Ready, Resumed, Sent,
};
use super::chronicle::{Micros, SECOND};
use super::client::{Client, DIAL, Greeting, HELLO, READY, RESUMED, Session, WRITE};
use super::table::Span;
use super::telling::News;
use super::word::{IDS, INTERVALS, RESUMABLE, URLS, Word};

/// Heartbeats a gateway may ask for in a minute.
const ANSWERS: usize = 10;
/// The window of the send limit: a minute, and a second for frames that are late.
const WINDOW: Micros = 61 * SECOND;
/// Presences, and the window in which they are counted.
const PRESENCES: usize = 5;
const PRESENCE_WINDOW: Micros = 21 * SECOND;

impl Client {
    /// Hears a message of some documents.
    pub(super) fn message(&mut self, words: &[Word]) {
        if !self.is_open() {
            return;
        }
        self.past.note(self.now, Frame);
        for word in words {
            // What stands behind the word that ends the connection is not read.
            if self.is_open() {
                self.word(*word);
            }
        }
    }

    fn word(&mut self, word: Word) {
        let greeted = self.is_greeted();
        match word {
            Word::Hello(interval) if !greeted => self.hello(INTERVALS[interval].1),
            Word::Request if greeted => self.request(),
            Word::Ack if greeted => self.past.note(self.now, Ack),
            Word::Reconnect if self.phase() == Phase::Live => self.part(Cause::ReconnectRequested),
            Word::Reconnect => self.part(Cause::ReconnectRequestedEarly),
            Word::Invalid(d) if RESUMABLE[d].1 => self.part(Cause::SessionInvalidResumable),
            Word::Invalid(_) => self.part(Cause::SessionInvalid),
            Word::Garbage(_) => self.part(Cause::BrokenEnvelope),
            Word::Dispatch { name, seq } => self.dispatch(name, seq),
            Word::Ready { seq, id, url } => self.ready(seq, id, url),
            Word::Hello(_) | Word::Request | Word::Ack | Word::Unknown(_) => {}
        }
    }

    fn hello(&mut self, given: Option<u64>) {
        let millis = match given {
            Some(given) if given < 5_000 => 5_000,
            Some(given) => given,
            None => 41_250,
        };
        if given != Some(millis) {
            self.limits.insert("HelloInterval");
        }
        let interval = millis * 1_000;
        // A first heartbeat that is due at once is counted already when it is seen.
        let seen = self.seen.beat;
        let due = if seen == self.now + interval { self.now } else { seen };
        if due < self.now || !Span::new(0, interval).holds(due - self.now) {
            self.complaints.push(format!("the first heartbeat is due at {due}"));
        }
        self.drew = true;
        let session = self.session();
        if core::mem::take(&mut session.astray) {
            let received = session.latest_received();
            session.delivered.retain(|seq| *seq <= received);
        }
        // What was received and not delivered comes again.
        let processed = session.latest_delivered().min(session.latest_received());
        session.received.retain(|seq| *seq <= processed);
        session.received.push(processed);
        self.hear_number(processed);
        self.past.note(self.now, Greeted);
        self.line.greeting = Some(Greeting { interval, due, owed: false });
        let (link, resumes) = (self.line.link, self.line.resumes);
        self.news.push(News::Connected { link, resumes, interval });
        if self.line.resumes {
            self.line.replayed = self.now;
        } else {
            self.ask();
        }
    }

    /// Hears that a heartbeat is wanted.
    fn request(&mut self) {
        let answers = self.past.since(Answer, &[Opened]);
        if answers.filter(|at| at + 60 * SECOND > self.now).count() < ANSWERS {
            self.past.note(self.now, Answer);
            self.owe();
        } else {
            self.limits.insert("HeartbeatRequests");
        }
    }

    fn owe(&mut self) {
        if let Some(greeting) = &mut self.line.greeting {
            greeting.owed = true;
        }
    }

    /// Tells whether a dispatch is an answer to Identify or Resume, or to a session that runs.
    fn takes_dispatches(&self) -> bool {
        match self.phase() {
            Phase::Live => true,
            Phase::Identifying | Phase::Resuming => self.line.introduced,
            _ => false,
        }
    }

    fn dispatch(&mut self, name: &'static str, seq: Option<u64>) {
        if !self.takes_dispatches() || self.phase() == Phase::Identifying {
            return;
        }
        if self.phase() == Phase::Resuming {
            self.line.replayed = self.now;
            if name == "RESUMED" {
                self.past.note(self.now, Resumed);
                self.line.live = Some(self.now);
            }
        }
        if seq.is_some_and(|seq| self.went_astray(seq)) {
            return self.part(Cause::BrokenEnvelope);
        }
        self.receive(name, seq, None);
    }

    /// Follows the numbers of a link: after one that jumped ahead, one between it and those before shows that it
    /// was damaged, as does a jump over more than 32 bits; all behind those counts as not received.
    fn went_astray(&mut self, seq: u64) -> bool {
        let heard = self.line.heard;
        let too_far = heard > 0 && seq.saturating_sub(heard) > u32::MAX.into();
        let follows = |number| seq.checked_sub(1) == Some(number);
        match self.line.ahead {
            Some(ahead) if follows(ahead) => self.hear_number(seq),
            Some(ahead) if too_far || (heard < seq && seq < ahead) => return self.give_up(),
            Some(ahead) if seq > ahead => self.line.ahead = Some(seq),
            Some(_) => {}
            None if heard == 0 || follows(heard) => self.hear_number(seq),
            None if too_far => return self.give_up(),
            None if seq > heard => self.line.ahead = Some(seq),
            None => {}
        }
        false
    }

    /// Counts what came behind the number that was heard last as not received.
    fn give_up(&mut self) -> bool {
        let heard = self.line.heard;
        let session = self.session();
        session.received.retain(|seq| *seq <= heard);
        session.received.push(heard);
        session.astray = true;
        true
    }

    fn hear_number(&mut self, seq: u64) {
        self.line.heard = seq;
        self.line.ahead = None;
    }

    fn receive(&mut self, name: &'static str, seq: Option<u64>, begins: Option<bool>) {
        let session = self.sessions.len() - 1;
        self.session().received.extend(seq);
        self.news.push(News::Dispatch { session, name, seq, begins });
    }

    fn ready(&mut self, seq: Option<u64>, id: usize, url: usize) {
        let id = IDS[id].1;
        let had = self.session().id;
        if had.is_some() && id == had {
            // The READY of the session at hand, once more: an event like others.
            return self.dispatch("READY", seq);
        }
        if !self.takes_dispatches() {
            return;
        }
        let (_, url, is_plain) = URLS[url];
        let url = url.filter(|_| !is_plain || self.plain);
        if id.is_none() {
            self.limits.insert("SessionId");
        } else if url.is_none() {
            self.limits.insert("ResumeUrl");
        }
        self.hear_number(seq.unwrap_or(0));
        self.sessions.push(Session { id, url, ..Session::default() });
        self.past.note(self.now, Ready);
        // The requirements are silent on a READY in a live session: like the client, the minute that proves a
        // connection begins anew with it.
        self.line.live = Some(self.now);
        self.receive("READY", seq, Some(had.is_some()));
    }

    /// Looks at what is due. Only who says that the transport was looked at may find the peer silent.
    ///
    /// The requirements are silent on what goes first: like the client, frames, heartbeats, then the rest.
    pub(super) fn look_at_the_clock(&mut self, judge: bool) {
        self.expire();
        let stalled = self.flight.is_some_and(|flight| flight.since + WRITE <= self.now);
        if judge && stalled && self.is_greeted() {
            self.part(Cause::WriteStalled);
        }
        if self.is_greeted() {
            self.look_at_the_heart(judge);
        }
        if self.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.pass_deadline(judge);
        }
    }

    /// Returns when the phase at hand is over, if time alone ends it.
    pub(super) fn deadline(&self) -> Option<Micros> {
        let line = &self.line;
        match self.phase() {
            // Who is held reads nothing, and dials for nothing.
            Phase::Resting => line.rests.filter(|_| !self.held),
            Phase::Dialing => Some(line.dial_from + DIAL),
            Phase::Greeting => line.opened.map(|opened| opened + HELLO),
            Phase::Asking => Some(line.ask_again),
            Phase::Identifying => line.permitted.map(|permitted| permitted + READY),
            Phase::Resuming => Some(line.replayed + RESUMED),
            Phase::Closing => line.parting.as_ref().map(|parting| parting.until),
            Phase::Live | Phase::Stopped => None,
        }
    }

    fn pass_deadline(&mut self, judge: bool) {
        match self.phase() {
            Phase::Resting => self.dial(),
            Phase::Asking => self.ask(),
            Phase::Closing => self.finish_parting(),
            Phase::Dialing if judge => self.lose(Cause::DialFailed),
            Phase::Greeting if judge => self.part(Cause::HelloTimeout),
            Phase::Identifying if judge => self.part(Cause::ReadyTimeout),
            Phase::Resuming if judge => self.part(Cause::ResumedTimeout),
            _ => {}
        }
    }

    fn look_at_the_heart(&mut self, judge: bool) {
        let Some(Greeting { interval, due, .. }) = self.line.greeting else { return };
        if self.now < due {
            return;
        }
        // The earliest beat without an ACK; one of less than half an interval ago may still get it.
        let unanswered = self.past.since(Beat, &[Ack, Greeted]).last();
        if judge && unanswered.is_some_and(|beat| beat + interval / 2 <= self.now) {
            if self.past.count(Frame, &[Beat, Greeted]) == 0 {
                return self.part(Cause::Zombie);
            }
            if self.past.count(Excused, &[Ack, Greeted]) > 0 {
                return self.part(Cause::MissedAcks);
            }
            self.past.note(self.now, Excused);
        }
        self.owe();
        // The requirements are silent on beats that were slept through: like the client, the schedule holds
        // unless the next beat would come within half an interval.
        let kept = due + interval;
        let too_soon = kept < self.now + interval / 2;
        if let Some(greeting) = &mut self.line.greeting {
            greeting.due = if too_soon { self.now + interval } else { kept };
        }
    }

    /// Returns when a command may go, at the earliest now; a presence has a limit of its own besides.
    pub(super) fn order_free_at(&self, presence: bool) -> Micros {
        let mut latest = self.past.since(Presence, &[]).map(|at| at + PRESENCE_WINDOW);
        let fifth = latest.nth(PRESENCES - 1).filter(|_| presence);
        self.free_at().max(fifth.unwrap_or(0))
    }

    /// Returns when the send limit lets the next command go, at the earliest now.
    ///
    /// Room is kept for the heartbeats of a window, the answers to requests, and Identify or Resume.
    pub(super) fn free_at(&self) -> Micros {
        let interval = self.line.greeting.map_or(WINDOW, |greeting| greeting.interval);
        let beats = usize::try_from(WINDOW.div_ceil(interval)).expect("a small number");
        let room = self.rules.send_limit - beats - ANSWERS - 1;
        let latest = self.past.since(Sent, &[Opened]);
        let mut frees = latest.map(|at| at + WINDOW).filter(|free| *free > self.now);
        frees.nth(room - 1).unwrap_or(self.now)
    }
}
