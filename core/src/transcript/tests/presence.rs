use super::*;

#[test]
fn a_presence_is_written_as_it_is_sent() {
    let activity = |name, state, url| crate::Activity { name, kind: 4, state, url };
    let all = [
        activity("a \"b\" \\ \n\u{7F}é", Some(""), None),
        activity("", None, Some("https://x.example/?y")),
    ];
    for (most, since) in [(0, None), (1, Some(7)), (2, Some(u64::MAX))] {
        let activities = &all[..most];
        let status = crate::PresenceStatus::Invisible;
        let presence = Presence { since, activities, status, afk: most > 1 };
        let sent = serde_json::to_value(presence).unwrap();
        let written = header::Told(&presence, "a token").to_string();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), sent);
    }
}

#[test]
fn a_presence_whose_json_is_longer_than_any_payload_is_recorded() {
    let config = Config::new(TOKEN, Intents::GUILDS).encoding(Encoding::Etf);
    let long = "\u{1}".repeat(128);
    let long = [crate::Activity { name: &long, kind: 0, state: Some(TOKEN), url: None }; 12];
    let config = config.presence(Presence { activities: &long, ..Presence::default() });
    let shard = Shard::new(config, 1, Memory::heap(Compression::None)).unwrap();
    let mut rig = Recorded::new(shard);
    rig.record(String::new()).unwrap();
    assert!(rig.is_recording());
    rig.handle_input(Instant::from_millis(1), Input::Tick);
    let transcript = rig.finish().unwrap();
    assert!(replay(transcript.as_bytes()).unwrap().is_complete && !transcript.contains(TOKEN));
}

#[test]
fn a_presence_written_by_hand_is_sent_with_the_numbers_it_has() {
    for encoding in Encoding::ALL {
        let mut rig = plain(encoding);
        give(&mut rig, 1_000, Input::Tick);
        let transcript = rig.finish().unwrap();
        let typed = transcript.lines().find(|line| line.starts_with("presence ")).unwrap();
        let by_hand = r#"presence {"since":1.5,"activities":[],"status":"idle","afk":false}"#;
        let changed = transcript.replace(typed, by_hand);
        assert!(replay(changed.as_bytes()).unwrap().is_complete, "{encoding:?} {changed}");
    }
}
