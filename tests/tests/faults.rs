//! Every fault of the simulated gateway strikes a shard, in virtual time, and the shard lives on.

use std::time::Duration;

use gatewright_core::{
    CloseCode, Compression, Config, Encoding, Intents, Memory, Phase, Shard, Stop,
};
use gatewright_sim::{BrokenReady, Fault, Options, ResumeUrl, Strikes, What};
use gatewright_tests::{Pair, Told};

const MINUTE: Duration = Duration::from_secs(60);
/// How long what a fault did may take to be over, all waits for the server's patience counted.
const SOON: Duration = Duration::from_secs(15 * 60);

fn shard(config: Config<'static>, compression: Compression) -> Shard<'static> {
    Shard::new(config, 1, Memory::heap(compression)).unwrap()
}

fn pair(encoding: Encoding, compression: Compression, faults: Vec<Fault>) -> Pair {
    let options = Options { rate: 2, guilds: 1, members: 3, faults, ..Options::default() };
    let config = Pair::config(Intents::DOCUMENTED).encoding(encoding);
    Pair::new(shard(config, compression), options)
}

fn is_live(pair: &Pair) -> bool {
    pair.shard.status().phase == Phase::Live
}

/// Runs until something is so; panics with what happened if it is not so soon.
fn soon(pair: &mut Pair, what: &str, so: impl Fn(&Pair) -> bool) {
    let end = pair.now().saturating_add(SOON);
    pair.run_until(|pair| so(pair) || pair.now() >= end);
    assert!(so(pair), "{what}: {:?} {:?}", pair.shard.status(), notes(pair));
}

fn notes(pair: &Pair) -> Vec<&str> {
    let notes = pair.told.iter().filter_map(|told| match told {
        Told::Note(note) => Some(note.as_str()),
        Told::Dispatch(..) => None,
    });
    notes.collect()
}

/// Returns how often a fault of this kind struck.
fn struck(pair: &Pair, fault: Fault) -> usize {
    let same = |what: &What| matches!(what, What::Faulted(other) if other.info().name() == fault.info().name());
    pair.server.journal().iter().filter(|entry| same(&entry.what)).count()
}

/// Returns the stop that a fault is to lead to.
fn stops(fault: Fault) -> Option<Stop> {
    let (Fault::Close(code) | Fault::RefuseIdentify(code) | Fault::RefuseResume(code)) = fault
    else {
        return None;
    };
    match code {
        CloseCode::AUTHENTICATION_FAILED => Some(Stop::AuthenticationFailed),
        CloseCode::INVALID_SHARD => Some(Stop::InvalidShard),
        CloseCode::SHARDING_REQUIRED => Some(Stop::ShardingRequired),
        CloseCode::INVALID_API_VERSION => Some(Stop::InvalidApiVersion),
        CloseCode::INVALID_INTENTS => Some(Stop::InvalidIntents),
        CloseCode::DISALLOWED_INTENTS => Some(Stop::DisallowedIntents),
        _ => None,
    }
}

/// Says whether a fault ends the session, so that another begins.
fn ends_session(fault: Fault) -> bool {
    match fault {
        Fault::InvalidSession | Fault::InvalidSessionInAnswer => true,
        Fault::Close(code) | Fault::RefuseResume(code) => {
            matches!(code.0, 4_003 | 4_006 | 4_007 | 4_009)
        }
        _ => false,
    }
}

/// Splits what came into sessions and checks that each came whole, in order and once.
fn check_sequences(pair: &Pair, what: &str) -> usize {
    let (mut sessions, mut last) = (0, 0);
    for told in &pair.told {
        let Told::Dispatch(name, seq) = told else { continue };
        if name == "READY" {
            (sessions, last) = (sessions + 1, 0);
        }
        if name == "NO_SEQUENCE" || name == "BOMB" {
            assert_eq!(*seq, 0, "{what}");
            continue;
        }
        assert_eq!(*seq, last + 1, "{what}: {name} in session {sessions}");
        last = *seq;
    }
    assert!(!pair.has_told("Gap"), "{what}: {:?}", notes(pair));
    sessions
}

/// When a fault strikes a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// As it opens its first connection or identifies.
    Begin,
    /// When it is live, or as it resumes.
    Live,
}

/// Lets a fault strike a session that begins with it, or one that is live, and sees what comes of it.
fn survive(fault: Fault, moment: Moment, encoding: Encoding, compression: Compression) {
    let what = format!("{fault} at {moment:?} in {encoding} with {compression}");
    let begins = moment == Moment::Begin;
    let mut pair = pair(encoding, compression, if begins { vec![fault] } else { Vec::new() });
    if let Some(stop) = stops(fault) {
        soon(&mut pair, &what, |pair| pair.stopped.is_some() || is_live(pair));
        if pair.stopped.is_none() {
            pair.inject(fault);
            pair.inject(Fault::Drop);
            soon(&mut pair, &what, |pair| pair.stopped.is_some());
        }
        return assert_eq!(pair.stopped, Some(stop), "{what}");
    }
    soon(&mut pair, &what, |pair| is_live(pair) || pair.stopped.is_some());
    pair.run_for(MINUTE / 3);
    if !begins {
        pair.inject(fault);
    }
    if fault.info().strikes != Strikes::Now {
        pair.inject(Fault::Drop);
    }
    pair.run_for(MINUTE * 3);
    settle(&mut pair, fault, &what);
}

/// Sees that a shard is live and nothing was lost, but for what the fault says.
fn settle(pair: &mut Pair, fault: Fault, what: &str) {
    soon(pair, what, |pair| is_live(pair) || pair.stopped.is_some());
    assert_eq!(pair.stopped, None, "{what}: {:?}", notes(pair));
    assert!(struck(pair, fault) > 0, "{what} never struck");
    let before = pair.seqs().len();
    pair.dispatch("AFTERWARDS", r#"{"still":"here"}"#);
    pair.run_for(MINUTE / 3);
    soon(pair, what, is_live);
    assert!(pair.seqs().len() > before, "{what}: no event comes any more");
    let told = pair
        .told
        .iter()
        .any(|told| matches!(told, Told::Dispatch(name, _) if name == "AFTERWARDS"));
    assert!(told, "{what}: an event is lost");
    // What a flipped bit makes of a message without a checksum, nobody can tell.
    if fault != Fault::Corrupt {
        let sessions = check_sequences(pair, what);
        let (identifies, broken) = (pair.server.stats().identifies, breaks_ready(fault));
        let most = if ends_session(fault) || broken { 2 } else { 1 };
        let story = notes(pair);
        assert!(
            identifies <= most,
            "{what}: {identifies} Identifies, {sessions} READYs, {story:?}"
        );
        let undecoded = pair.shard.status().counters.undecoded;
        // Marked off by a stream, a dispatch is read without a look into `d`: an unknown key behind that whose
        // value is an object counts as part of it, and the event stays undecoded.
        let lax = fault == Fault::ShuffleKeys && undecoded <= 10;
        assert!(lax || undecoded <= u32::from(broken), "{what}: {undecoded} undecoded");
        check_manners(pair, what);
    }
}

const fn breaks_ready(fault: Fault) -> bool {
    matches!(fault, Fault::BrokenReady(_) | Fault::ResumeUrl(ResumeUrl::Missing))
}

/// Checks that the gateway has nothing to say against the client.
fn check_manners(pair: &Pair, what: &str) {
    let journal = pair.server.journal().iter();
    let bad: Vec<_> = journal
        .filter(|entry| matches!(entry.what, What::Complaint(_) | What::Refused { .. }))
        .collect();
    assert!(bad.is_empty(), "{what}: {bad:?}");
}

fn survives_all(encoding: Encoding, compression: Compression, only: impl Fn(Fault) -> bool) {
    let mut failed = Vec::new();
    for fault in Fault::examples().filter(|fault| only(*fault)) {
        let moments: &[Moment] = match fault.info().strikes {
            Strikes::Open => &[Moment::Begin, Moment::Live],
            Strikes::Identify => &[Moment::Begin],
            _ => &[Moment::Live],
        };
        for moment in moments {
            let survived = std::panic::catch_unwind(|| {
                survive(fault, *moment, encoding, compression);
            });
            if survived.is_err() {
                failed.push(format!("{fault} at {moment:?}"));
            }
        }
    }
    assert!(failed.is_empty(), "{encoding} {compression}: {failed:?}");
}

/// Says whether a fault takes seconds where nothing is optimised; two compressions have to do.
fn is_large(fault: Fault) -> bool {
    matches!(fault, Fault::Bomb(_) | Fault::LargeEvent(1_000..))
}

/// Says whether a fault touches bytes, so that encoding and compression matter.
const fn touches_bytes(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Bomb(_)
            | Fault::BrokenReady(_)
            | Fault::CloseInMessage
            | Fault::Corrupt
            | Fault::CutMessage
            | Fault::EmptyMessage
            | Fault::HelloInterval(_)
            | Fault::LargeEvent(_)
            | Fault::LowSeq
            | Fault::NullSeq
            | Fault::OddMessage
            | Fault::ResumeUrl(_)
            | Fault::ShuffleKeys
            | Fault::Split
            | Fault::StreamEnd
            | Fault::UnknownEvent
            | Fault::UnknownOpcode
            | Fault::UnknownValues
    )
}

#[test]
fn a_shard_in_etf_outlives_every_fault_that_touches_bytes() {
    survives_all(Encoding::Etf, Compression::None, |fault| {
        touches_bytes(fault) && !is_large(fault)
    });
}

#[test]
fn a_shard_in_etf_with_zstd_stream_outlives_every_fault_that_touches_bytes() {
    survives_all(Encoding::Etf, Compression::ZstdStream, touches_bytes);
}

#[test]
fn a_shard_in_etf_with_zlib_stream_outlives_every_fault_of_messages() {
    survives_all(Encoding::Etf, Compression::ZlibStream, |fault| {
        matches!(fault, Fault::Bomb(_) | Fault::Join | Fault::Split | Fault::StreamEnd)
    });
}

#[test]
fn a_shard_in_json_with_payload_zlib_outlives_every_fault_that_touches_bytes() {
    survives_all(Encoding::Json, Compression::Zlib, |fault| {
        touches_bytes(fault) && !is_large(fault)
    });
}

/// Trap 35: the gateway hears of no close and goes on with every connection there was.
#[test]
fn events_of_an_old_connection_that_goes_on_are_not_told_again() {
    let mut pair = pair(Encoding::Json, Compression::ZlibStream, Vec::new());
    pair.loses_closes = true;
    soon(&mut pair, "live", is_live);
    for _ in 0..5 {
        pair.run_for(MINUTE);
        pair.inject(Fault::OldConnectionGoesOn);
        pair.run_for(MINUTE);
        soon(&mut pair, "live again", is_live);
    }
    assert!(pair.late > 50, "the old connections said {} things", pair.late);
    check_sequences(&pair, "old connections");
    assert_eq!(pair.server.stats().identifies, 1);
}

/// Trap 31: a host to resume at that nobody listens at costs neither the session nor an endless row of dials.
#[test]
fn a_dead_resume_host_costs_no_session() {
    for fault in [Fault::DeadResumeHost, Fault::ResumeUrl(ResumeUrl::Plain)] {
        let mut pair = pair(Encoding::Json, Compression::None, vec![fault]);
        soon(&mut pair, "live", is_live);
        pair.inject(Fault::Drop);
        pair.run_for(MINUTE);
        assert!(is_live(&pair) && pair.has_told("ResumeHostFailed"), "{:?}", notes(&pair));
        assert_eq!((pair.server.stats().identifies, pair.server.stats().resumes), (1, 1));
    }
}

#[test]
fn a_session_whose_ready_is_broken_is_begun_anew_after_the_connection_is_lost() {
    let kinds = [BrokenReady::Empty, BrokenReady::Missing, BrokenReady::Number, BrokenReady::Text];
    for kind in kinds {
        let mut pair = pair(Encoding::Json, Compression::None, vec![Fault::BrokenReady(kind)]);
        soon(&mut pair, "live", is_live);
        assert!(pair.shard.session().is_none(), "{kind}");
        pair.inject(Fault::Drop);
        pair.run_for(MINUTE);
        assert!(is_live(&pair) && pair.shard.session().is_some(), "{kind}");
        assert_eq!(pair.server.stats().identifies, 2);
    }
}

#[test]
fn a_shard_in_json_outlives_every_fault() {
    survives_all(Encoding::Json, Compression::None, |fault| !is_large(fault));
}

#[test]
fn a_shard_in_json_with_zlib_stream_outlives_every_fault() {
    survives_all(Encoding::Json, Compression::ZlibStream, |_| true);
}
