//! Commands that wait, in lent memory and on the heap.

#[cfg(feature = "alloc")]
use std::string::String;
#[cfg(feature = "alloc")]
use std::vec::Vec;

use super::*;
#[cfg(feature = "alloc")]
use crate::command::Activity;
use crate::command::Presence;
#[cfg(feature = "alloc")]
use crate::store::Growing;

const RAW: Command<'static> = Command::Raw { op: 43, d: "{}" };
const ENCODED: &[u8] = br#"{"op":43,"d":{}}"#;

fn outbox(bytes: &mut [u8]) -> Outbox<'_> {
    Outbox::new(Store::Lent(bytes), Encoding::Json)
}

#[test]
fn commands_leave_in_order_and_their_fates_are_told_once() {
    let mut bytes = [0; 200];
    let mut outbox = outbox(&mut bytes);
    for id in 0..3 {
        assert_eq!(outbox.push(&RAW, Instant::MAX), Ok(CommandId(id)));
    }
    for id in 0..3 {
        assert_eq!(outbox.front(|_| true), Some(CommandId(id)));
        assert_eq!(outbox.payload(CommandId(id)), ENCODED);
        outbox.sent(CommandId(id));
    }
    assert_eq!(outbox.front(|_| true), None);
    for id in 0..3 {
        assert_eq!(outbox.take_fate(), Some((CommandId(id), Fate::Sent)));
    }
    assert_eq!((outbox.take_fate(), outbox.used), (None, 0));
}

/// Trap 24: a send queue without bound.
#[test]
fn a_full_queue_refuses_and_keeps_its_reserve() {
    let mut bytes = [0; 190];
    let mut outbox = outbox(&mut bytes);
    outbox.reserve(0, 60);
    let mut taken = 0;
    while outbox.push(&RAW, Instant::MAX).is_ok() {
        taken += 1;
    }
    assert_eq!(taken, 3);
    assert_eq!(outbox.push(&RAW, Instant::MAX), Err(CommandError::QueueFull));
    assert!(outbox.scratch().len() >= 60);
    outbox.sent(CommandId(0));
    outbox.take_fate();
    assert_eq!(outbox.push(&RAW, Instant::MAX), Ok(CommandId(3)));
}

#[test]
fn only_a_payload_that_never_fits_is_too_long() {
    let mut bytes = [0; 3 * MAX_PAYLOAD];
    let mut outbox = outbox(&mut bytes);
    let long = [b'1'; MAX_PAYLOAD];
    let long = Command::Raw { op: 43, d: core::str::from_utf8(&long).unwrap() };
    assert_eq!(outbox.push(&long, Instant::MAX), Err(CommandError::TooLong));
    let refused = Command::Raw { op: 2, d: "{}" };
    assert_eq!(outbox.push(&refused, Instant::MAX), Err(CommandError::ReservedOp));
}

#[test]
fn a_payload_that_does_not_fit_into_the_empty_buffer_is_too_long() {
    let mut bytes = [0; 100];
    let mut outbox = outbox(&mut bytes);
    let long = [b'1'; 90];
    let long = Command::Raw { op: 43, d: core::str::from_utf8(&long).unwrap() };
    assert_eq!(outbox.push(&long, Instant::MAX), Err(CommandError::TooLong));
    outbox.push(&RAW, Instant::MAX).unwrap();
    assert_eq!(outbox.push(&long, Instant::MAX), Err(CommandError::QueueFull));
}

#[test]
fn commands_expire_unless_they_are_on_their_way() {
    let mut bytes = [0; 200];
    let mut outbox = outbox(&mut bytes);
    let at = Instant::from_millis;
    for expires in [5, 9, 5] {
        outbox.push(&RAW, at(expires)).unwrap();
    }
    assert_eq!(outbox.next_expiry(None), Some(at(5)));
    outbox.expire(at(5), Some(CommandId(0)));
    assert_eq!(outbox.take_fate(), Some((CommandId(2), Fate::Expired)));
    assert_eq!(outbox.take_fate(), None);
    assert_eq!(outbox.queued(), 2);
}

#[test]
fn a_later_presence_takes_the_place_of_an_earlier_one() {
    let mut bytes = [0; 400];
    let mut outbox = outbox(&mut bytes);
    let presence = Command::UpdatePresence(Presence::default().into());
    outbox.push(&presence, Instant::MAX).unwrap();
    outbox.push(&RAW, Instant::MAX).unwrap();
    let latest = outbox.push(&presence, Instant::MAX).unwrap();
    outbox.replace(latest, CommandClass::Presence, None);
    assert_eq!(outbox.take_fate(), Some((CommandId(0), Fate::Replaced)));
    assert_eq!(outbox.front(|_| true), Some(CommandId(1)));
    assert_eq!(outbox.queued(), 2);
}

#[cfg(feature = "alloc")]
const CAPACITY: usize = 16 * 1024;
#[cfg(feature = "alloc")]
const RESUME: usize = 500;

#[cfg(feature = "alloc")]
/// Does one of the things that can be done, and says what came of it.
fn act(outbox: &mut Outbox<'_>, choice: usize, size: usize) -> String {
    let text = "1".repeat(size);
    match choice {
        0..3 => {
            let command = Command::Raw { op: 43, d: &text };
            let expires = Instant::from_millis(size as u64);
            std::format!("{:?}", outbox.push(&command, expires))
        }
        3 => {
            let activity = Activity { name: &text, kind: 0, state: None, url: None };
            let presence = Presence { activities: &[activity], ..Presence::default() };
            let pushed = outbox.push(&Command::UpdatePresence(presence.into()), Instant::MAX);
            if let Ok(id) = pushed {
                outbox.replace(id, CommandClass::Presence, None);
            }
            std::format!("{pushed:?}")
        }
        4..7 => {
            let front = outbox.front(|_| true);
            let payload = front.map(|id| outbox.payload(id).to_vec());
            front.into_iter().for_each(|id| outbox.sent(id));
            std::format!("{front:?} {payload:?}")
        }
        7..10 => std::format!("{:?}", outbox.take_fate()),
        10 => {
            outbox.shrink();
            String::new()
        }
        11 => {
            outbox.expire(Instant::from_millis(size as u64), None);
            std::format!("{:?}", outbox.next_expiry(None))
        }
        _ => {
            let (presence, scratch) = outbox.presence_and_scratch();
            let presence = std::format!("{presence:?}");
            std::format!("{presence} {}", scratch.len() >= RESUME)
        }
    }
}

#[cfg(feature = "alloc")]
#[test]
fn what_becomes_of_commands_does_not_depend_on_how_the_buffer_grows() {
    for encoding in [Encoding::Json, Encoding::Etf] {
        let mut lent = std::vec![0; CAPACITY];
        let stores = [Store::Lent(&mut lent), Store::Growing(Growing::new(CAPACITY))];
        let mut outboxes = stores.map(|store| Outbox::new(store, encoding));
        for outbox in &mut outboxes {
            outbox.grow();
            outbox.reserve(200, RESUME);
            outbox.shrink();
        }
        assert_eq!(outboxes[1].size(), RESUME);
        let (mut state, mut refused, mut sizes) = (3_u64, 0, Vec::new());
        for step in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let fills = step / 1_000 % 2 == 0;
            let choice = usize::try_from(state >> 40).unwrap();
            let choice = if fills { choice % 5 } else { 3 + choice % 10 };
            let size = [3, 30, 300, 3_000, 4_090][usize::try_from(state >> 50).unwrap() % 5];
            let [lent, grown] = outboxes.each_mut().map(|outbox| act(outbox, choice, size));
            assert_eq!(lent, grown);
            refused += usize::from(lent.contains("QueueFull"));
            sizes.push(outboxes[1].size());
        }
        let full = sizes.iter().filter(|size| **size == CAPACITY).count();
        let small = sizes.iter().filter(|size| **size < CAPACITY / 2).count();
        assert!(full > 100 && small > 100 && refused > 100, "{full} {small} {refused}");
    }
}

#[test]
fn an_encoded_presence_that_is_not_well_formed_is_refused() {
    let mut bytes = [0; 8_192];
    let mut outbox = outbox(&mut bytes);
    for activities in ["[l]", "[1.]", "[{]", "[\"\\u\"]"] {
        let payload = format!(r#"{{"op":3,"d":{{"activities":{activities}}}}}"#);
        let pushed =
            outbox.push_encoded(CommandClass::Presence, Instant::MAX, Ok(payload.as_bytes()));
        assert_eq!(pushed, Err(CommandError::NotJson), "{activities}");
    }
}

#[test]
fn an_encoded_presence_is_sent_on_as_it_stands() {
    let mut bytes = [0; 8_192];
    let mut outbox = outbox(&mut bytes);
    for (d, sent) in [
        (r#"{"activities":[]}"#, r#"{"since":null,"activities":[],"status":"online","afk":false}"#),
        (r#"{"since":1e999}"#, r#"{"since":1e999,"activities":[],"status":"online","afk":false}"#),
        (
            r#"{"afk": 1.50,"since":7}"#,
            r#"{"since":7,"activities":[],"status":"online","afk":1.50}"#,
        ),
    ] {
        let payload = format!(r#"{{"op":3,"d":{d}}}"#);
        let pushed =
            outbox.push_encoded(CommandClass::Presence, Instant::MAX, Ok(payload.as_bytes()));
        assert!(pushed.is_ok(), "{d}");
        let mut room = [0; 200];
        let (kept, _) = outbox.presence_and_scratch();
        let len = encode::payload(Encoding::Json, 3, kept.unwrap(), &mut room).unwrap();
        let written = core::str::from_utf8(&room[..len]).unwrap();
        assert_eq!(written, format!(r#"{{"op":3,"d":{sent}}}"#));
    }
}
