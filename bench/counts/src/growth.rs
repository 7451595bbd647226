//! How costs grow with the cache: the same events and look-ups beside ever more rows.
//!
//! A cache is filled natively, which callgrind would take hours for, and handed over as a snapshot.

mod plot;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use gatewright_bench_counts::cached::{Cached, LookUps};
use gatewright_bench_counts::layers::Stage;
use gatewright_bench_harness::count::{count, median, time};
use gatewright_bench_harness::traffic::Document;
use gatewright_core::Encoding;
use gatewright_core::cache::{Cache, Heap, Settings};
use gatewright_sim::WorldSize;

/// Usual guilds, members of each, and guilds of 1,000 members.
const SIZES: [(u32, u32, u32); 9] = [
    (1, 10, 0),
    (1, 100, 0),
    (1, 1_000, 0),
    (1, 10_000, 0),
    (1, 100_000, 0),
    (10, 100, 0),
    (100, 100, 0),
    (1_000, 100, 0),
    (0, 0, 1_000),
];
/// How many events are counted and timed.
const EVENTS: u64 = 1_000;
/// How often look-ups are timed, but for the first time.
const ROUNDS: usize = 7;

/// What can be measured.
pub const WHAT: [&str; 2] = ["events", "look-ups"];

/// What one size took.
struct Grown {
    guilds: u32,
    members: u32,
    /// Instructions of an event and of a look-up, and their times in nanoseconds.
    costs: [f64; 4],
}

/// Prints a table of all sizes, and draws it if there is somewhere to.
pub fn all(plot: Option<&Path>) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("gatewright-growth-{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    let measured = table(&folder);
    fs::remove_dir_all(&folder)?;
    let measured = measured?;
    if let Some(path) = plot {
        fs::write(path, plot::draw(&measured)).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn table(folder: &Path) -> Result<Vec<Grown>> {
    println!(
        "| guilds | members | instructions an event | a look-up | ns an event | ns a look-up |"
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    let row = |(guilds, members, large_guilds)| {
        let grown = measure(folder, WorldSize { guilds, members, large_guilds })?;
        let Grown { guilds, members, costs: [event, look_up, event_time, look_up_time] } = grown;
        println!(
            "| {guilds} | {members} | {event:.0} | {look_up:.0} | {event_time:.0} | {look_up_time:.0} |"
        );
        Ok(grown)
    };
    SIZES.into_iter().map(row).collect()
}

fn measure(folder: &Path, size: WorldSize) -> Result<Grown> {
    let members = size.guilds * size.members + 1_000 * size.large_guilds;
    eprintln!("{members} members");
    let mut cached = Cached::new(size, Encoding::Json, EVENTS);
    cached.ready();
    write(folder, &cached)?;
    let instructions = |what| -> Result<f64> {
        let (of, _, instructions) = count(&["grown", what, &folder.display().to_string()])?;
        Ok(instructions / of)
    };
    let (event, look_up) = (instructions(WHAT[0])?, instructions(WHAT[1])?);
    let event_time = timed(&mut cached);
    let look_up_time = timed(&mut LookUps::of(cached.into_cache(), false));
    let guilds = size.guilds + size.large_guilds;
    Ok(Grown { guilds, members, costs: [event, look_up, event_time, look_up_time] })
}

/// Times a stage several times; returns the median nanoseconds for one of what a run is of.
fn timed(stage: &mut impl Stage) -> f64 {
    let mut round = || -> Duration {
        stage.ready();
        time(&mut || stage.run())
    };
    let times = (0..=ROUNDS).map(|_| round()).collect();
    median(times).as_nanos() as f64 / stage.size() as f64
}

fn files(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("snapshot"), folder.join("events"))
}

/// Writes the cache, and the events that are next.
fn write(folder: &Path, cached: &Cached) -> Result<()> {
    let (snapshot, events) = files(folder);
    let mut bytes = Vec::new();
    cached.cache().snapshot(None, &mut |part| bytes.extend_from_slice(part));
    fs::write(snapshot, bytes)?;
    let line = |document: &Document| format!("{}\t{}\n", document.name, document.data_text());
    fs::write(events, cached.documents().iter().map(line).collect::<String>())?;
    Ok(())
}

/// Prepares what is measured, from what was written.
pub fn prepare(what: &str, folder: &Path) -> Result<Box<dyn Stage>> {
    let (snapshot, events) = files(folder);
    let mut cache: Cache<Heap> = Cache::new(Settings::default());
    cache.restore(&fs::read(snapshot)?)?;
    if what != WHAT[0] {
        return Ok(Box::new(LookUps::of(cache, false)));
    }
    let text = fs::read_to_string(events)?;
    let document = |(seq, line): (u64, &str)| {
        let (name, d) = line.split_once('\t').context("a name and a payload")?;
        Ok(Document::new(String::leak(name.to_owned()), seq, d, Encoding::Json))
    };
    let documents = (3..).zip(text.lines()).map(document).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(Events { cache, documents }))
}

/// Events over a cache that was restored.
struct Events {
    cache: Cache<Heap>,
    documents: Vec<Document>,
}

impl Stage for Events {
    fn run(&mut self) {
        for document in &self.documents {
            gatewright_bench_counts::cached::take(&mut self.cache, document);
        }
    }

    fn size(&self) -> u64 {
        self.documents.len() as u64
    }
}
