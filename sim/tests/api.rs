//! The HTTP API beside the simulated gateway.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use gatewright_core::Instant;
use gatewright_sim::{Conn, Input, Loopback, Options, Server, serve};
use serde_json::{Value, json};

const PATH: &str = "/api/v10/gateway/bot";
const URL: &str = "ws://here";

fn options() -> Options {
    Options { token: Some("hunter2".to_owned()), guilds: 2_001, members: 1, ..Options::default() }
}

fn limit(server: &mut Server, now: Instant) -> Value {
    let (status, body) = server.get(now, PATH, Some("Bot hunter2"), URL);
    assert_eq!(status, 200);
    serde_json::from_str::<Value>(&body).unwrap()["session_start_limit"].clone()
}

fn identify(server: &mut Server, now: Instant, conn: u32, token: &str) {
    let conn = Conn(conn);
    server.handle_input(now, Input::Opened { conn, target: "/?v=10&encoding=json" });
    let properties = json!({ "os": "", "browser": "", "device": "" });
    let d = json!({ "token": token, "intents": 0, "properties": properties });
    let data = json!({ "op": 2, "d": d }).to_string();
    server.handle_input(now, Input::Message { conn, text: true, data: data.as_bytes() });
}

#[test]
fn only_the_right_token_is_told_about_the_gateway() {
    let mut server = Server::new(options());
    let mut get = |path, token| server.get(Instant::ZERO, path, token, URL);
    for wrong in [None, Some("hunter2"), Some("Bot "), Some("Bot hunter3"), Some("Bearer hunter2")]
    {
        assert_eq!(get(PATH, wrong).0, 401, "{wrong:?}");
    }
    let (status, body) = get(PATH, Some("Bot hunter2"));
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &told["url"], &told["shards"]), (200, &json!(URL), &json!(3)));
    assert_eq!(get("/api/v10/gateway?a=b", None), (200, json!({ "url": URL }).to_string()));
    assert_eq!(get("/api/v10/users/@me", Some("Bot hunter2")).0, 404);
}

#[test]
fn each_identify_with_the_right_token_is_counted_for_a_day() {
    let mut server = Server::new(Options { guilds: 1, ..options() });
    let hour = Instant::from_millis(3_600_000);
    let fresh = json!({
        "total": 1_000, "remaining": 1_000, "reset_after": 86_400_000, "max_concurrency": 1
    });
    assert_eq!(limit(&mut server, Instant::ZERO), fresh);
    identify(&mut server, hour, 1, "hunter2");
    identify(&mut server, hour, 2, "hunter2");
    identify(&mut server, hour, 3, "wrong");
    assert_eq!(server.stats().identifies_refused, 1, "the second came too early, and counts");
    let told = limit(&mut server, hour);
    assert_eq!((&told["remaining"], &told["reset_after"]), (&json!(998), &json!(82_800_000)));
    assert_eq!(limit(&mut server, Instant::from_millis(86_400_000)), fresh);
}

#[test]
fn a_token_that_was_reset_is_told_nothing() {
    let first_reset = Duration::from_millis(1_800_500);
    let mut server = Server::new(Options { session_starts: 1, first_reset, ..options() });
    let now = Instant::from_millis(500);
    identify(&mut server, now, 1, "hunter2");
    let told = limit(&mut server, now);
    assert_eq!((&told["remaining"], &told["reset_after"]), (&json!(0), &json!(1_800_000)));
    identify(&mut server, now, 2, "hunter2");
    assert_eq!(server.get(now, PATH, Some("Bot hunter2"), URL).0, 401);
    assert_eq!(server.stats().token_resets, 1);
}

/// Sends a request in pieces and returns the whole answer.
fn ask(gateway: &Loopback, pieces: &[&str]) -> String {
    let mut stream = TcpStream::connect(gateway.addr()).unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in pieces {
        stream.write_all(piece.as_bytes()).unwrap();
        sleep(Duration::from_millis(5));
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_loopback_server_answers_on_the_port_of_its_websocket() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gateway = serve(listener, Options { guilds: 1, ..options() }).unwrap();
    let head = "api/v10/gateway/bot HTTP/1.1\r\nHost: here\r\nauthorization: Bot hunter2\r\n\r\n";
    let answer = ask(&gateway, &["GE", "T /", head]);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let told: Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["url"], json!(gateway.url()));
    let stranger = ask(&gateway, &["GET /api/v10/gateway/bot HTTP/1.1\r\n\r\n"]);
    assert!(stranger.starts_with("HTTP/1.1 401 "), "{stranger}");
    assert_eq!(gateway.stats().connections, 0);
    assert_eq!(gateway.api(), format!("http://{}/api/v10", gateway.addr()));
    gateway.stop();
}
