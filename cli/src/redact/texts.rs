//! Which texts stay, and what becomes of the others. Every length stays.

use gatewright_sim::digest;

/// How many digits an id has at most: those of 64 bits.
const ID_DIGITS: usize = 20;
/// The longest key and the longest name of an event that stay.
const NAME_BYTES: usize = 64;
/// What stands for a byte of a text.
pub(super) const BLANK: u8 = b'x';
/// How much of a session id is hashed at once, in hexadecimal digits: 64 bits.
const HASH_DIGITS: u32 = 16;

/// What happens to session ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sessions {
    /// They become pseudonyms.
    Renamed,
    /// They are pseudonyms already.
    Kept,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'d> {
    /// The key it is the value of, or of the list it is in.
    pub(super) key: &'d [u8],
    /// Which object it is in.
    pub(super) at: At,
}

/// Which object a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// The document itself.
    Top,
    /// The document's `d`.
    Data,
    /// Any other.
    Deeper,
}

/// What becomes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Blanked,
    Kept,
    /// A URL that stays up to its query.
    Located,
    /// The name of an event, which stays if its document is a dispatch.
    Named,
    /// Its place is taken by a pseudonym.
    Renamed,
    /// It is blanked to what is no session id either.
    Spaced,
}

/// Decides about a text by its place and its bytes.
pub(super) fn fate(place: Place<'_>, text: &[u8], sessions: Sessions) -> Fate {
    if place.key == b"session_id" {
        return match sessions {
            _ if !text.iter().all(u8::is_ascii_graphic) || text.contains(&b'\\') => Fate::Spaced,
            Sessions::Renamed => Fate::Renamed,
            Sessions::Kept => Fate::Kept,
        };
    }
    match (place.at, place.key) {
        (At::Top, b"t") if is_name(text) => Fate::Named,
        (At::Data, b"resume_gateway_url") if is_url(text) => Fate::Located,
        (_, key) if is_id(key, text) || is_timestamp(text) => Fate::Kept,
        _ => Fate::Blanked,
    }
}

/// Writes over what is behind the `?` of a URL; the core leaves it out.
pub(super) fn blank_query(url: &mut [u8]) {
    let mut parts = url.splitn_mut(2, |byte| matches!(byte, b'?' | b'#'));
    parts.next();
    blank(parts.next().unwrap_or_default());
}

/// Tells whether a key is a name as those of the protocol.
pub(super) fn is_key(key: &[u8]) -> bool {
    is_all(key, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
}

/// Tells whether a text is the name of an event, or one that came over a bad line.
fn is_name(text: &[u8]) -> bool {
    is_all(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || is_all(text, |byte| byte.is_ascii_graphic() && !byte.is_ascii_lowercase())
}

fn is_all(text: &[u8], good: impl Fn(u8) -> bool) -> bool {
    text.len() <= NAME_BYTES && text.iter().all(|byte| good(*byte))
}

fn is_url(text: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b":/.-_?=&%[]".contains(byte);
    (text.starts_with(b"wss://") || text.starts_with(b"ws://")) && text.iter().all(plain)
}

/// Tells whether a text is an id: digits where ids and bits stand.
fn is_id(key: &[u8], text: &[u8]) -> bool {
    /// Fields that hold ids, or bits, and do not say so at their end; and lists of ids.
    const NAMES: [&[u8]; 12] = [
        b"allow",
        b"applied_tags",
        b"deny",
        b"exempt_channels",
        b"exempt_roles",
        b"flags",
        b"id",
        b"ids",
        b"mention_roles",
        b"participants",
        b"permissions",
        b"roles",
    ];
    // What a bot or a game made up ends like an id.
    const WORDS: [&[u8]; 2] = [b"custom_id", b"party_id"];
    let named = NAMES.contains(&key) || key.ends_with(b"_id") || key.ends_with(b"_ids");
    let fits = named && !WORDS.contains(&key) && text.len() <= ID_DIGITS;
    fits && text.iter().all(u8::is_ascii_digit)
}

/// Tells whether a text is a moment of ISO 8601, such as `2026-01-02T03:04:05.678000+00:00`.
fn is_timestamp(text: &[u8]) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let Some((moment, rest)) = text.split_at_checked(SHAPE.len()) else { return false };
    let shaped = moment.iter().zip(SHAPE).all(|(byte, shape)| fits(*byte, *shape));
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction.get(digits.min(9)..).unwrap_or_default()
        }
        None => rest,
    };
    let zone = b"+00:00";
    let offset = rest.len() == zone.len()
        && rest
            .iter()
            .zip(zone)
            .all(|(byte, shape)| fits(*byte, *shape) || (*shape == b'+' && *byte == b'-'));
    shaped && (rest == b"Z" || rest.is_empty() || offset)
}

/// Tells whether a byte is as in the shape, where `0` stands for any digit.
const fn fits(byte: u8, shape: u8) -> bool {
    if shape == b'0' { byte.is_ascii_digit() } else { byte == shape }
}

/// Writes over a text.
pub(super) fn blank(text: &mut [u8]) {
    text.fill(BLANK);
}

/// Writes a pseudonym over a session id: a hash of 64 bits in hexadecimal digits, over and over.
///
/// Of an id of 128 bits that leaves 2^64 equally likely ones, and each of them useless without the token.
pub(super) fn rename(id: &mut [u8]) {
    let hash = hash(id);
    let shifts = (0..HASH_DIGITS).rev().map(|digit| digit * 4).cycle();
    for (byte, shift) in id.iter_mut().zip(shifts) {
        let digit = u32::try_from(hash >> shift & 0xF).unwrap_or(0);
        *byte = char::from_digit(digit, 16).map_or(BLANK, |digit| digit as u8);
    }
}

/// Hashes a text, so that each bit of it changes about half of the bits.
///
/// Source: Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators*.
fn hash(text: &[u8]) -> u64 {
    let sum = digest(text);
    let mixed = (sum ^ (sum >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(key: &str, text: &str) -> Fate {
        let place = Place { key: key.as_bytes(), at: At::Data };
        fate(place, text.as_bytes(), Sessions::Renamed)
    }

    #[test]
    fn ids_and_moments_stay() {
        for (key, text) in [
            ("id", "1"),
            ("guild_id", "41771983444115456"),
            ("roles", "41771983444115456"),
            ("deny", "0"),
            ("timestamp", "2026-01-02T03:04:05.678000+00:00"),
            ("timestamp", "2026-01-02T03:04:05Z"),
            ("joined_at", "2026-01-02T03:04:05-01:30"),
        ] {
            assert_eq!(judged(key, text), Fate::Kept, "{key} {text}");
        }
    }

    #[test]
    fn the_resume_url_stays_in_its_place_and_without_its_query() {
        let url = "wss://gateway-us-east1-b.discord.gg/?v=10&token=abc";
        assert_eq!(judged("resume_gateway_url", url), Fate::Located);
        for at in [At::Top, At::Deeper] {
            let place = Place { key: b"resume_gateway_url", at };
            assert_eq!(fate(place, url.as_bytes(), Sessions::Renamed), Fate::Blanked);
        }
        for (url, blanked) in [
            (url, "wss://gateway-us-east1-b.discord.gg/?xxxxxxxxxxxxxx"),
            ("wss://a.example/#b?c", "wss://a.example/#xxx"),
            ("wss://a.example", "wss://a.example"),
        ] {
            let mut bytes = url.as_bytes().to_vec();
            blank_query(&mut bytes);
            assert_eq!(bytes, blanked.as_bytes());
        }
    }

    #[test]
    fn all_else_does_not() {
        for (key, text) in [
            ("content", "hello"),
            ("content", "01701234567"),
            ("content", "482913"),
            ("content", "4111111111111111"),
            ("status", "online"),
            ("t", "MESSAGE_CREATE"),
            ("timestamp", "2026-01-02"),
            ("timestamp", "2026-01-02T03:04:05 from me"),
            ("timestamp", "2026-01-02T03:04:05.123456789123Z"),
            ("resume_gateway_url", "wss://me:secret@host"),
            ("resume_gateway_url", "https://host"),
            ("id", "custom"),
            ("id", "123456789012345678901"),
        ] {
            assert_eq!(judged(key, text), Fate::Blanked, "{key} {text}");
        }
    }

    #[test]
    fn only_the_name_of_the_document_is_its_name() {
        let top = |text: &[u8]| fate(Place { key: b"t", at: At::Top }, text, Sessions::Renamed);
        assert_eq!(top(b"MESSAGE_CREATE"), Fate::Named);
        assert_eq!(top(b"hello there"), Fate::Blanked);
    }

    #[test]
    fn session_ids_become_others_of_equal_length() {
        assert_eq!(judged("session_id", "3d2f"), Fate::Renamed);
        assert_eq!(judged("session_id", "not one"), Fate::Spaced);
        let renamed = |id: &str| {
            let mut bytes = id.as_bytes().to_vec();
            rename(&mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        let (one, other) = ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdee");
        assert_eq!(renamed(one).len(), 32);
        assert_eq!(renamed(one), renamed(one));
        assert_ne!(renamed(one), renamed(other));
        assert_ne!(renamed("abc"), renamed("abd"));
        assert_ne!(renamed(one), one);
        assert_eq!(renamed(""), "");
    }
}
