//! A whole bot: a cache, a state that outlives the process, a presence, members asked for, and an end that parks.
//!
//! `DISCORD_TOKEN=... cargo run -p gatewright-tokio --features signal --example tokio-bot`; another gateway than Discord's
//! is named by `GATEWAY_URL`, as in `ws://127.0.0.1:8765`, where `gatewright simulate` listens. Ctrl-C parks it, and the
//! next start goes on where it was. Its state lies in the folder `state`, or in the one that is named.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use gatewright_tokio::cache::{Cache, Heap, Settings};
use gatewright_tokio::model::{GuildMembersChunk, MessageCreate};
use gatewright_tokio::{
    Activity, Chunking, Config, Dispatch, Event, EventKind, Events, Intents, Options, Presence,
    Repeat, ShardHandle, StateFolder, asked_to_end,
};

const INTENTS: Intents = Intents::GUILDS
    .union(Intents::GUILD_MEMBERS)
    .union(Intents::GUILD_MESSAGES)
    .union(Intents::MESSAGE_CONTENT);

const PLAYING: [Activity<'_>; 1] =
    [Activity { name: "with shards", kind: 0, state: None, url: None }];

/// After how many events a snapshot of the cache is stored.
const SNAPSHOT_EVERY: u64 = 10_000;

#[tokio::main]
async fn main() -> ExitCode {
    // Warnings, as of a folder that takes no files, are told by `tracing`.
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let token = env::var("DISCORD_TOKEN").map_err(|_| "expected a bot token in DISCORD_TOKEN")?;
    let folder = env::args().nth(1).unwrap_or_else(|| "state".to_owned());
    let mut config = Config::new(token, INTENTS)
        .presence(Presence { activities: &PLAYING, ..Presence::default() });
    if let Ok(url) = env::var("GATEWAY_URL") {
        config = config.gateway(url);
    }
    // As many guilds at once as the limits let through; one is asked for by `ShardHandle::request_guild_members`.
    let options = Options::default().state(StateFolder::at(folder)).chunking(Chunking::All);
    let shard = ShardHandle::new(config, options);
    let parked = shard.clone();
    tokio::spawn(async move {
        if asked_to_end().await.is_ok() {
            parked.park().await;
        }
    });
    let mut cache = Cache::new(Settings::default().with_intents(INTENTS));
    match shard.stored_snapshot().await {
        Some(bytes) if cache.restore(&bytes).is_ok() => println!("the cache is as it was"),
        _ => shard.forget_session().await,
    }
    let events = shard.start().await?;
    take(events, &mut cache).await;
    match shard.join().await {
        Some(stop) if !stop.is_requested() => Err(stop.into()),
        _ => Ok(()),
    }
}

/// Takes all events until the shard is over.
async fn take(mut events: Events, cache: &mut Cache<Heap>) {
    let mut heard = 0_u64;
    while let Some(event) = events.next().await {
        cache.hear(&event.event(), &mut ());
        // What this process hears only for the cache, an earlier one had dealt with.
        if let Event::Dispatch(dispatch) = event.event()
            && events.repeat() != Repeat::Yes
        {
            answer(&dispatch, cache);
        }
        heard += 1;
        if heard.is_multiple_of(SNAPSHOT_EVERY) {
            store(&mut events, cache).await;
        }
    }
    // It was parked, and the next process begins with this; of a session that ended nothing is stored.
    store(&mut events, cache).await;
}

fn answer(dispatch: &Dispatch<'_>, cache: &Cache<Heap>) {
    match dispatch.kind() {
        EventKind::MessageCreate => {
            if let Ok(message) = dispatch.decode::<MessageCreate<'_>>() {
                println!("{}: {}", message.channel_id, message.content.unwrap_or_default());
            }
        }
        EventKind::GuildMembersChunk => {
            if let Ok(chunk) = dispatch.decode::<GuildMembersChunk<'_>>() {
                let (index, count) = (chunk.chunk_index, chunk.chunk_count);
                println!("{}: chunk {index:?} of {count:?}", chunk.guild_id);
                println!("{} members are known", cache.members().len());
            }
        }
        _ => {}
    }
}

/// Stores the cache as it is after the events so far.
async fn store(events: &mut Events, cache: &Cache<Heap>) {
    let mut bytes = Vec::new();
    cache.snapshot(None, &mut |part| bytes.extend_from_slice(part));
    if let Err(error) = events.store_snapshot(bytes).await {
        // A full disk ends no bot.
        eprintln!("{error}");
    }
}
