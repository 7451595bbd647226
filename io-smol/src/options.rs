//! What the adapter is told once; what the protocol needs is in [`Config`](gatewright_core::Config).

#[cfg(feature = "tls")]
use std::sync::Arc;
use std::time::Duration;

use gatewright_core::{Chunking, Compression};
use gatewright_std::{Filter, Proxy, StateFolder};

use crate::Gate;
#[cfg(feature = "tls")]
use crate::rustls::ClientConfig;
use crate::tls::Given;

/// The longest WebSocket message taken, unless set.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// The longest document kept, unless set.
const PAYLOAD_LIMIT: usize = 64 * 1024 * 1024;
const USER_AGENT: &str =
    concat!("gatewright/", env!("CARGO_PKG_VERSION"), " (", env!("CARGO_PKG_REPOSITORY"), ")");

/// The settings of the adapter.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) compression: Compression,
    pub(crate) max_message: usize,
    pub(crate) payload_limit: usize,
    pub(crate) gate: Option<Gate>,
    pub(crate) user_agent: String,
    pub(crate) filter: Filter,
    pub(crate) most_events: usize,
    pub(crate) most_event_bytes: usize,
    pub(crate) warn_after: Duration,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) chunking: Chunking,
    pub(crate) state: Option<StateFolder>,
    pub(crate) tls: Given,
}

/// Events that wait for the consumer of a [`ShardHandle`](crate::ShardHandle), and their bytes, unless set.
const MOST_EVENTS: usize = 4_096;
const MOST_EVENT_BYTES: usize = 16 * 1024 * 1024;
/// How long a consumer may take nothing before that is logged, unless set.
const WARN_AFTER: Duration = Duration::from_secs(5);

impl Default for Options {
    fn default() -> Self {
        Self {
            compression: Compression::ZlibStream,
            max_message: MAX_MESSAGE,
            payload_limit: PAYLOAD_LIMIT,
            gate: None,
            user_agent: USER_AGENT.to_owned(),
            filter: Filter::all(),
            most_events: MOST_EVENTS,
            most_event_bytes: MOST_EVENT_BYTES,
            warn_after: WARN_AFTER,
            proxy: None,
            chunking: Chunking::Off,
            state: None,
            tls: Given::default(),
        }
    }
}

impl Options {
    /// Sets the compression; [`Compression::ZlibStream`] unless set.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets the longest WebSocket message taken, in bytes as they come; 64 MiB unless set.
    #[must_use]
    pub const fn max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }

    /// Sets the longest document kept, in bytes; 64 MiB unless set, at least 40 KiB, and at most 256 MiB to be recorded.
    #[must_use]
    pub const fn payload_limit(mut self, bytes: usize) -> Self {
        self.payload_limit = bytes;
        self
    }

    /// Sets the gate to pass before Identify, shared by the shards of one bot.
    ///
    /// Unless set, it is one for all shards of the bot in this process that are given none, with one bucket, and with
    /// the budget of the day in [its file](gatewright_std::BudgetFile::open_default); where that cannot be had, a warning
    /// says so and it counts in memory until it can. A container without a volume forgets that file with each restart: mount the folder, or
    /// open [another file](gatewright_std::BudgetFile::open) for a gate of your own. A gateway of `ws://` has no token to lose, and a gate of its own.
    ///
    /// The budget makes a process wait that begins again and again: from the fifth on that was not live for ten minutes and did
    /// not leave by itself, seconds at first and 15 minutes at most. What the day has left it does not know: it assumes
    /// 1,000 Identifies, of which 475 may go out at once; a [`Fleet`](crate::Fleet) with a part of the bot's shards, a part of them. A single shard of many, in a process of its own, does not know of the others: give it [`Gate::for_bot`]. A large bot asks with [`discover`](crate::discover), and a program that is to start often,
    /// as a test is, takes [`Gate::new`].
    #[must_use]
    pub fn gate(mut self, gate: Gate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Sets the proxy through which to connect; none unless set, whatever the environment says.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Sets whose members are asked for when a guild comes; nobody's unless set.
    ///
    /// They come as `GUILD_MEMBERS_CHUNK`, which a [filter](Self::only) has to let through, and only with the intent
    /// `GUILD_MEMBERS`. [`MemberRequests`](gatewright_core::MemberRequests) says what is asked for
    /// again, and when; what came of it is told by `tracing`, and the fates of the commands are events, as of all. A session
    /// that an earlier process began brings no guilds: of it nobody's members are asked for before guilds come anew.
    #[must_use]
    pub const fn chunking(mut self, chunking: Chunking) -> Self {
        self.chunking = chunking;
        self
    }

    /// Sets where a [`ShardHandle`](crate::ShardHandle) stores its session, for a process to come; nowhere unless set.
    ///
    /// Its first start resumes what is stored, so that a process that was killed loses no event and spends no Identify.
    /// It stores the session as far as the consumer is done with its events, at most once a second while it changes,
    /// before a READY or RESUMED is handed out, and when the shard is over; one that ended is forgotten. Where that cannot be,
    /// a warning says why, the shard runs all the same, and the next start tries again. A start waits up to five seconds
    /// for another process that still has the state, and for a disk that hangs three seconds at a time.
    #[must_use]
    pub fn state(mut self, folder: StateFolder) -> Self {
        self.state = Some(folder);
        self
    }

    /// Sets the TLS of `wss://`; the roots this crate brings along unless set, one configuration for the process.
    ///
    /// It is for a gateway, or a proxy that looks into TLS, whose certificate another root signed, and for roots of the
    /// operating system. Its ALPN is empty or `http/1.1` alone: over any other protocol there is no WebSocket. Shards that share a configuration share its session tickets, and what it takes. [`discover`](crate::discover)
    /// does not take it.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Sets the header `User-Agent`; what is not printable ASCII is left out.
    #[must_use]
    pub fn user_agent(mut self, name: &str) -> Self {
        self.user_agent = name.chars().filter(|c| matches!(c, ' '..='~')).collect();
        self
    }

    /// Sets which dispatches a [`ShardHandle`](crate::ShardHandle) hands out; all unless set.
    ///
    /// The others are neither copied nor decoded, and count as processed.
    #[must_use]
    pub fn only(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets how many events wait for the consumer of a [`ShardHandle`](crate::ShardHandle), and of how many bytes.
    ///
    /// Then nothing more is read until it took some; 4,096 events and 16 MiB unless set.
    #[must_use]
    pub const fn queue(mut self, events: usize, bytes: usize) -> Self {
        self.most_events = events;
        self.most_event_bytes = bytes;
        self
    }

    /// Sets after how long a consumer that takes nothing from a full queue is warned of in the log; 5 s unless set, zero for never.
    #[must_use]
    pub const fn warn_after(mut self, time: Duration) -> Self {
        self.warn_after = time;
        self
    }
}
