//! Appends: no blob files, poison after a failure, refusal when the disk is full, and
//! the high-water mark that follows.

use std::fs::File;
use std::time::Duration;

use journal::{AppendError, EVENT_BYTES_MAX};
use rustix::fs::{Mode, OFlags, open};

use super::*;

#[test]
fn the_largest_events_never_become_blob_files() {
    let place = Place::new();
    let large = |number: u64| Bytes::from(vec![number as u8; EVENT_BYTES_MAX]);
    let mut next = 1;
    let mut commit = |journal: &SledJournal, count: u64| {
        let events: Vec<Bytes> = (next..next + count).map(large).collect();
        journal.append(at(next), &events).unwrap();
        next += count;
    };
    let journal = place.open();
    for _ in 0..60 {
        commit(&journal, 1);
    }
    for count in [2, 5, 16, 17, 33, 64, 150] {
        commit(&journal, count);
        commit(&journal, 1);
    }
    drop(journal);
    let journal = place.open();
    for count in [1, 40, 1] {
        commit(&journal, count);
    }
    assert_eq!(fs::read_dir(place.dir().join("sled").join("blobs")).unwrap().count(), 0);
    for entry in journal.read(at(1), ALL).unwrap() {
        assert_eq!(entry.bytes, large(entry.position.get()));
    }
    assert_eq!(journal.head().unwrap(), Head::new(next - 1));
}

#[test]
fn a_failed_sync_poisons_and_reads_go_on() {
    let place = Place::new();
    let mut journal = place.open();
    append(&journal, 30);
    // Such a descriptor cannot be synced: the commit is written, only not known durable.
    let unsyncable = open(place.dir(), OFlags::PATH, Mode::empty()).unwrap();
    journal.store_mut().replace_log(File::from(unsyncable));
    let error = journal.append(at(31), &[event(31)]).unwrap_err();
    assert!(matches!(&error, AppendError::Engine(_)), "{error:?}");
    assert!(error.poisons());
    assert_eq!(error.to_string(), "the journal's engine failed to write");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "cannot sync sled's log");
    for first in [31, 32] {
        let error = journal.append(at(first), &[event(first)]).unwrap_err();
        assert!(matches!(error, AppendError::Poisoned), "{error:?}");
    }
    assert_holds(&journal, 30);
    drop(journal);
    let mark = place.dir().join("SYNC-FAILED");
    assert!(mark.exists());
    // It had reached the disk after all, which only opening again can tell.
    assert_holds(&place.open(), 31);
    assert!(!mark.exists(), "the log was written anew");
}

#[test]
fn a_full_disk_is_refused_before_writing() {
    let place = Place::new();
    let mut journal = place.open();
    append(&journal, 5);
    journal.set_free_bytes_min(u64::MAX);
    let error = journal.append(at(6), &[event(6)]).unwrap_err();
    assert!(matches!(error, AppendError::StorageFull { poisoned: false }), "{error:?}");
    assert!(matches!(journal.append(at(7), &[event(7)]), Err(AppendError::Conflict { .. })));
    assert_holds(&journal, 5);
    journal.set_free_bytes_min(0);
    append(&journal, 1);
    assert_holds(&journal, 6);
}

#[test]
fn the_high_water_mark_follows_at_its_own_pace() {
    let place = Place::new();
    let mark = || fs::read_to_string(place.dir().join("HIGH-WATER")).unwrap();
    let slow = Options { high_water_every: Duration::from_secs(3_600), ..options() };
    let journal = super::open(&place.dir(), slow).unwrap();
    append(&journal, 4);
    assert!(mark().ends_with("position 0\n"));
    drop(journal);
    assert!(mark().ends_with("position 4\n"));
    let eager = Options { high_water_every: Duration::ZERO, ..options() };
    let journal = super::open(&place.dir(), eager).unwrap();
    append(&journal, 4);
    assert!(mark().ends_with("position 8\n"));
}
