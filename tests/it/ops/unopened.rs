//! A log that sled cannot open: where it is damaged is told all the same, as far as it can be.

use std::fs;
use std::path::Path;

use journal::frame::search;

use super::verify::{copy, ledger};
use super::{command, text};
use crate::support::directory;

/// Makes sled refuse its own files.
fn break_configuration(dir: &Path) {
    let path = dir.join("sled/conf");
    let mut bytes = fs::read(&path).expect("sled's configuration");
    bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
    fs::write(&path, bytes).expect("written");
}

/// Flips a bit in every copy of an entry that lies in the log.
fn flip(dir: &Path, position: u64) {
    let path = dir.join("sled/db");
    let mut log = fs::read(&path).expect("sled's log");
    let mut at = 0;
    while at < log.len() {
        let Some(run) = search::at_start_of(&log[at..]) else {
            at += 1;
            continue;
        };
        if (run.first.get()..=run.last.get()).contains(&position) {
            let mut event = at + 8;
            for _ in run.first.get()..position {
                let length: [u8; 4] = log[event..event + 4].try_into().expect("four bytes");
                event += 8 + u32::from_be_bytes(length) as usize;
            }
            log[event + 8] ^= 1;
        }
        at += run.length;
    }
    fs::write(&path, log).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_does_not_open_is_looked_through() {
    let place = directory();
    let sound = ledger(place.path()).await;
    let verify = |dir: &Path| {
        let args = ["verify", "--output", "json", "--data-dir", text(dir)];
        command(&args).exits(1).json()["findings"][0].clone()
    };
    let args = ["verify", "--output", "json", "--data-dir", text(&sound)];
    let size = command(&args).exits(0).json()["size"].as_u64().expect("a size");
    let broken = |name: &str| {
        let dir = place.path().join(name);
        copy(&sound, &dir);
        break_configuration(&dir);
        dir
    };
    // Only sled's own data is damaged: at no position.
    let dir = broken("configuration");
    let finding = verify(&dir);
    assert_eq!(finding["file"], "sled/db", "{finding:#}");
    assert_eq!(finding["position"], serde_json::Value::Null, "{finding:#}");
    let whole = format!("positions 1 to {size} whole");
    assert!(finding["en"].as_str().expect("en").contains(&whole), "{finding:#}");
    assert!(finding["zh"].as_str().expect("zh").contains("不涉及任何序号"), "{finding:#}");
    // An entry as well.
    flip(&dir, 200);
    let finding = verify(&dir);
    assert_eq!(finding["position"], 200, "{finding:#}");
    let en = finding["en"].as_str().expect("en");
    assert!(en.contains("positions 1 to 199 are whole, 200 is damaged"), "{finding:#}");
    assert!(en.contains(&format!("restore a backup that reaches {size}")), "{finding:#}");
    // Nothing is left.
    let dir = broken("empty");
    fs::write(dir.join("sled/db"), vec![0; 1 << 20]).expect("written");
    fs::write(dir.join("HIGH-WATER"), "?").expect("written");
    let finding = verify(&dir);
    assert_eq!(finding["position"], serde_json::Value::Null, "{finding:#}");
    assert!(finding["en"].as_str().expect("en").contains("no position can be told"));
    assert!(finding["zh"].as_str().expect("zh").contains("无法指出序号"), "{finding:#}");
}
