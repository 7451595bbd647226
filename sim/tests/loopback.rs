//! The loopback server over real sockets: one smoke test, since the rules are tested elsewhere.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use async_tungstenite::tungstenite::Message;
use async_tungstenite::{WebSocketStream, client_async};
use flate2::{Decompress, FlushDecompress};
use futures_lite::StreamExt as _;
use gatewright_sim::{Fault, Loopback, Options, What, serve};
use serde_json::{Value, json};

type Socket = WebSocketStream<smol::net::TcpStream>;

struct Client {
    socket: Socket,
    inflater: Decompress,
}

impl Client {
    async fn connect(gateway: &Loopback) -> Self {
        let stream = smol::net::TcpStream::connect(gateway.addr()).await.unwrap();
        let url = format!("{}/?v=10&encoding=json&compress=zlib-stream", gateway.url());
        let (socket, _) = client_async(url, stream).await.unwrap();
        Self { socket, inflater: Decompress::new(true) }
    }

    async fn say(&mut self, payload: Value) {
        self.socket.send(Message::text(payload.to_string())).await.unwrap();
    }

    /// Returns the next gateway message; `None` if the connection is over without a close frame.
    async fn hear(&mut self) -> Option<Value> {
        let Some(Ok(Message::Binary(data))) = self.socket.next().await else {
            return None;
        };
        assert!(data.ends_with(&[0, 0, 0xFF, 0xFF]));
        let mut plain = Vec::with_capacity(1 << 20);
        self.inflater.decompress_vec(&data, &mut plain, FlushDecompress::Sync).unwrap();
        Some(serde_json::from_slice(&plain).unwrap())
    }

    async fn hear_of(&mut self, kind: &str) -> Value {
        loop {
            let value = self.hear().await.expect("a living connection");
            if value["t"] == kind {
                return value;
            }
        }
    }
}

/// Says what is no WebSocket and returns what comes back.
fn garbage(gateway: &Loopback, data: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(gateway.addr()).unwrap();
    stream.write_all(data).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    // A reset is as good an answer as an end.
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Upgrades properly, then says what is no frame, and waits for the end.
fn garbage_frames(gateway: &Loopback, upgrade: &[u8]) {
    let mut stream = TcpStream::connect(gateway.addr()).unwrap();
    stream.write_all(upgrade).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    stream.write_all(&[0xFF; 300]).unwrap();
    // A reset is as good an answer as an end.
    let _ = stream.read_to_end(&mut Vec::new());
}

async fn session(gateway: &Loopback) -> Value {
    let mut client = Client::connect(gateway).await;
    let hello = client.hear().await.unwrap();
    assert_eq!(hello["op"], 10);
    let properties = json!({"os": "linux", "browser": "test", "device": "test"});
    client.say(json!({"op": 2, "d": {"token": "t", "intents": 1, "properties": properties}})).await;
    let ready = client.hear_of("READY").await;
    assert_eq!(ready["d"]["resume_gateway_url"], gateway.url());
    client.hear_of("GUILD_CREATE").await;
    client.say(json!({"op": 1, "d": 1})).await;
    loop {
        if client.hear().await.unwrap()["op"] == 11 {
            break;
        }
    }
    gateway.dispatch("NEWS", r#"{"n":1}"#);
    assert_eq!(client.hear_of("NEWS").await["d"], json!({"n": 1}));
    assert_eq!(gateway.inject(Fault::Drop), 1);
    while client.hear().await.is_some() {}
    ready
}

/// Resumes on a second connection, breaks a rule and returns the close code.
async fn second_session(gateway: &Loopback, ready: &Value) -> u16 {
    let mut client = Client::connect(gateway).await;
    let session_id = &ready["d"]["session_id"];
    client.say(json!({"op": 6, "d": {"token": "t", "session_id": session_id, "seq": 1}})).await;
    let resumed = client.hear_of("RESUMED").await;
    assert!(resumed["s"].as_u64().unwrap() > 3);
    client.say(json!({"op": 99})).await;
    loop {
        if let Message::Close(frame) = client.socket.next().await.unwrap().unwrap() {
            return frame.unwrap().code.into();
        }
    }
}

#[test]
fn a_client_identifies_loses_its_connection_and_resumes_over_real_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = Options { guilds: 2, members: 5, rate: 20, ..Options::default() };
    let gateway = serve(listener, options).unwrap();
    for data in [&b"\x16\x03\x01\x02\x00garbage\r\n\r\n"[..], b"GET / HTTP/1.1\r\n\r\n", b"\r\n"] {
        let answer = garbage(&gateway, data);
        assert!(!answer.starts_with(b"HTTP/1.1 101"), "{answer:?}");
    }
    let upgrade = b"GET /?v=10&encoding=json HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    garbage_frames(&gateway, upgrade);
    let code = smol::block_on(async {
        let ready = session(&gateway).await;
        second_session(&gateway, &ready).await
    });
    assert_eq!(code, 4001);
    let journal = gateway.journal();
    assert!(journal.iter().any(|entry| matches!(entry.what, What::Resumed { from_seq: 1, .. })));
    let stats = gateway.stats();
    assert_eq!((stats.connections, stats.resumes, stats.complaints), (3, 1, 0), "{journal:?}");
    let addr = gateway.addr();
    gateway.stop();
    assert!(
        TcpStream::connect_timeout(&addr, Duration::from_secs(1)).is_err(),
        "the port is free again"
    );
}
