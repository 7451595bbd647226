//! A bot that keeps a cache: tells what changed, and says of each message from the cache who wrote it and where.
//!
//! `cargo run -p gatewright-smol --example smol-cache` runs for some seconds against a simulated gateway on this
//! machine. With `DISCORD_TOKEN` it connects to Discord, until Ctrl-C.

use std::env;
use std::error::Error;
use std::net::TcpListener;
use std::time::{Duration, Instant as Clock};

use async_signal::{Signal, Signals};
use gatewright_sim::{Loopback, serve};
use gatewright_smol::cache::{
    Applied, Arrivals, Cache, Change, Guilds, Heap, Kind, Limit, Members, Row, Settings,
};
use gatewright_smol::model::MessageCreate;
use gatewright_smol::{
    Config, Event, EventKind, Gateway, Instant, Intents, Leave, MessageId, Options, Stop,
};
use smol::Timer;
use smol::future::or;
use smol::stream::StreamExt;

/// How long the bot runs against the simulated gateway.
const SIMULATED: Duration = Duration::from_secs(5);

/// What the bot knows.
struct Bot {
    cache: Cache<Heap>,
    arrivals: Arrivals,
    epoch: Clock,
}

impl Bot {
    #[expect(clippy::disallowed_methods, reason = "this is where the time enters")]
    fn new(intents: Intents) -> Self {
        // Of what the intents leave out, the cache then says that a miss proves nothing.
        let settings = Settings::default()
            .with_intents(intents)
            .with_limit(Kind::Message, Limit::oldest(1_000));
        let epoch = Clock::now();
        Self { cache: Cache::new(settings), arrivals: Arrivals::default(), epoch }
    }

    fn hear(&mut self, event: &Event<'_>) {
        let applied = self.cache.hear(event, &mut |change: &Change<'_, Heap>| tell(change));
        let Applied { guild, unknown_parent, .. } = applied;
        if let Some((id, news)) = guild {
            println!("guild {id}: {news:?}");
        }
        if let Some(parent) = unknown_parent {
            println!("{:?} of {parent:?}, which nobody told of", event.kind());
        }
        if let Event::Dispatch(event) = event
            && event.kind() == EventKind::MessageCreate
            && let Ok(message) = event.decode::<MessageCreate<'_>>()
        {
            self.show(message.id);
        }
    }

    /// Says of a message who wrote it, with which roles, and where.
    fn show(&self, id: MessageId) {
        let Some(message) = self.cache.messages().get(id) else { return };
        let channel = message.channel().and_then(|channel| channel.read().ok()?.name.value());
        let (Some(channel), Some(author)) = (channel, message.author()) else { return };
        let Ok(author) = author.read() else { return };
        let roles: Vec<String> = message
            .member()
            .iter()
            .flat_map(Row::roles)
            .filter_map(|role| Some(role.read().ok()?.name?.to_string()))
            .collect();
        let before = self.cache.messages().in_channel(message.channel_id()).iter().rev().count();
        let name = author.username.unwrap_or_default();
        println!("#{channel}: message {before}, by {name} ({})", roles.join(", "));
    }

    fn now(&self) -> Instant {
        Instant::since_epoch(self.epoch.elapsed())
    }

    /// Tells when all guilds are here, or no more come; returns how long to wait for the next at most.
    fn look(&mut self) -> Duration {
        let now = self.now();
        if let Some(arrived) = self.arrivals.observe(now, self.cache.tables()) {
            let (here, missing) = (self.cache.guilds().available().len(), arrived.missing);
            println!("{here} guilds are here, {missing} are not");
        }
        let deadline = self.arrivals.deadline().map(|deadline| deadline.saturating_since(now));
        deadline.unwrap_or(Duration::MAX)
    }

    fn end(&self) {
        let (messages, members) = (self.cache.messages().len(), self.cache.members().len());
        println!("{members} members and {messages} messages in {} bytes", self.cache.memory().used);
        for guild in self.cache.guilds() {
            let whole = self.cache.members().in_guild(guild.key()).is_complete();
            println!("{}: all members are known: {whole}", name(&guild));
        }
    }
}

/// Tells of members who changed what they were.
fn tell(change: &Change<'_, Heap>) {
    let nick =
        |row: &Row<'_, Members, Heap>| row.read().ok()?.nick.value().map(|nick| nick.to_string());
    if let (Some(old), Some(new)) = (change.before::<Members>(), change.after::<Members>()) {
        let guild = new.guild().as_ref().map(name).unwrap_or_default();
        println!("{guild}: {} was {:?}, is {:?}", new.user_id(), nick(&old), nick(&new));
    }
}

fn name(guild: &Row<'_, Guilds, Heap>) -> String {
    let name = guild.read().ok().and_then(|guild| guild.name);
    name.map(|name| name.to_string()).unwrap_or_default()
}

/// Starts a simulated gateway in which some things happen.
fn simulate() -> std::io::Result<Loopback> {
    let options = gatewright_sim::Options { rate: 20, ..gatewright_sim::Options::default() };
    serve(TcpListener::bind("127.0.0.1:0")?, options)
}

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let token = env::var("DISCORD_TOKEN").ok();
    let simulated = if token.is_none() { Some(simulate()?) } else { None };
    let intents = if token.is_some() { Intents::unprivileged() } else { Intents::DOCUMENTED };
    let mut config = Config::new(token.unwrap_or_else(|| "simulated".to_owned()), intents);
    if let Some(simulated) = &simulated {
        config = config.gateway(simulated.url());
    }
    let mut gateway = Gateway::connect(config, Options::default())?;
    let mut bot = Bot::new(intents);
    let mut interrupts = Signals::new([Signal::Int])?;
    let mut over = match simulated {
        Some(_) => Timer::after(SIMULATED),
        None => Timer::never(),
    };
    let stop = loop {
        let patience = bot.look();
        let interrupted = async { interrupts.next().await.and(Some(Wake::Leave)) };
        let over = async { over.next().await.and(Some(Wake::Leave)) };
        let waited = async { Timer::after(patience).next().await.and(Some(Wake::Look)) };
        let next = async { Some(Wake::Event(gateway.next().await)) };
        match or(or(interrupted, over), or(waited, next)).await {
            Some(Wake::Leave) => gateway.leave(Leave::End),
            Some(Wake::Event(Ok(event))) => bot.hear(&event),
            Some(Wake::Event(Err(stop))) => break stop,
            Some(Wake::Look) | None => {}
        }
    };
    bot.end();
    if stop.is_requested() { Ok(()) } else { Err(stop.into()) }
}

/// What the bot wakes up for.
enum Wake<'e> {
    Event(Result<Event<'e>, Stop>),
    Leave,
    Look,
}
