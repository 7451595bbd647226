//! What the tests of the cache share.

use gatewright_core::cache::{
    Applied, Cache, Change, Channels, DmChannels, Emojis, Guilds, Invites, Me, Members, Memory,
    Messages, Presences, Roles, ScheduledEvents, Sounds, Stages, Stickers, Table, Threads, Users,
    View, VoiceStates,
};
use gatewright_core::decode::Cursor;
use gatewright_core::{Dispatch, Encoding};

/// Applies an event that nobody hears of.
pub(super) fn apply<M: Memory>(cache: &mut Cache<M>, name: &str, json: &str) -> Applied {
    cache.apply(&event(name, json), &mut ())
}

/// Applies an event; returns a line for each row that changed: `+` new, `~` changed, `-` gone.
pub(super) fn hear<M: Memory>(cache: &mut Cache<M>, name: &str, json: &str) -> Vec<String> {
    let mut lines = Vec::new();
    cache.apply(&event(name, json), &mut |change: &Change<'_, M>| lines.push(line(change)));
    lines
}

/// Returns what a change is: a sign and the kind.
pub(super) fn line<M: Memory>(change: &Change<'_, M>) -> String {
    let signs = [
        sign::<Channels, M>(change),
        sign::<DmChannels, M>(change),
        sign::<Emojis, M>(change),
        sign::<Guilds, M>(change),
        sign::<Invites, M>(change),
        sign::<Me, M>(change),
        sign::<Members, M>(change),
        sign::<Messages, M>(change),
        sign::<Presences, M>(change),
        sign::<Roles, M>(change),
        sign::<ScheduledEvents, M>(change),
        sign::<Sounds, M>(change),
        sign::<Stages, M>(change),
        sign::<Stickers, M>(change),
        sign::<Threads, M>(change),
        sign::<Users, M>(change),
        sign::<VoiceStates, M>(change),
    ];
    format!("{}{:?}", signs.into_iter().flatten().next().unwrap(), change.kind())
}

fn sign<T: Table, M: Memory>(change: &Change<'_, M>) -> Option<char> {
    match (change.before::<T>(), change.after::<T>()) {
        (None, None) => None,
        (None, Some(_)) => Some('+'),
        (Some(_), Some(_)) => Some('~'),
        (Some(_), None) => Some('-'),
    }
}

/// Returns an event.
pub(super) fn event<'e>(name: &'e str, json: &'e str) -> Dispatch<'e> {
    Dispatch::new(name, None, Encoding::Json, json.as_bytes()).unwrap()
}

/// Returns a cursor before an object.
pub(super) fn object(json: &str) -> Cursor<'_> {
    Cursor::new(Encoding::Json, json.as_bytes()).unwrap()
}

/// Returns the keys of a view in its order.
pub(super) fn keys<'c, T: Table, M: Memory>(view: View<'c, T, M>) -> Vec<T::Key<'c>> {
    view.iter().map(|row| row.key()).collect()
}

/// Returns the numbers of keys.
pub(super) fn numbers<K>(keys: Vec<K>, number: impl Fn(K) -> u64) -> Vec<u64> {
    keys.into_iter().map(number).collect()
}

/// Runs a block with a cache on the heap, and again with one in lent memory.
macro_rules! in_both {
    ($settings:expr, |$cache:ident| $body:block) => {{
        use gatewright_core::cache::{Cache, CacheMemory};
        {
            let mut $cache = Cache::new($settings);
            $body
        }
        {
            let mut memory = Box::new(CacheMemory::<2_000, 300_000, 16_384>::new());
            let mut $cache = Cache::lent($settings, &mut memory);
            $body
        }
    }};
}

pub(crate) use in_both;

/// A guild with something in every table.
pub(super) const GUILD: &str = r#"{
    "id": "1", "name": "guild", "member_count": 2, "joined_at": "2024-03-01T00:00:03+00:00", "large": false,
    "channels": [
        {"id": "20", "type": 4, "name": "category", "position": 0},
        {"id": "21", "type": 0, "name": "general", "parent_id": "20", "position": 1,
            "permission_overwrites": [{"id": "3", "type": 0, "allow": "8", "deny": "0"}]},
        {"id": "22", "type": 2, "name": "voice", "position": 2}],
    "threads": [
        {"id": "25", "type": 11, "name": "thread", "parent_id": "21", "member": {"id": "25", "user_id": "9", "flags": 1}},
        {"id": "26", "type": 11, "name": "other", "parent_id": "20"}],
    "roles": [{"id": "1", "name": "everyone", "permissions": "8"}, {"id": "3", "name": "mod", "position": 1}],
    "emojis": [
        {"id": "31", "name": "wave", "user": {"id": "12", "username": "eve"}},
        {"id": "30", "name": "smile", "user": {"id": "12", "username": "eve"}}],
    "stickers": [{"id": "35", "name": "cat", "user": {"id": "13", "username": "sue"}}],
    "members": [
        {"user": {"id": "10", "username": "ann"}, "nick": "A", "roles": ["3"], "joined_at": "2024-03-01T00:00:03+00:00"},
        {"user": {"id": "9", "username": "bot"}, "roles": []}],
    "presences": [{"user": {"id": "10"}, "status": "idle", "activities": [
        {"name": "Custom Status", "type": 4, "emoji": {"id": "30", "name": "smile"}}]}],
    "voice_states": [{"user_id": "10", "channel_id": "22", "session_id": "s"}],
    "stage_instances": [{"id": "45", "guild_id": "1", "channel_id": "22", "topic": "talk", "privacy_level": 2}],
    "guild_scheduled_events": [{"id": "46", "guild_id": "1", "name": "party", "creator": {"id": "14", "username": "joe"}}],
    "soundboard_sounds": [{"sound_id": "40", "name": "quack", "volume": 0.5, "user": {"id": "13", "username": "sue"}}]}"#;

/// Who the bot is, and that there are the guilds 1 and 2.
pub(super) const READY: &str = r#"{"v": 10, "session_id": "s", "user": {"id": "9", "username": "bot", "avatar": "x"},
    "guilds": [{"id": "1", "unavailable": true}, {"id": "2", "unavailable": true}]}"#;

/// An invite to a channel.
pub(super) const INVITE: &str = r#"{"guild_id": "1", "channel_id": "21", "code": "abc", "uses": 0, "max_uses": 5,
    "inviter": {"id": "10", "username": "ann"}, "target_user": {"id": "15", "username": "kim"}}"#;

/// A message in the channel 21.
pub(super) fn message(id: u64, more: &str) -> String {
    message_in(21, id, more)
}

/// A message, by the member 10 of the guild 1, with more fields, each behind a comma.
pub(super) fn message_in(channel: u64, id: u64, more: &str) -> String {
    format!(
        r#"{{"id": "{id}", "channel_id": "{channel}", "guild_id": "1", "content": "hello {id}",
        "author": {{"id": "10", "username": "ann"}}, "member": {{"nick": "A", "roles": ["3"]}}{more}}}"#
    )
}

/// Fills every table: the guild 1, the guild 2 still to come, an invite, a message and its answer, direct messages.
pub(super) fn fill<M: Memory>(cache: &mut Cache<M>) {
    apply(cache, "READY", READY);
    apply(cache, "GUILD_CREATE", GUILD);
    apply(cache, "INVITE_CREATE", INVITE);
    apply(
        cache,
        "CHANNEL_CREATE",
        r#"{"id": "60", "type": 1, "recipients": [{"id": "16", "username": "dan"}]}"#,
    );
    apply(
        cache,
        "MESSAGE_CREATE",
        &message(50, r#", "mentions": [{"id": "17", "username": "amy"}]"#),
    );
    apply(
        cache,
        "MESSAGE_CREATE",
        &message(51, r#", "referenced_message": {"id": "50", "channel_id": "21"}"#),
    );
}
