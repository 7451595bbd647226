//! Fleets of both adapters that go over to another number of shards, over real sockets on this machine.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use gatewright_core::{
    BotId, CloseCode, Config, Event, EventKind, GuildId, Intents, ShardId, Shards,
};
use gatewright_sim::{Fault, Loopback, What, serve};
use gatewright_std::{Filter, ShardState, StateFolder};

const TOKEN: &str = "MTIz.abc.secret";

fn gateway() -> Loopback {
    // More members than are listed.
    gateway_with(12, 60)
}

fn gateway_with(guilds: u32, members: u32) -> Loopback {
    let options = gatewright_sim::Options {
        rate: 60,
        guilds,
        members,
        max_concurrency: 4,
        heartbeat_interval: Duration::from_secs(5),
        ..Default::default()
    };
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

fn config(server: &Loopback) -> Config<'static> {
    Config::new(TOKEN, Intents::DOCUMENTED).gateway(server.url())
}

fn shards(count: u32) -> Shards {
    Shards::all(count).unwrap()
}

fn is_stored(folder: &StateFolder, shard: ShardId) -> bool {
    folder.open(BotId::of_token(TOKEN), shard).unwrap().session().is_some()
}

/// Returns how connections were closed, and in how many cases that ended a session.
fn ended(server: &Loopback) -> (usize, Vec<What>) {
    let journal = server.journal();
    let of = |what: &What| {
        matches!(what, What::ClosedByClient { .. } | What::ClosedByServer { .. } | What::Dropped)
    };
    let all: Vec<What> = journal.into_iter().map(|entry| entry.what).filter(of).collect();
    // One whose session went on elsewhere keeps none either.
    let ends = |what: &&What| {
        let by_word = Some(CloseCode(1000));
        matches!(what, What::ClosedByClient { code, session_kept: false } if *code == by_word)
    };
    (all.iter().filter(ends).count(), all)
}

/// What happened in each guild, in order: name and data.
#[derive(Default)]
struct Log(BTreeMap<GuildId, Vec<(String, Vec<u8>)>>);

impl Log {
    /// Notes what happens in a guild; how one is, a session says when it begins, and who is there, when it asks.
    fn hear(&mut self, event: &Event<'_>) -> bool {
        let Event::Dispatch(dispatch) = event else { return false };
        let Some(guild) = dispatch.guild_id() else { return false };
        let is_news =
            !matches!(dispatch.kind(), EventKind::GuildCreate | EventKind::GuildMembersChunk);
        if is_news {
            let event = (dispatch.name().to_owned(), dispatch.data().to_vec());
            self.0.entry(guild).or_default().push(event);
        }
        is_news
    }

    /// What is here happened there in the same order, without a gap and without a double; another session heard more of it
    /// before and behind.
    fn assert_exact(&self, truth: &Self) {
        assert_eq!(self.0.len(), 12, "something happens in each guild");
        for (guild, heard) in &self.0 {
            let told = &truth.0[guild];
            let begin = told.iter().position(|event| event == &heard[0]).unwrap();
            assert!(heard.len() > 10, "{guild}: too little happens");
            for (at, event) in heard.iter().enumerate() {
                let (name, data) = &told[begin + at];
                let expected = (name.as_str(), String::from_utf8_lossy(data));
                let event = (event.0.as_str(), String::from_utf8_lossy(&event.1));
                assert_eq!(event, expected, "{guild}: {at} of {}", heard.len());
            }
        }
    }
}

fn on_tokio<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let timed = tokio::time::timeout(Duration::from_secs(240), task).await;
        timed.expect("it took more than four minutes")
    })
}

fn on_smol<T>(task: impl Future<Output = T>) -> T {
    smol::block_on(futures_lite::future::or(task, async {
        smol::Timer::after(Duration::from_secs(240)).await;
        panic!("it took more than four minutes")
    }))
}

macro_rules! reshards {
    ($name:ident, $adapter:ident, $on:ident, $filter:expr) => {
        mod $name {
            use std::collections::BTreeSet;

            use futures_lite::future;
            use gatewright_core::Phase;
            use $adapter::{
                Chunking, Fleet, FleetEvent, FleetEvents, Gate, Options, ReshardError,
                RestartError, ShardHandle, StartError, Stop, UpdateVoiceState,
            };

            use super::*;

            fn options() -> Options {
                Options::default().gate(Gate::new(4, 16)).chunking(Chunking::All)
            }

            async fn started(server: &Loopback, options: Options) -> (Fleet, FleetEvents) {
                let fleet = Fleet::new(config(server), shards(2), options);
                let events = fleet.start().await.unwrap();
                (fleet, events)
            }

            /// Takes events until each of these shards told something of this kind.
            async fn until(events: &mut FleetEvents, of: &[ShardId], kind: EventKind) {
                let mut missing: BTreeSet<u32> = of.iter().map(|shard| shard.id).collect();
                while !missing.is_empty() {
                    match events.next().await.expect("all shards are over") {
                        FleetEvent::Event(shard, event) => {
                            if of.contains(&shard) && event.kind() == kind {
                                missing.remove(&shard.id);
                            }
                        }
                        FleetEvent::Over(shard, stop) => panic!("{shard}: {stop}"),
                    }
                }
            }

            const OLD: [ShardId; 2] = [ShardId::new(0, 2), ShardId::new(1, 2)];

            #[test]
            fn a_fleet_goes_over_to_another_number_and_the_consumer_does_not_notice() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let state = StateFolder::at(folder.path());
                let of_all = options().only($filter);
                let options = || of_all.clone().state(state.clone());
                let [heard, truth] = [RefCell::new(Log::default()), RefCell::new(Log::default())];
                // A session of all guilds hears what happens.
                let is_over = Cell::new(false);
                $on(async {
                    let watcher = ShardHandle::new(config(&server), of_all.clone());
                    let mut told = watcher.start().await.unwrap();
                    while truth.borrow().0.len() < 12 {
                        let event = told.next().await.unwrap();
                        truth.borrow_mut().hear(&event.event());
                    }
                    let watches = async {
                        let mut more = 0;
                        while more < 300 {
                            let event = told.next().await.unwrap();
                            truth.borrow_mut().hear(&event.event());
                            more += u32::from(is_over.get());
                        }
                    };
                    let goes = async {
                        let (fleet, mut events) = started(&server, options()).await;
                        until(&mut events, &OLD, EventKind::TypingStart).await;
                        let other = state.open(BotId::of_token(TOKEN), ShardId::new(0, 3));
                        let other = (&server, other.unwrap());
                        go_over(&fleet, &mut events, &heard, $filter, other).await;
                        assert!(!OLD.iter().any(|old| is_stored(&state, *old)));
                        fleet.shard(1).unwrap().restart().await.unwrap();
                        park(fleet, events, &heard).await;
                        is_over.set(true);
                    };
                    future::zip(watches, goes).await;
                    heard.borrow().assert_exact(&truth.borrow());
                    let (ended, closed) = ended(&server);
                    assert_eq!((server.stats().identifies, ended), (6, 2), "{closed:?}");
                    // The next process has the new number.
                    let next = Fleet::new(config(&server), shards(3), options());
                    let mut events = next.start().await.unwrap();
                    let new: Vec<ShardId> = shards(3).iter().collect();
                    until(&mut events, &new, EventKind::TypingStart).await;
                    assert_eq!(server.stats().identifies, 6);
                    assert_eq!(next.metrics().readies, 0);
                });
                assert_eq!((server.stats().refused, server.stats().identifies_refused), (0, 0));
            }

            /// Parks a fleet, and takes what waits.
            async fn park(fleet: Fleet, mut events: FleetEvents, heard: &RefCell<Log>) {
                assert_eq!(fleet.park().await.len(), 3);
                while let Some(told) = events.next().await {
                    match told {
                        FleetEvent::Event(_, event) => {
                            heard.borrow_mut().hear(&event.event());
                        }
                        FleetEvent::Over(_, stop) => assert_eq!(stop, Stop::Parked),
                    }
                }
            }

            /// Waits until so many more dispatches were sent.
            async fn more_is_told(server: &Loopback, more: u64) {
                let before = server.stats().dispatches;
                while server.stats().dispatches < before + more {
                    future::yield_now().await;
                }
            }

            async fn leave_voice(shard: &ShardHandle, guild_id: GuildId) {
                let (self_mute, self_deaf) = (None, None);
                let voice = UpdateVoiceState { guild_id, channel_id: None, self_mute, self_deaf };
                shard.update_voice_state(voice).await.unwrap();
            }

            /// Goes from two shards to three, and a little further.
            async fn go_over(
                fleet: &Fleet,
                events: &mut FleetEvents,
                heard: &RefCell<Log>,
                only: Filter,
                (server, other): (&Loopback, ShardState),
            ) {
                let (is_done, overs) = (Cell::new(false), RefCell::new(Vec::new()));
                let takes = async {
                    let mut new = BTreeSet::new();
                    while new.len() < 3 || !is_done.get() {
                        match events.next().await.unwrap() {
                            FleetEvent::Event(shard, event) => {
                                let is_news = heard.borrow_mut().hear(&event.event());
                                if let Event::Dispatch(dispatch) = event.event() {
                                    assert!(only.wants(dispatch.kind()), "{}", dispatch.name());
                                    assert_ne!(dispatch.kind(), EventKind::Ready, "{shard}");
                                }
                                if is_news && is_done.get() && shard.count == 3 {
                                    new.insert(shard.id);
                                }
                            }
                            FleetEvent::Over(shard, stop) => overs.borrow_mut().push((shard, stop)),
                        }
                    }
                };
                let old = fleet.handles();
                let goes = async {
                    let again = async {
                        let again = fleet.reshard(5).await;
                        // Another process has something of the new ones for a moment.
                        more_is_told(server, 5).await;
                        drop(other);
                        again
                    };
                    let (came, again) = future::zip(fleet.reshard(3), again).await;
                    assert_eq!((came, again), (Ok(()), Err(ReshardError::Resharding)));
                    assert!(old.iter().all(|shard| !shard.is_alive()));
                    overs.borrow_mut().sort_unstable_by_key(|(shard, _)| shard.id);
                    let ended: Vec<_> = OLD.map(|shard| (shard, Stop::Ended)).into();
                    assert_eq!(*overs.borrow(), ended);
                    assert_eq!((fleet.shards().count(), fleet.handles().len()), (3, 3));
                    let guild_id = GuildId(5 << 22);
                    let shard = fleet.shard_of(guild_id).unwrap();
                    assert_eq!(shard.shard_id(), ShardId::new(2, 3));
                    leave_voice(&shard, guild_id).await;
                    let metrics = fleet.metrics();
                    assert_eq!((metrics.shards, metrics.readies), (3, 3));
                    assert_eq!(metrics.phases.get(Phase::Live), 3);
                    let counts = fleet.statuses().into_iter().map(|(shard, _)| shard.count);
                    assert_eq!(counts.collect::<Vec<_>>(), [3, 3, 3]);
                    is_done.set(true);
                };
                future::zip(takes, goes).await;
            }

            #[test]
            fn why_it_does_not_begin_is_told() {
                let server = gateway();
                $on(async {
                    let fleet = Fleet::new(config(&server), shards(2), options());
                    assert_eq!(fleet.reshard(3).await, Err(ReshardError::NotRunning));
                    let apart = fleet.start_apart().await.unwrap();
                    assert_eq!(fleet.reshard(3).await, Err(ReshardError::NoEvents));
                    drop(apart);
                    fleet.park().await;
                    let events = fleet.start().await.unwrap();
                    assert_eq!(fleet.reshard(2).await, Err(ReshardError::SameCount));
                    assert!(matches!(fleet.reshard(0).await, Err(ReshardError::Count(_))));
                    drop(events);
                    assert_eq!(fleet.reshard(3).await, Err(ReshardError::NoEvents));
                    fleet.close().await;
                    let part = Shards::range(0..1, 2).unwrap();
                    let fleet = Fleet::new(config(&server), part, options());
                    let _events = fleet.start().await.unwrap();
                    assert_eq!(fleet.reshard(3).await, Err(ReshardError::NotAll));
                });
            }

            #[test]
            fn a_fleet_that_is_parked_on_the_way_has_its_old_shards() {
                let (server, folder) = (gateway(), tempfile::tempdir().unwrap());
                let options = || options().state(StateFolder::at(folder.path()));
                $on(async {
                    let (fleet, mut events) = started(&server, options()).await;
                    until(&mut events, &OLD, EventKind::TypingStart).await;
                    let parks = async {
                        // Something of the old ones comes meanwhile, and nothing of the new ones.
                        while server.stats().identifies < 5 {
                            assert_eq!(events.next().await.unwrap().shard().count, 2);
                        }
                        assert_eq!(fleet.start().await.err(), Some(StartError::Running));
                        fleet.shard(1).unwrap().close().await;
                        assert_eq!(fleet.restart(1).await, Err(RestartError::Resharding));
                        let parked = fleet.park().await;
                        assert_eq!(parked.len(), 1);
                        assert_eq!(parked[0].shard, OLD[0]);
                        let mut over = BTreeSet::new();
                        while let Some(told) = events.next().await {
                            assert_eq!(told.shard().count, 2);
                            if let FleetEvent::Over(shard, _) = told {
                                over.insert(shard.id);
                            }
                        }
                        assert_eq!(over.len(), 2);
                    };
                    let (came, ()) = future::zip(fleet.reshard(3), parks).await;
                    assert_eq!(came, Err(ReshardError::Left));
                    let (ended, closed) = ended(&server);
                    assert_eq!((server.stats().sessions, ended), (1, 4), "{closed:?}");
                    // It goes on as if nothing had been.
                    let mut events = fleet.start().await.unwrap();
                    until(&mut events, &OLD, EventKind::TypingStart).await;
                    assert_eq!((server.stats().identifies, server.stats().resumes), (6, 1));
                });
            }

            #[test]
            fn a_new_shard_that_is_refused_leaves_the_old_ones_as_they_are() {
                let server = gateway();
                $on(async {
                    let (fleet, mut events) = started(&server, options()).await;
                    until(&mut events, &OLD, EventKind::TypingStart).await;
                    server.inject(Fault::RefuseIdentify(CloseCode::INVALID_SHARD));
                    let is_done = Cell::new(false);
                    let mut seqs = BTreeMap::<u32, Vec<u64>>::new();
                    let takes = async {
                        while !is_done.get() || seqs.len() < 2 {
                            match events.next().await.unwrap() {
                                FleetEvent::Event(shard, event) => {
                                    assert_eq!(shard.count, 2);
                                    if let Event::Dispatch(dispatch) = event.event() {
                                        let seqs = seqs.entry(shard.id).or_default();
                                        seqs.extend(dispatch.seq());
                                    }
                                }
                                FleetEvent::Over(shard, stop) => panic!("{shard}: {stop}"),
                            }
                        }
                    };
                    let goes = async {
                        let came = fleet.reshard(3).await;
                        is_done.set(true);
                        came
                    };
                    let ((), came) = future::zip(takes, goes).await;
                    let Err(ReshardError::Stopped(shard, Stop::InvalidShard)) = came else {
                        panic!("{came:?}");
                    };
                    assert_eq!(shard.count, 3);
                    for (shard, seqs) in seqs {
                        let all: Vec<u64> = (seqs[0]..).take(seqs.len()).collect();
                        assert_eq!(seqs, all, "shard {shard}");
                    }
                    assert_eq!((fleet.shards().count(), server.stats().sessions), (2, 2));
                    assert!(fleet.handles().iter().all(ShardHandle::is_connected));
                });
            }

            #[test]
            fn a_new_shard_whose_ready_is_too_long_leaves_the_old_ones_as_they_are() {
                // That of half of them fits in the least that may be set.
                let server = gateway_with(1_200, 5);
                $on(async {
                    let (fleet, mut events) = started(&server, options().payload_limit(0)).await;
                    until(&mut events, &OLD, EventKind::TypingStart).await;
                    let came = RefCell::new(None);
                    let takes = async {
                        while came.borrow().is_none() {
                            assert_eq!(events.next().await.unwrap().shard().count, 2);
                        }
                    };
                    let goes = async { *came.borrow_mut() = Some(fleet.reshard(1).await) };
                    future::zip(takes, goes).await;
                    let new = ShardId::new(0, 1);
                    assert_eq!(came.take(), Some(Err(ReshardError::ReadyTooLarge(new))));
                    assert!(fleet.handles().iter().all(ShardHandle::is_connected));
                });
            }

            #[test]
            fn whoever_waits_for_the_end_waits_for_the_new_set() {
                let server = gateway();
                $on(async {
                    let (fleet, mut events) = started(&server, options()).await;
                    until(&mut events, &OLD, EventKind::TypingStart).await;
                    let (old, is_closed) = (fleet.handles(), Cell::new(false));
                    let takes = async { while events.next().await.is_some() {} };
                    let waits = async {
                        fleet.join().await;
                        assert!(is_closed.get(), "the new set is on its way");
                    };
                    let goes = async {
                        let ends = async {
                            while server.stats().identifies < 5 {
                                future::yield_now().await;
                            }
                            for shard in old {
                                shard.close().await;
                            }
                            more_is_told(&server, 50).await;
                            is_closed.set(true);
                            fleet.close().await;
                        };
                        let (came, ()) = future::zip(fleet.reshard(3), ends).await;
                        assert_eq!(came, Err(ReshardError::Left));
                    };
                    future::zip(future::zip(takes, waits), goes).await;
                });
            }

            #[test]
            fn when_nobody_takes_the_events_any_more_the_old_shards_stay() {
                let server = gateway();
                $on(async {
                    let (fleet, mut events) = started(&server, options()).await;
                    until(&mut events, &OLD, EventKind::TypingStart).await;
                    let goes_away = async {
                        while server.stats().identifies < 3 {
                            events.next().await;
                        }
                        drop(events);
                    };
                    let (came, ()) = future::zip(fleet.reshard(3), goes_away).await;
                    assert_eq!(came, Err(ReshardError::NoEvents));
                    assert!(fleet.handles().iter().all(ShardHandle::is_connected));
                    assert_eq!(fleet.shards().count(), 2);
                    // The server hears of it a moment later.
                    while server.stats().sessions > 2 {
                        future::yield_now().await;
                    }
                });
            }
        }
    };
}

reshards!(tokio_reshards, gatewright_tokio, on_tokio, Filter::all());
reshards!(
    smol_reshards,
    gatewright_smol,
    on_smol,
    Filter::none().with_kind(EventKind::TypingStart).with_kind(EventKind::MessageCreate)
);
