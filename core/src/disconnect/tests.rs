use super::*;
use std::string::{String, ToString};

/// The table once more, in the words of its specification: code, session, URL, wait, fatal.
const EXPECTED: &str = "\
DialFailed - kept kept backoff no
ResumeHostFailed - kept dropped short no
HelloTimeout 4000 kept kept backoff no
ReadyTimeout 4000 kept kept backoff no
ResumedTimeout 4000 kept kept backoff no
Zombie 4000 kept kept short no
MissedAcks 4000 kept kept short no
WriteStalled 4000 kept kept short no
ReconnectRequested 4000 kept kept none no
ReconnectRequestedEarly 4000 kept kept backoff no
SessionInvalidResumable 4000 kept kept invalid no
SessionInvalid 1000 dropped dropped doubling no
CorruptStream 4000 kept kept backoff no
BrokenEnvelope 4000 kept kept backoff no
InflatedTooLarge 4000 kept kept backoff no
MessageTooLong - kept kept backoff no
MessageTooLongAgain - kept kept backoff fatal
PeerClosed - kept kept backoff no
TransportLost - kept kept backoff no
RateLimited - kept kept long no
NotAuthenticated - kept kept backoff no
NotAuthenticatedAgain - dropped kept backoff no
SessionRefused - dropped dropped backoff no
AuthenticationFailed - dropped dropped backoff fatal
InvalidShard - dropped dropped backoff fatal
ShardingRequired - dropped dropped backoff fatal
InvalidApiVersion - dropped dropped backoff fatal
InvalidIntents - dropped dropped backoff fatal
DisallowedIntents - dropped dropped backoff fatal
ResumesExhausted - dropped dropped backoff no
Ended 1000 dropped dropped backoff fatal
Parked 4000 kept kept backoff fatal
";

fn line(cause: Cause, verdict: Verdict) -> String {
    let kept = |keeps| if keeps { "kept" } else { "dropped" };
    let pause = match verdict.pause {
        Pause::None => "none",
        Pause::Short => "short",
        Pause::Long => "long",
        Pause::Invalid => "invalid",
        Pause::InvalidDoubling => "doubling",
        Pause::Backoff => "backoff",
    };
    let code = verdict.close.map_or("-".to_string(), |code| code.to_string());
    let session = kept(verdict.keeps_session);
    let url = kept(verdict.keeps_url);
    let fatal = if verdict.stop.is_some() { "fatal" } else { "no" };
    format!("{cause:?} {code} {session} {url} {pause} {fatal}\n")
}

#[test]
fn the_table_says_what_its_specification_says() {
    let walked: String = TABLE.iter().map(|&(cause, verdict)| line(cause, verdict)).collect();
    assert_eq!(walked, EXPECTED);
}

#[test]
fn every_cause_stands_in_the_table_once() {
    for (at, (cause, verdict)) in TABLE.iter().enumerate() {
        assert!(TABLE[at + 1..].iter().all(|(other, _)| other != cause), "{cause:?}");
        assert_eq!(cause.verdict(), *verdict);
        assert!(!cause.to_string().is_empty());
    }
}

#[test]
fn every_close_code_has_its_cause() {
    for code in 0..=u16::MAX {
        let expected = match code {
            4003 => Cause::NotAuthenticated,
            4004 => Cause::AuthenticationFailed,
            4006 | 4007 | 4009 => Cause::SessionRefused,
            4008 => Cause::RateLimited,
            4010 => Cause::InvalidShard,
            4011 => Cause::ShardingRequired,
            4012 => Cause::InvalidApiVersion,
            4013 => Cause::InvalidIntents,
            4014 => Cause::DisallowedIntents,
            _ => Cause::PeerClosed,
        };
        assert_eq!(Cause::of_close_code(CloseCode(code)), expected, "{code}");
    }
}

#[test]
fn fatal_codes_say_what_to_change() {
    for code in [4004, 4010, 4011, 4012, 4013, 4014] {
        let stop = Cause::of_close_code(CloseCode(code)).verdict().stop.unwrap();
        assert!(!stop.is_requested());
        assert!(stop.to_string().contains(&format!("({code})")), "{stop}");
    }
}

#[test]
fn the_list_of_causes_is_that_of_the_table_and_each_stands_where_its_number_says() {
    assert_eq!(Cause::ALL, TABLE.map(|(cause, _)| cause));
    for (at, cause) in Cause::ALL.into_iter().enumerate() {
        assert_eq!(cause as usize, at, "{cause:?}");
    }
}
