//! A shard with a gateway of few words before it: what it is told, packed and cut as a property wants.

use flate2::FlushCompress;
use gatewright_core::{
    Compression, Config, Encoding, Event, Gone, Inflater, Input, Instant, Intents, Link, Memory,
    Output, Phase, SendLog, Shard, Zlib,
};

use crate::wire::{Wire, document};

pub(crate) const HELLO: &str = r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":40000}}"#;
pub(crate) const READY: &str = r#"{"t":"READY","s":1,"op":0,"d":{"v":10,"session_id":"abc","resume_gateway_url":"wss://resume.example"}}"#;
pub(crate) const RESUMED: &str = r#"{"t":"RESUMED","s":null,"op":0,"d":{}}"#;

/// The most outputs one input may bring, beside one for each of its bytes.
const MOST_OUTPUTS: usize = 10_000;

/// Memory that a shard of the least size can borrow.
pub(crate) struct Room {
    payload: Vec<u8>,
    commands: Vec<u8>,
    log: SendLog,
    zlib: Zlib,
}

impl Room {
    pub(crate) fn new() -> Self {
        let (payload, commands) = (vec![0; Memory::MIN_PAYLOAD], vec![0; 12 * 1024]);
        Self { payload, commands, log: SendLog::new(), zlib: Zlib::new() }
    }

    /// Lends all of it.
    pub(crate) fn lend(&mut self, compression: Compression) -> Memory<'_> {
        let inflater = match compression {
            Compression::None => Inflater::none(),
            Compression::Zlib => Inflater::zlib(&mut self.zlib),
            Compression::ZlibStream => Inflater::zlib_stream(&mut self.zlib),
            _ => Inflater::zstd_stream(),
        };
        Memory::lent(&mut self.payload, &mut self.commands, &mut self.log, inflater)
    }
}

/// Sets the encoding.
pub(crate) fn encoded(config: Config<'static>, encoding: Encoding) -> Config<'static> {
    config.encoding(encoding)
}

/// One thing a shard told or wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A dispatch, new or a duplicate.
    Dispatch { kind: String, name: String, seq: Option<u64>, data: Vec<u8> },
    /// Any other event.
    Note(String),
    /// Anything for the transport.
    Wire(String),
}

/// What is owed to a shard for an output.
#[derive(Clone, Copy, Debug)]
enum Owed {
    Closed,
    Opened(Link),
    Permit(Link),
    Sent,
}

/// A shard and its gateway.
pub(crate) struct Rig<'m> {
    pub(crate) shard: Shard<'m>,
    pub(crate) told: Vec<Told>,
    encoding: Encoding,
    compression: Compression,
    level: u32,
    wire: Wire,
    now: Instant,
    wait: Instant,
}

impl<'m> Rig<'m> {
    /// Sets a shard up whose messages inflate to at most so many bytes.
    pub(crate) fn new(encoding: Encoding, memory: Memory<'m>, most: u64, level: u32) -> Self {
        let compression = memory.compression();
        let config = encoded(Config::new("token", Intents::GUILDS), encoding).max_inflated(most);
        Self {
            shard: Shard::new(config, 1, memory).expect("the settings are right"),
            told: Vec::new(),
            encoding,
            compression,
            level,
            wire: Wire::new(compression, level),
            now: Instant::from_millis(1_000),
            wait: Instant::ZERO,
        }
    }

    /// Connects, after whatever rest there is, and gets live by READY or RESUMED.
    pub(crate) fn go_live(&mut self) {
        self.give(Input::Tick);
        for _ in 0..20 {
            if self.phase() == Phase::Greeting {
                break;
            }
            self.now = self.wait.max(self.now);
            self.give(Input::Tick);
        }
        assert_eq!(self.phase(), Phase::Greeting, "{:?}", self.shard.status());
        self.wire = Wire::new(self.compression, self.level);
        self.say(HELLO);
        let resumes = self.phase() == Phase::Resuming;
        self.say(if resumes { RESUMED } else { READY });
        assert_eq!(self.phase(), Phase::Live, "{:?}", self.shard.status());
    }

    /// Loses the transport.
    pub(crate) fn lose(&mut self) {
        let link = self.shard.status().link;
        self.give(Input::Closed(link, Gone::Dropped));
    }

    /// Says a document as one whole message.
    pub(crate) fn say(&mut self, json: &str) {
        let packed = self.pack(json);
        self.message(&[&packed]);
    }

    /// Packs a document for the connection at hand.
    pub(crate) fn pack(&mut self, json: &str) -> Vec<u8> {
        self.pack_document(&document(self.encoding, json))
    }

    /// Packs a document in the encoding of the connection.
    pub(crate) fn pack_document(&mut self, document: &[u8]) -> Vec<u8> {
        self.wire.pack(document)
    }

    /// Packs a part of a zlib stream.
    pub(crate) fn flushed(&mut self, part: &[u8], flush: FlushCompress) -> Vec<u8> {
        self.wire.pack_flushed(part, flush)
    }

    /// Delivers a message in pieces, of the kind documents come as.
    pub(crate) fn message(&mut self, pieces: &[&[u8]]) {
        let text = self.encoding == Encoding::Json && self.compression == Compression::None;
        self.message_of(text, pieces);
    }

    /// Delivers a message in pieces.
    pub(crate) fn message_of(&mut self, text: bool, pieces: &[&[u8]]) {
        for (at, part) in pieces.iter().enumerate() {
            let (link, last) = (self.shard.status().link, at + 1 == pieces.len());
            self.give(Input::Message { link, text, part, last });
        }
    }

    pub(crate) fn is_etf(&self) -> bool {
        self.encoding == Encoding::Etf
    }

    pub(crate) fn phase(&self) -> Phase {
        self.shard.status().phase
    }

    /// Gives an input, and answers all that follows from it.
    pub(crate) fn give(&mut self, input: Input<'_>) {
        let bytes = if let Input::Message { part, .. } = input { part.len() } else { 0 };
        self.shard.handle_input(self.now, input);
        for _ in 0..100 {
            let owed = self.drain(MOST_OUTPUTS + bytes);
            if owed.is_empty() {
                return;
            }
            owed.into_iter().for_each(|owed| self.answer(owed));
        }
        panic!("outputs without end: {:?}", self.shard.status());
    }

    fn answer(&mut self, owed: Owed) {
        let link = self.shard.status().link;
        let input = match owed {
            Owed::Closed => Input::Closed(link, Gone::Dropped),
            Owed::Opened(link) => Input::Opened(link),
            Owed::Permit(link) => Input::MayIdentify(link),
            Owed::Sent => Input::Sent(link),
        };
        self.shard.handle_input(self.now, input);
    }

    /// Takes all output.
    fn drain(&mut self, most: usize) -> Vec<Owed> {
        let mut owed = Vec::new();
        for _ in 0..most {
            let told = match self.shard.poll_output() {
                Output::Wait(until) => {
                    assert!(until > self.now, "{until} is not after {}", self.now);
                    self.wait = until;
                    return owed;
                }
                Output::Stop(_) => return owed,
                Output::Event(kind) => {
                    let event = self.shard.event();
                    assert_eq!(event.kind(), kind);
                    tell(&event)
                }
                output => {
                    owed.extend(owed_for(&output));
                    Told::Wire(format!("{output:?}"))
                }
            };
            self.told.push(told);
        }
        panic!("outputs without end: {:?}", self.shard.status());
    }
}

const fn owed_for(output: &Output<'_>) -> Option<Owed> {
    match output {
        Output::AskIdentify(link) => Some(Owed::Permit(*link)),
        Output::Close(_) => Some(Owed::Closed),
        Output::Connect(target) => Some(Owed::Opened(target.link)),
        Output::Send(_) => Some(Owed::Sent),
        Output::Event(_) | Output::ForgoIdentify(_) | Output::Stop(_) | Output::Wait(_) => None,
    }
}

fn tell(event: &Event<'_>) -> Told {
    match event {
        Event::Dispatch(dispatch) | Event::Duplicate(dispatch) => Told::Dispatch {
            kind: dispatch.kind().name().to_owned(),
            name: dispatch.name().to_owned(),
            seq: dispatch.seq(),
            data: dispatch.data().to_vec(),
        },
        other => Told::Note(format!("{other:?}")),
    }
}
