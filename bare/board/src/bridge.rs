//! The transport of a board: two pipes to the bridge on the host, which stands for WebSocket and TLS.

use core::fmt::Write as _;

use gatewright_core::{CloseCode, Frame, Gone, Input, Instant, Link, Target};

use crate::semihosting::{File, Mode, exit};
use crate::wire::{Act, HEAD, Head, PIECE, request};

/// The status a program ends with when the bridge is gone, or says what nobody understands.
const LOST: usize = 103;

/// The transport.
#[derive(Debug)]
pub struct Bridge {
    to: File,
    from: File,
    part: [u8; PIECE],
    /// What is to be heard before the bridge is asked.
    due: Option<Input<'static>>,
}

impl Bridge {
    /// Opens the pipes.
    #[must_use]
    pub fn open() -> Self {
        let to = File::open(c"requests", Mode::Write);
        Self { to, from: File::open(c"answers", Mode::Read), part: [0; PIECE], due: None }
    }

    /// Asks for a transport.
    #[inline(never)]
    pub fn connect(&mut self, now: Instant, target: Target<'_>) {
        let mut url = Url { bytes: [0; 256], len: 0 };
        // A URL that does not fit is cut, and the bridge refuses it.
        let _ = write!(url, "{target}");
        self.due = None;
        self.say(now, request::CONNECT, 0, target.link, &url.bytes[..url.len]);
    }

    /// Sends a frame, whole.
    #[inline(never)]
    pub fn send(&mut self, now: Instant, frame: Frame<'_>) {
        self.say(now, request::SEND, u8::from(frame.text), frame.link, frame.bytes);
        self.due = Some(Input::Sent(frame.link));
    }

    /// Closes the transport.
    #[inline(never)]
    pub fn close(&mut self, now: Instant, link: Link, code: CloseCode) {
        self.say(now, request::CLOSE, 0, link, &code.0.to_le_bytes());
        self.due = Some(Input::Closed(link, Gone::Dropped));
    }

    /// Gives a permit to identify, which a single shard needs nobody's leave for.
    pub fn permit(&mut self, link: Link) {
        self.due = Some(Input::MayIdentify(link));
    }

    /// Returns what comes next: of the board, or of the bridge.
    ///
    /// Like the others, it has a frame of its own: that of the loop is on the stack while an event is heard.
    #[inline(never)]
    pub fn next(&mut self, now: Instant) -> (Act<'_>, Instant) {
        if let Some(input) = self.due.take() {
            return (Act::Hear(input), now);
        }
        self.say(now, request::POLL, 0, Link(0), &[]);
        let mut head = [0; HEAD];
        let whole = self.from.read(&mut head) == HEAD;
        let head = Head::read(head);
        let room = self.part.get_mut(..head.len.into()).filter(|_| whole);
        let Some(part) = room else { exit(LOST) };
        if self.from.read(part) != usize::from(head.len) {
            exit(LOST);
        }
        let Some(act) = Act::read(head, part) else { exit(LOST) };
        (act, Instant::from_micros(head.micros))
    }

    fn say(&mut self, now: Instant, kind: u8, flags: u8, link: Link, payload: &[u8]) {
        let len = u16::try_from(payload.len()).unwrap_or_else(|_| exit(LOST));
        let head = Head { kind, flags, len, link: link.0, micros: now.as_micros() };
        self.to.write(&head.bytes());
        self.to.write(payload);
    }
}

/// Room to write a URL in.
struct Url {
    bytes: [u8; 256],
    len: usize,
}

impl core::fmt::Write for Url {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
