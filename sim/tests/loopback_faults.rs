//! The faults that live at the level of WebSockets and below, over real sockets.

use std::net::TcpListener;
use std::time::Duration;

use async_tungstenite::tungstenite::{Error, Message};
use async_tungstenite::{WebSocketStream, client_async};
use flate2::{Decompress, FlushDecompress};
use futures_lite::{StreamExt as _, future};
use gatewright_sim::{Fault, Loopback, Options, serve};
use serde_json::{Value, json};

type Socket = WebSocketStream<smol::net::TcpStream>;

/// No test waits longer for what is to come at once.
const LIMIT: Duration = Duration::from_secs(20);

fn gateway() -> Loopback {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    serve(listener, Options { guilds: 1, members: 2, rate: 0, ..Options::default() }).unwrap()
}

fn fault(name: &str) -> Fault {
    name.parse().unwrap()
}

async fn dial(gateway: &Loopback, query: &str) -> Result<Socket, Error> {
    let stream = smol::net::TcpStream::connect(gateway.addr()).await.unwrap();
    let url = format!("{}/?v=10&encoding=json{query}", gateway.url());
    client_async(url, stream).await.map(|(socket, _)| socket)
}

async fn hear(socket: &mut Socket) -> Option<Result<Message, Error>> {
    let late = async {
        smol::Timer::after(LIMIT).await;
        panic!("nothing came in time")
    };
    future::or(socket.next(), late).await
}

/// Returns the next text, read; the connection is to be plain.
async fn hear_json(socket: &mut Socket) -> Value {
    let message = hear(socket).await.unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

/// Identifies on a plain connection and returns it with READY's payload once its guild is there.
async fn live(gateway: &Loopback) -> (Socket, Value) {
    let mut socket = dial(gateway, "").await.unwrap();
    assert_eq!(hear_json(&mut socket).await["op"], 10);
    let properties = json!({"os": "linux", "browser": "test", "device": "test"});
    let identify = json!({"op": 2, "d": {"token": "t", "intents": 1, "properties": properties}});
    socket.send(Message::text(identify.to_string())).await.unwrap();
    let ready = hear_json(&mut socket).await["d"].clone();
    assert_eq!(hear_json(&mut socket).await["t"], "GUILD_CREATE");
    (socket, ready)
}

fn status(dialled: Result<Socket, Error>) -> u16 {
    match dialled {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("no refusal but {other:?}"),
    }
}

#[test]
fn upgrades_are_refused_with_a_status_or_cut() {
    let gateway = gateway();
    smol::block_on(async {
        gateway.inject(fault("refuse-upgrade-429"));
        assert_eq!(status(dial(&gateway, "").await), 429);
        gateway.inject(fault("drop-on-open-1"));
        let dropped = dial(&gateway, "").await;
        assert!(matches!(dropped, Err(Error::Io(_) | Error::Protocol(_))), "{dropped:?}");
        let mut socket = dial(&gateway, "").await.unwrap();
        assert_eq!(hear_json(&mut socket).await["op"], 10);
    });
}

#[test]
fn an_outage_refuses_upgrades_until_it_is_over() {
    let gateway = gateway();
    smol::block_on(async {
        let mut socket = dial(&gateway, "").await.unwrap();
        assert_eq!(hear_json(&mut socket).await["op"], 10);
        assert_eq!(gateway.inject(fault("outage-400")), 1);
        assert!(!matches!(hear(&mut socket).await, Some(Ok(_))), "it is cut");
        assert_eq!(status(dial(&gateway, "").await), 503);
        smol::Timer::after(Duration::from_millis(500)).await;
        assert!(dial(&gateway, "").await.is_ok());
    });
}

#[test]
fn a_connection_is_closed_as_it_opens() {
    let gateway = gateway();
    gateway.inject(fault("close-on-open-1"));
    let message = smol::block_on(async {
        let mut socket = dial(&gateway, "").await.unwrap();
        hear(&mut socket).await.unwrap().unwrap()
    });
    let Message::Close(Some(frame)) = message else { panic!("no close frame but {message:?}") };
    assert_eq!(u16::from(frame.code), 4000);
}

#[test]
fn a_close_frame_may_have_no_code() {
    let gateway = gateway();
    let message = smol::block_on(async {
        let mut socket = dial(&gateway, "").await.unwrap();
        assert_eq!(hear_json(&mut socket).await["op"], 10);
        gateway.inject(Fault::CloseWithoutCode);
        hear(&mut socket).await.unwrap().unwrap()
    });
    assert_eq!(message, Message::Close(None));
}

#[test]
fn a_message_is_broken_off_in_the_middle() {
    for (fault, closes) in [(Fault::CloseInMessage, true), (Fault::CutMessage, false)] {
        let gateway = gateway();
        let last = smol::block_on(async {
            let (mut socket, _) = live(&gateway).await;
            gateway.inject(fault);
            gateway.dispatch("NEWS", r#"{"text":"this is never read to its end"}"#);
            hear(&mut socket).await
        });
        let closed =
            matches!(&last, Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == 4000);
        let cut = !matches!(&last, Some(Ok(_)));
        assert_eq!((closed, cut), (closes, !closes), "{fault}: {last:?}");
    }
}

#[test]
fn empty_and_odd_messages_come_between() {
    let gateway = gateway();
    smol::block_on(async {
        let mut socket = dial(&gateway, "&compress=zlib-stream").await.unwrap();
        assert!(hear(&mut socket).await.unwrap().unwrap().is_binary());
        gateway.inject(Fault::EmptyMessage);
        gateway.inject(Fault::OddMessage);
        assert_eq!(hear(&mut socket).await.unwrap().unwrap(), Message::binary(Vec::new()));
        assert!(hear(&mut socket).await.unwrap().unwrap().is_text());
    });
}

#[test]
fn a_bomb_and_joined_messages_arrive_whole() {
    let gateway = gateway();
    smol::block_on(async {
        let mut socket = dial(&gateway, "&compress=zlib-stream").await.unwrap();
        let mut inflater = Decompress::new(true);
        let mut plain = Vec::with_capacity(30 << 20);
        let hello = hear(&mut socket).await.unwrap().unwrap().into_data();
        inflater.decompress_vec(&hello, &mut plain, FlushDecompress::Sync).unwrap();
        gateway.inject(fault("bomb-20"));
        gateway.inject(Fault::Join);
        gateway.inject(Fault::UnknownOpcode);
        gateway.inject(Fault::NullSeq);
        let bomb = hear(&mut socket).await.unwrap().unwrap().into_data();
        plain.clear();
        inflater.decompress_vec(&bomb, &mut plain, FlushDecompress::Sync).unwrap();
        assert!(bomb.len() < 100_000 && plain.len() > 20 << 20);
        let joined = hear(&mut socket).await.unwrap().unwrap().into_data();
        plain.clear();
        inflater.decompress_vec(&joined, &mut plain, FlushDecompress::Sync).unwrap();
        let documents = serde_json::Deserializer::from_slice(&plain).into_iter::<Value>();
        let ops = documents.map(|document| document.unwrap()["op"].clone());
        assert_eq!(ops.collect::<Vec<_>>(), [99, 0]);
    });
}

#[test]
fn nobody_listens_at_a_dead_resume_host() {
    let gateway = gateway();
    gateway.inject(Fault::DeadResumeHost);
    let (_, ready) = smol::block_on(live(&gateway));
    let url = ready["resume_gateway_url"].as_str().unwrap();
    let address = url.strip_prefix("ws://").unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn an_old_socket_goes_on_beside_the_new_one() {
    let gateway = gateway();
    smol::block_on(async {
        let (mut old, ready) = live(&gateway).await;
        gateway.inject(Fault::OldConnectionGoesOn);
        assert_eq!(hear_json(&mut old).await["op"], 7);
        let mut new = dial(&gateway, "").await.unwrap();
        assert_eq!(hear_json(&mut new).await["op"], 10);
        let id = &ready["session_id"];
        let resume = json!({"op": 6, "d": {"token": "t", "session_id": id, "seq": 2}});
        new.send(Message::text(resume.to_string())).await.unwrap();
        assert_eq!(hear_json(&mut new).await["t"], "RESUMED");
        gateway.dispatch("NEWS", "{}");
        assert_eq!(hear_json(&mut old).await["t"], "NEWS");
        assert_eq!(hear_json(&mut new).await["t"], "NEWS");
    });
}
