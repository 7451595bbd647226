//! A session over time: collected in one pass over a replay as plain values, then drawn.

mod axis;
mod cells;
mod charts;
mod draw;
mod marks;
mod spans;
mod svg;

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_core::transcript::{Played, Replay};
use gatewright_core::{
    Cause, Compression, Counters, Disconnected, Encoding, Event, EventKind, Instant, Phase,
    ShardId, Status,
};

use cells::{Beats, Cell, Cells};
use spans::Spans;

pub(crate) use draw::draw;

/// The most connections that ended of which each is kept.
const MARKS: usize = 200;

/// A connection, or the attempt at one, that ended.
#[derive(Clone, Debug)]
struct Mark {
    /// In microseconds from the beginning.
    at: u64,
    cause: Cause,
    code: Option<u16>,
    /// The HTTP status, if there was one.
    status: Option<u16>,
    /// What the peer said: any text.
    reason: String,
    redial_after: Option<Duration>,
    /// The time until the session was live again, and whether by a Resume.
    back: Option<(Duration, bool)>,
}

/// A session over time, of bounded size. Times are in microseconds from the beginning.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    begin: Option<Instant>,
    end: Instant,
    shard: ShardId,
    encoding: Encoding,
    compression: Compression,
    notes: Vec<String>,
    spans: Spans,
    cells: Cells,
    marks: Vec<Mark>,
    causes: BTreeMap<Cause, u64>,
    /// The time spent live.
    live: u64,
    phase: Option<Phase>,
    counters: Counters,
    last_ack: Option<Instant>,
    /// When the heartbeat was sent that has no ACK yet.
    beat: Option<u64>,
}

impl Timeline {
    /// Hears of a line that was played.
    pub(crate) fn hear(&mut self, replay: &Replay, played: &Played) {
        let (Some(shard), Some(header)) = (replay.shard(), replay.header()) else { return };
        (self.shard, self.encoding) = (shard.id(), header.encoding());
        self.compression = header.compression();
        if *played == Played::Aside {
            return;
        }
        let before = self.length();
        self.end = self.end.max(replay.now());
        self.begin.get_or_insert(self.end);
        let (at, status) = (self.length(), shard.status());
        if self.phase == Some(Phase::Live) {
            self.live += at - before;
        }
        self.spans.hear(at, status.phase);
        self.count(at, &status);
        self.hear_beat(at, &status);
        if *played == Played::Output(Some(EventKind::Disconnected))
            && let Event::Disconnected(over) = shard.event()
        {
            self.lose(at, &over);
        }
        if status.phase == Phase::Live && self.phase != Some(Phase::Live) {
            self.come_back(at, status.counters.resumed > self.counters.resumed);
        }
        (self.phase, self.counters) = (Some(status.phase), status.counters);
    }

    /// Adds a sentence to say about the picture.
    pub(crate) fn note(&mut self, sentence: String) {
        self.notes.push(sentence);
    }

    /// Returns the time of the first line.
    pub(crate) const fn begin(&self) -> Option<Instant> {
        self.begin
    }

    /// Returns the latest time.
    pub(crate) const fn end(&self) -> Instant {
        self.end
    }

    /// Returns the time from the first line to the latest.
    fn length(&self) -> u64 {
        self.begin.map_or(0, |begin| self.end.as_micros() - begin.as_micros())
    }

    fn count(&mut self, at: u64, status: &Status) {
        let (now, before) = (status.counters, self.counters);
        let cell = Cell {
            events: now.dispatches - before.dispatches,
            wire: now.wire_bytes - before.wire_bytes,
            inflated: now.inflated_bytes - before.inflated_bytes,
            ..Cell::default()
        };
        if cell != Cell::default() {
            self.cells.add(at, &cell);
        }
    }

    fn hear_beat(&mut self, at: u64, status: &Status) {
        if status.counters.heartbeats > self.counters.heartbeats
            && let Some(unanswered) = self.beat.replace(at)
        {
            self.add_beat(unanswered, None);
        }
        if status.last_ack > self.last_ack {
            self.last_ack = status.last_ack;
            if let Some(sent) = self.beat.take() {
                self.add_beat(sent, status.latency);
            }
        }
    }

    fn add_beat(&mut self, sent: u64, latency: Option<Duration>) {
        self.cells.add(sent, &Cell { beats: Beats::one(sent, latency), ..Cell::default() });
    }

    fn lose(&mut self, at: u64, over: &Disconnected<'_>) {
        if let Some(sent) = self.beat.take()
            && matches!(over.cause, Cause::Zombie | Cause::MissedAcks)
        {
            self.add_beat(sent, None);
        }
        self.cells.add(at, &Cell { losses: 1, ..Cell::default() });
        *self.causes.entry(over.cause).or_default() += 1;
        if self.marks.len() < MARKS {
            self.marks.push(Mark {
                at,
                cause: over.cause,
                code: over.code.map(|code| code.0),
                status: over.status,
                reason: over.reason.to_owned(),
                redial_after: over.redial_after,
                back: None,
            });
        }
    }

    fn come_back(&mut self, at: u64, resumed: bool) {
        let losses: u64 = self.causes.values().sum();
        let is_latest = u64::try_from(self.marks.len()).is_ok_and(|marks| marks == losses);
        if let Some(mark) = self.marks.last_mut().filter(|mark| is_latest && mark.back.is_none()) {
            mark.back = Some((Duration::from_micros(at - mark.at), resumed));
        }
    }
}
