//! A whole shard over compressed or plain messages: as it is, ready to be recorded, and recorded.

use std::fmt;
use std::hint::black_box;

use gatewright_core::transcript::Recorded;
use gatewright_core::{Compression, Config, Intents, Memory, Shard};

use gatewright_bench_harness::shard::{OPENING, drive};
use gatewright_bench_harness::traffic::Document;
use gatewright_bench_inflate::wire;

/// Who runs: the rows of the layer.
pub const WHO: [&str; 3] = ["Shard", "Recorded, off", "Recorded, on"];

/// Prepares the documents as messages behind Hello and READY, through a new shard in each run.
pub fn run(who: &str, compression: Compression, documents: &[Document]) -> Box<dyn FnMut()> {
    let opening = OPENING.into_iter().map(str::as_bytes);
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
