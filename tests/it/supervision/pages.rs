//! Pages of one answer while the ledger grows: they come from what was computed for the first page,
//! add up, and are what a service that has kept nothing answers.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::support::clock::TestClock;
use crate::support::events::{batch, claimed_meeting, day, id, meeting};
use crate::support::http::get;
use crate::support::seed::{self, BUREAU, RECORDER, VERIFIER};

async fn served(directory: &Path) -> Service {
    let clock = TestClock::at("2023-06-14T02:00:00Z");
    Service::at(directory, Arc::new(clock)).await
}

/// Tells something that would change every view: another event, and the last one withdrawn.
async fn tell(service: &Service, next: &mut u128) {
    let mut events = service.clients.events.clone();
    let mut late = meeting(*next);
    late.occurred = Some(day("2022-01-05"));
    events.append_events(batch(vec![late])).await.expect("accepted");
    let withdrawal = pb::WithdrawEventRequest {
        recorder: RECORDER.to_owned(),
        event_id: id(*next + 1),
        target_event_id: id(*next),
        reason: "重复填报，予以撤回处理".to_owned(),
        consented_by: VERIFIER.to_owned(),
    };
    events.withdraw_event(withdrawal).await.expect("accepted");
    *next += 2;
}

/// Every row of a paged call and the basis of its pages, telling something after each page; the
/// pages must agree about everything but their rows.
macro_rules! paged {
    ($service:ident, $next:ident, $client:ident . $call:ident ( $request:expr ), $rows:ident) => {{
        let mut request = $request;
        let (mut rows, mut basis, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = $client.$call(request.clone()).await.expect("a page").into_inner();
            assert!(page.$rows.len() <= 2, "a page is a page");
            rows.extend(page.$rows);
            pages += 1;
            let first = basis.get_or_insert_with(|| page.basis.clone());
            assert_eq!(*first, page.basis, "{}: one answer, one basis", stringify!($call));
            if page.next_page_token.is_empty() {
                assert_eq!(usize::try_from(page.total_size), Ok(rows.len()));
                break;
            }
            request.page_token = page.next_page_token;
            tell(&$service, &mut $next).await;
        }
        assert!(1 < pages, "{} has more than one page", stringify!($call));
        (rows, basis.flatten().expect("a basis").known_position, pages)
    }};
}

/// The value of a metric.
fn metric(service: &Service, name: &str) -> u64 {
    let text = get(&service.admin(), "/metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("duty_ledger_{name} ")));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_one_answer_add_up_while_the_ledger_grows() {
    let directory = directory();
    let service = served(directory.path()).await;
    seed::all(&service.clients).await;
    let mut events = service.clients.events.clone();
    let told = (1..=4).map(meeting).chain([claimed_meeting(5)]).collect();
    events.append_events(batch(told)).await.expect("accepted");
    let mut next = 100;
    let selector = Some(seed::selector("2023-12-31"));
    let mut compliance = service.clients.compliance.clone();
    let mut supervision = client(&service.api()).await;
    let matrix = pb::QueryComplianceRequest {
        selector: selector.clone(),
        order_by: "duty.weight desc".to_owned(),
        page_size: 2,
        ..Default::default()
    };
    let deadlines = pb::ListDeadlinesRequest {
        selector: selector.clone(),
        with_year_before: true,
        page_size: 2,
        ..Default::default()
    };
    let exceptions = pb::ListExceptionsRequest {
        selector: selector.clone(),
        page_size: 2,
        ..Default::default()
    };
    let profile = pb::GetOrganizationProfileRequest {
        organization_id: BUREAU.to_owned(),
        selector: selector.clone(),
        page_size: 2,
        ..Default::default()
    };
    let before = metric(&service, "kept_answer_hits_total");
    let (cells, cells_at, a) =
        paged!(service, next, compliance.query_compliance(matrix.clone()), cells);
    let (due, due_at, b) =
        paged!(service, next, supervision.list_deadlines(deadlines.clone()), deadlines);
    let (odd, odd_at, c) =
        paged!(service, next, supervision.list_exceptions(exceptions.clone()), exceptions);
    let (points, points_at, d) =
        paged!(service, next, supervision.get_organization_profile(profile.clone()), points);
    // Every page but the first of each answer came from what was kept.
    let hits = metric(&service, "kept_answer_hits_total") - before;
    assert_eq!(hits, a + b + c + d - 4);
    assert_eq!(metric(&service, "kept_answer_misses_total"), 4);
    assert!(0 < metric(&service, "kept_answers_bytes"));
    drop((events, compliance, supervision));
    service.stop().await;

    // A service that has kept nothing answers the whole of it in one page.
    let service = served(directory.path()).await;
    let mut compliance = service.clients.compliance.clone();
    let mut supervision = client(&service.api()).await;
    let at = |known| {
        let selector = selector.clone().unwrap_or_default();
        Some(pb::ViewSelector { known_position: known, ..selector })
    };
    let ask = pb::QueryComplianceRequest { selector: at(cells_at), page_size: 0, ..matrix };
    let whole = compliance.query_compliance(ask).await.expect("an answer").into_inner();
    assert_eq!(whole.cells, cells);
    let ask = pb::ListDeadlinesRequest { selector: at(due_at), page_size: 0, ..deadlines };
    let whole = supervision.list_deadlines(ask).await.expect("an answer").into_inner();
    assert_eq!(whole.deadlines, due);
    let ask = pb::ListExceptionsRequest { selector: at(odd_at), page_size: 0, ..exceptions };
    let whole = supervision.list_exceptions(ask).await.expect("an answer").into_inner();
    assert_eq!(whole.exceptions, odd);
    let ask =
        pb::GetOrganizationProfileRequest { selector: at(points_at), page_size: 0, ..profile };
    let whole = supervision.get_organization_profile(ask).await.expect("an answer").into_inner();
    assert_eq!(whole.points, points);
    // What was told between the pages is there now: the same question about all that is known is
    // answered otherwise.
    let ask = pb::GetOrganizationProfileRequest {
        organization_id: BUREAU.to_owned(),
        selector,
        ..Default::default()
    };
    let now = supervision.get_organization_profile(ask).await.expect("an answer").into_inner();
    assert!(points.len() < now.points.len());
}
