//! The header of a transcript: what a shard was made of.

use core::fmt::{self, Display, Formatter};
use core::time::Duration;

use super::MAGIC;
use super::write::Quoted;
use crate::{Instant, Session, Shard};

/// The room to write a session or a presence as JSON.
const JSON_BYTES: usize = 4096;

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
        if let Some(presence) = &config.presence {
            json(f, "presence", presence)?;
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
            json::<Session>(f, "session", &session)?;
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

fn json<T: serde::Serialize>(f: &mut Formatter<'_>, key: &str, value: &T) -> fmt::Result {
    let mut room = [0; JSON_BYTES];
    // It fits: Identify with the presence does, and a session is short.
    let len = serde_json_core::to_slice(value, &mut room).map_err(|_| fmt::Error)?;
    let text = room.get(..len).and_then(|json| core::str::from_utf8(json).ok());
    writeln!(f, "{key} {}", text.unwrap_or_default())
}
