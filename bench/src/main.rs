//! Measures the layers of gatewright beside other libraries that do the same.
//!
//! `layers` measures every row: instructions with callgrind, times interleaved; it prints a table in
//! Markdown. `one N EVENTS` runs row N once, which is what callgrind watches.

mod shards;
mod stages;

use std::time::Duration;

use anyhow::{Context, Result};
use gatewright_bench_harness::count::{cg_roi, count, median, time};
use gatewright_bench_harness::traffic;
use gatewright_core::Encoding;
use stages::{Row, Stage};

/// How many events of the mix are counted by callgrind, and how many are timed.
const COUNTED: u64 = 1_000;
const TIMED: u64 = 5_000;
/// How often each row is timed; the median counts.
const ROUNDS: usize = 7;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["one", row, events] => one(row.parse()?, events.parse()?),
        ["layers"] => layers(None),
        ["layers", layer] => layers(Some(layer)),
        _ => anyhow::bail!("expected `layers [LAYER]` or `one ROW EVENTS`"),
    }
}

fn one(row: usize, events: u64) -> Result<()> {
    let rows = stages::rows();
    let row = rows.get(row).context("no such row")?;
    let mut stage = stages::prepare(row, events);
    cg_roi(&mut stage.run);
    println!("{} {}", stage.events, stage.bytes);
    Ok(())
}

fn layers(only: Option<&str>) -> Result<()> {
    let all = stages::rows();
    let rows: Vec<(usize, Row)> = all
        .into_iter()
        .enumerate()
        .filter(|(_, row)| only.is_none_or(|only| only == row.layer))
        .collect();
    for (set, encoding) in
        [("steady", Encoding::Json), ("steady", Encoding::Etf), ("GUILD_CREATE", Encoding::Json)]
    {
        println!(
            "* {set} in {encoding}: {}",
            traffic::describe(&traffic::set(set, encoding, TIMED))
        );
    }
    let times = times(&rows);
    println!(
        "\n| layer | who | set | encoding | instructions an event | a byte | ns an event | MB/s |"
    );
    println!("|---|---|---|---|---:|---:|---:|---:|");
    for ((index, row), (stage, time)) in rows.iter().zip(times) {
        let counted = ["one", &index.to_string(), &COUNTED.to_string()];
        let (events, bytes, instructions) = count(&counted)?;
        let nanos = time.as_nanos() as f64;
        println!(
            "| {} | {} | {} | {} | {:.0} | {:.2} | {:.0} | {:.0} |",
            row.layer,
            row.who,
            row.set,
            row.encoding,
            instructions / events,
            instructions / bytes,
            nanos / stage.events as f64,
            stage.bytes as f64 * 1_000.0 / nanos,
        );
    }
    Ok(())
}

/// Times all rows in turn, several times, and returns the medians.
fn times(rows: &[(usize, Row)]) -> Vec<(Stage, Duration)> {
    let mut stages: Vec<(Stage, Vec<Duration>)> =
        rows.iter().map(|(_, row)| (stages::prepare(row, TIMED), Vec::new())).collect();
    for round in 0..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        for (stage, times) in &mut stages {
            times.push(time(&mut stage.run));
        }
    }
    stages.into_iter().map(|(stage, times)| (stage, median(times))).collect()
}
