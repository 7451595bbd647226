//! `docs/EVENTS.md` says of every event what the code does with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use gatewright_core::cache::{Applied, Cache, Heap, Settings};
use gatewright_core::decode::Decode;
use gatewright_core::model::{self, Payload};
use gatewright_core::{
    Cause, CommandId, Dispatch, Encoding, Event, EventKind, Fate, Intents, Limit,
};
use gatewright_sim::{World, WorldSize};
use serde_json::Value;

macro_rules! types {
    ($($name:ident $(<$life:lifetime>)?,)*) => {
        /// The types of events as the page writes them, and which kinds they decode.
        const TYPES: &[(&str, fn(EventKind) -> bool)] = &[$((
            concat!(stringify!($name) $(, "<", stringify!($life), ">")?),
            <model::$name $(<$life>)? as Decode<'_>>::is_of,
        ),)*];

        /// Names the variant of a payload.
        fn variant(payload: &Payload<'_>) -> &'static str {
            match payload {
                $(Payload::$name(_) => stringify!($name),)*
                _ => "none of the list",
            }
        }
    };
}

types! {
    ApplicationCommandPermissionsUpdate<'_>,
    AutoModerationActionExecution<'_>,
    AutoModerationRuleCreate<'_>,
    AutoModerationRuleDelete<'_>,
    AutoModerationRuleUpdate<'_>,
    ChannelCreate<'_>,
    ChannelDelete<'_>,
    ChannelInfo<'_>,
    ChannelPinsUpdate<'_>,
    ChannelUpdate<'_>,
    EntitlementCreate<'_>,
    EntitlementDelete<'_>,
    EntitlementUpdate<'_>,
    GuildAuditLogEntryCreate<'_>,
    GuildBanAdd<'_>,
    GuildBanRemove<'_>,
    GuildCreate<'_>,
    GuildDelete,
    GuildEmojisUpdate<'_>,
    GuildIntegrationsUpdate,
    GuildMembersChunk<'_>,
    GuildMemberAdd<'_>,
    GuildMemberRemove<'_>,
    GuildMemberUpdate<'_>,
    GuildRoleCreate<'_>,
    GuildRoleDelete,
    GuildRoleUpdate<'_>,
    GuildScheduledEventCreate<'_>,
    GuildScheduledEventDelete<'_>,
    GuildScheduledEventUpdate<'_>,
    GuildScheduledEventUserAdd,
    GuildScheduledEventUserRemove,
    GuildSoundboardSoundsUpdate<'_>,
    GuildSoundboardSoundCreate<'_>,
    GuildSoundboardSoundDelete,
    GuildSoundboardSoundUpdate<'_>,
    GuildStickersUpdate<'_>,
    GuildUpdate<'_>,
    IntegrationCreate<'_>,
    IntegrationDelete,
    IntegrationUpdate<'_>,
    InteractionCreate<'_>,
    InviteCreate<'_>,
    InviteDelete<'_>,
    MessageCreate<'_>,
    MessageDelete,
    MessageDeleteBulk<'_>,
    MessagePollVoteAdd,
    MessagePollVoteRemove,
    MessageReactionAdd<'_>,
    MessageReactionRemove<'_>,
    MessageReactionRemoveAll,
    MessageReactionRemoveEmoji<'_>,
    MessageUpdate<'_>,
    PresenceUpdate<'_>,
    RateLimited<'_>,
    Ready<'_>,
    Resumed<'_>,
    SoundboardSounds<'_>,
    StageInstanceCreate<'_>,
    StageInstanceDelete<'_>,
    StageInstanceUpdate<'_>,
    SubscriptionCreate<'_>,
    SubscriptionDelete<'_>,
    SubscriptionUpdate<'_>,
    ThreadCreate<'_>,
    ThreadDelete,
    ThreadListSync<'_>,
    ThreadMembersUpdate<'_>,
    ThreadMemberUpdate<'_>,
    ThreadUpdate<'_>,
    TypingStart<'_>,
    UserUpdate<'_>,
    VoiceChannelEffectSend<'_>,
    VoiceChannelStartTimeUpdate,
    VoiceChannelStatusUpdate<'_>,
    VoiceServerUpdate<'_>,
    VoiceStateUpdate<'_>,
    WebhooksUpdate,
}

/// The events of each intent, as the documentation lists them: the other way round than the page.
const BY_INTENT: [(Intents, &str); 21] = [
    (
        Intents::GUILDS,
        "GUILD_CREATE GUILD_UPDATE GUILD_DELETE GUILD_ROLE_CREATE GUILD_ROLE_UPDATE GUILD_ROLE_DELETE \
         CHANNEL_CREATE CHANNEL_UPDATE CHANNEL_DELETE CHANNEL_PINS_UPDATE THREAD_CREATE THREAD_UPDATE \
         THREAD_DELETE THREAD_LIST_SYNC THREAD_MEMBER_UPDATE THREAD_MEMBERS_UPDATE STAGE_INSTANCE_CREATE \
         STAGE_INSTANCE_UPDATE STAGE_INSTANCE_DELETE VOICE_CHANNEL_STATUS_UPDATE \
         VOICE_CHANNEL_START_TIME_UPDATE",
    ),
    (
        Intents::GUILD_MEMBERS,
        "GUILD_MEMBER_ADD GUILD_MEMBER_UPDATE GUILD_MEMBER_REMOVE THREAD_MEMBERS_UPDATE",
    ),
    (Intents::GUILD_MODERATION, "GUILD_AUDIT_LOG_ENTRY_CREATE GUILD_BAN_ADD GUILD_BAN_REMOVE"),
    (
        Intents::GUILD_EXPRESSIONS,
        "GUILD_EMOJIS_UPDATE GUILD_STICKERS_UPDATE GUILD_SOUNDBOARD_SOUND_CREATE \
         GUILD_SOUNDBOARD_SOUND_UPDATE GUILD_SOUNDBOARD_SOUND_DELETE GUILD_SOUNDBOARD_SOUNDS_UPDATE",
    ),
    (
        Intents::GUILD_INTEGRATIONS,
        "GUILD_INTEGRATIONS_UPDATE INTEGRATION_CREATE INTEGRATION_UPDATE INTEGRATION_DELETE",
    ),
    (Intents::GUILD_WEBHOOKS, "WEBHOOKS_UPDATE"),
    (Intents::GUILD_INVITES, "INVITE_CREATE INVITE_DELETE"),
    (Intents::GUILD_VOICE_STATES, "VOICE_CHANNEL_EFFECT_SEND VOICE_STATE_UPDATE"),
    (Intents::GUILD_PRESENCES, "PRESENCE_UPDATE"),
    (Intents::GUILD_MESSAGES, "MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE MESSAGE_DELETE_BULK"),
    (
        Intents::GUILD_MESSAGE_REACTIONS,
        "MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_ALL \
         MESSAGE_REACTION_REMOVE_EMOJI",
    ),
    (Intents::GUILD_MESSAGE_TYPING, "TYPING_START"),
    (Intents::DIRECT_MESSAGES, "MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE CHANNEL_PINS_UPDATE"),
    (
        Intents::DIRECT_MESSAGE_REACTIONS,
        "MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_ALL \
         MESSAGE_REACTION_REMOVE_EMOJI",
    ),
    (Intents::DIRECT_MESSAGE_TYPING, "TYPING_START"),
    (Intents::MESSAGE_CONTENT, ""),
    (
        Intents::GUILD_SCHEDULED_EVENTS,
        "GUILD_SCHEDULED_EVENT_CREATE GUILD_SCHEDULED_EVENT_UPDATE GUILD_SCHEDULED_EVENT_DELETE \
         GUILD_SCHEDULED_EVENT_USER_ADD GUILD_SCHEDULED_EVENT_USER_REMOVE",
    ),
    (
        Intents::AUTO_MODERATION_CONFIGURATION,
        "AUTO_MODERATION_RULE_CREATE AUTO_MODERATION_RULE_UPDATE AUTO_MODERATION_RULE_DELETE",
    ),
    (Intents::AUTO_MODERATION_EXECUTION, "AUTO_MODERATION_ACTION_EXECUTION"),
    (Intents::GUILD_MESSAGE_POLLS, "MESSAGE_POLL_VOTE_ADD MESSAGE_POLL_VOTE_REMOVE"),
    (Intents::DIRECT_MESSAGE_POLLS, "MESSAGE_POLL_VOTE_ADD MESSAGE_POLL_VOTE_REMOVE"),
];

const VARIANTS: [&str; 3] = ["plain", "nulls", "full"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Cuts the rows of a table out of the page, the cells of each.
fn table(name: &str) -> Vec<Vec<String>> {
    let page = read("docs/EVENTS.md");
    let (_, rest) = page.split_once(&format!("<!-- {name}: begin -->")).expect("the mark before");
    let (rows, _) = rest.split_once(&format!("<!-- {name}: end -->")).expect("the mark behind");
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    rows.lines().filter(|row| row.starts_with('|')).skip(2).map(cells).collect()
}

/// What the page says of an event.
struct Row {
    kind: EventKind,
    decodes: String,
    intents: Intents,
    guild: String,
    cache: String,
}

fn rows() -> Vec<Row> {
    let row = |cells: Vec<String>| {
        let [_, name, decodes, intents, guild, cache, _] = &cells[..] else { panic!("{cells:?}") };
        let kind = EventKind::of_dispatch(name.as_bytes());
        assert_ne!(kind, EventKind::Unknown, "{name} is no event");
        let none = intents.starts_with("none");
        let names = intents.split('`').skip(1).step_by(2).filter(|_| !none);
        let known = |intent: &str| Intents::from_name(intent).unwrap_or_else(|| panic!("{name}"));
        let intents = names.map(known).fold(Intents::empty(), |all, one| all | one);
        assert_eq!(intents.is_empty(), none, "{name}");
        let decodes = decodes.trim_matches('`').to_owned();
        Row { kind, decodes, intents, guild: guild.clone(), cache: cache.clone() }
    };
    table("events").into_iter().map(row).collect()
}

/// The samples of an event: plain, with nulls, and with every field.
fn samples(kind: EventKind) -> Vec<String> {
    let file = read(&format!("core/tests/samples/{}.json", kind.name()));
    let samples: Value = serde_json::from_str(&file).unwrap();
    VARIANTS.iter().map(|variant| samples[variant].to_string()).collect()
}

fn dispatch(kind: EventKind, d: &str) -> Dispatch<'_> {
    Dispatch::new(kind.name(), None, Encoding::Json, d.as_bytes()).unwrap()
}

#[test]
fn every_event_has_a_row_and_every_row_is_an_event() {
    let listed: Vec<_> = rows().iter().map(|row| row.kind).collect();
    let known: Vec<_> = EventKind::documented().collect();
    assert_eq!(listed, known);
}

#[test]
fn the_type_in_a_row_decodes_the_event_and_names_its_payload() {
    for Row { kind, decodes, .. } in rows() {
        let found = TYPES.iter().find(|(name, _)| *name == decodes);
        let (_, is_of) = found.unwrap_or_else(|| panic!("{kind}: no type {decodes}"));
        assert!(is_of(kind), "{kind} does not decode as {decodes}");
        let named = decodes.split('<').next().unwrap();
        for sample in samples(kind) {
            assert_eq!(variant(&dispatch(kind, &sample).payload().unwrap()), named, "{kind}");
        }
    }
}

#[test]
fn the_guild_is_where_a_row_says() {
    for Row { kind, guild, .. } in rows() {
        let samples = samples(kind);
        let found = |sample: &String| dispatch(kind, sample).guild_id();
        let with = samples.iter().filter(|sample| found(sample).is_some()).count();
        let expected = match (with, samples.len()) {
            (0, _) => "–",
            (some, all) if some < all => "`guild_id`?",
            _ if serde_json::from_str::<Value>(&samples[0]).unwrap()["guild_id"].is_null() => {
                "`id`"
            }
            _ => "`guild_id`",
        };
        assert_eq!(guild, expected, "{kind}");
    }
}

#[test]
fn the_intents_are_those_that_bring_the_event() {
    let mut expected = BTreeMap::<EventKind, Intents>::new();
    for (intent, events) in BY_INTENT {
        for event in events.split_whitespace() {
            *expected.entry(EventKind::of_dispatch(event.as_bytes())).or_default() |= intent;
        }
    }
    let all = BY_INTENT.iter().fold(Intents::empty(), |all, (intent, _)| all | *intent);
    assert_eq!(all, Intents::DOCUMENTED);
    for Row { kind, intents, .. } in rows() {
        assert_eq!(intents, expected.get(&kind).copied().unwrap_or_default(), "{kind}");
    }
}

#[test]
fn the_simulated_gateway_wants_the_same_intents() {
    let rows: BTreeMap<_, _> = rows().into_iter().map(|row| (row.kind, row.intents)).collect();
    let mut world = World::new(3, WorldSize::default());
    let mut seen = BTreeSet::new();
    for _ in 0..50_000 {
        let event = world.next_event().unwrap();
        let Some(intents) = rows.get(&EventKind::of_dispatch(event.kind.as_bytes())) else {
            continue;
        };
        assert!(intents.contains(event.needs), "{} needs {:?}", event.kind, event.needs);
        assert_eq!(intents.is_empty(), event.needs.is_empty(), "{}", event.kind);
        seen.insert(event.kind);
    }
    assert!(seen.len() >= 30, "{seen:?}");
}

/// Tells whether the cache's own page names an event in its table: as `A`, `A, _B` or `A_*`.
fn cached(name: &str) -> bool {
    let page = read("core/CACHE.md");
    let (_, rest) = page.split_once("## What each event does").expect("the heading");
    let (table, _) = rest.split_once("\n## ").expect("the next heading");
    let mut cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    cells.any(|cell| {
        let mut stem = "";
        cell.split(", ").any(|part| {
            if part.starts_with('_') {
                return name.strip_prefix(stem) == Some(part);
            }
            stem = part.rsplit_once('_').map_or(part, |(stem, _)| stem);
            part.strip_suffix('*').map_or(name == part, |start| name.starts_with(start))
        })
    })
}

#[test]
fn a_row_says_that_the_cache_does_something_if_its_own_page_does() {
    for Row { kind, cache, .. } in rows() {
        assert_eq!(cache != "–", cached(kind.name()), "{kind}");
    }
}

fn snapshot(cache: &Cache<Heap>) -> Vec<u8> {
    let mut bytes = Vec::new();
    cache.snapshot(None, &mut |part: &[u8]| bytes.extend_from_slice(part));
    bytes
}

#[test]
fn what_the_cache_has_nothing_of_changes_nothing() {
    let mut cache = Cache::new(Settings::default());
    for name in ["READY", "GUILD_CREATE", "MESSAGE_CREATE"] {
        let kind = EventKind::of_dispatch(name.as_bytes());
        for sample in samples(kind) {
            cache.apply(&dispatch(kind, &sample), &mut ());
        }
    }
    let before = snapshot(&cache);
    for Row { kind, .. } in rows().iter().filter(|row| row.cache == "–") {
        for sample in samples(*kind) {
            assert_eq!(
                cache.apply(&dispatch(*kind, &sample), &mut ()),
                Applied::default(),
                "{kind}"
            );
        }
        assert!(snapshot(&cache) == before, "{kind}");
    }
}

/// The variants of `Event` in the order of the source, which nothing else lists.
fn told() -> Vec<String> {
    let source = read("core/src/event.rs");
    let (_, rest) = source.split_once("pub enum Event<'e> {\n").expect("the enum");
    let (body, _) = rest.split_once("\n}\n").expect("its end");
    let starts = |line: &str| {
        line.strip_prefix("    ").is_some_and(|rest| rest.starts_with(char::is_uppercase))
    };
    let name =
        |line: &str| line.trim().split([' ', '(', ',']).next().unwrap_or_default().to_owned();
    body.lines().filter(|line| starts(line)).map(name).collect()
}

#[test]
fn every_event_of_the_shard_has_a_row_and_does_to_a_cache_what_it_says() {
    let guild = r#"{"id":"7","unavailable":true}"#;
    let events = [
        Event::Command { id: CommandId(1), fate: Fate::Sent },
        Event::Duplicate(dispatch(EventKind::GuildCreate, guild)),
        Event::Gap { expected: 1, found: 2 },
        Event::Limit(Limit::Events),
        Event::SessionLost { cause: Cause::Zombie },
    ];
    let rows = table("told");
    let listed: Vec<_> = rows.iter().map(|cells| cells[1].trim_matches('`').to_owned()).collect();
    assert_eq!(listed, told());
    for event in events {
        let mut cache = Cache::new(Settings::default());
        cache.hear(&event, &mut ());
        let name = format!("{:?}", event.kind());
        let row = rows.iter().find(|cells| cells[1] == format!("`{name}`")).unwrap();
        assert_eq!(row[3] == "cold", cache.is_cold(), "{name}");
        let untouched = snapshot(&Cache::new(Settings::default()));
        assert_eq!(row[3] == "–", snapshot(&cache) == untouched, "{name}");
    }
}
