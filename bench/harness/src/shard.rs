//! A shard that is driven over messages, with nobody between.

use std::fmt;
use std::hint::black_box;

use gatewright_core::transcript::Recorded;
use gatewright_core::{Input, Instant, Link, Output, Shard};

const LINK: Link = Link(1);

/// What stands in front of the documents, so that they are events of a session.
pub const OPENING: [&str; 2] = [
    r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":600000}}"#,
    r#"{"t":"READY","s":1,"op":0,"d":{"session_id":"a","resume_gateway_url":"wss://r.example"}}"#,
];

/// The doors both kinds of shard have.
pub trait Doors {
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

impl<S: fmt::Write> Doors for Recorded<'_, S> {
    fn hear(&mut self, input: Input<'_>) {
        self.handle_input(Instant::from_millis(1), input);
    }

    fn poll(&mut self) -> Output<'_> {
        self.poll_output()
    }
}

/// Connects a new shard and lets it take all messages, of which the first two are the [`OPENING`].
pub fn drive(shard: &mut impl Doors, messages: &[Vec<u8>], text: bool) {
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
