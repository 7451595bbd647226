//! Builds documents for tests.

use std::vec::Vec;

use crate::term;

/// A term, in the few shapes the gateway uses and some it does not.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Int(i64),
    Big(u64),
    Huge(Vec<u8>),
    Float(f64),
    OldFloat,
    Atom(u8, &'static str),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    Nil,
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Tuple(u8, Vec<Self>),
}

pub(crate) const ATOMS: [u8; 4] =
    [term::ATOM, term::SMALL_ATOM, term::ATOM_UTF8, term::SMALL_ATOM_UTF8];

fn len_32(out: &mut Vec<u8>, len: usize) {
    out.extend(u32::try_from(len).unwrap().to_be_bytes());
}

fn len_16(out: &mut Vec<u8>, len: usize) {
    out.extend(u16::try_from(len).unwrap().to_be_bytes());
}

pub(crate) fn atom(tag: u8, name: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    if matches!(tag, term::ATOM | term::ATOM_UTF8) {
        len_16(out, name.len());
    } else {
        out.push(u8::try_from(name.len()).unwrap());
    }
    out.extend(name);
}

fn many(tag: u8, terms: &[Term], out: &mut Vec<u8>) {
    out.push(tag);
    if tag == term::SMALL_TUPLE {
        out.push(u8::try_from(terms.len()).unwrap());
    } else {
        len_32(out, terms.len());
    }
    terms.iter().for_each(|term| write(term, out));
}

fn integer(value: i64, out: &mut Vec<u8>) {
    match u8::try_from(value) {
        Ok(small) => out.extend([term::SMALL_INTEGER, small]),
        Err(_) => {
            out.push(term::INTEGER);
            out.extend(i32::try_from(value).unwrap().to_be_bytes());
        }
    }
}

pub(crate) fn write(term: &Term, out: &mut Vec<u8>) {
    match term {
        Term::Int(value) => integer(*value, out),
        Term::Big(value) => {
            let bytes = value.to_le_bytes();
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
            out.extend([term::SMALL_BIG, u8::try_from(used).unwrap(), 0]);
            out.extend(&bytes[..used]);
        }
        Term::Huge(digits) => {
            out.push(term::LARGE_BIG);
            len_32(out, digits.len());
            out.push(0);
            out.extend(digits);
        }
        Term::Float(value) => {
            out.push(term::NEW_FLOAT);
            out.extend(value.to_be_bytes());
        }
        Term::OldFloat => {
            out.push(term::FLOAT);
            out.extend(b"1.50000000000000000000e+00\0\0\0\0\0");
        }
        Term::Atom(tag, name) => atom(*tag, name.as_bytes(), out),
        Term::Text(bytes) => {
            out.push(term::BINARY);
            len_32(out, bytes.len());
            out.extend(bytes);
        }
        Term::Bytes(bytes) => {
            out.push(term::STRING);
            len_16(out, bytes.len());
            out.extend(bytes);
        }
        Term::Nil => out.push(term::NIL),
        Term::List(terms) => {
            many(term::LIST, terms, out);
            out.push(term::NIL);
        }
        Term::Map(entries) => {
            out.push(term::MAP);
            len_32(out, entries.len());
            for (key, value) in entries {
                write(key, out);
                write(value, out);
            }
        }
        Term::Tuple(tag, terms) => many(*tag, terms, out),
    }
}

pub(crate) fn document(term: &Term) -> Vec<u8> {
    let mut out = vec![term::VERSION];
    write(term, &mut out);
    out
}

pub(crate) fn a(name: &'static str) -> Term {
    Term::Atom(term::SMALL_ATOM_UTF8, name)
}

pub(crate) fn text(text: &str) -> Term {
    Term::Text(text.as_bytes().to_vec())
}

pub(crate) fn map<const N: usize>(entries: [(&'static str, Term); N]) -> Term {
    Term::Map(entries.into_iter().map(|(key, value)| (a(key), value)).collect())
}
