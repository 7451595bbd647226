//! A header read back: what to make the shard of.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use core::str::FromStr;

use super::Problem;
use super::header::{MAX_COMMANDS, MAX_MEMORY, MAX_MESSAGE};
use super::words::Words;
use crate::config::{FirstPresence, Timeout};
use crate::decode::{Cursor, Deserializer};
use crate::inbox::SMALLEST;
use crate::inflate::Inflater;
use crate::lease::Lease;
use crate::store::{Growing, Store};
use crate::throttle::SendLog;
use crate::{
    Compression, Config, DEFAULT_GATEWAY, Encoding, Instant, Intents, Memory, Session, SetupError,
    Shard, ShardId,
};

/// What is expected of a message's limit.
const MOST_INFLATED: &str = "messages that inflate to at most 1 GiB";
/// The longest token a header may ask for.
const LONGEST_TOKEN: usize = 4096;
/// The room to unescape a session's texts.
const SCRATCH: usize = 1024;

/// What a transcript's header says of the shard.
#[derive(Debug)]
#[non_exhaustive]
pub struct Header {
    /// The version of the library that wrote it.
    pub library: String,
    /// The stored session it began with.
    pub session: Option<Session>,
    /// The presence it began with, as JSON.
    pub presence: Option<String>,
    /// The URL of the gateway.
    pub gateway: String,
    seed: u64,
    config: Config<'static>,
    compression: Compression,
    payload: Result<usize, usize>,
    commands: usize,
}

impl Default for Header {
    /// Settings and memory as a shard on the heap has unless told otherwise.
    fn default() -> Self {
        Self {
            library: String::new(),
            session: None,
            presence: None,
            gateway: DEFAULT_GATEWAY.to_string(),
            seed: 0,
            config: Config::new("*", Intents::empty()),
            compression: Compression::None,
            payload: Err(Memory::PAYLOAD_LIMIT),
            commands: Memory::COMMANDS,
        }
    }
}

impl Header {
    /// Returns the encoding.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.config.encoding
    }

    /// Returns the compression.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// Returns how many bytes a message may inflate to.
    #[must_use]
    pub const fn max_inflated(&self) -> u64 {
        self.config.max_inflated
    }

    /// Reads a line.
    pub(super) fn line(&mut self, line: &str) -> Result<(), Problem> {
        let mut words = Words(line);
        let key = words.word();
        if !self.setting(key, &mut words)? {
            self.part(key, &mut words)?;
        }
        words.end()
    }

    /// Reads a line about the settings; tells whether it is one.
    fn setting(&mut self, key: &str, words: &mut Words<'_>) -> Result<bool, Problem> {
        let config = &mut self.config;
        match key {
            "token" => config.token = token(words.value("the length of the token")?)?.into(),
            "intents" => {
                config.intents = Intents::from_bits_retain(words.value("intents as a number")?);
            }
            "shard" => {
                let (id, count) = (words.value("a shard id")?, words.value("a shard count")?);
                config.shard = ShardId { id, count };
            }
            "gateway" => self.gateway = words.quoted()?,
            "os" => config.properties.os = words.quoted()?.into(),
            "browser" => config.properties.browser = words.quoted()?.into(),
            "device" => config.properties.device = words.quoted()?.into(),
            "large-threshold" => config.large_threshold = words.value("a number of members")?,
            "capabilities" => config.capabilities = Some(words.value("capabilities as a number")?),
            "encoding" => config.encoding = words.value("json or etf")?,
            "max-inflated" => config.max_inflated = words.at_most(MAX_MESSAGE, MOST_INFLATED)?,
            "dial-timeout" => config.dial_timeout = words.span()?,
            "hello-timeout" => config.hello_timeout = words.span()?,
            "ready-timeout" => config.ready_timeout = words.span()?,
            "resumed-timeout" => config.resumed_timeout = words.span()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads a line about anything else.
    fn part(&mut self, key: &str, words: &mut Words<'_>) -> Result<(), Problem> {
        match key {
            "library" => self.library = words.rest().to_string(),
            "seed" => self.seed = words.value("a seed")?,
            "presence" => {
                self.presence = Some(words.json("the presence as JSON")?.to_string());
            }
            "compression" => self.compression = words.value("a compression")?,
            "payload" => {
                let heap = match words.word() {
                    "heap" => true,
                    "lent" => false,
                    _ => return Err(Problem::Expected("heap or lent, and a number of bytes")),
                };
                let bytes = words.at_most(MAX_MEMORY, "a payload buffer of at most 256 MiB")?;
                self.payload = if heap { Err(bytes) } else { Ok(bytes) };
            }
            "commands" => {
                self.commands = words.at_most(MAX_COMMANDS, "a command buffer of at most 1 MiB")?;
            }
            "session" => self.session = Some(session(words.json("a session as JSON")?)?),
            _ => return Err(Problem::Expected("a key of the header, or an empty line to end it")),
        }
        Ok(())
    }

    /// Makes the shard.
    pub(super) fn shard(&self) -> Result<Shard<'static>, Problem> {
        let mut config = self.config.clone();
        config.gateway = self.gateway.clone().into();
        config.presence =
            self.presence.as_ref().map(|json| FirstPresence::Written(json.clone().into()));
        let payload = match self.payload {
            Ok(size) => Store::Fixed(vec![0; size].into_boxed_slice()),
            Err(limit) => Store::Growing(Growing::new(limit.max(SMALLEST))),
        };
        if !self.compression.is_available() {
            return Err(Problem::Setup(SetupError::CompressionNotBuiltIn));
        }
        let memory = Memory {
            payload,
            commands: Store::Fixed(vec![0; self.commands].into_boxed_slice()),
            log: Lease::Owned(Box::new(SendLog::new())),
            inflater: Inflater::heap(self.compression),
        };
        let made = match &self.session {
            Some(session) => Shard::resume(config, session.clone(), self.seed, memory),
            None => Shard::new(config, self.seed, memory),
        };
        made.map_err(Problem::Setup)
    }
}

impl Words<'_> {
    /// Takes a number of bytes that has a limit.
    fn at_most<T: FromStr + PartialOrd>(
        &mut self,
        most: T,
        expected: &'static str,
    ) -> Result<T, Problem> {
        let bytes = self.value("a number of bytes")?;
        if bytes <= most { Ok(bytes) } else { Err(Problem::Expected(expected)) }
    }

    fn span(&mut self) -> Result<Timeout, Problem> {
        self.time().map(|time| Timeout::of(time.saturating_since(Instant::ZERO)))
    }
}

/// Returns what stands for a token of a length.
fn token(length: usize) -> Result<String, Problem> {
    if length <= LONGEST_TOKEN {
        Ok("*".repeat(length))
    } else {
        Err(Problem::Expected("a token of at most 4096 bytes"))
    }
}

fn session(json: &str) -> Result<Session, Problem> {
    let mut scratch = [0; SCRATCH];
    let cursor = Cursor::trusted(Encoding::Json, json.as_bytes());
    let mut deserializer = Deserializer::new(cursor, &mut scratch);
    let session = serde::Deserialize::deserialize(&mut deserializer);
    session.map_err(|_| Problem::Expected("a session as JSON"))
}
