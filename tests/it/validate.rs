//! Validation alone: what the batch would get, and nothing written.

use duty_ledger::pb;
use tonic_types::StatusExt as _;

use crate::support::entries;
use crate::support::events::{batch, meeting};
use crate::support::seed;
use crate::support::service::Service;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_validated_is_answered_like_the_rest_and_not_written() {
    let service = Service::new().await;
    let clients = &service.clients;
    seed::all(clients).await;
    let before = entries(clients).await.len();
    let append = async |request| clients.events.clone().append_events(request).await;
    let validate = |events| pb::AppendEventsRequest { validate_only: true, ..batch(events) };
    let told = async || {
        let answer = append(validate(vec![meeting(1), meeting(2)])).await.expect("acceptable");
        let receipts = answer.into_inner().receipts;
        receipts.iter().map(|receipt| (receipt.duplicate, receipt.position)).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [(false, 0), (false, 0)]);
    assert_eq!(entries(clients).await.len(), before, "nothing is written");

    // Once one of them is there, it is told from the other.
    append(batch(vec![meeting(1)])).await.expect("accepted");
    assert_eq!(told().await, [(true, before as u64 + 1), (false, 0)]);

    // A refusal is the refusal the batch would get.
    let bad = || vec![meeting(3), pb::DutyEvent { title: String::new(), ..meeting(4) }];
    let refused = append(validate(bad())).await.expect_err("refused");
    let sent = append(batch(bad())).await.expect_err("refused");
    let told = |status: &tonic::Status| {
        let details = status.get_details_bad_request().expect("the fields");
        let fields = details.field_violations.into_iter().map(|v| (v.field, v.reason));
        (status.code(), status.message().to_owned(), fields.collect::<Vec<_>>())
    };
    assert_eq!(told(&refused), told(&sent));
    assert_eq!(entries(clients).await.len(), before + 1);
}
