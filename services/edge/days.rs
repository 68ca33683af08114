//! Closes civil days: one `DayClosed` for each day that is over, caught up after downtime.
//!
//! Takes no input: looks at the last day closed and at the clock, appends what is missing, and is
//! idempotent by the event id derived from the day.

use std::sync::Arc;
use std::time::Duration;

use duty::decide::{Command, Proposed};
use duty::entry::Entry;
use duty::id::EventId;
use duty::zone::civil_day;
use jiff::civil::Date;
use uuid::Uuid;

use crate::clock::Clock;
use crate::ledger::{Ledger, Submission, SubmitError};
use crate::pb;

/// Recorder of the ledger's own entries.
pub(crate) const RECORDER: &str = "duty-ledger";
/// Namespace of the event ids derived from days, a fixed random UUID.
const DAY_NAMESPACE: Uuid = Uuid::from_u128(0x0b7e_6b0a_52f4_4d0c_8f3d_9a46_c1d2_e853);
/// How often to look. A deadline that passes shows at most this much after midnight.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Closes every day that is over and not closed yet. A new ledger begins with yesterday.
///
/// # Errors
/// What the ledger said; what was closed before stays closed.
pub(crate) async fn catch_up(ledger: &Ledger, clock: &dyn Clock) -> Result<(), SubmitError> {
    loop {
        let today = civil_day(clock.now());
        let last = ledger.snapshot().last_closed();
        let next = match last {
            Some(last) => last.tomorrow().unwrap_or(Date::MAX),
            None => today.yesterday().unwrap_or(Date::MIN),
        };
        if today <= next {
            return Ok(());
        }
        ledger.submit(close(next)).await?;
    }
}

fn close(day: Date) -> Submission {
    let event_id = EventId::derived(&DAY_NAMESPACE, &day.to_string());
    let proposed = Proposed::new(0, event_id, Entry::DayClosed(day));
    let command =
        Command { recorder: RECORDER.into(), entries: vec![proposed], expectations: Vec::new() };
    let payload = pb::ledger_entry::Payload::DayClosed(pb::DayClosed { date: day.to_string() });
    Submission::new(command, vec![payload], Vec::new())
}

/// Goes on closing days until the task is dropped.
pub(crate) async fn keep_closing(ledger: Ledger, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match catch_up(&ledger, &*clock).await {
            Ok(()) => {}
            Err(SubmitError::Stopping | SubmitError::Poisoned) => return,
            Err(error) => {
                tracing::warn!(error = %crate::chain(&error), "a day could not be closed yet");
            }
        }
    }
}
