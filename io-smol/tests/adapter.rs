//! The adapter against a scripted gateway: a thread with a blocking WebSocket on the loopback.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gatewright_smol::{
    Cause, CloseCode, Command, Compression, Config, Disconnected, Event, EventKind, Fate, Gate,
    Gateway, Intents, Leave, Options, Phase, Purpose, ShardId, Stop,
};
use serde_json::{Value, json};
use tungstenite::handshake::server::{Request, Response};
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

/// Longer than any script takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn run<T>(script: impl Future<Output = T>) -> T {
    let late = async {
        smol::Timer::after(PATIENCE).await;
        panic!("the script takes too long")
    };
    smol::block_on(smol::future::or(script, late))
}

/// A gateway's side of one WebSocket.
struct Peer {
    socket: WebSocket<TcpStream>,
    request: Request,
}

impl Peer {
    #[expect(clippy::result_large_err, reason = "what the WebSocket library asks for")]
    fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut seen = None;
        let note = |request: &Request, response: Response| {
            seen = Some(request.clone());
            Ok(response)
        };
        let socket = tungstenite::accept_hdr(stream, note).unwrap();
        Self { socket, request: seen.unwrap() }
    }

    /// Accepts, says Hello, takes Identify and says READY with this URL to resume at.
    fn greet(listener: &TcpListener, resume_url: &str) -> Self {
        let mut peer = Self::accept(listener);
        peer.hello();
        peer.receive(2);
        peer.ready(resume_url);
        peer
    }

    fn hello(&mut self) {
        self.send(&json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": 600_000}}));
    }

    fn ready(&mut self, resume_url: &str) {
        self.dispatch(1, "READY", &json!({"session_id": "abc", "resume_gateway_url": resume_url}));
    }

    fn dispatch(&mut self, seq: u64, name: &str, d: &Value) {
        self.send(&json!({"op": 0, "s": seq, "t": name, "d": d}));
    }

    fn send(&mut self, document: &Value) {
        self.socket.send(Message::text(document.to_string())).unwrap();
    }

    /// Receives the next payload with this opcode, past heartbeats.
    fn receive(&mut self, op: u64) -> Value {
        loop {
            let message = self.socket.read().unwrap();
            let payload: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            if payload["op"] == op {
                return payload;
            }
            assert_eq!(payload["op"], 1, "{payload}");
        }
    }

    /// Waits for a close frame, past everything else.
    fn closed(mut self) -> Option<u16> {
        loop {
            if let Message::Close(frame) = self.socket.read().unwrap() {
                return frame.map(|frame| frame.code.into());
            }
        }
    }

    fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "because".into() };
        self.socket.close(Some(frame)).unwrap();
    }
}

/// Runs a gateway's side in a thread; returns its URL too.
fn serve<T: Send + 'static>(
    script: impl FnOnce(TcpListener) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url(&listener);
    (url, thread::spawn(move || script(listener)))
}

fn url(listener: &TcpListener) -> String {
    format!("ws://{}", listener.local_addr().unwrap())
}

fn config(url: &str) -> Config<'static> {
    Config::new("token", Intents::GUILDS).gateway(url.to_owned())
}

fn options() -> Options {
    Options::default().compression(Compression::None)
}

fn connect(url: &str) -> Gateway {
    Gateway::connect(config(url), options()).unwrap()
}

/// Waits for an event of this kind, past others.
async fn wait_for(gateway: &mut Gateway, kind: EventKind) {
    while gateway.next().await.expect("the gateway goes on").kind() != kind {}
}

/// Waits for the end, past events.
async fn stop_of(gateway: &mut Gateway) -> Stop {
    loop {
        if let Err(stop) = gateway.next().await {
            return stop;
        }
    }
}

/// Waits for the end of a connection, and returns its cause, close code and HTTP status.
async fn loss_of(gateway: &mut Gateway) -> (Cause, Option<CloseCode>, Option<u16>) {
    loop {
        let event = gateway.next().await.expect("the gateway tells before it stops");
        if let Event::Disconnected(Disconnected { cause, code, status, .. }) = event {
            return (cause, code, status);
        }
    }
}

/// Lets the runtime look at its sockets.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn a_session_begins_and_its_dispatches_are_delivered() {
    let (url, server) = serve(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.hello();
        let (request, identify) = (peer.request.clone(), peer.receive(2));
        peer.socket.send(Message::Ping("are you there".into())).unwrap();
        assert_eq!(peer.socket.read().unwrap(), Message::Pong("are you there".into()));
        peer.ready("ws://127.0.0.1:1");
        peer.dispatch(2, "TYPING_START", &json!({"user_id": "7"}));
        peer.closed();
        (request, identify)
    });
    run(async {
        let mut gateway = connect(&url);
        let connected = gateway.next().await.unwrap();
        assert!(matches!(connected, Event::Connected(up) if up.purpose == Purpose::Identify));
        assert_eq!(gateway.next().await.unwrap().kind(), EventKind::Ready);
        let Event::Dispatch(typing) = gateway.next().await.unwrap() else { panic!("no dispatch") };
        assert_eq!((typing.seq(), typing.data()), (Some(2), br#"{"user_id":"7"}"#.as_slice()));
        assert_eq!(gateway.status().phase, Phase::Live);
        gateway.leave(Leave::End);
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
    });
    let (request, identify) = server.join().unwrap();
    assert_eq!(request.uri(), "/?v=10&encoding=json");
    let user_agent = request.headers()["user-agent"].to_str().unwrap();
    assert!(user_agent.starts_with("gatewright/"), "{user_agent}");
    assert_eq!(identify["d"]["token"], "token");
}

#[test]
fn a_lost_connection_resumes_at_the_resume_url() {
    let (resume_url, resumed_at) = serve(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.hello();
        let resume = peer.receive(6);
        peer.dispatch(3, "RESUMED", &json!({}));
        (resume, peer.closed())
    });
    let (url, server) = serve(move |listener| {
        let mut peer = Peer::greet(&listener, &resume_url);
        peer.dispatch(2, "TYPING_START", &json!({}));
    });
    run(async {
        let mut gateway = connect(&url);
        assert_eq!(loss_of(&mut gateway).await, (Cause::TransportLost, None, None));
        wait_for(&mut gateway, EventKind::Resumed).await;
        gateway.leave(Leave::Park);
        assert_eq!(stop_of(&mut gateway).await, Stop::Parked);
    });
    server.join().unwrap();
    let (resume, code) = resumed_at.join().unwrap();
    assert_eq!(resume["d"], json!({"token": "token", "session_id": "abc", "seq": 2}));
    assert_eq!(code, Some(4000));
}

#[test]
fn a_parked_session_is_resumed_by_another_gateway() {
    let (url, server) = serve(|listener| {
        let parked = Peer::greet(&listener, "").closed();
        let mut peer = Peer::accept(&listener);
        peer.hello();
        (parked, peer.receive(6), peer.closed())
    });
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Ready).await;
        gateway.leave(Leave::Park);
        assert_eq!(stop_of(&mut gateway).await, Stop::Parked);
        let session = gateway.session().expect("a parked session");
        let mut gateway = Gateway::resume(config(&url), session, options()).unwrap();
        wait_for(&mut gateway, EventKind::Connected).await;
        gateway.leave(Leave::Park);
        assert_eq!(stop_of(&mut gateway).await, Stop::Parked);
    });
    let (parked, resume, code) = server.join().unwrap();
    assert_eq!((parked, code), (Some(4000), Some(4000)));
    assert_eq!(resume["d"]["seq"], 1);
}

#[test]
fn leaving_for_good_closes_with_1000_and_stays_over() {
    let (url, server) = serve(|listener| Peer::greet(&listener, "").closed());
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Ready).await;
        gateway.leave(Leave::End);
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
        assert_eq!(gateway.next().await.unwrap_err(), Stop::Ended);
        assert!(gateway.session().is_none());
    });
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn leaving_while_dialing_stops_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    run(async {
        let mut gateway = connect(&url(&listener));
        poll_once(&mut gateway);
        assert_eq!(gateway.status().phase, Phase::Dialing);
        gateway.leave(Leave::End);
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
    });
}

#[test]
fn a_refused_token_stops_the_gateway() {
    let (url, server) = serve(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.hello();
        peer.receive(2);
        peer.close(4004);
        peer.closed()
    });
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Connected).await;
        let Event::Disconnected(lost) = gateway.next().await.unwrap() else { panic!("no loss") };
        assert_eq!((lost.code, lost.reason), (Some(CloseCode(4004)), "because"));
        assert_eq!(gateway.next().await.unwrap_err(), Stop::AuthenticationFailed);
        assert_eq!(gateway.next().await.unwrap_err(), Stop::AuthenticationFailed);
    });
    assert_eq!(server.join().unwrap(), Some(4004), "the close frame is confirmed");
}

/// Writing on a connection the peer has closed fails; the code it left must be read nevertheless.
#[test]
fn a_failed_write_does_not_hide_the_close_code() {
    let (closed, is_closed) = mpsc::channel();
    let (url, server) = serve(move |listener| {
        let mut peer = Peer::greet(&listener, "");
        peer.close(4004);
        drop(peer);
        closed.send(()).unwrap();
    });
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Ready).await;
        is_closed.recv().unwrap();
        for _ in 0..4 {
            gateway.command(&Command::Raw { op: 3, d: "null" }).unwrap();
        }
        assert_eq!(stop_of(&mut gateway).await, Stop::AuthenticationFailed);
    });
    server.join().unwrap();
}

#[test]
fn a_refused_port_is_told_with_its_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url(&listener);
    drop(listener);
    run(async {
        let mut gateway = connect(&url);
        assert!(gateway.last_error().is_none());
        assert_eq!(loss_of(&mut gateway).await, (Cause::DialFailed, None, None));
        let error = gateway.last_error().expect("an error");
        assert!(error.to_lowercase().contains("refused"), "{error}");
    });
}

#[test]
fn a_refused_upgrade_is_told_with_its_status() {
    let (url, server) = serve(|listener| {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap();
    });
    run(async {
        let mut gateway = connect(&url);
        assert_eq!(loss_of(&mut gateway).await, (Cause::DialFailed, None, Some(503)));
        let error = gateway.last_error().expect("an error");
        assert!(error.contains("503"), "{error}");
    });
    server.join().unwrap();
}

#[test]
fn a_message_over_the_limit_stops_a_new_session() {
    let (url, server) = serve(|listener| {
        let mut peer = Peer::greet(&listener, "");
        peer.dispatch(2, "GUILD_CREATE", &json!({"name": "x".repeat(2_000)}));
        while peer.socket.read().is_ok() {}
    });
    run(async {
        let mut gateway = Gateway::connect(config(&url), options().max_message(1_000)).unwrap();
        wait_for(&mut gateway, EventKind::Ready).await;
        let lost = loss_of(&mut gateway).await;
        assert_eq!(lost, (Cause::MessageTooLongAgain, None, None));
        assert_eq!(gateway.next().await.unwrap_err(), Stop::MessageTooLong);
        let error = gateway.last_error().expect("an error");
        assert!(error.contains("too long"), "{error}");
    });
    server.join().unwrap();
}

/// Polls `next` once and drops it; returns the sequence number of the dispatch it returned.
fn poll_once(gateway: &mut Gateway) -> Option<u64> {
    let future = pin!(gateway.next());
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(Event::Dispatch(dispatch))) => dispatch.seq(),
        Poll::Ready(Ok(_)) | Poll::Pending => None,
        Poll::Ready(Err(stop)) => panic!("stopped: {stop}"),
    }
}

#[test]
fn dropping_the_future_of_next_loses_nothing() {
    const LAST: u64 = 300;
    let (url, server) = serve(|listener| {
        let mut peer = Peer::greet(&listener, "");
        for seq in 2..=LAST {
            peer.dispatch(seq, "TYPING_START", &json!({"padding": "x".repeat(1_000)}));
        }
        peer.closed()
    });
    run(async {
        let mut gateway = connect(&url);
        let mut seen = Vec::new();
        while seen.last() != Some(&LAST) {
            seen.extend(poll_once(&mut gateway));
            yield_now().await;
        }
        assert_eq!(seen, (1..=LAST).collect::<Vec<_>>());
        gateway.leave(Leave::End);
        while gateway.status().phase != Phase::Stopped {
            let _ = pin!(gateway.next()).poll(&mut Context::from_waker(Waker::noop()));
            yield_now().await;
        }
    });
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn a_heartbeat_is_answered_while_the_consumer_holds_an_event() {
    let (answered, is_answered) = mpsc::channel();
    let (url, server) = serve(move |listener| {
        let mut peer = Peer::greet(&listener, "");
        peer.send(&json!({"op": 1, "d": null}));
        peer.dispatch(2, "TYPING_START", &json!({}));
        answered.send(peer.receive(1)).unwrap();
        peer.closed()
    });
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Ready).await;
        let event = gateway.next().await.unwrap();
        let beat = is_answered.recv_timeout(PATIENCE).expect("a heartbeat");
        assert_eq!(beat["d"], 1);
        assert_eq!(event.kind(), EventKind::TypingStart);
        gateway.leave(Leave::End);
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
    });
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn a_command_leaves_with_the_next_call_and_its_fate_is_told() {
    let (url, server) = serve(|listener| {
        let mut peer = Peer::greet(&listener, "");
        (peer.receive(40), peer.closed())
    });
    run(async {
        let mut gateway = connect(&url);
        let id = gateway.command(&Command::Raw { op: 40, d: "[1]" }).unwrap();
        let told = loop {
            if let Event::Command { id, fate } = gateway.next().await.unwrap() {
                break (id, fate);
            }
        };
        assert_eq!(told, (id, Fate::Sent));
        gateway.leave(Leave::End);
        assert!(gateway.command(&Command::Raw { op: 40, d: "[]" }).is_err());
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
    });
    let (command, code) = server.join().unwrap();
    assert_eq!((command, code), (json!({"op": 40, "d": [1]}), Some(1000)));
}

#[test]
fn queued_commands_are_on_the_wire_while_the_consumer_holds_the_first_event() {
    let (received, is_received) = mpsc::channel();
    let (url, server) = serve(move |listener| {
        let mut peer = Peer::greet(&listener, "");
        for _ in 0..3 {
            received.send(peer.receive(40)["d"].clone()).unwrap();
        }
        peer.closed()
    });
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Connected).await;
        for d in ["0", "1", "2"] {
            gateway.command(&Command::Raw { op: 40, d }).unwrap();
        }
        let _held = gateway.next().await.unwrap();
        for d in 0..3 {
            assert_eq!(is_received.recv_timeout(PATIENCE).expect("a command"), d);
        }
        gateway.leave(Leave::End);
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
    });
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn a_flood_without_events_lets_other_tasks_run_and_ends() {
    let (flooded, is_flooded) = mpsc::channel();
    let (url, server) = serve(move |listener| {
        let mut peer = Peer::greet(&listener, "");
        for _ in 0..300 {
            peer.send(&json!({"op": 11}));
        }
        peer.dispatch(2, "TYPING_START", &json!({}));
        flooded.send(()).unwrap();
        peer.closed()
    });
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Ready).await;
        is_flooded.recv().unwrap();
        let mut polls = 0;
        let mut next = Box::pin(gateway.next());
        let event = poll_fn(|cx| {
            polls += 1;
            next.as_mut().poll(cx)
        });
        assert_eq!(event.await.unwrap().kind(), EventKind::TypingStart);
        assert!(polls > 4, "{polls} polls");
        drop(next);
        gateway.leave(Leave::End);
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
    });
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn a_message_of_17_mib_is_taken() {
    const LENGTH: usize = 17 * 1024 * 1024;
    let (url, server) = serve(|listener| {
        let mut peer = Peer::greet(&listener, "");
        peer.dispatch(2, "GUILD_CREATE", &json!("x".repeat(LENGTH)));
        peer.closed()
    });
    run(async {
        let mut gateway = connect(&url);
        wait_for(&mut gateway, EventKind::Ready).await;
        let Event::Dispatch(guild) = gateway.next().await.unwrap() else { panic!("no dispatch") };
        assert_eq!(guild.data().len(), LENGTH + 2);
        gateway.leave(Leave::End);
        assert_eq!(stop_of(&mut gateway).await, Stop::Ended);
    });
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn shards_that_share_a_gate_identify_one_after_the_other() {
    let (url, server) = serve(|listener| {
        let first = Peer::greet(&listener, "");
        let mut second = Peer::accept(&listener);
        second.hello();
        let early = Duration::from_secs(3);
        second.socket.get_ref().set_read_timeout(Some(early)).unwrap();
        assert!(second.socket.read().is_err(), "an Identify within the window");
        second.socket.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        let identify = second.receive(2);
        second.ready("");
        (identify["d"]["shard"].clone(), first.closed(), second.closed())
    });
    let gate = Gate::new(1, 2);
    let shard = |id| {
        let config = config(&url).shard(ShardId::new(id, 2));
        Gateway::connect(config, options().gate(gate.clone())).unwrap()
    };
    run(async {
        let (mut first, mut second) = (shard(0), shard(1));
        wait_for(&mut first, EventKind::Ready).await;
        wait_for(&mut second, EventKind::Ready).await;
        first.leave(Leave::End);
        second.leave(Leave::End);
        assert_eq!(stop_of(&mut first).await, Stop::Ended);
        assert_eq!(stop_of(&mut second).await, Stop::Ended);
    });
    assert_eq!(server.join().unwrap(), (json!([1, 2]), Some(1000), Some(1000)));
}

#[cfg(feature = "tls")]
#[test]
fn tls_speaks_first_and_names_the_host() {
    let (url, server) = serve(|listener| {
        let (mut stream, _) = listener.accept().unwrap();
        let mut greeting = [0; 4096];
        let length = stream.read(&mut greeting).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        greeting[..length].to_vec()
    });
    let url = url.replace("ws://127.0.0.1", "wss://localhost");
    run(async {
        // Nothing is to be written to the home of whoever runs this.
        let options = options().gate(Gate::new(1, 1));
        let mut gateway = Gateway::connect(config(&url), options).unwrap();
        assert_eq!(loss_of(&mut gateway).await, (Cause::DialFailed, None, None));
        assert!(gateway.last_error().is_some());
    });
    let greeting = server.join().unwrap();
    assert_eq!(greeting.first(), Some(&22), "a TLS handshake record");
    assert!(greeting.windows(9).any(|name| name == b"localhost"));
}

#[test]
fn gateways_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let mut gateway = connect("ws://127.0.0.1:1");
    assert_send(&gateway);
    assert_send(&gateway.next());
}
