//! The transport of the link at hand, a dial and then a WebSocket; it tells the shard what it hears.

use std::fmt::Display;
use std::mem;
use std::task::{Context, Poll, Waker, ready};

use async_tungstenite::tungstenite::error::{CapacityError, Error};
use async_tungstenite::tungstenite::protocol::CloseFrame;
use async_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use futures_util::{SinkExt, StreamExt};
use gatewright_core::{CloseCode, Frame, Gone, Input, Link, Target};

use crate::dial::{Dial, Socket, dial};
use crate::read::LONG;
use crate::recording::Shard;
use crate::trace::{Teller, tell};
use crate::{Options, clock};

/// The transport of one link.
pub(crate) struct Transport {
    teller: Teller,
    link: Link,
    state: State,
    writing: Writing,
    /// The latest payload, if it was long: as long as it is there, the WebSocket cannot read into its bytes again and
    /// goes on in a small buffer.
    long: Bytes,
    pub(crate) last_error: Option<String>,
}

enum State {
    Idle,
    /// The dial waits for its turn.
    Waiting(Dial),
    Dialing(Dial),
    Open(Box<Socket>),
}

/// What is to be flushed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Writing {
    #[default]
    Nothing,
    Frame,
    Close,
    /// The close frame is out. What still comes is passed over until the peer is gone: to drop the transport with
    /// something unread would reset it, and the peer might never read the frame.
    Closed,
    /// Writing failed: what the peer said last, perhaps a close code, is still to be read.
    Failed,
}

impl Transport {
    /// Creates one that is idle.
    pub(crate) fn new(teller: Teller) -> Self {
        let (link, state, writing) = (Link::default(), State::Idle, Writing::Nothing);
        Self { teller, link, state, writing, long: Bytes::new(), last_error: None }
    }

    /// Begins to dial, and drops what was there.
    pub(crate) fn connect(&mut self, target: &Target<'_>, options: &Options) {
        tell!(debug, self.teller, link = target.link.0, "connecting to {target}");
        self.link = target.link;
        self.state = State::Waiting(dial(target, options));
        self.writing = Writing::Nothing;
    }

    /// Returns the link whose dial waits for its turn.
    pub(crate) fn waits(&self) -> Option<Link> {
        matches!(self.state, State::Waiting(_)).then_some(self.link)
    }

    /// Begins the dial that waited.
    pub(crate) fn dial(&mut self) {
        self.state = match mem::replace(&mut self.state, State::Idle) {
            State::Waiting(dial) => State::Dialing(dial),
            other @ (State::Idle | State::Dialing(_) | State::Open(_)) => other,
        };
    }

    /// Returns the link that is dialed.
    pub(crate) fn dials(&self) -> Option<Link> {
        matches!(self.state, State::Dialing(_)).then_some(self.link)
    }

    /// Tells whether the WebSocket is up.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Drops what is there without a word.
    pub(crate) fn abandon(&mut self) {
        self.state = State::Idle;
        self.writing = Writing::Nothing;
        self.long = Bytes::new();
    }

    /// Tells whether a frame is on its way.
    pub(crate) const fn is_writing(&self) -> bool {
        matches!(self.writing, Writing::Frame)
    }

    /// Hands a frame to the WebSocket; [`try_flush`](Self::try_flush) is next.
    pub(crate) fn send(&mut self, frame: &Frame<'_>) {
        let message = match str::from_utf8(frame.bytes) {
            Ok(text) if frame.text => Message::text(text),
            _ => Message::binary(frame.bytes.to_vec()),
        };
        let started = self.start(message);
        self.writing = if started { Writing::Frame } else { Writing::Failed };
    }

    /// Hands a close frame to the WebSocket; [`try_flush`](Self::try_flush) is next. A dial is given up.
    pub(crate) fn close(&mut self, code: CloseCode) {
        tell!(debug, self.teller, link = self.link.0, "closing with {code}");
        let frame = CloseFrame { code: code.0.into(), reason: Utf8Bytes::default() };
        if !self.start(Message::Close(Some(frame))) {
            self.state = State::Idle;
        }
        self.writing = Writing::Close;
    }

    fn start(&mut self, message: Message) -> bool {
        match &mut self.state {
            State::Open(socket) if self.writing != Writing::Failed => {
                socket.start_send_unpin(message).is_ok()
            }
            State::Idle | State::Waiting(_) | State::Dialing(_) | State::Open(_) => false,
        }
    }

    /// Tries once to flush, without waiting.
    pub(crate) fn try_flush(&mut self, shard: &mut Shard) {
        let _ = self.poll_out(&mut Context::from_waker(Waker::noop()), shard);
    }

    /// Looks at what goes out, then at what comes in; ready if the shard was told something.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, shard: &mut Shard) -> Poll<()> {
        if self.poll_out(cx, shard).is_ready() {
            return Poll::Ready(());
        }
        match &mut self.state {
            State::Idle | State::Waiting(_) => return Poll::Pending,
            State::Dialing(dial) => match ready!(dial.as_mut().poll(cx)) {
                Ok(socket) => {
                    self.state = State::Open(Box::new(socket));
                    shard.handle_input(clock::now(), Input::Opened(self.link));
                }
                Err(error) => self.fail(shard, gone_of_dial(&error), &error),
            },
            State::Open(socket) if self.writing == Writing::Closed => {
                match ready!(socket.poll_next_unpin(cx)) {
                    Some(Ok(_)) => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Some(Err(_)) | None => self.end(shard, Gone::Dropped),
                }
            }
            State::Open(socket) => {
                let next = socket.poll_next_unpin(cx);
                self.long = Bytes::new();
                match ready!(next) {
                    Some(Ok(message)) => self.take(shard, message),
                    Some(Err(error)) => self.fail(shard, gone_of_read(&error), &error),
                    None => self.end(shard, Gone::Dropped),
                }
            }
        }
        Poll::Ready(())
    }

    /// Looks at what goes out, and reads nothing; ready if the shard was told something.
    pub(crate) fn poll_out(&mut self, cx: &mut Context<'_>, shard: &mut Shard) -> Poll<()> {
        if matches!(self.writing, Writing::Nothing | Writing::Closed | Writing::Failed) {
            return Poll::Pending;
        }
        let flushed = match &mut self.state {
            State::Open(socket) => ready!(socket.poll_flush_unpin(cx)),
            State::Idle | State::Waiting(_) | State::Dialing(_) => Ok(()),
        };
        match (mem::take(&mut self.writing), flushed) {
            (Writing::Close, Ok(())) if matches!(self.state, State::Open(_)) => {
                self.writing = Writing::Closed;
                return Poll::Pending;
            }
            (Writing::Close, _) => self.end(shard, Gone::Dropped),
            (_, Ok(())) => shard.handle_input(clock::now(), Input::Sent(self.link)),
            (_, Err(error)) => {
                tell!(debug, self.teller, link = self.link.0, "writing failed: {error}");
                self.writing = Writing::Failed;
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    fn take(&mut self, shard: &mut Shard, message: Message) {
        let (text, bytes) = match message {
            Message::Text(text) => (true, text.into()),
            Message::Binary(bytes) => (false, bytes),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                return shard.handle_input(clock::now(), Input::Busy);
            }
            Message::Close(frame) => return self.closed(shard, frame.as_ref()),
        };
        let input = Input::Message { link: self.link, text, part: &bytes, last: true };
        shard.handle_input(clock::now(), input);
        if bytes.len() > LONG {
            self.long = bytes;
        }
    }

    fn closed(&mut self, shard: &mut Shard, frame: Option<&CloseFrame>) {
        if let State::Open(socket) = &mut self.state {
            // One try to confirm it; the peer does not wait for that.
            let _ = socket.poll_flush_unpin(&mut Context::from_waker(Waker::noop()));
        }
        let code = frame.map(|frame| Gone::Code(CloseCode(frame.code.into()), &frame.reason));
        self.end(shard, code.unwrap_or(Gone::Dropped));
    }

    fn fail(&mut self, shard: &mut Shard, gone: Gone<'_>, error: &dyn Display) {
        self.last_error = Some(error.to_string());
        tell!(debug, self.teller, link = self.link.0, "{error}");
        self.end(shard, gone);
    }

    /// Drops the transport and says its last word.
    fn end(&mut self, shard: &mut Shard, gone: Gone<'_>) {
        self.state = State::Idle;
        self.long = Bytes::new();
        shard.handle_input(clock::now(), Input::Closed(self.link, gone));
    }
}

fn gone_of_dial(error: &Error) -> Gone<'static> {
    let Error::Http(response) = error else { return Gone::Unreachable };
    Gone::Refused(response.status().as_u16())
}

const fn gone_of_read(error: &Error) -> Gone<'static> {
    let too_long = matches!(error, Error::Capacity(CapacityError::MessageTooLong { .. }));
    if too_long { Gone::TooLong } else { Gone::Dropped }
}
