//! 述法 coverage (应述尽述): who had to debrief in a year, who did, who did not and why.
//!
//! The denominator is whoever owes the duty by the rules on the accounting day: by person, where
//! one debrief covers all posts, and by post. Whoever is not in it is named with the reason. Only
//! the evaluation decides who owes and what counts; this counts.

mod exclusion;

use std::collections::{BTreeMap, BTreeSet};

use duty::Position;
use duty::evaluate::{Detail, DutyLine, Obligation, Owner, Question, Status};
use duty::event::details::{DebriefForm, Details};
use duty::event::{DutyEvent, EventType};
use duty::id::{DutyId, OrganizationId, PersonId, PostId};
use duty::registry::{Organization, PostKind};
use duty::ruleset::{DutyRule, Level, OwedBy, RuleSet, Rung};
use jiff::civil::{Date, date};

pub use exclusion::Exclusion;

use super::{Papers, scope};
use crate::{Snapshot, view};

/// How somebody in scope stands, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// 已述: in time.
    Done,
    /// 逾期补述.
    DoneLate,
    /// 未到期.
    Pending,
    /// 待核: said to be done, and not borne out.
    ToVerify,
    /// 未述: the last day has passed.
    Missing,
}

impl Standing {
    /// The standing of an obligation in this state; `None` for one that is not owed.
    #[must_use]
    pub const fn of(status: Status) -> Option<Self> {
        match status {
            Status::NotApplicable | Status::Exempted => None,
            Status::Fulfilled => Some(Self::Done),
            Status::FulfilledLate => Some(Self::DoneLate),
            Status::NotDue | Status::DueSoon => Some(Self::Pending),
            Status::NeedsVerification => Some(Self::ToVerify),
            Status::Partial | Status::Overdue => Some(Self::Missing),
        }
    }

    /// Whether it counts as debriefed.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::DoneLate)
    }
}

/// Somebody in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where.
    pub organization: OrganizationId,
    /// Who.
    pub person: PersonId,
    /// The posts through which they owe it.
    pub posts: Vec<PostId>,
    /// 任职不足半年.
    pub short_tenure: bool,
    /// How they stand on the official rung.
    pub standing: Standing,
    /// The obligation and its judgement.
    pub obligation: Obligation,
    /// The debriefs that count on some rung, by position.
    pub debriefs: Vec<Position>,
}

/// Somebody, or an organization, not in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// Where.
    pub organization: OrganizationId,
    /// Who, where a person is meant.
    pub person: Option<PersonId>,
    /// Their posts there.
    pub posts: Vec<PostId>,
    /// Why.
    pub reason: Exclusion,
    /// How the statement of somebody departed stands; `None` when another post covers both.
    pub departure: Option<Status>,
}

/// A main leader who came or went in the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub organization: OrganizationId,
    /// The post.
    pub post: PostId,
    /// Who.
    pub person: PersonId,
    /// Took office, or left it.
    pub took_office: bool,
    /// First day in office, or the last one.
    pub day: Date,
    /// 主持工作.
    pub acting: bool,
    /// 任免文号.
    pub document: Box<str>,
}

/// Counts over one denominator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// 应述.
    pub in_scope: usize,
    /// 已述 in time.
    pub done: usize,
    /// 逾期补述.
    pub done_late: usize,
    /// 待核.
    pub to_verify: usize,
    /// 未到期.
    pub pending: usize,
    /// 未述.
    pub missing: usize,
    /// Done on each rung, late included, in the order of [`Rung::ALL`].
    pub on_rung: [usize; 4],
}

impl Tally {
    fn add(&mut self, standing: Standing, on_rung: [bool; 4]) {
        self.in_scope += 1;
        *match standing {
            Standing::Done => &mut self.done,
            Standing::DoneLate => &mut self.done_late,
            Standing::ToVerify => &mut self.to_verify,
            Standing::Pending => &mut self.pending,
            Standing::Missing => &mut self.missing,
        } += 1;
        for (count, done) in self.on_rung.iter_mut().zip(on_rung) {
            *count += usize::from(done);
        }
    }
}

/// 述法 coverage of a year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// In scope, by organization, duty and person.
    pub rows: Vec<Row>,
    /// Not in scope, by organization.
    pub excluded: Vec<Excluded>,
    /// Main leaders who came and went, by organization and day.
    pub changes: Vec<Change>,
    /// By person.
    pub persons: Tally,
    /// By post.
    pub posts: Tally,
}

/// How often each form and each rating, by persons: the last debrief that counts decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forms {
    /// By form; `None` where the entry does not say.
    pub forms: BTreeMap<Option<DebriefForm>, usize>,
    /// By rating as worded.
    pub ratings: BTreeMap<Box<str>, usize>,
}

/// The coverage at and below `within`, or everywhere.
#[must_use]
pub fn coverage(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    question: Question,
) -> Coverage {
    let mut found = Coverage::default();
    for organization in scope(snapshot, within, question) {
        changes(snapshot, organization, question, &mut found.changes);
        let Ok(view) = view::organization_in(snapshot, &organization.id, question, Detail::Figures)
        else {
            found.excluded.push(out(organization, Exclusion::NoRuleSet));
            continue;
        };
        let rules = &view.rules.1;
        let mut has_duty = false;
        for (line, rule) in view.evaluation.lines.into_iter().zip(&rules.duties) {
            let is_debrief = rule.level == Level::Person
                && rule.satisfied_by.contains(&EventType::RuleOfLawDebrief);
            if is_debrief {
                has_duty = true;
                add_line(snapshot, organization, (rules, rule), line, question, &mut found);
            }
        }
        if !has_duty {
            found.excluded.push(out(organization, Exclusion::NoDuty));
        }
    }
    tally(&mut found);
    found
}

fn out(organization: &Organization, reason: Exclusion) -> Excluded {
    Excluded {
        organization: organization.id.clone(),
        person: None,
        posts: Vec::new(),
        reason,
        departure: None,
    }
}

/// Sorts the obligations of one duty into who is in scope and who is not.
fn add_line(
    snapshot: &Snapshot,
    organization: &Organization,
    (rules, rule): (&RuleSet, &DutyRule),
    line: DutyLine,
    question: Question,
    found: &mut Coverage,
) {
    let first_row = found.rows.len();
    let mut judged: BTreeSet<PersonId> = BTreeSet::new();
    let mut held: BTreeSet<PostId> = BTreeSet::new();
    let mut by_rule = None;
    for obligation in line.obligations {
        let (person, posts, short_tenure) = match &obligation.owner {
            Owner::Person { person, posts, short_tenure, .. } => {
                (person.clone(), posts.clone(), *short_tenure)
            }
            Owner::Vacant => continue,
            // The rule applies to nobody here.
            Owner::Organization => {
                by_rule = Some(obligation.official);
                continue;
            }
        };
        judged.insert(person.clone());
        held.extend(posts.iter().cloned());
        let Some(standing) = Standing::of(obligation.official) else {
            let exempted = obligation.official == Status::Exempted;
            let reason = if exempted { Exclusion::Exempted } else { Exclusion::NotApplicable };
            let person = Some(person);
            found.excluded.push(Excluded { person, posts, ..out(organization, reason) });
            continue;
        };
        let mut debriefs: Vec<_> =
            obligation.rungs.iter().flat_map(|rung| rung.entries.iter().copied()).collect();
        debriefs.sort_unstable();
        debriefs.dedup();
        let organization = organization.id.clone();
        found.rows.push(Row {
            organization,
            person,
            posts,
            short_tenure,
            standing,
            obligation,
            debriefs,
        });
    }
    found.rows[first_row..].sort_by(|a, b| a.person.cmp(&b.person));
    if let Some(status) = by_rule {
        let exempted = status == Status::Exempted;
        let reason = if exempted { Exclusion::Exempted } else { Exclusion::NotApplicable };
        found.excluded.push(out(organization, reason));
        return;
    }
    let vacant: Vec<PostId> = owing_posts(snapshot, organization, rule, question)
        .filter(|post| !held.contains(post))
        .collect();
    if !vacant.is_empty() || held.is_empty() {
        found.excluded.push(Excluded { posts: vacant, ..out(organization, Exclusion::Vacant) });
    }
    departed(snapshot, organization, (rules, rule), &judged, question, &mut found.excluded);
}

/// The posts whose holders owe the duty.
fn owing_posts<'a>(
    snapshot: &'a Snapshot,
    organization: &Organization,
    rule: &'a DutyRule,
    question: Question,
) -> impl Iterator<Item = PostId> {
    let posts = snapshot.registry.posts_of(&organization.id, question.known);
    posts.filter(|post| owes(rule, post.kind)).map(|post| post.id.clone())
}

fn owes(rule: &DutyRule, kind: PostKind) -> bool {
    rule.owed_by.iter().any(|by| match by {
        OwedBy::PartyHead => kind == PostKind::PartyHead,
        OwedBy::GovernmentHead => kind == PostKind::GovernmentHead,
        OwedBy::Organization | OwedBy::LeadingGroup => false,
    })
}

/// Whoever held one of the posts in the year and holds none on the accounting day.
fn departed(
    snapshot: &Snapshot,
    organization: &Organization,
    (rules, rule): (&RuleSet, &DutyRule),
    judged: &BTreeSet<PersonId>,
    question: Question,
    excluded: &mut Vec<Excluded>,
) {
    let registry = &snapshot.registry;
    let first = date(question.year, 1, 1);
    let last = rules.accounting_day(question.year).min(question.as_of).max(first);
    let mut gone: BTreeMap<PersonId, Vec<PostId>> = BTreeMap::new();
    for post in owing_posts(snapshot, organization, rule, question) {
        for (_, tenure) in registry.tenures_of(&post, question.known) {
            if tenure.overlaps(first, last) && !tenure.includes(last) {
                let posts = gone.entry(tenure.person.clone()).or_default();
                if !posts.contains(&post) {
                    posts.push(post.clone());
                }
            }
        }
    }
    for (person, posts) in gone.into_iter().filter(|(person, _)| !judged.contains(person)) {
        let card = view::leader(snapshot, &person, question).ok();
        let departure = card.and_then(|card| {
            let theirs = |line: &&duty::evaluate::LeaderLine| {
                line.organization == organization.id && line.line.duty == rule.id
            };
            card.lines.iter().find(theirs).map(|line| line.line.official)
        });
        // Who retired is excused by a document, and owes no departure statement.
        let reason = match departure {
            Some(Status::Exempted) => Exclusion::Exempted,
            _ => Exclusion::Departed,
        };
        let person = Some(person);
        excluded.push(Excluded { person, posts, departure, ..out(organization, reason) });
    }
}

/// Main leaders who came and went in the year, up to the day asked about.
fn changes(
    snapshot: &Snapshot,
    organization: &Organization,
    question: Question,
    changes: &mut Vec<Change>,
) {
    let registry = &snapshot.registry;
    let (first, last) = (date(question.year, 1, 1), date(question.year, 12, 31));
    let in_year = |day: Date| first <= day && day <= last.min(question.as_of);
    let start = changes.len();
    for post in registry.posts_of(&organization.id, question.known) {
        if !post.kind.is_main_leader() {
            continue;
        }
        for (_, tenure) in registry.tenures_of(&post.id, question.known) {
            let days = [(true, Some(tenure.from)), (false, tenure.to)];
            for (took_office, day) in days {
                let Some(day) = day.filter(|day| in_year(*day)) else { continue };
                changes.push(Change {
                    organization: organization.id.clone(),
                    post: post.id.clone(),
                    person: tenure.person.clone(),
                    took_office,
                    day,
                    acting: tenure.acting,
                    document: tenure.appointment_document.clone(),
                });
            }
        }
    }
    changes[start..].sort_by(|a, b| {
        (a.day, a.took_office, &a.post, &a.person).cmp(&(b.day, b.took_office, &b.post, &b.person))
    });
}

fn done_on(row: &Row) -> [bool; 4] {
    let done = |status: Status| Standing::of(status).is_some_and(Standing::is_done);
    row.obligation.rungs.each_ref().map(|rung| done(rung.status))
}

/// A person or post stands as their worst obligation does.
fn tally(found: &mut Coverage) {
    let mut persons: BTreeMap<&PersonId, (Standing, [bool; 4])> = BTreeMap::new();
    let mut posts: BTreeMap<&PostId, (Standing, [bool; 4])> = BTreeMap::new();
    let worse = |at: &mut (Standing, [bool; 4]), row: &Row| {
        at.0 = at.0.max(row.standing);
        for (all, done) in at.1.iter_mut().zip(done_on(row)) {
            *all &= done;
        }
    };
    for row in &found.rows {
        worse(persons.entry(&row.person).or_insert((Standing::Done, [true; 4])), row);
        for post in &row.posts {
            worse(posts.entry(post).or_insert((Standing::Done, [true; 4])), row);
        }
    }
    for (standing, on_rung) in persons.into_values() {
        found.persons.add(standing, on_rung);
    }
    for (standing, on_rung) in posts.into_values() {
        found.posts.add(standing, on_rung);
    }
}

impl Coverage {
    /// The entries whose texts [`Self::forms`] wants.
    #[must_use]
    pub fn positions(&self) -> BTreeSet<Position> {
        self.rows.iter().flat_map(|row| row.debriefs.iter().copied()).collect()
    }

    /// Forms and ratings, once for each person.
    #[must_use]
    pub fn forms(&self, papers: &Papers) -> Forms {
        let mut last: BTreeMap<&PersonId, Position> = BTreeMap::new();
        for row in &self.rows {
            if let Some(position) = row.debriefs.last() {
                let newest = last.entry(&row.person).or_insert(*position);
                *newest = (*newest).max(*position);
            }
        }
        let mut found = Forms::default();
        for position in last.into_values() {
            let (form, rating) = papers.get(&position).map_or((None, ""), form_and_rating);
            *found.forms.entry(form).or_default() += 1;
            if !rating.is_empty() {
                *found.ratings.entry(rating.into()).or_default() += 1;
            }
        }
        found
    }
}

/// 述法形式 and 评议等次 as an event records them.
#[must_use]
pub fn form_and_rating(event: &DutyEvent) -> (Option<DebriefForm>, &str) {
    match &event.details {
        Details::RuleOfLawDebrief(debrief) => (debrief.form, &debrief.rating),
        _ => (None, ""),
    }
}

/// Why somebody in scope has not debriefed, in both languages; `None` when they have.
#[must_use]
pub fn reason(row: &Row, official: Rung) -> Option<(String, String)> {
    let last = row.obligation.window.map_or_else(String::new, |window| window.last.to_string());
    let at = official.as_str();
    match row.standing {
        Standing::Done | Standing::DoneLate => None,
        Standing::Pending => Some((
            format!("尚未述法，期限为 {last}"),
            format!("not done yet; the last day is {last}"),
        )),
        Standing::ToVerify => Some((
            format!("有记录称已述法，但达不到认定口径（{at}）"),
            format!("recorded as done, but not borne out on the official rung ({at})"),
        )),
        Standing::Missing => Some((
            format!("期限 {last} 已过，没有述法记录"),
            format!("the last day {last} has passed and no debrief is recorded"),
        )),
    }
}

impl Row {
    /// The duty.
    #[must_use]
    pub fn duty(&self) -> &DutyId {
        &self.obligation.duty
    }
}
