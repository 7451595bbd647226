//! Stands in for TLS when it is not built in.

use std::io;

use smol::net::TcpStream;

use crate::dial::Stream;

/// Says that there is no TLS.
pub(crate) async fn secure(_: TcpStream, _: &str) -> io::Result<Stream> {
    Err(io::Error::other("built without the feature tls: only ws:// works"))
}
