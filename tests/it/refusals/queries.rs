//! Questions that cannot be answered as asked.

use std::sync::Arc;

use duty_ledger::pb;
use journal::MemoryJournal;
use tonic::Code;

use crate::support::clock::TestClock;
use crate::support::events::{batch, id, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, CITY, LEADER, OTHER_BUREAU, selector};
use crate::support::service::Service;

const INVALID: Code = Code::InvalidArgument;

async fn service() -> Service {
    let clock = TestClock::at("2023-06-14T16:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::all(&service.clients).await;
    let events = (1..=3).map(meeting).collect();
    service.clients.events.clone().append_events(batch(events)).await.expect("accepted");
    service
}

fn query() -> pb::QueryComplianceRequest {
    pb::QueryComplianceRequest { selector: Some(selector("2023-04-01")), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_is_good_for_its_own_query() {
    let service = service().await;
    let mut events = service.clients.events.clone();
    let list = |organization: &str, page_token: &str| pb::ListEventsRequest {
        organization_id: organization.to_owned(),
        page_size: 2,
        page_token: page_token.to_owned(),
        ..Default::default()
    };
    let reason = "PAGE_TOKEN_INVALID";
    let first = events.list_events(list(BUREAU, "")).await.expect("a page").into_inner();
    assert_eq!((first.entries.len(), first.total_size), (2, 3));
    let token = first.next_page_token.as_str();
    for (organization, token) in [(OTHER_BUREAU, token), (BUREAU, "next"), (BUREAU, "1-1-1")] {
        let answer = events.list_events(list(organization, token)).await;
        check(token, answer, INVALID, reason, "page_token");
    }
    // What is appended meanwhile belongs to another list.
    events.append_events(batch(vec![meeting(4)])).await.expect("accepted");
    let rest = events.list_events(list(BUREAU, token)).await.expect("a page").into_inner();
    assert_eq!((rest.entries.len(), rest.total_size, rest.position), (1, 3, first.position));
    assert_eq!(rest.next_page_token, "");

    let mut compliance = service.clients.compliance.clone();
    let paged = pb::QueryComplianceRequest { page_size: 5, ..query() };
    let page = compliance.query_compliance(paged.clone()).await.expect("a page").into_inner();
    let token = page.next_page_token;
    let others = [
        pb::QueryComplianceRequest { filter: "status = overdue".to_owned(), ..paged.clone() },
        pb::QueryComplianceRequest { order_by: "duty_id".to_owned(), ..paged.clone() },
        pb::QueryComplianceRequest { within_organization_id: BUREAU.into(), ..paged.clone() },
        pb::QueryComplianceRequest { selector: Some(selector("2023-04-02")), ..paged.clone() },
    ];
    for other in others {
        let request = pb::QueryComplianceRequest { page_token: token.clone(), ..other };
        let answer = compliance.query_compliance(request).await;
        check("matrix", answer, INVALID, reason, "page_token");
    }

    let mut registry = service.clients.registry.clone();
    let list = pb::ListOrganizationsRequest { page_size: 1, ..Default::default() };
    let page = registry.list_organizations(list.clone()).await.expect("a page").into_inner();
    let other = pb::ListOrganizationsRequest {
        page_token: page.next_page_token,
        within_organization_id: CITY.to_owned(),
        ..list
    };
    check("tree", registry.list_organizations(other).await, INVALID, reason, "page_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_cut_the_matrix_without_loss_or_repetition() {
    let service = service().await;
    let mut client = service.clients.compliance.clone();
    let whole = client.query_compliance(query()).await.expect("a page").into_inner();
    assert_eq!(whole.next_page_token, "");
    let mut cells = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::QueryComplianceRequest { page_size: 7, page_token, ..query() };
        let page = client.query_compliance(request).await.expect("a page").into_inner();
        assert_eq!((page.total_size, &page.basis), (whole.total_size, &whole.basis));
        cells.extend(page.cells);
        // New entries change nothing in the pages that follow.
        let number = 100 + cells.len() as u128;
        let late = service.clients.events.clone().append_events(batch(vec![meeting(number)])).await;
        late.expect("accepted");
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(cells, whole.cells);
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_views_and_ids_must_make_sense() {
    let service = service().await;
    let mut events = service.clients.events.clone();
    let list = pb::ListEventsRequest { organization_id: BUREAU.into(), ..Default::default() };
    let range = "FIELD_OUT_OF_RANGE";
    let negative = pb::ListEventsRequest { page_size: -1, ..list.clone() };
    check("list", events.list_events(negative).await, INVALID, range, "page_size");
    let negative = pb::QueryComplianceRequest { page_size: -1, ..query() };
    let answer = service.clients.compliance.clone().query_compliance(negative).await;
    check("matrix", answer, INVALID, range, "page_size");
    let negative = pb::ListOrganizationsRequest { page_size: i32::MIN, ..Default::default() };
    let answer = service.clients.registry.clone().list_organizations(negative).await;
    check("tree", answer, INVALID, range, "page_size");

    let strange = pb::ListEventsRequest { view: 9, ..list.clone() };
    check("view", events.list_events(strange).await, INVALID, "ENUM_UNKNOWN", "view");
    let strange = pb::WatchEventsRequest { view: 9, ..Default::default() };
    let answer = events.watch_events(strange).await.map(|_| ());
    check("watch", answer, INVALID, "ENUM_UNKNOWN", "view");
    let strange = pb::WatchEventsRequest { organization_id: "某局".into(), ..Default::default() };
    let answer = events.watch_events(strange).await.map(|_| ());
    check("watch", answer, INVALID, "FIELD_MALFORMED", "organization_id");
    let unknown = pb::ListEventsRequest { organization_id: "none".into(), ..list };
    let answer = events.list_events(unknown).await;
    check("list", answer, Code::NotFound, "REFERENCE_UNKNOWN", "organization_id");
    for (text, code, reason) in [
        ("", INVALID, "FIELD_REQUIRED"),
        ("x", INVALID, "FIELD_MALFORMED"),
        (id(404).as_str(), Code::NotFound, "REFERENCE_UNKNOWN"),
    ] {
        let request = pb::GetEventRequest { event_id: text.to_owned(), ..Default::default() };
        check(text, events.get_event(request).await, code, reason, "event_id");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_says_where_it_breaks() {
    let service = service().await;
    let mut client = service.clients.compliance.clone();
    // Field of the request, text, the character where it breaks.
    let rows = [
        ("filter", "status == overdue", 9),
        ("filter", "stat = overdue", 1),
        ("filter", "status = overdue AND colour = red", 22),
        ("filter", "status = gone", 10),
        ("filter", "status = overdue)", 17),
        ("filter", "(status = overdue", 1),
        ("filter", "duty.weight > heavy", 15),
        ("order_by", "weight", 1),
        ("order_by", "duty_id down", 9),
    ];
    for (field, text, column) in rows {
        let mut request = query();
        match field {
            "filter" => request.filter = text.to_owned(),
            _ => request.order_by = text.to_owned(),
        }
        let answer = client.query_compliance(request).await;
        let refusal = check(text, answer, INVALID, "FILTER_INVALID", field);
        let (zh, en) = refusal.at(field);
        assert!(zh.starts_with(&format!("第 {column} 个字符处")), "{text}: {zh}");
        assert!(en.starts_with(&format!("at character {column}:")), "{text}: {en}");
    }
    let good = pb::QueryComplianceRequest {
        filter: "status = overdue AND duty.category = \"core\"".to_owned(),
        order_by: "duty.weight desc, organization_id".to_owned(),
        ..query()
    };
    let answer = client.query_compliance(good).await.expect("a page").into_inner();
    assert!(!answer.cells.is_empty());
    let overdue = i32::from(pb::ComplianceStatus::Overdue);
    assert!(answer.cells.iter().all(|cell| cell.status == overdue));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_needs_an_organization_a_year_and_rules() {
    let service = service().await;
    let mut client = service.clients.compliance.clone();
    let mut evaluation = service.clients.evaluation.clone();
    let ask = |organization: &str, selector: pb::ViewSelector| {
        let request = pb::GetOrganizationComplianceRequest {
            organization_id: organization.to_owned(),
            selector: Some(selector),
        };
        let mut client = client.clone();
        async move { client.get_organization_compliance(request).await }
    };
    let now = || selector("2023-04-01");
    let year = |year| pb::ViewSelector { year, ..now() };
    let answer = ask("none", now()).await;
    check("unknown", answer, Code::NotFound, "REFERENCE_UNKNOWN", "organization_id");
    let answer = ask("", now()).await;
    check("none", answer, INVALID, "FIELD_MALFORMED", "organization_id");
    for wrong in [0, -1, 2015, 9_999, i32::MAX] {
        let answer = ask(BUREAU, year(wrong)).await;
        check("year", answer, INVALID, "ACCOUNTING_YEAR_INVALID", "selector.year");
    }
    let answer = ask(BUREAU, year(2016)).await;
    check("2016", answer, Code::FailedPrecondition, "RULE_SET_MISSING", "selector.year");
    let answer = ask(BUREAU, selector("2023-02-29")).await;
    check("day", answer, INVALID, "DATE_INVALID", "selector.as_of_date");
    let time = prost_types::Timestamp { seconds: 1_600_000_000, nanos: 0 };
    let both = pb::ViewSelector { known_position: 1, known_time: Some(time), ..now() };
    let answer = ask(BUREAU, both).await;
    check("both", answer, INVALID, "FIELD_MALFORMED", "selector.known_time");
    let odd = prost_types::Timestamp { seconds: 0, nanos: -5 };
    let answer = ask(BUREAU, pb::ViewSelector { known_time: Some(odd), ..now() }).await;
    check("nanos", answer, INVALID, "FIELD_MALFORMED", "selector.known_time");

    let explain = |duty: &str| pb::ExplainObligationRequest {
        organization_id: BUREAU.to_owned(),
        duty_id: duty.to_owned(),
        selector: Some(now()),
        ..Default::default()
    };
    let answer = client.explain_obligation(explain("annual_party")).await;
    let refusal = check("duty", answer, Code::NotFound, "REFERENCE_UNKNOWN", "duty_id");
    assert!(refusal.at("duty_id").1.contains("rule_of_law_debrief"), "{refusal:?}");
    let odd =
        pb::ExplainObligationRequest { period: "Q9".to_owned(), ..explain("rule_of_law_debrief") };
    let answer = client.explain_obligation(odd).await;
    check("period", answer, Code::NotFound, "REFERENCE_UNKNOWN", "period");

    let leader = |person: &str| pb::GetLeaderComplianceRequest {
        person_id: person.to_owned(),
        selector: Some(now()),
    };
    let answer = client.get_leader_compliance(leader("p-none")).await;
    check("leader", answer, Code::NotFound, "REFERENCE_UNKNOWN", "person_id");
    let answer = client.get_leader_compliance(leader("张三")).await;
    check("leader", answer, INVALID, "FIELD_MALFORMED", "person_id");
    client.get_leader_compliance(leader(LEADER)).await.expect("a card");

    let sheet =
        pb::GetScoreSheetRequest { organization_id: "none".to_owned(), selector: Some(now()) };
    let answer = evaluation.get_score_sheet(sheet).await;
    check("sheet", answer, Code::NotFound, "REFERENCE_UNKNOWN", "organization_id");
    let missing =
        pb::GetOrganizationComplianceRequest { organization_id: BUREAU.to_owned(), selector: None };
    let answer = client.get_organization_compliance(missing).await;
    check("selector", answer, INVALID, "ACCOUNTING_YEAR_INVALID", "selector.year");
    let scope = pb::QueryComplianceRequest { within_organization_id: "none".to_owned(), ..query() };
    let answer = client.query_compliance(scope).await;
    check("scope", answer, Code::NotFound, "REFERENCE_UNKNOWN", "within_organization_id");
}
