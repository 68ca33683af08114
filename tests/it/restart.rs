//! Stopping and starting: everything stays, and the days that went by meanwhile are made up for.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duty_ledger::pb;
use journal::{Journal as _, MemoryJournal};
use pb::ledger_entry::Payload;
use prost::Message as _;
use tokio_stream::StreamExt as _;

use crate::support::clock::TestClock;
use crate::support::events::{batch, id, meeting};
use crate::support::seed::{self, BUREAU, ladder, selector, view};
use crate::support::service::{Clients, Service};
use crate::support::{PATIENCE, directory, within};

/// Due on 31 March of the following year.
const REPORT: &str = "annual_report_publication";

async fn start(directory: &Path, clock: &TestClock) -> Service {
    Service::at(directory, Arc::new(clock.clone())).await
}

/// Every entry of the journal.
async fn entries(clients: &Clients) -> Vec<pb::RecordedEntry> {
    let request = pb::ReadEventsRequest::default();
    let answer = clients.events.clone().read_events(request).await.expect("a stream");
    let parts: Vec<_> = within("the journal", answer.into_inner().collect()).await;
    parts.into_iter().flat_map(|part| part.expect("entries").entries).collect()
}

/// The days closed, in the order of the journal.
async fn days_closed(clients: &Clients) -> Vec<String> {
    let payloads = entries(clients).await.into_iter().filter_map(|entry| entry.entry?.payload);
    let day = |payload| match payload {
        Payload::DayClosed(closed) => Some(closed.date),
        _ => None,
    };
    payloads.filter_map(day).collect()
}

async fn today(clients: &Clients) -> String {
    view(clients, selector("")).await.basis.expect("a basis").as_of_date
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_as_it_was() {
    let directory = directory();
    let clock = TestClock::at("2023-04-01T04:00:00Z");
    let service = start(directory.path(), &clock).await;
    seed::all(&service.clients).await;
    let events = (1..=200).map(meeting).collect();
    service.clients.events.clone().append_events(batch(events)).await.expect("accepted");
    let correction = pb::CorrectEventRequest {
        recorder: seed::RECORDER.to_owned(),
        target_event_id: id(7),
        event: Some(pb::DutyEvent { title: "更正后的会议".to_owned(), ..meeting(1_007) }),
        reason: "会议名称以会议纪要为准，予以更正".to_owned(),
        expected_revision: None,
    };
    service.clients.events.clone().correct_event(correction).await.expect("corrected");
    let before = everything(&service.clients).await;
    service.stop().await;

    for _ in 0..3 {
        let service = start(directory.path(), &clock).await;
        assert_eq!(everything(&service.clients).await, before);
        service.stop().await;
    }
}

/// What the ledger says about everything, in bytes.
async fn everything(clients: &Clients) -> Vec<Vec<u8>> {
    let mut registry = clients.registry.clone();
    let mut compliance = clients.compliance.clone();
    let matrix = pb::QueryComplianceRequest { selector: Some(selector("")), ..Default::default() };
    let matrix = compliance.query_compliance(matrix).await.expect("a page").into_inner();
    let organization =
        pb::GetOrganizationRequest { organization_id: BUREAU.to_owned(), ..Default::default() };
    let organization = registry.get_organization(organization).await.expect("it").into_inner();
    let person = pb::GetPersonRequest { person_id: seed::LEADER.to_owned(), ..Default::default() };
    let person = registry.get_person(person).await.expect("them").into_inner();
    let tree = pb::ListOrganizationsRequest::default();
    let tree = registry.list_organizations(tree).await.expect("a page").into_inner();
    let rules = pb::ListRuleSetsRequest::default();
    let rules = registry.list_rule_sets(rules).await.expect("a list").into_inner();
    let calendars = pb::ListWorkCalendarsRequest::default();
    let calendars = registry.list_work_calendars(calendars).await.expect("a list").into_inner();
    let old = pb::GetEventRequest { event_id: id(7), ..Default::default() };
    let old = clients.events.clone().get_event(old).await.expect("the event").into_inner();
    let mut all = vec![
        view(clients, selector("")).await.encode_to_vec(),
        matrix.encode_to_vec(),
        organization.encode_to_vec(),
        person.encode_to_vec(),
        tree.encode_to_vec(),
        rules.encode_to_vec(),
        calendars.encode_to_vec(),
        old.encode_to_vec(),
    ];
    all.extend(entries(clients).await.into_iter().map(|entry| entry.encode_to_vec()));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_downtime_are_closed_one_by_one_at_the_next_start() {
    let directory = directory();
    // One second before midnight in Shanghai, eight hours before that in London.
    let clock = TestClock::at("2023-03-31T15:59:59Z");
    let service = start(directory.path(), &clock).await;
    seed::all(&service.clients).await;
    assert_eq!(days_closed(&service.clients).await, ["2023-03-30"]);
    assert_eq!(today(&service.clients).await, "2023-03-31");
    assert_eq!(ladder(&view(&service.clients, selector("")).await, REPORT)[4], "due_soon");
    service.stop().await;

    clock.set("2023-03-31T16:00:00Z");
    let service = start(directory.path(), &clock).await;
    assert_eq!(days_closed(&service.clients).await, ["2023-03-30", "2023-03-31"]);
    assert_eq!(today(&service.clients).await, "2023-04-01");
    let overdue = view(&service.clients, selector("")).await;
    assert_eq!(ladder(&overdue, REPORT)[4], "overdue", "the deadline passed, nobody wrote");
    let known = overdue.basis.expect("a basis").known_position;
    service.stop().await;

    clock.set("2023-04-05T04:00:00Z");
    let service = start(directory.path(), &clock).await;
    let all =
        ["03-30", "03-31", "04-01", "04-02", "04-03", "04-04"].map(|day| format!("2023-{day}"));
    assert_eq!(days_closed(&service.clients).await, all);
    assert_eq!(today(&service.clients).await, "2023-04-05");
    // What was the day then is still the day of that knowledge.
    let then = pb::ViewSelector { known_position: known, ..selector("") };
    let then = view(&service.clients, then).await.basis.expect("a basis");
    assert_eq!(then.as_of_date, "2023-04-01");
    service.stop().await;

    // A clock that runs backwards closes nothing and dates nothing before what stands there.
    clock.set("2023-04-02T04:00:00Z");
    let service = start(directory.path(), &clock).await;
    assert_eq!(days_closed(&service.clients).await, all);
    service.clients.events.clone().append_events(batch(vec![meeting(1)])).await.expect("accepted");
    let times = entries(&service.clients).await.into_iter().map(|entry| {
        let time = entry.entry.expect("FULL").recorded_time.expect("a time");
        (time.seconds, time.nanos)
    });
    assert!(times.is_sorted());
    assert_eq!(today(&service.clients).await, "2023-04-05");
}

#[tokio::test(start_paused = true)]
async fn a_day_that_ends_while_the_service_runs_is_closed() {
    let journal = MemoryJournal::new();
    let clock = TestClock::at("2023-03-31T15:59:59Z");
    let service = Service::over(Arc::new(journal.reopen()), Arc::new(clock.clone())).await;
    let head = || journal.head().expect("memory").events();
    assert_eq!(head(), 1);
    // Time is simulated: the service looks at its clock again and again within no time, and must
    // not close the day before it is over.
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(head(), 1);
    clock.set("2023-04-01T16:00:01Z");
    let deadline = Instant::now() + PATIENCE;
    while head() < 3 {
        assert!(Instant::now() < deadline, "waited in vain for the days");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(head(), 3, "2023-03-31 and 2023-04-01");
    drop(service);
}
