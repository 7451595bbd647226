//! Our JSON beside serde_json's.

use gatewright_core::Encoding;
use gatewright_core::decode::{Cursor, DecodeError, Deserializer, Expected, Kind, check};
use serde::Deserialize as _;
use serde_json::Value;

use crate::value::{same, whole_zeros};

/// `check` accepts what `serde_json` accepts, and both read the same value.
///
/// Exceptions, of which nothing else may be:
///
/// * `serde_json` refuses surrogates without their other half, and numbers beyond the range of a float. `check`
///   takes both, as RFC 8259 does; the deserializer reads such a surrogate as U+FFFD and refuses such a number.
/// * `check` refuses more than 64 levels; `serde_json` refuses more than 127.
/// * `-0` is an integer to us and a float to `serde_json`.
pub fn json_vs_serde_json(data: &[u8]) {
    let theirs = serde_json::from_slice::<Value>(data);
    match (check(data), theirs) {
        (Ok(()), Ok(theirs)) => {
            let ours = deserialized(data).expect("what is accepted can be deserialized");
            let (ours, theirs) = (whole_zeros(ours), whole_zeros(theirs));
            assert!(same(&ours, &theirs), "{ours} {theirs}");
        }
        (Ok(()), Err(error)) => {
            let mut odd = Odd::default();
            let mut cursor = Cursor::new(Encoding::Json, data).expect("it was checked");
            odd.look(&mut cursor).expect("it was checked");
            assert!(odd.lone_surrogates || odd.huge_numbers, "{error}");
            assert_eq!(deserialized(data).is_none(), odd.huge_numbers, "{error}");
        }
        (Err(error), Ok(_)) => assert_eq!(error.expected(), Expected::Shallow, "{error}"),
        (Err(_), Err(_)) => {}
    }
}

fn deserialized(data: &[u8]) -> Option<Value> {
    let cursor = Cursor::new(Encoding::Json, data).ok()?;
    let mut deserializer = Deserializer::new(cursor, &mut []);
    let value = Value::deserialize(&mut deserializer).ok()?;
    deserializer.end().ok().map(|()| value)
}

/// What a document holds that only one of the two takes.
#[derive(Debug, Default)]
struct Odd {
    lone_surrogates: bool,
    huge_numbers: bool,
}

impl Odd {
    fn look(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        match cursor.kind()? {
            Kind::Number => self.huge_numbers |= cursor.number()?.as_f64().is_none(),
            Kind::Text => self.lone_surrogates |= cursor.text()?.lone_surrogates() > 0,
            Kind::List => {
                let mut items = cursor.list()?;
                while cursor.item(&mut items)? {
                    self.look(cursor)?;
                }
            }
            Kind::Object => {
                let mut members = cursor.object()?;
                while let Some(key) = cursor.key(&mut members)? {
                    let text = key.text().expect("keys of JSON are texts");
                    self.lone_surrogates |= text.lone_surrogates() > 0;
                    self.look(cursor)?;
                }
            }
            Kind::Bool | Kind::Null => cursor.skip()?,
        }
        Ok(())
    }
}
