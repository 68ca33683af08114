//! What a leader took over (移交): who held the post before them in the year, what that person
//! did, and how the duties stood on the last day before the change (DOMAIN §5.2).
//!
//! Nothing here is scored. The successor owes for the whole record of the organization; the
//! handover says how much of it was there when they came.

use jiff::civil::{Date, date};

use super::line::{self, Scope};
use super::obligation::Status;
use super::owner::{self, Attribution};
use super::{Question, World};
use crate::event::{EventType, Kind};
use crate::id::{DutyId, EventId, OrganizationId, PersonId, PostId, TenureId};
use crate::position::Position;
use crate::registry::{Organization, Tenure};
use crate::ruleset::{Level, RuleSet};

/// One predecessor of a leader in one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The organization.
    pub organization: OrganizationId,
    /// The post taken over.
    pub post: PostId,
    /// First day of the successor.
    pub taken_over: Date,
    /// Who held it before.
    pub predecessor: PersonId,
    /// The predecessor's tenure.
    pub tenure: TenureId,
    /// The entry that tells of that tenure.
    pub position: Position,
    /// First day of the predecessor.
    pub from: Date,
    /// Last day of the predecessor before the successor came.
    pub to: Date,
    /// Whether the predecessor acted (主持工作).
    pub acting: bool,
    /// What the predecessor did in the year, by position.
    pub acts: Vec<Act>,
    /// What the predecessor owes in person for the year, in the order of the rule set; those duties
    /// that do not apply are left out.
    pub statements: Vec<(DutyId, Status)>,
    /// How the duties of the organization stood on [`Self::to`], on the official rung, in the order
    /// of the rule set; those that did not apply are left out.
    pub duties: Vec<(DutyId, Status)>,
}

/// Something a predecessor did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Where it stands.
    pub position: Position,
    /// Its id.
    pub event_id: EventId,
    /// Its type.
    pub event_type: EventType,
}

/// Every handover to the person in the year, by organization and post, the earliest predecessor
/// first.
pub(super) fn handovers<'r>(
    world: World<'_>,
    rules_for: &dyn Fn(&Organization) -> Option<&'r RuleSet>,
    person: &PersonId,
    question: Question,
) -> Vec<Handover> {
    let registry = world.registry;
    let known = question.known;
    let first = date(question.year, 1, 1);
    let last = date(question.year, 12, 31).min(question.as_of);
    let mut found = Vec::new();
    for (_, own) in registry.tenures_by_person(person, known) {
        if own.from < first || last < own.from {
            continue;
        }
        let Some(post) = registry.post(&own.post, known).filter(|p| p.kind.is_main_leader()) else {
            continue;
        };
        let Some(organization) = registry.organization(&post.organization, known) else { continue };
        let Some(rules) = rules_for(organization) else { continue };
        let before = own.from.yesterday().unwrap_or(Date::MIN);
        for (position, other) in registry.tenures_of(&own.post, known) {
            let to = other.to.unwrap_or(Date::MAX).min(before);
            // Held by the successor already, acting perhaps: nothing is taken over.
            if other.person == *person || to < first || before < other.from {
                continue;
            }
            let scope = |question| Taken { world, rules, organization, question };
            found.push(scope(question).from(own, position, other, to));
        }
    }
    found.sort_by(|a, b| {
        (&a.organization, &a.post, a.from, &a.tenure).cmp(&(
            &b.organization,
            &b.post,
            b.from,
            &b.tenure,
        ))
    });
    found.dedup();
    found
}

/// What a handover is looked at in.
struct Taken<'a> {
    world: World<'a>,
    rules: &'a RuleSet,
    organization: &'a Organization,
    question: Question,
}

impl Taken<'_> {
    fn from(&self, own: &Tenure, position: Position, other: &Tenure, to: Date) -> Handover {
        let Self { world, rules, organization, question } = *self;
        // Up to the handover, and by what is known now of the time before.
        let then = Question { as_of: to, ..question };
        let mut statements = Vec::new();
        let mut duties = Vec::new();
        for rule in &rules.duties {
            if rule.level == Level::Person {
                let scope = Scope { world, rules, rule, organization, question };
                let owed = owner::of_predecessor(&scope, &other.person, &other.post)
                    .filter(|line| line.official != Status::NotApplicable);
                statements.extend(owed.map(|line| (line.duty, line.official)));
            } else {
                let line = line::duty(world, rules, rule, organization, then);
                if line.official != Status::NotApplicable {
                    duties.push((line.duty, line.official));
                }
            }
        }
        Handover {
            organization: organization.id.clone(),
            post: own.post.clone(),
            taken_over: own.from,
            predecessor: other.person.clone(),
            tenure: other.id.clone(),
            position,
            from: other.from,
            to,
            acting: other.acting,
            acts: self.acts(other, to),
            statements,
            duties,
        }
    }

    fn acts(&self, other: &Tenure, to: Date) -> Vec<Act> {
        let Question { year, known, .. } = self.question;
        let posts = [other.post.clone()];
        let facts = self.world.facts.of(&self.organization.id, year).iter();
        let theirs = facts.filter(|fact| {
            let whose = owner::whose(self.world, known, (&other.person, &posts), fact);
            fact.is_current(known)
                && fact.kind == Kind::Performed
                && fact.accounting_year == year
                && fact.occurred.start().is_some_and(|start| start <= to)
                && whose == Attribution::Theirs
        });
        let acts = theirs.map(|fact| Act {
            position: fact.position,
            event_id: fact.event_id,
            event_type: fact.event_type,
        });
        let mut acts: Vec<_> = acts.collect();
        acts.sort_by_key(|act| act.position);
        acts
    }
}
