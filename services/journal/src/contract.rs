//! The contract as a test suite: every engine is run through the same cases.
//!
//! For test code only; it panics where the contract is broken. It cannot make an
//! engine fail, so poisoning is tested by each engine itself and by `fault`.
//!
//! ```
//! use std::sync::Arc;
//! use journal::{contract, Journal, MemoryJournal};
//!
//! struct Here(MemoryJournal);
//! impl contract::Location for Here {
//!     fn open(&self) -> Arc<dyn Journal> { Arc::new(self.0.reopen()) }
//! }
//! contract::run(&|| Box::new(Here(MemoryJournal::new())));
//! ```
#![allow(clippy::unwrap_used, reason = "test code: a panic is how a case fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bytes::Bytes;

use crate::{
    AppendError, EVENT_BYTES_MAX, Entry, Head, Journal, Position, ReadLimit, RecoverError,
};

/// A place that holds one journal, empty at first.
pub trait Location {
    /// Opens the journal there. Called again only after the last handle is dropped.
    fn open(&self) -> Arc<dyn Journal>;
}

/// One case of the suite.
pub type Case = fn(&dyn Location);

/// All cases by name, for engines that want to run them one by one.
pub const CASES: &[(&str, Case)] = &[
    ("a_new_journal_is_empty", a_new_journal_is_empty),
    ("events_come_back_as_appended", events_come_back_as_appended),
    ("only_head_plus_one_is_accepted", only_head_plus_one_is_accepted),
    ("limits_of_a_commit_are_refused", limits_of_a_commit_are_refused),
    ("reads_start_anywhere", reads_start_anywhere),
    ("reads_keep_their_limits", reads_keep_their_limits),
    ("largest_events_fit", largest_events_fit),
    ("reopening_keeps_everything", reopening_keeps_everything),
    ("closing_ends_appends_only", closing_ends_appends_only),
    ("recovering_a_sound_journal_changes_nothing", recovering_a_sound_journal_changes_nothing),
    ("one_of_two_writers_wins_each_position", one_of_two_writers_wins_each_position),
    ("readers_see_whole_commits_in_order", readers_see_whole_commits_in_order),
];

/// Runs every case, each in a location of its own.
pub fn run(new_location: &dyn Fn() -> Box<dyn Location>) {
    for (_, case) in CASES {
        case(&*new_location());
    }
}

const ALL: ReadLimit = ReadLimit { events: usize::MAX, bytes: usize::MAX };

fn at(number: u64) -> Position {
    Position::new(number).unwrap()
}

/// An event that tells its position apart from any other; lengths vary from 12 to 911 bytes.
fn event(number: u64) -> Bytes {
    let filler = (number.wrapping_mul(7_919) % 900) as usize;
    Bytes::from(format!("{number:012}{}", "x".repeat(filler)))
}

fn events(first: u64, count: u64) -> Vec<Bytes> {
    (first..first + count).map(event).collect()
}

fn append(journal: &dyn Journal, count: u64) {
    let first = journal.head().unwrap().next();
    journal.append(first, &events(first.get(), count)).unwrap();
}

#[track_caller]
fn assert_holds(journal: &dyn Journal, count: u64) {
    assert_eq!(journal.head().unwrap(), Head::new(count));
    let expected: Vec<Entry> =
        (1..=count).map(|n| Entry { position: at(n), bytes: event(n) }).collect();
    assert_eq!(journal.read(Position::FIRST, ALL).unwrap(), expected);
}

#[track_caller]
fn assert_conflict(result: Result<(), AppendError>, expected: u64) {
    match result {
        Err(AppendError::Conflict { head }) => assert_eq!(head, Head::new(expected)),
        other => panic!("expected a conflict, got {other:?}"),
    }
}

fn a_new_journal_is_empty(location: &dyn Location) {
    let journal = location.open();
    assert_holds(&*journal, 0);
    assert!(journal.read(at(5), ALL).unwrap().is_empty());
    assert!(journal.read(at(u64::MAX), ALL).unwrap().is_empty());
}

fn events_come_back_as_appended(location: &dyn Location) {
    let journal = location.open();
    for count in [1, 3, 1, 40, 2] {
        append(&*journal, count);
    }
    assert_holds(&*journal, 47);
    let odd = [Bytes::new(), Bytes::from_static(&[0, 255, 10]), Bytes::new()];
    journal.append(at(48), &odd).unwrap();
    let read = journal.read(at(48), ALL).unwrap();
    let bytes: Vec<Bytes> = read.into_iter().map(|entry| entry.bytes).collect();
    assert_eq!(bytes, odd);
}

fn only_head_plus_one_is_accepted(location: &dyn Location) {
    let journal = location.open();
    assert_conflict(journal.append(at(2), &events(2, 1)), 0);
    append(&*journal, 5);
    for number in [1, 3, 5, 7, 1_000, u64::MAX] {
        assert_conflict(journal.append(at(number), &[event(number)]), 5);
    }
    assert_holds(&*journal, 5);
    append(&*journal, 1);
    assert_holds(&*journal, 6);
}

fn limits_of_a_commit_are_refused(location: &dyn Location) {
    let journal = location.open();
    append(&*journal, 2);
    let long = Bytes::from(vec![1; EVENT_BYTES_MAX + 1]);
    // A wrong position as well: the limits are told first.
    for first in [at(3), at(9)] {
        assert!(matches!(journal.append(first, &[]), Err(AppendError::Empty)));
        match journal.append(first, &[event(3), long.clone()]) {
            Err(AppendError::EventTooLarge { index: 1, len }) => assert_eq!(len, long.len()),
            other => panic!("expected EventTooLarge, got {other:?}"),
        }
    }
    assert_holds(&*journal, 2);
}

fn reads_start_anywhere(location: &dyn Location) {
    let journal = location.open();
    append(&*journal, 60);
    append(&*journal, 1);
    append(&*journal, 9);
    for from in 1..=72 {
        let read = journal.read(at(from), ALL).unwrap();
        let positions: Vec<u64> = read.iter().map(|entry| entry.position.get()).collect();
        assert_eq!(positions, (from..=70).collect::<Vec<u64>>());
        assert!(read.iter().all(|entry| entry.bytes == event(entry.position.get())));
    }
}

fn reads_keep_their_limits(location: &dyn Location) {
    let journal = location.open();
    append(&*journal, 50);
    let count =
        |from, events, bytes| journal.read(at(from), ReadLimit { events, bytes }).unwrap().len();
    assert_eq!(count(1, 7, usize::MAX), 7);
    assert_eq!(count(45, 7, usize::MAX), 6);
    assert_eq!(count(1, 50, usize::MAX), 50);
    let three: usize = (11..=13).map(|number| event(number).len()).sum();
    assert_eq!(count(11, usize::MAX, three), 3);
    assert_eq!(count(11, usize::MAX, three - 1), 2);
    // A reader always moves on.
    assert_eq!(count(11, 0, 0), 1);
    assert_eq!(count(11, 5, 1), 1);
    assert_eq!(count(51, 0, 0), 0);
}

fn largest_events_fit(location: &dyn Location) {
    let journal = location.open();
    let large = |byte: u8| Bytes::from(vec![byte; EVENT_BYTES_MAX]);
    journal.append(at(1), &[large(1)]).unwrap();
    let batch: Vec<Bytes> = (2..40).map(large).collect();
    journal.append(at(2), &batch).unwrap();
    drop(journal);
    let journal = location.open();
    let read = journal.read(Position::FIRST, ALL).unwrap();
    assert_eq!(read.len(), 39);
    for entry in read {
        assert_eq!(entry.bytes, large(entry.position.get() as u8));
    }
}

fn reopening_keeps_everything(location: &dyn Location) {
    let mut held = 0;
    for count in [1, 17, 100] {
        let journal = location.open();
        assert_holds(&*journal, held);
        append(&*journal, count);
        held += count;
    }
    // Without an append in between, and after a clean close.
    let journal = location.open();
    assert_holds(&*journal, held);
    journal.close().unwrap();
    drop(journal);
    assert_holds(&*location.open(), held);
}

fn closing_ends_appends_only(location: &dyn Location) {
    let journal = location.open();
    append(&*journal, 3);
    journal.close().unwrap();
    journal.close().unwrap();
    assert!(matches!(journal.append(at(4), &events(4, 1)), Err(AppendError::Closed)));
    assert!(matches!(journal.append(at(9), &events(9, 1)), Err(AppendError::Closed)));
    assert!(matches!(journal.append(at(4), &[]), Err(AppendError::Empty)));
    assert_holds(&*journal, 3);
}

fn recovering_a_sound_journal_changes_nothing(location: &dyn Location) {
    let journal = location.open();
    append(&*journal, 3);
    assert_eq!(journal.recover().unwrap(), Head::new(3));
    append(&*journal, 2);
    assert_holds(&*journal, 5);
    journal.close().unwrap();
    assert!(matches!(journal.recover(), Err(RecoverError::Closed)));
}

fn one_of_two_writers_wins_each_position(location: &dyn Location) {
    const EACH: u64 = 40;
    let journal = location.open();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut head = Head::EMPTY;
                for _ in 0..EACH {
                    let mut first = head.next();
                    while let Err(error) = journal.append(first, &[event(first.get())]) {
                        let AppendError::Conflict { head: other } = error else {
                            panic!("neither appended nor a conflict: {error:?}");
                        };
                        // The winner's commit is there to read for whoever lost.
                        assert!(other.covers(first));
                        assert!(!journal.read(first, ALL).unwrap().is_empty());
                        first = other.next();
                    }
                    head = Head::at(first);
                }
            });
        }
    });
    assert_holds(&*journal, 2 * EACH);
}

fn readers_see_whole_commits_in_order(location: &dyn Location) {
    const COMMITS: u64 = 60;
    // Big enough for several frames, so that a half visible commit would be seen.
    const COMMIT: u64 = 20;
    let journal = location.open();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| follow(&*journal, &done, COMMIT, COMMITS * COMMIT));
        }
        for _ in 0..COMMITS {
            append(&*journal, COMMIT);
        }
        done.store(true, Ordering::Release);
    });
    assert_holds(&*journal, COMMITS * COMMIT);
}

/// Reads on until the writer is done, and checks each thing seen against the contract.
fn follow(journal: &dyn Journal, done: &AtomicBool, commit: u64, all: u64) {
    let mut seen = Head::EMPTY;
    loop {
        let finished = done.load(Ordering::Acquire);
        let before = journal.head().unwrap();
        let read = journal.read(seen.next(), ALL).unwrap();
        for entry in read {
            assert_eq!(entry.position, seen.next());
            assert_eq!(entry.bytes, event(entry.position.get()));
            seen = Head::at(entry.position);
        }
        assert!(before <= seen, "the head names an event that cannot be read");
        assert!(journal.head().unwrap() >= seen, "an event was read beyond the head");
        assert_eq!(seen.events() % commit, 0, "half a commit was seen");
        if finished {
            assert_eq!(seen.events(), all);
            return;
        }
    }
}
