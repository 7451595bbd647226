//! An HTTP proxy: what it is asked with CONNECT, and what its answer means. Source: RFC 9110, section 9.3.6.

use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::ProxyProtocol;

/// The longest answer taken, in bytes.
const MOST_BYTES: usize = 8 * 1024;
const MOST_HEADERS: usize = 64;

/// An HTTP proxy that knows CONNECT.
///
/// ```
/// use gatewright_std::Proxy;
///
/// let proxy = Proxy::new("http://user:sesame@proxy.example:3128")?;
/// assert_eq!((proxy.host(), proxy.port()), ("proxy.example", 3128));
/// let request = proxy.request("gateway.discord.gg", 443);
/// assert!(request.starts_with(b"CONNECT gateway.discord.gg:443 HTTP/1.1\r\n"));
/// assert_eq!(proxy.answer(b"HTTP/1.1 200 Conn"), Ok(false)); // read on
/// assert_eq!(proxy.answer(b"HTTP/1.1 200 Connection established\r\n\r\n"), Ok(true));
/// assert_eq!(
///     proxy.answer(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").unwrap_err().to_string(),
///     "the proxy refuses to connect: it answered with 407, so user or password are wrong or missing"
/// );
/// # Ok::<(), gatewright_std::ProxyError>(())
/// ```
#[derive(Clone)]
pub struct Proxy(ureq::Proxy);

impl Proxy {
    /// Reads `http://`, perhaps a user and a password, a host, and a port, 80 unless given.
    ///
    /// # Errors
    /// [`ProxyError::Url`].
    pub fn new(url: &str) -> Result<Self, ProxyError> {
        // Without a scheme it would be taken for `http://`, and a typing error for a host.
        if !url.contains("://") {
            return Err(ProxyError::Url);
        }
        let proxy = ureq::Proxy::new(url).map_err(|_| ProxyError::Url)?;
        let is_bare = matches!(proxy.uri().path(), "" | "/") && proxy.uri().query().is_none();
        let is_http = proxy.protocol() == ProxyProtocol::Http;
        // A port that is none is passed over by whoever asks for it.
        let has_port = proxy.uri().authority().is_some_and(|authority| {
            authority.as_str().ends_with(authority.host()) || authority.port_u16().is_some()
        });
        if is_http && is_bare && has_port && !proxy.host().is_empty() {
            Ok(Self(proxy))
        } else {
            Err(ProxyError::Url)
        }
    }

    /// Returns the host of the proxy, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host().trim_start_matches('[').trim_end_matches(']')
    }

    /// Returns the port of the proxy.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Writes the request for a connection to a host, an IPv6 address without brackets.
    #[must_use]
    pub fn request(&self, host: &str, port: u16) -> Vec<u8> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(user) = self.0.username() {
            let both = format!("{user}:{}", self.0.password().unwrap_or_default());
            let both = BASE64_STANDARD.encode(both);
            request.push_str(&format!("Proxy-Authorization: Basic {both}\r\n"));
        }
        request.push_str("\r\n");
        request.into_bytes()
    }

    /// Reads what came of the answer so far, and tells whether the connection is there; if not, more is to be read.
    ///
    /// # Errors
    /// [`ProxyError`] if the proxy refuses, or is none.
    pub fn answer(&self, bytes: &[u8]) -> Result<bool, ProxyError> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let head = match answer.parse(bytes) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) if bytes.len() < MOST_BYTES => return Ok(false),
            Ok(httparse::Status::Partial) | Err(_) => return Err(ProxyError::Malformed),
        };
        match answer.code {
            // A peer that is talked to by TLS or WebSocket does not speak first.
            Some(200..=299) if head == bytes.len() => Ok(true),
            Some(200..=299) | None => Err(ProxyError::Malformed),
            Some(code) => Err(ProxyError::Refused(code)),
        }
    }

    pub(crate) const fn inner(&self) -> &ureq::Proxy {
        &self.0
    }
}

impl fmt::Debug for Proxy {
    /// Shows neither user nor password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("host", &self.host()).field("port", &self.port()).finish()
    }
}

/// Why a proxy is no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyError {
    /// What it answers is no HTTP, or longer than 8 KiB.
    Malformed,
    /// It answered with this HTTP status.
    Refused(u16),
    /// The URL is none of an HTTP proxy.
    Url,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("what the proxy answers is no HTTP"),
            Self::Refused(407) => f.write_str(
                "the proxy refuses to connect: it answered with 407, so user or password are wrong or missing",
            ),
            Self::Refused(code) => {
                write!(f, "the proxy refuses to connect: it answered with {code}")
            }
            Self::Url => f.write_str("a proxy is http://, perhaps user:password@, host:port"),
        }
    }
}

impl Error for ProxyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_http_proxy_is_refused() {
        for url in [
            "",
            "http://",
            "https://proxy.example",
            "socks5://proxy.example",
            "ftp://proxy.example",
            "http://proxy.example/path",
            "http://proxy.example:port",
            "http://proxy.example:99999",
            "http://prox y",
        ] {
            assert_eq!(Proxy::new(url).unwrap_err(), ProxyError::Url, "{url}");
        }
    }

    #[test]
    fn user_and_password_are_decoded_and_not_shown() {
        let proxy = Proxy::new("http://us%40er:se%3Asame@[::1]:3128/").unwrap();
        assert_eq!((proxy.host(), proxy.port()), ("::1", 3128));
        let request = String::from_utf8(proxy.request("2001:db8::1", 443)).unwrap();
        let basic = BASE64_STANDARD.encode("us@er:se:same");
        let wanted = "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n";
        assert_eq!(request, format!("{wanted}Proxy-Authorization: Basic {basic}\r\n\r\n"));
        let shown = format!("{proxy:?}");
        assert!(!shown.contains("sesame") && !shown.contains("same"), "{shown}");
    }

    #[test]
    fn an_answer_is_read_at_any_split() {
        let proxy = Proxy::new("http://localhost").unwrap();
        let answer = b"HTTP/1.0 200 OK\r\nVia: 1.1 proxy\r\n\r\n";
        for end in 0..answer.len() {
            assert_eq!(proxy.answer(&answer[..end]), Ok(false), "{end}");
        }
        assert_eq!(proxy.answer(answer), Ok(true));
    }

    #[test]
    fn an_answer_that_is_none_is_told() {
        let proxy = Proxy::new("http://localhost").unwrap();
        let endless = [b"HTTP/1.1 200 OK\r\nVia: ".to_vec(), vec![b'a'; MOST_BYTES]].concat();
        for answer in [&b"SSH-2.0-OpenSSH\r\n"[..], b"HTTP/1.1 200 OK\r\n\r\nmore", &endless] {
            assert_eq!(proxy.answer(answer), Err(ProxyError::Malformed), "{answer:?}");
        }
        let refused = b"HTTP/1.1 503 Busy\r\n\r\nwith a body";
        assert_eq!(proxy.answer(refused), Err(ProxyError::Refused(503)));
    }
}
