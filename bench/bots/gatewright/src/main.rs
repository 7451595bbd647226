//! A bot that keeps a cache, on gatewright: what it takes to build one, and how large it becomes.

use std::error::Error;

use gatewright_tokio::cache::{Cache, Heap, Settings};
use gatewright_tokio::{Config, Gateway, Intents, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::new(std::env::var("DISCORD_TOKEN")?, Intents::GUILDS);
    let mut gateway = Gateway::connect(config, Options::default())?;
    let mut cache: Cache<Heap> = Cache::new(Settings::default());
    loop {
        match gateway.next().await {
            Ok(event) => {
                cache.hear(&event, &mut ());
                println!("{}: {} guilds", event.kind(), cache.guilds().len());
            }
            Err(stop) => return Err(stop.to_string().into()),
        }
    }
}
