//! The publisher: one task that flushes the tree, signs checkpoints and shows them.
//!
//! It takes no orders: every interval it looks how large the tree is and does what is to be done. It
//! stops after a last checkpoint over everything that was written.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::signing::SignError;
use super::{Log, Published, Signed};
use crate::clock::Clock;

/// The publisher's task.
pub struct Publisher {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Starts it.
    #[must_use]
    pub fn start(log: Log, clock: Arc<dyn Clock>, interval: Duration) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(Rounds { log, clock, trouble: None }, interval, stopped));
        Self { stop, task }
    }

    /// Lets it publish what is there and waits until it has ended.
    pub async fn stop(self) {
        // A task that has ended needs no telling.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the publisher did not end as it should");
        }
    }
}

async fn run(mut rounds: Rounds, interval: Duration, mut stopped: oneshot::Receiver<()>) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => rounds.next().await,
            // Dropped without a word means the same.
            _ = &mut stopped => break,
        }
    }
    rounds.next().await;
}

struct Rounds {
    log: Log,
    clock: Arc<dyn Clock>,
    /// What went wrong last, so that it is told once.
    trouble: Option<String>,
}

impl Rounds {
    /// One look at the tree.
    async fn next(&mut self) {
        let log = &self.log;
        let progress = log.progress();
        let waits = progress.published < progress.integrated || log.published().is_none();
        let mut waiting = log.0.waiting_since.lock().take();
        if waits {
            waiting = waiting.or_else(|| Some(Instant::now()));
            *log.0.waiting_since.lock() = waiting;
        }
        if log.is_forked() {
            return;
        }
        let signer = log.clone();
        let signed = tokio::task::spawn_blocking(move || signer.sign_next()).await;
        match signed {
            Ok(Ok(signed)) => {
                if self.trouble.take().is_some() {
                    tracing::info!("checkpoints are signed again");
                }
                if let Some(signed) = signed {
                    self.publish(signed);
                }
            }
            Ok(Err(error)) => self.failed(&error),
            // Only at the end of the runtime, or after a panic that is in the log.
            Err(error) => tracing::error!(%error, "signing was cut short"),
        }
    }

    fn publish(&self, signed: Signed) {
        let Signed { checkpoint, note } = signed;
        let at = self.clock.now();
        let published = Published { checkpoint, note, at, quorum_met: true };
        self.log.0.published.send_replace(Some(Arc::new(published)));
        *self.log.0.waiting_since.lock() = None;
    }

    fn failed(&mut self, error: &SignError) {
        let text = crate::chain(error);
        if matches!(error, SignError::Fork { .. }) {
            self.log.0.forked.store(true, Ordering::Relaxed);
            tracing::error!(
                error = text,
                "nothing more is signed: this journal does not continue what was published. \
                 Restore a backup that does (duty-ledger restore)"
            );
            return;
        }
        if self.trouble.as_ref() != Some(&text) {
            tracing::warn!(error = text, "no checkpoint could be signed; it is tried again");
            self.trouble = Some(text);
        }
    }
}
