//! What passes through the doors of a shard: inputs, outputs, and the small types they carry.

use core::fmt;

use crate::{CloseCode, EventKind, Instant};

/// The number of a transport; news of an older one is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub u32);

/// All that can happen to a shard.
#[derive(Clone, Copy, Debug)]
pub enum Input<'i> {
    /// Time passed; the transport was looked at and had nothing.
    Tick,
    /// Time passed; the transport was not looked at.
    Busy,
    /// Time passed, and no event is wanted until the next [`Tick`](Self::Tick) or [`Busy`](Self::Busy).
    ///
    /// For a loop whose consumer is slow: what goes out still goes out, and [`Output::Wait`] follows. The event at hand
    /// stays at hand and is not done. No [`Message`](Self::Message) may come until then.
    Held,
    /// The dial waits for its turn, or its turn has come: the time it may take is counted from now.
    ///
    /// For shards that share a [`DialGate`](crate::DialGate). Say it before that time is over, and when the dial begins.
    DialWaits(Link),
    /// The WebSocket is up.
    Opened(Link),
    /// Bytes of one WebSocket message.
    Message {
        /// The transport they came from.
        link: Link,
        /// Whether it is a text message; otherwise it is binary.
        text: bool,
        /// The bytes, a whole message or a piece of one.
        part: &'i [u8],
        /// Whether this piece ends the message.
        last: bool,
    },
    /// The frame of the last [`Output::Send`] is with the transport, whole.
    Sent(Link),
    /// The transport is gone: once for each [`Output::Connect`], its last word.
    ///
    /// A dial that a later [`Output::Connect`] replaces needs none.
    Closed(Link, Gone<'i>),
    /// The answer to [`Output::AskIdentify`].
    ///
    /// Give it when no frame is on its way, so that Identify leaves at once: the next shard's turn is counted from here.
    MayIdentify(Link),
}

/// All that a shard can want.
#[derive(Clone, Copy, Debug)]
pub enum Output<'o> {
    /// Open a WebSocket, and drop any older transport.
    Connect(Target<'o>),
    /// Ask for a permit to identify, since shards share a start limit; said again if none came in 5 min.
    AskIdentify(Link),
    /// The ask, or the permit it got, is not needed any more.
    ForgoIdentify(Link),
    /// Start writing this now; another one comes only after [`Input::Sent`].
    Send(Frame<'o>),
    /// Close behind what was sent; answer with [`Input::Closed`] once flushed, without waiting for the peer.
    Close(CloseCode),
    /// An event; borrow it with [`Shard::event`](crate::Shard::event).
    Event(EventKind),
    /// Drained: come back with an input, at the latest then.
    Wait(Instant),
    /// Over; said again on every call.
    Stop(Stop),
}

/// Where to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target<'o> {
    /// The number of the transport to open.
    pub link: Link,
    /// Whether to use TLS.
    pub tls: bool,
    /// The host name or address, an IPv6 address in brackets.
    pub host: &'o str,
    /// The TCP port.
    pub port: u16,
    /// The path of the request, beginning with `/`.
    pub path: &'o str,
    /// The query of the request, without the `?`.
    pub query: &'static str,
    /// What the connection is for.
    pub purpose: Purpose,
}

impl Target<'_> {
    /// Returns the host as a resolver or a certificate check wants it: without brackets.
    #[must_use]
    pub fn host_name(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

impl fmt::Display for Target<'_> {
    /// Writes the URL of the WebSocket request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "wss" } else { "ws" };
        let Self { host, port, path, query, .. } = self;
        write!(f, "{scheme}://{host}:{port}{path}?{query}")
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A new session: costs one of the day's session starts.
    Identify,
    /// Resuming a session: costs nothing.
    Resume,
}

/// One WebSocket message to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame<'o> {
    /// The transport to send it on.
    pub link: Link,
    /// Whether it is a text message; otherwise it is binary.
    pub text: bool,
    /// The payload, at most 4096 bytes; UTF-8 if `text`.
    pub bytes: &'o [u8],
}

/// How a transport ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone<'i> {
    /// The peer sent a close frame with this code and reason.
    Code(CloseCode, &'i str),
    /// The transport ended without a close code, or was closed from here.
    Dropped,
    /// The upgrade request was answered with this HTTP status.
    Refused(u16),
    /// A message was longer than the WebSocket limit.
    TooLong,
    /// No transport came to be: name, network, TLS.
    Unreachable,
}

/// How a user leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leave {
    /// Close with 1000: the session dies, the bot goes offline.
    End,
    /// Close with 4000: the session stays for a later process to resume.
    Park,
}

/// Why a shard is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The user left for good.
    Ended,
    /// The user left the session for a later process.
    Parked,
    /// Close code 4004.
    AuthenticationFailed,
    /// Close code 4010.
    InvalidShard,
    /// Close code 4011.
    ShardingRequired,
    /// Close code 4012.
    InvalidApiVersion,
    /// Close code 4013.
    InvalidIntents,
    /// Close code 4014.
    DisallowedIntents,
    /// Messages are longer than the WebSocket limit, again and again.
    MessageTooLong,
}

impl Stop {
    /// Tells whether the user asked for it.
    #[must_use]
    pub const fn is_requested(self) -> bool {
        matches!(self, Self::Ended | Self::Parked)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "the session was ended",
            Self::Parked => "the session was parked for a later process",
            Self::AuthenticationFailed => {
                "the gateway refused the token (4004): copy the bot's token from the developer portal, without the prefix \"Bot \""
            }
            Self::InvalidShard => {
                "the gateway refused the shard (4010): use a shard id below the shard count, and a count the gateway recommends"
            }
            Self::ShardingRequired => {
                "the bot is in too many guilds for this number of shards (4011): raise the shard count"
            }
            Self::InvalidApiVersion => {
                "the gateway does not serve API version 10 any more (4012): update this library"
            }
            Self::InvalidIntents => {
                "the gateway refused the intents (4013): use only bits the documentation names"
            }
            Self::DisallowedIntents => {
                "the gateway refused a privileged intent (4014): enable GUILD_MEMBERS, GUILD_PRESENCES or MESSAGE_CONTENT in the developer portal, or do not ask for it"
            }
            Self::MessageTooLong => {
                "the gateway sends messages over the WebSocket message limit: raise the adapter's setting max_message"
            }
        })
    }
}

impl core::error::Error for Stop {}
