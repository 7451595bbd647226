//! What both adapters tell by `log` while nobody subscribes to `tracing`: each line names its shard.

use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatewright_core::{Config, EventKind, Intents, ShardId};
use gatewright_sim::{Fault, Loopback, Options, serve};
use log::{LevelFilter, Log, Metadata, Record};

const LIMIT: Duration = Duration::from_secs(60);
/// What is told of a consumer that takes nothing.
const STALLED: &str = "the consumer has not polled";

/// The lines of the log of this process.
static LOG: Lines = Lines(Mutex::new(Vec::new()));

struct Lines(Mutex<Vec<String>>);

impl Lines {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines())
    }

    fn tells(&self, words: &str) -> bool {
        self.lines().iter().any(|line| line.contains(words))
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("gatewright_")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.lines().push(format!("{} {}", record.level(), record.args()));
        }
    }

    fn flush(&self) {}
}

fn gateway() -> Loopback {
    let options = Options { rate: 200, guilds: 8, members: 20, ..Options::default() };
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

/// A shard loses its session, and its consumer takes nothing for a while.
macro_rules! session {
    ($adapter:ident, $sleep:expr) => {
        async {
            let sim = gateway();
            let shard = ShardId::new(3, 4);
            let config =
                Config::new("MTIz.abc.secret", Intents::DOCUMENTED).gateway(sim.url()).shard(shard);
            let options = $adapter::Options::default()
                .queue(1, 1 << 20)
                .warn_after(Duration::from_millis(50));
            let handle = $adapter::ShardHandle::new(config, options);
            let mut events = handle.start().await.unwrap();
            while events.next().await.unwrap().kind() != EventKind::Ready {}
            assert_eq!(sim.inject(Fault::InvalidSession), 1);
            while events.next().await.unwrap().kind() != EventKind::SessionLost {}
            while events.next().await.unwrap().kind() != EventKind::Ready {}
            while !LOG.tells(STALLED) {
                $sleep(Duration::from_millis(20)).await;
            }
            drop(events);
            handle.close().await;
        }
    };
}

/// Judges what one adapter told.
fn judge(lines: &[String]) {
    let all = lines.join("\n");
    for wanted in ["READY", "the session is lost", STALLED, "over: "] {
        assert!(all.contains(wanted), "{wanted} is not told:\n{all}");
    }
    for line in lines {
        assert!(line.contains("shard=3"), "which shard? {line}");
        assert!(!line.starts_with("ERROR"), "nothing is wrong: {line}");
    }
}

#[test]
fn each_line_of_the_log_names_its_shard() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(LevelFilter::Debug);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let session = session!(gatewright_tokio, tokio::time::sleep);
    runtime.block_on(async { tokio::time::timeout(LIMIT, session).await }).unwrap();
    judge(&LOG.take());
    let session = session!(gatewright_smol, smol::Timer::after);
    smol::block_on(futures_lite::future::or(session, async {
        smol::Timer::after(LIMIT).await;
        panic!("it took more than a minute")
    }));
    judge(&LOG.take());
}
