//! A check looks at everything the service needs to start and to be believed: its signing keys,
//! both signatures of what they signed, and the keys of persons.

use std::fs;
use std::path::Path;

use duty_ledger::config::Config;
use duty_ledger::pb;
use duty_ledger::persons::Kek;
use merkle::KeyName;
use merkle::signer::LogSigner;
use serde_json::Value;

use super::verify::{copy, file, found, one};
use super::{TODAY, command, published, stop, text};
use crate::support::child::{Ran, command as child};
use crate::support::clock::TestClock;
use crate::support::directory;
use crate::support::seed::{self, RECORDER, VERIFIER, key};
use crate::support::service::{Service, config};

const KEK: [u8; 32] = [1; 32];
const NAME: &str = "示例人员";

/// A service that has the key of keys.
async fn with_names(dir: &Path) -> Service {
    let person_kek = Some(Kek::from_bytes(KEK));
    let clock = std::sync::Arc::new(TestClock::at(TODAY));
    Service::configured(&Config { person_kek, ..config() }, dir, clock).await
}

fn named(person: &str, name: &str, amend: bool) -> pb::RegisterPersonRequest {
    pb::RegisterPersonRequest {
        event_id: key(&format!("named/{person}/{name}")),
        text: Some(pb::PersonalText { name_zh: name.to_owned(), ..Default::default() }),
        amend,
        ..seed::person(person)
    }
}

/// A ledger with names: of `p-1` twice, of `p-2`, and of `p-3`, who was erased.
async fn ledger(dir: &Path) -> u64 {
    let service = with_names(dir).await;
    seed::all(&service.clients).await;
    let mut registry = service.clients.registry.clone();
    for request in [
        named("p-1", NAME, false),
        named("p-1", "示例新名", true),
        named("p-2", NAME, false),
        named("p-3", NAME, false),
    ] {
        registry.register_person(request).await.expect("registered");
    }
    let erasure = pb::ErasePersonRequest {
        recorder: RECORDER.to_owned(),
        event_id: key("erasure"),
        person_id: "p-3".to_owned(),
        document_number: "柳科发〔2026〕12号".to_owned(),
        reason: "本人依法申请删除个人信息".to_owned(),
        approver: VERIFIER.to_owned(),
    };
    registry.erase_person(erasure).await.expect("erased");
    let size = published(dir, &service.clients).await;
    drop(registry);
    stop(service, dir).await;
    size
}

/// A check of a directory, with a key of keys or without.
fn check(dir: &Path, kek: Option<[u8; 32]>, args: &[&str]) -> Ran {
    let mut command = child();
    command.args(["verify", "--output", "json", "--data-dir", text(dir)]).args(args);
    if let Some(kek) = kek {
        let digits: String = kek.iter().map(|byte| format!("{byte:02x}")).collect();
        command.env("DUTY_LEDGER_PERSON_KEK", digits);
    }
    let output = tokio::task::block_in_place(|| command.output()).expect("the binary starts");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn unchecked(report: &Value) -> Vec<&str> {
    let list = report["unchecked"].as_array().expect("a list");
    list.iter().map(|one| one["what"].as_str().expect("a word")).collect()
}

/// Every finding names its file, and both languages say what to do.
#[track_caller]
fn says_the_way_out(report: &Value) {
    for finding in report["findings"].as_array().expect("a list") {
        let file = finding["file"].as_str().expect("a file");
        for (language, ways) in [
            ("zh", &["恢复", "放回", "改用", "补签", "再次运行", "改正"][..]),
            ("en", &["restore", "put ", "use ", "start the service", "run ", "mend"]),
        ] {
            let said = finding[language].as_str().expect("words");
            assert!(said.contains(file), "{language} does not name {file}: {said}");
            assert!(ways.iter().any(|way| said.contains(way)), "no way out: {said}");
        }
    }
}

/// Puts something else in place of a part of a file.
fn change(path: &Path, was: &str, is: &str) {
    let text = fs::read_to_string(path).expect("a file");
    assert!(text.contains(was), "{was} is not in {text}");
    fs::write(path, text.replacen(was, is, 1)).expect("written");
}

/// Changes a digit near the end of a signature of a note, the first or the second.
fn spoil(path: &Path, signature: usize) {
    let note = fs::read_to_string(path).expect("a note");
    let mut lines: Vec<String> = note.lines().map(str::to_owned).collect();
    let first = lines.iter().position(String::is_empty).expect("a blank line") + 1;
    let line = &mut lines[first + signature];
    let at = line.len() - 20;
    let digit = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
    line.replace_range(at..=at, digit);
    fs::write(path, lines.join("\n") + "\n").expect("written");
}

fn origin(dir: &Path) -> String {
    let note = fs::read_to_string(dir.join("CHECKPOINT")).expect("a note");
    note.lines().next().expect("an origin").to_owned()
}

fn another_key(dir: &Path) -> LogSigner {
    LogSigner::ed25519(KeyName::new(&origin(dir)).expect("a name"), &[9; 32]).expect("a key")
}

fn another_sm2(dir: &Path) -> LogSigner {
    LogSigner::sm2(KeyName::new(&origin(dir)).expect("a name"), &[9; 32]).expect("a key")
}

type Plant<'a> = &'a dyn Fn(&Path);
type Expected<'a> = &'a [(String, Option<u64>)];

#[tokio::test(flavor = "multi_thread")]
async fn the_signing_keys_and_both_signatures_are_checked() {
    let place = directory();
    let sound = place.path().join("sound");
    ledger(&sound).await;
    assert_eq!(check(&sound, Some(KEK), &[]).exits(0).json()["unchecked"], serde_json::json!([]));
    let (ed25519, sm2) = ("keys/log.ed25519", "keys/log.sm2");
    let cases: [(&str, Plant<'_>, Expected<'_>); 11] = [
        ("lost", &|dir| remove(dir, ed25519), &[file("LOG_KEY_MISSING")]),
        ("lost-sm2", &|dir| remove(dir, sm2), &[file("LOG_KEY_MISSING")]),
        (
            "damaged",
            &|dir| change(&dir.join(ed25519), "PRIVATE", "PRIVATF"),
            &[file("LOG_KEY_DAMAGED")],
        ),
        ("no-text", &|dir| write(dir, sm2, b"\xff\xfe"), &[file("LOG_KEY_DAMAGED")]),
        (
            "other",
            &|dir| write(dir, ed25519, another_key(dir).to_private_text().as_bytes()),
            &[file("LOG_KEY_OTHER")],
        ),
        (
            "other-sm2",
            &|dir| write(dir, sm2, another_sm2(dir).to_private_text().as_bytes()),
            &[file("LOG_KEY_OTHER")],
        ),
        ("sm2-line", &|dir| spoil(&dir.join("CHECKPOINT"), 1), &[file("CHECKPOINT_SIGNATURE")]),
        ("first-line", &|dir| spoil(&dir.join("CHECKPOINT"), 0), &[file("CHECKPOINT_SIGNATURE")]),
        (
            "no-sm2-line",
            &|dir| {
                let path = dir.join("CHECKPOINT");
                let note = fs::read_to_string(&path).expect("a note");
                let end = note.trim_end().rfind('\n').expect("lines") + 1;
                fs::write(&path, &note[..end]).expect("written");
            },
            &[file("CHECKPOINT_SIGNATURE")],
        ),
        (
            "published",
            &|dir| {
                fs::copy(dir.join("CHECKPOINT"), dir.join("PUBLISHED")).expect("copied");
                spoil(&dir.join("PUBLISHED"), 1);
            },
            &[file("CHECKPOINT_SIGNATURE")],
        ),
        ("no-text-note", &|dir| write(dir, "CHECKPOINT", b"\xff"), &[file("CHECKPOINT_SIGNATURE")]),
    ];
    for (name, plant, expected) in cases {
        let dir = place.path().join(name);
        copy(&sound, &dir);
        plant(&dir);
        let report = check(&dir, Some(KEK), &[]).exits(1).json();
        assert_eq!(found(&report), expected, "{name}: {report:#}");
        says_the_way_out(&report);
        let said = report["findings"].to_string();
        let bad = match name {
            "first-line" => "Ed25519",
            "sm2-line" | "no-sm2-line" | "published" => "SM2",
            _ => "",
        };
        assert!(said.contains(bad), "{name} does not say which is bad: {said}");
    }
    // Whoever is given the public keys needs no private ones, and believes no others.
    let dir = place.path().join("by-vkey");
    copy(&sound, &dir);
    let keys = command(&["keys", "--data-dir", text(&sound)]).exits(0).out;
    let keys: Vec<&str> = keys.lines().take(2).flat_map(|key| ["--vkey", key]).collect();
    fs::remove_dir_all(dir.join("keys")).expect("removed");
    check(&dir, Some(KEK), &keys).exits(0);
    let stranger = another_key(&dir).verifier().to_string();
    let report = check(&dir, Some(KEK), &["--vkey", &stranger]).exits(1).json();
    assert_eq!(found(&report), [file("CHECKPOINT_SIGNATURE")]);
    // A backup is one of entries: it does without keys, unless they are to go into it.
    let save = |name: &str, args: &[&str]| {
        let backup = place.path().join(name);
        command(&[&["backup", text(&backup), "--data-dir", text(&dir)], args].concat())
    };
    save("without.dlbackup", &[]).exits(0);
    write(&dir, ed25519, b"nothing");
    save("also-without.dlbackup", &[]).exits(0);
    let refused = save("with.dlbackup", &["--include-signing-keys"]).exits(1);
    assert!(refused.err.contains(ed25519), "{refused:?}");
}

fn remove(dir: &Path, name: &str) {
    fs::remove_file(dir.join(name)).expect("removed");
}

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    fs::create_dir_all(dir.join(name).parent().expect("a parent")).expect("a directory");
    fs::write(dir.join(name), bytes).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_gone_is_a_finding() {
    let place = directory();
    let sound = place.path().join("sound");
    ledger(&sound).await;
    let cases: [(&str, Plant<'_>); 3] = [
        ("with-marker", &|_| {}),
        ("of-before-the-marker", &|dir| remove(dir, "CHECKPOINT.signed")),
        ("keys-alone", &|dir| {
            remove(dir, "CHECKPOINT.signed");
            fs::remove_dir_all(dir.join("tree")).expect("removed");
            fs::remove_dir_all(dir.join("snapshots")).expect("removed");
        }),
    ];
    for (name, plant) in cases {
        let dir = place.path().join(name);
        copy(&sound, &dir);
        remove(&dir, "CHECKPOINT");
        plant(&dir);
        let report = check(&dir, Some(KEK), &[]).exits(1).json();
        assert_eq!(found(&report), [file("CHECKPOINT_MISSING")], "{name}: {report:#}");
        says_the_way_out(&report);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_keys_are_the_ones_looked_at() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (dir, key_file, settings) = (at("ledger"), at("log.key"), at("config.toml"));
    let name = KeyName::new("ledger.example/city").expect("a name");
    let signer = LogSigner::ed25519(name, &[5; 32]).expect("a key");
    fs::write(&key_file, signer.to_private_text()).expect("written");
    let config = Config {
        origin: "ledger.example/city".to_owned(),
        log_key_file: key_file.clone(),
        ..config()
    };
    let clock = std::sync::Arc::new(TestClock::at(TODAY));
    let service = Service::configured(&config, &dir, clock).await;
    seed::all(&service.clients).await;
    published(&dir, &service.clients).await;
    let admin = format!("http://{}", service.admin());
    let online = ["verify", "--server", &admin, "--output", "json"];
    command(&online).exits(0);
    // A running service looks at its files as well: it needs them when it starts again.
    let kept = fs::read(&key_file).expect("a key");
    fs::remove_file(&key_file).expect("removed");
    let report = command(&online).exits(1).json();
    assert_eq!(found(&report), [file("LOG_KEY_MISSING")]);
    fs::write(&key_file, another_key(&dir).to_private_text()).expect("written");
    let report = command(&online).exits(1).json();
    assert_eq!(found(&report), [file("LOG_KEY_OTHER")]);
    fs::write(&key_file, &kept).expect("written");
    stop(service, &dir).await;

    let write_settings = |origin: &str| {
        let text = format!("log_key_file = \"{}\"\norigin = \"{origin}\"\n", text(&key_file));
        fs::write(&settings, text).expect("written");
    };
    write_settings("ledger.example/city");
    let by_config = ["--config", text(&settings)];
    let report = check(&dir, None, &by_config).exits(0).json();
    assert!(report["compared"].to_string().contains("log.key.signed"), "{report:#}");
    let report = check(&dir, None, &[]).exits(1).json();
    assert_eq!(found(&report), [file("LOG_KEY_MISSING")], "{report:#}");
    write_settings("");
    let report = check(&dir, None, &by_config).exits(1).json();
    assert_eq!(found(&report), [file("LOG_KEY_OTHER_LOG")], "{report:#}");
    says_the_way_out(&report);
    write_settings("ledger.example/city");
    // The guard record is ahead of an older copy of the directory.
    let guard = at("log.key.signed");
    change(&guard, "ledger.example/city\n", "ledger.example/town\n");
    let report = check(&dir, None, &by_config).exits(1).json();
    assert_eq!(found(&report), [file("CHECKPOINT_SIGNATURE")], "{report:#}");
    fs::write(&settings, "log_key_file = 7\n").expect("written");
    assert!(check(&dir, None, &by_config).exits(64).err.contains("log_key_file"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_persons_are_checked_and_every_name_is_tried() {
    let place = directory();
    let sound = place.path().join("sound");
    let size = ledger(&sound).await;
    let report = check(&sound, Some(KEK), &[]).exits(0);
    assert!(!report.out.contains(NAME), "a name is opened and not told");
    let report = check(&sound, None, &[]).exits(0).json();
    assert_eq!(unchecked(&report), ["PERSON_KEYS_UNWRAPPED"]);
    // What needs no key of keys to be seen.
    let (first, second) = ("persons/p-1.key", "persons/p-2.key");
    let cases: [(&str, Plant<'_>, Expected<'_>); 9] = [
        ("record-lost", &|dir| remove(dir, "persons/KEK"), &[file("PERSON_KEK_MISSING")]),
        (
            "record-damaged",
            &|dir| change(&dir.join("persons/KEK"), "kek ", "kek x"),
            &[file("PERSON_KEK_DAMAGED")],
        ),
        (
            "record-of-another",
            &|dir| {
                // As it was written before there was a sum.
                let path = dir.join("persons/KEK");
                let text = fs::read_to_string(&path).expect("a record");
                let (lines, _) = text.split_once("sha256 ").expect("a sum");
                let ledger = lines.split_once("\nledger ").expect("a ledger").1;
                let other = lines.replacen(&ledger[..32], &"8".repeat(32), 1);
                fs::write(&path, other).expect("written");
            },
            &[file("PERSON_KEK_OTHER_LEDGER")],
        ),
        ("key-lost", &|dir| remove(dir, first), &[file("PERSON_KEY_MISSING")]),
        (
            "all-lost",
            &|dir| fs::remove_dir_all(dir.join("persons")).expect("removed"),
            &[file("PERSON_KEK_MISSING"), file("PERSON_KEY_MISSING"), file("PERSON_KEY_MISSING")],
        ),
        (
            "key-damaged",
            &|dir| change(&dir.join(first), "wrapped ", "wrapped g"),
            &[file("PERSON_KEY_DAMAGED")],
        ),
        (
            "keys-swapped",
            &|dir| {
                fs::copy(dir.join(first), dir.join(second)).expect("copied");
            },
            &[file("PERSON_KEY_DAMAGED")],
        ),
        (
            "key-of-the-erased",
            &|dir| {
                fs::copy(dir.join(first), dir.join("persons/p-3.key")).expect("copied");
            },
            &[file("PERSON_KEY_OF_ERASED")],
        ),
        (
            "key-of-nobody",
            &|dir| write(dir, "persons/p-9.key", b"nothing"),
            &[file("PERSON_KEY_DAMAGED")],
        ),
    ];
    for (name, plant, expected) in cases {
        let dir = place.path().join(name);
        copy(&sound, &dir);
        plant(&dir);
        for kek in [None, Some(KEK)] {
            let report = check(&dir, kek, &[]).exits(1).json();
            assert_eq!(found(&report), expected, "{name}: {report:#}");
            if name != "key-of-the-erased" {
                says_the_way_out(&report);
            }
        }
    }
    // With one, what is wrapped is seen.
    let other = check(&sound, Some([2; 32]), &[]).exits(1).json();
    assert_eq!(found(&other), [file("PERSON_KEK_OTHER")]);
    assert_eq!(unchecked(&other), ["PERSON_KEYS_UNWRAPPED"]);
    // Keys that are whole, and not those the names are sealed under: of another life of the ledger.
    let (other, dir) = (place.path().join("other"), place.path().join("exchanged"));
    ledger(&other).await;
    copy(&sound, &dir);
    fs::copy(other.join(first), dir.join(first)).expect("copied");
    check(&dir, None, &[]).exits(0);
    let report = check(&dir, Some(KEK), &[]).exits(1).json();
    let texts: Vec<u64> = positions_of(&report);
    assert_eq!(found(&report), texts.iter().map(|at| one("PERSON_TEXT", *at)).collect::<Vec<_>>());
    assert_eq!(texts.len(), 2, "both names of p-1");
    assert!(texts.iter().all(|at| *at <= size));
    says_the_way_out(&report);
}

fn positions_of(report: &Value) -> Vec<u64> {
    let findings = report["findings"].as_array().expect("a list");
    findings.iter().filter_map(|finding| finding["position"].as_u64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_tries_the_names_with_its_own_key() {
    let place = directory();
    let dir = place.path().join("ledger");
    ledger(&dir).await;
    let service = with_names(&dir).await;
    let admin = format!("http://{}", service.admin());
    let online = ["verify", "--server", &admin, "--output", "json"];
    let report = command(&online).exits(0).json();
    assert_eq!(unchecked(&report), [""; 0]);
    assert!(report["compared"].to_string().contains("persons"), "{report:#}");
    remove(&dir, "persons/p-2.key");
    let report = command(&online).exits(1).json();
    assert_eq!(found(&report), [file("PERSON_KEY_MISSING")]);
    stop(service, &dir).await;
    let service = super::serve(&dir).await;
    let admin = format!("http://{}", service.admin());
    let report = command(&["verify", "--server", &admin, "--output", "json"]).exits(1).json();
    assert_eq!(unchecked(&report), ["PERSON_KEYS_UNWRAPPED"]);
    stop(service, &dir).await;
}
