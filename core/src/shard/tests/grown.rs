//! Heap buffers that grow with what comes and shrink with what does not.

use super::documents::noise;
use super::wire::*;
use super::*;
use crate::inflate::WINDOW;

/// A shard on a zlib stream, and the sending end.
struct Stream {
    shard: Shard<'static>,
    deflate: Deflate,
    now: Instant,
    seq: u64,
    heard: Vec<Vec<u8>>,
}

impl Stream {
    fn new(memory: Memory<'static>) -> Self {
        let shard = Shard::new(config(), 1, memory).unwrap();
        let now = Instant::from_millis(1);
        let mut stream = Self { shard, deflate: Deflate::new(), now, seq: 1, heard: Vec::new() };
        stream.give(Input::Tick);
        stream.give(Input::Opened(Link(1)));
        stream.say(HELLO, usize::MAX);
        stream.say(READY, usize::MAX);
        stream.heard.clear();
        stream
    }

    fn heap() -> Self {
        Self::new(Memory::heap(Compression::ZlibStream))
    }

    fn give(&mut self, input: Input<'_>) {
        self.shard.handle_input(self.now, input);
        loop {
            match self.shard.poll_output() {
                Output::AskIdentify(link) => self.give(Input::MayIdentify(link)),
                Output::Send(frame) => {
                    let link = frame.link;
                    self.shard.handle_input(self.now, Input::Sent(link));
                }
                Output::Event(_) => {
                    if let Event::Dispatch(dispatch) = self.shard.event() {
                        self.heard.push(dispatch.data().to_vec());
                    }
                }
                Output::Wait(_) => return,
                Output::Connect(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Sends a text in pieces.
    fn say(&mut self, text: &str, piece: usize) {
        let message = self.deflate.message(text);
        let mut pieces = message.chunks(piece.min(message.len())).peekable();
        while let Some(part) = pieces.next() {
            let last = pieces.peek().is_none();
            self.give(Input::Message { link: Link(1), text: false, part, last });
        }
    }

    fn dispatch(&mut self, text: &str, piece: usize) {
        self.seq += 1;
        let seq = self.seq;
        self.say(&format!(r#"{{"t":"X","s":{seq},"op":0,"d":{{"x":"{text}"}}}}"#), piece);
    }

    /// Lets 21 s pass, and what may shrink then; the heartbeat is answered.
    fn rest(&mut self) {
        self.now = self.now.saturating_add(Duration::from_secs(21));
        self.give(Input::Tick);
        self.say(ACK, usize::MAX);
    }

    /// Says so many bytes, a thousand at a time.
    fn chat(&mut self, bytes: usize) {
        let noise = noise(2_000);
        for at in 0..bytes / 1_000 {
            self.dispatch(&noise[at % 900..][..1_000], usize::MAX);
        }
    }

    fn capacity(&self) -> usize {
        self.shard.inbox.capacity()
    }
}

#[test]
fn an_idle_stream_has_its_history_and_little_room() {
    let mut stream = Stream::heap();
    let noise = noise(400_000);
    stream.dispatch(&noise, usize::MAX);
    assert!(stream.capacity() > 400_000);
    stream.rest();
    stream.rest();
    assert_eq!(stream.capacity(), WINDOW + 1024);
    stream.dispatch(&noise[300_000..], usize::MAX);
    assert_eq!(stream.heard[1], format!(r#"{{"x":"{}"}}"#, &noise[300_000..]).into_bytes());
}

#[test]
fn a_busy_stream_has_room_for_twice_its_history() {
    let mut stream = Stream::heap();
    stream.chat(1_000_000);
    assert_eq!(stream.capacity(), 2 * WINDOW);
    for _ in 0..4 {
        stream.rest();
        assert_eq!(stream.capacity(), 2 * WINDOW);
        stream.chat(300_000);
    }
    for (bytes, room) in [(100_000, 8 * 1024), (10_000, 1024), (200_000, WINDOW)] {
        stream.rest();
        stream.chat(bytes);
        stream.rest();
        assert_eq!(stream.capacity(), WINDOW + room, "{bytes}");
        stream.chat(200);
    }
}

#[test]
fn a_small_buffer_slides_for_a_while_and_then_grows() {
    let mut stream = Stream::heap();
    stream.chat(50_000);
    stream.rest();
    stream.rest();
    for (bytes, capacity) in
        [(20_000, WINDOW + 1024), (15_000, WINDOW + 8 * 1024), (15_000, 2 * WINDOW)]
    {
        stream.chat(bytes);
        assert_eq!(stream.capacity(), capacity, "{bytes}");
    }
}

#[test]
fn what_is_heard_does_not_depend_on_how_buffers_grow() {
    let noise = noise(60_000);
    for piece in [1, 7, 900, usize::MAX] {
        let lent =
            Memory { payload: crate::store::Store::Lent(vec![0; 1 << 20].leak()), ..zlib_heap() };
        let [mut grown, mut lent] = [zlib_heap(), lent].map(Stream::new);
        let (mut sizes, mut state) = (Vec::new(), 7_usize);
        for at in 0..120 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let length = [40, 400, 4_000, 33_000][state >> 60 & 3];
            let from = (state >> 20) % (noise.len() - length);
            for stream in [&mut grown, &mut lent] {
                stream.dispatch(&noise[from..][..length], piece);
                if at % 7 == 0 {
                    stream.rest();
                    stream.rest();
                }
            }
            sizes.push(grown.capacity());
        }
        sizes.sort_unstable();
        sizes.dedup();
        assert!(sizes.len() > 2, "{sizes:?}");
        assert_eq!((grown.heard.len(), lent.capacity()), (120, 1 << 20));
        assert!(grown.heard == lent.heard, "{piece}");
    }
}

fn zlib_heap() -> Memory<'static> {
    Memory::heap(Compression::ZlibStream)
}

#[test]
fn a_buffer_that_shrinks_within_a_message_keeps_its_history() {
    let noise = noise(5_000);
    let message = |stream: &mut Stream| {
        stream.chat(200_000);
        stream.dispatch(&noise, usize::MAX);
        stream.seq += 1;
        stream.deflate.message(&format!(r#"{{"t":"X","s":{},"op":0,"d":"{noise}"}}"#, stream.seq))
    };
    let length = message(&mut Stream::heap()).len();
    for split in 1..length {
        let mut stream = Stream::heap();
        let message = message(&mut stream);
        for (part, last) in [(&message[..split], false), (&message[split..], true)] {
            // Another time without an answer to the heartbeat would end the connection.
            stream.now = stream.now.saturating_add(Duration::from_secs(20));
            stream.give(Input::Message { link: Link(1), text: false, part, last });
        }
        assert_eq!(stream.heard.last(), Some(&format!(r#""{noise}""#).into_bytes()), "{split}");
    }
}

#[test]
fn an_idle_command_buffer_has_room_for_a_handshake_and_no_more() {
    let mut stream = Stream::heap();
    let small = stream.shard.outbox.size();
    assert!(small < 1_024, "{small}");
    stream.shard.command(stream.now, &Command::Raw { op: 43, d: "{}" }).unwrap();
    stream.give(Input::Tick);
    let large = stream.shard.outbox.size();
    assert!(large > MAX_PAYLOAD, "{large}");
    stream.rest();
    assert_eq!(stream.shard.outbox.size(), large, "a command came");
    stream.rest();
    assert_eq!(stream.shard.outbox.size(), small);
}
