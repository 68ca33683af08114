//! What a leader answers for beside duties (领导名片): findings that fell in the time they held a
//! post, findings they are to mend, and exemptions that cover what they answer for.
//!
//! A finding falls on the day of its order, moved into its accounting year: what is found in spring
//! about the year before falls on 31 December, the accounting day, so that whoever was in office
//! then answers for it (DOMAIN §5.2), and not who came since. An acting holder (主持工作) answers
//! instead of the substantive one.

use duty::Position;
use duty::evaluate::Question;
use duty::exemption::{Covered, HeldExemption};
use duty::id::{PersonId, PostId};
use duty::rectification::{Assignee, Held, Stage};
use jiff::civil::{Date, date};

use crate::Snapshot;

/// A finding on a leader's card. At least one of `in_office` and `mends` is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The finding and what became of it.
    pub held: Held,
    /// The day it falls on.
    pub fell_on: Date,
    /// 任期内: they held a main leader's post there on that day.
    pub in_office: bool,
    /// 整改责任人: they are to mend it, by name or through a post.
    pub mends: bool,
    /// The posts through which either is so; empty where they are named.
    pub posts: Vec<PostId>,
}

/// The findings that count for the year asked about and concern a person, by position.
#[must_use]
pub fn findings(snapshot: &Snapshot, person: &PersonId, question: Question) -> Vec<Finding> {
    let Question { year, known, .. } = question;
    let all = snapshot.registry().rectifications().all(known);
    let of_year = all.filter(|held| held.order.accounting_year == year);
    let mut found: Vec<_> =
        of_year.filter_map(|held| finding(snapshot, held, person, question)).collect();
    found.sort_by_key(|finding| finding.held.since);
    found
}

fn finding(
    snapshot: &Snapshot,
    held: &Held,
    person: &PersonId,
    question: Question,
) -> Option<Finding> {
    let Question { year, as_of, known } = question;
    let registry = snapshot.registry();
    let (first, last) = (date(year, 1, 1), date(year, 12, 31));
    let fell_on = ordered_on(snapshot, held).clamp(first, last);
    let holds = |post: &PostId, day: Date| {
        let holders = registry.holders_on(post, day, known);
        holders.first().is_some_and(|(_, tenure)| tenure.person == *person)
    };
    let posts = registry.posts_of(&held.order.organization, known);
    let mut through: Vec<PostId> = posts
        .filter(|post| post.kind.is_main_leader() && holds(&post.id, fell_on))
        .map(|post| post.id.clone())
        .collect();
    let in_office = !through.is_empty();
    let mends = match &held.order.assignee {
        Assignee::Person(named) => named == person,
        Assignee::Post(post) => {
            let mends = holds(post, closed_on(snapshot, held, known).unwrap_or(as_of));
            if mends && !through.contains(post) {
                through.push(post.clone());
            }
            mends
        }
    };
    (in_office || mends).then(|| {
        let steps = held.steps(known).cloned().collect();
        let held = Held { steps, ..held.clone() };
        Finding { held, fell_on, in_office, mends, posts: through }
    })
}

/// The civil day of an order: the one that was running when it was recorded.
fn ordered_on(snapshot: &Snapshot, held: &Held) -> Date {
    snapshot.current_day(held.since)
}

/// The day a finding was closed: whoever held the post then mended it, not who came since.
fn closed_on(snapshot: &Snapshot, held: &Held, known: Position) -> Option<Date> {
    let last = held.steps(known).next_back().map(|(at, _)| *at);
    last.filter(|_| held.stage(known) == Stage::Closed).map(|at| snapshot.current_day(at))
}

/// The exemptions for the year asked about that cover what a person answers for: everything of an
/// organization or one of its posts while they held a main leader's post there, that post, or
/// themselves. By organization, then by position; as known then, revoked ones too.
#[must_use]
pub fn exemptions(
    snapshot: &Snapshot,
    person: &PersonId,
    question: Question,
) -> Vec<HeldExemption> {
    let Question { year, known, .. } = question;
    let registry = snapshot.registry();
    let (first, last) = (date(year, 1, 1), date(year, 12, 31));
    let tenures = registry.tenures_by_person(person, known).into_iter();
    let mut posts: Vec<_> = tenures
        .filter(|(_, tenure)| tenure.overlaps(first, last))
        .filter_map(|(_, tenure)| registry.post(&tenure.post, known))
        .map(|post| (&post.organization, &post.id, post.kind.is_main_leader()))
        .collect();
    posts.sort();
    let mut organizations: Vec<_> = posts.iter().map(|(organization, ..)| *organization).collect();
    organizations.dedup();
    let mut found = Vec::new();
    for organization in organizations {
        let here = posts.iter().filter(|(of, ..)| *of == organization);
        let covers = |held: &&HeldExemption| match &held.exemption.covered {
            Covered::Organization => here.clone().any(|(_, _, leads)| *leads),
            Covered::Post(post) => here.clone().any(|(_, id, _)| *id == post),
            Covered::Person(covered) => covered == person,
        };
        let of_year = registry.exemptions().of(organization, known);
        let of_year = of_year.filter(|held| held.exemption.span.concerns(year));
        found.extend(of_year.filter(covers).map(|held| held.as_known(known)));
    }
    found
}
