use super::*;

/// Where the token stands, looked for byte by byte.
fn plainly_masked(bytes: &[u8], token: &str) -> Vec<u8> {
    let (mut out, mut at) = (bytes.to_vec(), 0);
    let etf = [&b"tokenm"[..], &u32::try_from(token.len()).unwrap().to_be_bytes()].concat();
    while at < bytes.len() {
        let before = &bytes[..at];
        let named = before.ends_with(b"\"token\":\"") || before.ends_with(&etf);
        if bytes[at..].starts_with(token.as_bytes()) && (named || token.len() >= 24) {
            out[at..at + token.len()].fill(b'*');
            at += token.len();
        } else {
            at += 1;
        }
    }
    out
}

#[test]
fn the_token_is_found_in_one_pass_where_it_stands() {
    let long = TOKEN.repeat(3);
    for token in ["t", "to", "tokenm", "*", "******", &"*".repeat(23), &"*".repeat(24), TOKEN] {
        let named = std::format!("\"token\":\"{token}\"");
        let etf = [b"tokenm\0\0\0", &[u8::try_from(token.len()).unwrap()][..], token.as_bytes()];
        let etf = etf.concat();
        for payload in [
            named.as_bytes(),
            etf.as_slice(),
            &[&etf[..], named.as_bytes(), &etf, long.as_bytes(), token.as_bytes()].concat(),
            b"\"token\":\"token\":\"token\":\"",
            "*".repeat(100).as_bytes(),
            std::format!("\"token\":\"{}", "*".repeat(100)).as_bytes(),
            std::format!("to{named}ken\"token\":\"t{named}").as_bytes(),
            b"tokenm\0\0",
            b"",
        ] {
            let mut masks = mask::Masks::new(payload, token);
            let covered = (0..payload.len()).map(|at| masks.cover(at));
            let found: Vec<_> = covered
                .zip(payload)
                .map(|(covered, byte)| if covered { b'*' } else { *byte })
                .collect();
            assert_eq!(found, plainly_masked(payload, token), "{token} {payload:?}");
        }
    }
}
