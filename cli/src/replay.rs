//! `gatewright replay`: a recording played through a fresh core.

mod cut;
mod report;

use std::collections::VecDeque;
use std::fs;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use gatewright_core::Instant;
use gatewright_core::cache::Settings;
use gatewright_core::transcript::{Problem, Replay, ReplayError};

use crate::args::ReplayArgs;
use crate::cache::Told;
use crate::lines::{self, Lines};
use crate::timeline::{self, Timeline};

/// How many lines are shown before one that differs.
const CONTEXT: usize = 5;

/// The columns of a line's number.
const NUMBER: usize = "12345678 | ".len();

/// Where to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// A time of the recording's own clock, as its lines have it.
    Clock(Instant),
    /// A time since the first line.
    Since(Duration),
}

impl FromStr for Until {
    type Err = String;

    /// Reads seconds as in `12.5`, or a span with units as in `1h 5m`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(at) = seconds(text) {
            return Ok(Self::Clock(at));
        }
        let span = humantime::parse_duration(text);
        span.map(Self::Since).map_err(|_| {
            "expected seconds as the lines have them, such as 12.5, or a span since the first line, such as 90s or 1h 5m".to_owned()
        })
    }
}

/// Runs the command.
pub(crate) fn run(args: &ReplayArgs) -> anyhow::Result<()> {
    if args.timeline.as_ref().is_some_and(|picture| lines::would_overwrite(&args.file, picture)) {
        bail!("--timeline would overwrite the recording: give the picture another name");
    }
    let mut lines = Lines::open(&args.file)?;
    let mut play = Play::new(lines::name(&args.file), args);
    let done = play.all(&mut lines);
    if let Some(path) = &args.timeline
        && play.replay.shard().is_some()
    {
        let picture = timeline::draw(&play.timeline);
        let drawn = fs::write(path, picture);
        let drawn = drawn.with_context(|| format!("cannot write {}", lines::shown(path)));
        // What the replay found matters more.
        done?;
        drawn?;
        return play.report();
    }
    done?;
    play.report()
}

/// A recording as it is played.
struct Play {
    name: String,
    until: Option<Until>,
    replay: Replay,
    timeline: Timeline,
    /// A cache of the events, and whether all of it is told as JSON.
    cache: Option<(Told, bool)>,
    /// The latest lines with their numbers, cut.
    latest: VecDeque<(u64, String)>,
    line: u64,
    /// Whether the time to stop at was reached.
    stopped: bool,
    width: usize,
}

impl Play {
    fn new(name: String, args: &ReplayArgs) -> Self {
        Self {
            name,
            until: args.until,
            replay: Replay::new(),
            timeline: Timeline::default(),
            cache: args.cache.then(|| (Told::new(Settings::default()), args.json)),
            latest: VecDeque::new(),
            line: 0,
            stopped: false,
            width: cut::width(),
        }
    }

    /// Plays until the end, the time to stop at, or the first thing that is wrong.
    fn all(&mut self, lines: &mut Lines) -> anyhow::Result<()> {
        loop {
            let line = lines.next().with_context(|| format!("cannot read {}", self.name))?;
            let Some(line) = line else { break };
            if self.line == 0
                && let Some(why) = lines::oddity(line)
            {
                bail!("{}:1: {why}", self.name);
            }
            if self.is_over(line) {
                self.stopped = true;
                break;
            }
            self.line += 1;
            match self.replay.line(line) {
                Ok(played) => {
                    self.timeline.hear(&self.replay, &played);
                    if let Some((cache, _)) = &mut self.cache {
                        cache.hear(&self.replay, &played);
                    }
                }
                Err(error) => {
                    self.timeline.note(format!("Up to line {}, which is wrong.", error.line));
                    return Err(self.error(&error));
                }
            }
            self.keep(line);
        }
        if self.line == 0 {
            bail!("{}: it is empty: no recording", self.name);
        }
        if self.replay.shard().is_none() {
            bail!("{}:{}: the recording was cut off in its header", self.name, self.line);
        }
        if !self.stopped && !self.replay.summary().is_complete {
            self.timeline.note("The recording was cut off.".to_owned());
        }
        Ok(())
    }

    /// Tells whether a line is behind the time to stop at.
    fn is_over(&self, line: &[u8]) -> bool {
        let end = match self.until {
            None => return false,
            Some(Until::Clock(end)) => end,
            Some(Until::Since(span)) => match self.timeline.begin() {
                Some(begin) => begin.saturating_add(span),
                None => return false,
            },
        };
        self.replay.shard().is_some() && time(line).is_some_and(|at| at > end)
    }

    fn keep(&mut self, line: &[u8]) {
        if self.latest.len() == CONTEXT {
            self.latest.pop_front();
        }
        // What was played is UTF-8.
        let line = str::from_utf8(line).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let room = self.width.saturating_sub(NUMBER);
        self.latest.push_back((self.line, cut::middle(line, room)));
    }

    /// Says what is wrong with the latest line, and where.
    fn error(&self, error: &ReplayError) -> anyhow::Error {
        let place = format!("{}:{}", self.name, error.line);
        match &error.problem {
            Problem::Differs { recorded, replayed } => {
                anyhow::anyhow!("{place}: {}", self.difference(recorded, replayed))
            }
            Problem::CutOff if self.timeline.begin().is_some() => anyhow::anyhow!(
                "{place}: the recording was cut off in this line; it replays alike up to line {}, at {} s",
                self.line.saturating_sub(1),
                self.replay.now()
            ),
            Problem::CutOff => anyhow::anyhow!("{place}: the recording was cut off in this line"),
            Problem::TooLong => anyhow::anyhow!("{place}: the line is longer than 256 MiB"),
            problem => anyhow::anyhow!("{place}: {problem}"),
        }
    }

    fn difference(&self, recorded: &str, replayed: &str) -> String {
        let label = "recorded: ".len();
        let (recorded, replayed, column) =
            cut::difference(recorded, replayed, self.width.saturating_sub(label));
        let mut text =
            format!("at {} s the core does something else than was recorded\n", self.replay.now());
        for (number, line) in &self.latest {
            text += &format!("{number:>8} | {line}\n");
        }
        text += &format!("recorded: {recorded}\nreplayed: {replayed}\n");
        text + &" ".repeat(label + column) + "^" + &self.hint()
    }

    /// Says that another version recorded it, if that is so.
    fn hint(&self) -> String {
        let header = self.replay.header().filter(|header| lines::is_of_other_version(header));
        let Some(header) = header else { return String::new() };
        let library = cut::middle(&header.library, cut::VERSION);
        format!(
            "\nit was recorded by version {library}, and this is {}: that may be why",
            lines::VERSION
        )
    }

    /// Says what was played.
    fn report(self) -> anyhow::Result<()> {
        let Self { name, replay, timeline, stopped, until, cache, .. } = self;
        if let Some((cache, true)) = cache {
            return cache.dump();
        }
        report::played(&name, &replay, &timeline, stopped);
        if until.is_some()
            && let Some(shard) = replay.shard()
        {
            report::state(&replay, &shard.status());
        }
        let Some((cache, _)) = cache else { return Ok(()) };
        say!("");
        cache.show()
    }
}

/// Returns the time of a line, if it has one.
fn time(line: &[u8]) -> Option<Instant> {
    let mut words = line.split(|byte| b" \r\n".contains(byte));
    let mark = words.next()?;
    let word = str::from_utf8(words.next()?).ok()?;
    if [&b"<"[..], b">", b"="].contains(&mark) { seconds(word) } else { None }
}

/// Reads seconds with up to six digits of a fraction.
fn seconds(word: &str) -> Option<Instant> {
    let (seconds, fraction) = word.split_once('.').unwrap_or((word, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let micros = format!("{fraction:0<6}").parse::<u64>().ok()?;
    let seconds = seconds.parse::<u64>().ok()?;
    Some(Instant::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_stop_at_is_of_the_clock_or_a_span() {
        let clock = |micros| Ok(Until::Clock(Instant::from_micros(micros)));
        assert_eq!("12.5".parse::<Until>(), clock(12_500_000));
        assert_eq!("7".parse::<Until>(), clock(7_000_000));
        assert_eq!("90s".parse::<Until>(), Ok(Until::Since(Duration::from_secs(90))));
        assert_eq!("1h 5m".parse::<Until>(), Ok(Until::Since(Duration::from_secs(3_900))));
        for bad in ["", "soon", "1.2.3", "-1", "1.1234567", "99999999999999999999"] {
            assert!(bad.parse::<Until>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_lines_of_the_session_have_a_time() {
        assert_eq!(time(b"< 1.5 tick\r\n"), Some(Instant::from_millis(1_500)));
        assert_eq!(time(b"= 2 dials 1"), Some(Instant::from_millis(2_000)));
        for bad in [&b"# 1.5 tick"[..], b"seed 99", b"", b"<", b"< x", b"< \xFF"] {
            assert_eq!(time(bad), None);
        }
    }
}
