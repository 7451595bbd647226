//! Terms to JSON values.

use std::fmt;

use serde_json::{Map, Number, Value};

use super::{MOST_DEPTH, tag};

/// Why bytes are no term that stands for a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EtfError {
    /// An atom stands where only `true`, `false` and `nil` may.
    BadAtom,
    /// A key is of a kind that keys are not.
    BadKey,
    /// The tail of a list is not NIL.
    BadList,
    /// A number is not finite or wider than 64 bits.
    BadNumber,
    /// A text is not UTF-8.
    BadText,
    /// The bytes end within the term.
    Incomplete,
    /// More than 128 terms stand in one another.
    TooDeep,
    /// Bytes follow the term.
    Trailing,
    /// A tag is none that gateways and clients use.
    UnknownTag(u8),
    /// The first byte is not 131.
    Version,
}

impl fmt::Display for EtfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadAtom => "expected one of the atoms true, false and nil, but another came",
            Self::BadKey => "expected a binary as a key, but another term came",
            Self::BadList => "expected a list that ends with NIL, but another tail came",
            Self::BadNumber => "expected a finite number of 64 bits, but another came",
            Self::BadText => "expected text in UTF-8, but other bytes came",
            Self::Incomplete => "expected more of the term, but the bytes end",
            Self::TooDeep => "expected at most 128 terms in one another, but more came",
            Self::Trailing => "expected the end, but bytes follow the term",
            Self::UnknownTag(tag) => return write!(f, "expected a known tag, but {tag} came"),
            Self::Version => "expected the version byte 131, but another or none came",
        })
    }
}

impl std::error::Error for EtfError {}

/// Reads one term, by a gateway or a client, as a JSON value.
///
/// Atoms become strings, except `true`, `false` and the names of nothing: `nil`, `null` and
/// `undefined`. Integers stay numbers, also where JSON has an id as a string; as keys they become
/// strings. A list of bytes becomes a list of numbers.
///
/// # Errors
///
/// Returns an error if the bytes are not exactly one term, or one that JSON has no value for.
///
/// # Examples
///
/// ```
/// use gatewright_sim::{EtfError, from_etf};
///
/// let heartbeat = b"\x83t\0\0\0\x02m\0\0\0\x02opa\x01m\0\0\0\x01da\xfb";
/// assert_eq!(from_etf(heartbeat)?["d"], 251);
/// assert_eq!(from_etf(b"\x83a"), Err(EtfError::Incomplete));
/// # Ok::<(), EtfError>(())
/// ```
pub fn from_etf(data: &[u8]) -> Result<Value, EtfError> {
    read(data, Author::Anyone)
}

/// Reads one term of a client, whose keys must be binaries and whose atoms stand for values only.
pub(crate) fn from_client(data: &[u8]) -> Result<Value, EtfError> {
    read(data, Author::Client)
}

fn read(data: &[u8], author: Author) -> Result<Value, EtfError> {
    let Some((&tag::VERSION, rest)) = data.split_first() else {
        return Err(EtfError::Version);
    };
    let mut reader = Reader { rest, author };
    let value = reader.term(MOST_DEPTH)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(EtfError::Trailing) }
}

/// Who wrote a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Author {
    Anyone,
    Client,
}

struct Reader<'e> {
    rest: &'e [u8],
    author: Author,
}

impl<'e> Reader<'e> {
    /// Reads a term in which at most `depth` terms stand in one another.
    fn term(&mut self, depth: usize) -> Result<Value, EtfError> {
        let depth = depth.checked_sub(1).ok_or(EtfError::TooDeep)?;
        Ok(match self.byte()? {
            tag::BINARY => Value::String(self.binary()?),
            tag::LIST => Value::Array(self.list(depth)?),
            tag::MAP => Value::Object(self.map(depth)?),
            tag::NEW_FLOAT => {
                let number = Number::from_f64(f64::from_be_bytes(self.array()?));
                Value::Number(number.ok_or(EtfError::BadNumber)?)
            }
            tag::NIL => Value::Array(Vec::new()),
            tag::STRING => {
                let len = usize::from(u16::from_be_bytes(self.array()?));
                self.take(len)?.iter().map(|byte| Value::from(*byte)).collect()
            }
            tag => match self.integer(tag)? {
                Some(number) => Value::Number(number),
                None => self.atom_value(tag)?,
            },
        })
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Value>, EtfError> {
        let mut items = Vec::new();
        // The count is not believed: each round takes a byte at least, or ends it.
        for _ in 0..u32::from_be_bytes(self.array()?) {
            items.push(self.term(depth)?);
        }
        if self.byte()? == tag::NIL { Ok(items) } else { Err(EtfError::BadList) }
    }

    fn map(&mut self, depth: usize) -> Result<Map<String, Value>, EtfError> {
        let mut members = Map::new();
        for _ in 0..u32::from_be_bytes(self.array()?) {
            let key = self.key()?;
            members.insert(key, self.term(depth)?);
        }
        Ok(members)
    }

    fn key(&mut self) -> Result<String, EtfError> {
        let tag = self.byte()?;
        if tag == tag::BINARY {
            return self.binary();
        }
        if self.author == Author::Client {
            return Err(EtfError::BadKey);
        }
        match self.integer(tag)? {
            Some(number) => Ok(number.to_string()),
            None => self.atom(tag)?.ok_or(EtfError::BadKey),
        }
    }

    /// Reads an integer; `None` if the tag is no integer's.
    fn integer(&mut self, tag: u8) -> Result<Option<Number>, EtfError> {
        Ok(Some(match tag {
            tag::INTEGER => i32::from_be_bytes(self.array()?).into(),
            tag::SMALL_BIG => self.big()?,
            tag::SMALL_INTEGER => self.byte()?.into(),
            _ => return Ok(None),
        }))
    }

    fn big(&mut self) -> Result<Number, EtfError> {
        let [len, sign] = self.array()?;
        let digits = self.take(usize::from(len))?;
        let magnitude = digits.iter().rev().try_fold(0_u64, |number, digit| {
            number.checked_mul(256).map(|number| number | u64::from(*digit))
        });
        let magnitude = magnitude.ok_or(EtfError::BadNumber)?;
        if sign == 0 {
            return Ok(magnitude.into());
        }
        let negative = 0_i64.checked_sub_unsigned(magnitude).ok_or(EtfError::BadNumber)?;
        Ok(negative.into())
    }

    fn atom_value(&mut self, tag: u8) -> Result<Value, EtfError> {
        let name = self.atom(tag)?.ok_or(EtfError::UnknownTag(tag))?;
        Ok(match name.as_str() {
            "false" => Value::Bool(false),
            "nil" => Value::Null,
            "true" => Value::Bool(true),
            _ if self.author == Author::Client => return Err(EtfError::BadAtom),
            "null" | "undefined" => Value::Null,
            _ => Value::String(name),
        })
    }

    /// Reads the name of an atom; `None` if the tag is no atom's.
    fn atom(&mut self, tag: u8) -> Result<Option<String>, EtfError> {
        let len = match tag {
            tag::ATOM | tag::ATOM_UTF8 => usize::from(u16::from_be_bytes(self.array()?)),
            tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => usize::from(self.byte()?),
            _ => return Ok(None),
        };
        let name = self.take(len)?;
        if matches!(tag, tag::ATOM | tag::SMALL_ATOM) {
            return Ok(Some(name.iter().map(|letter| char::from(*letter)).collect()));
        }
        text(name).map(Some)
    }

    fn binary(&mut self) -> Result<String, EtfError> {
        let len = u32::from_be_bytes(self.array()?);
        text(self.take(usize::try_from(len).unwrap_or(usize::MAX))?)
    }

    fn byte(&mut self) -> Result<u8, EtfError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EtfError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(EtfError::Incomplete)?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, len: usize) -> Result<&'e [u8], EtfError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(EtfError::Incomplete)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn text(bytes: &[u8]) -> Result<String, EtfError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| EtfError::BadText)
}
