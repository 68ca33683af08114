//! What becomes of an event: corrected, taken back, accepted, returned — and that what was known
//! before is still what was known then.

use std::sync::Arc;

use duty_ledger::pb;
use journal::MemoryJournal;
use prost::Message as _;
use tonic::{Code, Status};

use crate::support::clock::TestClock;
use crate::support::events::{batch, claimed_meeting, dated_meeting, id, meeting};
use crate::support::refusal::{Refusal, check};
use crate::support::seed::{
    self, BUREAU, OTHER_BUREAU, RECORDER, VERIFIER, ladder, selector, view,
};
use crate::support::service::{Clients, Service};

const DUTY: &str = "rule_of_law_work_meeting";
const DAY: &str = "2023-04-01";
const WHY: &str = "会议日期以会议纪要为准，予以更正";

async fn service() -> (Service, TestClock) {
    let clock = TestClock::at("2023-03-31T16:00:00Z");
    let journal = Arc::new(MemoryJournal::new());
    let service = Service::over(journal, Arc::new(clock.clone())).await;
    seed::all(&service.clients).await;
    (service, clock)
}

async fn append(clients: &Clients, event: pb::DutyEvent) -> pb::AppendReceipt {
    let answer = clients.events.clone().append_events(batch(vec![event])).await;
    answer.expect("accepted").into_inner().receipts.remove(0)
}

fn correction(target: u128, event: pb::DutyEvent) -> pb::CorrectEventRequest {
    pb::CorrectEventRequest {
        recorder: RECORDER.to_owned(),
        target_event_id: id(target),
        event: Some(event),
        reason: WHY.to_owned(),
        expected_revision: None,
    }
}

fn withdrawal(number: u128, target: u128) -> pb::WithdrawEventRequest {
    pb::WithdrawEventRequest {
        recorder: RECORDER.to_owned(),
        event_id: id(number),
        target_event_id: id(target),
        reason: "会议改期，本次未召开，予以撤回".to_owned(),
        consented_by: String::new(),
    }
}

fn review(number: u128, target: u128, verdict: pb::ReviewVerdict) -> pb::ReviewEventRequest {
    pb::ReviewEventRequest {
        event_id: id(number),
        review: Some(pb::Review {
            target_event_id: id(target),
            verdict: verdict.into(),
            verifier: VERIFIER.to_owned(),
            remark: "已查验会议纪要原件，签到表另附".to_owned(),
            ..Default::default()
        }),
    }
}

async fn decide(
    clients: &Clients,
    request: pb::ReviewEventRequest,
) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.review.clone().review_event(request).await?;
    Ok(answer.into_inner().receipt.expect("a receipt"))
}

async fn correct(
    clients: &Clients,
    request: pb::CorrectEventRequest,
) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.events.clone().correct_event(request).await?;
    Ok(answer.into_inner().receipt.expect("a receipt"))
}

async fn withdraw(
    clients: &Clients,
    request: pb::WithdrawEventRequest,
) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.events.clone().withdraw_event(request).await?;
    Ok(answer.into_inner().receipt.expect("a receipt"))
}

async fn standing(clients: &Clients, number: u128) -> pb::EventStanding {
    let request = pb::GetEventRequest { event_id: id(number), ..Default::default() };
    let got = clients.events.clone().get_event(request).await.expect("the event").into_inner();
    got.standing.expect("a duty event")
}

async fn rungs(clients: &Clients) -> Vec<String> {
    ladder(&view(clients, selector(DAY)).await, DUTY)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_climbs_the_ladder_as_it_is_corrected_and_accepted() {
    let (service, _) = service().await;
    let clients = &service.clients;
    let missing = "needs_verification 0";
    append(clients, claimed_meeting(1)).await;
    let expected = ["fulfilled 1", missing, missing, missing, "needs_verification"];
    assert_eq!(rungs(clients).await, expected);

    let first = correct(clients, correction(1, dated_meeting(2))).await.expect("corrected");
    let expected = ["fulfilled 1", "fulfilled 1", missing, missing, "needs_verification"];
    assert_eq!(rungs(clients).await, expected);

    correct(clients, correction(2, meeting(3))).await.expect("corrected");
    let expected = ["fulfilled 1", "fulfilled 1", "fulfilled 1", missing, "fulfilled"];
    assert_eq!(rungs(clients).await, expected);

    decide(clients, review(4, 3, pb::ReviewVerdict::Accepted)).await.expect("accepted");
    let expected = ["fulfilled 1", "fulfilled 1", "fulfilled 1", "fulfilled 1", "fulfilled"];
    assert_eq!(rungs(clients).await, expected);

    decide(clients, review(5, 3, pb::ReviewVerdict::Returned)).await.expect("returned");
    let expected = ["fulfilled 1", "fulfilled 1", "fulfilled 1", missing, "fulfilled"];
    assert_eq!(rungs(clients).await, expected);

    withdraw(clients, withdrawal(6, 3)).await.expect("withdrawn");
    assert_eq!(rungs(clients).await[0], "overdue 0");

    let old = standing(clients, 1).await;
    assert_eq!((old.current, old.superseded_at), (false, first.position));
    assert_eq!(old.evidence_grade, "B");
    let last = standing(clients, 3).await;
    assert!(!last.current && last.withdrawn_at != 0 && !last.accepted, "{last:?}");
    assert_eq!(last.evidence_grade, "A");
    let request = pb::ListEventsRequest { organization_id: BUREAU.into(), ..Default::default() };
    let list = clients.events.clone().list_events(request).await.expect("a list").into_inner();
    assert_eq!((list.total_size, list.revision), (6, 6), "nothing is ever taken out");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_decisions_get_their_first_receipts() {
    let (service, _) = service().await;
    let clients = &service.clients;
    append(clients, dated_meeting(1)).await;
    let corrected = correct(clients, correction(1, meeting(2))).await.expect("corrected");
    let accepted = pb::ReviewVerdict::Accepted;
    let reviewed = decide(clients, review(3, 2, accepted)).await.expect("accepted");
    let consent =
        || pb::WithdrawEventRequest { consented_by: VERIFIER.to_owned(), ..withdrawal(4, 2) };
    let withdrawn = withdraw(clients, consent()).await.expect("withdrawn");
    let again = |first: pb::AppendReceipt| pb::AppendReceipt { duplicate: true, ..first };
    assert_eq!(
        correct(clients, correction(1, meeting(2))).await.expect("repeated"),
        again(corrected)
    );
    assert_eq!(decide(clients, review(3, 2, accepted)).await.expect("repeated"), again(reviewed));
    assert_eq!(withdraw(clients, consent()).await.expect("repeated"), again(withdrawn));
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_that_are_none_are_refused() {
    let (service, _) = service().await;
    let clients = &service.clients;
    append(clients, dated_meeting(1)).await;
    append(clients, dated_meeting(2)).await;
    let good = || correction(1, meeting(10));
    let event = |change: fn(&mut pb::DutyEvent)| {
        let mut event = meeting(10);
        change(&mut event);
        correction(1, event)
    };
    let (invalid, taken) = (Code::InvalidArgument, Code::AlreadyExists);
    let moved = event(|event| event.organization_id = OTHER_BUREAU.to_owned());
    let other_type = event(|event| {
        let details = pb::duty_event::Details::LeadingGroupMeeting(Default::default());
        event.details = Some(details);
    });
    let same = pb::CorrectEventRequest { event: Some(meeting(1)), ..good() };
    let short = pb::CorrectEventRequest { reason: "笔误".into(), ..good() };
    let unknown = pb::CorrectEventRequest { target_event_id: id(404), ..good() };
    let stale = pb::CorrectEventRequest { expected_revision: Some(7), ..good() };
    let nobody = pb::CorrectEventRequest { recorder: "张三".into(), ..good() };
    let no_event = pb::CorrectEventRequest { event: None, ..good() };
    let rows = [
        ("short", short, invalid, "REASON_TOO_SHORT", "reason"),
        ("moved", moved, invalid, "CORRECTION_CHANGES_IDENTITY", "event.organization_id"),
        ("type", other_type, invalid, "CORRECTION_CHANGES_IDENTITY", "event.details"),
        ("title", event(|event| event.title.clear()), invalid, "FIELD_REQUIRED", "event.title"),
        ("kind", event(|event| event.kind = 0), invalid, "ENUM_UNKNOWN", "event.kind"),
        (
            "no id",
            event(|event| event.event_id.clear()),
            invalid,
            "FIELD_REQUIRED",
            "event.event_id",
        ),
        ("unknown", unknown, Code::NotFound, "REFERENCE_UNKNOWN", "target_event_id"),
        ("its own id", same, taken, "EVENT_ID_REUSED", "event.event_id"),
        ("stale", stale, Code::Aborted, "REVISION_CONFLICT", "expected_revision"),
        ("recorder", nobody, invalid, "FIELD_MALFORMED", "recorder"),
        ("no event", no_event, invalid, "FIELD_REQUIRED", "event"),
    ];
    for (what, request, code, reason, field) in rows {
        check(what, correct(clients, request).await, code, reason, field);
    }
    correct(clients, good()).await.expect("unspoilt, it is accepted");
    let gone = Code::FailedPrecondition;
    let twice = correct(clients, correction(1, meeting(11))).await;
    let refusal = check("twice", twice, gone, "EVENT_NOT_CURRENT", "target_event_id");
    assert!(refusal.at("target_event_id").1.contains(&id(10)), "it names the current version");
    withdraw(clients, withdrawal(12, 2)).await.expect("withdrawn");
    let answer = correct(clients, correction(2, meeting(13))).await;
    check("withdrawn", answer, gone, "EVENT_NOT_CURRENT", "target_event_id");
    let of_withdrawal = correct(clients, correction(12, meeting(13))).await;
    check("no event", of_withdrawal, Code::NotFound, "REFERENCE_UNKNOWN", "target_event_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_event_is_taken_back_with_consent_only() {
    let (service, _) = service().await;
    let clients = &service.clients;
    append(clients, meeting(1)).await;
    decide(clients, review(2, 1, pb::ReviewVerdict::Accepted)).await.expect("accepted");
    let failed = Code::FailedPrecondition;
    let answer = withdraw(clients, withdrawal(3, 1)).await;
    check("consent", answer, failed, "CONSENT_REQUIRED", "consented_by");
    let short = pb::WithdrawEventRequest { reason: "作废".to_owned(), ..withdrawal(3, 1) };
    let refusal = Refusal::of(&withdraw(clients, short).await.expect_err("refused"));
    assert_eq!(refusal.fields(), ["reason REASON_TOO_SHORT", "consented_by CONSENT_REQUIRED"]);
    let name = pb::WithdrawEventRequest { consented_by: "李四".to_owned(), ..withdrawal(3, 1) };
    let answer = withdraw(clients, name).await;
    check("a name", answer, Code::InvalidArgument, "FIELD_MALFORMED", "consented_by");
    let other =
        pb::WithdrawEventRequest { consented_by: "supervisor-9".to_owned(), ..withdrawal(3, 1) };
    let answer = withdraw(clients, other).await;
    check("who verified nothing", answer, failed, "CONSENT_REQUIRED", "consented_by");
    let consent =
        pb::WithdrawEventRequest { consented_by: VERIFIER.to_owned(), ..withdrawal(3, 1) };
    withdraw(clients, consent).await.expect("withdrawn");
    let answer = withdraw(clients, withdrawal(4, 1)).await;
    check("twice", answer, failed, "EVENT_NOT_CURRENT", "target_event_id");
    let answer = withdraw(clients, withdrawal(5, 404)).await;
    check("unknown", answer, Code::NotFound, "REFERENCE_UNKNOWN", "target_event_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_accepts_what_they_recorded_themselves() {
    let (service, _) = service().await;
    let clients = &service.clients;
    append(clients, meeting(1)).await;
    let accepted = pb::ReviewVerdict::Accepted;
    let changed = |change: fn(&mut pb::Review)| {
        let mut request = review(2, 1, accepted);
        change(request.review.as_mut().expect("set"));
        request
    };
    let invalid = Code::InvalidArgument;
    let own = changed(|review| review.verifier = RECORDER.to_owned());
    let rows = [
        ("own", own, Code::FailedPrecondition, "VERIFIER_IS_RECORDER", "review.verifier"),
        (
            "a name",
            changed(|review| review.verifier = "王五".to_owned()),
            invalid,
            "FIELD_MALFORMED",
            "review.verifier",
        ),
        ("no verdict", changed(|r| r.verdict = 0), invalid, "ENUM_UNKNOWN", "review.verdict"),
        (
            "no reason",
            changed(|review| {
                review.verdict = pb::ReviewVerdict::Returned.into();
                review.remark.clear();
            }),
            invalid,
            "FIELD_REQUIRED",
            "review.remark",
        ),
        (
            "unknown",
            review(2, 404, accepted),
            Code::NotFound,
            "REFERENCE_UNKNOWN",
            "review.target_event_id",
        ),
        ("taken id", review(1, 1, accepted), Code::AlreadyExists, "EVENT_ID_REUSED", "event_id"),
    ];
    for (what, request, code, reason, field) in rows {
        check(what, decide(clients, request).await, code, reason, field);
    }
    decide(clients, review(2, 1, accepted)).await.expect("unspoilt, it is accepted");
    assert!(standing(clients, 1).await.accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_has_the_same_answer_for_ever() {
    let (service, clock) = service().await;
    let clients = &service.clients;
    let first = append(clients, dated_meeting(1)).await;
    clock.set("2023-03-31T17:00:00Z");
    let second = correct(clients, correction(1, meeting(2))).await.expect("corrected");
    clock.set("2023-03-31T18:00:00Z");
    let accepted = pb::ReviewVerdict::Accepted;
    let third = decide(clients, review(3, 2, accepted)).await.expect("accepted");

    let by_position = |position| pb::ViewSelector { known_position: position, ..selector(DAY) };
    let by_time = |receipt: &pb::AppendReceipt| pb::ViewSelector {
        known_time: receipt.recorded_time,
        ..selector(DAY)
    };
    let steps = [&first, &second, &third];
    let credits = [["1", "1", "0", "0"], ["1", "1", "1", "0"], ["1", "1", "1", "1"]];
    let mut answers = Vec::new();
    for (receipt, credits) in steps.into_iter().zip(credits) {
        let answer = everything(clients, by_position(receipt.position)).await;
        let line = answer.0.duties.iter().find(|line| line.duty_id == DUTY).expect("the duty");
        let found: Vec<_> = line.rungs.iter().map(|rung| rung.credit.as_str()).collect();
        assert_eq!(found, credits);
        let same = everything(clients, by_time(receipt)).await;
        assert_eq!(bytes(&same), bytes(&answer), "position and time name the same knowledge");
        answers.push(answer);
    }
    // An earlier day: the deadline of 31 December 2022 counts from then on.
    let early = pb::ViewSelector { known_position: first.position - 1, ..selector("2022-12-31") };
    let late = pb::ViewSelector { as_of_date: "2023-01-01".to_owned(), ..early.clone() };
    assert_eq!(ladder(&view(clients, early).await, DUTY)[4], "due_soon");
    assert_eq!(ladder(&view(clients, late).await, DUTY)[4], "overdue");

    clock.set("2023-03-31T19:00:00Z");
    let consent = VERIFIER.to_owned();
    let request = pb::WithdrawEventRequest { consented_by: consent, ..withdrawal(4, 2) };
    withdraw(clients, request).await.expect("withdrawn");
    append(clients, pb::DutyEvent { title: "补录".to_owned(), ..meeting(5) }).await;
    for (receipt, before) in [&first, &second, &third].into_iter().zip(&answers) {
        for question in [by_position(receipt.position), by_time(receipt)] {
            let now = everything(clients, question).await;
            assert_eq!(bytes(&now), bytes(before));
        }
    }
}

type Everything = (
    pb::GetOrganizationComplianceResponse,
    pb::QueryComplianceResponse,
    pb::ExplainObligationResponse,
    pb::GetScoreSheetResponse,
    pb::GetLeaderComplianceResponse,
);

/// Every view there is under one question.
async fn everything(clients: &Clients, selector: pb::ViewSelector) -> Everything {
    let mut compliance = clients.compliance.clone();
    let organization_id = BUREAU.to_owned();
    let asked = Some(selector.clone());
    let matrix = pb::QueryComplianceRequest { selector: asked.clone(), ..Default::default() };
    let explain = pb::ExplainObligationRequest {
        organization_id: organization_id.clone(),
        duty_id: DUTY.to_owned(),
        selector: asked.clone(),
        ..Default::default()
    };
    let sheet = pb::GetScoreSheetRequest { organization_id, selector: asked.clone() };
    let leader =
        pb::GetLeaderComplianceRequest { person_id: seed::LEADER.to_owned(), selector: asked };
    let mut evaluation = clients.evaluation.clone();
    (
        view(clients, selector).await,
        compliance.query_compliance(matrix).await.expect("a page").into_inner(),
        compliance.explain_obligation(explain).await.expect("an explanation").into_inner(),
        evaluation.get_score_sheet(sheet).await.expect("a sheet").into_inner(),
        compliance.get_leader_compliance(leader).await.expect("a card").into_inner(),
    )
}

fn bytes(answer: &Everything) -> [Vec<u8>; 5] {
    let (view, matrix, explained, sheet, leader) = answer;
    [
        view.encode_to_vec(),
        matrix.encode_to_vec(),
        explained.encode_to_vec(),
        sheet.encode_to_vec(),
        leader.encode_to_vec(),
    ]
}
