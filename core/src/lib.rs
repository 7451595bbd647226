//! Sans-I/O client for the Discord Gateway.
#![no_std]
#![cfg_attr(
    not(test),
    warn(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::std_instead_of_alloc,
        clippy::std_instead_of_core,
        clippy::unwrap_used
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
#[macro_use]
extern crate std;

mod backoff;
mod close;
mod command;
mod config;
mod disconnect;
mod encode;
mod encoding;
mod envelope;
mod event;
mod gate;
mod heartbeat;
mod id;
mod inbox;
mod inflate;
mod intents;
mod kind;
mod lease;
mod lifecycle;
mod memory;
mod outbox;
mod ports;
mod rng;
mod session;
mod shard;
mod status;
mod store;
mod text;
mod throttle;
mod time;
mod url;

pub use close::CloseCode;
pub use command::{
    Activity, Command, CommandError, CommandId, Fate, MAX_PAYLOAD, Members, Presence,
    PresenceStatus, RequestGuildMembers, UpdateVoiceState,
};
pub use config::{Config, DEFAULT_GATEWAY, Properties, SetupError};
pub use disconnect::Cause;
pub use encoding::{Compression, Encoding, UnknownCompression};
pub use event::{Connected, Disconnected, Dispatch, Event, Limit, Skipped};
pub use gate::{Bucket, GateFull, GateOutput, IdentifyGate, Place};
pub use id::{ChannelId, DISCORD_EPOCH_MS, GuildId, ShardId, UserId};
pub use inflate::{Inflater, Zlib};
pub use intents::Intents;
pub use kind::EventKind;
pub use lifecycle::Phase;
pub use memory::Memory;
pub use ports::{Frame, Gone, Input, Leave, Link, Output, Purpose, Stop, Target};
pub use session::{Session, SessionError};
pub use shard::Shard;
pub use status::{Counters, Status, Timer};
pub use text::{Str, Token};
pub use throttle::SendLog;
pub use time::Instant;
pub use url::UrlError;
