//! What was erased is in no backup made later, and a check notices a key that should be gone.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use duty_ledger::config::Config;
use duty_ledger::ops::backup::read::{Part, Reader};
use duty_ledger::pb;
use duty_ledger::persons::Kek;

use super::verify::{file, found};
use super::{TODAY, command, stop, text};
use crate::support::clock::TestClock;
use crate::support::directory;
use crate::support::seed::{self, RECORDER, VERIFIER, key};
use crate::support::service::{Service, config};

async fn start(directory: &Path) -> Service {
    let config = Config { person_kek: Some(Kek::from_bytes([7; 32])), ..config() };
    Service::configured(&config, directory, Arc::new(TestClock::at(TODAY))).await
}

/// The files in a backup.
fn files(backup: &Path) -> Vec<String> {
    let file = BufReader::new(File::open(backup).expect("a backup"));
    let mut reader = Reader::new(file).expect("a backup");
    let mut names = Vec::new();
    loop {
        match reader.next_part().expect("a whole backup") {
            Part::Entry(_) => {}
            Part::File(file) => names.push(file.name),
            Part::End => return names,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_an_erased_person_is_in_no_backup_made_later() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let ledger = at("ledger");
    let service = start(&ledger).await;
    seed::all(&service.clients).await;
    let mut registry = service.clients.registry.clone();
    for person in ["p-1", "p-2"] {
        let request = pb::RegisterPersonRequest {
            event_id: key(&format!("named/{person}")),
            text: Some(pb::PersonalText {
                name_zh: "示例人员".to_owned(), ..Default::default()
            }),
            ..seed::person(person)
        };
        registry.register_person(request).await.expect("registered");
    }
    let admin = format!("http://{}", service.admin());
    let before = at("before.dlbackup");
    command(&["backup", text(&before), "--server", &admin]).exits(0);
    for key in ["persons/p-1.key", "persons/p-2.key", "persons/KEK"] {
        assert!(files(&before).iter().any(|file| file == key), "{key}");
    }
    let erasure = pb::ErasePersonRequest {
        recorder: RECORDER.to_owned(),
        event_id: key("erasure"),
        person_id: "p-1".to_owned(),
        document_number: "柳科发〔2026〕12号".to_owned(),
        reason: "本人依法申请删除个人信息".to_owned(),
        approver: VERIFIER.to_owned(),
    };
    let kept = fs::read(ledger.join("persons/p-1.key")).expect("a key");
    registry.erase_person(erasure).await.expect("erased");
    let after = at("after.dlbackup");
    command(&["backup", text(&after), "--server", &admin]).exits(0);
    assert!(!files(&after).iter().any(|file| file == "persons/p-1.key"));
    assert!(files(&after).iter().any(|file| file == "persons/p-2.key"));
    drop(registry);
    stop(service, &ledger).await;

    let offline = at("offline.dlbackup");
    command(&["backup", text(&offline), "--data-dir", text(&ledger)]).exits(0);
    assert!(!files(&offline).iter().any(|file| file == "persons/p-1.key"));
    // Somebody puts the key back: a check names it, and no backup takes it along.
    fs::write(ledger.join("persons/p-1.key"), kept).expect("written");
    let report = command(&["verify", "--data-dir", text(&ledger), "--output", "json"]);
    let report = report.exits(1).json();
    assert_eq!(report["findings"][0]["what"], "PERSON_KEY_OF_ERASED");
    assert_eq!(report["findings"][0]["file"], "persons/p-1.key");
    // The restored ledger knows who is erased and whose key is where.
    let new = at("new");
    command(&["restore", text(&after), "--data-dir", text(&new)]).exits(0);
    // It lacks the signing keys, which a backup has only when asked for; its public keys will do.
    let report = command(&["verify", "--data-dir", text(&new), "--output", "json"]).exits(1);
    assert_eq!(found(&report.json()), [file("LOG_KEY_MISSING"), file("LOG_KEY_MISSING")]);
    assert!(!report.out.contains("CHECKPOINT_SIGNATURES"), "{report:?}");
}
