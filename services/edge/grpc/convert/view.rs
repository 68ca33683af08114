//! Views and explanations, outward. Nothing is judged here.

use duty::Position;
use duty::evaluate::{
    Considered, DutyLine, Handover, Obligation, Owner, Question, RungSummary, Scores, Standing,
    Status,
};
use duty::ruleset::{DutyRule, Origin, OriginKind, RuleSet, Rung};
use projection::explain::{self, Sentence};
use rust_decimal::Decimal;

use super::{finding, scalar};
use crate::pb;

/// A decimal without trailing zeros.
#[must_use]
pub fn decimal(value: Decimal) -> String {
    value.normalize().to_string()
}

/// A credit: four places are enough to tell thirds apart, and the same everywhere.
#[must_use]
pub fn credit(value: Decimal) -> String {
    decimal(value.round_dp_with_strategy(4, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
}

/// A status.
#[must_use]
pub fn status(status: Status) -> pb::ComplianceStatus {
    match status {
        Status::NotApplicable => pb::ComplianceStatus::NotApplicable,
        Status::Exempted => pb::ComplianceStatus::Exempted,
        Status::NotDue => pb::ComplianceStatus::NotDue,
        Status::DueSoon => pb::ComplianceStatus::DueSoon,
        Status::Fulfilled => pb::ComplianceStatus::Fulfilled,
        Status::Partial => pb::ComplianceStatus::Partial,
        Status::FulfilledLate => pb::ComplianceStatus::FulfilledLate,
        Status::Overdue => pb::ComplianceStatus::Overdue,
        Status::NeedsVerification => pb::ComplianceStatus::NeedsVerification,
    }
}

/// A rung.
#[must_use]
pub fn rung(rung: Rung) -> pb::EvidenceRung {
    match rung {
        Rung::Claimed => pb::EvidenceRung::Claimed,
        Rung::Dated => pb::EvidenceRung::Dated,
        Rung::Documented => pb::EvidenceRung::Documented,
        Rung::Verified => pb::EvidenceRung::Verified,
    }
}

/// What a rule set is.
#[must_use]
pub fn rule_set(position: Position, rules: &RuleSet) -> pb::RuleSetSummary {
    pb::RuleSetSummary {
        rule_set_id: rules.id.to_string(),
        digest: rules.digest.to_string(),
        position: position.get(),
        jurisdiction: rules.jurisdiction.as_str().to_owned(),
        valid_from_date: rules.valid_from.to_string(),
        valid_to_date: scalar::optional_date(rules.valid_to),
        duty_count: i32::try_from(rules.duties.len()).unwrap_or(i32::MAX),
        official_rung: rules.official_rung.as_str().to_owned(),
        parents: rules
            .parents
            .iter()
            .map(|parent| pb::RuleSetParent {
                rule_set_id: parent.id.to_string(),
                digest: parent.digest.to_string(),
                jurisdiction: parent.jurisdiction.as_str().to_owned(),
            })
            .collect(),
    }
}

/// Where a rule comes from.
#[must_use]
pub fn origin(origin: &Origin) -> pb::RuleOrigin {
    let kind = match origin.kind {
        OriginKind::Defined => pb::RuleOriginKind::Defined,
        OriginKind::Overridden => pb::RuleOriginKind::Overridden,
        OriginKind::SwitchedOff => pb::RuleOriginKind::SwitchedOff,
    };
    pb::RuleOrigin {
        rule_set_id: origin.rule_set.to_string(),
        jurisdiction: origin.jurisdiction.as_str().to_owned(),
        kind: kind.into(),
        keys: origin.keys.iter().map(ToString::to_string).collect(),
        reason: origin.reason.to_string(),
    }
}

/// What a view reflects.
#[must_use]
pub fn basis(
    question: Question,
    rule_sets: Vec<pb::RuleSetSummary>,
    root_hash: String,
) -> pb::ViewBasis {
    pb::ViewBasis {
        year: question.year.into(),
        as_of_date: question.as_of.to_string(),
        known_position: question.known.get(),
        rule_sets,
        tree_size: question.known.get(),
        root_hash,
    }
}

/// Who owes.
#[must_use]
pub fn owner(owner: &Owner) -> pb::ObligationOwner {
    match owner {
        Owner::Organization => pb::ObligationOwner::default(),
        Owner::Vacant => pb::ObligationOwner { vacant: true, ..Default::default() },
        Owner::Person { person, posts, short_tenure, departed } => pb::ObligationOwner {
            person_id: person.to_string(),
            post_ids: posts.iter().map(ToString::to_string).collect(),
            short_tenure: *short_tenure,
            departed: *departed,
            vacant: false,
        },
    }
}

/// One thing owed.
#[must_use]
pub fn obligation(obligation: &Obligation) -> pb::ObligationView {
    let rungs = Rung::ALL.iter().map(|at| {
        let result = obligation.at(*at);
        pb::RungStanding {
            rung: rung(*at).into(),
            status: status(result.status).into(),
            credit: credit(result.credit),
            in_time: decimal(result.in_time),
            late: decimal(result.late),
            entry_positions: result.entries.iter().map(|position| position.get()).collect(),
        }
    });
    let day = |of: fn(&duty::evaluate::Window) -> jiff::civil::Date| {
        obligation.window.as_ref().map_or_else(String::new, |window| of(window).to_string())
    };
    pb::ObligationView {
        duty_id: obligation.duty.to_string(),
        owner: Some(owner(&obligation.owner)),
        period: obligation.period.key(),
        first_date: day(|window| window.first),
        last_date: day(|window| window.last),
        printed_date: day(|window| window.printed),
        required: decimal(obligation.required),
        status: status(obligation.official).into(),
        rungs: rungs.collect(),
        findings: obligation.findings.iter().map(finding).collect(),
    }
}

/// Status and credit of a duty on each rung, with the entries of its obligations.
#[must_use]
pub fn rungs(line: &DutyLine) -> Vec<pb::RungStanding> {
    Rung::ALL
        .iter()
        .map(|at| {
            let RungSummary { status: state, credit: earned } = &line.rungs[*at as usize];
            let mut entries: Vec<u64> = line
                .obligations
                .iter()
                .flat_map(|obligation| &obligation.at(*at).entries)
                .map(|position| position.get())
                .collect();
            entries.sort_unstable();
            entries.dedup();
            pb::RungStanding {
                rung: rung(*at).into(),
                status: status(*state).into(),
                credit: credit(*earned),
                in_time: String::new(),
                late: String::new(),
                entry_positions: entries,
            }
        })
        .collect()
}

/// One duty.
#[must_use]
pub fn duty(line: &DutyLine, rule: &DutyRule) -> pb::DutyCompliance {
    pb::DutyCompliance {
        duty_id: line.duty.to_string(),
        name_zh: rule.name_zh.to_string(),
        name_en: rule.name_en.to_string(),
        category: rule.category.to_string(),
        weight: decimal(line.weight),
        status: status(line.official).into(),
        rungs: rungs(line),
        obligations: line.obligations.iter().map(obligation).collect(),
    }
}

/// The four scores.
#[must_use]
pub fn scores(scores: &Scores) -> Vec<pb::RungScore> {
    let points =
        |value: Option<Decimal>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    Rung::ALL
        .iter()
        .map(|at| {
            let score = scores.at(*at);
            pb::RungScore {
                rung: rung(*at).into(),
                score: points(score.score),
                due_so_far: points(score.due_so_far),
                earned_weight: credit(score.earned),
                due_weight: credit(score.weight_due),
            }
        })
        .collect()
}

/// What a leader took over.
#[must_use]
pub fn handover(handover: &Handover) -> pb::Handover {
    let states = |states: &[(duty::id::DutyId, Status)]| {
        let state = |(duty, state): &(duty::id::DutyId, Status)| pb::DutyState {
            duty_id: duty.to_string(),
            status: status(*state).into(),
        };
        states.iter().map(state).collect()
    };
    let acts = handover.acts.iter().map(|act| pb::PredecessorAct {
        position: act.position.get(),
        event_id: act.event_id.to_string(),
        event_type: act.event_type.as_str().to_owned(),
    });
    pb::Handover {
        organization_id: handover.organization.to_string(),
        post_id: handover.post.to_string(),
        taken_over_date: handover.taken_over.to_string(),
        predecessor_person_id: handover.predecessor.to_string(),
        tenure_id: handover.tenure.to_string(),
        tenure_position: handover.position.get(),
        start_date: handover.from.to_string(),
        end_date: handover.to.to_string(),
        acting: handover.acting,
        acts: acts.collect(),
        statements: states(&handover.statements),
        duties: states(&handover.duties),
    }
}

fn considered(entry: &Considered) -> pb::ConsideredEvent {
    let Sentence { zh, en } = explain::considered(entry);
    let (counted, at, amount, why) = match &entry.standing {
        Standing::Counted { rung: at, amount, held_back, .. } => {
            (true, rung(*at), decimal(*amount), held_back.as_str())
        }
        Standing::NotCounted(why) => {
            (false, pb::EvidenceRung::Unspecified, String::new(), why.as_str())
        }
    };
    pb::ConsideredEvent {
        position: entry.position.get(),
        event_id: entry.event_id.to_string(),
        event_type: entry.event_type.as_str().to_owned(),
        counted,
        rung: at.into(),
        amount,
        why: why.to_owned(),
        text_zh: zh,
        text_en: en,
        late_entry: entry.late_entry == Some(true),
        review: entry.review.as_ref().map(super::review::standing),
    }
}

/// An obligation, explained.
#[must_use]
pub fn explained(rules: &RuleSet, rule: &DutyRule, owed: &Obligation) -> pb::ExplainedObligation {
    let demand = explain::demand(rule, owed);
    let remedies = explain::remedies(rules, rule, owed);
    pb::ExplainedObligation {
        obligation: Some(obligation(owed)),
        demand_zh: demand.zh,
        demand_en: demand.en,
        events: owed.considered.iter().map(considered).collect(),
        remedies: remedies
            .into_iter()
            .map(|Sentence { zh, en }| pb::Finding {
                text_zh: zh,
                text_en: en,
                ..Default::default()
            })
            .collect(),
        exemptions: owed.exempted_by.iter().map(super::exemption::held).collect(),
    }
}
