//! What a client of the end-to-end measurement counts, and tells whoever started it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};
use stats_alloc::Stats;

/// The line that asks for the steady events, once all guilds are taken.
pub const GUILDS_TAKEN: &str = "guilds";

/// What a client is to do: where the gateway is, and how many events come.
pub struct Plan {
    pub url: String,
    /// The guilds of 1,000 members, which come first.
    pub large: u64,
    /// All guilds.
    pub guilds: u64,
    /// The events after them.
    pub events: u64,
    /// What else it is told: how to connect, and what to do with events.
    pub words: Vec<String>,
}

impl Plan {
    /// Reads it from the command line: `URL LARGE GUILDS EVENTS WORD...`.
    pub fn from_args() -> Result<Self> {
        let mut args = std::env::args().skip(1);
        let mut next = || args.next().context("expected URL LARGE GUILDS EVENTS WORD...");
        let url = next()?;
        let mut number = || anyhow::Ok(next()?.parse::<u64>()?);
        let (large, guilds, events) = (number()?, number()?, number()?);
        ensure!(0 < large && large < guilds && events > 1, "expected 0 < LARGE < GUILDS");
        Ok(Self { url, large, guilds, events, words: args.collect() })
    }
}

/// What a client tells at its end, as one line of JSON.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Told {
    /// Who it is, with its version.
    pub name: String,
    /// CPU time of the process, and time on the clock, in seconds: for the large guilds, for all, and for the events.
    pub large_cpu: f64,
    pub guilds_cpu: f64,
    pub guilds_wall: f64,
    pub steady_cpu: f64,
    pub steady_wall: f64,
    /// Memory of the process before it connected, after the guilds, and at most, in kB.
    pub resident_before: u64,
    pub resident_guilds: u64,
    pub resident_peak: u64,
    /// What the allocator was asked for and did not get back, in bytes; only counted in a run of its own.
    pub heap_guilds: Option<u64>,
    pub heap_end: Option<u64>,
    /// How often the allocator was asked for memory while the events came; counted likewise.
    pub allocations: Option<u64>,
    /// Events that were taken, guilds included and READY not.
    pub seen: u64,
    /// Of these, those that could not be read.
    pub failed: u64,
    /// Of these, those of a kind the client does not know.
    pub unknown: u64,
    /// How many guilds the cache has at the end.
    pub cached: Option<u64>,
}

/// How an event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Failed,
    Taken,
    Unknown,
}

/// What the allocator was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Heap {
    /// Bytes that were not given back.
    pub bytes: u64,
    /// How often, whether for a block or for another size of one.
    pub allocations: u64,
}

impl Heap {
    /// Reads what was counted.
    pub fn of(stats: &Stats) -> Option<Self> {
        let bytes = stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated);
        let allocations = stats.allocations + stats.reallocations;
        Some(Self { bytes: bytes.try_into().ok()?, allocations: allocations.try_into().ok()? })
    }
}

/// How the heap is counted, where it is.
pub type Count = fn() -> Option<Heap>;

/// A moment at which a part begins or ends.
#[derive(Clone, Copy)]
struct Mark {
    cpu: Duration,
    wall: Instant,
    resident: u64,
    heap: Option<Heap>,
}

/// Counts events, and looks at the clocks when a part is over.
pub struct Meter<'p> {
    plan: &'p Plan,
    heap: Count,
    resident_before: u64,
    begin: Mark,
    large: Mark,
    guilds: Mark,
    first: Instant,
    seen: u64,
    failed: u64,
    unknown: u64,
}

impl<'p> Meter<'p> {
    /// Creates one before the client connects.
    pub fn new(plan: &'p Plan, heap: Count) -> Self {
        let now = mark(heap);
        Self {
            plan,
            heap,
            resident_before: now.resident,
            begin: now,
            large: now,
            guilds: now,
            first: now.wall,
            seen: 0,
            failed: 0,
            unknown: 0,
        }
    }

    /// READY is here.
    pub fn ready(&mut self) {
        self.begin = mark(self.heap);
    }

    /// The client is done with an event; tells whether it was the last one.
    pub fn event(&mut self, fate: Fate) -> bool {
        self.seen += 1;
        match fate {
            Fate::Failed => self.failed += 1,
            Fate::Taken => {}
            Fate::Unknown => self.unknown += 1,
        }
        if self.seen == self.plan.large {
            self.large = mark(self.heap);
        } else if self.seen == self.plan.guilds {
            self.guilds = mark(self.heap);
            println!("{GUILDS_TAKEN}");
        } else if self.seen == self.plan.guilds + 1 {
            self.first = clock();
        }
        self.seen == self.plan.guilds + self.plan.events
    }

    /// Tells all, when the last event came or the connection is over.
    pub fn tell(&self, name: &str, cached: Option<u64>) -> Result<()> {
        let end = mark(self.heap);
        let told = Told {
            name: name.to_owned(),
            large_cpu: (self.large.cpu - self.begin.cpu).as_secs_f64(),
            guilds_cpu: (self.guilds.cpu - self.begin.cpu).as_secs_f64(),
            guilds_wall: (self.guilds.wall - self.begin.wall).as_secs_f64(),
            steady_cpu: (end.cpu - self.guilds.cpu).as_secs_f64(),
            steady_wall: (end.wall - self.first).as_secs_f64(),
            resident_before: self.resident_before,
            resident_guilds: self.guilds.resident,
            resident_peak: status("VmHWM:")?,
            heap_guilds: self.guilds.heap.map(|heap| heap.bytes),
            heap_end: end.heap.map(|heap| heap.bytes),
            allocations: end
                .heap
                .zip(self.guilds.heap)
                .map(|(end, guilds)| end.allocations - guilds.allocations),
            seen: self.seen,
            failed: self.failed,
            unknown: self.unknown,
            cached,
        };
        println!("{}", serde_json::to_string(&told)?);
        Ok(())
    }
}

fn mark(heap: Count) -> Mark {
    Mark {
        cpu: ProcessTime::now().as_duration(),
        wall: clock(),
        resident: status("VmRSS:").unwrap_or_default(),
        heap: heap(),
    }
}

#[expect(clippy::disallowed_methods, reason = "what a client takes on the clock is measured")]
fn clock() -> Instant {
    Instant::now()
}

/// Reads a line of what the system says of this process, in kB.
fn status(line: &str) -> Result<u64> {
    let all = std::fs::read_to_string("/proc/self/status")?;
    let line = all.lines().find_map(|told| told.strip_prefix(line)).context("no such line")?;
    Ok(line.split_whitespace().next().context("no number")?.parse()?)
}
