//! The way of a fleet to another set of shards: what the fleet and its events know of it together.

use std::fmt;
use std::sync::Arc;

use gatewright_core::{Leave, ShardId, Shards, ShardsError, Stop};
use gatewright_std::Watch;

use super::{Inner, Set};
use crate::{Events, ShardHandle, StartError};

/// The way from one set of shards to another; the task that takes the events goes it.
pub(super) struct Passage {
    pub(super) old: Arc<Set>,
    pub(super) new: Arc<Set>,
    came: Watch<Option<Result<(), ReshardError>>>,
}

impl Passage {
    /// Waits until it is over.
    pub(super) async fn came(&self) -> Result<(), ReshardError> {
        self.came.wait(|came| *came).await
    }
}

impl Inner {
    /// Begins to go over to another number of shards.
    pub(super) fn go_over(&self, count: u32) -> Result<Arc<Passage>, ReshardError> {
        let shards = Shards::all(count).map_err(ReshardError::Count)?;
        let mut sets = self.sets();
        let old = &sets.set;
        if sets.passage.is_some() {
            return Err(ReshardError::Resharding);
        }
        if usize::try_from(old.shards.count()) != Ok(old.shards.size()) {
            return Err(ReshardError::NotAll);
        }
        if old.shards.count() == count {
            return Err(ReshardError::SameCount);
        }
        if !old.handles.iter().any(ShardHandle::is_alive) {
            return Err(ReshardError::NotRunning);
        }
        let line = sets.line.upgrade().ok_or(ReshardError::NoEvents)?;
        let new = Set::new(&self.config, &self.options, shards, 1 - old.bank);
        let (old, new) = (Arc::clone(old), Arc::new(new));
        let passage = Arc::new(Passage { old, new, came: Watch::default() });
        if !line.go_over(Arc::clone(&passage)) {
            return Err(ReshardError::NoEvents);
        }
        sets.passage = Some(Arc::clone(&passage));
        Ok(passage)
    }

    /// Gives a passage up that is under way; returns the set the fleet has, and the other one, which is to be closed.
    pub(super) fn part(&self) -> (Arc<Set>, Option<Arc<Set>>) {
        let mut sets = self.sets();
        let set = Arc::clone(&sets.set);
        let other = sets.passage.take().map(|passage| {
            let has_new = Arc::ptr_eq(&passage.new, &set);
            Arc::clone(if has_new { &passage.old } else { &passage.new })
        });
        if let Some(line) = sets.line.upgrade().filter(|_| other.is_some()) {
            line.wake();
        }
        (set, other)
    }

    /// Tells whether nobody gave a passage up.
    pub(super) fn is_under_way(&self, passage: &Arc<Passage>) -> bool {
        self.sets().passage.as_ref().is_some_and(|latest| Arc::ptr_eq(latest, passage))
    }

    /// Starts a shard of the new set; nothing if the passage was given up.
    pub(super) fn begin_new(
        &self,
        passage: &Arc<Passage>,
        id: u32,
    ) -> Option<Result<Events, StartError>> {
        let sets = self.sets();
        // Whoever closes the new set meanwhile closes this one, too.
        sets.passage.as_ref().filter(|latest| Arc::ptr_eq(latest, passage))?;
        passage.new.shard(id).map(ShardHandle::begin_anew)
    }

    /// Puts the new set in the place of the old, which is closed; says whether it does, or the passage was given up.
    pub(super) fn take_place(&self, passage: &Arc<Passage>) -> bool {
        let mut sets = self.sets();
        let is_under_way = sets.passage.as_ref().is_some_and(|latest| Arc::ptr_eq(latest, passage));
        if is_under_way {
            sets.set = Arc::clone(&passage.new);
            passage.old.give_up(Leave::End);
        }
        is_under_way
    }

    /// Ends a passage. Unless the fleet has the new set then, that is closed.
    pub(super) fn end(&self, passage: &Arc<Passage>, came: Result<(), ReshardError>) {
        let mut sets = self.sets();
        sets.passage.take_if(|latest| Arc::ptr_eq(latest, passage));
        drop(sets);
        if came.is_err() {
            passage.new.give_up(Leave::End);
        }
        passage.came.change(|over| *over = over.or(Some(came)));
    }
}

/// Why a fleet did not go over to another number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReshardError {
    /// There cannot be as many.
    Count(ShardsError),
    /// It was parked or closed meanwhile.
    Left,
    /// Nobody takes the events of the fleet from one stream.
    NoEvents,
    /// Some shards of the bot are in other processes.
    NotAll,
    /// No shard runs.
    NotRunning,
    /// It goes over to another number already.
    Resharding,
    /// It has as many.
    SameCount,
    /// A new shard does not start.
    Start(StartError),
    /// A new shard was refused for good.
    Stopped(ShardId, Stop),
}

impl fmt::Display for ReshardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(error) => error.fmt(f),
            Self::Left => f.write_str("the fleet was parked or closed meanwhile"),
            Self::NoEvents => f.write_str("nobody takes the events of all shards from one stream"),
            Self::NotAll => f.write_str("the fleet has not all shards of the bot"),
            Self::NotRunning => f.write_str("no shard of the fleet runs"),
            Self::Resharding => f.write_str("the fleet goes over to another number already"),
            Self::SameCount => f.write_str("the fleet has as many shards"),
            Self::Start(error) => error.fmt(f),
            Self::Stopped(shard, stop) => write!(f, "shard {shard} is over: {stop}"),
        }
    }
}

impl std::error::Error for ReshardError {}
