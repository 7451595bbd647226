//! A whole shard over compressed or plain messages: as it is, ready to be recorded, and recorded.

use std::fmt;
use std::hint::black_box;

use gatewright_core::transcript::Recorded;
use gatewright_core::{Compression, Config, Input, Instant, Intents, Link, Memory, Output, Shard};

use gatewright_bench_harness::traffic::Document;
use gatewright_bench_inflate::wire;

/// Who runs: the rows of the layer.
pub const WHO: [&str; 3] = ["Shard", "Recorded, off", "Recorded, on"];

const LINK: Link = Link(1);
const HELLO: &str = r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":600000}}"#;
const READY: &str =
    r#"{"t":"READY","s":1,"op":0,"d":{"session_id":"a","resume_gateway_url":"wss://r.example"}}"#;

/// Prepares the documents as messages behind Hello and READY, through a new shard in each run.
pub fn run(who: &str, compression: Compression, documents: &[Document]) -> Box<dyn FnMut()> {
    let opening = [HELLO, READY].into_iter().map(str::as_bytes);
    let all = opening.chain(documents.iter().map(|document| &document.whole[..]));
    let messages = match compression {
        Compression::None => all.map(<[u8]>::to_vec).collect(),
        _ => wire::compress(compression, all),
    };
    let text = compression == Compression::None;
    let shard = move || {
        let config = Config::new("token", Intents::DOCUMENTED);
        Shard::new(config, 1, Memory::heap(compression)).expect("good settings")
    };
    match who {
        "Shard" => Box::new(move || drive(&mut shard(), &messages, text)),
        _ => {
            let on = who == "Recorded, on";
            Box::new(move || {
                let mut shard = Recorded::new(shard());
                if on {
                    shard.record(Page(String::new())).expect("nothing was heard");
                }
                drive(&mut shard, &messages, text);
            })
        }
    }
}

/// The doors both kinds of shard have.
trait Doors {
    fn hear(&mut self, input: Input<'_>);
    fn poll(&mut self) -> Output<'_>;
}

impl Doors for Shard<'_> {
    fn hear(&mut self, input: Input<'_>) {
        self.handle_input(Instant::from_millis(1), input);
    }

    fn poll(&mut self) -> Output<'_> {
        self.poll_output()
    }
}

impl Doors for Recorded<'_, Page> {
    fn hear(&mut self, input: Input<'_>) {
        self.handle_input(Instant::from_millis(1), input);
    }

    fn poll(&mut self) -> Output<'_> {
        self.poll_output()
    }
}

fn drive(shard: &mut impl Doors, messages: &[Vec<u8>], text: bool) {
    give(shard, Input::Tick);
    give(shard, Input::Opened(LINK));
    for (at, part) in messages.iter().enumerate() {
        give(shard, Input::Message { link: LINK, text, part, last: true });
        if at == 0 {
            give(shard, Input::MayIdentify(LINK));
            give(shard, Input::Sent(LINK));
        }
    }
}

fn give(shard: &mut impl Doors, input: Input<'_>) {
    shard.hear(input);
    loop {
        match shard.poll() {
            Output::Wait(_) => return,
            Output::Stop(stop) => panic!("{stop}"),
            output => drop(black_box(output)),
        }
    }
}

/// Takes lines as a buffer of a file does, and drops them.
struct Page(String);

impl fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() > 1 << 16 {
            black_box(&self.0);
            self.0.clear();
        }
        Ok(())
    }
}
