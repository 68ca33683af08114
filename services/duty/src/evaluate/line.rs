//! One duty of one organization: whether it applies, who owes it, and what became of it.

use rust_decimal::Decimal;

use super::count::Measure;
use super::judge::{self, Member, Terms};
use super::looked_at::{considered, considered_otherwise};
use super::obligation::{Considered, NotCounted, Obligation, Owner, Period, RungResult, Status};
use super::owner::{self, Attribution};
use super::{
    Detail, Fact, Question, Scores, Window, World, change, ended, exempt, in_force, item,
    taken_over,
};
use crate::event::Kind;
use crate::id::{DutyId, OrganizationId};
use crate::problem::{Problem, Reason};
use crate::registry::Organization;
use crate::ruleset::{Cadence, ConditionFacts, DutyRule, Level, RuleSet, Rung};

/// State and credit of a whole duty on one rung: over its obligations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RungSummary {
    /// The state.
    pub status: Status,
    /// Mean credit of the obligations that are scored, 0 to 1.
    pub credit: Decimal,
}

/// One duty in the compliance view of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyLine {
    /// The duty.
    pub duty: DutyId,
    /// Its weight in the score.
    pub weight: Decimal,
    /// In the order of [`Rung::ALL`].
    pub rungs: [RungSummary; 4],
    /// The state on the official rung.
    pub official: Status,
    /// What is owed, by owner and time.
    pub obligations: Vec<Obligation>,
}

/// The compliance of an organization for a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationEvaluation {
    /// Which.
    pub organization: OrganizationId,
    /// Every duty of the rule set, in its order.
    pub lines: Vec<DutyLine>,
    /// The four scores.
    pub scores: Scores,
}

/// What evaluating one duty of one organization looks at.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) world: World<'a>,
    pub(super) rules: &'a RuleSet,
    pub(super) rule: &'a DutyRule,
    pub(super) organization: &'a Organization,
    pub(super) question: Question,
}

/// Evaluates one duty.
pub(super) fn duty(
    world: World<'_>,
    rules: &RuleSet,
    rule: &DutyRule,
    organization: &Organization,
    question: Question,
) -> DutyLine {
    let scope = Scope { world, rules, rule, organization, question };
    let mut obligations = owed(&scope);
    ended::settle(&scope, &mut obligations);
    if let Applies::Unknown(why) = applies(&scope) {
        obligations.iter_mut().for_each(|obligation| obligation.findings.push(why.clone()));
    }
    summed_up(rule, obligations)
}

/// The obligations as judged, where the rule asks for the duty and the organization still owes it;
/// else that it does not.
pub(super) fn where_asked(
    scope: &Scope<'_>,
    judge: impl FnOnce() -> Vec<Obligation>,
) -> Vec<Obligation> {
    let (mut obligations, doubt) = match applies(scope) {
        Applies::Yes => (judge(), None),
        Applies::No(why) => (vec![not_applicable(scope, Owner::Organization, why)], None),
        Applies::Unknown(why) => (judge(), Some(why)),
    };
    ended::settle(scope, &mut obligations);
    if let Some(why) = doubt {
        obligations.iter_mut().for_each(|obligation| obligation.findings.push(why.clone()));
    }
    obligations
}

/// The obligations of an organization and its leaders, and those it took over, as if it went on for
/// ever.
pub(super) fn owed(scope: &Scope<'_>) -> Vec<Obligation> {
    let mut obligations = match applies(scope) {
        Applies::No(why) => vec![not_applicable(scope, Owner::Organization, why)],
        Applies::Yes | Applies::Unknown(_) if scope.rule.level == Level::Person => {
            owner::owners(scope).into_iter().flat_map(|owes| of_owes(scope, owes)).collect()
        }
        Applies::Yes | Applies::Unknown(_) => of_owner(scope, Owner::Organization),
    };
    obligations.extend(taken_over::obligations(scope));
    obligations
}

/// The line over obligations already judged.
pub(super) fn summed_up(rule: &DutyRule, obligations: Vec<Obligation>) -> DutyLine {
    let rungs = std::array::from_fn(|rung| {
        summary(obligations.iter().map(|owed| (owed.rungs[rung].status, owed.rungs[rung].credit)))
    });
    let official = obligations.iter().map(|owed| (owed.official, Decimal::ZERO));
    let official = match summary(official).status {
        // Credits are not known here; something done beside something not is a part.
        Status::Overdue | Status::NeedsVerification
            if obligations.iter().any(|obligation| earns(obligation.official)) =>
        {
            Status::Partial
        }
        status => status,
    };
    DutyLine { duty: rule.id.clone(), weight: rule.weight, rungs, official, obligations }
}

/// Whether an obligation in this state has earned at least a part of its credit.
const fn earns(status: Status) -> bool {
    matches!(status, Status::Fulfilled | Status::FulfilledLate | Status::Partial)
}

/// One state for several obligations.
fn summary(results: impl Iterator<Item = (Status, Decimal)> + Clone) -> RungSummary {
    let scored = results.clone().filter(|(status, _)| status.is_scored());
    let mut count = 0u32;
    let mut sum = Decimal::ZERO;
    for (_, credit) in scored.clone() {
        count += 1;
        sum += credit;
    }
    if count == 0 {
        let exempted = results.clone().any(|(status, _)| status == Status::Exempted);
        let status = if exempted { Status::Exempted } else { Status::NotApplicable };
        return RungSummary { status, credit: Decimal::ZERO };
    }
    let credit = if count == 1 { sum } else { sum / Decimal::from(count) };
    let has = |wanted: Status| scored.clone().any(|(status, _)| status == wanted);
    let all_among = |wanted: &[Status]| scored.clone().all(|(status, _)| wanted.contains(&status));
    let only = scored.clone().next().filter(|_| count == 1);
    let status = if let Some((only, _)) = only {
        only
    } else if all_among(&[Status::Fulfilled]) {
        Status::Fulfilled
    } else if all_among(&[Status::Fulfilled, Status::NotDue, Status::DueSoon]) {
        if has(Status::DueSoon) { Status::DueSoon } else { Status::NotDue }
    } else if all_among(&[Status::Fulfilled, Status::FulfilledLate]) {
        Status::FulfilledLate
    } else if Decimal::ZERO < credit {
        Status::Partial
    } else if has(Status::NeedsVerification) {
        Status::NeedsVerification
    } else {
        Status::Overdue
    };
    RungSummary { status, credit }
}

/// Whether a duty applies to an organization.
pub(super) enum Applies {
    Yes,
    /// The rule says no, and why.
    No(Problem),
    /// The rule cannot tell. A fault of a rule must not improve a score: the duty is owed.
    Unknown(Problem),
}

/// Whether the duty applies to the organization at all.
pub(super) fn applies(scope: &Scope<'_>) -> Applies {
    let Scope { world, rule, organization, question, .. } = scope;
    if let Some(off) = rule.switched_off() {
        return Applies::No(Problem::new(
            Reason::SubstanceIrregular,
            "switched_off",
            format!("{} 停用该事项：{}", off.rule_set, off.reason),
            format!("{} switches the duty off: {}", off.rule_set, off.reason),
        ));
    }
    let sectors = &rule.applies_to;
    if !sectors.is_empty() && !sectors.iter().any(|sector| **sector == *organization.sector) {
        let list = sectors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Applies::No(Problem::new(
            Reason::SubstanceIrregular,
            "applies_to",
            format!("仅适用于：{list}"),
            format!("applies only to: {list}"),
        ));
    }
    let Some(condition) = &rule.applies_when else { return Applies::Yes };
    let facts = world.facts.of(&organization.id, question.year);
    let mut events = std::collections::BTreeMap::new();
    for fact in facts.iter().filter(|fact| {
        fact.is_current(question.known)
            && fact.accounting_year == question.year
            && fact.kind == Kind::Performed
            && fact.occurred.start().is_none_or(|start| start <= question.as_of)
    }) {
        *events.entry(fact.event_type).or_insert(0u64) += 1;
    }
    let facts = ConditionFacts {
        year: question.year,
        events,
        class: organization.class.as_str().to_owned(),
        sector: organization.sector.to_string(),
        has_enforcement_power: organization.has_enforcement_power,
    };
    match condition.evaluate(&facts) {
        Ok(true) => Applies::Yes,
        Ok(false) => Applies::No(Problem::new(
            Reason::SubstanceIrregular,
            "applies_when",
            format!("条件不成立：{}", condition.source()),
            format!("the condition does not hold: {}", condition.source()),
        )),
        Err(error) => Applies::Unknown(Problem::new(
            Reason::RuleSetCondition,
            "applies_when",
            format!("条件无法计算（{}）：{error}", condition.source()),
            format!("the condition cannot be evaluated ({}): {error}", condition.source()),
        )),
    }
}

/// An obligation that is not owed, with the reason.
pub(super) fn not_applicable(scope: &Scope<'_>, owner: Owner, why: Problem) -> Obligation {
    let rung = RungResult {
        status: Status::NotApplicable,
        credit: Decimal::ZERO,
        in_time: Decimal::ZERO,
        late: Decimal::ZERO,
        entries: Vec::new(),
    };
    Obligation {
        duty: scope.rule.id.clone(),
        owner,
        period: Period::Year,
        window: None,
        required: Decimal::ZERO,
        rungs: std::array::from_fn(|_| rung.clone()),
        official: Status::NotApplicable,
        considered: considered_otherwise(scope, &[], NotCounted::NothingOwed),
        findings: vec![why],
        exempted_by: Vec::new(),
    }
}

/// The obligations of one owner, or that a document excuses them (免除).
pub(super) fn of_owes(scope: &Scope<'_>, owes: owner::Owes<'_>) -> Vec<Obligation> {
    let owner::Owes { owner, excused } = owes;
    let Some((position, absence)) = excused else {
        let short = matches!(&owner, Owner::Person { short_tenure: true, .. });
        let mut obligations = of_owner(scope, owner);
        if short {
            let finding = || owner::tenure_short(scope.rules);
            obligations.iter_mut().for_each(|owed| owed.findings.push(finding()));
        }
        return obligations;
    };
    // Only what is owed can be excused: what the rule does not ask for, by a text that was not in
    // force perhaps, stays not applicable.
    let owed = of_owner(scope, owner.clone());
    if owed.iter().all(|owed| owed.official == Status::NotApplicable) {
        return owed;
    }
    let mut obligation = not_applicable(scope, owner, owner::excused_by((position, absence)));
    obligation.official = Status::Exempted;
    for rung in &mut obligation.rungs {
        rung.status = Status::Exempted;
        rung.entries = vec![position];
    }
    vec![obligation]
}

/// The obligations of one owner, those exempted among them.
pub(super) fn of_owner(scope: &Scope<'_>, owner: Owner) -> Vec<Obligation> {
    whatever_the_day(scope, owner).into_iter().map(|owed| excepted(scope, owed)).collect()
}

/// An obligation as the text in force on its day and the exemptions leave it.
pub(super) fn excepted(scope: &Scope<'_>, owed: Obligation) -> Obligation {
    let is_bounded = scope.rule.valid_from.is_some() || scope.rule.valid_to.is_some();
    let mut owed = if is_bounded { in_force::apply(scope, owed) } else { owed };
    exempt::apply(scope, &mut owed);
    owed
}

/// The obligations of one owner, whichever text was in force.
fn whatever_the_day(scope: &Scope<'_>, owner: Owner) -> Vec<Obligation> {
    if owner == Owner::Vacant {
        let why = Problem::new(
            Reason::ResponsibleMissing,
            "owed_by",
            "应履行该事项的职务在考核基准日无人任职（或未登记任期）",
            "nobody holds the posts that owe it on the accounting day, or no tenure is registered",
        );
        return vec![not_applicable(scope, owner, why)];
    }
    if let Some(periods) = periods(scope) {
        let year = scope.question.year;
        let members = members(scope, &owner, |fact| fact.accounting_year == year);
        return counted(scope, &owner, &periods, &members);
    }
    match &scope.rule.cadence {
        Cadence::OnChange { .. } => change::obligations(scope, &owner),
        _ => item::obligations(scope, &owner),
    }
}

/// The parts of the year in which events are counted; none where changes or items are judged.
pub(super) fn periods(scope: &Scope<'_>) -> Option<Vec<(Period, Window)>> {
    let year = scope.question.year;
    match &scope.rule.cadence {
        Cadence::Annual { deadline } => {
            let first = scope.rule.opens_on(year);
            let (last, printed) = (deadline.last_day(year), deadline.printed_date(year));
            Some(vec![(Period::Year, Window { first, last, printed })])
        }
        Cadence::HalfYear { .. } => Some(sub_periods(scope, Period::Half)),
        Cadence::Quarterly { .. } => Some(sub_periods(scope, Period::Quarter)),
        Cadence::ContinuousCount => Some(vec![(Period::Year, Window::year(year))]),
        Cadence::OnChange { .. } | Cadence::OnEvent => None,
    }
}

fn sub_periods(scope: &Scope<'_>, period: fn(u8) -> Period) -> Vec<(Period, Window)> {
    (1u8..)
        .zip(scope.rule.sub_periods(scope.question.year))
        .map(|(number, sub)| (period(number), Window::inclusive(sub.first, sub.last)))
        .collect()
}

/// Obligations met by counting events in windows.
pub(super) fn counted(
    scope: &Scope<'_>,
    owner: &Owner,
    periods: &[(Period, Window)],
    members: &[Member<'_>],
) -> Vec<Obligation> {
    let minimum = scope.rule.min_count;
    if minimum == 0 && members.is_empty() {
        let why = Problem::new(
            Reason::SubstanceIrregular,
            "min_count",
            "规则未规定最低次数，且本年度没有相关事件",
            "the rule asks for no minimum and nothing was recorded for the year",
        );
        return vec![not_applicable(scope, owner.clone(), why)];
    }
    let count = Decimal::from(periods.len().max(1));
    let required = Decimal::from(minimum.max(1)) / count;
    let windows: Vec<Window> = periods.iter().map(|(_, window)| *window).collect();
    let terms = terms(scope, required.max(Decimal::ONE));
    judge::windows(&windows, members, terms)
        .into_iter()
        .zip(periods)
        .map(|(judged, (period, window))| {
            assembled(scope, owner, period.clone(), Some(*window), terms.required, members, judged)
        })
        .collect()
}

/// What a judgement depends on, for the rule in scope.
pub(super) fn terms<'a>(scope: &Scope<'a>, required: Decimal) -> Terms<'a> {
    let measure = match scope.rule.metric.as_deref() {
        None => Measure::Acts,
        Some(name) => {
            let metrics = scope.rules.metrics.get(name).map_or(&[][..], Vec::as_slice);
            // A stock at a date is read off the newest event, a flow is summed up.
            if name.ends_with("_at_year_end") {
                Measure::Level(metrics, Window::year(scope.question.year).last)
            } else {
                Measure::Sum(metrics)
            }
        }
    };
    let detail = scope.world.detail;
    Terms { rules: scope.rules, question: scope.question, measure, required, detail }
}

/// An obligation from its judgement.
pub(super) fn assembled(
    scope: &Scope<'_>,
    owner: &Owner,
    period: Period,
    window: Option<Window>,
    required: Decimal,
    members: &[Member<'_>],
    judged: judge::Judged,
) -> Obligation {
    let told = match scope.world.detail {
        Detail::Explained => members,
        Detail::Figures => &[],
    };
    let mut considered: Vec<Considered> = told
        .iter()
        .zip(judged.standings)
        .map(|(member, standing)| considered(scope, member.fact, standing))
        .collect();
    let taken: Vec<_> = considered.iter().map(|entry| entry.position).collect();
    considered.extend(considered_otherwise(scope, &taken, NotCounted::OtherPerson));
    considered.sort_by_key(|entry| entry.position);
    let findings = members.iter().filter_map(|member| not_mended(member, &judged.rungs)).collect();
    Obligation {
        duty: scope.rule.id.clone(),
        owner: owner.clone(),
        period,
        window,
        required,
        rungs: judged.rungs,
        official: judged.official,
        considered,
        findings,
        exempted_by: Vec::new(),
    }
}

/// The finding that something claimed for the obligation was returned and not mended in time.
fn not_mended(member: &Member<'_>, rungs: &[RungResult; 4]) -> Option<Problem> {
    let (at, last) = member.lapsed?;
    let Fact { position, event_id, .. } = member.fact;
    rungs[Rung::Claimed as usize].entries.contains(position).then(|| {
        Problem::new(
            Reason::ReturnNotMended,
            "review",
            format!(
                "事件 {event_id}（第 {position} 条记录）经第 {at} 条记录退回，补正期限 {last} 已过而\
                 未补正，仅作自述计（待核）；请更正后提请核定"
            ),
            format!(
                "event {event_id} (entry {position}) was returned by entry {at} and not mended by \
                 {last}, the end of its cure period: it counts as claimed only, until it is \
                 corrected and accepted"
            ),
        )
    })
}

/// The events that may count towards an owner's obligation: right type, right owner, current,
/// begun, and neither plan nor outcome.
pub(super) fn members<'a>(
    scope: &Scope<'a>,
    owner: &Owner,
    in_period: impl Fn(&Fact) -> bool,
) -> Vec<Member<'a>> {
    let Question { as_of, known, .. } = scope.question;
    owner::facts(scope, owner)
        .into_iter()
        .filter(|fact| {
            fact.is_current(known)
                && in_period(fact)
                && fact.occurred.start().is_none_or(|start| start <= as_of)
        })
        .filter_map(|fact| {
            let lapsed = fact.lapsed_return(scope.world.calendars, as_of, known);
            let lapsed = lapsed.map(|(review, last)| (review.at, last));
            let rung = fact.rung(as_of, known)?;
            // Returned and not mended: what a supervisor found wanting bears nothing out (待核).
            let rung = if lapsed.is_some() { Rung::Claimed } else { rung };
            match owner::attribution(scope, owner, fact) {
                Attribution::Theirs => Some(Member { fact, rung, attributed: true, lapsed }),
                // Somebody did it, nobody says who: a claim.
                Attribution::Nobody => {
                    Some(Member { fact, rung: Rung::Claimed, attributed: false, lapsed })
                }
                Attribution::Others => None,
            }
        })
        .collect()
}
