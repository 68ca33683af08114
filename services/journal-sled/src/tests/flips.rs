//! Bits flipped in sled's own log: refused, reported or harmless, never silently wrong.
//!
//! sled panics, fails or loses the tail without a word, depending on where the bit is. It
//! is opened in a process of its own here, as a panic may break sled's threads for good.
//! `DUTY_LEDGER_FLIPS` sets how many bits.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

const DIR: &str = "DUTY_LEDGER_FLIP_DIR";
const EVENTS: u64 = 2_000;

/// Opens a damaged journal and compares what it says. Nothing in a normal run.
#[test]
fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let options = Options { check: Check::Tail, ..options() };
    match SledJournal::open(Path::new(&dir), options) {
        Err(error) => println!("\nOUTCOME refused: {error}"),
        Ok(journal) => {
            assert_eq!(journal.head().unwrap(), Head::new(EVENTS), "silently shorter");
            match journal.read(Position::FIRST, ALL) {
                Err(error) => println!("\nOUTCOME reported: {error}"),
                Ok(_) => {
                    assert_holds(&journal, EVENTS);
                    println!("\nOUTCOME whole");
                }
            }
        }
    }
}

fn outcome(dir: &Path) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::flips::child", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let outcome = text.lines().find_map(|line| line.strip_prefix("OUTCOME "));
    outcome.map(str::to_owned).unwrap_or_else(|| {
        panic!("no outcome: {text}\n{}", String::from_utf8_lossy(&output.stderr))
    })
}

#[test]
fn a_bit_flipped_on_disk_is_never_silently_wrong() {
    let flips = env_number("DUTY_LEDGER_FLIPS").unwrap_or(8);
    let mut random = Random::announced("a_bit_flipped_on_disk_is_never_silently_wrong");
    let place = Place::new();
    let journal = place.open();
    for _ in 0..EVENTS / 50 {
        append(&journal, 50);
    }
    drop(journal);
    let fresh = place.0.path().join("fresh");
    copy_dir(&place.dir(), &fresh);
    // Opening makes sled write a snapshot: another path through its recovery.
    drop(place.open());
    for flip in 0..flips {
        let source = if flip % 2 == 0 { &fresh } else { &place.dir() };
        let damaged = place.0.path().join("damaged");
        copy_dir(source, &damaged);
        let log = damaged.join("sled").join("db");
        let mut bytes = fs::read(&log).unwrap();
        let bit = random.below(bytes.len() as u64 * 8);
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
        fs::write(&log, bytes).unwrap();
        eprintln!("bit {bit}: {}", outcome(&damaged));
        fs::remove_dir_all(&damaged).unwrap();
    }
}
