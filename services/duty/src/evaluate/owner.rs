//! Who owes a person's duty, whose act an event is, and what one leader answers for.
//!
//! The duty attaches to the post, the debt to the tenure. One person in two posts owes one
//! statement that covers both (DOMAIN §5.2).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};

use super::line::{self, DutyLine, Scope};
use super::{Fact, Owner, Question, World, watch};
use crate::id::{OrganizationId, PersonId, PostId};
use crate::position::Position;
use crate::problem::{Problem, Reason};
use crate::registry::{Absence, Organization, PostKind, Tenure};
use crate::ruleset::{Level, OwedBy, RuleSet};

/// Whose act an event is, seen from an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribution {
    Theirs,
    Others,
    Nobody,
}

/// One duty in the view of a leader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderLine {
    /// The organization it is owed at.
    pub organization: OrganizationId,
    /// The posts through which the leader answers for it.
    pub posts: Vec<PostId>,
    /// The duty and what became of it.
    pub line: DutyLine,
}

/// The day whose post holders owe for the year: the accounting date, or the day asked about while
/// the year still runs.
pub(super) fn reference_day(rules: &RuleSet, question: Question) -> Date {
    rules.accounting_day(question.year).min(question.as_of)
}

fn post_kind(owed_by: OwedBy) -> Option<PostKind> {
    match owed_by {
        OwedBy::PartyHead => Some(PostKind::PartyHead),
        OwedBy::GovernmentHead => Some(PostKind::GovernmentHead),
        OwedBy::Organization | OwedBy::LeadingGroup => None,
    }
}

fn owes(owed_by: &[OwedBy], kind: PostKind) -> bool {
    owed_by.iter().any(|by| post_kind(*by) == Some(kind))
}

/// The absence that excuses somebody, with the entry that tells of it.
type Excuse<'a> = (Position, &'a Absence);

/// Who owes, and the document that excuses them, if one does.
pub(super) struct Owes<'a> {
    pub(super) owner: Owner,
    pub(super) excused: Option<Excuse<'a>>,
}

impl Owes<'_> {
    fn is_by(&self, person: &PersonId) -> bool {
        matches!(&self.owner, Owner::Person { person: owing, .. } if owing == person)
    }
}

/// The persons who owe a person's duty at the organization, or that nobody does.
pub(super) fn owners<'a>(scope: &Scope<'a>) -> Vec<Owes<'a>> {
    let day = reference_day(scope.rules, scope.question);
    let held = held_posts(scope.world, scope.organization, scope.question, day);
    let mut found: BTreeMap<&PersonId, (Vec<PostId>, Option<Excuse<'_>>)> = BTreeMap::new();
    for held in held.iter().filter(|held| owes(&scope.rule.owed_by, held.kind)) {
        let post = held.tenure.post.clone();
        match found.get_mut(&held.tenure.person) {
            None => drop(found.insert(&held.tenure.person, (vec![post], held.excused))),
            // A post that is still held owes alone; posts alike owe together.
            Some((posts, excused)) => match (excused.is_some(), held.excused.is_some()) {
                (true, false) => (*posts, *excused) = (vec![post], None),
                (false, true) => {}
                (true, true) | (false, false) => posts.push(post),
            },
        }
    }
    if found.is_empty() {
        return vec![Owes { owner: Owner::Vacant, excused: None }];
    }
    found
        .into_iter()
        .map(|(person, (posts, excused))| {
            let short_tenure = is_short(scope, person);
            let person = person.clone();
            let owner = Owner::Person { person, posts, short_tenure, departed: false };
            Owes { owner, excused }
        })
        .collect()
}

/// One holder of a main leader's post on a day.
struct Held<'a> {
    kind: PostKind,
    tenure: &'a Tenure,
    excused: Option<Excuse<'a>>,
}

/// Who holds which main leader's post on `day`. An acting holder (主持工作) stands in for the
/// substantive one, who is named beside them where a document excuses them.
fn held_posts<'a>(
    world: World<'a>,
    organization: &Organization,
    question: Question,
    day: Date,
) -> Vec<Held<'a>> {
    let registry = world.registry;
    let mut held = Vec::new();
    for post in registry.posts_of(&organization.id, question.known) {
        if !post.kind.is_main_leader() {
            continue;
        }
        let of_tenure = |tenure: &'a Tenure| {
            let excused = registry.excused_on(&tenure.id, day, question.known);
            Held { kind: post.kind, tenure, excused }
        };
        let tenures = registry.tenures_of(&post.id, question.known);
        let on_day =
            || tenures.iter().filter(|(_, tenure)| tenure.includes(day)).map(|(_, t)| of_tenure(t));
        let acting = on_day().find(|held| held.tenure.acting && held.excused.is_none());
        let stands_in = acting.is_some();
        held.extend(acting);
        let substantive = on_day().rfind(|held| !held.tenure.acting);
        let other = substantive.or_else(|| on_day().find(|held| held.tenure.acting));
        held.extend(other.filter(|held| !stands_in || held.excused.is_some()));
    }
    held
}

/// Whether a person answers on `day` for what a post they hold owes of the duty: an acting holder
/// instead of the substantive one, and nobody whom a document excuses.
pub(super) fn answers_on(scope: &Scope<'_>, person: &PersonId, day: Date) -> bool {
    let Scope { world, rule, organization, question, .. } = scope;
    held_posts(*world, organization, *question, day).iter().any(|held| {
        held.tenure.person == *person && held.excused.is_none() && owes(&rule.owed_by, held.kind)
    })
}

/// 任职不足半年: in main leaders' posts of the organization for less than the threshold, all times in
/// office of the year that ends with the accounting day together. Acting first and confirmed later
/// is one time in office.
fn is_short(scope: &Scope<'_>, person: &PersonId) -> bool {
    let Scope { world, rules, organization, question, .. } = scope;
    let months = i32::from(rules.half_year_threshold_months);
    // Whole months end with the accounting day: 1 July to 31 December are six.
    let after = rules.accounting_day(question.year).tomorrow().unwrap_or(Date::MAX);
    let threshold = after.saturating_sub(jiff::Span::new().months(months));
    let registry = world.registry;
    let mut spans: Vec<(Date, Date)> = registry
        .posts_of(&organization.id, question.known)
        .filter(|post| post.kind.is_main_leader())
        .flat_map(|post| registry.tenures_of(&post.id, question.known))
        .filter(|(_, tenure)| tenure.person == *person)
        .map(|(_, tenure)| (tenure.from, tenure.to.unwrap_or(Date::MAX)))
        .collect();
    spans.sort_unstable();
    let day = reference_day(rules, *question);
    let mut times: Vec<(Date, Date)> = Vec::new();
    for (from, to) in spans.into_iter().filter(|(from, _)| *from <= day) {
        match times.last_mut() {
            Some((_, last)) if from <= last.tomorrow().unwrap_or(Date::MAX) => {
                *last = to.max(*last)
            }
            _ => times.push((from, to)),
        }
    }
    let Some((first, _)) = times.pop() else { return false };
    let year = after.saturating_sub(jiff::Span::new().years(1));
    threshold < before_by(first, times.into_iter().filter(|(_, to)| year <= *to), year)
}

/// `first`, moved back by the length of the earlier times as if they came right before it: whole
/// months as months, so that four months and two are six, whichever they are.
fn before_by(first: Date, times: impl Iterator<Item = (Date, Date)>, year: Date) -> Date {
    let (mut months, mut days) = (0, 0);
    for (from, to) in times {
        let length = from.max(year).until((jiff::Unit::Month, to.tomorrow().unwrap_or(Date::MAX)));
        // Both days lie within one year, and what lasts that long has a length.
        let length = length.unwrap_or_default();
        months += length.get_months();
        days += length.get_days();
    }
    first
        .saturating_sub(jiff::Span::new().months(months))
        .saturating_sub(jiff::Span::new().days(days))
}

/// The facts that may concern an owner: those of the organization and, for a person, of every
/// organization in which the person held a post, since one statement covers all posts.
pub(super) fn facts<'a>(scope: &Scope<'a>, owner: &Owner) -> Vec<&'a Fact> {
    let Question { year, known, .. } = scope.question;
    let home = &scope.organization.id;
    let of = |organization: &OrganizationId| {
        scope.world.facts.of_types(organization, year, &scope.rule.satisfied_by)
    };
    let mut facts = of(home);
    let mut elsewhere = BTreeSet::new();
    if let Owner::Person { person, .. } = owner {
        let registry = scope.world.registry;
        for (_, tenure) in registry.tenures_by_person(person, known) {
            let post = registry.post(&tenure.post, known);
            elsewhere.extend(post.map(|post| &post.organization).filter(|of| *of != home));
        }
    }
    for organization in elsewhere {
        // An act that names nobody speaks for the leaders of its own organization only.
        facts.extend(of(organization).into_iter().filter(|fact| {
            fact.responsible_person.is_some() || !fact.responsible_posts.is_empty()
        }));
    }
    facts.sort_by_key(|fact| fact.position);
    facts
}

/// Whose act the event is: it names the person, or a post the person held when it happened.
pub(super) fn attribution(scope: &Scope<'_>, owner: &Owner, fact: &Fact) -> Attribution {
    let Owner::Person { person, posts, .. } = owner else { return Attribution::Theirs };
    whose(scope.world, scope.question.known, (person, posts), fact)
}

/// The same for a person who answers through these posts.
pub(super) fn whose(
    world: World<'_>,
    known: Position,
    (person, posts): (&PersonId, &[PostId]),
    fact: &Fact,
) -> Attribution {
    match &fact.responsible_person {
        Some(named) if named == person => return Attribution::Theirs,
        Some(_) => return Attribution::Others,
        None if fact.responsible_posts.is_empty() => return Attribution::Nobody,
        None => {}
    }
    let theirs = fact.responsible_posts.iter().any(|post| {
        let tenures = world.registry.tenures_of(post, known);
        let then = |tenure: &Tenure| match (fact.occurred.start(), fact.occurred.end()) {
            (Some(start), Some(end)) => tenure.overlaps(start, end),
            _ => false,
        };
        let mut holders = tenures.iter().filter(|(_, tenure)| then(tenure)).peekable();
        // Where the registry does not tell who held the post then, whoever owes is taken at their
        // word.
        if holders.peek().is_none() {
            return posts.contains(post);
        }
        holders.any(|(_, tenure)| tenure.person == *person)
    });
    if theirs { Attribution::Theirs } else { Attribution::Others }
}

/// Every duty a person answers for in the year: at each organization where they held a main
/// leader's post, their own duties and, of those of the organization owed through that post, what
/// [`watch`] says is theirs.
pub(super) fn leader_lines<'r>(
    world: World<'_>,
    rules_for: &dyn Fn(&Organization) -> Option<&'r RuleSet>,
    person: &PersonId,
    question: Question,
) -> Vec<LeaderLine> {
    let mut lines = Vec::new();
    for (organization, posts) in answers_for(world, person, question) {
        let Some(rules) = rules_for(organization) else { continue };
        let day = reference_day(rules, question);
        let held = held_posts(world, organization, question, day);
        let theirs = || held.iter().filter(|held| held.tenure.person == *person);
        let holds = theirs().next().is_some();
        for rule in &rules.duties {
            let through: Vec<PostId> = posts
                .iter()
                .filter(|(kind, _)| owes(&rule.owed_by, *kind))
                .map(|(_, post)| post.clone())
                .collect();
            if through.is_empty() {
                continue;
            }
            let scope = Scope { world, rules, rule, organization, question };
            let evaluated = match rule.level {
                Level::Person if holds => {
                    let own = owners(&scope).into_iter().find(|owes| owes.is_by(person));
                    own.map(|owes| of_one(&scope, owes))
                }
                Level::Person => departed(&scope, person, &through),
                _ => {
                    let through = || theirs().filter(|held| owes(&rule.owed_by, held.kind));
                    let in_office = through().any(|held| held.excused.is_none());
                    // Whoever is excused answers for nothing; the organization's duties go on
                    // without them.
                    let answers = in_office || through().next().is_none();
                    answers
                        .then(|| line::duty(world, rules, rule, organization, question))
                        .and_then(|line| match in_office {
                            true if is_short(&scope, person) => {
                                Some(watch::of_newcomer(&scope, person, line))
                            }
                            true => Some(line),
                            false => watch::of_leaver(&scope, person, line),
                        })
                }
            };
            if let Some(line) = evaluated {
                lines.push(LeaderLine {
                    organization: organization.id.clone(),
                    posts: through,
                    line,
                });
            }
        }
    }
    lines
}

/// What one owner owes in person, as far as the rule asks for it at their organization.
fn of_one(scope: &Scope<'_>, owes: Owes<'_>) -> DutyLine {
    let owed = line::where_asked(scope, || line::of_owes(scope, owes));
    line::summed_up(scope.rule, owed)
}

/// What whoever held the post before owes in person: as the holder of another post of the
/// organization, or as a leaver. None when the post does not owe it.
pub(super) fn of_predecessor(
    scope: &Scope<'_>,
    person: &PersonId,
    post: &PostId,
) -> Option<DutyLine> {
    let kind = scope.world.registry.post(post, scope.question.known)?.kind;
    if !owes(&scope.rule.owed_by, kind) {
        return None;
    }
    let own = owners(scope).into_iter().find(|owes| owes.is_by(person));
    match own {
        Some(owes) => Some(of_one(scope, owes)),
        None => departed(scope, person, std::slice::from_ref(post)),
    }
}

/// Who left before the accounting date owes a departure statement, unless another main leader's
/// post held then covers both (DOMAIN §5.2).
fn departed(scope: &Scope<'_>, person: &PersonId, posts: &[PostId]) -> Option<DutyLine> {
    let day = reference_day(scope.rules, scope.question);
    let registry = scope.world.registry;
    let known = scope.question.known;
    let elsewhere = registry.tenures_by_person(person, known).iter().any(|(_, tenure)| {
        let main = registry.post(&tenure.post, known).is_some_and(|p| p.kind.is_main_leader());
        main && tenure.includes(day)
    });
    if elsewhere {
        return None;
    }
    let owner = Owner::Person {
        person: person.clone(),
        posts: posts.to_vec(),
        short_tenure: false,
        departed: true,
    };
    // 退休, 停职, 病假, 审查: excused from every one of the posts on that day.
    let excused: Option<Vec<_>> = posts
        .iter()
        .map(|post| {
            let tenures = registry.tenures_of(post, known);
            let last = tenures.iter().rfind(|(_, tenure)| tenure.person == *person)?;
            registry.excused_on(&last.1.id, day, known)
        })
        .collect();
    let excused = excused.and_then(|all| all.first().copied());
    Some(of_one(scope, Owes { owner, excused }))
}

/// The finding that says by which document a leader is excused.
pub(super) fn excused_by((position, absence): Excuse<'_>) -> Problem {
    let until = |words: &str| absence.to.map_or_else(String::new, |to| format!("{words}{to}"));
    let (kind, document) = (absence.kind, &absence.document);
    Problem::new(
        Reason::LeaderExcused,
        "owed_by",
        format!(
            "{}（{}起{}，{document}，第 {position} 条记录），免除",
            kind.name_zh(),
            absence.from,
            until("至 ")
        ),
        format!(
            "excused: {} from {}{} by {document}, entry {position}",
            kind.as_str(),
            absence.from,
            until(" to ")
        ),
    )
}

/// The finding that a leader is in office for less than half a year.
pub(super) fn tenure_short(rules: &RuleSet) -> Problem {
    let months = rules.half_year_threshold_months;
    Problem::new(
        Reason::TenureShort,
        "owed_by",
        format!("任职不足半年（不满 {months} 个月），可只作书面述职述法"),
        format!("in office for less than {months} months: a written statement is enough"),
    )
}

type Posts = Vec<(PostKind, PostId)>;

/// The organizations where the person held a main leader's post in the year, up to the day asked.
fn answers_for<'a>(
    world: World<'a>,
    person: &PersonId,
    question: Question,
) -> Vec<(&'a Organization, Posts)> {
    let registry = world.registry;
    let first = date(question.year, 1, 1);
    let last = date(question.year, 12, 31).min(question.as_of.max(first));
    let mut found: BTreeMap<&OrganizationId, (&Organization, Posts)> = BTreeMap::new();
    for (_, tenure) in registry.tenures_by_person(person, question.known) {
        let Some(post) = registry.post(&tenure.post, question.known) else { continue };
        if !post.kind.is_main_leader() || !tenure.overlaps(first, last) {
            continue;
        }
        let Some(organization) = registry.organization(&post.organization, question.known) else {
            continue;
        };
        let (_, posts) =
            found.entry(&organization.id).or_insert_with(|| (organization, Vec::new()));
        if !posts.iter().any(|(_, id)| *id == post.id) {
            posts.push((post.kind, post.id.clone()));
        }
    }
    found.into_values().collect()
}
