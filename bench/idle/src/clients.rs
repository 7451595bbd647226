//! The clients: each connects all shards, waits until their guilds have come, and then for nothing.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use gatewright_core::{Compression, Config, Intents, Shards};

use crate::secure;

/// What all clients ask for.
pub const COMPRESSION: Compression =
    if cfg!(feature = "zstd") { Compression::ZstdStream } else { Compression::ZlibStream };

const TOKEN: &str = "MTIz.idle.token";
/// How long shards may take to be live, and how long after that what they took for their guilds is given back.
const LIMIT: Duration = Duration::from_secs(120);
const SETTLE: Duration = Duration::from_secs(100);

/// Prints what is taken when so many are live.
type Idle<'i> = &'i dyn Fn(u32) -> Result<()>;
/// Begins to measure CPU time, and prints it.
type Busy<'b> = &'b mut dyn FnMut();

/// Takes what still comes while nothing is to happen.
macro_rules! rest {
    ($timeout:path, $idle:expr, $next:expr) => {
        $timeout($idle, async { while $next.await.is_some() {} }).await
    };
}

/// Takes events of all until each shard told READY, and what comes for a while then; returns how many did.
macro_rules! settle {
    ($timeout:path, $shards:expr, $next:expr, $is_ready:expr) => {{
        let mut live = 0;
        let readies = async {
            while live < $shards {
                let Some(event) = $next.await else { break };
                live += u32::from($is_ready(event)?);
            }
            Ok::<(), anyhow::Error>(())
        };
        $timeout(LIMIT, readies).await.unwrap_or(Ok(()))?;
        rest!($timeout, SETTLE, $next);
        live
    }};
}

macro_rules! fleet {
    ($adapter:ident, $timeout:path, $url:expr, $shards:expr, $rest:expr, $idle:expr, $busy:expr) => {
        async {
            let config = Config::new(TOKEN, Intents::DOCUMENTED).gateway($url.to_owned());
            let gate = $adapter::Gate::new(usize::try_from($shards)?, usize::try_from($shards)?);
            let mut options = $adapter::Options::default().gate(gate).compression(COMPRESSION);
            if let Some(config) = secure::trusting()? {
                options = options.tls(config);
            }
            let fleet = $adapter::Fleet::new(config, Shards::all($shards)?, options);
            let mut events = fleet.start().await?;
            let is_ready = |told| match told {
                $adapter::FleetEvent::Event(_, event) => {
                    Ok(event.kind() == $adapter::EventKind::Ready)
                }
                $adapter::FleetEvent::Over(shard, stop) => Err(anyhow!("{shard}: {stop}")),
            };
            let live = settle!($timeout, $shards, events.next(), is_ready);
            $idle(live)?;
            $busy();
            rest!($timeout, $rest, events.next());
            $busy();
            Ok(())
        }
    };
}

async fn within_tokio<T>(time: Duration, task: impl Future<Output = T>) -> Option<T> {
    ::tokio::time::timeout(time, task).await.ok()
}

async fn within_smol<T>(time: Duration, task: impl Future<Output = T>) -> Option<T> {
    let mut timer = pin!(::smol::Timer::after(time));
    let mut task = pin!(task);
    poll_fn(|cx| match task.as_mut().poll(cx) {
        std::task::Poll::Ready(done) => std::task::Poll::Ready(Some(done)),
        std::task::Poll::Pending => timer.as_mut().poll(cx).map(|_| None),
    })
    .await
}

fn on_tokio<T>(task: impl Future<Output = Result<T>>) -> Result<T> {
    ::tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

pub fn tokio(url: &str, shards: u32, rest: Duration, idle: Idle<'_>, busy: Busy<'_>) -> Result<()> {
    on_tokio(fleet!(gatewright_tokio, within_tokio, url, shards, rest, idle, busy))
}

pub fn smol(url: &str, shards: u32, rest: Duration, idle: Idle<'_>, busy: Busy<'_>) -> Result<()> {
    ::smol::block_on(fleet!(gatewright_smol, within_smol, url, shards, rest, idle, busy))
}

pub fn twilight(
    url: &str,
    shards: u32,
    rest: Duration,
    idle: Idle<'_>,
    busy: Busy<'_>,
) -> Result<()> {
    use twilight_gateway::queue::InMemoryQueue;
    use twilight_gateway::{ConfigBuilder, Intents, Message, Shard, ShardId};

    on_tokio(async {
        let most = u16::try_from(shards)?;
        let queue = InMemoryQueue::new(most, 1_000, Duration::from_secs(86_400), 1_000);
        let config = ConfigBuilder::new(TOKEN.to_owned(), Intents::all())
            .proxy_url(url.to_owned())
            .queue(queue)
            .build();
        let all =
            (0..shards).map(|id| Shard::with_config(ShardId::new(id, shards), config.clone()));
        let mut all: SelectAll<Shard> = all.collect();
        let is_ready = |message: Result<Message, _>| match message? {
            Message::Text(text) => Ok(text.contains(r#""t":"READY""#)),
            Message::Close(close) => Err(anyhow!("closed: {close:?}")),
        };
        let live = settle!(within_tokio, shards, all.next(), is_ready);
        idle(live)?;
        busy();
        rest!(within_tokio, rest, all.next());
        busy();
        Ok(())
    })
}
