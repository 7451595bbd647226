use super::super::tests::Dice;
use super::*;

/// Takes all out that is blanked.
fn taken(documents: &mut Documents) -> Vec<u8> {
    let (from, to) = (documents.gone + documents.out, documents.gone + documents.done);
    let taken = documents.piece(&(from..to)).unwrap().to_vec();
    documents.forget(to);
    taken
}

/// Blanks messages one after the other; tells what came out, and the most bytes held at once.
fn blanked(encoding: Encoding, messages: &[&[u8]], alone: bool) -> (Vec<u8>, usize) {
    let (mut documents, mut out, mut held) = (Documents::new(encoding), Vec::new(), 0);
    for message in messages {
        let start = documents.len();
        documents.bytes_mut().extend(*message);
        documents.end_message(alone.then_some(start));
        out.extend(taken(&mut documents));
        held = held.max(documents.bytes.len());
    }
    documents.finish();
    out.extend(taken(&mut documents));
    (out, held)
}

#[test]
fn a_message_that_promises_to_be_one_document_is_one() {
    let (broken, whole) = (&br#"{"t":"A","d":{"a":"b}}"#[..], &br#"{"t":"A","d":{"a":"b"}}"#[..]);
    let (alone, held) = blanked(Encoding::Json, &[broken, whole], true);
    assert_eq!(alone, br#"{"t":"x","d":{"a":"x}}{"t":"x","d":{"a":"x"}}"#);
    assert_eq!(held, 0);
    let (joined, _) = blanked(Encoding::Json, &[broken, whole], false);
    assert_eq!(joined, br#"{"t":"x","d":{"a":"xxxx"x"x"X"x"x"xx"x"x"x"xx"#);
}

#[test]
fn documents_that_come_in_any_messages_are_blanked_as_if_in_one() {
    let json = r#"{"t":"A","s":1,"op":0,"d":{"k":["QW\"Z}J",{"m":"é"}],"session_id":"abc"}} "#;
    let etf =
        b"\x83t\0\0\0\x02m\0\0\0\x02opa\0m\0\0\0\x01dl\0\0\0\x02m\0\0\0\x04QWZJh\x02aAkQ\0\x01j";
    let mut dice = Dice(5);
    for _ in 0..2_000 {
        for (encoding, text) in [(Encoding::Json, json.as_bytes()), (Encoding::Etf, &etf[..])] {
            let mut bytes = text.repeat(5);
            if dice.below(3) == 0 {
                let at = dice.below(bytes.len());
                bytes[at] = b"{}[]\",:\\ \xE9t1xm"[dice.below(14)];
            }
            let mut whole = bytes.clone();
            match encoding {
                Encoding::Json => drop(json::blank(&mut whole, true, Sessions::Renamed)),
                _ => drop(etf::blank(&mut whole, true, Sessions::Renamed)),
            }
            let mut cuts: Vec<_> = (0..dice.below(12)).map(|_| dice.below(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let messages: Vec<_> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            let (out, _) = blanked(encoding, &messages, false);
            assert_eq!(out.escape_ascii().to_string(), whole.escape_ascii().to_string());
        }
    }
}

#[test]
fn forgetting_a_document_piece_by_piece_moves_no_byte_twice() {
    let mut documents = Documents::new(Encoding::Json);
    let text = format!(r#"{{"d":"{}"}}"#, "x".repeat(1 << 20));
    documents.bytes_mut().extend(text.as_bytes());
    documents.end_message(None);
    let (len, mut moved) = (documents.len(), 0);
    for end in 1..=len {
        let gone = documents.gone;
        assert_eq!(documents.piece(&(end - 1..end)).map(<[u8]>::len), Some(1));
        documents.forget(end);
        moved += if documents.gone > gone { documents.bytes.len() } else { 0 };
    }
    assert!(moved <= len && documents.bytes.is_empty(), "{moved} bytes were moved");
}

#[test]
fn no_more_is_held_than_the_document_at_hand() {
    for (encoding, text) in [
        (Encoding::Json, &br#"{"op":11,"d":"text"} "#[..]),
        (Encoding::Etf, &b"\x83t\0\0\0\x01m\0\0\0\x02opa\x0b"[..]),
    ] {
        let all = text.repeat(1_000);
        let (out, held) = blanked(encoding, &all.chunks(7).collect::<Vec<_>>(), false);
        assert!(out.len() == all.len() && held < text.len(), "{held}");
        let mut broken = b"\x01broken".repeat(1_000);
        broken.splice(0..0, text.iter().copied());
        let (out, held) = blanked(encoding, &broken.chunks(7).collect::<Vec<_>>(), false);
        assert_eq!(out.len(), broken.len());
        assert!(encoding == Encoding::Json || held < text.len(), "{held}");
    }
}
