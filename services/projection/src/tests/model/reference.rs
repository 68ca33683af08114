//! The slow evaluator: who owed what, by when, and what became of it, by DOMAIN §5 and §6.
//!
//! Every question reads what was told anew. Nothing of `duty::evaluate` or of the fold is used but
//! the names of the states.

use std::collections::BTreeSet;

use duty::evaluate::Status;
use duty::exemption::{Covered, Exemption, Span};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::{Decimal, RoundingStrategy};

use super::counted::{self, Days, Mine};
use super::leaders::{self, Owing, Who};
use super::rules::{Rule, Rules};
use super::told::{Act, Told};

/// One thing owed, or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Owed {
    pub(super) who: Who,
    pub(super) window: Option<Days>,
    /// State and credit, lowest rung first.
    pub(super) rungs: [(Status, Decimal); 4],
    /// The state shown first.
    pub(super) shown: Status,
}

/// What is owed of one duty.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) duty: &'static str,
    pub(super) weight: u32,
    pub(super) owed: Vec<Owed>,
}

/// One line of a leader's card.
#[derive(Debug)]
pub(super) struct CardLine {
    pub(super) organization: &'static str,
    pub(super) posts: BTreeSet<String>,
    pub(super) line: Line,
}

impl Owed {
    pub(super) fn settled(who: Who, window: Option<Days>, status: Status) -> Self {
        Self { who, window, rungs: [(status, Decimal::ZERO); 4], shown: status }
    }
}

pub(super) fn is_scored(status: Status) -> bool {
    !matches!(status, Status::NotApplicable | Status::Exempted)
}

fn is_done(status: Status) -> bool {
    matches!(status, Status::Fulfilled | Status::FulfilledLate)
}

/// The days in which each part of a duty is in time.
fn windows(rule: &Rule, year: i16) -> Vec<Days> {
    let (month, day, offset, in_time) = rule.deadline;
    let printed = date(year + offset, month, day);
    let last = if in_time { printed } else { printed - 1.day() };
    if !rule.quarterly {
        return vec![(date(year, 1, 1), last)];
    }
    let quarter = |first: i8, end: Date| (date(year, first, 1), end);
    vec![
        quarter(1, date(year, 3, 31)),
        quarter(4, date(year, 6, 30)),
        quarter(7, date(year, 9, 30)),
        quarter(10, last),
    ]
}

/// Whether the rules ask for the duty at this organization at all.
fn applies(told: &Told<'_>, rule: &Rule, organization: &str) -> bool {
    let (sector, _) = told.registered(organization);
    !rule.off && rule.sector.is_none_or(|only| only == sector)
}

fn in_force(rule: &Rule, day: Date) -> bool {
    rule.from.is_none_or(|from| from <= day) && rule.to.is_none_or(|to| day <= to)
}

/// Whether an exemption holds on a day for something of the year.
fn holds(told: &Told<'_>, (exemption, revoked): (&Exemption, Option<Date>), day: Date) -> bool {
    let spans = match exemption.span {
        Span::Year(year) => year == told.year,
        Span::Days { first, last } => first <= day && day <= last,
    };
    spans && revoked.is_none_or(|from| day < from)
}

/// Whether somebody decided that this is not owed (免除). A deadline that fell while an exemption
/// held is not owed again when it ends.
fn is_exempted(told: &Told<'_>, rule: &Rule, organization: &str, who: &Who, window: Days) -> bool {
    let day = window.1.min(told.as_of);
    let all = told.exemptions();
    let in_force: Vec<&Covered> = all
        .iter()
        .filter(|(exemption, _)| exemption.organization.as_str() == organization)
        .filter(|(exemption, _)| exemption.duty.as_str() == rule.id)
        .filter(|held| holds(told, **held, day))
        .map(|(exemption, _)| &exemption.covered)
        .collect();
    let of_post = |post: &String| {
        let covers = |one: &&Covered| matches!(one, Covered::Post(of) if of.as_str() == post);
        in_force.iter().any(covers)
    };
    let of_whole = in_force.iter().any(|covered| match (covered, who) {
        (Covered::Organization, _) => true,
        (Covered::Person(exempted), Who::Person { person, .. }) => exempted.as_str() == person,
        _ => false,
    });
    of_whole || matches!(who, Who::Person { posts, .. } if posts.iter().all(of_post))
}

/// What one owner owes.
fn of_owner(
    told: &Told<'_>,
    rules: &Rules,
    rule: &Rule,
    organization: &str,
    Owing { who, excused }: Owing,
) -> Vec<Owed> {
    if who == Who::Nobody {
        return vec![Owed::settled(who, None, Status::NotApplicable)];
    }
    let windows = windows(rule, told.year);
    if excused && in_force(rule, windows[0].1) {
        return vec![Owed::settled(who, None, Status::Exempted)];
    }
    let acts = told.acts();
    let theirs = |act: &Act| {
        let event = &act.event;
        event.event_type() == rule.event
            && event.accounting_year == told.year
            && act.days().is_none_or(|(from, _)| from <= told.as_of)
            && leaders::may_speak(told, &who, organization, act)
    };
    let acts: Vec<Mine<'_>> = acts
        .iter()
        .filter(|act| theirs(act))
        .filter_map(|act| Some((act, leaders::is_theirs(told, &who, act)?)))
        .collect();
    let parts = u32::try_from(windows.len()).expect("a handful of windows");
    let need = rule.least * 10 / parts;
    let judged = counted::judged(&acts, &windows, (rules, need), told.as_of);
    let mut all = Vec::new();
    for (window, rungs) in windows.into_iter().zip(judged) {
        // More claimed than the official rung bears out is to be verified.
        let (claimed, official) = (rungs[0].0, rungs[rules.official].0);
        let unproven = is_done(claimed) && !is_done(official);
        let shown = if unproven { Status::NeedsVerification } else { official };
        let nothing = |status| Owed::settled(who.clone(), Some(window), status);
        if !in_force(rule, window.1) {
            all.push(nothing(Status::NotApplicable));
            continue;
        }
        let mut owed = [Owed { who: who.clone(), window: Some(window), rungs, shown }];
        without_what_ended(told, organization, &mut owed);
        let [owed] = owed;
        let is_owed = owed.shown != Status::NotApplicable;
        all.push(if is_owed && is_exempted(told, rule, organization, &who, window) {
            nothing(Status::Exempted)
        } else {
            owed
        });
    }
    all
}

/// Takes out what an organization that has ended no longer owes: what was not done and falls due
/// after its last day.
fn without_what_ended(told: &Told<'_>, organization: &str, owed: &mut [Owed]) {
    let Some(last_day) = told.last_day(organization) else { return };
    for one in owed.iter_mut().filter(|one| is_scored(one.shown)) {
        let is_done = one.rungs.iter().any(|(status, _)| is_done(*status));
        if !is_done && one.window.is_some_and(|(_, last)| last_day < last) {
            *one = Owed::settled(one.who.clone(), None, Status::NotApplicable);
        }
    }
}

/// One duty of an organization.
fn line(told: &Told<'_>, rules: &Rules, rule: &Rule, organization: &str) -> Line {
    let not_asked = || Owed::settled(Who::Organization, None, Status::NotApplicable);
    let mut owed = if !applies(told, rule, organization) {
        vec![not_asked()]
    } else if rule.personal {
        let owing = leaders::owing(told, rules, rule, organization);
        owing.into_iter().flat_map(|one| of_owner(told, rules, rule, organization, one)).collect()
    } else {
        let itself = Owing { who: Who::Organization, excused: false };
        of_owner(told, rules, rule, organization, itself)
    };
    without_what_ended(told, organization, &mut owed);
    Line { duty: rule.id, weight: rule.weight, owed }
}

/// Everything an organization and its leaders owe for the year; none without rules.
pub(super) fn organization(told: &Told<'_>, organization: &str) -> Option<Vec<Line>> {
    let (_, rules) = told.rules(organization)?;
    Some(rules.duties.iter().map(|rule| line(told, rules, rule, organization)).collect())
}

/// Everything a person answers for.
pub(super) fn card(told: &Told<'_>, person: &str) -> Vec<CardLine> {
    let mut all = Vec::new();
    for organization in ["city.kjj", "county.kjj"] {
        let posts = leaders::answers_through(told, organization, person);
        let Some((_, rules)) = told.rules(organization) else { continue };
        for rule in &rules.duties {
            let through: BTreeSet<String> = posts
                .iter()
                .filter(|(_, kind)| rule.owed_by.contains(kind))
                .map(|(post, _)| (*post).to_owned())
                .collect();
            if through.is_empty() {
                continue;
            }
            let of_person = |owing: &Owing| match &owing.who {
                Who::Person { person: owes, .. } => owes == person,
                _ => false,
            };
            let line = if rule.personal {
                let mut own = leaders::owing(told, rules, rule, organization);
                own.retain(of_person);
                let left = || leaders::leaving(told, rules, person, &through);
                let Some(owing) = own.pop().or_else(left) else { continue };
                let mut owed = if applies(told, rule, organization) {
                    of_owner(told, rules, rule, organization, owing)
                } else {
                    vec![Owed::settled(Who::Organization, None, Status::NotApplicable)]
                };
                without_what_ended(told, organization, &mut owed);
                Line { duty: rule.id, weight: rule.weight, owed }
            } else {
                let Line { owed, .. } = line(told, rules, rule, organization);
                let of = (organization, person);
                let theirs = leaders::answered_for(told, rules, rule, of, owed);
                let Some(owed) = theirs else { continue };
                Line { duty: rule.id, weight: rule.weight, owed }
            };
            all.push(CardLine { organization, posts: through, line });
        }
    }
    all
}

impl Line {
    /// The parts that are in the score.
    fn scored(&self) -> Vec<&Owed> {
        self.owed.iter().filter(|one| is_scored(one.shown)).collect()
    }

    /// Mean credit on a rung: every part of a duty is worth the same.
    pub(super) fn credit(&self, rung: usize) -> Decimal {
        let scored = self.scored();
        let sum: Decimal = scored.iter().map(|one| one.rungs[rung].1).sum();
        sum / Decimal::from(scored.len().max(1))
    }

    pub(super) fn is_scored(&self) -> bool {
        !self.scored().is_empty()
    }
}

/// The weight of what is scored.
pub(super) fn weight(lines: &[&Line]) -> Decimal {
    lines.iter().filter(|line| line.is_scored()).map(|line| Decimal::from(line.weight)).sum()
}

/// 100 × Σ weight·credit ÷ Σ weight, rounded half-up once; none when nothing has weight. Beside it
/// the same over what has passed its deadline.
pub(super) fn scores(
    lines: &[&Line],
    rung: usize,
    as_of: Date,
) -> (Option<Decimal>, Option<Decimal>) {
    let share = |earned: Decimal, weight: Decimal| {
        let score = Decimal::ONE_HUNDRED * earned / (!weight.is_zero()).then_some(weight)?;
        Some(score.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    };
    let (mut earned, mut earned_due, mut weight_due) =
        (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    for line in lines.iter().filter(|line| line.is_scored()) {
        earned += Decimal::from(line.weight) * line.credit(rung);
        let scored = line.scored();
        let each = Decimal::from(line.weight) / Decimal::from(scored.len());
        for one in scored.iter().filter(|one| one.window.is_some_and(|(_, last)| last < as_of)) {
            weight_due += each;
            earned_due += each * one.rungs[rung].1;
        }
    }
    (share(earned, weight(lines)), share(earned_due, weight_due))
}
