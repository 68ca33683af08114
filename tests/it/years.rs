//! The life of an evaluated year: notice, appeal, decision, seal, reopening; who may, and when.

use std::sync::Arc;

use duty_ledger::pb;
use tonic::Code;

use crate::support::clock::TestClock;
use crate::support::directory;
use crate::support::events::{batch, dated_meeting, id, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, RECORDER};
use crate::support::service::{Clients, Service};

const NOTICE: &str = "柳法办〔2023〕5号";
const WHY: &str = "核对原始材料后作出本决定";

fn publication(number: u128, by: &str) -> pb::PublishYearRequest {
    let publication = pb::YearPublication {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        publisher: by.to_owned(),
        document_number: NOTICE.to_owned(),
        as_of_date: "2023-01-31".to_owned(),
        ..Default::default()
    };
    pb::PublishYearRequest { event_id: id(number), publication: Some(publication) }
}

fn seal(number: u128, by: &str) -> pb::SealYearRequest {
    let seal = pb::YearSeal {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        sealer: by.to_owned(),
        document_number: NOTICE.to_owned(),
        as_of_date: "2023-01-31".to_owned(),
        ..Default::default()
    };
    pb::SealYearRequest { event_id: id(number), seal: Some(seal) }
}

fn appeal(number: u128) -> pb::AppealYearRequest {
    let appeal = pb::YearAppeal {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        appellant: "kjj-office".to_owned(),
        arguments: "专题工作会已召开，纪要已补充提交".to_owned(),
        evidence: "柳科会〔2022〕7号".to_owned(),
        ..Default::default()
    };
    pb::AppealYearRequest { event_id: id(number), appeal: Some(appeal) }
}

fn bonus(points: &str) -> pb::ScoreAdjustment {
    pb::ScoreAdjustment {
        kind: pb::AdjustmentKind::Bonus.into(),
        points: points.to_owned(),
        document_number: NOTICE.to_owned(),
        approver: "zfb-head".to_owned(),
        reason: WHY.to_owned(),
    }
}

fn decision(number: u128, appeal: u64, by: &str) -> pb::DecideAppealRequest {
    let decision = pb::AppealDecision {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        appeal_position: appeal,
        decider: by.to_owned(),
        upheld: true,
        document_number: "柳法办〔2023〕6号".to_owned(),
        reason: WHY.to_owned(),
        adjustment: Some(bonus("1.5")),
    };
    pb::DecideAppealRequest { event_id: id(number), decision: Some(decision) }
}

fn reopening(number: u128, approver: &str) -> pb::ReopenYearRequest {
    let reopening = pb::YearReopening {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        recorder: "zfb-clerk".to_owned(),
        approver: approver.to_owned(),
        document_number: "柳法办〔2023〕9号".to_owned(),
        reason: WHY.to_owned(),
    };
    pb::ReopenYearRequest { event_id: id(number), reopening: Some(reopening) }
}

fn withdrawal(number: u128, target: u128) -> pb::WithdrawEventRequest {
    pb::WithdrawEventRequest {
        recorder: RECORDER.to_owned(),
        event_id: id(number),
        target_event_id: id(target),
        reason: "会议改期，本次未召开，予以撤回".to_owned(),
        consented_by: String::new(),
    }
}

async fn sheet(clients: &Clients, known: u64) -> pb::GetScoreSheetResponse {
    let selector = pb::ViewSelector { year: 2022, known_position: known, ..Default::default() };
    let request =
        pb::GetScoreSheetRequest { organization_id: BUREAU.to_owned(), selector: Some(selector) };
    let answer = clients.evaluation.clone().get_score_sheet(request).await;
    answer.expect("a sheet").into_inner()
}

/// The part of a sheet that a seal keeps.
fn kept(sheet: &pb::GetScoreSheetResponse) -> pb::GetScoreSheetResponse {
    pb::GetScoreSheetResponse { standing: None, differences: Vec::new(), ..sheet.clone() }
}

/// A service with one event of 2022 that lacks a document, in February 2023.
async fn begun(directory: &std::path::Path, clock: &TestClock) -> Service {
    let service = Service::at(directory, Arc::new(clock.clone())).await;
    seed::all(&service.clients).await;
    let answer = service.clients.events.clone().append_events(batch(vec![dated_meeting(1)])).await;
    answer.expect("accepted");
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_is_final_and_an_appeal_changes_only_what_it_decides() {
    let directory = directory();
    let clock = TestClock::at("2023-02-06T09:00:00+08:00");
    let service = begun(directory.path(), &clock).await;
    let clients = service.clients.clone();
    let mut year = clients.evaluation.clone();

    let early = year.seal_year(seal(100, "zfb-sealer")).await;
    check("sealed unpublished", early, Code::FailedPrecondition, "YEAR_STAGE_WRONG", "seal.year");
    let own = year.publish_year(publication(101, RECORDER)).await;
    let interested = ("ACTOR_IS_INTERESTED", "publication.publisher");
    check("own result", own, Code::FailedPrecondition, interested.0, interested.1);
    let published = year.publish_year(publication(102, "zfb-clerk")).await.expect("published");
    let standing = published.into_inner().standing.expect("a standing");
    // Five working days from Monday the 6th, which is not counted.
    assert_eq!(standing.notice_end_date, "2023-02-13");
    let again = year.publish_year(publication(102, "zfb-clerk")).await.expect("the same");
    assert!(again.into_inner().receipt.expect("a receipt").duplicate);

    let early = year.seal_year(seal(103, "zfb-sealer")).await;
    check("sealed in notice", early, Code::FailedPrecondition, "NOTICE_RUNNING", "seal.year");
    let appealed = year.appeal_year(appeal(104)).await.expect("taken").into_inner();
    let at = appealed.receipt.expect("a receipt").position;
    let due = &appealed.standing.expect("a standing").appeals[0].decision_due_date;
    assert_eq!(due, "2023-02-27");
    let own = year.decide_appeal(decision(105, at, "kjj-office")).await;
    check("own appeal", own, Code::FailedPrecondition, "ACTOR_IS_INTERESTED", "decision.decider");

    clock.set("2023-02-14T09:00:00+08:00");
    let late = year.appeal_year(appeal(106)).await;
    check("appealed late", late, Code::FailedPrecondition, "APPEAL_PERIOD_OVER", "appeal.year");
    let open = year.seal_year(seal(107, "zfb-sealer")).await;
    check("sealed undecided", open, Code::FailedPrecondition, "APPEAL_UNDECIDED", "seal.year");
    let before = sheet(&clients, 0).await;
    year.decide_appeal(decision(108, at, "zfb-decider")).await.expect("decided");
    let decided = sheet(&clients, 0).await;
    assert_eq!((&decided.lines, &decided.scores), (&before.lines, &before.scores));
    let points = |text: &str| text.parse::<rust_decimal::Decimal>().expect("a score");
    let more = points(&decided.final_score) - points(&before.final_score);
    assert_eq!(more, points("1.5"), "an appeal changes what it decides, and nothing else");
    assert_eq!(decided.adjustments.len(), 1);

    year.seal_year(seal(109, "zfb-sealer")).await.expect("sealed");
    let sealed = sheet(&clients, 0).await;
    assert!(sealed.is_sealed && sealed.differences.is_empty());
    assert_eq!(sealed.basis.as_ref().expect("a basis").as_of_date, "2023-01-31");
    assert_eq!(sealed.lines.len(), decided.lines.len());
    let position = sealed.standing.as_ref().expect("a standing").sealed_position;

    // What the seal rests on stays; what comes behind it shows as a difference.
    let refused = clients.events.clone().withdraw_event(withdrawal(110, 1)).await;
    check("withdrawn", refused, Code::FailedPrecondition, "YEAR_SEALED", "target_event_id");
    let correction = pb::CorrectEventRequest {
        recorder: RECORDER.to_owned(),
        target_event_id: id(1),
        reason: "日期填写有误，已核对会议纪要".to_owned(),
        event: Some(meeting(111)),
        expected_revision: None,
    };
    let refused = clients.events.clone().correct_event(correction).await;
    check("corrected", refused, Code::FailedPrecondition, "YEAR_SEALED", "target_event_id");
    let more = [2, 3, 4, 5].map(meeting).to_vec();
    clients.events.clone().append_events(batch(more)).await.expect("late entries are taken");
    let later = sheet(&clients, 0).await;
    assert!(kept(&later) == kept(&sealed), "the same sheet, byte for byte");
    let changed = |line: &pb::SheetDifference| line.duty_id == "rule_of_law_work_meeting";
    assert!(later.differences.iter().any(changed), "{:?}", later.differences);
    let again = year.seal_year(seal(112, "zfb-sealer")).await;
    check("sealed twice", again, Code::FailedPrecondition, "YEAR_SEALED", "seal.year");

    // The same after a restart, which reads every step again.
    drop((year, clients));
    service.stop().await;
    let service = Service::at(directory.path(), Arc::new(clock.clone())).await;
    let clients = service.clients.clone();
    let mut year = clients.evaluation.clone();
    assert!(kept(&sheet(&clients, 0).await) == kept(&sealed), "replay equals live");

    let own = year.reopen_year(reopening(113, "zfb-clerk")).await;
    check("own", own, Code::InvalidArgument, "APPROVER_IS_RECORDER", "reopening.approver");
    year.reopen_year(reopening(114, "zfb-head")).await.expect("reopened");
    let open = sheet(&clients, 0).await;
    assert!(!open.is_sealed);
    assert_eq!(open.standing.as_ref().expect("a standing").stage(), pb::YearStage::Open);
    clients.events.clone().withdraw_event(withdrawal(115, 1)).await.expect("withdrawn");
    let then = sheet(&clients, position).await;
    assert!(kept(&then) == kept(&sealed), "what was known at the seal stays what it was");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bonus_is_bounded_and_a_veto_leaves_no_grade() {
    let directory = directory();
    let clock = TestClock::at("2023-02-06T09:00:00+08:00");
    let service = begun(directory.path(), &clock).await;
    let mut year = service.clients.evaluation.clone();
    let request = |number: u128, adjustment: pb::ScoreAdjustment| {
        let adjustment = pb::YearAdjustment {
            organization_id: BUREAU.to_owned(),
            year: 2022,
            recorder: "zfb-clerk".to_owned(),
            adjustment: Some(adjustment),
        };
        pb::AdjustScoreRequest { event_id: id(number), adjustment: Some(adjustment) }
    };
    year.adjust_score(request(10, bonus("4.5"))).await.expect("taken");
    let more = year.adjust_score(request(11, bonus("0.51"))).await;
    check("above 5", more, Code::FailedPrecondition, "BONUS_LIMIT", "adjustment.points");
    let own = pb::ScoreAdjustment { approver: "zfb-clerk".to_owned(), ..bonus("0.1") };
    let own = year.adjust_score(request(12, own)).await;
    check("own", own, Code::InvalidArgument, "APPROVER_IS_RECORDER", "adjustment.approver");
    let none = year.adjust_score(request(13, bonus("0"))).await;
    check("nothing", none, Code::InvalidArgument, "FIELD_OUT_OF_RANGE", "adjustment.points");

    let before = sheet(&service.clients, 0).await;
    let penalty = pb::ScoreAdjustment { kind: pb::AdjustmentKind::Penalty.into(), ..bonus("100") };
    year.adjust_score(request(14, penalty)).await.expect("taken");
    let veto = pb::ScoreAdjustment { kind: pb::AdjustmentKind::Veto.into(), ..bonus("") };
    year.adjust_score(request(15, veto)).await.expect("taken");
    let after = sheet(&service.clients, 0).await;
    assert_eq!((&*after.final_score, &*after.grade), ("0.00", ""), "never below zero");
    assert_eq!(after.scores, before.scores, "the four scores are of the duties alone");
    assert_ne!(after.digest, before.digest, "adjustments are part of the sheet");
    let columns = [&before.own_score, &before.computed_score, &before.verified_score];
    let scores: Vec<_> = before.scores.iter().map(|score| &score.score).collect();
    assert_eq!(columns, [scores[0], scores[2], scores[3]]);
    service.stop().await;
}
