//! Opens a directory as the power cut left it, with the real binary, and says what it found.

use std::path::Path;

use crate::support::child::{self, Server, serve};
use crate::support::service::Clients;

/// What came of opening a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It is sound: its size, and its root in hexadecimal.
    Sound { size: usize, root: String },
    /// It is not, or does not open.
    Bad(String),
}

/// Verifies a data directory.
pub(super) fn verify(data: &Path) -> Found {
    // DEV
    if std::env::var("DEV").is_ok() {
        use journal::Journal as _;
        let opened = journal_sled::SledJournal::open(data, journal_sled::Options::new(journal_sled::LedgerId::from_bytes([7; 16])));
        return match opened {
            Err(error) => Found::Bad(error.to_string()),
            Ok(journal) => match journal.read(journal::Position::FIRST, journal::ReadLimit { events: usize::MAX, bytes: usize::MAX }) {
                Err(error) => Found::Bad(error.to_string()),
                Ok(read) => {
                    let leaves: Vec<[u8; 32]> = read.iter().map(|entry| super::workload::hash(&[&[0], &entry.bytes])).collect();
                    Found::Sound { size: leaves.len(), root: super::workload::hex(&super::workload::root(&leaves)) }
                }
            },
        };
    }
    let data = data.to_str().expect("UTF-8");
    let ran = child::run(["verify", "--data-dir", data, "--output", "json"]);
    let Ok(report) = serde_json::from_str::<serde_json::Value>(&ran.out) else {
        return Found::Bad(format!("{ran:#?}"));
    };
    let size = report["size"].as_u64().and_then(|size| usize::try_from(size).ok());
    match (ran.code, report["ok"].as_bool(), size, report["root"].as_str()) {
        (Some(0), Some(true), Some(size), Some(root)) => {
            Found::Sound { size, root: root.to_owned() }
        }
        _ => Found::Bad(format!("{ran:#?}")),
    }
}

/// Starts the service on a data directory and says where its journal ends.
pub(super) fn start(data: &Path) -> usize {
    let server = Server::of(serve(data));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let head = runtime.block_on(async {
        let clients = Clients::connect(&server.api).await;
        crate::support::entries(&clients).await.len()
    });
    drop(runtime);
    server.kill();
    head
}
