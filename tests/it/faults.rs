//! Writes that fail: nothing is acknowledged that may not be there, reads go on, and what was
//! refused leaves no trace.

use std::sync::Arc;

use duty_ledger::clock::SystemClock;
use duty_ledger::pb;
use journal::{Fault, FaultJournal, Journal, MemoryJournal};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::events::{batch, id, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, bureau, register};
use crate::support::service::{Clients, Service, channel};
use crate::support::{PATIENCE, within};

struct Broken {
    service: Service,
    journal: Arc<FaultJournal<MemoryJournal>>,
}

/// A service with one event in it, over a journal that fails when asked to.
async fn service() -> Broken {
    let journal = Arc::new(FaultJournal::new(MemoryJournal::new()));
    let seam: Arc<dyn Journal> = Arc::clone(&journal) as _;
    let service = Service::over(seam, Arc::new(SystemClock)).await;
    seed::registry(&service.clients).await;
    append(&service.clients, meeting(1)).await.expect("accepted");
    Broken { service, journal }
}

async fn append(clients: &Clients, event: pb::DutyEvent) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.events.clone().append_events(batch(vec![event])).await?;
    Ok(answer.into_inner().receipts.remove(0))
}

async fn is_known(clients: &Clients, number: u128) -> bool {
    let request = pb::GetEventRequest { event_id: id(number), ..Default::default() };
    clients.events.clone().get_event(request).await.is_ok()
}

/// What the health service says.
pub(crate) async fn health(address: &str, service: &str) -> ServingStatus {
    let mut client = HealthClient::new(channel(address).await);
    let request = HealthCheckRequest { service: service.to_owned() };
    client.check(request).await.expect("a known service").into_inner().status()
}

/// Waits until the health of a service is as it must be.
pub(crate) async fn becomes(address: &str, service: &str, wanted: ServingStatus) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while health(address, service).await != wanted {
        assert!(std::time::Instant::now() < deadline, "{service} does not become {wanted:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_poisons_and_reads_go_on() {
    let Broken { service, journal } = service().await;
    let clients = &service.clients;
    let (api, admin) = (service.api(), service.admin());
    for address in [&api, &admin] {
        assert_eq!(health(address, "readiness").await, ServingStatus::Serving);
    }
    journal.plan(1, Fault::BeforeWrite);
    let (code, reason) = (Code::Unavailable, "JOURNAL_POISONED");
    check("the write", append(clients, meeting(2)).await, code, reason, "");
    check("the next", append(clients, meeting(3)).await, code, reason, "");
    let answer = clients.registry.clone().register_organization(register(bureau("new"))).await;
    check("a registration", answer, code, reason, "");
    let writes = journal.writes();
    for address in [&api, &admin] {
        for name in ["readiness", "", "dutyledger.v1.DutyEventService"] {
            becomes(address, name, ServingStatus::NotServing).await;
        }
        assert_eq!(health(address, "liveness").await, ServingStatus::Serving, "it still answers");
    }
    assert!(is_known(clients, 1).await && !is_known(clients, 2).await);
    let request = pb::ListEventsRequest { organization_id: BUREAU.into(), ..Default::default() };
    let list = clients.events.clone().list_events(request).await.expect("a list").into_inner();
    assert_eq!(list.revision, 1);
    assert_eq!(journal.writes(), writes, "nothing is tried after a failure");
    service.stop().await;

    let service = Service::over(Arc::new(journal.inner().reopen()), Arc::new(SystemClock)).await;
    let receipt = append(&service.clients, meeting(2)).await.expect("accepted");
    assert!(!receipt.duplicate, "it was never stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_failed_after_it_was_stored_is_found_after_a_restart() {
    let Broken { service, journal } = service().await;
    journal.plan(1, Fault::AfterWrite);
    let answer = append(&service.clients, meeting(2)).await;
    check("the write", answer, Code::Unavailable, "JOURNAL_POISONED", "");
    assert!(!is_known(&service.clients, 2).await, "nothing is shown that may not be durable");
    service.stop().await;
    let service = Service::over(Arc::new(journal.inner().reopen()), Arc::new(SystemClock)).await;
    assert!(is_known(&service.clients, 2).await);
    let receipt = append(&service.clients, meeting(2)).await.expect("a retry succeeds");
    assert!(receipt.duplicate, "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_recovers_without_a_trace() {
    let Broken { service, journal } = service().await;
    let clients = &service.clients;
    let (code, reason) = (Code::ResourceExhausted, "STORAGE_FULL");
    journal.plan(1, Fault::StorageFull);
    check("an event", append(clients, meeting(2)).await, code, reason, "");
    assert!(!is_known(clients, 2).await);
    assert_eq!(health(&service.api(), "readiness").await, ServingStatus::Serving);

    // The id is free for other content, and the revision is where it was.
    let other = pb::DutyEvent { title: "另一次会议".to_owned(), ..meeting(2) };
    let request = pb::AppendEventsRequest {
        expected_revisions: vec![pb::ExpectedRevision {
            organization_id: BUREAU.to_owned(),
            revision: 1,
        }],
        ..batch(vec![other])
    };
    let answer = clients.events.clone().append_events(request).await.expect("accepted");
    let receipt = &answer.get_ref().receipts[0];
    assert!(!receipt.duplicate);
    let head = journal.head().expect("memory").events();
    assert_eq!(receipt.position, head, "no gap");

    // Registrations leave no trace either.
    journal.plan(1, Fault::StorageFull);
    let mut registry = clients.registry.clone();
    let answer = registry.register_organization(register(bureau("new"))).await;
    check("a registration", answer, code, reason, "");
    let request =
        pb::GetOrganizationRequest { organization_id: "new".into(), ..Default::default() };
    let answer = registry.get_organization(request).await;
    check("it", answer, Code::NotFound, "REFERENCE_UNKNOWN", "organization_id");
    let mut lost = meeting(3);
    lost.organization_id = "new".to_owned();
    let answer = append(clients, lost.clone()).await;
    let field = "events[0].organization_id";
    check("an event of it", answer, Code::InvalidArgument, "REFERENCE_UNKNOWN", field);
    let answer = registry.register_organization(register(bureau("new"))).await.expect("room again");
    assert!(!answer.into_inner().receipt.expect("a receipt").duplicate);
    append(clients, lost).await.expect("accepted");

    // What became of an event is rolled back as well.
    journal.plan(1, Fault::StorageFull);
    let withdrawal = pb::WithdrawEventRequest {
        recorder: seed::RECORDER.to_owned(),
        event_id: id(4),
        target_event_id: id(1),
        reason: "会议改期，本次未召开，予以撤回".to_owned(),
        consented_by: String::new(),
    };
    let answer = clients.events.clone().withdraw_event(withdrawal.clone()).await;
    check("a withdrawal", answer, code, reason, "");
    let answer = clients.events.clone().withdraw_event(withdrawal).await.expect("still current");
    assert!(!answer.into_inner().receipt.expect("a receipt").duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_in_the_middle_of_a_write_is_recovered_from() {
    for (fault, is_stored) in
        [(Fault::StorageFullInWrite, false), (Fault::StorageFullAfterWrite, true)]
    {
        let Broken { service, journal } = service().await;
        let clients = &service.clients;
        let (code, reason) = (Code::ResourceExhausted, "STORAGE_FULL");
        journal.plan(1, fault);
        check("the write", append(clients, meeting(2)).await, code, reason, "");
        let writes = journal.writes();
        check("the next", append(clients, meeting(3)).await, code, reason, "");
        assert_eq!(journal.writes(), writes, "nothing is tried while there is no room");
        assert!(is_known(clients, 1).await && !is_known(clients, 2).await, "reads go on");
        assert_eq!(health(&service.api(), "readiness").await, ServingStatus::Serving);
        journal.make_room();
        // What the failed write left behind is taken in before anything else is decided.
        let receipt = append(clients, meeting(3)).await.expect("room again");
        let head = journal.head().expect("memory").events();
        assert_eq!((receipt.position, receipt.duplicate), (head, false));
        assert_eq!(is_known(clients, 2).await, is_stored);
        let receipt = append(clients, meeting(2)).await.expect("a retry succeeds");
        assert_eq!(receipt.duplicate, is_stored, "{fault:?}");
        let event = pb::GetEventRequest { event_id: id(2), ..Default::default() };
        let got = clients.events.clone().get_event(event).await.expect("it is there");
        assert_eq!(got.into_inner().entry.expect("an entry").position, receipt.position);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_a_failure_acknowledges_nothing_that_is_not_there() {
    for fault in [Fault::StorageFull, Fault::BeforeWrite, Fault::AfterWrite] {
        let Broken { service, journal } = service().await;
        journal.plan(5, fault);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..16_u128 {
            let clients = service.clients.clone();
            writers.spawn(async move {
                let mut receipts = Vec::new();
                for number in 0..10 {
                    let number = 100 + writer * 10 + number;
                    receipts.extend(append(&clients, meeting(number)).await.ok());
                }
                receipts
            });
        }
        let receipts = within("the writers", writers.join_all()).await.concat();
        service.stop().await;
        let again = Service::over(Arc::new(journal.inner().reopen()), Arc::new(SystemClock)).await;
        for receipt in &receipts {
            let request =
                pb::GetEventRequest { event_id: receipt.event_id.clone(), ..Default::default() };
            let got = again.clients.events.clone().get_event(request).await.expect("acknowledged");
            let entry = got.into_inner().entry.expect("an entry");
            assert_eq!(entry.position, receipt.position, "{fault:?}");
        }
        assert!(receipts.len() < 160, "{fault:?} refused something");
    }
}
