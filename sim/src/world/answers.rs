//! JSON of what the gateway sends in answer to commands.

use std::collections::BTreeMap;

use gatewright_core::{ChannelId, GuildId, Intents, UserId};

use super::guild::list;
use super::model::{Guild, VoiceState};
use super::render::{self, Place};
use super::{Event, World, activity, build, names};
use crate::json::{Id, Json, Null};

/// The most members in one GUILD_MEMBERS_CHUNK.
///
/// Source: Discord documentation, *Guild Members Chunk*.
pub(crate) const MOST_CHUNK_MEMBERS: usize = 1_000;

/// One GUILD_MEMBERS_CHUNK to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'c> {
    pub(crate) guild: GuildId,
    pub(crate) users: &'c [UserId],
    pub(crate) index: usize,
    pub(crate) count: usize,
    pub(crate) not_found: &'c [String],
    pub(crate) presences: bool,
    pub(crate) nonce: Option<&'c str>,
}

impl World {
    /// Lists members whose name or nickname starts with `prefix`, in upper or lower case.
    pub(crate) fn members_with_prefix(
        &self,
        guild: GuildId,
        prefix: &str,
        limit: usize,
    ) -> Vec<UserId> {
        let prefix = prefix.to_lowercase();
        let matches = |name: &str| name.to_lowercase().starts_with(&prefix);
        let members = self.guild(guild).map_or(&[][..], |guild| &guild.members);
        let found = members.iter().filter(|member| {
            let nick = member.nick.as_deref().is_some_and(matches);
            nick || self.cast.users.get(member.slot).is_some_and(|user| matches(&user.username))
        });
        found.map(|member| member.user).take(limit).collect()
    }

    pub(crate) fn members_chunk(&self, chunk: &Chunk<'_>) -> Option<String> {
        let guild = self.guild(chunk.guild)?;
        let members =
            guild.members.iter().map(|member| (member.user, member)).collect::<BTreeMap<_, _>>();
        let shown = chunk.users.iter().filter_map(|user| members.get(user));
        let mut json = Json::new();
        json.object();
        if chunk.presences {
            let present =
                chunk.users.iter().filter_map(|user| Some((user, guild.presences.get(user)?)));
            list(&mut json, "presences", present, |json, (user, presence)| {
                activity::presence(json, user.0, Some(presence), None, 1_782_000_000_000);
            });
        }
        if !chunk.not_found.is_empty() {
            list(&mut json, "not_found", chunk.not_found.iter(), |json, id| {
                json.str(id);
            });
        }
        if let Some(nonce) = chunk.nonce {
            json.put("nonce", nonce);
        }
        list(&mut json, "members", shown, |json, member| {
            render::member(json, member, self.cast.users.get(member.slot), Place::List);
        });
        json.put("chunk_index", chunk.index).put("chunk_count", chunk.count);
        json.put("guild_id", Id(guild.id.0)).end_object();
        Some(json.into_text())
    }

    /// Moves the bot to a voice channel, or out of voice.
    ///
    /// Returns the event and the voice session; `None` if there is no such channel to go to or to leave.
    pub(crate) fn move_bot(
        &mut self,
        guild: GuildId,
        to: Option<ChannelId>,
        (self_mute, self_deaf): (Option<bool>, Option<bool>),
    ) -> Option<Event> {
        let own = self.own_id();
        let guild = self.guilds.get_mut(*self.slots.get(&guild)?)?;
        let state = match to {
            Some(channel) => {
                guild.channel(channel).filter(|channel| channel.is_voice())?;
                let made = build::voice_state(&mut self.cast, own, channel);
                let old = guild.voice_states.get(&own);
                let session_id = old.map_or(made.session_id, |old| old.session_id.clone());
                let was = old.map_or((false, false), |old| (old.self_mute, old.self_deaf));
                let self_mute = self_mute.unwrap_or(was.0);
                let self_deaf = self_deaf.unwrap_or(was.1);
                let state =
                    VoiceState { session_id, self_mute, self_deaf, self_video: false, ..made };
                guild.voice_states.insert(own, state.clone());
                state
            }
            None => guild.voice_states.remove(&own)?,
        };
        let member = guild.members.first().zip(self.cast.users.first());
        let mut json = Json::new();
        render::voice_state(&mut json, &state, to.is_none(), member, Some(guild.id));
        Some(Event::new("VOICE_STATE_UPDATE", guild.id, Intents::GUILD_VOICE_STATES, json))
    }

    pub(crate) fn voice_server(&mut self, guild: GuildId) -> String {
        let mut json = Json::new();
        json.object().put("token", &self.cast.rng.hex(16));
        json.put("endpoint", &format!("{}.voice.example:2048", names::word(&mut self.cast.rng)));
        json.put("guild_id", Id(guild.0)).end_object();
        json.into_text()
    }

    pub(crate) fn soundboard(&self, guild: GuildId) -> Option<String> {
        let mut json = Json::new();
        json.object().key("soundboard_sounds");
        sounds(&mut json, self.guild(guild)?);
        json.put("guild_id", Id(guild.0)).end_object();
        Some(json.into_text())
    }

    pub(crate) fn channel_info(&self, guild: GuildId, status: bool, start: bool) -> Option<String> {
        let voice = self.guild(guild)?.channels.iter().filter(|channel| channel.is_voice());
        let mut json = Json::new();
        json.object();
        list(&mut json, "channels", voice, |json, channel| {
            json.object();
            if start {
                json.put("voice_start_time", Null);
            }
            if status {
                json.put("status", channel.status.as_deref());
            }
            json.put("id", Id(channel.id.0)).end_object();
        });
        json.put("guild_id", Id(guild.0)).end_object();
        Some(json.into_text())
    }
}

/// Writes the list of a guild's soundboard sounds.
pub(super) fn sounds(json: &mut Json, guild: &Guild) {
    json.array();
    for sound in &guild.sounds {
        let volume = f64::from(sound.volume_percent) / 100.0;
        json.object().key("volume").raw(&volume.to_string()).put("sound_id", Id(sound.id));
        json.put("name", &sound.name).put("emoji_name", sound.emoji).put("emoji_id", Null);
        json.put("available", true).put("guild_id", Id(guild.id.0)).end_object();
    }
    json.end_array();
}
