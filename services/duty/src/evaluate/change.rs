//! Duties on change: so many working days after a trigger, and a yearly confirmation.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::line::{self, Scope};
use super::{Obligation, Owner, Period, Window, judge};
use crate::calendar::CalendarMissing;
use crate::event::Kind;
use crate::event::details::Trigger;
use crate::position::Position;
use crate::problem::{Problem, Reason};
use crate::ruleset::{Cadence, TriggerKind};

/// One obligation for each change in the year, and the confirmation.
pub(super) fn obligations(scope: &Scope<'_>, owner: &Owner) -> Vec<Obligation> {
    let Cadence::OnChange { triggers, within_working_days, annual_confirmation } =
        &scope.rule.cadence
    else {
        return Vec::new();
    };
    let year = scope.question.year;
    let mut found: Vec<Obligation> = changes(scope, triggers)
        .into_iter()
        .map(|((day, kind), position)| {
            let period = Period::Trigger { kind: kind.as_str().into(), day, position };
            after_change(scope, owner, period, day, *within_working_days)
        })
        .collect();
    if let Some(deadline) = annual_confirmation {
        let window = Window {
            first: date(year, 1, 1),
            last: deadline.last_day(year),
            printed: deadline.printed_date(year),
        };
        let members = line::members(scope, owner, |fact| fact.accounting_year == year);
        let terms = line::terms(scope, Decimal::ONE);
        for judged in judge::windows(&[window], &members, terms) {
            found.push(line::assembled(
                scope,
                owner,
                Period::Confirmation,
                Some(window),
                Decimal::ONE,
                &members,
                judged,
            ));
        }
    }
    if found.is_empty() {
        let why = Problem::new(
            Reason::SubstanceIrregular,
            "trigger",
            "本年度没有触发该事项的变化",
            "nothing in the year triggers it",
        );
        found.push(line::not_applicable(scope, owner.clone(), why));
    }
    found
}

/// The changes of the year that were known and had happened by the day asked, once per day and
/// kind: two posts handed over to one person on one day are one change.
fn changes(scope: &Scope<'_>, triggers: &[TriggerKind]) -> BTreeMap<(Date, TriggerKind), Position> {
    let question = scope.question;
    let registry = scope.world.registry;
    let in_year = |day: Date| day.year() == question.year && day <= question.as_of;
    let mut changes = BTreeMap::new();
    let mut add = |day: Date, kind: TriggerKind, position: Position| {
        if triggers.contains(&kind) && in_year(day) {
            let first = changes.entry((day, kind)).or_insert(position);
            *first = (*first).min(position);
        }
    };
    for post in registry.posts_of(&scope.organization.id, question.known) {
        if post.kind.is_main_leader() {
            let tenures = registry.tenures_of(&post.id, question.known);
            for (position, tenure) in &tenures {
                // Confirmed after acting, or renewed: the leader is the same.
                let stays = tenures.iter().any(|(_, before)| {
                    let until = before.to.unwrap_or(Date::MAX).tomorrow().unwrap_or(Date::MAX);
                    before.person == tenure.person
                        && before.from < tenure.from
                        && tenure.from <= until
                });
                if !stays {
                    add(tenure.from, TriggerKind::MainLeaderChange, *position);
                }
            }
        }
    }
    for fact in scope.world.facts.of(&scope.organization.id, question.year) {
        let told = fact.details.trigger.and_then(|(trigger, day)| day.map(|day| (trigger, day)));
        let is_done = fact.kind == Kind::Performed && fact.is_current(question.known);
        if let Some((trigger, day)) = told.filter(|_| is_done) {
            let kind = match trigger {
                Trigger::LeaderChange => TriggerKind::MainLeaderChange,
                Trigger::MemberChange => TriggerKind::MemberChange,
                Trigger::Reform => TriggerKind::InstitutionReform,
                Trigger::Annual => continue,
            };
            add(day, kind, fact.position);
        }
    }
    changes
}

/// The obligation to react to one change. One adjustment answers every change before it.
fn after_change(
    scope: &Scope<'_>,
    owner: &Owner,
    period: Period,
    day: Date,
    within: u32,
) -> Obligation {
    let year = scope.question.year;
    let deadline = scope.world.calendars.add_working_days(day, within);
    // Without a calendar nothing can be late; the finding says why.
    let last = deadline.as_ref().copied().unwrap_or(Date::MAX);
    let window = Window::inclusive(day, last);
    // A change late in the year is answered in the next.
    let members = line::members(scope, owner, |fact| {
        fact.accounting_year == year || fact.accounting_year == year.saturating_add(1)
    });
    let terms = line::terms(scope, Decimal::ONE);
    let mut obligation = judge::windows(&[window], &members, terms)
        .into_iter()
        .next()
        .map(|judged| {
            let shown = deadline.as_ref().ok().map(|_| window);
            line::assembled(scope, owner, period, shown, Decimal::ONE, &members, judged)
        })
        .unwrap_or_else(|| {
            let why = Problem::new(Reason::Internal, "", "没有判定", "no judgement was made");
            line::not_applicable(scope, owner.clone(), why)
        });
    if let Err(CalendarMissing { year }) = deadline {
        obligation.findings.push(Problem::new(
            Reason::CalendarMissing,
            "due_within_working_days",
            format!("{year} 年工作日历尚未发布到台账，期限无法计算"),
            format!("the working-day calendar of {year} is not published: no deadline"),
        ));
    }
    obligation
}
