//! Findings through the port: ordered, answered with evidence, looked at, closed; listed with the
//! rate of those closed, and shown with the debrief of the next year.

use std::sync::Arc;

use duty_ledger::pb;
use journal::MemoryJournal;
use tonic::{Code, Status};

use crate::support::clock::TestClock;
use crate::support::events::{batch, document, id, meeting};
use crate::support::refusal::check;
use crate::support::seed::{
    self, BUREAU, CITY, GOVERNMENT_HEAD, LEADER, OTHER_BUREAU, VERIFIER, selector, view,
};
use crate::support::service::{Clients, Service};

async fn service() -> Service {
    let clock = TestClock::at("2023-03-31T16:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::all(&service.clients).await;
    service
}

fn order(
    number: u128,
    change: impl FnOnce(&mut pb::RectificationOrder),
) -> pb::OrderRectificationRequest {
    let mut order = pb::RectificationOrder {
        organization_id: BUREAU.to_owned(),
        accounting_year: 2022,
        text: "重大决策未经合法性审查即提交讨论".to_owned(),
        severity: pb::RectificationSeverity::Major.into(),
        source: pb::RectificationSource::Inspection.into(),
        owner_post_id: GOVERNMENT_HEAD.to_owned(),
        due_date: "2023-04-30".to_owned(),
        document_number: "柳法办〔2023〕6号".to_owned(),
        issuer: VERIFIER.to_owned(),
        ..Default::default()
    };
    change(&mut order);
    pb::OrderRectificationRequest { event_id: id(number), order: Some(order) }
}

fn answer(
    number: u128,
    change: impl FnOnce(&mut pb::RectificationAnswer),
) -> pb::AnswerRectificationRequest {
    let mut answer = pb::RectificationAnswer {
        target_event_id: id(1),
        text: "已补做合法性审查并修订议事规则".to_owned(),
        evidence: vec![document("柳科会〔2023〕3号")],
        answerer: "kjj-office".to_owned(),
    };
    change(&mut answer);
    pb::AnswerRectificationRequest { event_id: id(number), answer: Some(answer) }
}

fn closing(
    number: u128,
    change: impl FnOnce(&mut pb::RectificationClosing),
) -> pb::CloseRectificationRequest {
    let mut closing = pb::RectificationClosing {
        target_event_id: id(1),
        effect: pb::RectificationEffect::Effective.into(),
        remark: "已查验会议记录，规则得到执行".to_owned(),
        new_due_date: String::new(),
        closer: VERIFIER.to_owned(),
    };
    change(&mut closing);
    pb::CloseRectificationRequest { event_id: id(number), closing: Some(closing) }
}

async fn give(
    clients: &Clients,
    request: pb::OrderRectificationRequest,
) -> Result<pb::AppendReceipt, Status> {
    let given = clients.review.clone().order_rectification(request).await?;
    Ok(given.into_inner().receipt.expect("a receipt"))
}

async fn reply(
    clients: &Clients,
    request: pb::AnswerRectificationRequest,
) -> Result<pb::AppendReceipt, Status> {
    let given = clients.review.clone().answer_rectification(request).await?;
    Ok(given.into_inner().receipt.expect("a receipt"))
}

async fn close(
    clients: &Clients,
    request: pb::CloseRectificationRequest,
) -> Result<pb::AppendReceipt, Status> {
    let given = clients.review.clone().close_rectification(request).await?;
    Ok(given.into_inner().receipt.expect("a receipt"))
}

async fn list(
    clients: &Clients,
    request: pb::ListRectificationsRequest,
) -> pb::ListRectificationsResponse {
    clients.review.clone().list_rectifications(request).await.expect("a list").into_inner()
}

/// Open, overdue, answered, closed and the rate, on a day.
async fn counts(clients: &Clients, as_of: &str, known: u64) -> String {
    let request = pb::ListRectificationsRequest {
        as_of_date: as_of.to_owned(),
        known_position: known,
        ..Default::default()
    };
    let found = list(clients, request).await;
    format!(
        "{} {} {} {} {}",
        found.open_count,
        found.overdue_count,
        found.answered_count,
        found.closed_count,
        found.closing_rate
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_mended_and_closed_by_somebody_else() {
    let service = service().await;
    let clients = &service.clients;
    let event = clients.events.clone().append_events(batch(vec![meeting(90)])).await;
    event.expect("accepted");
    assert_eq!(counts(clients, "2023-04-30", 0).await, "0 0 0 0 ");
    let related = order(1, |order| order.related_event_ids = vec![id(90)]);
    let given = give(clients, related.clone()).await.expect("ordered");
    assert!(give(clients, related).await.expect("repeated").duplicate);
    assert_eq!(counts(clients, "2023-04-30", 0).await, "1 0 0 0 0");
    assert_eq!(counts(clients, "2023-05-01", 0).await, "0 1 0 0 0");

    let failed = Code::FailedPrecondition;
    let (out, target) = ("RECTIFICATION_OUT_OF_ORDER", "closing.target_event_id");
    check("too early", close(clients, closing(2, |_| {})).await, failed, out, target);
    let answered = reply(clients, answer(3, |_| {})).await.expect("answered");
    let twice = reply(clients, answer(4, |_| {})).await;
    check("twice", twice, failed, out, "answer.target_event_id");
    assert_eq!(counts(clients, "2023-05-01", 0).await, "0 0 1 0 0");
    let own = closing(5, |closing| closing.closer = "kjj-office".to_owned());
    check("own", close(clients, own).await, failed, "CLOSER_IS_ANSWERER", "closing.closer");

    let goes_on = closing(6, |closing| {
        closing.effect = pb::RectificationEffect::NotEffective.into();
        closing.remark = "新规则尚未在会议中执行".to_owned();
        closing.new_due_date = "2023-05-31".to_owned();
    });
    close(clients, goes_on).await.expect("goes on");
    assert_eq!(counts(clients, "2023-05-31", 0).await, "1 0 0 0 0");
    assert_eq!(counts(clients, "2023-06-01", 0).await, "0 1 0 0 0");
    reply(clients, answer(7, |_| {})).await.expect("answered again");
    close(clients, closing(8, |_| {})).await.expect("closed");
    assert_eq!(counts(clients, "2023-06-01", 0).await, "0 0 0 1 1");
    check("closed", reply(clients, answer(9, |_| {})).await, failed, out, "answer.target_event_id");
    // What was known then is what it was.
    assert_eq!(counts(clients, "2023-05-01", given.position).await, "0 1 0 0 0");
    assert_eq!(counts(clients, "2023-05-01", answered.position).await, "0 0 1 0 0");

    let all = list(clients, pb::ListRectificationsRequest::default()).await;
    let held = &all.rectifications[0];
    assert_eq!(
        (held.state(), held.due_date.as_str()),
        (pb::RectificationState::Closed, "2023-05-31")
    );
    assert_eq!(held.order.as_ref().expect("set").related_event_ids, [id(90)]);
    let steps = held.steps.iter().map(|step| format!("{}{:?}", step.answerer, step.effect()));
    let expected = ["kjj-officeUnspecified", "NotEffective", "kjj-officeUnspecified", "Effective"];
    assert_eq!(steps.collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_debrief_of_the_next_year_shows_what_was_found() {
    let service = service().await;
    let clients = &service.clients;
    // The rules of the tests are those of 2022: what was found in 2021 belongs to its debrief.
    for (number, year, organization) in [(1, 2021, BUREAU), (2, 2022, BUREAU)] {
        let given = order(number, |order| {
            order.accounting_year = year;
            order.organization_id = organization.to_owned();
        });
        give(clients, given).await.expect("ordered");
    }
    let answer = view(clients, selector("2023-05-01")).await;
    let shown: Vec<_> = answer
        .duties
        .iter()
        .flat_map(|duty| duty.rectifications.iter().map(|held| (&*duty.duty_id, &*held.event_id)))
        .collect();
    assert_eq!(shown, [("rule_of_law_debrief", id(1).as_str())]);
    let request = pb::ExplainObligationRequest {
        organization_id: BUREAU.to_owned(),
        duty_id: "rule_of_law_debrief".to_owned(),
        selector: Some(selector("2023-05-01")),
        ..Default::default()
    };
    let explained = clients.compliance.clone().explain_obligation(request).await;
    let found = explained.expect("why").into_inner().rectifications;
    assert_eq!((found.len(), found[0].state()), (1, pb::RectificationState::Overdue));
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_listed_by_subtree_state_year_and_page() {
    let service = service().await;
    let clients = &service.clients;
    for (number, year) in [(1, 2022), (2, 2022), (3, 2023)] {
        let given = order(number, |order| {
            order.accounting_year = year;
            if number == 2 {
                order.organization_id = OTHER_BUREAU.to_owned();
                order.owner_post_id.clear();
                order.owner_person_id = LEADER.to_owned();
            }
        });
        give(clients, given).await.expect("ordered");
    }
    let in_bureau = pb::ListRectificationsRequest {
        within_organization_id: BUREAU.to_owned(),
        ..Default::default()
    };
    let ids = |found: &pb::ListRectificationsResponse| {
        found.rectifications.iter().map(|held| held.event_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&list(clients, in_bureau.clone()).await), [id(1), id(3)]);
    let of_year = pb::ListRectificationsRequest { accounting_year: 2023, ..in_bureau };
    assert_eq!(ids(&list(clients, of_year).await), [id(3)]);
    reply(clients, answer(10, |_| {})).await.expect("answered");
    let mut in_city = pb::ListRectificationsRequest {
        within_organization_id: CITY.to_owned(),
        state: pb::RectificationState::Open.into(),
        page_size: 1,
        ..Default::default()
    };
    let first = list(clients, in_city.clone()).await;
    // What is answered meanwhile stays open on the pages that follow.
    reply(clients, answer(11, |answer| answer.target_event_id = id(3))).await.expect("answered");
    in_city.page_token = first.next_page_token.clone();
    let second = list(clients, in_city.clone()).await;
    assert_eq!([ids(&first), ids(&second)], [[id(2)], [id(3)]]);
    assert_eq!((second.total_size, second.next_page_token.as_str()), (2, ""));
    assert_eq!((first.open_count, first.answered_count), (2, 1));
    in_city.accounting_year = 2022;
    let answer = clients.review.clone().list_rectifications(in_city).await;
    check("other query", answer, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_step_is_refused() {
    let service = service().await;
    let clients = &service.clients;
    let invalid = Code::InvalidArgument;
    let of = |change: fn(&mut pb::RectificationOrder)| order(1, change);
    let rows = [
        ("severity", of(|o| o.severity = 0), "ENUM_UNKNOWN", "severity"),
        ("source", of(|o| o.source = 9), "ENUM_UNKNOWN", "source"),
        ("year", of(|o| o.accounting_year = 0), "ACCOUNTING_YEAR_INVALID", "accounting_year"),
        ("due", of(|o| o.due_date.clear()), "FIELD_REQUIRED", "due_date"),
        ("day", of(|o| o.due_date = "2023-02-29".into()), "DATE_INVALID", "due_date"),
        ("short", of(|o| o.text = "未审查".into()), "REASON_TOO_SHORT", "text"),
        ("nobody", of(|o| o.owner_post_id.clear()), "FIELD_REQUIRED", "owner_post_id"),
        ("both", of(|o| o.owner_person_id = LEADER.into()), "FIELD_REQUIRED", "owner_post_id"),
        ("post", of(|o| o.owner_post_id = "none".into()), "REFERENCE_UNKNOWN", "owner_post_id"),
        (
            "event",
            of(|o| o.related_event_ids = vec![id(404)]),
            "REFERENCE_UNKNOWN",
            "related_event_ids[0]",
        ),
        ("name", of(|o| o.issuer = "张三".into()), "FIELD_MALFORMED", "issuer"),
        ("secret", of(|o| o.text.push_str("（机密★10年）")), "STATE_SECRET_MARKING", "text"),
    ];
    for (what, request, reason, field) in rows {
        check(what, give(clients, request).await, invalid, reason, &format!("order.{field}"));
    }
    give(clients, of(|_| {})).await.expect("unspoilt, it is taken");
    let bare = answer(2, |answer| answer.evidence.clear());
    check("bare", reply(clients, bare).await, invalid, "FIELD_REQUIRED", "answer.evidence");
    let unknown = answer(2, |answer| answer.target_event_id = id(404));
    let field = "answer.target_event_id";
    check("unknown", reply(clients, unknown).await, Code::NotFound, "REFERENCE_UNKNOWN", field);
    reply(clients, answer(2, |_| {})).await.expect("answered");
    let of = |change: fn(&mut pb::RectificationClosing)| closing(3, change);
    let rows = [
        ("effect", of(|c| c.effect = 0), "ENUM_UNKNOWN", "effect"),
        (
            "closed with a day",
            of(|c| c.new_due_date = "2023-06-01".into()),
            "FIELD_MALFORMED",
            "new_due_date",
        ),
        ("no day", of(|c| c.effect = 2), "FIELD_REQUIRED", "new_due_date"),
        (
            "not later",
            of(|c| {
                c.effect = 2;
                c.new_due_date = "2023-04-30".into();
            }),
            "DATE_ORDER",
            "new_due_date",
        ),
    ];
    for (what, request, reason, field) in rows {
        check(what, close(clients, request).await, invalid, reason, &format!("closing.{field}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_that_ordered_it_closes_it() {
    let service = service().await;
    let clients = &service.clients;
    let itself = order(1, |order| order.issuing_organization_id = BUREAU.to_owned());
    let (reason, invalid) = ("CLOSER_NOT_OF_BODY", Code::InvalidArgument);
    let field = "order.issuing_organization_id";
    check("itself", give(clients, itself).await, invalid, reason, field);
    let post = order(1, |order| order.closing_post_id = GOVERNMENT_HEAD.to_owned());
    let field = "order.closing_post_id";
    check("post alone", give(clients, post).await, invalid, "REFERENCE_UNKNOWN", field);
    let by_city = order(1, |order| order.issuing_organization_id = CITY.to_owned());
    give(clients, by_city).await.expect("ordered");
    reply(clients, answer(2, |_| {})).await.expect("answered");
    let by = |who: &str| closing(3, |closing| closing.closer = who.to_owned());
    let failed = Code::FailedPrecondition;
    check("stranger", close(clients, by("somebody")).await, failed, reason, "closing.closer");
    // The one who holds the post that had to mend it.
    let owner = "CLOSER_IS_ANSWERER";
    check("owner", close(clients, by(LEADER)).await, failed, owner, "closing.closer");
    close(clients, by(VERIFIER)).await.expect("closed by who ordered it");
    let listed = list(clients, pb::ListRectificationsRequest::default()).await;
    let order = listed.rectifications[0].order.clone().expect("the order");
    assert_eq!(order.issuing_organization_id, CITY);
}
