//! The shards of a process together: a thin runner over their handles.

mod events;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::future::join_all;
use gatewright_core::{CommandError, Config, GuildId, Metrics, Session, ShardId, Shards, Status};

use self::events::Line;
pub use self::events::{FleetEvent, FleetEvents};
use crate::{Events, Gate, Options, ShardHandle, StartError};

/// The shards of a process, each in a task of its own; clones are the same fleet.
///
/// [`start`](Self::start) gives the events of all to one task, [`start_apart`](Self::start_apart) those of each to
/// its own. Commands go to a shard, which [`shard_of`](Self::shard_of) finds by guild. A shard that does not get live
/// holds no other up: none waits for more than its turn at the [gate](Options::gate), where Identifies go out
/// by ascending ids, each bucket's 5 s apart, and 16 dial at once.
///
/// All of them share that gate, the TLS configuration of the process, and the settings; of the configuration all but the
/// [`ShardId`]. When all clones and the events are dropped, the tasks end without a word to the gateway.
#[derive(Clone)]
pub struct Fleet(Arc<Inner>);

struct Inner {
    shards: Shards,
    /// In the order of `shards`.
    handles: Box<[ShardHandle]>,
    /// Where the events of all are taken, as long as somebody does.
    line: Mutex<Weak<Line>>,
}

impl Fleet {
    /// Creates a fleet of these shards; no I/O is done yet.
    ///
    /// The shard of the configuration does not matter. Unless a [gate](Options::gate) is given, the shards have that of
    /// their bot in this process, or over `ws://` one of their own, with one bucket.
    #[must_use]
    pub fn new(config: Config<'static>, shards: Shards, mut options: Options) -> Self {
        if options.gate.is_none() && config.gateway_url().starts_with("ws://") {
            options.gate = Some(Gate::new(1, shards.size()));
        }
        let handle = |id| ShardHandle::new(config.clone().shard(id), options.clone());
        let handles = shards.iter().map(handle).collect();
        Self(Arc::new(Inner { shards, handles, line: Mutex::default() }))
    }

    /// Starts all shards, and returns their events in one stream at once, before any shard is live.
    ///
    /// A fleet that was parked goes on with its sessions when it is started again. The first start goes on with those of an
    /// earlier process, as far as they [are stored](Options::state) and fit.
    ///
    /// # Errors
    /// [`StartError`] if one of them runs already, or a setting does not fit.
    pub async fn start(&self) -> Result<FleetEvents, StartError> {
        let events = FleetEvents::new(&self.0.shards, self.begin()?);
        *self.line() = events.line();
        Ok(events)
    }

    /// Starts all shards, and returns the events of each, as [`start`](Self::start) does.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_apart(&self) -> Result<Vec<(ShardId, Events)>, StartError> {
        Ok(self.0.shards.iter().zip(self.begin()?).collect())
    }

    /// Starts all shards, or none.
    fn begin(&self) -> Result<Vec<Events>, StartError> {
        let handles = &self.0.handles;
        if handles.iter().any(ShardHandle::is_alive) {
            return Err(StartError::Running);
        }
        let begun: Result<Vec<_>, _> = handles.iter().map(ShardHandle::begin).collect();
        if begun.is_err() {
            handles.iter().for_each(ShardHandle::give_up);
        }
        begun
    }

    /// Closes the connection of one shard and goes on with its session on a new one; or starts it again, if it is over.
    ///
    /// Its events go on in the same stream. Of a shard that runs none is lost and none comes twice, as
    /// [`ShardHandle::restart`] says.
    ///
    /// # Errors
    /// [`RestartError`] if there is no such shard here, or it does not start.
    pub async fn restart(&self, id: u32) -> Result<(), RestartError> {
        let (Some(at), Some(shard)) = (self.0.shards.position(id), self.shard(id)) else {
            return Err(RestartError::NotHere(id));
        };
        match shard.restart().await {
            Ok(()) => return Ok(()),
            Err(CommandError::QueueFull) => return Err(RestartError::Busy),
            Err(_) => {}
        }
        let line = self.line().upgrade().ok_or(RestartError::NoEvents)?;
        line.add(at, shard.begin().map_err(RestartError::Start)?);
        Ok(())
    }

    /// Ends all sessions and waits until all connections are closed; it may be called at any time, and again.
    pub async fn close(&self) {
        join_all(self.0.handles.iter().map(ShardHandle::close)).await;
    }

    /// Leaves all sessions for the next start, or for another process, and waits until all connections are closed.
    ///
    /// Returns those there are, each with the events counted as processed that the consumer is done with; those it is
    /// not come again.
    pub async fn park(&self) -> Vec<Session> {
        join_all(self.0.handles.iter().map(ShardHandle::park)).await.into_iter().flatten().collect()
    }

    /// Waits until the process is asked to end, by Ctrl-C or SIGTERM, and then [parks](Self::park) all shards.
    ///
    /// In a task of its own beside the one that takes the events: that one sees them all out, and its stream ends.
    ///
    /// # Errors
    /// If the process cannot listen for signals.
    #[cfg(feature = "signal")]
    pub async fn park_on_signal(&self) -> std::io::Result<Vec<Session>> {
        crate::asked_to_end().await?;
        Ok(self.park().await)
    }

    /// Waits until all shards are over.
    pub async fn join(&self) {
        join_all(self.0.handles.iter().map(ShardHandle::join)).await;
    }

    /// Returns which shards these are.
    #[must_use]
    pub fn shards(&self) -> &Shards {
        &self.0.shards
    }

    /// Returns all shards, by ascending ids.
    #[must_use]
    pub fn handles(&self) -> &[ShardHandle] {
        &self.0.handles
    }

    /// Returns the shard with this id, if it is of this fleet.
    #[must_use]
    pub fn shard(&self, id: u32) -> Option<&ShardHandle> {
        self.0.handles.get(self.0.shards.position(id)?)
    }

    /// Returns the shard that has a guild, if it is of this fleet: the one for commands about it.
    #[must_use]
    pub fn shard_of(&self, guild: GuildId) -> Option<&ShardHandle> {
        self.shard(self.0.shards.shard_of(guild).id)
    }

    /// Returns the state and the counters of all shards that were started.
    #[must_use]
    pub fn statuses(&self) -> Vec<(ShardId, Status)> {
        let status = |shard: &ShardHandle| Some((shard.shard_id(), shard.status()?));
        self.0.handles.iter().filter_map(status).collect()
    }

    /// Returns what all shards counted, together.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.0.handles.iter().filter_map(ShardHandle::metrics).sum()
    }

    fn line(&self) -> MutexGuard<'_, Weak<Line>> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("handles", &self.0.handles).finish_non_exhaustive()
    }
}

/// Why a shard of a fleet was not restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestartError {
    /// Too many commands wait for it.
    Busy,
    /// It is over, and nobody takes the events of the fleet from one stream.
    NoEvents,
    /// The shard with this id is not of this fleet.
    NotHere(u32),
    /// It was over and does not start.
    Start(StartError),
}

impl fmt::Display for RestartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many commands wait for the shard"),
            Self::NoEvents => f.write_str(
                "the shard is over, and there is no stream for its events: start it by its handle",
            ),
            Self::NotHere(id) => write!(f, "shard {id} is not of this fleet"),
            Self::Start(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RestartError {}
