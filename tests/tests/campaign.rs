//! Seeded worlds in which much goes wrong: the client keeps every law, and every law can be broken.

use std::time::Duration;

use gatewright_core::transcript::replay;
use gatewright_core::{
    Cause, Compression, Config, Encoding, Instant, Intents, Link, Memory, Phase, Shard, ShardId,
};
use gatewright_sim::{
    Defect, Fault, Figures, Network, Options, Seen, Settings, Sight, Simulation, Stuck, Trouble,
    What, run_defective, run_seed, run_tapped,
};

const MINUTES: Duration = Duration::from_secs(480);

fn settings() -> Settings {
    Settings { span: MINUTES, ..Settings::default() }
}

#[test]
fn a_client_keeps_every_law_whatever_goes_wrong() {
    let mut figures = Figures::default();
    for seed in 1..=16 {
        let outcome = run_seed(seed, &settings());
        let broken = outcome.violation.map(|violation| violation.to_string());
        assert_eq!(broken, None, "seed {seed}: {}", outcome.world);
        figures.add(&outcome.figures);
    }
    assert!(figures.resumes > 32, "{figures:?}");
    assert!(figures.waived_share() < 0.014, "{figures:?}");
}

/// The laws that a defect may break first.
const fn broken_by(defect: Defect) -> &'static [&'static str] {
    match defect {
        Defect::BeatsTooOften => &["manners"],
        Defect::ClosesForGood | Defect::LeavesForNothing => &["causes"],
        // The budget is asked with the gate.
        Defect::EagerIdentify => &["budget", "identify-pace"],
        Defect::EarlyCommand | Defect::RepeatsCommand => &["commands"],
        Defect::FloodsSends => &["answers", "send-limit"],
        Defect::ForgetsBudget | Defect::IgnoresBudget => &["budget"],
        Defect::GivesUp => &["live-again"],
        Defect::HoldsDeadLink | Defect::StaysRefused => &["deadlines"],
        Defect::IgnoresDeletes | Defect::RestoresLess => &["cache"],
        Defect::IgnoresMissingAcks => &["acks"],
        Defect::IgnoresRequest => &["answers"],
        Defect::JudgesUnread => &["no-false-zombie"],
        Defect::KeepsTooMuch => &["memory"],
        Defect::LateHeartbeat => &["heartbeats"],
        Defect::LosesCommand => &["frames"],
        Defect::None => &[],
        Defect::RecordsAmiss => &["replay"],
        Defect::RedialsAtOnce => &["rests"],
        Defect::WaitsForNothing | Defect::WaitsForever => &["waits"],
        Defect::DeliversOldNews
        | Defect::ForgetsLoss
        | Defect::RepeatsEvent
        | Defect::RestoresTooEarly
        | Defect::ResumesTooLate
        | Defect::SkipsForNothing
        | Defect::SwallowsEvent
        | Defect::SwallowsUnnumbered
        | Defect::SwapsEvents
        | Defect::WrongResumeSeq => &["delivery"],
    }
}

#[test]
fn every_defect_a_client_could_have_is_found() {
    for defect in Defect::ALL {
        let broken = (1..=200).find_map(|seed| run_defective(seed, &settings(), defect).err());
        let law = broken.as_ref().map(|breach| breach.law);
        assert!(law.is_some_and(|law| broken_by(defect).contains(&law)), "{defect:?}: {broken:?}");
    }
}

/// What looks for defects finds none of its own making.
#[test]
fn a_client_without_a_defect_is_not_accused() {
    for seed in 1..=40 {
        let accused = run_defective(seed, &settings(), Defect::None).err();
        assert_eq!(accused, None, "seed {seed}");
    }
}

#[test]
fn a_world_that_panics_breaks_a_law_and_names_its_seed() {
    let mut panics = |_: &mut Vec<Sight>| panic!("on purpose");
    let breach = run_tapped(7, &settings(), &mut panics).unwrap_err();
    assert_eq!(breach.law, "panic");
    assert!(breach.how.contains("seed 7: on purpose"), "{breach}");
}

/// Stalls that outlast a command or an Identify, numbers damaged in a stream, answers that come late, old numbers of events
/// that are too large, news of an old connection for a shard that is held, a request that was turned down.
#[test]
fn hours_that_once_were_judged_wrong_keep_every_law() {
    for seed in [2_816, 3_151, 4_077, 4_309, 4_923, 5_968, 6_229, 6_346, 9_566, 9_862] {
        let outcome = run_seed(seed, &Settings::default());
        assert_eq!(outcome.violation.map(|violation| violation.to_string()), None, "{seed}");
    }
}

/// A damaged sequence number, after which nothing was new any more.
#[test]
fn hours_that_once_broke_a_law_keep_it() {
    for seed in [473, 1_846] {
        let outcome = run_seed(seed, &Settings::default());
        assert_eq!(outcome.violation.map(|violation| violation.to_string()), None, "{seed}");
    }
}

#[test]
fn a_seed_always_tells_the_same_story() {
    assert_eq!(run_seed(5, &settings()), run_seed(5, &settings()));
}

/// Runs seeds with what they show changed, and checks that this breaks a law.
#[track_caller]
fn breaks(law: &str, mut change: impl FnMut(&mut Vec<Sight>)) {
    for seed in 1..40 {
        match run_tapped(seed, &settings(), &mut change) {
            Ok(_) => {}
            Err(breach) => {
                assert_eq!(breach.law, law, "{breach}");
                return;
            }
        }
    }
    panic!("nothing broke the law {law}");
}

/// Changes the first sight of its kind in each seed, by what is to stand in its place.
fn first(mut place: impl FnMut(&Seen) -> Option<Vec<Seen>>) -> impl FnMut(&mut Vec<Sight>) {
    let (mut done, mut latest) = (false, Instant::ZERO);
    move |sights| {
        let Some(now) = sights.last().map(|sight| sight.at) else { return };
        // Another seed begins where the one before began.
        done &= now >= latest;
        latest = now;
        let found =
            sights.iter().enumerate().find_map(|(at, sight)| Some((at, place(&sight.seen)?)));
        let Some((at, places)) = found.filter(|_| !done) else { return };
        done = true;
        let Sight { at: now, shard, .. } = sights[at];
        let places = places.into_iter().map(|seen| Sight { at: now, shard, seen });
        sights.splice(at..=at, places);
    }
}

fn is_event(seen: &Seen) -> bool {
    matches!(seen, Seen::Dispatch { serial: Some(serial), .. } if *serial > 5)
}

#[test]
fn a_dispatch_that_is_swallowed_breaks_the_law() {
    breaks("delivery", first(|seen| is_event(seen).then(Vec::new)));
}

#[test]
fn a_dispatch_that_comes_twice_breaks_the_law() {
    breaks("delivery", first(|seen| is_event(seen).then(|| vec![seen.clone(), seen.clone()])));
}

#[test]
fn a_dispatch_in_the_place_of_another_breaks_the_law() {
    breaks(
        "delivery",
        first(|seen| match seen {
            Seen::Dispatch { kind, seq, serial: Some(serial), bytes } if *serial > 5 => {
                let (kind, seq, serial, bytes) = (*kind, *seq, Some(serial + 1), *bytes);
                Some(vec![Seen::Dispatch { kind, seq, serial, bytes }])
            }
            _ => None,
        }),
    );
}

#[test]
fn a_loss_that_is_not_told_breaks_the_law() {
    breaks("delivery", first(|seen| matches!(seen, Seen::Lost { .. }).then(Vec::new)));
}

#[test]
fn a_session_given_up_for_nothing_breaks_the_law() {
    let lost = Seen::Lost { cause: Cause::SessionInvalid };
    breaks("delivery", first(|seen| is_event(seen).then(|| vec![seen.clone(), lost.clone()])));
}

#[test]
fn heartbeats_that_do_not_go_out_break_the_law() {
    breaks("heartbeats", |sights| {
        sights.retain(|sight| match &sight.seen {
            Seen::Gateway { what, .. } => !matches!(what, What::Heartbeat { .. }),
            seen => !matches!(seen, Seen::Send { op: 1, .. }),
        });
    });
}

#[test]
fn a_request_that_is_not_answered_breaks_the_law() {
    breaks("answers", |sights| {
        if sights.iter().any(|sight| matches!(sight.seen, Seen::Asked { .. })) {
            sights.retain(|sight| !matches!(sight.seen, Seen::Send { op: 1, .. }));
        }
    });
}

#[test]
fn a_zombie_nobody_withheld_anything_from_breaks_the_law() {
    breaks("no-false-zombie", |sights| {
        sights.retain(|sight| !matches!(sight.seen, Seen::Withheld { .. }));
        for sight in sights {
            if let Seen::Disconnected { cause, .. } = &mut sight.seen {
                *cause = Cause::Zombie;
            }
        }
    });
}

#[test]
fn a_state_that_outlives_its_deadline_breaks_the_law() {
    breaks("deadlines", |sights| {
        for sight in sights {
            if let Seen::Wait { in_phase, phase: Phase::Dialing, .. } = &mut sight.seen {
                *in_phase += Duration::from_secs(11);
            }
        }
    });
}

#[test]
fn a_rest_that_is_too_long_breaks_the_law() {
    breaks("rests", |sights| {
        for sight in sights {
            if let Seen::Wait { in_phase, phase: Phase::Resting, .. } = &mut sight.seen {
                *in_phase += Duration::from_secs(601);
            }
        }
    });
}

#[test]
fn a_skip_breaks_the_law_if_the_event_is_as_long_as_the_memory_and_not_if_longer() {
    for (length, broken) in [(40 * 1024, true), (40 * 1024 + 1, false)] {
        let law = skipped_with(length);
        assert_eq!(law == Some("delivery"), broken, "{length}: {law:?}");
    }
}

/// Runs a world with a small memory and no compression whose first skip tells of this length.
fn skipped_with(told: u64) -> Option<&'static str> {
    let small = |seed: &u64| {
        let world =
            run_seed(*seed, &Settings { span: Duration::from_secs(10), most_runs: 0 }).world;
        world.contains(" none, ") && world.contains("40 KiB lent")
    };
    let skips = |seed: &u64| {
        let mut skips = false;
        let mut look = |sights: &mut Vec<Sight>| {
            skips |= sights.iter().any(|sight| matches!(sight.seen, Seen::Skipped { .. }));
        };
        run_tapped(*seed, &settings(), &mut look).is_ok() && skips
    };
    let seed = (1..400).filter(small).find(skips).unwrap();
    let mut change = |sights: &mut Vec<Sight>| {
        for sight in sights {
            if let Seen::Skipped { length, .. } = &mut sight.seen {
                *length = told;
            }
        }
    };
    run_tapped(seed, &settings(), &mut change).err().map(|breach| breach.law)
}

#[test]
fn a_wait_for_the_moment_at_hand_breaks_the_law() {
    breaks("waits", |sights| {
        for sight in sights {
            let at = sight.at;
            if let Seen::Wait { until, .. } = &mut sight.seen {
                *until = at;
            }
        }
    });
}

#[test]
fn sends_beyond_the_limit_break_the_law() {
    let resume = |seen: &Seen| matches!(seen, Seen::Send { op: 6, .. });
    breaks("send-limit", first(move |seen| resume(seen).then(|| vec![seen.clone(); 121])));
}

#[test]
fn two_identifies_at_once_break_the_law() {
    let identify = |seen: &Seen| matches!(seen, Seen::Send { op: 2, .. });
    breaks("identify-pace", first(move |seen| identify(seen).then(|| vec![seen.clone(); 2])));
}

#[test]
fn an_identify_of_the_reserve_breaks_the_law() {
    breaks("budget", |sights| {
        for sight in sights {
            if let Seen::Started { left } = &mut sight.seen {
                *left = 0;
            }
        }
    });
}

#[test]
fn a_token_that_is_reset_breaks_the_law() {
    let reset = Seen::Gateway { link: Link(1), what: What::TokenReset };
    breaks("budget", first(move |seen| is_event(seen).then(|| vec![reset.clone()])));
}

#[test]
fn a_refusal_that_is_over_when_it_is_told_breaks_the_law() {
    breaks("budget", |sights| {
        for sight in sights {
            let at = sight.at;
            if let Seen::Refused { until, .. } = &mut sight.seen {
                *until = at;
            }
        }
    });
}

#[test]
fn a_refusal_that_goes_on_when_it_was_to_be_over_breaks_the_law() {
    let mut told = None;
    breaks("budget", move |sights| {
        for sight in sights {
            let Sight { at, seen, .. } = sight;
            match seen {
                Seen::Refused { why, until } => told = Some((*why, *until)),
                Seen::Began { .. } => told = None,
                Seen::Send { op: 2, .. } if told.is_some_and(|(_, until)| *at >= until) => {
                    let (why, until) = (told.unwrap().0, at.saturating_add(MINUTES));
                    *seen = Seen::Refused { why, until };
                }
                _ => {}
            }
        }
    });
}

#[test]
fn a_frame_over_4096_bytes_breaks_the_law() {
    breaks("payload-size", |sights| {
        for sight in sights {
            if let Seen::Send { bytes, .. } = &mut sight.seen {
                *bytes += 4_096;
            }
        }
    });
}

#[test]
fn an_event_larger_than_the_memory_given_breaks_the_law() {
    breaks("memory", |sights| {
        for sight in sights {
            if let Seen::Dispatch { bytes, .. } = &mut sight.seen {
                *bytes += 64 * 1024 * 1024;
            }
        }
    });
}

const fn is_command(seen: &Seen) -> bool {
    matches!(seen, Seen::Send { op, .. } if !matches!(op, 1 | 2 | 6))
}

#[test]
fn a_command_that_goes_out_again_breaks_the_law() {
    let mut sent = None;
    breaks("commands", move |sights| {
        if let Some(sight) = sent.take() {
            sights.push(sight);
        }
        let taken = sights.iter().any(|sight| matches!(sight.seen, Seen::Taken { .. }));
        sent = sights.iter().find(|sight| taken && is_command(&sight.seen)).cloned();
    });
}

#[test]
fn a_command_before_the_session_breaks_the_law() {
    breaks("commands", |sights| {
        for sight in sights {
            if is_command(&sight.seen)
                && let Seen::Send { phase, .. } = &mut sight.seen
            {
                *phase = Phase::Resuming;
            }
        }
    });
}

#[test]
fn a_fate_that_is_told_twice_breaks_the_law() {
    let fate = |seen: &Seen| matches!(seen, Seen::Fate { .. });
    breaks("commands", first(move |seen| fate(seen).then(|| vec![seen.clone(); 2])));
}

#[test]
fn a_fate_that_is_never_told_breaks_the_law() {
    let fate = |seen: &Seen| matches!(seen, Seen::Fate { .. });
    breaks("live-again", first(move |seen| fate(seen).then(Vec::new)));
}

#[test]
fn a_last_event_that_never_comes_breaks_the_law() {
    breaks("live-again", |sights| {
        for sight in sights {
            if let Seen::Dispatch { serial, .. } = &mut sight.seen {
                *serial = None;
            }
        }
    });
}

#[test]
fn what_the_gateway_complains_of_breaks_the_law() {
    breaks("manners", |sights| {
        if let Some(sight) = sights.iter().find(|sight| is_event(&sight.seen)).cloned() {
            let what = What::Complaint("nothing in particular");
            sights.push(Sight { seen: Seen::Gateway { link: Link(1), what }, ..sight });
        }
    });
}

fn shard(id: u32, count: u32) -> Shard<'static> {
    let config = Config::new("simulated", Intents::DOCUMENTED).gateway(Simulation::GATEWAY);
    let config = config.shard(ShardId::new(id, count));
    Shard::new(config, id.into(), Memory::heap(Compression::None)).unwrap()
}

fn simulation(recorded: bool) -> Simulation<'static> {
    let options =
        Options { guilds: 1, members: 3, rate: u32::from(recorded), ..Options::default() };
    let network = Network { latency: Duration::from_millis(50), ..Network::default() };
    let shards = vec![shard(0, 2), shard(1, 2)];
    let mut simulation = Simulation::new(options, Encoding::Json, network, shards, 3);
    if recorded {
        simulation.record().unwrap();
    }
    simulation.run_until(Simulation::all_live).unwrap();
    simulation
}

#[test]
fn a_recording_of_a_simulation_replays_and_one_that_was_changed_does_not() {
    let mut simulation = simulation(true);
    simulation.strike(0, Trouble::Reset).unwrap();
    simulation.strike(1, Trouble::Busy(Duration::from_secs(15))).unwrap();
    simulation.run_for(MINUTES).unwrap();
    let recordings = simulation.finish_recordings();
    assert_eq!(recordings.len(), 2);
    for recording in recordings {
        assert!(replay(recording.as_bytes()).is_ok());
        let changed =
            recording.replacen("event dispatch \"READY\" 1", "event dispatch \"READY\" 2", 1);
        assert!(replay(changed.as_bytes()).is_err());
    }
}

#[test]
fn what_never_comes_is_an_error_and_no_hang() {
    let mut simulation = simulation(false);
    assert!(matches!(simulation.run_until(|_| false), Err(Stuck::Never { .. })));
}

#[test]
fn a_half_open_connection_is_found_and_resumed() {
    for trouble in [Trouble::HalfOpenAtShard, Trouble::HalfOpenAtGateway] {
        let mut simulation = simulation(false);
        assert_eq!(simulation.strike(1, trouble), Ok(true));
        simulation.run_until(|simulation| simulation.server().stats().resumes == 1).unwrap();
        assert!(simulation.now() < Instant::from_millis(200_000), "{trouble}");
    }
}

/// Trap 28: all sessions die in an outage, and all shards want to identify at once after it.
#[test]
fn the_gate_holds_back_the_identifies_that_an_outage_provokes() {
    let options = Options { guilds: 1, members: 3, rate: 0, ..Options::default() };
    let shards = (0..4).map(|id| shard(id, 4)).collect();
    let mut simulation = Simulation::new(options, Encoding::Json, Network::default(), shards, 3);
    simulation.run_until(Simulation::all_live).unwrap();
    simulation.inject(Fault::InvalidSession);
    simulation.inject(Fault::Outage(Duration::from_secs(2)));
    let (mut waiting, mut identifies) = (0, Vec::new());
    while identifies.len() < 4 {
        simulation.clear_sights();
        simulation.step().unwrap();
        let asks = |id| simulation.status(id).is_some_and(|of| of.phase == Phase::Asking);
        waiting = waiting.max((0..4).filter(|id| asks(*id)).count());
        let identify = |sight: &&Sight| matches!(sight.seen, Seen::Send { op: 2, .. });
        identifies.extend(simulation.sights().iter().filter(identify).map(|sight| sight.at));
    }
    assert!(waiting >= 2, "{waiting} shards waited at once");
    let apart = identifies.windows(2).map(|pair| pair[1].saturating_since(pair[0])).min();
    assert!(apart >= Some(Duration::from_secs(5)), "{identifies:?}");
    assert_eq!(simulation.server().stats().identifies_refused, 0);
}
