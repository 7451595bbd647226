//! A snapshot taken apart into runs and rows, changed, and put together again with lengths and a checksum that fit.

use crate::source::Source;

/// What stands before the runs of a snapshot without a session: the magic, the version, flags and a bit for each kind.
const HEAD: usize = 17;
/// What stands behind that, if the flags say so: the bot's own id.
const OWN: usize = 8;
const WITH_OWN: u8 = 1 << 3;
/// Where the flags stand.
const FLAGS: usize = 12;
/// What stands behind them: the end and the checksum.
const TAIL: usize = 9;
const WITH_SESSION: u8 = 1 << 2;
const HAS_OWNER: u8 = 1 << 5;
const GUILD: u8 = 2;
const MESSAGE: u8 = 17;

/// Rows of one kind.
#[derive(Clone, Debug)]
struct Run {
    tag: u8,
    owner: u64,
    rows: Vec<Row>,
}

/// A row: what names it, what stands between that and its fields, and those.
#[derive(Clone, Debug)]
struct Row {
    key: u64,
    marks: Vec<u8>,
    fields: Vec<u8>,
}

/// Changes a snapshot without a session as the source says.
pub(super) fn edit(snapshot: &[u8], source: &mut Source<'_>) -> Vec<u8> {
    let (mut head, mut runs) = parse(snapshot);
    for _ in 0..source.below(5) {
        change(&mut runs, source);
    }
    if source.byte() & 7 == 1 {
        head[FLAGS] = source.byte();
        if head[FLAGS] & WITH_SESSION != 0 {
            head.extend(session(source));
        }
    }
    let mut bytes = write(head, &runs);
    for _ in 0..source.below(4) {
        splice(&mut bytes, source);
    }
    signed(bytes)
}

/// Adds the checksum that is right for bytes.
pub(super) fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    let hash: u64 = bytes.iter().fold(0xCBF2_9CE4_8422_2325, step);
    bytes.extend(hash.to_le_bytes());
    bytes
}

fn parse(snapshot: &[u8]) -> (Vec<u8>, Vec<Run>) {
    let own = if snapshot[FLAGS] & WITH_OWN == 0 { 0 } else { OWN };
    let (head, rest) = snapshot.split_at(HEAD + own);
    let mut rest = Source::new(&rest[..rest.len() - TAIL]);
    let mut runs = Vec::new();
    while !rest.is_empty() {
        let tag = rest.byte();
        let owner = if tag & HAS_OWNER == 0 { 0 } else { little(rest.take(8)) };
        let rows = little(rest.take(4));
        let marks = marks(tag);
        let rows = (0..rows).map(|_| {
            let (key, marks) = (little(rest.take(8)), rest.take(marks).to_vec());
            let len = usize::try_from(little(rest.take(4))).expect("32 bits");
            Row { key, marks, fields: rest.take(len).to_vec() }
        });
        runs.push(Run { tag, owner, rows: rows.collect() });
    }
    (head.to_vec(), runs)
}

fn write(mut out: Vec<u8>, runs: &[Run]) -> Vec<u8> {
    let len = |len: usize| u32::try_from(len).expect("a short one").to_le_bytes();
    for run in runs {
        out.push(run.tag);
        if run.tag & HAS_OWNER != 0 {
            out.extend(run.owner.to_le_bytes());
        }
        out.extend(len(run.rows.len()));
        for row in &run.rows {
            out.extend(row.key.to_le_bytes());
            out.extend(row.marks.iter().chain(&[0; 8]).take(marks(run.tag)));
            out.extend(len(row.fields.len()));
            out.extend(&row.fields);
        }
    }
    out.push(u8::MAX);
    out
}

/// Returns how many bytes of a row stand between its name and its fields.
const fn marks(tag: u8) -> usize {
    match tag & 0x1F {
        GUILD => 1,
        MESSAGE => 8,
        _ => 0,
    }
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Changes a run or a row.
fn change(runs: &mut Vec<Run>, source: &mut Source<'_>) {
    if runs.is_empty() {
        return;
    }
    let at = source.below(runs.len());
    match source.byte() % 12 {
        0 => drop(runs.remove(at)),
        1 => {
            let other = source.below(runs.len());
            runs.swap(at, other);
        }
        2 => runs.insert(source.below(runs.len()), runs[at].clone()),
        3 => runs[at].tag ^= 1 << (source.byte() & 7),
        4 => runs[at].tag = runs[at].tag & !0x1F | source.byte() & 0x1F,
        5 => runs[at].owner = some_id(source),
        _ => change_row(&mut runs[at].rows, source),
    }
    runs.retain(|run| !run.rows.is_empty());
}

fn change_row(rows: &mut Vec<Row>, source: &mut Source<'_>) {
    let at = source.below(rows.len());
    match source.byte() & 7 {
        0 => drop(rows.remove(at)),
        1 => {
            let copy = Row { key: some_id(source), ..rows[at].clone() };
            rows.push(copy);
        }
        2 => rows[at].key = some_id(source),
        3 => {
            let other = source.below(rows.len());
            rows.swap(at, other);
        }
        4 => {
            if let Some(mark) = rows[at].marks.first_mut() {
                *mark = source.byte() & 7;
            }
        }
        5 => rows[at].fields = source.take(usize::from(source.clone().byte() & 31)).to_vec(),
        _ => splice(&mut rows[at].fields, source),
    }
}

/// Draws one of the few ids that events have, or any number.
fn some_id(source: &mut Source<'_>) -> u64 {
    if source.byte() & 3 == 0 { source.number() } else { 1 + u64::from(source.byte() & 3) }
}

/// Changes bytes somewhere: some go, some come.
fn splice(bytes: &mut Vec<u8>, source: &mut Source<'_>) {
    /// First bytes of values, lengths, and ends of ranges.
    const ODD: [u8; 16] =
        [0, 1, 0x7F, 0x80, 0x82, 0x83, 0x8B, 0x8C, 0x8F, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0xFF];
    let at = source.below(bytes.len() + 1);
    let gone = source.below(9).min(bytes.len() - at);
    let come = match source.byte() & 3 {
        0 => Vec::new(),
        1 => vec![source.pick(&ODD)],
        2 => source.number().to_le_bytes().to_vec(),
        _ => {
            let len = source.below(9);
            source.take(len).to_vec()
        }
    };
    bytes.splice(at..at + gone, come);
}

/// Draws a session: plain texts, or any bytes for them.
fn session(source: &mut Source<'_>) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    for _ in 0..3 {
        bytes.extend(source.number().to_le_bytes());
    }
    bytes.extend([source.byte() & 1, source.byte() & 3]);
    for text in [&b"session"[..], b"wss://resume.example"] {
        let text = if source.byte() & 7 == 0 { source.take(20) } else { text };
        bytes.push(u8::try_from(text.len()).expect("a short one"));
        bytes.extend(text);
    }
    bytes
}
