//! Tests of requests for members through their doors, in virtual time.

mod answers;
mod chunking;
mod losses;
mod random;
mod sending;

use core::time::Duration;

use std::boxed::Box;
use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::{
    Cause, Connected, Disconnected, Dispatch, Encoding, Event, EventKind, Fate, Intents, Link,
    Purpose, ShardId, Skipped, UserId,
};

const GUILD: GuildId = GuildId(7);

/// Requests, a clock, and a shard that takes every command.
struct Rig {
    requests: MemberRequests<'static>,
    now: Instant,
    /// The instant of the latest `Wait`.
    wait: Instant,
    /// What the shard says of commands, if it is not that they are queued.
    refusal: Option<CommandError>,
    /// The number of the next command.
    next: u32,
    /// The latest nonce of each request, and the number of its command.
    sent: BTreeMap<u32, (String, CommandId)>,
}

fn settings() -> MembersSettings {
    MembersSettings::new(ShardId::ONE, Intents::GUILD_MEMBERS | Intents::GUILD_PRESENCES)
}

impl Rig {
    fn new() -> Self {
        Self::of(settings(), 4, 3)
    }

    fn chunking(chunking: Chunking) -> Self {
        Self::of(settings().with_chunking(chunking), 4, 3)
    }

    fn of(settings: MembersSettings, places: usize, waiting: usize) -> Self {
        let places = Box::leak(vec![MembersPlace::EMPTY; places].into_boxed_slice());
        let waiting = Box::leak(vec![GuildId(0); waiting].into_boxed_slice());
        Self {
            requests: MemberRequests::lent(settings, 5, places, waiting),
            now: Instant::from_millis(1_000),
            wait: Instant::ZERO,
            refusal: None,
            next: 0,
            sent: BTreeMap::new(),
        }
    }

    /// Asks for all members of the guild, and has that sent.
    fn asked() -> Self {
        let mut rig = Self::new();
        rig.ask(GUILD, Members::All).unwrap();
        assert_eq!(rig.drain(), ["send 0 guild=7 All presences=false"]);
        assert_eq!(rig.fate(0, Fate::Sent), [""; 0]);
        rig
    }

    fn ask(&mut self, guild: GuildId, members: Members<'_>) -> Result<MemberRequestId, AskError> {
        self.requests.ask(self.now, guild, members, false)
    }

    fn hear(&mut self, event: &Event<'_>) -> Vec<String> {
        self.requests.hear(self.now, event);
        self.drain()
    }

    fn dispatch(&mut self, name: &str, d: &str) -> Vec<String> {
        let dispatch = Dispatch::new(name, None, Encoding::Json, d.as_bytes()).unwrap();
        self.hear(&Event::Dispatch(dispatch))
    }

    /// Hears a chunk of the latest answer to a request for the guild.
    fn chunk(&mut self, request: u32, index: u32, count: u32) -> Vec<String> {
        let d = self.chunk_text(request, index, count);
        self.dispatch("GUILD_MEMBERS_CHUNK", &d)
    }

    fn chunk_text(&self, request: u32, index: u32, count: u32) -> String {
        let nonce = &self.sent[&request].0;
        chunk(GUILD, nonce, &index.to_string(), &count.to_string())
    }

    /// Hears what became of the latest command of a request.
    fn fate(&mut self, request: u32, fate: Fate) -> Vec<String> {
        let id = self.sent[&request].1;
        self.hear(&Event::Command { id, fate })
    }

    fn disconnected(&mut self, redial_after: Option<Duration>) -> Vec<String> {
        let over = Disconnected {
            link: Link(1),
            cause: Cause::Ended,
            code: None,
            reason: "",
            status: None,
            resumes: false,
            redial_after,
        };
        self.hear(&Event::Disconnected(over))
    }

    fn connected(&mut self, purpose: Purpose) -> Vec<String> {
        let heartbeat_interval = Duration::from_secs(40);
        self.hear(&Event::Connected(Connected { link: Link(2), purpose, heartbeat_interval }))
    }

    fn drops(&mut self) {
        assert_eq!(self.disconnected(Some(Duration::ZERO)), [""; 0]);
    }

    fn resumes(&mut self) {
        assert_eq!(self.connected(Purpose::Resume), [""; 0]);
        assert_eq!(self.dispatch("RESUMED", "{}"), [""; 0]);
    }

    /// The session is lost, and another one begins.
    fn begins_anew(&mut self) -> Vec<String> {
        assert_eq!(self.hear(&Event::SessionLost { cause: Cause::SessionInvalid }), [""; 0]);
        self.drops();
        assert_eq!(self.connected(Purpose::Identify), [""; 0]);
        self.dispatch("READY", r#"{"guilds":[{"id":"7","unavailable":true}]}"#)
    }

    fn skipped(&mut self, kind: EventKind, guild: Option<GuildId>, more: u32) -> Vec<String> {
        let (seq, through) = (Some(5), Some(5));
        self.hear(&Event::Skipped(Skipped { kind, seq, guild, id: None, length: 9, more, through }))
    }

    /// Lets a span pass.
    fn pass(&mut self, seconds: u64) -> Vec<String> {
        self.now = self.now.saturating_add(Duration::from_secs(seconds));
        self.requests.tick(self.now);
        self.drain()
    }

    /// Returns how many seconds there are until the latest `Wait`.
    fn left(&self) -> u64 {
        self.wait.saturating_since(self.now).as_secs()
    }

    /// Takes all outputs, as lines, and queues what is to be sent.
    fn drain(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let (request, line, nonce) = match self.requests.poll_output() {
                MembersOutput::Wait(at) => {
                    assert!(at > self.now, "{at} is not after {}", self.now);
                    self.wait = at;
                    return lines;
                }
                MembersOutput::Send { request, command } => {
                    let (line, nonce) = sent(request, &command);
                    (request, line, nonce)
                }
                told => {
                    lines.push(render(&told));
                    continue;
                }
            };
            let id = CommandId(self.next);
            self.next += 1;
            self.sent.insert(request.0, (nonce, id));
            self.requests.queued(request, self.refusal.map_or(Ok(id), Err));
            lines.push(line);
            assert!(lines.len() < 10_000, "a drain without end");
        }
    }
}

fn sent(request: MemberRequestId, command: &Command<'_>) -> (String, String) {
    assert_eq!(command.check(Intents::all()), Ok(()));
    let Command::RequestGuildMembers(asked) = command else { panic!("{command:?}") };
    let RequestGuildMembers { guild_id, members, presences, nonce } = asked;
    let line = format!("send {} guild={guild_id} {members:?} presences={presences}", request.0);
    (line, nonce.unwrap().to_string())
}

fn render(told: &MembersOutput<'_>) -> String {
    match told {
        MembersOutput::Complete { request, count, not_found, .. } => {
            format!("complete {} of {count} not_found={not_found}", request.0)
        }
        MembersOutput::Failed { request, failure, received, .. } => {
            format!("failed {} {failure:?} received={received}", request.0)
        }
        MembersOutput::Odd { request, index, count, .. } => {
            format!("odd {} {index:?} of {count:?}", request.0)
        }
        MembersOutput::Overflow { guild, more } => format!("overflow {guild} more={more}"),
        MembersOutput::Progress { request, index, count, received, .. } => {
            format!("progress {} {index} of {count} received={received}", request.0)
        }
        MembersOutput::Send { .. } | MembersOutput::Wait(_) => panic!("{told:?}"),
    }
}

fn chunk(guild: GuildId, nonce: &str, index: &str, count: &str) -> String {
    format!(
        r#"{{"guild_id":"{guild}","members":[{{"user":{{"id":"1"}}}}],"chunk_index":{index},"chunk_count":{count},"nonce":"{nonce}"}}"#
    )
}
