//! Serves the metrics of a fleet to Prometheus, shard by shard, at `http://127.0.0.1:9000/metrics`, until Ctrl-C.
//!
//! `cargo run -p gatewright-tokio --features metrics --example tokio-metrics` runs against a simulated gateway on this
//! machine, in which a connection is lost now and then; `GATEWAY_URL` names another gateway, as in
//! `ws://127.0.0.1:8765`, where `gatewright simulate` listens. With `DISCORD_TOKEN` and no `GATEWAY_URL` it connects to
//! Discord. `SHARDS` says how many there are, two unless set; `METRICS_ADDR` where else to serve. `docs/grafana/gatewright.json` is a dashboard for it.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::io;
use std::net::TcpListener as Listener;
use std::time::Duration;

use gatewright_sim::{Fault, Loopback, serve};
use gatewright_tokio::cache::{Cache, Heap, Settings};
use gatewright_tokio::{
    Config, Fleet, FleetEvent, Gate, Intents, Options, Publisher, ShardId, Shards,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{interval, timeout};

/// How often metrics are published.
const EVERY: Duration = Duration::from_secs(1);
/// How often the simulated gateway drops the connection.
const DROP_EVERY: Duration = Duration::from_secs(15);
/// How often the simulated gateway wants to hear a heartbeat.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long a client may take for its request.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest line of a request.
const MAX_LINE: u64 = 4096;

/// Starts a simulated gateway in which some things happen.
fn simulate(shards: u32) -> io::Result<Loopback> {
    let options = gatewright_sim::Options {
        rate: 20,
        max_concurrency: shards,
        heartbeat_interval: HEARTBEAT,
        ..gatewright_sim::Options::default()
    };
    serve(Listener::bind("127.0.0.1:0")?, options)
}

/// Answers a request with the metrics, whatever it asks for.
async fn answer(mut stream: TcpStream, rendered: String) -> io::Result<()> {
    let mut lines = BufReader::new(tokio::io::AsyncReadExt::take(&mut stream, MAX_LINE)).lines();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{rendered}", rendered.len());
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

async fn listen(listener: TcpListener, prometheus: PrometheusHandle) {
    while let Ok((stream, _)) = listener.accept().await {
        let rendered = prometheus.render();
        tokio::spawn(timeout(PATIENCE, answer(stream, rendered)));
    }
}

/// Takes the events into a cache for each shard, and publishes what is counted.
async fn run(fleet: &Fleet, sim: Option<&Loopback>) -> Result<(), Box<dyn Error>> {
    let mut caches: BTreeMap<ShardId, Cache<Heap>> = BTreeMap::new();
    let mut publishers: Vec<_> = fleet
        .handles()
        .into_iter()
        .map(|shard| (Publisher::new(shard.shard_id()), shard))
        .collect();
    let (mut publish, mut drop) = (interval(EVERY), interval(DROP_EVERY));
    drop.tick().await;
    let mut events = fleet.start().await?;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(FleetEvent::Event(shard, event)) => {
                    let cache = caches.entry(shard).or_insert_with(|| Cache::new(Settings::default()));
                    cache.hear(&event.event(), &mut ());
                }
                Some(FleetEvent::Over(shard, stop)) => eprintln!("{shard}: over, {stop}"),
                None => return Ok(()),
            },
            _ = publish.tick() => for (publisher, shard) in &mut publishers {
                let Some(mut metrics) = shard.metrics() else { continue };
                if let Some(cache) = caches.get(&shard.shard_id()) {
                    metrics.cache = cache.metrics();
                }
                publisher.publish(&metrics);
            },
            _ = drop.tick() => if let Some(sim) = sim { sim.inject(Fault::Drop); },
            result = tokio::signal::ctrl_c() => {
                result?;
                fleet.close().await;
                return Ok(());
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (url, token) = (env::var("GATEWAY_URL").ok(), env::var("DISCORD_TOKEN").ok());
    let shards = env::var("SHARDS").map_or(Ok(2), |count| count.parse())?;
    let sim = if url.is_none() && token.is_none() { Some(simulate(shards)?) } else { None };
    let intents = if token.is_some() { Intents::unprivileged() } else { Intents::DOCUMENTED };
    let mut config = Config::new(token.unwrap_or_else(|| "simulated".to_owned()), intents);
    let mut options = Options::default();
    if let Some(url) = url.or_else(|| sim.as_ref().map(Loopback::url)) {
        config = config.gateway(url);
    }
    if sim.is_some() {
        let at_once = usize::try_from(shards)?;
        options = options.gate(Gate::new(at_once, at_once));
    }
    let address = env::var("METRICS_ADDR").unwrap_or_else(|_| "127.0.0.1:9000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("http://{}/metrics", listener.local_addr()?);
    tokio::spawn(listen(listener, PrometheusBuilder::new().install_recorder()?));
    run(&Fleet::new(config, Shards::all(shards)?, options), sim.as_ref()).await
}
