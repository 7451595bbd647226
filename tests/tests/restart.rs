//! Bots that are killed in mid-stream and started again, each a process of its own, on both adapters.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use gatewright_core::cache::{Cache, Heap, Settings};
use gatewright_core::{BotId, Config, Dispatch, Encoding, EventKind, Intents, Session, ShardId};
use gatewright_sim::{Fault, Loopback, Options, serve};
use gatewright_std::{Repeat, StateFolder};
use tempfile::TempDir;

const TOKEN: &str = "MTIz.abc.secret";
/// Set for the process that is a bot: its folder.
const FOLDER: &str = "GATEWRIGHT_TEST_FOLDER";
/// Set for the process that is a bot: its gateway.
const GATEWAY: &str = "GATEWRIGHT_TEST_GATEWAY";
/// Set for the process that is a bot: the how-manieth it is.
const PROCESS: &str = "GATEWRIGHT_TEST_PROCESS";
/// The events in a second.
const RATE: u32 = 250;
/// After how many events a bot with a cache stores a snapshot.
const SNAPSHOT_EVERY: u32 = 40;
/// How long a bot handles an event, so that some wait when it is killed.
const HANDLING: Duration = Duration::from_millis(1);

fn config(url: String) -> Config<'static> {
    Config::new(TOKEN, Intents::DOCUMENTED).gateway(url)
}

/// What a bot process is given by the one that tests it.
struct Place {
    folder: PathBuf,
    url: String,
    process: String,
}

impl Place {
    /// Returns it in the process that is a bot.
    fn of_bot() -> Option<Self> {
        let folder = PathBuf::from(env::var_os(FOLDER)?);
        Some(Self { folder, url: env::var(GATEWAY).unwrap(), process: env::var(PROCESS).unwrap() })
    }

    fn state(&self) -> StateFolder {
        StateFolder::at(self.folder.join("state"))
    }

    fn is_to_stop(&self) -> bool {
        self.folder.join("stop").exists()
    }

    fn handled(&self) -> Handled {
        let path = self.folder.join(format!("handled-{}", self.process));
        Handled(OpenOptions::new().create(true).append(true).open(path).unwrap())
    }
}

/// The file in which a bot says what it handled.
struct Handled(File);

impl Handled {
    fn write(&mut self, dispatch: &Dispatch<'_>, repeat: Repeat) {
        let data = str::from_utf8(dispatch.data()).unwrap();
        let seq = dispatch.seq().expect("the simulated gateway numbers all");
        let line = format!("{seq} {repeat:?} {} {data}\n", dispatch.name());
        assert_eq!(line.lines().count(), 1);
        self.0.write_all(line.as_bytes()).unwrap();
    }
}

/// What a bot said that it handled.
struct Line {
    seq: u64,
    repeat: String,
    name: String,
    data: String,
}

/// The process at hand, which does not outlive the test.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A gateway, and the bots that run one after the other.
struct Bots {
    test: &'static str,
    server: Loopback,
    folder: TempDir,
    processes: u32,
    /// The file a bot that works has stored.
    awaited: &'static str,
    /// Draws the moments: any will do, and those of a failure should come again.
    chance: u64,
}

impl Bots {
    fn new(test: &'static str) -> Self {
        let options = Options {
            rate: RATE,
            guilds: 2,
            members: 20,
            replay_capacity: 100_000,
            ..Options::default()
        };
        let server = serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { test, server, folder, processes: 0, awaited: "session", chance: 7 }
    }

    fn start(&mut self) -> Bot {
        self.processes += 1;
        let child = Command::new(env::current_exe().unwrap())
            .args([self.test, "--exact", "--nocapture"])
            .env(FOLDER, self.folder.path())
            .env(GATEWAY, self.server.url())
            .env(PROCESS, self.processes.to_string())
            .stdout(Stdio::null())
            .spawn();
        Bot(child.unwrap())
    }

    fn file(&self, process: u32) -> PathBuf {
        self.folder.path().join(format!("handled-{process}"))
    }

    /// Waits until the bot at hand has handled something, and stored it: before, its session is lost with it.
    fn wait_for_work(&self, bot: &mut Bot) {
        let is_there = |path: &Path| fs::metadata(path).is_ok_and(|file| file.len() > 0);
        let stored = self.folder.path().join("state/shard-0-of-1").with_extension(self.awaited);
        while !is_there(&self.file(self.processes)) || !is_there(&stored) {
            assert!(bot.0.try_wait().unwrap().is_none(), "see its words above");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts a bot and kills it at some moment, once it works; its connection is cut on the way.
    fn kill_one(&mut self, at_least: Duration) {
        let mut bot = self.start();
        self.wait_for_work(&mut bot);
        self.server.inject(Fault::Drop);
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        thread::sleep(at_least + Duration::from_millis(self.chance >> 55));
        bot.0.kill().unwrap();
        bot.0.wait().unwrap();
    }

    /// Starts a bot and asks it to leave.
    fn stop_one(&mut self) {
        let mut bot = self.start();
        self.wait_for_work(&mut bot);
        thread::sleep(Duration::from_millis(300));
        let stop = self.folder.path().join("stop");
        fs::write(&stop, "").unwrap();
        assert!(bot.0.wait().unwrap().success(), "see its words above");
        fs::remove_file(stop).unwrap();
    }

    /// Returns what a process handled; one that was killed may have said half a line at last.
    fn handled(&self, process: u32) -> Vec<Line> {
        let bytes = fs::read(self.file(process)).unwrap();
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let text = str::from_utf8(&bytes[..whole]).unwrap();
        let line = |line: &str| {
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().unwrap().to_owned();
            Line { seq: word().parse().unwrap(), repeat: word(), name: word(), data: word() }
        };
        text.lines().map(line).collect()
    }

    /// Returns the session as it is stored.
    fn stored(&self) -> Session {
        let folder = StateFolder::at(self.folder.path().join("state"));
        let state = folder.open(BotId::of_token(TOKEN), ShardId::ONE).unwrap();
        state.session().expect("there is a session").clone()
    }

    /// Checks that the gateway saw one session all along.
    fn check_server(&self) {
        let stats = self.server.stats();
        assert_eq!((stats.identifies, stats.identifies_refused), (1, 0));
        assert_eq!(stats.resumes_refused, 0);
        assert!(stats.resumes >= u64::from(self.processes) - 1, "{}", stats.resumes);
        assert_eq!((stats.refused, stats.complaints), (0, 0));
    }
}

/// Checks that nothing was lost, and that all that came twice was marked; returns what came, by number.
fn check_handled(bots: &Bots) -> BTreeMap<u64, Line> {
    let mut all = BTreeMap::<u64, Line>::new();
    for process in 1..=bots.processes {
        let mut last = 0;
        for line in bots.handled(process) {
            assert!(line.seq > last, "{} behind {last} of process {process}", line.seq);
            last = line.seq;
            match all.get(&line.seq) {
                None => assert_ne!(line.repeat, "Yes", "{} came never before", line.seq),
                Some(first) => {
                    assert_ne!(line.repeat, "No", "{} came before", line.seq);
                    assert_eq!((&line.name, &line.data), (&first.name, &first.data));
                }
            }
            all.insert(line.seq, line);
        }
    }
    let count = u64::try_from(all.len()).unwrap();
    assert!(all.keys().copied().eq(1..=count), "{count} came, up to {:?}", all.keys().last());
    all
}

/// The cache of a bot that hears each event once, as a snapshot.
fn never_killed(lines: &BTreeMap<u64, Line>) -> Vec<u8> {
    let mut cache = Cache::<Heap>::new(Settings::default());
    for line in lines.values() {
        let data = line.data.as_bytes();
        let dispatch = Dispatch::new(&line.name, Some(line.seq), Encoding::Json, data);
        cache.apply(&dispatch.unwrap(), &mut ());
    }
    snapshot(&cache)
}

fn snapshot(cache: &Cache<Heap>) -> Vec<u8> {
    let mut bytes = Vec::new();
    cache.snapshot(None, &mut |part| bytes.extend_from_slice(part));
    bytes
}

fn on_tokio(task: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let timed = tokio::time::timeout(Duration::from_secs(60), task).await;
        timed.expect("it took more than a minute");
    });
}

fn on_smol(task: impl Future<Output = ()>) {
    smol::block_on(futures_lite::future::or(task, async {
        smol::Timer::after(Duration::from_secs(60)).await;
        panic!("it took more than a minute")
    }));
}

macro_rules! restart {
    ($name:ident, $adapter:ident, $on:ident) => {
        mod $name {
            use $adapter::{Event, Options, ShardHandle};

            use super::*;

            fn shard(place: &Place) -> ShardHandle {
                let options = Options::default().state(place.state());
                ShardHandle::new(config(place.url.clone()), options)
            }

            /// Handles events until it is killed, or asked to stop.
            async fn run_bot(place: &Place) {
                let (shard, mut handled) = (shard(place), place.handled());
                let mut events = shard.start().await.unwrap();
                let mut leaving = false;
                while let Some(event) = events.next().await {
                    if let Event::Dispatch(dispatch) = event.event() {
                        thread::sleep(HANDLING);
                        handled.write(&dispatch, events.repeat());
                    }
                    if !leaving && place.is_to_stop() {
                        leaving = true;
                        // What waits is handled all the same, and need not come again.
                        shard.park().await.unwrap();
                    }
                }
            }

            /// The same with a cache, which goes on from the latest snapshot, if there is one, and stores some.
            async fn run_cached_bot(place: &Place, stores: bool) {
                let (shard, mut handled) = (shard(place), place.handled());
                let mut cache = Cache::<Heap>::new(Settings::default());
                match shard.stored_snapshot().await {
                    Some(bytes) => drop(cache.restore(&bytes).unwrap()),
                    None => shard.forget_session().await,
                }
                let mut events = shard.start().await.unwrap();
                let (mut heard, mut leaving) = (0, false);
                while let Some(event) = events.next().await {
                    cache.hear(&event.event(), &mut ());
                    if let Event::Dispatch(dispatch) = event.event() {
                        handled.write(&dispatch, events.repeat());
                        heard += 1;
                    }
                    if stores && heard % SNAPSHOT_EVERY == 0 {
                        events.store_snapshot(snapshot(&cache)).await.unwrap();
                    }
                    if !leaving && place.is_to_stop() {
                        leaving = true;
                        shard.park().await.unwrap();
                    }
                }
                fs::write(place.folder.join("cache"), snapshot(&cache)).unwrap();
            }

            #[test]
            fn a_bot_that_is_killed_again_and_again_loses_nothing() {
                if let Some(place) = Place::of_bot() {
                    return $on(run_bot(&place));
                }
                let mut bots = Bots::new(concat!(
                    stringify!($name),
                    "::a_bot_that_is_killed_again_and_again_loses_nothing"
                ));
                for at_least in [0, 1_000, 4_000, 0] {
                    bots.kill_one(Duration::from_millis(at_least));
                    let (lines, stored) = (bots.handled(bots.processes), bots.stored());
                    // How much comes twice is up to the disk, and to how fast a backlog comes in a second.
                    let last = lines.last().unwrap().seq;
                    assert!(stored.processed <= last, "{} of {last}", stored.processed);
                }
                bots.stop_one();
                assert_eq!(
                    bots.stored().processed,
                    bots.handled(bots.processes).last().unwrap().seq
                );
                bots.stop_one();
                let resumed = bots.handled(bots.processes);
                assert_eq!(
                    resumed[0].seq,
                    bots.handled(bots.processes - 1).last().unwrap().seq + 1,
                    "who was parked goes on where it was"
                );
                assert!(resumed.iter().any(|line| line.repeat == "No"));
                bots.check_server();
                check_handled(&bots);
            }

            #[test]
            fn a_cache_that_was_never_stored_begins_with_a_ready() {
                if let Some(place) = Place::of_bot() {
                    return $on(run_cached_bot(&place, place.process != "1"));
                }
                let mut bots = Bots::new(concat!(
                    stringify!($name),
                    "::a_cache_that_was_never_stored_begins_with_a_ready"
                ));
                bots.kill_one(Duration::ZERO);
                bots.stop_one();
                let lines: BTreeMap<_, _> =
                    bots.handled(2).into_iter().map(|line| (line.seq, line)).collect();
                let first = lines.first_key_value().unwrap().1;
                assert_eq!((first.seq, &*first.repeat, &*first.name), (1, "No", "READY"));
                let cache = fs::read(bots.folder.path().join("cache")).unwrap();
                assert!(cache == never_killed(&lines), "the cache is another");
                assert_eq!(bots.server.stats().identifies, 2);
            }

            #[test]
            fn a_cache_is_after_a_kill_what_it_would_have_been() {
                if let Some(place) = Place::of_bot() {
                    return $on(run_cached_bot(&place, true));
                }
                let mut bots = Bots::new(concat!(
                    stringify!($name),
                    "::a_cache_is_after_a_kill_what_it_would_have_been"
                ));
                bots.awaited = "snapshot";
                for at_least in [1_300, 200, 0, 2_000] {
                    bots.kill_one(Duration::from_millis(at_least));
                }
                let before = bots.stored().processed;
                bots.stop_one();
                bots.check_server();
                let last = bots.handled(bots.processes);
                assert!(
                    last.iter().filter(|line| line.repeat == "Yes").all(|line| line.seq <= before)
                );
                let lines = check_handled(&bots);
                let cache = fs::read(bots.folder.path().join("cache")).unwrap();
                assert_eq!(cache.len(), never_killed(&lines).len());
                assert!(cache == never_killed(&lines), "the cache is another");
                assert!(
                    lines.values().any(|line| line.name == EventKind::MessageCreate.to_string())
                );
            }
        }
    };
}

restart!(tokio_restart, gatewright_tokio, on_tokio);
restart!(smol_restart, gatewright_smol, on_smol);
