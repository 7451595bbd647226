//! The client under either runtime: the adapters have the same face, and the same loop drives both.

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::path::Path;

use anyhow::Context;
use gatewright_core::{Compression, Config, Event, Leave, Status, Stop};

use crate::args::Runtime;

/// A gateway of either adapter.
pub(crate) trait Client {
    async fn next(&mut self) -> Result<Event<'_>, Stop>;
    fn leave(&mut self, how: Leave);
    fn status(&self) -> Status;
    fn last_error(&self) -> Option<&str>;
    fn is_recording(&self) -> bool;
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

            fn is_recording(&self) -> bool {
                Self::is_recording(self)
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
    recording: Option<&Path>,
    errand: impl Errand,
) -> anyhow::Result<()> {
    match runtime {
        Runtime::Smol => {
            let options = gatewright_smol::Options::default().compression(compression);
            let mut client = gatewright_smol::Gateway::connect(config, options)?;
            if let Some(path) = recording {
                client.record(create(path)?)?;
            }
            smol::block_on(errand.run(client))
        }
        Runtime::Tokio => {
            let options = gatewright_tokio::Options::default().compression(compression);
            let mut client = gatewright_tokio::Gateway::connect(config, options)?;
            if let Some(path) = recording {
                client.record(create(path)?)?;
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.context("cannot start the runtime")?.block_on(errand.run(client))
        }
    }
}

/// Creates the file for a recording, which nobody else may read.
fn create(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let shown = crate::lines::shown(path);
    options.open(path).with_context(|| format!("cannot create the recording {shown}"))
}
