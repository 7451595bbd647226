//! Arbitrary JSON values, and when two are the same.

use serde_json::{Map, Number, Value};

use crate::source::Source;

/// Names that mean something somewhere, to be drawn beside arbitrary ones.
pub(crate) const NAMES: [&str; 24] = [
    "id",
    "guild_id",
    "d",
    "op",
    "s",
    "t",
    "content",
    "roles",
    "nil",
    "true",
    "null",
    "",
    "1",
    "0",
    "-1",
    "18446744073709551615",
    "user_ids",
    "session_type",
    "activities",
    "custom_id",
    "username",
    "version",
    "channel_id",
    "members",
];

/// Draws a value of at most `depth` levels.
pub(crate) fn draw(source: &mut Source<'_>, depth: usize) -> Value {
    match source.byte() % 10 {
        0 => Value::Null,
        1 => Value::Bool(source.chance()),
        2 => source.number().into(),
        3 => Value::from(source.number().cast_signed()),
        4 => float(source.number()),
        5 | 6 => Value::String(text(source)),
        7 => source.number().to_string().into(),
        _ if depth == 0 => Value::Null,
        8 => {
            let items = source.below(9);
            (0..items).map(|_| draw(source, depth - 1)).collect()
        }
        _ => {
            let members = source.below(9);
            let members = (0..members).map(|_| (name(source), draw(source, depth - 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn float(bits: u64) -> Value {
    Number::from_f64(f64::from_bits(bits)).map_or(Value::Null, Value::Number)
}

fn text(source: &mut Source<'_>) -> String {
    source.text(40)
}

pub(crate) fn name(source: &mut Source<'_>) -> String {
    match source.byte() {
        known @ 0..192 => NAMES[usize::from(known) % NAMES.len()].to_owned(),
        192.. => text(source),
    }
}

/// Tells whether two values are the same; floats bit by bit.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) if left.is_f64() && right.is_f64() => {
            left.as_f64().map(f64::to_bits) == right.as_f64().map(f64::to_bits)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((name, left), (other, right))| name == other && same(left, right))
        }
        _ => left == right,
    }
}

/// Makes floats that are minus zero integers, as `-0` is one.
pub(crate) fn whole_zeros(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(whole_zeros).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, whole_zeros(value)));
            Value::Object(members.collect())
        }
        Value::Number(number) if number.as_f64().is_some_and(is_minus_zero) => 0.into(),
        value => value,
    }
}

fn is_minus_zero(float: f64) -> bool {
    float == 0.0 && float.is_sign_negative()
}
