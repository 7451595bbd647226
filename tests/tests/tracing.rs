//! What both adapters tell by `tracing`: everything within the span of the shard, and nothing that is secret or private.

use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gatewright_core::{Config, Intents};
use gatewright_sim::{Loopback, Options, serve};
use tracing::level_filters::LevelFilter;

const LIMIT: Duration = Duration::from_secs(60);
const TOKEN: &str = "MTIz.abcdef.token-nobody-may-see";

/// The lines of a subscriber.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap()
    }

    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.lock().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does something while what this thread tells is kept, down to a level.
fn listening(level: LevelFilter, act: impl FnOnce()) -> Vec<String> {
    let told = Told::default();
    let writer = told.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, act);
    told.lines()
}

fn gateway() -> Loopback {
    let options = Options { rate: 200, guilds: 2, members: 20, ..Options::default() };
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

fn config(gateway: &Loopback) -> Config<'static> {
    Config::new(TOKEN, Intents::DOCUMENTED).gateway(gateway.url())
}

/// Judges what was told of a session with these private words.
fn judge(lines: &[String], private: &[String]) {
    let all = lines.join("\n");
    for wanted in
        ["READY", "disconnected: connection lost", "RESUMED", "over: the session was ended"]
    {
        assert!(all.contains(wanted), "{wanted} is not told:\n{all}");
    }
    let ours = lines.iter().filter(|line| line.contains("gatewright_"));
    for line in ours {
        assert!(line.contains("shard{id=0 count=1}"), "without its span: {line}");
    }
    assert!(private.len() > 5, "few messages came: {private:?}");
    for secret in private.iter().map(String::as_str).chain([TOKEN, "token-nobody"]) {
        assert!(!all.contains(secret), "{secret} is told");
    }
}

macro_rules! told {
    ($name:ident, $adapter:ident, $run:expr) => {
        mod $name {
            use gatewright_sim::Fault;
            use $adapter::model::MessageCreate;
            use $adapter::{Event, EventKind, Gateway, Leave, Options};

            /// Sees events, a connection that is lost, and a Resume; returns what is private of it.
            async fn session(sim: &gatewright_sim::Loopback) -> Vec<String> {
                let mut gateway = Gateway::connect(super::config(sim), Options::default()).unwrap();
                let mut private = Vec::new();
                let (mut dropped, mut resumed) = (false, false);
                while let Ok(event) = gateway.next().await {
                    let Event::Dispatch(dispatch) = event else { continue };
                    match dispatch.kind() {
                        EventKind::MessageCreate => {
                            let message: MessageCreate<'_> = dispatch.decode().unwrap();
                            let content = message.content.unwrap_or_default().to_string();
                            private.extend(Some(content).filter(|text| text.len() > 12));
                        }
                        EventKind::Resumed => resumed = true,
                        _ => {}
                    }
                    if private.len() > 6 && !dropped {
                        dropped = sim.inject(Fault::Drop) > 0;
                        private.extend(gateway.session().map(|session| session.id.to_string()));
                    }
                    if resumed {
                        gateway.leave(Leave::End);
                    }
                }
                private
            }

            #[test]
            fn a_shard_tells_all_in_its_span_and_nothing_private() {
                let sim = super::gateway();
                let mut private = Vec::new();
                let lines =
                    super::listening(super::LevelFilter::TRACE, || private = $run(session(&sim)));
                super::judge(&lines, &private);
            }

            /// Loses a session.
            async fn lost(sim: &gatewright_sim::Loopback) {
                let mut gateway = Gateway::connect(super::config(sim), Options::default()).unwrap();
                while let Ok(event) = gateway.next().await {
                    match event.kind() {
                        EventKind::Ready => assert_eq!(sim.inject(Fault::InvalidSession), 1),
                        EventKind::SessionLost => gateway.leave(Leave::End),
                        _ => {}
                    }
                }
            }

            #[test]
            fn a_warning_is_told_in_the_span_of_its_shard_at_every_level() {
                let sim = super::gateway();
                let lines = super::listening(super::LevelFilter::WARN, || $run(lost(&sim)));
                let [line] = &lines[..] else { panic!("{lines:?}") };
                assert!(line.contains("shard{id=0 count=1}"), "{line}");
                assert!(line.contains("the session is lost") && line.contains("shard=0"), "{line}");
            }
        }
    };
}

told!(tokio, gatewright_tokio, |session| {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let timed = async { ::tokio::time::timeout(super::LIMIT, session).await };
    runtime.block_on(timed).expect("it took more than a minute")
});
told!(smol, gatewright_smol, |session| {
    ::smol::block_on(futures_lite::future::or(session, async {
        ::smol::Timer::after(super::LIMIT).await;
        panic!("it took more than a minute")
    }))
});
