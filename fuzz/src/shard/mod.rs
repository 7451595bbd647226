//! Any sequence of inputs.

mod acts;
mod judge;
mod palette;

use gatewright_core::{Compression, Config, Encoding, Intents, Memory, Shard};

use crate::rig::Room;
use crate::source::Source;
use acts::act;
use judge::Judge;

/// The most steps of one input.
const MOST_STEPS: usize = 400;

/// Any sequence of inputs, commands and steps in time keeps the laws of a shard.
///
/// The first byte chooses the encoding (lowest bit), lent memory (next) and the compression (the two after); each
/// further byte is a step, with what it needs behind it (see `shard/acts.rs`). The only order that is kept is that a message
/// comes on a drained shard. The laws:
///
/// * Nothing panics, and every drain ends with `Wait` or `Stop` after a number of outputs that is bounded.
/// * `Wait` lies at least a millisecond after the latest instant heard.
/// * The links of `Connect` rise; a frame is at most 4096 bytes and one document of the encoding, and none is
///   handed out before the one before it is sent on the same link.
/// * After `Stop` comes nothing but `Stop`, and commands are refused.
/// * The processed sequence number never exceeds the received one.
/// * An exported session can be resumed by a new shard.
/// * A second shard that hears the same says the same.
pub fn shard(data: &[u8]) {
    let first = run(data);
    assert_eq!(first, run(data), "the same inputs give the same outputs");
}

/// Runs the steps and returns a line for each output.
fn run(data: &[u8]) -> Vec<String> {
    let mut source = Source::new(data);
    let setup = source.byte();
    let encoding = crate::envelope::encoding(setup);
    let compression = match (setup >> 2 & 3, encoding) {
        (0, _) | (1, Encoding::Etf) => Compression::None,
        (1, _) => Compression::Zlib,
        (2, _) => Compression::ZlibStream,
        _ => Compression::ZstdStream,
    };
    let mut room = Room::new();
    let memory = match setup & 2 {
        0 => Memory::heap_limited(compression, 64 * 1024),
        _ => room.lend(compression),
    };
    let shard = Shard::new(config(encoding), 7, memory).expect("the settings are right");
    let mut judge = Judge::new(shard, encoding, compression);
    for _ in 0..MOST_STEPS {
        if source.is_empty() {
            break;
        }
        act(&mut judge, &mut source);
    }
    judge.drain();
    judge.look();
    judge.lines
}

pub(crate) fn config(encoding: Encoding) -> Config<'static> {
    crate::rig::encoded(Config::new("token", Intents::GUILDS | Intents::GUILD_MEMBERS), encoding)
        .max_inflated(64 * 1024)
}
