//! Any asks at the gate.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{Bucket, GateOutput, IdentifyGate, Instant, Link, Place};

use crate::source::Source;

/// The least time between two Identifies of a bucket.
///
/// Source: Discord documentation, *Session Start Limit*.
const WINDOW: Duration = Duration::from_secs(5);
/// How long a grant may take to reach its shard.
const DELIVERY: Duration = Duration::from_secs(1);
/// The shards of the bot.
const SHARDS: usize = 8;
/// The most steps of one input.
const MOST_STEPS: usize = 500;

/// Any asks, losses and steps in time are served in order, once a window, and all of them in the end.
///
/// The first byte chooses the buckets (1 to 4) and the places in line (1 to 16, four bits above); each further
/// byte is a step, with a shard and a link or a time behind it. A shard forgoes only what it has not used, and
/// a grant that is delivered is used unless its shard forgoes it next. The laws: no bucket's used grants are
/// closer than 5 s; each grant goes to the first of its bucket's line, where a grant that was
/// not delivered within a second goes to the end; `Wait` lies ahead; whoever has a place gets a grant.
pub fn identify_gate(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let mut buckets = vec![Bucket::EMPTY; usize::from(setup & 3) + 1];
    let mut places = vec![Place::EMPTY; usize::from(setup >> 4) + 1];
    let count = buckets.len();
    let gate = IdentifyGate::lent(&mut buckets, &mut places);
    let mut model = Model::new(gate, count);
    for _ in 0..MOST_STEPS {
        if source.is_empty() {
            break;
        }
        model.step(&mut source);
    }
    model.serve_all();
}

/// A shard that asks, and on which link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ask {
    shard: u32,
    link: Link,
}

/// What a bucket's line should look like.
#[derive(Clone, Debug, Default)]
struct Line {
    waiting: VecDeque<Ask>,
    /// The grant on its way, and when it was given.
    granted: Option<(Ask, Instant)>,
    /// When the latest grant was used, and whether its shard may still forgo it.
    used: Option<(Ask, Instant)>,
    /// When the one before it was.
    used_before: Option<Instant>,
}

struct Model<'m> {
    gate: IdentifyGate<'m>,
    lines: Vec<Line>,
    now: Instant,
}

impl<'m> Model<'m> {
    fn new(gate: IdentifyGate<'m>, buckets: usize) -> Self {
        Self { gate, lines: vec![Line::default(); buckets], now: Instant::from_millis(10_000) }
    }

    fn step(&mut self, source: &mut Source<'_>) {
        let what = source.byte();
        let ask = Ask {
            shard: u32::try_from(source.below(SHARDS)).unwrap_or(0),
            link: Link(u32::from(source.byte() % 3)),
        };
        match what % 8 {
            0..=2 => self.ask(ask),
            3 => self.forgo(ask),
            4 => self.lose(ask),
            5 => self.deliver(ask),
            _ => {
                let span = source.number() % 8_000;
                self.now = self.now.saturating_add(Duration::from_millis(span));
                self.gate.tick(self.now);
            }
        }
        if what & 128 == 0 {
            self.poll();
        }
    }

    fn line(&mut self, shard: u32) -> &mut Line {
        let count = self.lines.len();
        &mut self.lines[usize::try_from(shard).unwrap_or(0) % count]
    }

    fn ask(&mut self, ask: Ask) {
        let asked = self.gate.ask(self.now, ask.shard, ask.link);
        let line = self.line(ask.shard);
        if line.granted.is_some_and(|(granted, _)| granted == ask) {
            return assert_eq!(asked, Ok(()));
        }
        line.granted = line.granted.filter(|(granted, _)| granted.shard != ask.shard);
        if let Some(standing) = line.waiting.iter_mut().find(|other| other.shard == ask.shard) {
            standing.link = ask.link;
            return assert_eq!(asked, Ok(()));
        }
        if asked.is_ok() {
            line.waiting.push_back(ask);
        }
        // Another life of the shard with this link number begins.
        if let Some((used, at)) = line.used.filter(|(used, _)| *used == ask) {
            line.used = Some((Ask { link: Link(u32::MAX), ..used }, at));
        }
    }

    fn forgo(&mut self, ask: Ask) {
        self.gate.forgo(self.now, ask.shard, ask.link);
        let line = self.line(ask.shard);
        line.waiting.retain(|other| *other != ask);
        line.granted = line.granted.filter(|(granted, _)| *granted != ask);
        if line.used.is_some_and(|(used, _)| used == ask) {
            line.used = line.used_before.map(|at| (Ask { link: Link(u32::MAX), ..ask }, at));
        }
    }

    fn lose(&mut self, ask: Ask) {
        self.gate.lost(self.now, ask.shard, ask.link);
        let line = self.line(ask.shard);
        line.waiting.retain(|other| *other != ask);
        line.granted = line.granted.filter(|(granted, _)| *granted != ask);
    }

    /// Delivers the grant that is on its way to a shard, or none.
    fn deliver(&mut self, ask: Ask) {
        let now = self.now;
        let delivered = self.gate.delivered(now, ask.shard, ask.link);
        let line = self.line(ask.shard);
        line.take_back(now);
        let Some((granted, _)) = line.granted.filter(|(granted, _)| *granted == ask) else {
            // Said again of one that was used, it holds; of any other it does not.
            return assert!(
                !delivered || line.used.is_some_and(|(used, _)| used.shard == ask.shard)
            );
        };
        assert!(delivered, "{granted:?} was granted");
        line.granted = None;
        if let Some((_, before)) = line.used {
            let since = now.saturating_since(before);
            assert!(since >= WINDOW, "{granted:?} identifies {since:?} after {:?}", line.used);
        }
        line.used_before = line.used.map(|(_, at)| at);
        line.used = Some((granted, now));
    }

    /// Takes all grants.
    fn poll(&mut self) {
        let now = self.now;
        for _ in 0..=SHARDS {
            let (shard, link) = match self.gate.poll_output() {
                GateOutput::Grant { shard, link } => (shard, link),
                GateOutput::Wait(until) => return assert!(until > now, "{until} at {now}"),
            };
            let line = self.line(shard);
            line.take_back(now);
            assert!(line.granted.is_none(), "{:?} is on its way", line.granted);
            let first = line.waiting.pop_front();
            assert_eq!(first, Some(Ask { shard, link }), "the first in line comes first");
            line.granted = first.map(|ask| (ask, now));
        }
        panic!("more grants than shards");
    }

    /// Delivers every grant at once, until nobody waits.
    fn serve_all(&mut self) {
        for _ in 0..4 * SHARDS {
            self.poll();
            let granted: Vec<Ask> =
                self.lines.iter().filter_map(|line| Some(line.granted?.0)).collect();
            granted.into_iter().for_each(|ask| self.deliver(ask));
            if self.gate.waiting() == 0 {
                break;
            }
            self.now = self.now.saturating_add(Duration::from_millis(2_600));
            self.gate.tick(self.now);
        }
        assert_eq!(self.gate.waiting(), 0, "all who wait are served");
        assert!(self.lines.iter().all(|line| line.waiting.is_empty()));
    }
}

impl Line {
    /// Puts a grant that was not delivered in time at the end of the line.
    fn take_back(&mut self, now: Instant) {
        if let Some((ask, at)) = self.granted
            && at.saturating_add(DELIVERY) <= now
        {
            self.granted = None;
            self.waiting.push_back(ask);
        }
    }
}
