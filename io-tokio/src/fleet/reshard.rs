//! The way of a fleet to another set of shards: what the fleet and its events know of it together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use gatewright_core::{Leave, ShardId, Shards, ShardsError, Stop};
use gatewright_std::Watch;

use super::{Inner, OPENED_AT_ONCE, Set};
use crate::stored::Lent;
use crate::{Events, ShardHandle, StartError};

/// The way from one set of shards to another; the task that takes the events goes it.
pub(super) struct Passage {
    pub(super) old: Arc<Set>,
    pub(super) new: Arc<Set>,
    /// Whether the fleet was asked to leave on it.
    left: AtomicBool,
    came: Watch<Option<Result<(), ReshardError>>>,
}

impl Passage {
    pub(super) fn is_left(&self) -> bool {
        self.left.load(Ordering::SeqCst)
    }

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
        sets.line.upgrade().ok_or(ReshardError::NoEvents)?;
        let new = Set::new(&self.config, &self.options, shards, 1 - old.bank);
        let (old, new) = (Arc::clone(old), Arc::new(new));
        let (left, came) = (AtomicBool::new(false), Watch::default());
        let passage = Arc::new(Passage { old, new, left, came });
        sets.passage = Some(Arc::clone(&passage));
        Ok(passage)
    }

    /// Hands a passage to the task that takes the events, once what is stored of the new set is open and forgotten.
    pub(super) async fn hand_over(self: Arc<Self>, passage: Arc<Passage>) {
        let (handles, until) = (stream::iter(passage.new.handles.iter()), Lent::patience());
        handles.for_each_concurrent(OPENED_AT_ONCE, |shard| shard.open_anew_until(until)).await;
        let fault = {
            let sets = self.sets();
            match sets.line.upgrade() {
                _ if passage.is_left() => ReshardError::Left,
                Some(line) if line.go_over(Arc::clone(&passage)) => return,
                _ => ReshardError::NoEvents,
            }
        };
        self.end(&passage, Err(fault));
    }

    /// Gives a passage up that is under way; returns the set the fleet has, and the other one, which is to be closed.
    pub(super) fn part(&self) -> (Arc<Set>, Option<Arc<Set>>) {
        let mut sets = self.sets();
        sets.left = sets.left.wrapping_add(1);
        let set = Arc::clone(&sets.set);
        let other = sets.passage.take().map(|passage| {
            passage.left.store(true, Ordering::SeqCst);
            let has_new = Arc::ptr_eq(&passage.new, &set);
            Arc::clone(if has_new { &passage.old } else { &passage.new })
        });
        if let Some(line) = sets.line.upgrade().filter(|_| other.is_some()) {
            line.wake();
        }
        (set, other)
    }

    /// Starts a shard of the new set; nothing if the passage was given up.
    pub(super) fn begin_new(
        &self,
        passage: &Arc<Passage>,
        id: u32,
    ) -> Option<Result<Events, StartError>> {
        // Whoever closes the new set meanwhile closes this one, too.
        let _sets = self.sets();
        passage.new.shard(id).filter(|_| !passage.is_left()).map(ShardHandle::begin_opened)
    }

    /// Puts the new set in the place of the old, which is closed; says whether it does, or the passage was given up.
    pub(super) fn take_place(&self, passage: &Arc<Passage>) -> bool {
        let mut sets = self.sets();
        if passage.is_left() {
            return false;
        }
        sets.set = Arc::clone(&passage.new);
        passage.old.give_up(Leave::End);
        true
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
    /// The READY of a new shard is longer than [`Options::payload_limit`](crate::Options::payload_limit).
    ReadyTooLarge(ShardId),
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
            Self::ReadyTooLarge(shard) => {
                write!(f, "the READY of shard {shard} is longer than the limit of a payload")
            }
            Self::Resharding => f.write_str("the fleet goes over to another number already"),
            Self::SameCount => f.write_str("the fleet has as many shards"),
            Self::Start(error) => error.fmt(f),
            Self::Stopped(shard, stop) => write!(f, "shard {shard} is over: {stop}"),
        }
    }
}

impl std::error::Error for ReshardError {}
