//! Lines of a stream that change the cache directly, named as the methods of hikari's cache are.

use anyhow::{Context, bail};
use gatewright_core::cache::{Applied, Cache, Heap};
use gatewright_core::decode::{Cursor, Raw};
use gatewright_core::{
    ChannelId, EmojiId, Encoding, GuildId, MessageId, RoleId, StickerId, UserId,
};
use serde_json::Value;

/// A call, such as `clear_roles_for_guild` with the guild among its arguments.
#[derive(Debug, Default)]
pub(super) struct Call<'l> {
    pub(super) name: String,
    /// Ids as texts, or what else the method takes.
    pub(super) args: Vec<Value>,
    /// The guild of the payload, if that does not tell it.
    pub(super) guild: Option<Raw<'l>>,
    /// What is stored, as the gateway sends it.
    pub(super) payload: Option<Raw<'l>>,
}

impl Call<'_> {
    /// Makes the call; returns nothing if it only reads.
    ///
    /// # Errors
    /// If there is no such call, or it lacks an argument.
    pub(super) fn make(&self, cache: &mut Cache<Heap>) -> anyhow::Result<Option<Applied>> {
        let (verb, what) = self.name.split_once('_').unwrap_or((&self.name, ""));
        let made = match verb {
            "get" | "settings" => return Ok(None),
            "set" | "update" if self.payload.is_some() => self.store(cache, what, verb == "set"),
            "set" => self.set(cache, what),
            "delete" => self.delete(cache, what),
            "clear" => match what.rsplit_once("_for_") {
                Some((what, "guild")) => self.clear_in_guild(cache, what),
                Some((what, "channel")) => self.clear_in_channel(cache, what),
                _ => self.clear(cache, what),
            },
            _ => self.unknown(),
        };
        made.map(Some).with_context(|| format!("call of {}", self.name))
    }

    fn store(&self, cache: &mut Cache<Heap>, what: &str, insert: bool) -> anyhow::Result<Applied> {
        let payload = self.payload.context("it has no payload")?;
        let object = Cursor::new(Encoding::Json, payload.bytes())?;
        macro_rules! of_guild {
            ($edit:ident) => {{
                let (mut edit, guild) = (cache.$edit(), self.guild()?);
                if insert {
                    edit.insert(guild, object, &mut ())
                } else {
                    edit.patch(guild, object, &mut ())
                }
            }};
        }
        macro_rules! alone {
            ($edit:ident) => {{
                let mut edit = cache.$edit();
                if insert { edit.insert(object, &mut ()) } else { edit.patch(object, &mut ()) }
            }};
        }
        Ok(match what {
            "emoji" => of_guild!(emojis_mut),
            "guild" => alone!(guilds_mut),
            "guild_channel" => of_guild!(channels_mut),
            "invite" => of_guild!(invites_mut),
            "me" => alone!(me_mut),
            "member" => of_guild!(members_mut),
            "message" if insert => cache.messages_mut().insert(self.guild().ok(), object, &mut ()),
            "message" => cache.messages_mut().patch(object, &mut ()),
            "presence" => of_guild!(presences_mut),
            "role" => of_guild!(roles_mut),
            "sticker" => of_guild!(stickers_mut),
            "thread" => of_guild!(threads_mut),
            "voice_state" => of_guild!(voice_states_mut),
            _ => return self.unknown(),
        })
    }

    fn set(&self, cache: &mut Cache<Heap>, what: &str) -> anyhow::Result<Applied> {
        match what {
            "dm_channel_id" => {
                let (user, channel) = (UserId(self.id(0)?), ChannelId(self.id(1)?));
                Ok(cache.dm_channels_mut().insert(user, channel, &mut ()))
            }
            "guild_availability" => {
                let available = self.args.get(1).and_then(Value::as_bool);
                let available = available.context("it does not say if it is available")?;
                cache.guilds_mut().set_available(GuildId(self.id(0)?), available);
                Ok(Applied::default())
            }
            _ => self.unknown(),
        }
    }

    fn delete(&self, cache: &mut Cache<Heap>, what: &str) -> anyhow::Result<Applied> {
        macro_rules! by {
            ($edit:ident, $id:expr) => {
                cache.$edit().remove($id, &mut ())
            };
        }
        Ok(match what {
            "dm_channel_id" => by!(dm_channels_mut, UserId(self.id(0)?)),
            "emoji" => by!(emojis_mut, EmojiId(self.id(0)?)),
            "guild" => cache.guilds_mut().remove_alone(GuildId(self.id(0)?), &mut ()),
            "guild_channel" => cache.channels_mut().remove_alone(ChannelId(self.id(0)?), &mut ()),
            "invite" => by!(invites_mut, self.code()?),
            "me" => cache.my_id().map(|me| by!(me_mut, me)).unwrap_or_default(),
            "member" => by!(members_mut, self.of_guild()?),
            "message" => by!(messages_mut, MessageId(self.id(0)?)),
            "presence" => by!(presences_mut, self.of_guild()?),
            "role" => by!(roles_mut, RoleId(self.id(0)?)),
            "sticker" => by!(stickers_mut, StickerId(self.id(0)?)),
            "thread" => cache.threads_mut().remove_alone(ChannelId(self.id(0)?), &mut ()),
            "voice_state" => by!(voice_states_mut, self.of_guild()?),
            _ => return self.unknown(),
        })
    }

    fn clear(&self, cache: &mut Cache<Heap>, what: &str) -> anyhow::Result<Applied> {
        Ok(match what {
            "" => cache.clear(&mut ()),
            "dm_channel_ids" => cache.dm_channels_mut().clear(&mut ()),
            "emojis" => cache.emojis_mut().clear(&mut ()),
            "guild_channels" => cache.channels_mut().clear(&mut ()),
            "guilds" => cache.guilds_mut().clear(&mut ()),
            "invites" => cache.invites_mut().clear(&mut ()),
            "members" => cache.members_mut().clear(&mut ()),
            "messages" => cache.messages_mut().clear(&mut ()),
            "presences" => cache.presences_mut().clear(&mut ()),
            "roles" => cache.roles_mut().clear(&mut ()),
            "stickers" => cache.stickers_mut().clear(&mut ()),
            "threads" => cache.threads_mut().clear(&mut ()),
            "voice_states" => cache.voice_states_mut().clear(&mut ()),
            _ => return self.unknown(),
        })
    }

    fn clear_in_guild(&self, cache: &mut Cache<Heap>, what: &str) -> anyhow::Result<Applied> {
        let guild = GuildId(self.id(0)?);
        Ok(match what {
            "emojis" => cache.emojis_mut().clear_in_guild(guild, &mut ()),
            "guild_channels" => cache.channels_mut().clear_in_guild(guild, &mut ()),
            "invites" => cache.invites_mut().clear_in_guild(guild, &mut ()),
            "members" => cache.members_mut().clear_in_guild(guild, &mut ()),
            "presences" => cache.presences_mut().clear_in_guild(guild, &mut ()),
            "roles" => cache.roles_mut().clear_in_guild(guild, &mut ()),
            "stickers" => cache.stickers_mut().clear_in_guild(guild, &mut ()),
            "threads" => cache.threads_mut().clear_in_guild(guild, &mut ()),
            "voice_states" => cache.voice_states_mut().clear_in_guild(guild, &mut ()),
            _ => return self.unknown(),
        })
    }

    /// Clears in a channel, which comes behind its guild.
    fn clear_in_channel(&self, cache: &mut Cache<Heap>, what: &str) -> anyhow::Result<Applied> {
        let channel = ChannelId(self.id(1)?);
        Ok(match what {
            "invites" => cache.invites_mut().clear_in_channel(channel, &mut ()),
            "threads" => cache.threads_mut().clear_in_channel(channel, &mut ()),
            "voice_states" => cache.voice_states_mut().clear_in_channel(channel, &mut ()),
            _ => return self.unknown(),
        })
    }

    fn unknown(&self) -> anyhow::Result<Applied> {
        bail!("no method of a cache is called so")
    }

    fn id(&self, at: usize) -> anyhow::Result<u64> {
        let id = self.args.get(at).and_then(Value::as_str).and_then(|id| id.parse().ok());
        id.with_context(|| format!("argument {} is no id", at + 1))
    }

    fn of_guild(&self) -> anyhow::Result<(GuildId, UserId)> {
        Ok((GuildId(self.id(0)?), UserId(self.id(1)?)))
    }

    fn code(&self) -> anyhow::Result<&str> {
        self.args.first().and_then(Value::as_str).context("argument 1 is no code")
    }

    /// Returns the guild of the payload.
    fn guild(&self) -> anyhow::Result<GuildId> {
        if let Some(guild) = self.guild {
            return Ok(Cursor::new(Encoding::Json, guild.bytes())?.decode()?);
        }
        let payload = self.payload.map_or(&b"{}"[..], |payload| payload.bytes());
        let mut cursor = Cursor::new(Encoding::Json, payload)?;
        let mut members = cursor.object()?;
        while let Some(key) = cursor.key(&mut members)? {
            if key == "guild_id" {
                return Ok(cursor.decode()?);
            }
            cursor.skip()?;
        }
        bail!("it names no guild")
    }
}
