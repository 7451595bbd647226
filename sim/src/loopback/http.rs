//! Requests of the HTTP API, which come to the same port as the WebSockets.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
use smol::Timer;
use smol::net::TcpStream;

use super::Central;

/// How a request of the API begins; no upgrade does.
const BEGINNING: &[u8] = b"GET /api/";
/// How soon to look again at a request whose beginning came in pieces.
const LOOK_AGAIN: Duration = Duration::from_millis(1);
/// The longest head of a request.
const MOST_HEAD: usize = 8_192;

/// Looks at the first bytes, and leaves them where they are.
pub(super) async fn is_asked(stream: &TcpStream) -> bool {
    let mut first = [0; BEGINNING.len()];
    loop {
        let Ok(length) = stream.peek(&mut first).await else { return false };
        let come = first.get(..length).unwrap_or_default();
        if length == 0 || !BEGINNING.starts_with(come) {
            return false;
        }
        if length == BEGINNING.len() {
            return true;
        }
        Timer::after(LOOK_AGAIN).await;
    }
}

/// Reads a request and answers it; the connection is over then.
pub(super) async fn answer(mut stream: TcpStream, central: &RefCell<Central>) -> io::Result<()> {
    let head = read_head(&mut stream).await?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, body) = central.borrow_mut().get(path, header(&head, "authorization"));
    let reason = match status {
        200 => "OK",
        401 => "Unauthorized",
        _ => "Not Found",
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.close().await
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut part = [0; 1_024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut part).await?;
        if length == 0 || head.len() > MOST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(part.get(..length).unwrap_or_default());
    }
    String::from_utf8(head).map_err(io::Error::other)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut named = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim())
}
