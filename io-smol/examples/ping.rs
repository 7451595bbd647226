//! Connects, prints what happens, and sees `!ping`; Ctrl-C parks the session.
//!
//! `DISCORD_TOKEN=... cargo run -p gatewright-smol --example smol-ping`; another gateway than Discord's is
//! named by `GATEWAY_URL`, as in `ws://127.0.0.1:8765`, where `gatewright simulate` listens.

use std::env;
use std::error::Error;

use async_signal::{Signal, Signals};
use gatewright_smol::model::MessageCreate;
use gatewright_smol::{Config, Event, EventKind, Gateway, Intents, Leave, Options};
use smol::future::or;
use smol::stream::StreamExt;

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let token = env::var("DISCORD_TOKEN").map_err(|_| "expected a bot token in DISCORD_TOKEN")?;
    let mut config = Config::new(token, Intents::GUILD_MESSAGES | Intents::MESSAGE_CONTENT);
    if let Ok(url) = env::var("GATEWAY_URL") {
        config = config.gateway(url);
    }
    let mut gateway = Gateway::connect(config, Options::default())?;
    let mut interrupts = Signals::new([Signal::Int])?;
    let stop = loop {
        let interrupted = async { interrupts.next().await.and(None) };
        let next = async { Some(gateway.next().await) };
        match or(interrupted, next).await {
            None => gateway.leave(Leave::Park),
            Some(Ok(event)) => show(&event),
            Some(Err(stop)) => break stop,
        }
    };
    println!("stopped: {stop}");
    if let Some(session) = gateway.session() {
        // Store it like a secret; `Gateway::resume` goes on from here.
        println!("session: {}", serde_json::to_string(&session)?);
    }
    if stop.is_requested() { Ok(()) } else { Err(stop.into()) }
}

fn show(event: &Event<'_>) {
    match event {
        Event::Disconnected(lost) => match lost.redial_after {
            Some(wait) => println!("disconnected: {}; again in {wait:.1?}", lost.cause),
            None => println!("disconnected: {}", lost.cause),
        },
        event => println!("{}", event.kind()),
    }
    if let Event::Dispatch(dispatch) = event
        && dispatch.kind() == EventKind::MessageCreate
        && let Ok(message) = dispatch.decode::<MessageCreate<'_>>()
    {
        answer(&message);
    }
}

/// Answers `!ping`, if that is what the message says.
fn answer(message: &MessageCreate<'_>) {
    if message.content.is_some_and(|content| content == "!ping") {
        // Messages are sent over HTTP, which is not this crate's business. With twilight-http:
        // `http.create_message(channel_id).content("Pong!").await`, where `http` is a
        // `twilight_http::Client`; in a task of its own if it may take long.
        println!("would answer in channel {}", message.channel_id);
    }
}
