//! The steps of an evaluated year between protobuf and the domain.

use duty::docno::DocumentNumber;
use duty::evaluate::Status;
use duty::id::OrganizationId;
use duty::ruleset::Rung;
use duty::year::{
    Adjustment, AdjustmentKind, Cycle, Seal, SealedResult, SealedScore, Shown, Stage, YearAct,
    YearStep,
};
use duty::{Position, Problems, Reason};
use jiff::civil::Date;
use prost::Message as _;
use rust_decimal::Decimal;

use super::{check_text, id_malformed, required, scalar, text, view};
use crate::pb;
use crate::pb::ledger_entry::Payload;

/// The step a stored payload says; `None` for a payload that is no step, or is faulty.
pub fn step(payload: &Payload, problems: &mut Problems) -> Option<YearStep> {
    match payload {
        Payload::YearPublication(m) => {
            let shown = shown(
                (&m.document_number, &m.as_of_date, m.known_position, &m.sheet_digest),
                problems,
            );
            let end = day(&m.notice_end_date, "notice_end_date", problems);
            let head = head((&m.organization_id, m.year, &m.publisher), "publisher", problems)?;
            Some(head.with(YearAct::Published(shown?, end?)))
        }
        Payload::YearAppeal(m) => {
            check_text("arguments", &m.arguments, problems);
            check_text("evidence", &m.evidence, problems);
            let decision_due = day(&m.decision_due_date, "decision_due_date", problems);
            let head = head((&m.organization_id, m.year, &m.appellant), "appellant", problems)?;
            let (arguments, evidence) = (text(&m.arguments), text(&m.evidence));
            let decision_due = decision_due?;
            Some(head.with(YearAct::Appealed { arguments, evidence, decision_due }))
        }
        Payload::AppealExtension(m) => {
            check_text("reason", &m.reason, problems);
            let decision_due = day(&m.decision_due_date, "decision_due_date", problems);
            let head = head((&m.organization_id, m.year, &m.decider), "decider", problems)?;
            let (appeal, reason) = (Position::new(m.appeal_position), text(&m.reason));
            let decision_due = decision_due?;
            Some(head.with(YearAct::Extended { appeal, reason, decision_due }))
        }
        Payload::AppealDecision(m) => {
            check_text("reason", &m.reason, problems);
            let document = document(&m.document_number, problems);
            let adjustment = made(m.adjustment.as_ref(), problems);
            let named = &m.office_organization_id;
            let office = (!named.is_empty()).then(|| office(named, problems)).flatten();
            let end = &m.further_review_end_date;
            let review_until =
                (!end.is_empty()).then(|| day(end, "further_review_end_date", problems)).flatten();
            let head = head((&m.organization_id, m.year, &m.decider), "decider", problems)?;
            let (appeal, reason) = (Position::new(m.appeal_position), text(&m.reason));
            let (document, upheld) = (document?, m.upheld);
            Some(head.with(YearAct::Decided {
                appeal,
                upheld,
                document,
                reason,
                adjustment,
                office,
                review_until,
            }))
        }
        Payload::FurtherReview(m) => {
            check_text("arguments", &m.arguments, problems);
            check_text("evidence", &m.evidence, problems);
            let decision_due = day(&m.decision_due_date, "decision_due_date", problems);
            let head = head((&m.organization_id, m.year, &m.applicant), "applicant", problems)?;
            let appeal = Position::new(m.appeal_position);
            let (arguments, evidence) = (text(&m.arguments), text(&m.evidence));
            let decision_due = decision_due?;
            Some(head.with(YearAct::ReviewRequested { appeal, arguments, evidence, decision_due }))
        }
        Payload::FurtherReviewDecision(m) => {
            check_text("reason", &m.reason, problems);
            let document = document(&m.document_number, problems);
            let office = office(&m.office_organization_id, problems);
            let adjustment = made(m.adjustment.as_ref(), problems);
            let head = head((&m.organization_id, m.year, &m.decider), "decider", problems)?;
            let (appeal, reason) = (Position::new(m.appeal_position), text(&m.reason));
            let (document, office, upheld) = (document?, office?, m.upheld);
            Some(head.with(YearAct::ReviewDecided {
                appeal,
                office,
                upheld,
                document,
                reason,
                adjustment,
            }))
        }
        Payload::YearAdjustment(m) => {
            let made = required(m.adjustment.as_ref(), "adjustment", problems)
                .and_then(|made| problems.at("adjustment", |found| adjustment(made, found)));
            let head = head((&m.organization_id, m.year, &m.recorder), "recorder", problems)?;
            Some(head.with(YearAct::Adjusted(made?)))
        }
        Payload::YearSeal(m) => {
            let shown = shown(
                (&m.document_number, &m.as_of_date, m.known_position, &m.sheet_digest),
                problems,
            );
            let head = head((&m.organization_id, m.year, &m.sealer), "sealer", problems)?;
            Some(head.with(YearAct::Sealed(shown?, Box::new(sealed_result(m)))))
        }
        Payload::YearReopening(m) => {
            check_text("reason", &m.reason, problems);
            let document = document(&m.document_number, problems);
            let approver = actor(&m.approver, "approver", problems);
            let head = head((&m.organization_id, m.year, &m.recorder), "recorder", problems)?;
            let (document, approver, reason) = (document?, approver?, text(&m.reason));
            Some(head.with(YearAct::Reopened { document, approver, reason }))
        }
        _ => None,
    }
}

/// What every step begins with.
struct Head {
    organization: OrganizationId,
    year: i16,
    by: Box<str>,
}

impl Head {
    fn with(self, act: YearAct) -> YearStep {
        let Self { organization, year, by } = self;
        YearStep { organization, year, by, act }
    }
}

fn head((id, year, by): (&str, i32, &str), field: &str, problems: &mut Problems) -> Option<Head> {
    let organization = OrganizationId::parse(id);
    if organization.is_none() {
        id_malformed("organization_id", problems);
    }
    let year = i16::try_from(year).ok().filter(|year| (2016..=9998).contains(year));
    if year.is_none() {
        problems.add(
            Reason::AccountingYearInvalid,
            "year",
            "考核年度应为四位年份，2016 或以后",
            "the year is a year of 2016 or later",
        );
    }
    let by = actor(by, field, problems);
    Some(Head { organization: organization?, year: year?, by: by? })
}

/// The adjustment a decision makes, if any; a faulty one is among the problems.
fn made(message: Option<&pb::ScoreAdjustment>, problems: &mut Problems) -> Option<Adjustment> {
    message.and_then(|message| problems.at("adjustment", |problems| adjustment(message, problems)))
}

/// The organization whose office decides.
fn office(id: &str, problems: &mut Problems) -> Option<OrganizationId> {
    let office = OrganizationId::parse(id);
    if office.is_none() {
        id_malformed("office_organization_id", problems);
    }
    office
}

/// The figures of the sheet kept in a seal. What does not decode is no result: whoever asks for the
/// sheet itself is told.
fn sealed_result(seal: &pb::YearSeal) -> SealedResult {
    let rules = seal.rule_set_digest.as_str().into();
    let Ok(sheet) = pb::GetScoreSheetResponse::decode(&*seal.sheet) else {
        return SealedResult { rules, ..SealedResult::default() };
    };
    let number = |text: &str| Decimal::from_str_exact(text).ok();
    let is_of = |rung: Rung, of: i32| i32::from(view::rung(rung)) == of;
    let rungs = Rung::ALL.map(|rung| {
        let held = sheet.scores.iter().find(|held| is_of(rung, held.rung));
        held.map_or_else(SealedScore::default, |held| SealedScore {
            score: number(&held.score),
            due_so_far: number(&held.due_so_far),
            earned: number(&held.earned_weight).unwrap_or_default(),
        })
    });
    SealedResult {
        rules,
        official: Rung::ALL.into_iter().find(|rung| is_of(*rung, sheet.official_rung)),
        rungs,
        weight: number(&sheet.applicable_weight).unwrap_or_default(),
        statuses: by_state(&sheet.lines),
        final_score: number(&sheet.final_score),
        grade: sheet.grade.as_str().into(),
    }
}

/// How many lines stand in each state.
fn by_state(lines: &[pb::ScoreLine]) -> [usize; 9] {
    let mut counts = [0; 9];
    for (count, state) in counts.iter_mut().zip(Status::ALL) {
        let state = i32::from(view::status(*state));
        *count = lines.iter().filter(|line| line.status == state).count();
    }
    counts
}

/// The result a year is sealed with, to stand beside figures that go on.
#[must_use]
pub fn sealed(
    organization: &OrganizationId,
    year: i16,
    (at, shown, result): Seal<'_>,
) -> pb::SealedYear {
    pb::SealedYear {
        organization_id: organization.to_string(),
        year: year.into(),
        position: at.get(),
        as_of_date: shown.as_of.to_string(),
        known_position: shown.known.get(),
        document_number: shown.document.to_string(),
        final_score: result.final_score.map_or_else(String::new, |score| format!("{score:.2}")),
        grade: result.grade.to_string(),
        sheet_digest: shown.digest.to_string(),
        rule_set_digest: result.rules.to_string(),
    }
}

fn actor(id: &str, field: &str, problems: &mut Problems) -> Option<Box<str>> {
    if duty::id::is_id(id) {
        return Some(id.into());
    }
    id_malformed(field, problems);
    None
}

fn day(text: &str, field: &str, problems: &mut Problems) -> Option<Date> {
    let day = scalar::civil_date(text, field, problems);
    if text.is_empty() {
        required(None::<&()>, field, problems);
    }
    day
}

fn document(text: &str, problems: &mut Problems) -> Option<DocumentNumber> {
    if text.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            "document_number",
            "必须填写文号，例如 柳法办〔2023〕5号",
            "the document number is required, such as 柳法办〔2023〕5号",
        );
    }
    scalar::document_number(text, "document_number", problems)
}

fn shown(
    (number, as_of, known, digest): (&str, &str, u64, &str),
    problems: &mut Problems,
) -> Option<Shown> {
    let document = document(number, problems);
    let as_of = day(as_of, "as_of_date", problems);
    let known = Position::new(known);
    Some(Shown { document: document?, as_of: as_of?, known, digest: digest.into() })
}

/// An adjustment.
fn adjustment(message: &pb::ScoreAdjustment, problems: &mut Problems) -> Option<Adjustment> {
    let kind = match message.kind() {
        pb::AdjustmentKind::Bonus => Some(AdjustmentKind::Bonus),
        pb::AdjustmentKind::Penalty => Some(AdjustmentKind::Penalty),
        pb::AdjustmentKind::Veto => Some(AdjustmentKind::Veto),
        pb::AdjustmentKind::Unspecified => {
            scalar::enum_unknown("kind", message.kind, problems);
            None
        }
    };
    let points = match message.points.as_str() {
        "" => Some(Decimal::ZERO),
        text => Decimal::from_str_exact(text).ok().filter(|points| points.scale() <= 2),
    };
    if points.is_none() {
        problems.add(
            Reason::FieldMalformed,
            "points",
            "分值应为至多两位小数的十进制数，例如 1.5",
            "points are a decimal number of at most two places, such as 1.5",
        );
    }
    let document = document(&message.document_number, problems);
    let approver = actor(&message.approver, "approver", problems);
    check_text("reason", &message.reason, problems);
    let reason = text(&message.reason);
    Some(Adjustment {
        kind: kind?,
        points: points?,
        document: document?,
        approver: approver?,
        reason,
    })
}

/// An adjustment, outward.
#[must_use]
pub fn adjustment_message(adjustment: &Adjustment) -> pb::ScoreAdjustment {
    let kind = match adjustment.kind {
        AdjustmentKind::Bonus => pb::AdjustmentKind::Bonus,
        AdjustmentKind::Penalty => pb::AdjustmentKind::Penalty,
        AdjustmentKind::Veto => pb::AdjustmentKind::Veto,
    };
    let points = match adjustment.kind {
        AdjustmentKind::Veto => String::new(),
        _ => view::decimal(adjustment.points),
    };
    pb::ScoreAdjustment {
        kind: kind.into(),
        points,
        document_number: adjustment.document.to_string(),
        approver: adjustment.approver.to_string(),
        reason: adjustment.reason.to_string(),
    }
}

/// How far a year is.
#[must_use]
pub fn standing(cycle: &Cycle<'_>) -> pb::YearStanding {
    let stage = match cycle.stage {
        Stage::Open => pb::YearStage::Open,
        Stage::Published => pb::YearStage::Published,
        Stage::Sealed => pb::YearStage::Sealed,
    };
    let (sealed_at, sealed_digest) = match cycle.sealed {
        Some((at, shown, _)) => (at.get(), shown.digest.to_string()),
        None => (0, String::new()),
    };
    pb::YearStanding {
        stage: stage.into(),
        published_position: cycle.published.map_or(0, |(at, _, _)| at.get()),
        notice_end_date: scalar::optional_date(cycle.published.map(|(_, _, end)| end)),
        appeals: cycle
            .appeals
            .iter()
            .map(|appeal| pb::AppealStanding {
                position: appeal.position.get(),
                decision_due_date: appeal.decision_due.to_string(),
                extended: appeal.extended,
                decided_position: appeal.decided.map_or(0, |(at, _)| at.get()),
                upheld: appeal.decided.is_some_and(|(_, upheld)| upheld),
                decided_late: appeal.decided_late,
                further_review_end_date: scalar::optional_date(appeal.review_until),
                further_review: appeal.review.map(|review| pb::FurtherReviewStanding {
                    position: review.position.get(),
                    decision_due_date: review.decision_due.to_string(),
                    decided_position: review.decided.map_or(0, |(at, _)| at.get()),
                    upheld: review.decided.is_some_and(|(_, upheld)| upheld),
                    decided_late: review.decided_late,
                }),
            })
            .collect(),
        sealed_position: sealed_at,
        sealed_digest,
        reopened_position: cycle.reopened.map_or(0, Position::get),
    }
}
