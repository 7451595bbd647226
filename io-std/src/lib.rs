//! What the adapters of gatewright share that needs the standard library but no runtime.
//!
//! * [`BudgetFile`] keeps an [`IdentifyBudget`](gatewright_core::IdentifyBudget) in a file, so that a bot
//!   that is restarted again and again does not spend the Identifies of a day.
//! * [`discover`] asks Discord how many of them are left: `GET /gateway/bot`. [`Retry`] says when to ask again.
//! * [`StateFolder`] keeps sessions in files, each with a snapshot of what its consumer made of the events, for the
//!   process that resumes them.
//! * [`Proxy`] is an HTTP proxy that knows CONNECT, for both the API and the gateway.
//! * [`EventQueue`], [`Filter`], [`Keeper`] and [`Watch`] are what a handle and the task that drives its shard have between them;
//!   [`Turns`] is what the events of a fleet are taken by.
//! * [`Frames`] follows where frames begin in what a WebSocket's peer sends.
//!
//! The first three block, a file for as long as a disk takes and a request for ten seconds at most: an adapter calls
//! it where it may. Time enters as an argument; [`unix_now`] reads the clock.
//!
//! # Features
//!
//! * `metrics`: `Publisher`, which hands [`Metrics`](gatewright_core::Metrics) to the facade of the crate `metrics`.
//! * `tls`, on by default: `https://` by rustls, with ring and the bundled webpki roots.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::unwrap_used
    )
)]

mod budget_file;
mod clock;
mod discover;
mod error;
mod files;
mod filter;
mod frames;
mod keeper;
mod proxy;
#[cfg(feature = "metrics")]
mod publish;
mod queue;
mod retry;
mod snapshot_file;
mod state_error;
mod state_folder;
mod state_record;
mod store;
mod turns;
mod watch;

pub use budget_file::BudgetFile;
pub use clock::unix_now;
pub use discover::{DEFAULT_API, DiscoverError, GatewayBot, discover};
pub use error::{BudgetFault, BudgetFileError};
pub use filter::Filter;
pub use frames::Frames;
pub use keeper::{Keeper, SharedKeeper};
pub use proxy::{Proxy, ProxyError};
#[cfg(feature = "metrics")]
pub use publish::Publisher;
pub use queue::{EventQueue, Repeat};
pub use retry::Retry;
pub use snapshot_file::SnapshotFile;
pub use state_error::{StateError, StateFault};
pub use state_folder::{ShardState, Snapshot, StateFolder};
pub use turns::Turns;
pub use watch::Watch;
