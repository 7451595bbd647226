//! What a shard has that was not given a gate: one for all of its bot in this process, with the budget of the day.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use gatewright_core::{BotId, Config, Intents, ShardId};

use crate::Gate;
use crate::purse::Purse;

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

    /// Returns the gate of the bot, or one of its own where there is no token to lose.
    pub(crate) fn gate(&self) -> Gate {
        if self.is_encrypted { self.shared() } else { Gate::new(1, 1) }
    }

    fn shared(&self) -> Gate {
        let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(self.bot).or_insert_with(|| self.counting()).clone()
    }

    fn counting(&self) -> Gate {
        let shards = usize::try_from(self.shard.count).unwrap_or(MOST_PLACES);
        let places = shards.saturating_mul(2).clamp(LEAST_PLACES, MOST_PLACES);
        Gate::on(1, places, Some(Purse::unopened(self.bot)))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::future::poll_fn;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::task::Poll;

    use gatewright_core::{BudgetRecord, Instant, Link};

    use super::*;
    use crate::purse::Asking;
    use crate::task::block_on;

    const TOKEN: &str = "MTIz.abc.secret";
    /// Set for the process that does it.
    const CHILD: &str = "GATEWRIGHT_TEST_CHILD";

    fn traits(url: &'static str) -> Traits {
        Traits::of(&Config::new(TOKEN, Intents::GUILDS).gateway(url))
    }

    /// Pays for an Identify of a shard of the bot, at that instant by the clock of the gate.
    async fn identify(at: Instant) {
        let gate = traits("wss://127.0.0.1:1").gate();
        let ticket = gate.enter(0);
        let mut asking = Asking::new(Link(1));
        gate.ask(at, ticket, Link(1)).unwrap();
        let permit =
            poll_fn(|cx| gate.poll(cx, at, ticket, &mut asking).map_or(Poll::Pending, Poll::Ready));
        permit.await;
    }

    fn file(folder: &Path) -> PathBuf {
        folder.join("gatewright").join(format!("identify-budget-{}", BotId::of_token(TOKEN)))
    }

    /// Runs a test of this file in a process with a folder for its state; returns what it wrote.
    fn run_child(name: &str, folder: &Path) -> String {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([&format!("usual::tests::{name}"), "--exact", "--nocapture"])
            .env(CHILD, "yes")
            .env("XDG_STATE_HOME", folder)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(child.status.success(), "{told}{}", String::from_utf8_lossy(&child.stderr));
        told
    }

    fn is_child() -> bool {
        std::env::var_os(CHILD).is_some()
    }

    #[test]
    fn a_bot_has_one_budget_in_its_file() {
        if is_child() {
            // Whoever is made and never identifies begins nothing.
            let ours = traits("ws://127.0.0.1:1").gate();
            assert!(ours.purse().is_none(), "there is no token to lose");
            let folder = PathBuf::from(std::env::var_os("XDG_STATE_HOME").unwrap());
            let before = fs::read(file(&folder)).ok();
            drop(traits("wss://127.0.0.1:1").gate());
            assert_eq!(fs::read(file(&folder)).ok(), before);
            block_on(identify(Instant::from_millis(0)));
            block_on(identify(Instant::from_millis(10_000)));
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        // That it began, and each Identify.
        for writes in [3, 6] {
            run_child("a_bot_has_one_budget_in_its_file", folder.path());
            let record = BudgetRecord::parse(&fs::read(file(folder.path())).unwrap()).unwrap();
            assert_eq!(record.writes(), writes);
        }
    }

    #[test]
    fn a_file_that_cannot_be_had_stops_nobody_and_is_taken_once_it_can() {
        if is_child() {
            let folder = PathBuf::from(std::env::var_os("XDG_STATE_HOME").unwrap());
            let subscriber = tracing_subscriber::fmt().with_writer(std::io::stdout).finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            block_on(identify(Instant::from_millis(0)));
            block_on(identify(Instant::from_millis(10_000)));
            fs::remove_file(file(&folder)).unwrap();
            block_on(identify(Instant::from_millis(20_000)));
            let gate = traits("wss://127.0.0.1:1").gate();
            block_on(gate.purse().unwrap().lived());
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "damaged").unwrap();
        let told = run_child(
            "a_file_that_cannot_be_had_stops_nobody_and_is_taken_once_it_can",
            folder.path(),
        );
        assert_eq!(told.matches("a restart will forget what is spent").count(), 1, "{told}");
        let record = fs::read_to_string(&file).unwrap();
        let field = |name: &str| -> u64 {
            let (_, rest) = record.split_once(name).unwrap();
            rest.split_whitespace().next().unwrap().parse().unwrap()
        };
        // Each Identify takes its part of the day; that it was live for long counts too.
        let spent = (field("clear=") - field("seen=")) * 475 / 86_400_000;
        assert!((2..=3).contains(&spent), "{record}");
        assert_eq!(field("starts="), 0, "{record}");
    }
}
