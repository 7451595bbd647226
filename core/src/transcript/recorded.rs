//! A shard whose inputs and outputs are written down as they happen.

use core::fmt::{self, Debug, Display, Write};
use core::ops::Deref;

use super::MAX_LINE;
use super::header::{self, Made};
use super::write::{Answer, Entered, Given, Payload, Wanted, leave};
use crate::{
    Command, CommandClass, CommandError, CommandId, Counters, EncodedCommand, Encoding, Event,
    Input, Instant, Leave, MAX_PAYLOAD, Output, Shard,
};

/// A shard that can write a transcript: everything it hears and wants, in order.
///
/// It has the shard's doors and adds nothing to them; as long as nothing is recorded it costs one comparison
/// each.
///
/// # Examples
///
/// ```
/// use gatewright_core::transcript::Recorded;
/// use gatewright_core::{Compression, Config, Input, Instant, Intents, Memory, Output, Shard};
///
/// # #[cfg(feature = "alloc")] {
/// let config = Config::new("token", Intents::GUILDS);
/// let mut shard = Recorded::new(Shard::new(config, 7, Memory::heap(Compression::None))?);
/// shard.record(String::new())?;
/// shard.handle_input(Instant::from_millis(1), Input::Tick);
/// assert!(matches!(shard.poll_output(), Output::Connect(_)));
/// let transcript = shard.finish().unwrap();
/// assert!(transcript.contains("\n< 0.001000 tick\n> 0.001000 connect 1 identify wss://"));
/// # }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Recorded<'m, W: Write> {
    shard: Shard<'m>,
    tape: Option<Tape<W>>,
}

/// Why a recording does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// The command buffer is larger than [`MAX_COMMANDS`](super::MAX_COMMANDS).
    CommandsTooLarge,
    /// A message may inflate to more than [`MAX_MESSAGE`](super::MAX_MESSAGE).
    MessageTooLarge,
    /// The payload buffer, or its limit, is larger than [`MAX_MEMORY`](super::MAX_MEMORY).
    PayloadTooLarge,
    /// The shard has heard its first input.
    TooLate,
}

impl Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CommandsTooLarge => {
                "expected a command buffer of at most 1 MiB, or the recording could not be replayed"
            }
            Self::MessageTooLarge => {
                "expected messages that inflate to at most 1 GiB, or the recording could not be replayed"
            }
            Self::PayloadTooLarge => {
                "expected a payload buffer of at most 256 MiB, or the recording could not be replayed"
            }
            Self::TooLate => {
                "a recording begins before the first input, or it could not be replayed"
            }
        })
    }
}

impl core::error::Error for RecordError {}

impl<'m, W: Write> Recorded<'m, W> {
    /// Takes a shard; nothing is recorded yet.
    #[must_use]
    pub const fn new(shard: Shard<'m>) -> Self {
        Self { shard, tape: None }
    }

    /// Begins to record with the header; a recording at hand is given up.
    ///
    /// Writing that fails ends the recording and nothing else, as does a line that would be longer than
    /// [`MAX_LINE`].
    ///
    /// # Errors
    /// [`RecordError`] if there was an input, or if the memory is more than a replay takes.
    pub fn record(&mut self, to: W) -> Result<(), RecordError> {
        if self.shard.started {
            return Err(RecordError::TooLate);
        }
        header::check(&self.shard)?;
        let mut tape = Tape { to, failed: false };
        tape.write(format_args!("{}", Made(&self.shard)));
        self.tape = Some(tape);
        Ok(())
    }

    /// Tells whether a recording goes on: it was begun, and no writing failed.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.tape.as_ref().is_some_and(|tape| !tape.failed)
    }

    /// Returns where the recording goes.
    pub fn recording(&mut self) -> Option<&mut W> {
        self.tape.as_mut().map(|tape| &mut tape.to)
    }

    /// Ends the recording, so that a test may reach inside.
    #[cfg(test)]
    pub(crate) fn inside(&mut self) -> &mut Shard<'m> {
        self.finish();
        &mut self.shard
    }

    /// Ends the recording with its last line and returns what it went to.
    pub fn finish(&mut self) -> Option<W> {
        let mut tape = self.tape.take()?;
        tape.write(format_args!("{}\n", self.last_line()));
        Some(tape.to)
    }

    /// Returns what the last line of a recording says, if it ended here.
    pub(super) fn last_line(&self) -> impl Display {
        Last(self.shard.now, self.shard.status().counters)
    }

    /// As [`Shard::handle_input`].
    ///
    /// # Panics
    /// As [`Shard::handle_input`].
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        if let Some(tape) = &mut self.tape {
            tape.heard(now, &Entered(&input, self.shard.config.token.reveal()));
        }
        self.shard.handle_input(now, input);
    }

    /// As [`Shard::command`].
    ///
    /// # Errors
    /// As [`Shard::command`].
    pub fn command(
        &mut self,
        now: Instant,
        command: &Command<'_>,
    ) -> Result<CommandId, CommandError> {
        self.command_until(now, command, Instant::MAX)
    }

    /// As [`Shard::command_until`].
    ///
    /// # Errors
    /// As [`Shard::command_until`].
    pub fn command_until(
        &mut self,
        now: Instant,
        command: &Command<'_>,
        expires: Instant,
    ) -> Result<CommandId, CommandError> {
        if self.tape.is_none() {
            return self.shard.command_until(now, command, expires);
        }
        let mut room = [0; MAX_PAYLOAD];
        let config = &self.shard.config;
        let checked = command.check(config.intents);
        let encoded = checked.and_then(|()| command.encode(config.encoding, &mut room));
        let payload = encoded.map(|len| room.get(..len).unwrap_or_default());
        self.command_encoded(now, CommandClass::of(command), expires, payload)
    }

    /// As [`Shard::encoded_command`].
    ///
    /// # Errors
    /// As [`Shard::encoded_command`].
    pub fn encoded_command(
        &mut self,
        now: Instant,
        command: &EncodedCommand<'_>,
        expires: Instant,
    ) -> Result<CommandId, CommandError> {
        let payload = command.payload_for(self.shard.config.encoding);
        self.command_encoded(now, command.class(), expires, payload)
    }

    /// Queues a command that was encoded before.
    pub(super) fn command_encoded(
        &mut self,
        now: Instant,
        class: CommandClass,
        expires: Instant,
        payload: Result<&[u8], CommandError>,
    ) -> Result<CommandId, CommandError> {
        let answer = self.shard.command_encoded(now, class, expires, payload);
        if let Some(tape) = &mut self.tape {
            let text = self.shard.config.encoding == Encoding::Json;
            let token = self.shard.config.token.reveal();
            let payload = payload.map(|bytes| Payload { text, bytes, token });
            tape.heard(now, &Given { class, expires, payload });
            tape.said(self.shard.now, &Answer(answer));
        }
        answer
    }

    /// As [`Shard::leave`].
    pub fn leave(&mut self, now: Instant, how: Leave) {
        if let Some(tape) = &mut self.tape {
            tape.heard(now, &leave(how));
        }
        self.shard.leave(now, how);
    }

    /// As [`Shard::poll_output`].
    pub fn poll_output(&mut self) -> Output<'_> {
        let step = self.shard.next_step();
        let output = self.shard.lend(step);
        if let Some(tape) = &mut self.tape {
            let announced = matches!(output, Output::Event(_));
            let event: Option<Event<'_>> = announced.then(|| self.shard.event());
            let token = self.shard.config.token.reveal();
            tape.said(self.shard.now, &Wanted { output: &output, event, token });
        }
        output
    }
}

impl<'m, W: Write> Deref for Recorded<'m, W> {
    type Target = Shard<'m>;

    fn deref(&self) -> &Shard<'m> {
        &self.shard
    }
}

impl<W: Write> Drop for Recorded<'_, W> {
    /// Ends the recording with its last line.
    fn drop(&mut self) {
        self.finish();
    }
}

impl<W: Write> Debug for Recorded<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("shard", &self.shard)
            .field("is_recording", &self.is_recording())
            .finish()
    }
}

/// Where lines go.
struct Tape<W> {
    to: W,
    failed: bool,
}

impl<W: Write> Tape<W> {
    fn heard(&mut self, now: Instant, what: &dyn Display) {
        self.write(format_args!("< {now} {what}\n"));
    }

    fn said(&mut self, now: Instant, what: &dyn Display) {
        self.write(format_args!("> {now} {what}\n"));
    }

    fn write(&mut self, line: fmt::Arguments<'_>) {
        let mut to = Bounded { to: &mut self.to, room: MAX_LINE };
        self.failed = self.failed || to.write_fmt(line).is_err();
    }
}

/// A writer that takes so many bytes and no more.
struct Bounded<'t, W> {
    to: &'t mut W,
    room: usize,
}

impl<W: Write> Write for Bounded<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.room = self.room.checked_sub(text.len()).ok_or(fmt::Error)?;
        self.to.write_str(text)
    }
}

/// The last line: what was counted.
struct Last(Instant, Counters);

impl Display for Last {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters { dials, identifies, resumes, readies, resumed, heartbeats, .. } = self.1;
        let Counters { messages, dispatches, skipped, duplicates, gaps, unexpected, .. } = self.1;
        let Counters { unanswered, commands, wire_bytes, inflated_bytes, .. } = self.1;
        write!(f, "= {} dials {dials} identifies {identifies} resumes {resumes}", self.0)?;
        write!(f, " readies {readies} resumed {resumed} heartbeats {heartbeats}")?;
        write!(f, " messages {messages} dispatches {dispatches} skipped {skipped}")?;
        write!(f, " duplicates {duplicates} gaps {gaps} unexpected {unexpected}")?;
        write!(f, " unanswered {unanswered} commands {commands}")?;
        write!(f, " wire-bytes {wire_bytes} inflated-bytes {inflated_bytes}")
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn a_line_that_would_be_too_long_is_not_written_to_its_end() {
        let mut line = String::new();
        let mut to = Bounded { to: &mut line, room: 8 };
        assert_eq!(to.write_str("< 1 tick"), Ok(()));
        assert_eq!(to.write_str("\n"), Err(fmt::Error));
        assert_eq!(line, "< 1 tick");
    }
}
