//! The client under either runtime: the adapters have the same face, and the same loop drives both.

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::path::Path;

use anyhow::Context;
use gatewright_core::{Compression, Config, Event, Leave, Status, Stop};

use crate::args::Runtime;
use crate::discover::Way;

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

/// What a client begins with.
pub(crate) struct Setup<'a> {
    pub(crate) config: Config<'static>,
    pub(crate) compression: Compression,
    pub(crate) recording: Option<&'a Path>,
    /// What is known about the way to the gateway, if it is not one of our own.
    pub(crate) way: Option<Way>,
}

/// Makes a client of an adapter.
macro_rules! connect {
    ($adapter:ident, $setup:expr) => {{
        let Setup { config, compression, recording, way } = $setup;
        let mut options = $adapter::Options::default().compression(compression);
        if let Some(Way { limit, budget, proxy, .. }) = way {
            let at_once = limit.map_or(1, |limit| limit.max_concurrency);
            let at_once = usize::try_from(at_once).unwrap_or(1);
            options = options.gate(match (limit, budget) {
                (Some(limit), Some(budget)) => $adapter::Gate::budgeted(limit, 1, budget),
                (None, Some(budget)) => $adapter::Gate::counting(1, 1, budget),
                (_, None) => $adapter::Gate::new(at_once, 1),
            });
            if let Some(proxy) = proxy {
                options = options.proxy(proxy);
            }
        }
        let mut client = $adapter::Gateway::connect(config, options)?;
        if let Some(path) = recording {
            client.record(create(path)?)?;
        }
        client
    }};
}

/// Makes a client and does the errand with it, on a runtime of its own.
pub(crate) fn run(runtime: Runtime, setup: Setup<'_>, errand: impl Errand) -> anyhow::Result<()> {
    match runtime {
        Runtime::Smol => smol::block_on(errand.run(connect!(gatewright_smol, setup))),
        Runtime::Tokio => {
            let client = connect!(gatewright_tokio, setup);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.context("cannot start the runtime")?.block_on(errand.run(client))
        }
    }
}

/// Creates the file for a recording, which nobody else may read.
fn create(path: &Path) -> anyhow::Result<File> {
    anyhow::ensure!(path != Path::new("-"), "a recording is written to a file: name one");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let shown = crate::lines::shown(path);
    let advice = || match path.exists() {
        true => format!(
            "cannot create the recording {shown}, which is there already: name another file"
        ),
        false => format!("cannot create the recording {shown}"),
    };
    options.open(path).with_context(advice)
}
