//! Exemptions through the port: granted by a document, in force until their last day, revoked, named
//! by the explanation, and known from their position on.

use std::sync::Arc;

use duty_ledger::pb;
use expect_test::expect;
use journal::MemoryJournal;
use tonic::{Code, Status};

use crate::support::clock::TestClock;
use crate::support::events::id;
use crate::support::refusal::check;
use crate::support::seed::{
    self, BUREAU, CITY, GOVERNMENT_HEAD, LEADER, OTHER_BUREAU, RECORDER, VERIFIER, ladder,
    selector, view,
};
use crate::support::service::{Clients, Service};

const DUTY: &str = "rule_of_law_work_meeting";
const DAY: &str = "2023-04-01";

async fn service() -> Service {
    let clock = TestClock::at("2023-03-31T16:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::all(&service.clients).await;
    service
}

fn exemption(number: u128, change: impl FnOnce(&mut pb::Exemption)) -> pb::GrantExemptionRequest {
    let mut granted = pb::Exemption {
        organization_id: BUREAU.to_owned(),
        duty_id: DUTY.to_owned(),
        accounting_year: 2022,
        reason: pb::ExemptionReason::ForceMajeure.into(),
        document_number: "柳法办〔2022〕8号".to_owned(),
        applicant: "kjj-office".to_owned(),
        approver: VERIFIER.to_owned(),
        ..Default::default()
    };
    change(&mut granted);
    let recorder = RECORDER.to_owned();
    pb::GrantExemptionRequest { event_id: id(number), recorder, exemption: Some(granted) }
}

fn revocation(number: u128, target: u128) -> pb::RevokeExemptionRequest {
    pb::RevokeExemptionRequest {
        event_id: id(number),
        recorder: RECORDER.to_owned(),
        revocation: Some(pb::ExemptionRevocation {
            target_event_id: id(target),
            from_date: "2022-12-01".to_owned(),
            reason: "免除事由已经消失，予以撤销".to_owned(),
            document_number: "柳法办〔2022〕9号".to_owned(),
            approver: VERIFIER.to_owned(),
        }),
    }
}

async fn grant(
    clients: &Clients,
    request: pb::GrantExemptionRequest,
) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.review.clone().grant_exemption(request).await?;
    Ok(answer.into_inner().receipt.expect("a receipt"))
}

async fn revoke(
    clients: &Clients,
    request: pb::RevokeExemptionRequest,
) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.review.clone().revoke_exemption(request).await?;
    Ok(answer.into_inner().receipt.expect("a receipt"))
}

async fn list(clients: &Clients, request: pb::ListExemptionsRequest) -> pb::ListExemptionsResponse {
    clients.review.clone().list_exemptions(request).await.expect("a list").into_inner()
}

async fn weight(clients: &Clients, selector: pb::ViewSelector) -> String {
    view(clients, selector).await.applicable_weight
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exemption_takes_one_weight_out_and_is_named() {
    let service = service().await;
    let clients = &service.clients;
    let before = view(clients, selector(DAY)).await;
    let duty = before.duties.iter().find(|duty| duty.duty_id == DUTY).expect("the duty");
    let whole: f64 = before.applicable_weight.parse().expect("a number");
    let its_own: f64 = duty.weight.parse().expect("a number");
    let granted = grant(clients, exemption(1, |_| {})).await.expect("granted");
    let again = grant(clients, exemption(1, |_| {})).await.expect("repeated");
    assert!(again.duplicate);

    let expected = ["exempted 0", "exempted 0", "exempted 0", "exempted 0", "exempted"];
    assert_eq!(ladder(&view(clients, selector(DAY)).await, DUTY), expected);
    let left: f64 = weight(clients, selector(DAY)).await.parse().expect("a number");
    assert!((whole - its_own - left).abs() < 1e-9, "{whole} - {its_own} is not {left}");
    // What was known before is what it was.
    let then = pb::ViewSelector { known_position: granted.position - 1, ..selector(DAY) };
    assert_eq!(ladder(&view(clients, then).await, DUTY)[0], "overdue 0");
    // Nothing of another organization changed.
    let other = pb::GetOrganizationComplianceRequest {
        organization_id: OTHER_BUREAU.to_owned(),
        selector: Some(selector(DAY)),
    };
    let other = clients.compliance.clone().get_organization_compliance(other).await;
    let other = other.expect("a view").into_inner();
    assert_eq!(ladder(&other, DUTY)[0], "overdue 0");

    let request = pb::ExplainObligationRequest {
        organization_id: BUREAU.to_owned(),
        duty_id: DUTY.to_owned(),
        selector: Some(selector(DAY)),
        ..Default::default()
    };
    let explained = clients.compliance.clone().explain_obligation(request.clone()).await;
    let explained = explained.expect("why").into_inner().obligations.remove(0);
    let rungs = explained.obligation.as_ref().expect("set").rungs.clone();
    assert!(rungs.iter().all(|rung| rung.entry_positions == [granted.position]));
    assert!(explained.remedies.is_empty(), "nothing need be done");
    let named = |text: &str| text.replace(&granted.position.to_string(), "N");
    let text =
        |held: &pb::HeldExemption| format!("{}\n{}\n", named(&held.text_zh), named(&held.text_en));
    expect![[r#"
        经 柳法办〔2022〕8号 免除（第 N 条）：全单位，2022 考核年度，事由：不可抗力
        exempted by 柳法办〔2022〕8号 (position N): the organization, the accounting year 2022, because of force majeure
    "#]].assert_eq(&text(&explained.exemptions[0]));

    // Revoked from 1 December 2022 on: the deadline of 31 December counts again.
    revoke(clients, revocation(2, 1)).await.expect("revoked");
    assert_eq!(ladder(&view(clients, selector(DAY)).await, DUTY)[0], "overdue 0");
    assert_eq!(ladder(&view(clients, selector("2022-11-30")).await, DUTY)[0], "exempted 0");
    let answer = revoke(clients, revocation(3, 1)).await;
    let field = "revocation.target_event_id";
    check("twice", answer, Code::FailedPrecondition, "EXEMPTION_REVOKED", field);
    let known = pb::ViewSelector { known_position: granted.position, ..selector(DAY) };
    assert_eq!(ladder(&view(clients, known).await, DUTY)[0], "exempted 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn exemptions_that_are_none_are_refused() {
    let service = service().await;
    let clients = &service.clients;
    let of = |change: fn(&mut pb::Exemption)| exemption(1, change);
    let invalid = Code::InvalidArgument;
    let rows = [
        ("duty", of(|e| e.duty_id = "none".into()), Code::NotFound, "REFERENCE_UNKNOWN", "duty_id"),
        ("no id", of(|e| e.duty_id.clear()), invalid, "FIELD_MALFORMED", "duty_id"),
        (
            "organization",
            of(|e| e.organization_id = "none".into()),
            invalid,
            "REFERENCE_UNKNOWN",
            "organization_id",
        ),
        (
            "both",
            of(|e| {
                e.post_id = GOVERNMENT_HEAD.into();
                e.person_id = LEADER.into();
            }),
            invalid,
            "FIELD_MALFORMED",
            "person_id",
        ),
        ("when", of(|e| e.accounting_year = 0), invalid, "FIELD_REQUIRED", "accounting_year"),
        (
            "year and days",
            of(|e| e.start_date = "2022-01-01".into()),
            invalid,
            "FIELD_MALFORMED",
            "accounting_year",
        ),
        (
            "no last day",
            of(|e| {
                e.accounting_year = 0;
                e.start_date = "2022-01-01".into();
            }),
            invalid,
            "FIELD_REQUIRED",
            "end_date",
        ),
        ("why", of(|e| e.reason = 0), invalid, "ENUM_UNKNOWN", "reason"),
        ("other", of(|e| e.reason = 6), invalid, "REASON_TOO_SHORT", "reason_text"),
        (
            "no document",
            of(|e| e.document_number.clear()),
            invalid,
            "FIELD_REQUIRED",
            "document_number",
        ),
        ("own", of(|e| e.approver = RECORDER.into()), invalid, "APPROVER_IS_RECORDER", "approver"),
        (
            "applicant",
            of(|e| e.applicant = VERIFIER.into()),
            invalid,
            "APPROVER_IS_APPLICANT",
            "approver",
        ),
        ("a name", of(|e| e.applicant = "张三".into()), invalid, "FIELD_MALFORMED", "applicant"),
    ];
    for (what, request, code, reason, field) in rows {
        check(what, grant(clients, request).await, code, reason, &format!("exemption.{field}"));
    }
    grant(clients, of(|_| {})).await.expect("unspoilt, it is granted");
    let unknown = revoke(clients, revocation(2, 404)).await;
    let field = "revocation.target_event_id";
    check("unknown", unknown, Code::NotFound, "REFERENCE_UNKNOWN", field);
}

#[tokio::test(flavor = "multi_thread")]
async fn exemptions_are_listed_by_subtree_day_and_page() {
    let service = service().await;
    let clients = &service.clients;
    for (number, organization) in [(1, BUREAU), (2, OTHER_BUREAU), (3, CITY)] {
        let granted = exemption(number, |e| e.organization_id = organization.to_owned());
        grant(clients, granted).await.expect("granted");
    }
    let days = exemption(4, |e| {
        e.accounting_year = 0;
        e.start_date = "2022-03-01".to_owned();
        e.end_date = "2022-05-31".to_owned();
    });
    grant(clients, days).await.expect("granted");
    let all = list(clients, pb::ListExemptionsRequest::default()).await;
    let ids = |answer: &pb::ListExemptionsResponse| {
        answer.exemptions.iter().map(|held| held.event_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&all), [id(3), id(2), id(1), id(4)]);
    let within = |within: &str, on: &str| pb::ListExemptionsRequest {
        within_organization_id: within.to_owned(),
        in_force_date: on.to_owned(),
        ..Default::default()
    };
    assert_eq!(ids(&list(clients, within(BUREAU, "")).await), [id(1), id(4)]);
    assert_eq!(ids(&list(clients, within(BUREAU, "2022-05-31")).await), [id(1), id(4)]);
    assert_eq!(ids(&list(clients, within(BUREAU, "2022-06-01")).await), [id(1)]);
    let mut request = pb::ListExemptionsRequest { page_size: 3, ..within(CITY, "") };
    let first = list(clients, request.clone()).await;
    // What is granted meanwhile does not move the pages.
    grant(clients, exemption(5, |_| {})).await.expect("granted");
    request.page_token = first.next_page_token.clone();
    let second = list(clients, request).await;
    assert_eq!((ids(&first).len(), ids(&second)), (3, vec![id(4)]));
    assert_eq!((second.total_size, second.next_page_token.as_str()), (4, ""));
    assert_eq!(second.root_hash, first.root_hash);
}
