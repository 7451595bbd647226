//! How things stand in a transcript: one line each, as plain values that know how to be written.

use core::fmt::{self, Display, Formatter, Write};
use core::num::NonZeroU64;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::mask::Masks;
use crate::event::{Connected, Disconnected, Dispatch, Skipped};
use crate::ports::{Frame, Gone, Input, Leave, Output, Purpose};
use crate::{CommandClass, CommandError, CommandId, Event, Instant, fnv};

/// How many bytes are written as base64 at once: a multiple of three.
const CHUNK: usize = 48;

/// A text in JSON's quotes, without the token.
pub(super) struct Quoted<'t>(pub(super) &'t str, pub(super) &'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut masks = Masks::new(self.0.as_bytes(), self.1);
        f.write_char('"')?;
        for (at, letter) in self.0.char_indices() {
            match letter {
                _ if masks.cover(at) => f.write_char('*')?,
                '"' | '\\' => {
                    f.write_char('\\')?;
                    f.write_char(letter)?;
                }
                '\0'..='\x1F' | '\x7F' => write!(f, "\\u{:04x}", u32::from(letter))?,
                _ => f.write_char(letter)?,
            }
        }
        f.write_char('"')
    }
}

/// A value that may not be there.
struct Maybe<T>(Option<T>);

impl<T: Display> Display for Maybe<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_char('-'),
        }
    }
}

/// A payload without the token: as text where a line can hold it, otherwise as base64.
pub(super) struct Payload<'p> {
    pub(super) text: bool,
    pub(super) bytes: &'p [u8],
    pub(super) token: &'p str,
}

impl Display for Payload<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.text {
            f.write_str("binary ")?;
        } else if let Some(text) = self.line() {
            f.write_str("text ")?;
            return self.write_masked(text, f);
        } else {
            f.write_str("text64 ")?;
        }
        self.write_base64(f)
    }
}

impl Payload<'_> {
    /// Returns the bytes as text if that fits into a line.
    fn line(&self) -> Option<&str> {
        let control = self.bytes.iter().any(u8::is_ascii_control);
        core::str::from_utf8(self.bytes).ok().filter(|_| !control)
    }

    fn write_masked(&self, text: &str, f: &mut Formatter<'_>) -> fmt::Result {
        let (mut masks, mut from) = (self.masks(), 0);
        while let Some(at) = masks.take() {
            f.write_str(text.get(from..at).unwrap_or_default())?;
            self.token.bytes().try_for_each(|_| f.write_char('*'))?;
            from = at + self.token.len();
        }
        f.write_str(text.get(from..).unwrap_or_default())
    }

    fn write_base64(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut bytes = self.masked();
        for chunk in self.bytes.chunks(CHUNK) {
            let mut plain = [0; CHUNK];
            plain
                .iter_mut()
                .zip(bytes.by_ref().take(chunk.len()))
                .for_each(|(to, from)| *to = from);
            let mut coded = [0; CHUNK / 3 * 4];
            let plain = plain.get(..chunk.len()).unwrap_or_default();
            // The buffer holds a whole chunk, so there is no error.
            let len = STANDARD.encode_slice(plain, &mut coded).unwrap_or_default();
            let coded = coded.get(..len).and_then(|coded| core::str::from_utf8(coded).ok());
            f.write_str(coded.unwrap_or_default())?;
        }
        Ok(())
    }

    /// Returns the bytes without the token.
    fn masked(&self) -> impl Iterator<Item = u8> {
        let mut masks = self.masks();
        let bytes = self.bytes.iter().enumerate();
        bytes.map(move |(at, byte)| if masks.cover(at) { b'*' } else { *byte })
    }

    /// Returns where the token stands.
    fn masks(&self) -> Masks<'_> {
        Masks::new(self.bytes, self.token)
    }
}

/// An input as its line has it, behind the time.
pub(super) struct Entered<'i>(pub(super) &'i Input<'i>, pub(super) &'i str);

impl Display for Entered<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Input::Tick => f.write_str("tick"),
            Input::Busy => f.write_str("busy"),
            Input::Held => f.write_str("held"),
            Input::DialWaits(link) => write!(f, "dial-waits {}", link.0),
            Input::Opened(link) => write!(f, "opened {}", link.0),
            Input::Message { link, text, part, last } => {
                let end = if *last { "last" } else { "more" };
                let payload = Payload { text: *text, bytes: part, token: self.1 };
                write!(f, "message {} {end} {payload}", link.0)
            }
            Input::Sent(link) => write!(f, "sent {}", link.0),
            Input::Closed(link, gone) => write!(f, "closed {} {}", link.0, End(gone, self.1)),
            Input::MayIdentify(link) => write!(f, "may-identify {}", link.0),
        }
    }
}

/// How a transport ended.
struct End<'g>(&'g Gone<'g>, &'g str);

impl Display for End<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Gone::Code(code, reason) => write!(f, "code {} {}", code.0, Quoted(reason, self.1)),
            Gone::Dropped => f.write_str("dropped"),
            Gone::Refused(status) => write!(f, "refused {status}"),
            Gone::TooLong => f.write_str("too-long"),
            Gone::Unreachable => f.write_str("unreachable"),
        }
    }
}

/// A command as its line has it, behind the time.
pub(super) struct Given<'c> {
    pub(super) class: CommandClass,
    pub(super) expires: Instant,
    pub(super) payload: Result<Payload<'c>, CommandError>,
}

impl Display for Given<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let expires = Maybe((self.expires < Instant::MAX).then_some(self.expires));
        write!(f, "command {} {expires} ", Classed(self.class))?;
        match &self.payload {
            Ok(payload) => payload.fmt(f),
            Err(error) => write!(f, "none {error:?}"),
        }
    }
}

/// The class of a command, in one word.
struct Classed(CommandClass);

impl Display for Classed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            CommandClass::AllMembers(guild) => write!(f, "members:{guild}"),
            CommandClass::Plain => f.write_str("plain"),
            CommandClass::Presence => f.write_str("presence"),
            CommandClass::Voice { guild, mute, deaf } => {
                let [mute, deaf] = [(mute, ":mute"), (deaf, ":deaf")]
                    .map(|(says, word)| if says { word } else { "" });
                write!(f, "voice:{guild}{mute}{deaf}")
            }
        }
    }
}

/// What was answered to a command.
pub(super) struct Answer(pub(super) Result<CommandId, CommandError>);

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(id) => write!(f, "queued {}", id.0),
            Err(error) => write!(f, "refused {error:?}"),
        }
    }
}

/// A way to leave.
pub(super) const fn leave(how: Leave) -> &'static str {
    match how {
        Leave::End => "leave end",
        Leave::Park => "leave park",
    }
}

/// An output as its line has it, behind the time.
pub(super) struct Wanted<'o> {
    pub(super) output: &'o Output<'o>,
    /// What was announced, if the output is that.
    pub(super) event: Option<Event<'o>>,
    pub(super) token: &'o str,
}

impl Display for Wanted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.output, &self.event) {
            (Output::Connect(target), _) => {
                write!(f, "connect {} {} {target}", target.link.0, purpose(target.purpose))
            }
            (Output::AskIdentify(link), _) => write!(f, "ask-identify {}", link.0),
            (Output::ForgoIdentify(link), _) => write!(f, "forgo-identify {}", link.0),
            (Output::Send(Frame { link, text, bytes }), _) => {
                let payload = Payload { text: *text, bytes, token: self.token };
                write!(f, "send {} {payload}", link.0)
            }
            (Output::Close(code), _) => write!(f, "close {}", code.0),
            (Output::Event(_), Some(event)) => write!(f, "event {}", Told(event, self.token)),
            (Output::Event(kind), None) => write!(f, "event {kind}"),
            (Output::Wait(at), _) => write!(f, "wait {at}"),
            (Output::Stop(stop), _) => write!(f, "stop {stop:?}"),
        }
    }
}

const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Identify => "identify",
        Purpose::Resume => "resume",
    }
}

/// What an event tells.
struct Told<'e>(&'e Event<'e>, &'e str);

impl Display for Told<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Event::Command { id, fate } => write!(f, "command {} {fate:?}", id.0),
            Event::Connected(up) => connected(up, f),
            Event::Disconnected(over) => disconnected(over, self.1, f),
            Event::Dispatch(dispatch) => write!(f, "dispatch {}", Digest(dispatch, self.1)),
            Event::Duplicate(dispatch) => write!(f, "duplicate {}", Digest(dispatch, self.1)),
            Event::Gap { expected, found } => write!(f, "gap {expected} {found}"),
            Event::Limit(limit) => write!(f, "limit {limit:?}"),
            Event::SessionLost { cause } => write!(f, "session-lost {cause:?}"),
            Event::Skipped(skipped) => skip(skipped, f),
        }
    }
}

fn connected(up: &Connected, f: &mut Formatter<'_>) -> fmt::Result {
    let interval = Instant::since_epoch(up.heartbeat_interval);
    write!(f, "connected {} {} {interval}", up.link.0, purpose(up.purpose))
}

fn disconnected(over: &Disconnected<'_>, token: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let Disconnected { link, cause, code, reason, status, resumes, redial_after } = over;
    let code = Maybe(code.map(|code| code.0));
    let session = if *resumes { "resumes" } else { "anew" };
    let after = Maybe(redial_after.map(Instant::since_epoch));
    write!(f, "disconnected {} {cause:?} {code} {}", link.0, Quoted(reason, token))?;
    write!(f, " {} {session} {after}", Maybe(*status))
}

fn skip(skipped: &Skipped, f: &mut Formatter<'_>) -> fmt::Result {
    let Skipped { kind, seq, guild, id, length, more, through } = skipped;
    let guild = Maybe(guild.map(|guild| guild.0));
    write!(f, "skipped {kind} {} {guild} {} {length} {more} ", Maybe(*seq), Maybe(*id))?;
    write!(f, "{}", Maybe(*through))
}

/// A dispatch by name, sequence number, and the length and FNV-1a hash of its `d`, without the token.
struct Digest<'e>(&'e Dispatch<'e>, &'e str);

impl Display for Digest<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (name, data) = (Quoted(self.0.name(), self.1), self.0.data());
        let payload = Payload { text: false, bytes: data, token: self.1 };
        let seq = Maybe(self.0.seq().and_then(NonZeroU64::new));
        let hash = payload.masked().fold(fnv::BASIS, fnv::step);
        write!(f, "{name} {seq} {} {hash:016x}", data.len())
    }
}
