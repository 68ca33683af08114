//! The contract suite over what this crate implements, and the small types.

use std::sync::Arc;

use crate::contract::{self, Location};
use crate::*;

struct InMemory(MemoryJournal);

impl Location for InMemory {
    fn open(&self) -> Arc<dyn Journal> {
        Arc::new(self.0.reopen())
    }
}

struct Decorated(MemoryJournal);

impl Location for Decorated {
    fn open(&self) -> Arc<dyn Journal> {
        Arc::new(FaultJournal::new(self.0.reopen()))
    }
}

#[test]
fn memory_keeps_the_contract() {
    contract::run(&|| Box::new(InMemory(MemoryJournal::new())));
}

#[test]
fn fault_decorator_without_a_plan_keeps_the_contract() {
    contract::run(&|| Box::new(Decorated(MemoryJournal::new())));
}

#[test]
fn positions_have_no_zero_and_no_end_to_fall_off() {
    assert_eq!(Position::new(0), None);
    assert_eq!(Position::FIRST.get(), 1);
    assert_eq!(Position::FIRST.next(), Position::new(2));
    assert_eq!(Position::new(u64::MAX).and_then(Position::next), None);
    assert_eq!(Position::FIRST.checked_sub(1), None);
    assert_eq!(Head::EMPTY.last(), None);
    assert_eq!(Head::EMPTY.next(), Position::FIRST);
    assert_eq!(Head::new(7).next().get(), 8);
    assert_eq!(Head::new(u64::MAX).next().get(), u64::MAX);
    assert!(Head::new(7).covers(Position::new(7).unwrap()));
    assert!(!Head::new(7).covers(Position::new(8).unwrap()));
}

#[test]
fn limits_are_refused_in_order_of_precedence() {
    let one = |len: usize| Bytes::from(vec![0; len]);
    let shared = one(EVENT_BYTES_MAX);
    let rows: [(Vec<Bytes>, &str); 6] = [
        (vec![], "the commit holds no event"),
        (
            vec![one(EVENT_BYTES_MAX + 1); COMMIT_EVENTS_MAX + 1],
            "the commit holds 65537 events, more than 65536",
        ),
        (
            vec![one(0), one(EVENT_BYTES_MAX + 1)],
            "event 1 of the commit has 65536 bytes, more than 65535",
        ),
        (vec![shared.clone(); 1_025], "the commit has 67173375 bytes, more than 67108864"),
        (vec![shared; 1_024], ""),
        (vec![Bytes::new(); COMMIT_EVENTS_MAX], ""),
    ];
    for (events, expected) in rows {
        let message = check_commit(&events).err().map(|error| error.to_string());
        assert_eq!(message.unwrap_or_default(), expected);
    }
}
