//! The stored session of a shard from one handle to the next, on both adapters, also where nothing good is stored.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewright_core::{BotId, Config, Intents, Session, ShardId, UserId};
use gatewright_sim::{Fault, Loopback, Options, serve};
use gatewright_std::{ShardState, StateError, StateFolder};

const TOKEN: &str = "MTIz.abc.secret";

fn gateway() -> Loopback {
    // Several handles identify one after the other.
    let options =
        Options { rate: 300, guilds: 2, members: 20, max_concurrency: 1, ..Options::default() };
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

fn config(server: &Loopback) -> Config<'static> {
    Config::new(TOKEN, Intents::DOCUMENTED).gateway(server.url())
}

fn record(path: &Path) -> PathBuf {
    path.join("shard-0-of-1.session")
}

fn open(path: &Path) -> Result<ShardState, StateError> {
    StateFolder::at(path).open(BotId::of_token(TOKEN), ShardId::ONE)
}

fn stored(path: &Path) -> Option<Session> {
    open(path).unwrap().session().cloned()
}

/// What is told by `tracing`.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn during(task: impl FnOnce()) -> String {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, task);
        let told = log.0.lock().unwrap().clone();
        String::from_utf8(told).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn on_tokio<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let timed = tokio::time::timeout(Duration::from_secs(60), task).await;
        timed.expect("it took more than a minute")
    })
}

fn on_smol<T>(task: impl Future<Output = T>) -> T {
    smol::block_on(futures_lite::future::or(task, async {
        smol::Timer::after(Duration::from_secs(60)).await;
        panic!("it took more than a minute")
    }))
}

macro_rules! stored {
    ($name:ident, $adapter:ident, $on:ident) => {
        mod $name {
            use std::fs;

            use $adapter::{Event, EventKind, Events, Options, Repeat, ShardHandle, StateFault};

            use super::*;

            fn shard(server: &Loopback, path: &Path) -> ShardHandle {
                ShardHandle::new(config(server), Options::default().state(StateFolder::at(path)))
            }

            /// Takes events up to a dispatch; returns the latest sequence number, and whether one was a repeat.
            async fn up_to(events: &mut Events, kind: EventKind) -> (u64, Repeat) {
                loop {
                    let event = events.next().await.expect("the shard is over");
                    match event.event() {
                        Event::Dispatch(dispatch) if dispatch.kind() == kind => {
                            return (dispatch.seq().unwrap(), events.repeat());
                        }
                        _ => {}
                    }
                }
            }

            /// Takes events up to one that tells of a document that was skipped; returns its sequence number.
            async fn skipped(events: &mut Events) -> u64 {
                loop {
                    let event = events.next().await.expect("the shard is over");
                    if let Event::Skipped(skipped) = event.event() {
                        return skipped.seq.unwrap();
                    }
                }
            }

            #[test]
            fn a_session_is_stored_when_it_is_parked_and_forgotten_when_it_ends() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let first = shard(&server, &path);
                    let mut events = first.start().await.unwrap();
                    let (seq, repeat) = up_to(&mut events, EventKind::GuildCreate).await;
                    assert_eq!(repeat, Repeat::No);
                    let parked = first.park().await.unwrap();
                    assert_eq!(parked.processed, seq - 1, "the latest is not done");
                    assert!(open(&path).is_err(), "it is this process's as long as the handle is");
                    drop((first, events));
                    assert_eq!(stored(&path).unwrap().processed, seq - 1);
                    let second = shard(&server, &path);
                    let mut events = second.start().await.unwrap();
                    let (again, repeat) = up_to(&mut events, EventKind::GuildCreate).await;
                    assert_eq!((again, repeat), (seq, Repeat::Maybe));
                    up_to(&mut events, EventKind::Resumed).await;
                    // READY came to the one before: the token tells.
                    assert_eq!(second.user_id().await, Some(UserId(123)));
                    let (_, repeat) = up_to(&mut events, EventKind::TypingStart).await;
                    assert_eq!(repeat, Repeat::No);
                    // The second start of a handle goes on, too.
                    second.park().await.unwrap();
                    let mut events = second.start().await.unwrap();
                    up_to(&mut events, EventKind::Resumed).await;
                    second.close().await;
                    drop((second, events));
                    assert_eq!(stored(&path), None);
                });
                assert_eq!(server.stats().identifies, 1);
            }

            #[test]
            fn a_session_is_stored_while_the_shard_runs() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let shard = shard(&server, &path);
                    let mut events = shard.start().await.unwrap();
                    let stored = || {
                        let line = fs::read_to_string(record(&path)).ok()?;
                        let (_, rest) = line.split_once("\"processed\":")?;
                        rest.split_once(',')?.0.parse::<u64>().ok()
                    };
                    // The first is of READY; those that follow are of the shard as it goes on.
                    while stored().is_none_or(|stored| stored < 50) {
                        events.next().await.unwrap();
                    }
                });
            }

            #[test]
            fn what_waits_when_its_consumer_goes_away_comes_again() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let first = shard(&server, &path);
                    let mut events = first.start().await.unwrap();
                    let (seq, _) = up_to(&mut events, EventKind::GuildCreate).await;
                    while first.status().unwrap().processed_seq < seq + 20 {
                        futures_lite::future::yield_now().await;
                    }
                    // As in a `select!` with the signal to end.
                    drop(events);
                    assert_eq!(first.park().await.unwrap().processed, seq - 1);
                    drop(first);
                    let second = shard(&server, &path);
                    let mut events = second.start().await.unwrap();
                    assert_eq!(up_to(&mut events, EventKind::GuildCreate).await.0, seq);
                    second.close().await;
                });
                assert_eq!(server.stats().identifies, 1);
            }

            #[test]
            fn a_document_that_is_skipped_is_not_done_before_that_is_heard() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                let shard = || {
                    let options = Options::default().payload_limit(40 * 1024);
                    ShardHandle::new(config(&server), options.state(StateFolder::at(&path)))
                };
                $on(async {
                    let first = shard();
                    let mut events = first.start().await.unwrap();
                    up_to(&mut events, EventKind::GuildCreate).await;
                    assert_eq!(server.inject(Fault::LargeEvent(64)), 1);
                    let seq = skipped(&mut events).await;
                    let parked = first.park().await.unwrap();
                    assert_eq!(parked.processed, seq - 1, "it is at hand");
                    drop((first, events));
                    let second = shard();
                    let mut events = second.start().await.unwrap();
                    assert_eq!(skipped(&mut events).await, seq, "it is told again");
                    second.close().await;
                });
                assert_eq!(server.stats().identifies, 1);
            }

            #[test]
            fn what_is_taken_after_the_end_need_not_come_again() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let shard = shard(&server, &path);
                    let mut events = shard.start().await.unwrap();
                    let (seq, _) = up_to(&mut events, EventKind::GuildCreate).await;
                    while shard.status().unwrap().processed_seq < seq + 20 {
                        futures_lite::future::yield_now().await;
                    }
                    assert_eq!(shard.park().await.unwrap().processed, seq - 1);
                    while events.next().await.is_some() {}
                    drop((shard, events));
                    assert!(stored(&path).unwrap().processed >= seq + 20);
                });
            }

            #[test]
            fn a_session_of_other_settings_is_told_and_replaced_once_there_is_another() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                let told = Log::during(|| {
                    $on(async {
                        let first = shard(&server, &path);
                        drop(first.start().await.unwrap());
                        first.park().await.unwrap();
                        drop(first);
                        let before = stored(&path).unwrap();
                        let other = Config::new(TOKEN, Intents::GUILDS).gateway(server.url());
                        let options = Options::default().state(StateFolder::at(&path));
                        let second = ShardHandle::new(other, options);
                        drop(second.start().await.unwrap());
                        second.park().await.unwrap();
                        drop(second);
                        assert_ne!(stored(&path).unwrap().id, before.id);
                    });
                });
                assert_eq!(
                    told.matches(
                        "a new session begins: the stored session was made with other intents"
                    )
                    .count(),
                    1,
                    "{told}"
                );
                assert_eq!(server.stats().identifies, 2);
            }

            #[test]
            fn what_is_not_understood_is_told_and_left_and_stops_nobody() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("state");
                fs::create_dir(&path).unwrap();
                fs::write(record(&path), "damaged").unwrap();
                let server = gateway();
                let told = Log::during(|| {
                    $on(async {
                        let shard = shard(&server, &path);
                        assert_eq!(shard.stored_snapshot().await, None);
                        let mut events = shard.start().await.unwrap();
                        up_to(&mut events, EventKind::GuildCreate).await;
                        let error = events.store_snapshot(vec![1]).await.unwrap_err();
                        assert!(matches!(error.fault(), StateFault::NotKept), "{error}");
                        shard.park().await.unwrap();
                    });
                });
                assert_eq!(told.matches("no session is stored: ").count(), 1, "{told}");
                assert!(told.contains(record(&path).to_str().unwrap()), "{told}");
                assert_eq!(fs::read(record(&path)).unwrap(), b"damaged");
            }

            #[test]
            fn a_shard_another_process_has_is_told() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                let other = open(&path).unwrap();
                let told = Log::during(|| {
                    $on(async {
                        let shard = shard(&server, &path);
                        drop(shard.start().await.unwrap());
                        shard.park().await.unwrap();
                        drop(other);
                        assert_eq!(stored(&path), None);
                        // It is tried again.
                        drop(shard.start().await.unwrap());
                        shard.park().await.unwrap();
                    });
                });
                assert_eq!(told.matches("another process holds").count(), 1, "{told}");
                assert!(stored(&path).is_some());
            }

            #[test]
            fn who_comes_while_another_parts_waits_and_goes_on() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let first = shard(&server, &path);
                    let mut events = first.start().await.unwrap();
                    up_to(&mut events, EventKind::GuildCreate).await;
                    // Its task still runs.
                    drop((first, events));
                    let second = shard(&server, &path);
                    let mut events = second.start().await.unwrap();
                    up_to(&mut events, EventKind::Resumed).await;
                    second.park().await.unwrap();
                    while events.next().await.is_some() {}
                    drop((second, events));
                    let other = open(&path).unwrap();
                    let parting = std::thread::spawn(move || {
                        std::thread::sleep(Duration::from_millis(300));
                        drop(other);
                    });
                    let third = shard(&server, &path);
                    assert_eq!(third.stored_snapshot().await, None);
                    let mut events = third.start().await.unwrap();
                    up_to(&mut events, EventKind::Resumed).await;
                    third.close().await;
                    parting.join().unwrap();
                });
                assert_eq!(server.stats().identifies, 1);
            }

            #[test]
            fn the_ready_of_a_new_session_is_stored_before_it_is_handed_out() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let shard = shard(&server, &path);
                    let mut events = shard.start().await.unwrap();
                    for _ in 0..3 {
                        up_to(&mut events, EventKind::Ready).await;
                        let line = fs::read_to_string(record(&path)).unwrap();
                        let id = shard.session().unwrap().id;
                        assert!(line.contains(&format!("\"id\":\"{}\"", id.as_str())), "{line}");
                        assert_eq!(server.inject(Fault::InvalidSession), 1);
                    }
                    shard.close().await;
                });
            }

            #[test]
            fn a_snapshot_is_given_back_and_the_session_goes_on_from_it() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let first = shard(&server, &path);
                    assert_eq!(first.stored_snapshot().await, None);
                    let mut events = first.start().await.unwrap();
                    let (taken, _) = up_to(&mut events, EventKind::GuildCreate).await;
                    events.store_snapshot(b"rows".to_vec()).await.unwrap();
                    let (seq, _) = up_to(&mut events, EventKind::TypingStart).await;
                    first.park().await.unwrap();
                    drop((first, events));
                    // Without the snapshot it would go on behind what was done.
                    let second = shard(&server, &path);
                    assert_eq!(second.stored_snapshot().await.unwrap(), b"rows");
                    let mut events = second.start().await.unwrap();
                    assert_eq!(second.stored_snapshot().await, None, "it was started");
                    let mut next = taken + 1;
                    while next <= seq {
                        let event = events.next().await.unwrap();
                        let Event::Dispatch(dispatch) = event.event() else { continue };
                        let repeat = if next < seq { Repeat::Yes } else { Repeat::Maybe };
                        assert_eq!((dispatch.seq(), events.repeat()), (Some(next), repeat));
                        next += 1;
                    }
                    second.park().await.unwrap();
                    drop((second, events));
                    // A consumer that cannot make anything of it begins anew.
                    let third = shard(&server, &path);
                    assert!(third.stored_snapshot().await.is_some());
                    third.forget_session().await;
                    assert_eq!(third.session(), None);
                    assert!(!record(&path).exists());
                    let mut events = third.start().await.unwrap();
                    let (seq, repeat) = up_to(&mut events, EventKind::Ready).await;
                    assert_eq!((seq, repeat), (1, Repeat::No));
                    third.forget_session().await;
                    assert!(third.session().is_some(), "it runs");
                    third.close().await;
                });
                assert_eq!(server.stats().identifies, 2);
            }

            #[test]
            fn a_ready_that_comes_again_begins_no_session() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let path = folder.path().join("state");
                $on(async {
                    let first = shard(&server, &path);
                    let mut events = first.start().await.unwrap();
                    up_to(&mut events, EventKind::Ready).await;
                    assert_eq!(first.park().await.unwrap().processed, 0);
                    drop((first, events));
                    let second = shard(&server, &path);
                    let mut events = second.start().await.unwrap();
                    assert_eq!(up_to(&mut events, EventKind::Ready).await, (1, Repeat::Maybe));
                    let session = second.park().await.unwrap();
                    assert_eq!(session.processed, 0, "all that waits is of this session");
                });
                assert_eq!(server.stats().identifies, 1);
            }
        }
    };
}

stored!(tokio_stored, gatewright_tokio, on_tokio);
stored!(smol_stored, gatewright_smol, on_smol);
