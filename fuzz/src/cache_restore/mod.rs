//! A snapshot is refused, or it gives a cache that is whole.

use core::sync::atomic::AtomicU32;

use gatewright_core::cache::{Applied, Cache, Fixed, Memory, Settings, SnapshotError};
use gatewright_core::{Dispatch, Encoding, Session};

use crate::cache_model::setup::Setup;
use crate::cache_model::telling;
use crate::source::Source;

mod edits;
mod walking;

/// How many events fill the cache a snapshot is taken of, and how many a restored one hears, at most.
const MOST: usize = 16;
/// What a cache on the heap takes before it holds anything, and for each byte of a snapshot, at most.
const EMPTY: usize = 1 << 20;
const PER_BYTE: usize = 64;
/// Rows, places of the index, bytes and scratch of lent memory: ample, and parts of what may be too little.
const AMPLE: [usize; 4] = [1_000, 2_000, 1 << 18, 1 << 15];
const FEW: [usize; 6] = [0, 1, 7, 20, 60, 200];

/// Any bytes as a snapshot are refused, and leave the cache empty, or give one whose rows can all be read; which a
/// snapshot writes again, and again the same; which goes on hearing events as one restored of that does; and of which
/// nothing is left once it is cleared. The heap and lent memory come to the same, and what the heap takes is bounded
/// by the length. Little memory says so, and is whole.
///
/// The first byte says what the bytes are: all that is left as it is, that behind the right beginning and with the
/// right checksum, or a snapshot of drawn settings and events with drawn changes to its runs, its rows and its bytes.
/// Then come the settings of the cache that is restored, and events.
pub fn cache_restore(data: &[u8]) {
    let mut source = Source::new(data);
    let kind = source.byte();
    let snapshot = match kind & 7 {
        0 => return check(source.rest(), Settings::default(), &mut Source::new(&[])),
        1 => {
            let plain = edits::signed([b"gwcache\n\x02\0\0\0", source.rest()].concat());
            return check(&plain, Settings::default(), &mut Source::new(source.rest()));
        }
        _ => drawn(&mut source),
    };
    let settings =
        if kind & 8 == 0 { Settings::default() } else { Setup::draw(&mut source).settings() };
    check(&snapshot, settings, &mut source);
}

/// Makes inputs of a snapshot as it is: whole, and without what the property adds itself.
pub(crate) fn plain() -> [Vec<u8>; 2] {
    let guild = r#"{"id":"1","name":"g","roles":[{"id":"1"}],"members":[{"user":{"id":"2"},"roles":["1"]}]}"#;
    let message =
        r#"{"id":"4","channel_id":"3","guild_id":"1","author":{"id":"2"},"content":"hi"}"#;
    let mut cache = Cache::new(Settings::default());
    hear(&mut cache, "GUILD_CREATE", guild);
    hear(&mut cache, "MESSAGE_CREATE", message);
    let bytes = written(&cache, None);
    [[&[0][..], &bytes].concat(), [&[1][..], &bytes[12..bytes.len() - 8]].concat()]
}

/// Draws a snapshot and changes to it.
fn drawn(source: &mut Source<'_>) -> Vec<u8> {
    let settings = match source.byte() & 3 {
        0 => Setup::draw(source).settings(),
        _ => Settings::default(),
    };
    let mut cache = Cache::new(settings);
    for _ in 0..source.below(MOST + 1) {
        let (name, json) = next(source);
        hear(&mut cache, name, &json);
    }
    edits::edit(&written(&cache, None), source)
}

fn check(snapshot: &[u8], settings: Settings, source: &mut Source<'_>) {
    let mut little = settings;
    (little.max_rows, little.max_bytes) = (source.byte().into(), usize::from(source.byte()) * 64);
    let mut little = Cache::new(little);
    let sizes =
        [source.pick(&FEW), source.pick(&FEW) * 3, source.pick(&FEW) * 50, source.pick(&FEW) * 7];
    let (mut ample, mut least) = (Lent::new(AMPLE), Lent::new(sizes));
    let (mut ample, mut least) = (ample.cache(settings), least.cache(settings));
    let mut heap = Cache::new(settings);

    let restored = restore(&mut heap, snapshot);
    assert!(heap.memory().bytes <= EMPTY + PER_BYTE * snapshot.len(), "{:?}", heap.memory());
    alike(&restored, &restore(&mut ample, snapshot));
    alike(&restored, &restore(&mut least, snapshot));
    alike(&restored, &restore(&mut little, snapshot));
    let Ok(restored) = restored else { return };
    let mut twin = Cache::new(settings);
    assert_eq!(
        restore(&mut twin, &restored.rows).map(|again| again.rows).as_ref(),
        Ok(&restored.rows)
    );
    for _ in 0..MOST {
        if source.is_empty() {
            break;
        }
        let (name, json) = next(source);
        let applied = hear(&mut heap, name, &json);
        assert_eq!(hear(&mut ample, name, &json), applied, "{name} {json}");
        assert_eq!(hear(&mut twin, name, &json), applied, "{name} {json}");
        hear(&mut least, name, &json);
        hear(&mut little, name, &json);
    }
    let rows = written(&heap, None);
    assert!(written(&ample, None) == rows && written(&twin, None) == rows);
    over(heap);
    over(ample);
    over(twin);
    over(least);
    over(little);
}

/// What came of a snapshot: what is written of it again, and its session.
#[derive(Debug, PartialEq)]
struct Restored {
    rows: Vec<u8>,
    session: Option<Session>,
}

/// Restores a snapshot over a cache that holds something, and reads all that is in it then.
fn restore<M: Memory>(cache: &mut Cache<M>, snapshot: &[u8]) -> Result<Restored, SnapshotError> {
    const BEFORE: &str = r#"{"id":"9","roles":[{"id":"9"}],"members":[{"user":{"id":"9"}}]}"#;
    hear(cache, "GUILD_CREATE", BEFORE);
    match cache.restore(snapshot) {
        Ok(session) => {
            walking::walk(cache);
            if let Some(session) = &session {
                let again = written(cache, Some(session));
                assert_eq!(cache.restore(&again), Ok(Some(session.clone())));
            }
            Ok(Restored { rows: written(cache, None), session })
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            is_empty(cache);
            assert_eq!(cache.my_id(), None, "nothing told it");
            Err(error)
        }
    }
}

/// Checks that a snapshot came to the same in two caches, unless one had no room for it.
fn alike(one: &Result<Restored, SnapshotError>, other: &Result<Restored, SnapshotError>) {
    let full = |outcome: &Result<_, _>| matches!(outcome, Err(SnapshotError::Full(_)));
    assert!(full(one) || full(other) || one == other, "{one:?} {other:?}");
}

/// Reads all that is in a cache, and clears it.
fn over<M: Memory>(mut cache: Cache<M>) {
    walking::walk(&cache);
    cache.clear(&mut ());
    is_empty(&cache);
}

fn is_empty<M: Memory>(cache: &Cache<M>) {
    assert_eq!(cache.memory().used, 0);
    assert!(cache.guilds().is_empty() && cache.users().is_empty());
    assert_eq!(cache.awaited(), 0);
}

fn written<M: Memory>(cache: &Cache<M>, session: Option<&Session>) -> Vec<u8> {
    let mut bytes = Vec::new();
    cache.snapshot(session, &mut |part| bytes.extend_from_slice(part));
    bytes
}

fn next(source: &mut Source<'_>) -> (&'static str, String) {
    let (name, d) = telling::event(source);
    let mut json = String::new();
    telling::write(&d, false, &mut json);
    (name, json)
}

fn hear<M: Memory>(cache: &mut Cache<M>, name: &str, json: &str) -> Applied {
    let event = Dispatch::new(name, None, Encoding::Json, json.as_bytes());
    cache.apply(&event.expect("it is well-formed"), &mut ())
}

/// Memory to lend.
struct Lent {
    slots: Vec<AtomicU32>,
    index: Vec<u32>,
    bytes: Vec<u8>,
    scratch: Vec<u8>,
}

impl Lent {
    fn new([rows, index, bytes, scratch]: [usize; 4]) -> Self {
        let slots = (0..rows).map(|_| AtomicU32::new(0)).collect();
        Self { slots, index: vec![0; index], bytes: vec![0; bytes], scratch: vec![0; scratch] }
    }

    fn cache(&mut self, settings: Settings) -> Cache<Fixed<'_>> {
        let Self { slots, index, bytes, scratch } = self;
        Cache::lent_slices(settings, slots, index, bytes, scratch)
    }
}
