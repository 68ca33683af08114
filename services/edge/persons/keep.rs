//! The reconciler: whoever was erased has no key.
//!
//! It takes no input. A new head only says "look now": it looks at who is erased in the published
//! state, destroys what keys of theirs there are, and is idempotent.

use std::sync::Arc;
use std::time::Duration;

use super::Persons;
use crate::ledger::Ledger;

/// How long it waits after a fault of the disk before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Destroys the keys of erased persons after every erasure, until the ledger is gone or the task
/// is ended.
pub async fn keep_erased_gone(ledger: Ledger, persons: Arc<Persons>) {
    let mut head = ledger.watch_head();
    // The start has seen to the erasures it found.
    let mut settled = count(&ledger);
    while head.changed().await.is_ok() {
        let erased = count(&ledger);
        while settled != erased {
            if destroy(&ledger, &persons).await {
                settled = erased;
            } else {
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

fn count(ledger: &Ledger) -> usize {
    ledger.with_state(|state| state.registry().erased_count())
}

/// Destroys the keys of everybody who is erased; whether all of them are gone.
pub(crate) async fn destroy(ledger: &Ledger, persons: &Arc<Persons>) -> bool {
    let (registry, persons) = (ledger.registry(), Arc::clone(persons));
    let destroy = move || persons.destroy_erased(&registry);
    match tokio::task::spawn_blocking(destroy).await {
        Ok(Ok(destroyed)) => {
            if 0 < destroyed {
                tracing::info!(destroyed, "keys of erased persons destroyed");
            }
            true
        }
        Ok(Err(error)) => {
            let error = crate::chain(&error);
            tracing::error!(error, "the key of an erased person could not be destroyed");
            false
        }
        Err(_) => false,
    }
}
