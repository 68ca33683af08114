//! Last year's answer comes back byte for byte: every view, asked again after much was appended.

use std::sync::Arc;

use journal::MemoryJournal;
use prost::Message as _;

use super::*;
use crate::support::clock::TestClock;
use crate::support::events::{batch, claimed_meeting, day, document, id, meeting};
use crate::support::seed::{self, BUREAU, CITY, LEADER, OTHER_BUREAU, RECORDER, VERIFIER};

/// Every view of the API under one question, as bytes, by name.
async fn answers(service: &Service, asked: &pb::ViewSelector) -> Vec<(&'static str, Vec<u8>)> {
    let selector = Some(asked.clone());
    let mut compliance = service.clients.compliance.clone();
    let mut supervision = client(&service.api()).await;
    let mut all = Vec::new();
    macro_rules! ask {
        ($client:ident . $call:ident ( $request:expr )) => {
            let answer = $client.$call($request).await.expect(stringify!($call)).into_inner();
            all.push((stringify!($call), answer.encode_to_vec()));
        };
    }
    let (organization_id, person_id) = (BUREAU.to_owned(), LEADER.to_owned());
    let duty_id = "rule_of_law_work_meeting".to_owned();
    ask!(compliance.get_organization_compliance(pb::GetOrganizationComplianceRequest {
        organization_id: organization_id.clone(),
        selector: selector.clone(),
    }));
    ask!(compliance.get_leader_compliance(pb::GetLeaderComplianceRequest {
        person_id,
        selector: selector.clone(),
    }));
    ask!(compliance.query_compliance(pb::QueryComplianceRequest {
        selector: selector.clone(),
        ..Default::default()
    }));
    ask!(compliance.explain_obligation(pb::ExplainObligationRequest {
        organization_id: organization_id.clone(),
        duty_id,
        selector: selector.clone(),
        ..Default::default()
    }));
    ask!(supervision.get_debrief_coverage(pb::GetDebriefCoverageRequest {
        selector: selector.clone(),
        ..Default::default()
    }));
    ask!(supervision.list_deadlines(pb::ListDeadlinesRequest {
        selector: selector.clone(),
        with_year_before: true,
        ..Default::default()
    }));
    ask!(supervision.rank_organizations(pb::RankOrganizationsRequest {
        selector: selector.clone(),
        ..Default::default()
    }));
    ask!(supervision.list_exceptions(pb::ListExceptionsRequest {
        selector: selector.clone(),
        ..Default::default()
    }));
    ask!(supervision.get_organization_profile(pb::GetOrganizationProfileRequest {
        organization_id,
        selector: selector.clone(),
        ..Default::default()
    }));
    ask!(supervision.roll_up(pb::RollUpRequest {
        selector: selector.clone(),
        depth: 2,
        ..Default::default()
    }));
    for knowledge in [pb::TrendKnowledge::Then, pb::TrendKnowledge::Now] {
        ask!(supervision.get_trend(pb::GetTrendRequest {
            selector: selector.clone(),
            knowledge: knowledge.into(),
            ..Default::default()
        }));
    }
    all
}

/// A finding of the year.
fn finding() -> pb::OrderRectificationRequest {
    let order = pb::RectificationOrder {
        organization_id: BUREAU.to_owned(),
        accounting_year: 2022,
        text: "专题工作会没有会议纪要".to_owned(),
        severity: pb::RectificationSeverity::Minor.into(),
        source: pb::RectificationSource::Inspection.into(),
        owner_post_id: seed::GOVERNMENT_HEAD.to_owned(),
        due_date: "2023-06-30".to_owned(),
        document_number: "柳法办〔2023〕6号".to_owned(),
        issuer: VERIFIER.to_owned(),
        ..Default::default()
    };
    pb::OrderRectificationRequest { event_id: id(3), order: Some(order) }
}

/// Changes whatever a view rests on: events, findings, versions, decisions, who is who, days.
async fn go_on(service: &Service, clock: &TestClock) {
    let mut events = service.clients.events.clone();
    let mut debrief = meeting(10);
    debrief.responsible_person_id = LEADER.to_owned();
    debrief.details =
        Some(pb::duty_event::Details::RuleOfLawDebrief(pb::RuleOfLawDebrief::default()));
    let mut late = meeting(11);
    late.occurred = Some(day("2022-01-05"));
    late.evidence = vec![document("柳科会〔2022〕7号")];
    events.append_events(batch(vec![debrief, late])).await.expect("accepted");
    events
        .withdraw_event(pb::WithdrawEventRequest {
            recorder: RECORDER.to_owned(),
            event_id: id(20),
            target_event_id: id(1),
            reason: "重复填报，予以撤回处理".to_owned(),
            consented_by: VERIFIER.to_owned(),
        })
        .await
        .expect("accepted");
    let answer = pb::RectificationAnswer {
        target_event_id: id(3),
        text: "已补做会议纪要并由主持人签字".to_owned(),
        evidence: vec![document("柳科会〔2023〕3号")],
        answerer: "kjj-office".to_owned(),
    };
    let answer = pb::AnswerRectificationRequest { event_id: id(21), answer: Some(answer) };
    service.clients.review.clone().answer_rectification(answer).await.expect("answered");
    let mut registry = service.clients.registry.clone();
    let renamed = pb::Organization { name_zh: "新名".to_owned(), ..seed::bureau(BUREAU) };
    let mut request = seed::register(renamed);
    request.amend = true;
    request.event_id = id(30);
    registry.register_organization(request).await.expect("accepted");
    let post = seed::post("450200-jtj.head", OTHER_BUREAU, pb::PostKind::GovernmentHead);
    registry.register_post(post).await.expect("accepted");
    registry.register_person(seed::person("p-jtj-01")).await.expect("accepted");
    let tenure = seed::tenure("t-jtj", "p-jtj-01", "450200-jtj.head", ("2022-02-01", ""));
    registry.register_tenure(tenure).await.expect("accepted");
    let rules = seed::RULES
        .replace("CN-450200-2022.default", "CN-450200-2022.revised")
        .replace("weight = 12", "weight = 13");
    registry.publish_rule_set(seed::rule_set(&rules)).await.expect("accepted");
    let third = seed::bureau("450200-new");
    registry.register_organization(seed::register(third)).await.expect("accepted");
    clock.set("2024-03-01T02:00:00Z");
    events.append_events(batch(vec![meeting(40)])).await.expect("accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_once_is_answered_for_ever() {
    let clock = TestClock::at("2023-06-14T02:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock.clone())).await;
    seed::all(&service.clients).await;
    let mut events = service.clients.events.clone();
    events.append_events(batch(vec![meeting(1), claimed_meeting(2)])).await.expect("accepted");
    let mut review = service.clients.review.clone();
    review.order_rectification(finding()).await.expect("ordered");
    let asked = {
        let mut view = seed::selector("2023-06-14");
        let answer = seed::view(&service.clients, view.clone()).await;
        view.known_position = answer.basis.expect("a basis").known_position;
        view
    };
    let first = answers(&service, &asked).await;
    assert_eq!(first.len(), 12);
    go_on(&service, &clock).await;
    let again = answers(&service, &asked).await;
    for ((call, first), (_, again)) in first.iter().zip(&again) {
        assert!(first == again, "{call} answers the same question otherwise");
    }
    // What is known now is another question, and nearly every view has another answer to it.
    let now = pb::ViewSelector { known_position: 0, ..asked };
    let changed = answers(&service, &now).await;
    for ((call, first), (_, changed)) in first.iter().zip(&changed) {
        assert!(first != changed, "{call} did not see what was appended");
    }
    let scope = pb::GetDebriefCoverageRequest {
        selector: Some(now),
        within_organization_id: CITY.to_owned(),
        ..Default::default()
    };
    let mut supervision = client(&service.api()).await;
    let coverage = supervision.get_debrief_coverage(scope).await.expect("an answer").into_inner();
    assert_eq!(coverage.persons.expect("a tally").in_scope, 2, "the new leader owes");
}
