//! A consumer that sleeps for minutes while the gateway sends at full load: what happens to heartbeats, memory and events.
//!
//! `cargo run --release -p gatewright-tests --example slow_consumer -- [SECONDS [EVENTS_A_SECOND]]`
//!
//! The gateway is simulated by a process of its own. Every five seconds a line tells the memory of this process
//! (on Linux), the state of the shard and its heartbeats; at the end it is judged whether a sequence number is
//! missing, and what the gateway has to complain of.
#![expect(clippy::disallowed_methods, reason = "it measures a real span of time")]

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gatewright_core::{Config, Event, Intents};
use gatewright_sim as sim;
use gatewright_tokio::{Events, Options, ShardHandle};

const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long events are taken before the consumer sleeps.
const AWAKE: Duration = Duration::from_secs(5);

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "serve") {
        return serve(args[1].parse()?);
    }
    let seconds = args.first().map_or(Ok(180), |arg| arg.parse())?;
    let rate = args.get(1).map_or("2000", String::as_str);
    let mut gateway = Command::new(env::current_exe()?)
        .args(["serve", rate])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut told = BufReader::new(gateway.stdout.take().ok_or("no output")?);
    let mut url = String::new();
    told.read_line(&mut url)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let done = runtime.block_on(watch(url.trim(), Duration::from_secs(seconds)));
    drop(gateway.stdin.take());
    let mut complaints = String::new();
    told.read_to_string(&mut complaints)?;
    gateway.wait()?;
    print!("{complaints}");
    done
}

/// Serves a simulated gateway until nobody holds the other end of the input.
fn serve(rate: u32) -> Outcome {
    let options = sim::Options {
        rate,
        heartbeat_interval: HEARTBEAT,
        replay_capacity: 10_000_000,
        ..sim::Options::default()
    };
    let gateway = sim::serve(TcpListener::bind("127.0.0.1:0")?, options)?;
    println!("{}", gateway.url());
    io::stdin().read_to_end(&mut Vec::new())?;
    let sim::Stats { heartbeats, complaints, identifies, resumes, dispatches, .. } =
        gateway.stats();
    println!(
        "the gateway: {dispatches} dispatches, {heartbeats} heartbeats, {identifies} Identifies, {resumes} Resumes, {complaints} complaints"
    );
    Ok(())
}

async fn watch(url: &str, sleep: Duration) -> Outcome {
    let config = Config::new("simulated", Intents::DOCUMENTED).gateway(url.to_owned());
    let shard = ShardHandle::new(config, Options::default());
    let mut events = shard.start().await?;
    let mut seqs = Seqs::default();
    let begun = Instant::now();
    seqs.take(&mut events, |_| begun.elapsed() >= AWAKE).await;
    tell(&shard, "awake ", &seqs);
    let asleep = Instant::now();
    while asleep.elapsed() < sleep {
        tokio::time::sleep(Duration::from_secs(5)).await;
        tell(&shard, "asleep", &seqs);
    }
    // What was there when it woke up, and a little more.
    let (woken, mut told) = (Instant::now(), Instant::now());
    let caught_up = shard.status().map_or(0, |status| status.received_seq) + 1;
    while seqs.last < caught_up || woken.elapsed() < AWAKE {
        seqs.take(&mut events, |_| told.elapsed() >= AWAKE).await;
        tell(&shard, "awake ", &seqs);
        told = Instant::now();
    }
    shard.close().await;
    println!(
        "{} events up to {}: {} missing, {} twice",
        seqs.taken, seqs.last, seqs.missing, seqs.twice
    );
    if seqs.missing + seqs.twice == 0 { Ok(()) } else { Err("not every event came once".into()) }
}

/// Sequence numbers as they come.
#[derive(Default)]
struct Seqs {
    last: u64,
    taken: u64,
    missing: u64,
    twice: u64,
}

impl Seqs {
    /// Takes events until enough came, or the shard is over.
    async fn take(&mut self, events: &mut Events, is_enough: impl Fn(&Self) -> bool) {
        while !is_enough(self)
            && let Some(event) = events.next().await
        {
            let Event::Dispatch(dispatch) = event.event() else { continue };
            let Some(seq) = dispatch.seq() else { continue };
            self.taken += 1;
            self.missing += seq.saturating_sub(self.last + 1);
            self.twice += u64::from(seq <= self.last);
            self.last = self.last.max(seq);
        }
    }
}

fn tell(shard: &ShardHandle, what: &str, seqs: &Seqs) {
    let Some(status) = shard.status() else { return };
    let counters = status.counters;
    println!(
        "{what}  {:>7} kB  {}  taken up to {}, received up to {}, {} heartbeats, {} connections, latency {:?}",
        resident(),
        status.phase,
        seqs.last,
        status.received_seq,
        counters.heartbeats,
        counters.dials,
        status.latency,
    );
}

/// Returns the resident memory of this process in kB; 0 where that is not told.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
