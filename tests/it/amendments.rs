//! Corrections and withdrawals in one call: all or none, one version is amended once, and a check
//! names everything in full.

use duty_ledger::pb;
use pb::amendment::Amended;
use tonic::Code;

use crate::support::entries;
use crate::support::events::{batch, id, meeting};
use crate::support::refusal::{Refusal, check};
use crate::support::seed::{self, RECORDER};
use crate::support::service::Service;

const WHY: &str = "会议日期以会议纪要为准，予以更正";

fn correction(target: u128, event: pb::DutyEvent) -> pb::Amendment {
    let correction =
        pb::Correction { target_event_id: id(target), reason: WHY.to_owned(), event: Some(event) };
    pb::Amendment { event_id: String::new(), amended: Some(Amended::Correction(correction)) }
}

fn withdrawal(own: u128, target: u128, reason: &str) -> pb::Amendment {
    let withdrawal = pb::Withdrawal {
        target_event_id: id(target),
        reason: reason.to_owned(),
        ..Default::default()
    };
    pb::Amendment { event_id: id(own), amended: Some(Amended::Withdrawal(withdrawal)) }
}

async fn send(
    service: &Service,
    amendments: Vec<pb::Amendment>,
    validate_only: bool,
) -> Result<pb::AmendEventsResponse, tonic::Status> {
    let recorder = RECORDER.to_owned();
    let request = pb::AmendEventsRequest { recorder, amendments, validate_only };
    let answer = service.clients.events.clone().amend_events(request).await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_amendments_is_one_step() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let events = (1..=4).map(meeting).collect();
    service.clients.events.clone().append_events(batch(events)).await.expect("accepted");
    let before = entries(&service.clients).await.len() as u64;
    let good =
        || vec![correction(1, meeting(11)), withdrawal(12, 2, WHY), correction(3, meeting(13))];
    let positions = |answer: &pb::AmendEventsResponse| -> Vec<(u64, bool)> {
        let receipts = answer.results.iter().filter_map(|result| result.receipt.as_ref());
        receipts.map(|receipt| (receipt.position, receipt.duplicate)).collect()
    };
    let verdicts = send(&service, good(), true).await.expect("acceptable");
    assert_eq!(positions(&verdicts), [(0, false); 3]);
    assert_eq!(entries(&service.clients).await.len() as u64, before);

    let bad = || {
        vec![
            correction(1, pb::DutyEvent { title: String::new(), ..meeting(11) }),
            withdrawal(12, 9, "太短"),
            correction(4, meeting(14)),
            withdrawal(15, 4, WHY),
            pb::Amendment::default(),
            correction(3, meeting(1)),
            withdrawal(1, 3, WHY),
        ]
    };
    let refusal = Refusal::of(&send(&service, bad(), false).await.expect_err("refused"));
    let mut fields = refusal.fields();
    fields.sort();
    let expected = [
        "amendments[0].correction.event.title FIELD_REQUIRED",
        "amendments[1].withdrawal.reason REASON_TOO_SHORT",
        "amendments[1].withdrawal.target_event_id REFERENCE_UNKNOWN",
        "amendments[3].withdrawal.target_event_id EVENT_NOT_CURRENT",
        "amendments[4] FIELD_REQUIRED",
        "amendments[5].correction.event.event_id EVENT_ID_REUSED",
        "amendments[6].event_id DUPLICATE_IN_REQUEST",
        "amendments[6].event_id EVENT_ID_REUSED",
    ];
    assert_eq!(fields, expected);
    let told = send(&service, bad(), true).await.expect("told");
    let mut full = Vec::new();
    for (index, result) in told.results.iter().enumerate() {
        assert_eq!(result.receipt, None);
        for found in &result.problems {
            let dot = if found.field.is_empty() { "" } else { "." };
            full.push(format!("amendments[{index}]{dot}{} {}", found.field, found.reason));
        }
    }
    full.sort();
    assert_eq!(full, expected);
    assert_eq!(entries(&service.clients).await.len() as u64, before, "nothing half done");
    let nothing = send(&service, Vec::new(), false).await;
    check("nothing", nothing, Code::InvalidArgument, "FIELD_REQUIRED", "amendments");

    let done = send(&service, good(), false).await.expect("amended");
    let expected: Vec<_> = (1..=3).map(|n| (before + n, false)).collect();
    assert_eq!(positions(&done), expected);
    let again = send(&service, good(), false).await.expect("the first receipts");
    let expected: Vec<_> = (1..=3).map(|n| (before + n, true)).collect();
    assert_eq!(positions(&again), expected);
}
