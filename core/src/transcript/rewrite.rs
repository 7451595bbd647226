//! Transcripts made from transcripts: the same story told anew, or with its inputs changed.

use alloc::string::String;

use super::act::Act;
use super::made::Header;
use super::replay::{Player, begin, lines, text};
use super::words::Words;
use super::{Problem, ReplayError};
use crate::Session;

/// What of a transcript may be changed.
#[derive(Debug)]
pub enum Item<'i> {
    /// The URL of the gateway.
    Gateway(&'i mut String),
    /// The stored session of the header.
    Session(&'i mut Session),
    /// The presence of the header, as JSON.
    Presence(&'i mut String),
    /// What was done to the shard.
    Act(&'i mut Act),
    /// A comment: the line that says how private a transcript is, and those of the session.
    ///
    /// It stays one if it still begins with `#` and has no line feed.
    Comment(&'i mut String),
}

/// A transcript that is told anew line by line, with its inputs changed.
///
/// The core is asked for outputs at the same places; nothing is compared. The header is written anew: its comments
/// do not stay.
#[derive(Debug, Default)]
pub struct Rewriter {
    header: Option<Header>,
    player: Option<Player>,
    line: u64,
    /// What the latest line became.
    told: String,
}

impl Rewriter {
    /// Waits for the first line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plays the next line, changed by `edit`; returns what a fresh core makes of it.
    ///
    /// That is nothing before the header's end, which becomes the whole header. A command becomes itself and its
    /// answer, and so the line of the answer becomes nothing.
    ///
    /// # Errors
    /// [`ReplayError`] tells what is wrong with the line; the transcript cannot go on.
    pub fn line(
        &mut self,
        line: &[u8],
        mut edit: impl FnMut(Item<'_>),
    ) -> Result<&str, ReplayError> {
        self.line += 1;
        self.told.clear();
        let told = text(line, self.line).and_then(|line| self.tell(line, &mut edit));
        told.map_err(|problem| ReplayError { line: self.line, problem })?;
        Ok(&self.told)
    }

    /// Ends the transcript.
    ///
    /// # Errors
    /// [`ReplayError`] if there was no header.
    pub fn end(self) -> Result<(), ReplayError> {
        match self.player {
            Some(_) => Ok(()),
            None if self.line == 0 => Err(Problem::NotATranscript),
            None => Err(Problem::CutOff),
        }
        .map_err(|problem| ReplayError { line: self.line.max(1), problem })
    }

    fn tell(&mut self, line: &str, edit: &mut impl FnMut(Item<'_>)) -> Result<(), Problem> {
        let Some(header) = &mut self.header else {
            begin(line)?;
            self.header = Some(Header::default());
            return Ok(());
        };
        let Some(player) = &mut self.player else {
            if line.is_empty() {
                let player = self.player.insert(begun(header, edit)?);
                player.latest().lines().for_each(|line| rewrite_aside(line, &mut self.told, edit));
            } else if !line.starts_with('#') {
                header.line(line)?;
            }
            return Ok(());
        };
        rewrite_line(player, line, &mut self.told, edit)
    }
}

/// Makes the shard of a header that was changed.
fn begun(header: &mut Header, edit: &mut impl FnMut(Item<'_>)) -> Result<Player, Problem> {
    edit(Item::Gateway(&mut header.gateway));
    header.session.iter_mut().for_each(|session| edit(Item::Session(session)));
    header.presence.iter_mut().for_each(|json| edit(Item::Presence(json)));
    Player::new(header)
}

/// Plays a whole transcript through a [`Rewriter`]; returns what became of it.
///
/// # Errors
/// [`ReplayError`] tells what is wrong with a line.
pub fn rewrite(transcript: &[u8], mut edit: impl FnMut(Item<'_>)) -> Result<String, ReplayError> {
    let (mut rewriter, mut out) = (Rewriter::new(), String::new());
    for line in lines(transcript) {
        out.push_str(rewriter.line(line, &mut edit)?);
    }
    rewriter.end()?;
    Ok(out)
}

fn rewrite_line(
    player: &mut Player,
    line: &str,
    out: &mut String,
    edit: &mut impl FnMut(Item<'_>),
) -> Result<(), Problem> {
    let mut words = Words(line);
    let mark = words.word();
    if !is_aside(line) {
        player.expect_answer(mark)?;
    }
    match mark {
        "<" => {
            let now = words.time()?;
            let mut act = Act::read(&mut words)?;
            edit(Item::Act(&mut act));
            player.apply(now, &act)?;
        }
        ">" if player.has_answered() => return Ok(()),
        ">" => drop(player.drains()),
        "=" => player.count(),
        _ => {
            rewrite_aside(line, out, edit);
            return Ok(());
        }
    }
    out.push_str(player.latest());
    Ok(())
}

/// Tells whether a line means nothing.
fn is_aside(line: &str) -> bool {
    line.is_empty() || line.starts_with('#')
}

/// Copies a line that may be a comment.
fn rewrite_aside(line: &str, out: &mut String, edit: &mut impl FnMut(Item<'_>)) {
    let mut line = String::from(line);
    if line.starts_with('#') {
        edit(Item::Comment(&mut line));
    }
    push_line(out, &line);
}

/// Tells a story anew: header, comments and inputs stay as they are, and behind each input stand all
/// outputs of a fresh core.
///
/// So a transcript can be written by hand: a header, of which everything may be left out that is as usual, and
/// inputs.
///
/// # Errors
/// [`ReplayError`] tells what is wrong with a line.
pub fn bless(story: &[u8]) -> Result<String, ReplayError> {
    let mut out = String::new();
    let mut reader = Reader { lines: lines(story), number: 0 };
    let header = reader.header(&mut out)?;
    let mut player = Player::new(&header).map_err(|problem| reader.error(problem))?;
    while let Some(line) = reader.next()? {
        match line.split(' ').next() {
            Some(">" | "=") => {}
            Some("<") => {
                push_line(&mut out, line);
                act(&mut player, line, &mut out).map_err(|problem| reader.error(problem))?;
            }
            _ if line.is_empty() || line.starts_with('#') => push_line(&mut out, line),
            _ => return Err(reader.error(Problem::NO_MARK)),
        }
    }
    player.count();
    out.push_str(player.latest());
    Ok(out)
}

/// Does what a line says, and takes all outputs.
fn act(player: &mut Player, line: &str, out: &mut String) -> Result<(), Problem> {
    let mut words = Words(line);
    words.word();
    let now = words.time()?;
    player.apply(now, &Act::read(&mut words)?)?;
    if player.has_answered() {
        push_line(out, player.latest().lines().last().unwrap_or_default());
    }
    loop {
        let last = player.drains();
        out.push_str(player.latest());
        if last {
            return Ok(());
        }
    }
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// The lines of a transcript, numbered.
struct Reader<I> {
    lines: I,
    number: u64,
}

impl<'t, I: Iterator<Item = &'t [u8]>> Reader<I> {
    fn next(&mut self) -> Result<Option<&'t str>, ReplayError> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        self.number += 1;
        text(line, self.number).map(Some).map_err(|problem| self.error(problem))
    }

    /// Reads up to the empty line that ends the header, and copies what it reads.
    fn header(&mut self, copy: &mut String) -> Result<Header, ReplayError> {
        let first = self.next()?.unwrap_or_default();
        begin(first).map_err(|problem| self.error(problem))?;
        push_line(copy, first);
        let mut header = Header::default();
        while let Some(line) = self.next()? {
            push_line(copy, line);
            if line.is_empty() {
                return Ok(header);
            }
            if !line.starts_with('#') {
                header.line(line).map_err(|problem| self.error(problem))?;
            }
        }
        Err(self.error(Problem::CutOff))
    }

    fn error(&self, problem: Problem) -> ReplayError {
        ReplayError { line: self.number.max(1), problem }
    }
}
