//! The header of a transcript: what a shard was made of.

use core::fmt::{self, Display, Formatter, Write};
use core::time::Duration;

use super::write::Quoted;
use super::{MAGIC, RecordError};
use crate::config::FirstPresence;
use crate::{Activity, Instant, Presence, Shard};

/// The largest payload buffer a header may ask for, lent or grown.
pub const MAX_MEMORY: usize = 1 << 28;
/// The most bytes a header may let a message inflate to.
pub const MAX_MESSAGE: u64 = 1 << 30;
/// The largest command buffer a header may ask for: its commands are looked through one by one.
pub const MAX_COMMANDS: usize = 1 << 20;
/// The room to write a session as JSON.
const JSON_BYTES: usize = 4096;
/// The room to write a presence without activities as JSON.
const PRESENCE_BYTES: usize = 128;

/// Checks that the shard's header asks for no more than is read.
pub(super) fn check(shard: &Shard<'_>) -> Result<(), RecordError> {
    let (Ok(payload) | Err(payload)) = shard.inbox.store().fixed();
    if payload > MAX_MEMORY {
        return Err(RecordError::PayloadTooLarge);
    }
    if shard.outbox.capacity() > MAX_COMMANDS {
        return Err(RecordError::CommandsTooLarge);
    }
    if shard.config.max_inflated > MAX_MESSAGE {
        return Err(RecordError::MessageTooLarge);
    }
    Ok(())
}

/// A shard's header, written before its first input.
pub(super) struct Made<'s>(pub(super) &'s Shard<'s>);

impl Display for Made<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Shard { config, rng, inbox, outbox, .. } = self.0;
        writeln!(f, "{MAGIC}")?;
        writeln!(f, "# private: holds names, messages and the session as the gateway sent them")?;
        writeln!(f, "library {}", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "seed {}", rng.seed())?;
        writeln!(f, "token {}", config.token.reveal().len())?;
        writeln!(f, "intents {}", config.intents.bits())?;
        writeln!(f, "shard {} {}", config.shard.id, config.shard.count)?;
        writeln!(f, "gateway {}", Quoted(&config.gateway, config.token.reveal()))?;
        writeln!(f, "os {}", Quoted(&config.properties.os, config.token.reveal()))?;
        writeln!(f, "browser {}", Quoted(&config.properties.browser, config.token.reveal()))?;
        writeln!(f, "device {}", Quoted(&config.properties.device, config.token.reveal()))?;
        writeln!(f, "large-threshold {}", config.large_threshold)?;
        match &config.presence {
            Some(FirstPresence::Typed(presence)) => {
                writeln!(f, "presence {}", Told(presence, config.token.reveal()))?;
            }
            #[cfg(feature = "alloc")]
            Some(FirstPresence::Written(json)) => writeln!(f, "presence {}", &**json)?,
            None => {}
        }
        if let Some(bits) = config.capabilities {
            writeln!(f, "capabilities {bits}")?;
        }
        writeln!(f, "encoding {}", config.encoding)?;
        writeln!(f, "compression {}", inbox.compression())?;
        writeln!(f, "max-inflated {}", config.max_inflated)?;
        self.timeouts(f)?;
        match inbox.store().fixed() {
            Ok(size) => writeln!(f, "payload lent {size}")?,
            Err(limit) => writeln!(f, "payload heap {limit}")?,
        }
        writeln!(f, "commands {}", outbox.capacity())?;
        if let Some(session) = self.0.session() {
            let mut room = [0; JSON_BYTES];
            writeln!(f, "session {}", json(&session, &mut room)?)?;
        }
        writeln!(f)
    }
}

impl Made<'_> {
    fn timeouts(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let config = &self.0.config;
        let seconds = |span: Duration| Instant::since_epoch(span);
        writeln!(f, "dial-timeout {}", seconds(config.dial_timeout.span()))?;
        writeln!(f, "hello-timeout {}", seconds(config.hello_timeout.span()))?;
        writeln!(f, "ready-timeout {}", seconds(config.ready_timeout.span()))?;
        writeln!(f, "resumed-timeout {}", seconds(config.resumed_timeout.span()))
    }
}

/// A presence as JSON without the token; it may be longer than any payload, as ETF needs no escapes.
pub(super) struct Told<'p>(pub(super) &'p Presence<'p>, pub(super) &'p str);

impl Display for Told<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(presence, token) = self;
        let mut room = [0; PRESENCE_BYTES];
        let bare = json(&Presence { activities: &[], ..**presence }, &mut room)?;
        let (before, behind) = bare.split_once("[]").ok_or(fmt::Error)?;
        write!(f, "{before}[")?;
        for (nth, activity) in presence.activities.iter().enumerate() {
            let Activity { name, kind, state, url } = activity;
            let comma = if nth > 0 { "," } else { "" };
            write!(f, "{comma}{{\"name\":{},\"type\":{kind}", Quoted(name, token))?;
            for (key, text) in [("state", state), ("url", url)] {
                if let Some(text) = text {
                    write!(f, ",\"{key}\":{}", Quoted(text, token))?;
                }
            }
            f.write_char('}')?;
        }
        write!(f, "]{behind}")
    }
}

/// Writes what is short as JSON.
fn json<'r>(value: &impl serde::Serialize, room: &'r mut [u8]) -> Result<&'r str, fmt::Error> {
    let len = serde_json_core::to_slice(value, room).map_err(|_| fmt::Error)?;
    let json = room.get(..len).and_then(|json| core::str::from_utf8(json).ok());
    json.ok_or(fmt::Error)
}
