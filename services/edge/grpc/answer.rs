//! The answers to questions about the views, put together from a snapshot: what the service sends,
//! and what `duty-ledger replay` recomputes from entries alone.
//!
//! Functions of the snapshot, the question and the root of the tree over the entries known. A name
//! of a person is no part of them: whoever may read it puts it in.

use std::collections::BTreeSet;

use duty::Position;
use duty::evaluate::{Obligation, Owner, Question};
use duty::id::{DutyId, OrganizationId, PersonId};
use duty::registry::Registry;
use duty::ruleset::{DutyRule, Grade, Level, Rung};
use projection::Snapshot;
use projection::answered_for::Finding;
use projection::matrix::{self, Matrix};
use projection::rectify;
use projection::view::{self, NoView, OrganizationView};
use prost::Message as _;
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

use super::convert::{change, exemption, rectification, registry, scalar, view as convert, year};
use crate::pb;

/// Every duty of an organization.
pub(crate) fn organization(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
    root: String,
) -> Result<pb::GetOrganizationComplianceResponse, NoView> {
    let found = view::organization(snapshot, id, question)?;
    let (position, rules) = &found.rules;
    let lines = found.evaluation.lines.iter().zip(&rules.duties);
    let used = vec![convert::rule_set(*position, rules)];
    Ok(pb::GetOrganizationComplianceResponse {
        basis: Some(convert::basis(question, used, root)),
        organization: Some(registry::organization_message(&found.organization)),
        duties: lines
            .map(|(line, rule)| pb::DutyCompliance {
                rectifications: debriefed(snapshot, rule, id, question),
                ..convert::duty(line, rule)
            })
            .collect(),
        scores: convert::scores(&found.evaluation.scores),
        applicable_weight: convert::decimal(found.evaluation.scores.weight),
        sealed: sealed(snapshot, id, question),
    })
}

/// The result that the year of an organization is sealed with when a question is asked.
pub(crate) fn sealed(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
) -> Option<pb::SealedYear> {
    let cycle = snapshot.registry().years().cycle(id, question.year, question.known);
    cycle.sealed_on(question.as_of).map(|seal| year::sealed(id, question.year, seal))
}

/// The same of several organizations, each once, by id.
pub(crate) fn sealed_of<'a>(
    snapshot: &Snapshot,
    ids: impl Iterator<Item = &'a OrganizationId>,
    question: Question,
) -> Vec<pb::SealedYear> {
    // Cells of one organization mostly stand together.
    let mut ids: Vec<_> = ids.collect();
    ids.dedup();
    ids.sort();
    ids.dedup();
    ids.into_iter().filter_map(|id| sealed(snapshot, id, question)).collect()
}

/// The card of a leader, without the name.
pub(crate) fn leader(
    snapshot: &Snapshot,
    person: &PersonId,
    question: Question,
    root: String,
) -> Result<pb::GetLeaderComplianceResponse, NoView> {
    let found = view::leader(snapshot, person, question)?;
    let mut used: Vec<_> =
        found.rules.values().map(|(at, rules)| convert::rule_set(*at, rules)).collect();
    used.dedup();
    let duties = found.lines.iter().filter_map(|leader| {
        let (_, rules) = found.rules.get(&leader.organization)?;
        let rule = rules.duties.iter().find(|rule| rule.id == leader.line.duty)?;
        Some(pb::LeaderDuty {
            organization_id: leader.organization.to_string(),
            post_ids: leader.posts.iter().map(ToString::to_string).collect(),
            personal: rule.level == Level::Person,
            duty: Some(convert::duty(&leader.line, rule)),
        })
    });
    let tenures = found.tenures.iter().map(|(_, tenure)| registry::tenure_message(tenure));
    let held = found.tenures.iter().map(|(_, tenure)| &tenure.id);
    let absences = held.flat_map(|id| snapshot.registry().absences_of(id, question.known));
    Ok(pb::GetLeaderComplianceResponse {
        basis: Some(convert::basis(question, used, root)),
        person_id: person.to_string(),
        tenures: tenures.collect(),
        duties: duties.collect(),
        scores: convert::scores(&found.scores),
        person_name: String::new(),
        absences: absences.map(|(_, absence)| change::absence_message(absence)).collect(),
        handovers: found.handovers.iter().map(convert::handover).collect(),
        findings: found
            .findings
            .iter()
            .map(|of| leader_finding(snapshot.registry(), of, question))
            .collect(),
        exemptions: found.exemptions.iter().map(exemption::held).collect(),
        sealed: sealed_of(snapshot, found.rules.keys(), question),
    })
}

fn leader_finding(registry: &Registry, finding: &Finding, question: Question) -> pb::LeaderFinding {
    let Question { as_of, known, .. } = question;
    pb::LeaderFinding {
        rectification: Some(rectification::held(registry, &finding.held, as_of, known)),
        fell_on_date: finding.fell_on.to_string(),
        in_office: finding.in_office,
        mends: finding.mends,
        post_ids: finding.posts.iter().map(ToString::to_string).collect(),
    }
}

/// The rule sets that what is said of the organizations in a scope rests on.
pub(crate) fn rules_used(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    questions: &[Question],
) -> Vec<pb::RuleSetSummary> {
    let used = projection::supervision::rules_used(snapshot, within, questions);
    used.iter().map(|(at, rules)| convert::rule_set(*at, rules)).collect()
}

/// A page of the matrix, at most `size` cells from `offset` on, without the token of the next one.
pub(crate) fn matrix(
    snapshot: &Snapshot,
    found: &Matrix,
    (offset, size): (usize, usize),
    (question, basis): (Question, pb::ViewBasis),
) -> pb::QueryComplianceResponse {
    let cells = || found.cells.iter().skip(offset).take(size);
    pb::QueryComplianceResponse {
        basis: Some(basis),
        cells: cells().map(cell).collect(),
        sealed: sealed_of(snapshot, cells().map(|cell| &cell.organization.id), question),
        next_page_token: String::new(),
        total_size: i32::try_from(found.cells.len()).unwrap_or(i32::MAX),
        organizations_without_rules: found.without_rules.iter().map(ToString::to_string).collect(),
    }
}

fn cell(cell: &matrix::Cell) -> pb::ComplianceCell {
    pb::ComplianceCell {
        organization_id: cell.organization.id.to_string(),
        duty_id: cell.line.duty.to_string(),
        status: convert::status(cell.line.official).into(),
        rungs: convert::rungs(&cell.line),
        due_date: scalar::optional_date(cell.due),
    }
}

/// Which obligations are to be explained; the last two are empty for all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which<'a> {
    pub(crate) duty: &'a str,
    pub(crate) person: &'a str,
    pub(crate) period: &'a str,
}

/// Why there is nothing to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unexplained {
    /// The rule set has no such duty.
    Duty,
    /// Nothing is owed under it by that person, or in that period.
    Obligation,
}

/// What supervisors found in the year before, with a duty that a debrief discharges.
fn debriefed(
    snapshot: &Snapshot,
    rule: &DutyRule,
    id: &OrganizationId,
    question: Question,
) -> Vec<pb::HeldRectification> {
    let Question { as_of, known, .. } = question;
    let found = rectify::for_debrief(snapshot, rule, id, question);
    found
        .into_iter()
        .map(|held| rectification::held(snapshot.registry(), held, as_of, known))
        .collect()
}

/// Why obligations stand as they do.
pub(crate) fn explanation(
    snapshot: &Snapshot,
    found: &OrganizationView,
    which: Which<'_>,
    root: String,
) -> Result<pb::ExplainObligationResponse, Unexplained> {
    let (position, rules) = &found.rules;
    let wanted = DutyId::parse(which.duty);
    let mut both = found.evaluation.lines.iter().zip(&rules.duties);
    let named = both.find(|(line, _)| wanted.as_ref() == Some(&line.duty));
    let (line, rule) = named.ok_or(Unexplained::Duty)?;
    let asked_for = |obligation: &&Obligation| {
        let whose = match &obligation.owner {
            Owner::Person { person, .. } => person.as_str() == which.person,
            Owner::Organization | Owner::Vacant => false,
        };
        (which.person.is_empty() || whose)
            && (which.period.is_empty() || obligation.period.key() == which.period)
    };
    let obligations: Vec<_> = line
        .obligations
        .iter()
        .filter(asked_for)
        .map(|obligation| convert::explained(rules, rule, obligation))
        .collect();
    if obligations.is_empty() {
        return Err(Unexplained::Obligation);
    }
    let used = vec![convert::rule_set(*position, rules)];
    // Where nothing is inherited the basis has said it all.
    let origins = if rules.parents.is_empty() { &[][..] } else { &rule.origins[..] };
    Ok(pb::ExplainObligationResponse {
        basis: Some(convert::basis(found.question, used, root)),
        duty_id: rule.id.to_string(),
        name_zh: rule.name_zh.to_string(),
        name_en: rule.name_en.to_string(),
        legal_basis: rule.basis.iter().map(ToString::to_string).collect(),
        customary_evidence: rule.evidence_customary.iter().map(ToString::to_string).collect(),
        obligations,
        origins: origins.iter().map(convert::origin).collect(),
        rectifications: debriefed(snapshot, rule, &found.organization.id, found.question),
        sealed: sealed(snapshot, &found.organization.id, found.question),
        organization_id: found.organization.id.to_string(),
        person_id: which.person.to_owned(),
        period: which.period.to_owned(),
    })
}

/// The score sheet of an organization.
pub(crate) fn sheet(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
    root: String,
) -> Result<pb::GetScoreSheetResponse, NoView> {
    let found = view::organization(snapshot, id, question)?;
    let (position, rules) = &found.rules;
    let evaluation = &found.evaluation;
    let lines = evaluation.lines.iter().zip(&rules.duties).map(|(line, rule)| pb::ScoreLine {
        duty_id: line.duty.to_string(),
        name_zh: rule.name_zh.to_string(),
        category: rule.category.to_string(),
        weight: convert::decimal(line.weight),
        scored: line.rungs[0].status.is_scored(),
        status: convert::status(line.official).into(),
        rungs: convert::rungs(line),
    });
    let official = evaluation.scores.at(rules.official_rung).score;
    let cycle = snapshot.registry().years().cycle(id, question.year, question.known);
    let total = official.map(|score| cycle.adjusted(score));
    let computed = rules.official_rung.min(Rung::Documented);
    let column =
        |score: Option<Decimal>| score.map_or_else(String::new, |score| format!("{score:.2}"));
    let at = |rung: Rung| column(evaluation.scores.at(rung).score);
    let used = vec![convert::rule_set(*position, rules)];
    let mut sheet = pb::GetScoreSheetResponse {
        basis: Some(convert::basis(question, used, root)),
        organization_id: id.to_string(),
        lines: lines.collect(),
        scores: convert::scores(&evaluation.scores),
        official_rung: convert::rung(rules.official_rung).into(),
        applicable_weight: convert::decimal(evaluation.scores.weight),
        grade: grade_name(total.and_then(|score| match cycle.is_vetoed() {
            true => rules.grade_under_veto(score),
            false => rules.grade(score),
        })),
        digest: String::new(),
        adjustments: cycle
            .adjustments
            .iter()
            .map(|(_, adjustment)| year::adjustment_message(adjustment))
            .collect(),
        ..Default::default()
    };
    sheet.digest = digest(&sheet);
    // What follows from the lines above, or stands beside the sheet, is not hashed.
    sheet.own_score = at(Rung::Claimed);
    sheet.computed_score = at(computed);
    sheet.verified_score = at(Rung::Verified);
    sheet.final_score = column(total);
    sheet.adjustment_positions = cycle.adjustments.iter().map(|(at, _)| at.get()).collect();
    sheet.veto = cycle.is_vetoed().then(|| pb::VetoEffect {
        positions: cycle.vetoes().map(Position::get).collect(),
        grade_by_score: grade_name(total.and_then(|score| rules.grade(score))),
        best_grade_left: grade_name(rules.vetoed_grade()),
    });
    sheet.standing = Some(year::standing(&cycle));
    Ok(sheet)
}

/// The Chinese name of a grade; empty for none.
fn grade_name(grade: Option<&Grade>) -> String {
    grade.map_or_else(String::new, |grade| grade.name_zh.to_string())
}

/// The lines, and the final score, in which two sheets differ: the first one as sealed.
pub(crate) fn differences(
    sealed: &pb::GetScoreSheetResponse,
    now: &pb::GetScoreSheetResponse,
) -> Vec<pb::SheetDifference> {
    let on_rung = |sheet: &pb::GetScoreSheetResponse, line: &pb::ScoreLine| {
        let rung = line.rungs.iter().find(|standing| standing.rung == sheet.official_rung);
        rung.map_or_else(String::new, |standing| standing.credit.clone())
    };
    let duties: BTreeSet<&str> =
        sealed.lines.iter().chain(&now.lines).map(|line| line.duty_id.as_str()).collect();
    let mut found = Vec::new();
    for duty in duties {
        let of = |sheet: &pb::GetScoreSheetResponse| {
            let line = sheet.lines.iter().find(|line| line.duty_id == duty);
            line.map(|line| (line.status, on_rung(sheet, line))).unwrap_or_default()
        };
        let (was, is) = (of(sealed), of(now));
        if was != is {
            found.push(pb::SheetDifference {
                duty_id: duty.to_owned(),
                status_sealed: was.0,
                status_now: is.0,
                credit_sealed: was.1,
                credit_now: is.1,
            });
        }
    }
    if sealed.final_score != now.final_score {
        found.push(pb::SheetDifference {
            credit_sealed: sealed.final_score.clone(),
            credit_now: now.final_score.clone(),
            ..Default::default()
        });
    }
    found
}

/// SHA-256 over the serialized sheet without its digest. Protobuf is not canonical between
/// implementations, so this says "the same sheet" between answers of this ledger, not more.
fn digest(sheet: &pb::GetScoreSheetResponse) -> String {
    let hash = Sha256::digest(sheet.encode_to_vec());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
