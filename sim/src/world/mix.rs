//! Which events happen how often, which intents they need and who makes them.

use gatewright_core::Intents;

use super::cast::Cast;
use super::model::Guild;
use super::{Event, extras, message, steady, structure};
use crate::json::Json;

/// Changes the truth and writes the payload; `None` if the guild has nothing of the kind.
type Make = fn(&mut Guild, &mut Cast, &mut Json) -> Option<()>;

/// One kind of event and its share of the traffic in hundredths of a per cent.
struct Kind(&'static str, u64, Intents, Make);

const TYPING: Kind = Kind("TYPING_START", 1_000, Intents::GUILD_MESSAGE_TYPING, steady::typing);

/// The shares are those of a large public bot; the last kind is one nobody documents.
const MIX: &[Kind] = &[
    Kind("PRESENCE_UPDATE", 4_500, Intents::GUILD_PRESENCES, steady::presence_update),
    Kind("MESSAGE_CREATE", 1_500, Intents::GUILD_MESSAGES, message::create),
    TYPING,
    Kind("VOICE_STATE_UPDATE", 500, Intents::GUILD_VOICE_STATES, steady::voice_state_update),
    Kind("GUILD_MEMBER_UPDATE", 500, Intents::GUILD_MEMBERS, steady::member_update),
    Kind("MESSAGE_REACTION_ADD", 400, Intents::GUILD_MESSAGE_REACTIONS, message::reaction_add),
    Kind("MESSAGE_UPDATE", 300, Intents::GUILD_MESSAGES, message::update),
    Kind("MESSAGE_DELETE", 200, Intents::GUILD_MESSAGES, message::delete),
    Kind("INTERACTION_CREATE", 200, Intents::empty(), extras::interaction),
    Kind("GUILD_MEMBER_ADD", 150, Intents::GUILD_MEMBERS, steady::member_add),
    Kind(
        "MESSAGE_REACTION_REMOVE",
        100,
        Intents::GUILD_MESSAGE_REACTIONS,
        message::reaction_remove,
    ),
    Kind("GUILD_MEMBER_REMOVE", 100, Intents::GUILD_MEMBERS, steady::member_remove),
    Kind("CHANNEL_UPDATE", 80, Intents::GUILDS, structure::channel_update),
    Kind("THREAD_UPDATE", 60, Intents::GUILDS, structure::thread_update),
    Kind(
        "THREAD_MEMBERS_UPDATE",
        50,
        Intents::GUILDS.union(Intents::GUILD_MEMBERS),
        structure::thread_members_update,
    ),
    Kind("VOICE_CHANNEL_STATUS_UPDATE", 50, Intents::GUILDS, structure::voice_channel_status),
    Kind("GUILD_AUDIT_LOG_ENTRY_CREATE", 50, Intents::GUILD_MODERATION, steady::audit_log),
    Kind("THREAD_CREATE", 40, Intents::GUILDS, structure::thread_create),
    Kind("GUILD_ROLE_UPDATE", 30, Intents::GUILDS, structure::role_update),
    Kind("INVITE_CREATE", 20, Intents::GUILD_INVITES, steady::invite_create),
    Kind("CHANNEL_CREATE", 15, Intents::GUILDS, structure::channel_create),
    Kind("MESSAGE_DELETE_BULK", 10, Intents::GUILD_MESSAGES, message::delete_bulk),
    Kind("GUILD_UPDATE", 10, Intents::GUILDS, steady::guild_update),
    Kind("THREAD_LIST_SYNC", 10, Intents::GUILDS, structure::thread_list_sync),
    Kind("CHANNEL_PINS_UPDATE", 10, Intents::GUILDS, structure::pins_update),
    Kind(
        "AUTO_MODERATION_ACTION_EXECUTION",
        10,
        Intents::AUTO_MODERATION_EXECUTION,
        steady::automod,
    ),
    Kind("CHANNEL_DELETE", 5, Intents::GUILDS, structure::channel_delete),
    Kind("GUILD_ROLE_CREATE", 5, Intents::GUILDS, structure::role_create),
    Kind("GUILD_ROLE_DELETE", 5, Intents::GUILDS, structure::role_delete),
    Kind("THREAD_DELETE", 5, Intents::GUILDS, structure::thread_delete),
    Kind("INVITE_DELETE", 5, Intents::GUILD_INVITES, steady::invite_delete),
    Kind("GUILD_EMOJIS_UPDATE", 5, Intents::GUILD_EXPRESSIONS, steady::emojis_update),
    Kind("GUILD_APPLICATION_COMMAND_INDEX_UPDATE", 50, Intents::empty(), steady::command_index),
];

/// Makes the next event of a guild; a kind the guild has nothing of becomes a TYPING_START.
pub(super) fn next(guild: &mut Guild, cast: &mut Cast) -> Event {
    let kind = draw(cast);
    let mut json = Json::new();
    if (kind.3)(guild, cast, &mut json).is_some() {
        return Event::new(kind.0, guild.id, kind.2, json);
    }
    let mut json = Json::new();
    let _ = (TYPING.3)(guild, cast, &mut json);
    Event::new(TYPING.0, guild.id, TYPING.2, json)
}

fn draw(cast: &mut Cast) -> &'static Kind {
    let total = MIX.iter().map(|kind| kind.1).sum();
    let mut drawn = cast.rng.below(total);
    let found = MIX.iter().find(|kind| match drawn.checked_sub(kind.1) {
        Some(rest) => {
            drawn = rest;
            false
        }
        None => true,
    });
    found.unwrap_or(&TYPING)
}
