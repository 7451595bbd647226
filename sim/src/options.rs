//! What a simulated gateway can be set to.

use std::fmt;
use std::time::Duration;

use gatewright_core::Intents;

use crate::etf::Dialect;
use crate::fault::Fault;
use crate::world::WorldSize;

/// How long a window of Identifies is.
///
/// Source: Discord documentation, *Session Start Limit*.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How a simulated gateway behaves.
///
/// ```
/// use gatewright_sim::Options;
///
/// let options = Options { seed: 7, rate: 0, ..Options::default() };
/// assert_eq!(options.guilds, 5);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// The seed of the world and of all that is drawn.
    pub seed: u64,
    /// The number of usual guilds.
    pub guilds: u32,
    /// The members of a usual guild.
    pub members: u32,
    /// The number of guilds of about 1 MB of JSON each, on top of `guilds`.
    pub large_guilds: u32,
    /// The steady events in a second that happen in the guilds of each session; zero for none.
    pub rate: u32,
    /// The token to expect; `None` takes any that is not empty.
    pub token: Option<String>,
    /// The privileged intents that are granted.
    pub privileged: Intents,
    /// The number of Identifies taken in 5 s, each of another `shard_id % max_concurrency`.
    pub max_concurrency: u32,
    /// The number of Identifies granted in 24 hours; one more resets the token.
    pub session_starts: u32,
    /// When the first 24 hours of `session_starts` are over, from the beginning of time; at most 24 hours.
    pub first_reset: Duration,
    /// The most shards a client may have.
    pub max_shards: u32,
    /// The most guilds of one shard.
    pub max_guilds_per_shard: u32,
    /// The heartbeat interval that Hello tells.
    pub heartbeat_interval: Duration,
    /// How long no heartbeat may come; `None` for 1.5 intervals and 5 s.
    pub heartbeat_patience: Option<Duration>,
    /// How long a detached session waits for a Resume.
    pub session_timeout: Duration,
    /// The number of dispatches a session keeps for replay.
    pub replay_capacity: u32,
    /// How ETF is written; `None` draws a dialect for each connection.
    pub dialect: Option<Dialect>,
    /// The URL that READY tells; a loopback server puts in its own if it is empty.
    pub resume_url: String,
    /// The number of journal entries kept; older ones are forgotten half at a time.
    pub journal_capacity: u32,
    /// Faults that strike one after the other, each once.
    ///
    /// A fault of opening strikes the next connection, one of Identify or Resume the next of
    /// those. Any other strikes a random live connection, one to five seconds after one is live
    /// and the fault's turn has come.
    pub faults: Vec<Fault>,
}

impl Options {
    pub(crate) const fn world_size(&self) -> WorldSize {
        WorldSize { guilds: self.guilds, members: self.members, large_guilds: self.large_guilds }
    }

    pub(crate) fn patience(&self) -> Duration {
        let usual = (self.heartbeat_interval * 3 / 2).saturating_add(Duration::from_secs(5));
        self.heartbeat_patience.unwrap_or(usual)
    }
}

impl Default for Options {
    fn default() -> Self {
        let size = WorldSize::default();
        Self {
            seed: 0,
            guilds: size.guilds,
            members: size.members,
            large_guilds: size.large_guilds,
            rate: 50,
            token: None,
            privileged: Intents::PRIVILEGED,
            max_concurrency: 1,
            session_starts: 1_000,
            first_reset: DAY,
            max_shards: 16_384,
            max_guilds_per_shard: 2_500,
            heartbeat_interval: Duration::from_millis(41_250),
            heartbeat_patience: None,
            session_timeout: Duration::from_secs(90),
            replay_capacity: 5_000,
            dialect: None,
            resume_url: String::new(),
            journal_capacity: 65_536,
            faults: Vec::new(),
        }
    }
}

impl fmt::Debug for Options {
    /// Writes all but the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("seed", &self.seed)
            .field("world", &self.world_size())
            .field("rate", &self.rate)
            .field("token", &self.token.as_ref().map(|_| "<token>"))
            .field("privileged", &self.privileged)
            .field("max_concurrency", &self.max_concurrency)
            .field("session_starts", &self.session_starts)
            .field("first_reset", &self.first_reset)
            .field("max_shards", &self.max_shards)
            .field("max_guilds_per_shard", &self.max_guilds_per_shard)
            .field("heartbeat_interval", &self.heartbeat_interval)
            .field("heartbeat_patience", &self.heartbeat_patience)
            .field("session_timeout", &self.session_timeout)
            .field("replay_capacity", &self.replay_capacity)
            .field("dialect", &self.dialect)
            .field("resume_url", &self.resume_url)
            .field("journal_capacity", &self.journal_capacity)
            .field("faults", &self.faults)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_not_in_the_debug_output() {
        let options = Options { token: Some("hunter2".to_owned()), ..Options::default() };
        let text = format!("{options:?}");
        assert!(!text.contains("hunter2") && text.contains("<token>"), "{text}");
    }
}
