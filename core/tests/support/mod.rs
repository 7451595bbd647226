//! Documents made from JSON values: in any order of keys, and as ETF in two dialects.

pub(crate) mod etf;

use serde_json::Value;

/// Numbers that look like chance and are not.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % count
    }
}

/// Writes JSON with the keys of each object shuffled, and one nobody knows before them; values of
/// any type have no keys that are known, and stay as they are.
pub(crate) fn shuffled(value: &Value, dice: &mut Dice) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shuffled(item, dice)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(key, value)| match key.as_str() {
                    "new_value" | "old_value" => format!("{key:?}:{value}"),
                    _ => format!("{} :{}", Value::from(&**key), shuffled(value, dice)),
                })
                .collect();
            for at in (1..members.len()).rev() {
                members.swap(at, dice.below(at + 1));
            }
            members.insert(0, r#""new\u0020field": [{"id": "}"}, null, -1.5e3]"#.to_owned());
            format!("{{{}}}", members.join(","))
        }
        _ => value.to_string(),
    }
}

/// A value somewhere in a document.
pub(crate) type Path = Vec<Step>;

/// A step towards a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Item(usize),
    Key(String),
}

/// Lists the paths to all values that hold no others.
pub(crate) fn leaves(value: &Value) -> Vec<Path> {
    let below = |step: Step, value| {
        leaves(value).into_iter().map(move |mut path| {
            path.insert(0, step.clone());
            path
        })
    };
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(at, item)| below(Step::Item(at), item)).collect()
        }
        Value::Object(members) => {
            members.iter().flat_map(|(key, value)| below(Step::Key(key.clone()), value)).collect()
        }
        _ => vec![Path::new()],
    }
}

fn leaf_count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(leaf_count).sum(),
        Value::Object(members) => members.values().map(leaf_count).sum(),
        _ => 1,
    }
}

/// Returns the value at `path`.
pub(crate) fn at<'v>(document: &'v Value, path: &[Step]) -> &'v Value {
    path.iter().fold(document, |value, step| match step {
        Step::Item(at) => &value[*at],
        Step::Key(key) => &value[key.as_str()],
    })
}

/// Names the place of a value and its type; elements of a list, and values by id, are at one place.
pub(crate) fn place(path: &[Step], value: &Value) -> String {
    let steps = path.iter().map(|step| match step {
        Step::Key(key) if !key.bytes().all(|byte| byte.is_ascii_digit()) => key,
        Step::Item(_) | Step::Key(_) => "*",
    });
    let kind = match value {
        Value::Array(_) => "list",
        Value::Bool(_) => "bool",
        Value::Null => "null",
        Value::Number(_) => "number",
        Value::Object(_) => "object",
        Value::String(_) => "text",
    };
    steps.chain([kind]).collect::<Vec<_>>().join("/")
}

/// Returns the document without the long lists and objects beside the way to `path`.
pub(crate) fn lean(document: &Value, path: &[Step]) -> Value {
    const MANY: usize = 40;
    let Some((step, rest)) = path.split_first() else { return document.clone() };
    let is_way = |other: Step| other == *step;
    match document {
        Value::Array(items) => {
            let items = items.iter().enumerate().map(|(at, item)| match item {
                item if is_way(Step::Item(at)) => lean(item, rest),
                Value::Array(_) | Value::Object(_) => Value::Null,
                item => item.clone(),
            });
            items.collect()
        }
        Value::Object(members) => {
            let members = members.iter().filter_map(|(key, value)| {
                if is_way(Step::Key(key.clone())) {
                    return Some((key.clone(), lean(value, rest)));
                }
                (leaf_count(value) < MANY).then(|| (key.clone(), value.clone()))
            });
            members.collect()
        }
        _ => document.clone(),
    }
}

/// Returns the document with another value of the same shape at `path`; a null is taken out.
pub(crate) fn changed(document: &Value, path: &[Step]) -> Value {
    let mut document = document.clone();
    let (last, way) = path.split_last().expect("a document is no leaf");
    let parent = way.iter().fold(&mut document, |value, step| match step {
        Step::Item(at) => &mut value[*at],
        Step::Key(key) => &mut value[key.as_str()],
    });
    let new = match last {
        Step::Item(at) => other(&parent[*at]),
        Step::Key(key) => other(&parent[key.as_str()]),
    };
    match (last, new) {
        (Step::Item(at), Some(new)) => parent[*at] = new,
        (Step::Item(at), None) => drop(parent.as_array_mut().unwrap().remove(*at)),
        (Step::Key(key), Some(new)) => parent[key.as_str()] = new,
        (Step::Key(key), None) => drop(parent.as_object_mut().unwrap().remove(key)),
    }
    document
}

fn other(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Bool(bool) => Value::from(!bool),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Value::from(number + 1),
            None => Value::from(number.as_f64().unwrap() + 1.0),
        },
        Value::String(text) => Value::from(other_text(text)),
        Value::Array(_) | Value::Null | Value::Object(_) => return None,
    })
}

fn other_text(text: &str) -> String {
    if let Ok(number) = text.parse::<u64>() {
        return (number + 1).to_string();
    }
    let Some(at) = text.rfind(|char: char| char.is_ascii_alphanumeric()) else {
        return format!("{text}x");
    };
    let new = if text.as_bytes()[at] == b'7' { "8" } else { "7" };
    format!("{}{new}{}", &text[..at], &text[at + 1..])
}
