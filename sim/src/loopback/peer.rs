//! One connection: the upgrade, a reader and a writer.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::handshake::server::{
    Callback, ErrorResponse, Request, Response,
};
use async_tungstenite::tungstenite::protocol::frame::Frame;
use async_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use async_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use async_tungstenite::{
    WebSocketReceiver, WebSocketSender, WebSocketStream, accept_hdr_async_with_config,
};
use futures_lite::{StreamExt, future};
use gatewright_core::CloseCode;
use smol::net::{Shutdown, TcpListener, TcpStream};
use smol::{LocalExecutor, Timer};

use super::{Central, Note, http};
use crate::server::Conn;

/// How long a client may take for its upgrade request.
const UPGRADE_LIMIT: Duration = Duration::from_secs(10);
/// How long a client may take to answer a close frame.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// The longest message that is read at all; the referee refuses much shorter ones.
const MOST_READ: usize = 65_536;
const MOST_QUEUED: usize = 65_536;
const MOST_QUEUED_BYTES: usize = 512 << 20;

/// RFC 6455, 7.4.1: stands for a close frame without a code.
const NO_CODE: CloseCode = CloseCode(1005);

enum Post {
    Close(Option<CloseFrame>),
    Cut,
    Send(Message),
}

/// The sending end of a writer's queue; dropping it cuts the connection.
pub(super) struct Mailbox {
    posts: Sender<Post>,
    queued: Arc<AtomicUsize>,
    stream: Option<TcpStream>,
    /// Whether a message was begun that will not be ended.
    parted: Cell<bool>,
}

impl Mailbox {
    /// Queues a message; says whether there was room.
    pub(super) fn send(&self, text: bool, data: Vec<u8>) -> bool {
        self.post(data.len(), message(text, data))
    }

    /// Queues the beginning of a message; says whether there was room.
    pub(super) fn send_part(&self, text: bool, data: Vec<u8>) -> bool {
        self.parted.set(true);
        let kind = OpCode::Data(if text { Data::Text } else { Data::Binary });
        self.post(data.len(), Message::Frame(Frame::message(data, kind, false)))
    }

    /// Queues a close frame; says whether there was room.
    pub(super) fn close(&self, code: CloseCode, reason: String) -> bool {
        let frame = CloseFrame { code: code.0.into(), reason: reason.into() };
        let frame = (code != NO_CODE).then_some(frame);
        self.put(Post::Close(frame))
    }

    /// Queues a cut if a message is broken off, whose beginning is to arrive; says whether.
    pub(super) fn cut_behind_part(&self) -> bool {
        self.parted.get() && self.posts.try_send(Post::Cut).is_ok()
    }

    /// Lets the connection be, which is refused in another way.
    pub(super) fn part_with(mut self) {
        self.stream = None;
    }

    fn post(&self, length: usize, message: Message) -> bool {
        let queued = self.queued.fetch_add(length, Ordering::Relaxed);
        queued < MOST_QUEUED_BYTES && self.put(Post::Send(message))
    }

    /// Queues a post. For a connection that is over there is room: with which code it was closed is about to be told.
    fn put(&self, post: Post) -> bool {
        self.posts.try_send(post).map_or_else(|error| error.is_closed(), |()| true)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // A connection that is over already needs no cut.
        let _ = self.stream.take().map(|stream| stream.shutdown(Shutdown::Both));
    }
}

/// Where connections come in.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) central: Rc<RefCell<Central>>,
    pub(super) notes: Sender<Note>,
}

/// Makes a message; text that a fault made invalid goes out as a raw frame all the same.
fn message(text: bool, data: Vec<u8>) -> Message {
    if !text {
        return Message::Binary(data.into());
    }
    match String::from_utf8(data) {
        Ok(text) => Message::text(text),
        Err(bad) => {
            Message::Frame(Frame::message(bad.into_bytes(), OpCode::Data(Data::Text), true))
        }
    }
}

/// Accepts connections for as long as the executor lives.
pub(super) async fn accept(
    executor: Weak<LocalExecutor<'static>>,
    listener: TcpListener,
    door: Door,
) {
    let mut numbered = 0;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Some(executor) = executor.upgrade() else {
                    return;
                };
                numbered += 1;
                executor.spawn(serve(Conn(numbered), stream, door.clone())).detach();
            }
            Err(error) => {
                // Out of file descriptors, most likely: others have to end first.
                log::warn!("a connection could not be accepted: {error}");
                Timer::after(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Serves one connection to its end, whatever it is.
async fn serve(conn: Conn, stream: TcpStream, door: Door) {
    match within(UPGRADE_LIMIT, http::is_asked(&stream)).await {
        Some(false) => serve_socket(conn, stream, door).await,
        Some(true) => {
            let answered = within(UPGRADE_LIMIT, http::answer(stream, &door.central)).await;
            if !matches!(answered, Some(Ok(()))) {
                log::info!("connection {} did not get its answer of the API", conn.0);
            }
        }
        None => log::info!("connection {} says nothing", conn.0),
    }
}

/// Serves a WebSocket to its end; what is none is turned away.
async fn serve_socket(conn: Conn, stream: TcpStream, door: Door) {
    let (posts, queue) = async_channel::bounded(MOST_QUEUED);
    let queued = Arc::new(AtomicUsize::new(0));
    let opened = Rc::new(Cell::new(false));
    let mailbox = Mailbox {
        posts,
        queued: Arc::clone(&queued),
        stream: Some(stream.clone()),
        parted: Cell::new(false),
    };
    let head =
        Head { conn, central: Rc::clone(&door.central), mailbox, opened: Rc::clone(&opened) };
    let socket = within(UPGRADE_LIMIT, upgrade(stream, head)).await.flatten();
    let code = match socket {
        Some(socket) if door.notes.send(Note::Opened).await.is_ok() => {
            let (sender, receiver) = socket.split();
            let reading = read(conn, receiver, door.notes.clone());
            let writing = write(sender, queue, queued);
            future::or(reading, writing).await
        }
        _ => {
            log::info!("connection {} is no WebSocket, or was turned away", conn.0);
            None
        }
    };
    if opened.get() {
        // The central task may be over already.
        let _ = door.notes.send(Note::Closed { conn, code }).await;
    }
}

async fn upgrade(stream: TcpStream, head: Head) -> Option<WebSocketStream<TcpStream>> {
    stream.set_nodelay(true).ok()?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MOST_READ))
        .max_frame_size(Some(MOST_READ));
    match accept_hdr_async_with_config(stream, head, Some(config)).await {
        Ok(socket) => Some(socket),
        Err(error) => {
            log::info!("an upgrade failed: {error}");
            None
        }
    }
}

/// Asks the server about an upgrade before it is answered.
struct Head {
    conn: Conn,
    central: Rc<RefCell<Central>>,
    mailbox: Mailbox,
    opened: Rc<Cell<bool>>,
}

impl Callback for Head {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        let target = request.uri().to_string();
        let opened = self.central.borrow_mut().open(self.conn, &target, self.mailbox);
        self.opened.set(opened.is_ok());
        let Err(status) = opened else {
            return Ok(response);
        };
        let mut refusal = ErrorResponse::new(Some(format!("refused with {status}\n")));
        // Whoever makes a status up gets 200, which refuses as well.
        *refusal.status_mut() = status.try_into().unwrap_or_default();
        Err(refusal)
    }
}

/// Reads until the client's side is gone; returns the code of its close frame.
async fn read(
    conn: Conn,
    mut receiver: WebSocketReceiver<TcpStream>,
    notes: Sender<Note>,
) -> Option<CloseCode> {
    let mut code = None;
    while let Some(Ok(message)) = receiver.next().await {
        let (text, data) = match message {
            Message::Text(text) => (true, text.as_bytes().to_vec()),
            Message::Binary(data) => (false, data.to_vec()),
            Message::Close(frame) => {
                code = frame.map(|frame| CloseCode(frame.code.into()));
                continue;
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        if notes.send(Note::Message { conn, text, data }).await.is_err() {
            break;
        }
    }
    code
}

/// Writes until the connection is to be over; a close frame gets some time to be answered.
async fn write(
    mut sender: WebSocketSender<TcpStream>,
    queue: Receiver<Post>,
    queued: Arc<AtomicUsize>,
) -> Option<CloseCode> {
    while let Ok(post) = queue.recv().await {
        let sent = match post {
            Post::Send(message) => {
                queued.fetch_sub(message.len(), Ordering::Relaxed);
                sender.send(message).await
            }
            Post::Cut => return None,
            Post::Close(frame) => {
                // Whether it arrives or not, the connection is over.
                let _ = sender.close(frame).await;
                Timer::after(CLOSE_LIMIT).await;
                return None;
            }
        };
        if sent.is_err() {
            // Nothing goes out behind a close frame that came: the reader answers it, and tells its code.
            Timer::after(CLOSE_LIMIT).await;
            return None;
        }
    }
    None
}

/// Runs a future for at most so long.
async fn within<T>(limit: Duration, doing: impl Future<Output = T>) -> Option<T> {
    let over = async {
        Timer::after(limit).await;
        None
    };
    future::or(async { Some(doing.await) }, over).await
}
