//! What others recorded, if `GATEWRIGHT_PAYLOADS` names a folder of it:
//!
//! * `payloads/*.json`, one gateway payload each, and the same in ETF in `wire/etf` and `wire/etf-atoms`
//! * `wire/erlpack-decode-vectors.json`: terms in hexadecimal digits, each with its value or with how it fails
//! * `wire/discord-hello.*.bin`: the first messages of compressed connections, and what they hold as JSON

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use gatewright_core::decode::{Cursor, DeserializeError, Deserializer, Expected, uncompress};
use gatewright_core::{
    Compression, Encoding, Event, Input, Instant, Intents, Link, Memory, Output, Shard, Zlib,
};
use gatewright_sim::{Dialect, to_etf};
use gatewright_tests::Pair;
use serde::Deserialize;
use serde_json::Value;

/// Returns the folder; without one the test at hand is over.
fn folder() -> Option<PathBuf> {
    let folder = env::var_os("GATEWRIGHT_PAYLOADS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: GATEWRIGHT_PAYLOADS names no folder");
    }
    folder
}

/// A shard whose connection is open, and what it told.
struct Client {
    shard: Shard<'static>,
    now: Instant,
    link: Link,
    told: Vec<String>,
    dispatches: Vec<Told>,
}

/// A dispatch that was told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    name: String,
    seq: Option<u64>,
    data: Vec<u8>,
}

impl Client {
    fn new(encoding: Encoding, compression: Compression) -> Self {
        let config = Pair::config(Intents::DOCUMENTED).encoding(encoding);
        let shard = Shard::new(config, 1, Memory::heap(compression)).unwrap();
        let now = Instant::from_millis(1_000);
        let mut client =
            Self { shard, now, link: Link(0), told: Vec::new(), dispatches: Vec::new() };
        client.hear(|_| Input::Tick);
        client.hear(Input::Opened);
        client
    }

    fn hear<'i>(&mut self, input: impl FnOnce(Link) -> Input<'i>) {
        self.now = self.now.saturating_add(Duration::from_millis(1));
        self.shard.handle_input(self.now, input(self.link));
        loop {
            match self.shard.poll_output() {
                Output::Connect(target) => self.link = target.link,
                Output::AskIdentify(link) => {
                    self.shard.handle_input(self.now, Input::MayIdentify(link));
                }
                Output::Send(frame) => {
                    let link = frame.link;
                    self.shard.handle_input(self.now, Input::Sent(link));
                }
                Output::Event(_) => self.tell(),
                Output::ForgoIdentify(_) | Output::Close(_) => {}
                Output::Wait(_) | Output::Stop(_) => return,
            }
        }
    }

    fn tell(&mut self) {
        match self.shard.event() {
            Event::Dispatch(dispatch) => {
                let (name, seq) = (dispatch.name().to_owned(), dispatch.seq());
                self.told.push(format!("{name} {seq:?}"));
                self.dispatches.push(Told { name, seq, data: dispatch.data().to_vec() });
            }
            event => self.told.push(format!("{event:?}")),
        }
    }

    /// Takes a whole message without compression.
    fn take(&mut self, text: bool, part: &[u8]) {
        self.hear(|link| Input::Message { link, text, part, last: true });
    }
}

#[test]
fn recorded_first_messages_are_read_as_hello() {
    let Some(folder) = folder() else { return };
    for compression in [Compression::ZlibStream, Compression::ZstdStream] {
        let file = folder.join("wire").join(format!("discord-hello.{compression}"));
        let message = fs::read(file.with_extension(format!("{compression}.bin"))).unwrap();
        let json = fs::read(file.with_extension(format!("{compression}.json"))).unwrap();
        let json: Value = serde_json::from_slice(&json).unwrap();
        let interval = Duration::from_millis(json["d"]["heartbeat_interval"].as_u64().unwrap());
        let mut client = Client::new(Encoding::Json, compression);
        client.take(false, &message);
        let [told] = &client.told[..] else { panic!("{compression} {:?}", client.told) };
        assert!(told.starts_with("Connected("), "{told}");
        let wanted = format!("heartbeat_interval: {interval:?}");
        assert!(told.contains(&wanted), "{compression} {told} {wanted}");
    }
}

const READY: &str = r#"{"op":0,"s":1,"t":"READY","d":{"session_id":"abc","user":{"id":"1"},"guilds":[],"resume_gateway_url":"ws://sim.example"}}"#;
const HELLO: &str = r#"{"op":10,"s":null,"t":null,"d":{"heartbeat_interval":41250}}"#;

/// Plays a payload to a live shard.
fn played(encoding: Encoding, payload: &[u8]) -> Client {
    let mut client = Client::new(encoding, Compression::None);
    for document in [HELLO, READY] {
        match encoding {
            Encoding::Etf => client.take(false, &to_etf(document, Dialect::New { seed: 1 })),
            _ => client.take(true, document.as_bytes()),
        }
    }
    assert_eq!(client.dispatches.len(), 1, "{:?}", client.told);
    client.told.clear();
    client.dispatches.clear();
    client.take(encoding == Encoding::Json, payload);
    client
}

#[test]
fn recorded_payloads_pass_a_shard_alike_in_both_encodings() {
    let Some(folder) = folder() else { return };
    let (mut failures, mut dispatches) = (Vec::new(), 0);
    for entry in fs::read_dir(folder.join("payloads")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let json = fs::read(&path).unwrap();
        let value: Value = serde_json::from_slice(&json).unwrap();
        let client = played(Encoding::Json, &json);
        if value["op"] == 0 && value["t"].is_string() {
            dispatches += 1;
            let found: Vec<_> =
                client.dispatches.iter().map(|told| (&*told.name, told.seq)).collect();
            if found != [(value["t"].as_str().unwrap(), value["s"].as_u64())] {
                failures.push(format!("{name}: {:?}", client.told));
            }
            for told in &client.dispatches {
                if serde_json::from_slice::<Value>(&told.data).ok().as_ref() != Some(&value["d"]) {
                    failures.push(format!("{name}: another d"));
                }
            }
        }
        for dialect in ["etf", "etf-atoms"] {
            let file = folder.join("wire").join(dialect).join(name).with_extension("etf");
            let twin = played(Encoding::Etf, &fs::read(file).unwrap());
            if twin.told != client.told {
                failures.push(format!("{name} {dialect}: {:?}\n{:?}", twin.told, client.told));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(dispatches > 100, "{dispatches}");
}

/// Reads a document through serde.
fn value_of(document: &[u8]) -> Result<Value, DeserializeError> {
    let mut scratch = [0; 64];
    let mut deserializer = Deserializer::new(Cursor::etf(document)?, &mut scratch);
    let value = Value::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// Tells whether values are equal; integers may be recorded as texts of their digits.
fn alike(value: &Value, recorded: &Value) -> bool {
    match (value, recorded) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(key, value)| other.get(key).is_some_and(|other| alike(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Number(number), Value::String(digits)) => number.to_string() == *digits,
        _ => value == recorded,
    }
}

/// How compressed terms begin, which are inflated before they are read.
const COMPRESSED: &str = "8350";

#[test]
fn recorded_terms_are_read_as_another_decoder_read_them() {
    let Some(folder) = folder() else { return };
    let file = fs::read(folder.join("wire/erlpack-decode-vectors.json")).unwrap();
    let vectors: Vec<Value> = serde_json::from_slice(&file).unwrap();
    let (mut failures, mut refused, mut out) = (Vec::new(), 0, [0; 256]);
    for vector in &vectors {
        let (name, hex) = (vector["name"].as_str().unwrap(), vector["hex"].as_str().unwrap());
        let mut bytes = bytes_of(hex);
        if hex.starts_with(COMPRESSED) {
            let refused = value_of(&bytes).unwrap_err();
            let DeserializeError::Decode(error) = refused else { panic!("{name}: {refused:?}") };
            assert_eq!(error.expected(), Expected::Uncompressed, "{name}");
            let term = uncompress(&bytes, &mut Zlib::new(), &mut out).unwrap();
            bytes = [&[131], term].concat();
        }
        let read = value_of(&bytes);
        let recorded = vector.get("value");
        if let Some(recorded) = recorded {
            if !read.as_ref().is_ok_and(|value| alike(value, recorded)) {
                failures.push(format!("{name} {hex}: {read:?}, recorded {recorded}"));
            }
        } else {
            refused += 1;
            if let Ok(value) = read {
                failures.push(format!("{name} {hex}: {value}, recorded as {}", vector["throws"]));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(refused > 0 && vectors.len() > 300, "{refused} of {}", vectors.len());
}
