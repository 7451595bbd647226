//! How a WebSocket comes to be: name, TCP, TLS, upgrade.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use async_tungstenite::tokio::TokioAdapter;
use async_tungstenite::tungstenite::http::Uri;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use async_tungstenite::tungstenite::{ClientRequestBuilder, Error};
use async_tungstenite::{WebSocketStream, client_async_with_config};
use gatewright_core::Target;
use gatewright_std::Proxy;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{self, TcpStream};
use tokio::time::timeout;

use crate::read::Reader;
use crate::{Options, tls};

/// Small, since a process may have many shards; a long message is put together from pieces of this size.
const READ_BUFFER: usize = 1024;

/// How long an address may take to answer before the next one is tried.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a WebSocket runs on, plain or TLS.
pub(crate) type Stream = Box<dyn Io>;
/// A WebSocket.
pub(crate) type Socket = WebSocketStream<Reader<TokioAdapter<Stream>>>;
/// A WebSocket to be; dropping it gives it up.
pub(crate) type Dial = Pin<Box<dyn Future<Output = Result<Socket, Error>> + Send>>;

/// Bytes both ways.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Connects to the first address of the host that answers.
async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses: Vec<_> = net::lookup_host((host, port)).await?.collect();
    let Some((last, others)) = addresses.split_last() else {
        return Err(io::Error::other("the host has no address"));
    };
    for address in others {
        if let Ok(Ok(tcp)) = timeout(PATIENCE, TcpStream::connect(address)).await {
            return Ok(tcp);
        }
    }
    TcpStream::connect(last).await
}

/// Connects to the host, by way of the proxy if there is one.
async fn reach(proxy: Option<&Proxy>, host: &str, port: u16) -> io::Result<TcpStream> {
    let Some(proxy) = proxy else { return connect(host, port).await };
    let mut tcp = connect(proxy.host(), proxy.port()).await?;
    tcp.write_all(&proxy.request(host, port)).await?;
    let mut answer = Vec::new();
    while !proxy.answer(&answer).map_err(io::Error::other)? {
        let mut part = [0; 512];
        let length = tcp.read(&mut part).await?;
        if length == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the proxy hung up"));
        }
        answer.extend(part.iter().take(length));
    }
    Ok(tcp)
}

/// Opens a WebSocket to the target.
pub(crate) fn dial(target: &Target<'_>, options: &Options) -> Dial {
    let (url, tls) = (target.to_string(), target.tls);
    let (host, port) = (target.host_name().to_owned(), target.port);
    let (user_agent, proxy) = (options.user_agent.clone(), options.proxy.clone());
    let given = options.tls.clone();
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(options.max_message))
        .max_frame_size(Some(options.max_message));
    Box::pin(async move {
        let uri = url.parse::<Uri>()?;
        let request = ClientRequestBuilder::new(uri).with_header("User-Agent", user_agent);
        let tcp = reach(proxy.as_ref(), &host, port).await?;
        tcp.set_nodelay(true)?;
        let stream = if tls { tls::secure(tcp, &host, given).await? } else { Box::new(tcp) };
        let stream = Reader::new(TokioAdapter::new(stream));
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        // What the answer was read into is large, and there is nothing else in it: the reader stops behind the answer.
        Ok(WebSocketStream::from_raw_socket(socket.into_inner(), Role::Client, Some(config)).await)
    })
}
