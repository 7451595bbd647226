//! What a shard has that was not given a gate: one for all of its bot in this process, with the budget of the day.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use gatewright_core::{BotId, Config, Intents, SessionStartLimit, ShardId, Shards};

use crate::Gate;
use crate::purse::{Owner, Purse};

/// Each of a bot, or of its shards from one on that are a process's.
type OfOwners<T> = LazyLock<Mutex<BTreeMap<(BotId, Option<ShardId>), T>>>;

/// The gates there are, for as long as the process is: a shard that is started again is no process that crashed.
static GATES: OfOwners<Gate> = LazyLock::new(Mutex::default);
/// The purses that pay from files in the folder for state, likewise.
static PURSES: OfOwners<Purse> = LazyLock::new(Mutex::default);

/// The least number of shards to have places for: some more than are configured may come when a bot grows.
const LEAST_PLACES: usize = 64;
/// The most; with the places of those that may take their turn, they take about 1 MB.
const MOST_PLACES: usize = 4_096;

impl Owner {
    /// Returns whose budget that of these shards is: the bot's, if they are all it has.
    pub(crate) fn of(bot: BotId, shards: &Shards) -> Self {
        let size = u32::try_from(shards.size()).unwrap_or(u32::MAX);
        let first = shards.iter().next().filter(|_| size < shards.count());
        Self { bot, first, processes: shards.count().div_ceil(size.max(1)) }
    }

    const fn whole(bot: BotId) -> Self {
        Self { bot, first: None, processes: 1 }
    }

    /// Returns the purse of the owner in this process, and has it hear what the server said of the day.
    pub(crate) fn purse(self, limit: Option<SessionStartLimit>) -> Purse {
        let mut purses = PURSES.lock().unwrap_or_else(PoisonError::into_inner);
        let unopened = || Purse::unopened(self);
        let purse = purses.entry((self.bot, self.first)).or_insert_with(unopened).clone();
        purse.hear(limit);
        purse
    }

    /// Returns the gate of the owner in this process.
    fn gate(self, shards: usize) -> Gate {
        let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
        let places = shards.saturating_mul(2).clamp(LEAST_PLACES, MOST_PLACES);
        let counting = || Gate::on(1, places, Some(self.purse(None)));
        gates.entry((self.bot, self.first)).or_insert_with(counting).clone()
    }
}

/// Returns the gate of shards that are given none and are not all of their bot, if there is a token to lose.
pub(crate) fn gate_of_part(config: &Config<'_>, shards: &Shards) -> Option<Gate> {
    let owner = Owner::of(config.bot_id(), shards);
    owner.first.filter(|_| is_encrypted(config)).map(|_| owner.gate(shards.size()))
}

/// Tells whether the token goes where it may be the true one.
fn is_encrypted(config: &Config<'_>) -> bool {
    !config.gateway_url().starts_with("ws://")
}

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
            is_encrypted: is_encrypted(config),
        }
    }

    /// Returns the gate of the bot, or one of its own where there is no token to lose.
    pub(crate) fn gate(&self) -> Gate {
        if !self.is_encrypted {
            return Gate::new(1, 1);
        }
        Owner::whole(self.bot).gate(usize::try_from(self.shard.count).unwrap_or(MOST_PLACES))
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
    use crate::clock;
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
    #[test]
    fn a_part_of_the_shards_has_a_part_of_the_day_and_a_file_of_its_own() {
        let config = || Config::new(TOKEN, Intents::GUILDS).gateway("wss://127.0.0.1:1");
        if is_child() {
            let plain = config().gateway("ws://127.0.0.1:1");
            let [first, second] = [0, 1].map(|index| Shards::process(index, 2, 8).unwrap());
            assert!(gate_of_part(&plain, &first).is_none(), "there is no token to lose");
            assert!(gate_of_part(&config(), &Shards::all(8).unwrap()).is_none());
            let [one, other] =
                [first, second].map(|shards| gate_of_part(&config(), &shards).unwrap());
            for gate in [one, other] {
                block_on(gate.purse().unwrap().clone().pay()).unwrap();
            }
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let name = "a_part_of_the_shards_has_a_part_of_the_day_and_a_file_of_its_own";
        run_child(name, folder.path());
        for first in [0, 4] {
            let mut path = file(folder.path()).into_os_string();
            path.push(format!("-{first}-of-8-by-2"));
            let record = fs::read_to_string(path).unwrap();
            assert!(record.contains("total=500"), "{record}");
        }
        assert!(!file(folder.path()).exists());
    }

    #[test]
    fn a_file_that_is_free_again_is_told_what_was_spent() {
        if is_child() {
            let bot = BotId::of_token(TOKEN);
            let settings = gatewright_core::BudgetSettings::default();
            let now = gatewright_std::unix_now();
            let held = gatewright_std::BudgetFile::open_default(now, bot, settings).unwrap();
            let limit = SessionStartLimit {
                total: 1_000,
                remaining: 600,
                reset_after: std::time::Duration::from_secs(36_000),
                max_concurrency: 1,
            };
            let purse = Owner::whole(bot).purse(Some(limit));
            block_on(async {
                purse.clone().pay().await.unwrap();
                drop(held);
                let until = clock::now().saturating_add(std::time::Duration::from_secs(20));
                let folder = PathBuf::from(std::env::var_os("XDG_STATE_HOME").unwrap());
                // It is written when it is opened, and again with what was spent meanwhile.
                let is_told =
                    || fs::read_to_string(file(&folder)).is_ok_and(|t| t.contains("left="));
                while !is_told() && clock::now() < until {
                    let next = std::time::Duration::from_millis(10);
                    clock::sleep_until(clock::now().saturating_add(next)).await;
                }
            });
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        run_child("a_file_that_is_free_again_is_told_what_was_spent", folder.path());
        let record = fs::read_to_string(file(folder.path())).unwrap();
        assert!(record.contains("starts=1"), "{record}");
        assert!(record.contains("left=599"), "{record}");
    }
}
