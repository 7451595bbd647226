//! serenity as a client: one shard with its cache, both as they are by default.
//!
//! Its words are `json zlib cache`. Events are taken by a framework: to a raw handler each would be copied.
//! serenity tells nobody of events it does not know or cannot read.

use std::sync::{Arc, Mutex};

use anyhow::{Result, ensure};
use gatewright_bench_harness::meter::{Count, Fate, Meter, Plan};
use serenity::all::{
    ClientBuilder, ConnectionStage, Context, FullEvent, GatewayIntents, HttpBuilder,
};
use serenity::async_trait;
use serenity::framework::Framework;

const VERSION: &str = "serenity 0.12.5";

/// Connects as the command line says, and tells what all events took.
pub fn run(heap: Count) -> Result<()> {
    // It lives as long as the process: the framework is to be 'static.
    let plan: &'static Plan = Box::leak(Box::new(Plan::from_args()?));
    ensure!(plan.words == ["json", "zlib", "cache"], "expected json zlib cache");
    let watcher = Watcher(Arc::new(Mutex::new(Meter::new(plan, heap))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let api = plan.url.replacen("ws://", "http://", 1);
        let http = HttpBuilder::new("bench").proxy(api).ratelimiter_disabled(true).build();
        let builder = ClientBuilder::new_with_http(http, GatewayIntents::all());
        let mut client = builder.framework(watcher.clone()).await?;
        Ok(client.start().await?)
    })
}

#[derive(Clone)]
struct Watcher(Arc<Mutex<Meter<'static>>>);

#[async_trait]
impl Framework for Watcher {
    async fn dispatch(&self, context: Context, event: FullEvent) {
        let mut meter = self.0.lock().expect("nobody panicked");
        let over = match event {
            FullEvent::Ready { .. } => {
                meter.ready();
                false
            }
            // What no event of the gateway stands behind.
            FullEvent::CacheReady { .. } | FullEvent::ShardsReady { .. } => false,
            FullEvent::ShardStageUpdate { event } => event.old == ConnectionStage::Connected,
            // The last one of all.
            FullEvent::WebhookUpdate { .. } => {
                meter.event(Fate::Taken);
                true
            }
            _ => meter.event(Fate::Taken),
        };
        if over {
            let cached = u64::try_from(context.cache.guild_count()).ok();
            meter.tell(VERSION, cached).expect("somebody hears");
            // What a process gives back at its end is not measured.
            std::process::exit(0);
        }
    }
}
