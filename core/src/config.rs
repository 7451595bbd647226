//! What a shard is told once: who it is, what it wants, and its limits.

use core::fmt;
use core::time::Duration;

use crate::command::{CommandError, Presence};
use crate::session::SessionError;
use crate::text::{Str, Token};
use crate::url::{Url, UrlError};
use crate::{BotId, Compression, Encoding, Intents, ShardId, UserId};

/// Where new sessions begin unless another URL is given.
///
/// Source: Discord documentation, *Get Gateway*.
pub const DEFAULT_GATEWAY: &str = "wss://gateway.discord.gg";

/// The settings of a shard.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config<'m> {
    pub(crate) token: Token<'m>,
    pub(crate) intents: Intents,
    pub(crate) shard: ShardId,
    pub(crate) gateway: Str<'m>,
    pub(crate) properties: Properties<'m>,
    pub(crate) large_threshold: u8,
    pub(crate) presence: Option<FirstPresence<'m>>,
    pub(crate) capabilities: Option<u64>,
    pub(crate) encoding: Encoding,
    pub(crate) max_inflated: u64,
    pub(crate) dial_timeout: Timeout,
    pub(crate) hello_timeout: Timeout,
    pub(crate) ready_timeout: Timeout,
    pub(crate) resumed_timeout: Timeout,
}

/// The presence a session begins with.
#[derive(Clone, Debug)]
pub(crate) enum FirstPresence<'m> {
    Typed(Presence<'m>),
    /// As JSON, checked, from a transcript.
    #[cfg(feature = "alloc")]
    Written(Str<'m>),
}

/// What Identify says about the client.
#[derive(Clone, Debug)]
pub struct Properties<'m> {
    /// The operating system.
    pub os: Str<'m>,
    /// The name of the library.
    pub browser: Str<'m>,
    /// The name of the library, or of the device.
    pub device: Str<'m>,
}

impl Default for Properties<'_> {
    fn default() -> Self {
        Self { os: "linux".into(), browser: "gatewright".into(), device: "gatewright".into() }
    }
}

impl<'m> Config<'m> {
    /// Creates the settings of a bot that is not sharded.
    pub fn new(token: impl Into<Token<'m>>, intents: Intents) -> Self {
        Self {
            token: token.into(),
            intents,
            shard: ShardId::ONE,
            gateway: DEFAULT_GATEWAY.into(),
            properties: Properties::default(),
            large_threshold: 250,
            presence: None,
            capabilities: None,
            encoding: Encoding::Json,
            max_inflated: 256 * 1024 * 1024,
            dial_timeout: Timeout::seconds(10),
            hello_timeout: Timeout::seconds(20),
            ready_timeout: Timeout::seconds(120),
            resumed_timeout: Timeout::seconds(60),
        }
    }

    /// Sets the shard.
    #[must_use]
    pub const fn shard(mut self, shard: ShardId) -> Self {
        self.shard = shard;
        self
    }

    /// Sets the URL of the gateway, `wss://` or `ws://`; a query in it is left out.
    ///
    /// A resume URL of plain `ws` is followed only if this one is plain too.
    #[must_use]
    pub fn gateway(mut self, url: impl Into<Str<'m>>) -> Self {
        self.gateway = url.into();
        self
    }

    /// Sets what Identify says about the client.
    #[must_use]
    pub fn properties(mut self, properties: Properties<'m>) -> Self {
        self.properties = properties;
        self
    }

    /// Sets above how many members, 50 to 250, a guild's offline members are left out; 250 unless set.
    #[must_use]
    pub const fn large_threshold(mut self, members: u8) -> Self {
        self.large_threshold = members;
        self
    }

    /// Sets the presence a new session begins with.
    #[must_use]
    pub fn presence(mut self, presence: Presence<'m>) -> Self {
        self.presence = Some(FirstPresence::Typed(presence));
        self
    }

    /// Sets the bits of Identify's `capabilities`; the field is left out unless set.
    #[must_use]
    pub const fn capabilities(mut self, bits: u64) -> Self {
        self.capabilities = Some(bits);
        self
    }

    /// Sets how documents are encoded, in both directions; [`Encoding::Json`] unless set.
    #[must_use]
    pub const fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Sets how many bytes one message may inflate to; 256 MiB unless set.
    #[must_use]
    pub const fn max_inflated(mut self, bytes: u64) -> Self {
        self.max_inflated = bytes;
        self
    }

    /// Sets how long a dial may take; 10 s unless set, at least 1 s.
    #[must_use]
    pub fn dial_timeout(mut self, timeout: Duration) -> Self {
        self.dial_timeout = Timeout::of(timeout);
        self
    }

    /// Sets how long the gateway may take to say Hello; 20 s unless set, at least 1 s.
    #[must_use]
    pub fn hello_timeout(mut self, timeout: Duration) -> Self {
        self.hello_timeout = Timeout::of(timeout);
        self
    }

    /// Sets how long READY may take after Identify; 120 s unless set, at least 1 s.
    #[must_use]
    pub fn ready_timeout(mut self, timeout: Duration) -> Self {
        self.ready_timeout = Timeout::of(timeout);
        self
    }

    /// Sets how long a Resume may bring nothing; 60 s unless set, at least 1 s.
    #[must_use]
    pub fn resumed_timeout(mut self, timeout: Duration) -> Self {
        self.resumed_timeout = Timeout::of(timeout);
        self
    }

    /// Returns the shard.
    #[must_use]
    pub const fn shard_id(&self) -> ShardId {
        self.shard
    }

    /// Returns the intents.
    #[must_use]
    pub const fn intents(&self) -> Intents {
        self.intents
    }

    /// Returns which bot this is, as far as its token tells.
    #[must_use]
    pub fn bot_id(&self) -> BotId {
        BotId::of_token(self.token.reveal())
    }

    /// Returns the id of the bot's user as the token tells it; see [`UserId::of_token`].
    #[must_use]
    pub fn token_user(&self) -> Option<UserId> {
        UserId::of_token(self.token.reveal())
    }

    /// Returns the URL of the gateway.
    #[must_use]
    pub fn gateway_url(&self) -> &str {
        &self.gateway
    }

    /// Returns the encoding in both directions.
    #[must_use]
    pub const fn wire_encoding(&self) -> Encoding {
        self.encoding
    }

    /// Takes the gateway's URL apart.
    pub(crate) fn url(&self) -> Result<Url<'_>, UrlError> {
        Url::parse(&self.gateway)
    }

    pub(crate) fn check(&self, compression: Compression) -> Result<(), SetupError> {
        self.url().map_err(SetupError::Gateway)?;
        if !compression.is_available() {
            return Err(SetupError::CompressionNotBuiltIn);
        }
        if !self.token.is_plausible() {
            return Err(SetupError::Token);
        }
        if self.shard.id >= self.shard.count {
            return Err(SetupError::Shard);
        }
        if let Some(FirstPresence::Typed(presence)) = &self.presence {
            let mut activities = presence.activities.iter();
            activities.try_for_each(|activity| activity.check()).map_err(SetupError::Presence)?;
        }
        if !(50..=250).contains(&self.large_threshold) {
            return Err(SetupError::LargeThreshold);
        }
        if self.encoding == Encoding::Etf && compression == Compression::Zlib {
            return Err(SetupError::EtfWithZlib);
        }
        Ok(())
    }
}

/// A span from a second to 49 days, in less room than a [`Duration`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeout {
    millis: u32,
}

impl Timeout {
    const fn seconds(seconds: u32) -> Self {
        Self { millis: seconds * 1_000 }
    }

    pub(crate) fn of(span: Duration) -> Self {
        let millis = u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        Self { millis: millis.max(1_000) }
    }

    pub(crate) fn span(self) -> Duration {
        Duration::from_millis(self.millis.into())
    }
}

/// Why a shard could not be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupError {
    /// The command buffer is below [`Memory::MIN_COMMANDS`](crate::Memory::MIN_COMMANDS), or Identify does not fit into it.
    CommandsTooSmall,
    /// The library was built without a decoder for the compression.
    CompressionNotBuiltIn,
    /// Payload compression was chosen with [`Encoding::Etf`]; the gateway offers it for JSON only.
    EtfWithZlib,
    /// The gateway URL is malformed.
    Gateway(UrlError),
    /// Identify would be over 4096 bytes.
    IdentifyTooLong,
    /// The large threshold is not within 50 to 250.
    LargeThreshold,
    /// The lent payload buffer is below [`Memory::MIN_PAYLOAD`](crate::Memory::MIN_PAYLOAD).
    PayloadTooSmall,
    /// An activity of the presence is not as the documentation says.
    Presence(CommandError),
    /// The stored session is not one of this shard.
    Session(SessionError),
    /// The shard id is not below the shard count.
    Shard,
    /// The token is empty, or holds a space, a quote, a backslash or a character that is not ASCII.
    Token,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gateway(error) => return error.fmt(f),
            Self::Presence(error) => return error.fmt(f),
            Self::Session(error) => return error.fmt(f),
            Self::CommandsTooSmall => {
                "expected a command buffer of at least 1024 bytes into which Identify fits"
            }
            Self::CompressionNotBuiltIn => {
                "compression zstd-stream is not built in: enable the feature zstd or use zlib-stream"
            }
            Self::EtfWithZlib => {
                "compression zlib works with the encoding json only: use zlib-stream or none with etf"
            }
            Self::IdentifyTooLong => {
                "Identify would be over 4096 bytes: shorten the presence or the properties"
            }
            Self::LargeThreshold => "expected a large threshold from 50 to 250",
            Self::PayloadTooSmall => "expected a payload buffer of at least 40 KiB",
            Self::Shard => "expected a shard id below the shard count",
            Self::Token => {
                "expected a bot token: printable characters without spaces and quotes, and without the prefix \"Bot \""
            }
        })
    }
}

impl core::error::Error for SetupError {}
