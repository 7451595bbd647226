//! What is told about a recording that replays alike.

use std::time::Duration;

use gatewright_core::transcript::{Replay, Summary};
use gatewright_core::{Counters, Phase, Shard, Status};

use crate::show::grouped;
use crate::timeline::Timeline;

/// Tells what was played and how it ended.
pub(crate) fn played(name: &str, replay: &Replay, timeline: &Timeline, stopped: bool) {
    let Some(status) = replay.shard().map(Shard::status) else { return };
    let Summary { lines, inputs, outputs, is_complete, .. } = replay.summary();
    let state = match (stopped, is_complete) {
        (true, _) => "replays alike up to the time given",
        (false, true) => "replays alike, and is complete",
        (false, false) => "replays alike, but the recording was cut off",
    };
    let Counters { dials, identifies, resumes, resumed, dispatches, .. } = status.counters;
    let Counters { wire_bytes, inflated_bytes, heartbeats, .. } = status.counters;
    let (begin, end) = (timeline.begin().unwrap_or_default(), timeline.end());
    say!("{name}: {state}\n");
    say!("lines        {}", grouped(lines));
    say!("inputs       {}", grouped(inputs));
    say!("outputs      {} compared", grouped(outputs));
    say!("time         {}, from {begin} to {end} s", span(end.saturating_since(begin)));
    say!("connections  {dials} dialed, {identifies} identified");
    say!("resumes      {resumes} sent, {resumed} succeeded");
    say!("events       {}", grouped(dispatches));
    say!("heartbeats   {heartbeats}");
    say!("bytes        {} on the wire, {} inflated", grouped(wire_bytes), grouped(inflated_bytes));
    match (status.phase, status.last_error) {
        (Phase::Stopped, Some(cause)) => say!("at the end   stopped: {cause}"),
        (phase, _) => say!("at the end   {phase} for {}", span(status.in_phase)),
    }
}

/// Tells the state at the time to stop at.
pub(crate) fn state(replay: &Replay, status: &Status) {
    say!("\nstate after line {}, at {} s", grouped(replay.summary().lines), replay.now());
    let phase = status.phase;
    say!("phase        {phase} for {}", span(status.in_phase));
    say!("link         {}", status.link.0);
    say!("received     sequence number {}", status.received_seq);
    say!("processed    sequence number {}", status.processed_seq);
    say!("commands     {} queued", status.queued_commands);
    match status.next_timer {
        Some((at, timer)) => say!("next timer   {} at {at} s", format!("{timer:?}").to_lowercase()),
        None if phase == Phase::Stopped => say!("next timer   none: it is over"),
        None => say!("next timer   none"),
    }
}

/// Writes a span for people: whole milliseconds, or less if that is all.
pub(crate) fn span(span: Duration) -> String {
    let micros = span.subsec_micros() % 1_000;
    let rounded = span.saturating_sub(Duration::from_micros(micros.into()));
    let shown = if rounded.is_zero() { span } else { rounded };
    humantime::format_duration(shown).to_string()
}
