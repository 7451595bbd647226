//! The fleet under either runtime: the adapters have the same face, and the same loop drives both.

use std::future::Future;

use anyhow::Context;
use gatewright_core::{Compression, Config, OwnedEvent, ShardId, Shards, Status, Stop};

use crate::args::Runtime;
use crate::discover::Way;

/// A fleet of either adapter, and its events.
pub(crate) trait Crew {
    /// Waits for the next event of any shard, or for the end of one.
    async fn next(&mut self) -> Option<(ShardId, Result<OwnedEvent, Stop>)>;

    fn statuses(&self) -> Vec<(ShardId, Status)>;

    /// Ends all sessions.
    fn close(&self) -> impl Future<Output = ()> + 'static;
}

macro_rules! crew {
    ($($adapter:ident),*) => {$(
        impl Crew for ($adapter::Fleet, $adapter::FleetEvents) {
            async fn next(&mut self) -> Option<(ShardId, Result<OwnedEvent, Stop>)> {
                Some(match self.1.next().await? {
                    $adapter::FleetEvent::Event(shard, event) => (shard, Ok(event)),
                    $adapter::FleetEvent::Over(shard, stop) => (shard, Err(stop)),
                })
            }

            fn statuses(&self) -> Vec<(ShardId, Status)> {
                self.0.statuses()
            }

            fn close(&self) -> impl Future<Output = ()> + 'static {
                let fleet = self.0.clone();
                async move { fleet.close().await }
            }
        }
    )*};
}

crew!(gatewright_smol, gatewright_tokio);

/// What is done with a fleet.
pub(crate) trait Errand {
    fn run(self, crew: impl Crew) -> impl Future<Output = anyhow::Result<()>>;
}

/// What a fleet begins with.
pub(crate) struct Setup {
    pub(crate) config: Config<'static>,
    pub(crate) shards: Shards,
    pub(crate) compression: Compression,
    /// How many shards may identify at once, if nobody told.
    pub(crate) at_once: usize,
    /// What is known about the way to the gateway, if it is not one of our own.
    pub(crate) way: Option<Way>,
}

/// Makes a fleet of an adapter, and starts it.
macro_rules! start {
    ($adapter:ident, $setup:expr) => {{
        let Setup { config, shards, compression, at_once, way } = $setup;
        let (limit, budget, proxy) = match way {
            Some(Way { limit, budget, proxy, .. }) => (limit, budget, proxy),
            None => (None, None, None),
        };
        let told = limit.map(|limit| usize::try_from(limit.max_concurrency).unwrap_or(1));
        let (at_once, size) = (told.unwrap_or(at_once), shards.size());
        let mut options =
            $adapter::Options::default().compression(compression).gate(match (limit, budget) {
                (Some(limit), Some(budget)) => $adapter::Gate::budgeted(limit, size, budget),
                (None, Some(budget)) => $adapter::Gate::counting(at_once, size, budget),
                (_, None) => $adapter::Gate::new(at_once, size),
            });
        if let Some(proxy) = proxy {
            options = options.proxy(proxy);
        }
        let fleet = $adapter::Fleet::new(config, shards, options);
        let events = fleet.start().await?;
        (fleet, events)
    }};
}

/// Makes a fleet and does the errand with it, on a runtime of its own.
pub(crate) fn run(runtime: Runtime, setup: Setup, errand: impl Errand) -> anyhow::Result<()> {
    match runtime {
        Runtime::Smol => smol::block_on(async { errand.run(start!(gatewright_smol, setup)).await }),
        Runtime::Tokio => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .context("cannot start the runtime")?
                .block_on(async { errand.run(start!(gatewright_tokio, setup)).await })
        }
    }
}
