//! Known faults of sled, and damage of any kind, under the real binary: harmless, mended, or
//! refused with what, where and the way out in both languages. Never silently wrong.
//!
//! `DUTY_LEDGER_FLIPS` sets how many bits are flipped, `DUTY_LEDGER_SEED` repeats a run.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::powercut::strace;
use crate::support::child::{self, Ran, Server, serve};
use crate::support::events::{batch, meeting};
use crate::support::random::Random;
use crate::support::service::Clients;
use crate::support::{directory, entries, environment_number, fast_directory, seed, wait_for};

/// Bits flipped in a normal run.
const FLIPS: usize = 60;

/// A directory with `count` events, and how many entries it holds.
fn filled(data: &Path, lives: u128, count: u128) -> u64 {
    let mut held = 0;
    for life in 0..lives {
        let server = Server::start(data);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        held = runtime.block_on(async {
            let clients = Clients::connect(&server.api).await;
            if life == 0 {
                seed::registry(&clients).await;
            }
            for number in 0..count {
                let events = (0..8).map(|part| meeting(1 + 8 * (life * count + number) + part));
                let answer = clients.events.clone().append_events(batch(events.collect())).await;
                answer.expect("accepted");
            }
            entries(&clients).await.len() as u64
        });
        drop(runtime);
        server.terminate();
    }
    held
}

fn verify(data: &Path) -> Ran {
    child::run(["verify", "--data-dir", data.to_str().expect("UTF-8"), "--output", "json"])
}

/// The root of a sound ledger.
#[track_caller]
fn root(ran: &Ran) -> (u64, String) {
    let report = ran.json();
    assert_eq!(report["ok"], true, "{ran:#?}");
    (report["size"].as_u64().expect("a size"), report["root"].as_str().expect("hex").to_owned())
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.expect("cp").success());
}

fn snapshots(data: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(data.join("sled")).expect("a directory");
    let paths = files.map(|entry| entry.expect("an entry").path());
    let is_snapshot = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."))
    };
    paths.filter(is_snapshot).collect()
}

/// Killed anywhere in the write of a snapshot, which sled makes when it opens: what is left over
/// would keep sled from ever opening again.
#[test]
fn an_interrupted_snapshot_is_cleaned_up() {
    let place = directory();
    let data = place.path().join("data");
    filled(&data, 1, 30);
    // What the snapshot will be called depends on the log alone.
    let trial = place.path().join("trial");
    copy(&data, &trial);
    let expected = root(&verify(&trial));
    Server::start(&trial).terminate();
    let name = snapshots(&trial).pop().expect("a snapshot");
    let name = name.file_name().expect("a name").to_string_lossy().into_owned();
    for (call, when) in [("write", 1), ("write", 2), ("write", 3), ("fsync", 1), ("rename", 1)] {
        let data = {
            let copied = place.path().join(format!("{call}-{when}"));
            copy(&data, &copied);
            copied
        };
        let leftover = data.join("sled").join(format!("{name}.generating"));
        let fault = format!("{call}:signal=KILL:when={when}");
        let mut killed =
            strace::inject(&fault, Some(&leftover), &serve(&data)).spawn().expect("strace starts");
        let status = wait_for("the kill", || killed.try_wait().expect("a child"));
        assert!(!status.success());
        assert!(leftover.exists() || call == "rename", "killed in the middle: {call} {when}");
        assert_eq!(root(&verify(&data)), expected, "{call} {when}");
        let server = Server::start(&data);
        server.terminate();
        assert!(!leftover.exists());
    }
}

/// What opening refuses, it refuses in both languages, with the way out.
#[test]
fn what_does_not_open_says_why_and_what_to_do() {
    type Spoil = fn(&Path);
    let rows: [(&str, Spoil, &[&str]); 4] = [
        (
            "a log that is none",
            |data| {
                let log =
                    fs::File::options().write(true).open(data.join("sled/db")).expect("a log");
                let len = log.metadata().expect("a length").len();
                let noise: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
                log.write_all_at(&noise, 0).expect("room");
            },
            &["duty-ledger restore", "恢复"],
        ),
        (
            "no log",
            |data| fs::remove_dir_all(data.join("sled")).expect("a directory"),
            &["duty-ledger restore", "末尾丢失", "has lost its tail"],
        ),
        (
            "no mark",
            |data| fs::remove_file(data.join("HIGH-WATER")).expect("a file"),
            &["HIGH-WATER", "缺失", "恢复", "is missing", "restore"],
        ),
        (
            "a newer format",
            |data| {
                let text = "duty-ledger journal format 99\n";
                fs::write(data.join("FORMAT"), text).expect("room");
            },
            &["format 99", "格式 99"],
        ),
    ];
    let place = directory();
    let sound = place.path().join("sound");
    filled(&sound, 1, 10);
    for (what, spoil, words) in rows {
        let data = place.path().join("spoilt");
        copy(&sound, &data);
        spoil(&data);
        let output = serve(&data).output().expect("it ends by itself");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        for word in words {
            assert!(text.contains(word), "{what} does not say {word:?}: {text}");
        }
        let ran = verify(&data).exits(1);
        let report = ran.json();
        let finding = &report["findings"][0];
        assert!(finding["zh"].as_str().is_some_and(|zh| !zh.is_empty()), "{what}: {ran:#?}");
        assert!(finding["en"].as_str().is_some_and(|en| !en.is_empty()), "{what}: {ran:#?}");
        if what == "no mark" {
            assert_eq!(
                (&finding["what"], &finding["file"]),
                (&"MISSING".into(), &"HIGH-WATER".into())
            );
        }
        fs::remove_dir_all(&data).expect("a directory");
    }
}

/// Every file below a directory with its length.
fn files(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path(), entry.metadata().expect("a length").len()));
        }
    }
    found.retain(|(path, len)| 0 < *len && !path.ends_with("LOCK"));
    found.sort();
    found
}

/// A bit flipped in any file: the check says that all is well only where the root is the true
/// one, and else names a position, a file or the directory.
#[test]
fn a_flipped_bit_is_never_silently_wrong() {
    let flips = environment_number("DUTY_LEDGER_FLIPS").unwrap_or(FLIPS);
    let mut random = Random::from_environment();
    println!("DUTY_LEDGER_SEED={} DUTY_LEDGER_FLIPS={flips}", random.seed());
    let place = directory();
    let sound = place.path().join("sound");
    // Two lives: the second has opened with a snapshot, and left a log behind it.
    let size = filled(&sound, 2, 20);
    let truth = {
        let checked = place.path().join("checked");
        copy(&sound, &checked);
        root(&verify(&checked))
    };
    assert_eq!(truth.0, size);
    let (mut harmless, mut told) = (0, 0);
    for flip in 0..flips {
        let place = fast_directory();
        let data = place.path().join("data");
        copy(&sound, &data);
        let files = files(&data);
        // Half of them in the log, the rest in any file.
        let log = files.iter().position(|(path, _)| path.ends_with("sled/db")).expect("a log");
        let chosen = if flip % 2 == 0 { log } else { random.below(files.len()) };
        let (path, len) = &files[chosen];
        let (at, bit) = (random.next() % len, random.below(8));
        let file = fs::File::options().read(true).write(true).open(path).expect("a file");
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).expect("a byte");
        byte[0] ^= 1 << bit;
        file.write_all_at(&byte, at).expect("a byte");
        drop(file);
        let what = format!("bit {bit} of byte {at} in {}", path.display());
        let ran = verify(&data);
        let report = ran.json();
        if ran.code == Some(0) {
            assert_eq!(root(&ran), truth, "silently wrong: {what}");
            harmless += 1;
            continue;
        }
        let finding = &report["findings"][0];
        let named = finding["position"].is_u64() || finding["file"].is_string();
        let said =
            finding["en"].as_str().is_some_and(|en| en.contains(data.to_str().expect("UTF-8")));
        assert!(named || said, "{what}: {ran:#?}");
        told += 1;
    }
    println!("{harmless} harmless, {told} told");
}
