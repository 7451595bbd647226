//! A fleet of shards: tells what becomes of each; Ctrl-C and SIGTERM park it, and the next start goes on with its sessions.
//!
//! `cargo run -p gatewright-smol --features signal --example smol-fleet` runs eight shards against a simulated gateway on
//! this machine. With `DISCORD_TOKEN` it connects to Discord, with as many as that recommends.

use std::env;
use std::error::Error;
use std::net::TcpListener;

use gatewright_sim::{Loopback, serve};
use gatewright_smol::{
    BotId, Config, DEFAULT_API, Event, Fleet, FleetEvent, Gate, Intents, Options, Shards,
    StateFolder, discover,
};

/// How many shards the simulated bot has.
const SHARDS: u32 = 8;

/// Asks Discord for how many shards, and how many Identifies the day has left.
async fn of_discord(token: String) -> Result<Fleet, Box<dyn Error>> {
    let found = discover(DEFAULT_API, &token, None).await?;
    let shards = Shards::all(found.shards)?;
    let gate = Gate::for_bot(BotId::of_token(&token), found.session_start_limit, &shards);
    let options = Options::default().gate(gate).state(StateFolder::default());
    let config = Config::new(token, Intents::unprivileged()).gateway(found.url);
    Ok(Fleet::new(config, shards, options))
}

/// Starts a simulated gateway that lets all shards identify at once.
fn simulated() -> Result<(Loopback, Fleet), Box<dyn Error>> {
    let usual = gatewright_sim::Options::default();
    let options = gatewright_sim::Options { guilds: 40, max_concurrency: SHARDS, ..usual };
    let server = serve(TcpListener::bind("127.0.0.1:0")?, options)?;
    let config = Config::new("simulated", Intents::DOCUMENTED).gateway(server.url());
    let at_once = usize::try_from(SHARDS)?;
    let options = Options::default().gate(Gate::new(at_once, at_once));
    let fleet = Fleet::new(config, Shards::all(SHARDS)?, options);
    Ok((server, fleet))
}

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (_server, fleet) = match env::var("DISCORD_TOKEN") {
        Ok(token) => (None, of_discord(token).await?),
        Err(_) => simulated().map(|(server, fleet)| (Some(server), fleet))?,
    };
    let mut events = fleet.start().await?;
    let parked = fleet.clone();
    smol::spawn(async move {
        match parked.park_on_signal().await {
            Ok(sessions) => println!("{} sessions are parked", sessions.len()),
            Err(error) => eprintln!("no signal parks the fleet: {error}"),
        }
    })
    .detach();
    while let Some(told) = events.next().await {
        match told {
            FleetEvent::Event(shard, event) => match event.event() {
                // Here the bot does its work.
                Event::Dispatch(_) => {}
                Event::Disconnected(lost) => println!("{shard}: disconnected, {}", lost.cause),
                event => println!("{shard}: {}", event.kind()),
            },
            FleetEvent::Over(shard, stop) => println!("{shard}: over, {stop}"),
        }
    }
    let metrics = fleet.metrics();
    println!("{} events of {} shards", metrics.dispatches, metrics.shards);
    Ok(())
}
