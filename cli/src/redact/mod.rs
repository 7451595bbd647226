//! `gatewright redact`: a transcript without its texts, to attach to a report.
//!
//! Every text is blanked at equal length, so that the core finds all documents where they were. That it does is
//! checked, output by output, before anything is written.

mod compare;
mod connection;
mod deflate;
mod etf;
mod inflate;
mod json;
mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use gatewright_core::transcript::{
    Act, Item, Played, Problem, Replay, ReplayError, replay, rewrite,
};
use gatewright_core::{Encoding, Link, Session};

use crate::args::RedactArgs;
use connection::Connection;
use texts::Sessions;

/// What the first comment of a redacted transcript says.
const NOTE: &str = "# redacted: texts are blanked and session ids replaced; ids, numbers and times are as they were";

/// Runs the command.
pub(crate) fn run(args: &RedactArgs) -> anyhow::Result<()> {
    let file = args.file.display();
    let transcript = fs::read(&args.file).with_context(|| format!("cannot read {file}"))?;
    if args.output.as_ref().is_some_and(|output| is_same(&args.file, output)) {
        bail!("{file} would be overwritten: give another file with -o");
    }
    let (lines, cut) = whole_lines(&transcript);
    let redacted = redact(lines).with_context(|| file.to_string())?;
    match &args.output {
        Some(output) => fs::write(output, &redacted)
            .with_context(|| format!("cannot write {}", output.display()))?,
        None => std::io::stdout().lock().write_all(redacted.as_bytes()).context("cannot write")?,
    }
    if cut {
        anstream::eprintln!("gatewright: the last line of {file} was cut off and is left out");
    }
    Ok(())
}

/// Tells whether two paths lead to one file.
pub(crate) fn is_same(file: &Path, output: &Path) -> bool {
    fs::canonicalize(output).ok().is_some_and(|output| fs::canonicalize(file).ok() == Some(output))
}

/// Leaves a line without an end out; tells whether there was one.
fn whole_lines(transcript: &[u8]) -> (&[u8], bool) {
    let end = transcript.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (lines, rest) = transcript.split_at(end);
    // A single line may be anything, so that is told.
    if lines.is_empty() { (transcript, false) } else { (lines, !rest.is_empty()) }
}

/// Redacts a transcript and checks that it still tells the same.
fn redact(transcript: &[u8]) -> anyhow::Result<String> {
    let (parts, encoding) = blanked_parts(transcript).map_err(sentence)?;
    let mut parts = parts.into_values();
    let mut comments = 0;
    let redacted = rewrite(transcript, |item| match item {
        Item::Act(Act::Message { part, .. }) => *part = parts.next().unwrap_or_default(),
        Item::Act(Act::Command { payload: Ok(payload), .. }) => {
            blank_document(payload, encoding, Sessions::Renamed);
        }
        Item::Act(_) => {}
        Item::Session(session) => rename(session),
        Item::Presence(presence) => blank_presence(presence),
        Item::Comment(line) => {
            comments += 1;
            *line = if comments == 1 { NOTE } else { "#" }.to_owned();
        }
    });
    let redacted = redacted.map_err(sentence)?;
    let original = str::from_utf8(transcript)?;
    compare::compare(original, &redacted, encoding)?;
    replay(redacted.as_bytes())
        .map_err(|error| anyhow!("the redacted transcript does not replay: {error}"))?;
    Ok(redacted)
}

/// Plays a transcript; returns what its message inputs are without texts, by their number.
fn blanked_parts(transcript: &[u8]) -> Result<(BTreeMap<usize, Vec<u8>>, Encoding), ReplayError> {
    let mut replay = Replay::new();
    let mut connections = Connections::default();
    for line in transcript.split_inclusive(|byte| *byte == b'\n') {
        if let Played::Act(act) = replay.line(line)? {
            connections.hear(&replay, &act);
        }
    }
    let encoding = replay.header().map_or(Encoding::Json, |header| header.encoding());
    replay.end()?;
    let parts = connections.all.into_iter().flat_map(Connection::blanked).collect();
    Ok((parts, encoding))
}

/// The connections of a transcript.
#[derive(Debug, Default)]
struct Connections {
    all: Vec<Connection>,
    /// Which one a link is, and whether it was opened.
    links: BTreeMap<u32, (usize, bool)>,
    messages: usize,
}

impl Connections {
    fn hear(&mut self, replay: &Replay, act: &Act) {
        match act {
            Act::Opened(link) => self.open(replay, *link),
            Act::Message { link, text, part, last } => {
                if !self.links.contains_key(&link.0) {
                    self.begin(replay, *link, false);
                }
                let place = self.links.get(&link.0).map_or(0, |(place, _)| *place);
                if let Some(connection) = self.all.get_mut(place) {
                    connection.take(self.messages, *text, part, *last);
                }
                self.messages += 1;
            }
            _ => {}
        }
    }

    /// Begins a connection anew when it opens for the first time, as the core does.
    fn open(&mut self, replay: &Replay, link: Link) {
        if !self.links.get(&link.0).is_some_and(|(_, opened)| *opened) {
            self.begin(replay, link, true);
        }
    }

    fn begin(&mut self, replay: &Replay, link: Link, opened: bool) {
        if let Some(header) = replay.header() {
            self.links.insert(link.0, (self.all.len(), opened));
            self.all.push(Connection::new(header));
        }
    }
}

/// Blanks a document of its own.
fn blank_document(document: &mut [u8], encoding: Encoding, sessions: Sessions) {
    match encoding {
        Encoding::Json => json::blank(document, &[], sessions),
        _ => etf::blank(document, sessions),
    }
}

fn rename(session: &mut Session) {
    let mut id = session.id.as_bytes().to_vec();
    texts::rename(&mut id);
    // It is as long as it was, and of hexadecimal digits.
    if let Some(id) = str::from_utf8(&id).ok().and_then(|id| id.try_into().ok()) {
        session.id = id;
    }
}

fn blank_presence(presence: &mut String) {
    let mut bytes = std::mem::take(presence).into_bytes();
    json::blank_value(&mut bytes, Sessions::Renamed);
    *presence = String::from_utf8(bytes).unwrap_or_default();
}

/// Says why a transcript does not play, in one line.
fn sentence(error: ReplayError) -> anyhow::Error {
    match error.problem {
        Problem::Differs { .. } => anyhow!(
            "line {}: this version of gatewright does something else than was recorded: redact it with the version \
             the header names",
            error.line
        ),
        _ => anyhow!("{error}"),
    }
}

#[cfg(test)]
mod tests;
