use std::collections::BTreeSet;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::cache::{Cache, CacheMemory, Kind as Table, Settings};
use crate::{Cause, Dispatch, Encoding, Event, Phase};
#[cfg(feature = "alloc")]
use crate::{Compression, Config, Instant, Intents, Memory, Shard, Status};

const SECOND: Duration = Duration::from_secs(1);

#[cfg(feature = "alloc")]
fn seconds(at: u64) -> Instant {
    Instant::from_millis(at * 1_000)
}

/// A status, to be changed to what a test needs.
#[cfg(feature = "alloc")]
fn status() -> Status {
    let config = Config::new("token", Intents::GUILDS);
    Shard::new(config, 1, Memory::heap(Compression::None)).unwrap().status()
}

fn samples(metrics: &Metrics) -> Vec<Sample> {
    let mut all = Vec::new();
    metrics.visit(|sample| all.push(sample));
    all
}

/// Finds a number by its series and label.
fn number(metrics: &Metrics, name: &str, label: &str) -> Option<Value> {
    let is = |sample: &&Sample| {
        sample.name == name && sample.label.is_none_or(|(_, value)| value == label)
    };
    samples(metrics).iter().find(is).map(|sample| sample.value)
}

/// Metrics in which all numbers but those of a cache are others.
fn filled(from: u64) -> Metrics {
    let mut metrics = Metrics { shards: 1, gaps: from, wire_bytes: from + 1, ..Metrics::NONE };
    metrics.queued_commands = from + 2;
    metrics.limiter_wait = SECOND * 2;
    metrics.time.change(Phase::Live, |_| SECOND);
    metrics.phases.change(Phase::Live, |_| 1);
    metrics.disconnects.count(Cause::Zombie);
    metrics.latency.record(Duration::from_millis(from));
    metrics.cache.hits = from + 3;
    metrics
}

#[test]
fn metrics_of_several_shards_add_up() {
    let (one, other) = (filled(80), filled(3));
    let mut sum: Metrics = [one, other].into_iter().sum();
    assert_eq!((sum.shards, sum.gaps, sum.wire_bytes, sum.queued_commands), (2, 83, 85, 87));
    assert_eq!((sum.limiter_wait, sum.time.get(Phase::Live)), (SECOND * 4, SECOND * 2));
    assert_eq!((sum.phases.get(Phase::Live), sum.phases.get(Phase::Resting)), (2, 0));
    assert_eq!((sum.disconnects.get(Cause::Zombie), sum.disconnects.total()), (2, 2));
    assert_eq!((sum.latency.count(), sum.latency.sum), (2, Duration::from_millis(83)));
    assert_eq!(sum.latency.latest, Some(Duration::from_millis(80)));
    assert_eq!(sum.cache.hits, 89);
    sum += Metrics { gaps: u64::MAX, ..Metrics::NONE };
    assert_eq!(sum.gaps, u64::MAX);
    assert_eq!(Metrics::default(), [].into_iter().sum());
}

#[test]
fn every_number_has_a_name_in_the_style_of_prometheus() {
    let all = samples(&filled(1));
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for sample in &all {
        assert!(seen.insert((sample.name, sample.label)), "{sample:?} twice");
        if names.last() != Some(&sample.name) {
            assert!(!names.contains(&sample.name), "{} in two places", sample.name);
            names.push(sample.name);
        }
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(sample.name.starts_with("gatewright_") && sample.name.chars().all(plain));
        assert!(sample.help.ends_with('.') && !sample.help.contains('\n'), "{sample:?}");
        let of_histogram = sample.name.starts_with("gatewright_heartbeat_latency_seconds_");
        let rises = sample.kind != Kind::Gauge;
        assert_eq!(sample.name.ends_with("_total"), rises && !of_histogram, "{}", sample.name);
        assert_eq!(sample.unit == Unit::Bytes, sample.name.contains("bytes"), "{}", sample.name);
        assert_eq!(sample.unit == Unit::Seconds, matches!(sample.value, Value::Seconds(_)));
    }
    assert!(names.len() > 40, "{}", names.len());
    let again = samples(&Metrics::default());
    let named = |samples: &[Sample]| samples.iter().map(|s| (s.name, s.label)).collect::<Vec<_>>();
    assert_eq!(named(&again), named(&all));
}

#[test]
fn labels_are_all_different_and_say_what_they_stand_for() {
    let mut metrics = Metrics::default();
    for (at, cause) in Cause::ALL.into_iter().enumerate() {
        (0..=at).for_each(|_| metrics.disconnects.count(cause));
    }
    let causes: BTreeSet<_> = Cause::ALL.into_iter().map(Cause::name).collect();
    assert_eq!(causes.len(), Cause::ALL.len());
    for (at, (cause, times)) in metrics.disconnects.iter().enumerate() {
        assert_eq!(times, u64::try_from(at + 1).unwrap());
        assert_eq!(cause.name().replace('_', ""), std::format!("{cause:?}").to_lowercase());
        let told = number(&metrics, "gatewright_disconnects_total", cause.name());
        assert_eq!(told, Some(Value::Count(times)));
    }
    for (at, phase) in (0..).zip(Phase::ALL) {
        metrics.time.change(phase, |_| SECOND * at);
        assert_eq!(metrics.time.get(phase), SECOND * at);
        let told = number(&metrics, "gatewright_state_seconds_total", phase.name());
        assert_eq!(told, Some(Value::Seconds(SECOND * at)));
    }
}

#[test]
fn a_latency_counts_in_the_bucket_it_fits_and_in_those_above() {
    let mut metrics = Metrics::default();
    for bound in Latencies::BOUNDS {
        metrics.latency.record(bound);
        metrics.latency.record(bound + Duration::from_micros(1));
    }
    let mut expected = [2; 16];
    (expected[0], expected[15]) = (1, 1);
    assert_eq!(metrics.latency.buckets, expected);
    assert_eq!(metrics.latency.count(), 30);
    let within = |le| number(&metrics, "gatewright_heartbeat_latency_seconds_bucket", le);
    assert_eq!(within("0.005"), Some(Value::Count(1)));
    assert_eq!(within("0.1"), Some(Value::Count(11)));
    assert_eq!(within("+Inf"), Some(Value::Count(30)));
    for (bound, sample) in Latencies::BOUNDS.iter().zip(
        samples(&metrics)
            .iter()
            .filter(|sample| sample.name == "gatewright_heartbeat_latency_seconds_bucket"),
    ) {
        let le: f64 = sample.label.unwrap().1.parse().unwrap();
        assert!((le - bound.as_secs_f64()).abs() < 1e-9);
    }
}

#[test]
#[cfg(feature = "alloc")]
fn time_goes_to_the_state_it_was_spent_in() {
    let (mut meter, mut status) = (Meter::new(), status());
    let mut look = |at, phase, in_phase| {
        (status.phase, status.in_phase) = (phase, SECOND * in_phase);
        meter.look(seconds(at), &status)
    };
    assert_eq!(look(10, Phase::Resting, 0).time, PerPhase::default());
    assert_eq!(look(12, Phase::Dialing, 0).time.get(Phase::Resting), SECOND * 2);
    // Nobody looked when it went live, three seconds ago.
    let metrics = look(20, Phase::Live, 3);
    assert_eq!(metrics.time.get(Phase::Dialing), SECOND * 5);
    assert_eq!(metrics.time.get(Phase::Live), SECOND * 3);
    assert_eq!(look(19, Phase::Live, 3).time, metrics.time);
    let metrics = look(21, Phase::Live, 4);
    assert_eq!(metrics.time.get(Phase::Live), SECOND * 4);
    assert_eq!(metrics.phases.iter().map(|(_, now)| now).sum::<u64>(), 1);
    assert_eq!(metrics.phases.get(Phase::Live), 1);
    assert!(meter.is_behind(Phase::Closing) && !meter.is_behind(Phase::Live));
}

#[test]
#[cfg(feature = "alloc")]
fn a_resume_has_failed_once_it_is_over_without_resumed() {
    let (mut meter, mut status) = (Meter::new(), status());
    let mut look = |phase, resumes, resumed| {
        status.phase = phase;
        (status.counters.resumes, status.counters.resumed) = (resumes, resumed);
        meter.look(Instant::ZERO, &status).resumes_failed
    };
    assert_eq!(look(Phase::Resuming, 1, 0), 0);
    assert_eq!(look(Phase::Live, 1, 1), 0);
    assert_eq!(look(Phase::Resuming, 2, 1), 0);
    assert_eq!(look(Phase::Closing, 2, 1), 1);
    // The next one is not sent yet.
    assert_eq!(look(Phase::Resuming, 2, 1), 1);
    assert_eq!(look(Phase::Resuming, 3, 1), 1);
    // READY came instead.
    assert_eq!(look(Phase::Live, 3, 1), 2);
}

#[test]
fn the_cache_tells_what_its_tables_count() {
    let mut memory = CacheMemory::<200, 16_384, 8_192>::new();
    let mut cache = Cache::lent(Settings::default(), &mut memory);
    let d = br#"{"guild_id": "1", "role": {"id": "2", "name": "mods", "permissions": "8"}}"#;
    let event = Dispatch::new("GUILD_ROLE_CREATE", None, Encoding::Json, d).unwrap();
    cache.apply(&event, &mut ());
    cache.apply(&event, &mut ());
    assert!(cache.roles().get(crate::RoleId(2)).is_some());
    assert!(cache.roles().get(crate::RoleId(3)).is_none());
    let metrics = cache.metrics();
    let all = || Table::ALL.into_iter().map(|table| cache.statistics(table));
    assert_eq!(metrics.rows.get(Table::Role), 1);
    for (table, rows) in metrics.rows.iter() {
        assert_eq!(rows, u64::from(cache.statistics(table).rows), "{table:?}");
    }
    let sum =
        |of: fn(crate::cache::TableStatistics) -> u32| all().map(of).map(u64::from).sum::<u64>();
    assert_eq!(metrics.hits, sum(|table| table.hits));
    assert_eq!(metrics.misses, sum(|table| table.misses));
    assert_eq!(metrics.added, sum(|table| table.added));
    assert_eq!(metrics.changed, sum(|table| table.changed));
    assert!(metrics.hits > 0 && metrics.misses > 0 && metrics.added > 0);
    let memory = cache.memory();
    assert_eq!((metrics.bytes, metrics.used_bytes), (memory.bytes as u64, memory.used as u64));
    let tables: BTreeSet<String> =
        metrics.rows.iter().map(|(table, _)| std::format!("{table:?}")).collect();
    let mut labels = BTreeSet::new();
    metrics.visit(&mut |sample: Sample| {
        if sample.name == "gatewright_cache_rows" {
            labels.insert(sample.label.unwrap().1.replace('_', "").to_string());
        }
    });
    assert_eq!(labels, tables.iter().map(|name| name.to_lowercase()).collect());
}

#[test]
fn an_event_is_heard_if_and_only_if_it_counts() {
    let mut meter = Meter::new();
    let gap = Event::Gap { expected: 3, found: 7 };
    assert!(meter.hears(gap.kind()));
    meter.hear(&gap);
    assert_eq!(meter.metrics().missing_events, 4);
    let lost = Event::SessionLost { cause: Cause::Zombie };
    assert!(meter.hears(lost.kind()));
    meter.hear(&lost);
    assert_eq!(meter.metrics().sessions_lost, 1);
    let limit = Event::Limit(crate::Limit::Events);
    assert!(meter.hears(limit.kind()));
    meter.hear(&limit);
    assert_eq!(meter.metrics().limits, 1);
    let typing = Dispatch::new("TYPING_START", Some(1), Encoding::Json, b"{}").unwrap();
    assert!(!meter.hears(typing.kind()));
    let before = *meter.metrics();
    meter.hear(&Event::Dispatch(typing));
    assert_eq!(*meter.metrics(), before);
    meter.queued(&Err(crate::CommandError::QueueFull));
    meter.queued(&Ok(crate::CommandId(1)));
    assert_eq!(meter.metrics().commands_refused, 1);
}
