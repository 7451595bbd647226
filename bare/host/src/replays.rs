//! One script on all machines: the host's own core and the boards' must do the same, bit for bit.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gatewright_board::parts::{Arena, SEED, Wire};
use gatewright_board::play::{Digest, Host, Outcome, play};

use crate::machine::{Machine, Running};
use crate::script;

/// How long one replay may take here.
const LIMIT: Duration = Duration::from_secs(240);

/// The machines, and what their program is called.
pub(crate) const MACHINES: [(Machine, &str); 3] = [
    (Machine::NetduinoPlus2, "replay-arm"),
    (Machine::Virt, "replay-riscv"),
    (Machine::Wasm, "replay.wasm"),
];

/// A script and the transcript that is made of it, on the host.
struct Own<'s> {
    script: &'s [u8],
    transcript: Vec<u8>,
}

impl Host for Own<'_> {
    fn read(&mut self, to: &mut [u8]) -> usize {
        let len = to.len().min(self.script.len());
        let (part, rest) = self.script.split_at(len);
        to[..len].copy_from_slice(part);
        self.script = rest;
        len
    }

    fn write(&mut self, bytes: &[u8]) {
        self.transcript.extend(bytes);
    }
}

/// Plays a transcript of the host as a script, here; returns what came of it, and the script.
pub(crate) fn at_home(transcript: &[u8], wire: Wire) -> Result<(Outcome, Vec<u8>)> {
    let script = script::of_transcript(transcript, SEED, wire)?;
    let mut own = Own { script: &script, transcript: Vec::new() };
    let played = play(&mut own, &mut Box::new(Arena::new()));
    let outcome = played.ok().context("the script does not play on the host")?;
    ensure!(own.transcript == transcript, "the host's own replay differs from its transcript");
    Ok((outcome, script))
}

/// Plays a script on a machine, which must come to the same outcome and transcript; returns how many bytes of stack
/// it took, if it tells.
pub(crate) fn on_machine(
    machine: Machine,
    program: &Path,
    script: &[u8],
    transcript: &[u8],
    expected: &Outcome,
) -> Result<Option<u64>> {
    let running = Running::start(machine, program, LIMIT, |room| {
        Ok(std::fs::write(room.join("script"), script)?)
    })?;
    let left = running.finish().with_context(|| machine.name())?;
    let digest = |name: &str| -> Result<Digest> {
        let len = left.number(&format!("{name}.bytes"))?;
        Ok(Digest { len, hash: left.number(&format!("{name}.hash"))? })
    };
    let found = Outcome { transcript: digest("transcript")?, cache: digest("cache")? };
    ensure!(left.read("transcript")? == transcript, "{}: another transcript", machine.name());
    ensure!(found == *expected, "{}: {found:?}, expected {expected:?}", machine.name());
    Ok(left.number("stack").ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::Hostile;
    use crate::rehearsal::rehearse;
    use crate::session;

    #[test]
    fn a_transcript_plays_as_a_script_to_the_same_transcript() {
        let transcript = rehearse(&mut session::gateway(), Wire::SESSION, &[]).unwrap();
        let (outcome, _) = at_home(&transcript, Wire::SESSION).unwrap();
        assert_eq!(outcome.transcript.len, u64::try_from(transcript.len()).unwrap());
        let text = String::from_utf8(transcript).unwrap();
        assert_eq!(text.matches(" event skipped GUILD_CREATE ").count(), 2);
        assert_eq!(text.matches(" event connected ").count(), 3);
        assert!(text.contains("> 200.000"), "it ended early");
    }

    #[test]
    fn a_shard_in_lent_memory_outlives_a_hostile_gateway() {
        let mut hostile = Hostile::new(&[b"no zlib".to_vec(), vec![0; 5_000], Vec::new()]);
        let transcript = rehearse(&mut hostile, Wire::SESSION, &[]).unwrap();
        at_home(&transcript, Wire::SESSION).unwrap();
        assert_eq!(hostile.messages, 12);
        let gateway = hostile.calm().unwrap();
        assert_eq!(gateway.server().stats().identifies, 1);
        assert!(gateway.complaints().len() <= 1, "{:?}", gateway.complaints());
    }
}
