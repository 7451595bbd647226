//! A transcript redacted line by line: a line waits only for the end of the documents it holds.

use std::collections::VecDeque;
use std::io::Write;

use anyhow::{Context, anyhow, bail};
use gatewright_core::transcript::{
    Act, Header, Item, Played, Problem, Replay, ReplayError, Rewriter,
};
use gatewright_core::{Encoding, Link, Session};

use super::compare;
use super::connection::Connection;
use super::texts::{self, Sessions};
use super::{etf, json};
use crate::lines;

/// What the first comment of a redacted transcript says.
pub(super) const NOTE: &str = "# redacted: texts are blanked and session ids replaced; ids, numbers and times are as they were";

/// A transcript that is being redacted, and checked to tell the same.
#[derive(Debug)]
pub(super) struct Redactor<'n> {
    name: &'n str,
    original: Replay,
    redacted: Redacted,
    connection: Option<Current>,
    /// The lines that wait for one of them.
    held: VecDeque<Held>,
    line: u64,
}

/// The connection at hand.
#[derive(Debug)]
struct Current {
    link: Link,
    /// Whether it was opened.
    opened: bool,
    connection: Connection,
}

/// A line that has not been told anew.
#[derive(Debug)]
struct Held {
    number: u64,
    line: Vec<u8>,
    part: Part,
}

/// The bytes of a message a line holds.
#[derive(Debug)]
enum Part {
    /// It is no message.
    None,
    /// They wait for the end of a document.
    Awaited,
    Blanked(Vec<u8>),
}

impl<'n> Redactor<'n> {
    pub(super) fn new(name: &'n str) -> Self {
        let (original, redacted) = (Replay::new(), Redacted::default());
        Self { name, original, redacted, connection: None, held: VecDeque::new(), line: 0 }
    }

    /// Tells whether there was a line.
    pub(super) const fn has_begun(&self) -> bool {
        self.line > 0
    }

    /// Takes the next line; writes what can be told by now.
    pub(super) fn line(&mut self, line: &[u8], out: &mut impl Write) -> anyhow::Result<()> {
        self.line += 1;
        if self.line == 1
            && let Some(why) = lines::oddity(line)
        {
            bail!("{}:1: {why}", self.name);
        }
        let played = self.original.line(line).map_err(|error| self.error(&error))?;
        let part = match played {
            Played::Act(act) => self.hear(&act),
            _ => Part::None,
        };
        let current = self.original.shard().map(|shard| shard.status().link);
        if self.connection.as_ref().is_some_and(|connection| Some(connection.link) != current) {
            self.leave();
        }
        self.held.push_back(Held { number: self.line, line: line.to_vec(), part });
        self.release(out)
    }

    /// Ends the transcript; writes what is left.
    pub(super) fn end(mut self, out: &mut impl Write) -> anyhow::Result<()> {
        if self.line == 0 {
            bail!("{}: it is empty: no recording", self.name);
        }
        if self.original.shard().is_none() {
            bail!("{}:{}: the recording was cut off in its header", self.name, self.line);
        }
        self.leave();
        self.release(out)?;
        self.redacted.end(out).with_context(|| format!("{}:{}", self.name, self.line))
    }

    /// Lets the connection hear what was done to the shard.
    fn hear(&mut self, act: &Act) -> Part {
        let current = self.original.shard().map(|shard| shard.status().link);
        match act {
            // It begins anew when it opens for the first time, as in the core.
            Act::Opened(link) if Some(*link) == current => {
                if !self.connection.as_ref().is_some_and(|connection| connection.opened) {
                    self.begin(*link, true);
                }
                Part::None
            }
            Act::Message { link, text, part, last } if Some(*link) == current => {
                if self.connection.is_none() {
                    self.begin(*link, false);
                }
                if let Some(Current { connection, .. }) = &mut self.connection {
                    connection.take(*text, part, *last);
                }
                Part::Awaited
            }
            // Of another link, and so of no concern to the core.
            Act::Message { part, .. } => Part::Blanked(vec![texts::BLANK; part.len()]),
            _ => Part::None,
        }
    }

    fn begin(&mut self, link: Link, opened: bool) {
        self.leave();
        if let Some(header) = self.original.header() {
            let connection = Connection::new(header);
            self.connection = Some(Current { link, opened, connection });
        }
    }

    /// Ends the connection at hand: nothing comes any more that could end a document.
    fn leave(&mut self) {
        if let Some(Current { connection, .. }) = &mut self.connection {
            connection.finish();
        }
        self.fill();
        self.connection = None;
    }

    /// Gives messages the bytes they wait for.
    fn fill(&mut self) {
        let Some(Current { connection, .. }) = &mut self.connection else { return };
        let awaited = self.held.iter_mut().filter(|held| matches!(held.part, Part::Awaited));
        for held in awaited {
            let Some(part) = connection.blanked() else { return };
            held.part = Part::Blanked(part);
        }
    }

    /// Tells the lines anew that wait for nothing.
    fn release(&mut self, out: &mut impl Write) -> anyhow::Result<()> {
        self.fill();
        while let Some(held) = self.held.pop_front_if(|held| !matches!(held.part, Part::Awaited)) {
            let Held { number, line, part } = held;
            let told = self.redacted.line(&line, part, out);
            told.with_context(|| format!("{}:{number}", self.name))?;
        }
        Ok(())
    }

    /// Says why a transcript does not play, in one line.
    fn error(&self, error: &ReplayError) -> anyhow::Error {
        let place = format!("{}:{}", self.name, error.line);
        match error.problem {
            Problem::Differs { .. } => {
                let hint = if self.original.header().is_some_and(lines::is_of_other_version) {
                    "redact it with the version the header names"
                } else {
                    "it was changed since; gatewright replay shows what differs"
                };
                anyhow!(
                    "{place}: this version of gatewright does something else than was recorded: {hint}"
                )
            }
            _ => anyhow!("{place}: {}", error.problem),
        }
    }
}

/// What becomes of a transcript: told anew, compared with the original and played again.
#[derive(Debug, Default)]
struct Redacted {
    rewriter: Rewriter,
    check: Replay,
    comments: usize,
    /// The answer to the latest command, whose line is still to come.
    due: Option<String>,
}

impl Redacted {
    /// Tells a line anew and writes it.
    fn line(&mut self, line: &[u8], part: Part, out: &mut impl Write) -> anyhow::Result<()> {
        let in_session = self.check.shard().is_some();
        let encoding = self.encoding();
        let comments = &mut self.comments;
        let mut part = Some(part);
        let told = self.rewriter.line(line, |item| edit(item, &mut part, comments, encoding));
        let told = told.map_err(|error| anyhow!("{}", error.problem))?;
        let mut told = told.to_owned();
        if let Some(answer) = self.due.take_if(|_| told.is_empty()) {
            told = answer;
        } else if in_session && line.starts_with(b"<") {
            let end = told.find('\n').map_or(told.len(), |at| at + 1);
            self.due = Some(told.split_off(end)).filter(|answer| !answer.is_empty());
        }
        if in_session {
            let original =
                str::from_utf8(line).context("expected UTF-8")?.trim_end_matches(['\r', '\n']);
            compare::compare(original, told.trim_end_matches('\n'), encoding)?;
        }
        self.write(&told, out)
    }

    /// Ends the transcript.
    fn end(mut self, out: &mut impl Write) -> anyhow::Result<()> {
        // The answer to a command that was cut off.
        if let Some(answer) = self.due.take() {
            self.write(&answer, out)?;
        }
        self.rewriter.end().map_err(|error| anyhow!("{}", error.problem))
    }

    /// Writes lines that play again.
    fn write(&mut self, told: &str, out: &mut impl Write) -> anyhow::Result<()> {
        for line in told.split_inclusive('\n') {
            if let Err(ReplayError { problem, .. }) = self.check.line(line.as_bytes()) {
                bail!(
                    "the redacted transcript does not replay: {}",
                    lines::escaped(&problem.to_string())
                );
            }
        }
        out.write_all(told.as_bytes()).context("cannot write")
    }

    fn encoding(&self) -> Encoding {
        self.check.header().map_or(Encoding::Json, Header::encoding)
    }
}

/// Takes the texts out of what a transcript holds.
fn edit(item: Item<'_>, part: &mut Option<Part>, comments: &mut usize, encoding: Encoding) {
    match item {
        Item::Act(Act::Message { part: bytes, .. }) => {
            *bytes = match part.take() {
                Some(Part::Blanked(blanked)) => blanked,
                _ => Vec::new(),
            };
        }
        Item::Act(Act::Command { payload: Ok(payload), .. }) => {
            blank_document(payload, encoding, Sessions::Renamed);
        }
        Item::Act(_) => {}
        Item::Gateway(url) => *url = without_query(url),
        Item::Session(session) => rename(session),
        Item::Presence(presence) => blank_presence(presence),
        Item::Comment(line) => {
            *comments += 1;
            *line = if *comments == 1 { NOTE } else { "#" }.to_owned();
        }
    }
}

/// Blanks a document of its own.
pub(super) fn blank_document(document: &mut [u8], encoding: Encoding, sessions: Sessions) {
    match encoding {
        Encoding::Json => json::blank(document, true, sessions),
        _ => etf::blank(document, true, sessions),
    };
}

fn without_query(url: &str) -> String {
    let mut bytes = url.as_bytes().to_vec();
    texts::blank_query(&mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

fn rename(session: &mut Session) {
    let mut id = session.id.as_bytes().to_vec();
    texts::rename(&mut id);
    // It is as long as it was, and of hexadecimal digits.
    if let Some(id) = str::from_utf8(&id).ok().and_then(|id| id.try_into().ok()) {
        session.id = id;
    }
    if let Ok(url) = without_query(&session.resume_url).as_str().try_into() {
        session.resume_url = url;
    }
}

fn blank_presence(presence: &mut String) {
    let mut bytes = std::mem::take(presence).into_bytes();
    json::blank_value(&mut bytes, Sessions::Renamed);
    *presence = String::from_utf8(bytes).unwrap_or_default();
}
