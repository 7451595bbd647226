//! The gateway itself: connections, sessions and the referee, without any I/O.
//!
//! Time enters with each input, outputs leave by [`Server::poll_output`], and the same seed and
//! inputs give the same outputs. The server shares no protocol logic with the client it tests.

mod commands;
mod encoder;
mod faults;
mod feed;
mod greeting;
mod handshake;
mod link;
mod outbox;
mod referee;
mod rest;
mod session;
mod shuffle;
mod spoil;
mod target;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use gatewright_core::{CloseCode, GuildId, Instant};

use self::faults::Faults;
use self::link::{Link, Phase};
use self::outbox::Outbox;
use self::referee::Refusal;
use self::rest::Starts;
use self::session::Session;
use crate::fault::{Fault, Strikes};
use crate::journal::{Entry, Journal, Stats, What};
use crate::options::Options;
use crate::rng::Rng;
use crate::world::{World, envelope};

/// The acknowledgement of a heartbeat.
const ACK: &str = r#"{"t":null,"s":null,"op":11,"d":null}"#;

/// Numbers a connection; the caller draws the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conn(pub u32);

/// What can happen to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'i> {
    /// A client is connected.
    Opened {
        /// The new connection.
        conn: Conn,
        /// The request target of the upgrade: path and query.
        target: &'i str,
    },
    /// A whole WebSocket message came.
    Message {
        /// The connection.
        conn: Conn,
        /// Whether it is a text message.
        text: bool,
        /// The payload.
        data: &'i [u8],
    },
    /// The client's side is gone.
    Closed {
        /// The connection.
        conn: Conn,
        /// The code of its close frame, if there was one with a code.
        code: Option<CloseCode>,
    },
    /// Time passed.
    Tick,
}

/// What a server can want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A WebSocket message is to be sent.
    Send {
        /// The connection.
        conn: Conn,
        /// Whether it is a text message; a fault may have made it invalid UTF-8.
        text: bool,
        /// The payload.
        data: Vec<u8>,
    },
    /// A close frame is to be sent, and then the connection is over.
    Close {
        /// The connection.
        conn: Conn,
        /// The code; 1005 stands for a frame without one, as in RFC 6455, 7.1.5.
        code: CloseCode,
        /// The reason.
        reason: String,
    },
    /// The connection is to be cut without a close frame.
    Drop {
        /// The connection.
        conn: Conn,
    },
    /// The beginning of a WebSocket message is to be sent, whose rest never comes.
    ///
    /// What follows on the connection is its [`Close`](Self::Close) or [`Drop`](Self::Drop).
    Part {
        /// The connection.
        conn: Conn,
        /// Whether it is a text message.
        text: bool,
        /// The first part of the payload.
        data: Vec<u8>,
    },
    /// The upgrade that opened the connection is to be refused: there is none.
    Refuse {
        /// The connection.
        conn: Conn,
        /// The HTTP status.
        status: u16,
    },
    /// All is said; come back with an input, at the latest then.
    Wait(Instant),
}

/// A simulated gateway and strict referee of its clients.
///
/// ```
/// use gatewright_core::Instant;
/// use gatewright_sim::{Conn, Input, Options, Output, Server};
///
/// let mut server = Server::new(Options::default());
/// server.handle_input(Instant::ZERO, Input::Opened { conn: Conn(1), target: "/?v=10&encoding=json" });
/// let Output::Send { conn, text, data } = server.poll_output() else { panic!("no Hello") };
/// assert_eq!((conn, text), (Conn(1), true));
/// assert!(data.starts_with(br#"{"t":null,"s":null,"op":10,"#));
/// assert!(matches!(server.poll_output(), Output::Wait(_)));
/// ```
pub struct Server {
    options: Options,
    world: World,
    rng: Rng,
    now: Instant,
    links: BTreeMap<Conn, Link>,
    sessions: BTreeMap<u32, Session>,
    next_session: u32,
    /// The ids of sessions that timed out, newest last.
    expired: VecDeque<String>,
    /// Sessions with a GUILD_CREATE to come.
    streaming: VecDeque<u32>,
    /// When the last Identify of each bucket was taken.
    buckets: BTreeMap<u32, Instant>,
    starts: Starts,
    /// The tokens that were reset, newest last.
    reset_tokens: VecDeque<String>,
    /// When all members of a guild were last asked for.
    asked_members: BTreeMap<GuildId, Instant>,
    faults: Faults,
    /// Until when new connections are refused.
    outage: Instant,
    out: Outbox,
    journal: Journal,
    stats: Stats,
}

impl Server {
    /// Makes a gateway with its world.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            world: World::new(options.seed, options.world_size()),
            rng: Rng::new(!options.seed),
            now: Instant::ZERO,
            links: BTreeMap::new(),
            sessions: BTreeMap::new(),
            next_session: 0,
            expired: VecDeque::new(),
            streaming: VecDeque::new(),
            buckets: BTreeMap::new(),
            starts: Starts::new(options.first_reset),
            reset_tokens: VecDeque::new(),
            asked_members: BTreeMap::new(),
            faults: Faults::new(&options.faults),
            outage: Instant::ZERO,
            out: Outbox::default(),
            journal: Journal::new(options.journal_capacity),
            stats: Stats::default(),
            options,
        }
    }

    /// Takes what happened; a `now` that goes back counts as the latest one seen.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.advance(now);
        match input {
            Input::Opened { conn, target } => self.opened(conn, target),
            Input::Message { conn, text, data } => self.message(conn, text, data),
            Input::Closed { conn, code } => self.closed(conn, code),
            Input::Tick => {}
        }
    }

    /// Returns the next thing to do; to be called until it says `Wait`.
    pub fn poll_output(&mut self) -> Output {
        loop {
            if let Some(output) = self.out.poll() {
                self.settle(&output);
                return output;
            }
            if !self.stream_guild() {
                return Output::Wait(self.deadline());
            }
        }
    }

    /// Makes a fault strike all open connections now and returns how many there are.
    ///
    /// A fault that does not [strike now](crate::Strikes::Now) waits for its moment instead.
    pub fn inject(&mut self, now: Instant, fault: Fault) -> usize {
        self.advance(now);
        if fault.info().strikes != Strikes::Now {
            self.faults.arm(fault);
            return 0;
        }
        let open = self.links.keys().copied().collect::<Vec<_>>();
        if let Fault::Outage(span) = fault {
            self.fail_for(open.first().copied().unwrap_or(Conn(0)), span);
        } else {
            open.iter().for_each(|conn| self.strike(*conn, fault));
        }
        open.len()
    }

    /// Calls off the faults that were [injected](Self::inject) and wait for their moment.
    pub fn call_off(&mut self) {
        self.faults.disarm();
    }

    /// Sends an event of the caller's to all sessions, whatever their intents.
    ///
    /// `d` goes out as it is: a test may want it broken, and then [an ETF client gets a term that
    /// breaks off](crate::to_etf). The world's truth does not change.
    pub fn dispatch(&mut self, now: Instant, kind: &str, d: &str) {
        self.advance(now);
        let sessions = self.sessions.keys().copied().collect::<Vec<_>>();
        sessions.iter().for_each(|number| self.emit(*number, kind, d));
    }

    /// Returns what happened so far, oldest first.
    #[must_use]
    pub fn journal(&self) -> &[Entry] {
        self.journal.entries()
    }

    /// Returns how often things happened so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let (open, sessions) = (self.links.len() as u64, self.sessions.len() as u64);
        Stats { open, sessions, ..self.stats }
    }

    /// Returns the world and its truth.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Returns the settings.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    fn note(&mut self, conn: Conn, what: What) {
        self.journal.push(Entry { at: self.now, conn, what });
    }

    fn complain(&mut self, conn: Conn, about: &'static str) {
        self.stats.complaints += 1;
        self.note(conn, What::Complaint(about));
    }

    fn send(&mut self, conn: Conn, json: &str) {
        self.out.send(self.now, conn, Arc::from(json));
    }

    /// Gives a dispatch the session's next sequence, keeps it, and sends it if there is a connection.
    fn emit(&mut self, number: u32, kind: &str, d: &str) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        session.seq += 1;
        let json = Arc::<str>::from(envelope(kind, session.seq, d));
        session.keep(
            Arc::clone(&json),
            usize::try_from(self.options.replay_capacity).unwrap_or(usize::MAX),
        );
        if let Some(shadow) = session.shadow.filter(|_| kind != "RESUMED") {
            self.out.send(self.now, shadow, Arc::clone(&json));
        }
        if session.conn.is_some_and(|conn| self.out.send(self.now, conn, json)) {
            session.delivered = session.seq;
        }
        self.stats.dispatches += 1;
    }

    fn session_of(&self, conn: Conn) -> Option<u32> {
        match self.links.get(&conn)?.phase {
            Phase::Live(number) => Some(number),
            Phase::Fresh | Phase::Shadow | Phase::Stalled => None,
        }
    }

    /// Keeps the books of what the outbox did by itself: it broke a message off.
    fn settle(&mut self, output: &Output) {
        let (conn, what) = match output {
            Output::Close { conn, code, .. } => (*conn, What::ClosedByServer { code: *code }),
            Output::Drop { conn } => (*conn, What::Dropped),
            Output::Part { conn, .. } | Output::Send { conn, .. } if self.out.has_damaged() => {
                return self.note(*conn, What::Damaged);
            }
            Output::Part { .. } | Output::Refuse { .. } | Output::Send { .. } | Output::Wait(_) => {
                return;
            }
        };
        if !self.links.contains_key(&conn) {
            return;
        }
        self.note(conn, what);
        self.release(conn, true);
        self.links.remove(&conn);
    }

    /// Closes for something the client did.
    fn refuse(&mut self, conn: Conn, refusal: Refusal) {
        self.stats.refused += 1;
        self.note(conn, What::Refused { code: refusal.code, why: refusal.why });
        self.close(conn, refusal.code, refusal.why);
    }

    /// Closes; the session stays resumable unless the code says that it is over.
    fn close(&mut self, conn: Conn, code: CloseCode, reason: &'static str) {
        self.note(conn, What::ClosedByServer { code });
        self.release(conn, !ends_session(code));
        self.links.remove(&conn);
        self.out.close(self.now, conn, code, reason);
    }

    /// Cuts without a close frame.
    fn cut(&mut self, conn: Conn) {
        self.note(conn, What::Dropped);
        self.release(conn, true);
        self.links.remove(&conn);
        self.out.cut(conn);
    }

    fn closed(&mut self, conn: Conn, code: Option<CloseCode>) {
        self.out.forget(conn);
        if !self.links.contains_key(&conn) {
            return;
        }
        let keeps = !matches!(code, Some(CloseCode::NORMAL | CloseCode::GOING_AWAY));
        let session_kept = self.release(conn, keeps);
        self.links.remove(&conn);
        self.note(conn, What::ClosedByClient { code, session_kept });
    }

    /// Parts a connection from its session, which stays or goes; says whether one stays.
    fn release(&mut self, conn: Conn, keep: bool) -> bool {
        self.leave_shadow(conn);
        let Some(number) = self.session_of(conn) else {
            return false;
        };
        if !keep {
            self.sessions.remove(&number);
        } else if let Some(session) = self.sessions.get_mut(&number) {
            session.conn = None;
            session.expires = Some(self.now.saturating_add(self.options.session_timeout));
        }
        if let Some(link) = self.links.get_mut(&conn) {
            link.phase = Phase::Fresh;
        }
        keep
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("options", &self.options)
            .field("now", &self.now)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// Says whether a close with this code also ends the session.
///
/// Source: Discord documentation, *Gateway Close Event Codes*.
const fn ends_session(code: CloseCode) -> bool {
    matches!(
        code,
        CloseCode::NOT_AUTHENTICATED
            | CloseCode::AUTHENTICATION_FAILED
            | CloseCode::SESSION_NO_LONGER_VALID
            | CloseCode::INVALID_SEQ
            | CloseCode::SESSION_TIMED_OUT
            | CloseCode::INVALID_SHARD
            | CloseCode::SHARDING_REQUIRED
            | CloseCode::INVALID_API_VERSION
            | CloseCode::INVALID_INTENTS
            | CloseCode::DISALLOWED_INTENTS
    )
}
