//! The core in a hand-written loop over blocking std sockets: how to embed it anywhere. `ws://` only.
//!
//! `DISCORD_TOKEN=... GATEWAY_URL=ws://127.0.0.1:8765 cargo run -p gatewright-core --features alloc --example blocking`

use std::env;
use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant as Clock};

use gatewright_core::{
    CloseCode, Compression, Config, Event, Frame, Gone, Input, Instant, Intents, Link, Memory,
    Output, Shard, Stop, Target,
};
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

/// A socket is never waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

struct Driver {
    epoch: Clock,
    shard: Shard<'static>,
    link: Link,
    socket: Option<WebSocket<TcpStream>>,
}

#[expect(clippy::disallowed_methods, reason = "this is where the time enters")]
fn main() -> Result<(), Box<dyn Error>> {
    let token = env::var("DISCORD_TOKEN").map_err(|_| "expected a bot token in DISCORD_TOKEN")?;
    let url = env::var("GATEWAY_URL").map_err(|_| "expected a ws:// URL in GATEWAY_URL")?;
    let config = Config::new(token, Intents::unprivileged()).gateway(url);
    // The standard library's hash keys are random: a seed that differs from run to run.
    let seed = RandomState::new().build_hasher().finish();
    let shard = Shard::new(config, seed, Memory::heap(Compression::ZlibStream))?;
    let mut driver = Driver { epoch: Clock::now(), shard, link: Link(0), socket: None };
    loop {
        match driver.drain() {
            Ok(at) => driver.wait(at),
            Err(stop) => return Err(stop.into()),
        }
    }
}

impl Driver {
    fn now(&self) -> Instant {
        Instant::since_epoch(self.epoch.elapsed())
    }

    /// Does what the shard wants, until it has to wait or is over.
    fn drain(&mut self) -> Result<Instant, Stop> {
        loop {
            let answer = match self.shard.poll_output() {
                Output::Connect(target) => {
                    self.link = target.link;
                    let opened = open(&target);
                    let gone = opened.as_ref().err().copied();
                    self.socket = opened.ok();
                    gone.map_or(Input::Opened(self.link), |gone| Input::Closed(self.link, gone))
                }
                // The only shard of its bot needs no permit.
                Output::AskIdentify(link) => Input::MayIdentify(link),
                Output::ForgoIdentify(_) => continue,
                Output::Send(frame) => match self.socket.as_mut().map(|to| send(to, &frame)) {
                    Some(Ok(())) => Input::Sent(self.link),
                    Some(Err(_)) | None => self.lose(Gone::Dropped),
                },
                Output::Close(code) => {
                    self.close(code);
                    self.lose(Gone::Dropped)
                }
                Output::Event(_) => {
                    show(&self.shard.event());
                    continue;
                }
                Output::Wait(at) => return Ok(at),
                Output::Stop(stop) => return Err(stop),
            };
            self.shard.handle_input(self.now(), answer);
        }
    }

    /// Waits for a message, at the latest until `at`, and tells the shard.
    fn wait(&mut self, at: Instant) {
        let span = at.saturating_since(self.now()).max(Duration::from_millis(1));
        let Some(socket) = &mut self.socket else {
            thread::sleep(span);
            return self.shard.handle_input(self.now(), Input::Tick);
        };
        let read = socket.get_ref().set_read_timeout(Some(span)).map_err(tungstenite::Error::Io);
        let (text, message) = match read.and_then(|()| socket.read()) {
            Ok(Message::Text(text)) => (true, text.into()),
            Ok(Message::Binary(bytes)) => (false, bytes),
            Ok(Message::Close(frame)) => return self.closed(frame.as_ref()),
            Ok(_) => return self.shard.handle_input(self.now(), Input::Busy),
            Err(error) => return self.failed(&error),
        };
        let input = Input::Message { link: self.link, text, part: &message, last: true };
        self.shard.handle_input(self.now(), input);
    }

    fn closed(&mut self, frame: Option<&CloseFrame>) {
        self.socket = None;
        let gone = frame
            .map_or(Gone::Dropped, |frame| Gone::Code(CloseCode(frame.code.into()), &frame.reason));
        self.shard.handle_input(self.now(), Input::Closed(self.link, gone));
    }

    fn failed(&mut self, error: &tungstenite::Error) {
        let timed_out = matches!(error, tungstenite::Error::Io(error)
            if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
        let too_long = matches!(error, tungstenite::Error::Capacity(_));
        let input = if timed_out {
            Input::Tick
        } else {
            self.lose(if too_long { Gone::TooLong } else { Gone::Dropped })
        };
        self.shard.handle_input(self.now(), input);
    }

    fn lose(&mut self, gone: Gone<'static>) -> Input<'static> {
        self.socket = None;
        Input::Closed(self.link, gone)
    }

    fn close(&mut self, code: CloseCode) {
        let frame = CloseFrame { code: code.0.into(), reason: "".into() };
        if let Some(Err(error)) = self.socket.as_mut().map(|socket| socket.close(Some(frame))) {
            eprintln!("the close frame was not sent: {error}");
        }
    }
}

/// Opens a WebSocket; a loop that must not stand still would do this in another thread.
fn open(target: &Target<'_>) -> Result<WebSocket<TcpStream>, Gone<'static>> {
    let unreachable = |_| Gone::Unreachable;
    if target.tls {
        return Err(Gone::Unreachable);
    }
    let stream = TcpStream::connect((target.host_name(), target.port)).map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(unreachable)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
    match tungstenite::client(target.to_string(), stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
            Err(Gone::Refused(response.status().as_u16()))
        }
        Err(_) => Err(Gone::Unreachable),
    }
}

fn send(socket: &mut WebSocket<TcpStream>, frame: &Frame<'_>) -> Result<(), tungstenite::Error> {
    socket.send(match str::from_utf8(frame.bytes) {
        Ok(text) if frame.text => Message::text(text),
        _ => Message::binary(frame.bytes.to_vec()),
    })
}

fn show(event: &Event<'_>) {
    println!("{}", event.kind());
    if let Event::Disconnected(lost) = event {
        println!("{}; next attempt after {:?}", lost.cause, lost.redial_after);
    }
}
