//! The simulated gateway as a transport: what a board asks of the bridge is done to it, at the board's time.
//!
//! It stands for everything between: messages come whole and in order, in pieces of at most [`PIECE`] bytes.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_board::wire::{Act, PIECE};
use gatewright_core::{CloseCode, Gone, Input, Instant, Leave, Link};
use gatewright_sim::{Conn, Fault, Input as Heard, Options, Output, Server, What};

/// What comes to the client next.
enum Next {
    Opened,
    Piece { text: bool, bytes: Vec<u8>, last: bool },
    Over(Over),
}

/// How a transport ends.
enum Over {
    Code(CloseCode, String),
    Dropped,
    Refused(u16),
}

/// The gateway, and what it does when.
pub(crate) struct Gateway {
    server: Server,
    link: Link,
    due: VecDeque<Next>,
    latest: Option<Next>,
    story: VecDeque<(Instant, Deed)>,
    now: Instant,
}

/// What happens at a moment.
pub(crate) enum Deed {
    /// A fault strikes.
    Fault(Fault),
    /// An event is sent.
    Dispatch(&'static str, String),
    /// The client is told to leave.
    Leave(Leave),
}

impl Gateway {
    /// Makes one, with what happens in its order.
    pub(crate) fn new(options: Options, story: Vec<(Duration, Deed)>) -> Self {
        let at = |(after, deed)| (Instant::since_epoch(after), deed);
        Self {
            server: Server::new(options),
            link: Link(0),
            due: VecDeque::new(),
            latest: None,
            story: story.into_iter().map(at).collect(),
            now: Instant::ZERO,
        }
    }

    /// Returns what happened.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Returns what a correct client never does, as far as it was done.
    pub(crate) fn complaints(&self) -> Vec<&What> {
        let entries = self.server.journal().iter().map(|entry| &entry.what);
        entries
            .filter(|what| {
                matches!(
                    what,
                    What::Complaint(_)
                        | What::Refused { .. }
                        | What::MissedHeartbeat
                        | What::IdentifyRefused(_)
                        | What::ResumeRefused(_)
                        | What::FellBehind
                )
            })
            .collect()
    }

    /// Opens a transport; one that was open is gone.
    pub(crate) fn connect(&mut self, now: Instant, link: Link, url: &str) {
        self.leave(now, None);
        self.link = link;
        self.due.push_back(Next::Opened);
        let target = url.find("/?").and_then(|at| url.get(at..)).unwrap_or("/");
        self.server.handle_input(now, Heard::Opened { conn: Conn(link.0), target });
        self.drain();
    }

    /// Takes a frame of the client.
    pub(crate) fn send(&mut self, now: Instant, link: Link, text: bool, bytes: &[u8]) {
        let heard = Heard::Message { conn: Conn(link.0), text, data: bytes };
        self.server.handle_input(now, heard);
        self.drain();
    }

    /// Takes the client's close frame.
    pub(crate) fn close(&mut self, now: Instant, code: CloseCode) {
        self.leave(now, Some(code));
    }

    /// Returns what comes next, or until when nothing does.
    pub(crate) fn poll(&mut self, now: Instant) -> (Act<'_>, Instant) {
        self.now = self.now.max(now);
        let due = self.story.front().is_some_and(|(at, _)| *at <= self.now);
        if let Some((_, deed)) = self.story.pop_front_if(|_| due) {
            match deed {
                Deed::Fault(fault) => drop(self.server.inject(self.now, fault)),
                Deed::Dispatch(kind, d) => self.server.dispatch(self.now, kind, &d),
                Deed::Leave(how) => return (Act::Leave(how), self.now),
            }
        }
        self.server.handle_input(self.now, Heard::Tick);
        let mut quiet = self.drain();
        if let Some((at, _)) = self.story.front() {
            quiet = quiet.min(*at);
        }
        self.latest = self.due.pop_front();
        let link = self.link;
        let act = match &self.latest {
            None => return (Act::Quiet, quiet),
            Some(Next::Opened) => Input::Opened(link),
            Some(Next::Piece { text, bytes, last }) => {
                Input::Message { link, text: *text, part: bytes, last: *last }
            }
            Some(Next::Over(over)) => Input::Closed(
                link,
                match over {
                    Over::Code(code, reason) => Gone::Code(*code, reason),
                    Over::Dropped => Gone::Dropped,
                    Over::Refused(status) => Gone::Refused(*status),
                },
            ),
        };
        (Act::Hear(act), self.now)
    }

    /// Ends the transport from the client's side; what was under way to it is lost.
    fn leave(&mut self, now: Instant, code: Option<CloseCode>) {
        let conn = Conn(self.link.0);
        self.server.handle_input(now, Heard::Closed { conn, code });
        self.drain();
        self.due.clear();
    }

    /// Takes what the gateway wants; returns when it wants to be asked again.
    fn drain(&mut self) -> Instant {
        loop {
            let (conn, next) = match self.server.poll_output() {
                Output::Wait(until) => return until,
                Output::Send { conn, text, data } => (conn, self.pieces(conn, text, &data, true)),
                Output::Part { conn, text, data } => (conn, self.pieces(conn, text, &data, false)),
                Output::Close { conn, code, reason } => {
                    (conn, Some(Next::Over(Over::Code(code, reason))))
                }
                Output::Drop { conn } => (conn, Some(Next::Over(Over::Dropped))),
                Output::Refuse { conn, status } => {
                    // It was never opened.
                    self.due.clear();
                    (conn, Some(Next::Over(Over::Refused(status))))
                }
            };
            if conn.0 == self.link.0 {
                self.due.extend(next);
            }
        }
    }

    /// Queues all pieces of a message but the last one, which it returns.
    fn pieces(&mut self, conn: Conn, text: bool, data: &[u8], whole: bool) -> Option<Next> {
        if conn.0 != self.link.0 {
            return None;
        }
        let mut pieces = data.chunks(PIECE).peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            let next = Next::Piece { text, bytes: piece.to_vec(), last: last && whole };
            if last {
                return Some(next);
            }
            self.due.push_back(next);
        }
        Some(Next::Piece { text, bytes: Vec::new(), last: whole })
    }
}
