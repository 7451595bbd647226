//! Fleets of both adapters against the simulated gateway, over real sockets on this machine.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use gatewright_core::{BotId, CloseCode, Config, GuildId, Intents, Session, ShardId, Shards};
use gatewright_sim::{Loopback, What, serve};
use gatewright_std::StateFolder;

const TOKEN: &str = "MTIz.abc.secret";
/// The shards of most fleets here, all of which may identify at once.
const SHARDS: u32 = 8;

/// Set for the process that is a bot: its folder.
const FOLDER: &str = "GATEWRIGHT_TEST_FOLDER";
/// Set for the process that is a bot: its gateway.
const GATEWAY: &str = "GATEWRIGHT_TEST_GATEWAY";

/// A gateway with a few guilds on each shard.
fn sim() -> gatewright_sim::Options {
    gatewright_sim::Options {
        rate: 40,
        guilds: 40,
        members: 5,
        max_concurrency: SHARDS,
        ..Default::default()
    }
}

fn gateway(options: gatewright_sim::Options) -> Loopback {
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

fn config(server: &Loopback) -> Config<'static> {
    Config::new(TOKEN, Intents::DOCUMENTED).gateway(server.url())
}

fn shards() -> Shards {
    Shards::all(SHARDS).unwrap()
}

/// Returns the shards that identified, in the order in which they did.
fn identified(server: &Loopback) -> Vec<u32> {
    let shard = |what| match what {
        What::Identified { shard, .. } => Some(shard.id),
        _ => None,
    };
    server.journal().into_iter().filter_map(|entry| shard(entry.what)).collect()
}

fn stored(path: &Path, shard: ShardId) -> Option<Session> {
    let state = StateFolder::at(path).open(BotId::of_token(TOKEN), shard).unwrap();
    state.session().cloned()
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

/// Runs a test as a bot in a process of its own, up to its first event, and sends it a signal; says whether it ended well.
#[cfg(unix)]
fn run_and_signal(test: &str, server: &Loopback, folder: &Path, signal: &str) -> bool {
    let mut bot = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(GATEWAY, server.url())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !folder.join("works").exists() {
        assert!(bot.try_wait().unwrap().is_none(), "see its words above");
        thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args([signal, &bot.id().to_string()]).status();
    assert!(sent.unwrap().success());
    bot.wait().unwrap().success()
}

macro_rules! fleets {
    ($name:ident, $adapter:ident, $on:ident) => {
        mod $name {
            use std::collections::{BTreeMap, BTreeSet};

            use futures_lite::{StreamExt, future};
            use gatewright_core::Phase;
            use gatewright_sim::Fault;
            use $adapter::{
                Event, EventKind, Fleet, FleetEvent, FleetEvents, Gate, Options, Repeat,
                RestartError, StartError, Stop, UpdateVoiceState,
            };

            use super::*;

            fn options() -> Options {
                let shards = usize::try_from(SHARDS).unwrap();
                Options::default().gate(Gate::new(shards, shards))
            }

            fn fleet(server: &Loopback) -> Fleet {
                Fleet::new(config(server), shards(), options())
            }

            /// Takes the next dispatch of any shard.
            async fn dispatch(events: &mut FleetEvents) -> (u32, EventKind, u64) {
                loop {
                    match events.next().await.expect("all shards are over") {
                        FleetEvent::Event(shard, event) => {
                            if let Event::Dispatch(dispatch) = event.event() {
                                return (shard.id, dispatch.kind(), dispatch.seq().unwrap());
                            }
                        }
                        FleetEvent::Over(shard, stop) => panic!("{shard}: {stop}"),
                    }
                }
            }

            /// Takes events until each of these shards told one of this kind; returns the numbers that came, by shard.
            async fn until_each(
                events: &mut FleetEvents,
                shards: impl IntoIterator<Item = u32>,
                until: EventKind,
            ) -> BTreeMap<u32, Vec<u64>> {
                let mut missing: BTreeSet<u32> = shards.into_iter().collect();
                let mut seqs = BTreeMap::<u32, Vec<u64>>::new();
                while !missing.is_empty() {
                    let (shard, kind, seq) = dispatch(events).await;
                    seqs.entry(shard).or_default().push(seq);
                    if kind == until {
                        missing.remove(&shard);
                    }
                }
                seqs
            }

            /// Takes what is left; returns why each shard is over.
            async fn rest(mut events: FleetEvents) -> Vec<(u32, Stop)> {
                let mut over = Vec::new();
                while let Some(event) = events.next().await {
                    if let FleetEvent::Over(shard, stop) = event {
                        over.push((shard.id, stop));
                    }
                }
                over.sort_unstable_by_key(|(id, _)| *id);
                over
            }

            #[test]
            fn all_shards_are_live_and_tell_their_events_in_one_stream() {
                let server = gateway(sim());
                $on(async {
                    let fleet = fleet(&server);
                    assert!(fleet.statuses().is_empty());
                    let mut events = fleet.start().await.unwrap();
                    assert_eq!(fleet.start().await.err(), Some(StartError::Running));
                    let seqs = until_each(&mut events, 0..SHARDS, EventKind::TypingStart).await;
                    for (shard, seqs) in seqs {
                        let all: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
                        assert_eq!(seqs, all, "shard {shard}");
                    }
                    let live = |(_, status): &(ShardId, gatewright_core::Status)| {
                        status.phase == Phase::Live
                    };
                    assert_eq!(fleet.statuses().iter().filter(|status| live(status)).count(), 8);
                    let metrics = fleet.metrics();
                    assert_eq!((metrics.shards, metrics.readies), (8, 8));
                    assert_eq!(metrics.phases.get(Phase::Live), 8);
                    fleet.close().await;
                    let over: Vec<_> = (0..SHARDS).map(|shard| (shard, Stop::Ended)).collect();
                    assert_eq!(rest(events).await, over);
                    assert!(fleet.handles().iter().all(|shard| shard.session().is_none()));
                });
                assert_eq!(server.stats().refused, 0);
            }

            #[test]
            fn each_shard_may_tell_its_events_apart() {
                let server = gateway(sim());
                $on(async {
                    let all = fleet(&server).start_apart().await.unwrap();
                    let ids: Vec<ShardId> = all.iter().map(|(shard, _)| *shard).collect();
                    assert_eq!(ids, shards().iter().collect::<Vec<_>>());
                    for (shard, mut events) in all {
                        let first = events.find(|event| event.kind() == EventKind::GuildCreate);
                        assert!(first.await.is_some(), "{shard}");
                    }
                });
            }

            #[test]
            fn identifies_go_out_by_ascending_ids_of_this_process() {
                // One Identify in 5 s, and two processes that share four shards.
                let server = gateway(gatewright_sim::Options { max_concurrency: 1, ..sim() });
                $on(async {
                    let shards = Shards::process(1, 2, 4).unwrap();
                    let fleet = Fleet::new(config(&server), shards, Options::default());
                    let mut events = fleet.start().await.unwrap();
                    until_each(&mut events, [2, 3], EventKind::Ready).await;
                    fleet.close().await;
                });
                assert_eq!(identified(&server), [2, 3]);
                assert_eq!(server.stats().identifies_refused, 0);
            }

            #[test]
            fn a_command_goes_to_the_shard_of_its_guild() {
                let server = gateway(sim());
                $on(async {
                    let fleet = fleet(&server);
                    let mut events = fleet.start().await.unwrap();
                    until_each(&mut events, 0..SHARDS, EventKind::Ready).await;
                    let guild_id = GuildId(5 << 22 | 9);
                    let shard = fleet.shard_of(guild_id).unwrap();
                    assert_eq!(shard.shard_id(), ShardId::new(5, 8));
                    let voice = UpdateVoiceState {
                        guild_id,
                        channel_id: None,
                        self_mute: None,
                        self_deaf: None,
                    };
                    let id = shard.update_voice_state(voice).await.unwrap();
                    loop {
                        let FleetEvent::Event(shard, event) = events.next().await.unwrap() else {
                            panic!("a shard is over");
                        };
                        if let Event::Command { id: told, .. } = event.event() {
                            assert_eq!((shard.id, told), (5, id));
                            break;
                        }
                    }
                    let part = Shards::range(0..4, SHARDS).unwrap();
                    let part = Fleet::new(config(&server), part, options());
                    assert!(part.shard_of(guild_id).is_none(), "another process has it");
                });
            }

            #[test]
            fn a_shard_that_is_restarted_goes_on_without_a_gap() {
                let server = gateway(sim());
                $on(async {
                    let fleet = fleet(&server);
                    let mut events = fleet.start().await.unwrap();
                    let mut seqs = until_each(&mut events, 0..SHARDS, EventKind::Ready).await;
                    for _ in 0..2 {
                        let connections = server.stats().connections;
                        fleet.restart(3).await.unwrap();
                        let more = until_each(&mut events, [3], EventKind::Resumed).await;
                        more.into_iter()
                            .for_each(|(id, more)| seqs.entry(id).or_default().extend(more));
                        assert_eq!(server.stats().connections, connections + 1);
                    }
                    for (shard, seqs) in seqs {
                        let all: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
                        assert_eq!(seqs, all, "shard {shard}");
                    }
                    assert_eq!(fleet.restart(8).await, Err(RestartError::NotHere(8)));
                    fleet.close().await;
                    rest(events).await;
                });
                let stats = server.stats();
                assert_eq!((stats.identifies, stats.resumes), (8, 2));
            }

            #[test]
            fn a_shard_that_is_over_starts_again_in_the_same_stream() {
                let server = gateway(sim());
                $on(async {
                    let fleet = fleet(&server);
                    let mut events = fleet.start().await.unwrap();
                    until_each(&mut events, 0..SHARDS, EventKind::Ready).await;
                    fleet.shard(6).unwrap().close().await;
                    let over = loop {
                        if let Some(FleetEvent::Over(shard, stop)) = events.next().await {
                            break (shard.id, stop);
                        }
                    };
                    assert_eq!(over, (6, Stop::Ended));
                    fleet.restart(6).await.unwrap();
                    until_each(&mut events, [6], EventKind::GuildCreate).await;
                    drop(events);
                    fleet.close().await;
                    assert_eq!(fleet.restart(6).await, Err(RestartError::NoEvents));
                });
            }

            #[test]
            fn a_fleet_that_is_parked_while_a_shard_is_restarted_stays_parked() {
                let (server, folder) = (gateway(sim()), tempfile::tempdir().unwrap());
                $on(async {
                    let options = options().state(StateFolder::at(folder.path()));
                    let fleet = Fleet::new(config(&server), shards(), options);
                    let mut events = fleet.start().await.unwrap();
                    until_each(&mut events, 0..SHARDS, EventKind::Ready).await;
                    for shard_is_over in [false, true] {
                        if shard_is_over {
                            events = fleet.start().await.unwrap();
                            fleet.shard(3).unwrap().park().await.unwrap();
                        }
                        let (restarted, parked) = future::zip(fleet.restart(3), fleet.park()).await;
                        assert_eq!(parked.len(), 8);
                        let alive = fleet.handles().iter().filter(|shard| shard.is_alive()).count();
                        assert_eq!(alive, 0, "{restarted:?}");
                        while events.next().await.is_some() {}
                    }
                });
            }

            #[test]
            fn a_shard_can_be_parked_or_closed_while_it_is_restarted() {
                let server = gateway(sim());
                $on(async {
                    let fleet = fleet(&server);
                    let mut events = fleet.start().await.unwrap();
                    until_each(&mut events, 0..SHARDS, EventKind::Ready).await;
                    let shard = fleet.shard(2).unwrap();
                    let (restarted, session) = future::zip(shard.restart(), shard.park()).await;
                    assert!(session.is_some() && !shard.is_alive(), "{restarted:?}");
                    let shard = fleet.shard(1).unwrap();
                    let (_, ()) = future::zip(shard.restart(), shard.close()).await;
                    assert_eq!((shard.join().await, shard.session()), (Some(Stop::Ended), None));
                });
            }

            #[test]
            fn a_shard_that_never_gets_ready_holds_no_other_up() {
                let faults = vec![Fault::NoReady];
                let server = gateway(gatewright_sim::Options { faults, ..sim() });
                $on(async {
                    let fleet = fleet(&server);
                    let mut events = fleet.start().await.unwrap();
                    let mut ready = BTreeSet::new();
                    while ready.len() < 7 {
                        if let (shard, EventKind::Ready, _) = dispatch(&mut events).await {
                            ready.insert(shard);
                        }
                    }
                    let stuck = (0..SHARDS).find(|shard| !ready.contains(shard)).unwrap();
                    let phase = fleet.shard(stuck).unwrap().status().unwrap().phase;
                    assert_ne!(phase, Phase::Live);
                    // It can be helped.
                    fleet.restart(stuck).await.unwrap();
                    until_each(&mut events, [stuck], EventKind::Ready).await;
                });
            }

            #[test]
            fn a_fleet_that_was_parked_is_resumed_by_the_next_without_an_identify() {
                let (server, folder) = (gateway(sim()), tempfile::tempdir().unwrap());
                let state = || options().state(StateFolder::at(folder.path()));
                $on(async {
                    let first = Fleet::new(config(&server), shards(), state());
                    let mut events = first.start().await.unwrap();
                    let mut seqs = until_each(&mut events, 0..SHARDS, EventKind::TypingStart).await;
                    assert_eq!(events.repeat(), Repeat::No);
                    // The one at hand is not done; those of the other shards are.
                    let (at_hand, _, last) = dispatch(&mut events).await;
                    let sessions = first.park().await;
                    assert_eq!(sessions.len(), 8);
                    for session in sessions {
                        let id = session.shard.id;
                        let done =
                            if id == at_hand { last - 1 } else { *seqs[&id].last().unwrap() };
                        assert_eq!(session.processed, done, "shard {id}");
                    }
                    drop((first, events));
                    let second = Fleet::new(config(&server), shards(), state());
                    let mut events = second.start().await.unwrap();
                    let mut resumed = BTreeSet::new();
                    while resumed.len() < 8 {
                        let (shard, kind, seq) = dispatch(&mut events).await;
                        let replays = !resumed.contains(&shard);
                        assert!(
                            !replays
                                || events.repeat() == Repeat::Maybe
                                || kind == EventKind::Resumed
                        );
                        if kind == EventKind::Resumed {
                            resumed.insert(shard);
                        }
                        seqs.entry(shard).or_default().push(seq);
                    }
                    for (shard, seqs) in seqs {
                        let all: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
                        assert_eq!(seqs, all, "shard {shard}");
                    }
                    second.close().await;
                    rest(events).await;
                    drop(second);
                    assert!(shards().iter().all(|shard| stored(folder.path(), shard).is_none()));
                });
                let stats = server.stats();
                assert_eq!((stats.identifies, stats.resumes), (8, 8));
            }

            #[test]
            fn what_is_taken_of_a_parked_fleet_need_not_come_again() {
                let (server, folder) = (gateway(sim()), tempfile::tempdir().unwrap());
                $on(async {
                    let options = options().state(StateFolder::at(folder.path()));
                    let fleet = Fleet::new(config(&server), shards(), options);
                    let mut events = fleet.start().await.unwrap();
                    let mut last = BTreeMap::new();
                    let seqs = until_each(&mut events, 0..SHARDS, EventKind::GuildCreate).await;
                    seqs.into_iter().for_each(|(id, seqs)| {
                        last.insert(id, *seqs.last().unwrap());
                    });
                    fleet.park().await;
                    while let Some(event) = events.next().await {
                        if let FleetEvent::Event(shard, event) = event
                            && let Event::Dispatch(dispatch) = event.event()
                        {
                            last.insert(shard.id, dispatch.seq().unwrap());
                        }
                    }
                    drop((fleet, events));
                    for shard in shards().iter() {
                        let session = stored(folder.path(), shard).unwrap();
                        assert_eq!(session.processed, last[&shard.id], "{shard}");
                    }
                });
            }

            #[test]
            fn too_few_shards_are_told_for_each_and_the_others_go_on() {
                // 4011 to whoever has a guild too many, 4010 to a count the bot must not have.
                let server = gateway(gatewright_sim::Options { max_guilds_per_shard: 0, ..sim() });
                $on(async {
                    let events = fleet(&server).start().await.unwrap();
                    let over = rest(events).await;
                    let too_many: Vec<_> =
                        (0..SHARDS).map(|id| (id, Stop::ShardingRequired)).collect();
                    assert_eq!(over, too_many);
                    assert!(over[0].1.to_string().contains("raise the shard count"));
                });
                let server = gateway(sim());
                server.inject(Fault::RefuseIdentify(CloseCode::INVALID_SHARD));
                $on(async {
                    let fleet = fleet(&server);
                    let mut events = fleet.start().await.unwrap();
                    let (mut over, mut ready) = (None, 0);
                    while over.is_none() || ready < 7 {
                        match events.next().await.unwrap() {
                            FleetEvent::Over(_, stop) => over = Some(stop),
                            FleetEvent::Event(_, event) => {
                                ready += u32::from(event.kind() == EventKind::Ready);
                            }
                        }
                    }
                    assert_eq!(over, Some(Stop::InvalidShard));
                });
            }

            #[test]
            fn a_slow_consumer_of_one_stream_loses_nothing() {
                let server = gateway(gatewright_sim::Options { rate: 200, ..sim() });
                $on(async {
                    let fleet = Fleet::new(config(&server), shards(), options().queue(4, 1 << 20));
                    let mut events = fleet.start().await.unwrap();
                    let mut seqs = until_each(&mut events, 0..SHARDS, EventKind::Ready).await;
                    while fleet.metrics().queued_events < 8 * 4 {
                        future::yield_now().await;
                    }
                    // What waits stays, and what follows comes behind it.
                    fleet.restart(0).await.unwrap();
                    let more = until_each(&mut events, 0..SHARDS, EventKind::TypingStart).await;
                    more.into_iter()
                        .for_each(|(id, more)| seqs.entry(id).or_default().extend(more));
                    for (shard, seqs) in seqs {
                        let all: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
                        assert_eq!(seqs, all, "shard {shard}");
                    }
                });
            }

            #[test]
            fn an_event_is_done_when_the_next_is_asked_for_whichever_shard_has_it() {
                let server = gateway(gatewright_sim::Options { rate: 200, ..sim() });
                $on(async {
                    let fleet = Fleet::new(config(&server), shards(), options().queue(4, 1 << 20));
                    let mut events = fleet.start().await.unwrap();
                    until_each(&mut events, 0..SHARDS, EventKind::GuildCreate).await;
                    while fleet.metrics().queued_events < 8 * 4 {
                        future::yield_now().await;
                    }
                    let done = |id| fleet.shard(id).unwrap().session().unwrap().processed;
                    let mut taken = BTreeSet::new();
                    let (mut shard, _, mut seq) = dispatch(&mut events).await;
                    while taken.insert(shard) {
                        assert_eq!(done(shard), seq - 1, "it is at hand");
                        let (next, _, of_next) = dispatch(&mut events).await;
                        assert_eq!(done(shard), seq, "shard {shard} is done with it");
                        (shard, seq) = (next, of_next);
                    }
                    assert_eq!(taken.len(), 8, "each shard has its turn");
                });
            }

            #[cfg(unix)]
            async fn run_bot(folder: PathBuf) {
                let url = env::var(GATEWAY).unwrap();
                let config = Config::new(TOKEN, Intents::DOCUMENTED).gateway(url);
                let options = options().state(StateFolder::at(folder.join("state")));
                let fleet = Fleet::new(config, shards(), options);
                let mut events = fleet.start().await.unwrap();
                let parked = async {
                    assert_eq!(fleet.park_on_signal().await.unwrap().len(), 8);
                };
                let taken = async {
                    until_each(&mut events, 0..SHARDS, EventKind::TypingStart).await;
                    fs::write(folder.join("works"), "").unwrap();
                    let all: Vec<_> = (0..SHARDS).map(|shard| (shard, Stop::Parked)).collect();
                    assert_eq!(rest(events).await, all);
                };
                future::zip(parked, taken).await;
            }

            #[test]
            #[cfg(unix)]
            fn signals_park_a_fleet() {
                if let Some(folder) = env::var_os(FOLDER) {
                    return $on(run_bot(folder.into()));
                }
                let server = gateway(sim());
                let folder = tempfile::tempdir().unwrap();
                for signal in ["-TERM", "-INT"] {
                    let test = concat!(stringify!($name), "::signals_park_a_fleet");
                    assert!(run_and_signal(test, &server, folder.path(), signal), "{signal}");
                    fs::remove_file(folder.path().join("works")).unwrap();
                }
                let stats = server.stats();
                assert_eq!((stats.identifies, stats.resumes), (8, 8));
            }

            #[test]
            fn a_setting_that_does_not_fit_is_told_at_the_start() {
                $on(async {
                    let config = Config::new("", Intents::GUILDS).gateway("ws://127.0.0.1:9");
                    let fleet = Fleet::new(config, shards(), Options::default());
                    assert!(matches!(fleet.start().await, Err(StartError::Setup(_))));
                    assert!(fleet.park().await.is_empty());
                });
            }
        }
    };
}

fleets!(tokio_fleets, gatewright_tokio, on_tokio);
fleets!(smol_fleets, gatewright_smol, on_smol);
