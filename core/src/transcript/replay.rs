//! A transcript played again through a fresh core.

use alloc::string::{String, ToString};
use core::fmt::Write;

use super::act::Act;
use super::made::Header;
use super::recorded::Recorded;
use super::words::Words;
use super::{MAGIC, MAX_LINE, Problem, ReplayError};
use crate::{EventKind, Instant, Output, Shard};

/// A transcript being played, line by line.
///
/// # Examples
///
/// ```no_run
/// use gatewright_core::transcript::{Played, Replay};
///
/// let transcript = std::fs::read("session.txt")?;
/// let mut replay = Replay::new();
/// for line in transcript.split_inclusive(|byte| *byte == b'\n') {
///     if let Played::Output(_) = replay.line(line)? {
///         println!("{} {}", replay.now(), replay.shard().unwrap().status().phase);
///     }
/// }
/// println!("{} inputs, none different", replay.end()?.inputs);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Replay {
    header: Option<Header>,
    player: Option<Player>,
    summary: Summary,
    line: u64,
    now: Instant,
}

/// What a line of a transcript was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Played {
    /// A part of the header, a comment, or an empty line.
    Aside,
    /// What was done to the shard.
    Act(Act),
    /// The answer to a command.
    Answer,
    /// What the shard wanted, and the kind of the event if it was one.
    Output(Option<EventKind>),
    /// The last line.
    End,
}

/// What was played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The number of lines.
    pub lines: u64,
    /// The number of inputs, commands and ways to leave.
    pub inputs: u64,
    /// The number of outputs compared.
    pub outputs: u64,
    /// Whether it has its last line; without it the recording was cut off.
    pub is_complete: bool,
}

impl Replay {
    /// Waits for the first line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plays the next line, with the line feed that ends it.
    ///
    /// # Errors
    /// [`ReplayError`] tells what is wrong with the line; the replay cannot go on.
    pub fn line(&mut self, line: &[u8]) -> Result<Played, ReplayError> {
        self.line += 1;
        let played = text(line, self.line).and_then(|line| self.play(line));
        if played.is_ok() {
            self.summary.lines += 1;
        }
        played.map_err(|problem| ReplayError { line: self.line, problem })
    }

    /// Ends the replay.
    ///
    /// # Errors
    /// [`ReplayError`] if there was no header.
    pub fn end(self) -> Result<Summary, ReplayError> {
        match self.player {
            Some(_) => Ok(self.summary),
            None if self.line == 0 => Err(Problem::NotATranscript),
            None => Err(Problem::CutOff),
        }
        .map_err(|problem| ReplayError { line: self.line.max(1), problem })
    }

    /// Returns what the header says, once the first line was read.
    #[must_use]
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Returns what was played so far.
    #[must_use]
    pub const fn summary(&self) -> Summary {
        self.summary
    }

    /// Returns the shard as it is after the latest line, once the header was read.
    #[must_use]
    pub fn shard(&self) -> Option<&Shard<'static>> {
        self.player.as_ref().map(|player| &*player.shard)
    }

    /// Returns the time of the latest line.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    fn play(&mut self, line: &str) -> Result<Played, Problem> {
        let Some(header) = &mut self.header else {
            begin(line)?;
            self.header = Some(Header::default());
            return Ok(Played::Aside);
        };
        let Some(player) = &mut self.player else {
            if line.is_empty() {
                self.player = Some(Player::new(header)?);
            } else if !line.starts_with('#') {
                header.line(line)?;
            }
            return Ok(Played::Aside);
        };
        if line.is_empty() || line.starts_with('#') {
            return Ok(Played::Aside);
        }
        if self.summary.is_complete {
            return Err(Problem::Expected("nothing behind the last line"));
        }
        let mut words = Words(line);
        let mark = words.word();
        self.now = words.time()?;
        let played = player.play(mark, self.now, &mut words)?;
        match played {
            Played::Act(_) => self.summary.inputs += 1,
            Played::Answer | Played::Output(_) => self.summary.outputs += 1,
            Played::End => self.summary.is_complete = true,
            Played::Aside => {}
        }
        if !matches!(played, Played::Act(_)) {
            player.compare(line)?;
        }
        Ok(played)
    }
}

/// Plays a whole transcript through a fresh core.
///
/// # Errors
/// [`ReplayError`] tells the first line that is wrong, or at which the core does something else.
pub fn replay(transcript: &[u8]) -> Result<Summary, ReplayError> {
    let mut replay = Replay::new();
    for line in lines(transcript) {
        replay.line(line)?;
    }
    replay.end()
}

/// Returns the lines, each with its line feed.
pub(super) fn lines(transcript: &[u8]) -> impl Iterator<Item = &[u8]> {
    transcript.split_inclusive(|byte| *byte == b'\n')
}

/// Takes the line feed off, and what some editors put before it.
pub(super) fn text(line: &[u8], number: u64) -> Result<&str, Problem> {
    if line.len() > MAX_LINE {
        return Err(Problem::TooLong);
    }
    let line = line.strip_suffix(b"\n").ok_or(Problem::CutOff)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = core::str::from_utf8(line);
    text.map_err(|_| if number == 1 { Problem::NotATranscript } else { Problem::Expected("UTF-8") })
}

/// Checks the first line.
pub(super) fn begin(line: &str) -> Result<(), Problem> {
    match line.strip_prefix("gatewright transcript ") {
        Some(_) if line == MAGIC => Ok(()),
        Some(_) => Err(Problem::Version),
        None => Err(Problem::NotATranscript),
    }
}

/// A shard that is recorded anew while it is played.
#[derive(Debug)]
pub(super) struct Player {
    shard: Recorded<'static, String>,
    /// What was recorded of the latest line.
    latest: String,
    /// Whether that is the answer to a command, which is due.
    answered: bool,
}

impl Player {
    pub(super) fn new(header: &Header) -> Result<Self, Problem> {
        let mut shard = Recorded::new(header.shard()?);
        // It has heard nothing, so it is not too late.
        let _ = shard.record(String::new());
        let mut player = Self { shard, latest: String::new(), answered: false };
        player.take();
        Ok(player)
    }

    /// Returns what was recorded of the latest line, at first of the header.
    pub(super) fn latest(&self) -> &str {
        &self.latest
    }

    /// Plays what a line says.
    fn play(&mut self, mark: &str, now: Instant, words: &mut Words<'_>) -> Result<Played, Problem> {
        self.expect_answer(mark)?;
        match mark {
            "<" => {
                let act = Act::read(words)?;
                self.apply(now, &act)?;
                Ok(Played::Act(act))
            }
            ">" if self.has_answered() => Ok(Played::Answer),
            ">" => Ok(Played::Output(self.poll())),
            "=" => {
                self.count();
                Ok(Played::End)
            }
            _ => Err(Problem::NO_MARK),
        }
    }

    /// Does something to the shard.
    pub(super) fn apply(&mut self, now: Instant, act: &Act) -> Result<(), Problem> {
        act.apply(now, &mut self.shard)?;
        self.take();
        self.answered = matches!(act, Act::Command { .. });
        Ok(())
    }

    /// Checks that nothing but the answer stands behind a command.
    pub(super) fn expect_answer(&self, mark: &str) -> Result<(), Problem> {
        if self.answered && mark != ">" {
            return Err(Problem::Expected("the answer to the command: queued or refused"));
        }
        Ok(())
    }

    /// Tells, once, whether the latest line is the answer to a command.
    pub(super) fn has_answered(&mut self) -> bool {
        core::mem::take(&mut self.answered)
    }

    /// Takes the next output; returns the kind of an event.
    fn poll(&mut self) -> Option<EventKind> {
        let output = self.shard.poll_output();
        let kind = if let Output::Event(kind) = output { Some(kind) } else { None };
        self.take();
        kind
    }

    /// Takes the next output; tells whether it was the last one of the drain.
    pub(super) fn drains(&mut self) -> bool {
        let last = matches!(self.shard.poll_output(), Output::Wait(_) | Output::Stop(_));
        self.take();
        last
    }

    /// Records the last line.
    pub(super) fn count(&mut self) {
        self.latest.clear();
        // Writing to a string cannot fail.
        let _ = writeln!(self.latest, "{}", self.shard.last_line());
    }

    /// Compares the line with what was recorded.
    fn compare(&self, line: &str) -> Result<(), Problem> {
        let replayed = self.latest.lines().last().unwrap_or_default();
        if line == replayed {
            return Ok(());
        }
        Err(Problem::Differs { recorded: line.to_string(), replayed: replayed.to_string() })
    }

    fn take(&mut self) {
        self.latest.clear();
        if let Some(recording) = self.shard.recording() {
            core::mem::swap(&mut self.latest, recording);
        }
    }
}
