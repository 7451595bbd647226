//! Counts the bytes a cache takes, with an allocator that does. A program of its own: counting takes time.
//!
//! `rows SIDE` loads a session kind by kind, `session SIDE` all of it; both print a line for each step: its name, rows,
//! bytes, allocations, and what the cache itself says of its memory.

use std::alloc::System;

use anyhow::{Result, bail};
use gatewright_bench_cache::ours::Ours;
use gatewright_bench_cache::session::{self, EVENTS, GUILDS};
use gatewright_bench_cache::side::{Kept, Side, Table};
use gatewright_bench_cache::twilight::Twilight;
use gatewright_sim::World;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What lives on the heap: bytes and allocations.
#[derive(Clone, Copy, Default)]
struct Live {
    bytes: i64,
    allocations: i64,
}

impl Live {
    /// Adds what something leaves on the heap.
    fn add(&mut self, run: &mut dyn FnMut()) {
        let region = Region::new(ALLOCATOR);
        run();
        let change = region.change();
        self.bytes += change.bytes_allocated as i64 - change.bytes_deallocated as i64;
        self.allocations += change.allocations as i64 - change.deallocations as i64;
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["rows", "gatewright"] => rows::<Ours>(),
        ["rows", "twilight"] => rows::<Twilight>(),
        ["session", "gatewright"] => whole::<Ours>(),
        ["session", "twilight"] => whole::<Twilight>(),
        _ => bail!("expected `rows` or `session`, and `gatewright` or `twilight`"),
    }
    Ok(())
}

/// Creates a cache and counts what it takes when it is empty.
fn create<S: Side>(kept: Kept) -> (S, Live) {
    let (mut side, mut live) = (None, Live::default());
    live.add(&mut || side = Some(S::new(kept)));
    (side.expect("created"), live)
}

/// Loads the same stream with one table more each time.
fn rows<S: Side>() {
    let (side, live) = create::<S>(Kept::NOTHING);
    print("nothing", &side, None, live);
    let (world, mut kept) = (World::new(7, GUILDS), Kept::NOTHING);
    for table in Table::ALL.into_iter().filter(|table| *table != Table::User) {
        kept = kept.with(table);
        let (mut side, mut live) = create::<S>(kept);
        session::guilds(&mut side, &world, &mut |_, _, take| live.add(take));
        if table == Table::Message {
            let (mut world, only) = (world.clone(), Some("MESSAGE_CREATE"));
            session::events(&mut side, &mut world, EVENTS, only, &mut |_, _, take| live.add(take));
        }
        print(table.name(), &side, Some(table), live);
        let users = (side.len(Table::User), side.bytes(Table::User).unwrap_or(0));
        println!("users\t{}\t{}\t0\t0\t0\t0", users.0, users.1);
    }
}

/// Loads all there is, then lets daily life go on.
fn whole<S: Side>() {
    let mut world = World::new(7, GUILDS);
    let (mut side, mut live) = create::<S>(Kept::ALL);
    session::guilds(&mut side, &world, &mut |_, _, take| live.add(take));
    print("guilds", &side, None, live);
    session::events(&mut side, &mut world, EVENTS, None, &mut |_, _, take| live.add(take));
    print("steady", &side, None, live);
    for table in Table::ALL {
        let bytes = side.bytes(table).unwrap_or(0);
        println!("{}\t{}\t{bytes}\t0\t0\t0\t0", table.name(), side.len(table));
    }
}

fn print(name: &str, side: &impl Side, table: Option<Table>, live: Live) {
    let (own, used) = side.memory().unwrap_or((0, 0));
    let (rows, of_table) =
        table.map_or((0, 0), |table| (side.len(table), side.bytes(table).unwrap_or(0)));
    let Live { bytes, allocations } = live;
    println!("{name}\t{rows}\t{bytes}\t{allocations}\t{own}\t{used}\t{of_table}");
}
