//! What one seed means: a world, its network, and what goes wrong when.

use std::fmt;
use std::time::Duration;

use gatewright_core::{CloseCode, Compression, Encoding, Memory};

use super::scarce::Scarce;
use crate::fault::{Fault, Strikes};
use crate::rng::Rng;
use crate::simulation::{Network, Trouble};

/// Every encoding with every compression the gateway offers for it, as often as it is drawn.
///
/// Writing terms and compressing is what costs most, so most hours go without.
const PAIRS: [(u64, Encoding, Compression); 7] = [
    (12, Encoding::Json, Compression::None),
    (3, Encoding::Etf, Compression::None),
    (1, Encoding::Json, Compression::Zlib),
    (1, Encoding::Json, Compression::ZlibStream),
    (1, Encoding::Etf, Compression::ZlibStream),
    (1, Encoding::Json, Compression::ZstdStream),
    (1, Encoding::Etf, Compression::ZstdStream),
];

/// Close codes after which a client goes on.
const CODES: [u16; 15] = [
    1_000, 1_001, 1_006, 1_011, 1_012, 4_000, 4_001, 4_002, 4_003, 4_005, 4_006, 4_007, 4_008,
    4_009, 4_123,
];

/// Limits of a payload buffer on the heap: one that some events do not fit into, and the usual one.
const HEAPS: [usize; 3] = [128 * 1_024, 64 * 1_024 * 1_024, 64 * 1_024 * 1_024];

/// Something that goes wrong at a moment of the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When, from the beginning.
    pub at: Duration,
    /// What.
    pub blow: Blow,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// A fault of the gateway, on all its connections or the next one.
    Gateway(Fault),
    /// Trouble for one shard.
    Shard(u32, Trouble),
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.3} s  ", self.at.as_secs_f64())?;
        match self.blow {
            Blow::Gateway(fault) => write!(f, "gateway: {fault}"),
            Blow::Shard(shard, trouble) => write!(f, "shard {shard}: {trouble}"),
        }
    }
}

/// A process of a shard that ends without a word, and another one that takes up what was saved before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Restart {
    pub(super) shard: u32,
    /// When its cache and its session are saved, and when it ends.
    pub(super) saved: Duration,
    pub(super) ended: Duration,
    /// How long after that another one begins.
    pub(super) pause: Duration,
}

/// What one seed means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) encoding: Encoding,
    pub(super) compression: Compression,
    pub(super) shards: u32,
    pub(super) at_once: u32,
    pub(super) network: Network,
    pub(super) heartbeat: Duration,
    /// Whether the memory is lent, as on a board.
    pub(super) lent: bool,
    /// The payload memory of a shard in bytes.
    pub(super) room: usize,
    /// Whether the world's own generator makes the events.
    pub(super) generated: bool,
    /// Events of a session in the hour, about.
    pub(super) events: u64,
    /// Commands of a shard in the hour, about.
    pub(super) commands: u64,
    /// Whether the run is recorded and replayed.
    pub(super) recorded: bool,
    /// Whether commands come many at once.
    pub(super) floods: bool,
    pub(super) strikes: Vec<Strike>,
    /// Only where the world's own generator makes the events, which fill caches.
    pub(super) restart: Option<Restart>,
    /// Only where it does not.
    pub(super) scarce: Option<Scarce>,
}

impl Plan {
    pub(super) fn draw(seed: u64, span: Duration) -> Self {
        let mut rng = Rng::new(seed ^ 0x6361_6D70_6169_676E);
        let (encoding, compression) = pair(&mut rng);
        let shards = u32::try_from(rng.range(1, 5)).unwrap_or(1);
        let mut plan = Self {
            seed,
            encoding,
            compression,
            shards,
            at_once: u32::try_from(rng.range(1, 3)).unwrap_or(1),
            network: network(&mut rng),
            heartbeat: Duration::from_millis(rng.pick(&[41_250, 41_250, 30_000, 15_000])),
            lent: rng.chance(300),
            room: Memory::MIN_PAYLOAD,
            generated: rng.chance(40),
            events: match (encoding, compression) {
                (Encoding::Json, Compression::None) => rng.range(1_200, 2_800),
                (_, Compression::None) => rng.range(200, 600),
                _ => rng.range(40, 160),
            },
            commands: rng.range(5, 60),
            floods: rng.chance(100),
            recorded: rng.chance(20),
            strikes: strikes(&mut rng, shards, compression, span),
            restart: None,
            scarce: None,
        };
        if !plan.lent {
            plan.room = rng.pick(&HEAPS);
        }
        if plan.generated && rng.chance(750) {
            plan.restart = Some(Restart::draw(&mut rng, shards, span));
        }
        plan.scarce = Scarce::draw(seed, shards, span).filter(|_| !plan.generated);
        plan
    }
}

impl Restart {
    pub(super) fn draw(rng: &mut Rng, shards: u32, span: Duration) -> Self {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        // At once, soon or late.
        let mut after = |soon, late| {
            let most = rng.pick(&[1, soon, late]);
            Duration::from_millis(rng.below(most))
        };
        let (unsaved, pause) = (after(2_000, 60_000), after(5_000, 90_000));
        let saved = Duration::from_millis(rng.range(10_000, millis.max(10_001)));
        let shard = u32::try_from(rng.below(shards.into())).unwrap_or(0);
        Self { shard, saved, ended: saved + unsaved, pause }
    }
}

impl fmt::Display for Plan {
    /// Says in a line what the world is like.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoding, compression, shards, at_once, network, heartbeat, .. } = self;
        let Network { latency, jitter, slow } = network;
        write!(f, "{encoding} {compression}, {shards} shards, {at_once} at once")?;
        write!(f, ", latency {latency:?} to {:?}", *latency + *jitter)?;
        write!(f, ", {slow} of 1000 frames slow, heartbeat {heartbeat:?}")?;
        write!(f, ", {} KiB {}", self.room / 1_024, if self.lent { "lent" } else { "of heap" })?;
        let events = if self.generated { "generated" } else { "pooled" };
        write!(f, ", {events} events{}", if self.floods { ", floods of commands" } else { "" })?;
        self.scarce.iter().try_for_each(|scarce| scarce.fmt(f))?;
        let Some(Restart { shard, saved, ended, pause }) = self.restart else { return Ok(()) };
        write!(
            f,
            ", shard {shard} is saved at {saved:?}, ends at {ended:?} and is back after {pause:?}"
        )
    }
}

fn pair(rng: &mut Rng) -> (Encoding, Compression) {
    let mut drawn = rng.below(PAIRS.iter().map(|(weight, ..)| weight).sum());
    for (weight, encoding, compression) in PAIRS {
        match drawn.checked_sub(weight) {
            Some(rest) => drawn = rest,
            None => return (encoding, compression),
        }
    }
    (Encoding::Json, Compression::None)
}

/// A machine room, a continent, or a train.
fn network(rng: &mut Rng) -> Network {
    let (latency, jitter, slow) =
        rng.pick(&[(0, 0, 0), (1, 1, 0), (60, 20, 5), (60, 20, 50), (300, 700, 100)]);
    let micros = |millis: u64| Duration::from_micros(rng.range(millis * 800, millis * 1_200 + 1));
    let [latency, jitter] = [latency, jitter].map(micros);
    Network { latency, jitter, slow }
}

fn strikes(rng: &mut Rng, shards: u32, compression: Compression, span: Duration) -> Vec<Strike> {
    let faults = faults();
    let mut strikes = Vec::new();
    for _ in 0..rng.range(8, 24) {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let at = Duration::from_millis(rng.range(2_000, millis));
        let shard = u32::try_from(rng.below(shards.into())).unwrap_or(0);
        let blow = match rng.chance(500) {
            true => gateway(rng, &faults, compression),
            false => around(rng, shard),
        };
        // All sessions die with the gateway, and all shards identify as soon as it is back.
        if matches!(blow, Blow::Gateway(Fault::Outage(_))) && rng.chance(500) {
            strikes.push(Strike { at, blow: Blow::Gateway(Fault::InvalidSession) });
        }
        strikes.push(Strike { at, blow });
        let next = followers(rng, shard, blow);
        strikes.extend(next.map(|(wait, blow)| Strike { at: at + wait, blow }));
    }
    strikes.sort_by_key(|strike| strike.at);
    strikes
}

/// Returns what makes a blow strike that waits for its moment, and what shows that it did.
fn followers(rng: &mut Rng, shard: u32, blow: Blow) -> impl Iterator<Item = (Duration, Blow)> {
    let cut = if rng.chance(500) { Trouble::Reset } else { Trouble::HalfOpenAtGateway };
    let cut = Blow::Shard(shard, cut);
    let seconds = Duration::from_secs(rng.range(20, 90));
    let first = match moment(blow) {
        Some(Strikes::Identify) => Some(Blow::Gateway(end(rng))),
        Some(Strikes::Open | Strikes::Resume) if rng.chance(800) => Some(cut),
        _ => None,
    };
    // What a READY said of the host to resume at matters to the Resume after it.
    let says = matches!(blow, Blow::Gateway(Fault::DeadResumeHost | Fault::ResumeUrl(_)));
    let now = first.map(|blow| (Duration::ZERO, blow));
    now.into_iter().chain(says.then_some((seconds, cut)))
}

/// Draws what ends every session.
fn end(rng: &mut Rng) -> Fault {
    match rng.pick(&[0, 4_006, 4_007, 4_009]) {
        0 => Fault::InvalidSession,
        code => Fault::Close(CloseCode(code)),
    }
}

/// Returns the moment a blow waits for, if it does not strike at once.
fn moment(blow: Blow) -> Option<Strikes> {
    match blow {
        Blow::Gateway(fault) => Some(fault.info().strikes).filter(|when| *when != Strikes::Now),
        Blow::Shard(_, trouble) => matches!(
            trouble,
            Trouble::DialFails | Trouble::DialHangs | Trouble::DialLate | Trouble::DialRefused(_)
        )
        .then_some(Strikes::Open),
    }
}

/// The faults of the gateway, one of each kind and number.
fn faults() -> Vec<Fault> {
    Fault::examples().collect()
}

fn gateway(rng: &mut Rng, faults: &[Fault], compression: Compression) -> Blow {
    // What needs compression comes more often where there is some.
    let drawn = match compression {
        Compression::ZlibStream if rng.chance(100) => Fault::Join,
        Compression::ZlibStream | Compression::ZstdStream if rng.chance(50) => Fault::Bomb(1),
        _ => faults.get(rng.index(faults.len())).copied().unwrap_or(Fault::Drop),
    };
    Blow::Gateway(match drawn {
        Fault::Close(_) => Fault::Close(CloseCode(rng.pick(&CODES))),
        Fault::Bomb(_) => Fault::Bomb(1),
        Fault::LargeEvent(_) => Fault::LargeEvent(rng.pick(&[20, 64, 300])),
        Fault::CloseOnOpen(_) => Fault::CloseOnOpen(rng.pick(&[1, 2, 3])),
        Fault::DropOnOpen(_) => Fault::DropOnOpen(rng.pick(&[1, 2, 3])),
        Fault::Delay(_) => Fault::Delay(Duration::from_millis(rng.range(20, 4_000))),
        Fault::LateAcks(_) => Fault::LateAcks(Duration::from_millis(rng.range(20, 30_000))),
        Fault::Outage(_) => {
            let most = rng.pick(&[8_000, 120_000]);
            Fault::Outage(Duration::from_millis(rng.range(500, most)))
        }
        Fault::RefuseIdentify(_) => Fault::RefuseIdentify(CloseCode(rng.pick(&CODES))),
        Fault::RefuseResume(_) => Fault::RefuseResume(CloseCode(rng.pick(&CODES))),
        other => other,
    })
}

fn around(rng: &mut Rng, shard: u32) -> Blow {
    let kinds = Trouble::examples();
    let drawn = kinds.get(rng.index(kinds.len())).copied().unwrap_or(Trouble::Reset);
    let most = match drawn {
        // A handler is to take less than 20 s; an adapter that calls in time may be kept longer.
        Trouble::Full(_) if rng.chance(400) => 120_000,
        Trouble::Busy(_) | Trouble::Full(_) => 19_000,
        _ => 90_000,
    };
    let span = Duration::from_millis(rng.range(50, most));
    Blow::Shard(
        shard,
        match drawn {
            Trouble::DialRefused(_) => Trouble::DialRefused(rng.pick(&[429, 500, 502, 503, 404])),
            other => other.lasting(span),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_means_the_same() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(Plan::draw(7, hour), Plan::draw(7, hour));
        assert_ne!(Plan::draw(7, hour), Plan::draw(8, hour));
    }
}
