//! Runs a shard of twilight-gateway against a gateway on the loopback.
//!
//! usage: `gatewright-interop-twilight URL GUILDS`
//!
//! It wants READY, a GUILD_CREATE for each guild, steady events with no sequence left out and each
//! of a shape that twilight's model takes, a dropped connection that is resumed, and more events
//! after that; then it closes.

use std::collections::BTreeSet;
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use futures_core::Stream;
use twilight_gateway::error::ReceiveMessageError;
use twilight_gateway::{
    CloseFrame, ConfigBuilder, Event, EventTypeFlags, Intents, Message, Shard, ShardId, parse,
};

const VERSION: &str = "0.18.0";
const COMPRESSION: &str = if cfg!(feature = "zlib") { "zlib-stream" } else { "none" };
const DEADLINE: Duration = Duration::from_secs(50);
const ENOUGH_EVENTS: u64 = 300;
const ENOUGH_AFTER_RESUME: u64 = 100;

/// What came so far.
#[derive(Debug, Default)]
struct Seen {
    awaited: BTreeSet<u64>,
    events: u64,
    events_at_resume: Option<u64>,
    hellos: u64,
    last: u64,
    readies: u64,
    resumes: u64,
}

impl Seen {
    fn enough(&self) -> bool {
        let after = self.events_at_resume.map_or(0, |then| self.events - then);
        self.events >= ENOUGH_EVENTS && after >= ENOUGH_AFTER_RESUME
    }

    /// Takes a message, after the shard was brought to sequence `at` by it.
    fn take(&mut self, message: Message, at: Option<u64>, guilds: usize) -> Result<(), String> {
        let Message::Text(text) = message else {
            return Ok(());
        };
        let at = at.unwrap_or(self.last);
        if at != self.last {
            if at != self.last + 1 {
                return Err(format!("sequence {at} after {}", self.last));
            }
            self.last = at;
            self.events += 1;
        }
        let event = parse(text, EventTypeFlags::all()).map_err(|error| told(&error))?;
        match event.map(Event::from) {
            Some(Event::Ready(ready)) => {
                self.readies += 1;
                self.awaited = ready.guilds.iter().map(|guild| guild.id.get()).collect();
                if self.readies > 1 {
                    return Err("a second READY: the session was not resumed".to_owned());
                }
                if self.awaited.len() != guilds {
                    return Err("READY with another number of guilds".to_owned());
                }
            }
            // A connection that is cut without a close frame shows only by the next one's Hello.
            Some(Event::GatewayHello(_)) => self.hellos += 1,
            Some(Event::GuildCreate(guild)) => {
                self.awaited.remove(&guild.id().get());
            }
            Some(Event::Resumed) => {
                self.resumes += 1;
                self.events_at_resume = Some(self.events);
            }
            Some(Event::GatewayInvalidateSession(_)) => {
                return Err("the session was called invalid".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if !self.awaited.is_empty() {
            return Err("a guild was never sent".to_owned());
        }
        if self.hellos != 1 + self.resumes {
            return Err("dropped and resumed unequally often".to_owned());
        }
        Ok(())
    }
}

/// Writes an error with its causes.
fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

async fn next(shard: &mut Shard) -> Option<Result<Message, ReceiveMessageError>> {
    poll_fn(|cx| Pin::new(&mut *shard).poll_next(cx)).await
}

async fn watch(shard: &mut Shard, guilds: usize, seen: &mut Seen) -> Result<(), String> {
    while !seen.enough() {
        let message = match next(shard).await {
            None => return Err("the shard closed for good".to_owned()),
            Some(message) => message.map_err(|error| told(&error))?,
        };
        if let Message::Close(Some(frame)) = &message
            && frame.code >= 4_000
        {
            return Err(format!("closed with {} {}", frame.code, frame.reason));
        }
        let at = shard.session().map(|session| session.sequence());
        seen.take(message, at, guilds)?;
    }
    seen.check()
}

/// Closes and waits for the answer.
async fn close(shard: &mut Shard) -> Result<(), String> {
    shard.close(CloseFrame::NORMAL);
    loop {
        match next(shard).await {
            None | Some(Ok(Message::Close(_))) => return Ok(()),
            Some(Ok(Message::Text(_))) => {}
            Some(Err(error)) => return Err(told(&error)),
        }
    }
}

async fn run(url: String, guilds: usize, seen: &mut Seen) -> Result<(), String> {
    let config = ConfigBuilder::new("interop".to_owned(), Intents::all()).proxy_url(url).build();
    let mut shard = Shard::with_config(ShardId::ONE, config);
    let all = async {
        watch(&mut shard, guilds, seen).await?;
        close(&mut shard).await
    };
    tokio::time::timeout(DEADLINE, all).await.unwrap_or_else(|_| Err("not done in time".to_owned()))
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let guilds = |text: String| text.parse::<usize>().ok();
    let (Some(url), Some(guilds)) = (args.next(), args.next().and_then(guilds)) else {
        eprintln!("usage: gatewright-interop-twilight URL GUILDS");
        return ExitCode::from(2);
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let name = format!("twilight-gateway {VERSION} {COMPRESSION}");
    let mut seen = Seen::default();
    match runtime.block_on(run(url, guilds, &mut seen)) {
        Ok(()) => {
            let events = seen.events;
            println!(
                "{name}: ready, {guilds} guilds, {events} events, sequence complete, \
                 dropped and resumed"
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{name}: {why}; {seen:?}");
            ExitCode::FAILURE
        }
    }
}
