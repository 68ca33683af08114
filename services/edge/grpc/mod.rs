//! The gRPC surface: one file per service, conversions by hand, one table of errors.

pub(crate) mod admin;
pub(crate) mod answer;
pub(crate) mod changes;
pub(crate) mod compliance;
pub mod convert;
pub(crate) mod duty_event;
pub(crate) mod evaluation;
pub(crate) mod exemption;
pub(crate) mod export;
mod flags;
pub(crate) mod group;
pub(crate) mod ledger;
pub(crate) mod page;
pub(crate) mod person;
pub(crate) mod rectification;
pub(crate) mod registrations;
pub(crate) mod registry;
pub(crate) mod review;
pub(crate) mod rules;
pub mod status;
pub(crate) mod supervision;
pub(crate) mod year;

use std::sync::Arc;
use std::time::Duration;

use duty::decide::{Command, Proposed};
use duty::entry::Entry;
use duty::id::EventId;
use duty::{Position, Problems, Reason};
use tonic::Status;

use crate::ledger::{Ledger, Receipt, Submission};
use crate::pb;
use crate::persons::Persons;

/// What every service needs.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) ledger: Ledger,
    pub(crate) persons: Arc<Persons>,
    /// What each entry changed, for whoever follows.
    pub(crate) changes: changes::SharedFeed,
    pub(crate) min_position_wait: Duration,
    pub(crate) watch_heartbeat: Duration,
    /// Becomes true when the service stops: endless streams end then.
    pub(crate) stopping: tokio::sync::watch::Receiver<bool>,
}

impl Api {
    /// Waits until the state covers `min_position`; 0 asks for no wait.
    pub(crate) async fn covers(&self, min_position: u64) -> Result<(), Status> {
        let wanted = Position::new(min_position);
        let reached = self.ledger.reached(wanted, self.min_position_wait).await;
        reached.map_err(|head| status::not_reached(wanted, head))
    }

    /// The position a look-up is answered at: the one asked for, or the head for 0.
    pub(crate) fn known(&self, known_position: u64) -> Result<Position, Status> {
        let head = self.ledger.head();
        match Position::new(known_position) {
            Position::ZERO => Ok(head),
            asked if asked <= head => Ok(asked),
            asked => Err(status::beyond_head(asked, head)),
        }
    }

    /// Submits one entry and gives its receipt; a refusal names the fields of the call.
    pub(crate) async fn submit_one(
        &self,
        fields: status::Fields,
        recorder: Box<str>,
        event_id: EventId,
        entry: Entry,
        payload: pb::ledger_entry::Payload,
        expectations: Vec<(duty::id::OrganizationId, u64)>,
    ) -> Result<pb::AppendReceipt, Status> {
        let command =
            Command { recorder, entries: vec![Proposed::new(0, event_id, entry)], expectations };
        let submission = Submission::new(command, vec![payload], Vec::new());
        let submitted = self.ledger.submit(submission).await;
        let receipts = submitted.map_err(|error| status::submit_one(error, fields))?;
        let first = receipts.first().ok_or_else(|| status::internal("no receipt"))?;
        Ok(receipt(first, Vec::new()))
    }
}

pub(crate) fn receipt(receipt: &Receipt, flags: Vec<pb::Finding>) -> pb::AppendReceipt {
    pb::AppendReceipt {
        event_id: receipt.event_id.to_string(),
        position: receipt.position.get(),
        recorded_time: Some(convert::scalar::timestamp(receipt.recorded_at)),
        duplicate: receipt.duplicate,
        flags,
    }
}

/// The recorder of a request: an id, never a name.
pub(crate) fn recorder(text: &str, problems: &mut Problems) -> Box<str> {
    if !duty::id::is_id(text) {
        problems.add(
            Reason::FieldMalformed,
            "recorder",
            "填报系统或人员的编号：1 至 64 个字母、数字或 . _ - :（不得为姓名）",
            "the id of the calling system or person: 1 to 64 letters, digits or . _ - : (no name)",
        );
    }
    text.into()
}

/// The idempotency key of a request.
pub(crate) fn event_id(text: &str, field: &str, problems: &mut Problems) -> Option<EventId> {
    let id = EventId::parse(text);
    if id.is_none() {
        let (reason, zh, en) = if text.is_empty() {
            (Reason::FieldRequired, "必须填写", "is required:")
        } else {
            (Reason::FieldMalformed, "格式有误，应为", "is malformed, it is")
        };
        problems.add(
            reason,
            field,
            format!("事件编号{zh} UUID，例如 018f6f2e-7c1a-7b3e-9d53-2f6b0c9a4e11"),
            format!("the event id {en} a UUID such as 018f6f2e-7c1a-7b3e-9d53-2f6b0c9a4e11"),
        );
    }
    id
}

/// A refusal of everything found, field paths relative to the request.
pub(crate) fn refuse_if_any(problems: Problems) -> Result<(), Status> {
    if problems.is_empty() { Ok(()) } else { Err(status::invalid(problems.into_vec())) }
}
