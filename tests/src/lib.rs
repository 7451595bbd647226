//! A shard and a simulated gateway face to face, in virtual time, for tests that need both.

#[cfg(doctest)]
mod pages;
pub mod tls;
mod told;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use gatewright_core::transcript::Recorded;
use gatewright_core::{
    CloseCode, Command, CommandError, CommandId, Compression, Config, Encoding, Event, GateOutput,
    Gone, GuildId, IdentifyGate, Input, Instant, Leave, Link, MemberRequestId, MemberRequests,
    Members, MembersOutput, Meter, Output, OwnedEvent, Shard, Stop,
};
use gatewright_sim as sim;

pub use told::Told;
use told::tell;

/// The number of the only shard.
const SHARD: u32 = 0;

/// Lists every encoding and compression the gateway offers together.
pub fn pairs() -> impl Iterator<Item = (Encoding, Compression)> {
    let all = Encoding::ALL.into_iter().flat_map(|encoding| {
        Compression::ALL.into_iter().map(move |compression| (encoding, compression))
    });
    all.filter(|pair| *pair != (Encoding::Etf, Compression::Zlib))
}

/// A shard, a simulated gateway, and a network between them that takes no time.
#[derive(Debug)]
pub struct Pair {
    /// The client, which can be recorded.
    pub shard: Recorded<'static, String>,
    /// The gateway.
    pub server: sim::Server,
    /// What the client told, in order.
    pub told: Vec<Told>,
    /// The dispatches it told, as long as [`Pair::keep`] is set.
    pub kept: Vec<OwnedEvent>,
    /// Whether to keep dispatches.
    pub keep: bool,
    /// Requests for members, which hear what the client tells.
    pub members: Option<MemberRequests<'static>>,
    /// What they told.
    pub told_of_members: Vec<String>,
    /// What counts what the client does.
    pub meter: Option<Meter>,
    /// Whether every third message arrives in pieces.
    pub in_pieces: bool,
    /// How the client ended, once it has.
    pub stopped: Option<Stop>,
    /// Whether the gateway never hears that the client closed.
    pub loses_closes: bool,
    /// How many messages came over a connection that was not the latest.
    pub late: u64,
    /// How many messages arrived.
    messages: usize,
    /// Whether a consumer holds an event and nobody calls the shard; see [`Pair::hold_for`].
    held: bool,
    now: Instant,
    link: Link,
    linked: bool,
    /// What the gateway sent and the client has not taken yet.
    incoming: VecDeque<Incoming>,
    /// What came over connections that the client has left.
    old: VecDeque<(Link, bool, Vec<u8>)>,
    wait: Instant,
    server_wait: Instant,
    gate: IdentifyGate<'static>,
    gate_wait: Instant,
    members_wait: Instant,
    wire: Option<Wire>,
}

/// What happens to messages on their way to the client.
struct Wire(Box<Tap>);

type Tap = dyn FnMut(bool, &mut Vec<u8>);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

#[derive(Debug)]
enum Incoming {
    Message {
        text: bool,
        data: Vec<u8>,
    },
    /// The beginning of a message whose rest never comes.
    Part {
        text: bool,
        data: Vec<u8>,
    },
    Closed(CloseCode, String),
    Dropped,
    /// The upgrade was refused with this HTTP status.
    Refused(u16),
}

/// Stands for a close frame without a code; RFC 6455, 7.4.1.
const NO_CODE: CloseCode = CloseCode(1005);
/// The hosts of a simulated gateway; nobody answers at any other.
const HOSTS: [&str; 2] = ["sim.example", "gateway-sim.invalid"];

impl Pair {
    /// Sets a shard and a gateway up; nothing has happened yet.
    #[must_use]
    pub fn new(shard: Shard<'static>, options: sim::Options) -> Self {
        Self {
            shard: Recorded::new(shard),
            server: sim::Server::new(options),
            told: Vec::new(),
            kept: Vec::new(),
            keep: false,
            members: None,
            told_of_members: Vec::new(),
            meter: None,
            in_pieces: false,
            stopped: None,
            loses_closes: false,
            late: 0,
            messages: 0,
            held: false,
            now: Instant::from_millis(1_000),
            link: Link(0),
            linked: false,
            incoming: VecDeque::new(),
            old: VecDeque::new(),
            wait: Instant::ZERO,
            server_wait: Instant::ZERO,
            gate: IdentifyGate::heap(1, 1),
            gate_wait: Instant::MAX,
            members_wait: Instant::MAX,
            wire: None,
        }
    }

    /// Returns the settings of a client whose gateway is plain and simulated.
    #[must_use]
    pub fn config(intents: gatewright_core::Intents) -> Config<'static> {
        Config::new("simulated", intents).gateway("ws://sim.example")
    }

    /// Lets a span of virtual time pass.
    pub fn run_for(&mut self, span: Duration) {
        let end = self.now.saturating_add(span);
        self.run_until(|pair| pair.now >= end);
    }

    /// Lets time pass until something is so.
    ///
    /// # Panics
    /// If it is not so within a virtual day.
    pub fn run_until(&mut self, mut so: impl FnMut(&Self) -> bool) {
        let end = self.now.saturating_add(Duration::from_secs(86_400));
        while !so(self) && self.stopped.is_none() {
            assert!(self.now < end, "nothing came of it in a day: {:?}", self.shard.status());
            self.step();
        }
    }

    /// Lets a consumer hold an event for a span, as with an adapter that runs only when it is asked for the
    /// next event: meanwhile nobody calls the shard, and then it hears that time passed.
    pub fn hold_for(&mut self, span: Duration) {
        self.held = true;
        self.run_for(span);
        self.held = false;
        self.shard.handle_input(self.now, Input::Busy);
        self.drain();
    }

    /// Leaves, and runs until the shard is over.
    pub fn leave(&mut self, how: Leave) {
        self.shard.leave(self.now, how);
        self.drain();
        self.run_until(|pair| pair.stopped.is_some());
    }

    /// Looks at every message to the client on its way, whether it is text too, and may change it.
    pub fn tap(&mut self, wire: impl FnMut(bool, &mut Vec<u8>) + 'static) {
        self.wire = Some(Wire(Box::new(wire)));
    }

    /// Gives the client a command.
    ///
    /// # Errors
    /// As [`Shard::command`].
    pub fn command(&mut self, command: &Command<'_>) -> Result<CommandId, CommandError> {
        let queued = self.shard.command(self.now, command);
        self.drain();
        queued
    }

    /// Asks for members.
    ///
    /// # Panics
    /// If there are no [`members`](Self::members), or they do not take it.
    pub fn ask(&mut self, guild: GuildId, members: Members<'_>) -> MemberRequestId {
        let requests = self.members.as_mut().expect("somebody asks for members");
        let request = requests.ask(self.now, guild, members, false).expect("it is taken");
        self.serve_members();
        self.drain();
        request
    }

    /// Lets the gateway send an event of one's own.
    pub fn dispatch(&mut self, kind: &str, d: &str) {
        self.server.dispatch(self.now, kind, d);
        self.drain_server();
    }

    /// Lets a fault strike now.
    pub fn inject(&mut self, fault: sim::Fault) -> usize {
        let struck = self.server.inject(self.now, fault);
        self.drain_server();
        struck
    }

    /// Returns the virtual time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Returns the sequence numbers of the dispatches, in order.
    #[must_use]
    pub fn seqs(&self) -> Vec<u64> {
        let seq = |told: &Told| match told {
            Told::Dispatch(_, seq) => Some(*seq),
            Told::Note(_) => None,
        };
        self.told.iter().filter_map(seq).collect()
    }

    /// Tells whether the client told this.
    #[must_use]
    pub fn has_told(&self, note: &str) -> bool {
        self.told.iter().any(|told| matches!(told, Told::Note(text) if text.contains(note)))
    }

    /// Lets the next thing happen: something that arrives, or the next timer.
    fn step(&mut self) {
        if !self.held
            && let Some((link, text, data)) = self.old.pop_front()
        {
            let input = Input::Message { link, text, part: &data, last: true };
            self.shard.handle_input(self.now, input);
            return self.drain();
        }
        if !self.held
            && let Some(incoming) = self.incoming.pop_front()
        {
            return self.arrive(incoming);
        }
        if !self.held && self.gate_wait <= self.wait.min(self.server_wait) {
            self.now = self.now.max(self.gate_wait);
            self.gate.tick(self.now);
            self.pass_gate();
        } else if !self.held && self.members_wait <= self.wait.min(self.server_wait) {
            self.now = self.now.max(self.members_wait);
            self.serve_members();
            self.drain();
        } else if self.held || self.server_wait <= self.wait {
            self.now = self.now.max(self.server_wait);
            self.server.handle_input(self.now, sim::Input::Tick);
            self.drain_server();
        } else {
            self.now = self.now.max(self.wait);
            self.shard.handle_input(self.now, Input::Tick);
            self.drain();
        }
    }

    fn arrive(&mut self, incoming: Incoming) {
        let link = self.link;
        match incoming {
            Incoming::Message { text, data } => return self.hear(link, text, &data),
            Incoming::Part { text, data } => {
                let input = Input::Message { link, text, part: &data, last: false };
                self.shard.handle_input(self.now, input);
            }
            Incoming::Refused(status) => {
                self.linked = false;
                self.shard.handle_input(self.now, Input::Closed(link, Gone::Refused(status)));
            }
            Incoming::Closed(NO_CODE, _) => {
                self.linked = false;
                self.shard.handle_input(self.now, Input::Closed(link, Gone::Dropped));
            }
            Incoming::Closed(code, reason) => {
                self.linked = false;
                self.shard.handle_input(self.now, Input::Closed(link, Gone::Code(code, &reason)));
            }
            Incoming::Dropped => {
                self.linked = false;
                self.shard.handle_input(self.now, Input::Closed(link, Gone::Dropped));
            }
        }
        self.drain();
    }

    /// Hears a message, whole or in pieces.
    fn hear(&mut self, link: Link, text: bool, data: &[u8]) {
        self.messages += 1;
        let in_pieces = self.in_pieces && self.messages.is_multiple_of(3);
        let size = if in_pieces { 1 + data.len() / 3 } else { data.len() };
        let mut parts = data.chunks(size.max(1)).peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            let last = parts.peek().is_none();
            self.shard.handle_input(self.now, Input::Message { link, text, part, last });
            self.drain();
            if last {
                return;
            }
        }
    }

    /// Does what the shard wants.
    fn drain(&mut self) {
        loop {
            match self.shard.poll_output() {
                Output::Connect(target) => {
                    let (link, path) = (target.link, format!("{}?{}", target.path, target.query));
                    if HOSTS.contains(&target.host) {
                        self.connect(link, &path);
                    } else {
                        self.unreachable(link);
                    }
                }
                Output::AskIdentify(link) => {
                    self.gate.ask(self.now, SHARD, link).expect("the gate has a place for it");
                    self.gate_wait = Instant::ZERO;
                }
                Output::ForgoIdentify(link) => self.gate.forgo(self.now, SHARD, link),
                Output::Send(frame) => {
                    let (text, data) = (frame.text, frame.bytes.to_vec());
                    self.send(text, &data);
                }
                Output::Close(code) => self.close(code),
                Output::Event(_) => {
                    let event = self.shard.event();
                    self.told.push(tell(&event));
                    count(&mut self.meter, &event);
                    if let Some(members) = &mut self.members {
                        members.hear(self.now, &event);
                    }
                    if let Event::Dispatch(dispatch) = event {
                        // What does not decode, the shard counts.
                        let _ = dispatch.payload();
                        if self.keep {
                            self.kept.push(event.into_owned());
                        }
                    }
                    self.serve_members();
                }
                Output::Wait(at) => {
                    self.wait = at;
                    self.measure();
                    return;
                }
                Output::Stop(stop) => {
                    self.measure();
                    self.stopped = Some(stop);
                    return;
                }
            }
        }
    }

    fn measure(&mut self) {
        if let Some(meter) = &mut self.meter {
            meter.look(self.now, &self.shard.status());
        }
    }

    /// Does what requests for members want.
    fn serve_members(&mut self) {
        let Some(members) = &mut self.members else { return };
        members.tick(self.now);
        loop {
            match members.poll_output() {
                MembersOutput::Send { request, command } => {
                    let queued = self.shard.command(self.now, &command);
                    members.queued(request, queued);
                }
                MembersOutput::Wait(at) => {
                    self.members_wait = at;
                    return;
                }
                told => self.told_of_members.push(format!("{told:?}")),
            }
        }
    }

    /// Delivers what the gate grants.
    fn pass_gate(&mut self) {
        loop {
            match self.gate.poll_output() {
                GateOutput::Grant { shard, link } => {
                    assert!(self.gate.delivered(self.now, shard, link));
                    self.shard.handle_input(self.now, Input::MayIdentify(link));
                    self.drain();
                }
                GateOutput::Wait(at) => {
                    self.gate_wait = at;
                    return;
                }
            }
        }
    }

    fn connect(&mut self, link: Link, target: &str) {
        self.link = link;
        self.linked = true;
        self.incoming.clear();
        self.server.handle_input(self.now, sim::Input::Opened { conn: sim::Conn(link.0), target });
        self.drain_server();
        if !matches!(self.incoming.front(), Some(Incoming::Refused(_))) {
            self.shard.handle_input(self.now, Input::Opened(link));
        }
    }

    fn unreachable(&mut self, link: Link) {
        self.link = link;
        self.linked = false;
        self.incoming.clear();
        self.shard.handle_input(self.now, Input::Closed(link, Gone::Unreachable));
    }

    fn send(&mut self, text: bool, data: &[u8]) {
        if self.linked {
            let conn = sim::Conn(self.link.0);
            self.server.handle_input(self.now, sim::Input::Message { conn, text, data });
            self.drain_server();
        }
        self.shard.handle_input(self.now, Input::Sent(self.link));
    }

    fn close(&mut self, code: CloseCode) {
        if self.linked && !self.loses_closes {
            let conn = sim::Conn(self.link.0);
            self.server.handle_input(self.now, sim::Input::Closed { conn, code: Some(code) });
            self.drain_server();
        }
        self.linked = false;
        self.incoming.clear();
        self.shard.handle_input(self.now, Input::Closed(self.link, Gone::Dropped));
    }

    fn drain_server(&mut self) {
        loop {
            let (conn, mut incoming) = match self.server.poll_output() {
                sim::Output::Send { conn, text, data } => (conn, Incoming::Message { text, data }),
                sim::Output::Part { conn, text, data } => (conn, Incoming::Part { text, data }),
                sim::Output::Refuse { conn, status } => (conn, Incoming::Refused(status)),
                sim::Output::Close { conn, code, reason } => (conn, Incoming::Closed(code, reason)),
                sim::Output::Drop { conn } => (conn, Incoming::Dropped),
                sim::Output::Wait(at) => {
                    self.server_wait = at;
                    return;
                }
            };
            if let (Incoming::Message { text, data }, Some(Wire(wire))) =
                (&mut incoming, &mut self.wire)
            {
                wire(*text, data);
            }
            if conn.0 == self.link.0 && self.linked {
                self.incoming.push_back(incoming);
            } else if let (true, Incoming::Message { text, data }) = (self.loses_closes, incoming) {
                self.late += 1;
                self.old.push_back((Link(conn.0), text, data));
            }
        }
    }
}

/// Lets a meter hear what it wants to.
fn count(meter: &mut Option<Meter>, event: &Event<'_>) {
    if let Some(meter) = meter.as_mut().filter(|meter| meter.hears(event.kind())) {
        meter.hear(event);
    }
}
