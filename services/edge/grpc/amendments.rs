//! Corrections and withdrawals in a batch: what `DutyEventService.AmendEvents` does.
//!
//! One command: all or nothing, and each sees what those before it did, so that one event is not
//! corrected twice in a batch.

use duty::decide::{Command, ENTRIES_PER_COMMAND_MAX, Proposed};
use duty::entry::Entry;
use duty::{Problem, Problems, Reason};
use tonic::Status;

use super::{Api, convert, event_id, flags, receipt, recorder, status};
use crate::ledger::{Submission, SubmitError};
use crate::pb;
use crate::pb::amendment::Amended;
use crate::pb::ledger_entry::Payload;

/// The name of the list in the request.
const LIST: &str = "amendments";

impl Api {
    pub(super) async fn events_amended(
        &self,
        request: pb::AmendEventsRequest,
    ) -> Result<pb::AmendEventsResponse, Status> {
        let pb::AmendEventsRequest { recorder: by, amendments, validate_only } = request;
        let mut problems = Problems::new();
        let by = recorder(&by, &mut problems);
        check_length(amendments.len(), &mut problems);
        let kinds: Vec<_> =
            amendments.iter().map(|amendment| kind(amendment.amended.as_ref())).collect();
        let mut proposed = Vec::with_capacity(amendments.len());
        let mut payloads = Vec::with_capacity(amendments.len());
        for (index, amendment) in amendments.into_iter().enumerate() {
            let read = problems.at_item(LIST, index, |problems| read(amendment, index, problems));
            if let Some((entry, payload)) = read {
                proposed.push(entry);
                payloads.push(payload);
            }
        }
        if proposed.is_empty() {
            // None of them could be read: what was found says it all.
            let (found, length) = (problems.into_vec(), kinds.len());
            if validate_only && (1..=ENTRIES_PER_COMMAND_MAX).contains(&length) {
                return self.amend_verdicts(length, found);
            }
            return Err(status::invalid(found));
        }
        let registry = self.ledger.registry();
        let flags = proposed.iter().map(|proposed| match &proposed.entry {
            Entry::Correction(correction) => flags::event_flags(&correction.event, &registry),
            _ => Vec::new(),
        });
        let flags: Vec<_> = flags.collect();
        let places: Vec<usize> = proposed.iter().map(|proposed| proposed.index).collect();
        let command = Command { recorder: by, entries: proposed, expectations: Vec::new() };
        let submission = Submission::new(command, payloads, problems.into_vec());
        let submission = Submission { validate_only, ..submission };
        let given = match self.ledger.submit(submission).await {
            Ok(given) => given,
            Err(SubmitError::Refused(refusal)) => {
                let kind = refusal.kind();
                let found = status::in_list(refusal.problems(), LIST);
                let found: Vec<_> = found.into_iter().map(|p| in_amendment(p, &kinds)).collect();
                if validate_only {
                    return self.amend_verdicts(kinds.len(), found);
                }
                return Err(status::problems(status::code_of(kind), found));
            }
            Err(error) => return Err(status::submit_list(error, LIST, &places)),
        };
        let result = |(given, flags)| pb::AmendmentResult {
            receipt: Some(receipt(given, flags)),
            problems: Vec::new(),
        };
        Ok(pb::AmendEventsResponse {
            results: given.iter().zip(flags).map(result).collect(),
            position: self.ledger.head().get(),
        })
    }

    /// Everything that would refuse a batch, by amendment.
    fn amend_verdicts(
        &self,
        length: usize,
        found: Vec<Problem>,
    ) -> Result<pb::AmendEventsResponse, Status> {
        let problems = status::by_item(found, LIST, length)?;
        let result = |problems: Vec<Problem>| pb::AmendmentResult {
            receipt: None,
            problems: problems.iter().map(convert::finding).collect(),
        };
        let results = problems.into_iter().map(result).collect();
        Ok(pb::AmendEventsResponse { results, position: self.ledger.head().get() })
    }
}

fn check_length(length: usize, problems: &mut Problems) {
    if length == 0 {
        problems.add(
            Reason::FieldRequired,
            LIST,
            "至少需要一项更正或撤回",
            "at least one correction or withdrawal is required",
        );
    }
    if ENTRIES_PER_COMMAND_MAX < length {
        problems.add(
            Reason::FieldTooLong,
            LIST,
            format!("一批最多 {ENTRIES_PER_COMMAND_MAX} 项更正和撤回，请分批提交"),
            format!("at most {ENTRIES_PER_COMMAND_MAX} amendments in a batch: split it"),
        );
    }
}

fn read(
    amendment: pb::Amendment,
    index: usize,
    problems: &mut Problems,
) -> Option<(Proposed, Payload)> {
    let (id, entry, payload) = match amendment.amended {
        Some(Amended::Correction(message)) => {
            let event = message.event.as_ref();
            let id = event
                .and_then(|event| event_id(&event.event_id, "correction.event.event_id", problems));
            let correction = problems.at("correction", |p| convert::correction(&message, p))?;
            (id, Entry::Correction(Box::new(correction)), Payload::Correction(message))
        }
        Some(Amended::Withdrawal(message)) => {
            let id = event_id(&amendment.event_id, "event_id", problems);
            let withdrawal = problems.at("withdrawal", |p| convert::withdrawal(&message, p))?;
            (id, Entry::Withdrawal(withdrawal), Payload::Withdrawal(message))
        }
        None => {
            problems.add(
                Reason::FieldRequired,
                "",
                "请填写更正（correction）或撤回（withdrawal）",
                "give a correction or a withdrawal",
            );
            return None;
        }
    };
    Some((Proposed::new(index, id?, entry), payload))
}

/// The field of an amendment that holds it.
fn kind(amended: Option<&Amended>) -> &'static str {
    match amended {
        Some(Amended::Correction(_)) => "correction",
        Some(Amended::Withdrawal(_)) => "withdrawal",
        None => "",
    }
}

/// A problem of an entry at the field of the amendment that holds it.
fn in_amendment(problem: Problem, kinds: &[&str]) -> Problem {
    let placed = problem.field.strip_prefix(LIST).and_then(|rest| {
        let (index, field) = rest.strip_prefix('[')?.split_once("].")?;
        let kind = kinds.get(index.parse::<usize>().ok()?)?;
        // What was found before names it already.
        let inner = match (*kind, field) {
            (_, field) if field.starts_with("correction.") || field.starts_with("withdrawal.") => {
                return None;
            }
            ("correction", "event_id") => "correction.event.event_id".to_owned(),
            (_, "event_id") => return None,
            (kind, field) => format!("{kind}.{field}"),
        };
        Some(format!("{LIST}[{index}].{inner}"))
    });
    match placed {
        Some(field) => Problem { field, ..problem },
        None => problem,
    }
}
