//! TLS in front of a gateway that speaks none, with a certificate nobody else knows.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _, future};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls::{HandshakeKind, ServerConfig};
use smol::channel::{self, Sender};
use smol::net::TcpStream;

/// TLS for `localhost` in front of a server on this machine; dropping it ends it.
pub struct Front {
    root: CertificateDer<'static>,
    seen: Arc<Seen>,
    /// Its end says that all is over.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How many connections there were.
#[derive(Debug, Default)]
struct Seen {
    whole: AtomicUsize,
    resumed: AtomicUsize,
    failed: AtomicUsize,
}

impl Front {
    /// Takes connections on the listener, and hands what they say to the server behind.
    ///
    /// # Errors
    /// Returns an error if no certificate can be made, or no thread started.
    pub fn new(listener: TcpListener, behind: SocketAddr) -> io::Result<Self> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])
            .map_err(io::Error::other)?;
        let root = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![root.clone()], key.map_err(io::Error::other)?)
            .map_err(io::Error::other)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = smol::net::TcpListener::try_from(listener)?;
        let seen = Arc::new(Seen::default());
        let (end, ended) = channel::bounded(1);
        let counted = Arc::clone(&seen);
        let thread = thread::Builder::new().name("tls".to_owned()).spawn(move || {
            let executor = smol::LocalExecutor::new();
            let accept = async {
                while let Ok((tcp, _)) = listener.accept().await {
                    let carried = carry(acceptor.clone(), tcp, behind, Arc::clone(&counted));
                    // How a connection ends is the business of those who speak over it.
                    executor.spawn(async { drop(carried.await) }).detach();
                }
            };
            let ended = async { ended.recv().await.unwrap_or(()) };
            smol::block_on(executor.run(future::or(accept, ended)));
        })?;
        Ok(Self { root, seen, end: Some(end), thread: Some(thread) })
    }

    /// Returns the certificate, which is its own root.
    #[must_use]
    pub const fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// Returns how many shook hands anew, how many by a ticket, and how many failed to.
    #[must_use]
    pub fn handshakes(&self) -> (usize, usize, usize) {
        let Seen { whole, resumed, failed } = &*self.seen;
        let [whole, resumed, failed] = [whole, resumed, failed].map(|n| n.load(Ordering::SeqCst));
        (whole, resumed, failed)
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed there.
            let _ = thread.join();
        }
    }
}

/// Shakes hands, and carries what either side says to the other until one of them ends.
async fn carry(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    behind: SocketAddr,
    seen: Arc<Seen>,
) -> io::Result<()> {
    let count = |of: &AtomicUsize| of.fetch_add(1, Ordering::SeqCst);
    let tls = match acceptor.accept(tcp).await {
        Ok(tls) => tls,
        Err(error) => {
            count(&seen.failed);
            return Err(error);
        }
    };
    let is_resumed = tls.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
    count(if is_resumed { &seen.resumed } else { &seen.whole });
    let server = TcpStream::connect(behind).await?;
    let (from_client, to_client) = futures_lite::io::split(tls);
    let (from_server, to_server) = futures_lite::io::split(server);
    future::or(pour(from_client, to_server), pour(from_server, to_client)).await
}

/// Writes all that is read, at once, and passes the end on.
async fn pour(
    mut from: impl futures_lite::AsyncRead + Unpin,
    mut to: impl futures_lite::AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut part = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut part).await?;
        let Some(read) = part.get(..length).filter(|read| !read.is_empty()) else { break };
        to.write_all(read).await?;
        to.flush().await?;
    }
    to.close().await
}
