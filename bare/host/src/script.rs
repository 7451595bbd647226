//! A transcript as a script that a board plays: its inputs and commands, and when outputs were asked for.

use anyhow::{Context, Result, ensure};
use gatewright_board::order::Order;
use gatewright_board::parts::Wire;
use gatewright_board::wire::{Act as Step, Head};
use gatewright_core::transcript::{Act, Ended, Played, Replay};
use gatewright_core::{EncodedCommand, Encoding, Gone, Input, Instant};

/// Writes what is done to a shard at a time.
pub(crate) fn push(script: &mut Vec<u8>, now: Instant, step: &Step<'_>) {
    let (head, number, first, rest) = step.write(now);
    script.extend(head.bytes());
    script.extend(&number[..first]);
    script.extend(rest);
}

/// Plays a transcript on the host, which must do the same as recorded, and returns its script.
pub(crate) fn of_transcript(transcript: &[u8], seed: u64, wire: Wire) -> Result<Vec<u8>> {
    let head = Head { flags: wire.flags(), micros: seed, ..Head::default() };
    let mut script = head.bytes().to_vec();
    let mut replay = Replay::new();
    for line in transcript.split_inclusive(|byte| *byte == b'\n') {
        let played = replay.line(line)?;
        let now = replay.now();
        match &played {
            Played::Act(Act::Leave(how)) => push(&mut script, now, &Step::Leave(*how)),
            Played::Act(act) => match input(act) {
                Some(input) => push(&mut script, now, &Step::Hear(input)),
                None => order(&mut script, now, act).context("a command no script can say")?,
            },
            Played::Output(_) => push(&mut script, now, &Step::Poll),
            _ => {}
        }
    }
    ensure!(replay.end()?.is_complete, "the transcript has no last line");
    Ok(script)
}

/// Writes a command; `None` if no script can say it.
fn order(script: &mut Vec<u8>, now: Instant, act: &Act) -> Option<()> {
    let Act::Command { class, expires, payload, text } = act else { return None };
    let encoding = if *text { Encoding::Json } else { Encoding::Etf };
    let payload = payload.as_deref().map_err(|error| *error);
    let command = EncodedCommand::from_parts(*class, encoding, payload);
    let order = Order { command, expires: *expires };
    let (head, prefix, payload) = order.write(now)?;
    script.extend(head.bytes());
    script.extend(prefix);
    script.extend(payload);
    Some(())
}

/// Returns the input a line is, if it is one.
fn input(act: &Act) -> Option<Input<'_>> {
    Some(match act {
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
        Act::Command { .. } | Act::Leave(_) => return None,
    })
}
