//! One connection: the upgrade, a reader and a writer.

use std::future::Future;
use std::rc::Weak;
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

use super::Note;
use crate::server::Conn;

/// How long a client may take for its upgrade request.
const UPGRADE_LIMIT: Duration = Duration::from_secs(10);
/// How long a client may take to answer a close frame.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// The longest message that is read at all; the referee refuses much shorter ones.
const MOST_READ: usize = 65_536;
const MOST_QUEUED: usize = 65_536;
const MOST_QUEUED_BYTES: usize = 512 << 20;

enum Post {
    Close(CloseFrame),
    Send(Message),
}

/// The sending end of a writer's queue; dropping it cuts the connection.
pub(super) struct Mailbox {
    posts: Sender<Post>,
    queued: Arc<AtomicUsize>,
    stream: TcpStream,
}

impl Mailbox {
    /// Queues a message; says whether there was room.
    pub(super) fn send(&self, text: bool, data: Vec<u8>) -> bool {
        let queued = self.queued.fetch_add(data.len(), Ordering::Relaxed);
        queued < MOST_QUEUED_BYTES && self.posts.try_send(Post::Send(message(text, data))).is_ok()
    }

    /// Queues a close frame; says whether there was room.
    pub(super) fn close(&self, code: CloseCode, reason: String) -> bool {
        let frame = CloseFrame { code: code.0.into(), reason: reason.into() };
        self.posts.try_send(Post::Close(frame)).is_ok()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // A connection that is over already needs no cut.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
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
    notes: Sender<Note>,
) {
    let mut numbered = 0;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Some(executor) = executor.upgrade() else {
                    return;
                };
                numbered += 1;
                executor.spawn(serve(Conn(numbered), stream, notes.clone())).detach();
            }
            Err(error) => {
                // Out of file descriptors, most likely: others have to end first.
                log::warn!("a connection could not be accepted: {error}");
                Timer::after(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Serves one connection to its end; what is no WebSocket at all is turned away.
async fn serve(conn: Conn, stream: TcpStream, notes: Sender<Note>) {
    let Some((socket, target)) = within(UPGRADE_LIMIT, upgrade(stream.clone())).await.flatten()
    else {
        log::info!("connection {} is no WebSocket", conn.0);
        return;
    };
    let (posts, queue) = async_channel::bounded(MOST_QUEUED);
    let queued = Arc::new(AtomicUsize::new(0));
    let mailbox = Mailbox { posts, queued: Arc::clone(&queued), stream };
    if notes.send(Note::Opened { conn, target, mailbox }).await.is_err() {
        return;
    }
    let (sender, receiver) = socket.split();
    let reading = read(conn, receiver, notes.clone());
    let writing = write(sender, queue, queued);
    let code = future::or(reading, writing).await;
    // The central task may be over already.
    let _ = notes.send(Note::Closed { conn, code }).await;
}

async fn upgrade(stream: TcpStream) -> Option<(WebSocketStream<TcpStream>, String)> {
    stream.set_nodelay(true).ok()?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MOST_READ))
        .max_frame_size(Some(MOST_READ));
    let mut target = String::new();
    let accepted = accept_hdr_async_with_config(stream, Head(&mut target), Some(config)).await;
    match accepted {
        Ok(socket) => Some((socket, target)),
        Err(error) => {
            log::info!("an upgrade failed: {error}");
            None
        }
    }
}

/// Takes the request target out of an upgrade.
struct Head<'t>(&'t mut String);

impl Callback for Head<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        *self.0 = request.uri().to_string();
        Ok(response)
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
            Post::Close(frame) => {
                // Whether it arrives or not, the connection is over.
                let _ = sender.close(Some(frame)).await;
                Timer::after(CLOSE_LIMIT).await;
                return None;
            }
        };
        if sent.is_err() {
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
