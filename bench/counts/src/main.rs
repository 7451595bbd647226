//! Counts the instructions of each layer with callgrind, and compares them with the committed figures.
//!
//! `check` fails if a layer takes over a tenth more than `COUNTS.md` says; `bless` writes that file anew. Both are
//! over a small fixed input, and count only within the layer, so that two runs of one build agree to a hair.
//! `growth [PLOT]` measures events and look-ups beside ever more guilds and members. `one LAYER` and `grown WHAT FOLDER` run
//! something once, which is what callgrind watches.

mod growth;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use gatewright_bench_counts::layers::{self, Layer, Stage};
use gatewright_bench_harness::count::{cg_roi, count};

/// How many events of daily life are counted.
const EVENTS: u64 = 1_000;
/// How much more a layer may take, in percent.
const MOST: f64 = 10.0;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["one", layer] => one(layer.parse()?),
        ["growth"] => growth::all(None),
        ["growth", plot] => growth::all(Some(Path::new(plot))),
        ["grown", what, folder] => run(&mut *growth::prepare(what, Path::new(folder))?),
        ["check"] => check(),
        ["bless"] => bless(),
        _ => bail!("expected `check`, `bless` or `growth [PLOT]`"),
    }
}

fn one(layer: usize) -> Result<()> {
    let layers = layers::layers();
    run(&mut *layers::prepare(layers.get(layer).context("no such layer")?, EVENTS))
}

fn run(stage: &mut dyn Stage) -> Result<()> {
    stage.ready();
    cg_roi(&mut || stage.run());
    println!("{} 0", stage.size());
    Ok(())
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("COUNTS.md")
}

/// Returns the first cells of a layer's row.
fn row(layer: &Layer) -> String {
    format!("| {} | {} | {} |", layer.what, layer.set, layer.encoding)
}

/// Counts the instructions an event of each layer, told as they come.
fn counted() -> Result<Vec<(String, f64)>> {
    let one = |(at, layer)| {
        let (events, _, instructions) = count(&["one", &format!("{at}")])?;
        Ok((row(layer), instructions / events))
    };
    layers::layers().iter().enumerate().map(one).collect()
}

fn check() -> Result<()> {
    let text = std::fs::read_to_string(committed()).context("COUNTS.md")?;
    let known = |row: &str| -> Result<f64> {
        let rest = text.lines().find_map(|line| line.strip_prefix(row));
        let cell = rest.with_context(|| format!("no figure is committed for {row}"))?;
        Ok(cell.trim_matches(['|', ' ']).parse()?)
    };
    let mut grown = 0;
    for (row, instructions) in counted()? {
        let known = known(&row)?;
        let percent = (instructions / known - 1.0) * 100.0;
        let verdict = match percent {
            over if over > MOST => "TOO MUCH",
            under if under < -MOST => "less: `bless` keeps it so",
            _ => "",
        };
        grown += u32::from(percent > MOST);
        println!("{row} {known:.0} | {instructions:.0} | {percent:+.1} % {verdict}");
    }
    ensure!(grown == 0, "{grown} layers take over {MOST} % more instructions than COUNTS.md says");
    Ok(())
}

fn bless() -> Result<()> {
    let mut text = String::from(
        "# Instructions of each layer\n\nWritten by `gatewright-bench-counts bless`, checked by `gatewright-bench-counts check`: callgrind's count within \
         the layer over 1,000 events of\nthe steady mix, two guilds of 1,000 members, or 10,000 look-ups; x86-64, without flags for the machine.\n\n\
         | layer | of | encoding | instructions an event |\n|---|---|---|---:|\n",
    );
    for (row, instructions) in counted()? {
        writeln!(text, "{row} {instructions:.0} |")?;
    }
    std::fs::write(committed(), text).context("COUNTS.md")
}
