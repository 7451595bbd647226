//! A client made of bare hands: it says what a test tells it to and reads what comes back.

use std::collections::BTreeMap;
use std::time::Duration;

use flate2::{Decompress, FlushDecompress};
use gatewright_core::Instant;
use gatewright_sim::{
    Conn, EtfError, Fault, HelloInterval, Input, Options, Output, Server, What, from_etf,
};
use serde_json::{Value, json};
use zstd::stream::raw::{Decoder, Operation as _};

/// The entry of a usual Hello.
pub(crate) const HELLO: What = What::HelloSent { interval: HelloInterval::Millis(41_250) };

pub(crate) const PLAIN: &str = "/?v=10&encoding=json";
pub(crate) const STREAM: &str = "/?v=10&encoding=json&compress=zlib-stream";
pub(crate) const ZSTD: &str = "/?v=10&encoding=json&compress=zstd-stream";
pub(crate) const ETF: &str = "/?v=10&encoding=etf";
pub(crate) const ETF_STREAM: &str = "/?v=10&encoding=etf&compress=zlib-stream";
pub(crate) const ETF_ZSTD: &str = "/?v=10&encoding=etf&compress=zstd-stream";
pub(crate) const ALL: u64 = 53_608_447;
pub(crate) const ONE: Conn = Conn(1);
pub(crate) const TWO: Conn = Conn(2);

/// What came over a connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Got {
    Json(Conn, Value),
    Close(Conn, u16),
    Drop(Conn),
    /// So many bytes of a message whose rest never comes.
    Part(Conn, usize),
    Refuse(Conn, u16),
}

pub(crate) struct Rig {
    pub(crate) server: Server,
    pub(crate) now: Instant,
    pub(crate) frames: Vec<(bool, Vec<u8>)>,
    clients: BTreeMap<u32, Client>,
}

/// How a connection reads and writes.
struct Client {
    etf: bool,
    stream: Stream,
    held: Vec<u8>,
}

enum Stream {
    None,
    Zlib(Decompress),
    Zstd(Decoder<'static>),
}

impl Rig {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            server: Server::new(options),
            now: Instant::from_millis(1_000),
            frames: Vec::new(),
            clients: BTreeMap::new(),
        }
    }

    /// A gateway in which nothing happens by itself.
    pub(crate) fn quiet() -> Self {
        Self::new(Options { rate: 0, guilds: 2, members: 8, ..Options::default() })
    }

    pub(crate) fn open(&mut self, conn: Conn, target: &str) -> Vec<Got> {
        let etf = target.contains("encoding=etf");
        let stream = if target.contains("zlib-stream") {
            Stream::Zlib(Decompress::new(true))
        } else if target.contains("zstd-stream") {
            Stream::Zstd(Decoder::new().unwrap())
        } else {
            Stream::None
        };
        self.clients.insert(conn.0, Client { etf, stream, held: Vec::new() });
        self.input(Input::Opened { conn, target })
    }

    pub(crate) fn say(&mut self, conn: Conn, payload: &Value) -> Vec<Got> {
        let etf = self.clients.get(&conn.0).is_some_and(|client| client.etf);
        let data = if etf { etf_of(payload) } else { payload.to_string().into_bytes() };
        self.input(Input::Message { conn, text: !etf, data: &data })
    }

    pub(crate) fn raw(&mut self, conn: Conn, text: bool, data: &[u8]) -> Vec<Got> {
        self.input(Input::Message { conn, text, data })
    }

    pub(crate) fn close(&mut self, conn: Conn, code: Option<u16>) -> Vec<Got> {
        self.input(Input::Closed { conn, code: code.map(gatewright_core::CloseCode) })
    }

    pub(crate) fn after(&mut self, span: Duration) -> Vec<Got> {
        self.now = self.now.saturating_add(span);
        self.input(Input::Tick)
    }

    /// Comes back whenever the server asks for it, as a real loop does.
    pub(crate) fn run(&mut self, span: Duration) -> Vec<Got> {
        let end = self.now.saturating_add(span);
        let mut got = self.input(Input::Tick);
        loop {
            let Output::Wait(next) = self.server.poll_output() else { panic!("not drained") };
            let next = next.min(end);
            assert!(next > self.now || next == end, "a wait that is over already");
            self.now = next;
            got.extend(self.input(Input::Tick));
            if self.now == end {
                return got;
            }
        }
    }

    pub(crate) fn inject(&mut self, fault: Fault) -> Vec<Got> {
        self.server.inject(self.now, fault);
        self.drain()
    }

    pub(crate) fn dispatch(&mut self, kind: &str, d: &str) -> Vec<Got> {
        self.server.dispatch(self.now, kind, d);
        self.drain()
    }

    pub(crate) fn input(&mut self, input: Input<'_>) -> Vec<Got> {
        self.server.handle_input(self.now, input);
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Vec<Got> {
        let mut got = Vec::new();
        loop {
            match self.server.poll_output() {
                Output::Send { conn, text, data } => {
                    self.frames.push((text, data.clone()));
                    got.extend(self.read(conn, text, &data).map(|value| Got::Json(conn, value)));
                }
                Output::Close { conn, code, .. } => got.push(Got::Close(conn, code.0)),
                Output::Drop { conn } => got.push(Got::Drop(conn)),
                Output::Part { conn, data, .. } => got.push(Got::Part(conn, data.len())),
                Output::Refuse { conn, status } => got.push(Got::Refuse(conn, status)),
                Output::Wait(_) => return got,
            }
        }
    }

    /// Drains without reading what comes.
    pub(crate) fn messages(&mut self) -> Vec<(bool, Vec<u8>)> {
        let mut messages = Vec::new();
        loop {
            match self.server.poll_output() {
                Output::Send { text, data, .. } => messages.push((text, data)),
                Output::Wait(_) => return messages,
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// Makes a fault strike and returns the messages as they are.
    pub(crate) fn inject_raw(&mut self, fault: Fault) -> Vec<(bool, Vec<u8>)> {
        self.server.inject(self.now, fault);
        self.messages()
    }

    fn read(&mut self, conn: Conn, text: bool, data: &[u8]) -> Option<Value> {
        let client = self.clients.get_mut(&conn.0).expect("a connection that was opened");
        client.held.extend_from_slice(data);
        let plain = match &mut client.stream {
            Stream::None if text || client.etf => client.held.clone(),
            Stream::None => inflate(&mut Decompress::new(true), &client.held),
            Stream::Zlib(_) if !client.held.ends_with(&[0, 0, 0xFF, 0xFF]) => return None,
            Stream::Zlib(inflater) => inflate(inflater, &client.held),
            Stream::Zstd(decoder) => decompress(decoder, &client.held),
        };
        let plainly = matches!(client.stream, Stream::None) && !client.etf;
        assert!(!text || plainly, "a text message");
        if client.etf {
            let value = from_etf(&plain);
            if value == Err(EtfError::Incomplete) && matches!(client.stream, Stream::None) {
                return None;
            }
            client.held.clear();
            return Some(value.expect("one term per message"));
        }
        client.held.clear();
        Some(serde_json::from_slice(&plain).expect("one JSON document per message"))
    }

    /// Opens a connection, identifies with all intents and returns READY's payload.
    pub(crate) fn live(&mut self, conn: Conn) -> Value {
        self.open(conn, PLAIN);
        let got = self.say(conn, &identify());
        assert_eq!(kinds(&got).first().map(String::as_str), Some("READY"), "{got:?}");
        json_of(&got[0])["d"].clone()
    }

    pub(crate) fn whats(&self) -> Vec<What> {
        self.server.journal().iter().map(|entry| entry.what.clone()).collect()
    }

    pub(crate) fn complaints(&self) -> Vec<&'static str> {
        let whats = self.server.journal().iter().map(|entry| &entry.what);
        whats
            .filter_map(|what| if let What::Complaint(about) = what { Some(*about) } else { None })
            .collect()
    }
}

fn inflate(inflater: &mut Decompress, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let start = inflater.total_in();
    loop {
        let done = (inflater.total_in() - start) as usize;
        out.reserve(65_536);
        inflater
            .decompress_vec(&data[done..], &mut out, FlushDecompress::Sync)
            .expect("valid zlib");
        if (inflater.total_in() - start) as usize == data.len() && out.len() < out.capacity() {
            return out;
        }
    }
}

fn decompress(decoder: &mut Decoder<'_>, mut data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut piece = vec![0; 65_536];
    loop {
        let status = decoder.run_on_buffers(data, &mut piece).expect("valid zstd");
        data = &data[status.bytes_read..];
        out.extend_from_slice(&piece[..status.bytes_written]);
        if data.is_empty() && status.bytes_written < piece.len() {
            return out;
        }
    }
}

/// Writes a payload as a client does: binary keys, atoms with a length of one byte.
pub(crate) fn etf_of(payload: &Value) -> Vec<u8> {
    let mut out = vec![131];
    term(payload, &mut out);
    out
}

fn term(value: &Value, out: &mut Vec<u8>) {
    let sized = |out: &mut Vec<u8>, tag, len: usize| {
        out.push(tag);
        out.extend_from_slice(&u32::try_from(len).unwrap().to_be_bytes());
    };
    match value {
        Value::Null => out.extend_from_slice(b"s\x03nil"),
        Value::Bool(true) => out.extend_from_slice(b"s\x04true"),
        Value::Bool(false) => out.extend_from_slice(b"s\x05false"),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(small @ 0..=255), _) => out.extend_from_slice(&[97, small as u8]),
            (Some(number), _) if i32::try_from(number).is_ok() => {
                out.push(98);
                out.extend_from_slice(&(number as i32).to_be_bytes());
            }
            (Some(number), _) => {
                out.extend_from_slice(&[110, 8, u8::from(number < 0)]);
                out.extend_from_slice(&number.unsigned_abs().to_le_bytes());
            }
            (None, number) => {
                out.push(70);
                out.extend_from_slice(&number.unwrap().to_be_bytes());
            }
        },
        Value::String(text) => {
            sized(out, 109, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) if items.is_empty() => out.push(106),
        Value::Array(items) => {
            sized(out, 108, items.len());
            items.iter().for_each(|item| term(item, out));
            out.push(106);
        }
        Value::Object(members) => {
            sized(out, 116, members.len());
            for (key, value) in members {
                sized(out, 109, key.len());
                out.extend_from_slice(key.as_bytes());
                term(value, out);
            }
        }
    }
}

pub(crate) fn identify() -> Value {
    json!({"op": 2, "d": {
        "token": "t0k3n", "intents": ALL,
        "properties": {"os": "linux", "browser": "test", "device": "test"},
    }})
}

/// An Identify with one field of `d` set to something else, or taken away by null.
pub(crate) fn identify_with(key: &str, value: Value) -> Value {
    let mut payload = identify();
    let fields = payload["d"].as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(key);
    } else {
        fields.insert(key.to_owned(), value);
    }
    payload
}

pub(crate) fn resume(ready: &Value, seq: u64) -> Value {
    json!({"op": 6, "d": {"token": "t0k3n", "session_id": ready["session_id"], "seq": seq}})
}

pub(crate) fn beat(seq: Option<u64>) -> Value {
    json!({"op": 1, "d": seq})
}

pub(crate) fn json_of(got: &Got) -> &Value {
    let Got::Json(_, value) = got else { panic!("no message but {got:?}") };
    value
}

/// The names of the dispatches among what came.
pub(crate) fn kinds(got: &[Got]) -> Vec<String> {
    let values =
        got.iter().filter_map(|got| if let Got::Json(_, value) = got { Some(value) } else { None });
    values.filter_map(|value| value["t"].as_str().map(str::to_owned)).collect()
}

/// The sequences of the dispatches among what came over a connection.
pub(crate) fn seqs(got: &[Got], on: Conn) -> Vec<u64> {
    let values = got.iter().filter_map(|got| match got {
        Got::Json(conn, value) if *conn == on => Some(value),
        _ => None,
    });
    values.filter_map(|value| value["s"].as_u64()).collect()
}

pub(crate) fn op(got: &Got) -> u64 {
    json_of(got)["op"].as_u64().expect("an opcode")
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
