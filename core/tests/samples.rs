//! The model against samples of every documented dispatch: plain, with nulls, and with every field.

mod support;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use gatewright_core::decode::{Cursor, DecodeError, Expected};
use gatewright_core::model::{self, Payload};
use gatewright_core::{Dispatch, Encoding, EventKind};
use serde_json::Value;

use support::etf::{self, Dialect};
use support::{Dice, Step, changed, lean, leaves, shuffled};

const VARIANTS: [&str; 3] = ["plain", "nulls", "full"];

const DIALECTS: [Dialect; 3] = [Dialect::Binaries, Dialect::Atoms(119), Dialect::Atoms(100)];

/// What `Debug` hides.
const SECRETS: [(&str, &str); 3] =
    [("INTERACTION_CREATE", "token"), ("READY", "session_id"), ("VOICE_SERVER_UPDATE", "token")];

/// Recorded payloads that are objects of another source, put where an event stands: they lack what
/// identifies the event.
const NO_EVENTS: [&str; 3] = [
    // Its `user` is `{}`.
    "docs-obj__example-guild-member",
    // It has no `code`.
    "docs-obj__example-invite-metadata",
    // It has no `guild_id`.
    "hikari__member_payload",
];

/// A sample: a dispatch's name, a variant's name and its `d`.
struct Sample {
    name: &'static str,
    variant: &'static str,
    text: String,
    value: Value,
}

impl Sample {
    fn payload(&self) -> Payload<'_> {
        self.decode(Encoding::Json, self.text.as_bytes())
    }

    fn decode<'e>(&self, encoding: Encoding, bytes: &'e [u8]) -> Payload<'e> {
        let dispatch = Dispatch::new(self.name, None, encoding, bytes).unwrap();
        dispatch
            .payload()
            .unwrap_or_else(|error| panic!("{} {} {encoding:?}: {error}", self.name, self.variant))
    }
}

fn samples() -> impl Iterator<Item = Sample> {
    EventKind::documented().flat_map(|kind| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
        let file = fs::read(folder.join(kind.name()).with_extension("json")).unwrap();
        VARIANTS.map(|variant| {
            let text = member(Encoding::Json, &file, variant).unwrap().unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap();
            let value = serde_json::from_str(&text).unwrap();
            Sample { name: kind.name(), variant, text, value }
        })
    })
}

/// Cuts a member out of an object, as it stands there.
fn member<'e>(
    encoding: Encoding,
    object: &'e [u8],
    name: &str,
) -> Result<Option<&'e [u8]>, DecodeError> {
    let mut cursor = Cursor::new(encoding, object)?;
    let mut members = cursor.object()?;
    while let Some(key) = cursor.key(&mut members)? {
        if key == *name {
            return cursor.raw().map(|raw| Some(raw.bytes()));
        }
        cursor.skip()?;
    }
    Ok(None)
}

macro_rules! types {
    ($($name:ident $(<$life:lifetime>)?,)*) => {
        /// Lists the names of the types that decode a dispatch; the others refuse it.
        fn takers(dispatch: &Dispatch<'_>) -> Vec<&'static str> {
            let mut takers = Vec::new();
            $(match dispatch.decode::<model::$name $(<$life>)?>() {
                Ok(_) => takers.push(stringify!($name)),
                Err(error) => assert_eq!(error.expected(), Expected::Dispatch, "{}", stringify!($name)),
            })*
            takers
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

#[test]
fn every_sample_decodes_as_the_type_of_its_kind_and_no_other() {
    for sample in samples() {
        let dispatch =
            Dispatch::new(sample.name, None, Encoding::Json, sample.text.as_bytes()).unwrap();
        assert_eq!(takers(&dispatch), [format!("{:?}", dispatch.kind())]);
        assert_eq!(sample.payload().kind(), dispatch.kind());
    }
}

#[test]
fn etf_and_json_decode_to_equal_events() {
    for sample in samples() {
        for dialect in DIALECTS {
            let bytes = etf::encode(&sample.value, dialect);
            let twin = sample.decode(Encoding::Etf, &bytes);
            let what = (sample.name, sample.variant, dialect);
            assert!(twin == sample.payload(), "{what:?}\n{twin:#?}\n{:#?}", sample.payload());
            assert_whole(&twin, &what);
        }
    }
}

#[test]
fn neither_the_order_of_keys_nor_unknown_ones_matter() {
    for sample in samples() {
        for seed in 1..4 {
            let text = shuffled(&sample.value, &mut Dice(seed));
            let twin = sample.decode(Encoding::Json, text.as_bytes());
            assert!(twin == sample.payload(), "{} {}", sample.name, sample.variant);
            let value = serde_json::from_str(&text).unwrap();
            let bytes = etf::encode(&value, Dialect::Atoms(119));
            let twin = sample.decode(Encoding::Etf, &bytes);
            assert!(twin == sample.payload(), "{} {}", sample.name, sample.variant);
        }
    }
}

#[test]
fn every_element_of_every_list_decodes() {
    for sample in samples() {
        assert_whole(&sample.payload(), &(sample.name, sample.variant));
    }
}

/// Makes sure that nothing within did not decode.
fn assert_whole(payload: &Payload<'_>, what: &dyn std::fmt::Debug) {
    let shown = format!("{payload:?}");
    for sign in ["Err(", "<expected "] {
        let at = shown.find(sign).map(|at| shown[at..].chars().take(200).collect::<String>());
        assert_eq!(at, None, "{what:?}");
    }
}

#[test]
fn every_value_of_every_full_sample_is_read() {
    let mut lost = Vec::new();
    for sample in samples().filter(|sample| sample.variant == "full") {
        for path in &leaves_by_type(&sample.value) {
            let before = lean(&sample.value, path);
            let after = changed(&before, path).to_string();
            let before = before.to_string();
            if sample.decode(Encoding::Json, after.as_bytes())
                == sample.decode(Encoding::Json, before.as_bytes())
            {
                lost.push(format!("{} {path:?}", sample.name));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// Lists paths to one value of each type and place; elements of a list are at one place.
fn leaves_by_type(sample: &Value) -> Vec<support::Path> {
    let tags = ["premium_subscriber", "available_for_purchase", "guild_connections"];
    let mut seen = BTreeSet::new();
    let mut paths = leaves(sample);
    paths.retain(|path| {
        let value = support::at(sample, path);
        let is_tag = matches!(path.last(), Some(Step::Key(key)) if tags.contains(&key.as_str()));
        // A null tells something only where being there means yes.
        (is_tag || !value.is_null()) && seen.insert(support::place(path, value))
    });
    paths
}

#[test]
fn secrets_are_not_shown() {
    for sample in samples() {
        for (_, key) in SECRETS.iter().filter(|(name, _)| *name == sample.name) {
            let secret = sample.value[key].as_str().unwrap();
            assert!(!format!("{:?}", sample.payload()).contains(secret), "{}", sample.name);
        }
    }
}

/// Decodes what other clients recorded: `payloads/*.json` and its twins `wire/*/*.etf`.
#[test]
fn recorded_payloads_decode_alike_in_both_encodings() {
    let Some(folder) = env::var_os("GATEWRIGHT_PAYLOADS").map(PathBuf::from) else {
        eprintln!("skipped: GATEWRIGHT_PAYLOADS names no folder");
        return;
    };
    let mut failures = Vec::new();
    for entry in fs::read_dir(folder.join("payloads")).unwrap() {
        let path = entry.unwrap().path();
        let json = fs::read(&path).unwrap();
        let value: Value = serde_json::from_slice(&json).unwrap();
        let Some(name) = value["t"].as_str().filter(|_| value["op"] == 0) else { continue };
        let data = member(Encoding::Json, &json, "d").unwrap().unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let dispatch = Dispatch::new(name, None, Encoding::Json, data).unwrap();
        let payload = match dispatch.payload() {
            Ok(payload) => payload,
            Err(error) => {
                if !NO_EVENTS.contains(&stem) {
                    failures.push(format!("{stem} {name}: {error}"));
                }
                continue;
            }
        };
        for dialect in ["etf", "etf-atoms"] {
            let twin = folder.join("wire").join(dialect).join(stem).with_extension("etf");
            failures.extend(compare(&payload, name, &fs::read(twin).unwrap(), stem));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Tells what is wrong with the twin of a payload.
fn compare(payload: &Payload<'_>, name: &str, etf: &[u8], stem: &str) -> Option<String> {
    let data = member(Encoding::Etf, &etf[1..], "d").unwrap().unwrap();
    match Dispatch::new(name, None, Encoding::Etf, data).unwrap().payload() {
        Ok(twin) if twin == *payload => None,
        Ok(twin) => Some(format!("{stem} {name} differs:\n{twin:?}\n{payload:?}")),
        Err(error) => Some(format!("{stem} {name} as ETF: {error}")),
    }
}
