//! What a shard has that was not given a gate: one for all of its bot in this process, with the budget of the day.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use gatewright_core::{BotId, BudgetSettings, Config, Intents, ShardId};
use gatewright_std::{BudgetFile, unix_now};

use crate::Gate;

/// The gates there are, for as long as the process is: a shard that is started again is no process that crashed.
static GATES: LazyLock<Mutex<BTreeMap<BotId, Gate>>> = LazyLock::new(Mutex::default);

/// The least number of places in line: some shards more than are configured may come when a bot grows.
const LEAST_PLACES: usize = 64;
/// The most places in line, for about 200 KB.
const MOST_PLACES: usize = 4_096;

/// What is known of a shard before it takes the settings to itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    pub(crate) shard: ShardId,
    pub(crate) intents: Intents,
    bot: BotId,
    is_encrypted: bool,
}

impl Traits {
    pub(crate) fn of(config: &Config<'_>) -> Self {
        Self {
            shard: config.shard_id(),
            intents: config.intents(),
            bot: config.bot_id(),
            is_encrypted: !config.gateway_url().starts_with("ws://"),
        }
    }

    /// Returns the gate of the bot, or one of its own where there is no token to lose; and what it knows the shard by.
    ///
    /// Two shards may have one id, as in a process that goes over to another shard count. There is but one bucket.
    pub(crate) fn gate(&self) -> (Gate, u32) {
        static TICKETS: AtomicU32 = AtomicU32::new(0);
        if !self.is_encrypted {
            return (Gate::new(1, 1), self.shard.id);
        }
        (self.shared(), TICKETS.fetch_add(1, Ordering::Relaxed))
    }

    fn shared(&self) -> Gate {
        let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(self.bot).or_insert_with(|| self.counting()).clone()
    }

    fn counting(&self) -> Gate {
        let shards = usize::try_from(self.shard.count).unwrap_or(MOST_PLACES);
        let places = shards.saturating_mul(2).clamp(LEAST_PLACES, MOST_PLACES);
        Gate::counting(1, places, self.budget())
    }

    /// Opens the budget in its file, else one in memory.
    fn budget(&self) -> BudgetFile {
        let (now, settings) = (unix_now(), BudgetSettings::default());
        BudgetFile::open_default(now, self.bot, settings).unwrap_or_else(|error| {
            tracing::warn!("a restart will forget what is spent of the day: {error}");
            BudgetFile::in_memory(now, self.bot, settings)
        })
    }
}
