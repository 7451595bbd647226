//! What was done to a shard, as its line in a transcript says.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::Problem;
use super::recorded::Recorded;
use super::words::Words;
use crate::{CloseCode, CommandClass, CommandError, Gone, GuildId, Input, Instant, Leave, Link};

/// What was done to a shard: an input, a command, or leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// [`Input::Tick`].
    Tick,
    /// [`Input::Busy`].
    Busy,
    /// [`Input::Held`].
    Held,
    /// [`Input::DialWaits`].
    DialWaits(Link),
    /// [`Input::Opened`].
    Opened(Link),
    /// [`Input::Message`].
    Message {
        /// The transport.
        link: Link,
        /// Whether it is a text message.
        text: bool,
        /// The bytes.
        part: Vec<u8>,
        /// Whether this piece ends the message.
        last: bool,
    },
    /// [`Input::Sent`].
    Sent(Link),
    /// [`Input::Closed`].
    Closed(Link, Ended),
    /// [`Input::MayIdentify`].
    MayIdentify(Link),
    /// [`Shard::command`](crate::Shard::command).
    Command {
        /// What it is to later ones, and to the limits.
        class: CommandClass,
        /// When it expires; [`Instant::MAX`] for never.
        expires: Instant,
        /// The payload as encoded, or why there is none.
        payload: Result<Vec<u8>, CommandError>,
        /// Whether the payload is text; otherwise it is a term of ETF.
        text: bool,
    },
    /// [`Shard::leave`](crate::Shard::leave).
    Leave(Leave),
}

/// How a transport ended: [`Gone`], with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// [`Gone::Code`].
    Code(CloseCode, String),
    /// [`Gone::Dropped`].
    Dropped,
    /// [`Gone::Refused`].
    Refused(u16),
    /// [`Gone::TooLong`].
    TooLong,
    /// [`Gone::Unreachable`].
    Unreachable,
}

impl Ended {
    const fn gone(&self) -> Gone<'_> {
        match self {
            Self::Code(code, reason) => Gone::Code(*code, reason.as_str()),
            Self::Dropped => Gone::Dropped,
            Self::Refused(status) => Gone::Refused(*status),
            Self::TooLong => Gone::TooLong,
            Self::Unreachable => Gone::Unreachable,
        }
    }
}

impl Act {
    /// Reads what stands behind the time.
    pub(super) fn read(words: &mut Words<'_>) -> Result<Self, Problem> {
        let act = match words.word() {
            "tick" => Self::Tick,
            "busy" => Self::Busy,
            "held" => Self::Held,
            "dial-waits" => Self::DialWaits(words.link()?),
            "opened" => Self::Opened(words.link()?),
            "message" => message(words)?,
            "sent" => Self::Sent(words.link()?),
            "closed" => Self::Closed(words.link()?, ended(words)?),
            "may-identify" => Self::MayIdentify(words.link()?),
            "command" => command(words)?,
            "leave" => Self::Leave(match words.word() {
                "end" => Leave::End,
                "park" => Leave::Park,
                _ => return Err(Problem::Expected("end or park")),
            }),
            _ => return Err(Problem::Expected("an input, a command or leave")),
        };
        words.end()?;
        Ok(act)
    }

    /// Does it to a shard.
    pub(super) fn apply<W: Write>(
        &self,
        now: Instant,
        shard: &mut Recorded<'_, W>,
    ) -> Result<(), Problem> {
        let input = match self {
            Self::Tick => Input::Tick,
            Self::Busy => Input::Busy,
            Self::Held => Input::Held,
            Self::DialWaits(link) => Input::DialWaits(*link),
            Self::Opened(link) => Input::Opened(*link),
            Self::Message { .. } if !shard.drained => return Err(Problem::Early),
            Self::Message { link, text, part, last } => {
                Input::Message { link: *link, text: *text, part, last: *last }
            }
            Self::Sent(link) => Input::Sent(*link),
            Self::Closed(link, ended) => Input::Closed(*link, ended.gone()),
            Self::MayIdentify(link) => Input::MayIdentify(*link),
            Self::Command { class, expires, payload, .. } => {
                let payload = payload.as_ref().map(Vec::as_slice).map_err(|error| *error);
                // The answer is in the recording.
                let _ = shard.command_encoded(now, *class, *expires, payload);
                return Ok(());
            }
            Self::Leave(how) => {
                shard.leave(now, *how);
                return Ok(());
            }
        };
        shard.handle_input(now, input);
        Ok(())
    }
}

fn message(words: &mut Words<'_>) -> Result<Act, Problem> {
    let link = words.link()?;
    let last = match words.word() {
        "last" => true,
        "more" => false,
        _ => return Err(Problem::Expected("last or more")),
    };
    let (text, part) = words.payload()?;
    Ok(Act::Message { link, text, part, last })
}

fn ended(words: &mut Words<'_>) -> Result<Ended, Problem> {
    Ok(match words.word() {
        "code" => Ended::Code(CloseCode(words.value("a close code")?), words.quoted()?),
        "dropped" => Ended::Dropped,
        "refused" => Ended::Refused(words.value("an HTTP status")?),
        "too-long" => Ended::TooLong,
        "unreachable" => Ended::Unreachable,
        _ => {
            return Err(Problem::Expected("code, dropped, refused, too-long or unreachable"));
        }
    })
}

fn command(words: &mut Words<'_>) -> Result<Act, Problem> {
    let class = class(words.word())
        .ok_or(Problem::Expected("plain, presence, members:GUILD or voice:GUILD[:mute][:deaf]"))?;
    let expires = match words.0.strip_prefix("- ") {
        Some(rest) => {
            words.0 = rest;
            Instant::MAX
        }
        None => words.time()?,
    };
    if words.0.starts_with("none ") {
        words.word();
        let payload = Err(refusal(words.word())?);
        return Ok(Act::Command { class, expires, payload, text: true });
    }
    let (text, payload) = words.payload()?;
    Ok(Act::Command { class, expires, payload: Ok(payload), text })
}

/// Reads the class of a command.
fn class(word: &str) -> Option<CommandClass> {
    let (kind, rest) = word.split_once(':').unwrap_or((word, ""));
    let guild = |digits: &str| digits.parse().ok().map(GuildId);
    match (kind, rest) {
        ("plain", "") => Some(CommandClass::Plain),
        ("presence", "") => Some(CommandClass::Presence),
        ("members", id) => guild(id).map(CommandClass::AllMembers),
        ("voice", rest) => {
            let (rest, deaf) = strip(rest, ":deaf");
            let (id, mute) = strip(rest, ":mute");
            guild(id).map(|guild| CommandClass::Voice { guild, mute, deaf })
        }
        _ => None,
    }
}

/// Takes a suffix off; tells whether it was there.
fn strip<'w>(word: &'w str, suffix: &str) -> (&'w str, bool) {
    word.strip_suffix(suffix).map_or((word, false), |rest| (rest, true))
}

/// Reads why a command was not encoded: any reason but those that only a shard knows.
fn refusal(word: &str) -> Result<CommandError, Problem> {
    let of_shard =
        |error: &CommandError| matches!(error, CommandError::Over | CommandError::QueueFull);
    let error = CommandError::of_name(word).filter(|error| !of_shard(error));
    error.ok_or(Problem::Expected("why a command was not encoded, such as NotJson or TooLong"))
}
