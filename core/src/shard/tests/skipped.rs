//! Documents that do not fit, many at once, and how long a heap buffer stays large.

use super::*;

/// A document larger than the smallest buffer.
fn large(seq: u64, name: &str) -> String {
    let text = "x".repeat(50_000);
    format!(
        r#"{{"t":"{name}","s":{seq},"op":0,"d":{{"session_id":"def","resume_gateway_url":"wss://resume.example","name":"{text}"}}}}"#
    )
}

fn more(line: &str) -> u64 {
    line.rsplit_once("more=").unwrap().1.parse().unwrap()
}

#[test]
fn many_documents_skipped_at_once_are_told_in_few_events_and_none_is_left_out() {
    let mut rig = Rig::live();
    let stream: String = (2..22).map(|seq| large(seq, "GUILD_CREATE")).collect();
    let lines = rig.say(&stream);
    assert!(lines.iter().all(|line| line.starts_with("skipped GUILD_CREATE")), "{lines:?}");
    assert!(lines.len() < 10, "{lines:?}");
    assert_eq!(lines.iter().map(|line| 1 + more(line)).sum::<u64>(), 20);
    assert_eq!(rig.shard.session().unwrap().processed, 21);
}

#[test]
fn documents_told_together_are_told_as_the_first_unless_a_session_begins_among_them() {
    for (last, told) in
        [(large(12, "MESSAGE_CREATE"), "GUILD_CREATE"), (large(1, "READY"), "READY")]
    {
        let mut rig = Rig::live();
        let mut stream: String = (2..12).map(|seq| large(seq, "GUILD_CREATE")).collect();
        stream.push_str(&last);
        let lines = rig.say(&stream);
        let together = lines.last().unwrap();
        assert!(together.starts_with(&format!("skipped {told} ")), "{lines:?}");
        assert!(more(together) > 0, "{lines:?}");
        let lost = lines.contains(&"session lost SessionInvalid".to_string());
        assert_eq!(lost, told == "READY");
        let session = rig.shard.session().unwrap();
        assert_eq!(session.id, if lost { "def" } else { "abc" });
        assert_eq!(session.processed, if lost { 1 } else { 12 });
    }
}

#[test]
fn a_document_is_kept_if_what_stands_before_it_need_not_be() {
    let mut rig = Rig::live();
    let ack = op(11, &format!("\"{}\"", "x".repeat(30_000)));
    let text = "x".repeat(30_000);
    let kept = format!(r#"{{"t":"GUILD_CREATE","s":2,"op":0,"d":{{"name":"{text}"}}}}"#);
    assert_eq!(rig.say(&(ack + &kept)), ["event GUILD_CREATE s=2"]);
}

#[cfg(feature = "alloc")]
#[test]
fn heap_memory_keeps_the_size_that_the_last_seconds_needed() {
    let mut rig = Rig::of(Shard::new(config(), 1, Memory::heap(Compression::None)).unwrap());
    rig.go_live();
    let text = "x".repeat(3_000_000);
    rig.say(&format!(r#"{{"t":"GUILD_CREATE","s":2,"op":0,"d":{{"name":"{text}"}}}}"#));
    for seq in 3..8 {
        rig.advance(Duration::from_millis(3_600));
        rig.say(&dispatch(seq, "GUILD_CREATE"));
    }
    assert!(rig.shard.inbox.capacity() >= 3_000_000);
}
