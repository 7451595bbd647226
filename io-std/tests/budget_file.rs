//! A budget in a file, on a real file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatewright_core::{BotId, BudgetError, BudgetRecord, BudgetSettings, IdentifyBudget, UnixTime};
use gatewright_std::{BudgetFault, BudgetFile, BudgetFileError};
use tempfile::TempDir;

const START: UnixTime = UnixTime::from_millis(1_786_017_600_000);

fn bot() -> BotId {
    BotId::of_token("MTIz.abc.secret")
}

fn at(millis: u64) -> UnixTime {
    START.saturating_add(Duration::from_millis(millis))
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget");
    (folder, path)
}

fn open(path: &Path) -> Result<BudgetFile, BudgetFileError> {
    BudgetFile::open(START, path, bot(), BudgetSettings::default())
}

fn stored(path: &Path) -> BudgetRecord {
    BudgetRecord::parse(&fs::read(path).unwrap()).unwrap()
}

/// What another process writes there.
fn write_record(path: &Path, bot: BotId, owner: u64) {
    let mut budget = IdentifyBudget::new(START, bot, owner, BudgetSettings::default());
    fs::write(path, budget.record().to_string()).unwrap();
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
fn a_missing_file_is_a_fresh_budget_and_is_written_at_the_first_change() {
    let (_folder, path) = folder();
    let mut budget = open(&path).unwrap();
    assert!(!path.exists());
    budget.started(START);
    assert_eq!(stored(&path).writes(), 1);
    assert!(budget.last_error().is_none());
}

#[test]
fn the_next_process_takes_up_what_the_last_one_left() {
    let (_folder, path) = folder();
    for start in 1..=4 {
        let mut budget = open(&path).unwrap();
        budget.started(START);
        assert_eq!(budget.budget().quick_starts(), start);
        budget.ask(START).unwrap();
        budget.spent(START);
    }
    let mut budget = open(&path).unwrap();
    budget.started(START);
    assert!(budget.ask(START).is_err());
}

#[test]
fn changes_within_100_ms_are_written_together() {
    let (_folder, path) = folder();
    let mut budget = open(&path).unwrap();
    budget.started(START);
    for millis in [0, 10, 99] {
        budget.spent(at(millis));
        assert_eq!(stored(&path).writes(), 1);
    }
    assert_eq!(budget.deadline(), Some(at(100)));
    budget.tick(at(99));
    assert_eq!(stored(&path).writes(), 1);
    budget.tick(at(100));
    assert_eq!((stored(&path).writes(), budget.deadline()), (2, None));
    budget.spent(at(300));
    assert_eq!(stored(&path).writes(), 3);
}

#[test]
fn what_is_left_is_written_by_a_flush_and_by_the_end() {
    let (_folder, path) = folder();
    let mut budget = open(&path).unwrap();
    budget.started(START);
    budget.spent(at(1));
    budget.flush(at(2));
    assert_eq!(stored(&path).writes(), 2);
    budget.flush(at(3));
    assert_eq!(stored(&path).writes(), 2, "nothing had changed");
    budget.spent(at(4));
    drop(budget);
    assert_eq!(stored(&path).writes(), 3);
}

#[test]
fn a_clock_that_goes_back_does_not_hold_writes_back() {
    let (_folder, path) = folder();
    let mut budget = open(&path).unwrap();
    budget.started(at(3_600_000));
    budget.spent(START);
    assert_eq!(stored(&path).writes(), 2);
}

#[test]
fn a_second_process_on_one_record_is_refused_at_once() {
    let (_folder, path) = folder();
    let first = open(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error.fault(), BudgetFault::Locked));
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()) && text.contains("another process"), "{text}");
    drop(first);
    assert!(open(&path).is_ok());
}

#[test]
fn where_there_are_no_locks_a_second_writer_is_noticed_and_left_alone() {
    let (_folder, path) = folder();
    let mut budget = open(&path).unwrap();
    budget.started(START);
    write_record(&path, bot(), 99);
    budget.spent(at(200));
    let error = budget.last_error().unwrap();
    assert!(matches!(error.fault(), BudgetFault::Taken), "{error}");
    assert_eq!(stored(&path).owner(), 99);
    // It counts on all the same.
    assert!((0..2_000).any(|_| {
        budget.spent(at(300));
        budget.ask(at(300)).is_err()
    }));
    drop(budget);
    assert_eq!(stored(&path).owner(), 99);
}

#[test]
fn a_file_that_is_no_whole_record_of_this_bot_is_refused_and_kept() {
    let (folder, path) = folder();
    let other = BotId::of_token("NDU2.abc.secret");
    write_record(&path, other, 1);
    let whole = fs::read_to_string(&path).unwrap();
    for (contents, expected, advice) in [
        (whole.clone(), BudgetError::OtherBot, "of its own"),
        (whole[..60].to_owned(), BudgetError::Truncated, "delete it"),
        (String::new(), BudgetError::Truncated, "delete it"),
        (whole.replace("writes=1", "writes=2"), BudgetError::Damaged, "delete it"),
        (whole.replace("budget=2", "budget=9"), BudgetError::OtherVersion, "version"),
        ("x".repeat(100_000), BudgetError::Unreadable, "delete it"),
    ] {
        fs::write(&path, &contents).unwrap();
        let error = open(&path).unwrap_err();
        assert!(
            matches!(error.fault(), BudgetFault::Record(found) if *found == expected),
            "{error}"
        );
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()) && text.contains(advice), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), contents);
    }
    drop(folder);
}

#[test]
fn a_path_that_can_never_be_a_file_is_refused() {
    let (folder, path) = folder();
    fs::write(&path, "").unwrap();
    let below = open(&path.join("budget")).unwrap_err();
    assert!(matches!(below.fault(), BudgetFault::Read(_)), "{below}");
    let itself = open(folder.path()).unwrap_err();
    assert!(matches!(itself.fault(), BudgetFault::Read(_)), "{itself}");
}

#[test]
fn where_nothing_can_be_written_it_counts_in_memory_and_tries_again() {
    let (_folder, path) = folder();
    let obstacle = path.with_file_name("budget.tmp");
    fs::create_dir(&obstacle).unwrap();
    let mut budget = open(&path).unwrap();
    budget.started(START);
    let error = budget.last_error().unwrap();
    assert!(matches!(error.fault(), BudgetFault::Write(_)), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    while budget.ask(at(1)).is_ok() {
        budget.spent(at(1));
    }
    assert!(!path.exists());
    fs::remove_dir(&obstacle).unwrap();
    assert_eq!(budget.deadline(), Some(at(5_000)));
    budget.tick(at(5_000));
    assert!(budget.last_error().is_none());
    drop(budget);
    assert!(open(&path).unwrap().ask(at(5_001)).is_err());
}

#[test]
fn a_folder_that_is_gone_stops_nothing() {
    let (folder, path) = folder();
    let mut budget = open(&path).unwrap();
    folder.close().unwrap();
    budget.started(START);
    assert!(matches!(budget.last_error().unwrap().fault(), BudgetFault::Write(_)));
    assert_eq!(budget.ask(START), Ok(()));
}

#[test]
fn a_record_that_was_deleted_is_written_anew() {
    let (_folder, path) = folder();
    let mut budget = open(&path).unwrap();
    budget.started(START);
    fs::remove_file(&path).unwrap();
    budget.spent(at(200));
    assert_eq!(stored(&path).writes(), 2);
}

#[test]
fn what_an_earlier_process_left_half_written_is_no_obstacle() {
    let (_folder, path) = folder();
    fs::write(path.with_file_name("budget.tmp"), "half").unwrap();
    let mut budget = open(&path).unwrap();
    budget.started(START);
    assert_eq!(stored(&path).writes(), 1);
    assert!(!path.with_file_name("budget.tmp").exists());
}

#[cfg(unix)]
#[test]
fn only_its_user_may_read_the_record() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, path) = folder();
    open(&path).unwrap().started(START);
    for file in [path.clone(), path.with_file_name("budget.lock")] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_stops_nothing() {
    let (folder, _) = folder();
    if !is_bound_by_permissions(folder.path()) {
        println!("skipped: this user may write everywhere");
        return;
    }
    let path = folder.path().join("locked/budget");
    let mut budget = open(&path).unwrap();
    budget.started(START);
    assert!(matches!(budget.last_error().unwrap().fault(), BudgetFault::Write(_)));
    assert_eq!(budget.ask(START), Ok(()));
}
