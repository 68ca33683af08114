//! The faults do what they are called, and no more.

use crate::MemoryJournal;

use super::*;

const ALL: ReadLimit = ReadLimit { events: usize::MAX, bytes: usize::MAX };

fn event(text: &'static str) -> [Bytes; 1] {
    [Bytes::from_static(text.as_bytes())]
}

/// Appends three events with `fault` planned for the second, and tells how it went:
/// the outcomes, what this handle sees afterwards, what is seen after a restart.
fn run(fault: Fault) -> (Vec<String>, u64, usize, u64) {
    let journal = FaultJournal::failing_at(MemoryJournal::new(), 2, fault);
    let mut outcomes = Vec::new();
    for text in ["one", "two", "three"] {
        let first = journal.head().unwrap().next();
        outcomes.push(match journal.append(first, &event(text)) {
            Ok(()) => "ok".to_owned(),
            Err(error) => format!("{error:?}"),
        });
    }
    let head = journal.head().unwrap().events();
    let read = journal.read(Position::FIRST, ALL).unwrap().len();
    (outcomes, head, read, journal.inner().reopen().head().unwrap().events())
}

#[test]
fn before_write_stores_nothing_and_poisons() {
    let (outcomes, head, read, after) = run(Fault::BeforeWrite);
    assert_eq!(outcomes, ["ok", "Engine(Injected(BeforeWrite))", "Poisoned"]);
    assert_eq!((head, read, after), (1, 1, 1));
}

#[test]
fn after_write_stores_and_shows_it_only_after_a_restart() {
    let (outcomes, head, read, after) = run(Fault::AfterWrite);
    assert_eq!(outcomes, ["ok", "Engine(Injected(AfterWrite))", "Poisoned"]);
    assert_eq!((head, read, after), (1, 1, 2));
}

#[test]
fn storage_full_refuses_once_and_goes_on() {
    let (outcomes, head, read, after) = run(Fault::StorageFull);
    assert_eq!(outcomes, ["ok", "StorageFull { poisoned: false }", "ok"]);
    assert_eq!((head, read, after), (2, 2, 2));
}

#[test]
fn storage_full_in_write_poisons() {
    let (outcomes, head, read, after) = run(Fault::StorageFullInWrite);
    assert_eq!(outcomes, ["ok", "StorageFull { poisoned: true }", "Poisoned"]);
    assert_eq!((head, read, after), (1, 1, 1));
}

#[test]
fn a_lack_of_room_is_recovered_from_once_there_is_room() {
    for (fault, stored) in [(Fault::StorageFullInWrite, 1), (Fault::StorageFullAfterWrite, 2)] {
        let journal = FaultJournal::failing_at(MemoryJournal::new(), 2, fault);
        journal.append(Position::FIRST, &event("one")).unwrap();
        let second = Position::new(2).unwrap();
        let error = journal.append(second, &event("two")).unwrap_err();
        assert!(matches!(error, AppendError::StorageFull { poisoned: true }), "{error:?}");
        assert!(matches!(journal.recover(), Err(RecoverError::StorageFull)));
        assert_eq!(journal.head().unwrap(), Head::new(1));
        assert!(matches!(journal.append(second, &event("two")), Err(AppendError::Poisoned)));
        journal.make_room();
        assert_eq!(journal.recover().unwrap(), Head::new(stored));
        journal.append(Head::new(stored).next(), &event("three")).unwrap();
        assert_eq!(journal.recover().unwrap(), Head::new(stored + 1), "nothing to recover from");
    }
    let journal = FaultJournal::failing_at(MemoryJournal::new(), 1, Fault::BeforeWrite);
    journal.append(Position::FIRST, &event("one")).unwrap_err();
    journal.make_room();
    assert!(matches!(journal.recover(), Err(RecoverError::Poisoned)));
}

#[test]
fn refusals_do_not_count_as_writes() {
    let journal = FaultJournal::new(MemoryJournal::new());
    journal.plan(1, Fault::BeforeWrite);
    let far = Position::new(9).unwrap();
    assert!(matches!(journal.append(far, &event("x")), Err(AppendError::Conflict { .. })));
    assert!(matches!(journal.append(Position::FIRST, &[]), Err(AppendError::Empty)));
    assert_eq!(journal.writes(), 0);
    let error = journal.append(Position::FIRST, &event("x")).unwrap_err();
    assert!(error.poisons());
    assert_eq!(journal.writes(), 1);
}
