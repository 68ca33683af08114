//! A supervisor accepts with a grade, returns with a cure period, withdraws an acceptance; and an
//! event says how it stands, then and now.

use std::sync::Arc;

use duty_ledger::pb;
use journal::MemoryJournal;
use tonic::{Code, Status};

use crate::support::clock::TestClock;
use crate::support::events::{batch, id, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, VERIFIER, ladder, selector, view};
use crate::support::service::{Clients, Service};

const DUTY: &str = "rule_of_law_work_meeting";
const DAY: &str = "2023-04-01";
const WHY: &str = "纪要缺少签到表，请补充后重新报送";

/// 28 February 2023 in Shanghai: five working days later it is 7 March (DOMAIN §5.6).
async fn service() -> (Service, TestClock) {
    let clock = TestClock::at("2023-02-28T02:00:00Z");
    let journal = Arc::new(MemoryJournal::new());
    let service = Service::over(journal, Arc::new(clock.clone())).await;
    seed::all(&service.clients).await;
    (service, clock)
}

fn review(number: u128, target: u128, verdict: pb::ReviewVerdict) -> pb::ReviewEventRequest {
    pb::ReviewEventRequest {
        event_id: id(number),
        review: Some(pb::Review {
            target_event_id: id(target),
            verdict: verdict.into(),
            verifier: VERIFIER.to_owned(),
            remark: WHY.to_owned(),
            ..Default::default()
        }),
    }
}

fn changed(
    mut request: pb::ReviewEventRequest,
    change: impl FnOnce(&mut pb::Review),
) -> pb::ReviewEventRequest {
    change(request.review.as_mut().expect("set"));
    request
}

async fn decide(
    clients: &Clients,
    request: pb::ReviewEventRequest,
) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.review.clone().review_event(request).await?;
    Ok(answer.into_inner().receipt.expect("a receipt"))
}

async fn append(clients: &Clients, event: pb::DutyEvent) -> pb::AppendReceipt {
    let answer = clients.events.clone().append_events(batch(vec![event])).await;
    answer.expect("accepted").into_inner().receipts.remove(0)
}

async fn explain(clients: &Clients, selector: pb::ViewSelector) -> pb::ConsideredEvent {
    let request = pb::ExplainObligationRequest {
        organization_id: BUREAU.to_owned(),
        duty_id: DUTY.to_owned(),
        selector: Some(selector),
        ..Default::default()
    };
    let answer = clients.compliance.clone().explain_obligation(request).await;
    answer.expect("an explanation").into_inner().obligations.remove(0).events.remove(0)
}

async fn reviews(clients: &Clients, event: u128, known: u64, as_of: &str) -> Vec<String> {
    let request = pb::ListEventReviewsRequest {
        event_id: id(event),
        known_position: known,
        as_of_date: as_of.to_owned(),
    };
    let answer = clients.review.clone().list_event_reviews(request).await.expect("a list");
    let shown = answer.into_inner().reviews.into_iter().map(|found| {
        let (standing, said) = (found.standing.expect("set"), found.review.expect("set"));
        let passed = if standing.cure_passed { " passed" } else { "" };
        format!(
            "{} {:?} on {} by {} cure {}{passed}",
            standing.verdict().as_str_name(),
            standing.quality(),
            standing.reviewed_date,
            said.verifier,
            standing.cure_date,
        )
    });
    shown.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_shows_until_when_it_is_to_be_mended() {
    let (service, clock) = service().await;
    let clients = &service.clients;
    append(clients, meeting(1)).await;
    let accept = changed(review(2, 1, pb::ReviewVerdict::Accepted), |review| {
        review.quality = pb::EvidenceQuality::A.into();
    });
    let accepted = decide(clients, accept).await.expect("accepted");
    assert_eq!(ladder(&view(clients, selector(DAY)).await, DUTY)[3], "fulfilled 1");

    let returned = pb::ReviewVerdict::Returned;
    decide(clients, review(3, 1, returned)).await.expect("returned");
    assert_eq!(ladder(&view(clients, selector(DAY)).await, DUTY)[3], "needs_verification 0");
    let considered = explain(clients, selector("2023-03-07")).await;
    assert_eq!(considered.why, "returned");
    let zh = "计入“有佐证”，期限内，计 1；已被审核人退回；2023-02-28 退回（第 ";
    assert!(considered.text_zh.starts_with(zh), "{}", considered.text_zh);
    assert!(considered.text_zh.ends_with("应在 2023-03-07 及以前补正"), "{}", considered.text_zh);
    let late = explain(clients, selector("2023-03-08")).await;
    let passed = "补正期限 2023-03-07 已过而未补正，仅作自述计";
    assert!(late.text_zh.ends_with(passed), "{}", late.text_zh);
    let standing = late.review.expect("a decision");
    assert!(standing.cure_passed && standing.verdict() == returned, "{standing:?}");
    let before = pb::ViewSelector { known_position: accepted.position, ..selector("2023-03-08") };
    let standing = explain(clients, before).await.review.expect("a decision");
    assert_eq!(standing.quality(), pb::EvidenceQuality::A, "what was known then stays so");

    // The event says the same, seen from the day that runs.
    let get = || pb::GetEventRequest { event_id: id(1), ..Default::default() };
    let got = clients.events.clone().get_event(get()).await.expect("it").into_inner();
    let review_now = got.standing.expect("a standing").review.expect("a decision");
    assert_eq!((review_now.cure_date.as_str(), review_now.cure_passed), ("2023-03-07", false));
    clock.set("2023-03-08T02:00:00Z");
    append(clients, pb::DutyEvent { title: "另一次会议".to_owned(), ..meeting(9) }).await;
    let wait = || async {
        let got = clients.events.clone().get_event(get()).await.expect("it").into_inner();
        got.standing.expect("a standing").review.expect("a decision").cure_passed
    };
    while !wait().await {
        tokio::task::yield_now().await;
    }

    let shown = reviews(clients, 1, 0, "2023-03-07").await;
    let first = "REVIEW_VERDICT_ACCEPTED A on 2023-02-28 by zfb-verifier cure ";
    let second =
        "REVIEW_VERDICT_RETURNED Unspecified on 2023-02-28 by zfb-verifier cure 2023-03-07";
    assert_eq!(shown, [first, second]);
    assert_eq!(reviews(clients, 1, accepted.position, "2023-03-08").await, [first]);
    assert_eq!(reviews(clients, 1, 0, "2023-03-08").await[1], format!("{second} passed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_and_a_withdrawn_acceptance_show_in_the_ladder() {
    let (service, _) = service().await;
    let clients = &service.clients;
    append(clients, meeting(1)).await;
    let reserved = changed(review(2, 1, pb::ReviewVerdict::Accepted), |review| {
        review.quality = pb::EvidenceQuality::C.into();
    });
    decide(clients, reserved).await.expect("accepted");
    let expected = ["fulfilled 1", "fulfilled 1", "fulfilled 1", "partial 0.6", "fulfilled"];
    assert_eq!(ladder(&view(clients, selector(DAY)).await, DUTY), expected);
    assert_eq!(explain(clients, selector(DAY)).await.why, "reservation");
    let withdrawn = changed(review(3, 1, pb::ReviewVerdict::AcceptanceWithdrawn), |review| {
        review.document_number = "柳法办〔2023〕5号".to_owned();
    });
    decide(clients, withdrawn.clone()).await.expect("withdrawn");
    assert_eq!(ladder(&view(clients, selector(DAY)).await, DUTY)[3], "needs_verification 0");
    let text = explain(clients, selector(DAY)).await.text_en;
    assert!(text.contains("; its acceptance was withdrawn on 2023-02-28"), "{text}");
    // Repeated it gets the first receipt; as another decision there is nothing left to withdraw.
    assert!(decide(clients, withdrawn.clone()).await.expect("repeated").duplicate);
    let again = pb::ReviewEventRequest { event_id: id(4), ..withdrawn };
    let answer = decide(clients, again).await;
    check("twice", answer, Code::FailedPrecondition, "EVENT_NOT_ACCEPTED", "review.verdict");
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_are_none_are_refused() {
    let (service, _) = service().await;
    let clients = &service.clients;
    append(clients, meeting(1)).await;
    let (accepted, returned) = (pb::ReviewVerdict::Accepted, pb::ReviewVerdict::Returned);
    let withdrawn = pb::ReviewVerdict::AcceptanceWithdrawn;
    let of = |verdict, change: fn(&mut pb::Review)| changed(review(2, 1, verdict), change);
    let invalid = Code::InvalidArgument;
    let rows = [
        ("short", of(returned, |r| r.remark = "不符".into()), "REASON_TOO_SHORT", "remark"),
        ("quality", of(accepted, |r| r.quality = 9), "ENUM_UNKNOWN", "quality"),
        ("quality of a return", of(returned, |r| r.quality = 1), "FIELD_MALFORMED", "quality"),
        (
            "reservation without a remark",
            of(accepted, |r| {
                r.quality = 3;
                r.remark.clear();
            }),
            "FIELD_REQUIRED",
            "remark",
        ),
        (
            "cure of an acceptance",
            of(accepted, |r| r.cure_working_days = 5),
            "FIELD_MALFORMED",
            "cure_working_days",
        ),
        (
            "too long",
            of(returned, |r| r.cure_working_days = 61),
            "FIELD_OUT_OF_RANGE",
            "cure_working_days",
        ),
        (
            "negative",
            of(returned, |r| r.cure_working_days = -1),
            "FIELD_OUT_OF_RANGE",
            "cure_working_days",
        ),
        ("no document", of(withdrawn, |_| {}), "FIELD_REQUIRED", "document_number"),
        (
            "no number",
            of(withdrawn, |r| r.document_number = "五号".into()),
            "DOCUMENT_NUMBER_INVALID",
            "document_number",
        ),
    ];
    for (what, request, reason, field) in rows {
        let field = format!("review.{field}");
        check(what, decide(clients, request).await, invalid, reason, &field);
    }
    decide(clients, of(returned, |r| r.cure_working_days = 20)).await.expect("unspoilt");
    assert!(reviews(clients, 1, 0, "").await[0].ends_with("cure 2023-03-28"));
    let request = pb::ListEventReviewsRequest { event_id: id(404), ..Default::default() };
    let answer = clients.review.clone().list_event_reviews(request).await;
    check("unknown", answer, Code::NotFound, "REFERENCE_UNKNOWN", "event_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_verifies_what_they_recorded_in_any_version() {
    let (service, _) = service().await;
    let clients = &service.clients;
    append(clients, meeting(1)).await;
    let correct = pb::CorrectEventRequest {
        recorder: "legal-office".to_owned(),
        target_event_id: id(1),
        event: Some(meeting(2)),
        reason: "会议日期以会议纪要为准，予以更正".to_owned(),
        expected_revision: None,
    };
    clients.events.clone().correct_event(correct).await.expect("corrected");
    let by = |who: &str| {
        changed(review(3, 2, pb::ReviewVerdict::Accepted), |r| r.verifier = who.to_owned())
    };
    let failed = Code::FailedPrecondition;
    for who in [seed::RECORDER, "legal-office"] {
        check(
            who,
            decide(clients, by(who)).await,
            failed,
            "VERIFIER_IS_RECORDER",
            "review.verifier",
        );
    }
    decide(clients, by(VERIFIER)).await.expect("somebody else may");
}
