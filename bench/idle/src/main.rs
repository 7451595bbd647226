//! Measures what connected shards take that have nothing to do: heap, memory of the process, and CPU time.
//!
//! `idle [SHARDS]` runs each client in a process of its own against a simulated gateway in another one, and prints a
//! table in Markdown; 200 shards unless said. zlib-stream, JSON, `ws://`: TLS is rustls's on either side.
//! The heap is what Rust's allocator was asked for and did not get back.

mod clients;

use std::alloc::System;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;
use gatewright_sim::{Options, serve};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How long nothing happens while CPU time is measured: the heartbeats of the default interval are among it.
const IDLE: Duration = Duration::from_secs(45);
const CLIENTS: [&str; 3] = ["gatewright-tokio", "gatewright-smol", "twilight-gateway"];
/// The guilds a shard has, and whether each is of about 1 MB.
const WORLDS: [(&str, bool); 2] = [("small guilds", false), ("one GUILD_CREATE of 1 MB", true)];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => table(200),
        ["serve", shards, large] => server(shards.parse()?, large.parse()?),
        ["client", client, url, shards] => run(client, url, shards.parse()?),
        [shards] => table(shards.parse()?),
        _ => bail!("expected `[SHARDS]`"),
    }
}

/// Serves until its input ends.
fn server(shards: u32, large: bool) -> Result<()> {
    let (guilds, large_guilds) = if large { (0, shards) } else { (shards, 0) };
    let options = Options {
        rate: 0,
        guilds,
        members: 20,
        large_guilds,
        max_concurrency: shards,
        ..Options::default()
    };
    let server = serve(TcpListener::bind("127.0.0.1:0")?, options)?;
    println!("{}", server.url());
    std::io::stdin().lines().for_each(drop);
    Ok(())
}

/// What a process has at some time.
#[derive(Clone, Copy)]
struct Taken {
    heap: i64,
    resident: i64,
}

impl Taken {
    fn now() -> Result<Self> {
        let stats = ALLOCATOR.stats();
        // Of what was reallocated the difference is told, with its sign.
        let heap = stats.bytes_allocated as i64 - stats.bytes_deallocated as i64;
        let pages = std::fs::read_to_string("/proc/self/statm").context("statm")?;
        let pages: i64 = pages.split(' ').nth(1).context("statm")?.parse()?;
        Ok(Self { heap, resident: pages * 4096 })
    }
}

/// Connects so many shards, and prints what each takes.
fn run(client: &str, url: &str, shards: u32) -> Result<()> {
    let before = Taken::now()?;
    let idle = |live: u32| -> Result<()> {
        anyhow::ensure!(live == shards, "{live} of {shards} are live");
        let after = Taken::now()?;
        let of_one = |bytes: i64| bytes / i64::from(shards);
        println!(
            "{} {}",
            of_one(after.heap - before.heap),
            of_one(after.resident - before.resident)
        );
        Ok(())
    };
    let mut cpu = None;
    let mut busy = || match cpu.take() {
        None => cpu = Some(ProcessTime::now()),
        Some(since) => println!("{}", since.elapsed().as_micros() / u128::from(shards)),
    };
    match client {
        "gatewright-tokio" => clients::tokio(url, shards, IDLE, &idle, &mut busy),
        "gatewright-smol" => clients::smol(url, shards, IDLE, &idle, &mut busy),
        "twilight-gateway" => clients::twilight(url, shards, IDLE, &idle, &mut busy),
        _ => bail!("no client is called {client}"),
    }
}

/// A row of the table: bytes of heap and of memory, and microseconds of CPU time, each of one shard.
struct Row {
    heap: i64,
    resident: i64,
    busy: i64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { heap, resident, busy } = self;
        write!(f, "{:.1} | {:.1} | {busy}", *heap as f64 / 1e3, *resident as f64 / 1e3)
    }
}

fn table(shards: u32) -> Result<()> {
    println!(
        "| {shards} shards with | client | heap, kB | resident, kB | CPU in {} s, µs |",
        IDLE.as_secs()
    );
    println!("|---|---|---:|---:|---:|");
    for (world, large) in WORLDS {
        for client in CLIENTS {
            println!("| {world} | {client} | {} |", measure(client, shards, large)?);
        }
    }
    Ok(())
}

/// Ends a process with its scope.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn measure(client: &str, shards: u32, large: bool) -> Result<Row> {
    let this = std::env::current_exe()?;
    let (shards, large) = (shards.to_string(), large.to_string());
    let mut server = Command::new(&this);
    server.args(["serve", &shards, &large]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = Ended(server.spawn()?);
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().context("its output")?).read_line(&mut url)?;
    let output = Command::new(&this).args(["client", client, url.trim(), &shards]).output()?;
    std::io::stderr().write_all(&output.stderr)?;
    let numbers = String::from_utf8(output.stdout)?;
    let numbers: Vec<i64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [heap, resident, busy] = numbers[..] else { bail!("{client} did not come to its end") };
    Ok(Row { heap, resident, busy })
}
