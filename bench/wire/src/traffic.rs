//! What is sent: a set of the simulated world, made from a seed, and how it looks on the wire.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use gatewright_bench_harness::traffic::Document;
use gatewright_bench_inflate::wire::compress;
use gatewright_core::{Compression, Encoding};
use gatewright_sim::{Dialect, Guild, World, WorldSize, to_etf};

/// Payload compression leaves shorter messages as they are.
const SMALLEST_COMPRESSED: usize = 512;
/// So long that no client's heart beats by itself while it is measured.
const HELLO: &str = r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":600000}}"#;
const BEAT: &str = r#"{"t":null,"s":null,"op":1,"d":null}"#;
const ACK: &str = r#"{"t":null,"s":null,"op":11,"d":null}"#;
/// What the world never sends: a client that counts only what it knows sees by it that all came.
const LAST: &str = "WEBHOOKS_UPDATE";
/// The first byte of a text and of a binary message in one frame.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
/// A close frame with the code 4000.
pub const CLOSE: [u8; 4] = [0x88, 2, 0x0f, 0xa0];

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub seed: u64,
    /// Guilds of 1,000 members.
    pub large: u32,
    /// Guilds of 20 members.
    pub small: u32,
    pub events: u64,
}

impl Size {
    /// A run of some minutes.
    pub const QUICK: Self = Self { seed: 7, large: 20, small: 100, events: 50_000 };
    /// A large bot.
    pub const FULL: Self = Self { seed: 7, large: 200, small: 1_000, events: 200_000 };

    pub fn guilds(self) -> u64 {
        u64::from(self.large) + u64::from(self.small)
    }
}

/// How documents are written and compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub encoding: Encoding,
    pub compression: Compression,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.encoding, self.compression)
    }
}

impl FromStr for Format {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (encoding, compression) = text.split_once('+').context("expected ENCODING+HOW")?;
        let (Ok(encoding), Ok(compression)) = (encoding.parse(), compression.parse()) else {
            bail!("no encoding or compression: {text}");
        };
        Ok(Self { encoding, compression })
    }
}

/// What the world sends, as JSON.
pub struct Documents {
    /// Hello, READY and the guilds, a request for a heartbeat, the answer to it.
    opening: Vec<String>,
    events: Vec<String>,
}

impl Documents {
    pub fn new(size: Size, url: &str) -> Self {
        let world_size = WorldSize { guilds: size.small, members: 20, large_guilds: size.large };
        let mut world = World::new(size.seed, world_size);
        let ready = world.ready("bench", url, None);
        let mut opening = vec![HELLO.to_owned(), text("READY", 1, &ready)];
        for (guild, seq) in world.guilds().iter().zip(2..) {
            opening.push(create(&world, guild, seq));
        }
        opening.extend([BEAT, ACK].map(str::to_owned));
        let event = |seq| {
            let event = world.next_event().expect("a world with guilds never ends");
            text(event.kind, seq, &event.d)
        };
        let first = 2 + size.guilds();
        let last = first + size.events - 1;
        let mut events: Vec<String> = (first..last).map(event).collect();
        events.push(text(LAST, last, r#"{"guild_id":"1","channel_id":"2"}"#));
        Self { opening, events }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.opening.iter().chain(&self.events)
    }

    /// Returns the mean length of an event, and that of all guilds together.
    pub fn lengths(&self) -> (usize, usize) {
        let sum = |all: &[String]| all.iter().map(String::len).sum::<usize>();
        let guilds = self.opening.get(2..self.opening.len() - 2).unwrap_or_default();
        (sum(&self.events) / self.events.len().max(1), sum(guilds))
    }
}

fn create(world: &World, guild: &Guild, seq: u64) -> String {
    text("GUILD_CREATE", seq, &world.guild_create(guild.id).expect("a guild of the world"))
}

fn text(name: &'static str, seq: u64, d: &str) -> String {
    String::from_utf8(Document::new(name, seq, d, Encoding::Json).whole).expect("JSON is text")
}

/// Frames of a connection, ready to be written.
pub struct Frames {
    pub hello: Vec<u8>,
    /// READY and the guilds.
    pub guilds: Vec<u8>,
    pub beat: Vec<u8>,
    pub ack: Vec<u8>,
    pub steady: Vec<u8>,
}

impl Frames {
    pub fn new(documents: &Documents, format: Format) -> Self {
        let whole = documents.all().map(|text| match format.encoding {
            Encoding::Etf => to_etf(text, Dialect::Old),
            _ => text.clone().into_bytes(),
        });
        let plain = if format.encoding == Encoding::Etf { BINARY } else { TEXT };
        let messages = messages(format.compression, plain, whole);
        let last = documents.opening.len() - 2;
        let part = |from: usize, to: usize| {
            let mut part = Vec::new();
            let messages = messages.get(from..to).unwrap_or_default();
            messages.iter().for_each(|(kind, message)| frame(*kind, message, &mut part));
            part
        };
        Self {
            hello: part(0, 1),
            guilds: part(1, last),
            beat: part(last, last + 1),
            ack: part(last + 1, last + 2),
            steady: part(last + 2, messages.len()),
        }
    }
}

/// Compresses documents; each message comes with the first byte of its frame.
fn messages(
    compression: Compression,
    plain: u8,
    documents: impl Iterator<Item = Vec<u8>>,
) -> Vec<(u8, Vec<u8>)> {
    match compression {
        Compression::None => documents.map(|document| (plain, document)).collect(),
        Compression::Zlib => documents
            .map(|document| {
                if document.len() <= SMALLEST_COMPRESSED {
                    return (plain, document);
                }
                let alone = compress(compression, std::iter::once(&document[..]));
                (BINARY, alone.concat())
            })
            .collect(),
        _ => {
            let documents: Vec<_> = documents.collect();
            let stream = compress(compression, documents.iter().map(Vec::as_slice));
            stream.into_iter().map(|message| (BINARY, message)).collect()
        }
    }
}

/// Writes a frame as a server does: whole, and not masked.
fn frame(kind: u8, message: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    match (u8::try_from(message.len()), u16::try_from(message.len())) {
        (Ok(length @ 0..126), _) => out.push(length),
        (_, Ok(length)) => {
            out.push(126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(message.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(message);
}
