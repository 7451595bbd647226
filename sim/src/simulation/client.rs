//! A shard with the adapter and the consumer around it.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::transcript::Recorded;
use gatewright_core::{Event, Gone, Input, Instant, Link, Output, Shard, Stop};

use super::frame::{digest, opcode, serial};
use super::line::{Down, Line};
use super::{Seen, Sight, Stuck, Trouble};

/// The most outputs one input may bring about: the fates of a full queue of commands come at once.
const MOST_OUTPUTS: usize = 1_024;
/// The calls in a second after which an adapter with a busy consumer calls less often.
const BUSY_CALLS: u32 = 50;
/// How much less: a shard may wait for a verdict that only a look at the transport brings.
const IDLE_CALL: Duration = Duration::from_millis(20);

/// What keeps the consumer from taking events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    None,
    /// The next event will be held for a span.
    Coming(Duration),
    /// An event is held until then, and nobody calls the shard.
    Event(Instant),
    /// Nothing is read until then.
    Full(Instant),
}

/// What a shard wants of those around it.
#[derive(Debug)]
pub(super) enum Want {
    Ask(Link),
    Close(gatewright_core::CloseCode),
    Connect { link: Link, target: String, known: bool },
    Forgo(Link),
    Send { text: bool, data: Vec<u8> },
}

#[derive(Debug)]
pub(super) struct Client<'m> {
    pub(super) shard: Recorded<'m, String>,
    pub(super) id: u32,
    pub(super) line: Option<Line>,
    /// Transports that were replaced and still carry something to the gateway.
    pub(super) old: Vec<Line>,
    /// What the next dials come to.
    pub(super) dials: VecDeque<Trouble>,
    pub(super) hold: Hold,
    /// A permit that could not be delivered yet.
    pub(super) grant: Option<Link>,
    pub(super) link: Link,
    pub(super) stopped: Option<Stop>,
    wait: Instant,
    /// The second of the latest calls for time alone, and how many there were.
    second: u64,
    calls: u32,
}

impl<'m> Client<'m> {
    pub(super) fn new(shard: Shard<'m>, id: u32) -> Self {
        Self {
            shard: Recorded::new(shard),
            id,
            line: None,
            old: Vec::new(),
            dials: VecDeque::new(),
            hold: Hold::None,
            grant: None,
            link: Link(0),
            stopped: None,
            wait: Instant::ZERO,
            second: 0,
            calls: 0,
        }
    }

    pub(super) const fn is_held(&self) -> bool {
        matches!(self.hold, Hold::Event(_))
    }

    /// Tells whether messages are read.
    pub(super) const fn reads(&self) -> bool {
        !matches!(self.hold, Hold::Event(_) | Hold::Full(_))
    }

    /// Returns when the shard is to be called for time alone.
    pub(super) fn call_at(&self, now: Instant) -> Instant {
        let full = matches!(self.hold, Hold::Full(_));
        let idle = full && self.calls > BUSY_CALLS && now.as_micros() / 1_000_000 == self.second;
        if idle { self.wait.saturating_add(IDLE_CALL) } else { self.wait }
    }

    /// Tells the shard that time passed.
    pub(super) fn call(&mut self, now: Instant) -> Result<(), Stuck> {
        const MOST_CALLS: u32 = 200;
        let second = now.as_micros() / 1_000_000;
        self.calls = if second == self.second { self.calls + 1 } else { 1 };
        self.second = second;
        if self.calls > MOST_CALLS {
            return Err(Stuck::Spin { shard: self.id, at: now });
        }
        let looked = self.reads();
        self.shard.handle_input(now, if looked { Input::Tick } else { Input::Busy });
        Ok(())
    }

    /// Hands over what arrived; tells whether the transport is gone with it.
    pub(super) fn take(&mut self, now: Instant, down: Down, sights: &mut Vec<Sight>) -> bool {
        let link = self.link;
        let input = match &down {
            Down::Closed(code, reason) => Input::Closed(link, Gone::Code(*code, reason)),
            Down::Dropped => Input::Closed(link, Gone::Dropped),
            Down::Message { text, data, last, asks } => {
                if *asks {
                    sights.push(Sight { at: now, shard: self.id, seen: Seen::Asked { link } });
                }
                Input::Message { link, text: *text, part: data, last: *last }
            }
            Down::Opened => Input::Opened(link),
            Down::Refused(status) => Input::Closed(link, Gone::Refused(*status)),
            Down::Unreachable => Input::Closed(link, Gone::Unreachable),
        };
        self.shard.handle_input(now, input);
        matches!(input, Input::Closed(..))
    }

    /// Takes what the shard wants, up to what somebody else has to do, or the end.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        known: &[&str],
        sights: &mut Vec<Sight>,
    ) -> Result<Option<Want>, Stuck> {
        let shard = self.id;
        let mut see = |seen| sights.push(Sight { at: now, shard, seen });
        for _ in 0..MOST_OUTPUTS {
            match self.shard.poll_output() {
                Output::Connect(target) => {
                    let known = known.contains(&target.host);
                    see(Seen::Connect { link: target.link, purpose: target.purpose });
                    let link = target.link;
                    let target = format!("{}?{}", target.path, target.query);
                    return Ok(Some(Want::Connect { link, target, known }));
                }
                Output::AskIdentify(link) => return Ok(Some(Want::Ask(link))),
                Output::ForgoIdentify(link) => return Ok(Some(Want::Forgo(link))),
                Output::Send(frame) => {
                    let (link, text, data) = (frame.link, frame.text, frame.bytes.to_vec());
                    let phase = self.shard.status().phase;
                    let (op, digest, bytes) = (opcode(&data), digest(&data), data.len());
                    see(Seen::Send { link, op, digest, bytes, phase });
                    return Ok(Some(Want::Send { text, data }));
                }
                Output::Close(code) => {
                    see(Seen::Close { link: self.link, code });
                    return Ok(Some(Want::Close(code)));
                }
                Output::Event(_) => {
                    see(sight(&self.shard.event()));
                    if let Hold::Coming(span) = self.hold {
                        let until = now.saturating_add(span);
                        self.hold = Hold::Event(until);
                        see(Seen::Held { until });
                        return Ok(None);
                    }
                }
                Output::Wait(until) => {
                    self.wait = until;
                    let status = self.shard.status();
                    let (phase, in_phase) = (status.phase, status.in_phase);
                    see(Seen::Wait { until, phase, in_phase });
                    return Ok(None);
                }
                Output::Stop(stop) => {
                    if self.stopped.replace(stop).is_none() {
                        see(Seen::Stopped(stop));
                    }
                    self.wait = Instant::MAX;
                    return Ok(None);
                }
            }
        }
        Err(Stuck::Outputs { shard, at: now })
    }
}

fn sight(event: &Event<'_>) -> Seen {
    match event {
        Event::Command { id, fate } => Seen::Fate { id: *id, fate: *fate },
        Event::Connected(up) => Seen::Connected { link: up.link, interval: up.heartbeat_interval },
        Event::Disconnected(over) => Seen::Disconnected { link: over.link, cause: over.cause },
        Event::Dispatch(dispatch) => Seen::Dispatch {
            kind: dispatch.kind(),
            seq: dispatch.seq(),
            serial: serial(dispatch.data()),
        },
        Event::Duplicate(dispatch) => Seen::Duplicate { seq: dispatch.seq() },
        Event::Gap { expected, found } => Seen::Gap { expected: *expected, found: *found },
        Event::Limit(limit) => Seen::Limit(*limit),
        Event::SessionLost { cause } => Seen::Lost { cause: *cause },
        Event::Skipped(skipped) => {
            Seen::Skipped { kind: skipped.kind, seq: skipped.seq, through: skipped.through }
        }
        other => unknown(other),
    }
}

/// An event this simulation knows nothing of counts as a limit that was hit.
const fn unknown(_: &Event<'_>) -> Seen {
    Seen::Limit(gatewright_core::Limit::Events)
}
