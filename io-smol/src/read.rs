//! What a WebSocket reads from: the stream, through a buffer that is lent while something is in it.
//!
//! A shard that hears nothing has no read buffer, and the WebSocket on top needs a small one only. It stops before a
//! long payload, so that the WebSocket makes a buffer of that length for it, and nothing else comes to stand there;
//! and behind the answer to the upgrade, which the WebSocket has no part of.

use std::cell::RefCell;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::io::{AsyncRead, AsyncWrite};
use gatewright_std::Frames;

/// The payloads that are long, in bytes.
pub(crate) const LONG: usize = 2 * 1024;
/// The size of a buffer that is lent.
const SIZE: usize = 8 * 1024;
/// How many buffers a thread keeps to be lent.
const SPARE: usize = 8;

thread_local! {
    static SPARES: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// A stream, and what was read from it and not asked for yet.
pub(crate) struct Reader<S> {
    stream: S,
    frames: Frames,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<S> Reader<S> {
    /// Reads from a stream on which an upgrade is to be asked for.
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, frames: Frames::new(), buffer: Box::default(), start: 0, end: 0 }
    }
}

impl<S: AsyncRead + Unpin> Reader<S> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut buffer = borrow();
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut buffer);
        let Poll::Ready(Ok(length)) = read else {
            give_back(buffer);
            return read.map_ok(drop);
        };
        (self.buffer, self.start, self.end) = (buffer, 0, length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Reader<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.start == this.end {
            ready!(this.poll_fill(cx))?;
        }
        let waiting = this.buffer.get(this.start..this.end).unwrap_or_default();
        let asked = waiting.get(..room.len()).unwrap_or(waiting);
        let length = this.frames.pass(asked, LONG as u64);
        if let (Some(to), Some(from)) = (room.get_mut(..length), asked.get(..length)) {
            to.copy_from_slice(from);
        }
        this.start += length;
        if this.start == this.end {
            give_back(mem::take(&mut this.buffer));
        }
        Poll::Ready(Ok(length))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Reader<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_close(cx)
    }
}

/// Takes a buffer of this thread, or makes one.
fn borrow() -> Box<[u8]> {
    let spare = SPARES.try_with(|spares| spares.borrow_mut().pop());
    spare.ok().flatten().unwrap_or_else(|| vec![0; SIZE].into_boxed_slice())
}

/// Keeps a buffer on this thread, unless there are enough.
fn give_back(buffer: Box<[u8]>) {
    // A thread that ends keeps nothing.
    let _ = SPARES.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        if spares.len() < SPARE {
            spares.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use futures_util::io::Cursor;

    use super::*;

    #[test]
    fn what_is_read_is_whole_and_nothing_is_held_once_it_was_asked_for() {
        let mut bytes = b"HTTP/1.1 101 Hello\r\n\r\n\x82\x05hello\x82\x7E\x0B\xB8".to_vec();
        bytes.extend([7; 3_000]);
        bytes.extend(b"\x82\x01x".repeat(5_000));
        for size in [1, 5, 1_000, 100_000] {
            let mut reader = Reader::new(Cursor::new(bytes.clone()));
            let (mut read, mut room) = (Vec::<u8>::new(), vec![0; size]);
            let mut cx = Context::from_waker(Waker::noop());
            loop {
                let Poll::Ready(Ok(length)) = Pin::new(&mut reader).poll_read(&mut cx, &mut room)
                else {
                    panic!("a cursor never waits");
                };
                read.extend(room.iter().take(length));
                assert_eq!(reader.buffer.is_empty(), reader.start == reader.end, "{size}");
                if length == 0 {
                    break;
                }
            }
            assert!(read == bytes, "{size}");
        }
    }
}
