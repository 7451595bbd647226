//! A gateway that says anything: bytes of chance and files of the fuzz corpora, in all the ways a peer can say them.
//! In the end it is replaced by one that behaves, with which the shard must be live.

use std::collections::VecDeque;
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};
use gatewright_board::wire::{Act, PIECE};
use gatewright_core::{CloseCode, Gone, Input, Instant, Leave, Link};
use gatewright_sim::Options;

use crate::gateway::{Deed, Gateway};
use crate::rehearsal::Peer;

/// How long the gateway that behaves has.
const CALM: Duration = Duration::from_secs(60);

/// How bytes are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As a message, in place of a compressed one.
    Raw,
    /// As a text message, in a session.
    Text,
    /// Compressed, as a document in a session.
    Document,
    /// Compressed, as the `d` of an event in a session.
    Event,
}

const WAYS: [Way; 4] = [Way::Raw, Way::Text, Way::Document, Way::Event];

/// The gateway.
pub(crate) struct Hostile {
    said: VecDeque<(Way, Vec<u8>)>,
    link: Link,
    due: VecDeque<Piece>,
    latest: Option<Piece>,
    stream: Compress,
    seq: u64,
    /// Whether the shard's Identify or Resume was answered on this connection.
    live: bool,
    calm: Option<Gateway>,
    /// How many messages were said, and how often the shard dialled.
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) dials: u32,
}

enum Piece {
    Opened,
    Bytes { text: bool, bytes: Vec<u8>, last: bool },
}

impl Hostile {
    /// Makes one that says each of these in all ways.
    pub(crate) fn new(said: &[Vec<u8>]) -> Self {
        let each = |bytes: &Vec<u8>| WAYS.map(|way| (way, bytes.clone()));
        Self {
            said: said.iter().flat_map(each).collect(),
            link: Link(0),
            due: VecDeque::new(),
            latest: None,
            stream: Compress::new(Compression::fast(), true),
            seq: 0,
            live: false,
            calm: None,
            messages: 0,
            bytes: 0,
            dials: 0,
        }
    }

    /// Returns the gateway that behaves, once it is its turn.
    pub(crate) fn calm(&self) -> Option<&Gateway> {
        self.calm.as_ref()
    }

    fn queue(&mut self, text: bool, bytes: &[u8]) {
        // A message of no bytes is one too.
        let pieces = bytes.chunks(PIECE.min(self.messages % 97 * 11 + 1)).collect::<Vec<_>>();
        let count = pieces.len();
        for (at, piece) in pieces.into_iter().enumerate() {
            let last = at + 1 == count;
            self.due.push_back(Piece::Bytes { text, bytes: piece.to_vec(), last });
        }
        if count == 0 {
            self.due.push_back(Piece::Bytes { text, bytes: Vec::new(), last: true });
        }
    }

    fn compressed(&mut self, document: &[u8]) {
        let mut out = Vec::with_capacity(document.len() * 2 + 1_024);
        // The room is enough, so that there is no error.
        let _ = self.stream.compress_vec(document, &mut out, FlushCompress::Sync);
        self.queue(false, &out);
    }

    fn dispatch(&mut self, kind: &str, d: &[u8]) {
        self.seq += 1;
        let head = format!(r#"{{"t":"{kind}","s":{},"op":0,"d":"#, self.seq);
        self.compressed(&[head.as_bytes(), d, b"}"].concat());
    }

    /// Says the next; without a session only what needs none.
    fn say(&mut self) -> bool {
        let ready = self.live;
        let next = self.said.front().map(|(way, _)| *way);
        if next.is_none_or(|way| way != Way::Raw && !ready) {
            return false;
        }
        let Some((way, bytes)) = self.said.pop_front() else { return false };
        self.messages += 1;
        self.bytes += bytes.len();
        match way {
            Way::Raw => self.queue(false, &bytes),
            Way::Text => self.queue(true, &bytes),
            Way::Document => self.compressed(&bytes),
            Way::Event => {
                let kinds = ["MESSAGE_CREATE", "GUILD_CREATE", "GUILD_MEMBER_ADD", "READY"];
                self.dispatch(kinds[self.messages / WAYS.len() % kinds.len()], &bytes);
            }
        }
        true
    }
}

impl Peer for Hostile {
    fn connect(&mut self, now: Instant, link: Link, url: &str) {
        if self.said.is_empty() && self.calm.is_none() {
            let end = now.saturating_since(Instant::ZERO) + CALM;
            let options = Options { guilds: 1, members: 20, rate: 5, ..Options::default() };
            self.calm = Some(Gateway::new(options, vec![(end, Deed::Leave(Leave::End))]));
        }
        if let Some(gateway) = &mut self.calm {
            return gateway.connect(now, link, url);
        }
        self.dials += 1;
        (self.link, self.live) = (link, false);
        self.stream = Compress::new(Compression::fast(), true);
        self.due.clear();
        self.due.push_back(Piece::Opened);
        if self.said.front().is_none_or(|(way, _)| *way != Way::Raw) {
            self.compressed(br#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}"#);
        }
    }

    fn send(&mut self, now: Instant, link: Link, text: bool, bytes: &[u8]) {
        if let Some(gateway) = &mut self.calm {
            return gateway.send(now, link, text, bytes);
        }
        if bytes.starts_with(br#"{"op":2,"#) {
            self.seq = 0;
            self.dispatch("READY", br#"{"v":10,"user":{"id":"1","username":"board","discriminator":"0","avatar":null},"guilds":[],"session_id":"hostile","resume_gateway_url":"wss://resume.example","application":{"id":"1","flags":0}}"#);
            self.live = true;
        } else if bytes.starts_with(br#"{"op":6,"#) {
            self.dispatch("RESUMED", b"{}");
            self.live = true;
        } else if bytes.starts_with(br#"{"op":1,"#) {
            self.compressed(br#"{"t":null,"s":null,"op":11,"d":null}"#);
        }
    }

    fn close(&mut self, now: Instant, code: CloseCode) {
        match &mut self.calm {
            Some(gateway) => gateway.close(now, code),
            None => {
                self.due.clear();
                self.link = Link(0);
            }
        }
    }

    fn poll(&mut self, now: Instant) -> (Act<'_>, Instant) {
        if self.calm.is_some() {
            // Borrowed in this branch alone.
            return self.calm.as_mut().map_or((Act::Quiet, now), |gateway| gateway.poll(now));
        }
        if self.due.is_empty() && self.link != Link(0) {
            let says = self.say();
            if !says && self.said.is_empty() {
                // All is said: the last connection is cut.
                let link = std::mem::take(&mut self.link);
                self.due.clear();
                return (Act::Hear(Input::Closed(link, Gone::Dropped)), now);
            }
        }
        self.latest = self.due.pop_front();
        let act = match &self.latest {
            None => return (Act::Quiet, Instant::MAX),
            Some(Piece::Opened) => Input::Opened(self.link),
            Some(Piece::Bytes { text, bytes, last }) => {
                Input::Message { link: self.link, text: *text, part: bytes, last: *last }
            }
        };
        (Act::Hear(act), now)
    }
}
