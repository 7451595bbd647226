//! gatewright on smol: a thin adapter between the core and the network.
//!
//! The protocol is [`gatewright_core`], whose types are re-exported here; this crate opens WebSockets,
//! reads the clock and draws the seed. A [`Gateway`] is one shard: it connects, identifies, beats,
//! resumes and reconnects by itself inside [`Gateway::next`].
//!
//! ```no_run
//! use gatewright_smol::model::MessageCreate;
//! use gatewright_smol::{Config, Event, EventKind, Gateway, Intents, Options, Stop};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let token = std::env::var("DISCORD_TOKEN")?;
//! let config = Config::new(token, Intents::GUILDS | Intents::GUILD_MESSAGES);
//! let mut gateway = Gateway::connect(config, Options::default())?;
//! loop {
//!     match gateway.next().await {
//!         Ok(Event::Dispatch(dispatch)) if dispatch.kind() == EventKind::MessageCreate => {
//!             let message: MessageCreate<'_> = dispatch.decode()?;
//!             println!("{}", message.content.unwrap_or_default());
//!         }
//!         Ok(Event::Disconnected(lost)) => eprintln!("disconnected: {}", lost.cause),
//!         Ok(_) => {}
//!         Err(Stop::Ended | Stop::Parked) => return Ok(()),
//!         Err(stop) => return Err(stop.into()),
//!     }
//! }
//! # }
//! ```
//!
//! Any executor will do. Many shards are many gateways, each in a task of its own, that share one
//! [`Gate`]. Several waits at once are an `or` or a `select!`: [`Gateway::next`] may be dropped at any
//! time.
//!
//! # In a task of its own
//!
//! A [`ShardHandle`] drives a gateway in a task of its own and gives owned events to one task, while others give
//! commands and ask questions.
//!
//! ```no_run
//! use gatewright_smol::{Config, Event, Intents, Options, ShardHandle};
//!
//! # async fn run(token: String) -> Result<(), Box<dyn std::error::Error>> {
//! let shard = ShardHandle::new(Config::new(token, Intents::GUILD_MESSAGES), Options::default());
//! let mut events = shard.start().await?;
//! println!("here is {:?}", shard.user_id().await);
//! while let Some(event) = events.next().await {
//!     if let Event::Dispatch(dispatch) = event.event() {
//!         println!("{}", dispatch.name());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Many shards
//!
//! A [`Fleet`] runs all shards of a process, and gives their events in one stream or in one for each.
//!
//! ```no_run
//! use gatewright_smol::{Config, Fleet, FleetEvent, Intents, Options, Shards};
//!
//! # async fn run(token: String) -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::new(token, Intents::GUILDS);
//! let fleet = Fleet::new(config, Shards::all(16)?, Options::default());
//! let mut events = fleet.start().await?;
//! while let Some(told) = events.next().await {
//!     match told {
//!         FleetEvent::Event(shard, event) => println!("{shard}: {}", event.kind()),
//!         FleetEvent::Over(shard, stop) => println!("{shard} is over: {stop}"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The day's Identifies
//!
//! Discord resets the token of a bot that identifies too often in a day, as one does that crashes and is restarted at once.
//! Gateways of `wss://` that are given no [`Gate`] share one for each bot, which counts Identifies in a file, so that
//! the next process knows; see [`Options::gate`]. What Discord says is left of the day, it is told as follows.
//!
//! ```no_run
//! use gatewright_smol::{
//!     BotId, Config, DEFAULT_API, Gate, Gateway, Intents, Options, Shards, discover,
//! };
//!
//! # async fn run(token: String) -> Result<(), Box<dyn std::error::Error>> {
//! let found = discover(DEFAULT_API, &token, None).await?;
//! let gate = Gate::for_bot(BotId::of_token(&token), found.session_start_limit, &Shards::all(1)?);
//! let config = Config::new(token, Intents::GUILDS).gateway(found.url);
//! let gateway = Gateway::connect(config, Options::default().gate(gate))?;
//! # Ok(())
//! # }
//! ```
//!
//! # Across restarts
//!
//! With [`Options::state`] a [`ShardHandle`] stores its session as it goes, and the next process resumes it: whether this
//! one was parked or killed, what happened in between comes, and no Identify is spent.
//!
//! ```no_run
//! use gatewright_smol::{Config, Event, Options, Repeat, ShardHandle, StateFolder};
//!
//! # async fn run(config: Config<'static>) -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options::default().state(StateFolder::default());
//! let shard = ShardHandle::new(config, options);
//! let mut events = shard.start().await?;
//! while let Some(event) = events.next().await {
//!     if let Event::Dispatch(dispatch) = event.event() {
//!         if events.repeat() == Repeat::Maybe {
//!             println!("perhaps for the second time:");
//!         }
//!         println!("{}", dispatch.name());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Each event comes at least once. One is done when the consumer asks for the next; how far that is, is stored at most
//! once a second, when the shard is over, and before a READY or RESUMED is handed out. So after a parting the next process goes on where the consumer was, and
//! after a `kill -9` the events of the last second or so come again. [`Events::repeat`] marks all that came before, and
//! with them what is only sent again: `Maybe`, up to RESUMED. An event that [`Event::Duplicate`] tells, on the other
//! hand, came to this very process. What is handed on to other tasks counts as done all the same: who does that and
//! may lose nothing, asks for the next event when they are.
//!
//! A consumer that keeps a [cache] stores a snapshot of it now and then, once it is done with an event, and at the end, and
//! restores it before the start. Then the session goes on from the snapshot, and what the process before was done with comes for
//! the cache alone: `Yes`.
//!
//! ```no_run
//! use gatewright_smol::cache::{Cache, Settings};
//! use gatewright_smol::{Config, Options, Repeat, ShardHandle, StateFolder};
//!
//! # async fn run(config: Config<'static>) -> Result<(), Box<dyn std::error::Error>> {
//! let shard = ShardHandle::new(config, Options::default().state(StateFolder::default()));
//! let mut cache = Cache::new(Settings::default());
//! match shard.stored_snapshot().await {
//!     Some(bytes) if cache.restore(&bytes).is_ok() => {}
//!     // There may be a session all the same, in the midst of which an empty cache is wrong: rather a READY.
//!     _ => shard.forget_session().await,
//! }
//! let (mut events, mut heard) = (shard.start().await?, 0);
//! loop {
//!     let is_over = match events.next().await {
//!         None => true, // parked, if that was asked for
//!         Some(event) => {
//!             cache.hear(&event.event(), &mut ());
//!             if events.repeat() != Repeat::Yes {
//!                 println!("{:?}", event.kind());
//!             }
//!             heard += 1;
//!             false
//!         }
//!     };
//!     if is_over || heard % 10_000 == 0 {
//!         let mut bytes = Vec::new();
//!         cache.snapshot(None, &mut |part| bytes.extend_from_slice(part));
//!         if let Err(error) = events.store_snapshot(bytes).await {
//!             eprintln!("{error}"); // a full disk ends no bot
//!         }
//!     }
//!     if is_over {
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A folder that cannot be used stops no shard; a warning says why, and what to do, and the next start tries again. For
//! a process that still has the state, as in a deploy that starts the next before the last has parted, a start waits up
//! to five seconds. A disk that hangs holds a shard up for three seconds at a time, in which heartbeats and commands go
//! out. What is not understood is left as
//! it is. A [`Gateway`] stores nothing by itself: [`Gateway::session`] is plain data, to be kept in a [`ShardState`] or
//! anywhere, and [`Gateway::resume`] takes it up.
//!
//! # Features
//!
//! | feature | default | what for |
//! |---|---|---|
//! | `tls` | yes | `wss://`, by rustls with ring and the bundled webpki roots |
//! | `log` | no | what is told by `tracing` goes to the crate `log`, where nobody subscribes |
//! | `metrics` | no | `Publisher`, which hands [`Metrics`] to the facade of the crate `metrics` |
//! | `signal` | no | `asked_to_end` and `Fleet::park_on_signal`: Ctrl-C and SIGTERM |
//! | `zstd` | no | the compression zstd-stream, by the C library zstd |
//!
//! # Tracing
//!
//! What happens to a shard is told by [`tracing`](https://docs.rs/tracing), each in the span `shard` with its id and
//! count: at `info` sessions that begin, are resumed or lose their connection; at `warn` what is lost, limits, refusals
//! and a consumer that takes nothing; at `error` a gateway that refuses the shard for good; at `debug` dials, closes
//! and commands. What is of all shards of a bot, as a refusal of the day's budget, has its [`BotId`] in `bot` in place of a span. A token or content is never told, nor is an event. The feature `log` hands the same to the crate
//! `log` while there is no subscriber; `log` knows no spans, so each line has the shard's id in `shard` as well.
//!
//! The WebSocket library below logs whole frames to the target `tungstenite` at the level `trace`, the token among
//! them: keep that target above it.

#![warn(clippy::wildcard_enum_match_arm)]

mod chunk;
mod clock;
mod dial;
mod discover;
mod driver;
mod events;
mod fleet;
mod gate;
mod gateway;
mod handle;
mod options;
mod purse;
mod read;
mod recording;
mod shared;
#[cfg(feature = "signal")]
mod signal;
mod stall;
mod stored;
mod task;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod trace;
mod transport;
mod usual;

#[doc(no_inline)]
pub use gatewright_core::*;

pub use discover::discover;
pub use events::Events;
pub use fleet::{Fleet, FleetEvent, FleetEvents, ReshardError, RestartError};
#[cfg(feature = "tls")]
pub use futures_rustls::rustls;
pub use gate::Gate;
pub use gateway::Gateway;
#[cfg(feature = "metrics")]
pub use gatewright_std::Publisher;
pub use gatewright_std::{
    BudgetFault, BudgetFile, BudgetFileError, DEFAULT_API, DiscoverError, Filter, GatewayBot,
    Proxy, ProxyError, Repeat, ShardState, Snapshot, StateError, StateFault, StateFolder, unix_now,
};
pub use handle::{ShardHandle, StartError};
pub use options::Options;
#[cfg(feature = "signal")]
pub use signal::asked_to_end;
