//! JSON values as ETF terms.

use serde_json::{Number, Value};

/// How terms are chosen where there is a choice.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect {
    /// Keys and ids as binaries.
    Binaries,
    /// Keys as atoms with this tag, ids and keys made of digits as integers.
    Atoms(u8),
}

/// Writes a value as a term, its keys sorted.
pub(crate) fn encode(value: &Value, dialect: Dialect) -> Vec<u8> {
    let mut bytes = Vec::new();
    term(value, "", dialect, &mut bytes);
    bytes
}

fn term(value: &Value, key: &str, dialect: Dialect, out: &mut Vec<u8>) {
    match value {
        Value::Null => atom("nil", dialect, out),
        Value::Bool(bool) => atom(if *bool { "true" } else { "false" }, dialect, out),
        Value::Number(number) => self::number(number, out),
        Value::String(text) => match text.parse() {
            Ok(id) if matches!(dialect, Dialect::Atoms(_)) && is_id(key, text) => integer(id, out),
            _ => counted(109, text, out),
        },
        Value::Array(items) => list(items, key, dialect, out),
        Value::Object(members) => {
            out.push(116);
            out.extend(u32::try_from(members.len()).unwrap().to_be_bytes());
            for (key, value) in members {
                self::key(key, dialect, out);
                term(value, key, dialect, out);
            }
        }
    }
}

fn is_id(key: &str, text: &str) -> bool {
    let ids = ["id", "ids", "roles", "mention_roles", "not_found", "participants", "values"];
    let ends = ["_id", "_ids", "_roles", "_channels", "_tags"];
    text.len() > 14 && (ids.contains(&key) || ends.iter().any(|end| key.ends_with(end)))
}

fn key(key: &str, dialect: Dialect, out: &mut Vec<u8>) {
    match (dialect, key.parse()) {
        (Dialect::Binaries, _) => counted(109, key, out),
        (Dialect::Atoms(_), Ok(id)) => integer(id, out),
        (Dialect::Atoms(_), Err(_)) => atom(key, dialect, out),
    }
}

fn atom(text: &str, dialect: Dialect, out: &mut Vec<u8>) {
    if let Dialect::Atoms(100) = dialect {
        out.push(100);
        out.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    } else {
        out.extend([119, u8::try_from(text.len()).unwrap()]);
    }
    out.extend(text.as_bytes());
}

fn counted(tag: u8, text: &str, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    out.extend(text.as_bytes());
}

fn number(number: &Number, out: &mut Vec<u8>) {
    match (number.as_u64(), number.as_i64()) {
        (Some(magnitude), _) => integer(magnitude, out),
        (None, Some(negative)) => {
            out.push(98);
            out.extend(i32::try_from(negative).unwrap().to_be_bytes());
        }
        (None, None) => {
            out.push(70);
            out.extend(number.as_f64().unwrap().to_be_bytes());
        }
    }
}

fn integer(value: u64, out: &mut Vec<u8>) {
    if let Ok(byte) = u8::try_from(value) {
        out.extend([97, byte]);
    } else if let Ok(value) = i32::try_from(value) {
        out.push(98);
        out.extend(value.to_be_bytes());
    } else {
        out.extend([110, 8, 0]);
        out.extend(value.to_le_bytes());
    }
}

fn list(items: &[Value], key: &str, dialect: Dialect, out: &mut Vec<u8>) {
    let byte = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
    if items.is_empty() {
        return out.push(106);
    }
    if let Some(bytes) = items.iter().map(byte).collect::<Option<Vec<_>>>() {
        out.push(107);
        out.extend(u16::try_from(bytes.len()).unwrap().to_be_bytes());
        return out.extend(bytes);
    }
    out.push(108);
    out.extend(u32::try_from(items.len()).unwrap().to_be_bytes());
    items.iter().for_each(|item| term(item, key, dialect, out));
    out.push(106);
}
