//! Damage inside sled's intact records: gaps, flipped bits, a missing end mark. It is made
//! through sled itself, so that only our own checks stand in the way.

use journal::frame;
use journal::{Corruption, ReadError, Step, Sweep};

use super::*;

/// A journal of 200 events in many frames, and the keys of those frames.
fn many_frames() -> (Place, Vec<Vec<u8>>) {
    let place = Place::new();
    let journal = place.open();
    append(&journal, 150);
    append(&journal, 50);
    let keys = journal.store().scan_from(&[]).map(|item| item.unwrap().0.to_vec()).collect();
    drop(journal);
    (place, keys)
}

/// Changes the stored frames behind the journal's back.
fn tamper(place: &Place, change: impl FnOnce(&sled::Db)) {
    let journal = place.open();
    change(journal.store().sled());
}

fn tail_only() -> Options {
    Options { check: Check::Tail, ..options() }
}

#[track_caller]
fn corruption(result: Result<Vec<Entry>, ReadError>) -> (u64, Corruption) {
    match result {
        Err(ReadError::Corrupt { position, what }) => (position.get(), what),
        other => panic!("not corrupt: {other:?}"),
    }
}

#[test]
fn a_gap_is_refused_and_found_by_reads() {
    let (place, keys) = many_frames();
    let hole = frame::position_of(&keys[6]).unwrap().get();
    let found = frame::position_of(&keys[7]).unwrap();
    tamper(&place, |db| drop(db.remove(&keys[6]).unwrap()));
    for check in [Check::Frames, Check::Events] {
        let message = place.refusal(Options { check, ..options() });
        let expected =
            format!("DIR is corrupt at position {hole}: the next frame starts at {found}");
        assert!(message.contains(&expected), "{message}");
    }
    let journal = super::open(&place.dir(), tail_only()).unwrap();
    let gap = (hole, Corruption::Gap { found });
    assert_eq!(corruption(journal.read(at(1), ALL)), gap);
    assert_eq!(corruption(journal.read(at(hole), ALL)), gap);
    // Beside the hole there is nothing wrong.
    assert_eq!(journal.read(found, ALL).unwrap().len() as u64, 201 - found.get());
    let before = ReadLimit { events: hole as usize - 1, bytes: usize::MAX };
    assert_eq!(journal.read(at(1), before).unwrap().len(), before.events);
}

#[test]
fn a_missing_first_frame_is_refused() {
    let (place, keys) = many_frames();
    tamper(&place, |db| drop(db.remove(&keys[0]).unwrap()));
    let message = place.refusal(options());
    assert!(message.contains("DIR is corrupt at position 1: the next frame"), "{message}");
    let journal = super::open(&place.dir(), tail_only()).unwrap();
    assert_eq!(corruption(journal.read(at(1), ALL)), (1, Corruption::Missing));
}

#[test]
fn a_flipped_bit_is_found_by_position() {
    let (place, keys) = many_frames();
    let first = frame::position_of(&keys[6]).unwrap();
    let mut value = Vec::new();
    tamper(&place, |db| {
        value = db.get(&keys[6]).unwrap().unwrap().to_vec();
        *value.last_mut().unwrap() ^= 1;
        db.insert(&keys[6], value.clone()).unwrap();
    });
    let bad = frame::decode_header(first, &value).unwrap().last.get();
    let message = place.refusal(options());
    let expected =
        format!("DIR is corrupt at position {bad}: the event does not match its checksum");
    assert!(message.contains(&expected), "{message}");
    // Headers and keys are whole, so only a check of the events can see it.
    let frames_only = Options { check: Check::Frames, ..options() };
    let journal = super::open(&place.dir(), frames_only).unwrap();
    assert_eq!(corruption(journal.read(at(1), ALL)), (bad, Corruption::EventChecksum));
    let before = ReadLimit { events: bad as usize - 1, bytes: usize::MAX };
    assert_eq!(journal.read(at(1), before).unwrap().len(), before.events);
    assert_eq!(journal.read(at(bad + 1), ALL).unwrap().len() as u64, 200 - bad);
    // Writing goes on: the damage is in the past.
    append(&journal, 1);
}

/// What a crash in the middle of a commit leaves: nobody was told of it.
#[test]
fn the_beginning_of_a_commit_is_removed() {
    let (place, keys) = many_frames();
    let mark = "duty-ledger journal high-water 1\nposition 150\n";
    for left in 1..4 {
        tamper(&place, |db| {
            for key in &keys[keys.len() - left..] {
                db.remove(key).unwrap();
            }
        });
        fs::write(place.dir().join("HIGH-WATER"), mark).unwrap();
        let inspection = SledJournal::inspect(&place.dir(), 16 << 20).unwrap();
        assert_eq!(inspection.journal.head().unwrap(), Head::new(150));
        assert!(inspection.refusals.is_empty());
        drop(inspection);
        assert_holds(&place.open(), 150);
        append(&place.open(), 50);
        assert_holds(&place.open(), 200);
    }
}

#[test]
fn the_beginning_of_a_commit_that_was_durable_once_is_refused_and_kept() {
    let (place, keys) = many_frames();
    tamper(&place, |db| drop(db.remove(keys.last().unwrap()).unwrap()));
    let left = || {
        let inspection = SledJournal::inspect(&place.dir(), 16 << 20).unwrap();
        inspection.journal.store().scan_from(&[]).count()
    };
    assert_eq!(left(), keys.len() - 1);
    let message = place.refusal(options());
    assert!(message.contains("it ends at position 150, but position 200 was durable"), "{message}");
    assert_eq!(left(), keys.len() - 1);
}

#[test]
fn keys_that_are_not_positions_are_refused() {
    for (key, position) in [(&b"zebra, longer than eight"[..], 1), (b"", 1), (&[0; 9][..], 1)] {
        let (place, _) = many_frames();
        tamper(&place, |db| drop(db.insert(key, "stripes").unwrap()));
        let message = place.refusal(options());
        let expected = format!("corrupt at position {position}: a key is not a position");
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn what_is_behind_a_bad_event_can_still_be_read() {
    let (place, keys) = many_frames();
    let first = frame::position_of(&keys[6]).unwrap();
    let mut last = first;
    tamper(&place, |db| {
        let mut value = db.get(&keys[6]).unwrap().unwrap().to_vec();
        last = frame::decode_header(first, &value).unwrap().last;
        // The first byte of the first event: two headers of 8 bytes stand before it.
        value[16] ^= 1;
        db.insert(&keys[6], value).unwrap();
    });
    assert!(first < last, "the test needs a frame of several events");
    let inspection = SledJournal::inspect(&place.dir(), 8 << 20).unwrap();
    assert!(inspection.refusals.is_empty(), "{:?}", inspection.refusals);
    let journal = inspection.journal;
    assert_eq!(corruption(journal.read(first, ALL)), (first.get(), Corruption::EventChecksum));
    let behind = first.next().unwrap();
    assert_eq!(journal.read(behind, ALL).unwrap().len() as u64, 200 - first.get());
    let damaged: Vec<_> = Sweep::new(&journal, Head::new(200))
        .filter_map(|step| match step {
            Step::Entry(_) => None,
            Step::Damaged { positions, .. } => Some(positions),
        })
        .collect();
    assert_eq!(damaged, [first.get()..=first.get()]);
}

#[test]
fn an_inspection_tells_what_opening_refuses_and_changes_nothing() {
    let (place, keys) = many_frames();
    let last = keys.last().unwrap();
    tamper(&place, |db| drop(db.remove(last).unwrap()));
    fs::write(place.dir().join("HIGH-WATER"), "duty-ledger journal high-water 1\nposition 200\n")
        .unwrap();
    fs::write(
        place.dir().join("FORMAT"),
        format!("duty-ledger journal format 1\nledger {LEDGER}\n"),
    )
    .unwrap();
    let small = |name: &str| fs::read_to_string(place.dir().join(name)).unwrap();
    let before = (small("FORMAT"), small("HIGH-WATER"));
    let inspection = SledJournal::inspect(&place.dir(), 8 << 20).unwrap();
    assert_eq!((inspection.format, inspection.journal.ledger()), (1, LEDGER));
    assert!(matches!(inspection.refusals[..], [OpenError::TailLost { .. }]));
    let appended = inspection.journal.append(at(1), &[event(1)]);
    assert!(matches!(appended, Err(journal::AppendError::Closed)));
    drop(inspection);
    assert_eq!((small("FORMAT"), small("HIGH-WATER")), before);

    let nothing = Place::new();
    fs::create_dir(nothing.dir()).unwrap();
    let refused = SledJournal::inspect(&nothing.dir(), 8 << 20);
    assert!(matches!(refused, Err(OpenError::NoJournal { .. })));
    assert_eq!(fs::read_dir(nothing.dir()).unwrap().count(), 0);
}
