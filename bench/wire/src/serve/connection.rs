//! One connection: a thread reads what the client says, another writes what was encoded before.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use gatewright_core::{Compression, Encoding};
use gatewright_sim::from_etf;
use serde::Deserialize;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket, accept_hdr};

use super::{Sets, format_of};
use crate::traffic::CLOSE;

/// How long a client may take to say what is next, and to read what it was sent.
const SAYS: Duration = Duration::from_secs(20);
/// How often is looked whether all guilds are taken, and how many times.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: usize = 2_400;
const READS: Duration = Duration::from_secs(60);
/// How long a client is listened to, and after how long one is closed that does not end by itself.
const LISTENS: Duration = Duration::from_secs(240);
const ENDS: Duration = Duration::from_secs(60);

/// What a client said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Beat,
    Identify {
        compress: bool,
    },
    /// Something that needs no answer, as a presence.
    Other,
}

/// Serves a client from the handshake to its end.
pub fn serve(stream: TcpStream, sets: &Sets) -> Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(READS))?;
    let (stream, query) = shake_hands(stream)?;
    let mut format = format_of(&query);
    let (saying, says) = channel();
    let reads = ReadHalf(stream.try_clone()?);
    reads.0.set_read_timeout(Some(LISTENS))?;
    let encoding = format.encoding;
    let reader = thread::spawn(move || listen(reads, encoding, &saying));
    (&stream).write_all(&sets.of(format)?.hello)?;
    if wait_for(&says, |said| matches!(said, Said::Identify { .. }))?
        == (Said::Identify { compress: true })
        && format.compression == Compression::None
    {
        format.compression = Compression::Zlib;
    }
    send(&stream, sets, format, &says)?;
    // It ends as it likes, by its own close frame or without one. Whatever it says until then is of no interest.
    loop {
        match says.recv_timeout(ENDS) {
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => break,
        }
    }
    (&stream).write_all(&CLOSE)?;
    stream.shutdown(Shutdown::Write)?;
    let _ = reader.join();
    Ok(())
}

fn send(
    mut stream: &TcpStream,
    sets: &Sets,
    format: super::Format,
    says: &Receiver<Said>,
) -> Result<()> {
    let frames = sets.of(format)?;
    let go = sets.go.lock().expect("nobody panicked");
    while go.try_recv().is_ok() {}
    stream.write_all(&frames.guilds)?;
    wait_to_go(&go, says)?;
    stream.write_all(&frames.beat)?;
    wait_for(says, |said| said == Said::Beat)?;
    stream.write_all(&frames.ack)?;
    stream.write_all(&frames.steady)?;
    Ok(())
}

/// Waits until the steady events may go; a heartbeat of before is answered with the one that is asked for.
fn wait_to_go(go: &Receiver<()>, says: &Receiver<Said>) -> Result<()> {
    for _ in 0..LOOKS {
        let gone = loop {
            match says.try_recv() {
                Ok(_) => {}
                Err(error) => break error == TryRecvError::Disconnected,
            }
        };
        if gone || go.recv_timeout(LOOK).is_ok() {
            ensure!(!gone, "the client is gone");
            return Ok(());
        }
    }
    bail!("the client did not take all guilds")
}

fn wait_for(says: &Receiver<Said>, wanted: impl Fn(Said) -> bool) -> Result<Said> {
    loop {
        let said = says.recv_timeout(SAYS).context("the client says nothing")?;
        if wanted(said) {
            return Ok(said);
        }
    }
}

fn shake_hands(stream: TcpStream) -> Result<(TcpStream, String)> {
    let mut query = String::new();
    #[expect(clippy::result_large_err, reason = "the type of the callback")]
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        query = request.uri().query().unwrap_or_default().to_owned();
        Ok(response)
    };
    let Ok(socket) = accept_hdr(stream, note) else { bail!("no handshake") };
    Ok((socket.into_inner(), query))
}

/// Reads from a stream; what is written goes nowhere, so that no pong comes between frames of the other thread.
struct ReadHalf(TcpStream);

impl Read for ReadHalf {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Write for ReadHalf {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hears a client until it is gone.
fn listen(stream: ReadHalf, encoding: Encoding, saying: &Sender<Said>) {
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    while let Ok(message) = socket.read() {
        let said = match message {
            Message::Text(text) => read(&text),
            Message::Binary(bytes) if encoding == Encoding::Etf => {
                from_etf(&bytes).ok().and_then(|value| read(&value.to_string()))
            }
            Message::Binary(bytes) => std::str::from_utf8(&bytes).ok().and_then(read),
            _ => None,
        };
        // Nobody hears once all is sent.
        if let Some(said) = said {
            let _ = saying.send(said);
        }
    }
}

fn read(text: &str) -> Option<Said> {
    #[derive(Deserialize)]
    struct Envelope {
        op: u8,
        d: Option<serde_json::Value>,
    }
    let Envelope { op, d } = serde_json::from_str(text).ok()?;
    let compress = || d.as_ref().and_then(|d| d.get("compress")?.as_bool()).unwrap_or_default();
    Some(match op {
        1 => Said::Beat,
        2 => Said::Identify { compress: compress() },
        _ => Said::Other,
    })
}
