//! Messages.

use gatewright_core::cache::{Heap, Messages, Row};

use super::fields::{Fields, optional, sorted};
use super::json::{Json, object};
use super::people::emoji;

pub(super) fn message(row: &Row<'_, Messages, Heap>) -> anyhow::Result<Json> {
    let fields = Fields::of(row)?;
    let author = row.author().map(|author| Fields::of(&author)).transpose()?;
    let member = row.member().map(|member| Fields::of(&member)).transpose()?;
    let answered = row.referenced_message().map(|other| Fields::of(&other)).transpose()?;
    let of = |other: &Option<Fields>, name| other.as_ref().map_or(Json::NULL, |it| it.or(name, ()));
    Ok(object! {
        "id": fields.id("id"),
        "channel_id": fields.id("channel_id"),
        "guild_id": optional(row.guild_id().map(|id| id.0)),
        "author_id": optional(row.author().map(|author| author.key().0)),
        "author_username": of(&author, "username"),
        "member_nick": of(&member, "nick"),
        "has_member": member.is_some(),
        "content": fields.text("content"),
        "timestamp": fields.time("timestamp"),
        "edited_timestamp": fields.time("edited_timestamp"),
        "tts": fields.flag("tts"),
        "pinned": fields.flag("pinned"),
        "type": fields.or("type", 0),
        "flags": fields.or("flags", 0),
        "nonce": fields.or("nonce", ()),
        "webhook_id": fields.id("webhook_id"),
        "application_id": fields.id("application_id"),
        "mention_everyone": fields.flag("mention_everyone"),
        "mentions": sorted(row.mentions().map(|user| user.key().0)),
        "mention_roles": fields.ids_and("mention_roles", None),
        "mention_channels": sorted(fields.objects("mention_channels").filter_map(|it| it.number("id"))),
        "attachments": attachments(&fields),
        "embeds": embeds(&fields),
        "reactions": reactions(&fields),
        "stickers": fields.ids_within("sticker_items"),
        "components": fields.list("components").len(),
        "message_reference": reference(&fields),
        "referenced_message_id": optional(row.referenced_message().map(|other| other.key().0)),
        "referenced_content": answered.and_then(|other| other.text("content")),
    })
}

fn attachments(fields: &Fields) -> Json {
    let shown = |one: Fields| [one.id("id"), one.or("filename", ()), one.or("size", ())];
    fields.objects("attachments").map(|one| shown(one).into_iter().collect::<Json>()).collect()
}

fn embeds(fields: &Fields) -> Json {
    let shown = |one: Fields| ["title", "description", "url"].map(|name| one.or(name, ()));
    fields.objects("embeds").map(|one| shown(one).into_iter().collect::<Json>()).collect()
}

fn reactions(fields: &Fields) -> Json {
    let shown = |one: Fields| [emoji(&one), one.or("count", 0), one.flag("me").into()];
    fields.objects("reactions").map(|one| shown(one).into_iter().collect::<Json>()).collect()
}

/// Makes what a message refers to, whether that is cached or not.
fn reference(fields: &Fields) -> Json {
    if !fields.get("message_reference").is_object() {
        return Json::NULL;
    }
    let to = fields.within("message_reference");
    ["message_id", "channel_id", "guild_id"].into_iter().map(|name| to.id(name)).collect()
}
