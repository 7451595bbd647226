//! A shard whose outputs are held to its laws.

use std::time::Duration;

use gatewright_core::{
    Command, CommandError, Compression, Encoding, Input, Instant, Link, Memory, Output, Phase,
    Shard, Stop,
};
use gatewright_sim::from_etf;

use crate::wire::Wire;

/// The most outputs of one drain, beside one for every few bytes taken.
const MOST_OUTPUTS: usize = 10_000;
/// The longest frame.
const MOST_FRAME: usize = 4_096;

pub(super) struct Judge<'m> {
    pub(super) shard: Shard<'m>,
    pub(super) encoding: Encoding,
    pub(super) compression: Compression,
    /// The latest instant said, and the latest heard: a shard's time never goes back.
    pub(super) now: Instant,
    latest: Instant,
    /// What the gateway's side of the connection at hand packs with.
    pub(super) wire: Wire,
    pub(super) wait: Instant,
    drained: bool,
    held: bool,
    pub(super) link: Link,
    in_flight: bool,
    stopped: Option<Stop>,
    pub(super) lines: Vec<String>,
}

impl<'m> Judge<'m> {
    pub(super) fn new(shard: Shard<'m>, encoding: Encoding, compression: Compression) -> Self {
        Self {
            shard,
            encoding,
            compression,
            now: Instant::from_millis(1_000),
            latest: Instant::ZERO,
            wire: Wire::new(compression, 6),
            wait: Instant::ZERO,
            drained: true,
            held: false,
            link: Link(0),
            in_flight: false,
            stopped: None,
            lines: Vec::new(),
        }
    }

    /// Gives an input; a message only after all output was taken.
    pub(super) fn give(&mut self, input: Input<'_>) {
        if matches!(input, Input::Message { .. }) {
            if self.held {
                self.give(Input::Busy);
            }
            if !self.drained {
                self.drain();
            }
        }
        self.hear();
        match input {
            Input::Held => self.held = true,
            Input::Tick | Input::Busy => self.held = false,
            _ => {}
        }
        if matches!(input, Input::Sent(link) if link == self.link) {
            self.in_flight = false;
        }
        if matches!(input, Input::Opened(link) if link == self.link) {
            self.wire = Wire::new(self.compression, 6);
        }
        self.shard.handle_input(self.now, input);
    }

    /// Notes that the shard hears of the time.
    pub(super) fn hear(&mut self) {
        self.latest = self.latest.max(self.now.min(Instant::MAX));
        self.drained = false;
    }

    pub(super) fn command(&mut self, command: &Command<'_>, expires: Instant) {
        self.hear();
        let queued = self.shard.command_until(self.now, command, expires);
        if self.stopped.is_some() {
            assert_eq!(queued, Err(CommandError::Over));
        }
        self.lines.push(format!("queued {queued:?}"));
    }

    /// Tells whether documents come as text messages.
    pub(super) fn is_text(&self) -> bool {
        self.encoding == Encoding::Json && self.compression == Compression::None
    }

    /// Takes all output.
    pub(super) fn drain(&mut self) {
        for _ in 0..MOST_OUTPUTS {
            if self.take() {
                return;
            }
        }
        panic!("outputs without end: {:?}", self.shard.status());
    }

    /// Takes one output; `true` if it was the last for now.
    pub(super) fn take(&mut self) -> bool {
        let output = self.shard.poll_output();
        let mut line = format!("{output:?}");
        if self.held {
            assert!(!matches!(output, Output::Event(_) | Output::Stop(_)), "{line} while held");
        } else if let Some(stop) = self.stopped {
            assert!(
                matches!(output, Output::Stop(again) if again == stop),
                "{line} after {stop:?}"
            );
        }
        let last = matches!(output, Output::Wait(_) | Output::Stop(_));
        self.drained = last && !self.held;
        match output {
            Output::Connect(target) => {
                assert!(target.link > self.link, "{line} after {:?}", self.link);
                assert!(!target.to_string().is_empty() && !target.host_name().is_empty());
                (self.link, self.in_flight) = (target.link, false);
            }
            Output::AskIdentify(link) => assert_eq!(link, self.link),
            Output::Send(frame) => {
                assert!(!self.in_flight && frame.link == self.link, "{line} too early");
                self.in_flight = true;
                is_sound(frame.text, frame.bytes, self.encoding);
            }
            Output::Event(kind) => {
                let event = self.shard.event();
                assert_eq!(event.kind(), kind);
                line = format!("{event:?}");
            }
            Output::Wait(until) => {
                let least = self.latest.saturating_add(Duration::from_millis(1));
                // Behind the end of time there is nothing to wait for.
                let is_at_an_end = [Instant::ZERO, Instant::MAX].contains(&self.latest);
                assert!(until >= least || is_at_an_end, "{line} at {}", self.latest);
                // One that is over and held waits for ever.
                self.wait = if until < Instant::MAX { until } else { least };
            }
            Output::Stop(stop) => self.stopped = Some(stop),
            Output::Close(_) | Output::ForgoIdentify(_) => {}
        }
        self.lines.push(line);
        last
    }

    /// Looks at what can be looked at any time.
    pub(super) fn look(&self) {
        let status = self.shard.status();
        assert!(self.stopped.is_none() || status.phase == Phase::Stopped, "{status:?}");
        assert!(status.processed_seq <= status.received_seq, "{status:?}");
        let Some(session) = self.shard.session() else {
            return;
        };
        assert_eq!(
            (session.processed, session.received),
            (status.processed_seq, status.received_seq)
        );
        let memory = Memory::heap_limited(self.compression, Memory::MIN_PAYLOAD);
        let resumed = Shard::resume(super::config(self.encoding), session.clone(), 1, memory);
        let resumed = resumed.expect("an exported session can be resumed");
        let again = resumed.session().expect("it has a session");
        assert_eq!((again.id, again.processed), (session.id, session.processed));
    }
}

/// A frame is one document of the encoding, and not too long.
fn is_sound(text: bool, bytes: &[u8], encoding: Encoding) {
    assert!(bytes.len() <= MOST_FRAME, "{} bytes", bytes.len());
    assert_eq!(text, encoding == Encoding::Json);
    let value = match encoding {
        Encoding::Json => serde_json::from_slice(bytes).ok(),
        _ => from_etf(bytes).ok(),
    };
    let value: serde_json::Value = value.expect("a frame is one document");
    assert!(value["op"].is_u64() && value.get("d").is_some(), "{value}");
}
