//! Measures the cache beside twilight's.
//!
//! `cache` measures all and prints tables in Markdown; `cache memory`, `cache speed`, `cache shared` and `cache session`
//! a part of it.
//! `one SIDE WHAT [TABLE]` runs one thing once, which is what callgrind watches; `session SIDE` a whole session.

mod report;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use gatewright_bench_cache::check::check;
use gatewright_bench_cache::ours::Ours;
use gatewright_bench_cache::session::{self, EVENTS, GUILDS};
use gatewright_bench_cache::shared::Sharing;
use gatewright_bench_cache::side::{Kept, Side, Table};
use gatewright_bench_cache::speed::{self, COUNTED, Stage};
use gatewright_bench_cache::twilight::Twilight;
use gatewright_bench_harness::count;
use gatewright_sim::World;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["cache"] => report::all(),
        ["cache", "memory"] => report::memory(),
        ["cache", "speed"] => report::speed(),
        ["cache", "shared"] => report::shared(),
        ["cache", "session"] => report::session(),
        ["one", "gatewright", ref what @ ..] => one::<Ours>(what),
        ["one", "twilight", ref what @ ..] => one::<Twilight>(what),
        ["one", "alone", what] => run(&mut Sharing::new(what, false, COUNTED.events)),
        ["one", "shared", what] => run(&mut Sharing::new(what, true, COUNTED.events)),
        ["session", "gatewright"] => whole::<Ours>(),
        ["session", "twilight"] => whole::<Twilight>(),
        _ => bail!("expected `cache`, `one SIDE WHAT [TABLE]` or `session SIDE`"),
    }
}

/// Runs one thing once.
fn one<S: Side>(what: &[&str]) -> Result<()> {
    let mut stage: Box<dyn Stage> = match what {
        [what] => speed::of_events::<S>(what, COUNTED),
        [what, table] => {
            let table = Table::of(table).context("no such table")?;
            speed::of_rows(what, table, &speed::fill::<S>(COUNTED))
        }
        _ => bail!("expected what to run"),
    };
    run(&mut *stage)
}

fn run(stage: &mut dyn Stage) -> Result<()> {
    stage.ready();
    count::cg_roi(&mut || stage.run());
    let (rows, bytes) = stage.size();
    println!("{rows} {bytes}");
    Ok(())
}

/// Runs a whole session, times it, and compares what was stored with what was told.
fn whole<S: Side>() -> Result<()> {
    let mut world = World::new(7, GUILDS);
    let mut side = S::new(Kept::ALL);
    let mut sum = Sum::default();
    session::guilds(&mut side, &world, &mut |count, bytes, take| sum.add(count, bytes, take));
    sum.print("GUILD_CREATE");
    let mut sum = Sum::default();
    let mut around = |count, bytes, take: &mut dyn FnMut()| sum.add(count, bytes, take);
    let messages = session::events(&mut side, &mut world, EVENTS, None, &mut around);
    sum.print("steady");
    for (table, checked) in check(&side, &world, &messages) {
        println!(
            "{}\t{}\t{}\t{}\t{:?}\t{:?}",
            table.name(),
            checked.rows,
            checked.missing,
            checked.fields,
            checked.wrong,
            checked.not_kept
        );
    }
    Ok(())
}

/// What documents took together.
#[derive(Default)]
struct Sum {
    count: u64,
    bytes: u64,
    time: Duration,
}

impl Sum {
    fn add(&mut self, count: u64, bytes: u64, take: &mut dyn FnMut()) {
        self.time += count::time(take);
        self.count += count;
        self.bytes += bytes;
    }

    fn print(&self, name: &str) {
        println!("{name}\t{}\t{}\t{}", self.count, self.bytes, self.time.as_nanos());
    }
}
