//! Checkpoint files that are damaged or gone: mended where nothing new is said by it, else refused.

use std::fs;
use std::path::Path;

use duty_ledger::config::WitnessMode;
use merkle::signer::{Cosigner, LogSigner};
use merkle::{KeyName, Note};

use super::restarts::{copy, signing_key};
use super::*;
use crate::support::directory;
use crate::support::service::storage;

const MARKER: &str = "CHECKPOINT.signed";
const UNSIGNED: &str = "no checkpoint was signed yet\n";
const SIGNED: &str = "a checkpoint was signed\n";

/// A directory whose service has signed and stopped.
async fn signed(data: &Path, config: &Config) {
    let service = Service::configured(config, data, Arc::new(SystemClock)).await;
    seed::all(&service.clients).await;
    all_published(&service.clients).await;
    service.stop().await;
}

/// Why a directory does not open, from the first cause to the last; nothing when it does.
async fn refusal(data: &Path, config: &Config) -> Option<String> {
    match Service::start(config, storage(data), Arc::new(SystemClock)).await {
        Ok(app) => {
            within("the service to stop", app.stop()).await;
            None
        }
        Err(error) => {
            let mut text = String::new();
            let mut next: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = next {
                text.push_str(&error.to_string());
                next = error.source();
            }
            Some(text)
        }
    }
}

/// The second signature of a note is the SM2 one. Changes a digit in the middle of it.
fn spoil_sm2(note: &str) -> String {
    let mut lines: Vec<String> = note.lines().map(str::to_owned).collect();
    let first = lines.iter().position(String::is_empty).expect("a blank line") + 1;
    let line = &mut lines[first + 1];
    let at = line.len() - 20;
    let digit = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
    line.replace_range(at..=at, digit);
    lines.join("\n") + "\n"
}

/// Whether the SM2 line of a note is good.
fn has_good_sm2(data: &Path, note: &str) -> bool {
    let note = Note::parse(note.as_bytes()).expect("a note");
    let origin = note.text().lines().next().expect("an origin").to_owned();
    let pem = fs::read_to_string(data.join("keys/log.sm2")).expect("a key");
    let key = LogSigner::sm2_from_pem(KeyName::new(&origin).expect("a name"), &pem);
    note.verify([key.expect("a key").verifier()]).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_missing_sm2_line_is_signed_again() {
    let place = directory();
    let data = place.path().join("data");
    signed(&data, &config()).await;
    let file = data.join("CHECKPOINT");
    let sound = fs::read_to_string(&file).expect("a checkpoint");
    let lines: Vec<&str> = sound.lines().collect();
    let without = format!("{}\n", lines[..lines.len() - 1].join("\n"));
    let spoilt = spoil_sm2(&sound);
    assert!(!has_good_sm2(&data, &spoilt));
    for damaged in [without, spoilt] {
        fs::write(&file, &damaged).expect("written");
        let service = Service::at(&data, Arc::new(SystemClock)).await;
        let mended = fs::read_to_string(&file).expect("a checkpoint");
        assert!(has_good_sm2(&data, &mended), "{mended}");
        let all: Vec<&str> = mended.lines().collect();
        assert_eq!(all.len(), lines.len());
        assert_eq!(all[..all.len() - 1], lines[..lines.len() - 1]);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_line_of_what_was_published_is_signed_again_before_it_is_served() {
    let place = directory();
    let witness = Cosigner::new(KeyName::new("w.example").expect("a name"), &[3; 32]);
    let witness = witness.expect("a key");
    let policy = format!("witness w {}\nquorum w\n", witness.verifier());
    fs::write(place.path().join("policy"), policy).expect("written");
    for witness_mode in [WitnessMode::Open, WitnessMode::Required] {
        let data = place.path().join(format!("{witness_mode:?}"));
        let witness_policy_file = place.path().join("policy");
        let config = Config { witness_policy_file, witness_mode, ..config() };
        let service = Service::configured(&config, &data, Arc::new(SystemClock)).await;
        let mut ledger = service.clients.ledger.clone();
        seed::all(&service.clients).await;
        // Of the tree when it has stopped growing: the last that is signed is of all of it.
        let cosigned = async {
            loop {
                let request = pb::GetCheckpointRequest { signed: true };
                if let Ok(signed) = ledger.get_checkpoint(request).await {
                    let signed = signed.into_inner();
                    let note = Note::parse(signed.note.as_bytes()).expect("a note");
                    let cosignature = witness.cosign(note.text(), 1_700_000_000).to_string();
                    let tree_size = signed.tree_size;
                    let request = pb::AddCosignatureRequest { tree_size, cosignature };
                    let taken = ledger.add_cosignature(request).await.is_ok();
                    let status = ledger.get_ledger_status(pb::GetLedgerStatusRequest {}).await;
                    if taken && status.expect("a status").get_ref().sequenced_size == tree_size {
                        break;
                    }
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("the cosignature", cosigned).await;
        drop(ledger);
        service.stop().await;

        let file = data.join("PUBLISHED");
        let sound = fs::read_to_string(&file).expect("what was published");
        fs::write(&file, spoil_sm2(&sound)).expect("written");
        let service = Service::configured(&config, &data, Arc::new(SystemClock)).await;
        let request = pb::GetCheckpointRequest::default();
        let served = service.clients.ledger.clone().get_checkpoint(request).await;
        let served = served.expect("a checkpoint").into_inner();
        assert!(served.quorum_met, "the cosignature is still there");
        for note in [served.note, fs::read_to_string(&file).expect("a note")] {
            assert!(has_good_sm2(&data, &note), "{note}");
            let note = Note::parse(note.as_bytes()).expect("a note");
            assert_eq!(note.signatures().len(), 3);
            note.verify([witness.verifier()]).expect("cosigned");
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_between_the_checkpoint_and_its_marker_is_made_good() {
    let place = directory();
    let data = place.path().join("data");
    signed(&data, &config()).await;
    let marker = data.join(MARKER);
    assert_eq!(fs::read_to_string(&marker).expect("a marker"), SIGNED);
    // As after a cut, in the midst of writing it too, and as in a directory of before the marker.
    for left in [Some(UNSIGNED), Some(""), None] {
        match left {
            Some(text) => fs::write(&marker, text).expect("written"),
            None => fs::remove_file(&marker).expect("removed"),
        }
        fs::write(data.join("CHECKPOINT.signed.new"), "a check").expect("written");
        assert_eq!(refusal(&data, &config()).await, None);
        assert_eq!(fs::read_to_string(&marker).expect("a marker"), SIGNED, "{left:?}");
    }
    fs::remove_file(data.join("CHECKPOINT")).expect("removed");
    let refused = refusal(&data, &config()).await.expect("refused");
    assert!(refused.contains(MARKER) && refused.contains("is missing beside"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_before_the_marker_that_lost_its_checkpoint_is_refused() {
    let place = directory();
    let data = place.path().join("data");
    signed(&data, &config()).await;
    fs::copy(data.join("CHECKPOINT"), data.join("PUBLISHED")).expect("copied");
    fs::remove_file(data.join("CHECKPOINT")).expect("removed");
    fs::remove_file(data.join(MARKER)).expect("removed");
    let signs = ["PUBLISHED", "keys", "tree", "snapshots"];
    for (kept, told) in
        signs.iter().zip(["PUBLISHED", "keys/log.ed25519", "tree/level-0", "snapshots/state-"])
    {
        let dir = place.path().join(kept);
        copy(&data, &dir);
        for other in signs.iter().filter(|other| *other != kept) {
            let path = dir.join(other);
            let removed =
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            removed.expect("removed");
        }
        let refused = refusal(&dir, &config()).await.unwrap_or_else(|| panic!("{kept} is a sign"));
        assert!(refused.contains("is missing beside"), "{kept}: {refused}");
        assert!(refused.contains(&format!("as {told}")), "{kept}: {refused}");
        assert!(refused.contains("曾签署过检查点"), "{kept}: {refused}");
    }
    // Nothing was signed as far as anything says: the first start of a format of before the log.
    for sign in ["keys", "tree", "snapshots"] {
        fs::remove_dir_all(data.join(sign)).expect("removed");
    }
    fs::remove_file(data.join("PUBLISHED")).expect("removed");
    assert_eq!(refusal(&data, &config()).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_killed_before_the_first_signature_is_no_loss() {
    let place = directory();
    let data = place.path().join("data");
    signed(&data, &config()).await;
    fs::remove_file(data.join("CHECKPOINT")).expect("removed");
    fs::write(data.join(MARKER), UNSIGNED).expect("written");
    assert_eq!(refusal(&data, &config()).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_beside_a_configured_key_tells_of_a_lost_checkpoint() {
    let (place, keys) = (directory(), directory());
    let data = place.path().join("data");
    let log_key_file = keys.path().join("log.key");
    signing_key(&log_key_file, "ledger.example/city");
    let origin = "ledger.example/city".to_owned();
    let config = Config { origin, log_key_file, ..config() };
    signed(&data, &config).await;
    fs::remove_file(data.join("CHECKPOINT")).expect("removed");
    fs::remove_file(data.join(MARKER)).expect("removed");
    for sign in ["keys", "tree", "snapshots"] {
        fs::remove_dir_all(data.join(sign)).expect("removed");
    }
    let refused = refusal(&data, &config).await.expect("refused");
    assert!(refused.contains("log.key.signed"), "{refused}");
    // It is what was signed last, so it may take the place of what was lost.
    fs::copy(keys.path().join("log.key.signed"), data.join("CHECKPOINT")).expect("copied");
    fs::create_dir(data.join("keys")).expect("a directory");
    let name = KeyName::new("ledger.example/city").expect("a name");
    let sm2 = LogSigner::sm2(name, &[8; 32]).expect("a key").to_private_text();
    fs::write(data.join("keys/log.sm2"), sm2).expect("written");
    assert_eq!(refusal(&data, &config).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_or_key_that_is_no_text_is_refused_with_the_way_out() {
    let place = directory();
    let data = place.path().join("data");
    signed(&data, &config()).await;
    for (file, words) in [
        ("CHECKPOINT", ["put the file and the key back", "请恢复该文件与密钥"]),
        ("keys/log.ed25519", ["is no usable key", "不是可用的密钥"]),
        ("keys/log.sm2", ["is no usable key", "不是可用的密钥"]),
    ] {
        let kept = fs::read(data.join(file)).expect("a file");
        let mut bytes = kept.clone();
        bytes[4] = 0xff;
        fs::write(data.join(file), bytes).expect("written");
        let refused = refusal(&data, &config()).await.expect("refused");
        for word in words {
            assert!(refused.contains(word) && refused.contains(file), "{file}: {refused}");
        }
        fs::write(data.join(file), kept).expect("written");
    }
    assert_eq!(refusal(&data, &config()).await, None);
}
