//! A sweep names every position once, whatever is damaged.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::*;
use crate::{AppendError, CloseError, MemoryJournal};

/// A journal with places that cannot be read, as an engine would report them.
struct Damaged {
    inner: MemoryJournal,
    /// By position: what is wrong there; `None` for an engine that only says that it failed.
    places: BTreeMap<u64, Option<Corruption>>,
}

impl Journal for Damaged {
    fn head(&self) -> Result<Head, ReadError> {
        self.inner.head()
    }

    fn append(&self, first: Position, events: &[Bytes]) -> Result<(), AppendError> {
        self.inner.append(first, events)
    }

    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<Entry>, ReadError> {
        let entries = self.inner.read(from, limit)?;
        for entry in &entries {
            match self.places.get(&entry.position.get()) {
                None => {}
                Some(Some(what)) => {
                    return Err(ReadError::Corrupt { position: entry.position, what: *what });
                }
                Some(None) => return Err(ReadError::Engine("the disk".into())),
            }
        }
        Ok(entries)
    }

    fn close(&self) -> Result<(), CloseError> {
        self.inner.close()
    }
}

#[track_caller]
fn check(events: u64, head: u64, places: &[(u64, Option<Corruption>)], expected: &str) {
    let inner = MemoryJournal::new();
    let bytes: Vec<Bytes> = (0..events).map(|n| Bytes::from(n.to_string())).collect();
    if !bytes.is_empty() {
        inner.append(Position::FIRST, &bytes).expect("appended");
    }
    let journal = Damaged { inner, places: places.iter().copied().collect() };
    let steps = Sweep::new(&journal, Head::new(head)).map(|step| match step {
        Step::Entry(entry) => entry.position.to_string(),
        Step::Damaged { positions, .. } => {
            format!("!{}-{}", positions.start(), positions.end())
        }
    });
    assert_eq!(steps.collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn every_position_comes_once() {
    let bad = Some(Corruption::EventChecksum);
    check(0, 0, &[], "");
    check(3, 3, &[], "1 2 3");
    // Only up to the head asked for, though there is more.
    check(5, 3, &[], "1 2 3");
    check(4, 4, &[(2, bad)], "1 !2-2 3 4");
    check(4, 4, &[(1, bad), (2, bad), (4, bad)], "!1-1 !2-2 3 !4-4");
    check(5, 5, &[(2, None), (3, None)], "1 !2-3 4 5");
    check(3, 3, &[(1, None), (2, None), (3, None)], "!1-3");
    let gap = Corruption::Gap { found: Position::new(4).expect("not 0") };
    check(5, 5, &[(2, Some(gap))], "1 !2-3 4 5");
    // A journal that ends before its head.
    check(2, 4, &[], "1 2 !3-4");
}
