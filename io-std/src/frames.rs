//! Where frames begin in what a WebSocket's peer sends.

/// The longest header of a frame.
///
/// Source: RFC 6455 section 5.2.
const LONGEST_HEADER: usize = 14;

/// Follows what a WebSocket's peer sends, from its answer to the upgrade on.
#[derive(Debug)]
pub struct Frames(Place);

/// Where the next byte stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In the answer to the upgrade, behind so many bytes of its end.
    Answer(usize),
    /// In the header of a frame, behind so many of its bytes.
    Header([u8; LONGEST_HEADER], usize),
    /// In the payload of a frame, before so many of its bytes.
    Payload(u64),
}

impl Place {
    const FRAME: Self = Self::Header([0; LONGEST_HEADER], 0);

    const fn payload(length: u64) -> Self {
        if length == 0 { Self::FRAME } else { Self::Payload(length) }
    }
}

impl Frames {
    /// Begins with the answer to the upgrade.
    pub const fn new() -> Self {
        Self(Place::Answer(0))
    }

    /// Passes over bytes, but not beyond the answer and not into a payload longer than `long`; returns how many it passed.
    pub fn pass(&mut self, bytes: &[u8], long: u64) -> usize {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            self.0 = match self.0 {
                Place::Answer(matched) => match after_answer(matched, *byte) {
                    Place::Answer(matched) => Place::Answer(matched),
                    frame => {
                        self.0 = frame;
                        return at;
                    }
                },
                Place::Header(mut header, came) => {
                    let came = came + 1;
                    if let Some(last) = header.get_mut(came - 1) {
                        *last = *byte;
                    }
                    match header.get(..came).and_then(length) {
                        Some(length) if length > long => {
                            self.0 = Place::Payload(length);
                            return at;
                        }
                        Some(length) => Place::payload(length),
                        None => Place::Header(header, came),
                    }
                }
                Place::Payload(left) => {
                    let others = bytes.len() - at;
                    let more = usize::try_from(left - 1).map_or(others, |more| more.min(others));
                    at += more;
                    Place::payload(left - 1 - more as u64)
                }
            };
        }
        at
    }
}

impl Default for Frames {
    fn default() -> Self {
        Self::new()
    }
}

/// Follows the end of the answer: a line without anything in it. A line ends by LF, before which CR may stand.
fn after_answer(matched: usize, byte: u8) -> Place {
    match (matched, byte) {
        (0, b'\n') => Place::Answer(1),
        (1, b'\r') => Place::Answer(2),
        (1 | 2, b'\n') => Place::FRAME,
        _ => Place::Answer(0),
    }
}

/// Returns the length of the payload behind a header, if that is whole.
fn length(header: &[u8]) -> Option<u64> {
    let (&[_, second], rest) = header.split_first_chunk::<2>()?;
    let (length, rest) = match second & 0x7F {
        126 => rest
            .split_first_chunk()
            .map(|(bytes, rest)| (u16::from_be_bytes(*bytes).into(), rest))?,
        127 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from_be_bytes(*bytes), rest))?,
        short => (short.into(), rest),
    };
    let masked = second & 0x80 != 0;
    (!masked || rest.len() >= 4).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\r\n\r\n";

    fn frame(length: usize, masked: bool) -> Vec<u8> {
        let bit = if masked { 0x80 } else { 0 };
        let mut frame = vec![0x82];
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ ..126), _) => frame.push(short | bit),
            (_, Ok(middle)) => {
                frame.push(126 | bit);
                frame.extend(middle.to_be_bytes());
            }
            _ => {
                frame.push(127 | bit);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(if masked { &[0x7F; 4][..] } else { &[] });
        frame.extend(vec![b'\n'; length]);
        frame
    }

    /// Returns where passing over pieces of the bytes stops within a piece.
    fn stops(bytes: &[u8], piece: usize, long: u64) -> Vec<usize> {
        let (mut frames, mut at, mut stops) = (Frames::new(), 0, Vec::new());
        while at < bytes.len() {
            let part = &bytes[at..bytes.len().min(at + piece)];
            let passed = frames.pass(part, long);
            assert!(passed > 0, "{at}");
            at += passed;
            if passed < part.len() {
                stops.push(at);
            }
        }
        stops
    }

    #[test]
    fn it_stops_behind_the_answer_and_before_each_long_payload() {
        for masked in [false, true] {
            let (mut bytes, mut expected) = (ANSWER.to_vec(), vec![ANSWER.len()]);
            for length in [0, 1, 300, 125, 126, 2_000, 70_000, 301, 5, 0, 65_536] {
                let frame = frame(length, masked);
                bytes.extend(&frame);
                if length > 300 {
                    expected.push(bytes.len() - length);
                }
            }
            assert_eq!(stops(&bytes, usize::MAX >> 1, 300), expected);
            assert_eq!(stops(&bytes, usize::MAX >> 1, u64::MAX), [ANSWER.len()]);
            for piece in [1, 2, 3, 7, 100, 1_000, 66_000] {
                let found = stops(&bytes, piece, 300);
                assert!(found.iter().all(|stop| expected.contains(stop)), "{piece}");
            }
        }
    }

    #[test]
    fn lines_of_the_answer_end_as_they_may() {
        for answer in ["A\r\n\r\n", "A\n\n", "A\r\n\n", "A\n\r\n", "A\nB\r\rC\n\r\n"] {
            let all = format!("{answer}more");
            assert_eq!(Frames::new().pass(all.as_bytes(), 300), answer.len(), "{answer:?}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_passed_over() {
        let mut frames = Frames::new();
        assert_eq!(frames.pass(b"\r\n\r\n\x82\x7F", 1), 4);
        assert_eq!(frames.pass(b"\x82\x7F", 1), 2);
        assert_eq!(frames.pass(&[0xFF; 20], 1), 8);
        assert_eq!(frames.pass(&[0; 20], 1), 20);
    }
}
