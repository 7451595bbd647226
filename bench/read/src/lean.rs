//! What a cache needs of an event, read in one pass with the cursor and summed up.

use gatewright_core::decode::{Cursor, DecodeError, Text};
use gatewright_core::{Dispatch, EventKind};

/// Stands in for storing what was read.
#[derive(Default)]
pub struct Sink(pub u64);

impl Sink {
    fn number(&mut self, number: u64) {
        self.0 = self.0.wrapping_add(number);
    }

    fn text(&mut self, text: Text<'_>) {
        self.0 = self.0.wrapping_add(text.raw().len() as u64);
    }

    fn optional(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        if !cursor.null()? {
            self.text(cursor.text()?);
        }
        Ok(())
    }

    fn optional_id(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        if !cursor.null()? {
            self.number(cursor.snowflake()?);
        }
        Ok(())
    }

    fn flag(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        self.number(u64::from(cursor.bool()?));
        Ok(())
    }
}

/// Reads the members of an object: each key with what to do at its value; others are skipped.
macro_rules! members {
    ($cursor:ident; $($($key:literal)|+ => $then:expr,)*) => {{
        let mut members = $cursor.object()?;
        while let Some(key) = $cursor.key(&mut members)? {
            match key.text().unwrap_or_default().raw() {
                $($($key)|+ => $then,)*
                _ => $cursor.skip()?,
            }
        }
    }};
}

/// Reads what a cache needs, and adds it up in the sink.
pub fn read(dispatch: &Dispatch<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    let cursor = &mut dispatch.cursor();
    match dispatch.kind() {
        EventKind::PresenceUpdate => presence(cursor, sink),
        EventKind::MessageCreate | EventKind::MessageUpdate => message(cursor, sink),
        EventKind::VoiceStateUpdate => voice_state(cursor, sink),
        EventKind::GuildMemberUpdate | EventKind::GuildMemberAdd | EventKind::GuildMemberRemove => {
            member(cursor, sink)
        }
        EventKind::GuildCreate | EventKind::GuildUpdate => guild(cursor, sink),
        EventKind::InteractionCreate | EventKind::TypingStart | EventKind::Unknown => Ok(()),
        _ => ids(cursor, sink),
    }
}

/// Every id and text of the first level.
fn ids(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"id" | b"guild_id" | b"channel_id" | b"message_id" | b"user_id" | b"parent_id" => sink.optional_id(cursor)?,
        b"name" | b"topic" | b"code" | b"status" => sink.optional(cursor)?,
        b"emoji" => emoji(cursor, sink)?,
    }
    Ok(())
}

fn emoji(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"id" => sink.optional_id(cursor)?,
        b"name" => sink.optional(cursor)?,
        b"animated" | b"managed" | b"available" | b"require_colons" => sink.flag(cursor)?,
    }
    Ok(())
}

fn user(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"id" => sink.optional_id(cursor)?,
        b"username" | b"global_name" | b"avatar" | b"discriminator" | b"banner" => sink.optional(cursor)?,
        b"bot" | b"system" => sink.flag(cursor)?,
        b"public_flags" => sink.number(cursor.u64()?),
    }
    Ok(())
}

fn member(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"user" => user(cursor, sink)?,
        b"guild_id" => sink.optional_id(cursor)?,
        b"nick" | b"avatar" | b"joined_at" | b"premium_since" | b"communication_disabled_until" | b"banner" => sink.optional(cursor)?,
        b"roles" => ids_list(cursor, sink)?,
        b"deaf" | b"mute" | b"pending" => sink.flag(cursor)?,
        b"flags" => sink.number(cursor.u64()?),
    }
    Ok(())
}

fn ids_list(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    let mut items = cursor.list()?;
    while cursor.item(&mut items)? {
        sink.number(cursor.snowflake()?);
    }
    Ok(())
}

fn each<'e>(
    cursor: &mut Cursor<'e>,
    sink: &mut Sink,
    read: fn(&mut Cursor<'e>, &mut Sink) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut items = cursor.list()?;
    while cursor.item(&mut items)? {
        read(cursor, sink)?;
    }
    Ok(())
}

fn presence(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"user" => user(cursor, sink)?,
        b"guild_id" => sink.optional_id(cursor)?,
        b"status" => sink.optional(cursor)?,
        b"client_status" => members! { cursor;
            b"desktop" | b"mobile" | b"web" | b"vr" => sink.optional(cursor)?,
        },
        b"activities" => each(cursor, sink, activity)?,
    }
    Ok(())
}

fn activity(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"name" | b"url" | b"details" | b"state" => sink.optional(cursor)?,
        b"type" | b"flags" | b"created_at" => sink.number(cursor.u64()?),
        b"application_id" => sink.optional_id(cursor)?,
        b"timestamps" => members! { cursor;
            b"start" | b"end" => sink.number(cursor.u64()?),
        },
        b"emoji" => emoji(cursor, sink)?,
        b"party" => members! { cursor;
            b"id" => sink.optional(cursor)?,
            b"size" => ids_list(cursor, sink)?,
        },
        b"assets" => members! { cursor;
            b"large_image" | b"large_text" | b"small_image" | b"small_text" => sink.optional(cursor)?,
        },
        b"buttons" => each(cursor, sink, |cursor, sink| sink.optional(cursor))?,
    }
    Ok(())
}

fn voice_state(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"guild_id" | b"channel_id" | b"user_id" => sink.optional_id(cursor)?,
        b"session_id" | b"request_to_speak_timestamp" => sink.optional(cursor)?,
        b"deaf" | b"mute" | b"self_deaf" | b"self_mute" | b"self_stream" | b"self_video" | b"suppress" => sink.flag(cursor)?,
        b"member" => member(cursor, sink)?,
    }
    Ok(())
}

fn message(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"id" | b"channel_id" | b"guild_id" | b"webhook_id" | b"application_id" => sink.optional_id(cursor)?,
        b"author" => user(cursor, sink)?,
        b"member" => member(cursor, sink)?,
        b"content" | b"timestamp" | b"edited_timestamp" => sink.optional(cursor)?,
        b"type" | b"flags" => sink.number(cursor.u64()?),
        b"tts" | b"pinned" | b"mention_everyone" => sink.flag(cursor)?,
        b"mention_roles" => ids_list(cursor, sink)?,
        b"mentions" => each(cursor, sink, |cursor, sink| {
            members! { cursor;
                b"id" => sink.optional_id(cursor)?,
            }
            Ok(())
        })?,
        b"attachments" | b"embeds" | b"components" => sink.number(cursor.raw()?.bytes().len() as u64),
    }
    Ok(())
}

fn role(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"id" => sink.optional_id(cursor)?,
        b"permissions" | b"position" | b"color" | b"flags" => sink.number(cursor.u64()?),
        b"name" | b"icon" | b"unicode_emoji" => sink.optional(cursor)?,
        b"hoist" | b"managed" | b"mentionable" => sink.flag(cursor)?,
        b"tags" => sink.number(cursor.raw()?.bytes().len() as u64),
    }
    Ok(())
}

fn channel(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"id" | b"parent_id" | b"last_message_id" | b"guild_id" | b"owner_id" => sink.optional_id(cursor)?,
        b"name" | b"topic" | b"rtc_region" | b"last_pin_timestamp" => sink.optional(cursor)?,
        b"type" | b"position" | b"flags" | b"bitrate" | b"user_limit" | b"rate_limit_per_user" => sink.number(cursor.i64()? as u64),
        b"nsfw" => sink.flag(cursor)?,
        b"permission_overwrites" => each(cursor, sink, |cursor, sink| {
            members! { cursor;
                b"id" | b"allow" | b"deny" => sink.number(cursor.u64()?),
                b"type" => sink.number(cursor.u64()?),
            }
            Ok(())
        })?,
    }
    Ok(())
}

fn guild(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Result<(), DecodeError> {
    members! { cursor;
        b"id" | b"owner_id" | b"afk_channel_id" | b"system_channel_id" | b"rules_channel_id" => sink.optional_id(cursor)?,
        b"name" | b"icon" | b"banner" | b"description" | b"joined_at" | b"preferred_locale" => sink.optional(cursor)?,
        b"member_count" | b"premium_tier" | b"verification_level" | b"nsfw_level" => sink.number(cursor.u64()?),
        b"large" => sink.flag(cursor)?,
        b"features" => each(cursor, sink, |cursor, sink| sink.optional(cursor))?,
        b"roles" => each(cursor, sink, role)?,
        b"channels" | b"threads" => each(cursor, sink, channel)?,
        b"members" => each(cursor, sink, member)?,
        b"presences" => each(cursor, sink, presence)?,
        b"emojis" => each(cursor, sink, emoji)?,
        b"voice_states" => each(cursor, sink, voice_state)?,
    }
    Ok(())
}
