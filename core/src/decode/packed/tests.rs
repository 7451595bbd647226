use std::string::String;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::Encoding;
use crate::decode::{Cursor, Number, Raw, Seq, Text, Timestamp};
use crate::model::{Message, Presence, User};

mod terms;

fn packed(json: &str) -> Vec<u8> {
    let mut out = vec![0; 64 * 1024];
    let mut cursor = Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
    let mut writer = Writer::new(&mut out);
    writer.value(&mut cursor, Name::of("message"), None).unwrap();
    let len = writer.len();
    out.truncate(len);
    out
}

/// Compares a document with what it is packed.
fn same(json: &str) -> Vec<u8> {
    let usual = json.replace(": ", ":").replace(", ", ",");
    let packed = packed(json);
    assert_eq!(packed, self::packed(&usual), "{json}");
    let ours: Raw<'_> = Cursor::packed(&packed).decode().unwrap();
    let theirs: Raw<'_> = Cursor::new(Encoding::Json, json.as_bytes()).unwrap().decode().unwrap();
    assert_eq!(ours, theirs, "{json}");
    assert_eq!(ours.encoding(), None);
    packed
}

/// Packs a value with what is made of it as it usually stands, or as the cursor reads it.
fn packed_by(
    usual: bool,
    (encoding, value): (Encoding, &[u8]),
    name: Name,
    room: usize,
) -> (Result<Vec<u8>, Unpacked>, Option<u32>) {
    let (mut out, mut cursor) = (vec![0; room], Cursor::trusted(encoding, value));
    let mut writer = Writer::new(&mut out);
    let written = match usual {
        true => writer.value(&mut cursor, name, None),
        false => writer.value_by_cursor(&mut cursor, name, None),
    };
    let len = writer.len();
    out.truncate(len);
    (written.map(|()| out), written.is_ok().then(|| cursor.offset()))
}

/// A small generator of numbers.
struct Random(u32);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % limit
    }
}

/// Writes a value: mostly as the service does.
fn random_value(rng: &mut Random, json: &mut String, depth: u32) {
    const WORDS: [&str; 24] = [
        "null",
        "true",
        "false",
        "0",
        "7",
        "128",
        "18446744073709551615",
        "1",
        r#""12""#,
        r#""""#,
        r#""text""#,
        r#""a text that is longer than one block of bytes is""#,
        r#""18446744073709551615""#,
        r#""a_0123456789abcdef0123456789abcdef""#,
        r#""2024-03-01T00:00:03.250000+00:00""#,
        r#""na\u00efve \n""#,
        r#""007""#,
        "007",
        "-1",
        "0.5",
        " 1",
        "nul",
        r#""\u0031""#,
        "18446744073709551616",
    ];
    let space = |rng: &mut Random| if rng.below(60) == 0 { " " } else { "" };
    // What is unusual is rare, so that most of what stands around it is usual.
    let pick = |rng: &mut Random| if rng.below(30) == 0 { rng.below(24) } else { rng.below(15) };
    let nests = depth < 5 && rng.below(3) == 0;
    match rng.below(2) {
        0 if nests => {
            json.push('{');
            for at in 0..rng.below(6) {
                let name = NAMES_TO_TRY[rng.below(12)];
                json.push_str(if at > 0 { "," } else { "" });
                json.push_str(&std::format!("\"{name}\"{}:{}", space(rng), space(rng)));
                random_value(rng, json, depth + 1);
            }
            json.push('}');
        }
        _ if nests => {
            json.push('[');
            for at in 0..rng.below(5) {
                json.push_str(if at > 0 { "," } else { space(rng) });
                random_value(rng, json, depth + 1);
            }
            json.push(']');
        }
        _ => json.push_str(WORDS[pick(rng)]),
    }
}

const NAMES_TO_TRY: [&str; 12] = [
    "id",
    "roles",
    "avatar",
    "joined_at",
    "content",
    "party",
    "activities",
    "attachments",
    "not a name",
    "permissions",
    "emoji",
    "n\\u0061me",
];

#[test]
fn what_stands_as_usual_is_packed_as_the_cursor_reads_it() {
    let (mut rng, mut read, mut long) = (Random(5), 0, 0);
    for _ in 0..20_000 {
        let mut json = String::new();
        random_value(&mut rng, &mut json, 0);
        let name = Name::of(["roles", "message", "avatar", "users"][rng.below(4)]);
        for room in [4_096, 40] {
            let value = (Encoding::Json, json.as_bytes());
            let usual = packed_by(true, value, name, room);
            assert_eq!(usual, packed_by(false, value, name, room), "{json}");
            read += u32::from(usual.0.is_ok());
            long += u32::from(usual.0.is_ok_and(|packed| packed.len() > 128));
        }
    }
    assert!(read > 20_000 && long > 400, "{read} {long}");
}

#[test]
fn what_is_not_well_formed_is_refused_as_the_cursor_refuses_it() {
    for json in [
        r#"{"id":"1",}"#,
        r#"{,"id":"1"}"#,
        r#"{"id":"1" "name":"x"}"#,
        r#"{"id":"1""name":"x"}"#,
        r#"{"id":tru}"#,
        r#"{"id":nul,"name":"x"}"#,
        r#"{"id":01,"name":"x"}"#,
        r#"{"name":"x"#,
        r#"{"name"}"#,
        r#"{"name":}"#,
        r#"{"na\me":"x","none":{]}"#,
        "{\"a\u{1}b\":1,\"name\":\"x\"}",
        r#"["1",]"#,
        r#"[1,,2]"#,
    ] {
        let value = (Encoding::Json, json.as_bytes());
        let usual = packed_by(true, value, Name::of("message"), 256);
        assert_eq!(usual, packed_by(false, value, Name::of("message"), 256), "{json}");
        assert!(usual.0.is_err(), "{json}");
    }
}

#[test]
fn every_kind_of_value_is_the_same_packed() {
    for json in [
        "null",
        "true",
        "false",
        "0",
        "127",
        "128",
        "255",
        "65536",
        "18446744073709551615",
        "-1",
        "-9223372036854775808",
        "0.5",
        "1e300",
        r#""""#,
        r#""text""#,
        r#""na\u00efve \ud83d\ude00 \n""#,
        r#"{"status": "online", "desktop": "idle", "mobile": "dnd", "web": "offline", "name": "idle"}"#,
        r#"{"status": "onlines", "desktop": "", "mobile": "\u0069dle", "web": "on"}"#,
        "[]",
        "[1, [2, []], {}]",
        "{}",
        r#"{"id": "1", "name": "x", "flags": 64, "nonce": "0012"}"#,
        r#"{"roles": ["1234567890123456789", "2"], "permissions": "8", "mention_roles": []}"#,
        r#"{"avatar": "a_0123456789abcdef0123456789abcdef", "icon": "00000000000000000000000000000000"}"#,
        r#"{"avatar": "no hash", "banner": "A0000000000000000000000000000000"}"#,
        r#"{"joined_at": "2024-02-29T12:59:36.646000+00:00", "timestamp": "2024-03-01T00:00:03+00:00"}"#,
        r#"{"joined_at": "2024-02-29T12:59:36.646Z", "timestamp": ""}"#,
        r#"{"party": {"id": "77", "size": [1, 2]}, "emoji": {"id": "78"}}"#,
        r#"{"id": "007", "guild_id": "+5", "channel_id": "x"}"#,
        r#"{"roles": ["007", "1"], "mention_roles": ["+7"], "applied_tags": ["1", ""], "participants": [1]}"#,
        r#"{"authorizing_integration_owners": {"0": "5", "1": "18446744073709551615"}}"#,
        r#"{"authorizing_integration_owners": {"007": "5", "a\u0062": 1, "": [], "1": {"id": "2"}}}"#,
    ] {
        same(json);
    }
    for len in [94, 95, 96, 127, 128, 16_383, 16_384, 50_000] {
        same(&std::format!(r#"{{"content": "{}"}}"#, "a".repeat(len)));
        same(&std::format!(r#"{{"fields": [{}1]}}"#, "1,".repeat(len / 2)));
    }
}

#[test]
fn what_is_known_is_small() {
    let user = r#"{"id": "1212269235441107118", "username": "somebody", "avatar": "0123456789abcdef0123456789abcdef",
        "global_name": null, "bot": true}"#;
    assert_eq!(same(user).len(), 2 + 10 + 10 + 18 + 2 + 2);
}

#[test]
fn the_types_of_the_model_read_it() {
    let bytes = packed(
        r#"{"id": "9", "channel_id": "8", "content": "hello", "timestamp": "2024-03-01T00:00:03+00:00",
        "author": {"id": "7", "username": "u", "avatar": "a_0123456789abcdef0123456789abcdef"},
        "mention_roles": ["5", "6"], "embeds": [{"title": "t"}, {"color": 3}], "nobody_knows": {"x": 1}}"#,
    );
    let message: Message<'_> = Cursor::packed(&bytes).decode().unwrap();
    assert_eq!((message.id.0, message.channel_id.0), (9, 8));
    assert_eq!(message.content.unwrap(), "hello");
    assert_eq!(message.timestamp.and_then(|time| time.unix_micros()), Some(1_709_251_203_000_000));
    let author = message.author.unwrap();
    let avatar = author.avatar.value().unwrap();
    assert_eq!(avatar, "a_0123456789abcdef0123456789abcdef");
    assert_eq!((avatar.as_str(), avatar.chars().count()), (None, 34));
    assert_eq!(std::format!("{avatar} {avatar:?}").len(), 34 + 1 + 36);
    let roles = message.mention_roles.iter().map(|role| role.unwrap().0);
    assert_eq!(roles.collect::<Vec<_>>(), [5, 6]);
    assert_eq!(message.embeds.count(), 2);
    assert_eq!(message.embeds.iter().next().unwrap().unwrap().title.unwrap(), "t");

    let bytes = packed(
        r#"{"user": {"id": "1"}, "status": "idle", "activities": [{"name": "n", "party": {"id": "12"}}]}"#,
    );
    let presence: Presence<'_> = Cursor::packed(&bytes).decode().unwrap();
    let activity = presence.activities.iter().next().unwrap().unwrap();
    assert_eq!(activity.party.unwrap().id.unwrap(), "12");
}

#[test]
fn both_encodings_are_packed_alike() {
    let json = br#"{"id": "1212269235441107118", "flags": 64, "name": "x", "position": -1}"#;
    let mut etf = std::vec![0x74, 0, 0, 0, 4];
    let binary = |text: &str, out: &mut Vec<u8>| {
        out.extend([0x6D, 0, 0, 0, text.len() as u8]);
        out.extend(text.as_bytes());
    };
    binary("id", &mut etf);
    etf.extend([0x6E, 8, 0]);
    etf.extend(1_212_269_235_441_107_118_u64.to_le_bytes());
    binary("flags", &mut etf);
    etf.extend([0x61, 64]);
    binary("name", &mut etf);
    binary("x", &mut etf);
    binary("position", &mut etf);
    etf.extend([0x62, 0xFF, 0xFF, 0xFF, 0xFF]);
    let pack = |encoding, doc: &[u8]| {
        let mut out = [0; 256];
        let mut writer = Writer::new(&mut out);
        writer.value(&mut Cursor::new(encoding, doc).unwrap(), Name::of("user"), None).unwrap();
        let len = writer.len();
        out[..len].to_vec()
    };
    assert_eq!(pack(Encoding::Json, json), pack(Encoding::Etf, &etf));
}

#[test]
fn a_float_keeps_its_digits_and_reads_alike_in_both_encodings() {
    let read = |encoding, doc: &[u8]| {
        let mut out = [0; 64];
        let mut writer = Writer::new(&mut out);
        writer.value(&mut Cursor::new(encoding, doc).unwrap(), Name::of("volume"), None).unwrap();
        let number: Number<'_> = Cursor::packed(writer.since(0)).decode().unwrap();
        (number.as_f64(), std::format!("{number}"))
    };
    for text in
        ["0.5", "1.0", "-0.0", "1e300", "3.3399999141693115", "1e-400", "36893488147419103232"]
    {
        let float: f64 = text.parse().unwrap();
        let etf = [&[0x46][..], &float.to_be_bytes()].concat();
        assert_eq!(read(Encoding::Json, text.as_bytes()), (Some(float), text.into()));
        assert_eq!(read(Encoding::Etf, &etf).0, Some(float), "{text}");
    }
    assert_eq!(read(Encoding::Json, b"1e999"), (None, "1e999".into()));
    // An integer that only a float is wide enough for keeps its digits too, whichever way it comes.
    let least = "-9223372036854775809";
    let small_big = [&[110, 8, 1][..], &(i64::MIN.unsigned_abs() + 1).to_le_bytes()].concat();
    for (encoding, doc) in [(Encoding::Json, least.as_bytes()), (Encoding::Etf, &small_big)] {
        assert_eq!(read(encoding, doc), (least.parse().ok(), least.into()), "{encoding:?}");
    }
}

#[test]
fn a_value_without_room_is_refused() {
    let json = r#"{"content": "some text", "embeds": [1, 2, "three"], "roles": ["1"]}"#;
    let whole = packed(json);
    for room in 0..whole.len() {
        let mut out = vec![0; room];
        let mut writer = Writer::new(&mut out);
        let mut cursor = Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
        let written = writer.value(&mut cursor, Name::of("message"), None);
        assert_eq!(written, Err(Unpacked::Full), "{room}");
    }
}

#[test]
fn broken_bytes_are_errors_and_not_more() {
    let whole = packed(
        r#"{"id": "1", "username": "abc", "avatar": "0123456789abcdef0123456789abcdef", "roles": ["1"],
        "joined_at": "2024-03-01T00:00:03+00:00", "colors": {"primary_color": 1}, "embeds": [[], 0.5]}"#,
    );
    for cut in 0..whole.len() {
        assert!(Cursor::packed(&whole[..cut]).decode::<Raw<'_>>().is_err(), "{cut}");
        assert!(Cursor::packed(&whole[..cut]).decode::<User<'_>>().is_err(), "{cut}");
    }
    for at in 0..whole.len() {
        for byte in 0..=u8::MAX {
            let mut broken = whole.clone();
            broken[at] = byte;
            let _ = Cursor::packed(&broken).decode::<User<'_>>();
            let _ = std::format!("{:?}", Cursor::packed(&broken).decode::<Raw<'_>>());
        }
    }
}

#[test]
fn members_are_found_by_name_where_they_are_sorted() {
    let mut out = [0; 64];
    let mut writer = Writer::new(&mut out);
    for (name, text) in [("width", "w"), ("username", "u"), ("nick", "n")] {
        writer.name(Name::of(name)).unwrap();
        writer.text(Text::plain(text)).unwrap();
    }
    let len = writer.len();
    let members = &out[..len];
    let found = |name| find(members, Name::of(name)).and_then(|value| Text::of_packed(&value));
    assert_eq!(found("username").unwrap(), "u");
    assert_eq!(found("nick").unwrap(), "n");
    assert_eq!(found("width").unwrap(), "w");
    assert!(["id", "avatar", "roles", "voice_start_time"].iter().all(|name| found(name).is_none()));
    let mut cursor = Cursor::packed_members(members);
    let mut object = cursor.object().unwrap();
    assert_eq!(cursor.key(&mut object).unwrap().unwrap(), "width");
    assert_eq!(cursor.text().unwrap(), "w");
}

#[test]
fn times_and_lists_of_ids_are_read_in_place() {
    let bytes = packed(r#"{"joined_at": "2024-03-01T00:00:03.250000+00:00", "roles": ["1", "2"]}"#);
    let mut cursor = Cursor::packed(&bytes);
    let mut members = cursor.object().unwrap();
    cursor.key(&mut members).unwrap();
    let time: Timestamp<'_> = cursor.decode().unwrap();
    assert_eq!(time.unix_micros(), Some(1_709_251_203_250_000));
    assert_eq!(std::format!("{time}"), "2024-03-01T00:00:03.250000+00:00");
    cursor.key(&mut members).unwrap();
    let ids: Seq<'_, u64> = cursor.decode().unwrap();
    assert_eq!(ids.iter().map(Result::unwrap).sum::<u64>(), 3);
    assert!(cursor.key(&mut members).unwrap().is_none());
}

#[test]
fn objects_with_ids_for_keys_keep_them() {
    use crate::model::{InteractionMetadata, Resolved};

    fn both<'e, T: crate::decode::Decode<'e> + PartialEq + core::fmt::Debug>(
        json: &'e str,
        packed: &'e [u8],
    ) -> T {
        let ours: T = Cursor::packed(packed).decode().unwrap();
        assert_eq!(ours, Cursor::new(Encoding::Json, json.as_bytes()).unwrap().decode().unwrap());
        ours
    }

    let json =
        r#"{"id": "1", "authorizing_integration_owners": {"0": "1212269235441107118", "1": "7"}}"#;
    let bytes = same(json);
    let metadata: InteractionMetadata<'_> = both(json, &bytes);
    let owners =
        metadata.authorizing_integration_owners.iter().map(|(id, owner)| (id, owner.unwrap()));
    assert_eq!(owners.collect::<Vec<_>>(), [(0, 1_212_269_235_441_107_118), (1, 7)]);

    let json = r#"{"users": {"11": {"id": "11", "username": "u"}, "x": {"id": "1"}},
        "members": {"11": {"roles": ["3"], "nick": "n"}}, "roles": {"3": {"id": "3", "name": "r"}},
        "channels": {"4": {"id": "4", "type": 0}}, "messages": {"5": {"id": "5", "channel_id": "4"}},
        "attachments": {"6": {"id": "6", "filename": "f"}, "7": {"id": "7", "filename": "g"}}}"#;
    let bytes = same(json);
    let resolved: Resolved<'_> = both(json, &bytes);
    assert_eq!(resolved.users.find(11).unwrap().unwrap().username.unwrap(), "u");
    assert_eq!(resolved.members.find(11).unwrap().unwrap().roles.count(), 1);
    assert_eq!(resolved.attachments.iter().count(), 2);
    assert!(resolved.attachments.find(8).is_none());
    for cut in 0..bytes.len() {
        assert!(Cursor::packed(&bytes[..cut]).decode::<Raw<'_>>().is_err(), "{cut}");
    }
    for at in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            let mut broken = bytes.clone();
            broken[at] = byte;
            let _ = std::format!("{:?}", Cursor::packed(&broken).decode::<Resolved<'_>>());
        }
    }
}

#[test]
fn an_id_is_text_for_who_asks_for_text() {
    let bytes = packed(
        r#"{"id": "18446744073709551615", "sku_id": "0", "guild_id": "300", "roles": ["1", "1234567890"]}"#,
    );
    let mut cursor = Cursor::packed(&bytes);
    let mut members = cursor.object().unwrap();
    for wanted in ["18446744073709551615", "0", "300"] {
        cursor.key(&mut members).unwrap();
        let text: Text<'_> = cursor.decode().unwrap();
        assert_eq!((text, text.as_str()), (Text::plain(wanted), None));
    }
    cursor.key(&mut members).unwrap();
    let roles: Seq<'_, Text<'_>> = { cursor }.decode().unwrap();
    let roles = roles.iter().map(|role| std::format!("{}", role.unwrap()));
    assert_eq!(roles.collect::<Vec<_>>(), ["1", "1234567890"]);
    let ids: Seq<'_, u64> = cursor.decode().unwrap();
    assert_eq!(ids.iter().map(Result::unwrap).sum::<u64>(), 1_234_567_891);

    let (short, long) = (packed("7"), packed(r#"{"roles": ["7"]}"#));
    let short: Text<'_> = Cursor::packed(&short).decode().unwrap();
    let mut cursor = Cursor::packed(&long);
    let mut members = cursor.object().unwrap();
    cursor.key(&mut members).unwrap();
    let long: Seq<'_, Text<'_>> = cursor.decode().unwrap();
    assert_eq!(short, long.iter().next().unwrap().unwrap(), "whatever its width");
}

#[test]
fn types_that_know_serde_read_ids_as_text() {
    use crate::decode::Deserializer;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Some {
        id: String,
        guild_id: u64,
        roles: Vec<String>,
        authorizing_integration_owners: std::collections::BTreeMap<String, u64>,
    }

    let bytes = packed(
        r#"{"id": "9", "guild_id": "300", "roles": ["5", "6"], "authorizing_integration_owners": {"0": "7"}}"#,
    );
    let mut scratch = [0; 64];
    let read = Some::deserialize(&mut Deserializer::new(Cursor::packed(&bytes), &mut scratch));
    let read = read.unwrap();
    assert_eq!((&*read.id, read.guild_id, &*read.roles[1]), ("9", 300, "6"));
    assert_eq!(read.authorizing_integration_owners["0"], 7);
}

#[test]
fn a_hash_or_a_time_is_not_read_as_an_integer() {
    // Bytes that are digits: 0x31 is '1'.
    for (name, text) in [
        ("avatar", "31313131313131313131313131313131"),
        ("joined_at", "2083-04-12T21:50:51.825969+00:00"),
    ] {
        let bytes = packed(&std::format!(r#"{{"{name}": "{text}"}}"#));
        let mut cursor = Cursor::packed(&bytes);
        let mut members = cursor.object().unwrap();
        cursor.key(&mut members).unwrap();
        assert_eq!({ cursor }.text().unwrap(), text);
        assert!({ cursor }.i64().is_err() && { cursor }.u64().is_err(), "{name}");
    }
    let mut negative = Cursor::packed(&[0xA2, b'-', b'5']);
    assert_eq!(negative.i64(), Ok(-5));
}
