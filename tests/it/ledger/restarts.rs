//! Never two checkpoints that contradict each other, whatever happens in between.

use std::fs;
use std::path::Path;

use duty_ledger::app::StartError;
use merkle::proof::verify_consistency;
use merkle::signer::LogSigner;
use merkle::{Hash, KeyName};

use super::*;
use crate::support::child::Server;
use crate::support::directory;
use crate::support::service::storage;

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Every pair of checkpoints is consistent, by a proof from the service as it is now.
async fn consistent(clients: &Clients, seen: &[Checkpoint]) {
    for pair in seen.windows(2) {
        let (first, second) = (pair[0].size(), pair[1].size());
        assert!(first <= second, "the log shrank");
        let request =
            pb::GetConsistencyProofRequest { first_tree_size: first, second_tree_size: second };
        let proof = clients.ledger.clone().get_consistency_proof(request).await;
        let proof = proof.expect("a proof").into_inner().proof;
        let proof: Vec<Hash> =
            proof.iter().map(|hash| Hash(hash[..].try_into().expect("32 bytes"))).collect();
        verify_consistency(first, second, &pair[0].root(), &pair[1].root(), &proof)
            .expect("the log only grows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_go_on_after_a_restart() {
    let directory = directory();
    let clock = Arc::new(SystemClock);
    let mut seen = Vec::new();
    let mut keys = Vec::new();
    for round in 0..3_u128 {
        let service = Service::at(directory.path(), clock.clone()).await;
        if round == 0 {
            seed::all(&service.clients).await;
        } else {
            // What was published is there at once, without a new signature.
            let before = service
                .clients
                .ledger
                .clone()
                .get_checkpoint(pb::GetCheckpointRequest::default())
                .await;
            let before = before.expect("a checkpoint").into_inner();
            seen.push(opened(&before.note, &key_of(&service)));
        }
        filled(&service, round * 400 + 1..=round * 400 + 400).await;
        let now = all_published(&service.clients).await;
        keys.push(key_of(&service));
        seen.push(opened(&now.note, &key_of(&service)));
        consistent(&service.clients, &seen).await;
        service.stop().await;
    }
    keys.dedup();
    assert_eq!(keys.len(), 1, "the key is made once");
}

#[test]
fn checkpoints_are_consistent_through_kills() {
    let directory = directory();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut seen: Vec<Checkpoint> = Vec::new();
    for round in 0..6_u128 {
        let server = Server::start(directory.path());
        runtime.block_on(async {
            let clients = Clients::connect(&server.api).await;
            if round == 0 {
                seed::all(&clients).await;
            }
            let events = (round * 50 + 1..=round * 50 + 50).map(meeting).collect();
            clients.events.clone().append_events(batch(events)).await.expect("accepted");
            let now = all_published(&clients).await;
            let key = fs::read_to_string(directory.path().join("keys/log.ed25519")).expect("a key");
            let key = LogSigner::from_private_text(key.trim_end()).expect("a key");
            seen.push(opened(&now.note, key.verifier()));
            consistent(&clients, &seen).await;
            // More, perhaps signed and perhaps not when the process dies.
            let events = (round * 50 + 10_001..=round * 50 + 10_050).map(meeting).collect();
            clients.events.clone().append_events(batch(events)).await.expect("accepted");
        });
        server.kill();
    }
}

pub(super) fn signing_key(path: &Path, origin: &str) {
    let name = KeyName::new(origin).expect("a name");
    let key = LogSigner::ed25519(name, &[9; 32]).expect("a key");
    fs::write(path, key.to_private_text()).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_is_refused_by_the_guard_beside_the_key() {
    let (place, keys) = (directory(), directory());
    let (data, older) = (place.path().join("data"), place.path().join("older"));
    let clock = Arc::new(SystemClock);
    let key_file = keys.path().join("log.key");
    signing_key(&key_file, "ledger.example/city");
    let config = Config {
        origin: "ledger.example/city".to_owned(),
        log_key_file: key_file.clone(),
        ..config()
    };
    let service = Service::configured(&config, &data, clock.clone()).await;
    seed::all(&service.clients).await;
    service.stop().await;
    copy(&data, &older);
    let service = Service::configured(&config, &data, clock.clone()).await;
    filled(&service, 1..=5).await;
    all_published(&service.clients).await;
    service.stop().await;

    let refused = Service::start(&config, storage(&older), clock.clone()).await;
    let error = refused.err().expect("an older copy must not be signed with this key");
    let StartError::Log(error) = error else { panic!("{error:?}") };
    let text = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(text.contains("log.key.signed") && text.contains("restore"), "{text}");
    // The newer one goes on.
    let service = Service::configured(&config, &data, clock).await;
    filled(&service, 6..=9).await;
    all_published(&service.clients).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_does_not_fit_is_refused_with_the_way_out() {
    let place = directory();
    let data = place.path().join("data");
    let clock = Arc::new(SystemClock);
    let service = Service::at(&data, clock.clone()).await;
    seed::all(&service.clients).await;
    service.stop().await;
    type Damage = fn(&Path);
    let cases: [(&str, Damage, &str); 5] = [
        ("lost", |dir| fs::remove_file(dir.join("CHECKPOINT")).unwrap(), "is missing beside"),
        ("lost-key", |dir| fs::remove_file(dir.join("keys/log.ed25519")).unwrap(), "put the key"),
        (
            "other-key",
            |dir| {
                let ledger = fs::read_to_string(dir.join("FORMAT")).unwrap();
                let ledger = ledger.lines().nth(1).unwrap().strip_prefix("ledger ").unwrap();
                signing_key(&dir.join("keys/log.ed25519"), &format!("duty-ledger/{ledger}"));
            },
            "is no checkpoint signed with the key",
        ),
        ("garbage", |dir| fs::write(dir.join("CHECKPOINT"), "?").unwrap(), "is no checkpoint"),
        (
            "key-of-another",
            |dir| signing_key(&dir.join("keys/log.ed25519"), "somebody-else"),
            "somebody-else",
        ),
    ];
    for (name, damage, expected) in cases {
        let dir = place.path().join(name);
        copy(&data, &dir);
        damage(&dir);
        let refused = Service::start(&config(), storage(&dir), clock.clone()).await;
        let error = refused.err().unwrap_or_else(|| panic!("{name} was accepted"));
        let mut text = String::new();
        let mut next: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = next {
            text.push_str(&error.to_string());
            next = error.source();
        }
        assert!(text.contains(expected), "{name}: {text}");
    }
    // Without its tree it is built anew, and says the same.
    fs::remove_dir_all(data.join("tree")).expect("removed");
    let before = fs::read_to_string(data.join("CHECKPOINT")).expect("a checkpoint");
    let service = Service::at(&data, clock).await;
    let now = all_published(&service.clients).await;
    let key = key_of(&service);
    consistent(&service.clients, &[opened(&before, &key), opened(&now.note, &key)]).await;
    service.stop().await;
}
