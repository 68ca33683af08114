//! Many registrations in one call: each sees those before it, all go in or none, the same again is
//! no change.

use duty_ledger::pb;
use pb::registration::Registered;
use tonic::Code;

use crate::support::entries;
use crate::support::refusal::{Refusal, check};
use crate::support::seed::{self, LEADER, RECORDER, bureau, key};
use crate::support::service::Service;

const NEW: &str = "450200-gxj";

fn item(name: &str, registered: Registered) -> pb::Registration {
    pb::Registration { event_id: key(&format!("batch/{name}")), registered: Some(registered) }
}

fn post(id: &str, organization: &str) -> pb::Post {
    let request = seed::post(id, organization, pb::PostKind::GovernmentHead);
    request.post.expect("a post")
}

fn tenure(id: &str, person: &str, post: &str) -> pb::Tenure {
    seed::tenure(id, person, post, ("2022-01-01", "")).tenure.expect("a tenure")
}

fn absence(id: &str, tenure: &str) -> pb::TenureAbsence {
    pb::TenureAbsence {
        absence_id: id.to_owned(),
        tenure_id: tenure.to_owned(),
        kind: pb::AbsenceKind::SickLeave.into(),
        start_date: "2022-05-01".to_owned(),
        document_number: "柳组〔2022〕5号".to_owned(),
        ..Default::default()
    }
}

fn group(id: &str, organization: &str, head: &str, member: &str) -> pb::LeadingGroup {
    pb::LeadingGroup {
        group_id: id.to_owned(),
        organization_id: organization.to_owned(),
        document_number: "柳工信〔2022〕3号".to_owned(),
        start_date: "2022-02-01".to_owned(),
        name_zh: "法治政府建设领导小组".to_owned(),
        head_post_id: head.to_owned(),
        member_post_ids: vec![member.to_owned()],
        ..Default::default()
    }
}

/// A new bureau with everything, each thing resting on those before it.
fn whole() -> Vec<pb::Registration> {
    let renamed =
        pb::OrganizationRenamed { name_zh: "柳州市工信局".to_owned(), ..Default::default() };
    let change = pb::OrganizationChange {
        change_id: "c-gxj-1".to_owned(),
        organization_id: NEW.to_owned(),
        start_date: "2022-09-01".to_owned(),
        document_number: "柳编〔2022〕8号".to_owned(),
        change: Some(pb::organization_change::Change::Renamed(renamed)),
        ..Default::default()
    };
    let (head, deputy) = ("450200-gxj.head", "450200-gxj.deputy");
    let deputy_post = pb::Post { kind: pb::PostKind::Deputy.into(), ..post(deputy, NEW) };
    vec![
        item("org", Registered::Organization(bureau(NEW))),
        item("change", Registered::Change(change)),
        item("head", Registered::Post(post(head, NEW))),
        item("deputy", Registered::Post(deputy_post)),
        item(
            "person",
            Registered::Person(pb::Person { person_id: "p-gxj-1".into(), sealed: None }),
        ),
        item("tenure", Registered::Tenure(tenure("t-gxj-1", "p-gxj-1", head))),
        item("absence", Registered::Absence(absence("a-gxj-1", "t-gxj-1"))),
        item("group", Registered::Group(group("g-gxj", NEW, deputy, head))),
    ]
}

fn request(registrations: Vec<pb::Registration>) -> pb::RegisterBatchRequest {
    pb::RegisterBatchRequest {
        recorder: RECORDER.to_owned(),
        registrations,
        amend: false,
        validate_only: false,
    }
}

async fn send(
    service: &Service,
    request: pb::RegisterBatchRequest,
) -> Result<pb::RegisterBatchResponse, tonic::Status> {
    let answer = service.clients.registry.clone().register_batch(request).await;
    answer.map(tonic::Response::into_inner)
}

async fn count(service: &Service) -> u64 {
    entries(&service.clients).await.len() as u64
}

/// Unchanged, version before, position.
fn told(answer: &pb::RegisterBatchResponse) -> Vec<(bool, u64, u64)> {
    let told = |result: &pb::RegistrationResult| {
        let position = result.receipt.as_ref().expect("a receipt").position;
        (result.unchanged, result.before_position, position)
    };
    answer.results.iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_sees_itself_and_the_same_again_is_no_change() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let before = count(&service).await;
    let checked = pb::RegisterBatchRequest { validate_only: true, ..request(whole()) };
    let verdicts = send(&service, checked).await.expect("acceptable");
    assert_eq!(told(&verdicts), vec![(false, 0, 0); 8]);
    assert_eq!(count(&service).await, before, "a check writes nothing");

    let done = send(&service, request(whole())).await.expect("registered");
    let expected: Vec<_> = (1..=8).map(|n| (false, 0, before + n)).collect();
    assert_eq!(told(&done), expected);
    let reasons = done.results[7].findings.iter().map(|found| found.reason.as_str());
    assert_eq!(reasons.collect::<Vec<_>>(), ["GROUP_HEAD_IRREGULAR"]);

    // The same again, under the same ids and under others.
    let others = whole().into_iter().map(|registration| pb::Registration {
        event_id: uuid::Uuid::new_v4().to_string(),
        ..registration
    });
    for again in [whole(), others.collect()] {
        let answer = send(&service, request(again)).await.expect("no change");
        let expected: Vec<_> = (1..=8).map(|n| (true, before + n, before + n)).collect();
        assert_eq!(told(&answer), expected);
        assert_eq!(answer.results[0].receipt.as_ref().map(|r| r.duplicate), Some(true));
    }
    assert_eq!(count(&service).await, before + 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_item_keeps_all_out_and_every_bad_item_is_named() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let before = count(&service).await;
    let nameless = pb::Organization { name_zh: String::new(), ..bureau("450200-new") };
    let named = pb::Person { person_id: "p-2".to_owned(), sealed: Some(pb::SealedText::default()) };
    let bad = vec![
        item("0", Registered::Organization(bureau(NEW))),
        item("1", Registered::Organization(nameless)),
        item("2", Registered::Post(post("x.head", "nowhere"))),
        item("3", Registered::Tenure(tenure("t-party", LEADER, seed::GOVERNMENT_HEAD))),
        item("4", Registered::Person(named)),
        item("5", Registered::Organization(bureau(NEW))),
        pb::Registration { event_id: "?".to_owned(), registered: None },
        // Otherwise than it is registered, and nobody asked for that.
        item(
            "7",
            Registered::Organization(pb::Organization {
                name_zh: "别的名称".to_owned(),
                ..bureau(seed::BUREAU)
            }),
        ),
    ];
    let status = send(&service, request(bad)).await.expect_err("refused");
    let refusal = Refusal::of(&status);
    let mut fields = refusal.fields();
    fields.sort();
    let expected = [
        "registrations[1].organization.name_zh FIELD_REQUIRED",
        "registrations[2].post.organization_id REFERENCE_UNKNOWN",
        "registrations[3].tenure.start_date TENURE_OVERLAPS",
        "registrations[3].tenure.tenure_id ALREADY_EXISTS",
        "registrations[3].tenure.tenure_id ALREADY_EXISTS",
        "registrations[4].person.sealed FIELD_MALFORMED",
        "registrations[5].organization.organization_id DUPLICATE_IN_REQUEST",
        "registrations[6] FIELD_REQUIRED",
        "registrations[6].event_id FIELD_MALFORMED",
        "registrations[7].organization.organization_id ALREADY_EXISTS",
    ];
    assert_eq!(fields, expected);
    assert_eq!(refusal.metadata["bad_events"], "1-7");
    assert_eq!(count(&service).await, before, "nothing half registered");

    let none = send(&service, request(Vec::new())).await;
    check("nothing", none, Code::InvalidArgument, "FIELD_REQUIRED", "registrations");
    let ring = [("450200-a", "450200-b"), ("450200-b", "450200-a")].map(|(id, parent)| {
        let parent_organization_id = parent.to_owned();
        let organization = pb::Organization { parent_organization_id, ..bureau(id) };
        item(id, Registered::Organization(organization))
    });
    let ring = send(&service, request(ring.to_vec())).await.expect_err("a ring");
    assert_eq!(ring.code(), Code::InvalidArgument);
    assert_eq!(count(&service).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handover_ends_one_tenure_and_begins_the_next_at_once() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let before = count(&service).await;
    let ended = pb::Tenure {
        start_date: "2021-01-01".to_owned(),
        end_date: "2021-12-31".to_owned(),
        ..tenure("t-party", LEADER, seed::PARTY_HEAD)
    };
    let batch = || {
        request(vec![
            item("p", Registered::Person(pb::Person { person_id: "p-2".into(), sealed: None })),
            item("end", Registered::Tenure(ended.clone())),
            item("begin", Registered::Tenure(tenure("t-2", "p-2", seed::PARTY_HEAD))),
        ])
    };
    let refused = send(&service, batch()).await;
    let field = "registrations[1].tenure.tenure_id";
    check("not asked for", refused, Code::InvalidArgument, "ALREADY_EXISTS", field);
    let amended = pb::RegisterBatchRequest { amend: true, ..batch() };
    let done = send(&service, amended).await.expect("handed over");
    let [_, (_, version, _), _] = told(&done)[..] else { panic!("three results") };
    assert!(0 < version && version <= before, "the version replaced is named: {version}");
    assert_eq!(count(&service).await, before + 3);
    // A repeated call gets its first receipts, although nobody asks to amend now.
    let again = send(&service, batch()).await.expect("no change");
    assert!(again.results.iter().all(|result| result.unchanged));
    let request = pb::GetPersonRequest { person_id: "p-2".to_owned(), known_position: 0 };
    let person = service.clients.registry.clone().get_person(request).await.expect("known");
    assert_eq!(person.into_inner().tenures.len(), 1);
}
