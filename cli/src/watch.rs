//! `gatewright watch`: a session as it happens.

use std::env;
use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Context, bail};
use async_channel::Receiver;
use futures_lite::future;
use gatewright_core::{Config, Event, Intents, Leave, Shards, Stop};
use gatewright_sim::{Fault, Loopback, Options, serve};

use crate::args::{Count, MOST_IN_ALL, WatchArgs, WorldArgs};
use crate::client::{self, Client, Errand, Setup};
use crate::discover::{self, Way};
use crate::fleet;
use crate::lines::{self, escaped};
use crate::pulse::{self, Pulse};
use crate::show::{self, Show};
use crate::story::Story;

/// How long the simulated gateway is watched unless told.
const SIMULATED_SPAN: Duration = Duration::from_secs(15);
/// How much longer than the span a simulated session may take to be live and resumed.
const PATIENCE: Duration = Duration::from_secs(60);
/// The heartbeat interval of the simulated gateway: short, so that latency is seen.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How many seconds of events the simulated gateway keeps for a Resume, at the least.
const SECONDS_KEPT: u32 = 60;
/// How many dials may fail before the first connection.
const DIALS: u32 = 3;

/// Runs the command.
pub(crate) fn run(args: &WatchArgs) -> anyhow::Result<()> {
    let done = watch(args);
    if args.json {
        show::verdict(&done);
    }
    done
}

fn watch(args: &WatchArgs) -> anyhow::Result<()> {
    let token = env::var("DISCORD_TOKEN").ok().filter(|token| !token.is_empty());
    let is_own = args.gateway.is_none() && args.api.is_none() && token.is_none();
    check(args, token.as_deref(), is_own)?;
    let way = if is_own { None } else { Some(discover::way(args, token.as_deref())?) };
    let shards = args.shards.map(|count| shards(count, way.as_ref())).transpose()?;
    let simulated = if is_own { Some(simulate(args.world, shards.as_ref())?) } else { None };
    let url = way.as_ref().and_then(|way| way.url.clone());
    if let (Some(url), Some(_)) = (&url, &token)
        && discover::is_exposed(url, "ws://")
    {
        anstream::eprintln!("gatewright: {url} is not encrypted: others can read the token");
    }
    let intents = args.intents.unwrap_or_else(|| match token {
        Some(_) => Intents::unprivileged(),
        None => Intents::DOCUMENTED,
    });
    let config = Config::new(token.unwrap_or_else(|| "simulated".to_owned()), intents);
    let config = config.shard(args.shard).encoding(args.encoding);
    let url = simulated.as_ref().map(Loopback::url).or(url);
    let place = url.clone().unwrap_or_else(|| gatewright_core::DEFAULT_GATEWAY.to_owned());
    let config = match url {
        Some(url) => config.gateway(url),
        None => config,
    };
    let span = args.span.or_else(|| simulated.is_some().then_some(SIMULATED_SPAN));
    let show = Show::new(args.json);
    let told = way.as_ref().and_then(|way| way.told.clone());
    if let Some(shards) = shards {
        show.begin(&place, simulated.is_some(), args, intents);
        told.iter().for_each(|told| show.note("api", told));
        let at_once = if simulated.is_some() { fleet::AT_ONCE } else { 1 };
        let at_once = usize::try_from(at_once).unwrap_or(1);
        let (pulse, json) = (pulse::start()?, args.json);
        let setup = fleet::Setup {
            config,
            shards: shards.clone(),
            compression: args.compress,
            at_once,
            way,
        };
        let watch = fleet::Watch { simulated, span, json, pulse, place, shards };
        return fleet::run(args.runtime, setup, watch);
    }
    let watch = Watch { simulated, span, show, pulse: pulse::start()?, place, told, args, intents };
    let setup =
        Setup { config, compression: args.compress, recording: args.record.as_deref(), way };
    client::run(args.runtime, setup, watch)
}

/// Checks that the flags fit what is watched.
fn check(args: &WatchArgs, token: Option<&str>, is_own: bool) -> anyhow::Result<()> {
    if is_own && (args.proxy.is_some() || args.budget.is_some() || args.by_hand) {
        bail!(
            "--proxy, --budget and --by-hand are for a gateway: set DISCORD_TOKEN, --gateway or --api"
        );
    }
    if token.is_none()
        && let Some(url) = args.gateway.as_deref().filter(|url| url.starts_with("wss://"))
    {
        bail!("set DISCORD_TOKEN to the bot's token to connect to {url}")
    }
    Ok(())
}

/// Returns the shards of a fleet.
fn shards(count: Count, way: Option<&Way>) -> anyhow::Result<Shards> {
    let suggested = way.and_then(|way| way.shards);
    let count = match (count, suggested) {
        (Count::Given(count), _) | (Count::Suggested, Some(count)) => count,
        (Count::Suggested, None) => {
            bail!("--shards auto needs an API to ask: set DISCORD_TOKEN or --api")
        }
    };
    Shards::all(count).context("--shards cannot be so")
}

/// Starts a simulated gateway on a port of this machine.
fn simulate(world: WorldArgs, shards: Option<&Shards>) -> anyhow::Result<Loopback> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .context("cannot open a port on 127.0.0.1 for the simulated gateway")?;
    let mut options = Options { heartbeat_interval: HEARTBEAT, ..options(world)? };
    if let Some(shards) = shards {
        options.max_concurrency = fleet::AT_ONCE;
        let guilds = shards.count().saturating_mul(fleet::GUILDS).min(fleet::MOST_GUILDS);
        options.guilds = options.guilds.max(guilds);
        // It is that of each session.
        options.rate = options.rate.div_ceil(shards.count());
    }
    serve(listener, options).context("cannot start the simulated gateway")
}

/// Turns flags into the settings of a simulated gateway.
pub(crate) fn options(world: WorldArgs) -> anyhow::Result<Options> {
    let WorldArgs { rate, guilds, members, seed } = world;
    anyhow::ensure!(
        u64::from(guilds) * u64::from(members) <= MOST_IN_ALL,
        "--guilds times --members may be {MOST_IN_ALL} at most"
    );
    let usual = Options::default();
    let replay_capacity = usual.replay_capacity.max(rate.saturating_mul(SECONDS_KEPT));
    Ok(Options { rate, guilds, members, seed, replay_capacity, ..usual })
}

/// A session to watch, and how.
struct Watch<'a> {
    simulated: Option<Loopback>,
    span: Option<Duration>,
    show: Show,
    pulse: Receiver<Pulse>,
    place: String,
    /// What the API told.
    told: Option<String>,
    args: &'a WatchArgs,
    intents: Intents,
}

/// What the loop hears.
enum Heard<'e> {
    Event(Result<Event<'e>, Stop>),
    Pulse(Pulse),
}

impl Errand for Watch<'_> {
    async fn run<C: Client>(mut self, mut client: C) -> anyhow::Result<()> {
        self.begin();
        let mut story = Story::new();
        let (mut leaving, mut interrupted) = (false, false);
        let stop = loop {
            let pulse = async { Heard::Pulse(self.pulse.recv().await.unwrap_or(Pulse::Beat)) };
            let event = async { Heard::Event(client.next().await) };
            match future::or(pulse, event).await {
                Heard::Event(Ok(event)) => {
                    for line in story.hear(&event) {
                        self.show.line(&story, &line);
                    }
                }
                Heard::Event(Err(stop)) => break stop,
                Heard::Pulse(Pulse::Interrupt) => (leaving, interrupted) = (true, true),
                Heard::Pulse(Pulse::Beat) => {
                    self.show.live(&mut story, &client.status());
                    leaving |= self.is_over(&mut story);
                }
            }
            if story.failed_dials() >= DIALS {
                let error = escaped(client.last_error().unwrap_or("no answer"));
                bail!("cannot connect to {}: {error}; check the network or --gateway", self.place);
            }
            if leaving {
                client.leave(Leave::End);
            }
        };
        self.show.end(&story, &client.status());
        if let Some(path) = &self.args.record {
            if !client.is_recording() {
                bail!("the recording {} is not whole: writing to it failed", lines::shown(path));
            }
            self.show.recording(path);
        }
        if !stop.is_requested() {
            bail!("{stop}");
        }
        if !story.has_begun() && !interrupted {
            let error = client
                .last_error()
                .map_or_else(String::new, |error| format!(": {}", escaped(error)));
            bail!("no session was begun in the time given{error}");
        }
        if self.simulated.is_some() && !interrupted {
            story.check()?;
        }
        self.show.proof(&story);
        Ok(())
    }
}

impl Watch<'_> {
    /// Says what is watched.
    fn begin(&self) {
        self.show.begin(&self.place, self.simulated.is_some(), self.args, self.intents);
        if let Some(told) = &self.told {
            self.show.note("api", told);
        }
    }

    /// Drops the simulated connection once, and tells whether the time is up.
    ///
    /// With the simulated gateway the time counts from READY, and the end waits until the Resume was seen.
    fn is_over(&self, story: &mut Story) -> bool {
        let Some(span) = self.span else { return false };
        let Some(simulated) = &self.simulated else { return story.elapsed() >= span };
        let watched = story.since_ready();
        let due = !story.is_dropped() && story.is_live() && watched >= span * 2 / 5;
        if due && simulated.inject(Fault::Drop) > 0 {
            story.drop_connection();
        }
        let is_seen = watched >= span && story.has_resumed();
        is_seen || story.elapsed() >= span + PATIENCE
    }
}
