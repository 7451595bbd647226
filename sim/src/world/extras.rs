//! JSON of what hangs on messages: embeds, buttons, attachments; and of interactions.

use super::cast::Cast;
use super::model::Guild;
use super::render::{self, PERMISSIONS, Place};
use super::steady::{member, someone};
use super::structure::some_text;
use super::{APPLICATION, names};
use crate::json::{Id, Json};

pub(super) fn embed(json: &mut Json, cast: &mut Cast) {
    let rng = &mut cast.rng;
    json.object().put("type", "rich").put("title", &names::text(rng, 2, 6));
    if rng.chance(500) {
        let url = format!("https://cdn.example/icons/{}/{}.png", names::old_id(rng), rng.hex(32));
        let proxy = format!("https://images.example/external/{}/icon", rng.hex(43));
        json.key("thumbnail").object().put("width", 256).put("url", &url);
        json.put("proxy_url", &proxy).put("height", 256).put("flags", 0).end_object();
    }
    if rng.chance(500) {
        let url = format!("https://cdn.example/avatars/{}/{}.png", names::old_id(rng), rng.hex(32));
        let proxy = format!("https://images.example/external/{}", rng.hex(43));
        json.key("footer").object().put("text", &names::text(rng, 2, 5));
        json.put("proxy_icon_url", &proxy).put("icon_url", &url).end_object();
    }
    if rng.chance(600) {
        embed_fields(json, cast);
    }
    let rng = &mut cast.rng;
    json.put("description", &names::text(rng, 8, 40)).put("content_scan_version", 0);
    json.put("color", rng.below(1 << 24)).end_object();
}

fn embed_fields(json: &mut Json, cast: &mut Cast) {
    let rng = &mut cast.rng;
    json.key("fields").array();
    for _ in 0..rng.range(1, 6) {
        json.object().put("value", &names::text(rng, 2, 8));
        json.put("name", &names::text(rng, 1, 3)).put("inline", rng.chance(500)).end_object();
    }
    json.end_array();
}

pub(super) fn buttons(json: &mut Json, cast: &mut Cast) {
    let rng = &mut cast.rng;
    json.object().put("type", 1).put("id", 1).key("components").array();
    for id in 2..2 + rng.range(1, 4) {
        json.object().put("type", 2).put("style", rng.range(1, 5)).put("label", names::word(rng));
        json.put("id", id)
            .put("custom_id", &format!("{}:{}", names::handle(rng), rng.below(1_000_000)));
        json.end_object();
    }
    json.end_array().end_object();
}

pub(super) fn attachment(json: &mut Json, cast: &mut Cast) {
    let id = cast.new_id();
    let rng = &mut cast.rng;
    let file = format!("{}.png", names::handle(rng));
    let path = format!(
        "attachments/{}/{id}/{file}?ex={}&is={}&hm={}&",
        names::old_id(rng),
        rng.hex(8),
        rng.hex(8),
        rng.hex(64)
    );
    json.object()
        .put("width", rng.range(100, 2_000))
        .put("url", &format!("https://cdn.example/{path}"));
    json.put("size", rng.range(10_000, 5_000_000))
        .put("proxy_url", &format!("https://media.example/{path}"));
    json.put("placeholder_version", 1).put("placeholder", &rng.hex(28)).put("id", Id(id));
    json.put("height", rng.range(100, 2_000)).put("flags", 0).put("filename", &file);
    json.put("content_type", "image/png").put("content_scan_version", 0).end_object();
}

pub(super) fn interaction(guild: &mut Guild, cast: &mut Cast, json: &mut Json) -> Option<()> {
    let who = guild.members.get(someone(guild, cast)?)?;
    let channel = some_text(guild, cast).and_then(|id| guild.channel(id))?;
    json.object().put("version", 1).put("type", 2).put("token", &cast.rng.hex(180)).key("member");
    member(json, cast, who, Place::Interaction);
    json.put("locale", "en-US").put("id", Id(cast.new_id())).put("guild_locale", "en-US");
    json.key("guild").object().put("locale", "en-US").put("id", Id(guild.id.0));
    json.key("features").array().str("COMMUNITY").str("NEWS").end_array().end_object();
    json.key("entitlements").array().end_array().key("entitlement_sku_ids").array().end_array();
    interaction_data(json, guild, cast)?;
    json.put("context", 0).put("channel_id", Id(channel.id.0)).key("channel");
    render::channel(json, channel, Some(guild.id));
    json.key("authorizing_integration_owners").object().put("0", Id(guild.id.0)).end_object();
    json.put("attachment_size_limit", 524_288_000).put("application_id", Id(APPLICATION));
    json.put("app_permissions", PERMISSIONS).put("guild_id", Id(guild.id.0)).end_object();
    Some(())
}

fn interaction_data(json: &mut Json, guild: &Guild, cast: &mut Cast) -> Option<()> {
    let target = cast.rng.chance(300).then(|| someone(guild, cast)).flatten();
    let target = target.and_then(|at| guild.members.get(at));
    json.key("data").object().put("type", 1);
    if let Some(target) = target {
        let user = cast.users.get(target.slot)?;
        let key = target.user.0.to_string();
        json.key("resolved").object().key("users").object().key(&key);
        render::user(json, user);
        json.end_object().key("members").object().key(&key);
        render::member(json, target, None, Place::Interaction);
        json.end_object().end_object();
    }
    json.key("options").array();
    match target {
        Some(target) => {
            json.object().put("value", Id(target.user.0)).put("type", 6).put("name", "user")
        }
        None => json
            .object()
            .put("value", &names::text(&mut cast.rng, 1, 4))
            .put("type", 3)
            .put("name", "query"),
    };
    json.end_object().end_array().put("name", cast.rng.pick(&["play", "rank", "help", "poll"]));
    json.put("id", Id(names::old_id(&mut cast.rng))).end_object();
    Some(())
}
