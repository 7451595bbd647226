//! A shard with the adapter and the consumer around it.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use gatewright_core::transcript::Recorded;
use gatewright_core::{
    Event, Gone, Input, Instant, Link, Output, Phase, Shard, Skipped, Stop, Timer,
};

use super::frame::{digest, opcode, serial};
use super::line::{Down, Line};
use super::present::Present;
use super::restart::Kept;
use super::sabotage::{Deed, Defect, LATE, LATELY, Sabotage};
use super::{Ending, Seen, Sight, Stuck, Trouble};

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
    pub(super) wait: Instant,
    /// When the latest message was handed over.
    heard: Instant,
    pub(super) sabotage: Sabotage,
    pub(super) present: Present,
    /// What the events told, if somebody wants to know.
    pub(super) kept: Option<Kept>,
    /// What was recorded of processes that ended.
    pub(super) recordings: Vec<String>,
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
            heard: Instant::ZERO,
            sabotage: Sabotage::default(),
            present: Present::default(),
            kept: None,
            recordings: Vec::new(),
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
        let at = if idle { self.wait.saturating_add(IDLE_CALL) } else { self.wait };
        if self.sabotage.defect.is_some() { self.amiss(at, now) } else { at }
    }

    /// Makes of the moment of a call what a defect makes of it.
    fn amiss(&self, at: Instant, now: Instant) -> Instant {
        let beat = matches!(self.shard.status().next_timer, Some((_, Timer::Heartbeat)));
        if self.sabotage.given_up {
            Instant::MAX
        } else if beat && self.sabotage.is(Defect::LateHeartbeat) {
            at.saturating_add(LATE)
        } else if self.hurries() {
            at.min(now)
        } else {
            at
        }
    }

    /// Tells whether a defect makes the shard believe that its rest is over.
    fn hurries(&self) -> bool {
        self.sabotage.is(Defect::RedialsAtOnce) && self.shard.status().phase == Phase::Resting
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
        let reads = self.reads() || self.sabotage.is(Defect::JudgesUnread);
        let looked = reads && !self.trusts_silence(now);
        let now = if self.hurries() { self.wait.max(now) } else { now };
        let held = matches!(self.hold, Hold::Full(_)) && !reads;
        let unseen = if held { Input::Held } else { Input::Busy };
        self.shard.handle_input(now, if looked { Input::Tick } else { unseen });
        Ok(())
    }

    /// Hands over what arrived; tells whether the transport is gone with it.
    pub(super) fn take(&mut self, now: Instant, down: Down, sights: &mut Vec<Sight>) -> bool {
        let (shard, link) = (self.id, self.link);
        let mut see = |seen| sights.push(Sight { at: now, shard, seen });
        let (input, how) = match &down {
            Down::Closed(code, reason) => (Gone::Code(*code, reason), Ending::Code(*code)),
            Down::Dropped => (Gone::Dropped, Ending::Dropped),
            Down::Refused(status) => (Gone::Refused(*status), Ending::Refused(*status)),
            Down::Unreachable => (Gone::Unreachable, Ending::Unreachable),
            Down::Opened => {
                see(Seen::Opened { link });
                self.shard.handle_input(now, Input::Opened(link));
                return false;
            }
            Down::Message { text, data, last, marks } => {
                marks.tell(link, &mut see);
                if marks.asks {
                    self.sabotage.hear_request();
                }
                self.heard = now;
                let (text, last) = (*text, *last);
                self.shard.handle_input(now, Input::Message { link, text, part: data, last });
                return false;
            }
        };
        see(Seen::Gone { link, how });
        self.shard.handle_input(now, Input::Closed(link, input));
        true
    }

    /// Tells whether a defect keeps the shard from finding that a live connection is dead.
    fn trusts_silence(&self, now: Instant) -> bool {
        let lately = now.saturating_since(self.heard) < LATELY;
        let trusts = self.sabotage.is(Defect::HoldsDeadLink)
            || (lately && self.sabotage.is(Defect::IgnoresMissingAcks));
        trusts && self.shard.status().phase == Phase::Live
    }

    /// Takes a frame that a defect sends in addition.
    fn extra(&mut self, see: &mut impl FnMut(Seen)) -> Option<Want> {
        let line = self.line.as_ref()?;
        self.sabotage.defect.filter(|_| line.taken_at.is_none())?;
        let data = self.sabotage.extra()?;
        see(sent(&data, self.link, self.shard.status().phase));
        Some(Want::Send { text: data.first() == Some(&b'{'), data })
    }

    /// Takes what the shard wants, up to what somebody else has to do, or the end.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        known: &[&str],
        sights: &mut Vec<Sight>,
    ) -> Result<Option<Want>, Stuck> {
        let shard = self.id;
        let deaf = self.sabotage.given_up;
        let mut see = |seen| {
            if !deaf {
                sights.push(Sight { at: now, shard, seen });
            }
        };
        for _ in 0..MOST_OUTPUTS {
            if let Some(extra) = self.extra(&mut see) {
                return Ok(Some(extra));
            }
            if let ControlFlow::Break(want) = self.drain_one(now, known, &mut see) {
                return Ok(want);
            }
        }
        Err(Stuck::Outputs { shard, at: now })
    }

    fn drain_one(
        &mut self,
        now: Instant,
        known: &[&str],
        see: &mut impl FnMut(Seen),
    ) -> ControlFlow<Option<Want>> {
        let want = match self.shard.poll_output() {
            Output::Connect(_) if self.sabotage.given_up => return ControlFlow::Continue(()),
            Output::Connect(target) => {
                let known = known.contains(&target.host);
                see(Seen::Connect { link: target.link, purpose: target.purpose });
                let link = target.link;
                let target = format!("{}?{}", target.path, target.query);
                Want::Connect { link, target, known }
            }
            Output::AskIdentify(link) => Want::Ask(link),
            Output::ForgoIdentify(link) => Want::Forgo(link),
            Output::Send(frame) => Want::Send { text: frame.text, data: frame.bytes.to_vec() },
            Output::Close(code) => Want::Close(self.sabotage.code(code)),
            Output::Event(_) => return self.tell(now, see),
            Output::Wait(until) => {
                let until = self.sabotage.wait(now, until);
                self.wait = until;
                let status = self.shard.status();
                let (phase, in_phase) = (status.phase, status.in_phase);
                see(Seen::Wait { until, phase, in_phase, heard: self.heard });
                return ControlFlow::Break(None);
            }
            Output::Stop(stop) => {
                if self.stopped.replace(stop).is_none() {
                    see(Seen::Stopped(stop));
                }
                self.wait = Instant::MAX;
                return ControlFlow::Break(None);
            }
        };
        self.pass(now, want, see)
    }

    /// Passes on what the shard wants, unless a defect is in the way.
    fn pass(
        &mut self,
        now: Instant,
        mut want: Want,
        see: &mut impl FnMut(Seen),
    ) -> ControlFlow<Option<Want>> {
        let link = self.link;
        match &mut want {
            Want::Ask(link) if self.sabotage.is(Defect::EagerIdentify) => {
                self.shard.handle_input(now, Input::MayIdentify(*link));
                return ControlFlow::Continue(());
            }
            Want::Close(code) => see(Seen::Close { link, code: *code }),
            Want::Send { data, .. } => {
                let deed = self.sabotage.frame(opcode(data), data);
                if deed != Deed::Skip {
                    see(sent(data, link, self.shard.status().phase));
                }
                if deed != Deed::Pass {
                    see(Seen::Taken { link });
                    self.shard.handle_input(now, Input::Sent(link));
                    return ControlFlow::Continue(());
                }
            }
            _ => {}
        }
        ControlFlow::Break(Some(want))
    }

    /// Takes an event, which the consumer may hold.
    fn tell(&mut self, now: Instant, see: &mut impl FnMut(Seen)) -> ControlFlow<Option<Want>> {
        if let (Some(kept), Event::Dispatch(dispatch)) = (&mut self.kept, self.shard.event())
            && !self.sabotage.keeps_from_cache(dispatch.kind())
        {
            kept.hear(&dispatch);
        }
        if self.sabotage.tell(sight(&self.shard.event()), &mut *see) {
            self.shard.handle_input(now, Input::Closed(self.link, Gone::Dropped));
        }
        let Hold::Coming(span) = self.hold else { return ControlFlow::Continue(()) };
        let until = now.saturating_add(span);
        self.hold = Hold::Event(until);
        see(Seen::Held { until });
        see(Seen::Struck(Trouble::Busy(span)));
        ControlFlow::Break(None)
    }
}

fn sent(frame: &[u8], link: Link, phase: Phase) -> Seen {
    let (op, digest, bytes) = (opcode(frame), digest(frame), frame.len());
    Seen::Send { link, op, digest, bytes, phase }
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
            bytes: dispatch.data().len(),
        },
        Event::Duplicate(dispatch) => Seen::Duplicate { seq: dispatch.seq() },
        Event::Gap { expected, found } => Seen::Gap { expected: *expected, found: *found },
        Event::Limit(limit) => Seen::Limit(*limit),
        Event::SessionLost { cause } => Seen::Lost { cause: *cause },
        Event::Skipped(skipped) => {
            let Skipped { kind, seq, through, length, more, .. } = *skipped;
            Seen::Skipped { kind, seq, through, length, more }
        }
        other => unknown(other),
    }
}

/// An event this simulation knows nothing of counts as a limit that was hit.
const fn unknown(_: &Event<'_>) -> Seen {
    Seen::Limit(gatewright_core::Limit::Events)
}
