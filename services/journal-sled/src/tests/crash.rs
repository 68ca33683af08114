//! kill -9 at random moments: what was acknowledged is there, in order, and nothing is half.
//!
//! The test runs its own binary again as the writer. `DUTY_LEDGER_KILLS` sets how often
//! it is killed, `DUTY_LEDGER_SEED` repeats a run's choices (not its timing). It is no
//! power cut: the page cache survives. What stands against that is the `fdatasync` in `store`.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

const DIR: &str = "DUTY_LEDGER_CRASH_DIR";
const CHILD_SEED: &str = "DUTY_LEDGER_CRASH_SEED";

/// An event that says which commit it belongs to; its length and filler follow from its position.
fn crash_event(position: u64, first: u64, count: u64) -> Bytes {
    let mut random = Random(position.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let len = match random.below(200) {
        0 => journal::EVENT_BYTES_MAX - 64,
        1..20 => random.below(5_000) as usize,
        _ => random.below(500) as usize,
    };
    let filler = random.next() as u8;
    let mut bytes = format!("{position} {first} {count} ").into_bytes();
    bytes.resize(bytes.len() + len, filler);
    Bytes::from(bytes)
}

/// The writer: appends and acknowledges until it is killed. Nothing in a normal run.
#[test]
fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let mut random = Random(env_number(CHILD_SEED).unwrap() | 1);
    let options = Options { high_water_every: Duration::from_millis(20), ..options() };
    let journal = SledJournal::open(Path::new(&dir), options).unwrap();
    loop {
        let first = journal.head().unwrap().next();
        let count = if random.below(20) == 0 { 400 } else { 1 + random.below(30) };
        let number = first.get();
        let events: Vec<Bytes> =
            (number..number + count).map(|n| crash_event(n, number, count)).collect();
        journal.append(first, &events).unwrap();
        let ack = format!("\nACK {}\n", journal.head().unwrap());
        let mut out = std::io::stdout().lock();
        out.write_all(ack.as_bytes()).and_then(|()| out.flush()).unwrap();
    }
}

/// Lets a writer work for `delay`, kills it, and returns the last position it acknowledged.
fn write_and_kill(dir: &Path, seed: u64, delay: Duration) -> u64 {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::child", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(CHILD_SEED, seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = writer.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        text
    });
    std::thread::sleep(delay);
    writer.kill().unwrap();
    let status = writer.wait().unwrap();
    let text = reader.join().unwrap();
    assert!(!status.success() && status.code().is_none(), "the writer ended by itself: {text}");
    // A line without its end may be cut short and acknowledges nothing.
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let mut acks = lines.filter_map(|line| line.strip_prefix("ACK "));
    acks.next_back().map_or(0, |number| number.parse().unwrap())
}

/// Checks every event and every commit, and returns how many events there are.
fn verify(dir: &Path) -> u64 {
    let journal = SledJournal::open(dir, options()).unwrap();
    let mut expected = 1;
    let mut commit_end = 0;
    loop {
        let limit = ReadLimit { events: 1_000, bytes: 1 << 20 };
        let read = journal.read(at(expected), limit).unwrap();
        if read.is_empty() {
            break;
        }
        for Entry { position, bytes } in read {
            assert_eq!(position.get(), expected);
            let head: Vec<u64> = bytes
                .splitn(4, |byte| *byte == b' ')
                .take(3)
                .map(|field| std::str::from_utf8(field).unwrap().parse().unwrap())
                .collect();
            let [stated, first, count] = head[..] else { panic!("malformed event") };
            assert_eq!(stated, expected);
            assert_eq!(bytes, crash_event(expected, first, count));
            if expected > commit_end {
                assert_eq!(first, expected, "a commit without its beginning");
                commit_end = first + count - 1;
            }
            assert_eq!(commit_end, first + count - 1);
            expected += 1;
        }
    }
    assert_eq!(commit_end, expected - 1, "half a commit at the end");
    assert_eq!(journal.head().unwrap(), Head::new(expected - 1));
    expected - 1
}

#[test]
fn kill_9_loses_nothing_acknowledged() {
    let kills = env_number("DUTY_LEDGER_KILLS").unwrap_or(15);
    let mut random = Random::announced("kill_9_loses_nothing_acknowledged");
    let place = Place::new();
    let mut held = 0;
    let mut acknowledged = 0;
    for kill in 1..=kills {
        // A third of the kills aim at the start of the process and the opening.
        let span = if random.below(3) == 0 { 40_000 } else { 300_000 };
        let delay = Duration::from_micros(random.below(span));
        let acked = write_and_kill(&place.dir(), random.next(), delay);
        if !place.dir().join("sled").exists() {
            continue;
        }
        let found = verify(&place.dir());
        let least = held.max(acked);
        assert!(found >= least, "kill {kill} after {delay:?}: {found} of {least} events are left");
        held = found;
        acknowledged = acknowledged.max(acked);
    }
    eprintln!("{kills} kills, {held} events held, {acknowledged} the last acknowledged");
    // Were the writer too slow to ever acknowledge, this test would prove nothing.
    assert!(acknowledged > 0 || kills < 10);
}
