//! twilight as a client: one shard, and its cache.
//!
//! Its words are `ENCODING COMPRESSION cache|every-field`, of which the first two say what it was compiled for. Without
//! a cache events are read into its types, as `next_event` does; it takes messages to count those it does not know too.

use std::hint::black_box;

use anyhow::{Result, bail, ensure};
use futures_util::StreamExt;
use gatewright_bench_harness::meter::{Count, Fate, Meter, Plan};
use twilight_cache_inmemory::DefaultInMemoryCache;
use twilight_gateway::{
    ConfigBuilder, Event, EventTypeFlags, Intents, Message, Shard, ShardId, parse,
};

const VERSION: &str = "twilight-gateway 0.18.0";
const COMPRESSION: &str = if cfg!(feature = "zstd") {
    "zstd-stream"
} else if cfg!(feature = "zlib") {
    "zlib-stream"
} else {
    "none"
};

/// Connects as the command line says, and tells what all events took.
pub fn run(heap: Count) -> Result<()> {
    let plan = Plan::from_args()?;
    let words: Vec<&str> = plan.words.iter().map(String::as_str).collect();
    let ["json", compression, does] = words[..] else { bail!("expected json and two words") };
    ensure!(compression == COMPRESSION, "compiled for {COMPRESSION}");
    let cache = match does {
        "cache" => Some(DefaultInMemoryCache::builder().build()),
        "every-field" => None,
        _ => bail!("expected cache or every-field"),
    };
    let client = Client { meter: Meter::new(&plan, heap), cache };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(client.watch(plan.url.clone()))
}

struct Client<'p> {
    meter: Meter<'p>,
    cache: Option<DefaultInMemoryCache>,
}

impl Client<'_> {
    async fn watch(mut self, url: String) -> Result<()> {
        let config = ConfigBuilder::new("bench".to_owned(), Intents::all()).proxy_url(url).build();
        let mut shard = Shard::with_config(ShardId::ONE, config);
        while let Some(message) = shard.next().await {
            match message? {
                Message::Text(text) => {
                    if self.take(text) {
                        break;
                    }
                }
                Message::Close(frame) => {
                    eprintln!("closed: {frame:?}");
                    break;
                }
            }
        }
        let cached = self.cache.as_ref().map(|cache| cache.stats().guilds());
        self.meter.tell(VERSION, cached.map(u64::try_from).transpose()?)?;
        // What a process gives back at its end is not measured.
        std::process::exit(0)
    }

    /// Takes a message; tells whether that was all.
    fn take(&mut self, text: String) -> bool {
        let fate = match parse(text, EventTypeFlags::all()) {
            Ok(Some(event)) => match Event::from(event) {
                Event::Ready(ready) => {
                    self.keep(&Event::Ready(ready));
                    self.meter.ready();
                    return false;
                }
                Event::GatewayHello(_)
                | Event::GatewayHeartbeat
                | Event::GatewayHeartbeatAck
                | Event::GatewayInvalidateSession(_)
                | Event::GatewayReconnect => return false,
                event => {
                    self.keep(&event);
                    Fate::Taken
                }
            },
            Ok(None) => Fate::Unknown,
            Err(error) => {
                eprintln!("{error}");
                Fate::Failed
            }
        };
        self.meter.event(fate)
    }

    fn keep(&self, event: &Event) {
        match &self.cache {
            None => {
                black_box(event);
            }
            Some(cache) => cache.update(event),
        }
    }
}
