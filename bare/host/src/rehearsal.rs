//! The board's shard on the host: with the same settings and memory, against anything that answers as a transport,
//! in a time of its own. What it does is recorded.

use std::time::Duration;

use anyhow::{Result, ensure};
use gatewright_board::parts::{Arena, SEED, Wire};
use gatewright_board::wire::Act;
use gatewright_core::transcript::Recorded;
use gatewright_core::{CloseCode, Gone, Input, Instant, Link, Output, Stop};

use crate::gateway::Gateway;
use crate::orders::Given;

/// What each input takes of the rehearsal's time.
const PACE: Duration = Duration::from_micros(50);
/// More inputs than any rehearsal takes.
const MOST: usize = 3_000_000;

/// What stands at the other end.
pub(crate) trait Peer {
    fn connect(&mut self, now: Instant, link: Link, url: &str);
    fn send(&mut self, now: Instant, link: Link, text: bool, bytes: &[u8]);
    fn close(&mut self, now: Instant, code: CloseCode);
    fn poll(&mut self, now: Instant) -> (Act<'_>, Instant);
}

impl Peer for Gateway {
    fn connect(&mut self, now: Instant, link: Link, url: &str) {
        Self::connect(self, now, link, url);
    }

    fn send(&mut self, now: Instant, link: Link, text: bool, bytes: &[u8]) {
        Self::send(self, now, link, text, bytes);
    }

    fn close(&mut self, now: Instant, code: CloseCode) {
        Self::close(self, now, code);
    }

    fn poll(&mut self, now: Instant) -> (Act<'_>, Instant) {
        Self::poll(self, now)
    }
}

/// What of the transport the shard has not heard yet.
struct Pending {
    link: Link,
    due: Option<Input<'static>>,
}

impl Pending {
    /// Hands an output to the peer; returns until when the shard waits, if it does.
    fn hand(&mut self, peer: &mut impl Peer, now: Instant, output: &Output<'_>) -> Option<Instant> {
        match output {
            Output::Connect(target) => {
                (self.link, self.due) = (target.link, None);
                peer.connect(now, target.link, &target.to_string());
            }
            Output::AskIdentify(link) => self.due = Some(Input::MayIdentify(*link)),
            Output::Send(frame) => {
                peer.send(now, frame.link, frame.text, frame.bytes);
                self.due = Some(Input::Sent(frame.link));
            }
            Output::Close(code) => {
                peer.close(now, *code);
                self.due = Some(Input::Closed(self.link, Gone::Dropped));
            }
            Output::Event(_) | Output::ForgoIdentify(_) | Output::Stop(_) => {}
            Output::Wait(wait) => return Some(*wait),
        }
        None
    }
}

/// Runs the shard until it stops, gives it commands in their order, and returns its transcript.
pub(crate) fn rehearse(peer: &mut impl Peer, wire: Wire, orders: &[Given<'_>]) -> Result<Vec<u8>> {
    let mut arena = Box::new(Arena::new());
    let (shard, _) = arena.lend(SEED, wire)?;
    let mut shard = Recorded::new(shard);
    shard.record(String::new())?;
    let (mut now, mut pending) = (Instant::ZERO, Pending { link: Link(0), due: None });
    let mut orders = orders.iter().peekable();
    shard.handle_input(now, Input::Tick);
    for _ in 0..MOST {
        let output = shard.poll_output();
        if let Output::Stop(stop) = output {
            ensure!(stop == Stop::Ended, "the shard stopped: {stop}");
            let transcript = shard.finish().unwrap_or_default();
            return Ok(transcript.into_bytes());
        }
        let Some(wait) = pending.hand(peer, now, &output) else { continue };
        now = now.saturating_add(PACE);
        if let Some(input) = pending.due.take() {
            shard.handle_input(now, input);
            continue;
        }
        if let Some(given) = orders.next_if(|given| given.at() <= now) {
            // What it is answered stands in the transcript.
            let _ = shard.command_until(now, &given.command, given.expires(now));
            continue;
        }
        match peer.poll(now) {
            (Act::Hear(input), _) => shard.handle_input(now, input),
            (Act::Leave(how), _) => shard.leave(now, how),
            (Act::Poll | Act::Quiet, quiet) => {
                let next = orders.peek().map_or(quiet, |given| given.at().min(quiet));
                now = now.max(wait.min(next));
                shard.handle_input(now, Input::Tick);
            }
        }
    }
    anyhow::bail!("the rehearsal did not end")
}
