//! The request target of a WebSocket upgrade: version, encoding, compression.

use gatewright_core::CloseCode;

use super::referee::Refusal;
use crate::journal::Compression;

/// How payloads are encoded, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Etf,
    Json,
}

/// What a request target asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) encoding: Encoding,
    pub(super) compression: Compression,
    pub(super) complaints: Vec<&'static str>,
    pub(super) refusal: Option<Refusal>,
}

/// Reads a target such as `/?v=10&encoding=json&compress=zlib-stream`.
///
/// Any version but 10 and any encoding but `json` and `etf` are refused with 4012. A missing encoding counts
/// as `json` and a compression this server does not speak as none; both are complained of.
pub(super) fn read(target: &str) -> Target {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let value = |key: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next()
    };
    let mut read = Target {
        encoding: Encoding::Json,
        compression: Compression::None,
        complaints: Vec::new(),
        refusal: None,
    };
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
    match value("encoding") {
        None => read.complaints.push("the URL does not name an encoding"),
        Some("etf") => read.encoding = Encoding::Etf,
        Some("json") => {}
        Some(_) => {
            read.refusal = Some(refused("the URL asks for another encoding than json and etf"));
        }
    }
    if value("v") != Some("10") {
        read.refusal = Some(refused("the URL asks for another API version than 10"));
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
        for (target, encoding, compression) in [
            ("/?compress=zlib-stream&v=10&encoding=json", Encoding::Json, Compression::ZlibStream),
            ("/?encoding=etf&compress=zstd-stream&v=10", Encoding::Etf, Compression::ZstdStream),
        ] {
            let expected = Target { encoding, compression, complaints: Vec::new(), refusal: None };
            assert_eq!(read(target), expected);
        }
    }

    #[test]
    fn other_versions_and_encodings_are_refused() {
        for target in [
            "/",
            "/?encoding=json",
            "/?v=9&encoding=json",
            "/?v=9&encoding=etf",
            "/?v=10&encoding=ETF",
            "/?v=10&encoding=",
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
