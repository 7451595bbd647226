//! Presences: as they are given, in part, and as they are kept, whole.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::decode::macros::object;
use crate::decode::{Cursor, DecodeError, Field, Raw, Text, find, member};
use crate::encode::Encoded;
use crate::{Encoding, term};

/// A presence, as in opcode 3 and in Identify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Presence<'c> {
    /// Since when the bot is idle, in milliseconds since the Unix epoch.
    pub since: Option<u64>,
    /// What the bot is doing.
    pub activities: &'c [Activity<'c>],
    /// The status.
    pub status: PresenceStatus,
    /// Whether the bot is away from the keyboard.
    pub afk: bool,
}

/// A status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PresenceStatus {
    /// Do not disturb.
    Dnd,
    /// Away.
    Idle,
    /// Shown as offline.
    Invisible,
    /// Offline.
    Offline,
    /// Online.
    #[default]
    Online,
}

/// An activity, with the fields a bot may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Activity<'c> {
    /// What it is called; 1 to 128 characters.
    pub name: &'c str,
    /// Its type: 0 playing, 1 streaming, 2 listening, 3 watching, 4 custom, 5 competing.
    #[serde(rename = "type")]
    pub kind: u8,
    /// A line of text, at most 128 characters; with type 4, the text shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'c str>,
    /// Where a stream is, at Twitch or `YouTube`, at most 512 characters; with type 1 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<&'c str>,
}

/// A change of the presence: what is left out stays as it was.
///
/// Before the first one, and without [`Config::presence`](crate::Config::presence), the bot is online and does
/// nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UpdatePresence<'c> {
    /// Since when the bot is idle, in milliseconds since the Unix epoch; the inner nothing says that it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Option<u64>>,
    /// What the bot is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activities: Option<&'c [Activity<'c>]>,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<PresenceStatus>,
    /// Whether the bot is away from the keyboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub afk: Option<bool>,
}

impl<'c> From<Presence<'c>> for UpdatePresence<'c> {
    /// Changes all parts.
    fn from(presence: Presence<'c>) -> Self {
        let Presence { since, activities, status, afk } = presence;
        Self {
            since: Some(since),
            activities: Some(activities),
            status: Some(status),
            afk: Some(afk),
        }
    }
}

object! {
    /// The parts of an encoded presence, each as it stands there.
    #[derive(Default)]
    #[expect(unreachable_pub, reason = "the macro makes what is public")]
    pub struct Parts<'e> {
        /// As of [`Presence`].
        since: Field<Raw<'e>>,
        /// As of [`Presence`].
        activities: Field<Raw<'e>>,
        /// As of [`Presence`].
        status: Field<Raw<'e>>,
        /// As of [`Presence`].
        afk: Field<Raw<'e>>,
    }
}

impl<'e> Parts<'e> {
    /// Reads the payload of opcode 3.
    pub(crate) fn read(encoding: Encoding, payload: &'e [u8]) -> Result<Self, DecodeError> {
        d(encoding, payload)?.map_or(Ok(Self::default()), |mut d| d.decode())
    }

    /// Returns the presence this one makes of an earlier one.
    pub(crate) fn over(self, earlier: Self) -> Self {
        let later = |given: Field<Raw<'e>>, kept| if given.is_absent() { kept } else { given };
        Self {
            since: later(self.since, earlier.since),
            activities: later(self.activities, earlier.activities),
            status: later(self.status, earlier.status),
            afk: later(self.afk, earlier.afk),
        }
    }
}

/// Returns the nonce in the payload of a request for members.
pub(crate) fn nonce(encoding: Encoding, payload: &[u8]) -> Option<Text<'_>> {
    member(d(encoding, payload).ok()??, "nonce").ok()?
}

/// Returns a cursor before the `d` of an encoded payload.
fn d(encoding: Encoding, payload: &[u8]) -> Result<Option<Cursor<'_>>, DecodeError> {
    let version: &[u8] = if encoding == Encoding::Etf { &[term::VERSION] } else { &[] };
    let payload = payload.strip_prefix(version).unwrap_or(payload);
    find(Cursor::trusted(encoding, payload), "d")
}

impl Serialize for Parts<'_> {
    /// Writes all four parts, as the gateway wants them, in the encoding they are in.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut d = serializer.serialize_struct("Presence", 4)?;
        d.serialize_field("since", &encoded(&self.since))?;
        let nothing: &[Activity<'_>] = &[];
        match encoded(&self.activities) {
            Some(activities) => d.serialize_field("activities", &activities)?,
            None => d.serialize_field("activities", nothing)?,
        }
        match encoded(&self.status) {
            Some(status) => d.serialize_field("status", &status)?,
            None => d.serialize_field("status", &PresenceStatus::Online)?,
        }
        match encoded(&self.afk) {
            Some(afk) => d.serialize_field("afk", &afk)?,
            None => d.serialize_field("afk", &false)?,
        }
        d.end()
    }
}

fn encoded<'e>(part: &Field<Raw<'e>>) -> Option<Encoded<'e>> {
    part.value().map(|part| Encoded(part.bytes()))
}
