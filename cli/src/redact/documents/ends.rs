//! Where documents end, looked for once over bytes that come piece by piece.

use gatewright_core::Encoding;

use crate::redact::etf::{self, Shape};

/// Looks for the ends of documents.
#[derive(Debug)]
pub(super) struct Ends {
    grammar: Grammar,
    /// What was looked at.
    at: usize,
}

/// What is known of the document at hand.
#[derive(Debug)]
enum Grammar {
    Etf {
        /// How many terms are to come on each level.
        stack: Vec<u64>,
        /// Whether its version was read.
        begun: bool,
        /// Whether it is no term.
        broken: bool,
    },
    Json {
        depth: usize,
        text: Text,
    },
}

/// Whether a text is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    None,
    Open,
    /// The next byte is escaped.
    Escaped,
}

impl Ends {
    pub(super) const fn new(encoding: Encoding) -> Self {
        let grammar = match encoding {
            Encoding::Json => Grammar::Json { depth: 0, text: Text::None },
            _ => Grammar::Etf { stack: Vec::new(), begun: false, broken: false },
        };
        Self { grammar, at: 0 }
    }

    /// Looks at what is new; returns where the latest document ends there.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut latest = None;
        match &mut self.grammar {
            Grammar::Json { depth, text } => {
                let new = bytes.get(self.at..).unwrap_or_default();
                for (at, byte) in (self.at + 1..).zip(new) {
                    if step(*byte, depth, text) {
                        latest = Some(at);
                    }
                }
                self.at = bytes.len();
            }
            Grammar::Etf { stack, begun, broken } => loop {
                match term(bytes.get(self.at..).unwrap_or_default(), stack, begun) {
                    // All that follows is nothing to the core.
                    _ if *broken => return Some(bytes.len()),
                    Term::Broken => *broken = true,
                    Term::Cut => return latest,
                    Term::Of(len) => {
                        self.at += len;
                        if !*begun {
                            latest = Some(self.at);
                        }
                    }
                }
            },
        }
        latest
    }

    /// Forgets the first bytes.
    pub(super) const fn forget(&mut self, bytes: usize) {
        self.at = self.at.saturating_sub(bytes);
    }

    /// Leaves out what is up to there.
    pub(super) const fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Tells whether no document is open.
    pub(super) const fn is_between(&self) -> bool {
        matches!(self.grammar, Grammar::Json { depth: 0, text: Text::None })
    }
}

/// Follows brackets and texts of JSON; tells whether the byte ends a document.
const fn step(byte: u8, depth: &mut usize, text: &mut Text) -> bool {
    match (*text, byte) {
        (Text::Escaped, _) | (Text::None, b'"') => *text = Text::Open,
        (Text::Open, b'\\') => *text = Text::Escaped,
        (Text::Open, b'"') => *text = Text::None,
        (Text::None, b'{' | b'[') => *depth += 1,
        (Text::None, b'}' | b']') => {
            *depth = depth.saturating_sub(1);
            return *depth == 0;
        }
        _ => {}
    }
    false
}

/// What stands at the begin of bytes of ETF.
enum Term {
    /// A version or a term of that length, without the terms in it.
    Of(usize),
    /// Nothing that is.
    Broken,
    /// It goes on behind the end.
    Cut,
}

fn term(bytes: &[u8], stack: &mut Vec<u64>, begun: &mut bool) -> Term {
    let Some((first, behind)) = bytes.split_first() else { return Term::Cut };
    if !*begun {
        *begun = *first == etf::VERSION;
        return if *begun { Term::Of(1) } else { Term::Broken };
    }
    let Some((shape, head)) = etf::shape(*first) else { return Term::Broken };
    let Some(head) = behind.get(..head) else { return Term::Cut };
    let len = head.iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
    let body = match shape {
        Shape::List => return open(len + 1, head.len(), stack, begun),
        Shape::Map => return open(len * 2, head.len(), stack, begun),
        Shape::Tuple => return open(len, head.len(), stack, begun),
        Shape::Plain(len) => len,
        Shape::Digits => etf::DIGITS,
        Shape::Big => len + 1,
        Shape::Bytes | Shape::Text => len,
    };
    let whole = usize::try_from(body).unwrap_or(usize::MAX).saturating_add(1 + head.len());
    if bytes.len() < whole {
        return Term::Cut;
    }
    count(stack);
    *begun = end(stack);
    Term::Of(whole)
}

fn open(terms: u64, head: usize, stack: &mut Vec<u64>, begun: &mut bool) -> Term {
    stack.push(terms);
    *begun = end(stack);
    Term::Of(1 + head)
}

/// Counts a term for what it is in.
fn count(stack: &mut [u64]) {
    if let Some(left) = stack.last_mut() {
        *left = left.saturating_sub(1);
    }
}

/// Ends what has no terms to come; tells whether the document goes on.
fn end(stack: &mut Vec<u64>) -> bool {
    while stack.last() == Some(&0) {
        stack.pop();
        count(stack);
    }
    !stack.is_empty()
}
