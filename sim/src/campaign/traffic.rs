//! What happens in a world besides its faults: events from a pool, and commands.

use gatewright_core::{
    ChannelId, Command, GuildId, Members, PresenceStatus, RequestGuildMembers, UpdatePresence,
    UpdateVoiceState,
};

use crate::rng::Rng;
use crate::simulation::serial_text;

/// Where the serial number stands in an event of the pool.
const SERIAL: std::ops::Range<usize> = 11..28;

/// Events that are written once and sent many times, each time with another serial number.
#[derive(Debug)]
pub(super) struct Pool {
    events: Vec<(&'static str, String)>,
    pub(super) serial: u64,
}

impl Pool {
    pub(super) fn new() -> Self {
        let long = "lorem ipsum dolor sit amet ".repeat(60);
        let bodies = [
            ("TYPING_START", r#""user_id":"7","channel_id":"9""#),
            ("MESSAGE_DELETE", r#""id":"1","channel_id":"2","guild_id":"3""#),
            (
                "MESSAGE_CREATE",
                r#""content":"h\u00e9llo \"you\" 😀","id":"12","author":{"id":"7"},"embeds":[]"#,
            ),
            ("PRESENCE_UPDATE", r#""user":{"id":"7"},"status":"idle","activities":[]"#),
            ("VOICE_STATE_UPDATE", r#""user_id":"7","self_mute":true,"channel_id":null"#),
            ("SOMETHING_NEW", r#""nested":[[1,2.5e3,-0.0,[]],{"a":{"b":null}}]"#),
        ];
        let write = |(kind, body)| (kind, format!("{{\"serial\":\"{}\",{body}}}", serial_text(0)));
        let mut events: Vec<_> = bodies.into_iter().map(write).collect();
        events.push(write(("MESSAGE_UPDATE", &format!("\"content\":\"{long}\""))));
        Self { events, serial: 0 }
    }

    /// Returns the next event.
    pub(super) fn next(&mut self, rng: &mut Rng) -> (&'static str, &str) {
        // The long one comes rarely.
        let most = self.events.len() - usize::from(!rng.chance(10));
        let at = rng.index(most);
        self.serial += 1;
        let text = serial_text(self.serial);
        match self.events.get_mut(at) {
            Some((kind, d)) => {
                d.replace_range(SERIAL, &text);
                (kind, d)
            }
            None => ("", "null"),
        }
    }
}

/// Draws a command unlike any before, and lets `give` have it.
pub(super) fn command<T>(
    rng: &mut Rng,
    number: u64,
    guild: Option<GuildId>,
    give: impl FnOnce(&Command<'_>) -> T,
) -> T {
    let (kind, guild) = match guild {
        Some(guild) => (rng.below(5), guild),
        None => (rng.below(2), GuildId(0)),
    };
    let nonce = number.to_string();
    let members = |members| RequestGuildMembers {
        guild_id: guild,
        members,
        presences: false,
        nonce: Some(&nonce),
    };
    match kind {
        0 => {
            let status = rng.pick(&[PresenceStatus::Online, PresenceStatus::Idle]);
            give(&Command::UpdatePresence(UpdatePresence {
                since: Some(Some(number)),
                activities: None,
                status: rng.chance(500).then_some(status),
                afk: rng.chance(500).then_some(rng.chance(500)),
            }))
        }
        1 => {
            let d = format!(r#"{{"guild_ids":[],"number":{number}}}"#);
            give(&Command::Raw { op: 31, d: &d })
        }
        2 => {
            let named = Members::Named { prefix: "a", limit: 2 };
            give(&Command::RequestGuildMembers(members(named)))
        }
        // Each waits half a minute for the one before.
        3 if rng.chance(100) => give(&Command::RequestGuildMembers(members(Members::All))),
        _ => give(&Command::UpdateVoiceState(UpdateVoiceState {
            guild_id: guild,
            channel_id: Some(ChannelId(number)),
            self_mute: rng.chance(500).then_some(rng.chance(500)),
            self_deaf: None,
        })),
    }
}
