//! The same bot on twilight.

use std::error::Error;

use rustls::crypto::ring;
use twilight_cache_inmemory::DefaultInMemoryCache;
use twilight_gateway::{EventTypeFlags, Intents, Shard, ShardId, StreamExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    ring::default_provider().install_default().map_err(|_| "two providers")?;
    let token = std::env::var("DISCORD_TOKEN")?;
    let mut shard = Shard::new(ShardId::ONE, token, Intents::GUILDS);
    let cache = DefaultInMemoryCache::default();
    while let Some(event) = shard.next_event(EventTypeFlags::all()).await {
        let event = event?;
        cache.update(&event);
        println!("{:?}: {} guilds", event.kind(), cache.stats().guilds());
    }
    Ok(())
}
