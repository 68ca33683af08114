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
