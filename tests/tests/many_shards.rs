//! A thousand shards behind one gate for dials and one for Identifies, in virtual time: the start, and an outage of all.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_core::{
    Compression, Config, DialGate, GateOutput, Gone, IdentifyGate, Input, Instant, Intents, Link,
    Memory, Output, Phase, Shard, ShardId,
};

const SHARDS: u32 = 1_000;
const MAX_CONCURRENCY: u32 = 16;
/// How long a dial takes, and the way of a document there or back.
const DIAL: Duration = Duration::from_millis(150);
const WAY: Duration = Duration::from_millis(50);
/// How often it is looked whether all is done: to look at all shards takes a while.
const LOOK: Duration = Duration::from_millis(100);

/// What happens to a shard at its time.
#[derive(Clone, Debug)]
enum Due {
    Opened(Link),
    Refused(Link),
    Said(Link, String),
}

/// A process of many shards, and what the other end does.
struct World {
    now: Instant,
    shards: Vec<Shard<'static>>,
    links: Vec<Link>,
    waits: Vec<Instant>,
    /// Whether the dial at hand waits for its turn.
    queued: Vec<bool>,
    due: BTreeMap<(Instant, u64), (u32, Due)>,
    numbers: u64,
    dials: DialGate<'static>,
    dial_wait: Instant,
    gate: IdentifyGate<'static>,
    gate_wait: Instant,
    /// Whether a gate was asked for something since it was looked at.
    asked: bool,
    dialing: usize,
    most_dialing: usize,
    /// When each shard identified, and how many resumed.
    identified: Vec<(Instant, u32)>,
    resumed: u32,
    is_down: bool,
}

impl World {
    fn new(shards: u32, max_concurrency: u32) -> Self {
        let count = usize::try_from(shards).unwrap();
        let at_once = usize::try_from(max_concurrency).unwrap();
        let shard = |id| {
            let config = Config::new("token", Intents::GUILDS).shard(ShardId { id, count: shards });
            Shard::new(config, id.into(), Memory::heap(Compression::None)).unwrap()
        };
        Self {
            now: Instant::ZERO,
            shards: (0..shards).map(shard).collect(),
            links: vec![Link(0); count],
            waits: vec![Instant::ZERO; count],
            queued: vec![false; count],
            due: BTreeMap::new(),
            numbers: 0,
            dials: DialGate::heap(at_once, count),
            dial_wait: Instant::MAX,
            gate: IdentifyGate::heap(at_once, count),
            gate_wait: Instant::MAX,
            asked: true,
            dialing: 0,
            most_dialing: 0,
            identified: Vec::new(),
            resumed: 0,
            is_down: false,
        }
    }

    fn later(&mut self, span: Duration, shard: u32, due: Due) {
        self.numbers += 1;
        self.due.insert((self.now.saturating_add(span), self.numbers), (shard, due));
    }

    fn live(&self) -> usize {
        self.shards.iter().filter(|shard| shard.status().phase == Phase::Live).count()
    }

    fn run_until(&mut self, is_done: impl Fn(&Self) -> bool) {
        let end = self.now.saturating_add(Duration::from_secs(3_600));
        (0..SHARDS).for_each(|shard| self.drain(shard));
        while !is_done(self) {
            assert!(self.now < end, "{} are live after an hour", self.live());
            let look = self.now.saturating_add(LOOK);
            while self.now < look {
                self.step();
            }
        }
    }

    /// Does whatever is due first.
    fn step(&mut self) {
        let (first, wait) = (0..).zip(&self.waits).min_by_key(|(_, wait)| **wait).unwrap();
        let wait = *wait;
        let due = self.due.first_key_value().map_or(Instant::MAX, |((at, _), _)| *at);
        let gates = self.dial_wait.min(self.gate_wait);
        self.now = self.now.max(wait.min(due).min(gates));
        if due <= self.now {
            let (_, (shard, due)) = self.due.pop_first().unwrap();
            self.happens(shard, due);
        } else if gates <= self.now {
            self.dials.tick(self.now);
            self.gate.tick(self.now);
            self.asked = true;
        } else {
            let link = self.links[first as usize];
            let input =
                if self.queued[first as usize] { Input::DialWaits(link) } else { Input::Tick };
            self.give(first, input);
        }
        if std::mem::take(&mut self.asked) {
            self.pass_gates();
        }
    }

    fn happens(&mut self, shard: u32, due: Due) {
        let at = usize::try_from(shard).unwrap();
        let up = matches!(due, Due::Opened(_)) && !self.is_down;
        match due {
            Due::Opened(link) | Due::Refused(link) => {
                self.dialing -= 1;
                self.asked = true;
                self.dials.dialed(self.now, shard, link, up);
                if link != self.links[at] {
                    return;
                }
                if up {
                    self.give(shard, Input::Opened(link));
                    let hello = r#"{"op":10,"d":{"heartbeat_interval":41250}}"#;
                    self.later(WAY, shard, Due::Said(link, hello.to_owned()));
                } else {
                    self.give(shard, Input::Closed(link, Gone::Unreachable));
                }
            }
            Due::Said(link, text) if link == self.links[at] && !self.is_down => {
                let part = text.as_bytes();
                self.give(shard, Input::Message { link, text: true, part, last: true });
            }
            Due::Said(..) => {}
        }
    }

    fn give(&mut self, shard: u32, input: Input<'_>) {
        self.shards[shard as usize].handle_input(self.now, input);
        self.drain(shard);
    }

    fn drain(&mut self, shard: u32) {
        let (at, now) = (shard as usize, self.now);
        loop {
            match self.shards[at].poll_output() {
                Output::Connect(target) => {
                    (self.links[at], self.queued[at], self.asked) = (target.link, true, true);
                    let purpose = target.purpose;
                    self.dials.ask(now, shard, self.links[at], purpose).unwrap();
                }
                Output::AskIdentify(link) => {
                    self.gate.ask(now, shard, link).unwrap();
                    self.asked = true;
                }
                Output::ForgoIdentify(link) => {
                    self.gate.forgo(now, shard, link);
                    self.asked = true;
                }
                Output::Send(frame) => {
                    let (link, text) =
                        (frame.link, str::from_utf8(frame.bytes).unwrap().to_owned());
                    self.answer(shard, link, &text);
                    self.shards[at].handle_input(now, Input::Sent(link));
                }
                Output::Close(_) => {
                    let link = self.links[at];
                    self.shards[at].handle_input(now, Input::Closed(link, Gone::Dropped));
                }
                Output::Event(_) => {}
                Output::Wait(wait) => {
                    self.waits[at] = wait;
                    return;
                }
                Output::Stop(stop) => panic!("shard {shard}: {stop}"),
            }
        }
    }

    /// Says what a gateway says to a frame.
    fn answer(&mut self, shard: u32, link: Link, text: &str) {
        let said = if text.contains(r#""op":2,"#) {
            self.identified.push((self.now, shard));
            r#"{"op":0,"s":1,"t":"READY","d":{"v":10,"session_id":"s","resume_gateway_url":"wss://r.example","user":{"id":"1"}}}"#
        } else if text.contains(r#""op":6,"#) {
            self.resumed += 1;
            r#"{"op":0,"s":2,"t":"RESUMED","d":{}}"#
        } else {
            assert!(text.contains(r#""op":1,"#), "{text}");
            r#"{"op":11}"#
        };
        self.later(WAY * 2, shard, Due::Said(link, said.to_owned()));
    }

    /// Delivers what the gates grant.
    fn pass_gates(&mut self) {
        self.dial_wait = loop {
            match self.dials.poll_output() {
                GateOutput::Grant { shard, link } => {
                    let at = usize::try_from(shard).unwrap();
                    assert!(self.queued[at] && self.links[at] == link);
                    self.queued[at] = false;
                    self.dialing += 1;
                    self.most_dialing = self.most_dialing.max(self.dialing);
                    let due = if self.is_down { Due::Refused(link) } else { Due::Opened(link) };
                    self.later(DIAL, shard, due);
                    self.give(shard, Input::DialWaits(link));
                }
                GateOutput::Wait(at) => break at,
            }
        };
        self.gate_wait = loop {
            match self.gate.poll_output() {
                GateOutput::Grant { shard, link } => {
                    assert!(self.gate.delivered(self.now, shard, link));
                    self.dials.done(self.now, shard);
                    self.asked = true;
                    self.give(shard, Input::MayIdentify(link));
                }
                GateOutput::Wait(at) => break at,
            }
        };
    }

    /// Cuts all connections at once.
    fn cut(&mut self) {
        for shard in 0..SHARDS {
            let link = self.links[shard as usize];
            self.give(shard, Input::Closed(link, Gone::Dropped));
        }
        self.pass_gates();
    }
}

/// Each bucket's Identifies are 5 s apart, in the order of the ids.
fn assert_limits_kept(identified: &[(Instant, u32)]) {
    let mut latest: BTreeMap<u32, (Instant, u32)> = BTreeMap::new();
    for &(at, shard) in identified {
        if let Some((before, other)) = latest.insert(shard % MAX_CONCURRENCY, (at, shard)) {
            assert!(at.saturating_since(before) >= Duration::from_secs(5), "{shard} after {other}");
            assert!(shard > other, "{shard} after {other}");
        }
    }
}

#[test]
fn a_thousand_shards_start_within_a_hundredth_of_the_least_time() {
    let mut world = World::new(SHARDS, MAX_CONCURRENCY);
    world.run_until(|world| world.live() == 1_000);
    assert_eq!(world.identified.len(), 1_000);
    assert_limits_kept(&world.identified);
    assert!(world.most_dialing <= 16, "{} dials at once", world.most_dialing);
    // 63 rounds, so 62 pauses of 5 s.
    let least = Duration::from_secs(5) * SHARDS.div_ceil(MAX_CONCURRENCY).saturating_sub(1);
    let took = world.now.saturating_since(Instant::ZERO);
    assert!(took <= least + least / 100, "{took:?} of {least:?}");
}

#[test]
fn an_outage_of_all_shards_costs_no_identify_and_no_limit() {
    let mut world = World::new(SHARDS, MAX_CONCURRENCY);
    world.run_until(|world| world.live() == 1_000);
    let dials = |world: &World| -> u32 {
        world.shards.iter().map(|shard| shard.status().counters.dials).sum()
    };
    let before = dials(&world);
    world.is_down = true;
    world.cut();
    let back = world.now.saturating_add(Duration::from_secs(120));
    world.run_until(|world| world.now >= back);
    assert!(dials(&world) > before + 1_000, "they try while nobody answers");
    world.is_down = false;
    let began = world.now;
    world.run_until(|world| world.live() == 1_000);
    assert_eq!((world.identified.len(), world.resumed), (1_000, 1_000));
    assert!(world.most_dialing <= 16, "{} dials at once", world.most_dialing);
    let took = world.now.saturating_since(began);
    assert!(took <= Duration::from_secs(150), "the longest rest, and a turn for each: {took:?}");
    let identifies = world.shards.iter().map(|shard| shard.status().counters.identifies);
    assert_eq!(identifies.sum::<u32>(), 1_000);
}
