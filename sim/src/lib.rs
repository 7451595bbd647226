//! A simulated Discord Gateway: strict referee of clients, library of faults, traffic generator.
//!
//! ```text
//! Options ─► Server ◄─ Input (Opened, Message, Closed, Tick) at a virtual instant
//!              │ World: guilds, people, their truth and the events that change it
//!              ├─► Output (Send, Part, Close, Drop, Refuse, Wait)
//!              └─► journal and stats: what happened, and what the client did wrong
//! ```
//!
//! [`Server`] does no I/O and reads no clock: a test drives it with instants of its own, and the
//! same seed and inputs give the same outputs, bit for bit. [`serve`] puts it behind real
//! WebSockets on a loopback port, where `GET /api/v10/gateway/bot` is answered as well. [`World`]
//! alone is the traffic generator of tests, fuzz seeds and benchmarks.
//!
//! # What the referee does
//!
//! It closes where the real gateway closes, with the same code; what a correct client never does
//! but the gateway lets pass becomes a [`What::Complaint`]. Where Discord says nothing, this
//! server chooses: a known session that timed out is 4009 and an unknown one op 9 `false`; a
//! payload whose fields do not fit its opcode is 4001; ETF in a text message is 4002, while JSON in
//! a binary one, and a presence with the `game` of old, are complained of, since some clients send them to Discord; an encoding other than `json` and `etf` is 4012; a compression
//! other than `zlib-stream` and `zstd-stream` counts as none and is complained of.
//!
//! One Identify more in 24 hours than [`Options::session_starts`] resets the token, as Discord
//! does: every session is over, and whoever says that token is closed with 4004, in later windows
//! too ([`What::TokenReset`]). A Resume costs nothing. Identifies count once their token, shard and
//! intents are right, also when op 9 follows; the windows follow each other without a gap from
//! [`Options::first_reset`] on. Where any token is taken, another one still is, and is reset in its
//! turn as long as the window lasts.
//!
//! # Encodings
//!
//! The world is written in JSON throughout; for a client of ETF each payload is turned into a
//! term as it leaves, by [`to_etf`], in a [`Dialect`] of [`Options`] or a drawn one. What such a
//! client says is held to ETF as strictly as Discord holds it: keys are binaries, and the only
//! atoms are `true`, `false` and `nil`. Then the same rules apply as to JSON. Identify's
//! `compress` has no effect on ETF or on a compressed transport and is complained of.
//!
//! # Faults
//!
//! A [`Fault`] has a name that reads as it writes, and [`Fault::all`] says of each what it does,
//! [when it strikes](Strikes), and which numbered cases of `tests/CASES.md` it stands for. Faults
//! strike in turn from [`Options::faults`] or at a test's word by [`Server::inject`]. They follow
//! from the seed like all else and leave the books in order: a session stays resumable unless the
//! fault's sentence says otherwise, and what was counted as sent can be replayed.
//!
//! ```
//! use gatewright_sim::Fault;
//!
//! let fault: Fault = "hello-interval-0".parse()?;
//! assert_eq!(fault.to_string(), "hello-interval-0");
//! assert_eq!(fault.info().traps, [1]);
//! assert!(Fault::examples().any(|example| example == fault));
//! # Ok::<(), gatewright_sim::UnknownFault>(())
//! ```
//!
//! # A loop
//!
//! ```
//! use gatewright_core::Instant;
//! use gatewright_sim::{Conn, Input, Options, Output, Server};
//!
//! let mut server = Server::new(Options { seed: 7, guilds: 1, ..Options::default() });
//! let conn = Conn(1);
//! let mut now = Instant::from_millis(1);
//! server.handle_input(now, Input::Opened { conn, target: "/?v=10&encoding=json" });
//! let identify = br#"{"op":2,"d":{"token":"t","intents":513,
//!     "properties":{"os":"linux","browser":"doc","device":"doc"}}}"#;
//! server.handle_input(now, Input::Message { conn, text: true, data: identify });
//! let mut sent = 0;
//! while sent < 10 {
//!     match server.poll_output() {
//!         Output::Send { data, .. } => sent += usize::from(!data.is_empty()),
//!         Output::Close { code, .. } => panic!("closed with {code}"),
//!         Output::Drop { .. } => panic!("cut"),
//!         Output::Part { .. } | Output::Refuse { .. } => panic!("no fault was asked for"),
//!         Output::Wait(until) => {
//!             now = until;
//!             server.handle_input(now, Input::Tick);
//!         }
//!     }
//! }
//! assert_eq!(server.stats().identifies, 1);
//! ```

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

mod campaign;
mod etf;
mod fault;
mod journal;
mod json;
mod loopback;
mod options;
mod rng;
mod server;
mod simulation;
mod world;

pub use self::campaign::{
    Blow, Breach, Figures, Outcome, Settings, Strike, Tap, Violation, run_defective, run_seed,
    run_tapped,
};
pub use self::etf::{Dialect, EtfError, from_etf, to_etf};
pub use self::fault::{
    BrokenReady, Fault, FaultInfo, HelloInterval, ResumeUrl, Strikes, UnknownFault,
};
pub use self::journal::{Compression, Entry, Stats, What};
pub use self::loopback::{Loopback, serve};
pub use self::options::Options;
pub use self::server::{Conn, Input, Output, Server};
pub use self::simulation::{
    Crash, Defect, Ending, Network, Seen, Sight, Simulation, Stuck, Trouble, digest, serial,
    serial_text,
};
pub use self::world::{
    Activity, Channel, Emoji, Event, Guild, Invite, Member, Message, Overwrite, Presence, Reaction,
    Role, Sound, Sticker, Thread, User, VoiceState, World, WorldSize, envelope,
};

/// All three can move to another thread.
const _: () = {
    const fn sendable<T: Send>() {}
    sendable::<Server>();
    sendable::<World>();
    sendable::<Loopback>();
};
