//! What a status counts, and what the doors for measurements tell.

use super::wire::zlib;
use super::*;

#[test]
fn bytes_are_counted_as_they_came_and_inflated() {
    let mut rig = Rig::of(Shard::new(config(), 1, memory(Compression::Zlib)).unwrap());
    rig.go_live();
    let before = rig.shard.status().counters;
    let text = dispatch(2, "GUILD_CREATE");
    let bytes = zlib(&text);
    rig.say_bytes(&bytes);
    let counters = rig.shard.status().counters;
    let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap();
    assert_eq!(counters.wire_bytes - before.wire_bytes, length(&bytes));
    assert_eq!(counters.inflated_bytes - before.inflated_bytes, length(text.as_bytes()));
    assert_eq!(counters.messages - before.messages, 1);
}

#[test]
fn each_attempt_to_decode_what_does_not_decode_is_counted() {
    let mut rig = Rig::live();
    let (link, text) = (rig.link(), dispatch(2, "MESSAGE_DELETE"));
    let part = text.as_bytes();
    rig.shard.handle_input(rig.now, Input::Message { link, text: true, part, last: true });
    assert!(matches!(rig.shard.poll_output(), Output::Event(_)));
    let Event::Dispatch(dispatch) = rig.shard.event() else { panic!("another event") };
    for _ in 0..2 {
        assert!(dispatch.decode::<crate::model::MessageDelete>().is_err());
    }
    assert_eq!(rig.shard.status().counters.undecoded, 2);
}

#[cfg(feature = "internals")]
#[test]
fn the_edges_of_the_lifecycle_that_were_taken_are_told() {
    use crate::internals::{edges, edges_taken};
    let rig = Rig::live();
    let taken = edges().zip(edges_taken(&rig.shard)).filter(|(_, taken)| *taken);
    let words: Vec<_> = taken.map(|((_, by, _), _)| by).collect();
    assert_eq!(words, ["rested", "opened", "Hello", "permit", "READY"]);
}

#[cfg(feature = "internals")]
#[test]
fn what_chance_decided_is_told() {
    use crate::internals::drawn;
    let mut rig = Rig::live();
    let beat = rig.wait;
    assert_eq!(drawn(&rig.shard), (beat, None));
    rig.closed(Gone::Dropped);
    assert_eq!(drawn(&rig.shard), (beat, Some(rig.wait)));
}
