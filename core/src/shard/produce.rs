//! What goes out: the next step is decided first, as a small value, and lent last.
//!
//! Where stacks are small what is rare, and each step, has a frame of its own: `inline(never)`.

use core::num::NonZeroU64;
use core::time::Duration;

use super::{Current, Sequences, Shard, number, told};
use crate::command::{CommandClass, CommandError, CommandId};
use crate::config::{Config, SetupError};
use crate::encode;
use crate::event::{Dispatch, Event};
use crate::inbox::Document;
use crate::lifecycle::{Phase, State};
use crate::outbox::Outbox;
use crate::ports::{Frame, Link, Output, Purpose, Stop, Target};
use crate::session::ID_BYTES;
use crate::url::Url;
use crate::{Cause, CloseCode, Compression, Encoding, EventKind, Instant};

/// A frame that is with the adapter and not yet with the transport.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    pub(super) since: Instant,
    what: What,
}

/// What a frame is.
#[derive(Clone, Copy, Debug)]
enum What {
    Own,
    Command(CommandId),
}

/// The next output, without what it borrows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    AskIdentify(Link),
    Close(CloseCode),
    Connect,
    Event(EventKind),
    ForgoIdentify(Link),
    /// One of the shard's own frames, with its length in the outbox's scratch.
    SendOwn(usize),
    SendCommand(CommandId),
    Stop(Stop),
    Wait(Instant),
}

impl Step {
    pub(super) const fn ends_drain(self) -> bool {
        matches!(self, Self::Wait(_) | Self::Stop(_))
    }
}

impl Shard<'_> {
    /// Decides what comes next: the wire first, events last.
    pub(super) fn step(&mut self) -> Step {
        if let Some(link) = self.wanted.forgo.take() {
            return Step::ForgoIdentify(link);
        }
        if let Some(code) = self.wanted.close.take() {
            return Step::Close(code);
        }
        if core::mem::take(&mut self.wanted.connect) {
            return Step::Connect;
        }
        if core::mem::take(&mut self.wanted.ask) {
            self.wanted.asked = true;
            return Step::AskIdentify(self.link);
        }
        if let Some(send) = self.next_frame() {
            return send;
        }
        if self.held {
            return Step::Wait(self.wake_up());
        }
        if let Some(kind) = self.next_event() {
            return Step::Event(kind);
        }
        if let State::Stopped(stop) = self.state {
            return Step::Stop(stop);
        }
        Step::Wait(self.wake_up())
    }

    /// Takes the next frame, if one may go: heartbeats, then Identify or Resume, then commands.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn next_frame(&mut self) -> Option<Step> {
        if self.in_flight.is_some() || !self.phase().is_greeted() {
            return None;
        }
        let (what, step) = self.next_own_frame().or_else(|| self.next_command())?;
        self.in_flight = Some(InFlight { since: self.now, what });
        self.throttle.record(self.now);
        if let What::Command(id) = what
            && let Some(class) = self.outbox.class(id)
        {
            self.throttle.record_class(self.now, class);
        }
        Some(step)
    }

    #[inline(never)]
    fn next_own_frame(&mut self) -> Option<(What, Step)> {
        // Identify goes first: others are let in by the moment its permit was given.
        let len = if core::mem::take(&mut self.wanted.handshake) {
            self.handshake()
        } else if self.heartbeat.is_owed() {
            self.heartbeat.handed_out(self.now);
            self.counters.heartbeats = self.counters.heartbeats.saturating_add(1);
            let seq = Some(self.seqs.received).filter(|seq| *seq > 0);
            encode::heartbeat(self.config.encoding, seq, self.outbox.scratch())
        } else {
            None
        };
        len.map(|len| (What::Own, Step::SendOwn(len)))
    }

    #[inline(never)]
    fn handshake(&mut self) -> Option<usize> {
        let (presence, scratch) = self.outbox.presence_and_scratch();
        if let Some(keys) = &self.keys {
            self.counters.resumes = self.counters.resumes.saturating_add(1);
            self.tally.resumes = self.tally.resumes.saturating_add(1);
            return encode::resume(&self.config, &keys.id, self.seqs.processed(), scratch);
        }
        if presence.is_some() {
            // Whether it counts is not documented.
            self.throttle.record_class(self.now, CommandClass::Presence);
        }
        self.counters.identifies = self.counters.identifies.saturating_add(1);
        self.backoff.identifies = self.backoff.identifies.saturating_add(1);
        encode::identify(&self.config, presence, self.inbox.compression(), scratch)
    }

    fn next_command(&mut self) -> Option<(What, Step)> {
        if self.phase() != Phase::Live {
            return None;
        }
        self.outbox.expire(self.now, None);
        let free = self.free_command();
        self.note_wait(free.is_none() && self.outbox.queued() > 0);
        let id = free?;
        Some((What::Command(id), Step::SendCommand(id)))
    }

    /// Returns the first command the send limits let go.
    fn free_command(&self) -> Option<CommandId> {
        if self.throttle.free_at(self.now) > self.now {
            return None;
        }
        self.outbox.front(|class| self.throttle.class_free_at(class) <= self.now)
    }

    /// Notes whether commands wait for a send limit.
    pub(super) fn note_wait(&mut self, waits: bool) {
        match self.waiting_since {
            None if waits => {
                self.waiting_since = Some(self.now);
                self.counters.limiter_waits = self.counters.limiter_waits.saturating_add(1);
            }
            Some(_) if !waits => {
                self.counters.limiter_wait = self.limiter_wait();
                self.waiting_since = None;
            }
            None | Some(_) => {}
        }
    }

    /// Returns how long commands have waited for a send limit.
    pub(super) fn limiter_wait(&self) -> Duration {
        let waiting = self.waiting_since.map(|since| self.now.saturating_since(since));
        self.counters.limiter_wait.saturating_add(waiting.unwrap_or_default())
    }

    /// Hears that the frame in flight is with the transport.
    pub(super) fn on_sent(&mut self, link: Link) {
        if link != self.link {
            return;
        }
        if let Some(InFlight { what: What::Command(id), .. }) = self.in_flight.take() {
            self.counters.commands = self.counters.commands.saturating_add(1);
            self.outbox.sent(id);
        }
    }

    pub(super) fn command_in_flight(&self) -> Option<CommandId> {
        match self.in_flight?.what {
            What::Command(id) => Some(id),
            What::Own => None,
        }
    }

    /// Takes the next event and makes it the one at hand.
    fn next_event(&mut self) -> Option<EventKind> {
        let told = self.next_told();
        told.or_else(|| self.next_dispatch()).or_else(|| self.next_told_behind())
    }

    /// Takes the next notice that goes before the dispatches that wait.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn next_told(&mut self) -> Option<EventKind> {
        let waiting = self.inbox.has_waiting();
        let notice = self.next_notice(waiting).or_else(|| self.told.next_limit())?;
        Some(self.announce(notice))
    }

    /// Takes the next notice or fate, once no dispatch waits.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn next_told_behind(&mut self) -> Option<EventKind> {
        let fate = |(id, fate)| told::Notice::Command { id, fate };
        let notice = self.next_notice(false).or_else(|| self.outbox.take_fate().map(fate))?;
        Some(self.announce(notice))
    }

    /// Takes the next notice, or what is to be told before the document it tells of.
    fn next_notice(&mut self, waiting: bool) -> Option<told::Notice> {
        let notice = self.told.front(waiting)?;
        if let told::Notice::Skipped(skipped) = notice
            && let Some(before) = self.told_before(skipped.seq, skipped.kind)
        {
            return Some(before);
        }
        self.told.pop();
        Some(notice)
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn announce(&mut self, notice: told::Notice) -> EventKind {
        if let told::Notice::Skipped(skipped) = notice {
            self.advance(skipped.through, skipped.kind);
        }
        self.current = Current::Told(notice);
        notice.lend("").kind()
    }

    /// Tells whether this is the READY of a session none of whose events was announced yet.
    fn begins_session(&self, kind: EventKind) -> bool {
        kind == EventKind::Ready && self.seqs.begins
    }

    /// Returns what is to be told before a dispatch, once: a session it replaces, or a gap.
    fn told_before(&mut self, seq: Option<NonZeroU64>, kind: EventKind) -> Option<told::Notice> {
        if self.begins_session(kind) && core::mem::take(&mut self.seqs.replaces) {
            return Some(told::Notice::SessionLost { cause: Cause::SessionInvalid });
        }
        let (found, announced) = (number(seq), self.seqs.announced);
        if self.begins_session(kind) || found.saturating_sub(1) <= announced {
            return None;
        }
        self.seqs.announced = found - 1;
        self.counters.gaps = self.counters.gaps.saturating_add(1);
        Some(told::Notice::Gap { expected: announced + 1, found })
    }

    /// Counts a dispatch as announced; it counts as processed once the next output is asked for.
    fn advance(&mut self, seq: Option<NonZeroU64>, kind: EventKind) {
        if self.begins_session(kind) {
            let Sequences { received, jump, .. } = self.seqs;
            self.seqs = Sequences { received, jump, ..Sequences::default() };
        }
        self.seqs.announced = self.seqs.announced.max(number(seq));
        self.unfinished = seq;
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn next_dispatch(&mut self) -> Option<EventKind> {
        let document = self.next_document()?;
        let (seq, kind) = (document.seq, document.kind);
        if let Some(before) = self.told_before(seq, kind) {
            self.inbox.put_back(document);
            return Some(self.announce(before));
        }
        let repeats = seq.is_some_and(|seq| seq.get() <= self.seqs.announced);
        let duplicate = repeats && !self.begins_session(kind);
        if duplicate {
            self.counters.duplicates = self.counters.duplicates.saturating_add(1);
        } else {
            self.advance(seq, kind);
            self.heed_answer(&document);
        }
        self.current = Current::Dispatch { document, duplicate };
        Some(if duplicate { EventKind::Duplicate } else { kind })
    }

    /// Takes the next dispatch that waits, past anything else.
    fn next_document(&mut self) -> Option<Document> {
        loop {
            let document = self.inbox.next()?;
            if document.is_dispatch {
                return Some(document);
            }
        }
    }

    /// Counts the event at hand as processed.
    pub(super) fn finish_event(&mut self) {
        let finished = number(self.unfinished.take());
        self.seqs.processed = self.seqs.processed.max(finished);
    }

    pub(crate) fn lend(&self, step: Step) -> Output<'_> {
        match step {
            Step::AskIdentify(link) => Output::AskIdentify(link),
            Step::Close(code) => Output::Close(code),
            Step::Connect => Output::Connect(self.target()),
            Step::Event(kind) => Output::Event(kind),
            Step::ForgoIdentify(link) => Output::ForgoIdentify(link),
            Step::SendOwn(len) => Output::Send(self.frame(self.outbox.scratched(len))),
            Step::SendCommand(id) => Output::Send(self.frame(self.outbox.payload(id))),
            Step::Stop(stop) => Output::Stop(stop),
            Step::Wait(at) => Output::Wait(at),
        }
    }

    const fn frame<'o>(&self, bytes: &'o [u8]) -> Frame<'o> {
        let text = matches!(self.config.encoding, Encoding::Json);
        Frame { link: self.link, text, bytes }
    }

    fn target(&self) -> Target<'_> {
        let resume = self.keys.as_ref().filter(|_| self.purpose == Purpose::Resume);
        let url = resume.and_then(|keys| Url::parse(&keys.url).ok());
        let Url { tls, host, port, path } = url.unwrap_or_else(|| self.gateway());
        let query = self.inbox.compression().query(self.config.encoding);
        Target { link: self.link, tls, host, port, path, query, purpose: self.purpose }
    }

    /// Returns the configured gateway, which was checked when the shard was made.
    fn gateway(&self) -> Url<'_> {
        const CHECKED: Url<'static> = Url { tls: true, host: "localhost", port: 443, path: "/" };
        self.config.url().unwrap_or(CHECKED)
    }

    pub(super) fn lend_dispatch(&self, document: &Document, duplicate: bool) -> Event<'_> {
        let (name, data) = self.inbox.parts(document);
        let (kind, seq) = (document.kind, document.seq.map(NonZeroU64::get));
        let encoding = self.config.encoding;
        let undecoded = Some(&self.undecoded);
        let dispatch = Dispatch { encoding, kind, seq, name, data, undecoded };
        if duplicate { Event::Duplicate(dispatch) } else { Event::Dispatch(dispatch) }
    }
}

/// Lets the outbox keep the first presence, and room for Identify and Resume.
pub(super) fn prepare(
    config: &Config<'_>,
    compression: Compression,
    outbox: &mut Outbox<'_>,
) -> Result<(), SetupError> {
    outbox.grow();
    let scratch = outbox.scratch();
    let enough = scratch.len() >= crate::command::MAX_PAYLOAD;
    let too_long = if enough { SetupError::IdentifyTooLong } else { SetupError::CommandsTooSmall };
    let identify = encode::identify(config, None, compression, scratch).ok_or(too_long)?;
    let longest_id = core::str::from_utf8(&[b'\\'; ID_BYTES]).unwrap_or_default();
    let resume = encode::resume(config, longest_id, u64::MAX, scratch);
    outbox.reserve(identify, resume.ok_or(SetupError::CommandsTooSmall)?);
    if let Some(presence) = &config.presence {
        outbox.begin_with(presence).map_err(|error| {
            if error == CommandError::TooLong { SetupError::IdentifyTooLong } else { too_long }
        })?;
    }
    outbox.shrink();
    Ok(())
}
