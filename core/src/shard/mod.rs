//! The shard: the doors, and what stands behind them.
//!
//! An input is decided upon at once, in `receive`, `timers` and `parting`; what follows from it waits
//! as a small value until `produce` hands it out, the wire first, events last.

mod answers;
mod commands;
mod parting;
mod produce;
mod receive;
mod timers;
mod told;

use core::fmt;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use heapless::String;

use crate::backoff::Backoff;
use crate::config::{Config, SetupError};
use crate::heartbeat::Heartbeat;
use crate::inbox::{Document, Inbox};
use crate::lifecycle::{Phase, State, Trigger, next};
use crate::memory::Memory;
use crate::outbox::Outbox;
use crate::ports::{Input, Leave, Link, Output, Purpose};
use crate::rng::Rng;
use crate::session::{ID_BYTES, Session, URL_BYTES};
use crate::status::{Counters, Status};
use crate::throttle::Throttle;
use crate::url::Url;
use crate::{Cause, CloseCode, Event, Instant, ShardId};

use produce::InFlight;
pub(crate) use produce::Step;
use told::Told;

/// The longest reason a close frame holds.
///
/// Source: RFC 6455 section 5.5.
const REASON_BYTES: usize = 123;
/// How long a permit to identify is waited for before it is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(300);
/// How long closing may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// One shard's protocol logic: no I/O, no clock, no allocation in the steady state.
#[derive(Debug)]
pub struct Shard<'m> {
    pub(crate) config: Config<'m>,
    pub(crate) rng: Rng,
    pub(crate) now: Instant,
    pub(crate) started: bool,
    /// Whether all output of the latest input was taken.
    pub(crate) drained: bool,
    /// Whether no event is wanted.
    held: bool,
    state: State,
    since: Instant,
    link: Link,
    purpose: Purpose,
    keys: Option<Keys>,
    seqs: Sequences,
    pub(crate) inbox: Inbox<'m>,
    pub(crate) outbox: Outbox<'m>,
    throttle: Throttle<'m>,
    heartbeat: Heartbeat,
    backoff: Backoff,
    tally: Tally,
    wanted: Wanted,
    in_flight: Option<InFlight>,
    /// Since when the next command waits for a send limit.
    waiting_since: Option<Instant>,
    told: Told,
    current: Current,
    /// The sequence number that counts as processed once the event at hand is done.
    unfinished: Option<NonZeroU64>,
    reason: String<REASON_BYTES, u8>,
    /// The close code and the HTTP status of the peer, until they are told.
    peer_code: Option<CloseCode>,
    last_status: Option<u16>,
    last_frame: Option<Instant>,
    last_error: Option<Cause>,
    shrunk_at: Instant,
    counters: Counters,
    /// Counted apart, since events are lent when it is: what did not decode.
    undecoded: AtomicU32,
    /// The edges of the lifecycle that were taken, as bits.
    #[cfg(feature = "internals")]
    pub(crate) taken: u32,
}

/// What a Resume needs besides the token.
#[derive(Clone)]
struct Keys {
    id: String<ID_BYTES, u8>,
    /// Empty for the configured host.
    url: String<URL_BYTES, u8>,
}

impl fmt::Debug for Keys {
    /// Writes nothing of the id, which is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The sequence numbers of a session; zero before its first dispatch.
#[derive(Clone, Copy, Debug, Default)]
struct Sequences {
    received: u64,
    /// The latest one handed out as an event.
    announced: u64,
    processed: u64,
    /// Whether the two above are those of an earlier session, whose events still wait.
    stale: bool,
    /// Whether a READY that begins a session waits. Should two of different sessions come in one message, the first is
    /// told as the begin and the second as a duplicate; the session to resume is that of the second.
    begins: bool,
    /// Whether the READY that waits replaces a session that was not lost before.
    replaces: bool,
    /// How far the latest one received is ahead of that from which it jumped, zero if it did not.
    jump: u32,
}

impl Sequences {
    fn processed(self) -> u64 {
        // A READY that waited while its session ended is not one of a session at hand.
        if self.stale { 0 } else { self.processed.min(self.received) }
    }

    /// Follows the numbers as they come; tells whether one jumped ahead and the next goes on from before, or one
    /// jumped further than any session goes.
    ///
    /// Then the number that jumped was damaged: it is given up, or nothing would be new any more. Of the first
    /// number of a session nobody can tell.
    fn went_astray(&mut self, seq: u64) -> bool {
        let from = self.received.saturating_sub(self.jump.into());
        if seq > self.received {
            if seq - 1 == self.received {
                // What follows a number that jumped proves it right.
                self.jump = 0;
                return false;
            }
            if from == 0 {
                return false;
            }
            if let Ok(jump) = u32::try_from(seq - from) {
                self.jump = jump;
                return false;
            }
        } else if self.jump == 0 || seq <= from || seq == self.received {
            return false;
        }
        self.received = from;
        self.jump = self.jump.max(1);
        true
    }

    /// Begins with a link, on which what was given up comes again; what came before was told.
    fn begin_link(&mut self) {
        if self.jump > 0 {
            self.announced = self.announced.min(self.received);
            self.processed = self.processed.min(self.received);
        }
        // What was received and not processed comes again, and is counted then.
        (self.received, self.jump) = (self.processed(), 0);
    }
}

/// Failures that decide between rows of the disconnect table.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Resumes in a row without RESUMED.
    resumes: u8,
    /// Connections in a row to the resume host without Hello.
    silent_hosts: u8,
    /// Closes with 4003.
    unauthenticated: u8,
    /// Messages over the WebSocket limit.
    too_long: u8,
}

/// What is to be put out next.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    connect: bool,
    ask: bool,
    /// Whether a permit was asked for on this link.
    asked: bool,
    forgo: Option<Link>,
    close: Option<CloseCode>,
    handshake: bool,
}

/// The event announced last.
#[derive(Clone, Copy, Debug)]
enum Current {
    None,
    Dispatch { document: Document, duplicate: bool },
    Told(told::Notice),
}

impl<'m> Shard<'m> {
    /// Creates a shard that will begin a new session.
    ///
    /// The seed decides jitter only; draw another one for each shard.
    ///
    /// # Errors
    /// [`SetupError`] names the setting or the memory that does not fit.
    pub fn new(config: Config<'m>, seed: u64, memory: Memory<'m>) -> Result<Self, SetupError> {
        let compression = memory.compression();
        config.check(compression)?;
        if memory.payload.fixed().is_ok_and(|size| size < Memory::MIN_PAYLOAD) {
            return Err(SetupError::PayloadTooSmall);
        }
        let mut outbox = Outbox::new(memory.commands, config.encoding);
        if outbox.capacity() < Memory::MIN_COMMANDS {
            return Err(SetupError::CommandsTooSmall);
        }
        produce::prepare(&config, compression, &mut outbox)?;
        let (encoding, limit) = (config.encoding, config.max_inflated);
        Ok(Self {
            config,
            rng: Rng::new(seed),
            now: Instant::ZERO,
            started: false,
            drained: true,
            held: false,
            state: State::Resting { until: Instant::ZERO },
            since: Instant::ZERO,
            link: Link(0),
            purpose: Purpose::Identify,
            keys: None,
            seqs: Sequences::default(),
            inbox: Inbox::new(memory.payload, memory.inflater, encoding, limit),
            outbox,
            throttle: Throttle::new(memory.log),
            heartbeat: Heartbeat::new(),
            backoff: Backoff::default(),
            tally: Tally::default(),
            wanted: Wanted::default(),
            in_flight: None,
            waiting_since: None,
            told: Told::default(),
            current: Current::None,
            unfinished: None,
            reason: String::new(),
            peer_code: None,
            last_status: None,
            last_frame: None,
            last_error: None,
            shrunk_at: Instant::ZERO,
            counters: Counters::default(),
            undecoded: AtomicU32::new(0),
            #[cfg(feature = "internals")]
            taken: 0,
        })
    }

    /// Creates a shard that will resume a stored session.
    ///
    /// # Errors
    /// As [`Shard::new`], and [`SetupError::Session`] if the session is not one of this shard.
    pub fn resume(
        config: Config<'m>,
        session: Session,
        seed: u64,
        memory: Memory<'m>,
    ) -> Result<Self, SetupError> {
        let (shard, intents, encoding) = (config.shard, config.intents, config.encoding);
        let checked = session.check(shard, intents, encoding, memory.compression());
        checked.map_err(SetupError::Session)?;
        let mut shard = Self::new(config, seed, memory)?;
        let (processed, received) = (session.processed, session.received);
        shard.seqs =
            Sequences { received, announced: processed, processed, ..Sequences::default() };
        let mut keys = Keys { id: session.id, url: session.resume_url };
        if !keys.url.is_empty() && !shard.accepts_resume_url(&keys.url) {
            keys.url.clear();
        }
        shard.keys = Some(keys);
        Ok(shard)
    }

    /// Hears what happened.
    ///
    /// # Panics
    /// If a [`Message`](Input::Message) comes before all output of the input before it was taken.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        let in_order = self.drained || !matches!(input, Input::Message { .. });
        assert!(in_order, "a message came before poll_output said Wait or Stop");
        self.hear(now);
        match input {
            Input::Tick | Input::Busy => {}
            Input::Held => self.held = true,
            Input::DialWaits(link) => self.on_dial_waits(link),
            Input::Opened(link) => self.on_opened(link),
            Input::Message { link, text, part, last } => self.on_message(link, text, part, last),
            Input::Sent(link) => self.on_sent(link),
            Input::Closed(link, gone) => self.on_closed(link, gone),
            Input::MayIdentify(link) => self.on_permit(link),
        }
        self.on_time(matches!(input, Input::Tick));
        if matches!(input, Input::Tick | Input::Busy) {
            self.held = false;
        }
    }

    /// Leaves the gateway; [`Output::Stop`] follows.
    pub fn leave(&mut self, now: Instant, how: Leave) {
        self.hear(now);
        if !self.is_leaving() {
            self.part(match how {
                Leave::End => Cause::Ended,
                Leave::Park => Cause::Parked,
            });
        }
    }

    /// Takes the next thing the shard wants; after each input, until [`Output::Wait`] or [`Output::Stop`].
    ///
    /// Asking for the next output says that the event announced before is done.
    pub fn poll_output(&mut self) -> Output<'_> {
        let step = self.next_step();
        self.lend(step)
    }

    /// Decides what [`poll_output`](Self::poll_output) lends.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn next_step(&mut self) -> Step {
        if !self.held {
            self.finish_event();
        }
        let step = self.step();
        self.drained = step.ends_drain() && !self.held;
        step
    }

    /// Lends the event [`Output::Event`] announced last, until the next message.
    ///
    /// # Panics
    /// If none was announced since the last message.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        match &self.current {
            Current::Dispatch { document, duplicate } => self.lend_dispatch(document, *duplicate),
            Current::Told(notice) => notice.lend(&self.reason),
            Current::None => panic!("no event was announced since the last message"),
        }
    }

    /// Returns which shard this is.
    #[must_use]
    pub const fn id(&self) -> ShardId {
        self.config.shard
    }

    /// Returns the session as plain data, if there is one to resume.
    ///
    /// There is one from READY on, through losses of the connection and after parking, until the gateway or
    /// [`Leave::End`] ends it.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        let keys = self.keys.as_ref()?;
        Some(Session {
            version: Session::VERSION,
            id: keys.id.clone(),
            resume_url: keys.url.clone(),
            received: self.seqs.received,
            processed: self.seqs.processed(),
            shard: self.config.shard,
            intents: self.config.intents.bits(),
            encoding: self.config.encoding,
            compression: self.inbox.compression(),
        })
    }

    /// Returns the state and the counters.
    #[must_use]
    pub fn status(&self) -> Status {
        let latencies = self.heartbeat.latencies();
        Status {
            phase: self.phase(),
            in_phase: self.now.saturating_since(self.since),
            link: self.link,
            last_frame: self.last_frame,
            last_ack: self.heartbeat.last_ack,
            latency: latencies.first().copied().flatten(),
            latencies,
            attempts: self.backoff.attempts,
            last_error: self.last_error,
            queued_commands: self.outbox.queued(),
            free_commands: self.throttle.free(self.now),
            free_presences: self.throttle.free_presences(self.now),
            received_seq: self.seqs.received,
            processed_seq: self.seqs.processed(),
            next_timer: self.next_timer(),
            counters: Counters {
                inflated_bytes: self.inbox.inflated,
                undecoded: self.undecoded.load(Ordering::Relaxed),
                limiter_wait: self.limiter_wait(),
                ..self.counters
            },
        }
    }

    /// Takes the time: it never goes back, and it never gets near its end.
    fn hear(&mut self, now: Instant) {
        self.now = self.now.max(now.min(Instant::MAX));
        self.started = true;
        self.drained = false;
    }

    /// Returns the state alone, of all that [`status`](Self::status) tells.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// Tells whether no other connection will follow the one at hand.
    const fn is_leaving(&self) -> bool {
        if let State::Closing { then, .. } = self.state {
            return then.stop.is_some();
        }
        matches!(self.state, State::Stopped(_))
    }

    /// Moves along an edge of the lifecycle.
    fn enter(&mut self, trigger: Trigger, state: State) {
        debug_assert_eq!(next(self.phase(), trigger), Some(state.phase()), "{trigger:?}");
        #[cfg(feature = "internals")]
        {
            self.taken |= crate::internals::edge_bit(self.phase(), trigger);
        }
        self.state = state;
        self.since = self.now;
    }

    /// Tells whether a resume URL is well-formed and no less safe than the configured one.
    fn accepts_resume_url(&self, text: &str) -> bool {
        let plain = self.config.url().is_ok_and(|url| !url.tls);
        Url::parse(text).is_ok_and(|url| url.tls || plain)
    }

    fn after(&self, span: Duration) -> Instant {
        self.now.saturating_add(span)
    }
}

/// Returns a sequence number, zero for none.
fn number(seq: Option<NonZeroU64>) -> u64 {
    seq.map_or(0, NonZeroU64::get)
}

#[cfg(test)]
mod tests;
