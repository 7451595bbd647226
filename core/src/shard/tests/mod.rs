//! Tests of the shard through its doors, in virtual time.

mod commands;
mod counted;
mod crossings;
mod documents;
mod etf;
#[cfg(feature = "alloc")]
mod grown;
mod hearts;
mod held;
mod kept;
mod lifecycle;
mod limits;
mod numbers;
mod partings;
mod sessions;
mod skipped;
mod wire;
#[cfg(feature = "zstd")]
mod zstd;

use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::transcript::Recorded;
use crate::{
    Command, CommandId, Compression, Event, Gone, Inflater, Intents, Memory, Output, SendLog, Zlib,
};

const HELLO: &str = r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":40000}}"#;
const READY: &str = r#"{"t":"READY","s":1,"op":0,"d":{"v":10,"session_id":"abc","resume_gateway_url":"wss://resume.example"}}"#;
const RESUMED: &str = r#"{"t":"RESUMED","s":9,"op":0,"d":{}}"#;
const ACK: &str = r#"{"t":null,"s":null,"op":11,"d":null}"#;

fn config() -> Config<'static> {
    Config::new("secret", Intents::GUILDS)
}

/// Memory of the least size, lent.
fn memory(compression: Compression) -> Memory<'static> {
    let zlib = Box::leak(Box::new(Zlib::new()));
    let inflater = match compression {
        Compression::None => Inflater::none(),
        Compression::Zlib => Inflater::zlib(zlib),
        Compression::ZlibStream => Inflater::zlib_stream(zlib),
        Compression::ZstdStream => zstd_inflater(),
    };
    let payload = vec![0; Memory::MIN_PAYLOAD].leak();
    let commands = vec![0; 3 * MAX_PAYLOAD].leak();
    Memory::lent(payload, commands, Box::leak(Box::new(SendLog::new())), inflater)
}

#[cfg(feature = "zstd")]
fn zstd_inflater() -> Inflater<'static> {
    Inflater::zstd_stream()
}

#[cfg(not(feature = "zstd"))]
fn zstd_inflater() -> Inflater<'static> {
    panic!("zstd is not built in")
}

use crate::command::MAX_PAYLOAD;

/// A shard with a clock and a loop around it.
struct Rig {
    /// Recorded, and replayed when the test is over.
    shard: Recorded<'static, String>,
    now: Instant,
    /// The instant of the latest `Wait`.
    wait: Instant,
}

impl Rig {
    fn new() -> Self {
        Self::of(Shard::new(config(), 1, memory(Compression::None)).unwrap())
    }

    fn of(shard: Shard<'static>) -> Self {
        let mut shard = Recorded::new(shard);
        shard.record(String::new()).unwrap();
        Self { shard, now: Instant::from_millis(1_000), wait: Instant::ZERO }
    }

    /// A rig whose shard went live with READY.
    fn live() -> Self {
        let mut rig = Self::new();
        rig.go_live();
        rig
    }

    fn go_live(&mut self) {
        self.greet();
        let link = self.link();
        self.give(Input::MayIdentify(link));
        self.sent();
        assert_eq!(self.say(READY), ["event READY s=1"]);
        assert_eq!(self.shard.status().phase, Phase::Live);
    }

    /// Connects and hears Hello.
    fn greet(&mut self) -> Vec<String> {
        self.open();
        self.say(HELLO)
    }

    /// Connects, after whatever rest there is.
    fn open(&mut self) -> Vec<String> {
        let mut lines = self.give(Input::Tick);
        while self.shard.status().phase == Phase::Resting {
            lines = self.wait_and_tick();
        }
        assert_eq!(self.shard.status().phase, Phase::Dialing);
        let link = self.link();
        self.give(Input::Opened(link));
        lines
    }

    /// Resumes the session after a loss, up to RESUMED.
    fn resume(&mut self) {
        self.greet();
        self.sent();
        self.say(RESUMED);
        assert_eq!(self.shard.status().phase, Phase::Live);
    }

    fn link(&self) -> Link {
        self.shard.status().link
    }

    fn phase(&self) -> Phase {
        self.shard.status().phase
    }

    fn give(&mut self, input: Input<'_>) -> Vec<String> {
        self.shard.handle_input(self.now, input);
        self.drain()
    }

    /// A whole text message on the link at hand.
    fn say(&mut self, text: &str) -> Vec<String> {
        let link = self.link();
        self.give(Input::Message { link, text: true, part: text.as_bytes(), last: true })
    }

    /// A whole binary message on the link at hand.
    fn say_bytes(&mut self, part: &[u8]) -> Vec<String> {
        let link = self.link();
        self.give(Input::Message { link, text: false, part, last: true })
    }

    fn sent(&mut self) -> Vec<String> {
        let link = self.link();
        self.give(Input::Sent(link))
    }

    fn closed(&mut self, gone: Gone<'_>) -> Vec<String> {
        let link = self.link();
        self.give(Input::Closed(link, gone))
    }

    fn closed_with(&mut self, code: u16) -> Vec<String> {
        self.closed(Gone::Code(CloseCode(code), "why"))
    }

    fn advance(&mut self, span: Duration) {
        self.now = self.now.saturating_add(span);
    }

    /// Lets time pass up to the latest `Wait`.
    fn wait_and_tick(&mut self) -> Vec<String> {
        assert!(self.wait > self.now, "{} {}", self.wait, self.now);
        self.now = self.wait;
        self.give(Input::Tick)
    }

    /// Takes all output, as lines; `Wait` is left out.
    fn drain(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = match self.shard.poll_output() {
                Output::Connect(target) => format!("connect {:?} {target}", target.purpose),
                Output::AskIdentify(_) => "ask".to_string(),
                Output::ForgoIdentify(_) => "forgo".to_string(),
                Output::Send(frame) => {
                    assert!(frame.bytes.len() <= MAX_PAYLOAD);
                    assert_eq!(frame.text, frame.bytes.first() != Some(&131));
                    if frame.text {
                        format!("send {}", core::str::from_utf8(frame.bytes).unwrap())
                    } else {
                        format!("send {}", frame.bytes.escape_ascii())
                    }
                }
                Output::Close(code) => format!("close {code}"),
                Output::Event(kind) => {
                    let event = self.shard.event();
                    assert_eq!(event.kind(), kind);
                    render(&event)
                }
                Output::Wait(at) => {
                    assert!(at > self.now, "{at} is not after {}", self.now);
                    self.wait = at;
                    return lines;
                }
                Output::Stop(stop) => {
                    assert!(
                        matches!(self.shard.poll_output(), Output::Stop(again) if again == stop)
                    );
                    lines.push(format!("stop {stop:?}"));
                    return lines;
                }
            };
            lines.push(line);
            assert!(lines.len() < 10_000, "a drain without end");
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let recording = self.shard.finish();
        if std::thread::panicking() {
            return;
        }
        #[cfg(feature = "alloc")]
        if let Some(recording) = &recording {
            let replayed = crate::transcript::replay(recording.as_bytes());
            let replayed = replayed.unwrap_or_else(|error| panic!("{error}"));
            assert!(replayed.is_complete);
        }
        drop(recording);
    }
}

fn render(event: &Event<'_>) -> String {
    match event {
        Event::Dispatch(dispatch) => {
            format!("event {} s={}", dispatch.name(), dispatch.seq().unwrap_or(0))
        }
        Event::Duplicate(dispatch) => format!("duplicate s={}", dispatch.seq().unwrap_or(0)),
        Event::Connected(connected) => format!("connected {:?}", connected.purpose),
        Event::Disconnected(over) => {
            let code = over.code.map_or("-".to_string(), |code| code.to_string());
            format!("disconnected {:?} {code} resumes={}", over.cause, over.resumes)
        }
        Event::Command { id, fate } => format!("command {} {fate:?}", id.0),
        Event::Gap { expected, found } => format!("gap {expected}..{found}"),
        Event::Limit(limit) => format!("limit {limit:?}"),
        Event::SessionLost { cause } => format!("session lost {cause:?}"),
        Event::Skipped(skipped) => {
            format!("skipped {} s={} more={}", skipped.kind, skipped.seq.unwrap_or(0), skipped.more)
        }
    }
}

fn dispatch(seq: u64, name: &str) -> String {
    format!(r#"{{"t":"{name}","s":{seq},"op":0,"d":{{"id":"5"}}}}"#)
}

fn op(op: u8, d: &str) -> String {
    format!(r#"{{"t":null,"s":null,"op":{op},"d":{d}}}"#)
}
