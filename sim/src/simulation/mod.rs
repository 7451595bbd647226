//! Shards, their adapters and consumers, a network and a gateway under one virtual clock and one seed.
//!
//! Whatever is due first happens next: something arrives, a timer runs out, a consumer is free again.
//! What happened is told as [`Sight`]s, for a check to judge. Nothing here knows what is right.
#![cfg_attr(
    not(test),
    expect(clippy::wildcard_enum_match_arm, reason = "trouble names what is special about it")
)]

mod budget;
mod client;
mod clockwork;
mod frame;
mod line;
mod present;
mod restart;
mod sabotage;
mod seen;
mod strike;
mod trouble;

use std::fmt;
use std::time::Duration;

use gatewright_core::transcript::RecordError;
use gatewright_core::{
    Command, CommandClass, CommandError, CommandId, Encoding, IdentifyGate, Instant, Link, Phase,
    Shard, Status,
};

pub use self::budget::Crash;
use self::budget::Ledger;
use self::client::Client;
pub(crate) use self::clockwork::SLOW;
pub use self::frame::{digest, serial, serial_text};
pub use self::sabotage::Defect;
pub use self::seen::{Ending, Seen, Sight};
pub use self::trouble::Trouble;
use crate::options::Options;
use crate::rng::Rng;
use crate::server::Server;

/// The hosts that answer: of new sessions, and of Resumes.
const HOSTS: [&str; 2] = ["gateway.example", "resume.example"];

/// The moment at which every simulation begins.
pub(crate) const BEGIN: Instant = Instant::from_millis(1_000);

/// How a network is when nothing is wrong with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// How long a message takes at least.
    pub latency: Duration,
    /// How much longer it may take.
    pub jitter: Duration,
    /// How many of 1,000 frames the transport does not take at once.
    pub slow: u16,
}

impl Network {
    fn draw(&self, rng: &mut Rng) -> Duration {
        if self.jitter.is_zero() {
            return self.latency;
        }
        let micros = u64::try_from(self.jitter.as_micros()).unwrap_or(u64::MAX);
        self.latency.saturating_add(Duration::from_micros(rng.below(micros)))
    }
}

/// Something that would go on for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// One input brought about more outputs than any may.
    Outputs {
        /// The shard.
        shard: u32,
        /// When.
        at: Instant,
    },
    /// What was waited for did not come.
    Never {
        /// When it was given up.
        at: Instant,
    },
    /// The shard wanted to be called again and again.
    Spin {
        /// The shard.
        shard: u32,
        /// When.
        at: Instant,
    },
    /// Everything together took more steps than it may.
    Steps {
        /// When.
        at: Instant,
    },
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outputs { shard, at } => {
                write!(f, "shard {shard} put out more than 1,024 things for one input at {at}")
            }
            Self::Never { at } => write!(f, "what was waited for had not come by {at}"),
            Self::Spin { shard, at } => {
                write!(f, "shard {shard} wanted over 200 calls in the second of {at}")
            }
            Self::Steps { at } => write!(f, "over 20,000 steps in the second of {at}"),
        }
    }
}

impl std::error::Error for Stuck {}

/// Several shards and one gateway in virtual time.
///
/// ```
/// use gatewright_core::{Compression, Config, Encoding, Intents, Memory, Shard};
/// use gatewright_sim::{Network, Options, Simulation, Trouble};
///
/// let config = Config::new("simulated", Intents::unprivileged()).gateway(Simulation::GATEWAY);
/// let shard = Shard::new(config, 1, Memory::heap(Compression::None))?;
/// let options = Options { guilds: 1, members: 3, rate: 0, ..Options::default() };
/// let mut simulation = Simulation::new(options, Encoding::Json, Network::default(), vec![shard], 7);
/// simulation.run_until(Simulation::all_live)?;
/// simulation.strike(0, Trouble::Reset)?;
/// simulation.run_until(|simulation| simulation.server().stats().resumes == 1)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Simulation<'m> {
    server: Server,
    clients: Vec<Client<'m>>,
    gate: IdentifyGate<'static>,
    gate_wait: Instant,
    /// What counts Identifies, if a budget is kept.
    ledger: Option<Ledger>,
    server_wait: Instant,
    now: Instant,
    rng: Rng,
    network: Network,
    encoding: Encoding,
    /// The shard of each connection, by its number, and its transport.
    owners: Vec<(u32, Link)>,
    /// How many entries of the journal were read.
    read: usize,
    sights: Vec<Sight>,
    second: u64,
    steps: u32,
    /// Whether the gateway had more to say than it may.
    runaway: bool,
}

impl<'m> Simulation<'m> {
    /// The URL of the gateway, for the settings of its shards.
    pub const GATEWAY: &'static str = "ws://gateway.example";

    /// Sets everything up; nothing has happened yet.
    ///
    /// The shards come in the order of their ids and speak `encoding`. A resume URL other than
    /// `ws://resume.example` leads nowhere.
    #[must_use]
    pub fn new(
        mut options: Options,
        encoding: Encoding,
        network: Network,
        shards: Vec<Shard<'m>>,
        seed: u64,
    ) -> Self {
        if options.resume_url.is_empty() {
            "ws://resume.example".clone_into(&mut options.resume_url);
        }
        let buckets = usize::try_from(options.max_concurrency.max(1)).unwrap_or(1);
        let gate = IdentifyGate::heap(buckets, shards.len());
        let clients = (0_u32..).zip(shards).map(|(id, shard)| Client::new(shard, id)).collect();
        Self {
            server: Server::new(options),
            clients,
            gate,
            gate_wait: Instant::MAX,
            ledger: None,
            server_wait: Instant::MAX,
            now: BEGIN,
            rng: Rng::new(seed),
            network,
            encoding,
            owners: Vec::new(),
            read: 0,
            sights: Vec::new(),
            second: 0,
            steps: 0,
            runaway: false,
        }
    }

    /// Records every shard from now on.
    ///
    /// # Errors
    /// [`RecordError`] if something has happened already, or the shard is larger than a replay takes.
    pub fn record(&mut self) -> Result<(), RecordError> {
        self.clients.iter_mut().try_for_each(|client| client.shard.record(String::new()))
    }

    /// Ends the recordings and returns them, by shard; those of processes that ended before stand behind.
    pub fn finish_recordings(&mut self) -> Vec<String> {
        let finish =
            |client: &mut Client<'m>| Some(client.sabotage.recording(client.shard.finish()?));
        let mut recordings: Vec<_> = self.clients.iter_mut().filter_map(finish).collect();
        self.clients.iter_mut().for_each(|client| recordings.append(&mut client.recordings));
        recordings
    }

    /// Lets the next thing happen.
    ///
    /// # Errors
    /// [`Stuck`] if something would go on for ever.
    pub fn step(&mut self) -> Result<(), Stuck> {
        let (at, next) = self.next();
        self.go(at, next)
    }

    fn go(&mut self, at: Instant, next: clockwork::Next) -> Result<(), Stuck> {
        self.now = self.now.max(at);
        let second = self.now.as_micros() / 1_000_000;
        self.steps = if second == self.second { self.steps + 1 } else { 0 };
        self.second = second;
        if self.runaway || self.steps > 20_000 {
            return Err(Stuck::Steps { at: self.now });
        }
        self.happen(next)
    }

    /// Lets the next thing happen if it is due by then, and tells whether it was; else it is then.
    ///
    /// # Errors
    /// [`Stuck`] if something would go on for ever.
    pub fn step_until(&mut self, until: Instant) -> Result<bool, Stuck> {
        let (at, next) = self.next();
        if at.max(self.now) > until {
            self.now = self.now.max(until);
            return Ok(false);
        }
        self.go(at, next)?;
        Ok(true)
    }

    /// Lets time pass until something is so.
    ///
    /// # Errors
    /// [`Stuck`] if it is not so within a virtual day, or something would go on for ever.
    pub fn run_until(&mut self, mut so: impl FnMut(&Self) -> bool) -> Result<(), Stuck> {
        let end = self.now.saturating_add(Duration::from_secs(86_400));
        while !so(self) {
            if self.now >= end {
                return Err(Stuck::Never { at: self.now });
            }
            self.sights.clear();
            self.step()?;
        }
        Ok(())
    }

    /// Lets a span of time pass.
    ///
    /// # Errors
    /// [`Stuck`] if something would go on for ever.
    pub fn run_for(&mut self, span: Duration) -> Result<(), Stuck> {
        let end = self.now.saturating_add(span);
        loop {
            self.sights.clear();
            if !self.step_until(end)? {
                return Ok(());
            }
        }
    }

    /// Gives a shard a command that is dropped unless it can be sent before `expires`.
    ///
    /// # Errors
    /// As [`Shard::command_until`]; `Over` too if there is no such shard.
    pub fn command(
        &mut self,
        shard: u32,
        command: &Command<'_>,
        expires: Instant,
    ) -> Result<CommandId, CommandError> {
        let (now, encoding) = (self.now, self.encoding);
        let client = self.client(shard).ok_or(CommandError::Over)?;
        let present = client.present.after(command);
        let mut payload = [0; gatewright_core::MAX_PAYLOAD];
        let length = present.whole(command).encode(encoding, &mut payload)?;
        let digest = digest(payload.get(..length).unwrap_or_default());
        let id = client.shard.command_until(now, command, expires)?;
        client.present = present;
        if client.sabotage.defect.is_some() {
            client.sabotage.spare = payload.get(..length).map(<[u8]>::to_vec);
        }
        let class = CommandClass::of(command);
        self.see(shard, Seen::Queued { id, digest, expires, class });
        Ok(id)
    }

    /// Gives every shard a defect.
    #[doc(hidden)]
    pub fn sabotage(&mut self, defect: Defect) {
        self.clients.iter_mut().for_each(|client| client.sabotage.defect = Some(defect));
    }

    /// Calls a shard, as an adapter does once it has a command to send.
    ///
    /// # Errors
    /// [`Stuck`] if something would go on for ever.
    pub fn poke(&mut self, shard: u32) -> Result<(), Stuck> {
        let at = usize::try_from(shard).unwrap_or(usize::MAX);
        if self.clients.get(at).is_some_and(|client| !client.is_held()) {
            self.hear(at, gatewright_core::Input::Busy)?;
        }
        Ok(())
    }

    /// Lets the gateway send an event of one's own to every session.
    pub fn dispatch(&mut self, kind: &str, d: &str) {
        self.server.dispatch(self.now, kind, d);
        self.drain_server(false);
    }

    /// Takes what was seen, to be [given back](Self::give_back) for its room.
    pub(crate) fn take_sights(&mut self) -> Vec<Sight> {
        core::mem::take(&mut self.sights)
    }

    pub(crate) fn give_back(&mut self, mut sights: Vec<Sight>) {
        sights.clear();
        self.sights = sights;
    }

    /// Forgets what was seen.
    pub fn clear_sights(&mut self) {
        self.sights.clear();
    }

    /// Returns what was seen since it was last forgotten.
    #[must_use]
    pub fn sights(&self) -> &[Sight] {
        &self.sights
    }

    /// Returns the virtual time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Returns the gateway.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Returns the number of shards.
    #[must_use]
    pub fn shards(&self) -> u32 {
        u32::try_from(self.clients.len()).unwrap_or(u32::MAX)
    }

    /// Returns the state of a shard, if there is one of this id.
    #[must_use]
    pub fn status(&self, shard: u32) -> Option<Status> {
        let client = self.clients.get(usize::try_from(shard).ok()?)?;
        Some(client.shard.status())
    }

    /// Tells whether every shard is live.
    #[must_use]
    pub fn all_live(&self) -> bool {
        self.clients.iter().all(|client| client.shard.status().phase == Phase::Live)
    }

    fn client(&mut self, shard: u32) -> Option<&mut Client<'m>> {
        self.clients.get_mut(usize::try_from(shard).ok()?)
    }

    fn see(&mut self, shard: u32, seen: Seen) {
        self.sights.push(Sight { at: self.now, shard, seen });
    }
}
