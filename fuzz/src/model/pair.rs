//! A client and the model of it, told the same and compared.

use gatewright_core::internals::drawn;
use gatewright_core::{
    Command, CommandError, CommandId, Event, Input, Instant, Leave, Link, Output, Phase, Shard,
};

use super::chronicle::Micros;
use super::client::{Client, Said, Seen};
use super::telling::{Out, Over};
use super::word::Word;

/// The most outputs of a drain.
const MOST_OUTPUTS: usize = 10_000;

/// A client and the model of it.
#[derive(Debug)]
pub(super) struct Pair<'m> {
    pub(super) shard: Shard<'m>,
    pub(super) model: Client,
    pub(super) now: Micros,
    /// The instant of the latest `Wait`.
    pub(super) wait: Micros,
    /// The link of the latest `Connect`.
    pub(super) link: u32,
    drained: bool,
    /// What differs.
    pub(super) differences: Vec<String>,
    /// What was said and what came of it, if anybody wants to read it.
    pub(super) trail: Option<Vec<String>>,
}

impl<'m> Pair<'m> {
    pub(super) fn new(shard: Shard<'m>, model: Client, keeps_trail: bool) -> Self {
        Self {
            shard,
            model,
            now: 1_000_000,
            wait: 0,
            link: 0,
            drained: true,
            differences: Vec::new(),
            trail: keeps_trail.then(Vec::new),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.model.phase()
    }

    pub(super) fn write(&mut self, line: impl FnOnce() -> String) {
        if let Some(trail) = &mut self.trail {
            trail.push(line());
        }
    }

    /// Tells both of an input; messages only when everything was taken.
    pub(super) fn say(&mut self, said: Said<'_>) {
        let at = Instant::from_micros(self.now);
        let mut json = Vec::new();
        let input = match said {
            Said::Tick => Input::Tick,
            Said::Busy => Input::Busy,
            Said::Held => Input::Held,
            Said::DialWaits(link) => Input::DialWaits(Link(link)),
            Said::Opened(link) => Input::Opened(Link(link)),
            Said::Sent(link) => Input::Sent(Link(link)),
            Said::Permit(link) => Input::MayIdentify(Link(link)),
            Said::Closed(link, gone) => Input::Closed(Link(link), gone),
            Said::Message(link, words) => {
                if self.model.held {
                    self.say(Said::Busy);
                }
                if !self.drained {
                    self.drain();
                }
                words.iter().for_each(|word| word.write(&mut json));
                Input::Message { link: Link(link), text: true, part: &json, last: true }
            }
        };
        let now = self.now;
        self.write(|| format!("{now} > {said:?}"));
        self.shard.handle_input(at, input);
        let (beat, rest) = drawn(&self.shard);
        let seen = Seen { beat: beat.as_micros(), rest: rest.map(Instant::as_micros) };
        self.model.input(self.now, said, seen);
        self.drained = false;
        self.settle();
    }

    /// Says words of the gateway on the link at hand, as one message.
    pub(super) fn words(&mut self, words: &[Word]) {
        self.say(Said::Message(self.link, words));
    }

    pub(super) fn leave(&mut self, how: Leave) {
        let now = self.now;
        self.write(|| format!("{now} > leave {how:?}"));
        self.shard.leave(Instant::from_micros(self.now), how);
        self.model.leave(self.now, how);
        self.drained = false;
        self.settle();
    }

    /// Gives both a command, which carries its number.
    pub(super) fn command(
        &mut self,
        command: &Command<'_>,
        expires: Option<Micros>,
        refused: Option<CommandError>,
    ) {
        let presence = matches!(command, Command::UpdatePresence(_));
        let now = self.now;
        self.write(|| format!("{now} > {command:?} until {expires:?}"));
        let until = expires.map_or(Instant::MAX, Instant::from_micros);
        let queued = self.shard.command_until(Instant::from_micros(now), command, until);
        let id = |CommandId(id)| usize::try_from(id).unwrap_or(usize::MAX);
        let queued = queued.map(id);
        let expected = self.model.command(now, presence, expires, refused);
        self.drained = false;
        self.compare("a command", &queued, &expected);
    }

    /// Takes everything at once where chance decided, so that it is seen before time goes on.
    fn settle(&mut self) {
        if self.model.drew {
            self.drain();
        }
    }

    /// Takes all outputs of both and compares them, and what the client says about itself.
    pub(super) fn drain(&mut self) {
        let outputs = self.outputs();
        let expected = self.model.drain();
        for out in &outputs {
            match out {
                Out::Connect { link, .. } => self.link = *link,
                // One that is over and held waits for ever.
                Out::Wait(until) if *until < Instant::MAX.as_micros() => self.wait = *until,
                _ => {}
            }
        }
        self.write(|| format!("    {outputs:?}"));
        self.compare("outputs", &outputs, &expected);
        self.drained = !self.model.held;
        let complaints = std::mem::take(&mut self.model.complaints);
        self.differences.extend(complaints);
        self.compare_status();
    }

    fn compare_status(&mut self) {
        let status = self.shard.status();
        self.compare("the phase", &status.phase, &self.model.phase());
        let session = self.model.session().clone();
        let exported = self.shard.session().map(|kept| {
            (kept.id.to_string(), kept.resume_url.to_string(), kept.received, kept.processed)
        });
        let expected = session.id.map(|id| {
            let url = session.url.map_or("", |(given, _)| given);
            let received = session.latest_received();
            (id.to_owned(), url.to_owned(), received, session.latest_delivered().min(received))
        });
        self.compare("the session", &exported, &expected);
        let open = self.model.orders.iter().filter(|order| order.fate.is_none()).count();
        let queued = usize::try_from(status.queued_commands).unwrap_or(usize::MAX);
        self.compare("commands that wait", &queued, &open);
    }

    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, expected: &T) {
        if found != expected {
            self.differences.push(format!("{what}:\n found {found:?}\n model {expected:?}"));
        }
    }

    fn outputs(&mut self) -> Vec<Out> {
        let mut outputs = Vec::new();
        for _ in 0..MOST_OUTPUTS {
            let output = match self.shard.poll_output() {
                Output::Event(_) => of_event(&self.shard.event()),
                output => of_output(&output),
            };
            let last = matches!(output, Out::Wait(_) | Out::Stop(_));
            outputs.push(output);
            if last {
                break;
            }
        }
        outputs
    }
}

fn of_output(output: &Output<'_>) -> Out {
    match output {
        Output::AskIdentify(link) => Out::AskIdentify(link.0),
        Output::ForgoIdentify(link) => Out::ForgoIdentify(link.0),
        Output::Close(code) => Out::Close(code.0),
        Output::Stop(stop) => Out::Stop(*stop),
        Output::Wait(until) => Out::Wait(until.as_micros()),
        Output::Event(kind) => Out::Odd(kind.to_string()),
        Output::Send(frame) => {
            of_frame(frame.link.0, frame.bytes).unwrap_or_else(|| Out::Odd(format!("{frame:?}")))
        }
        Output::Connect(target) => {
            let resumes = target.purpose == gatewright_core::Purpose::Resume;
            let url = target.to_string();
            let url = url.split('?').next().unwrap_or_default().to_owned();
            Out::Connect { link: target.link.0, resumes, url }
        }
    }
}

/// Reads a frame; a command carries its number.
fn of_frame(link: u32, bytes: &[u8]) -> Option<Out> {
    let frame: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let d = &frame["d"];
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64()?).ok();
    Some(match frame["op"].as_u64()? {
        1 if d.is_null() => Out::SendBeat { link, seq: None },
        1 => Out::SendBeat { link, seq: Some(d.as_u64()?) },
        2 => Out::SendIdentify(link),
        3 => Out::SendCommand { link, presence: true, id: number(&d["since"])? },
        6 => {
            let id = d["session_id"].as_str()?.to_owned();
            Out::SendResume { link, id, seq: d["seq"].as_u64()? }
        }
        43 => Out::SendCommand { link, presence: false, id: number(d)? },
        _ => return None,
    })
}

fn of_event(event: &Event<'_>) -> Out {
    let micros = |span: std::time::Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    match event {
        Event::Command { id, fate } => {
            Out::Command { id: usize::try_from(id.0).unwrap_or(usize::MAX), fate: *fate }
        }
        Event::Connected(connected) => Out::Connected {
            link: connected.link.0,
            resumes: connected.purpose == gatewright_core::Purpose::Resume,
            interval: micros(connected.heartbeat_interval),
        },
        Event::Disconnected(over) => Out::Disconnected(Over {
            link: over.link.0,
            cause: over.cause,
            code: over.code.map(|code| code.0),
            reason: over.reason.to_owned(),
            status: over.status,
            resumes: over.resumes,
            redial_after: over.redial_after.map(micros),
        }),
        Event::Dispatch(dispatch) => {
            Out::Dispatch { name: dispatch.name().to_owned(), seq: dispatch.seq() }
        }
        Event::Duplicate(dispatch) => {
            Out::Duplicate { name: dispatch.name().to_owned(), seq: dispatch.seq() }
        }
        Event::Gap { expected, found } => Out::Gap { expected: *expected, found: *found },
        Event::Limit(limit) => Out::Limit(format!("{limit:?}")),
        Event::SessionLost { cause } => Out::SessionLost(*cause),
        other => Out::Odd(format!("{other:?}")),
    }
}
