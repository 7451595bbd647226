//! What is asked for by itself, and how long an answer is waited for.

use core::time::Duration;

use crate::{Intents, ShardId};

/// How long a chunk is waited for.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How many guilds are chunked at once.
const AT_ONCE: usize = 2;

/// Of which guilds all members are asked for by themselves, once GUILD_CREATE comes.
///
/// It takes the intent `GUILD_MEMBERS`: without it the gateway answers nobody who asks for all members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Chunking {
    /// Of each guild that lists fewer members than it has.
    All,
    /// Of each of those that is large.
    ///
    /// A guild is large from [`Config::large_threshold`](crate::Config::large_threshold) on. Without the intent
    /// `GUILD_PRESENCES` smaller ones list hardly anybody either, and are left at that.
    Large,
    /// Of none.
    #[default]
    Off,
}

/// The settings of [`MemberRequests`](super::MemberRequests).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MembersSettings {
    /// The number of the shard, which is part of each nonce.
    pub shard: u32,
    /// The intents of the shard.
    pub intents: Intents,
    /// Of which guilds all members are asked for by themselves.
    pub chunking: Chunking,
    /// How many guilds are chunked at once, at least one.
    ///
    /// Each takes a place for a request: have more places, or a caller's own requests wait behind these.
    pub at_once: usize,
    /// How long the next chunk of an answer is waited for.
    ///
    /// It begins with [`Fate::Sent`](crate::Fate::Sent), which a request for all members that nobody answers gets
    /// only about 30 s after it was sent, and begins again with each chunk.
    pub timeout: Duration,
}

impl MembersSettings {
    /// Settings for a shard: nothing is asked for by itself, two guilds at once, 15 s for each chunk.
    #[must_use]
    pub const fn new(shard: ShardId, intents: Intents) -> Self {
        let shard = shard.id;
        Self { shard, intents, chunking: Chunking::Off, at_once: AT_ONCE, timeout: TIMEOUT }
    }

    /// Sets of which guilds all members are asked for by themselves.
    #[must_use]
    pub const fn with_chunking(mut self, chunking: Chunking) -> Self {
        self.chunking = chunking;
        self
    }

    /// Sets how many guilds are chunked at once.
    #[must_use]
    pub const fn with_at_once(mut self, at_once: usize) -> Self {
        self.at_once = at_once;
        self
    }

    /// Sets how long the next chunk of an answer is waited for.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Returns of which guilds all members are asked for: of none without the intent.
    pub(super) const fn chunks(&self) -> Chunking {
        if self.intents.contains(Intents::GUILD_MEMBERS) { self.chunking } else { Chunking::Off }
    }
}
