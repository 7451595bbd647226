//! A client for the Discord Gateway (API version 10) that does no I/O.
//!
//! [`Shard`] is a deterministic state machine: bytes and time go in, bytes and events come out. It needs
//! no std and no allocator, so the same code runs in a fleet of tasks, in a hand-written event loop and
//! on a microcontroller. Whoever moves the bytes is the *adapter*: `gatewright-tokio`,
//! `gatewright-smol`, or a loop of your own like the one below.
//!
//! ```text
//! bytes ── adapter ──► Input::Message
//!    inflate ► envelope {op, s, t, d} ► lifecycle ► Output::Event ─► Event (lent) ─► you
//! you ─► Command ─► encode ► outbox ► send limit ► Output::Send ─► adapter ─► Input::Sent
//! ```
//!
//! # The laws
//!
//! 1. Time enters as the first argument of [`handle_input`](Shard::handle_input),
//!    [`command`](Shard::command) and [`leave`](Shard::leave); nothing else takes or reads a clock. A time
//!    that goes back counts as the latest one heard.
//! 2. Chance enters once, as the seed of the constructor, and decides jitter only.
//! 3. Everything the shard wants leaves by one door, in order: [`poll_output`](Shard::poll_output).
//! 4. Nothing the network sends makes it panic, return an error to the adapter, grow without bound or
//!    spin. A fault is an event, and the shard recovers by itself.
//! 5. Everything is bounded, and a limit that was hit is told as an event, never silent.
//! 6. The same settings, seed, memory and inputs give the same outputs, bit for bit, on every platform.
//!
//! # The loop
//!
//! After each input take outputs until [`Output::Wait`] or [`Output::Stop`]; only then may the next
//! [`Input::Message`] come, all other inputs may come at any time. [`Shard::event`] lends what
//! [`Output::Event`] announced; asking for the next output says that the event is done.
//!
//! [`Input::Tick`] promises that the transport was looked at and had nothing; only it finds the peer
//! silent. Say [`Input::Busy`] instead when time passed and nobody looked, and [`Input::Held`] while a
//! consumer is too slow for more events: heartbeats still go out then.
//!
//! ```
//! use gatewright_core::{Event, Gone, Input, Instant, Link, Output, Shard};
//!
//! trait Transport {
//!     fn now(&mut self) -> Instant;
//!     fn open(&mut self, url: &str) -> bool;
//!     fn send(&mut self, bytes: &[u8]);
//!     fn close(&mut self, code: u16);
//!     /// Receives a message: `Some(false)` if none came until then, `None` if the transport is gone.
//!     fn receive(&mut self, until: Instant, message: &mut Vec<u8>) -> Option<bool>;
//! }
//!
//! fn run(mut shard: Shard<'_>, io: &mut impl Transport, mut on_event: impl FnMut(Event<'_>)) {
//!     let (mut link, mut part, mut input) = (Link(0), Vec::new(), Input::Tick);
//!     loop {
//!         shard.handle_input(io.now(), input);
//!         input = loop {
//!             match shard.poll_output() {
//!                 Output::Connect(target) => {
//!                     link = target.link;
//!                     let up = io.open(&target.to_string());
//!                     break if up { Input::Opened(link) } else { Input::Closed(link, Gone::Unreachable) };
//!                 }
//!                 Output::AskIdentify(link) => break Input::MayIdentify(link),
//!                 Output::Send(frame) => { io.send(frame.bytes); break Input::Sent(link) }
//!                 Output::Close(code) => { io.close(code.0); break Input::Closed(link, Gone::Dropped) }
//!                 Output::Event(_) => on_event(shard.event()),
//!                 Output::ForgoIdentify(_) => {}
//!                 Output::Stop(_) => return,
//!                 Output::Wait(until) => break match io.receive(until, &mut part) {
//!                     Some(true) => Input::Message { link, text: true, part: &part, last: true },
//!                     Some(false) => Input::Tick,
//!                     None => Input::Closed(link, Gone::Dropped),
//!                 },
//!             }
//!         };
//!     }
//! }
//! ```
//!
//! A single shard may take each permit to identify at once, as above. Shards of one bot share a start
//! limit: let them ask an [`IdentifyGate`]. A bot whose process may be restarted lets an [`IdentifyBudget`]
//! say whether the day can spare an Identify.
//!
//! # Members
//!
//! [`Command::RequestGuildMembers`] is answered in chunks, among other events or not at all. [`MemberRequests`] stand
//! beside a shard, hear its events, and tell which answers are complete; they can ask for the members of each guild
//! by themselves.
//!
//! # Decoding
//!
//! A [`Dispatch`] lends its `d` as it came and decodes it when asked, in place, from JSON or ETF:
//! [`decode`](Dispatch::decode) as one type of [`model`], [`payload`](Dispatch::payload) as the type of its kind,
//! [`deserialize`](Dispatch::deserialize) as a serde type of yours, [`cursor`](Dispatch::cursor) value by value.
//!
//! ```
//! use gatewright_core::decode::DecodeError;
//! use gatewright_core::model::MessageCreate;
//! use gatewright_core::{Dispatch, Event, EventKind};
//!
//! fn on_event(event: Event<'_>) -> Result<(), DecodeError> {
//!     if let Event::Dispatch(dispatch) = event
//!         && dispatch.kind() == EventKind::MessageCreate
//!     {
//!         let message: MessageCreate<'_> = dispatch.decode()?;
//!         for attachment in &message.attachments {
//!             println!("{:?}", attachment?.filename);
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Memory
//!
//! [`Memory`] holds everything large, lent by the caller or (feature `alloc`) on the heap, chosen by
//! value: `Shard<'static>` serves servers and `Shard<'m>` boards. The inflater in it decides the
//! compression. A shard itself is at most 2.1 KiB; it allocates nothing once it is made, but for heap
//! buffers that grow with what comes and shrink again: of an idle stream they keep the 32 KiB it refers to.
//!
//! # Sessions
//!
//! [`Shard::session`] exports a session as plain data, [`Shard::resume`] takes it up in a later process.
//! An event counts as processed once the next output is asked for, so a crash inside a handler brings
//! it again.
//!
//! # Features
//!
//! * `alloc`: memory on the heap, and copies of events and of rows of a cache.
//! * `std`: what needs threads: [`SharedCache`](cache::SharedCache), the caches of several shards for many tasks. It
//!   brings `alloc`.
//! * `miniz`: `Inflater::miniz` and `Inflater::miniz_stream`, which decode zlib by `miniz_oxide`.
//! * `zstd`: the compression zstd-stream, by the C library zstd, which needs a C compiler to build and
//!   takes its memory from the C heap.
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
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(all(feature = "std", not(test)))]
extern crate std;
#[cfg(test)]
#[macro_use]
extern crate std;

mod backoff;
mod budget;
pub mod cache;
mod close;
mod command;
mod config;
pub mod decode;
mod dial_gate;
mod disconnect;
mod encode;
mod encoding;
mod envelope;
mod event;
mod fnv;
mod gate;
mod heartbeat;
mod id;
mod inbox;
mod inflate;
mod intents;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod kind;
mod lease;
mod lifecycle;
mod members;
mod memory;
pub mod metrics;
pub mod model;
mod outbox;
#[cfg(feature = "alloc")]
mod owned;
mod ports;
#[cfg(feature = "alloc")]
mod reshard;
mod rng;
mod session;
mod shard;
#[cfg(feature = "alloc")]
mod shards;
mod status;
mod store;
mod term;
mod text;
mod throttle;
mod time;
pub mod transcript;
mod url;

pub use budget::{
    BotId, BudgetError, BudgetRecord, BudgetSettings, IdentifyBudget, Refusal, RefusalCause,
    SessionStartLimit, UnixTime,
};
pub use close::CloseCode;
pub use command::{
    Activity, ChannelInfoFields, Command, CommandClass, CommandError, CommandId, EncodedCommand,
    Fate, MAX_PAYLOAD, Members, Presence, PresenceStatus, RequestChannelInfo, RequestGuildMembers,
    RequestSoundboardSounds, UpdatePresence, UpdateVoiceState,
};
pub use config::{Config, DEFAULT_GATEWAY, Properties, SetupError};
pub use dial_gate::{DialGate, DialPlace};
pub use disconnect::Cause;
pub use encoding::{Compression, Encoding, UnknownCompression, UnknownEncoding};
pub use event::{Connected, Disconnected, Dispatch, Event, Limit, Skipped};
pub use gate::{Bucket, GateFull, GateOutput, IdentifyGate, Place};
pub use id::{
    ApplicationCommandId, ApplicationId, AttachmentId, AuditLogEntryId, ChannelId,
    DISCORD_EPOCH_MS, EmojiId, EntitlementId, GuildId, IntegrationId, InteractionId, MessageId,
    RoleId, RuleId, ScheduledEventId, ShardId, SkuId, SoundId, StageInstanceId, StickerId,
    StickerPackId, SubscriptionId, TagId, UserId, WebhookId,
};
#[cfg(feature = "miniz")]
pub use inflate::Miniz;
pub use inflate::{Inflater, Zlib};
pub use intents::Intents;
pub use kind::EventKind;
pub use lifecycle::Phase;
pub use members::{
    AskError, Chunking, MemberRequestId, MemberRequests, MembersFailure, MembersOutput,
    MembersPlace, MembersSettings,
};
pub use memory::Memory;
pub use metrics::{Meter, Metrics};
#[cfg(feature = "alloc")]
pub use owned::{OwnedDispatch, OwnedEvent};
pub use ports::{Frame, Gone, Input, Leave, Link, Output, Purpose, Stop, Target};
#[cfg(feature = "alloc")]
pub use reshard::{Reshard, ReshardOutput, Side, Verdict};
pub use session::{Session, SessionError};
pub use shard::Shard;
#[cfg(feature = "alloc")]
pub use shards::{Shards, ShardsError};
pub use status::{Counters, Status, Timer};
pub use text::{Str, Token};
pub use throttle::SendLog;
pub use time::Instant;
pub use url::UrlError;
