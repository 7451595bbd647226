use core::sync::atomic::AtomicU32;
use core::time::Duration;
use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use super::super::family::{
    Fixed, Heap, HeapSegments, HeapSlots, LentIndex, LentSegments, LentSlots, Places,
};
use super::super::kind::Root;
use super::*;
use crate::rng::Rng;

fn heap(rows: u32, bytes: usize) -> Records<Heap> {
    Records::new(HeapSlots::new(rows), hashbrown::HashTable::new(), HeapSegments::new(bytes))
}

fn fixed<'m>(words: &'m mut [[u32; 3]], bytes: &'m mut [u8]) -> Records<Fixed<'m>> {
    let rows = words.len();
    let slots: Vec<_> = (0..rows).map(|_| AtomicU32::new(9)).collect();
    let (slots, index) = (slots.leak(), &mut words.as_flattened_mut()[rows..]);
    Records::new(LentSlots::new(slots), LentIndex::new(Places::Wide(index)), LentSegments(bytes))
}

fn below(rng: &mut Rng, limit: u64) -> u64 {
    u64::try_from(rng.below(Duration::from_micros(limit)).as_micros()).unwrap()
}

/// What a row should be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    kind: Kind,
    owner: u32,
    key: u64,
    fields: Vec<u8>,
    references: u32,
}

#[expect(clippy::too_many_lines, reason = "one kind of step after the other")]
/// Does the same at random to records and to a plain model; returns what the rows were called.
fn churn<M: Memory>(mut records: Records<M>, seed: u64, most: usize) -> (u32, Vec<u32>) {
    const KINDS: [Kind; 4] = [Kind::Member, Kind::Role, Kind::User, Kind::Message];
    let (mut rng, mut refused, mut trace) = (Rng::new(seed), 0, Vec::new());
    let mut model: BTreeMap<u32, Wanted> = BTreeMap::new();
    let mut order: Vec<u32> = Vec::new();
    let guilds = [1, 2].map(|id| records.add(Kind::Guild, NONE, id, b"").unwrap());
    for step in 0..2_500_u32 {
        let fields = vec![step.to_le_bytes()[0]; usize::try_from(below(&mut rng, 90)).unwrap()];
        let pick = usize::try_from(below(&mut rng, model.len().max(1) as u64)).unwrap();
        let chosen = model.keys().nth(pick).copied();
        match (below(&mut rng, 8), chosen) {
            (0..=3, _) if model.len() < most => {
                let kind = KINDS[usize::try_from(below(&mut rng, 4)).unwrap()];
                let owner = guilds[usize::try_from(below(&mut rng, 2)).unwrap()];
                let owner = if kind == Kind::User { NONE } else { owner };
                let key = below(&mut rng, 200);
                let found = records.find(kind, owner, key);
                let same = |wanted: &Wanted| {
                    (wanted.kind, wanted.key) == (kind, key)
                        && (kind != Kind::Member || wanted.owner == owner)
                };
                assert_eq!(
                    found.map(|row| same(&model[&row])),
                    model.values().find(|w| same(w)).map(|_| true)
                );
                if found.is_some() {
                    continue;
                }
                let Some(row) = records.add(kind, owner, key, &fields) else {
                    refused += 1;
                    continue;
                };
                trace.push(row);
                model.insert(row, Wanted { kind, owner, key, fields, references: 0 });
                if kind == Kind::Member {
                    records.link(Place::In(guilds[0], 3), row, Links::OWNED);
                    order.push(row);
                }
            }
            (0..=4, Some(row)) => {
                let wanted = model.remove(&row).unwrap();
                if wanted.kind == Kind::Member {
                    records.unlink(Place::In(guilds[0], 3), row, Links::OWNED);
                    order.retain(|other| *other != row);
                }
                records.remove(row);
                assert_eq!(records.find(wanted.kind, wanted.owner, wanted.key), None);
            }
            (5, Some(row)) => {
                assert!(records.retain(row));
                model.get_mut(&row).unwrap().references += 1;
            }
            (6, Some(row)) => {
                let wanted = model.get_mut(&row).unwrap();
                wanted.references = wanted.references.saturating_sub(1);
                assert_eq!(records.release(row), wanted.references);
            }
            (_, Some(row)) => {
                if records.replace(row, &fields) {
                    model.get_mut(&row).unwrap().fields = fields;
                } else {
                    refused += 1;
                }
            }
            _ => {}
        }
        if step % 128 == 0 {
            compare(&records, &model, &order, guilds[0]);
        }
    }
    compare(&records, &model, &order, guilds[0]);
    (refused, trace)
}

fn compare<M: Memory>(
    records: &Records<M>,
    model: &BTreeMap<u32, Wanted>,
    order: &[u32],
    guild: u32,
) {
    for (row, wanted) in model {
        let row = *row;
        assert_eq!(records.find(wanted.kind, wanted.owner, wanted.key), Some(row), "{wanted:?}");
        assert_eq!((records.kind(row), records.key(row)), (wanted.kind, wanted.key));
        assert_eq!(records.fields(row), wanted.fields);
        assert_eq!(records.references(row), wanted.references);
        if wanted.kind != Kind::User {
            assert_eq!(records.owner(row), wanted.owner);
        }
    }
    for kind in [Kind::Member, Kind::User] {
        let wanted = model.values().filter(|wanted| wanted.kind == kind).count();
        assert_eq!(records.len(kind) as usize, wanted);
    }
    let list = records.list(Place::In(guild, 3));
    let forth =
        core::iter::successors(Some(list.head), |row| Some(records.next(*row, Links::OWNED)));
    let forth: Vec<u32> = forth.take_while(|row| *row != NONE).collect();
    let back =
        core::iter::successors(Some(list.tail), |row| Some(records.before(*row, Links::OWNED)));
    let mut back: Vec<u32> = back.take_while(|row| *row != NONE).collect();
    back.reverse();
    assert_eq!((&*forth, &*back, list.len as usize), (order, order, order.len()));
}

#[test]
fn both_families_keep_rows_as_a_plain_model_does() {
    for seed in 0..4 {
        let (mut words, mut bytes) = (vec![[0; 3]; 700], vec![0; 200_000]);
        let (refused, in_lent) = churn(fixed(&mut words, &mut bytes), seed, 300);
        assert_eq!(refused, 0, "there is room");
        let (refused, on_heap) = churn(heap(700, 1 << 20), seed, 300);
        assert_eq!((refused, in_lent), (0, on_heap), "rows are called the same in both");
    }
}

#[test]
fn full_memory_refuses_and_stays_whole() {
    for seed in 0..4 {
        let (mut words, mut bytes) = (vec![[0; 3]; 40], vec![0; 200_000]);
        assert!(churn(fixed(&mut words, &mut bytes), seed, 300).0 > 0, "slots run out");
        let (mut words, mut bytes) = (vec![[0; 3]; 700], vec![0; 4_000]);
        assert!(churn(fixed(&mut words, &mut bytes), seed, 300).0 > 0, "bytes run out");
        assert!(churn(heap(40, 1 << 20), seed, 300).0 > 0, "rows run out");
        assert!(churn(heap(700, 8_192), seed, 300).0 > 0, "bytes run out");
    }
}

#[test]
fn marks_do_not_touch_each_other_or_the_count() {
    let mut records = heap(10, 1 << 16);
    let row = records.add(Kind::Emoji, NONE, 5, b"x").unwrap();
    let marks = [Mark::Known, Mark::Kept, Mark::Stale, Mark::Awaited, Mark::Unavailable];
    assert!(records.retain(row));
    for mark in marks {
        records.mark(row, mark, true);
        let set = marks.iter().filter(|mark| records.is(row, **mark)).count();
        assert_eq!((records.is(row, mark), set, records.references(row)), (true, 1, 1));
        records.mark(row, mark, false);
    }
    records.mark(row, Mark::Known, true);
    assert_eq!(records.release(row), 0);
    assert!(records.is(row, Mark::Known));
    assert_eq!((records.kind(row), records.key(row)), (Kind::Emoji, 5));
}

#[test]
fn a_full_count_of_references_stays_full() {
    let mut records = heap(10, 1 << 16);
    let row = records.add(Kind::Emoji, NONE, 5, b"x").unwrap();
    records.mark(row, Mark::Awaited, true);
    let word = records.word(row, 0);
    records.set_word(row, 0, word + (MOST_REFERENCES - 1) * REFERENCE);
    assert!(records.retain(row));
    assert!(!records.retain(row));
    for _ in 0..3 {
        assert_eq!(records.release(row), MOST_REFERENCES);
    }
    assert_eq!((records.kind(row), records.is(row, Mark::Awaited)), (Kind::Emoji, true));
    assert_eq!(records.references(row), MOST_REFERENCES);
}

#[test]
fn clearing_forgets_all_and_the_memory_serves_again() {
    let (mut words, mut bytes) = (vec![[0; 3]; 20], vec![0; 4_000]);
    let mut records = fixed(&mut words, &mut bytes);
    for round in 0..3 {
        for key in 0..20 {
            assert!(records.add(Kind::Role, NONE, key, &[7; 20]).is_some(), "{round} {key}");
        }
        assert_eq!(records.add(Kind::Role, NONE, 99, b""), None);
        records.clear();
        assert_eq!((records.len(Kind::Role), records.find(Kind::Role, NONE, 1)), (0, None));
        assert_eq!(records.list(Place::Root(Root::Guilds)), List::EMPTY);
    }
}

#[test]
fn the_key_of_a_row_is_one_of_its_members() {
    use crate::decode::{Cursor, Decode};
    use crate::model::{Presence, Role, SoundboardSound, User, VoiceState};

    fn read<'c, T: Decode<'c>>(records: &'c Records<Heap>, kind: Kind) -> T {
        let row = records.find(kind, NONE, 1_212_269_235_441_107_118).unwrap();
        Cursor::packed_members(records.members(row)).decode().unwrap()
    }

    let mut records = heap(20, 1 << 16);
    let key = 1_212_269_235_441_107_118;
    for kind in Kind::ALL {
        assert!(records.add(kind, NONE, key, b"").is_some(), "{kind:?}");
    }
    for kind in Kind::ALL {
        let row = records.find(kind, NONE, key).unwrap();
        assert_eq!((records.kind(row), records.key(row)), (kind, key));
    }
    assert_eq!(read::<Role<'_>>(&records, Kind::Role).id.0, key);
    assert_eq!(read::<User<'_>>(&records, Kind::User).id.0, key);
    assert_eq!(read::<Presence<'_>>(&records, Kind::Presence).user.id.0, key);
    assert_eq!(read::<VoiceState<'_>>(&records, Kind::VoiceState).user_id.0, key);
    assert_eq!(read::<SoundboardSound<'_>>(&records, Kind::Sound).sound_id.0, key);
}
