//! Messages and reactions: each changes the truth, then tells of it.

use gatewright_core::ChannelId;

use super::cast::Cast;
use super::model::{Guild, Message, Reaction};
use super::render::{self, Place};
use super::steady::{member, someone};
use super::structure::some_text;
use super::{extras, names};
use crate::json::{Id, Json};

/// The most messages a guild of this world remembers.
const MOST_MESSAGES: usize = 400;
/// The most different reactions to a message.
///
/// Source: Discord documentation, *Message*: 20.
const MOST_REACTIONS: usize = 20;

pub(super) fn create(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = someone(guild, cast)?;
    let (author, slot) = guild.members.get(at).map(|member| (member.user, member.slot))?;
    let reply = cast.rng.chance(150).then(|| some_message(guild, cast)).flatten();
    let reply = reply
        .and_then(|at| guild.messages.get(at))
        .map(|message| (message.id, message.channel, message.channel_kind));
    let (channel, channel_kind) = match reply {
        Some((_, channel, kind)) => (channel, kind),
        None => some_place(guild, cast)?,
    };
    let id = cast.new_id();
    let content = names::text(&mut cast.rng, 1, 25);
    let message = Message {
        id,
        channel,
        channel_kind,
        author,
        slot,
        content,
        timestamp: names::timestamp_of(id),
        edited_timestamp: None,
        reply_to: reply.map(|(id, _, _)| id),
        reactions: Vec::new(),
    };
    note_newest(guild, channel, id);
    let message = write_new(guild, cast, json, message);
    guild.messages.push_back(message);
    if guild.messages.len() > MOST_MESSAGES {
        guild.messages.pop_front();
    }
    Some(())
}

pub(super) fn update(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = some_message(guild, cast)?;
    let mut message = guild.messages.get(at)?.clone();
    message.content = names::text(&mut cast.rng, 1, 25);
    message.edited_timestamp = Some(names::timestamp_of(cast.new_id()));
    message = write_new(guild, cast, json, message);
    if let Some(old) = guild.messages.get_mut(at) {
        *old = message;
    }
    Some(())
}

pub(super) fn delete(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let at = some_message(guild, cast)?;
    let gone = guild.messages.remove(at)?;
    note_deleted(guild, &gone);
    json.object().put("id", Id(gone.id)).put("channel_id", Id(gone.channel.0));
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

/// Deletes up to ten messages of the channel of the newest one.
pub(super) fn delete_bulk(guild: &mut Guild, _: &mut Cast, json: &mut Json) -> Option<()> {
    let channel = guild.messages.back()?.channel;
    let same = guild.messages.iter().filter(|message| message.channel == channel);
    let gone = same.rev().take(10).cloned().collect::<Vec<_>>();
    if gone.len() < 2 {
        return None;
    }
    json.object().key("ids").array();
    for message in &gone {
        guild.messages.retain(|kept| kept.id != message.id);
        note_deleted(guild, message);
        json.id(message.id);
    }
    json.end_array().put("channel_id", Id(channel.0)).put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

pub(super) fn reaction_add(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let who = someone(guild, cast)?;
    let at = some_message(guild, cast)?;
    let (emoji_id, emoji, animated) = some_emoji(guild, cast);
    let message = guild.messages.get_mut(at)?;
    let full = message.reactions.len() >= MOST_REACTIONS;
    let same = |known: &&mut Reaction| known.emoji_id == emoji_id && known.emoji == emoji;
    match message.reactions.iter_mut().find(same) {
        Some(reaction) => reaction.count += 1,
        None if full => return None,
        None => message.reactions.push(Reaction { emoji_id, emoji: emoji.clone(), count: 1 }),
    }
    let (id, channel, author) = (message.id, message.channel, message.author);
    let who = guild.members.get(who)?;
    json.object().put("user_id", Id(who.user.0)).put("type", 0).put("message_id", Id(id));
    json.put("message_author_id", Id(author.0)).key("member");
    member(json, cast, who, Place::List);
    write_emoji(json, emoji_id, &emoji, animated);
    json.put("channel_id", Id(channel.0))
        .put("burst", false)
        .put("guild_id", Id(guild.id.0))
        .end_object();
    Some(())
}

pub(super) fn reaction_remove(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let who = guild.members.get(someone(guild, cast)?)?.user;
    let reacted = |message: &&mut Message| !message.reactions.is_empty();
    let message = guild.messages.iter_mut().rev().find(reacted)?;
    let reaction = message.reactions.first_mut()?;
    reaction.count -= 1;
    let (emoji_id, emoji, left) = (reaction.emoji_id, reaction.emoji.clone(), reaction.count);
    if left == 0 {
        message.reactions.remove(0);
    }
    json.object().put("user_id", Id(who.0)).put("type", 0).put("message_id", Id(message.id));
    write_emoji(json, emoji_id, &emoji, false);
    json.put("channel_id", Id(message.channel.0)).put("burst", false);
    json.put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

/// Draws a text channel, or now and then a thread.
fn some_place(guild: &Guild, cast: &mut Cast) -> Option<(ChannelId, u8)> {
    let thread = cast
        .rng
        .chance(60)
        .then(|| guild.threads.get(cast.rng.index(guild.threads.len())))
        .flatten();
    if let Some(thread) = thread {
        return Some((thread.id, 11));
    }
    let id = some_text(guild, cast)?;
    Some((id, guild.channel(id)?.kind))
}

fn some_message(guild: &Guild, cast: &mut Cast) -> Option<usize> {
    let at = cast.rng.index(guild.messages.len());
    guild.messages.get(at).map(|_| at)
}

fn some_emoji(guild: &Guild, cast: &mut Cast) -> (Option<u64>, String, bool) {
    let custom =
        guild.emojis.get(cast.rng.index(guild.emojis.len())).filter(|_| cast.rng.chance(400));
    match custom {
        Some(emoji) => (Some(emoji.id), emoji.name.clone(), emoji.animated),
        None => (None, cast.rng.pick(names::EMOJI).to_owned(), false),
    }
}

fn write_emoji(json: &mut Json, id: Option<u64>, name: &str, animated: bool) {
    json.key("emoji").object().put("name", name).put("id", (id).map(Id));
    if animated {
        json.put("animated", true);
    }
    json.end_object();
}

fn note_newest(guild: &mut Guild, channel: ChannelId, id: u64) {
    if let Some(channel) = guild.channels.iter_mut().find(|known| known.id == channel) {
        channel.last_message_id = Some(id);
    } else if let Some(thread) = guild.threads.iter_mut().find(|known| known.id == channel) {
        thread.last_message_id = Some(id);
        thread.message_count += 1;
        thread.total_message_sent += 1;
    }
}

fn note_deleted(guild: &mut Guild, gone: &Message) {
    if let Some(thread) = guild.threads.iter_mut().find(|thread| thread.id == gone.channel) {
        thread.message_count = thread.message_count.saturating_sub(1);
    }
}

/// Writes a whole message; its extras are drawn anew and only the text is part of the truth.
fn write_new(guild: &Guild, cast: &mut Cast, json: &mut Json, mut message: Message) -> Message {
    let mention = cast.rng.chance(120).then(|| someone(guild, cast)).flatten();
    let mention = mention.and_then(|at| guild.members.get(at));
    if let Some(mention) = mention {
        message.content.insert_str(0, &format!("<@{}> ", mention.user));
    }
    let answered = message.reply_to.map(|id| guild.messages.iter().find(|other| other.id == id));
    json.object().put("type", if answered.is_some() { 19 } else { 0 }).put("tts", false);
    json.put("timestamp", &message.timestamp).key("referenced_message");
    match answered.flatten() {
        Some(other) => write_referenced(json, cast, other),
        None => {
            json.null();
        }
    }
    json.put("pinned", false).put("nonce", Id(cast.new_id()));
    if let Some(id) = message.reply_to {
        json.key("message_reference").object().put("type", 0).put("message_id", Id(id));
        json.put("guild_id", Id(guild.id.0)).put("channel_id", Id(message.channel.0)).end_object();
    }
    json.key("mentions").array();
    if let Some((mention, user)) =
        mention.and_then(|mention| Some((mention, cast.users.get(mention.slot)?)))
    {
        render::mentioned(json, user, mention);
    }
    json.end_array().key("mention_roles").array().end_array().put("mention_everyone", false);
    if let Some(author) = guild.member(message.author) {
        json.key("member");
        render::member(json, author, None, Place::List);
    }
    write_body(json, cast, &message);
    json.put("guild_id", Id(guild.id.0)).end_object();
    message
}

fn write_referenced(json: &mut Json, cast: &mut Cast, other: &Message) {
    json.object().put("type", 0).put("tts", false).put("timestamp", &other.timestamp);
    json.put("pinned", false).key("mentions").array().end_array();
    json.key("mention_roles").array().end_array().put("mention_everyone", false);
    write_body(json, cast, other);
    json.end_object();
}

/// Writes the second half of a message, from its id to its attachments.
fn write_body(json: &mut Json, cast: &mut Cast, message: &Message) {
    let bot = cast.users.get(message.slot).is_some_and(|user| user.bot);
    json.put("id", Id(message.id)).put("flags", 0).key("embeds");
    let start = json.mark();
    json.array();
    if bot || cast.rng.chance(60) {
        extras::embed(json, cast);
    }
    json.end_array().blank_since(start);
    json.put("edited_timestamp", message.edited_timestamp.as_deref()).key("content");
    let start = json.mark();
    if cast.rng.chance(20) {
        json.ascii_str(&message.content)
    } else {
        json.str(&message.content)
    };
    json.blank_since(start);
    json.key("components");
    let start = json.mark();
    json.array();
    if bot && cast.rng.chance(500) {
        extras::buttons(json, cast);
    }
    json.end_array().blank_since(start);
    json.put("channel_type", message.channel_kind)
        .put("channel_id", Id(message.channel.0))
        .key("author");
    if let Some(user) = cast.users.get(message.slot) {
        render::user(json, user);
    }
    json.key("attachments");
    let start = json.mark();
    json.array();
    if cast.rng.chance(80) {
        extras::attachment(json, cast);
    }
    json.end_array().blank_since(start);
}
