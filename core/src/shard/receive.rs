//! What comes in: a transport that opens, permits, messages, and the documents in them.

use core::num::NonZeroU64;
use core::time::Duration;

use super::{ASK_AGAIN, Current, Keys, Sequences, Shard, number, told};
use crate::disconnect::Cause;
use crate::envelope::Details;
use crate::event::{Connected, Limit};
use crate::heartbeat::usable;
use crate::inbox::{Found, Taken};
use crate::lifecycle::{Phase, State, Trigger};
use crate::ports::{Link, Purpose};
use crate::{CloseCode, EventKind};

/// How often a heap buffer may shrink.
const SHRINK_EVERY: Duration = Duration::from_secs(60);

impl Shard<'_> {
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
        self.counters.messages += u64::from(last);
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
        if self.inbox.make_room() {
            return Ok(());
        }
        self.inbox.drop_document();
        if self.inbox.make_room() {
            return Ok(());
        }
        while let Some(document) = self.inbox.next() {
            if document.is_dispatch {
                self.skip(document.kind, document.seq, document.length(), None);
            }
        }
        if self.inbox.make_room() { Ok(()) } else { Err(Cause::InflatedTooLarge) }
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
                    self.counters.unanswered += 1;
                    self.told.limit(Limit::HeartbeatRequests);
                }
            }
            7 if self.phase() == Phase::Live => self.part(Cause::ReconnectRequested),
            7 => self.part(Cause::ReconnectRequestedEarly),
            9 if is_true => self.part(Cause::SessionInvalidResumable),
            9 => self.part(Cause::SessionInvalid),
            10 if !greeted => self.on_hello(interval_ms),
            11 if greeted => self.heartbeat.heard_ack(self.now),
            _ => self.counters.unexpected += 1,
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
            (Phase::Identifying | Phase::Resuming | Phase::Live, EventKind::Ready) => {
                self.on_ready(found);
            }
            (Phase::Resuming, EventKind::Resumed) => {
                self.counters.resumed += 1;
                self.tally.resumes = 0;
                self.enter(Trigger::Resumed, State::Live { since: self.now });
            }
            (Phase::Resuming, _) => {
                self.state =
                    State::Resuming { until: self.after(self.config.resumed_timeout.span()) };
            }
            (Phase::Live, _) => {}
            _ => {
                self.counters.unexpected += 1;
                self.inbox.forget();
                return;
            }
        }
        self.seqs.received = self.seqs.received.max(number(seq));
        self.counters.dispatches += 1;
        if found.dropped {
            let ids = self.inbox.details(found).map(|details| (details.id, details.guild_id));
            self.skip(kind, seq, found.length, ids);
            self.inbox.forget();
        } else {
            self.inbox.keep(found);
        }
    }

    /// Begins the session READY tells of.
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
        self.keys = keys;
        self.counters.readies += 1;
        self.seqs = Sequences::default();
        self.tally.resumes = 0;
        self.backoff.ready();
        self.enter(Trigger::Ready, State::Live { since: self.now });
    }

    /// Tells of a dispatch that is not kept.
    fn skip(
        &mut self,
        kind: EventKind,
        seq: Option<NonZeroU64>,
        length: u64,
        ids: Option<(Option<u64>, Option<u64>)>,
    ) {
        let (id, guild_id) = ids.unwrap_or_default();
        let of_guild = matches!(
            kind,
            EventKind::GuildCreate | EventKind::GuildUpdate | EventKind::GuildDelete
        );
        let guild = guild_id.or(id.filter(|_| of_guild));
        let (guild, id) = (guild.and_then(NonZeroU64::new), id.and_then(NonZeroU64::new));
        self.counters.skipped += 1;
        let behind = self.inbox.has_waiting();
        let unkept = told::Unkept { kind, seq, guild, id, length, more: 0, through: seq };
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
