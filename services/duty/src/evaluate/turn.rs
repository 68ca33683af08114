//! The next day on which a judgement can turn though nobody writes anything.
//!
//! A judgement looks at the day asked about in few ways: whether a deadline or the beginning of
//! its warning has come, whether something recorded has begun, is over or was to be mended, who holds a post or is
//! excused from it, whether the organization still is and what it is exempted from, and whether a
//! change that triggers a duty, or hands over those of another organization, has come. This lists
//! those days, a few too many rather than one too few: whoever makes the evaluation look at the day
//! in a new way adds its days here, and a property test compares with judging every day.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{DutyLine, Question, World, taken_over};
use crate::exemption::Span;
use crate::id::OrganizationId;
use crate::registry::Organization;
use crate::ruleset::RuleSet;

/// The first day after `question.as_of` for which the judgement of the organization may differ
/// from `lines`, those of the question, with the same entries known; `None` when there is none.
#[must_use]
pub fn next_turn(
    world: World<'_>,
    rules: &RuleSet,
    organization: &Organization,
    question: Question,
    lines: &[DutyLine],
) -> Option<Date> {
    let mut next: Option<Date> = None;
    let mut add = |day: Date| {
        if question.as_of < day {
            next = Some(next.map_or(day, |found| found.min(day)));
        }
    };
    let after = |day: Date| day.tomorrow().unwrap_or(Date::MAX);
    for window in lines.iter().flat_map(|line| &line.obligations).filter_map(|owed| owed.window) {
        add(after(window.last));
        add(window.last.saturating_sub(i64::from(rules.warn_days).days()));
    }
    let (registry, known) = (world.registry, question.known);
    organization.valid_to.map(after).into_iter().for_each(&mut add);
    for (_, change) in registry.changes_of(&organization.id, known) {
        add(change.from);
    }
    for held in registry.exemptions().of(&organization.id, known) {
        if let Span::Days { first, last } = held.exemption.span {
            add(first);
            add(after(last));
        }
        held.revoked.map(|(_, from)| from).into_iter().for_each(&mut add);
    }
    let mut organizations: BTreeSet<&OrganizationId> = BTreeSet::from([&organization.id]);
    let (others, days) = taken_over::turns(registry, organization, known);
    organizations.extend(others.into_iter().map(|other| &other.id));
    days.into_iter().for_each(&mut add);
    for post in registry.posts_of(&organization.id, known) {
        for (_, tenure) in registry.tenures_of(&post.id, known) {
            add(tenure.from);
            tenure.to.map(after).into_iter().for_each(&mut add);
            for (_, absence) in registry.absences_of(&tenure.id, known) {
                add(absence.from);
                absence.to.map(after).into_iter().for_each(&mut add);
            }
            let held = registry.tenures_by_person(&tenure.person, known);
            let posts = held.iter().filter_map(|(_, held)| registry.post(&held.post, known));
            organizations.extend(posts.map(|post| &post.organization));
        }
    }
    for organization in organizations {
        for fact in world.facts.of(organization, question.year) {
            fact.occurred.start().into_iter().for_each(&mut add);
            fact.occurred.end().into_iter().for_each(&mut add);
            // A return that is not mended by its last day.
            let returned = fact.review(known).and_then(|review| review.cure_by(world.calendars));
            returned.and_then(Result::ok).map(after).into_iter().for_each(&mut add);
            fact.details.trigger.and_then(|(_, day)| day).into_iter().for_each(&mut add);
        }
    }
    next
}
