//! The story on the screen: lines for people with a live line below, or JSON for machines.

use std::io::IsTerminal;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use gatewright_core::{Counters, Intents, Status};
use serde_json::json;

use crate::args::WatchArgs;
use crate::lines::{self, escaped};
use crate::say;
use crate::story::{Line, Story, Tone};

/// How often the live line is drawn, in pulses.
const EVERY: u32 = 5;

/// Writes the story.
#[derive(Debug)]
pub(crate) struct Show {
    json: bool,
    terminal: bool,
    pulses: u32,
}

impl Show {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, terminal: !json && std::io::stdout().is_terminal(), pulses: 0 }
    }

    pub(crate) fn begin(&self, place: &str, simulated: bool, args: &WatchArgs, intents: Intents) {
        let (runtime, encoding) = (args.runtime.name(), args.encoding);
        let compression = args.compress;
        if self.json {
            json_line(&json!({
                "event": "begin", "gateway": place, "simulated": simulated, "runtime": runtime,
                "encoding": encoding.as_str(), "compression": compression.as_str(),
                "intents": intents.bits(),
            }));
            return;
        }
        let what = if simulated { "a simulated gateway" } else { "the gateway" };
        say!("watching {what} at {place}");
        say!("runtime {runtime}, encoding {encoding}, compression {compression}");
        if simulated {
            say!("set DISCORD_TOKEN to watch Discord itself");
        }
    }

    /// Writes a sentence that belongs to no moment.
    pub(crate) fn note(&self, event: &str, text: &str) {
        if self.json {
            json_line(&json!({ "event": event, "text": text }));
        } else {
            say!("{text}");
        }
    }

    pub(crate) fn line(&self, story: &Story, line: &Line) {
        let elapsed = story.elapsed().as_secs_f64();
        if self.json {
            let mut object = json!({ "event": line.name, "at_s": elapsed });
            if let (Some(object), Some(details)) =
                (object.as_object_mut(), line.details.as_object())
            {
                object.extend(details.clone());
            }
            json_line(&object);
            return;
        }
        self.clear();
        let style = match line.tone {
            Tone::Bad => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Tone::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Tone::Plain => Style::new(),
        };
        say!("{elapsed:8.3} s  {style}{}{style:#}", escaped(&line.text));
    }

    /// Draws the live line, on a terminal.
    pub(crate) fn live(&mut self, story: &mut Story, status: &Status) {
        self.pulses += 1;
        if !self.terminal || !self.pulses.is_multiple_of(EVERY) {
            return;
        }
        let rate = story.rate();
        let latency = status.latency.map_or_else(
            || "-".to_owned(),
            |latency| format!("{:.1} ms", latency.as_secs_f64() * 1e3),
        );
        self.clear();
        let (events, bold) = (grouped(story.events()), Style::new().bold());
        let Counters { wire_bytes, inflated_bytes, .. } = status.counters;
        say::write(format_args!(
            "{:6.1} s  {bold}{}{bold:#}  {events} events {rate:.0}/s  latency {latency}  wire {}  inflated {}",
            story.elapsed().as_secs_f64(),
            status.phase,
            sized(wire_bytes),
            sized(inflated_bytes),
        ));
    }

    /// Writes the table by kind.
    pub(crate) fn end(&self, story: &Story, status: &Status) {
        let mut kinds: Vec<_> = story.kinds().iter().collect();
        kinds.sort_by_key(|(name, tally)| (std::cmp::Reverse(tally.count), *name));
        let (resumes, replayed) = story.resumes();
        if self.json {
            let kinds: serde_json::Map<_, _> = kinds
                .iter()
                .map(|(name, tally)| {
                    ((*name).clone(), json!({ "count": tally.count, "bytes": tally.bytes }))
                })
                .collect();
            json_line(&json!({
                "event": "end", "events": story.events(), "kinds": kinds, "resumes": resumes,
                "replayed": replayed, "first_seq": story.seqs().0, "last_seq": story.seqs().1,
                "wire_bytes": status.counters.wire_bytes,
                "inflated_bytes": status.counters.inflated_bytes,
                "undecoded": status.counters.undecoded,
                "latency_ms": status.latency.map(|latency| latency.as_secs_f64() * 1e3),
            }));
            return;
        }
        self.clear();
        if story.events() == 0 {
            return;
        }
        say!("\n{:<40} {:>10} {:>12} {:>8}", "event", "count", "bytes", "mean");
        for (name, tally) in kinds {
            let mean = tally.bytes / tally.count.max(1);
            let (count, bytes) = (grouped(tally.count), grouped(tally.bytes));
            let name = escaped(name);
            say!("{name:<40} {count:>10} {bytes:>12} {mean:>8}");
        }
        say!("{:<40} {:>10}", "all", grouped(story.events()));
        say!("{}", traffic(status));
    }

    /// Says what the sequence numbers have shown.
    pub(crate) fn proof(&self, story: &Story) {
        let (Some(first), last) = story.seqs() else { return };
        if self.json {
            return;
        }
        let none = |count: u64| if count == 0 { "none".to_owned() } else { count.to_string() };
        let ((missing, doubled), (resumes, replayed)) = (story.faults(), story.resumes());
        say!("sequence {first} to {last}: {} missing, {} twice", none(missing), none(doubled));
        say!("{resumes} resumed, {replayed} events replayed");
    }

    /// Says where the recording is.
    pub(crate) fn recording(&self, path: &Path) {
        if !self.json {
            let path = lines::shown(path);
            say!("recorded in {path}, which is private; `gatewright replay {path}` plays it again");
        }
    }

    /// Clears the live line.
    fn clear(&self) {
        if self.terminal {
            say::write(format_args!("\r\x1b[2K"));
        }
    }
}

/// Writes how it ended, for machines.
pub(crate) fn verdict(done: &anyhow::Result<()>) {
    let error = done.as_ref().err().map(|error| format!("{error:#}"));
    json_line(&json!({ "event": "verdict", "ok": done.is_ok(), "error": error }));
}

fn traffic(status: &Status) -> String {
    let (wire, inflated) = (status.counters.wire_bytes, status.counters.inflated_bytes);
    format!("{} B on the wire, {} B inflated", grouped(wire), grouped(inflated))
}

pub(crate) fn json_line(object: &serde_json::Value) {
    say!("{object}");
}

/// Writes a number of bytes, short.
fn sized(bytes: u64) -> String {
    if bytes < 1_000_000 {
        return format!("{} kB", bytes / 1_000);
    }
    format!("{}.{} MB", grouped(bytes / 1_000_000), bytes / 100_000 % 10)
}

/// Writes a number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [(999, "0 kB"), (687_400, "687 kB"), (3_783_000, "3.7 MB")] {
            assert_eq!(sized(bytes), text);
        }
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
