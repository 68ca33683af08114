//! Last days that steps set, through the port and by the command: findings, notice, appeals; on the
//! deadline list, on the profile line and on the card of the leader.

use std::sync::Arc;

use journal::MemoryJournal;

use super::*;
use crate::support::clock::TestClock;
use crate::support::events::{batch, dated_meeting, document, id};
use crate::support::seed::{self, BUREAU, GOVERNMENT_HEAD, LEADER, VERIFIER};

const WHY: &str = "核对原始材料后作出本决定";

/// A service in July 2023 with a finding, and with the year published and appealed against.
async fn told() -> Service {
    let clock = TestClock::at("2023-07-03T02:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::all(&service.clients).await;
    let mut events = service.clients.events.clone();
    events.append_events(batch(vec![dated_meeting(1)])).await.expect("accepted");
    let order = pb::RectificationOrder {
        organization_id: BUREAU.to_owned(),
        duty_id: "rule_of_law_work_meeting".to_owned(),
        accounting_year: 2022,
        text: "专题工作会没有会议纪要".to_owned(),
        severity: pb::RectificationSeverity::Minor.into(),
        source: pb::RectificationSource::Inspection.into(),
        owner_post_id: GOVERNMENT_HEAD.to_owned(),
        due_date: "2023-07-17".to_owned(),
        document_number: "柳法办〔2023〕6号".to_owned(),
        issuer: VERIFIER.to_owned(),
        ..Default::default()
    };
    let order = pb::OrderRectificationRequest { event_id: id(10), order: Some(order) };
    service.clients.review.clone().order_rectification(order).await.expect("ordered");
    let publication = pb::YearPublication {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        publisher: "zfb-clerk".to_owned(),
        document_number: "柳法办〔2023〕5号".to_owned(),
        as_of_date: "2023-07-01".to_owned(),
        ..Default::default()
    };
    let publication = pb::PublishYearRequest { event_id: id(11), publication: Some(publication) };
    let mut evaluation = service.clients.evaluation.clone();
    evaluation.publish_year(publication).await.expect("published");
    let appeal = pb::YearAppeal {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        appellant: "kjj-office".to_owned(),
        arguments: WHY.to_owned(),
        ..Default::default()
    };
    let appeal = pb::AppealYearRequest { event_id: id(12), appeal: Some(appeal) };
    evaluation.appeal_year(appeal).await.expect("appealed");
    service
}

fn row(due: &pb::Deadline) -> String {
    let pb::Deadline { last_date, days_left, post_id, person_ids, document_number, .. } = due;
    let (kind, debtor) = (due.kind().as_str_name(), due.debtor().as_str_name());
    let kind = kind.trim_start_matches("DEADLINE_KIND_");
    let debtor = debtor.trim_start_matches("DEADLINE_DEBTOR_");
    let persons = person_ids.join("+");
    format!("{last_date} {days_left} {kind} {debtor} {post_id} {persons} {document_number}")
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_notice_and_appeals_have_their_last_days_in_every_view() {
    let service = told().await;
    let mut supervision = client(&service.api()).await;
    let ask = pb::ListDeadlinesRequest {
        selector: Some(seed::selector("2023-07-07")),
        filter: "kind != obligation".to_owned(),
        ..Default::default()
    };
    // Published and appealed on Monday 3 July: 5 working days end on the 10th, 15 on the 24th.
    let list = supervision.list_deadlines(ask.clone()).await.expect("a list").into_inner();
    let rows: Vec<_> = list.deadlines.iter().map(row).collect();
    let finding =
        format!("2023-07-17 10 FINDING_ANSWER POST {GOVERNMENT_HEAD} {LEADER} 柳法办〔2023〕6号");
    let expected = [
        "2023-07-10 3 NOTICE_END SUPERVISOR   柳法办〔2023〕5号".to_owned(),
        "2023-07-10 3 APPEAL_END ORGANIZATION   柳法办〔2023〕5号".to_owned(),
        finding.clone(),
        "2023-07-24 17 APPEAL_DECISION SUPERVISOR   ".to_owned(),
    ];
    assert_eq!(rows, expected);
    let of_finding = &list.deadlines[2];
    assert_eq!(of_finding.event_id, id(10));
    assert_eq!(of_finding.duty_id, "rule_of_law_work_meeting");
    assert!(of_finding.is_open && !of_finding.weight.is_empty() && of_finding.obligation.is_none());

    let answer = pb::RectificationAnswer {
        target_event_id: id(10),
        text: "已补做会议纪要并由主持人签字".to_owned(),
        evidence: vec![document("柳科会〔2023〕3号")],
        answerer: "kjj-office".to_owned(),
    };
    let answer = pb::AnswerRectificationRequest { event_id: id(13), answer: Some(answer) };
    let mut review = service.clients.review.clone();
    review.answer_rectification(answer).await.expect("answered");
    let filter = "kind = finding_answer OR kind = finding_check".to_owned();
    let findings = pb::ListDeadlinesRequest { filter, ..ask.clone() };
    let list = supervision.list_deadlines(findings).await.expect("a list").into_inner();
    let rows: Vec<_> = list.deadlines.iter().map(row).collect();
    assert_eq!(rows, [" 0 FINDING_CHECK SUPERVISOR   柳法办〔2023〕6号"]);
    assert_eq!(list.deadlines[0].bucket(), pb::DeadlineBucket::Undated);

    let profile = pb::GetOrganizationProfileRequest {
        organization_id: BUREAU.to_owned(),
        selector: ask.selector.clone(),
        ..Default::default()
    };
    let profile = supervision.get_organization_profile(profile).await.expect("a line").into_inner();
    let points = profile.points.iter().filter(|point| "2023-07" <= point.date.as_str());
    let told: Vec<_> = points
        .filter(|point| point.kind() != pb::ProfilePointKind::Registered)
        .filter(|point| point.obligation.is_none())
        .map(|point| {
            let kind = point.kind().as_str_name().trim_start_matches("PROFILE_POINT_KIND_");
            let due = point.deadline.as_ref().map_or("", |due| due.kind().as_str_name());
            let due = due.trim_start_matches("DEADLINE_KIND_");
            format!("{} {kind} {due}{}", point.date, point.remark).trim_end().to_owned()
        })
        .collect();
    let expected = [
        "2023-07-03 FINDING_ORDERED 柳法办〔2023〕6号",
        "2023-07-03 YEAR_PUBLISHED 柳法办〔2023〕5号",
        "2023-07-03 YEAR_APPEALED",
        "2023-07-03 FINDING_ANSWERED",
        "2023-07-10 STEP_DEADLINE NOTICE_END",
        "2023-07-10 STEP_DEADLINE APPEAL_END",
        "2023-07-17 STEP_DEADLINE FINDING_ANSWER",
        "2023-07-24 STEP_DEADLINE APPEAL_DECISION",
    ];
    assert_eq!(told, expected);

    let card = pb::GetLeaderComplianceRequest {
        person_id: LEADER.to_owned(),
        selector: ask.selector.clone(),
    };
    let mut compliance = service.clients.compliance.clone();
    let card = compliance.get_leader_compliance(card).await.expect("a card").into_inner();
    let [found] = &card.findings[..] else { panic!("{:?}", card.findings) };
    // Ordered in July about 2022: it falls on the accounting day of that year.
    assert_eq!(found.fell_on_date, "2022-12-31");
    assert!(found.in_office && found.mends);
    let held = found.rectification.clone().expect("a finding");
    assert_eq!((held.event_id, held.state), (id(10), pb::RectificationState::Answered.into()));

    let server = format!("http://{}", service.api());
    let on = ["--server", &server, "--year", "2022", "--as-of", "2023-07-07"];
    let said = |command: &[&str]| {
        let args: Vec<_> = command.iter().chain(&on).map(|arg| (*arg).to_owned()).collect();
        tokio::task::spawn_blocking(move || run(args).exits(0).out)
    };
    let list = said(&["deadlines", "--filter", "kind != obligation"]).await.expect("it ran");
    for part in ["公示期满", "申诉决定", "整改成效核查", "监督机关", "2023-07-24"]
    {
        assert!(list.contains(part), "{part} is not in {list}");
    }
    let line = said(&["profile", BUREAU]).await.expect("it ran");
    for part in ["督办整改", "专题工作会没有会议纪要", "申诉", "公示期满（未办结）"]
    {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    let card = said(&["compliance", "--person", LEADER]).await.expect("it ran");
    for part in ["任期内、整改责任人", "柳法办〔2023〕6号", "已反馈"] {
        assert!(card.contains(part), "{part} is not in {card}");
    }
}
