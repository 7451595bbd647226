//! Gateway URLs: scheme, host, port and path of a WebSocket origin, nothing more.

use core::fmt;

/// A gateway URL taken apart; what follows a `?` or `#` is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Url<'u> {
    pub(crate) tls: bool,
    pub(crate) host: &'u str,
    pub(crate) port: u16,
    pub(crate) path: &'u str,
}

/// Why a text is not a gateway URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlError {
    /// The host is empty or holds a character no host name has.
    Host,
    /// The path holds a space, a control character or a non-ASCII character.
    Path,
    /// The port is not a number from 1 to 65535.
    Port,
    /// The scheme is neither `wss` nor `ws`.
    Scheme,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "expected a host name in the gateway URL",
            Self::Path => "expected a path of printable ASCII in the gateway URL",
            Self::Port => "expected a port from 1 to 65535 in the gateway URL",
            Self::Scheme => "expected a gateway URL that begins with wss:// or ws://",
        })
    }
}

impl core::error::Error for UrlError {}

impl<'u> Url<'u> {
    pub(crate) fn parse(text: &'u str) -> Result<Self, UrlError> {
        let (tls, rest) = match (text.strip_prefix("wss://"), text.strip_prefix("ws://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(UrlError::Scheme),
        };
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = split_port(authority)?;
        let port = match port {
            Some(digits) => parse_port(digits)?,
            None if tls => 443,
            None => 80,
        };
        if !is_host(host) {
            return Err(UrlError::Host);
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UrlError::Path);
        }
        Ok(Self { tls, host, port, path })
    }
}

/// Splits `host:port`, where a host in brackets may hold colons.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    let Some(end) = authority.find(']') else {
        if authority.starts_with('[') {
            return Err(UrlError::Host);
        }
        return Ok(match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        });
    };
    let (host, tail) = authority.split_at(end + 1);
    match tail.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if tail.is_empty() => Ok((host, None)),
        None => Err(UrlError::Host),
    }
}

fn parse_port(digits: &str) -> Result<u16, UrlError> {
    match digits.parse() {
        Ok(port) if port > 0 && !digits.starts_with('+') => Ok(port),
        _ => Err(UrlError::Port),
    }
}

fn is_host(host: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').is_some_and(|address| {
            !address.is_empty()
                && address
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
        }),
        None => !host.is_empty() && host.bytes().all(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_urls_are_taken_apart() {
        let url = Url::parse("wss://gateway.discord.gg/?v=10&encoding=json").unwrap();
        assert_eq!((url.tls, url.host, url.port, url.path), (true, "gateway.discord.gg", 443, "/"));
        let url = Url::parse("ws://127.0.0.1:8080").unwrap();
        assert_eq!((url.tls, url.host, url.port, url.path), (false, "127.0.0.1", 8080, "/"));
        let url = Url::parse("wss://[::1]:9/proxy").unwrap();
        assert_eq!((url.host, url.port, url.path), ("[::1]", 9, "/proxy"));
    }

    #[test]
    fn bad_urls_are_refused_by_part() {
        for (text, error) in [
            ("", UrlError::Scheme),
            ("https://gateway.discord.gg", UrlError::Scheme),
            ("wss://", UrlError::Host),
            ("wss://user@host", UrlError::Host),
            ("wss://ho st", UrlError::Host),
            ("wss://[::1", UrlError::Host),
            ("wss://[::1]x", UrlError::Host),
            ("wss://host:0", UrlError::Port),
            ("wss://host:+1", UrlError::Port),
            ("wss://host:65536", UrlError::Port),
            ("wss://host/a b", UrlError::Path),
            ("wss://host/\u{e9}", UrlError::Path),
        ] {
            assert_eq!(Url::parse(text), Err(error), "{text}");
        }
    }
}
