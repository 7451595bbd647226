//! A second client, plain and slow, that the real one has to agree with.
//!
//! [`client`] holds what the model knows, [`hearing`] and [`ending`] what inputs do to it, [`telling`] what it
//! says; [`table`] is the table of requirements, [`chronicle`] the list of all that happened, in which the
//! model counts. [`pair`] tells both the same and compares, [`acts`] draws what they are told.

mod acts;
mod chronicle;
mod client;
mod ending;
mod hearing;
mod pair;
mod stories;
mod table;
mod telling;
mod word;

use gatewright_core::{
    Compression, Config, Encoding, Inflater, Intents, Memory, SendLog, Session as Stored, Shard,
    ShardId,
};

use crate::source::Source;
use acts::act;
use client::{Client, Rules, Session};
use pair::Pair;
use word::{IDS, URLS};

pub(crate) use stories::stories;

/// The most acts of one play.
const MOST_ACTS: usize = 300;

/// A shard does what a model of a client does that was written from the requirements, for any acts.
///
/// The first byte chooses whether the configured gateway is plain (lowest bit), whether there is a stored session
/// (next; three more bytes tell of it) and the seed; each further byte is an act, with what it needs behind it (see
/// `model/acts.rs`). Compared are, at each drain, all outputs in order with their essential fields and the time of
/// `Wait`, and beside them the phase, the exported session and how many commands wait. The model leaves buffers
/// alone: all documents and commands fit. Where chance decides, the model knows the bounds and takes what it sees.
pub fn model_vs_shard(data: &[u8]) {
    if !differences(data, Rules::USUAL, false).is_empty() {
        let told = differences(data, Rules::USUAL, true);
        panic!("{}", told.join("\n"));
    }
}

/// Plays the acts; returns how client and model first differed and, if wanted, everything before.
fn differences(data: &[u8], rules: Rules, keeps_trail: bool) -> Vec<String> {
    let mut source = Source::new(data);
    let setup = source.byte();
    let plain = setup & 1 == 1;
    let session = if setup & 2 == 2 { stored(&mut source, plain) } else { Session::default() };
    let mut room = Room::new();
    let shard = shard(&mut room, plain, &session, u64::from(setup >> 2));
    let mut pair = Pair::new(shard, Client::new(rules, plain, session), keeps_trail);
    for _ in 0..MOST_ACTS {
        if source.is_empty() || !pair.differences.is_empty() {
            break;
        }
        act(&mut pair, &mut source);
    }
    if pair.differences.is_empty() {
        pair.drain();
    }
    if pair.differences.is_empty() {
        return Vec::new();
    }
    let mut told = pair.trail.unwrap_or_default();
    told.append(&mut pair.differences);
    told
}

/// Draws a session of an earlier process.
fn stored(source: &mut Source<'_>, plain: bool) -> Session {
    let (ids, processed, more) = (source.byte(), source.byte(), source.byte());
    let (_, id) = IDS[usize::from(ids >> 4) % 3];
    let (_, url, is_plain) = URLS[usize::from(ids & 15) % URLS.len()];
    let url = url.filter(|_| !is_plain || plain);
    let received = u64::from(processed) + u64::from(more);
    let received = Some(received).filter(|seq| *seq > 0).into_iter().collect();
    Session { id, url, through: processed.into(), received, delivered: Vec::new(), astray: false }
}

/// Returns the configured gateway as given, and where it leads.
const fn gateway(plain: bool) -> (&'static str, &'static str) {
    match plain {
        true => ("ws://gateway.example:8080/p", "ws://gateway.example:8080/p"),
        false => ("wss://gateway.example", "wss://gateway.example:443/"),
    }
}

/// Memory in which all that is said has room.
struct Room {
    payload: Vec<u8>,
    commands: Vec<u8>,
    log: SendLog,
}

impl Room {
    fn new() -> Self {
        let payload = vec![0; Memory::MIN_PAYLOAD];
        Self { payload, commands: vec![0; 64 * 1024], log: SendLog::new() }
    }
}

fn shard<'m>(room: &'m mut Room, plain: bool, session: &Session, seed: u64) -> Shard<'m> {
    let config = Config::new("token", Intents::GUILDS).gateway(gateway(plain).0);
    let memory =
        Memory::lent(&mut room.payload, &mut room.commands, &mut room.log, Inflater::none());
    let Some(id) = session.id else {
        return Shard::new(config, seed, memory).expect("the settings are right");
    };
    let stored = Stored {
        version: Stored::VERSION,
        id: id.try_into().expect("a short text"),
        resume_url: session.url.map_or("", |(url, _)| url).try_into().expect("a short text"),
        received: session.latest_received(),
        processed: session.through,
        shard: ShardId::ONE,
        intents: Intents::GUILDS.bits(),
        encoding: Encoding::Json,
        compression: Compression::None,
    };
    Shard::resume(config, stored, seed, memory).expect("the settings are right")
}

#[cfg(test)]
mod tests;
