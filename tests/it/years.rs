//! The life of an evaluated year: notice, appeal, decision, further review, seal, reopening; who
//! may, and when.

mod beside;
mod published;

use std::sync::Arc;

use duty_ledger::pb;
use tonic::Code;

use crate::support::clock::TestClock;
use crate::support::directory;
use crate::support::events::{batch, dated_meeting, id, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, CITY, OTHER_BUREAU, RECORDER};
use crate::support::service::{Clients, Service};

const NOTICE: &str = "柳法办〔2023〕5号";
const WHY: &str = "核对原始材料后作出本决定";

fn publication(number: u128, by: &str) -> pb::PublishYearRequest {
    let publication = pb::YearPublication {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        publisher: by.to_owned(),
        document_number: NOTICE.to_owned(),
        as_of_date: "2023-07-01".to_owned(),
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
        as_of_date: "2023-07-01".to_owned(),
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
        ..Default::default()
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

/// A service with one event of 2022 that lacks a document, in July 2023: every deadline has passed.
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
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
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
    // Five working days from Monday the 3rd, which is not counted.
    assert_eq!(standing.notice_end_date, "2023-07-10");
    let again = year.publish_year(publication(102, "zfb-clerk")).await.expect("the same");
    assert!(again.into_inner().receipt.expect("a receipt").duplicate);

    let early = year.seal_year(seal(103, "zfb-sealer")).await;
    check("sealed in notice", early, Code::FailedPrecondition, "NOTICE_RUNNING", "seal.year");
    let appealed = year.appeal_year(appeal(104)).await.expect("taken").into_inner();
    let at = appealed.receipt.expect("a receipt").position;
    let due = &appealed.standing.expect("a standing").appeals[0].decision_due_date;
    assert_eq!(due, "2023-07-24");
    let own = year.decide_appeal(decision(105, at, "kjj-office")).await;
    check("own appeal", own, Code::FailedPrecondition, "ACTOR_IS_INTERESTED", "decision.decider");

    clock.set("2023-07-11T09:00:00+08:00");
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

    // Five working days from the 11th, in which a further review may be asked for.
    let early = year.seal_year(seal(116, "zfb-sealer")).await;
    let reason = "FURTHER_REVIEW_TERM_RUNNING";
    check("sealed in term", early, Code::FailedPrecondition, reason, "seal.year");
    clock.set("2023-07-19T09:00:00+08:00");
    year.seal_year(seal(109, "zfb-sealer")).await.expect("sealed");
    let sealed = sheet(&clients, 0).await;
    assert!(sealed.is_sealed && sealed.differences.is_empty());
    assert_eq!(sealed.basis.as_ref().expect("a basis").as_of_date, "2023-07-01");
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
async fn bonus_is_bounded_and_a_veto_caps_the_grade() {
    let directory = directory();
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
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
    assert_eq!((&*after.final_score, &*after.grade), ("0.00", "不合格"), "never below zero");
    // The sheet names the entries, and what the grade would be.
    assert_eq!((after.adjustments.len(), after.adjustment_positions.len()), (3, 3));
    let effect = after.veto.as_ref().expect("a veto");
    assert_eq!(effect.positions, after.adjustment_positions[2..]);
    assert_eq!((&*effect.grade_by_score, &*effect.best_grade_left), ("不合格", "不合格"));
    assert!(before.veto.is_none());
    assert_eq!(after.scores, before.scores, "the four scores are of the duties alone");
    assert_ne!(after.digest, before.digest, "adjustments are part of the sheet");
    let columns = [&before.own_score, &before.computed_score, &before.verified_score];
    let scores: Vec<_> = before.scores.iter().map(|score| &score.score).collect();
    assert_eq!(columns, [scores[0], scores[2], scores[3]]);
    service.stop().await;
}

fn review_request(number: u128, appeal: u64) -> pb::RequestFurtherReviewRequest {
    let review = pb::FurtherReview {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        appeal_position: appeal,
        applicant: "kjj-office".to_owned(),
        arguments: "决定未采纳已提交的会议纪要".to_owned(),
        ..Default::default()
    };
    pb::RequestFurtherReviewRequest { event_id: id(number), review: Some(review) }
}

fn review_decision(number: u128, appeal: u64, by: &str) -> pb::DecideFurtherReviewRequest {
    let decision = pb::FurtherReviewDecision {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        appeal_position: appeal,
        decider: by.to_owned(),
        office_organization_id: CITY.to_owned(),
        upheld: true,
        document_number: "柳政复〔2023〕2号".to_owned(),
        reason: WHY.to_owned(),
        // Document and approver are those of the decision.
        adjustment: Some(pb::ScoreAdjustment {
            document_number: String::new(),
            approver: String::new(),
            ..bonus("0.5")
        }),
    };
    pb::DecideFurtherReviewRequest { event_id: id(number), decision: Some(decision) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_review_is_the_second_and_last_instance() {
    let directory = directory();
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
    let service = begun(directory.path(), &clock).await;
    let clients = service.clients.clone();
    let mut year = clients.evaluation.clone();
    year.publish_year(publication(200, "zfb-clerk")).await.expect("published");
    let appealed = year.appeal_year(appeal(201)).await.expect("taken").into_inner();
    let at = appealed.receipt.expect("a receipt").position;
    let extension = pb::AppealExtension {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        appeal_position: at,
        decider: "zfb-decider".to_owned(),
        reason: "需调取原始会议记录进一步核实".to_owned(),
        ..Default::default()
    };
    let extension = |number| {
        let extension = Some(extension.clone());
        pb::ExtendAppealRequest { event_id: id(number), extension }
    };
    let extended = year.extend_appeal(extension(202)).await.expect("extended").into_inner();
    let appeal = &extended.standing.expect("a standing").appeals[0];
    // Fifteen working days from the 24th of July, when the first term ends.
    assert_eq!((appeal.extended, &*appeal.decision_due_date), (true, "2023-08-14"));
    let again = year.extend_appeal(extension(203)).await;
    let wrong = "YEAR_STAGE_WRONG";
    check("extended twice", again, Code::FailedPrecondition, wrong, "extension.year");

    clock.set("2023-07-11T09:00:00+08:00");
    let early = year.request_further_review(review_request(204, at)).await;
    check("undecided", early, Code::FailedPrecondition, wrong, "review.year");
    let mut first = decision(205, at, "zfb-decider");
    let office = &mut first.decision.as_mut().expect("a decision").office_organization_id;
    OTHER_BUREAU.clone_into(office);
    let mut rejected = first.clone();
    rejected.decision.as_mut().expect("a decision").upheld = false;
    let rejected = year.decide_appeal(rejected).await;
    let (wrong_kind, field) = ("FIELD_OUT_OF_RANGE", "decision.adjustment");
    check("rejected, with a point", rejected, Code::InvalidArgument, wrong_kind, field);
    year.decide_appeal(first.clone()).await.expect("decided");
    // Repeated later, when the term would end later: the same all the same.
    clock.set("2023-07-12T09:00:00+08:00");
    let again = year.decide_appeal(first).await.expect("the same").into_inner();
    assert!(again.receipt.expect("a receipt").duplicate);
    let appeal = &again.standing.expect("a standing").appeals[0];
    assert_eq!(appeal.further_review_end_date, "2023-07-18");
    let before = sheet(&clients, 0).await;

    let requested = year.request_further_review(review_request(206, at)).await.expect("taken");
    let standing = requested.into_inner().standing.expect("a standing");
    let review = standing.appeals[0].further_review.clone().expect("a review");
    assert_eq!((&*review.decision_due_date, review.decided_position), ("2023-08-02", 0));
    clock.set("2023-07-26T09:00:00+08:00");
    let open = year.seal_year(seal(207, "zfb-sealer")).await;
    let undecided = "FURTHER_REVIEW_UNDECIDED";
    check("sealed in review", open, Code::FailedPrecondition, undecided, "seal.year");
    let same = year.decide_further_review(review_decision(208, at, "zfb-decider")).await;
    let interested = "ACTOR_IS_INTERESTED";
    check("same person", same, Code::FailedPrecondition, interested, "decision.decider");
    let mut below = review_decision(209, at, "gov-reviewer");
    let office = &mut below.decision.as_mut().expect("a decision").office_organization_id;
    OTHER_BUREAU.clone_into(office);
    let below = year.decide_further_review(below).await;
    let (other, field) = ("FURTHER_REVIEW_OFFICE", "decision.office_organization_id");
    check("same office", below, Code::FailedPrecondition, other, field);
    year.decide_further_review(review_decision(210, at, "gov-reviewer")).await.expect("decided");

    // It changes what it decides, and is the last word.
    let after = sheet(&clients, 0).await;
    assert_eq!((&after.lines, &after.scores), (&before.lines, &before.scores));
    let points = |text: &str| text.parse::<rust_decimal::Decimal>().expect("a score");
    let more = points(&after.final_score) - points(&before.final_score);
    assert_eq!(more, points("0.5"), "from {} to {}", before.final_score, after.final_score);
    let made = after.adjustments.last().expect("an adjustment");
    assert_eq!((&*made.document_number, &*made.approver), ("柳政复〔2023〕2号", "gov-reviewer"));
    let again = year.request_further_review(review_request(211, at)).await;
    check("reviewed again", again, Code::FailedPrecondition, wrong, "review.year");
    let again = year.decide_further_review(review_decision(212, at, "gov-other")).await;
    check("decided again", again, Code::FailedPrecondition, wrong, "decision.year");
    year.seal_year(seal(213, "zfb-sealer")).await.expect("sealed");
    let sealed = sheet(&clients, 0).await;

    // Known as it was before each step, and the same from a replay.
    let known = sheet(&clients, at).await.standing.expect("a standing");
    assert!(known.appeals[0].further_review.is_none() && known.sealed_position == 0);
    drop((year, clients));
    service.stop().await;
    let service = Service::at(directory.path(), Arc::new(clock.clone())).await;
    assert!(sheet(&service.clients, 0).await == sealed, "replay equals live");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_and_vetoes_are_those_of_the_rule_set() {
    let directory = directory();
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
    let service = begun(directory.path(), &clock).await;
    let mut clients = service.clients.clone();
    let own = "procedure = { notice_working_days = 1, further_review_request_working_days = 2 }\n\
               veto = { effect = \"cap\", grade = \"合格\" }\n\
               [metrics]";
    let rules = seed::RULES.replacen("[metrics]", own, 1);
    clients.registry.publish_rule_set(seed::rule_set(&rules)).await.expect("published");
    let published = clients.evaluation.publish_year(publication(300, "zfb-clerk")).await;
    let standing = published.expect("published").into_inner().standing.expect("a standing");
    assert_eq!(standing.notice_end_date, "2023-07-04");
    let appealed = clients.evaluation.appeal_year(appeal(301)).await.expect("taken").into_inner();
    let at = appealed.receipt.expect("a receipt").position;
    let decided = clients.evaluation.decide_appeal(decision(302, at, "zfb-decider")).await;
    let standing = decided.expect("decided").into_inner().standing.expect("a standing");
    assert_eq!(standing.appeals[0].further_review_end_date, "2023-07-05");
    let veto = pb::YearAdjustment {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        recorder: "zfb-clerk".to_owned(),
        adjustment: Some(pb::ScoreAdjustment {
            kind: pb::AdjustmentKind::Veto.into(),
            ..bonus("")
        }),
    };
    let request = pb::AdjustScoreRequest { event_id: id(303), adjustment: Some(veto) };
    clients.evaluation.adjust_score(request).await.expect("taken");
    let vetoed = sheet(&clients, 0).await;
    let effect = vetoed.veto.expect("a veto");
    assert_eq!(effect.best_grade_left, "合格");
    // The score is too low for the cap to matter: a cap never lifts a grade.
    assert_eq!((&*vetoed.grade, &*effect.grade_by_score), ("不合格", "不合格"));
    service.stop().await;
}
