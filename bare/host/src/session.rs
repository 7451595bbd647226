//! The whole session that a board goes through, and what must have come of it.

use std::fmt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gatewright_board::parts::{COMMANDS, PAYLOAD, SEED, USERS};
use gatewright_core::{CloseCode, Leave, transcript};
use gatewright_sim::{Fault, Options, What};

use crate::bridge::{PIPES, make_pipes, serve};
use crate::gateway::{Deed, Gateway};
use crate::machine::{Left, Machine, Running};

/// How long a session may take here.
const LIMIT: Duration = Duration::from_secs(120);
/// How long it takes on the board.
const SESSION: Duration = Duration::from_secs(200);

/// Returns the gateway of the session: large guilds, a small one, steady events, a cut and the end.
pub(crate) fn gateway() -> Gateway {
    let options = Options {
        seed: SEED,
        guilds: 1,
        members: 60,
        large_guilds: 2,
        rate: 12,
        ..Options::default()
    };
    let seconds = Duration::from_secs;
    Gateway::new(
        options,
        vec![
            (seconds(20), Deed::Dispatch("GUILD_CREATE", small_guild())),
            (seconds(70), Deed::Fault(Fault::Drop)),
            (seconds(120), Deed::Fault(Fault::Reconnect)),
            (SESSION, Deed::Leave(Leave::End)),
        ],
    )
}

/// A guild that fits into the room of a board.
fn small_guild() -> String {
    let members = (0..20).map(|number| {
        format!(
            r#"{{"user":{{"id":"{}","username":"user {number}","discriminator":"0","avatar":null}},"roles":["500000000000000001"],"joined_at":"2024-01-01T00:00:00.000000+00:00","deaf":false,"mute":false,"flags":0}}"#,
            600_000_000_000_000_000_u64 + number,
        )
    });
    let members = members.collect::<Vec<_>>().join(",");
    format!(
        r#"{{"id":"500000000000000000","name":"a small guild","owner_id":"600000000000000000","icon":null,"region":"none","afk_timeout":300,"verification_level":0,"default_message_notifications":0,"explicit_content_filter":0,"mfa_level":0,"premium_tier":0,"nsfw_level":0,"system_channel_flags":0,"preferred_locale":"en-US","features":[],"emojis":[],"stickers":[],"channels":[],"threads":[],"presences":[],"voice_states":[],"stage_instances":[],"guild_scheduled_events":[],"soundboard_sounds":[],"roles":[{{"id":"500000000000000000","name":"@everyone","color":0,"hoist":false,"position":0,"permissions":"0","managed":false,"mentionable":false,"flags":0}}],"joined_at":"2024-01-01T00:00:00.000000+00:00","large":false,"member_count":20,"members":[{members}]}}"#
    )
}

/// Runs the session on the board.
pub(crate) fn on_board(program: &Path) -> Result<(Left, Gateway)> {
    let running = Running::start(Machine::NetduinoPlus2, program, LIMIT, make_pipes)?;
    let [requests, answers] = PIPES.map(|name| running.path(name));
    let server = thread::spawn({
        let (requests, answers) = (requests.clone(), answers.clone());
        move || {
            let mut gateway = gateway();
            serve(&requests, &answers, &mut gateway).map(|()| gateway)
        }
    });
    let left = running.finish();
    // A board that never opened its pipes leaves the bridge waiting for it.
    for pipe in [requests, answers] {
        drop(std::fs::OpenOptions::new().read(true).write(true).open(pipe));
    }
    let served = server.join().ok().context("the bridge panicked")?;
    let left = left?;
    Ok((left, served?))
}

/// What the session came to.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) dispatches: u64,
    pub(crate) skipped: u64,
    pub(crate) heartbeats: u64,
    pub(crate) wire_bytes: u64,
    pub(crate) inflated_bytes: u64,
    pub(crate) most_users: u64,
    /// The bytes of the shard and its cache, and of all they are lent.
    pub(crate) memory: u64,
    pub(crate) stack_setup: u64,
    pub(crate) stack_steady: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dispatches, skipped, heartbeats, wire_bytes, inflated_bytes, .. } = self;
        let Self { most_users, memory, stack_setup, stack_steady, .. } = self;
        write!(f, "{dispatches} events, {skipped} guilds too large, {heartbeats} heartbeats, ")?;
        write!(f, "{wire_bytes} bytes inflated to {inflated_bytes}, at most {most_users} users, ")?;
        write!(f, "{memory} bytes lent to shard and cache, ")?;
        write!(f, "stack {stack_setup} to set up, {stack_steady} in the loop")
    }
}

/// Checks what a session left behind.
pub(crate) fn check(left: &Left, gateway: &Gateway) -> Result<Figures> {
    let complaints = gateway.complaints();
    ensure!(complaints.is_empty(), "the gateway complains: {complaints:?}");
    let journal = gateway.server().journal();
    let count = |is: fn(&What) -> bool| journal.iter().filter(|entry| is(&entry.what)).count();
    ensure!(count(|what| matches!(what, What::Dropped)) == 1, "it was not cut");
    ensure!(count(|what| matches!(what, What::ReconnectAsked)) == 1, "no op 7");
    let ended = What::ClosedByClient { code: Some(CloseCode(1000)), session_kept: false };
    ensure!(count_of(gateway, &ended) == 1, "the session did not end with 1000");
    for (name, expected) in [
        ("dials", 3),
        ("identifies", 1),
        ("readies", 1),
        ("resumes", 2),
        ("resumed", 2),
        ("gaps", 0),
        ("undecoded", 0),
        ("commands", 1),
        ("commands-refused", 0),
        ("cache.broken", 0),
        ("cache.refused", 0),
        // Two guilds of the world do not fit; the other one and the small one do.
        ("skipped-guilds", 2),
    ] {
        let found = left.number(name)?;
        ensure!(found == expected, "{name}: expected {expected}, found {found}");
    }
    let figures = Figures {
        dispatches: left.number("dispatches")?,
        skipped: left.number("skipped")?,
        heartbeats: left.number("heartbeats")?,
        wire_bytes: left.number("wire-bytes")?,
        inflated_bytes: left.number("inflated-bytes")?,
        most_users: left.number("cache.most-users")?,
        memory: left.number("memory")?,
        stack_setup: left.number("stack.setup")?,
        stack_steady: left.number("stack.steady")?,
    };
    ensure!(figures.heartbeats >= 4, "{figures:?}");
    ensure!((20..=u64::from(USERS)).contains(&figures.most_users), "{figures:?}");
    ensure!(figures.memory <= 66 * 1024, "{figures:?}");
    ensure!(left.number("letters")? > 1_000, "hardly a message was read");
    Ok(figures)
}

fn count_of(gateway: &Gateway, what: &What) -> usize {
    gateway.server().journal().iter().filter(|entry| entry.what == *what).count()
}

/// Checks that a recording made on the board plays on the host, to the same outputs.
pub(crate) fn replays(recording: &[u8]) -> Result<transcript::Summary> {
    let text = std::str::from_utf8(recording)?;
    for line in [format!("payload lent {PAYLOAD}"), format!("commands {COMMANDS}")] {
        ensure!(text.lines().any(|found| found == line), "no {line} in the recording");
    }
    let summary = transcript::replay(recording)?;
    ensure!(summary.is_complete && summary.outputs > 1_000, "{summary:?}");
    Ok(summary)
}
