//! The request target of a WebSocket upgrade: version, encoding, compression.

use gatewright_core::CloseCode;

use super::referee::Refusal;
use crate::journal::Compression;

/// What a request target asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) compression: Compression,
    pub(super) complaints: Vec<&'static str>,
    pub(super) refusal: Option<Refusal>,
}

/// Reads a target such as `/?v=10&encoding=json&compress=zlib-stream`.
///
/// Any version but 10 and any encoding but `json` are refused with 4012. A missing encoding counts
/// as `json` and a compression this server does not speak as none; both are complained of.
pub(super) fn read(target: &str) -> Target {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let value = |key: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next()
    };
    let mut read = Target { compression: Compression::None, complaints: Vec::new(), refusal: None };
    if !matches!(path, "" | "/") {
        read.complaints.push("the path of the URL is not /");
    }
    match value("compress") {
        None => {}
        Some("zlib-stream") => read.compression = Compression::ZlibStream,
        Some("zstd-stream") => read.compression = Compression::ZstdStream,
        Some(_) => {
            read.complaints.push("the URL asks for a compression this server does not speak")
        }
    }
    if value("encoding").is_none() {
        read.complaints.push("the URL does not name an encoding");
    }
    if value("v") != Some("10") {
        read.refusal = Some(refused("the URL asks for another API version than 10"));
    } else if value("encoding").is_some_and(|encoding| encoding != "json") {
        read.refusal = Some(refused("the URL asks for another encoding than json"));
    }
    read
}

const fn refused(why: &'static str) -> Refusal {
    Refusal { code: CloseCode::INVALID_API_VERSION, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        let target = read("/?compress=zlib-stream&v=10&encoding=json");
        assert_eq!(
            target,
            Target { compression: Compression::ZlibStream, complaints: Vec::new(), refusal: None }
        );
    }

    #[test]
    fn other_versions_and_encodings_are_refused() {
        for target in [
            "/",
            "/?encoding=json",
            "/?v=9&encoding=json",
            "/?v=10&encoding=etf",
            "/?v=&encoding=json",
        ] {
            assert_eq!(
                read(target).refusal.map(|refusal| refusal.code),
                Some(CloseCode(4012)),
                "{target}"
            );
        }
    }

    #[test]
    fn odd_but_harmless_targets_are_complained_of() {
        for target in
            ["/gateway?v=10&encoding=json", "/?v=10", "/?v=10&encoding=json&compress=lzma"]
        {
            let target = read(target);
            assert_eq!((target.refusal, target.complaints.len()), (None, 1));
            assert_eq!(target.compression, Compression::None);
        }
    }
}
