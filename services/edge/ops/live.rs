//! Backups of a running service: where they end, and the bytes on their way to the caller.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use merkle::Hash;
use tokio::sync::mpsc;
use tonic::Status;

use super::backup::make::{self, BackupError, Source};
use super::backup::{Kept, Manifest};
use super::verify::hex;
use crate::grpc::admin::Served;
use crate::ledger::Ledger;
use crate::log::Published;
use crate::pb;

/// How long a backup waits for a checkpoint over everything that is there when it begins. It goes
/// on without: the entries are what matters, and the last checkpoint covers all but the last.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes sent in one message.
const MESSAGE_BYTES: usize = 256 * 1024;

/// Where a backup ends.
pub(crate) struct Point {
    size: u64,
    published: Option<Arc<Published>>,
}

/// A signed checkpoint over everything there is now or, where none comes, the head.
pub(crate) async fn backup_point(ledger: &Ledger) -> Point {
    let head = ledger.head().get();
    let mut published = ledger.log().watch_published();
    let covers = |published: &Option<Arc<Published>>| {
        published.as_ref().is_some_and(|published| head <= published.checkpoint.size())
    };
    let waited = tokio::time::timeout(PATIENCE, published.wait_for(covers)).await;
    let covering = waited.ok().and_then(Result::ok).and_then(|published| published.clone());
    match covering {
        Some(published) => Point { size: published.checkpoint.size(), published: Some(published) },
        None => Point { size: head, published: ledger.log().published() },
    }
}

/// Makes a backup and sends it.
pub(crate) fn backup(
    served: &Served,
    point: Point,
    with_keys: bool,
    sender: mpsc::Sender<Result<pb::BackupResponse, Status>>,
) -> Result<(), BackupError> {
    let log = served.ledger.log();
    let root: Hash =
        log.tree().root(point.size).map_err(|error| BackupError::Write(io::Error::other(error)))?;
    let mut manifest =
        Manifest::now(served.id.clone(), log.origin().to_owned(), point.size, hex(root));
    manifest.checkpoint = point.published.map(|published| published.note.to_string());
    manifest.signing_keys = with_keys;
    let mut files = public_keys(log.keys().verifiers());
    if let Some(dir) = served.dir.as_deref().filter(|_| with_keys) {
        files.extend(make::signing_keys(dir)?);
    }
    // When all entries are written: whoever is erased by then is left out.
    let persons = Box::new(|| match served.dir.as_deref() {
        Some(dir) => make::person_keys(dir, &served.ledger.registry()),
        None => Ok(Vec::new()),
    });
    let source = Source { journal: served.ledger.journal(), manifest, files, persons };
    let total = point.size;
    let done = Arc::new(AtomicU64::new(0));
    let out = Outgoing { sender, chunk: Vec::new(), done: Arc::clone(&done), total };
    make::make(source, out, |entries| done.store(entries, Ordering::Relaxed)).map(|_| ())
}

/// The public keys of a log as files.
pub(crate) fn public_keys<'k>(
    keys: impl IntoIterator<Item = &'k merkle::VerifierKey>,
) -> Vec<Kept> {
    let file = |key: &merkle::VerifierKey| Kept {
        name: format!("keys/log.{}.pub", key.id()),
        content: format!("{key}\n").into_bytes(),
    };
    keys.into_iter().map(file).collect()
}

/// Bytes on their way to the caller, gathered into messages.
struct Outgoing {
    sender: mpsc::Sender<Result<pb::BackupResponse, Status>>,
    chunk: Vec<u8>,
    done: Arc<AtomicU64>,
    total: u64,
}

impl Outgoing {
    fn send(&mut self) -> io::Result<()> {
        let message = pb::BackupResponse {
            data: std::mem::take(&mut self.chunk),
            entries_done: self.done.load(Ordering::Relaxed),
            entries_total: self.total,
        };
        self.sender.blocking_send(Ok(message)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if MESSAGE_BYTES <= self.chunk.len() {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() { Ok(()) } else { self.send() }
    }
}
