//! How many instructions each layer takes, counted on the board by its own clock.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use gatewright_board::parts::{SEED, Wire};

use crate::machine::{Machine, Running};
use crate::rehearsal::rehearse;
use crate::{script, session};

/// How long a measurement may take here.
const LIMIT: Duration = Duration::from_secs(120);
/// The ticks of the board's clock in so many instructions, of 8 ns each: 168 in a microsecond.
const TICKS: u64 = 168;
const INSTRUCTIONS: u64 = 125;

/// What a layer takes.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) per_event: u64,
    /// Of the text as it is without compression, in hundredths.
    pub(crate) per_hundred_bytes: u64,
}

/// What one replay took.
#[derive(Debug)]
struct Count {
    shard: u64,
    cache: u64,
    decode: u64,
    events: u64,
    bytes: u64,
    inflated: u64,
}

/// Plays the session with and without compression; what it takes more with it is inflate's.
pub(crate) fn measure(program: &Path) -> Result<Vec<Layer>> {
    let plain = count(program, false)?;
    let zlib = count(program, true)?;
    ensure!(plain.events > 500 && zlib.events > 500, "hardly an event: {plain:?} {zlib:?}");
    let layer = |name, instructions: u64, of: &Count, bytes: u64| Layer {
        name,
        per_event: instructions / of.events,
        per_hundred_bytes: instructions * 100 / bytes,
    };
    // The same world, but not the same moments: so many events more or less.
    let shard_of_zlib = plain.shard * zlib.inflated / plain.inflated;
    Ok(vec![
        layer("inflate", zlib.shard.saturating_sub(shard_of_zlib), &zlib, zlib.inflated),
        layer("envelope and state machine", plain.shard, &plain, plain.inflated),
        layer("decode, all fields", zlib.decode, &zlib, zlib.bytes),
        layer("cache", zlib.cache, &zlib, zlib.bytes),
    ])
}

fn count(program: &Path, compressed: bool) -> Result<Count> {
    let wire = Wire { compressed, ..Wire::SESSION };
    let transcript = rehearse(&mut session::gateway(), wire, &[])?;
    let script = script::of_transcript(&transcript, SEED, wire)?;
    let running = Running::start(Machine::NetduinoPlus2, program, LIMIT, |room| {
        Ok(std::fs::write(room.join("script"), &script)?)
    })?;
    let left = running.finish()?;
    let instructions =
        |name: &str| Ok::<_, anyhow::Error>(left.number(name)? * INSTRUCTIONS / TICKS);
    ensure!(left.number("undecoded")? == 0, "an event did not decode");
    Ok(Count {
        shard: instructions("ticks.shard")?,
        cache: instructions("ticks.cache")?,
        decode: instructions("ticks.decode")?,
        events: left.number("dispatches")?,
        bytes: left.number("bytes")?,
        inflated: left.number("inflated-bytes")?,
    })
}
