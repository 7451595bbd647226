//! The few answers of the HTTP API that clients want before they connect.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

/// The longest head of a request.
const MOST: usize = 16 * 1024;
/// How often, and how many times, is looked for the whole head.
const PAUSE: Duration = Duration::from_millis(2);
const LOOKS: usize = 2_500;

/// Answers what is no WebSocket, and tells whether it was none.
pub fn answer(mut stream: &TcpStream, url: &str) -> Result<bool> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let head = peek(stream)?;
    if head.to_ascii_lowercase().contains("upgrade: websocket") {
        return Ok(false);
    }
    let mut read = vec![0; head.len()];
    stream.read_exact(&mut read)?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path.split('?').next().and_then(|path| path.split("/v10/").nth(1)) {
        Some("gateway") => ("200 OK", json!({ "url": url })),
        Some("gateway/bot") => ("200 OK", gateway(url)),
        Some("users/@me") => ("200 OK", user()),
        Some("oauth2/applications/@me" | "applications/@me") => ("200 OK", application()),
        _ => ("404 Not Found", json!({ "message": "404: Not Found", "code": 0 })),
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    stream.shutdown(Shutdown::Write)?;
    Ok(true)
}

/// Looks at the head of a request, and leaves it to be read.
fn peek(stream: &TcpStream) -> Result<String> {
    let mut bytes = vec![0; MOST];
    for _ in 0..LOOKS {
        let length = stream.peek(&mut bytes)?;
        let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default());
        if let Some(end) = text.find("\r\n\r\n") {
            return Ok(text[..end + 4].to_owned());
        }
        if length == 0 {
            break;
        }
        thread::sleep(PAUSE);
    }
    bail!("no request came")
}

fn gateway(url: &str) -> Value {
    json!({
        "url": url,
        "shards": 1,
        "session_start_limit": {
            "total": 1_000, "remaining": 1_000, "reset_after": 86_400_000, "max_concurrency": 1,
        },
    })
}

fn user() -> Value {
    json!({
        "id": "1", "username": "bench", "discriminator": "0001", "global_name": null, "avatar": null, "bot": true,
        "banner": null, "accent_color": null, "flags": 0, "public_flags": 0, "premium_type": 0, "locale": "en-US",
        "mfa_enabled": false, "verified": true, "email": null,
    })
}

fn application() -> Value {
    json!({
        "id": "1", "name": "bench", "description": "", "icon": null, "bot_public": false, "bot_require_code_grant": false,
        "owner": user(), "verify_key": "", "team": null, "flags": 0, "summary": "",
    })
}
