//! What the gateway would close the connection for, ignore, or never answer.
//!
//! Source: Discord documentation, *Gateway Events: Send Events*, and *Activity Object*; how long the texts of an
//! activity may be is observed, not documented.

use super::{Activity, ChannelInfoFields, Command, CommandError, Members, RequestGuildMembers};
use crate::Intents;

/// Characters of a name or a state.
const MOST_CHARACTERS: usize = 128;
/// Characters of a URL.
const MOST_IN_URL: usize = 512;
/// Where streams may be.
const STREAMS: [&str; 4] = [
    "https://twitch.tv/",
    "https://www.twitch.tv/",
    "https://youtube.com/",
    "https://www.youtube.com/",
];
/// The activity type of streams.
const STREAMING: u8 = 1;

impl Command<'_> {
    /// Checks what the command asks for against the documented limits and the intents of the shard.
    ///
    /// Commands that are queued were checked, but for [`Raw`](Self::Raw), which is sent as it is.
    ///
    /// ```
    /// use gatewright_core::{Command, CommandError, GuildId, Intents, Members, RequestGuildMembers};
    ///
    /// let all = RequestGuildMembers {
    ///     guild_id: GuildId(1),
    ///     members: Members::All,
    ///     presences: false,
    ///     nonce: None,
    /// };
    /// let command = Command::RequestGuildMembers(all);
    /// assert_eq!(command.check(Intents::GUILDS), Err(CommandError::MissingGuildMembers));
    /// assert_eq!(command.check(Intents::GUILD_MEMBERS), Ok(()));
    /// ```
    ///
    /// # Errors
    /// [`CommandError`] names the field and its limit, or the intent.
    pub fn check(&self, intents: Intents) -> Result<(), CommandError> {
        match self {
            Self::Raw { .. } | Self::UpdateVoiceState(_) => Ok(()),
            Self::RequestChannelInfo(request) => {
                require(request.fields.intersects(ChannelInfoFields::all()), CommandError::NoFields)
            }
            Self::RequestGuildMembers(request) => request.check(intents),
            Self::RequestSoundboardSounds(request) => {
                require(!request.guild_ids.is_empty(), CommandError::NoGuilds)
            }
            Self::UpdatePresence(presence) => {
                presence.activities.unwrap_or_default().iter().try_for_each(Activity::check)
            }
        }
    }
}

impl RequestGuildMembers<'_> {
    fn check(&self, intents: Intents) -> Result<(), CommandError> {
        let everybody = match self.members {
            Members::All => true,
            Members::Named { prefix, limit } => {
                require(limit <= 100, CommandError::Limit)?;
                prefix.is_empty()
            }
            Members::Users(users) => {
                require((1..=100).contains(&users.len()), CommandError::UserIds)?;
                false
            }
        };
        let nonce = self.nonce.is_none_or(|nonce| nonce.len() <= 32);
        require(nonce, CommandError::NonceTooLong)?;
        let heard = !everybody || intents.contains(Intents::GUILD_MEMBERS);
        require(heard, CommandError::MissingGuildMembers)?;
        let seen = !self.presences || intents.contains(Intents::GUILD_PRESENCES);
        require(seen, CommandError::MissingGuildPresences)
    }
}

impl Activity<'_> {
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        let fits = |text: &str| text.chars().count() <= MOST_CHARACTERS;
        require(self.kind <= 5, CommandError::ActivityType)?;
        require(!self.name.is_empty() && fits(self.name), CommandError::ActivityName)?;
        require(self.state.is_none_or(fits), CommandError::ActivityState)?;
        let is_stream = |url: &str| {
            self.kind == STREAMING
                && url.chars().count() <= MOST_IN_URL
                && STREAMS.iter().any(|stream| url.starts_with(stream))
        };
        require(self.url.is_none_or(is_stream), CommandError::ActivityUrl)
    }
}

fn require(holds: bool, error: CommandError) -> Result<(), CommandError> {
    if holds { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GuildId, Presence, RequestChannelInfo, RequestSoundboardSounds, UserId};

    fn activity(activity: Activity<'_>) -> Result<(), CommandError> {
        let activities = [Activity { name: "n", kind: 0, state: None, url: None }, activity];
        let presence = Presence { activities: &activities, ..Presence::default() };
        Command::UpdatePresence(presence.into()).check(Intents::empty())
    }

    #[test]
    fn activities_have_the_fields_a_bot_may_set() {
        let plain = Activity { name: "n", kind: 0, state: None, url: None };
        let (fits, long) = ("é".repeat(128), "é".repeat(129));
        assert_eq!(activity(Activity { name: &fits, state: Some(&fits), ..plain }), Ok(()));
        for name in ["", &long] {
            assert_eq!(activity(Activity { name, ..plain }), Err(CommandError::ActivityName));
        }
        let state = Some(&*long);
        assert_eq!(activity(Activity { state, ..plain }), Err(CommandError::ActivityState));
        for (kind, expected) in [(5, Ok(())), (6, Err(CommandError::ActivityType))] {
            assert_eq!(activity(Activity { kind, ..plain }), expected);
        }
        let at = |kind, url: &str| activity(Activity { kind, url: Some(url), ..plain });
        for url in ["https://twitch.tv/x", "https://www.youtube.com/watch?v=x"] {
            assert_eq!(at(1, url), Ok(()));
            assert_eq!(at(0, url), Err(CommandError::ActivityUrl), "no stream");
        }
        let long = std::format!("https://twitch.tv/{}", "x".repeat(494));
        assert_eq!((at(1, &long), long.len()), (Ok(()), 512));
        for url in ["", "http://twitch.tv/x", "https://twitch.tv.example/x", &(long + "x")] {
            assert_eq!(at(1, url), Err(CommandError::ActivityUrl), "{url}");
        }
    }

    fn members(
        intents: Intents,
        members: Members<'_>,
        presences: bool,
        nonce: Option<&str>,
    ) -> Result<(), CommandError> {
        let request = RequestGuildMembers { guild_id: GuildId(1), members, presences, nonce };
        Command::RequestGuildMembers(request).check(intents)
    }

    #[test]
    fn members_are_asked_for_within_limits_and_intents() {
        let some = Members::Named { prefix: "a", limit: 100 };
        assert_eq!(members(Intents::empty(), some, false, None), Ok(()));
        let beyond = Members::Named { prefix: "a", limit: 101 };
        assert_eq!(members(Intents::all(), beyond, false, None), Err(CommandError::Limit));
        for all in [Members::All, Members::Named { prefix: "", limit: 1 }] {
            let without = Intents::all() - Intents::GUILD_MEMBERS;
            assert_eq!(members(without, all, false, None), Err(CommandError::MissingGuildMembers));
            assert_eq!(members(Intents::GUILD_MEMBERS, all, false, None), Ok(()));
        }
        let without = Intents::all() - Intents::GUILD_PRESENCES;
        assert_eq!(members(without, some, true, None), Err(CommandError::MissingGuildPresences));
        assert_eq!(members(Intents::GUILD_PRESENCES, some, true, None), Ok(()));
        let users = [UserId(1); 101];
        for (count, expected) in [
            (0, Err(CommandError::UserIds)),
            (1, Ok(())),
            (100, Ok(())),
            (101, Err(CommandError::UserIds)),
        ] {
            let users = Members::Users(&users[..count]);
            assert_eq!(members(Intents::empty(), users, false, None), expected, "{count}");
        }
        // Bytes, not characters.
        for (nonce, expected) in
            [("é".repeat(16), Ok(())), ("é".repeat(17), Err(CommandError::NonceTooLong))]
        {
            assert_eq!(members(Intents::empty(), some, false, Some(&nonce)), expected);
        }
    }

    #[test]
    fn requests_name_what_they_ask_for() {
        let info = |fields| {
            let request = RequestChannelInfo { guild_id: GuildId(1), fields };
            Command::RequestChannelInfo(request).check(Intents::empty())
        };
        for nothing in [ChannelInfoFields::empty(), ChannelInfoFields::from_bits_retain(4)] {
            assert_eq!(info(nothing), Err(CommandError::NoFields));
        }
        assert_eq!(info(ChannelInfoFields::STATUS), Ok(()));
        let sounds = |guild_ids| {
            let request = RequestSoundboardSounds { guild_ids };
            Command::RequestSoundboardSounds(request).check(Intents::empty())
        };
        assert_eq!(sounds(&[]), Err(CommandError::NoGuilds));
        assert_eq!(sounds(&[GuildId(1)]), Ok(()));
    }
}
