//! Tests of the engine on real directories. What every engine must do is the contract
//! suite's; here is what only this one does: opening, durability, damage, crashes.

mod crash;
mod damage;
mod flips;
mod opening;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use journal::contract::{self, Location};
use journal::{Entry, Head, Journal, Position, ReadLimit};
use tempfile::TempDir;

use crate::{Check, LedgerId, OpenError, Options, SledJournal};

const ALL: ReadLimit = ReadLimit { events: usize::MAX, bytes: usize::MAX };
const LEDGER: LedgerId = LedgerId::from_bytes(*b"0123456789abcdef");

/// A journal's directory that goes away with the test.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn dir(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    fn try_open(&self) -> Result<SledJournal, OpenError> {
        SledJournal::open(&self.dir(), options())
    }

    fn open(&self) -> SledJournal {
        open(&self.dir(), options()).unwrap()
    }

    /// Opens, which must fail, and returns the message with the directory as `DIR`.
    #[track_caller]
    fn refusal(&self, options: Options) -> String {
        match open(&self.dir(), options) {
            Ok(_) => panic!("opened"),
            Err(error) => error.to_string().replace(&self.dir().display().to_string(), "DIR"),
        }
    }
}

/// Opens a journal. Another test that starts a process shares our locks with it for a moment,
/// until the new program runs.
fn open(dir: &Path, options: Options) -> Result<SledJournal, OpenError> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match SledJournal::open(dir, options.clone()) {
            Err(OpenError::Locked { .. }) if Instant::now() < deadline => std::thread::yield_now(),
            outcome => return outcome,
        }
    }
}

impl Location for Place {
    fn open(&self) -> Arc<dyn Journal> {
        Arc::new(Place::open(self))
    }
}

#[test]
fn sled_keeps_the_contract() {
    contract::run(&|| Box::new(Place::new()));
}

fn options() -> Options {
    Options { cache_bytes: 16 << 20, check: Check::Events, ..Options::new(LEDGER) }
}

fn at(number: u64) -> Position {
    Position::new(number).unwrap()
}

fn event(number: u64) -> Bytes {
    Bytes::from(format!("event {number} {}", "y".repeat((number % 700) as usize)))
}

fn append(journal: &dyn Journal, count: u64) {
    let first = journal.head().unwrap().next();
    let events: Vec<Bytes> = (first.get()..).take(count as usize).map(event).collect();
    journal.append(first, &events).unwrap();
}

#[track_caller]
fn assert_holds(journal: &dyn Journal, count: u64) {
    assert_eq!(journal.head().unwrap(), Head::new(count));
    let read = journal.read(Position::FIRST, ALL).unwrap();
    assert_eq!(read.len() as u64, count);
    for (number, Entry { position, bytes }) in (1..).zip(read) {
        assert_eq!((position.get(), bytes), (number, event(number)));
    }
}

/// xorshift64*: repeatable randomness without a dependency.
struct Random(u64);

impl Random {
    /// Seeded by the variable `DUTY_LEDGER_SEED` or the clock, and says by what.
    fn announced(test: &str) -> Random {
        let seed = env_number("DUTY_LEDGER_SEED").unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
        });
        eprintln!("{test}: DUTY_LEDGER_SEED={seed}");
        Random(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn env_number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
