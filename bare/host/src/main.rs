//! Runs the programs of the boards, judges what they did, and prints a table.

mod bridge;
mod elf;
mod explained;
mod gateway;
mod hostile;
mod layers;
mod machine;
mod noise;
mod orders;
mod rehearsal;
mod replays;
mod script;
mod session;
mod stack;
mod thumb;
mod weight;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use gatewright_board::parts::Wire;
use gatewright_board::play::Digest;
use gatewright_core::Encoding;

use elf::Core;
use hostile::Hostile;
use machine::Machine;
use weight::{Weight, weigh};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("expected the folder of the programs")?;
    let folder = PathBuf::from(folder);
    let verbose = std::env::var_os("BARE_VERBOSE").is_some();
    weights(&folder, verbose)?;
    if verbose {
        return Ok(());
    }
    sessions(&folder)?;
    for encoding in Encoding::ALL {
        let wire = Wire { encoding, ..Wire::SESSION };
        let transcript = orders::rehearse_commands(wire)?;
        replay(&format!("the session, with commands, {encoding}"), &folder, &transcript, wire)?;
    }
    replay("bytes of chance", &folder, &hostile(&noise::noise())?, Wire::SESSION)?;
    let said = [noise::corpora()?, noise::deep()].concat();
    replay("fuzz corpora, deep documents", &folder, &hostile(&said)?, Wire::SESSION)?;
    println!("\n{:<28} {:>14} {:>14}", "instructions", "an event", "100 bytes");
    for layer in layers::measure(&folder.join("measure"))? {
        let layers::Layer { name, per_event, per_hundred_bytes } = layer;
        println!("{name:<28} {per_event:>14} {per_hundred_bytes:>14}");
    }
    Ok(())
}

/// Whole sessions against the simulated gateway: one that is not recorded, and twice the same that is.
fn sessions(folder: &Path) -> Result<()> {
    let (left, gateway) = session::on_board(&folder.join("session"))?;
    let figures = session::check(&left, &gateway)?;
    println!("a session on the board: {figures}");
    let recorded = folder.join("session-recorded");
    let (left, gateway) = session::on_board(&recorded)?;
    session::check(&left, &gateway)?;
    let recording = left.read("transcript")?;
    let summary = session::replays(&recording)?;
    let (lines, outputs) = (summary.lines, summary.outputs);
    println!("its recording on the host: {lines} lines, {outputs} outputs, all the same");
    let (left, _) = session::on_board(&recorded)?;
    ensure!(left.read("transcript")? == recording, "the same session was not the same again");
    Ok(())
}

/// Plays a transcript that was made on the host on every machine.
fn replay(what: &str, folder: &Path, transcript: &[u8], wire: Wire) -> Result<()> {
    let (outcome, script) = replays::at_home(transcript, wire)?;
    let Digest { len, hash } = outcome.transcript;
    println!("{what}: {len} bytes of transcript, FNV-1a {hash:016x}");
    for (machine, program) in replays::MACHINES {
        if machine == Machine::Wasm && !machine::has_node() {
            println!("  skipped: wasm32, as node is not installed");
            continue;
        }
        let program = folder.join(program);
        let stack = replays::on_machine(machine, &program, &script, transcript, &outcome)?;
        let stack = stack.map_or_else(String::new, |bytes| format!(", {bytes} bytes of stack"));
        println!("  the same on {}{stack}", machine.name());
    }
    Ok(())
}

/// Lets a hostile gateway say all this to the shard, which must be live with a better one in the end.
fn hostile(said: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut hostile = Hostile::new(said);
    let transcript = rehearsal::rehearse(&mut hostile, Wire::SESSION, &[])?;
    let gateway = hostile.calm().context("the hostile gateway was not outlived")?;
    let stats = gateway.server().stats();
    ensure!(stats.identifies == 1 && stats.dispatches > 50, "not live again: {stats:?}");
    ensure!(hostile.bytes >= 4 * said.iter().map(Vec::len).sum::<usize>(), "not all was said");
    ensure!(hostile.dials > 100, "nothing went wrong in {} messages", hostile.messages);
    let Hostile { messages, bytes, dials, .. } = hostile;
    println!("hostile: {messages} messages, {bytes} bytes, {dials} dials, live in the end");
    Ok(transcript)
}

/// The most that programs may take: flash, static memory, and stack below the superloop.
///
/// They are what was reached, rounded up; README.md has what was aimed at, and what takes the rest.
const LIMITS: [(&str, u64, u64, u32); 4] = [
    ("session-shard", 82 * 1024, 64 * 1024, 2 * 1024),
    ("session-cache", 154 * 1024, 64 * 1024, 2 * 1024),
    ("session", 178 * 1024, 64 * 1024, 4 * 1024),
    ("session-recorded", 222 * 1024, 65 * 1024, 8 * 1024),
];

/// Weighs the programs, and says on request what takes the stack and what is explained.
fn weights(folder: &Path, verbose: bool) -> Result<()> {
    println!(
        "\n{:<17} {:>8} {:>9} {:>11} {:>15} {:>10} {:>12} {:>11} {:>9} {:>6}",
        "program",
        "flash",
        "core code",
        "core tables",
        "unnamed tables",
        "static RAM",
        "stack seen",
        "worst path",
        "can panic",
        "cycles"
    );
    let mut all = BTreeSet::new();
    for (name, most_flash, most_memory, most_stack) in LIMITS {
        let weight = weigh(&folder.join(name)).context(name)?;
        let Weight { flash, core, memory, stack, panics, cycles, path, explained } = &weight;
        all.extend(explained.iter().cloned());
        let seen = session::on_board(&folder.join(name))?.0.number("stack.steady")?;
        let Core { code, tables, unnamed } = core;
        print!("{name:<17} {flash:>8} {code:>9} {tables:>11} {unnamed:>15} {memory:>10} ");
        println!("{seen:>12} {stack:>11} {panics:>9} {cycles:>6}");
        if verbose {
            println!("{}\n{explained:#?}", path.join("\n"));
        }
        ensure!(*flash <= most_flash && *memory <= most_memory, "{name} is too large");
        ensure!(*stack <= most_stack, "{name} takes too much stack:\n{}", path.join("\n"));
    }
    let stale = explained::all().filter(|(of, _)| !all.iter().any(|name| name.contains(of)));
    let stale = stale.map(|(of, _)| *of).collect::<Vec<_>>();
    if !stale.is_empty() {
        println!("explained in explained.rs, but not there any more: {stale:?}");
    }
    Ok(())
}
