//! A simulated gateway behind real WebSockets on a port of this machine, and its HTTP API on the same.
//!
//! One thread runs it all: a central task owns the [`Server`] and the clock's answer, and each
//! connection has a reader and a writer. Everything between them is bounded; a client that reads
//! so slowly that its queue fills up is cut, as a real gateway does.

mod clock;
mod http;
mod peer;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use futures_lite::future;
use gatewright_core::CloseCode;
use smol::{LocalExecutor, Timer};

use self::clock::Clock;
use self::peer::Mailbox;
use crate::fault::Fault;
use crate::journal::{Entry, Stats};
use crate::options::Options;
use crate::server::{Conn, Input, Output, Server};

/// How many notes wait for the central task; readers wait when it is full.
const MOST_NOTES: usize = 1_024;
/// The shortest sleep: what is due within it is done together.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What the central task is told.
enum Note {
    Ask(Ask),
    Closed {
        conn: Conn,
        code: Option<CloseCode>,
    },
    Message {
        conn: Conn,
        text: bool,
        data: Vec<u8>,
    },
    /// A connection was opened, and there may be more to wait for.
    Opened,
}

/// What the owner of a [`Loopback`] wants.
enum Ask {
    Dispatch(String, String),
    Inject(Fault, Sender<usize>),
    Journal(Sender<Vec<Entry>>),
    Stats(Sender<Stats>),
}

/// A running loopback server; dropping it ends it.
pub struct Loopback {
    addr: SocketAddr,
    notes: Sender<Note>,
    thread: Option<JoinHandle<()>>,
}

/// Serves a simulated gateway on a listener, in a thread of its own.
///
/// # Errors
///
/// Returns an error if the listener cannot be used or no thread can be started.
///
/// # Examples
///
/// ```
/// use gatewright_sim::{Options, serve};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let gateway = serve(listener, Options::default())?;
/// assert!(gateway.url().starts_with("ws://127.0.0.1:"));
/// assert_eq!(gateway.stats().connections, 0);
/// gateway.stop();
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serve(listener: TcpListener, mut options: Options) -> io::Result<Loopback> {
    let addr = listener.local_addr()?;
    let listener = smol::net::TcpListener::try_from(listener)?;
    if options.resume_url.is_empty() {
        options.resume_url = url(addr);
    }
    let (notes, inbox) = async_channel::bounded(MOST_NOTES);
    let told = notes.clone();
    let thread = thread::Builder::new().name("gatewright-sim".to_owned()).spawn(move || {
        let executor = Rc::new(LocalExecutor::new());
        let central = Rc::new(RefCell::new(Central {
            server: Server::new(options),
            clock: Clock::start(),
            mailboxes: BTreeMap::new(),
            refused: None,
            url: url(addr),
        }));
        let door = peer::Door { central: Rc::clone(&central), notes: told };
        executor.spawn(peer::accept(Rc::downgrade(&executor), listener, door)).detach();
        smol::block_on(executor.run(run(central, inbox)));
    })?;
    Ok(Loopback { addr, notes, thread: Some(thread) })
}

fn url(addr: SocketAddr) -> String {
    format!("ws://{addr}")
}

impl Loopback {
    /// Returns the address it listens on.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the URL clients connect to, without a query.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.addr)
    }

    /// Returns the URL of its HTTP API, of which it knows `/gateway` and `/gateway/bot`.
    #[must_use]
    pub fn api(&self) -> String {
        format!("http://{}/api/v10", self.addr)
    }

    /// Makes a fault strike and returns how many connections it struck; see [`Server::inject`].
    pub fn inject(&self, fault: Fault) -> usize {
        self.ask(|answer| Ask::Inject(fault, answer))
    }

    /// Returns what happened so far, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.ask(Ask::Journal)
    }

    /// Returns how often things happened so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.ask(Ask::Stats)
    }

    /// Sends an event of the caller's to all sessions; see [`Server::dispatch`].
    pub fn dispatch(&self, kind: &str, d: &str) {
        // The thread only ends with its owner, or by a panic that `stop` reports.
        let _ = self.notes.send_blocking(Note::Ask(Ask::Dispatch(kind.to_owned(), d.to_owned())));
    }

    /// Ends the server, cuts all connections and waits until its thread is over.
    pub fn stop(mut self) {
        self.end();
    }

    fn ask<T: Default>(&self, ask: impl FnOnce(Sender<T>) -> Ask) -> T {
        let (answer, answered) = async_channel::bounded(1);
        let asked = self.notes.send_blocking(Note::Ask(ask(answer)));
        asked.ok().and_then(|()| answered.recv_blocking().ok()).unwrap_or_default()
    }

    fn end(&mut self) {
        self.notes.close();
        let ended = self.thread.take().map(JoinHandle::join);
        if matches!(ended, Some(Err(_))) {
            log::error!("the thread of the simulated gateway panicked");
        }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loopback").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// Runs until the owner of the [`Loopback`] closes the channel.
async fn run(central: Rc<RefCell<Central>>, inbox: Receiver<Note>) {
    loop {
        let sleep = central.borrow_mut().drain();
        let woken = async {
            Timer::after(sleep).await;
            Some(None)
        };
        let told = async { inbox.recv().await.ok().map(Some) };
        match future::or(told, woken).await {
            None => return,
            Some(None) => central.borrow_mut().tick(),
            Some(Some(note)) => central.borrow_mut().take(note),
        }
    }
}

/// What all tasks share; nobody waits while holding it.
struct Central {
    server: Server,
    clock: Clock,
    mailboxes: BTreeMap<Conn, Mailbox>,
    /// The HTTP status of the latest upgrade, if it was refused.
    refused: Option<u16>,
    /// Where clients connect to.
    url: String,
}

impl Central {
    /// Opens a connection whose upgrade is about to be answered.
    ///
    /// # Errors
    /// Returns the HTTP status to refuse it with.
    fn open(&mut self, conn: Conn, target: &str, mailbox: Mailbox) -> Result<(), u16> {
        self.mailboxes.insert(conn, mailbox);
        self.refused = None;
        self.server.handle_input(self.clock.now(), Input::Opened { conn, target });
        self.drain();
        self.refused.take().map_or(Ok(()), Err)
    }

    /// Answers a request of the HTTP API with a status and JSON.
    fn get(&mut self, path: &str, authorization: Option<&str>) -> (u16, String) {
        self.server.get(self.clock.now(), path, authorization, &self.url)
    }

    fn tick(&mut self) {
        self.server.handle_input(self.clock.now(), Input::Tick);
    }

    fn take(&mut self, note: Note) {
        let now = self.clock.now();
        match note {
            Note::Ask(ask) => self.answer(ask),
            Note::Closed { conn, code } => {
                self.mailboxes.remove(&conn);
                self.server.handle_input(now, Input::Closed { conn, code });
            }
            Note::Message { conn, text, data } => {
                self.server.handle_input(now, Input::Message { conn, text, data: &data });
            }
            Note::Opened => {}
        }
    }

    /// Answers the owner, who may not wait for it any more.
    fn answer(&mut self, ask: Ask) {
        let now = self.clock.now();
        match ask {
            Ask::Dispatch(kind, d) => self.server.dispatch(now, &kind, &d),
            Ask::Inject(fault, answer) => drop(answer.try_send(self.server.inject(now, fault))),
            Ask::Journal(answer) => drop(answer.try_send(self.server.journal().to_vec())),
            Ask::Stats(answer) => drop(answer.try_send(self.server.stats())),
        }
    }

    /// Hands out what the server wants sent and returns how long nothing will happen.
    fn drain(&mut self) -> Duration {
        loop {
            match self.server.poll_output() {
                Output::Wait(at) => {
                    let span = at.saturating_since(self.clock.now());
                    return span.clamp(SHORTEST_SLEEP, LONGEST_SLEEP);
                }
                Output::Send { conn, text, data } => {
                    self.post(conn, |mailbox| mailbox.send(text, data))
                }
                Output::Close { conn, code, reason } => {
                    self.post(conn, |mailbox| mailbox.close(code, reason))
                }
                Output::Drop { conn } => self.cut(conn),
                Output::Part { conn, text, data } => {
                    self.post(conn, |mailbox| mailbox.send_part(text, data))
                }
                Output::Refuse { conn, status } => {
                    self.refused = Some(status);
                    self.mailboxes.remove(&conn).into_iter().for_each(Mailbox::part_with);
                }
            }
        }
    }

    /// Cuts a connection: at once, or behind a message that is broken off.
    fn cut(&mut self, conn: Conn) {
        let waits = self.mailboxes.get(&conn).is_some_and(Mailbox::cut_behind_part);
        if !waits {
            self.mailboxes.remove(&conn);
        }
    }

    /// Posts to a connection and cuts it if its queue is full.
    fn post(&mut self, conn: Conn, post: impl FnOnce(&Mailbox) -> bool) {
        let full = self.mailboxes.get(&conn).is_some_and(|mailbox| !post(mailbox));
        if full {
            log::warn!("connection {} reads too slowly and is cut", conn.0);
            self.mailboxes.remove(&conn);
            self.server.handle_input(self.clock.now(), Input::Closed { conn, code: None });
        }
    }
}
