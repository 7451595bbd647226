//! What happened so far in a session, and what of it is worth a line.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use gatewright_core::model::{GuildCreate, Payload, Ready};
use gatewright_core::{
    Cause, Connected, Disconnected, Dispatch, Event, EventKind, Purpose, Skipped,
};
use serde_json::json;

use crate::clock::Stopwatch;

/// How many guilds get a line of their own.
const GUILD_LINES: usize = 5;

/// One line of the story.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The kind, for machines.
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) details: serde_json::Value,
    pub(crate) tone: Tone,
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Bad,
    Good,
    Plain,
}

/// How often a kind of event came, and how large it was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// A session so far.
#[derive(Debug)]
pub(crate) struct Story {
    clock: Stopwatch,
    kinds: BTreeMap<String, Tally>,
    events: u64,
    sessions: u32,
    /// Events of the latest session.
    of_session: u64,
    first_seq: Option<u64>,
    last_seq: u64,
    missing: u64,
    doubled: u64,
    resumes: u32,
    replayed: u64,
    failed_dials: u32,
    connected: bool,
    live: bool,
    /// When the first session began.
    ready_at: Option<Duration>,
    resuming: bool,
    dropped: bool,
    guilds_to_come: usize,
    guilds: usize,
    /// The time and the count of events of the latest live line.
    mark: (Duration, u64),
}

impl Story {
    pub(crate) fn new() -> Self {
        Self {
            clock: Stopwatch::start(),
            kinds: BTreeMap::new(),
            events: 0,
            sessions: 0,
            of_session: 0,
            first_seq: None,
            last_seq: 0,
            missing: 0,
            doubled: 0,
            resumes: 0,
            replayed: 0,
            failed_dials: 0,
            connected: false,
            live: false,
            ready_at: None,
            resuming: false,
            dropped: false,
            guilds_to_come: 0,
            guilds: 0,
            mark: (Duration::ZERO, 0),
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Returns how long ago the first session began.
    pub(crate) fn since_ready(&self) -> Duration {
        self.ready_at.map_or(Duration::ZERO, |ready| self.elapsed().saturating_sub(ready))
    }

    /// Tells whether a session was begun or resumed.
    pub(crate) const fn has_begun(&self) -> bool {
        self.sessions > 0
    }

    /// Returns how many sequence numbers are missing, and how many came twice.
    pub(crate) const fn faults(&self) -> (u64, u64) {
        (self.missing, self.doubled)
    }

    pub(crate) const fn is_live(&self) -> bool {
        self.live
    }

    pub(crate) const fn is_dropped(&self) -> bool {
        self.dropped
    }

    pub(crate) const fn has_resumed(&self) -> bool {
        self.resumes > 0
    }

    pub(crate) const fn drop_connection(&mut self) {
        self.dropped = true;
    }

    /// Returns how many dials failed before the first connection.
    pub(crate) const fn failed_dials(&self) -> u32 {
        if self.connected { 0 } else { self.failed_dials }
    }

    pub(crate) const fn was_connected(&self) -> bool {
        self.connected
    }

    pub(crate) const fn kinds(&self) -> &BTreeMap<String, Tally> {
        &self.kinds
    }

    pub(crate) const fn events(&self) -> u64 {
        self.events
    }

    pub(crate) const fn seqs(&self) -> (Option<u64>, u64) {
        (self.first_seq, self.last_seq)
    }

    pub(crate) const fn resumes(&self) -> (u32, u64) {
        (self.resumes, self.replayed)
    }

    /// Returns the events a second since the latest call.
    pub(crate) fn rate(&mut self) -> f64 {
        let (then, before) = self.mark;
        let now = self.elapsed();
        self.mark = (now, self.events);
        let events = u32::try_from(self.events - before).unwrap_or(u32::MAX);
        f64::from(events) / (now - then).as_secs_f64().max(0.001)
    }

    /// Hears an event and returns what of it is worth telling.
    pub(crate) fn hear(&mut self, event: &Event<'_>) -> Vec<Line> {
        match event {
            Event::Connected(connected) => vec![self.connect(connected)],
            Event::Disconnected(over) => vec![self.disconnect(over)],
            Event::Dispatch(dispatch) => self.dispatch(dispatch),
            Event::Skipped(skipped) => vec![self.skip(skipped)],
            Event::Duplicate(dispatch) => {
                self.doubled += 1;
                let text = format!("event {} came twice", dispatch.seq().unwrap_or(0));
                vec![bad("duplicate", text, json!({ "seq": dispatch.seq() }))]
            }
            Event::Gap { expected, found } => {
                self.missing += found - expected;
                let text = format!("events {expected} to {} are missing", found - 1);
                vec![bad("gap", text, json!({ "expected": expected, "found": found }))]
            }
            Event::SessionLost { cause } => {
                let text = format!("session lost: {cause}");
                vec![bad("session_lost", text, json!({ "cause": cause.to_string() }))]
            }
            Event::Limit(limit) => {
                vec![bad("limit", limit.to_string(), json!({ "limit": limit.to_string() }))]
            }
            Event::Command { .. } | _ => Vec::new(),
        }
    }

    fn connect(&mut self, connected: &Connected) -> Line {
        self.connected = true;
        self.resuming = connected.purpose == Purpose::Resume;
        let purpose = if self.resuming { "to resume the session" } else { "for a new session" };
        let interval = connected.heartbeat_interval.as_secs_f64();
        let text = format!("connected {purpose}, heartbeat every {interval} s");
        let details = json!({ "resume": self.resuming, "heartbeat_interval_s": interval });
        plain("connected", text, details)
    }

    fn disconnect(&mut self, over: &Disconnected<'_>) -> Line {
        self.live = false;
        self.failed_dials += u32::from(over.cause == Cause::DialFailed);
        let mut text = format!("disconnected: {}", over.cause);
        if let Some(code) = over.code {
            text += &format!(" ({code})");
        }
        if let Some(status) = over.status {
            text += &format!(" (HTTP {status})");
        }
        if !over.reason.is_empty() {
            text += &format!(", \"{}\"", over.reason);
        }
        if let Some(wait) = over.redial_after {
            let what = if over.resumes { "resuming" } else { "connecting" };
            text += &format!("; {what} in {:.2} s", wait.as_secs_f64());
        }
        let details = json!({
            "cause": over.cause.to_string(),
            "code": over.code.map(|code| code.0),
            "reason": over.reason,
            "resumes": over.resumes,
            "redial_after_s": over.redial_after.map(|wait| wait.as_secs_f64()),
        });
        let wanted = matches!(over.cause, Cause::Ended | Cause::Parked);
        Line {
            name: "disconnected",
            text,
            details,
            tone: if wanted { Tone::Plain } else { Tone::Bad },
        }
    }

    fn dispatch(&mut self, dispatch: &Dispatch<'_>) -> Vec<Line> {
        let bytes = u64::try_from(dispatch.data().len()).unwrap_or(u64::MAX);
        if dispatch.kind() == EventKind::Ready {
            (self.sessions, self.of_session, self.first_seq) = (self.sessions + 1, 0, None);
            self.ready_at = self.ready_at.or_else(|| Some(self.elapsed()));
        }
        self.count(dispatch.name(), dispatch.seq(), bytes);
        self.replayed += u64::from(self.resuming && dispatch.kind() != EventKind::Resumed);
        match dispatch.payload() {
            _ if dispatch.kind() == EventKind::Resumed => vec![self.resumed()],
            Ok(Payload::Ready(ready)) => vec![self.ready(dispatch, &ready)],
            Ok(Payload::GuildCreate(guild)) => self.guild(dispatch, &guild),
            Ok(_) => Vec::new(),
            Err(error) => {
                self.live |= dispatch.kind() == EventKind::Ready;
                let guild = dispatch.guild_id();
                let place = guild.map_or_else(String::new, |guild| format!(" of guild {guild}"));
                let text = format!("{}{place} does not decode: {error}", dispatch.name());
                let details = json!({
                    "kind": dispatch.name(), "seq": dispatch.seq(),
                    "guild": guild.map(|guild| guild.0.to_string()), "error": error.to_string(),
                });
                vec![bad("undecoded", text, details)]
            }
        }
    }

    fn count(&mut self, name: &str, seq: Option<u64>, bytes: u64) {
        self.events += 1;
        self.of_session += 1;
        let tally = self.kinds.entry(name.to_owned()).or_default();
        tally.count += 1;
        tally.bytes += bytes;
        if let Some(seq) = seq {
            self.first_seq.get_or_insert(seq);
            self.last_seq = seq;
        }
    }

    fn ready(&mut self, dispatch: &Dispatch<'_>, ready: &Ready<'_>) -> Line {
        self.live = true;
        self.guilds = 0;
        self.guilds_to_come = ready.guilds.count();
        let name = ready.user.username.unwrap_or_default();
        let text = format!("identified as {name}, {} guilds to come", self.guilds_to_come);
        good("ready", text, json!({ "guilds": self.guilds_to_come, "seq": dispatch.seq() }))
    }

    fn resumed(&mut self) -> Line {
        self.live = true;
        self.resuming = false;
        self.resumes += 1;
        let text = format!("resumed, {} events replayed so far", self.replayed);
        good("resumed", text, json!({ "replayed": self.replayed }))
    }

    fn guild(&mut self, dispatch: &Dispatch<'_>, guild: &GuildCreate<'_>) -> Vec<Line> {
        self.guilds += 1;
        let (at, all) = (self.guilds, self.guilds_to_come);
        let mut lines = Vec::new();
        if at <= GUILD_LINES {
            let (id, name) = (guild.id, guild.name.unwrap_or_default());
            let members = guild.member_count.unwrap_or(0);
            let kilobytes = dispatch.data().len() / 1_000;
            let text = format!("guild {at}/{all}: {name}, {members} members, {kilobytes} kB");
            let details =
                json!({ "id": id.0.to_string(), "name": name.to_cow(), "members": members });
            lines.push(plain("guild", text, details));
        }
        if at == all && at > GUILD_LINES {
            lines.push(plain(
                "guilds",
                format!("all {all} guilds are here"),
                json!({ "guilds": all }),
            ));
        }
        lines
    }

    fn skip(&mut self, skipped: &Skipped) -> Line {
        self.count(skipped.kind.name(), skipped.seq, skipped.length);
        self.events += u64::from(skipped.more);
        self.of_session += u64::from(skipped.more);
        self.last_seq = skipped.through.unwrap_or(self.last_seq);
        let text =
            format!("{} of {} bytes skipped: over the payload limit", skipped.kind, skipped.length);
        bad("skipped", text, json!({ "kind": skipped.kind.name(), "bytes": skipped.length }))
    }

    /// Checks what a session with a simulated gateway has to show.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.events > 0, "no event came from the simulated gateway");
        ensure!(self.missing == 0, "{} sequence numbers are missing", self.missing);
        ensure!(self.doubled == 0, "{} events came twice", self.doubled);
        let counted = self.last_seq + 1 - self.first_seq.unwrap_or(0);
        let events = self.of_session;
        ensure!(counted == events, "{events} events for {counted} sequence numbers");
        ensure!(self.dropped, "the session was never live, so no Resume was seen");
        ensure!(
            self.resumes > 0,
            "the dropped session was not resumed: at a high --rate the gateway does not keep enough events"
        );
        Ok(())
    }
}

const fn line(name: &'static str, text: String, details: serde_json::Value, tone: Tone) -> Line {
    Line { name, text, details, tone }
}

fn bad(name: &'static str, text: String, details: serde_json::Value) -> Line {
    line(name, text, details, Tone::Bad)
}

fn good(name: &'static str, text: String, details: serde_json::Value) -> Line {
    line(name, text, details, Tone::Good)
}

fn plain(name: &'static str, text: String, details: serde_json::Value) -> Line {
    line(name, text, details, Tone::Plain)
}
