//! The publisher: one task that flushes the tree, signs checkpoints and shows them.
//!
//! It takes no orders: every interval it looks how large the tree is and does what is to be done. It
//! stops after a last checkpoint over everything that was written.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::signing::SignError;
use super::{Log, witnesses};
use crate::config::WitnessMode;

/// How long a checkpoint that waits for its quorum keeps the next one from being signed: under
/// steady appends each witness would else cosign another one, and none would ever meet the quorum.
const QUORUM_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long the last checkpoint may wait for witnesses when the service stops.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// The publisher's task.
pub struct Publisher {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Starts it, and a task for each witness.
    #[must_use]
    pub fn start(log: Log, interval: Duration) -> Self {
        let (stop, stopped) = oneshot::channel();
        let rounds = Rounds { log, trouble: None, unmet: false, pending_since: None, kept: None };
        let task = tokio::spawn(run(rounds, interval, stopped));
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
    let mut asking = witnesses::start(&rounds.log);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => rounds.next().await,
            // Dropped without a word means the same.
            _ = &mut stopped => break,
        }
    }
    rounds.pending_since = None;
    rounds.next().await;
    rounds.last_cosignatures().await;
    rounds.keep_published().await;
    asking.shutdown().await;
}

struct Rounds {
    log: Log,
    /// What went wrong last, so that it is told once.
    trouble: Option<String>,
    /// Whether it was told that the quorum is not met.
    unmet: bool,
    /// Since when a signed checkpoint waits for its quorum.
    pending_since: Option<Instant>,
    /// The published note that is in the data directory.
    kept: Option<String>,
}

impl Rounds {
    /// One look at the tree.
    async fn next(&mut self) {
        let log = &self.log;
        let progress = log.progress();
        let waits = progress.published < progress.integrated || log.published().is_none();
        {
            let mut waiting = log.0.waiting_since.lock();
            *waiting = waiting.filter(|_| waits).or_else(|| waits.then(Instant::now));
        }
        self.tell_quorum();
        if !self.log.is_forked() && !self.is_pending() {
            self.sign().await;
        }
        self.keep_published().await;
    }

    /// Whether a signed checkpoint still waits for its quorum, and not for too long.
    fn is_pending(&mut self) -> bool {
        let signed = self.log.signed().map_or(0, |signed| signed.checkpoint.size());
        let waits = self.log.0.witness_mode == WitnessMode::Required
            && self.log.progress().published < signed;
        if !waits {
            self.pending_since = None;
            return false;
        }
        self.pending_since.is_some_and(|since| since.elapsed() < QUORUM_WAIT_MAX)
    }

    async fn sign(&mut self) {
        let signer = self.log.clone();
        let signed = tokio::task::spawn_blocking(move || signer.sign_next()).await;
        match signed {
            Ok(Ok(is_new)) => {
                if self.trouble.take().is_some() {
                    tracing::info!("checkpoints are signed again");
                }
                // Also when nothing is new: the first look after a start shows what was signed.
                if is_new {
                    self.pending_since = Some(Instant::now());
                }
                if is_new || self.log.published().is_none() {
                    self.log.show();
                }
            }
            Ok(Err(error @ SignError::Fork { .. })) => self.log.fork(&crate::chain(&error)),
            Ok(Err(error)) => {
                let text = crate::chain(&error);
                if self.trouble.as_ref() != Some(&text) {
                    tracing::warn!(
                        error = text,
                        "no checkpoint could be signed; it is tried again"
                    );
                    self.trouble = Some(text);
                }
            }
            // Only at the end of the runtime, or after a panic that is in the log.
            Err(error) => tracing::error!(%error, "signing was cut short"),
        }
    }

    /// Says once when the quorum is lost, and once when it is there again.
    fn tell_quorum(&mut self) {
        let unmet = !self.log.quorum_met();
        if unmet != self.unmet {
            self.unmet = unmet;
            if unmet {
                tracing::warn!(
                    witnesses = ?self.log.witness_failures(),
                    "the quorum of witnesses is not met"
                );
            } else {
                tracing::info!("the quorum of witnesses is met again");
            }
        }
    }

    /// Waits a little for the cosignatures of the last checkpoint.
    async fn last_cosignatures(&self) {
        let Some(witnesses) = &self.log.0.witnesses else { return };
        let mut signed = self.log.0.signed.subscribe();
        let met = signed.wait_for(|signed| {
            signed.as_ref().is_none_or(|signed| witnesses.policy.accept(&signed.note).is_ok())
        });
        // What is missing then comes after the next start.
        let _ = tokio::time::timeout(LAST_WAIT, met).await;
    }

    /// Keeps what is published with its cosignatures, for the next start.
    async fn keep_published(&mut self) {
        let (Some(published), Some(_)) = (self.log.published(), &self.log.0.witnesses) else {
            return;
        };
        let text = published.note.to_string();
        if self.kept.as_ref() == Some(&text) {
            return;
        }
        let (log, copy) = (self.log.clone(), text.clone());
        let kept = tokio::task::spawn_blocking(move || log.keep_published(&copy)).await;
        match kept {
            Ok(Ok(())) => self.kept = Some(text),
            Ok(Err(error)) => tracing::warn!(
                error = %crate::chain(&error),
                "the published checkpoint could not be kept; it is tried again"
            ),
            Err(error) => tracing::error!(%error, "keeping the checkpoint was cut short"),
        }
    }
}
