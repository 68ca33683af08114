//! What opening accepts, refuses and cleans up.

use super::*;
use crate::FORMAT_VERSION;

#[test]
fn a_new_directory_is_laid_out() {
    let place = Place::new();
    let journal = place.open();
    assert_eq!(journal.ledger(), LEDGER);
    assert_eq!(journal.dir(), place.dir());
    let read = |name: &str| fs::read_to_string(place.dir().join(name)).unwrap();
    let format = "duty-ledger journal format 2\nledger 30313233343536373839616263646566\n";
    assert_eq!(read("FORMAT"), format);
    assert_eq!(read("HIGH-WATER"), "duty-ledger journal high-water 1\nposition 0\n");
    append(&journal, 3);
    journal.close().unwrap();
    assert_eq!(read("HIGH-WATER"), "duty-ledger journal high-water 1\nposition 3\n");
    let mut names: Vec<_> =
        fs::read_dir(place.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["FORMAT", "HIGH-WATER", "LOCK", "sled", "sled.kept"]);
}

#[test]
fn a_second_opener_learns_who_has_it() {
    let place = Place::new();
    let journal = place.open();
    let error = place.try_open().unwrap_err();
    let OpenError::Locked { holder, .. } = &error else { panic!("{error:?}") };
    assert_eq!(holder.pid, Some(std::process::id()));
    assert!(holder.host.is_some());
    assert!(holder.since.as_ref().unwrap().ends_with('Z'));
    let message = error.to_string();
    assert!(message.contains(&format!("in use by process {}", std::process::id())), "{message}");
    assert!(message.contains("stop that process"), "{message}");
    // It has not disturbed the first.
    append(&journal, 1);
    drop(journal);
    assert_holds(&place.open(), 1);
}

#[test]
fn a_lock_file_without_a_process_does_not_lock() {
    let place = Place::new();
    drop(place.open());
    fs::write(place.dir().join("LOCK"), "pid 1\nhost elsewhere\nsince long ago\n").unwrap();
    drop(place.open());
}

#[test]
fn a_foreign_directory_is_refused_and_left_alone() {
    let place = Place::new();
    fs::create_dir(place.dir()).unwrap();
    fs::write(place.dir().join("thesis.txt"), "years of work").unwrap();
    assert_eq!(
        place.refusal(options()),
        "DIR is not empty and holds no journal (no file FORMAT, but \"thesis.txt\"); \
         choose an empty directory, or the right one"
    );
    assert_eq!(fs::read_dir(place.dir()).unwrap().count(), 1);
}

#[test]
fn a_fresh_volume_and_a_creation_cut_short_are_empty() {
    let place = Place::new();
    fs::create_dir_all(place.dir().join("lost+found")).unwrap();
    fs::write(place.dir().join("LOCK"), "").unwrap();
    fs::write(place.dir().join("FORMAT.new"), "duty-led").unwrap();
    append(&place.open(), 1);
    assert_holds(&place.open(), 1);
}

#[test]
fn a_newer_format_is_refused() {
    let place = Place::new();
    drop(place.open());
    fs::write(place.dir().join("FORMAT"), "duty-ledger journal format 3\nshape round\n").unwrap();
    assert_eq!(
        place.refusal(options()),
        "the journal in DIR has format 3, this program knows format 2 only; \
         run the program version that wrote it, or a later one"
    );
}

#[test]
fn malformed_small_files_are_refused() {
    let format = "DIR/FORMAT is not as this program writes it";
    let high_water = "DIR/HIGH-WATER is not as this program writes it";
    let rows = [
        ("FORMAT", "", format),
        ("FORMAT", "duty-ledger journal format 2\n", format),
        ("FORMAT", "duty-ledger journal format 2\nledger 12\n", format),
        ("FORMAT", "duty-ledger journal format 0\nledger 30313233343536373839616263646566", format),
        ("HIGH-WATER", "", high_water),
        ("HIGH-WATER", "duty-ledger journal high-water 1\nposition -3\n", high_water),
        ("HIGH-WATER", "duty-ledger journal high-water 2\nposition 3\n", high_water),
    ];
    let rows = rows.map(|(name, text, expected)| (name, text.as_bytes(), expected));
    let no_text: [(_, &[u8], _); 2] =
        [("FORMAT", b"duty-\xff", format), ("HIGH-WATER", b"\xff\n", high_water)];
    for (name, bytes, expected) in rows.into_iter().chain(no_text) {
        let place = Place::new();
        drop(place.open());
        fs::write(place.dir().join(name), bytes).unwrap();
        let message = place.refusal(options());
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_missing_high_water_mark_is_not_taken_for_zero() {
    let place = Place::new();
    append(&place.open(), 5);
    fs::remove_file(place.dir().join("HIGH-WATER")).unwrap();
    let message = place.refusal(options());
    assert!(message.starts_with("DIR/HIGH-WATER is missing"), "{message}");
}

#[test]
fn another_ledger_is_refused_and_an_existing_id_kept() {
    let place = Place::new();
    drop(place.open());
    let other = LedgerId::from_bytes([7; 16]);
    let expecting = Options { expected_ledger: Some(other), ..options() };
    assert_eq!(
        place.refusal(expecting),
        format!(
            "the journal in DIR belongs to ledger {LEDGER}, not {other}; choose the right directory"
        )
    );
    let journal = open(&place.dir(), Options::new(other)).unwrap();
    assert_eq!(journal.ledger(), LEDGER);
}

#[test]
fn a_half_written_snapshot_is_removed() {
    let place = Place::new();
    append(&place.open(), 40);
    let leftover = place.dir().join("sled").join("snap.0000000000FFFFFF.generating");
    fs::write(&leftover, "half a snapshot").unwrap();
    // What it is about: sled itself fails on it for ever.
    let copy = place.0.path().join("copy");
    copy_dir(&place.dir().join("sled"), &copy);
    let config = sled::Config::new().path(&copy).segment_size(8 << 20).flush_every_ms(None);
    assert!(matches!(config.open(), Err(sled::Error::Corruption { .. })));
    assert_holds(&place.open(), 40);
    assert!(!leftover.exists());
}

#[test]
fn a_lost_tail_is_refused() {
    let place = Place::new();
    let journal = place.open();
    append(&journal, 10);
    drop(journal);
    let early = place.0.path().join("early");
    copy_dir(&place.dir().join("sled"), &early);
    append(&place.open(), 10);
    fs::remove_dir_all(place.dir().join("sled")).unwrap();
    copy_dir(&early, &place.dir().join("sled"));
    let message = "the journal in DIR has lost its tail: it ends at position 10, but position 20 \
         was durable once; keep a copy of the directory as it is and restore a backup that reaches \
         20 with `duty-ledger restore`";
    for check in [Check::Tail, Check::Frames, Check::Events] {
        assert_eq!(place.refusal(Options { check, ..options() }), message);
    }
}

#[test]
fn a_lost_log_is_refused_before_a_new_one_is_made() {
    let place = Place::new();
    append(&place.open(), 10);
    fs::remove_dir_all(place.dir().join("sled")).unwrap();
    let message = place.refusal(options());
    assert!(message.contains("ends at position 0, but position 10 was durable"), "{message}");
    assert!(!place.dir().join("sled").exists());
}

#[test]
fn garbage_instead_of_a_snapshot_is_moved_aside() {
    let place = Place::new();
    append(&place.open(), 10);
    // The second opening has something to write a snapshot of.
    drop(place.open());
    let mut spoilt = 0;
    for entry in fs::read_dir(place.dir().join("sled")).unwrap().map(|entry| entry.unwrap()) {
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            fs::write(entry.path(), "not a snapshot of any kind").unwrap();
            spoilt += 1;
        }
    }
    assert_eq!(spoilt, 1);
    assert_holds(&place.open(), 10);
    let mut kept = fs::read_dir(place.dir().join("sled.kept")).unwrap();
    let aside = |name: std::ffi::OsString| name.to_string_lossy().starts_with("damaged.snap.");
    assert!(kept.any(|entry| aside(entry.unwrap().file_name())));
}

#[test]
fn ledger_ids_are_read_as_written() {
    let id = LedgerId::random().unwrap();
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_ne!(id, LedgerId::random().unwrap());
    for text in ["", "30", "3031323334353637383961626364656G", "30313233343536373839616263646566 "]
    {
        assert!(text.parse::<LedgerId>().is_err());
    }
}

#[test]
fn an_older_format_is_upgraded_once_it_was_opened() {
    let place = Place::new();
    append(&place.open(), 3);
    let path = place.dir().join("FORMAT");
    let old = format!("duty-ledger journal format 1\nledger {LEDGER}\n");
    fs::write(&path, &old).unwrap();
    // Not opened, not upgraded.
    let other = LedgerId::from_bytes([1; 16]);
    place.refusal(Options { expected_ledger: Some(other), ..options() });
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
    assert_holds(&place.open(), 3);
    let new = format!("duty-ledger journal format {FORMAT_VERSION}\nledger {LEDGER}\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), new);
}

/// A power cut may make sled's removal of the old snapshot durable and not the name of the new one.
#[test]
fn a_snapshot_that_is_gone_is_brought_back() {
    let place = Place::new();
    append(&place.open(), 40);
    // sled writes its first snapshot when it opens what it has written, and we keep it next time.
    drop(place.open());
    drop(place.open());
    let sled = place.dir().join("sled");
    let snapshots = || {
        let files = fs::read_dir(&sled).unwrap().map(|entry| entry.unwrap().file_name());
        files.filter(|name| name.to_string_lossy().starts_with("snap.")).collect::<Vec<_>>()
    };
    assert!(!snapshots().is_empty());
    for name in snapshots() {
        fs::remove_file(sled.join(name)).unwrap();
    }
    crate::snapshots::secure(&place.dir(), &sled).unwrap();
    assert!(!snapshots().is_empty());
    assert_holds(&place.open(), 40);
}

/// The log is whole, and sled would refuse to open for the snapshot alone.
#[test]
fn a_damaged_snapshot_is_moved_aside() {
    for keep in [true, false] {
        let place = Place::new();
        append(&place.open(), 40);
        drop(place.open());
        drop(place.open());
        let sled = place.dir().join("sled");
        let files = fs::read_dir(&sled).unwrap().map(|entry| entry.unwrap().path());
        let snapshot = files.into_iter().find(|path| path.to_string_lossy().contains("snap."));
        let snapshot = snapshot.unwrap();
        let mut bytes = fs::read(&snapshot).unwrap();
        bytes[10] ^= 4;
        fs::write(&snapshot, bytes).unwrap();
        if !keep {
            fs::remove_dir_all(place.dir().join("sled.kept")).unwrap();
        }
        assert_holds(&place.open(), 40);
    }
}
