//! Runs the programs of the boards, judges what they did, and prints a table.

mod bridge;
mod elf;
mod gateway;
mod hostile;
mod layers;
mod machine;
mod noise;
mod rehearsal;
mod replays;
mod script;
mod session;
mod stack;
mod thumb;
mod weight;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use gatewright_board::play::Digest;

use hostile::Hostile;
use machine::Machine;
use weight::{Weight, weigh};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("expected the folder of the programs")?;
    let folder = PathBuf::from(folder);
    sessions(&folder)?;
    replay("the session", &folder, &rehearsal::rehearse(&mut session::gateway(), true)?)?;
    replay("bytes of chance", &folder, &hostile(&noise::noise())?)?;
    replay("fuzz corpora", &folder, &hostile(&noise::corpora()?)?)?;
    weights(&folder)?;
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
fn replay(what: &str, folder: &Path, transcript: &[u8]) -> Result<()> {
    let (outcome, script) = replays::at_home(transcript)?;
    for (machine, program) in replays::MACHINES {
        if machine == Machine::Wasm && !machine::has_node() {
            println!("skipped: {what} on wasm32, node is not installed");
            continue;
        }
        let program = folder.join(program);
        replays::on_machine(machine, &program, &script, transcript, &outcome)?;
        let Digest { len, hash } = outcome.transcript;
        println!(
            "{what} on {:<11} {len:>9} bytes of transcript, FNV-1a {hash:016x}",
            machine.name()
        );
    }
    Ok(())
}

/// Lets a hostile gateway say all this to the shard, which must be live with a better one in the end.
fn hostile(said: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut hostile = Hostile::new(said);
    let transcript = rehearsal::rehearse(&mut hostile, true)?;
    let gateway = hostile.calm().context("the hostile gateway was not outlived")?;
    let stats = gateway.server().stats();
    ensure!(stats.identifies == 1 && stats.dispatches > 50, "not live again: {stats:?}");
    ensure!(hostile.bytes >= 4 * said.iter().map(Vec::len).sum::<usize>(), "not all was said");
    ensure!(hostile.dials > 100, "nothing went wrong in {} messages", hostile.messages);
    let Hostile { messages, bytes, dials, .. } = hostile;
    println!("hostile: {messages} messages, {bytes} bytes, {dials} dials, live in the end");
    Ok(transcript)
}

/// Weighs the programs, and prints what must not be forgotten.
fn weights(folder: &Path) -> Result<()> {
    println!("\n{:<20} {:>12} {:>12} {:>12}", "program", "flash", "static RAM", "worst stack");
    for name in ["session-shard", "session-cache", "session", "session-recorded"] {
        let weight = weigh(&folder.join(name))?;
        let Weight { flash, memory, stack, .. } = &weight;
        println!("{name:<20} {flash:>12} {memory:>12} {stack:>12}");
        ensure!(!weight.heap, "{name} has a heap");
        if std::env::var_os("BARE_VERBOSE").is_some() {
            println!("{weight:#?}");
        }
    }
    Ok(())
}
