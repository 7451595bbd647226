//! The cache holds what a plain model holds, on the heap and in lent memory.

use core::sync::atomic::AtomicU32;

use gatewright_core::cache::{Applied, Cache, Memory};
use gatewright_core::{Dispatch, Encoding};
use gatewright_sim::{Dialect, to_etf};

use crate::source::Source;

mod applying;
mod comparing;
mod model;
mod reading;
pub(crate) mod setup;
pub(crate) mod telling;

use comparing::compare;
use model::Model;
use setup::Setup;

/// How many events there are at most.
const MOST: usize = 48;

/// For any settings and events a cache on the heap, one in lent memory and a model, plain and slow, written from
/// what the documentation of the cache says, hold the same: keys and their order, fields, what refers to what,
/// which users there are, what is kept for others, and how many guilds are awaited. Both caches tell the same.
///
/// The first bytes are the settings: what is off, who is kept, limits of some tables, and of the messages of a
/// channel. Then come events, each a byte for its kind and then its parts, with few ids so that they meet. The
/// cache in lent memory hears them in ETF, unless the members of objects are sent from the last name on.
///
/// Exceptions: payloads are well-formed, every member comes once, and memory is ample; users are compared without
/// an order; there is no eviction by use, and no edits.
pub fn cache_model(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = Setup::draw(&mut source);
    let settings = setup.settings();
    let mut model = Model { setup, reversed: source.chance(), ..Model::default() };
    let slots: Vec<_> = (0..500).map(|_| AtomicU32::new(0)).collect();
    let (mut slots, mut index) = (slots.into_boxed_slice(), vec![0; 1_000]);
    let (mut bytes, mut scratch) = (vec![0; 1 << 17], vec![0; 1 << 14]);
    let mut lent = Cache::lent_slices(settings, &mut slots, &mut index, &mut bytes, &mut scratch);
    let mut heap = Cache::new(settings);
    for _ in 0..MOST {
        if source.is_empty() {
            break;
        }
        let (name, d) = telling::event(&mut source);
        let mut json = String::new();
        telling::write(&d, model.reversed, &mut json);
        let term = to_etf(&json, Dialect::Old);
        let applied = apply(&mut heap, name, Encoding::Json, json.as_bytes());
        // The simulator writes members sorted.
        let also = match model.reversed {
            true => apply(&mut lent, name, Encoding::Json, json.as_bytes()),
            false => apply(&mut lent, name, Encoding::Etf, &term[1..]),
        };
        assert_eq!(applied, also, "{name} {json}");
        // One that lacks the id of its guild is counted as broken.
        let lacks = !json.contains(r#""guild_id""#);
        assert!(applied.broken <= u32::from(lacks), "{name} {json}");
        model.apply(name, &d);
        compare(&heap, &model, name, &json);
        compare(&lent, &model, name, &json);
    }
}

fn apply<M: Memory>(cache: &mut Cache<M>, name: &str, encoding: Encoding, d: &[u8]) -> Applied {
    let event = Dispatch::new(name, None, encoding, d).expect("it is well-formed");
    cache.apply(&event, &mut ())
}
