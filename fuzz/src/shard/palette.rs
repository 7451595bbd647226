//! Documents a gateway might say, for arbitrary bytes to be mixed with.

/// Documents by number, over and over; `seq` stands where a sequence number belongs.
pub(super) fn document(number: u8, seq: u64) -> String {
    let dispatch = |name: &str, d: &str| format!(r#"{{"t":"{name}","s":{seq},"op":0,"d":{d}}}"#);
    match number % 20 {
        0 => op(10, r#"{"heartbeat_interval":41250}"#),
        1 => {
            dispatch("READY", r#"{"session_id":"abc","resume_gateway_url":"wss://resume.example"}"#)
        }
        2 => dispatch("RESUMED", "{}"),
        3 => op(11, "null"),
        4 => dispatch("GUILD_CREATE", r#"{"id":"5","name":"g"}"#),
        5 => op(1, "null"),
        6 => op(7, "null"),
        7 => op(9, "true"),
        8 => op(9, "false"),
        9 => op(10, r#"{"heartbeat_interval":1}"#),
        10 => op(10, "null"),
        11 => dispatch("READY", r#"{"session_id":"","resume_gateway_url":"ws://plain.example"}"#),
        12 => dispatch("READY", "{}"),
        13 => dispatch("MESSAGE_CREATE", &format!(r#""{}""#, "x".repeat(3_000))),
        14 => dispatch("SOMETHING_NEW", "[]"),
        15 => op(seq.try_into().unwrap_or(u16::MAX), "{}"),
        16 => dispatch("GUILD_CREATE", &format!(r#"{{"id":"5","n":"{}"}}"#, "y".repeat(50_000))),
        17 => "{}".to_owned(),
        18 => r#"{"op":0,"t":null,"d":null}"#.to_owned(),
        _ => dispatch(
            "READY",
            &format!(r#"{{"session_id":"{seq}","resume_gateway_url":"wss://[::1]:8443/p"}}"#),
        ),
    }
}

fn op(op: u16, d: &str) -> String {
    format!(r#"{{"t":null,"s":null,"op":{op},"d":{d}}}"#)
}
