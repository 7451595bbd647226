//! The handles of both adapters against the simulated gateway, over real sockets on this machine.

use std::net::TcpListener;
use std::time::Duration;

use gatewright_core::{Config, Intents};
use gatewright_sim::{Loopback, Options, serve};

fn gateway(options: Options) -> Loopback {
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

fn config(url: String) -> Config<'static> {
    Config::new("simulated", Intents::DOCUMENTED).gateway(url)
}

fn small() -> Options {
    Options { rate: 300, guilds: 2, members: 20, ..Options::default() }
}

fn on_tokio<T>(task: impl Future<Output = T>) -> T {
    // With a single thread, what a task of its own does is seen to need no other.
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

async fn tokio_sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

async fn smol_sleep(span: Duration) {
    smol::Timer::after(span).await;
}

macro_rules! handles {
    ($name:ident, $adapter:ident, $on:ident, $sleep:ident) => {
        mod $name {
            use std::net::TcpListener;
            use std::sync::{Arc, Mutex};
            use std::time::Duration;

            use futures_lite::{StreamExt, future};
            use gatewright_core::model::{MessageCreate, TypingStart};
            use gatewright_core::{
                Cause, ChannelId, CloseCode, Command, CommandError, Event, EventKind, Fate, Leave,
                Members, Phase, PresenceStatus, RequestGuildMembers, ShardId, Stop, UpdatePresence,
                UpdateVoiceState,
            };
            use gatewright_sim::{Fault, What};
            use $adapter::{Events, Filter, Options, ShardHandle, StartError};

            use super::{config, gateway, small, $on as run, $sleep as sleep};

            fn handle(url: String) -> ShardHandle {
                ShardHandle::new(config(url), Options::default())
            }

            /// Takes events up to a dispatch; returns the sequence numbers.
            async fn up_to(events: &mut Events, kind: EventKind) -> Vec<u64> {
                let mut seqs = Vec::new();
                loop {
                    let event = events.next().await.expect("the shard is over");
                    if let Event::Dispatch(dispatch) = event.event() {
                        seqs.extend(dispatch.seq());
                        if dispatch.kind() == kind {
                            return seqs;
                        }
                    }
                }
            }

            async fn fate(events: &mut Events, of: gatewright_core::CommandId) -> Fate {
                loop {
                    let event = events.next().await.expect("the shard is over");
                    match event.event() {
                        Event::Command { id, fate } if id == of => return fate,
                        _ => {}
                    }
                }
            }

            #[test]
            fn metrics_are_those_of_the_session_the_gateway_saw() {
                let server = gateway(small());
                run(async {
                    let shard = handle(server.url());
                    assert_eq!(shard.metrics(), None);
                    let mut events = shard.start().await.unwrap();
                    up_to(&mut events, EventKind::GuildCreate).await;
                    assert_eq!(server.inject(Fault::Drop), 1);
                    let replayed = up_to(&mut events, EventKind::Resumed).await;
                    let refused = Command::Raw { op: 1, d: "1" };
                    assert_eq!(shard.command(&refused).await, Err(CommandError::ReservedOp));
                    let sent = Command::Raw { op: 31, d: r#"{"guild_ids":["1"]}"# };
                    let id = shard.command(&sent).await.unwrap();
                    assert_eq!(fate(&mut events, id).await, Fate::Sent);
                    let waiting = Duration::from_millis(300);
                    sleep(waiting).await;
                    let told = shard.metrics().unwrap();
                    assert!(told.queued_events > 0 && told.time.get(Phase::Live) >= waiting);
                    shard.close().await;
                    let told = shard.metrics().unwrap();
                    let seen = server.stats();
                    assert_eq!((told.connects, told.greeted), (seen.connections, 2));
                    assert_eq!((told.identifies, told.resumes), (seen.identifies, seen.resumes));
                    assert_eq!((told.resumed, told.resumes_failed), (1, 0));
                    assert!(told.replayed_events <= seen.replayed && !replayed.is_empty());
                    assert_eq!((told.heartbeats, told.commands_sent), (seen.heartbeats, 1));
                    assert_eq!(told.commands_refused, 1);
                    assert_eq!(told.disconnects.get(Cause::TransportLost), 1);
                    assert_eq!(told.disconnects.get(Cause::Ended), 1);
                    assert_eq!(told.phases.get(Phase::Stopped), 1);
                    assert!(told.wire_bytes > 0 && told.inflated_bytes > told.wire_bytes);
                    let _ = shard.command(&sent).await;
                    assert_eq!(shard.metrics().unwrap().commands_refused, 2);
                });
            }

            #[test]
            fn every_member_does_what_its_name_says() {
                let server = gateway(small());
                run(async {
                    let shard = handle(server.url());
                    assert_eq!((shard.id(), shard.shard_count()), (0, 1));
                    assert_eq!(shard.shard_id(), ShardId::ONE);
                    assert_eq!(shard.intents(), gatewright_core::Intents::DOCUMENTED);
                    assert!(!shard.is_alive() && !shard.is_connected());
                    assert_eq!((shard.join().await, shard.user_id().await), (None, None));
                    assert_eq!(shard.heartbeat_latency(), None);

                    let mut events = shard.start().await.unwrap();
                    assert!(shard.is_alive());
                    while !shard.is_connected() {
                        sleep(Duration::from_millis(1)).await;
                    }
                    assert_eq!(shard.start().await.err(), Some(StartError::Running));
                    assert!(shard.user_id().await.is_some());
                    up_to(&mut events, EventKind::GuildCreate).await;

                    let status = Some(PresenceStatus::Idle);
                    let presence = UpdatePresence { status, ..UpdatePresence::default() };
                    let guild_id = gatewright_core::GuildId(1);
                    let id = shard.update_presence(presence).await.unwrap();
                    assert_eq!(fate(&mut events, id).await, Fate::Sent);
                    let channel_id: Option<ChannelId> = None;
                    let (self_mute, self_deaf) = (Some(true), None);
                    let voice = UpdateVoiceState { guild_id, channel_id, self_mute, self_deaf };
                    let id = shard.update_voice_state(voice).await.unwrap();
                    assert_eq!(fate(&mut events, id).await, Fate::Sent);
                    let members = Members::Named { prefix: "a", limit: 1 };
                    let (presences, nonce) = (false, None);
                    let request = RequestGuildMembers { guild_id, members, presences, nonce };
                    let id = shard.request_guild_members(request).await.unwrap();
                    assert_eq!(fate(&mut events, id).await, Fate::Sent);
                    let beyond = Members::Named { prefix: "a", limit: 101 };
                    let request = RequestGuildMembers { members: beyond, ..request };
                    let refused = shard.request_guild_members(request).await;
                    assert_eq!(refused, Err(CommandError::Limit));

                    // Another task may wait for the end while this one takes events.
                    let (other, joined) = (shard.clone(), async { shard.join().await });
                    let closing = async {
                        other.close().await;
                        other.close().await;
                    };
                    let (stop, ()) = future::zip(joined, closing).await;
                    assert_eq!(stop, Some(Stop::Ended));
                    assert!(!shard.is_alive() && !shard.is_connected());
                    while events.next().await.is_some() {}
                    assert_eq!(events.stop(), Some(Stop::Ended));
                    let late = shard.command(&Command::Raw { op: 43, d: "{}" }).await;
                    assert_eq!(late, Err(CommandError::Over));
                });
                assert_eq!(server.stats().refused, 0);
            }

            #[test]
            fn formats_and_compressions_have_names_and_all_of_them_work() {
                use $adapter::{Compression, Encoding};
                assert_eq!("json".parse(), Ok(Encoding::Json));
                assert_eq!("etf".parse(), Ok(Encoding::Etf));
                assert!(
                    "xml".parse::<Encoding>().is_err() && "brotli".parse::<Compression>().is_err()
                );
                for (encoding, compression) in gatewright_tests::pairs() {
                    assert_eq!(encoding.to_string().parse(), Ok(encoding));
                    assert_eq!(compression.to_string().parse(), Ok(compression));
                    assert_eq!(format!("{encoding:?}").to_lowercase(), encoding.to_string());
                    let server = gateway(small());
                    run(async {
                        let config = config(server.url()).encoding(encoding);
                        let options = Options::default().compression(compression);
                        let shard = ShardHandle::new(config, options);
                        let mut events = shard.start().await.unwrap();
                        up_to(&mut events, EventKind::GuildCreate).await;
                        shard.close().await;
                    });
                    assert_eq!(server.stats().refused, 0, "{encoding} {compression}");
                }
            }

            /// Fault S-F10: a shard could be started once in its life.
            #[test]
            fn a_shard_that_was_closed_starts_again() {
                let server = gateway(small());
                run(async {
                    let shard = handle(server.url());
                    for _ in 0..2 {
                        let mut events = shard.start().await.unwrap();
                        up_to(&mut events, EventKind::GuildCreate).await;
                        shard.close().await;
                        assert_eq!(shard.session(), None);
                    }
                });
                assert_eq!(server.stats().identifies, 2);
            }

            #[test]
            fn a_shard_that_was_parked_goes_on_behind_what_its_consumer_did() {
                let server = gateway(small());
                run(async {
                    let shard = handle(server.url());
                    let mut events = shard.start().await.unwrap();
                    let mut seqs = up_to(&mut events, EventKind::TypingStart).await;
                    // The latest one is not done: it comes again.
                    let session = shard.park().await.unwrap();
                    let last = seqs.pop().unwrap();
                    assert_eq!(session.processed, last - 1);
                    assert_eq!(shard.join().await, Some(Stop::Parked));
                    drop(events);
                    let other =
                        ShardHandle::resuming(config(server.url()), session, Options::default());
                    let mut events = other.start().await.unwrap();
                    seqs.extend(up_to(&mut events, EventKind::Resumed).await);
                    let expected: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
                    assert_eq!(seqs, expected);
                    other.close().await;
                });
                let stats = server.stats();
                assert_eq!((stats.identifies, stats.resumes), (1, 1));
            }

            /// Fault S-F4: a shard that was starting could not be closed, and a start that was given up went on.
            #[test]
            fn a_shard_can_be_closed_while_it_starts_and_a_start_be_given_up() {
                // It accepts nothing, so that no start gets anywhere.
                let silent = TcpListener::bind("127.0.0.1:0").unwrap();
                let url = format!("ws://{}", silent.local_addr().unwrap());
                run(async {
                    let shard = handle(url);
                    let closing = async {
                        sleep(Duration::from_millis(50)).await;
                        assert!(shard.is_alive() && !shard.is_connected());
                        shard.close().await;
                    };
                    let (started, ()) = future::zip(shard.start(), closing).await;
                    assert_eq!(started.err(), Some(StartError::Stopped(Stop::Ended)));
                    let given_up = future::or(async { shard.start().await.is_ok() }, async {
                        sleep(Duration::from_millis(50)).await;
                        false
                    });
                    assert!(!given_up.await);
                    assert_eq!(shard.join().await, Some(Stop::Ended));
                });
            }

            /// Fault S-F5: after a fatal close a shard still counted as alive, and to close it failed.
            #[test]
            fn a_shard_that_is_refused_for_good_is_not_alive() {
                let server = gateway(small());
                run(async {
                    let shard = handle(server.url());
                    let mut events = shard.start().await.unwrap();
                    assert_eq!(server.inject(Fault::Close(CloseCode(4004))), 1);
                    assert_eq!(shard.join().await, Some(Stop::AuthenticationFailed));
                    assert!(!shard.is_alive());
                    shard.close().await;
                    while events.next().await.is_some() {}
                    assert_eq!(events.stop(), Some(Stop::AuthenticationFailed));
                });
            }

            #[test]
            fn a_consumer_that_sleeps_costs_no_heartbeat_and_no_event() {
                let options = gatewright_sim::Options {
                    rate: 2_000,
                    heartbeat_interval: Duration::from_secs(5),
                    ..small()
                };
                let server = gateway(options);
                let most = 50;
                let seqs = run(async {
                    let options = Options::default().queue(most, 1 << 20);
                    let shard = ShardHandle::new(config(server.url()), options);
                    let mut events = shard.start().await.unwrap();
                    let mut seqs = up_to(&mut events, EventKind::GuildCreate).await;
                    let beats = || shard.status().unwrap().counters.heartbeats;
                    let before = beats();
                    sleep(Duration::from_secs(12)).await;
                    assert!((2..=3).contains(&(beats() - before)), "{}", beats() - before);
                    // What waits is what the queue takes, and nothing is lost when the consumer is back.
                    for _ in 0..2_000 {
                        let event = events.next().await.unwrap();
                        match event.event() {
                            Event::Dispatch(dispatch) => seqs.extend(dispatch.seq()),
                            Event::Disconnected(lost) => panic!("{}", lost.cause),
                            _ => {}
                        }
                    }
                    shard.close().await;
                    seqs
                });
                let expected: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
                assert_eq!(seqs, expected);
                let missed =
                    |entry: &gatewright_sim::Entry| matches!(entry.what, What::MissedHeartbeat);
                assert!(!server.journal().iter().any(missed));
                assert_eq!(server.stats().complaints, 0);
            }

            #[test]
            fn commands_go_out_while_the_consumer_sleeps() {
                let server = gateway(small());
                run(async {
                    let options = Options::default().queue(1, 1);
                    let shard = ShardHandle::new(config(server.url()), options);
                    let mut events = shard.start().await.unwrap();
                    sleep(Duration::from_millis(200)).await;
                    let id = shard
                        .command(&Command::Raw { op: 31, d: r#"{"guild_ids":[]}"# })
                        .await
                        .unwrap();
                    while server.stats().commands == 0 {
                        sleep(Duration::from_millis(5)).await;
                    }
                    assert_eq!(fate(&mut events, id).await, Fate::Sent);
                    // To leave takes no consumer either.
                    shard.close().await;
                });
            }

            #[test]
            fn a_consumer_gets_the_kinds_it_wants() {
                let server = gateway(small());
                run(async {
                    let filter =
                        Filter::none().with::<TypingStart<'_>>().with::<MessageCreate<'_>>();
                    let options = Options::default().only(filter);
                    let shard = ShardHandle::new(config(server.url()), options);
                    let events = shard.start().await.unwrap();
                    let kinds: Vec<EventKind> =
                        events.take(40).map(|event| event.kind()).collect().await;
                    let wanted = [EventKind::TypingStart, EventKind::MessageCreate];
                    let dispatched = |kind: &&EventKind| **kind != EventKind::Connected;
                    assert!(
                        kinds.iter().filter(dispatched).all(|kind| wanted.contains(kind)),
                        "{kinds:?}"
                    );
                    assert!(wanted.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
                });
            }

            #[test]
            fn without_a_consumer_the_shard_goes_on_and_without_anybody_it_ends() {
                let server = gateway(small());
                run(async {
                    let shard = ShardHandle::new(
                        config(server.url()),
                        Options::default().queue(4, 1 << 20),
                    );
                    drop(shard.start().await.unwrap());
                    let received = || shard.status().unwrap().processed_seq;
                    let before = received();
                    while received() < before + 100 {
                        sleep(Duration::from_millis(5)).await;
                    }
                    drop(shard);
                    let open = |server: &gatewright_sim::Loopback| {
                        let over = |what: &What| {
                            matches!(what, What::ClosedByClient { .. } | What::Dropped { .. })
                        };
                        !server.journal().iter().any(|entry| over(&entry.what))
                    };
                    while open(&server) {
                        sleep(Duration::from_millis(5)).await;
                    }
                });
            }

            #[test]
            fn the_gateway_is_asked_for_and_a_wrong_token_is_told() {
                let options = gatewright_sim::Options { token: Some("right".into()), ..small() };
                let server = gateway(options);
                run(async {
                    let found = $adapter::discover(&server.api(), "right", None).await.unwrap();
                    assert_eq!((found.url, found.shards), (server.url(), 1));
                    assert_eq!(found.session_start_limit.total, 1_000);
                    let refused = $adapter::discover(&server.api(), "wrong", None).await;
                    assert!(
                        matches!(refused, Err($adapter::DiscoverError::Unauthorized)),
                        "{refused:?}"
                    );
                });
            }

            #[test]
            fn a_process_that_begins_again_and_again_waits_to_identify() {
                let (server, folder) = (gateway(small()), tempfile::tempdir().unwrap());
                let open = || {
                    let bot = $adapter::BotId::of_token("MTIz.abc.secret");
                    let path = folder.path().join("budget");
                    $adapter::BudgetFile::open($adapter::unix_now(), path, bot, Default::default())
                };
                let mut spent = $adapter::unix_now();
                for _ in 0..4 {
                    let mut budget = open().unwrap();
                    budget.started($adapter::unix_now());
                    spent = $adapter::unix_now();
                    budget.spent(spent);
                }
                run(async {
                    let found = $adapter::discover(&server.api(), "any", None).await.unwrap();
                    let gate =
                        $adapter::Gate::budgeted(found.session_start_limit, 1, open().unwrap());
                    assert!(open().is_err(), "two processes on one record");
                    let shard =
                        ShardHandle::new(config(server.url()), Options::default().gate(gate));
                    drop(shard.start().await.unwrap());
                    assert!($adapter::unix_now().saturating_since(spent) >= Duration::from_secs(2));
                    assert_eq!(server.stats().identifies, 1);
                    shard.close().await;
                });
            }

            #[derive(Clone, Default)]
            struct Tape(Arc<Mutex<Vec<u8>>>);

            impl std::io::Write for Tape {
                fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                    self.0.lock().unwrap().write(bytes)
                }

                fn flush(&mut self) -> std::io::Result<()> {
                    Ok(())
                }
            }

            #[test]
            fn a_run_with_a_slow_consumer_replays() {
                let (server, tape) = (gateway(small()), Tape::default());
                run(async {
                    let options = Options::default().queue(2, 1 << 20);
                    let shard = ShardHandle::new(config(server.url()), options);
                    shard.record(tape.clone());
                    let mut events = shard.start().await.unwrap();
                    for _ in 0..60 {
                        events.next().await.unwrap();
                        sleep(Duration::from_millis(2)).await;
                    }
                    shard.update_presence(UpdatePresence::default()).await.unwrap();
                    shard.close().await;
                });
                let recording = tape.0.lock().unwrap();
                let text = str::from_utf8(&recording).unwrap();
                assert!(text.lines().any(|line| line.ends_with(" held")), "it was never held");
                let summary = gatewright_core::transcript::replay(&recording).unwrap();
                assert!(summary.outputs > 60, "{summary:?}");
            }

            #[test]
            fn a_gateway_that_is_held_keeps_its_event() {
                let server = gateway(small());
                run(async {
                    let mut gateway =
                        $adapter::Gateway::connect(config(server.url()), Options::default())
                            .unwrap();
                    while gateway.status().processed_seq < 5 {
                        gateway.next().await.unwrap();
                    }
                    let before = gateway.status().processed_seq;
                    future::or(sleep(Duration::from_millis(100)), async {
                        match gateway.hold().await {}
                    })
                    .await;
                    assert_eq!(gateway.status().processed_seq, before);
                    gateway.leave(Leave::End);
                    while gateway.next().await.is_ok() {}
                });
            }
        }
    };
}

handles!(on_tokio_handles, gatewright_tokio, on_tokio, tokio_sleep);
handles!(on_smol_handles, gatewright_smol, on_smol, smol_sleep);
