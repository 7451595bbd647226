//! What a meter counts, against what the simulated gateway saw and what the clock says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use gatewright_core::{
    Cause, CloseCode, Command, Compression, GuildId, Instant, Intents, Leave, Members, Memory,
    Meter, Metrics, Phase, RequestGuildMembers, Shard,
};
use gatewright_sim::{Fault, Options, What};
use gatewright_tests::{Pair, Told};

const MINUTE: Duration = Duration::from_secs(60);

fn metered(compression: Compression, options: Options) -> Pair {
    let config = Pair::config(Intents::DOCUMENTED);
    let shard = Shard::new(config, 1, Memory::heap(compression)).unwrap();
    let mut pair = Pair::new(shard, options);
    pair.meter = Some(Meter::new());
    pair
}

fn quiet() -> Options {
    Options { rate: 0, guilds: 1, members: 5, ..Options::default() }
}

fn is_live(pair: &Pair) -> bool {
    pair.shard.phase() == Phase::Live
}

fn metrics(pair: &mut Pair) -> Metrics {
    let (now, status) = (pair.now(), pair.shard.status());
    pair.meter.as_mut().expect("there is a meter").look(now, &status)
}

/// How long a shard was in each state, by somebody who looks at it all the time.
struct Watched {
    at: Instant,
    phase: Phase,
    spent: BTreeMap<Phase, Duration>,
}

impl Watched {
    fn new(pair: &Pair) -> Self {
        Self { at: pair.now(), phase: pair.shard.phase(), spent: BTreeMap::new() }
    }

    fn look(&mut self, pair: &Pair) {
        *self.spent.entry(self.phase).or_default() += pair.now().saturating_since(self.at);
        (self.at, self.phase) = (pair.now(), pair.shard.phase());
    }

    fn run_for(&mut self, pair: &mut Pair, span: Duration) {
        let end = pair.now().saturating_add(span);
        pair.run_until(|pair| {
            self.look(pair);
            pair.now() >= end
        });
        self.look(pair);
    }
}

#[test]
fn an_hour_is_counted_as_the_gateway_and_the_clock_saw_it() {
    let options = Options { rate: 5, guilds: 3, members: 50, ..Options::default() };
    let mut pair = metered(Compression::ZlibStream, options);
    let mut watched = Watched::new(&pair);
    watched.run_for(&mut pair, MINUTE);
    let faults = [
        Fault::Drop,
        Fault::Reconnect,
        Fault::Close(CloseCode(4000)),
        Fault::InvalidSessionResumable,
        Fault::RefuseResume(CloseCode(4009)),
        Fault::InvalidSession,
        Fault::SwallowAcks,
    ];
    for fault in faults.iter().cycle().take(28) {
        pair.inject(*fault);
        if matches!(fault, Fault::RefuseResume(_)) {
            pair.inject(Fault::Drop);
        }
        watched.run_for(&mut pair, MINUTE * 3);
        assert!(is_live(&pair), "{fault:?}");
    }
    let told = metrics(&mut pair);
    let seen = pair.server.stats();
    assert_eq!(told.connects, seen.connections);
    assert_eq!(told.greeted, seen.connections);
    assert_eq!(told.identifies, seen.identifies + seen.identifies_refused);
    assert_eq!(told.readies, seen.identifies);
    let timed_out = CloseCode(4009);
    let refused = count(&pair, |what| *what == What::ClosedByServer { code: timed_out });
    let refused = seen.resumes_refused + refused;
    assert_eq!(told.resumes, seen.resumes + refused);
    assert_eq!((told.resumed, told.resumes_failed), (seen.resumes, refused));
    assert_eq!(told.heartbeats, seen.heartbeats);
    assert_eq!(told.replayed_events, seen.replayed);
    assert_eq!(told.sessions_lost, told.readies - 1);
    let swallowed = count(&pair, |what| matches!(what, What::AckSwallowed));
    assert_eq!(told.latency.count(), seen.heartbeats - swallowed);
    let zombies = pair.told.iter().filter(|told| is_note(told, &["Zombie", "MissedAcks"])).count();
    assert_eq!(told.zombies, zombies as u64);
    assert_eq!(told.disconnects.total(), seen.connections - 1);
    let reconnects = count(&pair, |what| matches!(what, What::ReconnectAsked));
    assert_eq!(told.disconnects.get(Cause::ReconnectRequested), reconnects);
    assert!(told.resumed > 10 && told.resumes_failed >= 4 && told.zombies >= 4, "{told:?}");
    assert!(told.replayed_events > 0 && told.dispatches > 10_000, "{told:?}");
    assert_eq!((told.gaps, told.missing_events, told.duplicates, told.undecoded), (0, 0, 0, 0));
    for (phase, time) in told.time.iter() {
        assert_eq!(time, watched.spent.get(&phase).copied().unwrap_or_default(), "{phase}");
    }
    assert!(told.time.get(Phase::Resting) > Duration::from_secs(10), "{:?}", told.time);
    assert_eq!(told.phases.get(Phase::Live), 1);
}

fn count(pair: &Pair, is: impl Fn(&What) -> bool) -> u64 {
    pair.server.journal().iter().filter(|entry| is(&entry.what)).count() as u64
}

fn is_note(told: &Told, causes: &[&str]) -> bool {
    let Told::Note(note) = told else { return false };
    note.starts_with("disconnected") && causes.iter().any(|cause| note.contains(cause))
}

#[test]
fn frames_and_bytes_are_those_that_came() {
    let mut pair = metered(Compression::None, quiet());
    let seen = Rc::new(RefCell::new((0, 0)));
    let tapped = Rc::clone(&seen);
    pair.tap(move |_, data| {
        let mut seen = tapped.borrow_mut();
        *seen = (seen.0 + 1, seen.1 + data.len() as u64);
    });
    pair.run_until(is_live);
    pair.run_for(MINUTE * 5);
    for _ in 0..50 {
        pair.dispatch("TYPING_START", r#"{"channel_id":"1","user_id":"2","timestamp":1}"#);
    }
    pair.run_until(|pair| {
        let told = pair.meter.as_ref().expect("there is a meter").metrics();
        told.frames_received >= seen.borrow().0
    });
    let told = metrics(&mut pair);
    assert_eq!((told.frames_received, told.wire_bytes), *seen.borrow());
    assert_eq!(told.inflated_bytes, told.wire_bytes);
    let sent = pair.server.stats();
    assert_eq!(told.frames_sent, sent.heartbeats + sent.identifies + sent.commands);
    assert!(told.frames_received > 50 && sent.heartbeats > 3);
}

#[test]
fn what_is_left_out_comes_twice_or_comes_late_is_counted() {
    let mut pair = metered(Compression::None, quiet());
    let lose = Rc::new(RefCell::new(0));
    let losing = Rc::clone(&lose);
    pair.tap(move |_, data| {
        let mut left = losing.borrow_mut();
        if *left > 0 && String::from_utf8_lossy(data).contains("TYPING_START") {
            *left -= 1;
            *data = br#"{"t":null,"s":null,"op":11,"d":null}"#.to_vec();
        }
    });
    let typing = r#"{"channel_id":"1","user_id":"2","timestamp":1}"#;
    pair.run_until(is_live);
    pair.run_for(MINUTE);
    (0..3).for_each(|_| pair.dispatch("TYPING_START", typing));
    pair.run_for(MINUTE);
    pair.inject(Fault::LowSeq);
    pair.run_for(Duration::from_secs(1));
    let told = metrics(&mut pair);
    let again = |told: &&Told| matches!(told, Told::Note(note) if note.starts_with("duplicate"));
    assert_eq!(told.duplicates, pair.told.iter().filter(again).count() as u64);
    assert_eq!(told.duplicates, 3);
    for lost in [2, 3] {
        lose.replace(lost);
        (0..lost + 2).for_each(|_| pair.dispatch("TYPING_START", typing));
        pair.run_for(Duration::from_secs(1));
    }
    let told = metrics(&mut pair);
    assert_eq!((told.gaps, told.missing_events), (2, 5));
    assert_eq!(told.duplicates, 3);
    let late = Duration::from_millis(120);
    pair.inject(Fault::LateAcks(late));
    pair.run_for(MINUTE);
    let before = metrics(&mut pair).latency;
    pair.run_for(MINUTE * 10);
    let told = metrics(&mut pair);
    let acks = told.latency.count() - before.count();
    let bucket =
        gatewright_core::metrics::Latencies::BOUNDS.iter().position(|bound| late <= *bound);
    let bucket = bucket.unwrap();
    assert_eq!(told.latency.buckets[bucket] - before.buckets[bucket], acks);
    assert!(acks > 5, "{told:?}");
    assert_eq!(told.latency.latest, Some(late));
    assert!(told.latency.sum - before.sum == late * u32::try_from(acks).unwrap());
}

#[test]
fn commands_that_wait_for_the_limit_are_timed_and_refused_ones_counted() {
    let mut pair = metered(Compression::None, quiet());
    pair.run_until(is_live);
    pair.run_for(MINUTE * 2);
    let mut refused = 0;
    for _ in 0..400 {
        let members = Members::Named { prefix: "a", limit: 1 };
        let (presences, nonce) = (false, None);
        let guild_id = GuildId(1);
        let request = RequestGuildMembers { guild_id, members, presences, nonce };
        let queued = pair.command(&Command::RequestGuildMembers(request));
        refused += u64::from(queued.is_err());
        pair.meter.as_mut().unwrap().queued(&queued);
    }
    let begun = metrics(&mut pair);
    assert_eq!((begun.limiter_waits, begun.commands_refused), (1, refused));
    assert!(begun.queued_commands > 0);
    let since = pair.now();
    pair.run_for(Duration::from_secs(30));
    let waited = pair.now().saturating_since(since);
    assert_eq!(metrics(&mut pair).limiter_wait, waited);
    assert!(waited < MINUTE);
    pair.run_for(Duration::from_secs(100));
    let told = metrics(&mut pair);
    let sent = pair.server.journal().iter().filter(|entry| is_command(&entry.what));
    let sent: Vec<Instant> = sent.map(|entry| entry.at).collect();
    let moments: BTreeSet<Instant> = sent.iter().copied().collect();
    let first = *moments.first().unwrap();
    let last = if told.queued_commands == 0 { *moments.last().unwrap() } else { pair.now() };
    assert_eq!(told.limiter_wait, last.saturating_since(first));
    let open = u64::from(told.queued_commands > 0);
    assert_eq!(told.limiter_waits, moments.len() as u64 - 1 + open);
    assert_eq!(told.commands_sent, sent.len() as u64);
    assert!(told.limiter_waits >= 1 && told.limiter_wait > MINUTE, "{told:?}");
    assert_eq!(sent.len() as u64 + refused + told.queued_commands, 400);
}

fn is_command(what: &What) -> bool {
    matches!(what, What::Command { .. })
}

#[test]
fn a_wait_ends_with_the_connection_and_commands_with_the_shard() {
    let mut pair = metered(Compression::None, quiet());
    pair.run_until(is_live);
    for _ in 0..130 {
        pair.command(&Command::Raw { op: 31, d: r#"{"guild_ids":["1"]}"# }).unwrap();
    }
    let waiting = metrics(&mut pair).queued_commands;
    assert!(waiting > 0);
    let since = pair.now();
    pair.run_for(Duration::from_secs(10));
    pair.inject(Fault::Drop);
    pair.run_until(|pair| !is_live(pair));
    let told = metrics(&mut pair);
    assert_eq!((told.limiter_waits, told.queued_commands), (1, waiting));
    let waited = pair.now().saturating_since(since);
    assert_eq!(told.limiter_wait, waited);
    assert!(waited >= Duration::from_secs(10) && waited < MINUTE, "{waited:?}");
    pair.run_for(Duration::from_millis(1));
    pair.leave(Leave::End);
    let told = metrics(&mut pair);
    assert_eq!(told.limiter_wait, waited);
    assert_eq!((told.commands_dropped, told.queued_commands), (waiting, 0));
    assert_eq!(told.phases.get(Phase::Stopped), 1);
}
