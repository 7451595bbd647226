//! What happens next, and what follows from it.

use std::time::Duration;

use gatewright_core::{CloseCode, GateOutput, Gone, Input, Instant, Link};

use super::budget::Ledger;
use super::client::{Hold, Want};
use super::line::{Down, Line, Marks, Up};
use super::sabotage::Defect;
use super::{HOSTS, Seen, Simulation, Stuck, Trouble};
use crate::fault::Fault;
use crate::journal::What;
use crate::server::{self, Conn};

/// Stands for a close frame without a code.
///
/// Source: RFC 6455 section 7.1.5.
const NO_CODE: CloseCode = CloseCode(1_005);

/// How long a slow frame keeps the transport at most.
pub(crate) const SLOW: Duration = Duration::from_micros(SLOW_MICROS);
const SLOW_MICROS: u64 = 80_000;

/// The most a gateway says at one moment: a flood of requests, or what was replayed, on each connection.
const MOST_SAID: u32 = 100_000;

/// What can happen, in the order it does at one moment: timers come last, so that only silence is a tick.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    /// Another process of the bot begins.
    Begin,
    /// Something arrives at the gateway, on the transport at hand or on an old one.
    Up(usize, Option<usize>),
    Server,
    Down(usize),
    /// Something arrives at a shard on a transport it has left.
    Late(usize, usize),
    Taken(usize),
    Closed(usize),
    Released(usize),
    Gate,
    Call(usize),
}

impl Simulation<'_> {
    /// Finds what is due first.
    pub(super) fn next(&self) -> (Instant, Next) {
        let mut first = (self.server_wait, Next::Server);
        for (at, client) in self.clients.iter().enumerate() {
            let mut offer = |due: Option<Instant>, next| {
                if let Some(due) = due.filter(|due| *due < first.0) {
                    first = (due, next);
                }
            };
            for (old, line) in client.old.iter().enumerate() {
                offer(line.next_up(), Next::Up(at, Some(old)));
                let heard = line.lingers && client.reads();
                offer(line.next_down().filter(|_| heard), Next::Late(at, old));
            }
            if let Some(line) = &client.line {
                offer(line.next_up(), Next::Up(at, None));
                if !client.is_held() {
                    offer(line.next_down().filter(|_| client.reads()), Next::Down(at));
                    offer(line.taken_at, Next::Taken(at));
                    offer(line.closed_at, Next::Closed(at));
                }
            }
            if let Hold::Event(until) | Hold::Full(until) = client.hold {
                offer(Some(until), Next::Released(at));
            }
        }
        if let Some(at) = self.ledger.as_ref().and_then(Ledger::begins_at)
            && at <= first.0
        {
            first = (at, Next::Begin);
        }
        if self.gate_wait < first.0 {
            first = (self.gate_wait, Next::Gate);
        }
        for (at, client) in self.clients.iter().enumerate() {
            let call_at = client.call_at(self.now);
            if !client.is_held() && call_at < first.0 {
                first = (call_at, Next::Call(at));
            }
        }
        first
    }

    pub(super) fn happen(&mut self, next: Next) -> Result<(), Stuck> {
        match next {
            Next::Begin => self.begin_due(),
            Next::Up(at, old) => self.arrive_up(at, old),
            Next::Server => {
                self.server.handle_input(self.now, server::Input::Tick);
                self.drain_server(false);
            }
            Next::Down(at) => self.arrive_down(at)?,
            Next::Late(at, old) => self.arrive_late(at, old)?,
            Next::Taken(at) => self.taken(at)?,
            Next::Closed(at) => {
                let link = self.retire(at);
                self.hear(at, Input::Closed(link, Gone::Dropped))?;
            }
            Next::Released(at) => self.release(at)?,
            Next::Gate => {
                self.gate.tick(self.now);
                self.pass_gate()?;
            }
            Next::Call(at) => {
                let now = self.now;
                self.clients.get_mut(at).map_or(Ok(()), |client| client.call(now))?;
                self.drain(at)?;
            }
        }
        Ok(())
    }

    /// Tells a shard something and does what it wants.
    pub(super) fn hear(&mut self, at: usize, input: Input<'_>) -> Result<(), Stuck> {
        if let Some(client) = self.clients.get_mut(at) {
            client.shard.handle_input(self.now, input);
        }
        self.drain(at)
    }

    fn arrive_up(&mut self, at: usize, old: Option<usize>) {
        let Some(client) = self.clients.get_mut(at) else { return };
        let line = match old {
            Some(old) => client.old.get_mut(old),
            None => client.line.as_mut(),
        };
        let Some((line, up)) = line.and_then(|line| line.pop_up().map(|up| (line, up))) else {
            return;
        };
        let (now, conn) = (self.now, line.conn);
        if matches!(up, Up::Open { .. }) {
            line.push_down(now, &self.network, &mut self.rng, Down::Opened);
        }
        let done = line.next_up().is_none() && !line.lingers;
        if let Some(old) = old.filter(|_| done) {
            client.old.swap_remove(old);
        }
        let shard = client.id;
        let before = self.server.stats().session_starts;
        self.server.handle_input(
            now,
            match &up {
                Up::Closed(code) => server::Input::Closed { conn, code: *code },
                Up::Message { text, data } => server::Input::Message { conn, text: *text, data },
                Up::Open { target } => server::Input::Opened { conn, target },
            },
        );
        if self.ledger.is_some() && self.server.stats().session_starts > before {
            let left = self.server.start_limit().remaining;
            self.see(shard, Seen::Started { left });
        }
        self.drain_server(false);
    }

    fn arrive_down(&mut self, at: usize) -> Result<(), Stuck> {
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let Some(down) = client.line.as_mut().and_then(Line::pop_down) else { return Ok(()) };
        if client.take(now, down, &mut self.sights) {
            client.line = None;
        }
        self.drain(at)
    }

    /// Hands over what comes on a transport the shard has left, until the gateway ends it.
    fn arrive_late(&mut self, at: usize, old: usize) -> Result<(), Stuck> {
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let Some(line) = client.old.get_mut(old) else { return Ok(()) };
        let link =
            if client.sabotage.is(Defect::DeliversOldNews) { client.link } else { line.link };
        match line.pop_down() {
            Some(Down::Message { text, data, last, .. }) => {
                let input = Input::Message { link, text, part: &data, last };
                client.shard.handle_input(now, input);
            }
            Some(Down::Opened) | None => {}
            Some(_) => {
                let line = client.old.swap_remove(old);
                client.shard.handle_input(now, Input::Closed(line.link, Gone::Dropped));
            }
        }
        self.drain(at)
    }

    fn taken(&mut self, at: usize) -> Result<(), Stuck> {
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let (shard, link) = (client.id, client.link);
        if let Some(line) = &mut client.line {
            line.taken_at = None;
        }
        let grant = client.grant.take();
        self.see(shard, Seen::Taken { link });
        self.hear(at, Input::Sent(link))?;
        self.grant_late(shard, grant)
    }

    /// Delivers a permit that had to wait.
    fn grant_late(&mut self, shard: u32, grant: Option<Link>) -> Result<(), Stuck> {
        let Some(link) = grant else { return Ok(()) };
        self.grant(shard, link)?;
        self.pass_gate()
    }

    fn release(&mut self, at: usize) -> Result<(), Stuck> {
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        client.hold = Hold::None;
        let (shard, grant) = (client.id, client.grant.take());
        self.see(shard, Seen::Released);
        self.hear(at, Input::Busy)?;
        self.grant_late(shard, grant)
    }

    /// Does what a shard wants until it is drained or held.
    pub(super) fn drain(&mut self, at: usize) -> Result<(), Stuck> {
        // A flood of commands comes to 120 frames, each of which somebody has to take.
        for _ in 0..256 {
            let Some(client) = self.clients.get_mut(at).filter(|client| !client.is_held()) else {
                return Ok(());
            };
            let Some(want) = client.drain(self.now, &HOSTS, &mut self.sights)? else {
                self.look_at(at);
                return Ok(());
            };
            self.fulfil(at, want)?;
        }
        let shard = u32::try_from(at).unwrap_or(u32::MAX);
        Err(Stuck::Outputs { shard, at: self.now })
    }

    fn fulfil(&mut self, at: usize, want: Want) -> Result<(), Stuck> {
        let (now, shard) = (self.now, u32::try_from(at).unwrap_or(u32::MAX));
        match want {
            Want::Ask(link) => {
                // There is a place in the line for every shard.
                let _ = self.gate.ask(now, shard, link);
                self.gate_wait = now;
            }
            Want::Forgo(link) => {
                self.gate.forgo(now, shard, link);
                self.gate_wait = now;
            }
            Want::Close(code) => self.close(at, code),
            Want::Connect { link, target, known } => self.connect(at, link, target, known),
            Want::Send { text, data } => self.send(at, text, data),
        }
        Ok(())
    }

    fn send(&mut self, at: usize, text: bool, data: Vec<u8>) {
        let Some(client) = self.clients.get_mut(at) else { return };
        let (shard, link) = (client.id, client.link);
        let Some(line) = &mut client.line else { return };
        let slow = self.network.slow > 0 && self.rng.chance(self.network.slow.into());
        if slow {
            let span = Duration::from_micros(self.rng.range(1, SLOW_MICROS));
            line.stall(self.now.saturating_add(span));
        }
        let taken_at = line.takes_at(self.now);
        line.push_up(self.now, &self.network, &mut self.rng, Up::Message { text, data });
        if taken_at > self.now {
            line.taken_at = Some(taken_at);
        } else {
            client.shard.handle_input(self.now, Input::Sent(link));
            self.see(shard, Seen::Taken { link });
        }
    }

    fn close(&mut self, at: usize, code: CloseCode) {
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return };
        let stalled = client.line.as_mut().map(|line| {
            // An adapter that closes says of the frame before only that the transport is gone.
            line.taken_at = None;
            if !line.lingers {
                line.push_up(now, &self.network, &mut self.rng, Up::Closed(Some(code)));
            }
            line.takes_at(now)
        });
        match stalled.filter(|until| *until > now) {
            Some(until) => {
                client.line.iter_mut().for_each(|line| line.closed_at = Some(until));
            }
            None => {
                let link = self.retire(at);
                if let Some(client) = self.clients.get_mut(at) {
                    client.shard.handle_input(now, Input::Closed(link, Gone::Dropped));
                }
            }
        }
    }

    /// Drops the transport at hand; what it was to carry to the gateway still gets there.
    fn retire(&mut self, at: usize) -> Link {
        let Some(client) = self.clients.get_mut(at) else { return Link(0) };
        if let Some(line) = client.line.take().filter(Line::is_of_use) {
            client.old.push(line);
        }
        client.link
    }

    fn connect(&mut self, at: usize, link: Link, target: String, known: bool) {
        let (now, net) = (self.now, self.network);
        let left = self.clients.get_mut(at).and_then(|client| client.line.as_mut());
        if let Some(line) = left.filter(|line| !line.lingers) {
            line.push_up(now, &net, &mut self.rng, Up::Closed(None));
        }
        self.retire(at);
        let Some(client) = self.clients.get_mut(at) else { return };
        client.link = link;
        let conn = Conn(u32::try_from(self.owners.len()).unwrap_or(u32::MAX));
        self.owners.push((client.id, link));
        let mut line = Line::new(link, conn, now);
        let (shard, rng) = (client.id, &mut self.rng);
        let trouble = client.dials.pop_front();
        match trouble {
            Some(Trouble::DialHangs) => {}
            Some(Trouble::DialLate) => {
                let late = Duration::from_millis(rng.range(10_000, 14_000));
                line.push_up_after(now, late, Up::Open { target });
            }
            Some(Trouble::DialRefused(status)) => {
                line.push_down(now, &net, rng, Down::Refused(status));
            }
            Some(Trouble::DialFails) => line.push_down(now, &net, rng, Down::Unreachable),
            _ if !known => line.push_down(now, &net, rng, Down::Unreachable),
            _ => line.push_up(now, &net, rng, Up::Open { target }),
        }
        client.line = Some(line);
        trouble.into_iter().for_each(|trouble| self.see(shard, Seen::Struck(trouble)));
    }

    fn pass_gate(&mut self) -> Result<(), Stuck> {
        // Each round gives one grant, and no shard is given more than one before it asks again.
        for _ in 0..=self.clients.len() * 2 {
            match self.gate.poll_output() {
                GateOutput::Grant { shard, link } => self.grant(shard, link)?,
                GateOutput::Wait(at) => {
                    self.gate_wait = self.gate_wait(at);
                    return Ok(());
                }
            }
        }
        self.gate_wait = self.now.saturating_add(Duration::from_millis(1));
        Ok(())
    }

    fn grant(&mut self, shard: u32, link: Link) -> Result<(), Stuck> {
        let at = usize::try_from(shard).unwrap_or(usize::MAX);
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let writes = client.line.as_ref().is_some_and(|line| line.taken_at.is_some());
        if client.is_held() || writes {
            client.grant = Some(link);
        } else if self.may_spend(shard) && self.gate.delivered(self.now, shard, link) {
            self.spend();
            return self.hear(at, Input::MayIdentify(link));
        }
        Ok(())
    }

    /// Puts what the gateway wants on the way; `asks` if it was made to ask for heartbeats.
    pub(super) fn drain_server(&mut self, asks: bool) {
        let marks = Marks { asks, ..Marks::default() };
        for _ in 0..MOST_SAID {
            let (conn, mut down) = match self.server.poll_output() {
                server::Output::Send { conn, text, data } => {
                    (conn, Down::Message { text, data, last: true, marks })
                }
                server::Output::Part { conn, text, data } => {
                    (conn, Down::Message { text, data, last: false, marks: Marks::default() })
                }
                server::Output::Refuse { conn, status } => (conn, Down::Refused(status)),
                server::Output::Close { conn, code: NO_CODE, .. } => (conn, Down::Dropped),
                server::Output::Close { conn, code, reason } => (conn, Down::Closed(code, reason)),
                server::Output::Drop { conn } => (conn, Down::Dropped),
                server::Output::Wait(at) => {
                    self.server_wait = at.max(self.now);
                    return self.read_journal();
                }
            };
            self.read_journal();
            let (now, net) = (self.now, self.network);
            let line = line_of(&self.owners, &mut self.clients, conn);
            if let Some(line) = line {
                match &mut down {
                    Down::Message { marks, .. } => marks.asks &= !line.split,
                    // It was never open.
                    Down::Refused(_) => line.forget_down(),
                    _ => {}
                }
                line.push_down(now, &net, &mut self.rng, down);
            }
        }
        self.runaway = true;
    }

    /// Passes on what is new in the gateway's journal.
    fn read_journal(&mut self) {
        let entries = self.server.journal();
        if entries.len() <= self.read {
            return;
        }
        let new = entries.get(self.read..).unwrap_or_default().to_vec();
        self.read = entries.len();
        for entry in new {
            let owner = usize::try_from(entry.conn.0).ok().and_then(|at| self.owners.get(at));
            let Some(&(shard, link)) = owner else { continue };
            self.mark(shard, entry.conn, &entry.what);
            self.see(shard, Seen::Gateway { link, what: entry.what });
        }
    }

    /// Notes what becomes of what a connection carries: it is cut in pieces, damaged, or comes late.
    fn mark(&mut self, shard: u32, conn: Conn, what: &What) {
        let fault = match what {
            What::Damaged => None,
            What::Faulted(fault) => Some(fault),
            _ => return,
        };
        let line = line_of(&self.owners, &mut self.clients, conn);
        let Some(line) = line else { return };
        let link = line.link;
        line.damaged |= fault.is_none();
        line.split |= fault == Some(&Fault::Split);
        line.lingers |= fault == Some(&Fault::OldConnectionGoesOn);
        let by = match fault {
            Some(Fault::Delay(by) | Fault::LateAcks(by)) => *by,
            Some(Fault::Silence | Fault::SwallowAcks) => Duration::MAX,
            _ => return,
        };
        self.see(shard, Seen::Withheld { link, until: Instant::MAX, by });
    }
}

/// Finds the transport a connection of the gateway is the other end of.
fn line_of<'c>(
    owners: &[(u32, Link)],
    clients: &'c mut [super::client::Client<'_>],
    conn: Conn,
) -> Option<&'c mut Line> {
    let (owner, _) = owners.get(usize::try_from(conn.0).ok()?)?;
    let client = clients.get_mut(usize::try_from(*owner).ok()?)?;
    let mut lines = client.line.iter_mut().chain(&mut client.old);
    lines.find(|line| line.conn == conn)
}
