//! Asking for the gateway, over real sockets on the loopback interface.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gatewright_core::SessionStartLimit;
use gatewright_sim::{Loopback, Options, serve};
use gatewright_std::{DEFAULT_API, DiscoverError, Proxy, Retry, discover};

const TOKEN: &str = "MTIz.abc.hunter2";

fn simulated() -> Loopback {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let token = Some(TOKEN.to_owned());
    let options = Options { token, guilds: 1, max_concurrency: 2, ..Options::default() };
    serve(listener, options).unwrap()
}

/// Reads the head of a request.
fn head_of(stream: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// Answers one request, whatever it is, and returns its head.
fn answering(answer: impl Into<Vec<u8>>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}/api/v10", listener.local_addr().unwrap());
    let answer = answer.into();
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = head_of(&mut stream).unwrap();
        // Whoever has read enough hangs up.
        let _ = stream.write_all(&answer);
        head
    });
    (api, serving)
}

fn status(status: &str, rest: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n{rest}\r\n")
}

/// A proxy that takes one CONNECT, and returns its head.
fn proxy() -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let proxying = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let head = head_of(&mut client).unwrap();
        let target = head.split(' ').nth(1).unwrap();
        let mut server = TcpStream::connect(target).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || io::copy(&mut from, &mut to));
        let _ = io::copy(&mut server, &mut client);
        head
    });
    (addr, proxying)
}

#[test]
fn the_simulated_gateway_tells_where_it_is_and_what_is_left() {
    let gateway = simulated();
    let told = discover(&gateway.api(), TOKEN, None).unwrap();
    assert_eq!((told.url, told.shards), (gateway.url(), 1));
    let SessionStartLimit { total, remaining, reset_after, max_concurrency } =
        told.session_start_limit;
    assert_eq!((total, remaining, max_concurrency), (1_000, 1_000, 2));
    let day = Duration::from_secs(86_400);
    assert!(reset_after <= day && reset_after > day - Duration::from_secs(60), "{reset_after:?}");
    // A slash at the end of the API changes nothing.
    assert!(discover(&format!("{}/", gateway.api()), TOKEN, None).is_ok());
}

#[test]
fn a_proxy_is_asked_to_connect() {
    let gateway = simulated();
    let (addr, proxying) = proxy();
    let proxy = Proxy::new(&format!("http://user:sesame@{addr}")).unwrap();
    let told = discover(&gateway.api(), TOKEN, Some(&proxy)).unwrap();
    assert_eq!(told.url, gateway.url());
    let head = proxying.join().unwrap();
    assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", gateway.addr())), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic "), "{head}");
    assert!(!head.contains("hunter2"), "the token is not the proxy's to see: {head}");
}

#[test]
fn a_wrong_token_is_fatal() {
    let gateway = simulated();
    let error = discover(&gateway.api(), "MTIz.abc.wrong", None).unwrap_err();
    assert!(matches!(error, DiscoverError::Unauthorized), "{error}");
    assert_eq!(Retry::new(1).after(&error), None);
}

#[test]
fn the_request_names_this_library_and_the_bot() {
    let (api, serving) = answering(status("500 Oops", ""));
    discover(&api, TOKEN, None).unwrap_err();
    let head = serving.join().unwrap();
    assert!(head.starts_with("GET /api/v10/gateway/bot HTTP/1.1\r\n"), "{head}");
    let agent = "user-agent: DiscordBot (https://github.com/gatewright/gatewright, 0.1.0)\r\n";
    assert!(head.contains(agent), "{head}");
    assert!(head.contains(&format!("authorization: Bot {TOKEN}\r\n")), "{head}");
}

#[test]
fn each_fault_of_an_answer_is_told_apart() {
    let after = |answer: String| {
        let (api, serving) = answering(answer);
        let error = discover(&api, TOKEN, None).unwrap_err();
        serving.join().unwrap();
        error
    };
    let limited = |rest: &str| match after(status("429 Too Many Requests", rest)) {
        DiscoverError::RateLimited { retry_after } => retry_after,
        error => panic!("{error}"),
    };
    assert_eq!(limited("Retry-After: 65\r\n"), Duration::from_secs(65));
    assert_eq!(limited("Retry-After: 0.25\r\n"), Duration::from_millis(250));
    assert_eq!(limited(""), Duration::from_secs(5));
    assert_eq!(limited("Retry-After: -1\r\n"), Duration::from_secs(5));
    assert!(matches!(after(status("502 Bad Gateway", "")), DiscoverError::Status(502)));
    assert!(matches!(after(status("403 Forbidden", "")), DiscoverError::Status(403)));
    let body =
        |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert!(matches!(after(body("{}")), DiscoverError::Malformed(_)));
    assert!(matches!(after(body(&"x".repeat(70_000))), DiscoverError::TooLong));
    assert!(matches!(after("what?\r\n\r\n".to_owned()), DiscoverError::Transport(_)));
    assert!(matches!(
        after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_owned()),
        DiscoverError::Transport(_)
    ));
}

#[test]
fn a_redirect_does_not_take_the_token_elsewhere() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let location = format!("Location: http://{}/\r\n", elsewhere.local_addr().unwrap());
    let (api, serving) = answering(status("302 Found", &location));
    let error = discover(&api, TOKEN, None).unwrap_err();
    serving.join().unwrap();
    assert!(matches!(error, DiscoverError::Status(302)), "{error}");
    assert!(elsewhere.accept().is_err(), "nobody came");
}

#[test]
fn an_api_that_cannot_be_reached_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}/api/v10", listener.local_addr().unwrap());
    drop(listener);
    let error = discover(&api, TOKEN, None).unwrap_err();
    assert!(matches!(error, DiscoverError::Transport(_)), "{error}");
    assert!(Retry::new(1).after(&error).is_some());
}

#[test]
fn what_no_request_can_be_made_of_is_told_before_one_is_made() {
    for (api, token) in [
        ("discord.com/api", TOKEN),
        ("ftp://discord.com/api", TOKEN),
        ("http://a b", TOKEN),
        (DEFAULT_API, "hunter2\r\nHost: evil"),
    ] {
        let error = discover(api, token, None).unwrap_err();
        assert!(matches!(error, DiscoverError::Settings(_)), "{api}: {error}");
    }
}

/// Keeps what is logged.
struct Log(Mutex<String>);

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        self.0.lock().unwrap().push_str(&line);
    }

    fn flush(&self) {}
}

static LOG: Log = Log(Mutex::new(String::new()));

#[test]
fn the_token_is_in_no_log_and_no_error() {
    // Other tests of this process may log at the same time; they have the same token.
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let gateway = simulated();
    let told = discover(&gateway.api(), TOKEN, None).unwrap();
    let refused = discover(&gateway.api(), "MTIz.abc.hunter3", None).unwrap_err();
    let control = discover(&gateway.api(), "hunter4\n", None).unwrap_err();
    let mut text = format!("{told:?} {refused:?} {refused} {control:?} {control}");
    text.push_str(&LOG.0.lock().unwrap());
    assert!(text.contains("ureq"), "something was logged: {text}");
    assert!(!text.contains("hunter"), "{text}");
}
