//! Persons and posts over time, through the service: who is excused, by which document.

use duty_ledger::pb;
use tonic::Code;

use crate::support::refusal::check;
use crate::support::seed::{self, GOVERNMENT_HEAD, LEADER, PARTY_HEAD, RECORDER, key, selector};
use crate::support::service::{Clients, Service};

/// The statement a person owes, by id of the duty.
const STATEMENT: &str = "year_end_statement";
/// Whoever acts for the leader.
const DEPUTY: &str = "p-kjj-02";

async fn service() -> Service {
    let clock = crate::support::clock::TestClock::at("2023-06-14T16:00:00Z");
    let journal = std::sync::Arc::new(journal::MemoryJournal::new());
    let service = Service::over(journal, std::sync::Arc::new(clock)).await;
    seed::all(&service.clients).await;
    service
}

/// A suspension of the leader from one of the two posts.
fn suspension(id: &str, tenure: &str) -> pb::RegisterTenureAbsenceRequest {
    pb::RegisterTenureAbsenceRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("absence/{id}")),
        absence: Some(pb::TenureAbsence {
            absence_id: id.to_owned(),
            tenure_id: tenure.to_owned(),
            kind: pb::AbsenceKind::Suspended.into(),
            start_date: "2022-05-01".to_owned(),
            document_number: "柳组干[2022]8号".to_owned(),
            ..Default::default()
        }),
        amend: false,
    }
}

/// Who owes the statement: person, status, and the reasons of the findings.
async fn owed(clients: &Clients, known: u64) -> Vec<(String, String, Vec<String>)> {
    let asked = pb::ViewSelector { known_position: known, ..selector("2023-03-01") };
    let view = seed::view(clients, asked).await;
    let line = view.duties.iter().find(|line| line.duty_id == STATEMENT).expect("the statement");
    let owed = line.obligations.iter().map(|owed| {
        let owner = owed.owner.clone().expect("an owner");
        let status = owed.status().as_str_name().replace("COMPLIANCE_STATUS_", "");
        let reasons = owed.findings.iter().map(|finding| finding.reason.clone()).collect();
        (owner.person_id, status, reasons)
    });
    owed.collect()
}

fn row(person: &str, status: &str, reasons: &[&str]) -> (String, String, Vec<String>) {
    (person.to_owned(), status.to_owned(), reasons.iter().map(|r| (*r).to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_leader_is_excused_and_whoever_acts_owes() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let before = owed(&service.clients, 0).await;
    assert_eq!(before, [row(LEADER, "OVERDUE", &[])]);
    client.register_person(seed::person(DEPUTY)).await.expect("registered");
    let mut known = 0;
    for (id, tenure, post) in
        [("a-1", "t-party", PARTY_HEAD), ("a-2", "t-government", GOVERNMENT_HEAD)]
    {
        let answer = client.register_tenure_absence(suspension(id, tenure)).await;
        let receipt = answer.expect("registered").into_inner().receipt.expect("a receipt");
        known = receipt.position - 1;
        let mut acting = seed::tenure(&format!("{id}-for"), DEPUTY, post, ("2022-05-01", ""));
        acting.tenure.as_mut().expect("set").acting = true;
        client.register_tenure(acting).await.expect("registered");
    }
    let after = owed(&service.clients, 0).await;
    let expected = [row(LEADER, "EXEMPTED", &["LEADER_EXCUSED"]), row(DEPUTY, "OVERDUE", &[])];
    assert_eq!(after, expected);
    // Before the second absence was known the leader owed through the other post.
    let between = owed(&service.clients, known).await;
    let expected = [row(LEADER, "OVERDUE", &[]), row(DEPUTY, "OVERDUE", &[])];
    assert_eq!(between, expected, "known {known}");
    // The card of whoever acts says what was taken over, that of the excused by which document.
    let card = async |person: &str| {
        let request = pb::GetLeaderComplianceRequest {
            person_id: person.to_owned(),
            selector: Some(selector("2023-03-01")),
        };
        let answer = service.clients.compliance.clone().get_leader_compliance(request).await;
        answer.expect("a card").into_inner()
    };
    let acting = card(DEPUTY).await;
    let taken: Vec<_> = acting.handovers.iter().map(|h| (&*h.post_id, &*h.end_date)).collect();
    assert_eq!(taken, [(GOVERNMENT_HEAD, "2022-04-30"), (PARTY_HEAD, "2022-04-30")]);
    for handover in &acting.handovers {
        assert_eq!(handover.predecessor_person_id, LEADER);
        assert!(
            handover.statements.iter().any(|state| state.duty_id == STATEMENT
                && state.status() == pb::ComplianceStatus::Exempted)
        );
        assert!(!handover.duties.is_empty());
    }
    let excused = card(LEADER).await;
    let documents: Vec<_> = excused.absences.iter().map(|a| &*a.document_number).collect();
    assert_eq!(documents, ["柳组干〔2022〕8号"; 2]);
    assert!(excused.handovers.is_empty() && acting.absences.is_empty());
    // The same call again gives the first receipt; another version must be asked for.
    let again = client.register_tenure_absence(suspension("a-2", "t-government")).await;
    assert!(again.expect("a receipt").into_inner().receipt.expect("one").duplicate);
    let ended = |amend| {
        let mut request = suspension("a-2", "t-government");
        request.event_id = key("absence/a-2/ended");
        request.absence.as_mut().expect("set").end_date = "2022-11-30".to_owned();
        pb::RegisterTenureAbsenceRequest { amend, ..request }
    };
    let refused = client.register_tenure_absence(ended(false)).await;
    let (code, field) = (Code::AlreadyExists, "absence.absence_id");
    check("not asked for", refused, code, "ALREADY_EXISTS", field);
    client.register_tenure_absence(ended(true)).await.expect("a new version");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_excused_without_reason_document_and_days() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    type Change = fn(&mut pb::TenureAbsence);
    let rows: [(&str, Change, &str, &str); 6] = [
        ("no id", |a| a.absence_id.clear(), "FIELD_MALFORMED", "absence_id"),
        ("no kind", |a| a.kind = 0, "ENUM_UNKNOWN", "kind"),
        ("no first day", |a| a.start_date.clear(), "FIELD_REQUIRED", "start_date"),
        ("no document", |a| a.document_number.clear(), "FIELD_REQUIRED", "document_number"),
        (
            "no document number",
            |a| a.document_number = "口头通知".to_owned(),
            "DOCUMENT_NUMBER_INVALID",
            "document_number",
        ),
        ("no such tenure", |a| a.tenure_id = "t-9".to_owned(), "REFERENCE_UNKNOWN", "tenure_id"),
    ];
    for (what, change, reason, field) in rows {
        let mut request = suspension("a-1", "t-party");
        change(request.absence.as_mut().expect("set"));
        let answer = client.register_tenure_absence(request).await;
        check(what, answer, Code::InvalidArgument, reason, &format!("absence.{field}"));
    }
    assert!(owed(&service.clients, 0).await.iter().all(|(_, status, _)| status == "OVERDUE"));
    service.stop().await;
}
