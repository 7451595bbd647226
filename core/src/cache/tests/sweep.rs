//! What is out of date.

use core::time::Duration;
use std::vec::Vec;

use super::super::{Cache, Collected, Settings};
use crate::model::UnixMillis;
use crate::{ChannelId, Dispatch, Encoding, GuildId};

/// The milliseconds since 1970 at which the test is.
const NOW: i64 = 1_709_251_200_000;

/// The id of a message that is so many seconds old.
fn id(age: i64) -> u64 {
    u64::try_from(NOW - age * 1_000 - 1_420_070_400_000).unwrap() << 22
}

fn apply(cache: &mut Cache<super::super::Heap>, name: &str, json: &str) {
    let event = Dispatch::new(name, None, Encoding::Json, json.as_bytes()).unwrap();
    let applied = cache.apply(&event, &mut ());
    assert_eq!((applied.broken, applied.refused), (0, 0), "{json}");
}

#[test]
fn what_is_out_of_date_is_swept() {
    let mut cache = Cache::new(Settings::default());
    for age in [10, 3_599, 3_601, 90_000] {
        let json = format!(
            r#"{{"id": "{}", "channel_id": "5", "guild_id": "1", "author": {{"id": "9", "username": "u"}}}}"#,
            id(age)
        );
        apply(&mut cache, "MESSAGE_CREATE", &json);
    }
    for (thread, archived, time) in [
        (50, true, "2024-02-29T00:00:00+00:00"),
        (51, true, "2024-02-29T23:59:00+00:00"),
        (52, false, "2024-02-01T00:00:00+00:00"),
    ] {
        let json = format!(
            r#"{{"id": "{thread}", "guild_id": "1", "type": 11, "parent_id": "5",
            "thread_metadata": {{"archived": {archived}, "archive_timestamp": "{time}"}}}}"#
        );
        apply(&mut cache, "THREAD_CREATE", &json);
    }
    let json = format!(
        r#"{{"id": "{}", "channel_id": "50", "guild_id": "1", "author": {{"id": "9", "username": "u"}}}}"#,
        id(1)
    );
    apply(&mut cache, "MESSAGE_CREATE", &json);
    for (code, age, made) in [
        ("old", 60, "2024-02-29T23:58:00+00:00"),
        ("new", 600, "2024-02-29T23:58:00+00:00"),
        ("ever", 0, "2020-02-29T23:58:00+00:00"),
    ] {
        let json = format!(
            r#"{{"code": "{code}", "guild_id": "1", "channel_id": "5", "max_age": {age}, "created_at": "{made}"}}"#
        );
        apply(&mut cache, "INVITE_CREATE", &json);
    }

    let mut swept = Collected::default();
    let applied = cache.sweep(UnixMillis(NOW), Duration::from_secs(3_600), &mut swept);
    assert_eq!(applied.removed, 5, "two messages, a thread with one, an invite: {swept:?}");
    let ages = cache.messages().in_channel(ChannelId(5));
    assert_eq!(ages.iter().map(|row| row.key().0).collect::<Vec<_>>(), [id(10), id(3_599)]);
    assert_eq!(cache.messages().in_channel(ChannelId(50)).len(), 0);
    let threads = cache.threads().in_guild(GuildId(1));
    assert_eq!(threads.iter().map(|row| row.key().0).collect::<Vec<_>>(), [51, 52]);
    let codes: Vec<_> = cache.invites().iter().map(|row| row.key()).collect();
    assert_eq!(codes, ["new", "ever"]);
    assert_eq!(cache.sweep(UnixMillis(NOW), Duration::from_secs(3_600), &mut ()).removed, 0);
    cache.sweep(UnixMillis(NOW), Duration::ZERO, &mut ());
    assert_eq!((cache.messages().len(), cache.users().len()), (0, 0));
}
