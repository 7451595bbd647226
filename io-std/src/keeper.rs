//! The state of a shard that runs: written as it changes, and told of once when that fails.

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
