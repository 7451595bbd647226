//! JSON of presences and activities.

use gatewright_core::GuildId;

use super::model::{Activity, Presence};
use super::names;
use crate::json::{Id, Json, Null};
use crate::rng::Rng;

/// Writes a presence; `guild` is given when it is the whole event.
pub(super) fn presence(
    json: &mut Json,
    user: u64,
    presence: Option<&Presence>,
    guild: Option<GuildId>,
    now_ms: u64,
) {
    let activities = presence.map_or(&[][..], |shown| &shown.activities);
    json.object().key("user").object().put("id", Id(user)).end_object();
    json.put("status", presence.map_or("offline", |shown| shown.status));
    json.put("processed_at_timestamp", now_ms).key("game");
    match activities.first() {
        Some(first) => json.raw(&first.json),
        None => json.null(),
    };
    json.key("client_status").object();
    if let Some(shown) = presence {
        json.put(shown.client, shown.status);
    }
    json.end_object();
    if guild.is_some() {
        json.put("broadcast", Null);
    }
    json.key("activities").array();
    activities.iter().for_each(|activity| {
        json.raw(&activity.json);
    });
    json.end_array();
    if let Some(guild) = guild {
        json.put("guild_id", Id(guild.0));
    }
    json.end_object();
}

pub(super) fn custom_status(rng: &mut Rng, state: Option<String>) -> Activity {
    let mut json = Json::new();
    json.object().put("type", 4).put("state", state.as_deref());
    json.put("name", "Custom Status").put("id", "custom");
    match rng.below(10) {
        0..3 => {
            json.key("emoji").object().put("name", rng.pick(names::EMOJI)).end_object();
        }
        3..7 => {
            json.key("emoji").object().put("name", &names::handle(rng));
            json.put("id", Id(names::old_id(rng))).put("animated", rng.chance(500)).end_object();
        }
        _ => {}
    }
    json.put("created_at", names::moment_ms(rng)).end_object();
    Activity { kind: 4, name: "Custom Status".to_owned(), state, json: json.into_text() }
}

pub(super) fn playing(
    rng: &mut Rng,
    name: &str,
    application: u64,
    state: Option<String>,
) -> Activity {
    let mut json = Json::new();
    let start = names::moment_ms(rng);
    json.object().put("type", 0).key("timestamps").object().put("start", start).end_object();
    if let Some(state) = &state {
        json.put("state", state).put("session_id", &rng.hex(32));
        if rng.chance(300) {
            json.key("party")
                .object()
                .key("size")
                .array()
                .item(rng.range(1, 5))
                .item(5)
                .end_array();
            json.put("id", &rng.hex(24)).end_object();
        }
    }
    json.put("name", name).put("id", &rng.hex(16));
    if state.is_some() {
        json.put("flags", rng.pick(&[0, 1, 256])).put("details", &names::text(rng, 3, 6));
    }
    json.put("created_at", start);
    if state.is_some() {
        buttons_and_assets(&mut json, rng);
    }
    json.put("application_id", Id(application)).end_object();
    Activity { kind: 0, name: name.to_owned(), state, json: json.into_text() }
}

fn buttons_and_assets(json: &mut Json, rng: &mut Rng) {
    if rng.chance(200) {
        let second = format!("Join {}", names::word(rng));
        json.key("buttons").array().str("Watch").str(&second).end_array();
    }
    let path = names::handle(rng);
    let image = format!("mp:external/{}/https/cdn.example/{path}.png", rng.hex(43));
    json.key("assets").object().put("small_text", names::word(rng));
    json.put("small_image", Id(names::old_id(rng)));
    json.put("large_text", &names::text(rng, 2, 4));
    json.put("large_image", &image).end_object();
}

pub(super) fn listening(rng: &mut Rng, artist: String) -> Activity {
    let mut json = Json::new();
    let start = names::moment_ms(rng);
    let end = start + rng.range(120_000, 300_000);
    json.object().put("type", 2).key("timestamps").object();
    json.put("start", start).put("end", end).end_object();
    json.put("sync_id", &rng.hex(22)).put("state", &artist).put("session_id", &rng.hex(32));
    json.key("party").object().put("id", &format!("spotify:{}", names::old_id(rng))).end_object();
    json.put("name", "Spotify").put("id", "spotify:1").put("flags", 48);
    json.put("details", &names::text(rng, 1, 4)).put("created_at", start);
    json.key("assets").object().put("large_text", &names::text(rng, 1, 4));
    json.put("large_image", &format!("spotify:{}", rng.hex(40))).end_object().end_object();
    Activity { kind: 2, name: "Spotify".to_owned(), state: Some(artist), json: json.into_text() }
}
