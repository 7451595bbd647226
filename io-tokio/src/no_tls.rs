//! Stands in for TLS when it is not built in.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::dial::Stream;

/// No configuration of it can be given.
pub(crate) type Given = Option<Arc<Infallible>>;

/// Says that there is no TLS.
pub(crate) async fn secure(_: TcpStream, _: &str, _: Given) -> io::Result<Stream> {
    Err(io::Error::other("built without the feature tls: only ws:// works"))
}
