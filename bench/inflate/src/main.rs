//! Measures our zlib decoder beside others, each into memory that is there already.
//!
//! `inflate` measures every row: instructions with callgrind, times interleaved; it prints a table in Markdown.
//! `one ROW EVENTS` runs a row once, which is what callgrind watches.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use gatewright_bench_harness::count::{cg_roi, count, median, time};
use gatewright_bench_harness::traffic;
use gatewright_bench_inflate::wire;
use gatewright_core::{Compression, Encoding};

/// How many events of the mix are counted by callgrind, and how many are timed.
const COUNTED: u64 = 1_000;
const TIMED: u64 = 20_000;
/// How often each row is timed; the median counts.
const ROUNDS: usize = 31;

/// Somebody who inflates messages, of which the largest has so many bytes.
type Inflate = fn(Compression, &[Vec<u8>], usize, wire::Take);

const WHO: [(&str, Inflate); 4] = [
    ("gatewright", wire::ours),
    ("zlib-rs", wire::zlib_rs),
    ("flate2 (zlib-rs)", wire::flate2),
    ("miniz_oxide", wire::miniz),
];
const SETS: [&str; 2] = ["steady", "GUILD_CREATE"];
const COMPRESSIONS: [Compression; 2] = [Compression::ZlibStream, Compression::Zlib];

struct Row {
    compression: Compression,
    set: &'static str,
    who: &'static str,
    inflate: Inflate,
}

/// A row over its messages.
struct Stage {
    events: u64,
    bytes: u64,
    run: Box<dyn FnMut()>,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["one", row, events] => one(row.parse()?, events.parse()?),
        ["inflate"] => all(),
        _ => bail!("expected `inflate` or `one ROW EVENTS`"),
    }
}

fn rows() -> Vec<Row> {
    let of = |compression, set| WHO.map(|(who, inflate)| Row { compression, set, who, inflate });
    let sets = COMPRESSIONS.into_iter().flat_map(|compression| SETS.map(|set| (compression, set)));
    sets.flat_map(|(compression, set)| of(compression, set)).collect()
}

fn prepare(row: &Row, events: u64) -> Stage {
    let documents = traffic::set(row.set, Encoding::Json, events);
    let (compression, inflate) = (row.compression, row.inflate);
    let whole = documents.iter().map(|document| &document.whole[..]);
    let messages = wire::compress(compression, whole);
    let lengths = documents.iter().map(|document| document.whole.len());
    let most = lengths.clone().max().unwrap_or_default();
    Stage {
        events: documents.len() as u64,
        bytes: lengths.sum::<usize>() as u64,
        run: Box::new(move || inflate(compression, &messages, most, wire::bytes)),
    }
}

fn one(row: usize, events: u64) -> Result<()> {
    let rows = rows();
    let mut stage = prepare(rows.get(row).context("no such row")?, events);
    cg_roi(&mut stage.run);
    println!("{} {}", stage.events, stage.bytes);
    Ok(())
}

fn all() -> Result<()> {
    for set in SETS {
        println!("* {set}: {}", traffic::describe(&traffic::set(set, Encoding::Json, TIMED)));
    }
    println!(
        "\n| compression | set | who | instructions a byte | ns an event | MB/s | times slower than ours |"
    );
    println!("|---|---|---|---:|---:|---:|---:|");
    let rows = rows();
    // Those who inflate the same messages are timed in turn.
    for (at, same) in rows.chunks(WHO.len()).enumerate() {
        let times = times(same);
        let ours = times[0].1;
        for (index, (row, (stage, time))) in same.iter().zip(times).enumerate() {
            let number = (at * WHO.len() + index).to_string();
            let (_, bytes, instructions) = count(&["one", &number, &COUNTED.to_string()])?;
            let nanos = time.as_nanos() as f64;
            println!(
                "| {} | {} | {} | {:.2} | {:.0} | {:.0} | {:.2} |",
                row.compression,
                row.set,
                row.who,
                instructions / bytes,
                nanos / stage.events as f64,
                stage.bytes as f64 * 1_000.0 / nanos,
                nanos / ours.as_nanos() as f64,
            );
        }
    }
    Ok(())
}

/// Times rows in turn, several times, and returns the medians.
fn times(rows: &[Row]) -> Vec<(Stage, Duration)> {
    let mut stages: Vec<(Stage, Vec<Duration>)> =
        rows.iter().map(|row| (prepare(row, TIMED), Vec::new())).collect();
    for _ in 0..=ROUNDS {
        for (stage, times) in &mut stages {
            times.push(time(&mut stage.run));
        }
    }
    stages.into_iter().map(|(stage, times)| (stage, median(times))).collect()
}
