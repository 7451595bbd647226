//! The state of shards in a folder, on a real file system.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewright_core::{BotId, Compression, Encoding, Session, ShardId};
use gatewright_std::{Keeper, ShardState, SharedKeeper, StateError, StateFault, StateFolder};
use tempfile::TempDir;

fn bot() -> BotId {
    BotId::of_token("MTIz.abc.secret")
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    (folder, path)
}

fn open(path: &Path) -> Result<ShardState, StateError> {
    StateFolder::at(path).open(bot(), ShardId::ONE)
}

fn session(id: &str, processed: u64) -> Session {
    Session {
        version: Session::VERSION,
        id: id.try_into().unwrap(),
        resume_url: "wss://gateway.example".try_into().unwrap(),
        received: processed + 3,
        processed,
        shard: ShardId::ONE,
        intents: 513,
        encoding: Encoding::Json,
        compression: Compression::ZlibStream,
    }
}

fn record(path: &Path) -> PathBuf {
    path.join("shard-0-of-1.session")
}

fn snapshot(path: &Path) -> PathBuf {
    path.join("shard-0-of-1.snapshot")
}

/// Says that a file is named by an error, with advice.
fn tells(error: &StateError, file: &Path, advice: &str) {
    let text = error.to_string();
    assert!(text.contains(file.to_str().unwrap()) && text.contains(advice), "{text}");
    assert_eq!(error.path(), file);
}

/// The hash that ends a line, computed once more to forge one.
fn summed(head: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    format!("{head} sum={:016x}\n", head.bytes().fold(0xCBF2_9CE4_8422_2325, step))
}

/// Says whether files can be kept from us by their permissions, which root is above.
#[cfg(unix)]
fn is_bound_by_permissions(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    let locked = folder.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    fs::write(locked.join("file"), "").is_err()
}

#[test]
fn the_next_process_finds_what_the_last_one_stored() {
    let (_folder, path) = folder();
    let mut state = open(&path).unwrap();
    assert_eq!(state.session(), None);
    assert!(!record(&path).exists());
    for processed in [7, 9] {
        state.save(&session("abc", processed)).unwrap();
    }
    drop(state);
    let mut state = open(&path).unwrap();
    assert_eq!(state.session(), Some(&session("abc", 9)));
    assert_eq!(state.snapshot().unwrap(), None);
    state.forget().unwrap();
    assert_eq!((state.session(), record(&path).exists()), (None, false));
    drop(state);
    assert_eq!(open(&path).unwrap().session(), None);
}

#[test]
fn the_record_is_one_line_that_a_human_can_read() {
    let (_folder, path) = folder();
    open(&path).unwrap().save(&session("abc", 7)).unwrap();
    let text = fs::read_to_string(record(&path)).unwrap();
    let begin = format!("gatewright-session=1 bot={} {{\"version\":1,\"id\":\"abc\",", bot());
    assert!(text.starts_with(&begin), "{text}");
    assert!(text.contains(r#""received":10,"processed":7,"shard":{"id":0,"count":1}"#), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn the_longest_session_is_read_again() {
    let (_folder, path) = folder();
    let longest = Session {
        id: "\u{1}".repeat(64).as_str().try_into().unwrap(),
        resume_url: "\u{1}".repeat(128).as_str().try_into().unwrap(),
        received: u64::MAX,
        processed: u64::MAX,
        intents: u64::MAX,
        ..session("abc", 0)
    };
    let mut state = open(&path).unwrap();
    state.save_with_snapshot(&longest, b"rows").unwrap();
    drop(state);
    let mut state = open(&path).unwrap();
    assert_eq!(state.session(), Some(&longest));
    assert_eq!(state.snapshot().unwrap().unwrap().bytes, b"rows");
}

#[test]
fn a_record_that_is_not_understood_is_refused_and_left_alone() {
    let (_folder, path) = folder();
    open(&path).unwrap().save(&session("abc", 7)).unwrap();
    let whole = fs::read_to_string(record(&path)).unwrap();
    let (head, _) = whole.rsplit_once(" sum=").unwrap();
    let other = BotId::of_token("NDU2.abc.secret").to_string();
    let refuses = |text: &str, expected: fn(&StateFault) -> bool, advice: &str| {
        fs::write(record(&path), text).unwrap();
        let error = open(&path).unwrap_err();
        assert!(expected(error.fault()), "{text}: {error}");
        tells(&error, &record(&path), advice);
        assert_eq!(fs::read_to_string(record(&path)).unwrap(), text);
    };
    let damaged = |fault: &StateFault| matches!(fault, StateFault::Damaged);
    for end in 0..whole.len() {
        refuses(&whole[..end], damaged, "delete it");
    }
    refuses(&whole.replace("\"processed\":7", "\"processed\":8"), damaged, "delete it");
    refuses(&format!("{whole}{whole}"), damaged, "delete it");
    refuses("{}\n", damaged, "delete it");
    refuses(&"x".repeat(1_000_000), damaged, "delete it");
    for (word, nonsense) in [("\"id\":\"abc\"", "\"id\":5"), ("{", "["), ("abc", &"a".repeat(65))] {
        refuses(&summed(&head.replacen(word, nonsense, 1)), damaged, "delete it");
    }
    let version = |fault: &StateFault| matches!(fault, StateFault::OtherVersion);
    refuses(&whole.replace("session=1", "session=2"), version, "another version");
    let later = head.replace("\"version\":1", "\"version\":2").replace("\"id\"", "\"key\"");
    refuses(&summed(&later), version, "another version");
    let of_other = |fault: &StateFault| matches!(fault, StateFault::OtherBot);
    refuses(&summed(&head.replace(&bot().to_string(), &other)), of_other, "a folder of its own");
    let of_shard =
        |fault: &StateFault| matches!(fault, StateFault::OtherShard(shard) if shard.count == 2);
    refuses(&summed(&head.replace("\"count\":1", "\"count\":2")), of_shard, "of shard 0/2");
}

#[test]
fn text_that_is_no_unicode_is_refused() {
    let (_folder, path) = folder();
    fs::create_dir(&path).unwrap();
    fs::write(record(&path), [0xFF; 40]).unwrap();
    assert!(matches!(open(&path).unwrap_err().fault(), StateFault::Damaged));
}

#[test]
fn a_session_of_another_count_is_left_and_told() {
    let (_folder, path) = folder();
    open(&path).unwrap().save(&session("abc", 7)).unwrap();
    let folder = StateFolder::at(&path);
    let of = |id, count| folder.open(bot(), ShardId::new(id, count)).unwrap();
    let two = of(0, 2);
    assert_eq!((two.session(), two.other_count()), (None, Some(1)));
    drop(two);
    assert_eq!(of(1, 2).other_count(), None);
    assert_eq!(of(0, 1).other_count(), None);
    let error = of(0, 2).save(&session("abc", 7)).unwrap_err();
    assert!(matches!(error.fault(), StateFault::OtherShard(ShardId::ONE)), "{error}");
    assert!(record(&path).exists());
}

#[test]
fn a_second_process_on_one_shard_is_refused_at_once() {
    let (_folder, path) = folder();
    let first = open(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error.fault(), StateFault::Locked));
    tells(&error, &record(&path), "another process");
    // Processes may share the folder, as long as each has shards of its own.
    assert!(StateFolder::at(&path).open(bot(), ShardId::new(1, 2)).is_ok());
    drop(first);
    assert!(open(&path).is_ok());
}

#[test]
fn a_snapshot_comes_back_with_the_session_it_is_of() {
    let (_folder, path) = folder();
    let mut state = open(&path).unwrap();
    state.save_with_snapshot(&session("abc", 7), b"rows\nand rows").unwrap();
    state.save(&session("abc", 12)).unwrap();
    drop(state);
    let mut state = open(&path).unwrap();
    assert_eq!(state.session().unwrap().processed, 12);
    let found = state.snapshot().unwrap().unwrap();
    assert_eq!((found.session.processed, found.session.received), (7, 15));
    assert_eq!(found.bytes, b"rows\nand rows");
    // What was done and received stays so while the process goes through it again for the snapshot.
    state.save(&session("abc", 8)).unwrap();
    let stored = state.session().unwrap();
    assert_eq!((stored.processed, stored.received), (12, 15));
    state.save(&session("abc", 13)).unwrap();
    assert_eq!(state.session().unwrap().processed, 13);
    // Of another session it says nothing.
    state.save(&session("def", 2)).unwrap();
    assert_eq!(state.session().unwrap().processed, 2);
    assert_eq!(state.snapshot().unwrap(), None);
    state.forget().unwrap();
    assert!(!snapshot(&path).exists());
}

#[test]
fn a_process_that_ended_between_the_two_files_leaves_a_pair_that_fits() {
    let (_folder, path) = folder();
    let mut state = open(&path).unwrap();
    state.save_with_snapshot(&session("abc", 7), b"first").unwrap();
    let earlier = fs::read(record(&path)).unwrap();
    state.save_with_snapshot(&session("abc", 20), b"second").unwrap();
    drop(state);
    // The snapshot was written, the session not yet.
    fs::write(record(&path), earlier).unwrap();
    let mut state = open(&path).unwrap();
    assert_eq!(state.session().unwrap().processed, 7);
    let found = state.snapshot().unwrap().unwrap();
    assert_eq!((found.session.processed, found.session.received), (20, 20));
    assert_eq!(found.bytes, b"second");
    state.save(&session("abc", 19)).unwrap();
    assert_eq!(state.session().unwrap().processed, 20);
    // The session was forgotten, the snapshot not yet.
    drop(state);
    fs::remove_file(record(&path)).unwrap();
    assert_eq!(open(&path).unwrap().snapshot().unwrap(), None);
}

#[test]
fn a_snapshot_that_is_not_whole_or_not_ours_is_refused() {
    let (_folder, path) = folder();
    let mut state = open(&path).unwrap();
    state.save_with_snapshot(&session("abc", 7), b"rows").unwrap();
    let whole = fs::read(snapshot(&path)).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let (head, _) = text.rsplit_once(" sum=").unwrap();
    let forged = |head: &str| format!("{}rows", summed(head)).into_bytes();
    let mut refuses = |bytes: &[u8], expected: fn(&StateFault) -> bool| {
        fs::write(snapshot(&path), bytes).unwrap();
        let error = state.snapshot().unwrap_err();
        assert!(expected(error.fault()), "{error}");
        tells(&error, &snapshot(&path), " it");
        assert_eq!(fs::read(snapshot(&path)).unwrap(), bytes);
    };
    let damaged = |fault: &StateFault| matches!(fault, StateFault::Damaged);
    for end in 0..whole.len() {
        refuses(&whole[..end], damaged);
    }
    refuses(&[&whole[..], b"!"].concat(), damaged);
    refuses(text.replace("rows", "cows").as_bytes(), damaged);
    refuses(text.replace("\"seq\":7", "\"seq\":8").as_bytes(), damaged);
    refuses(&[b'x'; 100_000], damaged);
    let version = |fault: &StateFault| matches!(fault, StateFault::OtherVersion);
    refuses(text.replace("snapshot=1", "snapshot=2").as_bytes(), version);
    let of_other = |fault: &StateFault| matches!(fault, StateFault::OtherBot);
    let other = BotId::of_token("NDU2.abc.secret").to_string();
    refuses(&forged(&head.replace(&bot().to_string(), &other)), of_other);
    let of_shard = |fault: &StateFault| matches!(fault, StateFault::OtherShard(_));
    refuses(&forged(&head.replace("\"count\":1", "\"count\":2")), of_shard);
    fs::write(snapshot(&path), &whole).unwrap();
    assert_eq!(state.snapshot().unwrap().unwrap().bytes, b"rows");
}

#[test]
fn a_snapshot_beyond_the_limit_is_neither_written_nor_read() {
    let (_folder, path) = folder();
    let limited = StateFolder::at(&path).snapshot_limit(4);
    let mut state = limited.open(bot(), ShardId::ONE).unwrap();
    state.save_with_snapshot(&session("abc", 7), b"rows").unwrap();
    assert_eq!(state.snapshot().unwrap().unwrap().bytes, b"rows");
    let error = state.save_with_snapshot(&session("abc", 8), b"rows!").unwrap_err();
    assert!(matches!(error.fault(), StateFault::TooLong(4)), "{error}");
    assert_eq!(state.snapshot().unwrap().unwrap().session.processed, 7);
    drop(state);
    open(&path).unwrap().save_with_snapshot(&session("abc", 8), b"rows!").unwrap();
    let mut state = limited.open(bot(), ShardId::ONE).unwrap();
    let error = state.snapshot().unwrap_err();
    tells(&error, &snapshot(&path), "raise the limit");
    // One that is huge is not even read.
    fs::File::create(snapshot(&path)).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(state.snapshot().unwrap_err().fault(), StateFault::TooLong(4)));
}

#[test]
fn a_path_that_can_never_be_a_folder_is_refused() {
    let (folder, path) = folder();
    fs::write(&path, "").unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error.fault(), StateFault::Write(_)), "{error}");
    tells(&error, &path, "cannot be written");
    fs::remove_file(&path).unwrap();
    fs::create_dir_all(record(&path)).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error.fault(), StateFault::Read(_)), "{error}");
    drop(folder);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_write_that_fails_is_told_once_and_tried_again() {
    let (_folder, path) = folder();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut keeper = Keeper::new(open(&path).unwrap());
        let obstacle = path.join("shard-0-of-1.session.tmp");
        fs::create_dir(&obstacle).unwrap();
        for processed in 1..4 {
            assert!(!keeper.keep(Some(&session("abc", processed))));
        }
        fs::remove_dir(&obstacle).unwrap();
        assert!(keeper.keep(Some(&session("abc", 4))));
        assert!(keeper.keep(Some(&session("abc", 4))), "nothing changed");
        drop(keeper);
        assert_eq!(open(&path).unwrap().session().unwrap().processed, 4);
    });
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(told.matches("cannot be written").count(), 1, "{told}");
    assert_eq!(told.matches("is written again").count(), 1, "{told}");
}

#[test]
fn a_session_that_ends_is_forgotten_and_one_that_was_not_resumed_stays() {
    let (_folder, path) = folder();
    open(&path).unwrap().save(&session("abc", 7)).unwrap();
    let mut keeper = Keeper::new(open(&path).unwrap());
    keeper.begin(false);
    assert!(keeper.keep(None));
    assert!(record(&path).exists(), "another configuration may resume it");
    keeper.begin(true);
    assert!(keeper.keep(None));
    assert!(!record(&path).exists());
    assert!(keeper.keep(Some(&session("def", 1))));
    assert!(keeper.keep(None));
    assert!(!record(&path).exists());
}

#[test]
fn a_session_that_cannot_be_forgotten_is_tried_again() {
    let (_folder, path) = folder();
    let mut keeper = Keeper::new(open(&path).unwrap());
    assert!(keeper.keep(Some(&session("abc", 7))));
    fs::remove_file(record(&path)).unwrap();
    fs::create_dir(record(&path)).unwrap();
    assert!(!keeper.keep(None));
    fs::remove_dir(record(&path)).unwrap();
    fs::write(record(&path), "").unwrap();
    assert!(keeper.keep(None));
    assert!(!record(&path).exists());
}

#[test]
fn what_an_earlier_process_left_half_written_is_no_obstacle() {
    let (_folder, path) = folder();
    let mut state = open(&path).unwrap();
    fs::write(path.join("shard-0-of-1.session.tmp"), "half").unwrap();
    fs::write(path.join("shard-0-of-1.snapshot.tmp"), "half").unwrap();
    state.save_with_snapshot(&session("abc", 7), b"rows").unwrap();
    assert!(!path.join("shard-0-of-1.session.tmp").exists());
    assert!(!path.join("shard-0-of-1.snapshot.tmp").exists());
}

#[cfg(unix)]
#[test]
fn only_its_user_may_read_what_is_stored() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, path) = folder();
    open(&path).unwrap().save_with_snapshot(&session("abc", 7), b"rows").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for file in [record(&path), snapshot(&path), path.join("shard-0-of-1.lock")] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_read_and_not_written() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, _) = folder();
    if !is_bound_by_permissions(folder.path()) {
        println!("skipped: this user may write everywhere");
        return;
    }
    let path = folder.path().join("state");
    open(&path).unwrap().save(&session("abc", 7)).unwrap();
    fs::remove_file(path.join("shard-0-of-1.lock")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o500)).unwrap();
    let mut state = open(&path).unwrap();
    assert_eq!(state.session().unwrap().processed, 7);
    let error = state.save(&session("abc", 8)).unwrap_err();
    assert!(matches!(error.fault(), StateFault::Write(_)), "{error}");
    tells(&error, &record(&path), "cannot be written");
    assert_eq!(state.session().unwrap().processed, 7);
}

#[test]
fn a_snapshot_that_is_being_written_keeps_no_session_from_being_stored() {
    let (_folder, path) = folder();
    let shared = SharedKeeper::default();
    shared.put(Keeper::new(open(&path).unwrap()));
    shared.with(|keeper| keeper.keep(Some(&session("abc", 7))));
    let file = shared.with(|keeper| keeper.state().snapshot_file()).unwrap();
    let stored = file.store(&session("abc", 7), b"rows", || {
        // Here a big one is written, and more events are done.
        assert_eq!(shared.with(|keeper| keeper.keep(Some(&session("abc", 9)))), Some(true));
        Ok(true)
    });
    stored.unwrap();
    shared.release();
    assert!(open(&path).is_err(), "the file of the snapshot keeps the lock");
    drop(file);
    let mut state = open(&path).unwrap();
    assert_eq!(state.session(), Some(&session("abc", 9)));
    assert_eq!(state.snapshot().unwrap().unwrap().session.processed, 7);
    // Of a session that ended meanwhile nothing stays.
    state.snapshot_file().store(&session("abc", 9), b"rows", || Ok(false)).unwrap();
    assert!(!snapshot(&path).exists());
}

#[test]
fn who_has_a_keeper_that_is_released_brings_nothing_back() {
    let (_folder, path) = folder();
    let shared = SharedKeeper::default();
    shared.put(Keeper::new(open(&path).unwrap()));
    shared.with(|_| {
        assert!(!shared.has_stored(None), "nobody knows what is being written");
        assert!(shared.take_within(Duration::ZERO).is_none(), "another has it");
        assert!(open(&path).is_err(), "it is locked as long");
    });
    assert!(shared.with(|_| ()).is_none() && shared.has_stored(None));
    shared.put(Keeper::new(open(&path).unwrap()));
    shared.with(|keeper| keeper.keep(Some(&session("abc", 7))));
    assert!(shared.has_stored(Some(&session("abc", 7))));
    assert!(!shared.has_stored(Some(&session("abc", 8))));
    let mut keeper = shared.take_within(Duration::ZERO).unwrap();
    assert_eq!(keeper.state().session(), Some(&session("abc", 7)));
}
