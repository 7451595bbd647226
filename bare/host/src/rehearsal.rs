//! The board's shard on the host: with the same settings and memory, against anything that answers as a transport,
//! in a time of its own. What it does is recorded.

use std::time::Duration;

use anyhow::{Result, ensure};
use gatewright_board::parts::{Arena, SEED};
use gatewright_board::wire::Act;
use gatewright_core::transcript::Recorded;
use gatewright_core::{CloseCode, Gone, Input, Instant, Link, Output, Stop};

use crate::gateway::Gateway;

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

/// Runs the shard until it stops, and returns its transcript.
pub(crate) fn rehearse(peer: &mut impl Peer, compressed: bool) -> Result<Vec<u8>> {
    let mut arena = Box::new(Arena::new());
    let (shard, _) = arena.lend(SEED, compressed)?;
    let mut shard = Recorded::new(shard);
    shard.record(String::new())?;
    let (mut now, mut link, mut due) = (Instant::ZERO, Link(0), None);
    shard.handle_input(now, Input::Tick);
    for _ in 0..MOST {
        let wait = match shard.poll_output() {
            Output::Connect(target) => {
                (link, due) = (target.link, None);
                peer.connect(now, link, &target.to_string());
                continue;
            }
            Output::AskIdentify(link) => {
                due = Some(Input::MayIdentify(link));
                continue;
            }
            Output::Send(frame) => {
                peer.send(now, frame.link, frame.text, frame.bytes);
                due = Some(Input::Sent(frame.link));
                continue;
            }
            Output::Close(code) => {
                peer.close(now, code);
                due = Some(Input::Closed(link, Gone::Dropped));
                continue;
            }
            Output::Event(_) | Output::ForgoIdentify(_) => continue,
            Output::Stop(stop) => {
                ensure!(stop == Stop::Ended, "the shard stopped: {stop}");
                let transcript = shard.finish().unwrap_or_default();
                return Ok(transcript.into_bytes());
            }
            Output::Wait(wait) => wait,
        };
        now = now.saturating_add(PACE);
        if let Some(input) = due.take() {
            shard.handle_input(now, input);
            continue;
        }
        match peer.poll(now) {
            (Act::Hear(input), _) => shard.handle_input(now, input),
            (Act::Leave(how), _) => shard.leave(now, how),
            (Act::Poll | Act::Quiet, quiet) => {
                now = now.max(wait.min(quiet));
                shard.handle_input(now, Input::Tick);
            }
        }
    }
    anyhow::bail!("the rehearsal did not end")
}
