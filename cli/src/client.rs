//! The client under either runtime: the adapters have the same face, and the same loop drives both.

use std::fs::File;
use std::future::Future;

use anyhow::Context;
use gatewright_core::{Compression, Config, Event, Leave, Status, Stop};

use crate::args::Runtime;

/// A gateway of either adapter.
pub(crate) trait Client {
    async fn next(&mut self) -> Result<Event<'_>, Stop>;
    fn leave(&mut self, how: Leave);
    fn status(&self) -> Status;
    fn last_error(&self) -> Option<&str>;
}

macro_rules! client {
    ($($gateway:ty),*) => {$(
        impl Client for $gateway {
            async fn next(&mut self) -> Result<Event<'_>, Stop> {
                Self::next(self).await
            }

            fn leave(&mut self, how: Leave) {
                Self::leave(self, how);
            }

            fn status(&self) -> Status {
                Self::status(self)
            }

            fn last_error(&self) -> Option<&str> {
                Self::last_error(self)
            }
        }
    )*};
}

client!(gatewright_smol::Gateway, gatewright_tokio::Gateway);

/// What is done with a client.
pub(crate) trait Errand {
    fn run<C: Client>(self, client: C) -> impl Future<Output = anyhow::Result<()>>;
}

/// Makes a client and does the errand with it, on a runtime of its own.
pub(crate) fn run(
    runtime: Runtime,
    config: Config<'static>,
    compression: Compression,
    recording: Option<File>,
    errand: impl Errand,
) -> anyhow::Result<()> {
    match runtime {
        Runtime::Smol => {
            let options = gatewright_smol::Options::default().compression(compression);
            let mut client = gatewright_smol::Gateway::connect(config, options)?;
            recording.map_or(Ok(()), |file| client.record(file))?;
            smol::block_on(errand.run(client))
        }
        Runtime::Tokio => {
            let options = gatewright_tokio::Options::default().compression(compression);
            let mut client = gatewright_tokio::Gateway::connect(config, options)?;
            recording.map_or(Ok(()), |file| client.record(file))?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.context("cannot start the runtime")?.block_on(errand.run(client))
        }
    }
}
