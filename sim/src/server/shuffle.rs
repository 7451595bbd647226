//! The keys of a message in another order, with unknown ones between.

use crate::rng::Rng;

/// What no client has to know, and what looks like what it knows.
const UNKNOWN: [&str; 6] = [
    r#""_trace":["gateway-sim",{"micros":1.5e3}]"#,
    r#""S":7"#,
    r#""d_":{"t":"READY","s":9000,"op":9,"d":false}"#,
    r#""opcode":[[[]],{"op":7}]"#,
    r#""tt":"\"s\":1,\"op\":7}""#,
    r#""":null"#,
];

/// Writes a message of this server anew; `None` for what is no envelope.
pub(super) fn shuffle(json: &str, rng: &mut Rng) -> Option<String> {
    let (kind, rest) = json.strip_prefix(r#"{"t":"#)?.split_once(r#","s":"#)?;
    let (seq, rest) = rest.split_once(r#","op":"#)?;
    let (op, rest) = rest.split_once(r#","d":"#)?;
    let d = rest.strip_suffix('}')?;
    let known = [("t", kind), ("s", seq), ("op", op), ("d", d)];
    let mut members = known.map(|(key, value)| format!(r#""{key}":{value}"#)).to_vec();
    let skipped = rng.index(UNKNOWN.len());
    let more = 1 + rng.index(3);
    members.extend(UNKNOWN.iter().cycle().skip(skipped).take(more).map(|&text| text.to_owned()));
    let mut out = String::with_capacity(json.len() + 200);
    while !members.is_empty() {
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&members.swap_remove(rng.index(members.len())));
    }
    out.push('}');
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn a_shuffled_message_says_the_same_in_any_order() {
        let message = r#"{"t":"NEWS","s":5,"op":0,"d":{"op":1,"d":"},\"d\":"}}"#;
        let mut rng = Rng::new(1);
        let mut first = BTreeSet::new();
        for _ in 0..100 {
            let shuffled = shuffle(message, &mut rng).unwrap();
            let value: Value = serde_json::from_str(&shuffled).unwrap();
            let whole: Value = serde_json::from_str(message).unwrap();
            for key in ["t", "s", "op", "d"] {
                assert_eq!(value[key], whole[key]);
            }
            assert!(value.as_object().unwrap().len() > 4);
            first.insert(shuffled.split('"').nth(1).unwrap().to_owned());
        }
        assert_eq!(first.len(), 4 + UNKNOWN.len());
        assert_eq!(shuffle("[]", &mut rng), None);
    }
}
