//! Measures what connected shards take that have nothing to do: heap, memory of the process, and CPU time.
//!
//! `idle [SHARDS]` runs each client in a process of its own against a simulated gateway in another one, and prints a
//! table in Markdown; 200 shards unless said. JSON; zlib-stream, or zstd-stream where it was compiled with that feature.
//! The heap is what Rust's allocator was asked for and did not get back; what `malloc` has in use is more: what C asked
//! for, as zstd does, and what it adds to each block.

mod clients;
mod secure;

use std::alloc::System;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;
use gatewright_sim::{Options, serve};
use gatewright_tests::tls::Front;
use malloc_info::info::{SystemType, TotalType};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How long nothing happens while CPU time is measured: the heartbeats of the default interval are among it.
const IDLE: Duration = Duration::from_secs(45);
const CLIENTS: [&str; 3] = ["gatewright-tokio", "gatewright-smol", "twilight-gateway"];
/// What shards have: guilds of about 1 MB or small ones, and TLS or not.
const WORLDS: [(&str, bool, bool); 4] = [
    ("small guilds", false, false),
    ("one GUILD_CREATE of 1 MB", true, false),
    ("small guilds, TLS", false, true),
    ("one GUILD_CREATE of 1 MB, TLS", true, true),
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => table(200),
        ["serve", shards, large, root] => server(shards.parse()?, large.parse()?, root),
        ["client", client, url, shards] => run(client, url, shards.parse()?),
        [shards] => table(shards.parse()?),
        _ => bail!("expected `[SHARDS]`"),
    }
}

/// Serves until its input ends, over TLS if there is a file to write the certificate to.
fn server(shards: u32, large: bool, root: &str) -> Result<()> {
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
    let mut front = None;
    let url = if root.is_empty() {
        server.url()
    } else {
        let door = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("wss://localhost:{}", door.local_addr()?.port());
        secure::write(Path::new(root), front.insert(Front::new(door, server.addr())?).root())?;
        url
    };
    println!("{url}");
    std::io::stdin().lines().for_each(drop);
    Ok(())
}

/// What a process has at some time.
#[derive(Clone, Copy)]
struct Taken {
    heap: i64,
    malloc: i64,
    resident: i64,
}

impl Taken {
    fn now() -> Result<Self> {
        let stats = ALLOCATOR.stats();
        // Of what was reallocated the difference is told, with its sign.
        let heap = stats.bytes_allocated as i64 - stats.bytes_deallocated as i64;
        let pages = std::fs::read_to_string("/proc/self/statm").context("statm")?;
        let pages: i64 = pages.split(' ').nth(1).context("statm")?.parse()?;
        Ok(Self { heap, malloc: malloc_in_use()?, resident: pages * 4096 })
    }
}

/// Returns the bytes of all blocks in use, of Rust and of C.
fn malloc_in_use() -> Result<i64> {
    let info = malloc_info::malloc_info()?;
    let mut bytes = 0;
    for part in &info.system {
        if matches!(part.r#type, SystemType::Current) {
            bytes += i64::try_from(part.size)?;
        }
    }
    for part in &info.total {
        let size = i64::try_from(part.size)?;
        match part.r#type {
            TotalType::Fast | TotalType::Rest => bytes -= size,
            TotalType::Mmap => bytes += size,
            TotalType::Other => {}
        }
    }
    Ok(bytes)
}

/// Connects so many shards, and prints what each takes.
fn run(client: &str, url: &str, shards: u32) -> Result<()> {
    let before = Taken::now()?;
    let idle = |live: u32| -> Result<()> {
        anyhow::ensure!(live == shards, "{live} of {shards} are live");
        let after = Taken::now()?;
        let of_one = |bytes: i64| bytes / i64::from(shards);
        println!(
            "{} {} {}",
            of_one(after.heap - before.heap),
            of_one(after.malloc - before.malloc),
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
    malloc: i64,
    resident: i64,
    busy: i64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { heap, malloc, resident, busy } = self;
        let [heap, malloc, resident] = [heap, malloc, resident].map(|bytes| *bytes as f64 / 1e3);
        write!(f, "{heap:.1} | {malloc:.1} | {resident:.1} | {busy}")
    }
}

fn table(shards: u32) -> Result<()> {
    println!(
        "| {shards} shards, {} | client | heap, kB | malloc, kB | resident, kB | CPU in {} s, µs |",
        clients::COMPRESSION,
        IDLE.as_secs()
    );
    println!("|---|---|---:|---:|---:|---:|");
    for (world, large, tls) in WORLDS {
        for client in CLIENTS {
            println!("| {world} | {client} | {} |", measure(client, shards, large, tls)?);
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

fn measure(client: &str, shards: u32, large: bool, tls: bool) -> Result<Row> {
    let this = std::env::current_exe()?;
    let (shards, large) = (shards.to_string(), large.to_string());
    let file = tempfile::NamedTempFile::new()?;
    let root = if tls { file.path().to_str().context("a path that is no text")? } else { "" };
    let mut server = Command::new(&this);
    server.args(["serve", &shards, &large, root]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = Ended(server.spawn()?);
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().context("its output")?).read_line(&mut url)?;
    let mut command = Command::new(&this);
    command.args(["client", client, url.trim(), &shards]);
    // Whoever started this may have set it for programs of their own.
    command.env_remove(secure::ROOTS);
    if tls {
        command.env(secure::ROOTS, root);
    }
    let output = command.output()?;
    std::io::stderr().write_all(&output.stderr)?;
    let numbers = String::from_utf8(output.stdout)?;
    let numbers: Vec<i64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [heap, malloc, resident, busy] = numbers[..] else {
        bail!("{client} did not come to its end")
    };
    Ok(Row { heap, malloc, resident, busy })
}
