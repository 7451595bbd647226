//! What comes in: a transport that opens, permits, messages, and the documents in them.

use core::num::NonZeroU64;
use core::time::Duration;

use super::{ASK_AGAIN, Current, Keys, Sequences, Shard, Tally, number, told};
use crate::disconnect::Cause;
use crate::envelope::Details;
use crate::event::{Connected, Limit};
use crate::heartbeat::usable;
use crate::inbox::{Found, Taken};
use crate::lifecycle::{Phase, State, Trigger};
use crate::ports::{Link, Purpose};
use crate::{CloseCode, EventKind};

/// How often heap buffers may shrink.
const SHRINK_EVERY: Duration = Duration::from_secs(20);

impl Shard<'_> {
    pub(super) fn on_dial_waits(&mut self, link: Link) {
        if link == self.link
            && let State::Dialing { until } = &mut self.state
        {
            *until = self.now.saturating_add(self.config.dial_timeout.span());
        }
    }

    pub(super) fn on_opened(&mut self, link: Link) {
        if link != self.link {
            return;
        }
        if self.phase() == Phase::Dialing {
            self.inbox.restart();
            self.throttle.restart();
            let until = self.after(self.config.hello_timeout.span());
            self.enter(Trigger::Opened, State::Greeting { until });
        } else if self.phase() == Phase::Resting {
            // The dial took too long and was given up.
            self.wanted.close = Some(CloseCode::UNKNOWN_ERROR);
        }
    }

    pub(super) fn on_permit(&mut self, link: Link) {
        if link == self.link && self.phase() == Phase::Asking {
            let until = self.after(self.config.ready_timeout.span());
            self.enter(Trigger::Permit, State::Identifying { until });
            self.wanted.ask = false;
            self.wanted.handshake = true;
        }
    }

    pub(super) fn on_message(&mut self, link: Link, text: bool, part: &[u8], last: bool) {
        self.current = Current::None;
        if link != self.link || !self.is_open() {
            return;
        }
        let bytes = u64::try_from(part.len()).unwrap_or(u64::MAX);
        self.counters.wire_bytes = self.counters.wire_bytes.saturating_add(bytes);
        self.counters.messages = self.counters.messages.saturating_add(u64::from(last));
        self.last_frame = Some(self.now);
        self.heartbeat.heard_frame();
        if let Err(cause) = self.take(text, part, last) {
            self.part(cause);
        }
    }

    /// Tells whether a transport is up and not closing.
    const fn is_open(&self) -> bool {
        matches!(self.phase(), Phase::Greeting) || self.phase().is_greeted()
    }

    /// Takes a piece of a message, and what documents it completes.
    fn take(&mut self, text: bool, mut part: &[u8], last: bool) -> Result<(), Cause> {
        if self.now.saturating_since(self.shrunk_at) >= SHRINK_EVERY {
            self.shrunk_at = self.now;
            self.inbox.shrink();
            self.outbox.shrink();
        }
        self.inbox.begin(text, part)?;
        while self.inbox.take(&mut part)? == Taken::Full {
            self.make_room()?;
            if !self.is_open() {
                return Ok(());
            }
        }
        if last {
            self.inbox.finish_message()?;
            self.read_documents(true)?;
        }
        Ok(())
    }

    /// Makes room in the payload buffer; in the last resort documents are dropped.
    fn make_room(&mut self) -> Result<(), Cause> {
        if self.inbox.make_room() {
            return Ok(());
        }
        self.read_documents(false)?;
        if !self.is_open() || self.inbox.make_room() {
            return Ok(());
        }
        self.inbox.drop_document();
        if self.inbox.make_room() {
            return Ok(());
        }
        self.give_up_waiting();
        if self.inbox.make_room() { Ok(()) } else { Err(Cause::InflatedTooLarge) }
    }

    /// Gives the documents up that wait to be drained, for the room they take.
    #[inline(never)]
    fn give_up_waiting(&mut self) {
        let mut given_up: Option<told::Unkept> = None;
        while let Some(document) = self.inbox.next() {
            if !document.is_dispatch {
                continue;
            }
            bump(&mut self.counters.skipped);
            let unkept = told::Unkept::new(document.kind, document.seq, document.length());
            match &mut given_up {
                Some(earlier) => earlier.merge(&unkept),
                None => given_up = Some(unkept),
            }
        }
        if let Some(given_up) = given_up {
            self.told.push_given_up(given_up);
        }
    }

    fn read_documents(&mut self, whole: bool) -> Result<(), Cause> {
        while self.is_open() {
            let Some(found) = self.inbox.find(whole)? else {
                break;
            };
            if found.envelope.op == 0 {
                self.on_dispatch(&found);
            } else {
                self.on_control(&found);
                self.inbox.forget();
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn on_control(&mut self, found: &Found) {
        let greeted = self.phase().is_greeted();
        let details = self.inbox.details(found);
        let is_true = details.is_some_and(|details| details.is_true);
        let interval_ms = details.and_then(|details| details.heartbeat_interval_ms);
        match found.envelope.op {
            1 if greeted => {
                if self.throttle.admits_answer(self.now) {
                    self.heartbeat.order();
                } else {
                    bump(&mut self.counters.unanswered);
                    self.told.limit(Limit::HeartbeatRequests);
                }
            }
            7 if self.phase() == Phase::Live => self.part(Cause::ReconnectRequested),
            7 => self.part(Cause::ReconnectRequestedEarly),
            9 if is_true => self.part(Cause::SessionInvalidResumable),
            9 => self.part(Cause::SessionInvalid),
            10 if !greeted => self.on_hello(interval_ms),
            11 if greeted => self.heartbeat.heard_ack(self.now),
            _ => bump(&mut self.counters.unexpected),
        }
    }

    fn on_hello(&mut self, interval_ms: Option<u64>) {
        let (heartbeat_interval, limit) = usable(interval_ms);
        if let Some(limit) = limit {
            self.told.limit(limit);
        }
        self.heartbeat.start(self.now, heartbeat_interval, &mut self.rng);
        self.throttle.reserve_for(heartbeat_interval);
        self.tally.silent_hosts = 0;
        self.seqs.begin_link();
        let (link, purpose) = (self.link, self.purpose);
        self.tell(told::Notice::Connected(Connected { link, purpose, heartbeat_interval }));
        match purpose {
            Purpose::Identify => {
                self.wanted.ask = true;
                let again = self.after(ASK_AGAIN);
                self.enter(Trigger::HelloFresh, State::Asking { again });
            }
            Purpose::Resume => {
                self.wanted.handshake = true;
                let until = self.after(self.config.resumed_timeout.span());
                self.enter(Trigger::HelloAgain, State::Resuming { until });
            }
        }
    }

    fn on_dispatch(&mut self, found: &Found) {
        let (kind, seq) = (found.envelope.kind, found.envelope.seq);
        match (self.phase(), kind) {
            // What comes before Identify or Resume went out is no answer to it.
            (Phase::Identifying | Phase::Resuming, _) if self.wanted.handshake => {
                return self.on_unexpected();
            }
            (Phase::Identifying | Phase::Resuming | Phase::Live, EventKind::Ready)
                if !self.is_replayed(found) =>
            {
                self.on_ready(found);
            }
            (Phase::Resuming, EventKind::Resumed) => {
                bump(&mut self.counters.resumed);
                self.tally.resumes = 0;
                self.enter(Trigger::Resumed, State::Live { since: self.now });
            }
            (Phase::Resuming, _) => {
                let until = self.after(self.config.resumed_timeout.span());
                self.state = State::Resuming { until };
            }
            (Phase::Live, _) => {}
            _ => return self.on_unexpected(),
        }
        if self.seqs.went_astray(number(seq)) {
            // It waits with no other: it comes again.
            return self.part(Cause::BrokenEnvelope);
        }
        self.seqs.received = self.seqs.received.max(number(seq));
        self.counters.dispatches = self.counters.dispatches.saturating_add(1);
        if found.dropped {
            self.skip(found);
            self.inbox.forget();
        } else {
            self.inbox.keep(found);
        }
    }

    fn on_unexpected(&mut self) {
        bump(&mut self.counters.unexpected);
        self.inbox.forget();
    }

    /// Tells whether READY is that of the session at hand, once more.
    fn is_replayed(&self, found: &Found) -> bool {
        let told = self.inbox.details(found).and_then(|details| details.session_id.plain());
        self.keys.as_ref().is_some_and(|keys| Some(&keys.id) == told.as_ref())
    }

    /// Begins the session READY tells of.
    #[inline(never)]
    fn on_ready(&mut self, found: &Found) {
        let mut keys = self.inbox.details(found).and_then(keys);
        match &mut keys {
            Some(keys) if self.accepts_resume_url(&keys.url) => {}
            Some(keys) => {
                keys.url.clear();
                self.told.limit(Limit::ResumeUrl);
            }
            None => self.told.limit(Limit::SessionId),
        }
        let replaces = self.keys.is_some();
        self.keys = keys;
        bump(&mut self.counters.readies);
        let (announced, processed) = (self.seqs.announced, self.seqs.processed);
        self.seqs = Sequences {
            announced,
            processed,
            stale: true,
            begins: true,
            replaces,
            ..Sequences::default()
        };
        self.tally = Tally::default();
        self.backoff.ready();
        self.enter(Trigger::Ready, State::Live { since: self.now });
    }

    /// Tells of a dispatch that was too large to be kept.
    #[inline(never)]
    fn skip(&mut self, found: &Found) {
        let (kind, seq) = (found.envelope.kind, found.envelope.seq);
        let details = self.inbox.details(found);
        let (id, guild_id) = details.map_or((None, None), |details| (details.id, details.guild_id));
        let of_guild = matches!(
            kind,
            EventKind::GuildCreate | EventKind::GuildUpdate | EventKind::GuildDelete
        );
        let guild = guild_id.or(id.filter(|_| of_guild)).and_then(NonZeroU64::new);
        let id = id.and_then(NonZeroU64::new);
        bump(&mut self.counters.skipped);
        let behind = self.inbox.has_waiting();
        let unkept = told::Unkept { guild, id, ..told::Unkept::new(kind, seq, found.length) };
        self.told.push_skipped(unkept, behind);
    }

    pub(super) fn tell(&mut self, notice: told::Notice) {
        let behind = self.inbox.has_waiting();
        self.told.push(notice, behind);
    }
}

/// Takes the session id and the resume URL from READY.
fn keys(details: &Details) -> Option<Keys> {
    let id = details.session_id.plain()?;
    let url = details.resume_url.plain().unwrap_or_default();
    Some(Keys { id, url })
}

fn bump(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}
