//! A transcript as a script that a board plays: its inputs, and when outputs were asked for.

use anyhow::{Context, Result, ensure};
use gatewright_board::wire::{Act as Step, Head};
use gatewright_core::transcript::{Act, Ended, Played, Replay};
use gatewright_core::{Gone, Input, Instant};

/// Writes what is done to a shard at a time.
pub(crate) fn push(script: &mut Vec<u8>, now: Instant, step: &Step<'_>) {
    let (head, number, first, rest) = step.write(now);
    script.extend(head.bytes());
    script.extend(&number[..first]);
    script.extend(rest);
}

/// Plays a transcript on the host, which must do the same as recorded, and returns its script.
pub(crate) fn of_transcript(transcript: &[u8], seed: u64, compressed: bool) -> Result<Vec<u8>> {
    let head = Head { flags: compressed.into(), micros: seed, ..Head::default() };
    let mut script = head.bytes().to_vec();
    let mut replay = Replay::new();
    for line in transcript.split_inclusive(|byte| *byte == b'\n') {
        let played = replay.line(line)?;
        let now = replay.now();
        match &played {
            Played::Act(act) => push(&mut script, now, &step(act)?),
            Played::Output(_) => push(&mut script, now, &Step::Poll),
            _ => {}
        }
    }
    ensure!(replay.end()?.is_complete, "the transcript has no last line");
    Ok(script)
}

/// Returns what a line does, if a board can be told.
fn step(act: &Act) -> Result<Step<'_>> {
    Ok(Step::Hear(match act {
        Act::Tick => Input::Tick,
        Act::Busy => Input::Busy,
        Act::Held => Input::Held,
        Act::DialWaits(link) => Input::DialWaits(*link),
        Act::Opened(link) => Input::Opened(*link),
        Act::Message { link, text, part, last } => {
            Input::Message { link: *link, text: *text, part, last: *last }
        }
        Act::Sent(link) => Input::Sent(*link),
        Act::Closed(link, ended) => Input::Closed(
            *link,
            match ended {
                Ended::Code(code, reason) => Gone::Code(*code, reason),
                Ended::Dropped => Gone::Dropped,
                Ended::Refused(status) => Gone::Refused(*status),
                Ended::TooLong => Gone::TooLong,
                Ended::Unreachable => Gone::Unreachable,
            },
        ),
        Act::MayIdentify(link) => Input::MayIdentify(*link),
        Act::Leave(how) => return Ok(Step::Leave(*how)),
        Act::Command { .. } => None.context("commands are encoded by who gives them")?,
    }))
}
