//! A supervisor that restarts a bot whenever it crashes, against a gateway that counts, in virtual time.

use std::time::Duration;

use gatewright_core::{
    BudgetSettings, Compression, Config, Encoding, Instant, Intents, Memory, Phase, Shard, Stop,
};
use gatewright_sim::{Crash, Network, Options, Seen, Simulation};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What Discord grants a usual bot.
const TOTAL: u64 = 1_000;

fn shard() -> Shard<'static> {
    let config = Config::new("simulated", Intents::GUILDS).gateway(Simulation::GATEWAY);
    Shard::new(config, 1, Memory::heap(Compression::None)).unwrap()
}

/// A bot of one shard, which crashes as soon as it is live.
struct Bot {
    simulation: Simulation<'static>,
    restarts: u32,
    /// The windows that are over, the Identifies before the one at hand, and the most of one.
    windows: u64,
    before: u64,
    most: u64,
}

impl Bot {
    fn new() -> Self {
        let options = Options {
            guilds: 1,
            members: 2,
            rate: 0,
            heartbeat_interval: Duration::from_secs(600),
            first_reset: Duration::from_secs(7 * 60 * 60),
            journal_capacity: u32::MAX,
            ..Options::default()
        };
        let network = Network { latency: Duration::from_millis(20), ..Network::default() };
        let simulation = Simulation::new(options, Encoding::Json, network, vec![shard()], 1);
        Self { simulation, restarts: 0, windows: 0, before: 0, most: 0 }
    }

    fn is_over(simulation: &Simulation<'_>) -> bool {
        simulation.status(0).is_some_and(|status| status.phase == Phase::Stopped)
    }

    /// Lets it go live, and crash; tells whether it got so far.
    fn lives(&mut self, crash: Crash) -> bool {
        let simulation = &mut self.simulation;
        simulation.run_until(|of| of.all_live() || Self::is_over(of)).unwrap();
        self.count();
        if Self::is_over(&self.simulation) {
            return false;
        }
        self.simulation.crash(crash, |_| Some(shard()));
        self.restarts += 1;
        true
    }

    /// Counts the Identifies of the gateway's window.
    fn count(&mut self) {
        let now = self.simulation.now().saturating_add(Duration::from_secs(17 * 60 * 60));
        let windows = now.saturating_since(Instant::ZERO).as_secs() / DAY.as_secs();
        let starts = self.simulation.server().stats().session_starts;
        if windows != self.windows {
            (self.windows, self.before) = (windows, starts - 1);
        }
        self.most = self.most.max(starts - self.before);
    }

    fn told_4004(&self) -> bool {
        let stopped = Seen::Stopped(Stop::AuthenticationFailed);
        self.simulation.sights().iter().any(|sight| sight.seen == stopped)
    }
}

#[test]
fn a_bot_restarted_10_000_times_is_never_told_4004() {
    let mut bot = Bot::new();
    bot.simulation.budget(BudgetSettings::default());
    while bot.restarts < 10_000 {
        let lost = bot.restarts.is_multiple_of(25);
        let told = lost || bot.restarts.is_multiple_of(3);
        assert!(bot.lives(Crash { lost, told, ..Crash::default() }), "{}", bot.restarts);
    }
    let stats = bot.simulation.server().stats();
    assert_eq!((stats.token_resets, stats.refused, stats.session_starts), (0, 0, 10_000));
    assert!(bot.most < 300, "{} Identifies in 24 hours", bot.most);
    assert!(bot.windows > 50, "{} days", bot.windows);
}

#[test]
fn a_bot_without_a_budget_is_told_4004_within_a_day() {
    let mut bot = Bot::new();
    while bot.lives(Crash::default()) {
        assert!(bot.restarts < 10_000, "nobody stops it");
    }
    assert!(bot.told_4004(), "{:?}", bot.simulation.sights());
    assert_eq!((bot.most, bot.windows), (TOTAL + 1, 0));
    // Whoever begins after that is told so as well.
    bot.simulation.crash(Crash::default(), |_| Some(shard()));
    assert!(!bot.lives(Crash::default()) && bot.told_4004());
    let stats = bot.simulation.server().stats();
    assert_eq!((stats.token_resets, stats.sessions), (1, 0));
}
