//! The state of a shard that runs: written as it changes, and told of once when that fails.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatewright_core::Session;

use crate::state_error::StateError;
use crate::state_folder::ShardState;

/// Writes down the session of a shard that runs, and goes on where that fails.
///
/// ```
/// use gatewright_core::{BotId, ShardId};
/// use gatewright_std::{Keeper, StateFolder};
///
/// # let folder = tempfile::tempdir()?;
/// let folder = StateFolder::at(folder.path().join("state"));
/// let state = folder.open(BotId::of_token("MTIz.abc.secret"), ShardId::ONE)?;
/// let mut keeper = Keeper::new(state);
/// keeper.begin(false);
/// assert!(keeper.keep(None), "a session that never was is not forgotten");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Keeper {
    state: ShardState,
    /// Whether there is a session of the run at hand, to be forgotten when it ends.
    has_session: bool,
    failed: bool,
}

impl Keeper {
    /// Keeps the state of a shard.
    #[must_use]
    pub const fn new(state: ShardState) -> Self {
        Self { state, has_session: false, failed: false }
    }

    /// Returns the state.
    pub const fn state(&mut self) -> &mut ShardState {
        &mut self.state
    }

    /// Hears that a run begins, with the session that is stored or without.
    ///
    /// One that it does not resume stays stored until there is another.
    pub const fn begin(&mut self, resumes: bool) {
        self.has_session = resumes;
    }

    /// Stores a session if it changed, or forgets that of the run if it ended; says whether all is well.
    ///
    /// The first time that writing fails is told by `tracing::warn!`.
    pub fn keep(&mut self, session: Option<&Session>) -> bool {
        let result = match session {
            Some(session) => {
                self.has_session = true;
                self.state.save(session)
            }
            None if self.has_session => self.state.forget(),
            None => return true,
        };
        self.has_session = session.is_some() || result.is_err();
        self.settle(result)
    }

    /// Tells when it changed whether writing goes well.
    fn settle(&mut self, result: Result<(), StateError>) -> bool {
        match &result {
            Err(error) if !self.failed => tracing::warn!("{error}"),
            Ok(()) if self.failed => {
                tracing::info!("{} is written again", self.state.path().display());
            }
            _ => {}
        }
        self.failed = result.is_err();
        result.is_ok()
    }
}

/// The keeper of a shard, for several tasks: one has it at a time, and nobody has to wait for a disk that hangs.
///
/// ```
/// use gatewright_core::{BotId, ShardId};
/// use gatewright_std::{Keeper, SharedKeeper, StateFolder};
///
/// # let folder = tempfile::tempdir()?;
/// let folder = StateFolder::at(folder.path().join("state"));
/// let state = folder.open(BotId::of_token("MTIz.abc.secret"), ShardId::ONE)?;
/// let shared = SharedKeeper::default();
/// shared.put(Keeper::new(state));
/// assert_eq!(shared.with(|keeper| keeper.keep(None)), Some(true));
/// shared.release();
/// assert_eq!(shared.with(|keeper| keeper.keep(None)), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct SharedKeeper {
    place: Mutex<Place>,
    is_back: Condvar,
}

/// Where a keeper is.
#[derive(Debug, Default)]
struct Place {
    keeper: Option<Keeper>,
    /// Whether somebody has it, and brings it back.
    is_out: bool,
    /// Whether it is to be dropped then.
    is_released: bool,
}

impl SharedKeeper {
    /// Hands a keeper over.
    pub fn put(&self, keeper: Keeper) {
        let mut place = self.place();
        (place.keeper, place.is_released) = (Some(keeper), false);
    }

    /// Does something with the keeper, if there is one; blocks while another has it.
    pub fn with<R>(&self, act: impl FnOnce(&mut Keeper) -> R) -> Option<R> {
        let place = self.is_back.wait_while(self.place(), |place| place.is_out);
        let mut place = place.unwrap_or_else(PoisonError::into_inner);
        let keeper = place.keeper.take()?;
        place.is_out = true;
        drop(place);
        let mut lent = Lent { of: self, keeper: Some(keeper) };
        lent.keeper.as_mut().map(act)
    }

    /// Takes the keeper back; blocks up to that time while another has it, and then gives it up.
    pub fn take_within(&self, time: Duration) -> Option<Keeper> {
        let waited = self.is_back.wait_timeout_while(self.place(), time, |place| place.is_out);
        let (mut place, _) = waited.unwrap_or_else(PoisonError::into_inner);
        place.is_released = true;
        place.keeper.take()
    }

    /// Drops the keeper, and the lock with it: at once, or when it is back.
    pub fn release(&self) {
        let mut place = self.place();
        place.is_released = true;
        let keeper = place.keeper.take();
        drop(place);
        drop(keeper);
    }

    /// Tells whether this session is stored, or none can be; it does not wait for one who has the keeper.
    #[must_use]
    pub fn has_stored(&self, session: Option<&Session>) -> bool {
        let place = self.place();
        match &place.keeper {
            Some(keeper) => session.is_some() && keeper.state.session() == session,
            None => !place.is_out,
        }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A keeper that is brought back, whatever happens.
struct Lent<'k> {
    of: &'k SharedKeeper,
    keeper: Option<Keeper>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut place = self.of.place();
        let keeper = self.keeper.take();
        place.is_out = false;
        // Of one that is released, the lock goes before anybody hears that it is back.
        place.keeper = keeper.filter(|_| !place.is_released);
        drop(place);
        self.of.is_back.notify_all();
    }
}
