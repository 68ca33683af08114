//! Opens a ledger over a journal: replay, writer, days. The journal and the clock are given.

use std::sync::Arc;
use std::thread::JoinHandle;

use duty::Position;
use duty::decide::Standing;
use journal::Journal;
use parking_lot::RwLock;
use projection::State;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::kept::Kept;
use crate::ledger::{Health, Ledger, ReadFailure, Shared, SubmitError};
use crate::log::Log;
use crate::replay::{self, Progress};
use crate::snapshots::Snapshots;
use crate::{committer, days};

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal could not be replayed.
    #[error("the journal could not be replayed")]
    Replay(#[source] ReadFailure),
    /// The writer thread could not be started.
    #[error("the writer could not be started")]
    Writer(#[source] std::io::Error),
    /// The days that are over could not be closed.
    #[error("the days that are over could not be closed")]
    Days(#[source] SubmitError),
    /// The task that opened it did not finish.
    #[error("opening was cut short")]
    CutShort,
}

/// An open ledger, and the thread that writes for it.
pub struct Opened {
    /// The ledger.
    pub ledger: Ledger,
    /// The writer: ends after [`close`].
    pub writer: JoinHandle<()>,
    /// The position of the snapshot it was opened from; zero without one.
    pub kept: Position,
}

/// Takes the newest snapshot of the views that can be used, replays the rest of the journal,
/// starts the writer and closes the days that are over.
///
/// # Errors
/// [`OpenError`]; the journal is closed then.
pub async fn open(
    journal: Arc<dyn Journal>,
    log: Log,
    snapshots: Option<Snapshots>,
    clock: Arc<dyn Clock>,
    report: impl FnMut(Progress) + Send + 'static,
) -> Result<Opened, OpenError> {
    let (replayed, tree) = (Arc::clone(&journal), log.clone());
    let fold = move || {
        let newest = snapshots.and_then(|kept| kept.newest(&*replayed, tree.tree()));
        let state = newest.unwrap_or_default();
        let kept = state.head();
        replay::replay(&*replayed, state, report).map(|state| (state, kept))
    };
    let (state, kept) = tokio::task::spawn_blocking(fold)
        .await
        .map_err(|_| OpenError::CutShort)?
        .map_err(OpenError::Replay)?;
    let head: Position = state.head();
    let standing = standing(&state);
    let shared = Arc::new(Shared {
        journal,
        state: RwLock::new(state),
        head: watch::Sender::new(head),
        health: Health::new(),
        clock: Arc::clone(&clock),
        log,
        kept: Kept::default(),
    });
    let (queue, queued) = mpsc::channel(committer::QUEUE_MAX);
    let writer = committer::spawn(Arc::clone(&shared), standing, Arc::clone(&clock), queued)
        .map_err(OpenError::Writer)?;
    let ledger = Ledger::new(shared, queue);
    days::catch_up(&ledger, &*clock).await.map_err(OpenError::Days)?;
    Ok(Opened { ledger, writer, kept })
}

/// The standing of the writer after everything a state holds.
pub(crate) fn standing(state: &State) -> Standing {
    Standing::resume(
        state.head(),
        state.last_recorded_at(),
        state.last_closed(),
        state.registry(),
        state.standings(),
    )
}

/// Writes what is queued, closes the journal, waits for the writer.
pub async fn close(opened: Opened) {
    let Opened { ledger, writer, .. } = opened;
    ledger.stop().await;
    let joined = tokio::task::spawn_blocking(move || writer.join()).await;
    if !matches!(joined, Ok(Ok(()))) {
        tracing::error!("the writer did not end as it should");
    }
}
