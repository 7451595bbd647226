//! JSON of READY, GUILD_CREATE and GUILD_UPDATE.

use gatewright_core::{Intents, ShardId};

use super::cast::Cast;
use super::model::{Guild, Member};
use super::render::{self, Place, VERSION};
use super::{APPLICATION, World, activity};
use crate::json::{Id, Json, Null};

pub(super) fn ready(
    world: &World,
    session_id: &str,
    resume_url: &str,
    shard: Option<ShardId>,
) -> String {
    let mut json = Json::new();
    json.object().put("v", 10).key("user_settings").raw("{}").key("user");
    own_user(&mut json, world);
    if let Some(shard) = shard {
        json.key("shard").array().item(shard.id).item(shard.count).end_array();
    }
    json.put("session_type", "normal").key("relationships").raw("[]");
    json.key("private_channels").raw("[]").key("presences").raw("[]");
    list(&mut json, "guilds", world.guilds_of(shard.unwrap_or_default()), |json, id| {
        json.object().put("unavailable", true).put("id", Id(id.0)).end_object();
    });
    json.key("guild_join_requests").raw("[]");
    json.key("geo_ordered_rtc_regions").raw(r#"["newark","us-east"]"#);
    json.key("game_relationships").raw("[]").key("auth").raw("{}").key("application").object();
    json.put("id", Id(APPLICATION)).put("flags", 8_953_856).end_object();
    json.key("_trace").raw(r#"["[\"gateway-sim\",{\"micros\":0}]"]"#);
    // Last on purpose: no order is promised, and a client must not need the session early.
    json.put("resume_gateway_url", resume_url).put("session_id", session_id).end_object();
    json.into_text()
}

fn own_user(json: &mut Json, world: &World) {
    let Some(user) = world.users().first() else {
        return;
    };
    json.object().put("verified", true).put("username", &user.username);
    json.put("mfa_enabled", true).put("id", Id(user.id.0)).put("global_name", Null);
    json.put("flags", 0).put("email", Null);
    json.put("discriminator", &format!("{:04}", user.discriminator));
    json.put("clan", Null).put("bot", true).put("avatar", user.avatar.as_deref()).end_object();
}

/// Writes GUILD_CREATE; guilds have so many keys that they come in no order at all.
pub(super) fn create(guild: &Guild, cast: &Cast, intents: Intents, large_threshold: u32) -> String {
    let mut json = Json::new();
    let large = guild.member_count() as u64 > u64::from(large_threshold);
    let shown = shown_members(guild, intents, large);
    json.object().put("unavailable", false).put("member_count", guild.member_count());
    list(&mut json, "voice_states", guild.voice_states.values(), |json, state| {
        render::voice_state(json, state, false, None, None);
    });
    base(&mut json, guild);
    json.put("joined_at", &guild.joined_at).put("large", large).put("lazy", true);
    list(&mut json, "members", shown.iter(), |json, member| {
        render::member(json, member, cast.users.get(member.slot), Place::List);
    });
    json.key("application_command_counts").raw("{\"1\":2,\"2\":1,\"3\":5}");
    presences(&mut json, guild, intents, &shown);
    list(&mut json, "threads", guild.threads.iter(), |json, thread| {
        render::thread(json, thread, guild.id, false);
    });
    list(&mut json, "channels", guild.channels.iter(), |json, channel| {
        render::channel(json, channel, None)
    });
    for empty in
        ["stage_instances", "guild_scheduled_events", "embedded_activities", "activity_instances"]
    {
        json.key(empty).array().end_array();
    }
    json.key("soundboard_sounds");
    super::answers::sounds(&mut json, guild);
    json.put("version", VERSION).end_object();
    json.into_text()
}

pub(super) fn update(json: &mut Json, guild: &Guild) {
    json.object();
    base(json, guild);
    json.end_object();
}

/// Without the presences intent only the bot and those in voice are listed; a large guild lists
/// who is online, has a role or a nickname, or is in voice.
fn shown_members(guild: &Guild, intents: Intents, large: bool) -> Vec<&Member> {
    let all = intents.contains(Intents::GUILD_PRESENCES);
    let shown = |at: usize, member: &Member| {
        let near = at == 0 || guild.voice_states.contains_key(&member.user);
        let known = !member.roles.is_empty() || member.nick.is_some();
        near || (all && (!large || known || guild.presences.contains_key(&member.user)))
    };
    guild
        .members
        .iter()
        .enumerate()
        .filter(|(at, member)| shown(*at, member))
        .map(|(_, member)| member)
        .collect()
}

fn presences(json: &mut Json, guild: &Guild, intents: Intents, shown: &[&Member]) {
    let shown = shown.iter().filter(|_| intents.contains(Intents::GUILD_PRESENCES));
    let present =
        shown.filter_map(|member| Some((member.user, guild.presences.get(&member.user)?)));
    list(json, "presences", present, |json, (user, presence)| {
        activity::presence(json, user.0, Some(presence), None, 1_782_000_000_000);
    });
}

fn base(json: &mut Json, guild: &Guild) {
    let text = guild.channels.iter().find(|channel| channel.is_text()).map(|channel| channel.id.0);
    json.put("verification_level", guild.verification_level).put("hub_type", Null);
    list(json, "emojis", guild.emojis.iter(), render::emoji);
    json.put("vanity_url_code", Null)
        .put("owner_id", Id(guild.owner.0))
        .put("max_members", 500_000);
    json.put("icon", &guild.icon).put("system_channel_flags", 0).put("nsfw", false);
    json.put("name", &guild.name).put("afk_timeout", 300).put("banner", Null);
    list(json, "features", guild.features.iter(), |json, feature| {
        json.str(feature);
    });
    json.put("rules_channel_id", (text).map(Id)).put("premium_tier", guild.premium_tier);
    json.put("home_header", Null).put("id", Id(guild.id.0)).put("incidents_data", Null);
    list(json, "roles", guild.roles.iter(), render::role);
    json.put("region", "deprecated").put("safety_alerts_channel_id", Null);
    json.put("default_message_notifications", 1).put("inventory_settings", Null);
    list(json, "stickers", guild.stickers.iter(), |json, sticker| {
        render::sticker(json, sticker, guild.id)
    });
    json.put("max_video_channel_users", 25).put("description", &guild.description);
    json.put("preferred_locale", "en-US").put("explicit_content_filter", 2).put("splash", Null);
    json.put("premium_progress_bar_enabled", true).put("max_stage_video_channel_users", 50);
    base_tail(json, guild, text);
}

fn base_tail(json: &mut Json, guild: &Guild, text: Option<u64>) {
    json.put("premium_subscription_count", guild.premium_subscription_count);
    json.put("system_channel_id", (text).map(Id)).put("public_updates_channel_id", (text).map(Id));
    json.put("mfa_level", 1).put("nsfw_level", 0);
    for null in [
        "application_id",
        "max_presences",
        "discovery_splash",
        "afk_channel_id",
        "profile",
        "clan",
        "premium_features",
        "latest_onboarding_question_id",
        "owner_configured_content_level",
        "moderator_reporting",
    ] {
        json.put(null, Null);
    }
}

/// Writes a member of an object that is a list.
pub(super) fn list<I: Iterator>(
    json: &mut Json,
    key: &str,
    items: I,
    mut item: impl FnMut(&mut Json, I::Item),
) {
    json.key(key).array();
    items.for_each(|each| item(json, each));
    json.end_array();
}
