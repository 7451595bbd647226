//! Serves the metrics of a shard to Prometheus, at `http://127.0.0.1:9000/metrics`, until Ctrl-C.
//!
//! `cargo run -p gatewright-tokio --features metrics --example tokio-metrics` runs against a simulated gateway on this
//! machine, in which a connection is lost now and then; `GATEWAY_URL` names another gateway, as in
//! `ws://127.0.0.1:8765`, where `gatewright simulate` listens. With `DISCORD_TOKEN` and no `GATEWAY_URL` it connects to
//! Discord. `METRICS_ADDR` says where else to serve. `docs/grafana/gatewright.json` is a dashboard for it.

use std::env;
use std::error::Error;
use std::io;
use std::net::TcpListener as Listener;
use std::time::Duration;

use gatewright_sim::{Fault, Loopback, serve};
use gatewright_tokio::cache::{Cache, Heap, Settings};
use gatewright_tokio::{Config, Intents, Options, Publisher, ShardHandle};
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
fn simulate() -> io::Result<Loopback> {
    let options = gatewright_sim::Options {
        rate: 20,
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

/// Takes the events into a cache, and publishes what is counted.
async fn run(shard: &ShardHandle, sim: Option<&Loopback>) -> Result<(), Box<dyn Error>> {
    let mut cache: Cache<Heap> = Cache::new(Settings::default());
    let mut publisher = Publisher::new(shard.shard_id());
    let (mut publish, mut drop) = (interval(EVERY), interval(DROP_EVERY));
    drop.tick().await;
    let mut events = shard.start().await?;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => { cache.hear(&event.event(), &mut ()); }
                None => return Ok(()),
            },
            _ = publish.tick() => if let Some(mut metrics) = shard.metrics() {
                metrics.cache = cache.metrics();
                publisher.publish(&metrics);
            },
            _ = drop.tick() => if let Some(sim) = sim { sim.inject(Fault::Drop); },
            result = tokio::signal::ctrl_c() => {
                result?;
                shard.close().await;
                return Ok(());
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (url, token) = (env::var("GATEWAY_URL").ok(), env::var("DISCORD_TOKEN").ok());
    let sim = if url.is_none() && token.is_none() { Some(simulate()?) } else { None };
    let intents = if token.is_some() { Intents::unprivileged() } else { Intents::DOCUMENTED };
    let mut config = Config::new(token.unwrap_or_else(|| "simulated".to_owned()), intents);
    if let Some(url) = url.or_else(|| sim.as_ref().map(Loopback::url)) {
        config = config.gateway(url);
    }
    let address = env::var("METRICS_ADDR").unwrap_or_else(|_| "127.0.0.1:9000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("http://{}/metrics", listener.local_addr()?);
    tokio::spawn(listen(listener, PrometheusBuilder::new().install_recorder()?));
    run(&ShardHandle::new(config, Options::default()), sim.as_ref()).await
}
