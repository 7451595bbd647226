//! The cursor, over both encodings.

use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::Encoding;
use crate::model::User;

fn json(text: &str) -> Cursor<'_> {
    Cursor::new(Encoding::Json, text.as_bytes()).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

#[test]
fn texts_are_lent_and_their_escapes_resolved_when_read() {
    for (text, value, lone) in [
        (r#""""#, "", 0),
        (r#""plain""#, "plain", 0),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t", 0),
        (r#""\u00e9\uD83D\uDE00é😀""#, "é😀é😀", 0),
        (r#""\ud83d\u0041""#, "\u{fffd}A", 1),
        (r#""\ude00\ud83dx\ud83d\ud83d\ude00""#, "\u{fffd}\u{fffd}x\u{fffd}😀", 3),
    ] {
        let mut cursor = json(text);
        let read = cursor.text().unwrap();
        cursor.end().unwrap();
        assert_eq!(read, value, "{text}");
        assert_eq!(read.copy_to(&mut [0; 64]), Some(value));
        assert_eq!(read.lone_surrogates(), lone);
        assert_eq!(format!("{read}"), value);
        assert_eq!(read.as_str(), (!text.contains('\\')).then_some(value));
    }
    assert_eq!(json(r#""four""#).text().unwrap().copy_to(&mut [0; 3]), None);
}

#[test]
fn texts_of_every_length_end_at_their_quote() {
    for len in 0..100 {
        for special in ["", "\\n", "\\u0041", "\u{1}", "é"] {
            let text = format!("\"{}{special}{}\"", "a".repeat(len), "b".repeat(len % 7));
            let broken = special == "\u{1}";
            let (mut read, mut skipped) = (json(&text), json(&text));
            assert_eq!(read.text().is_ok(), !broken, "{text}");
            assert_eq!(skipped.skip().and_then(|()| skipped.end()).is_ok(), !broken, "{text}");
            let list = format!("[{text}]");
            let mut skipped = json(&list);
            skipped.skip().unwrap();
            skipped.end().unwrap();
            let cut = &text[..text.len() - 1];
            assert!(json(cut).text().is_err() && json(cut).skip().is_err(), "{cut}");
        }
    }
}

#[test]
fn numbers_stay_text_until_they_are_asked_for() {
    for (text, unsigned, signed, float) in [
        ("0", Some(0), Some(0), Some(0.0)),
        ("-0", Some(0), Some(0), Some(-0.0)),
        (
            "9007199254740993",
            Some((1 << 53) + 1),
            Some((1 << 53) + 1),
            Some(9_007_199_254_740_992.0),
        ),
        ("18446744073709551615", Some(u64::MAX), None, Some(18_446_744_073_709_551_615.0)),
        ("-9223372036854775808", None, Some(i64::MIN), Some(-9_223_372_036_854_775_808.0)),
        ("1.5e-3", None, None, Some(0.0015)),
        ("1E2", None, None, Some(100.0)),
        ("1e999", None, None, None),
    ] {
        let number = json(text).number().unwrap();
        assert_eq!(
            (number.as_u64(), number.as_i64(), number.as_f64()),
            (unsigned, signed, float),
            "{text}"
        );
        assert_eq!(number.to_string(), text);
    }
    for text in ["", "-", "01", "1.", ".5", "1e", "1e+", "+1", "1x", "--1", "1.e3", "NaN"] {
        assert!(json(text).number().is_err(), "{text}");
    }
}

#[test]
fn ids_are_digits_or_integers() {
    for text in ["7", r#""7""#, r#""\u0037""#, " \n7 ", r#""0000000007""#] {
        assert_eq!(json(text).snowflake(), Ok(7), "{text}");
    }
    for text in [
        "-7",
        "7.0",
        r#""""#,
        r#""7x""#,
        r#""7"#,
        "18446744073709551616",
        "07",
        "7x",
        "null",
        r#""\u0041""#,
    ] {
        assert!(json(text).snowflake().is_err(), "{text}");
    }
    assert_eq!(json(r#""-7""#).i64(), Ok(-7));
    assert_eq!(json("-7").i64(), Ok(-7));
}

#[test]
fn objects_take_any_order_unknown_keys_and_the_last_of_equal_ones() {
    let full = r#" { "x" : [1, {"id": "9"}, "]"] , "username":"a", "\u0069d" : "5", "username":"b" , "bot": true,
        "avatar": null, "public_flags": 9007199254740993 } "#;
    let user: User<'_> = json(full).decode().unwrap();
    assert_eq!((user.id.0, user.username.unwrap()), (5, Text::plain("b")));
    assert_eq!((user.bot, user.avatar.is_null()), (Some(true), true));
    assert_eq!(user.public_flags.unwrap().bits(), 9_007_199_254_740_993);
    let bare: User<'_> = json(r#"{"id":1}"#).decode().unwrap();
    assert!(bare.avatar.is_absent() && bare.username.is_none());
}

#[test]
fn errors_tell_where_and_what() {
    let error = |text| json(text).decode::<User<'_>>().unwrap_err();
    let missing = error(r#" {"username":"a"}"#);
    assert_eq!((missing.field(), missing.expected()), (Some("id"), Expected::Field));
    assert_eq!(missing.to_string(), r#"expected the field "id" at byte 1"#);
    for (text, offset, expected) in [
        (r#"{"id":"1","username":5}"#, 21, Expected::Text),
        (r#"{"id":"1","bot":"yes"}"#, 16, Expected::Bool),
        (r#"{"id":"1","x":[}"#, 15, Expected::Value),
        (r#"{"id":"1""#, 9, Expected::Value),
        (r#"{"id":-1}"#, 6, Expected::Snowflake),
        ("[]", 0, Expected::Object),
    ] {
        let error = error(text);
        assert_eq!((error.offset(), error.expected()), (offset, expected), "{text}");
    }
}

#[test]
fn lists_fail_element_by_element() {
    let list: Seq<'_, User<'_>> = json(r#"[{"id":1}, 5, {}, {"id":"2"}]"#).decode().unwrap();
    let ids = |list: Seq<'_, User<'_>>| {
        list.iter().map(|user| user.ok().map(|user| user.id.0)).collect::<Vec<_>>()
    };
    assert_eq!(ids(list), [Some(1), None, None, Some(2)]);
    assert_eq!((list.count(), list.is_empty(), list.is_absent()), (4, false, false));
    let offsets = list.iter().filter_map(|user| Some(user.err()?.offset()));
    assert_eq!(offsets.collect::<Vec<_>>(), [11, 14]);
    let none: Seq<'_, User<'_>> = json("null").decode().unwrap();
    assert!(none.is_absent() && none.is_empty() && ids(none).is_empty());
    assert!(json("{}").decode::<Seq<'_, User<'_>>>().is_err());
}

#[test]
fn maps_are_read_by_id() {
    let map: IdMap<'_, u64> = json(r#"{"1":10,"x":5,"2":"y","1":11}"#).decode().unwrap();
    assert_eq!(map.find(1), Some(Ok(11)));
    assert!(map.find(2).unwrap().is_err() && map.find(3).is_none());
    assert_eq!(map.iter().count(), 3);
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for (levels, fits) in [(64, true), (65, false), (100_000, false)] {
        let text = nested(levels);
        assert_eq!(json(&text).skip().is_ok(), fits, "{levels}");
        assert_eq!(check(text.as_bytes()).is_ok(), fits, "{levels}");
    }
    let inside = format!("{{\"a\":{}}}", nested(64));
    assert!(json(&inside).skip().is_err());
    let mut cursor = json(&inside);
    let mut members = cursor.object().unwrap();
    cursor.key(&mut members).unwrap().unwrap();
    assert_eq!(cursor.skip().unwrap_err().expected(), Expected::Shallow);
}

#[test]
fn skipping_checks_brackets_and_the_ends_of_texts() {
    for text in ["[1,{\"a\":[]},\"\\\"]\"]", "{}", "\"\\\\\"", "-1.5e3", "true", "null", " [ ] "] {
        let mut cursor = json(text);
        cursor.skip().unwrap();
        cursor.end().unwrap();
    }
    for text in ["[}", "[", "\"", "\"\\\"", "[\"]", "{\"a\":[}", "]", ",", "", "nul", "truex", "-"]
    {
        assert!(json(text).skip().is_err(), "{text}");
    }
}

#[test]
fn the_strict_check_refuses_what_the_grammar_does() {
    for text in ["[1,{\"a\":[true,false,null]}]", " {\"\":-0.5E+1} ", "\"\\ud800\"", "1e999"] {
        check(text.as_bytes()).unwrap();
    }
    for text in [
        "",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "\"\u{1}\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "01",
        "1.",
        "tru",
        "nulll",
        "[] []",
        "{\"a\":}",
        "'a'",
        "[1]]",
        "\u{feff}1",
    ] {
        assert!(check(text.as_bytes()).is_err(), "{text}");
    }
    let error = check(b"[\"a\", \"\xff\"]").unwrap_err();
    assert_eq!((error.offset(), error.expected()), (7, Expected::Utf8));
}

#[test]
fn etf_is_read_like_json() {
    // {id => 41771983444115456, <<"username">> => <<"b">>, bot => true, avatar => nil} in both atom dialects.
    for atom in [("64000", ""), ("770", "")] {
        let key = |name: &str| {
            let name_hex =
                name.bytes().map(|byte| format!("{byte:02x}")).collect::<std::string::String>();
            format!("{}{:x}{name_hex}", atom.0, name.len())
        };
        let text = format!(
            "8374000000056a610{}6e07000000c0ca6567946d00000008757365726e616d656d0000000162{}{}{}{}",
            "1", // placeholder, replaced below
            key("bot"),
            key("true"),
            key("avatar"),
            key("nil"),
        );
        let text = text.replace("6a6101", &key("id")).replacen("05", "04", 1);
        let bytes = hex(&text);
        let user: User<'_> = Cursor::etf(&bytes).unwrap().decode().unwrap();
        assert_eq!((user.id.0, user.username.unwrap()), (41_771_983_444_115_456, Text::plain("b")));
        assert_eq!((user.bot, user.avatar.is_null()), (Some(true), true));
        let twin: User<'_> =
            json(r#"{"avatar":null,"id":"41771983444115456","bot":true,"username":"\u0062"}"#)
                .decode()
                .unwrap();
        assert_eq!(user, twin);
    }
}

#[test]
fn etf_strings_are_lists_of_bytes_and_lists_have_a_tail() {
    let numbers = |text: &str| -> Vec<Result<u64, DecodeError>> {
        let bytes = hex(text);
        let list: Seq<'_, u64> = Cursor::etf(&bytes).unwrap().decode().unwrap();
        list.iter().collect()
    };
    assert_eq!(numbers("836b00020001"), [Ok(0), Ok(1)]);
    assert_eq!(numbers("836c000000026100610a6a"), [Ok(0), Ok(10)]);
    assert_eq!(numbers("836802610a6107"), [Ok(10), Ok(7)]);
    assert_eq!(numbers("836a"), []);
    let raws = hex("836b00020001");
    let list: Seq<'_, Raw<'_>> = Cursor::etf(&raws).unwrap().decode().unwrap();
    let bytes: Vec<u64> = list.iter().map(|raw| raw.unwrap().decode().unwrap()).collect();
    assert_eq!(bytes, [0, 1]);
    let improper = hex("836c00000001610061ff");
    let mut cursor = Cursor::etf(&improper).unwrap();
    let mut items = cursor.list().unwrap();
    assert_eq!(cursor.item(&mut items), Ok(true));
    cursor.skip().unwrap();
    assert_eq!(cursor.item(&mut items).unwrap_err().expected(), Expected::Value);
}

#[test]
fn etf_that_is_cut_or_unknown_is_an_error() {
    let whole = hex("8374000000026400046e616d656d00000003616263770269646e08000102030405060708");
    Cursor::etf(&whole).unwrap().skip().unwrap();
    for end in 1..whole.len() {
        assert!(Cursor::etf(&whole[..end]).unwrap().skip().is_err(), "{end}");
    }
    for text in [
        "8350000000",
        "8374ffffffff",
        "836cffffffff61",
        "83ff",
        "836e0a000102030405060708090a",
        "836dffffffff00",
    ] {
        let bytes = hex(text);
        let mut cursor = Cursor::etf(&bytes).unwrap();
        let read = cursor.kind().is_ok() && cursor.skip().is_ok() && cursor.end().is_ok();
        assert!(!read || Cursor::etf(&bytes).unwrap().number().is_err(), "{text}");
    }
    assert!(Cursor::etf(b"").is_err() && Cursor::etf(b"t").is_err());
    assert_eq!(
        Cursor::etf(&hex("835000000001")).unwrap().skip().unwrap_err().expected(),
        Expected::Uncompressed
    );
}

#[test]
fn values_compare_across_encodings() {
    let raw = |text| json(text).raw().unwrap();
    assert_eq!(raw(r#"{"a":[1,"2",null],"b":true}"#), raw(r#"{"b":true,"a":[1.0,2,null]}"#));
    assert_ne!(raw(r#"{"a":1}"#), raw(r#"{"a":1,"b":2}"#));
    assert_ne!(raw(r#"{"a":1,"b":2}"#), raw(r#"{"a":1}"#));
    assert_ne!(raw("[1]"), raw("[1,1]"));
    assert_eq!(raw(r#"{"a":1,"a":2}"#), raw(r#"{"a":2}"#));
    let deep =
        |inner: &str| (0..60).fold(inner.to_string(), |inner, _| format!(r#"{{"a":{inner}}}"#));
    let (one, two) = (deep("1"), deep("2"));
    assert_eq!(raw(one.clone().leak()), raw(one.leak()));
    assert_ne!(raw(two.leak()), raw(deep("1").leak()));
    assert_eq!(
        format!("{:?}", raw(r#"{"a":[1,"\u0032",null],"b":{}}"#)),
        r#"{"a": [1, "2", null], "b": {}}"#
    );
}

#[test]
fn values_are_written_on_as_they_came() {
    for text in
        [r#"{"a":[1,-2,1.5,"x",null,true,{}],"b":"\"","c":[]}"#, "18446744073709551615", "\"\""]
    {
        let raw = json(text).raw().unwrap();
        assert_eq!(serde_json::to_string(&raw).unwrap(), text);
    }
    let escaped = json(r#"{"\u0061":"\u00e9\ud83d\ude00"}"#).raw().unwrap();
    assert_eq!(serde_json::to_string(&escaped).unwrap(), r#"{"a":"é😀"}"#);
    let etf = hex("837400000001640003ff6e6c6101");
    assert!(serde_json::to_string(&Cursor::etf(&etf).unwrap().raw().unwrap()).is_err());
}

#[test]
fn serde_types_read_either_encoding() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Mine<'a> {
        id: u64,
        name: &'a str,
        #[serde(default)]
        tags: std::collections::BTreeMap<u8, Option<bool>>,
        kind: Choice,
    }
    #[derive(serde::Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Choice {
        One,
        Two(i32),
    }
    let read = |cursor| -> Result<Mine<'_>, DeserializeError> {
        let mut deserializer = Deserializer::new(cursor, &mut []);
        let value = serde::Deserialize::deserialize(&mut deserializer)?;
        deserializer.end().map(|()| value)
    };
    let mine =
        read(json(r#"{"x":[{}],"id":5,"name":"n","tags":{"1":null,"2":true},"kind":{"two":-3}}"#))
            .unwrap();
    assert_eq!((mine.id, mine.name, mine.kind), (5, "n", Choice::Two(-3)));
    assert_eq!(mine.tags, [(1, None), (2, Some(true))].into());
    // #{id => 5, <<"name">> => <<"n">>, kind => one, tags => #{1 => nil}}
    let etf = hex("837400000004640002696461056d000000046e616d656d000000016e6400046b696e6464000\
        36f6e656400047461677374000000016101640003\
        6e696c");
    let mine = read(Cursor::etf(&etf).unwrap()).unwrap();
    assert_eq!((mine.id, mine.name, mine.kind), (5, "n", Choice::One));
    assert_eq!(mine.tags, [(1, None)].into());
    for (text, message) in [
        (r#"{"id":5,"id":6}"#, "duplicate field `id`"),
        (r#"{"name":"n","kind":"one"}"#, "missing field `id`"),
        (r#"{"id":5"#, "expected a value at byte 7"),
        (
            r#"{"id":5,"name":"n","kind":{"one":null,"two":1}}"#,
            "expected an object with one variant",
        ),
    ] {
        assert_eq!(read(json(text)).unwrap_err().to_string(), message);
    }
}

#[test]
fn identifiers_of_erlang_are_objects() {
    for (text, shown) in [
        ("83656d0000000161000004dd01", r#"{"node": "a", "id": [1245], "creation": 1}"#),
        ("8372000264000161010000000a000004dd", r#"{"node": "a", "creation": 1, "id": [10, 1245]}"#),
        ("8366640001610000000501", r#"{"node": "a", "id": 5, "creation": 1}"#),
        (
            "8367640001610000000500000007ff",
            r#"{"node": "a", "id": 5, "serial": 7, "creation": 255}"#,
        ),
        ("8371640001616400016261ff", r#"{"mod": "a", "fun": "b", "arity": 255}"#),
    ] {
        let bytes = hex(text);
        let mut cursor = Cursor::etf(&bytes).unwrap();
        let raw = cursor.raw().unwrap();
        cursor.end().unwrap();
        assert_eq!(format!("{raw:?}"), shown);
        let mut again = Cursor::etf(&bytes).unwrap();
        let mut members = again.object().unwrap();
        while again.key(&mut members).unwrap().is_some() {
            let part = again.raw().unwrap();
            assert_eq!(part, part);
        }
        again.end().unwrap();
        for end in 1..bytes.len() {
            assert!(Cursor::etf(&bytes[..end]).unwrap().skip().is_err(), "{text} {end}");
        }
    }
}

#[test]
fn maps_nested_in_maps_are_compared_in_bounded_time() {
    let resolved = |inner: &str| {
        format!(
            r#"{{"id":1,"channel_id":2,"resolved":{{"messages":{{"1":0,"1":0,"1":{inner},"2":0}}}}}}"#
        )
    };
    let deep = |levels| {
        (0..levels).fold(r#"{"id":1,"channel_id":2}"#.to_string(), |inner, _| resolved(&inner))
    };
    let (one, two) = (deep(20), deep(20).replace(r#""2":0"#, r#""2": 0"#));
    let other = deep(20).replacen(r#""id":1"#, r#""id":7"#, 20).replace(r#""id":1"#, r#""id":7"#);
    let message = |text| json(text).decode::<crate::model::Message<'_>>().unwrap();
    assert_eq!(message(&one), message(&two));
    assert_ne!(message(&one), message(&other));
    let broken = one.replace(r#""2":0"#, r#""3":0"#);
    assert_ne!(message(&one), message(&broken));
}

#[test]
fn values_equal_themselves_whatever_their_keys_and_numbers() {
    let negative = hex("837400000001 62ffffffff 6101".replace(' ', "").as_str());
    let raw = Cursor::etf(&negative).unwrap().raw().unwrap();
    let copied = negative.clone();
    assert!(value::equal(raw.cursor(), Cursor::etf(&copied).unwrap()));
    let number = |text| json(text).number().unwrap();
    assert_eq!(number("-0"), number("0"));
    assert_eq!(number("1e999"), number("1e999"));
    assert_ne!(number("1e999"), number("-1e999"));
    assert_eq!(json("-0").u64().map_err(|error| error.expected()), Err(Expected::Integer));
}

#[test]
fn the_end_of_a_list_or_an_object_stays_the_end() {
    for text in ["[[1],[2]]", "[{\"a\":1},[2]]"] {
        let mut cursor = json(text);
        let mut items = cursor.list().unwrap();
        assert_eq!(cursor.item(&mut items), Ok(true));
        if cursor.kind() == Ok(Kind::List) {
            let mut inner = cursor.list().unwrap();
            assert_eq!(cursor.item(&mut inner), Ok(true));
            cursor.skip().unwrap();
            assert_eq!((cursor.item(&mut inner), cursor.item(&mut inner)), (Ok(false), Ok(false)));
        } else {
            let mut inner = cursor.object().unwrap();
            assert!(cursor.key(&mut inner).unwrap().is_some());
            cursor.skip().unwrap();
            assert!(cursor.key(&mut inner).unwrap().is_none());
            assert!(cursor.key(&mut inner).unwrap().is_none());
        }
        assert_eq!(cursor.item(&mut items), Ok(true));
    }
}

#[test]
fn a_serde_enum_is_no_number_and_an_id_in_etf_is_text_to_who_asks_for_text() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    enum Choice {
        A,
        B,
    }
    let read = |cursor| {
        <Choice as serde::Deserialize>::deserialize(&mut Deserializer::new(cursor, &mut []))
    };
    assert_eq!(read(json(r#""B""#)), Ok(Choice::B));
    assert_eq!(read(json(r#""A""#)), Ok(Choice::A));
    assert!(read(json("1")).is_err() && read(json("null")).is_err());
    let id = hex("836e07000000c0ca656794");
    let mut deserializer = Deserializer::new(Cursor::etf(&id).unwrap(), &mut []);
    let text = <std::string::String as serde::Deserialize>::deserialize(&mut deserializer);
    assert_eq!(text.as_deref(), Ok("41771983444115456"));
}

#[test]
fn what_breaks_off_in_etf_is_shown_once_and_passed() {
    let list = hex("836c00000003 6e09000102030405060708ff 6102 6103 6a".replace(' ', "").as_str());
    let shown = format!("{:?}", Cursor::etf(&list).unwrap().raw().unwrap());
    assert!(shown.ends_with(", 2, 3]") && shown.matches("expected").count() == 1, "{shown}");
}
