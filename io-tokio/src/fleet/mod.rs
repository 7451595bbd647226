//! The shards of a process together: a thin runner over their handles.

mod events;
mod merge;
mod reshard;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::future::{join, join_all};
use futures_util::{StreamExt as _, stream};
use gatewright_core::{
    CommandError, Config, GuildId, Leave, Metrics, Session, ShardId, Shards, Status,
};

use self::events::Line;
pub use self::events::{FleetEvent, FleetEvents};
use self::reshard::Passage;
pub use self::reshard::ReshardError;
use crate::stored::Lent;
use crate::task::spawn;
use crate::usual::gate_of_part;
use crate::{Events, Gate, Options, ShardHandle, StartError};

/// How many shards have what is stored of them opened at once, each on a thread.
const OPENED_AT_ONCE: usize = 64;

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
    config: Config<'static>,
    options: Options,
    sets: Mutex<Sets>,
}

/// The shards there are, and those that are to take their place.
struct Sets {
    set: Arc<Set>,
    /// The way to another set, unless the fleet was asked to leave on it.
    passage: Option<Arc<Passage>>,
    /// How often it was asked to leave.
    left: u64,
    /// Where the events of all are taken, as long as somebody does.
    line: Weak<Line>,
}

/// Shards of one count.
struct Set {
    shards: Shards,
    /// In the order of `shards`.
    handles: Box<[ShardHandle]>,
    /// Which lanes its events take: 0 or 1, and the other than those of the set before.
    bank: usize,
}

impl Fleet {
    /// Creates a fleet of these shards; no I/O is done yet.
    ///
    /// The shard of the configuration does not matter. Unless a [gate](Options::gate) is given, the shards have that of
    /// their bot in this process, or over `ws://` one of their own, with one bucket. Shards that are not all of their bot have a
    /// part of the day's Identifies, as of [`Gate::for_bot`].
    #[must_use]
    pub fn new(config: Config<'static>, shards: Shards, mut options: Options) -> Self {
        if options.gate.is_none() && config.gateway_url().starts_with("ws://") {
            // Those that may take their place have some in it, too.
            options.gate = Some(Gate::new(1, shards.size().saturating_mul(2)));
        }
        options.gate = options.gate.or_else(|| gate_of_part(&config, &shards));
        let set = Arc::new(Set::new(&config, &options, shards, 0));
        let sets = Mutex::new(Sets { set, passage: None, left: 0, line: Weak::new() });
        Self(Arc::new(Inner { config, options, sets }))
    }

    /// Starts all shards, and returns their events in one stream at once, before any shard is live.
    ///
    /// A fleet that was parked goes on with its sessions when it is started again. The first start goes on with those of an
    /// earlier process, as far as they [are stored](Options::state) and fit; while that process still has some of them, it
    /// waits up to five seconds, for all together.
    ///
    /// # Errors
    /// [`StartError`] if one of them runs already, or a setting does not fit.
    pub async fn start(&self) -> Result<FleetEvents, StartError> {
        self.open().await;
        let (set, begun) = self.begin()?;
        let events = FleetEvents::new(Arc::clone(&self.0), &set, begun);
        self.0.sets().line = events.line();
        Ok(events)
    }

    /// Starts all shards, and returns the events of each, as [`start`](Self::start) does.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_apart(&self) -> Result<Vec<(ShardId, Events)>, StartError> {
        self.open().await;
        let (set, begun) = self.begin()?;
        Ok(set.shards.iter().zip(begun).collect())
    }

    /// Starts all shards, or none.
    fn begin(&self) -> Result<(Arc<Set>, Vec<Events>), StartError> {
        let sets = self.0.sets();
        let handles = &sets.set.handles;
        if sets.passage.is_some() || handles.iter().any(ShardHandle::is_alive) {
            return Err(StartError::Running);
        }
        let begun: Result<Vec<_>, _> = handles.iter().map(ShardHandle::begin).collect();
        if begun.is_err() {
            sets.set.give_up(Leave::Park);
        }
        Ok((Arc::clone(&sets.set), begun?))
    }

    /// Closes the connection of one shard and goes on with its session on a new one; or starts it again, if it is over.
    ///
    /// Its events go on in the same stream. Of a shard that runs none is lost and none comes twice, as
    /// [`ShardHandle::restart`] says.
    ///
    /// # Errors
    /// [`RestartError`] if there is no such shard here, or it does not start.
    pub async fn restart(&self, id: u32) -> Result<(), RestartError> {
        let left = self.0.sets().left;
        let shard = self.shard(id).ok_or(RestartError::NotHere(id))?;
        if shard.is_alive() {
            return match shard.restart().await {
                Ok(()) => Ok(()),
                Err(CommandError::QueueFull) => Err(RestartError::Busy),
                Err(_) => Err(RestartError::Left),
            };
        }
        shard.open_until(Lent::patience()).await;
        self.0.begin_again(id, left)
    }

    /// Opens what is stored of each shard; waits a while for a process that has it, once for all.
    async fn open(&self) {
        let set = Arc::clone(&self.0.sets().set);
        let (handles, until) = (stream::iter(set.handles.iter()), Lent::patience());
        handles.for_each_concurrent(OPENED_AT_ONCE, |shard| shard.open_until(until)).await;
    }

    /// Goes over to another number of shards while all run, and waits until the old ones are closed.
    ///
    /// A second set starts beside the first, and each guild is handed over by itself: of what happens, none is lost and none
    /// comes twice. That takes some minutes, as a few heartbeats have to be answered, and the events have to be
    /// [taken](FleetEvents::next) all the while. Then [`shards`](Self::shards) and all that goes by it are of the new set.
    /// The first events of the new sessions, which say how things are, are passed over, and the old shards are told to be
    /// [over](FleetEvent::Over). The presence is that of the configuration; whoever is in a voice channel joins it again.
    ///
    /// The new shards wait for their turns at the gate of the old ones. If one of them is refused for good, or the fleet is
    /// parked or closed before it is the new set's, the new ones are closed and the old ones stay. Dropped early, it goes
    /// on; when the [`FleetEvents`] are dropped, it does not.
    ///
    /// # Errors
    /// [`ReshardError`] says why it does not begin, or why the fleet has its old shards.
    pub async fn reshard(&self, count: u32) -> Result<(), ReshardError> {
        let passage = self.0.go_over(count)?;
        spawn(Inner::hand_over(Arc::clone(&self.0), Arc::clone(&passage)));
        let came = passage.came().await;
        if came.is_err() {
            passage.new.close().await;
        }
        came
    }

    /// Ends all sessions and waits until all connections are closed; it may be called at any time, and again.
    pub async fn close(&self) {
        let (set, other) = self.0.part();
        join(set.close(), async {
            if let Some(other) = other {
                other.close().await;
            }
        })
        .await;
    }

    /// Leaves all sessions for the next start, or for another process, and waits until all connections are closed.
    ///
    /// Returns those there are, each with the events counted as processed that the consumer is done with; those it is
    /// not come again.
    pub async fn park(&self) -> Vec<Session> {
        let (set, other) = self.0.part();
        let parked = join_all(set.handles.iter().map(ShardHandle::park));
        let closed = async {
            if let Some(other) = other {
                other.close().await;
            }
        };
        join(parked, closed).await.0.into_iter().flatten().collect()
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
        loop {
            let set = self.0.set();
            join_all(set.handles.iter().map(ShardHandle::join)).await;
            let (latest, passage) = {
                let sets = self.0.sets();
                (Arc::clone(&sets.set), sets.passage.clone())
            };
            // Others may have taken their place, or are about to.
            match passage {
                Some(passage) => drop(passage.came().await),
                None if Arc::ptr_eq(&set, &latest) => return,
                None => {}
            }
        }
    }

    /// Returns which shards these are.
    #[must_use]
    pub fn shards(&self) -> Shards {
        self.0.set().shards.clone()
    }

    /// Returns all shards, by ascending ids.
    #[must_use]
    pub fn handles(&self) -> Vec<ShardHandle> {
        self.0.set().handles.to_vec()
    }

    /// Returns the shard with this id, if it is of this fleet.
    #[must_use]
    pub fn shard(&self, id: u32) -> Option<ShardHandle> {
        self.0.set().shard(id).cloned()
    }

    /// Returns the shard that has a guild, if it is of this fleet: the one for commands about it.
    ///
    /// After a [reshard](Self::reshard) that is another one, so it is to be asked for each time.
    #[must_use]
    pub fn shard_of(&self, guild: GuildId) -> Option<ShardHandle> {
        let set = self.0.set();
        set.shard(set.shards.shard_of(guild).id).cloned()
    }

    /// Returns the state and the counters of all shards that were started.
    #[must_use]
    pub fn statuses(&self) -> Vec<(ShardId, Status)> {
        let status = |shard: &ShardHandle| Some((shard.shard_id(), shard.status()?));
        self.0.set().handles.iter().filter_map(status).collect()
    }

    /// Returns what all shards counted, together.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.0.set().handles.iter().filter_map(ShardHandle::metrics).sum()
    }
}

impl Inner {
    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self) -> Arc<Set> {
        Arc::clone(&self.sets().set)
    }

    /// Starts a shard again that is over, unless the fleet was asked to leave meanwhile.
    fn begin_again(&self, id: u32, left: u64) -> Result<(), RestartError> {
        let sets = self.sets();
        if sets.left != left {
            return Err(RestartError::Left);
        }
        let at = sets.set.shards.position(id).ok_or(RestartError::NotHere(id))?;
        let line = sets.line.upgrade().ok_or(RestartError::NoEvents)?;
        if sets.passage.is_some() {
            return Err(RestartError::Resharding);
        }
        let shard = sets.set.handles.get(at).ok_or(RestartError::NotHere(id))?;
        let events = shard.begin().map_err(RestartError::Start)?;
        if line.add(sets.set.number(at), events) {
            return Ok(());
        }
        shard.give_up(Leave::Park);
        Err(RestartError::NoEvents)
    }
}

impl Set {
    fn new(config: &Config<'static>, options: &Options, shards: Shards, bank: usize) -> Self {
        let handle = |id| ShardHandle::new(config.clone().shard(id), options.clone());
        let handles = shards.iter().map(handle).collect();
        Self { shards, handles, bank }
    }

    /// Returns the number of the lane of a shard.
    const fn number(&self, at: usize) -> usize {
        at.saturating_mul(2).saturating_add(self.bank)
    }

    fn shard(&self, id: u32) -> Option<&ShardHandle> {
        self.handles.get(self.shards.position(id)?)
    }

    fn give_up(&self, how: Leave) {
        self.handles.iter().for_each(|shard| shard.give_up(how));
    }

    async fn close(&self) {
        join_all(self.handles.iter().map(ShardHandle::close)).await;
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("handles", &self.0.set().handles).finish_non_exhaustive()
    }
}

/// Why a shard of a fleet was not restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestartError {
    /// Too many commands wait for it.
    Busy,
    /// It was parked or closed meanwhile, or ended by itself.
    Left,
    /// It is over, and nobody takes the events of the fleet from one stream.
    NoEvents,
    /// The shard with this id is not of this fleet.
    NotHere(u32),
    /// It is over, and the fleet goes over to another number of shards.
    Resharding,
    /// It was over and does not start.
    Start(StartError),
}

impl fmt::Display for RestartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many commands wait for the shard"),
            Self::Left => f.write_str("the shard was parked or closed meanwhile, or is over"),
            Self::NoEvents => f.write_str(
                "the shard is over, and there is no stream for its events: start it by its handle",
            ),
            Self::NotHere(id) => write!(f, "shard {id} is not of this fleet"),
            Self::Resharding => f.write_str(
                "the shard is over, and the fleet goes over to another number of shards",
            ),
            Self::Start(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RestartError {}
