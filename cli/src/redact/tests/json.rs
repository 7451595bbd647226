use super::super::tests::Dice;
use super::*;

fn blanked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    blank(&mut bytes, true, Sessions::Renamed);
    assert_eq!(bytes.len(), text.len());
    String::from_utf8(bytes).unwrap()
}

#[test]
fn texts_are_blanked_at_equal_length_and_all_else_stays() {
    for (text, expected) in [
        (
            r#"{"t":"A_B","s":1,"op":0,"d":{"id":"12","content":"h\"\u00e9é\n","n":-1.5e3,"b":true}}"#,
            r#"{"t":"A_B","s":1,"op":0,"d":{"id":"12","content":"xxxxxxxxxxxxx","n":-1.5e3,"b":true}}"#,
        ),
        (r#"{"op":11,"d":"text","x":"text"}"#, r#"{"op":11,"d":"xxxx","x":"xxxx"}"#),
        (
            r#"{"d":[["a",null,[]],{}], "é k":{"a":["b"]}}"#,
            r#"{"d":[["x",null,[]],{}], "xxxx":{"a":["x"]}}"#,
        ),
        (r#"{"d":{"ids":["12","1a"],"t":"A"}}"#, r#"{"d":{"ids":["12","xx"],"t":"x"}}"#),
        ("{\"a\":1}\n{\"a\":\"b\"}", "{\"a\":1}\n{\"a\":\"x\"}"),
        (
            r#"{"d":{"session_id":"","session_id":"a b"}}"#,
            r#"{"d":{"session_id":"","session_id":"   "}}"#,
        ),
    ] {
        assert_eq!(blanked(text), expected);
    }
}

#[test]
fn what_is_broken_stays_broken_and_tells_nothing() {
    for (text, expected) in [
        ("hello 12", "xxxxx xx"),
        (r#"{"a" 5,"b":"c"}"#, r#"{"x" x,"x":"x"}"#),
        (r#"{"a":hello,"b":tEXT,"c":12a}"#, r#"{"a":xxxxx,"b":txXX,"c":0xx}"#),
        (r#"{"a":"bcd"#, r#"{"a":"xxx"#),
        (r#"{"abc"#, r#"{"xxx"#),
        (r#"{"a":"\q\u12"}"#, r#"{"a":"\x\xxx"}"#),
        ("{\"a\":\"\x01b\"}", "{\"a\":\"\x01x\"}"),
        (
            r#"{"d":{"a":{"b":[1 2,"c"]},"e":2},"op":1}"#,
            r#"{"d":{"a":{"b":[1 x,"x"]},"e":2},"op":1}"#,
        ),
        (r#"{"d":{"a":[1}},"op":1}"#, r#"{"d":{"a":[1}},"xx":x}"#),
    ] {
        assert_eq!(blanked(text), expected);
    }
}

#[test]
fn only_a_dispatch_keeps_its_name() {
    for (text, expected) in [
        (
            r#"{"t":"AB","op":1,"d":{}}{"t":"C","op":0}"#,
            r#"{"t":"xx","op":1,"d":{}}{"t":"C","op":0}"#,
        ),
        (r#"{"op":0,"d":{"t":"A"},"t":"B"}"#, r#"{"op":0,"d":{"t":"x"},"t":"B"}"#),
        (r#"{"d":{"op":0},"t":"A","op":10}"#, r#"{"d":{"op":0},"t":"x","op":10}"#),
        (r#"{"t":"A","op":0"#, r#"{"t":"A","op":0"#),
        (r#"{"t":"A","d":[1,2"#, r#"{"t":"x","d":[1,2"#),
    ] {
        assert_eq!(blanked(text), expected);
    }
}

#[test]
fn a_resume_url_stays_where_the_core_reads_it() {
    let text =
        r#"{"op":0,"d":{"resume_gateway_url":"wss://a/?b","e":{"resume_gateway_url":"wss://a"}}}"#;
    let expected =
        r#"{"op":0,"d":{"resume_gateway_url":"wss://a/?x","e":{"resume_gateway_url":"xxxxxxx"}}}"#;
    assert_eq!(blanked(text), expected);
}

#[test]
fn bytes_that_are_no_utf_8_stay_none() {
    let mut bytes = b"{\"a\":\"b\xE2\x82\"}".to_vec();
    blank(&mut bytes, true, Sessions::Renamed);
    assert_eq!(bytes, b"{\"a\":\"x\xFF\xFF\"}");
    assert!(str::from_utf8(&bytes).is_err());
}

#[test]
fn deep_nesting_costs_no_stack() {
    let mut bytes = [vec![b'['; 1 << 20], b"\"secret\"".to_vec()].concat();
    bytes.splice(0..0, *b"{\"d\":");
    blank(&mut bytes, true, Sessions::Renamed);
    assert!(bytes.ends_with(b"[\"xxxxxx\""));
}

#[test]
fn documents_cut_and_changed_anywhere_keep_their_length_and_no_secret() {
    const SECRET: &str = "QWZJ";
    let text = r#"{"t":"A","s":1,"op":0,"d":{"k":{"l":["QWZJ",1,{"m":"QWZJ\n\"QWZJ"}],"n":"QWZJ"},"o":"é QWZJ"}}"#;
    let mut dice = Dice(1);
    for _ in 0..4_000 {
        let mut bytes = text.repeat(2).into_bytes();
        for _ in 0..dice.below(4) {
            let at = dice.below(bytes.len());
            bytes[at] = b"{}[]\",:\\ \xE9t1x"[dice.below(13)];
        }
        bytes.truncate(dice.below(bytes.len() + 1));
        bytes.drain(..dice.below(4).min(bytes.len()));
        let before = bytes.clone();
        let first = text.len().min(before.len());
        if promises_one(&bytes[..first]) {
            blank_alone(&mut bytes[..first], Sessions::Renamed);
            blank(&mut bytes[first..], true, Sessions::Renamed);
        } else {
            blank(&mut bytes, true, Sessions::Renamed);
        }
        assert_eq!(bytes.len(), before.len());
        // Where a quote got lost a secret may stand where a key does, never where the words are sound.
        let found = bytes.windows(4).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{} {}", String::from_utf8_lossy(&before), String::from_utf8_lossy(&bytes));
        assert_eq!(str::from_utf8(&before).is_ok(), str::from_utf8(&bytes).is_ok());
    }
}
