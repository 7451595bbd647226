//! What the shard and its cache are made of, and the memory they are lent.

use gatewright_core::cache::{Cache, CacheMemory, Components, Fixed, Kind, Limit, Settings};
use gatewright_core::{
    Config, Encoding, Inflater, Intents, Memory, Properties, SendLog, SetupError, Shard, Zlib,
};

/// The window of zlib and 8 KiB of room for messages.
pub const PAYLOAD: usize = Memory::MIN_PAYLOAD;
/// Room for the commands.
pub const COMMANDS: usize = Memory::MIN_COMMANDS;
/// The most users the cache has room for.
pub const USERS: u32 = 64;
/// The rows of all tables: users, their members, and the guilds those are of.
const ROWS: usize = 136;
/// The bytes of their records.
const BYTES: usize = 10_368;
/// The room to read an event in.
const SCRATCH: usize = 704;

/// The token: of the length of a real one, and none.
pub const TOKEN: &str = "bm90IGEgcmVhbCB0b2tlbiBhdCBhbGw.board.not-a-real-token-of-anyone-at-all";
/// What jitter is drawn from.
pub const SEED: u64 = 7;
/// Where a session begins.
pub const GATEWAY: &str = "wss://gateway.example";

/// How the gateway and a shard speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// What is said is JSON or ETF.
    pub encoding: Encoding,
    /// The gateway's part is compressed as one stream.
    pub compressed: bool,
}

impl Wire {
    /// As a session on a board has it.
    pub const SESSION: Self = Self { encoding: Encoding::Json, compressed: true };

    /// Returns the way that the first head of a script names.
    #[must_use]
    pub const fn of_flags(flags: u8) -> Self {
        let encoding = if flags & 2 == 0 { Encoding::Json } else { Encoding::Etf };
        Self { encoding, compressed: flags & 1 != 0 }
    }

    /// Returns the flags of a script's first head.
    #[must_use]
    pub fn flags(self) -> u8 {
        u8::from(self.compressed) + 2 * u8::from(self.encoding == Encoding::Etf)
    }
}

/// The memory of the rows.
pub type Rows = CacheMemory<ROWS, BYTES, SCRATCH>;

/// The memory of one shard and its cache, all zeroes until it is used.
#[expect(missing_debug_implementations, reason = "it is memory")]
pub struct Arena {
    payload: [u8; PAYLOAD],
    commands: [u8; COMMANDS],
    log: SendLog,
    zlib: Zlib,
    rows: Rows,
}

/// All that is lent to a shard and its cache is at most this much.
const _: () = assert!(size_of::<Arena>() <= 64 * 1024);

impl Arena {
    /// Creates it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            payload: [0; PAYLOAD],
            commands: [0; COMMANDS],
            log: SendLog::new(),
            zlib: Zlib::new(),
            rows: Rows::new(),
        }
    }

    /// Lends it to a shard and a cache.
    ///
    /// # Errors
    /// [`SetupError`], never for the constants above.
    pub fn lend(
        &mut self,
        seed: u64,
        Wire { encoding, compressed }: Wire,
    ) -> Result<(Shard<'_>, Cache<Fixed<'_>>), SetupError> {
        let Self { payload, commands, log, zlib, rows } = self;
        let inflater = if compressed { Inflater::zlib_stream(zlib) } else { Inflater::none() };
        let memory = Memory::lent(payload, commands, log, inflater);
        let shard = Shard::new(config(encoding), seed, memory)?;
        Ok((shard, Cache::lent(settings(), rows)))
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

/// What is asked for.
pub const INTENTS: Intents = Intents::GUILDS
    .union(Intents::GUILD_MEMBERS)
    .union(Intents::GUILD_MESSAGES)
    .union(Intents::GUILD_VOICE_STATES)
    .union(Intents::MESSAGE_CONTENT);

fn config(encoding: Encoding) -> Config<'static> {
    let properties =
        Properties { os: "none".into(), browser: "gatewright".into(), device: "board".into() };
    Config::new(TOKEN, INTENTS).gateway(GATEWAY).properties(properties).encoding(encoding)
}

/// Returns what the cache keeps: the latest members of guilds, with their users.
#[must_use]
pub fn settings() -> Settings {
    Settings::default()
        .with_components(Components::MEMBERS)
        .with_limit(Kind::Member, Limit::oldest(USERS))
        .with_intents(INTENTS)
}
